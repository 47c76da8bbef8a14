/* SPDX-License-Identifier: Apache-2.0 */
#include "series/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { HEADS = 3000, FIELDS = 12 };

static slice_t name(char *buf, const char *kind, size_t i)
{
	int len = snprintf(buf, 32, "%s%zu", kind, i);
	return slice_of(buf, (size_t)len);
}

static point_id_t id_of(size_t head, size_t field)
{
	return (point_id_t)(head * FIELDS + field + 1);
}

static void learn(series_cache_t *cache, size_t i)
{
	char buf[32];
	series_head_t *head = series_cache_head(cache, name(buf, "m,dev=d", i));
	assert_non_null(head);
	for (size_t k = 0; k < FIELDS; k++) {
		slice_t field = name(buf, "f", k);
		if (series_cache_get(head, k, field) == 0)
			series_cache_put(cache, head, field, id_of(i, k));
	}
}

static void fields_of_a_head_are_known_in_any_order(void **state)
{
	char buf[32];
	(void)state;
	series_cache_t *cache = series_cache_new(1 << 24, 1);
	for (size_t i = 0; i < HEADS; i++)
		learn(cache, i);
	for (size_t i = 0; i < HEADS; i++) {
		const series_head_t *head = series_cache_head(cache, name(buf, "m,dev=d", i));
		for (size_t k = FIELDS; k-- > 0;)
			assert_int_equal(series_cache_get(head, FIELDS - k, name(buf, "f", k)),
			                 id_of(i, k));
		assert_int_equal(series_cache_get(head, 0, SLICE("f")), 0);
	}
	series_cache_free(cache);
}

static void a_full_cache_forgets_and_goes_on(void **state)
{
	char buf[32];
	(void)state;
	series_cache_t *cache = series_cache_new(1 << 16, 1);
	size_t known = 0;
	for (size_t i = 0; i < HEADS; i++)
		learn(cache, i);
	for (size_t i = 0; i < HEADS; i++) {
		const series_head_t *head = series_cache_head(cache, name(buf, "m,dev=d", i));
		point_id_t id = series_cache_get(head, 0, SLICE("f0"));
		assert_true(id == 0 || id == id_of(i, 0));
		known += id != 0;
	}
	assert_in_range(known, 0, HEADS / 2);
	series_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_a_head_are_known_in_any_order),
		cmocka_unit_test(a_full_cache_forgets_and_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
