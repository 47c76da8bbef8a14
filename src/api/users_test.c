/* SPDX-License-Identifier: Apache-2.0 */
/* Users, tokens and passwords through the door. */
#include "api/passwords.h"
#include "api/room_test.h"

#define SESSION "/api/v1/session"
#define USERS   "/api/v1/users"
#define TOKENS  "/api/v1/tokens"

typedef struct {
	char cookie[128], csrf[40];
} in_t;

static int post_password(room_t *room, const char *user, const char *password)
{
	char body[256];
	(void)snprintf(body, sizeof(body), "{\"user\":\"%s\",\"password\":\"%s\"}", user, password);
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = SESSION,
	                                        .body = slice_str(body) });
}

static in_t sign_in(room_t *room, const char *user)
{
	in_t in = { 0 };
	assert_int_equal(post_password(room, user, ROOM_PASSWORD), 200);
	slice_t cookie = twin_http_header(&room->answer, "Set-Cookie");
	assert_true(slice_to_cstr(slice_cut(&cookie, ';'), in.cookie, sizeof(in.cookie)));
	answer_text(room, "csrf", in.csrf, sizeof(in.csrf));
	return in;
}

static int visit(room_t *room, const in_t *in, http_method_t method, const char *path,
                 const char *body)
{
	http_header_t headers[] = { { "Cookie", in->cookie },
		                    { "X-CSRF-Token", in->csrf },
		                    { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .method = method,
	                                        .path = path,
	                                        .headers = headers,
	                                        .body = slice_str(body) });
}

static void a_user_signs_in_and_is_told_who_it_is(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask(room, HTTP_POST, USERS,
	                     "{\"name\":\"li\",\"role\":\"engineer\",\"scope\":\"99.100.1\","
	                     "\"password\":\"" ROOM_PASSWORD "\"}"),
	                 201);
	in_t in = sign_in(room, "li");
	assert_int_equal(visit(room, &in, HTTP_GET, SESSION, NULL), 200);
	assert_true(
		has(room, "\"subject\":\"user:li\",\"role\":\"engineer\",\"scope\":\"99.100.1\""));
	assert_int_equal(visit(room, &in, HTTP_GET, USERS, NULL), 403);
}

static void a_wrong_password_and_an_unknown_name_get_the_same_answer(void **state)
{
	room_t *room = *state;
	make_user(room, "li", "viewer");
	assert_int_equal(post_password(room, "li", "wrong wrong wrong"), 401);
	assert_true(has(room, "the name or the password is wrong"));
	assert_int_equal(post_password(room, "nobody", ROOM_PASSWORD), 401);
	assert_true(has(room, "the name or the password is wrong"));
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                                  .path = SESSION,
	                                                  .body = SLICE("{\"user\":\"li\"}") }),
	                 422);
}

static void ten_wrong_passwords_are_followed_by_429_and_the_token_still_works(void **state)
{
	room_t *room = *state;
	make_user(room, "li", "viewer");
	for (size_t i = 0; i < ACCESS_FAILURES_MAX; i++)
		assert_int_equal(post_password(room, "li", "wrong wrong wrong"), 401);
	assert_int_equal(post_password(room, "li", ROOM_PASSWORD), 429);
	assert_int_equal(get(room, USERS), 200);
	pass(room, 61 * NS_PER_S);
	assert_int_equal(post_password(room, "li", ROOM_PASSWORD), 200);
}

static void a_disabled_user_is_out_at_once_with_tokens_and_streams(void **state)
{
	room_t *room = *state;
	char secret[ACCESS_TOKEN_TEXT];
	make_user(room, "li", "viewer");
	make_token(room, "li", "viewer", secret);
	in_t in = sign_in(room, "li");
	http_header_t headers[] = { { "Cookie", in.cookie }, { NULL, NULL } };
	twin_http_ask_t live = { .path = "/api/v1/live", .headers = headers };
	twin_stream_t *stream = NULL;
	OK(twin_stream_open(room->env, &live, NS_PER_S, &room->answer, &stream));
	assert_false(twin_stream_ended(stream));
	assert_int_equal(ask(room, HTTP_PATCH, USERS "/li", "{\"enabled\":false}"), 204);
	assert_true(twin_stream_ended(stream));
	twin_stream_close(stream);
	assert_int_equal(visit(room, &in, HTTP_GET, "/api/v1/node", NULL), 401);
	assert_int_equal(
		ask_as(room, &(twin_http_ask_t){ .path = "/api/v1/node", .token = secret }), 401);
	assert_int_equal(get(room, TOKENS), 200);
	assert_true(body_is(room, "{\"tokens\":[]}"));
}

static void the_list_of_users_has_the_agreed_shape_and_no_secret(void **state)
{
	room_t *room = *state;
	make_user(room, "li", "operator");
	assert_int_equal(get(room, USERS), 200);
	assert_true(body_is(room,
	                    "{\"users\":[{\"name\":\"li\",\"role\":\"operator\",\"scope\":\"\","
	                    "\"enabled\":true,\"tokens\":0}]}"));
	assert_int_equal(
		ask(room, HTTP_PATCH, USERS "/li", "{\"role\":\"viewer\",\"scope\":\"99.1\"}"),
		204);
	assert_int_equal(get(room, USERS), 200);
	assert_true(has(room, "\"role\":\"viewer\",\"scope\":\"99.1\""));
	assert_int_equal(ask(room, HTTP_DELETE, USERS "/li", NULL), 204);
	assert_int_equal(get(room, USERS), 200);
	assert_true(body_is(room, "{\"users\":[]}"));
}

static void what_is_wrong_with_a_user_is_said(void **state)
{
	static const struct {
		http_method_t method;
		const char *path, *body;
		int status;
		const char *said;
	} rows[] = {
		{ HTTP_POST, USERS, "{\"name\":\"x\",\"role\":\"viewer\"}", 422, "password" },
		{ HTTP_POST, USERS, "{\"name\":\"x\",\"role\":\"viewer\",\"password\":\"short\"}",
		  422, "12 to 1024 bytes" },
		{ HTTP_POST, USERS, "{\"role\":\"viewer\",\"password\":\"long enough it is\"}", 422,
		  "name" },
		{ HTTP_POST, USERS, "{\"name\":\"x\",\"password\":\"long enough it is\"}", 422,
		  "viewer, operator, engineer or admin" },
		{ HTTP_POST, USERS,
		  "{\"name\":\"x y\",\"role\":\"viewer\",\"password\":\"long enough it is\"}", 422,
		  "1 to 64 letters" },
		{ HTTP_POST, USERS,
		  "{\"name\":\"li\",\"role\":\"viewer\",\"password\":\"long enough it is\"}", 409,
		  "there is a user called li already" },
		{ HTTP_PATCH, USERS "/li", "{}", 422, "nothing to change" },
		{ HTTP_PATCH, USERS "/li", "{\"enabled\":\"no\"}", 422, "enabled" },
		{ HTTP_PATCH, USERS "/li", "{\"password\":7}", 422, "password" },
		{ HTTP_PATCH, USERS "/wang", "{\"role\":\"viewer\"}", 404, "no user called wang" },
		{ HTTP_POST, TOKENS, "{\"user\":\"li\",\"label\":\"t\",\"role\":\"admin\"}", 422,
		  "at most its owner's, which is viewer" },
		{ HTTP_POST, TOKENS, "{\"user\":\"li\"}", 422, "label" },
		{ HTTP_POST, TOKENS, "{\"label\":\"t\"}", 422, "user" },
		{ HTTP_POST, TOKENS, "{\"user\":\"li\",\"label\":\"t\",\"expires_ms\":1}", 422,
		  "expired already" },
	};
	room_t *room = *state;
	make_user(room, "li", "viewer");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(ask(room, rows[i].method, rows[i].path, rows[i].body),
		                 rows[i].status);
		assert_true(has(room, rows[i].said));
	}
}

static void a_user_manages_the_own_tokens_and_sees_no_others(void **state)
{
	room_t *room = *state;
	char id[ACCESS_ID_TEXT], path[64], secret[ACCESS_TOKEN_TEXT], other[ACCESS_TOKEN_TEXT];
	make_user(room, "li", "operator");
	make_user(room, "wang", "operator");
	make_token(room, "wang", "viewer", other);
	in_t in = sign_in(room, "li");
	assert_int_equal(visit(room, &in, HTTP_POST, TOKENS,
	                       "{\"label\":\"reports\",\"role\":\"operator\"}"),
	                 201);
	answer_text(room, "id", id, sizeof(id));
	answer_text(room, "secret", secret, sizeof(secret));
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .path = TOKENS, .token = secret }), 200);
	assert_true(has(room, "\"user\":\"li\",\"label\":\"reports\",\"role\":\"operator\""));
	assert_true(has(room, "\"expires_ms\":null"));
	assert_false(slice_has(room->answer.body, "wang"));
	assert_false(slice_has(room->answer.body, secret));
	assert_int_equal(visit(room, &in, HTTP_GET, TOKENS "?user=wang", NULL), 403);
	assert_int_equal(visit(room, &in, HTTP_POST, TOKENS, "{\"label\":\"x\",\"user\":\"wang\"}"),
	                 403);
	(void)snprintf(path, sizeof(path), TOKENS "/%s", id);
	assert_int_equal(visit(room, &in, HTTP_DELETE, path, NULL), 204);
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .path = TOKENS, .token = secret }), 401);
	assert_int_equal(get(room, TOKENS "?user=wang"), 200);
	assert_true(has(room, "\"user\":\"wang\""));
}

static void a_user_changes_the_own_password_and_signs_in_again(void **state)
{
	room_t *room = *state;
	make_user(room, "li", "viewer");
	in_t in = sign_in(room, "li");
	assert_int_equal(visit(room, &in, HTTP_PUT, SESSION "/password",
	                       "{\"old\":\"wrong wrong wrong\",\"new\":\"another long one\"}"),
	                 401);
	assert_int_equal(visit(room, &in, HTTP_PUT, SESSION "/password",
	                       "{\"old\":\"" ROOM_PASSWORD "\",\"new\":\"short\"}"),
	                 422);
	assert_int_equal(visit(room, &in, HTTP_PUT, SESSION "/password",
	                       "{\"old\":\"" ROOM_PASSWORD "\",\"new\":\"another long one\"}"),
	                 204);
	assert_int_equal(visit(room, &in, HTTP_GET, SESSION, NULL), 401);
	assert_int_equal(post_password(room, "li", ROOM_PASSWORD), 401);
	assert_int_equal(post_password(room, "li", "another long one"), 200);
}

static void sign_ins_and_changes_are_audited_without_secrets_or_mistyped_names(void **state)
{
	room_t *room = *state;
	char secret[ACCESS_TOKEN_TEXT];
	make_user(room, "li", "viewer");
	make_token(room, "li", "viewer", secret);
	sign_in(room, "li");
	assert_int_equal(post_password(room, "li", "wrong wrong wrong"), 401);
	assert_int_equal(post_password(room, "my password by mistake", "x"), 401);
	pass(room, NS_PER_S);
	assert_int_equal(get(room, "/api/v1/events?class=access&lang=en"), 200);
	assert_true(has(room, "The user li was added as viewer by admin."));
	assert_true(has(room, "of li was made with the role viewer by admin."));
	assert_true(has(room, "user:li signed in as viewer from 127.0.0.1."));
	assert_true(has(room, "A sign-in of user:li from 127.0.0.1 was refused."));
	assert_true(has(room, "A sign-in from 127.0.0.1 was refused."));
	assert_false(slice_has(room->answer.body, "mistake"));
	assert_false(slice_has(room->answer.body, secret));
	assert_false(slice_has(room->answer.body, ROOM_PASSWORD));
}

static void a_scope_holds_orders_and_records(void **state)
{
	room_t *room = *state;
	char secret[ACCESS_TOKEN_TEXT];
	http_header_t headers[] = { { "Idempotency-Key", "k1" }, { NULL, NULL } };
	make_user(room, "li", "engineer");
	make_token(room, "li", "engineer", secret);
	assert_int_equal(ask(room, HTTP_PATCH, USERS "/li", "{\"scope\":\"99.100.2\"}"), 204);
	twin_http_ask_t order = { .method = HTTP_POST,
		                  .path = "/api/v1/commands",
		                  .token = secret,
		                  .headers = headers,
		                  .body = SLICE("{\"point\":\"FRM1.V_SET\",\"value\":3.7}") };
	assert_int_equal(ask_as(room, &order), 403);
	assert_true(has(room, "outside your scope 99.100.2"));
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .method = HTTP_DELETE,
	                                                  .path = "/api/handles/99.100.1/X",
	                                                  .token = secret }),
	                 403);
	assert_int_equal(ask(room, HTTP_PATCH, USERS "/li", "{\"scope\":\"99.100.1\"}"), 204);
	assert_int_equal(ask_as(room, &order), 200);
}

static int room_open_without_passwords(void **state)
{
	return room_open_but(state, LOOP_PASSWORD);
}

/* The password loop does not run, so that nothing leaves it. */
static void more_passwords_than_may_wait_are_refused(void **state)
{
	room_t *room = *state;
	for (size_t i = 0; i < API_PASSWORDS_MAX; i++) {
		char name[16], body[128];
		(void)snprintf(name, sizeof(name), "u%zu", i);
		(void)snprintf(body, sizeof(body), "{\"user\":\"%s\",\"password\":\"x\"}", name);
		twin_http_ask_t one = { .method = HTTP_POST,
			                .path = SESSION,
			                .body = slice_str(body),
			                .peer = { ip_v4(127, 0, 3, (uint8_t)i), 4000 } };
		assert_int_equal(twin_http(room->env, &one, NS_PER_S / 10, &room->answer),
		                 ERR_TIMEOUT);
	}
	assert_int_equal(post_password(room, "one-more", "x"), 503);
	assert_true(has(room, "too many passwords"));
	assert_int_equal(get(room, USERS), 200);
	assert_int_equal(get(room, "/metrics"), 200);
	assert_true(has(room, "jizhu_http_passwords_refused_total 1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_user_signs_in_and_is_told_who_it_is),
		TEST(a_wrong_password_and_an_unknown_name_get_the_same_answer),
		TEST(ten_wrong_passwords_are_followed_by_429_and_the_token_still_works),
		TEST(a_disabled_user_is_out_at_once_with_tokens_and_streams),
		TEST(the_list_of_users_has_the_agreed_shape_and_no_secret),
		TEST(what_is_wrong_with_a_user_is_said),
		TEST(a_user_manages_the_own_tokens_and_sees_no_others),
		TEST(a_user_changes_the_own_password_and_signs_in_again),
		TEST(sign_ins_and_changes_are_audited_without_secrets_or_mistyped_names),
		TEST(a_scope_holds_orders_and_records),
		cmocka_unit_test_setup_teardown(more_passwords_than_may_wait_are_refused,
		                                room_open_without_passwords, room_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
