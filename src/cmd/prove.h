/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_PROVE_H
#define CMD_PROVE_H
/* What evidence says, for people or as JSON. */
#include "evidence/evidence.h"

/* `is_trusted`: by a key that was given, not the file's own. */
void prove_print(const evidence_seen_t *seen, bool is_trusted, bool json);
#endif
