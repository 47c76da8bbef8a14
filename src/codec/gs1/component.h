/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_GS1_COMPONENT_H
#define CODEC_GS1_COMPONENT_H
/* What a value is cut into before it becomes bits. For the files of this room. */
#include "codec/gs1/gs1.h"

typedef struct {
	bool is_numeric, is_fixed;
	size_t max; /* characters */
} gs1_component_t;

static inline bool gs1_part_is_fixed(const gs1_part_t *part)
{
	return part->min == part->max && !part->optional;
}

/* Takes the parts from *at on that make one component; false behind the last. Digits of
 * fixed length are one, digits that vary another, all other characters a third. */
static inline bool gs1_component_next(const gs1_ai_t *ai, size_t *at, gs1_component_t *ret)
{
	if (*at == ai->part_count)
		return false;
	const gs1_part_t *part = &ai->parts[*at];
	gs1_component_t c = { .is_numeric = part->kind == 'N',
		              .is_fixed = gs1_part_is_fixed(part) };
	for (; *at < ai->part_count; ++*at) {
		part = &ai->parts[*at];
		bool is_fixed = gs1_part_is_fixed(part);
		if ((part->kind == 'N') != c.is_numeric || (c.is_numeric && is_fixed != c.is_fixed))
			break;
		c.is_fixed = c.is_fixed && is_fixed;
		c.max += part->max;
	}
	*ret = c;
	return true;
}
#endif
