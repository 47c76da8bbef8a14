/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/scan.h"

#include <stdlib.h>

typedef struct {
	const segment_t *segment; /* NULL: the memory table */
	segment_entry_t entry;
} source_t;

typedef struct {
	const scan_spec_t *spec;
	source_t *sources; /* by first time */
	size_t source_count;
	block_row_t *rows; /* of the present group */
	size_t row_count, row_cap, sent;
	bool stopped;
} scan_t;

static size_t count_entries(const scan_spec_t *spec)
{
	size_t n = 1;
	for (size_t i = 0; i < spec->segment_count; i++) {
		const segment_t *segment = spec->segments[i]->segment;
		size_t at = segment_find(segment, spec->query->point);
		for (; at < segment_entries(segment) &&
		       segment_entry(segment, at).point == spec->query->point;
		     at++)
			n++;
	}
	return n;
}

static void list_segment(scan_t *scan, const segment_t *segment)
{
	const series_query_t *query = scan->spec->query;
	for (size_t at = segment_find(segment, query->point); at < segment_entries(segment); at++) {
		segment_entry_t entry = segment_entry(segment, at);
		if (entry.point != query->point)
			break;
		if (entry.last_ns >= query->from_ns && entry.first_ns < query->to_ns)
			scan->sources[scan->source_count++] = (source_t){ segment, entry };
	}
}

static int by_first(const void *a, const void *b)
{
	int64_t x = ((const source_t *)a)->entry.first_ns,
		y = ((const source_t *)b)->entry.first_ns;
	return (x > y) - (x < y);
}

static err_t list_sources(scan_t *scan)
{
	const scan_spec_t *spec = scan->spec;
	scan->sources = calloc(count_entries(spec), sizeof(source_t));
	if (!scan->sources)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < spec->segment_count; i++)
		list_segment(scan, spec->segments[i]->segment);
	if (spec->memory_count) {
		source_t *memory = &scan->sources[scan->source_count++];
		memory->entry.rows = (uint32_t)spec->memory_count;
		memory->entry.first_ns = spec->memory[0].source_ns;
		memory->entry.last_ns = spec->memory[spec->memory_count - 1].source_ns;
	}
	qsort(scan->sources, scan->source_count, sizeof(source_t), by_first);
	return ERR_OK;
}

static err_t make_room(scan_t *scan, size_t more)
{
	if (scan->row_count + more <= scan->row_cap)
		return ERR_OK;
	size_t cap = (scan->row_count + more) * 2;
	block_row_t *rows = realloc(scan->rows, cap * sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	scan->rows = rows;
	scan->row_cap = cap;
	return ERR_OK;
}

static err_t load(scan_t *scan, const source_t *source)
{
	size_t count = source->entry.rows;
	err_t err = make_room(scan, count > BLOCK_ROWS ? count : BLOCK_ROWS);
	if (err)
		return err;
	if (source->segment)
		err = segment_read(source->segment, &source->entry, scan->rows + scan->row_count,
		                   &count);
	else
		memcpy(scan->rows + scan->row_count, scan->spec->memory,
		       count * sizeof(block_row_t));
	if (!err)
		scan->row_count += count;
	return err;
}

static int by_time(const void *a, const void *b)
{
	const block_row_t *x = a, *y = b;
	if (x->source_ns != y->source_ns)
		return x->source_ns < y->source_ns ? -1 : 1;
	return (x->node_ns > y->node_ns) - (x->node_ns < y->node_ns);
}

static bool wanted(const series_query_t *query, const block_row_t *row)
{
	return row->source_ns >= query->from_ns && row->source_ns < query->to_ns &&
	       (query->known_at_ns == 0 || row->node_ns <= query->known_at_ns);
}

static void send(scan_t *scan, bool (*row)(void *, const block_row_t *), void *ctx)
{
	const series_query_t *query = scan->spec->query;
	size_t limit = query->limit ? query->limit : 1000000;
	for (size_t i = 0; i < scan->row_count && !scan->stopped; i++) {
		if (!wanted(query, &scan->rows[i]))
			continue;
		scan->stopped = !row(ctx, &scan->rows[i]) || ++scan->sent == limit;
	}
	scan->row_count = 0;
}

static bool is_late(const scan_t *scan)
{
	return scan->spec->query->deadline_ns &&
	       env_now(scan->spec->env) > scan->spec->query->deadline_ns;
}

/* Loads the i-th source and every later one that begins before the group ends;
 * returns the first source of the next group. */
static err_t load_group(scan_t *scan, size_t *at)
{
	int64_t end = scan->sources[*at].entry.last_ns;
	size_t first = *at;
	err_t err = ERR_OK;
	for (; !err && *at < scan->source_count && scan->sources[*at].entry.first_ns <= end;
	     ++*at) {
		if (scan->sources[*at].entry.last_ns > end)
			end = scan->sources[*at].entry.last_ns;
		err = load(scan, &scan->sources[*at]);
	}
	if (!err && *at - first > 1)
		qsort(scan->rows, scan->row_count, sizeof(*scan->rows), by_time);
	return err;
}

err_t scan_run(const scan_spec_t *spec, bool (*row)(void *ctx, const block_row_t *row), void *ctx)
{
	scan_t scan = { .spec = spec };
	err_t err = list_sources(&scan);
	for (size_t at = 0; !err && at < scan.source_count && !scan.stopped;) {
		err = is_late(&scan) ? ERR_TIMEOUT : load_group(&scan, &at);
		if (!err)
			send(&scan, row, ctx);
	}
	free(scan.sources);
	free(scan.rows);
	return err;
}
