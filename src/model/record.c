/* SPDX-License-Identifier: Apache-2.0 */
#include "model/record.h"

static const char *const state_names[] = {
#define X(name, text) text,
	RECORD_STATE_ROWS(X)
#undef X
};

const char *record_state_name(record_state_t state)
{
	return state_names[state];
}

record_state_t record_state_parse(slice_t name)
{
	unsigned i = 0;
	while (i < RECORD_STATE_COUNT && !slice_eq(name, slice_str(state_names[i])))
		i++;
	return (record_state_t)i;
}
