/* SPDX-License-Identifier: Apache-2.0 */
/* Edit distance with swaps of neighbours counted as one step, because swapped
 * letters are what fingers do most. Three rows of the matrix are enough. */
#include "config/suggest.h"

enum { WORD_MAX = 32 };

suggest_t suggest_of(slice_t given)
{
	size_t near = given.len / 3 ? given.len / 3 : 1;
	return (suggest_t){ .given = given, .distance = near + 1 };
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

typedef struct {
	size_t before[WORD_MAX + 1], last[WORD_MAX + 1], row[WORD_MAX + 1];
} rows_t;

static void row_fill(rows_t *r, slice_t a, slice_t b, size_t i)
{
	r->row[0] = i;
	for (size_t j = 1; j <= b.len; j++) {
		size_t replaced = r->last[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
		r->row[j] = least(replaced, least(r->last[j], r->row[j - 1]) + 1);
		bool swapped = i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
		               a.ptr[i - 2] == b.ptr[j - 1];
		if (swapped)
			r->row[j] = least(r->row[j], r->before[j - 2] + 1);
	}
}

size_t suggest_distance(slice_t a, slice_t b)
{
	if (a.len > WORD_MAX || b.len > WORD_MAX)
		return SIZE_MAX;
	rows_t r = { 0 };
	for (size_t j = 0; j <= b.len; j++)
		r.row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		memcpy(r.before, r.last, sizeof(r.last));
		memcpy(r.last, r.row, sizeof(r.row));
		row_fill(&r, a, b, i);
	}
	return r.row[b.len];
}

void suggest_offer(suggest_t *s, const char *word)
{
	size_t distance = suggest_distance(s->given, slice_str(word));
	if (distance < s->distance) {
		s->distance = distance;
		s->best = word;
	}
}
