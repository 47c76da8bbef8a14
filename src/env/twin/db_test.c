/* SPDX-License-Identifier: Apache-2.0 */
#include "env/twin/test.h"

#include <stdio.h>

#include "env/db.h"
#include "env/file.h"

enum { MANY = 100000, KEY = 16 };

static slice_t key_of(unsigned i, char buf[KEY])
{
	(void)snprintf(buf, KEY, "%08u", i);
	return slice_of(buf, 8);
}

static void put_number(env_db_t *db, const char *key, unsigned value)
{
	env_db_txn_t *txn;
	char buf[KEY];
	OK(env_db_write(db, &txn));
	OK(env_db_put(txn, slice_str(key), key_of(value, buf)));
	OK(env_db_commit(txn));
}

/* The number under the key, or -1. */
static int get_number(env_db_t *db, const char *key)
{
	env_db_txn_t *txn;
	slice_t value;
	int number = -1;
	OK(env_db_read(db, &txn));
	if (env_db_get(txn, slice_str(key), &value) == ERR_OK) {
		number = 0;
		for (size_t i = 0; i < value.len; i++)
			number = number * 10 + value.ptr[i] - '0';
	}
	env_db_end(txn);
	return number;
}

static void reader_keeps_its_snapshot_while_writes_go_on(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	env_db_t *db;
	env_db_txn_t *read, *write, *second;
	slice_t value;
	OK(env_db_open(world.env, "view", 1 << 20, &db));
	put_number(db, "a", 1);
	OK(env_db_read(db, &read));
	put_number(db, "a", 2);
	put_number(db, "b", 3);
	OK(env_db_get(read, SLICE("a"), &value));
	assert_memory_equal(value.ptr, "00000001", 8);
	assert_int_equal(env_db_get(read, SLICE("b"), &value), ERR_NOT_FOUND);
	env_db_end(read);
	assert_int_equal(get_number(db, "a"), 2);
	OK(env_db_write(db, &write));
	assert_int_equal(env_db_write(db, &second), ERR_BUSY);
	OK(env_db_remove(write, SLICE("a")));
	assert_int_equal(env_db_remove(write, SLICE("a")), ERR_NOT_FOUND);
	env_db_end(write);
	assert_int_equal(get_number(db, "a"), 2);
	env_db_close(db);
	world_done(&world);
}

static void limits_are_those_of_the_header(void **state)
{
	(void)state;
	static uint8_t big[(1 << 20) + 1];
	world_t world = world_seeded(1);
	env_db_t *db, *second;
	env_db_txn_t *txn;
	OK(env_db_open(world.env, "view", 4096, &db));
	assert_int_equal(env_db_open(world.env, "view", 4096, &second), ERR_BUSY);
	OK(env_db_write(db, &txn));
	assert_int_equal(env_db_put(txn, SLICE(""), SLICE("x")), ERR_INVALID);
	assert_int_equal(env_db_put(txn, slice_of(big, 512), SLICE("x")), ERR_INVALID);
	assert_int_equal(env_db_put(txn, SLICE("k"), slice_of(big, sizeof(big))), ERR_TOO_BIG);
	assert_int_equal(env_db_put(txn, SLICE("k"), slice_of(big, 5000)), ERR_LIMIT);
	OK(env_db_put(txn, slice_of(big, 511), SLICE("x")));
	env_db_end(txn);
	world_done(&world);
}

typedef struct {
	unsigned next, step, stop;
} walk_t;

static bool walk(void *ctx, slice_t key, slice_t value)
{
	walk_t *w = ctx;
	char buf[KEY];
	assert_true(slice_eq(key, key_of(w->next, buf)));
	assert_true(slice_eq(value, key));
	w->next += w->step;
	return w->next < w->stop;
}

static void hundred_thousand_records_scan_in_order_and_thin_out(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	env_db_t *db;
	env_db_txn_t *txn;
	char buf[KEY];
	OK(env_db_open(world.env, "view", 1 << 28, &db));
	OK(env_db_write(db, &txn));
	for (unsigned i = 0; i < MANY; i++) {
		slice_t key = key_of(i * 7919U % MANY, buf);
		OK(env_db_put(txn, key, key));
	}
	OK(env_db_commit(txn));
	OK(env_db_write(db, &txn));
	for (unsigned i = 1; i < MANY; i += 2)
		OK(env_db_remove(txn, key_of(i, buf)));
	walk_t half = { .next = 500, .step = 2, .stop = MANY };
	OK(env_db_scan(txn, SLICE("00000499"), walk, &half));
	assert_int_equal(half.next, MANY);
	env_db_end(txn);
	OK(env_db_read(db, &txn));
	walk_t all = { .next = 0, .step = 1, .stop = MANY };
	OK(env_db_scan(txn, SLICE(""), walk, &all));
	assert_int_equal(all.next, MANY);
	env_db_end(txn);
	world_done(&world);
}

static void clean_close_keeps_the_store(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	env_db_t *db;
	OK(env_db_open(world.env, "view", 1 << 20, &db));
	put_number(db, "a", 1);
	twin_host_close(world.env);
	OK(twin_host_open(world.twin, "a", &world.env));
	OK(env_db_open(world.env, "view", 1 << 20, &db));
	assert_int_equal(get_number(db, "a"), 1);
	world_done(&world);
}

static void reboot_keeps_rolls_back_loses_or_corrupts(void **state)
{
	(void)state;
	size_t corrupt = 0, lost = 0, back = 0, kept = 0;
	for (uint64_t seed = 0; seed < 200; seed++) {
		world_t world = world_seeded(seed);
		env_db_t *db;
		OK(env_db_open(world.env, "view", 1 << 20, &db));
		OK(env_dir_sync(world.env, "/"));
		OK(env_dir_sync(world.env, "view"));
		for (unsigned i = 1; i <= 10; i++) {
			put_number(db, "a", i);
			put_number(db, "b", i);
		}
		twin_host_close(world.env);
		twin_disk_reboot(world.twin, "a");
		OK(twin_host_open(world.twin, "a", &world.env));
		err_t err = env_db_open(world.env, "view", 1 << 20, &db);
		if (err == ERR_CORRUPT) {
			corrupt++;
			OK(env_db_destroy(world.env, "view"));
			OK(env_db_open(world.env, "view", 1 << 20, &db));
			assert_int_equal(get_number(db, "a"), -1);
		} else {
			OK(err);
			int a = get_number(db, "a"), b = get_number(db, "b");
			assert_true(a == b || a == b + 1 || (a == 1 && b == -1));
			lost += a < 0;
			back += a > 0 && b < 10;
			kept += b == 10;
		}
		world_done(&world);
	}
	assert_true(corrupt > 5 && lost > 5 && back > 20 && kept > 20);
}

static void damage_can_be_ordered(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	env_db_t *db;
	OK(env_db_open(world.env, "view", 1 << 20, &db));
	put_number(db, "a", 1);
	put_number(db, "a", 2);
	env_db_close(db);
	OK(twin_db_damage(world.twin, "a", "view", TWIN_DB_ROLL_BACK));
	OK(env_db_open(world.env, "view", 1 << 20, &db));
	assert_int_not_equal(get_number(db, "a"), 2);
	env_db_close(db);
	OK(twin_disk_flip(world.twin, "a", "view/" TWIN_DB_FILE, 0));
	assert_int_equal(env_db_open(world.env, "view", 1 << 20, &db), ERR_CORRUPT);
	assert_int_equal(twin_db_damage(world.twin, "a", "none", TWIN_DB_LOSE), ERR_NOT_FOUND);
	world_done(&world);
}

static void commit_is_a_moment_to_crash(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	env_db_t *db;
	env_db_txn_t *txn;
	OK(env_db_open(world.env, "view", 1 << 20, &db));
	twin_crash_at(world.env, 1);
	OK(env_db_write(db, &txn));
	OK(env_db_put(txn, SLICE("a"), SLICE("1")));
	assert_int_equal(env_db_commit(txn), ERR_IO);
	assert_true(twin_crashed(world.env));
	assert_int_equal(env_db_write(db, &txn), ERR_IO);
	env_db_close(db);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_keeps_its_snapshot_while_writes_go_on),
		cmocka_unit_test(limits_are_those_of_the_header),
		cmocka_unit_test(hundred_thousand_records_scan_in_order_and_thin_out),
		cmocka_unit_test(clean_close_keeps_the_store),
		cmocka_unit_test(reboot_keeps_rolls_back_loses_or_corrupts),
		cmocka_unit_test(damage_can_be_ordered),
		cmocka_unit_test(commit_is_a_moment_to_crash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
