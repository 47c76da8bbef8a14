/* SPDX-License-Identifier: Apache-2.0 */
/* Edits over HTTP: FRM1.V is read once a second and is 3.6. */
#include "api/room_test.h"

#include "base/num.h"

#define POINT    "/api/v1/points/FRM1.V"
#define EDITS    POINT "/edits"
#define START_MS "1700000000000"

static int edit(room_t *room, const char *body)
{
	return ask(room, HTTP_POST, EDITS, body);
}

static int samples(room_t *room, const char *rest)
{
	char path[256];
	(void)snprintf(path, sizeof(path),
	               POINT "/samples?from_ms=1700000004000&to_ms=1700000006000%s", rest);
	return get(room, path);
}

static void a_deletion_hides_and_its_undo_shows_again(void **state)
{
	room_t *room = *state;
	char id[32], path[128], known[64];
	uint64_t made_ms;
	pass(room, 10 * NS_PER_S);
	assert_int_equal(edit(room, "{\"kind\":\"delete\",\"from_ms\":1700000004000,"
	                            "\"to_ms\":1700000006000,\"reason\":\"sensor was out\"}"),
	                 201);
	assert_true(has(room, "{\"point\":\"FRM1.V\",\"kind\":\"delete\",\"sequence\":"));
	/* No time goes by: who is answered sees it. */
	assert_int_equal(samples(room, ""), 200);
	assert_true(has(room, "\"items\":[],"));
	assert_int_equal(get(room, EDITS), 200);
	assert_true(has(room, "\"kind\":\"delete\",\"from_ms\":1700000004000,"
	                      "\"to_ms\":1700000006000,"));
	assert_true(has(room, "\"author\":\"admin\",\"reason\":\"sensor was out\","
	                      "\"undone\":false}],\"truncated\":false}"));
	answer_text(room, "id", id, sizeof(id));
	assert_int_equal(num_parse_u64(slice_of(id, 13), UINT64_MAX, &made_ms), ERR_OK);
	pass(room, NS_PER_S);
	(void)snprintf(path, sizeof(path), EDITS "/%s/undo", id);
	assert_int_equal(ask(room, HTTP_POST, path, "{\"reason\":\"it was right\"}"), 201);
	assert_true(has(room, "\"kind\":\"undo\""));
	assert_int_equal(samples(room, ""), 200);
	assert_true(has(room, "\"items\":[[1700000004110,3.6,\"good\"],[1700000005110,3.6,"));
	(void)snprintf(known, sizeof(known), "&known_at_ms=%llu", (unsigned long long)made_ms);
	assert_int_equal(samples(room, known), 200);
	assert_true(has(room, "\"items\":[[1700000004110,3.6,"));
	(void)snprintf(known, sizeof(known), "&known_at_ms=%llu",
	               (unsigned long long)made_ms + 500);
	assert_int_equal(samples(room, known), 200);
	assert_true(has(room, "\"items\":[],"));
	assert_int_equal(ask(room, HTTP_POST, path, "{\"reason\":\"again\"}"), 409);
	assert_int_equal(get(room, EDITS), 200);
	assert_true(has(room, "\"undone\":true},{\"id\":\""));
	assert_true(has(room, "\"reason\":\"it was right\",\"undoes\":\""));
}

static void values_are_replaced_and_inserted(void **state)
{
	room_t *room = *state;
	pass(room, 10 * NS_PER_S);
	assert_int_equal(edit(room, "{\"kind\":\"replace\",\"samples\":[[1700000004110,4.5]],"
	                            "\"reason\":\"read from the gauge\"}"),
	                 201);
	assert_int_equal(edit(room, "{\"kind\":\"insert\",\"samples\":[[1700000004500,4.25,"
	                            "\"good\"],[\"2023-11-14T22:13:24.600Z\",5]],"
	                            "\"reason\":\"from the log book\"}"),
	                 201);
	assert_int_equal(samples(room, ""), 200);
	assert_true(has(room, "\"items\":[[1700000004110,4.5,\"overridden\"],"
	                      "[1700000004500,4.25,\"good\"],[1700000004600,5,\"overridden\"],"
	                      "[1700000005110,3.6,\"good\"]]"));
	assert_int_equal(samples(room, "&known_at_ms=1700000009000"), 200);
	assert_true(has(room, "\"items\":[[1700000004110,3.6,\"good\"],[1700000005110,3.6,"));
	assert_int_equal(get(room, POINT "/buckets?from_ms=1700000004000&to_ms=1700000006000"
	                                 "&step_ms=2000&known_at_ms=1700000009000"),
	                 200);
	assert_true(has(room, "\"count\":2,\"bad\":0,\"min\":3.6,\"max\":3.6"));
	assert_int_equal(get(room, POINT "/buckets?from_ms=1700000004000&to_ms=1700000006000"
	                                 "&step_ms=2000"),
	                 200);
	assert_true(has(room, "\"count\":4,\"bad\":0,\"min\":3.6,\"max\":5"));
	assert_int_equal(edit(room, "{\"kind\":\"replace\",\"from_ms\":1700000004000,"
	                            "\"to_ms\":1700000006000,\"samples\":[[1700000005500,1]],"
	                            "\"reason\":\"a trial\"}"),
	                 201);
	assert_int_equal(samples(room, ""), 200);
	assert_true(has(room, "\"items\":[[1700000005500,1,\"overridden\"]],"));
}

static void what_was_made_together_is_undone_together(void **state)
{
	room_t *room = *state;
	char ids[3][32], path[128], body[128];
	pass(room, 10 * NS_PER_S);
	assert_int_equal(edit(room, "{\"kind\":\"replace\",\"from_ms\":1700000004000,"
	                            "\"to_ms\":1700000006000,\"samples\":[[1700000004500,1],"
	                            "[1700000005500,2]],\"reason\":\"a trial\"}"),
	                 201);
	assert_int_equal(get(room, EDITS), 200);
	slice_t rest = room->answer.body;
	for (size_t i = 0; i < 3; i++) {
		slice_t id = SLICE("\"id\":\"");
		while (!slice_starts(rest, id))
			rest = slice_from(rest, 1);
		rest = slice_from(rest, id.len);
		assert_true(slice_to_cstr(slice_sub(rest, 0, 19), ids[i], sizeof(ids[i])));
	}
	(void)snprintf(path, sizeof(path), EDITS "/%s/undo", ids[0]);
	/* One that was never made: nothing is undone. */
	(void)snprintf(body, sizeof(body), "{\"reason\":\"r\",\"with\":[\"%s\",\"17\"]}", ids[1]);
	assert_int_equal(ask(room, HTTP_POST, path, body), 404);
	(void)snprintf(body, sizeof(body), "{\"reason\":\"r\",\"with\":[\"%s\"]}", ids[0]);
	assert_int_equal(ask(room, HTTP_POST, path, body), 404);
	assert_int_equal(ask(room, HTTP_POST, path, "{\"reason\":\"r\",\"with\":[5]}"), 422);
	assert_int_equal(samples(room, ""), 200);
	assert_true(has(room, "\"items\":[[1700000004500,1,"));
	(void)snprintf(body, sizeof(body), "{\"reason\":\"r\",\"with\":[\"%s\",\"%s\"]}", ids[1],
	               ids[2]);
	assert_int_equal(ask(room, HTTP_POST, path, body), 201);
	assert_int_equal(samples(room, ""), 200);
	assert_true(has(room, "\"items\":[[1700000004110,3.6,\"good\"],[1700000005110,3.6,"));
	/* Of two one is undone already: the other stays. */
	(void)snprintf(path, sizeof(path), EDITS "/%s/undo", ids[2]);
	(void)snprintf(body, sizeof(body), "{\"reason\":\"r\",\"with\":[\"%s\"]}", ids[1]);
	assert_int_equal(ask(room, HTTP_POST, path, body), 409);
}

static void annotations_come_with_answers(void **state)
{
	room_t *room = *state;
	static const char body[] = "{\"points\":[\"FRM1.V\"],\"mode\":\"raw\",\"limit\":1,"
				   "\"annotations\":true,\"from_ms\":" START_MS
				   ",\"to_ms\":1700000006000}";
	char id[32], path[128];
	pass(room, 10 * NS_PER_S);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/query", body), 200);
	assert_true(has(room, "\"annotations\":[],\"truncated\":"));
	assert_int_equal(edit(room, "{\"kind\":\"annotate\",\"from\":\"2023-11-14T22:13:20Z\","
	                            "\"to\":\"2023-11-14T22:13:25Z\",\"text\":\"trial run\"}"),
	                 201);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/query", body), 200);
	assert_true(has(room, "\"annotations\":[{\"id\":\""));
	assert_true(has(room, "\"author\":\"admin\",\"text\":\"trial run\",\"undone\":false}]"));
	answer_text(room, "id", id, sizeof(id));
	(void)snprintf(path, sizeof(path), EDITS "/%s/undo", id);
	assert_int_equal(ask(room, HTTP_POST, path, "{\"reason\":\"of another point\"}"), 201);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/query", body), 200);
	assert_true(has(room, "\"annotations\":[],"));
}

static void annotations_are_counted_where_they_begin(void **state)
{
	room_t *room = *state;
	static const char body[] = "{\"points\":[\"FRM1.V\"],\"aggregates\":\"AnnotationCount\","
				   "\"step\":\"2s\",\"completeness\":false,"
				   "\"from_ms\":1700000002000,\"to_ms\":1700000008000}";
	pass(room, 10 * NS_PER_S);
	assert_int_equal(edit(room, "{\"kind\":\"annotate\",\"from_ms\":1700000005000,"
	                            "\"to_ms\":1700000007000,\"text\":\"trial run\"}"),
	                 201);
	assert_int_equal(edit(room, "{\"kind\":\"annotate\",\"from_ms\":" START_MS
	                            ",\"to_ms\":1700000009000,\"text\":\"began before\"}"),
	                 201);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/query", body), 200);
	assert_true(has(room, "\"rows\":[[1700000002000,0,1025],[1700000004000,1,1025],"
	                      "[1700000006000,0,1025]]"));
}

static const struct {
	const char *body;
	int status;
	const char *says;
} refusals[] = {
	{ "{\"kind\":\"delete\",\"from_ms\":1,\"to_ms\":2}", 422, "reason" },
	{ "{\"kind\":\"delete\",\"from_ms\":1,\"to_ms\":2,\"reason\":\"  \"}", 422, "reason" },
	{ "{\"kind\":\"delete\",\"from_ms\":2,\"to_ms\":2,\"reason\":\"r\"}", 422,
	  "the range is empty" },
	{ "{\"kind\":\"delete\",\"from_ms\":2,\"reason\":\"r\"}", 422, "to_ms" },
	{ "{\"kind\":\"delete\",\"from_ms\":1,\"to_ms\":2,\"text\":\"t\","
	  "\"reason\":\"r\"}",
	  422, "text" },
	{ "{\"kind\":\"annotate\",\"from_ms\":1,\"to_ms\":2}", 422, "text" },
	{ "{\"kind\":\"erase\",\"reason\":\"r\"}", 422, "kind" },
	{ "{\"reason\":\"r\"}", 422, "kind" },
	{ "{\"kind\":\"insert\",\"reason\":\"r\"}", 422, "samples" },
	{ "{\"kind\":\"insert\",\"samples\":[[5,1],[5,2]],\"reason\":\"r\"}", 422, "samples" },
	{ "{\"kind\":\"insert\",\"samples\":[[5,null]],\"reason\":\"r\"}", 422, "samples" },
	{ "{\"kind\":\"insert\",\"samples\":[[5,1,\"fine\"]],\"reason\":\"r\"}", 422, "samples" },
	{ "{\"kind\":\"replace\",\"from_ms\":1,\"samples\":[[5,1]],\"reason\":\"r\"}", 422,
	  "to_ms" },
	{ "{\"kind\":\"replace\",\"from_ms\":1,\"to_ms\":3,\"samples\":[[5,1]],"
	  "\"reason\":\"r\"}",
	  422, "samples" },
	{ "{\"kind\":\"insert\",\"samples\":[[1700000004110,1]],\"reason\":\"r\"}", 409,
	  "stands at 2023-11-14T22:13:24" },
	{ "{\"kind\":\"replace\",\"samples\":[[1700000004500,1]],\"reason\":\"r\"}", 409,
	  "no sample stands at" },
	{ "[]", 422, "kind" },
};

static void what_is_amiss_is_refused_by_name(void **state)
{
	room_t *room = *state;
	pass(room, 10 * NS_PER_S);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		assert_int_equal(edit(room, refusals[i].body), refusals[i].status);
		assert_true(has(room, refusals[i].says));
	}
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/points/FRM9.X/edits", refusals[0].body),
	                 404);
	assert_int_equal(get(room, "/api/v1/points/FRM9.X/edits"), 404);
	assert_int_equal(ask(room, HTTP_POST, EDITS "/17/undo", "{\"reason\":\"r\"}"), 404);
	assert_int_equal(ask(room, HTTP_POST, EDITS "/x/undo", "{\"reason\":\"r\"}"), 404);
	assert_int_equal(ask(room, HTTP_POST, EDITS "/17/undo", "{}"), 422);
	assert_int_equal(get(room, EDITS), 200);
	assert_true(body_is(room, "{\"items\":[],\"truncated\":false}"));
}

static char *many_samples(int count)
{
	enum { ROOM = 1 << 14 };
	char *body = malloc(ROOM);
	writer_t w = writer_of(body, body ? ROOM : 0);
	wr_format(&w, "{\"kind\":\"insert\",\"reason\":\"r\",\"samples\":[");
	for (int i = 0; i < count; i++)
		wr_format(&w, "%s[%d,%d]", i ? "," : "", i + 1, i);
	wr_format(&w, "]}");
	wr_u8(&w, 0);
	assert_false(w.bad);
	return body;
}

static void more_samples_than_fit_are_refused(void **state)
{
	room_t *room = *state;
	char *body = many_samples(257);
	assert_int_equal(edit(room, body), 422);
	assert_true(has(room, "more than 256 samples"));
	free(body);
	body = many_samples(256);
	assert_int_equal(edit(room, body), 201);
	free(body);
}

static void only_engineers_of_the_point_may(void **state)
{
	room_t *room = *state;
	static const char body[] = "{\"kind\":\"delete\",\"from_ms\":1700000004000,"
				   "\"to_ms\":1700000006000,\"reason\":\"r\"}";
	char secret[ACCESS_TOKEN_TEXT];
	twin_http_ask_t as = { .method = HTTP_POST, .path = EDITS, .body = slice_str(body) };
	pass(room, 10 * NS_PER_S);
	make_user(room, "wang", "operator");
	make_token(room, "wang", "operator", secret);
	as.token = secret;
	assert_int_equal(ask_as(room, &as), 403);
	as.path = EDITS "/17/undo";
	assert_int_equal(ask_as(room, &as), 403);
	assert_int_equal(
		ask(room, HTTP_POST, "/api/v1/users",
	            "{\"name\":\"zhao\",\"role\":\"engineer\",\"password\":\"" ROOM_PASSWORD
	            "\",\"scope\":\"99.100.1/OTHER\"}"),
		201);
	make_token(room, "zhao", "engineer", secret);
	as.path = EDITS;
	assert_int_equal(ask_as(room, &as), 403);
	assert_true(has(room, "outside your scope"));
}

static void the_audit_trail_tells_who_changed_what_and_why(void **state)
{
	room_t *room = *state;
	pass(room, 10 * NS_PER_S);
	assert_int_equal(edit(room, "{\"kind\":\"delete\",\"from_ms\":1700000004000,"
	                            "\"to_ms\":1700000006000,\"reason\":\"sensor was out\"}"),
	                 201);
	assert_int_equal(get(room, "/api/v1/events?class=record&limit=1"), 200);
	assert_true(has(room, "\"HISTORY_EDITED\""));
	assert_true(has(room, "The history of FRM1.V was changed by hand by admin: delete, 1 at "
	                      "once, from 2023-11-14T22:13:24.000Z to 2023-11-14T22:13:26.000Z: "
	                      "sensor was out."));
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(a_deletion_hides_and_its_undo_shows_again),
		IN_ROOM(values_are_replaced_and_inserted),
		IN_ROOM(what_was_made_together_is_undone_together),
		IN_ROOM(annotations_come_with_answers),
		IN_ROOM(annotations_are_counted_where_they_begin),
		IN_ROOM(what_is_amiss_is_refused_by_name),
		IN_ROOM(more_samples_than_fit_are_refused),
		IN_ROOM(only_engineers_of_the_point_may),
		IN_ROOM(the_audit_trail_tells_who_changed_what_and_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
