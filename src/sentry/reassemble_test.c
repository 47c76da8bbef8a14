/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of made-up messages (a length byte, then as many bytes of one value)
 * arrive cut, late, twice, overlapping, or not at all. */
#include "sentry/reassemble.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/num.h"
#include "sentry/counters.h"

#define FIRST UINT32_C(0xFFFFFF00) /* so that numbers wrap */

enum { MARK = 0xA5, TEXT_MAX = 200000 };

typedef struct {
	stream_pool_t pool;
	metrics_t metrics;
	stream_t stream;
	uint8_t got[TEXT_MAX]; /* one byte a message: its value */
	size_t count;
} rig_t;

static const metric_row_t rig_rows[SENTRY_METRIC_COUNT];

/* A message: MARK, length, then `length` equal bytes. */
static size_t consume(void *ctx, slice_t bytes, bool *synced)
{
	rig_t *rig = ctx;
	slice_t rest = bytes;
	while (rest.len >= 2) {
		if (rest.ptr[0] != MARK) {
			*synced = false;
			return bytes.len;
		}
		size_t len = rest.ptr[1];
		if (rest.len < 2 + len)
			break;
		*synced = true;
		for (size_t i = 1; i < len; i++)
			assert_int_equal(rest.ptr[2 + i], rest.ptr[2]);
		rig->got[rig->count++] = rest.ptr[2];
		rest = slice_from(rest, 2 + len);
	}
	return bytes.len - rest.len;
}

static rig_t *rig_make(size_t buffers)
{
	static rig_t rig;
	rig = (rig_t){ .stream = stream_make() };
	metrics_init(&rig.metrics, rig_rows, SENTRY_METRIC_COUNT);
	rig.pool.metrics = &rig.metrics;
	rig.pool.consume = consume;
	rig.pool.ctx = &rig;
	assert_int_equal(stream_pool_open(&rig.pool, buffers), ERR_OK);
	assert_true(stream_syn(&rig.pool, &rig.stream, FIRST - 1));
	return &rig;
}

/* Every buffer must have come back. */
static void rig_free(rig_t *rig)
{
	stream_drop(&rig->pool, &rig->stream);
	assert_int_equal(rig->pool.free_count, rig->pool.count);
	stream_pool_close(&rig->pool);
}

static void push(rig_t *rig, slice_t text, size_t from, size_t len, int64_t utc_ns)
{
	slice_t bytes = slice_sub(text, from, len);
	stream_segment_t segment = { utc_ns, FIRST + (uint32_t)from, bytes, bytes.len };
	stream_push(&rig->pool, &rig->stream, &segment);
}

/* `count` messages of values 1, 2, ... */
static slice_t text_of(size_t count, size_t len)
{
	static uint8_t buf[TEXT_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	for (size_t i = 0; i < count; i++) {
		wr_u8(&w, MARK);
		wr_u8(&w, (uint8_t)len);
		for (size_t k = 0; k < len; k++)
			wr_u8(&w, (uint8_t)(i + 1));
	}
	assert_false(w.bad);
	return writer_done(&w);
}

static void assert_messages(const rig_t *rig, size_t count)
{
	assert_int_equal(rig->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(rig->got[i], (uint8_t)(i + 1));
}

static int64_t count_of(const rig_t *rig, sentry_metric_t metric)
{
	return metric_get(&rig->metrics, metric);
}

static void whole_messages_need_no_buffer(void **state)
{
	(void)state;
	rig_t *rig = rig_make(0);
	slice_t text = text_of(10, 10);
	for (size_t i = 0; i < 10; i++)
		push(rig, text, i * 12, 12, 1);
	assert_messages(rig, 10);
	assert_int_equal(count_of(rig, COUNT_GAPS), 0);
	rig_free(rig);
}

static void a_cut_at_every_byte_makes_no_difference(void **state)
{
	(void)state;
	slice_t text = text_of(6, 7);
	for (size_t a = 0; a <= text.len; a++) {
		for (size_t b = a; b <= text.len; b++) {
			rig_t *rig = rig_make(1);
			push(rig, text, 0, a, 1);
			push(rig, text, a, b - a, 1);
			push(rig, text, b, text.len - b, 1);
			assert_messages(rig, 6);
			assert_int_equal(rig->stream.buffer, STREAM_NONE);
			rig_free(rig);
		}
	}
}

static void segments_of_any_order_come_out_in_order(void **state)
{
	(void)state;
	slice_t text = text_of(6, 4);
	static const uint8_t orders[][6] = { { 5, 4, 3, 2, 1, 0 },
		                             { 1, 0, 3, 2, 5, 4 },
		                             { 0, 2, 4, 1, 3, 5 },
		                             { 3, 1, 5, 0, 4, 2 } };
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		rig_t *rig = rig_make(1);
		for (size_t k = 0; k < 6; k++)
			push(rig, text, orders[i][k] * 6u, 6, 1);
		assert_messages(rig, 6);
		rig_free(rig);
	}
}

static void copies_and_retransmissions_are_dropped(void **state)
{
	(void)state;
	rig_t *rig = rig_make(1);
	slice_t text = text_of(4, 10);
	push(rig, text, 0, 12, 1);
	push(rig, text, 0, 12, 1);
	push(rig, text, 12, 5, 1);
	push(rig, text, 12, 5, 1);
	push(rig, text, 0, 30, 1); /* old and fresh in one */
	push(rig, text, 11, 1, 1); /* a keep-alive probe */
	push(rig, text, 30, 18, 1);
	push(rig, text, 30, 18, 1);
	assert_messages(rig, 4);
	assert_true(count_of(rig, COUNT_DUPLICATES) >= 3);
	rig_free(rig);
}

static void of_overlapping_bytes_the_first_win(void **state)
{
	(void)state;
	rig_t *rig = rig_make(1);
	static const uint8_t lie[12] = { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 };
	slice_t text = text_of(3, 10);
	push(rig, text, 14, 6, 1);
	stream_segment_t segment = { 1, FIRST + 12, slice_of(text.ptr + 12, 2), 2 };
	stream_push(&rig->pool, &rig->stream, &segment);
	segment = (stream_segment_t){ 1, FIRST + 14, slice_of(lie, 6), 6 };
	stream_push(&rig->pool, &rig->stream, &segment);
	push(rig, text, 20, 16, 1);
	push(rig, text, 0, 12, 1);
	assert_messages(rig, 3);
	rig_free(rig);
}

static void random_cuts_copies_and_orders_come_out_whole(void **state)
{
	(void)state;
	rng_t rng = rng_of(7);
	for (size_t round = 0; round < 200; round++) {
		rig_t *rig = rig_make(1);
		slice_t text = text_of(40, 20);
		size_t at = 0;
		while (at < text.len) {
			size_t back = rng_below(&rng, 40), len = 1 + rng_below(&rng, 60);
			size_t ahead = rng_below(&rng, 60);
			if (rng_below(&rng, 3) == 0)
				push(rig, text, at + ahead, len, 1);
			push(rig, text, at > back ? at - back : 0, len + back, 1);
			at = (at > back ? at - back : 0) + len + back;
		}
		assert_messages(rig, 40);
		rig_free(rig);
	}
}

static void a_hole_is_known_and_given_up(void **state)
{
	(void)state;
	rig_t *rig = rig_make(1);
	slice_t text = text_of(5, 10);
	push(rig, text, 0, 12, 100);
	push(rig, text, 12, 4, 150);
	assert_int_equal(stream_hole_ns(&rig->pool, &rig->stream), 0);
	push(rig, text, 36, 12, 200); /* the third message is missing, the second torn */
	push(rig, text, 48, 6, 300);
	assert_int_equal(rig->count, 1);
	assert_int_equal(stream_hole_ns(&rig->pool, &rig->stream), 200);
	assert_false(stream_hole_acked(&rig->pool, &rig->stream, FIRST + 35));
	assert_true(stream_hole_acked(&rig->pool, &rig->stream, FIRST + 36));
	stream_give_up(&rig->pool, &rig->stream);
	push(rig, text, 54, 6, 400);
	assert_int_equal(rig->count, 3);
	assert_int_equal(rig->got[1], 4);
	assert_int_equal(rig->got[2], 5);
	assert_int_equal(count_of(rig, COUNT_GAPS), 1);
	assert_int_equal(stream_hole_ns(&rig->pool, &rig->stream), 0);
	rig_free(rig);
}

static void a_jump_past_the_window_is_a_gap(void **state)
{
	(void)state;
	rig_t *rig = rig_make(1);
	slice_t text = text_of(600, 250);
	push(rig, text, 0, 100, 1);
	push(rig, text, 252 * 400, 252, 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig->got[0], (uint8_t)401);
	assert_int_equal(count_of(rig, COUNT_GAPS), 1);
	rig_free(rig);
}

static void too_many_pieces_are_a_gap(void **state)
{
	(void)state;
	rig_t *rig = rig_make(1);
	slice_t text = text_of(40, 10);
	for (size_t i = 1; i <= STREAM_RANGES + 1; i++)
		push(rig, text, i * 24, 12, 1);
	assert_int_equal(count_of(rig, COUNT_GAPS), 1);
	assert_int_equal(rig->count, 1);
	rig_free(rig);
}

static void without_a_buffer_a_torn_message_is_a_gap(void **state)
{
	(void)state;
	rig_t *rig = rig_make(0);
	slice_t text = text_of(3, 10);
	push(rig, text, 0, 15, 1);
	push(rig, text, 15, 9, 1);
	push(rig, text, 24, 12, 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->got[1], 3);
	assert_true(count_of(rig, COUNT_GAPS) > 0);
	assert_true(count_of(rig, COUNT_BUFFERS_FULL) > 0);
	rig_free(rig);
}

static void what_the_capture_cut_off_is_a_gap(void **state)
{
	(void)state;
	rig_t *rig = rig_make(1);
	slice_t text = text_of(4, 10);
	stream_segment_t segment = { 1, FIRST, slice_sub(text, 0, 20), 24 };
	stream_push(&rig->pool, &rig->stream, &segment);
	push(rig, text, 24, 24, 1);
	assert_int_equal(rig->count, 3);
	assert_int_equal(rig->got[1], 3);
	assert_int_equal(count_of(rig, COUNT_GAPS), 1);
	rig_free(rig);
}

static void a_stream_can_be_joined_in_the_middle(void **state)
{
	(void)state;
	rig_t *rig = rig_make(1);
	slice_t text = text_of(4, 10);
	stream_drop(&rig->pool, &rig->stream);
	push(rig, text, 5, 7, 1); /* the rest of a message */
	push(rig, text, 12, 24, 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->got[0], 2);
	rig_free(rig);
}

static void a_second_syn_begins_again_but_its_copy_does_not(void **state)
{
	(void)state;
	rig_t *rig = rig_make(1);
	slice_t text = text_of(2, 10);
	push(rig, text, 0, 12, 1);
	assert_false(stream_is_other(&rig->stream, FIRST - 1));
	assert_false(stream_syn(&rig->pool, &rig->stream, FIRST - 1));
	push(rig, text, 12, 12, 1);
	assert_messages(rig, 2);
	assert_true(stream_is_other(&rig->stream, 5000));
	assert_true(stream_syn(&rig->pool, &rig->stream, 5000));
	stream_segment_t segment = { 1, 5001, slice_sub(text, 0, 12), 12 };
	stream_push(&rig->pool, &rig->stream, &segment);
	assert_int_equal(rig->count, 3);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_messages_need_no_buffer),
		cmocka_unit_test(a_cut_at_every_byte_makes_no_difference),
		cmocka_unit_test(segments_of_any_order_come_out_in_order),
		cmocka_unit_test(copies_and_retransmissions_are_dropped),
		cmocka_unit_test(of_overlapping_bytes_the_first_win),
		cmocka_unit_test(random_cuts_copies_and_orders_come_out_whole),
		cmocka_unit_test(a_hole_is_known_and_given_up),
		cmocka_unit_test(a_jump_past_the_window_is_a_gap),
		cmocka_unit_test(too_many_pieces_are_a_gap),
		cmocka_unit_test(without_a_buffer_a_torn_message_is_a_gap),
		cmocka_unit_test(what_the_capture_cut_off_is_a_gap),
		cmocka_unit_test(a_stream_can_be_joined_in_the_middle),
		cmocka_unit_test(a_second_syn_begins_again_but_its_copy_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
