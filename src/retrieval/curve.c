/* SPDX-License-Identifier: Apache-2.0 */
#include "retrieval/walk_state.h"

#include <math.h>

static const bound_t nothing = { .status = STATUS_BAD_NO_DATA };

static double span_ns(int64_t from_ns, int64_t to_ns)
{
	int64_t span;
	return __builtin_sub_overflow(to_ns, from_ns, &span) ? (double)to_ns - (double)from_ns
	                                                     : (double)span;
}

double walk_seconds(int64_t from_ns, int64_t to_ns)
{
	return span_ns(from_ns, to_ns) / (double)NS_PER_S;
}

bound_t curve_at_sample(const knot_t *knot)
{
	if (!knot->ok)
		return nothing;
	return (bound_t){ knot->number, facts_status(knot) | STATUS_RAW, true, 0 };
}

/* The formula of OPC 10000-13, 3.1.8. */
static double between(const knot_t *a, const knot_t *b, int64_t at_ns)
{
	return span_ns(a->ns, at_ns) * (b->number - a->number) / span_ns(a->ns, b->ns) + a->number;
}

double curve_doubt(const knot_t *from, const knot_t *to)
{
	if (isinf(from->bound) || isinf(to->bound))
		return (double)INFINITY;
	/* The neighbours of what is not good are there. */
	bool is_smooth = from->class == QUALITY_GOOD && to->class == QUALITY_GOOD;
	return is_smooth ? fmin(from->bound, to->bound) : 0;
}

/* Of the curve itself: one that is held may be off by what the line rises. */
static double doubt_of(const knot_t *from, const knot_t *to, bool is_stepped)
{
	double doubt = curve_doubt(from, to);
	return doubt > 0 && is_stepped ? doubt + fabs(to->number - from->number) : doubt;
}

static bound_t estimate(const walk_t *walk, double value, bool is_uncertain)
{
	status_t status = is_uncertain ? STATUS_UNCERTAIN_SUB_NORMAL : STATUS_GOOD;
	return (bound_t){ value, status | STATUS_INTERPOLATED,
		          !is_uncertain || !walk->options->uncertain_is_bad, 0 };
}

bound_t curve_simple(const walk_t *walk, const knot_t *next, int64_t at_ns)
{
	if (next && next->ns == at_ns)
		return curve_at_sample(next);
	if (!walk->has_prev || !walk->prev.ok || !next)
		return nothing;
	bool is_stepped = walk->options->is_stepped;
	bool is_uncertain = walk->prev.class == QUALITY_UNCERTAIN ||
	                    (!is_stepped && next->class != QUALITY_GOOD);
	bool is_held = is_stepped || !next->ok;
	bound_t bound = estimate(walk,
	                         is_held ? walk->prev.number : between(&walk->prev, next, at_ns),
	                         is_uncertain);
	bound.doubt = doubt_of(&walk->prev, next, is_stepped);
	return bound;
}

status_t curve_status(const walk_t *walk, const knot_t *next, int64_t at_ns)
{
	if (next && next->ns == at_ns)
		return next->class == QUALITY_BAD ? STATUS_BAD_NO_DATA : facts_status(next);
	if (!walk->has_prev || walk->prev.class == QUALITY_BAD || !next)
		return STATUS_BAD_NO_DATA;
	bool is_uncertain = walk->prev.class == QUALITY_UNCERTAIN ||
	                    (!walk->options->is_stepped && next->class != QUALITY_GOOD);
	return is_uncertain ? STATUS_UNCERTAIN_SUB_NORMAL : STATUS_GOOD;
}

/* Behind the last ok sample. */
static bound_t beyond(walk_t *walk, int64_t at_ns)
{
	knot_t before;
	bound_t bound = estimate(walk, walk->prev_ok.number, true);
	if (!walk->options->is_sloped_beyond || !look_ok_before_that(walk, &before) ||
	    before.ns == walk->prev_ok.ns)
		return bound;
	bound.value = between(&before, &walk->prev_ok, at_ns);
	/* The line goes on far from where its ends would have been. */
	bound.doubt = curve_doubt(&before, &walk->prev_ok) > 0 ? (double)INFINITY : 0;
	return bound;
}

/* The first ok sample at `at_ns` or behind it. */
static const knot_t *ok_from(walk_t *walk, const knot_t *next, int64_t at_ns)
{
	if (!next || next->ok)
		return next;
	return look_ok_from(walk, at_ns);
}

/* Behind an ok sample, on the way to `after`, which may only be NULL where it is held. */
static bound_t on_line(walk_t *walk, const knot_t *next, const knot_t *after, int64_t at_ns,
                       bool is_stepped)
{
	bool is_uncertain = walk->skipped || walk->prev_ok.class != QUALITY_GOOD;
	if (is_stepped)
		is_uncertain |= !next || next->ns == at_ns;
	else
		is_uncertain |= !next->ok || after->class != QUALITY_GOOD;
	double value = is_stepped ? walk->prev_ok.number : between(&walk->prev_ok, after, at_ns);
	bound_t bound = estimate(walk, value, is_uncertain);
	if (next)
		bound.doubt = doubt_of(walk->skipped ? &walk->prev : &walk->prev_ok, next,
		                       is_stepped);
	return bound;
}

bound_t curve_line(walk_t *walk, const knot_t *next, int64_t at_ns, bool is_stepped)
{
	bool is_here = next && next->ns == at_ns;
	if (!walk->has_prev_ok && !is_here)
		return nothing;
	const knot_t *after = ok_from(walk, next, at_ns);
	if (after && after->ns == at_ns)
		return curve_at_sample(after);
	if (!walk->has_prev_ok)
		return nothing;
	return is_stepped || after ? on_line(walk, next, after, at_ns, is_stepped)
	                           : beyond(walk, at_ns);
}

/* The area of a piece of the simple curve that begins with an ok sample. */
static void measure(walk_t *walk, const knot_t *next, int64_t until_ns)
{
	facts_t *f = &walk->f;
	double seconds = walk_seconds(walk->at_ns, until_ns);
	double a = walk->prev.number, b = a;
	if (!walk->options->is_stepped && next && next->ok && next->ns > walk->prev.ns) {
		if (walk->at_ns != walk->prev.ns)
			a = between(&walk->prev, next, walk->at_ns);
		b = until_ns == next->ns ? next->number : between(&walk->prev, next, until_ns);
	}
	f->area += (a + b) / 2 * seconds;
	if (walk->needs & NEED_SPREAD)
		facts_spread(f, a, b, seconds);
}

/* The band in which what was left out of the piece lies. */
static void hide(walk_t *walk, const knot_t *next, int64_t until_ns)
{
	hidden_t *h = &walk->f.hidden;
	const knot_t *prev = &walk->prev;
	double doubt = curve_doubt(prev, next);
	if (!(doubt > 0))
		return;
	bool is_first = h->doubt == 0;
	double a = between(prev, next, walk->at_ns), b = between(prev, next, until_ns);
	double low = fmin(a, b) - doubt, high = fmax(a, b) + doubt;
	h->low = is_first || low < h->low ? low : h->low;
	h->high = is_first || high > h->high ? high : h->high;
	h->area += doubt_of(prev, next, walk->options->is_stepped) *
	           walk_seconds(walk->at_ns, until_ns);
	h->doubt = fmax(h->doubt, doubt);
}

void curve_piece(walk_t *walk, const knot_t *next, int64_t until_ns)
{
	facts_t *f = &walk->f;
	int64_t ns = until_ns - walk->at_ns;
	if (ns <= 0)
		return;
	if (ns > f->gap_ns)
		f->gap_ns = ns;
	if (walk->has_prev && next)
		hide(walk, next, until_ns);
	if (!walk->has_prev) {
		f->head_ns += ns;
	} else {
		f->class_ns[walk->prev.class] += ns;
		if (walk->prev.ok) {
			*(walk->prev.number == 0 ? &f->zero_ns : &f->nonzero_ns) += ns;
			if (walk->needs & NEED_AREA)
				measure(walk, next, until_ns);
		}
		if (walk->prev.class == QUALITY_GOOD && next && next->class != QUALITY_GOOD)
			f->doubtful_ns += ns;
		if (walk->spec->watch && walk->spec->watch->piece)
			walk->spec->watch->piece(walk->spec->watch->ctx, &walk->prev, ns);
	}
	walk->at_ns = until_ns;
}
