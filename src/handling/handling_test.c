/* SPDX-License-Identifier: Apache-2.0 */
/* Cases at a plant and at the province above it: orders, dates, lists, forms; and that both
 * see the same when steps come in any order and again. */
#include "handling/handling.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/num.h"
#include "base/text.h"
#include "codec/uplink/uplink.h"
#include "env/twin/twin.h"
#include "handling/form.h"
#include "model/received.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static const char PLANT[] = "99.100.7", PROVINCE[] = "99.100.1";

enum { CASES = 4 };

typedef struct {
	const char *name;
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	handling_t *handling;
	handling_spec_t spec;
} node_t;

typedef struct {
	twin_t *twin;
	node_t plant, province;
} world_t;

static void node_open(world_t *w, node_t *node)
{
	journal_recovery_t recovery;
	err_detail_t detail;
	OK(twin_host_open(w->twin, node->name, &node->env));
	OK(env_loop_new(node->env, "files", ENV_LOOP_FILES, &node->loop));
	journal_spec_t spec = { .dir = "data/journal",
		                .name = "tree",
		                .chained = true,
		                .segment_bytes = 1 << 18,
		                .buffer_bytes = 1 << 18,
		                .commit_loop = node->loop };
	OK(journal_open(node->env, &spec, &node->journal, &recovery, &detail));
	node->spec.journal = node->journal;
	node->spec.node = node->name;
	node->spec.offset_ns = 8 * 3600 * NS_PER_S;
	OK(handling_open(node->env, &node->spec, &node->handling));
}

static void node_close(node_t *node)
{
	handling_close(node->handling);
	journal_close(node->journal);
	env_loop_free(node->loop);
	twin_host_close(node->env);
}

static void follow(node_t *node)
{
	OK(journal_flush(node->journal));
	OK(handling_follow(node->handling));
}

static void restart(world_t *w, node_t *node)
{
	OK(journal_flush(node->journal));
	node_close(node);
	node_open(w, node);
}

/* A Friday noon at the plant. */
static world_t world_make(uint64_t seed)
{
	world_t w = { .plant = { .name = PLANT, .spec = { .is_overseen = true } },
		      .province = { .name = PROVINCE } };
	twin_spec_t spec = { .seed = seed };
	OK(time_parse(SLICE("2026-11-27T04:00:00Z"), &spec.start.ns));
	OK(twin_new(&spec, &w.twin));
	node_open(&w, &w.plant);
	node_open(&w, &w.province);
	return w;
}

static void world_free(world_t *w)
{
	node_close(&w->plant);
	node_close(&w->province);
	twin_free(w->twin);
}

static int64_t metric(const node_t *node, const char *name)
{
	const metrics_t *m = handling_metrics(node->handling);
	for (size_t i = 0; i < m->count; i++)
		if (slice_eq(slice_str(m->rows[i].name), slice_str(name)))
			return metric_get(m, i);
	fail_msg("no metric %s", name);
	return 0;
}

static const handling_case_t WHAT = { { (const uint8_t *)"198.51.100.6", 12 },
	                              { (const uint8_t *)"T0836", 5 },
	                              { (const uint8_t *)"99.100.7/FRM1", 13 },
	                              SEVERITY_ALARM,
	                              false };

static handling_id_t id_of(uint64_t event)
{
	return (handling_id_t){ slice_str(PLANT), event };
}

static err_t order(node_t *node, role_t role, uint64_t event, handling_step_kind_t step)
{
	uint64_t seq = 0;
	caller_t caller = { .subject = SLICE("user:li"), .role = role };
	handling_order_t what = { .id = id_of(event),
		                  .step = step,
		                  .text = SLICE("see the trend"),
		                  .what = step == HANDLING_STEP_OPEN ? &WHAT : NULL };
	return handling_order(node->handling, &caller, &what, &seq, NULL);
}

/* What a node's journal holds from `from` on, sent as it is: up in batches, down one by one. */
static void up(world_t *w, slice_t body)
{
	uint8_t batch[2048], payload[2048 + RECEIVED_HEAD_MAX];
	writer_t b = writer_of(batch, sizeof(batch)), p = writer_of(payload, sizeof(payload));
	uplink_envelope_t envelope = { .stream = UPLINK_HANDLING,
		                       .node = slice_str(PLANT),
		                       .epoch = 1,
		                       .first = 1,
		                       .count = 1 };
	uplink_item_t item = { .ns = 1, .body = body };
	uplink_batch_put(&envelope, &item, &b);
	assert_non_null(memset(wr_reserve(&b, UPLINK_SIGNATURE_BYTES), 0, UPLINK_SIGNATURE_BYTES));
	received_t received = { slice_str(PLANT),
		                { env_utc(w->province.env).ns },
		                writer_done(&b) };
	received_put(&received, &p);
	assert_false(p.bad);
	slice_t part = writer_done(&p);
	uint64_t seq = 0;
	OK(journal_append(w->province.journal, JOURNAL_RECEIVED, &part, 1, &seq));
	follow(&w->province);
}

static void send(world_t *w, node_t *from, uint64_t seq)
{
	uint8_t room[HANDLING_ITEM_MAX];
	journal_record_t record;
	uint64_t heard;
	OK(journal_flush(from->journal));
	OK(journal_read(from->journal, seq, room, sizeof(room), &record));
	if (record.type != JOURNAL_HANDLING)
		return;
	if (from == &w->plant)
		up(w, record.payload);
	else
		OK(handling_hear(w->plant.handling, record.payload, &heard));
}

static void send_all(world_t *w)
{
	for (uint64_t seq = 1; seq <= journal_last(w->plant.journal); seq++)
		send(w, &w->plant, seq);
	for (uint64_t seq = 1; seq <= journal_last(w->province.journal); seq++)
		send(w, &w->province, seq);
}

static handling_shown_t shown(node_t *node, uint64_t event)
{
	handling_shown_t s;
	handling_id_t id = id_of(event);
	OK(handling_get(node->handling, &id, &s));
	return s;
}

static void a_case_goes_from_alarm_to_closing_between_plant_and_province(void **state)
{
	(void)state;
	world_t w = world_make(1);
	static const struct {
		bool is_above;
		handling_step_kind_t step;
		handling_state_t state;
		const char *due;
	} steps[] = {
		{ false, HANDLING_STEP_OPEN, HANDLING_NEW, "2026-12-02T00:00:00+08:00" },
		{ false, HANDLING_STEP_VERIFY, HANDLING_VERIFIED, "2026-12-01T00:00:00+08:00" },
		{ true, HANDLING_STEP_NOTIFY, HANDLING_NOTIFIED, "2026-12-02T00:00:00+08:00" },
		{ false, HANDLING_STEP_RECTIFY, HANDLING_RECTIFYING, "2026-12-12T00:00:00+08:00" },
		{ false, HANDLING_STEP_REPORT, HANDLING_REPORTED, "2026-12-05T00:00:00+08:00" },
		{ true, HANDLING_STEP_RETURN, HANDLING_RECTIFYING, "2026-12-12T00:00:00+08:00" },
		{ false, HANDLING_STEP_REPORT, HANDLING_REPORTED, "2026-12-05T00:00:00+08:00" },
		{ true, HANDLING_STEP_CLOSE, HANDLING_CLOSED, NULL },
	};
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		int64_t due_ns = 0;
		OK(order(steps[i].is_above ? &w.province : &w.plant, ROLE_ENGINEER, 1,
		         steps[i].step));
		send_all(&w);
		if (steps[i].due)
			OK(time_parse(slice_str(steps[i].due), &due_ns));
		node_t *nodes[] = { &w.plant, &w.province };
		for (size_t n = 0; n < 2; n++) {
			handling_shown_t s = shown(nodes[n], 1);
			assert_int_equal(s.now.state, steps[i].state);
			assert_true(s.now.due_ns == due_ns);
			assert_int_equal(s.count, i + 1);
			assert_int_equal(s.now.conflicts, 0);
		}
	}
	handling_id_t id = id_of(1);
	assert_true(slice_eq(handling_child(w.province.handling, &id), slice_str(PLANT)));
	assert_int_equal(handling_child(w.plant.handling, &id).len, 0);
	assert_true(slice_eq(shown(&w.province, 1).now.what.technique, SLICE("T0836")));
	restart(&w, &w.province);
	assert_int_equal(shown(&w.province, 1).now.state, HANDLING_CLOSED);
	assert_int_equal(shown(&w.province, 1).count, 8);
	world_free(&w);
}

static void an_order_needs_a_role_a_case_a_state_and_a_side(void **state)
{
	(void)state;
	world_t w = world_make(1);
	handling_id_t id = id_of(9);
	handling_shown_t s;
	assert_int_equal(order(&w.plant, ROLE_VIEWER, 1, HANDLING_STEP_OPEN), ERR_DENIED);
	assert_int_equal(order(&w.plant, ROLE_ADMIN, 1, HANDLING_STEP_VERIFY), ERR_NOT_FOUND);
	assert_int_equal(order(&w.province, ROLE_ADMIN, 1, HANDLING_STEP_OPEN), ERR_DENIED);
	OK(order(&w.plant, ROLE_OPERATOR, 1, HANDLING_STEP_OPEN));
	assert_int_equal(order(&w.plant, ROLE_OPERATOR, 1, HANDLING_STEP_OPEN), ERR_EXISTS);
	assert_int_equal(order(&w.plant, ROLE_OPERATOR, 1, HANDLING_STEP_DISMISS), ERR_DENIED);
	assert_int_equal(order(&w.plant, ROLE_ADMIN, 1, HANDLING_STEP_REPORT), ERR_CONFLICT);
	OK(order(&w.plant, ROLE_OPERATOR, 1, HANDLING_STEP_VERIFY));
	assert_int_equal(order(&w.plant, ROLE_ADMIN, 1, HANDLING_STEP_NOTIFY), ERR_DENIED);
	assert_int_equal(order(&w.plant, ROLE_ADMIN, 1, HANDLING_STEP_COUNT), ERR_INVALID);
	assert_int_equal(handling_get(w.plant.handling, &id, &s), ERR_NOT_FOUND);
	assert_int_equal(shown(&w.plant, 1).count, 2);
	assert_true(journal_last(w.plant.journal) == 2);
	world_free(&w);
}

static void an_order_is_held_against_scope_words_and_dates(void **state)
{
	(void)state;
	world_t w = world_make(1);
	static uint8_t big[HANDLING_TEXT_MAX + 1];
	uint64_t seq = 0;
	err_detail_t detail;
	memset(big, 'x', sizeof(big));
	caller_t caller = { .subject = SLICE("user:li"), .role = ROLE_ENGINEER };
	caller_t elsewhere = caller;
	elsewhere.scope = SLICE("99.100.70");
	handling_order_t good = { .id = id_of(1), .step = HANDLING_STEP_OPEN, .what = &WHAT };
	handling_order_t bad[5] = { good, good, good, good, good };
	slice_t hash = SLICE("short");
	bad[0].text = slice_of(big, sizeof(big));
	bad[1].text = SLICE("\xFF");
	bad[2].due_ns = env_utc(w.plant.env).ns;
	bad[3].what = NULL;
	bad[4].files = &hash;
	bad[4].file_count = 1;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(handling_order(w.plant.handling, &caller, &bad[i], &seq, &detail),
		                 ERR_INVALID);
	assert_int_equal(handling_order(w.plant.handling, &elsewhere, &good, &seq, &detail),
	                 ERR_DENIED);
	good.due_ns = env_utc(w.plant.env).ns + 5;
	OK(handling_order(w.plant.handling, &caller, &good, &seq, &detail));
	assert_true(seq == 1 && shown(&w.plant, 1).now.due_ns == good.due_ns);
	world_free(&w);
}

/* Dynamic clearing: what is overdue stays listed until its step is taken. */
static void what_is_overdue_is_listed_until_it_is_done_and_then_nothing_is(void **state)
{
	(void)state;
	world_t w = world_make(1);
	handling_counts_t counts;
	handling_row_t rows[CASES];
	handling_list_t ask = { .only_overdue = true, .rows = rows, .cap = CASES };
	handling_page_t page;
	for (uint64_t event = 1; event <= CASES; event++)
		OK(order(&w.plant, ROLE_ENGINEER, event, HANDLING_STEP_OPEN));
	handling_counts(w.plant.handling, &counts);
	assert_true(counts.open == CASES && counts.overdue == 0);
	/* Two working days of an alarm over a weekend. */
	twin_run_for(w.twin, 4 * 86400 * NS_PER_S);
	handling_counts(w.plant.handling, &counts);
	assert_true(counts.overdue == 0);
	twin_run_for(w.twin, 12 * 3600 * NS_PER_S);
	handling_counts(w.plant.handling, &counts);
	assert_true(counts.overdue == CASES);
	assert_int_equal(metric(&w.plant, "handling_overdue"), CASES);
	for (uint64_t event = 1; event <= CASES; event++) {
		handling_list(w.plant.handling, &ask, &page);
		assert_int_equal(page.count, CASES + 1 - event);
		assert_true(rows[0].id.event == event && rows[0].is_overdue);
		OK(order(&w.plant, ROLE_ENGINEER, event, HANDLING_STEP_DISMISS));
	}
	handling_list(w.plant.handling, &ask, &page);
	handling_counts(w.plant.handling, &counts);
	assert_true(page.count == 0 && page.next == 0 && counts.overdue == 0 && counts.open == 0);
	assert_int_equal(counts.states[HANDLING_DISMISSED], CASES);
	/* By state, a page at a time. */
	ask = (handling_list_t){ .states = 1U << HANDLING_DISMISSED, .rows = rows, .cap = 3 };
	handling_list(w.plant.handling, &ask, &page);
	assert_int_equal(page.count, 3);
	ask.from = page.next;
	handling_list(w.plant.handling, &ask, &page);
	assert_true(page.count == 1 && page.next == 0 && rows[0].id.event == CASES);
	world_free(&w);
}

static void assert_same(world_t *w)
{
	for (uint64_t event = 1; event <= CASES; event++) {
		handling_shown_t a = shown(&w->plant, event), b = shown(&w->province, event);
		assert_int_equal(a.now.state, b.now.state);
		assert_int_equal(a.count, b.count);
		assert_true(a.now.due_ns == b.now.due_ns && a.now.conflicts == b.now.conflicts);
		assert_int_equal(a.now.waiting + b.now.waiting, 0);
		for (size_t i = 0; i < a.count; i++) {
			assert_true(slice_eq(a.steps[i].bytes, b.steps[i].bytes));
			assert_int_equal(a.steps[i].verdict, b.steps[i].verdict);
		}
	}
}

/* One of the steps that the table has for the state, if chance finds it; more often one that
 * leads on. */
static uint32_t take_any(node_t *node, rng_t *rng)
{
	static const handling_step_kind_t on[] = { HANDLING_STEP_VERIFY,  HANDLING_STEP_NOTIFY,
		                                   HANDLING_STEP_RECTIFY, HANDLING_STEP_REPORT,
		                                   HANDLING_STEP_RETURN,  HANDLING_STEP_CLOSE };
	uint64_t event = 1 + rng_below(rng, CASES), chance = rng_below(rng, 8);
	err_t err = ERR_CONFLICT;
	for (size_t i = 0; i < 8 && err; i++) {
		handling_step_kind_t any = (handling_step_kind_t)(1 +
		                                                  rng_below(rng,
		                                                            HANDLING_STEP_COUNT -
		                                                                    1));
		err = order(node, ROLE_ADMIN, event, chance ? on[rng_below(rng, 6)] : any);
	}
	return !err;
}

/* Each node takes steps on what it knows; sendings are lost for a while, late, and twice. */
static void nodes_that_exchange_steps_in_any_order_see_the_same_in_the_end(void **state)
{
	(void)state;
	uint32_t conflicts = 0, closed = 0, taken = 0;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		rng_t rng = rng_of(seed);
		world_t w = world_make(seed);
		for (uint64_t event = 1; event <= CASES; event++)
			OK(order(&w.plant, ROLE_ADMIN, event, HANDLING_STEP_OPEN));
		for (size_t i = 0; i < 300; i++) {
			node_t *node = rng_below(&rng, 2) ? &w.plant : &w.province;
			uint64_t last = journal_last(node->journal);
			if (rng_below(&rng, 3) == 0)
				taken += take_any(node, &rng);
			else if (last > 0)
				send(&w, node, 1 + rng_below(&rng, last));
			if (i % 100 == 99)
				restart(&w, node);
		}
		send_all(&w);
		assert_same(&w);
		handling_counts_t counts;
		handling_counts(w.province.handling, &counts);
		conflicts += counts.conflicts;
		closed += counts.states[HANDLING_CLOSED];
		world_free(&w);
	}
	/* The runs met what they are about. */
	assert_true(conflicts > 10 && closed > 3 && taken > 300);
}

static void what_names_a_node_that_did_not_do_it_is_forged(void **state)
{
	(void)state;
	world_t w = world_make(1);
	uint8_t room[HANDLING_ITEM_MAX];
	uint64_t seq = 0;
	OK(order(&w.plant, ROLE_ADMIN, 1, HANDLING_STEP_OPEN));
	send_all(&w);
	handling_step_t step = { .node = slice_str(PROVINCE),
		                 .id = id_of(1),
		                 .step = HANDLING_STEP_CLOSE,
		                 .number = 2 };
	writer_t p = writer_of(room, sizeof(room));
	handling_step_put(&step, &p);
	up(&w, writer_done(&p));
	assert_int_equal(metric(&w.province, "handling_forged_total"), 1);
	assert_int_equal(shown(&w.province, 1).count, 1);
	/* The other way round, a step and a funnel. */
	step.node = slice_str(PLANT);
	p = writer_of(room, sizeof(room));
	handling_step_put(&step, &p);
	assert_int_equal(handling_hear(w.plant.handling, writer_done(&p), &seq), ERR_DENIED);
	funnel_t funnel = { .node = slice_str(PROVINCE), .from_ns = 1, .to_ns = 2 };
	p = writer_of(room, sizeof(room));
	funnel_put(&funnel, &p);
	up(&w, writer_done(&p));
	assert_int_equal(metric(&w.province, "handling_forged_total"), 2);
	assert_int_equal(handling_hear(w.plant.handling, writer_done(&p), &seq), ERR_MALFORMED);
	/* Of a case nobody has opened, and bytes that are none. */
	step = (handling_step_t){
		.node = slice_str(PROVINCE), .id = id_of(2), .step = HANDLING_STEP_NOTE, .number = 2
	};
	p = writer_of(room, sizeof(room));
	handling_step_put(&step, &p);
	assert_int_equal(handling_hear(w.plant.handling, writer_done(&p), &seq), ERR_NOT_FOUND);
	up(&w, SLICE("no such item"));
	assert_int_equal(metric(&w.province, "handling_malformed_total"), 1);
	world_free(&w);
}

static void at_its_limits_the_register_refuses_and_counts(void **state)
{
	(void)state;
	world_t w = world_make(1);
	w.province.spec.cases_max = 2;
	restart(&w, &w.province);
	for (uint64_t event = 1; event <= 3; event++)
		OK(order(&w.plant, ROLE_ADMIN, event, HANDLING_STEP_OPEN));
	send_all(&w);
	assert_int_equal(metric(&w.province, "handling_cases"), 2);
	assert_int_equal(metric(&w.province, "handling_refused_total"), 1);
	for (size_t i = 1; i < HANDLING_STEPS_MAX; i++)
		OK(order(&w.plant, ROLE_ADMIN, 1, HANDLING_STEP_NOTE));
	uint64_t last = journal_last(w.plant.journal);
	assert_int_equal(order(&w.plant, ROLE_ADMIN, 1, HANDLING_STEP_NOTE), ERR_LIMIT);
	assert_true(journal_last(w.plant.journal) == last);
	w.plant.spec.bytes_max = 1;
	restart(&w, &w.plant);
	assert_int_equal(metric(&w.plant, "handling_steps"), 0);
	world_free(&w);
}

/* Funnels. */

static void tell(node_t *node, uint64_t raw, uint64_t screened, uint64_t suspicious)
{
	uint64_t seq = 0;
	handling_tell_t what = { 0, INT64_MAX, { raw, screened, suspicious } };
	OK(handling_tell(node->handling, &what, &seq));
}

static void funnels_add_up_the_tree_and_tell_only_what_has_changed(void **state)
{
	(void)state;
	world_t w = world_make(1);
	static const handling_step_kind_t path[] = { HANDLING_STEP_VERIFY, HANDLING_STEP_NOTIFY,
		                                     HANDLING_STEP_REPORT, HANDLING_STEP_CLOSE };
	static const uint64_t expected[] = { 1000 + 5, 100 + 4, 10 + 3, 2, 1, 1 };
	handling_funnel_t sum;
	for (uint64_t event = 1; event <= 2; event++) {
		OK(order(&w.plant, ROLE_ADMIN, event, HANDLING_STEP_OPEN));
		for (size_t i = 0; i < (event == 1 ? 4 : 2); i++) {
			OK(order(i % 2 ? &w.province : &w.plant, ROLE_ADMIN, event, path[i]));
			send_all(&w);
		}
	}
	tell(&w.plant, 7, 7, 7);
	tell(&w.plant, 1000, 100, 10);
	uint64_t last = journal_last(w.plant.journal);
	tell(&w.plant, 1000, 100, 10);
	assert_true(journal_last(w.plant.journal) == last);
	tell(&w.province, 5, 4, 3);
	for (int again = 0; again < 2; again++) {
		for (uint64_t seq = last; seq > 0; seq--)
			send(&w, &w.plant, seq);
		OK(handling_funnel(w.province.handling, 0, INT64_MAX, &sum));
		assert_int_equal(sum.nodes, 2);
		assert_memory_equal(sum.counts, expected, sizeof(expected));
		restart(&w, &w.province);
	}
	OK(handling_funnel(w.province.handling, 0, 1, &sum));
	assert_int_equal(sum.nodes, 0);
	uint64_t seq = 0;
	assert_int_equal(handling_tell(w.plant.handling, &(handling_tell_t){ 5, 5, { 0 } }, &seq),
	                 ERR_INVALID);
	tell(&w.province, UINT64_MAX, 0, 0);
	assert_int_equal(handling_funnel(w.province.handling, 0, INT64_MAX, &sum), ERR_TOO_BIG);
	world_free(&w);
}

/* Forms. */

static bool has(slice_t page, const char *text)
{
	size_t len = strlen(text);
	for (size_t i = 0; i + len <= page.len; i++)
		if (memcmp(&page.ptr[i], text, len) == 0)
			return true;
	return false;
}

static slice_t print(const handling_shown_t *s, handling_form_t form, lang_t lang)
{
	static uint8_t room[HANDLING_FORM_MAX];
	writer_t w = writer_of(room, sizeof(room));
	handling_sheet_t sheet = { form, lang, s, 8 * 3600 * NS_PER_S };
	handling_form_put(&sheet, &w);
	assert_false(w.bad);
	return writer_done(&w);
}

static const char HOSTILE[] = "<script>alert(1)</script>\"'><img src=x onerror=y>\xE2\x80\xAE";

/* A case all of whose words are hostile, up to its feedback. */
static void order_hostile(world_t *w)
{
	uint64_t seq = 0;
	uint8_t hash[HANDLING_HASH_BYTES] = { 0xAB };
	slice_t file = slice_of(hash, sizeof(hash)), words = slice_str(HOSTILE);
	caller_t caller = { .subject = words, .role = ROLE_ADMIN };
	handling_case_t what = { words, words, words, SEVERITY_CRITICAL, false };
	static const handling_step_kind_t steps[] = { HANDLING_STEP_OPEN, HANDLING_STEP_VERIFY,
		                                      HANDLING_STEP_NOTIFY, HANDLING_STEP_REPORT };
	for (size_t i = 0; i < 4; i++) {
		node_t *node = steps[i] == HANDLING_STEP_NOTIFY ? &w->province : &w->plant;
		bool is_report = steps[i] == HANDLING_STEP_REPORT;
		handling_order_t order = { .id = id_of(1),
			                   .step = steps[i],
			                   .text = words,
			                   .files = is_report ? &file : NULL,
			                   .file_count = is_report,
			                   .what = i == 0 ? &what : NULL };
		OK(handling_order(node->handling, &caller, &order, &seq, NULL));
		send_all(w);
	}
}

static void sheets_stand_alone_and_hostile_words_stay_words(void **state)
{
	(void)state;
	static const char *const titles[HANDLING_FORM_COUNT][LANG_COUNT] = {
		{ "Notice of a network security event", "网络安全事件通报单" },
		{ "Order to rectify", "网络安全事件整改通知单" },
		{ "Feedback on rectification", "网络安全事件整改反馈单" },
	};
	/* One working day to answer a notice, which is answered; three to judge the answer. */
	static const char *const due[HANDLING_FORM_COUNT] = { "2026-12-01 00:00",
		                                              "2026-12-01 00:00",
		                                              "2026-12-03 00:00" };
	world_t w = world_make(1);
	order_hostile(&w);
	handling_shown_t s = shown(&w.plant, 1);
	for (unsigned i = 0; i < HANDLING_FORM_COUNT * LANG_COUNT; i++) {
		handling_form_t form = (handling_form_t)(i / LANG_COUNT);
		lang_t lang = (lang_t)(i % LANG_COUNT);
		slice_t page = print(&s, form, lang);
		assert_true(has(page, titles[form][lang]));
		assert_true(has(page, "<p class=\"said\">&lt;script&gt;alert(1)&lt;/script&gt;"));
		assert_true(has(page, "default-src 'none'"));
		assert_true(has(page, "2026-11-27 12:00 +08:00"));
		assert_true(has(page, lang == LANG_ZH ? "严重" : "critical"));
		assert_true(has(page, form == HANDLING_FORM_FEEDBACK ? "<td>99.100.7</td></tr>\n"
		                                                     : "<td>99.100.1</td></tr>\n"));
		assert_true(has(page, due[form]));
		assert_false(has(page, "<script"));
		assert_false(has(page, "<img"));
		assert_false(has(page, "\xE2\x80\xAE"));
		assert_false(has(page, "http:"));
		assert_true(has(page, "<code>ab00") == (form == HANDLING_FORM_FEEDBACK));
	}
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_case_goes_from_alarm_to_closing_between_plant_and_province),
		cmocka_unit_test(an_order_needs_a_role_a_case_a_state_and_a_side),
		cmocka_unit_test(an_order_is_held_against_scope_words_and_dates),
		cmocka_unit_test(what_is_overdue_is_listed_until_it_is_done_and_then_nothing_is),
		cmocka_unit_test(nodes_that_exchange_steps_in_any_order_see_the_same_in_the_end),
		cmocka_unit_test(what_names_a_node_that_did_not_do_it_is_forged),
		cmocka_unit_test(at_its_limits_the_register_refuses_and_counts),
		cmocka_unit_test(funnels_add_up_the_tree_and_tell_only_what_has_changed),
		cmocka_unit_test(sheets_stand_alone_and_hostile_words_stay_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
