/* SPDX-License-Identifier: Apache-2.0 */
/* A merge of trees. What is not open waits in a heap by its first time; what is open is
 * rows. The open rows before the first that waits are handed out; then what waits is
 * taken as a summary, or opened: a page into its children, a block into rows. */
#include "historian/scan.h"

#include <math.h>
#include <stdlib.h>

#include "historian/hours.h"
#include "historian/waiting.h"

enum { RUNS_BETWEEN_LOOKS = 64, TEXT_PER_ROW = 16 };

/* Rows that are being handed out. */
typedef struct {
	rowset_t block; /* owned; its hours are opened one after another */
	const segment_t *segment;
	uint64_t block_at; /* of which block of the segment it is; 0: of none */
	rows_t rows;       /* of the block or the memory table */
	size_t at;
} open_t;

struct scan {
	const scan_spec_t *spec;
	const scan_taker_t *taker;
	waiting_t waiting;
	open_t *open; /* the first open_count are in use; the others keep their memory */
	size_t open_count, open_cap;
	uint64_t looks;
	uint64_t work; /* rows read and handed out, and what is compared for that */
	bool is_over;
};

static err_t list_sources(scan_t *scan)
{
	const scan_spec_t *spec = scan->spec;
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < spec->segment_count; i++) {
		const segment_t *segment = spec->segments[i]->segment;
		size_t at = segment_find(segment, spec->query->point);
		if (segment_is_absent(segment))
			return ERR_CORRUPT;
		if (at == segment_points(segment))
			continue;
		segment_point_t point = segment_point(segment, at);
		if (point.last_ns >= spec->query->from_ns && point.first_ns < spec->query->to_ns)
			err = waiting_add_root(&scan->waiting, segment, &point);
	}
	if (!err && spec->memory->count)
		err = waiting_add_rows(&scan->waiting, spec->memory);
	return err;
}

static err_t make_open(scan_t *scan, open_t **ret_open)
{
	if (scan->open_count == scan->open_cap) {
		size_t cap = scan->open_cap ? 2 * scan->open_cap : 4;
		open_t *grown = realloc(scan->open, cap * sizeof(*grown));
		if (!grown)
			return ERR_NO_MEMORY;
		memset(grown + scan->open_cap, 0, (cap - scan->open_cap) * sizeof(*grown));
		scan->open = grown;
		scan->open_cap = cap;
	}
	*ret_open = &scan->open[scan->open_count];
	return ERR_OK;
}

static err_t read_block(open_t *open, const waiter_t *waiter)
{
	const page_child_t *child = waiter_child(waiter);
	uint64_t at = child->part[BLOCK_VALUE].at;
	if (open->segment == waiter->segment && open->block_at == at)
		return ERR_OK;
	rowset_clear(&open->block);
	open->block_at = 0;
	err_t err = segment_read(waiter->segment, child, &open->block);
	if (err)
		return err;
	open->segment = waiter->segment;
	open->block_at = at;
	return ERR_OK;
}

static bool is_edited(const scan_spec_t *spec, int64_t first_ns, int64_t last_ns)
{
	for (size_t i = 0; i < spec->edit_count; i++)
		if (last_ns >= spec->edits[i].from_ns && first_ns < spec->edits[i].to_ns)
			return true;
	return false;
}

static bool is_known(const scan_spec_t *spec, const page_child_t *child)
{
	return !spec->query->known_at_ns || child->node_max_ns <= spec->query->known_at_ns;
}

/* How far rows that were left out may be from the line. What an edit hides or was not known
 * yet takes the ends of lines away. */
static double bound_of(const scan_spec_t *spec, const page_child_t *child)
{
	bool is_broken = is_edited(spec, child->first_ns, child->last_ns) || !is_known(spec, child);
	return child->summary.bound > 0 && is_broken ? (double)INFINITY : child->summary.bound;
}

static err_t open_rows(scan_t *scan, const waiter_t *waiter)
{
	open_t *open = NULL;
	err_t err = make_open(scan, &open);
	if (!err && waiter->kind == WAITER_ROWS)
		open->rows = *scan->spec->memory;
	else if (!err)
		err = read_block(open, waiter);
	if (err)
		return err;
	if (waiter->kind != WAITER_ROWS)
		open->rows = rowset_rows(&open->block);
	if (waiter->kind == WAITER_HOUR)
		open->rows = hours_part(&open->rows, waiter_child(waiter), waiter->hour);
	else if (waiter->kind != WAITER_ROWS)
		open->rows.bound = bound_of(scan->spec, waiter_child(waiter));
	scan->work += open->rows.count + open->rows.text.len / TEXT_PER_ROW;
	open->at = rows_before(&open->rows, 0, scan->spec->query->from_ns);
	scan->open_count += open->at < open->rows.count;
	return ERR_OK;
}

static err_t open_page(scan_t *scan, const waiter_t *waiter)
{
	const series_query_t *query = scan->spec->query;
	waiting_range_t range = { query->from_ns, query->to_ns, scan->taker->summary != NULL };
	return waiting_add_page(&scan->waiting, waiter, &range);
}

/* Do rows that are open lie in its time? */
static bool is_overlapped(const scan_t *scan, const summary_t *summary)
{
	for (size_t i = 0; i < scan->open_count; i++)
		if (scan->open[i].rows.source_ns[scan->open[i].at] <= summary->last.ns)
			return true;
	return false;
}

/* May it stand for its rows? It has left the heap. */
static bool is_whole(const scan_t *scan, const waiter_t *waiter)
{
	const series_query_t *query = scan->spec->query;
	if (!scan->taker->summary || !waiter->page)
		return false;
	const page_child_t *child = waiter_child(waiter);
	const summary_t *summary = waiter_summary(waiter);
	return child->has_summary && summary->first.ns >= query->from_ns &&
	       summary->last.ns < query->to_ns &&
	       waiting_first_ns(&scan->waiting) > summary->last.ns && is_known(scan->spec, child) &&
	       !is_edited(scan->spec, summary->first.ns, summary->last.ns) &&
	       !is_overlapped(scan, summary);
}

static err_t take_waiter(scan_t *scan)
{
	waiter_t waiter = waiting_take(&scan->waiting);
	series_verdict_t verdict = SERIES_OPEN;
	err_t err = ERR_OK;
	if (is_whole(scan, &waiter))
		verdict = scan->taker->summary(scan->taker->ctx, waiter_summary(&waiter));
	scan->is_over = verdict == SERIES_STOP;
	if (verdict == SERIES_OPEN)
		err = waiter_is_rows(&waiter) ? open_rows(scan, &waiter) : open_page(scan, &waiter);
	waiting_release(&waiter);
	return err;
}

static bool is_seen(const scan_spec_t *spec, const rows_t *rows, size_t i)
{
	int64_t known_at = spec->query->known_at_ns;
	bool is_seen = !known_at || rows->node_ns[i] <= known_at;
	for (size_t k = 0; is_seen && k < spec->edit_count; k++)
		is_seen = !edit_hides(&spec->edits[k], rows->source_ns[i], rows->node_ns[i]);
	return is_seen;
}

/* Hands out what may be seen of the rows from..to. */
static void hand_out(scan_t *scan, const rows_t *rows, size_t from, size_t to)
{
	bool is_plain = !scan->spec->query->known_at_ns && !scan->spec->edit_count;
	while (from < to && !scan->is_over) {
		size_t end = is_plain ? to : from;
		while (end < to && is_seen(scan->spec, rows, end))
			end++;
		rows_t run = rows_part(rows, from, end);
		if (run.count)
			scan->is_over = !scan->taker->rows(scan->taker->ctx, &run);
		from = end + !is_plain;
	}
}

/* The place of the open rows with the least next row. */
static size_t least(const scan_t *scan)
{
	size_t best = 0;
	for (size_t i = 1; i < scan->open_count; i++)
		if (rows_compare(&scan->open[i].rows, scan->open[i].at, &scan->open[best].rows,
		                 scan->open[best].at) < 0)
			best = i;
	return best;
}

/* How far the rows of `open` go before a row of another that is open. */
static size_t end_of_run(const scan_t *scan, size_t best, size_t end)
{
	const open_t *open = &scan->open[best];
	for (size_t i = 0; i < scan->open_count; i++) {
		const open_t *other = &scan->open[i];
		size_t at = open->at + 1;
		if (i == best)
			continue;
		while (at < end && rows_compare(&open->rows, at, &other->rows, other->at) <= 0)
			at++;
		end = at < end ? at : end;
	}
	return end;
}

/* A row among those of a block that was thinned is no end of a line there. */
static bool is_in_thinned(const scan_t *scan, size_t best)
{
	for (size_t i = 0; i < scan->open_count; i++)
		if (i != best && scan->open[i].rows.bound > 0)
			return true;
	return false;
}

static void close_rows(scan_t *scan, size_t i)
{
	open_t done = scan->open[i];
	scan->open[i] = scan->open[--scan->open_count];
	scan->open[scan->open_count] = done;
}

/* Hands out open rows before `before_ns`; false when there are none. */
static bool take_run(scan_t *scan, int64_t before_ns)
{
	if (!scan->open_count)
		return false;
	size_t best = least(scan);
	open_t *open = &scan->open[best];
	if (open->rows.source_ns[open->at] >= before_ns)
		return false;
	size_t end = rows_before(&open->rows, open->at, before_ns);
	end = end_of_run(scan, best, end);
	rows_t rows = open->rows;
	if (is_in_thinned(scan, best))
		rows.bound = (double)INFINITY;
	hand_out(scan, &rows, open->at, end);
	scan->work += end - open->at + scan->open_count;
	open->at = end;
	if (end == open->rows.count)
		close_rows(scan, best);
	return true;
}

static bool is_late(scan_t *scan)
{
	return scan->spec->query->deadline_ns && scan->looks++ % RUNS_BETWEEN_LOOKS == 0 &&
	       env_now(scan->spec->env) > scan->spec->query->deadline_ns;
}

/* Until it is over, or about so much work is done. */
static err_t merge(scan_t *scan, uint64_t work)
{
	int64_t to_ns = scan->spec->query->to_ns;
	err_t err = ERR_OK;
	scan->work = 0;
	while (!err && !scan->is_over && scan->work < work) {
		int64_t next_ns = waiting_first_ns(&scan->waiting);
		if (is_late(scan))
			err = ERR_TIMEOUT;
		else if (take_run(scan, next_ns < to_ns ? next_ns : to_ns))
			continue;
		else if (waiting_is_empty(&scan->waiting) || next_ns >= to_ns)
			scan->is_over = true;
		else
			err = take_waiter(scan);
	}
	return err;
}

static void clear(scan_t *scan)
{
	for (size_t i = 0; i < scan->open_cap; i++)
		rowset_free(&scan->open[i].block);
	free(scan->open);
	waiting_free(&scan->waiting);
}

err_t scan_run(const scan_spec_t *spec, const scan_taker_t *taker)
{
	scan_t scan = { .spec = spec, .taker = taker };
	err_t err = list_sources(&scan);
	if (!err)
		err = merge(&scan, UINT64_MAX);
	clear(&scan);
	return err;
}

err_t scan_new(const scan_spec_t *spec, const scan_taker_t *taker, scan_t **ret_scan)
{
	scan_t *scan = calloc(1, sizeof(*scan));
	if (!scan)
		return ERR_NO_MEMORY;
	*scan = (scan_t){ .spec = spec, .taker = taker };
	err_t err = list_sources(scan);
	if (err)
		scan_free(scan);
	else
		*ret_scan = scan;
	return err;
}

err_t scan_step(scan_t *scan, uint64_t *work, bool *ret_over)
{
	err_t err = merge(scan, *work);
	*work -= scan->work < *work ? scan->work : *work;
	*ret_over = scan->is_over;
	return err;
}

void scan_free(scan_t *scan)
{
	if (!scan)
		return;
	clear(scan);
	free(scan);
}
