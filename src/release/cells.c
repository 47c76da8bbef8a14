/* SPDX-License-Identifier: Apache-2.0 */
#include "release/release.h"

/* The smallest that is not zero among the first `count`; `count` when all are. */
static size_t smallest(const release_cell_t *cells, size_t count)
{
	size_t best = count;
	for (size_t i = 0; i < count; i++)
		if (cells[i].count && (best == count || cells[i].count < cells[best].count))
			best = i;
	return best;
}

static size_t take_out(release_cell_t *cells, size_t count, size_t at)
{
	memmove(&cells[at], &cells[at + 1], (count - at - 1) * sizeof(*cells));
	return count - 1;
}

size_t release_cells(release_cell_t *cells, size_t count, uint64_t least, uint64_t *ret_joined)
{
	uint64_t joined = 0;
	for (;;) {
		size_t at = smallest(cells, count);
		bool is_enough = at == count || (cells[at].count >= least && joined >= least);
		if (is_enough || (joined == 0 && cells[at].count >= least))
			break;
		if (__builtin_add_overflow(joined, cells[at].count, &joined))
			joined = UINT64_MAX;
		count = take_out(cells, count, at);
	}
	bool is_all_too_small = joined > 0 && joined < least;
	*ret_joined = is_all_too_small ? 0 : joined;
	return is_all_too_small ? 0 : count;
}
