/* SPDX-License-Identifier: Apache-2.0 */
/* Good samples behind a good one of the same bucket meet no edge, no skipped sample and no
 * change of class: what is left of a step of the walk are a few sums, added in its order. */
#include "retrieval/walk_state.h"

static const unsigned NEED_EACH = NEED_AREA | NEED_LINE | NEED_WORST | NEED_SPREAD | NEED_SAMPLES |
                                  NEED_MOMENTS | NEED_EXTREMES;

bool inside_is_enough(const walk_t *walk)
{
	return !(walk->needs & NEED_EACH) && !walk->spec->watch;
}

/* Whether the samples behind the last are as the walk would find them here. */
static bool is_inside(const walk_t *walk, int64_t ns)
{
	const knot_t *prev = &walk->prev;
	return walk->f.ok > 0 && prev->class == QUALITY_GOOD && !(prev->bound > 0) &&
	       ns > walk->f.start_ns;
}

static size_t count_inside(const walk_t *walk, const series_run_t *run)
{
	size_t count = 0;
	while (count < run->count && run->source_ns[count] < walk->f.end_ns)
		count++;
	return count;
}

static void add_numbers(walk_t *walk, const double *numbers, size_t count)
{
	facts_t *f = &walk->f;
	double from = walk->prev.number, sum = f->sum, increase = f->increase;
	for (size_t i = 0; i < count; i++) {
		double to = numbers[i];
		f->transitions += to - from != 0;
		f->resets += to - from < 0;
		increase += facts_rise(from, to, walk->options->rollover);
		sum += to;
		from = to;
	}
	f->sum = sum;
	f->increase = increase;
}

static void add_spans(walk_t *walk, const series_run_t *run, size_t count)
{
	facts_t *f = &walk->f;
	int64_t at_ns = walk->at_ns, zero_ns = 0, gap_ns = f->gap_ns;
	double from = walk->prev.number;
	for (size_t i = 0; i < count; i++) {
		int64_t ns = run->source_ns[i] - at_ns;
		gap_ns = ns > gap_ns ? ns : gap_ns;
		zero_ns += from == 0 ? ns : 0;
		from = run->numbers[i];
		at_ns = run->source_ns[i];
	}
	f->gap_ns = gap_ns;
	f->zero_ns += zero_ns;
	f->nonzero_ns += at_ns - walk->at_ns - zero_ns;
	f->class_ns[QUALITY_GOOD] += at_ns - walk->at_ns;
	walk->at_ns = at_ns;
}

size_t inside_run(void *ctx, const series_run_t *run)
{
	walk_t *walk = ctx;
	facts_t *f = &walk->f;
	size_t count = is_inside(walk, run->source_ns[0]) ? count_inside(walk, run) : 0;
	if (count == 0)
		return 0;
	add_numbers(walk, run->numbers, count);
	add_spans(walk, run, count);
	f->count += count;
	f->ok += count;
	walk->spec->stats->samples += count;
	walk->prev = (knot_t){ .ns = run->source_ns[count - 1],
		               .number = run->numbers[count - 1],
		               .type = run->type,
		               .quality = QUALITY_OK,
		               .class = QUALITY_GOOD,
		               .ok = true };
	f->last = f->last_ok = walk->prev_ok = walk->prev;
	return count;
}
