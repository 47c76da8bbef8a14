/* SPDX-License-Identifier: Apache-2.0 */
#include "traps_list_test.h"

int main(void)
{
	const struct CMUnitTest tests[] = {
#define X(name) cmocka_unit_test(name),
		TRAP_ROWS(X)
#undef X
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
