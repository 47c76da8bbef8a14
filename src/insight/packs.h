/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_PACKS_H
#define INSIGHT_PACKS_H
/* All packs of a node, read together: those that are built in (packs/) and those of its
 * owner, the files of the folder `packs` beside the configuration, as conf.d is. Of these
 *
 *     published*.yaml  published figures (published.h)
 *     *.yaml           definitions (definition.h)
 *     factors*.tsv     factors (factors.h)
 *     *.tsv            places (model/places.h)
 *
 * in the order of their names. They add ids, versions and rows and override nothing: what is
 * given twice is a fault that names both places.
 *
 * Story: packs_open at start and by `jizhu indicator`; the four tables are then given to
 * whoever wants one. A reload opens new ones and closes the old.
 *
 * Limits: PACKS_FILES_MAX files of TREE_FILE_MAX bytes. Threads: opening reads files, set-up
 * or a FILES loop; immutable then. */
#include "env/env.h"
#include "insight/definition.h"
#include "insight/factors.h"
#include "insight/published.h"
#include "model/places.h"

enum { PACKS_FILES_MAX = 64 };

typedef struct {
	definitions_t *definitions;
	factors_t *factors;
	published_set_t *published;
	places_t *places;
} packs_t;

typedef struct {
	const char *config;       /* path of the configuration; NULL: no folder is read */
	const char *const *files; /* of the user, besides */
	size_t file_count;
} packs_spec_t;

/* Where there is no folder, the packs are those built in and the files named. ERR_CONFIG with
 * the place and the fix, ERR_LIMIT, ERR_NO_MEMORY, or what reading a file gave. */
MUST_CHECK err_t packs_open(env_t *env, const packs_spec_t *spec, packs_t **ret_packs,
                            err_detail_t *ret_detail);
void packs_close(packs_t *packs);
#endif
