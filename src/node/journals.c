/* SPDX-License-Identifier: Apache-2.0 */
#include "node/state.h"

static const struct {
	const char *name;
	bool chained;
	thread_t commit;
	size_t buffer_bytes; /* 0: the journal's own */
	uint64_t share;
} rows[JOURNALS] = {
#define X(id, name, chained, thread, buffer, share) \
	[NODE_JOURNAL_##id] = { name, chained, THREAD_##thread, buffer, share },
	NODE_JOURNAL_ROWS(X)
#undef X
};

err_t journals_open(node_t *node, err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	for (size_t i = 0; i < JOURNALS && !err; i++) {
		journal_spec_t spec = {
			.dir = node->journal_dir,
			.name = rows[i].name,
			.chained = rows[i].chained,
			.buffer_bytes = rows[i].buffer_bytes,
			.reserve_bytes = node->spec.config->disk_reserve_bytes / rows[i].share,
			.commit_loop = node->loops[rows[i].commit],
			/* Samples are sealed into segments of their own form. */
			.archive_loop = i == NODE_JOURNAL_HISTORY ? NULL
			                                          : node->loops[THREAD_HISTORY],
		};
		err = journal_open(node->env, &spec, &node->journals[i], &node->recovered[i],
		                   ret_detail);
	}
	return err;
}

void journals_close(node_t *node)
{
	for (size_t i = JOURNALS; i-- > 0;)
		journal_close(node->journals[i]);
}
