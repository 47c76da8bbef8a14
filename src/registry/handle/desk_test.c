/* SPDX-License-Identifier: Apache-2.0 */
/* The desk: who is asked who they are, who may do what, and what comes back. */
#include "registry/handle/desk_fixture_test.h"

typedef struct {
	uint32_t operation, flags;
	slice_t (*body)(void);
	uint32_t code;
	const char *text; /* NULL: not looked at */
} row_t;

static slice_t create_press(void)
{
	return value_body(PRESS, 1, "URL");
}
static slice_t create_new(void)
{
	return value_body(SLICE("99.100.1/new"), 1, "URL");
}
static slice_t create_zero(void)
{
	return value_body(SLICE("99.100.1/new"), 0, "URL");
}
static slice_t create_elsewhere(void)
{
	return value_body(SLICE("99.100.2/new"), 1, "URL");
}
static slice_t create_twice(void)
{
	uint8_t buf[256];
	writer_t values = writer_of(buf, sizeof(buf));
	value_add(&values, 7, "URL", SLICE("a"));
	value_add(&values, 7, "URL", SLICE("b"));
	return record_body(SLICE("99.100.1/new"), 2, &values);
}
static slice_t press_nine(void)
{
	return value_body(PRESS, 9, "URL");
}
static slice_t press_fixed(void)
{
	return value_body(PRESS, 5, "FIXED");
}
static slice_t press_none(void)
{
	return record_body(PRESS, 0, NULL);
}
static slice_t press_name(void)
{
	return name_body(PRESS);
}
static slice_t missing_name(void)
{
	return name_body(SLICE("99.100.1/missing"));
}
static slice_t remove_nine(void)
{
	return removal_body(PRESS, 9);
}
static slice_t remove_missing(void)
{
	return removal_body(SLICE("99.100.1/missing"), 1);
}
static slice_t prefix_body(void)
{
	return name_body(OWN);
}
static slice_t other_prefix(void)
{
	return name_body(SLICE("0.NA/99.200"));
}
static slice_t no_prefix(void)
{
	return name_body(PRESS);
}

static void changes_that_must_fail_fail_before_anybody_is_asked_who_they_are(void **state)
{
	(void)state;
	static const row_t rows[] = {
		{ HANDLE_OP_CREATE, 0, create_press, HANDLE_RC_HANDLE_EXISTS, "" },
		{ HANDLE_OP_CREATE, 0, create_zero, HANDLE_RC_INVALID_VALUE,
		  "Value indexes must be positive" },
		{ HANDLE_OP_CREATE, 0, create_twice, HANDLE_RC_VALUE_EXISTS,
		  "Index conflict for 7" },
		{ HANDLE_OP_CREATE, 0, create_elsewhere, HANDLE_RC_NOT_RESPONSIBLE,
		  "That prefix doesn't live here" },
		{ HANDLE_OP_MODIFY_VALUE, 0, press_nine, HANDLE_RC_VALUES_NOT_FOUND, "" },
		{ HANDLE_OP_MODIFY_VALUE, 0, press_fixed, HANDLE_RC_DENIED, "Value is read-only" },
		{ HANDLE_OP_MODIFY_VALUE, 0, create_new, HANDLE_RC_HANDLE_NOT_FOUND, "" },
		{ HANDLE_OP_ADD_VALUE, 0, press_none, HANDLE_RC_INVALID_VALUE, NULL },
		{ HANDLE_OP_LIST_HANDLES, 0, other_prefix, HANDLE_RC_NOT_RESPONSIBLE, NULL },
		{ HANDLE_OP_HOME_PREFIX, 0, no_prefix, HANDLE_RC_INVALID_HANDLE, NULL },
		{ HANDLE_OP_NEXT_TRANSACTION, 0, press_name, HANDLE_RC_NOT_SUPPORTED, NULL },
		{ HANDLE_OP_DUMP, 0, press_name, HANDLE_RC_NOT_SUPPORTED, NULL },
		{ HANDLE_OP_CREATE, 0x00400000, create_press, HANDLE_RC_AUTH_NEEDED, NULL },
		{ HANDLE_OP_CREATE, 0, create_new, HANDLE_RC_AUTH_NEEDED, NULL },
		{ HANDLE_OP_DELETE, 0, missing_name, HANDLE_RC_AUTH_NEEDED, NULL },
		{ HANDLE_OP_REMOVE_VALUE, 0, remove_nine, HANDLE_RC_AUTH_NEEDED, NULL },
		{ HANDLE_OP_ADD_VALUE, 0, create_press, HANDLE_RC_AUTH_NEEDED, NULL },
	};
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		desk_request_t q = { .operation = rows[i].operation,
			             .flags = rows[i].flags,
			             .body = rows[i].body() };
		desk_reply_t reply = desk_ask(&w, &q);
		if (reply.code != rows[i].code)
			print_message("row %zu\n", i);
		assert_int_equal(reply.code, rows[i].code);
		if (rows[i].text)
			assert_text(&reply, rows[i].text);
	}
	desk_world_free(&w);
}

static void changes_fail_after_the_challenge_with_the_code_of_deployed_servers(void **state)
{
	(void)state;
	static const row_t rows[] = {
		{ HANDLE_OP_DELETE, 0, missing_name, HANDLE_RC_HANDLE_NOT_FOUND, "" },
		{ HANDLE_OP_REMOVE_VALUE, 0, remove_nine, HANDLE_RC_VALUES_NOT_FOUND, "" },
		{ HANDLE_OP_REMOVE_VALUE, 0, remove_missing, HANDLE_RC_HANDLE_NOT_FOUND, "" },
		{ HANDLE_OP_ADD_VALUE, 0, create_press, HANDLE_RC_VALUE_EXISTS,
		  "Index conflict for 1" },
		{ HANDLE_OP_ADD_VALUE, 0, create_new, HANDLE_RC_HANDLE_NOT_FOUND, "" },
		{ HANDLE_OP_LIST_HOMED, 0, press_name, HANDLE_RC_INVALID_ADMIN, "" },
		{ HANDLE_OP_HOME_PREFIX, 0, other_prefix, HANDLE_RC_INVALID_ADMIN, "" },
	};
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		desk_request_t q = { .operation = rows[i].operation, .body = rows[i].body() };
		desk_who_t who = i % 2 ? by_key(&w) : by_secret();
		desk_reply_t reply = desk_do(&w, &q, &who);
		assert_int_equal(reply.code, rows[i].code);
		assert_text(&reply, rows[i].text);
		assert_int_equal(reply.envelope.session_id, 0);
	}
	desk_world_free(&w);
}

static void keys_and_secrets_prove_an_identity(void **state)
{
	(void)state;
	static const uint8_t codes[] = { HANDLE_MAC_SHA1, HANDLE_MAC_HMAC_SHA1,
		                         HANDLE_MAC_HMAC_SHA256, HANDLE_MAC_PBKDF2 };
	char text[FIXTURE_VALUES], name[64];
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	for (size_t i = 0; i <= sizeof(codes); i++) {
		desk_who_t who = i < sizeof(codes) ? by_secret() : by_key(&w);
		who.code = i < sizeof(codes) ? codes[i] : 0;
		(void)snprintf(name, sizeof(name), "99.100.1/made-%zu", i);
		desk_request_t q = { .operation = HANDLE_OP_CREATE,
			             .body = value_body(slice_str(name), 1, "URL") };
		desk_reply_t reply = desk_do(&w, &q, &who);
		slice_t made;
		assert_int_equal(reply.code, HANDLE_RC_OK);
		assert_int_equal(handle_name_body_decode(reply.body, &made), CODEC_OK);
		assert_true(slice_eq(made, slice_str(name)));
		assert_string_equal(fixture_text(&w.f, name, 1, text), "new");
	}
	assert_int_equal(desk_metric(&w, "proofs_total"), 5);
	desk_world_free(&w);
}

static void a_wrong_key_is_403_and_a_stranger_400(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t wrong = by_secret(), absent = by_secret(), odd = by_secret(), li = by_li();
	desk_who_t mixed = by_secret();
	wrong.secret = SLICE("guess");
	absent.index = 999;
	odd.type = "HS_PASSPORT";
	mixed.index = 300; /* a public key is no secret */
	desk_request_t q = { .operation = HANDLE_OP_DELETE, .body = press_name() };
	assert_int_equal(desk_do(&w, &q, &wrong).code, HANDLE_RC_AUTH_FAILED);
	assert_int_equal(desk_do(&w, &q, &absent).code, HANDLE_RC_AUTH_FAILED);
	assert_int_equal(desk_do(&w, &q, &mixed).code, HANDLE_RC_AUTH_FAILED);
	assert_int_equal(desk_do(&w, &q, &odd).code, HANDLE_RC_INVALID_CREDENTIAL);
	assert_int_equal(desk_do(&w, &q, &li).code, HANDLE_RC_INVALID_ADMIN);
	assert_int_equal(fixture_find(&w.f, "99.100.1/press"), ERR_OK);
	li.handle = SLICE("99.100.7/li");
	assert_int_equal(desk_do(&w, &q, &li).code, HANDLE_RC_AUTH_UNABLE);
	wrong = by_secret();
	assert_int_equal(desk_do(&w, &q, &wrong).code, HANDLE_RC_OK);
	assert_int_equal(fixture_find(&w.f, "99.100.1/press"), ERR_NOT_FOUND);
	desk_world_free(&w);
}

static void private_values_are_shown_to_administrators_alone(void **state)
{
	(void)state;
	desk_world_t w;
	handle_record_t record;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_request_t q = { .operation = HANDLE_OP_RESOLVE,
		             .flags = HANDLE_FLAG_PUBL,
		             .body = question_body(PRESS) };
	desk_reply_t reply = desk_ask(&w, &q);
	assert_int_equal(reply.code, HANDLE_RC_OK);
	assert_int_equal(handle_record_decode(reply.body, &record), CODEC_OK);
	assert_int_equal(record.values.count, 4);
	q.flags = 0;
	desk_who_t who = by_key(&w), li = by_li();
	reply = desk_do(&w, &q, &who);
	assert_int_equal(handle_record_decode(reply.body, &record), CODEC_OK);
	assert_int_equal(record.values.count, 5);
	assert_int_equal(desk_do(&w, &q, &li).code, HANDLE_RC_INVALID_ADMIN);
	uint8_t buf[256];
	writer_t values = writer_of(buf, sizeof(buf));
	perms_add(&values, 1, "X", "x", 0);
	put_record(&w, SLICE("99.100.1/sealed"), 1, &values);
	q.body = question_body(SLICE("99.100.1/sealed"));
	assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_DENIED);
	desk_world_free(&w);
}

/* A secret asked for over UDP; the answer may come over TCP. */
static void a_question_over_udp_is_challenged_too(void **state)
{
	(void)state;
	uint8_t buf[512];
	desk_world_t w;
	handle_record_t record;
	desk_world_make(&w);
	desk_world_start(&w);
	writer_t out = writer_of(buf, sizeof(buf));
	desk_request_t q = { .operation = HANDLE_OP_RESOLVE, .body = question_body(PRESS) };
	desk_write(&w, &q, &out);
	assert_int_equal(env_udp_send(w.udp, DESK_ADDR, writer_done(&out)), ERR_OK);
	(void)twin_run_for(w.f.twin, 20 * NS_PER_MS);
	desk_reply_t reply = desk_read(slice_of(w.packet, w.packet_len));
	desk_who_t who = by_key(&w);
	reply = desk_prove(&w, &reply, &who);
	assert_int_equal(handle_record_decode(reply.body, &record), CODEC_OK);
	assert_int_equal(record.values.count, 5);
	desk_world_free(&w);
}

static uint32_t modify(desk_world_t *w, uint32_t index, const char *type, const desk_who_t *who)
{
	desk_request_t q = { .operation = HANDLE_OP_MODIFY_VALUE,
		             .body = value_body(PRESS, index, type) };
	desk_reply_t reply = desk_ask(w, &q);
	if (who && reply.code == HANDLE_RC_AUTH_NEEDED)
		reply = desk_prove(w, &reply, who);
	return reply.code;
}

static void what_everybody_may_write_is_written_unasked(void **state)
{
	(void)state;
	char text[FIXTURE_VALUES];
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t li = by_li(), who = by_secret();
	assert_int_equal(modify(&w, 4, "GUESTS", NULL), HANDLE_RC_OK);
	assert_string_equal(fixture_text(&w.f, "99.100.1/press", 4, text), "new");
	assert_int_equal(modify(&w, 4, "HS_ADMIN", NULL), HANDLE_RC_AUTH_NEEDED);
	assert_int_equal(modify(&w, 4, "HS_ADMIN", &li), HANDLE_RC_INVALID_ADMIN);
	assert_int_equal(modify(&w, 1, "URL", NULL), HANDLE_RC_AUTH_NEEDED);
	assert_int_equal(modify(&w, 1, "URL", &li), HANDLE_RC_INVALID_ADMIN);
	assert_int_equal(modify(&w, 1, "URL", &who), HANDLE_RC_OK);
	assert_int_equal(modify(&w, 5, "FIXED", &who), HANDLE_RC_DENIED);
	desk_world_free(&w);
}

/* Removing and adding do not look at who may write a value. */
static void a_read_only_value_is_removed_but_not_modified(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t who = by_secret();
	desk_request_t q = { .operation = HANDLE_OP_REMOVE_VALUE, .body = removal_body(PRESS, 5) };
	assert_int_equal(desk_do(&w, &q, &who).code, HANDLE_RC_OK);
	desk_world_free(&w);
}

static void a_suffix_is_made_up(void **state)
{
	(void)state;
	enum { UUID = 36 };
	desk_world_t w;
	slice_t name, again;
	uint8_t first[128];
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t who = by_secret();
	desk_request_t q = { .operation = HANDLE_OP_CREATE,
		             .flags = HANDLE_FLAG_MINT,
		             .body = value_body(SLICE("99.100.1/m-"), 1, "URL") };
	desk_reply_t reply = desk_do(&w, &q, &who);
	assert_int_equal(reply.code, HANDLE_RC_OK);
	assert_true(reply.m.header.flags & HANDLE_FLAG_MINT);
	assert_int_equal(handle_name_body_decode(reply.body, &name), CODEC_OK);
	assert_int_equal(name.len, 11 + UUID);
	assert_true(slice_starts(name, SLICE("99.100.1/m-")));
	memcpy(first, name.ptr, name.len);
	reply = desk_do(&w, &q, &who);
	assert_int_equal(handle_name_body_decode(reply.body, &again), CODEC_OK);
	assert_false(slice_eq(again, slice_of(first, 11 + UUID)));
	desk_world_free(&w);
}

static void overwriting_is_said_only_when_something_was_overwritten(void **state)
{
	(void)state;
	char text[FIXTURE_VALUES];
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t who = by_secret(), li = by_li();
	desk_request_t q = { .operation = HANDLE_OP_CREATE,
		             .flags = HANDLE_FLAG_OVRW,
		             .body = create_new() };
	assert_false(desk_do(&w, &q, &who).m.header.flags & HANDLE_FLAG_OVRW);
	assert_int_equal(desk_do(&w, &q, &li).code, HANDLE_RC_INVALID_ADMIN);
	q.body = create_press();
	desk_reply_t reply = desk_do(&w, &q, &who);
	assert_int_equal(reply.code, HANDLE_RC_OK);
	assert_true(reply.m.header.flags & HANDLE_FLAG_OVRW);
	assert_string_equal(fixture_text(&w.f, "99.100.1/press", 1, text), "new");
	assert_string_equal(fixture_text(&w.f, "99.100.1/press", 4, text), "");
	q = (desk_request_t){ .operation = HANDLE_OP_ADD_VALUE,
		              .flags = HANDLE_FLAG_OVRW,
		              .body = value_body(SLICE("99.100.1/new"), 1, "DESC") };
	assert_int_equal(desk_do(&w, &q, &who).code, HANDLE_RC_INVALID_ADMIN); /* no HS_ADMIN */
	desk_world_free(&w);
}

/* Lists. */

static size_t names_of(slice_t stream, size_t *ret_messages, bool *ret_more)
{
	size_t count = 0;
	*ret_messages = 0;
	*ret_more = false;
	while (stream.len > 0) {
		desk_reply_t reply = desk_read(stream);
		handle_list_t names;
		assert_int_equal(reply.code, HANDLE_RC_OK);
		assert_int_equal(handle_names_body_decode(reply.body, &names), CODEC_OK);
		assert_true(names.count <= 50);
		count += names.count;
		*ret_messages += 1;
		*ret_more = reply.m.header.flags & HANDLE_FLAG_CONT;
		stream = slice_from(stream, HANDLE_ENVELOPE_SIZE + reply.envelope.length);
		assert_int_equal(stream.len > 0, *ret_more);
	}
	return count;
}

static void names_are_listed_fifty_a_message_for_as_long_as_there_are_more(void **state)
{
	(void)state;
	enum { NAMES = 5000 };
	char name[256];
	size_t messages = 0;
	bool more = true;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	for (int i = 0; i < NAMES - 2; i++) {
		(void)snprintf(name, sizeof(name), "99.100.1/item-%06d-%0100d", i, i);
		assert_int_equal(fixture_put(&w.f, REGISTRY_CREATE, name, "u").err, ERR_OK);
	}
	desk_who_t who = by_key(&w), li = by_li();
	desk_request_t q = { .operation = HANDLE_OP_LIST_HANDLES, .body = prefix_body() };
	assert_int_equal(desk_do(&w, &q, &li).code, HANDLE_RC_INVALID_ADMIN);
	(void)desk_do(&w, &q, &who);
	(void)twin_run_for(w.f.twin, NS_PER_S);
	assert_int_equal(names_of(slice_of(w.in, w.in_len), &messages, &more), NAMES);
	assert_int_equal(messages, NAMES / 50);
	assert_false(more);
	assert_true(w.in_len > 5 * 64 * 1024);
	assert_int_equal(desk_metric(&w, "messages"), 0);
	/* A client that leaves in the middle leaves nothing behind. */
	(void)desk_do(&w, &q, &who);
	env_tcp_reset(w.tcp);
	w.tcp = NULL;
	(void)twin_run_for(w.f.twin, NS_PER_S);
	assert_int_equal(desk_metric(&w, "messages"), 0);
	desk_world_free(&w);
}

static void derived_prefixes_are_listed_and_folded(void **state)
{
	(void)state;
	desk_world_t w;
	handle_list_t names;
	slice_t name;
	desk_world_make(&w);
	desk_world_start(&w);
	assert_int_equal(fixture_put(&w.f, REGISTRY_CREATE, "0.NA/99.100.1.b", "u").err, ERR_OK);
	assert_int_equal(fixture_put(&w.f, REGISTRY_CREATE, "0.NA/99.100.1.a", "u").err, ERR_OK);
	desk_who_t who = by_key(&w);
	desk_request_t q = { .operation = HANDLE_OP_LIST_PREFIXES, .body = prefix_body() };
	desk_reply_t reply = desk_do(&w, &q, &who);
	assert_int_equal(reply.code, HANDLE_RC_OK);
	assert_int_equal(handle_names_body_decode(reply.body, &names), CODEC_OK);
	assert_int_equal(names.count, 2);
	handle_iter_t iter = handle_list_iter(names);
	assert_true(handle_string_next(&iter, &name));
	assert_true(slice_eq(name, SLICE("0.NA/99.100.1.A")));
	desk_world_free(&w);
}

/* Homing. */

static void a_homed_prefix_is_served_until_it_is_unhomed(void **state)
{
	(void)state;
	static const char *const admins[] = { "301:0.NA/99.100.1" };
	desk_world_t w = { 0 };
	handle_list_t names;
	desk_world_make(&w);
	fixture_halt(&w.f);
	w.f.admins = admins;
	w.f.admin_count = 1;
	fixture_start(&w.f);
	desk_world_start(&w);
	desk_who_t who = by_secret();
	desk_request_t home = { .operation = HANDLE_OP_HOME_PREFIX, .body = other_prefix() };
	desk_request_t create = { .operation = HANDLE_OP_CREATE };
	assert_int_equal(desk_do(&w, &home, &who).code, HANDLE_RC_OK);
	home.body = other_prefix();
	assert_int_equal(desk_do(&w, &home, &who).code, HANDLE_RC_OK); /* again */
	create.body = value_body(SLICE("99.200/x"), 1, "URL");
	assert_int_equal(desk_do(&w, &create, &who).code, HANDLE_RC_OK);
	assert_int_equal(fixture_find(&w.f, "99.200/x"), ERR_OK);
	desk_request_t list = { .operation = HANDLE_OP_LIST_HOMED, .body = name_body(SLICE("/")) };
	desk_reply_t reply = desk_do(&w, &list, &who);
	assert_int_equal(handle_names_body_decode(reply.body, &names), CODEC_OK);
	assert_int_equal(names.count, 2);
	home = (desk_request_t){ .operation = HANDLE_OP_UNHOME_PREFIX, .body = other_prefix() };
	assert_int_equal(desk_do(&w, &home, &who).code, HANDLE_RC_OK);
	assert_int_equal(fixture_find(&w.f, "99.200/x"), ERR_UNAVAILABLE);
	home.body = prefix_body();
	assert_int_equal(desk_do(&w, &home, &who).code, HANDLE_RC_INVALID_HANDLE);
	desk_world_free(&w);
}

static void homing_survives_a_restart(void **state)
{
	(void)state;
	fixture_t f = fixture_make(5);
	fixture_start(&f);
	registry_change_t home = { .verb = REGISTRY_HOME,
		                   .name = SLICE("0.NA/99.200"),
		                   .caller = caller_node() };
	assert_int_equal(fixture_change(&f, &home).err, ERR_OK);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.200/x", "u").err, ERR_OK);
	fixture_restart(&f);
	assert_int_equal(fixture_find(&f, "99.200/x"), ERR_OK);
	assert_int_equal(fixture_find(&f, "0.NA/99.200.7"), ERR_NOT_FOUND);
	assert_int_equal(fixture_find(&f, "99.200.7/x"), ERR_UNAVAILABLE);
	assert_int_equal(fixture_change(&f, &home).err, ERR_EXISTS);
	home.verb = REGISTRY_UNHOME;
	assert_int_equal(fixture_change(&f, &home).err, ERR_OK);
	assert_int_equal(fixture_change(&f, &home).err, ERR_NOT_FOUND);
	fixture_restart(&f);
	assert_int_equal(fixture_find(&f, "99.200/x"), ERR_UNAVAILABLE);
	home.caller.role = ROLE_ENGINEER;
	assert_int_equal(fixture_change(&f, &home).err, ERR_DENIED);
	fixture_free(&f);
}

/* Challenges. */

static void a_challenge_is_answered_once_and_in_time(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t who = by_secret();
	desk_request_t q = { .operation = HANDLE_OP_CREATE, .body = create_new() };
	desk_reply_t challenged = desk_ask(&w, &q);
	uint8_t body[4096];
	writer_t body_w = writer_of(body, sizeof(body));
	desk_answer_write(&who, &challenged, &body_w);
	desk_request_t answer = { .operation = HANDLE_OP_CHALLENGE_ANSWER,
		                  .session = challenged.envelope.session_id,
		                  .body = writer_done(&body_w) };
	assert_int_equal(desk_ask(&w, &answer).code, HANDLE_RC_OK);
	assert_int_equal(desk_ask(&w, &answer).code, HANDLE_RC_AUTH_TIMEOUT);
	q.body = press_nine();
	q.operation = HANDLE_OP_ADD_VALUE;
	challenged = desk_ask(&w, &q);
	body_w = writer_of(body, sizeof(body));
	desk_answer_write(&who, &challenged, &body_w);
	answer.session = challenged.envelope.session_id;
	(void)twin_run_for(w.f.twin, 21 * NS_PER_S);
	assert_int_equal(desk_ask(&w, &answer).code, HANDLE_RC_AUTH_TIMEOUT);
	assert_int_equal(desk_metric(&w, "challenges_expired_total"), 1);
	assert_int_equal(desk_metric(&w, "challenges"), 0);
	answer.body = SLICE("?");
	assert_int_equal(desk_ask(&w, &answer).code, HANDLE_RC_PROTOCOL_ERROR);
	desk_world_free(&w);
}

static void one_source_cannot_hold_all_challenges(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_request_t q = { .operation = HANDLE_OP_CREATE, .body = create_new() };
	for (int i = 0; i < 64; i++)
		assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_AUTH_NEEDED);
	assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_BUSY);
	assert_int_equal(desk_metric(&w, "challenges_full_total"), 1);
	(void)twin_run_for(w.f.twin, 21 * NS_PER_S);
	assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_AUTH_NEEDED);
	desk_world_free(&w);
}

/* The CPU of one source is bounded; plain questions do not pay. */
static void a_source_that_costs_too_much_is_told_to_wait(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	w.spec.source_cpu_percent = 1;
	desk_world_start(&w);
	desk_who_t who = by_secret();
	desk_request_t q = { .operation = HANDLE_OP_MODIFY_VALUE, .body = create_press() };
	desk_request_t plain = { .operation = HANDLE_OP_RESOLVE,
		                 .flags = HANDLE_FLAG_PUBL,
		                 .body = question_body(PRESS) };
	uint32_t code = HANDLE_RC_OK;
	who.code = HANDLE_MAC_PBKDF2;
	int made = 0;
	for (; code == HANDLE_RC_OK && made < 1000; made++)
		code = desk_do(&w, &q, &who).code;
	assert_int_equal(code, HANDLE_RC_BUSY);
	assert_true(made > 50);
	assert_int_equal(desk_ask(&w, &plain).code, HANDLE_RC_OK);
	assert_true(desk_metric(&w, "source_budget_total") > 0);
	(void)twin_run_for(w.f.twin, NS_PER_S);
	assert_int_equal(desk_do(&w, &q, &who).code, HANDLE_RC_OK);
	desk_world_free(&w);
}

/* Signed replies, by the forms of each version. */

static bool is_signed(desk_world_t *w, const desk_reply_t *reply)
{
	uint8_t prefix[64];
	writer_t prefix_w = writer_of(prefix, sizeof(prefix));
	handle_credential_t c;
	handle_signature_t s;
	env_pkey_t *key = NULL;
	if (reply->m.credential.len == 0)
		return false;
	assert_int_equal(handle_credential_decode(reply->m.credential, &c), CODEC_OK);
	assert_true(slice_eq(c.type, SLICE("HS_SIGNED")));
	assert_int_equal(handle_signature_decode(c.section, &s), CODEC_OK);
	assert_int_equal(handle_signed_prefix_encode(&reply->envelope, 0, &prefix_w), CODEC_OK);
	slice_t parts[] = { writer_done(&prefix_w), reply->m.covered };
	bool is_new = slice_eq(s.algorithm, SLICE("SHA-256"));
	assert_int_equal(is_new, w->version.minor >= 7);
	env_signed_t what = { .hash = is_new ? ENV_HASH_SHA256 : ENV_HASH_SHA1,
		              .parts = parts,
		              .count = 2 };
	assert_int_equal(registry_key_read(handle_desk_public_key(w->desk), &key), ERR_OK);
	assert_int_equal(env_pkey_verify(key, &what, s.bytes), ERR_OK);
	env_pkey_free(key);
	return true;
}

static void replies_are_signed_in_the_form_of_the_version(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	w.spec.key_path = "data/keys/handle.key";
	desk_world_start(&w);
	desk_request_t q = { .operation = HANDLE_OP_RESOLVE,
		             .flags = HANDLE_FLAG_CERT | HANDLE_FLAG_RRDG | HANDLE_FLAG_PUBL,
		             .body = question_body(PRESS) };
	for (uint8_t minor = 0; minor <= 11; minor++) {
		w.version.minor = minor;
		desk_reply_t reply = desk_ask(&w, &q);
		bool can = minor != 5 && minor != 6;
		assert_int_equal(reply.code, HANDLE_RC_OK);
		assert_int_equal(is_signed(&w, &reply), can);
		assert_int_equal((reply.m.header.flags & HANDLE_FLAG_CERT) != 0, can);
	}
	w.version.minor = 11;
	q = (desk_request_t){ .operation = HANDLE_OP_GET_SITE,
		              .flags = HANDLE_FLAG_CERT,
		              .body = name_body(SLICE("/")) };
	desk_reply_t reply = desk_ask(&w, &q);
	handle_site_t site;
	assert_true(is_signed(&w, &reply));
	assert_int_equal(handle_site_decode(reply.body, &site), CODEC_OK);
	desk_world_free(&w);
}

static void old_peers_are_told_in_codes_they_know(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_request_t q = { .operation = HANDLE_OP_CREATE, .body = create_zero() };
	w.version.minor = 4;
	assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_VALUE_EXISTS);
	w.version.minor = 5;
	assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_INVALID_VALUE);
	/* Before 2.1 the nonce comes first, and the digest is MD5. */
	w.version.minor = 0;
	q.body = create_new();
	desk_reply_t reply = desk_ask(&w, &q);
	reader_t r = reader_of(reply.m.body);
	assert_int_equal(reply.code, HANDLE_RC_AUTH_NEEDED);
	assert_int_equal(rd_bytes32(&r, 16).len, 16);
	assert_int_equal(rd_bytes32(&r, 16).len, 16);
	assert_true(!r.bad && r.in.len == 0);
	desk_world_free(&w);
}

/* Asked by another server whether a proof is right (operation 201). */
static void a_proof_of_a_secret_here_is_judged_for_others(void **state)
{
	(void)state;
	uint8_t body[512], mac[64] = { HANDLE_MAC_HMAC_SHA256 };
	bool valid = false;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	env_hmac_sha256(SLICE("secret"), SLICE("noncedigest"), &mac[1]);
	handle_verify_t v = { .user = { OWN, 301 },
		              .nonce = SLICE("nonce"),
		              .digest = SLICE("digest"),
		              .answer = slice_of(mac, 33) };
	for (int i = 0; i < 4; i++) {
		writer_t body_w = writer_of(body, sizeof(body));
		mac[5] ^= i == 1;
		v.user.index = i == 2 ? 999 : 301;
		v.user.handle = i == 3 ? SLICE("0.NA/99.300") : OWN;
		handle_verify_encode(&v, &body_w);
		desk_request_t q = { .operation = HANDLE_OP_VERIFY_ANSWER,
			             .body = writer_done(&body_w) };
		desk_reply_t reply = desk_ask(&w, &q);
		if (i == 3) {
			assert_int_equal(reply.code, HANDLE_RC_NOT_RESPONSIBLE);
			break;
		}
		assert_int_equal(handle_verify_reply_decode(reply.body, &valid), CODEC_OK);
		assert_int_equal(valid, i == 0);
	}
	desk_world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_that_must_fail_fail_before_anybody_is_asked_who_they_are),
		cmocka_unit_test(
			changes_fail_after_the_challenge_with_the_code_of_deployed_servers),
		cmocka_unit_test(keys_and_secrets_prove_an_identity),
		cmocka_unit_test(a_wrong_key_is_403_and_a_stranger_400),
		cmocka_unit_test(private_values_are_shown_to_administrators_alone),
		cmocka_unit_test(a_question_over_udp_is_challenged_too),
		cmocka_unit_test(what_everybody_may_write_is_written_unasked),
		cmocka_unit_test(a_read_only_value_is_removed_but_not_modified),
		cmocka_unit_test(a_suffix_is_made_up),
		cmocka_unit_test(overwriting_is_said_only_when_something_was_overwritten),
		cmocka_unit_test(names_are_listed_fifty_a_message_for_as_long_as_there_are_more),
		cmocka_unit_test(derived_prefixes_are_listed_and_folded),
		cmocka_unit_test(a_homed_prefix_is_served_until_it_is_unhomed),
		cmocka_unit_test(homing_survives_a_restart),
		cmocka_unit_test(a_challenge_is_answered_once_and_in_time),
		cmocka_unit_test(one_source_cannot_hold_all_challenges),
		cmocka_unit_test(a_source_that_costs_too_much_is_told_to_wait),
		cmocka_unit_test(replies_are_signed_in_the_form_of_the_version),
		cmocka_unit_test(old_peers_are_told_in_codes_they_know),
		cmocka_unit_test(a_proof_of_a_secret_here_is_judged_for_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
