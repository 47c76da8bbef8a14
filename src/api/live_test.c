/* SPDX-License-Identifier: Apache-2.0 */
/* The event streams. */
#include "api/live.h"
#include "api/room_test.h"

static twin_stream_t *open_stream(room_t *room, const char *path)
{
	twin_stream_t *stream = NULL;
	twin_http_ask_t ask = { .path = path, .token = room->token };
	OK(twin_stream_open(room->env, &ask, NS_PER_S, &room->answer, &stream));
	return stream;
}

static bool told(twin_stream_t *stream, const char *part)
{
	slice_t text = twin_stream_take(stream);
	bool found = slice_has(text, part);
	if (!found)
		print_message("not told: %s\n%.*s\n", part, (int)text.len, (const char *)text.ptr);
	return found;
}

static size_t count_of(slice_t text, const char *part)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += slice_starts(slice_from(text, i), slice_str(part));
	return n;
}

static void a_fresh_stream_is_told_every_value_and_the_node(void **state)
{
	room_t *room = *state;
	twin_stream_t *stream = open_stream(room, "/api/v1/live");
	slice_t text = twin_stream_take(stream);
	assert_true(slice_starts(text, SLICE("event: values\ndata: {\"t_ms\":")));
	assert_true(slice_has(text, "[1,3.6,\"g\","));
	assert_true(slice_has(text, "[2,3.65,\"g\","));
	assert_true(slice_has(text, "event: node\ndata: {\"name\":\"works\""));
	twin_stream_close(stream);
}

static void values_that_did_not_change_are_not_told_again(void **state)
{
	room_t *room = *state;
	twin_stream_t *stream = open_stream(room, "/api/v1/live");
	/* The machine falls silent, so no further sample comes. */
	twin_net_unplug(room->twin, MACHINE_IP, true);
	pass(room, 60 * NS_PER_S);
	assert_true(told(stream, "\"b\","));
	pass(room, 10 * NS_PER_S);
	slice_t text = twin_stream_take(stream);
	assert_int_equal(count_of(text, "event: values"), 0);
	assert_int_equal(count_of(text, "event: node"), 5);
	twin_stream_close(stream);
}

static void values_come_once_a_second(void **state)
{
	room_t *room = *state;
	twin_stream_t *stream = open_stream(room, "/api/v1/live");
	twin_stream_take(stream);
	room->registers[0] = 3700;
	pass(room, 4 * NS_PER_S);
	slice_t text = twin_stream_take(stream);
	assert_true(slice_has(text, "[1,3.7,\"g\","));
	assert_in_range(count_of(text, "event: values"), 3, 5);
	twin_stream_close(stream);
}

static void events_are_told_when_durable_in_the_streams_language(void **state)
{
	room_t *room = *state;
	twin_stream_t *english = open_stream(room, "/api/v1/live");
	twin_stream_t *chinese = open_stream(room, "/api/v1/live?lang=zh");
	event_t event = event_make(MSG_DISK_LOW, (node_time_t){ START_NS });
	OK(event_append(room->journal, &event));
	pass(room, NS_PER_S / 2);
	assert_true(told(english, "\"text\":\"Disk space is low.\""));
	assert_true(told(chinese, "磁盘空间不足"));
	twin_stream_close(english);
	twin_stream_close(chinese);
}

static void the_counts_follow_an_event_of_an_incident_at_once(void **state)
{
	room_t *room = *state;
	twin_stream_t *stream = open_stream(room, "/api/v1/live");
	event_t event = event_make(MSG_INCIDENT_SWEEP, (node_time_t){ START_NS });
	for (uint64_t incident = 0; incident < 2; incident++) {
		pass(room, NS_PER_S);
		/* Behind the turn of the timer that tells the node, and before the next. */
		while (!slice_has(twin_stream_take(stream), "event: node"))
			pass(room, NS_PER_S / 4);
		event.incident = incident;
		OK(event_append(room->journal, &event));
		pass(room, NS_PER_S / 2);
		slice_t text = twin_stream_take(stream);
		assert_true(slice_has(text, "INCIDENT_SWEEP"));
		assert_int_equal(count_of(text, "event: node"), incident ? 1 : 0);
	}
	twin_stream_close(stream);
}

static void the_sixty_fifth_stream_is_refused_until_one_leaves(void **state)
{
	room_t *room = *state;
	twin_stream_t *streams[LIVE_STREAMS_MAX];
	for (size_t i = 0; i < LIVE_STREAMS_MAX; i++) {
		streams[i] = open_stream(room, "/api/v1/live");
		assert_non_null(streams[i]);
	}
	assert_null(open_stream(room, "/api/v1/live"));
	assert_int_equal(room->answer.status, 503);
	twin_stream_close(streams[3]);
	pass(room, NS_PER_S);
	streams[3] = open_stream(room, "/api/v1/live");
	assert_non_null(streams[3]);
	for (size_t i = 0; i < LIVE_STREAMS_MAX; i++)
		twin_stream_close(streams[i]);
}

static void a_slow_stream_is_closed_and_the_others_go_on(void **state)
{
	room_t *room = *state;
	twin_stream_t *slow = open_stream(room, "/api/v1/live");
	twin_stream_t *quick = open_stream(room, "/api/v1/live");
	twin_stream_stall(slow, true);
	for (int i = 0; i < 1200 && !twin_stream_ended(slow); i++) {
		pass(room, NS_PER_S);
		twin_stream_take(quick);
	}
	assert_true(twin_stream_ended(slow));
	pass(room, 4 * NS_PER_S);
	assert_true(told(quick, "event: node"));
	assert_int_equal(get(room, "/metrics"), 200);
	assert_true(has(room, "\njizhu_http_streams_slow_total 1\n"));
	assert_true(has(room, "\njizhu_http_streams 1\n"));
	twin_stream_close(slow);
	twin_stream_close(quick);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_fresh_stream_is_told_every_value_and_the_node),
		TEST(values_that_did_not_change_are_not_told_again),
		TEST(values_come_once_a_second),
		TEST(events_are_told_when_durable_in_the_streams_language),
		TEST(the_counts_follow_an_event_of_an_incident_at_once),
		TEST(the_sixty_fifth_stream_is_refused_until_one_leaves),
		TEST(a_slow_stream_is_closed_and_the_others_go_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
