/* SPDX-License-Identifier: Apache-2.0 */
#include "handling/fold.h"

static const char *const VERDICTS[HANDLING_VERDICT_COUNT][LANG_COUNT] = {
#define X(name, en, zh) { en, zh },
	HANDLING_VERDICT_ROWS(X)
#undef X
};

const char *handling_verdict_text(handling_verdict_t verdict, lang_t lang)
{
	return VERDICTS[verdict][lang];
}

int handling_order_of(const handling_taken_t *a, const handling_taken_t *b)
{
	const handling_step_info_t *x = handling_step_info(a->step.step);
	const handling_step_info_t *y = handling_step_info(b->step.step);
	int order = (a->step.number > b->step.number) - (a->step.number < b->step.number);
	if (!order)
		order = x->rank - y->rank;
	if (!order)
		order = slice_cmp(a->step.node, b->step.node);
	return order ? order : slice_cmp(a->bytes, b->bytes);
}

bool handling_is_side(const handling_step_info_t *info, bool is_origin, bool is_overseen)
{
	if (info->side == HANDLING_EITHER)
		return is_origin || is_overseen;
	if (info->side == HANDLING_ORIGIN)
		return is_origin;
	return is_origin != is_overseen;
}

static handling_verdict_t judge(const handling_outcome_t *now, const handling_step_t *step)
{
	const handling_step_info_t *info = handling_step_info(step->step);
	bool is_origin = slice_eq(step->node, step->id.origin);
	if (step->number > now->number + 1)
		return HANDLING_WAITING;
	if (!handling_is_side(info, is_origin, now->what.is_overseen))
		return HANDLING_UNLAWFUL;
	bool is_late = info->to != HANDLING_NONE && step->number == now->moved;
	if (!is_late && (info->from & (1U << now->state)))
		return HANDLING_APPLIED;
	/* Two openings do not say the same, or they were one. */
	bool is_there = info->to == now->state && step->step != HANDLING_STEP_OPEN;
	return is_there ? HANDLING_AGREED : HANDLING_OVERRULED;
}

static void apply(handling_outcome_t *now, const handling_step_t *step)
{
	const handling_step_info_t *info = handling_step_info(step->step);
	if (step->step == HANDLING_STEP_OPEN)
		now->what = step->what;
	if (info->to == HANDLING_NONE)
		return;
	now->state = info->to;
	now->moved = step->number;
	now->since_ns = step->when_ns;
	now->due_ns = step->due_ns;
}

handling_outcome_t handling_fold(handling_taken_t *const *steps, size_t count)
{
	handling_outcome_t now = { .state = HANDLING_NONE };
	for (size_t i = 0; i < count; i++) {
		handling_taken_t *taken = steps[i];
		taken->verdict = judge(&now, &taken->step);
		if (taken->verdict == HANDLING_APPLIED)
			apply(&now, &taken->step);
		else if (taken->verdict == HANDLING_WAITING)
			now.waiting++;
		else if (taken->verdict != HANDLING_AGREED)
			now.conflicts++;
		if (taken->verdict != HANDLING_WAITING)
			now.number = taken->step.number;
	}
	return now;
}
