/* SPDX-License-Identifier: Apache-2.0 */
/* What a measured figure comes out as when it is evaluated again, and by what it was measured. */
#include "lineage/answer_state.h"

#define EVALUATE_NS (5 * NS_PER_S)

static const binding_t *find_binding(const lineage_answer_t *a)
{
	const figure_t *f = &a->figure;
	const bindings_t *bindings = a->source->bindings;
	for (size_t i = 0; bindings && i < bindings_count(bindings); i++) {
		const binding_t *b = bindings_get(bindings, i);
		if (slice_eq(b->definition->id, f->key.definition) &&
		    b->definition->version == f->key.version && slice_eq(b->scope, f->key.scope) &&
		    slice_eq(b->entity, f->entity))
			return b;
	}
	return NULL;
}

/* As known at a time; 0: now. */
static err_t evaluate_at(lineage_answer_t *a, const binding_t *binding, int64_t known_at_ns,
                         figure_t *ret_figure)
{
	const lineage_source_t *source = a->source;
	evaluate_notes_t notes = { .is_less = false };
	evaluate_world_t world = { .reader = source->reader,
		                   .counts = source->counts,
		                   .notes = &notes,
		                   .known_at_ns = known_at_ns,
		                   .deadline_ns = env_now(source->env) + EVALUATE_NS };
	span_t span = { .from_ns = a->figure.key.from_ns, .to_ns = a->figure.key.to_ns };
	arena_t arena = arena_of(a->evaluation, sizeof(a->evaluation));
	err_t err = evaluate(&world, binding, &span, &arena, ret_figure);
	if (err)
		return err;
	ret_figure->revision = a->figure.revision;
	ret_figure->issued_ns = a->figure.issued_ns;
	return notes.is_less && !figure_says_same(ret_figure, &a->figure) ? ERR_EXPIRED : ERR_OK;
}

/* Late samples and edits make a later revision, and leave this one as it was. */
static err_t evaluate_again(lineage_answer_t *a, const binding_t *binding)
{
	figure_t again;
	writer_t w = writer_of(a->again_room, sizeof(a->again_room));
	err_t err = evaluate_at(a, binding, 0, &again);
	if (!err && !figure_says_same(&again, &a->figure))
		err = evaluate_at(a, binding, a->figure.issued_ns, &again);
	if (!err)
		err = figure_encode(&again, &w);
	if (err)
		return answer_reason_of(a, err, &a->sheet.again_reason);
	a->sheet.again = writer_done(&w);
	a->sheet.again_reason = LINEAGE_NONE;
	return ERR_OK;
}

/* Points that may not go are left out, and so is what there is no room for. */
static void name_input(const lineage_answer_t *a, slice_t name, point_id_t id, writer_t *w)
{
	const release_judge_t *judge = a->audience.judge;
	const point_t *point = catalogue_point(a->source->catalogue, id);
	if (!point || (judge && !release_class_goes(judge->contract, point->data_class)))
		return;
	writer_t before = *w;
	lineage_input_put(&(lineage_input_t){ name, slice_str(point->name) }, w);
	if (w->bad)
		*w = before;
}

static void name_inputs(const lineage_answer_t *a, const binding_t *binding, size_t depth,
                        writer_t *w)
{
	const definition_t *d = binding->definition;
	for (size_t i = 0; i < d->input_count; i++)
		for (size_t n = 0; n < binding->inputs[i].point_count; n++)
			name_input(a, d->inputs[i].name, binding->inputs[i].points[n].point, w);
	for (size_t i = 0; i < d->use_count && depth < EVALUATE_DEPTH_MAX; i++)
		if (binding->uses[i])
			name_inputs(a, binding->uses[i], depth + 1, w);
}

err_t answer_measured(lineage_answer_t *a)
{
	const binding_t *binding = find_binding(a);
	const release_judge_t *judge = a->audience.judge;
	writer_t w = writer_of(a->inputs_room, sizeof(a->inputs_room));
	if (!binding)
		return ERR_OK;
	if (!judge || judge->contract->open >= CONTRACT_OPENS_POINTS)
		name_inputs(a, binding, 0, &w);
	a->sheet.inputs = writer_done(&w);
	return evaluate_again(a, binding);
}
