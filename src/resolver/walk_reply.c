/* SPDX-License-Identifier: Apache-2.0 */
/* What each response code means to a walk, as one table. */
#include <stdlib.h>

#include "resolver/walk_impl.h"

/* From a copy: reading what stands behind the name overwrites the service. */
static void follow_serv(walk_t *walk)
{
	uint8_t room[HANDLE_NAME_MAX];
	writer_t w = writer_of(room, sizeof(room));
	wr_bytes(&w, slice_of(walk->service.serv, walk->service.serv_len));
	walk_need(walk, writer_done(&w), NEED_SERV);
}

static void use_service(walk_t *walk, need_t need)
{
	if (walk->service.count) {
		walk_sites(walk);
		return;
	}
	if (walk->service.serv_len) {
		follow_serv(walk);
		return;
	}
	(void)walk_note(walk, RESOLVER_STEP_NO_SITE, walk->question->name);
	if (need == NEED_PARENT)
		walk_settle_last(walk);
	else
		walk_give_up(walk, ERR_UNAVAILABLE);
}

void walk_use(walk_t *walk, handle_list_t values, need_t need, bool is_local)
{
	service_ask_t ask = { .values = values,
		              .name = walk->question->name,
		              .is_parent = need == NEED_PARENT || need == NEED_PREFIX_REFERRAL,
		              .is_local = is_local };
	service_read(&ask, &walk->service);
	use_service(walk, need);
}

void walk_settle_last(walk_t *walk)
{
	answer_parts_t parts = { .text = slice_of(walk->last_text, walk->last_text_len),
		                 .server = walk->last_server };
	if (walk->last_response)
		walk_settle(walk, walk->last_response, &parts);
	else if (walk->is_bound && walk->is_cached && !walk->is_again)
		walk_begin_again(walk); /* the servers may have moved since it was cached */
	else
		walk_give_up(walk, walk->last_err);
}

static void remember(walk_t *walk, const reply_t *reply)
{
	writer_t w = writer_of(walk->last_text, sizeof(walk->last_text));
	wr_bytes(&w, reply->text);
	walk->last_response = reply->response;
	walk->last_text_len = w.len;
}

/* "0.NA/99.200.7" has the parent "0.NA/99.200". */
static bool parent_record(slice_t name, writer_t *w)
{
	slice_t above = handle_prefix_above(handle_name_described_prefix(name));
	handle_prefix_record(above, w);
	return above.len > 0 && !w->bad;
}

void walk_deny(walk_t *walk)
{
	uint8_t room[HANDLE_NAME_MAX];
	writer_t w = writer_of(room, sizeof(room));
	bool has_parent = walk->is_at_root && parent_record(walk->question->name, &w);
	walk->is_at_root = false;
	if (!has_parent) {
		walk_settle_last(walk);
		return;
	}
	(void)walk_note(walk, RESOLVER_STEP_PARENT, writer_done(&w));
	walk_need(walk, writer_done(&w), NEED_PARENT);
}

/* Replies. */

typedef void (*act_t)(walk_t *walk, const attempt_t *attempt, const reply_t *reply);

/* Values that were not asked for are left out, so that an answer holds what its key
 * says. */
static uint32_t copy_wanted(const walk_t *walk, handle_list_t values, writer_t *w)
{
	handle_iter_t iter = handle_list_iter(values);
	handle_value_t value;
	uint32_t count = 0;
	while (handle_value_next(&iter, &value)) {
		if (!handle_resolution_wants(&walk->question->wanted, value.index, value.type))
			continue;
		handle_value_encode(&value, w);
		count++;
	}
	return count;
}

static void take_record(walk_t *walk, const attempt_t *attempt, const reply_t *reply)
{
	size_t cap = reply->values.bytes.len;
	uint8_t *room = malloc(cap + 1);
	(void)attempt;
	if (!room) {
		walk_give_up(walk, ERR_NO_MEMORY);
		return;
	}
	writer_t w = writer_of(room, cap);
	answer_parts_t parts = { .name = reply->name, .server = walk->last_server };
	parts.count = copy_wanted(walk, reply->values, &w);
	parts.values = writer_done(&w);
	walk_settle(walk, parts.count ? HANDLE_RC_OK : HANDLE_RC_VALUES_NOT_FOUND, &parts);
	free(room);
}

static void take_denial(walk_t *walk, const attempt_t *attempt, const reply_t *reply)
{
	(void)attempt;
	walk_leave(walk, RESOLVER_STEP_OVERTAKEN, ERR_OK);
	remember(walk, reply);
	walk_deny(walk);
}

static void take_refusal(walk_t *walk, const attempt_t *attempt, const reply_t *reply)
{
	(void)attempt;
	remember(walk, reply);
	walk_settle_last(walk);
}

static void ask_another(walk_t *walk, const attempt_t *attempt, const reply_t *reply)
{
	(void)attempt;
	remember(walk, reply);
	walk_launch(walk);
}

static void refresh(walk_t *walk, const attempt_t *attempt, const reply_t *reply)
{
	if (walk->is_refreshed) {
		ask_another(walk, attempt, reply);
		return;
	}
	walk->is_refreshed = true;
	remember(walk, reply);
	walk_forget_service(walk);
	walk_ask_alone(walk, &attempt->site, ASK_SITE);
}

static void go_elsewhere(walk_t *walk, const attempt_t *attempt, const reply_t *reply)
{
	if (walk->is_at_root) {
		take_denial(walk, attempt, reply);
		return;
	}
	if (walk->is_again || !walk->is_bound) {
		ask_another(walk, attempt, reply);
		return;
	}
	remember(walk, reply);
	walk_begin_again(walk);
}

static bool has_referred(const walk_t *walk, const candidate_t *site)
{
	for (size_t i = 0; i < walk->referrer_count; i++)
		if (addr_eq(walk->referrers[i], site->udp) ||
		    addr_eq(walk->referrers[i], site->tcp))
			return true;
	return false;
}

/* Leaves out who has referred us before; false when nobody else is left. */
static bool drop_referrers(walk_t *walk)
{
	service_t *service = &walk->service;
	size_t before = service->count, kept = 0;
	for (size_t i = 0; i < before; i++)
		if (!has_referred(walk, &service->sites[i]))
			service->sites[kept++] = service->sites[i];
	service->count = kept;
	return kept > 0 || before == 0;
}

static void follow_values(walk_t *walk, handle_list_t values, need_t need)
{
	service_ask_t ask = { .values = values,
		              .name = walk->question->name,
		              .is_parent = need == NEED_PREFIX_REFERRAL,
		              .is_local = ip_is_loopback(walk->last_server.ip) };
	service_read(&ask, &walk->service);
	if (drop_referrers(walk)) {
		use_service(walk, need);
		return;
	}
	(void)walk_note(walk, RESOLVER_STEP_LOOP, walk->question->name);
	metric_add(&walk->resolver->metrics, RESOLVER_METRIC_LOOPS, 1);
	walk_give_up(walk, ERR_LIMIT);
}

static void leave_referrer(walk_t *walk)
{
	metric_add(&walk->resolver->metrics, RESOLVER_METRIC_REFERRALS, 1);
	walk_leave(walk, RESOLVER_STEP_OVERTAKEN, ERR_OK);
	walk->is_at_root = false;
	if (walk->referrer_count < WALK_REQUESTS)
		walk->referrers[walk->referrer_count++] = walk->last_server;
}

static void follow(walk_t *walk, const attempt_t *attempt, const reply_t *reply)
{
	need_t need = reply->response == HANDLE_RC_PREFIX_REFERRAL ? NEED_PREFIX_REFERRAL
	                                                           : NEED_REFERRAL;
	uint8_t room[HANDLE_NAME_MAX];
	writer_t w = writer_of(room, sizeof(room));
	if (reply->values.count == 0 && reply->handle.len == 0) {
		ask_another(walk, attempt, reply);
		return;
	}
	leave_referrer(walk);
	if (reply->values.count) {
		follow_values(walk, reply->values, need);
		return;
	}
	wr_bytes(&w, reply->handle);
	walk_need(walk, writer_done(&w), need);
}

static void take_site(walk_t *walk, const attempt_t *attempt, const reply_t *reply)
{
	bool is_local = ip_is_loopback(walk->last_server.ip);
	if (reply->response != HANDLE_RC_OK ||
	    !service_site(reply->site, walk->question->name, is_local, &walk->service.sites[0])) {
		ask_another(walk, attempt, reply);
		return;
	}
	walk->service.count = 1;
	walk_sites(walk);
}

/* Whether who said this has the name, so that the proof may be shown to them. */
static bool is_home(const walk_t *walk, const reply_t *reply)
{
	return walk->question->proof.len > 0 &&
	       (reply->response == HANDLE_RC_OK || reply->response == HANDLE_RC_VALUES_NOT_FOUND);
}

/* The home's word on the proof; without one, another site of the home may have it. */
static void take_word(walk_t *walk, const attempt_t *attempt, const reply_t *reply)
{
	answer_parts_t parts = { .server = walk->last_server };
	if (reply->response != HANDLE_RC_OK)
		ask_another(walk, attempt, reply);
	else
		walk_settle(walk, reply->is_right ? HANDLE_RC_OK : HANDLE_RC_AUTH_FAILED, &parts);
}

static const struct {
	uint32_t response;
	act_t act;
} acts[] = {
	{ HANDLE_RC_OK, take_record },
	{ HANDLE_RC_HANDLE_NOT_FOUND, take_denial },
	{ HANDLE_RC_VALUES_NOT_FOUND, take_refusal },
	{ HANDLE_RC_SITE_OUT_OF_DATE, refresh },
	{ HANDLE_RC_NOT_RESPONSIBLE, go_elsewhere },
	{ HANDLE_RC_REFERRAL, follow },
	{ HANDLE_RC_PREFIX_REFERRAL, follow },
	/* Another server of the service may do better. */
	{ HANDLE_RC_ERROR, ask_another },
	{ HANDLE_RC_BUSY, ask_another },
	{ HANDLE_RC_PROTOCOL_ERROR, ask_another },
	{ HANDLE_RC_NOT_SUPPORTED, ask_another },
	{ HANDLE_RC_READ_ONLY, ask_another },
	{ HANDLE_RC_LIMIT_REQUESTS, ask_another },
};

static act_t act_of(uint32_t response)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
		if (acts[i].response == response)
			return acts[i].act;
	return take_refusal;
}

void walk_judge(walk_t *walk, const attempt_t *attempt, const reply_t *reply)
{
	uint16_t used = attempt->site.serial;
	/* The site has changed since: the next walk takes its record anew. */
	if (used != HANDLE_SITE_SERIAL_UNKNOWN &&
	    reply->site_serial != HANDLE_SITE_SERIAL_UNKNOWN && reply->site_serial > used)
		walk_forget_service(walk);
	if (attempt->what == ASK_SITE)
		take_site(walk, attempt, reply);
	else if (attempt->what == ASK_PROOF)
		take_word(walk, attempt, reply);
	else if (is_home(walk, reply))
		walk_ask_alone(walk, &attempt->site, ASK_PROOF);
	else
		act_of(reply->response)(walk, attempt, reply);
}
