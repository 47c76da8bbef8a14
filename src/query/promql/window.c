/* SPDX-License-Identifier: Apache-2.0 */
/* Slides a window over each series. The samples of a series are read once, in order;
 * where steps are much further apart than windows are long, only what is in windows. */
#include "query/promql/window.h"

#include <stdlib.h>

#include "query/promql/functions.h"

enum { POINTS_FIRST = 256, POINT_VALUES = sizeof(point_t) / sizeof(double) + 1 };
enum { FOLD_VALUES = sizeof(fold_t) / sizeof(double) };

typedef struct {
	eval_t *ev;
	const node_t *call, *range;
	const grid_t *grid;
	const function_t *function;
	size_t windows; /* that differ: 1 when the range stands still */
	matrix_t params;
	/* Where windows come from: series of the store, or rows of a subquery. */
	found_t *found;
	size_t count;
	matrix_t inner;
	grid_t inner_grid;
	/* Folds: pieces of time between cuts, and of each window the pieces it is made of. */
	int64_t *cuts;
	size_t cut_count, piece;
	size_t *from, *to;
	fold_t *pieces, *tails;
	/* Walks: the samples that the next window may still hold. */
	point_t *points;
	double *scratch;
	size_t begin, end, cap;
	size_t next;
	double *values; /* of the row */
	size_t held;
	err_t err;
} window_t;

static frame_t frame_of(const window_t *w, size_t step)
{
	int64_t at = grid_ms(w->grid, step);
	int64_t to = select_ms(w->ev, &w->range->reach, at);
	return (frame_t){ .from_ms = to - w->range->reach.range_ms,
		          .to_ms = to,
		          .at_ms = at,
		          .scratch = w->scratch,
		          .param = w->params.count ? w->params.rows[0].values[step] : 0 };
}

const node_t *window_range(const node_t *call)
{
	for (size_t i = 0; i < call->arg_count; i++)
		if (call->args[i]->type == PROMQL_MATRIX)
			return call->args[i];
	return NULL;
}

/* Both edges of each window, in order and each once. */
static void cut_time(window_t *w)
{
	size_t from = 0, to = 0;
	while (to < w->windows) {
		int64_t begin = from < w->windows ? frame_of(w, from).from_ms : INT64_MAX;
		int64_t end = frame_of(w, to).to_ms + 1;
		int64_t cut = begin < end ? begin : end;
		if (begin == cut)
			w->from[from++] = w->cut_count;
		if (end == cut)
			w->to[to++] = w->cut_count;
		w->cuts[w->cut_count++] = cut;
	}
}

static err_t hold(window_t *w, size_t n)
{
	err_t err = eval_hold(w->ev, n);
	w->held += err ? 0 : n;
	return err;
}

static err_t open_folds(window_t *w)
{
	size_t most = 2 * w->windows;
	err_t err = hold(w, 2 * most * FOLD_VALUES);
	if (err)
		return err;
	w->cuts = calloc(most, sizeof(*w->cuts));
	w->from = calloc(w->windows, sizeof(*w->from));
	w->to = calloc(w->windows, sizeof(*w->to));
	w->pieces = calloc(most, sizeof(*w->pieces));
	w->tails = calloc(most, sizeof(*w->tails));
	if (!w->cuts || !w->from || !w->to || !w->pieces || !w->tails)
		return ERR_NO_MEMORY;
	cut_time(w);
	return ERR_OK;
}

static void close_window(window_t *w)
{
	eval_release(w->ev, w->held);
	matrix_done(w->ev, &w->inner);
	matrix_done(w->ev, &w->params);
	free(w->found);
	free(w->points);
	free(w->scratch);
	free(w->cuts);
	free(w->from);
	free(w->to);
	free(w->pieces);
	free(w->tails);
}

/* Moves on to the piece a time lies in; false: in none. */
static bool find_piece(window_t *w, int64_t ms)
{
	while (w->piece + 2 < w->cut_count && w->cuts[w->piece + 1] <= ms)
		w->piece++;
	return ms >= w->cuts[w->piece] && ms < w->cuts[w->piece + 1];
}

static bool fold_in_point(void *ctx, point_t point)
{
	window_t *w = ctx;
	if (!is_absent(point.value) && find_piece(w, point.ms))
		fold_point(&w->pieces[w->piece], point);
	return true;
}

static series_verdict_t fold_in_summary(void *ctx, const summary_t *s)
{
	window_t *w = ctx;
	if (!find_piece(w, point_ms(s->first.ns)) ||
	    point_ms(s->last.ns) >= w->cuts[w->piece + 1] || !fold_accepts(s, w->function->need))
		return SERIES_OPEN;
	fold_t fold = fold_of(s);
	fold_join(&w->pieces[w->piece], &fold);
	return SERIES_TAKEN;
}

/* What the kernel says, for the step, or for all of them when the window stands still. */
static void put_fold(window_t *w, size_t step, const fold_t *fold)
{
	size_t end = w->windows == 1 ? w->grid->steps : step + 1;
	for (; fold->count && step < end; step++) {
		frame_t frame = frame_of(w, step);
		w->values[step] = w->function->fold(fold, &frame);
	}
}

/* Two stacks: `tails` hold the pieces from each up to the turn, `head` those behind it.
 * When a window leaves all tails behind, they are made anew from its own pieces. */
static void slide(window_t *w)
{
	fold_t head = { 0 };
	size_t turn = 0, end = 0;
	for (size_t i = 0; i < w->windows; i++) {
		size_t from = w->from[i], to = w->to[i];
		if (from >= turn) {
			for (size_t j = to; j-- > from;) {
				w->tails[j] = w->pieces[j];
				if (j + 1 < to)
					fold_join(&w->tails[j], &w->tails[j + 1]);
			}
			head = (fold_t){ 0 };
			turn = end = to;
		}
		for (; end < to; end++)
			fold_join(&head, &w->pieces[end]);
		fold_t fold = w->tails[from];
		fold_join(&fold, &head);
		put_fold(w, i, &fold);
	}
}

/* A walk over a wide window takes its time. */
static err_t put_walk(window_t *w, size_t step)
{
	size_t end = w->windows == 1 ? w->grid->steps : step + 1;
	frame_t frame = frame_of(w, step);
	while (w->begin < w->end && w->points[w->begin].ms < frame.from_ms)
		w->begin++;
	for (; w->begin < w->end && step < end; step++) {
		frame = frame_of(w, step);
		w->values[step] = w->function->walk(&w->points[w->begin], w->end - w->begin,
		                                    &frame);
	}
	return eval_in_time(w->ev);
}

static err_t make_room(window_t *w)
{
	if (w->end < w->cap)
		return ERR_OK;
	if (w->begin > w->cap / 2) {
		memmove(w->points, &w->points[w->begin], (w->end - w->begin) * sizeof(*w->points));
		w->end -= w->begin;
		w->begin = 0;
		return ERR_OK;
	}
	size_t more = w->cap ? w->cap : POINTS_FIRST;
	err_t err = hold(w, more * POINT_VALUES);
	if (err)
		return err;
	point_t *points = realloc(w->points, (w->cap + more) * sizeof(*points));
	w->points = points ? points : w->points;
	double *scratch = realloc(w->scratch, (w->cap + more) * sizeof(*scratch));
	w->scratch = scratch ? scratch : w->scratch;
	if (!points || !scratch)
		return ERR_NO_MEMORY;
	w->cap += more;
	return ERR_OK;
}

static bool walk_in_point(void *ctx, point_t point)
{
	window_t *w = ctx;
	if (is_absent(point.value))
		return true;
	while (!w->err && w->next < w->windows && frame_of(w, w->next).to_ms < point.ms)
		w->err = put_walk(w, w->next++);
	if (w->err || w->next == w->windows)
		return false;
	if (point.ms < frame_of(w, w->next).from_ms)
		return true;
	w->err = make_room(w);
	if (!w->err)
		w->points[w->end++] = point;
	return w->err == ERR_OK;
}

static void feed_row(const window_t *w, size_t row, const sink_t *sink)
{
	const double *values = w->inner.rows[row].values;
	for (size_t i = 0; i < w->inner_grid.steps; i++)
		if (!is_absent(values[i]) &&
		    !sink->point(sink->ctx, (point_t){ grid_ms(&w->inner_grid, i), values[i] }))
			return;
}

static err_t feed(const window_t *w, size_t source, const sink_t *sink)
{
	err_t err = ERR_OK;
	frame_t first = frame_of(w, 0), last = frame_of(w, w->windows - 1);
	if (w->range->kind == NODE_SUBQUERY) {
		feed_row(w, source, sink);
		return ERR_OK;
	}
	point_id_t point = w->found[source].point;
	int64_t step_ms = w->grid->step_ms, range_ms = w->range->reach.range_ms;
	bool is_apart = step_ms > range_ms;
	if (w->windows == 1 || step_ms - range_ms <= range_ms)
		return read_span(w->ev, point,
		                 (span_t){ first.from_ms, last.to_ms, is_apart ? step_ms : 0 },
		                 sink);
	for (size_t i = 0; i < w->windows && !err; i++) {
		frame_t frame = frame_of(w, i);
		err = read_span(w->ev, point, (span_t){ frame.from_ms, frame.to_ms, 0 }, sink);
	}
	return err;
}

static err_t fold_series(window_t *w, size_t source)
{
	sink_t sink = { w, fold_in_point, fold_in_summary };
	memset(w->pieces, 0, w->cut_count * sizeof(*w->pieces));
	w->piece = 0;
	err_t err = feed(w, source, &sink);
	if (!err)
		slide(w);
	return err;
}

static err_t walk_series(window_t *w, size_t source)
{
	sink_t sink = { w, walk_in_point, NULL };
	w->begin = w->end = w->next = 0;
	err_t err = feed(w, source, &sink);
	if (!err)
		err = w->err;
	while (!err && w->next < w->windows)
		err = put_walk(w, w->next++);
	return err;
}

static err_t do_series(window_t *w, size_t source, matrix_t *m)
{
	/* last_over_time is the series itself at another time; the others are new ones. */
	label_choice_t choice = { .drops_name = w->function->fold != kernel_last };
	const labels_t *from = w->range->kind == NODE_SUBQUERY ? &w->inner.rows[source].labels
	                                                       : &w->found[source].labels;
	labels_t labels;
	row_t *row;
	err_t err = eval_in_time(w->ev);
	if (!err && labelset_choose(w->ev->pool, from, &choice, &labels))
		err = eval_no_room(w->ev);
	if (!err)
		err = matrix_add(w->ev, m, &labels, &row);
	if (err)
		return err;
	w->values = row->values;
	err = w->function->fold ? fold_series(w, source) : walk_series(w, source);
	if (!err && row_is_empty(row, m->steps))
		matrix_pop(w->ev, m);
	return err;
}

static err_t open_params(window_t *w)
{
	for (size_t i = 0; i < w->call->arg_count; i++)
		if (w->call->args[i]->type == PROMQL_SCALAR)
			return eval_node(w->ev, w->call->args[i], w->grid, &w->params);
	return ERR_OK;
}

static err_t open_window(window_t *w)
{
	err_t err = open_params(w);
	if (!err && w->range->kind == NODE_SUBQUERY) {
		err = subquery_eval(w->ev, w->range, w->grid, &w->inner_grid, &w->inner);
		w->count = w->inner.count;
	} else if (!err) {
		err = select_find(w->ev, w->range, &w->found, &w->count);
	}
	return !err && w->function->fold ? open_folds(w) : err;
}

err_t window_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret_matrix)
{
	window_t w = { .ev = ev,
		       .call = call,
		       .range = window_range(call),
		       .grid = grid,
		       .function = call->function };
	matrix_t m = { .steps = grid->steps };
	w.windows = w.range->reach.at == AT_STEP ? grid->steps : 1;
	err_t err = open_window(&w);
	for (size_t i = 0; i < w.count && !err; i++)
		err = do_series(&w, i, &m);
	if (!err)
		err = matrix_distinct(ev, &m);
	close_window(&w);
	if (err)
		matrix_done(ev, &m);
	else
		*ret_matrix = m;
	return err;
}

/* 1 at each step at which no series has a sample in its window. */
err_t window_absent_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret_matrix)
{
	matrix_t present = { 0 };
	err_t err = window_eval(ev, call, grid, &present);
	if (!err)
		err = absent_matrix(ev, window_range(call), &present, ret_matrix);
	matrix_done(ev, &present);
	return err;
}
