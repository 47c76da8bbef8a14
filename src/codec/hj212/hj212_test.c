/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the standard's annex and of this folder's corpus, cut short, damaged and lied
 * about. The recorded lines lie beside the project; without them that case is skipped. */
#include "codec/hj212/hj212.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crc.h"

enum { PATH_CAP = 1024, FILE_CAP = 4096 };

#define EXAMPLE \
	"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;" \
	"CP=&&RtdInterval=30&&"

typedef struct {
	uint8_t bytes[HJ212_FRAME_MAX];
	slice_t frame;
} sealed_t;

static void seal(const char *data, sealed_t *ret_sealed)
{
	writer_t w = writer_of(ret_sealed->bytes, sizeof(ret_sealed->bytes));
	assert_int_equal(hj212_seal(slice_str(data), &w), ERR_OK);
	ret_sealed->frame = writer_done(&w);
}

static void assert_text(slice_t got, const char *wanted)
{
	assert_true(slice_eq(got, slice_str(wanted)));
}

static void the_example_of_the_standard_has_its_own_crc_and_not_that_of_modbus(void **state)
{
	(void)state;
	sealed_t sealed;
	assert_int_equal(hj212_crc(SLICE(EXAMPLE)), 0x1C80);
	assert_int_equal(crc16_modbus(SLICE(EXAMPLE)), 0x0759);
	seal(EXAMPLE, &sealed);
	assert_text(sealed.frame, "##0101" EXAMPLE "1C80\r\n");
}

static void every_field_of_a_frame_is_read(void **state)
{
	(void)state;
	sealed_t sealed;
	hj212_t f;
	seal("QN=20261127080000001;ST=31;CN=2011;PW=abc;MN=952;Flag=7;PNUM=3;PNO=2;Later=x;"
	     "CP=&&a=1;b=2&&",
	     &sealed);
	assert_int_equal(hj212_decode(sealed.frame, &f), CODEC_OK);
	assert_text(f.request, "20261127080000001");
	assert_text(f.password, "abc");
	assert_text(f.station, "952");
	assert_text(f.items, "a=1;b=2");
	assert_true(f.system == 31 && f.command == 2011 && f.version == 1 && f.wants_answer);
	assert_true(f.packets == 3 && f.packet == 2 && f.used == sealed.frame.len);
	assert_int_equal(hj212_decode(SLICE("##0101" EXAMPLE "1c80\r\n##0"), &f), CODEC_OK);
	assert_int_equal(f.used, 113);
	/* As of 2005: no Flag, no station. */
	seal("ST=32;CN=2011;CP=&&&&", &sealed);
	assert_int_equal(hj212_decode(sealed.frame, &f), CODEC_OK);
	assert_true(f.version == 0 && !f.wants_answer && !f.packets && !f.request.len);
	assert_int_equal(f.items.len, 0);
}

static void a_frame_cut_at_any_byte_wants_more(void **state)
{
	(void)state;
	sealed_t sealed;
	hj212_t f = { .used = 77 };
	seal(EXAMPLE, &sealed);
	for (size_t len = 0; len < sealed.frame.len; len++) {
		uint8_t *exact = malloc(len ? len : 1);
		memcpy(exact, sealed.bytes, len);
		assert_int_equal(hj212_decode(slice_of(exact, len), &f), CODEC_MORE);
		free(exact);
	}
	assert_int_equal(f.used, 77);
}

static void a_frame_with_any_byte_altered_is_never_taken_for_another(void **state)
{
	(void)state;
	sealed_t sealed;
	hj212_t f;
	seal(EXAMPLE, &sealed);
	for (size_t at = 0; at < sealed.frame.len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			sealed.bytes[at] ^= (uint8_t)(1u << bit);
			codec_t code = hj212_decode(sealed.frame, &f);
			/* The same digit of the CRC in lower case. */
			bool is_same = code == CODEC_OK && bit == 5 && at + 6 >= sealed.frame.len;
			assert_true(is_same || code != CODEC_OK);
			sealed.bytes[at] ^= (uint8_t)(1u << bit);
		}
}

static void what_is_not_of_the_form_is_malformed(void **state)
{
	static const char *const bad[] = {
		"",
		"ST=32;CN=2011",
		"ST=32;CN=2011;CP=&&",
		"ST=32;CN=2011;CP=&&a=1",
		"ST=32;CP=&&&&",
		"CN=2011;CP=&&&&",
		"ST=32;ST=32;CN=2011;CP=&&&&",
		"ST=3x;CN=2011;CP=&&&&",
		"ST=100;CN=2011;CP=&&&&",
		"ST=32;CN=2011;Flag=256;CP=&&&&",
		"ST=32;CN=2011;Flag;CP=&&&&",
		"ST=32;CN=2011;Flag=6;CP=&&&&",
		"ST=32;CN=2011;Flag=6;PNUM=1;PNO=2;CP=&&&&",
		"ST=32;CN=2011;Flag=6;PNUM=1;PNO=0;CP=&&&&",
		"ST=32;CN=2011;Flag=4;PNUM=1;PNO=1;CP=&&&&",
	};
	(void)state;
	sealed_t sealed;
	hj212_t f;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		seal(bad[i], &sealed);
		if (hj212_decode(sealed.frame, &f) != CODEC_MALFORMED)
			fail_msg("%s", bad[i]);
	}
	/* Known as soon as it is wrong. */
	assert_int_equal(hj212_decode(SLICE("#x"), &f), CODEC_MALFORMED);
	assert_int_equal(hj212_decode(SLICE("##01a"), &f), CODEC_MALFORMED);
	assert_int_equal(hj212_decode(SLICE("##1025"), &f), CODEC_MALFORMED);
}

static void a_value_is_good_under_the_flag_n_alone(void **state)
{
	static const struct {
		const char *items;
		uint8_t flag;
		bool is_good;
	} rows[] = {
		{ "a-Rtd=5,a-Flag=N", 'N', true },  { "a-Flag=N,a-Rtd=5", 'N', true },
		{ "a-Rtd=5,a-Flag=F", 'F', false }, { "a-Rtd=5,a-Flag=M", 'M', false },
		{ "a-Rtd=5,a-Flag=S", 'S', false }, { "a-Rtd=5,a-Flag=D", 'D', false },
		{ "a-Rtd=5,a-Flag=C", 'C', false }, { "a-Rtd=5,a-Flag=T", 'T', false },
		{ "a-Rtd=5,a-Flag=B", 'B', false }, { "a-Rtd=5,a-Flag=n", 'n', false },
		{ "a-Rtd=5,a-Flag=", '?', false },  { "a-Rtd=5,a-Flag=NN", '?', false },
		{ "a-Rtd=5,a-Flag=N;", 'N', true }, { "a-Rtd=5,ab-Flag=N", 0, true },
		{ "a-Rtd=5;a-Flag=N", 0, true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		hj212_item_t item;
		hj212_items_t walk = hj212_items_of(slice_str(rows[i].items));
		assert_true(hj212_item_next(&walk, &item));
		assert_text(item.name, "a-Rtd");
		assert_text(item.value, "5");
		assert_int_equal(item.flag, rows[i].flag);
		assert_true((quality_info(item.quality)->class == QUALITY_GOOD) == rows[i].is_good);
		assert_false(hj212_item_next(&walk, &item));
		assert_false(walk.bad);
	}
}

static void what_has_no_name_ends_the_items_and_is_told(void **state)
{
	static const char *const bad[] = { "a", "=1", "a=1,b", "a=1;;b", ",a=1" };
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		hj212_item_t item;
		hj212_items_t walk = hj212_items_of(slice_str(bad[i]));
		while (hj212_item_next(&walk, &item))
			assert_text(item.name, "a");
		assert_true(walk.bad);
	}
}

static void sealing_needs_room_and_leaves_the_writer_as_it_was(void **state)
{
	(void)state;
	static const uint8_t data[HJ212_DATA_MAX + 1];
	uint8_t room[HJ212_FRAME_MAX];
	writer_t w = writer_of(room, HJ212_FRAME_MAX - 1);
	assert_int_equal(hj212_seal(slice_of(data, HJ212_DATA_MAX), &w), ERR_TOO_BIG);
	assert_int_equal(w.len, 0);
	w = writer_of(room, sizeof(room));
	assert_int_equal(hj212_seal(slice_of(data, HJ212_DATA_MAX + 1), &w), ERR_TOO_BIG);
	assert_int_equal(hj212_seal(slice_of(data, HJ212_DATA_MAX), &w), ERR_OK);
	assert_int_equal(w.len, HJ212_FRAME_MAX);
}

static FILE *recorded(void)
{
	char path[PATH_CAP];
	const char *shared = getenv("JIZHU_SHARED"), *source = getenv("JIZHU_SOURCE");
	(void)snprintf(path, sizeof(path), "%s%s/vectors/domain/hj212.txt",
	               shared ? shared : source, shared ? "" : "/../shared");
	FILE *file = fopen(path, "rb");
	if (!file)
		skip();
	return file;
}

static void recorded_frames_are_read_and_sealed_to_the_same_bytes(void **state)
{
	static const struct {
		uint16_t command;
		size_t items;
	} wanted[] = { { 1062, 1 }, { 2011, 3 }, { 9014, 0 } };
	(void)state;
	char line[FILE_CAP];
	size_t frames = 0;
	FILE *file = recorded();
	while (fgets(line, sizeof(line), file)) {
		/* The end of a frame is written out. */
		char *end = strstr(line, "\\r\\n");
		if (!end)
			continue;
		memcpy(end, "\r\n", 2);
		slice_t in = slice_of(line, (size_t)(end - line) + 2);
		hj212_t f;
		sealed_t again;
		hj212_item_t item;
		assert_true(frames < sizeof(wanted) / sizeof(*wanted));
		assert_int_equal(hj212_decode(in, &f), CODEC_OK);
		assert_int_equal(f.command, wanted[frames].command);
		writer_t w = writer_of(again.bytes, sizeof(again.bytes));
		assert_int_equal(hj212_seal(f.data, &w), ERR_OK);
		assert_true(slice_eq(writer_done(&w), in));
		size_t items = 0;
		for (hj212_items_t walk = hj212_items_of(f.items); hj212_item_next(&walk, &item);)
			items++;
		assert_int_equal(items, wanted[frames++].items);
	}
	(void)fclose(file);
	assert_int_equal(frames, sizeof(wanted) / sizeof(*wanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_example_of_the_standard_has_its_own_crc_and_not_that_of_modbus),
		cmocka_unit_test(every_field_of_a_frame_is_read),
		cmocka_unit_test(a_frame_cut_at_any_byte_wants_more),
		cmocka_unit_test(a_frame_with_any_byte_altered_is_never_taken_for_another),
		cmocka_unit_test(what_is_not_of_the_form_is_malformed),
		cmocka_unit_test(a_value_is_good_under_the_flag_n_alone),
		cmocka_unit_test(what_has_no_name_ends_the_items_and_is_told),
		cmocka_unit_test(sealing_needs_room_and_leaves_the_writer_as_it_was),
		cmocka_unit_test(recorded_frames_are_read_and_sealed_to_the_same_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
