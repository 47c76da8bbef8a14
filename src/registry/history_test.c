/* SPDX-License-Identifier: Apache-2.0 */
/* What a name was: every change of it, and the record as it was known at a time. */
#include "registry/fixture_test.h"

#include "registry/history.h"

static void change_at(fixture_t *f, int64_t after_s, registry_verb_t verb, const char *url)
{
	(void)twin_run_for(f->twin, after_s * NS_PER_S);
	registry_result_t result = verb == REGISTRY_REMOVE
	                                   ? fixture_remove(f, "99.100.1/x")
	                                   : fixture_put(f, verb, "99.100.1/x", url);
	assert_int_equal(result.err, ERR_OK);
}

static const char *url_of(const record_t *record, char buf[FIXTURE_VALUES])
{
	reader_t r = reader_of(record->values);
	assert_true(slice_to_cstr(handle_value_read(&r).data, buf, FIXTURE_VALUES));
	return buf;
}

/* Made at 10 s, changed at 20 s, deleted at 30 s, restored at 40 s, among changes of
 * another name. */
static void live_a_life(fixture_t *f)
{
	change_at(f, 10, REGISTRY_CREATE, "one");
	assert_int_equal(fixture_put(f, REGISTRY_CREATE, "99.100.1/y", "other").err, ERR_OK);
	change_at(f, 10, REGISTRY_REPLACE, "two");
	change_at(f, 10, REGISTRY_REMOVE, NULL);
	assert_int_equal(fixture_put(f, REGISTRY_REPLACE, "99.100.1/y", "more").err, ERR_OK);
	change_at(f, 10, REGISTRY_RESTORE, "ignored");
}

static void the_walk_shows_every_change_from_the_last_to_the_first(void **state)
{
	(void)state;
	static const struct {
		registry_verb_t verb;
		record_state_t state;
		const char *url;
	} wanted[] = {
		{ REGISTRY_RESTORE, RECORD_ACTIVE, "two" },
		{ REGISTRY_REMOVE, RECORD_DELETED, "two" },
		{ REGISTRY_REPLACE, RECORD_ACTIVE, "two" },
		{ REGISTRY_CREATE, RECORD_ACTIVE, "one" },
	};
	fixture_t f = fixture_make(1);
	static char text[FIXTURE_VALUES];
	registry_walk_t *walk = NULL;
	registry_version_t version;
	uint64_t seq = UINT64_MAX;
	fixture_start(&f);
	live_a_life(&f);
	for (unsigned life = 0; life < 2; life++, seq = UINT64_MAX) {
		assert_int_equal(registry_walk_open(f.reader, SLICE("99.100.1/X"), 0, &walk),
		                 ERR_OK);
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(registry_walk_next(walk, &version), ERR_OK);
			assert_true(version.seq < seq);
			assert_int_equal(version.entry.verb, wanted[i].verb);
			assert_int_equal(version.entry.record.state, wanted[i].state);
			assert_string_equal(url_of(&version.entry.record, text), wanted[i].url);
			assert_true(slice_eq(version.entry.subject, SLICE("node")));
			seq = version.seq;
		}
		assert_int_equal(registry_walk_next(walk, &version), ERR_NOT_FOUND);
		registry_walk_close(walk);
		fixture_restart(&f);
	}
	fixture_free(&f);
}

static void a_walk_goes_on_below_a_change_of_its_own_name_alone(void **state)
{
	(void)state;
	fixture_t f = fixture_make(2);
	registry_walk_t *walk = NULL;
	registry_version_t version;
	uint64_t seqs[4], last;
	fixture_start(&f);
	live_a_life(&f);
	last = journal_durable(f.journal);
	assert_int_equal(registry_walk_open(f.reader, SLICE("99.100.1/x"), 0, &walk), ERR_OK);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(registry_walk_next(walk, &version), ERR_OK);
		seqs[i] = version.seq;
	}
	registry_walk_close(walk);
	for (uint64_t below = 1; below <= last + 2; below++) {
		err_t err = registry_walk_open(f.reader, SLICE("99.100.1/x"), below, &walk);
		size_t i = 0;
		while (i < 4 && seqs[i] != below)
			i++;
		assert_int_equal(err, i < 4 ? ERR_OK : below <= last ? ERR_NOT_FOUND : err);
		assert_true(i < 4 || err != ERR_OK);
		if (err)
			continue;
		for (i++; i < 4; i++) {
			assert_int_equal(registry_walk_next(walk, &version), ERR_OK);
			assert_int_equal(version.seq, seqs[i]);
		}
		assert_int_equal(registry_walk_next(walk, &version), ERR_NOT_FOUND);
		registry_walk_close(walk);
	}
	fixture_free(&f);
}

static err_t as_of(fixture_t *f, int64_t second, record_state_t *ret_state,
                   char text[FIXTURE_VALUES])
{
	registry_walk_t *walk = NULL;
	registry_version_t version;
	assert_int_equal(registry_walk_open(f->reader, SLICE("99.100.1/x"), 0, &walk), ERR_OK);
	err_t err = registry_as_of(walk, (1700000000 + second) * NS_PER_S, &version);
	if (!err) {
		*ret_state = version.entry.record.state;
		url_of(&version.entry.record, text);
	}
	registry_walk_close(walk);
	return err;
}

static void at_any_time_the_record_is_what_was_known_then(void **state)
{
	(void)state;
	static const struct {
		int64_t second;
		err_t err;
		record_state_t state;
		const char *url;
	} rows[] = {
		{ 5, ERR_NOT_FOUND, RECORD_ACTIVE, "" }, { 15, ERR_OK, RECORD_ACTIVE, "one" },
		{ 25, ERR_OK, RECORD_ACTIVE, "two" },    { 35, ERR_OK, RECORD_DELETED, "two" },
		{ 45, ERR_OK, RECORD_ACTIVE, "two" },    { 9999999, ERR_OK, RECORD_ACTIVE, "two" },
	};
	fixture_t f = fixture_make(3);
	static char text[FIXTURE_VALUES];
	record_state_t now;
	fixture_start(&f);
	live_a_life(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(as_of(&f, rows[i].second, &now, text), rows[i].err);
		if (rows[i].err)
			continue;
		assert_int_equal(now, rows[i].state);
		assert_string_equal(text, rows[i].url);
	}
	fixture_free(&f);
}

static void names_without_a_past_or_of_others_have_no_walk(void **state)
{
	(void)state;
	fixture_t f = fixture_make(4);
	registry_walk_t *walk = NULL;
	fixture_start(&f);
	assert_int_equal(registry_walk_open(f.reader, SLICE("99.100.1/x"), 0, &walk),
	                 ERR_NOT_FOUND);
	assert_int_equal(registry_walk_open(f.reader, SLICE("99.200.1/x"), 0, &walk),
	                 ERR_UNAVAILABLE);
	assert_int_equal(registry_walk_open(f.reader, SLICE("nothing"), 0, &walk), ERR_INVALID);
	fixture_free(&f);
}

/* Changes that shared a sync know only the sequence of the one before. */
static void changes_made_at_once_are_walked_through_as_well(void **state)
{
	(void)state;
	enum { COUNT = 20 };
	fixture_t f = fixture_make(5);
	registry_walk_t *walk = NULL;
	registry_version_t version;
	fixture_start(&f);
	for (unsigned i = 0; i < COUNT; i++) {
		uint8_t buf[256];
		writer_t w = writer_of(buf, sizeof(buf));
		value_add(&w, i + 1, "URL", SLICE("u"));
		registry_change_t change = change_of(i ? REGISTRY_MERGE : REGISTRY_CREATE,
		                                     SLICE("99.100.1/x"), 1, &w);
		assert_int_equal(registry_change(f.registry, &change, f.replies, NULL), ERR_OK);
	}
	for (unsigned i = 0; i < COUNT; i++) {
		registry_result_t result;
		assert_true(fixture_result(&f, &result));
		assert_int_equal(result.err, ERR_OK);
	}
	assert_int_equal(registry_walk_open(f.reader, SLICE("99.100.1/x"), 0, &walk), ERR_OK);
	for (unsigned i = COUNT; i > 0; i--) {
		assert_int_equal(registry_walk_next(walk, &version), ERR_OK);
		assert_int_equal(version.entry.record.count, i);
	}
	assert_int_equal(registry_walk_next(walk, &version), ERR_NOT_FOUND);
	registry_walk_close(walk);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_walk_shows_every_change_from_the_last_to_the_first),
		cmocka_unit_test(a_walk_goes_on_below_a_change_of_its_own_name_alone),
		cmocka_unit_test(at_any_time_the_record_is_what_was_known_then),
		cmocka_unit_test(names_without_a_past_or_of_others_have_no_walk),
		cmocka_unit_test(changes_made_at_once_are_walked_through_as_well),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
