/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_PROMQL_LEX_H
#define QUERY_PROMQL_LEX_H
/* The words of a query. A word is read when the parser asks for it, and the lexer keeps
 * nothing but its place. */
#include "base/slice.h"

typedef enum {
	TOKEN_END,
	TOKEN_BAD, /* its `why` says what is wrong */
	TOKEN_NUMBER,
	TOKEN_DURATION,
	TOKEN_STRING, /* with its quotes */
	TOKEN_NAME,   /* keywords and operators that are words too: the parser knows them */
	TOKEN_SIGN,   /* ( ) { } [ ] , : @ and operators, one or two characters */
} token_kind_t;

typedef struct {
	token_kind_t kind;
	slice_t text;    /* of the query */
	size_t at;       /* bytes in front of it */
	const char *why; /* of TOKEN_BAD */
} token_t;

typedef struct {
	slice_t text;
	size_t at;
	bool in_brackets; /* where a colon parts two durations and is of no name */
} lexer_t;

token_t lex_next(lexer_t *lexer);
#endif
