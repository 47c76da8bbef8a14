/* SPDX-License-Identifier: Apache-2.0 */
/* Twice over the journal: which entries lead to what there is, and then what they leave. The
 * way is found backwards, because each entry names the one before and nobody names the next. */
#include <stdlib.h>

#include "base/table.h"
#include "base/grow.h"
#include "historian/chain.h"
#include "historian/edits.h"
#include "historian/manifest.h"
#include "model/event.h"

static const err_text_t text_missing = {
	{ "the chain of segments is broken: an entry before generation %1 is missing",
	  "数据段链已断裂：第 %1 代之前缺少条目" },
	{ "history and journal do not belong together, or one was changed by hand; compare them "
	  "with "
	  "a backup",
	  "历史数据与日志不属于一起，或其一被改动；请与备份比较" },
};
static const err_text_t text_behind = {
	{ "the history stands %1 changes behind what the journal says it became",
	  "历史数据落后于日志所载的 %1 次变更" },
	{ "the history folder was put back; restore journal and history together",
	  "历史数据目录曾被回退；请将日志与历史数据一起恢复" },
};
static const err_text_t text_differs = {
	{ "segment %1 is not what the chain says", "数据段 %1 与数据段链所载不符" },
	{ "it was altered or taken away; restore it from a backup",
	  "该数据段被改动或移除；请从备份恢复" },
};
static const err_text_t text_edits = {
	{ "the file of edits %1 is not what the chain says", "编辑文件 %1 与数据段链所载不符" },
	{ "it was altered; restore it from a backup", "该文件被改动；请从备份恢复" },
};
static const err_text_t text_fewer = {
	{ "the merge of generation %1 lost samples", "第 %1 代的合并丢失了样本" },
	{ "look for them in a backup made before it", "请在此前的备份中查找" },
};

enum { ENTRIES_MAX = 1 << 24, SEGMENTS_MAX = 1 << 20, WHOLE_LEVEL = 1 };

typedef struct {
	merkle_hash_t hash, before;
	bool leads; /* to what there is */
} link_t;

typedef struct {
	env_t *env;
	const chain_verify_t *what;
	manifest_t manifest;
	link_t *links;
	size_t count, cap;
	size_t before; /* of them, those that a restored copy may not know */
	size_t at;     /* of the second walk */
	table_t *live; /* by id: rows and root */
	uint64_t edits_id;
	merkle_hash_t edits;
	chain_verdict_t verdict;
	err_t err;
	err_detail_t *detail;
} audit_t;

typedef struct {
	uint64_t rows;
	merkle_hash_t root;
} live_t;

static err_t say(const audit_t *v, const err_text_t *text, uint64_t number)
{
	char buf[24];
	writer_t w = writer_of(buf, sizeof(buf));
	wr_format(&w, "%llu", (unsigned long long)number);
	wr_u8(&w, 0);
	return err_raise(v->detail, ERR_CORRUPT, text, v->what->dir, buf, (char *)NULL);
}

static err_t fail(const audit_t *v, err_t err)
{
	return err_raise(v->detail, err, NULL, v->what->dir, (char *)NULL);
}

static err_t add_link(audit_t *v, slice_t payload)
{
	chain_entry_t entry;
	err_t err = chain_entry_read(payload, &entry);
	if (err)
		return fail(v, err == ERR_MALFORMED ? ERR_CORRUPT : err);
	if (v->count == ENTRIES_MAX)
		return fail(v, ERR_LIMIT);
	link_t *grown = grow_for(v->links, v->count + 1, &v->cap, sizeof(*grown));
	if (!grown)
		return fail(v, ERR_NO_MEMORY);
	v->links = grown;
	v->links[v->count++] = (link_t){ chain_hash(payload), entry.before, false };
	return ERR_OK;
}

static bool is_restored(const journal_record_t *record)
{
	event_t event;
	return record->type == JOURNAL_EVENT && !event_decode(record->payload, &event) &&
	       event.message == MSG_NODE_RESTORED;
}

static bool take_link(void *ctx, const journal_record_t *record)
{
	audit_t *v = ctx;
	if (record->type == JOURNAL_HISTORY)
		v->err = add_link(v, record->payload);
	else if (is_restored(record))
		v->before = v->count;
	return !v->err;
}

static err_t walk_journal(audit_t *v, bool (*row)(void *ctx, const journal_record_t *record))
{
	journal_salvage_t walk = { v->what->journal_dir, "main", 0, row, v };
	err_t err = journal_salvage(v->env, &walk);
	return err ? fail(v, err) : v->err;
}

static slice_t waiting_at(const audit_t *v, size_t i)
{
	const chain_waiting_t *waiting = &v->manifest.chain.waiting[i];
	return slice_of(waiting->bytes, waiting->len);
}

/* Entries that wait count when the journal does not have them. */
static err_t add_waiting(audit_t *v)
{
	size_t told = v->count;
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < v->manifest.chain.count; i++) {
		merkle_hash_t hash = chain_hash(waiting_at(v, i));
		bool is_told = false;
		for (size_t k = 0; !is_told && k < told; k++)
			is_told = merkle_hash_eq(&v->links[k].hash, &hash);
		if (!is_told)
			err = add_link(v, waiting_at(v, i));
		v->verdict.waiting += !is_told;
	}
	return err;
}

static bool is_zero(const merkle_hash_t *hash)
{
	static const merkle_hash_t zero;
	return merkle_hash_eq(hash, &zero);
}

/* Marks the entries from the manifest's head back to the first. */
static err_t find_way(audit_t *v)
{
	merkle_hash_t wanted = v->manifest.chain.head;
	bool has_met = false;
	for (size_t i = v->count; i-- > 0;) {
		link_t *link = &v->links[i];
		link->leads = !is_zero(&wanted) && merkle_hash_eq(&link->hash, &wanted);
		if (link->leads)
			wanted = link->before;
		has_met |= link->leads;
		v->verdict.entries += link->leads;
		v->verdict.branches += !link->leads && (has_met || i < v->before);
		v->verdict.beyond += !has_met && i >= v->before;
	}
	if (!is_zero(&wanted))
		return say(v, &text_missing, v->manifest.generation);
	if (v->verdict.beyond && !v->what->may_be_behind)
		return say(v, &text_behind, v->verdict.beyond);
	return ERR_OK;
}

static slice_t key_of(const uint64_t *id)
{
	return slice_of(id, sizeof(*id));
}

static err_t take_drops(audit_t *v, chain_entry_t *entry, uint64_t *ret_rows)
{
	segment_info_t info;
	uint64_t rows = 0;
	while (chain_drop_next(entry, &info)) {
		const live_t *live = table_get(v->live, key_of(&info.id));
		if (!live || !merkle_hash_eq(&live->root, &info.root))
			return say(v, &text_differs, info.id);
		rows += live->rows;
		(void)table_remove(v->live, key_of(&info.id));
	}
	*ret_rows = rows;
	return ERR_OK;
}

/* *ret_rows: UINT64_MAX when some are of a level that may leave samples out. */
static err_t take_adds(audit_t *v, chain_entry_t *entry, uint64_t *ret_rows)
{
	segment_info_t info;
	uint64_t rows = 0;
	bool is_whole = true;
	while (chain_add_next(entry, &info)) {
		void *value = NULL;
		bool is_new = false;
		err_t err = table_put(v->live, key_of(&info.id), &value, &is_new);
		if (err)
			return fail(v, err);
		if (!is_new)
			return say(v, &text_differs, info.id);
		*(live_t *)value = (live_t){ info.rows, info.root };
		rows += info.rows;
		is_whole &= info.level <= WHOLE_LEVEL;
	}
	*ret_rows = is_whole ? rows : UINT64_MAX;
	return ERR_OK;
}

static err_t apply(audit_t *v, slice_t payload)
{
	chain_entry_t entry;
	uint64_t went = 0, came = 0;
	err_t err = chain_entry_read(payload, &entry);
	if (err)
		return fail(v, ERR_CORRUPT);
	v->edits_id = entry.edits_id;
	v->edits = entry.edits;
	err = take_drops(v, &entry, &went);
	if (!err)
		err = take_adds(v, &entry, &came);
	if (!err && entry.kind == CHAIN_MERGE && came != UINT64_MAX && came != went)
		err = say(v, &text_fewer, entry.generation);
	return err;
}

static bool take_entry(void *ctx, const journal_record_t *record)
{
	audit_t *v = ctx;
	if (record->type != JOURNAL_HISTORY)
		return true;
	if (v->links[v->at++].leads)
		v->err = apply(v, record->payload);
	return !v->err;
}

/* As often as a link that leads on has its hash. */
static err_t apply_led(audit_t *v, size_t waiting)
{
	err_t err = ERR_OK;
	merkle_hash_t hash = chain_hash(waiting_at(v, waiting));
	for (size_t k = v->at; !err && k < v->count; k++)
		if (v->links[k].leads && merkle_hash_eq(&v->links[k].hash, &hash))
			err = apply(v, waiting_at(v, waiting));
	return err;
}

static err_t apply_waiting(audit_t *v)
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < v->manifest.chain.count; i++)
		err = apply_led(v, i);
	return err;
}

static err_t compare(audit_t *v)
{
	merkle_hash_t edits = { 0 };
	for (size_t i = 0; i < v->manifest.count; i++) {
		const segment_info_t *info = &v->manifest.segments[i];
		const live_t *live = table_get(v->live, key_of(&info->id));
		if (!live || !merkle_hash_eq(&live->root, &info->root))
			return say(v, &text_differs, info->id);
		(void)table_remove(v->live, key_of(&info->id));
	}
	size_t at = 0;
	slice_t key;
	void *value;
	if (table_next(v->live, &at, &key, &value)) {
		uint64_t id;
		memcpy(&id, key.ptr, sizeof(id));
		return say(v, &text_differs, id);
	}
	if (v->edits_id != v->manifest.edits_id)
		return say(v, &text_edits, v->manifest.edits_id);
	err_t err = v->edits_id ? edits_hash(v->env, v->what->dir, v->edits_id, &edits) : ERR_OK;
	if (err)
		return fail(v, err);
	return !v->edits_id || merkle_hash_eq(&edits, &v->edits) ? ERR_OK
	                                                         : say(v, &text_edits, v->edits_id);
}

static err_t verify(audit_t *v)
{
	size_t damaged = 0;
	err_t err = manifest_newest(v->env, v->what->dir, &v->manifest, &damaged, v->detail);
	if (!err)
		err = walk_journal(v, take_link);
	if (!err)
		err = add_waiting(v);
	if (!err)
		err = find_way(v);
	if (!err)
		err = walk_journal(v, take_entry);
	if (!err)
		err = apply_waiting(v);
	return err ? err : compare(v);
}

err_t chain_verify(env_t *env, const chain_verify_t *what, chain_verdict_t *ret_verdict,
                   err_detail_t *ret_detail)
{
	audit_t v = { .env = env, .what = what, .detail = ret_detail };
	v.live = table_new(sizeof(live_t), SEGMENTS_MAX, 1);
	err_t err = v.live ? verify(&v) : fail(&v, ERR_NO_MEMORY);
	table_free(v.live);
	free(v.links);
	manifest_free(&v.manifest);
	if (!err)
		*ret_verdict = v.verdict;
	return err;
}
