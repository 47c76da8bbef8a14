/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to recorded questions must be the recorded answers, byte for byte, but for
 * the truncated bit (which the recorder set wrongly) and the server's key. The
 * records are made of the recorded answers themselves; names and values stand in the
 * recordings alone. They lie beside the project in $JIZHU_SHARED or ../shared; where
 * they are absent the cases are skipped.
 *
 * Files: NUMBER-label-{udp,tcp}-{req,rsp}.hex; the packets of one message follow one
 * another under one label. */
#include <dirent.h>

#include "env/udp.h"
#include "registry/fixture_test.h"
#include "registry/handle_door.h"

enum { VECTORS_MAX = 64, VECTOR_BYTES = 1024, PATH_CAP = 1024, KEY_AT = 0x75, KEY_LEN = 0x121 };

typedef struct {
	unsigned number;
	char label[128]; /* without number and what follows the transport */
	bool is_udp, is_request;
	uint8_t bytes[VECTOR_BYTES];
	size_t len;
} vector_t;

typedef struct {
	fixture_t f;
	env_loop_t *resolver;
	handle_door_t *door;
	vector_t vectors[VECTORS_MAX];
	size_t count;
	uint8_t got[8][HANDLE_DATAGRAM_MAX]; /* packets by sequence */
	size_t got_len[8], got_count;
} world_t;

/* Those that are questions anybody may ask of this form of the server. */
static bool is_wanted(unsigned number)
{
	static const unsigned ranges[][2] = { { 1, 4 }, { 6, 21 }, { 26, 34 }, { 45, 60 } };
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (number >= ranges[i][0] && number <= ranges[i][1])
			return true;
	return false;
}

static void vector_load(const char *folder, const char *name, vector_t *v)
{
	char path[2 * PATH_CAP], hex[3 * VECTOR_BYTES];
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t len = fread(hex, 1, sizeof(hex), file);
	(void)fclose(file);
	assert_int_equal(num_from_hex(slice_of(hex, len), v->bytes, sizeof(v->bytes), &v->len),
	                 ERR_OK);
	const char *transport = strstr(name, "-udp-");
	v->is_udp = transport != NULL;
	transport = transport ? transport : strstr(name, "-tcp-");
	assert_non_null(transport);
	v->is_request = strncmp(&transport[5], "req", 3) == 0;
	(void)snprintf(v->label, sizeof(v->label), "%.*s", (int)(transport - &name[3]), &name[3]);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void vectors_load(world_t *w)
{
	char folder[PATH_CAP];
	const char *shared = getenv("JIZHU_SHARED"), *source = getenv("JIZHU_SOURCE");
	struct dirent **entries = NULL;
	(void)snprintf(folder, sizeof(folder), "%s%s/vectors/handle",
	               shared   ? shared
	               : source ? source
	                        : ".",
	               shared ? "" : "/../shared");
	int count = scandir(folder, &entries, NULL, by_name);
	for (int i = 0; i < count; i++) {
		unsigned number = (unsigned)strtoul(entries[i]->d_name, NULL, 10);
		if (is_wanted(number) && strstr(entries[i]->d_name, ".hex")) {
			assert_true(w->count < VECTORS_MAX);
			w->vectors[w->count].number = number;
			vector_load(folder, entries[i]->d_name, &w->vectors[w->count++]);
		}
		free(entries[i]);
	}
	free(entries);
}

/* The message that vectors [from, ...) of one label and direction make up; returns
 * how many they are. */
static size_t message_of(const world_t *w, size_t from, writer_t *message)
{
	const vector_t *first = &w->vectors[from];
	size_t n = 0;
	for (; from + n < w->count; n++) {
		const vector_t *v = &w->vectors[from + n];
		if (v->is_request != first->is_request || strcmp(v->label, first->label) != 0)
			break;
		wr_bytes(message, slice_from(slice_of(v->bytes, v->len), HANDLE_ENVELOPE_SIZE));
	}
	assert_false(message->bad);
	return n;
}

/* The prefix of the first name asked for is the server's. */
static void find_prefix(world_t *w, char prefix[64])
{
	handle_message_t m;
	handle_resolution_t q;
	uint8_t buf[8192];
	writer_t message = writer_of(buf, sizeof(buf));
	(void)message_of(w, 0, &message);
	assert_int_equal(handle_message_decode(writer_done(&message), &m), CODEC_OK);
	assert_int_equal(handle_resolution_decode(m.body, &q), CODEC_OK);
	assert_true(slice_to_cstr(slice_sub(q.handle, 0, slice_find(q.handle, '/')), prefix, 64));
	w->f.prefix = prefix;
}

/* Adds what a recorded answer tells of a record. */
static void learn(world_t *w, slice_t message)
{
	handle_message_t m;
	handle_record_t record;
	assert_int_equal(handle_message_decode(message, &m), CODEC_OK);
	if (m.header.operation != HANDLE_OP_RESOLVE || m.header.response != HANDLE_RC_OK)
		return;
	assert_int_equal(handle_record_decode(m.body, &record), CODEC_OK);
	registry_change_t change = { .verb = REGISTRY_MERGE,
		                     .name = record.handle,
		                     .count = record.values.count,
		                     .values = record.values.bytes,
		                     .caller = caller_node() };
	err_t err = fixture_change(&w->f, &change).err;
	if (err == ERR_NOT_FOUND) {
		change.verb = REGISTRY_CREATE;
		err = fixture_change(&w->f, &change).err;
	}
	assert_int_equal(err, ERR_OK);
}

static void learn_all(world_t *w)
{
	for (size_t i = 0; i < w->count;) {
		uint8_t buf[8192];
		writer_t message = writer_of(buf, sizeof(buf));
		bool is_reply = !w->vectors[i].is_request;
		i += message_of(w, i, &message);
		if (is_reply)
			learn(w, writer_done(&message));
	}
}

static void on_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	world_t *w = ctx;
	(void)udp;
	for (size_t i = 0; i < count; i++) {
		handle_envelope_t envelope;
		assert_int_equal(handle_envelope_decode(in[i].bytes, &envelope), CODEC_OK);
		assert_true(envelope.sequence < 8);
		memcpy(w->got[envelope.sequence], in[i].bytes.ptr, in[i].bytes.len);
		w->got_len[envelope.sequence] = in[i].bytes.len;
		w->got_count++;
	}
}

static void mask(uint8_t *bytes, size_t len, bool is_site)
{
	bytes[2] &= (uint8_t)~HANDLE_ENVELOPE_TRUNCATED;
	if (is_site && len >= KEY_AT + KEY_LEN)
		memset(&bytes[KEY_AT], 0, KEY_LEN);
}

static void assert_same(const vector_t *want, uint8_t *got, size_t len)
{
	uint8_t masked[VECTOR_BYTES];
	bool is_site = strstr(want->label, "siteinfo") != NULL;
	memcpy(masked, want->bytes, want->len);
	mask(masked, want->len, is_site);
	mask(got, len, is_site);
	if (len != want->len || memcmp(masked, got, len) != 0)
		print_message("differs: %u%s\n", want->number, want->label);
	assert_int_equal(len, want->len);
	assert_memory_equal(got, masked, len);
}

static void ask_tcp(world_t *w, const vector_t *request, const vector_t *reply)
{
	static uint8_t out[HANDLE_ENVELOPE_SIZE + HANDLE_MESSAGE_MAX];
	writer_t got = writer_of(out, sizeof(out));
	assert_true(registry_answer(w->door, slice_of(request->bytes, request->len), &got));
	assert_same(reply, out, got.len);
}

static void ask_udp(world_t *w, env_udp_t *udp, size_t from, size_t requests, size_t replies)
{
	w->got_count = 0;
	for (size_t i = 0; i < requests; i++) {
		const vector_t *v = &w->vectors[from + i];
		assert_int_equal(
			env_udp_send(udp, handle_door_addr(w->door, 0), slice_of(v->bytes, v->len)),
			ERR_OK);
	}
	(void)twin_run_for(w->f.twin, 10 * NS_PER_MS);
	assert_int_equal(w->got_count, replies);
	for (size_t i = 0; i < replies; i++)
		assert_same(&w->vectors[from + requests + i], w->got[i], w->got_len[i]);
}

static void open_door(world_t *w)
{
	static const uint8_t key[KEY_LEN] = { 0 };
	addr_t addr = { .ip = ip_v4(127, 0, 0, 1), .port = HANDLE_PORT };
	handle_door_spec_t spec = { .registry = w->f.registry,
		                    .addrs = &addr,
		                    .addr_count = 1,
		                    .description = "vector test site",
		                    .public_key = slice_of(key, sizeof(key)),
		                    .http_port = 8000 };
	assert_int_equal(env_loop_new(w->f.env, "resolver", ENV_LOOP_EVENTS, &w->resolver), ERR_OK);
	spec.loop = w->resolver;
	assert_int_equal(handle_door_open(&spec, &w->door), ERR_OK);
	assert_int_equal(env_loop_start(w->resolver), ERR_OK);
}

static void ask_all(world_t *w)
{
	env_udp_t *udp = NULL;
	env_udp_spec_t spec = { .turn = on_turn, .ctx = w };
	addr_t any = { .ip = ip_v4(127, 0, 0, 2) };
	assert_int_equal(env_udp_open(w->f.asker, any, &spec, &udp), ERR_OK);
	for (size_t i = 0; i < w->count;) {
		uint8_t buf[8192];
		writer_t scratch = writer_of(buf, sizeof(buf));
		size_t requests = message_of(w, i, &scratch);
		scratch = writer_of(buf, sizeof(buf));
		size_t replies = message_of(w, i + requests, &scratch);
		assert_true(w->vectors[i].is_request && replies > 0);
		if (w->vectors[i].is_udp)
			ask_udp(w, udp, i, requests, replies);
		else
			ask_tcp(w, &w->vectors[i], &w->vectors[i + 1]);
		i += requests + replies;
	}
	env_udp_close(udp);
}

static void recorded_questions_get_the_recorded_answers(void **state)
{
	(void)state;
	static world_t w;
	char prefix[64];
	vectors_load(&w);
	if (w.count == 0)
		skip();
	w.f = fixture_make(1);
	find_prefix(&w, prefix);
	fixture_start(&w.f);
	learn_all(&w);
	open_door(&w);
	ask_all(&w);
	print_message("recorded messages compared: %zu\n", w.count);
	env_loop_stop(w.resolver);
	handle_door_close(w.door);
	env_loop_free(w.resolver);
	fixture_free(&w.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_questions_get_the_recorded_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
