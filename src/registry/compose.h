/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_COMPOSE_H
#define REGISTRY_COMPOSE_H
/* The record that a change leaves behind: values sorted by index, each index once,
 * the given ones stamped with the time. Pure; all memory is the caller's. */
#include "registry/registry.h"

/* One encoded value, or one index to remove. */
typedef struct {
	uint32_t index;
	slice_t bytes;
} compose_item_t;

/* Room for one composition at a time. */
typedef struct {
	uint32_t now_s; /* what the given values are stamped with */
	compose_item_t given[RECORD_VALUES_MAX];
	uint8_t values[RECORD_BYTES_MAX];
} compose_t;

typedef enum {
	COMPOSE_NONE,    /* the base as it is */
	COMPOSE_ALL,     /* the given values alone */
	COMPOSE_ADD,     /* those, and the base's with other indexes */
	COMPOSE_SUBTRACT /* the base without the given indexes */
} compose_kind_t;

/* `base` may be without values; the result borrows `room` and has no name.
 * ERR_MALFORMED: `values` is not `count` values. ERR_INVALID: index 0, an index
 * twice, an empty type, or nothing would be left. ERR_NOT_FOUND: an index to remove
 * is not there. ERR_TOO_BIG. */
MUST_CHECK err_t registry_compose(compose_t *room, compose_kind_t kind, const record_t *base,
                                  const registry_change_t *change, record_t *ret_record);
#endif
