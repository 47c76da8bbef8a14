/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_COMPOSE_H
#define REGISTRY_COMPOSE_H
/* The record that a change leaves behind: values sorted by index, each index once,
 * the given ones stamped with the time, but for those that are there already just so.
 * On the way it notes what an administrator would need to make this change. Pure;
 * all memory is the caller's. */
#include "registry/registry.h"

/* One encoded value, or one index to remove (then without type). */
typedef struct {
	uint32_t index, time_s;
	uint8_t perms;
	slice_t bytes, type;
} compose_item_t;

/* Room for one composition at a time. */
typedef struct {
	uint32_t now_s;   /* what the given values are stamped with */
	bool keeps_times; /* but for those that have a time of their own, not to come */
	/* Of the last composition: */
	uint16_t needed;    /* handle_admin_right_t of all differences; values that let the
	                     * public write need none to be modified */
	uint32_t index;     /* of the value that failed it; 0: none */
	uint32_t read_only; /* of a value to be modified that no administrator may write; 0 */
	bool overwrote;     /* a value that was there was given */

	compose_item_t given[RECORD_VALUES_MAX];
	uint8_t values[RECORD_BYTES_MAX];
} compose_t;

typedef enum {
	COMPOSE_NONE,    /* the base as it is */
	COMPOSE_ALL,     /* the given values alone */
	COMPOSE_MERGE,   /* those, and the base's with other indexes */
	COMPOSE_ADD,     /* as MERGE, but none may be there */
	COMPOSE_MODIFY,  /* as MERGE, but all must be there */
	COMPOSE_SUBTRACT /* the base without the given indexes, which must be there */
} compose_kind_t;

/* `base` may be without values; the result borrows `room` and has no name.
 * ERR_MALFORMED: `values` is not `count` values. ERR_INVALID: index 0, an index
 * twice, an empty type, or nothing would be left. ERR_NOT_FOUND, ERR_EXISTS: an index
 * is not there, or is. ERR_TOO_BIG. */
MUST_CHECK err_t registry_compose(compose_t *room, compose_kind_t kind, const record_t *base,
                                  const registry_change_t *change, record_t *ret_record);
#endif
