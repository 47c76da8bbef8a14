/* SPDX-License-Identifier: Apache-2.0 */
/* Write, be answered, ask at once: no time goes by between the answer and the question. */
#include "api/room_test.h"

#include "api/unseen.h"

enum {
	T = 1600000000,
	TURNS = 40,
	SEEDS = 20,
	SEAL_EACH = 7,
	PADDING = 70 << 10, /* past what the HTTP loop reads itself */
	BATCHES = 400,
	TEXT = 256,
};

static void ask_sql(room_t *room, api_spec_t *spec)
{
	sql_spec_t tables = { .reader = historian_reader(room->historian) };
	OK(sql_open(room->env, &tables, &room->sql));
	spec->sql = room->sql;
}

static int64_t metric(room_t *room, const char *name)
{
	char want[TEXT];
	slice_t text;
	assert_int_equal(get(room, "/metrics"), 200);
	text = room->answer.body;
	(void)snprintf(want, sizeof(want), "\n%s ", name);
	for (size_t i = 0; i + strlen(want) < text.len; i++)
		if (slice_starts(slice_from(text, i), slice_str(want)))
			return strtoll((const char *)&text.ptr[i + strlen(want)], NULL, 10);
	fail_msg("there is no metric %s", name);
	return 0;
}

static slice_t header(const room_t *room, const char *name)
{
	return twin_http_header(&room->answer, name);
}

/* Doors. */

static int put_lines(room_t *room, int turn, bool is_large)
{
	static char body[PADDING + TEXT];
	int len = snprintf(body, TEXT, "m f=%d %d\n", turn, T + turn);
	if (is_large) {
		memset(&body[len], '\n', PADDING);
		len += PADDING;
	}
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = "/write?precision=s",
	                                        .token = room->token,
	                                        .body = slice_of(body, (size_t)len) });
}

static int put_samples(room_t *room, const char *type, const char *body)
{
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = "/api/v1/samples?precision=s",
	                                        .token = room->token,
	                                        .content_type = type,
	                                        .body = slice_str(body) });
}

static int put_table(room_t *room, int turn)
{
	char body[TEXT];
	(void)snprintf(body, sizeof(body), "time,m_f\n%d,%d\n", T + turn, turn);
	return put_samples(room, "text/csv", body);
}

static int put_json(room_t *room, int turn)
{
	char body[TEXT];
	(void)snprintf(body, sizeof(body), "{\"time\":%d,\"series\":\"m_f\",\"value\":%d}",
	               T + turn, turn);
	return put_samples(room, "application/x-ndjson", body);
}

static int put_past(room_t *room, int turn)
{
	char body[TEXT];
	(void)snprintf(body, sizeof(body), "time,FRM1.V\n%d,%d\n", T + turn, turn);
	return put_samples(room, "text/csv", body);
}

/* Questions. */

static void in_samples(room_t *room, int turn)
{
	char path[TEXT], row[TEXT];
	(void)snprintf(path, sizeof(path), "/api/v1/points/m_f/samples?from_ms=%d000&to_ms=%d000",
	               T + turn, T + turn + 1);
	(void)snprintf(row, sizeof(row), "\"items\":[[%d000,%d,", T + turn, turn);
	assert_int_equal(get(room, path), 200);
	assert_true(has(room, row));
}

static void in_query(room_t *room, int turn)
{
	char body[TEXT], row[TEXT];
	(void)snprintf(body, sizeof(body),
	               "{\"points\":[\"m_f\"],\"mode\":\"raw\",\"from_ms\":%d000,\"to_ms\":%d000}",
	               T + turn, T + turn + 1);
	(void)snprintf(row, sizeof(row), "\"rows\":[[%d000,%d,", T + turn, turn);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/query", body), 200);
	assert_true(has(room, row));
}

static void in_promql(room_t *room, int turn)
{
	char path[TEXT], row[TEXT];
	(void)snprintf(path, sizeof(path), "/prometheus/api/v1/query?query=m_f&time=%d", T + turn);
	(void)snprintf(row, sizeof(row), "\"value\":[%d,\"%d\"]", T + turn, turn);
	assert_int_equal(get(room, path), 200);
	assert_true(has(room, row));
}

static void in_sql(room_t *room, int turn, bool is_there)
{
	char body[TEXT], row[TEXT];
	(void)snprintf(body, sizeof(body),
	               "{\"sql\":\"SELECT value FROM samples WHERE point = 'FRM1.V' AND t = "
	               "%d000000000\"}",
	               T + turn);
	(void)snprintf(row, sizeof(row), is_there ? "\"rows\":[[%d]]" : "\"rows\":[]", turn);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/sql", body), 200);
	assert_true(has(room, row));
}

static void delete_past(room_t *room, int turn)
{
	char body[TEXT];
	(void)snprintf(body, sizeof(body),
	               "{\"kind\":\"delete\",\"from_ms\":%d000,\"to_ms\":%d000,\"reason\":"
	               "\"a trial\"}",
	               T + turn, T + turn + 1);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/points/FRM1.V/edits", body), 201);
}

static void write_and_ask(room_t *room, int turn)
{
	static void (*const asks[])(room_t *, int) = { in_samples, in_query, in_promql };
	switch (turn % 5) {
	case 0:
		assert_int_equal(put_lines(room, turn, false), 204);
		break;
	case 1:
		assert_int_equal(put_lines(room, turn, true), 204);
		break;
	case 2:
		assert_int_equal(put_table(room, turn), 204);
		break;
	case 3:
		assert_int_equal(put_json(room, turn), 204);
		break;
	default:
		assert_int_equal(put_past(room, turn), 204);
		in_sql(room, turn, true);
		delete_past(room, turn);
		in_sql(room, turn, false);
		return;
	}
	asks[turn % 3](room, turn);
}

static void what_is_answered_is_in_the_next_answer_through_every_door(void **state)
{
	int64_t awaited = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		(void)room_open_seeded(state, ROOM_LOOPS, ask_sql, seed);
		room_t *room = *state;
		for (int turn = 0; turn < TURNS; turn++) {
			write_and_ask(room, turn);
			assert_true(header(room, "Jizhu-Seen").len == 0);
			if (turn % SEAL_EACH == 0)
				OK(historian_seal(room->historian));
		}
		awaited += metric(room, "jizhu_http_queries_awaited_total");
		assert_int_equal(metric(room, "jizhu_http_queries_behind_total"), 0);
		(void)room_close(state);
	}
	assert_true(awaited > 0);
}

/* Nobody follows. */

static int open_without_followers(void **state)
{
	return room_open_but(state, LOOP_HISTORY);
}

static int ask_patiently(room_t *room, int64_t *ret_took_ns)
{
	twin_http_ask_t question = { .method = HTTP_POST,
		                     .path = "/api/v1/query",
		                     .token = room->token,
		                     .body = SLICE("{\"points\":[\"m_f\"],\"mode\":\"raw\","
		                                   "\"from_ms\":0,\"to_ms\":1700000000000}") };
	int64_t began_ns = env_now(room->env);
	OK(twin_http(room->env, &question, 2 * UNSEEN_WAIT_S * NS_PER_S, &room->answer));
	*ret_took_ns = env_now(room->env) - began_ns;
	return room->answer.status;
}

static void a_question_waits_no_longer_than_its_time(void **state)
{
	room_t *room = *state;
	int64_t took_ns = 0;
	assert_int_equal(put_lines(room, 1, false), 204);
	assert_int_equal(ask_patiently(room, &took_ns), 200);
	assert_true(took_ns >= UNSEEN_WAIT_S * NS_PER_S);
	assert_true(has(room, "\"rows\":[]"));
	assert_true(slice_eq(header(room, "Jizhu-Seen"), SLICE("0")));
	assert_int_equal(metric(room, "jizhu_http_queries_behind_total"), 1);
	assert_int_equal(metric(room, "jizhu_http_queries_waiting"), 0);
}

/* Who asks nothing of the history is not kept waiting by it. */
static void other_questions_do_not_wait(void **state)
{
	room_t *room = *state;
	int64_t began_ns = env_now(room->env);
	assert_int_equal(put_lines(room, 1, false), 204);
	assert_int_equal(get(room, "/api/v1/events"), 200);
	assert_true(env_now(room->env) - began_ns < NS_PER_S);
	assert_int_equal(metric(room, "jizhu_http_queries_awaited_total"), 0);
}

/* Fills the memory table and has its seal fail, on a disk that is full at that moment. */
static void hold_up(room_t *room)
{
	static sample_rows_t rows;
	sample_sink_t sink = historian_sink(room->historian);
	for (int64_t n = 0; n < BATCHES && !metric(room, "jizhu_historian_seal_failures_total");
	     n++) {
		uint64_t seq = 0;
		for (rows.count = 0; rows.count < SAMPLE_ROWS_MAX;)
			assert_true(sample_rows_add(
				&rows, &(sample_t){ .point = 7,
			                            .source = { n * SAMPLE_ROWS_MAX +
			                                        (int64_t)rows.count } }));
		sample_batch_t batch = sample_rows_batch(&rows);
		OK(sink.append(sink.ctx, &batch, DURABLE_LOCAL, &seq));
		while (sink.durable(sink.ctx) < seq && twin_step(room->twin))
			;
		twin_fail_at(room->env, 1, 0, TWIN_DISK_FULL);
		while (sink.seen(sink.ctx) < seq && twin_step(room->twin))
			;
		twin_fail_at(room->env, 0, 0, TWIN_DISK_FULL);
	}
	assert_int_equal(metric(room, "jizhu_historian_seal_failures_total"), 1);
}

static void a_seal_that_is_late_holds_up_neither_writers_nor_questions(void **state)
{
	room_t *room = *state;
	int64_t took_ns = 0;
	hold_up(room);
	int64_t began_ns = env_now(room->env);
	assert_int_equal(put_lines(room, 1, false), 204);
	assert_int_equal(ask_patiently(room, &took_ns), 200);
	assert_true(env_now(room->env) - began_ns < NS_PER_S);
	assert_true(has(room, "\"rows\":[]"));
	assert_true(header(room, "Jizhu-Seen").len > 0);
	assert_int_equal(metric(room, "jizhu_http_queries_behind_total"), 1);
	pass(room, 20 * NS_PER_S);
	assert_int_equal(ask_patiently(room, &took_ns), 200);
	assert_true(has(room, "\"rows\":[[1600000001000,1,"));
	assert_true(header(room, "Jizhu-Seen").len == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_answered_is_in_the_next_answer_through_every_door),
		cmocka_unit_test_setup_teardown(a_question_waits_no_longer_than_its_time,
		                                open_without_followers, room_close),
		cmocka_unit_test_setup_teardown(other_questions_do_not_wait, open_without_followers,
		                                room_close),
		cmocka_unit_test_setup_teardown(
			a_seal_that_is_late_holds_up_neither_writers_nor_questions, room_open,
			room_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
