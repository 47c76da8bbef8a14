/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON object a line: {"time": ..., "series": "...", "value": ..., "quality": "..."}. */
#include "api/ingest_forms.h"
#include "base/text.h"
#include "env/json_read.h"

static const char *const text_json[LANG_COUNT] = { "the line is no JSON object",
	                                           "该行不是 JSON 对象" };
static const char *const text_time[LANG_COUNT] = { "the time is missing or cannot be read",
	                                           "缺少时间或无法读取" };
static const char *const text_value[LANG_COUNT] = {
	"the value is missing, or no number, true or false", "缺少取值，或不是数值、true、false"
};
static const char *const text_quality[LANG_COUNT] = { "there is no such quality", "质量码不存在" };
static const char *const text_series[LANG_COUNT] = { "the series is missing", "缺少 series" };

/* A time of the words that people send, or a count of the request's unit. */
static bool read_time(const ingest_t *job, const json_tree_t *value, int64_t *ret_ns)
{
	slice_t text;
	int64_t count;
	if (json_text(value, &text))
		return time_parse(text, ret_ns) == ERR_OK;
	return json_whole(value, INT64_MIN, INT64_MAX, &count) &&
	       !__builtin_mul_overflow(count, job->unit_ns, ret_ns) && *ret_ns < INT64_MAX;
}

static bool read_value(const json_tree_t *value, ingest_row_t *row)
{
	double number;
	bool flag;
	if (json_flag(value, &flag)) {
		row->type = VALUE_BOOL;
		row->bits = flag;
		return true;
	}
	if (!json_number(value, &number))
		return false;
	row->type = VALUE_F64;
	memcpy(&row->bits, &number, sizeof(row->bits));
	return true;
}

static bool read_quality(const json_tree_t *value, quality_t *ret_quality)
{
	slice_t text;
	*ret_quality = QUALITY_OK;
	if (!json_text(value, &text) || slice_eq_nocase(text, SLICE("good")))
		return json_kind(value) == JSON_MISSING || json_kind(value) == JSON_TEXT_VALUE;
	for (int i = 0; i < QUALITY_COUNT; i++)
		if (slice_eq_nocase(text, slice_str(quality_info((quality_t)i)->name))) {
			*ret_quality = (quality_t)i;
			return true;
		}
	return false;
}

typedef struct {
	label_t items[LABELS_MAX];
	size_t count;
	bool is_bad;
} gathered_t;

static bool gather(void *ctx, slice_t key, const json_tree_t *value)
{
	gathered_t *all = ctx;
	slice_t text;
	all->is_bad = all->count == LABELS_MAX || !json_text(value, &text);
	if (!all->is_bad)
		all->items[all->count++] = (label_t){ key, text };
	return !all->is_bad;
}

static err_t find_labels(intake_t *in, const json_tree_t *labels, point_id_t *ret_id)
{
	gathered_t all = { .count = 0 };
	labels_t set;
	json_members(labels, gather, &all);
	err_t err = all.is_bad ? ERR_INVALID : labels_make(all.items, all.count, &set);
	return err ? err : series_get(ingest_series(in), &set, ret_id);
}

/* 0: refused, and noted. */
static err_t find(intake_t *in, ingest_t *job, const json_tree_t *object, point_id_t *ret_id)
{
	slice_t name;
	const json_tree_t *labels = json_member(object, "labels");
	err_t err = ERR_OK;
	*ret_id = 0;
	if (json_text(json_member(object, "series"), &name))
		err = ingest_point(in, job, name, ret_id);
	else if (json_kind(labels) == JSON_MEMBERS_VALUE)
		err = find_labels(in, labels, ret_id);
	else
		ingest_fault(job, text_series);
	if (!err)
		return ERR_OK;
	*ret_id = 0;
	return ingest_refused(job, err);
}

static err_t add_object(intake_t *in, ingest_t *job, const json_tree_t *object)
{
	ingest_row_t row = { .quality = QUALITY_OK };
	const char *const *fault = NULL;
	if (json_kind(object) != JSON_MEMBERS_VALUE)
		fault = text_json;
	else if (!read_time(job, json_member(object, "time"), &row.source_ns))
		fault = text_time;
	else if (!read_value(json_member(object, "value"), &row))
		fault = text_value;
	else if (!read_quality(json_member(object, "quality"), &row.quality))
		fault = text_quality;
	if (fault) {
		ingest_fault(job, fault);
		return ERR_OK;
	}
	err_t err = find(in, job, object, &row.point);
	if (!err && row.point)
		ingest_add(in, job, &row);
	return err;
}

static err_t add_line(intake_t *in, ingest_t *job, slice_t line)
{
	json_tree_t *object = NULL;
	if (slice_trim(line).len == 0)
		return ERR_OK;
	err_t err = json_read(line, &object, NULL);
	if (!err)
		err = add_object(in, job, object);
	else if (err == ERR_MALFORMED || err == ERR_TOO_BIG) {
		ingest_fault(job, text_json);
		err = ERR_OK;
	}
	json_free(object);
	return err;
}

err_t ingest_json_fill(intake_t *in, ingest_t *job)
{
	while (job->at.rest.len && ingest_room(in, 1, 0)) {
		job->at.units++;
		err_t err = add_line(in, job, slice_cut(&job->at.rest, '\n'));
		if (err)
			return err;
	}
	return ERR_OK;
}
