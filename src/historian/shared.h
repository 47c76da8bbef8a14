/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_SHARED_H
#define HISTORIAN_SHARED_H
/* Columns of times and marks that were lately written into a segment, so that points read
 * together point to the same bytes. Remembers SHARED_SLOTS of each part and forgets the
 * oldest. */
#include "historian/page.h"
#include "merkle/merkle.h"

typedef struct shared shared_t;

enum { SHARED_SLOTS = 32 };

/* Where a column is, and the hash of its bytes. */
typedef struct {
	extent_t at;
	merkle_hash_t hash;
} shared_part_t;

/* NULL when memory is gone. */
shared_t *shared_new(void);
void shared_free(shared_t *shared);
/* Was the same column written before? Which. Of any part but values. */
bool shared_find(const shared_t *shared, block_part_t part, const rows_t *rows,
                 shared_part_t *ret_part);
void shared_keep(shared_t *shared, block_part_t part, const rows_t *rows,
                 const shared_part_t *written);
#endif
