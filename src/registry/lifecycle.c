/* SPDX-License-Identifier: Apache-2.0 */
/* One row a verb: what it meets. */
#include "registry/lifecycle.h"

#include "registry/identity/identity.h"

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

/* What an identity may do is in the records. */
static bool may_try(const registry_change_t *asked, const record_t *base)
{
	registry_identity_t identity;
	return !registry_needs_admin(asked->verb, base) || asked->caller.role >= ROLE_ADMIN ||
	       registry_identity_of(&asked->caller, &identity);
}

static record_state_t state_of(const registry_change_t *asked, const record_t *base)
{
	if (asked->verb == REGISTRY_REMOVE)
		return RECORD_DELETED;
	if (asked->verb == REGISTRY_RESTORE)
		return RECORD_ACTIVE;
	return asked->verb == REGISTRY_STATE || !base ? asked->state : base->state;
}

err_t registry_state_after(const registry_change_t *asked, const record_t *base,
                           record_state_t *ret_state)
{
	bool is_set = asked->verb == REGISTRY_STATE || !base;
	err_t err = meet(asked->verb, base);
	if (err)
		return err;
	if (!may_try(asked, base))
		return ERR_DENIED;
	if (is_set && asked->state >= RECORD_DELETED)
		return ERR_INVALID;
	*ret_state = state_of(asked, base);
	return ERR_OK;
}

bool registry_state_answers(record_state_t state)
{
	return state == RECORD_ACTIVE || state == RECORD_RETIRED;
}
