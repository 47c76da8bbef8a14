/* SPDX-License-Identifier: Apache-2.0 */
/* The tokens under the parser, its nodes and its failures. */
#include <stdio.h>

#include "query/promql/syntax.h"

enum { WHERE_MAX = 32 };

static const err_text_t text_unexpected = {
	{ "%1 cannot stand here; expected is %2", "此处不应出现 %1；应为 %2" },
	{ NULL, NULL },
};

static const err_text_t text_bad_token = {
	{ "%1: %2", "%1：%2" },
	{ NULL, NULL },
};

static const err_text_t text_memory = {
	{ "the query is too large for its plan", "查询的执行计划过大" },
	{ "split it", "请拆分查询" },
};

/* "3:14", counting bytes from 1. */
static void put_where(const parser_t *p, size_t at, char buf[WHERE_MAX])
{
	size_t line = 1, column = 1;
	for (size_t i = 0; i < at && i < p->query->text.len; i++) {
		column++;
		if (p->query->text.ptr[i] == '\n') {
			line++;
			column = 1;
		}
	}
	(void)snprintf(buf, WHERE_MAX, "%zu:%zu", line, column);
}

static node_t *fail(parser_t *p, err_t err, size_t at, const err_text_t *text, const char *args[2])
{
	char where[WHERE_MAX];
	if (p->err)
		return NULL;
	put_where(p, at, where);
	p->err = err_raise(p->detail, err, text, where, args[0], args[1], (char *)NULL);
	return NULL;
}

node_t *parser_fail(parser_t *p, size_t at, const err_text_t *text, slice_t arg)
{
	char buf[ERR_ARG_MAX];
	(void)slice_to_cstr(arg, buf, sizeof(buf));
	return fail(p, ERR_MALFORMED, at, text, (const char *[2]){ buf, "" });
}

node_t *parser_unexpected(parser_t *p, const char *expected)
{
	char buf[ERR_ARG_MAX] = "the end of the query";
	if (p->token.kind != TOKEN_END)
		(void)slice_to_cstr(p->token.text, buf, sizeof(buf));
	if (p->token.kind == TOKEN_BAD)
		return fail(p, ERR_MALFORMED, p->token.at, &text_bad_token,
		            (const char *[2]){ buf, p->token.why });
	return fail(p, ERR_MALFORMED, p->token.at, &text_unexpected,
	            (const char *[2]){ buf, expected });
}

void *parser_alloc(parser_t *p, size_t n, size_t size)
{
	void *room = p->err ? NULL : pool_alloc(&p->query->pool, n, size);
	if (!room)
		fail(p, ERR_LIMIT, 0, &text_memory, (const char *[2]){ "", "" });
	return room;
}

node_t *parser_node(parser_t *p, node_kind_t kind, promql_type_t type, size_t at)
{
	node_t *node = ++p->nodes > NODES_MAX ? NULL : parser_alloc(p, 1, sizeof(*node));
	if (!node)
		return fail(p, ERR_LIMIT, at, &text_memory, (const char *[2]){ "", "" });
	node->kind = kind;
	node->type = type;
	node->at = at;
	node->depth = 1;
	return node;
}

void parser_next(parser_t *p)
{
	p->token = lex_next(&p->lexer);
	if (p->token.kind == TOKEN_BAD)
		(void)parser_unexpected(p, "");
}

bool parser_is(const parser_t *p, const char *sign)
{
	return p->token.kind == TOKEN_SIGN && slice_eq(p->token.text, slice_str(sign));
}

bool parser_is_word(const parser_t *p, const char *word)
{
	return p->token.kind == TOKEN_NAME && slice_eq_nocase(p->token.text, slice_str(word));
}

bool parser_take(parser_t *p, const char *sign)
{
	if (!parser_is(p, sign) && !parser_is_word(p, sign))
		return false;
	parser_next(p);
	return true;
}

void parser_expect(parser_t *p, const char *sign)
{
	if (!parser_take(p, sign))
		(void)parser_unexpected(p, sign);
}
