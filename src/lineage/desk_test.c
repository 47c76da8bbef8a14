/* SPDX-License-Identifier: Apache-2.0 */
/* The question of a nation goes down by the desks of its tree, and the answers come up. */
#include "env/json_read.h"
#include "lineage/audit.h"
#include "lineage/tree_fixture_test.h"

typedef struct office office_t;

typedef struct {
	office_t *office;
	size_t i; /* whose lines these are */
	desk_t *desk;
	unsigned refusals; /* as often its line up has no room */
	err_t line;        /* what its line up says instead */
} clerkship_t;

struct office {
	realm_t *realm;
	clerkship_t at[NODES];
	unsigned ended;
};

static desk_t *desk_of(office_t *office, slice_t name, size_t *ret_i)
{
	*ret_i = place_named(name);
	return office->at[*ret_i].desk;
}

MUST_CHECK static err_t ask_down(void *ctx, slice_t child, slice_t id, slice_t question)
{
	clerkship_t *from = ctx;
	size_t i;
	desk_t *desk = desk_of(from->office, child, &i);
	uplink_down_t down = { .id = id, .kind = UPLINK_DOWN_QUESTION, .body = question };
	if (from->office->realm->at[i].is_silent)
		return ERR_OK;
	return desk_hear(desk, slice_str(PLACES[from->i].name), &down);
}

static void forget_down(void *ctx, slice_t child, slice_t id)
{
	clerkship_t *from = ctx;
	assert_int_equal(id.len, DESK_ID_BYTES);
	assert_int_equal(PLACES[place_named(child)].parent, (int)from->i);
}

MUST_CHECK static err_t answer_up(void *ctx, slice_t parent, const uplink_up_t *up)
{
	clerkship_t *from = ctx;
	size_t i;
	desk_t *desk = desk_of(from->office, parent, &i);
	if (from->refusals) {
		from->refusals--;
		return ERR_LIMIT;
	}
	if (!from->line)
		desk_up(desk, slice_str(PLACES[from->i].name), up);
	return from->line;
}

static bool audience_of(void *ctx, slice_t parent, lineage_audience_t *ret_audience)
{
	clerkship_t *from = ctx;
	place_t *p = &from->office->realm->at[from->i];
	if (PLACES[from->i].parent < 0 || place_named(parent) != (size_t)PLACES[from->i].parent)
		return false;
	*ret_audience = place_audience(p);
	return true;
}

static office_t *office_open(void)
{
	office_t *office = test_calloc(1, sizeof(*office));
	office->realm = realm_filled();
	for (size_t i = 0; i < NODES; i++) {
		clerkship_t *at = &office->at[i];
		place_t *p = &office->realm->at[i];
		desk_spec_t spec = {
			.loop = p->loop,
			.source = &p->source,
			.lines = { at, ask_down, forget_down, answer_up, audience_of },
		};
		at->office = office;
		at->i = i;
		OK(desk_open(p->env, &spec, &at->desk));
	}
	return office;
}

static void office_close(office_t *office)
{
	for (size_t i = 0; i < NODES; i++) {
		assert_int_equal(metric_get(desk_metrics(office->at[i].desk), DESK_COUNT_OPEN), 0);
		desk_close(office->at[i].desk);
	}
	realm_close(office->realm);
	test_free(office);
}

static void take_part(void *ctx, slice_t part)
{
	keep_part(((office_t *)ctx)->realm, part);
}

static void take_end(void *ctx)
{
	((office_t *)ctx)->ended++;
}

static void office_ask(office_t *office, const lineage_question_t *question)
{
	realm_t *realm = office->realm;
	desk_sink_t sink = { office, take_part, take_end };
	realm->arena = arena_of(realm->room, ROOM);
	realm->part_count = 0;
	office->ended = 0;
	OK(desk_ask(office->at[NATION].desk, question, &sink));
	assert_int_equal(desk_ask(office->at[NATION].desk, question, &sink), ERR_EXISTS);
	assert_int_equal(realm->part_count, 0);
	(void)twin_run_for(realm->twin, 60 * NS_PER_S);
	assert_int_equal(office->ended, 1);
	realm_check(realm, question);
}

static void office_audit(office_t *office)
{
	lineage_question_t question = nation_question(office->realm, 3);
	office_ask(office, &question);
}

static int64_t counted(const office_t *office, size_t i, size_t row)
{
	return metric_get(desk_metrics(office->at[i].desk), row);
}

static void a_question_goes_down_the_tree_and_all_answers_come_up(void **state)
{
	(void)state;
	office_t *office = office_open();
	office_audit(office);
	assert_found(office->realm, NATION, LINEAGE_IS_EQUAL);
	assert_found(office->realm, PLANT_A, LINEAGE_IS_EQUAL);
	assert_found(office->realm, PLANT_B, LINEAGE_IS_ATTESTED);
	assert_true(office->realm->tally.is_whole);
	assert_int_equal(counted(office, PROVINCE, DESK_COUNT_HEARD), 1);
	assert_int_equal(counted(office, NATION, DESK_COUNT_LATE), 0);
	office_close(office);
}

static void who_does_not_answer_in_time_is_silent_and_the_others_are_heard(void **state)
{
	(void)state;
	office_t *office = office_open();
	office->realm->at[PLANT_A].is_silent = true;
	office_audit(office);
	assert_found(office->realm, PLANT_A, LINEAGE_IS_SIGNED);
	assert_int_equal(found_of(office->realm, PLANT_A)->reason, LINEAGE_SILENT);
	assert_found(office->realm, PLANT_B, LINEAGE_IS_ATTESTED);
	assert_int_equal(counted(office, PROVINCE, DESK_COUNT_LATE), 1);
	/* The province has heard of it before the nation stops waiting. */
	assert_int_equal(counted(office, NATION, DESK_COUNT_LATE), 0);
	office_close(office);
}

static void a_line_without_room_loses_nothing(void **state)
{
	(void)state;
	office_t *office = office_open();
	for (size_t i = PROVINCE; i < NODES; i++)
		office->at[i].refusals = 9;
	office_audit(office);
	assert_true(office->realm->tally.is_whole && !office->realm->tally.is_red);
	assert_int_equal(counted(office, PROVINCE, DESK_COUNT_DROPPED), 0);
	office_close(office);
}

static void a_line_that_is_gone_ends_the_question_behind_it(void **state)
{
	(void)state;
	office_t *office = office_open();
	office->at[PROVINCE].line = ERR_UNAVAILABLE;
	office_audit(office);
	assert_found(office->realm, NATION, LINEAGE_IS_EQUAL);
	assert_found(office->realm, PROVINCE, LINEAGE_IS_SIGNED);
	assert_int_equal(counted(office, NATION, DESK_COUNT_LATE), 1);
	office_close(office);
}

static void ask_often(office_t *office, size_t i)
{
	static const desk_sink_t NOBODY = { NULL, NULL, NULL };
	lineage_question_t question = nation_question(office->realm, 1);
	question.entity = slice_str(PLACES[i].name);
	for (size_t n = 0; n < DESK_QUESTIONS_MAX; n++) {
		question.mark[3]++;
		OK(desk_ask(office->at[i].desk, &question, &NOBODY));
	}
	question.mark[3]++;
	assert_int_equal(desk_ask(office->at[i].desk, &question, &NOBODY), ERR_BUSY);
}

static void a_node_with_too_many_questions_says_so(void **state)
{
	(void)state;
	office_t *office = office_open();
	realm_t *realm = office->realm;
	uint8_t bytes[LINEAGE_QUESTION_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	lineage_question_t question = nation_question(realm, 1);
	ask_often(office, PLANT_A);
	question.entity = slice_str(PLACES[PLANT_A].name);
	OK(lineage_question_put(&question, &w));
	uplink_down_t down = { .id = SLICE("q"), .body = writer_done(&w) };
	desk_t *desk = office->at[PLANT_A].desk;
	OK(desk_hear(desk, SLICE("99.100"), &down));
	assert_int_equal(counted(office, PLANT_A, DESK_COUNT_REFUSED), 2);
	assert_int_equal(desk_hear(desk, SLICE("99.1"), &down), ERR_NOT_FOUND);
	down.body = slice_sub(down.body, 0, 9);
	assert_int_equal(desk_hear(desk, SLICE("99.100"), &down), ERR_MALFORMED);
	desk_forget(desk, NULL);
	office_close(office);
}

static void a_site_of_a_node_s_own_is_opened_by_the_node(void **state)
{
	(void)state;
	office_t *office = office_open();
	realm_t *realm = office->realm;
	roll_with_site(realm);
	send_as(realm, PROVINCE, 0);
	roll_as(realm, NATION, 0);
	lineage_question_t question = nation_question(realm, 3);
	question.revision = 2;
	office_ask(office, &question);
	assert_found(realm, PROVINCE, LINEAGE_IS_EQUAL);
	assert_found(realm, PLANT_A, LINEAGE_IS_EQUAL);
	assert_int_equal(realm->found_count, NODES + 1);
	const lineage_finding_t *site = &realm->found[NODES];
	assert_true(slice_eq(site->entity, SLICE("99.100/site")) && site->is_signed);
	assert_int_equal(site->verdict, LINEAGE_IS_ATTESTED);
	assert_true(realm->tally.is_whole);
	office_close(office);
}

static void what_nobody_asked_for_is_passed_over(void **state)
{
	(void)state;
	office_t *office = office_open();
	uplink_up_t up = { .id = SLICE("0707"), .kind = UPLINK_UP_ANSWER, .body = SLICE("\2x") };
	desk_up(office->at[NATION].desk, SLICE("99.100"), &up);
	office_audit(office);
	assert_int_equal(office->realm->tally.unread, 0);
	assert_true(office->realm->tally.is_whole);
	office_close(office);
}

typedef struct {
	json_tree_t *report;
	err_t err;
	unsigned calls;
} reported_t;

static void take_report(void *ctx, err_t err, slice_t report)
{
	reported_t *r = ctx;
	r->calls++;
	r->err = err;
	if (!err)
		OK(json_read(report, &r->report, NULL));
}

static audit_spec_t audit_of(office_t *office, reported_t *r)
{
	place_t *p = &office->realm->at[NATION];
	return (audit_spec_t){ .env = p->env,
		               .desk = office->at[NATION].desk,
		               .node = slice_str(p->name),
		               .definitions = office->realm->plant->definitions,
		               .key = day_key(),
		               .entity = slice_str(p->name),
		               .revision = 1,
		               .depth = 3,
		               .ctx = r,
		               .done = take_report };
}

static reported_t report_of(office_t *office)
{
	reported_t r = { .err = ERR_OK };
	audit_spec_t spec = audit_of(office, &r);
	audit_t *audit = NULL;
	OK(audit_start(&spec, &audit));
	(void)twin_run_for(office->realm->twin, 60 * NS_PER_S);
	assert_int_equal(r.calls, 1);
	OK(r.err);
	return r;
}

static void assert_word(const json_tree_t *object, const char *key, const char *wanted)
{
	slice_t word;
	assert_true(json_text(json_member(object, key), &word));
	assert_true(slice_eq(word, slice_str(wanted)));
}

static void a_report_says_equal_or_where_it_is_not(void **state)
{
	(void)state;
	office_t *office = office_open();
	fake_t *meter = office->realm->plant->series[0];
	reported_t good = report_of(office);
	assert_word(good.report, "verdict", "equal");
	assert_int_equal(json_count(json_member(good.report, "figures")), NODES);
	meter->rows[meter->count / 2].value = value_f64(5);
	reported_t red = report_of(office);
	const json_tree_t *leaf = json_item(json_member(red.report, "figures"), 2);
	assert_word(red.report, "verdict", "red");
	assert_word(leaf, "entity", "99.100.1");
	assert_word(leaf, "verdict", "differs");
	assert_word(leaf, "by", "part");
	json_free(good.report);
	json_free(red.report);
	office_close(office);
}

static void an_audit_that_nobody_waits_for_is_forgotten(void **state)
{
	(void)state;
	office_t *office = office_open();
	reported_t r = { .err = ERR_OK };
	audit_spec_t spec = audit_of(office, &r);
	audit_t *audit = NULL;
	OK(audit_start(&spec, &audit));
	audit_cancel(audit);
	(void)twin_run_for(office->realm->twin, 60 * NS_PER_S);
	assert_int_equal(r.calls, 0);
	spec.depth = 0;
	assert_int_equal(audit_start(&spec, &audit), ERR_INVALID);
	office_close(office);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_goes_down_the_tree_and_all_answers_come_up),
		cmocka_unit_test(who_does_not_answer_in_time_is_silent_and_the_others_are_heard),
		cmocka_unit_test(a_line_without_room_loses_nothing),
		cmocka_unit_test(a_line_that_is_gone_ends_the_question_behind_it),
		cmocka_unit_test(a_node_with_too_many_questions_says_so),
		cmocka_unit_test(a_site_of_a_node_s_own_is_opened_by_the_node),
		cmocka_unit_test(what_nobody_asked_for_is_passed_over),
		cmocka_unit_test(a_report_says_equal_or_where_it_is_not),
		cmocka_unit_test(an_audit_that_nobody_waits_for_is_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
