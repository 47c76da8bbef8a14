/* SPDX-License-Identifier: Apache-2.0 */
/* When somebody guesses at an identity, people are told, and not too often. */
#include "registry/guesses.h"

#include "journal/event_log.h"
#include "registry/fixture_test.h"

static const ip_t FROM = { .bytes = { 10, 0, 0, 9 }, .family = 4 };

static void guess(fixture_t *f, const char *handle, uint32_t index, size_t times)
{
	registry_identity_t who = { slice_str(handle), index };
	for (size_t i = 0; i < times; i++)
		registry_note_guess(f->registry, &who, FROM);
	(void)twin_run_for(f->twin, NS_PER_S);
}

/* The events of guesses so far; the last of them, as it was found. */
static size_t told(fixture_t *f, char subject[64])
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	size_t count = 0;
	assert_int_equal(journal_cursor_open(f->journal, 1, &cursor), ERR_OK);
	while (journal_cursor_next(cursor, &record) == ERR_OK) {
		event_t event;
		if (record.type != JOURNAL_EVENT || event_decode(record.payload, &event) ||
		    event.message != MSG_IDENTITY_GUESSED)
			continue;
		count++;
		assert_true(
			slice_to_cstr(event_arg_get(&event, ARG_SUBJECT)->as.text, subject, 64));
		assert_true(
			slice_eq(event_arg_get(&event, ARG_CLIENT)->as.text, SLICE("10.0.0.9")));
	}
	journal_cursor_close(cursor);
	return count;
}

static int64_t untold(const fixture_t *f)
{
	const metrics_t *m = registry_metrics(f->registry);
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->rows[i].name, "guesses_untold_total") == 0)
			return metric_get(m, i);
	fail_msg("no such metric");
	return 0;
}

static void failures_in_a_minute_are_told_once(void **state)
{
	(void)state;
	char subject[64] = "";
	fixture_t f = fixture_make(61);
	fixture_start(&f);
	guess(&f, "99.300/guest", 300, GUESSES_ALARM - 1);
	guess(&f, "99.300/guest", 301, GUESSES_ALARM - 1);
	assert_int_equal(told(&f, subject), 0);
	guess(&f, "99.300/GUEST", 300, 3 * GUESSES_ALARM);
	assert_int_equal(told(&f, subject), 1);
	assert_string_equal(subject, "handle:300:99.300/GUEST");
	(void)twin_run_for(f.twin, 61 * NS_PER_S);
	guess(&f, "99.300/guest", 300, GUESSES_ALARM - 1);
	assert_int_equal(told(&f, subject), 1);
	guess(&f, "99.300/guest", 300, 1);
	assert_int_equal(told(&f, subject), 2);
	fixture_free(&f);
}

static void many_identities_do_not_fill_the_journal(void **state)
{
	(void)state;
	char subject[64], name[32];
	fixture_t f = fixture_make(62);
	fixture_start(&f);
	for (int i = 0; i < GUESSES_EVENTS + 7; i++) {
		(void)snprintf(name, sizeof(name), "99.300/g%d", i);
		guess(&f, name, 300, GUESSES_ALARM);
	}
	assert_int_equal(told(&f, subject), GUESSES_EVENTS);
	assert_int_equal(untold(&f), 7);
	fixture_free(&f);
}

static void one_more_identity_than_are_remembered_displaces_the_oldest(void **state)
{
	(void)state;
	char subject[64], name[32];
	fixture_t f = fixture_make(63);
	registry_identity_t who = { SLICE("99.300/first"), 300 };
	fixture_start(&f);
	for (int i = 0; i < GUESSES_ALARM - 1; i++)
		registry_note_guess(f.registry, &who, FROM);
	(void)twin_run_for(f.twin, NS_PER_S);
	for (int i = 0; i < GUESSES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "99.300/g%d", i);
		registry_note_guess(f.registry, &(registry_identity_t){ slice_str(name), 300 },
		                    FROM);
	}
	guess(&f, "99.300/first", 300, 1);
	assert_int_equal(told(&f, subject), 0);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_in_a_minute_are_told_once),
		cmocka_unit_test(many_identities_do_not_fill_the_journal),
		cmocka_unit_test(one_more_identity_than_are_remembered_displaces_the_oldest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
