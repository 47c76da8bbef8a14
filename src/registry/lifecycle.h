/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_LIFECYCLE_H
#define REGISTRY_LIFECYCLE_H
/* The states of a name (RECORD_STATE_ROWS in model/record.h) and what each verb
 * makes of them. Pure. Private to this folder.
 *
 * A deletion leaves a tombstone: the record with its last values, which answers
 * "not found". Nothing but REGISTRY_RESTORE, asked by an administrator, brings it
 * back, as what it was; so a name never comes to mean something else. */
#include "registry/registry.h"

/* The state that `asked` leaves behind. `base` is the record as it is, NULL when the
 * name was never there. ERR_EXISTS, ERR_NOT_FOUND: by the verb (registry.h).
 * ERR_DENIED: a retired record or a restoration, and the caller is no administrator.
 * ERR_INVALID: no state that may be set. */
MUST_CHECK err_t registry_state_after(const registry_change_t *asked, const record_t *base,
                                      record_state_t *ret_state);
/* Whether it takes an administrator of the prefix, whatever the rights in the record. */
bool registry_needs_admin(registry_verb_t verb, const record_t *base);
/* False for what answers "not found" to everybody who may not change it. */
bool registry_state_answers(record_state_t state);
#endif
