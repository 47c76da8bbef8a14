/* SPDX-License-Identifier: Apache-2.0 */
/* Small numbers and places. Lanes of a block that is not full end within a word, of which
 * only the bytes that are used are written. */
#include "codec/column/stream.h"
#include "codec/column/whole.h"

enum {
	PLACE_BITS = 10,
	STREAM_BELOW = 8 * LANES, /* numbers; fewer would leave much of their lanes unused */
};

/* Small numbers that are all zero need no bytes, but a pass over them loads a word. */
static const uint8_t no_bytes[LANES * 8] = { 0 };

/* Bytes of the words that lanes fill, and of the word they end in. */
typedef struct {
	size_t whole, end;
} extent_t;

static extent_t extent_of(size_t n, unsigned width)
{
	size_t bits = layers_of(n) * width;
	return (extent_t){ bits / WORD_BITS * LANES * 8, (bits % WORD_BITS + 7) / 8 };
}

void small_put(const column_kernel_t *kernel, const uint64_t *x, size_t n, unsigned width,
               writer_t *w)
{
	if (n < STREAM_BELOW) {
		stream_put(w, x, n, width);
		return;
	}
	extent_t e = extent_of(n, width);
	uint8_t *out = wr_reserve(w, e.whole + e.end * LANES);
	if (!out)
		return;
	if (n == COLUMN_ROWS) {
		kernel->pack(x, width, out);
		return;
	}
	uint64_t whole[COLUMN_ROWS] = { 0 };
	uint8_t packed[COLUMN_ROWS * 8];
	memcpy(whole, x, n * sizeof(*x));
	kernel->pack(whole, width, packed);
	memcpy(out, packed, e.whole);
	for (size_t lane = 0; lane < LANES; lane++)
		memcpy(&out[e.whole + lane * e.end], &packed[e.whole + lane * 8], e.end);
}

/* Lanes that end within a word, made whole. */
static void complete(slice_t in, extent_t e, uint64_t *room)
{
	memcpy(room, in.ptr, e.whole);
	for (size_t lane = 0; lane < LANES; lane++) {
		uint64_t word = 0;
		for (size_t i = 0; i < e.end; i++)
			word |= (uint64_t)in.ptr[e.whole + lane * e.end + i] << 8 * i;
		room[e.whole / 8 + lane] = word;
	}
}

const uint8_t *small_take(reader_t *r, size_t n, frame_t *frame, uint64_t *room)
{
	frame->layers = layers_of(n);
	if (frame->width > WORD_BITS)
		r->bad = true;
	if (r->bad || frame->width == 0)
		return no_bytes;
	if (n < STREAM_BELOW) {
		stream_get(r, n, frame->width, room);
		for (size_t i = n; i < frame->layers * LANES; i++)
			room[i] = 0;
		frame->width = WORD_BITS;
		return (const uint8_t *)room;
	}
	extent_t e = extent_of(n, frame->width);
	slice_t in = rd_take(r, e.whole + e.end * LANES);
	if (r->bad || e.end == 0)
		return in.ptr;
	complete(in, e, room);
	return (const uint8_t *)room;
}

void small_get(const column_kernel_t *kernel, reader_t *r, size_t n, unsigned width, word_t *ret)
{
	uint64_t room[COLUMN_ROWS];
	frame_t frame = { .width = width };
	const uint8_t *packed = small_take(r, n, &frame, room);
	if (!r->bad)
		kernel->unpack[SHAPE_FLAT][FORM_WHOLE](packed, &frame, (const double[2]){ 0 }, ret);
}

void rows_at_put(writer_t *w, const uint64_t *places, size_t count)
{
	wr_varint(w, count);
	stream_put(w, places, count, PLACE_BITS);
}

size_t rows_at_get(reader_t *r, size_t n, uint64_t *ret_places)
{
	uint64_t count = rd_varint(r);
	if (count > n)
		r->bad = true;
	stream_get(r, r->bad ? 0 : (size_t)count, PLACE_BITS, ret_places);
	if (r->bad || count == 0)
		return 0;
	bool is_rising = ret_places[count - 1] < n;
	for (size_t i = 1; i < count; i++)
		is_rising &= ret_places[i - 1] < ret_places[i];
	r->bad = !is_rising;
	return r->bad ? 0 : (size_t)count;
}
