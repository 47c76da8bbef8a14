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

const char *point_state_name(const point_states_t *states, uint32_t ordinal, lang_t lang)
{
	size_t low = 0, high = states->count;
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
	double number;
	if (!states->count || !value_number(&value, &number))
		return value;
	bool is_ordinal = number >= 0 && number <= UINT32_MAX;
	return is_ordinal && (double)(uint32_t)number == number ? value_enum((uint32_t)number)
	                                                        : value;
}
