/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/published.h"

#include <stdio.h>
#include <stdlib.h>

#include "insight/pack_schema.h"

enum { SET_BYTES_MAX = 16 << 20 };

struct published_set {
	pool_t pool;
	published_t *rows;
	size_t count;
	const tree_node_t **nodes; /* of the rows, while they are read */
};

static bool is_same(const published_t *a, const published_t *b)
{
	return slice_eq(a->id, b->id) && slice_eq(a->date, b->date) &&
	       slice_eq(a->scope[LANG_EN], b->scope[LANG_EN]) && a->kind == b->kind;
}

static err_t figure_check(const published_set_t *set, const written_figure_t *w,
                          err_detail_t *ret_detail)
{
	unit_t unit;
	const published_t *fresh = &set->rows[set->count];
	if (unit_parse(fresh->unit_text, &unit))
		return pack_fail(ret_detail, pack_mark(w->node, "unit"), PACK_FAULT_NO_UNIT,
		                 FAULT_ARGS(w->unit));
	if (!pack_date_good(fresh->date))
		return pack_fail(ret_detail, pack_mark(w->node, "date"), PACK_FAULT_DATE,
		                 FAULT_ARGS(w->date));
	for (size_t i = 0; i < set->count; i++) {
		char other[MARK_TEXT_MAX];
		if (!is_same(&set->rows[i], fresh))
			continue;
		mark_format(pack_mark(set->nodes[i], "id"), other);
		return fault_raise(ret_detail, pack_mark(w->node, "id"), FAULT_NAME_TAKEN,
		                   FAULT_ARGS(w->id, other));
	}
	return ERR_OK;
}

static err_t figure_add(published_set_t *set, const written_figure_t *w, err_detail_t *ret_detail)
{
	if (set->count == PUBLISHED_MAX) {
		char max[16];
		snprintf(max, sizeof(max), "%d", PUBLISHED_MAX);
		return pack_fail(ret_detail, w->node->at, PACK_FAULT_TOO_MANY_IN_ALL,
		                 FAULT_ARGS(max));
	}
	published_t *to = &set->rows[set->count];
	*to = (published_t){ .id = slice_str(w->id),
		             .kind = (published_kind_t)w->kind,
		             .bound = (published_bound_t)w->bound,
		             .value = w->value,
		             .unit_text = slice_str(w->unit),
		             .date = slice_str(w->date),
		             .source = slice_str(w->source) };
	for (size_t lang = 0; lang < LANG_COUNT; lang++) {
		to->name[lang] = slice_str(w->name[lang]);
		to->scope[lang] = slice_str(w->scope[lang]);
	}
	set->nodes[set->count] = w->node;
	err_t err = figure_check(set, w, ret_detail);
	set->count += err == ERR_OK;
	return err;
}

static err_t file_read(published_set_t *set, tree_t *tree, const published_pack_t *pack,
                       err_detail_t *ret_detail)
{
	tree_node_t *root = NULL;
	build_t build = { .pool = &set->pool, .detail = ret_detail };
	written_published_t written = { 0 };
	err_t err = tree_parse(tree, pack->yaml, pack->file, &root, ret_detail);
	if (!err && root->kind != TREE_MAPPING)
		err = fault_raise(ret_detail, root->at, FAULT_NOT_MAPPING, FAULT_ARGS(pack->file));
	if (!err)
		err = build_section(&build, &SECTION_PUBLISHED, root, &written);
	for (size_t i = 0; !err && i < written.figure_count; i++)
		err = figure_add(set, &written.figures[i], ret_detail);
	return err;
}

err_t published_read(const published_pack_t *packs, size_t count, published_set_t **ret_set,
                     err_detail_t *ret_detail)
{
	published_set_t *set = calloc(1, sizeof(*set));
	if (!set)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	set->pool = pool_of(SET_BYTES_MAX);
	set->rows = pool_alloc(&set->pool, PUBLISHED_MAX, sizeof(*set->rows));
	set->nodes = pool_alloc(&set->pool, PUBLISHED_MAX, sizeof(*set->nodes));
	err_t err = set->rows && set->nodes ? ERR_OK : ERR_NO_MEMORY;
	tree_t tree = tree_of();
	for (size_t i = 0; !err && i < count; i++)
		err = file_read(set, &tree, &packs[i], ret_detail);
	tree_free(&tree);
	if (!err) {
		*ret_set = set;
		return ERR_OK;
	}
	published_free(set);
	return err == ERR_CONFIG ? err : err_raise(ret_detail, err, NULL, "", (char *)NULL);
}

void published_free(published_set_t *set)
{
	if (!set)
		return;
	pool_free(&set->pool);
	free(set);
}

size_t published_count(const published_set_t *set)
{
	return set->count;
}

const published_t *published_get(const published_set_t *set, size_t i)
{
	return &set->rows[i];
}

const char *published_sign(published_bound_t bound)
{
#define X(name, word, sign) sign,
	static const char *const SIGNS[] = { PUBLISHED_BOUND_ROWS(X) };
#undef X
	return SIGNS[bound];
}
