/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_EDITS_H
#define HISTORIAN_EDITS_H
/* What an edit does to what scans see: rows of a span of source time that had arrived
 * before it are passed over. They stay where they are. */
#include "model/sample.h"

typedef struct {
	int64_t from_ns, to_ns; /* half-open */
	int64_t at_ns;          /* when it was made; node times before it are passed over */
} edit_span_t;

static inline bool edit_hides(const edit_span_t *edit, int64_t source_ns, int64_t node_ns)
{
	return source_ns >= edit->from_ns && source_ns < edit->to_ns && node_ns < edit->at_ns;
}
#endif
