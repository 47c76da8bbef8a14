/* SPDX-License-Identifier: Apache-2.0 */
/* When what is merged: new rows when there are several segments of them, a window when it
 * is over; and all that is left when nobody writes, down to the files that only the
 * manifest before names. A merge that fails is begun anew later; until then the segments
 * are read as they are. */
#include "historian/merge.h"

enum { NEW_SEGMENTS = 4, IDLE_S = 2, IDLE_ROWS = 32 << 10, RETRY_S = 60 };
/* In one turn, so that merges keep up with who writes; one while somebody waits. */
enum { TURN_STEPS = 8 };

static bool is_idle(const historian_t *h)
{
	return env_now(h->env) - h->taken_ns >= IDLE_S * NS_PER_S;
}

static size_t count_new(const historian_t *h)
{
	size_t n = 0;
	for (size_t i = 0; i < h->shelf.count; i++)
		n += segment_info(h->shelf.items[i]->segment)->level == 0 &&
		     !h->shelf.items[i]->is_damaged;
	return n;
}

static int64_t newest_ns(const historian_t *h)
{
	int64_t newest = INT64_MIN;
	for (size_t i = 0; i < h->shelf.count; i++) {
		int64_t last = segment_info(h->shelf.items[i]->segment)->last_ns;
		newest = last > newest ? last : newest;
	}
	return newest;
}

/* Windows that end before are over: nothing comes there but late rows. */
static int64_t over_before(const historian_t *h, bool is_all)
{
	int64_t before;
	if (is_all)
		return INT64_MAX;
	return __builtin_sub_overflow(newest_ns(h), h->spec.window_ns / 8, &before) ? INT64_MIN
	                                                                            : before;
}

/* What ends so long before the newest row is old. A clock of a machine that is ahead makes
 * nothing older. */
static int64_t old_before(const historian_t *h, int64_t age_ns)
{
	int64_t newest = newest_ns(h), now = env_utc(h->env).ns, before;
	if (now < newest)
		newest = now;
	return __builtin_sub_overflow(newest, age_ns, &before) ? INT64_MIN : before;
}

/* A window that is over and in pieces; else one that is old and to be thinned, or coded. */
static err_t plan_window(historian_t *h, bool is_all, merge_plan_t *ret_plan)
{
	err_t err = merge_plan_window(h, over_before(h, is_all), ret_plan);
	if (err || ret_plan->input_count)
		return err;
	merge_plan_free(ret_plan);
	if (h->is_thinning)
		err = merge_plan_thin(h, old_before(h, h->spec.window_ns), ret_plan);
	if (err || ret_plan->input_count)
		return err;
	merge_plan_free(ret_plan);
	return merge_plan_coded(h, ret_plan);
}

static err_t begin(historian_t *h, bool is_all)
{
	merge_plan_t plan = { 0 };
	size_t fresh = count_new(h);
	err_t err = ERR_OK;
	h->old_ns = h->spec.pack_after_ns ? old_before(h, h->spec.pack_after_ns) : INT64_MIN;
	if (fresh >= NEW_SEGMENTS || (fresh && is_all))
		err = merge_plan_new_rows(h, &plan);
	bool is_known = h->whole_generation == h->manifest.generation && !is_all;
	if (!err && !plan.input_count && !is_known) {
		merge_plan_free(&plan);
		err = plan_window(h, is_all, &plan);
		if (!err && !plan.input_count)
			h->whole_generation = h->manifest.generation;
	}
	if (!err && plan.input_count)
		return merge_new(h, &plan, &h->merge);
	merge_plan_free(&plan);
	return err;
}

void historian_cancel_merge(historian_t *h)
{
	merge_free(h->merge);
	h->merge = NULL;
}

static void leave_inputs(historian_t *h, const merge_plan_t *plan)
{
	for (size_t i = 0; i < plan->input_count; i++)
		metric_add(&h->metrics, METRIC_DAMAGED, merge_plan_leave_damaged(plan->inputs[i]));
}

static void leave_fresh(historian_t *h)
{
	for (size_t i = 0; i < h->shelf.count; i++) {
		shelf_item_t *item = h->shelf.items[i];
		if (segment_info(item->segment)->level == 0 && !item->is_damaged)
			metric_add(&h->metrics, METRIC_DAMAGED, merge_plan_leave_damaged(item));
	}
}

/* Finds out which of what was to be read is damaged: the merge's inputs, or, when there is
 * not even a plan, all that is new. */
static void leave_damaged(historian_t *h)
{
	const merge_plan_t *plan = h->merge ? merge_plan_of(h->merge) : NULL;
	if (plan)
		leave_inputs(h, plan);
	else
		leave_fresh(h);
}

/* A manifest that says the same again lets the one before go, and what it named. */
static err_t let_go(historian_t *h)
{
	bool has_any = h->dropped_count || h->dropped_edits;
	return has_any ? historian_publish(h, &(historian_change_t){ 0 }) : ERR_OK;
}

/* One step; *ret_more: there is more to do. */
static err_t step(historian_t *h, bool is_all, bool *ret_more)
{
	bool is_done = false;
	err_t err = h->merge ? merge_step(h->merge, &is_done) : begin(h, is_all);
	*ret_more = h->merge != NULL;
	if (!err && !h->merge && is_all)
		return let_go(h);
	if (err == ERR_CORRUPT)
		leave_damaged(h);
	if (err || is_done)
		historian_cancel_merge(h);
	return err;
}

/* Some steps, until somebody waits. */
static err_t take_steps(historian_t *h, bool is_all, bool *ret_more)
{
	bool is_more = true;
	err_t err = ERR_OK;
	for (size_t i = 0; !err && is_more && i < TURN_STEPS; i++) {
		if (i > 0 && atomic_load(&h->awaited_seq))
			break;
		err = step(h, is_all, &is_more);
	}
	*ret_more = is_more;
	return err;
}

void historian_tidy(historian_t *h)
{
	bool is_more = false, is_all = is_idle(h);
	if (env_now(h->env) < h->merge_after_ns)
		return;
	/* Who waits does so for one step and not for the next. A failure is counted. */
	if (atomic_load(&h->awaited_seq))
		(void)!historian_follow(h);
	/* Failures of a seal are counted, and it is tried again. */
	if (historian_is_due(h))
		(void)!historian_seal(h);
	if (!take_steps(h, is_all, &is_more)) {
		h->is_tidy = is_all && !is_more;
		if (!h->is_tidy)
			env_timer_set(h->merge_timer, is_more ? 0 : IDLE_S * NS_PER_S);
		return;
	}
	h->merge_after_ns = env_now(h->env) + RETRY_S * NS_PER_S;
	metric_add(&h->metrics, METRIC_MERGE_FAILURES, 1);
}

void historian_note_rows(historian_t *h)
{
	h->taken_ns = env_now(h->env);
	if (h->is_tidy && h->merge_timer)
		env_timer_set(h->merge_timer, IDLE_S * NS_PER_S);
	h->is_tidy = false;
}

void historian_thin(historian_t *historian, bool is_thinning)
{
	historian->is_thinning = is_thinning;
	/* Windows that were left alone are looked at again. */
	historian->whole_generation = 0;
	if (historian->is_tidy && historian->merge_timer)
		env_timer_set(historian->merge_timer, IDLE_S * NS_PER_S);
	historian->is_tidy = false;
}

bool historian_is_due(const historian_t *h)
{
	size_t rows = memory_rows(h->table);
	if (!rows || env_now(h->env) < h->seal_after_ns)
		return false;
	return env_now(h->env) - h->table_since_ns >= h->spec.seal_age_ns ||
	       (rows >= IDLE_ROWS && is_idle(h));
}

err_t historian_merge(historian_t *historian)
{
	bool is_more = true;
	err_t err = historian_seal(historian);
	while (!err && is_more)
		err = step(historian, true, &is_more);
	return err;
}
