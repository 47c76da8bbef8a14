/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/manifest_print.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"

enum { LINE_BYTES = 8192 };

static uint64_t bytes_of(const manifest_t *m)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < m->count; i++)
		bytes += m->files[i].bytes;
	return bytes;
}

void manifest_print(const manifest_t *m)
{
	char time[TIME_TEXT_MAX];
	printf("node %s at %s, %zu files, %.1f MiB, main journal up to %" PRIu64
	       ", history up to %" PRIu64 "\n",
	       m->node[0] ? m->node : "(unnamed)", time_format(m->made_ns, time), m->count,
	       (double)bytes_of(m) / (1 << 20), m->main.last_seq, m->history.last_seq);
}

static void put_extent(json_t *j, const char *key, const journal_extent_t *e)
{
	char epoch[24];
	snprintf(epoch, sizeof(epoch), "%016" PRIx64, e->epoch);
	json_key(j, key);
	json_object(j);
	json_put_cstr(j, "epoch", epoch);
	json_put_u64(j, "first", e->first_seq);
	json_put_u64(j, "last", e->last_seq);
	json_close(j);
}

void manifest_print_json(const manifest_t *m, const char *key, const char *path)
{
	uint8_t line[LINE_BYTES];
	json_t j = json_of(line, sizeof(line));
	json_object(&j);
	json_put_cstr(&j, "node", m->node);
	json_put_time(&j, "made", m->made_ns);
	put_extent(&j, "main", &m->main);
	put_extent(&j, "history", &m->history);
	put_extent(&j, "tree", &m->tree);
	json_put_u64(&j, "files", m->count);
	json_put_u64(&j, "bytes", bytes_of(m));
	if (path[0])
		json_put_cstr(&j, key, path);
	json_close(&j);
	slice_t text = json_done(&j);
	printf("%.*s\n", (int)text.len, (const char *)text.ptr);
}
