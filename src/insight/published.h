/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_PUBLISHED_H
#define INSIGHT_PUBLISHED_H
/* Figures and targets that somebody has published, to be shown as published: with scope,
 * date and source, never added and never beside figures of one's own as a comparison. Packs
 * (packs/cn/published.yaml):
 *
 *     pack: {id: published, version: 1, source: "..."}
 *     published:
 *       - id: devices
 *         name: {en: Devices connected to platforms, zh: 工业互联网平台接入设备}
 *         kind: figure            # or target
 *         bound: more-than        # exactly (if left out), about, more-than, at-least, less-than
 *         value: 76000000
 *         unit: device
 *         scope: {en: Nation, zh: 全国}
 *         date: "2021-09"
 *         source: "State Council press conference of 13 September 2021"
 *
 * The same name with two scopes, dates or sources is two rows that contradict nothing: an id
 * may come again with another date or scope.
 *
 * Limits: PUBLISHED_MAX rows. Threads: immutable once read. */
#include "base/err.h"
#include "expr/unit.h"

enum { PUBLISHED_MAX = 1024 };

#define PUBLISHED_KIND_ROWS(X) \
	X(FIGURE, "figure") \
	X(TARGET, "target")

#define X(name, word) PUBLISHED_##name,
typedef enum { PUBLISHED_KIND_ROWS(X) PUBLISHED_KIND_COUNT } published_kind_t;
#undef X

/* word, how it stands before a number */
#define PUBLISHED_BOUND_ROWS(X) \
	X(EXACTLY, "exactly", "") \
	X(ABOUT, "about", "~ ") \
	X(MORE_THAN, "more-than", "> ") \
	X(AT_LEAST, "at-least", ">= ") \
	X(LESS_THAN, "less-than", "< ")

#define X(name, word, sign) BOUND_##name,
typedef enum { PUBLISHED_BOUND_ROWS(X) PUBLISHED_BOUND_COUNT } published_bound_t;
#undef X

typedef struct {
	slice_t id;
	slice_t name[LANG_COUNT], scope[LANG_COUNT];
	published_kind_t kind;
	published_bound_t bound;
	double value;
	slice_t unit_text, date, source; /* date: "2021", "2021-09" or "2021-09-13" */
} published_t;

typedef struct published_set published_set_t;

typedef struct {
	slice_t yaml;
	const char *file; /* of errors */
} published_pack_t;

/* ERR_CONFIG with file, line, column and the fix; ERR_LIMIT; ERR_NO_MEMORY. */
MUST_CHECK err_t published_read(const published_pack_t *packs, size_t count,
                                published_set_t **ret_set, err_detail_t *ret_detail);
void published_free(published_set_t *set);
/* In the order of the packs. */
size_t published_count(const published_set_t *set);
const published_t *published_get(const published_set_t *set, size_t i);
/* "> " of a bound. */
const char *published_sign(published_bound_t bound);
const char *published_kind_word(published_kind_t kind);
const char *published_bound_word(published_bound_t bound);
#endif
