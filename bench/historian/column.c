/* SPDX-License-Identifier: Apache-2.0 */
/* What the block codec makes of plant-like data, and how fast, with each kernel that the
 * machine runs. Prints rows `name number`:
 *
 *     column [SERIES]      of each field (100)
 *
 *     value_bytes          a value, over the ten fields, heads included
 *     FIELD_bits           a value of one field; also times, and full-precision noise
 *     KIND_FIELD_encode    GB/s of raw values by a hint that knows the series; all GB/s
 *                          are the best of ROUNDS
 *     KIND_FIELD_decode    GB/s to doubles; _fold: and their sum, minimum and maximum
 *     KIND_scan_ms         decode and fold of 5 M values of all fields
 *     coded_...            the same rows of what is written coded (column_kernel_coding), by the
 *                          best kernel
 *
 * The ten fields: a sensor of one decimal, a walk of three, a flow of two, an energy
 * counter, a speed, a setpoint, a state, noise of three decimals, converter counts times
 * their scale, floats. Beside them flat and delta, which are those shapes without outliers,
 * and noise of full precision. */
#include "codec/column/column.h"
#include "base/num.h"
#include "env/posix/posix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIELDS = 10, STEPS = 5000, ROUNDS = 7, SERIES_MAX = 1000 };
enum { BLOCKS = (STEPS + COLUMN_ROWS - 1) / COLUMN_ROWS };
enum { SCAN_VALUES = 5000000 };

typedef struct {
	env_t *env;
	size_t series;
	uint64_t random;
	uint64_t *values; /* series by series, STEPS each */
	column_hint_t *hints;
	uint8_t *bytes;
	size_t *starts; /* of the blocks in bytes, and the end */
} bench_t;

/* Uniform in 0..1, and normal. */
static double uniform(bench_t *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return (double)(b->random >> 11) * 0x1p-53;
}

static double normal(bench_t *b)
{
	double radius = sqrt(-2 * log(uniform(b) + 1e-300));
	return radius * cos(6.283185307179586 * uniform(b));
}

typedef struct {
	const char *name;
	double scale; /* that the point would be configured with */
	double (*next)(bench_t *b, double *state, size_t step);
} field_t;

static double next_temperature(bench_t *b, double *s, size_t step)
{
	*s = 0.999 * *s + normal(b) * 0.05;
	return round((65 + 5 * sin((double)step / 8640 * 6.283) + *s) * 10) / 10;
}

static double next_pressure(bench_t *b, double *s, size_t step)
{
	(void)step;
	*s = (*s + normal(b) * 0.003) * 0.9995;
	return round((4 + *s) * 1000) / 1000;
}

static double next_flow(bench_t *b, double *s, size_t step)
{
	(void)step;
	*s = 0.98 * *s + normal(b) * 0.4;
	return round((120 + *s) * 100) / 100;
}

static double next_energy(bench_t *b, double *s, size_t step)
{
	(void)step;
	*s += 0.01 * floor(5 + 3 * uniform(b));
	return round((100000 + *s) * 100) / 100;
}

static double next_speed(bench_t *b, double *s, size_t step)
{
	(void)step;
	*s = 0.9 * *s + 0.1 * normal(b) * 3;
	return round(1480 + *s);
}

static double next_setpoint(bench_t *b, double *s, size_t step)
{
	if (step == 0)
		*s = 50;
	if (uniform(b) < 1.0 / 2000)
		*s = round(uniform(b) * 1000) / 10;
	return *s;
}

static double next_state(bench_t *b, double *s, size_t step)
{
	(void)step;
	if (uniform(b) < 1.0 / 300)
		*s = floor(uniform(b) * 4);
	return *s;
}

static double next_vibration(bench_t *b, double *s, size_t step)
{
	(void)s;
	(void)step;
	return round(fabs(2.5 + normal(b) * 0.3) * 1000) / 1000;
}

static double next_counts(bench_t *b, double *s, size_t step)
{
	(void)step;
	*s = 0.99 * *s + normal(b) * 0.02;
	return floor((4 + *s) / 10 * 27648) * (10.0 / 27648);
}

static double next_float(bench_t *b, double *s, size_t step)
{
	(void)step;
	*s = 0.99 * *s + normal(b) * 0.02;
	return (double)(float)(4 + *s);
}

static double next_uniform(bench_t *b, double *s, size_t step)
{
	(void)s;
	(void)step;
	return round(uniform(b) * 1000) / 1000;
}

static double next_counter(bench_t *b, double *s, size_t step)
{
	(void)step;
	*s += floor(uniform(b) * 8);
	return *s / 100;
}

static double next_noise(bench_t *b, double *s, size_t step)
{
	(void)s;
	return sin((double)step * 0.31) * 2 + normal(b) * 0.3;
}

static const field_t fields[FIELDS] = {
	{ "temperature", 0, next_temperature },
	{ "pressure", 0, next_pressure },
	{ "flow", 0, next_flow },
	{ "energy", 0, next_energy },
	{ "speed", 0, next_speed },
	{ "setpoint", 0, next_setpoint },
	{ "state", 0, next_state },
	{ "vibration", 0, next_vibration },
	{ "counts", 10.0 / 27648, next_counts },
	{ "float", 0, next_float },
};
/* What the shapes and the noise cost by themselves, without outliers. */
static const field_t others[] = { { "flat", 0, next_uniform },
	                          { "delta", 0, next_counter },
	                          { "noise", 0, next_noise } };

static void fill(bench_t *b, const field_t *field)
{
	b->random = 88172645463325252u;
	memset(b->hints, 0, b->series * sizeof(*b->hints));
	for (size_t s = 0; s < b->series; s++) {
		double state = 0;
		for (size_t step = 0; step < STEPS; step++) {
			double x = field->next(b, &state, step);
			memcpy(&b->values[s * STEPS + step], &x, sizeof(x));
		}
	}
}

static size_t rows_of(size_t block)
{
	return block + 1 < BLOCKS ? COLUMN_ROWS : STEPS - block * COLUMN_ROWS;
}

static void encode_all(bench_t *b, const column_kernel_t *kernel, double scale)
{
	writer_t w = writer_of(b->bytes, b->series * BLOCKS * COLUMN_BYTES_MAX);
	for (size_t s = 0; s < b->series; s++) {
		b->hints[s].scale = scale;
		for (size_t k = 0; k < BLOCKS; k++) {
			const uint64_t *from = &b->values[s * STEPS + k * COLUMN_ROWS];
			b->starts[s * BLOCKS + k] = w.len;
			column_real_encode(kernel, from, rows_of(k), &b->hints[s], &w);
		}
	}
	b->starts[b->series * BLOCKS] = w.len;
}

static void fail(const char *what)
{
	fprintf(stderr, "column: %s\n", what);
	exit(1);
}

/* Sum of maxima, so that nobody leaves the work out. */
static double decode_all(bench_t *b, const column_kernel_t *kernel, bool folds)
{
	double numbers[COLUMN_ROWS], all = 0;
	for (size_t k = 0; k < b->series * BLOCKS; k++) {
		reader_t r = reader_of(
			slice_of(&b->bytes[b->starts[k]], b->starts[k + 1] - b->starts[k]));
		size_t n = rows_of(k % BLOCKS);
		if (column_numbers_decode(kernel, &r, n, numbers))
			fail("a block cannot be read");
		all += folds ? column_fold(kernel, numbers, n).max : numbers[0];
	}
	return all;
}

static void check_all(bench_t *b, const column_kernel_t *kernel)
{
	uint64_t bits[COLUMN_ROWS];
	for (size_t k = 0; k < b->series * BLOCKS; k++) {
		reader_t r = reader_of(
			slice_of(&b->bytes[b->starts[k]], b->starts[k + 1] - b->starts[k]));
		size_t n = rows_of(k % BLOCKS);
		const uint64_t *from = &b->values[k / BLOCKS * STEPS + k % BLOCKS * COLUMN_ROWS];
		if (column_real_decode(kernel, &r, n, bits) || memcmp(bits, from, n * 8) != 0)
			fail("a value did not come back");
	}
}

typedef enum { WORK_ENCODE, WORK_DECODE, WORK_FOLD, WORK_COUNT } work_t;
static const char *const work_names[WORK_COUNT] = { "encode", "decode", "fold" };

/* The best of ROUNDS, in nanoseconds a value. */
static double time_of(bench_t *b, const column_kernel_t *kernel, const field_t *field, work_t work)
{
	double best = INFINITY, sum = 0;
	for (int round = 0; round < ROUNDS; round++) {
		int64_t from = env_now(b->env);
		if (work == WORK_ENCODE)
			encode_all(b, kernel, field->scale);
		else
			sum += decode_all(b, kernel, work == WORK_FOLD);
		double took = (double)(env_now(b->env) - from);
		best = took < best ? took : best;
	}
	if (isinf(sum))
		fail("a sum is infinite");
	return best / (double)(b->series * STEPS);
}

/* Of one kernel and field; adds what the scan needs, in nanoseconds a value. */
static double bench_kernel(bench_t *b, const column_kernel_t *kernel, const char *name,
                           const field_t *field, double *scan_ns)
{
	fill(b, field);
	for (work_t work = WORK_ENCODE; work < WORK_COUNT; work++) {
		double ns = time_of(b, kernel, field, work);
		printf("%s_%s_%s %.2f\n", name, field->name, work_names[work], 8 / ns);
		*scan_ns += work == WORK_FOLD ? ns : 0;
	}
	check_all(b, kernel);
	return (double)b->starts[b->series * BLOCKS] * 8 / (double)(b->series * STEPS);
}

/* Of what is summed over fields. */
typedef struct {
	double bits, coded_bits;
	double scan_ns[ISA_COUNT], coded_scan_ns;
} sums_t;

static void bench_field(bench_t *b, const field_t *field, isa_t best, sums_t *sums)
{
	double bits = 0;
	for (isa_t isa = ISA_PLAIN; isa <= best; isa++)
		bits = bench_kernel(b, column_kernel(isa), isa_name(isa), field,
		                    &sums->scan_ns[isa]);
	double coded = bench_kernel(b, column_kernel_coding(best), "coded", field,
	                            &sums->coded_scan_ns);
	printf("%s_bits %.3f\n", field->name, bits);
	printf("coded_%s_bits %.3f\n", field->name, coded);
	sums->bits += bits;
	sums->coded_bits += coded;
}

/* Bits a time when every 1 s (or 10 s, exactly) something is read. */
static double time_bits(bench_t *b, const column_kernel_t *kernel, int64_t step_ns,
                        double jitter_ms)
{
	size_t bytes = 0, blocks = 100;
	int64_t ns[COLUMN_ROWS], back[COLUMN_ROWS], at = INT64_C(1700000000) * 1000000000;
	uint8_t room[COLUMN_BYTES_MAX];
	for (size_t k = 0; k < blocks; k++) {
		for (size_t i = 0; i < COLUMN_ROWS; i++, at += step_ns) {
			double off_ms = floor(uniform(b) * (2 * jitter_ms + 1)) - jitter_ms;
			ns[i] = at + (int64_t)off_ms * 1000000;
		}
		writer_t w = writer_of(room, sizeof(room));
		column_time_encode(kernel, ns, COLUMN_ROWS, &w);
		reader_t r = reader_of(writer_done(&w));
		if (column_time_decode(kernel, &r, COLUMN_ROWS, back) ||
		    memcmp(ns, back, sizeof(ns)) != 0)
			fail("a time did not come back");
		bytes += w.len;
	}
	return (double)bytes * 8 / (double)(blocks * COLUMN_ROWS);
}

static void bench_all(bench_t *b)
{
	isa_t best = env_isa(b->env);
	sums_t sums = { 0 }, other_sums = { 0 };
	for (size_t f = 0; f < FIELDS; f++)
		bench_field(b, &fields[f], best, &sums);
	printf("value_bytes %.4f\n", sums.bits / FIELDS / 8);
	printf("coded_value_bytes %.4f\n", sums.coded_bits / FIELDS / 8);
	for (isa_t isa = ISA_PLAIN; isa <= best; isa++)
		printf("%s_scan_ms %.2f\n", isa_name(isa),
		       sums.scan_ns[isa] / FIELDS * SCAN_VALUES / 1e6);
	printf("coded_scan_ms %.2f\n", sums.coded_scan_ns / FIELDS * SCAN_VALUES / 1e6);
	for (size_t f = 0; f < sizeof(others) / sizeof(others[0]); f++)
		bench_field(b, &others[f], best, &other_sums);
	printf("ts_regular_bits %.4f\n", time_bits(b, column_kernel(best), 10000000000, 0));
	printf("ts_jitter_bits %.3f\n", time_bits(b, column_kernel(best), 1000000000, 2));
	printf("coded_ts_jitter_bits %.3f\n",
	       time_bits(b, column_kernel_coding(best), 1000000000, 2));
}

int main(int argc, char **argv)
{
	bench_t b = { .series = 100 };
	uint64_t series = b.series;
	if (argc > 2 || (argc == 2 && num_parse_u64(slice_str(argv[1]), SERIES_MAX, &series)) ||
	    series == 0) {
		fprintf(stderr, "usage: column [SERIES]\n");
		return 64;
	}
	b.series = (size_t)series;
	b.values = malloc(b.series * STEPS * sizeof(*b.values));
	b.bytes = malloc(b.series * BLOCKS * COLUMN_BYTES_MAX);
	b.hints = malloc(b.series * sizeof(*b.hints));
	b.starts = malloc((b.series * BLOCKS + 1) * sizeof(*b.starts));
	if (!b.values || !b.bytes || !b.hints || !b.starts ||
	    posix_env_open(&(posix_spec_t){ .program = "none" }, &b.env))
		fail("no memory");
	bench_all(&b);
	posix_env_close(b.env);
	free(b.values);
	free(b.bytes);
	free(b.hints);
	free(b.starts);
	return 0;
}
