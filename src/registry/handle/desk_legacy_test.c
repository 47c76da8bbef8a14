/* SPDX-License-Identifier: Apache-2.0 */
/* What handle.legacy lets in. */
#include "env/pkey_dsa_test.h"
#include "registry/handle/desk_fixture_test.h"

static void a_dsa_key_is_proof_where_the_old_rules_hold_and_403_elsewhere(void **state)
{
	(void)state;
	for (int legacy = 0; legacy <= 1; legacy++) {
		desk_world_t w;
		desk_world_make(&w);
		env_pkey_free(w.key);
		assert_int_equal(env_pkey_from_pem(slice_str(DSA_2048_PEM), &w.key), ERR_OK);
		w.spec.rules.legacy = legacy != 0;
		desk_world_start(&w);
		desk_who_t who = by_key(&w);
		desk_request_t q = { .operation = HANDLE_OP_DELETE, .body = name_body(PRESS) };
		desk_reply_t reply = desk_do(&w, &q, &who);
		assert_int_equal(reply.code, legacy ? HANDLE_RC_OK : HANDLE_RC_AUTH_FAILED);
		if (!legacy)
			assert_text(&reply, "this kind of key or algorithm is not taken as proof "
			                    "here (handle.legacy)");
		assert_int_equal(fixture_find(&w.f, "99.100.1/press"),
		                 legacy ? ERR_NOT_FOUND : ERR_OK);
		desk_world_free(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dsa_key_is_proof_where_the_old_rules_hold_and_403_elsewhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
