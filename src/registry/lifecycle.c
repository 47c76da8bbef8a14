/* SPDX-License-Identifier: Apache-2.0 */
/* One row a verb: what it meets. */
#include "registry/lifecycle.h"

#include "registry/identity.h"

/* Why not, when the name was never there, is there, or is a tombstone. */
static const struct {
	err_t absent, there, deleted;
} rows[] = {
	[REGISTRY_CREATE] = { ERR_OK, ERR_EXISTS, ERR_EXISTS },
	[REGISTRY_REPLACE] = { ERR_OK, ERR_OK, ERR_EXISTS },
	[REGISTRY_MERGE] = { ERR_NOT_FOUND, ERR_OK, ERR_NOT_FOUND },
	[REGISTRY_UNMERGE] = { ERR_NOT_FOUND, ERR_OK, ERR_NOT_FOUND },
	[REGISTRY_REMOVE] = { ERR_NOT_FOUND, ERR_OK, ERR_NOT_FOUND },
	[REGISTRY_ADD] = { ERR_NOT_FOUND, ERR_OK, ERR_NOT_FOUND },
	[REGISTRY_MODIFY] = { ERR_NOT_FOUND, ERR_OK, ERR_NOT_FOUND },
	[REGISTRY_HOME] = { ERR_OK, ERR_OK, ERR_OK },
	[REGISTRY_UNHOME] = { ERR_OK, ERR_OK, ERR_OK },
	[REGISTRY_STATE] = { ERR_NOT_FOUND, ERR_OK, ERR_NOT_FOUND },
	[REGISTRY_RESTORE] = { ERR_NOT_FOUND, ERR_EXISTS, ERR_OK },
};

static err_t meet(registry_verb_t verb, const record_t *base)
{
	if (!base)
		return rows[verb].absent;
	return base->state == RECORD_DELETED ? rows[verb].deleted : rows[verb].there;
}

bool registry_needs_admin(registry_verb_t verb, const record_t *base)
{
	return verb == REGISTRY_RESTORE || (base && base->state == RECORD_RETIRED);
}

err_t registry_state_after(const registry_change_t *asked, const record_t *base,
                           record_state_t *ret_state)
{
	registry_verb_t verb = asked->verb;
	registry_identity_t identity;
	err_t err = meet(verb, base);
	if (err)
		return err;
	/* What an identity may do is in the records. */
	if (registry_needs_admin(verb, base) && asked->caller.role < ROLE_ADMIN &&
	    !registry_identity_of(&asked->caller, &identity))
		return ERR_DENIED;
	bool is_set = verb == REGISTRY_STATE || !base;
	if (is_set && asked->state >= RECORD_DELETED)
		return ERR_INVALID;
	if (verb == REGISTRY_REMOVE)
		*ret_state = RECORD_DELETED;
	else if (verb == REGISTRY_RESTORE)
		*ret_state = RECORD_ACTIVE;
	else
		*ret_state = is_set ? asked->state : base->state;
	return ERR_OK;
}

bool registry_state_answers(record_state_t state)
{
	return state == RECORD_ACTIVE || state == RECORD_RETIRED;
}
