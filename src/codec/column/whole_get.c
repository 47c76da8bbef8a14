/* SPDX-License-Identifier: Apache-2.0 */
/* Reading whole numbers back. A full block without outliers goes from its bytes to the
 * result in one pass; every other case first lays its small numbers out as numbers of 64
 * bits, which are a packed block too, and takes the same pass. */
#include "codec/column/stream.h"
#include "codec/column/whole.h"

/* Small numbers that are all zero need no bytes, but the pass loads a word. */
static const uint8_t no_bytes[LANES * 8] = { 0 };

static void add_outliers(reader_t *r, size_t n, unsigned width, uint64_t *small)
{
	uint64_t place[COLUMN_ROWS], excess[COLUMN_ROWS];
	size_t count = places_get(r, n, place);
	unsigned excess_width = rd_u8(r);
	stream_get(r, count, excess_width, excess);
	if (width >= WORD_BITS)
		r->bad = true;
	for (size_t i = 0; !r->bad && i < count; i++) {
		uint64_t size = excess[i] >> 1;
		small[place[i]] = excess[i] & 1 ? ~size : size + (UINT64_C(1) << width);
	}
}

/* Where the packed numbers are; frame->width becomes that of what was laid out. */
static const uint8_t *packed_get(const column_kernel_t *kernel, reader_t *r, size_t n,
                                 frame_t *frame, uint64_t *room)
{
	small_get(kernel, r, n, frame->width, room);
	for (size_t i = n; i < frame->layers * LANES; i++)
		room[i] = 0;
	frame->width = WORD_BITS;
	return (const uint8_t *)room;
}

static void get_packed(const column_kernel_t *kernel, reader_t *r, size_t n, uint8_t first,
                       const recipe_t *recipe, uint64_t *ret)
{
	shape_t shape = first & (uint8_t)~WHOLE_PATCHED;
	bool is_patched = first & WHOLE_PATCHED;
	uint64_t room[COLUMN_ROWS];
	frame_t frame = { .layers = (n + LANES - 1) / LANES };
	const uint8_t *packed = no_bytes;
	frame.width = rd_u8(r);
	frame.base = (uint64_t)rd_zigzag(r);
	if (shape == SHAPE_DELTA || shape == SHAPE_DELTA2)
		frame.first = (uint64_t)rd_zigzag(r);
	if (shape == SHAPE_RAMP || shape == SHAPE_DELTA2)
		frame.slope = (uint64_t)rd_zigzag(r);
	if (frame.width > WORD_BITS)
		r->bad = true;
	unsigned width = frame.width;
	if (is_patched || (n < COLUMN_ROWS && width > 0))
		packed = packed_get(kernel, r, n, &frame, room);
	else if (width > 0)
		packed = rd_take(r, r->bad ? 0 : stream_bytes(n, width)).ptr;
	if (is_patched)
		add_outliers(r, n, width, room);
	if (!r->bad)
		kernel->unpack[shape][recipe->form](packed, &frame, recipe->factor, ret);
}

static void get_steps(reader_t *r, size_t n, uint64_t *ret)
{
	uint64_t last[COLUMN_ROWS], value[COLUMN_ROWS];
	unsigned width = rd_u8(r);
	uint64_t base = (uint64_t)rd_zigzag(r);
	size_t count = places_get(r, n, last), i = 0;
	stream_get(r, count, width, value);
	if (r->bad || count == 0 || last[count - 1] != n - 1) {
		r->bad = true;
		return;
	}
	for (size_t step = 0; step < count; step++) {
		uint64_t x = base + value[step];
		for (; i <= last[step]; i++)
			ret[i] = x;
	}
}

void whole_get(const column_kernel_t *kernel, reader_t *r, size_t n, const recipe_t *recipe,
               uint64_t *ret)
{
	uint8_t first = rd_u8(r);
	if ((first & (uint8_t)~WHOLE_PATCHED) < SHAPE_PACKED) {
		get_packed(kernel, r, n, first, recipe, ret);
		return;
	}
	uint64_t room[COLUMN_ROWS] = { 0 };
	if (first == SHAPE_STEPS)
		get_steps(r, n, room);
	else if (first == SHAPE_RAW)
		stream_get(r, n, WORD_BITS, room);
	else
		r->bad = true;
	const frame_t frame = { .width = WORD_BITS, .layers = (n + LANES - 1) / LANES };
	if (!r->bad)
		kernel->unpack[SHAPE_FLAT][recipe->form]((const uint8_t *)room, &frame,
		                                         recipe->factor, ret);
}
