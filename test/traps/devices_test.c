/* SPDX-License-Identifier: Apache-2.0 */
/* What several say of one device, into the register of them all. */
#include "traps_list_test.h"

#include "census/fixture_test.h"
#include "census/key.h"

static void tell(world_t *w, uint32_t reporter, slice_t maker, slice_t serial)
{
	uint8_t room[256];
	writer_t item = writer_of(room, sizeof(room));
	said_t said = { .reporter = reporter, .state = CENSUS_ONLINE };
	census_row_t row = row_of(&said);
	const slice_t name[2] = { maker, serial };
	OK(census_key(SLICE("0123456789abcdef"), name, row.kind, &row.key));
	census_saying_t saying = { slice_str(NODES[reporter]), (uint8_t)reporter,
		                   START_S * NS_PER_S };
	assert_int_equal(census_item_put(&saying, &row, 1, &item), 1);
	append_batch(w, UPLINK_DEVICES, writer_done(&item));
}

void trap_7_a_device_that_enterprise_park_and_platform_tell_of_is_one(void **state)
{
	(void)state;
	census_cell_t cells[4];
	census_total_t total;
	size_t count = 0;
	world_t w = world_make(7);
	tell(&w, 0, SLICE("Loom Works"), SLICE("sn 0042"));
	tell(&w, 1, SLICE("LOOM WORKS"), SLICE("SN0042"));
	tell(&w, 2, SLICE("ｌｏｏｍ　ｗｏｒｋｓ"), SLICE("ＳＮ００４２"));
	tell(&w, 2, SLICE("Loom Works"), SLICE("sn 0043"));
	follow(&w);
	census_count_t ask = { .by = { CENSUS_BY_KIND, CENSUS_BY_STATE },
		               .cells = cells,
		               .cap = 4 };
	OK(census_count(w.census, &ask, &count, &total));
	assert_int_equal(total.devices, 2);
	assert_true(count == 1 && cells[0].count == 2);
	assert_int_equal(total.reporters, 3);
	assert_int_equal(metric(&w, "census_claims"), 4);
	world_free(&w);
}
