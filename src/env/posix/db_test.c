/* SPDX-License-Identifier: Apache-2.0 */
#include "env/posix/fixture.h"

enum { STORE_BYTES = 8 << 20 };

static env_db_t *store_open(world_t *world)
{
	char path[256];
	env_db_t *db = NULL;
	assert_int_equal(env_db_open(world->env, world_path(world, "view", path), STORE_BYTES, &db),
	                 ERR_OK);
	return db;
}

static void store_put(env_db_t *db, slice_t key, slice_t value)
{
	env_db_txn_t *txn = NULL;
	assert_int_equal(env_db_write(db, &txn), ERR_OK);
	assert_int_equal(env_db_put(txn, key, value), ERR_OK);
	assert_int_equal(env_db_commit(txn), ERR_OK);
}

static bool store_has(env_db_t *db, slice_t key, slice_t value)
{
	env_db_txn_t *txn = NULL;
	slice_t found = { 0 };
	assert_int_equal(env_db_read(db, &txn), ERR_OK);
	bool has = !env_db_get(txn, key, &found) && slice_eq(found, value);
	env_db_end(txn);
	return has;
}

static void store_keeps_what_was_committed(void **state)
{
	world_t *world = *state;
	env_db_t *db = store_open(world);
	store_put(db, SLICE("k"), SLICE("v"));
	env_db_txn_t *txn = NULL;
	assert_int_equal(env_db_write(db, &txn), ERR_OK);
	assert_int_equal(env_db_put(txn, SLICE("k"), SLICE("given up")), ERR_OK);
	env_db_end(txn);
	assert_true(store_has(db, SLICE("k"), SLICE("v")));
	env_db_close(db);
	db = store_open(world);
	assert_true(store_has(db, SLICE("k"), SLICE("v")));
	assert_int_equal(env_db_write(db, &txn), ERR_OK);
	assert_int_equal(env_db_remove(txn, SLICE("k")), ERR_OK);
	assert_int_equal(env_db_remove(txn, SLICE("k")), ERR_NOT_FOUND);
	assert_int_equal(env_db_commit(txn), ERR_OK);
	assert_false(store_has(db, SLICE("k"), SLICE("v")));
	env_db_close(db);
}

static void readers_see_their_snapshot(void **state)
{
	env_db_t *db = store_open(*state);
	env_db_txn_t *old = NULL;
	slice_t value = { 0 };
	store_put(db, SLICE("k"), SLICE("one"));
	assert_true(store_has(db, SLICE("k"), SLICE("one"))); /* leaves a read to renew */
	assert_int_equal(env_db_read(db, &old), ERR_OK);
	store_put(db, SLICE("k"), SLICE("two"));
	assert_int_equal(env_db_get(old, SLICE("k"), &value), ERR_OK);
	assert_true(slice_eq(value, SLICE("one")));
	assert_true(store_has(db, SLICE("k"), SLICE("two")));
	env_db_end(old);
	assert_true(store_has(db, SLICE("k"), SLICE("two")));
	env_db_close(db);
}

static bool scan_add(void *ctx, slice_t key, slice_t value)
{
	(void)value;
	text_t *keys = ctx;
	text_add(keys, key);
	return keys->len < 3;
}

static void scan_goes_in_byte_order_until_told(void **state)
{
	env_db_t *db = store_open(*state);
	static const char *const keys[] = { "d", "a", "c", "b", "e" };
	for (size_t i = 0; i < 5; i++)
		store_put(db, slice_str(keys[i]), SLICE("x"));
	env_db_txn_t *txn = NULL;
	text_t seen = text_of(100);
	assert_int_equal(env_db_read(db, &txn), ERR_OK);
	assert_int_equal(env_db_scan(txn, SLICE("aa"), scan_add, &seen), ERR_OK);
	assert_true(slice_eq(text_slice(&seen), SLICE("bcd")));
	text_drop(&seen, seen.len);
	assert_int_equal(env_db_scan(txn, SLICE("d"), scan_add, &seen), ERR_OK);
	assert_true(slice_eq(text_slice(&seen), SLICE("de")));
	assert_int_equal(env_db_scan(txn, SLICE("f"), scan_add, &seen), ERR_OK);
	assert_int_equal(seen.len, 2);
	env_db_end(txn);
	text_free(&seen);
	env_db_close(db);
}

static void limits_are_answered(void **state)
{
	env_db_t *db = store_open(*state);
	env_db_txn_t *txn = NULL;
	static uint8_t big[(1 << 20) + 1];
	char key[600] = "";
	assert_int_equal(env_db_write(db, &txn), ERR_OK);
	assert_int_equal(env_db_put(txn, (slice_t){ 0 }, SLICE("v")), ERR_INVALID);
	assert_int_equal(env_db_put(txn, slice_of(key, 512), SLICE("v")), ERR_INVALID);
	assert_int_equal(env_db_put(txn, SLICE("k"), slice_of(big, sizeof(big))), ERR_TOO_BIG);
	err_t err = ERR_OK;
	for (int i = 0; !err && i < 64; i++) {
		(void)snprintf(key, sizeof(key), "key %d", i);
		err = env_db_put(txn, slice_str(key), slice_of(big, 1 << 20));
	}
	assert_int_equal(err, ERR_LIMIT);
	assert_int_equal(env_db_commit(txn), ERR_LIMIT);
	assert_false(store_has(db, SLICE("key 0"), slice_of(big, 1 << 20)));
	store_put(db, SLICE("k"), SLICE("still usable"));
	env_db_close(db);
}

static void store_expect_corrupt(world_t *world)
{
	char path[256];
	env_db_t *db = NULL;
	world_path(world, "view", path);
	assert_int_equal(env_db_open(world->env, path, STORE_BYTES, &db), ERR_CORRUPT);
	assert_int_equal(env_db_destroy(world->env, path), ERR_OK);
	assert_int_equal(env_db_destroy(world->env, path), ERR_OK); /* fine when absent */
	env_db_close(store_open(world));
}

static void store_fill(world_t *world)
{
	env_db_t *db = store_open(world);
	for (int i = 0; i < 100; i++) {
		char key[32];
		(void)snprintf(key, sizeof(key), "key %d", i);
		store_put(db, slice_str(key), SLICE("some value of a view"));
	}
	env_db_close(db);
}

static void one_flipped_bit_anywhere_is_corrupt(void **state)
{
	world_t *world = *state;
	char path[256];
	for (uint64_t part = 0; part < 8; part++) {
		store_fill(world);
		env_file_t *file = NULL;
		uint64_t size = 0;
		uint8_t byte = 0;
		size_t len = 0;
		assert_int_equal(env_file_open(world->env, world_path(world, "view/data.mdb", path),
		                               ENV_OPEN_WRITE, &file),
		                 ERR_OK);
		assert_int_equal(env_file_size(file, &size), ERR_OK);
		uint64_t at = size * part / 8 + part * 7;
		assert_int_equal(env_file_read(file, at, &byte, 1, &len), ERR_OK);
		byte ^= 0x10;
		assert_int_equal(env_file_write(file, at, slice_of(&byte, 1)), ERR_OK);
		env_file_close(file);
		store_expect_corrupt(world);
	}
}

static void cut_or_unsealed_store_is_corrupt(void **state)
{
	world_t *world = *state;
	char path[256];
	env_file_t *file = NULL;
	store_fill(world);
	assert_int_equal(env_file_open(world->env, world_path(world, "view/data.mdb", path),
	                               ENV_OPEN_WRITE, &file),
	                 ERR_OK);
	assert_int_equal(env_file_truncate(file, 100), ERR_OK);
	env_file_close(file);
	store_expect_corrupt(world);
	store_fill(world);
	/* What a killed process leaves: the data without its seal. */
	assert_int_equal(env_path_remove(world->env, world_path(world, "view/seal", path)), ERR_OK);
	store_expect_corrupt(world);
}

static void store_of_a_newer_form_is_named_so(void **state)
{
	world_t *world = *state;
	char path[256];
	env_db_t *db = NULL;
	store_fill(world);
	assert_int_equal(env_file_save(world->env, world_path(world, "view/seal", path),
	                               SLICE("jizhu-db-seal 2 1 2 3\n")),
	                 ERR_OK);
	assert_int_equal(env_db_open(world->env, world_path(world, "view", path), STORE_BYTES, &db),
	                 ERR_NEWER_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(store_keeps_what_was_committed),
		WORLD_TEST(readers_see_their_snapshot),
		WORLD_TEST(scan_goes_in_byte_order_until_told),
		WORLD_TEST(limits_are_answered),
		WORLD_TEST(one_flipped_bit_anywhere_is_corrupt),
		WORLD_TEST(cut_or_unsealed_store_is_corrupt),
		WORLD_TEST(store_of_a_newer_form_is_named_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
