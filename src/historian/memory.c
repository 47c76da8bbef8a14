/* SPDX-License-Identifier: Apache-2.0 */
/* The piece of memory is larger than what it may take by the most that one batch can
 * need, so that a batch is never taken in part; its far end stays untouched. */
#include "historian/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
	PAGE_POINTS = 256,
	PAGES = MEMORY_POINTS_MAX / PAGE_POINTS + 1,
	CHUNK_MIN = 4, /* rows */
	CHUNK_MAX = 128,
	WORD = sizeof(uint64_t),
	ROW_WORDS = 4,
	CHUNK_MAX_WORDS = 1 + CHUNK_MAX * ROW_WORDS,
	NONE = 0, /* word 0 is never used, so that 0 can end a chain */
};

/* The first word of a chunk; its rows follow. */
typedef struct {
	uint32_t next, count; /* the count of the last one stands in the point */
} chunk_t;

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

static_assert(sizeof(row_t) == ROW_WORDS * WORD, "rows fill words");

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
	size_t cap = memory->point_cap ? memory->point_cap : PAGE_POINTS;
	while (cap < memory->point_count + more)
		cap *= 2;
	if (cap == memory->point_cap)
		return ERR_OK;
	point_id_t *grown = realloc(memory->points, cap * sizeof(*grown));
	if (!grown)
		return ERR_NO_MEMORY;
	memory->points = grown;
	memory->point_cap = cap;
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

/* As many rows as the point has already. */
static uint16_t chunk_cap(const point_t *point)
{
	uint16_t cap = CHUNK_MIN;
	while (cap < point->rows && cap < CHUNK_MAX)
		cap = (uint16_t)(2 * cap);
	return cap;
}

static void add_chunk(memory_t *memory, point_id_t id, point_t *point)
{
	uint16_t cap = chunk_cap(point);
	uint32_t at = (uint32_t)memory->used;
	memory->used += 1 + (size_t)cap * ROW_WORDS;
	assert(memory->used <= memory->hard);
	*chunk_at(memory, at) = (chunk_t){ NONE, 0 };
	if (point->tail)
		*chunk_at(memory, point->tail) = (chunk_t){ at, point->count };
	else
		point->head = at;
	point->tail = at;
	point->count = 0;
	point->cap = cap;
	if (point->rows == 0)
		memory->points[memory->point_count++] = id;
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
		add_chunk(memory, batch->point[i], point);
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

void memory_add(memory_t *memory, const sample_batch_t *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		add_row(memory, batch, i);
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

err_t memory_copy(const memory_t *memory, const memory_range_t *range, rowset_t *ret_rows)
{
	const point_t *point = find(memory, range->point);
	uint32_t at = point ? point->head : NONE;
	err_t err = at ? rowset_reserve(ret_rows, point->rows) : ERR_OK;
	while (!err && at != NONE) {
		const chunk_t *chunk = chunk_at(memory, at);
		const row_t *rows = rows_at(memory, at);
		size_t count = at == point->tail ? point->count : chunk->count;
		for (size_t i = 0; i < count; i++)
			if (rows[i].source_ns >= range->from_ns && rows[i].source_ns < range->to_ns)
				copy_row(memory, &rows[i], ret_rows);
		at = chunk->next;
	}
	if (!err && ret_rows->text.bad)
		err = ERR_NO_MEMORY;
	return err ? err : rowset_sort(ret_rows);
}

void memory_clear(memory_t *memory)
{
	for (size_t i = 0; i < memory->point_count; i++) {
		point_t *point = find(memory, memory->points[i]);
		point->head = point->tail = NONE;
		point->rows = point->count = point->cap = 0;
	}
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
