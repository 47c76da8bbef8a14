/* SPDX-License-Identifier: Apache-2.0 */
#include "api/history_tell.h"

#include <math.h>

#include "base/num.h"
#include "codec/csv/csv.h"

/* JSON_GROWTH: what a byte of text may become. */
enum { HEAD_ROOM = 8192, ROW_ROOM = 256, CELL_ROOM = 32, JSON_GROWTH = 6 };

static json_t *json_for(history_tell_t *tell, size_t room)
{
	return reply_json(&tell->x->reply, room);
}

static writer_t *csv_for(history_tell_t *tell, size_t room)
{
	return reply_text(&tell->x->reply, "text/csv; charset=utf-8", room);
}

static void between(history_tell_t *tell, writer_t *w)
{
	if (tell->has_cell)
		wr_u8(w, ',');
	tell->has_cell = true;
}

static void cell_i64(history_tell_t *tell, int64_t value)
{
	json_t *j = &tell->x->reply.json;
	if (!tell->is_csv) {
		json_i64(j, value);
		return;
	}
	between(tell, &j->w);
	wr_format(&j->w, "%lld", (long long)value);
}

static void cell_f64(history_tell_t *tell, double value)
{
	char buf[32];
	json_t *j = &tell->x->reply.json;
	if (!tell->is_csv) {
		json_f64(j, value);
		return;
	}
	between(tell, &j->w);
	if (!isnan(value))
		wr_bytes(&j->w, slice_str(num_format_f64(value, buf)));
}

static void cell_text(history_tell_t *tell, slice_t text)
{
	json_t *j = &tell->x->reply.json;
	if (!tell->is_csv) {
		json_str(j, text);
		return;
	}
	between(tell, &j->w);
	csv_put(text, &j->w);
}

static void cell_value(history_tell_t *tell, const value_t *value)
{
	char buf[64];
	json_t *j = &tell->x->reply.json;
	if (!tell->is_csv) {
		value_json(value, j);
		return;
	}
	between(tell, &j->w);
	if (value->type == VALUE_TEXT)
		csv_put(value->as.text, &j->w);
	else
		wr_bytes(&j->w, slice_str(value_format(value, buf, sizeof(buf))));
}

/* The name of the state that a value is, in the reader's language; null without one. */
static const char *state_of(const history_tell_t *tell, const value_t *value)
{
	const point_t *point = tell->point->point;
	return point ? point_state_name(&point->states, value, tell->x->request.lang) : NULL;
}

static size_t state_len(const history_tell_t *tell, const value_t *value)
{
	const char *name = state_of(tell, value);
	return name ? strlen(name) : 0;
}

static void cell_state(history_tell_t *tell, const value_t *value)
{
	const char *name = state_of(tell, value);
	if (!tell->has_states)
		return;
	if (name || tell->is_csv)
		cell_text(tell, slice_str(name ? name : ""));
	else
		json_null(&tell->x->reply.json);
}

static void cell_time(history_tell_t *tell, int64_t ns)
{
	int64_t unit = tell->ask->unit_ns;
	cell_i64(tell, ns / unit - (ns % unit < 0));
}

/* How far what stands before it may be off. */
static void cell_bound(history_tell_t *tell, double doubt)
{
	tell->is_exact &= doubt == 0;
	if (!tell->has_bounds)
		return;
	if (isinf(doubt))
		cell_text(tell, SLICE("approximate"));
	else
		cell_f64(tell, doubt);
}

static slice_t name_of(const history_tell_t *tell)
{
	return history_point_name(tell->ask, tell->point);
}

static void row_begin(history_tell_t *tell, size_t cells)
{
	size_t room = ROW_ROOM + CELL_ROOM * cells;
	tell->rows++;
	if (!tell->is_csv) {
		json_array(json_for(tell, room));
		return;
	}
	slice_t name = name_of(tell);
	(void)csv_for(tell, room + 2 * name.len);
	tell->has_cell = false;
	if (name.len)
		cell_text(tell, name);
	else
		cell_i64(tell, tell->point->id);
}

static void row_end(history_tell_t *tell)
{
	json_t *j = &tell->x->reply.json;
	if (tell->is_csv)
		wr_bytes(&j->w, SLICE("\r\n"));
	else
		json_close(j);
}

/* Whether one more row is within the limit and the room. */
static bool has_room(history_tell_t *tell)
{
	tell->is_truncated |= tell->rows == tell->ask->limit;
	return !tell->is_truncated && !tell->x->reply.json.w.bad;
}

/* The head of the columns. */
static void column(history_tell_t *tell, const char *name, const char *suffix)
{
	char text[64];
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "%s%s", name, suffix);
	cell_text(tell, writer_done(&w));
}

static const char *time_name(const history_tell_t *tell)
{
	return tell->ask->unit_ns == 1 ? "t_ns" : tell->ask->unit_ns == NS_PER_US ? "t_us" : "t_ms";
}

static void table_columns(history_tell_t *tell)
{
	static const char *const completeness[] = { "coverage", "percent_good", "gap_ms", "late",
		                                    "stale_ms" };
	const history_ask_t *ask = tell->ask;
	for (size_t i = 0; i < ask->column_count; i++) {
		char percentile[32];
		const aggregate_t *aggregate = ask->columns[i].aggregate;
		writer_t w = writer_of(percentile, sizeof(percentile));
		wr_format(&w, "p%g", ask->columns[i].percentile);
		const char *name = aggregate ? aggregate->name : percentile;
		column(tell, name, "");
		column(tell, name, ".status");
		if (tell->has_bounds)
			column(tell, name, ".bound");
		if (aggregate && aggregate->has_time)
			column(tell, name, ".t");
	}
	for (size_t i = 0; i < 5 && !ask->is_bare; i++)
		column(tell, completeness[i], "");
	if (tell->has_bounds && !ask->is_bare)
		column(tell, "thinned", "");
	if (ask->calendar.unit == CALENDAR_SHIFT && ask->shift_count)
		column(tell, "shift", "");
}

static void class_columns(history_tell_t *tell)
{
	char buf[32];
	column(tell, "samples", "");
	column(tell, "below", "");
	for (size_t i = 0; i < tell->ask->class_count; i++)
		column(tell, "from ", num_format_f64(tell->ask->classes[i], buf));
}

static void state_columns(history_tell_t *tell)
{
	static const char *const names[] = { "state", "duration_ms", "entries", "percent" };
	for (size_t i = 0; i < 4; i++)
		column(tell, names[i], "");
	if (tell->has_states)
		column(tell, "name", "");
}

/* A newest sample is exact, and buckets have one for each result. */
static void bound_column(history_tell_t *tell)
{
	history_mode_t mode = tell->ask->mode;
	if (tell->has_bounds && mode != HISTORY_LAST && mode != HISTORY_AGGREGATE)
		column(tell, "bound", "");
}

static void columns(history_tell_t *tell)
{
	column(tell, time_name(tell), "");
	switch (tell->ask->mode) {
	case HISTORY_AGGREGATE:
		table_columns(tell);
		break;
	case HISTORY_HISTOGRAM:
		class_columns(tell);
		break;
	case HISTORY_STATES:
		state_columns(tell);
		break;
	case HISTORY_RAW:
	case HISTORY_AT:
	case HISTORY_INTERPOLATED:
	case HISTORY_CYCLIC:
	case HISTORY_PLOT:
	case HISTORY_DELTA:
	case HISTORY_LAST:
	case HISTORY_MODE_COUNT:
	default:
		column(tell, "value", "");
		column(tell, "status", "");
		if (tell->has_states)
			column(tell, "state", "");
	}
	bound_column(tell);
}

static bool has_states(const history_ask_t *ask)
{
	for (size_t i = 0; i < ask->point_count; i++)
		if (ask->points[i].point && ask->points[i].point->states.count)
			return true;
	return false;
}

void history_tell_begin(history_tell_t *tell)
{
	tell->has_states = has_states(tell->ask);
	if (tell->is_csv) {
		(void)csv_for(tell, HEAD_ROOM);
		cell_text(tell, SLICE("point"));
		columns(tell);
		row_end(tell);
		return;
	}
	json_t *j = json_for(tell, HEAD_ROOM);
	json_object(j);
	json_put_cstr(j, "mode", HISTORY_MODE_NAMES[tell->ask->mode]);
	json_put_array(j, "columns");
	if (tell->ask->mode == HISTORY_LAST)
		column(tell, "point", "");
	columns(tell);
	json_close(j);
	json_put_array(j, tell->ask->mode == HISTORY_LAST ? "rows" : "items");
}

void history_tell_point(history_tell_t *tell, const history_point_t *point)
{
	tell->point = point;
	tell->rows = 0;
	tell->is_truncated = false;
	tell->is_exact = true;
	if (tell->is_csv)
		return;
	slice_t name = name_of(tell);
	json_t *j = json_for(tell, HEAD_ROOM + JSON_GROWTH * name.len);
	json_object(j);
	if (name.len)
		json_put_str(j, "point", name);
	if (point->point)
		json_put_cstr(j, "unit", point->point->unit);
	json_put_u64(j, "id", point->id);
	json_put_array(j, "rows");
}

bool history_tell_row(history_tell_t *tell, const retrieval_row_t *row)
{
	if (!has_room(tell))
		return false;
	row_begin(tell, 4 + row->value.as.text.len * (row->value.type == VALUE_TEXT) +
	                        state_len(tell, &row->value));
	cell_time(tell, row->ns);
	cell_value(tell, &row->value);
	cell_i64(tell, row->status);
	cell_state(tell, &row->value);
	cell_bound(tell, row->doubt);
	row_end(tell);
	return true;
}

bool history_tell_state(history_tell_t *tell, const state_row_t *row)
{
	if (!has_room(tell))
		return false;
	value_t state = value_f64(row->state);
	row_begin(tell, 6 + state_len(tell, &state));
	cell_time(tell, row->start_ns);
	cell_f64(tell, row->state);
	cell_f64(tell, (double)row->ns / (double)NS_PER_MS);
	cell_i64(tell, (int64_t)row->entries);
	cell_f64(tell, row->percent);
	cell_state(tell, &state);
	cell_bound(tell, row->doubt);
	row_end(tell);
	return true;
}

bool history_tell_classes(history_tell_t *tell, const bucket_t *bucket,
                          const histogram_t *histogram)
{
	if (!has_room(tell))
		return false;
	row_begin(tell, histogram->count + 4);
	cell_time(tell, bucket->start_ns);
	cell_i64(tell, (int64_t)bucket->count);
	for (size_t i = 0; i <= histogram->count; i++)
		cell_i64(tell, (int64_t)histogram->counts[i]);
	cell_bound(tell, bucket->doubt > 0 ? (double)INFINITY : 0);
	row_end(tell);
	return true;
}

static void completeness(history_tell_t *tell, const bucket_t *bucket)
{
	cell_f64(tell, bucket->coverage);
	cell_f64(tell, bucket->percent_good);
	cell_f64(tell, (double)bucket->gap_ns / (double)NS_PER_MS);
	cell_f64(tell, bucket->late);
	cell_f64(tell,
	         bucket->stale_ns < 0 ? (double)NAN : (double)bucket->stale_ns / (double)NS_PER_MS);
	if (tell->has_bounds)
		cell_i64(tell, bucket->doubt > 0);
}

static void table_row(history_tell_t *tell, const retrieval_table_t *table, size_t row)
{
	const history_ask_t *ask = tell->ask;
	const bucket_t *bucket = &table->buckets[row];
	row_begin(tell, 4 * table->columns + 9);
	cell_time(tell, bucket->start_ns);
	for (size_t i = 0; i < table->columns; i++) {
		const result_t *result = &table->results[row * table->columns + i];
		cell_f64(tell, result->value);
		cell_i64(tell, result->status);
		cell_bound(tell, result->doubt);
		if (ask->columns[i].aggregate && ask->columns[i].aggregate->has_time)
			cell_time(tell, result->ns);
	}
	if (!ask->is_bare)
		completeness(tell, bucket);
	if (ask->calendar.unit == CALENDAR_SHIFT && ask->shift_count)
		cell_text(tell, calendar_shift_of(&ask->calendar, bucket->start_ns)->name);
	row_end(tell);
}

void history_tell_table(history_tell_t *tell, const retrieval_table_t *table)
{
	for (size_t i = 0; i < table->rows && has_room(tell); i++)
		table_row(tell, table, i);
}

bool history_tell_last(history_tell_t *tell, const history_point_t *point, const sample_t *sample)
{
	knot_t knot = facts_knot(sample->source.ns, sample);
	tell->point = point;
	slice_t name = name_of(tell);
	row_begin(tell, 4 + name.len + state_len(tell, &sample->value));
	if (!tell->is_csv && name.len)
		json_str(&tell->x->reply.json, name);
	else if (!tell->is_csv)
		json_u64(&tell->x->reply.json, point->id);
	cell_time(tell, sample->source.ns);
	cell_value(tell, &sample->value);
	cell_i64(tell, facts_status(&knot) | STATUS_RAW);
	cell_state(tell, &sample->value);
	row_end(tell);
	return !tell->x->reply.json.w.bad;
}

void history_tell_stats(json_t *j, const walk_stats_t *stats, int64_t took_ns)
{
	json_object(j);
	json_put_u64(j, "calls", stats->asked);
	json_put_u64(j, "summaries", stats->summaries);
	json_put_u64(j, "opened", stats->opened);
	json_put_u64(j, "samples", stats->samples);
	json_put_f64(j, "ms", (double)took_ns / (double)NS_PER_MS);
	json_close(j);
}

void history_tell_rows_end(history_tell_t *tell)
{
	if (!tell->is_csv)
		json_close(json_for(tell, HEAD_ROOM));
}

void history_tell_point_end(history_tell_t *tell, const walk_stats_t *stats, int64_t took_ns)
{
	if (tell->is_csv)
		return;
	json_t *j = json_for(tell, HEAD_ROOM);
	json_put_bool(j, "truncated", tell->is_truncated);
	json_put_bool(j, "exact", tell->is_exact);
	if (tell->ask->is_explained) {
		json_key(j, "explain");
		history_tell_stats(j, stats, took_ns);
	}
	json_close(j);
}

void history_tell_end(history_tell_t *tell)
{
	if (tell->is_csv)
		return;
	json_t *j = json_for(tell, HEAD_ROOM);
	json_close(j);
	json_close(j);
}
