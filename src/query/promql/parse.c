/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions by descent: operators by precedence, then what they stand between. */
#include <stdlib.h>

#include "query/promql/functions.h"
#include "query/promql/syntax.h"

enum { ARGS_MAX = 32, PRECEDENCE_POWER = 6 };

static const err_text_t text_depth = {
	{ "the query is nested more than 100 deep", "查询嵌套超过 100 层" },
	{ "split it", "请拆分查询" },
};
static const err_text_t text_function = {
	{ "there is no function called %1", "没有名为 %1 的函数" },
	{ "doc/promql.md lists those that are here", "可用函数见 doc/promql.md" },
};
static const err_text_t text_args = {
	{ "a call has more than 32 arguments", "调用的参数超过 32 个" },
	{ NULL, NULL },
};
static const err_text_t text_number = {
	{ "%1 is no number", "%1 不是数" },
	{ NULL, NULL },
};
static const err_text_t text_text = {
	{ "the query is longer than 16 KiB", "查询超过 16 KiB" },
	{ "split it", "请拆分查询" },
};
static const err_text_t text_selector = {
	{ "%1 is not a series selector alone", "%1 不是单独的序列选择器" },
	{ NULL, NULL },
};

#define X(name, symbol, precedence, drops) { symbol, precedence, drops },
static const operator_info_t operators[] = { OPERATOR_ROWS(X) };
#undef X
#define X(name, word, param, text) { word, text, PROMQL_##param },
static const aggregate_info_t aggregates[] = { AGGREGATE_ROWS(X) };
#undef X

const operator_info_t *operator_info(operator_t op)
{
	return &operators[op];
}

const aggregate_info_t *aggregate_info(aggregate_t op)
{
	return &aggregates[op];
}

static bool push_arg(parser_t *p, node_t *node, node_t *arg)
{
	if (!arg)
		return false;
	if (!node->args)
		node->args = parser_alloc(p, ARGS_MAX, sizeof(node_t *));
	if (node->arg_count == ARGS_MAX)
		(void)parser_fail(p, arg->at, &text_args, (slice_t){ 0 });
	if (p->err)
		return false;
	node->args[node->arg_count++] = arg;
	if (node->depth <= arg->depth)
		node->depth = arg->depth + 1;
	if (node->depth > PROMQL_DEPTH_MAX)
		(void)parser_fail(p, node->at, &text_depth, (slice_t){ 0 });
	return !p->err;
}

static bool parse_args(parser_t *p, node_t *node)
{
	parser_expect(p, "(");
	while (!p->err && (node->arg_count || !parser_is(p, ")"))) {
		if (!push_arg(p, node, parse_expression(p)) || !parser_take(p, ","))
			break;
	}
	parser_expect(p, ")");
	return !p->err;
}

static node_t *parse_call(parser_t *p, token_t name)
{
	node_t *node = parser_node(p, NODE_CALL, PROMQL_VECTOR, name.at);
	if (!node)
		return NULL;
	node->function = function_find(name.text);
	if (!node->function)
		return parser_fail(p, name.at, &text_function, name.text);
	node->type = node->function->gives;
	return parse_args(p, node) ? check_call(p, node) : NULL;
}

static bool parse_grouping(parser_t *p, node_t *node)
{
	bool is_without = parser_is_word(p, "without");
	if (!is_without && !parser_is_word(p, "by"))
		return false;
	parser_next(p);
	node->is_without = is_without;
	return parse_names(p, &node->labels);
}

static node_t *parse_aggregate(parser_t *p, token_t name, aggregate_t op)
{
	node_t *node = parser_node(p, NODE_AGGREGATE, PROMQL_VECTOR, name.at);
	if (!node)
		return NULL;
	node->aggregate = op;
	bool is_grouped = parse_grouping(p, node);
	if (p->err || !parse_args(p, node))
		return NULL;
	if (!is_grouped)
		(void)parse_grouping(p, node);
	return p->err ? NULL : check_aggregate(p, node);
}

static node_t *parse_number(parser_t *p, slice_t text)
{
	node_t *node = parser_node(p, NODE_NUMBER, PROMQL_SCALAR, p->token.at);
	if (node && literal_number(text, &node->number))
		return parser_fail(p, p->token.at, &text_number, text);
	parser_next(p);
	return node;
}

/* Words that are operators or their modifiers name no metric here; the others do, unless
 * something tells that they are not meant so. */
static node_t *parse_word(parser_t *p)
{
	static const char *const reserved[] = { "bool",       "on",    "ignoring",
		                                "group_left", "atan2", "group_right" };
	token_t name = p->token;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (parser_is_word(p, reserved[i]))
			return parser_unexpected(p, "an expression");
	if (parser_is_word(p, "inf") || parser_is_word(p, "nan"))
		return parse_number(p, name.text);
	parser_next(p);
	bool is_call = parser_is(p, "(");
	bool is_grouped = parser_is_word(p, "by") || parser_is_word(p, "without");
	for (size_t i = 0; i < AGGREGATE_COUNT_OF && (is_call || is_grouped); i++)
		if (slice_eq_nocase(name.text, slice_str(aggregates[i].word)))
			return parse_aggregate(p, name, (aggregate_t)i);
	return is_call ? parse_call(p, name) : parse_selector(p, name);
}

static node_t *parse_string(parser_t *p)
{
	node_t *node = parser_node(p, NODE_STRING, PROMQL_STRING, p->token.at);
	uint8_t *room = parser_alloc(p, p->token.text.len, 1);
	writer_t w = writer_of(room, room ? p->token.text.len : 0);
	if (!node || !room)
		return NULL;
	if (literal_string(p->token.text, &w))
		return parser_unexpected(p, "a string with known escapes");
	node->text = writer_done(&w);
	parser_next(p);
	return node;
}

static node_t *parse_bracketed(parser_t *p)
{
	parser_next(p);
	node_t *node = parse_expression(p);
	parser_expect(p, ")");
	if (p->err)
		return NULL;
	node->is_bracketed = true;
	return node;
}

static node_t *parse_operand(parser_t *p)
{
	token_t token = p->token;
	switch (token.kind) {
	case TOKEN_NUMBER:
		return parse_number(p, token.text);
	case TOKEN_STRING:
		return parse_string(p);
	case TOKEN_NAME:
		return parse_word(p);
	case TOKEN_SIGN:
		if (parser_is(p, "("))
			return parse_bracketed(p);
		if (parser_take(p, "{"))
			return parse_selector(p, token);
		return parser_unexpected(p, "an expression");
	case TOKEN_END:
	case TOKEN_BAD:
	case TOKEN_DURATION:
		break;
	}
	return parser_unexpected(p, "an expression");
}

static node_t *parse_operators(parser_t *p, unsigned least);

/* A sign binds as a product does: -1 ^ 2 is -(1 ^ 2). Of a number alone it is part. */
static node_t *parse_signed(parser_t *p)
{
	static const err_text_t text_sign = {
		{ "a sign must stand before a scalar or an instant vector",
		  "正负号只能用于标量或瞬时向量" },
		{ NULL, NULL },
	};
	size_t at = p->token.at;
	bool is_minus = parser_is(p, "-");
	if (!is_minus && !parser_is(p, "+"))
		return parse_modifiers(p, parse_operand(p));
	parser_next(p);
	node_t *of = parse_operators(p, PRECEDENCE_POWER);
	if (!of)
		return NULL;
	if (of->type != PROMQL_SCALAR && of->type != PROMQL_VECTOR)
		return parser_fail(p, at, &text_sign, (slice_t){ 0 });
	if (of->kind == NODE_NUMBER && !of->is_bracketed) {
		of->number = is_minus ? -of->number : of->number;
		return of;
	}
	node_t *node = is_minus ? parser_node(p, NODE_UNARY, of->type, at) : of;
	if (is_minus && (!node || !push_arg(p, node, of)))
		return NULL;
	return node;
}

static operator_t next_operator(const parser_t *p)
{
	size_t op = 0;
	while (op < OPERATOR_COUNT &&
	       !(parser_is(p, operators[op].symbol) || parser_is_word(p, operators[op].symbol)))
		op++;
	return (operator_t)op;
}

static bool parse_matching(parser_t *p, node_t *node)
{
	node->is_bool = parser_take(p, "bool");
	node->is_on = parser_is_word(p, "on");
	if (!parser_take(p, "on") && !parser_take(p, "ignoring"))
		return !p->err;
	if (!parse_names(p, &node->labels))
		return false;
	bool is_left = parser_is_word(p, "group_left");
	if (!parser_take(p, "group_left") && !parser_take(p, "group_right"))
		return !p->err;
	node->sides = is_left ? SIDES_MANY_TO_ONE : SIDES_ONE_TO_MANY;
	return parser_is(p, "(") ? parse_names(p, &node->include) : !p->err;
}

static node_t *parse_operators(parser_t *p, unsigned least)
{
	if (++p->depth > PROMQL_DEPTH_MAX)
		return parser_fail(p, p->token.at, &text_depth, (slice_t){ 0 });
	node_t *left = parse_signed(p);
	operator_t op = next_operator(p);
	while (left && op < OPERATOR_COUNT && operators[op].precedence >= least) {
		node_t *node = parser_node(p, NODE_BINARY, PROMQL_VECTOR, p->token.at);
		/* Powers group to the right, all others to the left. */
		unsigned next = operators[op].precedence + (op == OPERATOR_POWER ? 0 : 1);
		parser_next(p);
		if (!node || !parse_matching(p, node) || !push_arg(p, node, left) ||
		    !push_arg(p, node, parse_operators(p, next)))
			return NULL;
		node->op = op;
		left = check_binary(p, node);
		op = next_operator(p);
	}
	p->depth--;
	return p->err ? NULL : left;
}

node_t *parse_expression(parser_t *p)
{
	return parse_operators(p, 0);
}

static err_t parse(slice_t text, promql_t **ret_query, err_detail_t *ret_detail)
{
	if (text.len > PROMQL_TEXT_MAX)
		return err_raise(ret_detail, ERR_LIMIT, &text_text, "", (char *)NULL);
	promql_t *query = calloc(1, sizeof(*query));
	if (!query)
		return ERR_NO_MEMORY;
	query->pool = pool_of(promql_limits_default().plan_bytes);
	uint8_t *copy = pool_alloc(&query->pool, text.len + 1, 1);
	parser_t p = { .query = query, .detail = ret_detail };
	if (copy && text.len)
		memcpy(copy, text.ptr, text.len);
	query->text = p.lexer.text = slice_of(copy, copy ? text.len : 0);
	parser_next(&p);
	query->root = parse_expression(&p);
	if (!p.err && p.token.kind != TOKEN_END)
		(void)parser_unexpected(&p, "an operator or the end");
	if (p.err)
		promql_free(query);
	else
		*ret_query = query;
	return p.err;
}

err_t promql_parse(slice_t text, promql_t **ret_query, err_detail_t *ret_detail)
{
	return parse(text, ret_query, ret_detail);
}

err_t promql_select(slice_t text, promql_t **ret_query, err_detail_t *ret_detail)
{
	promql_t *query = NULL;
	err_t err = parse(text, &query, ret_detail);
	if (err)
		return err;
	const node_t *root = query->root;
	if (root->kind != NODE_SELECTOR || root->type != PROMQL_VECTOR || root->has_offset ||
	    root->reach.at != AT_STEP || root->is_bracketed) {
		char arg[ERR_ARG_MAX];
		(void)slice_to_cstr(text, arg, sizeof(arg));
		promql_free(query);
		return err_raise(ret_detail, ERR_MALFORMED, &text_selector, "1:1", arg,
		                 (char *)NULL);
	}
	*ret_query = query;
	return ERR_OK;
}

promql_type_t promql_type(const promql_t *query)
{
	return query->root->type;
}

const label_matcher_t *promql_matchers(const promql_t *query, size_t *ret_count)
{
	*ret_count = query->root->matcher_count;
	return query->root->matchers;
}
