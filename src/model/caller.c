/* SPDX-License-Identifier: Apache-2.0 */
/* Names of roles, and the node as its own caller. */
#include "model/caller.h"

#include <assert.h>

static const char *const ROLE_NAMES[] = {
#define X(name, text) text,
	ROLE_ROWS(X)
#undef X
};

const char *role_name(role_t role)
{
	assert(role < ROLE_COUNT);
	return ROLE_NAMES[role];
}

role_t role_parse(slice_t name)
{
	role_t role = ROLE_PUBLIC;
	while (role < ROLE_COUNT && !slice_eq(name, slice_str(ROLE_NAMES[role])))
		role++;
	return role;
}

bool caller_holds(const caller_t *caller, slice_t ident)
{
	slice_t scope = caller->scope, rest = slice_from(ident, scope.len);
	if (scope.len == 0)
		return true;
	if (!slice_eq_nocase(slice_sub(ident, 0, scope.len), scope))
		return false;
	return rest.len == 0 || rest.ptr[0] == '/' || slice_find(scope, '/') < scope.len;
}

caller_t caller_node(void)
{
	return (caller_t){ .subject = SLICE("node"), .role = ROLE_ADMIN };
}
