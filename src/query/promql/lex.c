/* SPDX-License-Identifier: Apache-2.0 */
#include "query/promql/lex.h"

#include "base/ascii.h"
#include "base/utf8.h"

static uint8_t peek(const lexer_t *l, size_t ahead)
{
	return l->at + ahead < l->text.len ? l->text.ptr[l->at + ahead] : 0;
}

static bool is_word(uint8_t c)
{
	return ascii_is_alnum(c) || c == '_';
}

static void skip_blanks(lexer_t *l)
{
	while (l->at < l->text.len) {
		uint8_t c = peek(l, 0);
		if (c == '#')
			while (l->at < l->text.len && peek(l, 0) != '\n' && peek(l, 0) != '\r')
				l->at++;
		else if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			l->at++;
		else
			return;
	}
}

static token_t cut(lexer_t *l, token_kind_t kind, size_t len)
{
	token_t token = { kind, slice_sub(l->text, l->at, len), l->at, NULL };
	l->at += token.text.len;
	return token;
}

static token_t bad(lexer_t *l, size_t len, const char *why)
{
	token_t token = cut(l, TOKEN_BAD, len);
	token.why = why;
	return token;
}

static size_t run(const lexer_t *l, size_t from, bool (*is)(uint8_t c))
{
	while (l->at + from < l->text.len && is(peek(l, from)))
		from++;
	return from;
}

/* Digits, "0x" and digits, a fraction, an exponent. */
static size_t number_len(const lexer_t *l)
{
	size_t len = 0;
	bool is_hex = peek(l, 0) == '0' && (peek(l, 1) | 0x20) == 'x';
	len = run(l, is_hex ? 2 : 0, is_hex ? ascii_is_hex : ascii_is_digit);
	if (peek(l, len) == '.' && !is_hex)
		len = run(l, len + 1, ascii_is_digit);
	if ((peek(l, len) | 0x20) == 'e' && !is_hex) {
		size_t sign = peek(l, len + 1) == '+' || peek(l, len + 1) == '-' ? 1 : 0;
		len = run(l, len + 1 + sign, ascii_is_digit);
	}
	return len;
}

/* A number ends where its word ends; what goes on as a word is a duration, whose units
 * are looked at where it is read. */
static token_t lex_number(lexer_t *l)
{
	size_t len = number_len(l);
	if (!is_word(peek(l, len)))
		return cut(l, TOKEN_NUMBER, len);
	len = run(l, 0, is_word);
	return ascii_is_digit(peek(l, 0))
	               ? cut(l, TOKEN_DURATION, len)
	               : bad(l, len, "a number or a duration is not well formed");
}

static token_t lex_string(lexer_t *l)
{
	uint8_t quote = peek(l, 0);
	size_t len = 1;
	while (l->at + len < l->text.len && peek(l, len) != quote) {
		size_t step = utf8_next(slice_from(l->text, l->at + len));
		if (step == 0)
			return bad(l, len, "a string is not UTF-8");
		if (quote != '`' && peek(l, len) == '\n')
			break;
		if (quote != '`' && peek(l, len) == '\\' && peek(l, len + 1))
			step = 2;
		len += step;
	}
	if (l->at + len >= l->text.len || peek(l, len) != quote)
		return bad(l, len, "a string is not closed");
	return cut(l, TOKEN_STRING, len + 1);
}

static token_t lex_name(lexer_t *l)
{
	size_t len = 0;
	while (is_word(peek(l, len)) || (peek(l, len) == ':' && !l->in_brackets))
		len++;
	return cut(l, TOKEN_NAME, len);
}

static token_t lex_sign(lexer_t *l)
{
	static const char pairs[][3] = { "==", "!=", "<=", ">=", "=~", "!~" };
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (peek(l, 0) == (uint8_t)pairs[i][0] && peek(l, 1) == (uint8_t)pairs[i][1])
			return cut(l, TOKEN_SIGN, 2);
	static const char signs[] = "(){}[],:@+-*/%^=<>";
	uint8_t c = peek(l, 0);
	if (c == 0 || !strchr(signs, c)) {
		size_t len = utf8_next(slice_from(l->text, l->at));
		return bad(l, len ? len : 1, "there is a character that no query has");
	}
	if (c == '[' || c == ']')
		l->in_brackets = c == '[';
	return cut(l, TOKEN_SIGN, 1);
}

token_t lex_next(lexer_t *l)
{
	skip_blanks(l);
	uint8_t c = peek(l, 0);
	if (l->at == l->text.len)
		return cut(l, TOKEN_END, 0);
	if (ascii_is_digit(c) || (c == '.' && ascii_is_digit(peek(l, 1))))
		return lex_number(l);
	if (c == '"' || c == '\'' || c == '`')
		return lex_string(l);
	if (ascii_is_letter(c) || c == '_' || (c == ':' && !l->in_brackets))
		return lex_name(l);
	return lex_sign(l);
}
