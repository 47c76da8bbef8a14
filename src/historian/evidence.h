/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_EVIDENCE_H
#define HISTORIAN_EVIDENCE_H
/* What proves a sample or the aggregate of its block: the block, its way to the root of its
 * segment (root.h), and the record of the main journal that vouches for the root (chain.h).
 * The folder evidence makes a file of it.
 *
 * Asked for is what was recorded. Edits change no record: what they hide or set is not seen
 * here, and who makes a figure of the samples says which there are (historian_edits).
 *
 * Caveats: the whole segment is read, some hundred MB a second. Samples that wait in memory to
 * be sealed are not proven yet. */
#include "historian/historian.h"
#include "historian/root.h"

typedef struct {
	root_proof_t proof; /* its parts borrow `held` */
	size_t row;         /* of the sample in its block */
	segment_info_t segment;
	uint64_t entry_seq; /* of the main journal */
	uint64_t others;    /* segments with rows of the point in the block's time */
	void *held;
} historian_evidence_t;

/* The newest sample that was recorded at or before the time, and its block. ERR_NOT_FOUND:
 * there is none; ERR_BUSY: there is, but it is not sealed, or not in the main journal, yet;
 * ERR_CORRUPT: damage, also in what surrounds it. FILES loops. */
MUST_CHECK err_t historian_evidence(historian_t *historian, point_id_t point, int64_t at_ns,
                                    historian_evidence_t *ret_evidence);
void historian_evidence_done(historian_t *historian, historian_evidence_t *evidence);
#endif
