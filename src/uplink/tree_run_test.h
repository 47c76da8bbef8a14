/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_TREE_RUN_TEST_H
#define UPLINK_TREE_RUN_TEST_H
/* A world of tree_test.h from power on to its last check: what each parent's journal says is
 * held against what the leaves made. */
#include "uplink/tree_test.h"

/* ---- the end */

static inline bool tree_node_is_quiet(const tree_node_t *n)
{
	if (!n->is_on || (!tree_is_leaf(n) && n->is_woken))
		return false;
	for (unsigned s = 0; tree_is_leaf(n) && s < TREE_SOURCES; s++)
		if (tree_mark(n, s) != n->wanted[s])
			return false;
	for (unsigned s = 0; n->child && s < TREE_SOURCES; s++)
		if (child_status(n->child).streams[TREE_STREAM[s]].waiting)
			return false;
	return true;
}

/* Events at the root. */
static inline uint64_t tree_have(const tree_t *t)
{
	uint64_t have = 0;
	for (size_t i = 0; i < inbox_child_count(t->nodes[0].inbox); i++) {
		const inbox_child_t *child = inbox_child_at(t->nodes[0].inbox, i);
		const inbox_stream_t *s = inbox_stream(child, UPLINK_EVENTS);
		have += s ? s->items : 0;
	}
	return have;
}

static inline uint64_t tree_want(const tree_t *t)
{
	uint64_t wanted = 0;
	for (unsigned i = 1 + t->spec.middles; i < t->count; i++)
		for (uint64_t k = 0; k < t->nodes[i].wanted[TREE_EVENTS]; k++)
			wanted += !tree_is_withheld(&t->nodes[i], TREE_EVENTS, k);
	return wanted;
}

/* Nothing is on its way, and the root has as many events as were made. */
static inline bool tree_is_quiet(const tree_t *t)
{
	for (unsigned i = 0; i < t->count; i++)
		if (!tree_node_is_quiet(&t->nodes[i]))
			return false;
	return tree_have(t) == tree_want(t);
}

typedef struct {
	uint64_t next[TREE_SOURCES]; /* number expected of a leaf's source */
	uint64_t missing[TREE_SOURCES];
} tree_seen_t;

typedef struct {
	tree_t *tree;
	tree_node_t *node;
	tree_seen_t *seen;   /* by node */
	uint64_t count, sum; /* of counters */
} tree_audit_t;

static inline tree_node_t *tree_find(tree_t *t, slice_t name)
{
	uint64_t index = 0;
	slice_t number = slice_sub(name, 3, slice_find(name, '/') - 3); /* "99.INDEX/..." */
	if (num_parse_u64(number, t->count - 1, &index))
		return NULL;
	tree_node_t *n = &t->nodes[index];
	return slice_eq(slice_str(n->name), name) ? n : NULL;
}

/* An item of a leaf's source, which comes in order, once, and unchanged. */
static inline void tree_audit_item(tree_audit_t *audit, unsigned source, const uplink_item_t *item)
{
	reader_t r = reader_of(item->body);
	slice_t origin = rd_string(&r);
	uint64_t number = rd_varint(&r);
	uint64_t value = rd_varint(&r);
	const tree_node_t *leaf = tree_find(audit->tree, origin);
	if (r.bad || !leaf) {
		tree_blame(audit->tree, audit->node, "an item was invented");
		return;
	}
	if (!tree_is_leaf(leaf)) { /* a middle's sum: number is its count */
		audit->count += number;
		audit->sum += value;
		return;
	}
	tree_seen_t *seen = &audit->seen[leaf->index];
	if (number < seen->next[source])
		tree_blame(audit->tree, audit->node, "an item came twice or out of order");
	for (uint64_t k = seen->next[source]; k < number; k++) {
		seen->missing[source]++;
		if (!tree_is_withheld(leaf, source, k))
			tree_blame(audit->tree, audit->node, "an item was lost");
	}
	seen->next[source] = number + 1;
	if (value != tree_value(leaf->index, source, number))
		tree_blame(audit->tree, audit->node, "an item was changed");
	if (source == TREE_COUNTERS) {
		audit->count++;
		audit->sum += value;
	}
}

MUST_CHECK static inline err_t tree_audit_record(void *ctx, const journal_record_t *record)
{
	tree_audit_t *audit = ctx;
	received_t received;
	uplink_batch_t batch;
	err_t err = received_read(record->payload, &received);
	if (!err)
		err = uplink_batch_read(received.batch, &batch);
	if (err)
		return err;
	unsigned source = batch.envelope.stream == UPLINK_EVENTS ? TREE_EVENTS : TREE_COUNTERS;
	uplink_items_t items = uplink_items_of(&batch);
	uplink_item_t item;
	while (uplink_item_next(&items, &item))
		tree_audit_item(audit, source, &item);
	return ERR_OK;
}

/* What the leaf's parent was told that it withheld. */
static inline uint64_t tree_told(const tree_node_t *leaf, unsigned source)
{
	const tree_node_t *up = &leaf->tree->nodes[leaf->parent];
	inbox_child_t *child = NULL;
	if (inbox_child(up->inbox, slice_str(leaf->name), &child))
		return 0;
	const inbox_stream_t *s = inbox_stream(child, TREE_STREAM[source]);
	return s && s->withheld_count ? s->withheld[0].count : 0;
}

static inline void tree_audit_leaf(tree_audit_t *audit, const tree_node_t *leaf, uint64_t *sum)
{
	const tree_seen_t *seen = &audit->seen[leaf->index];
	bool is_root = audit->node->index == 0;
	for (unsigned s = 0; s < (is_root ? 1 : TREE_SOURCES); s++) {
		if (seen->next[s] != leaf->wanted[s])
			tree_blame(audit->tree, leaf, "the last items were lost");
		if (!is_root && tree_told(leaf, s) != seen->missing[s])
			tree_blame(audit->tree, leaf, "a gap was not reported");
	}
	for (uint64_t k = 0; k < leaf->wanted[TREE_COUNTERS]; k++)
		if (!tree_is_withheld(leaf, TREE_COUNTERS, k))
			*sum += tree_value(leaf->index, TREE_COUNTERS, k);
}

/* A parent's records against what its leaves made. */
static inline void tree_audit(tree_t *t, tree_node_t *n)
{
	tree_audit_t audit = { .tree = t, .node = n };
	uint64_t sum = 0;
	audit.seen = calloc(t->count, sizeof(*audit.seen));
	assert_non_null(audit.seen);
	journal_follower_t follower = { n->journal, JOURNAL_TYPE_BIT(JOURNAL_RECEIVED),
		                        tree_audit_record, &audit };
	if (journal_replay(&follower))
		tree_blame(t, n, "its records cannot be read");
	for (unsigned i = 1 + t->spec.middles; i < t->count; i++)
		if (n->index == 0 || t->nodes[i].parent == n->index)
			tree_audit_leaf(&audit, &t->nodes[i], &sum);
	if (audit.sum != sum)
		tree_blame(t, n, "its sum is not its children's");
	free(audit.seen);
}

/* ---- a world from power on to its last check */

static inline void tree_plant(tree_t *t)
{
	for (unsigned i = 0; i < t->count; i++) {
		tree_node_t *n = &t->nodes[i];
		bool is_leaf = i > t->spec.middles;
		n->tree = t;
		n->index = i;
		n->parent = is_leaf ? 1 + (i - 1 - t->spec.middles) / t->spec.leaves : 0;
		(void)snprintf(n->name, sizeof(n->name), "99.%u/%s", i,
		               is_leaf ? "plant"
		               : i     ? "province"
		                       : "nation");
		(void)snprintf(n->host, sizeof(n->host), "h%u", i);
		for (unsigned s = 0; is_leaf && s < TREE_SOURCES; s++)
			n->wanted[s] = 1 + rng_below(&t->rng, t->spec.is_hasty ? 80 : 12);
		n->boot_at = 0;
	}
}

static inline void tree_turn_until(tree_t *t, int64_t until)
{
	while (t->now < until && !t->fault) {
		t->now = twin_run(t->twin, until);
		tree_tend(t);
	}
}

/* Faults at random times, then a while of peace until nothing is on its way. */
static inline void tree_live(tree_t *t)
{
	uint64_t faults = 1 + rng_below(&t->rng, 2 + t->count / 3);
	tree_tend(t);
	if (t->spec.is_hasty) {
		/* Lines die under the first batches. */
		tree_turn_until(t, 2 * NS_PER_S);
		tree_strike(t, &t->nodes[1], TREE_UNPLUG);
	}
	for (uint64_t i = 0; i < faults && !t->fault; i++) {
		int64_t step = TREE_FAULTS_NS / (int64_t)faults;
		tree_turn_until(t, t->now + step / 2 + (int64_t)rng_below(&t->rng, (uint64_t)step));
		for (unsigned k = 0; k < t->count; k++) {
			tree_mend(&t->nodes[k], false);
			if (t->nodes[k].is_on && tree_is_leaf(&t->nodes[k]))
				tree_let_go(&t->nodes[k]);
		}
		tree_node_t *n = &t->nodes[rng_below(&t->rng, t->count)];
		tree_strike(t, n, tree_draw(t));
		if (t->spec.is_lying && i == faults / 2)
			tree_strike(t, &t->nodes[1], TREE_POWER);
	}
	int64_t patience = t->now + TREE_PATIENCE_NS;
	bool is_quiet = false;
	while (!t->fault && !is_quiet && t->now < patience) {
		for (unsigned k = 0; k < t->count; k++)
			tree_mend(&t->nodes[k], true);
		tree_turn_until(t, t->now + 2 * NS_PER_S);
		is_quiet = tree_is_quiet(t);
	}
	if (!is_quiet)
		tree_blame(t, &t->nodes[0], "the tree did not come to rest: something is lost");
}

/* False, and why, when something is wrong. */
static inline bool tree_run(const tree_spec_t *spec, const tree_keys_t *keys, tree_tally_t *tally,
                            char ret_why[TREE_WHY_MAX])
{
	tree_t *t = calloc(1, sizeof(*t));
	assert_non_null(t);
	*t = (tree_t){ .spec = *spec, .rng = rng_of(spec->seed), .keys = keys };
	twin_spec_t twin = { .seed = spec->seed };
	twin.latency_ns = 1 + (int64_t)rng_below(&t->rng, 20 * NS_PER_S / 1000);
	twin.loss = (double)rng_below(&t->rng, 20) / 100;
	t->count = 1 + spec->middles + spec->middles * spec->leaves;
	t->nodes = calloc(t->count, sizeof(*t->nodes));
	assert_non_null(t->nodes);
	assert_int_equal(twin_new(&twin, &t->twin), ERR_OK);
	tree_plant(t);
	tree_live(t);
	for (unsigned i = 0; !t->fault && i <= spec->middles; i++)
		tree_audit(t, &t->nodes[i]);
	for (unsigned i = 0; i < t->count; i++)
		if (t->nodes[i].is_on)
			tree_off(&t->nodes[i], false, INT64_MAX);
	t->tally.lost_segments = twin_stats(t->twin).segments_lost;
	t->tally.trace = twin_trace(t->twin);
	t->tally.worlds = 1;
	t->tally.nodes = t->count;
	for (size_t i = 0; i < TREE_TALLY_ROWS; i++)
		((uint64_t *)tally)[i] += ((const uint64_t *)&t->tally)[i];
	bool is_good = !t->fault;
	(void)snprintf(ret_why, TREE_WHY_MAX, "%s", is_good ? "" : t->fault);
	twin_free(t->twin);
	free(t->nodes);
	free(t);
	return is_good;
}
#endif
