/* SPDX-License-Identifier: Apache-2.0 */
#include "env/twin/test.h"

#include "env/file.h"
#include "env/loop.h"

enum { SEEDS = 200, RECORD = 64 };

/* Power loss now, and the host again. */
static void power_cycle(world_t *world)
{
	twin_power_off(world->env);
	twin_host_close(world->env);
	twin_disk_reboot(world->twin, "a");
	OK(twin_host_open(world->twin, "a", &world->env));
}

static void fill(uint8_t *buf, size_t len, uint8_t byte)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = byte;
}

static void write_and_read_back_without_a_crash(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	env_file_t *file;
	char buf[16];
	size_t len;
	uint64_t size;
	OK(env_dir_make(world.env, "data/deep"));
	OK(env_file_open(world.env, "data/deep/x", ENV_OPEN_NEW, &file));
	OK(env_file_allocate(file, 100000));
	OK(env_file_write(file, 50000, SLICE("hello")));
	OK(env_file_size(file, &size));
	assert_int_equal(size, 100000);
	OK(env_file_read(file, 49999, buf, 7, &len));
	assert_int_equal(len, 7);
	assert_memory_equal(buf, "\0hello\0", 7);
	OK(env_file_truncate(file, 50003));
	OK(env_file_read(file, 50000, buf, 16, &len));
	assert_int_equal(len, 3);
	OK(env_file_allocate(file, 60000));
	OK(env_file_read(file, 50000, buf, 8, &len));
	assert_memory_equal(buf, "hel\0\0\0\0\0", 8);
	env_file_close(file);
	assert_int_equal(env_file_open(world.env, "data/deep/x", ENV_OPEN_NEW, &file), ERR_EXISTS);
	assert_int_equal(env_file_open(world.env, "data/none", ENV_OPEN_READ, &file),
	                 ERR_NOT_FOUND);
	twin_host_close(world.env);
	OK(twin_host_open(world.twin, "a", &world.env));
	OK(env_file_open(world.env, "./data//deep/x", ENV_OPEN_READ, &file));
	assert_int_equal(env_file_write(file, 0, SLICE("no")), ERR_DENIED);
	world_done(&world);
}

static void collect(void *ctx, const char *name)
{
	char *all = ctx;
	(void)strncat(all, name, 60 - strlen(all));
	(void)strncat(all, " ", 60 - strlen(all));
}

static void names_list_in_order_move_and_go(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	char all[64] = "";
	OK(env_dir_make(world.env, "d"));
	OK(env_file_save(world.env, "d/b", SLICE("1")));
	OK(env_file_save(world.env, "d/a", SLICE("2")));
	OK(env_path_rename(world.env, "d/b", "d/c"));
	OK(env_dir_list(world.env, "d", collect, all));
	assert_string_equal(all, "a c ");
	assert_int_equal(env_path_remove(world.env, "d"), ERR_CONFLICT);
	OK(env_path_remove(world.env, "d/a"));
	OK(env_path_remove(world.env, "d/c"));
	OK(env_path_remove(world.env, "d"));
	assert_int_equal(env_path_remove(world.env, "d"), ERR_NOT_FOUND);
	world_done(&world);
}

static void map_sees_later_writes_within_its_length(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	env_file_t *file;
	env_map_t *map;
	OK(env_file_open(world.env, "x", ENV_OPEN_NEW, &file));
	OK(env_file_write(file, 0, SLICE("abcd")));
	OK(env_map_open(world.env, "x", &map));
	OK(env_file_write(file, 2, SLICE("XYZ")));
	assert_int_equal(env_map_bytes(map).len, 4);
	assert_memory_equal(env_map_bytes(map).ptr, "abXY", 4);
	env_map_close(map);
	world_done(&world);
}

static void lock_refuses_a_second_opener_until_closed(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	env_file_t *first, *second;
	OK(env_file_open(world.env, "x", ENV_OPEN_NEW, &first));
	OK(env_file_open(world.env, "x", ENV_OPEN_WRITE, &second));
	OK(env_file_lock(first));
	assert_int_equal(env_file_lock(second), ERR_BUSY);
	env_file_close(first);
	OK(env_file_lock(second));
	world_done(&world);
}

static void synced_bytes_and_names_survive_every_reboot(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		world_t world = world_seeded(seed);
		uint8_t want[3000], got[3001];
		size_t len;
		fill(want, sizeof(want), 0x5A);
		OK(env_dir_make(world.env, "d"));
		OK(env_dir_sync(world.env, "/"));
		OK(env_file_save(world.env, "d/x", slice_of(want, sizeof(want))));
		power_cycle(&world);
		OK(env_file_load(world.env, "d/x", got, sizeof(got), &len));
		assert_int_equal(len, sizeof(want));
		assert_memory_equal(got, want, sizeof(want));
		world_done(&world);
	}
}

static void a_path_is_joined_whole_or_refused(void **state)
{
	(void)state;
	char path[8];
	OK(env_path_join("dir", "abc", path, sizeof(path)));
	assert_string_equal(path, "dir/abc");
	assert_int_equal(env_path_join("dir", "abcd", path, sizeof(path)), ERR_TOO_BIG);
}

static void folders_synced_up_survive_every_reboot(void **state)
{
	(void)state;
	static const char *const paths[] = { "a", "a/b/c", "/a", "/a/b/c" };
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		world_t world = world_seeded(seed);
		const char *path = paths[seed % (sizeof(paths) / sizeof(*paths))];
		OK(env_dir_make(world.env, path));
		OK(env_dir_sync_up(world.env, path));
		power_cycle(&world);
		OK(env_dir_sync(world.env, path));
		world_done(&world);
	}
}

/* What became of one unsynced write of 8 sectors over synced old ones. */
typedef enum { OLD, NEW, TORN } fate_t;

static fate_t fate_of(uint64_t seed, bool *ret_order_free)
{
	world_t world = world_seeded(seed);
	enum { SIZE = 4096, SECTOR = 512 };
	uint8_t old[SIZE], new[SIZE], got[SIZE * 2];
	size_t len, kept = 0;
	env_file_t *file;
	fill(old, SIZE, 'o');
	fill(new, SIZE, 'n');
	OK(env_file_open(world.env, "x", ENV_OPEN_NEW, &file));
	OK(env_file_write(file, 0, slice_of(old, SIZE)));
	OK(env_file_write(file, SIZE, slice_of(old, SIZE)));
	OK(env_file_sync(file));
	OK(env_dir_sync(world.env, "."));
	OK(env_file_write(file, 0, slice_of(new, SIZE)));
	OK(env_file_write(file, SIZE, slice_of(new, SIZE)));
	power_cycle(&world);
	OK(env_file_load(world.env, "x", got, sizeof(got), &len));
	assert_int_equal(len, sizeof(got));
	for (size_t at = 0; at < SIZE; at += SECTOR) {
		const uint8_t *whole = got[at] == 'n' ? new : old;
		assert_memory_equal(got + at, whole, SECTOR);
		kept += got[at] == 'n';
	}
	*ret_order_free = kept == 0 && got[SIZE] == 'n';
	world_done(&world);
	return kept == 0 ? OLD : kept == SIZE / SECTOR ? NEW : TORN;
}

static void unsynced_bytes_are_kept_dropped_torn_and_order_free(void **state)
{
	(void)state;
	size_t fates[3] = { 0 }, later_only = 0;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		bool order_free;
		fates[fate_of(seed, &order_free)]++;
		later_only += order_free;
	}
	assert_true(fates[OLD] > 10);
	assert_true(fates[NEW] > 10);
	assert_true(fates[TORN] > 10);
	assert_true(later_only > 5);
}

static void unsynced_names_are_kept_or_dropped(void **state)
{
	(void)state;
	size_t made = 0, moved = 0, both = 0;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		world_t world = world_seeded(seed);
		env_file_t *file;
		char buf[8];
		size_t len;
		OK(env_file_save(world.env, "old", SLICE("1")));
		OK(env_file_open(world.env, "fresh", ENV_OPEN_NEW, &file));
		OK(env_file_sync(file));
		OK(env_path_rename(world.env, "old", "new"));
		power_cycle(&world);
		made += env_file_load(world.env, "fresh", buf, sizeof(buf), &len) == ERR_OK;
		bool is_old = env_file_load(world.env, "old", buf, sizeof(buf), &len) == ERR_OK;
		bool is_new = env_file_load(world.env, "new", buf, sizeof(buf), &len) == ERR_OK;
		moved += is_new;
		both += is_old == is_new;
		world_done(&world);
	}
	assert_in_range(made, 20, SEEDS - 20);
	assert_in_range(moved, 20, SEEDS - 20);
	assert_int_equal(both, 0);
}

static void lying_sync_loses_what_it_promised(void **state)
{
	(void)state;
	size_t lost = 0;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		world_t world = world_seeded(seed);
		char buf[8];
		size_t len;
		twin_disk_lie(world.env, true);
		OK(env_file_save(world.env, "x", SLICE("1234")));
		power_cycle(&world);
		lost += env_file_load(world.env, "x", buf, sizeof(buf), &len) != ERR_OK || len != 4;
		world_done(&world);
	}
	assert_true(lost > SEEDS / 4);
}

static void crash_stops_every_later_disk_call_without_effect(void **state)
{
	(void)state;
	world_t world = world_seeded(4);
	env_file_t *file;
	uint64_t bytes;
	OK(env_file_open(world.env, "x", ENV_OPEN_NEW, &file));
	twin_crash_at(world.env, 2);
	OK(env_file_write(file, 0, SLICE("one")));
	assert_int_equal(env_file_sync(file), ERR_IO);
	assert_true(twin_crashed(world.env));
	assert_int_equal(env_file_write(file, 0, SLICE("two")), ERR_IO);
	assert_int_equal(env_path_remove(world.env, "x"), ERR_IO);
	assert_int_equal(env_space_free(world.env, "/", &bytes), ERR_IO);
	assert_int_equal(twin_disk_operations(world.env), 2);
	env_file_close(file);
	world_done(&world);
}

static void nth_write_or_sync_fails_as_ordered(void **state)
{
	(void)state;
	world_t world = world_seeded(4);
	env_file_t *file;
	uint64_t size;
	OK(env_file_open(world.env, "x", ENV_OPEN_NEW, &file));
	twin_fail_at(world.env, 2, 1, TWIN_DISK_FULL);
	OK(env_file_write(file, 0, SLICE("one")));
	assert_int_equal(env_file_write(file, 3, SLICE("two")), ERR_DISK_FULL);
	OK(env_file_write(file, 3, SLICE("six")));
	twin_fail_at(world.env, 1, 1, TWIN_SHORT_WRITE);
	uint8_t long_one[1000] = { 1 };
	assert_int_equal(env_file_write(file, 6, slice_of(long_one, sizeof(long_one))), ERR_IO);
	OK(env_file_size(file, &size));
	assert_in_range(size, 6, 1005);
	twin_fail_at(world.env, 1, 0, TWIN_IO_ERROR);
	for (int i = 0; i < 3; i++)
		assert_int_equal(env_file_sync(file), ERR_IO);
	world_done(&world);
}

static void failed_sync_leaves_nothing_that_could_become_safe(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		world_t world = world_seeded(seed);
		env_file_t *file;
		char buf[8];
		size_t len;
		OK(env_file_open(world.env, "x", ENV_OPEN_NEW, &file));
		OK(env_dir_sync(world.env, "/"));
		OK(env_file_write(file, 0, SLICE("1234")));
		twin_fail_at(world.env, 1, 1, TWIN_IO_ERROR);
		assert_int_equal(env_file_sync(file), ERR_IO);
		OK(env_file_sync(file));
		OK(env_file_load(world.env, "x", buf, sizeof(buf), &len));
		assert_int_equal(len, 4);
		power_cycle(&world);
		OK(env_file_load(world.env, "x", buf, sizeof(buf), &len));
		assert_int_equal(len, 0);
		world_done(&world);
	}
}

static void disk_limit_is_the_size_of_the_disk(void **state)
{
	(void)state;
	world_t world = world_seeded(4);
	env_file_t *file;
	uint64_t bytes;
	twin_disk_limit(world.env, 1000);
	OK(env_file_open(world.env, "x", ENV_OPEN_NEW, &file));
	OK(env_file_allocate(file, 800));
	OK(env_space_free(world.env, "/", &bytes));
	assert_int_equal(bytes, 200);
	assert_int_equal(env_file_allocate(file, 1001), ERR_DISK_FULL);
	OK(env_file_write(file, 100, SLICE("inside")));
	OK(env_path_remove(world.env, "x"));
	env_file_close(file);
	OK(env_dir_sync(world.env, "/"));
	OK(env_space_free(world.env, "/", &bytes));
	assert_int_equal(bytes, 1000);
	world_done(&world);
}

static void flip_changes_one_bit_and_cut_shortens_for_good(void **state)
{
	(void)state;
	world_t world = world_seeded(4);
	uint8_t buf[8];
	size_t len;
	OK(env_file_save(world.env, "x", SLICE("abcd")));
	OK(twin_disk_flip(world.twin, "a", "x", 1));
	OK(env_file_load(world.env, "x", buf, sizeof(buf), &len));
	assert_int_equal(__builtin_popcount((unsigned)(buf[1] ^ 'b')), 1);
	OK(twin_disk_cut(world.twin, "a", "x", 2));
	power_cycle(&world);
	OK(env_file_load(world.env, "x", buf, sizeof(buf), &len));
	assert_int_equal(len, 2);
	assert_int_equal(twin_disk_flip(world.twin, "a", "x", 2), ERR_INVALID);
	assert_int_equal(twin_disk_cut(world.twin, "a", "none", 2), ERR_NOT_FOUND);
	world_done(&world);
}

typedef struct {
	env_t *env;
	env_file_t *file;
	int64_t before, after;
} sync_t;

static void sync_on_loop(void *ctx)
{
	sync_t *sync = ctx;
	sync->before = env_now(sync->env);
	OK(env_file_sync(sync->file));
	sync->after = env_now(sync->env);
}

static void sync_costs_its_loop_virtual_time_and_no_other(void **state)
{
	(void)state;
	world_t world = world_seeded(4);
	env_loop_t *files;
	env_timer_t *timer;
	sync_t sync = { .env = world.env };
	OK(env_file_open(world.env, "x", ENV_OPEN_NEW, &sync.file));
	OK(env_loop_new(world.env, "files", ENV_LOOP_FILES, &files));
	OK(env_loop_start(files));
	OK(env_timer_new(files, sync_on_loop, &sync, &timer));
	env_timer_set(timer, NS_PER_S);
	(void)twin_run(world.twin, NS_PER_S);
	assert_int_equal(sync.before, NS_PER_S);
	assert_in_range(sync.after - sync.before, 50 * NS_PER_US, 150 * NS_PER_US);
	assert_int_equal(env_now(world.env), NS_PER_S);
	world_done(&world);
}

/* A miniature journal: records are written and synced in groups until the
 * crash; all acknowledged ones must be there afterwards. */
static size_t journal_write(env_t *env)
{
	env_file_t *file = NULL;
	size_t acknowledged = 0;
	err_t err = env_file_open(env, "j", ENV_OPEN_NEW, &file);
	if (!err)
		err = env_file_allocate(file, 1 << 20);
	if (!err)
		err = env_file_sync(file);
	if (!err)
		err = env_dir_sync(env, "/");
	for (size_t i = 0; !err && i < 200; i++) {
		uint8_t record[RECORD];
		fill(record, RECORD, (uint8_t)(i + 1));
		err = env_file_write(file, i * RECORD, slice_of(record, RECORD));
		if (!err && i % 5 == 4) {
			err = env_file_sync(file);
			acknowledged = err ? acknowledged : i + 1;
		}
	}
	env_file_close(file);
	return acknowledged;
}

static void journal_check(env_t *env, size_t acknowledged)
{
	env_map_t *map;
	err_t err = env_map_open(env, "j", &map);
	assert_true(err == ERR_OK || acknowledged == 0);
	if (err)
		return;
	for (size_t i = 0; i < acknowledged; i++) {
		uint8_t record[RECORD];
		fill(record, RECORD, (uint8_t)(i + 1));
		assert_memory_equal(env_map_bytes(map).ptr + i * RECORD, record, RECORD);
	}
	env_map_close(map);
}

static void journal_of_five_hundred_crashes_keeps_what_it_acknowledged(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		world_t world = world_seeded(seed);
		twin_crash_at(world.env, 1 + seed % 245);
		size_t acknowledged = journal_write(world.env);
		power_cycle(&world);
		journal_check(world.env, acknowledged);
		world_done(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_and_read_back_without_a_crash),
		cmocka_unit_test(names_list_in_order_move_and_go),
		cmocka_unit_test(map_sees_later_writes_within_its_length),
		cmocka_unit_test(lock_refuses_a_second_opener_until_closed),
		cmocka_unit_test(synced_bytes_and_names_survive_every_reboot),
		cmocka_unit_test(a_path_is_joined_whole_or_refused),
		cmocka_unit_test(folders_synced_up_survive_every_reboot),
		cmocka_unit_test(unsynced_bytes_are_kept_dropped_torn_and_order_free),
		cmocka_unit_test(unsynced_names_are_kept_or_dropped),
		cmocka_unit_test(lying_sync_loses_what_it_promised),
		cmocka_unit_test(crash_stops_every_later_disk_call_without_effect),
		cmocka_unit_test(nth_write_or_sync_fails_as_ordered),
		cmocka_unit_test(failed_sync_leaves_nothing_that_could_become_safe),
		cmocka_unit_test(disk_limit_is_the_size_of_the_disk),
		cmocka_unit_test(flip_changes_one_bit_and_cut_shortens_for_good),
		cmocka_unit_test(sync_costs_its_loop_virtual_time_and_no_other),
		cmocka_unit_test(journal_of_five_hundred_crashes_keeps_what_it_acknowledged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
