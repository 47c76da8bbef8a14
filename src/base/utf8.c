/* SPDX-License-Identifier: Apache-2.0 */
/* Validation by the table of RFC 3629 section 4: the lead byte fixes the length
 * and the range of the second byte, and that range alone shuts out over-long
 * forms, surrogates and everything above U+10FFFF. */
#include "base/utf8.h"

typedef struct {
	uint8_t lead_from, lead_to, second_from, second_to, len;
} form_t;

static const form_t FORMS[] = {
	{ 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 }, { 0xE1, 0xEC, 0x80, 0xBF, 3 },
	{ 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 }, { 0xF0, 0xF0, 0x90, 0xBF, 4 },
	{ 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
};

static const form_t *form_of(uint8_t lead)
{
	for (size_t i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
		if (lead >= FORMS[i].lead_from && lead <= FORMS[i].lead_to)
			return &FORMS[i];
	}
	return NULL;
}

static bool in_range(uint8_t byte, uint8_t from, uint8_t to)
{
	return byte >= from && byte <= to;
}

size_t utf8_next(slice_t s)
{
	if (s.len == 0)
		return 0;
	if (s.ptr[0] < 0x80)
		return 1;
	const form_t *form = form_of(s.ptr[0]);
	if (!form || form->len > s.len || !in_range(s.ptr[1], form->second_from, form->second_to))
		return 0;
	for (size_t i = 2; i < form->len; i++) {
		if (!in_range(s.ptr[i], 0x80, 0xBF))
			return 0;
	}
	return form->len;
}

/* How much of the front is certainly ASCII, eight bytes a step. */
static size_t ascii_run(slice_t s)
{
	size_t len = 0;
	while (s.len - len >= 8 && !(load_u64_le(&s.ptr[len]) & UINT64_C(0x8080808080808080)))
		len += 8;
	return len;
}

bool utf8_valid(slice_t s)
{
	return utf8_cut(s, s.len) == s.len;
}

size_t utf8_cut(slice_t s, size_t max)
{
	slice_t rest = slice_sub(s, 0, max);
	size_t len = ascii_run(rest);
	rest = slice_from(rest, len);
	for (size_t step = utf8_next(rest); step; step = utf8_next(rest)) {
		len += step;
		rest = slice_from(rest, step);
	}
	return len;
}

size_t utf8_count(slice_t s)
{
	size_t count = 0;
	for (; s.len; count++) {
		size_t len = utf8_next(s);
		s = slice_from(s, len ? len : 1);
	}
	return count;
}
