/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each member of the body; a member without a row is refused, so that a
 * misspelt option is not passed over. What several members say together is looked at when
 * all are read. */
#include "api/history_ask.h"

#include <stdlib.h>

#include "api/body.h"
#include "api/history_points.h"
#include "api/state.h"
#include "base/num.h"

#define TIME_MAX_MS INT64_C(9000000000000) /* within what nanoseconds can say */
#define HOUR_NS     (INT64_C(3600) * NS_PER_S)

enum { CLOCK_LEN = 5 };

static const err_text_t text_member = {
	{ "the member %1 is not known here", "不认识成员 %1" },
	{ "see /api/v1/openapi.yaml for the body", "请求体格式见 /api/v1/openapi.yaml" },
};

static const err_text_t text_zone = {
	{ "there is no time zone called %1", "没有名为 %1 的时区" },
	{ "write a name of the tz database, as Asia/Shanghai",
	  "请用 tz 数据库中的名称，如 Asia/Shanghai" },
};

static const err_text_t text_aggregate = {
	{ "there is no aggregate called %1", "没有名为 %1 的聚合" },
	{ "GET /api/v1/aggregates lists them; p95 is a percentile",
	  "GET /api/v1/aggregates 可列出全部；p95 表示百分位" },
};

static const err_text_t text_range = {
	{ "the range or its buckets cannot be read", "时间范围或分桶无效" },
	{ "give from_ms before to_ms and at most 100000 buckets",
	  "from_ms 应早于 to_ms，且分桶不超过 100000 个" },
};

#define X(name, word) word,
const char *const HISTORY_MODE_NAMES[HISTORY_MODE_COUNT] = { HISTORY_MODES(X) };
#undef X

typedef struct {
	exchange_t *x;
	history_ask_t *ask;
	bool failed;
} reading_t;

static bool refuse(reading_t *r, const err_text_t *text, slice_t arg)
{
	exchange_refuse(r->x, ERR_INVALID, text, arg);
	return false;
}

typedef struct {
	const char *key;
	bool (*read)(reading_t *r, const json_tree_t *value);
} member_t;

static bool word_of(const json_tree_t *value, const char *const *words, size_t count,
                    size_t *ret_word)
{
	slice_t text;
	if (!json_text(value, &text))
		return false;
	for (size_t i = 0; i < count; i++)
		if (slice_eq(text, slice_str(words[i]))) {
			*ret_word = i;
			return true;
		}
	return false;
}

static bool read_mode(reading_t *r, const json_tree_t *value)
{
	size_t mode;
	if (!word_of(value, HISTORY_MODE_NAMES, HISTORY_MODE_COUNT, &mode))
		return false;
	r->ask->mode = (history_mode_t)mode;
	return true;
}

bool history_ask_time(const json_tree_t *value, int64_t *ret_ns)
{
	int64_t ms;
	slice_t text;
	if (json_text(value, &text))
		return !time_parse(text, ret_ns);
	if (!json_whole(value, -TIME_MAX_MS, TIME_MAX_MS, &ms))
		return false;
	*ret_ns = ms * NS_PER_MS;
	return true;
}

static bool read_from(reading_t *r, const json_tree_t *value)
{
	return r->ask->has_from = history_ask_time(value, &r->ask->range.from_ns);
}

static bool read_to(reading_t *r, const json_tree_t *value)
{
	return r->ask->has_to = history_ask_time(value, &r->ask->range.to_ns);
}

static bool read_known_at(reading_t *r, const json_tree_t *value)
{
	return history_ask_time(value, &r->ask->known_at_ns);
}

static bool read_times(reading_t *r, const json_tree_t *value)
{
	history_ask_t *ask = r->ask;
	size_t count = json_count(value);
	if (json_kind(value) != JSON_LIST_VALUE || count == 0 || count > RETRIEVAL_TIMES_MAX)
		return false;
	ask->times = calloc(count, sizeof(*ask->times));
	if (!ask->times)
		return false;
	for (ask->time_count = 0; ask->time_count < count; ask->time_count++)
		if (!history_ask_time(json_item(value, ask->time_count),
		                      &ask->times[ask->time_count]))
			return false;
	return true;
}

/* "p95", "p99.9" */
static bool read_percentile(slice_t name, double *ret_percentile)
{
	if (name.len < 2 || (name.ptr[0] | 0x20) != 'p' ||
	    num_parse_f64(slice_from(name, 1), ret_percentile))
		return false;
	return *ret_percentile >= 0 && *ret_percentile <= 100;
}

static bool read_aggregate(reading_t *r, const json_tree_t *value)
{
	slice_t name;
	column_t *column = &r->ask->columns[r->ask->column_count];
	if (!json_text(value, &name) || r->ask->column_count == HISTORY_COLUMNS_MAX)
		return false;
	column->aggregate = aggregate_find(name);
	if (!column->aggregate && !read_percentile(name, &column->percentile))
		return refuse(r, &text_aggregate, name);
	r->ask->column_count++;
	return true;
}

static bool read_aggregates(reading_t *r, const json_tree_t *value)
{
	if (json_kind(value) != JSON_LIST_VALUE)
		return read_aggregate(r, value);
	for (size_t i = 0; i < json_count(value); i++)
		if (!read_aggregate(r, json_item(value, i)))
			return false;
	return r->ask->column_count > 0;
}

static bool read_step(reading_t *r, const json_tree_t *value)
{
	return json_text(value, &r->ask->step) && r->ask->step.len > 0;
}

static bool read_zone(reading_t *r, const json_tree_t *value)
{
	if (!json_text(value, &r->ask->zone_name))
		return false;
	env_zone_close(r->ask->zone);
	r->ask->zone = NULL;
	if (env_zone_open(r->ask->zone_name, &r->ask->zone))
		return refuse(r, &text_zone, r->ask->zone_name);
	return true;
}

/* "06:00" */
static bool read_clock(slice_t text, int32_t *ret_s)
{
	uint64_t hours, minutes;
	if (text.len != CLOCK_LEN || text.ptr[2] != ':' ||
	    num_parse_u64(slice_sub(text, 0, 2), 23, &hours) ||
	    num_parse_u64(slice_from(text, 3), 59, &minutes))
		return false;
	*ret_s = (int32_t)(hours * 3600 + minutes * 60);
	return true;
}

static bool read_shifts(reading_t *r, const json_tree_t *value)
{
	history_ask_t *ask = r->ask;
	size_t count = json_count(value);
	if (count == 0 || count > CALENDAR_SHIFTS_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		slice_t start;
		calendar_shift_t *shift = &ask->shifts[i];
		const json_tree_t *item = json_item(value, i);
		if (!json_text(json_member(item, "start"), &start) ||
		    !json_text(json_member(item, "name"), &shift->name) ||
		    !read_clock(start, &shift->start_s))
			return false;
	}
	ask->shift_count = count;
	return true;
}

static bool read_bounds(reading_t *r, const json_tree_t *value)
{
	static const char *const words[] = { "inside", "outside", "interpolated" };
	size_t word;
	if (!word_of(value, words, 3, &word))
		return false;
	r->ask->range.bounds = (retrieval_bounds_t)word;
	return true;
}

static bool read_deadband(reading_t *r, const json_tree_t *value)
{
	return json_number(value, &r->ask->range.deadband) && r->ask->range.deadband >= 0;
}

static bool read_pixels(reading_t *r, const json_tree_t *value)
{
	return json_whole(value, 1, HISTORY_PIXELS_MAX, &r->ask->pixels);
}

static bool read_fill(reading_t *r, const json_tree_t *value)
{
	static const char *const words[] = { "null", "previous", "linear" };
	size_t word;
	if (json_number(value, &r->ask->constant)) {
		r->ask->fill = FILL_CONSTANT;
		return true;
	}
	if (!word_of(value, words, 3, &word))
		return false;
	r->ask->fill = (fill_t)word;
	return true;
}

static bool read_classes(reading_t *r, const json_tree_t *value)
{
	history_ask_t *ask = r->ask;
	size_t count = json_count(value);
	if (count == 0 || count > HISTORY_CLASSES_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!json_number(json_item(value, i), &ask->classes[i]))
			return false;
	ask->class_count = count;
	return true;
}

static bool read_percent(const json_tree_t *value, uint8_t *ret_percent)
{
	int64_t percent;
	if (!json_whole(value, 0, 100, &percent))
		return false;
	*ret_percent = (uint8_t)percent;
	return true;
}

static bool read_percent_good(reading_t *r, const json_tree_t *value)
{
	return read_percent(value, &r->ask->options.percent_good);
}

static bool read_percent_bad(reading_t *r, const json_tree_t *value)
{
	return read_percent(value, &r->ask->options.percent_bad);
}

static bool read_rollover(reading_t *r, const json_tree_t *value)
{
	return json_number(value, &r->ask->options.rollover) && r->ask->options.rollover > 0;
}

static bool read_time_base(reading_t *r, const json_tree_t *value)
{
	slice_t text;
	return json_text(value, &text) &&
	       !num_parse_duration(text, &r->ask->options.time_base_ns) &&
	       r->ask->options.time_base_ns > 0;
}

static bool read_stepped(reading_t *r, const json_tree_t *value)
{
	return json_flag(value, &r->ask->options.is_stepped);
}

static bool read_uncertain(reading_t *r, const json_tree_t *value)
{
	return json_flag(value, &r->ask->options.uncertain_is_bad);
}

static bool read_sloped_beyond(reading_t *r, const json_tree_t *value)
{
	return json_flag(value, &r->ask->options.is_sloped_beyond);
}

static bool read_summaries(reading_t *r, const json_tree_t *value)
{
	bool summaries;
	if (!json_flag(value, &summaries))
		return false;
	r->ask->options.no_summaries = !summaries;
	return true;
}

static bool read_completeness(reading_t *r, const json_tree_t *value)
{
	bool is_told;
	if (!json_flag(value, &is_told))
		return false;
	r->ask->is_bare = !is_told;
	return true;
}

static bool read_annotations(reading_t *r, const json_tree_t *value)
{
	return json_flag(value, &r->ask->is_annotated);
}

static bool read_explain(reading_t *r, const json_tree_t *value)
{
	return json_flag(value, &r->ask->is_explained);
}

static bool read_limit(reading_t *r, const json_tree_t *value)
{
	return json_whole(value, 1, HISTORY_ROWS_MAX, &r->ask->limit);
}

static bool read_points(reading_t *r, const json_tree_t *value)
{
	return history_points_read(r->x, r->ask, value);
}

static bool read_match(reading_t *r, const json_tree_t *value)
{
	return history_points_match(r->x, r->ask, value);
}

static bool read_unit(reading_t *r, const json_tree_t *value)
{
	static const char *const words[] = { "ms", "us", "ns" };
	static const int64_t units[] = { NS_PER_MS, NS_PER_US, 1 };
	size_t word;
	if (!word_of(value, words, 3, &word))
		return false;
	r->ask->unit_ns = units[word];
	return true;
}

static const member_t members[] = {
	{ "points", read_points },
	{ "match", read_match },
	{ "mode", read_mode },
	{ "from_ms", read_from },
	{ "from", read_from },
	{ "to_ms", read_to },
	{ "to", read_to },
	{ "known_at", read_known_at },
	{ "known_at_ms", read_known_at },
	{ "times", read_times },
	{ "aggregates", read_aggregates },
	{ "step", read_step },
	{ "zone", read_zone },
	{ "shifts", read_shifts },
	{ "bounds", read_bounds },
	{ "deadband", read_deadband },
	{ "pixels", read_pixels },
	{ "fill", read_fill },
	{ "classes", read_classes },
	{ "percent_good", read_percent_good },
	{ "percent_bad", read_percent_bad },
	{ "rollover", read_rollover },
	{ "time_base", read_time_base },
	{ "stepped", read_stepped },
	{ "uncertain_is_bad", read_uncertain },
	{ "sloped_beyond", read_sloped_beyond },
	{ "summaries", read_summaries },
	{ "completeness", read_completeness },
	{ "explain", read_explain },
	{ "annotations", read_annotations },
	{ "limit", read_limit },
	{ "time_unit", read_unit },
};

static const member_t *member_of(slice_t key)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (slice_eq(key, slice_str(members[i].key)))
			return &members[i];
	return NULL;
}

static bool is_told(const reading_t *r)
{
	return r->x->reply.status >= 400;
}

static bool read_member(void *ctx, slice_t key, const json_tree_t *value)
{
	reading_t *r = ctx;
	const member_t *member = member_of(key);
	if (!member) {
		r->failed = true;
		return refuse(r, &text_member, key);
	}
	r->failed = !member->read(r, value);
	if (r->failed && !is_told(r))
		(void)body_refuse(r->x, member->key);
	return !r->failed;
}

static bool set_calendar(reading_t *r, calendar_unit_t unit, int64_t every)
{
	history_ask_t *ask = r->ask;
	if (!ask->zone && env_zone_open((slice_t){ 0 }, &ask->zone))
		return false;
	ask->calendar = (calendar_t){ .zone = ask->zone,
		                      .unit = unit,
		                      .every = every,
		                      .shifts = ask->shifts,
		                      .shift_count = ask->shift_count };
	return !calendar_edges(&ask->calendar, ask->range.from_ns, ask->range.to_ns, &ask->edges,
	                       &ask->edge_list);
}

static bool cut_range(reading_t *r)
{
	history_ask_t *ask = r->ask;
	const retrieval_range_t *range = &ask->range;
	calendar_unit_t unit;
	int64_t every, step_ns = 0;
	if (slice_eq(ask->step, SLICE("shift")))
		return set_calendar(r, CALENDAR_SHIFT, 1);
	if (!calendar_parse(ask->step, &unit, &every))
		return set_calendar(r, unit, every);
	if (ask->mode == HISTORY_PLOT && ask->pixels)
		step_ns = (range->to_ns - range->from_ns - 1) / ask->pixels + 1;
	else if (ask->step.len && (num_parse_duration(ask->step, &step_ns) || step_ns <= 0))
		return false;
	return !edges_equal(range->from_ns, range->to_ns, step_ns, &ask->edges);
}

/* The member that the mode cannot do without and that is not there. */
static const char *missing(const history_ask_t *ask)
{
	const struct {
		bool is_missing;
		const char *member;
	} wants[] = {
		{ !ask->point_count, "points" },
		{ ask->mode == HISTORY_AT && !ask->time_count, "times" },
		{ ask->mode == HISTORY_AGGREGATE && !ask->column_count, "aggregates" },
		{ ask->mode == HISTORY_HISTOGRAM && !ask->class_count, "classes" },
		{ aggregate_check(&ask->options) != ERR_OK, "percent_good" },
	};
	for (size_t i = 0; i < sizeof(wants) / sizeof(*wants); i++)
		if (wants[i].is_missing)
			return wants[i].member;
	return NULL;
}

/* What several members say together. */
static bool join(reading_t *r)
{
	history_ask_t *ask = r->ask;
	const char *member = missing(ask);
	if (!ask->has_to)
		ask->range.to_ns = env_utc(r->x->api->env).ns / NS_PER_MS * NS_PER_MS;
	if (!ask->has_from)
		ask->range.from_ns = ask->range.to_ns - HOUR_NS;
	if (member) {
		(void)body_refuse(r->x, member);
		return false;
	}
	if (ask->mode == HISTORY_LAST || ask->mode == HISTORY_AT)
		return true;
	return cut_range(r) || refuse(r, &text_range, (slice_t){ 0 });
}

bool history_ask_read(exchange_t *x, history_ask_t *ret)
{
	reading_t r = { x, ret, false };
	*ret = (history_ask_t){ .mode = HISTORY_AGGREGATE,
		                .options = RETRIEVAL_DEFAULTS,
		                .limit = HISTORY_ROWS_DEFAULT,
		                .unit_ns = NS_PER_MS,
		                .names = text_of(HISTORY_NAMES_MAX),
		                .body = body_read(x) };
	if (!ret->body)
		return false;
	ret->options.now_ns = env_utc(x->api->env).ns;
	json_members(ret->body, read_member, &r);
	return !r.failed && join(&r);
}

void history_ask_done(history_ask_t *ask)
{
	json_free(ask->body);
	env_zone_close(ask->zone);
	free(ask->points);
	text_free(&ask->names);
	free(ask->edge_list);
	free(ask->times);
}
