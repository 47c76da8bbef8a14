/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a byte that chooses, then bytes as they may come from a file or a peer. What is read
 * has one form: written again it is what was read. */
#include <assert.h>
#include <stdlib.h>

#include "evidence/evidence.h"

enum { SCRATCH = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_file(slice_t in)
{
	static uint8_t room[SCRATCH];
	writer_t scratch = writer_of(room, sizeof(room));
	evidence_seen_t seen;
	/* By its own key: the corpus has one that holds, and what is read then makes sense. */
	if (evidence_check(in, (slice_t){ 0 }, &scratch, &seen) == ERR_OK)
		assert(seen.rows > 0 && seen.first_ns <= seen.last_ns);
}

static void try_entry(slice_t in)
{
	text_t again = text_of(CHAIN_ENTRY_MAX);
	segment_info_t info;
	chain_entry_t entry, walk;
	if (chain_entry_read(in, &entry))
		return;
	walk = entry;
	chain_entry_put(&entry, &again);
	while (chain_drop_next(&walk, &info))
		chain_drop_put(&info, &again);
	while (chain_add_next(&walk, &info))
		chain_add_put(&info, &again);
	assert(slice_eq(text_slice(&again), in));
	text_free(&again);
}

static void try_leaves(slice_t in)
{
	uint8_t room[ROOT_BLOCK_MAX];
	writer_t w = writer_of(room, sizeof(room));
	root_block_t block;
	root_point_t point;
	if (!root_block_read(in, &block)) {
		root_block_write(&block, &w);
		assert(slice_eq(writer_done(&w), in));
	}
	w.len = 0;
	if (!root_point_read(in, &point)) {
		root_point_write(&point, &w);
		assert(slice_eq(writer_done(&w), in));
	}
}

static void try_chain(slice_t in)
{
	reader_t r = reader_of(in);
	chain_t chain = { 0 };
	if (chain_get(&r, &chain) || r.bad)
		return;
	uint8_t *room = malloc(chain_size(&chain));
	assert(room);
	writer_t w = writer_of(room, chain_size(&chain));
	chain_put(&chain, &w);
	assert(slice_eq(writer_done(&w), slice_sub(in, 0, in.len - r.in.len)));
	free(room);
	chain_free(&chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(slice_t in) = { try_file, try_entry, try_leaves, try_chain };
	if (size)
		tries[data[0] % 4](slice_from(slice_of(data, size), 1));
	return 0;
}
