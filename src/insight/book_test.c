/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/book_fixture_test.h"

typedef struct {
	size_t count;
	double values[64];
	uint32_t revisions[64];
	int64_t issued_ns[64];
	uint32_t known;
	size_t most;
} seen_t;

static bool see(void *ctx, const book_row_t *row)
{
	seen_t *seen = ctx;
	assert_true(seen->count < 64);
	seen->values[seen->count] = row->figure.has_value ? row->figure.value : -1;
	seen->revisions[seen->count] = row->figure.revision;
	seen->issued_ns[seen->count++] = row->figure.issued_ns;
	seen->known = row->revisions;
	return seen->most == 0 || seen->count < seen->most;
}

static seen_t all_of(world_t *w, const book_query_t *query)
{
	seen_t seen = { 0 };
	book_query_t all = { .limit = 64 };
	assert_int_equal(book_list(w->book, query ? query : &all, see, &seen), ERR_OK);
	return seen;
}

static double latest(world_t *w, const char *entity, const char *source, int64_t by_ns)
{
	seen_t seen = { 0 };
	book_question_t question = { key_of(entity, 1, source), by_ns };
	err_t err = book_get(w->book, &question, see, &seen);
	return err == ERR_NOT_FOUND ? -2 : seen.values[0];
}

static uint64_t issue(world_t *w, const char *entity, int day, double value)
{
	uint64_t seq = 0;
	figure_t figure = figure_of(entity, day, value);
	assert_int_equal(book_issue(w->book, &figure, &seq), ERR_OK);
	return seq;
}

static void a_figure_is_found_when_it_is_durable_and_not_before(void **state)
{
	(void)state;
	world_t w = world_make(1);
	world_start(&w);
	assert_int_equal(issue(&w, "99.1.1", 1, 4), 1);
	assert_int_equal(book_follow(w.book), ERR_OK);
	assert_true(latest(&w, "99.1.1", "", 0) == -2);
	assert_int_equal(all_of(&w, NULL).count, 0);
	/* The next revision is counted even so. */
	figure_t figure = figure_of("99.1.1", 1, 5);
	uint64_t seq = 0;
	assert_int_equal(book_issue(w.book, &figure, &seq), ERR_OK);
	assert_int_equal(figure.revision, 2);
	world_settle(&w);
	assert_true(latest(&w, "99.1.1", "", 0) == 5);
	world_free(&w);
}

static void a_figure_that_says_the_same_is_not_issued_again(void **state)
{
	(void)state;
	world_t w = world_make(2);
	world_start(&w);
	assert_int_equal(issue(&w, "99.1.1", 1, 4), 1);
	assert_int_equal(issue(&w, "99.1.1", 1, 4), 0);
	world_settle(&w);
	assert_int_equal(issue(&w, "99.1.1", 1, 4), 0);
	assert_int_equal(issue(&w, "99.1.1", 1, 5), 2);
	assert_int_equal(issue(&w, "99.1.1", 1, 4), 3);
	assert_int_equal(metric_get(book_metrics(w.book), BOOK_METRIC_UNCHANGED), 2);
	world_free(&w);
}

static void a_figure_issued_again_keeps_its_history_and_is_told_as_published_on(void **state)
{
	(void)state;
	world_t w = world_make(3);
	seen_t seen = { 0 };
	world_start(&w);
	int64_t start_ns = env_utc(w.f.env).ns;
	for (int value = 1; value <= 3; value++) {
		assert_int_not_equal(issue(&w, "99.1.1", 1, value), 0);
		twin_run_for(w.f.twin, NS_PER_DAY);
		world_settle(&w);
	}
	book_key_t key = key_of("99.1.1", 1, "");
	assert_int_equal(book_history(w.book, &key, see, &seen), ERR_OK);
	assert_int_equal(seen.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(seen.revisions[i], 3 - i);
		assert_true(seen.values[i] == (double)(3 - i));
		assert_true(latest(&w, "99.1.1", "", seen.issued_ns[i]) == seen.values[i]);
	}
	assert_true(latest(&w, "99.1.1", "", start_ns - 1) == -2);
	assert_true(latest(&w, "99.1.1", "", seen.issued_ns[1] - 1) == 1);
	book_query_t query = { .published_by_ns = seen.issued_ns[1], .limit = 9 };
	assert_true(all_of(&w, &query).values[0] == 2);
	world_free(&w);
}

static void a_clock_that_steps_back_issues_nothing_before_what_was_issued(void **state)
{
	(void)state;
	world_t w = world_make(4);
	world_start(&w);
	(void)issue(&w, "99.1.1", 1, 1);
	utc_t utc = env_utc(w.f.env);
	utc.ns -= NS_PER_DAY;
	twin_clock_set(w.f.env, utc);
	(void)issue(&w, "99.1.1", 1, 2);
	world_settle(&w);
	assert_true(latest(&w, "99.1.1", "", utc.ns + NS_PER_DAY) == 2);
	assert_true(latest(&w, "99.1.1", "", utc.ns + NS_PER_DAY - 1) == -2);
	world_free(&w);
}

static void what_is_undone_is_issued_again_as_it_was_before(void **state)
{
	(void)state;
	world_t w = world_make(5);
	uint64_t seq = 0;
	seen_t seen = { 0 };
	world_start(&w);
	book_key_t key = key_of("99.1.1", 1, "");
	assert_int_equal(book_undo(w.book, &key, SLICE("bai"), &seq), ERR_NOT_FOUND);
	figure_t figure = figure_of("99.1.1", 1, 7);
	figure.origin = FIGURE_DECLARED;
	figure.declared = 1;
	figure.attested_by = SLICE("an");
	assert_int_equal(book_issue(w.book, &figure, &seq), ERR_OK);
	world_settle(&w);
	assert_int_equal(book_undo(w.book, &key, SLICE("bai"), &seq), ERR_OK);
	world_settle(&w);
	assert_true(latest(&w, "99.1.1", "", 0) == -1);
	(void)issue(&w, "99.1.1", 1, 9);
	world_settle(&w);
	assert_int_equal(book_undo(w.book, &key, SLICE("bai"), &seq), ERR_OK);
	world_settle(&w);
	assert_int_equal(book_history(w.book, &key, see, &seen), ERR_OK);
	assert_int_equal(seen.count, 4);
	assert_int_equal(seen.revisions[0], 4);
	assert_true(seen.values[0] == -1 && seen.values[1] == 9 && seen.values[3] == 7);
	key.source = SLICE("99.2");
	assert_int_equal(book_undo(w.book, &key, SLICE("bai"), &seq), ERR_NOT_FOUND);
	world_free(&w);
}

static void send(world_t *w, const char *child, const char *entity, uint32_t revision, double value)
{
	figure_t figure = figure_of(entity, 1, value);
	figure.revision = revision;
	figure.issued_ns = (int64_t)value;
	assert_int_equal(receive(w, child, entity, &figure, 1), ERR_OK);
	world_settle(w);
}

static int64_t metric(world_t *w, size_t row)
{
	return metric_get(book_metrics(w->book), row);
}

static void an_older_revision_that_comes_late_does_not_replace_a_newer(void **state)
{
	(void)state;
	world_t w = world_make(6);
	world_start(&w);
	send(&w, "99.2", "99.2", 2, 20);
	send(&w, "99.2", "99.2", 1, 10);
	assert_true(latest(&w, "99.2", "99.2", 0) == 20);
	assert_int_equal(all_of(&w, NULL).known, 2);
	assert_int_equal(metric(&w, BOOK_METRIC_LATE), 1);
	/* Of one revision that differs, the one issued later. */
	send(&w, "99.2", "99.2", 2, 21);
	assert_true(latest(&w, "99.2", "99.2", 0) == 21);
	send(&w, "99.2", "99.2", 2, 19);
	assert_true(latest(&w, "99.2", "99.2", 0) == 21);
	assert_int_equal(metric(&w, BOOK_METRIC_CONTRADICTED), 2);
	world_free(&w);
}

static void trap_8_a_batch_that_is_sent_again_counts_once(void **state)
{
	(void)state;
	world_t w = world_make(7);
	figure_t figures[3];
	world_start(&w);
	for (int i = 0; i < 3; i++) {
		figures[i] = figure_of(i == 2 ? "99.2" : "99.2/a", i, i + 1);
		figures[i].revision = 1;
	}
	for (int times = 0; times < 3; times++)
		assert_int_equal(receive(&w, "99.2", "99.2", figures, 3), ERR_OK);
	world_settle(&w);
	assert_int_equal(all_of(&w, NULL).count, 3);
	assert_int_equal(metric(&w, BOOK_METRIC_FIGURES), 3);
	assert_int_equal(metric(&w, BOOK_METRIC_TAKEN), 3);
	assert_int_equal(metric(&w, BOOK_METRIC_REPEATED), 6);
	world_free(&w);
}

static void a_child_cannot_write_into_what_another_has_said(void **state)
{
	(void)state;
	world_t w = world_make(8);
	world_start(&w);
	(void)issue(&w, "99.1", 1, 1);
	send(&w, "99.2", "99.2", 1, 2);
	send(&w, "99.3", "99.2", 9, 3);
	send(&w, "99.3", "99.1", 9, 4);
	assert_true(latest(&w, "99.2", "99.2", 0) == 2);
	assert_true(latest(&w, "99.1", "", 0) == 1);
	assert_true(latest(&w, "99.2", "99.3", 0) == 3);
	world_free(&w);
}

static void what_a_child_sends_that_cannot_be_read_is_counted_and_stops_nothing(void **state)
{
	(void)state;
	world_t w = world_make(9);
	uint64_t seq = 0;
	slice_t junk = SLICE("\001\004junk");
	world_start(&w);
	assert_int_equal(journal_append(w.f.journal, JOURNAL_RECEIVED, &junk, 1, &seq), ERR_OK);
	figure_t figure = figure_of("99.2", 1, 2);
	figure.revision = 1;
	assert_int_equal(receive(&w, "99.2", "", &figure, 1), ERR_OK); /* of nobody */
	send(&w, "99.2", "99.2", 1, 3);
	assert_int_equal(metric(&w, BOOK_METRIC_UNREADABLE), 2);
	assert_true(latest(&w, "99.2", "99.2", 0) == 3);
	world_free(&w);
}

static void a_full_book_forgets_the_oldest_of_who_has_the_most(void **state)
{
	(void)state;
	world_t w = world_make(10);
	figure_t figures[8], late = figure_of("99.1", 0, 3);
	uint64_t seq = 0;
	w.spec.figures_max = 64;
	world_start(&w);
	for (int day = 0; day < 16; day++)
		(void)issue(&w, "99.1", day, day);
	for (int day = 0; day < 4000; day += 8) {
		for (int i = 0; i < 8; i++) {
			figures[i] = figure_of("99.2", day + i, day + i);
			figures[i].revision = 1;
		}
		assert_int_equal(receive(&w, "99.2", "99.2", figures, 8), ERR_OK);
		world_settle(&w);
		assert_in_range(metric(&w, BOOK_METRIC_FIGURES), 1, 64);
	}
	/* Whatever a child sends, it pushes out its own alone. */
	book_query_t own = { .has_source = true, .limit = 64 };
	book_query_t last = { .has_source = true, .source = SLICE("99.2"), .limit = 64 };
	assert_int_equal(all_of(&w, &own).count, 16);
	seen_t seen = all_of(&w, &last);
	assert_in_range(seen.count, 32, 48);
	assert_true(seen.values[seen.count - 1] == 3999);
	assert_int_equal(metric(&w, BOOK_METRIC_FORGOTTEN), 4016 - metric(&w, BOOK_METRIC_FIGURES));
	figures[0] = figure_of("99.2", 0, 1);
	figures[0].revision = 2;
	assert_int_equal(receive(&w, "99.2", "99.2", figures, 1), ERR_OK);
	world_settle(&w);
	assert_int_equal(metric(&w, BOOK_METRIC_BEYOND), 1);
	for (int day = 0; day < 80; day++)
		(void)issue(&w, "99.1", 100 + day, day);
	assert_int_equal(book_issue(w.book, &late, &seq), ERR_EXPIRED);
	world_free(&w);
}

static void remove_name(void *ctx, const char *name)
{
	char path[256];
	assert_int_equal(env_path_join("data/journal", name, path, sizeof(path)), ERR_OK);
	assert_int_equal(env_path_remove(ctx, path), ERR_OK);
}

static void a_view_of_another_journal_is_made_again(void **state)
{
	(void)state;
	world_t w = world_make(21);
	world_start(&w);
	(void)issue(&w, "99.1", 1, 1);
	(void)issue(&w, "99.1", 2, 2);
	world_settle(&w);
	assert_int_equal(book_save(w.book), ERR_OK);
	world_halt(&w);
	assert_int_equal(twin_host_open(w.f.twin, "node", &w.f.env), ERR_OK);
	assert_int_equal(env_dir_list(w.f.env, "data/journal", remove_name, w.f.env), ERR_OK);
	twin_host_close(w.f.env);
	world_start(&w);
	assert_true(book_rebuilt(w.book));
	assert_int_equal(all_of(&w, NULL).count, 0);
	(void)issue(&w, "99.1", 3, 3);
	world_settle(&w);
	assert_true(all_of(&w, NULL).count == 1 && all_of(&w, NULL).values[0] == 3);
	world_free(&w);
}

static void a_view_knows_nothing_that_the_journal_lost(void **state)
{
	(void)state;
	world_t w = world_make(22);
	world_start(&w);
	(void)issue(&w, "99.1", 1, 1);
	world_settle(&w);
	(void)issue(&w, "99.1", 1, 2);
	(void)issue(&w, "99.1", 2, 3);
	assert_int_equal(book_save(w.book), ERR_OK);
	twin_power_off(w.f.env);
	world_halt(&w);
	twin_disk_reboot(w.f.twin, "node");
	world_start(&w);
	assert_int_equal(w.f.recovery.last_seq, 1);
	assert_false(book_rebuilt(w.book));
	/* Their sequences are given anew. */
	assert_int_equal(issue(&w, "99.1", 5, 5), 2);
	world_settle(&w);
	seen_t seen = all_of(&w, NULL);
	assert_true(seen.count == 2 && seen.values[0] == 1 && seen.values[1] == 5);
	world_free(&w);
}

static void a_full_disk_issues_nothing_and_takes_no_revision(void **state)
{
	(void)state;
	world_t w = world_make(23);
	figure_t figure = figure_of("99.1", 1, 2);
	uint64_t seq = 77;
	w.f.spec.reserve_bytes = 1 << 20;
	world_start(&w);
	(void)issue(&w, "99.1", 1, 1);
	world_settle(&w);
	twin_disk_limit(w.f.env, 1 << 16);
	twin_run_for(w.f.twin, INT64_C(3000000000));
	assert_int_equal(book_issue(w.book, &figure, &seq), ERR_DISK_FULL);
	assert_int_equal(seq, 77);
	assert_int_equal(metric(&w, BOOK_METRIC_FIGURES), 1);
	twin_disk_limit(w.f.env, UINT64_C(1) << 40);
	twin_run_for(w.f.twin, INT64_C(3000000000));
	assert_int_equal(book_issue(w.book, &figure, &seq), ERR_OK);
	assert_int_equal(figure.revision, 2);
	world_free(&w);
}

static void a_view_that_cannot_be_written_leaves_the_one_before(void **state)
{
	(void)state;
	world_t w = world_make(24);
	world_start(&w);
	(void)issue(&w, "99.1", 1, 1);
	world_settle(&w);
	assert_int_equal(book_save(w.book), ERR_OK);
	(void)issue(&w, "99.1", 2, 2);
	world_settle(&w);
	twin_fail_at(w.f.env, 1, 1, TWIN_DISK_FULL);
	assert_int_equal(book_save(w.book), ERR_DISK_FULL);
	assert_int_equal(metric(&w, BOOK_METRIC_SAVES), 1);
	world_halt(&w);
	world_start(&w);
	assert_false(book_rebuilt(w.book));
	assert_int_equal(all_of(&w, NULL).count, 2);
	world_free(&w);
}

static void what_is_found_is_read_however_much_is_recycled(void **state)
{
	(void)state;
	world_t w = world_make(25);
	w.spec.figures_max = 16;
	world_start(&w);
	assert_int_equal(book_keep_from(w.book), 1);
	for (int day = 0; day < 400; day++)
		(void)issue(&w, "99.1", day, day);
	world_settle(&w);
	uint64_t from = book_keep_from(w.book);
	assert_in_range(from, 380, 400);
	assert_int_equal(journal_recycle(w.f.journal, from), ERR_OK);
	assert_in_range(journal_first(w.f.journal), 2, from);
	seen_t before = all_of(&w, NULL);
	world_halt(&w);
	/* No view was written: it is made of what is kept. */
	world_start(&w);
	seen_t after = all_of(&w, NULL);
	assert_in_range(after.count, 1, 16);
	assert_true(after.values[after.count - 1] == 399);
	assert_true(before.values[before.count - 1] == 399);
	world_free(&w);
}

static void pages_refuse_a_place_or_a_limit_that_is_none(void **state)
{
	(void)state;
	world_t w = world_make(20);
	seen_t seen = { 0 };
	world_start(&w);
	book_query_t query = { .limit = 0 };
	assert_int_equal(book_list(w.book, &query, see, &seen), ERR_INVALID);
	query.limit = BOOK_PAGE_MAX + 1;
	assert_int_equal(book_list(w.book, &query, see, &seen), ERR_INVALID);
	query = (book_query_t){ .limit = 1, .after = SLICE("x") };
	assert_int_equal(book_list(w.book, &query, see, &seen), ERR_INVALID);
	world_free(&w);
}

static bool is_day(void *ctx, const book_row_t *row)
{
	*(int64_t *)ctx = row->key.key.from_ns / NS_PER_DAY;
	return false;
}

/* -1: there is none. */
static int64_t day_before(world_t *w, const char *entity, int day, const char *source)
{
	book_key_t key = key_of(entity, day, source);
	int64_t found = -1;
	err_t err = book_before(w->book, &key, is_day, &found);
	assert_int_equal(err, found < 0 ? ERR_NOT_FOUND : ERR_OK);
	return found;
}

static void the_period_before_is_the_last_that_was_over(void **state)
{
	world_t w = world_make(12);
	figure_t figures[] = { figure_of("99.2", 1, 1), figure_of("99.2", 3, 1),
		               figure_of("99.2", 3, 1), figure_of("99.3", 4, 1) };
	(void)state;
	world_start(&w);
	for (size_t i = 0; i < 4; i++)
		figures[i].revision = 1;
	figures[2].key.to_ns += 30 * NS_PER_DAY; /* the month that day 5 lies in */
	assert_int_equal(receive(&w, "99.2", "99.2", figures, 4), ERR_OK);
	book_key_t key = key_of("99.2", 1, "99.2");
	assert_false(book_has(w.book, &key)); /* not durable */
	world_settle(&w);
	assert_true(book_has(w.book, &key));
	assert_int_equal(day_before(&w, "99.2", 5, "99.2"), 3);
	assert_int_equal(day_before(&w, "99.2", 3, "99.2"), 1);
	assert_int_equal(day_before(&w, "99.2", 1, "99.2"), -1);
	assert_int_equal(day_before(&w, "99.2", 5, ""), -1);
	assert_int_equal(day_before(&w, "99.3", 5, "99.2"), 4);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_figure_is_found_when_it_is_durable_and_not_before),
		cmocka_unit_test(a_figure_that_says_the_same_is_not_issued_again),
		cmocka_unit_test(
			a_figure_issued_again_keeps_its_history_and_is_told_as_published_on),
		cmocka_unit_test(a_clock_that_steps_back_issues_nothing_before_what_was_issued),
		cmocka_unit_test(what_is_undone_is_issued_again_as_it_was_before),
		cmocka_unit_test(an_older_revision_that_comes_late_does_not_replace_a_newer),
		cmocka_unit_test(trap_8_a_batch_that_is_sent_again_counts_once),
		cmocka_unit_test(a_child_cannot_write_into_what_another_has_said),
		cmocka_unit_test(
			what_a_child_sends_that_cannot_be_read_is_counted_and_stops_nothing),
		cmocka_unit_test(a_full_book_forgets_the_oldest_of_who_has_the_most),
		cmocka_unit_test(a_view_of_another_journal_is_made_again),
		cmocka_unit_test(a_view_knows_nothing_that_the_journal_lost),
		cmocka_unit_test(a_full_disk_issues_nothing_and_takes_no_revision),
		cmocka_unit_test(a_view_that_cannot_be_written_leaves_the_one_before),
		cmocka_unit_test(what_is_found_is_read_however_much_is_recycled),
		cmocka_unit_test(pages_refuse_a_place_or_a_limit_that_is_none),
		cmocka_unit_test(the_period_before_is_the_last_that_was_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
