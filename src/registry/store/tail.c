/* SPDX-License-Identifier: Apache-2.0 */
/* The newest names in order, in memory: a skip list that one thread adds to while
 * others walk it. A node is whole before a link to it is stored, and none is taken
 * out; the list dies as a whole once it has been written as a run. */
#include <stdlib.h>

#include "registry/store/state.h"

enum { TAIL_SEED = 1, BRANCHING = 4 };

struct tail_chunk {
	struct tail_chunk *next;
	_Alignas(16) uint8_t bytes[TAIL_CHUNK];
};

err_t tail_new(tail_t **ret_tail)
{
	tail_t *tail = calloc(1, sizeof(*tail));
	if (!tail)
		return ERR_NO_MEMORY;
	tail->scrap.drop = tail_drop;
	tail->chance = rng_of(TAIL_SEED);
	*ret_tail = tail;
	return ERR_OK;
}

void tail_drop(scrap_t *scrap)
{
	tail_t *tail = (tail_t *)(void *)scrap;
	while (tail->chunks) {
		struct tail_chunk *chunk = tail->chunks;
		tail->chunks = chunk->next;
		free(chunk);
	}
	free(tail);
}

static void *take(tail_t *tail, size_t bytes)
{
	bytes = (bytes + 15) / 16 * 16;
	if (!tail->chunks || tail->chunk_used + bytes > TAIL_CHUNK) {
		struct tail_chunk *chunk = malloc(sizeof(*chunk));
		if (!chunk)
			return NULL;
		chunk->next = tail->chunks;
		tail->chunks = chunk;
		tail->chunk_used = 0;
	}
	void *taken = &tail->chunks->bytes[tail->chunk_used];
	tail->chunk_used += bytes;
	tail->bytes += bytes;
	return taken;
}

typedef _Atomic(tail_node_t *) link_t;

/* links[level]: where the node behind `name` hangs, or would. */
static tail_node_t *search(const tail_t *tail, slice_t name, const link_t *links[TAIL_LEVELS])
{
	const link_t *row = tail->heads;
	tail_node_t *next = NULL;
	for (size_t level = TAIL_LEVELS; level-- > 0;) {
		next = atomic_load_explicit(&row[level], memory_order_acquire);
		while (next && slice_cmp(slice_of(next->name, next->len), name) <= 0) {
			row = next->next;
			next = atomic_load_explicit(&row[level], memory_order_acquire);
		}
		links[level] = &row[level];
	}
	return next;
}

const tail_node_t *tail_seek(const tail_t *tail, slice_t after)
{
	const link_t *links[TAIL_LEVELS];
	return search(tail, after, links);
}

/* The node whose name is the last one up to `name`, found again as a writer. */
static link_t *link_of(tail_t *tail, slice_t name, size_t level)
{
	link_t *row = tail->heads;
	for (size_t at = TAIL_LEVELS; at-- > level;) {
		tail_node_t *next = atomic_load_explicit(&row[at], memory_order_relaxed);
		while (next && slice_cmp(slice_of(next->name, next->len), name) <= 0) {
			row = next->next;
			next = atomic_load_explicit(&row[at], memory_order_relaxed);
		}
	}
	return &row[level];
}

err_t tail_add(tail_t *tail, slice_t folded)
{
	size_t levels = 1;
	while (levels < TAIL_LEVELS && rng_below(&tail->chance, BRANCHING) == 0)
		levels++;
	tail_node_t *node = take(tail, sizeof(*node) + levels * sizeof(link_t) + folded.len);
	if (!node)
		return ERR_NO_MEMORY;
	uint8_t *name = (uint8_t *)node + sizeof(*node) + levels * sizeof(link_t);
	memcpy(name, folded.ptr, folded.len);
	node->name = name;
	node->len = folded.len;
	link_t *links[TAIL_LEVELS];
	for (size_t level = 0; level < levels; level++) {
		links[level] = link_of(tail, folded, level);
		atomic_init(&node->next[level],
		            atomic_load_explicit(links[level], memory_order_relaxed));
	}
	for (size_t level = 0; level < levels; level++)
		atomic_store_explicit(links[level], node, memory_order_release);
	tail->count++;
	return ERR_OK;
}
