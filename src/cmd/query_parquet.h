/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_QUERY_PARQUET_H
#define CMD_QUERY_PARQUET_H
/* Writes the samples of a range as a Parquet file: `point` text, `time` (ns UTC), `value`
 * double bit by bit, `text`, `quality` text, `node_time` (ns UTC), `value_f32` float and
 * `state` int64, point by point in order of time, in Zstandard pages and groups of 65,536
 * rows.
 *
 * `value` is null where there is none, and of a text. A float32 stands in `value` as the
 * double that it equals and in `value_f32` by its own bits; an enum in both `value` and
 * `state` by its ordinal. `text` is null of everything else, but for whole numbers past 2^53,
 * which a double cannot hold (their digits stand there), and for enums that have a name.
 *
 * The file appears under its name when it is whole and synced; until then it is NAME.part,
 * which is removed when the work fails. Memory is bounded whatever the range holds: a group
 * whose names and texts reach 16 MiB is ended early. */
#include "cmd/door.h"

typedef struct {
	const door_t *door;
	const char *file;
	const char *const *points; /* names; "*" alone: all of the configuration */
	size_t point_count;
	int64_t from_ns, to_ns;
	int64_t known_at_ns; /* 0: as known now */
} query_parquet_t;

MUST_CHECK err_t query_parquet(const query_parquet_t *asked, uint64_t *ret_rows,
                               err_detail_t *ret_detail);
#endif
