/* SPDX-License-Identifier: Apache-2.0 */
/* Bulks: all or none, in one event, also through crashes, and once for each key. */
#include "registry/fixture_test.h"

#include "base/text.h"
#include "journal/event_log.h"
#include "registry/bulk.h"
#include "registry/history.h"
#include "registry/entry/part.h"

enum { RECORDS = 3000, BYTES = 1 << 20 };

typedef struct {
	fixture_t f;
	env_mailbox_t *results;
	uint8_t *memory;
} world_t;

static void mail_make(world_t *w)
{
	env_mailbox_spec_t mail = { .name = "bulk results",
		                    .reader = w->f.asker,
		                    .item_size = sizeof(registry_bulk_result_t),
		                    .capacity = 8,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = fixture_replied };
	assert_int_equal(env_mailbox_new(&mail, &w->results), ERR_OK);
}

static void world_start(world_t *w)
{
	fixture_start(&w->f);
	mail_make(w);
}

static void world_halt(world_t *w)
{
	env_loop_stop(w->f.asker);
	env_mailbox_free(w->results);
	fixture_halt(&w->f);
}

static world_t world_make(uint64_t seed)
{
	world_t w = { .f = fixture_make(seed), .memory = malloc(BYTES) };
	assert_non_null(w.memory);
	world_start(&w);
	return w;
}

static void world_free(world_t *w)
{
	world_halt(w);
	twin_free(w->f.twin);
	free(w->memory);
}

static void record_add(writer_t *w, const char *name, const char *url)
{
	uint8_t value[512];
	writer_t v = writer_of(value, sizeof(value));
	value_add(&v, 1, "URL", slice_str(url));
	handle_record_encode(&(handle_record_t){ slice_str(name), { 1, writer_done(&v) } }, w);
}

/* Names begin with `word`. */
static registry_bulk_t bulk_of(world_t *w, const char *key, const char *word, uint32_t count)
{
	writer_t out = writer_of(w->memory, BYTES);
	for (uint32_t i = 0; i < count; i++) {
		char name[64];
		(void)snprintf(name, sizeof(name), "99.100.1/%s-%u", word, i);
		record_add(&out, name, name);
	}
	assert_false(out.bad);
	return (registry_bulk_t){ .key = slice_str(key),
		                  .records = writer_done(&out),
		                  .count = count,
		                  .caller = caller_node() };
}

/* False when the world has stopped before a result came. */
static bool result_wait(world_t *w, registry_bulk_result_t *ret_result)
{
	while (!env_mailbox_take(w->results, ret_result))
		if (twin_crashed(w->f.env) || !twin_step(w->f.twin))
			return false;
	return true;
}

static registry_bulk_result_t ask(world_t *w, const registry_bulk_t *bulk)
{
	registry_bulk_result_t result = { .err = ERR_INTERNAL };
	assert_int_equal(registry_bulk(w->f.registry, bulk, w->results, NULL), ERR_OK);
	assert_true(result_wait(w, &result));
	return result;
}

static uint32_t there(world_t *w, const char *word, uint32_t count)
{
	uint32_t found = 0;
	for (uint32_t i = 0; i < count; i++) {
		char name[64];
		(void)snprintf(name, sizeof(name), "99.100.1/%s-%u", word, i);
		found += fixture_find(&w->f, name) == ERR_OK;
	}
	return found;
}

static void a_bulk_registers_all_and_is_done_once_for_its_key(void **state)
{
	(void)state;
	world_t w = world_make(1);
	static char text[FIXTURE_VALUES];
	registry_bulk_t bulk = bulk_of(&w, "key", "a", RECORDS);
	registry_bulk_result_t first = ask(&w, &bulk);
	assert_int_equal(first.err, ERR_OK);
	assert_false(first.repeated);
	assert_int_equal(there(&w, "a", RECORDS), RECORDS);
	assert_string_equal(fixture_text(&w.f, "99.100.1/A-7", 1, text), "99.100.1/a-7");
	assert_int_equal(registry_count(w.f.registry), RECORDS);
	for (unsigned i = 0; i < 2; i++) {
		registry_bulk_result_t again = ask(&w, &bulk);
		assert_int_equal(again.err, ERR_OK);
		assert_true(again.repeated);
		assert_int_equal(again.seq, first.seq);
		world_halt(&w);
		world_start(&w);
	}
	assert_int_equal(registry_count(w.f.registry), RECORDS);
	bulk = bulk_of(&w, "key", "b", 2);
	assert_int_equal(ask(&w, &bulk).err, ERR_CONFLICT);
	assert_int_equal(there(&w, "b", 2), 0);
	world_free(&w);
}

typedef struct {
	const char *names[3];
	uint32_t at;
	err_t err;
} refusal_t;

static void one_record_that_may_not_be_refuses_all(void **state)
{
	(void)state;
	static const refusal_t refusals[] = {
		{ { "99.100.1/x", "99.100.1/y", "99.100.1/there" }, 2, ERR_EXISTS },
		{ { "99.100.1/x", "99.100.1/gone", "99.100.1/y" }, 1, ERR_EXISTS },
		{ { "99.100.1/x", "99.100.1/X", "99.100.1/y" }, 3, ERR_EXISTS },
		{ { "99.100.2/x", "99.100.1/x", "99.100.1/y" }, 0, ERR_UNAVAILABLE },
		{ { "99.100.1/x", "none", "99.100.1/y" }, 1, ERR_INVALID },
	};
	world_t w = world_make(2);
	assert_int_equal(fixture_put(&w.f, REGISTRY_CREATE, "99.100.1/there", "u").err, ERR_OK);
	assert_int_equal(fixture_put(&w.f, REGISTRY_CREATE, "99.100.1/gone", "u").err, ERR_OK);
	assert_int_equal(fixture_remove(&w.f, "99.100.1/gone").err, ERR_OK);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		writer_t out = writer_of(w.memory, BYTES);
		for (size_t n = 0; n < 3; n++)
			record_add(&out, refusals[i].names[n], "u");
		registry_bulk_t bulk = { .key = SLICE("key"),
			                 .records = writer_done(&out),
			                 .count = 3,
			                 .caller = caller_node() };
		registry_bulk_result_t result = ask(&w, &bulk);
		assert_int_equal(result.err, refusals[i].err);
		assert_int_equal(result.at, refusals[i].at);
		assert_int_equal(fixture_find(&w.f, "99.100.1/x"), ERR_NOT_FOUND);
		assert_int_equal(fixture_find(&w.f, "99.100.1/y"), ERR_NOT_FOUND);
	}
	assert_int_equal(registry_count(w.f.registry), 1);
	world_free(&w);
}

static void a_caller_without_the_role_and_records_that_do_not_add_up_are_refused(void **state)
{
	(void)state;
	world_t w = world_make(4);
	registry_bulk_t bulk = bulk_of(&w, "key", "a", 3);
	bulk.caller.role = ROLE_OPERATOR;
	assert_int_equal(ask(&w, &bulk).err, ERR_DENIED);
	bulk.caller.role = ROLE_ENGINEER;
	bulk.records.len--;
	assert_int_equal(ask(&w, &bulk).err, ERR_MALFORMED);
	bulk.records.len++;
	bulk.count = 2;
	assert_int_equal(ask(&w, &bulk).err, ERR_MALFORMED);
	bulk.count = 0;
	assert_int_equal(registry_bulk(w.f.registry, &bulk, w.results, NULL), ERR_INVALID);
	bulk.count = REGISTRY_BULK_MAX + 1;
	assert_int_equal(registry_bulk(w.f.registry, &bulk, w.results, NULL), ERR_TOO_BIG);
	assert_int_equal(registry_count(w.f.registry), 0);
	world_free(&w);
}

static void changes_before_and_after_a_bulk_keep_their_order(void **state)
{
	(void)state;
	world_t w = world_make(3);
	uint8_t buf[256];
	writer_t v = writer_of(buf, sizeof(buf));
	registry_result_t one;
	registry_bulk_result_t result;
	value_add(&v, 1, "URL", SLICE("before"));
	registry_change_t change = change_of(REGISTRY_CREATE, SLICE("99.100.1/a-1"), 1, &v);
	registry_bulk_t bulk = bulk_of(&w, "key", "a", 100);
	assert_int_equal(registry_change(w.f.registry, &change, w.f.replies, NULL), ERR_OK);
	assert_int_equal(registry_bulk(w.f.registry, &bulk, w.results, NULL), ERR_OK);
	assert_true(result_wait(&w, &result));
	assert_true(fixture_result(&w.f, &one));
	/* Whichever came first has the name, and the other nothing. */
	assert_true((one.err == ERR_OK && result.err == ERR_EXISTS) ||
	            (one.err == ERR_EXISTS && result.err == ERR_OK));
	assert_int_equal(registry_count(w.f.registry), result.err ? 1 : 100);
	world_free(&w);
}

/* The power fails at every disk operation of a bulk in turn. */
static void a_crash_leaves_all_of_a_bulk_or_nothing(void **state)
{
	(void)state;
	size_t all = 0, none = 0;
	for (uint64_t nth = 1; nth < 160; nth++) {
		world_t w = world_make(nth);
		registry_bulk_result_t result = { .err = ERR_INTERNAL };
		registry_bulk_t bulk = bulk_of(&w, "key", "a", 2000);
		twin_crash_at(w.f.env, nth * nth / 8 + 1);
		assert_int_equal(registry_bulk(w.f.registry, &bulk, w.results, NULL), ERR_OK);
		bool is_answered = result_wait(&w, &result);
		if (!twin_crashed(w.f.env))
			twin_power_off(w.f.env);
		world_halt(&w);
		twin_disk_reboot(w.f.twin, "node");
		world_start(&w);
		uint32_t found = there(&w, "a", 2000);
		assert_true(found == 2000 || (found == 0 && !is_answered));
		assert_int_equal(registry_count(w.f.registry), found);
		all += found == 2000;
		none += found == 0;
		bulk = bulk_of(&w, "key", "a", 2000);
		result = ask(&w, &bulk);
		assert_int_equal(result.err, ERR_OK);
		assert_int_equal(result.repeated, found == 2000);
		assert_int_equal(there(&w, "a", 2000), 2000);
		world_free(&w);
	}
	assert_true(all > 0 && none > 0);
}

static void a_part_gives_the_entry_of_each_name_and_one_event_tells_of_all(void **state)
{
	(void)state;
	world_t w = world_make(5);
	registry_bulk_t bulk = bulk_of(&w, "key", "a", RECORDS);
	bulk.caller.subject = SLICE("user:li");
	assert_int_equal(ask(&w, &bulk).err, ERR_OK);
	slice_t name = SLICE("99.100.1/a-1234");
	record_t record;
	err_t err;
	journal_cursor_t *cursor = NULL;
	journal_record_t found;
	registry_entry_t entry;
	registry_find_batch(w.f.reader, &name, 1, &record, &err);
	record_change_t change = record.last;
	registry_find_done(w.f.reader);
	assert_int_equal(err, ERR_OK);
	assert_int_equal(journal_cursor_open(w.f.journal, 0, &cursor), ERR_OK);
	assert_int_equal(journal_cursor_jump(cursor, change.seq, change.at, &found), ERR_OK);
	assert_int_equal(found.type, JOURNAL_REGISTRY_PART);
	assert_int_equal(registry_part_find(found.payload, name, &entry), ERR_OK);
	assert_true(slice_eq(entry.subject, SLICE("user:li")));
	assert_true(slice_eq(entry.record.name, name));
	assert_int_equal(registry_part_find(found.payload, SLICE("99.100.1/z"), &entry),
	                 ERR_NOT_FOUND);
	journal_cursor_close(cursor);
	registry_walk_t *walk = NULL;
	registry_version_t version;
	assert_int_equal(registry_walk_open(w.f.reader, name, 0, &walk), ERR_OK);
	assert_int_equal(registry_walk_next(walk, &version), ERR_OK);
	assert_true(slice_eq(version.entry.record.name, name));
	assert_int_equal(registry_walk_next(walk, &version), ERR_NOT_FOUND);
	registry_walk_close(walk);
	(void)twin_run_for(w.f.twin, NS_PER_S);
	assert_int_equal(journal_cursor_open(w.f.journal, 1, &cursor), ERR_OK);
	size_t events = 0;
	while (journal_cursor_next(cursor, &found) == ERR_OK)
		events += found.type == JOURNAL_EVENT;
	assert_int_equal(events, 1);
	journal_cursor_close(cursor);
	world_free(&w);
}

static void parts_and_ends_cut_anywhere_or_newer_are_refused(void **state)
{
	(void)state;
	uint8_t buf[512];
	registry_bulk_end_t end = {
		.names = 300, .created = 200, .parts = 2, .first_seq = 9, .subject = SLICE("s")
	};
	writer_t w = writer_of(buf, sizeof(buf));
	registry_bulk_end_write(&end, &w);
	for (size_t len = 0; len < w.len; len++) {
		uint8_t *exact = malloc(len + 1);
		memcpy(exact, buf, len);
		assert_int_equal(registry_bulk_end_read(slice_of(exact, len), &end), ERR_CORRUPT);
		free(exact);
	}
	assert_int_equal(registry_bulk_end_read(writer_done(&w), &end), ERR_OK);
	assert_int_equal(end.names, 300);
	assert_int_equal(end.created, 200);
	buf[0] = 3;
	assert_int_equal(registry_bulk_end_read(writer_done(&w), &end), ERR_NEWER_FORMAT);
	registry_part_t part;
	assert_int_equal(registry_part_read(writer_done(&w), &part), ERR_NEWER_FORMAT);
	assert_int_equal(registry_part_read(SLICE("\x01"), &part), ERR_CORRUPT);
}

/* As they were written before bulks could replace. */
static void parts_and_ends_of_version_1_are_read(void **state)
{
	(void)state;
	uint8_t buf[512];
	registry_part_t part;
	registry_bulk_end_t end;
	registry_entry_t entry;
	record_t record = { .name = SLICE("99.100.1/OLD"), .count = 0, .values = SLICE("") };
	writer_t w = writer_of(buf, sizeof(buf));
	wr_bytes(&w, SLICE("\x01\x03"
	                   "abcdefgh"
	                   "\x02\x01s\x07\x02"));
	registry_record_write(&record, &w);
	assert_int_equal(registry_part_read(writer_done(&w), &part), ERR_OK);
	assert_int_equal(part.number, 2);
	assert_int_equal(part.request_id, 7);
	assert_int_equal(registry_part_find(writer_done(&w), SLICE("99.100.1/old"), &entry),
	                 ERR_OK);
	assert_int_equal(entry.verb, REGISTRY_CREATE);
	assert_int_equal(entry.before.seq, 0);
	w.len = 0;
	wr_bytes(&w, SLICE("\x01\x03"
	                   "abcdefgh"
	                   "\x09\x02\x05\x01s\x07\x02"));
	for (unsigned i = 0; i < 64; i++)
		wr_u8(&w, (uint8_t)i);
	assert_int_equal(registry_bulk_end_read(writer_done(&w), &end), ERR_OK);
	assert_int_equal(end.names, 5);
	assert_int_equal(end.created, 5);
	assert_int_equal(end.content[31], 63);
}

/* Replacing and merging. */

static registry_bulk_result_t ask_as(world_t *w, const registry_bulk_t *bulk, registry_verb_t verb)
{
	registry_bulk_t asked = *bulk;
	asked.verb = verb;
	return ask(w, &asked);
}

static void assert_counts(const registry_bulk_result_t *result, uint32_t created, uint32_t changed,
                          uint32_t unchanged)
{
	assert_int_equal(result->err, ERR_OK);
	assert_int_equal(result->created, created);
	assert_int_equal(result->changed, changed);
	assert_int_equal(result->unchanged, unchanged);
}

/* Names a-0 to a-N, each with the value at an index. */
static registry_bulk_t valued(world_t *w, const char *key, uint32_t count, uint32_t index,
                              const char *text)
{
	writer_t out = writer_of(w->memory, BYTES);
	for (uint32_t i = 0; i < count; i++) {
		char name[64];
		uint8_t value[512];
		writer_t v = writer_of(value, sizeof(value));
		(void)snprintf(name, sizeof(name), "99.100.1/a-%u", i);
		value_add(&v, index, "DESC", slice_str(text));
		handle_record_encode(&(handle_record_t){ slice_str(name), { 1, writer_done(&v) } },
		                     &out);
	}
	assert_false(out.bad);
	return (registry_bulk_t){ .key = slice_str(key),
		                  .records = writer_done(&out),
		                  .count = count,
		                  .caller = caller_node() };
}

static void replacing_overwrites_creates_and_leaves_alone_in_one_change(void **state)
{
	(void)state;
	world_t w = world_make(11);
	static char text[FIXTURE_VALUES];
	registry_bulk_t bulk = valued(&w, "one", 2000, 1, "one");
	registry_bulk_result_t result = ask(&w, &bulk);
	assert_counts(&result, 2000, 0, 0);
	bulk = valued(&w, "two", 3000, 1, "two");
	assert_int_equal(ask(&w, &bulk).err, ERR_EXISTS);
	result = ask_as(&w, &bulk, REGISTRY_REPLACE);
	assert_counts(&result, 1000, 2000, 0);
	uint64_t seq = result.seq;
	assert_int_equal(registry_count(w.f.registry), 3000);
	assert_string_equal(fixture_text(&w.f, "99.100.1/a-7", 1, text), "two");
	/* The same key: the same answer, and after a restart too. */
	for (unsigned i = 0; i < 2; i++) {
		result = ask_as(&w, &bulk, REGISTRY_REPLACE);
		assert_counts(&result, 1000, 2000, 0);
		assert_true(result.repeated && result.seq == seq);
		assert_int_equal(ask_as(&w, &bulk, REGISTRY_MERGE).err, ERR_CONFLICT);
		world_halt(&w);
		world_start(&w);
	}
	bulk.key = SLICE("three");
	result = ask_as(&w, &bulk, REGISTRY_REPLACE);
	assert_counts(&result, 0, 0, 3000);
	assert_int_equal(registry_count(w.f.registry), 3000);
	world_free(&w);
}

/* The power fails at some disk operation of a bulk over names that are there. */
static void a_crash_leaves_all_of_a_replacement_or_the_names_as_they_were(void **state)
{
	(void)state;
	size_t all = 0, none = 0;
	for (uint64_t nth = 1; nth < 60; nth++) {
		world_t w = world_make(nth);
		static char text[FIXTURE_VALUES];
		registry_bulk_result_t result = { .err = ERR_INTERNAL };
		registry_bulk_t bulk = valued(&w, "one", 1000, 1, "old");
		assert_int_equal(ask(&w, &bulk).err, ERR_OK);
		bulk = valued(&w, "two", 2000, 1, "new");
		bulk.verb = REGISTRY_REPLACE;
		twin_crash_at(w.f.env, nth * nth / 8 + 1);
		assert_int_equal(registry_bulk(w.f.registry, &bulk, w.results, NULL), ERR_OK);
		bool is_answered = result_wait(&w, &result);
		if (!twin_crashed(w.f.env))
			twin_power_off(w.f.env);
		world_halt(&w);
		twin_disk_reboot(w.f.twin, "node");
		world_start(&w);
		uint32_t found = there(&w, "a", 2000);
		bool is_new = strcmp(fixture_text(&w.f, "99.100.1/a-7", 1, text), "new") == 0;
		assert_int_equal(found, is_new ? 2000 : 1000);
		assert_true(is_new || !is_answered);
		assert_int_equal(registry_names(w.f.registry, SLICE("99.100.1")), found);
		assert_int_equal(registry_count(w.f.registry), found);
		all += is_new;
		none += !is_new;
		bulk = valued(&w, "two", 2000, 1, "new");
		result = ask_as(&w, &bulk, REGISTRY_REPLACE);
		assert_counts(&result, 1000, 1000, 0);
		assert_int_equal(result.repeated, is_new);
		world_free(&w);
	}
	assert_true(all > 0 && none > 0);
}

static void merging_keeps_the_values_that_are_not_given(void **state)
{
	(void)state;
	world_t w = world_make(12);
	static char text[FIXTURE_VALUES];
	registry_bulk_t bulk = valued(&w, "one", 10, 1, "one");
	assert_int_equal(ask(&w, &bulk).err, ERR_OK);
	bulk = valued(&w, "two", 12, 2, "two");
	registry_bulk_result_t result = ask_as(&w, &bulk, REGISTRY_MERGE);
	assert_counts(&result, 2, 10, 0);
	assert_string_equal(fixture_text(&w.f, "99.100.1/a-7", 1, text), "one");
	assert_string_equal(fixture_text(&w.f, "99.100.1/a-7", 2, text), "two");
	bulk.key = SLICE("again");
	result = ask_as(&w, &bulk, REGISTRY_MERGE);
	assert_counts(&result, 0, 0, 12);
	world_free(&w);
}

static uint32_t time_of_value(world_t *w, const char *name)
{
	slice_t asked = slice_str(name);
	record_t record;
	err_t err = ERR_INTERNAL;
	registry_find_batch(w->f.reader, &asked, 1, &record, &err);
	assert_int_equal(err, ERR_OK);
	reader_t r = reader_of(record.values);
	uint32_t time_s = handle_value_read(&r).timestamp_s;
	registry_find_done(w->f.reader);
	return time_s;
}

static registry_bulk_t timed(world_t *w, const char *key, uint32_t first_s, uint32_t second_s)
{
	static const char *const names[] = { "99.100.1/T-0", "99.100.1/T-1" };
	const uint32_t times[] = { first_s, second_s };
	writer_t out = writer_of(w->memory, BYTES);
	for (size_t i = 0; i < 2; i++) {
		uint8_t bytes[64];
		writer_t v = writer_of(bytes, sizeof(bytes));
		handle_value_t value = { .index = 1,
			                 .timestamp_s = times[i],
			                 .type = SLICE("DESC"),
			                 .data = slice_str(key) };
		handle_value_encode(&value, &v);
		handle_record_t record = { slice_str(names[i]), { 1, writer_done(&v) } };
		handle_record_encode(&record, &out);
	}
	return (registry_bulk_t){ .key = slice_str(key),
		                  .records = writer_done(&out),
		                  .count = 2,
		                  .keeps_times = true,
		                  .caller = caller_node() };
}

static void values_keep_their_times_when_that_is_asked_and_they_are_not_to_come(void **state)
{
	(void)state;
	world_t w = world_make(15);
	uint32_t now_s = (uint32_t)(env_utc(w.f.env).ns / NS_PER_S);
	registry_bulk_t bulk = timed(&w, "one", 1000000000, UINT32_MAX);
	assert_int_equal(ask(&w, &bulk).err, ERR_OK);
	assert_int_equal(time_of_value(&w, "99.100.1/T-0"), 1000000000);
	assert_in_range(time_of_value(&w, "99.100.1/T-1"), now_s, now_s + 60);
	/* The same records without their times are another bulk. */
	bulk.keeps_times = false;
	assert_int_equal(ask(&w, &bulk).err, ERR_CONFLICT);
	/* What is there with the same data is left alone, whatever its time. */
	bulk = timed(&w, "one", 900000000, 900000000);
	bulk.key = SLICE("two");
	registry_bulk_result_t result = ask_as(&w, &bulk, REGISTRY_REPLACE);
	assert_counts(&result, 0, 0, 2);
	assert_int_equal(time_of_value(&w, "99.100.1/T-0"), 1000000000);
	/* And what comes by itself afterwards is of now. */
	assert_int_equal(fixture_put(&w.f, REGISTRY_REPLACE, "99.100.1/T-0", "x").err, ERR_OK);
	assert_in_range(time_of_value(&w, "99.100.1/T-0"), now_s, now_s + 60);
	world_halt(&w);
	world_start(&w);
	assert_in_range(time_of_value(&w, "99.100.1/T-0"), now_s, now_s + 60);
	world_free(&w);
}

static void a_name_keeps_its_past_through_bulks_that_replace(void **state)
{
	(void)state;
	world_t w = world_make(13);
	static const char *const texts[] = { "one", "two", "three" };
	registry_walk_t *walk = NULL;
	registry_version_t version;
	for (unsigned i = 0; i < 3; i++) {
		registry_bulk_t bulk = valued(&w, texts[i], 500, 1, texts[i]);
		registry_bulk_result_t result = ask_as(&w, &bulk, REGISTRY_REPLACE);
		assert_counts(&result, i ? 0 : 500, i ? 500 : 0, 0);
	}
	assert_int_equal(registry_walk_open(w.f.reader, SLICE("99.100.1/A-499"), 0, &walk), ERR_OK);
	for (unsigned i = 3; i-- > 0;) {
		assert_int_equal(registry_walk_next(walk, &version), ERR_OK);
		assert_int_equal(version.entry.verb, i ? REGISTRY_REPLACE : REGISTRY_CREATE);
		reader_t r = reader_of(version.entry.record.values);
		assert_true(slice_eq(handle_value_read(&r).data, slice_str(texts[i])));
	}
	assert_int_equal(registry_walk_next(walk, &version), ERR_NOT_FOUND);
	registry_walk_close(walk);
	world_free(&w);
}

static void a_tombstone_refuses_all_by_its_number_whatever_the_verb(void **state)
{
	(void)state;
	static const registry_verb_t verbs[] = { REGISTRY_CREATE, REGISTRY_REPLACE,
		                                 REGISTRY_MERGE };
	world_t w = world_make(14);
	assert_int_equal(fixture_put(&w.f, REGISTRY_CREATE, "99.100.1/a-3", "x").err, ERR_OK);
	assert_int_equal(fixture_remove(&w.f, "99.100.1/a-3").err, ERR_OK);
	registry_bulk_t bulk = valued(&w, "key", 5, 1, "one");
	for (unsigned i = 0; i < 3; i++) {
		registry_bulk_result_t result = ask_as(&w, &bulk, verbs[i]);
		assert_int_equal(result.err, ERR_EXISTS);
		assert_int_equal(result.at, 3);
		assert_int_equal(there(&w, "a", 5), 0);
	}
	assert_int_equal(registry_bulk(w.f.registry,
	                               &(registry_bulk_t){ .key = SLICE("k"),
	                                                   .records = bulk.records,
	                                                   .count = 5,
	                                                   .verb = REGISTRY_REMOVE },
	                               w.results, NULL),
	                 ERR_INVALID);
	world_free(&w);
}

static void a_dry_bulk_counts_and_does_nothing(void **state)
{
	(void)state;
	world_t w = world_make(15);
	registry_bulk_t bulk = valued(&w, "one", 6, 1, "one");
	assert_int_equal(ask(&w, &bulk).err, ERR_OK);
	bulk = valued(&w, "", 10, 1, "two");
	bulk.is_dry = true;
	uint64_t last = journal_last(w.f.journal);
	registry_bulk_result_t result = ask_as(&w, &bulk, REGISTRY_REPLACE);
	assert_counts(&result, 4, 6, 0);
	assert_int_equal(result.seq, 0);
	result = ask_as(&w, &bulk, REGISTRY_CREATE);
	assert_int_equal(result.err, ERR_EXISTS);
	assert_int_equal(journal_last(w.f.journal), last);
	assert_int_equal(there(&w, "a", 10), 6);
	world_free(&w);
}

static void an_identity_does_in_bulk_what_its_rights_reach(void **state)
{
	(void)state;
	world_t w = world_make(16);
	uint8_t buf[512];
	writer_t v = writer_of(buf, sizeof(buf));
	slice_t own = SLICE("0.NA/99.100.1"), name = SLICE("99.100.1/a-1");
	admin_add(&v, 100, HANDLE_ADMIN_ADD_HANDLE, own, 300);
	registry_change_t change = change_of(REGISTRY_REPLACE, own, 1, &v);
	assert_int_equal(fixture_change(&w.f, &change).err, ERR_OK);
	v.len = 0;
	value_add(&v, 1, "DESC", SLICE("old"));
	admin_add(&v, 100, HANDLE_ADMIN_MODIFY_VALUE, own, 301);
	change = change_of(REGISTRY_CREATE, name, 2, &v);
	assert_int_equal(fixture_change(&w.f, &change).err, ERR_OK);
	registry_bulk_t bulk = valued(&w, "key", 3, 1, "new");
	bulk.caller = (caller_t){ .subject = SLICE("handle:300:0.NA/99.100.1") };
	/* It may create, and not modify what others have. */
	registry_bulk_result_t result = ask_as(&w, &bulk, REGISTRY_MERGE);
	assert_int_equal(result.err, ERR_DENIED);
	assert_int_equal(result.at, 1);
	assert_int_equal(result.code, HANDLE_RC_INVALID_ADMIN);
	assert_int_equal(there(&w, "a", 3), 1);
	v.len = 0;
	value_add(&v, 1, "DESC", SLICE("old"));
	admin_add(&v, 100, HANDLE_ADMIN_MODIFY_VALUE, own, 300);
	change = change_of(REGISTRY_REPLACE, name, 2, &v);
	assert_int_equal(fixture_change(&w.f, &change).err, ERR_OK);
	result = ask_as(&w, &bulk, REGISTRY_MERGE);
	assert_counts(&result, 2, 1, 0);
	bulk.caller.subject = SLICE("handle:301:0.NA/99.100.1");
	bulk.key = SLICE("other");
	result = ask_as(&w, &bulk, REGISTRY_REPLACE);
	assert_int_equal(result.err, ERR_DENIED);
	world_free(&w);
}

static void a_part_leads_to_its_end(void **state)
{
	(void)state;
	world_t w = world_make(17);
	static registry_bulk_ended_t ended;
	registry_walk_t *walk = NULL;
	registry_version_t version;
	registry_part_t part;
	registry_bulk_end_t end;
	registry_bulk_t bulk = bulk_of(&w, "key", "a", RECORDS);
	registry_bulk_result_t result = ask(&w, &bulk);
	assert_int_equal(registry_walk_open(w.f.reader, SLICE("99.100.1/a-9"), 0, &walk), ERR_OK);
	assert_int_equal(registry_walk_next(walk, &version), ERR_OK);
	assert_int_equal(registry_part_read(version.payload, &part), ERR_OK);
	assert_int_equal(registry_bulk_ended(w.f.reader, &part, &ended), ERR_OK);
	assert_int_equal(ended.seq, result.seq);
	assert_int_equal(registry_bulk_end_read(slice_of(ended.payload, ended.len), &end), ERR_OK);
	assert_true(end.bulk == part.bulk);
	part.bulk++;
	assert_int_equal(registry_bulk_ended(w.f.reader, &part, &ended), ERR_NOT_FOUND);
	part.key[0]++;
	assert_int_equal(registry_bulk_ended(w.f.reader, &part, &ended), ERR_NOT_FOUND);
	part.format = 1;
	assert_int_equal(registry_bulk_ended(w.f.reader, &part, &ended), ERR_UNSUPPORTED);
	registry_walk_close(walk);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bulk_registers_all_and_is_done_once_for_its_key),
		cmocka_unit_test(one_record_that_may_not_be_refuses_all),
		cmocka_unit_test(
			a_caller_without_the_role_and_records_that_do_not_add_up_are_refused),
		cmocka_unit_test(changes_before_and_after_a_bulk_keep_their_order),
		cmocka_unit_test(a_crash_leaves_all_of_a_bulk_or_nothing),
		cmocka_unit_test(a_part_gives_the_entry_of_each_name_and_one_event_tells_of_all),
		cmocka_unit_test(parts_and_ends_cut_anywhere_or_newer_are_refused),
		cmocka_unit_test(parts_and_ends_of_version_1_are_read),
		cmocka_unit_test(replacing_overwrites_creates_and_leaves_alone_in_one_change),
		cmocka_unit_test(a_crash_leaves_all_of_a_replacement_or_the_names_as_they_were),
		cmocka_unit_test(merging_keeps_the_values_that_are_not_given),
		cmocka_unit_test(
			values_keep_their_times_when_that_is_asked_and_they_are_not_to_come),
		cmocka_unit_test(a_name_keeps_its_past_through_bulks_that_replace),
		cmocka_unit_test(a_tombstone_refuses_all_by_its_number_whatever_the_verb),
		cmocka_unit_test(a_dry_bulk_counts_and_does_nothing),
		cmocka_unit_test(an_identity_does_in_bulk_what_its_rights_reach),
		cmocka_unit_test(a_part_leads_to_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
