/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPR_EXPR_H
#define EXPR_EXPR_H
/* One small language for what is computed from other numbers: the parts and the value of
 * an indicator, later computed points and interlocks.
 *
 *     good / total * 100          names, numbers, + - * / ^, brackets
 *     if(load > 0.1 and not stopped, busy, 0)
 *     min(a, b)  max(a, b)  abs(a)  round(a, 2)
 *     mean(power) * hours         calls of functions that the caller knows, on names
 *
 * Story: expr_parse reads a text into a program in the caller's arena, against a
 * vocabulary: which names there are and in which unit, and which functions of series.
 * What is wrong is found there, with its column: an unknown name, units that do not add
 * (kW + h), a comparison of unlike units. expr_eval runs the program over numbers.
 *
 * A value is a double or absent. Absent is not zero: what is made of an absent value is
 * absent, but for if(), which looks only at the branch it takes, and else(a, b), which is
 * b when a is absent. Division by zero is absent. Comparisons give 1 or 0.
 *
 * Units are products of powers (unit.h): kWh / t has a unit of its own, kWh + MJ is
 * converted, kWh + t is refused.
 *
 * Limits: EXPR_TEXT_MAX bytes, EXPR_OPS_MAX operations, EXPR_DEPTH_MAX nested brackets.
 * Threads: a program is immutable. No I/O, no malloc beyond the arena. */
#include "base/arena.h"
#include "expr/unit.h"

enum { EXPR_TEXT_MAX = 2048, EXPR_OPS_MAX = 256, EXPR_DEPTH_MAX = 32, EXPR_INPUTS_MAX = 64 };

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
	/* The unit of its value by the unit of the series; ERR_INVALID: not of such one. */
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

/* What a program needs: a name, or a function of a series. Each once. */
typedef struct {
	uint16_t function; /* index in the vocabulary; EXPR_NO_FUNCTION: a name */
	uint16_t name;     /* index of the name or of the series */
	double number;     /* second argument, 0 if none */
} expr_input_t;

enum { EXPR_NO_FUNCTION = 0xFFFF };

typedef struct expr expr_t;

/* ERR_INVALID with the column and what to do in the detail; ERR_LIMIT; ERR_NO_MEMORY. */
MUST_CHECK err_t expr_parse(slice_t text, const expr_vocabulary_t *vocabulary, arena_t *arena,
                            const expr_t **ret_expr, err_detail_t *ret_detail);
unit_t expr_unit(const expr_t *expr);
const expr_input_t *expr_inputs(const expr_t *expr, size_t *ret_count);

typedef struct {
	bool is_there;
	double number;
} expr_value_t;

/* `inputs` in the order of expr_inputs. */
expr_value_t expr_eval(const expr_t *expr, const expr_value_t *inputs);
#endif
