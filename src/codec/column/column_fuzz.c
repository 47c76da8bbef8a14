/* SPDX-License-Identifier: Apache-2.0 */
/* Input: how many rows (two bytes), then a column. Every kernel that the machine runs says
 * the same of it, and what is read can be written again. */
#include "codec/column/column.h"
#include "env/ops.h"

#include <assert.h>

/* Rows that are written again: choosing takes its time, and coding pays from some 200 on. */
enum { AGAIN_MAX = 64, CODED_AGAIN_MAX = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
	err_t err;
	column_kind_t kind;
	uint64_t rows[COLUMN_ROWS];
} seen_t;

static err_t get(const column_kernel_t *kernel, size_t n, reader_t *r, seen_t *seen)
{
	uint32_t floats[COLUMN_ROWS];
	uint8_t bytes[COLUMN_ROWS];
	err_t err = column_kind(r, &seen->kind);
	if (err)
		return err;
	if (seen->kind == COLUMN_TIME)
		return column_time_decode(kernel, r, n, (int64_t *)seen->rows);
	if (seen->kind != COLUMN_BYTE && seen->kind != COLUMN_F32)
		return column_bits_decode(kernel, r, n, seen->rows);
	err = seen->kind == COLUMN_BYTE ? column_byte_decode(kernel, r, n, bytes)
	                                : column_f32_decode(kernel, r, n, floats);
	for (size_t i = 0; !err && i < n; i++)
		seen->rows[i] = seen->kind == COLUMN_BYTE ? bytes[i] : floats[i];
	return err;
}

static void put(const column_kernel_t *kernel, const seen_t *seen, size_t n, writer_t *w)
{
	column_hint_t hint = { 0 };
	if (seen->kind == COLUMN_TIME)
		column_time_encode(kernel, (const int64_t *)seen->rows, n, w);
	else if (seen->kind == COLUMN_REAL)
		column_real_encode(kernel, seen->rows, n, &hint, w);
	else
		column_uint_encode(kernel, seen->rows, n, w);
}

static void check_again(const column_kernel_t *kernel, const seen_t *seen, size_t n)
{
	uint8_t room[COLUMN_BYTES_MAX];
	uint64_t back[COLUMN_ROWS];
	writer_t w = writer_of(room, sizeof(room));
	put(kernel, seen, n, &w);
	assert(!w.bad);
	reader_t r = reader_of(writer_done(&w));
	err_t err = seen->kind == COLUMN_TIME ? column_time_decode(kernel, &r, n, (int64_t *)back)
	                                      : column_bits_decode(kernel, &r, n, back);
	assert(err == ERR_OK && r.in.len == 0);
	assert(memcmp(back, seen->rows, n * sizeof(*back)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	reader_t input = reader_of(slice_of(data, size));
	size_t n = rd_u16(&input);
	seen_t first = { .err = ERR_OK };
	if (input.bad)
		return 0;
	for (isa_t isa = ISA_PLAIN; isa <= isa_of_machine(NULL); isa++) {
		seen_t seen = { .err = ERR_OK };
		reader_t r = input, skipping = input;
		seen.err = get(column_kernel(isa), n, &r, &seen);
		if (isa == ISA_PLAIN)
			first = seen;
		assert(seen.err == first.err);
		if (seen.err)
			continue;
		assert(memcmp(seen.rows, first.rows, n * sizeof(*seen.rows)) == 0);
		assert(column_skip(&skipping) == ERR_OK && skipping.in.ptr == r.in.ptr);
	}
	if (!first.err) {
		check_again(column_kernel(ISA_PLAIN), &first, n < AGAIN_MAX ? n : AGAIN_MAX);
		check_again(column_kernel_coding(ISA_PLAIN), &first,
		            n < CODED_AGAIN_MAX ? n : CODED_AGAIN_MAX);
	}
	return 0;
}
