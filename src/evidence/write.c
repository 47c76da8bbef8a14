/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "evidence/evidence.h"

enum { FIXED = 32 << 10, EDIT_ROOM = 6 * 2 * HISTORIAN_EDIT_TEXT_MAX + 512, SIGNATURE_MAX = 128 };

size_t evidence_room(const evidence_t *evidence)
{
	size_t bytes = evidence->entry.len;
	for (size_t i = 0; i < BLOCK_PARTS; i++)
		bytes += evidence->has_parts ? evidence->tree.part[i].len : 0;
	return FIXED + bytes * 2 + evidence->edit_count * EDIT_ROOM + 6 * evidence->name.len;
}

static void put_base64(json_t *j, slice_t bytes)
{
	json_raw(j, SLICE("\""));
	base64_encode(bytes, BASE64_PLAIN, &j->w);
	wr_u8(&j->w, '"');
}

static void put_bytes(json_t *j, const char *key, slice_t bytes)
{
	json_key(j, key);
	put_base64(j, bytes);
}

static void put_path(json_t *j, const char *key, const merkle_path_t *path)
{
	put_bytes(j, key, slice_of(path->hash[0].bytes, path->count * MERKLE_HASH_BYTES));
}

static void put_edits(json_t *j, const evidence_t *e)
{
	static const char *const kinds[] = { [HISTORIAN_DELETE] = "delete",
		                             [HISTORIAN_SET] = "set",
		                             [HISTORIAN_ANNOTATE] = "annotate",
		                             [HISTORIAN_UNDO] = "undo" };
	json_key(j, "edits");
	json_array(j);
	for (size_t i = 0; i < e->edit_count; i++) {
		const historian_edit_t *edit = &e->edits[i];
		json_object(j);
		json_put_cstr(j, "kind", kinds[edit->kind]);
		json_put_bool(j, "undone", edit->is_undone);
		json_put_i64(j, "from_ns", edit->from_ns);
		json_put_i64(j, "to_ns", edit->to_ns);
		json_put_i64(j, "made_ns", edit->at_ns);
		json_put_str(j, "author", edit->author);
		json_put_str(j, "reason", edit->reason);
		json_close(j);
	}
	json_close(j);
}

static void put_said(json_t *j, const evidence_t *e)
{
	json_put_cstr(j, "format", "jizhu-evidence-1");
	json_put_cstr(j, "kind", e->is_aggregate ? "aggregate" : "sample");
	json_put_str(j, "point", e->name);
	json_put_u64(j, "id", e->tree.block.point);
	json_put_i64(j, "asked_ns", e->asked_ns);
	json_put_i64(j, "made_ns", e->made_ns);
	if (!e->is_aggregate)
		json_put_u64(j, "row", e->row);
	json_put_u64(j, "others", e->others);
	put_edits(j, e);
}

static void put_block(json_t *j, const root_proof_t *tree, bool has_parts)
{
	uint8_t bytes[ROOT_BLOCK_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	root_block_write(&tree->block, &w);
	put_bytes(j, "block", writer_done(&w));
	json_put_u64(j, "block_index", tree->block_index);
	put_path(j, "block_path", &tree->block_path);
	if (has_parts) {
		json_key(j, "parts");
		json_array(j);
		for (size_t i = 0; i < BLOCK_PARTS; i++)
			put_base64(j, tree->part[i]);
		json_close(j);
	}
	w = writer_of(bytes, sizeof(bytes));
	root_point_write(&tree->point, &w);
	put_bytes(j, "leaf", writer_done(&w));
	json_put_u64(j, "leaf_index", tree->point_index);
	put_path(j, "leaf_path", &tree->point_path);
}

static void put_entry(json_t *j, const evidence_t *e)
{
	json_put_u64(j, "segment", e->segment);
	json_put_u64(j, "seq", e->seq);
	json_put_u64(j, "index", e->index);
	put_bytes(j, "entry", e->entry);
	put_path(j, "path", &e->path);
	json_put_str(j, "head", e->head);
	json_put_str(j, "key", e->key);
}

err_t evidence_write(const evidence_t *evidence, const env_pkey_t *key, json_t *j)
{
	uint8_t bytes[SIGNATURE_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	size_t start = j->w.len;
	json_object(j);
	put_said(j, evidence);
	put_block(j, &evidence->tree, evidence->has_parts);
	put_entry(j, evidence);
	if (j->w.bad)
		return ERR_TOO_BIG;
	slice_t said = slice_from(writer_done(&j->w), start);
	err_t err = env_pkey_sign(key, &(env_signed_t){ .parts = &said, .count = 1 }, &w);
	if (err)
		return err;
	put_bytes(j, "signature", writer_done(&w));
	json_close(j);
	return json_ok(j) ? ERR_OK : ERR_TOO_BIG;
}
