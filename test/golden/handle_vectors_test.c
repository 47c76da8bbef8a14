/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to recorded messages must be the recorded answers, byte for byte, but for
 * what is chance: nonces, ids, times, minted suffixes, keys and what they make, the
 * truncated bit (which the recorder set wrongly) and the echo of a malformed message.
 * Signatures and MACs are checked with the keys of this run, challenges answered with
 * the recorded client's keys. The records are made of the recorded answers themselves;
 * names and values stand in the recordings alone: those of a deployed server in
 * $JIZHU_SHARED or ../shared, skipped where they are absent, and the project's own in
 * test/golden/handle. */
#include "env/dh.h"
#include "env/crypto.h"
#include "env/tcp.h"
#include "env/udp.h"
#include "handle_replay.h"
#include "registry/fixture_test.h"
#include "registry/handle/desk.h"
#include "registry/handle/door.h"

enum { MESSAGE_CAP = 8192, PACKETS = 8, UUID = 36 };

typedef struct {
	uint8_t bytes[MESSAGE_CAP];
	size_t len;
} bytes_t;

typedef struct {
	fixture_t f;
	replay_t replay;
	env_loop_t *resolver, *desk_loop;
	handle_door_t *door;
	handle_desk_t *desk;
	env_udp_t *udp;
	env_tcp_t *tcp;
	char prefix[64], admin[128];
	const char *admins[1];
	uint8_t got[PACKETS][HANDLE_DATAGRAM_MAX]; /* packets by sequence */
	size_t got_len[PACKETS], got_count;
	bytes_t reply; /* over TCP */
	/* Of the challenge under way: as recorded, as live. */
	bytes_t recorded_challenge, live_challenge;
	uint32_t recorded_session, live_session;
	uint8_t live_key[32];
	size_t compared;
	bool has_template;
} world_t;

/* The record of a name that a template made up: it is to be made up again. */
static bool is_made_up(const replay_vector_t *v)
{
	return strstr(v->label, "template") != NULL;
}

/* Learning. */

static handle_message_t decode(slice_t bytes)
{
	handle_message_t m;
	assert_int_equal(handle_message_decode(slice_from(bytes, HANDLE_ENVELOPE_SIZE), &m),
	                 CODEC_OK);
	return m;
}

static bool is_plain(slice_t bytes)
{
	handle_envelope_t envelope;
	assert_int_equal(handle_envelope_decode(bytes, &envelope), CODEC_OK);
	return !(envelope.flags & HANDLE_ENVELOPE_ENCRYPTED) &&
	       bytes.len == HANDLE_ENVELOPE_SIZE + envelope.length;
}

static void merge(world_t *w, slice_t name, uint32_t count, slice_t values)
{
	registry_change_t change = { .verb = REGISTRY_MERGE,
		                     .name = name,
		                     .count = count,
		                     .values = values,
		                     .caller = caller_node() };
	err_t err = fixture_change(&w->f, &change).err;
	if (err == ERR_NOT_FOUND) {
		change.verb = REGISTRY_CREATE;
		err = fixture_change(&w->f, &change).err;
	}
	assert_true(!err || err == ERR_UNAVAILABLE);
}

static void merge_value(world_t *w, slice_t name, uint32_t index, const char *type, slice_t data)
{
	uint8_t buf[4096];
	writer_t values = writer_of(buf, sizeof(buf));
	handle_value_t value = { .index = index,
		                 .ttl_s = HANDLE_TTL_DEFAULT_S,
		                 .perms = HANDLE_PERM_ADMIN_READ | HANDLE_PERM_ADMIN_WRITE,
		                 .type = slice_str(type),
		                 .data = data };
	handle_value_encode(&value, &values);
	merge(w, name, 1, writer_done(&values));
}

/* HS_ADMIN for who answers first. */
static void admin_value(world_t *w, writer_t *values)
{
	uint8_t buf[256];
	writer_t data = writer_of(buf, sizeof(buf));
	handle_admin_t admin = { .rights = HANDLE_ADMIN_ALL };
	assert_int_equal(registry_identity_parse(slice_str(w->admin), &admin.admin), ERR_OK);
	handle_admin_encode(&admin, &data);
	value_add(values, 100, "HS_ADMIN", writer_done(&data));
}

/* A name that is in a list, and perhaps nowhere else. */
static void listed(world_t *w, slice_t name)
{
	uint8_t buf[512];
	writer_t values = writer_of(buf, sizeof(buf));
	value_add(&values, 1, "DESC", SLICE("listed"));
	admin_value(w, &values);
	registry_change_t change = change_of(REGISTRY_CREATE, name, 2, &values);
	err_t err = fixture_change(&w->f, &change).err;
	assert_true(!err || err == ERR_EXISTS);
}

/* What a recorded answer tells of records: their values, or that they are there. */
static void learn(world_t *w, slice_t bytes)
{
	handle_message_t m = decode(bytes);
	handle_record_t record;
	handle_list_t names;
	slice_t name;
	if (m.header.response != HANDLE_RC_OK || m.header.flags & HANDLE_FLAG_RRDG)
		return;
	if (m.header.operation == HANDLE_OP_RESOLVE) {
		assert_int_equal(handle_record_decode(m.body, &record), CODEC_OK);
		merge(w, record.handle, record.values.count, record.values.bytes);
	}
	bool is_homed = m.header.operation == HANDLE_OP_LIST_HOMED;
	if (m.header.operation != HANDLE_OP_LIST_HANDLES && !is_homed)
		return;
	assert_int_equal(handle_names_body_decode(m.body, &names), CODEC_OK);
	handle_iter_t iter = handle_list_iter(names);
	while (handle_string_next(&iter, &name)) {
		registry_change_t home = { .verb = REGISTRY_HOME,
			                   .name = name,
			                   .caller = caller_node() };
		if (is_homed)
			(void)fixture_change(&w->f, &home);
		else
			listed(w, name);
	}
}

/* The key of somebody who answered a challenge. */
static void learn_key(world_t *w, const handle_answer_t *answer, int signer)
{
	if (signer == REPLAY_KEYS)
		merge_value(w, answer->user.handle, answer->user.index, "HS_SECKEY",
		            w->replay.secret);
	else if (signer >= 0)
		merge_value(w, answer->user.handle, answer->user.index, "HS_PUBKEY",
		            slice_of(w->replay.keys[signer].bytes, w->replay.keys[signer].len));
}

static void learn_answer(world_t *w, slice_t challenge_bytes, slice_t answer_bytes)
{
	handle_challenge_t challenge;
	handle_answer_t answer;
	assert_int_equal(handle_challenge_decode(decode(challenge_bytes).body, &challenge),
	                 CODEC_OK);
	assert_int_equal(handle_answer_decode(decode(answer_bytes).body, &answer), CODEC_OK);
	learn_key(w, &answer, replay_signer(&w->replay, &answer, &challenge));
}

static void learn_all(world_t *w)
{
	static bytes_t last;
	for (size_t i = 0; i < w->replay.count;) {
		uint8_t buf[MESSAGE_CAP];
		writer_t bytes = writer_of(buf, sizeof(buf));
		const replay_vector_t *v = &w->replay.vectors[i];
		i += replay_message(&w->replay, i, &bytes);
		slice_t message = writer_done(&bytes);
		if (is_made_up(v) || !is_plain(message)) {
			w->has_template |= is_made_up(v);
			continue;
		}
		handle_header_t header = decode(message).header;
		if (v->is_request && header.operation == HANDLE_OP_CHALLENGE_ANSWER)
			learn_answer(w, slice_of(last.bytes, last.len), message);
		else if (!v->is_request && header.response != HANDLE_RC_AUTH_NEEDED)
			learn(w, message);
		if (header.response == HANDLE_RC_AUTH_NEEDED) {
			memcpy(last.bytes, buf, bytes.len);
			last.len = bytes.len;
		}
	}
}

/* The recorded server had its template from its configuration; here it stands in the
 * record of the prefix, for administrators, as its public values were recorded too. */
static void learn_template(world_t *w)
{
	static const char xml[] = "<namespace><template delimiter=\"@\"><foreach>"
				  "<if value=\"type\" test=\"equals\" expression=\"URL\">"
				  "<value data=\"${data}#${extension}\"/></if><else><value/></else>"
				  "</foreach></template></namespace>";
	uint8_t name[128];
	writer_t name_w = writer_of(name, sizeof(name));
	if (!w->has_template)
		return;
	handle_prefix_record(slice_str(w->prefix), &name_w);
	merge_value(w, writer_done(&name_w), 900, "HS_NAMESPACE", slice_str(xml));
}

/* The prefix of the first name asked for is the server's; who answers first is its
 * administrator. */
static void find_names(world_t *w)
{
	handle_resolution_t q;
	handle_answer_t answer;
	for (size_t i = 0; i < w->replay.count; i++) {
		const replay_vector_t *v = &w->replay.vectors[i];
		slice_t bytes = slice_of(v->bytes, v->len);
		if (!v->is_request || !is_plain(bytes))
			continue;
		handle_message_t m = decode(bytes);
		if (w->prefix[0] == 0 && m.header.operation == HANDLE_OP_RESOLVE) {
			assert_int_equal(handle_resolution_decode(m.body, &q), CODEC_OK);
			slice_t prefix = slice_sub(q.handle, 0, slice_find(q.handle, '/'));
			assert_true(slice_to_cstr(prefix, w->prefix, sizeof(w->prefix)));
		}
		if (w->admin[0] == 0 && m.header.operation == HANDLE_OP_CHALLENGE_ANSWER) {
			assert_int_equal(handle_answer_decode(m.body, &answer), CODEC_OK);
			(void)snprintf(w->admin, sizeof(w->admin), "%u:%.*s", answer.user.index,
			               (int)answer.user.handle.len,
			               (const char *)answer.user.handle.ptr);
		}
	}
	assert_true(w->prefix[0] && w->admin[0]);
	w->f.prefix = w->prefix;
	w->admins[0] = w->admin;
	w->f.admins = w->admins;
	w->f.admin_count = 1;
	w->f.admins_home_only = true; /* what else they may, records must say */
}

/* Asking. */

static void on_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	world_t *w = ctx;
	(void)udp;
	for (size_t i = 0; i < count; i++) {
		handle_envelope_t envelope;
		assert_int_equal(handle_envelope_decode(in[i].bytes, &envelope), CODEC_OK);
		assert_true(envelope.sequence < PACKETS);
		memcpy(w->got[envelope.sequence], in[i].bytes.ptr, in[i].bytes.len);
		w->got_len[envelope.sequence] = in[i].bytes.len;
		w->got_count++;
	}
}

static size_t on_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	world_t *w = ctx;
	(void)tcp;
	assert_true(w->reply.len + bytes.len <= sizeof(w->reply.bytes));
	memcpy(&w->reply.bytes[w->reply.len], bytes.ptr, bytes.len);
	w->reply.len += bytes.len;
	return bytes.len;
}

static void on_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	world_t *w = ctx;
	(void)tcp;
	(void)why;
	w->tcp = NULL;
}

static void ask_tcp(world_t *w, slice_t request)
{
	static const env_tcp_events_t events = { .data = on_data, .closed = on_closed };
	env_tcp_spec_t spec = { .events = &events, .ctx = w };
	w->reply.len = 0;
	addr_t to = handle_door_addr(w->door, 0);
	assert_int_equal(env_tcp_dial(w->f.asker, NULL, to, &spec, &w->tcp), ERR_OK);
	(void)twin_run_for(w->f.twin, 10 * NS_PER_MS);
	assert_int_equal(env_tcp_write(w->tcp, request), ERR_OK);
	(void)twin_run_for(w->f.twin, 100 * NS_PER_MS);
	env_tcp_close(w->tcp);
	(void)twin_run_for(w->f.twin, 10 * NS_PER_MS);
	assert_true(w->reply.len > 0);
}

static void ask_udp(world_t *w, size_t from, size_t requests)
{
	w->got_count = 0;
	for (size_t i = 0; i < requests; i++) {
		const replay_vector_t *v = &w->replay.vectors[from + i];
		assert_int_equal(env_udp_send(w->udp, handle_door_addr(w->door, 0),
		                              slice_of(v->bytes, v->len)),
		                 ERR_OK);
	}
	(void)twin_run_for(w->f.twin, 10 * NS_PER_MS);
}

/* What of a request must be made anew. */

static void rewrite_answer(world_t *w, const handle_message_t *m, handle_envelope_t *envelope,
                           writer_t *out)
{
	uint8_t made[2048];
	writer_t made_w = writer_of(made, sizeof(made));
	handle_envelope_t live;
	handle_challenge_t recorded, asked;
	handle_answer_t answer;
	slice_t was = slice_of(w->recorded_challenge.bytes, w->recorded_challenge.len);
	slice_t is = slice_of(w->live_challenge.bytes, w->live_challenge.len);
	assert_int_equal(handle_answer_decode(m->body, &answer), CODEC_OK);
	assert_int_equal(handle_challenge_decode(decode(was).body, &recorded), CODEC_OK);
	assert_int_equal(handle_challenge_decode(decode(is).body, &asked), CODEC_OK);
	assert_int_equal(handle_envelope_decode(is, &live), CODEC_OK);
	replay_answer(&w->replay, replay_signer(&w->replay, &answer, &recorded), &answer, &asked,
	              &made_w);
	answer.answer = writer_done(&made_w);
	envelope->session_id = live.session_id;
	handle_mark_t mark = handle_message_begin(envelope, &m->header, out);
	handle_answer_encode(&answer, out);
	handle_message_end(mark, (slice_t){ 0 }, out);
}

/* The credential with the MAC of this run's key over header and body. */
static void credential_write(const world_t *w, slice_t credential,
                             const handle_envelope_t *envelope, slice_t covered, writer_t *out)
{
	uint8_t mac[32], section[64];
	writer_t section_w = writer_of(section, sizeof(section));
	handle_credential_t c;
	handle_signature_t s;
	if (credential.len == 0)
		return;
	assert_int_equal(handle_credential_decode(credential, &c), CODEC_OK);
	assert_int_equal(handle_signature_decode(c.section, &s), CODEC_OK);
	replay_mac(w->live_key, envelope, c.counter, covered, mac);
	s.bytes = slice_of(mac, sizeof(mac));
	handle_signature_encode(&s, &section_w);
	c.section = writer_done(&section_w);
	handle_credential_encode(&c, out);
}

static void rewrite_session(world_t *w, slice_t bytes, handle_envelope_t *envelope, writer_t *out)
{
	uint8_t plain_room[MESSAGE_CAP], credential[256], room[MESSAGE_CAP];
	writer_t plain_w = writer_of(plain_room, sizeof(plain_room));
	writer_t credential_w = writer_of(credential, sizeof(credential));
	writer_t message_w = writer_of(room, sizeof(room));
	handle_message_t m = decode(replay_open(w->replay.session_key, bytes, &plain_w));
	envelope->session_id = w->live_session;
	bool is_encrypted = envelope->flags & HANDLE_ENVELOPE_ENCRYPTED;
	credential_write(w, m.credential, envelope, m.covered, &credential_w);
	m.credential = writer_done(&credential_w);
	handle_message_encode(&m, &message_w);
	if (is_encrypted) {
		replay_seal(w->live_key, envelope, writer_done(&message_w), out);
		return;
	}
	handle_envelope_encode(envelope, out);
	wr_bytes(out, writer_done(&message_w));
}

static void rewrite(world_t *w, slice_t bytes, writer_t *out)
{
	handle_envelope_t envelope;
	assert_int_equal(handle_envelope_decode(bytes, &envelope), CODEC_OK);
	bool is_whole = bytes.len == HANDLE_ENVELOPE_SIZE + envelope.length;
	bool is_session = envelope.session_id != 0 && envelope.session_id == w->recorded_session;
	if (is_whole && is_plain(bytes) &&
	    decode(bytes).header.operation == HANDLE_OP_CHALLENGE_ANSWER) {
		handle_message_t m = decode(bytes);
		rewrite_answer(w, &m, &envelope, out);
	} else if (is_whole && is_session) {
		rewrite_session(w, bytes, &envelope, out);
	} else {
		wr_bytes(out, bytes);
	}
	assert_false(out->bad);
}

/* Comparing. */

static void check_signature(const world_t *w, const handle_envelope_t *envelope,
                            const handle_message_t *m, const handle_credential_t *c)
{
	uint8_t prefix[64];
	writer_t prefix_w = writer_of(prefix, sizeof(prefix));
	handle_signature_t s;
	env_pkey_t *key = NULL;
	assert_int_equal(handle_signature_decode(c->section, &s), CODEC_OK);
	if (slice_eq(c->type, SLICE("HS_MAC"))) {
		uint8_t mac[32];
		replay_mac(w->live_key, envelope, c->counter, m->covered, mac);
		assert_true(slice_eq(s.bytes, slice_of(mac, sizeof(mac))));
		return;
	}
	assert_int_equal(handle_signed_prefix_encode(envelope, c->counter, &prefix_w), CODEC_OK);
	slice_t parts[] = { writer_done(&prefix_w), m->covered };
	env_signed_t what = { .hash = ENV_HASH_SHA256, .parts = parts, .count = 2 };
	assert_int_equal(registry_key_read(handle_desk_public_key(w->desk), &key), ERR_OK);
	assert_int_equal(env_pkey_verify(key, &what, s.bytes), ERR_OK);
	env_pkey_free(key);
}

static void mask_body(uint8_t *bytes, const handle_message_t *m, bool in_session, slice_t *body)
{
	handle_challenge_t challenge;
	slice_t rest = *body;
	handle_digest_t digest;
	if (m->header.response == HANDLE_RC_AUTH_NEEDED) {
		assert_int_equal(handle_challenge_decode(*body, &challenge), CODEC_OK);
		replay_clear(bytes, challenge.nonce);
		return;
	}
	if (m->header.flags & HANDLE_FLAG_RRDG)
		assert_int_equal(handle_digest_cut(*body, &digest, &rest), CODEC_OK);
	if (m->header.response != HANDLE_RC_OK)
		return;
	if (m->header.operation == HANDLE_OP_RESOLVE && in_session)
		replay_mask_values(bytes, rest);
	if (m->header.operation == HANDLE_OP_GET_SITE)
		replay_mask_site_key(bytes, rest);
	if (m->header.operation == HANDLE_OP_CREATE && m->header.flags & HANDLE_FLAG_MINT)
		replay_clear(bytes, slice_from(rest, rest.len - UUID));
	if (m->header.operation == HANDLE_OP_SESSION_SETUP)
		replay_mask_setup(bytes, rest, body);
}

static void assert_equal(const replay_vector_t *v, const char *what, slice_t want, slice_t got)
{
	if (!slice_eq(want, got))
		print_message("differs: %u%s, %s\n", v->number, v->label, what);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.ptr, want.ptr, want.len);
}

static void compare_credentials(const world_t *w, const handle_envelope_t *envelope,
                                const handle_message_t *want, const handle_message_t *got)
{
	handle_credential_t a, b;
	assert_int_equal(want->credential.len > 0, got->credential.len > 0);
	if (want->credential.len == 0)
		return;
	assert_int_equal(handle_credential_decode(want->credential, &a), CODEC_OK);
	assert_int_equal(handle_credential_decode(got->credential, &b), CODEC_OK);
	assert_true(slice_eq(a.type, b.type));
	assert_int_equal(a.counter, b.counter);
	assert_int_equal(a.section.len, b.section.len);
	check_signature(w, envelope, got, &b);
}

static void compare_envelopes(const replay_vector_t *v, handle_envelope_t a, handle_envelope_t b)
{
	uint8_t left[HANDLE_ENVELOPE_SIZE], right[HANDLE_ENVELOPE_SIZE];
	writer_t left_w = writer_of(left, sizeof(left)), right_w = writer_of(right, sizeof(right));
	assert_int_equal(a.session_id != 0, b.session_id != 0);
	a.session_id = b.session_id = 0;
	a.length = b.length = 0; /* that of the bodies is compared */
	a.flags &= (uint8_t)~HANDLE_ENVELOPE_TRUNCATED;
	b.flags &= (uint8_t)~HANDLE_ENVELOPE_TRUNCATED;
	handle_envelope_encode(&a, &left_w);
	handle_envelope_encode(&b, &right_w);
	assert_equal(v, "envelope", writer_done(&left_w), writer_done(&right_w));
}

static void compare_headers(const replay_vector_t *v, const handle_message_t *want,
                            const handle_message_t *got)
{
	enum { LENGTH_AT = 20 };
	assert_equal(v, "header", slice_sub(want->covered, 0, LENGTH_AT),
	             slice_sub(got->covered, 0, LENGTH_AT));
}

/* Both messages may be changed: what is chance is cleared. */
static void compare(world_t *w, const replay_vector_t *v, bytes_t *want, bytes_t *got)
{
	static uint8_t want_room[MESSAGE_CAP], got_room[MESSAGE_CAP];
	writer_t want_w = writer_of(want_room, MESSAGE_CAP),
		 got_w = writer_of(got_room, MESSAGE_CAP);
	handle_envelope_t want_e, got_e;
	slice_t a = slice_of(want->bytes, want->len), b = slice_of(got->bytes, got->len);
	assert_int_equal(handle_envelope_decode(a, &want_e), CODEC_OK);
	assert_int_equal(handle_envelope_decode(b, &got_e), CODEC_OK);
	w->compared++;
	if (want_e.request_id == UINT32_MAX) { /* a malformed message */
		assert_int_equal(decode(b).header.response, decode(a).header.response);
		return;
	}
	compare_envelopes(v, want_e, got_e);
	bool in_session = want_e.session_id != 0 && want_e.session_id == w->recorded_session;
	a = replay_open(w->replay.session_key, a, &want_w);
	b = replay_open(w->live_key, b, &got_w);
	uint8_t *want_bytes = want_w.len ? want_room : want->bytes;
	uint8_t *got_bytes = got_w.len ? got_room : got->bytes;
	handle_message_t m = decode(a), n = decode(b);
	compare_headers(v, &m, &n);
	compare_credentials(w, &got_e, &m, &n);
	mask_body(want_bytes, &m, in_session, &m.body);
	mask_body(got_bytes, &n, in_session, &n.body);
	assert_equal(v, "body", m.body, n.body);
}

/* What the next requests need of this reply. */
static void remember(world_t *w, const bytes_t *want, const bytes_t *got)
{
	slice_t a = slice_of(want->bytes, want->len), b = slice_of(got->bytes, got->len);
	handle_envelope_t want_e, got_e;
	handle_session_reply_t reply;
	handle_digest_t digest;
	handle_key_t key;
	slice_t body;
	if (!is_plain(a) || !is_plain(b))
		return;
	handle_message_t m = decode(b);
	if (m.header.response == HANDLE_RC_AUTH_NEEDED) {
		w->recorded_challenge = *want;
		w->live_challenge = *got;
	}
	if (m.header.operation != HANDLE_OP_SESSION_SETUP || m.header.response != HANDLE_RC_OK)
		return;
	assert_int_equal(handle_digest_cut(m.body, &digest, &body), CODEC_OK);
	assert_int_equal(handle_session_reply_decode(body, &reply), CODEC_OK);
	if (reply.mode != HANDLE_SESSION_DH)
		return;
	uint8_t shared[512];
	writer_t shared_w = writer_of(shared, sizeof(shared));
	env_dh_t *dh = NULL;
	assert_int_equal(handle_key_decode(slice_from(reply.data, 4), &key), CODEC_OK);
	assert_int_equal(env_dh_of(handle_key_unsigned(key.part[1]),
	                           handle_key_unsigned(key.part[2]),
	                           slice_of(w->replay.dh_number, w->replay.dh_number_len), &dh),
	                 ERR_OK);
	assert_int_equal(env_dh_shared(dh, handle_key_unsigned(key.part[0]), &shared_w), ERR_OK);
	env_dh_free(dh);
	memcpy(w->live_key, shared, sizeof(w->live_key));
	assert_int_equal(handle_envelope_decode(a, &want_e), CODEC_OK);
	assert_int_equal(handle_envelope_decode(b, &got_e), CODEC_OK);
	w->recorded_session = want_e.session_id;
	w->live_session = got_e.session_id;
}

/* A name made up here stands in the list of the recording under another name. */
static void rename_minted(world_t *w, const bytes_t *want, const bytes_t *got)
{
	handle_message_t m = decode(slice_of(got->bytes, got->len));
	slice_t name;
	if (m.header.operation != HANDLE_OP_CREATE || m.header.response != HANDLE_RC_OK ||
	    !(m.header.flags & HANDLE_FLAG_MINT))
		return;
	assert_int_equal(handle_name_body_decode(m.body, &name), CODEC_OK);
	registry_change_t change = change_of(REGISTRY_REMOVE, name, 0, NULL);
	assert_int_equal(fixture_change(&w->f, &change).err, ERR_OK);
	m = decode(slice_of(want->bytes, want->len));
	assert_int_equal(handle_name_body_decode(m.body, &name), CODEC_OK);
	merge_value(w, name, 1, "DESC", SLICE("minted"));
}

/* The whole story. */

static void collect(const world_t *w, bytes_t *ret_got)
{
	ret_got->len = 0;
	for (size_t i = 0; i < w->got_count; i++) {
		size_t from = i ? HANDLE_ENVELOPE_SIZE : 0;
		memcpy(&ret_got->bytes[ret_got->len], &w->got[i][from], w->got_len[i] - from);
		ret_got->len += w->got_len[i] - from;
	}
}

static size_t exchange(world_t *w, size_t from)
{
	static bytes_t request, live, want, got;
	writer_t request_w = writer_of(request.bytes, MESSAGE_CAP);
	writer_t live_w = writer_of(live.bytes, MESSAGE_CAP);
	writer_t want_w = writer_of(want.bytes, MESSAGE_CAP);
	const replay_vector_t *v = &w->replay.vectors[from];
	size_t requests = replay_message(&w->replay, from, &request_w);
	size_t replies = replay_message(&w->replay, from + requests, &want_w);
	want.len = want_w.len;
	assert_true(v->is_request && !w->replay.vectors[from + requests].is_request);
	if (v->is_udp) {
		ask_udp(w, from, requests);
		assert_int_equal(w->got_count, replies);
		collect(w, &got);
	} else {
		rewrite(w, writer_done(&request_w), &live_w);
		ask_tcp(w, writer_done(&live_w));
		got = w->reply;
	}
	if (want.bytes[8] != 0xFF)
		remember(w, &want, &got);
	if (is_plain(slice_of(got.bytes, got.len)) && is_plain(slice_of(want.bytes, want.len)))
		rename_minted(w, &want, &got);
	compare(w, v, &want, &got);
	return requests + replies;
}

static void open_door(world_t *w)
{
	addr_t addr = { .ip = ip_v4(127, 0, 0, 1), .port = HANDLE_PORT };
	handle_desk_spec_t desk = { .registry = w->f.registry, .key_path = "data/keys/handle.key" };
	assert_int_equal(env_dir_make(w->f.env, "data/keys"), ERR_OK);
	assert_int_equal(env_loop_new(w->f.env, "desk", ENV_LOOP_EVENTS, &w->desk_loop), ERR_OK);
	desk.loop = w->desk_loop;
	desk.source_cpu_percent = 100;
	assert_int_equal(handle_desk_open(&desk, &w->desk), ERR_OK);
	handle_door_spec_t spec = { .registry = w->f.registry,
		                    .desk = w->desk,
		                    .addrs = &addr,
		                    .addr_count = 1,
		                    .description = "vector test site",
		                    .public_key = handle_desk_public_key(w->desk),
		                    .http_port = 8000 };
	assert_int_equal(env_loop_new(w->f.env, "resolver", ENV_LOOP_EVENTS, &w->resolver), ERR_OK);
	spec.loop = w->resolver;
	assert_int_equal(handle_door_open(&spec, &w->door), ERR_OK);
	assert_int_equal(env_loop_start(w->desk_loop), ERR_OK);
	assert_int_equal(env_loop_start(w->resolver), ERR_OK);
	env_udp_spec_t udp = { .turn = on_turn, .ctx = w };
	addr_t any = { .ip = ip_v4(127, 0, 0, 2) };
	assert_int_equal(env_udp_open(w->f.asker, any, &udp, &w->udp), ERR_OK);
}

static void close_door(world_t *w)
{
	env_udp_close(w->udp);
	env_loop_stop(w->resolver);
	env_loop_stop(w->desk_loop);
	env_loop_stop(w->f.view);
	handle_door_close(w->door);
	handle_desk_close(w->desk);
	env_loop_free(w->resolver);
	env_loop_free(w->desk_loop);
	fixture_free(&w->f);
	replay_free(&w->replay);
}

static void replay_folder(const char *folder, const char *secret)
{
	static world_t w;
	w = (world_t){ .f = fixture_make(1) };
	if (!replay_load(&w.replay, folder, secret)) {
		fixture_free(&w.f);
		skip();
	}
	find_names(&w);
	fixture_start(&w.f);
	learn_all(&w);
	learn_template(&w);
	open_door(&w);
	for (size_t i = 0; i < w.replay.count;)
		i += exchange(&w, i);
	print_message("recorded messages compared: %zu\n", w.compared);
	close_door(&w);
}

static void messages_recorded_from_a_deployed_server_get_the_recorded_answers(void **state)
{
	(void)state;
	char folder[REPLAY_PATH];
	replay_folder(replay_shared(folder), "s3cr3t-Key");
}

/* With JIZHU_UPDATE the recording is made anew first. */
static void the_projects_own_recording_gets_the_recorded_answers(void **state)
{
	(void)state;
	char folder[REPLAY_PATH];
	if (getenv("JIZHU_UPDATE"))
		handle_record(replay_own(folder));
	replay_folder(replay_own(folder), "secret");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_recorded_from_a_deployed_server_get_the_recorded_answers),
		cmocka_unit_test(the_projects_own_recording_gets_the_recorded_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
