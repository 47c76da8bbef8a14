/* SPDX-License-Identifier: Apache-2.0 */
/* The sample nearest to a time, and the newest of many points: those are known without a
 * look at the disk, unless nobody asked since the start. */
#include "historian/scan.h"
#include "historian/state.h"

typedef struct {
	historian_t *h;
	const series_nearest_t *ask;
	bool found;
	rowset_t row;
	double bound; /* of the row */
} nearest_t;

static bool is_taken(const series_nearest_t *ask, const rows_t *rows, size_t i)
{
	double number;
	return !ask->is_usable_only ||
	       summary_usable(rows->type[i], mark_quality(rows->mark[i]), rows->bits[i], &number);
}

static bool keep_row(nearest_t *nearest, const rows_t *rows, size_t i)
{
	rows_t row = rows_part(rows, i, i + 1);
	rowset_clear(&nearest->row);
	nearest->bound = row.bound;
	nearest->found = rowset_add(&nearest->row, &row) == ERR_OK;
	return nearest->found;
}

static bool first_row(void *ctx, const rows_t *rows)
{
	nearest_t *nearest = ctx;
	for (size_t i = 0; i < rows->count; i++)
		if (is_taken(nearest->ask, rows, i))
			return !keep_row(nearest, rows, i);
	return true;
}

static bool last_row(void *ctx, const rows_t *rows)
{
	nearest_t *nearest = ctx;
	for (size_t i = rows->count; i-- > 0;)
		if (is_taken(nearest->ask, rows, i))
			return keep_row(nearest, rows, i);
	return true;
}

static err_t look(nearest_t *nearest, int64_t from_ns, int64_t to_ns)
{
	const series_nearest_t *what = nearest->ask;
	series_query_t query = { .point = what->point,
		                 .from_ns = from_ns,
		                 .to_ns = to_ns,
		                 .known_at_ns = what->known_at_ns,
		                 .deadline_ns = what->deadline_ns };
	scan_taker_t taker = { .ctx = nearest, .rows = what->is_after ? first_row : last_row };
	return from_ns < to_ns ? historian_ask(nearest->h, &query, &taker) : ERR_OK;
}

/* The newest there may be need not be looked for in the time behind it. */
static int64_t newest_ns(historian_t *h, point_id_t point, int64_t otherwise)
{
	env_lock(h->mutex);
	memory_last_t last = memory_last(h->table, point);
	env_unlock(h->mutex);
	return last.is_set && last.source_ns < otherwise ? last.source_ns + 1 : otherwise;
}

/* Looks back in spans that double, so that a point with a long past is not read whole. */
static err_t look_back(nearest_t *nearest)
{
	int64_t to_ns = newest_ns(nearest->h, nearest->ask->point, nearest->ask->at_ns);
	int64_t span_ns = NS_PER_S;
	err_t err = ERR_OK;
	while (!err && !nearest->found && to_ns > INT64_MIN) {
		int64_t from_ns;
		if (__builtin_sub_overflow(to_ns, span_ns, &from_ns))
			from_ns = INT64_MIN;
		err = look(nearest, from_ns, to_ns);
		to_ns = from_ns;
		span_ns = span_ns > INT64_MAX / 2 ? INT64_MAX : 2 * span_ns;
	}
	return err;
}

/* Its text stays in nearest->row. */
static err_t find_nearest(nearest_t *nearest, sample_t *ret_sample)
{
	err_t err = nearest->ask->is_after ? look(nearest, nearest->ask->at_ns, INT64_MAX)
	                                   : look_back(nearest);
	if (err || !nearest->found)
		return err ? err : ERR_NOT_FOUND;
	rows_t row = rowset_rows(&nearest->row);
	row.bound = nearest->bound;
	*ret_sample = rows_sample(&row, 0, nearest->ask->point);
	return ERR_OK;
}

err_t historian_nearest(void *ctx, const series_nearest_t *ask, sample_t *ret_sample)
{
	nearest_t nearest = { .h = ctx, .ask = ask };
	err_t err = find_nearest(&nearest, ret_sample);
	if (!err && ret_sample->value.type == VALUE_TEXT) {
		size_t at = ask->text ? ask->text->len : 0;
		if (ask->text)
			wr_bytes(ask->text, ret_sample->value.as.text);
		ret_sample->value.as.text = ask->text ? slice_from(writer_done(ask->text), at)
		                                      : (slice_t){ 0 };
	}
	rowset_free(&nearest.row);
	return err;
}

static void remember(historian_t *h, point_id_t point, const rowset_t *row)
{
	memory_last_t last = { row->source_ns[0],
		               row->node_ns[0],
		               row->bits[0],
		               row->type[0],
		               row->mark[0],
		               true,
		               row->type[0] != VALUE_TEXT };
	env_lock(h->mutex);
	/* Without memory it is looked up again. */
	(void)!memory_set_last(h->table, point, &last);
	env_unlock(h->mutex);
}

typedef struct {
	historian_t *h;
	bool (*row)(void *ctx, const sample_t *sample);
	void *ctx;
	bool is_stopped;
} last_taker_t;

/* What is not known whole is found on disk. Of a point that was edited it is not remembered:
 * an older row may be the newest that is seen, and who asks as of before would miss the
 * others. */
static err_t look_up(last_taker_t *taker, point_id_t point, bool is_edited)
{
	sample_t sample;
	series_nearest_t ask = { .point = point, .at_ns = INT64_MAX };
	nearest_t nearest = { .h = taker->h, .ask = &ask };
	err_t err = find_nearest(&nearest, &sample);
	if (!err && !is_edited)
		remember(taker->h, point, &nearest.row);
	if (!err)
		taker->is_stopped = !taker->row(taker->ctx, &sample);
	rowset_free(&nearest.row);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static err_t take_last(last_taker_t *taker, point_id_t point)
{
	env_lock(taker->h->mutex);
	memory_last_t last = memory_last(taker->h->table, point);
	bool is_edited = edits_find(&taker->h->edits, point) < taker->h->edits.count;
	env_unlock(taker->h->mutex);
	if (!last.is_set)
		return ERR_OK;
	if (!last.is_whole || is_edited)
		return look_up(taker, point, is_edited);
	rows_t row = { 1,          &last.source_ns, &last.node_ns, &last.bits,
		       &last.type, &last.mark,      { 0 },         0 };
	sample_t sample = rows_sample(&row, 0, point);
	taker->is_stopped = !taker->row(taker->ctx, &sample);
	return ERR_OK;
}

err_t historian_last(void *ctx, const point_id_t *points, size_t count,
                     bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx)
{
	last_taker_t taker = { ctx, row, row_ctx, false };
	err_t err = ERR_OK;
	for (size_t i = 0; !err && !taker.is_stopped && i < count; i++)
		err = take_last(&taker, points[i]);
	return err;
}
