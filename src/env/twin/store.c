/* SPDX-License-Identifier: Apache-2.0 */
/* A treap (a search tree by key that is a heap by the hash of the key, so that
 * chance keeps it shallow) whose nodes are counted. Changing a node that another
 * version also holds copies it and the path to it; a node held once is changed
 * in place, which makes a large transaction cheap. Recursion is as deep as the
 * tree: some forty levels at a million keys. */
#include "env/twin/store.h"

#include <assert.h>
#include <stdlib.h>

#include "env/twin/world.h"

enum { RECORD_OVERHEAD = 48 };

typedef struct {
	size_t references, key_len, value_len;
	uint8_t bytes[]; /* key, value */
} record_t;

struct tree {
	size_t references;
	uint64_t priority;
	tree_t *left, *right;
	record_t *record;
};

static slice_t record_key(const record_t *record)
{
	return slice_of(record->bytes, record->key_len);
}

static slice_t record_value(const record_t *record)
{
	return slice_of(record->bytes + record->key_len, record->value_len);
}

static uint64_t record_size(const record_t *record)
{
	return record->key_len + record->value_len + RECORD_OVERHEAD;
}

static record_t *record_new(slice_t key, slice_t value)
{
	record_t *record = twin_alloc(1, sizeof(*record) + key.len + value.len);
	*record = (record_t){ 1, key.len, value.len };
	memcpy(record->bytes, key.ptr, key.len);
	if (value.len)
		memcpy(record->bytes + key.len, value.ptr, value.len);
	return record;
}

static void record_release(record_t *record)
{
	if (--record->references == 0)
		free(record);
}

tree_t *tree_hold(tree_t *root)
{
	if (root)
		root->references++;
	return root;
}

void tree_release(tree_t *root)
{
	if (!root || --root->references)
		return;
	tree_release(root->left);
	tree_release(root->right);
	record_release(root->record);
	free(root);
}

/* The caller's one hold on `node` becomes a hold on a node of its own. */
static tree_t *own(tree_t *node)
{
	if (node->references == 1)
		return node;
	tree_t *copy = twin_alloc(1, sizeof(*copy));
	*copy = *node;
	copy->references = 1;
	tree_hold(copy->left);
	tree_hold(copy->right);
	copy->record->references++;
	node->references--;
	return copy;
}

static tree_t *leaf(slice_t key, slice_t value)
{
	tree_t *node = twin_alloc(1, sizeof(*node));
	node->references = 1;
	node->priority = num_hash(key, 0);
	node->record = record_new(key, value);
	return node;
}

static tree_t *rotate_right(tree_t *node)
{
	tree_t *top = node->left;
	node->left = top->right;
	top->right = node;
	return top;
}

static tree_t *rotate_left(tree_t *node)
{
	tree_t *top = node->right;
	node->right = top->left;
	top->left = node;
	return top;
}

static tree_t *put(tree_t *node, slice_t key, slice_t value)
{
	if (!node)
		return leaf(key, value);
	node = own(node);
	int order = slice_cmp(key, record_key(node->record));
	if (order == 0) {
		record_t *old = node->record;
		node->record = record_new(key, value);
		record_release(old);
		return node;
	}
	if (order < 0) {
		node->left = put(node->left, key, value);
		return node->left->priority > node->priority ? rotate_right(node) : node;
	}
	node->right = put(node->right, key, value);
	return node->right->priority > node->priority ? rotate_left(node) : node;
}

/* All keys of `a` are below those of `b`. */
static tree_t *join(tree_t *a, tree_t *b)
{
	if (!a || !b)
		return a ? a : b;
	if (a->priority > b->priority) {
		a = own(a);
		a->right = join(a->right, b);
		return a;
	}
	b = own(b);
	b->left = join(a, b->left);
	return b;
}

/* The key is in the tree. */
static tree_t *cut(tree_t *node, slice_t key)
{
	node = own(node);
	int order = slice_cmp(key, record_key(node->record));
	if (order < 0) {
		node->left = cut(node->left, key);
		return node;
	}
	if (order > 0) {
		node->right = cut(node->right, key);
		return node;
	}
	tree_t *rest = join(node->left, node->right);
	node->left = node->right = NULL;
	tree_release(node);
	return rest;
}

static const record_t *find(const tree_t *node, slice_t key)
{
	while (node) {
		int order = slice_cmp(key, record_key(node->record));
		if (order == 0)
			return node->record;
		node = order < 0 ? node->left : node->right;
	}
	return NULL;
}

bool tree_get(const tree_t *root, slice_t key, slice_t *ret_value)
{
	const record_t *record = find(root, key);
	if (!record)
		return false;
	*ret_value = record_value(record);
	return true;
}

/* The caller's key and value may be borrowed from the record that is replaced,
 * which dies only after its successor was made. */
void tree_put(version_t *version, slice_t key, slice_t value)
{
	const record_t *old = find(version->root, key);
	version->bytes -= old ? record_size(old) : 0;
	version->bytes += key.len + value.len + RECORD_OVERHEAD;
	version->root = put(version->root, key, value);
}

bool tree_remove(version_t *version, slice_t key)
{
	const record_t *old = find(version->root, key);
	if (!old)
		return false;
	version->bytes -= record_size(old);
	version->root = cut(version->root, key);
	return true;
}

typedef struct {
	slice_t from;
	bool (*fn)(void *ctx, slice_t key, slice_t value);
	void *ctx;
} scan_t;

static bool scan(const tree_t *node, const scan_t *how)
{
	if (!node)
		return true;
	slice_t key = record_key(node->record);
	if (slice_cmp(key, how->from) < 0)
		return scan(node->right, how);
	return scan(node->left, how) && how->fn(how->ctx, key, record_value(node->record)) &&
	       scan(node->right, how);
}

void tree_scan(const tree_t *root, slice_t from, bool (*fn)(void *ctx, slice_t key, slice_t value),
               void *ctx)
{
	(void)scan(root, &(scan_t){ from, fn, ctx });
}

store_t *store_new(void)
{
	store_t *store = twin_alloc(1, sizeof(*store));
	store->count = 1;
	return store;
}

void store_free(store_t *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < store->count; i++)
		tree_release(store->versions[i].root);
	free(store);
}

version_t *store_newest(store_t *store)
{
	return &store->versions[store->count - 1];
}

void store_commit(store_t *store, version_t version)
{
	if (store->count == STORE_VERSIONS) {
		tree_release(store->versions[0].root);
		store->count--;
		memmove(&store->versions[0], &store->versions[1],
		        store->count * sizeof(store->versions[0]));
	}
	store->versions[store->count++] = version;
}

void store_roll_back(store_t *store, size_t versions)
{
	for (size_t i = 0; i < versions && store->count > 1; i++) {
		tree_release(store_newest(store)->root);
		store->count--;
	}
}

/* The first version left is what was there before all others; losing all means
 * to be empty. */
void store_lose(store_t *store)
{
	store_roll_back(store, STORE_VERSIONS);
	tree_release(store->versions[0].root);
	store->versions[0] = (version_t){ 0 };
}

void store_reboot(store_t *store, rng_t *chance)
{
	enum { KEEP = 3, BACK = 6, LOSE = 7, FATES = 8 };
	store->is_open = store->is_writing = false;
	uint64_t fate = rng_below(chance, FATES);
	if (fate < KEEP)
		return;
	if (fate < BACK)
		store_roll_back(store, (size_t)rng_below(chance, store->count));
	else if (fate < LOSE)
		store_lose(store);
	else
		store->is_corrupt = true;
}
