/* SPDX-License-Identifier: Apache-2.0 */
/* Names of actions. */
#include "model/action.h"

#include <assert.h>

static const char *const NAMES[] = {
#define X(name, text) text,
	ACTION_ROWS(X)
#undef X
};

const char *action_name(action_t action)
{
	assert(action < ACTION_COUNT);
	return NAMES[action];
}
