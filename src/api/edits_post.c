/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/v1/points/{name}/edits and .../edits/{id}/undo. Query loop.
 *
 * A sample is called by its time: one on a whole millisecond means what stands within that
 * millisecond, any other the very nanosecond. */
#include "api/edits.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "api/body.h"
#include "api/handlers.h"
#include "api/history_ask.h"
#include "api/state.h"
#include "base/num.h"

enum { DEADLINE_S = 10, KIND_COUNT = 4, CELLS_MAX = 3 };

/* Members of the body, as bits. */
enum { FROM = 1, TO = 2, SAMPLES = 4, QUALITY = 8, TEXT = 16, REASON = 32 };

typedef struct {
	const char *word;
	unsigned needs, may;
} kind_t;

static const kind_t kinds[KIND_COUNT] = {
	{ "replace", SAMPLES | REASON, FROM | TO | QUALITY },
	{ "insert", SAMPLES | REASON, QUALITY },
	{ "delete", FROM | TO | REASON, 0 },
	{ "annotate", FROM | TO | TEXT, 0 },
};
enum { KIND_REPLACE, KIND_INSERT, KIND_DELETE, KIND_ANNOTATE };

static const err_text_t text_member = {
	{ "the member %1 is not known here, or not of this kind",
	  "不认识成员 %1，或该修改类型不含此成员" },
	{ "see /api/v1/openapi.yaml for the body", "请求体格式见 /api/v1/openapi.yaml" },
};
static const err_text_t text_words = {
	{ "a change wants %1: one to 1024 bytes that say why",
	  "修改必须给出 %1：1 至 1024 字节的说明" },
	{ "people will read it years from now", "供日后查阅" },
};
static const err_text_t text_range = {
	{ "the range is empty: from_ms is not before to_ms", "范围为空：from_ms 不早于 to_ms" },
	{ "the end is not part of the range", "范围不含终点" },
};
static const err_text_t text_many = {
	{ "more than 256 samples in one change", "一次修改超过 256 个样本" },
	{ "send them in several, or delete a range and post the samples",
	  "请分多次提交，或删除区间后重新写入样本" },
};
static const err_text_t text_there = {
	{ "a sample stands at %1 already", "%1 处已有样本" },
	{ "the kind replace puts another in its place", "请使用 replace 替换" },
};
static const err_text_t text_not_there = {
	{ "no sample stands at %1", "%1 处没有样本" },
	{ "the kind insert puts one there", "请使用 insert 插入" },
};
static const err_text_t text_several = {
	{ "several samples stand within the millisecond %1", "%1 这一毫秒内有多个样本" },
	{ "write the time with its nanoseconds, or give the range",
	  "请写出纳秒级时间，或给出区间" },
};
static const err_text_t text_history = {
	{ "the history could not be read to its end", "历史数据未能读完" },
	{ NULL, NULL },
};
static const err_text_t text_id = {
	{ "there is no edit %1 of this point", "该测点没有修改 %1" },
	{ "GET .../edits lists them with their ids", "GET .../edits 可列出修改及其编号" },
};

typedef struct {
	exchange_t *x;
	unsigned has;
	const kind_t *kind;
	edits_plan_t plan;
	slice_t text, reason;
	quality_t quality;
	const json_tree_t *samples;
	historian_edit_t edits[EDITS_AT_ONCE + 1];
} making_t;

static bool refuse(making_t *m, err_t err, const err_text_t *text, slice_t arg)
{
	exchange_refuse(m->x, err, text, arg);
	return false;
}

/* The body. */

static bool read_quality(const json_tree_t *value, quality_t *ret_quality)
{
	slice_t text;
	if (!json_text(value, &text))
		return false;
	for (int i = 0; i < QUALITY_COUNT; i++)
		if (slice_eq_nocase(text, slice_str(quality_info((quality_t)i)->name)) ||
		    (i == QUALITY_OK && slice_eq(text, SLICE("good")))) {
			*ret_quality = (quality_t)i;
			return true;
		}
	return false;
}

static bool read_kind(making_t *m, const json_tree_t *value)
{
	slice_t word;
	if (!json_text(value, &word))
		return false;
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (slice_eq(word, slice_str(kinds[i].word)))
			m->kind = &kinds[i];
	return m->kind != NULL;
}

static bool read_from(making_t *m, const json_tree_t *value)
{
	return history_ask_time(value, &m->plan.from_ns);
}

static bool read_to(making_t *m, const json_tree_t *value)
{
	return history_ask_time(value, &m->plan.to_ns);
}

static bool read_samples(making_t *m, const json_tree_t *value)
{
	m->samples = value;
	return json_kind(value) == JSON_LIST_VALUE && json_count(value) > 0;
}

static bool read_default(making_t *m, const json_tree_t *value)
{
	return read_quality(value, &m->quality);
}

static bool read_text(making_t *m, const json_tree_t *value)
{
	return json_text(value, &m->text);
}

static bool read_reason(making_t *m, const json_tree_t *value)
{
	return json_text(value, &m->reason);
}

static const struct {
	const char *key;
	unsigned bit;
	bool (*read)(making_t *m, const json_tree_t *value);
} members[] = {
	{ "kind", 0, read_kind },
	{ "from_ms", FROM, read_from },
	{ "from", FROM, read_from },
	{ "to_ms", TO, read_to },
	{ "to", TO, read_to },
	{ "samples", SAMPLES, read_samples },
	{ "quality", QUALITY, read_default },
	{ "text", TEXT, read_text },
	{ "reason", REASON, read_reason },
};

enum { MEMBERS = sizeof(members) / sizeof(*members) };

static bool read_member(void *ctx, slice_t key, const json_tree_t *value)
{
	making_t *m = ctx;
	for (size_t i = 0; i < MEMBERS; i++) {
		if (!slice_eq(key, slice_str(members[i].key)))
			continue;
		m->has |= members[i].bit;
		if (!members[i].read(m, value))
			body_refuse(m->x, members[i].key);
		return m->x->reply.status < 400;
	}
	return refuse(m, ERR_INVALID, &text_member, key);
}

static const char *member_of(unsigned bits)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].bit & bits)
			return members[i].key;
	return "kind";
}

static bool is_said(slice_t words)
{
	return slice_trim(words).len > 0 && words.len <= HISTORIAN_EDIT_TEXT_MAX;
}

/* What the members say together. */
static bool join(making_t *m)
{
	const kind_t *kind = m->kind;
	if (!kind) {
		body_refuse(m->x, "kind");
		return false;
	}
	unsigned extra = m->has & ~(kind->needs | kind->may), lacks = kind->needs & ~m->has;
	unsigned words = kind->needs & (TEXT | REASON);
	if (extra)
		return refuse(m, ERR_INVALID, &text_member, slice_str(member_of(extra)));
	/* Half a range. */
	if ((m->has & (FROM | TO)) == FROM || (m->has & (FROM | TO)) == TO)
		lacks |= (FROM | TO) & ~m->has;
	m->plan.reason = words == TEXT ? m->text : m->reason;
	if (!is_said(m->plan.reason))
		return refuse(m, ERR_INVALID, &text_words, slice_str(member_of(words)));
	if (lacks) {
		body_refuse(m->x, member_of(lacks));
		return false;
	}
	if ((m->has & FROM) && m->plan.from_ns >= m->plan.to_ns)
		return refuse(m, ERR_INVALID, &text_range, (slice_t){ 0 });
	if (m->samples && json_count(m->samples) > EDITS_AT_ONCE)
		return refuse(m, ERR_INVALID, &text_many, (slice_t){ 0 });
	m->plan.kind = kind->word;
	return true;
}

/* Samples. */

static bool read_value(const json_tree_t *cell, value_t *ret_value)
{
	slice_t text;
	double number;
	bool flag;
	if (json_flag(cell, &flag))
		*ret_value = value_bool(flag);
	else if (json_text(cell, &text))
		*ret_value = value_text(text);
	else if (json_number(cell, &number))
		*ret_value = value_f64(number);
	else
		return false;
	return true;
}

/* Whole numbers stay whole where they were, ordinals and float32 what they were; but a number
 * that the type cannot hold is kept as it is said. */
static void keep_type(const json_tree_t *cell, value_type_t type, value_t *value)
{
	int64_t whole;
	if (value->type == VALUE_F64 && type == VALUE_F32 && fabs(value->as.f) <= (double)FLT_MAX)
		*value = value_f32((float)value->as.f);
	if (value->type != VALUE_F64 || !json_whole(cell, INT64_MIN, INT64_MAX, &whole))
		return;
	if (type == VALUE_I64)
		*value = value_i64(whole);
	else if (type == VALUE_U64 && whole >= 0)
		*value = value_u64((uint64_t)whole);
	else if (type == VALUE_ENUM && whole >= 0 && whole <= UINT32_MAX)
		*value = value_enum((uint32_t)whole);
}

static bool read_sample(making_t *m, const json_tree_t *item, historian_edit_t *edit)
{
	size_t cells = json_count(item);
	edit->quality = m->quality;
	return json_kind(item) == JSON_LIST_VALUE && cells >= 2 && cells <= CELLS_MAX &&
	       history_ask_time(json_item(item, 0), &edit->from_ns) &&
	       read_value(json_item(item, 1), &edit->value) &&
	       (cells == 2 || read_quality(json_item(item, 2), &edit->quality));
}

typedef struct {
	size_t count;
	int64_t at_ns;
	value_type_t type;
} standing_t;

static bool take_standing(void *ctx, const sample_t *sample)
{
	standing_t *standing = ctx;
	standing->count++;
	standing->at_ns = sample->source.ns;
	standing->type = sample->value.type;
	return standing->count < 2;
}

static bool refuse_at(making_t *m, const err_text_t *text, int64_t ns)
{
	char time[TIME_TEXT_MAX];
	return refuse(m, ERR_CONFLICT, text, slice_str(time_format(ns, time)));
}

/* Held against what stands there. */
static bool fit_sample(making_t *m, const json_tree_t *item, historian_edit_t *edit)
{
	series_reader_t reader = historian_reader(m->x->api->spec.historian);
	standing_t standing = { 0 };
	int64_t now_ns = env_now(m->x->api->env), at_ns = edit->from_ns;
	series_query_t query = { .point = m->plan.point,
		                 .from_ns = at_ns,
		                 .to_ns = at_ns + (at_ns % NS_PER_MS ? 1 : NS_PER_MS),
		                 .deadline_ns = now_ns + DEADLINE_S * NS_PER_S };
	err_t err = reader.raw(reader.ctx, &query, take_standing, &standing);
	if (err)
		return refuse(m, err, &text_history, (slice_t){ 0 });
	if (m->kind == &kinds[KIND_INSERT] && standing.count)
		return refuse_at(m, &text_there, at_ns);
	if (m->kind == &kinds[KIND_REPLACE] && !(m->has & FROM)) {
		if (standing.count != 1)
			return refuse_at(m, standing.count ? &text_several : &text_not_there,
			                 at_ns);
		edit->from_ns = standing.at_ns;
	}
	keep_type(json_item(item, 1), standing.type, &edit->value);
	return true;
}

static bool is_inside(const making_t *m, int64_t ns)
{
	return !(m->has & FROM) || (ns >= m->plan.from_ns && ns < m->plan.to_ns);
}

static bool add_samples(making_t *m)
{
	int64_t before_ns = INT64_MIN;
	for (size_t i = 0; i < json_count(m->samples); i++) {
		const json_tree_t *item = json_item(m->samples, i);
		historian_edit_t *edit = &m->edits[m->plan.count];
		*edit = (historian_edit_t){ .kind = HISTORIAN_SET, .point = m->plan.point };
		if (!read_sample(m, item, edit) || edit->from_ns <= before_ns ||
		    !is_inside(m, edit->from_ns)) {
			body_refuse(m->x, "samples");
			return false;
		}
		before_ns = edit->from_ns;
		if (!fit_sample(m, item, edit))
			return false;
		edit->to_ns = edit->from_ns + 1;
		edit->reason = m->reason;
		m->plan.count++;
	}
	return true;
}

static bool make_edits(making_t *m)
{
	historian_edit_t span = { .kind = HISTORIAN_DELETE,
		                  .point = m->plan.point,
		                  .from_ns = m->plan.from_ns,
		                  .to_ns = m->plan.to_ns,
		                  .reason = m->plan.reason };
	if (m->kind == &kinds[KIND_ANNOTATE])
		span.kind = HISTORIAN_ANNOTATE;
	if (m->has & FROM)
		m->edits[m->plan.count++] = span;
	if (m->samples && !add_samples(m))
		return false;
	if (!(m->has & FROM)) {
		m->plan.from_ns = m->edits[0].from_ns;
		m->plan.to_ns = m->edits[m->plan.count - 1].to_ns;
	}
	m->plan.edits = m->edits;
	return true;
}

static verdict_t change(making_t *m, const json_tree_t *body)
{
	json_members(body, read_member, m);
	if (m->x->reply.status >= 400 || !join(m) || !make_edits(m))
		return EXCHANGE_ANSWERED;
	return edits_make(m->x, &m->plan);
}

verdict_t edits_post(exchange_t *x)
{
	point_id_t point = 0;
	json_tree_t *body = edits_point(x, &point) ? body_read(x) : NULL;
	if (!body)
		return EXCHANGE_ANSWERED;
	making_t *m = calloc(1, sizeof(*m));
	verdict_t verdict = EXCHANGE_ANSWERED;
	if (m) {
		m->x = x;
		m->quality = QUALITY_OVERRIDDEN;
		m->plan.point = point;
		verdict = change(m, body);
	} else {
		exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	}
	free(m);
	json_free(body);
	return verdict;
}

/* Undo. */

typedef struct {
	exchange_t *x;
	edits_plan_t plan;
	size_t found;
	historian_edit_t edits[EDITS_AT_ONCE + 1];
} undoing_t;

static bool find(void *ctx, const historian_edit_t *edit)
{
	undoing_t *u = ctx;
	size_t i = 0;
	while (i < u->plan.count && u->edits[i].undone_ns != edit->at_ns)
		i++;
	if (i == u->plan.count)
		return true;
	if (u->found == 0 || edit->from_ns < u->plan.from_ns)
		u->plan.from_ns = edit->from_ns;
	if (u->found == 0 || edit->to_ns > u->plan.to_ns)
		u->plan.to_ns = edit->to_ns;
	return ++u->found < u->plan.count;
}

/* One that is named twice is found once, and so is one too few. */
static verdict_t undo(undoing_t *u)
{
	exchange_t *x = u->x;
	series_query_t all = { .point = u->plan.point, .from_ns = INT64_MIN, .to_ns = INT64_MAX };
	err_t err = historian_edits(x->api->spec.historian, &all, find, u);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	if (u->found < u->plan.count)
		return exchange_refuse(x, ERR_NOT_FOUND, &text_id, x->request.param[1]);
	for (size_t i = 0; i < u->plan.count; i++)
		u->edits[i].reason = u->plan.reason;
	return edits_make(x, &u->plan);
}

static bool add_undo(undoing_t *u, slice_t id)
{
	uint64_t at_ns = 0;
	if (num_parse_u64(id, INT64_MAX, &at_ns)) {
		exchange_refuse(u->x, ERR_NOT_FOUND, &text_id, id);
		return false;
	}
	u->edits[u->plan.count++] = (historian_edit_t){ .kind = HISTORIAN_UNDO,
		                                        .point = u->plan.point,
		                                        .undone_ns = (int64_t)at_ns };
	return true;
}

static bool read_undo(undoing_t *u, const json_tree_t *body)
{
	const json_tree_t *others = json_member(body, "with");
	slice_t id;
	if (!json_text(json_member(body, "reason"), &u->plan.reason) || !is_said(u->plan.reason)) {
		exchange_refuse(u->x, ERR_INVALID, &text_words, SLICE("reason"));
		return false;
	}
	if (!add_undo(u, u->x->request.param[1]))
		return false;
	if (json_count(others) > EDITS_AT_ONCE) {
		body_refuse(u->x, "with");
		return false;
	}
	for (size_t i = 0; i < json_count(others); i++) {
		if (!json_text(json_item(others, i), &id)) {
			body_refuse(u->x, "with");
			return false;
		}
		if (!add_undo(u, id))
			return false;
	}
	return true;
}

verdict_t edit_undo_post(exchange_t *x)
{
	point_id_t point = 0;
	json_tree_t *body = edits_point(x, &point) ? body_read(x) : NULL;
	if (!body)
		return EXCHANGE_ANSWERED;
	undoing_t *u = calloc(1, sizeof(*u));
	verdict_t verdict = EXCHANGE_ANSWERED;
	if (u) {
		u->x = x;
		u->plan = (edits_plan_t){ .kind = "undo", .point = point, .edits = u->edits };
		if (read_undo(u, body))
			verdict = undo(u);
	} else {
		exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	}
	free(u);
	json_free(body);
	return verdict;
}
