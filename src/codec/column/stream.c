/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/column/stream.h"

enum {
	WORD_BITS = 64,
	ONE_LOAD = WORD_BITS - 7, /* bits that eight bytes hold wherever in a byte they begin */
};

static uint64_t mask_of(unsigned width)
{
	return width < WORD_BITS ? (UINT64_C(1) << width) - 1 : ~UINT64_C(0);
}

static void store_u64_le(uint8_t *bytes, uint64_t word, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
}

void stream_put(writer_t *w, const uint64_t *numbers, size_t n, unsigned width)
{
	size_t left = stream_bytes(n, width);
	uint8_t *out = wr_reserve(w, left);
	uint64_t word = 0;
	unsigned used = 0;
	for (size_t i = 0; out && i < n && width > 0; i++) {
		uint64_t x = numbers[i] & mask_of(width);
		word |= x << used;
		used += width;
		if (used < WORD_BITS)
			continue;
		store_u64_le(out, word, 8);
		out += 8;
		left -= 8;
		used -= WORD_BITS;
		word = used > 0 ? x >> (width - used) : 0;
	}
	if (out)
		store_u64_le(out, word, left);
}

/* Up to eight bytes from `at`, zeros behind the end. */
static uint64_t word_at(slice_t in, size_t at)
{
	uint64_t word = 0;
	for (size_t i = 0; i < 8 && at + i < in.len; i++)
		word |= (uint64_t)in.ptr[at + i] << 8 * i;
	return word;
}

/* How many numbers of at most ONE_LOAD bits begin where eight bytes can be loaded. */
static size_t count_loads(slice_t in, size_t n, unsigned width)
{
	if (in.len < 8 || width == 0 || width > ONE_LOAD)
		return 0;
	size_t loads = ((in.len - 8) * 8 + 7) / width + 1;
	return loads < n ? loads : n;
}

void stream_get(reader_t *r, size_t n, unsigned width, uint64_t *ret_numbers)
{
	if (width > WORD_BITS)
		r->bad = true;
	slice_t in = rd_take(r, r->bad ? 0 : stream_bytes(n, width));
	if (r->bad)
		return;
	const uint64_t mask = mask_of(width);
	size_t loads = count_loads(in, n, width), bit = 0;
	for (size_t i = 0; i < loads; i++, bit += width)
		ret_numbers[i] = load_u64_le(&in.ptr[bit / 8]) >> bit % 8 & mask;
	for (size_t i = loads; i < n; i++, bit += width) {
		unsigned shift = bit % 8;
		uint64_t x = word_at(in, bit / 8) >> shift;
		if (shift + width > WORD_BITS)
			x |= word_at(in, bit / 8 + 8) << (WORD_BITS - shift);
		ret_numbers[i] = x & mask;
	}
}
