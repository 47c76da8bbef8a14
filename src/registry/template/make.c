/* SPDX-License-Identifier: Apache-2.0 */
/* Walking a template: each element is a step, and each step is counted, so that the cost
 * of a name is bounded whatever the template says. */
#include <stdlib.h>

#include "base/ascii.h"
#include "base/num.h"
#include "codec/handle/handle.h"
#include "registry/template/tree.h"

enum { NAMES_MAX = 40, DIGITS = 16 };

/* A name of the template and what it stands for; group 0 is all of it. */
typedef struct {
	slice_t name;
	env_match_t match;
} binding_t;

typedef struct {
	name_template_t *template;
	const name_template_question_t *question;
	name_template_room_t *room;
	writer_t texts; /* over the bytes of the room */
	binding_t names[NAMES_MAX];
	size_t name_count;
	const handle_value_t *origin; /* the base's value in <foreach>; NULL outside */
	uint32_t count;
	unsigned steps;
	bool defines; /* in <def>: the first value is kept as text, not made */
	bool has_defined;
	slice_t defined;
} walk_t;

static err_t bind(walk_t *walk, slice_t name, const env_match_t *match)
{
	if (walk->name_count == NAMES_MAX)
		return ERR_LIMIT;
	walk->names[walk->name_count++] = (binding_t){ name, *match };
	return ERR_OK;
}

static err_t bind_text(walk_t *walk, slice_t name, slice_t text)
{
	env_match_t match = { .count = 1, .group = { text } };
	return bind(walk, name, &match);
}

/* What is not bound is empty. */
static slice_t text_of(const walk_t *walk, slice_t name, uint64_t group)
{
	for (size_t i = walk->name_count; i > 0; i--) {
		const binding_t *binding = &walk->names[i - 1];
		if (slice_eq(binding->name, name))
			return group < binding->match.count ? binding->match.group[group]
			                                    : (slice_t){ 0 };
	}
	return (slice_t){ 0 };
}

/* "name", "name[2]", or "2", a group of the extension. */
static slice_t named(const walk_t *walk, slice_t word)
{
	uint64_t group = 0;
	if (word.len && !num_parse_u64(word, UINT32_MAX, &group))
		return text_of(walk, SLICE("extension"), group);
	size_t bracket = slice_find(word, '[');
	slice_t digits = slice_from(word, bracket + 1);
	if (!slice_ends(digits, SLICE("]")) ||
	    num_parse_u64(slice_sub(digits, 0, digits.len - 1), UINT32_MAX, &group))
		return text_of(walk, word, 0);
	return text_of(walk, slice_sub(word, 0, bracket), group);
}

static size_t digits_of(slice_t text)
{
	size_t n = 0;
	while (n < text.len && n < DIGITS && ascii_is_digit(text.ptr[n]))
		n++;
	return n;
}

/* What follows a $: returns how much of the text it was. */
static size_t put_named(walk_t *walk, slice_t text)
{
	size_t digits = digits_of(text), close = slice_find(text, '}');
	if (digits) {
		wr_bytes(&walk->texts, named(walk, slice_sub(text, 0, digits)));
		return digits;
	}
	if (text.len == 0 || text.ptr[0] != '{' || close == text.len) {
		wr_u8(&walk->texts, '$');
		return 0;
	}
	wr_bytes(&walk->texts, named(walk, slice_sub(text, 1, close - 1)));
	return close + 1;
}

/* The text with its names replaced; a backslash takes the next byte as it is. */
static err_t fill_in(walk_t *walk, slice_t text, slice_t *ret_text)
{
	size_t from = walk->texts.len;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (c == '$')
			i += put_named(walk, slice_from(text, i + 1));
		else if (c == '\\' && i + 1 < text.len)
			wr_u8(&walk->texts, text.ptr[++i]);
		else
			wr_u8(&walk->texts, c);
	}
	*ret_text = slice_from(writer_done(&walk->texts), from);
	return walk->texts.bad ? ERR_LIMIT : ERR_OK;
}

/* Values. */

static bool is_taken(const walk_t *walk, uint32_t index)
{
	for (uint32_t i = 0; i < walk->count; i++)
		if (walk->room->values[i].index == index)
			return true;
	return false;
}

static err_t add_value(walk_t *walk, const handle_value_t *value)
{
	if (walk->count == TEMPLATE_VALUES)
		return ERR_LIMIT;
	handle_value_t *made = &walk->room->values[walk->count];
	*made = *value;
	while (is_taken(walk, made->index))
		if (made->index++ == INT32_MAX)
			return ERR_LIMIT;
	walk->count++;
	return ERR_OK;
}

static err_t define(walk_t *walk, slice_t data)
{
	if (!walk->has_defined)
		walk->defined = data;
	walk->has_defined = true;
	return ERR_OK;
}

static err_t step_value(walk_t *walk, const name_template_node_t *node)
{
	handle_value_t value = { .index = 1,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .ttl_s = HANDLE_TTL_DEFAULT_S };
	err_t err = ERR_OK;
	if (walk->origin)
		value = *walk->origin;
	if (node->index)
		value.index = node->index;
	if (node->type.ptr)
		err = fill_in(walk, node->type, &value.type);
	if (!err && node->has_data)
		err = fill_in(walk, node->data, &value.data);
	if (err)
		return err;
	if (walk->defines)
		return define(walk, value.data);
	/* A type that comes out empty makes no value that anybody could ask for. */
	return value.type.len ? add_value(walk, &value) : ERR_OK;
}

/* Elements with others in them. */

static err_t walk_children(walk_t *walk, uint16_t at, unsigned depth);

static err_t step_def(walk_t *walk, uint16_t at, unsigned depth)
{
	const name_template_node_t *node = &walk->template->nodes[at];
	bool was_defining = walk->defines, had = walk->has_defined;
	slice_t before = walk->defined;
	walk->defines = true;
	walk->has_defined = false;
	err_t err = walk_children(walk, at, depth);
	bool has = walk->has_defined;
	slice_t text = walk->defined;
	walk->defines = was_defining;
	walk->has_defined = had;
	walk->defined = before;
	return !err && has ? bind_text(walk, node->parameter, text) : err;
}

static err_t for_one(walk_t *walk, uint16_t at, unsigned depth, const handle_value_t *value)
{
	char digits[DIGITS];
	writer_t w = writer_of(digits, sizeof(digits));
	size_t names = walk->name_count;
	wr_format(&w, "%u", value->index);
	err_t err = bind_text(walk, SLICE("index"), writer_done(&w));
	if (!err)
		err = bind_text(walk, SLICE("type"), value->type);
	if (!err)
		err = bind_text(walk, SLICE("data"), value->data);
	walk->origin = value;
	if (!err)
		err = walk_children(walk, at, depth);
	walk->origin = NULL;
	walk->name_count = names;
	return err;
}

static err_t step_foreach(walk_t *walk, uint16_t at, unsigned depth)
{
	const record_t *record = walk->question->record;
	handle_value_t value;
	err_t err = ERR_OK;
	if (!record)
		return ERR_OK;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	while (!err && handle_value_next(&iter, &value))
		if (value.perms & HANDLE_PERM_PUBLIC_READ)
			err = for_one(walk, at, depth, &value);
	return err;
}

/* Whether the test holds, and what its parameter stands for inside. */
static err_t test(walk_t *walk, const name_template_node_t *node, bool *ret_holds,
                  env_match_t *ret_match)
{
	slice_t text = named(walk, node->value);
	*ret_match = (env_match_t){ .count = 1, .group = { text } };
	*ret_holds = true;
	if (!node->expression.ptr)
		return ERR_OK;
	if (!node->matches) {
		*ret_holds = slice_eq(text, node->expression);
		return ERR_OK;
	}
	err_t err = env_regex_match(node->matches, text, ret_match);
	*ret_holds = !err;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static err_t step_if(walk_t *walk, uint16_t at, const name_template_node_t *asked, bool is_else,
                     unsigned depth)
{
	env_match_t match;
	bool holds = false;
	size_t names = walk->name_count;
	err_t err = test(walk, asked, &holds, &match);
	if (err || holds == (asked->negates != is_else))
		return err;
	err = bind(walk, asked->parameter, &match);
	if (!err)
		err = walk_children(walk, at, depth);
	walk->name_count = names;
	return err;
}

static err_t step(walk_t *walk, uint16_t at, const name_template_node_t **last_if, unsigned depth)
{
	const name_template_node_t *node = &walk->template->nodes[at];
	if (++walk->steps > TEMPLATE_STEPS)
		return ERR_LIMIT;
	switch (node->element) {
	case TEMPLATE_FOREACH:
		return step_foreach(walk, at, depth);
	case TEMPLATE_IF:
		*last_if = node;
		return step_if(walk, at, node, false, depth);
	case TEMPLATE_ELSE:
		return *last_if ? step_if(walk, at, *last_if, true, depth) : ERR_OK;
	case TEMPLATE_VALUE:
		return step_value(walk, node);
	case TEMPLATE_DEF:
		return step_def(walk, at, depth);
	case TEMPLATE_NOTFOUND:
		return ERR_NOT_FOUND;
	case TEMPLATE_NAMESPACE:
	case TEMPLATE_TEMPLATE:
	case TEMPLATE_OTHER:
	case TEMPLATE_ELEMENT_COUNT:
		break;
	}
	return ERR_OK;
}

/* As deep as the template nests, which its compiler bounds. What a <def> names is there
 * until the element around it ends. */
static err_t walk_children(walk_t *walk, uint16_t at, unsigned depth)
{
	const name_template_node_t *nodes = walk->template->nodes, *last_if = NULL;
	size_t names = walk->name_count;
	err_t err = depth > TEMPLATE_DEPTH ? ERR_LIMIT : ERR_OK;
	for (uint16_t child = nodes[at].child; !err && child; child = nodes[child].next)
		err = step(walk, child, &last_if, depth + 1);
	walk->name_count = names;
	return err;
}

static int by_index(const void *a, const void *b)
{
	uint32_t left = ((const handle_value_t *)a)->index;
	uint32_t right = ((const handle_value_t *)b)->index;
	return left < right ? -1 : left > right;
}

static err_t begin(walk_t *walk)
{
	const name_template_question_t *q = walk->question;
	err_t err = bind_text(walk, SLICE("handle"), q->name);
	if (!err)
		err = bind_text(walk, SLICE("base"), q->base);
	return err ? err : bind_text(walk, SLICE("extension"), q->extension);
}

err_t name_template_make(name_template_t *template, const name_template_question_t *question,
                         name_template_room_t *room, writer_t *w, record_t *ret_record)
{
	walk_t walk = { .template = template,
		        .question = question,
		        .room = room,
		        .texts = writer_of(room->bytes, sizeof(room->bytes)) };
	size_t from = w->len;
	err_t err = begin(&walk);
	if (!err)
		err = walk_children(&walk, template->root, 0);
	if (!err && walk.count == 0)
		err = ERR_NOT_FOUND;
	if (err)
		return err;
	qsort(room->values, walk.count, sizeof(*room->values), by_index);
	for (uint32_t i = 0; i < walk.count; i++)
		handle_value_encode(&room->values[i], w);
	if (w->bad || w->len - from > TEMPLATE_RECORD_MAX)
		return ERR_LIMIT;
	*ret_record = (record_t){ .count = walk.count,
		                  .values = slice_from(writer_done(w), from),
		                  .is_public = true };
	if (question->record)
		ret_record->changed_ns = question->record->changed_ns;
	return ERR_OK;
}
