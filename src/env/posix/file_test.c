/* SPDX-License-Identifier: Apache-2.0 */
#include "env/posix/fixture.h"

#include <sys/stat.h>

static void file_reads_back_what_was_written(void **state)
{
	world_t *world = *state;
	char path[256], buf[16] = "";
	env_file_t *file = NULL;
	size_t len = 0;
	uint64_t size = 0;
	world_path(world, "a", path);
	assert_int_equal(env_file_open(world->env, path, ENV_OPEN_READ, &file), ERR_NOT_FOUND);
	assert_int_equal(env_file_open(world->env, path, ENV_OPEN_NEW, &file), ERR_OK);
	assert_int_equal(env_file_write(file, 3, SLICE("line")), ERR_OK);
	assert_int_equal(env_file_sync(file), ERR_OK);
	assert_int_equal(env_file_size(file, &size), ERR_OK);
	assert_int_equal(size, 7);
	assert_int_equal(env_file_read(file, 4, buf, sizeof(buf), &len), ERR_OK);
	assert_int_equal(len, 3);
	assert_memory_equal(buf, "ine", 3);
	assert_int_equal(env_file_truncate(file, 5), ERR_OK);
	assert_int_equal(env_file_read(file, 5, buf, sizeof(buf), &len), ERR_OK);
	assert_int_equal(len, 0);
	env_file_close(file);
	assert_int_equal(env_file_open(world->env, path, ENV_OPEN_NEW, &file), ERR_EXISTS);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void allocation_keeps_bytes_and_adds_zeros(void **state)
{
	world_t *world = *state;
	char path[256];
	uint8_t buf[200000];
	env_file_t *file = NULL;
	size_t len = 0;
	world_path(world, "a", path);
	assert_int_equal(env_file_open(world->env, path, ENV_OPEN_CREATE, &file), ERR_OK);
	assert_int_equal(env_file_write(file, 0, SLICE("head")), ERR_OK);
	assert_int_equal(env_file_allocate(file, 150000), ERR_OK);
	assert_int_equal(env_file_allocate(file, 10), ERR_OK); /* never shrinks */
	assert_int_equal(env_file_read(file, 0, buf, sizeof(buf), &len), ERR_OK);
	assert_int_equal(len, 150000);
	assert_memory_equal(buf, "head", 4);
	for (size_t i = 4; i < len; i++)
		assert_int_equal(buf[i], 0);
	env_file_close(file);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_blocks * 512 >= 150000); /* no holes */
}

static void second_opener_is_refused_the_lock(void **state)
{
	world_t *world = *state;
	char path[256];
	env_file_t *first = NULL, *second = NULL;
	world_path(world, "lock", path);
	assert_int_equal(env_file_open(world->env, path, ENV_OPEN_CREATE, &first), ERR_OK);
	assert_int_equal(env_file_open(world->env, path, ENV_OPEN_WRITE, &second), ERR_OK);
	assert_int_equal(env_file_lock(first), ERR_OK);
	assert_int_equal(env_file_lock(second), ERR_BUSY);
	env_file_close(first);
	assert_int_equal(env_file_lock(second), ERR_OK);
	env_file_close(second);
}

static void save_replaces_whole_and_leaves_no_trace(void **state)
{
	world_t *world = *state;
	char path[256], temp[256], buf[64];
	size_t len = 0;
	world_path(world, "state", path);
	world_path(world, "state.tmp", temp);
	assert_int_equal(env_file_save(world->env, path, SLICE("a long first text")), ERR_OK);
	assert_int_equal(env_file_save(world->env, path, SLICE("short")), ERR_OK);
	assert_int_equal(env_file_load(world->env, path, buf, sizeof(buf), &len), ERR_OK);
	assert_true(slice_eq(slice_of(buf, len), SLICE("short")));
	assert_int_equal(env_file_load(world->env, path, buf, 4, &len), ERR_TOO_BIG);
	assert_int_equal(env_path_remove(world->env, temp), ERR_NOT_FOUND);
}

static void failed_save_keeps_the_old_text(void **state)
{
	world_t *world = *state;
	char path[256], temp[256], buf[64];
	size_t len = 0;
	world_path(world, "state", path);
	assert_int_equal(env_file_save(world->env, path, SLICE("old")), ERR_OK);
	/* A folder in the way of the temporary name. */
	assert_int_equal(env_dir_make(world->env, world_path(world, "state.tmp/x", temp)), ERR_OK);
	assert_int_not_equal(env_file_save(world->env, path, SLICE("new")), ERR_OK);
	assert_int_equal(env_file_load(world->env, path, buf, sizeof(buf), &len), ERR_OK);
	assert_true(slice_eq(slice_of(buf, len), SLICE("old")));
}

static void what_a_mapped_file_loses_reads_as_zeros(void **state)
{
	world_t *world = *state;
	enum { BYTES = 3 * 65536 };
	static uint8_t bytes[BYTES];
	char path[256];
	env_map_t *map = NULL;
	env_file_t *file = NULL;
	memset(bytes, 'x', sizeof(bytes));
	world_path(world, "cut", path);
	assert_int_equal(env_file_save(world->env, path, slice_of(bytes, BYTES)), ERR_OK);
	assert_int_equal(env_map_open(world->env, path, &map), ERR_OK);
	assert_int_equal(env_file_open(world->env, path, ENV_OPEN_WRITE, &file), ERR_OK);
	assert_int_equal(env_file_truncate(file, 65536), ERR_OK);
	slice_t seen = env_map_bytes(map);
	assert_int_equal(seen.ptr[0], 'x');
	assert_int_equal(seen.ptr[65535], 'x');
	assert_int_equal(seen.ptr[65536], 0);
	assert_int_equal(seen.ptr[BYTES - 1], 0);
	env_file_close(file);
	env_map_close(map);
}

static void map_shows_the_file(void **state)
{
	world_t *world = *state;
	char path[256];
	env_map_t *map = NULL;
	world_path(world, "m", path);
	assert_int_equal(env_file_save(world->env, path, SLICE("mapped")), ERR_OK);
	assert_int_equal(env_map_open(world->env, path, &map), ERR_OK);
	assert_true(slice_eq(env_map_bytes(map), SLICE("mapped")));
	env_map_close(map);
	assert_int_equal(env_file_save(world->env, path, (slice_t){ 0 }), ERR_OK);
	assert_int_equal(env_map_open(world->env, path, &map), ERR_OK);
	assert_int_equal(env_map_bytes(map).len, 0);
	env_map_close(map);
	assert_int_equal(env_map_open(world->env, world->folder, &map), ERR_INVALID);
}

static void names_add(void *ctx, const char *name)
{
	text_addf(ctx, "%s ", name);
}

static void folders_list_in_byte_order(void **state)
{
	world_t *world = *state;
	char path[256], to[256];
	static const char *const names[] = { "b", "a/deep/er", "B", "a10", "a2" };
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(env_dir_make(world->env, world_path(world, names[i], path)),
		                 ERR_OK);
	assert_int_equal(env_dir_make(world->env, path), ERR_OK); /* fine when there */
	assert_int_equal(env_path_rename(world->env, path, world_path(world, "c", to)), ERR_OK);
	assert_int_equal(env_dir_sync(world->env, world->folder), ERR_OK);
	text_t list = text_of(1000);
	assert_int_equal(env_dir_list(world->env, world->folder, names_add, &list), ERR_OK);
	assert_true(slice_eq(text_slice(&list), SLICE("B a a10 b c ")));
	text_free(&list);
	world_path(world, "a", path);
	assert_int_equal(env_path_remove(world->env, path), ERR_CONFLICT);
	uint64_t bytes = 0;
	assert_int_equal(env_space_free(world->env, path, &bytes), ERR_OK);
	assert_true(bytes > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(file_reads_back_what_was_written),
		WORLD_TEST(allocation_keeps_bytes_and_adds_zeros),
		WORLD_TEST(second_opener_is_refused_the_lock),
		WORLD_TEST(save_replaces_whole_and_leaves_no_trace),
		WORLD_TEST(failed_save_keeps_the_old_text),
		WORLD_TEST(map_shows_the_file),
		WORLD_TEST(what_a_mapped_file_loses_reads_as_zeros),
		WORLD_TEST(folders_list_in_byte_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
