/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_PROOFS_H
#define API_PROOFS_H
/* Where a change stands in the signed tree. Query loop. */
#include "proof/log.h"

/* A head that holds the change, and its leaf and path in it. */
typedef struct {
	uint64_t index;
	proof_signed_t head;
	merkle_path_t path;
} proofs_place_t;

/* Of the record with this sequence. As proof_find and proof_include. */
MUST_CHECK err_t proofs_find(proof_t *proof, uint64_t seq, proofs_place_t *ret_place);
#endif
