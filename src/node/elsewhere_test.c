/* SPDX-License-Identifier: Apache-2.0 */
/* What the desk is told of identities that live elsewhere. */
#include "node/elsewhere.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "env/twin/twin.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static void ignore_ready(void *ctx)
{
	(void)ctx; /* the test takes from the mailbox itself */
}

/* An index comes from whoever answers a challenge; 0 is one like any other. Nobody
 * answers at the site, so no key may come of it. */
static void a_key_of_any_index_that_nobody_knows_is_told_as_such(void **state)
{
	(void)state;
	for (uint32_t index = 0; index < 2; index++) {
		twin_t *twin;
		env_t *env;
		env_loop_t *walk, *desk;
		elsewhere_t *elsewhere = NULL;
		err_detail_t detail;
		registry_elsewhere_reply_t reply;
		env_mailbox_t *mail;
		config_pin_t pin = { .addr = { ip_v4(10, 0, 0, 9), 2641 } };
		config_t config = { .resolver = { .pins = &pin, .pin_count = 1 } };
		OK(twin_new(&(twin_spec_t){ .seed = 1 }, &twin));
		OK(twin_host_open(twin, "node", &env));
		OK(env_loop_new(env, "walk", ENV_LOOP_EVENTS, &walk));
		OK(env_loop_new(env, "desk", ENV_LOOP_EVENTS, &desk));
		env_mailbox_spec_t spec = { .name = "replies",
			                    .reader = desk,
			                    .item_size = sizeof(reply),
			                    .capacity = 4,
			                    .policy = ENV_FULL_REFUSE,
			                    .ready = ignore_ready };
		OK(env_mailbox_new(&spec, &mail));
		OK(elsewhere_open(&(elsewhere_spec_t){ env, &config, walk, desk }, &elsewhere,
		                  &detail));
		OK(env_loop_start(walk));
		OK(env_loop_start(desk));
		registry_elsewhere_t identities = elsewhere_identities(elsewhere);
		registry_identity_t who = { .handle = SLICE("99.200/somebody"), .index = index };
		OK(identities.fetch_key(identities.ctx, &who, mail, 77));
		while (!env_mailbox_take(mail, &reply))
			assert_true(twin_step(twin));
		assert_int_equal(reply.ticket, 77);
		assert_int_not_equal(reply.err, ERR_OK);
		assert_int_equal(reply.key_len, 0);
		env_loop_stop(walk);
		env_loop_stop(desk);
		elsewhere_close(elsewhere);
		env_mailbox_free(mail);
		twin_free(twin);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_of_any_index_that_nobody_knows_is_told_as_such),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
