/* SPDX-License-Identifier: Apache-2.0 */
/* Edits: what is deleted or set is seen so from then on, as it was when asked as of
 * before, wherever its rows are and through restarts and merges. */
#include "historian/fixture_test.h"

#include "historian/edits.h"

static const caller_t engineer = { .subject = { (const uint8_t *)"user:li", 7 },
	                           .role = ROLE_ENGINEER };

static int64_t edited(fixture_t *f, const historian_edit_t *edit)
{
	historian_made_t made = { 0 };
	OK(historian_edit(f->historian, &engineer, edit, 1, &made));
	settle(f);
	assert_true(journal_durable(f->journal) >= made.seq);
	return made.at_ns;
}

static size_t count_known(fixture_t *f, int64_t known_at_ns)
{
	taken_t taken = { 0 };
	OK(ask_raw(f, &(series_query_t){ .point = 1, .to_ns = 1000, .known_at_ns = known_at_ns },
	           &taken));
	free(taken.rows);
	return taken.count;
}

typedef struct {
	historian_edit_t edits[16];
	char authors[16][16], reasons[16][32];
	size_t count;
} list_t;

static bool take_edit(void *ctx, const historian_edit_t *edit)
{
	list_t *list = ctx;
	assert_true(slice_to_cstr(edit->author, list->authors[list->count], 16));
	assert_true(slice_to_cstr(edit->reason, list->reasons[list->count], 32));
	list->edits[list->count++] = *edit;
	return true;
}

static list_t list_edits(fixture_t *f)
{
	list_t list = { 0 };
	OK(historian_edits(f->historian, &(series_query_t){ .point = 1, .to_ns = 1000 }, take_edit,
	                   &list));
	return list;
}

static void what_is_deleted_is_gone_but_for_who_asks_as_of_before(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	fixture_start(&f);
	put_run(&f, 1, 0, 100);
	put_run(&f, 2, 0, 100);
	OK(historian_seal(f.historian));
	put_run(&f, 1, 100, 200);
	edited(&f, &(historian_edit_t){ .point = 1,
	                                .from_ns = 50,
	                                .to_ns = 150,
	                                .reason = SLICE("sensor was out") });
	for (int i = 0; i < 4; i++) {
		list_t list = list_edits(&f);
		assert_int_equal(list.count, 1);
		assert_string_equal(list.authors[0], "user:li");
		assert_string_equal(list.reasons[0], "sensor was out");
		assert_int_equal(count_known(&f, 0), 100);
		assert_int_equal(count_known(&f, list.edits[0].at_ns - 1), 200);
		assert_int_equal(count_known(&f, list.edits[0].at_ns), 100);
		assert_int_equal(count_all(&f, 2), 100);
		if (i == 0)
			fixture_restart(&f);
		else if (i == 1)
			OK(historian_merge(f.historian));
		else
			fixture_restart(&f);
	}
	fixture_free(&f);
}

static void rows_that_come_after_a_deletion_are_seen(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	uint64_t seq;
	fixture_start(&f);
	put_run(&f, 1, 0, 100);
	edited(&f, &(historian_edit_t){ .point = 1, .to_ns = 100, .reason = SLICE("all wrong") });
	assert_int_equal(count_known(&f, 0), 0);
	sample_t again = sample_of(1, 50, 3);
	again.node.ns = env_utc(f.env).ns + NS_PER_S;
	OK(put(&f, &again, 1, &seq));
	settle(&f);
	assert_int_equal(count_known(&f, 0), 1);
	fixture_free(&f);
}

static sample_t newest_known(fixture_t *f, int64_t known_at_ns)
{
	sample_t got;
	series_reader_t reader = historian_reader(f->historian);
	series_nearest_t ask = { .point = 1, .at_ns = 500, .known_at_ns = known_at_ns };
	OK(reader.nearest(reader.ctx, &ask, &got));
	return got;
}

static double last_of_one(fixture_t *f)
{
	taken_t taken = { 0 };
	point_id_t point = 1;
	series_reader_t reader = historian_reader(f->historian);
	OK(reader.last(reader.ctx, &point, 1, take_row, &taken));
	double last = taken.rows[0].value.as.f;
	free(taken.rows);
	return last;
}

static void a_value_that_is_set_stands_instead(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	fixture_start(&f);
	put_run(&f, 1, 0, 100);
	historian_edit_t set = { .kind = HISTORIAN_SET,
		                 .point = 1,
		                 .from_ns = 99,
		                 .to_ns = 100,
		                 .value = value_f64(7.5),
		                 .quality = QUALITY_OVERRIDDEN,
		                 .reason = SLICE("read from the gauge") };
	edited(&f, &set);
	set.value = value_f64(8.5);
	edited(&f, &set);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(count_known(&f, 0), 100);
		assert_true(newest_known(&f, 0).value.as.f == 8.5);
		assert_int_equal(newest_known(&f, 0).quality, QUALITY_OVERRIDDEN);
		assert_true(last_of_one(&f) == 8.5);
		if (i)
			fixture_restart(&f);
		else
			OK(historian_merge(f.historian));
	}
	list_t list = list_edits(&f);
	assert_int_equal(list.count, 2);
	assert_true(newest_known(&f, list.edits[0].at_ns - 1).value.as.f == 99);
	assert_true(newest_known(&f, list.edits[1].at_ns - 1).value.as.f == 7.5);
	fixture_free(&f);
}

static bool count_summary_row(void *ctx, const sample_t *sample)
{
	(void)sample;
	++*(size_t *)ctx;
	return true;
}

static series_verdict_t count_summary(void *ctx, const summary_t *summary)
{
	*(size_t *)ctx += summary->count;
	return SERIES_TAKEN;
}

static void summaries_say_nothing_of_what_an_edit_touches(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	size_t rows = 0;
	fixture_start(&f);
	put_run(&f, 1, 0, 100);
	OK(historian_merge(f.historian));
	edited(&f, &(historian_edit_t){ .point = 1, .to_ns = 1, .reason = SLICE("first") });
	edited(&f, &(historian_edit_t){ .kind = HISTORIAN_ANNOTATE,
	                                .point = 1,
	                                .from_ns = 5,
	                                .to_ns = 90,
	                                .reason = SLICE("trial with new electrolyte") });
	series_reader_t reader = historian_reader(f.historian);
	series_taker_t taker = { .ctx = &rows, .summary = count_summary, .row = count_summary_row };
	OK(reader.take(reader.ctx, &(series_query_t){ .point = 1, .to_ns = 1000 }, &taker));
	assert_int_equal(rows, 99);
	assert_int_equal(list_edits(&f).count, 2);
	fixture_free(&f);
}

static int64_t annotate(fixture_t *f, int64_t from_ns, int64_t to_ns)
{
	return edited(f, &(historian_edit_t){ .kind = HISTORIAN_ANNOTATE,
	                                      .point = 1,
	                                      .from_ns = from_ns,
	                                      .to_ns = to_ns,
	                                      .reason = SLICE("trial") });
}

static int64_t undo(fixture_t *f, int64_t undone_ns)
{
	return edited(f, &(historian_edit_t){ .kind = HISTORIAN_UNDO,
	                                      .point = 1,
	                                      .undone_ns = undone_ns,
	                                      .reason = SLICE("it was right") });
}

static void what_is_undone_is_as_it_was(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	fixture_start(&f);
	put_run(&f, 1, 0, 100);
	OK(historian_merge(f.historian));
	int64_t deleted = edited(
		&f, &(historian_edit_t){
			    .point = 1, .from_ns = 50, .to_ns = 100, .reason = SLICE("out") });
	int64_t set = edited(&f, &(historian_edit_t){ .kind = HISTORIAN_SET,
	                                              .point = 1,
	                                              .from_ns = 49,
	                                              .to_ns = 50,
	                                              .value = value_f64(7.5),
	                                              .reason = SLICE("read") });
	assert_true(set > deleted);
	assert_true(last_of_one(&f) == 7.5);
	int64_t unset = undo(&f, set);
	assert_true(last_of_one(&f) == 49);
	int64_t undeleted = undo(&f, deleted);
	for (int i = 0; i < 3; i++) {
		list_t list = list_edits(&f);
		assert_int_equal(list.count, 4);
		assert_true(list.edits[0].is_undone && list.edits[1].is_undone);
		assert_true(!list.edits[2].is_undone && list.edits[3].undone_ns == deleted);
		assert_int_equal(list.edits[3].from_ns, 50);
		assert_int_equal(count_known(&f, 0), 100);
		assert_int_equal(count_known(&f, undeleted - 1), 50);
		assert_int_equal(count_known(&f, deleted - 1), 100);
		assert_true(last_of_one(&f) == 99);
		if (i)
			fixture_restart(&f);
		else
			OK(historian_merge(f.historian));
	}
	undo(&f, unset);
	series_reader_t reader = historian_reader(f.historian);
	sample_t got;
	OK(reader.nearest(reader.ctx, &(series_nearest_t){ .point = 1, .at_ns = 50 }, &got));
	assert_true(got.value.as.f == 7.5);
	fixture_free(&f);
}

/* The number of times, which stand in `ret`. */
static size_t annotations(fixture_t *f, int64_t known_at_ns, int64_t ret[4])
{
	int64_t *begins = NULL;
	size_t count = 0;
	series_reader_t reader = historian_reader(f->historian);
	series_query_t query = {
		.point = 1, .from_ns = 10, .to_ns = 80, .known_at_ns = known_at_ns
	};
	OK(reader.annotations(reader.ctx, &query, &begins, &count));
	assert_in_range(count, 0, 4);
	for (size_t i = 0; i < count; i++)
		ret[i] = begins[i];
	free(begins);
	return count;
}

static void annotations_are_told_by_when_they_begin(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	int64_t begins[4];
	fixture_start(&f);
	put_run(&f, 1, 0, 100);
	annotate(&f, 50, 60);
	annotate(&f, 10, 90);
	annotate(&f, 9, 20);
	annotate(&f, 80, 90);
	int64_t twice = annotate(&f, 50, 51);
	edited(&f, &(historian_edit_t){
			   .point = 1, .from_ns = 30, .to_ns = 31, .reason = SLICE("out") });
	assert_int_equal(annotations(&f, 0, begins), 3);
	assert_true(begins[0] == 10 && begins[1] == 50 && begins[2] == 50);
	undo(&f, twice);
	assert_int_equal(annotations(&f, 0, begins), 2);
	assert_int_equal(annotations(&f, twice, begins), 3);
	assert_int_equal(annotations(&f, twice - 1, begins), 2);
	fixture_free(&f);
}

static void edits_go_with_the_samples_that_they_are_about(void **state)
{
	(void)state;
	enum { DAY_S = 24 * 3600 };
	fixture_t f = fixture_make(7);
	fixture_start(&f);
	int64_t now_ns = env_utc(f.env).ns;
	put_run(&f, 1, 0, 100);
	edited(&f, &(historian_edit_t){
			   .point = 1, .from_ns = 50, .to_ns = 100, .reason = SLICE("out") });
	undo(&f, annotate(&f, 10, 20));
	annotate(&f, now_ns, now_ns + 1);
	int64_t newest = annotate(&f, 20, 30);
	series_query_t all = { .point = 1, .from_ns = INT64_MIN, .to_ns = INT64_MAX };
	OK(historian_seal(f.historian));
	list_t list = { 0 };
	/* For ever, and then as long as the samples stand. */
	for (int i = 0; i < 2; i++) {
		list.count = 0;
		OK(historian_edits(f.historian, &all, take_edit, &list));
		assert_int_equal(list.count, 5);
		historian_keep(f.historian, DAY_S * NS_PER_S);
		put_run(&f, 2, 0, 10);
		OK(historian_seal(f.historian));
	}
	OK(historian_retain(f.historian, 1000));
	put_run(&f, 2, now_ns, now_ns + 10);
	OK(historian_seal(f.historian));
	for (int i = 0; i < 2; i++) {
		list.count = 0;
		OK(historian_edits(f.historian, &all, take_edit, &list));
		assert_int_equal(list.count, 2);
		assert_int_equal(list.edits[0].from_ns, now_ns);
		/* The newest stays, so that its time is not given again. */
		assert_int_equal(list.edits[1].at_ns, newest);
		fixture_restart(&f);
	}
	fixture_free(&f);
}

static void what_is_undone_once_or_was_never_made_is_not_undone(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	historian_made_t made;
	fixture_start(&f);
	put_run(&f, 1, 0, 100);
	int64_t at = edited(&f,
	                    &(historian_edit_t){ .point = 1, .to_ns = 10, .reason = SLICE("out") });
	historian_edit_t again = {
		.kind = HISTORIAN_UNDO, .point = 1, .undone_ns = at + 1, .reason = SLICE("in")
	};
	assert_int_equal(historian_edit(f.historian, &engineer, &again, 1, &made), ERR_NOT_FOUND);
	again.undone_ns = at;
	again.point = 2;
	assert_int_equal(historian_edit(f.historian, &engineer, &again, 1, &made), ERR_NOT_FOUND);
	again.point = 1;
	edited(&f, &again);
	assert_int_equal(historian_edit(f.historian, &engineer, &again, 1, &made), ERR_CONFLICT);
	assert_int_equal(count_known(&f, 0), 100);
	fixture_free(&f);
}

static void edits_made_at_once_have_times_of_their_own(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	historian_made_t made[3];
	fixture_start(&f);
	put_run(&f, 1, 0, 10);
	for (int i = 0; i < 3; i++)
		OK(historian_edit(
			f.historian, &engineer,
			&(historian_edit_t){ .point = 1, .to_ns = 5, .reason = SLICE("out") }, 1,
			&made[i]));
	assert_true(made[0].at_ns < made[1].at_ns && made[1].at_ns < made[2].at_ns);
	fixture_free(&f);
}

/* Deletes the first hundred of point 1 and sets a value every ten of them. */
static void make_change(historian_edit_t edits[11])
{
	edits[0] = (historian_edit_t){ .point = 1, .to_ns = 100, .reason = SLICE("gauge") };
	for (int i = 1; i < 11; i++)
		edits[i] = (historian_edit_t){ .kind = HISTORIAN_SET,
			                       .point = 1,
			                       .from_ns = i * 9,
			                       .to_ns = i * 9 + 1,
			                       .value = value_i64(i),
			                       .reason = SLICE("gauge") };
}

static void a_change_of_several_is_made_whole_or_not_at_all(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	historian_edit_t edits[11];
	historian_made_t made = { 0 };
	fixture_start(&f);
	put_run(&f, 1, 0, 100);
	make_change(edits);
	edits[10].to_ns++;
	assert_int_equal(historian_edit(f.historian, &engineer, edits, 11, &made), ERR_INVALID);
	settle(&f);
	assert_int_equal(list_edits(&f).count, 0);
	make_change(edits);
	uint64_t before = journal_last(f.journal);
	OK(historian_edit(f.historian, &engineer, edits, 11, &made));
	assert_int_equal(made.seq, before + 1);
	settle(&f);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(count_known(&f, 0), 10);
		assert_int_equal(count_known(&f, made.at_ns - 1), 100);
		list_t list = list_edits(&f);
		assert_int_equal(list.count, 11);
		for (int k = 0; k < 11; k++)
			assert_int_equal(list.edits[k].at_ns, made.at_ns + k);
		fixture_restart(&f);
	}
	/* As of any millisecond all of them are known or none. */
	assert_int_equal(made.at_ns / NS_PER_MS, (made.at_ns + 10) / NS_PER_MS);
	fixture_free(&f);
}

static void a_change_that_is_too_large_is_refused(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	historian_made_t made = { 0 };
	static historian_edit_t edits[HISTORIAN_EDITS_AT_ONCE + 1];
	static uint8_t text[SAMPLE_TEXT_MAX];
	memset(text, 'x', sizeof(text));
	fixture_start(&f);
	for (int i = 0; i <= HISTORIAN_EDITS_AT_ONCE; i++)
		edits[i] = (historian_edit_t){ .kind = HISTORIAN_SET,
			                       .point = 1,
			                       .from_ns = i,
			                       .to_ns = i + 1,
			                       .value = value_i64(i),
			                       .reason = SLICE("gauge") };
	assert_int_equal(
		historian_edit(f.historian, &engineer, edits, HISTORIAN_EDITS_AT_ONCE + 1, &made),
		ERR_INVALID);
	assert_int_equal(historian_edit(f.historian, &engineer, edits, 0, &made), ERR_INVALID);
	edits[0].value = value_text(slice_of(text, sizeof(text)));
	edits[1].value = value_text(SLICE("y"));
	assert_int_equal(historian_edit(f.historian, &engineer, edits, 2, &made), ERR_TOO_BIG);
	edits[1].value = value_i64(1);
	OK(historian_edit(f.historian, &engineer, edits, HISTORIAN_EDITS_AT_ONCE, &made));
	settle(&f);
	assert_int_equal(count_known(&f, 0), HISTORIAN_EDITS_AT_ONCE);
	fixture_free(&f);
}

static void who_may_not_and_what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	historian_made_t made = { 0 };
	caller_t reader_only = engineer;
	fixture_start(&f);
	reader_only.role = ROLE_OPERATOR;
	historian_edit_t edit = { .point = 1, .to_ns = 10, .reason = SLICE("because") };
	assert_int_equal(historian_edit(f.historian, &reader_only, &edit, 1, &made), ERR_DENIED);
	edit.reason = (slice_t){ 0 };
	assert_int_equal(historian_edit(f.historian, &engineer, &edit, 1, &made), ERR_INVALID);
	edit = (historian_edit_t){ .point = 1, .reason = SLICE("empty span") };
	assert_int_equal(historian_edit(f.historian, &engineer, &edit, 1, &made), ERR_INVALID);
	edit = (historian_edit_t){ .point = 0, .to_ns = 10, .reason = SLICE("no point") };
	assert_int_equal(historian_edit(f.historian, &engineer, &edit, 1, &made), ERR_INVALID);
	edit = (historian_edit_t){
		.kind = HISTORIAN_SET, .point = 1, .to_ns = 10, .reason = SLICE("a span")
	};
	assert_int_equal(historian_edit(f.historian, &engineer, &edit, 1, &made), ERR_INVALID);
	assert_int_equal(made.seq, 0);
	fixture_free(&f);
}

static void an_edit_that_was_changed_on_disk_is_refused_or_harmless(void **state)
{
	(void)state;
	uint8_t bytes[256];
	historian_edit_t edit = { .kind = HISTORIAN_SET,
		                  .point = 9,
		                  .from_ns = 5,
		                  .to_ns = 6,
		                  .at_ns = 7,
		                  .value = value_text(SLICE("open")),
		                  .author = SLICE("user:li"),
		                  .reason = SLICE("seen") };
	historian_edit_t back;
	writer_t w = writer_of(bytes, sizeof(bytes));
	edit_encode(&edit, &w);
	OK(edit_decode(writer_done(&w), &back));
	assert_true(value_eq(&edit.value, &back.value));
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(edit_decode(slice_of(bytes, len), &back), ERR_MALFORMED);
	for (size_t i = 0; i < w.len * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		if (!edit_decode(writer_done(&w), &back))
			assert_true(back.kind < HISTORIAN_EDIT_KINDS &&
			            back.quality < QUALITY_COUNT);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

static void a_record_of_several_that_was_changed_on_disk_is_refused_or_harmless(void **state)
{
	(void)state;
	uint8_t bytes[1024];
	historian_edit_t edits[11];
	slice_t back[HISTORIAN_EDITS_AT_ONCE];
	size_t count = 0;
	writer_t w = writer_of(bytes, sizeof(bytes));
	make_change(edits);
	OK(edit_record_encode(edits, 11, &w));
	OK(edit_record_decode(writer_done(&w), back, &count));
	assert_int_equal(count, 11);
	historian_edit_t last;
	OK(edit_decode(back[10], &last));
	assert_int_equal(last.from_ns, 90);
	for (size_t len = 1; len < w.len; len++) {
		err_t err = edit_record_decode(slice_of(bytes, len), back, &count);
		assert_true(err == ERR_MALFORMED || (!err && count < 11));
	}
	bytes[0] = 3;
	OK(edit_record_decode(writer_done(&w), back, &count));
	assert_int_equal(edit_decode(back[0], &last), ERR_NEWER_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_deleted_is_gone_but_for_who_asks_as_of_before),
		cmocka_unit_test(rows_that_come_after_a_deletion_are_seen),
		cmocka_unit_test(a_value_that_is_set_stands_instead),
		cmocka_unit_test(summaries_say_nothing_of_what_an_edit_touches),
		cmocka_unit_test(what_is_undone_is_as_it_was),
		cmocka_unit_test(annotations_are_told_by_when_they_begin),
		cmocka_unit_test(edits_go_with_the_samples_that_they_are_about),
		cmocka_unit_test(what_is_undone_once_or_was_never_made_is_not_undone),
		cmocka_unit_test(edits_made_at_once_have_times_of_their_own),
		cmocka_unit_test(a_change_of_several_is_made_whole_or_not_at_all),
		cmocka_unit_test(a_change_that_is_too_large_is_refused),
		cmocka_unit_test(who_may_not_and_what_makes_no_sense_is_refused),
		cmocka_unit_test(an_edit_that_was_changed_on_disk_is_refused_or_harmless),
		cmocka_unit_test(
			a_record_of_several_that_was_changed_on_disk_is_refused_or_harmless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
