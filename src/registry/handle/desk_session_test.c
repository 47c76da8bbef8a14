/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and logins: agreed keys, counters, what is refused, and how they end. */
#include "env/dh.h"
#include "registry/handle/desk_fixture_test.h"

/* A safe prime of 1,024 bits: RFC 2409, 6.2. */
static const char oakley_2[] = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
			       "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
			       "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
			       "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF";

typedef struct {
	uint32_t id, counter;
	uint8_t key[32];
} keyed_t;

static slice_t setup_body(const env_dh_t *dh, slice_t p, uint16_t mode, uint32_t timeout_s)
{
	static uint8_t buf[1024];
	uint8_t key[512], number[160] = { 0 }, prime[160] = { 0 };
	writer_t w = writer_of(buf, sizeof(buf)), key_w = writer_of(key, sizeof(key));
	writer_t number_w = writer_of(&number[1], sizeof(number) - 1);
	assert_int_equal(env_dh_public(dh, &number_w), ERR_OK);
	memcpy(&prime[1], p.ptr, p.len);
	handle_key_t k = { .kind = HANDLE_KEY_DH_PUBLIC,
		           .part = { slice_of(number, number_w.len + 1), slice_of(prime, p.len + 1),
		                     SLICE("\x02") } };
	handle_key_encode(&k, &key_w);
	handle_session_t s = { .mode = mode,
		               .timeout_s = timeout_s,
		               .identity = { OWN, 300 },
		               .key = writer_done(&key_w) };
	if (mode == HANDLE_SESSION_HANDLE_KEY)
		s.exchange = (handle_reference_t){ OWN, 300 };
	handle_session_encode(&s, &w);
	assert_false(w.bad);
	return writer_done(&w);
}

static uint32_t set_up(desk_world_t *w, uint16_t mode, uint32_t timeout_s, keyed_t *ret_key)
{
	uint8_t p[128], shared[128];
	size_t len = 0;
	writer_t shared_w = writer_of(shared, sizeof(shared));
	env_dh_t *dh = NULL;
	handle_session_reply_t setup;
	handle_key_t key;
	assert_int_equal(num_from_hex(slice_str(oakley_2), p, sizeof(p), &len), ERR_OK);
	assert_int_equal(env_dh_new(slice_of(p, len), SLICE("\x02"), &dh), ERR_OK);
	desk_request_t q = { .operation = HANDLE_OP_SESSION_SETUP,
		             .flags = HANDLE_FLAG_RRDG,
		             .body = setup_body(dh, slice_of(p, len), mode, timeout_s) };
	desk_reply_t reply = desk_ask(w, &q);
	if (reply.code == HANDLE_RC_OK && mode == HANDLE_SESSION_DH) {
		assert_int_equal(handle_session_reply_decode(reply.body, &setup), CODEC_OK);
		assert_int_equal(handle_key_decode(slice_from(setup.data, 4), &key), CODEC_OK);
		slice_t theirs = handle_key_unsigned(key.part[0]);
		assert_int_equal(env_dh_shared(dh, theirs, &shared_w), ERR_OK);
		memcpy(ret_key->key, shared, 32);
		ret_key->id = reply.envelope.session_id;
		ret_key->counter = 0;
	}
	env_dh_free(dh);
	return reply.code;
}

typedef struct {
	uint32_t operation, flags;
	slice_t body;
	bool is_encrypted, is_bad, is_repeated;
} told_t;

static void credential(const keyed_t *key, const handle_envelope_t *envelope, slice_t covered,
                       writer_t *out)
{
	uint8_t room[64], mac[32], section[128];
	writer_t prefix = writer_of(room, sizeof(room));
	writer_t section_w = writer_of(section, sizeof(section));
	assert_int_equal(handle_signed_prefix_encode(envelope, key->counter, &prefix), CODEC_OK);
	slice_t parts[] = { writer_done(&prefix), covered };
	env_hmac_sha256_parts(slice_of(key->key, 32), parts, 2, mac);
	handle_signature_t s = { SLICE("HMAC-SHA256"), slice_of(mac, 32) };
	handle_signature_encode(&s, &section_w);
	handle_credential_t c = { .counter = key->counter,
		                  .type = SLICE("HS_MAC"),
		                  .section = writer_done(&section_w) };
	handle_credential_encode(&c, out);
}

static void seal(const keyed_t *key, writer_t *out)
{
	uint8_t room[4096], iv[16] = { 9 };
	writer_t w = writer_of(room, sizeof(room));
	slice_t plain = slice_from(writer_done(out), HANDLE_ENVELOPE_SIZE);
	wr_bytes(&w, slice_of(iv, 16));
	assert_int_equal(env_aes_encrypt(key->key, iv, plain, &w), ERR_OK);
	out->len = HANDLE_ENVELOPE_SIZE;
	wr_bytes(out, writer_done(&w));
	out->buf[2] |= HANDLE_ENVELOPE_ENCRYPTED;
	wr_patch_u32(out, 16, (uint32_t)w.len);
}

/* Decrypts in place when need be. */
static desk_reply_t open_reply(const keyed_t *key, slice_t bytes)
{
	static uint8_t room[8192];
	writer_t w = writer_of(room, sizeof(room));
	handle_envelope_t envelope;
	assert_int_equal(handle_envelope_decode(bytes, &envelope), CODEC_OK);
	if (!(envelope.flags & HANDLE_ENVELOPE_ENCRYPTED))
		return desk_read(bytes);
	slice_t iv = slice_sub(bytes, HANDLE_ENVELOPE_SIZE, 16);
	wr_bytes(&w, slice_sub(bytes, 0, HANDLE_ENVELOPE_SIZE));
	assert_int_equal(
		env_aes_decrypt(key->key, iv.ptr, slice_from(bytes, HANDLE_ENVELOPE_SIZE + 16), &w),
		ERR_OK);
	wr_patch_u32(&w, 16, (uint32_t)(w.len - HANDLE_ENVELOPE_SIZE));
	return desk_read(writer_done(&w));
}

static desk_reply_t tell(desk_world_t *w, keyed_t *key, const told_t *t)
{
	uint8_t buf[4096], room[256];
	writer_t out = writer_of(buf, sizeof(buf)), credential_w = writer_of(room, sizeof(room));
	handle_envelope_t envelope = desk_envelope(w, key->id);
	handle_header_t header = { .operation = t->operation, .flags = t->flags };
	key->counter += !t->is_repeated;
	handle_mark_t mark = handle_message_begin(&envelope, &header, &out);
	wr_bytes(&out, t->body);
	credential(key, &envelope, handle_message_covered(mark, &out), &credential_w);
	if (t->is_bad)
		room[credential_w.len - 1] ^= 1;
	handle_message_end(mark, writer_done(&credential_w), &out);
	if (t->is_encrypted)
		seal(key, &out);
	return open_reply(key, desk_exchange(w, writer_done(&out)));
}

/* The first message of a session is challenged once. */
static void prove_once(desk_world_t *w, keyed_t *key)
{
	told_t t = { .operation = HANDLE_OP_CREATE,
		     .body = value_body(SLICE("99.100.1/first"), 1, "URL") };
	desk_who_t who = by_key(w);
	desk_reply_t reply = tell(w, key, &t);
	assert_int_equal(reply.code, HANDLE_RC_AUTH_NEEDED);
	assert_int_equal(reply.envelope.session_id, key->id);
	reply = desk_prove(w, &reply, &who);
	assert_int_equal(reply.code, HANDLE_RC_OK);
	assert_int_equal(reply.envelope.session_id, key->id);
}

static void a_session_is_proven_once_and_then_trusted_by_its_mac(void **state)
{
	(void)state;
	desk_world_t w;
	keyed_t key;
	desk_world_make(&w);
	desk_world_start(&w);
	assert_int_equal(set_up(&w, HANDLE_SESSION_DH, 0, &key), HANDLE_RC_OK);
	prove_once(&w, &key);
	told_t t = { .operation = HANDLE_OP_DELETE, .body = name_body(PRESS) };
	assert_int_equal(tell(&w, &key, &t).code, HANDLE_RC_OK);
	assert_int_equal(desk_metric(&w, "proofs_total"), 1);
	assert_int_equal(desk_metric(&w, "sessions_weak_total"), 1);
	assert_int_equal(desk_metric(&w, "sessions"), 1);
	desk_world_free(&w);
}

/* Whoever else sees the nonce cannot make the session speak for themselves. */
static void a_session_is_proven_by_who_it_was_set_up_for(void **state)
{
	(void)state;
	desk_world_t w;
	keyed_t key;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t li = by_li();
	told_t t = { .operation = HANDLE_OP_DELETE, .body = name_body(PRESS) };
	assert_int_equal(set_up(&w, HANDLE_SESSION_DH, 0, &key), HANDLE_RC_OK);
	desk_reply_t reply = tell(&w, &key, &t);
	assert_int_equal(desk_prove(&w, &reply, &li).code, HANDLE_RC_AUTH_FAILED);
	assert_int_equal(tell(&w, &key, &t).code, HANDLE_RC_AUTH_NEEDED);
	desk_world_free(&w);
}

static void messages_of_a_session_are_taken_once(void **state)
{
	(void)state;
	desk_world_t w;
	keyed_t key;
	desk_world_make(&w);
	desk_world_start(&w);
	assert_int_equal(set_up(&w, HANDLE_SESSION_DH, 0, &key), HANDLE_RC_OK);
	prove_once(&w, &key);
	told_t t = { .operation = HANDLE_OP_MODIFY_VALUE, .body = value_body(PRESS, 1, "URL") };
	assert_int_equal(tell(&w, &key, &t).code, HANDLE_RC_OK);
	t.is_repeated = true;
	assert_int_equal(tell(&w, &key, &t).code, HANDLE_RC_SESSION_DUPLICATE);
	/* Out of order, but new. */
	t.is_repeated = false;
	key.counter += 10;
	assert_int_equal(tell(&w, &key, &t).code, HANDLE_RC_OK);
	key.counter -= 5;
	assert_int_equal(tell(&w, &key, &t).code, HANDLE_RC_OK);
	key.counter += 1000;
	assert_int_equal(tell(&w, &key, &t).code, HANDLE_RC_OK);
	key.counter -= 300; /* too old to tell */
	assert_int_equal(tell(&w, &key, &t).code, HANDLE_RC_SESSION_DUPLICATE);
	assert_int_equal(desk_metric(&w, "session_replays_total"), 2);
	desk_world_free(&w);
}

static void a_wrong_mac_or_none_changes_nothing(void **state)
{
	(void)state;
	desk_world_t w;
	keyed_t key;
	desk_world_make(&w);
	desk_world_start(&w);
	assert_int_equal(set_up(&w, HANDLE_SESSION_DH, 0, &key), HANDLE_RC_OK);
	prove_once(&w, &key);
	told_t t = { .operation = HANDLE_OP_DELETE, .body = name_body(PRESS), .is_bad = true };
	assert_int_equal(tell(&w, &key, &t).code, HANDLE_RC_SESSION_NO_KEY);
	desk_request_t bare = { .operation = HANDLE_OP_DELETE,
		                .session = key.id,
		                .body = name_body(PRESS) };
	assert_int_equal(desk_ask(&w, &bare).code, HANDLE_RC_INVALID_CREDENTIAL);
	bare.session = key.id ^ 0x1000;
	assert_int_equal(desk_ask(&w, &bare).code, HANDLE_RC_SESSION_TIMEOUT);
	bare = (desk_request_t){ .operation = HANDLE_OP_SESSION_END,
		                 .session = key.id,
		                 .body = name_body(SLICE("/")) };
	assert_int_equal(desk_ask(&w, &bare).code, HANDLE_RC_SESSION_NO_KEY);
	assert_int_equal(fixture_find(&w.f, "99.100.1/press"), ERR_OK);
	assert_int_equal(desk_metric(&w, "session_macs_bad_total"), 1);
	desk_world_free(&w);
}

static void encrypted_questions_get_encrypted_answers(void **state)
{
	(void)state;
	desk_world_t w;
	keyed_t key, other = { .id = 0x7FFFFFFF };
	handle_record_t record;
	handle_credential_t c;
	desk_world_make(&w);
	desk_world_start(&w);
	assert_int_equal(set_up(&w, HANDLE_SESSION_DH, 0, &key), HANDLE_RC_OK);
	prove_once(&w, &key);
	told_t t = { .operation = HANDLE_OP_RESOLVE,
		     .flags = HANDLE_FLAG_ENCR | HANDLE_FLAG_CERT,
		     .body = question_body(PRESS),
		     .is_encrypted = true };
	desk_reply_t reply = tell(&w, &key, &t);
	assert_int_equal(reply.code, HANDLE_RC_OK);
	assert_true(reply.envelope.flags & HANDLE_ENVELOPE_ENCRYPTED);
	assert_int_equal(handle_record_decode(reply.body, &record), CODEC_OK);
	assert_int_equal(record.values.count, 5); /* the private one too */
	assert_int_equal(handle_credential_decode(reply.m.credential, &c), CODEC_OK);
	assert_true(slice_eq(c.type, SLICE("HS_MAC")));
	/* Under a key nobody agreed on it is no message. */
	memset(other.key, 1, sizeof(other.key));
	assert_int_equal(tell(&w, &other, &t).code, HANDLE_RC_SESSION_NO_KEY);
	other.id = key.id;
	assert_int_equal(tell(&w, &other, &t).code, HANDLE_RC_SESSION_NO_KEY);
	desk_world_free(&w);
}

static void sessions_end_when_asked_to_and_in_time(void **state)
{
	(void)state;
	desk_world_t w;
	keyed_t key;
	desk_world_make(&w);
	desk_world_start(&w);
	told_t end = { .operation = HANDLE_OP_SESSION_END, .body = name_body(SLICE("/")) };
	assert_int_equal(set_up(&w, HANDLE_SESSION_DH, 0, &key), HANDLE_RC_OK);
	assert_int_equal(tell(&w, &key, &end).code, HANDLE_RC_OK);
	assert_int_equal(tell(&w, &key, &end).code, HANDLE_RC_SESSION_TIMEOUT);
	assert_int_equal(set_up(&w, HANDLE_SESSION_DH, 30, &key), HANDLE_RC_OK);
	(void)twin_run_for(w.f.twin, 31 * NS_PER_S);
	assert_int_equal(tell(&w, &key, &end).code, HANDLE_RC_SESSION_TIMEOUT);
	assert_int_equal(desk_metric(&w, "sessions"), 0);
	desk_world_free(&w);
}

static void one_source_keeps_its_newest_sessions(void **state)
{
	(void)state;
	desk_world_t w;
	keyed_t first, key;
	desk_world_make(&w);
	desk_world_start(&w);
	told_t end = { .operation = HANDLE_OP_SESSION_END, .body = name_body(SLICE("/")) };
	assert_int_equal(set_up(&w, HANDLE_SESSION_DH, 0, &first), HANDLE_RC_OK);
	for (int i = 0; i < 32; i++)
		assert_int_equal(set_up(&w, HANDLE_SESSION_DH, 0, &key), HANDLE_RC_OK);
	assert_int_equal(desk_metric(&w, "sessions"), 32);
	assert_int_equal(tell(&w, &first, &end).code, HANDLE_RC_SESSION_TIMEOUT);
	assert_int_equal(tell(&w, &key, &end).code, HANDLE_RC_OK);
	desk_world_free(&w);
}

static void modes_that_are_not_offered_are_refused(void **state)
{
	(void)state;
	desk_world_t w;
	keyed_t key;
	desk_world_make(&w);
	w.spec.dh_bits_min = 2048;
	desk_world_start(&w);
	for (uint16_t mode = 1; mode <= 4; mode++)
		assert_int_equal(set_up(&w, mode, 0, &key), HANDLE_RC_SESSION_FAILED);
	desk_request_t q = { .operation = HANDLE_OP_SESSION_SETUP, .body = SLICE("x") };
	assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_SESSION_INVALID);
	q = (desk_request_t){ .operation = HANDLE_OP_SESSION_KEY,
		              .session = 99,
		              .body = SLICE("\0\0\0\0") };
	assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_SESSION_FAILED);
	assert_int_equal(desk_metric(&w, "sessions"), 0);
	desk_world_free(&w);
}

/* Deployed clients end a set-up with two zeros; without them it is one too. */
static void a_setup_may_end_in_zeros_or_not(void **state)
{
	(void)state;
	handle_session_t s;
	uint8_t p[128];
	size_t len = 0;
	env_dh_t *dh = NULL;
	assert_int_equal(num_from_hex(slice_str(oakley_2), p, sizeof(p), &len), ERR_OK);
	assert_int_equal(env_dh_new(slice_of(p, len), SLICE("\x02"), &dh), ERR_OK);
	slice_t body = setup_body(dh, slice_of(p, len), HANDLE_SESSION_DH, 0);
	assert_int_equal(handle_session_decode(body, &s), CODEC_OK);
	assert_int_equal(handle_session_decode(slice_sub(body, 0, body.len - 2), &s), CODEC_OK);
	env_dh_free(dh);
}

/* Logins. */

static desk_reply_t log_in(desk_world_t *w, const desk_who_t *who, slice_t handle)
{
	uint8_t buf[256];
	writer_t body = writer_of(buf, sizeof(buf));
	handle_reference_encode(&(handle_reference_t){ handle, who->index }, &body);
	desk_request_t q = { .operation = HANDLE_OP_LOGIN,
		             .flags = HANDLE_FLAG_RRDG,
		             .body = writer_done(&body) };
	return desk_do(w, &q, who);
}

static void a_login_speaks_for_its_connection_alone(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t who = by_key(&w);
	desk_request_t q = { .operation = HANDLE_OP_CREATE,
		             .body = value_body(SLICE("99.100.1/a"), 1, "URL") };
	assert_int_equal(log_in(&w, &who, LI).code, HANDLE_RC_AUTH_FAILED);
	assert_int_equal(log_in(&w, &who, OWN).code, HANDLE_RC_OK);
	assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_OK);
	desk_hang_up(&w);
	desk_dial(&w);
	q.body = value_body(SLICE("99.100.1/b"), 1, "URL");
	assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_AUTH_NEEDED);
	desk_world_free(&w);
}

static void a_login_has_the_rights_of_its_identity(void **state)
{
	(void)state;
	desk_world_t w;
	desk_world_make(&w);
	desk_world_start(&w);
	desk_who_t li = by_li();
	desk_request_t q = { .operation = HANDLE_OP_DELETE, .body = name_body(PRESS) };
	assert_int_equal(log_in(&w, &li, LI).code, HANDLE_RC_OK);
	assert_int_equal(desk_ask(&w, &q).code, HANDLE_RC_INVALID_ADMIN);
	desk_world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_proven_once_and_then_trusted_by_its_mac),
		cmocka_unit_test(a_session_is_proven_by_who_it_was_set_up_for),
		cmocka_unit_test(messages_of_a_session_are_taken_once),
		cmocka_unit_test(a_wrong_mac_or_none_changes_nothing),
		cmocka_unit_test(encrypted_questions_get_encrypted_answers),
		cmocka_unit_test(sessions_end_when_asked_to_and_in_time),
		cmocka_unit_test(one_source_keeps_its_newest_sessions),
		cmocka_unit_test(modes_that_are_not_offered_are_refused),
		cmocka_unit_test(a_setup_may_end_in_zeros_or_not),
		cmocka_unit_test(a_login_speaks_for_its_connection_alone),
		cmocka_unit_test(a_login_has_the_rights_of_its_identity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
