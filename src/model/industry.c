/* SPDX-License-Identifier: Apache-2.0 */
#include "model/industry.h"

#include "base/ascii.h"
#include "base/num.h"

enum { DIGITS_MAX = 4, DIVISION_DIGITS = 2 };

static const industry_section_t *section_of(uint8_t letter)
{
	for (const industry_section_t *s = INDUSTRY_SECTIONS; s->letter; s++)
		if (s->letter == (char)letter)
			return s;
	return NULL;
}

/* The division the digits begin with; 0 when they are no such digits. */
static uint8_t division_of(slice_t digits)
{
	uint64_t all = 0, division = 0;
	if (digits.len < DIVISION_DIGITS || digits.len > DIGITS_MAX ||
	    num_parse_u64(digits, 9999, &all) != ERR_OK ||
	    num_parse_u64(slice_sub(digits, 0, DIVISION_DIGITS), 99, &division) != ERR_OK)
		return 0;
	return (uint8_t)division;
}

bool industry_good(slice_t code)
{
	const industry_section_t *section = code.len ? section_of(code.ptr[0]) : NULL;
	if (!section || code.len == 1)
		return section != NULL;
	uint8_t division = division_of(slice_from(code, 1));
	return division >= section->first && division <= section->last;
}

bool industry_parts_good(const slice_t parts[4])
{
	char text[DIGITS_MAX + 2];
	slice_t narrowest = { 0 };
	if (parts[0].len != 1)
		return false;
	for (size_t i = 1; i < 4; i++) {
		if (parts[i].len == 0)
			continue;
		if (parts[i].len != i + 1 || !slice_starts(parts[i], narrowest))
			return false;
		narrowest = parts[i];
	}
	text[0] = (char)parts[0].ptr[0];
	return slice_to_cstr(narrowest, &text[1], sizeof(text) - 1) &&
	       industry_good(slice_of(text, 1 + narrowest.len));
}

const char *industry_name(slice_t code, lang_t lang)
{
	if (!industry_good(code))
		return NULL;
	uint8_t division = division_of(slice_from(code, 1));
	for (const industry_division_t *d = INDUSTRY_DIVISIONS; lang == LANG_ZH && d->division; d++)
		if (d->division == division)
			return d->name;
	return section_of(code.ptr[0])->name[lang];
}

slice_t industry_division(slice_t code)
{
	slice_t digits = code.len && ascii_is_letter(code.ptr[0]) ? slice_from(code, 1) : code;
	bool is_ours = digits.len >= DIVISION_DIGITS && digits.len <= DIGITS_MAX &&
	               ascii_is_digits(digits);
	return is_ours ? slice_sub(digits, 0, DIVISION_DIGITS) : code;
}
