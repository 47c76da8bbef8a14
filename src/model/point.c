/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a point's address, from the rows of the header; the names of its states. */
#include "model/point.h"

#define X(name, text) [POINT_##name] = text,
const char *const POINT_TABLE_NAMES[POINT_TABLE_COUNT] = { POINT_TABLE_ROWS(X) };
#undef X

#define X(name, text) [WIRE_##name] = text,
const char *const WIRE_NAMES[WIRE_COUNT] = { WIRE_ROWS(X) };
#undef X

#define X(name) [ORDER_##name] = #name,
const char *const ORDER_NAMES[ORDER_COUNT] = { ORDER_ROWS(X) };
#undef X

#define X(name, word, en, zh) [DATA_##name] = word,
const char *const DATA_CLASS_NAMES[DATA_CLASS_COUNT] = { DATA_CLASS_ROWS(X) };
#undef X

#define X(name, word, en, zh) [DATA_##name] = { en, zh },
const char *const DATA_CLASS_TEXTS[DATA_CLASS_COUNT][LANG_COUNT] = { DATA_CLASS_ROWS(X) };
#undef X

static bool ordinal_of(const value_t *value, uint32_t *ret_ordinal)
{
	double number;
	if (!value_number(value, &number) || !(number >= 0 && number <= UINT32_MAX))
		return false;
	*ret_ordinal = (uint32_t)number;
	return (double)*ret_ordinal == number;
}

const char *point_state_name(const point_states_t *states, const value_t *value, lang_t lang)
{
	uint32_t ordinal = 0;
	size_t low = 0, high = states->count;
	if (high == 0 || !ordinal_of(value, &ordinal))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (states->rows[middle].ordinal < ordinal)
			low = middle + 1;
		else
			high = middle;
	}
	return low < states->count && states->rows[low].ordinal == ordinal
	               ? states->rows[low].name[lang]
	               : NULL;
}

value_t point_stated(const point_states_t *states, value_t value)
{
	uint32_t ordinal;
	return states->count && ordinal_of(&value, &ordinal) ? value_enum(ordinal) : value;
}
