/* SPDX-License-Identifier: Apache-2.0 */
/* The Handle door: what each message is answered with, then the same through the
 * simulated network, with hostile peers. */
#include "registry/fixture_test.h"

#include "env/crypto.h"
#include "env/tcp.h"
#include "env/udp.h"
#include "registry/handle/door.h"

enum { REPLY_CAP = HANDLE_ENVELOPE_SIZE + HANDLE_MESSAGE_MAX, IDLE_CLIENTS = 1000 };

typedef struct {
	fixture_t f;
	env_loop_t *resolver;
	handle_door_t *door;
	env_t *peer; /* another machine */
	env_loop_t *client;
	addr_t addr;
} world_t;

static const addr_t DOOR4 = { .ip = { .bytes = { 127, 0, 0, 7 }, .family = 4 }, .port = 2641 };
static const addr_t DOOR6 = { .ip = { .bytes = { 0xfd, [15] = 7 }, .family = 6 }, .port = 2641 };

static void add_records(fixture_t *f)
{
	static uint8_t buf[RECORD_BYTES_MAX];
	static uint8_t data[60 << 10];
	writer_t w = writer_of(buf, sizeof(buf));
	handle_value_t secret = { .index = 3, .perms = HANDLE_PERM_ADMIN_READ };
	secret.type = SLICE("HS_SECKEY");
	secret.data = SLICE("hidden");
	value_add(&w, 1, "URL", SLICE("http://127.0.0.1/press"));
	value_add(&w, 2, "URL.mirror", SLICE("http://127.0.0.2/press"));
	handle_value_encode(&secret, &w);
	value_add(&w, 4, "DESC", SLICE("press 1"));
	registry_change_t change = change_of(REGISTRY_CREATE, SLICE("99.100.1/press"), 4, &w);
	assert_int_equal(fixture_change(f, &change).err, ERR_OK);
	w = writer_of(buf, sizeof(buf));
	handle_value_encode(&secret, &w);
	change = change_of(REGISTRY_CREATE, SLICE("99.100.1/closed"), 1, &w);
	assert_int_equal(fixture_change(f, &change).err, ERR_OK);
	w = writer_of(buf, sizeof(buf));
	value_add(&w, 1, "BLOB", slice_of(data, 2000));
	change = change_of(REGISTRY_CREATE, SLICE("99.100.1/long"), 1, &w);
	assert_int_equal(fixture_change(f, &change).err, ERR_OK);
	w = writer_of(buf, sizeof(buf));
	value_add(&w, 1, "BLOB", slice_of(data, sizeof(data)));
	change = change_of(REGISTRY_CREATE, SLICE("99.100.1/huge"), 1, &w);
	assert_int_equal(fixture_change(f, &change).err, ERR_OK);
}

static void world_make(world_t *w, const addr_t *addrs, size_t count)
{
	*w = (world_t){ .f = fixture_make(21) };
	fixture_start(&w->f);
	add_records(&w->f);
	assert_int_equal(env_loop_new(w->f.env, "resolver", ENV_LOOP_EVENTS, &w->resolver), ERR_OK);
	handle_door_spec_t spec = {
		.registry = w->f.registry, .loop = w->resolver, .addrs = addrs, .addr_count = count
	};
	assert_int_equal(handle_door_open(&spec, &w->door), ERR_OK);
	assert_int_equal(env_loop_start(w->resolver), ERR_OK);
	assert_int_equal(twin_host_open(w->f.twin, "peer", &w->peer), ERR_OK);
	assert_int_equal(env_loop_new(w->peer, "client", ENV_LOOP_EVENTS, &w->client), ERR_OK);
	assert_int_equal(env_loop_start(w->client), ERR_OK);
	if (count)
		w->addr = handle_door_addr(w->door, 0);
}

static void world_free(world_t *w)
{
	env_loop_stop(w->resolver);
	handle_door_close(w->door);
	env_loop_free(w->resolver);
	twin_host_close(w->peer);
	fixture_free(&w->f);
}

static int64_t metric(const world_t *w, const char *name)
{
	const metrics_t *m = handle_door_metrics(w->door);
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->rows[i].name, name) == 0)
			return metric_get(m, i);
	fail_msg("no metric %s", name);
	return 0;
}

/* Questions. */

typedef struct {
	const char *name;
	uint32_t flags, operation, index;
	const char *type;
	uint8_t minor, recursion;
	uint32_t request_id;
} question_t;

static void question_write(const question_t *q, writer_t *w)
{
	uint8_t buf[256];
	writer_t scratch = writer_of(buf, sizeof(buf));
	slice_t type = slice_str(q->type);
	handle_version_t version = { 2, q->minor ? q->minor : 11 };
	handle_envelope_t envelope = { .version = version,
		                       .suggested = version,
		                       .request_id = q->request_id ? q->request_id : 99 };
	handle_header_t header = { .operation = q->operation ? q->operation : HANDLE_OP_RESOLVE,
		                   .flags = q->flags,
		                   .site_serial = 1,
		                   .recursion = q->recursion,
		                   .expires_s = 1700043200 };
	handle_resolution_t body = { .handle = slice_str(q->name) };
	body.indexes = handle_list_of_indexes(&q->index, q->index ? 1 : 0, &scratch);
	body.types = handle_list_of_strings(&type, type.len ? 1 : 0, &scratch);
	handle_mark_t mark = handle_message_begin(&envelope, &header, w);
	handle_resolution_encode(&body, w);
	handle_message_end(mark, (slice_t){ 0 }, w);
	assert_false(w->bad);
}

static handle_message_t reply_of(slice_t bytes)
{
	handle_envelope_t envelope;
	handle_message_t m;
	slice_t message;
	assert_int_equal(handle_frame_next(bytes, &envelope, &message), CODEC_OK);
	assert_int_equal(handle_message_decode(message, &m), CODEC_OK);
	return m;
}

static handle_message_t answer(world_t *w, const question_t *q)
{
	static uint8_t in[8192], out[REPLY_CAP];
	writer_t asked = writer_of(in, sizeof(in)), reply = writer_of(out, sizeof(out));
	question_write(q, &asked);
	assert_true(handle_door_answer(w->door, writer_done(&asked), &reply));
	return reply_of(writer_done(&reply));
}

typedef struct {
	question_t question;
	uint32_t response, values;
} row_t;

static void each_question_has_its_answer(void **state)
{
	(void)state;
	static const row_t rows[] = {
		{ { .name = "99.100.1/press" }, HANDLE_RC_OK, 3 },
		{ { .name = "99.100.1/PRESS", .flags = 0x01000000 }, HANDLE_RC_OK, 3 },
		{ { .name = "99.100.1/press", .type = "url" }, HANDLE_RC_OK, 1 },
		{ { .name = "99.100.1/press", .type = "URL." }, HANDLE_RC_OK, 2 },
		{ { .name = "99.100.1/press", .type = "URL", .index = 4 }, HANDLE_RC_OK, 2 },
		{ { .name = "99.100.1/press", .index = 3 }, HANDLE_RC_VALUES_NOT_FOUND, 0 },
		{ { .name = "99.100.1/press", .type = "URLX" }, HANDLE_RC_VALUES_NOT_FOUND, 0 },
		{ { .name = "99.100.1/closed" }, HANDLE_RC_VALUES_NOT_FOUND, 0 },
		{ { .name = "99.100.1/none" }, HANDLE_RC_HANDLE_NOT_FOUND, 0 },
		{ { .name = "99.100.2/press" }, HANDLE_RC_NOT_RESPONSIBLE, 0 },
		{ { .name = "99.100.1" }, HANDLE_RC_INVALID_HANDLE, 0 },
		{ { .name = "" }, HANDLE_RC_INVALID_HANDLE, 0 },
		{ { .name = "99.100.1/\xff" }, HANDLE_RC_INVALID_HANDLE, 0 },
		{ { .name = "99.100.1/press", .recursion = 11 }, HANDLE_RC_RECURSION, 0 },
		{ { .name = "99.100.1/press", .recursion = 10 }, HANDLE_RC_OK, 3 },
		{ { .name = "99.100.1/press", .operation = 101 }, HANDLE_RC_NOT_SUPPORTED, 0 },
		{ { .name = "99.100.1/press", .operation = 4711 }, HANDLE_RC_ERROR, 0 },
		{ { .name = "99.100.1/huge" }, HANDLE_RC_OK, 1 },
	};
	world_t w;
	world_make(&w, NULL, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		handle_message_t m = answer(&w, &rows[i].question);
		handle_record_t record;
		if (m.header.response != rows[i].response)
			fail_msg("row %zu: %u", i, m.header.response);
		assert_true(m.header.flags & HANDLE_FLAG_AUTH);
		assert_int_equal(m.header.expires_s, 1700043200);
		if (rows[i].response != HANDLE_RC_OK)
			continue;
		assert_int_equal(handle_record_decode(m.body, &record), CODEC_OK);
		assert_true(slice_eq(record.handle, slice_str(rows[i].question.name)));
		assert_int_equal(record.values.count, rows[i].values);
	}
	world_free(&w);
}

static void a_digest_of_the_question_leads_when_asked_for(void **state)
{
	(void)state;
	static const struct {
		uint8_t minor;
		size_t bytes;
	} rows[] = { { 11, 33 }, { 7, 33 }, { 6, 21 }, { 1, 21 } };
	world_t w;
	world_make(&w, NULL, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		question_t q = { .name = "99.100.1/press", .minor = rows[i].minor };
		q.flags = HANDLE_FLAG_RRDG | HANDLE_FLAG_CERT;
		handle_message_t m = answer(&w, &q);
		handle_digest_t digest;
		slice_t rest;
		uint8_t in[512], hash[SHA256_BYTES];
		writer_t asked = writer_of(in, sizeof(in));
		question_write(&q, &asked);
		handle_message_t question = reply_of(writer_done(&asked));
		assert_int_equal(handle_digest_cut(m.body, &digest, &rest), CODEC_OK);
		assert_int_equal(m.body.len - rest.len, rows[i].bytes);
		env_sha256(&question.covered, 1, hash);
		if (digest.kind == HANDLE_DIGEST_SHA256)
			assert_memory_equal(digest.bytes.ptr, hash, sizeof(hash));
		/* Not signed, and not claimed to be. */
		assert_false(m.header.flags & HANDLE_FLAG_CERT);
	}
	world_free(&w);
}

static void site_information_decodes_and_tells_the_doors(void **state)
{
	(void)state;
	world_t w;
	world_make(&w, &DOOR4, 1);
	handle_message_t m = answer(&w,
	                            &(question_t){ .name = "/", .operation = HANDLE_OP_GET_SITE });
	handle_site_t site;
	handle_server_t server;
	handle_interface_t interface;
	assert_int_equal(m.header.response, HANDLE_RC_OK);
	assert_int_equal(handle_site_decode(m.body, &site), CODEC_OK);
	handle_iter_t servers = handle_list_iter(site.servers);
	assert_true(handle_server_next(&servers, &server));
	assert_true(ip_eq(handle_server_ip(&server), DOOR4.ip));
	handle_iter_t interfaces = handle_list_iter(server.interfaces);
	assert_true(handle_interface_next(&interfaces, &interface));
	assert_int_equal(interface.transport, HANDLE_TRANSPORT_TCP);
	assert_int_equal(interface.port, 2641);
	assert_true(handle_interface_next(&interfaces, &interface));
	assert_int_equal(interface.transport, HANDLE_TRANSPORT_UDP);
	assert_false(handle_interface_next(&interfaces, &interface));
	world_free(&w);
}

static void a_damaged_question_is_refused_at_every_length_and_byte(void **state)
{
	(void)state;
	world_t w;
	uint8_t in[512];
	static uint8_t out[REPLY_CAP];
	world_make(&w, NULL, 0);
	writer_t asked = writer_of(in, sizeof(in));
	question_write(&(question_t){ .name = "99.100.1/press", .type = "URL" }, &asked);
	for (size_t len = 0; len < asked.len; len++) {
		uint8_t *exact = malloc(len + 1);
		writer_t reply = writer_of(out, sizeof(out));
		memcpy(exact, in, len + 1);
		bool due = handle_door_answer(w.door, slice_of(exact, len), &reply);
		assert_int_equal(due, len >= HANDLE_ENVELOPE_SIZE);
		if (due) {
			handle_message_t m = reply_of(writer_done(&reply));
			assert_int_equal(m.header.response, HANDLE_RC_ERROR);
			assert_int_equal(out[11], 99);
		}
		free(exact);
	}
	for (size_t at = 0; at < asked.len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			writer_t reply = writer_of(out, sizeof(out));
			in[at] ^= (uint8_t)(1u << bit);
			if (handle_door_answer(w.door, writer_done(&asked), &reply))
				(void)reply_of(writer_done(&reply));
			in[at] ^= (uint8_t)(1u << bit);
		}
	world_free(&w);
}

static void oddities_are_answered_by_their_code(void **state)
{
	(void)state;
	world_t w;
	uint8_t in[512];
	static uint8_t out[REPLY_CAP];
	world_make(&w, NULL, 0);
	writer_t asked = writer_of(in, sizeof(in));
	question_write(&(question_t){ .name = "99.100.1/press" }, &asked);
	in[2] |= HANDLE_ENVELOPE_ENCRYPTED;
	writer_t reply = writer_of(out, sizeof(out));
	assert_true(handle_door_answer(w.door, writer_done(&asked), &reply));
	assert_int_equal(reply_of(writer_done(&reply)).header.response, HANDLE_RC_SESSION_NO_KEY);
	in[2] &= (uint8_t)~HANDLE_ENVELOPE_ENCRYPTED;
	in[HANDLE_ENVELOPE_SIZE + 3] = 0; /* no operation */
	reply = writer_of(out, sizeof(out));
	assert_true(handle_door_answer(w.door, writer_done(&asked), &reply));
	assert_int_equal(reply_of(writer_done(&reply)).header.response, HANDLE_RC_PROTOCOL_ERROR);
	in[HANDLE_ENVELOPE_SIZE + 3] = 1;
	in[HANDLE_ENVELOPE_SIZE + 7] = 1; /* an answer */
	reply = writer_of(out, sizeof(out));
	assert_false(handle_door_answer(w.door, writer_done(&asked), &reply));
	assert_int_equal(reply.len, 0);
	assert_int_equal(metric(&w, "undue_total"), 1);
	in[HANDLE_ENVELOPE_SIZE + 7] = 0;
	reply = writer_of(out, 40); /* no room */
	assert_false(handle_door_answer(w.door, writer_done(&asked), &reply));
	world_free(&w);
}

/* Network. */

typedef struct {
	env_tcp_t *tcp;
	uint8_t *in;
	size_t len;
	bool is_open, is_closed;
} stream_t;

static void on_opened(void *ctx, env_tcp_t *tcp)
{
	stream_t *s = ctx;
	s->tcp = tcp;
	s->is_open = true;
}

static size_t on_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	stream_t *s = ctx;
	(void)tcp;
	assert_true(s->len + bytes.len <= REPLY_CAP);
	memcpy(&s->in[s->len], bytes.ptr, bytes.len);
	s->len += bytes.len;
	return bytes.len;
}

static void on_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	stream_t *s = ctx;
	(void)tcp;
	(void)why;
	s->is_closed = true;
	s->tcp = NULL;
}

static const env_tcp_events_t stream_events = { .opened = on_opened,
	                                        .data = on_data,
	                                        .closed = on_closed };

static void stream_dial(world_t *w, stream_t *s, uint8_t *in, addr_t to)
{
	*s = (stream_t){ .in = in };
	env_tcp_spec_t spec = { .events = &stream_events, .ctx = s };
	assert_int_equal(env_tcp_dial(w->client, NULL, to, &spec, &s->tcp), ERR_OK);
}

static void pass(world_t *w, int64_t ns)
{
	(void)twin_run_for(w->f.twin, ns);
}

static void streams_answer_many_questions_in_order_whatever_the_cut(void **state)
{
	(void)state;
	enum { QUESTIONS = 100 };
	const addr_t both[] = { DOOR4, DOOR6 };
	static uint8_t in[REPLY_CAP], out[QUESTIONS * 128];
	world_t w;
	world_make(&w, both, 2);
	for (size_t door = 0; door < 2; door++)
		for (size_t cut = 1; cut < 2000; cut = cut * 7 + 3) {
			stream_t s;
			writer_t asked = writer_of(out, sizeof(out));
			for (uint32_t i = 1; i <= QUESTIONS; i++)
				question_write(&(question_t){ .name = i % 3 ? "99.100.1/press"
				                                            : "99.100.1/none",
				                              .index = 1,
				                              .request_id = i },
				               &asked);
			stream_dial(&w, &s, in, handle_door_addr(w.door, door));
			pass(&w, NS_PER_S);
			assert_true(s.is_open);
			for (size_t at = 0; at < asked.len; at += cut) {
				slice_t part = slice_sub(writer_done(&asked), at, cut);
				assert_int_equal(env_tcp_write(s.tcp, part), ERR_OK);
				if (cut > 100)
					pass(&w, NS_PER_MS);
			}
			pass(&w, NS_PER_S);
			slice_t rest = slice_of(s.in, s.len);
			for (uint32_t i = 1; i <= QUESTIONS; i++) {
				handle_envelope_t envelope;
				slice_t message;
				assert_int_equal(handle_frame_next(rest, &envelope, &message),
				                 CODEC_OK);
				assert_int_equal(envelope.request_id, i);
				rest = slice_from(rest, HANDLE_ENVELOPE_SIZE + message.len);
			}
			assert_int_equal(rest.len, 0);
			assert_false(s.is_closed);
			env_tcp_close(s.tcp);
		}
	pass(&w, NS_PER_S);
	assert_int_equal(metric(&w, "connections"), 0);
	world_free(&w);
}

static void an_impossible_length_is_answered_and_the_stream_ends(void **state)
{
	(void)state;
	static uint8_t in[REPLY_CAP];
	uint8_t bad[HANDLE_ENVELOPE_SIZE] = { 2, 11, 2,          11,  [8] = 1, 2,
		                              3, 4,  [16] = 255, 255, 255,     255 };
	world_t w;
	stream_t s;
	world_make(&w, &DOOR4, 1);
	stream_dial(&w, &s, in, w.addr);
	pass(&w, NS_PER_S);
	assert_int_equal(env_tcp_write(s.tcp, slice_of(bad, sizeof(bad))), ERR_OK);
	pass(&w, NS_PER_S);
	assert_true(s.is_closed);
	assert_int_equal(reply_of(slice_of(s.in, s.len)).header.response, HANDLE_RC_ERROR);
	assert_memory_equal(&s.in[8], &bad[8], 4);
	assert_int_equal(metric(&w, "tcp_garbage_total"), 1);
	assert_int_equal(metric(&w, "connections"), 0);
	world_free(&w);
}

static void a_client_that_sends_but_never_reads_is_dropped_at_a_stated_limit(void **state)
{
	(void)state;
	static uint8_t in[REPLY_CAP];
	world_t w;
	stream_t s;
	world_make(&w, &DOOR4, 1);
	stream_dial(&w, &s, in, w.addr);
	pass(&w, NS_PER_S);
	/* At once: no answer is there before the last question is. */
	uint8_t out[32 * 256];
	writer_t asked = writer_of(out, sizeof(out));
	for (unsigned i = 0; i < 32; i++)
		question_write(&(question_t){ .name = "99.100.1/huge" }, &asked);
	assert_int_equal(env_tcp_write(s.tcp, writer_done(&asked)), ERR_OK);
	while (metric(&w, "connections") == 1 && s.len == 0)
		assert_true(twin_step(w.f.twin));
	assert_int_equal(metric(&w, "connections_slow_total"), 1);
	assert_int_equal(metric(&w, "connections"), 0);
	world_free(&w);
}

static void a_thousand_idle_clients_hinder_nobody_and_are_closed_after_a_minute(void **state)
{
	(void)state;
	static stream_t idle[IDLE_CLIENTS];
	static uint8_t in[REPLY_CAP], none[REPLY_CAP];
	world_t w;
	stream_t s;
	uint8_t out[256];
	writer_t asked = writer_of(out, sizeof(out));
	world_make(&w, &DOOR4, 1);
	for (size_t i = 0; i < IDLE_CLIENTS; i++)
		stream_dial(&w, &idle[i], none, w.addr);
	pass(&w, 30 * NS_PER_S);
	assert_int_equal(metric(&w, "connections"), IDLE_CLIENTS);
	/* Half a message is silence too. */
	assert_int_equal(env_tcp_write(idle[0].tcp, SLICE("\2\13\2\13\0\0\0\0\0\0\0\1")), ERR_OK);
	stream_dial(&w, &s, in, w.addr);
	pass(&w, NS_PER_S);
	question_write(&(question_t){ .name = "99.100.1/press" }, &asked);
	assert_int_equal(env_tcp_write(s.tcp, writer_done(&asked)), ERR_OK);
	pass(&w, NS_PER_S);
	assert_int_equal(reply_of(slice_of(s.in, s.len)).header.response, HANDLE_RC_OK);
	pass(&w, 33 * NS_PER_S);
	for (size_t i = 0; i < IDLE_CLIENTS; i++)
		assert_true(idle[i].is_closed);
	assert_false(s.is_closed);
	assert_int_equal(metric(&w, "connections_idle_total"), IDLE_CLIENTS);
	assert_int_equal(metric(&w, "connections"), 1);
	world_free(&w);
}

static void past_the_limit_of_connections_new_ones_are_refused(void **state)
{
	(void)state;
	enum { TOO_MANY = 1030, LIMIT = 1024 };
	static stream_t many[TOO_MANY];
	static uint8_t none[REPLY_CAP];
	world_t w;
	size_t closed = 0;
	world_make(&w, &DOOR4, 1);
	for (size_t i = 0; i < TOO_MANY; i++)
		stream_dial(&w, &many[i], none, w.addr);
	pass(&w, 10 * NS_PER_S);
	for (size_t i = 0; i < TOO_MANY; i++)
		closed += many[i].is_closed;
	assert_int_equal(closed, TOO_MANY - LIMIT);
	assert_int_equal(metric(&w, "connections"), LIMIT);
	world_free(&w);
}

/* Datagrams. */

typedef struct {
	uint8_t bytes[REPLY_CAP];
	size_t packets;
	handle_partial_t slot;
	uint8_t memory[128 << 10];
	handle_reassembly_t table;
	handle_envelope_t envelope;
	size_t len;
} catcher_t;

static void on_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	catcher_t *c = ctx;
	(void)udp;
	for (size_t i = 0; i < count; i++) {
		handle_packet_t packet;
		slice_t message;
		c->packets++;
		assert_true(in[i].bytes.len <= HANDLE_DATAGRAM_MAX);
		assert_int_equal(handle_packet_decode(in[i].peer, in[i].bytes, &packet), CODEC_OK);
		assert_int_equal(!!(packet.envelope.flags & HANDLE_ENVELOPE_TRUNCATED),
		                 packet.envelope.length > HANDLE_SLICE_MAX);
		if (handle_reassembly_push(&c->table, &packet, 0, &c->envelope, &message) !=
		    CODEC_OK)
			continue;
		memcpy(c->bytes, message.ptr, message.len);
		c->len = message.len;
	}
}

static env_udp_t *catcher_open(world_t *w, catcher_t *c)
{
	env_udp_t *udp = NULL;
	addr_t any = { .ip = ip_v4(127, 0, 0, 8) };
	memset(c, 0, sizeof(*c));
	c->table = (handle_reassembly_t){ &c->slot, 1, c->memory, sizeof(c->memory),
		                          NS_PER_S, 0, 0,         0 };
	env_udp_spec_t spec = { .turn = on_turn, .ctx = c };
	assert_int_equal(env_udp_open(w->client, any, &spec, &udp), ERR_OK);
	return udp;
}

static uint32_t catcher_response(const catcher_t *c)
{
	handle_message_t m;
	assert_int_equal(handle_message_decode(slice_of(c->bytes, c->len), &m), CODEC_OK);
	return m.header.response;
}

static void send_question(world_t *w, env_udp_t *udp, const question_t *q)
{
	uint8_t out[4096];
	writer_t asked = writer_of(out, sizeof(out));
	question_write(q, &asked);
	assert_int_equal(env_udp_send(udp, w->addr, writer_done(&asked)), ERR_OK);
}

static void datagrams_are_answered_in_slices_with_the_truncated_bit_set_right(void **state)
{
	(void)state;
	static catcher_t c;
	world_t w;
	world_make(&w, &DOOR4, 1);
	env_udp_t *udp = catcher_open(&w, &c);
	send_question(&w, udp, &(question_t){ .name = "99.100.1/press" });
	pass(&w, NS_PER_S);
	assert_int_equal(c.packets, 1);
	assert_int_equal(catcher_response(&c), HANDLE_RC_OK);
	send_question(&w, udp, &(question_t){ .name = "99.100.1/long" });
	pass(&w, NS_PER_S);
	assert_int_equal(c.packets, 1 + 5);
	assert_int_equal(catcher_response(&c), HANDLE_RC_OK);
	send_question(&w, udp, &(question_t){ .name = "99.100.1/huge" });
	pass(&w, NS_PER_S);
	assert_int_equal(c.packets, 1 + 5 + 1);
	assert_int_equal(catcher_response(&c), HANDLE_RC_ERROR);
	assert_int_equal(metric(&w, "udp_too_long_total"), 1);
	world_free(&w);
}

/* A question of 2,000 bytes, slices in a jumbled order and twice over. */
static void sliced_questions_are_put_together_or_given_up(void **state)
{
	(void)state;
	static catcher_t c;
	static char name[2001];
	uint8_t out[4096];
	world_t w;
	world_make(&w, &DOOR4, 1);
	env_udp_t *udp = catcher_open(&w, &c);
	writer_t asked = writer_of(out, sizeof(out));
	memset(name, 'n', 2000);
	memcpy(name, "99.100.1/", 9);
	question_write(&(question_t){ .name = name }, &asked);
	handle_envelope_t envelope;
	assert_int_equal(handle_envelope_decode(writer_done(&asked), &envelope), CODEC_OK);
	slice_t message = slice_from(writer_done(&asked), HANDLE_ENVELOPE_SIZE);
	static const uint32_t order[] = { 3, 0, 0, 4, 1, 3, 2 };
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		uint8_t packet[HANDLE_DATAGRAM_MAX];
		writer_t p = writer_of(packet, sizeof(packet));
		handle_packet_encode(&envelope, message, order[i], &p);
		assert_int_equal(env_udp_send(udp, w.addr, writer_done(&p)), ERR_OK);
		pass(&w, NS_PER_S / 2);
		assert_int_equal(c.packets, i + 1 == sizeof(order) / sizeof(*order));
	}
	assert_int_equal(catcher_response(&c), HANDLE_RC_HANDLE_NOT_FOUND);
	for (envelope.request_id = 1000; envelope.request_id < 1100; envelope.request_id++) {
		uint8_t packet[HANDLE_DATAGRAM_MAX];
		writer_t p = writer_of(packet, sizeof(packet));
		handle_packet_encode(&envelope, message, 0, &p);
		assert_int_equal(env_udp_send(udp, w.addr, writer_done(&p)), ERR_OK);
	}
	pass(&w, NS_PER_S);
	assert_int_equal(metric(&w, "partial_evicted"), 100 - 64);
	assert_int_equal(c.packets, 1);
	world_free(&w);
}

static void garbage_is_dropped_and_good_questions_between_it_are_answered(void **state)
{
	(void)state;
	static catcher_t c;
	world_t w;
	rng_t rng = rng_of(5);
	world_make(&w, &DOOR4, 1);
	env_udp_t *udp = catcher_open(&w, &c);
	for (unsigned i = 0; i < 200; i++) {
		uint8_t junk[64];
		size_t len = (size_t)rng_below(&rng, sizeof(junk));
		for (size_t b = 0; b < len; b++)
			junk[b] = (uint8_t)rng_next(&rng);
		assert_int_equal(env_udp_send(udp, w.addr, slice_of(junk, len)), ERR_OK);
		if (i % 10 == 0)
			send_question(&w, udp, &(question_t){ .name = "99.100.1/press" });
	}
	pass(&w, NS_PER_S);
	assert_int_equal(c.packets, 20);
	assert_int_equal(metric(&w, "udp_garbage_total"), 200);
	world_free(&w);
}

/* A keeper of prefixes that counts, and refuses once it has been told to. */
typedef struct {
	quota_t says;
	int found, missed;
} keeper_t;

static quota_t keeper_resolve(void *ctx, slice_t name, bool is_found)
{
	keeper_t *k = ctx;
	(void)name;
	k->found += is_found;
	k->missed += !is_found;
	return k->says;
}

static uint32_t code_of(world_t *w, const char *name)
{
	return answer(w, &(question_t){ .name = name }).header.response;
}

static void each_question_on_the_wire_is_counted_and_a_spent_budget_answers_603(void **state)
{
	(void)state;
	world_t w;
	keeper_t k = { .says = QUOTA_OK };
	world_make(&w, NULL, 0);
	registry_meter_set(w.f.registry, &(prefix_meter_t){ .ctx = &k, .resolve = keeper_resolve });
	assert_int_equal(code_of(&w, "99.100.1/press"), HANDLE_RC_OK);
	assert_int_equal(code_of(&w, "99.100.1/none"), HANDLE_RC_HANDLE_NOT_FOUND);
	assert_int_equal(k.found, 1);
	assert_int_equal(k.missed, 1);
	k.says = QUOTA_REQUESTS;
	assert_int_equal(code_of(&w, "99.100.1/press"), HANDLE_RC_LIMIT_REQUESTS);
	assert_int_equal(code_of(&w, "99.900.9/a"), HANDLE_RC_NOT_RESPONSIBLE);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_question_has_its_answer),
		cmocka_unit_test(a_digest_of_the_question_leads_when_asked_for),
		cmocka_unit_test(site_information_decodes_and_tells_the_doors),
		cmocka_unit_test(a_damaged_question_is_refused_at_every_length_and_byte),
		cmocka_unit_test(oddities_are_answered_by_their_code),
		cmocka_unit_test(streams_answer_many_questions_in_order_whatever_the_cut),
		cmocka_unit_test(an_impossible_length_is_answered_and_the_stream_ends),
		cmocka_unit_test(a_client_that_sends_but_never_reads_is_dropped_at_a_stated_limit),
		cmocka_unit_test(
			a_thousand_idle_clients_hinder_nobody_and_are_closed_after_a_minute),
		cmocka_unit_test(past_the_limit_of_connections_new_ones_are_refused),
		cmocka_unit_test(datagrams_are_answered_in_slices_with_the_truncated_bit_set_right),
		cmocka_unit_test(sliced_questions_are_put_together_or_given_up),
		cmocka_unit_test(
			each_question_on_the_wire_is_counted_and_a_spent_budget_answers_603),
		cmocka_unit_test(garbage_is_dropped_and_good_questions_between_it_are_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
