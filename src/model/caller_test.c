/* SPDX-License-Identifier: Apache-2.0 */
#include "model/caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_scope_holds_what_is_under_it_and_nothing_beside_it(void **state)
{
	(void)state;
	static const struct {
		const char *scope, *ident;
		bool holds;
	} rows[] = {
		{ "", "99.100.1/FRM1", true },
		{ "99.100.1", "99.100.1/FRM1", true },
		{ "99.100.1", "99.100.1", true },
		{ "99.100.1", "99.100.10/FRM1", false },
		{ "99.100.1", "99.100.1.7/FRM1", false },
		{ "99.100.1", "99.100", false },
		{ "99.100.1", "", false },
		{ "99.100.1/FRM", "99.100.1/FRM1", true },
		{ "99.100.1/frm", "99.100.1/FRM1", true },
		{ "99.100.1/FRM", "99.100.1/COT1", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		caller_t caller = { .scope = slice_str(rows[i].scope) };
		assert_int_equal(caller_holds(&caller, slice_str(rows[i].ident)), rows[i].holds);
	}
}

static void roles_have_names_that_read_back(void **state)
{
	(void)state;
	for (role_t role = ROLE_PUBLIC; role < ROLE_COUNT; role++)
		assert_int_equal(role_parse(slice_str(role_name(role))), role);
	assert_int_equal(role_parse(SLICE("boss")), ROLE_COUNT);
	assert_int_equal(role_parse(SLICE("")), ROLE_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scope_holds_what_is_under_it_and_nothing_beside_it),
		cmocka_unit_test(roles_have_names_that_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
