/* SPDX-License-Identifier: Apache-2.0 */
/* Reading whole numbers back. Without outliers packed bytes become the result in one pass.
 * Every other case first lays its numbers out with 64 bits each, which is a packed block
 * too, and takes the same pass. */
#include "codec/column/coded.h"
#include "codec/column/stream.h"

static void add_outliers(reader_t *r, size_t n, unsigned width, uint64_t *small)
{
	uint64_t place[COLUMN_ROWS], excess[COLUMN_ROWS];
	size_t count = rows_at_get(r, n, place);
	unsigned excess_width = rd_u8(r);
	stream_get(r, count, excess_width, excess);
	if (width >= WORD_BITS)
		r->bad = true;
	for (size_t i = 0; !r->bad && i < count; i++) {
		uint64_t size = excess[i] >> 1;
		small[place[i]] = excess[i] & 1 ? ~size : size + (UINT64_C(1) << width);
	}
}

static frame_t frame_get(reader_t *r, shape_t shape)
{
	frame_t frame = { .width = rd_u8(r) };
	frame.base = (uint64_t)rd_zigzag(r);
	if (shape == SHAPE_DELTA || shape == SHAPE_DELTA2)
		frame.first = (uint64_t)rd_zigzag(r);
	if (shape == SHAPE_RAMP || shape == SHAPE_DELTA2)
		frame.slope = (uint64_t)rd_zigzag(r);
	return frame;
}

static void get_packed(const column_kernel_t *kernel, reader_t *r, size_t n, shape_t shape,
                       const sink_t *sink)
{
	uint64_t room[COLUMN_ROWS];
	frame_t frame = frame_get(r, shape);
	const uint8_t *packed = small_take(r, n, &frame, room);
	if (!r->bad)
		kernel->unpack[shape][sink->recipe->form](packed, &frame, sink->recipe->factor,
		                                          sink->ret);
}

/* `first` says how: with outliers, coded, or both. */
static void get_unpacked(const column_kernel_t *kernel, reader_t *r, size_t n, uint8_t first,
                         const sink_t *sink)
{
	uint64_t small[COLUMN_ROWS];
	shape_t shape = (shape_t)(first & (uint8_t)~WHOLE_FLAGS);
	frame_t frame = frame_get(r, shape);
	if (first & WHOLE_CODED)
		coded_get(kernel, r, n, frame.width, small);
	else
		small_get(kernel, r, n, frame.width, small);
	if (first & WHOLE_PATCHED)
		add_outliers(r, n, frame.width, small);
	frame.width = WORD_BITS;
	frame.layers = layers_of(n);
	if (!r->bad)
		kernel->unpack[shape][sink->recipe->form]((const uint8_t *)small, &frame,
		                                          sink->recipe->factor, sink->ret);
}

/* As a flat block of whole words: its end is filled up. */
static void put_out(const column_kernel_t *kernel, uint64_t *words, size_t n, const sink_t *sink)
{
	const frame_t frame = { .width = WORD_BITS, .layers = layers_of(n) };
	for (size_t i = n; i < frame.layers * LANES; i++)
		words[i] = 0;
	kernel->unpack[SHAPE_FLAT][sink->recipe->form]((const uint8_t *)words, &frame,
	                                               sink->recipe->factor, sink->ret);
}

static void get_steps(const column_kernel_t *kernel, reader_t *r, size_t n, const sink_t *sink)
{
	uint64_t last[COLUMN_ROWS], value[COLUMN_ROWS], out[COLUMN_ROWS];
	unsigned width = rd_u8(r);
	uint64_t base = (uint64_t)rd_zigzag(r);
	size_t count = rows_at_get(r, n, last);
	stream_get(r, count, width, value);
	if (r->bad || count == 0 || last[count - 1] != n - 1) {
		r->bad = true;
		return;
	}
	for (size_t i = 0; i < count; i++)
		value[i] += base;
	put_out(kernel, value, count, &(sink_t){ sink->recipe, out });
	kernel->fill(last, out, count, sink->ret);
}

void whole_get(const column_kernel_t *kernel, reader_t *r, size_t n, const sink_t *sink)
{
	uint64_t words[COLUMN_ROWS];
	uint8_t first = rd_u8(r), shape = first & (uint8_t)~WHOLE_FLAGS;
	if (shape < SHAPE_PACKED && first != shape)
		get_unpacked(kernel, r, n, first, sink);
	else if (first < SHAPE_PACKED)
		get_packed(kernel, r, n, (shape_t)shape, sink);
	else if (first == SHAPE_STEPS)
		get_steps(kernel, r, n, sink);
	else if (first == SHAPE_RAW)
		stream_get(r, n, WORD_BITS, words);
	else
		r->bad = true;
	if (!r->bad && first == SHAPE_RAW)
		put_out(kernel, words, n, sink);
}
