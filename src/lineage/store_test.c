/* SPDX-License-Identifier: Apache-2.0 */
/* One byte on the disk of a leaf, altered: a figure of the nation is red and says where. */
#include "historian/fixture_test.h"
#include "lineage/tree_fixture_test.h"

enum { PATH_MAX_BYTES = 128 };

/* A day of the meter in sealed segments. */
static void fill_store(fixture_t *f, const fake_t *meter)
{
	for (size_t i = 0; i < meter->count; i++) {
		uint64_t seq = 0;
		OK(put(f, &meter->rows[i], 1, &seq));
	}
	settle(f);
	OK(historian_seal(f->historian));
}

static void locate_in_store(void *ctx, err_detail_t *ret_detail)
{
	fixture_t *f = ctx;
	uint64_t blocks = 0;
	assert_int_equal(historian_verify(f->env, "data/history", &blocks, ret_detail),
	                 ERR_CORRUPT);
}

/* The one segment there is. */
static void look_for_segment(void *ctx, const char *name)
{
	if (slice_ends(slice_str(name), SLICE(".seg")))
		OK(env_path_join("data/history", name, ctx, PATH_MAX_BYTES));
}

static void flip_segment(fixture_t *f, const char *path)
{
	static uint8_t bytes[1 << 20];
	size_t len = 0;
	OK(env_file_load(f->env, path, bytes, sizeof(bytes), &len));
	fixture_halt(f);
	OK(twin_disk_flip(f->twin, "node", path, len / 4));
	fixture_start(f);
}

static void a_byte_of_a_segment_names_its_file_at_the_top(void **state)
{
	(void)state;
	char path[PATH_MAX_BYTES] = "";
	fixture_t f = fixture_make(9);
	fixture_start(&f);
	realm_t *realm = realm_open();
	fill_store(&f, realm->plant->series[0]);
	realm->plant->reader = historian_reader(f.historian);
	realm_fill(realm);
	realm_audit(realm, 3);
	assert_found(realm, PLANT_A, LINEAGE_IS_EQUAL);
	OK(env_dir_list(f.env, "data/history", look_for_segment, path));
	flip_segment(&f, path);
	realm->plant->reader = historian_reader(f.historian);
	realm->at[PLANT_A].source.locate = locate_in_store;
	realm->at[PLANT_A].source.locate_ctx = &f;
	realm_audit(realm, 3);
	assert_found(realm, PLANT_A, LINEAGE_IS_DAMAGED);
	assert_true(slice_starts(found_of(realm, PLANT_A)->place, slice_str(path)));
	assert_found(realm, PROVINCE, LINEAGE_IS_EQUAL);
	realm_close(realm);
	fixture_free(&f);
}

#define JOURNAL_FILE "data/journal/tree-0000000000000001.log"

/* Where the first figure of a place stands on its disk: at its definition. */
static size_t place_of_figure(const place_t *leaf)
{
	static uint8_t bytes[64 << 10];
	size_t len = 0, at = 0;
	OK(env_file_load(leaf->env, JOURNAL_FILE, bytes, sizeof(bytes), &len));
	while (at < len && !slice_starts(slice_of(bytes + at, len - at), SLICE("f.b")))
		at++;
	assert_true(at < len);
	return at;
}

/* Enough further figures that the first one's segment is not the last, and a start by the view. */
static void go_on(realm_t *realm, place_t *leaf)
{
	char entity[32];
	figure_t figure = { .key = day_key(),
		            .origin = FIGURE_DECLARED,
		            .expected = 1,
		            .attested_by = SLICE("user:li") };
	for (int i = 0; i < 900; i++) {
		uint64_t seq = 0;
		snprintf(entity, sizeof(entity), "99.100.1.%d", i);
		figure.entity = slice_str(entity);
		OK(book_issue(leaf->book, &figure, &seq));
	}
	place_settle(leaf);
	OK(book_save(leaf->book));
	size_t at = place_of_figure(leaf);
	place_stop_rooms(leaf);
	OK(twin_disk_flip(realm->twin, leaf->host, JOURNAL_FILE, at));
	place_start_rooms(leaf);
}

static void a_byte_of_the_journal_is_no_answer_of_the_leaf(void **state)
{
	(void)state;
	realm_t *realm = realm_filled();
	go_on(realm, &realm->at[PLANT_A]);
	realm_audit(realm, 3);
	assert_found(realm, PLANT_A, LINEAGE_IS_DAMAGED);
	assert_true(slice_starts(found_of(realm, PLANT_A)->place, slice_str(realm->damage)));
	assert_found(realm, PROVINCE, LINEAGE_IS_EQUAL);
	realm_close(realm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_of_a_segment_names_its_file_at_the_top),
		cmocka_unit_test(a_byte_of_the_journal_is_no_answer_of_the_leaf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
