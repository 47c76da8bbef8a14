/* SPDX-License-Identifier: Apache-2.0 */
/* Which reads cover which points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"
#include "fleet/plan.h"

enum { POINTS_MAX = 60 };

typedef struct {
	device_t device;
	point_t points[POINTS_MAX];
	catalogue_t catalogue;
	plan_t *plan;
} fixture_t;

static fixture_t fixture_make(uint16_t gap, uint16_t max)
{
	return (fixture_t){ .device = { .id = 1, .gap_max = gap, .registers_max = max } };
}

static void add(fixture_t *f, point_table_t table, uint16_t address, uint16_t words)
{
	size_t i = f->catalogue.point_count++;
	f->points[i] = (point_t){ .id = (point_id_t)i + 1,
		                  .device = 1,
		                  .period_ns = NS_PER_S,
		                  .address = {
					  .table = table, .address = address, .words = words } };
}

static void plan(fixture_t *f)
{
	f->catalogue.points = f->points;
	f->catalogue.devices = &f->device;
	f->catalogue.device_count = 1;
	assert_int_equal(plan_new(&f->catalogue, &f->device, &f->plan), ERR_OK);
}

static void assert_block(const fixture_t *f, size_t i, uint16_t address, uint16_t quantity,
                         uint32_t count)
{
	assert_true(i < f->plan->block_count);
	assert_int_equal(f->plan->blocks[i].address, address);
	assert_int_equal(f->plan->blocks[i].quantity, quantity);
	assert_int_equal(f->plan->blocks[i].count, count);
}

static void neighbours_are_read_together_across_small_gaps(void **state)
{
	(void)state;
	fixture_t f = fixture_make(3, 125);
	add(&f, POINT_HOLDING_REGISTER, 10, 2);
	add(&f, POINT_HOLDING_REGISTER, 0, 1);
	add(&f, POINT_HOLDING_REGISTER, 4, 2); /* a gap of 3 */
	plan(&f);
	assert_int_equal(f.plan->block_count, 2);
	assert_block(&f, 0, 0, 6, 2);
	assert_block(&f, 1, 10, 2, 1); /* a gap of 4 */
	plan_free(f.plan);
}

static void a_block_asks_for_no_more_than_the_device_takes(void **state)
{
	(void)state;
	fixture_t f = fixture_make(0, 10);
	for (uint16_t i = 0; i < 8; i++)
		add(&f, POINT_INPUT_REGISTER, (uint16_t)(i * 4), 4);
	plan(&f);
	assert_int_equal(f.plan->block_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_block(&f, i, (uint16_t)(i * 8), 8, 2);
	plan_free(f.plan);
}

static void tables_and_periods_are_never_mixed(void **state)
{
	(void)state;
	fixture_t f = fixture_make(100, 125);
	add(&f, POINT_HOLDING_REGISTER, 0, 1);
	add(&f, POINT_INPUT_REGISTER, 1, 1);
	add(&f, POINT_COIL, 2, 1);
	add(&f, POINT_HOLDING_REGISTER, 3, 1);
	f.points[3].period_ns = 2 * NS_PER_S;
	plan(&f);
	assert_int_equal(f.plan->block_count, 4);
	plan_free(f.plan);
}

static void points_of_other_devices_are_left_out_and_overlaps_are_fine(void **state)
{
	(void)state;
	fixture_t f = fixture_make(0, 125);
	add(&f, POINT_HOLDING_REGISTER, 0, 4);
	add(&f, POINT_HOLDING_REGISTER, 1, 1);
	add(&f, POINT_HOLDING_REGISTER, 65535, 1);
	add(&f, POINT_HOLDING_REGISTER, 5, 1);
	f.points[3].device = 2;
	plan(&f);
	assert_int_equal(f.plan->block_count, 2);
	assert_block(&f, 0, 0, 4, 2);
	assert_block(&f, 1, 65535, 1, 1);
	plan_free(f.plan);
}

/* Every point is in one block, whole, and no block is too long. */
static void assert_covers(const fixture_t *f)
{
	size_t seen = 0;
	for (size_t b = 0; b < f->plan->block_count; b++) {
		const plan_block_t *block = &f->plan->blocks[b];
		assert_true(block->quantity <= f->device.registers_max);
		for (uint32_t i = 0; i < block->count; i++, seen++) {
			const point_t *p = f->plan->points[block->first + i];
			assert_true(p->address.address >= block->address);
			assert_true(p->address.address + p->address.words <=
			            block->address + block->quantity);
		}
	}
	assert_int_equal(seen, f->catalogue.point_count);
}

static void splitting_to_the_end_leaves_one_block_a_point(void **state)
{
	(void)state;
	rng_t rng = rng_of(5);
	for (int round = 0; round < 50; round++) {
		fixture_t f = fixture_make((uint16_t)rng_below(&rng, 9), 20);
		for (int i = 0; i < POINTS_MAX; i++)
			add(&f, POINT_HOLDING_REGISTER, (uint16_t)rng_below(&rng, 300),
			    (uint16_t)(1 << rng_below(&rng, 3)));
		plan(&f);
		assert_covers(&f);
		for (size_t i = 0; i < f.plan->block_count;)
			i += plan_split(f.plan, i) ? 0 : 1;
		assert_int_equal(f.plan->block_count, POINTS_MAX);
		assert_covers(&f);
		plan_free(f.plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_read_together_across_small_gaps),
		cmocka_unit_test(a_block_asks_for_no_more_than_the_device_takes),
		cmocka_unit_test(tables_and_periods_are_never_mixed),
		cmocka_unit_test(points_of_other_devices_are_left_out_and_overlaps_are_fine),
		cmocka_unit_test(splitting_to_the_end_leaves_one_block_a_point),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
