/* SPDX-License-Identifier: Apache-2.0 */
/* The piece of memory is larger than what it may take by the most that one batch can
 * need, so that a batch is never taken in part; its far end stays untouched. */
#include "historian/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
	PAGE_POINTS = 256,
	PAGES = MEMORY_POINTS_MAX / PAGE_POINTS + 1,
	CHUNK_MIN = 4, /* rows; a multiple, so that bytes fill words */
	CHUNK_MAX = 128,
	WORD = sizeof(uint64_t),
	CHUNK_MAX_WORDS = 1 + 3 * CHUNK_MAX + 2 * CHUNK_MAX / WORD,
	NONE = 0, /* word 0 is never used, so that 0 can end a chain */
};

/* The first word of a chunk; source times, node times, bits, types and marks follow. */
typedef struct {
	uint32_t next;
	uint16_t cap, count;
} chunk_t;

typedef struct {
	uint32_t head, tail; /* words */
	uint32_t rows;
	memory_last_t last;
	column_hint_t hint;
} point_t;

typedef struct {
	point_t points[PAGE_POINTS];
} page_t;

struct memory {
	uint64_t *words;
	size_t used, soft, hard; /* words */
	size_t rows;
	bool has_texts;
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

/* The columns of the chunk at a word. */
typedef struct {
	chunk_t *head;
	int64_t *source_ns, *node_ns;
	uint64_t *bits;
	uint8_t *type, *mark;
} columns_t;

static columns_t columns_at(const memory_t *memory, uint32_t at)
{
	chunk_t *head = (chunk_t *)(void *)&memory->words[at];
	size_t cap = head->cap;
	uint64_t *first = &memory->words[at + 1];
	return (columns_t){
		.head = head,
		.source_ns = (int64_t *)first,
		.node_ns = (int64_t *)(first + cap),
		.bits = first + 2 * cap,
		.type = (uint8_t *)(first + 3 * cap),
		.mark = (uint8_t *)(first + 3 * cap) + cap,
	};
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
	memory->used += 1 + 3 * (size_t)cap + (2 * (size_t)cap + WORD - 1) / WORD;
	assert(memory->used <= memory->hard);
	*(chunk_t *)(void *)&memory->words[at] = (chunk_t){ NONE, cap, 0 };
	if (point->tail)
		columns_at(memory, point->tail).head->next = at;
	else
		point->head = at;
	point->tail = at;
	if (point->rows == 0)
		memory->points[memory->point_count++] = id;
}

static uint64_t keep_text(memory_t *memory, slice_t text)
{
	size_t at = memory->used * WORD;
	memory->has_texts = true;
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
	columns_t c = { 0 };
	if (point->tail)
		c = columns_at(memory, point->tail);
	if (!point->tail || c.head->count == c.head->cap) {
		add_chunk(memory, batch->point[i], point);
		c = columns_at(memory, point->tail);
	}
	uint8_t type = batch->type[i];
	uint64_t bits = type == VALUE_NONE ? 0 : batch->bits[i];
	size_t at = c.head->count++;
	bool is_late = point->last.is_set && batch->source_ns[i] < point->last.source_ns;
	c.source_ns[at] = batch->source_ns[i];
	c.node_ns[at] = batch->node_ns[i];
	c.type[at] = type;
	c.mark[at] = mark_make((quality_t)batch->quality[i], is_late);
	if (is_newer(&point->last, batch->source_ns[i], batch->node_ns[i]))
		point->last = (memory_last_t){
			c.source_ns[at],   c.node_ns[at], bits, type, c.mark[at], true,
			type != VALUE_TEXT
		};
	c.bits[at] = type == VALUE_TEXT ? keep_text(memory, sample_text(batch->text, bits)) : bits;
	point->rows++;
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

static err_t copy_chunk(const memory_t *memory, const columns_t *c, const memory_range_t *range,
                        rowset_t *ret_rows)
{
	rows_t rows = { .count = c->head->count,
		        .source_ns = c->source_ns,
		        .node_ns = c->node_ns,
		        .bits = c->bits,
		        .type = c->type,
		        .mark = c->mark,
		        .text = slice_of(memory->words,
		                         memory->has_texts ? memory->used * WORD : 0) };
	err_t err = ERR_OK;
	if (range->from_ns == INT64_MIN && range->to_ns == INT64_MAX)
		return rowset_add(ret_rows, &rows);
	for (size_t i = 0, end; !err && i < rows.count; i = end + 1) {
		for (end = i; end < rows.count && rows.source_ns[end] >= range->from_ns &&
		              rows.source_ns[end] < range->to_ns;)
			end++;
		rows_t part = rows_part(&rows, i, end);
		err = rowset_add(ret_rows, &part);
	}
	return err;
}

err_t memory_copy(const memory_t *memory, const memory_range_t *range, rowset_t *ret_rows)
{
	const point_t *point = find(memory, range->point);
	uint32_t at = point ? point->head : NONE;
	err_t err = at ? rowset_reserve(ret_rows, point->rows) : ERR_OK;
	while (!err && at != NONE) {
		columns_t c = columns_at(memory, at);
		err = copy_chunk(memory, &c, range, ret_rows);
		at = c.head->next;
	}
	return err ? err : rowset_sort(ret_rows);
}

void memory_clear(memory_t *memory)
{
	for (size_t i = 0; i < memory->point_count; i++) {
		point_t *point = find(memory, memory->points[i]);
		point->head = point->tail = NONE;
		point->rows = 0;
	}
	memory->point_count = 0;
	memory->rows = 0;
	memory->has_texts = false;
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
	point_t *found = find(memory, point);
	return found ? &found->hint : NULL;
}
