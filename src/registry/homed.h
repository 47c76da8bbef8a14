/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HOMED_H
#define REGISTRY_HOMED_H
/* The prefixes a registry serves beside its own. They are values of one record that
 * no name leads to, so that homing is a change like any other: journalled, in the
 * view, and there again after a restart. Private to this folder.
 *
 * Threads: the registry's loop writes; any thread asks homed_has. A prefix keeps its
 * slot for as long as the process runs, so that who reads needs no lock.
 *
 * Limits: REGISTRY_HOMED_MAX prefixes between two starts, those unhomed since
 * included (ERR_LIMIT). */
#include <stdatomic.h>

#include "registry/compose.h"

typedef struct {
	uint8_t *memory;
	slice_t prefix; /* folded */
	_Atomic bool is_on;
} homed_slot_t;

typedef struct {
	homed_slot_t slots[REGISTRY_HOMED_MAX];
	_Atomic size_t count; /* slots that will not move any more */
} homed_t;

/* The record that holds them. */
slice_t homed_record_name(void);
/* Makes the set that of the record; one without values is an empty set. */
MUST_CHECK err_t homed_load(homed_t *homed, const record_t *record);
void homed_done(homed_t *homed);
bool homed_has(const homed_t *homed, slice_t prefix);
/* The i-th of those that are homed; false behind the last. */
bool homed_get(const homed_t *homed, size_t i, slice_t *ret_prefix);
/* The record with the prefix added or removed. ERR_EXISTS, ERR_NOT_FOUND, ERR_LIMIT. */
MUST_CHECK err_t homed_compose(compose_t *room, const record_t *base, slice_t prefix, bool is_on,
                               record_t *ret_record);
#endif
