/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/uplink/uplink.h"

#include "base/num.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const uplink_item_t ITEMS[] = {
	{ 1700000000000000500, { (const uint8_t *)"two", 3 } },
	{ 1700000000000000000, { 0 } },
	{ 1700000000000000900, { (const uint8_t *)"three", 5 } },
};

static uplink_envelope_t envelope(void)
{
	return (uplink_envelope_t){ .stream = UPLINK_INDICATORS,
		                    .node = SLICE("99.1000.1"),
		                    .epoch = 7,
		                    .first = 300,
		                    .count = 3,
		                    .before = { 1, 2, 3 },
		                    .withheld = { { UPLINK_CLASS_CORE, 5 }, { 200, 128 } },
		                    .withheld_count = 2 };
}

/* Bytes as test/golden/uplink_peer.py writes them. */
static const char GOLDEN[] = "0103"
			     "0939392e313030302e31" /* node */
			     "0700000000000000"
			     "ac0203"
			     "8080d0e2c6bfce972f" /* 1700000000000000000 */
			     "888ed0e2c6bfce972f"
			     "0102030000000000000000000000000000000000000000000000000000000000"
			     "020005c88001"
			     "e8070374776f"
			     "e70700"
			     "880e057468726565";

/* Envelope and items as put writes them, with a signature of sevens. */
static slice_t batch_into(const uplink_envelope_t *e, const uplink_item_t *items,
                          uint8_t buf[static 512])
{
	writer_t w = writer_of(buf, 512);
	uplink_batch_put(e, items, &w);
	memset(wr_reserve(&w, UPLINK_SIGNATURE_BYTES), 7, UPLINK_SIGNATURE_BYTES);
	assert_false(w.bad);
	return writer_done(&w);
}

static void a_batch_is_written_as_the_format_says(void **state)
{
	uint8_t buf[512];
	char hex[1025];
	(void)state;
	uplink_envelope_t e = envelope();
	slice_t bytes = batch_into(&e, ITEMS, buf);
	num_to_hex(slice_sub(bytes, 0, bytes.len - UPLINK_SIGNATURE_BYTES), hex);
	assert_string_equal(hex, GOLDEN);
}

static void a_batch_is_read_as_it_was_written(void **state)
{
	uint8_t buf[512];
	uplink_batch_t batch;
	uplink_item_t item;
	(void)state;
	uplink_envelope_t e = envelope();
	slice_t bytes = batch_into(&e, ITEMS, buf);
	assert_int_equal(uplink_batch_read(bytes, &batch), ERR_OK);
	assert_int_equal(batch.envelope.stream, UPLINK_INDICATORS);
	assert_true(slice_eq(batch.envelope.node, e.node));
	assert_int_equal(batch.envelope.epoch, 7);
	assert_int_equal(batch.envelope.first, 300);
	assert_int_equal(batch.envelope.from_ns, 1700000000000000000);
	assert_int_equal(batch.envelope.to_ns, 1700000000000000900);
	assert_memory_equal(batch.envelope.before, e.before, sizeof(e.before));
	assert_int_equal(batch.envelope.withheld_count, 2);
	assert_int_equal(batch.envelope.withheld[1].class, 200);
	assert_int_equal(batch.envelope.withheld[1].count, 128);
	assert_int_equal(batch.signature.ptr[63], 7);
	uplink_items_t items = uplink_items_of(&batch);
	for (size_t i = 0; i < 3; i++) {
		assert_true(uplink_item_next(&items, &item));
		assert_int_equal(item.ns, ITEMS[i].ns);
		assert_true(slice_eq(item.body, ITEMS[i].body));
	}
	assert_false(uplink_item_next(&items, &item));
	assert_int_equal(batch.hashed.len + UPLINK_SIGNATURE_BYTES, bytes.len);
}

static void times_of_any_distance_are_kept(void **state)
{
	uint8_t buf[512];
	uplink_batch_t batch;
	uplink_item_t item;
	uplink_item_t far[] = { { INT64_MAX, { 0 } }, { INT64_MIN, { 0 } }, { INT64_MAX, { 0 } } };
	(void)state;
	uplink_envelope_t e = envelope();
	assert_int_equal(uplink_batch_read(batch_into(&e, far, buf), &batch), ERR_OK);
	uplink_items_t items = uplink_items_of(&batch);
	for (size_t i = 0; i < 3; i++) {
		assert_true(uplink_item_next(&items, &item));
		assert_int_equal(item.ns, far[i].ns);
	}
}

static void a_batch_cut_anywhere_is_malformed(void **state)
{
	uint8_t buf[512];
	uplink_batch_t batch;
	(void)state;
	uplink_envelope_t e = envelope();
	slice_t bytes = batch_into(&e, ITEMS, buf);
	for (size_t cut = 0; cut < bytes.len; cut++) {
		/* A copy of that size, so that a sanitizer sees a read behind it. */
		uint8_t *copy = malloc(cut ? cut : 1);
		memcpy(copy, bytes.ptr, cut);
		assert_int_equal(uplink_batch_read(slice_of(copy, cut), &batch), ERR_MALFORMED);
		free(copy);
	}
}

/* The golden bytes with a run of hex digits put in place of another. */
static err_t read_with(const char *was, const char *is)
{
	char hex[1024];
	uint8_t bytes[512];
	size_t len = 0;
	uplink_batch_t batch;
	const char *at = strstr(GOLDEN, was);
	assert_non_null(at);
	writer_t w = writer_of(hex, sizeof(hex));
	wr_format(&w, "%.*s%s%s%0128d", (int)(at - GOLDEN), GOLDEN, is, at + strlen(was), 0);
	assert_false(w.bad);
	assert_int_equal(num_from_hex(writer_done(&w), bytes, sizeof(bytes), &len), ERR_OK);
	return uplink_batch_read(slice_of(bytes, len), &batch);
}

static void what_could_be_written_in_another_way_is_refused(void **state)
{
	static const struct {
		const char *was, *is;
		err_t err;
	} CASES[] = {
		{ "0103", "0103", ERR_OK },
		{ "0103", "0203", ERR_NEWER_FORMAT },
		{ "0103", "0003", ERR_MALFORMED },
		{ "0103", "0108", ERR_UNSUPPORTED },
		{ "0939392e313030302e31", "00", ERR_MALFORMED },
		{ "0939392e313030302e31", "0239ff", ERR_MALFORMED }, /* not UTF-8 */
		{ "0939392e313030302e31", "02390a", ERR_MALFORMED }, /* a control */
		{ "ac0203", "0003", ERR_MALFORMED },                 /* sequence 0 */
		{ "ac0203", "0103", ERR_MALFORMED }, /* the first has nothing before */
		{ "ac0203", "ffffffffffffffffff0103",
		  ERR_MALFORMED }, /* beyond the last sequence */
		{ "ac0203", "ac0204", ERR_MALFORMED },
		{ "ac0203", "ac0202", ERR_MALFORMED },
		{ "ac0203", "ac0200", ERR_MALFORMED },
		{ "ac0203", "ac02808010", ERR_MALFORMED },
		{ "010203", "000000", ERR_MALFORMED }, /* not the first, yet nothing before */
		{ "888ed0e2c6bfce972f", "8a8ed0e2c6bfce972f", ERR_MALFORMED }, /* a later end */
		{ "8080d0e2c6bfce972f", "feffcfe2c6bfce972f",
		  ERR_MALFORMED }, /* an earlier begin */
		{ "020005c88001", "020505c88001", ERR_OK },
		{ "020005c88001", "02c805c88001", ERR_MALFORMED }, /* a class twice */
		{ "020005c88001", "020000c88001", ERR_MALFORMED }, /* none of a class */
		{ "020005c88001", "110005c88001", ERR_MALFORMED }, /* too many classes */
		{ "e70700", "e78700", ERR_MALFORMED },             /* a number over-long */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
		if (read_with(CASES[i].was, CASES[i].is) != CASES[i].err)
			fail_msg("case %zu: %s for %s", i, CASES[i].is, CASES[i].was);
}

static void a_batch_larger_than_a_frame_holds_is_refused(void **state)
{
	uint8_t *bytes = calloc(1, UPLINK_BATCH_MAX + 1);
	uplink_batch_t batch;
	uplink_item_t item = { 5, slice_of(bytes, UPLINK_BATCH_MAX) };
	(void)state;
	assert_int_equal(uplink_batch_read(slice_of(bytes, UPLINK_BATCH_MAX + 1), &batch),
	                 ERR_TOO_BIG);
	uplink_envelope_t e = envelope();
	e.count = 1;
	uint8_t *room = malloc(UPLINK_BATCH_MAX);
	writer_t w = writer_of(room, UPLINK_BATCH_MAX);
	uplink_batch_put(&e, &item, &w);
	assert_true(w.bad);
	free(room);
	free(bytes);
}

static void streams_and_classes_have_names(void **state)
{
	uplink_stream_t found;
	(void)state;
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++) {
		const char *name = uplink_stream_name((uplink_stream_t)i);
		assert_int_equal(uplink_stream_find(slice_str(name), &found), ERR_OK);
		assert_int_equal(found, i);
	}
	assert_int_equal(uplink_stream_find(SLICE("samples"), &found), ERR_NOT_FOUND);
	assert_true(uplink_stream_is_urgent(UPLINK_EVENTS));
	assert_false(uplink_stream_is_urgent(UPLINK_DEVICES));
	assert_string_equal(uplink_class_name(UPLINK_CLASS_CELL), "cell");
	assert_string_equal(uplink_class_name(UPLINK_CLASS_COUNT), "other");
	assert_string_not_equal(uplink_class_text(0, LANG_ZH), uplink_class_text(255, LANG_ZH));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_is_written_as_the_format_says),
		cmocka_unit_test(a_batch_is_read_as_it_was_written),
		cmocka_unit_test(times_of_any_distance_are_kept),
		cmocka_unit_test(a_batch_cut_anywhere_is_malformed),
		cmocka_unit_test(what_could_be_written_in_another_way_is_refused),
		cmocka_unit_test(a_batch_larger_than_a_frame_holds_is_refused),
		cmocka_unit_test(streams_and_classes_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
