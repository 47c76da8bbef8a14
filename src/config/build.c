/* SPDX-License-Identifier: Apache-2.0 */
/* The walk that turns a tree into structs by the rows of the schema. An absent
 * field is read from its fallback through the same path as a written one, so a
 * default can never mean something a person could not write. */
#include <assert.h>
#include <stdio.h>

#include "config/schema.h"
#include "config/suggest.h"

static err_t fail(const build_t *b, mark_t at, fault_t fault, const char *arg)
{
	return fault_raise(b->detail, at, fault, FAULT_ARGS(arg));
}

static err_t fail_unknown_key(const build_t *b, const section_t *s, const tree_node_t *member)
{
	const char *given = (const char *)member->key.ptr;
	suggest_t near = suggest_of(member->key);
	char known[ERR_ARG_MAX * 2];
	writer_t w = writer_of(known, sizeof(known));
	for (size_t i = 0; i < s->field_count; i++) {
		suggest_offer(&near, s->fields[i].key);
		wr_format(&w, "%s%s", i ? ", " : "", s->fields[i].key);
	}
	known[w.len] = '\0';
	fault_t fault = near.best ? FAULT_UNKNOWN_KEY_NEAR : FAULT_UNKNOWN_KEY;
	return fault_raise(b->detail, member->key_at, fault,
	                   FAULT_ARGS(given, near.best ? near.best : known));
}

static size_t field_find(const section_t *s, slice_t key)
{
	size_t i = 0;
	while (i < s->field_count && !slice_eq(slice_str(s->fields[i].key), key))
		i++;
	return i;
}

/* Sorts the members of a mapping to the fields of its section. */
static err_t members_take(const build_t *b, const section_t *s, const tree_node_t *node,
                          const tree_node_t *ret_members[FIELDS_MAX])
{
	for (const tree_node_t *member = node->first; member; member = member->next) {
		size_t i = field_find(s, member->key);
		if (i == s->field_count)
			return fail_unknown_key(b, s, member);
		if (ret_members[i]) {
			char other[MARK_TEXT_MAX];
			mark_format(ret_members[i]->key_at, other);
			return fault_raise(b->detail, member->key_at, FAULT_TWICE,
			                   FAULT_ARGS(s->fields[i].key, other));
		}
		ret_members[i] = member;
	}
	for (size_t i = 0; i < s->field_count; i++)
		if (ret_members[i] && ret_members[i]->kind == TREE_NULL)
			ret_members[i] = NULL;
	return ERR_OK;
}

static err_t items_limit(const build_t *b, const field_t *f, const tree_node_t *node)
{
	if (node->kind != TREE_LIST)
		return fail(b, node->at, FAULT_NOT_LIST, f->key);
	if (node->count <= f->max)
		return ERR_OK;
	char max[24];
	snprintf(max, sizeof(max), "%zu", f->max);
	return fault_raise(b->detail, node->at, FAULT_TOO_MANY, FAULT_ARGS(f->key, max));
}

static err_t read_array(build_t *b, const field_t *f, const tree_node_t *node, void *item)
{
	err_t err = items_limit(b, f, node);
	size_t *count = field_in(item, f->count_at);
	for (const tree_node_t *n = node->first; n && !err; n = n->next) {
		const kind_t *kind = kind_of(f);
		err = kind->read(b, f, n, field_in(item, f->at + *count * kind->size));
		++*count;
	}
	return err;
}

static err_t read_list(build_t *b, const field_t *f, const tree_node_t *node, void *item)
{
	err_t err = items_limit(b, f, node);
	if (err || !node->count)
		return err;
	void *items = pool_alloc(b->pool, node->count, f->section->size);
	if (!items)
		return ERR_NO_MEMORY;
	size_t *count = field_in(item, f->count_at);
	memcpy(field_in(item, f->at), &items, sizeof(void *));
	for (const tree_node_t *n = node->first; n && !err; n = n->next) {
		void *each = field_in(items, *count * f->section->size);
		if (n->kind != TREE_MAPPING)
			err = fail(b, n->at, FAULT_NOT_MAPPING, f->key);
		else
			err = build_section(b, f->section, n, each);
		++*count;
	}
	return err;
}

static err_t read_one(build_t *b, const field_t *f, const tree_node_t *node, void *item)
{
	void *value = field_in(item, f->at);
	if (f->kind != KIND_SECTION)
		return kind_of(f)->read(b, f, node, value);
	if (node->kind != TREE_MAPPING)
		return fail(b, node->at, FAULT_NOT_MAPPING, f->key);
	return build_section(b, f->section, node, value);
}

static err_t (*const READERS[])(build_t *, const field_t *, const tree_node_t *, void *) = {
	[FORM_ONE] = read_one,
	[FORM_ARRAY] = read_array,
	[FORM_LIST] = read_list,
};

static err_t read_field(build_t *b, const field_t *f, const tree_node_t *node, void *item)
{
	err_t err = READERS[f->form](b, f, node, item);
	if (!err && f->present_at)
		*(bool *)field_in(item, f->present_at) = true;
	return err;
}

/* The fallback as a tree: "{}" for sections, "a, b" for arrays. */
static err_t read_fallback(build_t *b, const field_t *f, mark_t at, void *item)
{
	static const tree_kind_t KINDS[] = {
		[FORM_ONE] = TREE_SCALAR,
		[FORM_ARRAY] = TREE_LIST,
		[FORM_LIST] = TREE_LIST,
	};
	tree_node_t parts[CONFIG_LISTEN_MAX] = { 0 };
	tree_node_t node = { .kind = KINDS[f->form], .at = at, .key_at = at };
	slice_t rest = slice_str(f->fallback);
	node.text = rest;
	for (size_t i = 0; f->form == FORM_ARRAY && rest.len; i++) {
		assert(i < CONFIG_LISTEN_MAX);
		parts[i] = (tree_node_t){ .kind = TREE_SCALAR, .at = at, .key_at = at };
		parts[i].text = slice_trim(slice_cut(&rest, ','));
		tree_append(&node, &parts[i]);
	}
	if (f->kind == KIND_SECTION)
		node.kind = TREE_MAPPING;
	return read_field(b, f, &node, item);
}

static err_t read_absent(build_t *b, const field_t *f, const tree_node_t *parent, void *item)
{
	if (f->optional)
		return ERR_OK;
	if (!f->fallback)
		return fail(b, parent->at, FAULT_MISSING, f->key);
	return read_fallback(b, f, parent->at, item);
}

err_t build_section(build_t *b, const section_t *s, const tree_node_t *node, void *item)
{
	assert(s->field_count <= FIELDS_MAX);
	const tree_node_t *members[FIELDS_MAX] = { 0 };
	err_t err = members_take(b, s, node, members);
	for (size_t i = 0; i < s->field_count && !err; i++) {
		if (members[i])
			err = read_field(b, &s->fields[i], members[i], item);
		else
			err = read_absent(b, &s->fields[i], node, item);
	}
	if (!err && s->check)
		err = s->check(b, node, item);
	return err;
}
