/* SPDX-License-Identifier: Apache-2.0 */
/* Writing, and checking by writing again. */
#include "registry/verify/pack.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/utf8.h"
#include "codec/handle/value.h"
#include "env/json_read.h"
#include "proof/part.h"

enum { ROOM_FIXED = 32 << 10, ROOM_PER_BYTE = 10 };

static const char FORMAT[] = "jizhu-answer-1", FORMAT_PART[] = "jizhu-answer-2";

static bool is_part(const registry_pack_t *pack)
{
	return pack->type == JOURNAL_REGISTRY_PART;
}

static err_t read_entry(const registry_pack_t *pack, registry_entry_t *ret_entry)
{
	return is_part(pack) ? registry_part_only(pack->entry, ret_entry)
	                     : registry_entry_read(pack->entry, ret_entry);
}

size_t registry_pack_room(const registry_pack_t *pack)
{
	return ROOM_FIXED + ROOM_PER_BYTE * (pack->entry.len + pack->end.entry.len);
}

err_t registry_pack_branch(slice_t part, slice_t name, writer_t *room, registry_pack_t *pack)
{
	proof_branch_t branch;
	uint64_t place;
	if (!proof_part_is(JOURNAL_REGISTRY_PART, part))
		return ERR_UNSUPPORTED;
	err_t err = registry_part_place(part, name, &place);
	if (!err)
		err = proof_part_branch(part, place, &branch);
	if (err)
		return err;
	wr_u8(room, part.ptr[0]);
	wr_bytes(room, branch.head);
	wr_bytes(room, branch.change);
	pack->entry = writer_done(room);
	pack->count = branch.count;
	pack->place = branch.place;
	pack->branch = branch.path;
	return room->bad ? ERR_TOO_BIG : ERR_OK;
}

static void put_base64(json_t *j, const char *key, slice_t bytes)
{
	json_key(j, key);
	json_raw(j, SLICE("\""));
	base64_encode(bytes, BASE64_PLAIN, &j->w);
	wr_u8(&j->w, '"');
}

/* Text where it is text, else base 64 under the other name. */
static void put_text(json_t *j, const char *key, const char *key_base64, slice_t bytes)
{
	if (utf8_valid(bytes))
		json_put_str(j, key, bytes);
	else
		put_base64(j, key_base64, bytes);
}

static void put_values(json_t *j, const record_t *record)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	json_key(j, "values");
	json_array(j);
	while (handle_value_next(&iter, &value)) {
		json_object(j);
		json_put_u64(j, "index", value.index);
		put_text(j, "type", "type_base64", value.type);
		put_text(j, "data", "data_base64", value.data);
		json_close(j);
	}
	json_close(j);
}

static void put_record(json_t *j, const registry_entry_t *entry)
{
	json_key(j, "record");
	json_object(j);
	put_text(j, "name", "name_base64", entry->record.name);
	json_put_cstr(j, "state", record_state_name(entry->record.state));
	json_put_cstr(j, "verb", registry_verb_name(entry->verb));
	json_put_time(j, "time", entry->utc_ns);
	put_text(j, "subject", "subject_base64", entry->subject);
	json_put_cstr(j, "role", role_name(entry->role));
	put_values(j, &entry->record);
	json_close(j);
}

static void put_path(json_t *j, const char *key, const merkle_path_t *path)
{
	put_base64(j, key, slice_of(path->hash[0].bytes, path->count * MERKLE_HASH_BYTES));
}

static void put_part(json_t *j, const registry_pack_t *pack)
{
	json_put_u64(j, "count", pack->count);
	json_put_u64(j, "place", pack->place);
	put_path(j, "branch", &pack->branch);
	json_key(j, "end");
	json_object(j);
	json_put_u64(j, "seq", pack->end.seq);
	json_put_u64(j, "index", pack->end.index);
	put_base64(j, "entry", pack->end.entry);
	put_path(j, "path", &pack->end.path);
	json_close(j);
}

err_t registry_pack_write(const registry_pack_t *pack, bool is_compact, json_t *j)
{
	registry_entry_t entry;
	if (read_entry(pack, &entry))
		return ERR_CORRUPT;
	json_object(j);
	json_put_cstr(j, "format", is_part(pack) ? FORMAT_PART : FORMAT);
	if (!is_compact)
		put_record(j, &entry);
	json_put_u64(j, "seq", pack->seq);
	json_put_u64(j, "type", (uint64_t)pack->type);
	json_put_u64(j, "index", pack->index);
	put_base64(j, "entry", pack->entry);
	put_path(j, "path", &pack->path);
	if (is_part(pack))
		put_part(j, pack);
	json_put_str(j, "head", pack->head);
	json_put_str(j, "key", pack->key);
	json_close(j);
	return json_ok(j) ? ERR_OK : ERR_TOO_BIG;
}

bool registry_pack_is_public(const registry_entry_t *entry)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(&entry->record));
	handle_value_t value;
	while (handle_value_next(&iter, &value))
		if (!(value.perms & HANDLE_PERM_PUBLIC_READ))
			return false;
	return !iter.in.bad;
}

/* Reading. */

static bool read_number(const json_tree_t *doc, const char *key, uint64_t *ret_number)
{
	int64_t number = 0;
	bool got = json_whole(json_member(doc, key), 0, INT64_MAX, &number);
	*ret_number = (uint64_t)number;
	return got;
}

/* Decodes into `w`. */
static bool read_base64(const json_tree_t *doc, const char *key, writer_t *w, slice_t *ret_bytes)
{
	slice_t text;
	size_t start = w->len;
	if (!json_text(json_member(doc, key), &text) || base64_decode(text, w))
		return false;
	*ret_bytes = slice_from(writer_done(w), start);
	return true;
}

static bool keep_text(const json_tree_t *doc, const char *key, writer_t *w, slice_t *ret_text)
{
	slice_t text;
	size_t start = w->len;
	if (!json_text(json_member(doc, key), &text))
		return false;
	wr_bytes(w, text);
	*ret_text = slice_from(writer_done(w), start);
	return !w->bad;
}

static bool read_path(const json_tree_t *doc, const char *key, merkle_path_t *ret_path)
{
	slice_t bytes;
	writer_t w = writer_of(ret_path->hash[0].bytes, sizeof(ret_path->hash));
	if (!read_base64(doc, key, &w, &bytes) || bytes.len % MERKLE_HASH_BYTES)
		return false;
	ret_path->count = bytes.len / MERKLE_HASH_BYTES;
	return true;
}

static bool read_part(const json_tree_t *doc, writer_t *w, registry_pack_t *pack)
{
	const json_tree_t *end = json_member(doc, "end");
	return read_number(doc, "count", &pack->count) && read_number(doc, "place", &pack->place) &&
	       read_path(doc, "branch", &pack->branch) && end &&
	       read_number(end, "seq", &pack->end.seq) &&
	       read_number(end, "index", &pack->end.index) &&
	       read_base64(end, "entry", w, &pack->end.entry) &&
	       read_path(end, "path", &pack->end.path);
}

/* Formats that come after this program. */
static bool is_newer(const json_tree_t *doc)
{
	slice_t format;
	return json_text(json_member(doc, "format"), &format) &&
	       slice_starts(format, SLICE("jizhu-answer-")) &&
	       !slice_eq(format, slice_str(FORMAT)) && !slice_eq(format, slice_str(FORMAT_PART));
}

static err_t read_pack(const json_tree_t *doc, writer_t *w, registry_pack_t *ret_pack)
{
	uint64_t type;
	if (!read_number(doc, "seq", &ret_pack->seq) || !read_number(doc, "type", &type) ||
	    !read_number(doc, "index", &ret_pack->index) || type >= JOURNAL_TYPE_COUNT ||
	    !read_base64(doc, "entry", w, &ret_pack->entry) ||
	    !read_path(doc, "path", &ret_pack->path) ||
	    !keep_text(doc, "head", w, &ret_pack->head) ||
	    !keep_text(doc, "key", w, &ret_pack->key))
		return ERR_MALFORMED;
	ret_pack->type = (journal_type_t)type;
	return !is_part(ret_pack) || read_part(doc, w, ret_pack) ? ERR_OK : ERR_MALFORMED;
}

/* A line's end may follow: editors and shells add one. */
static bool is_its_own_form(slice_t file, const registry_pack_t *pack, bool is_compact)
{
	size_t room = registry_pack_room(pack);
	uint8_t *bytes = malloc(room);
	json_t j = json_of(bytes, bytes ? room : 0);
	bool same = bytes && !registry_pack_write(pack, is_compact, &j);
	slice_t own = json_done(&j);
	same = same &&
	       (slice_eq(file, own) ||
	        (file.len == own.len + 1 && slice_starts(file, own) && file.ptr[own.len] == '\n'));
	free(bytes);
	return same;
}

/* The pack's head, when its own key has signed it. */
static err_t read_head(const registry_pack_t *pack, slice_t *ret_origin, proof_head_t *ret_head)
{
	env_pkey_t *pkey = NULL;
	if (proof_key_read(pack->key, ret_origin, &pkey))
		return ERR_MALFORMED;
	err_t err = proof_head_check(pack->head, pkey, ret_head);
	env_pkey_free(pkey);
	return err;
}

static bool is_change(const registry_pack_t *pack)
{
	return pack->type == JOURNAL_REGISTRY_PUT || pack->type == JOURNAL_REGISTRY_REMOVE ||
	       is_part(pack);
}

/* Of a part, the one that its branch leads to; false: there is none. */
static bool leaf_of(const registry_pack_t *pack, merkle_hash_t *ret_leaf)
{
	proof_branch_t branch;
	if (!is_part(pack)) {
		*ret_leaf = proof_entry_hash(pack->seq, pack->type, pack->entry);
		return true;
	}
	if (!proof_part_is(pack->type, pack->entry) || proof_part_branch(pack->entry, 0, &branch))
		return false;
	branch.count = pack->count;
	branch.place = pack->place;
	branch.path = pack->branch;
	return proof_branch_leaf(&branch, pack->seq, ret_leaf);
}

/* A part is nothing without its end. */
static bool is_ended(const registry_pack_t *pack, const proof_head_t *head)
{
	const registry_pack_leaf_t *at = &pack->end;
	registry_part_t part;
	registry_bulk_end_t end;
	if (!is_part(pack))
		return true;
	if (registry_part_read(pack->entry, &part) || registry_bulk_end_read(at->entry, &end))
		return false;
	merkle_hash_t leaf = proof_entry_hash(at->seq, JOURNAL_REGISTRY_BULK, at->entry);
	return end.bulk == part.bulk && part.number < end.parts && at->seq > pack->seq &&
	       at->index > pack->index &&
	       merkle_inclusion_holds(&leaf, at->index, head->tree.size, &at->path,
	                              &head->tree.root);
}

static bool is_included(const registry_pack_t *pack, const proof_head_t *head)
{
	merkle_hash_t leaf;
	return leaf_of(pack, &leaf) &&
	       merkle_inclusion_holds(&leaf, pack->index, head->tree.size, &pack->path,
	                              &head->tree.root) &&
	       is_ended(pack, head);
}

static err_t judge(const registry_pack_t *pack, slice_t key, registry_pack_seen_t *ret_seen)
{
	registry_pack_seen_t seen = { .seq = pack->seq, .index = pack->index, .key = pack->key };
	slice_t origin;
	if (key.len && !slice_eq(key, pack->key))
		return ERR_DENIED;
	err_t err = read_head(pack, &origin, &seen.head);
	if (err)
		return err;
	if (!slice_eq(origin, seen.head.origin) || !is_change(pack) ||
	    !is_included(pack, &seen.head))
		return ERR_DENIED;
	if (read_entry(pack, &seen.entry))
		return ERR_MALFORMED;
	*ret_seen = seen;
	return ERR_OK;
}

err_t registry_pack_check(slice_t file, slice_t key, writer_t *scratch,
                          registry_pack_seen_t *ret_seen)
{
	json_tree_t *doc = NULL;
	registry_pack_t pack = { 0 };
	if (file.len > REGISTRY_PACK_MAX)
		return ERR_TOO_BIG;
	if (json_read(file, &doc, NULL))
		return ERR_MALFORMED;
	err_t err = is_newer(doc) ? ERR_NEWER_FORMAT : read_pack(doc, scratch, &pack);
	bool is_compact = !json_member(doc, "record");
	json_free(doc);
	if (!err && !is_its_own_form(file, &pack, is_compact))
		err = ERR_MALFORMED;
	return err ? err : judge(&pack, key, ret_seen);
}
