/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_NODE_H
#define MODEL_NODE_H
/* A node of the tree as others see it. Level, region and industry are words of
 * packs; the code gives them no meaning. */
typedef struct {
	const char *name;
	const char *label[2]; /* by lang_t */
	const char *prefix;   /* identifier prefix, "99.100.1" */
	const char *level;    /* "enterprise" */
	const char *region;   /* code of a reporting entity, "" if none */
	const char *industry; /* GB/T 4754 code, "" if none */
	const char *parent;   /* identifier of the parent node, "" if none */
} node_info_t;
#endif
