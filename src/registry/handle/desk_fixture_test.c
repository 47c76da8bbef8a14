/* SPDX-License-Identifier: Apache-2.0 */
/* The stage of the desk's tests: world, client, proofs, bodies. */
#include "registry/handle/desk_fixture_test.h"

void put_record(desk_world_t *w, slice_t name, uint32_t count, const writer_t *values)
{
	registry_change_t change = change_of(REGISTRY_REPLACE, name, count, values);
	assert_int_equal(fixture_change(&w->f, &change).err, ERR_OK);
}

void perms_add(writer_t *w, uint32_t index, const char *type, const char *data, uint8_t perms)
{
	handle_value_t value = { .index = index,
		                 .ttl_s = HANDLE_TTL_DEFAULT_S,
		                 .perms = perms,
		                 .type = slice_str(type),
		                 .data = slice_str(data) };
	handle_value_encode(&value, w);
}

static void desk_add_records(desk_world_t *w)
{
	static uint8_t buf[8192];
	uint8_t key[REGISTRY_KEY_MAX];
	writer_t values = writer_of(buf, sizeof(buf)), key_w = writer_of(key, sizeof(key));
	const handle_reference_t members[] = { { OWN, 300 }, { OWN, 301 } };
	assert_int_equal(registry_key_write(w->key, false, &key_w), ERR_OK);
	admin_add(&values, 100, HANDLE_ADMIN_ALL, OWN, 200);
	group_add(&values, 200, members, 2);
	value_add(&values, 300, "HS_PUBKEY", writer_done(&key_w));
	perms_add(&values, 301, "HS_SECKEY", "secret", HANDLE_PERM_ADMIN_READ);
	put_record(w, OWN, 4, &values);
	values = writer_of(buf, sizeof(buf));
	value_add(&values, 1, "URL", SLICE("http://127.0.0.1/press"));
	perms_add(&values, 3, "COST", "42", HANDLE_PERM_ADMIN_READ | HANDLE_PERM_ADMIN_WRITE);
	perms_add(&values, 4, "GUESTS", "0", 0x0F);
	perms_add(&values, 5, "FIXED", "x", HANDLE_PERM_PUBLIC_READ);
	admin_add(&values, 100, HANDLE_ADMIN_ALL, OWN, 200);
	put_record(w, PRESS, 5, &values);
	values = writer_of(buf, sizeof(buf));
	perms_add(&values, 300, "HS_SECKEY", "li's", HANDLE_PERM_ADMIN_READ);
	put_record(w, LI, 1, &values);
}

static size_t desk_on_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	desk_world_t *w = ctx;
	(void)tcp;
	assert_true(w->in_len + bytes.len <= DESK_STREAM);
	memcpy(&w->in[w->in_len], bytes.ptr, bytes.len);
	w->in_len += bytes.len;
	return bytes.len;
}

static void desk_on_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	desk_world_t *w = ctx;
	(void)tcp;
	(void)why;
	w->is_closed = true;
	w->tcp = NULL;
}

static void desk_on_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	desk_world_t *w = ctx;
	(void)udp;
	for (size_t i = 0; i < count; i++) {
		memcpy(w->packet, in[i].bytes.ptr, in[i].bytes.len);
		w->packet_len = in[i].bytes.len;
	}
}

void desk_dial(desk_world_t *w)
{
	static const env_tcp_events_t events = { .data = desk_on_data, .closed = desk_on_closed };
	env_tcp_spec_t spec = { .events = &events, .ctx = w };
	w->in_len = 0;
	w->is_closed = false;
	assert_int_equal(env_tcp_dial(w->client, NULL, DESK_ADDR, &spec, &w->tcp), ERR_OK);
	(void)twin_run_for(w->f.twin, 5 * NS_PER_MS);
}

void desk_hang_up(desk_world_t *w)
{
	env_tcp_close(w->tcp);
	w->tcp = NULL;
	(void)twin_run_for(w->f.twin, 5 * NS_PER_MS);
}

void desk_world_make(desk_world_t *w)
{
	*w = (desk_world_t){ .f = fixture_make(23), .version = { 2, 11 } };
	w->spec.source_cpu_percent = 100;
	w->in = malloc(DESK_STREAM);
	assert_non_null(w->in);
	assert_int_equal(env_pkey_generate(ENV_PKEY_RSA, &w->key), ERR_OK);
	fixture_start(&w->f);
}

void desk_world_start(desk_world_t *w)
{
	assert_int_equal(env_dir_make(w->f.env, "data/keys"), ERR_OK);
	if (!w->desk_loop)
		assert_int_equal(env_loop_new(w->f.env, "desk", ENV_LOOP_EVENTS, &w->desk_loop),
		                 ERR_OK);
	assert_int_equal(env_loop_new(w->f.env, "resolver", ENV_LOOP_EVENTS, &w->resolver), ERR_OK);
	w->spec.registry = w->f.registry;
	w->spec.loop = w->desk_loop;
	assert_int_equal(handle_desk_open(&w->spec, &w->desk), ERR_OK);
	handle_door_spec_t door = { .registry = w->f.registry,
		                    .desk = w->desk,
		                    .loop = w->resolver,
		                    .addrs = &DESK_ADDR,
		                    .addr_count = 1,
		                    .public_key = handle_desk_public_key(w->desk) };
	assert_int_equal(handle_door_open(&door, &w->door), ERR_OK);
	assert_int_equal(env_loop_start(w->desk_loop), ERR_OK);
	assert_int_equal(env_loop_start(w->resolver), ERR_OK);
	assert_int_equal(twin_host_open(w->f.twin, "peer", &w->peer), ERR_OK);
	assert_int_equal(env_loop_new(w->peer, "client", ENV_LOOP_EVENTS, &w->client), ERR_OK);
	assert_int_equal(env_loop_start(w->client), ERR_OK);
	env_udp_spec_t udp = { .turn = desk_on_turn, .ctx = w };
	addr_t any = { .ip = ip_v4(127, 0, 0, 9) };
	assert_int_equal(env_udp_open(w->client, any, &udp, &w->udp), ERR_OK);
	desk_add_records(w);
	desk_dial(w);
}

void desk_world_free(desk_world_t *w)
{
	env_tcp_close(w->tcp);
	env_udp_close(w->udp);
	env_loop_stop(w->f.view);
	env_loop_stop(w->f.commit);
	env_loop_stop(w->resolver);
	env_loop_stop(w->desk_loop);
	handle_door_close(w->door);
	handle_desk_close(w->desk);
	env_loop_free(w->resolver);
	env_loop_free(w->desk_loop);
	twin_host_close(w->peer);
	fixture_free(&w->f);
	env_pkey_free(w->key);
	free(w->in);
}

int64_t desk_metric(const desk_world_t *w, const char *name)
{
	const metrics_t *m = handle_desk_metrics(w->desk);
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->rows[i].name, name) == 0)
			return metric_get(m, i);
	fail_msg("no metric %s", name);
	return 0;
}

/* Asking. */

handle_envelope_t desk_envelope(desk_world_t *w, uint32_t session)
{
	return (handle_envelope_t){ .version = w->version,
		                    .suggested = w->version,
		                    .session_id = session,
		                    .request_id = ++w->request_id };
}

void desk_write(desk_world_t *w, const desk_request_t *q, writer_t *out)
{
	handle_envelope_t envelope = desk_envelope(w, q->session);
	handle_header_t header = { .operation = q->operation,
		                   .flags = q->flags,
		                   .site_serial = 1,
		                   .recursion = q->recursion,
		                   .expires_s = 1700043200 };
	handle_mark_t mark = handle_message_begin(&envelope, &header, out);
	wr_bytes(out, q->body);
	handle_message_end(mark, (slice_t){ 0 }, out);
	assert_false(out->bad);
}

desk_reply_t desk_read(slice_t bytes)
{
	desk_reply_t reply;
	slice_t message;
	handle_digest_t digest;
	assert_int_equal(handle_frame_next(bytes, &reply.envelope, &message), CODEC_OK);
	assert_int_equal(handle_message_decode(message, &reply.m), CODEC_OK);
	reply.code = reply.m.header.response;
	reply.body = reply.m.body;
	if (reply.m.header.flags & HANDLE_FLAG_RRDG && reply.code != HANDLE_RC_AUTH_NEEDED)
		assert_int_equal(handle_digest_cut(reply.m.body, &digest, &reply.body), CODEC_OK);
	return reply;
}

/* Sends bytes and waits for what comes back; it lies in w->in until the next call. */
slice_t desk_exchange(desk_world_t *w, slice_t bytes)
{
	w->in_len = 0;
	if (w->tap)
		w->tap(w->tap_ctx, true, bytes);
	assert_non_null(w->tcp);
	assert_int_equal(env_tcp_write(w->tcp, bytes), ERR_OK);
	for (int i = 0; i < 400 && w->in_len < HANDLE_ENVELOPE_SIZE && !w->is_closed; i++)
		(void)twin_run_for(w->f.twin, NS_PER_MS);
	(void)twin_run_for(w->f.twin, 2 * NS_PER_MS);
	if (w->tap)
		w->tap(w->tap_ctx, false, slice_of(w->in, w->in_len));
	return slice_of(w->in, w->in_len);
}

desk_reply_t desk_ask(desk_world_t *w, const desk_request_t *q)
{
	static uint8_t buf[DESK_REPLY_CAP];
	writer_t out = writer_of(buf, sizeof(buf));
	desk_write(w, q, &out);
	desk_reply_t reply = desk_read(desk_exchange(w, writer_done(&out)));
	assert_int_equal(reply.envelope.request_id, w->request_id);
	return reply;
}

/* Proving. */

desk_who_t by_key(const desk_world_t *w)
{
	return (desk_who_t){ .type = "HS_PUBKEY", .handle = OWN, .index = 300, .key = w->key };
}

desk_who_t by_secret(void)
{
	return (desk_who_t){
		.type = "HS_SECKEY", .handle = OWN, .index = 301, .secret = SLICE("secret")
	};
}

desk_who_t by_li(void)
{
	return (desk_who_t){
		.type = "HS_SECKEY", .handle = LI, .index = 300, .secret = SLICE("li's")
	};
}

static void desk_sign(const desk_who_t *who, const handle_challenge_t *c, writer_t *w)
{
	uint8_t made[ENV_PKEY_SIGNATURE_MAX];
	writer_t made_w = writer_of(made, sizeof(made));
	slice_t parts[] = { c->nonce, c->digest.bytes };
	env_signed_t what = { .hash = ENV_HASH_SHA256, .parts = parts, .count = 2 };
	assert_int_equal(env_pkey_sign(who->key, &what, &made_w), ERR_OK);
	handle_signature_t signature = { SLICE("SHA-256"), writer_done(&made_w) };
	handle_signature_encode(&signature, w);
}

static void desk_mac(const desk_who_t *who, const handle_challenge_t *c, writer_t *w)
{
	uint8_t text[64], made[32], key[20];
	writer_t text_w = writer_of(text, sizeof(text));
	handle_mac_t mac = { .code = who->code ? who->code : HANDLE_MAC_HMAC_SHA256 };
	wr_bytes(&text_w, c->nonce);
	wr_bytes(&text_w, c->digest.bytes);
	slice_t parts[] = { who->secret, writer_done(&text_w), who->secret };
	mac.mac = slice_of(made, 20);
	if (mac.code == HANDLE_MAC_SHA1) {
		env_sha1_parts(parts, 3, made);
	} else if (mac.code == HANDLE_MAC_HMAC_SHA1) {
		env_hmac_sha1(who->secret, parts[1], made);
	} else if (mac.code == HANDLE_MAC_PBKDF2) {
		mac.salt = SLICE("0123456789abcdef");
		mac.iterations = 1000;
		mac.key_bits = 160;
		assert_int_equal(env_pbkdf2_sha1(who->secret, mac.salt, 1000, key, 20), ERR_OK);
		env_hmac_sha1(slice_of(key, 20), parts[1], made);
	} else {
		env_hmac_sha256(who->secret, parts[1], made);
		mac.mac.len = 32;
	}
	handle_mac_encode(&mac, w);
}

/* The body of operation 200 that answers the challenge in `reply`. */
void desk_answer_write(const desk_who_t *who, const desk_reply_t *reply, writer_t *w)
{
	uint8_t made[2048];
	writer_t made_w = writer_of(made, sizeof(made));
	handle_challenge_t c;
	assert_int_equal(reply->code, HANDLE_RC_AUTH_NEEDED);
	assert_int_equal(handle_challenge_decode(reply->m.body, &c), CODEC_OK);
	if (who->key)
		desk_sign(who, &c, &made_w);
	else
		desk_mac(who, &c, &made_w);
	handle_answer_t answer = { .auth_type = slice_str(who->type),
		                   .user = { who->handle, who->index },
		                   .answer = writer_done(&made_w) };
	handle_answer_encode(&answer, w);
	assert_false(w->bad);
}

desk_reply_t desk_prove(desk_world_t *w, const desk_reply_t *challenged, const desk_who_t *who)
{
	uint8_t body[4096];
	writer_t body_w = writer_of(body, sizeof(body));
	uint32_t operation = challenged->m.header.operation;
	desk_answer_write(who, challenged, &body_w);
	desk_request_t answer = { .operation = HANDLE_OP_CHALLENGE_ANSWER,
		                  .session = challenged->envelope.session_id,
		                  .body = writer_done(&body_w) };
	desk_reply_t reply = desk_ask(w, &answer);
	assert_int_equal(reply.m.header.operation, operation);
	return reply;
}

/* Asks, and answers the challenge that must come. */
desk_reply_t desk_do(desk_world_t *w, const desk_request_t *q, const desk_who_t *who)
{
	desk_reply_t reply = desk_ask(w, q);
	return desk_prove(w, &reply, who);
}

/* Bodies: static room, one at a time. */

slice_t record_body(slice_t name, uint32_t count, const writer_t *values)
{
	static uint8_t buf[64 << 10];
	writer_t w = writer_of(buf, sizeof(buf));
	handle_record_t record = { name, { count, values ? writer_done(values) : (slice_t){ 0 } } };
	handle_record_encode(&record, &w);
	assert_false(w.bad);
	return writer_done(&w);
}

slice_t value_body(slice_t name, uint32_t index, const char *type)
{
	uint8_t buf[512];
	writer_t values = writer_of(buf, sizeof(buf));
	value_add(&values, index, type, SLICE("new"));
	return record_body(name, 1, &values);
}

slice_t name_body(slice_t name)
{
	static uint8_t buf[4096];
	writer_t w = writer_of(buf, sizeof(buf));
	handle_name_body_encode(name, &w);
	return writer_done(&w);
}

slice_t removal_body(slice_t name, uint32_t index)
{
	static uint8_t buf[4096];
	uint8_t room[16];
	writer_t w = writer_of(buf, sizeof(buf)), scratch = writer_of(room, sizeof(room));
	handle_removal_t removal = { name, handle_list_of_indexes(&index, 1, &scratch) };
	handle_removal_encode(&removal, &w);
	return writer_done(&w);
}

slice_t question_body(slice_t name)
{
	static uint8_t buf[4096];
	writer_t w = writer_of(buf, sizeof(buf));
	handle_resolution_encode(&(handle_resolution_t){ .handle = name }, &w);
	return writer_done(&w);
}

void assert_text(const desk_reply_t *reply, const char *want)
{
	handle_failure_t failure;
	assert_int_equal(handle_failure_decode(reply->body, &failure), CODEC_OK);
	assert_true(slice_eq(failure.text, slice_str(want)));
}
