/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of slice_t that are too long to be inline. Case folding knows ASCII
 * only, because identifiers fold only ASCII and must not depend on a locale. */
#include "base/slice.h"

static uint8_t fold_upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int slice_cmp(slice_t a, slice_t b)
{
	size_t shared = a.len < b.len ? a.len : b.len;
	int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool slice_eq_nocase(slice_t a, slice_t b)
{
	if (a.len != b.len)
		return false;
	if (slice_eq(a, b)) /* as nearly all that are equal are */
		return true;
	for (size_t i = 0; i < a.len; i++) {
		if (fold_upper(a.ptr[i]) != fold_upper(b.ptr[i]))
			return false;
	}
	return true;
}

size_t slice_find(slice_t s, uint8_t byte)
{
	const uint8_t *hit = s.len ? memchr(s.ptr, byte, s.len) : NULL;
	return hit ? (size_t)(hit - s.ptr) : s.len;
}

slice_t slice_cut(slice_t *s, uint8_t byte)
{
	size_t at = slice_find(*s, byte);
	slice_t head = slice_sub(*s, 0, at);
	*s = at < s->len ? slice_from(*s, at + 1) : slice_from(*s, at);
	return head;
}

slice_t slice_trim(slice_t s)
{
	while (s.len && is_blank(s.ptr[0]))
		s = slice_from(s, 1);
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool slice_to_cstr(slice_t s, char *buf, size_t cap)
{
	if (cap == 0)
		return false;
	slice_t head = slice_sub(s, 0, cap - 1);
	if (head.len)
		memcpy(buf, head.ptr, head.len);
	buf[head.len] = '\0';
	return head.len == s.len;
}

void slice_fold_upper(slice_t s, uint8_t *out)
{
	for (size_t i = 0; i < s.len; i++)
		out[i] = fold_upper(s.ptr[i]);
}
