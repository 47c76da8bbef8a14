/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H
/* "Did you mean": of the words offered, the one nearest to what was written. */
#include "base/slice.h"

typedef struct {
	slice_t given;
	const char *best; /* NULL: nothing is near enough */
	size_t distance;
} suggest_t;

/* Accepts words within a third of the length of what was given, at least one step. */
suggest_t suggest_of(slice_t given);
void suggest_offer(suggest_t *s, const char *word);
/* Steps (insert, drop, replace, swap of neighbours) from one word to the other;
 * SIZE_MAX when either is longer than 32 bytes. */
size_t suggest_distance(slice_t a, slice_t b);
#endif
