/* SPDX-License-Identifier: Apache-2.0 */
/* Segments of mostly dead rows, written anew some rows at a time. The living ones
 * are copied first; after a checkpoint has made the copies safe the index is turned
 * to them; after the next one the segment goes. So at every moment each entry that
 * power loss may leave in the index leads to a row that is there. */
#include <stdlib.h>

#include "registry/store/state.h"
#include "base/grow.h"

enum { PAIRS_FIRST = 1024 };

/* A full segment of which half is dead, other than the one that is written. */
static bool find_victim(const registry_store_t *s, uint32_t *ret_segment)
{
	for (uint32_t i = 0; i < s->segment_count; i++) {
		const segment_t *segment = &s->segments[i];
		if (segment->area && i != s->active && 2 * segment->dead >= segment->used) {
			*ret_segment = i;
			return true;
		}
	}
	return false;
}

static err_t pair_add(compaction_t *c, location_t from, location_t to, uint64_t hash)
{
	void *more = grow_for(c->pairs, c->pair_count + 1, &c->pair_cap, sizeof(*c->pairs));
	if (!more)
		return ERR_NO_MEMORY;
	c->pairs = more;
	c->pairs[c->pair_count].from = from;
	c->pairs[c->pair_count].to = to;
	c->pairs[c->pair_count++].hash = hash;
	return ERR_OK;
}

static bool is_current(const registry_store_t *s, uint64_t hash, location_t location)
{
	index_view_t view = index_view(s, &s->index);
	probe_t probe = probe_of(&view, hash);
	location_t found = LOCATION_NONE;
	while (probe_next(&view, &probe, &found))
		if (found == location)
			return true;
	return false;
}

/* The row at `at`, copied when the index still leads to it. */
static err_t copy_one(registry_store_t *s)
{
	compaction_t *c = &s->compaction;
	const segment_t *from = &s->segments[c->segment];
	row_t row;
	slice_t in = slice_sub(from->area->bytes, 0, (size_t)from->used);
	err_t err = row_open(slice_from(in, (size_t)c->at), &row);
	if (err)
		return err;
	location_t location = (location_t)c->segment << SEGMENT_BITS | c->at / ROW_ALIGN, to;
	uint64_t hash = s->spec.hash(row.name, s->spec.seed) >> (64 - HASH_BITS);
	slice_t bytes = slice_sub(in, (size_t)c->at, row.size);
	if (is_current(s, hash, location)) {
		err = segment_append(s, bytes, &to);
		if (!err)
			err = pair_add(c, location, to, hash);
	}
	if (!err)
		c->at += bytes.len;
	return err;
}

/* A copy of a row that was put again meanwhile is dead from its birth. */
static err_t turn_one(registry_store_t *s)
{
	compaction_t *c = &s->compaction;
	location_t from = c->pairs[c->at].from, to = c->pairs[c->at].to;
	uint64_t hash = c->pairs[c->at].hash;
	row_t row;
	err_t err = row_open(segment_row(s->now, to), &row);
	if (!err && is_current(s, hash, from))
		err = index_turn(s, hash, from, to);
	else if (!err)
		segment_dead(s, to, row.size);
	c->at += !err;
	return err;
}

static void free_segment(registry_store_t *s)
{
	segment_t *segment = &s->segments[s->compaction.segment];
	area_condemn(s, AREA_ROWS, segment->area);
	*segment = (segment_t){ .is_condemned = true };
	free(s->compaction.pairs);
	s->compaction = (compaction_t){ .phase = COMPACT_IDLE };
	s->compactions++;
}

/* A phase that cannot be made safe is not over, and ends again with the next step. */
static err_t phase_end(registry_store_t *s)
{
	compaction_t *c = &s->compaction;
	err_t err = checkpoint_save(s, false);
	if (err)
		return err;
	if (c->phase == COMPACT_COPY) {
		c->phase = COMPACT_TURN;
		c->at = 0;
		return ERR_OK;
	}
	free_segment(s);
	return store_publish(s);
}

err_t compaction_step(registry_store_t *s, uint64_t budget)
{
	compaction_t *c = &s->compaction;
	err_t err = ERR_OK;
	if (s->is_stale)
		return ERR_OK;
	if (c->phase == COMPACT_IDLE && find_victim(s, &c->segment)) {
		c->phase = COMPACT_COPY;
		c->at = SEGMENT_HEAD;
	}
	for (uint64_t i = 0; !err && !s->is_stale && i < budget && c->phase != COMPACT_IDLE; i++) {
		uint64_t end = c->phase == COMPACT_COPY ? s->segments[c->segment].used
		                                        : c->pair_count;
		if (c->at >= end)
			err = phase_end(s);
		else
			err = c->phase == COMPACT_COPY ? copy_one(s) : turn_one(s);
	}
	return err;
}
