/* SPDX-License-Identifier: Apache-2.0 */
/* The view alone, with a hash so poor that every chain is long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "env/twin/twin.h"
#include "registry/store.h"

enum { NAMES = 40 };

typedef struct {
	twin_t *twin;
	env_t *env;
	registry_store_t *store;
	env_db_txn_t *txn;
} world_t;

static uint64_t poor_hash(slice_t bytes, uint64_t seed)
{
	return seed + bytes.len % 2;
}

static world_t world_make(uint64_t (*hash)(slice_t bytes, uint64_t seed))
{
	world_t w = { 0 };
	registry_store_spec_t spec = { .path = "view", .max_bytes = 64 << 20, .hash = hash };
	assert_int_equal(twin_new(&(twin_spec_t){ .seed = 1 }, &w.twin), ERR_OK);
	assert_int_equal(twin_host_open(w.twin, "node", &w.env), ERR_OK);
	assert_int_equal(registry_store_open(w.env, &spec, &w.store), ERR_OK);
	assert_int_equal(registry_store_write(w.store, &w.txn), ERR_OK);
	return w;
}

static void world_free(world_t *w)
{
	env_db_end(w->txn);
	registry_store_close(w->store);
	twin_host_close(w->env);
	twin_free(w->twin);
}

static bool put(world_t *w, slice_t name, slice_t values)
{
	bool is_new = false;
	record_t record = { .name = name, .count = 1, .values = values };
	assert_int_equal(registry_store_put(w->store, w->txn, &record, &is_new), ERR_OK);
	return is_new;
}

static slice_t name_of(unsigned i, char buf[32])
{
	(void)snprintf(buf, 32, "99.100.1/n%u", i);
	return slice_str(buf);
}

static void assert_held(world_t *w, const bool held[NAMES])
{
	for (unsigned i = 0; i < NAMES; i++) {
		char buf[32];
		record_t record;
		slice_t name = name_of(i, buf);
		err_t err = registry_store_get(w->store, w->txn, name, &record);
		assert_int_equal(err, held[i] ? ERR_OK : ERR_NOT_FOUND);
		if (held[i])
			assert_true(slice_eq(record.values, name));
	}
}

static void colliding_names_are_told_apart_and_removed_one_by_one(void **state)
{
	(void)state;
	world_t w = world_make(poor_hash);
	rng_t rng = rng_of(7);
	bool held[NAMES] = { false };
	for (unsigned turn = 0; turn < 2000; turn++) {
		char buf[32];
		unsigned i = (unsigned)rng_below(&rng, NAMES);
		slice_t name = name_of(i, buf);
		if (rng_below(&rng, 2))
			assert_int_equal(put(&w, name, name), !held[i]);
		else
			assert_int_equal(registry_store_remove(w.store, w.txn, name),
			                 held[i] ? ERR_OK : ERR_NOT_FOUND);
		held[i] = registry_store_get(w.store, w.txn, name, &(record_t){ 0 }) == ERR_OK;
		if (turn % 50 == 0)
			assert_held(&w, held);
	}
	world_free(&w);
}

static void a_name_is_found_in_any_case_and_keeps_its_spelling(void **state)
{
	(void)state;
	world_t w = world_make(NULL);
	record_t record;
	assert_true(put(&w, SLICE("99.100.1/Press-\xc3\xa4"), SLICE("v")));
	assert_false(put(&w, SLICE("99.100.1/Press-\xc3\xa4"), SLICE("v2")));
	assert_int_equal(
		registry_store_get(w.store, w.txn, SLICE("99.100.1/pRESS-\xc3\xa4"), &record),
		ERR_OK);
	assert_true(slice_eq(record.name, SLICE("99.100.1/Press-\xc3\xa4")));
	assert_true(slice_eq(record.values, SLICE("v2")));
	assert_int_equal(
		registry_store_get(w.store, w.txn, SLICE("99.100.1/press-\xc3\x84"), &record),
		ERR_NOT_FOUND);
	assert_int_equal(registry_store_get(w.store, w.txn, SLICE("no slash"), &record),
	                 ERR_INVALID);
	world_free(&w);
}

static int order(const void *a, const void *b)
{
	return slice_cmp(*(const slice_t *)a, *(const slice_t *)b);
}

/* Names of many lengths around the cut of the head, upper case, sorted. */
static size_t long_names(char *memory, slice_t *names)
{
	static const size_t lengths[] = { 1, 2, 479, 480, 481, 482, 700, 2039 };
	size_t count = 0, used = 0;
	for (size_t l = 0; l < sizeof(lengths) / sizeof(*lengths); l++)
		for (char last = 'A'; last <= 'C'; last++) {
			char *name = &memory[used];
			memset(name, 'M', RECORD_NAME_MAX);
			memcpy(name, "99.100.1/", 9);
			name[9 + lengths[l] - 1] = last;
			names[count++] = slice_of(name, 9 + lengths[l]);
			used += RECORD_NAME_MAX;
		}
	qsort(names, count, sizeof(*names), order);
	return count;
}

static void listing_is_in_byte_order_also_past_the_length_of_keys(void **state)
{
	(void)state;
	uint64_t (*hashes[])(slice_t, uint64_t) = { NULL, poor_hash };
	static char memory[32 * RECORD_NAME_MAX];
	for (size_t h = 0; h < 2; h++) {
		world_t w = world_make(hashes[h]);
		slice_t names[32], got, after = { 0 };
		size_t count = long_names(memory, names);
		for (size_t i = 0; i < count; i++)
			assert_true(put(&w, names[(i * 7) % count], SLICE("v")));
		/* With the poor hash these share the family of the prefix asked for. */
		assert_true(put(&w, SLICE("99.100.3/a"), SLICE("v")));
		assert_true(put(&w, SLICE("99.200.1/n"), SLICE("v")));
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(
				registry_store_next(w.store, w.txn, SLICE("99.100.1"), after, &got),
				ERR_OK);
			assert_true(slice_eq(got, names[i]));
			after = got;
		}
		assert_int_equal(
			registry_store_next(w.store, w.txn, SLICE("99.100.1"), after, &got),
			ERR_NOT_FOUND);
		world_free(&w);
	}
}

static void the_mark_is_kept_and_a_newer_one_refused(void **state)
{
	(void)state;
	world_t w = world_make(NULL);
	registry_mark_t mark = { .seq = 5, .epoch = 6, .count = 7, .hash = { 8 } }, got;
	assert_int_equal(registry_store_mark_get(w.txn, &got), ERR_OK);
	assert_int_equal(got.seq, 0);
	assert_int_equal(registry_store_mark_put(w.txn, &mark), ERR_OK);
	assert_int_equal(registry_store_mark_get(w.txn, &got), ERR_OK);
	assert_memory_equal(&got, &mark, sizeof(mark));
	assert_int_equal(env_db_put(w.txn, SLICE("a"), SLICE("\x02")), ERR_OK);
	assert_int_equal(registry_store_mark_get(w.txn, &got), ERR_NEWER_FORMAT);
	assert_int_equal(env_db_put(w.txn, SLICE("a"), SLICE("\x01")), ERR_OK);
	assert_int_equal(registry_store_mark_get(w.txn, &got), ERR_CORRUPT);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colliding_names_are_told_apart_and_removed_one_by_one),
		cmocka_unit_test(a_name_is_found_in_any_case_and_keeps_its_spelling),
		cmocka_unit_test(listing_is_in_byte_order_also_past_the_length_of_keys),
		cmocka_unit_test(the_mark_is_kept_and_a_newer_one_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
