/* SPDX-License-Identifier: Apache-2.0 */
/* Joining trees. Recursion follows the nesting of the files, which the parser
 * has bounded. */
#include "config/tree.h"

tree_node_t *tree_find(const tree_node_t *mapping, slice_t key)
{
	tree_node_t *child = mapping->first;
	while (child && !slice_eq(child->key, key))
		child = child->next;
	return child;
}

void tree_append(tree_node_t *parent, tree_node_t *child)
{
	child->next = NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->count++;
}

static void list_move(tree_node_t *into, tree_node_t *from)
{
	for (tree_node_t *child = from->first, *next; child; child = next) {
		next = child->next;
		tree_append(into, child);
	}
}

/* Puts the value of `from` in the place of the empty value of `into`. */
static void value_replace(tree_node_t *into, const tree_node_t *from)
{
	tree_node_t *next = into->next;
	*into = *from;
	into->next = next;
}

static err_t member_merge(tree_node_t *into, tree_node_t *from, err_detail_t *ret_detail)
{
	const char *key = (const char *)from->key.ptr;
	if (from->kind == TREE_NULL)
		return ERR_OK;
	if (into->kind == TREE_NULL) {
		value_replace(into, from);
		return ERR_OK;
	}
	bool joins = into->kind == from->kind && into->kind != TREE_SCALAR;
	if (!joins) {
		char other[MARK_TEXT_MAX];
		return fault_raise(ret_detail, from->key_at, FAULT_TWICE,
		                   FAULT_ARGS(key, mark_format(into->key_at, other)));
	}
	if (into->shared || from->shared)
		return fault_raise(ret_detail, from->key_at, FAULT_SHARED, FAULT_ARGS(key));
	if (into->kind == TREE_MAPPING)
		return tree_merge(into, from, ret_detail);
	list_move(into, from);
	return ERR_OK;
}

err_t tree_merge(tree_node_t *into, tree_node_t *from, err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	for (tree_node_t *child = from->first, *next; child && !err; child = next) {
		next = child->next;
		tree_node_t *same = tree_find(into, child->key);
		if (same)
			err = member_merge(same, child, ret_detail);
		else
			tree_append(into, child);
	}
	return err;
}
