/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/evidence.h"

#include <stdlib.h>

#include "historian/state.h"
#include "historian/walk.h"

typedef struct {
	historian_t *h;
	point_id_t point;
	int64_t at_ns;
	shelf_item_t **items; /* borrowed */
	size_t count;
	/* The newest row yet. */
	shelf_item_t *item; /* NULL: none */
	int64_t source_ns, node_ns;
	uint64_t block;
	size_t row;
	int64_t first_ns, last_ns; /* of its block */
	/* Of the walk. */
	shelf_item_t *walked;
	uint64_t index;
} search_t;

static bool is_newer(const search_t *s, const rowset_t *rows, size_t i)
{
	return !s->item || rows->source_ns[i] > s->source_ns ||
	       (rows->source_ns[i] == s->source_ns && rows->node_ns[i] > s->node_ns);
}

static err_t look_into(search_t *s, const page_child_t *child)
{
	rowset_t set = { 0 };
	err_t err = segment_read(s->walked->segment, child, &set);
	rows_t rows = rowset_rows(&set);
	size_t behind = err ? 0 : rows_before(&rows, 0, s->at_ns + 1);
	if (behind > 0 && is_newer(s, &set, behind - 1)) {
		s->item = s->walked;
		s->source_ns = set.source_ns[behind - 1];
		s->node_ns = set.node_ns[behind - 1];
		s->row = behind - 1;
		s->block = s->index;
		s->first_ns = child->first_ns;
		s->last_ns = child->last_ns;
	}
	rowset_free(&set);
	return err;
}

/* Blocks whose newest row in time cannot be newer are passed over. */
static err_t take_block(void *ctx, const page_child_t *child)
{
	search_t *s = ctx;
	int64_t newest = child->last_ns < s->at_ns ? child->last_ns : s->at_ns;
	err_t err = ERR_OK;
	if (child->first_ns <= s->at_ns && (!s->item || newest >= s->source_ns))
		err = look_into(s, child);
	s->index++;
	return err;
}

static err_t look_through(search_t *s)
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < s->count; i++) {
		const segment_t *segment = s->items[i]->segment;
		size_t at = segment_find(segment, s->point);
		walk_t walk = { .ctx = s, .block = take_block };
		if (segment_is_absent(segment))
			return ERR_CORRUPT;
		if (at == segment_points(segment))
			continue;
		segment_point_t row = segment_point(segment, at);
		s->walked = s->items[i];
		s->index = 0;
		err = walk_point(segment, &row, &walk);
	}
	return err;
}

static bool overlaps(const search_t *s, const segment_t *segment)
{
	size_t at = segment_find(segment, s->point);
	if (at == segment_points(segment))
		return false;
	segment_point_t row = segment_point(segment, at);
	return row.first_ns <= s->last_ns && row.last_ns >= s->first_ns;
}

static uint64_t count_others(const search_t *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->count; i++)
		n += s->items[i] != s->item && overlaps(s, s->items[i]->segment);
	return n;
}

/* Segments that may have it, and what of it waits in memory, at one moment. */
static err_t borrow(search_t *s, rowset_t *waiting)
{
	historian_t *h = s->h;
	memory_range_t range = { s->point, INT64_MIN, s->at_ns + 1 };
	env_lock(h->mutex);
	err_t err = memory_copy(h->table, &range, waiting);
	s->items = calloc(h->shelf.count + 1, sizeof(*s->items));
	if (!s->items)
		err = ERR_NO_MEMORY;
	if (!err)
		s->count = shelf_borrow(&h->shelf, INT64_MIN, INT64_MAX, s->items);
	env_unlock(h->mutex);
	return err;
}

/* All but the one that is held. */
static void give_back(const search_t *s, const shelf_item_t *held)
{
	env_lock(s->h->mutex);
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i] != held)
			shelf_return(s->items[i]);
	env_unlock(s->h->mutex);
	free(s->items);
}

static uint64_t entry_of(historian_t *h, const shelf_item_t *item)
{
	env_lock(h->mutex);
	uint64_t seq = item->entry_seq;
	env_unlock(h->mutex);
	return h->spec.main_journal && seq <= journal_durable(h->spec.main_journal) ? seq : 0;
}

static err_t prove(search_t *s, const rowset_t *waiting, historian_evidence_t *evidence)
{
	err_t err = look_through(s);
	if (err)
		return err;
	bool is_waiting = waiting->count &&
	                  (!s->item || waiting->source_ns[waiting->count - 1] > s->source_ns);
	if (is_waiting || !s->item)
		return is_waiting ? ERR_BUSY : ERR_NOT_FOUND;
	evidence->entry_seq = entry_of(s->h, s->item);
	if (!evidence->entry_seq)
		return ERR_BUSY;
	evidence->row = s->row;
	evidence->segment = *segment_info(s->item->segment);
	evidence->others = count_others(s);
	return root_prove(s->item->segment, s->point, s->block, &evidence->proof);
}

err_t historian_evidence(historian_t *historian, point_id_t point, int64_t at_ns,
                         historian_evidence_t *ret_evidence)
{
	search_t s = { .h = historian, .point = point, .at_ns = at_ns };
	rowset_t waiting = { 0 };
	historian_evidence_t evidence = { 0 };
	if (at_ns == INT64_MAX)
		return ERR_INVALID;
	err_t err = borrow(&s, &waiting);
	if (!err)
		err = prove(&s, &waiting, &evidence);
	give_back(&s, err ? NULL : s.item);
	rowset_free(&waiting);
	if (err)
		return err;
	evidence.held = s.item;
	*ret_evidence = evidence;
	return ERR_OK;
}

void historian_evidence_done(historian_t *historian, historian_evidence_t *evidence)
{
	if (!evidence->held)
		return;
	env_lock(historian->mutex);
	shelf_return(evidence->held);
	env_unlock(historian->mutex);
	evidence->held = NULL;
}
