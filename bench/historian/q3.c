/* SPDX-License-Identifier: Apache-2.0 */
/* The greatest value of each hour over every device, without summaries: blocks as the store
 * writes them, decoded and looked through by one thread.
 *
 *     q3 COLUMNS TIMES DEVICES STEPS ROUNDS     files as gen writes them, ten fields
 *
 * Prints rows `ISA_ms value` (median of the rounds) for every kernel that the machine runs,
 * `bytes value` of the blocks, and `max FIELD SECOND value` for the answer. */
#include "codec/column/column.h"
#include "env/posix/posix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIELDS = 10, HOURS_MAX = 4096, ROUNDS_MAX = 99 };
#define HOUR_NS INT64_C(3600000000000)

typedef struct {
	env_t *env;
	size_t devices, steps, blocks; /* blocks of one series */
	double *values;                /* by device, field, step */
	int64_t *times;                /* likewise; equal for all fields of a device */
	uint8_t *bytes;
	size_t len;
	size_t *starts; /* by device, block: the times, then each field */
	int64_t first_hour;
	double max[FIELDS][HOURS_MAX];
} bench_t;

static void demand(bool is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "q3: %s\n", what);
	exit(1);
}

static void *load(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	void *bytes = malloc(size);
	demand(file && bytes && fread(bytes, 1, size, file) == size, path);
	fclose(file);
	return bytes;
}

static size_t rows_of(const bench_t *b, size_t block)
{
	size_t left = b->steps - block * COLUMN_ROWS;
	return left < COLUMN_ROWS ? left : COLUMN_ROWS;
}

/* The fields of a device are told together and share their times. */
static void encode_all(bench_t *b, const column_kernel_t *kernel)
{
	size_t room = b->devices * b->blocks * (1 + FIELDS) * COLUMN_BYTES_MAX;
	b->bytes = malloc(room);
	b->starts = malloc((b->devices * b->blocks + 1) * sizeof(*b->starts));
	column_hint_t *hints = calloc(b->devices * FIELDS, sizeof(*hints));
	demand(b->bytes && b->starts && hints, "memory");
	writer_t w = writer_of(b->bytes, room);
	for (size_t d = 0; d < b->devices; d++)
		for (size_t k = 0; k < b->blocks; k++) {
			size_t at = k * COLUMN_ROWS, n = rows_of(b, k);
			b->starts[d * b->blocks + k] = w.len;
			column_time_encode(kernel, &b->times[d * FIELDS * b->steps + at], n, &w);
			for (size_t f = 0; f < FIELDS; f++) {
				uint64_t bits[COLUMN_ROWS];
				size_t from = (d * FIELDS + f) * b->steps + at;
				memcpy(bits, &b->values[from], n * sizeof(*bits));
				column_real_encode(kernel, bits, n, &hints[d * FIELDS + f], &w);
			}
		}
	demand(!w.bad, "room");
	b->len = w.len;
	b->starts[b->devices * b->blocks] = w.len;
	free(hints);
}

/* Where each hour of a block ends: rows are in order of time. */
typedef struct {
	size_t count;
	size_t hour[COLUMN_ROWS], end[COLUMN_ROWS];
} cuts_t;

static void cut(const bench_t *b, const int64_t *ns, size_t n, cuts_t *cuts)
{
	cuts->count = 0;
	for (size_t row = 0; row < n;) {
		int64_t hour = ns[row] / HOUR_NS;
		size_t low = row, high = n;
		while (low + 1 < high) {
			size_t mid = low + (high - low) / 2;
			if (ns[mid] / HOUR_NS == hour)
				low = mid;
			else
				high = mid;
		}
		cuts->hour[cuts->count] = (size_t)(hour - b->first_hour);
		cuts->end[cuts->count++] = high;
		row = high;
	}
}

static void scan_block(bench_t *b, const column_kernel_t *kernel, size_t block)
{
	size_t n = rows_of(b, block % b->blocks);
	int64_t ns[COLUMN_ROWS];
	double numbers[COLUMN_ROWS];
	cuts_t cuts;
	reader_t r = reader_of(
		slice_of(&b->bytes[b->starts[block]], b->starts[block + 1] - b->starts[block]));
	demand(!column_time_decode(kernel, &r, n, ns), "times");
	cut(b, ns, n, &cuts);
	for (size_t f = 0; f < FIELDS; f++) {
		demand(!column_numbers_decode(kernel, &r, n, numbers), "values");
		for (size_t i = 0, from = 0; i < cuts.count; from = cuts.end[i++]) {
			double max = column_fold(kernel, &numbers[from], cuts.end[i] - from).max;
			double *all = &b->max[f][cuts.hour[i]];
			*all = max > *all ? max : *all;
		}
	}
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static double scan_ms(bench_t *b, const column_kernel_t *kernel, size_t rounds)
{
	int64_t took[ROUNDS_MAX];
	for (size_t round = 0; round < rounds; round++) {
		int64_t began = env_now(b->env);
		for (size_t f = 0; f < FIELDS; f++)
			for (size_t h = 0; h < HOURS_MAX; h++)
				b->max[f][h] = -INFINITY;
		for (size_t block = 0; block < b->devices * b->blocks; block++)
			scan_block(b, kernel, block);
		took[round] = env_now(b->env) - began;
	}
	qsort(took, rounds, sizeof(*took), by_size);
	return (double)took[rounds / 2] / 1e6;
}

static size_t number_of(const char *text)
{
	return (size_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	demand(argc == 6, "q3 COLUMNS TIMES DEVICES STEPS ROUNDS");
	bench_t *b = calloc(1, sizeof(*b));
	demand(b, "memory");
	size_t rounds = number_of(argv[5]);
	demand(!posix_env_open(&(posix_spec_t){ 0 }, &b->env), "world");
	b->devices = number_of(argv[3]);
	b->steps = number_of(argv[4]);
	b->blocks = (b->steps + COLUMN_ROWS - 1) / COLUMN_ROWS;
	size_t size = b->devices * b->steps * FIELDS * 8;
	demand(size && rounds && rounds <= ROUNDS_MAX, "numbers");
	b->values = load(argv[1], size);
	b->times = load(argv[2], size);
	b->first_hour = b->times[0] / HOUR_NS;
	demand(b->times[b->steps - 1] / HOUR_NS - b->first_hour < HOURS_MAX, "too long");
	isa_t best = env_isa(b->env);
	encode_all(b, column_kernel(best));
	for (isa_t isa = ISA_PLAIN; isa <= best; isa++)
		printf("%s_ms %.3f\n", isa_name(isa), scan_ms(b, column_kernel(isa), rounds));
	printf("bytes %zu\n", b->len);
	for (size_t f = 0; f < FIELDS; f++)
		for (size_t h = 0; h < HOURS_MAX; h++)
			if (!isinf(b->max[f][h]))
				printf("max %zu %lld %.17g\n", f,
				       (long long)(b->first_hour + (int64_t)h) * 3600,
				       b->max[f][h]);
	posix_env_close(b->env);
	free(b->values);
	free(b->times);
	free(b->bytes);
	free(b->starts);
	free(b);
	return 0;
}
