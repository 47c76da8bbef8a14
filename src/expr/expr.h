/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPR_EXPR_H
#define EXPR_EXPR_H
/* One small language for what is computed from other numbers: the parts and the value of
 * an indicator, later computed points and interlocks.
 *
 *     good / total                names, numbers, + - * / ^, brackets
 *     if(load > 0.1[kW] and not stopped, 1, 0)
 *     min(a, b) max(a, b) abs(a) round(a, 2) else(a, b)
 *     mean(power) * 8[h]          calls of functions that the caller knows, on series
 *
 * Story: expr_parse reads a text into a flat program in the caller's arena, against a
 * vocabulary: which names there are and in which unit, and which functions of series.
 * What is wrong is found there, with its column and what to do: an unknown name, units that
 * do not add (kW + h), a comparison of unlike units. Whoever evaluates asks expr_inputs
 * what it needs, each once, finds the numbers, and calls expr_eval as often as it likes.
 *
 * A value is a double or absent. Absent is not zero: what is made of an absent value is
 * absent, but for if(), which looks only at the branch it takes, and else(a, b), which is
 * b when a is absent. Division by zero is absent, and so is what no finite double holds.
 * Comparisons (< <= > >= == !=), `and`, `or`, `not` give 1 or 0; anything but 0 is true.
 *
 * Units are products of powers (unit.h). A number is a plain one, or has its unit behind it:
 * 80[degC]. kWh / t has a unit of its own, kWh + MJ is converted to the left one, kWh + t is
 * refused. The plain number 0 is of any unit: load > 0. A ratio has the unit 1; that an
 * indicator is in % is a conversion (`unit` of the source) and no `* 100` in the formula.
 * Points of a scale (degC) are compared and subtracted, which gives K; nothing else.
 *
 * From the loosest: or, and, not, comparisons (which do not chain), + -, * /, signs, ^ (from
 * the right). A name that is a series stands only in a call. min(x) of a series is the
 * caller's function, min(a, b) of numbers the language's.
 *
 * Limits: EXPR_TEXT_MAX bytes, EXPR_OPS_MAX operations, EXPR_INPUTS_MAX inputs,
 * EXPR_DEPTH_MAX levels of brackets, calls, signs and powers.
 * Threads: a program is immutable. No I/O, no malloc; expr_eval needs no memory but 0.5 KiB
 * of stack.
 *
 * Caveats: round() rounds in the unit of what it is given, a ratio to hundredths of 1 and not
 * of a percent. `and`, `or` are absent when either side is. */
#include "base/arena.h"
#include "expr/unit.h"

enum {
	EXPR_TEXT_MAX = 2048,
	EXPR_OPS_MAX = 256,
	EXPR_DEPTH_MAX = 32,
	EXPR_INPUTS_MAX = 64,
	EXPR_ARENA_BYTES = 8 * 1024, /* enough for any program */
};

/* A name of the vocabulary. */
typedef struct {
	slice_t name; /* letters, digits, '_' and '.', a letter first */
	unit_t unit;
} expr_name_t;

/* A function over the samples of a series: its argument is the name of a series, and maybe
 * a number ("duration(state, 2)"). Its value is an input that whoever evaluates finds. */
typedef struct {
	slice_t name;
	bool has_number;
	/* The unit of its value by the unit of the series; an error: not of such one. */
	err_t (*unit)(const unit_t *series, unit_t *ret_unit);
} expr_function_t;

typedef struct {
	const expr_name_t *names; /* numbers that are known as such */
	size_t name_count;
	const expr_name_t *series; /* what functions take */
	size_t series_count;
	const expr_function_t *functions;
	size_t function_count;
} expr_vocabulary_t;

typedef struct {
	slice_t text;
	const expr_vocabulary_t *vocabulary;
	const unit_t *unit; /* what the value shall be in; NULL: in what it comes */
	/* Where the text begins in a file, for errors: "file:line:column". NULL: "column N". */
	const char *file;
	size_t line, column; /* from 1 */
} expr_source_t;

enum { EXPR_NO_FUNCTION = 0xFFFF };

/* What a program needs: a name, or a function of a series. Each once. */
typedef struct {
	uint16_t function; /* index in the vocabulary; EXPR_NO_FUNCTION: a name */
	uint16_t name;     /* index of the name or of the series */
	double number;     /* second argument, 0 if none */
} expr_input_t;

typedef struct expr expr_t;

/* The program keeps nothing of the source. ERR_INVALID with the place and what to do in the
 * detail, ERR_LIMIT, ERR_NO_MEMORY (the arena is full). */
MUST_CHECK err_t expr_parse(const expr_source_t *source, arena_t *arena, const expr_t **ret_expr,
                            err_detail_t *ret_detail);
/* Of its value: that of the source where it had one. */
unit_t expr_unit(const expr_t *expr);
const expr_input_t *expr_inputs(const expr_t *expr, size_t *ret_count);

typedef struct {
	bool is_there;
	double number; /* one that is not finite counts as absent */
} expr_value_t;

/* `inputs` in the order of expr_inputs, each in the unit that the vocabulary told. */
expr_value_t expr_eval(const expr_t *expr, const expr_value_t *inputs);
#endif
