/* SPDX-License-Identifier: Apache-2.0 */
/* The whole door with its desk, driven by a script: messages of any operation with any
 * body, answers to the challenge that came last (true ones and made-up ones), messages
 * in the session or challenge that came last, datagrams and plain bytes. Two steps are
 * what a mutation of single messages never gets past. The door must live, and must
 * answer a plain question afterwards.
 *
 * A script is steps: kind u8, operation u8, flags u8, length u8, bytes. */
#include "registry/handle/desk_fixture_test.h"

enum { STEPS_MAX = 24, INPUTS_A_WORLD = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum {
	STEP_ASK,
	STEP_PROVE,
	STEP_GUESS,
	STEP_AGAIN,
	STEP_UDP,
	STEP_RAW,
	STEP_KINDS
} step_t;

typedef struct {
	desk_world_t w;
	unsigned inputs;
	bool is_open, is_challenged;
	desk_reply_t last;
	uint8_t last_bytes[8192];
} stage_t;

static void stage_open(stage_t *s)
{
	desk_world_make(&s->w);
	s->w.spec.source_cpu_percent = 100;
	desk_world_start(&s->w);
	s->is_open = true;
	s->inputs = 0;
}

/* Keeps the reply, if it is one that another step can refer to. */
static void look(stage_t *s, slice_t bytes)
{
	handle_envelope_t envelope;
	slice_t message;
	handle_message_t m;
	if (bytes.len > sizeof(s->last_bytes) ||
	    handle_frame_next(bytes, &envelope, &message) != CODEC_OK ||
	    handle_message_decode(message, &m) != CODEC_OK)
		return;
	memcpy(s->last_bytes, bytes.ptr, bytes.len);
	s->last = desk_read(slice_of(s->last_bytes, bytes.len));
	s->is_challenged = s->last.code == HANDLE_RC_AUTH_NEEDED;
}

static void send(stage_t *s, slice_t bytes)
{
	if (!s->w.tcp)
		desk_dial(&s->w);
	if (bytes.len > 0 && s->w.tcp)
		look(s, desk_exchange(&s->w, bytes));
}

static uint32_t operation_of(uint8_t number)
{
	static const uint16_t all[] = { 0,   1,   2,    100,  101,  102,  103, 104,
		                        105, 106, 200,  201,  300,  301,  302, 400,
		                        401, 402, 1000, 1001, 1002, 1003, 2001 };
	return number < sizeof(all) / sizeof(*all) ? all[number] : number;
}

/* Flag bits of the wire that a byte chooses among. */
static uint32_t flags_of(uint8_t bits)
{
	static const uint32_t all[] = { 0x80000000, 0x40000000, 0x20000000, 0x10000000,
		                        0x01000000, 0x00800000, 0x00400000, 0x00200000 };
	uint32_t flags = 0;
	for (size_t i = 0; i < 8; i++)
		flags |= bits & 1 << i ? all[i] : 0;
	return flags;
}

static void answer(stage_t *s, slice_t guess, bool is_true)
{
	uint8_t body[4096], buf[8192];
	writer_t body_w = writer_of(body, sizeof(body)), out = writer_of(buf, sizeof(buf));
	desk_who_t who = by_secret();
	handle_answer_t a = { .auth_type = slice_str(who.type),
		              .user = { who.handle, who.index },
		              .answer = guess };
	if (!s->is_challenged || s->w.version.minor < 1)
		return;
	if (is_true)
		desk_answer_write(&who, &s->last, &body_w);
	else
		handle_answer_encode(&a, &body_w);
	desk_request_t q = { .operation = HANDLE_OP_CHALLENGE_ANSWER,
		             .session = s->last.envelope.session_id,
		             .body = writer_done(&body_w) };
	desk_write(&s->w, &q, &out);
	send(s, writer_done(&out));
}

static void play(stage_t *s, reader_t *r)
{
	uint8_t buf[512];
	writer_t out = writer_of(buf, sizeof(buf));
	step_t kind = (step_t)(rd_u8(r) % STEP_KINDS);
	uint8_t operation = rd_u8(r), flags = rd_u8(r), len = rd_u8(r);
	slice_t bytes = rd_take(r, len);
	desk_request_t q = { .operation = operation_of(operation),
		             .flags = flags_of(flags),
		             .session = kind == STEP_AGAIN ? s->last.envelope.session_id : 0,
		             .body = bytes };
	if (r->bad)
		return;
	desk_write(&s->w, &q, &out);
	if (kind == STEP_ASK || kind == STEP_AGAIN)
		send(s, writer_done(&out));
	else if (kind == STEP_PROVE || kind == STEP_GUESS)
		answer(s, bytes, kind == STEP_PROVE);
	else if (kind == STEP_UDP && !env_udp_send(s->w.udp, DESK_ADDR, writer_done(&out)))
		(void)twin_run_for(s->w.f.twin, 2 * NS_PER_MS);
	else if (kind == STEP_RAW)
		send(s, bytes);
}

static void still_answers(stage_t *s)
{
	desk_request_t q = { .operation = HANDLE_OP_GET_SITE, .body = name_body(SLICE("/")) };
	desk_hang_up(&s->w);
	desk_dial(&s->w);
	assert_int_equal(desk_ask(&s->w, &q).code, HANDLE_RC_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static stage_t s;
	reader_t r = reader_of(slice_of(data, size));
	if (s.is_open && s.inputs++ >= INPUTS_A_WORLD) {
		desk_world_free(&s.w);
		s.is_open = false;
	}
	if (!s.is_open)
		stage_open(&s);
	s.is_challenged = false;
	s.last = (desk_reply_t){ .code = 0 };
	for (int i = 0; i < STEPS_MAX && r.in.len > 0 && !r.bad; i++)
		play(&s, &r);
	still_answers(&s);
	/* Challenges and purses are given back, so that the next input meets the same. */
	(void)twin_run_for(s.w.f.twin, 22 * NS_PER_S);
	return 0;
}
