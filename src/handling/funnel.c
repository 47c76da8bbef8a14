/* SPDX-License-Identifier: Apache-2.0 */
/* Each node's own counts of a period, of which the latest told holds; a tree's are the sum. */
#include <assert.h>

#include "handling/state.h"

enum { KEY_MAX = 16 + HANDLING_NODE_MAX, FUNNEL_BYTES = HANDLING_NODE_MAX + 128 };

typedef struct {
	uint8_t bytes[KEY_MAX];
} funnel_key_t;

static slice_t key_of(const funnel_t *funnel, funnel_key_t *room)
{
	writer_t w = writer_of(room->bytes, sizeof(room->bytes));
	wr_u64_le(&w, (uint64_t)funnel->from_ns);
	wr_u64_le(&w, (uint64_t)funnel->to_ns);
	wr_bytes(&w, funnel->node);
	return writer_done(&w);
}

/* Of two told at one time, which a node that is well does not do, the greater. */
static bool is_later(const funnel_t *a, const told_t *b)
{
	if (a->told_ns != b->told_ns)
		return a->told_ns > b->told_ns;
	return memcmp(a->counts, b->counts, sizeof(a->counts)) > 0;
}

err_t funnel_take(handling_t *handling, const funnel_t *funnel)
{
	funnel_key_t room;
	void *value = NULL;
	bool is_new = false;
	told_t told = { .told_ns = 0 };
	err_t err = table_put(handling->funnels, key_of(funnel, &room), &value, &is_new);
	if (err) {
		metric_add(&handling->metrics, METRIC_REFUSED, err == ERR_LIMIT);
		return err;
	}
	memcpy(&told, value, sizeof(told));
	if (is_new || is_later(funnel, &told)) {
		told.told_ns = funnel->told_ns;
		memcpy(told.counts, funnel->counts, sizeof(told.counts));
		memcpy(value, &told, sizeof(told));
	}
	metric_set(&handling->metrics, METRIC_FUNNELS, (int64_t)table_count(handling->funnels));
	return ERR_OK;
}

static bool is_within(const funnel_t *period, int64_t ns)
{
	return ns >= period->from_ns && ns < period->to_ns;
}

/* Whether a step of the kind led somewhere in the period. */
static bool happened(const case_t *c, handling_step_kind_t kind, const funnel_t *period)
{
	bool is_one = false;
	for (size_t i = 0; i < c->count; i++) {
		const handling_step_t *step = &c->steps[i]->step;
		is_one |= step->step == kind && c->steps[i]->verdict == HANDLING_APPLIED &&
		          is_within(period, step->when_ns);
	}
	return is_one;
}

/* Whether it was notified. */
static bool count_case(const case_t *c, funnel_t *funnel)
{
	funnel->counts[FUNNEL_VERIFIED] += happened(c, HANDLING_STEP_VERIFY, funnel);
	funnel->counts[FUNNEL_HANDLED] += happened(c, HANDLING_STEP_CLOSE, funnel);
	return happened(c, HANDLING_STEP_NOTIFY, funnel);
}

/* This node is one enterprise, whether it was notified once or often. */
static void count_own(const handling_t *handling, funnel_t *funnel)
{
	bool is_notified = false;
	for (uint32_t i = 0; i < handling->case_count; i++) {
		if (slice_eq(handling->cases[i]->id.origin, handling->node))
			is_notified |= count_case(handling->cases[i], funnel);
	}
	funnel->counts[FUNNEL_NOTIFIED] = is_notified;
}

/* False: it was told so already. Later than what was told. */
static bool is_news(const handling_t *handling, funnel_t *funnel)
{
	funnel_key_t room;
	told_t told;
	const void *value = table_get(handling->funnels, key_of(funnel, &room));
	if (!value)
		return true;
	memcpy(&told, value, sizeof(told));
	if (funnel->told_ns <= told.told_ns)
		funnel->told_ns = told.told_ns + 1;
	return memcmp(told.counts, funnel->counts, sizeof(told.counts)) != 0;
}

static err_t journal_funnel(handling_t *handling, const funnel_t *funnel, uint64_t *ret_seq)
{
	uint8_t room[FUNNEL_BYTES];
	writer_t w = writer_of(room, sizeof(room));
	funnel_put(funnel, &w);
	assert(!w.bad);
	slice_t part = writer_done(&w);
	funnel_key_t key;
	if (table_count(handling->funnels) >= HANDLING_FUNNELS &&
	    !table_get(handling->funnels, key_of(funnel, &key)))
		return ERR_LIMIT;
	err_t err = journal_append(handling->spec.journal, JOURNAL_HANDLING, &part, 1, ret_seq);
	return err ? err : funnel_take(handling, funnel);
}

err_t handling_tell(handling_t *handling, const handling_tell_t *tell, uint64_t *ret_seq)
{
	funnel_t funnel = { .node = handling->node,
		            .from_ns = tell->from_ns,
		            .to_ns = tell->to_ns,
		            .told_ns = env_utc(handling->env).ns };
	err_t err = ERR_OK;
	uint64_t seq = 0;
	if (tell->from_ns >= tell->to_ns)
		return ERR_INVALID;
	for (size_t i = 0; i < FUNNEL_VERIFIED; i++)
		funnel.counts[i] = tell->seen[i];
	env_lock(handling->mutex);
	count_own(handling, &funnel);
	if (is_news(handling, &funnel))
		err = journal_funnel(handling, &funnel, &seq);
	env_unlock(handling->mutex);
	if (!err)
		*ret_seq = seq;
	return err;
}

static err_t add(const table_t *funnels, slice_t period, handling_funnel_t *sum)
{
	size_t at = 0;
	slice_t key;
	void *value;
	bool is_over = false;
	while (table_next(funnels, &at, &key, &value)) {
		told_t told;
		if (!slice_starts(key, period))
			continue;
		memcpy(&told, value, sizeof(told));
		for (size_t i = 0; i < FUNNEL_COUNT; i++)
			is_over |= __builtin_add_overflow(sum->counts[i], told.counts[i],
			                                  &sum->counts[i]);
		sum->nodes++;
	}
	return is_over ? ERR_TOO_BIG : ERR_OK;
}

err_t handling_funnel(handling_t *handling, int64_t from_ns, int64_t to_ns,
                      handling_funnel_t *ret_funnel)
{
	funnel_key_t room;
	funnel_t period = { .from_ns = from_ns, .to_ns = to_ns };
	handling_funnel_t sum = { .nodes = 0 };
	env_lock(handling->mutex);
	err_t err = add(handling->funnels, key_of(&period, &room), &sum);
	env_unlock(handling->mutex);
	if (!err)
		*ret_funnel = sum;
	return err;
}
