/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a byte that chooses, then frames (0), a batch (1) or a parcel (2). What is read is
 * written again: there is one way to write each, so the bytes must be the same. */
#include "codec/uplink/frame.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_batch(slice_t bytes)
{
	uplink_batch_t batch;
	uint32_t count = 0;
	if (uplink_batch_read(bytes, &batch) != ERR_OK)
		return;
	uplink_item_t *items = calloc(batch.envelope.count, sizeof(*items));
	uplink_items_t at = uplink_items_of(&batch);
	for (uplink_item_t item; uplink_item_next(&at, &item); count++) {
		assert(count < batch.envelope.count);
		items[count] = item;
	}
	assert(count == batch.envelope.count && !at.in.bad);
	uint8_t *again = malloc(batch.hashed.len);
	writer_t w = writer_of(again, batch.hashed.len);
	uplink_batch_put(&batch.envelope, items, &w);
	assert(!w.bad && slice_eq(writer_done(&w), batch.hashed));
	free(again);
	free(items);
}

static void check_frame(const uplink_frame_t *frame, slice_t bytes)
{
	uint8_t *again = malloc(bytes.len);
	writer_t w = writer_of(again, bytes.len);
	uplink_frame_put(frame, &w);
	assert(!w.bad && slice_eq(writer_done(&w), bytes));
	if (frame->kind == UPLINK_KIND_DOWN) {
		w = writer_of(again, bytes.len);
		uplink_down_put_covered(&frame->down, &w);
		assert(slice_eq(writer_done(&w), frame->down.covered));
	}
	if (frame->kind == UPLINK_KIND_BATCH && frame->batch.flags == 0)
		check_batch(frame->batch.bytes);
	free(again);
}

static void check_frames(slice_t bytes)
{
	uplink_frame_t frame;
	for (size_t used = 0; bytes.len; bytes = slice_from(bytes, used)) {
		codec_t read = uplink_frame_read(bytes, &frame, &used);
		if (read == CODEC_MORE || read == CODEC_MALFORMED)
			return;
		assert(used > UPLINK_HEAD_BYTES - 1 && used <= bytes.len);
		if (read == CODEC_OK)
			check_frame(&frame, slice_sub(bytes, 0, used));
	}
}

static void check_parcel(slice_t bytes)
{
	uplink_parcel_t parcel = { 0 };
	uplink_frame_t frame;
	uint64_t count = 0;
	size_t used;
	while (uplink_parcel_next(&parcel, bytes, &frame, &used) == CODEC_OK) {
		size_t begin = frame.kind == UPLINK_KIND_PARCEL ? UPLINK_PARCEL_HEAD_BYTES : 0;
		check_frame(&frame, slice_sub(bytes, begin, used - begin));
		bytes = slice_from(bytes, used);
		count++;
	}
	assert(!parcel.has_ended || count == parcel.count + 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t rest = slice_from(slice_of(data, size), 1);
	if (size == 0)
		return 0;
	if (data[0] == 0)
		check_frames(rest);
	else if (data[0] == 1)
		check_batch(rest);
	else
		check_parcel(rest);
	return 0;
}
