/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/metrics.h"

static const metric_row_t ROWS[] = {
	{ "resolutions_total", "Names asked for.", METRIC_COUNTER },
	{ "records", "Records held now.", METRIC_GAUGE },
};

static void print_gives_help_type_and_value(void **state)
{
	(void)state;
	metrics_t m;
	char buf[512];
	writer_t w = writer_of(buf, sizeof(buf));
	metrics_init(&m, ROWS, 2);
	metric_add(&m, 0, 2);
	metric_add(&m, 0, 3);
	metric_set(&m, 1, -7);
	assert_int_equal(metric_get(&m, 0), 5);
	metrics_print(&m, "jizhu_", &w);
	static const char expected[] = "# HELP jizhu_resolutions_total Names asked for.\n"
				       "# TYPE jizhu_resolutions_total counter\n"
				       "jizhu_resolutions_total 5\n"
				       "# HELP jizhu_records Records held now.\n"
				       "# TYPE jizhu_records gauge\n"
				       "jizhu_records -7\n";
	assert_true(slice_eq(writer_done(&w), slice_str(expected)));
}

static void print_into_a_short_buffer_is_bad(void **state)
{
	(void)state;
	metrics_t m;
	char buf[40];
	writer_t w = writer_of(buf, sizeof(buf));
	metrics_init(&m, ROWS, 2);
	metrics_print(&m, "jizhu_", &w);
	assert_true(w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(print_gives_help_type_and_value),
		cmocka_unit_test(print_into_a_short_buffer_is_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
