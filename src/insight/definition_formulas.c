/* SPDX-License-Identifier: Apache-2.0 */
/* What a definition computes: parts of others that it uses, and its formulas, read against
 * the names that it has. */
#include <stdio.h>

#include "insight/definition_impl.h"

enum {
	ARENA_BYTES = 8 * EXPR_ARENA_BYTES,
	USED_PARTS_MAX = DEFINITION_USES_MAX * FIGURE_PARTS_MAX,
	NAME_TEXT_MAX = 136,
};

/* Uses. */

static mark_t use_mark(const written_use_t *w)
{
	return pack_mark(w->node, "id");
}

static err_t scopes_check(const definition_reading_t *r, const written_use_t *w,
                          const definition_t *d, const definition_t *used)
{
	for (size_t i = 0; i < d->scope_count; i++)
		if (!definition_has_scope(used, d->scopes[i].id))
			return pack_fail(r->detail, use_mark(w), PACK_FAULT_USE_OFFER,
			                 FAULT_ARGS(w->id, (const char *)d->scopes[i].id.ptr));
	return ERR_OK;
}

static err_t periods_check(const definition_reading_t *r, const written_use_t *w,
                           const definition_t *d, const definition_t *used)
{
	for (period_t p = 0; p < PERIOD_COUNT; p++)
		if (definition_has_period(d, p) && !definition_has_period(used, p))
			return pack_fail(r->detail, use_mark(w), PACK_FAULT_USE_OFFER,
			                 FAULT_ARGS(w->id, period_word(p)));
	return ERR_OK;
}

/* Figures of both are of the same scope and period, so what the one offers the other must. */
static err_t offers_check(const definition_reading_t *r, const written_use_t *w,
                          const definition_t *d, const definition_t *used)
{
	err_t err = scopes_check(r, w, d, used);
	return err ? err : periods_check(r, w, d, used);
}

/* The sums of one that is used, by their names here. */
static err_t use_link(const definition_reading_t *r, const written_use_t *w,
                      const definition_t *used, definition_use_t *ret_uses, size_t *ret_count)
{
	for (size_t i = 0; i < used->part_count; i++) {
		char name[NAME_TEXT_MAX];
		if (used->parts[i].kind != PART_SUM)
			continue;
		snprintf(name, sizeof(name), "%s.%s", w->name,
		         (const char *)used->parts[i].name.ptr);
		const char *kept = pool_cstr(&r->set->pool, slice_str(name));
		if (!kept)
			return ERR_NO_MEMORY;
		ret_uses[(*ret_count)++] = (definition_use_t){ .name = slice_str(kept),
			                                       .definition = used,
			                                       .part = (uint16_t)i };
	}
	return ERR_OK;
}

err_t definition_link(definition_reading_t *r, size_t row)
{
	const written_indicator_t *w = r->entries[row].written;
	definition_t *d = &r->set->rows[row];
	if (!w->use_count)
		return ERR_OK;
	definition_use_t *uses = pool_alloc(&r->set->pool, USED_PARTS_MAX, sizeof(*uses));
	err_t err = uses ? ERR_OK : ERR_NO_MEMORY;
	d->uses = uses;
	for (size_t i = 0; !err && i < w->use_count; i++) {
		char version[16];
		const written_use_t *use = &w->uses[i];
		const definition_t *used = definitions_find(r->set, slice_str(use->id),
		                                            use->version);
		snprintf(version, sizeof(version), "%u", use->version);
		if (!used)
			return pack_fail(r->detail, use_mark(use), PACK_FAULT_NO_USE,
			                 FAULT_ARGS(use->id, version));
		err = offers_check(r, use, d, used);
		if (!err)
			err = use_link(r, use, used, uses, &d->use_count);
	}
	return err;
}

/* Formulas. */

static err_t unit_same(const unit_t *series, unit_t *ret_unit)
{
	*ret_unit = *series;
	return ERR_OK;
}

/* Points of a scale (degC) neither add nor have squares. */
static err_t unit_adds(const unit_t *series, unit_t *ret_unit)
{
	*ret_unit = *series;
	return series->has_offset ? ERR_INVALID : ERR_OK;
}

static err_t unit_square(const unit_t *series, unit_t *ret_unit)
{
	return series->has_offset ? ERR_INVALID : unit_multiply(series, series, ret_unit);
}

static err_t unit_seconds(const unit_t *series, unit_t *ret_unit)
{
	(void)series;
	return unit_parse(SLICE("s"), ret_unit);
}

static err_t unit_times_s(const unit_t *series, unit_t *ret_unit)
{
	unit_t second;
	err_t err = unit_parse(SLICE("s"), &second);
	if (!err)
		err = series->has_offset ? ERR_INVALID : unit_multiply(series, &second, ret_unit);
	return err;
}

static err_t unit_one(const unit_t *series, unit_t *ret_unit)
{
	(void)series;
	*ret_unit = UNIT_ONE;
	return ERR_OK;
}

#define TEXT(word) \
	{ \
		(const uint8_t *)(word), sizeof(word) - 1 \
	}
#define X(name, word, unit, number) { TEXT(word), number, unit },
#define SAME                        unit_same
#define ADDS                        unit_adds
#define SQUARE                      unit_square
#define SECONDS                     unit_seconds
#define TIMES_S                     unit_times_s
#define ONE                         unit_one
static const expr_function_t FUNCTIONS[] = { DEFINITION_FUNCTION_ROWS(X) };
static const expr_function_t VALUE_FUNCTIONS[] = { VALUE_FUNCTION_ROWS(X) };
#undef X

const char *definition_function_word(definition_function_t function)
{
	return (const char *)FUNCTIONS[function].name.ptr;
}

static err_t formula_read(definition_reading_t *r, const tree_node_t *text,
                          const expr_vocabulary_t *vocabulary, const unit_t *unit,
                          const expr_t **ret_formula)
{
	if (!text->text_at.line)
		return pack_fail(r->detail, text->at, PACK_FAULT_ONE_LINE, FAULT_ARGS(""));
	if (r->arena.cap - r->arena.used < EXPR_ARENA_BYTES) {
		void *room = pool_alloc(&r->set->pool, ARENA_BYTES, 1);
		if (!room)
			return ERR_NO_MEMORY;
		r->arena = arena_of(room, ARENA_BYTES);
	}
	const expr_source_t source = { .text = text->text,
		                       .vocabulary = vocabulary,
		                       .unit = unit,
		                       .file = text->text_at.file,
		                       .line = text->text_at.line,
		                       .column = text->text_at.column };
	err_t err = expr_parse(&source, &r->arena, ret_formula, r->detail);
	if (!err || err == ERR_NO_MEMORY)
		return err;
	/* Whatever is wrong with it, it is the file that must be mended. */
	if (r->detail)
		r->detail->err = ERR_CONFIG;
	return ERR_CONFIG;
}

/* What formulas of parts know, and what of it was asked for so far. */
typedef struct {
	expr_name_t names[DEFINITION_INPUTS_MAX + USED_PARTS_MAX];
	expr_name_t series[DEFINITION_INPUTS_MAX];
	bool is_name_used[DEFINITION_INPUTS_MAX + USED_PARTS_MAX];
	bool is_series_used[DEFINITION_INPUTS_MAX];
	expr_vocabulary_t vocabulary;
} known_t;

static void known_fill(const definition_t *d, known_t *known)
{
	size_t count = 0;
	for (size_t i = 0; i < d->parameter_count; i++)
		known->names[count++] = (expr_name_t){ d->parameters[i].name,
			                               d->parameters[i].unit };
	for (size_t i = 0; i < d->use_count; i++) {
		const definition_part_t *part = &d->uses[i].definition->parts[d->uses[i].part];
		known->names[count++] = (expr_name_t){ d->uses[i].name, part->unit };
	}
	for (size_t i = 0; i < d->input_count; i++)
		known->series[i] = (expr_name_t){ d->inputs[i].name, d->inputs[i].unit };
	known->vocabulary = (expr_vocabulary_t){ .names = known->names,
		                                 .name_count = count,
		                                 .series = known->series,
		                                 .series_count = d->input_count,
		                                 .functions = FUNCTIONS,
		                                 .function_count = sizeof(FUNCTIONS) /
		                                                   sizeof(FUNCTIONS[0]) };
}

static void known_note(const expr_t *formula, known_t *known)
{
	size_t count = 0;
	const expr_input_t *inputs = expr_inputs(formula, &count);
	for (size_t i = 0; i < count; i++) {
		if (inputs[i].function == EXPR_NO_FUNCTION)
			known->is_name_used[inputs[i].name] = true;
		else
			known->is_series_used[inputs[i].name] = true;
	}
}

static err_t fail_unused(const definition_reading_t *r, const tree_node_t *node, const char *name)
{
	return pack_fail(r->detail, pack_mark(node, "name"), PACK_FAULT_UNUSED, FAULT_ARGS(name));
}

/* A name that nothing asks for is misspelt somewhere. Of another indicator one part is
 * enough. */
static err_t known_all_used(const definition_reading_t *r, const written_indicator_t *w,
                            const definition_t *d, const known_t *known)
{
	for (size_t i = 0; i < w->input_count; i++)
		if (!known->is_series_used[i])
			return fail_unused(r, w->inputs[i].node, w->inputs[i].name);
	for (size_t i = 0; i < w->parameter_count; i++)
		if (!known->is_name_used[i])
			return fail_unused(r, w->parameters[i].node, w->parameters[i].name);
	for (size_t i = 0; i < w->use_count; i++) {
		bool is_used = false;
		const definition_t *of = definitions_find(r->set, slice_str(w->uses[i].id),
		                                          w->uses[i].version);
		for (size_t k = 0; k < d->use_count; k++)
			is_used = is_used || (d->uses[k].definition == of &&
			                      known->is_name_used[d->parameter_count + k]);
		if (!is_used)
			return fail_unused(r, w->uses[i].node, w->uses[i].name);
	}
	return ERR_OK;
}

static err_t parts_formulas(definition_reading_t *r, const written_indicator_t *w, definition_t *d)
{
	known_t known = { 0 };
	known_fill(d, &known);
	for (size_t i = 0; i < d->part_count; i++) {
		definition_part_t *part = &d->parts[i];
		if (part->kind != PART_SUM) {
			known.is_series_used[part->input] = true;
			continue;
		}
		const tree_node_t *text = tree_find(w->parts[i].node, SLICE("sum"));
		err_t err = formula_read(r, text, &known.vocabulary, &part->unit, &part->formula);
		if (err)
			return err;
		known_note(part->formula, &known);
	}
	return known_all_used(r, w, d, &known);
}

/* Whether a function of a part in `value` is of the part's kind. */
static bool is_fit(const definition_part_t *part, value_function_t function)
{
	static const unsigned FOR[VALUE_FUNCTION_COUNT] = {
		[VALUE_DISTINCT] = 1U << PART_DISTINCT,
		[VALUE_QUANTILE] = 1U << PART_QUANTILES,
		[VALUE_COUNT] = 1U << PART_QUANTILES | 1U << PART_HISTOGRAM,
	};
	return FOR[function] >> part->kind & 1;
}

static err_t value_input_check(const definition_reading_t *r, const tree_node_t *text,
                               const definition_t *d, const expr_input_t *input)
{
	static const char *const INSTEAD[PART_KIND_COUNT] = {
		[PART_HISTOGRAM] = "count(%s)",
		[PART_DISTINCT] = "distinct(%s)",
		[PART_QUANTILES] = "quantile(%s, 0.95)",
	};
	const definition_part_t *part = &d->parts[input->name];
	const char *name = (const char *)part->name.ptr;
	char instead[ERR_ARG_MAX];
	if (input->function == EXPR_NO_FUNCTION) {
		if (part->kind == PART_SUM)
			return ERR_OK;
		writer_t w = writer_of(instead, sizeof(instead));
		slice_t tail = slice_str(INSTEAD[part->kind]), head = slice_cut(&tail, '%');
		wr_bytes(&w, head);
		wr_bytes(&w, part->name);
		wr_bytes(&w, slice_from(tail, 1));
		wr_u8(&w, 0);
		return pack_fail(r->detail, text->at, PACK_FAULT_NOT_SUM,
		                 FAULT_ARGS(name, instead));
	}
	if (!is_fit(part, (value_function_t)input->function))
		return pack_fail(
			r->detail, text->at, PACK_FAULT_NOT_FOR,
			FAULT_ARGS((const char *)VALUE_FUNCTIONS[input->function].name.ptr, name));
	snprintf(instead, sizeof(instead), "%g", input->number);
	if (input->function == VALUE_QUANTILE && !(input->number >= 0 && input->number <= 1))
		return pack_fail(r->detail, text->at, PACK_FAULT_SHARE, FAULT_ARGS(name, instead));
	return ERR_OK;
}

static err_t value_formula(definition_reading_t *r, const written_indicator_t *w, definition_t *d)
{
	expr_name_t parts[FIGURE_PARTS_MAX];
	for (size_t i = 0; i < d->part_count; i++)
		parts[i] = (expr_name_t){ d->parts[i].name, d->parts[i].unit };
	const expr_vocabulary_t vocabulary = {
		.names = parts,
		.name_count = d->part_count,
		.series = parts,
		.series_count = d->part_count,
		.functions = VALUE_FUNCTIONS,
		.function_count = VALUE_FUNCTION_COUNT,
	};
	size_t count = 0;
	const tree_node_t *text = tree_find(w->node, SLICE("value"));
	err_t err = formula_read(r, text, &vocabulary, &d->unit, &d->value);
	const expr_input_t *inputs = err ? NULL : expr_inputs(d->value, &count);
	for (size_t i = 0; !err && i < count; i++)
		err = value_input_check(r, text, d, &inputs[i]);
	return err;
}

err_t definition_formulas(definition_reading_t *r, size_t row)
{
	const written_indicator_t *w = r->entries[row].written;
	definition_t *d = &r->set->rows[row];
	err_t err = d->is_declared ? ERR_OK : parts_formulas(r, w, d);
	return err ? err : value_formula(r, w, d);
}
