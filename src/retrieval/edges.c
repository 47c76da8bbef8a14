/* SPDX-License-Identifier: Apache-2.0 */
#include "retrieval/edges.h"

static bool is_range(int64_t from_ns, int64_t to_ns)
{
	int64_t span;
	return from_ns < to_ns && !__builtin_sub_overflow(to_ns, from_ns, &span);
}

err_t edges_equal(int64_t from_ns, int64_t to_ns, int64_t step_ns, edges_t *ret_edges)
{
	if (!is_range(from_ns, to_ns) || step_ns < 0)
		return ERR_INVALID;
	int64_t span = to_ns - from_ns;
	int64_t step = step_ns == 0 || step_ns > span ? span : step_ns;
	int64_t count = (span - 1) / step + 1;
	if (count > EDGES_BUCKETS_MAX)
		return ERR_INVALID;
	*ret_edges = (edges_t){
		.from_ns = from_ns, .to_ns = to_ns, .step_ns = step, .count = (size_t)count
	};
	return ERR_OK;
}

err_t edges_listed(const int64_t *list, size_t count, edges_t *ret_edges)
{
	if (count == 0 || count > EDGES_BUCKETS_MAX || !is_range(list[0], list[count]))
		return ERR_INVALID;
	for (size_t i = 0; i < count; i++)
		if (list[i] >= list[i + 1])
			return ERR_INVALID;
	*ret_edges = (edges_t){
		.from_ns = list[0], .to_ns = list[count], .list = list, .count = count
	};
	return ERR_OK;
}

int64_t edges_at(const edges_t *edges, size_t i)
{
	if (edges->list)
		return edges->list[i];
	return i >= edges->count ? edges->to_ns : edges->from_ns + (int64_t)i * edges->step_ns;
}

bool edges_is_cut(const edges_t *edges, size_t i)
{
	return !edges->list && edges_at(edges, i + 1) - edges_at(edges, i) < edges->step_ns;
}
