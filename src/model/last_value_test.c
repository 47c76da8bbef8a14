/* SPDX-License-Identifier: Apache-2.0 */
/* The newest value of a point, also while another thread writes it. */
#include "model/last_value.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { PUTS = 200000 };

static sample_t sample_at(point_id_t point, int64_t n)
{
	return (sample_t){ .point = point,
		           .source = { n },
		           .node = { n },
		           .value = value_i64(n),
		           .quality = QUALITY_OK };
}

static void a_point_has_no_value_before_its_first(void **state)
{
	(void)state;
	last_value_t *table = last_value_new(4);
	sample_t put = sample_at(4, 7), got;
	assert_false(last_value_get(table, 4, &got));
	last_value_put(table, &put);
	assert_true(last_value_get(table, 4, &got));
	assert_int_equal(got.point, 4);
	assert_int_equal(got.value.as.i, 7);
	assert_false(last_value_get(table, 3, &got));
	last_value_free(table);
}

static void ids_outside_the_table_are_not_kept(void **state)
{
	(void)state;
	last_value_t *table = last_value_new(4);
	sample_t none = sample_at(0, 1), over = sample_at(5, 1), got;
	last_value_put(table, &none);
	last_value_put(table, &over);
	assert_false(last_value_get(table, 0, &got));
	assert_false(last_value_get(table, 5, &got));
	last_value_free(table);
	last_value_free(NULL);
	assert_null(last_value_new(SIZE_MAX / 8));
}

static void older_samples_are_ignored_and_equal_times_replace(void **state)
{
	(void)state;
	last_value_t *table = last_value_new(1);
	sample_t first = sample_at(1, 10), older = sample_at(1, 9), same = sample_at(1, 10), got;
	same.value = value_f64(2.5);
	same.quality = QUALITY_STALE;
	last_value_put(table, &first);
	last_value_put(table, &older);
	assert_true(last_value_get(table, 1, &got));
	assert_int_equal(got.source.ns, 10);
	last_value_put(table, &same);
	assert_true(last_value_get(table, 1, &got));
	assert_true(value_eq(&got.value, &same.value));
	assert_int_equal(got.quality, QUALITY_STALE);
	last_value_free(table);
}

static void *write_many(void *ctx)
{
	last_value_t *table = ctx;
	for (int64_t n = 1; n <= PUTS; n++) {
		sample_t sample = sample_at(1, n);
		last_value_put(table, &sample);
	}
	return NULL;
}

static void a_reader_never_sees_half_a_put(void **state)
{
	(void)state;
	last_value_t *table = last_value_new(1);
	pthread_t writer;
	assert_int_equal(pthread_create(&writer, NULL, write_many, table), 0);
	sample_t got = { 0 };
	int64_t before = 0;
	while (got.source.ns < PUTS) {
		if (!last_value_get(table, 1, &got))
			continue;
		assert_int_equal(got.node.ns, got.source.ns);
		assert_int_equal(got.value.as.i, got.source.ns);
		assert_true(got.source.ns >= before);
		before = got.source.ns;
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	last_value_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_point_has_no_value_before_its_first),
		cmocka_unit_test(ids_outside_the_table_are_not_kept),
		cmocka_unit_test(older_samples_are_ignored_and_equal_times_replace),
		cmocka_unit_test(a_reader_never_sees_half_a_put),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
