/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPR_UNIT_H
#define EXPR_UNIT_H
/* Units of measure as products of powers of base units with a factor, after the SI
 * (BIPM brochure, 9th edition) and the spelling of the shop floor: "kWh", "t", "m3/h",
 * "kWh/t", "kg.m/s2", "%", "1", "degC", "r/min", "tce/10kCNY", "L/100km".
 *
 *     unit     term, then ('.' or '*' or '/') term ...        from left to right
 *     term     number? symbol power?  |  number  |  '(' unit ')' power?
 *     number   whole, 1 to 10^9, or one of the characters for 10^4 and 10^8
 *     power    '^'? sign? digits: "m3", "s-1", "m^3"; superscript 2 and 3 are read too
 *
 * '/' divides by the one term behind it: "W/(m2.K)" needs its brackets.
 *
 * Story: unit_parse reads a text; unit_multiply, unit_divide and unit_power make new
 * ones; unit_convert gives the factor from one to another of the same dimension;
 * unit_text says one to people.
 *
 * Not only the SI has dimensions here. What is counted has: pieces do not add to devices.
 * So have money, and masses that stand for something else. Standard coal (tce) is no mass
 * of anything, and what a kWh is in it depends on the convention (its heat, or what a power
 * station burns for it), so that a factor must be named in the formula. Carbon dioxide
 * (tCO2) is one of many masses in a flue and must not add to tons of product. Gas at normal
 * state (Nm3) is an amount, not the volume that it takes in the pipe.
 *
 * Caveats: temperatures on a scale (degC) differ in K and do not convert to K; inside a
 * product degC is the difference. A year and a month have no fixed length and no unit.
 * CO2 equivalents (tCO2e) are of one dimension with tCO2. A turn (r) and an angle are 1.
 * Threads: pure. */
#include "base/err.h"
#include "base/slice.h"

/* Base units, what their power stands at, and their spelling. */
#define UNIT_BASE_ROWS(X) \
	X(LENGTH, "m") \
	X(MASS, "kg") \
	X(TIME, "s") \
	X(CURRENT, "A") \
	X(TEMPERATURE, "K") \
	X(AMOUNT, "mol") \
	X(LIGHT, "cd") \
	X(MONEY, "CNY") \
	X(COAL, "kgce") \
	X(CARBON, "kgCO2") \
	X(GAS, "Nm3") \
	X(PIECE, "piece") \
	X(DEVICE, "device") \
	X(IDENTIFIER, "identifier") \
	X(EVENT, "event") \
	X(PROCESS, "process") \
	X(PERSON, "person") \
	X(ENTITY, "entity")

#define X(name, symbol) UNIT_##name,
typedef enum { UNIT_BASE_ROWS(X) UNIT_BASES } unit_base_t;
#undef X

enum { UNIT_PARSE_MAX = 64, UNIT_DEPTH_MAX = 4, UNIT_TEXT_MAX = 128 };

typedef struct {
	double factor; /* in base units; more than 0 and finite */
	int8_t power[UNIT_BASES];
	bool has_offset; /* degC: a point of a scale, not a difference */
} unit_t;

extern const unit_t UNIT_ONE;

/* ERR_INVALID: no such unit; ERR_LIMIT: too long, too deep, powers beyond 127. */
MUST_CHECK err_t unit_parse(slice_t text, unit_t *ret_unit);
bool unit_same_dimension(const unit_t *a, const unit_t *b);
bool unit_is_number(const unit_t *unit); /* of no dimension: "1", "%", "kWh/MJ" */
/* ERR_LIMIT: powers beyond 127, a factor that no double holds. */
MUST_CHECK err_t unit_multiply(const unit_t *a, const unit_t *b, unit_t *ret_unit);
MUST_CHECK err_t unit_divide(const unit_t *a, const unit_t *b, unit_t *ret_unit);
/* ERR_INVALID: a base would have a power that is not whole (m ^ 0.5); ERR_LIMIT. */
MUST_CHECK err_t unit_power(const unit_t *a, double power, unit_t *ret_unit);
/* What a number in `from` is multiplied with to be in `to`. ERR_CONFLICT: of another
 * dimension, or only one of them with an offset. */
MUST_CHECK err_t unit_convert(const unit_t *from, const unit_t *to, double *ret_factor);
/* As a symbol where there is one ("kWh"), else by base units ("3600 kg.m2/s2"). */
const char *unit_text(const unit_t *unit, char buf[UNIT_TEXT_MAX]);
/* The i-th symbol that is known, and the prefixes that it takes ("kM"); NULL at the end. */
const char *unit_symbol(size_t i, const char **ret_prefixes);
#endif
