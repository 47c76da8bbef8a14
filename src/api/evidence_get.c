/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/points/{name}/evidence: a sample, or the aggregate of its block, in a file that
 * proves itself (evidence/evidence.h). Query loop. */
#include <stdlib.h>

#include "api/handlers.h"
#include "api/proofs.h"
#include "api/state.h"
#include "base/arena.h"
#include "evidence/evidence.h"

static const err_text_t text_none = {
	{ "%1 has no sample at or before this time", "%1 在该时间及之前没有样本" },
	{ NULL, NULL },
};
static const err_text_t text_waits = {
	{ "the newest sample of %1 then is not sealed and signed yet",
	  "%1 当时最新的样本尚未封存并签名" },
	{ "ask again within an hour or so, or for an earlier time",
	  "请在一小时左右后再试，或询问更早的时间" },
};
static const err_text_t text_no_aggregate = {
	{ "the block of %1 at this time has no aggregate yet", "%1 在该时间的数据块尚无汇总" },
	{ "blocks get one when they are merged; ask again later",
	  "数据块合并后即有汇总，请稍后再试" },
};

static const err_text_t text_asked = {
	{ "say at_ns, nanoseconds since 1970; only an aggregate can be proven without samples",
	  "请给出 at_ns（自 1970 年起的纳秒数）；只有汇总可以不含样本" },
	{ NULL, NULL },
};

enum { TEXTS_ROOM = EVIDENCE_EDITS_MAX * 2 * (HISTORIAN_EDIT_TEXT_MAX + 16) };

typedef struct {
	exchange_t *x;
	evidence_t *said;
	historian_evidence_t found;
	proofs_place_t place;
	uint8_t *entry; /* owned */
	historian_edit_t edits[EVIDENCE_EDITS_MAX];
	arena_t texts; /* of them */
	bool has_more;
	char key[PROOF_KEY_TEXT_MAX];
} making_t;

static bool take_edit(void *ctx, const historian_edit_t *edit)
{
	making_t *m = ctx;
	m->has_more = m->said->edit_count == EVIDENCE_EDITS_MAX;
	if (m->has_more)
		return false;
	historian_edit_t *kept = &m->edits[m->said->edit_count++];
	*kept = *edit;
	kept->author = arena_copy(&m->texts, edit->author);
	kept->reason = arena_copy(&m->texts, edit->reason);
	return true;
}

/* Of the sample's time, or of the block's. */
static err_t find_edits(making_t *m)
{
	const page_child_t *child = &m->found.proof.block.child;
	bool is_all = m->said->is_aggregate;
	series_query_t query = { .point = m->found.proof.block.point,
		                 .from_ns = is_all ? child->first_ns : m->said->asked_ns,
		                 .to_ns = child->last_ns };
	if (!is_all) {
		rowset_t rows = { 0 };
		err_t err = block_decode(column_kernel(env_isa(m->x->api->env)),
		                         m->found.proof.part, child->rows, &rows);
		query.from_ns = query.to_ns = err ? 0 : rows.source_ns[m->found.row];
		rowset_free(&rows);
		if (err)
			return err;
	}
	query.to_ns++;
	err_t err = historian_edits(m->x->api->spec.historian, &query, take_edit, m);
	return !err && m->has_more ? ERR_LIMIT : err;
}

static err_t find_entry(making_t *m)
{
	api_t *api = m->x->api;
	journal_record_t record;
	uint64_t seq = m->found.entry_seq;
	m->entry = malloc(CHAIN_ENTRY_MAX);
	if (!m->entry)
		return ERR_NO_MEMORY;
	err_t err = journal_read(api->spec.journal, seq, m->entry, CHAIN_ENTRY_MAX, &record);
	if (!err && record.type != JOURNAL_HISTORY)
		err = ERR_CORRUPT;
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
	m->said->entry = record.payload;
	m->said->seq = seq;
	/* The tree follows the journal within moments. */
	err = proofs_find(api->spec.proof, seq, &m->place);
	return err == ERR_NOT_FOUND ? ERR_BUSY : err;
}

static void fill(making_t *m)
{
	evidence_t *said = m->said;
	const proof_t *proof = m->x->api->spec.proof;
	writer_t key = writer_of(m->key, sizeof(m->key));
	proof_key_write(proof_origin(proof), proof_key(proof), &key);
	said->name = m->x->request.param[0];
	said->made_ns = env_utc(m->x->api->env).ns;
	said->row = m->found.row;
	said->others = m->found.others;
	said->edits = m->edits;
	said->tree = m->found.proof;
	said->segment = m->found.segment.id;
	said->index = m->place.index;
	said->path = m->place.path;
	said->head = slice_of(m->place.head.note, m->place.head.note_len);
	said->key = writer_done(&key);
}

static verdict_t refuse(exchange_t *x, err_t err)
{
	const err_text_t *text = err == ERR_NOT_FOUND  ? &text_none
	                         : err == ERR_BUSY     ? &text_waits
	                         : err == ERR_CONFLICT ? &text_no_aggregate
	                                               : NULL;
	return exchange_refuse(x, err, text, x->request.param[0]);
}

static err_t make(making_t *m, point_id_t point)
{
	api_t *api = m->x->api;
	err_t err = historian_evidence(api->spec.historian, point, m->said->asked_ns, &m->found);
	if (!err && m->said->is_aggregate && !m->found.proof.block.child.has_summary)
		err = ERR_CONFLICT;
	if (!err)
		err = find_edits(m);
	if (!err)
		err = find_entry(m);
	if (err)
		return err;
	fill(m);
	json_t *j = reply_json(&m->x->reply, evidence_room(m->said));
	return evidence_write(m->said, proof_key(api->spec.proof), j);
}

verdict_t evidence_get(exchange_t *x)
{
	static const query_number_t at = { "at_ns", INT64_MIN + 1, INT64_MAX - 1, INT64_MAX };
	evidence_t said = { .is_aggregate = request_says(&x->request, "aggregate"),
		            .has_parts = !request_says(&x->request, "withheld") };
	point_id_t point = 0;
	if (!exchange_series(x, x->request.param[0], &point) ||
	    !exchange_number(x, &at, &said.asked_ns))
		return EXCHANGE_ANSWERED;
	if (said.asked_ns == INT64_MAX || (!said.has_parts && !said.is_aggregate))
		return exchange_refuse(x, ERR_INVALID, &text_asked, (slice_t){ 0 });
	making_t *m = calloc(1, sizeof(*m));
	if (!m)
		return exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	m->x = x;
	m->said = &said;
	uint8_t *room = malloc(TEXTS_ROOM);
	m->texts = arena_of(room, TEXTS_ROOM);
	err_t err = room ? make(m, point) : ERR_NO_MEMORY;
	historian_evidence_done(x->api->spec.historian, &m->found);
	free(room);
	free(m->entry);
	free(m);
	return err ? refuse(x, err) : EXCHANGE_ANSWERED;
}
