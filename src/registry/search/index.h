/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_SEARCH_INDEX_H
#define REGISTRY_SEARCH_INDEX_H
/* The tables of the search view and the one writer's way into them. Private to this
 * folder.
 *
 *   names  id, folded (unique), name, state, changed (ns UTC)
 *   vals   id, type, data: the public values, data cut at SEARCH_VALUE_MAX
 *   words  the full-text index over all values of a name; it holds no text itself, so
 *          what is taken out of it is spelt once more from vals
 *   about  format, and the mark of the journal
 *
 * Story: open, then begin, put for each record, end with the mark. */
#include "env/sql.h"
#include "journal/follow.h"
#include "model/record.h"

enum { SEARCH_VALUE_MAX = 4096 };

typedef struct search_index search_index_t;

/* ERR_CORRUPT, ERR_NEWER_FORMAT: destroy it and build it again. */
MUST_CHECK err_t search_index_open(env_t *env, const char *path, search_index_t **ret_index,
                                   journal_mark_t *ret_mark);
void search_index_close(search_index_t *index);
MUST_CHECK err_t search_index_begin(search_index_t *index);
/* The record as it is from now on; a tombstone keeps its name. */
MUST_CHECK err_t search_index_put(search_index_t *index, const record_t *record);
/* Commits; on failure everything since begin is undone. */
MUST_CHECK err_t search_index_end(search_index_t *index, const journal_mark_t *mark);
/* Undoes everything since begin. */
void search_index_undo(search_index_t *index);
#endif
