/* SPDX-License-Identifier: Apache-2.0 */
/* Permissions. The rights a record gives an identity are collected from all its
 * HS_ADMIN values; what a change needs, composition has collected from all values it
 * touches; the change is permitted when the second is part of the first. Lists of identities may
 * lead to lists: they are walked breadth first through a queue that never grows, so
 * that a loop of lists ends where it began. */
#include "registry/permit.h"

#include "registry/lifecycle.h"
#include "registry/state.h"

enum { LISTS_MAX = 64, DEPTH_MAX = 8 };

/* Identities. */

static bool matches(const handle_reference_t *reference, const registry_identity_t *who)
{
	return who->index > 0 && (reference->index == 0 || reference->index == who->index) &&
	       slice_eq_nocase(reference->handle, who->handle);
}

static bool is_same(const handle_reference_t *a, const handle_reference_t *b)
{
	return a->index == b->index && slice_eq_nocase(a->handle, b->handle);
}

/* Lists to look into: those behind `next` have been looked into. */
typedef struct {
	handle_reference_t list[LISTS_MAX];
	uint8_t depth[LISTS_MAX];
	size_t count, next;
} queue_t;

static void queue_add(queue_t *q, const handle_reference_t *reference, uint8_t depth)
{
	if (reference->index == 0 || depth >= DEPTH_MAX || q->count == LISTS_MAX)
		return;
	for (size_t i = 0; i < q->count; i++)
		if (is_same(&q->list[i], reference))
			return;
	q->list[q->count] = *reference;
	q->depth[q->count++] = depth;
}

/* The members of the list, if it is one. */
static handle_list_t members_of(const registry_permit_t *permit, const handle_reference_t *list)
{
	record_t record;
	handle_value_t value;
	handle_list_t members;
	if (permit->groups && !registry_serves(permit->registry, list->handle))
		return groups_members(&permit->registry->groups, list, permit->groups);
	if (permit->look_up(permit->ctx, list->handle, &record) ||
	    !handle_value_find(handle_values_of(&record), list->index, &value) ||
	    !slice_eq_nocase(value.type, SLICE("HS_VLIST")) ||
	    handle_vlist_decode(value.data, &members) != CODEC_OK)
		return (handle_list_t){ 0 };
	return members;
}

static bool walk_lists(const registry_permit_t *permit, const handle_reference_t *reference,
                       const registry_identity_t *who)
{
	queue_t q = { .count = 0 };
	if (matches(reference, who))
		return true;
	queue_add(&q, reference, 0);
	while (q.next < q.count) {
		uint8_t depth = q.depth[q.next];
		handle_iter_t members = handle_list_iter(members_of(permit, &q.list[q.next++]));
		handle_reference_t member;
		while (handle_reference_next(&members, &member)) {
			if (matches(&member, who))
				return true;
			queue_add(&q, &member, (uint8_t)(depth + 1));
		}
	}
	return false;
}

/* True when `reference` is the identity, or a list that leads to it. What lists of
 * elsewhere hold is lent while they are locked. */
static bool leads_to(const registry_permit_t *permit, const handle_reference_t *reference,
                     const registry_identity_t *who)
{
	if (!permit->groups)
		return walk_lists(permit, reference, who);
	groups_lock(&permit->registry->groups);
	bool does = walk_lists(permit, reference, who);
	groups_unlock(&permit->registry->groups);
	return does;
}

bool registry_is_admin(const registry_permit_t *permit, const registry_identity_t *who)
{
	const registry_t *r = permit->registry;
	for (size_t i = 0; r && i < r->admin_count; i++)
		if (leads_to(permit, &r->admins[i], who))
			return true;
	return false;
}

static bool may_do_all(const registry_permit_t *permit, const registry_identity_t *who)
{
	return permit->registry && permit->registry->admins_do_all &&
	       registry_is_admin(permit, who);
}

uint16_t registry_rights(const registry_permit_t *permit, const registry_identity_t *who,
                         const record_t *record)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	uint16_t rights = 0;
	if (may_do_all(permit, who))
		return HANDLE_ADMIN_ALL | HANDLE_ADMIN_LIST_PREFIXES;
	while (handle_value_next(&iter, &value)) {
		handle_admin_t admin;
		if (slice_eq_nocase(value.type, SLICE("HS_ADMIN")) &&
		    handle_admin_decode(value.data, &admin) == CODEC_OK &&
		    (admin.rights & ~rights) != 0 && leads_to(permit, &admin.admin, who))
			rights |= admin.rights;
	}
	return rights;
}

/* Permission. */

/* The record that says who may create the name, and the right to do so: a prefix is
 * given by the prefix above it. */
static uint16_t creation_right(slice_t name, writer_t *ret_governing)
{
	slice_t described = handle_name_described_prefix(name);
	slice_t above = handle_prefix_above(described);
	if (above.len > 0)
		handle_prefix_record(above, ret_governing);
	else
		handle_name_prefix_record(name, ret_governing);
	return described.len > 0 ? HANDLE_ADMIN_ADD_PREFIX : HANDLE_ADMIN_ADD_HANDLE;
}

static bool may_create(const registry_permit_t *permit, const registry_identity_t *who,
                       slice_t name)
{
	uint8_t room[RECORD_NAME_MAX + 8];
	writer_t governing = writer_of(room, sizeof(room));
	record_t record;
	uint16_t right = creation_right(name, &governing);
	if (may_do_all(permit, who))
		return true;
	return !governing.bad && !permit->look_up(permit->ctx, writer_done(&governing), &record) &&
	       (registry_rights(permit, who, &record) & right) != 0;
}

static uint16_t deletion_right(slice_t name)
{
	return handle_name_described_prefix(name).len > 0 ? HANDLE_ADMIN_DELETE_PREFIX
	                                                  : HANDLE_ADMIN_DELETE_HANDLE;
}

/* A record may be overwritten by who may make each difference, and by who may delete
 * it and create it anew. */
static bool may_renew(const registry_permit_t *permit, const registry_identity_t *who,
                      const record_t *base, uint16_t rights)
{
	return (rights & deletion_right(base->name)) != 0 && may_create(permit, who, base->name);
}

static bool is_permitted(const registry_permit_t *permit, const registry_identity_t *who,
                         const registry_deed_t *deed)
{
	if (deed->verb == REGISTRY_HOME || deed->verb == REGISTRY_UNHOME)
		return registry_is_admin(permit, who);
	if (!deed->base || registry_needs_admin(deed->verb, deed->base))
		return may_create(permit, who, deed->name);
	if (deed->verb == REGISTRY_MODIFY && deed->needed == 0)
		return true; /* values that everybody may write */
	uint16_t rights = registry_rights(permit, who, deed->base);
	if (rights == 0)
		return false;
	if (deed->verb == REGISTRY_REMOVE || deed->verb == REGISTRY_STATE)
		return (rights & deletion_right(deed->base->name)) != 0;
	return (deed->needed & ~rights) == 0 ||
	       (deed->verb == REGISTRY_REPLACE && may_renew(permit, who, deed->base, rights));
}

handle_response_t registry_permit_deed(const registry_permit_t *permit,
                                       const registry_identity_t *who, const registry_deed_t *deed)
{
	if (deed->verb == REGISTRY_MODIFY && deed->read_only != 0)
		return HANDLE_RC_DENIED;
	if (is_permitted(permit, who, deed))
		return HANDLE_RC_OK;
	/* Perhaps a member, for all that can be found out now. */
	const groups_look_t *look = permit->groups;
	return look && (look->silent || look->awaits) ? HANDLE_RC_AUTH_UNABLE
	                                              : HANDLE_RC_INVALID_ADMIN;
}

/* Looking up. */

static err_t look_up(void *ctx, slice_t name, record_t *ret_record)
{
	const registry_reader_t *reader = ctx;
	err_t err = registry_look_get(reader->look, name, ret_record);
	return !err && !registry_state_answers(ret_record->state) ? ERR_NOT_FOUND : err;
}

registry_permit_t registry_permit_within(registry_reader_t *reader)
{
	return (registry_permit_t){ .look_up = look_up,
		                    .ctx = reader,
		                    .registry = reader->registry };
}

err_t registry_permit_begin(registry_reader_t *reader, registry_permit_t *ret_permit)
{
	err_t err = registry_look_begin(reader->look);
	if (!err)
		*ret_permit = registry_permit_within(reader);
	return err;
}

err_t registry_identity_key(registry_reader_t *reader, const registry_identity_t *identity,
                            registry_key_type_t type, writer_t *w)
{
	record_t record;
	err_t err;
	registry_find_batch(reader, &identity->handle, 1, &record, &err);
	if (!err)
		err = registry_identity_key_of(&record, identity, type, w);
	registry_find_done(reader);
	return err;
}
