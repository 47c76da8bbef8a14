/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_JSON_READ_H
#define API_JSON_READ_H
/* Reads a JSON text (RFC 8259) into a flat list of items. Strict: UTF-8, nothing
 * after the value, no name twice in one object, no zero byte in a string.
 *
 * Story: json_read, then walk from json_doc_root with json_member or json_first and
 * json_next, and take values with json_as_..., which accept NULL and say false for
 * another kind.
 *
 * Limits: nesting JSON_READ_DEPTH, JSON_READ_ITEMS items, JSON_READ_MEMBERS in one
 * object. */
#include "base/err.h"

enum { JSON_READ_DEPTH = 32, JSON_READ_ITEMS = 65536, JSON_READ_MEMBERS = 1024 };

typedef enum {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
} json_kind_t;

typedef struct {
	json_kind_t kind;
	slice_t name;  /* inside an object */
	slice_t text;  /* of a string, decoded; of a number, as written */
	uint32_t size; /* items from this one to the next beside it */
	bool is_last;
} json_item_t;

typedef struct json_doc json_doc_t;

/* ERR_MALFORMED, ERR_TOO_BIG, ERR_NO_MEMORY. The document owns its texts. */
MUST_CHECK err_t json_read(slice_t text, json_doc_t **ret_doc);
void json_doc_free(json_doc_t *doc);
const json_item_t *json_doc_root(const json_doc_t *doc);

/* Each NULL when absent; `item` may be NULL. */
const json_item_t *json_member(const json_item_t *item, const char *name);
const json_item_t *json_first(const json_item_t *item);
const json_item_t *json_next(const json_item_t *item);

bool json_as_text(const json_item_t *item, slice_t *ret_text);
bool json_as_f64(const json_item_t *item, double *ret_number);
/* A whole number within the range, written without fraction and exponent. */
bool json_as_i64(const json_item_t *item, int64_t min, int64_t max, int64_t *ret_number);
bool json_as_bool(const json_item_t *item, bool *ret_value);
#endif
