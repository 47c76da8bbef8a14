/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled once for each kind of processor, with
 *   KERNEL_TABLE  the name of its table,
 *   KERNEL_ISA    its isa_t,
 *   KERNEL_LANES  how many 64-bit numbers fit its registers (2, 4 or 8).
 * Loops that the compiler makes vectors of by itself are plain; the others are written
 * with vector types, which GCC and clang turn into what the processor has. Multiplication
 * and addition are never fused (-ffp-contract=off): results must not depend on the kind. */
#include "codec/column/kernel.h"

#include <math.h>

#define FORCE static inline __attribute__((always_inline))

typedef uint64_t vec_t __attribute__((vector_size(8 * KERNEL_LANES)));
typedef int64_t signed_t __attribute__((vector_size(8 * KERNEL_LANES)));
typedef double real_t __attribute__((vector_size(8 * KERNEL_LANES)));

enum { VEC_LANES = KERNEL_LANES, VECS = LANES / VEC_LANES };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are loaded as they lie");

#define SIGN       (UINT64_C(1) << 63)
#define LOW_31     UINT64_C(0x7FFFFFFF)
#define MAGIC_BITS UINT64_C(0x4338000000000000)

/* Places of a register in which lanes have moved up by so many, zeros (the first operand)
 * coming in below, and of one filled with the last lane. */
#define UP_2_1              0, 2
#define UP_2_2              0, 1
#define UP_2_4              0, 1
#define UP_4_1              0, 4, 5, 6
#define UP_4_2              0, 1, 4, 5
#define UP_4_4              0, 1, 2, 3
#define UP_8_1              0, 8, 9, 10, 11, 12, 13, 14
#define UP_8_2              0, 1, 8, 9, 10, 11, 12, 13
#define UP_8_4              0, 1, 2, 3, 8, 9, 10, 11
#define LAST_2              1, 1
#define LAST_4              3, 3, 3, 3
#define LAST_8              7, 7, 7, 7, 7, 7, 7, 7
#define PASTE_UP(lanes, by) UP_##lanes##_##by
#define PASTE_LAST(lanes)   LAST_##lanes
#define UP(lanes, by)       PASTE_UP(lanes, by)
#define LAST(lanes)         PASTE_LAST(lanes)

FORCE vec_t load(const void *from)
{
	vec_t x;
	memcpy(&x, from, sizeof(x));
	return x;
}

FORCE void store(void *to, vec_t x)
{
	memcpy(to, &x, sizeof(x));
}

FORCE vec_t splat(uint64_t x)
{
	return (vec_t){ 0 } + x;
}

FORCE real_t splat_real(double x)
{
	return (real_t){ 0 } + x;
}

FORCE double real_of(uint64_t bits)
{
	double x;
	memcpy(&x, &bits, sizeof(x));
	return x;
}

FORCE uint64_t bits_of(double x)
{
	uint64_t bits;
	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

FORCE uint64_t mask_of(unsigned width)
{
	return width < WORD_BITS ? (UINT64_C(1) << width) - 1 : ~UINT64_C(0);
}

/* Sums of each lane and those below it. */
FORCE vec_t running_sum(vec_t x)
{
	const vec_t zero = { 0 };
	x += __builtin_shufflevector(zero, x, UP(KERNEL_LANES, 1));
	x += __builtin_shufflevector(zero, x, UP(KERNEL_LANES, 2));
	x += __builtin_shufflevector(zero, x, UP(KERNEL_LANES, 4));
	return x;
}

FORCE vec_t last_lane(vec_t x)
{
	return __builtin_shufflevector(x, x, LAST(KERNEL_LANES));
}

/* A running sum over all layers: *sum goes on to the next register. */
FORCE vec_t sum_on(vec_t x, vec_t *sum)
{
	x = running_sum(x);
	vec_t total = last_lane(x);
	x += *sum;
	*sum += total;
	return x;
}

/* Register v of a layer, small numbers only. */
FORCE vec_t field(const uint8_t *packed, size_t layer, size_t v, const frame_t *frame)
{
	size_t bit = layer * frame->width, word = bit / WORD_BITS;
	unsigned shift = bit % WORD_BITS;
	const uint8_t *at = &packed[(word * LANES + v * VEC_LANES) * 8];
	vec_t x = load(at) >> shift;
	if (shift + frame->width > WORD_BITS)
		x |= load(&at[LANES * 8]) << (WORD_BITS - shift);
	return x & splat(mask_of(frame->width));
}

FORCE vec_t float_of(vec_t x)
{
	vec_t sign = (vec_t)((signed_t)x >> 63);
	real_t size = (real_t)(((x ^ sign) & splat(LOW_31)) << 29) * splat_real(0x1p896);
	return (vec_t)size | (sign & splat(SIGN));
}

FORCE vec_t finish(vec_t x, form_t form, const double factor[2])
{
	if (form == FORM_WHOLE)
		return x;
	if (form == FORM_FLOAT)
		return float_of(x);
	real_t number = (real_t)(x + splat(MAGIC_BITS)) - splat_real(MAGIC);
	if (form == FORM_MUL)
		number = number * splat_real(factor[0]) * splat_real(factor[1]);
	if (form == FORM_DIV)
		number = number / splat_real(factor[0]);
	if (form == FORM_LINEAR)
		number = number * splat_real(factor[0]) + splat_real(factor[1]);
	return (vec_t)number;
}

/* The sums a shape begins with. */
typedef struct {
	vec_t sum, sum2, step;
} carry_t;

FORCE carry_t carry_of(const frame_t *f, shape_t shape)
{
	carry_t c = { 0 };
	if (shape == SHAPE_RAMP) {
		uint64_t ramp[VEC_LANES];
		for (size_t i = 0; i < VEC_LANES; i++)
			ramp[i] = i * f->slope;
		c.sum = load(ramp);
		c.step = splat(VEC_LANES * f->slope);
	}
	if (shape == SHAPE_DELTA)
		c.sum = splat(f->first - f->base);
	if (shape == SHAPE_DELTA2) {
		c.sum = splat(f->slope - 2 * f->base);
		c.sum2 = splat(f->first - f->slope + f->base);
	}
	return c;
}

FORCE vec_t shaped(vec_t x, shape_t shape, carry_t *c)
{
	if (shape == SHAPE_RAMP) {
		x += c->sum;
		c->sum += c->step;
	}
	if (shape == SHAPE_DELTA || shape == SHAPE_DELTA2)
		x = sum_on(x, &c->sum);
	return shape == SHAPE_DELTA2 ? sum_on(x, &c->sum2) : x;
}

FORCE void unpack(const uint8_t *packed, const frame_t *frame, const double factor[2], word_t *ret,
                  const int kind[2])
{
	shape_t shape = (shape_t)kind[0];
	carry_t carry = carry_of(frame, shape);
	const vec_t base = splat(frame->base);
	for (size_t layer = 0; layer < frame->layers; layer++) {
		for (size_t v = 0; v < VECS; v++) {
			vec_t x = field(packed, layer, v, frame) + base;
			x = finish(shaped(x, shape, &carry), (form_t)kind[1], factor);
			store(&ret[layer * LANES + v * VEC_LANES], x);
		}
	}
}

#define UNPACK(shape, form) \
	static void unpack_##shape##_##form(const uint8_t *packed, const frame_t *frame, \
	                                    const double factor[2], word_t *ret) \
	{ \
		unpack(packed, frame, factor, ret, (const int[]){ SHAPE_##shape, FORM_##form }); \
	}
#define UNPACK_FORMS(shape) \
	UNPACK(shape, WHOLE) \
	UNPACK(shape, MUL) UNPACK(shape, DIV) UNPACK(shape, LINEAR) UNPACK(shape, FLOAT)
UNPACK_FORMS(FLAT)
UNPACK_FORMS(RAMP)
UNPACK_FORMS(DELTA)
UNPACK_FORMS(DELTA2)

static void join(const uint64_t *word, const uint64_t *code, size_t n, word_t *ret)
{
	for (size_t i = 0; i < n; i++)
		ret[i] |= word[code[i] % DICTIONARY];
}

static void narrow(word_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		numbers[i] = bits_of((double)(float)real_of(numbers[i]));
}

/* By halves, since the instruction for whole words is slow where there is one. */
static void rescale(word_t *numbers, size_t n, uint64_t first, uint64_t unit)
{
	uint32_t low = (uint32_t)unit, high = (uint32_t)(unit >> 32);
	for (size_t i = 0; i < n; i++) {
		uint64_t x = numbers[i];
		uint64_t cross = (x >> 32) * low + (x & UINT32_MAX) * high;
		numbers[i] = first + (x & UINT32_MAX) * low + (cross << 32);
	}
}

static void fill(const uint64_t *last, const uint64_t *value, size_t count, word_t *ret)
{
	for (size_t step = 0, i = 0; step < count; step++) {
		const uint64_t x = value[step];
		for (const size_t end = last[step] + 1; i < end; i++)
			ret[i] = x;
	}
}

/* Sixteen partial folds side by side, whatever the registers hold. */
typedef struct {
	double sum[LANES], min[LANES], max[LANES];
	uint64_t count[LANES];
} folds_t;

FORCE void fold_one(folds_t *f, size_t lane, double x)
{
	f->sum[lane] += x == x ? x : 0;
	f->min[lane] = x < f->min[lane] ? x : f->min[lane];
	f->max[lane] = x > f->max[lane] ? x : f->max[lane];
	f->count[lane] += x == x;
}

static column_fold_t fold(const double *numbers, size_t n)
{
	folds_t f;
	for (size_t lane = 0; lane < LANES; lane++) {
		f.sum[lane] = 0;
		f.min[lane] = INFINITY;
		f.max[lane] = -INFINITY;
		f.count[lane] = 0;
	}
	size_t whole = n - n % LANES;
	for (size_t i = 0; i < whole; i += LANES)
		for (size_t lane = 0; lane < LANES; lane++)
			fold_one(&f, lane, numbers[i + lane]);
	for (size_t i = whole; i < n; i++)
		fold_one(&f, i - whole, numbers[i]);
	column_fold_t all = { .min = INFINITY, .max = -INFINITY };
	for (size_t lane = 0; lane < LANES; lane++) {
		all.sum += f.sum[lane];
		all.min = f.min[lane] < all.min ? f.min[lane] : all.min;
		all.max = f.max[lane] > all.max ? f.max[lane] : all.max;
		all.count += f.count[lane];
	}
	return all;
}

static void pack(const uint64_t *small, unsigned width, uint8_t *ret_packed)
{
	vec_t word[VECS] = { 0 };
	for (size_t layer = 0; layer < LAYERS && width > 0; layer++) {
		size_t bit = layer * width, at = bit / WORD_BITS;
		unsigned shift = bit % WORD_BITS, end = shift + width;
		for (size_t v = 0; v < VECS; v++) {
			vec_t x = load(&small[layer * LANES + v * VEC_LANES]) &
			          splat(mask_of(width));
			word[v] |= x << shift;
			if (end < WORD_BITS)
				continue;
			store(&ret_packed[(at * LANES + v * VEC_LANES) * 8], word[v]);
			word[v] = end > WORD_BITS ? x >> (WORD_BITS - shift) : splat(0);
		}
	}
}

static void differ(const uint64_t *x, size_t from, size_t n, uint64_t *ret)
{
	for (size_t i = 0; i < from && i < n; i++)
		ret[i] = 0;
	for (size_t i = from; i < n; i++)
		ret[i] = x[i] - x[i - 1];
}

static void tilt(const uint64_t *x, size_t n, uint64_t slope, uint64_t *ret)
{
	uint64_t ramp = 0;
	for (size_t i = 0; i < n; i++, ramp += slope)
		ret[i] = x[i] - ramp;
}

static void extent(const uint64_t *x, size_t n, int64_t *ret_min, int64_t *ret_max)
{
	int64_t min = INT64_MAX, max = INT64_MIN;
	for (size_t i = 0; i < n; i++) {
		int64_t v = (int64_t)x[i];
		min = v < min ? v : min;
		max = v > max ? v : max;
	}
	*ret_min = min;
	*ret_max = max;
}

FORCE uint64_t zigzag(uint64_t x)
{
	return x << 1 ^ (uint64_t)((int64_t)x >> 63);
}

FORCE size_t length_of(uint64_t x)
{
	return x ? WORD_BITS - (size_t)__builtin_clzll(x) : 0;
}

enum { COUNTERS = 8 };

/* Several counters for each length, so that like neighbours do not wait for one another. */
static void spread(const uint64_t *x, size_t n, uint64_t centre, spread_t *ret)
{
	uint16_t count[COUNTERS][SPREAD_LENGTHS] = { { 0 } };
	size_t whole = n - n % COUNTERS;
	for (size_t i = 0; i < whole; i += COUNTERS)
		for (size_t k = 0; k < COUNTERS; k++)
			count[k][length_of(zigzag(x[i + k] - centre))]++;
	for (size_t i = whole; i < n; i++)
		count[0][length_of(zigzag(x[i] - centre))]++;
	for (size_t b = 0; b < SPREAD_LENGTHS; b++) {
		uint16_t sum = 0;
		for (size_t k = 0; k < COUNTERS; k++)
			sum = (uint16_t)(sum + count[k][b]);
		ret->count[b] = sum;
	}
}

static void inside(const uint64_t *x, size_t n, const uint64_t centre_bits[2],
                   int64_t ret_extent[2])
{
	int64_t min = INT64_MAX, max = INT64_MIN;
	uint64_t centre = centre_bits[0], limit = mask_of((unsigned)centre_bits[1]);
	for (size_t i = 0; i < n; i++) {
		bool is_in = zigzag(x[i] - centre) <= limit;
		int64_t low = is_in ? (int64_t)x[i] : INT64_MAX;
		int64_t high = is_in ? (int64_t)x[i] : INT64_MIN;
		min = low < min ? low : min;
		max = high > max ? high : max;
	}
	ret_extent[0] = min;
	ret_extent[1] = max;
}

static size_t steps(const uint64_t *x, size_t n)
{
	size_t count = 1;
	for (size_t i = 1; i < n; i++)
		count += x[i] != x[i - 1];
	return count;
}

FORCE uint64_t digit_of(double x, form_t form, const double inverse[2])
{
	if (form == FORM_FLOAT) {
		uint64_t bits = bits_of(x), sign = (uint64_t)((int64_t)bits >> 63);
		return bits_of(real_of(bits & ~SIGN) * 0x1p-896) >> 29 ^ sign;
	}
	if (form == FORM_MUL)
		x = x * inverse[0] * inverse[1];
	if (form == FORM_DIV)
		x = x * inverse[0];
	if (form == FORM_LINEAR)
		x = (x - inverse[1]) * inverse[0];
	return bits_of(x + MAGIC) - MAGIC_BITS;
}

/* The reverse, as finish() does it. */
FORCE double number_of(uint64_t digit, form_t form, const double factor[2])
{
	if (form == FORM_FLOAT) {
		uint64_t sign = (uint64_t)((int64_t)digit >> 63);
		double size = real_of(((digit ^ sign) & LOW_31) << 29) * 0x1p896;
		return real_of(bits_of(size) | (sign & SIGN));
	}
	double x = real_of(digit + MAGIC_BITS) - MAGIC;
	if (form == FORM_MUL)
		x = x * factor[0] * factor[1];
	if (form == FORM_DIV)
		x = x / factor[0];
	if (form == FORM_LINEAR)
		x = x * factor[0] + factor[1];
	return x;
}

FORCE size_t digits(const uint64_t *bits, size_t n, const recipe_t *recipe, uint64_t *ret,
                    uint8_t *ret_is_lost)
{
	const double inverse[2] = { recipe->inverse[0], recipe->inverse[1] };
	const double factor[2] = { recipe->factor[0], recipe->factor[1] };
	uint64_t count = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t digit = digit_of(real_of(bits[i]), recipe->form, inverse);
		double back = number_of(digit, recipe->form, factor);
		if (recipe->is_narrow)
			back = (double)(float)back;
		/* Beyond its bits a digit might come back and yet be none. */
		uint64_t is_far = (digit + (UINT64_C(1) << DIGIT_BITS)) >> (DIGIT_BITS + 1) != 0;
		uint64_t is_lost = (uint64_t)(bits_of(back) != bits[i]) | is_far;
		ret[i] = digit;
		ret_is_lost[i] = (uint8_t)is_lost;
		count += is_lost;
	}
	return (size_t)count;
}

#define DIGITS(form_name, narrow_name, narrow_is) \
	static size_t digits_##form_name##narrow_name(const uint64_t *bits, size_t n, \
	                                              const recipe_t *recipe, uint64_t *ret, \
	                                              uint8_t *ret_is_lost) \
	{ \
		const recipe_t fixed = { .form = FORM_##form_name, \
			                 .is_narrow = narrow_is, \
			                 .factor = { recipe->factor[0], recipe->factor[1] }, \
			                 .inverse = { recipe->inverse[0], recipe->inverse[1] } }; \
		return digits(bits, n, &fixed, ret, ret_is_lost); \
	}
#define DIGITS_BOTH(form_name) DIGITS(form_name, , false) DIGITS(form_name, _narrow, true)
DIGITS_BOTH(MUL)
DIGITS_BOTH(DIV)
DIGITS_BOTH(LINEAR)
DIGITS(FLOAT, , false)

FORCE size_t near(const uint64_t *bits, size_t n, const recipe_t *recipe, const uint64_t *digits,
                  away_t *ret)
{
	const double factor[2] = { recipe->factor[0], recipe->factor[1] };
	const unsigned zeros = recipe->is_narrow ? NARROW_ZEROS : 0;
	uint64_t count = 0;
	for (size_t i = 0; i < n; i++) {
		double back = number_of(digits[i], recipe->form, factor);
		if (recipe->is_narrow)
			back = (double)(float)back;
		uint64_t gap = bits[i] - bits_of(back), ulps = (uint64_t)((int64_t)gap >> zeros);
		uint64_t is_far = (digits[i] + (UINT64_C(1) << DIGIT_BITS)) >> (DIGIT_BITS + 1) !=
		                  0;
		uint64_t is_lost = is_far | (uint64_t)(ulps + NEAR_MAX > 2 * NEAR_MAX) |
		                   (uint64_t)(ulps << zeros != gap);
		ret->ulps[i] = is_lost ? 0 : ulps;
		ret->is_lost[i] = (uint8_t)is_lost;
		count += is_lost;
	}
	return (size_t)count;
}

#define NEAR(form_name, narrow_name, narrow_is) \
	static size_t near_##form_name##narrow_name(const uint64_t *bits, size_t n, \
	                                            const recipe_t *recipe, \
	                                            const uint64_t *digits, away_t *ret) \
	{ \
		const recipe_t fixed = { .form = FORM_##form_name, \
			                 .is_narrow = narrow_is, \
			                 .factor = { recipe->factor[0], recipe->factor[1] } }; \
		return near(bits, n, &fixed, digits, ret); \
	}
#define NEAR_BOTH(form_name) NEAR(form_name, , false) NEAR(form_name, _narrow, true)
NEAR_BOTH(DIV)
NEAR_BOTH(LINEAR)

static size_t divide(const uint64_t *x, size_t n, uint64_t divisor, uint64_t *ret)
{
	double by = (double)divisor, inverse = 1 / by;
	uint64_t bad = 0;
	for (size_t i = 0; i < n; i++) {
		double number = real_of(x[i] + MAGIC_BITS) - MAGIC;
		double rounded = number * inverse + MAGIC;
		bad |= (uint64_t)((rounded - MAGIC) * by != number);
		ret[i] = bits_of(rounded) - MAGIC_BITS;
	}
	size_t at = bad ? 0 : n;
	while (at < n && ret[at] * divisor == x[at])
		at++;
	return at;
}

#define FORMS_OF(shape) \
	[SHAPE_##shape] = { [FORM_WHOLE] = unpack_##shape##_WHOLE, \
		            [FORM_MUL] = unpack_##shape##_MUL, \
		            [FORM_DIV] = unpack_##shape##_DIV, \
		            [FORM_LINEAR] = unpack_##shape##_LINEAR, \
		            [FORM_FLOAT] = unpack_##shape##_FLOAT }

/* The same loops twice: encoders look at what they may do with them. */
#define TABLE(may_code) \
	{ \
		.isa = KERNEL_ISA, .is_coding = may_code, \
		.unpack = { FORMS_OF(FLAT), FORMS_OF(RAMP), FORMS_OF(DELTA), FORMS_OF(DELTA2) }, \
		.join = join, .narrow = narrow, .rescale = rescale, .fill = fill, .fold = fold, \
		.pack = pack, .differ = differ, .tilt = tilt, .extent = extent, .spread = spread, \
		.inside = inside, .steps = steps, \
		.digits = { [FORM_MUL] = { digits_MUL, digits_MUL_narrow }, \
			    [FORM_DIV] = { digits_DIV, digits_DIV_narrow }, \
			    [FORM_LINEAR] = { digits_LINEAR, digits_LINEAR_narrow }, \
			    [FORM_FLOAT] = { digits_FLOAT, digits_FLOAT } }, \
		.near = { [FORM_DIV] = { near_DIV, near_DIV_narrow }, \
			  [FORM_LINEAR] = { near_LINEAR, near_LINEAR_narrow } }, \
		.divide = divide \
	}

const column_kernel_t KERNEL_TABLE[2] = { TABLE(false), TABLE(true) };
