/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a parent through the door. */
#include "api/room_test.h"

#define MEMBERS "/api/v1/members"

static void be_a_parent(room_t *room, api_spec_t *spec)
{
	err_detail_t detail;
	authority_spec_t authority = { .keys_dir = "data/keys",
		                       .node = SLICE("99.100"),
		                       .journal = room->journal,
		                       .events = room->journal,
		                       .loop = room->loops[LOOP_QUERY] };
	OK(authority_open(room->env, &authority, &room->authority, &detail));
	room->tree = (api_tree_t){ .authority = room->authority };
	spec->tree = &room->tree;
}

static int open_parent(void **state)
{
	return room_open_with(state, be_a_parent);
}

static void a_node_is_invited_listed_and_revoked(void **state)
{
	room_t *room = *state;
	char text[CODE_TEXT + 8];
	code_t code;
	assert_int_equal(get(room, MEMBERS), 200);
	assert_true(body_is(room, "{\"members\":[]}"));
	assert_int_equal(ask(room, HTTP_POST, MEMBERS, "{\"node\":\"99.100.7\",\"lasts_s\":3600}"),
	                 201);
	answer_text(room, "code", text, sizeof(text));
	OK(code_read(slice_str(text), &code));
	assert_memory_equal(code.mark, authority_mark(room->authority), CODE_MARK);
	assert_int_equal(get(room, MEMBERS), 200);
	assert_true(has(room, "{\"node\":\"99.100.7\",\"state\":\"invited\",\"code_until_ms\":"));
	assert_true(has(room, "\"by\":\"admin\""));
	assert_false(slice_has(room->answer.body, text));
	assert_int_equal(
		ask(room, HTTP_POST, MEMBERS "/99.100.7/revoke", "{\"reason\":\"it was sold\"}"),
		204);
	assert_int_equal(get(room, MEMBERS), 200);
	assert_true(has(room, "\"state\":\"revoked\",\"code_until_ms\":null"));
	assert_true(has(room, "\"reason\":\"it was sold\""));
}

static void what_was_answered_is_in_the_journal(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask(room, HTTP_POST, MEMBERS, "{\"node\":\"99.100.7\"}"), 201);
	const authority_member_t *member = authority_member_named(room->authority,
	                                                          SLICE("99.100.7"));
	assert_true(journal_durable(room->journal) >= member->seq);
	assert_int_equal(get(room, "/api/v1/events?class=access"), 200);
	assert_true(has(room, "99.100.7"));
}

static void bodies_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *path, *body;
		int status;
	} rows[] = {
		{ MEMBERS, "{}", 422 },
		{ MEMBERS, "{\"node\":\"99 100\"}", 422 },
		{ MEMBERS, "{\"node\":\"99.100\"}", 422 },
		{ MEMBERS, "{\"node\":\"99.100.7\",\"lasts_s\":0}", 422 },
		{ MEMBERS, "{\"node\":\"99.100.7\",\"lasts_s\":1}", 422 },
		{ MEMBERS, "[", 400 },
		{ MEMBERS "/99.100.8/revoke", "{}", 404 },
		{ MEMBERS "/99.100.8/revoke", "{\"reason\":7}", 422 },
	};
	room_t *room = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(ask(room, HTTP_POST, rows[i].path, rows[i].body), rows[i].status);
	assert_int_equal(get(room, MEMBERS), 200);
	assert_true(body_is(room, "{\"members\":[]}"));
}

static void an_administrator_with_a_scope_may_look_and_not_change(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/users",
	                     "{\"name\":\"li\",\"role\":\"admin\",\"scope\":\"99.100.7\","
	                     "\"password\":\"" ROOM_PASSWORD "\"}"),
	                 201);
	char secret[ACCESS_TOKEN_TEXT];
	make_token(room, "li", "admin", secret);
	twin_http_ask_t look = { .method = HTTP_GET, .path = MEMBERS, .token = secret };
	twin_http_ask_t change = { .method = HTTP_POST,
		                   .path = MEMBERS,
		                   .token = secret,
		                   .body = SLICE("{\"node\":\"99.100.7\"}") };
	assert_int_equal(ask_as(room, &look), 200);
	assert_int_equal(ask_as(room, &change), 403);
}

static void a_node_that_is_no_parent_says_so(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, MEMBERS), 404);
	assert_true(has(room, "uplink.listen"));
	assert_int_equal(ask(room, HTTP_POST, MEMBERS, "{\"node\":\"99.100.7\"}"), 404);
	assert_int_equal(ask(room, HTTP_POST, MEMBERS "/99.100.7/revoke", "{}"), 404);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_parent, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_node_is_invited_listed_and_revoked),
		TEST(what_was_answered_is_in_the_journal),
		TEST(bodies_that_make_no_sense_are_refused),
		TEST(an_administrator_with_a_scope_may_look_and_not_change),
		cmocka_unit_test_setup_teardown(a_node_that_is_no_parent_says_so, room_open,
		                                room_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
