/* SPDX-License-Identifier: Apache-2.0 */
/* Lengths and roles are checked when they are read, so that the tables never hold
 * what a change could not have put there. */
#include "access/entry.h"

enum { ENTRY_VERSION = 1 };

static void text_read(reader_t *r, char *buf, size_t cap)
{
	if (!slice_to_cstr(rd_string(r), buf, cap))
		r->bad = true;
}

static void bytes_read(reader_t *r, uint8_t *buf, size_t len)
{
	slice_t bytes = rd_take(r, len);
	if (!r->bad)
		memcpy(buf, bytes.ptr, len);
}

static role_t role_read(reader_t *r)
{
	uint8_t role = rd_u8(r);
	if (role <= ROLE_PUBLIC || role >= ROLE_COUNT)
		r->bad = true;
	return r->bad ? ROLE_PUBLIC : (role_t)role;
}

static void user_write(const access_user_t *user, writer_t *w)
{
	wr_u8(w, (uint8_t)user->role);
	wr_u8(w, user->enabled);
	wr_string(w, slice_str(user->scope));
	wr_varint(w, user->rounds);
	wr_bytes(w, slice_of(user->salt, sizeof(user->salt)));
	wr_bytes(w, slice_of(user->hash, sizeof(user->hash)));
}

static void user_read(reader_t *r, access_user_t *user)
{
	user->role = role_read(r);
	user->enabled = rd_u8(r) != 0;
	text_read(r, user->scope, sizeof(user->scope));
	uint64_t rounds = rd_varint(r);
	r->bad = r->bad || rounds == 0 || rounds > INT32_MAX;
	user->rounds = r->bad ? 0 : (uint32_t)rounds;
	bytes_read(r, user->salt, sizeof(user->salt));
	bytes_read(r, user->hash, sizeof(user->hash));
}

static void key_write(const access_key_t *key, writer_t *w)
{
	wr_string(w, slice_str(key->owner));
	wr_string(w, slice_str(key->label));
	wr_u8(w, (uint8_t)key->role);
	wr_zigzag(w, key->created_ns);
	wr_zigzag(w, key->expires_ns);
	wr_bytes(w, slice_of(key->hash, sizeof(key->hash)));
}

static void key_read(reader_t *r, access_key_t *key)
{
	text_read(r, key->owner, sizeof(key->owner));
	text_read(r, key->label, sizeof(key->label));
	key->role = role_read(r);
	key->created_ns = rd_zigzag(r);
	key->expires_ns = rd_zigzag(r);
	bytes_read(r, key->hash, sizeof(key->hash));
}

static bool is_of_user(entry_kind_t kind)
{
	return kind == ENTRY_USER_PUT || kind == ENTRY_USER_REMOVE;
}

void entry_write(const entry_t *entry, writer_t *w)
{
	wr_u8(w, ENTRY_VERSION);
	wr_u8(w, (uint8_t)entry->kind);
	wr_zigzag(w, entry->utc_ns);
	wr_string(w, entry->subject);
	wr_string(w, slice_str(is_of_user(entry->kind) ? entry->user.name : entry->key.id));
	if (entry->kind == ENTRY_USER_PUT)
		user_write(&entry->user, w);
	if (entry->kind == ENTRY_KEY_PUT)
		key_write(&entry->key, w);
}

err_t entry_read(slice_t payload, entry_t *ret_entry)
{
	reader_t r = reader_of(payload);
	entry_t entry = { 0 };
	if (rd_u8(&r) > ENTRY_VERSION)
		return ERR_NEWER_FORMAT;
	uint8_t kind = rd_u8(&r);
	if (kind == ENTRY_NONE || kind >= ENTRY_KIND_COUNT)
		return ERR_CORRUPT;
	entry.kind = (entry_kind_t)kind;
	entry.utc_ns = rd_zigzag(&r);
	entry.subject = rd_string(&r);
	if (is_of_user(entry.kind))
		text_read(&r, entry.user.name, sizeof(entry.user.name));
	else
		text_read(&r, entry.key.id, sizeof(entry.key.id));
	if (entry.kind == ENTRY_USER_PUT)
		user_read(&r, &entry.user);
	if (entry.kind == ENTRY_KEY_PUT)
		key_read(&r, &entry.key);
	if (r.bad || r.in.len)
		return ERR_CORRUPT;
	*ret_entry = entry;
	return ERR_OK;
}
