/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions of indicators as the packs of this node give them, and published figures. */
#include "api/handlers.h"
#include "api/state.h"
#include "api/tree_ask.h"
#include "base/num.h"

enum { DEFINITION_ROOM = 512 * 1024 };

static void put_scopes(const definition_t *definition, json_t *j)
{
	json_put_array(j, "scopes");
	for (size_t i = 0; i < definition->scope_count; i++) {
		json_object(j);
		json_put_str(j, "id", definition->scopes[i].id);
		tree_put_names(j, "name", definition->scopes[i].name);
		json_close(j);
	}
	json_close(j);
	json_put_array(j, "periods");
	for (unsigned i = 0; i < PERIOD_COUNT; i++)
		if (definition_has_period(definition, (period_t)i))
			json_str(j, slice_str(period_word((period_t)i)));
	json_close(j);
}

static void put_inputs(const definition_t *definition, json_t *j)
{
	json_put_array(j, "inputs");
	for (size_t i = 0; i < definition->input_count; i++) {
		const definition_name_t *input = &definition->inputs[i];
		json_object(j);
		json_put_str(j, "name", input->name);
		json_put_str(j, "unit", input->unit_text);
		if (input->source != SOURCE_NONE)
			json_put_cstr(j, "from", definition_source_word(input->source));
		json_close(j);
	}
	json_close(j);
}

static void put_parts(const definition_t *definition, json_t *j)
{
	json_put_array(j, "parts");
	for (size_t i = 0; i < definition->part_count; i++) {
		const definition_part_t *part = &definition->parts[i];
		json_object(j);
		json_put_str(j, "name", part->name);
		json_put_cstr(j, "kind", part_kind_name(part->kind));
		json_put_str(j, "unit", part->unit_text);
		json_put_str(j, "formula", part->formula_text);
		json_close(j);
	}
	json_close(j);
}

static void put_mark(const definition_mark_t *mark, const char *key, json_t *j)
{
	if (!mark->is_there)
		return;
	json_put_object(j, key);
	json_put_f64(j, "value", mark->value);
	if (mark->date.len)
		json_put_str(j, "by", mark->date);
	if (mark->source.len)
		json_put_str(j, "source", mark->source);
	json_close(j);
}

static void put_definition(const definition_t *definition, json_t *j)
{
	json_object(j);
	json_put_str(j, "id", definition->id);
	json_put_u64(j, "version", definition->version);
	tree_put_names(j, "name", definition->name);
	if (definition->note[LANG_EN].len)
		tree_put_names(j, "note", definition->note);
	json_put_str(j, "unit", definition->unit_text);
	put_scopes(definition, j);
	put_inputs(definition, j);
	put_parts(definition, j);
	json_put_str(j, "value", definition->value_text);
	put_mark(&definition->base, "base", j);
	put_mark(&definition->target, "target", j);
	json_put_str(j, "source", definition->source);
	json_put_bool(j, "declared", definition->is_declared);
	json_close(j);
}

/* "PACK." before its id. */
static bool is_of_pack(const definition_t *definition, slice_t pack)
{
	return pack.len == 0 || (slice_starts(definition->id, pack) &&
	                         slice_starts(slice_from(definition->id, pack.len), SLICE(".")));
}

verdict_t definitions_list(exchange_t *x)
{
	const api_tree_t *tree = tree_ask(x);
	if (!tree)
		return EXCHANGE_ANSWERED;
	const definitions_t *set = tree->packs->definitions;
	reply_items(&x->reply, TREE_ROOM);
	for (size_t i = 0; i < definitions_count(set); i++) {
		const definition_t *definition = definitions_get(set, i);
		if (is_of_pack(definition, tree_ask_word(x, "pack")))
			put_definition(definition, reply_json(&x->reply, DEFINITION_ROOM));
	}
	reply_items_end(&x->reply);
	return EXCHANGE_ANSWERED;
}

verdict_t definition_get(exchange_t *x)
{
	const api_tree_t *tree = tree_ask(x);
	slice_t text = tree_ask_word(x, "version");
	uint64_t version = 0;
	if (!tree)
		return EXCHANGE_ANSWERED;
	if (text.len && num_parse_u64(text, UINT32_MAX, &version))
		return tree_refuse_word(x, text);
	const definition_t *definition = definitions_find(tree->packs->definitions,
	                                                  x->request.param[0], (uint32_t)version);
	if (!definition)
		return tree_refuse_name(x, x->request.param[0]);
	put_definition(definition, reply_json(&x->reply, DEFINITION_ROOM));
	return EXCHANGE_ANSWERED;
}

static void put_published(const published_t *row, json_t *j)
{
	json_object(j);
	json_put_str(j, "id", row->id);
	tree_put_names(j, "name", row->name);
	json_put_cstr(j, "kind", published_kind_word(row->kind));
	json_put_cstr(j, "bound", published_bound_word(row->bound));
	json_put_f64(j, "value", row->value);
	json_put_str(j, "unit", row->unit_text);
	tree_put_names(j, "scope", row->scope);
	json_put_str(j, "date", row->date);
	json_put_str(j, "source", row->source);
	json_close(j);
}

verdict_t published_list(exchange_t *x)
{
	const api_tree_t *tree = tree_ask(x);
	if (!tree)
		return EXCHANGE_ANSWERED;
	reply_items(&x->reply, TREE_ROOM);
	for (size_t i = 0; i < published_count(tree->packs->published); i++)
		put_published(published_get(tree->packs->published, i),
		              reply_json(&x->reply, 4 * TREE_ROOM));
	reply_items_end(&x->reply);
	return EXCHANGE_ANSWERED;
}
