/* SPDX-License-Identifier: Apache-2.0 */
/* The piece of memory is larger than what it may take by the most that one batch can
 * need, so that a batch is never taken in part; its far end stays untouched.
 *
 * Rows come in two ways. Those of a round over many points are written to one place each,
 * into chunks that leave room for the point's next ones. Many of one point in order are a
 * run: what they have in common is said once, and the rest stays the columns that it was. */
#include "historian/memory.h"

#include "base/grow.h"

#include <assert.h>
#include <stdlib.h>

enum {
	PAGE_POINTS = 256,
	PAGES = MEMORY_POINTS_MAX / PAGE_POINTS + 1,
	CHUNK_MIN = 4, /* rows */
	CHUNK_MAX = 128,
	WORD = sizeof(uint64_t),
	ROW_WORDS = 4,
	RUN_WORDS = 4,
	RUN_MIN = 16, /* rows; fewer are as well off in the room there is */
	CHUNK_MAX_WORDS = 1 + CHUNK_MAX * ROW_WORDS,
	NONE = 0, /* word 0 is never used, so that 0 can end a chain */
};

typedef enum { CHUNK_ROWS, CHUNK_RUN } chunk_kind_t;

/* The first word of a chunk; its rows follow, or its run. */
typedef struct {
	uint32_t next;
	uint16_t count; /* that of the last one stands in the point */
	uint8_t kind, pad;
} chunk_t;

/* Rows in order that agree in all but time and value, none late and none a text. Their
 * times follow when they are not a ramp, and their bits. */
typedef struct {
	int64_t first_ns, step_ns, node_ns;
	uint8_t type, mark, has_times, pad[5];
} run_t;

/* A row is written to one place: to a column each would cost a cache line each. */
typedef struct {
	int64_t source_ns, node_ns;
	uint64_t bits;
	uint8_t type, mark, pad[6];
} row_t;

typedef struct {
	uint32_t head, tail; /* words */
	uint32_t rows;
	uint16_t count, cap; /* of the last chunk */
	memory_last_t last;
} point_t;

typedef struct {
	point_t points[PAGE_POINTS];
	column_hint_t hints[PAGE_POINTS];
} page_t;

static_assert(sizeof(row_t) == ROW_WORDS * WORD && sizeof(run_t) == RUN_WORDS * WORD,
              "rows and runs fill words");
static_assert(sizeof(chunk_t) == WORD && SAMPLE_ROWS_MAX <= UINT16_MAX, "a run fits a chunk");

struct memory {
	uint64_t *words;
	size_t used, soft, hard; /* words */
	size_t rows;
	page_t *pages[PAGES];
	point_id_t *points; /* those that have rows */
	size_t point_count, point_cap;
};

memory_t *memory_new(size_t bytes)
{
	memory_t *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return NULL;
	memory->soft = bytes / WORD + 2; /* at least one batch */
	memory->hard = memory->soft + (size_t)SAMPLE_ROWS_MAX * CHUNK_MAX_WORDS +
	               SAMPLE_TEXT_MAX / WORD + 1;
	memory->words = malloc(memory->hard * WORD);
	memory->used = 1;
	if (memory->words && memory->hard < UINT32_MAX / WORD)
		return memory;
	memory_free(memory);
	return NULL;
}

void memory_free(memory_t *memory)
{
	if (!memory)
		return;
	for (size_t i = 0; i < PAGES; i++)
		free(memory->pages[i]);
	free(memory->words);
	free(memory->points);
	free(memory);
}

bool memory_has_room(const memory_t *memory)
{
	return memory->used < memory->soft;
}

static point_t *find(const memory_t *memory, point_id_t point)
{
	page_t *page = point <= MEMORY_POINTS_MAX ? memory->pages[point / PAGE_POINTS] : NULL;
	return page ? &page->points[point % PAGE_POINTS] : NULL;
}

static err_t make_page(memory_t *memory, point_id_t point)
{
	if (point > MEMORY_POINTS_MAX)
		return ERR_LIMIT;
	page_t **page = &memory->pages[point / PAGE_POINTS];
	if (!*page)
		*page = calloc(1, sizeof(**page));
	return *page ? ERR_OK : ERR_NO_MEMORY;
}

static err_t grow_points(memory_t *memory, size_t more)
{
	point_id_t *grown = grow_for(memory->points, memory->point_count + more, &memory->point_cap,
	                             sizeof(*grown));
	if (!grown)
		return ERR_NO_MEMORY;
	memory->points = grown;
	return ERR_OK;
}

err_t memory_reserve(memory_t *memory, const sample_batch_t *batch)
{
	err_t err = memory_has_room(memory) ? grow_points(memory, batch->count) : ERR_LIMIT;
	for (size_t i = 0; !err && i < batch->count; i++)
		if (!find(memory, batch->point[i]))
			err = make_page(memory, batch->point[i]);
	return err;
}

static chunk_t *chunk_at(const memory_t *memory, uint32_t at)
{
	return (chunk_t *)(void *)&memory->words[at];
}

static row_t *rows_at(const memory_t *memory, uint32_t at)
{
	return (row_t *)(void *)&memory->words[at + 1];
}

/* As many rows as the point has already; few behind a run, which may be followed by one. */
static uint16_t chunk_cap(const memory_t *memory, const point_t *point)
{
	uint16_t cap = CHUNK_MIN;
	bool is_behind_run = point->tail && chunk_at(memory, point->tail)->kind == CHUNK_RUN;
	while (!is_behind_run && cap < point->rows && cap < CHUNK_MAX)
		cap = (uint16_t)(2 * cap);
	return cap;
}

/* A new last chunk of `words` behind its first one, for rows that are counted at once or
 * as they come. */
static uint32_t add_chunk(memory_t *memory, point_id_t id, point_t *point, size_t words)
{
	uint32_t at = (uint32_t)memory->used;
	memory->used += 1 + words;
	assert(memory->used <= memory->hard);
	*chunk_at(memory, at) = (chunk_t){ .next = NONE };
	if (point->tail) {
		chunk_at(memory, point->tail)->next = at;
		chunk_at(memory, point->tail)->count = point->count;
	} else {
		point->head = at;
	}
	point->tail = at;
	if (point->rows == 0)
		memory->points[memory->point_count++] = id;
	return at;
}

static void add_rows_chunk(memory_t *memory, point_id_t id, point_t *point)
{
	uint16_t cap = chunk_cap(memory, point);
	(void)add_chunk(memory, id, point, (size_t)cap * ROW_WORDS);
	point->count = 0;
	point->cap = cap;
}

static uint64_t keep_text(memory_t *memory, slice_t text)
{
	size_t at = memory->used * WORD;
	memory->used += (text.len + WORD - 1) / WORD;
	assert(memory->used <= memory->hard);
	if (text.len)
		memcpy((uint8_t *)memory->words + at, text.ptr, text.len);
	return sample_text_bits((uint32_t)at, (uint32_t)text.len);
}

static bool is_newer(const memory_last_t *last, int64_t source_ns, int64_t node_ns)
{
	return !last->is_set || source_ns > last->source_ns ||
	       (source_ns == last->source_ns && node_ns >= last->node_ns);
}

static void add_row(memory_t *memory, const sample_batch_t *batch, size_t i)
{
	point_t *point = find(memory, batch->point[i]);
	memory_last_t *last = &point->last;
	if (point->count == point->cap)
		add_rows_chunk(memory, batch->point[i], point);
	row_t *row = &rows_at(memory, point->tail)[point->count++];
	bool is_late = last->is_set && batch->source_ns[i] < last->source_ns;
	*row = (row_t){ .source_ns = batch->source_ns[i],
		        .node_ns = batch->node_ns[i],
		        .bits = batch->type[i] == VALUE_NONE ? 0 : batch->bits[i],
		        .type = batch->type[i],
		        .mark = mark_make((quality_t)batch->quality[i], is_late) };
	if (is_newer(last, row->source_ns, row->node_ns))
		*last = (memory_last_t){
			row->source_ns, row->node_ns,           row->bits, row->type, row->mark,
			true,           row->type != VALUE_TEXT
		};
	point->rows++;
	if (row->type == VALUE_TEXT)
		row->bits = keep_text(memory, sample_text(batch->text, row->bits));
}

/* The rows of the batch from `from` on that are of one point. */
static size_t count_alike(const sample_batch_t *batch, size_t from)
{
	size_t end = from + 1;
	while (end < batch->count && batch->point[end] == batch->point[from])
		end++;
	return end - from;
}

/* What makes a run of rows, looked at without stopping. */
static bool is_run(const memory_t *memory, const sample_batch_t *batch, size_t from, size_t count)
{
	const memory_last_t *last = &find(memory, batch->point[from])->last;
	const int64_t *source_ns = &batch->source_ns[from], *node_ns = &batch->node_ns[from];
	const uint8_t *type = &batch->type[from], *quality = &batch->quality[from];
	bool is_odd = last->is_set && source_ns[0] < last->source_ns;
	if (count < RUN_MIN || is_odd || type[0] == VALUE_TEXT || type[0] == VALUE_NONE)
		return false;
	for (size_t i = 1; i < count; i++)
		is_odd |= source_ns[i] < source_ns[i - 1];
	for (size_t i = 1; i < count; i++)
		is_odd |= node_ns[i] != node_ns[0];
	for (size_t i = 1; i < count; i++)
		is_odd |= (type[i] ^ type[0]) | (quality[i] ^ quality[0]);
	return !is_odd;
}

static bool is_ramp(const int64_t *ns, size_t count)
{
	uint64_t step = (uint64_t)ns[1] - (uint64_t)ns[0], odd = 0;
	for (size_t i = 1; i < count; i++)
		odd |= ((uint64_t)ns[i] - (uint64_t)ns[i - 1]) ^ step;
	return !odd;
}

static void add_run(memory_t *memory, const sample_batch_t *batch, size_t from, size_t count)
{
	point_t *point = find(memory, batch->point[from]);
	const int64_t *source_ns = &batch->source_ns[from];
	size_t end = from + count - 1;
	run_t run = { .first_ns = source_ns[0],
		      .step_ns = (int64_t)((uint64_t)source_ns[1] - (uint64_t)source_ns[0]),
		      .node_ns = batch->node_ns[from],
		      .type = batch->type[from],
		      .mark = mark_make((quality_t)batch->quality[from], false),
		      .has_times = !is_ramp(source_ns, count) };
	uint32_t at = add_chunk(memory, batch->point[from], point,
	                        RUN_WORDS + (run.has_times ? 2 : 1) * count);
	uint64_t *to = &memory->words[at + 1];
	chunk_at(memory, at)->kind = CHUNK_RUN;
	memcpy(to, &run, sizeof(run));
	to += RUN_WORDS;
	if (run.has_times) {
		memcpy(to, source_ns, count * WORD);
		to += count;
	}
	memcpy(to, &batch->bits[from], count * WORD);
	point->count = point->cap = (uint16_t)count;
	point->rows += (uint32_t)count;
	if (is_newer(&point->last, source_ns[count - 1], run.node_ns))
		point->last = (memory_last_t){ source_ns[count - 1],
			                       run.node_ns,
			                       batch->bits[end],
			                       run.type,
			                       run.mark,
			                       true,
			                       true };
}

static void add_rows(memory_t *memory, const sample_batch_t *batch, size_t from, size_t count)
{
	for (size_t i = from; i < from + count; i++)
		add_row(memory, batch, i);
}

void memory_add(memory_t *memory, const sample_batch_t *batch)
{
	for (size_t i = 0, count; i < batch->count; i += count) {
		count = count_alike(batch, i);
		if (is_run(memory, batch, i, count))
			add_run(memory, batch, i, count);
		else
			add_rows(memory, batch, i, count);
	}
	memory->rows += batch->count;
}

size_t memory_rows(const memory_t *memory)
{
	return memory->rows;
}

size_t memory_points(const memory_t *memory, const point_id_t **ret_points)
{
	*ret_points = memory->points;
	return memory->point_count;
}

/* There is room. */
static void copy_row(const memory_t *memory, const row_t *row, rowset_t *to)
{
	size_t at = to->count++;
	to->source_ns[at] = row->source_ns;
	to->node_ns[at] = row->node_ns;
	to->bits[at] = row->bits;
	to->type[at] = row->type;
	to->mark[at] = row->mark;
	if (row->type == VALUE_TEXT)
		rowset_keep_text(to, at, slice_of(memory->words, memory->used * WORD));
}

static void copy_rows(const memory_t *memory, uint32_t at, size_t count,
                      const memory_range_t *range, rowset_t *to)
{
	const row_t *rows = rows_at(memory, at);
	for (size_t i = 0; i < count; i++)
		if (rows[i].source_ns >= range->from_ns && rows[i].source_ns < range->to_ns)
			copy_row(memory, &rows[i], to);
}

/* All its times, of which those of the range then move to the front. */
static void copy_run(const memory_t *memory, uint32_t chunk, size_t count,
                     const memory_range_t *range, rowset_t *to)
{
	size_t at = to->count;
	const uint64_t *from = &memory->words[chunk + 1 + RUN_WORDS];
	int64_t *source_ns = &to->source_ns[at];
	run_t run;
	memcpy(&run, &memory->words[chunk + 1], sizeof(run));
	for (size_t i = 0; i < count && !run.has_times; i++)
		source_ns[i] = (int64_t)((uint64_t)run.first_ns + i * (uint64_t)run.step_ns);
	if (run.has_times)
		memcpy(source_ns, from, count * WORD);
	from += run.has_times ? count : 0;
	rows_t all = { .count = count, .source_ns = source_ns };
	size_t first = rows_before(&all, 0, range->from_ns);
	size_t kept = rows_before(&all, first, range->to_ns) - first;
	if (first && kept)
		memmove(source_ns, &source_ns[first], kept * WORD);
	for (size_t i = 0; i < kept; i++)
		to->node_ns[at + i] = run.node_ns;
	if (kept)
		memcpy(&to->bits[at], &from[first], kept * WORD);
	memset(&to->type[at], run.type, kept);
	memset(&to->mark[at], run.mark, kept);
	to->count += kept;
}

err_t memory_copy(const memory_t *memory, const memory_range_t *range, rowset_t *ret_rows)
{
	const point_t *point = find(memory, range->point);
	uint32_t at = point ? point->head : NONE;
	err_t err = at ? rowset_reserve(ret_rows, point->rows) : ERR_OK;
	while (!err && at != NONE) {
		const chunk_t *chunk = chunk_at(memory, at);
		size_t count = at == point->tail ? point->count : chunk->count;
		if (chunk->kind == CHUNK_RUN)
			copy_run(memory, at, count, range, ret_rows);
		else
			copy_rows(memory, at, count, range, ret_rows);
		at = chunk->next;
	}
	if (!err && ret_rows->text.bad)
		err = ERR_NO_MEMORY;
	return err ? err : rowset_sort(ret_rows);
}

static void clear_point(point_t *point)
{
	point->head = point->tail = NONE;
	point->rows = point->count = point->cap = 0;
}

void memory_clear(memory_t *memory)
{
	for (size_t i = 0; i < memory->point_count; i++)
		clear_point(find(memory, memory->points[i]));
	memory->point_count = 0;
	memory->rows = 0;
	memory->used = 1;
}

memory_last_t memory_last(const memory_t *memory, point_id_t point)
{
	const point_t *found = find(memory, point);
	return found ? found->last : (memory_last_t){ 0 };
}

err_t memory_set_last(memory_t *memory, point_id_t point, const memory_last_t *last)
{
	err_t err = make_page(memory, point);
	if (err)
		return err;
	point_t *found = find(memory, point);
	if (is_newer(&found->last, last->source_ns, last->node_ns))
		found->last = *last;
	return ERR_OK;
}

column_hint_t *memory_hint(memory_t *memory, point_id_t point)
{
	return find(memory, point) ? &memory->pages[point / PAGE_POINTS]->hints[point % PAGE_POINTS]
	                           : NULL;
}
