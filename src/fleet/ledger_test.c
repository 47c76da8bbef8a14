/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "env/twin/twin.h"
#include "fleet/ledger.h"

#define OK(call) assert_int_equal((call), ERR_OK)

typedef struct {
	twin_t *twin;
	env_t *env;
	ledger_t ledger;
} fixture_t;

static void fixture_make(fixture_t *f)
{
	*f = (fixture_t){ 0 };
	OK(twin_new(&(twin_spec_t){ .seed = 1 }, &f->twin));
	OK(twin_host_open(f->twin, "node", &f->env));
	OK(ledger_init(&f->ledger, f->env));
}

static void fixture_free(fixture_t *f)
{
	ledger_done(&f->ledger);
	twin_free(f->twin);
}

static void a_write_is_known_for_a_minute_by_point_and_value(void **state)
{
	(void)state;
	static fixture_t f;
	int64_t now = 1000 * NS_PER_S;
	fixture_make(&f);
	OK(ledger_add(&f.ledger, 5, 85.3, now));
	assert_true(ledger_has(&f.ledger, 5, 85.3, now));
	assert_true(ledger_has(&f.ledger, 5, (double)85.3f, now + 60 * NS_PER_S));
	assert_false(ledger_has(&f.ledger, 5, 85.3, now + 60 * NS_PER_S + 1));
	assert_false(ledger_has(&f.ledger, 5, 85.4, now));
	assert_false(ledger_has(&f.ledger, 6, 85.3, now));
	assert_false(ledger_has(&f.ledger, 0, 0, 0));
	fixture_free(&f);
}

static void times_from_outside_may_be_anything(void **state)
{
	(void)state;
	static fixture_t f;
	fixture_make(&f);
	OK(ledger_add(&f.ledger, 5, 1, INT64_MAX));
	assert_false(ledger_has(&f.ledger, 5, 1, INT64_MIN));
	assert_true(ledger_has(&f.ledger, 5, 1, INT64_MAX - 1));
	fixture_free(&f);
}

static void a_full_ledger_takes_no_more_until_its_oldest_is_a_minute_old(void **state)
{
	(void)state;
	static fixture_t f;
	fixture_make(&f);
	for (int64_t i = 0; i < LEDGER_ROWS; i++)
		OK(ledger_add(&f.ledger, 1, (double)i, i));
	assert_int_equal(ledger_add(&f.ledger, 1, -1, LEDGER_KEEP_NS), ERR_LIMIT);
	assert_true(ledger_has(&f.ledger, 1, 0, 0));
	OK(ledger_add(&f.ledger, 1, -1, LEDGER_KEEP_NS + 1));
	assert_false(ledger_has(&f.ledger, 1, 0, 0));
	assert_true(ledger_has(&f.ledger, 1, -1, LEDGER_KEEP_NS + 1));
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_is_known_for_a_minute_by_point_and_value),
		cmocka_unit_test(times_from_outside_may_be_anything),
		cmocka_unit_test(a_full_ledger_takes_no_more_until_its_oldest_is_a_minute_old),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
