/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPR_FORMULA_H
#define EXPR_FORMULA_H
/* What parsing a formula stands on: its words, the program that grows, and the first thing
 * that was wrong. After that nothing is read or emitted any more, so that the grammar
 * (parse.c) need not look after each step. */
#include "expr/program.h"

typedef enum { TOKEN_END, TOKEN_NUMBER, TOKEN_NAME, TOKEN_UNIT, TOKEN_SIGN } token_kind_t;

typedef struct {
	token_kind_t kind;
	slice_t text;  /* of a unit what stands in its brackets */
	size_t at;     /* byte of the source */
	double number; /* of a number */
} token_t;

typedef struct {
	const expr_source_t *source;
	err_detail_t *detail;
	err_t err;
	size_t at; /* behind the token */
	token_t token;
	unsigned depth;
	size_t stack; /* values on it at this place of the program */
	op_t ops[EXPR_OPS_MAX];
	double numbers[EXPR_OPS_MAX];
	expr_input_t inputs[EXPR_INPUTS_MAX];
	size_t op_count, number_count, input_count;
} formula_t;

/* Reads the first token. */
void formula_start(formula_t *p, const expr_source_t *source, err_detail_t *detail);
void formula_next(formula_t *p);
bool formula_is(const formula_t *p, const char *sign); /* a sign or a word: "(", "and" */
bool formula_take(formula_t *p, const char *sign);
void formula_expect(formula_t *p, const char *sign);
/* The first failure counts. Texts fill %1 and %2; either may be empty. */
void formula_fail(formula_t *p, size_t at, const err_text_t *text, slice_t arg1, slice_t arg2);
void formula_limit(formula_t *p, size_t at, const err_text_t *text);
/* The token is not what may stand here. */
void formula_unexpected(formula_t *p);
void formula_emit(formula_t *p, op_code_t op);
void formula_emit_number(formula_t *p, double number);
void formula_emit_input(formula_t *p, const expr_input_t *input);
/* What was put last is multiplied; a number at once. */
void formula_emit_scale(formula_t *p, double factor);
#endif
