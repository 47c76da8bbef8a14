/* SPDX-License-Identifier: Apache-2.0 */
/* Following the journal, and signing. What readers may see is below the published
 * size, whose rows are in the files before it is published. */
#include "proof/log.h"

#include <stdlib.h>

#include "base/text.h"
#include "journal/event_log.h"
#include "journal/follow.h"
#include "proof/files.h"
#include "proof/part.h"

enum {
	TURN_RECORDS = 4096,
	SAVE_LEAVES = 1 << 16, /* leaves between two saved states, at most */
	ORIGIN_ROOM = PROOF_ORIGIN_MAX + 8,
	MAIL = 4,
};

static const int64_t PERIOD_NS = 60 * NS_PER_S, RECENT_NS = NS_PER_S;

#define PROOF_METRIC_ROWS(X) \
	X(LEAVES, GAUGE, "leaves", "Changes of registry and history in the Merkle tree") \
	X(HEADS, COUNTER, "heads_signed_total", "Tree heads signed") \
	X(REBUILT, COUNTER, "rebuilt_total", "Times the view was built again") \
	X(BROKEN, GAUGE, "broken", "1 when the journal does not bear out a signed head") \
	X(FAILED, GAUGE, "view_failed", "1 when the view can take no more changes") \
	X(CHORES_FAILED, COUNTER, "chores_failed_total", \
	  "Times the view was not mended or saved, or no head signed, when it was due")

#define X(id, kind, name, help) METRIC_##id,
enum { PROOF_METRIC_ROWS(X) METRIC_COUNT };
#undef X

static const metric_row_t metric_rows[] = {
#define X(id, kind, name, help) [METRIC_##id] = { name, help, METRIC_##kind },
	PROOF_METRIC_ROWS(X)
#undef X
};

static const err_text_t text_view = {
	{ "cannot build the proof view in %1: %2", "无法建立证明视图 %1：%2" },
	{ "check free space and permissions; the folder may be removed, it is rebuilt from the "
	  "journal",
	  "请检查剩余空间和权限；该目录可以删除，会由日志重建" },
};

static const err_text_t text_key = {
	{ "cannot use the key %1: %2", "无法使用密钥 %1：%2" },
	{ "it is made when absent; a new key means that old signed heads are not ours any more",
	  "缺失时会自动生成；更换密钥后，旧的签名树头不再属于本节点" },
};

struct proof {
	env_t *env;
	journal_t *journal;
	char dir[FILES_PATH_MAX], key_path[FILES_PATH_MAX];
	char origin_bytes[ORIGIN_ROOM];
	slice_t origin;
	env_pkey_t *key;
	int64_t period_ns;
	metrics_t metrics;
	bool rebuilt;

	/* Any thread. */
	_Atomic uint64_t size;   /* published */
	_Atomic uint64_t broken; /* sequence of a head that is not borne out */
	atomic_bool damaged;

	/* Of the loop alone. */
	merkle_peaks_t peaks;
	files_state_t state; /* what was applied; its root is set when it is saved */
	uint64_t saved;      /* leaves of the state on disk */
	journal_cursor_t *cursor;
	env_mailbox_t *durable;
	env_timer_t *timer;
	err_t failed;

	/* Guards the last head, and the open files against being closed by a rebuild
	 * while another thread reads them: both are rare and short, and a mailbox would
	 * make every proof wait for the loop. */
	env_mutex_t *mutex;
	files_t files;
	proof_signed_t last; /* note_len 0: none */
	int64_t signed_ns;   /* monotonic */
};

static const uint64_t TYPES = JOURNAL_TYPE_BIT(JOURNAL_REGISTRY_PUT) |
                              JOURNAL_TYPE_BIT(JOURNAL_REGISTRY_REMOVE) |
                              JOURNAL_TYPE_BIT(JOURNAL_REGISTRY_PART) |
                              JOURNAL_TYPE_BIT(JOURNAL_REGISTRY_BULK) |
                              JOURNAL_TYPE_BIT(JOURNAL_HISTORY) |
                              JOURNAL_TYPE_BIT(JOURNAL_TREE_HEAD);

bool proof_takes(journal_type_t type)
{
	return type == JOURNAL_REGISTRY_PUT || type == JOURNAL_REGISTRY_REMOVE ||
	       type == JOURNAL_REGISTRY_PART || type == JOURNAL_REGISTRY_BULK ||
	       type == JOURNAL_HISTORY;
}

merkle_hash_t proof_entry_hash(uint64_t seq, journal_type_t type, slice_t payload)
{
	uint8_t fixed[9 + PROOF_PART_MAX];
	writer_t w = writer_of(fixed, sizeof(fixed));
	bool is_part = proof_part_is(type, payload);
	wr_u64_le(&w, seq);
	wr_u8(&w, (uint8_t)type);
	if (is_part)
		proof_part_write(payload, &w);
	slice_t parts[] = { writer_done(&w), payload };
	return merkle_leaf_hash(parts, is_part ? 1 : 2);
}

/* Following. */

typedef struct {
	proof_t *proof;
	uint64_t seq;
} leaf_t;

static err_t keep_node(void *ctx, unsigned level, uint64_t index, const merkle_hash_t *hash)
{
	const leaf_t *leaf = ctx;
	files_t *files = &leaf->proof->files;
	return level ? files_node_put(files, level, index, hash)
	             : files_leaf_put(files, leaf->seq, hash);
}

static void tell_broken(proof_t *p, uint64_t seq, uint64_t size)
{
	event_t event = event_make(MSG_PROOF_BROKEN, (node_time_t){ env_utc(p->env).ns });
	event_arg(&event, ARG_SEQUENCE, value_u64(seq));
	event_arg(&event, ARG_COUNT, value_u64(size));
	atomic_store(&p->broken, seq);
	metric_set(&p->metrics, METRIC_BROKEN, 1);
	/* A full or broken journal already shows on /readyz. */
	(void)!event_append(p->journal, &event);
}

/* A head of the past against the tree of now. Only heads of our key count: the
 * journal of a node whose key was lost holds those of the one before. */
static err_t hold_head(proof_t *p, const journal_record_t *record)
{
	proof_head_t head;
	merkle_hash_t root;
	merkle_tree_t tree = { files_node_get, &p->files };
	if (proof_head_check(record->payload, p->key, &head))
		return ERR_OK;
	err_t err = files_flush(&p->files);
	bool is_borne_out = !err && head.tree.size <= p->peaks.size;
	if (is_borne_out) {
		err = merkle_root(&tree, head.tree.size, &root);
		is_borne_out = !err && merkle_hash_eq(&root, &head.tree.root);
	}
	if (!err && !is_borne_out && !atomic_load(&p->broken))
		tell_broken(p, record->seq, head.tree.size);
	return err;
}

static err_t take_record(proof_t *p, const journal_record_t *record)
{
	err_t err = ERR_OK;
	if (proof_takes(record->type)) {
		leaf_t leaf = { p, record->seq };
		merkle_hash_t hash = proof_entry_hash(record->seq, record->type, record->payload);
		err = merkle_peaks_add(&p->peaks, &hash, keep_node, &leaf);
	} else if (record->type == JOURNAL_TREE_HEAD) {
		err = hold_head(p, record);
	}
	if (err)
		return err;
	p->state.seq = record->seq;
	memcpy(p->state.hash, record->hash, sizeof(p->state.hash));
	return ERR_OK;
}

static err_t save(proof_t *p)
{
	p->state.leaves = p->peaks.size;
	p->state.root = merkle_peaks_root(&p->peaks);
	err_t err = files_save(&p->files, &p->state);
	if (!err)
		p->saved = p->peaks.size;
	return err;
}

static err_t follow_some(proof_t *p, bool *ret_more)
{
	bool is_end = false;
	err_t err = ERR_OK;
	for (size_t n = 0; !err && !is_end && n < TURN_RECORDS; n++) {
		journal_record_t record;
		err = journal_cursor_next(p->cursor, &record);
		is_end = err == ERR_NOT_FOUND;
		err = is_end ? ERR_OK : err ? err : take_record(p, &record);
	}
	if (!err)
		err = files_flush(&p->files);
	if (!err)
		atomic_store(&p->size, p->peaks.size);
	metric_set(&p->metrics, METRIC_LEAVES, (int64_t)p->peaks.size);
	if (!err && p->peaks.size - p->saved >= SAVE_LEAVES)
		err = save(p);
	*ret_more = !is_end;
	return err;
}

static void follow(proof_t *p)
{
	bool more = true;
	while (more && !p->failed)
		p->failed = follow_some(p, &more);
	metric_set(&p->metrics, METRIC_FAILED, p->failed != ERR_OK);
}

/* Opening and building. */

static err_t cursor_open(proof_t *p)
{
	journal_mark_t mark = { .seq = p->state.seq, .epoch = journal_epoch(p->journal) };
	memcpy(mark.hash, p->state.hash, sizeof(mark.hash));
	return journal_follow_open(p->journal, &mark, TYPES, &p->cursor);
}

static err_t peaks_load(proof_t *p)
{
	merkle_hash_t root;
	uint64_t size = p->state.leaves;
	err_t err = ERR_OK;
	p->peaks = (merkle_peaks_t){ .size = size };
	for (unsigned level = 0; !err && level < 64; level++)
		if (size >> level & 1)
			err = files_node_get(&p->files, level, (size >> level) - 1,
			                     &p->peaks.peak[level]);
	root = merkle_peaks_root(&p->peaks);
	return !err && size && !merkle_hash_eq(&root, &p->state.root) ? ERR_CORRUPT : err;
}

static err_t view_open(proof_t *p)
{
	err_t err = files_open(p->env, p->dir, journal_epoch(p->journal), &p->files, &p->state);
	if (!err)
		err = peaks_load(p);
	if (!err)
		err = cursor_open(p);
	if (err)
		return err;
	p->saved = p->state.leaves;
	p->rebuilt = p->rebuilt || (p->state.seq == 0 && journal_last(p->journal) > 0);
	follow(p);
	return p->failed;
}

static void view_close(proof_t *p)
{
	journal_cursor_close(p->cursor);
	p->cursor = NULL;
	files_close(&p->files);
}

static err_t view_rebuild(proof_t *p)
{
	view_close(p);
	atomic_store(&p->size, 0);
	atomic_store(&p->damaged, false);
	p->failed = ERR_OK;
	p->rebuilt = true;
	metric_add(&p->metrics, METRIC_REBUILT, 1);
	err_t err = files_clear(p->env, p->dir);
	return err ? err : view_open(p);
}

static bool is_unfit(err_t err)
{
	return err == ERR_CORRUPT || err == ERR_CONFLICT || err == ERR_NEWER_FORMAT ||
	       err == ERR_EXPIRED;
}

static void on_durable(void *ctx)
{
	proof_t *p = ctx;
	uint64_t seq;
	while (env_mailbox_take(p->durable, &seq))
		;
	follow(p);
}

typedef err_t (*chore_t)(proof_t *p);

static err_t mend(proof_t *p)
{
	if (!p->failed && !atomic_load(&p->damaged))
		return ERR_OK;
	env_lock(p->mutex);
	p->failed = view_rebuild(p);
	env_unlock(p->mutex);
	return p->failed;
}

static err_t save_new(proof_t *p)
{
	return !p->failed && p->saved != p->peaks.size ? save(p) : ERR_OK;
}

static err_t sign_new(proof_t *p)
{
	proof_signed_t head;
	return proof_head(p, atomic_load(&p->size), &head);
}

/* Once a period, each whatever became of the one before. What fails is counted, and tried
 * again in the next. */
static void on_timer(void *ctx)
{
	static const chore_t chores[] = { mend, save_new, sign_new };
	proof_t *p = ctx;
	for (size_t i = 0; i < sizeof(chores) / sizeof(*chores); i++)
		metric_add(&p->metrics, METRIC_CHORES_FAILED, chores[i](p) != ERR_OK);
	env_timer_set(p->timer, p->period_ns);
}

static err_t open_loop(proof_t *p, env_loop_t *loop)
{
	env_mailbox_spec_t mail = { .name = "proof durable",
		                    .reader = loop,
		                    .item_size = sizeof(uint64_t),
		                    .capacity = MAIL,
		                    .policy = ENV_FULL_DROP,
		                    .ready = on_durable,
		                    .ctx = p };
	err_t err = env_mailbox_new(&mail, &p->durable);
	if (!err)
		err = env_timer_new(loop, on_timer, p, &p->timer);
	if (err)
		return err;
	env_timer_set(p->timer, p->period_ns);
	return journal_subscribe(p->journal, p->durable);
}

static err_t init(proof_t *p, const proof_spec_t *spec)
{
	writer_t dir = writer_of(p->dir, sizeof(p->dir));
	writer_t key = writer_of(p->key_path, sizeof(p->key_path));
	writer_t origin = writer_of(p->origin_bytes, sizeof(p->origin_bytes));
	metrics_init(&p->metrics, metric_rows, METRIC_COUNT);
	p->journal = spec->journal;
	p->period_ns = spec->period_ns ? spec->period_ns : PERIOD_NS;
	wr_format(&dir, "%s/proof", spec->views_dir);
	wr_u8(&dir, 0);
	wr_format(&key, "%s/proof.key", spec->keys_dir);
	wr_u8(&key, 0);
	wr_format(&origin, "jizhu/%s", spec->prefix);
	p->origin = writer_done(&origin);
	if (dir.bad || key.bad || origin.bad)
		return ERR_CONFIG;
	return env_mutex_new(p->env, &p->mutex);
}

static err_t open_view(proof_t *p, err_detail_t *ret_detail)
{
	err_t err = view_open(p);
	if (is_unfit(err))
		err = view_rebuild(p);
	if (!err)
		return ERR_OK;
	return err_raise(ret_detail, err, &text_view, "", p->dir, err_info(err)->text[LANG_EN],
	                 (char *)NULL);
}

static err_t open_key(proof_t *p, err_detail_t *ret_detail)
{
	err_t err = env_pkey_keep(p->env, p->key_path, ENV_PKEY_ED25519, &p->key);
	if (!err)
		return ERR_OK;
	return err_raise(ret_detail, err, &text_key, "", p->key_path, err_info(err)->text[LANG_EN],
	                 (char *)NULL);
}

static err_t open_parts(proof_t *p, const proof_spec_t *spec, err_detail_t *ret_detail)
{
	err_t err = init(p, spec);
	if (err)
		return err_raise(ret_detail, err, NULL, spec->prefix, (char *)NULL);
	err = open_key(p, ret_detail);
	if (!err)
		err = open_view(p, ret_detail);
	if (err)
		return err;
	err = open_loop(p, spec->loop);
	return err ? err_raise(ret_detail, err, NULL, "", (char *)NULL) : ERR_OK;
}

err_t proof_open(env_t *env, const proof_spec_t *spec, proof_t **ret_proof,
                 err_detail_t *ret_detail)
{
	proof_t *p = calloc(1, sizeof(*p));
	if (!p)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	p->env = env;
	err_t err = open_parts(p, spec, ret_detail);
	if (err) {
		proof_close(p);
		return err;
	}
	*ret_proof = p;
	return ERR_OK;
}

void proof_close(proof_t *proof)
{
	if (!proof)
		return;
	if (proof->durable)
		journal_unsubscribe(proof->journal, proof->durable);
	/* What is not saved is read from the journal again. */
	if (proof->cursor && !proof->failed)
		(void)!save(proof);
	view_close(proof);
	env_timer_free(proof->timer);
	env_mailbox_free(proof->durable);
	env_mutex_free(proof->mutex);
	env_pkey_free(proof->key);
	free(proof);
}

/* Asking. */

bool proof_rebuilt(const proof_t *proof)
{
	return proof->rebuilt;
}

uint64_t proof_broken(const proof_t *proof)
{
	return atomic_load(&proof->broken);
}

const metrics_t *proof_metrics(const proof_t *proof)
{
	return &proof->metrics;
}

uint64_t proof_size(const proof_t *proof)
{
	return atomic_load(&proof->size);
}

slice_t proof_origin(const proof_t *proof)
{
	return proof->origin;
}

const env_pkey_t *proof_key(const proof_t *proof)
{
	return proof->key;
}

/* Under the mutex. */
static err_t sign(proof_t *p, uint64_t size)
{
	proof_signed_t fresh = { .head = { .origin = p->origin, .tree = { .size = size } } };
	merkle_tree_t tree = { files_node_get, &p->files };
	writer_t w = writer_of(fresh.note, sizeof(fresh.note));
	uint64_t seq;
	err_t err = merkle_root(&tree, size, &fresh.head.tree.root);
	fresh.head.utc_ns = env_utc(p->env).ns / NS_PER_MS * NS_PER_MS;
	if (!err)
		err = proof_head_sign(&fresh.head, p->key, &w);
	if (err)
		return err;
	slice_t note = writer_done(&w);
	fresh.note_len = note.len;
	err = journal_append(p->journal, JOURNAL_TREE_HEAD, &note, 1, &seq);
	if (err)
		return err;
	p->last = fresh;
	p->signed_ns = env_now(p->env);
	metric_add(&p->metrics, METRIC_HEADS, 1);
	return ERR_OK;
}

err_t proof_head(proof_t *proof, uint64_t size, proof_signed_t *ret_signed)
{
	uint64_t now = atomic_load(&proof->size);
	err_t err = size > now ? ERR_INVALID : ERR_OK;
	env_lock(proof->mutex);
	if (!err && (proof->last.note_len == 0 || proof->last.head.tree.size < size))
		err = sign(proof, now);
	if (!err)
		*ret_signed = proof->last;
	env_unlock(proof->mutex);
	return err;
}

err_t proof_head_recent(proof_t *proof, proof_signed_t *ret_signed)
{
	env_lock(proof->mutex);
	bool is_recent = proof->last.note_len && env_now(proof->env) - proof->signed_ns < RECENT_NS;
	if (is_recent)
		*ret_signed = proof->last;
	env_unlock(proof->mutex);
	return is_recent ? ERR_OK : proof_head(proof, proof_size(proof), ret_signed);
}

/* Every answer that met damage has the view built again. */
static err_t note_damage(proof_t *p, err_t err)
{
	if (err == ERR_CORRUPT)
		atomic_store(&p->damaged, true);
	return err;
}

/* The first leaf whose sequence is not below `seq`. */
static err_t search(proof_t *p, uint64_t seq, uint64_t size, uint64_t *ret_index)
{
	uint64_t from = 0, to = size;
	err_t err = ERR_OK;
	while (!err && from < to) {
		uint64_t middle = from + (to - from) / 2, there = 0;
		merkle_hash_t hash;
		err = files_leaf_get(&p->files, middle, &there, &hash);
		if (there < seq)
			from = middle + 1;
		else
			to = middle;
	}
	*ret_index = from;
	return err;
}

err_t proof_find(proof_t *proof, uint64_t seq, uint64_t *ret_index)
{
	uint64_t size = atomic_load(&proof->size), index = 0, there = 0;
	merkle_hash_t hash;
	env_lock(proof->mutex);
	err_t err = search(proof, seq, size, &index);
	if (!err && index < size)
		err = files_leaf_get(&proof->files, index, &there, &hash);
	env_unlock(proof->mutex);
	if (!err && (index == size || there != seq))
		err = ERR_NOT_FOUND;
	if (!err)
		*ret_index = index;
	return note_damage(proof, err);
}

err_t proof_leaf(proof_t *proof, uint64_t index, uint64_t *ret_seq, merkle_hash_t *ret_hash)
{
	if (index >= atomic_load(&proof->size))
		return ERR_INVALID;
	env_lock(proof->mutex);
	err_t err = files_leaf_get(&proof->files, index, ret_seq, ret_hash);
	env_unlock(proof->mutex);
	return note_damage(proof, err);
}

err_t proof_root_at(proof_t *proof, uint64_t size, merkle_hash_t *ret_root)
{
	merkle_tree_t tree = { files_node_get, &proof->files };
	if (size > atomic_load(&proof->size))
		return ERR_INVALID;
	env_lock(proof->mutex);
	err_t err = merkle_root(&tree, size, ret_root);
	env_unlock(proof->mutex);
	return note_damage(proof, err);
}

err_t proof_include(proof_t *proof, uint64_t index, uint64_t size, merkle_path_t *ret_path)
{
	merkle_tree_t tree = { files_node_get, &proof->files };
	merkle_hash_t root, leaf;
	uint64_t seq;
	if (size > atomic_load(&proof->size) || index >= size)
		return ERR_INVALID;
	env_lock(proof->mutex);
	err_t err = merkle_inclusion(&tree, index, size, ret_path);
	if (!err)
		err = files_leaf_get(&proof->files, index, &seq, &leaf);
	if (!err)
		err = merkle_root(&tree, size, &root);
	bool is_signed = proof->last.note_len && proof->last.head.tree.size == size;
	if (is_signed)
		root = proof->last.head.tree.root;
	env_unlock(proof->mutex);
	if (!err && !merkle_inclusion_holds(&leaf, index, size, ret_path, &root))
		err = ERR_CORRUPT;
	return note_damage(proof, err);
}

err_t proof_consist(proof_t *proof, uint64_t from, uint64_t to, merkle_path_t *ret_path)
{
	merkle_tree_t tree = { files_node_get, &proof->files };
	merkle_size_t old = { .size = from }, now = { .size = to };
	if (to > atomic_load(&proof->size) || from > to)
		return ERR_INVALID;
	env_lock(proof->mutex);
	err_t err = merkle_consistency(&tree, from, to, ret_path);
	if (!err)
		err = merkle_root(&tree, from, &old.root);
	if (!err)
		err = merkle_root(&tree, to, &now.root);
	env_unlock(proof->mutex);
	if (!err && !merkle_consistency_holds(&old, &now, ret_path))
		err = ERR_CORRUPT;
	return note_damage(proof, err);
}
