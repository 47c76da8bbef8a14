/* SPDX-License-Identifier: Apache-2.0 */
/* The heads of a journal against its changes, offline. A head is journalled soon after
 * the tree had its size: the leaves since a while ago are kept, and the tree of any size
 * among them is grown from there. */
#include "proof/log.h"

#include <stdlib.h>

enum { KEPT = 1 << 14 };

typedef struct {
	const env_pkey_t *key;
	merkle_peaks_t base; /* the tree before the kept leaves */
	merkle_hash_t *kept; /* KEPT */
	size_t count;
	proof_verdict_t verdict;
	err_t err;
} verify_t;

static err_t grow(merkle_peaks_t *peaks, const merkle_hash_t *leaves, uint64_t count)
{
	err_t err = ERR_OK;
	for (uint64_t i = 0; !err && i < count; i++)
		err = merkle_peaks_add(peaks, &leaves[i], NULL, NULL);
	return err;
}

/* Half of the kept leaves move into the base. */
static err_t make_room(verify_t *v)
{
	size_t half = KEPT / 2;
	if (v->count < KEPT)
		return ERR_OK;
	err_t err = grow(&v->base, v->kept, half);
	memmove(v->kept, &v->kept[half], (KEPT - half) * sizeof(v->kept[0]));
	v->count -= half;
	return err;
}

static err_t hold(verify_t *v, const journal_record_t *record)
{
	proof_head_t head;
	merkle_peaks_t peaks = v->base;
	if (proof_head_check(record->payload, v->key, &head) || head.tree.size < v->base.size)
		return ERR_OK;
	uint64_t more = head.tree.size - v->base.size;
	err_t err = more > v->count ? ERR_CORRUPT : grow(&peaks, v->kept, more);
	merkle_hash_t root = merkle_peaks_root(&peaks);
	v->verdict.heads++;
	if (!err && !merkle_hash_eq(&root, &head.tree.root))
		err = ERR_CORRUPT;
	if (err == ERR_CORRUPT)
		v->verdict.broken_seq = record->seq;
	return err;
}

static bool take(void *ctx, const journal_record_t *record)
{
	verify_t *v = ctx;
	if (proof_takes(record->type)) {
		v->err = make_room(v);
		v->kept[v->count++] = proof_entry_hash(record->seq, record->type, record->payload);
		v->verdict.changes++;
	} else if (record->type == JOURNAL_TREE_HEAD) {
		v->err = hold(v, record);
	}
	return v->err == ERR_OK;
}

err_t proof_verify(env_t *env, const char *journal_dir, const env_pkey_t *key,
                   proof_verdict_t *ret_verdict)
{
	verify_t v = { .key = key, .kept = malloc(KEPT * sizeof(merkle_hash_t)) };
	journal_salvage_t walk = { journal_dir, "main", 0, take, &v };
	err_t err = v.kept ? journal_salvage(env, &walk) : ERR_NO_MEMORY;
	free(v.kept);
	*ret_verdict = v.verdict;
	return err ? err : v.err;
}
