/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/members.h"

#include <stdlib.h>

#include "base/grow.h"
#include "env/x509.h"

enum { CAP_FIRST = 16 };

/* Where the node stands, or would stand. */
static size_t place_of(const members_t *members, slice_t node)
{
	size_t low = 0, high = members->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slice_cmp(slice_str(members->at[middle]->node), node) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

authority_member_t *members_find(const members_t *members, slice_t node)
{
	size_t at = place_of(members, node);
	bool is_there = at < members->count && slice_eq(slice_str(members->at[at]->node), node);
	return is_there ? members->at[at] : NULL;
}

authority_key_t *member_newest(const authority_member_t *member)
{
	return member->key_count ? &member->keys[member->key_count - 1] : NULL;
}

static err_t add(members_t *members, slice_t node, authority_member_t **ret_member)
{
	size_t at = place_of(members, node);
	if (members->count == AUTHORITY_MEMBERS_MAX)
		return ERR_LIMIT;
	authority_member_t **more = grow_for(members->at, members->count + 1, &members->cap,
	                                     sizeof(*more));
	if (!more)
		return ERR_NO_MEMORY;
	members->at = more;
	authority_member_t *member = calloc(1, sizeof(*member));
	if (!member)
		return ERR_NO_MEMORY;
	(void)slice_to_cstr(node, member->node, sizeof(member->node));
	memmove(&members->at[at + 1], &members->at[at],
	        (members->count - at) * sizeof(*members->at));
	members->at[at] = member;
	members->count++;
	*ret_member = member;
	return ERR_OK;
}

/* Keys. */

static err_t key_of(slice_t certificate, authority_key_t *ret_key)
{
	env_x509_t found;
	authority_key_t key = { .is_live = true };
	writer_t w = writer_of(key.der, sizeof(key.der));
	if (env_x509_read(certificate, &found) || env_x509_public_key(certificate, &w) ||
	    w.len != sizeof(key.der))
		return ERR_CORRUPT;
	key.from_ns = found.not_before_ns;
	key.until_ns = found.not_after_ns;
	*ret_key = key;
	return ERR_OK;
}

static void drop_oldest(authority_member_t *member)
{
	member->key_count--;
	memmove(&member->keys[0], &member->keys[1], member->key_count * sizeof(*member->keys));
}

/* Makes room for one more, the oldest giving way. */
static err_t keys_room(authority_member_t *member)
{
	if (member->key_count == AUTHORITY_KEYS_MAX) {
		drop_oldest(member);
		return ERR_OK;
	}
	authority_key_t *keys = realloc(member->keys, (member->key_count + 1) * sizeof(*keys));
	if (!keys)
		return ERR_NO_MEMORY;
	member->keys = keys;
	return ERR_OK;
}

static err_t take_certificate(authority_member_t *member, const member_entry_t *entry)
{
	authority_key_t key;
	err_t err = key_of(entry->certificate, &key);
	uint8_t *certificate = err ? NULL : malloc(entry->certificate.len);
	if (!err && !certificate)
		err = ERR_NO_MEMORY;
	if (!err)
		err = keys_room(member);
	if (err) {
		free(certificate);
		return err;
	}
	size_t dead = member->key_count;
	if (entry->kind == MEMBER_RENEWED && dead > 0)
		dead--;
	for (size_t i = 0; i < dead; i++)
		member->keys[i].is_live = false;
	member->keys[member->key_count++] = key;
	memcpy(certificate, entry->certificate.ptr, entry->certificate.len);
	free(member->certificate);
	member->certificate = certificate;
	member->certificate_len = entry->certificate.len;
	return ERR_OK;
}

/* What happened. */

static err_t apply_invited(authority_member_t *member, const member_entry_t *entry)
{
	if (member->state != AUTHORITY_MEMBER)
		member->state = AUTHORITY_INVITED;
	member->code_ns = entry->until_ns;
	memcpy(member->code_key, entry->code_key, sizeof(member->code_key));
	member->guesses = 0;
	member->is_used = false;
	return ERR_OK;
}

static err_t apply_certified(authority_member_t *member, const member_entry_t *entry)
{
	bool is_new = entry->kind == MEMBER_ENROLLED;
	if (is_new ? member->code_ns == 0 : member->state != AUTHORITY_MEMBER)
		return ERR_CORRUPT;
	err_t err = take_certificate(member, entry);
	if (err)
		return err;
	member->state = AUTHORITY_MEMBER;
	member->is_used |= is_new;
	return ERR_OK;
}

static err_t apply_revoked(authority_member_t *member, const member_entry_t *entry)
{
	for (size_t i = 0; i < member->key_count; i++)
		member->keys[i].is_live = false;
	member->state = AUTHORITY_REVOKED;
	member->code_ns = 0;
	(void)slice_to_cstr(entry->reason, member->reason, sizeof(member->reason));
	return ERR_OK;
}

typedef err_t (*apply_t)(authority_member_t *member, const member_entry_t *entry);

err_t members_apply(members_t *members, const member_entry_t *entry, uint64_t seq)
{
	static const apply_t kinds[] = {
		[MEMBER_INVITED] = apply_invited,
		[MEMBER_ENROLLED] = apply_certified,
		[MEMBER_RENEWED] = apply_certified,
		[MEMBER_REVOKED] = apply_revoked,
	};
	authority_member_t *member = members_find(members, entry->node);
	err_t err = ERR_OK;
	if (!member && entry->kind != MEMBER_INVITED)
		return ERR_CORRUPT;
	if (!member)
		err = add(members, entry->node, &member);
	if (!err)
		err = kinds[entry->kind](member, entry);
	if (err)
		return err;
	member->seq = seq;
	member->changed_ns = entry->utc_ns;
	(void)slice_to_cstr(entry->who, member->who, sizeof(member->who));
	if (entry->kind != MEMBER_REVOKED)
		member->reason[0] = '\0';
	return ERR_OK;
}

static void member_free(authority_member_t *member)
{
	free(member->keys);
	free(member->certificate);
	env_wipe(member, sizeof(*member));
	free(member);
}

void members_free(members_t *members)
{
	for (size_t i = 0; i < members->count; i++)
		member_free(members->at[i]);
	free(members->at);
	*members = (members_t){ 0 };
}
