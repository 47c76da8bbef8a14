/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_SERVER_TEST_H
#define RESOLVER_SERVER_TEST_H
/* A scripted Handle server for tests of the resolver: it answers by rules over UDP and
 * TCP, misbehaves as told, and remembers what it saw.
 *
 * Story: fixture_test.h opens servers in its world; a test gives each its rules
 * (site_at, service_at, url_at, or rule_add with values), changes its manners, and
 * looks afterwards at what was asked of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/handle/handle.h"
#include "env/crypto.h"
#include "env/pkey.h"
#include "env/tcp.h"
#include "env/twin/twin.h"
#include "env/udp.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { RULES = 12, RULE_VALUES = 4, DATA_BYTES = 1024 };
enum {
	REPLY_BYTES = HANDLE_ENVELOPE_SIZE + HANDLE_MESSAGE_MAX,
	PARTIALS = 4,
	PARTIAL_BYTES = 8192
};

typedef struct {
	uint32_t index;
	const char *type;
	uint8_t data[DATA_BYTES];
	size_t len;
	size_t padding; /* zero bytes behind the data, to make it long */
	uint8_t ttl_type;
	uint32_t ttl_s;
	uint8_t perms;
} rule_value_t;

/* What is answered to a question for `name` (NULL: any). */
typedef struct {
	const char *name;
	uint32_t response;
	const char *said_name; /* in place of the name asked */
	const char *referral;  /* the handle of a referral */
	bool authoritative;    /* applies to questions with AUTH alone */
	rule_value_t values[RULE_VALUES];
	size_t count;
} rule_t;

typedef struct {
	env_loop_t *loop;
	addr_t addr;
	env_udp_t *udp;
	env_listener_t *listener;
	env_timer_t *timer;
	rule_t rules[RULES];
	size_t rule_count;
	rule_value_t site; /* for GET_SITE; its data */
	/* For VERIFY_ANSWER: the word, or a response that is none. */
	bool says_right;
	uint32_t proof_response; /* 0: OK */
	bool is_silent_on_proofs;
	/* Manners. */
	bool is_silent, closes, clears_truncated, sets_truncated, no_digest, wrong_digest;
	bool wrong_operation, wrong_id, wrong_peer, garbage;
	const env_pkey_t *signer; /* of its replies, when they are to be signed; borrowed */
	const char *algorithm;    /* NULL: SHA-256 */
	env_hash_t hash;          /* ENV_HASH_NONE: SHA-256 */
	bool alters;              /* one bit of what it signed */
	int64_t delay_ns;
	uint16_t serial;
	unsigned lose; /* so many datagrams are not heard */
	/* What was seen. */
	unsigned by_udp, by_tcp, connections, datagrams, proofs;
	handle_envelope_t envelope;
	handle_header_t header;
	uint8_t name[HANDLE_NAME_MAX];
	size_t name_len;
	/* The inside. */
	handle_partial_t partials[PARTIALS];
	uint8_t memory[PARTIALS * PARTIAL_BYTES];
	handle_reassembly_t reassembly;
	struct {
		addr_t peer;
		uint8_t bytes[2048];
		size_t len;
	} late;
	env_udp_t *stranger;
	uint8_t *room, *data; /* of the world: a reply, the data of a value */
} server_t;

/* Rules. */

static inline rule_t *rule_add(server_t *s, const char *name, uint32_t response)
{
	assert_true(s->rule_count < RULES);
	rule_t *rule = &s->rules[s->rule_count++];
	*rule = (rule_t){ .name = name, .response = response };
	return rule;
}

static inline rule_value_t *value_of(rule_t *rule, uint32_t index, const char *type)
{
	assert_true(rule->count < RULE_VALUES);
	rule_value_t *value = &rule->values[rule->count++];
	*value = (rule_value_t){ .index = index,
		                 .type = type,
		                 .ttl_s = HANDLE_TTL_DEFAULT_S,
		                 .perms = HANDLE_PERMS_DEFAULT };
	return value;
}

static inline rule_value_t *text_of(rule_t *rule, uint32_t index, const char *type,
                                    const char *text)
{
	rule_value_t *value = value_of(rule, index, type);
	value->len = strlen(text);
	assert_true(value->len <= DATA_BYTES);
	memcpy(value->data, text, value->len);
	return value;
}

typedef struct {
	addr_t at;
	addr_t second; /* one more server, when its port is set */
	uint8_t flags; /* of the site */
	uint8_t minor; /* 0: 11 */
	uint16_t serial;
	bool udp_only, tcp_only;
	const env_pkey_t *key; /* of its servers; RSA or DSA */
} site_spec_t;

/* The public half as HS_SITE has it. */
static inline void key_write(const env_pkey_t *key, writer_t *w)
{
	uint8_t room[ENV_PKEY_NUMBERS_MAX], signed_room[1024];
	writer_t scratch = writer_of(room, sizeof(room));
	writer_t padded = writer_of(signed_room, sizeof(signed_room));
	env_pkey_numbers_t numbers;
	bool is_dsa = env_pkey_kind(key) == ENV_PKEY_DSA;
	static const size_t order[] = { 1, 0, 2, 3 }; /* e n; q p g y */
	handle_key_t encoded = { .kind = is_dsa ? HANDLE_KEY_DSA_PUBLIC : HANDLE_KEY_RSA_PUBLIC };
	OK(env_pkey_numbers(key, false, &scratch, &numbers));
	for (size_t i = 0; i < handle_key_parts(encoded.kind); i++) {
		size_t from = padded.len;
		if (numbers.part[order[i]].ptr[0] & 0x80)
			wr_u8(&padded, 0);
		wr_bytes(&padded, numbers.part[order[i]]);
		encoded.part[i] = slice_from(writer_done(&padded), from);
	}
	handle_key_encode(&encoded, w);
	assert_false(w->bad || padded.bad);
}

static inline void site_server(const site_spec_t *spec, addr_t at, uint32_t id, writer_t *w)
{
	uint8_t buf[64], key_buf[1024];
	writer_t scratch = writer_of(buf, sizeof(buf)), key = writer_of(key_buf, sizeof(key_buf));
	handle_server_t server = { .server_id = id };
	handle_interface_t doors[] = { { HANDLE_SERVES_QUERY, HANDLE_TRANSPORT_UDP, at.port },
		                       { HANDLE_SERVES_QUERY, HANDLE_TRANSPORT_TCP, at.port } };
	for (size_t i = spec->tcp_only; i < (spec->udp_only ? 1 : 2); i++) {
		handle_interface_encode(&doors[i], &scratch);
		server.interfaces.count++;
	}
	server.interfaces.bytes = writer_done(&scratch);
	handle_server_set_ip(&server, at.ip);
	if (spec->key)
		key_write(spec->key, &key);
	server.public_key = writer_done(&key);
	handle_server_encode(&server, w);
}

static inline size_t site_data(const site_spec_t *spec, uint8_t *out, size_t cap)
{
	uint8_t buf[DATA_BYTES];
	writer_t scratch = writer_of(buf, sizeof(buf)), w = writer_of(out, cap);
	handle_site_t site = { .format = 1,
		               .major = HANDLE_MAJOR,
		               .minor = spec->minor ? spec->minor : HANDLE_MINOR,
		               .serial = spec->serial ? spec->serial : 1,
		               .flags = spec->flags,
		               .hash_option = HANDLE_HASH_WHOLE };
	site_server(spec, spec->at, 1, &scratch);
	if (spec->second.port)
		site_server(spec, spec->second, 2, &scratch);
	site.servers = (handle_list_t){ spec->second.port ? 2 : 1, writer_done(&scratch) };
	handle_site_encode(&site, &w);
	assert_false(w.bad || scratch.bad);
	return w.len;
}

static inline rule_value_t *site_of(rule_t *rule, uint32_t index, const char *type,
                                    const site_spec_t *spec)
{
	rule_value_t *value = value_of(rule, index, type);
	value->len = site_data(spec, value->data, sizeof(value->data));
	return value;
}

/* A primary site at this server. */
static inline rule_value_t *primary_of(rule_t *rule, uint32_t index, const char *type,
                                       const server_t *server)
{
	return site_of(rule, index, type,
	               &(site_spec_t){ .at = server->addr, .flags = HANDLE_SITE_PRIMARY });
}

/* Records of the usual kinds at value 1: a primary site, a service, a URL. */
static inline rule_value_t *site_at(server_t *s, const char *name, const server_t *site)
{
	return primary_of(rule_add(s, name, HANDLE_RC_OK), 1, "HS_SITE", site);
}

static inline rule_value_t *service_at(server_t *s, const char *name, const char *service)
{
	return text_of(rule_add(s, name, HANDLE_RC_OK), 1, "HS_SERV", service);
}

static inline rule_value_t *url_at(server_t *s, const char *name, const char *url)
{
	return text_of(rule_add(s, name, HANDLE_RC_OK), 1, "URL", url);
}

/* Answering. */

static inline const rule_t *rule_for(const server_t *s)
{
	for (size_t i = 0; i < s->rule_count; i++) {
		const rule_t *rule = &s->rules[i];
		if ((!rule->name ||
		     slice_eq_nocase(slice_str(rule->name), slice_of(s->name, s->name_len))) &&
		    (!rule->authoritative || (s->header.flags & HANDLE_FLAG_AUTH)))
			return rule;
	}
	return NULL;
}

static inline uint32_t rule_values_write(const server_t *s, const rule_t *rule, writer_t *w)
{
	uint8_t *data = s->data;
	uint32_t count = 0;
	for (; count < rule->count; count++) {
		const rule_value_t *from = &rule->values[count];
		memset(data, 0, from->len + from->padding);
		memcpy(data, from->data, from->len);
		handle_value_t value = { .index = from->index,
			                 .timestamp_s = 1700000000,
			                 .ttl_type = from->ttl_type,
			                 .ttl_s = from->ttl_s,
			                 .perms = from->perms,
			                 .type = slice_str(from->type),
			                 .data = slice_of(data, from->len + from->padding) };
		handle_value_encode(&value, w);
	}
	return count;
}

static inline void body_write(const server_t *s, const rule_t *rule, writer_t *w)
{
	slice_t name = slice_of(s->name, s->name_len);
	if (s->header.operation == HANDLE_OP_GET_SITE) {
		wr_bytes(w, slice_of(s->site.data, s->site.len));
		return;
	}
	if (s->header.operation == HANDLE_OP_VERIFY_ANSWER) {
		handle_verify_reply_encode(s->says_right, w);
		return;
	}
	bool is_referral = rule && (rule->response == HANDLE_RC_REFERRAL ||
	                            rule->response == HANDLE_RC_PREFIX_REFERRAL);
	if (!rule || (rule->response != HANDLE_RC_OK && !is_referral)) {
		wr_bytes32(w, rule && rule->referral ? slice_str(rule->referral) : (slice_t){ 0 });
		return;
	}
	if (is_referral)
		name = slice_str(rule->referral);
	else if (rule->said_name)
		name = slice_str(rule->said_name);
	wr_bytes32(w, name);
	if (is_referral && rule->count == 0)
		return;
	size_t mark = handle_list_begin(w);
	handle_list_end(mark, rule_values_write(s, rule, w), w);
}

static inline void digest_write(const server_t *s, slice_t covered, writer_t *w)
{
	uint8_t hash[SHA256_BYTES];
	env_sha256(&covered, 1, hash);
	hash[0] ^= s->wrong_digest;
	handle_digest_t digest = { HANDLE_DIGEST_SHA256, slice_of(hash, sizeof(hash)) };
	handle_digest_encode(&digest, w);
}

static inline void credential_write(const server_t *s, const handle_envelope_t *envelope,
                                    slice_t covered, writer_t *w)
{
	uint8_t prefix_room[32], signature_room[ENV_PKEY_SIGNATURE_MAX], section_room[2048];
	writer_t prefix = writer_of(prefix_room, sizeof(prefix_room));
	writer_t bytes = writer_of(signature_room, sizeof(signature_room));
	writer_t section = writer_of(section_room, sizeof(section_room));
	assert_int_equal(handle_signed_prefix_encode(envelope, 0, &prefix), CODEC_OK);
	const slice_t parts[] = { writer_done(&prefix), covered };
	env_signed_t what = { .hash = s->hash ? s->hash : ENV_HASH_SHA256,
		              .parts = parts,
		              .count = 2 };
	OK(env_pkey_sign(s->signer, &what, &bytes));
	handle_signature_t signature = { slice_str(s->algorithm ? s->algorithm : "SHA-256"),
		                         writer_done(&bytes) };
	handle_signature_encode(&signature, &section);
	handle_credential_t credential = { .type = SLICE("HS_SIGNED"),
		                           .section = writer_done(&section) };
	handle_credential_encode(&credential, w);
	assert_false(w->bad);
}

/* Envelope and message of the answer into `w`. */
static inline void answer_write(server_t *s, const handle_message_t *m, writer_t *w)
{
	const rule_t *rule = rule_for(s);
	uint32_t response = rule ? rule->response : (uint32_t)HANDLE_RC_HANDLE_NOT_FOUND;
	if (m->header.operation == HANDLE_OP_GET_SITE)
		response = HANDLE_RC_OK;
	if (m->header.operation == HANDLE_OP_VERIFY_ANSWER)
		response = s->proof_response ? s->proof_response : (uint32_t)HANDLE_RC_OK;
	handle_envelope_t envelope = handle_envelope_reply(&s->envelope);
	handle_header_t header = handle_header_reply(&m->header, response, s->serial);
	if (s->no_digest)
		header.flags &= ~HANDLE_FLAG_RRDG;
	if (s->wrong_operation)
		header.operation = HANDLE_OP_CREATE;
	if (s->wrong_id)
		envelope.request_id ^= 1;
	handle_mark_t mark = handle_message_begin(&envelope, &header, w);
	if (header.flags & HANDLE_FLAG_RRDG)
		digest_write(s, m->covered, w);
	body_write(s, rule, w);
	uint8_t room[2048];
	writer_t credential = writer_of(room, sizeof(room));
	if (s->signer && (header.flags & HANDLE_FLAG_CERT))
		credential_write(s, &envelope, handle_message_covered(mark, w), &credential);
	if (s->alters)
		w->buf[w->len - 1] ^= 1;
	handle_message_end(mark, writer_done(&credential), w);
	assert_false(w->bad);
}

static inline bool request_read(server_t *s, const handle_envelope_t *envelope, slice_t message,
                                handle_message_t *ret_message)
{
	handle_resolution_t question = { 0 };
	handle_verify_t proof;
	s->envelope = *envelope;
	assert_int_equal(handle_message_decode(message, ret_message), CODEC_OK);
	s->header = ret_message->header;
	if (s->header.operation == HANDLE_OP_RESOLVE)
		assert_int_equal(handle_resolution_decode(ret_message->body, &question), CODEC_OK);
	bool is_proof = s->header.operation == HANDLE_OP_VERIFY_ANSWER;
	if (is_proof) {
		assert_int_equal(handle_verify_decode(ret_message->body, &proof), CODEC_OK);
		question.handle = proof.user.handle;
	}
	s->proofs += is_proof;
	writer_t name = writer_of(s->name, sizeof(s->name));
	wr_bytes(&name, question.handle);
	s->name_len = name.len;
	return !s->is_silent && !(is_proof && s->is_silent_on_proofs);
}

static inline void packets_send(server_t *s, addr_t peer, slice_t frame)
{
	handle_envelope_t envelope;
	slice_t message;
	assert_int_equal(handle_frame_next(frame, &envelope, &message), CODEC_OK);
	for (uint32_t i = 0; i < handle_packet_count(message.len); i++) {
		uint8_t packet[HANDLE_DATAGRAM_MAX];
		enum { FLAGS_AT = 2 };
		writer_t w = writer_of(packet, sizeof(packet));
		handle_packet_encode(&envelope, message, i, &w);
		if (s->clears_truncated)
			packet[FLAGS_AT] &= (uint8_t)~HANDLE_ENVELOPE_TRUNCATED;
		if (s->sets_truncated)
			packet[FLAGS_AT] |= HANDLE_ENVELOPE_TRUNCATED;
		if (s->garbage)
			w.len = HANDLE_ENVELOPE_SIZE + 3;
		OK(env_udp_send(s->wrong_peer ? s->stranger : s->udp, peer, writer_done(&w)));
	}
}

static inline void on_late(void *ctx)
{
	server_t *s = ctx;
	packets_send(s, s->late.peer, slice_of(s->late.bytes, s->late.len));
}

static inline void on_packet(server_t *s, const handle_packet_t *packet)
{
	handle_envelope_t envelope;
	handle_message_t m;
	slice_t message;
	if (handle_reassembly_push(&s->reassembly, packet, env_now(env_loop_env(s->loop)),
	                           &envelope, &message) != CODEC_OK)
		return;
	s->by_udp++;
	if (!request_read(s, &envelope, message, &m))
		return;
	writer_t w = writer_of(s->room, REPLY_BYTES);
	answer_write(s, &m, &w);
	if (!s->delay_ns) {
		packets_send(s, packet->peer, writer_done(&w));
		return;
	}
	assert_true(w.len <= sizeof(s->late.bytes));
	memcpy(s->late.bytes, s->room, w.len);
	s->late.len = w.len;
	s->late.peer = packet->peer;
	env_timer_set(s->timer, s->delay_ns);
}

static inline void on_server_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	server_t *s = ctx;
	(void)udp;
	for (size_t i = 0; i < count; i++) {
		handle_packet_t packet;
		s->datagrams++;
		if (s->lose > 0) {
			s->lose--;
			continue;
		}
		assert_int_equal(handle_packet_decode(in[i].peer, in[i].bytes, &packet), CODEC_OK);
		on_packet(s, &packet);
	}
}

static inline size_t on_server_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	server_t *s = ctx;
	handle_envelope_t envelope;
	handle_message_t m;
	slice_t message;
	size_t used = 0;
	while (handle_frame_next(slice_from(bytes, used), &envelope, &message) == CODEC_OK) {
		used += HANDLE_ENVELOPE_SIZE + message.len;
		s->by_tcp++;
		if (!request_read(s, &envelope, message, &m))
			continue;
		writer_t w = writer_of(s->room, REPLY_BYTES);
		answer_write(s, &m, &w);
		if (s->garbage)
			memset(s->room, 0xFF, HANDLE_ENVELOPE_SIZE);
		OK(env_tcp_write(tcp, writer_done(&w)));
		if (s->closes) {
			env_tcp_close(tcp);
			return bytes.len;
		}
	}
	return used;
}

static inline void on_server_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	(void)ctx;
	(void)tcp;
	(void)why;
}

static inline bool on_server_accept(void *ctx, env_tcp_t *tcp, addr_t peer,
                                    env_tcp_spec_t *ret_spec)
{
	static const env_tcp_events_t events = { .data = on_server_data,
		                                 .closed = on_server_closed };
	server_t *s = ctx;
	(void)tcp;
	(void)peer;
	s->connections++;
	*ret_spec = (env_tcp_spec_t){ .events = &events, .ctx = s };
	return true;
}

static inline void ignore_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	(void)ctx;
	(void)udp;
	(void)in;
	(void)count;
}

/* On s->loop at s->addr, with the room it needs. */
static inline void server_open(server_t *s)
{
	s->serial = 1;
	s->reassembly = (handle_reassembly_t){ .slots = s->partials,
		                               .slot_count = PARTIALS,
		                               .memory = s->memory,
		                               .message_max = PARTIAL_BYTES,
		                               .timeout_ns = 5 * NS_PER_S };
	env_udp_spec_t udp = { .turn = on_server_turn, .ctx = s };
	env_udp_spec_t stranger = { .turn = ignore_turn, .ctx = s };
	env_listen_spec_t tcp = { .accept = on_server_accept, .ctx = s, .connections_max = 256 };
	OK(env_tcp_listen(s->loop, s->addr, &tcp, &s->listener));
	s->addr = env_listener_addr(s->listener);
	addr_t other = { .ip = s->addr.ip };
	OK(env_udp_open(s->loop, s->addr, &udp, &s->udp));
	OK(env_udp_open(s->loop, other, &stranger, &s->stranger));
	OK(env_timer_new(s->loop, on_late, s, &s->timer));
}
#endif
