/* SPDX-License-Identifier: Apache-2.0 */
/* One value against the parts of its AI. */
#include "base/ascii.h"
#include "codec/gs1/table.h"

/* What each kind takes beside digits. */
static bool is_of_kind(char kind, uint8_t c)
{
	static const char of_39[] = "#-/ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char of_64[] = "-_=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	if (ascii_is_digit(c))
		return true;
	if (kind == 'X')
		return gs1_character(c) >= 0;
	slice_t more = slice_str(kind == 'Y' ? of_39 : of_64);
	return kind != 'N' && slice_find(more, c) < more.len;
}

static gs1_problem_t check_part(const gs1_part_t *part, slice_t text)
{
	gs1_problem_t problem = GS1_GOOD;
	for (size_t i = 0; i < text.len; i++)
		if (!is_of_kind(part->kind, text.ptr[i]))
			return part->kind == 'N' ? GS1_DIGITS : GS1_CHARACTER;
	if (text.len < part->min)
		return GS1_SHORT;
	for (size_t i = 0; !problem && i < GS1_CHECKS_MAX; i++)
		problem = gs1_part_check(part->checks[i], text);
	return problem;
}

gs1_problem_t gs1_value_check(const gs1_ai_t *ai, slice_t value)
{
	gs1_problem_t problem = GS1_GOOD;
	for (size_t i = 0; !problem && i < ai->part_count; i++) {
		const gs1_part_t *part = &ai->parts[i];
		if (part->optional && value.len == 0)
			break;
		problem = check_part(part, slice_sub(value, 0, part->max));
		value = slice_from(value, part->max);
	}
	if (!problem && value.len > 0)
		return GS1_LONG;
	return problem;
}

slice_t gs1_company(const gs1_element_t *key)
{
	size_t at = 0;
	for (size_t i = 0; key->ai && i < key->ai->part_count; i++) {
		const gs1_part_t *part = &key->ai->parts[i];
		for (size_t k = 0; k < GS1_CHECKS_MAX; k++)
			if (part->checks[k] == GS1_CHECK_KEY ||
			    part->checks[k] == GS1_CHECK_KEYOFF1)
				return slice_from(key->value,
				                  at + (part->checks[k] == GS1_CHECK_KEYOFF1));
		at += part->max;
	}
	return (slice_t){ 0 };
}
