/* SPDX-License-Identifier: Apache-2.0 */
/* The set as a whole: files become entries, sorted, then definitions one step after the
 * other. Trees live until all is read, since faults find their places in them. */
#include "insight/definition.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/tree.h"
#include "insight/definition_impl.h"

enum { SET_BYTES_MAX = 256 << 20 };

static err_t file_read(definition_reading_t *r, tree_t *tree, const definition_pack_t *pack,
                       written_indicators_t *ret_written)
{
	tree_node_t *root = NULL;
	build_t build = { .pool = &r->set->pool, .detail = r->detail };
	err_t err = tree_parse(tree, pack->yaml, pack->file, &root, r->detail);
	if (err)
		return err;
	if (root->kind != TREE_MAPPING)
		return fault_raise(r->detail, root->at, FAULT_NOT_MAPPING, FAULT_ARGS(pack->file));
	return build_section(&build, &SECTION_INDICATORS, root, ret_written);
}

static err_t entries_add(definition_reading_t *r, const written_indicators_t *file)
{
	char max[16];
	snprintf(max, sizeof(max), "%d", DEFINITIONS_MAX);
	for (size_t i = 0; i < file->indicator_count; i++) {
		const written_indicator_t *written = &file->indicators[i];
		if (r->set->count == DEFINITIONS_MAX)
			return pack_fail(r->detail, written->node->at, PACK_FAULT_TOO_MANY_IN_ALL,
			                 FAULT_ARGS(max));
		char id[ERR_ARG_MAX + ERR_ARG_MAX];
		snprintf(id, sizeof(id), "%s.%s", file->pack.id, written->id);
		const char *kept = pool_cstr(&r->set->pool, slice_str(id));
		if (!kept)
			return ERR_NO_MEMORY;
		r->entries[r->set->count++] = (definition_entry_t){ .pack = &file->pack,
			                                            .written = written,
			                                            .id = slice_str(kept) };
	}
	return ERR_OK;
}

static int entry_order(const void *a, const void *b)
{
	const definition_entry_t *x = a, *y = b;
	int order = slice_cmp(x->id, y->id);
	uint32_t v = x->written->version, w = y->written->version;
	return order ? order : (v > w) - (v < w);
}

/* Of two with the same id and version the one read later is the fault. */
static err_t entries_sort(definition_reading_t *r)
{
	definition_entry_t *entries = r->entries;
	qsort(entries, r->set->count, sizeof(*entries), entry_order);
	for (size_t i = 1; i < r->set->count; i++) {
		const written_indicator_t *a = entries[i - 1].written, *b = entries[i].written;
		if (entry_order(&entries[i - 1], &entries[i]) != 0)
			continue;
		bool is_later = b > a;
		char other[MARK_TEXT_MAX], version[16];
		snprintf(version, sizeof(version), "%u", b->version);
		mark_format(pack_mark((is_later ? a : b)->node, "id"), other);
		return pack_fail(r->detail, pack_mark((is_later ? b : a)->node, "id"),
		                 PACK_FAULT_ID_TWICE,
		                 FAULT_ARGS((const char *)entries[i].id.ptr, version, other));
	}
	return ERR_OK;
}

/* Reads the files in the order given; the entries then are of all of them. */
static err_t files_read(definition_reading_t *r, tree_t *tree, const definition_pack_t *packs,
                        size_t count)
{
	pool_t *pool = &r->set->pool;
	written_indicators_t *files = pool_alloc(pool, count + 1, sizeof(*files));
	r->entries = pool_alloc(pool, DEFINITIONS_MAX, sizeof(*r->entries));
	if (!files || !r->entries)
		return ERR_NO_MEMORY;
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < count; i++) {
		err = file_read(r, tree, &packs[i], &files[i]);
		if (!err)
			err = entries_add(r, &files[i]);
	}
	return err ? err : entries_sort(r);
}

/* Walks all rows so often as ranks may rise; what still rises then goes round. */
static err_t ranks_set(definition_reading_t *r)
{
	definition_t *rows = r->set->rows;
	size_t risen = 0;
	for (size_t pass = 0; pass <= DEFINITION_RANK_MAX; pass++) {
		risen = r->set->count;
		for (size_t i = 0; i < r->set->count; i++)
			for (size_t k = 0; k < rows[i].use_count; k++)
				if (rows[i].rank <= rows[i].uses[k].definition->rank) {
					rows[i].rank = rows[i].uses[k].definition->rank + 1;
					risen = i;
				}
		if (risen == r->set->count)
			return ERR_OK;
	}
	char max[16];
	snprintf(max, sizeof(max), "%d", DEFINITION_RANK_MAX);
	return pack_fail(r->detail, pack_mark(r->entries[risen].written->node, "uses"),
	                 PACK_FAULT_CIRCLE, FAULT_ARGS((const char *)rows[risen].id.ptr, max));
}

static err_t rows_walk(definition_reading_t *r, err_t (*step)(definition_reading_t *r, size_t row))
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < r->set->count; i++)
		err = step(r, i);
	return err;
}

static err_t set_read(definition_reading_t *r, tree_t *tree, const definition_pack_t *packs,
                      size_t count)
{
	err_t err = files_read(r, tree, packs, count);
	if (err)
		return err;
	r->set->rows = pool_alloc(&r->set->pool, r->set->count + 1, sizeof(definition_t));
	err = r->set->rows ? rows_walk(r, definition_shell) : ERR_NO_MEMORY;
	if (!err)
		err = rows_walk(r, definition_link);
	if (!err)
		err = ranks_set(r);
	return err ? err : rows_walk(r, definition_formulas);
}

err_t definitions_read(const definition_pack_t *packs, size_t count, const factors_t *factors,
                       definitions_t **ret_set, err_detail_t *ret_detail)
{
	definitions_t *set = calloc(1, sizeof(*set));
	if (!set)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	set->pool = pool_of(SET_BYTES_MAX);
	definition_reading_t r = { .set = set, .factors = factors, .detail = ret_detail };
	tree_t tree = tree_of();
	err_t err = set_read(&r, &tree, packs, count);
	tree_free(&tree);
	if (!err) {
		*ret_set = set;
		return ERR_OK;
	}
	definitions_free(set);
	/* Others have no place in a file; they are said of the whole. */
	return err == ERR_CONFIG ? err : err_raise(ret_detail, err, NULL, "", (char *)NULL);
}

void definitions_free(definitions_t *set)
{
	if (!set)
		return;
	pool_free(&set->pool);
	free(set);
}

size_t definitions_count(const definitions_t *set)
{
	return set->count;
}

const definition_t *definitions_get(const definitions_t *set, size_t i)
{
	return &set->rows[i];
}

static bool is_asked(const definition_t *row, slice_t id, uint32_t version)
{
	return slice_eq(row->id, id) && (version == 0 || row->version == version);
}

const definition_t *definitions_find(const definitions_t *set, slice_t id, uint32_t version)
{
	const definition_t *found = NULL;
	for (size_t i = 0; i < set->count; i++) {
		if (is_asked(&set->rows[i], id, version))
			found = &set->rows[i];
	}
	return found;
}

bool definition_has_scope(const definition_t *definition, slice_t scope)
{
	size_t i = 0;
	while (i < definition->scope_count && !slice_eq(definition->scopes[i].id, scope))
		i++;
	return i < definition->scope_count;
}

const char *period_word(period_t period)
{
#define X(name, word) word,
	static const char *const WORDS[] = { PERIOD_ROWS(X) };
#undef X
	return WORDS[period];
}

bool definition_has_period(const definition_t *definition, period_t period)
{
	return definition->periods >> period & 1;
}

definition_need_t definition_need(const definition_t *definition, const expr_input_t *input)
{
	if (input->function != EXPR_NO_FUNCTION)
		return (definition_need_t){ .kind = NEED_SERIES,
			                    .function = (definition_function_t)input->function,
			                    .number = input->number,
			                    .index = input->name };
	size_t parameters = definition->parameter_count;
	if (input->name < parameters)
		return (definition_need_t){ .kind = NEED_PARAMETER, .index = input->name };
	return (definition_need_t){ .kind = NEED_PART,
		                    .index = (uint16_t)(input->name - parameters) };
}
