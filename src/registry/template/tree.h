/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_TEMPLATE_TREE_H
#define REGISTRY_TEMPLATE_TREE_H
/* A template as it is walked: elements in the order of the text, each knowing its first
 * child and what stands behind it. Private to this folder. */
#include "env/regex.h"
#include "registry/template/template.h"

/* name, element. NAMESPACE and OTHER are never walked. */
#define TEMPLATE_ELEMENTS(X) \
	X(NAMESPACE, "namespace") \
	X(TEMPLATE, "template") \
	X(FOREACH, "foreach") \
	X(IF, "if") \
	X(ELSE, "else") \
	X(VALUE, "value") \
	X(DEF, "def") \
	X(NOTFOUND, "notfound") \
	X(OTHER, NULL)

#define X(name, element) TEMPLATE_##name,
typedef enum { TEMPLATE_ELEMENTS(X) TEMPLATE_ELEMENT_COUNT } name_template_element_t;
#undef X

/* 0 is the root, so that no child and nothing behind are 0 as well. */
typedef struct {
	name_template_element_t element;
	unsigned line;
	uint16_t parent, child, next;
	bool negates, has_data;
	uint32_t index;       /* of <value>; 0: that of the base's value, or 1 */
	slice_t value;        /* what <if> looks at */
	slice_t parameter;    /* the name it, or <def>, gives */
	slice_t expression;   /* of <if>; ptr NULL: none */
	env_regex_t *matches; /* compiled from it, when the test is "matches" */
	slice_t type, data;   /* of <value>; ptr NULL: those of the base's value */
} name_template_node_t;

struct name_template {
	name_template_node_t *nodes;
	size_t count;
	uint16_t root; /* the <template>; 0: none */
	slice_t delimiter;
	handle_reference_t reference; /* index 0: none */
	writer_t texts;
};
#endif
