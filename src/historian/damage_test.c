/* SPDX-License-Identifier: Apache-2.0 */
/* A byte that changes anywhere in the history: no answer is wrong, what was not touched
 * answers, and what can be saved is saved. */
#include "historian/fixture_test.h"

#include "base/crc.h"
#include "historian/manifest.h"

enum { POINTS = 4, ROWS = 3000, DAY = 2000, TRIALS = 150, FILES_MAX = 16 };

typedef struct {
	char names[FILES_MAX][64];
	size_t count;
} files_t;

static void note_file(void *ctx, const char *name)
{
	files_t *files = ctx;
	assert_true(files->count < FILES_MAX);
	assert_true(slice_to_cstr(slice_str(name), files->names[files->count++], 64));
}

/* Merged windows, newer rows on top of them, and an edit. */
static void fill(fixture_t *f)
{
	historian_edit_t edit = { .point = 1, .from_ns = -10, .to_ns = -5, .reason = SLICE("no") };
	caller_t caller = { .role = ROLE_ENGINEER };
	historian_made_t made;
	for (point_id_t p = 1; p <= POINTS; p++)
		put_run(f, p, 0, ROWS - 500);
	OK(historian_merge(f->historian));
	for (point_id_t p = 1; p <= POINTS; p++)
		put_run(f, p, ROWS - 500, ROWS);
	OK(historian_edit(f->historian, &caller, &edit, 1, &made));
	settle(f);
	OK(historian_seal(f->historian));
}

static fixture_t filled(uint64_t seed)
{
	fixture_t f = fixture_make(seed);
	f.spec.window_ns = DAY;
	fixture_start(&f);
	fill(&f);
	return f;
}

static void flip_somewhere(fixture_t *f, rng_t *rng)
{
	files_t files = { 0 };
	char path[SEGMENT_PATH_MAX];
	uint8_t bytes[1 << 16];
	size_t len = 0;
	OK(env_dir_list(f->env, "data/history", note_file, &files));
	OK(env_path_join("data/history", files.names[rng_below(rng, files.count)], path,
	                 sizeof(path)));
	OK(env_file_load(f->env, path, bytes, sizeof(bytes), &len));
	OK(twin_disk_flip(f->twin, "node", path, rng_below(rng, len)));
}

typedef struct {
	int64_t next;
	bool is_wrong;
} walk_rows_t;

static bool check_row(void *ctx, const sample_t *sample)
{
	walk_rows_t *walk = ctx;
	if (sample->source.ns != walk->next || sample->value.as.f != (double)walk->next)
		walk->is_wrong = true;
	walk->next++;
	return true;
}

/* How many points answer; those that do not say why. */
static size_t count_answers(fixture_t *f)
{
	size_t answers = 0;
	series_reader_t reader = historian_reader(f->historian);
	for (point_id_t p = 1; p <= POINTS; p++) {
		walk_rows_t walk = { 0 };
		series_query_t query = { .point = p, .to_ns = ROWS };
		err_t err = reader.raw(reader.ctx, &query, check_row, &walk);
		assert_false(walk.is_wrong);
		if (err)
			assert_int_equal(err, ERR_CORRUPT);
		else
			assert_int_equal(walk.next, ROWS);
		answers += !err;
	}
	return answers;
}

static void no_answer_is_wrong_wherever_a_byte_changed(void **state)
{
	(void)state;
	size_t whole = 0, partial = 0, refused = 0;
	for (uint64_t seed = 1; seed <= TRIALS; seed++) {
		fixture_t f = filled(seed);
		rng_t rng = rng_of(seed);
		uint64_t blocks = 0;
		fixture_halt(&f);
		fixture_boot(&f);
		flip_somewhere(&f, &rng);
		err_t verified = historian_verify(f.env, "data/history", &blocks, &f.detail);
		err_t opened = fixture_open(&f);
		if (opened) {
			/* Only the list of edits concerns every point. */
			assert_int_equal(opened, ERR_CORRUPT);
			refused++;
		} else {
			size_t answers = count_answers(&f);
			assert_true(answers == POINTS || verified == ERR_CORRUPT);
			whole += answers == POINTS;
			partial += answers && answers < POINTS;
		}
		fixture_free(&f);
	}
	assert_true(whole && partial);
	assert_in_range(refused, 1, TRIALS / 3);
}

static void salvage_drops_what_is_damaged_and_says_so(void **state)
{
	(void)state;
	size_t saved = 0;
	for (uint64_t seed = 1; seed <= TRIALS / 3; seed++) {
		fixture_t f = filled(seed);
		rng_t rng = rng_of(seed);
		historian_salvage_t tally = { 0 };
		uint8_t record[4096];
		size_t len = 0;
		uint64_t blocks = 0;
		fixture_halt(&f);
		fixture_boot(&f);
		flip_somewhere(&f, &rng);
		OK(historian_salvage(f.env, "data/history", "data/saved", &tally, &f.detail));
		OK(historian_verify(f.env, "data/saved", &blocks, &f.detail));
		OK(env_file_load(f.env, "data/saved/lost.csv", record, sizeof(record), &len));
		assert_true(len > 0);
		assert_true(tally.kept_rows + tally.lost_rows <= POINTS * ROWS);
		assert_true(tally.kept_rows > 0);
		assert_true(!tally.lost_rows || tally.lost_pieces);
		saved += tally.lost_rows && tally.kept_rows > POINTS * ROWS / 2;
		f.spec.dir = "data/saved";
		OK(fixture_open(&f));
		size_t rows = 0;
		for (point_id_t p = 1; p <= POINTS; p++)
			rows += count_all(&f, p);
		assert_true(rows >= tally.kept_rows);
		fixture_free(&f);
	}
	assert_true(saved > 0);
}

/* The first value part of the segment's first point, altered by one bit that decodes, under
 * a checksum that holds. */
static void forge(fixture_t *f, const char *path)
{
	static uint8_t bytes[1 << 16];
	segment_t *segment = NULL;
	page_t page;
	size_t len = 0;
	OK(env_file_load(f->env, path, bytes, sizeof(bytes), &len));
	OK(segment_open(f->env, path, &segment, &f->detail));
	OK(segment_page(segment, segment_point(segment, 0).root, &page));
	segment_close(segment);
	extent_t at = page.child[0].part[BLOCK_VALUE];
	bytes[at.at + at.len - 5] ^= 1;
	writer_t w = writer_of(&bytes[at.at + at.len - 4], 4);
	wr_u32_le(&w, crc32c(0, slice_of(&bytes[at.at], at.len - 4)));
	OK(env_file_save(f->env, path, slice_of(bytes, len)));
}

static void a_value_altered_under_a_good_checksum_is_found_by_the_root(void **state)
{
	(void)state;
	fixture_t f = fixture_make(1);
	files_t files = { 0 };
	char path[SEGMENT_PATH_MAX] = "", text[512];
	uint64_t blocks = 0;
	fixture_start(&f);
	/* Levels beside a walk, which no summary would catch. */
	for (int64_t i = 0; i < 600; i++) {
		uint64_t seq;
		sample_t sample = sample_of(1, i, (double)(i * i % 97) / 10);
		OK(put(&f, &sample, 1, &seq));
	}
	settle(&f);
	OK(historian_seal(f.historian));
	fixture_halt(&f);
	fixture_boot(&f);
	OK(historian_verify(f.env, "data/history", &blocks, &f.detail));
	OK(env_dir_list(f.env, "data/history", note_file, &files));
	for (size_t i = 0; i < files.count; i++)
		if (slice_ends(slice_str(files.names[i]), SLICE(".seg")))
			OK(env_path_join("data/history", files.names[i], path, sizeof(path)));
	forge(&f, path);
	assert_int_equal(historian_verify(f.env, "data/history", &blocks, &f.detail), ERR_CORRUPT);
	const char *said = err_render(&f.detail, LANG_EN, text, sizeof(text));
	assert_non_null(strstr(said, path));
	assert_non_null(strstr(said, "root"));
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_answer_is_wrong_wherever_a_byte_changed),
		cmocka_unit_test(a_value_altered_under_a_good_checksum_is_found_by_the_root),
		cmocka_unit_test(salvage_drops_what_is_damaged_and_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
