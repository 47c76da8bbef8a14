/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a stream of frames, and data that gets its envelope here. What is cut is whole and
 * no shorter piece of it is; sealed again it decodes to the same. Items lie within. */
#include "codec/hj212/hj212.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void items_check(slice_t items)
{
	hj212_item_t item;
	size_t seen = 0;
	hj212_items_t walk = hj212_items_of(items);
	while (hj212_item_next(&walk, &item)) {
		assert(item.name.len > 0);
		assert(item.flag == 'N' || !item.flag || item.quality != QUALITY_OK);
		seen += item.name.len + 1 + item.value.len;
		assert(seen <= items.len);
	}
	assert(walk.bad || (!walk.left.len && !walk.rest.len));
}

static void stream_check(slice_t in)
{
	hj212_t frame, again;
	uint8_t room[HJ212_FRAME_MAX];
	while (hj212_decode(in, &frame) == CODEC_OK) {
		writer_t w = writer_of(room, sizeof(room));
		assert(frame.used <= in.len && frame.used <= HJ212_FRAME_MAX);
		codec_t code = hj212_decode(slice_sub(in, 0, frame.used - 1), &again);
		assert(code == CODEC_MORE);
		err_t err = hj212_seal(frame.data, &w);
		assert(err == ERR_OK && w.len == frame.used);
		code = hj212_decode(writer_done(&w), &again);
		assert(code == CODEC_OK && slice_eq(frame.items, again.items));
		assert(frame.command == again.command && frame.packet == again.packet);
		items_check(frame.items);
		in = slice_from(in, frame.used);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t room[HJ212_FRAME_MAX];
	writer_t w = writer_of(room, sizeof(room));
	slice_t in = slice_of(data, size);
	stream_check(in);
	if (hj212_seal(in, &w) == ERR_OK)
		stream_check(writer_done(&w));
	items_check(in);
	return 0;
}
