/* SPDX-License-Identifier: Apache-2.0 */
/* Questions for a record as it was known at a time. The journal is read elsewhere
 * (past.h); the errand waits for it like for another server, and its source pays for the
 * time that took. Whoever may read what was not public is decided by the rights that
 * stand in the record today. */
#include <stdlib.h>

#include "base/text.h"
#include "registry/handle/desk_state.h"

/* What a question costs its source beforehand: so many start before the first is paid. */
enum { ASK_US = 500 };

bool desk_past_asked(handle_desk_t *desk, handle_errand_t *e, const handle_resolution_t *q)
{
	writer_t room = writer_of(desk->live_room, sizeof(desk->live_room));
	handle_resolution_t plain;
	registry_moment_t moment = { .name = q->handle };
	slice_t time;
	if (!handle_at_is_asked(q))
		return false;
	if (handle_at_split(q, &room, &plain, &time) != CODEC_OK ||
	    time_parse_ms(time, &moment.utc_ns)) {
		desk_refuse(desk, e, HANDLE_RC_PROTOCOL_ERROR,
		            "JIZHU.AT wants one time, RFC 3339 or milliseconds since 1970");
		return true;
	}
	if (!desk->past) {
		desk_refuse(desk, e, HANDLE_RC_NOT_SUPPORTED, answer_no_history);
		return true;
	}
	bool can_pay = desk_pay(desk, &e->source, ASK_US);
	uint64_t ticket = can_pay ? desk_wait(desk, e, DESK_WAIT_PAST) : 0;
	err_t err = ticket ? handle_past_ask(desk->past, &moment, desk->past_mail, ticket)
	                   : ERR_BUSY;
	desk_count(desk, err ? DESK_METRIC_PAST_FULL : DESK_METRIC_PAST, 1);
	if (!err)
		return true;
	(void)desk_wait_over(desk, ticket);
	desk_refuse(desk, e, HANDLE_RC_BUSY, NULL);
	return true;
}

static void refuse(handle_desk_t *desk, handle_errand_t *e, err_t err)
{
	static const struct {
		err_t err;
		handle_response_t response;
		const char *text;
	} rows[] = {
		{ ERR_NOT_FOUND, HANDLE_RC_HANDLE_NOT_FOUND, NULL },
		{ ERR_UNAVAILABLE, HANDLE_RC_NOT_RESPONSIBLE, answer_not_here },
		{ ERR_INVALID, HANDLE_RC_INVALID_HANDLE, NULL },
		{ ERR_LIMIT, HANDLE_RC_BUSY, "too many changes since then" },
		{ ERR_EXPIRED, HANDLE_RC_ERROR, "the history of that time is not kept any more" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].err != err)
			continue;
		desk_refuse(desk, e, rows[i].response, rows[i].text);
		return;
	}
	desk_refuse(desk, e, HANDLE_RC_ERROR, "the history cannot be read");
}

static void answer(handle_desk_t *desk, handle_errand_t *e, const handle_past_reply_t *reply)
{
	writer_t room = writer_of(desk->live_room, sizeof(desk->live_room));
	writer_t body = writer_of(desk->body, sizeof(desk->body));
	handle_resolution_t asked, q;
	slice_t time;
	found_t found = { .record = reply->record };
	if (handle_resolution_decode(e->body, &asked) != CODEC_OK ||
	    handle_at_split(&asked, &room, &q, &time) != CODEC_OK) {
		desk_refuse(desk, e, HANDLE_RC_PROTOCOL_ERROR, NULL);
		return;
	}
	quota_t quota = registry_resolved(desk->registry, q.handle, reply->err);
	found.limit = quota ? registry_quota_code(quota) : 0;
	if (reply->err && !quota) {
		refuse(desk, e, reply->err);
		return;
	}
	bool is_public = e->header.flags & HANDLE_FLAG_PUBL || quota;
	answer_reach_t reach = is_public ? ANSWER_ALL : answer_reach(&q, &found.record);
	bool is_all = reach == ANSWER_TO_ADMINS;
	if (reach == ANSWER_TO_NOBODY) {
		desk_refuse(desk, e, HANDLE_RC_DENIED, NULL);
		return;
	}
	if (is_all && !desk_require_reader(desk, e, q.handle))
		return;
	handle_response_t response = answer_resolution(&q, &found, is_all, &body);
	desk_answer_written(desk, e, response, &body);
}

void desk_take_past(void *ctx)
{
	handle_desk_t *desk = ctx;
	handle_past_reply_t reply;
	while (env_mailbox_take(desk->past_mail, &reply)) {
		handle_errand_t *e = desk_wait_over(desk, reply.ticket);
		if (e) {
			(void)desk_pay(desk, &e->source, reply.took_us);
			answer(desk, e, &reply);
		}
		free(reply.memory);
	}
}
