/* SPDX-License-Identifier: Apache-2.0 */
#include "env/key_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "env/file.h"
#include "env/twin/twin.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static const key_file_t FILE_OF_KEYS = { "data/keys", "a.key", "jizhu-a-key" };

typedef struct {
	twin_t *twin;
	env_t *env;
} world_t;

static world_t world_make(void)
{
	world_t w;
	OK(twin_new(&(twin_spec_t){ .seed = 3 }, &w.twin));
	OK(twin_host_open(w.twin, "node", &w.env));
	return w;
}

static void world_free(world_t *w)
{
	twin_host_close(w->env);
	twin_free(w->twin);
}

static void an_own_key_is_made_once_and_a_shared_one_never(void **state)
{
	(void)state;
	world_t w = world_make();
	uint8_t first[KEY_FILE_BYTES] = { 0 }, again[KEY_FILE_BYTES] = { 0 };
	assert_int_equal(key_file_load(w.env, "data/keys/a.key", "jizhu-a-key", first),
	                 ERR_NOT_FOUND);
	OK(key_file_open(w.env, &FILE_OF_KEYS, first));
	OK(key_file_open(w.env, &FILE_OF_KEYS, again));
	assert_memory_equal(first, again, sizeof(first));
	OK(key_file_load(w.env, "data/keys/a.key", "jizhu-a-key", again));
	assert_memory_equal(first, again, sizeof(first));
	world_free(&w);
}

static void what_is_no_such_key_is_refused_and_left_as_it_is(void **state)
{
	(void)state;
#define DIGITS "00112233445566778899aabbccddeeff00112233445566778899aabbccddee"
	static const struct {
		const char *text;
		err_t err;
	} rows[] = {
		{ "jizhu-a-key 1\n" DIGITS "ff\n", ERR_OK },
		{ "jizhu-a-key 2\n" DIGITS "ff\n", ERR_NEWER_FORMAT },
		{ "jizhu-b-key 1\n" DIGITS "ff\n", ERR_CORRUPT },
		{ "jizhu-a-key 1\n" DIGITS "\n", ERR_CORRUPT },
		{ "jizhu-a-key 1\n" DIGITS "fg\n", ERR_CORRUPT },
		{ "jizhu-a-key 1\n" DIGITS DIGITS DIGITS DIGITS DIGITS "\n", ERR_CORRUPT },
		{ "", ERR_CORRUPT },
	};
#undef DIGITS
	world_t w = world_make();
	OK(env_dir_make(w.env, "data/keys"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t key[KEY_FILE_BYTES] = { 7 };
		char text[512];
		size_t len = 0;
		OK(env_file_save(w.env, "data/keys/a.key", slice_str(rows[i].text)));
		assert_int_equal(key_file_open(w.env, &FILE_OF_KEYS, key), rows[i].err);
		assert_int_equal(key[0], rows[i].err ? 7 : 0);
		OK(env_file_load(w.env, "data/keys/a.key", text, sizeof(text), &len));
		assert_true(slice_eq(slice_of(text, len), slice_str(rows[i].text)));
	}
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_own_key_is_made_once_and_a_shared_one_never),
		cmocka_unit_test(what_is_no_such_key_is_refused_and_left_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
