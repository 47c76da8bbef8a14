/* SPDX-License-Identifier: Apache-2.0 */
/* label_replace and label_join: labels made of labels. */
#include "base/ascii.h"
#include "base/num.h"
#include "env/regex.h"
#include "query/promql/functions.h"

enum { VALUE_MAX = LABEL_VALUE_MAX };

static const err_text_t text_label = {
	{ "%1 is no label name", "%1 不是标签名" },
	{ NULL, NULL },
};
static const err_text_t text_regex = {
	{ "the regular expression of label_replace cannot be used: %1",
	  "label_replace 的正则表达式不可用：%1" },
	{ NULL, NULL },
};
static const err_text_t text_value = {
	{ "a label would be longer than 4096 bytes", "标签值将超过 4096 字节" },
	{ NULL, NULL },
};
static const err_text_t text_named = {
	{ "groups of label_replace are told by number here, not by name: %1",
	  "label_replace 在此仅支持按编号引用分组：%1" },
	{ NULL, NULL },
};

static err_t finish(eval_t *ev, matrix_t *m, err_t err, matrix_t *ret)
{
	if (!err)
		err = matrix_unify(ev, m);
	if (err)
		matrix_done(ev, m);
	else
		*ret = *m;
	return err;
}

static err_t set_label(eval_t *ev, row_t *row, slice_t name, const writer_t *w)
{
	slice_t value = writer_done(w);
	if (w->bad)
		return eval_fail(ev, ERR_INVALID, &text_value, (slice_t){ 0 });
	char *copy = pool_cstr(ev->pool, value);
	if (!copy ||
	    labelset_set(ev->pool, &row->labels, name, slice_of(copy, value.len), &row->labels))
		return eval_no_room(ev);
	return ERR_OK;
}

static bool is_word(uint8_t c)
{
	return ascii_is_alnum(c) || c == '_';
}

/* The name behind a $, with or without braces; empty when there is none. */
static slice_t take_reference(reader_t *r)
{
	bool is_braced = r->in.len && r->in.ptr[0] == '{';
	slice_t rest = slice_from(r->in, is_braced ? 1 : 0);
	size_t len = 0;
	while (len < rest.len && is_word(rest.ptr[len]))
		len++;
	if (is_braced && (len == rest.len || rest.ptr[len] != '}'))
		len = 0;
	if (len)
		(void)rd_take(r, len + (is_braced ? 2 : 0));
	return slice_sub(rest, 0, len);
}

/* A name that is no number is not known here, and a wrong answer is worse than none. */
static err_t put_reference(eval_t *ev, const env_match_t *match, slice_t name, writer_t *w)
{
	uint64_t number = 0;
	if (num_parse_u64(name, UINT32_MAX, &number))
		return eval_fail(ev, ERR_UNSUPPORTED, &text_named, name);
	if (number < match->count)
		wr_bytes(w, match->group[number]);
	return ERR_OK;
}

static err_t expand(eval_t *ev, slice_t form, const env_match_t *match, writer_t *w)
{
	reader_t r = reader_of(form);
	err_t err = ERR_OK;
	while (r.in.len && !err) {
		uint8_t c = rd_u8(&r);
		if (c != '$') {
			wr_u8(w, c);
			continue;
		}
		if (r.in.len && r.in.ptr[0] == '$') {
			wr_u8(w, rd_u8(&r));
			continue;
		}
		slice_t name = take_reference(&r);
		/* As the language has it: what refers to nothing is not written, and ends it. */
		if (name.len == 0)
			wr_u8(w, '$');
		else
			err = put_reference(ev, match, name, w);
	}
	return err;
}

static err_t replace_row(eval_t *ev, const node_t *call, env_regex_t *regex, row_t *row)
{
	uint8_t room[VALUE_MAX];
	writer_t w = writer_of(room, sizeof(room));
	env_match_t match;
	slice_t value = labels_get(&row->labels, call->args[3]->text);
	if (!value.ptr)
		value = (slice_t){ (const uint8_t *)"", 0 };
	err_t err = env_regex_match(regex, value, &match);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err)
		return eval_fail(ev, err, &text_regex, call->args[4]->text);
	err = expand(ev, call->args[2]->text, &match, &w);
	return err ? err : set_label(ev, row, call->args[1]->text, &w);
}

err_t replace_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	env_regex_t *regex = NULL;
	matrix_t m;
	slice_t into = call->args[1]->text;
	if (!literal_is_label(into))
		return eval_fail(ev, ERR_INVALID, &text_label, into);
	if (env_regex_new(call->args[4]->text, false, &regex, NULL))
		return eval_fail(ev, ERR_INVALID, &text_regex, call->args[4]->text);
	err_t err = eval_node(ev, call->args[0], grid, &m);
	if (err) {
		env_regex_free(regex);
		return err;
	}
	for (size_t i = 0; i < m.count && !err; i++) {
		err = eval_in_time(ev);
		if (!err)
			err = replace_row(ev, call, regex, &m.rows[i]);
	}
	env_regex_free(regex);
	return finish(ev, &m, err, ret);
}

static err_t join_row(eval_t *ev, const node_t *call, row_t *row)
{
	uint8_t room[VALUE_MAX];
	writer_t w = writer_of(room, sizeof(room));
	for (size_t i = 3; i < call->arg_count; i++) {
		if (i > 3)
			wr_bytes(&w, call->args[2]->text);
		wr_bytes(&w, labels_get(&row->labels, call->args[i]->text));
	}
	return set_label(ev, row, call->args[1]->text, &w);
}

err_t join_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	matrix_t m;
	for (size_t i = 1; i < call->arg_count; i++)
		if (i != 2 && !literal_is_label(call->args[i]->text))
			return eval_fail(ev, ERR_INVALID, &text_label, call->args[i]->text);
	err_t err = eval_node(ev, call->args[0], grid, &m);
	if (err)
		return err;
	for (size_t i = 0; i < m.count && !err; i++)
		err = join_row(ev, call, &m.rows[i]);
	return finish(ev, &m, err, ret);
}
