/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "batch/samples.h"

enum { LOG = 4096 };

/* What came of a table: "POINT=NS:VALUE/QUALITY@LINE " for each sample, "!WHERE " for each
 * refusal. */
typedef struct {
	char text[LOG];
	writer_t w;
	err_detail_t last;
} log_t;

static err_t on_row(void *ctx, const samples_row_t *row, err_detail_t *ret_detail)
{
	log_t *log = ctx;
	char value[64];
	(void)ret_detail;
	wr_bytes(&log->w, row->point);
	wr_format(&log->w, "=%lld:%s/%d@%d ", (long long)row->ns,
	          value_format(&row->value, value, sizeof(value)), (int)row->quality,
	          (int)row->line);
	return ERR_OK;
}

static err_t on_refused(void *ctx, err_t err, const err_detail_t *detail)
{
	log_t *log = ctx;
	assert_int_equal(err, ERR_INVALID);
	log->last = *detail;
	wr_format(&log->w, "!%s ", detail->where);
	return ERR_OK;
}

/* Europe/Berlin around the autumn of 2026, as seconds say: two hours ahead, then one. */
static samples_clock_t by_clock(void *ctx, int64_t local_s, int64_t *ret_utc_s)
{
	static const int64_t back_utc_s = 1792890000, forward_utc_s = 1774746000;
	(void)ctx;
	bool is_summer = local_s - 7200 >= forward_utc_s && local_s - 7200 < back_utc_s;
	bool is_winter = local_s - 3600 < forward_utc_s || local_s - 3600 >= back_utc_s;
	*ret_utc_s = local_s - (is_summer ? 7200 : 3600);
	return is_summer && is_winter   ? SAMPLES_TWICE
	       : is_summer || is_winter ? SAMPLES_ONCE
	                                : SAMPLES_NEVER;
}

static err_t run(const samples_spec_t *options, const char *table, log_t *log)
{
	samples_spec_t spec = *options;
	samples_t *samples = NULL;
	err_detail_t detail = { 0 };
	slice_t rest = slice_str(table);
	*log = (log_t){ 0 };
	log->w = writer_of(log->text, LOG - 1);
	spec.file = "f";
	spec.row = on_row;
	spec.refused = on_refused;
	spec.ctx = log;
	assert_int_equal(samples_new(&spec, &samples), ERR_OK);
	err_t err = ERR_OK;
	while (!err && rest.len)
		err = samples_line(samples, slice_cut(&rest, '\n'), &detail);
	if (!err)
		err = samples_end(samples, &detail);
	samples_free(samples);
	if (err)
		log->last = detail;
	assert_false(log->w.bad);
	return err;
}

static void assert_table(const samples_spec_t *options, const char *table, const char *wanted)
{
	log_t log;
	assert_int_equal(run(options, table, &log), ERR_OK);
	assert_string_equal(log.text, wanted);
}

static const samples_spec_t plain;

static void a_wide_table_has_a_point_a_column(void **state)
{
	(void)state;
	assert_table(&plain,
	             "\xEF\xBB\xBFtime,\"炉,1\",door\r\n2023-11-14T22:13:20.000000001Z,1.5,true\r\n"
	             "2023-11-14T22:13:21+00:00,,false\r\n\r\n",
	             "炉,1=1700000000000000001:1.5/0@2 door=1700000000000000001:true/0@2 "
	             "door=1700000001000000000:false/0@3 ");
	assert_table(&plain, ",a\n1700000000,1\n", "a=1700000000000000000:1/0@2 ");
}

static void narrow_tables_are_known_by_the_names_of_their_columns(void **state)
{
	(void)state;
	assert_table(&plain, "point,time,value\na,1700000000,1.25e2\nb,1700000000,\n",
	             "a=1700000000000000000:125/0@2 ");
	assert_table(
		&plain,
		"tag,timestamp,value,status\nFRM1.V,01-Jan-24 08:00:00Z,Bad Input,-254\n"
		"FRM1.V,01-Jan-2024 08:00:01Z,3,0\nFRM1.V,01-Jan-24 08:00:02Z,4,Questionable\n",
		"FRM1.V=1704096000000000000:/7@2 FRM1.V=1704096001000000000:3/0@3 "
		"FRM1.V=1704096002000000000:4/3@4 ");
	assert_table(&plain,
	             "DateTime,TagName,Value,OPCQuality\n2024-01-01 08:00:00Z,T,3,192\n"
	             "2024-01-01 08:00:01Z,T,,8\n2024-01-01 08:00:02Z,T,4,84\n",
	             "T=1704096000000000000:3/0@2 T=1704096001000000000:/4@3 "
	             "T=1704096002000000000:4/2@4 ");
}

static void a_form_that_is_named_needs_no_names_of_columns(void **state)
{
	(void)state;
	static const struct {
		samples_form_t form;
		const char *table, *wanted;
	} rows[] = {
		{ SAMPLES_WIDE, "Zeit,a\n1700000000,1\n", "a=1700000000000000000:1/0@2 " },
		{ SAMPLES_NARROW, "x,y,z\na,1700000000,1\n", "a=1700000000000000000:1/0@2 " },
		{ SAMPLES_PI, "x,y,z,q\na,1700000000,1,0\n", "a=1700000000000000000:1/0@2 " },
		{ SAMPLES_AVEVA, "x,y,z,q\n1700000000,a,1,0\n", "a=1700000000000000000:1/7@2 " },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_table(&(samples_spec_t){ .form = rows[i].form }, rows[i].table,
		             rows[i].wanted);
}

static void semicolons_and_decimal_commas_are_read_together(void **state)
{
	(void)state;
	assert_table(&(samples_spec_t){ .has_decimal_comma = true },
	             "time;a;b\n1700000000;1,5;-2,5e1\n",
	             "a=1700000000000000000:1.5/0@2 b=1700000000000000000:-25/0@2 ");
	assert_table(&plain, "time\ta\n1700000000\t7\n", "a=1700000000000000000:7/0@2 ");
}

static void a_quoted_cell_may_hold_separators_quotes_and_line_ends(void **state)
{
	(void)state;
	assert_table(&plain,
	             "point,time,value\n\"a{l=\"\"x,\ny\"\"}\",1700000000,1\nb,1700000000,2\n",
	             "a{l=\"x,\ny\"}=1700000000000000000:1/0@2 b=1700000000000000000:2/0@4 ");
}

static void assert_time(const samples_spec_t *spec, const char *cell, int64_t wanted)
{
	int64_t ns = 0;
	assert_int_equal(samples_time_read(spec, slice_str(cell), &ns), SAMPLES_TIME_OK);
	assert_int_equal(ns, wanted);
}

static void times_are_read_as_exports_write_them(void **state)
{
	(void)state;
	static const int64_t day = INT64_C(1704067200) * NS_PER_S; /* 2024-01-01 */
	static const struct {
		samples_time_t time;
		const char *cell;
		int64_t wanted;
	} rows[] = {
		{ SAMPLES_TIME_ANY, "1704067200", 0 },
		{ SAMPLES_TIME_ANY, "1704067200.25", 250000000 },
		{ SAMPLES_TIME_ANY, "1704067200001", 1000000 },
		{ SAMPLES_TIME_ANY, "1704067200000001", 1000 },
		{ SAMPLES_TIME_ANY, "1704067200000000001", 1 },
		{ SAMPLES_TIME_ANY, "2024-01-01T08:00:00+08:00", 0 },
		{ SAMPLES_TIME_ANY, "2024-01-01 00:00:01.5 UTC", 1500000000 },
		{ SAMPLES_TIME_ANY, "2024/1/1 0:00Z", 0 },
		{ SAMPLES_TIME_ANY, "2023-12-31T19:00:00,5-0500", 500000000 },
		{ SAMPLES_TIME_ANY, "01-January-2024 12:00:00 AM Z", 0 },
		{ SAMPLES_TIME_DMY, "01.01.2024 00:00:02 +00", 2000000000 },
		{ SAMPLES_TIME_MDY, "1/1/24 12:00:03 AM Z", 3000000000 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_time(&(samples_spec_t){ .time = rows[i].time }, rows[i].cell,
		            day + rows[i].wanted);
	assert_time(&(samples_spec_t){ .time = SAMPLES_TIME_MS }, "-1.5", -1500000);
	assert_time(&(samples_spec_t){ .time = SAMPLES_TIME_S }, "7", 7 * NS_PER_S);
}

static void what_could_be_two_times_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *cell;
		samples_time_fault_t wanted;
	} rows[] = {
		{ "02/01/2024 00:00:00Z", SAMPLES_TIME_ORDER },
		{ "20240101", SAMPLES_TIME_BAD },
		{ "2026-10-25 02:30:00", SAMPLES_TIME_TWICE },
		{ "2026-03-29 02:30:00", SAMPLES_TIME_NEVER },
		{ "2026-02-30 00:00:00Z", SAMPLES_TIME_BAD },
		{ "13:00", SAMPLES_TIME_BAD },
		{ "2026-01-01 00:00:00 x", SAMPLES_TIME_BAD },
		{ "", SAMPLES_TIME_BAD },
		{ "99999999999999999999", SAMPLES_TIME_BAD },
		{ "2026-01-01 13:00 PM Z", SAMPLES_TIME_BAD },
	};
	samples_spec_t spec = { .to_utc = by_clock };
	int64_t ns = 42;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(samples_time_read(&spec, slice_str(rows[i].cell), &ns),
		                 rows[i].wanted);
	assert_int_equal(samples_time_read(&plain, SLICE("2026-01-01 00:00"), &ns),
	                 SAMPLES_TIME_LOCAL);
	assert_int_equal(ns, 42);
	assert_time(&spec, "2026-07-01 02:00:00", INT64_C(1782864000) * NS_PER_S);
}

static void what_is_wrong_is_told_by_line_and_the_rest_is_read(void **state)
{
	(void)state;
	log_t log;
	assert_int_equal(run(&plain,
	                     "time,a,b\n1700000000,x,1\n?,1,1\n1700000001,1,2,3\n"
	                     "1700000002,\"1\"2,3\n1700000003,\xff,3\n1700000004,4,5\n",
	                     &log),
	                 ERR_OK);
	assert_string_equal(log.text, "!f:2 b=1700000000000000000:1/0@2 !f:3 !f:4 !f:5 !f:6 "
	                              "a=1700000004000000000:4/0@7 b=1700000004000000000:5/0@7 ");
	assert_int_equal(run(&plain, "point,time,value,quality\na,1700000000,1,nice\n", &log),
	                 ERR_OK);
	assert_string_equal(log.text, "!f:2 ");
	assert_string_equal(log.last.arg[0], "nice");
}

static void a_table_without_names_of_columns_is_refused(void **state)
{
	(void)state;
	static const char *const tables[] = { "", "a,b\n1,2\n", "time\n1\n", "point,value\na,1\n" };
	log_t log;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(run(&plain, tables[i], &log), ERR_INVALID);
	assert_int_equal(run(&plain, "time,a\n\"1700000000,1\n", &log), ERR_OK);
	assert_string_equal(log.text, "!f:2 ");
}

static void what_is_not_a_number_is_kept_as_it_is(void **state)
{
	(void)state;
	assert_table(&plain, "time,a,b,c\n1700000000,NaN,-inf,1.7976931348623157e308\n",
	             "a=1700000000000000000:nan/0@2 b=1700000000000000000:-inf/0@2 "
	             "c=1700000000000000000:1.7976931348623157e+308/0@2 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wide_table_has_a_point_a_column),
		cmocka_unit_test(narrow_tables_are_known_by_the_names_of_their_columns),
		cmocka_unit_test(a_form_that_is_named_needs_no_names_of_columns),
		cmocka_unit_test(semicolons_and_decimal_commas_are_read_together),
		cmocka_unit_test(a_quoted_cell_may_hold_separators_quotes_and_line_ends),
		cmocka_unit_test(times_are_read_as_exports_write_them),
		cmocka_unit_test(what_could_be_two_times_is_refused),
		cmocka_unit_test(what_is_wrong_is_told_by_line_and_the_rest_is_read),
		cmocka_unit_test(a_table_without_names_of_columns_is_refused),
		cmocka_unit_test(what_is_not_a_number_is_kept_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
