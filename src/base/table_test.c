/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/table.h"

#include <stdio.h>

#include "base/num.h"

static uint32_t *put(table_t *t, const char *key, bool *ret_new)
{
	void *value = NULL;
	assert_int_equal(table_put(t, slice_str(key), &value, ret_new), ERR_OK);
	return value;
}

static void put_makes_a_zeroed_value_once(void **state)
{
	(void)state;
	bool fresh;
	table_t *t = table_new(sizeof(uint32_t), 100, 1);
	uint32_t *value = put(t, "99.100.1/a", &fresh);
	assert_true(fresh);
	assert_int_equal(*value, 0);
	*value = 7;
	assert_int_equal(*put(t, "99.100.1/a", &fresh), 7);
	assert_false(fresh);
	assert_int_equal(*put(t, "", NULL), 0);
	assert_int_equal(table_count(t), 2);
	assert_null(table_get(t, SLICE("99.100.1/b")));
	assert_non_null(table_get(t, (slice_t){ 0 }));
	table_free(t);
	table_free(NULL);
}

static void keys_are_copied(void **state)
{
	(void)state;
	char key[] = "abc";
	table_t *t = table_new(1, 10, 1);
	void *value;
	assert_int_equal(table_put(t, slice_str(key), &value, NULL), ERR_OK);
	key[0] = 'x';
	assert_non_null(table_get(t, SLICE("abc")));
	table_free(t);
}

static void the_limit_refuses_new_keys_only(void **state)
{
	(void)state;
	table_t *t = table_new(sizeof(uint32_t), 3, 1);
	void *value = t;
	bool fresh = true;
	*put(t, "a", NULL) = 1;
	put(t, "b", NULL);
	put(t, "c", NULL);
	assert_int_equal(table_put(t, SLICE("d"), &value, &fresh), ERR_LIMIT);
	assert_ptr_equal(value, t);
	assert_true(fresh);
	assert_int_equal(*put(t, "a", NULL), 1);
	assert_int_equal(table_count(t), 3);
	assert_true(table_remove(t, SLICE("b")));
	put(t, "d", NULL);
	table_free(t);
}

static void values_are_aligned_for_any_type(void **state)
{
	(void)state;
	table_t *t = table_new(3, 100, 9);
	char key[16];
	for (int i = 0; i < 20; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal((uintptr_t)put(t, key, NULL) % _Alignof(max_align_t), 0);
	}
	table_free(t);
}

enum { MODEL_KEYS = 300, MODEL_STEPS = 100000 };

static void assert_equals_model(const table_t *t, const uint32_t model[MODEL_KEYS])
{
	size_t at = 0, seen = 0;
	slice_t key;
	void *value;
	while (table_next(t, &at, &key, &value)) {
		uint64_t number;
		assert_int_equal(num_parse_u64(key, MODEL_KEYS - 1, &number), ERR_OK);
		assert_int_equal(*(uint32_t *)value, model[number]);
		seen++;
	}
	size_t expected = 0;
	for (size_t i = 0; i < MODEL_KEYS; i++)
		expected += model[i] != 0;
	assert_int_equal(seen, expected);
	assert_int_equal(table_count(t), expected);
}

/* A plain array by key number is the oracle; 0 means absent. */
static void random_puts_and_removes_equal_an_array(void **state)
{
	(void)state;
	uint32_t model[MODEL_KEYS] = { 0 };
	rng_t rng = rng_of(5);
	table_t *t = table_new(sizeof(uint32_t), MODEL_KEYS, 77);
	for (uint32_t step = 1; step <= MODEL_STEPS; step++) {
		char key[16];
		size_t n = (size_t)rng_below(&rng, MODEL_KEYS);
		snprintf(key, sizeof(key), "%zu", n);
		uint32_t *found = table_get(t, slice_str(key));
		assert_int_equal(found ? *found : 0, model[n]);
		if (rng_below(&rng, 2)) {
			bool fresh;
			*put(t, key, &fresh) = step;
			assert_true(fresh == (model[n] == 0));
			model[n] = step;
		} else {
			assert_true(table_remove(t, slice_str(key)) == (model[n] != 0));
			model[n] = 0;
		}
		if (step % 1000 == 0)
			assert_equals_model(t, model);
	}
	table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put_makes_a_zeroed_value_once),
		cmocka_unit_test(keys_are_copied),
		cmocka_unit_test(the_limit_refuses_new_keys_only),
		cmocka_unit_test(values_are_aligned_for_any_type),
		cmocka_unit_test(random_puts_and_removes_equal_an_array),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
