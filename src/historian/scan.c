/* SPDX-License-Identifier: Apache-2.0 */
/* A merge: of the sources that have begun, the one with the least row is next; a
 * source begins when no open one has an earlier row. */
#include "historian/scan.h"

#include <stdlib.h>

enum { LIMIT_DEFAULT = 1000000, ROWS_BETWEEN_LOOKS = 1024 };

typedef struct {
	const segment_t *segment; /* NULL: the memory table */
	segment_entry_t entry;
	block_row_t *block;      /* owned while open; NULL for the memory table */
	const block_row_t *rows; /* what is left */
	size_t count;
} source_t;

typedef struct {
	const scan_spec_t *spec;
	source_t *sources; /* by first time */
	size_t source_count, begun;
	source_t **open;
	size_t open_count;
	uint64_t seen;
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
			scan->sources[scan->source_count++] = (source_t){ .segment = segment,
				                                          .entry = entry };
	}
}

static void list_memory(scan_t *scan)
{
	const scan_spec_t *spec = scan->spec;
	if (spec->memory_count)
		scan->sources[scan->source_count++] = (source_t){
			.entry = { .first_ns = spec->memory[0].source_ns },
			.rows = spec->memory,
			.count = spec->memory_count,
		};
}

static int by_first(const void *a, const void *b)
{
	int64_t x = ((const source_t *)a)->entry.first_ns,
		y = ((const source_t *)b)->entry.first_ns;
	return (x > y) - (x < y);
}

static err_t list_sources(scan_t *scan)
{
	size_t most = count_entries(scan->spec);
	scan->sources = calloc(most, sizeof(*scan->sources));
	scan->open = calloc(most, sizeof(source_t *));
	if (!scan->sources || !scan->open)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < scan->spec->segment_count; i++)
		list_segment(scan, scan->spec->segments[i]->segment);
	list_memory(scan);
	qsort(scan->sources, scan->source_count, sizeof(source_t), by_first);
	return ERR_OK;
}

static err_t begin(scan_t *scan)
{
	source_t *source = &scan->sources[scan->begun++];
	scan->open[scan->open_count++] = source;
	if (!source->segment)
		return ERR_OK;
	source->block = malloc(BLOCK_ROWS * sizeof(block_row_t));
	source->rows = source->block;
	return source->block ? segment_read(source->segment, &source->entry, source->block,
	                                    &source->count)
	                     : ERR_NO_MEMORY;
}

/* The place of the open source with the least row. */
static size_t least(const scan_t *scan)
{
	size_t best = 0;
	for (size_t i = 1; i < scan->open_count; i++)
		if (block_row_compare(scan->open[i]->rows, scan->open[best]->rows) < 0)
			best = i;
	return best;
}

static bool must_begin(const scan_t *scan, size_t best)
{
	if (scan->begun == scan->source_count)
		return false;
	return scan->open_count == 0 ||
	       scan->sources[scan->begun].entry.first_ns <= scan->open[best]->rows->source_ns;
}

static void end(scan_t *scan, size_t i)
{
	free(scan->open[i]->block);
	scan->open[i]->block = NULL;
	scan->open[i] = scan->open[--scan->open_count];
}

static bool is_late(const scan_t *scan)
{
	return scan->spec->query->deadline_ns &&
	       env_now(scan->spec->env) > scan->spec->query->deadline_ns;
}

/* ERR_NOT_FOUND at the end. */
static err_t next_row(scan_t *scan, block_row_t *ret_row)
{
	if (scan->seen++ % ROWS_BETWEEN_LOOKS == 0 && is_late(scan))
		return ERR_TIMEOUT;
	size_t best = least(scan);
	while (must_begin(scan, best)) {
		err_t err = begin(scan);
		if (err)
			return err;
		best = least(scan);
	}
	if (scan->open_count == 0)
		return ERR_NOT_FOUND;
	source_t *source = scan->open[best];
	*ret_row = *source->rows++;
	if (--source->count == 0)
		end(scan, best);
	return ERR_OK;
}

static bool is_wanted(const series_query_t *query, const block_row_t *row)
{
	return row->source_ns >= query->from_ns &&
	       (query->known_at_ns == 0 || row->node_ns <= query->known_at_ns);
}

static err_t merge(scan_t *scan, bool (*row)(void *, const block_row_t *), void *ctx)
{
	const series_query_t *query = scan->spec->query;
	size_t left = query->limit ? query->limit : LIMIT_DEFAULT;
	block_row_t next;
	while (left) {
		err_t err = next_row(scan, &next);
		if (err == ERR_NOT_FOUND || (!err && next.source_ns >= query->to_ns))
			return ERR_OK;
		if (err)
			return err;
		if (!is_wanted(query, &next))
			continue;
		left--;
		if (!row(ctx, &next))
			return ERR_OK;
	}
	return ERR_OK;
}

err_t scan_run(const scan_spec_t *spec, bool (*row)(void *ctx, const block_row_t *row), void *ctx)
{
	scan_t scan = { .spec = spec };
	err_t err = list_sources(&scan);
	if (!err)
		err = merge(&scan, row, ctx);
	while (scan.open_count)
		end(&scan, 0);
	free(scan.open);
	free(scan.sources);
	return err;
}
