/* SPDX-License-Identifier: Apache-2.0 */
/* Small numbers and places. */
#include "codec/column/stream.h"
#include "codec/column/whole.h"

enum { PLACE_BITS = 10 };

void small_put(const column_kernel_t *kernel, const uint64_t *x, size_t n, unsigned width,
               writer_t *w)
{
	if (n < COLUMN_ROWS) {
		stream_put(w, x, n, width);
		return;
	}
	uint8_t *room = wr_reserve(w, stream_bytes(n, width));
	if (room)
		kernel->pack(x, width, room);
}

void small_get(const column_kernel_t *kernel, reader_t *r, size_t n, unsigned width, uint64_t *ret)
{
	if (n < COLUMN_ROWS || width == 0 || width > WORD_BITS) {
		stream_get(r, n, width, ret);
		return;
	}
	slice_t packed = rd_take(r, stream_bytes(n, width));
	const frame_t frame = { .width = width, .layers = LAYERS };
	if (!r->bad)
		kernel->unpack[SHAPE_FLAT][FORM_WHOLE](packed.ptr, &frame, (const double[2]){ 0 },
		                                       ret);
}

void places_put(writer_t *w, const uint64_t *places, size_t count)
{
	wr_varint(w, count);
	stream_put(w, places, count, PLACE_BITS);
}

size_t places_get(reader_t *r, size_t n, uint64_t *ret_places)
{
	uint64_t count = rd_varint(r);
	if (count > n)
		r->bad = true;
	stream_get(r, r->bad ? 0 : (size_t)count, PLACE_BITS, ret_places);
	for (size_t i = 0; !r->bad && i < count; i++)
		if (ret_places[i] >= n || (i > 0 && ret_places[i] <= ret_places[i - 1]))
			r->bad = true;
	return r->bad ? 0 : (size_t)count;
}
