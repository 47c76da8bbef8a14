/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_PLACES_H
#define MODEL_PLACES_H
/* Words for where a node stands: levels of the tree, entities that report, and divisions of
 * industry, in sets ("cn", "eu") that are packs. The code gives them no meaning: a nation is
 * a level of the set cn as a group is one of the set eu, and who makes a set of his own
 * writes a file.
 *
 * A reporting entity is not a region: in the set cn a city that is planned separately reports
 * beside its province and lies in the province's region.
 *
 * A file of rows (base/rows.h), the first of them
 *
 *     set       id
 *
 * and then of these, in any order:
 *
 *     level     code  zh  en                  from the highest down
 *     entity    code  zh  en  region          in the order in which they are shown
 *     division  code  zh  en                  of industry, where the set has its own
 *     match     division  other               what it mostly is in another classification
 *
 * Several files may add to a set. The industries of the set cn stand in model/industry.h.
 *
 * Story: places_read at start, of the packs that are built in and of those in the user's
 * folder; then look-ups. A word that is in no set is shown as it is.
 *
 * Limits: PLACES_MAX rows. Threads: immutable once read; borrows the text of the files. */
#include "base/err.h"

enum { PLACES_MAX = 4096, PLACE_CODE_MAX = 32, PLACE_NAME_MAX = 96 };

#define PLACE_KIND_ROWS(X) \
	X(LEVEL, "level", 4) \
	X(ENTITY, "entity", 5) \
	X(DIVISION, "division", 4) \
	X(MATCH, "match", 3)

#define X(name, word, cells) PLACE_##name,
typedef enum { PLACE_KIND_ROWS(X) PLACE_KIND_COUNT } place_kind_t;
#undef X

typedef struct {
	place_kind_t kind;
	slice_t set, code;
	slice_t name[LANG_COUNT]; /* empty of a MATCH */
	slice_t other;            /* the region of an ENTITY, the other code of a MATCH */
	uint32_t rank;            /* among those of its kind and set, from 0 */
} place_t;

typedef struct places places_t;

typedef struct {
	slice_t text;     /* outlives the places */
	const char *file; /* of errors */
} place_pack_t;

/* ERR_CONFIG with file, line, column and the fix; ERR_LIMIT; ERR_NO_MEMORY. */
MUST_CHECK err_t places_read(const place_pack_t *packs, size_t count, places_t **ret_places,
                             err_detail_t *ret_detail);
void places_free(places_t *places);
/* NULL: none. An empty set: of any, the first read. */
const place_t *places_find(const places_t *places, place_kind_t kind, slice_t set, slice_t code);
/* The next of a kind and set behind `last` in the order of ranks; NULL: the first, or no more. */
const place_t *places_next(const places_t *places, place_kind_t kind, slice_t set,
                           const place_t *last);
/* Its name, or the code itself. */
slice_t place_name(const places_t *places, place_kind_t kind, slice_t code, lang_t lang);
#endif
