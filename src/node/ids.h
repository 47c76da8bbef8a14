/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_IDS_H
#define NODE_IDS_H
/* Numbers for names: every device and point name gets an id once, journalled as a
 * JOURNAL_CATALOGUE_ID record and never reused, so that history follows the id
 * through renames of everything else. A view (DATA/views/ids) keeps the map with
 * the sequence it has applied; it is rebuilt when missing, damaged or ahead.
 *
 * Story: node opens it at set-up, asks an id for each name of the configuration
 * and closes it, which flushes the journal and then saves the view. A reload does the
 * same on a FILES loop while the journal runs, but drops the view unsaved: it catches
 * up at the next start.
 *
 * Record payload: kind u8, id u32 little-endian, name string. */
#include "journal/journal.h"

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
