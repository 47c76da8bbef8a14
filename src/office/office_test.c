/* SPDX-License-Identifier: Apache-2.0 */
/* The day of an operator: who applies, what is decided, what comes of it. */
#include "office/fixture_test.h"

#include <math.h>

#include "base/crc.h"
#include "model/event.h"
#include "office/state.h"

static const meter_limits_t free_limits = { 0, 0, 0 };

static int set_up(void **state)
{
	desk_t *d = malloc(sizeof(*d));
	*d = desk_make(5);
	*state = d;
	return desk_open(d) == ERR_OK ? 0 : 1;
}

static int tear_down(void **state)
{
	desk_free(*state);
	free(*state);
	return 0;
}

static const char *given(const desk_t *d, uint64_t number)
{
	return office_application(d->office, number)->prefix;
}

static application_state_t state_of(const desk_t *d, uint64_t number)
{
	return office_application(d->office, number)->state;
}

static void an_application_is_reviewed_approved_and_its_prefix_made(void **state)
{
	desk_t *d = *state;
	char text[FIXTURE_VALUES];
	uint64_t number = desk_give(d, SLICE("99.100.1.7"), free_limits);
	const application_t *a = office_application(d->office, number);
	assert_int_equal(a->state, APPLICATION_APPROVED);
	assert_string_equal(a->prefix, "99.100.1.7");
	assert_true(a->is_made);
	assert_string_equal(fixture_text(&d->f, "0.NA/99.100.1.7", 1, text), "测试企业 Test Works");
	assert_int_equal(a->step_count, 3);
	assert_true(slice_eq(a->last->who, SLICE("user:li")));
	assert_ptr_equal(office_holder(d->office, SLICE("99.100.1.7")), a);
}

static void names_of_an_approved_prefix_live_here(void **state)
{
	desk_t *d = *state;
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/cell-1", "u").err,
	                 ERR_UNAVAILABLE);
	desk_give(d, SLICE("99.100.1.7"), free_limits);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/cell-1", "u").err, ERR_OK);
	assert_int_equal(desk_usage(d, "99.100.1.7")->names, 1);
}

static void names_of_an_enterprise_with_its_own_node_are_delegated(void **state)
{
	desk_t *d = *state;
	application_form_t form = desk_form(SLICE("99.100.1.8"));
	slice_t name = SLICE("0.NA/99.100.1.8");
	record_t record;
	err_t err;
	handle_site_t site;
	size_t sites = 0;
	form.site = (addr_t){ ip_v4(127, 0, 3, 1), 2641 };
	form.service = SLICE("99.100.1.8/site");
	assert_int_equal(desk_apply(d, &form), ERR_OK);
	assert_int_equal(desk_step(d, 1, OFFICE_REVIEW, "", free_limits), ERR_OK);
	assert_int_equal(desk_step(d, 1, OFFICE_APPROVE, "", free_limits), ERR_OK);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.8/x", "u").err,
	                 ERR_UNAVAILABLE);
	registry_find_batch(d->f.reader, &name, 1, &record, &err);
	assert_int_equal(err, ERR_OK);
	handle_iter_t iter = handle_list_iter(handle_values_of(&record));
	handle_value_t value;
	while (handle_value_next(&iter, &value))
		if (slice_eq(value.type, SLICE("HS_SITE"))) {
			assert_int_equal(handle_site_decode(value.data, &site), CODEC_OK);
			sites++;
		}
	registry_find_done(d->f.reader);
	assert_int_equal(sites, 1);
}

static void next_free_numbers_are_given_in_order(void **state)
{
	desk_t *d = *state;
	desk_give(d, SLICE("99.100.1.2"), free_limits);
	uint64_t first = desk_give(d, (slice_t){ 0 }, free_limits);
	uint64_t second = desk_give(d, (slice_t){ 0 }, free_limits);
	assert_string_equal(given(d, first), "99.100.1.1");
	assert_string_equal(given(d, second), "99.100.1.3");
}

static void derived_prefixes_are_for_who_has_the_one_above(void **state)
{
	desk_t *d = *state;
	desk_give(d, SLICE("99.100.1.7"), free_limits);
	application_form_t form = desk_form((slice_t){ 0 });
	form.parent = SLICE("99.100.1.7");
	assert_int_equal(desk_apply(d, &form), ERR_OK);
	assert_int_equal(desk_step(d, 2, OFFICE_REVIEW, "", free_limits), ERR_OK);
	assert_int_equal(desk_step(d, 2, OFFICE_APPROVE, "", free_limits), ERR_OK);
	assert_string_equal(given(d, 2), "99.100.1.7.1");
	form.credit_code = SLICE("9199000000TE0T002C");
	assert_int_equal(desk_apply(d, &form), ERR_CONFLICT);
}

static void forms_with_a_fault_are_refused_with_the_reason(void **state)
{
	desk_t *d = *state;
	char text[512];
	application_form_t form = desk_form(SLICE("99.100.1.7"));
	form.credit_code = SLICE("9199000000TE0T0018");
	assert_int_equal(desk_apply(d, &form), ERR_INVALID);
	err_render(&d->detail, LANG_ZH, text, sizeof(text));
	assert_string_equal(text, "统一社会信用代码的校验码不正确。可能有笔误，请与营业执照核对");
	form = desk_form(SLICE("99.100.1.7"));
	form.industry = SLICE("B38");
	assert_int_equal(desk_apply(d, &form), ERR_INVALID);
	form = desk_form(SLICE("99.100.2.7"));
	assert_int_equal(desk_apply(d, &form), ERR_INVALID);
	form = desk_form(SLICE("99.100.1.7/x"));
	assert_int_equal(desk_apply(d, &form), ERR_INVALID);
	form = desk_form(SLICE("99.100.1.7"));
	form.contact = (slice_t){ 0 };
	assert_int_equal(desk_apply(d, &form), ERR_INVALID);
	form = desk_form(SLICE("99.100.1.7"));
	form.public_key = SLICE("no key");
	assert_int_equal(desk_apply(d, &form), ERR_INVALID);
	assert_null(office_application(d->office, 1));
}

static void a_prefix_is_given_once(void **state)
{
	desk_t *d = *state;
	application_form_t form = desk_form(SLICE("99.100.1.7"));
	assert_int_equal(desk_apply(d, &form), ERR_OK);
	assert_int_equal(desk_apply(d, &form), ERR_OK);
	for (uint64_t i = 1; i <= 2; i++)
		assert_int_equal(desk_step(d, i, OFFICE_REVIEW, "", free_limits), ERR_OK);
	assert_int_equal(desk_step(d, 1, OFFICE_APPROVE, "", free_limits), ERR_OK);
	assert_int_equal(desk_step(d, 2, OFFICE_APPROVE, "", free_limits), ERR_EXISTS);
	assert_int_equal(desk_apply(d, &form), ERR_EXISTS);
	assert_int_equal(state_of(d, 2), APPLICATION_REVIEW);
}

static void steps_follow_their_table_and_refusals_need_a_reason(void **state)
{
	desk_t *d = *state;
	application_form_t form = desk_form(SLICE("99.100.1.7"));
	assert_int_equal(desk_apply(d, &form), ERR_OK);
	assert_int_equal(desk_step(d, 1, OFFICE_APPROVE, "", free_limits), ERR_CONFLICT);
	assert_int_equal(desk_step(d, 1, OFFICE_SUSPEND, "why", free_limits), ERR_CONFLICT);
	assert_int_equal(desk_step(d, 1, OFFICE_REFUSE, "", free_limits), ERR_INVALID);
	assert_int_equal(desk_step(d, 1, OFFICE_REFUSE, "licence expired", free_limits), ERR_OK);
	assert_int_equal(desk_step(d, 1, OFFICE_REVIEW, "", free_limits), ERR_CONFLICT);
	assert_int_equal(desk_step(d, 9, OFFICE_REVIEW, "", free_limits), ERR_NOT_FOUND);
	assert_true(
		slice_eq(office_application(d->office, 1)->last->reason, SLICE("licence expired")));
}

static void a_suspended_prefix_takes_no_changes_until_it_is_resumed(void **state)
{
	desk_t *d = *state;
	registry_result_t result;
	desk_give(d, SLICE("99.100.1.7"), free_limits);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/a", "u").err, ERR_OK);
	assert_int_equal(desk_step(d, 1, OFFICE_SUSPEND, "unpaid", free_limits), ERR_OK);
	result = fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/b", "u");
	assert_int_equal(result.err, ERR_LIMIT);
	assert_int_equal(result.code, 605);
	result = fixture_put(&d->f, REGISTRY_MERGE, "99.100.1.7/a", "v");
	assert_int_equal(result.code, 605);
	assert_int_equal(desk_resolve(d, "99.100.1.7/a"), QUOTA_OK);
	assert_int_equal(desk_step(d, 1, OFFICE_RESUME, "", free_limits), ERR_OK);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/b", "u").err, ERR_OK);
	assert_int_equal(desk_step(d, 1, OFFICE_CLOSE, "moved away", free_limits), ERR_OK);
	assert_int_equal(desk_step(d, 1, OFFICE_RESUME, "", free_limits), ERR_CONFLICT);
	assert_int_equal(desk_resolve(d, "99.100.1.7/a"), QUOTA_OK);
}

static void limits_answer_604_and_603_and_can_be_changed(void **state)
{
	desk_t *d = *state;
	meter_limits_t limits = { .names = 1, .requests_day = 2 }, more = { .names = 2 };
	desk_give(d, SLICE("99.100.1.7"), limits);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/a", "u").err, ERR_OK);
	registry_result_t full = fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/b", "u");
	assert_int_equal(full.code, 604);
	assert_int_equal(fixture_find(&d->f, "99.100.1.7/b"), ERR_NOT_FOUND);
	assert_int_equal(desk_resolve(d, "99.100.1.7/a"), QUOTA_OK);
	assert_int_equal(desk_resolve(d, "99.100.1.7/a"), QUOTA_OK);
	assert_int_equal(registry_quota_code(desk_resolve(d, "99.100.1.7/a")), 603);
	office_ask_t ask = desk_ask(d);
	err_t err = office_limit(d->office, SLICE("99.100.1.7"), &more, &ask, &d->detail);
	assert_int_equal(desk_settle(d, err), ERR_OK);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/b", "u").err, ERR_OK);
	assert_int_equal(desk_resolve(d, "99.100.1.7/a"), QUOTA_OK);
}

static void a_registration_that_fails_uses_nothing_up(void **state)
{
	desk_t *d = *state;
	desk_give(d, SLICE("99.100.1.7"), (meter_limits_t){ .names = 2 });
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/a", "u").err, ERR_OK);
	for (int i = 0; i < 5; i++)
		assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/a", "u").err,
		                 ERR_EXISTS);
	assert_int_equal(desk_usage(d, "99.100.1.7")->names, 1);
	assert_int_equal(fixture_remove(&d->f, "99.100.1.7/a").err, ERR_OK);
	assert_int_equal(desk_usage(d, "99.100.1.7")->names, 0);
}

static void all_of_it_is_there_after_a_restart(void **state)
{
	desk_t *d = *state;
	meter_limits_t limits = { .names = 3, .names_day = 2, .requests_day = 9 };
	desk_give(d, SLICE("99.100.1.7"), limits);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/a", "u").err, ERR_OK);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/b", "u").err, ERR_OK);
	assert_int_equal(fixture_remove(&d->f, "99.100.1.7/b").err, ERR_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(desk_resolve(d, "99.100.1.7/a"), QUOTA_OK);
	assert_int_equal(desk_step(d, 1, OFFICE_SUSPEND, "unpaid", free_limits), ERR_OK);
	desk_restart(d);
	const usage_t *usage = desk_usage(d, "99.100.1.7");
	assert_int_equal(state_of(d, 1), APPLICATION_SUSPENDED);
	assert_int_equal(office_count(d->office, APPLICATION_SUSPENDED), 1);
	assert_int_equal(office_count(d->office, APPLICATION_APPLIED), 0);
	assert_int_equal(usage->names, 1);
	assert_int_equal(usage->made, 2);
	assert_int_equal(usage_resolved(usage), 4);
	assert_int_equal(usage_distinct(usage), 1);
	assert_int_equal(usage_limits(usage).names_day, 2);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/c", "u").code, 605);
}

/* The power goes; nothing is closed in order. */
static void power_cut(desk_t *d)
{
	twin_power_off(d->f.env);
	desk_halt(d);
	twin_disk_reboot(d->f.twin, "node");
	assert_int_equal(desk_open(d), ERR_OK);
}

static void a_power_cut_loses_the_answers_of_the_last_hour_and_no_registration(void **state)
{
	desk_t *d = *state;
	desk_give(d, SLICE("99.100.1.7"), free_limits);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/a", "u").err, ERR_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(desk_resolve(d, "99.100.1.7/a"), QUOTA_OK);
	twin_run_for(d->f.twin, 3700 * NS_PER_S);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/b", "u").err, ERR_OK);
	assert_int_equal(desk_resolve(d, "99.100.1.7/b"), QUOTA_OK);
	power_cut(d);
	const usage_t *usage = desk_usage(d, "99.100.1.7");
	assert_int_equal(usage->names, 2);
	assert_int_equal(usage_resolved(usage), 4);
	assert_int_equal(usage_distinct(usage), 1);
}

static void a_prefix_whose_record_was_deleted_is_not_given_again(void **state)
{
	desk_t *d = *state;
	application_form_t form = desk_form(SLICE("99.100.1.1"));
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "0.NA/99.100.1.1", "u").err, ERR_OK);
	assert_int_equal(fixture_remove(&d->f, "0.NA/99.100.1.1").err, ERR_OK);
	assert_int_equal(desk_apply(d, &form), ERR_EXISTS);
	uint64_t number = desk_give(d, (slice_t){ 0 }, free_limits);
	assert_string_equal(given(d, number), "99.100.1.2");
}

static void the_secret_of_a_prefix_is_set_once(void **state)
{
	desk_t *d = *state;
	char secret[OFFICE_SECRET_TEXT], text[FIXTURE_VALUES];
	desk_give(d, SLICE("99.100.1.7"), free_limits);
	office_ask_t ask = desk_ask(d);
	err_t err = office_secret(d->office, SLICE("99.100.1.7"), &ask, secret, &d->detail);
	assert_int_equal(desk_settle(d, err), ERR_OK);
	assert_string_equal(fixture_text(&d->f, "0.NA/99.100.1.7", 301, text), secret);
	ask = desk_ask(d);
	assert_int_equal(office_secret(d->office, SLICE("99.100.1.7"), &ask, secret, &d->detail),
	                 ERR_EXISTS);
	assert_int_equal(office_secret(d->office, SLICE("99.100.1.9"), &ask, secret, &d->detail),
	                 ERR_NOT_FOUND);
}

static void callers_below_an_engineer_decide_nothing(void **state)
{
	desk_t *d = *state;
	application_form_t form = desk_form(SLICE("99.100.1.7"));
	office_decision_t review = { .number = 1, .step = OFFICE_REVIEW };
	office_ask_t ask = desk_ask(d);
	ask.caller.role = ROLE_VIEWER;
	assert_int_equal(office_apply(d->office, &form, &ask, &d->detail), ERR_DENIED);
	ask.caller.role = ROLE_OPERATOR;
	assert_int_equal(desk_settle(d, office_apply(d->office, &form, &ask, &d->detail)), ERR_OK);
	assert_int_equal(office_decide(d->office, &review, &ask, &d->detail), ERR_DENIED);
	ask.caller.role = ROLE_ENGINEER;
	ask.caller.scope = SLICE("99.100.1.7");
	assert_int_equal(office_decide(d->office, &review, &ask, &d->detail), ERR_DENIED);
}

/* Events of this message in the journal. */
static size_t told(const desk_t *d, message_t message)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	event_t event;
	size_t count = 0;
	assert_int_equal(journal_cursor_open(d->f.journal, 1, &cursor), ERR_OK);
	while (journal_cursor_next(cursor, &record) == ERR_OK)
		count += record.type == JOURNAL_EVENT &&
		         event_decode(record.payload, &event) == ERR_OK && event.message == message;
	journal_cursor_close(cursor);
	return count;
}

static void what_waits_too_long_is_overdue_and_told_once_a_day(void **state)
{
	desk_t *d = *state;
	application_form_t form = desk_form(SLICE("99.100.1.7"));
	assert_int_equal(desk_apply(d, &form), ERR_OK);
	const application_t *a = office_application(d->office, 1);
	assert_true(office_waits(a));
	assert_false(office_overdue(d->office, a));
	twin_run_for(d->f.twin, 5 * NS_PER_DAY + NS_PER_S);
	assert_true(office_overdue(d->office, a));
	assert_int_equal(told(d, MSG_APPLICATIONS_WAIT), 0);
	/* It is six in the morning: three midnights follow. */
	twin_run_for(d->f.twin, 3 * NS_PER_DAY);
	assert_int_equal(told(d, MSG_APPLICATIONS_WAIT), 3);
	assert_int_equal(desk_step(d, 1, OFFICE_REFUSE, "late", free_limits), ERR_OK);
	assert_false(office_waits(a));
	twin_run_for(d->f.twin, 2 * NS_PER_DAY);
	assert_int_equal(told(d, MSG_APPLICATIONS_WAIT), 3);
	assert_int_equal(told(d, MSG_APPLICATION_STEP), 2);
}

static void answers_of_the_day_move_to_the_series_at_midnight(void **state)
{
	desk_t *d = *state;
	desk_give(d, SLICE("99.100.1.7"), (meter_limits_t){ .requests_day = 3 });
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/a", "u").err, ERR_OK);
	for (int i = 0; i < 4; i++)
		(void)desk_resolve(d, "99.100.1.7/a");
	assert_int_equal(desk_resolve(d, "99.100.1.7/a"), QUOTA_REQUESTS);
	twin_run_for(d->f.twin, NS_PER_DAY);
	usage_t *usage = desk_usage(d, "99.100.1.7");
	assert_int_equal(usage->day_count, 1);
	assert_int_equal(usage->days[0].resolved, 3);
	assert_int_equal(usage->days[0].made, 1);
	assert_int_equal(desk_resolve(d, "99.100.1.7/a"), QUOTA_OK);
	desk_restart(d);
	usage = desk_usage(d, "99.100.1.7");
	assert_int_equal(usage->day_count, 1);
	assert_int_equal(usage->days[0].resolved, 3);
	assert_int_equal(usage->days[0].made, 1);
	assert_int_equal(usage_today(office_usage(d->office), usage).resolved, 1);
}

/* Templates. */

/* A slice as a constant. */
#define TEXT(s) \
	{ \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}

static const template_item_t cell_items[] = {
	{ .name = { TEXT("Model"), TEXT("型号") },
	  .type = TEXT("model"),
	  .index = 2000,
	  .required = true,
	  .length_max = 16,
	  .perms = HANDLE_PERMS_DEFAULT,
	  .min = NAN,
	  .max = NAN },
	{ .name = { TEXT("Serial"), TEXT("序列号") },
	  .type = TEXT("serial"),
	  .index = 2001,
	  .unique = true,
	  .perms = HANDLE_PERMS_DEFAULT,
	  .min = NAN,
	  .max = NAN },
};

static err_t put_template(desk_t *d, const char *version)
{
	template_t form = { .prefix = SLICE("99.100.1.7"),
		            .version = slice_str(version),
		            .industry = { SLICE("C"), SLICE("38"), SLICE("384"), SLICE("3841") },
		            .type = TEMPLATE_OTHER,
		            .items = cell_items,
		            .item_count = 2 };
	office_ask_t ask = desk_ask(d);
	return desk_settle(d, office_template_put(d->office, &form, &ask, &d->detail));
}

static err_t register_cell(desk_t *d, const char *name, const char *model, const char *serial)
{
	static uint8_t buf[4096];
	static template_faults_t faults;
	registration_item_t items[] = { { 2000, SLICE("model"), slice_str(model) },
		                        { 2001, SLICE("serial"), slice_str(serial) } };
	registration_form_t form = { slice_str(name), SLICE("1.0"), items, 2 };
	writer_t w = writer_of(buf, sizeof(buf));
	uint32_t count = 0;
	err_t err = office_compose(d->office, &form, &w, &count, &faults);
	if (err)
		return err;
	registry_change_t change = change_of(REGISTRY_CREATE, form.name, count, &w);
	return fixture_change(&d->f, &change).err;
}

static void a_registration_follows_its_template(void **state)
{
	desk_t *d = *state;
	char text[FIXTURE_VALUES];
	desk_give(d, SLICE("99.100.1.7"), free_limits);
	assert_int_equal(register_cell(d, "99.100.1.7/c1", "LFP", "S1"), ERR_INVALID);
	assert_int_equal(put_template(d, "1.0"), ERR_OK);
	assert_int_equal(register_cell(d, "99.100.1.7/c1", "LFP", "S1"), ERR_OK);
	assert_string_equal(fixture_text(&d->f, "99.100.1.7/c1", 1001, text), "1.0");
	assert_string_equal(fixture_text(&d->f, "99.100.1.7/c1", 2000, text), "LFP");
	assert_int_equal(register_cell(d, "99.100.1.7/c2", "a model too long", "S2"), ERR_OK);
	assert_int_equal(register_cell(d, "99.100.1.7/c3", "a model too long!", "S3"), ERR_INVALID);
}

static void a_used_version_never_changes(void **state)
{
	desk_t *d = *state;
	desk_give(d, SLICE("99.100.1.7"), free_limits);
	assert_int_equal(put_template(d, "1.0"), ERR_OK);
	assert_int_equal(put_template(d, "1.0"), ERR_OK);
	assert_int_equal(register_cell(d, "99.100.1.7/c1", "LFP", "S1"), ERR_OK);
	assert_int_equal(put_template(d, "1.0"), ERR_CONFLICT);
	assert_int_equal(put_template(d, "1.1"), ERR_OK);
	office_ask_t ask = desk_ask(d);
	assert_int_equal(office_template_remove(d->office, SLICE("99.100.1.7"), SLICE("1.0"), &ask,
	                                        &d->detail),
	                 ERR_CONFLICT);
	err_t err = office_template_remove(d->office, SLICE("99.100.1.7"), SLICE("1.1"), &ask,
	                                   &d->detail);
	assert_int_equal(desk_settle(d, err), ERR_OK);
	desk_restart(d);
	assert_int_equal(put_template(d, "1.0"), ERR_CONFLICT);
	assert_null(office_template(d->office, SLICE("99.100.1.7"), SLICE("1.1")));
}

static void unique_values_stand_once_in_a_prefix_also_after_a_restart(void **state)
{
	desk_t *d = *state;
	desk_give(d, SLICE("99.100.1.7"), free_limits);
	assert_int_equal(put_template(d, "1.0"), ERR_OK);
	assert_int_equal(register_cell(d, "99.100.1.7/c1", "LFP", "S1"), ERR_OK);
	assert_int_equal(register_cell(d, "99.100.1.7/c2", "LFP", "S1"), ERR_INVALID);
	desk_restart(d);
	assert_int_equal(register_cell(d, "99.100.1.7/c2", "LFP", "S1"), ERR_INVALID);
	assert_int_equal(fixture_remove(&d->f, "99.100.1.7/c1").err, ERR_OK);
	twin_run_for(d->f.twin, 61 * NS_PER_S);
	assert_int_equal(register_cell(d, "99.100.1.7/c2", "LFP", "S1"), ERR_OK);
}

/* What an opening keeps of the registry's changes. */

#define PAST "data/views/office"

enum { PAST_BYTES = 4096, PAST_VERSION_AT = 8, PAST_FIRST_TALLY = 73 };

static slice_t past_read(desk_t *d, uint8_t buf[PAST_BYTES])
{
	size_t len = 0;
	assert_int_equal(env_file_load(d->f.env, PAST, buf, PAST_BYTES, &len), ERR_OK);
	return slice_of(buf, len);
}

/* The checksum is mended. */
static void past_write(desk_t *d, uint8_t *bytes, size_t len)
{
	writer_t w = { .buf = bytes, .cap = len, .len = len - 4 };
	wr_u32_le(&w, crc32c(0, slice_of(bytes, len - 4)));
	assert_int_equal(env_file_save(d->f.env, PAST, slice_of(bytes, len)), ERR_OK);
}

/* Two names of one prefix, one of them removed, a value that is held, an answer; and an
 * opening that has kept it. */
static void grow_a_past(desk_t *d)
{
	desk_give(d, SLICE("99.100.1.7"), free_limits);
	assert_int_equal(put_template(d, "1.0"), ERR_OK);
	assert_int_equal(register_cell(d, "99.100.1.7/c1", "LFP", "S1"), ERR_OK);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/a", "u").err, ERR_OK);
	assert_int_equal(fixture_remove(&d->f, "99.100.1.7/a").err, ERR_OK);
	assert_int_equal(desk_resolve(d, "99.100.1.7/c1"), QUOTA_OK);
	twin_run_for(d->f.twin, 61 * NS_PER_S);
	desk_restart(d);
}

static void assert_past(desk_t *d, uint64_t names)
{
	const usage_t *usage = desk_usage(d, "99.100.1.7");
	assert_int_equal(usage->names, names);
	assert_int_equal(usage->made, names + 1);
	assert_int_equal(usage_today(office_usage(d->office), usage).made, names + 1);
	assert_int_equal(usage_resolved(usage), 1);
	assert_int_equal(office_count(d->office, APPLICATION_APPROVED), 1);
	assert_non_null(office_template(d->office, SLICE("99.100.1.7"), SLICE("1.0")));
	assert_int_equal(register_cell(d, "99.100.1.7/c9", "LFP", "S1"), ERR_INVALID);
}

/* Seen by a lie in it, which is believed: nothing was counted anew. */
static void an_opening_goes_on_from_what_one_before_has_kept(void **state)
{
	desk_t *d = *state;
	uint8_t buf[PAST_BYTES];
	grow_a_past(d);
	assert_past(d, 1);
	slice_t past = past_read(d, buf);
	size_t names_at = PAST_FIRST_TALLY + 1 + buf[PAST_FIRST_TALLY];
	assert_memory_equal(&buf[PAST_FIRST_TALLY + 1], "99.100.1", 8);
	uint64_t own = desk_usage(d, "99.100.1")->names;
	assert_int_equal(buf[names_at], own);
	buf[names_at] += 5;
	past_write(d, buf, past.len);
	desk_restart(d);
	assert_int_equal(desk_usage(d, "99.100.1")->names, own + 5);
	assert_past(d, 1);
	assert_int_equal(fixture_put(&d->f, REGISTRY_CREATE, "99.100.1.7/b", "u").err, ERR_OK);
	desk_restart(d);
	assert_past(d, 2);
}

static void a_past_that_cannot_be_used_is_counted_anew(void **state)
{
	desk_t *d = *state;
	uint8_t good[PAST_BYTES], buf[PAST_BYTES];
	grow_a_past(d);
	slice_t past = past_read(d, good);
	for (size_t at = 0; at < past.len; at++) {
		memcpy(buf, good, past.len);
		buf[at] ^= (uint8_t)(1 << at % 8);
		assert_int_equal(
			env_file_save(d->f.env, PAST, slice_of(buf, at % 3 ? past.len : at)),
			ERR_OK);
		desk_restart(d);
		assert_past(d, 1);
	}
	assert_int_equal(env_path_remove(d->f.env, PAST), ERR_OK);
	desk_restart(d);
	assert_past(d, 1);
}

/* A version that is not ours, a mark that is not of this journal, counts that end early. */
static void a_past_of_something_else_is_counted_anew(void **state)
{
	static const size_t places[] = { PAST_VERSION_AT, 16, 24, 32, 63, PAST_FIRST_TALLY - 1 };
	desk_t *d = *state;
	uint8_t buf[PAST_BYTES];
	grow_a_past(d);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		slice_t past = past_read(d, buf);
		buf[places[i]]++;
		past_write(d, buf, past.len);
		desk_restart(d);
		assert_past(d, 1);
	}
	d->offset_ns += 3600 * NS_PER_S;
	desk_restart(d);
	assert_past(d, 1);
}

static void a_full_disk_keeps_no_past_and_opens(void **state)
{
	desk_t *d = *state;
	grow_a_past(d);
	assert_int_equal(env_path_remove(d->f.env, PAST), ERR_OK);
	assert_int_equal(env_dir_make(d->f.env, PAST), ERR_OK);
	desk_restart(d);
	assert_past(d, 1);
	assert_int_equal(metric_get(office_metrics(d->office), OFFICE_METRIC_PAST_UNSAVED), 1);
}

static void templates_are_for_prefixes_kept_here(void **state)
{
	desk_t *d = *state;
	assert_int_equal(put_template(d, "1.0"), ERR_DENIED);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(an_application_is_reviewed_approved_and_its_prefix_made),
		CASE(names_of_an_approved_prefix_live_here),
		CASE(names_of_an_enterprise_with_its_own_node_are_delegated),
		CASE(next_free_numbers_are_given_in_order),
		CASE(derived_prefixes_are_for_who_has_the_one_above),
		CASE(forms_with_a_fault_are_refused_with_the_reason),
		CASE(a_prefix_is_given_once),
		CASE(steps_follow_their_table_and_refusals_need_a_reason),
		CASE(a_suspended_prefix_takes_no_changes_until_it_is_resumed),
		CASE(limits_answer_604_and_603_and_can_be_changed),
		CASE(a_registration_that_fails_uses_nothing_up),
		CASE(all_of_it_is_there_after_a_restart),
		CASE(a_power_cut_loses_the_answers_of_the_last_hour_and_no_registration),
		CASE(a_prefix_whose_record_was_deleted_is_not_given_again),
		CASE(the_secret_of_a_prefix_is_set_once),
		CASE(callers_below_an_engineer_decide_nothing),
		CASE(what_waits_too_long_is_overdue_and_told_once_a_day),
		CASE(answers_of_the_day_move_to_the_series_at_midnight),
		CASE(a_registration_follows_its_template),
		CASE(a_used_version_never_changes),
		CASE(unique_values_stand_once_in_a_prefix_also_after_a_restart),
		CASE(templates_are_for_prefixes_kept_here),
		CASE(an_opening_goes_on_from_what_one_before_has_kept),
		CASE(a_past_that_cannot_be_used_is_counted_anew),
		CASE(a_past_of_something_else_is_counted_anew),
		CASE(a_full_disk_keeps_no_past_and_opens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
