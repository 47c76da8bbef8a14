/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPR_PROGRAM_H
#define EXPR_PROGRAM_H
/* What a formula becomes: operations over a stack of doubles, in the order they are done.
 * NaN on the stack is an absent value; nothing else on it is not finite.
 *
 * Story: parse.c makes one, eval.c runs it. Both branches of an if() are computed, since
 * nothing has side effects, and one is taken: so there are no jumps. */
#include "expr/expr.h"

/* name, how many values it takes from the stack, and the one it puts, of v[0] to v[2] with
 * the deepest first (eval.c). What comes out not finite is made absent. */
#define OP_ROWS(X) \
	X(NEGATE, 1, -v[0]) \
	X(ABS, 1, fabs(v[0])) \
	X(NOT, 1, is_absent(v[0]) ? v[0] : v[0] == 0) \
	X(ADD, 2, v[0] + v[1]) \
	X(SUBTRACT, 2, v[0] - v[1]) \
	X(MULTIPLY, 2, v[0] * v[1]) \
	X(DIVIDE, 2, v[0] / v[1]) \
	X(POWER, 2, power_of(v[0], v[1])) \
	X(ROUND, 2, rounded(v[0], v[1])) \
	X(MIN, 2, is_absent(v[0]) || v[0] < v[1] ? v[0] : v[1]) \
	X(MAX, 2, is_absent(v[0]) || v[0] > v[1] ? v[0] : v[1]) \
	X(LESS, 2, truth(v, v[0] < v[1])) \
	X(LESS_EQUAL, 2, truth(v, v[0] <= v[1])) \
	X(GREATER, 2, truth(v, v[0] > v[1])) \
	X(GREATER_EQUAL, 2, truth(v, v[0] >= v[1])) \
	X(EQUAL, 2, truth(v, v[0] == v[1])) \
	X(NOT_EQUAL, 2, truth(v, v[0] != v[1])) \
	X(AND, 2, truth(v, v[0] != 0 && v[1] != 0)) \
	X(OR, 2, truth(v, v[0] != 0 || v[1] != 0)) \
	X(ELSE, 2, is_absent(v[0]) ? v[1] : v[0]) \
	X(IF, 3, chosen(v[0], v[1], v[2]))

#define X(name, takes, value) OP_##name,
typedef enum { OP_ROWS(X) OP_NUMBER, OP_INPUT, OP_COUNT } op_code_t;
#undef X

typedef struct {
	uint16_t code;
	uint16_t index; /* of the number or the input that is put; else 0 */
} op_t;

enum { EXPR_STACK_MAX = 64, EXPR_DIGITS_MAX = 12 };

struct expr {
	const op_t *ops;
	const double *numbers;
	const expr_input_t *inputs;
	uint16_t op_count, input_count;
	unit_t unit;
};

size_t op_takes(op_code_t code);
#endif
