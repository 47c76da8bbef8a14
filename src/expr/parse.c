/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar, by descent and by the levels of operators, and the units of what it reads. */
#include <math.h>

#include "base/cursor.h"
#include "expr/formula.h"

static const err_text_t text_name = {
	{ "there is no %1 here", "此处没有 %1" },
	{ "names here are: %2", "可用名称：%2" },
};
static const err_text_t text_series = {
	{ "%1 is a series and no number", "%1 是序列，不是数" },
	{ "take a number of it, as mean(%1)", "请对其取数，例如 mean(%1)" },
};
static const err_text_t text_no_series = {
	{ "there is no series %1", "没有序列 %1" },
	{ "series here are: %2", "可用序列：%2" },
};
static const err_text_t text_function = {
	{ "there is no function %1", "没有函数 %1" },
	{ "functions here are: if else min max abs round %2",
	  "可用函数：if else min max abs round %2" },
};
static const err_text_t text_series_unit = {
	{ "%1 is not defined for a series in %2", "%1 不适用于单位为 %2 的序列" },
	{ NULL, NULL },
};
static const err_text_t text_argument = {
	{ "%1 takes a number written out", "%1 的参数应为直接写出的数" },
	{ "write it as duration(state, 2)", "请写成 duration(state, 2) 的形式" },
};
static const err_text_t text_unit = {
	{ "%1 is no unit", "%1 不是单位" },
	{ "units are written as kWh, m3/h or kWh/t", "单位写作 kWh、m3/h 或 kWh/t" },
};
static const err_text_t text_differ = {
	{ "%1 and %2 do not go together", "%1 与 %2 不能相加或比较" },
	{ "bring both to one dimension; a number has its unit behind it, as 80[degC]",
	  "请统一量纲；数的单位写在其后，例如 80[degC]" },
};
static const err_text_t text_result = {
	{ "the formula gives %1 where %2 is wanted", "公式结果单位为 %1，应为 %2" },
	{ "multiply or divide by what is missing, or change the unit",
	  "请乘除所缺的量，或更改单位" },
};
static const err_text_t text_condition = {
	{ "a condition is wanted, not a value in %1", "此处应为条件，而不是单位为 %1 的值" },
	{ "compare it, as x > 0", "请写成比较，例如 x > 0" },
};
static const err_text_t text_chain = {
	{ "comparisons do not chain", "比较不能连写" },
	{ "join two with `and`", "请用 and 连接两个比较" },
};
static const err_text_t text_offset = {
	{ "a temperature in %1 can be compared and subtracted only",
	  "单位为 %1 的温度只能比较和相减" },
	{ "take its difference from another first: t - 0[degC] is in K",
	  "请先与另一温度相减：t - 0[degC] 的单位为 K" },
};
static const err_text_t text_power = {
	{ "this power of %1 is no unit", "%1 的该次幂不是单位" },
	{ "the exponent of a value with a unit is a number written out",
	  "有单位的值，其指数应为直接写出的数" },
};
static const err_text_t text_range = {
	{ "the unit of this is out of range", "结果单位超出范围" },
	{ NULL, NULL },
};
static const err_text_t text_digits = {
	{ "round() takes a whole number of digits, 0 to 12", "round() 的位数应为 0 到 12 的整数" },
	{ "write it as round(x, 2)", "请写成 round(x, 2) 的形式" },
};
static const err_text_t text_depth = {
	{ "the formula is nested more than 32 deep", "公式嵌套超过 32 层" },
	{ "take brackets away, or make parts of it figures of their own",
	  "请减少括号，或把其中的部分单独定义" },
};
static const err_text_t text_size = {
	{ "the formula is longer than 2048 bytes", "公式超过 2048 字节" },
	{ "make parts of it figures of their own", "请把其中的部分单独定义" },
};

/* What is known of the value on top of the stack. */
typedef struct {
	unit_t unit;
	size_t at;      /* where its text begins */
	bool is_number; /* written out, without a unit */
	double number;
} operand_t;

typedef enum { LEVEL_OR, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_ADD, LEVEL_MULTIPLY } level_t;

typedef void check_t(formula_t *p, operand_t *left, operand_t *right, op_code_t op);

static void parse_level(formula_t *p, level_t least, operand_t *ret);
static void parse_sign(formula_t *p, operand_t *ret);

static slice_t said(const unit_t *unit, char buf[UNIT_TEXT_MAX])
{
	return slice_str(unit_text(unit, buf));
}

static void fail_unit(formula_t *p, size_t at, const err_text_t *text, const unit_t *unit)
{
	char buf[UNIT_TEXT_MAX];
	formula_fail(p, at, text, said(unit, buf), (slice_t){ 0 });
}

/* The plain number 0 is of any unit, but no point of a scale. */
static bool is_zero(const operand_t *operand)
{
	return operand->is_number && operand->number == 0;
}

/* The value on top comes to be in `to`. */
static void convert(formula_t *p, const operand_t *from, const unit_t *to, const err_text_t *text)
{
	char buf[2][UNIT_TEXT_MAX];
	double factor = 1;
	if (is_zero(from) && !to->has_offset)
		return;
	err_t err = unit_convert(&from->unit, to, &factor);
	if (err)
		formula_fail(p, from->at, err == ERR_LIMIT ? &text_range : text,
		             said(&from->unit, buf[0]), said(to, buf[1]));
	formula_emit_scale(p, factor);
}

/* Both sides in one unit, that of the left unless it is 0. */
static void meet(formula_t *p, operand_t *left, operand_t *right)
{
	if (is_zero(left) && !right->unit.has_offset)
		left->unit = right->unit;
	else
		convert(p, right, &left->unit, &text_differ);
	left->is_number = false;
}

static void check_difference(formula_t *p, operand_t *left, operand_t *right, op_code_t op)
{
	meet(p, left, right);
	if (left->unit.has_offset && op == OP_ADD)
		fail_unit(p, right->at, &text_offset, &left->unit);
	left->unit.has_offset = false;
	formula_emit(p, op);
}

static void check_comparison(formula_t *p, operand_t *left, operand_t *right, op_code_t op)
{
	meet(p, left, right);
	left->unit = UNIT_ONE;
	formula_emit(p, op);
}

static void check_no_offset(formula_t *p, const operand_t *operand)
{
	if (operand->unit.has_offset)
		fail_unit(p, operand->at, &text_offset, &operand->unit);
}

static void check_product(formula_t *p, operand_t *left, operand_t *right, op_code_t op)
{
	check_no_offset(p, left);
	check_no_offset(p, right);
	err_t err = op == OP_MULTIPLY ? unit_multiply(&left->unit, &right->unit, &left->unit)
	                              : unit_divide(&left->unit, &right->unit, &left->unit);
	if (err)
		formula_fail(p, right->at, &text_range, (slice_t){ 0 }, (slice_t){ 0 });
	left->is_number = false;
	formula_emit(p, op);
}

static void check_condition(formula_t *p, const operand_t *operand)
{
	if (!unit_is_number(&operand->unit))
		fail_unit(p, operand->at, &text_condition, &operand->unit);
}

static void check_logic(formula_t *p, operand_t *left, operand_t *right, op_code_t op)
{
	check_condition(p, left);
	check_condition(p, right);
	left->unit = UNIT_ONE;
	left->is_number = false;
	formula_emit(p, op);
}

static const struct {
	const char *sign;
	level_t level;
	op_code_t op;
	check_t *check;
} operators[] = {
	{ "or", LEVEL_OR, OP_OR, check_logic },
	{ "and", LEVEL_AND, OP_AND, check_logic },
	{ "<", LEVEL_COMPARE, OP_LESS, check_comparison },
	{ "<=", LEVEL_COMPARE, OP_LESS_EQUAL, check_comparison },
	{ ">", LEVEL_COMPARE, OP_GREATER, check_comparison },
	{ ">=", LEVEL_COMPARE, OP_GREATER_EQUAL, check_comparison },
	{ "==", LEVEL_COMPARE, OP_EQUAL, check_comparison },
	{ "!=", LEVEL_COMPARE, OP_NOT_EQUAL, check_comparison },
	{ "+", LEVEL_ADD, OP_ADD, check_difference },
	{ "-", LEVEL_ADD, OP_SUBTRACT, check_difference },
	{ "*", LEVEL_MULTIPLY, OP_MULTIPLY, check_product },
	{ "/", LEVEL_MULTIPLY, OP_DIVIDE, check_product },
};

enum { OPERATOR_COUNT = sizeof(operators) / sizeof(*operators) };

static bool is_reserved(slice_t name)
{
	static const char *const words[] = { "and", "or", "not" };
	bool is = false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		is = is || slice_eq(name, slice_str(words[i]));
	return is;
}

static void parse_number(formula_t *p, operand_t *ret)
{
	*ret = (operand_t){ UNIT_ONE, p->token.at, true, p->token.number };
	formula_emit_number(p, ret->number);
	formula_next(p);
	if (p->token.kind != TOKEN_UNIT)
		return;
	if (unit_parse(p->token.text, &ret->unit))
		formula_fail(p, p->token.at, &text_unit, p->token.text, (slice_t){ 0 });
	ret->is_number = false;
	formula_next(p);
}

static size_t find_name(const expr_name_t *names, size_t count, slice_t name)
{
	size_t i = 0;
	while (i < count && !slice_eq(names[i].name, name))
		i++;
	return i;
}

/* As many as a detail holds, so that who has mistyped one sees it. */
static slice_t list_names(const expr_name_t *names, size_t count, char buf[ERR_ARG_MAX])
{
	writer_t w = writer_of(buf, ERR_ARG_MAX);
	for (size_t i = 0; i < count && !w.bad; i++) {
		wr_bytes(&w, i ? SLICE(" ") : (slice_t){ 0 });
		wr_bytes(&w, names[i].name);
	}
	return writer_done(&w);
}

static slice_t list_functions(const expr_vocabulary_t *v, char buf[ERR_ARG_MAX])
{
	writer_t w = writer_of(buf, ERR_ARG_MAX);
	for (size_t i = 0; i < v->function_count && !w.bad; i++) {
		wr_bytes(&w, i ? SLICE(" ") : (slice_t){ 0 });
		wr_bytes(&w, v->functions[i].name);
	}
	return writer_done(&w);
}

static void fail_name(formula_t *p, const token_t *name)
{
	const expr_vocabulary_t *v = p->source->vocabulary;
	char names[ERR_ARG_MAX];
	if (find_name(v->series, v->series_count, name->text) < v->series_count)
		formula_fail(p, name->at, &text_series, name->text, (slice_t){ 0 });
	else
		formula_fail(p, name->at, &text_name, name->text,
		             list_names(v->names, v->name_count, names));
}

static void parse_name(formula_t *p, const token_t *name, operand_t *ret)
{
	const expr_vocabulary_t *v = p->source->vocabulary;
	size_t i = find_name(v->names, v->name_count, name->text);
	if (i < v->name_count) {
		*ret = (operand_t){ .unit = v->names[i].unit, .at = name->at };
		formula_emit_input(p, &(expr_input_t){ EXPR_NO_FUNCTION, (uint16_t)i, 0 });
	} else
		fail_name(p, name);
}

/* A number written out, with a sign or not, that is no step of the program. */
static double parse_literal(formula_t *p, const err_text_t *text, slice_t arg)
{
	bool is_negative = formula_take(p, "-");
	double number = p->token.number;
	if (p->token.kind != TOKEN_NUMBER)
		formula_fail(p, p->token.at, text, arg, (slice_t){ 0 });
	formula_next(p);
	return is_negative ? -number : number;
}

/* "duration(state, 2)": the token is what stands in the bracket. */
static void parse_series_call(formula_t *p, const token_t *name, size_t function, operand_t *ret)
{
	const expr_vocabulary_t *v = p->source->vocabulary;
	const expr_function_t *f = &v->functions[function];
	token_t arg = p->token;
	char buf[UNIT_TEXT_MAX]; /* at least ERR_ARG_MAX */
	size_t i = find_name(v->series, v->series_count, arg.text);
	if (arg.kind != TOKEN_NAME || i == v->series_count) {
		formula_fail(p, arg.at, &text_no_series, arg.text,
		             list_names(v->series, v->series_count, buf));
		return;
	}
	*ret = (operand_t){ .unit = UNIT_ONE, .at = name->at };
	if (f->unit(&v->series[i].unit, &ret->unit))
		formula_fail(p, arg.at, &text_series_unit, name->text,
		             said(&v->series[i].unit, buf));
	expr_input_t input = { (uint16_t)function, (uint16_t)i, 0 };
	formula_next(p);
	if (f->has_number) {
		formula_expect(p, ",");
		input.number = parse_literal(p, &text_argument, name->text);
	}
	formula_expect(p, ")");
	formula_emit_input(p, &input);
}

static void parse_if(formula_t *p, operand_t *ret)
{
	operand_t condition, otherwise;
	parse_level(p, LEVEL_OR, &condition);
	check_condition(p, &condition);
	formula_expect(p, ",");
	parse_level(p, LEVEL_OR, ret);
	formula_expect(p, ",");
	parse_level(p, LEVEL_OR, &otherwise);
	meet(p, ret, &otherwise);
	formula_emit(p, OP_IF);
}

/* min, max and else of two or more. */
static void parse_fold(formula_t *p, op_code_t op, operand_t *ret)
{
	operand_t next;
	parse_level(p, LEVEL_OR, ret);
	formula_expect(p, ",");
	do {
		parse_level(p, LEVEL_OR, &next);
		meet(p, ret, &next);
		formula_emit(p, op);
	} while (formula_take(p, ","));
}

static void parse_min(formula_t *p, operand_t *ret)
{
	parse_fold(p, OP_MIN, ret);
}

static void parse_max(formula_t *p, operand_t *ret)
{
	parse_fold(p, OP_MAX, ret);
}

static void parse_else(formula_t *p, operand_t *ret)
{
	parse_fold(p, OP_ELSE, ret);
}

static void parse_abs(formula_t *p, operand_t *ret)
{
	parse_level(p, LEVEL_OR, ret);
	check_no_offset(p, ret);
	ret->is_number = false;
	formula_emit(p, OP_ABS);
}

static void parse_round(formula_t *p, operand_t *ret)
{
	parse_level(p, LEVEL_OR, ret);
	formula_expect(p, ",");
	size_t at = p->token.at;
	double digits = parse_literal(p, &text_digits, (slice_t){ 0 });
	if (!(digits >= 0 && digits <= EXPR_DIGITS_MAX) || digits != trunc(digits))
		formula_fail(p, at, &text_digits, (slice_t){ 0 }, (slice_t){ 0 });
	ret->is_number = false;
	formula_emit_number(p, digits);
	formula_emit(p, OP_ROUND);
}

static const struct {
	const char *name;
	void (*parse)(formula_t *p, operand_t *ret);
} calls[] = {
	{ "if", parse_if },     { "min", parse_min }, { "max", parse_max },
	{ "else", parse_else }, { "abs", parse_abs }, { "round", parse_round },
};

enum { CALL_COUNT = sizeof(calls) / sizeof(*calls) };

static size_t find_function(const expr_vocabulary_t *v, slice_t name)
{
	size_t i = 0;
	while (i < v->function_count && !slice_eq(v->functions[i].name, name))
		i++;
	return i;
}

static size_t find_call(slice_t name)
{
	size_t i = 0;
	while (i < CALL_COUNT && !slice_eq(slice_str(calls[i].name), name))
		i++;
	return i;
}

/* The name is behind and the bracket read. A function of series with the name of one of the
 * language is meant where a series stands in the bracket. */
static void parse_call(formula_t *p, const token_t *name, operand_t *ret)
{
	const expr_vocabulary_t *v = p->source->vocabulary;
	size_t function = find_function(v, name->text), call = find_call(name->text);
	char names[ERR_ARG_MAX];
	bool is_series = p->token.kind == TOKEN_NAME &&
	                 find_name(v->series, v->series_count, p->token.text) < v->series_count;
	if (function < v->function_count && (is_series || call == CALL_COUNT))
		parse_series_call(p, name, function, ret);
	else if (call < CALL_COUNT) {
		calls[call].parse(p, ret);
		formula_expect(p, ")");
	} else
		formula_fail(p, name->at, &text_function, name->text, list_functions(v, names));
	ret->at = name->at;
}

static void parse_operand(formula_t *p, operand_t *ret)
{
	token_t token = p->token;
	if (token.kind == TOKEN_NUMBER)
		parse_number(p, ret);
	else if (token.kind == TOKEN_NAME && !is_reserved(token.text)) {
		formula_next(p);
		if (formula_take(p, "("))
			parse_call(p, &token, ret);
		else
			parse_name(p, &token, ret);
	} else if (formula_take(p, "(")) {
		parse_level(p, LEVEL_OR, ret);
		formula_expect(p, ")");
		ret->at = token.at;
	} else
		formula_unexpected(p);
}

static void check_power(formula_t *p, operand_t *base, const operand_t *exponent)
{
	if (unit_is_number(&base->unit)) {
		if (!unit_is_number(&exponent->unit))
			fail_unit(p, exponent->at, &text_condition, &exponent->unit);
		convert(p, exponent, &UNIT_ONE, &text_differ);
	} else if (!exponent->is_number || unit_power(&base->unit, exponent->number, &base->unit))
		fail_unit(p, base->at, &text_power, &base->unit);
	base->is_number = false;
	formula_emit(p, OP_POWER);
}

static void parse_power(formula_t *p, operand_t *ret)
{
	operand_t exponent = { .unit = UNIT_ONE };
	parse_operand(p, ret);
	if (!formula_take(p, "^") || p->err)
		return;
	check_no_offset(p, ret);
	if (unit_is_number(&ret->unit)) {
		convert(p, ret, &UNIT_ONE, &text_differ);
		ret->unit = UNIT_ONE;
	}
	parse_sign(p, &exponent);
	check_power(p, ret, &exponent);
}

static void parse_sign(formula_t *p, operand_t *ret)
{
	*ret = (operand_t){ .unit = UNIT_ONE, .at = p->token.at };
	if (++p->depth > EXPR_DEPTH_MAX)
		formula_limit(p, p->token.at, &text_depth);
	if (formula_take(p, "-")) {
		parse_sign(p, ret);
		check_no_offset(p, ret);
		ret->number = -ret->number;
		formula_emit(p, OP_NEGATE);
	} else if (formula_take(p, "+"))
		parse_sign(p, ret);
	else if (!p->err)
		parse_power(p, ret);
	p->depth--;
}

static size_t find_operator(const formula_t *p)
{
	size_t i = 0;
	while (i < OPERATOR_COUNT && !formula_is(p, operators[i].sign))
		i++;
	return i;
}

static void parse_not(formula_t *p, operand_t *ret)
{
	size_t at = p->token.at;
	formula_next(p);
	if (++p->depth > EXPR_DEPTH_MAX)
		formula_limit(p, p->token.at, &text_depth);
	if (!p->err)
		parse_level(p, LEVEL_NOT, ret);
	p->depth--;
	check_condition(p, ret);
	*ret = (operand_t){ .unit = UNIT_ONE, .at = at };
	formula_emit(p, OP_NOT);
}

static void parse_level(formula_t *p, level_t least, operand_t *ret)
{
	bool is_compared = false;
	operand_t right;
	*ret = (operand_t){ .unit = UNIT_ONE, .at = p->token.at };
	if (least <= LEVEL_NOT && formula_is(p, "not"))
		parse_not(p, ret);
	else
		parse_sign(p, ret);
	for (size_t i; (i = find_operator(p)) < OPERATOR_COUNT && operators[i].level >= least;) {
		bool compares = operators[i].level == LEVEL_COMPARE;
		if (compares && is_compared)
			formula_fail(p, p->token.at, &text_chain, (slice_t){ 0 }, (slice_t){ 0 });
		is_compared = compares;
		formula_next(p);
		parse_level(p, operators[i].level + 1, &right);
		operators[i].check(p, ret, &right, operators[i].op);
	}
}

static const expr_t *keep(const formula_t *p, const unit_t *unit, arena_t *arena)
{
	expr_t *expr = ARENA_NEW(arena, expr_t, 1);
	op_t *ops = ARENA_NEW(arena, op_t, p->op_count);
	double *numbers = ARENA_NEW(arena, double, p->number_count + 1);
	expr_input_t *inputs = ARENA_NEW(arena, expr_input_t, p->input_count + 1);
	if (!expr || !ops || !numbers || !inputs)
		return NULL;
	memcpy(ops, p->ops, p->op_count * sizeof(*ops));
	memcpy(numbers, p->numbers, p->number_count * sizeof(*numbers));
	memcpy(inputs, p->inputs, p->input_count * sizeof(*inputs));
	*expr = (expr_t){ .ops = ops,
		          .numbers = numbers,
		          .inputs = inputs,
		          .op_count = (uint16_t)p->op_count,
		          .input_count = (uint16_t)p->input_count,
		          .unit = *unit };
	return expr;
}

err_t expr_parse(const expr_source_t *source, arena_t *arena, const expr_t **ret_expr,
                 err_detail_t *ret_detail)
{
	formula_t p;
	operand_t result;
	formula_start(&p, source, ret_detail);
	if (source->text.len > EXPR_TEXT_MAX)
		formula_limit(&p, 0, &text_size);
	parse_level(&p, LEVEL_OR, &result);
	if (p.token.kind != TOKEN_END)
		formula_unexpected(&p);
	if (source->unit) {
		convert(&p, &result, source->unit, &text_result);
		result.unit = *source->unit;
	}
	if (p.err)
		return p.err;
	const expr_t *expr = keep(&p, &result.unit, arena);
	if (!expr)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", NULL);
	*ret_expr = expr;
	return ERR_OK;
}
