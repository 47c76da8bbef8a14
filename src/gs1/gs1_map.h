/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GS1_GS1_MAP_H
#define GS1_GS1_MAP_H
/* Where the record of a GS1 key lives. A rule and no index: the key 01/09521234543213 with
 * the serial 123 is the identifier PREFIX/01/09521234543213/21/123, each value as it stands
 * in a canonical Digital Link. PREFIX is the node's for GS1, unless the company prefix in
 * the key has another one, or a resolver of its own.
 *
 * Caveats: identifiers fold the case of ASCII letters, GS1 values do not. A name is asked
 * for in its own spelling (gs1_map_is), so that the serial "abc" is not taken for "ABC";
 * but only one of two that differ in case alone can be registered. */
#include "base/cursor.h"
#include "codec/gs1/gs1.h"

/* Texts are borrowed. */
typedef struct {
	const char *company; /* digits */
	const char *prefix;  /* NULL: the resolver handles it */
	const char *resolver;
} gs1_company_t;

typedef struct {
	const char *prefix;
	const char *root; /* "": as each request came */
	const gs1_company_t *companies;
	size_t company_count;
} gs1_map_t;

/* The longest company prefix the primary key begins with; NULL: none of the list. */
const gs1_company_t *gs1_map_company(const gs1_map_t *map, const gs1_message_t *message);
/* The identifier of the first `levels` elements. */
void gs1_map_name(const gs1_map_t *map, const gs1_message_t *message, size_t levels, writer_t *w);
/* Whether the name that was found is the one asked for, letter by letter behind its prefix. */
bool gs1_map_is(slice_t asked, slice_t found);
/* Holds a name that looks like one of a key of GS1 to the rule: GS1_GOOD when it is right or
 * no such name. The canonical spelling goes into `w`, empty for other names. */
gs1_problem_t gs1_map_check(slice_t name, writer_t *w);
#endif
