/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H
/* YAML as a tree whose every value knows its place, between the YAML library and
 * the schema. Lives in a pool that is thrown away once the snapshot is built.
 *
 * Story: tree_parse for each file, tree_merge of the later ones into the first,
 * then the schema reads the result.
 *
 * A text that a room reads further, as a formula, has its place in `text_at`, so that what
 * is wrong inside it can be told by line and column; one with escapes or over several lines
 * has none.
 *
 * Caveats: an alias shares the children of its anchor; both are marked `shared`
 * and nothing may be appended to them. */
#include "config/fault.h"
#include "base/pool.h"

typedef enum { TREE_NULL, TREE_SCALAR, TREE_LIST, TREE_MAPPING } tree_kind_t;

typedef struct tree_node tree_node_t;
struct tree_node {
	tree_kind_t kind;
	bool shared;       /* children belong to several nodes */
	bool open;         /* its end was not read yet */
	mark_t at, key_at; /* of the value; of its key in a mapping */
	slice_t key;       /* NUL-ended in memory; empty outside mappings */
	slice_t text;      /* of a scalar; NUL-ended in memory */
	mark_t text_at;    /* of its first character; line 0: not as it stands in the file */
	tree_node_t *next; /* after this one in the same parent */
	tree_node_t *first, *last;
	size_t count;
};

enum {
	TREE_DEPTH_MAX = 16,
	TREE_NODES_MAX = 500000, /* in all files */
	TREE_FILE_MAX = 4 << 20, /* bytes */
};

typedef struct {
	pool_t pool;
	size_t nodes;
} tree_t;

static inline tree_t tree_of(void)
{
	return (tree_t){ .pool = pool_of(SIZE_MAX) };
}
static inline void tree_free(tree_t *tree)
{
	pool_free(&tree->pool);
}

/* One document; an empty file gives a node of kind TREE_NULL. `file` is kept by
 * the marks and must outlive the tree. */
MUST_CHECK err_t tree_parse(tree_t *tree, slice_t yaml, const char *file, tree_node_t **ret_root,
                            err_detail_t *ret_detail);
/* Moves the children of `from` into `into`: mappings are joined, lists appended;
 * anything else given in both is a fault that names both places. */
MUST_CHECK err_t tree_merge(tree_node_t *into, tree_node_t *from, err_detail_t *ret_detail);

/* The member called `key`, or NULL. Linear. */
tree_node_t *tree_find(const tree_node_t *mapping, slice_t key);
void tree_append(tree_node_t *parent, tree_node_t *child);
#endif
