/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_VERIFY_BLAME_H
#define REGISTRY_VERIFY_BLAME_H
/* Which identifier a damaged record of the main journal was a change of. The bytes of
 * the record are not asked, because any of them may be the altered one: the event that
 * was written beside the change has the name, and a later change of the same name
 * says which one came before it. Offline. */
#include "env/file.h"
#include "journal/journal.h"
#include "model/record.h"

/* Names the change with sequence `seq` in the journal `main` of folder `dir`.
 * ERR_NOT_FOUND: nothing that is left tells, or it was no change of a record. */
MUST_CHECK err_t registry_blame(env_t *env, const char *dir, uint64_t seq, writer_t *ret_name);
#endif
