/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_PROVE_H
#define CMD_PROVE_H
/* The halves of jizhu prove: evidence is fetched (prove.c), and checked and shown. */
#include "evidence/evidence.h"

/* Checks what a file or a node gave; `key` empty: by its own. Scratch is of the caller's, twice
 * its size. The detail says why not. */
MUST_CHECK err_t prove_check(slice_t file, slice_t key, const char *where, writer_t *scratch,
                             evidence_seen_t *ret_seen, err_detail_t *ret_detail);
void prove_print(const evidence_seen_t *seen, bool is_trusted, bool json);
#endif
