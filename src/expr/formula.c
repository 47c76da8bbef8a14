/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/formula.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/num.h"
#include "base/utf8.h"

static const err_text_t text_unexpected = {
	{ "%1 cannot stand here", "此处不能出现 %1" },
	{ "a name, a number or a bracket is wanted before and an operator behind each value",
	  "每个值应为名称、数字或括号，值之间用运算符连接" },
};
static const err_text_t text_end = {
	{ "the formula ends too early", "公式不完整" },
	{ "write the value that is missing, or close the bracket", "请补全缺少的值或右括号" },
};
static const err_text_t text_wanted = {
	{ "%1 is wanted here, not %2", "此处应为 %1，而不是 %2" },
	{ NULL, NULL },
};
static const err_text_t text_number = {
	{ "%1 is no number", "%1 不是数" },
	{ "write it as 12, 0.5 or 1e6", "请写成 12、0.5 或 1e6 的形式" },
};
static const err_text_t text_bracket = {
	{ "the unit has no ]", "单位缺少 ]" },
	{ "write it as 80[degC]", "请写成 80[degC] 的形式" },
};
static const err_text_t text_character = {
	{ "the character %1 has no meaning here", "字符 %1 在此无意义" },
	{ "names are of letters, digits, _ and .; signs are + - * / ^ ( ) , < <= > >= == !=",
	  "名称由字母、数字、_ 和 . 组成；符号有 + - * / ^ ( ) , < <= > >= == !=" },
};
static const err_text_t text_long = {
	{ "the formula has more than 256 steps", "公式超过 256 步" },
	{ "make parts of it figures of their own", "请把其中的部分单独定义" },
};
static const err_text_t text_inputs = {
	{ "the formula has more than 64 inputs", "公式的输入超过 64 个" },
	{ "make parts of it figures of their own", "请把其中的部分单独定义" },
};

/* Line and column in characters of a byte of the text. */
static void put_place(const expr_source_t *source, size_t at, char where[ERR_WHERE_MAX])
{
	size_t line = 0, column = 1;
	for (size_t i = 0; i < at && i < source->text.len; i++) {
		uint8_t byte = source->text.ptr[i];
		line += byte == '\n';
		column = byte == '\n' ? 1 : column + ((byte & 0xC0) != 0x80);
	}
	if (!source->file)
		(void)snprintf(where, ERR_WHERE_MAX, "column %zu", column);
	else
		(void)snprintf(where, ERR_WHERE_MAX, "%s:%zu:%zu", source->file,
		               source->line + line, line ? column : source->column + column - 1);
}

static void fail(formula_t *p, err_t err, size_t at, const err_text_t *text, slice_t args[2])
{
	char where[ERR_WHERE_MAX], said[2][ERR_ARG_MAX];
	if (p->err)
		return;
	put_place(p->source, at, where);
	for (size_t i = 0; i < 2; i++)
		(void)slice_to_cstr(args[i], said[i], sizeof(said[i]));
	p->err = err_raise(p->detail, err, text, where, said[0], said[1], NULL);
}

void formula_fail(formula_t *p, size_t at, const err_text_t *text, slice_t arg1, slice_t arg2)
{
	fail(p, ERR_INVALID, at, text, (slice_t[2]){ arg1, arg2 });
}

void formula_limit(formula_t *p, size_t at, const err_text_t *text)
{
	fail(p, ERR_LIMIT, at, text, (slice_t[2]){ { 0 } });
}

void formula_unexpected(formula_t *p)
{
	bool is_end = p->token.kind == TOKEN_END;
	formula_fail(p, p->token.at, is_end ? &text_end : &text_unexpected, p->token.text,
	             (slice_t){ 0 });
}

static slice_t rest(const formula_t *p)
{
	return slice_from(p->source->text, p->at);
}

static void read_number(formula_t *p)
{
	slice_t tail = rest(p), before = tail;
	p->token.kind = TOKEN_NUMBER;
	err_t err = num_take_f64(&tail, &p->token.number);
	size_t len = before.len - tail.len;
	if (err || (tail.len && (ascii_is_letter(tail.ptr[0]) || tail.ptr[0] == '.'))) {
		while (len < before.len &&
		       (ascii_is_alnum(before.ptr[len]) || before.ptr[len] == '.'))
			len++;
		formula_fail(p, p->at, &text_number, slice_sub(before, 0, len), (slice_t){ 0 });
	}
	p->token.text = slice_sub(before, 0, len);
	p->at += len;
}

static void read_name(formula_t *p)
{
	slice_t in = rest(p);
	size_t len = 0;
	while (len < in.len && ascii_is_word(slice_sub(in, len, 1), SLICE("_.")))
		len++;
	p->token.kind = TOKEN_NAME;
	p->token.text = slice_sub(in, 0, len);
	p->at += len;
}

static void read_unit(formula_t *p)
{
	slice_t in = slice_from(rest(p), 1);
	size_t len = slice_find(in, ']');
	if (len == in.len)
		formula_fail(p, p->at, &text_bracket, (slice_t){ 0 }, (slice_t){ 0 });
	p->token.kind = TOKEN_UNIT;
	p->token.text = slice_trim(slice_sub(in, 0, len));
	p->at += len + 2;
}

static void read_sign(formula_t *p)
{
	static const char *const signs[] = { "<=", ">=", "==", "!=", "<", ">", "+",
		                             "-",  "*",  "/",  "^",  "(", ")", "," };
	slice_t in = rest(p);
	p->token.kind = TOKEN_SIGN;
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (slice_starts(in, slice_str(signs[i]))) {
			p->token.text = slice_str(signs[i]);
			p->at += p->token.text.len;
			return;
		}
	size_t len = utf8_next(in);
	formula_fail(p, p->at, &text_character, slice_sub(in, 0, len), (slice_t){ 0 });
}

void formula_next(formula_t *p)
{
	slice_t text = p->source->text;
	while (p->at < text.len && slice_find(SLICE(" \t\r\n"), text.ptr[p->at]) < 4)
		p->at++;
	p->token = (token_t){ .kind = TOKEN_END, .at = p->at };
	if (p->err || p->at >= text.len)
		return;
	uint8_t byte = text.ptr[p->at];
	if (ascii_is_digit(byte))
		read_number(p);
	else if (ascii_is_letter(byte))
		read_name(p);
	else if (byte == '[')
		read_unit(p);
	else
		read_sign(p);
}

void formula_start(formula_t *p, const expr_source_t *source, err_detail_t *detail)
{
	p->source = source;
	p->detail = detail;
	p->err = ERR_OK;
	p->at = p->stack = 0;
	p->depth = 0;
	p->op_count = p->number_count = p->input_count = 0;
	formula_next(p);
}

bool formula_is(const formula_t *p, const char *sign)
{
	return !p->err && (p->token.kind == TOKEN_SIGN || p->token.kind == TOKEN_NAME) &&
	       slice_eq(p->token.text, slice_str(sign));
}

bool formula_take(formula_t *p, const char *sign)
{
	bool is = formula_is(p, sign);
	if (is)
		formula_next(p);
	return is;
}

void formula_expect(formula_t *p, const char *sign)
{
	if (formula_take(p, sign))
		return;
	if (p->token.kind == TOKEN_END)
		formula_unexpected(p);
	formula_fail(p, p->token.at, &text_wanted, slice_str(sign), p->token.text);
}

static void emit(formula_t *p, op_t op)
{
	if (p->err)
		return;
	size_t takes = op_takes((op_code_t)op.code);
	assert(takes <= p->stack);
	p->stack = p->stack - takes + 1;
	if (p->op_count == EXPR_OPS_MAX || p->stack > EXPR_STACK_MAX) {
		formula_limit(p, p->token.at, &text_long);
		return;
	}
	p->ops[p->op_count++] = op;
}

void formula_emit(formula_t *p, op_code_t op)
{
	emit(p, (op_t){ .code = (uint16_t)op });
}

void formula_emit_number(formula_t *p, double number)
{
	emit(p, (op_t){ .code = OP_NUMBER, .index = (uint16_t)p->number_count });
	if (!p->err)
		p->numbers[p->number_count++] = number;
}

/* Its place, or that behind the last. */
static size_t find_input(const formula_t *p, const expr_input_t *input)
{
	size_t i = 0;
	while (i < p->input_count &&
	       (p->inputs[i].function != input->function || p->inputs[i].name != input->name ||
	        p->inputs[i].number != input->number))
		i++;
	return i;
}

void formula_emit_input(formula_t *p, const expr_input_t *input)
{
	size_t i = find_input(p, input);
	if (i == EXPR_INPUTS_MAX)
		formula_limit(p, p->token.at, &text_inputs);
	emit(p, (op_t){ .code = OP_INPUT, .index = (uint16_t)i });
	if (!p->err && i == p->input_count)
		p->inputs[p->input_count++] = *input;
}

/* The constant that stands on top, or NULL. */
static double *last_number(formula_t *p)
{
	bool is_number = p->ops[p->op_count - 1].code == OP_NUMBER;
	return is_number ? &p->numbers[p->number_count - 1] : NULL;
}

void formula_emit_scale(formula_t *p, double factor)
{
	if (p->err || factor == 1)
		return;
	double *last = last_number(p);
	if (last && isfinite(*last * factor)) {
		*last *= factor;
		return;
	}
	formula_emit_number(p, factor);
	formula_emit(p, OP_MULTIPLY);
}
