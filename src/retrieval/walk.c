/* SPDX-License-Identifier: Apache-2.0 */
#include "retrieval/walk_state.h"

#include <stdlib.h>

static const unsigned NEED_ANY_BOUND = NEED_BOUNDS | NEED_LINE | NEED_LINE_BOUNDS | NEED_HERE;

static void set_ok(const walk_t *walk, knot_t *knot)
{
	knot->ok = knot->class == QUALITY_GOOD ||
	           (knot->class == QUALITY_UNCERTAIN && !walk->options->uncertain_is_bad);
}

knot_t walk_knot(const walk_t *walk, const sample_t *sample)
{
	knot_t knot = facts_knot(sample->source.ns, sample);
	set_ok(walk, &knot);
	return knot;
}

knot_t walk_end(const walk_t *walk, const summary_end_t *end)
{
	sample_t sample = { .source = { end->ns },
		            .quality = (quality_t)end->quality,
		            .value = value_from_bits((value_type_t)end->type, end->bits) };
	return walk_knot(walk, &sample);
}

static void open_line(walk_t *walk)
{
	facts_t *f = &walk->f;
	walk->has_line = f->line_start.status != STATUS_BAD_NO_DATA;
	f->has_line = walk->has_line;
	f->line_start_ns = f->start_ns;
	walk->line = (knot_t){ .ns = f->start_ns, .number = f->line_start.value };
}

static void open_bucket(walk_t *walk, const knot_t *next)
{
	const edges_t *edges = walk->spec->edges;
	facts_t *f = &walk->f;
	*f = (facts_t){ .start_ns = edges_at(edges, walk->index),
		        .end_ns = edges_at(edges, walk->index + 1),
		        .is_cut = edges_is_cut(edges, walk->index) };
	walk->at_ns = f->start_ns;
	if (walk->needs & NEED_BOUNDS)
		f->start = curve_simple(walk, next, f->start_ns);
	if (walk->needs & NEED_WORST)
		f->start_status = curve_status(walk, next, f->start_ns);
	if (walk->needs & NEED_HERE)
		f->here = curve_line(walk, next, f->start_ns, walk->options->is_stepped);
	if (walk->needs & (NEED_LINE | NEED_LINE_BOUNDS)) {
		f->line_start = curve_line(walk, next, f->start_ns, false);
		open_line(walk);
	}
}

static void end_line(walk_t *walk, const knot_t *next)
{
	facts_t *f = &walk->f;
	f->line_end = curve_line(walk, next, f->end_ns, false);
	if (f->has_line)
		f->line_area += (walk->line.number + f->line_end.value) / 2 *
		                walk_seconds(walk->line.ns, f->end_ns);
}

static void close_bucket(walk_t *walk, const knot_t *next)
{
	facts_t *f = &walk->f;
	if (walk->needs & NEED_BOUNDS)
		f->end = curve_simple(walk, next, f->end_ns);
	if (walk->needs & (NEED_LINE | NEED_LINE_BOUNDS))
		end_line(walk, next);
	for (; walk->note < walk->note_count && walk->notes_ns[walk->note] < f->end_ns;
	     walk->note++)
		f->annotations++;
	f->has_newest = walk->has_prev_ok;
	f->newest_ok = walk->prev_ok;
	f->has_data = walk->has_data && f->start_ns <= walk->last_data.ns &&
	              f->end_ns > walk->first_data.ns;
	if (f->has_data) {
		int64_t first_ns = walk->first_data.ns, last_ns = walk->last_data.ns;
		f->used_start_ns = first_ns > f->start_ns ? first_ns : f->start_ns;
		last_ns = last_ns > f->used_start_ns ? last_ns : f->used_start_ns + 1;
		f->used_end_ns = last_ns < f->end_ns ? last_ns : f->end_ns;
		f->ends_open = walk->last_data.ns < f->end_ns;
	}
	if (walk->err || !walk->spec->bucket(walk->spec->ctx, f))
		walk->stopped = true;
}

/* Up to `next`, which is put on the curve by whoever calls. */
static void bridge(walk_t *walk, const knot_t *next)
{
	while (next->ns >= walk->f.end_ns && walk->index < walk->spec->edges->count) {
		curve_piece(walk, next, walk->f.end_ns);
		close_bucket(walk, next);
		walk->index++;
		if (walk->stopped || walk->index == walk->spec->edges->count)
			return;
		open_bucket(walk, next);
	}
	curve_piece(walk, next, next->ns);
}

/* A sample at the very start of a bucket is the value there; the last one of several. */
static void start_at(walk_t *walk, const knot_t *knot)
{
	facts_t *f = &walk->f;
	f->start = curve_at_sample(knot);
	f->start_status = knot->class == QUALITY_BAD ? STATUS_BAD_NO_DATA : facts_status(knot);
	if (knot->ok)
		f->here = f->line_start = f->start;
}

static void add_pair(walk_t *walk, const knot_t *knot)
{
	facts_t *f = &walk->f;
	f->hidden.is_between |= walk->has_prev && curve_doubt(&walk->prev, knot) > 0;
	if (!walk->has_prev_ok) {
		f->transitions++;
		return;
	}
	double from = walk->prev_ok.number, rise = knot->number - from;
	f->transitions += rise != 0;
	f->resets += rise < 0;
	f->increase += facts_rise(from, knot->number, walk->options->rollover);
}

static void add_to_line(walk_t *walk, const knot_t *knot)
{
	facts_t *f = &walk->f;
	if (walk->has_line)
		f->line_area += (walk->line.number + knot->number) / 2 *
		                walk_seconds(walk->line.ns, knot->ns);
	else
		f->line_start_ns = knot->ns;
	f->has_line = walk->has_line = true;
	walk->line = *knot;
}

static void add_extremes(walk_t *walk, const knot_t *knot)
{
	facts_t *f = &walk->f;
	extreme_t one = { knot->number, knot->ns, 1 };
	size_t class = walk->needs & NEED_CLASSES ? knot->class : 0;
	facts_extreme(&f->low[class], &one, false);
	facts_extreme(&f->high[class], &one, true);
	if (walk->needs & NEED_BOUNDS && knot->ns > f->start_ns) {
		facts_extreme(&f->inner_low, &one, false);
		facts_extreme(&f->inner_high, &one, true);
	}
}

static void add_ok(walk_t *walk, const knot_t *knot)
{
	facts_t *f = &walk->f;
	if (walk->needs & NEED_MOMENTS)
		facts_moments(f, 1, knot->number, 0);
	if (walk->needs & NEED_EXTREMES)
		add_extremes(walk, knot);
	add_pair(walk, knot);
	if (walk->needs & NEED_LINE)
		add_to_line(walk, knot);
	if (f->ok++ == 0)
		f->first_ok = *knot;
	f->sum += knot->number;
	f->last_ok = walk->prev_ok = *knot;
	f->ends_skipped = walk->skipped = false;
	walk->has_prev_ok = true;
}

static void add_skipped(walk_t *walk)
{
	facts_t *f = &walk->f;
	f->starts_skipped |= f->ok == 0;
	f->is_skipped = f->ends_skipped = walk->skipped = true;
}

static void add_worst(facts_t *f, const knot_t *knot)
{
	worst_t one = { 1, facts_status(knot), knot->ns, knot->class };
	facts_worst(&f->worst, &one);
	if (knot->ns > f->start_ns)
		facts_worst(&f->inner_worst, &one);
}

static bool on_row(void *ctx, const sample_t *sample)
{
	walk_t *walk = ctx;
	facts_t *f = &walk->f;
	knot_t knot = walk_knot(walk, sample);
	walk->spec->stats->samples++;
	bridge(walk, &knot);
	if (walk->stopped)
		return false;
	if (knot.ns == f->start_ns)
		start_at(walk, &knot);
	if (f->count++ == 0)
		f->first = knot;
	f->late += sample->is_late;
	f->bad += knot.class == QUALITY_BAD;
	f->uncertain += knot.class == QUALITY_UNCERTAIN;
	if (walk->needs & NEED_WORST)
		add_worst(f, &knot);
	if (knot.ok)
		add_ok(walk, &knot);
	else
		add_skipped(walk);
	if (walk->spec->watch)
		walk->spec->watch->sample(walk->spec->watch->ctx, &knot);
	f->last = walk->prev = knot;
	walk->has_prev = true;
	return true;
}

/* Whether a run lies in one bucket, and whole behind an edge that needs its samples. */
static bool fits(const walk_t *walk, const summary_t *s)
{
	const edges_t *edges = walk->spec->edges;
	size_t i = walk->index;
	if (s->first.ns >= walk->f.end_ns && !edges->list)
		i = (size_t)((s->first.ns - edges->from_ns) / edges->step_ns);
	while (i + 1 < edges->count && s->first.ns >= edges_at(edges, i + 1))
		i++;
	if (s->last.ns >= edges_at(edges, i + 1))
		return false;
	return !(walk->needs & NEED_ANY_BOUND) || s->first.ns > edges_at(edges, i);
}

static bool is_enough(const walk_t *walk, const summary_t *s)
{
	const retrieval_options_t *o = walk->options;
	unsigned missing = NEED_SAMPLES | NEED_SPREAD;
	if (s->uncertain)
		missing |= NEED_CLASSES | NEED_WORST;
	if (s->usable && (!s->min_times || !s->max_times))
		missing |= NEED_TIMES;
	if (s->resets)
		missing |= NEED_FALLS;
	if (s->bad)
		missing |= NEED_LINE | NEED_WORST;
	if (s->bad && !o->is_stepped)
		missing |= NEED_AREA | (o->uncertain_is_bad ? NEED_REGIONS : 0);
	return !(walk->needs & missing) && !(s->uncertain && o->uncertain_is_bad);
}

static void join_ok(walk_t *walk, const summary_t *s)
{
	facts_t *f = &walk->f;
	knot_t first = walk_end(walk, &s->first_usable), last = walk_end(walk, &s->last_usable);
	extreme_t low = { s->min, s->min_ns, s->min_times ? s->min_times : 1 };
	extreme_t high = { s->max, s->max_ns, s->max_times ? s->max_times : 1 };
	facts_moments(f, s->usable, s->mean, s->m2);
	facts_extreme(&f->low[0], &low, false);
	facts_extreme(&f->high[0], &high, true);
	facts_extreme(&f->inner_low, &low, false);
	facts_extreme(&f->inner_high, &high, true);
	add_pair(walk, &first);
	if (walk->needs & NEED_LINE) {
		add_to_line(walk, &first);
		f->line_area += s->area_sloped;
		walk->line = last;
	}
	if (f->ok == 0)
		f->first_ok = first;
	f->ok += s->usable;
	f->sum += s->sum;
	f->last_ok = walk->prev_ok = last;
	f->ends_skipped = walk->skipped = false;
	walk->has_prev_ok = true;
}

static void join_regions(walk_t *walk, const summary_t *s)
{
	facts_t *f = &walk->f;
	f->class_ns[QUALITY_GOOD] += s->usable_ns - s->uncertain_ns;
	f->class_ns[QUALITY_UNCERTAIN] += s->uncertain_ns;
	f->class_ns[QUALITY_BAD] += s->bad_ns;
	f->zero_ns += s->zero_ns;
	f->nonzero_ns += s->nonzero_ns;
	f->area += walk->options->is_stepped ? s->area_stepped : s->area_sloped;
	f->gap_ns = s->gap_ns > f->gap_ns ? s->gap_ns : f->gap_ns;
	f->transitions += s->transitions;
	f->resets += s->resets;
	f->increase += s->increase;
}

static void join_summary(walk_t *walk, const summary_t *s, const knot_t *first)
{
	facts_t *f = &walk->f;
	worst_t worst = { s->count, facts_status(first), first->ns, QUALITY_GOOD };
	if (!first->ok)
		add_skipped(walk);
	if (f->count == 0)
		f->first = *first;
	if (s->usable)
		join_ok(walk, s);
	join_regions(walk, s);
	f->count += s->count;
	f->late += s->late;
	f->bad += s->bad;
	f->uncertain += s->uncertain;
	f->is_skipped |= s->bad > 0;
	if (walk->needs & NEED_WORST) {
		facts_worst(&f->worst, &worst);
		facts_worst(&f->inner_worst, &worst);
	}
	f->last = walk->prev = walk_end(walk, &s->last);
	walk->has_prev = true;
	walk->at_ns = s->last.ns;
	if (!f->last.ok)
		add_skipped(walk);
}

static series_verdict_t on_summary(void *ctx, const summary_t *summary)
{
	walk_t *walk = ctx;
	if (!fits(walk, summary) || !is_enough(walk, summary)) {
		walk->spec->stats->opened++;
		return SERIES_OPEN;
	}
	knot_t first = walk_end(walk, &summary->first);
	bridge(walk, &first);
	if (walk->stopped)
		return SERIES_STOP;
	walk->spec->stats->summaries++;
	join_summary(walk, summary, &first);
	return SERIES_TAKEN;
}

/* What lies around the range. */
static void look_around(walk_t *walk)
{
	if (!look_data(walk) || !walk->has_prev || walk->err)
		return;
	walk->prev_ok = walk->prev;
	walk->has_prev_ok = walk->prev.ok;
	walk->skipped = !walk->prev.ok;
	if (walk->skipped)
		walk->has_prev_ok = look_ok_before(walk, walk->spec->edges->from_ns,
		                                   &walk->prev_ok);
}

static void take_range(walk_t *walk)
{
	const series_reader_t *reader = walk->spec->reader;
	series_taker_t taker = { .ctx = walk,
		                 .summary = walk->options->no_summaries ? NULL : on_summary,
		                 .row = on_row,
		                 .run = inside_is_enough(walk) ? inside_run : NULL };
	series_query_t query = walk->spec->query;
	query.from_ns = walk->spec->edges->from_ns;
	query.to_ns = walk->spec->edges->to_ns;
	query.step_ns = walk->spec->edges->step_ns;
	walk->spec->stats->asked++;
	err_t err = reader->take(reader->ctx, &query, &taker);
	if (err && !walk->err)
		walk->err = err;
}

/* Whether it matters which sample comes next, and not only that one does. */
static bool needs_next(const walk_t *walk)
{
	return walk->needs & (NEED_ANY_BOUND | NEED_WORST | NEED_AREA | NEED_REGIONS) ||
	       (walk->has_prev && walk->prev.bound > 0);
}

/* The buckets that no sample in the range has closed. */
static void finish(walk_t *walk)
{
	knot_t next = walk->last_data;
	int64_t to_ns = walk->spec->edges->to_ns;
	if (walk->has_data && next.ns >= to_ns &&
	    (!needs_next(walk) || look_nearest(walk, to_ns, true, &next))) {
		bridge(walk, &next);
		return;
	}
	/* What one sample alone begins has one unit of time (5.4.2.4). */
	if (walk->has_prev &&
	    (walk->prev.ns == walk->f.start_ns ||
	     (walk->prev.ns == walk->first_data.ns && walk->prev.ns > walk->f.start_ns)))
		curve_piece(walk, NULL, walk->prev.ns + 1);
	while (!walk->stopped && !walk->err && walk->index < walk->spec->edges->count) {
		close_bucket(walk, NULL);
		walk->index++;
		if (!walk->stopped && walk->index < walk->spec->edges->count)
			open_bucket(walk, NULL);
	}
}

static err_t start(walk_t *walk)
{
	int64_t from_ns = walk->spec->edges->from_ns;
	look_around(walk);
	if (walk->needs & NEED_ANNOTATIONS && !walk->err)
		look_annotations(walk);
	if (walk->err)
		return walk->err;
	knot_t next = walk->first_data;
	bool has_next = walk->has_data && walk->last_data.ns >= from_ns;
	if (has_next && walk->has_prev && needs_next(walk))
		has_next = look_nearest(walk, from_ns, true, &next);
	open_bucket(walk, has_next ? &next : NULL);
	return walk->err;
}

err_t walk_run(const walk_spec_t *spec)
{
	walk_t walk = { .spec = spec, .options = spec->options, .needs = spec->needs };
	err_t err = start(&walk);
	if (!err && walk.has_data && walk.last_data.ns >= spec->edges->from_ns)
		take_range(&walk);
	if (!walk.stopped && !walk.err)
		finish(&walk);
	free(walk.notes_ns);
	return walk.err;
}
