/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>

#include "base/num.h"
#include "expr/program.h"

static bool is_absent(double value)
{
	return isnan(value);
}

static double truth(const double *v, bool is_true)
{
	return is_absent(v[0]) || is_absent(v[1]) ? (double)NAN : is_true;
}

/* Of pow() alone an absent base to the power 0 would be 1. */
static double power_of(double base, double exponent)
{
	return is_absent(base) || is_absent(exponent) ? (double)NAN : pow(base, exponent);
}

static double rounded(double value, double digits)
{
	static const double whole = 9007199254740992; /* from 2^53 on there are no fractions */
	double tens = (double)NUM_TENS[(size_t)digits], scaled = value * tens;
	return fabs(scaled) < whole ? round(scaled) / tens : value;
}

static double chosen(double condition, double then, double otherwise)
{
	if (is_absent(condition))
		return condition;
	return condition != 0 ? then : otherwise;
}

#define X(name, takes, value) \
	static double apply_##name(const double *v) \
	{ \
		return value; \
	}
OP_ROWS(X)
#undef X

#define X(name, takes, value) { takes, apply_##name },
static const struct {
	size_t takes;
	double (*apply)(const double *v);
} operations[OP_COUNT] = { OP_ROWS(X) };
#undef X

size_t op_takes(op_code_t code)
{
	return operations[code].takes;
}

static double finite_or_absent(double value)
{
	return isfinite(value) ? value : (double)NAN;
}

expr_value_t expr_eval(const expr_t *expr, const expr_value_t *inputs)
{
	double stack[EXPR_STACK_MAX], *top = stack; /* behind the last; the parser counted them */
	for (size_t i = 0; i < expr->op_count; i++) {
		op_t op = expr->ops[i];
		if (op.code == OP_NUMBER)
			*top = expr->numbers[op.index];
		else if (op.code == OP_INPUT)
			*top = inputs[op.index].is_there ? finite_or_absent(inputs[op.index].number)
			                                 : (double)NAN;
		else {
			top -= operations[op.code].takes;
			*top = finite_or_absent(operations[op.code].apply(top));
		}
		top++;
	}
	assert(top == stack + 1);
	if (is_absent(*stack))
		return (expr_value_t){ 0 };
	return (expr_value_t){ .is_there = true, .number = *stack };
}

unit_t expr_unit(const expr_t *expr)
{
	return expr->unit;
}

const expr_input_t *expr_inputs(const expr_t *expr, size_t *ret_count)
{
	*ret_count = expr->input_count;
	return expr->inputs;
}
