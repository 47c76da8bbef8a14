/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/collect.h"

typedef struct {
	const rollup_spec_t *spec;
	arena_t *arena;
	collect_t *how;
	figure_t *figure; /* where the next goes */
	bool is_taken, is_full;
} taking_t;

static slice_t keep(taking_t *taking, slice_t text)
{
	slice_t copy = arena_copy(taking->arena, text);
	taking->is_full = taking->is_full || (text.len > 0 && !copy.ptr);
	return copy;
}

/* Sources of children are not asked for: they are their children's. */
static void copy(taking_t *taking, const figure_t *figure)
{
	figure_t *to = taking->figure;
	*to = *figure;
	to->key.definition = keep(taking, figure->key.definition);
	to->key.scope = keep(taking, figure->key.scope);
	to->entity = keep(taking, figure->entity);
	to->lack = keep(taking, figure->lack);
	to->attested_by = keep(taking, figure->attested_by);
	to->sources = (slice_t){ 0 };
	for (size_t i = 0; i < to->part_count; i++)
		to->parts[i].bytes = keep(taking, figure->parts[i].bytes);
}

static bool take(void *ctx, const book_row_t *row)
{
	taking_t *taking = ctx;
	err_detail_t reason;
	if (rollup_judge(taking->spec, &row->figure, &reason)) {
		if (taking->how->refused++ == 0)
			taking->how->reason = reason;
		return true;
	}
	copy(taking, &row->figure);
	taking->is_taken = true;
	return true;
}

static err_t take_child(book_t *book, taking_t *taking, size_t i)
{
	const rollup_spec_t *spec = taking->spec;
	slice_t child = spec->children[i].entity;
	bool is_own = taking->how->own && taking->how->own[i];
	book_question_t question = {
		.key = { .key = { spec->definition->id, spec->definition->version, spec->scope,
		                  spec->from_ns, spec->to_ns },
		         .entity = child,
		         .source = is_own ? (slice_t){ 0 } : child },
		.published_by_ns = taking->how->published_by_ns,
	};
	taking->is_taken = false;
	err_t err = book_get(book, &question, take, taking);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	return taking->is_full ? ERR_LIMIT : ERR_OK;
}

err_t collect_children(book_t *book, rollup_spec_t *spec, arena_t *arena, collect_t *how)
{
	taking_t taking = { .spec = spec, .arena = arena, .how = how };
	figure_t *figures = ARENA_NEW(arena, figure_t, spec->child_count);
	size_t count = 0;
	if (!figures && spec->child_count)
		return ERR_LIMIT;
	how->refused = 0;
	how->reason = (err_detail_t){ 0 };
	for (size_t i = 0; i < spec->child_count; i++) {
		taking.figure = &figures[count];
		err_t err = take_child(book, &taking, i);
		if (err)
			return err;
		count += taking.is_taken;
	}
	spec->figures = figures;
	spec->figure_count = count;
	return ERR_OK;
}
