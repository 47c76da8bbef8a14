/* SPDX-License-Identifier: Apache-2.0 */
/* Which series a selector finds, and their newest values at each step. */
#include <stdlib.h>

#include "query/promql/read.h"
#include "base/grow.h"

#define LOOKBACK_MS INT64_C(300000)

static const err_text_t text_series = {
	{ "a selector finds more than %1 series", "选择器选中的序列超过 %1 个" },
	{ "narrow it by more labels", "请用更多标签缩小范围" },
};
static const err_text_t text_index = {
	{ "the index cannot answer the selector", "索引无法处理该选择器" },
	{ "see whether its regular expressions are plain enough", "请简化其中的正则表达式" },
};

typedef struct {
	eval_t *ev;
	found_t *found;
	size_t count, cap;
	err_t err;
} finding_t;

static err_t keep(finding_t *f, point_id_t point, const labels_t *labels)
{
	char limit[24];
	if (f->count == f->ev->ask->limits.series) {
		writer_t w = writer_of(limit, sizeof(limit));
		wr_format(&w, "%zu", f->count);
		return eval_fail(f->ev, ERR_LIMIT, &text_series, writer_done(&w));
	}
	found_t *found = grow_for(f->found, f->count + 1, &f->cap, sizeof(*found));
	if (!found)
		return ERR_NO_MEMORY;
	f->found = found;
	found_t *to = &f->found[f->count];
	to->point = point;
	if (labelset_copy(f->ev->pool, labels, &to->labels))
		return eval_no_room(f->ev);
	f->count++;
	return ERR_OK;
}

static bool on_series(void *ctx, point_id_t point, const labels_t *labels)
{
	finding_t *f = ctx;
	f->err = keep(f, point, labels);
	return f->err == ERR_OK;
}

err_t select_find(eval_t *ev, const node_t *selector, found_t **ret_found, size_t *ret_count)
{
	const series_index_t *index = ev->ask->index;
	finding_t f = { .ev = ev };
	err_t err = index->select(index->ctx, selector->matchers, selector->matcher_count,
	                          on_series, &f);
	if (err == ERR_INVALID || err == ERR_LIMIT)
		err = eval_fail(ev, err, &text_index, (slice_t){ 0 });
	if (!err)
		err = f.err;
	if (err) {
		free(f.found);
		return err;
	}
	*ret_found = f.found;
	*ret_count = f.count;
	return ERR_OK;
}

int64_t select_ms(const eval_t *ev, const reach_t *reach, int64_t step_ms)
{
	const int64_t at[] = { [AT_STEP] = step_ms,
		               [AT_TIME] = reach->at_ms,
		               [AT_START] = ev->ask->start_ms,
		               [AT_END] = ev->ask->end_ms };
	return at[reach->at] - reach->offset_ms;
}

typedef struct {
	eval_t *ev;
	const reach_t *reach;
	const grid_t *grid;
	int64_t lookback_ms;
	bool is_when;
	size_t steps, next; /* steps that differ, and those that are settled */
	point_t newest;     /* so far */
	double *values;
} walk_t;

static int64_t seen_ms(const walk_t *w, size_t step)
{
	return select_ms(w->ev, w->reach, grid_ms(w->grid, step));
}

static void settle(walk_t *w, size_t step)
{
	if (!is_absent(w->newest.value) && w->newest.ms >= seen_ms(w, step) - w->lookback_ms)
		w->values[step] = w->is_when ? (double)w->newest.ms / 1000 : w->newest.value;
}

/* Steps that look at a time before this one have seen all they will. */
static bool settle_before(walk_t *w, int64_t ms)
{
	while (w->next < w->steps && seen_ms(w, w->next) < ms)
		settle(w, w->next++);
	return w->next < w->steps;
}

static bool on_point(void *ctx, point_t point)
{
	walk_t *w = ctx;
	bool goes_on = settle_before(w, point.ms);
	w->newest = point;
	return goes_on;
}

/* A run does when no step looks into it: only its last sample can be the newest of one. */
static series_verdict_t on_summary(void *ctx, const summary_t *s)
{
	walk_t *w = ctx;
	if (!settle_before(w, point_ms(s->first.ns)))
		return SERIES_STOP;
	if (seen_ms(w, w->next) < point_ms(s->last.ns))
		return SERIES_OPEN;
	w->newest = point_of(&s->last);
	return SERIES_TAKEN;
}

/* Steps far apart are asked one by one. */
static err_t read_apart(walk_t *w, point_id_t point)
{
	err_t err = ERR_OK;
	for (size_t i = 0; i < w->steps && !err; i++) {
		int64_t at = seen_ms(w, i);
		err = read_newest(w->ev, point, (span_t){ at - w->lookback_ms, at, 0 }, &w->newest);
		if (!err)
			settle(w, i);
	}
	return err;
}

static err_t read_along(walk_t *w, point_id_t point)
{
	sink_t sink = { w, on_point, on_summary };
	span_t span = { seen_ms(w, 0) - w->lookback_ms, seen_ms(w, w->steps - 1), 0 };
	w->next = 0;
	w->newest = (point_t){ 0, absent() };
	err_t err = read_span(w->ev, point, span, &sink);
	if (!err)
		(void)settle_before(w, INT64_MAX);
	return err;
}

static err_t read_series(walk_t *w, const found_t *found, matrix_t *m)
{
	row_t *row;
	err_t err = eval_in_time(w->ev);
	if (!err)
		err = matrix_add(w->ev, m, &found->labels, &row);
	if (err)
		return err;
	w->values = row->values;
	bool is_apart = w->steps == 1 || w->grid->step_ms > w->lookback_ms;
	err = is_apart ? read_apart(w, found->point) : read_along(w, found->point);
	for (size_t i = w->steps; i < w->grid->steps; i++)
		row->values[i] = row->values[0];
	if (!err && row_is_empty(row, m->steps))
		matrix_pop(w->ev, m);
	return err;
}

err_t select_eval(eval_t *ev, const node_t *selector, const grid_t *grid, bool is_when,
                  matrix_t *ret_matrix)
{
	int64_t lookback = ev->ask->lookback_ms ? ev->ask->lookback_ms : LOOKBACK_MS;
	walk_t w = { .ev = ev,
		     .reach = &selector->reach,
		     .grid = grid,
		     .lookback_ms = lookback,
		     .is_when = is_when,
		     .steps = selector->reach.at == AT_STEP ? grid->steps : 1 };
	matrix_t m = { .steps = grid->steps };
	found_t *found = NULL;
	size_t count = 0;
	err_t err = select_find(ev, selector, &found, &count);
	for (size_t i = 0; i < count && !err; i++)
		err = read_series(&w, &found[i], &m);
	free(found);
	if (err)
		matrix_done(ev, &m);
	else
		*ret_matrix = m;
	return err;
}
