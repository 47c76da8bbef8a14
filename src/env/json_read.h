/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_JSON_READ_H
#define ENV_JSON_READ_H
/* Reading JSON, behind the one adapter of the library that does it (jansson).
 * Writing is base/json.h. Pure functions: no world, any thread.
 *
 * Story: json_read parses a whole text into a tree, the getters look into it and
 * take NULL and wrong types calmly (NULL, false), json_free drops it all.
 *
 * Limits: nesting 64; duplicate keys and text behind the value are ERR_MALFORMED. */
#include "base/err.h"

typedef struct json_tree json_tree_t; /* any value; children belong to the root */

/* *ret_line is where it went wrong (1 at the start); may be NULL. */
MUST_CHECK err_t json_read(slice_t text, json_tree_t **ret_root, unsigned *ret_line);
void json_free(json_tree_t *root);

typedef enum {
	JSON_MISSING, /* NULL was given */
	JSON_NULL_VALUE,
	JSON_BOOL_VALUE,
	JSON_INTEGER_VALUE,
	JSON_REAL_VALUE,
	JSON_TEXT_VALUE,
	JSON_LIST_VALUE,
	JSON_MEMBERS_VALUE,
} json_kind_t;

json_kind_t json_kind(const json_tree_t *value);
/* A member of an object, or NULL. */
const json_tree_t *json_member(const json_tree_t *object, const char *key);
/* Calls fn for each member in the order of the text until it returns false. */
void json_members(const json_tree_t *object,
                  bool (*fn)(void *ctx, slice_t key, const json_tree_t *value), void *ctx);
/* The i-th element of an array, or NULL; how many there are. */
const json_tree_t *json_item(const json_tree_t *array, size_t i);
size_t json_count(const json_tree_t *array);
/* False when the value is of another kind. Text lives as long as the root. */
bool json_text(const json_tree_t *value, slice_t *ret_text);
bool json_number(const json_tree_t *value, double *ret_number);
/* An integer within the range, both ends included. */
bool json_whole(const json_tree_t *value, int64_t min, int64_t max, int64_t *ret_integer);
bool json_flag(const json_tree_t *value, bool *ret_flag);
#endif
