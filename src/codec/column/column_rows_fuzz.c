/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a byte that tells how rows are made from the others: as words, as a walk of
 * decimals, as multiples of a scale; then the rows, in blocks. Every kernel that the
 * machine runs, packing or coding, writes the same bytes, they fit, and they come back. */
#include "codec/column/column.h"
#include "env/ops.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCKS_MAX = 3 };

typedef struct {
	size_t n;
	uint64_t rows[COLUMN_ROWS];
} rows_t;

static uint64_t bits_of(double x)
{
	uint64_t bits;
	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static void take_rows(reader_t *r, uint8_t how, rows_t *ret)
{
	static const double scales[] = { 0.1, 0.001, 10.0 / 27648, 1e-9, 3, 1e17, 1.0 / 3, 0.5 };
	/* Mostly few, so that many are tried. */
	size_t max = how >> 3 == 31 ? COLUMN_ROWS : 1 + (size_t)(how >> 3) * 5;
	double sum = 0;
	for (ret->n = 0; ret->n < max && r->in.len; ret->n++) {
		bool is_word = (how & 3) == 0 && r->in.len >= 8;
		uint64_t x = is_word ? rd_u64_le(r) : rd_u8(r);
		sum += (double)(int8_t)x;
		double scaled = (how & 3) == 1 ? sum / 1000 : sum * scales[x >> 5 & 7];
		ret->rows[ret->n] = (how & 3) == 0   ? x
		                    : (how & 3) == 3 ? (uint64_t)(int64_t)sum
		                                     : bits_of(scaled);
	}
}

static void put_all(const column_kernel_t *kernel, const rows_t *rows, column_hint_t *hint,
                    writer_t *w)
{
	column_time_encode(kernel, (const int64_t *)rows->rows, rows->n, w);
	column_uint_encode(kernel, rows->rows, rows->n, w);
	column_real_encode(kernel, rows->rows, rows->n, hint, w);
	assert(!w->bad);
}

static void check_all(const column_kernel_t *kernel, const rows_t *rows, slice_t bytes)
{
	uint64_t back[3][COLUMN_ROWS];
	reader_t r = reader_of(bytes);
	assert(column_time_decode(kernel, &r, rows->n, (int64_t *)back[0]) == ERR_OK);
	assert(column_uint_decode(kernel, &r, rows->n, back[1]) == ERR_OK);
	assert(column_real_decode(kernel, &r, rows->n, back[2]) == ERR_OK && r.in.len == 0);
	for (size_t i = 0; i < 3; i++)
		assert(memcmp(back[i], rows->rows, rows->n * sizeof(*rows->rows)) == 0);
}

typedef const column_kernel_t *kernel_of_t(isa_t isa);

static void check_blocks(kernel_of_t *kernel_of, uint8_t how, reader_t r)
{
	uint8_t room[ISA_COUNT][3 * COLUMN_BYTES_MAX];
	column_hint_t hints[ISA_COUNT] = { { .scale = 10.0 / 27648 },
		                           { .scale = 10.0 / 27648 },
		                           { .scale = 10.0 / 27648 } };
	isa_t best = isa_of_machine(NULL);
	for (unsigned block = 0; r.in.len && block < BLOCKS_MAX; block++) {
		rows_t rows;
		size_t len = 0;
		take_rows(&r, how, &rows);
		for (isa_t isa = ISA_PLAIN; isa <= best; isa++) {
			writer_t w = writer_of(room[isa], sizeof(room[isa]));
			put_all(kernel_of(isa), &rows, &hints[isa], &w);
			len = isa == ISA_PLAIN ? w.len : len;
			assert(w.len == len && memcmp(room[isa], room[ISA_PLAIN], len) == 0);
			check_all(column_kernel(isa), &rows, writer_done(&w));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	reader_t r = reader_of(slice_of(data, size));
	uint8_t how = rd_u8(&r);
	check_blocks(column_kernel, how, r);
	check_blocks(column_kernel_coding, how, r);
	return 0;
}
