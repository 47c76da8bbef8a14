/* SPDX-License-Identifier: Apache-2.0 */
/* What lies around a range. Looking forward is a take that stops at the first find;
 * looking back is a row of takes over ever longer ranges, of which the last is kept. */
#include "retrieval/walk_state.h"

enum { FIRST_SPAN_S = 1 };

static void note(walk_t *walk, err_t err)
{
	if (err && !walk->err)
		walk->err = err;
}

bool look_nearest(walk_t *walk, int64_t at_ns, bool is_after, knot_t *ret_knot)
{
	sample_t sample;
	series_nearest_t ask = {
		.point = walk->spec->query.point,
		.at_ns = at_ns,
		.is_after = is_after,
		.known_at_ns = walk->spec->query.known_at_ns,
		.deadline_ns = walk->spec->query.deadline_ns,
	};
	walk->spec->stats->asked++;
	err_t err = walk->spec->reader->nearest(walk->spec->reader->ctx, &ask, &sample);
	if (err == ERR_NOT_FOUND)
		return false;
	note(walk, err);
	if (err)
		return false;
	*ret_knot = walk_knot(walk, &sample);
	return true;
}

static bool keep_last(void *ctx, const sample_t *sample)
{
	walk_t *walk = ctx;
	walk->last_data = walk_knot(walk, sample);
	walk->has_data = true;
	return false;
}

/* As known now the reader has it at hand. */
static bool look_last(walk_t *walk)
{
	const walk_spec_t *spec = walk->spec;
	if (spec->query.known_at_ns)
		return look_nearest(walk, INT64_MAX, false, &walk->last_data);
	spec->stats->asked++;
	note(walk, spec->reader->last(spec->reader->ctx, &spec->query.point, 1, keep_last, walk));
	return walk->has_data;
}

bool look_data(walk_t *walk)
{
	int64_t from_ns = walk->spec->edges->from_ns;
	walk->has_data = look_last(walk);
	if (!walk->has_data || walk->err)
		return false;
	walk->has_prev = look_nearest(walk, from_ns, false, &walk->prev);
	if (walk->has_prev)
		walk->first_data = walk->prev;
	else
		walk->has_data = look_nearest(walk, from_ns, true, &walk->first_data);
	return walk->has_data;
}

void look_annotations(walk_t *walk)
{
	const series_reader_t *reader = walk->spec->reader;
	series_query_t query = walk->spec->query;
	query.from_ns = walk->spec->edges->from_ns;
	query.to_ns = walk->spec->edges->to_ns;
	if (!reader->annotations)
		return;
	walk->spec->stats->asked++;
	note(walk, reader->annotations(reader->ctx, &query, &walk->notes_ns, &walk->note_count));
}

typedef struct {
	walk_t *walk;
	bool is_first; /* the first ok is wanted, else the last two */
	size_t found;
	knot_t last, before;
} find_t;

static bool find_put(find_t *find, const knot_t *knot)
{
	find->before = find->last;
	find->last = *knot;
	find->found++;
	return !find->is_first;
}

static bool find_row(void *ctx, const sample_t *sample)
{
	find_t *find = ctx;
	find->walk->spec->stats->samples++;
	knot_t knot = walk_knot(find->walk, sample);
	return !knot.ok || find_put(find, &knot);
}

/* Passes over runs without an ok sample. */
static series_verdict_t find_summary(void *ctx, const summary_t *summary)
{
	find_t *find = ctx;
	uint64_t ok = find->walk->options->uncertain_is_bad ? summary->usable - summary->uncertain
	                                                    : summary->usable;
	return ok ? SERIES_OPEN : SERIES_TAKEN;
}

static void find_run(find_t *find, int64_t from_ns, int64_t to_ns)
{
	walk_t *walk = find->walk;
	series_query_t query = walk->spec->query;
	series_taker_t taker = { .ctx = find,
		                 .summary = walk->options->no_summaries ? NULL : find_summary,
		                 .row = find_row };
	query.from_ns = from_ns;
	query.to_ns = to_ns;
	walk->spec->stats->asked++;
	note(walk, walk->spec->reader->take(walk->spec->reader->ctx, &query, &taker));
}

/* The last two ok samples before `at_ns`; how many of them there are. */
static size_t look_back(walk_t *walk, int64_t at_ns, size_t wanted, find_t *ret_find)
{
	int64_t from_ns, span_ns = FIRST_SPAN_S * NS_PER_S;
	bool is_all, is_widest = false;
	if (!look_nearest(walk, INT64_MIN, true, &walk->first_data))
		return 0;
	do {
		is_all = is_widest || __builtin_sub_overflow(at_ns, span_ns, &from_ns) ||
		         from_ns <= walk->first_data.ns;
		*ret_find = (find_t){ .walk = walk };
		find_run(ret_find, is_all ? walk->first_data.ns : from_ns, at_ns);
		is_widest = __builtin_mul_overflow(span_ns, 4, &span_ns);
	} while (ret_find->found < wanted && !is_all && !walk->err);
	return walk->err ? 0 : ret_find->found;
}

bool look_ok_before(walk_t *walk, int64_t at_ns, knot_t *ret_knot)
{
	find_t find;
	if (!walk->has_data || at_ns <= walk->first_data.ns || !look_back(walk, at_ns, 1, &find))
		return false;
	*ret_knot = find.last;
	return true;
}

bool look_ok_before_that(walk_t *walk, knot_t *ret_knot)
{
	find_t find;
	int64_t behind_ns = walk->prev_ok.ns + 1;
	if (look_back(walk, behind_ns, 2, &find) < 2)
		return false;
	*ret_knot = find.before;
	return true;
}

const knot_t *look_ok_from(walk_t *walk, int64_t at_ns)
{
	if (!walk->next_ok_known || walk->next_ok_from_ns > at_ns ||
	    (walk->has_next_ok && walk->next_ok.ns < at_ns)) {
		find_t find = { .walk = walk, .is_first = true };
		if (at_ns <= walk->last_data.ns)
			find_run(&find, at_ns, walk->last_data.ns + 1);
		walk->next_ok_known = true;
		walk->next_ok_from_ns = at_ns;
		walk->has_next_ok = find.found > 0;
		walk->next_ok = find.last;
	}
	return walk->has_next_ok ? &walk->next_ok : NULL;
}
