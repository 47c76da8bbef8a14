/* SPDX-License-Identifier: Apache-2.0 */
/* Which series, and when: names, matchers, ranges, offsets and times. */
#include <math.h>
#include <stdlib.h>

#include "env/regex.h"
#include "query/promql/syntax.h"

#define NAME_LABEL SLICE(LABEL_NAME)
#define AT_MAX_S   9e12

enum { MATCHERS_MAX = 64, NAMES_MAX = LABELS_MAX };

static const err_text_t text_label = {
	{ "%1 is no label name", "%1 不是标签名" },
	{ NULL, NULL },
};
static const err_text_t text_string = {
	{ "the string %1 has an escape that is not known", "字符串 %1 含有未知转义" },
	{ NULL, NULL },
};
static const err_text_t text_regex = {
	{ "the regular expression %1 cannot be read", "无法解析正则表达式 %1" },
	{ NULL, NULL },
};
static const err_text_t text_matchers = {
	{ "a selector has more than 64 matchers", "选择器的匹配条件超过 64 个" },
	{ NULL, NULL },
};
static const err_text_t text_names = {
	{ "a list has more than 64 names", "列表中的名称超过 64 个" },
	{ NULL, NULL },
};
static const err_text_t text_name_twice = {
	{ "the metric is named twice: %1", "指标名称重复：%1" },
	{ NULL, NULL },
};
static const err_text_t text_all = {
	{ "the selector would take every series: one matcher at least must not hold for an empty "
	  "value",
	  "该选择器会选中所有序列：至少要有一个不匹配空值的条件" },
	{ NULL, NULL },
};
static const err_text_t text_duration = {
	{ "%1 is no duration above 0", "%1 不是大于 0 的时长" },
	{ "write it as 5m, 1h30m or 250ms", "请写成 5m、1h30m 或 250ms" },
};
static const err_text_t text_range_of = {
	{ "a range can be of a selector alone, without offset or time before it",
	  "范围只能用于选择器，且其前不能有 offset 或时间" },
	{ NULL, NULL },
};
static const err_text_t text_subquery_of = {
	{ "a subquery must be of an instant vector", "子查询必须针对瞬时向量" },
	{ NULL, NULL },
};
static const err_text_t text_modifier_of = {
	{ "%1 must follow a selector or a subquery", "%1 必须跟在选择器或子查询之后" },
	{ NULL, NULL },
};
static const err_text_t text_modifier_twice = {
	{ "%1 is given twice", "%1 重复给出" },
	{ NULL, NULL },
};
static const err_text_t text_at = {
	{ "the time behind @ is no number in range", "@ 之后的时间不是有效数值" },
	{ NULL, NULL },
};

static label_op_t matcher_op(const parser_t *p)
{
	static const char *const signs[] = { [LABEL_EQUAL] = "=",
		                             [LABEL_NOT_EQUAL] = "!=",
		                             [LABEL_MATCH] = "=~",
		                             [LABEL_NOT_MATCH] = "!~" };
	size_t op = 0;
	while (op <= LABEL_NOT_MATCH && !parser_is(p, signs[op]))
		op++;
	return (label_op_t)op;
}

static slice_t read_string(parser_t *p)
{
	slice_t text = p->token.text;
	if (p->token.kind != TOKEN_STRING) {
		(void)parser_unexpected(p, "a string");
		return (slice_t){ 0 };
	}
	uint8_t *room = parser_alloc(p, text.len, 1);
	writer_t w = writer_of(room, room ? text.len : 0);
	if (room && literal_string(text, &w))
		(void)parser_fail(p, p->token.at, &text_string, text);
	parser_next(p);
	return writer_done(&w);
}

/* Whether it holds for a series without the label. */
static bool takes_empty(parser_t *p, const label_matcher_t *m, size_t at)
{
	if (m->op == LABEL_EQUAL || m->op == LABEL_NOT_EQUAL)
		return (m->value.len == 0) == (m->op == LABEL_EQUAL);
	env_regex_t *regex = NULL;
	env_match_t match;
	if (env_regex_new(m->value, false, &regex, NULL)) {
		(void)parser_fail(p, at, &text_regex, m->value);
		return false;
	}
	bool matches = env_regex_match(regex, (slice_t){ (const uint8_t *)"", 0 }, &match) ==
	               ERR_OK;
	env_regex_free(regex);
	return matches == (m->op == LABEL_MATCH);
}

static void read_matcher(parser_t *p, node_t *node)
{
	label_matcher_t m = { .name = p->token.text };
	size_t at = p->token.at;
	if (p->token.kind != TOKEN_NAME || !literal_is_label(m.name)) {
		(void)parser_unexpected(p, "a label name or }");
		return;
	}
	parser_next(p);
	m.op = matcher_op(p);
	if (m.op > LABEL_NOT_MATCH) {
		(void)parser_unexpected(p, "=, !=, =~ or !~");
		return;
	}
	parser_next(p);
	m.value = read_string(p);
	if (node->matcher_count == MATCHERS_MAX)
		(void)parser_fail(p, at, &text_matchers, (slice_t){ 0 });
	else if (!p->err)
		node->matchers[node->matcher_count++] = m;
}

static void check_matchers(parser_t *p, const node_t *node, bool is_named)
{
	bool takes_all = !is_named;
	for (size_t i = 0; i < node->matcher_count && !p->err; i++) {
		const label_matcher_t *m = &node->matchers[i];
		bool is_empty = takes_empty(p, m, node->at);
		takes_all &= is_empty;
		if (is_named && i > 0 && slice_eq(m->name, NAME_LABEL))
			(void)parser_fail(p, node->at, &text_name_twice, m->value);
	}
	if (takes_all)
		(void)parser_fail(p, node->at, &text_all, (slice_t){ 0 });
}

node_t *parse_selector(parser_t *p, token_t name)
{
	bool is_named = name.kind == TOKEN_NAME;
	node_t *node = parser_node(p, NODE_SELECTOR, PROMQL_VECTOR, name.at);
	if (node)
		node->matchers = parser_alloc(p, MATCHERS_MAX, sizeof(*node->matchers));
	if (!node || !node->matchers)
		return NULL;
	if (is_named)
		node->matchers[node->matcher_count++] = (label_matcher_t){ LABEL_EQUAL, NAME_LABEL,
			                                                   name.text };
	if (!is_named || parser_take(p, "{")) {
		while (!p->err && !parser_is(p, "}")) {
			read_matcher(p, node);
			if (!p->err && !parser_take(p, ",") && !parser_is(p, "}"))
				(void)parser_unexpected(p, ", or }");
		}
		parser_expect(p, "}");
	}
	check_matchers(p, node, is_named);
	return p->err ? NULL : node;
}

static int by_name(const void *a, const void *b)
{
	return slice_cmp(*(const slice_t *)a, *(const slice_t *)b);
}

bool parse_names(parser_t *p, names_t *ret_names)
{
	names_t names = { .names = parser_alloc(p, NAMES_MAX, sizeof(slice_t)) };
	parser_expect(p, "(");
	while (!p->err && !parser_is(p, ")")) {
		if (p->token.kind != TOKEN_NAME || !literal_is_label(p->token.text))
			(void)parser_fail(p, p->token.at, &text_label, p->token.text);
		else if (names.count == NAMES_MAX)
			(void)parser_fail(p, p->token.at, &text_names, (slice_t){ 0 });
		else
			names.names[names.count++] = p->token.text;
		parser_next(p);
		if (!parser_take(p, ",") && !p->err && !parser_is(p, ")"))
			(void)parser_unexpected(p, ", or )");
	}
	parser_expect(p, ")");
	if (names.count > 1)
		qsort(names.names, names.count, sizeof(slice_t), by_name);
	*ret_names = names;
	return !p->err;
}

static int64_t read_duration(parser_t *p)
{
	int64_t ms = 0;
	if (p->token.kind != TOKEN_DURATION)
		(void)parser_unexpected(p, "a duration");
	else if (promql_read_duration(p->token.text, &ms))
		(void)parser_fail(p, p->token.at, &text_duration, p->token.text);
	parser_next(p);
	return ms;
}

static node_t *make_subquery(parser_t *p, node_t *of, reach_t reach)
{
	if (of->type != PROMQL_VECTOR)
		return parser_fail(p, of->at, &text_subquery_of, (slice_t){ 0 });
	node_t *node = parser_node(p, NODE_SUBQUERY, PROMQL_MATRIX, of->at);
	if (node)
		node->args = parser_alloc(p, 1, sizeof(node_t *));
	if (!node || !node->args)
		return NULL;
	node->args[node->arg_count++] = of;
	node->depth = of->depth + 1;
	node->reach = reach;
	return node;
}

static node_t *parse_range(parser_t *p, node_t *of)
{
	size_t at = p->token.at;
	bool is_subquery = false;
	reach_t reach = { 0 };
	parser_next(p);
	reach.range_ms = read_duration(p);
	if (!p->err && parser_take(p, ":")) {
		is_subquery = true;
		if (!parser_is(p, "]"))
			reach.step_ms = read_duration(p);
	}
	parser_expect(p, "]");
	if (p->err)
		return NULL;
	if (is_subquery)
		return make_subquery(p, of, reach);
	if (of->kind != NODE_SELECTOR || of->is_bracketed || of->type != PROMQL_VECTOR ||
	    of->has_offset || of->reach.at != AT_STEP)
		return parser_fail(p, at, &text_range_of, (slice_t){ 0 });
	of->reach.range_ms = reach.range_ms;
	of->type = PROMQL_MATRIX;
	return of;
}

static bool may_have(parser_t *p, const node_t *node, const char *modifier, bool has)
{
	bool fits = (node->kind == NODE_SELECTOR || node->kind == NODE_SUBQUERY) &&
	            !node->is_bracketed;
	if (!fits || has)
		(void)parser_fail(p, p->token.at, fits ? &text_modifier_twice : &text_modifier_of,
		                  slice_str(modifier));
	return !p->err;
}

static node_t *parse_offset(parser_t *p, node_t *of)
{
	if (!may_have(p, of, "offset", of->has_offset))
		return NULL;
	parser_next(p);
	bool is_negative = parser_take(p, "-");
	int64_t ms = read_duration(p);
	of->reach.offset_ms = is_negative ? -ms : ms;
	of->has_offset = true;
	return p->err ? NULL : of;
}

static void read_at_time(parser_t *p, node_t *of)
{
	bool is_negative = parser_take(p, "-");
	double seconds = NAN;
	if (!is_negative)
		(void)parser_take(p, "+");
	if (p->token.kind == TOKEN_NUMBER && literal_number(p->token.text, &seconds))
		seconds = NAN;
	if (!(seconds < AT_MAX_S)) {
		(void)parser_fail(p, p->token.at, &text_at, (slice_t){ 0 });
		return;
	}
	parser_next(p);
	of->reach.at = AT_TIME;
	of->reach.at_ms = (int64_t)round((is_negative ? -seconds : seconds) * 1000);
}

static node_t *parse_at(parser_t *p, node_t *of)
{
	if (!may_have(p, of, "@", of->reach.at != AT_STEP))
		return NULL;
	parser_next(p);
	if (parser_is_word(p, "start") || parser_is_word(p, "end")) {
		of->reach.at = parser_is_word(p, "start") ? AT_START : AT_END;
		parser_next(p);
		parser_expect(p, "(");
		parser_expect(p, ")");
	} else {
		read_at_time(p, of);
	}
	return p->err ? NULL : of;
}

node_t *parse_modifiers(parser_t *p, node_t *node)
{
	while (node && !p->err) {
		if (parser_is(p, "["))
			node = parse_range(p, node);
		else if (parser_is_word(p, "offset"))
			node = parse_offset(p, node);
		else if (parser_is(p, "@"))
			node = parse_at(p, node);
		else
			return node;
	}
	return NULL;
}
