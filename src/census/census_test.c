/* SPDX-License-Identifier: Apache-2.0 */
/* Who speaks for a device, own devices and their heartbeats, silence, limits. */
#include "census/fixture_test.h"

#include "census/key.h"

/* Trap: plant, park and platform each report the same machine. */
static void a_device_of_plant_park_and_platform_counts_once_and_the_nearest_speaks(void **state)
{
	(void)state;
	static census_cell_t cells[4];
	world_t w = world_make(1);
	slice_t secret = SLICE("0123456789abcdef");
	const slice_t spellings[3][2] = { { SLICE("Loom Works"), SLICE("sn 0042") },
		                          { SLICE("LOOM WORKS"), SLICE("SN0042") },
		                          { SLICE("ｌｏｏｍ　ｗｏｒｋｓ"),
		                            SLICE("ＳＮ００４２") } };
	for (uint32_t r = 0; r < 3; r++) {
		uint8_t room[256];
		writer_t item = writer_of(room, sizeof(room));
		said_t said = {
			.reporter = r, .kind = 0, .region = (uint8_t)r, .state = CENSUS_ONLINE
		};
		census_row_t row = row_of(&said);
		OK(census_key(secret, spellings[r], row.kind, &row.key));
		/* The platform had it first, but is told of it by others. */
		row.since_s = START_S - 100 * (r + 1);
		census_saying_t saying = { slice_str(NODES[r]), (uint8_t)r, START_S * NS_PER_S };
		assert_int_equal(census_item_put(&saying, &row, 1, &item), 1);
		append_batch(&w, UPLINK_DEVICES, writer_done(&item));
	}
	follow(&w);
	census_count_t ask = { .by = { CENSUS_BY_REGION, CENSUS_BY_STATE },
		               .cells = cells,
		               .cap = 4 };
	census_total_t total;
	size_t count = 0;
	OK(census_count(w.census, &ask, &count, &total));
	assert_int_equal(count, 1);
	assert_true(cells[0].count == 1 && total.devices == 1);
	assert_true(slice_eq(cells[0].word[0], slice_str(REGIONS[0])));
	assert_true(slice_eq(cells[0].word[1], SLICE("online")));
	assert_int_equal(total.reporters, 3);
	assert_true(total.told == 3 && total.known == 1);
	assert_int_equal(metric(&w, "census_claims"), 3);
	world_free(&w);
}

static void a_key_needs_a_secret_a_serial_and_a_kind(void **state)
{
	(void)state;
	slice_t secret = SLICE("0123456789abcdef");
	const slice_t name[2] = { SLICE("ab"), SLICE("c") }, other[2] = { SLICE("a"), SLICE("bc") };
	const slice_t nameless[2] = { SLICE("ab"), SLICE(" ") };
	census_key_t keys[4];
	OK(census_key(secret, name, SLICE("plc"), &keys[0]));
	OK(census_key(secret, other, SLICE("plc"), &keys[1]));
	OK(census_key(secret, name, SLICE("robot"), &keys[2]));
	OK(census_key(SLICE("0123456789abcdeF"), name, SLICE("plc"), &keys[3]));
	for (size_t i = 1; i < 4; i++)
		assert_memory_not_equal(keys[0].bytes, keys[i].bytes, CENSUS_KEY_BYTES);
	assert_int_equal(census_key(SLICE("short"), name, SLICE("plc"), keys), ERR_INVALID);
	assert_int_equal(census_key(secret, nameless, SLICE("plc"), keys), ERR_INVALID);
	assert_int_equal(census_key(secret, name, SLICE("p l c"), keys), ERR_INVALID);
	assert_int_equal(census_key(secret, name, SLICE(""), keys), ERR_INVALID);
}

/* Own devices. */

static census_state_t own_state(world_t *w, uint32_t device)
{
	census_device_t said[CENSUS_REPORTERS_MAX];
	census_key_t key = key_of(device);
	size_t count = 0;
	OK(census_reporters(w->census, &key, said, &count));
	return said[0].row.state;
}

static void tick(world_t *w)
{
	OK(census_tick(w->census));
	follow(w);
}

static void own_devices_are_told_when_they_change_and_judged_by_their_heartbeats(void **state)
{
	(void)state;
	world_t w = world_make(1);
	census_key_t key = key_of(1), other = key_of(2);
	said_t said = { .device = 1, .state = CENSUS_ONLINE, .seen_s = START_S };
	census_row_t rows[2] = { row_of(&said), row_of(&said) };
	rows[1].key = other;
	rows[1].state = CENSUS_RETIRED;
	OK(census_tell(w.census, rows, 2, 0));
	follow(&w);
	uint64_t told = journal_last(w.journal);
	OK(census_tell(w.census, rows, 2, 0));
	tick(&w);
	assert_true(journal_last(w.journal) == told);
	assert_int_equal(own_state(&w, 1), CENSUS_ONLINE);
	/* Not heard for five minutes; the other is retired and does not come back by itself. */
	twin_run_for(w.twin, 301 * NS_PER_S);
	tick(&w);
	assert_int_equal(own_state(&w, 1), CENSUS_OFFLINE);
	assert_int_equal(own_state(&w, 2), CENSUS_RETIRED);
	assert_true(journal_last(w.journal) == told + 1);
	assert_true(census_beat(w.census, &key));
	assert_false(census_beat(w.census, &other));
	tick(&w);
	assert_int_equal(own_state(&w, 1), CENSUS_ONLINE);
	/* A start gives it time to be heard. */
	twin_run_for(w.twin, 1000 * NS_PER_S);
	restart(&w);
	tick(&w);
	assert_int_equal(own_state(&w, 1), CENSUS_ONLINE);
	twin_run_for(w.twin, 301 * NS_PER_S);
	tick(&w);
	assert_int_equal(own_state(&w, 1), CENSUS_OFFLINE);
	world_free(&w);
}

static void a_quiet_node_says_that_it_is_there(void **state)
{
	(void)state;
	world_t w = world_make(1);
	said_t said = { .device = 1, .state = CENSUS_ONLINE };
	census_row_t row = row_of(&said);
	tick(&w);
	assert_true(journal_last(w.journal) == 0);
	OK(census_tell(w.census, &row, 1, 0));
	follow(&w);
	twin_run_for(w.twin, 899 * NS_PER_S);
	tick(&w);
	assert_true(journal_last(w.journal) == 1);
	twin_run_for(w.twin, 2 * NS_PER_S);
	tick(&w);
	tick(&w);
	assert_true(journal_last(w.journal) == 2);
	world_free(&w);
}

static void devices_of_a_silent_reporter_are_unknown_and_not_gone(void **state)
{
	(void)state;
	static census_cell_t cells[4];
	census_count_t ask = { .by = { CENSUS_BY_STATE }, .cells = cells, .cap = 4 };
	census_total_t total;
	size_t count = 0;
	world_t w = world_make(1);
	said_t own = { .device = 9, .state = CENSUS_OFFLINE };
	census_row_t row = row_of(&own);
	OK(census_tell(w.census, &row, 1, 0));
	/* The clock of the first is ahead by days; that does not make it heard. */
	for (uint32_t d = 0; d < 3; d++)
		receive(&w, &(said_t){ .device = d,
		                       .reporter = d / 2,
		                       .told_s = d / 2 ? START_S : START_S + 1000000,
		                       .state = d == 1 ? CENSUS_RETIRED : CENSUS_ONLINE });
	twin_run_for(w.twin, 3000 * NS_PER_S);
	uint8_t room[64];
	writer_t beat = writer_of(room, sizeof(room));
	census_saying_t saying = { slice_str(NODES[1]), 0, (START_S + 3000) * NS_PER_S };
	assert_int_equal(census_item_put(&saying, NULL, 0, &beat), 0);
	append_batch(&w, UPLINK_DEVICES, writer_done(&beat));
	follow(&w);
	twin_run_for(w.twin, 601 * NS_PER_S);
	OK(census_count(w.census, &ask, &count, &total));
	assert_int_equal(count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(cells[i].count == 1);
	assert_true(slice_eq(cells[0].word[0], SLICE("offline")));
	assert_true(slice_eq(cells[3].word[0], SLICE("unknown")));
	assert_true(total.devices == 4 && total.reporters == 3 && total.silent == 1);
	world_free(&w);
}

static void what_one_node_journals_another_takes_one_hop_further(void **state)
{
	(void)state;
	world_t w = world_make(1);
	said_t said = { .device = 7, .state = CENSUS_ONLINE, .since_s = START_S };
	census_row_t row = row_of(&said);
	uint8_t record[512], room[512];
	journal_record_t read;
	census_device_t devices[CENSUS_REPORTERS_MAX];
	size_t count = 0;
	OK(census_tell(w.census, &row, 1, 0));
	follow(&w);
	OK(journal_read(w.journal, 1, record, sizeof(record), &read));
	assert_int_equal(read.type, JOURNAL_CENSUS);
	writer_t passed = writer_of(room, sizeof(room));
	OK(census_item_pass(read.payload, &passed));
	world_free(&w);
	w = world_make(2);
	world_halt(&w);
	w.spec.node = "99.100";
	world_open(&w);
	append_batch(&w, UPLINK_DEVICES, writer_done(&passed));
	append_batch(&w, UPLINK_EVENTS, writer_done(&passed)); /* another stream is another's */
	follow(&w);
	OK(census_reporters(w.census, &row.key, devices, &count));
	assert_int_equal(count, 1);
	assert_int_equal(devices[0].hops, 2);
	assert_true(slice_eq(devices[0].reporter, SLICE("99.100.1")));
	assert_int_equal(metric(&w, "census_malformed_total"), 0);
	world_free(&w);
}

static void what_a_child_says_in_this_nodes_name_is_not_taken(void **state)
{
	(void)state;
	world_t w = world_make(1);
	uint8_t room[512];
	said_t said = { .device = 1, .state = CENSUS_ONLINE };
	census_row_t row = row_of(&said);
	writer_t item = writer_of(room, sizeof(room));
	census_saying_t saying = { SLICE("99.100.1"), 0, INT64_MAX };
	assert_int_equal(census_item_put(&saying, &row, 1, &item), 1);
	append_batch(&w, UPLINK_DEVICES, writer_done(&item));
	follow(&w);
	assert_int_equal(metric(&w, "census_forged_total"), 1);
	assert_int_equal(metric(&w, "census_devices"), 0);
	OK(census_tell(w.census, &row, 1, 0));
	follow(&w);
	assert_int_equal(metric(&w, "census_devices"), 1);
	world_free(&w);
}

static void at_its_limit_the_register_refuses_new_devices_and_goes_on_with_the_known(void **state)
{
	(void)state;
	world_t w = world_make(1);
	world_halt(&w);
	w.spec.claims_max = 3;
	world_open(&w);
	for (uint32_t d = 0; d < 5; d++)
		receive(&w, &(said_t){ .device = d, .told_s = START_S, .state = CENSUS_ONLINE });
	receive(&w, &(said_t){ .device = 1, .told_s = START_S + 1, .state = CENSUS_OFFLINE });
	append_batch(&w, UPLINK_DEVICES, SLICE("no such item"));
	follow(&w);
	assert_int_equal(metric(&w, "census_refused_total"), 2);
	assert_int_equal(metric(&w, "census_devices"), 3);
	assert_int_equal(metric(&w, "census_malformed_total"), 1);
	assert_int_equal(own_state(&w, 1), CENSUS_OFFLINE);
	world_free(&w);
}

static void a_device_has_no_more_than_so_many_reporters(void **state)
{
	(void)state;
	world_t w = world_make(1);
	for (unsigned r = 0; r <= CENSUS_REPORTERS_MAX; r++) {
		uint8_t room[256];
		char node[16];
		writer_t item = writer_of(room, sizeof(room));
		said_t said = { .device = 1, .state = CENSUS_ONLINE };
		census_row_t row = row_of(&said);
		(void)snprintf(node, sizeof(node), "99.100.%u", 20 + r);
		census_saying_t saying = { slice_str(node), 0, START_S * NS_PER_S };
		assert_int_equal(census_item_put(&saying, &row, 1, &item), 1);
		append_batch(&w, UPLINK_DEVICES, writer_done(&item));
	}
	follow(&w);
	assert_int_equal(metric(&w, "census_claims"), CENSUS_REPORTERS_MAX);
	assert_int_equal(metric(&w, "census_refused_total"), 1);
	world_free(&w);
}

static void a_full_disk_leaves_the_old_view_and_the_register_whole(void **state)
{
	(void)state;
	world_t w = world_make(1);
	receive(&w, &(said_t){ .device = 1, .told_s = START_S, .state = CENSUS_ONLINE });
	follow(&w);
	OK(census_save(w.census));
	receive(&w, &(said_t){ .device = 2, .told_s = START_S, .state = CENSUS_ONLINE });
	follow(&w);
	twin_disk_limit(w.env, 1);
	assert_int_equal(census_save(w.census), ERR_DISK_FULL);
	assert_int_equal(metric(&w, "census_save_failures_total"), 1);
	twin_disk_limit(w.env, UINT64_MAX);
	restart(&w);
	assert_false(census_rebuilt(w.census));
	assert_int_equal(metric(&w, "census_devices"), 2);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_child_says_in_this_nodes_name_is_not_taken),
		cmocka_unit_test(
			a_device_of_plant_park_and_platform_counts_once_and_the_nearest_speaks),
		cmocka_unit_test(a_key_needs_a_secret_a_serial_and_a_kind),
		cmocka_unit_test(
			own_devices_are_told_when_they_change_and_judged_by_their_heartbeats),
		cmocka_unit_test(a_quiet_node_says_that_it_is_there),
		cmocka_unit_test(devices_of_a_silent_reporter_are_unknown_and_not_gone),
		cmocka_unit_test(what_one_node_journals_another_takes_one_hop_further),
		cmocka_unit_test(
			at_its_limit_the_register_refuses_new_devices_and_goes_on_with_the_known),
		cmocka_unit_test(a_device_has_no_more_than_so_many_reporters),
		cmocka_unit_test(a_full_disk_leaves_the_old_view_and_the_register_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
