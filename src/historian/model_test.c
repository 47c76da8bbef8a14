/* SPDX-License-Identifier: Apache-2.0 */
/* Random batches, out of order, late and bad ones among them, sealed and restarted at
 * random moments, against an oracle that keeps all rows in one array and answers by
 * walking it. */
#include "historian/fixture_test.h"

#include <math.h>

#include "historian/rows.h"

enum { POINTS = 4, ROWS_MAX = 6000, STEPS = 120, QUESTIONS = 12, SEEDS = 12, SPAN = 10000 };

typedef struct {
	fixture_t f;
	rng_t rng;
	sample_t rows[ROWS_MAX]; /* by order of arrival, sorted when asked */
	size_t count;
	int64_t clock, newest[POINTS + 1]; /* the clock in units */
	int64_t unit_ns;
	uint64_t late_span;
	size_t summaries; /* taken */
} run_t;

static int by_row(const void *a, const void *b)
{
	const sample_t *x = a, *y = b;
	uint64_t x_bits = x->value.type == VALUE_TEXT ? 0 : value_bits(&x->value);
	uint64_t y_bits = y->value.type == VALUE_TEXT ? 0 : value_bits(&y->value);
	uint8_t x_type = (uint8_t)x->value.type, y_type = (uint8_t)y->value.type;
	uint8_t x_mark = mark_make(x->quality, false), y_mark = mark_make(y->quality, false);
	if (x_type == VALUE_TEXT && y_type == VALUE_TEXT) {
		int order = slice_cmp(x->value.as.text, y->value.as.text);
		x_bits = order > 0;
		y_bits = order < 0;
	} else if (x_type == VALUE_TEXT || y_type == VALUE_TEXT) {
		/* Texts of one point never share both times with numbers here. */
		x_bits = y_bits;
	}
	rows_t one = { 1, &x->source.ns, &x->node.ns, &x_bits, &x_type, &x_mark, { 0 }, 0 };
	rows_t other = { 1, &y->source.ns, &y->node.ns, &y_bits, &y_type, &y_mark, { 0 }, 0 };
	if (x_type == VALUE_TEXT)
		x_type = VALUE_TYPE_COUNT;
	if (y_type == VALUE_TEXT)
		y_type = VALUE_TYPE_COUNT;
	return rows_compare(&one, 0, &other, 0);
}

static value_t some_value(rng_t *rng)
{
	switch (rng_below(rng, 8)) {
	case 0:
		return value_bool(rng_below(rng, 2));
	case 1:
		return value_i64((int64_t)rng_below(rng, 2000) - 1000);
	case 2:
		return value_u64(rng_below(rng, 1000));
	case 3:
		return rng_below(rng, 10) ? value_f64(-0.0) : value_f64(NAN);
	case 4:
		return rng_below(rng, 10) ? value_f32((float)rng_normal(rng) * 10)
		                          : value_from_bits(VALUE_F32, 0x7FC00123);
	case 5:
		return value_enum((uint32_t)rng_below(rng, 4));
	default:
		return value_f64(rng_normal(rng) * 100);
	}
}

static value_t some_text(rng_t *rng)
{
	static const char words[] = "idle running stopped fault idle again";
	return value_text(slice_sub(slice_str(words), rng_below(rng, 37), rng_below(rng, 9)));
}

static sample_t some_sample(run_t *run)
{
	rng_t *rng = &run->rng;
	point_id_t point = (point_id_t)rng_below(rng, POINTS) + 1;
	bool late = rng_below(rng, 10) == 0, bad = rng_below(rng, 8) == 0;
	int64_t behind = (int64_t)rng_below(rng, late ? run->late_span : 5);
	run->clock += (int64_t)rng_below(rng, 4);
	return (sample_t){ .point = point,
		           .source = { (run->clock - behind) * run->unit_ns },
		           .node = { run->clock * run->unit_ns },
		           .value = bad               ? (value_t){ 0 }
		                    : point == POINTS ? some_text(rng)
		                                      : some_value(rng),
		           .quality = bad ? QUALITY_TIMEOUT
		                          : (quality_t)rng_below(rng, QUALITY_NO_CONNECTION) };
}

static sample_t note_late(run_t *run, sample_t sample)
{
	int64_t *newest = &run->newest[sample.point];
	sample.is_late = sample.source.ns < *newest;
	*newest = sample.source.ns > *newest ? sample.source.ns : *newest;
	return sample;
}

static void add_batch(run_t *run)
{
	uint64_t seq = 0;
	size_t n = (size_t)rng_below(&run->rng, 60) + 1;
	if (run->count + n > ROWS_MAX)
		return;
	for (size_t i = 0; i < n; i++)
		run->rows[run->count + i] = note_late(run, some_sample(run));
	OK(put(&run->f, &run->rows[run->count], n, &seq));
	run->count += n;
}

static series_query_t some_query(run_t *run)
{
	rng_t *rng = &run->rng;
	int64_t from = (int64_t)rng_below(rng, (uint64_t)run->clock + SPAN) - SPAN;
	series_query_t query = { .point = (point_id_t)rng_below(rng, POINTS + 1) + 1,
		                 .from_ns = from * run->unit_ns,
		                 .to_ns = (from + 1 + (int64_t)rng_below(rng, SPAN)) * run->unit_ns,
		                 .step_ns = (int64_t)(rng_below(rng, 900) + 1) * run->unit_ns };
	if (rng_below(rng, 3) == 0)
		query.limit = (size_t)rng_below(rng, 200) + 1;
	if (rng_below(rng, 3) == 0)
		query.known_at_ns = (int64_t)rng_below(rng, (uint64_t)run->clock + 2) *
		                    run->unit_ns;
	return query;
}

static bool matches(const series_query_t *query, const sample_t *s)
{
	return s->point == query->point && s->source.ns >= query->from_ns &&
	       s->source.ns < query->to_ns &&
	       (!query->known_at_ns || s->node.ns <= query->known_at_ns);
}

typedef struct {
	run_t *run;
	const sample_t *next, *end; /* what is still to come of the oracle's rows */
	const series_query_t *query;
	summary_t sum;
} taking_t;

static summary_end_t end_of(const sample_t *s)
{
	bool is_text = s->value.type == VALUE_TEXT;
	return (summary_end_t){ s->source.ns, is_text ? 0 : value_bits(&s->value),
		                (uint8_t)s->value.type, (uint8_t)s->quality };
}

static void assert_near(double a, double b)
{
	assert_true(a == b || fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b) + 1));
}

/* A summary holds what the next rows of the oracle do. */
static void check_summary(taking_t *taking, const summary_t *got)
{
	summary_t want = { 0 };
	while (want.count < got->count) {
		assert_true(taking->next < taking->end);
		if (matches(taking->query, taking->next)) {
			summary_end_t end = end_of(taking->next);
			summary_add(&want, &end, taking->next->is_late);
		}
		taking->next++;
	}
	assert_int_equal(got->first.ns, want.first.ns);
	assert_int_equal(got->last.ns, want.last.ns);
	assert_int_equal(got->last.bits, want.last.bits);
	assert_int_equal(got->usable, want.usable);
	assert_int_equal(got->uncertain, want.uncertain);
	assert_int_equal(got->bad, want.bad);
	assert_int_equal(got->late, want.late);
	assert_int_equal(got->worst, want.worst);
	assert_int_equal(got->usable_ns, want.usable_ns);
	assert_int_equal(got->bad_ns, want.bad_ns);
	assert_int_equal(got->zero_ns, want.zero_ns);
	assert_int_equal(got->nonzero_ns, want.nonzero_ns);
	assert_int_equal(got->gap_ns, want.gap_ns);
	assert_int_equal(got->transitions, want.transitions);
	assert_int_equal(got->resets, want.resets);
	assert_int_equal(got->min_ns, want.min_ns);
	assert_int_equal(got->max_ns, want.max_ns);
	assert_int_equal(got->min_times, want.min_times);
	assert_int_equal(got->max_times, want.max_times);
	assert_int_equal(got->first_usable.bits, want.first_usable.bits);
	assert_int_equal(got->last_usable.ns, want.last_usable.ns);
	assert_true(got->min == want.min && got->max == want.max);
	assert_near(got->sum, want.sum);
	assert_near(got->mean, want.mean);
	assert_near(got->m2, want.m2);
	assert_near(got->increase, want.increase);
	assert_near(got->area_stepped, want.area_stepped);
	assert_near(got->area_sloped, want.area_sloped);
}

static series_verdict_t take_summary(void *ctx, const summary_t *summary)
{
	taking_t *taking = ctx;
	if (rng_below(&taking->run->rng, 3) == 0)
		return SERIES_OPEN;
	check_summary(taking, summary);
	taking->run->summaries++;
	return SERIES_TAKEN;
}

static bool take_sample(void *ctx, const sample_t *sample)
{
	taking_t *taking = ctx;
	while (taking->next < taking->end && !matches(taking->query, taking->next))
		taking->next++;
	assert_true(taking->next < taking->end);
	assert_int_equal(by_row(taking->next, sample), 0);
	assert_int_equal(taking->next->is_late, sample->is_late);
	taking->next++;
	return true;
}

static void check_take(run_t *run, const sample_t *sorted, const series_query_t *query)
{
	taking_t taking = { run, sorted, sorted + run->count, query, { 0 } };
	series_reader_t reader = historian_reader(run->f.historian);
	OK(reader.take(
		reader.ctx, query,
		&(series_taker_t){ .ctx = &taking, .summary = take_summary, .row = take_sample }));
	for (; taking.next < taking.end; taking.next++)
		assert_false(matches(query, taking.next));
}

static bool is_wanted(const series_nearest_t *ask, const sample_t *s)
{
	double number;
	summary_end_t end = end_of(s);
	return s->point == ask->point &&
	       (ask->is_after ? s->source.ns >= ask->at_ns : s->source.ns < ask->at_ns) &&
	       (!ask->known_at_ns || s->node.ns <= ask->known_at_ns) &&
	       (!ask->is_usable_only || summary_usable(end.type, end.quality, end.bits, &number));
}

static void check_nearest(run_t *run, const sample_t *sorted, const series_query_t *query)
{
	uint8_t bytes[64];
	writer_t w = writer_of(bytes, sizeof(bytes));
	series_nearest_t ask = { .point = query->point,
		                 .at_ns = query->from_ns,
		                 .is_after = rng_below(&run->rng, 2),
		                 .is_usable_only = rng_below(&run->rng, 2),
		                 .known_at_ns = query->known_at_ns,
		                 .text = &w };
	series_reader_t reader = historian_reader(run->f.historian);
	const sample_t *want = NULL;
	sample_t got;
	for (size_t i = 0; i < run->count && !(want && ask.is_after); i++)
		if (is_wanted(&ask, &sorted[i]))
			want = &sorted[i];
	err_t err = reader.nearest(reader.ctx, &ask, &got);
	assert_int_equal(err, want ? ERR_OK : ERR_NOT_FOUND);
	if (want)
		assert_int_equal(by_row(want, &got), 0);
}

typedef struct {
	const sample_t *want[POINTS + 1];
	point_id_t points;
} newest_t;

static bool take_newest(void *ctx, const sample_t *sample)
{
	newest_t *newest = ctx;
	const sample_t *want = newest->want[sample->point];
	assert_non_null(want);
	assert_int_equal(want->source.ns, sample->source.ns);
	assert_int_equal(want->node.ns, sample->node.ns);
	newest->want[sample->point] = NULL;
	return true;
}

static void check_last(run_t *run, const sample_t *sorted)
{
	newest_t newest = { 0 };
	point_id_t points[POINTS];
	series_reader_t reader = historian_reader(run->f.historian);
	for (point_id_t i = 0; i < POINTS; i++)
		points[i] = i + 1;
	for (size_t i = 0; i < run->count; i++)
		newest.want[sorted[i].point] = &sorted[i];
	OK(reader.last(reader.ctx, points, POINTS, take_newest, &newest));
	for (size_t i = 0; i <= POINTS; i++)
		assert_null(newest.want[i]);
}

static void check_raw(run_t *run, const sample_t *sorted, const series_query_t *query)
{
	taken_t taken = { 0 };
	size_t n = 0;
	OK(ask_raw(&run->f, query, &taken));
	for (size_t i = 0; i < run->count && (!query->limit || n < query->limit); i++) {
		if (!matches(query, &sorted[i]))
			continue;
		assert_true(n < taken.count);
		assert_int_equal(sorted[i].source.ns, taken.rows[n].source.ns);
		assert_int_equal(sorted[i].node.ns, taken.rows[n].node.ns);
		assert_int_equal(sorted[i].value.type, taken.rows[n].value.type);
		assert_int_equal(taken.rows[n++].point, query->point);
	}
	assert_int_equal(taken.count, n);
	free(taken.rows);
}

static void check(run_t *run)
{
	static sample_t sorted[ROWS_MAX];
	settle(&run->f);
	memcpy(sorted, run->rows, run->count * sizeof(sample_t));
	qsort(sorted, run->count, sizeof(sample_t), by_row);
	check_last(run, sorted);
	for (int i = 0; i < QUESTIONS; i++) {
		series_query_t query = some_query(run);
		check_raw(run, sorted, &query);
		check_take(run, sorted, &query);
		check_nearest(run, sorted, &query);
	}
}

static void step(run_t *run)
{
	switch (rng_below(&run->rng, 14)) {
	case 0:
		settle(&run->f);
		OK(historian_seal(run->f.historian));
		break;
	case 1:
		settle(&run->f);
		fixture_restart(&run->f);
		break;
	case 2:
		settle(&run->f);
		OK(historian_merge(run->f.historian));
		break;
	case 3:
		check(run);
		break;
	default:
		add_batch(run);
	}
}

static void answers_are_those_of_the_oracle(void **state)
{
	(void)state;
	size_t summaries = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		run_t *run = calloc(1, sizeof(*run));
		assert_non_null(run);
		run->f = fixture_make(seed);
		/* So that some reach over many windows, some over hours of the clock. */
		run->f.spec.window_ns = seed % 2 ? 700 : 0;
		run->f.spec.pack_after_ns = (int64_t)(seed % 3) * 500;
		run->unit_ns = seed % 2 ? 1 : 2 * NS_PER_S;
		run->late_span = seed % 2 ? SPAN : SPAN / 20;
		run->rng = rng_of(seed);
		run->clock = SPAN;
		fixture_start(&run->f);
		for (int i = 0; i < STEPS; i++)
			step(run);
		check(run);
		summaries += run->summaries;
		fixture_free(&run->f);
		free(run);
	}
	assert_true(summaries > SEEDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_those_of_the_oracle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
