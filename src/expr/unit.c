/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/unit.h"

#include <limits.h>
#include <math.h>

#include "base/ascii.h"
#include "base/cursor.h"
#include "base/num.h"

const unit_t UNIT_ONE = { .factor = 1 };

#define X(name, symbol) symbol,
static const char *const base_symbols[UNIT_BASES] = { UNIT_BASE_ROWS(X) };
#undef X

/* The factor is count * 10^tens, so that it is rounded once and a prefix costs nothing. */
typedef struct {
	const char *symbol, *prefixes;
	double count;
	int8_t tens;
	int8_t power[UNIT_BASES];
	bool has_offset;
} unit_row_t;

#define M(n)   [UNIT_LENGTH] = (n)
#define KG(n)  [UNIT_MASS] = (n)
#define S(n)   [UNIT_TIME] = (n)
#define A(n)   [UNIT_CURRENT] = (n)
#define ENERGY M(2), KG(1), S(-2)
#define POWER  M(2), KG(1), S(-3)

static const unit_row_t rows[] = {
	{ "m", "numcdk", 1, 0, { M(1) }, false },
	{ "g", "numkM", 1, -3, { KG(1) }, false },
	{ "s", "num", 1, 0, { S(1) }, false },
	{ "A", "numk", 1, 0, { A(1) }, false },
	{ "K", "m", 1, 0, { [UNIT_TEMPERATURE] = 1 }, false },
	{ "mol", "numk", 1, 0, { [UNIT_AMOUNT] = 1 }, false },
	{ "cd", "mk", 1, 0, { [UNIT_LIGHT] = 1 }, false },
	{ "t", "kM", 1, 3, { KG(1) }, false },
	{ "min", "", 6, 1, { S(1) }, false },
	{ "h", "", 36, 2, { S(1) }, false },
	{ "d", "", 864, 2, { S(1) }, false },
	{ "L", "umcdhk", 1, -3, { M(3) }, false },
	{ "l", "umcdhk", 1, -3, { M(3) }, false },
	{ "ha", "", 1, 4, { M(2) }, false },
	{ "Nm3", "kM", 1, 0, { [UNIT_GAS] = 1 }, false },
	{ "degC", "", 1, 0, { [UNIT_TEMPERATURE] = 1 }, true },
	{ "℃", "", 1, 0, { [UNIT_TEMPERATURE] = 1 }, true },
	{ "°C", "", 1, 0, { [UNIT_TEMPERATURE] = 1 }, true },
	{ "Hz", "mkMGT", 1, 0, { S(-1) }, false },
	{ "rpm", "", 1. / 60, 0, { S(-1) }, false },
	{ "r", "", 1, 0, { 0 }, false },
	{ "rad", "um", 1, 0, { 0 }, false },
	{ "deg", "", 3.14159265358979323846 / 180, 0, { 0 }, false },
	{ "N", "numkMG", 1, 0, { M(1), KG(1), S(-2) }, false },
	{ "Pa", "umhkMG", 1, 0, { M(-1), KG(1), S(-2) }, false },
	{ "bar", "um", 1, 5, { M(-1), KG(1), S(-2) }, false },
	{ "J", "numkMGTPE", 1, 0, { ENERGY }, false },
	{ "Wh", "mkMGT", 36, 2, { ENERGY }, false },
	{ "cal", "kMG", 41868, -4, { ENERGY }, false },
	{ "W", "numkMGT", 1, 0, { POWER }, false },
	{ "VA", "mkMG", 1, 0, { POWER }, false },
	{ "var", "mkMG", 1, 0, { POWER }, false },
	{ "VAh", "kMG", 36, 2, { ENERGY }, false },
	{ "varh", "kMG", 36, 2, { ENERGY }, false },
	{ "C", "numk", 1, 0, { S(1), A(1) }, false },
	{ "Ah", "mk", 36, 2, { S(1), A(1) }, false },
	{ "V", "numkM", 1, 0, { M(2), KG(1), S(-3), A(-1) }, false },
	{ "ohm", "numkMG", 1, 0, { M(2), KG(1), S(-3), A(-2) }, false },
	{ "Ω", "numkMG", 1, 0, { M(2), KG(1), S(-3), A(-2) }, false },
	{ "S", "num", 1, 0, { M(-2), KG(-1), S(3), A(2) }, false },
	{ "F", "num", 1, 0, { M(-2), KG(-1), S(4), A(2) }, false },
	{ "Wb", "um", 1, 0, { M(2), KG(1), S(-2), A(-1) }, false },
	{ "T", "um", 1, 0, { KG(1), S(-2), A(-1) }, false },
	{ "H", "num", 1, 0, { M(2), KG(1), S(-2), A(-2) }, false },
	{ "lm", "k", 1, 0, { [UNIT_LIGHT] = 1 }, false },
	{ "lx", "mk", 1, 0, { M(-2), [UNIT_LIGHT] = 1 }, false },
	{ "%", "", 1, -2, { 0 }, false },
	{ "‰", "", 1, -3, { 0 }, false },
	{ "ppm", "", 1, -6, { 0 }, false },
	{ "CNY", "kMG", 1, 0, { [UNIT_MONEY] = 1 }, false },
	{ "元", "", 1, 0, { [UNIT_MONEY] = 1 }, false },
	{ "gce", "k", 1, -3, { [UNIT_COAL] = 1 }, false },
	{ "tce", "kM", 1, 3, { [UNIT_COAL] = 1 }, false },
	{ "gCO2", "mk", 1, -3, { [UNIT_CARBON] = 1 }, false },
	{ "tCO2", "kM", 1, 3, { [UNIT_CARBON] = 1 }, false },
	{ "gCO2e", "mk", 1, -3, { [UNIT_CARBON] = 1 }, false },
	{ "tCO2e", "kM", 1, 3, { [UNIT_CARBON] = 1 }, false },
	{ "piece", "kM", 1, 0, { [UNIT_PIECE] = 1 }, false },
	{ "device", "kM", 1, 0, { [UNIT_DEVICE] = 1 }, false },
	{ "identifier", "kMG", 1, 0, { [UNIT_IDENTIFIER] = 1 }, false },
	{ "event", "kM", 1, 0, { [UNIT_EVENT] = 1 }, false },
	{ "process", "", 1, 0, { [UNIT_PROCESS] = 1 }, false },
	{ "person", "k", 1, 0, { [UNIT_PERSON] = 1 }, false },
	{ "entity", "k", 1, 0, { [UNIT_ENTITY] = 1 }, false },
};

enum { ROW_COUNT = sizeof(rows) / sizeof(*rows), NUMBER_MAX = 1000000000 };

typedef struct {
	const char *symbol;
	int8_t tens;
} prefix_t;

static const prefix_t prefixes[] = {
	{ "n", -9 }, { "u", -6 }, { "\u00b5", -6 }, { "\u03bc", -6 }, { "m", -3 },
	{ "c", -2 }, { "d", -1 }, { "h", 2 },       { "k", 3 },       { "M", 6 },
	{ "G", 9 },  { "T", 12 }, { "P", 15 },      { "E", 18 },
};

enum { PREFIX_COUNT = sizeof(prefixes) / sizeof(*prefixes) };

/* Characters that stand for a number before a symbol. */
static const struct {
	const char *symbol;
	double number;
} counts[] = { { "万", 1e4 }, { "亿", 1e8 } };

typedef struct {
	slice_t in;
	err_t err;
	unsigned depth;
} unit_parser_t;

static double scaled(double count, int tens)
{
	return tens < 0 ? count / (double)NUM_TENS[-tens] : count * (double)NUM_TENS[tens];
}

static bool is_prefix_of(const char *prefix, const unit_row_t *row)
{
	/* Both letters of micro are written as u in the table. */
	char letter = ascii_is_letter((uint8_t)prefix[0]) ? prefix[0] : 'u';
	return strchr(row->prefixes, letter) != NULL;
}

static unit_t of_row(const unit_row_t *row, int tens)
{
	unit_t unit = { .factor = scaled(row->count, row->tens + tens),
		        .has_offset = row->has_offset };
	memcpy(unit.power, row->power, sizeof(unit.power));
	return unit;
}

static bool find_bare(slice_t text, unit_t *ret_unit)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (slice_eq(text, slice_str(rows[i].symbol))) {
			*ret_unit = of_row(&rows[i], 0);
			return true;
		}
	return false;
}

static bool find_prefixed(slice_t text, const prefix_t *prefix, unit_t *ret_unit)
{
	slice_t symbol = slice_from(text, strlen(prefix->symbol));
	for (size_t i = 0; slice_starts(text, slice_str(prefix->symbol)) && i < ROW_COUNT; i++)
		if (slice_eq(symbol, slice_str(rows[i].symbol)) &&
		    is_prefix_of(prefix->symbol, &rows[i])) {
			*ret_unit = of_row(&rows[i], prefix->tens);
			return true;
		}
	return false;
}

/* A symbol as it is goes before one with a prefix: "min" is no milli-inch. */
static bool find_symbol(slice_t text, unit_t *ret_unit)
{
	if (find_bare(text, ret_unit))
		return true;
	for (size_t k = 0; k < PREFIX_COUNT; k++)
		if (find_prefixed(text, &prefixes[k], ret_unit))
			return true;
	return false;
}

static void fail(unit_parser_t *p, err_t err)
{
	if (!p->err)
		p->err = err;
}

static bool take(unit_parser_t *p, const char *word)
{
	slice_t head = slice_str(word);
	if (p->err || !slice_starts(p->in, head))
		return false;
	p->in = slice_from(p->in, head.len);
	return true;
}

static uint64_t take_number(unit_parser_t *p, uint64_t max)
{
	size_t len = 0;
	uint64_t number = 0;
	while (len < p->in.len && ascii_is_digit(p->in.ptr[len]))
		len++;
	if (num_parse_u64(slice_sub(p->in, 0, len), max, &number) || number == 0)
		fail(p, ERR_INVALID);
	p->in = slice_from(p->in, len);
	return number;
}

static bool is_digit_next(const unit_parser_t *p)
{
	return p->in.len && ascii_is_digit(p->in.ptr[0]);
}

static void take_power(unit_parser_t *p, unit_t *unit)
{
	bool is_marked = take(p, "^");
	bool is_negative = take(p, "-"), has_sign = is_negative || take(p, "+");
	double power = 1;
	if (is_marked || has_sign || is_digit_next(p))
		power = (double)take_number(p, INT8_MAX);
	else if (take(p, "²"))
		power = 2;
	else if (take(p, "³"))
		power = 3;
	if (!p->err && (power != 1 || is_negative))
		fail(p, unit_power(unit, is_negative ? -power : power, unit));
}

static bool is_sign(slice_t in)
{
	return slice_starts(in, SLICE("²")) || slice_starts(in, SLICE("³")) ||
	       slice_starts(in, SLICE("·"));
}

/* How far a symbol goes: up to an operator or a power, but digits may belong to it ("Nm3"). */
static size_t symbol_length(slice_t in)
{
	static const char ends[] = ".*/()^+-0123456789";
	size_t len = 0;
	while (len < in.len && in.ptr[len] && !strchr(ends, in.ptr[len]) &&
	       !is_sign(slice_from(in, len)))
		len++;
	return len;
}

static bool has_digit(slice_t text)
{
	for (size_t i = 0; i < text.len; i++)
		if (ascii_is_digit(text.ptr[i]))
			return true;
	return false;
}

/* Symbols with digits inside are tried first, the longest of them. */
static size_t digit_symbol(slice_t in, unit_t *ret_unit)
{
	static const size_t most = 8;
	for (size_t len = in.len < most ? in.len : most; len > 2; len--) {
		slice_t text = slice_sub(in, 0, len);
		if (has_digit(text) && find_symbol(text, ret_unit))
			return len;
	}
	return 0;
}

static void take_symbol(unit_parser_t *p, unit_t *ret_unit)
{
	size_t len = digit_symbol(p->in, ret_unit);
	if (len == 0) {
		len = symbol_length(p->in);
		if (!find_symbol(slice_sub(p->in, 0, len), ret_unit)) {
			fail(p, ERR_INVALID);
			return;
		}
	}
	p->in = slice_from(p->in, len);
	take_power(p, ret_unit);
}

static double take_count(unit_parser_t *p)
{
	double count = is_digit_next(p) ? (double)take_number(p, NUMBER_MAX) : 1;
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		if (take(p, counts[i].symbol))
			count *= counts[i].number;
	return count;
}

static bool is_term_end(const unit_parser_t *p)
{
	return p->in.len == 0 || slice_find(SLICE(".*/)"), p->in.ptr[0]) < 4 ||
	       slice_starts(p->in, SLICE("·"));
}

static void take_product(unit_parser_t *p, unit_t *ret_unit);

static void take_term(unit_parser_t *p, unit_t *ret_unit)
{
	if (take(p, "(")) {
		if (++p->depth > UNIT_DEPTH_MAX)
			fail(p, ERR_LIMIT);
		take_product(p, ret_unit);
		if (!take(p, ")"))
			fail(p, ERR_INVALID);
		p->depth--;
		take_power(p, ret_unit);
		return;
	}
	size_t before = p->in.len;
	double count = take_count(p);
	*ret_unit = UNIT_ONE;
	if (before == p->in.len || !is_term_end(p))
		take_symbol(p, ret_unit);
	ret_unit->factor *= count;
	if (ret_unit->has_offset && count != 1)
		fail(p, ERR_INVALID); /* a scale in steps of ten degrees is none */
}

static void take_product(unit_parser_t *p, unit_t *ret_unit)
{
	unit_t next;
	if (p->err)
		return;
	take_term(p, ret_unit);
	while (!p->err) {
		bool divides = take(p, "/"), has_dot = !divides && take(p, ".");
		if (!divides && !has_dot && !take(p, "*") && !take(p, "·"))
			return;
		if (has_dot && is_digit_next(p))
			fail(p, ERR_INVALID); /* "1.5m" is no product of 1 and 5 m */
		next = UNIT_ONE;
		take_term(p, &next);
		if (!p->err)
			fail(p, divides ? unit_divide(ret_unit, &next, ret_unit)
			                : unit_multiply(ret_unit, &next, ret_unit));
	}
}

err_t unit_parse(slice_t text, unit_t *ret_unit)
{
	if (text.len > UNIT_PARSE_MAX)
		return ERR_LIMIT;
	unit_parser_t p = { .in = text };
	unit_t unit = UNIT_ONE;
	take_product(&p, &unit);
	if (!p.err && p.in.len)
		p.err = ERR_INVALID;
	if (!p.err)
		*ret_unit = unit;
	return p.err;
}

bool unit_same_dimension(const unit_t *a, const unit_t *b)
{
	return memcmp(a->power, b->power, sizeof(a->power)) == 0;
}

bool unit_is_number(const unit_t *unit)
{
	return unit_same_dimension(unit, &UNIT_ONE);
}

static bool combine_powers(const unit_t *a, const unit_t *b, int sign, unit_t *unit)
{
	for (size_t i = 0; i < UNIT_BASES; i++) {
		int power = a->power[i] + sign * b->power[i];
		if (power > INT8_MAX || power < -INT8_MAX)
			return false;
		unit->power[i] = (int8_t)power;
	}
	return true;
}

static err_t combine(const unit_t *a, const unit_t *b, int sign, unit_t *ret_unit)
{
	unit_t unit = { .factor = sign > 0 ? a->factor * b->factor : a->factor / b->factor };
	if (!isnormal(unit.factor))
		return ERR_LIMIT;
	if (!combine_powers(a, b, sign, &unit))
		return ERR_LIMIT;
	*ret_unit = unit;
	return ERR_OK;
}

err_t unit_multiply(const unit_t *a, const unit_t *b, unit_t *ret_unit)
{
	return combine(a, b, 1, ret_unit);
}

err_t unit_divide(const unit_t *a, const unit_t *b, unit_t *ret_unit)
{
	return combine(a, b, -1, ret_unit);
}

err_t unit_power(const unit_t *a, double power, unit_t *ret_unit)
{
	unit_t unit = { .factor = pow(a->factor, power) };
	if (!isnormal(unit.factor) || !isfinite(power))
		return ERR_LIMIT;
	for (size_t i = 0; i < UNIT_BASES; i++) {
		double whole = a->power[i] * power;
		if (fabs(whole) > INT8_MAX)
			return ERR_LIMIT;
		if (whole != trunc(whole))
			return ERR_INVALID;
		unit.power[i] = (int8_t)whole;
	}
	*ret_unit = unit;
	return ERR_OK;
}

err_t unit_convert(const unit_t *from, const unit_t *to, double *ret_factor)
{
	if (!unit_same_dimension(from, to) || from->has_offset != to->has_offset)
		return ERR_CONFLICT;
	double factor = from->factor / to->factor;
	if (!isnormal(factor))
		return ERR_LIMIT;
	*ret_factor = factor;
	return ERR_OK;
}

static bool is_unit(const unit_t *a, const unit_t *b)
{
	return unit_same_dimension(a, b) && a->has_offset == b->has_offset &&
	       fabs(a->factor - b->factor) <= 1e-12 * b->factor;
}

/* "kWh" of a unit that a symbol is; with prefix 0 without one. */
static bool put_symbol(const unit_t *unit, size_t prefix, writer_t *w)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (prefix && !is_prefix_of(prefixes[prefix - 1].symbol, &rows[i]))
			continue;
		unit_t row = of_row(&rows[i], prefix ? prefixes[prefix - 1].tens : 0);
		if (!is_unit(unit, &row))
			continue;
		wr_format(w, "%s%s", prefix ? prefixes[prefix - 1].symbol : "", rows[i].symbol);
		return true;
	}
	return false;
}

static bool put_base_power(const unit_t *unit, writer_t *w)
{
	for (size_t i = 0; i < UNIT_BASES; i++) {
		unit_t base = { .factor = 1 };
		base.power[i] = unit->power[i];
		if (unit->power[i] < 2 || !is_unit(unit, &base))
			continue;
		wr_format(w, "%s%d", base_symbols[i], unit->power[i]);
		return true;
	}
	return false;
}

/* A symbol, a base unit with a power ("m3"), or a symbol with a prefix. */
static bool put_word(const unit_t *unit, writer_t *w)
{
	bool is_put = put_symbol(unit, 0, w) || put_base_power(unit, w);
	for (size_t prefix = 1; prefix <= PREFIX_COUNT && !is_put; prefix++)
		is_put = put_symbol(unit, prefix, w);
	return is_put;
}

/* "kWh/t", by what industry divides with. */
static bool put_quotient(const unit_t *unit, writer_t *w)
{
	static const char *const below[] = { "t",  "h",  "s",   "min",   "d",  "kWh",
		                             "m3", "kg", "Nm3", "piece", "m2", "10kCNY" };
	for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++) {
		unit_t under, above;
		if (unit_parse(slice_str(below[i]), &under) ||
		    unit_multiply(unit, &under, &above) || unit_is_number(&above) ||
		    !put_word(&above, w))
			continue;
		wr_format(w, "/%s", below[i]);
		return true;
	}
	return false;
}

static void put_bases(const unit_t *unit, bool is_above, writer_t *w)
{
	const char *mark = is_above ? "" : "/";
	for (size_t i = 0; i < UNIT_BASES; i++) {
		int power = is_above ? unit->power[i] : -unit->power[i];
		if (power <= 0)
			continue;
		wr_format(w, power == 1 ? "%s%s" : "%s%s%d", mark, base_symbols[i], power);
		mark = is_above ? "." : "/";
	}
}

static bool has_above(const unit_t *unit)
{
	for (size_t i = 0; i < UNIT_BASES; i++)
		if (unit->power[i] > 0)
			return true;
	return false;
}

static void put_product(const unit_t *unit, writer_t *w)
{
	char number[32];
	bool is_above = has_above(unit);
	if (unit->factor != 1 || !is_above)
		wr_format(w, is_above ? "%s " : "%s", num_format_f64(unit->factor, number));
	put_bases(unit, true, w);
	put_bases(unit, false, w);
}

const char *unit_text(const unit_t *unit, char buf[UNIT_TEXT_MAX])
{
	writer_t w = writer_of(buf, UNIT_TEXT_MAX - 1);
	if (unit_is_number(unit) && unit->factor == 1)
		wr_u8(&w, '1');
	else if (!put_word(unit, &w) && !put_quotient(unit, &w))
		put_product(unit, &w);
	buf[w.len] = 0;
	return buf;
}

const char *unit_symbol(size_t i, const char **ret_prefixes)
{
	if (i >= ROW_COUNT)
		return NULL;
	if (ret_prefixes)
		*ret_prefixes = rows[i].prefixes;
	return rows[i].symbol;
}
