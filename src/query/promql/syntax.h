/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_PROMQL_SYNTAX_H
#define QUERY_PROMQL_SYNTAX_H
/* The plan of a query as a tree, and what of it the parser's files share. Nodes and all
 * they point to are of the plan's pool. */
#include "base/pool.h"
#include "query/promql/lex.h"
#include "query/promql/promql.h"

typedef struct node node_t;
typedef struct function function_t;

typedef enum {
	NODE_NUMBER,
	NODE_STRING,
	NODE_SELECTOR, /* with a range in its reach: a window of each series */
	NODE_SUBQUERY,
	NODE_CALL,
	NODE_AGGREGATE,
	NODE_BINARY,
	NODE_UNARY, /* minus */
	NODE_KINDS
} node_kind_t;

/* When a selector or a subquery looks, against the time of the step. */
typedef enum { AT_STEP, AT_TIME, AT_START, AT_END } at_kind_t;
typedef struct {
	int64_t range_ms;  /* 0: none */
	int64_t step_ms;   /* of a subquery; 0: its default */
	int64_t offset_ms; /* into the past */
	at_kind_t at;
	int64_t at_ms;
} reach_t;

/* name, symbol, precedence, drops the metric's name */
#define OPERATOR_ROWS(X) \
	X(OR, "or", 1, false) \
	X(AND, "and", 2, false) \
	X(UNLESS, "unless", 2, false) \
	X(EQUAL, "==", 3, false) \
	X(NOT_EQUAL, "!=", 3, false) \
	X(LESS_EQUAL, "<=", 3, false) \
	X(LESS, "<", 3, false) \
	X(GREATER_EQUAL, ">=", 3, false) \
	X(GREATER, ">", 3, false) \
	X(ADD, "+", 4, true) \
	X(SUBTRACT, "-", 4, true) \
	X(MULTIPLY, "*", 5, true) \
	X(DIVIDE, "/", 5, true) \
	X(MODULO, "%", 5, true) \
	X(ATAN2, "atan2", 5, false) \
	X(POWER, "^", 6, true)

#define X(name, symbol, precedence, drops) OPERATOR_##name,
typedef enum { OPERATOR_ROWS(X) OPERATOR_COUNT } operator_t;
#undef X

typedef struct {
	const char *symbol;
	unsigned precedence;
	bool drops_name;
} operator_info_t;
const operator_info_t *operator_info(operator_t op);
static inline bool operator_is_set(operator_t op)
{
	return op <= OPERATOR_UNLESS;
}
static inline bool operator_compares(operator_t op)
{
	return op >= OPERATOR_EQUAL && op <= OPERATOR_GREATER;
}

/* word, what it gives of a group, type of its parameter (PROMQL_VECTOR: it has none) */
#define AGGREGATE_ROWS(X) \
	X(SUM, "sum", VECTOR, "the sum") \
	X(AVG, "avg", VECTOR, "the mean") \
	X(MIN, "min", VECTOR, "the least value") \
	X(MAX, "max", VECTOR, "the greatest value") \
	X(COUNT, "count", VECTOR, "how many series") \
	X(GROUP, "group", VECTOR, "1") \
	X(STDDEV, "stddev", VECTOR, "the standard deviation of the population") \
	X(STDVAR, "stdvar", VECTOR, "the variance of the population") \
	X(TOPK, "topk", SCALAR, "its k greatest series") \
	X(BOTTOMK, "bottomk", SCALAR, "its k least series") \
	X(QUANTILE, "quantile", SCALAR, "a quantile, between values linear") \
	X(COUNT_VALUES, "count_values", STRING, "how many series have each value")

#define X(name, word, param, text) AGGREGATE_##name,
typedef enum { AGGREGATE_ROWS(X) AGGREGATE_COUNT_OF } aggregate_t;
#undef X

typedef struct {
	const char *word, *what;
	promql_type_t param;
} aggregate_info_t;
const aggregate_info_t *aggregate_info(aggregate_t op);

typedef struct {
	slice_t *names;
	size_t count;
} names_t;

typedef enum { SIDES_ONE_TO_ONE, SIDES_MANY_TO_ONE, SIDES_ONE_TO_MANY } sides_t;

struct node {
	node_kind_t kind;
	promql_type_t type;
	size_t at; /* bytes of the text in front of it */
	unsigned depth;
	bool is_bracketed; /* a modifier behind it does not reach into the brackets */
	node_t **args;     /* operands, arguments; of an aggregate its parameter first */
	size_t arg_count;
	double number;
	slice_t text; /* of a string */
	/* Selectors and subqueries. */
	reach_t reach;
	bool has_offset;
	label_matcher_t *matchers;
	size_t matcher_count;
	/* Calls, operators, aggregates. */
	const function_t *function;
	operator_t op;
	aggregate_t aggregate;
	bool is_bool;
	bool is_on; /* `labels` are those that must be equal, else those that need not */
	bool is_without;
	names_t labels; /* of on, ignoring, by, without; sorted */
	names_t include;
	sides_t sides;
};

struct promql {
	pool_t pool;
	slice_t text;
	node_t *root;
	struct eval *eval; /* what the answer borrows; NULL until it ran */
};

enum { NODES_MAX = 4096 };

typedef struct {
	promql_t *query;
	lexer_t lexer;
	token_t token; /* the next one */
	unsigned depth;
	size_t nodes;
	err_t err; /* sticky: the first failure, told in `detail` */
	err_detail_t *detail;
} parser_t;

/* parser.c: the tokens. */
void parser_next(parser_t *p);
bool parser_is(const parser_t *p, const char *sign);
/* Whether the next word is this keyword, whatever its case. */
bool parser_is_word(const parser_t *p, const char *word);
/* Takes the sign or word when it is next. */
bool parser_take(parser_t *p, const char *sign);
/* Fails unless the sign is next. */
void parser_expect(parser_t *p, const char *sign);
/* NULL, with the failure kept: so that callers write return parser_fail(...). */
node_t *parser_fail(parser_t *p, size_t at, const err_text_t *text, slice_t arg);
/* "unexpected X"; says what was expected. */
node_t *parser_unexpected(parser_t *p, const char *expected);
node_t *parser_node(parser_t *p, node_kind_t kind, promql_type_t type, size_t at);
void *parser_alloc(parser_t *p, size_t n, size_t size);

/* parse.c */
node_t *parse_expression(parser_t *p);
/* parse_selector.c: after its first token, which is a name or "{". */
node_t *parse_selector(parser_t *p, token_t name);
/* Ranges, offsets and times that stand behind an expression. */
node_t *parse_modifiers(parser_t *p, node_t *node);
/* "(a, b)" to sorted names. */
bool parse_names(parser_t *p, names_t *ret_names);
/* check.c: types and numbers of arguments; the node itself or NULL. */
node_t *check_call(parser_t *p, node_t *call);
node_t *check_aggregate(parser_t *p, node_t *node);
node_t *check_binary(parser_t *p, node_t *node);
const char *check_type_name(promql_type_t type);
/* literal.c */
MUST_CHECK err_t literal_number(slice_t text, double *ret_number);
/* A string with its quotes to what it says; never longer. */
MUST_CHECK err_t literal_string(slice_t text, writer_t *w);
bool literal_is_label(slice_t text);
#endif
