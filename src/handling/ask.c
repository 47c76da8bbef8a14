/* SPDX-License-Identifier: Apache-2.0 */
#include "handling/state.h"

err_t handling_get(handling_t *handling, const handling_id_t *id, handling_shown_t *ret_shown)
{
	err_t err = ERR_NOT_FOUND;
	env_lock(handling->mutex);
	const case_t *c = cases_find(handling, id);
	if (c) {
		ret_shown->id = c->id;
		ret_shown->now = c->now;
		ret_shown->child = c->child;
		ret_shown->is_overdue = cases_is_overdue(handling, c);
		ret_shown->count = c->count;
		for (size_t i = 0; i < c->count; i++)
			ret_shown->steps[i] = *c->steps[i];
		err = ERR_OK;
	}
	env_unlock(handling->mutex);
	return err;
}

slice_t handling_child(handling_t *handling, const handling_id_t *id)
{
	env_lock(handling->mutex);
	const case_t *c = cases_find(handling, id);
	slice_t child = c ? c->child : (slice_t){ 0 };
	env_unlock(handling->mutex);
	return child;
}

static bool is_asked(const handling_t *handling, const handling_list_t *ask, const case_t *c)
{
	bool is_state = ask->states == 0 || (ask->states & (1U << c->now.state));
	return is_state && (!ask->only_overdue || cases_is_overdue(handling, c));
}

void handling_list(handling_t *handling, const handling_list_t *ask, handling_page_t *ret_page)
{
	handling_page_t page = { .count = 0 };
	uint32_t i = ask->from;
	env_lock(handling->mutex);
	for (; i < handling->case_count && page.count < ask->cap; i++) {
		const case_t *c = handling->cases[i];
		if (is_asked(handling, ask, c))
			ask->rows[page.count++] = (handling_row_t){ c->id, c->now, c->child,
				                                    cases_is_overdue(handling, c) };
	}
	page.next = i < handling->case_count ? i : 0;
	env_unlock(handling->mutex);
	*ret_page = page;
}

void handling_counts(handling_t *handling, handling_counts_t *ret_counts)
{
	handling_counts_t counts = { .open = 0 };
	env_lock(handling->mutex);
	for (uint32_t i = 0; i < handling->case_count; i++) {
		const case_t *c = handling->cases[i];
		counts.states[c->now.state]++;
		counts.open += cases_is_open(c);
		counts.overdue += cases_is_overdue(handling, c);
		counts.conflicts += c->now.conflicts > 0;
	}
	metric_set(&handling->metrics, METRIC_OVERDUE, counts.overdue);
	env_unlock(handling->mutex);
	*ret_counts = counts;
}
