/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H
/* Hash map from bytes to a fixed-size value, open addressing, bounded. Keys are
 * copied into the map. Growth doubles until `max`; at the limit table_put gives
 * ERR_LIMIT and the map stays as it was.
 *
 * Caveats: one thread at a time. A value pointer is valid until the next put or
 * remove. Iteration order is by slot and changes with growth; a put or remove
 * in the middle of an iteration may skip or repeat entries, so start it again. */
#include "base/err.h"

typedef struct table table_t;

/* `value_size` bytes a value, at most `max` entries. NULL when memory is gone. */
table_t *table_new(size_t value_size, size_t max, uint64_t hash_seed);
void table_free(table_t *t);
/* The value of `key`, or NULL. */
void *table_get(const table_t *t, slice_t key);
/* The value of `key`, made zeroed if absent; *ret_new says which (may be NULL). */
MUST_CHECK err_t table_put(table_t *t, slice_t key, void **ret_value, bool *ret_new);
bool table_remove(table_t *t, slice_t key);
size_t table_count(const table_t *t);
/* Starts at *at = 0; returns false at the end. */
bool table_next(const table_t *t, size_t *at, slice_t *ret_key, void **ret_value);
#endif
