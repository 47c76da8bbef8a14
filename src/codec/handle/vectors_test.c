/* SPDX-License-Identifier: Apache-2.0 */
/* Every recorded message, apart and together again. Two sources: corpus/ beside
 * this file, always there, and the recordings of another implementation in
 * $JIZHU_SHARED (or ../shared beside the source), skipped when absent. File names
 * say how a message travelled: NUMBER-label-{tcp,udp,http}-{req,rsp}.{bin,hex}; a
 * label that begins with "raw" is damaged on purpose. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "codec/handle/handle_echo.h"

enum { FILE_CAP = 65536, PATH_CAP = 1024, SLOTS = 2, MESSAGE_CAP = 16384 };

typedef struct {
	handle_partial_t slots[SLOTS];
	uint8_t memory[SLOTS * MESSAGE_CAP];
	handle_reassembly_t table;
} collector_t;

typedef void (*case_t)(const char *name, slice_t bytes, collector_t *collector);

static const char *folder_of(bool shared, char path[PATH_CAP])
{
	const char *source = getenv("JIZHU_SOURCE");
	const char *other = getenv("JIZHU_SHARED");
	assert_non_null(source);
	if (!shared)
		(void)snprintf(path, PATH_CAP, "%s/src/codec/handle/corpus", source);
	else if (other)
		(void)snprintf(path, PATH_CAP, "%s/vectors/handle", other);
	else
		(void)snprintf(path, PATH_CAP, "%s/../shared/vectors/handle", source);
	return path;
}

/* An exact allocation, so that a read past the end is seen; the caller frees. */
static uint8_t *file_bytes(const char *path, bool hex, size_t *ret_len)
{
	uint8_t *raw = malloc(FILE_CAP), *bytes = malloc(FILE_CAP);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t len = fread(raw, 1, FILE_CAP, file);
	assert_true(len < FILE_CAP);
	(void)fclose(file);
	if (hex)
		assert_int_equal(num_from_hex(slice_of(raw, len), bytes, FILE_CAP, &len), ERR_OK);
	else
		memcpy(bytes, raw, len);
	free(raw);
	*ret_len = len;
	return realloc(bytes, len ? len : 1);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool is_vector(const char *name)
{
	return strstr(name, ".hex") || strstr(name, ".bin");
}

/* Runs `check` on each file in the order of names; returns how many there were. */
static unsigned each_vector(bool shared, case_t check)
{
	char folder[PATH_CAP], path[2 * PATH_CAP];
	struct dirent **entries = NULL;
	int count = scandir(folder_of(shared, folder), &entries, NULL, by_name);
	unsigned seen = 0;
	collector_t *collector = calloc(1, sizeof *collector);
	assert_non_null(collector);
	collector->table = (handle_reassembly_t){ .slots = collector->slots,
		                                  .slot_count = SLOTS,
		                                  .memory = collector->memory,
		                                  .message_max = MESSAGE_CAP,
		                                  .timeout_ns = 1000 };
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		if (is_vector(name)) {
			size_t len;
			(void)snprintf(path, sizeof path, "%s/%s", folder, name);
			uint8_t *bytes = file_bytes(path, strstr(name, ".hex") != NULL, &len);
			check(name, slice_of(bytes, len), collector);
			free(bytes);
			seen++;
		}
		free(entries[i]);
	}
	free(entries);
	free(collector);
	return seen;
}

static void assert_bytes(const char *name, slice_t got, slice_t want)
{
	if (!slice_eq(got, want))
		print_message("differs: %s\n", name);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.ptr, want.ptr, want.len);
}

static void assert_envelope_echo(const char *name, slice_t bytes, const handle_envelope_t *e)
{
	uint8_t room[HANDLE_ENVELOPE_SIZE];
	writer_t w = writer_of(room, sizeof room);
	handle_envelope_encode(e, &w);
	assert_false(w.bad);
	assert_bytes(name, writer_done(&w), slice_sub(bytes, 0, HANDLE_ENVELOPE_SIZE));
}

static void assert_message_echo(const char *name, const handle_envelope_t *e, slice_t message)
{
	uint8_t room[MESSAGE_CAP];
	writer_t w = writer_of(room, sizeof room);
	if (e->flags & HANDLE_ENVELOPE_ENCRYPTED)
		return;
	codec_t got = handle_echo(message, &w);
	if (got != CODEC_OK)
		print_message("refused: %s\n", name);
	assert_int_equal(got, CODEC_OK);
	assert_bytes(name, writer_done(&w), message);
}

static void check_udp(const char *name, slice_t bytes, collector_t *collector)
{
	handle_packet_t packet;
	handle_envelope_t e;
	slice_t message;
	assert_int_equal(handle_packet_decode((addr_t){ 0 }, bytes, &packet), CODEC_OK);
	assert_envelope_echo(name, bytes, &packet.envelope);
	codec_t got = handle_reassembly_push(&collector->table, &packet, 0, &e, &message);
	bool last = packet.envelope.sequence + 1 == handle_packet_count(packet.envelope.length);
	assert_int_equal(got, last ? CODEC_OK : CODEC_MORE);
	if (last)
		assert_message_echo(name, &e, message);
}

static slice_t http_body(slice_t bytes)
{
	while (bytes.len >= 4 && !slice_starts(bytes, SLICE("\r\n\r\n")))
		bytes = slice_from(bytes, 1);
	return slice_from(bytes, 4);
}

static void check_stream(const char *name, slice_t bytes)
{
	handle_envelope_t e;
	slice_t message;
	codec_t got = handle_frame_next(bytes, &e, &message);
	if (got != CODEC_OK)
		print_message("no frame: %s\n", name);
	assert_int_equal(got, CODEC_OK);
	assert_int_equal(bytes.len, HANDLE_ENVELOPE_SIZE + message.len);
	assert_envelope_echo(name, bytes, &e);
	assert_message_echo(name, &e, message);
}

/* Damaged requests only must not be taken for something else. */
static void check_raw(const char *name, slice_t bytes)
{
	uint8_t room[MESSAGE_CAP];
	writer_t w = writer_of(room, sizeof room);
	handle_envelope_t e;
	slice_t message;
	assert_int_equal(handle_envelope_decode(bytes, &e), CODEC_OK);
	assert_envelope_echo(name, bytes, &e);
	codec_t got = handle_frame_next(bytes, &e, &message);
	if (got == CODEC_OK && handle_echo(message, &w) == CODEC_OK)
		assert_bytes(name, writer_done(&w), message);
}

static void check_echo(const char *name, slice_t bytes, collector_t *collector)
{
	if (strstr(name, "-raw-") && strstr(name, "-req"))
		check_raw(name, bytes);
	else if (strstr(name, "-udp-"))
		check_udp(name, bytes, collector);
	else
		check_stream(name, strstr(name, "-http-") ? http_body(bytes) : bytes);
}

/* A shorter stream is never a frame, and what is there of it never a message. */
static void check_cut_stream(const char *name, slice_t bytes)
{
	for (size_t len = 0; len < bytes.len; len++) {
		handle_envelope_t e;
		handle_message_t m;
		slice_t message;
		uint8_t *exact = malloc(len ? len : 1);
		memcpy(exact, bytes.ptr, len);
		slice_t cut = slice_of(exact, len);
		assert_int_equal(handle_frame_next(cut, &e, &message), CODEC_MORE);
		slice_t part = slice_from(cut, HANDLE_ENVELOPE_SIZE);
		if (handle_message_decode(part, &m) != CODEC_MALFORMED)
			fail_msg("%s cut at %zu was taken", name, len);
		free(exact);
	}
}

/* A shorter body in a message whose lengths agree is refused, or read as the shorter
 * body it is; the address sanitizer sees to it that nothing behind it is read. */
static void check_cut_body(const handle_message_t *whole)
{
	for (handle_message_t m = *whole; m.body.len > 0;) {
		uint8_t room[MESSAGE_CAP];
		m.body.len--;
		size_t size = HANDLE_HEADER_SIZE + m.body.len + 4 + m.credential.len;
		uint8_t *exact = malloc(size);
		writer_t message = writer_of(exact, size), w = writer_of(room, sizeof room);
		handle_message_encode(&m, &message);
		assert_false(message.bad);
		assert_int_not_equal(handle_echo(writer_done(&message), &w), CODEC_MORE);
		free(exact);
	}
}

static void check_truncated(const char *name, slice_t bytes, collector_t *collector)
{
	handle_envelope_t e;
	slice_t message;
	handle_message_t m;
	(void)collector;
	if (handle_frame_next(bytes, &e, &message) != CODEC_OK ||
	    e.flags & HANDLE_ENVELOPE_ENCRYPTED)
		return;
	check_cut_stream(name, bytes);
	if (handle_message_decode(message, &m) == CODEC_OK)
		check_cut_body(&m);
}

static void own_corpus_is_rewritten_byte_for_byte(void **state)
{
	(void)state;
	assert_true(each_vector(false, check_echo) >= 40);
}

static void recorded_vectors_are_rewritten_byte_for_byte(void **state)
{
	(void)state;
	if (each_vector(true, check_echo) == 0)
		skip();
}

static void own_corpus_cut_at_every_length_is_refused(void **state)
{
	(void)state;
	assert_true(each_vector(false, check_truncated) >= 40);
}

static void recorded_vectors_cut_at_every_length_are_refused(void **state)
{
	(void)state;
	if (each_vector(true, check_truncated) == 0)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_corpus_is_rewritten_byte_for_byte),
		cmocka_unit_test(recorded_vectors_are_rewritten_byte_for_byte),
		cmocka_unit_test(own_corpus_cut_at_every_length_is_refused),
		cmocka_unit_test(recorded_vectors_cut_at_every_length_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
