/* SPDX-License-Identifier: Apache-2.0 */
/* Who reads, lists and changes over HTTP by a group that lives elsewhere. */
#include "api/room_test.h"
#include "base/base64.h"

#define P "/api/handles/0.NA/99.100.1"
#define H "/api/handles/99.100.1/PUMP-7"
#define GROUP(bits) \
	"{\"index\":100,\"type\":\"HS_ADMIN\",\"data\":{\"format\":\"admin\",\"value\":" \
	"{\"handle\":\"99.300/team\",\"index\":200,\"permissions\":\"" bits "\"}}}"
#define SECRETS \
	"{\"index\":301,\"type\":\"HS_SECKEY\",\"permissions\":\"1100\",\"data\":\"ours\"}," \
	"{\"index\":302,\"type\":\"HS_SECKEY\",\"permissions\":\"1100\",\"data\":\"theirs\"}"
#define OURS   "301%3A0.NA%2F99.100.1:ours"
#define THEIRS "302%3A0.NA%2F99.100.1:theirs"

/* The home of the group, which has one member, or nothing to say. */
typedef struct {
	size_t asked;
	err_t err;
} home_t;

static err_t fetch_list(void *ctx, const handle_reference_t *list, env_mailbox_t *reply,
                        uint64_t ticket)
{
	static registry_elsewhere_reply_t word;
	home_t *home = ((room_t *)ctx)->own;
	uint8_t room[128];
	handle_reference_t member = { SLICE("0.NA/99.100.1"), 301 };
	writer_t data = writer_of(word.key, sizeof(word.key));
	writer_t scratch = writer_of(room, sizeof(room));
	assert_true(slice_eq(list->handle, SLICE("99.300/team")));
	home->asked++;
	handle_list_encode(handle_list_of_references(&member, 1, &scratch), &data);
	word.ticket = ticket;
	word.err = home->err;
	word.key_len = data.len;
	word.ttl_s = 60;
	assert_true(env_mailbox_put(reply, &word));
	return ERR_OK;
}

static void with_home(room_t *room, api_spec_t *spec)
{
	registry_elsewhere_t elsewhere = { .fetch_list = fetch_list, .ctx = room };
	registry_elsewhere_set(room->registry, &elsewhere);
	spec->tls = (api_tls_spec_t){ .on = true,
		                      .certificate = "",
		                      .key = "",
		                      .clients = HTTP_CLIENTS_NONE,
		                      .keys_dir = "data/keys" };
}

static int open_room(void **state)
{
	int rc = room_open_with(state, with_home);
	room_t *room = *state;
	room->own = calloc(1, sizeof(home_t));
	assert_non_null(room->own);
	assert_int_equal(ask(room, HTTP_PUT, P, "[" SECRETS "," GROUP("111111111111") "]"), 201);
	assert_int_equal(ask(room, HTTP_PUT, H,
	                     "[{\"index\":1,\"type\":\"URL\",\"data\":\"u\"},"
	                     "{\"index\":3,\"type\":\"COST\",\"permissions\":\"1100\","
	                     "\"data\":\"42\"}," GROUP("011111110011") "]"),
	                 201);
	return rc;
}

static int close_room(void **state)
{
	free(((room_t *)*state)->own);
	return room_close(state);
}

static int ask_as_who(room_t *room, http_method_t method, const char *path, const char *body,
                      const char *who)
{
	char text[256];
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "Basic ");
	base64_encode(slice_str(who), BASE64_PLAIN, &w);
	wr_u8(&w, 0);
	http_header_t headers[] = { { "Authorization", text }, { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .method = method,
	                                        .path = path,
	                                        .headers = headers,
	                                        .body = slice_str(body) });
}

static void a_member_reads_what_is_not_public(void **state)
{
	room_t *room = *state;
	const home_t *home = room->own;
	assert_int_equal(ask_as_who(room, HTTP_GET, H, NULL, OURS), 200);
	assert_true(has(room, "\"value\":\"42\""));
	assert_int_equal(home->asked, 1);
	assert_int_equal(ask_as_who(room, HTTP_GET, H, NULL, THEIRS), 200);
	assert_false(slice_has(room->answer.body, "\"value\":\"42\""));
	assert_int_equal(home->asked, 1);
}

static void a_member_lists_and_changes(void **state)
{
	room_t *room = *state;
	static const char list[] = "/api/handles?prefix=99.100.1";
	static const char value[] = "[{\"index\":1,\"type\":\"URL\",\"data\":\"new\"}]";
	assert_int_equal(ask_as_who(room, HTTP_GET, list, NULL, OURS), 200);
	assert_true(has(room, "99.100.1/PUMP-7"));
	assert_int_equal(ask_as_who(room, HTTP_GET, list, NULL, THEIRS), 403);
	assert_int_equal(ask_as_who(room, HTTP_PUT, H "?index=1", value, OURS), 200);
	assert_int_equal(ask_as_who(room, HTTP_PUT, H "?index=1", value, THEIRS), 403);
}

static void a_group_nobody_can_be_asked_about_has_no_members(void **state)
{
	room_t *room = *state;
	home_t *home = room->own;
	home->err = ERR_TIMEOUT;
	assert_int_equal(ask_as_who(room, HTTP_GET, H, NULL, OURS), 200);
	assert_false(slice_has(room->answer.body, "\"value\":\"42\""));
	assert_int_equal(ask_as_who(room, HTTP_DELETE, H, NULL, OURS), 500);
	assert_true(has(room, "\"responseCode\":406"));
	assert_int_equal(home->asked, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_room, close_room)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_member_reads_what_is_not_public),
		TEST(a_member_lists_and_changes),
		TEST(a_group_nobody_can_be_asked_about_has_no_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
