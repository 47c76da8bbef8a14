/* SPDX-License-Identifier: Apache-2.0 */
/* Users and tokens as people and programs see them. */
#include "access/state.h"

static void put_ms(json_t *j, const char *key, int64_t utc_ns)
{
	json_key(j, key);
	if (utc_ns)
		json_i64(j, utc_ns / NS_PER_MS);
	else
		json_null(j);
}

void access_user_json(const access_t *access, const access_user_t *user, json_t *j)
{
	json_object(j);
	json_put_cstr(j, "name", user->name);
	json_put_cstr(j, "role", role_name(user->role));
	json_put_cstr(j, "scope", user->scope);
	json_put_bool(j, "enabled", user->enabled);
	json_put_u64(j, "tokens", people_keys_of(&access->people, user->name));
	json_close(j);
}

void access_key_json(const access_key_t *key, json_t *j)
{
	json_object(j);
	json_put_cstr(j, "id", key->id);
	json_put_cstr(j, "user", key->owner);
	json_put_cstr(j, "label", key->label);
	json_put_cstr(j, "role", role_name(key->role));
	put_ms(j, "created_ms", key->created_ns);
	put_ms(j, "expires_ms", key->expires_ns);
	put_ms(j, "used_ms", key->used_ns);
	json_close(j);
}
