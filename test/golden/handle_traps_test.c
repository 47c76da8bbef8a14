/* SPDX-License-Identifier: Apache-2.0 */
/* What implementers of the Handle wire trip over, one case each: places where the
 * obvious reading of the standard is not what deployed software does. */
#include "env/dh.h"
#include "registry/handle/desk_fixture_test.h"

static void the_truncated_bit_says_nothing(void **state)
{
	(void)state;
	desk_world_t w;
	uint8_t buf[512];
	enum { FLAGS_AT = 2 };
	desk_world_make(&w);
	desk_world_start(&w);
	for (int is_set = 0; is_set < 2; is_set++) {
		writer_t out = writer_of(buf, sizeof(buf));
		desk_request_t q = { .operation = HANDLE_OP_GET_SITE,
			             .body = name_body(SLICE("/")) };
		desk_write(&w, &q, &out);
		buf[FLAGS_AT] |= is_set ? HANDLE_ENVELOPE_TRUNCATED : 0;
		w.packet_len = 0;
		assert_int_equal(env_udp_send(w.udp, DESK_ADDR, writer_done(&out)), ERR_OK);
		(void)twin_run_for(w.f.twin, 20 * NS_PER_MS);
		assert_true(w.packet_len > 0);
		assert_false(w.packet[FLAGS_AT] & HANDLE_ENVELOPE_TRUNCATED); /* one packet */
	}
	desk_world_free(&w);
}

static void site_data_with_bytes_behind_it_is_none(void **state)
{
	(void)state;
	desk_world_t w;
	handle_site_t site;
	uint8_t buf[2048];
	desk_world_make(&w);
	desk_world_start(&w);
	desk_request_t q = { .operation = HANDLE_OP_GET_SITE, .body = name_body(SLICE("/")) };
	desk_reply_t reply = desk_ask(&w, &q);
	writer_t longer = writer_of(buf, sizeof(buf));
	wr_bytes(&longer, reply.body);
	assert_int_equal(handle_site_decode(writer_done(&longer), &site), CODEC_OK);
	wr_u8(&longer, 0);
	assert_int_equal(handle_site_decode(writer_done(&longer), &site), CODEC_MALFORMED);
	desk_world_free(&w);
}

/* Four zeros end a public RSA key, and may be missing; a private key has no flags. */
static void keys_have_zeros_behind_or_flags_in_front_or_not(void **state)
{
	(void)state;
	uint8_t buf[REGISTRY_KEY_MAX];
	env_pkey_t *key = NULL, *back = NULL;
	handle_key_t parts;
	writer_t w = writer_of(buf, sizeof(buf));
	assert_int_equal(env_pkey_generate(ENV_PKEY_RSA, &key), ERR_OK);
	assert_int_equal(registry_key_write(key, false, &w), ERR_OK);
	assert_memory_equal(&buf[w.len - 4], "\0\0\0\0", 4);
	assert_int_equal(registry_key_read(slice_of(buf, w.len - 4), &back), ERR_OK);
	env_pkey_free(back);
	w = writer_of(buf, sizeof(buf));
	assert_int_equal(registry_key_write(key, true, &w), ERR_OK);
	assert_int_equal(handle_key_decode(writer_done(&w), &parts), CODEC_OK);
	size_t type = 4 + strlen("RSA_PRIVCRT_KEY");
	assert_int_equal(buf[type], 0);     /* the length of the modulus follows at once, */
	assert_int_equal(buf[type + 2], 1); /* 257 bytes with its zero in front */
	env_pkey_free(key);
}

/* The shared number loses its leading zeros before it becomes a key. */
static void a_shared_number_has_no_leading_zeros(void **state)
{
	(void)state;
	static const char oakley_1[] =
		"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
		"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
		"4FE1356D6D51C245E485B576625E7EC6F44C42E9A63A3620FFFFFFFFFFFFFFFF";
	uint8_t p[96], theirs[96] = { 0 }, shared[96];
	size_t len = 0;
	env_dh_t *dh = NULL;
	writer_t w = writer_of(shared, sizeof(shared));
	memset(&theirs[60], 7, 36);
	assert_int_equal(num_from_hex(slice_str(oakley_1), p, sizeof(p), &len), ERR_OK);
	/* With a private number of 1 the shared number is theirs. */
	assert_int_equal(env_dh_of(slice_of(p, len), SLICE("\x02"), SLICE("\x01"), &dh), ERR_OK);
	assert_int_equal(env_dh_shared(dh, slice_of(theirs, sizeof(theirs)), &w), ERR_OK);
	assert_int_equal(w.len, 36);
	assert_int_equal(shared[0], 7);
	env_dh_free(dh);
}

static void the_hash_without_an_absolute_value_chooses_the_first_server(void **state)
{
	(void)state;
	const uint8_t md5[16] = { [12] = 0x80 };
	assert_int_equal(handle_server_pick(md5, 3), 0);
}

static void only_ascii_letters_are_folded(void **state)
{
	(void)state;
	fixture_t f = fixture_make(3);
	fixture_start(&f);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/Caf\xc3\xa9", "u").err, ERR_OK);
	assert_int_equal(fixture_find(&f, "99.100.1/cAF\xc3\xa9"), ERR_OK);
	assert_int_equal(fixture_find(&f, "99.100.1/CAF\xc3\x89"), ERR_NOT_FOUND);
	fixture_free(&f);
}

static void lists_are_in_upper_case_and_answers_as_asked(void **state)
{
	(void)state;
	desk_world_t w;
	handle_list_t names;
	handle_record_t record;
	slice_t name;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t who = by_secret();
	desk_request_t list = { .operation = HANDLE_OP_LIST_HANDLES, .body = name_body(OWN) };
	desk_reply_t reply = desk_do(&w, &list, &who);
	assert_int_equal(handle_names_body_decode(reply.body, &names), CODEC_OK);
	handle_iter_t iter = handle_list_iter(names);
	assert_true(handle_string_next(&iter, &name));
	assert_true(slice_eq(name, SLICE("99.100.1/LI")));
	desk_request_t q = { .operation = HANDLE_OP_RESOLVE,
		             .flags = HANDLE_FLAG_PUBL,
		             .body = question_body(SLICE("99.100.1/pReSs")) };
	reply = desk_ask(&w, &q);
	assert_int_equal(handle_record_decode(reply.body, &record), CODEC_OK);
	assert_true(slice_eq(record.handle, SLICE("99.100.1/pReSs")));
	desk_world_free(&w);
}

/* Deployed servers see two bits of the suggested major: 5 becomes 1. */
static void version_five_is_answered_in_one(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_request_t q = { .operation = HANDLE_OP_GET_SITE, .body = name_body(SLICE("/")) };
	w.version = (handle_version_t){ 5, 0 };
	desk_reply_t reply = desk_ask(&w, &q);
	assert_int_equal(reply.envelope.version.major, 1);
	assert_int_equal(reply.envelope.version.minor, 0);
	desk_world_free(&w);
}

static uint32_t modify(desk_world_t *w, uint32_t index, const char *type)
{
	desk_request_t q = { .operation = HANDLE_OP_MODIFY_VALUE,
		             .body = value_body(PRESS, index, type) };
	return desk_ask(w, &q).code;
}

static void modifying_looks_at_the_permissions_of_a_value_and_removing_does_not(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t who = by_secret();
	assert_int_equal(modify(&w, 5, "FIXED"), HANDLE_RC_DENIED);
	assert_int_equal(modify(&w, 4, "GUESTS"), HANDLE_RC_OK); /* anybody may */
	desk_request_t q = { .operation = HANDLE_OP_REMOVE_VALUE, .body = removal_body(PRESS, 5) };
	assert_int_equal(desk_do(&w, &q, &who).code, HANDLE_RC_OK);
	desk_world_free(&w);
}

static void no_record_and_no_value_are_two_codes(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_request_t q = { .operation = HANDLE_OP_RESOLVE,
		             .flags = HANDLE_FLAG_PUBL,
		             .body = question_body(SLICE("99.100.1/none")) };
	desk_reply_t reply = desk_ask(&w, &q);
	assert_int_equal(reply.code, HANDLE_RC_HANDLE_NOT_FOUND);
	assert_true(slice_eq(reply.body, SLICE("\0\0\0\0"))); /* an empty text, not nothing */
	q.body = question_body(LI);
	assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_VALUES_NOT_FOUND);
	desk_world_free(&w);
}

/* The id of a challenge travels as a session's; what answers it has a new request id
 * and gets the first request's operation. */
static void a_challenge_is_named_by_the_session_id(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t who = by_secret();
	desk_request_t q = { .operation = HANDLE_OP_DELETE, .body = name_body(PRESS) };
	desk_reply_t first = desk_ask(&w, &q);
	assert_int_equal(first.m.header.operation, HANDLE_OP_DELETE);
	assert_true(first.m.header.flags & HANDLE_FLAG_RRDG);
	assert_int_not_equal(first.envelope.session_id, 0);
	uint32_t asked = first.envelope.request_id;
	desk_reply_t second = desk_prove(&w, &first, &who);
	assert_int_equal(second.m.header.operation, HANDLE_OP_DELETE);
	assert_int_not_equal(second.envelope.request_id, asked);
	assert_int_equal(second.envelope.session_id, 0);
	desk_world_free(&w);
}

/* PBKDF2's rounds are the client's choice and the server's cost. */
static void rounds_without_end_are_refused_at_once(void **state)
{
	(void)state;
	desk_world_t w;
	uint8_t answer[256], body[512];
	writer_t answer_w = writer_of(answer, sizeof(answer));
	writer_t body_w = writer_of(body, sizeof(body));
	desk_world_make(&w);
	desk_world_start(&w);
	handle_mac_t mac = { .code = HANDLE_MAC_PBKDF2,
		             .salt = SLICE("salt"),
		             .iterations = UINT32_MAX,
		             .key_bits = 160,
		             .mac = SLICE("x") };
	handle_mac_encode(&mac, &answer_w);
	desk_request_t q = { .operation = HANDLE_OP_DELETE, .body = name_body(PRESS) };
	desk_reply_t first = desk_ask(&w, &q);
	handle_answer_t a = { SLICE("HS_SECKEY"), { OWN, 301 }, writer_done(&answer_w) };
	handle_answer_encode(&a, &body_w);
	desk_request_t proof = { .operation = HANDLE_OP_CHALLENGE_ANSWER,
		                 .session = first.envelope.session_id,
		                 .body = writer_done(&body_w) };
	assert_int_equal(desk_ask(&w, &proof).code, HANDLE_RC_AUTH_FAILED);
	/* Nor are others behind the same address made to wait for it. */
	desk_who_t who = by_secret();
	who.code = HANDLE_MAC_PBKDF2;
	assert_int_equal(desk_do(&w, &q, &who).code, HANDLE_RC_OK);
	desk_world_free(&w);
}

/* Who answers "is this proof right?" could pass the proof on: it is the home of the
 * secret that is asked, and nobody when there is no way to ask. */
static void a_proof_is_shown_to_nobody_but_the_home_of_its_secret(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t guest = by_secret();
	guest.handle = SLICE("99.300/guest");
	desk_request_t q = { .operation = HANDLE_OP_DELETE, .body = name_body(PRESS) };
	assert_int_equal(desk_do(&w, &q, &guest).code, HANDLE_RC_AUTH_UNABLE);
	desk_world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_truncated_bit_says_nothing),
		cmocka_unit_test(site_data_with_bytes_behind_it_is_none),
		cmocka_unit_test(keys_have_zeros_behind_or_flags_in_front_or_not),
		cmocka_unit_test(a_shared_number_has_no_leading_zeros),
		cmocka_unit_test(the_hash_without_an_absolute_value_chooses_the_first_server),
		cmocka_unit_test(only_ascii_letters_are_folded),
		cmocka_unit_test(lists_are_in_upper_case_and_answers_as_asked),
		cmocka_unit_test(version_five_is_answered_in_one),
		cmocka_unit_test(
			modifying_looks_at_the_permissions_of_a_value_and_removing_does_not),
		cmocka_unit_test(no_record_and_no_value_are_two_codes),
		cmocka_unit_test(a_challenge_is_named_by_the_session_id),
		cmocka_unit_test(rounds_without_end_are_refused_at_once),
		cmocka_unit_test(a_proof_is_shown_to_nobody_but_the_home_of_its_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
