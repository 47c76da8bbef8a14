/* SPDX-License-Identifier: Apache-2.0 */
/* Which types go together. A signature is a letter an argument: s scalar, v instant
 * vector, m range vector, t string; behind a letter ? may be left out, * may come any
 * number of times, none too. */
#include "query/promql/functions.h"
#include "query/promql/syntax.h"

static const err_text_t text_count = {
	{ "%1 has the wrong number of arguments", "%1 的参数个数不对" },
	{ NULL, NULL },
};
static const err_text_t text_type = {
	{ "expected is a %1", "此处应为%1" },
	{ NULL, NULL },
};
static const err_text_t text_operands = {
	{ "the operands of %1 must be scalars or instant vectors",
	  "%1 的操作数必须是标量或瞬时向量" },
	{ NULL, NULL },
};
static const err_text_t text_bool = {
	{ "bool goes with comparisons only, not with %1", "bool 只用于比较运算，不能用于 %1" },
	{ NULL, NULL },
};
static const err_text_t text_scalars = {
	{ "the comparison %1 of two scalars needs bool", "两个标量的比较 %1 需要 bool" },
	{ NULL, NULL },
};
static const err_text_t text_set = {
	{ "%1 works on instant vectors only", "%1 只能用于瞬时向量" },
	{ NULL, NULL },
};
static const err_text_t text_matching = {
	{ "labels are matched between two instant vectors only",
	  "标签匹配只能用于两个瞬时向量之间" },
	{ NULL, NULL },
};
static const err_text_t text_group = {
	{ "%1 takes no group_left or group_right", "%1 不支持 group_left 或 group_right" },
	{ NULL, NULL },
};
static const err_text_t text_both = {
	{ "the label %1 stands in on and in the group at once",
	  "标签 %1 同时出现在 on 与 group 中" },
	{ NULL, NULL },
};

const char *check_type_name(promql_type_t type)
{
	static const char *const names[] = { [PROMQL_SCALAR] = "scalar",
		                             [PROMQL_VECTOR] = "instant vector",
		                             [PROMQL_MATRIX] = "range vector",
		                             [PROMQL_STRING] = "string" };
	return names[type];
}

static promql_type_t type_of(char letter)
{
	return letter == 's'   ? PROMQL_SCALAR
	       : letter == 'm' ? PROMQL_MATRIX
	       : letter == 't' ? PROMQL_STRING
	                       : PROMQL_VECTOR;
}

static bool is_type(parser_t *p, const node_t *node, promql_type_t type)
{
	if (node->type != type)
		(void)parser_fail(p, node->at, &text_type, slice_str(check_type_name(type)));
	return !p->err;
}

node_t *check_call(parser_t *p, node_t *call)
{
	const char *takes = call->function->takes;
	size_t given = 0;
	for (size_t i = 0; takes[i] && !p->err; i++) {
		bool is_optional = takes[i + 1] == '?', is_many = takes[i + 1] == '*';
		bool is_there = given < call->arg_count;
		if (!is_there && !is_optional && !is_many)
			return parser_fail(p, call->at, &text_count,
			                   slice_str(call->function->name));
		while (given < call->arg_count &&
		       is_type(p, call->args[given], type_of(takes[i]))) {
			given++;
			if (!is_many)
				break;
		}
		i += is_optional || is_many;
	}
	if (!p->err && given < call->arg_count)
		return parser_fail(p, call->at, &text_count, slice_str(call->function->name));
	return p->err ? NULL : call;
}

node_t *check_aggregate(parser_t *p, node_t *node)
{
	const aggregate_info_t *info = aggregate_info(node->aggregate);
	size_t wanted = info->param == PROMQL_VECTOR ? 1 : 2;
	if (node->arg_count != wanted)
		return parser_fail(p, node->at, &text_count, slice_str(info->word));
	if (wanted == 2 && !is_type(p, node->args[0], info->param))
		return NULL;
	return is_type(p, node->args[wanted - 1], PROMQL_VECTOR) ? node : NULL;
}

static bool are_apart(parser_t *p, const node_t *node)
{
	for (size_t i = 0; node->is_on && i < node->labels.count; i++)
		for (size_t j = 0; j < node->include.count; j++)
			if (slice_eq(node->labels.names[i], node->include.names[j]))
				(void)parser_fail(p, node->at, &text_both, node->labels.names[i]);
	return !p->err;
}

static const err_text_t *binary_problem(const node_t *node, bool are_vectors, bool are_scalars)
{
	bool compares = operator_compares(node->op), is_set = operator_is_set(node->op);
	if (node->is_bool && !compares)
		return &text_bool;
	if (compares && !node->is_bool && are_scalars)
		return &text_scalars;
	if (is_set && !are_vectors)
		return &text_set;
	if (is_set && node->sides != SIDES_ONE_TO_ONE)
		return &text_group;
	return node->labels.count && !are_vectors ? &text_matching : NULL;
}

node_t *check_binary(parser_t *p, node_t *node)
{
	promql_type_t left = node->args[0]->type, right = node->args[1]->type;
	slice_t symbol = slice_str(operator_info(node->op)->symbol);
	if ((left != PROMQL_SCALAR && left != PROMQL_VECTOR) ||
	    (right != PROMQL_SCALAR && right != PROMQL_VECTOR))
		return parser_fail(p, node->at, &text_operands, symbol);
	bool are_scalars = left == PROMQL_SCALAR && right == PROMQL_SCALAR;
	bool are_vectors = left == PROMQL_VECTOR && right == PROMQL_VECTOR;
	const err_text_t *problem = binary_problem(node, are_vectors, are_scalars);
	if (problem)
		return parser_fail(p, node->at, problem, symbol);
	node->type = are_scalars ? PROMQL_SCALAR : PROMQL_VECTOR;
	return are_apart(p, node) ? node : NULL;
}
