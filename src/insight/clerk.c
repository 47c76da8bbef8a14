/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/clerk.h"

#include <math.h>
#include <stdlib.h>

static const int64_t GRACE_NS = 60 * NS_PER_S;
static const int64_t LATE_NS = 3 * 24 * 3600 * NS_PER_S;
static const int64_t TICK_NS = 10 * NS_PER_S;
static const int64_t SPEND_NS = 100 * NS_PER_MS;
enum { WORK_MAX = 1000 };

#define METRIC_ROWS(X) \
	X(EVALUATED, "indicator_evaluations_total", "Figures evaluated", COUNTER) \
	X(ISSUED, "indicator_issues_total", "Figures handed on, new or changed", COUNTER) \
	X(FAILED, "indicator_failures_total", "Figures that could not be evaluated or handed on", \
	  COUNTER) \
	X(KEPT, "indicator_kept_total", \
	  "Other figures that were not handed on: samples were left out since, or a person has " \
	  "attested the last one", \
	  COUNTER) \
	X(BEHIND, "indicator_behind", \
	  "Indicators with a period that is due and not yet evaluated", GAUGE)

#define X(id, name, help, kind) METRIC_##id,
enum { METRIC_ROWS(X) METRIC_ROW_COUNT };
#undef X

static const metric_row_t ROWS[] = {
#define X(id, name, help, kind) { name, help, METRIC_##kind },
	METRIC_ROWS(X)
#undef X
};

/* One period of one binding. Times are the starts of the periods to look at next. */
typedef struct {
	const binding_t *binding;
	period_t period;
	int64_t due_ns;
	int64_t again_ns;
	bool is_recheck;
	int64_t recheck_ns, recheck_to_ns;
} line_t;

struct clerk_plan {
	size_t count;
	line_t lines[];
};

struct clerk {
	clerk_spec_t spec;
	env_t *env;
	env_timer_t *timer;
	clerk_plan_t *plan;
	size_t due_at, again_at; /* the line that is next */
	size_t work;             /* left in this tick */
	int64_t until_ns;
	metrics_t metrics;
	uint8_t memory[EVALUATE_ARENA_BYTES];
};

static bool is_near(double a, double b)
{
	/* Sums of summaries are rounded otherwise than those of the samples. */
	static const double SLACK = 1e-9;
	return fabs(a - b) <= SLACK * fmax(fabs(a), fabs(b));
}

static bool part_same(const part_t *a, const part_t *b)
{
	if (a->kind != b->kind || a->is_there != b->is_there)
		return false;
	return !a->is_there ||
	       (a->kind == PART_SUM ? is_near(a->sum, b->sum) : slice_eq(a->bytes, b->bytes));
}

static bool figure_same(const figure_t *a, const figure_t *b)
{
	bool same = a->part_count == b->part_count && a->has_value == b->has_value &&
	            a->origin == b->origin && is_near(a->coverage, b->coverage) &&
	            (!a->has_value || is_near(a->value, b->value));
	for (size_t i = 0; same && i < a->part_count; i++)
		same = part_same(&a->parts[i], &b->parts[i]);
	return same;
}

static bool may_go_on(const clerk_t *clerk)
{
	return clerk->work > 0 && env_now(clerk->env) < clerk->until_ns;
}

/* What the last figure says of a new one. */
typedef struct {
	const figure_t *figure;
	bool is_same, is_attested;
} compared_t;

static void compare(void *ctx, const figure_t *last)
{
	compared_t *compared = ctx;
	compared->is_same = figure_same(compared->figure, last);
	compared->is_attested = last->origin == FIGURE_DECLARED;
}

/* Hands the figure on unless it is the one issued last. */
MUST_CHECK static err_t hand_on(clerk_t *clerk, figure_t *figure, bool is_less)
{
	const figure_desk_t *desk = &clerk->spec.desk;
	compared_t compared = { .figure = figure };
	err_t err = desk->last(desk->ctx, figure, compare, &compared);
	if ((err && err != ERR_NOT_FOUND) || compared.is_same)
		return err;
	/* Of what nothing is known nothing is said, unless something was. */
	if (err && !figure->has_value && figure->coverage == 0)
		return ERR_OK;
	if (!err && (is_less || compared.is_attested)) {
		metric_add(&clerk->metrics, METRIC_KEPT, 1);
		return ERR_OK;
	}
	err = desk->issue(desk->ctx, figure);
	if (!err)
		metric_add(&clerk->metrics, METRIC_ISSUED, 1);
	return err;
}

static void look_at(clerk_t *clerk, const line_t *line, const span_t *span)
{
	evaluate_notes_t notes = { 0 };
	evaluate_world_t world = { .reader = &clerk->spec.reader,
		                   .counts = &clerk->spec.counts,
		                   .notes = &notes };
	arena_t arena = arena_of(clerk->memory, sizeof(clerk->memory));
	figure_t figure;
	err_t err = evaluate(&world, line->binding, span, &arena, &figure);
	clerk->work--;
	metric_add(&clerk->metrics, METRIC_EVALUATED, 1);
	if (!err)
		err = hand_on(clerk, &figure, notes.is_less);
	if (err)
		metric_add(&clerk->metrics, METRIC_FAILED, 1);
}

/* The period at a time, if it is over and its grace has passed. */
static bool is_over(const clerk_t *clerk, const line_t *line, int64_t at_ns, span_t *ret_span)
{
	int64_t over_ns = env_utc(clerk->env).ns - clerk->spec.grace_ns;
	return !periods_at(line->binding->calendar, line->period, at_ns, ret_span) &&
	       ret_span->to_ns <= over_ns;
}

/* The start of the first period that late samples may still change. */
static int64_t window_start(const clerk_t *clerk, const line_t *line)
{
	int64_t at_ns = env_utc(clerk->env).ns - clerk->spec.late_ns;
	span_t span;
	return periods_at(line->binding->calendar, line->period, at_ns, &span) ? at_ns
	                                                                       : span.from_ns;
}

static void catch_up(clerk_t *clerk, line_t *line)
{
	span_t span;
	while (may_go_on(clerk) && is_over(clerk, line, line->due_ns, &span)) {
		look_at(clerk, line, &span);
		line->due_ns = span.to_ns;
	}
}

static int64_t count_behind(const clerk_t *clerk)
{
	span_t span;
	int64_t behind = 0;
	for (size_t n = 0; n < clerk->plan->count; n++)
		behind += is_over(clerk, &clerk->plan->lines[n], clerk->plan->lines[n].due_ns,
		                  &span);
	return behind;
}

/* False: more is due than was done. */
static bool do_due(clerk_t *clerk)
{
	for (size_t n = 0; n < clerk->plan->count; n++) {
		catch_up(clerk, &clerk->plan->lines[clerk->due_at]);
		if (!may_go_on(clerk))
			break;
		clerk->due_at = (clerk->due_at + 1) % clerk->plan->count;
	}
	int64_t behind = count_behind(clerk);
	metric_set(&clerk->metrics, METRIC_BEHIND, behind);
	return behind == 0;
}

static bool has_recheck(const clerk_t *clerk, const line_t *line, span_t *ret_span)
{
	return line->recheck_ns < line->recheck_to_ns && line->recheck_ns < line->due_ns &&
	       is_over(clerk, line, line->recheck_ns, ret_span);
}

static void do_recheck(clerk_t *clerk, line_t *line)
{
	span_t span;
	while (line->is_recheck && may_go_on(clerk)) {
		line->is_recheck = has_recheck(clerk, line, &span);
		if (!line->is_recheck)
			return;
		look_at(clerk, line, &span);
		line->recheck_ns = span.to_ns;
	}
}

/* One line's part of the round; false: the tick ends within it. */
static bool do_again(clerk_t *clerk, line_t *line)
{
	span_t span;
	int64_t start_ns = window_start(clerk, line);
	if (line->again_ns < start_ns)
		line->again_ns = start_ns;
	while (line->again_ns < line->due_ns && is_over(clerk, line, line->again_ns, &span)) {
		if (!may_go_on(clerk))
			return false;
		look_at(clerk, line, &span);
		line->again_ns = span.to_ns;
	}
	line->again_ns = start_ns;
	return true;
}

static void do_round(clerk_t *clerk)
{
	for (size_t n = 0; n < clerk->plan->count && may_go_on(clerk); n++)
		do_recheck(clerk, &clerk->plan->lines[n]);
	for (size_t n = 0; n < clerk->plan->count && may_go_on(clerk); n++) {
		if (!do_again(clerk, &clerk->plan->lines[clerk->again_at]))
			return;
		clerk->again_at = (clerk->again_at + 1) % clerk->plan->count;
	}
}

/* When it is behind a fifth of the loop's time is its own. */
static int64_t soon(const clerk_t *clerk)
{
	int64_t rest_ns = 4 * clerk->spec.spend_ns;
	return rest_ns < clerk->spec.tick_ns ? rest_ns : clerk->spec.tick_ns;
}

static void on_tick(void *ctx)
{
	clerk_t *clerk = ctx;
	clerk->work = clerk->spec.work_max;
	clerk->until_ns = env_now(clerk->env) + clerk->spec.spend_ns;
	bool is_done = do_due(clerk);
	do_round(clerk);
	env_timer_set(clerk->timer, is_done ? clerk->spec.tick_ns : soon(clerk));
}

err_t clerk_plan_new(const bindings_t *bindings, clerk_plan_t **ret_plan)
{
	size_t count = 0;
	for (size_t i = 0; i < bindings_count(bindings); i++)
		count += (size_t)__builtin_popcount(bindings_get(bindings, i)->periods);
	clerk_plan_t *plan = calloc(1, sizeof(*plan) + count * sizeof(*plan->lines));
	if (!plan)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < bindings_count(bindings); i++)
		for (period_t p = 0; p < PERIOD_COUNT; p++)
			if (bindings_get(bindings, i)->periods & 1u << p)
				plan->lines[plan->count++] = (line_t){
					.binding = bindings_get(bindings, i), .period = p
				};
	*ret_plan = plan;
	return ERR_OK;
}

void clerk_plan_free(clerk_plan_t *plan)
{
	free(plan);
}

static void begin_line(const clerk_t *clerk, line_t *line)
{
	line->due_ns = line->again_ns = window_start(clerk, line);
}

void clerk_rebind(clerk_t *clerk, clerk_plan_t *plan)
{
	clerk_plan_free(clerk->plan);
	clerk->plan = plan;
	clerk->due_at = clerk->again_at = 0;
	for (size_t i = 0; i < plan->count; i++)
		begin_line(clerk, &plan->lines[i]);
}

/* What a period is made of reaches back to the reading before it, so that the one behind the
 * range is looked at too. */
static void recheck_line(line_t *line, int64_t from_ns, int64_t to_ns)
{
	const periods_t *calendar = line->binding->calendar;
	span_t first, last;
	if (periods_at(calendar, line->period, from_ns, &first) ||
	    periods_at(calendar, line->period, to_ns - 1, &last))
		return;
	if (!line->is_recheck || first.from_ns < line->recheck_ns)
		line->recheck_ns = first.from_ns;
	if (!line->is_recheck || last.to_ns >= line->recheck_to_ns)
		line->recheck_to_ns = last.to_ns + 1;
	line->is_recheck = true;
}

void clerk_recheck(clerk_t *clerk, int64_t from_ns, int64_t to_ns)
{
	for (size_t i = 0; i < clerk->plan->count && from_ns < to_ns; i++)
		recheck_line(&clerk->plan->lines[i], from_ns, to_ns);
}

static void or_default(int64_t *value, int64_t fallback)
{
	if (*value == 0)
		*value = fallback;
}

err_t clerk_open(const clerk_spec_t *spec, clerk_t **ret_clerk)
{
	clerk_t *clerk = calloc(1, sizeof(*clerk));
	if (!clerk)
		return ERR_NO_MEMORY;
	clerk->spec = *spec;
	clerk->env = env_loop_env(spec->loop);
	or_default(&clerk->spec.grace_ns, GRACE_NS);
	or_default(&clerk->spec.late_ns, LATE_NS);
	or_default(&clerk->spec.tick_ns, TICK_NS);
	or_default(&clerk->spec.spend_ns, SPEND_NS);
	if (clerk->spec.work_max == 0)
		clerk->spec.work_max = WORK_MAX;
	metrics_init(&clerk->metrics, ROWS, METRIC_ROW_COUNT);
	err_t err = env_timer_new(spec->loop, on_tick, clerk, &clerk->timer);
	if (err) {
		clerk_close(clerk);
		return err;
	}
	clerk_rebind(clerk, spec->plan);
	env_timer_set(clerk->timer, clerk->spec.tick_ns);
	*ret_clerk = clerk;
	return ERR_OK;
}

void clerk_close(clerk_t *clerk)
{
	if (!clerk)
		return;
	env_timer_free(clerk->timer);
	clerk_plan_free(clerk->plan);
	free(clerk);
}

typedef struct {
	figure_seen_fn *seen;
	void *ctx;
} show_t;

static bool show(void *ctx, const book_row_t *row)
{
	const show_t *to = ctx;
	to->seen(to->ctx, &row->figure);
	return false;
}

MUST_CHECK static err_t book_last(void *ctx, const figure_t *like, figure_seen_fn *seen,
                                  void *seen_ctx)
{
	book_question_t question = { .key = { like->key, like->entity, { 0 } } };
	show_t to = { seen, seen_ctx };
	err_t err = book_follow(ctx);
	return err ? err : book_get(ctx, &question, show, &to);
}

MUST_CHECK static err_t book_take(void *ctx, figure_t *figure)
{
	uint64_t seq;
	return book_issue(ctx, figure, &seq);
}

figure_desk_t clerk_desk(book_t *book)
{
	return (figure_desk_t){ book, book_last, book_take };
}

const metrics_t *clerk_metrics(const clerk_t *clerk)
{
	return &clerk->metrics;
}
