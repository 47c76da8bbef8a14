/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_PERMIT_H
#define REGISTRY_PERMIT_H
/* What the records of this node say of an identity (identity/identity.h): the key it has, and what
 * it may do. A caller that is an identity is judged by the HS_ADMIN values of the records
 * and by nothing else.
 *
 * Story: a door that holds a proof takes the key of who claims to be somebody
 * (registry_identity_key). Who has been proven asks for changes as anybody does, and the
 * registry judges each by registry_permit_deed; what is read or listed for
 * administrators alone, the door judges itself: registry_permit_begin, registry_rights or
 * registry_is_admin, registry_find_done.
 *
 * Threads: those of the reader, or of who looks up.
 *
 * Limits: a list of identities that leads to lists is followed through 8 levels and 64
 * lists, here and elsewhere (groups.h); whom it would reach beyond has no rights by it. */
#include "codec/handle/handle.h"
#include "registry/groups.h"
#include "registry/identity/identity.h"
#include "registry/registry.h"

/* Appends the data of the identity's value, whoever may read it. ERR_NOT_FOUND: no
 * such record or value, or of another type. ERR_UNAVAILABLE: its prefix lives
 * elsewhere. ERR_TOO_BIG. Wipe a secret after use. */
MUST_CHECK err_t registry_identity_key(registry_reader_t *reader,
                                       const registry_identity_t *identity,
                                       registry_key_type_t type, writer_t *w);

/* What an identity may do (RFC 3651, 3.2.1 and 3.2.6): the rights of the HS_ADMIN
 * values of a record, of which an index of 0 means any key of that handle and one that
 * leads to an HS_VLIST means its members. The administrators of the server
 * (registry_spec_t.admins) have all rights everywhere, unless they are for homing
 * alone. */
typedef struct {
	/* The record as the asker sees it now; borrowed until the check is over. */
	err_t (*look_up)(void *ctx, slice_t name, record_t *ret_record);
	void *ctx;
	registry_t *registry; /* whose administrators; NULL: none */
	/* Groups that live elsewhere count (groups.h), and what came of looking them up.
	 * NULL: only groups of this node. */
	groups_look_t *groups;
} registry_permit_t;

/* Looks up through this reader, whose snapshot must be open for as long as the permit
 * is used: registry_permit_begin and registry_find_done do that. */
MUST_CHECK err_t registry_permit_begin(registry_reader_t *reader, registry_permit_t *ret_permit);

/* The same for a reader whose snapshot a batch has opened already. */
registry_permit_t registry_permit_within(registry_reader_t *reader);

/* A door that may not wait judges by what is known: it gives the permit a groups_look_t,
 * and when that `awaits`, has the registry find out. The result (item registry_result_t,
 * ERR_OK) arrives in `reply` when all is known of the groups that say what the caller may
 * do with the record `name`, or time is up; then the door judges again. Any loop. ERR_BUSY,
 * ERR_TOO_BIG, ERR_NO_MEMORY at once. */
MUST_CHECK err_t registry_await_groups(registry_t *registry, const caller_t *caller, slice_t name,
                                       env_mailbox_t *reply, void *ctx);

/* Bits of handle_admin_right_t the record gives the identity. */
uint16_t registry_rights(const registry_permit_t *permit, const registry_identity_t *who,
                         const record_t *record);
bool registry_is_admin(const registry_permit_t *permit, const registry_identity_t *who);

/* A change as composition (compose.h) has understood it. */
typedef struct {
	registry_verb_t verb;
	slice_t name;
	const record_t *base; /* NULL: the name is not there yet */
	uint16_t needed;      /* handle_admin_right_t of all differences */
	uint32_t read_only;   /* index of a value to be modified that may not be; 0: none */
} registry_deed_t;

/* OK, or why the identity may not: DENIED (a value is read-only) or INVALID_ADMIN. A
 * name is created by who has the right in the record of its prefix, a prefix in that
 * of the prefix above it. */
handle_response_t registry_permit_deed(const registry_permit_t *permit,
                                       const registry_identity_t *who, const registry_deed_t *deed);
#endif
