/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_INDUSTRY_H
#define MODEL_INDUSTRY_H
/* Industry codes of GB/T 4754 from packs/cn/gbt4754.tsv, built in: a section (门类, one
 * letter), a division (大类, two digits), a group (中类, three), a class (小类, four), each
 * beginning with the one before. */
#include "base/err.h"

typedef struct {
	char letter; /* 0 ends the table */
	uint8_t first, last;
	const char *name[LANG_COUNT];
} industry_section_t;

typedef struct {
	uint8_t division; /* 0 ends the table */
	const char *name;
} industry_division_t;

extern const industry_section_t INDUSTRY_SECTIONS[];
extern const industry_division_t INDUSTRY_DIVISIONS[];

/* "C", "C38", "C384", "C3841": a letter, then the digits of a division and what refines
 * it. False when the section has no such division. */
bool industry_good(slice_t code);
/* The same in four parts, as templates give it: "C", "38", "384", "3841"; the later ones
 * may be empty. */
bool industry_parts_good(const slice_t parts[4]);
/* The division of a code, with or without its letter: "38" of "C3841" and of "3841". A code of
 * another classification is its own division. */
slice_t industry_division(slice_t code);
/* The narrowest name the pack has for a code, in Chinese for a division; NULL. */
const char *industry_name(slice_t code, lang_t lang);
#endif
