/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/gather.h"

#include <assert.h>
#include <math.h>

#include "insight/silence.h"
#include "retrieval/walk.h"

/* A point under way. */
typedef struct {
	gathered_t *to;
	const bound_point_t *point;
	bool has_before; /* a good sample before the span */
	bool has_last;
	double last;        /* good value, whenever it was */
	double rise;        /* of a counter that rolls over */
	bool is_by_samples; /* and not by summaries, which are exact */
} pass_t;

static bool is_of_states(definition_function_t function)
{
	return function == FUNCTION_DURATION || function == FUNCTION_ENTRIES;
}

/* gathered->state_count: it is not asked for. */
static size_t state_find(const gathered_t *gathered, double number)
{
	size_t i = 0;
	while (i < gathered->state_count && gathered->states[i].state != number)
		i++;
	return i;
}

err_t gather_want(gathered_t *gathered, definition_function_t function, double number)
{
	gathered->functions |= 1u << function;
	if (!is_of_states(function) || state_find(gathered, number) < gathered->state_count)
		return ERR_OK;
	if (gathered->state_count == GATHER_STATES_MAX)
		return ERR_LIMIT;
	gathered->states[gathered->state_count++] = (gathered_state_t){ .state = number };
	return ERR_OK;
}

/* A counter that fell began again at 0, or rolled over: that only where it would then have
 * risen by less than half of what it can hold. A meter that was set to 0 has not run through
 * all of its range between two readings. */
static double rise_of(double from, double to, double rollover)
{
	double rise = to - from, over = rollover - from + to;
	if (rise >= 0)
		return rise;
	return over >= 0 && over < rollover / 2 ? over : to;
}

static void on_sample(void *ctx, const knot_t *knot)
{
	pass_t *pass = ctx;
	gathered_t *to = pass->to;
	if (!knot->ok)
		return;
	double number = knot->number * pass->point->factor;
	if (to->number)
		to->number(to->ctx, number);
	size_t state = state_find(to, number);
	if (state < to->state_count && !(pass->has_last && pass->last == knot->number))
		to->states[state].entries++;
	if (pass->has_last)
		pass->rise += rise_of(pass->last, knot->number, pass->point->rollover);
	pass->has_last = true;
	pass->last = knot->number;
}

static void on_piece(void *ctx, const knot_t *from, int64_t ns)
{
	const pass_t *pass = ctx;
	size_t state = from->ok ? state_find(pass->to, from->number * pass->point->factor)
	                        : pass->to->state_count;
	if (state < pass->to->state_count)
		pass->to->states[state].ns += ns;
}

/* Lowest, highest, first and last of one point. */
typedef struct {
	double min, max, first, last;
} levels_t;

/* Of the samples, and of the value that is held into the span; false: there is neither. */
static bool levels_of(const facts_t *f, levels_t *ret_levels)
{
	/* A sample at the very start is one of the span; nothing is held into it. */
	bool is_begun = f->count > 0 && f->first.ns == f->start_ns;
	bool is_held = !is_begun && f->start.status != STATUS_BAD_NO_DATA && f->start.ok;
	double held = f->start.value;
	levels_t of_samples = { f->low[0].value, f->high[0].value, f->first_ok.number,
		                f->last_ok.number };
	levels_t levels = f->ok ? of_samples : (levels_t){ held, held, held, held };
	if (is_held) {
		levels.min = fmin(levels.min, held);
		levels.max = fmax(levels.max, held);
		levels.first = held;
	}
	*ret_levels = levels;
	return is_held || f->ok;
}

/* Of several points first and last add up; extremes are of all. */
static void add_levels(gathered_t *to, const facts_t *f, double factor)
{
	levels_t levels;
	if (!levels_of(f, &levels))
		return;
	to->min = to->has_value ? fmin(to->min, levels.min * factor) : levels.min * factor;
	to->max = to->has_value ? fmax(to->max, levels.max * factor) : levels.max * factor;
	to->first += levels.first * factor;
	to->last += levels.last * factor;
	to->has_value = true;
}

static bool on_bucket(void *ctx, const facts_t *f)
{
	const pass_t *pass = ctx;
	gathered_t *to = pass->to;
	double factor = pass->point->factor;
	to->is_thinned |= pass->is_by_samples && f->hidden.doubt > 0;
	int64_t good_ns = f->class_ns[QUALITY_GOOD];
	to->good_ns += good_ns;
	to->live += good_ns > 0 || f->ok > 0;
	to->count += f->ok;
	to->sum += f->sum * factor;
	if (f->ok && to->functions & 1u << FUNCTION_SQUARES)
		to->squares += (f->m2 + (double)f->ok * f->mean * f->mean) * factor * factor;
	to->area += f->area * factor;
	to->has_area |= good_ns > 0;
	/* One reading alone is no rise; two are, and one with the one before the span, and a
	 * reading that held all the time has risen by nothing. */
	if (f->ok >= 2 || (pass->has_before && (f->ok || good_ns > 0))) {
		to->rise += (pass->point->rollover > 0 ? pass->rise : f->increase) * factor;
		to->has_rise = true;
	}
	add_levels(to, f, factor);
	return false;
}

/* The good sample of one time, of several the last, or the first. */
typedef struct {
	bool is_first, is_found;
	knot_t knot;
} moment_t;

static bool on_moment(void *ctx, const sample_t *sample)
{
	moment_t *moment = ctx;
	knot_t knot = facts_knot(sample->source.ns, sample);
	if (knot.class != QUALITY_GOOD)
		return true;
	moment->knot = knot;
	moment->is_found = true;
	return !moment->is_first;
}

err_t gather_nearest(const series_reader_t *reader, const series_nearest_t *like, knot_t *ret_knot)
{
	enum { LOOKS_MAX = 1000 };
	series_nearest_t ask = *like;
	moment_t moment = { .is_first = like->is_after };
	series_taker_t taker = { .ctx = &moment, .row = on_moment };
	sample_t sample;
	err_t err = ERR_OK;
	ask.is_usable_only = true;
	/* Usable ones may be uncertain, which do not count. */
	for (size_t i = 0; i < LOOKS_MAX && !moment.is_found && !err; i++) {
		err = reader->nearest(reader->ctx, &ask, &sample);
		if (err || !on_moment(&moment, &sample) || moment.is_found)
			continue;
		int64_t ns = sample.source.ns;
		series_query_t query = { .point = ask.point,
			                 .from_ns = ns,
			                 .to_ns = ns + 1,
			                 .known_at_ns = ask.known_at_ns,
			                 .deadline_ns = ask.deadline_ns };
		err = reader->take(reader->ctx, &query, &taker);
		ask.at_ns = ns + ask.is_after;
	}
	if (err)
		return err;
	if (moment.is_found)
		*ret_knot = moment.knot;
	return moment.is_found ? ERR_OK : ERR_NOT_FOUND;
}

MUST_CHECK static err_t look_before(const gather_t *gather, pass_t *pass)
{
	series_nearest_t ask = { .point = pass->point->point,
		                 .at_ns = gather->span->from_ns,
		                 .known_at_ns = gather->known_at_ns,
		                 .deadline_ns = gather->deadline_ns };
	knot_t knot;
	err_t err = gather_nearest(gather->reader, &ask, &knot);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	pass->has_before = pass->has_last = true;
	pass->last = knot.number;
	return ERR_OK;
}

static unsigned needs_of(const gathered_t *gathered, const bound_point_t *point)
{
	static const struct {
		unsigned functions, needs;
	} ROWS[] = {
		{ 1u << FUNCTION_MEAN | 1u << FUNCTION_INTEGRAL,
		  NEED_BOUNDS | NEED_AREA | NEED_REGIONS },
		{ 1u << FUNCTION_MIN | 1u << FUNCTION_MAX, NEED_BOUNDS | NEED_EXTREMES },
		{ 1u << FUNCTION_FIRST | 1u << FUNCTION_LAST, NEED_BOUNDS },
		{ 1u << FUNCTION_SQUARES, NEED_MOMENTS },
		{ 1u << FUNCTION_DURATION | 1u << FUNCTION_ENTRIES, NEED_BOUNDS | NEED_SAMPLES },
	};
	/* Where the time of good values ends at the edges is always asked. */
	unsigned needs = NEED_BOUNDS;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++)
		if (gathered->functions & ROWS[i].functions)
			needs |= ROWS[i].needs;
	if (gathered->number || (gathered->functions & 1u << FUNCTION_DELTA && point->rollover > 0))
		needs |= NEED_SAMPLES;
	return needs;
}

err_t gather_point(const gather_t *gather, const bound_point_t *point, gathered_t *gathered)
{
	pass_t pass = { .to = gathered, .point = point };
	retrieval_options_t options = RETRIEVAL_DEFAULTS;
	options.is_stepped = true;
	silence_t silence = { gather->reader, point->hold_ns };
	series_reader_t reader = silence_reader(&silence);
	walk_watch_t watch = { &pass, on_sample, on_piece };
	walk_stats_t stats = { 0 };
	edges_t edges;
	err_t err = edges_equal(gather->span->from_ns, gather->span->to_ns, 0, &edges);
	unsigned needs = needs_of(gathered, point);
	walk_spec_t spec = { .reader = &reader,
		             .query = { .point = point->point,
		                        .known_at_ns = gather->known_at_ns,
		                        .deadline_ns = gather->deadline_ns },
		             .edges = &edges,
		             .options = &options,
		             .needs = needs,
		             .watch = needs & NEED_SAMPLES ? &watch : NULL,
		             .bucket = on_bucket,
		             .ctx = &pass,
		             .stats = &stats };
	pass.is_by_samples = (needs & NEED_SAMPLES) != 0;
	if (!err)
		err = look_before(gather, &pass);
	gathered->points++;
	gathered->asked_ns += gather->span->to_ns - gather->span->from_ns;
	return err ? err : walk_run(&spec);
}

static expr_value_t known(bool is_there, double number)
{
	return (expr_value_t){ is_there, number };
}

expr_value_t gathered_value(const gathered_t *g, definition_function_t function, double number)
{
	double good_s = (double)g->good_ns / (double)NS_PER_S;
	/* The counts of something that was seen; 0 of what was covered is known too. */
	bool is_seen = g->count > 0 || g->good_ns > 0;
	size_t at = is_of_states(function) ? state_find(g, number) : g->state_count;
	gathered_state_t state = { 0 };
	if (at < g->state_count)
		state = g->states[at];
	const expr_value_t values[DEFINITION_FUNCTION_COUNT] = {
		[FUNCTION_MEAN] = known(g->has_area, g->has_area ? g->area / good_s : 0),
		[FUNCTION_SUM] = known(is_seen, g->sum),
		[FUNCTION_SQUARES] = known(is_seen, g->squares),
		[FUNCTION_COUNT] = known(is_seen, (double)g->count),
		[FUNCTION_MIN] = known(g->has_value, g->min),
		[FUNCTION_MAX] = known(g->has_value, g->max),
		[FUNCTION_FIRST] = known(g->has_value, g->first),
		[FUNCTION_LAST] = known(g->has_value, g->last),
		[FUNCTION_DELTA] = known(g->has_rise, g->rise),
		[FUNCTION_INTEGRAL] = known(g->has_area, g->area),
		[FUNCTION_DURATION] = known(is_seen, (double)state.ns / (double)NS_PER_S),
		[FUNCTION_ENTRIES] = known(is_seen, (double)state.entries),
		[FUNCTION_GOOD] = known(g->points > 0, good_s),
		[FUNCTION_SPAN] = known(g->points > 0, (double)g->asked_ns / (double)NS_PER_S),
		[FUNCTION_COVERED] = known(g->points > 0, gathered_coverage(g)),
		[FUNCTION_POINTS] = known(true, (double)g->points),
		[FUNCTION_LIVE] = known(g->points > 0, (double)g->live),
	};
	assert(function < DEFINITION_FUNCTION_COUNT);
	return values[function];
}

double gathered_coverage(const gathered_t *gathered)
{
	return gathered->asked_ns > 0 ? (double)gathered->good_ns / (double)gathered->asked_ns : 0;
}
