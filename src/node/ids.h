/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_IDS_H
#define NODE_IDS_H
/* Numbers for names: every device and point name gets an id once, journalled as a
 * JOURNAL_CATALOGUE_ID record and never reused, so that history follows the id
 * through renames of everything else. A view (DATA/views/names) keeps the map with the
 * mark of the journal it has followed; it is rebuilt when it is missing, damaged, of
 * another form or another journal's.
 *
 * Story: node opens it at set-up, asks an id for each name of the configuration
 * and closes it, which flushes the journal and then saves the view. A reload does the
 * same on a FILES loop while the journal runs, but drops the view unsaved: it catches
 * up at the next start.
 *
 * Limits: IDS_MAX names, kept or given (ERR_LIMIT); a name has 1 to 255 bytes
 * (ERR_INVALID).
 *
 * Record payload: kind u8, id u32 little-endian, name string.
 *
 * Disk: "JIZHUIDS", version u32, zero u32, mark (sequence u64, epoch u64, hash of 32
 * bytes); the payloads of all names in any order; crc32c u32 of all before.
 * Little-endian. */
#include "journal/journal.h"

enum { IDS_MAX = 1 << 20 };

typedef struct ids ids_t;

typedef enum { IDS_DEVICE = 1, IDS_POINT = 2 } ids_kind_t;

MUST_CHECK err_t ids_open(env_t *env, const char *views_dir, journal_t *journal, ids_t **ret_ids);
void ids_close(ids_t *ids);
/* Closes without saving. What ids_get appended is durable when the journal says so. */
void ids_drop(ids_t *ids);
/* The id of the name; a fresh one is appended to the journal (not yet durable). */
MUST_CHECK err_t ids_get(ids_t *ids, ids_kind_t kind, slice_t name, uint32_t *ret_id);
/* The greatest id given out of a kind; 0 none. */
uint32_t ids_max(const ids_t *ids, ids_kind_t kind);
#endif
