/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks and the hours of the clock: where blocks end, what their hours say, and that a
 * question by the hour needs nothing else. */
#include "historian/fixture_test.h"

#include <math.h>

#include "historian/hours.h"

enum { ROUNDS = 400, MINUTE = 60, HOUR = 3600 };
static const int64_t BEGIN = 472222 * HOUR * NS_PER_S;

static void add(rowset_t *set, int64_t ns, double number, uint8_t mark)
{
	int64_t node_ns = ns;
	uint64_t bits;
	uint8_t type = VALUE_F64;
	memcpy(&bits, &number, sizeof(bits));
	rows_t row = { 1, &ns, &node_ns, &bits, &type, &mark, { 0 }, 0 };
	OK(rowset_add(set, &row));
}

static void add_every(rowset_t *set, int64_t from_ns, int64_t step_ns)
{
	rowset_clear(set);
	for (int64_t i = 0; i < BLOCK_ROWS; i++)
		add(set, from_ns + i * step_ns, (double)(i % 10) / 10, 0);
}

static size_t cut_of(const rowset_t *set)
{
	rows_t rows = rowset_rows(set);
	return hours_cut(&rows);
}

static void a_full_block_ends_with_an_hour_where_that_is_near(void **state)
{
	(void)state;
	rowset_t set = { 0 };
	add_every(&set, BEGIN, 10 * NS_PER_S);
	assert_int_equal(cut_of(&set), 720);
	add_every(&set, BEGIN + 40 * MINUTE * NS_PER_S, 10 * NS_PER_S);
	assert_int_equal(cut_of(&set), 840);
	add_every(&set, BEGIN, NS_PER_S);
	assert_int_equal(cut_of(&set), BLOCK_ROWS);
	add_every(&set, BEGIN + 50 * MINUTE * NS_PER_S, NS_PER_S);
	assert_int_equal(cut_of(&set), 600);
	/* Four hours at most, and half a block at least. */
	add_every(&set, BEGIN, 20 * NS_PER_S);
	assert_int_equal(cut_of(&set), 720);
	add_every(&set, BEGIN, MINUTE * NS_PER_S);
	assert_int_equal(cut_of(&set), BLOCK_ROWS);
	add_every(&set, INT64_MIN, 10 * NS_PER_S);
	assert_in_range(cut_of(&set), 512, BLOCK_ROWS);
	add_every(&set, INT64_MAX - 2 * BLOCK_ROWS, 2);
	assert_int_equal(cut_of(&set), BLOCK_ROWS);
	rowset_free(&set);
}

static int64_t hour_of(int64_t ns)
{
	int64_t hour = HOUR * NS_PER_S;
	return ns / hour - (ns % hour < 0);
}

static void assert_near(double a, double b)
{
	assert_true(a == b || fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b) + 1));
}

static void assert_same(const summary_t *a, const summary_t *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->usable, b->usable);
	assert_int_equal(a->bad, b->bad);
	assert_int_equal(a->late, b->late);
	assert_int_equal(a->first.ns, b->first.ns);
	assert_int_equal(a->last.ns, b->last.ns);
	assert_int_equal(a->first.bits, b->first.bits);
	assert_int_equal(a->last.bits, b->last.bits);
	assert_true(a->min == b->min && a->max == b->max);
	assert_int_equal(a->min_ns, b->min_ns);
	assert_int_equal(a->max_ns, b->max_ns);
	assert_int_equal(a->max_times, b->max_times);
	assert_int_equal(a->gap_ns, b->gap_ns);
	assert_int_equal(a->resets, b->resets);
	assert_near(a->sum, b->sum);
	assert_near(a->m2, b->m2);
	assert_near(a->increase, b->increase);
	assert_near(a->area_sloped, b->area_sloped);
}

/* Rows of random spacing; some rounds only decimals, as machines tell them. */
static void fill(rng_t *rng, rowset_t *set)
{
	static const double scales[] = { 1, 10, 1000, 3e7 };
	int64_t step_ns = (1 + (int64_t)rng_below(rng, 20)) * NS_PER_S;
	int64_t ns = (rng_below(rng, 2) ? BEGIN : -BEGIN) +
	             (int64_t)rng_below(rng, 7200) * NS_PER_S;
	bool is_even = rng_below(rng, 2), is_decimal = rng_below(rng, 3),
	     is_bad = !rng_below(rng, 4);
	double scale = scales[rng_below(rng, 4)];
	size_t count = 1 + rng_below(rng, BLOCK_ROWS);
	rowset_clear(set);
	for (size_t i = 0; i < count; i++) {
		double number = (double)((int64_t)rng_below(rng, 20000) - 5000);
		number = is_decimal ? number / scale : number * rng_unit(rng);
		add(set, ns, number,
		    is_bad && !rng_below(rng, 50) ? mark_make(QUALITY_TIMEOUT, true) : 0);
		ns += is_even ? step_ns : (int64_t)rng_below(rng, 2 * (uint64_t)step_ns);
	}
}

static summary_t folded(const rows_t *rows)
{
	summary_t s = { 0 };
	for (size_t i = 0; i < rows->count; i++) {
		summary_end_t end = { rows->source_ns[i], rows->bits[i], rows->type[i],
			              mark_quality(rows->mark[i]) };
		summary_add(&s, &end, rows->mark[i] & MARK_LATE);
	}
	return s;
}

static void check_hours(const rows_t *rows, const page_child_t *child)
{
	size_t at = 0;
	for (size_t i = 0; i < child->hour_count; i++) {
		rows_t part = hours_part(rows, child, i);
		summary_t want = folded(&part);
		assert_ptr_equal(part.source_ns, rows->source_ns + at);
		assert_same(&child->hours[i], &want);
		assert_int_equal(hour_of(want.first.ns), hour_of(want.last.ns));
		at += part.count;
		assert_true(at == rows->count ||
		            hour_of(rows->source_ns[at]) > hour_of(want.last.ns));
	}
	assert_true(child->hour_count == 0 || at == rows->count);
	summary_t whole = hours_joined(child), want = folded(rows);
	assert_same(&whole, &want);
}

static void hours_say_what_a_walk_says_and_come_back(void **state)
{
	(void)state;
	rng_t rng = rng_of(11);
	rowset_t set = { 0 };
	page_t *page = calloc(1, sizeof(*page)), *back = calloc(1, sizeof(*back));
	uint8_t bytes[PAGE_BYTES_MAX];
	size_t split = 0;
	assert_true(page && back);
	for (size_t round = 0; round < ROUNDS; round++) {
		fill(&rng, &set);
		rows_t rows = rowset_rows(&set);
		rows = rows_part(&rows, 0, hours_cut(&rows));
		page->count = 1;
		page->child[0] = (page_child_t){ .rows = rows.count,
			                         .first_ns = rows.source_ns[0],
			                         .last_ns = rows.source_ns[rows.count - 1] };
		hours_digest(&rows, &page->child[0]);
		split += page->child[0].hour_count > 0;
		writer_t w = writer_of(bytes, sizeof(bytes));
		page_encode(page, &w);
		assert_false(w.bad);
		OK(page_decode(writer_done(&w), back));
		assert_int_equal(back->child[0].hour_count, page->child[0].hour_count);
		check_hours(&rows, &page->child[0]);
		check_hours(&rows, &back->child[0]);
	}
	assert_in_range(split, ROUNDS / 8, ROUNDS);
	rowset_free(&set);
	free(page);
	free(back);
}

static void assert_same_places(const page_t *a, const page_t *b)
{
	assert_int_equal(a->level, b->level);
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const page_child_t *x = &a->child[i], *y = &b->child[i];
		assert_int_equal(x->rows, y->rows);
		assert_int_equal(x->first_ns, y->first_ns);
		assert_int_equal(x->last_ns, y->last_ns);
		assert_int_equal(x->node_max_ns, y->node_max_ns);
		for (size_t k = 0; k < (a->level ? 1 : BLOCK_PARTS); k++)
			assert_int_equal(x->part[k].at, y->part[k].at);
	}
}

/* Times as far apart as they can be, in units of any size. */
static void pages_say_where_their_children_are_and_when(void **state)
{
	(void)state;
	rng_t rng = rng_of(12);
	page_t *page = calloc(1, sizeof(*page)), *back = calloc(1, sizeof(*back));
	uint8_t bytes[PAGE_BYTES_MAX];
	assert_true(page && back);
	for (size_t round = 0; round < ROUNDS; round++) {
		int64_t unit = round % 3 ? NS_PER_S / 10 : 1;
		int64_t ns = round % 5 ? (int64_t)(rng_next(&rng) >> 8) / unit * unit : INT64_MIN;
		page->level = (uint8_t)rng_below(&rng, 2);
		page->count = 1 + rng_below(&rng, PAGE_FAN);
		for (size_t i = 0; i < page->count; i++) {
			page_child_t *child = &page->child[i];
			*child = (page_child_t){ .rows = 1 + rng_below(&rng, 99), .first_ns = ns };
			ns += (int64_t)rng_below(&rng, 9999) * unit;
			child->last_ns = ns;
			child->node_max_ns = (int64_t)rng_next(&rng);
			for (size_t k = 0; k < BLOCK_PARTS; k++)
				child->part[k] = (extent_t){ rng_next(&rng) >> 1, 7 };
			if (i + 2 == page->count && round % 7 == 0)
				ns = INT64_MAX - 10 * NS_PER_S * 1000;
		}
		writer_t w = writer_of(bytes, sizeof(bytes));
		page_encode(page, &w);
		assert_false(w.bad);
		OK(page_decode(writer_done(&w), back));
		assert_same_places(page, back);
	}
	free(page);
	free(back);
}

static void sums_of_decimals_are_short_and_lose_their_rounding(void **state)
{
	(void)state;
	rowset_t set = { 0 };
	uint8_t bytes[DIGEST_BYTES_MAX];
	for (int64_t i = 0; i < 360; i++)
		add(&set, BEGIN + i * 10 * NS_PER_S, 0.1 + (double)(i % 2) / 10, 0);
	rows_t rows = rowset_rows(&set);
	summary_t made = digest_rows(&rows);
	writer_t w = writer_of(bytes, sizeof(bytes));
	digest_encode(&made, &w);
	assert_in_range(w.len, 1, 32);
	reader_t r = reader_of(writer_done(&w));
	summary_t back = digest_decode(&r, made.count, made.first.ns, made.last.ns);
	assert_false(r.bad);
	assert_true(back.sum == 54 && back.increase == 35.9);
	rowset_free(&set);
}

typedef struct {
	summary_t sum;
	size_t hours, rows;
} asked_t;

static series_verdict_t on_hour(void *ctx, const summary_t *summary)
{
	asked_t *asked = ctx;
	assert_int_equal(hour_of(summary->first.ns), hour_of(summary->last.ns));
	asked->hours++;
	summary_join(&asked->sum, summary);
	return SERIES_TAKEN;
}

static series_verdict_t on_any(void *ctx, const summary_t *summary)
{
	(void)ctx;
	(void)summary;
	return SERIES_OPEN;
}

static bool on_row(void *ctx, const sample_t *sample)
{
	asked_t *asked = ctx;
	summary_end_t end = { sample->source.ns, value_bits(&sample->value),
		              (uint8_t)sample->value.type, (uint8_t)sample->quality };
	asked->rows++;
	summary_add(&asked->sum, &end, sample->is_late);
	return true;
}

static asked_t ask(fixture_t *f, const series_query_t *query,
                   series_verdict_t (*summary)(void *ctx, const summary_t *summary))
{
	asked_t asked = { 0 };
	series_reader_t reader = historian_reader(f->historian);
	OK(reader.take(reader.ctx, query,
	               &(series_taker_t){ .ctx = &asked, .summary = summary, .row = on_row }));
	return asked;
}

enum { SAMPLES = 2000, STEP_S = 10, IN_HOUR = HOUR / STEP_S };

/* A sample each ten seconds, merged; from an hour on and over six. */
static fixture_t merged(void)
{
	fixture_t f = fixture_make(3);
	sample_t samples[SAMPLES];
	uint64_t seq = 0;
	fixture_start(&f);
	for (int64_t i = 0; i < SAMPLES; i++)
		samples[i] = sample_of(1, BEGIN + i * STEP_S * NS_PER_S, (double)(i % 77) / 100);
	OK(put(&f, samples, SAMPLES, &seq));
	settle(&f);
	OK(historian_merge(f.historian));
	return f;
}

static void an_answer_by_the_hour_reads_no_block(void **state)
{
	(void)state;
	fixture_t f = merged();
	series_query_t query = { .point = 1,
		                 .from_ns = BEGIN,
		                 .to_ns = BEGIN + 6 * HOUR * NS_PER_S,
		                 .step_ns = HOUR * NS_PER_S };
	asked_t all = ask(&f, &query, on_hour), rows = ask(&f, &query, NULL);
	assert_int_equal(all.rows, 0);
	assert_int_equal(all.hours, 6);
	assert_int_equal(rows.rows, SAMPLES);
	assert_same(&all.sum, &rows.sum);
	/* What is refused comes as its rows, once. */
	query.step_ns = 0;
	asked_t opened = ask(&f, &query, on_any);
	assert_int_equal(opened.rows, SAMPLES);
	assert_same(&opened.sum, &rows.sum);
	fixture_free(&f);
}

static void only_the_hours_at_the_edges_are_opened(void **state)
{
	(void)state;
	fixture_t f = merged();
	series_query_t query = { .point = 1,
		                 .from_ns = BEGIN + HOUR * NS_PER_S / 2,
		                 .to_ns = BEGIN + (4 * HOUR + 100) * NS_PER_S };
	asked_t some = ask(&f, &query, on_hour), rows = ask(&f, &query, NULL);
	assert_int_equal(some.rows, IN_HOUR / 2 + 100 / STEP_S);
	assert_int_equal(some.hours, 3);
	assert_same(&some.sum, &rows.sum);
	fixture_free(&f);
}

static void an_edit_opens_the_hour_it_touches(void **state)
{
	(void)state;
	fixture_t f = merged();
	historian_made_t made;
	caller_t caller = { .subject = slice_str("an engineer"), .role = ROLE_ENGINEER };
	int64_t at = BEGIN + (HOUR + 100) * NS_PER_S;
	historian_edit_t edit = { .kind = HISTORIAN_DELETE,
		                  .point = 1,
		                  .from_ns = at,
		                  .to_ns = at + 1,
		                  .reason = slice_str("a test signal") };
	OK(historian_edit(f.historian, &caller, &edit, 1, &made));
	settle(&f);
	series_query_t query = { .point = 1,
		                 .from_ns = BEGIN,
		                 .to_ns = BEGIN + 6 * HOUR * NS_PER_S };
	asked_t all = ask(&f, &query, on_hour);
	assert_int_equal(all.hours, 5);
	assert_int_equal(all.rows, IN_HOUR - 1);
	assert_int_equal(all.sum.count, SAMPLES - 1);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_block_ends_with_an_hour_where_that_is_near),
		cmocka_unit_test(hours_say_what_a_walk_says_and_come_back),
		cmocka_unit_test(pages_say_where_their_children_are_and_when),
		cmocka_unit_test(sums_of_decimals_are_short_and_lose_their_rounding),
		cmocka_unit_test(an_answer_by_the_hour_reads_no_block),
		cmocka_unit_test(only_the_hours_at_the_edges_are_opened),
		cmocka_unit_test(an_edit_opens_the_hour_it_touches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
