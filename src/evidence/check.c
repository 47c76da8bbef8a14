/* SPDX-License-Identifier: Apache-2.0 */
/* From the signature inwards: whose bytes these are, that the head has the entry, the entry
 * the segment, the segment the block, and the block the figure. */
#include <stdlib.h>

#include "base/base64.h"
#include "env/json_read.h"
#include "evidence/evidence.h"
#include "historian/hours.h"

enum { SIGNATURE_BYTES = 64, SIGNATURE_TEXT = 88 };

static const char FORMAT[] = "jizhu-evidence-1", FORMATS[] = "jizhu-evidence-";

/* What the file says, with its texts and bytes in the caller's scratch. */
typedef struct {
	evidence_t said;
	point_id_t id;
	uint64_t edits;
	slice_t signed_bytes, signature;
	slice_t block, leaf;
	slice_t part[BLOCK_PARTS];
} file_t;

/* The last member stands alone, in one form: all before it is signed. */
static bool cut_signature(slice_t file, file_t *f, writer_t *w)
{
	char again[SIGNATURE_TEXT + 1];
	slice_t head = SLICE(",\"signature\":\""), end = SLICE("\"}");
	size_t start = w->len;
	/* Editors and shells add a line's end. */
	if (slice_ends(file, SLICE("\n")))
		file = slice_sub(file, 0, file.len - 1);
	size_t tail = head.len + SIGNATURE_TEXT + end.len;
	if (file.len < tail || !slice_ends(file, end) ||
	    !slice_starts(slice_from(file, file.len - tail), head))
		return false;
	slice_t text = slice_sub(file, file.len - end.len - SIGNATURE_TEXT, SIGNATURE_TEXT);
	if (base64_decode(text, w) || w->len - start != SIGNATURE_BYTES)
		return false;
	f->signed_bytes = slice_sub(file, 0, file.len - tail);
	f->signature = slice_from(writer_done(w), start);
	writer_t same = writer_of(again, sizeof(again));
	base64_encode(f->signature, BASE64_PLAIN, &same);
	return slice_eq(writer_done(&same), text);
}

static bool get_u64(const json_tree_t *doc, const char *key, uint64_t *ret_number)
{
	int64_t number = 0;
	bool got = json_whole(json_member(doc, key), 0, INT64_MAX, &number);
	*ret_number = (uint64_t)number;
	return got;
}

static bool get_i64(const json_tree_t *doc, const char *key, int64_t *ret_number)
{
	return json_whole(json_member(doc, key), INT64_MIN, INT64_MAX, ret_number);
}

static bool decode(const json_tree_t *value, writer_t *w, slice_t *ret_bytes)
{
	slice_t text;
	size_t start = w->len;
	if (!json_text(value, &text) || base64_decode(text, w))
		return false;
	*ret_bytes = slice_from(writer_done(w), start);
	return true;
}

static bool get_text(const json_tree_t *doc, const char *key, writer_t *w, slice_t *ret_text)
{
	slice_t text;
	size_t start = w->len;
	if (!json_text(json_member(doc, key), &text))
		return false;
	wr_bytes(w, text);
	*ret_text = slice_from(writer_done(w), start);
	return !w->bad;
}

static bool get_path(const json_tree_t *doc, const char *key, merkle_path_t *ret_path)
{
	slice_t bytes;
	writer_t w = writer_of(ret_path->hash[0].bytes, sizeof(ret_path->hash));
	if (!decode(json_member(doc, key), &w, &bytes) || bytes.len % MERKLE_HASH_BYTES)
		return false;
	ret_path->count = bytes.len / MERKLE_HASH_BYTES;
	return true;
}

static bool get_said(const json_tree_t *doc, writer_t *w, file_t *f)
{
	slice_t kind;
	uint64_t id;
	evidence_t *said = &f->said;
	if (!json_text(json_member(doc, "kind"), &kind) || !get_u64(doc, "id", &id) ||
	    id > UINT32_MAX || !get_text(doc, "point", w, &said->name) ||
	    !get_i64(doc, "asked_ns", &said->asked_ns) ||
	    !get_i64(doc, "made_ns", &said->made_ns) || !get_u64(doc, "others", &said->others) ||
	    json_kind(json_member(doc, "edits")) != JSON_LIST_VALUE)
		return false;
	f->id = (point_id_t)id;
	f->edits = json_count(json_member(doc, "edits"));
	said->is_aggregate = slice_eq(kind, SLICE("aggregate"));
	return said->is_aggregate ||
	       (slice_eq(kind, SLICE("sample")) && get_u64(doc, "row", &said->row));
}

static bool get_parts(const json_tree_t *doc, writer_t *w, file_t *f)
{
	const json_tree_t *parts = json_member(doc, "parts");
	bool good = true;
	f->said.has_parts = parts != NULL;
	if (!parts)
		return f->said.is_aggregate;
	for (size_t i = 0; good && i < BLOCK_PARTS; i++)
		good = decode(json_item(parts, i), w, &f->part[i]);
	return good && json_count(parts) == BLOCK_PARTS;
}

static bool get_proof(const json_tree_t *doc, writer_t *w, file_t *f)
{
	root_proof_t *tree = &f->said.tree;
	evidence_t *said = &f->said;
	return decode(json_member(doc, "block"), w, &f->block) &&
	       get_u64(doc, "block_index", &tree->block_index) &&
	       get_path(doc, "block_path", &tree->block_path) && get_parts(doc, w, f) &&
	       decode(json_member(doc, "leaf"), w, &f->leaf) &&
	       get_u64(doc, "leaf_index", &tree->point_index) &&
	       get_path(doc, "leaf_path", &tree->point_path) &&
	       get_u64(doc, "segment", &said->segment) && get_u64(doc, "seq", &said->seq) &&
	       get_u64(doc, "index", &said->index) &&
	       decode(json_member(doc, "entry"), w, &said->entry) &&
	       get_path(doc, "path", &said->path) && get_text(doc, "head", w, &said->head) &&
	       get_text(doc, "key", w, &said->key);
}

static err_t read_file(slice_t file, writer_t *w, file_t *f)
{
	json_tree_t *doc = NULL;
	slice_t format = { 0 };
	if (json_read(file, &doc, NULL))
		return ERR_MALFORMED;
	err_t err = ERR_MALFORMED;
	bool has_format = json_text(json_member(doc, "format"), &format);
	if (has_format && slice_eq(format, slice_str(FORMAT)))
		err = get_said(doc, w, f) && get_proof(doc, w, f) && cut_signature(file, f, w)
		              ? ERR_OK
		              : ERR_MALFORMED;
	else if (has_format && slice_starts(format, slice_str(FORMATS)))
		err = ERR_NEWER_FORMAT;
	json_free(doc);
	return err;
}

/* The file and the head are of its key, and of one origin. */
static err_t check_signatures(const file_t *f, slice_t key, proof_head_t *ret_head)
{
	env_pkey_t *pkey = NULL;
	slice_t origin;
	if (key.len && !slice_eq(key, f->said.key))
		return ERR_DENIED;
	if (proof_key_read(f->said.key, &origin, &pkey))
		return ERR_MALFORMED;
	env_signed_t what = { .parts = &f->signed_bytes, .count = 1 };
	err_t err = env_pkey_verify(pkey, &what, f->signature);
	if (!err)
		err = proof_head_check(f->said.head, pkey, ret_head);
	env_pkey_free(pkey);
	if (!err && !slice_eq(origin, ret_head->origin))
		err = ERR_DENIED;
	return err == ERR_MALFORMED ? ERR_MALFORMED : err ? ERR_DENIED : ERR_OK;
}

/* The head has the entry, and the entry the segment. */
static err_t check_entry(const file_t *f, const proof_head_t *head, evidence_seen_t *seen)
{
	chain_entry_t entry;
	segment_info_t info;
	merkle_hash_t leaf = proof_entry_hash(f->said.seq, JOURNAL_HISTORY, f->said.entry);
	if (!merkle_inclusion_holds(&leaf, f->said.index, head->tree.size, &f->said.path,
	                            &head->tree.root))
		return ERR_DENIED;
	if (chain_entry_read(f->said.entry, &entry))
		return ERR_MALFORMED;
	seen->generation = entry.generation;
	seen->entry_ns = entry.utc_ns;
	seen->kind = entry.kind;
	while (chain_add_next(&entry, &info)) {
		if (info.id != f->said.segment)
			continue;
		seen->segment = info;
		return ERR_OK;
	}
	return ERR_DENIED;
}

/* The segment has the block, and the block is of the point. */
static err_t check_tree(file_t *f, const evidence_seen_t *seen)
{
	root_proof_t *tree = &f->said.tree;
	merkle_hash_t root;
	if (root_block_read(f->block, &tree->block) || root_point_read(f->leaf, &tree->point))
		return ERR_MALFORMED;
	return tree->block.point == f->id && root_proof_leads(tree, seen->segment.points, &root) &&
	                       merkle_hash_eq(&root, &seen->segment.root)
	               ? ERR_OK
	               : ERR_DENIED;
}

/* The summary is that of the rows, byte for byte; one of more rows than are kept is of what
 * was there before, and vouched for by the root alone. */
static bool is_summed(const root_block_t *block, const rows_t *rows)
{
	uint8_t own[PAGE_SUMMARY_BYTES_MAX], said[PAGE_SUMMARY_BYTES_MAX];
	writer_t a = writer_of(own, sizeof(own)), b = writer_of(said, sizeof(said));
	page_child_t child = { .rows = rows->count,
		               .first_ns = rows->source_ns[0],
		               .last_ns = rows->source_ns[rows->count - 1] };
	if (!block->child.has_summary || block->child.summary.bound > 0)
		return true;
	hours_digest(rows, &child);
	page_summary_settle(&child);
	page_summary_put(&child, &a);
	page_summary_put(&block->child, &b);
	return !a.bad && !b.bad && slice_eq(writer_done(&a), writer_done(&b));
}

static err_t take_sample(const file_t *f, const rows_t *rows, writer_t *w, evidence_seen_t *seen)
{
	uint64_t row = f->said.row;
	size_t start = w->len;
	if (row >= rows->count || rows->source_ns[row] > f->said.asked_ns ||
	    (row + 1 < rows->count && rows->source_ns[row + 1] <= f->said.asked_ns))
		return ERR_DENIED;
	seen->sample = rows_sample(rows, row, f->id);
	if (seen->sample.value.type == VALUE_TEXT) {
		wr_bytes(w, seen->sample.value.as.text);
		seen->sample.value.as.text = slice_from(writer_done(w), start);
	}
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

/* The parts are those of the block, and say what it says of them. */
static err_t check_parts(const file_t *f, writer_t *w, evidence_seen_t *seen)
{
	const root_block_t *block = &f->said.tree.block;
	rowset_t set = { 0 };
	for (size_t i = 0; i < BLOCK_PARTS; i++) {
		merkle_hash_t hash;
		env_sha256(&f->part[i], 1, hash.bytes);
		if (!merkle_hash_eq(&hash, &block->part[i]))
			return ERR_DENIED;
	}
	err_t err = block_decode(column_kernel(ISA_PLAIN), f->part, block->child.rows, &set);
	rows_t rows = rowset_rows(&set);
	if (!err &&
	    (rows.source_ns[0] != block->child.first_ns ||
	     rows.source_ns[rows.count - 1] != block->child.last_ns || !is_summed(block, &rows)))
		err = ERR_DENIED;
	if (!err && !f->said.is_aggregate)
		err = take_sample(f, &rows, w, seen);
	rowset_free(&set);
	return err == ERR_CORRUPT ? ERR_MALFORMED : err;
}

static void tell(const file_t *f, const proof_head_t *head, evidence_seen_t *seen)
{
	const page_child_t *child = &f->said.tree.block.child;
	seen->is_aggregate = f->said.is_aggregate;
	seen->has_parts = f->said.has_parts;
	seen->name = f->said.name;
	seen->key = f->said.key;
	seen->origin = head->origin;
	seen->head_ns = head->utc_ns;
	seen->point = f->id;
	seen->asked_ns = f->said.asked_ns;
	seen->made_ns = f->said.made_ns;
	seen->others = f->said.others;
	seen->edits = f->edits;
	seen->seq = f->said.seq;
	seen->rows = child->rows;
	seen->first_ns = child->first_ns;
	seen->last_ns = child->last_ns;
	seen->summary = hours_joined(child);
}

static err_t judge(file_t *f, slice_t key, writer_t *scratch, evidence_seen_t *seen)
{
	proof_head_t head;
	err_t err = check_signatures(f, key, &head);
	if (!err)
		err = check_entry(f, &head, seen);
	if (!err)
		err = check_tree(f, seen);
	if (!err && f->said.is_aggregate && !f->said.tree.block.child.has_summary)
		err = ERR_DENIED;
	if (!err && f->said.has_parts)
		err = check_parts(f, scratch, seen);
	if (!err)
		tell(f, &head, seen);
	return err;
}

err_t evidence_check(slice_t file, slice_t key, writer_t *scratch, evidence_seen_t *ret_seen)
{
	evidence_seen_t seen = { 0 };
	if (file.len > EVIDENCE_MAX)
		return ERR_TOO_BIG;
	file_t *f = calloc(1, sizeof(*f));
	if (!f)
		return ERR_NO_MEMORY;
	err_t err = read_file(file, scratch, f);
	if (!err)
		err = judge(f, key, scratch, &seen);
	free(f);
	if (!err)
		*ret_seen = seen;
	return err;
}
