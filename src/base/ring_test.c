/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/ring.h"

static void items_leave_in_the_order_they_came(void **state)
{
	(void)state;
	uint32_t mem[3], out = 0;
	ring_t r = ring_of(mem, sizeof(mem[0]), 3);
	uint32_t put = 0, taken = 0;
	for (int round = 0; round < 50; round++) {
		while (ring_put(&r, &put))
			put++;
		assert_int_equal(r.count, 3);
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(*(uint32_t *)ring_at(&r, i), taken + i);
		assert_null(ring_at(&r, 3));
		for (int i = 0; i <= round % 3; i++) {
			assert_true(ring_take(&r, &out));
			assert_int_equal(out, taken++);
		}
	}
}

static void full_and_empty_refuse(void **state)
{
	(void)state;
	uint8_t mem[1], item = 9, out = 5;
	ring_t r = ring_of(mem, 1, 1);
	assert_false(ring_take(&r, &out));
	assert_int_equal(out, 5);
	assert_true(ring_put(&r, &item));
	item = 8;
	assert_false(ring_put(&r, &item));
	assert_true(ring_take(&r, &out));
	assert_int_equal(out, 9);
	ring_t none = ring_of(NULL, 1, 0);
	assert_false(ring_put(&none, &item));
	assert_null(ring_at(&none, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_leave_in_the_order_they_came),
		cmocka_unit_test(full_and_empty_refuse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
