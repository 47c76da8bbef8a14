/* SPDX-License-Identifier: Apache-2.0 */
/* One figure opened: what it was made of, from where, and what it said before. */
#include <stdlib.h>

#include "api/figure_id.h"
#include "api/figure_json.h"
#include "api/handlers.h"
#include "api/state.h"
#include "api/tree_ask.h"

enum {
	REVISIONS_MAX = 200,     /* that are told, the newest first */
	BELOW_LOOKS_MAX = 50000, /* figures looked at for those of the children */
	CHILD_ROOM = 2048 + 6 * 4 * FIGURE_NAME_MAX + FIGURE_ID_TEXT,
};

static const err_text_t text_revision = {
	{ "there is no such revision of this figure", "该指标值没有这一版本" },
	{ "take the id from GET /api/v1/figures", "请从 GET /api/v1/figures 取得 id" },
};

/* What the children said. */

/* One child that was expected, in the order of the figure's sources. */
typedef struct {
	figure_source_t wanted;
	bool is_there; /* that revision is known here */
	slice_t from;  /* the child of ours that handed it over */
	bool has_value;
	double value, coverage;
	expr_value_t parts[FIGURE_PARTS_MAX];
	size_t part_count;
} below_t;

typedef struct {
	exchange_t *x;
	const api_tree_t *tree;
	const figure_t *figure;
	below_t *rows;
	size_t count, looks;
	uint8_t *names; /* copies of the sources' */
	writer_t w;
	tree_cursor_t at;
} opened_t;

static int by_entity(const void *a, const void *b)
{
	return slice_cmp(((const below_t *)a)->wanted.entity, ((const below_t *)b)->wanted.entity);
}

static void take(below_t *row, const book_row_t *found, writer_t *names)
{
	size_t at = names->len;
	const figure_t *figure = &found->figure;
	wr_bytes(names, found->key.source);
	row->is_there = !names->bad;
	row->from = names->bad ? (slice_t){ 0 } : slice_of(names->buf + at, found->key.source.len);
	row->has_value = figure->has_value;
	row->value = figure->value;
	row->coverage = figure->coverage;
	row->part_count = figure->part_count;
	for (size_t i = 0; i < figure->part_count; i++)
		row->parts[i] = (expr_value_t){ .is_there = figure->parts[i].is_there &&
			                                    figure->parts[i].kind == PART_SUM,
			                        .number = figure->parts[i].sum };
}

/* Of the same key, and a child that the figure names: its own word, when several handed it
 * over. */
static bool on_below(void *ctx, const book_row_t *found)
{
	opened_t *opened = ctx;
	below_t wanted = { .wanted = { .entity = found->key.entity } };
	opened->looks++;
	writer_t w = writer_of(opened->at.bytes, sizeof(opened->at.bytes));
	book_place_put(&found->key, &w);
	opened->at.len = w.len;
	if (found->key.source.len == 0 ||
	    figure_key_cmp(&found->key.key, &opened->figure->key) != 0)
		return true;
	below_t *row = bsearch(&wanted, opened->rows, opened->count, sizeof(wanted), by_entity);
	bool is_own = slice_eq(found->key.source, found->key.entity);
	if (row && row->wanted.revision && (!row->is_there || is_own) &&
	    found->figure.revision >= row->wanted.revision)
		take(row, found, &opened->w);
	return true;
}

typedef struct {
	below_t *row;
	writer_t *names;
} older_t;

static bool on_older(void *ctx, const book_row_t *found)
{
	older_t *older = ctx;
	if (found->figure.revision != older->row->wanted.revision)
		return true;
	take(older->row, found, older->names);
	return false;
}

/* The revision that went in, where the newest is another. */
static void find_revision(opened_t *opened, below_t *row)
{
	book_key_t key = { opened->figure->key, row->wanted.entity, row->from };
	older_t older = { row, &opened->w };
	if (!row->is_there)
		return;
	row->is_there = false;
	err_t err = book_history(opened->tree->book, &key, on_older, &older);
	if (err)
		row->is_there = false;
}

static err_t look_below(opened_t *opened)
{
	const figure_key_t *key = &opened->figure->key;
	uint8_t room[TREE_CURSOR_MAX];
	book_query_t query = { .definition = key->definition,
		               .version = key->version,
		               .scope = key->scope,
		               .from_ns = key->from_ns,
		               .to_ns = key->to_ns,
		               .limit = BOOK_PAGE_MAX };
	size_t looks = 0;
	err_t err = ERR_OK;
	do {
		looks = opened->looks;
		writer_t w = writer_of(room, sizeof(room));
		wr_bytes(&w, tree_cursor_slice(&opened->at));
		query.after = writer_done(&w);
		err = book_list(opened->tree->book, &query, on_below, opened);
	} while (!err && opened->looks - looks == BOOK_PAGE_MAX && opened->looks < BELOW_LOOKS_MAX);
	for (size_t i = 0; !err && i < opened->count; i++)
		find_revision(opened, &opened->rows[i]);
	return err;
}

static void put_below_parts(const opened_t *opened, const below_t *row, json_t *j)
{
	const definition_t *definition = figure_definition(opened->tree, opened->figure);
	json_put_array(j, "parts");
	for (size_t i = 0; definition && i < row->part_count && i < definition->part_count; i++) {
		json_object(j);
		json_put_str(j, "name", definition->parts[i].name);
		tree_put_number(j, "value", row->parts[i].is_there, row->parts[i].number);
		json_close(j);
	}
	json_close(j);
}

static void put_below(const opened_t *opened, const below_t *row, json_t *j)
{
	book_key_t key = { opened->figure->key, row->wanted.entity, row->from };
	json_object(j);
	json_put_str(j, "entity", row->wanted.entity);
	json_put_u64(j, "revision", row->wanted.revision);
	json_put_cstr(j, "state", row->wanted.revision ? "reporting" : "silent");
	if (row->is_there) {
		figure_put_id(&key, row->wanted.revision, j);
	} else {
		json_key(j, "id");
		json_null(j);
	}
	tree_put_number(j, "value", row->is_there && row->has_value, row->value);
	tree_put_number(j, "coverage", row->is_there, row->coverage);
	if (row->is_there)
		put_below_parts(opened, row, j);
	json_close(j);
}

static err_t put_children(opened_t *opened)
{
	reader_t sources = reader_of(opened->figure->sources);
	figure_source_t source;
	size_t names = 2 * FIGURE_SOURCES_BYTES_MAX;
	err_t err = ERR_OK;
	opened->rows = calloc(FIGURE_SOURCES_MAX, sizeof(*opened->rows));
	opened->names = malloc(names);
	if (!opened->rows || !opened->names)
		return ERR_NO_MEMORY;
	opened->w = writer_of(opened->names, names);
	while (opened->count < FIGURE_SOURCES_MAX && figure_source_next(&sources, &source))
		opened->rows[opened->count++].wanted = source;
	if (opened->count)
		err = look_below(opened);
	json_put_array(reply_json(&opened->x->reply, TREE_ROOM), "children");
	for (size_t i = 0; i < opened->count && !err; i++)
		put_below(opened, &opened->rows[i], reply_json(&opened->x->reply, CHILD_ROOM));
	json_close(reply_json(&opened->x->reply, TREE_ROOM));
	return err;
}

/* The points of this node that its own figures are bound to. */

static slice_t unit_of(const definition_t *definition, slice_t name)
{
	for (size_t i = 0; definition && i < definition->input_count; i++)
		if (slice_eq(definition->inputs[i].name, name))
			return definition->inputs[i].unit_text;
	return (slice_t){ 0 };
}

static bool is_bound(const opened_t *opened, const config_indicator_t *binding)
{
	const figure_t *figure = opened->figure;
	slice_t entity = slice_str(binding->entity[0] ? binding->entity
	                                              : opened->tree->config->node.prefix);
	return slice_eq(slice_str(binding->definition), figure->key.definition) &&
	       (binding->version == 0 || binding->version == figure->key.version) &&
	       slice_eq(slice_str(binding->scope), figure->key.scope) &&
	       slice_eq(entity, figure->entity);
}

static void put_inputs(const opened_t *opened, bool is_own)
{
	const config_t *config = opened->tree->config;
	const definition_t *definition = figure_definition(opened->tree, opened->figure);
	json_put_array(reply_json(&opened->x->reply, TREE_ROOM), "inputs");
	for (size_t i = 0; is_own && i < config->indicator_count; i++) {
		const config_indicator_t *binding = &config->indicators[i];
		for (size_t k = 0; is_bound(opened, binding) && k < binding->inputs.count; k++) {
			const config_pair_t *input = &binding->inputs.rows[k];
			json_t *j = reply_json(&opened->x->reply, TREE_ROOM);
			json_object(j);
			json_put_cstr(j, "name", input->name);
			json_put_cstr(j, "point", input->text);
			json_put_str(j, "unit", unit_of(definition, slice_str(input->name)));
			json_close(j);
		}
	}
	json_close(reply_json(&opened->x->reply, TREE_ROOM));
}

/* The one that was asked for, and its revisions. */

typedef struct {
	exchange_t *x;
	uint32_t wanted;
	size_t count;
	bool is_there;
	book_row_t row;
	uint8_t *bytes; /* of its figure */
} revisions_t;

static bool find_wanted(void *ctx, const book_row_t *row)
{
	revisions_t *all = ctx;
	if (row->figure.revision != all->wanted)
		return true;
	writer_t w = writer_of(all->bytes, FIGURE_BYTES_MAX);
	all->row = *row;
	all->is_there = figure_encode(&row->figure, &w) == ERR_OK &&
	                figure_decode(writer_done(&w), &all->row.figure) == ERR_OK;
	return false;
}

static bool put_revision(void *ctx, const book_row_t *row)
{
	revisions_t *all = ctx;
	json_t *j = reply_json(&all->x->reply, TREE_ROOM);
	json_object(j);
	json_put_u64(j, "revision", row->figure.revision);
	json_put_time(j, "issued", row->figure.issued_ns);
	figure_put_id(&row->key, row->figure.revision, j);
	figure_put_value(&row->figure, j);
	json_close(j);
	return ++all->count < REVISIONS_MAX;
}

static err_t put_all(revisions_t *all, opened_t *opened, const book_key_t *key)
{
	exchange_t *x = all->x;
	json_t *j = reply_json(&x->reply, figure_room(&all->row));
	json_object(j);
	figure_put(opened->tree, &all->row, j);
	err_t err = put_children(opened);
	put_inputs(opened, key->source.len == 0);
	json_put_array(reply_json(&x->reply, TREE_ROOM), "revisions");
	if (!err)
		err = book_history(opened->tree->book, key, put_revision, all);
	j = reply_json(&x->reply, TREE_ROOM);
	json_close(j);
	json_close(j);
	return err;
}

static verdict_t open_figure(exchange_t *x, const api_tree_t *tree, const figure_id_t *id)
{
	revisions_t all = { .x = x, .wanted = id->revision, .bytes = malloc(FIGURE_BYTES_MAX) };
	err_t err = all.bytes ? book_history(tree->book, &id->key, find_wanted, &all)
	                      : ERR_NO_MEMORY;
	if (!err && !all.is_there)
		err = ERR_NOT_FOUND;
	if (!err) {
		all.row.key = id->key;
		opened_t opened = { .x = x, .tree = tree, .figure = &all.row.figure };
		err = put_all(&all, &opened, &id->key);
		free(opened.rows);
		free(opened.names);
	}
	free(all.bytes);
	return err ? exchange_refuse(x, err, err == ERR_NOT_FOUND ? &text_revision : NULL,
	                             (slice_t){ 0 })
	           : EXCHANGE_ANSWERED;
}

verdict_t figure_get(exchange_t *x)
{
	uint8_t room[FIGURE_ID_BYTES];
	figure_id_t id;
	const api_tree_t *tree = tree_ask(x);
	if (!tree)
		return EXCHANGE_ANSWERED;
	if (figure_id_read(x->request.param[0], room, &id))
		return tree_refuse_name(x, x->request.param[0]);
	return open_figure(x, tree, &id);
}
