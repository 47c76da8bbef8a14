/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of the register, for anybody: keys, signed heads, paths, and answers that
 * prove themselves. Query loop. doc/proofs.md tells how to check them. */
#include "api/proofs.h"

#include <stdlib.h>

#include "api/handlers.h"
#include "api/state.h"
#include "base/base64.h"
#include "registry/bulk.h"
#include "registry/verify/pack.h"

enum { PROOF_ROOM = 16 * 1024 };

static const err_text_t text_name = {
	{ "there is no identifier %1", "没有标识 %1" },
	{ NULL, NULL },
};

static const err_text_t text_seq = {
	{ "no change of the register has sequence %1", "序号 %1 不是登记库的变更" },
	{ "ask by name=, or with a sequence from the history of a name",
	  "请使用 name=，或标识历史中的序号" },
};

static const err_text_t text_size = {
	{ "the register does not have so many changes", "登记库没有这么多变更" },
	{ "GET /api/v1/proof/head tells its size", "GET /api/v1/proof/head 给出当前大小" },
};

static const err_text_t text_private = {
	{ "%1 has values that are not for everybody, and a pack holds them all",
	  "%1 含有非公开的值，证明包会包含全部值" },
	{ "an engineer may have the pack", "工程师可以获取证明包" },
};

static const err_text_t text_bulk = {
	{ "%1 was registered in bulk by an older version and has not changed since: its entry is "
	  "that of many names",
	  "%1 由旧版本批量注册且此后未变更：其条目包含多个标识" },
	{ "GET /api/v1/proof/inclusion?name= proves that entry; any change of the name makes one "
	  "of its own",
	  "GET /api/v1/proof/inclusion?name= 可证明该条目；标识变更后即有自己的条目" },
};

static const err_text_t text_behind = {
	{ "the change is not in the tree yet", "该变更尚未进入证明树" },
	{ "ask again in a moment", "请稍后再试" },
};

/* Anybody's page may read proofs, without the reader's cookie. */
static verdict_t answer(exchange_t *x)
{
	reply_header(&x->reply, "Access-Control-Allow-Origin", "*");
	return EXCHANGE_ANSWERED;
}

static void put_hash(json_t *j, const char *key, const merkle_hash_t *hash)
{
	char text[64];
	writer_t w = writer_of(text, sizeof(text));
	base64_encode(slice_of(hash->bytes, MERKLE_HASH_BYTES), BASE64_PLAIN, &w);
	if (key)
		json_put_str(j, key, writer_done(&w));
	else
		json_str(j, writer_done(&w));
}

static void put_path(json_t *j, const merkle_path_t *path)
{
	json_put_array(j, "path");
	for (size_t i = 0; i < path->count; i++)
		put_hash(j, NULL, &path->hash[i]);
	json_close(j);
}

static void put_head(json_t *j, const proof_signed_t *head)
{
	json_put_u64(j, "size", head->head.tree.size);
	put_hash(j, "root", &head->head.tree.root);
	json_put_time(j, "time", head->head.utc_ns);
	json_put_str(j, "head", slice_of(head->note, head->note_len));
}

verdict_t proof_key_get(exchange_t *x)
{
	char text[PROOF_KEY_TEXT_MAX];
	writer_t w = writer_of(text, sizeof(text));
	const proof_t *proof = x->api->spec.proof;
	proof_key_write(proof_origin(proof), proof_key(proof), &w);
	json_t *j = reply_json(&x->reply, PROOF_ROOM);
	json_object(j);
	json_put_str(j, "origin", proof_origin(proof));
	json_put_cstr(j, "algorithm", "ed25519");
	json_put_str(j, "key", writer_done(&w));
	json_close(j);
	return answer(x);
}

verdict_t proof_head_get(exchange_t *x)
{
	proof_signed_t head;
	err_t err = proof_head_recent(x->api->spec.proof, &head);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	json_t *j = reply_json(&x->reply, PROOF_ROOM);
	json_object(j);
	put_head(j, &head);
	json_close(j);
	return answer(x);
}

err_t proofs_find(proof_t *proof, uint64_t seq, proofs_place_t *ret_place)
{
	err_t err = proof_find(proof, seq, &ret_place->index);
	if (!err)
		err = proof_head(proof, ret_place->index + 1, &ret_place->head);
	if (!err)
		err = proof_include(proof, ret_place->index, ret_place->head.head.tree.size,
		                    &ret_place->path);
	return err;
}

static err_t last_change(exchange_t *x, slice_t name, uint64_t *ret_seq)
{
	record_t record;
	err_t err;
	registry_find_batch(x->api->query_reader, &name, 1, &record, &err);
	*ret_seq = record.last.seq;
	registry_find_done(x->api->query_reader);
	return err;
}

static verdict_t refuse_named(exchange_t *x, err_t err, const err_text_t *text, slice_t name)
{
	return exchange_refuse(x, err, err == ERR_NOT_FOUND ? text : NULL, name);
}

static verdict_t put_inclusion(exchange_t *x, uint64_t seq, const proofs_place_t *place)
{
	json_t *j = reply_json(&x->reply, PROOF_ROOM);
	json_object(j);
	json_put_u64(j, "seq", seq);
	json_put_u64(j, "index", place->index);
	put_path(j, &place->path);
	put_head(j, &place->head);
	json_close(j);
	return answer(x);
}

static verdict_t include(exchange_t *x, uint64_t seq)
{
	slice_t word = { 0 };
	proofs_place_t place;
	err_t err = proofs_find(x->api->spec.proof, seq, &place);
	(void)request_query(&x->request, "seq", 0, &word);
	return err ? refuse_named(x, err, &text_seq, word) : put_inclusion(x, seq, &place);
}

verdict_t proof_inclusion_get(exchange_t *x)
{
	static const query_number_t number = { "seq", 1, INT64_MAX, 0 };
	int64_t given = 0;
	slice_t name = { 0 };
	if (!exchange_number(x, &number, &given))
		return EXCHANGE_ANSWERED;
	uint64_t seq = (uint64_t)given;
	err_t err = request_query(&x->request, "name", 0, &name) ? last_change(x, name, &seq)
	                                                         : ERR_OK;
	return err ? refuse_named(x, err, &text_name, name) : include(x, seq);
}

static verdict_t put_consistency(exchange_t *x, uint64_t from, uint64_t to)
{
	merkle_path_t path;
	err_t err = proof_consist(x->api->spec.proof, from, to, &path);
	if (err)
		return exchange_refuse(x, err, err == ERR_INVALID ? &text_size : NULL,
		                       (slice_t){ 0 });
	json_t *j = reply_json(&x->reply, PROOF_ROOM);
	json_object(j);
	json_put_u64(j, "from", from);
	json_put_u64(j, "to", to);
	put_path(j, &path);
	json_close(j);
	return answer(x);
}

verdict_t proof_consistency_get(exchange_t *x)
{
	static const query_number_t from_number = { "from", 0, INT64_MAX, 0 };
	static const query_number_t to_number = { "to", 0, INT64_MAX, -1 };
	int64_t from = 0, to = 0;
	if (!exchange_number(x, &from_number, &from) || !exchange_number(x, &to_number, &to))
		return EXCHANGE_ANSWERED;
	uint64_t size = to < 0 ? proof_size(x->api->spec.proof) : (uint64_t)to;
	return put_consistency(x, (uint64_t)from, size);
}

static bool may_have(const exchange_t *x, const registry_entry_t *entry)
{
	record_state_t state = entry->record.state;
	return state == RECORD_ACTIVE || state == RECORD_RETIRED ||
	       x->request.caller.role >= ROLE_ENGINEER;
}

static verdict_t put_pack(exchange_t *x, registry_pack_t *pack, const proof_signed_t *head)
{
	char key[PROOF_KEY_TEXT_MAX];
	writer_t w = writer_of(key, sizeof(key));
	const proof_t *proof = x->api->spec.proof;
	proof_key_write(proof_origin(proof), proof_key(proof), &w);
	pack->head = slice_of(head->note, head->note_len);
	pack->key = writer_done(&w);
	json_t *j = reply_json(&x->reply, registry_pack_room(pack));
	err_t err = registry_pack_write(pack, request_says(&x->request, "compact"), j);
	return err ? exchange_refuse(x, err, NULL, (slice_t){ 0 }) : answer(x);
}

static verdict_t refuse_answer(exchange_t *x, err_t err)
{
	return refuse_named(x, err, &text_name, x->request.param[0]);
}

/* What the name became by its last change, as far as the caller may know of it. */
static err_t last_version(exchange_t *x, registry_walk_t *walk, registry_version_t *ret_version)
{
	err_t err = registry_walk_next(walk, ret_version);
	return err || may_have(x, &ret_version->entry) ? err : ERR_NOT_FOUND;
}

static verdict_t refuse_proof(exchange_t *x, err_t err)
{
	slice_t name = x->request.param[0];
	if (err == ERR_UNSUPPORTED)
		return exchange_refuse(x, err, &text_bulk, name);
	return err == ERR_NOT_FOUND ? exchange_refuse(x, ERR_BUSY, &text_behind, (slice_t){ 0 })
	                            : refuse_answer(x, err);
}

static verdict_t prove_entry(exchange_t *x, const registry_version_t *version)
{
	proofs_place_t place;
	err_t err = proofs_find(x->api->spec.proof, version->seq, &place);
	if (err)
		return refuse_proof(x, err);
	registry_pack_t pack = { .seq = version->seq,
		                 .index = place.index,
		                 .type = version->type,
		                 .entry = version->payload,
		                 .path = place.path };
	return put_pack(x, &pack, &place.head);
}

/* The end stands behind the part, so the head that holds it holds both. */
static err_t find_both(proof_t *proof, registry_pack_t *pack, proof_signed_t *ret_head)
{
	proofs_place_t end;
	err_t err = proofs_find(proof, pack->end.seq, &end);
	if (!err)
		err = proof_find(proof, pack->seq, &pack->index);
	if (!err)
		err = proof_include(proof, pack->index, end.head.head.tree.size, &pack->path);
	pack->end.index = end.index;
	pack->end.path = end.path;
	*ret_head = end.head;
	return err;
}

static err_t fill_part(exchange_t *x, const registry_version_t *version, writer_t *room,
                       registry_bulk_ended_t *ended, registry_pack_t *pack)
{
	registry_part_t part;
	err_t err = registry_pack_branch(version->payload, x->request.param[0], room, pack);
	if (!err)
		err = registry_part_read(version->payload, &part);
	if (!err)
		err = registry_bulk_ended(x->api->query_reader, &part, ended);
	pack->end.seq = ended->seq;
	pack->end.entry = slice_of(ended->payload, ended->len);
	return err;
}

static verdict_t prove_part(exchange_t *x, const registry_version_t *version)
{
	size_t most = version->payload.len;
	writer_t room = writer_of(malloc(most), most);
	registry_bulk_ended_t ended = { .seq = 0 };
	registry_pack_t pack = { .seq = version->seq, .type = version->type };
	proof_signed_t head;
	err_t err = room.buf ? fill_part(x, version, &room, &ended, &pack) : ERR_NO_MEMORY;
	if (!err)
		err = find_both(x->api->spec.proof, &pack, &head);
	verdict_t verdict = err ? refuse_proof(x, err) : put_pack(x, &pack, &head);
	free(room.buf);
	return verdict;
}

static verdict_t answer_version(exchange_t *x, const registry_version_t *version)
{
	slice_t name = x->request.param[0];
	if (x->request.caller.role < ROLE_ENGINEER && !registry_pack_is_public(&version->entry))
		return exchange_refuse(x, ERR_DENIED, &text_private, name);
	return version->type == JOURNAL_REGISTRY_PART ? prove_part(x, version)
	                                              : prove_entry(x, version);
}

verdict_t proof_answer_get(exchange_t *x)
{
	registry_walk_t *walk = NULL;
	registry_version_t version;
	err_t err = registry_walk_open(x->api->query_reader, x->request.param[0], 0, &walk);
	if (!err)
		err = last_version(x, walk, &version);
	verdict_t verdict = err ? refuse_answer(x, err) : answer_version(x, &version);
	registry_walk_close(walk);
	return verdict;
}
