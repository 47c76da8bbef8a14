/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter to libyaml: its events become tree nodes. Only one row of a table
 * knows each event. Tags are ignored, because the schema and not the author
 * decides what type a value has. */
#include <yaml.h>

#include "base/table.h"
#include "base/utf8.h"
#include "config/tree.h"

#include <stdio.h>

typedef struct {
	tree_t *tree;
	const char *file;
	table_t *anchors; /* name -> tree_node_t * */
	tree_node_t *root;
	tree_node_t *stack[TREE_DEPTH_MAX];
	tree_node_t *key[TREE_DEPTH_MAX]; /* read, its value still to come */
	size_t depth, documents;
	err_detail_t *detail;
} parse_t;

static mark_t mark_of(const parse_t *p, yaml_mark_t mark)
{
	return (mark_t){ .file = p->file,
		         .line = (uint32_t)mark.line + 1,
		         .column = (uint32_t)mark.column + 1 };
}

static err_t fail_limit(const parse_t *p, mark_t at, fault_t fault, unsigned limit)
{
	char text[16];
	snprintf(text, sizeof(text), "%u", limit);
	return fault_raise(p->detail, at, fault, FAULT_ARGS(text));
}

static err_t node_new(parse_t *p, const yaml_event_t *event, tree_node_t **ret_node)
{
	mark_t at = mark_of(p, event->start_mark);
	if (p->tree->nodes >= TREE_NODES_MAX)
		return fail_limit(p, at, FAULT_TOO_MANY_VALUES, TREE_NODES_MAX);
	tree_node_t *node = pool_alloc(&p->tree->pool, 1, sizeof(*node));
	if (!node)
		return ERR_NO_MEMORY;
	p->tree->nodes++;
	node->at = node->key_at = at;
	*ret_node = node;
	return ERR_OK;
}

/* Gives the node its place: the root, an item, a key, or the value of a key. */
static err_t node_place(parse_t *p, tree_node_t *node)
{
	if (p->depth == 0) {
		p->root = node;
		return ERR_OK;
	}
	tree_node_t *parent = p->stack[p->depth - 1];
	tree_node_t **key = &p->key[p->depth - 1];
	if (parent->kind == TREE_MAPPING && !*key) {
		if (node->kind != TREE_SCALAR || !node->text.len)
			return fault_raise(p->detail, node->at, FAULT_KEY_SHAPE, FAULT_ARGS(""));
		*key = node;
		return ERR_OK;
	}
	if (*key) {
		node->key = (*key)->text;
		node->key_at = (*key)->at;
		*key = NULL;
	}
	tree_append(parent, node);
	return ERR_OK;
}

static err_t anchor_set(parse_t *p, const yaml_char_t *name, tree_node_t *node)
{
	if (!name)
		return ERR_OK;
	void *value = NULL;
	err_t err = table_put(p->anchors, slice_str((const char *)name), &value, NULL);
	if (!err)
		memcpy(value, &node, sizeof(tree_node_t *));
	return err;
}

static bool is_null(const yaml_event_t *event)
{
	slice_t text = slice_of(event->data.scalar.value, event->data.scalar.length);
	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (text.len == 0 || slice_eq(text, SLICE("~")) || slice_eq(text, SLICE("null")));
}

/* Where the text begins, if it stands in the file on one line, character by character. */
static mark_t text_place(const parse_t *p, const yaml_event_t *event, slice_t text)
{
	static const size_t QUOTES[] = {
		[YAML_PLAIN_SCALAR_STYLE] = 0,
		[YAML_SINGLE_QUOTED_SCALAR_STYLE] = 1,
		[YAML_DOUBLE_QUOTED_SCALAR_STYLE] = 1,
	};
	const size_t known = sizeof(QUOTES) / sizeof(QUOTES[0]);
	const yaml_mark_t from = event->start_mark, to = event->end_mark;
	size_t quotes = event->data.scalar.style < known ? QUOTES[event->data.scalar.style] : 0;
	mark_t at = mark_of(p, from);
	at.column += (uint32_t)quotes;
	if (from.line != to.line || to.column - from.column != utf8_count(text) + 2 * quotes)
		at.line = 0;
	return at;
}

static err_t on_scalar(parse_t *p, const yaml_event_t *event)
{
	tree_node_t *node = NULL;
	err_t err = node_new(p, event, &node);
	if (err)
		return err;
	slice_t text = slice_of(event->data.scalar.value, event->data.scalar.length);
	char *copy = pool_cstr(&p->tree->pool, text);
	if (!copy)
		return ERR_NO_MEMORY;
	node->kind = is_null(event) ? TREE_NULL : TREE_SCALAR;
	node->text = slice_of(copy, text.len);
	node->text_at = text_place(p, event, text);
	err = anchor_set(p, event->data.scalar.anchor, node);
	return err ? err : node_place(p, node);
}

static err_t collection_open(parse_t *p, const yaml_event_t *event, tree_kind_t kind,
                             const yaml_char_t *anchor)
{
	tree_node_t *node = NULL;
	err_t err = node_new(p, event, &node);
	if (err)
		return err;
	if (p->depth == TREE_DEPTH_MAX)
		return fail_limit(p, node->at, FAULT_TOO_DEEP, TREE_DEPTH_MAX);
	node->kind = kind;
	node->open = true;
	err = anchor_set(p, anchor, node);
	if (!err)
		err = node_place(p, node);
	if (err)
		return err;
	p->stack[p->depth] = node;
	p->key[p->depth] = NULL;
	p->depth++;
	return ERR_OK;
}

static err_t on_list(parse_t *p, const yaml_event_t *event)
{
	return collection_open(p, event, TREE_LIST, event->data.sequence_start.anchor);
}

static err_t on_mapping(parse_t *p, const yaml_event_t *event)
{
	return collection_open(p, event, TREE_MAPPING, event->data.mapping_start.anchor);
}

static err_t on_end(parse_t *p, const yaml_event_t *event)
{
	(void)event;
	p->depth--;
	p->stack[p->depth]->open = false;
	return ERR_OK;
}

static err_t on_alias(parse_t *p, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	tree_node_t *const *found = table_get(p->anchors, slice_str(name));
	if (!found || (*found)->open)
		return fault_raise(p->detail, mark_of(p, event->start_mark), FAULT_NO_ANCHOR,
		                   FAULT_ARGS(name));
	tree_node_t *node = NULL;
	err_t err = node_new(p, event, &node);
	if (err)
		return err;
	tree_node_t *anchor = *found;
	anchor->shared = true;
	mark_t at = node->at;
	*node = *anchor;
	node->key = (slice_t){ 0 };
	node->key_at = at;
	return node_place(p, node);
}

static err_t on_document(parse_t *p, const yaml_event_t *event)
{
	if (p->documents++)
		return fault_raise(p->detail, mark_of(p, event->start_mark), FAULT_DOCUMENTS,
		                   FAULT_ARGS(""));
	return ERR_OK;
}

/* Events without a row carry nothing the tree needs. */
static err_t (*const HANDLERS[])(parse_t *, const yaml_event_t *) = {
	[YAML_DOCUMENT_START_EVENT] = on_document, [YAML_ALIAS_EVENT] = on_alias,
	[YAML_SCALAR_EVENT] = on_scalar,           [YAML_SEQUENCE_START_EVENT] = on_list,
	[YAML_SEQUENCE_END_EVENT] = on_end,        [YAML_MAPPING_START_EVENT] = on_mapping,
	[YAML_MAPPING_END_EVENT] = on_end,
};

static err_t fail_syntax(parse_t *p, const yaml_parser_t *parser)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	/* Bytes that are not UTF-8 are found before they have a mark of their own. */
	bool reader = parser->error == YAML_READER_ERROR;
	mark_t at = mark_of(p, reader ? parser->mark : parser->problem_mark);
	return fault_raise(p->detail, at, FAULT_SYNTAX, FAULT_ARGS(parser->problem));
}

static err_t events_read(parse_t *p, yaml_parser_t *parser)
{
	const size_t known = sizeof(HANDLERS) / sizeof(HANDLERS[0]);
	yaml_event_type_t type = YAML_NO_EVENT;
	err_t err = ERR_OK;
	while (!err && type != YAML_STREAM_END_EVENT) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event))
			return fail_syntax(p, parser);
		type = event.type;
		if (type < known && HANDLERS[type])
			err = HANDLERS[type](p, &event);
		yaml_event_delete(&event);
	}
	return err;
}

/* What an empty file means. */
static err_t root_or_null(parse_t *p, tree_node_t **ret_root)
{
	if (!p->root) {
		p->root = pool_alloc(&p->tree->pool, 1, sizeof(*p->root));
		if (!p->root)
			return ERR_NO_MEMORY;
		p->root->at = p->root->key_at = (mark_t){ p->file, 1, 1 };
	}
	*ret_root = p->root;
	return ERR_OK;
}

err_t tree_parse(tree_t *tree, slice_t yaml, const char *file, tree_node_t **ret_root,
                 err_detail_t *ret_detail)
{
	if (yaml.len > TREE_FILE_MAX)
		return fault_raise_file(ret_detail, file, ERR_CONFIG, FAULT_FILE_TOO_BIG, "4 MiB");
	parse_t p = { .tree = tree, .file = file, .detail = ret_detail };
	p.anchors = table_new(sizeof(tree_node_t *), TREE_NODES_MAX, 0);
	yaml_parser_t parser;
	if (!p.anchors || !yaml_parser_initialize(&parser)) {
		table_free(p.anchors);
		return ERR_NO_MEMORY;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, yaml.ptr, yaml.len);
	err_t err = events_read(&p, &parser);
	if (!err)
		err = root_or_null(&p, ret_root);
	yaml_parser_delete(&parser);
	table_free(p.anchors);
	return err;
}
