/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about history over HTTP: FRM1.V is read once a second and is 3.6. */
#include "api/room_test.h"

#include "base/num.h"
#include "model/sample_stream.h"

#define START_MS "1700000000000"

static int query(room_t *room, const char *body)
{
	return ask(room, HTTP_POST, "/api/v1/query", body);
}

static void buckets_of_several_points_come_in_one_answer(void **state)
{
	room_t *room = *state;
	pass(room, 12 * NS_PER_S);
	assert_int_equal(query(room,
	                       "{\"points\":[\"FRM1.V\",2],\"aggregates\":[\"mean\",\"Count\"],"
	                       "\"from_ms\":" START_MS ",\"to_ms\":1700000010000,"
	                       "\"step\":\"5s\"}"),
	                 200);
	assert_true(has(room, "{\"mode\":\"aggregate\",\"columns\":[\"t_ms\",\"Average\","
	                      "\"Average.status\",\"Count\",\"Count.status\",\"coverage\","
	                      "\"percent_good\",\"gap_ms\",\"late\",\"stale_ms\"],\"items\":[{"
	                      "\"point\":\"FRM1.V\",\"unit\":\"V\",\"id\":1,\"rows\":[[" START_MS
	                      ",3.6,1025,"));
	assert_true(has(room, "\"point\":\"FRM1.V_SET\""));
	assert_true(has(room, "[1700000005000,3.6,1025,5,1025,1,100,"));
	assert_true(has(room, "],\"truncated\":false,\"exact\":true}]}"));
}

static void rows_come_as_csv_when_asked_for(void **state)
{
	room_t *room = *state;
	static const http_header_t headers[] = { { "Accept", "text/csv" }, { NULL, NULL } };
	twin_http_ask_t csv = { .method = HTTP_POST,
		                .path = "/api/v1/query",
		                .token = room->token,
		                .headers = headers,
		                .body = SLICE("{\"points\":\"*\",\"mode\":\"raw\",\"limit\":1,"
		                              "\"from_ms\":" START_MS "}") };
	pass(room, 3 * NS_PER_S);
	assert_int_equal(ask_as(room, &csv), 200);
	assert_true(has(room, "point,t_ms,value,status\r\nFRM1.V,17000000"));
	assert_true(has(room, ",3.6,1024\r\nFRM1.V_SET,"));
}

static void raw_samples_come_with_every_bit_when_asked_for(void **state)
{
	room_t *room = *state;
	static const http_header_t headers[] = { { "Accept", "application/vnd.jizhu.history" },
		                                 { NULL, NULL } };
	twin_http_ask_t stream = { .method = HTTP_POST,
		                   .path = "/api/v1/query",
		                   .token = room->token,
		                   .headers = headers,
		                   .body = SLICE("{\"points\":[1,2],\"mode\":\"raw\","
		                                 "\"limit\":2,\"from_ms\":" START_MS "}") };
	sample_stream_record_t record = { .kind = SAMPLE_STREAM_POINT };
	size_t rows = 0, points = 0, more = 0;
	pass(room, 4 * NS_PER_S);
	assert_int_equal(ask_as(room, &stream), 200);
	reader_t r = reader_of(room->answer.body);
	sample_stream_head_read(&r);
	while (sample_stream_next(&r, &record) && record.kind != SAMPLE_STREAM_LAST) {
		points += record.kind == SAMPLE_STREAM_POINT;
		more += record.kind == SAMPLE_STREAM_MORE;
		if (record.kind != SAMPLE_STREAM_ROW)
			continue;
		rows++;
		assert_true(record.sample.node.ns >= START_NS);
		assert_int_equal(record.sample.quality, QUALITY_OK);
	}
	assert_int_equal(record.kind, SAMPLE_STREAM_LAST);
	assert_int_equal(points, 2);
	assert_int_equal(rows, 4);
	assert_int_equal(more, 2);
	stream.body = SLICE("{\"points\":[1],\"mode\":\"delta\"}");
	assert_int_equal(ask_as(room, &stream), 501);
}

static void every_mode_answers(void **state)
{
	room_t *room = *state;
	static const struct {
		const char *members, *wanted;
	} modes[] = {
		{ "\"mode\":\"raw\",\"bounds\":\"interpolated\",\"limit\":2",
		  "\"truncated\":true" },
		{ "\"mode\":\"at\",\"times\":[1700000003500,\"2023-11-14T22:13:22Z\"]",
		  "\"rows\":[[1700000002000,3.6," },
		{ "\"mode\":\"interpolated\",\"step\":\"2s\"", "[1700000004000,3.6,1026]" },
		{ "\"mode\":\"cyclic\",\"step\":\"2s\",\"time_unit\":\"ns\"",
		  "[1700000004000000000,3.6,1026]" },
		{ "\"mode\":\"plot\",\"pixels\":2", ",3.6,1024]" },
		{ "\"mode\":\"delta\",\"deadband\":0.1", ",3.6,1024]],\"truncated\":false" },
		{ "\"mode\":\"states\"", "3.6," },
		{ "\"mode\":\"histogram\",\"classes\":[3,3.6,4]", "\"below\",\"from 3\"" },
		{ "\"mode\":\"last\"", "\"rows\":[[\"FRM1.V\",17000000" },
		{ "\"aggregates\":\"p50\"", "\"p50\",\"p50.status\"" },
		{ "\"aggregates\":\"MinimumActualTime\",\"completeness\":false",
		  "\"MinimumActualTime.status\",\"MinimumActualTime.t\"]" },
		{ "\"aggregates\":\"Count\",\"explain\":true,\"summaries\":false",
		  "\"explain\":{\"calls\":" },
	};
	pass(room, 8 * NS_PER_S);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		char body[400];
		snprintf(body, sizeof(body),
		         "{\"points\":[\"FRM1.V\"],\"from_ms\":" START_MS
		         ",\"to_ms\":1700000006000,%s}",
		         modes[i].members);
		assert_int_equal(query(room, body), 200);
		if (!has(room, modes[i].wanted))
			print_error("%s\n%.*s\n", body, (int)room->answer.body.len,
			            (const char *)room->answer.body.ptr);
		assert_true(has(room, modes[i].wanted));
	}
}

/* A sample a minute of point 7, which no configuration knows, for two days from the third day
 * before the start, flat but for a jitter; what is older than a day is thinned. */
static void put_old(room_t *room)
{
	static sample_rows_t rows;
	sample_sink_t sink = historian_sink(room->historian);
	uint64_t seq;
	rows.count = 0;
	for (int64_t i = 0; i < INT64_C(2 * 24 * 60); i++) {
		int64_t ns = START_NS - 3 * 86400 * NS_PER_S + i * 60 * NS_PER_S;
		sample_t sample = { .point = 7,
			            .source = { ns },
			            .node = { ns },
			            .value = value_f64(5 + (double)(i % 2) / 4),
			            .quality = QUALITY_OK };
		assert_true(sample_rows_add(&rows, &sample));
	}
	sample_batch_t batch = sample_rows_batch(&rows);
	OK(sink.append(sink.ctx, &batch, DURABLE_LOCAL, &seq));
	pass(room, 3 * NS_PER_S);
	historian_thin(room->historian, true);
	OK(historian_merge(room->historian));
	assert_true(historian_is_thinned(room->historian));
}

#define OLD_FROM "\"points\":[7],\"from_ms\":1699750800000,\"to_ms\":"

static void answers_say_whether_they_are_exact(void **state)
{
	room_t *room = *state;
	static const struct {
		const char *members, *wanted;
	} asks[] = {
		/* Half an hour of a block, and the whole days before the start. */
		{ OLD_FROM "1699752600000,\"aggregates\":\"mean\",\"completeness\":false",
		  ",0.5036656891495603]],\"truncated\":false,\"exact\":false" },
		{ OLD_FROM "1699752600000,\"aggregates\":\"Count\",\"completeness\":false",
		  ",\"approximate\"]],\"truncated\":false,\"exact\":false" },
		{ OLD_FROM "1699752600000,\"aggregates\":\"Count\"", ",\"late\",\"stale_ms\","
		                                                     "\"thinned\"]" },
		{ "\"points\":[7],\"from_ms\":1699660800000,\"to_ms\":1699999999000,"
		  "\"aggregates\":\"Count\",\"completeness\":false",
		  ",2880,1029,0]],\"truncated\":false,\"exact\":true" },
		{ OLD_FROM "1699752600000,\"mode\":\"interpolated\",\"step\":\"10m\"",
		  "\"columns\":[\"t_ms\",\"value\",\"status\",\"bound\"]" },
		{ OLD_FROM "1699752600000,\"mode\":\"interpolated\",\"step\":\"10m\"",
		  ",1026,0.5]]" },
		{ OLD_FROM "1699752600000,\"mode\":\"states\"", ",\"approximate\"]" },
		{ OLD_FROM "1699752600000,\"mode\":\"histogram\",\"classes\":[5]",
		  ",\"approximate\"]" },
	};
	put_old(room);
	for (size_t i = 0; i < sizeof(asks) / sizeof(*asks); i++) {
		char body[400];
		snprintf(body, sizeof(body), "{%s}", asks[i].members);
		assert_int_equal(query(room, body), 200);
		if (!has(room, asks[i].wanted))
			fail_msg("%s\n%.*s", body, (int)room->answer.body.len,
			         (const char *)room->answer.body.ptr);
	}
}

static void days_and_shifts_are_of_the_zone(void **state)
{
	room_t *room = *state;
	pass(room, 3 * NS_PER_S);
	assert_int_equal(query(room, "{\"points\":[1],\"aggregates\":\"Count\",\"step\":\"1d\","
	                             "\"zone\":\"Asia/Shanghai\"}"),
	                 200);
	/* Midnight of the 15th in Shanghai. */
	assert_true(has(room, "\"rows\":[[1699977600000,"));
	assert_int_equal(query(room, "{\"points\":[1],\"aggregates\":\"Count\",\"step\":\"shift\","
	                             "\"shifts\":[{\"name\":\"early\",\"start\":\"06:00\"},"
	                             "{\"name\":\"late\",\"start\":\"18:00\"}],"
	                             "\"zone\":\"Asia/Shanghai\"}"),
	                 200);
	assert_true(has(room, "\"shift\"]"));
	assert_true(has(room, "\"early\"]"));
}

static void questions_that_make_no_sense_are_refused_by_member(void **state)
{
	room_t *room = *state;
	static const struct {
		const char *body, *said;
		int status;
	} rows[] = {
		{ "{\"points\":[\"FRM9.X\"]}", "FRM9.X", 404 },
		{ "{\"points\":[]}", "points", 422 },
		{ "{\"points\":[1],\"aggregates\":\"Median\"}", "Median", 422 },
		{ "{\"points\":[1],\"aggregates\":\"p101\"}", "p101", 422 },
		{ "{\"points\":[1],\"agregates\":\"Count\"}", "agregates", 422 },
		{ "{\"points\":[1]}", "aggregates", 422 },
		{ "{\"points\":[1],\"mode\":\"at\"}", "times", 422 },
		{ "{\"points\":[1],\"mode\":\"raw\",\"from_ms\":5,\"to_ms\":5}", "from_ms", 422 },
		{ "{\"points\":[1],\"aggregates\":\"Count\",\"zone\":\"../etc\"}", "../etc", 422 },
		{ "{\"points\":[1],\"aggregates\":\"Count\",\"percent_bad\":10,\"percent_good\":"
		  "10}",
		  "percent_good", 422 },
		{ "{\"points\":[1],\"aggregates\":\"Count\",\"step\":\"1ms\",\"from_ms\":0}",
		  "from_ms", 422 },
		{ "[1]", "points", 422 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(query(room, rows[i].body), rows[i].status);
		assert_true(has(room, rows[i].said));
	}
}

static void points_are_found_by_labels_and_by_their_text(void **state)
{
	room_t *room = *state;
	pass(room, 2 * NS_PER_S);
	assert_int_equal(query(room, "{\"mode\":\"last\",\"match\":[{\"label\":\"point\","
	                             "\"op\":\"=~\",\"value\":\"V.*\"}]}"),
	                 200);
	assert_true(has(room, "[\"FRM1.V\",17000000"));
	assert_true(has(room, "[\"FRM1.V_SET\",17000000"));
	assert_int_equal(query(room, "{\"mode\":\"last\",\"match\":[{\"label\":\"point\","
	                             "\"value\":\"V\"}]}"),
	                 200);
	assert_false(slice_has(room->answer.body, "V_SET"));
	static const struct {
		const char *match;
		int status;
	} rows[] = {
		{ "[{\"label\":\"point\",\"op\":\"=~\",\"value\":\"(\"}]", 422 },
		{ "[{\"label\":\"point\",\"value\":\"none\"}]", 404 },
		{ "[{\"label\":\"point\",\"op\":\"<\",\"value\":\"V\"}]", 422 },
		{ "[]", 422 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char body[200];
		snprintf(body, sizeof(body), "{\"mode\":\"last\",\"match\":%s}", rows[i].match);
		assert_int_equal(query(room, body), rows[i].status);
	}
}

/* A sample of point 7, which no configuration knows, a second after the one before. */
static void put_sample(room_t *room, int64_t at_s, double number, quality_t quality)
{
	point_id_t point = 7;
	int64_t ns = START_NS + at_s * NS_PER_S;
	value_t value = value_f64(number);
	uint64_t bits = value_bits(&value), seq;
	uint8_t type = VALUE_F64, byte = (uint8_t)quality;
	sample_batch_t batch = { .count = 1,
		                 .point = &point,
		                 .source_ns = &ns,
		                 .node_ns = &ns,
		                 .type = &type,
		                 .bits = &bits,
		                 .quality = &byte };
	sample_sink_t sink = historian_sink(room->historian);
	OK(sink.append(sink.ctx, &batch, DURABLE_LOCAL, &seq));
}

static void lines_go_over_bad_samples_and_say_so(void **state)
{
	room_t *room = *state;
	for (int64_t s = 0; s < 10; s++)
		put_sample(room, s, (double)(10 * s),
		           s >= 3 && s < 7 ? QUALITY_TIMEOUT : QUALITY_OK);
	pass(room, 12 * NS_PER_S);
	assert_int_equal(query(room, "{\"points\":[7],\"from_ms\":1700000003500,"
	                             "\"to_ms\":1700000005500,\"step\":\"1s\","
	                             "\"aggregates\":[\"TimeAverage\",\"Count\"],"
	                             "\"completeness\":false}"),
	                 200);
	/* Uncertain and calculated; none of the samples is good. */
	assert_true(has(room, "\"rows\":[[1700000003500,40,1084490753,0,2147484673],"
	                      "[1700000004500,50,1084490753,0,2147484673]]"));
}

static void aggregates_are_listed_by_name_and_node(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, "/api/v1/aggregates"), 200);
	assert_true(
		has(room, "{\"name\":\"TimeAverage2\",\"alias\":\"time_mean\",\"node\":11285}"));
	assert_true(has(room, "{\"name\":\"Resets\"}"));
}

/* The simulated clock stands still in a turn: every question lasts nothing. */
static void take_all_as_slow(room_t *room, api_spec_t *spec)
{
	(void)room;
	spec->slow_query_ns = -1;
}

static int open_slow(void **state)
{
	return room_open_with(state, take_all_as_slow);
}

static void slow_questions_are_noted_newest_first(void **state)
{
	room_t *room = *state;
	pass(room, 2 * NS_PER_S);
	assert_int_equal(get(room, "/api/v1/query/slow"), 200);
	assert_true(body_is(room, "{\"items\":[]}"));
	for (int i = 0; i < 70; i++)
		assert_int_equal(query(room, "{\"points\":[1,2],\"mode\":\"last\"}"), 200);
	assert_int_equal(query(room, "{\"points\":[\"FRM1.V\"],\"mode\":\"raw\"}"), 200);
	assert_int_equal(get(room, "/api/v1/query/slow"), 200);
	assert_true(has(room, "\"mode\":\"raw\",\"points\":1,\"first_point\":\"FRM1.V\","));
	assert_true(has(room, "\"outcome\":\"ok\",\"explain\":{\"calls\":"));
	assert_true(has(room, "\"mode\":\"last\",\"points\":2"));
	assert_int_equal(get(room, "/metrics"), 200);
	assert_true(has(room, "queries_slow_total 71"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(buckets_of_several_points_come_in_one_answer),
		TEST(rows_come_as_csv_when_asked_for),
		TEST(raw_samples_come_with_every_bit_when_asked_for),
		TEST(every_mode_answers),
		TEST(answers_say_whether_they_are_exact),
		TEST(days_and_shifts_are_of_the_zone),
		TEST(questions_that_make_no_sense_are_refused_by_member),
		TEST(points_are_found_by_labels_and_by_their_text),
		TEST(lines_go_over_bad_samples_and_say_so),
		TEST(aggregates_are_listed_by_name_and_node),
		cmocka_unit_test_setup_teardown(slow_questions_are_noted_newest_first, open_slow,
		                                room_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
