/* SPDX-License-Identifier: Apache-2.0 */
/* One definition of what was written. Whatever is wrong is told at the word that is. */
#include <stdio.h>

#include "base/ascii.h"
#include "config/suggest.h"
#include "insight/definition_impl.h"

enum { NAMES_MAX = 3 * DEFINITION_INPUTS_MAX };

static const written_indicator_t *written_of(const definition_reading_t *r, size_t row)
{
	return r->entries[row].written;
}

static err_t fail(const definition_reading_t *r, mark_t at, pack_fault_t fault, const char *arg)
{
	return pack_fail(r->detail, at, fault, FAULT_ARGS(arg));
}

/* Names. */

/* What every struct begins with that has a name. */
typedef struct {
	const tree_node_t *node;
	const char *name;
} named_t;

typedef struct {
	named_t rows[NAMES_MAX];
	size_t count;
} names_t;

static bool is_formula_name(slice_t name)
{
	return name.len && ascii_is_letter(name.ptr[0]) && ascii_is_word(name, SLICE("_"));
}

/* Adds the names of an array of structs, each of which must be new and fit for formulas. */
static err_t names_add(const definition_reading_t *r, names_t *names, const void *items,
                       size_t count, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		named_t fresh;
		memcpy(&fresh, field_in(items, i * size), sizeof(fresh));
		mark_t at = pack_mark(fresh.node, "name");
		if (!is_formula_name(slice_str(fresh.name)))
			return fail(r, at, PACK_FAULT_NOT_PLAIN, fresh.name);
		for (size_t k = 0; k < names->count; k++) {
			char other[MARK_TEXT_MAX];
			if (!slice_eq(slice_str(names->rows[k].name), slice_str(fresh.name)))
				continue;
			mark_format(pack_mark(names->rows[k].node, "name"), other);
			return fault_raise(r->detail, at, FAULT_NAME_TAKEN,
			                   FAULT_ARGS(fresh.name, other));
		}
		names->rows[names->count++] = fresh;
	}
	return ERR_OK;
}

static err_t names_check(const definition_reading_t *r, const written_indicator_t *w)
{
	names_t names = { .count = 0 }, parts = { .count = 0 };
	err_t err = names_add(r, &names, w->inputs, w->input_count, sizeof(*w->inputs));
	if (!err)
		err = names_add(r, &names, w->parameters, w->parameter_count,
		                sizeof(*w->parameters));
	if (!err)
		err = names_add(r, &names, w->uses, w->use_count, sizeof(*w->uses));
	if (!err)
		err = names_add(r, &parts, w->parts, w->part_count, sizeof(*w->parts));
	return err;
}

/* Units, inputs and parameters. */

static err_t unit_read(const definition_reading_t *r, const tree_node_t *node, const char *text,
                       unit_t *ret_unit)
{
	if (!text)
		return fault_raise(r->detail, node->at, FAULT_MISSING, FAULT_ARGS("unit"));
	err_t err = unit_parse(slice_str(text), ret_unit);
	return err ? fail(r, pack_mark(node, "unit"), PACK_FAULT_NO_UNIT, text) : ERR_OK;
}

#define X(name, word, unit) { word, unit },
static const struct {
	const char *word, *unit;
} SOURCES[SOURCE_COUNT] = { DEFINITION_SOURCE_ROWS(X) };
#undef X

const char *definition_source_word(definition_source_t source)
{
	return SOURCES[source].word;
}

static err_t source_fail(const definition_reading_t *r, const written_input_t *w)
{
	suggest_t near = suggest_of(slice_str(w->from));
	char known[ERR_ARG_MAX * 4];
	writer_t list = writer_of(known, sizeof(known) - 1);
	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		suggest_offer(&near, SOURCES[i].word);
		wr_format(&list, "%s%s", i ? ", " : "", SOURCES[i].word);
	}
	known[list.len] = '\0';
	fault_t fault = near.best ? FAULT_UNKNOWN_WORD_NEAR : FAULT_UNKNOWN_WORD;
	return fault_raise(r->detail, pack_mark(w->node, "from"), fault,
	                   FAULT_ARGS("from", w->from, near.best ? near.best : known));
}

static err_t input_read(const definition_reading_t *r, const written_input_t *w,
                        definition_name_t *input)
{
	size_t source = 0;
	input->name = slice_str(w->name);
	input->unit_text = slice_str(w->unit);
	input->source = SOURCE_NONE;
	input->is_optional = w->optional;
	if (!w->from)
		return unit_read(r, w->node, w->unit, &input->unit);
	while (source < SOURCE_COUNT &&
	       !slice_eq(slice_str(SOURCES[source].word), slice_str(w->from)))
		source++;
	if (source == SOURCE_COUNT)
		return source_fail(r, w);
	if (w->unit)
		return fail(r, pack_mark(w->node, "unit"), PACK_FAULT_SOURCE_UNIT, "");
	input->source = (definition_source_t)source;
	input->unit_text = slice_str(SOURCES[source].unit);
	return unit_read(r, w->node, SOURCES[source].unit, &input->unit);
}

/* That there is such a factor, and that it can be had in the parameter's unit. */
static err_t factor_check(const definition_reading_t *r, const written_parameter_t *w,
                          const definition_name_t *parameter)
{
	const written_factor_t *f = &w->factor;
	const factor_key_t key = { slice_str(f->substance), slice_str(f->region),
		                   slice_str(f->scope), f->year };
	const factor_t *factor = NULL;
	double number = 0;
	char year[16], unit[ERR_ARG_MAX];
	snprintf(year, sizeof(year), "%u", f->year);
	if (!r->factors)
		return ERR_OK;
	if (factors_find(r->factors, &key, &factor))
		return pack_fail(r->detail, f->node->at, PACK_FAULT_NO_FACTOR,
		                 FAULT_ARGS(f->substance, year, f->scope));
	if (factor_in(factor, &parameter->unit, &number) == ERR_OK)
		return ERR_OK;
	(void)slice_to_cstr(factor->unit_text, unit, sizeof(unit));
	return pack_fail(r->detail, pack_mark(w->node, "unit"), PACK_FAULT_FACTOR_UNIT,
	                 FAULT_ARGS(f->substance, unit, w->unit));
}

static err_t parameter_read(const definition_reading_t *r, const written_parameter_t *w,
                            definition_name_t *parameter)
{
	const written_factor_t *f = &w->factor;
	parameter->name = slice_str(w->name);
	parameter->unit_text = slice_str(w->unit);
	parameter->source = SOURCE_NONE;
	parameter->has_number = w->has_number;
	parameter->number = w->number;
	err_t err = unit_read(r, w->node, w->unit, &parameter->unit);
	if (err || !w->has_factor)
		return err;
	if (w->has_number)
		return fail(r, pack_mark(w->node, "number"), PACK_FAULT_NUMBER_OR_FACTOR, w->name);
	parameter->factor.is_there = true;
	parameter->factor.substance = slice_str(f->substance);
	parameter->factor.scope = slice_str(f->scope);
	parameter->factor.region = slice_str(f->region);
	parameter->factor.year = f->year;
	return factor_check(r, w, parameter);
}

static err_t names_read(definition_reading_t *r, const written_indicator_t *w, definition_t *d)
{
	pool_t *pool = &r->set->pool;
	definition_name_t *inputs = pool_alloc(pool, w->input_count + 1, sizeof(*inputs));
	definition_name_t *parameters = pool_alloc(pool, w->parameter_count + 1, sizeof(*inputs));
	err_t err = inputs && parameters ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; !err && i < w->input_count; i++)
		err = input_read(r, &w->inputs[i], &inputs[i]);
	for (size_t i = 0; !err && i < w->parameter_count; i++)
		err = parameter_read(r, &w->parameters[i], &parameters[i]);
	d->inputs = inputs;
	d->parameters = parameters;
	d->input_count = w->input_count;
	d->parameter_count = w->parameter_count;
	return err;
}

/* Parts. */

static err_t bounds_check(const definition_reading_t *r, const written_histogram_t *h)
{
	bool is_rising = h->bound_count > 0;
	for (size_t i = 1; i < h->bound_count; i++)
		is_rising = is_rising && h->bounds[i - 1] < h->bounds[i];
	return is_rising ? ERR_OK : fail(r, pack_mark(h->node, "bounds"), PACK_FAULT_BOUNDS, "");
}

/* The input that a part which is no sum is of; its unit is that of the part, but for things
 * that are told apart, which have none. */
static err_t part_input(const definition_reading_t *r, const written_part_t *w,
                        const definition_t *d, const char *name, definition_part_t *part)
{
	static const char *const KEYS[PART_KIND_COUNT] = {
		[PART_HISTOGRAM] = "histogram",
		[PART_DISTINCT] = "distinct",
		[PART_QUANTILES] = "quantiles",
	};
	size_t i = 0;
	while (i < d->input_count && !slice_eq(d->inputs[i].name, slice_str(name)))
		i++;
	if (i == d->input_count)
		return fail(r, pack_mark(w->node, KEYS[part->kind]), PACK_FAULT_NO_INPUT, name);
	if (w->unit && part->kind != PART_DISTINCT)
		return fail(r, pack_mark(w->node, "unit"), PACK_FAULT_PART_UNIT, "");
	part->input = (uint16_t)i;
	if (part->kind != PART_DISTINCT) {
		part->unit_text = d->inputs[i].unit_text;
		part->unit = d->inputs[i].unit;
		return ERR_OK;
	}
	part->unit_text = w->unit ? slice_str(w->unit) : SLICE("1");
	return unit_read(r, w->node, w->unit ? w->unit : "1", &part->unit);
}

static err_t part_read(const definition_reading_t *r, const written_part_t *w,
                       const definition_t *d, definition_part_t *part)
{
	const struct {
		const char *key;
		bool is_there;
		const char *of;
	} kinds[PART_KIND_COUNT] = {
		[PART_SUM] = { "sum", w->sum != NULL, w->sum },
		[PART_HISTOGRAM] = { "histogram", w->has_histogram, w->histogram.of },
		[PART_DISTINCT] = { "distinct", w->distinct != NULL, w->distinct },
		[PART_QUANTILES] = { "quantiles", w->quantiles != NULL, w->quantiles },
	};
	size_t given = 0;
	for (size_t i = 0; i < PART_KIND_COUNT; i++) {
		if (kinds[i].is_there && d->is_declared)
			return fail(r, pack_mark(w->node, kinds[i].key), PACK_FAULT_DECLARED,
			            kinds[i].key);
		part->kind = kinds[i].is_there ? (part_kind_t)i : part->kind;
		given += kinds[i].is_there;
	}
	if (given != (d->is_declared ? 0 : 1))
		return fail(r, w->node->at, PACK_FAULT_ONE_KIND, "");
	part->name = slice_str(w->name);
	part->bounds = w->histogram.bounds;
	part->bound_count = w->histogram.bound_count;
	if (part->kind == PART_HISTOGRAM) {
		err_t err = bounds_check(r, &w->histogram);
		if (err)
			return err;
	}
	if (part->kind != PART_SUM)
		return part_input(r, w, d, kinds[part->kind].of, part);
	part->formula_text = slice_str(w->sum);
	part->unit_text = slice_str(w->unit);
	return unit_read(r, w->node, w->unit, &part->unit);
}

/* Scopes and marks. */

static err_t scopes_read(const definition_reading_t *r, const written_indicator_t *w,
                         definition_t *d)
{
	if (w->scope_count == 0)
		return fault_raise(r->detail, w->node->at, FAULT_MISSING, FAULT_ARGS("scopes"));
	for (size_t i = 0; i < w->scope_count; i++) {
		const written_scope_t *scope = &w->scopes[i];
		for (size_t k = 0; k < i; k++) {
			char other[MARK_TEXT_MAX];
			if (!slice_eq(d->scopes[k].id, slice_str(scope->id)))
				continue;
			mark_format(pack_mark(w->scopes[k].node, "id"), other);
			return fault_raise(r->detail, pack_mark(scope->node, "id"),
			                   FAULT_NAME_TAKEN, FAULT_ARGS(scope->id, other));
		}
		definition_scope_t *to = &d->scopes[d->scope_count++];
		to->id = slice_str(scope->id);
		for (size_t lang = 0; lang < LANG_COUNT; lang++)
			to->name[lang] = slice_str(scope->name[lang]);
	}
	return ERR_OK;
}

static err_t mark_read(const definition_reading_t *r, const written_mark_t *w, const char *key,
                       definition_mark_t *mark)
{
	if (!w->node)
		return ERR_OK;
	if (w->date && !pack_date_good(slice_str(w->date)))
		return fail(r, pack_mark(w->node, key), PACK_FAULT_DATE, w->date);
	*mark = (definition_mark_t){ .is_there = true,
		                     .value = w->value,
		                     .date = slice_str(w->date),
		                     .source = slice_str(w->source) };
	return ERR_OK;
}

static void texts_take(const definition_entry_t *entry, definition_t *d)
{
	const written_indicator_t *w = entry->written;
	d->id = entry->id;
	d->version = w->version;
	for (size_t lang = 0; lang < LANG_COUNT; lang++) {
		d->name[lang] = slice_str(w->name[lang]);
		d->note[lang] = slice_str(w->note.text[lang]);
	}
	for (size_t i = 0; i < w->period_count; i++)
		d->periods |= 1U << w->periods[i];
	d->is_declared = w->declared;
	d->is_apart = !w->rolls_up;
	d->unit_text = slice_str(w->unit);
	d->value_text = slice_str(w->value);
	d->source = slice_str(w->source ? w->source : entry->pack->source);
}

/* A declared indicator has nothing that could be measured. */
static err_t declared_check(const definition_reading_t *r, const written_indicator_t *w)
{
	const struct {
		const char *key;
		size_t count;
	} given[] = { { "inputs", w->input_count },
		      { "parameters", w->parameter_count },
		      { "uses", w->use_count } };
	for (size_t i = 0; w->declared && i < sizeof(given) / sizeof(given[0]); i++)
		if (given[i].count)
			return fail(r, pack_mark(w->node, given[i].key), PACK_FAULT_DECLARED,
			            given[i].key);
	return ERR_OK;
}

err_t definition_shell(definition_reading_t *r, size_t row)
{
	const written_indicator_t *w = written_of(r, row);
	definition_t *d = &r->set->rows[row];
	texts_take(&r->entries[row], d);
	err_t err = declared_check(r, w);
	if (!err)
		err = names_check(r, w);
	if (!err)
		err = unit_read(r, w->node, w->unit, &d->unit);
	if (!err)
		err = scopes_read(r, w, d);
	if (!err && w->period_count == 0)
		err = fault_raise(r->detail, w->node->at, FAULT_MISSING, FAULT_ARGS("periods"));
	if (!err)
		err = names_read(r, w, d);
	if (!err && w->part_count == 0)
		err = fault_raise(r->detail, w->node->at, FAULT_MISSING, FAULT_ARGS("parts"));
	for (; !err && d->part_count < w->part_count; d->part_count++)
		err = part_read(r, &w->parts[d->part_count], d, &d->parts[d->part_count]);
	if (!err)
		err = mark_read(r, &w->base, "at", &d->base);
	return err ? err : mark_read(r, &w->target, "by", &d->target);
}
