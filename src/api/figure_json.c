/* SPDX-License-Identifier: Apache-2.0 */
#include "api/figure_json.h"

#include "api/figure_id.h"
#include "api/tree_ask.h"
#include "api/reply.h"

enum { SILENT_MAX = 1000 }; /* that are named */

const definition_t *figure_definition(const api_tree_t *tree, const figure_t *figure)
{
	if (!tree->packs)
		return NULL;
	return definitions_find(tree->packs->definitions, figure->key.definition,
	                        figure->key.version);
}

const char *figure_period(const definition_t *definition, const figure_key_t *key)
{
	/* Days of 23 hours when the clocks are set, months of 28 days, leap years. */
	static const struct {
		int64_t least, most;
	} hours[PERIOD_COUNT] = {
		[PERIOD_HOUR] = { 1, 1 },       [PERIOD_SHIFT] = { 2, 22 },
		[PERIOD_DAY] = { 23, 25 },      [PERIOD_WEEK] = { 167, 169 },
		[PERIOD_MONTH] = { 671, 745 },  [PERIOD_QUARTER] = { 2159, 2209 },
		[PERIOD_YEAR] = { 8759, 8785 },
	};
	int64_t minutes = (key->to_ns / NS_PER_S - key->from_ns / NS_PER_S) / 60;
	if (minutes == 15)
		return period_word(PERIOD_QUARTER_HOUR);
	for (unsigned i = PERIOD_HOUR; i < PERIOD_COUNT; i++)
		if (minutes >= 60 * hours[i].least && minutes <= 60 * hours[i].most)
			return period_word((period_t)i);
	return definition && definition_has_period(definition, PERIOD_SHIFT)
	               ? period_word(PERIOD_SHIFT)
	               : NULL;
}

size_t figure_room(const book_row_t *row)
{
	return TREE_ROOM + 6 * (row->figure.sources.len + 8 * FIGURE_NAME_MAX);
}

void figure_put_id(const book_key_t *key, uint32_t revision, json_t *j)
{
	char text[FIGURE_ID_TEXT];
	writer_t w = writer_of(text, sizeof(text));
	figure_id_put(&(figure_id_t){ *key, revision }, &w);
	json_put_str(j, "id", writer_done(&w));
}

void figure_put_value(const figure_t *figure, json_t *j)
{
	tree_put_number(j, "value", figure->has_value, figure->value);
	if (!figure->has_value)
		json_put_str(j, "lack", figure->lack);
}

static void put_key(const book_key_t *key, const definition_t *definition, json_t *j)
{
	const char *period = figure_period(definition, &key->key);
	json_put_str(j, "definition", key->key.definition);
	json_put_u64(j, "version", key->key.version);
	if (definition)
		tree_put_names(j, "name", definition->name);
	else
		tree_put_names(j, "name", (slice_t[]){ key->key.definition, key->key.definition });
	json_put_str(j, "unit", definition ? definition->unit_text : (slice_t){ 0 });
	json_put_str(j, "scope", key->key.scope);
	json_put_cstr(j, "period", period ? period : "");
	json_put_time(j, "from", key->key.from_ns);
	json_put_time(j, "to", key->key.to_ns);
	json_put_str(j, "entity", key->entity);
	json_put_str(j, "source", key->source);
}

static void put_parts(const figure_t *figure, const definition_t *definition, json_t *j)
{
	json_put_array(j, "parts");
	for (size_t i = 0; i < figure->part_count; i++) {
		const part_t *part = &figure->parts[i];
		bool is_named = definition && i < definition->part_count;
		json_object(j);
		json_put_str(j, "name", is_named ? definition->parts[i].name : (slice_t){ 0 });
		json_put_cstr(j, "kind", part_kind_name(part->kind));
		tree_put_number(j, "value", part->is_there && part->kind == PART_SUM, part->sum);
		json_put_str(j, "unit", is_named ? definition->parts[i].unit_text : (slice_t){ 0 });
		json_close(j);
	}
	json_close(j);
}

/* Children that were expected and had no figure; the first of them by name. */
static void put_silent(const figure_t *figure, json_t *j)
{
	reader_t sources = reader_of(figure->sources);
	figure_source_t source;
	size_t count = 0;
	json_put_array(j, "silent");
	while (count < SILENT_MAX && figure_source_next(&sources, &source))
		if (source.revision == 0) {
			json_str(j, source.entity);
			count++;
		}
	json_close(j);
}

static void put_target(const definition_mark_t *target, json_t *j)
{
	json_put_object(j, "target");
	json_put_f64(j, "value", target->value);
	if (target->date.len)
		json_put_str(j, "by", target->date);
	json_close(j);
}

void figure_put(const api_tree_t *tree, const book_row_t *row, json_t *j)
{
	const figure_t *figure = &row->figure;
	const definition_t *definition = figure_definition(tree, figure);
	figure_put_id(&row->key, figure->revision, j);
	put_key(&row->key, definition, j);
	json_put_cstr(j, "origin", figure_origin_name(figure->origin));
	figure_put_value(figure, j);
	put_parts(figure, definition, j);
	json_put_u64(j, "expected", figure->expected);
	json_put_u64(j, "reporting", figure->reporting);
	json_put_u64(j, "declared", figure->declared);
	put_silent(figure, j);
	json_put_f64(j, "coverage", figure->coverage);
	json_put_u64(j, "revision", figure->revision);
	json_put_time(j, "issued", figure->issued_ns);
	if (figure->attested_by.len)
		json_put_str(j, "attested_by", figure->attested_by);
	if (definition && definition->target.is_there)
		put_target(&definition->target, j);
}
