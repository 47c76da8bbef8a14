/* SPDX-License-Identifier: Apache-2.0 */
/* The view alone: against a simple oracle, with a hash so poor that every chain is
 * long, through growth, merging, compaction and damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crc.h"
#include "base/num.h"
#include "codec/handle/handle.h"
#include "env/twin/twin.h"
#include "registry/store/store.h"

enum { NAMES = 40, MANY = 6000 };

typedef uint64_t (*hash_t)(slice_t name, uint64_t seed);

typedef struct {
	twin_t *twin;
	env_t *env;
	hub_t hub;
	hash_t hash;
	registry_store_t *store;
	registry_look_t *look;
	registry_mark_t mark;
} world_t;

static uint64_t poor_hash(slice_t name, uint64_t seed)
{
	return seed + ((uint64_t)(name.len % 2) << 62);
}

static err_t world_open(world_t *w)
{
	registry_store_spec_t spec = { .path = "view", .max_bytes = 1 << 30, .seed = 9 };
	spec.hash = w->hash;
	spec.hub = &w->hub;
	registry_hub_init(&w->hub);
	err_t err = registry_store_open(w->env, &spec, &w->store);
	if (err)
		return err;
	w->mark = registry_store_mark(w->store);
	assert_int_equal(registry_store_show(w->store, NULL), ERR_OK);
	assert_int_equal(registry_look_new(&w->hub, 0, &w->look), ERR_OK);
	return ERR_OK;
}

static world_t *world_make_of(hash_t hash, uint64_t seed)
{
	world_t *w = test_calloc(1, sizeof(*w));
	w->hash = hash;
	assert_int_equal(twin_new(&(twin_spec_t){ .seed = seed }, &w->twin), ERR_OK);
	assert_int_equal(twin_host_open(w->twin, "node", &w->env), ERR_OK);
	assert_int_equal(world_open(w), ERR_OK);
	return w;
}

static world_t *world_make(hash_t hash)
{
	return world_make_of(hash, 1);
}

static void world_shut(world_t *w)
{
	registry_look_free(w->look);
	registry_store_close(w->store);
	hub_done(&w->hub);
	w->look = NULL;
	w->store = NULL;
}

static void world_free(world_t *w)
{
	world_shut(w);
	twin_host_close(w->env);
	twin_free(w->twin);
	test_free(w);
}

static slice_t values_of(slice_t text, writer_t *w)
{
	handle_value_t value = { .index = 1,
		                 .ttl_s = HANDLE_TTL_DEFAULT_S,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .type = SLICE("URL"),
		                 .data = text };
	handle_value_encode(&value, w);
	return writer_done(w);
}

static void put(world_t *w, slice_t name, slice_t text)
{
	uint8_t buf[4096];
	writer_t v = writer_of(buf, sizeof(buf));
	record_t record = { .name = name, .count = 1, .values = values_of(text, &v) };
	assert_int_equal(registry_store_put(w->store, &record), ERR_OK);
}

static void commit(world_t *w)
{
	w->mark.at.seq++;
	assert_int_equal(registry_store_commit(w->store, &w->mark), ERR_OK);
}

static slice_t name_of(unsigned i, char buf[64])
{
	(void)snprintf(buf, 64, "99.100.1/n%u", i);
	return slice_str(buf);
}

/* The text of a name's value, empty when it is absent. */
static err_t text_of_name(world_t *w, slice_t name, char text[64])
{
	record_t record;
	err_t err;
	text[0] = 0;
	assert_int_equal(registry_look_begin(w->look), ERR_OK);
	registry_look_find(w->look, &name, 1, &record, &err);
	if (!err) {
		reader_t r = reader_of(record.values);
		handle_value_t value = handle_value_read(&r);
		assert_false(r.bad);
		assert_true(slice_to_cstr(value.data, text, 64));
	}
	registry_look_end(w->look);
	return err;
}

static void assert_number(world_t *w, unsigned i, unsigned number)
{
	char name[64], text[64], expected[64] = "";
	err_t err = text_of_name(w, name_of(i, name), text);
	if (number)
		(void)snprintf(expected, sizeof(expected), "%u", number);
	assert_int_equal(err, number ? ERR_OK : ERR_NOT_FOUND);
	assert_string_equal(text, expected);
}

static void put_number(world_t *w, unsigned i, unsigned number)
{
	char name[64], text[64];
	(void)snprintf(text, sizeof(text), "%u", number);
	put(w, name_of(i, name), slice_str(text));
}

static void colliding_names_are_told_apart(void **state)
{
	(void)state;
	world_t *w = world_make(poor_hash);
	rng_t rng = rng_of(7);
	unsigned held[NAMES] = { 0 };
	for (unsigned turn = 1; turn < 2000; turn++) {
		unsigned i = (unsigned)rng_below(&rng, NAMES);
		put_number(w, i, turn);
		held[i] = turn;
		if (turn % 50 == 0)
			commit(w);
		for (unsigned n = 0; turn % 50 == 0 && n < NAMES; n++)
			assert_number(w, n, held[n]);
	}
	world_free(w);
}

/* More names than many doublings of the index take, put again and again, so that
 * growth, merges and compaction overlap; opened again now and then, cleanly or not. */
static void a_simple_oracle_agrees_through_growth_merges_and_compaction(void **state)
{
	(void)state;
	static unsigned held[MANY];
	memset(held, 0, sizeof(held));
	world_t *w = world_make(NULL);
	rng_t rng = rng_of(3);
	unsigned compactions = 0;
	for (unsigned turn = 1; turn < 60000; turn++) {
		unsigned i = (unsigned)rng_below(&rng, 1 + turn / 8);
		if (i < MANY) {
			put_number(w, i, turn);
			held[i] = turn;
		}
		if (turn % 64 == 0)
			commit(w);
		if (turn % 10000 == 0) {
			for (unsigned n = 0; n < MANY; n++)
				assert_number(w, n, held[n]);
			compactions += (unsigned)registry_store_stats(w->store).compactions;
			assert_int_equal(registry_store_save(w->store), ERR_OK);
			world_shut(w);
			assert_int_equal(world_open(w), ERR_OK);
		}
	}
	unsigned entries = 0;
	for (unsigned n = 0; n < MANY; n++) {
		assert_number(w, n, held[n]);
		entries += held[n] > 0;
	}
	registry_store_stats_t stats = registry_store_stats(w->store);
	assert_int_equal(stats.entries, entries);
	assert_true(stats.buckets >= 1024);
	assert_true(compactions > 0);
	assert_true(stats.dead_bytes * 2 < stats.row_bytes + (8 << 20));
	world_free(w);
}

static void a_name_is_found_in_any_case_and_keeps_its_spelling(void **state)
{
	(void)state;
	world_t *w = world_make(NULL);
	record_t records[3];
	err_t errs[3];
	put(w, SLICE("99.100.1/Press-\xc3\xa4"), SLICE("v"));
	put(w, SLICE("99.100.1/Press-\xc3\xa4"), SLICE("v2"));
	slice_t names[] = { SLICE("99.100.1/pRESS-\xc3\xa4"), SLICE("99.100.1/press-\xc3\x84"),
		            SLICE("no slash") };
	assert_int_equal(registry_look_begin(w->look), ERR_OK);
	registry_look_find(w->look, names, 3, records, errs);
	assert_int_equal(errs[0], ERR_OK);
	assert_true(slice_eq(records[0].name, SLICE("99.100.1/Press-\xc3\xa4")));
	assert_int_equal(errs[1], ERR_NOT_FOUND);
	assert_int_equal(errs[2], ERR_INVALID);
	registry_look_end(w->look);
	assert_int_equal(registry_store_stats(w->store).entries, 1);
	world_free(w);
}

static int order(const void *a, const void *b)
{
	return slice_cmp(*(const slice_t *)a, *(const slice_t *)b);
}

/* Names of many lengths, with long heads alike, upper case, sorted. */
static size_t long_names(char *memory, slice_t *names)
{
	static const size_t lengths[] = { 1, 2, 479, 480, 481, 482, 700, 2039 };
	size_t count = 0, used = 0;
	for (size_t l = 0; l < sizeof(lengths) / sizeof(*lengths); l++)
		for (int last = 'A'; last <= 'C'; last++) {
			char *name = &memory[used];
			memset(name, 'M', RECORD_NAME_MAX);
			memcpy(name, "99.100.1/", 9);
			name[9 + lengths[l] - 1] = (char)last;
			names[count++] = slice_of(name, 9 + lengths[l]);
			used += RECORD_NAME_MAX;
		}
	qsort(names, count, sizeof(*names), order);
	return count;
}

static void assert_listed(world_t *w, slice_t prefix, const slice_t *names, size_t count)
{
	slice_t got[REGISTRY_LOOK_MAX];
	static uint8_t kept[RECORD_NAME_MAX];
	slice_t after = { 0 };
	size_t done = 0, some;
	do {
		assert_int_equal(registry_look_begin(w->look), ERR_OK);
		assert_int_equal(registry_look_list(w->look, prefix, after, got, &some), ERR_OK);
		for (size_t i = 0; i < some; i++) {
			assert_true(done < count);
			assert_true(slice_eq(got[i], names[done++]));
		}
		if (some) {
			memcpy(kept, got[some - 1].ptr, got[some - 1].len);
			after = slice_of(kept, got[some - 1].len);
		}
		registry_look_end(w->look);
	} while (some == REGISTRY_LOOK_MAX);
	assert_int_equal(done, count);
}

static void listing_is_in_byte_order_whatever_the_length(void **state)
{
	(void)state;
	static char memory[32 * RECORD_NAME_MAX];
	for (size_t saves = 0; saves < 3; saves++) {
		world_t *w = world_make(NULL);
		slice_t names[32];
		size_t count = long_names(memory, names);
		for (size_t i = 0; i < count; i++) {
			put(w, names[(i * 7) % count], SLICE("v"));
			if (saves && i % (saves * 5) == 0)
				assert_int_equal(registry_store_save(w->store), ERR_OK);
		}
		put(w, SLICE("99.100.1.5/a"), SLICE("v"));
		put(w, SLICE("99.100.1-5/a"), SLICE("v"));
		put(w, SLICE("99.100/n"), SLICE("v"));
		assert_listed(w, SLICE("99.100.1"), names, count);
		slice_t other = SLICE("99.100.1.5/A");
		assert_listed(w, SLICE("99.100.1.5"), &other, 1);
		assert_listed(w, SLICE("99.9"), names, 0);
		world_free(w);
	}
}

static void many_names_are_listed_in_order_from_all_runs_and_memory(void **state)
{
	(void)state;
	world_t *w = world_make(NULL);
	static char memory[MANY][64];
	static slice_t names[MANY];
	rng_t rng = rng_of(5);
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(memory[i], 64, "99.100.1/%05u", i);
		names[i] = slice_str(memory[i]);
	}
	for (unsigned i = 0; i < 2 * MANY; i++) {
		put(w, names[i < MANY ? rng_below(&rng, MANY) : i - MANY], SLICE("v"));
		if (i % 200 == 0)
			assert_int_equal(registry_store_save(w->store), ERR_OK);
		if (i % 20 == 0)
			commit(w);
	}
	assert_listed(w, SLICE("99.100.1"), names, MANY);
	assert_true(registry_store_stats(w->store).runs < 24);
	world_free(w);
}

/* Puts names 0, 1, ... of which the older are put again and again, until a segment has
 * been written anew; how many there are. */
static unsigned put_until_compacted(world_t *w)
{
	unsigned count = 0;
	while (registry_store_stats(w->store).compactions == 0) {
		assert_true(count < MANY);
		for (unsigned i = 0; i < 100; i++)
			put_number(w, i % (count + 1), i);
		put_number(w, count, count + 1);
		count++;
		commit(w);
	}
	return count;
}

static void names_that_a_compaction_has_marked_as_there_are_listed_after_a_power_cut(void **state)
{
	(void)state;
	static char memory[MANY][64];
	static slice_t names[MANY];
	world_t *w = world_make(NULL);
	unsigned count = put_until_compacted(w);
	uint64_t marked = w->mark.at.seq;
	for (unsigned i = 0; i < count; i++) {
		names[i] = name_of(i, memory[i]);
		slice_fold_upper(names[i], (uint8_t *)memory[i]);
	}
	qsort(names, count, sizeof(*names), order);
	world_shut(w);
	assert_int_equal(world_open(w), ERR_OK);
	assert_int_equal(w->mark.at.seq, marked);
	assert_listed(w, SLICE("99.100.1"), names, count);
	world_free(w);
}

static void a_look_sees_what_it_began_with_until_it_ends(void **state)
{
	(void)state;
	world_t *w = world_make(NULL);
	slice_t name = SLICE("99.100.1/n0");
	record_t record;
	err_t err;
	put_number(w, 0, 1);
	assert_int_equal(registry_look_begin(w->look), ERR_OK);
	registry_look_find(w->look, &name, 1, &record, &err);
	assert_int_equal(err, ERR_OK);
	/* Enough to grow the index and fill segments several times. */
	for (unsigned i = 0; i < 5000; i++) {
		put_number(w, i, i + 2);
		if (i % 50 == 0)
			commit(w);
	}
	reader_t r = reader_of(record.values);
	assert_true(slice_eq(handle_value_read(&r).data, SLICE("1")));
	assert_true(slice_eq(record.name, name));
	registry_look_end(w->look);
	assert_number(w, 0, 2);
	world_free(w);
}

static void the_mark_is_kept_with_a_checkpoint_only(void **state)
{
	(void)state;
	world_t *w = world_make(NULL);
	registry_mark_t mark = { .at = { 5, 6, { 8 } }, .count = 7 };
	assert_int_equal(w->mark.at.seq, 0);
	put_number(w, 1, 1);
	assert_int_equal(registry_store_commit(w->store, &mark), ERR_OK);
	assert_int_equal(registry_store_save(w->store), ERR_OK);
	mark.at.seq = 9;
	put_number(w, 2, 2);
	assert_int_equal(registry_store_commit(w->store, &mark), ERR_OK);
	world_shut(w);
	assert_int_equal(world_open(w), ERR_OK);
	mark.at.seq = 5;
	assert_memory_equal(&w->mark, &mark, sizeof(mark));
	assert_number(w, 1, 1);
	assert_number(w, 2, 0); /* the journal has it behind the mark */
	put_number(w, 2, 2);
	assert_number(w, 2, 2);
	world_free(w);
}

static void another_seed_or_version_is_not_taken_for_this_one(void **state)
{
	(void)state;
	world_t *w = world_make(NULL);
	put_number(w, 1, 1);
	assert_int_equal(registry_store_save(w->store), ERR_OK);
	world_shut(w);
	registry_store_spec_t spec = { .path = "view", .max_bytes = 1 << 30, .seed = 10 };
	spec.hub = &w->hub;
	registry_hub_init(&w->hub);
	assert_int_equal(registry_store_open(w->env, &spec, &w->store), ERR_CONFLICT);
	uint8_t bytes[4096];
	size_t len;
	assert_int_equal(env_file_load(w->env, "view/checkpoint", bytes, sizeof(bytes), &len),
	                 ERR_OK);
	bytes[8]++;
	slice_t body = slice_of(bytes, len - 4);
	writer_t sum = writer_of(&bytes[len - 4], 4);
	wr_u32_le(&sum, crc32c(0, body));
	assert_int_equal(env_file_save(w->env, "view/checkpoint", slice_of(bytes, len)), ERR_OK);
	spec.seed = 9;
	assert_int_equal(registry_store_open(w->env, &spec, &w->store), ERR_NEWER_FORMAT);
	assert_int_equal(registry_store_fresh(w->env, &spec, NULL, &w->store), ERR_OK);
	assert_int_equal(registry_store_show(w->store, NULL), ERR_OK);
	assert_int_equal(registry_look_new(&w->hub, 0, &w->look), ERR_OK);
	assert_number(w, 1, 0);
	world_free(w);
}

typedef struct {
	char names[16][64];
	size_t count;
} files_t;

static void file_note(void *ctx, const char *name)
{
	files_t *files = ctx;
	if (files->count < 16)
		(void)snprintf(files->names[files->count++], 64, "view/%s", name);
}

/* Every bit that may change is either noticed or of no consequence: an answer is the
 * right one, or an error, never a wrong one and never "not found". */
static void a_bit_flipped_anywhere_is_noticed_or_harmless(void **state)
{
	(void)state;
	rng_t rng = rng_of(11);
	size_t noticed = 0;
	for (unsigned turn = 0; turn < 300; turn++) {
		world_t *w = world_make(NULL);
		files_t files = { .count = 0 };
		for (unsigned i = 0; i < 60; i++)
			put_number(w, i, i + 1);
		assert_int_equal(registry_store_save(w->store), ERR_OK);
		bool is_open = rng_below(&rng, 2);
		if (!is_open)
			world_shut(w);
		assert_int_equal(env_dir_list(w->env, "view", file_note, &files), ERR_OK);
		const char *path = files.names[turn % files.count];
		/* All that matters lies in the first 4 KiB of each. */
		uint64_t at = rng_below(&rng, 4096);
		err_t err = twin_disk_flip(w->twin, "node", path, at);
		if (err == ERR_INVALID)
			err = twin_disk_flip(w->twin, "node", path, at % 40);
		assert_int_equal(err, ERR_OK);
		err = is_open ? ERR_OK : world_open(w);
		assert_true(err == ERR_OK || err == ERR_CORRUPT || err == ERR_NEWER_FORMAT ||
		            err == ERR_CONFLICT);
		noticed += err != ERR_OK;
		for (unsigned i = 0; !err && i < 60; i++) {
			char name[64], text[64], expected[64];
			err_t found = text_of_name(w, name_of(i, name), text);
			(void)snprintf(expected, sizeof(expected), "%u", i + 1);
			noticed += found == ERR_CORRUPT;
			if (found != ERR_CORRUPT) {
				assert_int_equal(found, ERR_OK);
				assert_string_equal(text, expected);
			}
		}
		world_free(w);
	}
	assert_true(noticed > 30);
}

static void a_full_disk_refuses_and_keeps_what_was_put(void **state)
{
	(void)state;
	rng_t rng = rng_of(13);
	for (unsigned turn = 0; turn < 100; turn++) {
		world_t *w = world_make(NULL);
		for (unsigned i = 0; i < 200; i++)
			put_number(w, i, 1);
		static const twin_fault_t faults[] = { TWIN_DISK_FULL, TWIN_SHORT_WRITE,
			                               TWIN_IO_ERROR };
		twin_fail_at(w->env, 1 + rng_below(&rng, 300), 1 + rng_below(&rng, 20),
		             faults[turn % 3]);
		for (unsigned i = 0; i < 400; i++) {
			char name[64], text[64];
			uint8_t buf[256];
			writer_t v = writer_of(buf, sizeof(buf));
			record_t record = { .name = name_of(i, name), .count = 1 };
			record.values = values_of(SLICE("2"), &v);
			while (registry_store_put(w->store, &record) != ERR_OK)
				if (i < 200) {
					err_t err = text_of_name(w, record.name, text);
					assert_int_equal(err, ERR_OK);
				}
			assert_number(w, i, 2);
			if (i < 199)
				assert_number(w, i + 1, 1);
		}
		world_free(w);
	}
}

typedef struct {
	unsigned value[NAMES];
	uint64_t put_at[NAMES]; /* the sequence whose commit had it */
} history_t;

/* Puts and commits that may fail, as a registry meets them: what failed is put again. */
static void put_in_need(world_t *w, history_t *h, unsigned i, unsigned number)
{
	char name[64], text[64];
	uint8_t buf[256];
	writer_t v = writer_of(buf, sizeof(buf));
	(void)snprintf(text, sizeof(text), "%u", number);
	record_t record = { .name = name_of(i, name), .count = 1 };
	record.values = values_of(slice_str(text), &v);
	while (registry_store_put(w->store, &record) != ERR_OK)
		;
	h->value[i] = number;
	h->put_at[i] = ++w->mark.at.seq;
	(void)!registry_store_commit(w->store, &w->mark);
}

static void pull_the_plug(world_t *w)
{
	twin_power_off(w->env);
	world_shut(w);
	twin_host_close(w->env);
	twin_disk_reboot(w->twin, "node");
	assert_int_equal(twin_host_open(w->twin, "node", &w->env), ERR_OK);
	assert_int_equal(world_open(w), ERR_OK);
}

static void what_the_mark_has_outlives_a_full_disk_and_a_power_cut_in_a_compaction(void **state)
{
	(void)state;
	rng_t rng = rng_of(17);
	for (unsigned turn = 0; turn < 200; turn++) {
		world_t *w = world_make_of(NULL, turn);
		history_t h = { .value = { 0 } };
		for (unsigned i = 0; i < NAMES; i++)
			put_in_need(w, &h, i, 1);
		assert_int_equal(registry_store_save(w->store), ERR_OK);
		/* Until the first segment is full, and but for few rows dead. */
		while (registry_store_stats(w->store).row_bytes <= (256 << 10))
			put_in_need(w, &h, (unsigned)rng_below(&rng, NAMES / 2), turn + 2);
		twin_fail_at(w->env, 1 + rng_below(&rng, 100), 1 + rng_below(&rng, 4),
		             TWIN_DISK_FULL);
		for (uint64_t more = 125 + rng_below(&rng, 15); more > 0; more--)
			(void)!registry_store_commit(w->store, &w->mark);
		pull_the_plug(w);
		for (unsigned i = 0; i < NAMES; i++)
			if (h.put_at[i] <= w->mark.at.seq)
				assert_number(w, i, h.value[i]);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colliding_names_are_told_apart),
		cmocka_unit_test(a_simple_oracle_agrees_through_growth_merges_and_compaction),
		cmocka_unit_test(a_name_is_found_in_any_case_and_keeps_its_spelling),
		cmocka_unit_test(listing_is_in_byte_order_whatever_the_length),
		cmocka_unit_test(many_names_are_listed_in_order_from_all_runs_and_memory),
		cmocka_unit_test(
			names_that_a_compaction_has_marked_as_there_are_listed_after_a_power_cut),
		cmocka_unit_test(a_look_sees_what_it_began_with_until_it_ends),
		cmocka_unit_test(the_mark_is_kept_with_a_checkpoint_only),
		cmocka_unit_test(another_seed_or_version_is_not_taken_for_this_one),
		cmocka_unit_test(a_bit_flipped_anywhere_is_noticed_or_harmless),
		cmocka_unit_test(a_full_disk_refuses_and_keeps_what_was_put),
		cmocka_unit_test(
			what_the_mark_has_outlives_a_full_disk_and_a_power_cut_in_a_compaction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
