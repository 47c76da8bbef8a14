/* SPDX-License-Identifier: Apache-2.0 */
#include "api/tree_desk.h"

#include <stdlib.h>

#include "api/state.h"
#include "journal/event_log.h"

enum { LOOK_MS = 1 };

static const err_text_t text_busy = {
	{ "too many changes wait for the disk", "等待落盘的修改过多" },
	{ "try again in a moment", "请稍后重试" },
};
static const err_text_t text_unnoted = {
	{ "the change was made, but the audit trail did not take it: %1",
	  "修改已完成，但未能写入审计记录：%1" },
	{ "look whether it is there before you make it again", "请先确认是否已生效，再重新提交" },
};

typedef struct {
	exchange_t *x;
	uint64_t seq, event_seq;
} waiting_t;

struct tree_desk {
	api_t *api;
	env_timer_t *timer;
	waiting_t rows[TREE_WAITING];
	size_t count;
};

static bool is_kept(const tree_desk_t *desk, const waiting_t *row)
{
	const api_spec_t *spec = &desk->api->spec;
	return journal_durable(spec->tree->journal) >= row->seq &&
	       journal_durable(spec->journal) >= row->event_seq;
}

/* True when the reply holds the answer. */
static bool try_answer(const tree_desk_t *desk, const waiting_t *row)
{
	const api_spec_t *spec = &desk->api->spec;
	bool kept = is_kept(desk, row);
	err_t err = kept ? book_follow(spec->tree->book) : journal_state(spec->tree->journal);
	if (!err && !kept)
		err = journal_state(spec->journal);
	if (err)
		exchange_refuse(row->x, err, NULL, (slice_t){ 0 });
	return kept || err;
}

static void look_through(void *ctx)
{
	tree_desk_t *desk = ctx;
	size_t kept = 0;
	for (size_t i = 0; i < desk->count; i++) {
		if (try_answer(desk, &desk->rows[i]))
			exchange_answer_late(desk->rows[i].x);
		else
			desk->rows[kept++] = desk->rows[i];
	}
	desk->count = kept;
	if (desk->count)
		env_timer_set(desk->timer, LOOK_MS * NS_PER_MS);
}

bool tree_desk_ready(exchange_t *x)
{
	if (x->api->tree_desk->count < TREE_WAITING)
		return true;
	metric_add(&x->api->metrics, METRIC_CHANGES_FULL, 1);
	exchange_refuse(x, ERR_BUSY, &text_busy, (slice_t){ 0 });
	return false;
}

verdict_t tree_desk_wait(exchange_t *x, uint64_t seq, event_t *event)
{
	tree_desk_t *desk = x->api->tree_desk;
	err_detail_t detail;
	err_t err = event ? event_append(x->api->spec.journal, event) : ERR_OK;
	if (err) {
		err_raise(&detail, err, &text_unnoted, "", err_info(err)->text[x->request.lang],
		          (char *)NULL);
		return exchange_tell(x, err, &detail);
	}
	desk->rows[desk->count++] = (waiting_t){ x, seq, journal_last(x->api->spec.journal) };
	env_timer_set(desk->timer, LOOK_MS * NS_PER_MS);
	return EXCHANGE_LATER;
}

err_t tree_desk_new(api_t *api, tree_desk_t **ret_desk)
{
	tree_desk_t *desk = calloc(1, sizeof(*desk));
	if (!desk)
		return ERR_NO_MEMORY;
	*ret_desk = desk;
	desk->api = api;
	return env_timer_new(api->spec.loops.tree, look_through, desk, &desk->timer);
}

void tree_desk_free(tree_desk_t *desk)
{
	if (!desk)
		return;
	env_timer_free(desk->timer);
	free(desk);
}
