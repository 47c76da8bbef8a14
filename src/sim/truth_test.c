/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const sim_truth_t WRITE = {
	.kind = SIM_WRITE,
	.utc_ns = INT64_C(1764041400123456789),
	.end_ns = INT64_C(1764041400223456789),
	.client = { { 127, 0, 9, 66 }, 4 },
	.server = { { 127, 0, 1, 12 }, 4 },
	.point = "FRM2.V_SET",
	.old_value = 4.15,
	.new_value = 4.87,
};

static void assert_same(const sim_truth_t *a, const sim_truth_t *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_true(a->utc_ns == b->utc_ns && a->end_ns == b->end_ns);
	assert_true(ip_eq(a->client, b->client) && ip_eq(a->server, b->server));
	assert_string_equal(a->point, b->point);
	assert_true(a->old_value == b->old_value && a->new_value == b->new_value);
}

static void truth_round_trips_as_json_lines(void **state)
{
	(void)state;
	sim_truth_t acts[3] = { WRITE, WRITE, WRITE }, got[3];
	acts[0].kind = SIM_SWEEP;
	acts[1].kind = SIM_WALK;
	acts[0].point[0] = acts[1].point[0] = '\0';
	acts[0].old_value = acts[0].new_value = 0;
	char buf[2048];
	writer_t w = writer_of(buf, sizeof(buf));
	for (size_t i = 0; i < 3; i++)
		sim_truth_json(&acts[i], &w);
	assert_false(w.bad);
	size_t count = 0;
	assert_int_equal(sim_truth_parse(writer_done(&w), got, 3, &count), ERR_OK);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_same(&acts[i], &got[i]);
	assert_int_equal(sim_truth_parse(writer_done(&w), got, 2, &count), ERR_TOO_BIG);
}

static void members_come_in_any_order_with_blanks(void **state)
{
	(void)state;
	sim_truth_t got;
	size_t count = 0;
	slice_t line = SLICE("\r\n { \"new\" : 4.87, \"old\": 4.15,\"point\":\"FRM2.V_SET\" ,"
	                     "\"server\":\"127.0.1.12\", \"client\":\"127.0.9.66\","
	                     "\"end_ns\":1764041400223456789, \"utc_ns\":1764041400123456789,"
	                     "\"kind\":\"write\" } \r\n\n");
	assert_int_equal(sim_truth_parse(line, &got, 1, &count), ERR_OK);
	assert_int_equal(count, 1);
	assert_same(&WRITE, &got);
}

static void every_cut_line_is_refused(void **state)
{
	(void)state;
	char buf[512];
	writer_t w = writer_of(buf, sizeof(buf));
	sim_truth_json(&WRITE, &w);
	slice_t whole = writer_done(&w);
	for (size_t len = 1; len < whole.len - 1; len++) {
		sim_truth_t got;
		size_t count = 99;
		err_t err = sim_truth_parse(slice_sub(whole, 0, len), &got, 1, &count);
		assert_int_not_equal(err, ERR_OK);
		assert_int_equal(count, 99);
	}
}

#define HEAD "{\"kind\":\"walk\",\"utc_ns\":1,\"end_ns\":2,\"client\":\"127.0.9.66\",\"server\":"
#define TAIL ",\"point\":\"\",\"old\":0,\"new\":0"

static void what_is_not_a_truth_is_refused(void **state)
{
	(void)state;
	static const char *const BAD[] = {
		"[]",
		"{}",
		"null",
		HEAD "\"127.0.1.12\"" TAIL "} x",
		HEAD "\"127.0.1.12\"" TAIL ",\"old\":0}",
		HEAD "\"127.0.1.12\"" TAIL ",\"more\":0}",
		HEAD "\"nowhere\"" TAIL "}",
		HEAD "17" TAIL "}",
		HEAD "\"\\u0031\"" TAIL "}",
		"{\"kind\":\"nap\",\"utc_ns\":1}",
	};
	sim_truth_t got;
	size_t count;
	slice_t good = slice_str(HEAD "\"127.0.1.12\"" TAIL "}");
	assert_int_equal(sim_truth_parse(good, &got, 1, &count), ERR_OK);
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		assert_int_not_equal(sim_truth_parse(slice_str(BAD[i]), &got, 1, &count), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_round_trips_as_json_lines),
		cmocka_unit_test(members_come_in_any_order_with_blanks),
		cmocka_unit_test(every_cut_line_is_refused),
		cmocka_unit_test(what_is_not_a_truth_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
