/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/uplink/frame.h"

#include "base/num.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* SLICE for a table. */
#define TEXT(literal) \
	{ \
		(const uint8_t *)("" literal), sizeof(literal) - 1 \
	}
#define HASH \
	{ \
		0xAA, 0xBB, [31] = 0xCC \
	}

/* One of each kind, with every field set, and its bytes as test/golden/uplink_peer.py writes
 * them. */
static const struct {
	uplink_frame_t frame;
	const char *hex;
} GOLDEN[] = {
	{ { .kind = UPLINK_KIND_ENROL,
	    .enrol = { TEXT("code"),
	               TEXT("request"),
	               TEXT("99.1000.1"),
	               { { TEXT("level"), TEXT("enterprise") }, { TEXT("region"), TEXT("省") } },
	               2 } },
	  "350000000104636f646507726571756573740939392e313030302e3102056c6576656c0a656e"
	  "746572707269736506726567696f6e03e79c81" },
	{ { .kind = UPLINK_KIND_ENROLLED, .enrolled = { TEXT("chain") } },
	  "070000000205636861696e" },
	{ { .kind = UPLINK_KIND_HELLO,
	    .hello = { 1,
	               TEXT("99.1000.1"),
	               -5,
	               UPLINK_FLAG_ZSTD,
	               { { 0, 7, 300 }, { 3, 8, 0 } },
	               2 } },
	  "2700000003010939392e313030302e31090100000002000700000000000000ac020308000000"
	  "0000000000" },
	{ { .kind = UPLINK_KIND_WELCOME,
	    .welcome = { TEXT("99.1000"),
	                 1700000000000000000,
	                 0,
	                 65536,
	                 { { 0, 7, 299, HASH } },
	                 1 } },
	  "45000000040739392e313030308080d0e2c6bfce972f00000000808004010007000000000000"
	  "00ab02aabb0000000000000000000000000000000000000000000000000000000000cc" },
	{ { .kind = UPLINK_KIND_BATCH, .batch = { UPLINK_FLAG_ZSTD, 1000, TEXT("packed") } },
	  "100000000501000000e8030000067061636b6564" },
	{ { .kind = UPLINK_KIND_RECEIPT, .receipt = { { 3, 8, 12, HASH } } },
	  "2b000000060308000000000000000caabb000000000000000000000000000000000000000000"
	  "0000000000000000cc" },
	{ { .kind = UPLINK_KIND_REFUSAL,
	    .refusal = { UPLINK_REASON_FORK, 13, { 3, 8, 12, HASH } } },
	  "2d00000007010d0308000000000000000caabb00000000000000000000000000000000000000"
	  "00000000000000000000cc" },
	{ { .kind = UPLINK_KIND_DOWN,
	    .down = { .issuer = TEXT("99.1"),
	              .id = TEXT("cn.energy"),
	              .kind = UPLINK_DOWN_PACK,
	              .version = 3,
	              .body = TEXT("body"),
	              .signature = { 1, [63] = 2 } } },
	  "57000000080439392e3109636e2e656e65726779000304626f64790100000000000000000000"
	  "0000000000000000000000000000000000000000000000000000000000000000000000000000"
	  "000000000000000000000000000002" },
	{ { .kind = UPLINK_KIND_UP,
	    .up = { TEXT("question-1"), UPLINK_UP_ANSWER, 2, true, TEXT("answer") } },
	  "16000000090a7175657374696f6e2d3101020106616e73776572" },
	{ { .kind = UPLINK_KIND_BEAT, .beat = { 9, 4, { { 0, 10, 2000 }, { 200, 1, 1 } }, 2 } },
	  "0b0000000a120802000ad00fc80101" },
	{ { .kind = UPLINK_KIND_PARCEL,
	    .parcel = { UPLINK_PARCEL_RETURN, TEXT("99.1000"), TEXT("99.1000.1"), 77, HASH } },
	  "360000000b010739392e313030300939392e313030302e319a01aabb00000000000000000000"
	  "00000000000000000000000000000000000000cc" },
	{ { .kind = UPLINK_KIND_END, .end = { 2, HASH, { 3, [63] = 4 } } },
	  "620000000c02aabb0000000000000000000000000000000000000000000000000000000000cc"
	  "0300000000000000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000000000000000000000004" },
};

enum { GOLDEN_COUNT = sizeof(GOLDEN) / sizeof(GOLDEN[0]), ROOM = 1024 };

static slice_t put(const uplink_frame_t *frame, uint8_t room[static ROOM])
{
	writer_t w = writer_of(room, ROOM);
	uplink_frame_put(frame, &w);
	assert_false(w.bad);
	return writer_done(&w);
}

static void each_kind_is_written_as_the_format_says(void **state)
{
	uint8_t room[ROOM];
	char hex[2 * ROOM + 1];
	(void)state;
	for (size_t i = 0; i < GOLDEN_COUNT; i++) {
		num_to_hex(put(&GOLDEN[i].frame, room), hex);
		assert_string_equal(hex, GOLDEN[i].hex);
	}
}

/* Every field is in the bytes, and the bytes are fixed above: what writes the same again has
 * read all of them. */
static void each_kind_is_read_as_it_was_written(void **state)
{
	uint8_t room[ROOM], again[ROOM];
	uplink_frame_t frame;
	size_t used;
	(void)state;
	for (size_t i = 0; i < GOLDEN_COUNT; i++) {
		slice_t bytes = put(&GOLDEN[i].frame, room);
		assert_int_equal(uplink_frame_read(bytes, &frame, &used), CODEC_OK);
		assert_int_equal(used, bytes.len);
		assert_int_equal(frame.kind, GOLDEN[i].frame.kind);
		assert_true(slice_eq(put(&frame, again), bytes));
	}
}

/* A copy of that size, so that a sanitizer sees a read behind it. */
static codec_t read_copy(slice_t bytes)
{
	uplink_frame_t frame;
	size_t used;
	uint8_t *copy = malloc(bytes.len ? bytes.len : 1);
	memcpy(copy, bytes.ptr, bytes.len);
	codec_t read = uplink_frame_read(slice_of(copy, bytes.len), &frame, &used);
	free(copy);
	return read;
}

static void a_frame_cut_anywhere_wants_more_and_one_that_ends_early_is_malformed(void **state)
{
	uint8_t room[ROOM];
	(void)state;
	for (size_t i = 0; i < GOLDEN_COUNT; i++) {
		slice_t bytes = put(&GOLDEN[i].frame, room);
		for (size_t cut = 0; cut < bytes.len; cut++)
			assert_int_equal(read_copy(slice_sub(bytes, 0, cut)), CODEC_MORE);
		for (size_t cut = UPLINK_HEAD_BYTES; cut < bytes.len; cut++) {
			writer_t head = writer_of(room, sizeof(uint32_t));
			wr_u32_le(&head, (uint32_t)(cut - sizeof(uint32_t)));
			assert_int_equal(read_copy(slice_sub(bytes, 0, cut)), CODEC_MALFORMED);
		}
	}
}

static codec_t read_hex(const char *hex, size_t *ret_used)
{
	uint8_t room[ROOM];
	size_t len = 0;
	uplink_frame_t frame;
	assert_int_equal(num_from_hex(slice_str(hex), room, sizeof(room), &len), ERR_OK);
	return uplink_frame_read(slice_of(room, len), &frame, ret_used);
}

static void a_length_beyond_the_cap_is_refused_before_anything_is_kept(void **state)
{
	size_t used = 0;
	(void)state;
	assert_int_equal(read_hex("01001000", &used), CODEC_MALFORMED); /* a byte over 1 MiB */
	assert_int_equal(read_hex("00001000", &used), CODEC_MORE);
	assert_int_equal(read_hex("0000100005", &used), CODEC_MORE);      /* a batch may */
	assert_int_equal(read_hex("0110000003", &used), CODEC_MALFORMED); /* a HELLO may not */
	assert_int_equal(read_hex("0010000003", &used), CODEC_MORE);
	assert_int_equal(read_hex("0140000001", &used), CODEC_MALFORMED); /* nor a stranger's */
	assert_int_equal(read_hex("0040000001", &used), CODEC_MORE);
	assert_int_equal(read_hex("00000000", &used), CODEC_MALFORMED);
}

static void a_kind_of_a_newer_version_is_passed_over_when_it_is_whole(void **state)
{
	size_t used = 0;
	(void)state;
	assert_int_equal(read_hex("03000000630102", &used), CODEC_UNSUPPORTED);
	assert_int_equal(used, 7);
	assert_int_equal(read_hex("030000006301", &used), CODEC_MORE);
	assert_int_equal(read_hex("0300000000"
	                          "0102",
	                          &used),
	                 CODEC_MALFORMED);
}

static bool can_put(uplink_frame_t frame)
{
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof(room));
	uplink_frame_put(&frame, &w);
	return !w.bad;
}

static void what_is_against_the_rules_is_neither_written_nor_read(void **state)
{
	size_t used;
	(void)state;
	uplink_frame_t hello = GOLDEN[2].frame, batch = GOLDEN[4].frame, refusal = GOLDEN[6].frame;
	uplink_frame_t parcel = GOLDEN[10].frame;
	assert_true(can_put(hello) && can_put(batch) && can_put(refusal) && can_put(parcel));
	hello.hello.streams[1].stream = 0; /* one stream twice */
	batch.batch.flags = 0;             /* raw, but of another length */
	refusal.refusal.held.stream = UPLINK_SESSION;
	parcel.parcel.kind = UPLINK_PARCEL_OUT; /* that answers */
	assert_false(can_put(hello) || can_put(batch) || can_put(refusal) || can_put(parcel));
	hello = GOLDEN[2].frame;
	hello.hello.node = SLICE("");
	assert_false(can_put(hello));
	hello.hello.node = SLICE("99.1\n");
	assert_false(can_put(hello));
	hello.hello.node = SLICE("99.1");
	hello.hello.stream_count = UPLINK_STREAMS_MAX + 1;
	assert_false(can_put(hello));
	/* An UP whose `is last` is 2; a byte behind the last field. */
	assert_int_equal(read_hex("0700000009"
	                          "017800000100",
	                          &used),
	                 CODEC_OK);
	assert_int_equal(read_hex("0700000009"
	                          "017800000200",
	                          &used),
	                 CODEC_MALFORMED);
	assert_int_equal(read_hex("0800000009"
	                          "01780000010000",
	                          &used),
	                 CODEC_MALFORMED);
}

static void what_a_down_is_signed_over_can_be_written_before_it_is_signed(void **state)
{
	uint8_t room[ROOM], covered[ROOM];
	uplink_frame_t frame;
	size_t used;
	(void)state;
	const uplink_frame_t *down = &GOLDEN[7].frame;
	writer_t w = writer_of(covered, sizeof(covered));
	uplink_down_put_covered(&down->down, &w);
	assert_int_equal(uplink_frame_read(put(down, room), &frame, &used), CODEC_OK);
	assert_true(slice_eq(frame.down.covered, writer_done(&w)));
	assert_int_equal(frame.down.covered.len, used - UPLINK_HEAD_BYTES - UPLINK_SIGNATURE_BYTES);
}

/* A parcel of the golden frames from..to, whose END says `count`. */
static slice_t parcel_of(uplink_parcel_kind_t kind, size_t frame, uint64_t count,
                         uint8_t room[static ROOM])
{
	writer_t w = writer_of(room, ROOM);
	uplink_frame_t head = GOLDEN[10].frame, end = GOLDEN[11].frame;
	head.parcel.kind = (uint8_t)kind;
	if (kind == UPLINK_PARCEL_OUT)
		memset(head.parcel.answers, 0, sizeof(head.parcel.answers));
	end.end.count = count;
	uplink_parcel_begin(&w);
	uplink_frame_put(&head, &w);
	uplink_frame_put(&GOLDEN[frame].frame, &w);
	uplink_frame_put(&GOLDEN[frame].frame, &w);
	uplink_frame_put(&end, &w);
	assert_false(w.bad);
	return writer_done(&w);
}

/* Reads all; what came last, and how many frames. */
static codec_t read_parcel(slice_t bytes, uplink_parcel_t *parcel, size_t *ret_frames)
{
	uplink_frame_t frame;
	size_t used;
	codec_t read;
	*parcel = (uplink_parcel_t){ 0 };
	for (*ret_frames = 0;; ++*ret_frames) {
		read = uplink_parcel_next(parcel, bytes, &frame, &used);
		if (read != CODEC_OK)
			return read;
		bytes = slice_from(bytes, used);
	}
}

static void a_parcel_is_frames_between_a_head_and_an_end(void **state)
{
	uint8_t room[ROOM];
	uplink_parcel_t parcel;
	size_t frames;
	(void)state;
	slice_t bytes = parcel_of(UPLINK_PARCEL_OUT, 4, 2, room);
	assert_int_equal(read_parcel(bytes, &parcel, &frames), CODEC_MORE);
	assert_true(parcel.has_ended);
	assert_int_equal(frames, 4);
	for (size_t cut = 0; cut < bytes.len; cut++) {
		assert_int_equal(read_parcel(slice_sub(bytes, 0, cut), &parcel, &frames),
		                 CODEC_MORE);
		assert_false(parcel.has_ended);
	}
	bytes = parcel_of(UPLINK_PARCEL_RETURN, 5, 2, room);
	assert_int_equal(read_parcel(bytes, &parcel, &frames), CODEC_MORE);
	assert_true(parcel.has_ended);
}

static void a_parcel_out_of_order_is_malformed(void **state)
{
	uint8_t room[ROOM];
	uplink_parcel_t parcel;
	size_t frames;
	(void)state;
	/* A receipt on the way there, a batch on the way back, a HELLO; a frame missing. */
	static const struct {
		uplink_parcel_kind_t kind;
		size_t frame;
		uint64_t count;
	} CASES[] = { { UPLINK_PARCEL_OUT, 5, 2 },
		      { UPLINK_PARCEL_RETURN, 4, 2 },
		      { UPLINK_PARCEL_OUT, 2, 2 },
		      { UPLINK_PARCEL_OUT, 4, 3 } };
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		slice_t bytes = parcel_of(CASES[i].kind, CASES[i].frame, CASES[i].count, room);
		assert_int_equal(read_parcel(bytes, &parcel, &frames), CODEC_MALFORMED);
		assert_false(parcel.has_ended);
	}
	/* More behind the end; another magic; another version; a frame before the head. */
	slice_t bytes = parcel_of(UPLINK_PARCEL_OUT, 4, 2, room);
	room[bytes.len] = 0;
	assert_int_equal(read_parcel(slice_of(room, bytes.len + 1), &parcel, &frames),
	                 CODEC_MALFORMED);
	room[8] = 2;
	assert_int_equal(read_parcel(bytes, &parcel, &frames), CODEC_UNSUPPORTED);
	room[8] = 0;
	assert_int_equal(read_parcel(bytes, &parcel, &frames), CODEC_MALFORMED);
	room[0] = 'j';
	assert_int_equal(read_parcel(slice_of(room, 1), &parcel, &frames), CODEC_MALFORMED);
	writer_t w = writer_of(room, ROOM);
	uplink_parcel_begin(&w);
	uplink_frame_put(&GOLDEN[4].frame, &w);
	assert_int_equal(read_parcel(writer_done(&w), &parcel, &frames), CODEC_MALFORMED);
}

static void kinds_and_reasons_say_what_they_are(void **state)
{
	(void)state;
	assert_string_equal(uplink_kind_name(UPLINK_KIND_WELCOME), "welcome");
	assert_true(uplink_kind_goes(UPLINK_KIND_BEAT, UPLINK_BY_CHILD));
	assert_true(uplink_kind_goes(UPLINK_KIND_BEAT, UPLINK_BY_PARENT));
	assert_false(uplink_kind_goes(UPLINK_KIND_BATCH, UPLINK_BY_PARENT));
	assert_string_equal(uplink_reason_name(UPLINK_REASON_GAP), "gap");
	assert_false(uplink_reason_ends_session(UPLINK_REASON_GAP));
	assert_true(uplink_reason_ends_session(UPLINK_REASON_REVOKED));
	assert_true(uplink_reason_ends_session(UPLINK_REASON_COUNT));
	assert_string_equal(uplink_reason_name(UPLINK_REASON_COUNT), "other");
	assert_string_not_equal(uplink_reason_text(255, LANG_EN), uplink_reason_text(0, LANG_EN));
	assert_string_not_equal(uplink_reason_text(0, LANG_ZH), uplink_reason_text(0, LANG_EN));
	assert_string_equal(uplink_down_name(UPLINK_DOWN_BULLETIN), "bulletin");
	assert_string_equal(uplink_down_name(UPLINK_DOWN_COUNT), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_written_as_the_format_says),
		cmocka_unit_test(each_kind_is_read_as_it_was_written),
		cmocka_unit_test(
			a_frame_cut_anywhere_wants_more_and_one_that_ends_early_is_malformed),
		cmocka_unit_test(a_length_beyond_the_cap_is_refused_before_anything_is_kept),
		cmocka_unit_test(a_kind_of_a_newer_version_is_passed_over_when_it_is_whole),
		cmocka_unit_test(what_is_against_the_rules_is_neither_written_nor_read),
		cmocka_unit_test(what_a_down_is_signed_over_can_be_written_before_it_is_signed),
		cmocka_unit_test(a_parcel_is_frames_between_a_head_and_an_end),
		cmocka_unit_test(a_parcel_out_of_order_is_malformed),
		cmocka_unit_test(kinds_and_reasons_say_what_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
