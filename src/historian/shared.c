/* SPDX-License-Identifier: Apache-2.0 */
/* Columns are held against one another as they are, not by a hash that could be wrong.
 * Node times count with source times and marks, in terms of which they may be written. */
#include "historian/shared.h"

#include <stdlib.h>

typedef struct {
	size_t count; /* 0: empty */
	shared_part_t written;
	int64_t a[BLOCK_ROWS], b[BLOCK_ROWS];
	uint8_t marks[BLOCK_ROWS];
} slot_t;

typedef struct {
	slot_t slots[SHARED_SLOTS];
	size_t next;
} kept_t;

struct shared {
	kept_t parts[BLOCK_VALUE];
};

/* What makes a part what it is: one column or more. */
typedef struct {
	const void *a, *b;
	size_t width; /* of a and b */
	const uint8_t *marks;
} content_t;

static content_t content_of(block_part_t part, const rows_t *rows)
{
	if (part == BLOCK_MARK)
		return (content_t){ rows->mark, rows->type, 1, NULL };
	if (part == BLOCK_NODE)
		return (content_t){ rows->source_ns, rows->node_ns, sizeof(int64_t), rows->mark };
	return (content_t){ rows->source_ns, NULL, sizeof(int64_t), NULL };
}

shared_t *shared_new(void)
{
	return calloc(1, sizeof(shared_t));
}

void shared_free(shared_t *shared)
{
	free(shared);
}

static bool is_same(const slot_t *slot, const content_t *content, size_t count)
{
	size_t bytes = count * content->width;
	return slot->count == count && memcmp(slot->a, content->a, bytes) == 0 &&
	       (!content->b || memcmp(slot->b, content->b, bytes) == 0) &&
	       (!content->marks || memcmp(slot->marks, content->marks, count) == 0);
}

bool shared_find(const shared_t *shared, block_part_t part, const rows_t *rows,
                 shared_part_t *ret_part)
{
	const kept_t *kept = &shared->parts[part];
	content_t content = content_of(part, rows);
	for (size_t i = 0; i < SHARED_SLOTS; i++) {
		if (!is_same(&kept->slots[i], &content, rows->count))
			continue;
		*ret_part = kept->slots[i].written;
		return true;
	}
	return false;
}

void shared_keep(shared_t *shared, block_part_t part, const rows_t *rows,
                 const shared_part_t *written)
{
	kept_t *kept = &shared->parts[part];
	slot_t *slot = &kept->slots[kept->next++ % SHARED_SLOTS];
	content_t content = content_of(part, rows);
	slot->count = rows->count;
	slot->written = *written;
	memcpy(slot->a, content.a, rows->count * content.width);
	if (content.b)
		memcpy(slot->b, content.b, rows->count * content.width);
	if (content.marks)
		memcpy(slot->marks, content.marks, rows->count);
}
