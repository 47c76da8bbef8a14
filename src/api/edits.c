/* SPDX-License-Identifier: Apache-2.0 */
/* The desk: edits are made, noted and waited for. */
#include "api/edits.h"

#include <stdlib.h>

#include "api/state.h"
#include "base/num.h"
#include "journal/event_log.h"

enum { LOOK_MS = 1, ANSWER_ROOM = 1024, ID_ROOM = 32 };

static const err_text_t text_busy = {
	{ "too many changes wait for the disk", "等待落盘的修改过多" },
	{ "try again in a moment", "请稍后重试" },
};
static const err_text_t text_scope = {
	{ "the point is outside your scope %1", "该测点不在您的范围 %1 内" },
	{ "ask somebody whose scope holds it", "请由范围包含该测点的人员操作" },
};
static const err_text_t text_unnoted = {
	{ "the change was made, but the audit trail did not take it: %1",
	  "修改已完成，但未能写入审计记录：%1" },
	{ "GET .../edits lists it; it can be undone", "GET .../edits 可列出，可撤销" },
};
static const err_text_t text_undone = {
	{ "the edit is undone already", "该修改已撤销" },
	{ "to have it back, undo the undo", "如需恢复，请撤销该撤销" },
};

/* What an exchange waits for. */
typedef struct edits {
	struct edits *next;
	exchange_t *x;
	const char *kind;
	uint64_t seq, event_seq;
	size_t count;
	int64_t at_ns; /* of the first */
} edits_t;

struct edits_desk {
	api_t *api;
	env_timer_t *timer;
	edits_t *waiting;
	size_t count;
};

void edits_drop(exchange_t *x)
{
	free(x->edits);
	x->edits = NULL;
}

bool edits_point(exchange_t *x, point_id_t *ret_point)
{
	const caller_t *caller = &x->request.caller;
	if (!exchange_series(x, x->request.param[0], ret_point))
		return false;
	const point_t *point = catalogue_point(api_catalogue(x->api), *ret_point);
	/* A series has no identifier and is in nobody's part of the names. */
	if (point ? caller_holds(caller, slice_str(point->ident)) : caller->scope.len == 0)
		return true;
	exchange_refuse(x, ERR_DENIED, &text_scope, caller->scope);
	return false;
}

/* The exchange is answered. */

static void put_id(json_t *j, int64_t at_ns)
{
	char text[ID_ROOM];
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "%lld", (long long)at_ns);
	json_str(j, writer_done(&w));
}

static void answer(edits_t *edits)
{
	exchange_t *x = edits->x;
	json_t *j = reply_json(&x->reply,
	                       ANSWER_ROOM + ID_ROOM * edits->count + 6 * x->request.param[0].len);
	x->reply.status = 201;
	json_object(j);
	json_put_str(j, "point", x->request.param[0]);
	json_put_cstr(j, "kind", edits->kind);
	json_put_u64(j, "sequence", edits->seq);
	json_put_ms(j, "time_ms", edits->at_ns);
	json_put_array(j, "ids");
	for (size_t i = 0; i < edits->count; i++)
		put_id(j, edits->at_ns + (int64_t)i);
	json_close(j);
	json_close(j);
}

static bool is_kept(const edits_t *edits)
{
	const api_t *api = edits->x->api;
	sample_sink_t sink = historian_sink(api->spec.historian);
	return sink.durable(sink.ctx) >= edits->seq &&
	       journal_durable(api->spec.journal) >= edits->event_seq;
}

/* True when the reply holds the answer. */
static bool try_answer(edits_t *edits)
{
	api_t *api = edits->x->api;
	if (is_kept(edits)) {
		answer(edits);
		return true;
	}
	err_t state = journal_state(api->spec.journal);
	if (!state && api->spec.ingest.history)
		state = journal_state(api->spec.ingest.history);
	if (state)
		exchange_refuse(edits->x, state, NULL, (slice_t){ 0 });
	return state != ERR_OK;
}

static void look_through(void *ctx)
{
	edits_desk_t *desk = ctx;
	edits_t **at = &desk->waiting;
	while (*at) {
		edits_t *edits = *at;
		if (!try_answer(edits)) {
			at = &edits->next;
			continue;
		}
		*at = edits->next;
		desk->count--;
		exchange_answer_late(edits->x);
	}
	if (desk->waiting)
		env_timer_set(desk->timer, LOOK_MS * NS_PER_MS);
}

static verdict_t wait(edits_desk_t *desk, edits_t *edits)
{
	edits->next = desk->waiting;
	desk->waiting = edits;
	desk->count++;
	env_timer_set(desk->timer, LOOK_MS * NS_PER_MS);
	return EXCHANGE_LATER;
}

/* Making them. */

static err_t note(exchange_t *x, const edits_plan_t *plan, size_t count, uint64_t *ret_seq)
{
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];
	event_t event = event_make(MSG_HISTORY_EDITED, (node_time_t){ env_utc(x->api->env).ns });
	event.point = plan->point;
	event_arg(&event, ARG_SUBJECT, value_text(x->request.caller.subject));
	event_arg(&event, ARG_POINT, value_text(x->request.param[0]));
	event_arg(&event, ARG_COMMAND, value_text(slice_str(plan->kind)));
	event_arg(&event, ARG_COUNT, value_u64(count));
	event_arg(&event, ARG_FROM, value_text(slice_str(time_format(plan->from_ns, from))));
	event_arg(&event, ARG_TO, value_text(slice_str(time_format(plan->to_ns, to))));
	event_arg(&event, ARG_REASON, value_text(plan->reason));
	err_t err = event_append(x->api->spec.journal, &event);
	if (!err)
		*ret_seq = event.seq;
	return err;
}

static verdict_t refuse(exchange_t *x, err_t err, bool is_made)
{
	err_detail_t detail;
	if (!is_made)
		return exchange_refuse(x, err, err == ERR_CONFLICT ? &text_undone : NULL,
		                       (slice_t){ 0 });
	err_raise(&detail, err, &text_unnoted, "", err_info(err)->text[x->request.lang],
	          (char *)NULL);
	return exchange_tell(x, err, &detail);
}

static err_t make(exchange_t *x, const edits_plan_t *plan, edits_t *edits)
{
	historian_made_t made = { 0 };
	err_t err = historian_edit(x->api->spec.historian, &x->request.caller, plan->edits,
	                           plan->count, &made);
	if (err)
		return err;
	edits->count = plan->count;
	edits->at_ns = made.at_ns;
	edits->seq = made.seq;
	return note(x, plan, edits->count, &edits->event_seq);
}

verdict_t edits_make(exchange_t *x, const edits_plan_t *plan)
{
	edits_desk_t *desk = x->api->edits_desk;
	if (desk->count == EDITS_WAITING)
		return exchange_refuse(x, ERR_BUSY, &text_busy, (slice_t){ 0 });
	edits_t *edits = calloc(1, sizeof(*edits));
	if (!edits)
		return exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	x->edits = edits;
	edits->x = x;
	edits->kind = plan->kind;
	err_t err = make(x, plan, edits);
	return err ? refuse(x, err, edits->count > 0) : wait(desk, edits);
}

/* Opening and closing. */

err_t edits_desk_new(api_t *api, edits_desk_t **ret_desk)
{
	edits_desk_t *desk = calloc(1, sizeof(*desk));
	if (!desk)
		return ERR_NO_MEMORY;
	*ret_desk = desk;
	desk->api = api;
	return env_timer_new(api->spec.loops.query, look_through, desk, &desk->timer);
}

void edits_desk_free(edits_desk_t *desk)
{
	if (!desk)
		return;
	env_timer_free(desk->timer);
	free(desk);
}
