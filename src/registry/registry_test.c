/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs, what is refused, changes in flight, and the view after misfortune. */
#include "registry/fixture_test.h"

#include "base/text.h"
#include "journal/event_log.h"
#include "registry/entry/entry.h"
#include "registry/store/store.h"

static void each_verb_does_what_it_says(void **state)
{
	(void)state;
	fixture_t f = fixture_make(1);
	static char text[FIXTURE_VALUES];
	fixture_start(&f);
	registry_result_t made = fixture_put(&f, REGISTRY_CREATE, "99.100.1/a", "one");
	assert_int_equal(made.err, ERR_OK);
	assert_true(made.created && made.seq > 0);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/A", "two").err, ERR_EXISTS);
	assert_string_equal(fixture_text(&f, "99.100.1/A", 1, text), "one");
	assert_false(fixture_put(&f, REGISTRY_REPLACE, "99.100.1/A", "two").created);
	assert_string_equal(fixture_text(&f, "99.100.1/a", 1, text), "two");
	assert_true(fixture_put(&f, REGISTRY_REPLACE, "99.100.1/b", "three").created);
	assert_int_equal(registry_count(f.registry), 2);
	assert_int_equal(fixture_remove(&f, "99.100.1/B").err, ERR_OK);
	assert_int_equal(fixture_remove(&f, "99.100.1/b").err, ERR_NOT_FOUND);
	assert_int_equal(fixture_put(&f, REGISTRY_MERGE, "99.100.1/b", "x").err, ERR_NOT_FOUND);
	assert_int_equal(fixture_find(&f, "99.100.1/b"), ERR_NOT_FOUND);
	assert_int_equal(registry_count(f.registry), 1);
	fixture_free(&f);
}

static void merging_keeps_other_values_and_sorts_by_index(void **state)
{
	(void)state;
	fixture_t f = fixture_make(2);
	static char text[FIXTURE_VALUES];
	uint8_t buf[1024];
	slice_t name = SLICE("99.100.1/m");
	fixture_start(&f);
	writer_t w = writer_of(buf, sizeof(buf));
	value_add(&w, 30, "DESC", SLICE("thirty"));
	value_add(&w, 10, "URL", SLICE("ten"));
	registry_change_t change = change_of(REGISTRY_CREATE, name, 2, &w);
	assert_int_equal(fixture_change(&f, &change).err, ERR_OK);
	w = writer_of(buf, sizeof(buf));
	value_add(&w, 20, "URL", SLICE("twenty"));
	value_add(&w, 10, "URL", SLICE("TEN"));
	change = change_of(REGISTRY_MERGE, name, 2, &w);
	assert_int_equal(fixture_change(&f, &change).err, ERR_OK);
	assert_string_equal(fixture_text(&f, "99.100.1/m", 10, text), "TEN");
	assert_string_equal(fixture_text(&f, "99.100.1/m", 20, text), "twenty");
	assert_string_equal(fixture_text(&f, "99.100.1/m", 30, text), "thirty");
	record_t record;
	err_t err;
	registry_find_batch(f.reader, &name, 1, &record, &err);
	reader_t r = reader_of(record.values);
	for (uint32_t index = 10; index <= 30; index += 10) {
		handle_value_t value = handle_value_read(&r);
		assert_int_equal(value.index, index);
		assert_int_equal(value.timestamp_s, 1700000000);
	}
	registry_find_done(f.reader);
	w = writer_of(buf, sizeof(buf));
	wr_u32(&w, 30);
	wr_u32(&w, 10);
	change = change_of(REGISTRY_UNMERGE, name, 2, &w);
	assert_int_equal(fixture_change(&f, &change).err, ERR_OK);
	assert_string_equal(fixture_text(&f, "99.100.1/m", 10, text), "");
	assert_string_equal(fixture_text(&f, "99.100.1/m", 20, text), "twenty");
	assert_int_equal(fixture_change(&f, &change).err, ERR_NOT_FOUND);
	fixture_free(&f);
}

typedef struct {
	const char *name;
	uint32_t index, count;
	role_t role;
	const char *scope, *type;
	err_t err;
} refusal_t;

static void what_may_not_be_is_refused_by_its_class(void **state)
{
	(void)state;
	static const refusal_t rows[] = {
		{ "99.100.1/x", 1, 1, ROLE_OPERATOR, "", "URL", ERR_DENIED },
		{ "99.100.10/x", 1, 1, ROLE_ENGINEER, "99.100.1", "URL", ERR_DENIED },
		{ "99.100.1/x", 1, 1, ROLE_ENGINEER, "99.100.1/line-2", "URL", ERR_DENIED },
		{ "99.100.10/x", 1, 1, ROLE_ENGINEER, "", "URL", ERR_UNAVAILABLE },
		{ "0.NA/99.100", 1, 1, ROLE_ENGINEER, "", "URL", ERR_UNAVAILABLE },
		{ "0.NA/99.100.10", 1, 1, ROLE_ENGINEER, "", "URL", ERR_UNAVAILABLE },
		{ "99.100.1", 1, 1, ROLE_ENGINEER, "", "URL", ERR_INVALID },
		{ "99.100.1/", 1, 1, ROLE_ENGINEER, "", "URL", ERR_INVALID },
		{ "99.100.1/\xff", 1, 1, ROLE_ENGINEER, "", "URL", ERR_INVALID },
		{ "99.100.1/x", 0, 1, ROLE_ENGINEER, "", "URL", ERR_INVALID },
		{ "99.100.1/x", 1, 1, ROLE_ENGINEER, "", "", ERR_INVALID },
		{ "99.100.1/x", 1, 2, ROLE_ENGINEER, "", "URL", ERR_MALFORMED },
		{ "99.100.1/x", 1, 0, ROLE_ENGINEER, "", "URL", ERR_MALFORMED },
		{ "99.100.1/x", 1, 3000, ROLE_ENGINEER, "", "URL", ERR_TOO_BIG },
		{ "99.100.1/x", 1, 1, ROLE_ENGINEER, "99.100.1", "URL", ERR_OK },
		{ "0.NA/99.100.1", 1, 1, ROLE_ENGINEER, "99.100.1", "URL", ERR_OK },
		{ "0.na/99.100.1.7", 1, 1, ROLE_ADMIN, "", "URL", ERR_OK },
	};
	fixture_t f = fixture_make(3);
	fixture_start(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t buf[256];
		writer_t w = writer_of(buf, sizeof(buf));
		value_add(&w, rows[i].index, rows[i].type, SLICE("data"));
		registry_change_t change = change_of(REGISTRY_CREATE, slice_str(rows[i].name),
		                                     rows[i].count, &w);
		change.caller = (caller_t){ .subject = SLICE("user:li"),
			                    .role = rows[i].role,
			                    .scope = slice_str(rows[i].scope) };
		assert_int_equal(fixture_change(&f, &change).err, rows[i].err);
	}
	assert_int_equal(registry_count(f.registry), 3);
	fixture_free(&f);
}

static void an_index_given_twice_or_nothing_left_is_invalid(void **state)
{
	(void)state;
	fixture_t f = fixture_make(4);
	uint8_t buf[256];
	fixture_start(&f);
	writer_t w = writer_of(buf, sizeof(buf));
	value_add(&w, 1, "URL", SLICE("a"));
	value_add(&w, 1, "URL", SLICE("b"));
	registry_change_t change = change_of(REGISTRY_CREATE, SLICE("99.100.1/x"), 2, &w);
	assert_int_equal(fixture_change(&f, &change).err, ERR_INVALID);
	change = change_of(REGISTRY_CREATE, SLICE("99.100.1/x"), 0, NULL);
	assert_int_equal(fixture_change(&f, &change).err, ERR_INVALID);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/x", "u").err, ERR_OK);
	w = writer_of(buf, sizeof(buf));
	wr_u32(&w, 1);
	change = change_of(REGISTRY_UNMERGE, SLICE("99.100.1/x"), 1, &w);
	assert_int_equal(fixture_change(&f, &change).err, ERR_INVALID);
	fixture_free(&f);
}

static void sizes_beyond_the_limits_are_too_big(void **state)
{
	(void)state;
	fixture_t f = fixture_make(5);
	static uint8_t buf[RECORD_BYTES_MAX + 1024], big[RECORD_BYTES_MAX];
	static char name[RECORD_NAME_MAX + 2];
	fixture_start(&f);
	memset(name, 'n', sizeof(name));
	memcpy(name, "99.100.1/", 9);
	writer_t w = writer_of(buf, sizeof(buf));
	value_add(&w, 1, "URL", SLICE("u"));
	registry_change_t change = change_of(REGISTRY_CREATE, slice_of(name, RECORD_NAME_MAX + 1),
	                                     1, &w);
	assert_int_equal(fixture_change(&f, &change).err, ERR_TOO_BIG);
	w = writer_of(buf, sizeof(buf));
	value_add(&w, 1, "BLOB", slice_of(big, sizeof(big) - 30));
	assert_int_equal(w.len, RECORD_BYTES_MAX);
	change = change_of(REGISTRY_CREATE, slice_of(name, RECORD_NAME_MAX), 1, &w);
	assert_int_equal(fixture_change(&f, &change).err, ERR_OK);
	value_add(&w, 2, "URL", SLICE("u"));
	change.values = slice_from(writer_done(&w), RECORD_BYTES_MAX);
	change.verb = REGISTRY_MERGE;
	assert_int_equal(fixture_change(&f, &change).err, ERR_TOO_BIG);
	change.verb = REGISTRY_REPLACE;
	assert_int_equal(fixture_change(&f, &change).err, ERR_OK);
	name[RECORD_NAME_MAX] = 0;
	assert_int_equal(fixture_find(&f, name), ERR_OK);
	name[RECORD_NAME_MAX - 1] = 'm';
	assert_int_equal(fixture_find(&f, name), ERR_NOT_FOUND);
	fixture_free(&f);
}

/* All asked before the first is durable. */
static void changes_to_one_name_in_flight_build_on_one_another(void **state)
{
	(void)state;
	static const struct {
		registry_verb_t verb;
		err_t err;
	} steps[] = {
		{ REGISTRY_CREATE, ERR_OK },        { REGISTRY_CREATE, ERR_EXISTS },
		{ REGISTRY_MERGE, ERR_OK },         { REGISTRY_REMOVE, ERR_OK },
		{ REGISTRY_REMOVE, ERR_NOT_FOUND }, { REGISTRY_MERGE, ERR_NOT_FOUND },
		{ REGISTRY_REPLACE, ERR_EXISTS },   { REGISTRY_RESTORE, ERR_OK },
		{ REGISTRY_REPLACE, ERR_OK },       { REGISTRY_MERGE, ERR_OK },
	};
	enum { STEPS = sizeof(steps) / sizeof(*steps) };
	fixture_t f = fixture_make(6);
	static char text[FIXTURE_VALUES];
	err_t errs[STEPS] = { 0 };
	fixture_start(&f);
	for (uint32_t i = 0; i < STEPS; i++) {
		uint8_t buf[256];
		writer_t w = writer_of(buf, sizeof(buf));
		value_add(&w, i + 1, "URL", SLICE("u"));
		registry_change_t change = change_of(steps[i].verb, SLICE("99.100.1/x"), 1, &w);
		assert_int_equal(registry_change(f.registry, &change, f.replies, &errs[i]), ERR_OK);
	}
	for (size_t i = 0; i < STEPS; i++) {
		registry_result_t result;
		assert_true(fixture_result(&f, &result));
		*(err_t *)result.ctx = result.err;
	}
	for (size_t i = 0; i < STEPS; i++)
		assert_int_equal(errs[i], steps[i].err);
	assert_string_equal(fixture_text(&f, "99.100.1/x", 1, text), "");
	assert_string_equal(fixture_text(&f, "99.100.1/x", 9, text), "u");
	assert_string_equal(fixture_text(&f, "99.100.1/x", 10, text), "u");
	fixture_free(&f);
}

static void nothing_is_acknowledged_or_visible_before_it_is_durable(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	uint8_t buf[256];
	registry_result_t result;
	fixture_start(&f);
	writer_t w = writer_of(buf, sizeof(buf));
	value_add(&w, 1, "URL", SLICE("u"));
	registry_change_t change = change_of(REGISTRY_CREATE, SLICE("99.100.1/x"), 1, &w);
	assert_int_equal(registry_change(f.registry, &change, f.replies, &f), ERR_OK);
	while (!env_mailbox_take(f.replies, &result)) {
		if (journal_durable(f.journal) == 0)
			assert_int_equal(fixture_find(&f, "99.100.1/x"), ERR_NOT_FOUND);
		assert_true(twin_step(f.twin));
	}
	assert_int_equal(result.err, ERR_OK);
	assert_ptr_equal(result.ctx, &f);
	assert_true(result.seq <= journal_durable(f.journal));
	assert_int_equal(fixture_find(&f, "99.100.1/x"), ERR_OK);
	fixture_free(&f);
}

static void past_the_limit_of_changes_in_flight_it_is_busy(void **state)
{
	(void)state;
	enum { LIMIT = 1024 };
	fixture_t f = fixture_make(8);
	uint8_t buf[256];
	char name[64];
	err_t err = ERR_OK;
	size_t taken = 0;
	fixture_start(&f);
	for (; !err; taken += !err) {
		writer_t w = writer_of(buf, sizeof(buf));
		value_add(&w, 1, "URL", SLICE("u"));
		(void)snprintf(name, sizeof(name), "99.100.1/%zu", taken);
		registry_change_t change = change_of(REGISTRY_CREATE, slice_str(name), 1, &w);
		err = registry_change(f.registry, &change, f.replies, NULL);
	}
	assert_int_equal(err, ERR_BUSY);
	assert_int_equal(taken, LIMIT);
	for (registry_result_t result; taken > 0; taken--) {
		assert_true(fixture_result(&f, &result));
		assert_int_equal(result.err, ERR_OK);
	}
	assert_int_equal(registry_count(f.registry), LIMIT);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/more", "u").err, ERR_OK);
	fixture_free(&f);
}

/* More bytes than the journal's buffer holds: some wait for the ones before. */
static void big_changes_wait_for_room_in_the_journal(void **state)
{
	(void)state;
	enum { COUNT = 60 };
	fixture_t f = fixture_make(9);
	static uint8_t buf[RECORD_BYTES_MAX], data[RECORD_BYTES_MAX - 100];
	char name[64];
	fixture_start(&f);
	for (unsigned i = 0; i < COUNT; i++) {
		writer_t w = writer_of(buf, sizeof(buf));
		value_add(&w, 1, "BLOB", slice_of(data, sizeof(data)));
		(void)snprintf(name, sizeof(name), "99.100.1/%u", i);
		registry_change_t change = change_of(REGISTRY_CREATE, slice_str(name), 1, &w);
		assert_int_equal(registry_change(f.registry, &change, f.replies, NULL), ERR_OK);
	}
	for (unsigned i = 0; i < COUNT; i++) {
		registry_result_t result;
		assert_true(fixture_result(&f, &result));
		assert_int_equal(result.err, ERR_OK);
	}
	assert_int_equal(registry_count(f.registry), COUNT);
	fixture_free(&f);
}

static bool collect(void *ctx, slice_t name)
{
	text_t *out = ctx;
	text_add(out, name);
	text_add(out, SLICE(" "));
	return out->len < 64;
}

static void a_listing_has_one_prefix_in_order_and_goes_on_where_it_was_left(void **state)
{
	(void)state;
	fixture_t f = fixture_make(10);
	static const char *const names[] = { "99.100.1/b",           "99.100.1/C",    "99.100.1/a",
		                             "99.100.1/B",           "0.NA/99.100.1", "99.100.1/bb",
		                             "99.100.1/\xe6\x9c\xba" };
	fixture_start(&f);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(fixture_put(&f, REGISTRY_REPLACE, names[i], "u").err, ERR_OK);
	text_t out = text_of(4096);
	assert_int_equal(registry_list(f.reader, SLICE("99.100.1"), (slice_t){ 0 }, collect, &out),
	                 ERR_OK);
	static const char all[] =
		"99.100.1/a 99.100.1/b 99.100.1/bb 99.100.1/C 99.100.1/\xe6\x9c\xba ";
	assert_true(slice_eq(text_slice(&out), slice_str(all)));
	out.len = 0;
	assert_int_equal(
		registry_list(f.reader, SLICE("99.100.1"), SLICE("99.100.1/BA"), collect, &out),
		ERR_OK);
	assert_true(slice_starts(text_slice(&out), SLICE("99.100.1/bb 99.100.1/C ")));
	out.len = 0;
	assert_int_equal(registry_list(f.reader, SLICE("0.na"), (slice_t){ 0 }, collect, &out),
	                 ERR_OK);
	assert_true(slice_eq(text_slice(&out), SLICE("0.NA/99.100.1 ")));
	text_free(&out);
	fixture_free(&f);
}

/* Verb, then what follows in the journal. */
static void the_journal_says_who_changed_what_and_an_event_tells_people(void **state)
{
	(void)state;
	fixture_t f = fixture_make(11);
	uint8_t buf[256];
	fixture_start(&f);
	writer_t w = writer_of(buf, sizeof(buf));
	value_add(&w, 1, "URL", SLICE("u"));
	registry_change_t change = change_of(REGISTRY_CREATE, SLICE("99.100.1/x"), 1, &w);
	change.caller = (caller_t){ SLICE("user:li"), ROLE_ENGINEER, SLICE("99.100.1"), 77 };
	registry_result_t result = fixture_change(&f, &change);
	assert_int_equal(result.err, ERR_OK);
	assert_int_equal(fixture_remove(&f, "99.100.1/X").err, ERR_OK);
	(void)twin_run_for(f.twin, NS_PER_S);
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	registry_entry_t entry;
	event_t event;
	assert_int_equal(journal_cursor_open(f.journal, result.seq, &cursor), ERR_OK);
	assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
	assert_int_equal(record.type, JOURNAL_REGISTRY_PUT);
	assert_int_equal(registry_entry_read(record.payload, &entry), ERR_OK);
	assert_true(slice_eq(entry.subject, SLICE("user:li")));
	assert_int_equal(entry.role, ROLE_ENGINEER);
	assert_int_equal(entry.request_id, 77);
	assert_int_equal(entry.verb, REGISTRY_CREATE);
	assert_int_equal(entry.utc_ns / NS_PER_S, 1700000000);
	assert_int_equal(entry.record.count, 1);
	assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
	assert_int_equal(event_decode(record.payload, &event), ERR_OK);
	assert_int_equal(event.message, MSG_RECORD_CREATED);
	assert_true(slice_eq(event_arg_get(&event, ARG_IDENT)->as.text, SLICE("99.100.1/x")));
	assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
	assert_int_equal(record.type, JOURNAL_REGISTRY_REMOVE);
	assert_int_equal(registry_entry_read(record.payload, &entry), ERR_OK);
	assert_true(slice_eq(entry.record.name, SLICE("99.100.1/x")));
	assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
	assert_int_equal(event_decode(record.payload, &event), ERR_OK);
	assert_int_equal(event.message, MSG_RECORD_DELETED);
	journal_cursor_close(cursor);
	fixture_free(&f);
}

static void entries_cut_anywhere_or_newer_are_refused(void **state)
{
	(void)state;
	uint8_t buf[512];
	writer_t w = writer_of(buf, sizeof(buf));
	registry_entry_t entry = {
		.subject = SLICE("node"),
		.record = { .name = SLICE("99.100.1/x"), .count = 1, .values = SLICE("values") }
	};
	registry_entry_write(&entry, &w);
	assert_int_equal(registry_entry_read(writer_done(&w), &entry), ERR_OK);
	for (size_t len = 0; len < w.len; len++) {
		uint8_t *exact = malloc(len + 1);
		memcpy(exact, buf, len + 1);
		assert_int_equal(registry_entry_read(slice_of(exact, len), &entry), ERR_CORRUPT);
		free(exact);
	}
	buf[0] = 2;
	assert_int_equal(registry_entry_read(writer_done(&w), &entry), ERR_NEWER_FORMAT);
}

static void a_broken_journal_answers_what_is_in_flight_with_its_error(void **state)
{
	(void)state;
	fixture_t f = fixture_make(14);
	fixture_start(&f);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/a", "u").err, ERR_OK);
	(void)twin_run_for(f.twin, NS_PER_S);
	twin_fail_at(f.env, 1, 0, TWIN_IO_ERROR);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/b", "u").err, ERR_IO);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/c", "u").err, ERR_IO);
	assert_int_equal(fixture_find(&f, "99.100.1/a"), ERR_OK);
	assert_int_equal(fixture_find(&f, "99.100.1/b"), ERR_NOT_FOUND);
	twin_fail_at(f.env, 0, 0, TWIN_IO_ERROR);
	fixture_restart(&f);
	assert_int_equal(fixture_put(&f, REGISTRY_REPLACE, "99.100.1/b", "u").err, ERR_OK);
	fixture_free(&f);
}

static void closing_with_changes_in_flight_lets_them_go(void **state)
{
	(void)state;
	fixture_t f = fixture_make(15);
	uint8_t buf[256];
	fixture_start(&f);
	for (unsigned i = 0; i < 10; i++) {
		writer_t w = writer_of(buf, sizeof(buf));
		value_add(&w, 1, "URL", SLICE("u"));
		registry_change_t change = change_of(REGISTRY_REPLACE, SLICE("99.100.1/x"), 1, &w);
		assert_int_equal(registry_change(f.registry, &change, f.replies, NULL), ERR_OK);
		(void)twin_step(f.twin);
	}
	fixture_free(&f);
}

static void a_prefix_with_a_slash_is_a_bad_configuration(void **state)
{
	(void)state;
	fixture_t f = fixture_make(16);
	f.prefix = "99.100.1/x";
	fixture_make_loops(&f);
	assert_int_equal(fixture_open(&f), ERR_CONFIG);
	fixture_free(&f);
}

static void a_record_leads_to_its_last_change_and_each_change_to_the_one_before(void **state)
{
	(void)state;
	fixture_t f = fixture_make(18);
	slice_t name = SLICE("99.100.1/x");
	journal_cursor_t *cursor = NULL;
	journal_record_t found;
	registry_entry_t entry;
	uint64_t seq[3];
	record_t record;
	err_t err;
	fixture_start(&f);
	for (size_t i = 0; i < 3; i++)
		seq[i] = fixture_put(&f, REGISTRY_REPLACE, "99.100.1/x", "u").seq;
	registry_find_batch(f.reader, &name, 1, &record, &err);
	record_change_t change = record.last;
	assert_int_equal(record.state, RECORD_ACTIVE);
	assert_true(record.changed_ns > 0);
	registry_find_done(f.reader);
	assert_int_equal(journal_cursor_open(f.journal, 0, &cursor), ERR_OK);
	for (size_t i = 3; i-- > 0;) {
		assert_int_equal(change.seq, seq[i]);
		assert_int_equal(journal_cursor_jump(cursor, change.seq, change.at, &found),
		                 ERR_OK);
		assert_int_equal(registry_entry_read(found.payload, &entry), ERR_OK);
		assert_true(slice_eq(entry.record.name, name));
		change = entry.before;
	}
	assert_int_equal(change.seq, 0);
	journal_cursor_close(cursor);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_record_leads_to_its_last_change_and_each_change_to_the_one_before),
		cmocka_unit_test(each_verb_does_what_it_says),
		cmocka_unit_test(merging_keeps_other_values_and_sorts_by_index),
		cmocka_unit_test(what_may_not_be_is_refused_by_its_class),
		cmocka_unit_test(an_index_given_twice_or_nothing_left_is_invalid),
		cmocka_unit_test(sizes_beyond_the_limits_are_too_big),
		cmocka_unit_test(changes_to_one_name_in_flight_build_on_one_another),
		cmocka_unit_test(nothing_is_acknowledged_or_visible_before_it_is_durable),
		cmocka_unit_test(past_the_limit_of_changes_in_flight_it_is_busy),
		cmocka_unit_test(big_changes_wait_for_room_in_the_journal),
		cmocka_unit_test(a_listing_has_one_prefix_in_order_and_goes_on_where_it_was_left),
		cmocka_unit_test(the_journal_says_who_changed_what_and_an_event_tells_people),
		cmocka_unit_test(entries_cut_anywhere_or_newer_are_refused),
		cmocka_unit_test(a_broken_journal_answers_what_is_in_flight_with_its_error),
		cmocka_unit_test(closing_with_changes_in_flight_lets_them_go),
		cmocka_unit_test(a_prefix_with_a_slash_is_a_bad_configuration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
