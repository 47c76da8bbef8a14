/* SPDX-License-Identifier: Apache-2.0 */
/* The same code applies a change as it happens and when the journal is read again, so
 * that both leave the same tables. */
#include "access/people.h"

/* Where the name stands or would stand. */
static size_t user_place(const people_t *people, slice_t name)
{
	size_t i = 0;
	while (i < people->user_count && slice_cmp(slice_str(people->users[i].name), name) < 0)
		i++;
	return i;
}

access_user_t *people_user(people_t *people, slice_t name)
{
	size_t i = user_place(people, name);
	bool found = i < people->user_count && slice_eq(slice_str(people->users[i].name), name);
	return found ? &people->users[i] : NULL;
}

access_key_t *people_key(people_t *people, slice_t id)
{
	for (size_t i = 0; i < people->key_count; i++)
		if (slice_eq(slice_str(people->keys[i].id), id))
			return &people->keys[i];
	return NULL;
}

access_key_t *people_key_hashed(people_t *people, const uint8_t hash[SHA256_BYTES])
{
	access_key_t *found = NULL;
	for (size_t i = 0; i < people->key_count; i++)
		if (env_secret_eq(slice_of(people->keys[i].hash, SHA256_BYTES),
		                  slice_of(hash, SHA256_BYTES)))
			found = &people->keys[i];
	return found;
}

static bool is_owned_by(const access_key_t *key, const char *owner)
{
	return slice_eq(slice_str(key->owner), slice_str(owner));
}

size_t people_keys_of(const people_t *people, const char *owner)
{
	size_t count = 0;
	for (size_t i = 0; i < people->key_count; i++)
		count += is_owned_by(&people->keys[i], owner);
	return count;
}

static void key_drop(people_t *people, size_t i)
{
	people->key_count--;
	memmove(&people->keys[i], &people->keys[i + 1],
	        (people->key_count - i) * sizeof(*people->keys));
}

static void keys_drop(people_t *people, const char *owner)
{
	for (size_t i = people->key_count; i-- > 0;)
		if (is_owned_by(&people->keys[i], owner))
			key_drop(people, i);
}

static err_t user_put(people_t *people, const access_user_t *user)
{
	size_t i = user_place(people, slice_str(user->name));
	bool found = people_user(people, slice_str(user->name)) != NULL;
	if (!found && people->user_count == ACCESS_USERS_MAX)
		return ERR_LIMIT;
	if (!found)
		memmove(&people->users[i + 1], &people->users[i],
		        (people->user_count++ - i) * sizeof(*people->users));
	people->users[i] = *user;
	if (!user->enabled)
		keys_drop(people, user->name);
	return ERR_OK;
}

static void user_drop(people_t *people, const char *name)
{
	size_t i = user_place(people, slice_str(name));
	keys_drop(people, name);
	if (!people_user(people, slice_str(name)))
		return;
	people->user_count--;
	memmove(&people->users[i], &people->users[i + 1],
	        (people->user_count - i) * sizeof(*people->users));
}

static err_t key_put(people_t *people, const access_key_t *key)
{
	access_key_t *old = people_key(people, slice_str(key->id));
	if (!people_user(people, slice_str(key->owner)))
		return ERR_CORRUPT;
	if (!old && people->key_count == ACCESS_TOKENS_MAX)
		return ERR_LIMIT;
	*(old ? old : &people->keys[people->key_count++]) = *key;
	return ERR_OK;
}

err_t people_apply(people_t *people, const entry_t *entry)
{
	const access_key_t *key = NULL;
	switch (entry->kind) {
	case ENTRY_USER_PUT:
		return user_put(people, &entry->user);
	case ENTRY_USER_REMOVE:
		user_drop(people, entry->user.name);
		return ERR_OK;
	case ENTRY_KEY_PUT:
		return key_put(people, &entry->key);
	case ENTRY_KEY_REMOVE:
		key = people_key(people, slice_str(entry->key.id));
		if (key)
			key_drop(people, (size_t)(key - people->keys));
		return ERR_OK;
	case ENTRY_NONE:
	case ENTRY_KIND_COUNT:
		break;
	}
	return ERR_CORRUPT;
}
