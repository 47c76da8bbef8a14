/* SPDX-License-Identifier: Apache-2.0 */
/* XML into a tree that can be walked without looking at a text again. All that can be
 * wrong with a template is found here, so that who writes it hears of it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "env/xml.h"
#include "registry/template/tree.h"

enum { SPARE = 16 };

typedef struct {
	name_template_t *template;
	uint16_t open;    /* the innermost open element */
	size_t depth;     /* of open elements, the root's is 1 */
	size_t depth_off; /* what is in an element at this depth is not looked at; 0: all is */
	char reason[TEMPLATE_REASON];
} build_t;

static const char *const elements[TEMPLATE_ELEMENT_COUNT] = {
#define X(name, element) [TEMPLATE_##name] = element,
	TEMPLATE_ELEMENTS(X)
#undef X
};

static name_template_element_t element_of(slice_t name)
{
	int i = 0;
	while (elements[i] && !slice_eq(name, slice_str(elements[i])))
		i++;
	return (name_template_element_t)i;
}

static slice_t keep(name_template_t *template, slice_t text)
{
	size_t from = template->texts.len;
	wr_bytes(&template->texts, text);
	wr_u8(&template->texts, 0); /* so that an empty one has a place too */
	return slice_sub(writer_done(&template->texts), from, text.len);
}

/* Attributes. */

typedef const char *(*attribute_t)(build_t *build, name_template_node_t *node, slice_t value);

static const char *take_delimiter(build_t *build, name_template_node_t *node, slice_t value)
{
	(void)node;
	build->template->delimiter = keep(build->template, value);
	return value.len ? NULL : "the delimiter is empty";
}

/* "300:99.100.1/templates" */
static const char *take_reference(build_t *build, name_template_node_t *node, slice_t value)
{
	uint64_t index = 0;
	slice_t handle = value, digits = slice_cut(&handle, ':');
	(void)node;
	if (handle.len == 0 || num_parse_u64(digits, UINT32_MAX, &index) || index == 0)
		return "ref is not INDEX:HANDLE";
	build->template->reference = (handle_reference_t){ keep(build->template, handle),
		                                           (uint32_t)index };
	return NULL;
}

static const char *take_index(build_t *build, name_template_node_t *node, slice_t value)
{
	uint64_t index = 0;
	(void)build;
	if (num_parse_u64(value, INT32_MAX, &index) || index == 0)
		return "index is not a number above 0";
	node->index = (uint32_t)index;
	return NULL;
}

static const char *take_type(build_t *build, name_template_node_t *node, slice_t value)
{
	node->type = keep(build->template, value);
	return value.len ? NULL : "type is empty";
}

static const char *take_data(build_t *build, name_template_node_t *node, slice_t value)
{
	node->data = keep(build->template, value);
	node->has_data = true;
	return NULL;
}

static const char *take_value(build_t *build, name_template_node_t *node, slice_t value)
{
	node->value = keep(build->template, value);
	return NULL;
}

static const char *take_parameter(build_t *build, name_template_node_t *node, slice_t value)
{
	node->parameter = keep(build->template, value);
	return value.len ? NULL : "parameter is empty";
}

static const char *take_expression(build_t *build, name_template_node_t *node, slice_t value)
{
	node->expression = keep(build->template, value);
	return NULL;
}

/* The expression is there by now: it is asked for behind the walk over the attributes. */
static const char *take_test(build_t *build, name_template_node_t *node, slice_t value)
{
	(void)build;
	(void)node;
	return slice_eq(value, SLICE("equals")) || slice_eq(value, SLICE("matches"))
	               ? NULL
	               : "test is neither equals nor matches";
}

static const char *take_negate(build_t *build, name_template_node_t *node, slice_t value)
{
	(void)build;
	node->negates = slice_eq(value, SLICE("true"));
	return node->negates || slice_eq(value, SLICE("false")) ? NULL
	                                                        : "negate is not true or false";
}

static const struct {
	name_template_element_t element;
	const char *name;
	attribute_t take;
} attributes[] = {
	{ TEMPLATE_TEMPLATE, "delimiter", take_delimiter },
	{ TEMPLATE_TEMPLATE, "ref", take_reference },
	{ TEMPLATE_VALUE, "index", take_index },
	{ TEMPLATE_VALUE, "type", take_type },
	{ TEMPLATE_VALUE, "data", take_data },
	{ TEMPLATE_IF, "value", take_value },
	{ TEMPLATE_IF, "test", take_test },
	{ TEMPLATE_IF, "expression", take_expression },
	{ TEMPLATE_IF, "parameter", take_parameter },
	{ TEMPLATE_IF, "negate", take_negate },
	{ TEMPLATE_DEF, "parameter", take_parameter },
};

static const char *take_attribute(build_t *build, name_template_node_t *node, slice_t name,
                                  slice_t value)
{
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++)
		if (attributes[i].element == node->element &&
		    slice_eq(name, slice_str(attributes[i].name)))
			return attributes[i].take(build, node, value);
	(void)snprintf(build->reason, sizeof(build->reason), "<%s> has no attribute %.*s",
	               elements[node->element], (int)(name.len < 32 ? name.len : 32),
	               (const char *)name.ptr);
	return build->reason;
}

/* Elements. */

static const char *compile_test(build_t *build, name_template_node_t *node, slice_t test)
{
	char why[ENV_REGEX_WHY] = "";
	if (node->value.len == 0)
		node->value = SLICE("extension");
	if (node->parameter.len == 0)
		node->parameter = node->value;
	if (test.len && !node->expression.ptr)
		return "a test needs an expression";
	if (!slice_eq(test, SLICE("matches")))
		return NULL;
	if (!env_regex_new(node->expression, true, &node->matches, why))
		return NULL;
	(void)snprintf(build->reason, sizeof(build->reason), "expression: %s", why);
	return build->reason;
}

static slice_t test_of(const xml_element_t *element)
{
	slice_t name, value;
	for (size_t i = 0; xml_attribute(element, i, &name, &value); i++)
		if (slice_eq(name, SLICE("test")))
			return value;
	return (slice_t){ 0 };
}

static const char *take_attributes(build_t *build, name_template_node_t *node,
                                   const xml_element_t *element)
{
	const char *wrong = NULL;
	slice_t name, value;
	for (size_t i = 0; !wrong && xml_attribute(element, i, &name, &value); i++)
		wrong = take_attribute(build, node, name, value);
	if (!wrong && node->element == TEMPLATE_IF)
		wrong = compile_test(build, node, test_of(element));
	if (!wrong && node->element == TEMPLATE_DEF && node->parameter.len == 0)
		wrong = "<def> needs a parameter";
	return wrong;
}

static bool is_inside(const build_t *build, name_template_element_t element)
{
	const name_template_node_t *nodes = build->template->nodes;
	uint16_t at = build->open;
	while (at && nodes[at].element != element)
		at = nodes[at].parent;
	return nodes[at].element == element;
}

/* What stands in front of it in the same element; 0: nothing. */
static uint16_t last_child(const build_t *build)
{
	const name_template_node_t *nodes = build->template->nodes;
	uint16_t at = nodes[build->open].child;
	while (at && nodes[at].next)
		at = nodes[at].next;
	return at;
}

/* An <else> goes with the <if> in front of it, with a <def> between them at most. */
static bool has_if(const build_t *build)
{
	const name_template_node_t *nodes = build->template->nodes;
	for (uint16_t at = nodes[build->open].child; at; at = nodes[at].next)
		if (nodes[at].element == TEMPLATE_IF)
			return true;
	return false;
}

/* Why the element may not stand here. */
static const char *misplaced(build_t *build, name_template_element_t element)
{
	name_template_element_t above = build->template->nodes[build->open].element;
	if (element == TEMPLATE_OTHER || element == TEMPLATE_NAMESPACE)
		return "an element that no template has";
	if (element == TEMPLATE_TEMPLATE)
		return build->template->root ? "a second <template>" : NULL;
	if (above == TEMPLATE_VALUE || above == TEMPLATE_NOTFOUND)
		return "an element in <value> or <notfound>";
	if (element == TEMPLATE_FOREACH && is_inside(build, TEMPLATE_FOREACH))
		return "a <foreach> in a <foreach>";
	if (element == TEMPLATE_ELSE && !has_if(build))
		return "an <else> without its <if>";
	return NULL;
}

static name_template_node_t *add_node(build_t *build, name_template_element_t element,
                                      unsigned line)
{
	name_template_t *t = build->template;
	uint16_t at = (uint16_t)t->count++, before = last_child(build);
	t->nodes[at] = (name_template_node_t){ .element = element,
		                               .line = line,
		                               .parent = build->open };
	if (at && before)
		t->nodes[before].next = at;
	else if (at)
		t->nodes[build->open].child = at;
	build->open = at;
	return &t->nodes[at];
}

static const char *open_root(build_t *build, name_template_element_t element,
                             const xml_element_t *xml)
{
	(void)add_node(build, TEMPLATE_NAMESPACE, xml->line);
	if (element == TEMPLATE_NAMESPACE)
		return NULL;
	if (element != TEMPLATE_TEMPLATE)
		return "the outermost element is neither <namespace> nor <template>";
	/* A template that stands alone, as those that are referred to. */
	name_template_node_t *node = add_node(build, element, xml->line);
	build->template->root = 1;
	return take_attributes(build, node, xml);
}

static const char *on_open(void *ctx, const xml_element_t *xml)
{
	build_t *build = ctx;
	name_template_element_t element = element_of(xml->name);
	build->depth++;
	if (build->depth_off)
		return NULL;
	if (build->template->count == 0)
		return open_root(build, element, xml);
	/* A namespace says more than templates: contacts, locations. */
	if (build->open == 0 && element != TEMPLATE_TEMPLATE) {
		build->depth_off = build->depth;
		return NULL;
	}
	const char *wrong = misplaced(build, element);
	if (wrong)
		return wrong;
	if (build->template->count == TEMPLATE_NODES || build->depth > TEMPLATE_DEPTH)
		return "the template is too large";
	name_template_node_t *node = add_node(build, element, xml->line);
	if (element == TEMPLATE_TEMPLATE)
		build->template->root = build->open;
	return take_attributes(build, node, xml);
}

/* A value outside <foreach> has none to take its type and data from; in <def> only the
 * data counts. */
static const char *check_value(const build_t *build, const name_template_node_t *node)
{
	bool has_base = is_inside(build, TEMPLATE_FOREACH);
	if (has_base || (node->has_data && (node->type.ptr || is_inside(build, TEMPLATE_DEF))))
		return NULL;
	return "a <value> outside <foreach> needs type and data";
}

static const char *on_close(void *ctx)
{
	build_t *build = ctx;
	name_template_node_t *node = &build->template->nodes[build->open];
	const char *wrong = NULL;
	bool is_off = build->depth_off != 0;
	if (build->depth_off == build->depth)
		build->depth_off = 0;
	build->depth--;
	if (is_off)
		return NULL;
	if (node->element == TEMPLATE_VALUE)
		wrong = check_value(build, node);
	build->open = node->parent;
	return wrong;
}

static bool is_blank(slice_t text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!memchr(" \t\r\n", text.ptr[i], 4))
			return false;
	return true;
}

/* The data of a <value> may stand in it; else there is no text in a template. */
static const char *on_text(void *ctx, slice_t text)
{
	build_t *build = ctx;
	name_template_t *t = build->template;
	name_template_node_t *node = &t->nodes[build->open];
	if (build->depth_off || build->open == 0)
		return NULL;
	if (node->element != TEMPLATE_VALUE)
		return is_blank(text) ? NULL : "text that belongs to no <value>";
	bool goes_on = node->has_data &&
	               node->data.ptr + node->data.len == t->texts.buf + t->texts.len;
	if (!node->has_data && is_blank(text))
		return NULL;
	if (node->has_data && !goes_on)
		return is_blank(text) ? NULL : "data stands both in <value> and beside it";
	size_t from = t->texts.len;
	wr_bytes(&t->texts, text);
	slice_t piece = slice_sub(writer_done(&t->texts), from, text.len);
	node->data = goes_on ? slice_of(node->data.ptr, node->data.len + piece.len) : piece;
	node->has_data = true;
	return NULL;
}

static err_t build_tree(build_t *build, slice_t xml, name_template_fault_t *ret_fault)
{
	name_template_t *t = build->template;
	xml_taker_t taker = { on_open, on_close, on_text, build };
	xml_fault_t fault = { 0 };
	size_t texts = 2 * xml.len + SPARE;
	t->nodes = calloc(TEMPLATE_NODES, sizeof(*t->nodes));
	t->texts = writer_of(malloc(texts), texts);
	if (!t->nodes || !t->texts.buf)
		return ERR_NO_MEMORY;
	err_t err = xml_read(xml, &taker, &fault);
	if (!err && t->root == 0)
		return ERR_NOT_FOUND;
	if (!err && t->texts.bad) {
		err = ERR_LIMIT;
		fault = (xml_fault_t){ 1, "the template is too large" };
	}
	ret_fault->line = fault.line;
	if (err)
		(void)slice_to_cstr(slice_str(fault.reason), ret_fault->reason, TEMPLATE_REASON);
	return err && err != ERR_NO_MEMORY ? ERR_INVALID : err;
}

err_t name_template_new(slice_t xml, name_template_t **ret_template,
                        name_template_fault_t *ret_fault)
{
	name_template_t *t = calloc(1, sizeof(*t));
	build_t build = { .template = t };
	*ret_fault = (name_template_fault_t){ .line = 0 };
	err_t err = t ? build_tree(&build, xml, ret_fault) : ERR_NO_MEMORY;
	if (err)
		name_template_free(t);
	else
		*ret_template = t;
	return err;
}

void name_template_free(name_template_t *template)
{
	if (!template)
		return;
	for (size_t i = 0; i < template->count; i++)
		env_regex_free(template->nodes[i].matches);
	free(template->nodes);
	free(template->texts.buf);
	free(template);
}

bool name_template_reference(const name_template_t *template, handle_reference_t *ret_reference)
{
	if (template->reference.index == 0)
		return false;
	*ret_reference = template->reference;
	return true;
}

static size_t find(slice_t text, slice_t part)
{
	size_t at = 0;
	while (at < text.len && !slice_starts(slice_from(text, at), part))
		at++;
	return at;
}

bool name_template_split(const name_template_t *template, slice_t name, slice_t *ret_base,
                         slice_t *ret_extension)
{
	slice_t delimiter = template->delimiter;
	size_t slash = slice_find(name, '/');
	size_t from = slice_eq(delimiter, SLICE("/")) ? slash : slash + 1;
	if (delimiter.len == 0 || slash >= name.len)
		return false;
	size_t at = from + find(slice_from(name, from), delimiter);
	if (at >= name.len || at == slash + 1)
		return false;
	*ret_base = slice_sub(name, 0, at);
	*ret_extension = slice_from(name, at + delimiter.len);
	return true;
}
