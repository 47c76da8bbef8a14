/* SPDX-License-Identifier: Apache-2.0 */
/* Begin, wait for other walks, end. */
#include <stdlib.h>

#include "base/num.h"
#include "resolver/walk_impl.h"

static const int64_t DEFER_NS = 30 * NS_PER_S;

int64_t walk_now(const walk_t *walk)
{
	return env_now(walk->resolver->env);
}

resolver_step_t *walk_note(walk_t *walk, resolver_step_kind_t kind, slice_t name)
{
	resolver_step_t *step = trace_add(&walk->trace, kind, name);
	step->at_ns = walk_now(walk) - walk->begun_ns;
	return step;
}

static void count_under_way(resolver_t *resolver)
{
	metric_set(&resolver->metrics, RESOLVER_METRIC_UNDER_WAY,
	           (int64_t)table_count(resolver->walks));
}

static void free_timers(walk_t *walk)
{
	env_timer_free(walk->deadline);
	env_timer_free(walk->head_start);
	walk->deadline = walk->head_start = NULL;
}

static void stop_waiting(walk_t *walk)
{
	walk_t **at = &walk->awaited->waiters;
	while (*at != walk)
		at = &(*at)->next_waiter;
	*at = walk->next_waiter;
	walk->awaited = NULL;
}

/* Out of the table and out of everybody's way; asks and waiters stay. */
static void unlist(walk_t *walk)
{
	(void)table_remove(walk->resolver->walks, walk->question->joining);
	count_under_way(walk->resolver);
	walk_leave(walk, RESOLVER_STEP_OVERTAKEN, ERR_OK);
	free_timers(walk);
	if (walk->awaited)
		stop_waiting(walk);
}

/* A record came; may end the walk. */
static void on_record(walk_t *walk, const outcome_t *outcome)
{
	const resolver_answer_t *answer = outcome->answer;
	need_t need = walk->need;
	if (!outcome->err) {
		handle_list_t values = { answer->count, answer->values };
		walk_use(walk, values, need, ip_is_loopback(answer->server.ip));
	} else if (need == NEED_PARENT && outcome->is_settled && outcome->err == ERR_NOT_FOUND) {
		walk_settle_last(walk);
	} else if (outcome->is_settled && answer) {
		/* Why the way ends is what the name ends with: its prefix is unknown, say. */
		walk->last_response = outcome->response;
		walk->last_server = answer->server;
		walk_settle_last(walk);
	} else {
		walk_give_up(walk, outcome->err);
	}
}

static walk_t *take_waiter(walk_t *walk)
{
	walk_t *waiter = walk->waiters;
	walk->waiters = waiter->next_waiter;
	waiter->awaited = NULL;
	return waiter;
}

static void tell_waiters(walk_t *walk, const outcome_t *outcome)
{
	while (walk->waiters) {
		walk_t *waiter = take_waiter(walk);
		if (outcome->answer)
			trace_append(&waiter->trace, outcome->answer,
			             walk->begun_ns - waiter->begun_ns);
		on_record(waiter, outcome);
	}
}

static void tell_asks(walk_t *walk, const outcome_t *outcome)
{
	while (walk->asks) {
		ask_t *ask = walk->asks;
		walk->asks = ask->next;
		resolver_deliver(walk->resolver, ask, outcome);
	}
}

static void end(walk_t *walk, const outcome_t *outcome)
{
	const resolver_answer_t *held = answer_hold(outcome->answer);
	unlist(walk);
	if (outcome->err)
		metric_add(&walk->resolver->metrics, RESOLVER_METRIC_FAILURES, 1);
	tell_asks(walk, outcome);
	tell_waiters(walk, outcome);
	resolver_answer_release(held);
	free(walk->question);
	free(walk);
}

static err_t response_err(uint32_t response)
{
	const handle_code_t *info = handle_response_info(response);
	/* To its asker "not responsible" is a name nobody answers for, no wrong usage. */
	if (response == HANDLE_RC_NOT_RESPONSIBLE)
		return ERR_UNAVAILABLE;
	return info ? info->err : ERR_PROTOCOL;
}

static void keep(walk_t *walk, const cached_t *cached)
{
	cache_t *cache = walk->resolver->cache;
	uint32_t utc_s = (uint32_t)(env_utc(walk->resolver->env).ns / NS_PER_S);
	int64_t life_ns = cache_life_ns(cache, cached, utc_s);
	cache_put(cache, walk->question->key, cached, life_ns, walk_now(walk));
}

void walk_settle(walk_t *walk, uint32_t response, const answer_parts_t *parts)
{
	answer_parts_t all = *parts;
	walk_leave(walk, RESOLVER_STEP_OVERTAKEN, ERR_OK);
	all.trace = &walk->trace;
	const resolver_answer_t *answer = answer_new(&all);
	outcome_t outcome = { .err = answer ? response_err(response) : ERR_NO_MEMORY,
		              .response = response,
		              .is_settled = true,
		              .answer = answer };
	cached_t cached = { .answer = answer, .err = outcome.err, .response = response };
	if (answer && walk->question->proof.len == 0)
		keep(walk, &cached);
	end(walk, &outcome);
	resolver_answer_release(answer);
}

/* Errors that say nothing about the name, so that what was known of it still may be
 * given. */
static bool is_unreachable(err_t err)
{
	return err == ERR_TIMEOUT || err == ERR_NETWORK || err == ERR_UNAVAILABLE ||
	       err == ERR_PROTOCOL;
}

static bool find_stale(const walk_t *walk, cached_t *ret_cached)
{
	cache_t *cache = walk->resolver->cache;
	slice_t key = walk->question->key;
	cache_defer(cache, key, walk_now(walk) + DEFER_NS);
	return cache_find(cache, key, walk_now(walk), ret_cached);
}

static void end_stale(walk_t *walk, const cached_t *cached)
{
	outcome_t outcome = { .err = cached->err,
		              .response = cached->response,
		              .source = RESOLVER_FROM_STALE,
		              .age_ns = cached->age_ns,
		              .is_settled = true,
		              .answer = cached->answer };
	end(walk, &outcome);
}

static void end_unsettled(walk_t *walk, err_t err)
{
	answer_parts_t parts = { .server = walk->last_server,
		                 .text = slice_of(walk->last_text, walk->last_text_len),
		                 .trace = &walk->trace };
	const resolver_answer_t *answer = answer_new(&parts);
	outcome_t outcome = { .err = answer ? err : ERR_NO_MEMORY,
		              .response = walk->last_response,
		              .answer = answer };
	end(walk, &outcome);
	resolver_answer_release(answer);
}

void walk_give_up(walk_t *walk, err_t err)
{
	cached_t cached;
	walk_leave(walk, RESOLVER_STEP_ASKED, err);
	if (is_unreachable(err) && find_stale(walk, &cached))
		end_stale(walk, &cached);
	else
		end_unsettled(walk, err);
}

static void on_deadline(void *ctx)
{
	walk_t *walk = ctx;
	walk_leave(walk, RESOLVER_STEP_ASKED, ERR_TIMEOUT);
	(void)walk_note(walk, RESOLVER_STEP_DEADLINE, walk->question->name);
	walk_give_up(walk, ERR_TIMEOUT);
}

static err_t set_up(walk_t *walk)
{
	resolver_t *resolver = walk->resolver;
	void *slot;
	err_t err = env_timer_new(resolver->spec.loop, on_deadline, walk, &walk->deadline);
	if (!err)
		err = env_timer_new(resolver->spec.loop, walk_on_head_start, walk,
		                    &walk->head_start);
	if (!err)
		err = table_put(resolver->walks, walk->question->joining, &slot, NULL);
	if (!err)
		*(walk_t **)slot = walk;
	return err;
}

/* Walks that others wait for have places of their own, or a full house would wait for
 * itself. */
static bool has_place(resolver_t *resolver, unsigned depth)
{
	size_t most = resolver->spec.walks_max * (depth ? 2 : 1);
	if (table_count(resolver->walks) < most)
		return true;
	metric_add(&resolver->metrics, RESOLVER_METRIC_BUSY, 1);
	return false;
}

/* Takes the question when it succeeds. */
static err_t walk_new(resolver_t *resolver, question_t *question, unsigned depth, walk_t **ret_walk)
{
	if (!has_place(resolver, depth))
		return ERR_BUSY;
	walk_t *walk = calloc(1, sizeof(*walk));
	if (!walk)
		return ERR_NO_MEMORY;
	walk->resolver = resolver;
	walk->question = question;
	walk->depth = depth;
	walk->begun_ns = walk_now(walk);
	walk->last_err = ERR_UNAVAILABLE;
	err_t err = set_up(walk);
	if (err) {
		free_timers(walk);
		free(walk);
		return err;
	}
	env_timer_set(walk->deadline, resolver->spec.deadline_ns);
	metric_add(&resolver->metrics, RESOLVER_METRIC_WALKS, 1);
	count_under_way(resolver);
	*ret_walk = walk;
	return ERR_OK;
}

static walk_t *walk_find(const resolver_t *resolver, const question_t *question)
{
	walk_t *const *slot = table_get(resolver->walks, question->joining);
	return slot ? *slot : NULL;
}

err_t walk_ask(resolver_t *resolver, ask_t *ask)
{
	walk_t *walk = walk_find(resolver, ask->question);
	if (walk) {
		metric_add(&resolver->metrics, RESOLVER_METRIC_COALESCED, 1);
		ask->next = walk->asks;
		walk->asks = ask;
		return ERR_OK;
	}
	err_t err = walk_new(resolver, ask->question, 0, &walk);
	if (err)
		return err;
	ask->question = NULL;
	metric_add(&resolver->metrics, RESOLVER_METRIC_MISSES, 1);
	walk->asks = ask;
	walk_begin(walk);
	return ERR_OK;
}

/* Waiting. */

static void give_up_looping(walk_t *walk, resolver_step_kind_t kind, slice_t handle)
{
	(void)walk_note(walk, kind, handle);
	metric_add(&walk->resolver->metrics, RESOLVER_METRIC_LOOPS, 1);
	walk_give_up(walk, ERR_LIMIT);
}

/* True if `from` waits, perhaps by others, for `walk`. */
static bool leads_to(const walk_t *from, const walk_t *walk)
{
	while (from && from != walk)
		from = from->awaited;
	return from != NULL;
}

static bool was_followed(walk_t *walk, slice_t handle)
{
	uint8_t room[HANDLE_NAME_MAX];
	slice_t folded;
	if (handle_name_fold(handle, room, &folded) != CODEC_OK)
		return true;
	uint64_t hash = num_hash(folded, 0);
	for (size_t i = 0; i < walk->followed_count; i++)
		if (walk->followed[i] == hash)
			return true;
	if (walk->followed_count == WALK_FOLLOWED)
		return true;
	walk->followed[walk->followed_count++] = hash;
	return false;
}

static void wait_for(walk_t *walk, walk_t *awaited)
{
	walk->awaited = awaited;
	walk->next_waiter = awaited->waiters;
	awaited->waiters = walk;
}

/* Takes the question. */
static void wait_for_record(walk_t *walk, question_t *question)
{
	walk_t *other = walk_find(walk->resolver, question);
	if (other && leads_to(other, walk)) {
		give_up_looping(walk, RESOLVER_STEP_LOOP, question->name);
		free(question);
		return;
	}
	if (other) {
		(void)walk_note(walk, RESOLVER_STEP_JOINED, question->name);
		wait_for(walk, other);
		free(question);
		return;
	}
	err_t err = walk_new(walk->resolver, question, walk->depth + 1, &other);
	if (err) {
		(void)walk_note(walk, RESOLVER_STEP_BUSY, question->name);
		walk_give_up(walk, err);
		free(question);
		return;
	}
	wait_for(walk, other);
	walk_begin(other);
}

/* Takes the question. */
static void need_question(walk_t *walk, question_t *question)
{
	outcome_t outcome;
	uint32_t recursion = question->recursion + walk->question->recursion + walk->hops;
	question->recursion = recursion < UINT8_MAX ? (uint8_t)recursion : UINT8_MAX;
	if (!resolver_look(walk->resolver, question, &outcome)) {
		wait_for_record(walk, question);
		return;
	}
	bool is_stale = outcome.source == RESOLVER_FROM_STALE;
	resolver_step_t *step = trace_add(&walk->trace,
	                                  is_stale ? RESOLVER_STEP_STALE : RESOLVER_STEP_CACHED,
	                                  question->name);
	step->depth = 1;
	walk->is_cached |= walk->need == NEED_SERVICE || walk->need == NEED_SERV;
	const resolver_answer_t *held = answer_hold(outcome.answer);
	free(question);
	on_record(walk, &outcome);
	resolver_answer_release(held);
}

/* What the roots file says of the name needs no question. */
static bool use_roots(walk_t *walk, slice_t handle, need_t need)
{
	handle_list_t values = roots_find(walk->resolver->roots, handle);
	if (!values.count)
		return false;
	(void)walk_note(walk, RESOLVER_STEP_ROOTS, handle);
	walk_use(walk, values, need, true);
	return true;
}

void walk_need(walk_t *walk, slice_t handle, need_t need)
{
	question_t *question;
	unsigned flags = walk->question->flags & RESOLVER_CERTIFIED;
	if (walk->is_again)
		flags |= RESOLVER_AUTHORITATIVE;
	walk->need = need;
	if (was_followed(walk, handle)) {
		give_up_looping(walk, RESOLVER_STEP_LOOP, handle);
		return;
	}
	if (use_roots(walk, handle, need))
		return;
	if (walk->depth + 1 > WALK_DEPTH) {
		give_up_looping(walk, RESOLVER_STEP_TOO_DEEP, handle);
		return;
	}
	err_t err = question_service_new(handle, flags, &question);
	if (err)
		walk_give_up(walk, err);
	else
		need_question(walk, question);
}

void walk_forget_service(walk_t *walk)
{
	uint8_t room[HANDLE_NAME_MAX + 8];
	writer_t w = writer_of(room, sizeof(room));
	unsigned flags = walk->question->flags & RESOLVER_CERTIFIED;
	question_t *question;
	handle_name_prefix_record(walk->question->name, &w);
	if (w.bad || question_service_new(writer_done(&w), flags, &question))
		return;
	cache_forget(walk->resolver->cache, question->key);
	free(question);
}

void walk_begin_again(walk_t *walk)
{
	walk_leave(walk, RESOLVER_STEP_OVERTAKEN, ERR_OK);
	walk->is_again = true;
	walk->is_cached = false;
	(void)walk_note(walk, RESOLVER_STEP_AGAIN, walk->question->name);
	walk_begin(walk);
}

static void use_pin(walk_t *walk, const resolver_pin_t *pin)
{
	candidate_t *site = &walk->service.sites[0];
	(void)walk_note(walk, RESOLVER_STEP_PINNED, walk->question->name);
	*site = (candidate_t){ .udp = pin->addr,
		               .tcp = pin->addr,
		               .version = { HANDLE_MAJOR, HANDLE_MINOR },
		               .serial = HANDLE_SITE_SERIAL_UNKNOWN,
		               .is_primary = true };
	if (pin->transport == RESOLVER_BY_UDP)
		site->tcp.port = 0;
	if (pin->transport == RESOLVER_BY_TCP)
		site->udp.port = 0;
	walk->service.count = 1;
	walk_sites(walk);
}

static void begin_at_prefix(walk_t *walk)
{
	uint8_t room[HANDLE_NAME_MAX + 8];
	writer_t w = writer_of(room, sizeof(room));
	handle_name_prefix_record(walk->question->name, &w);
	walk_need(walk, writer_done(&w), NEED_SERVICE);
}

static void begin_at_root(walk_t *walk)
{
	if (roots_find(walk->resolver->roots, SLICE("0.NA/0.NA")).count) {
		walk_need(walk, SLICE("0.NA/0.NA"), NEED_SERVICE);
		return;
	}
	(void)walk_note(walk, RESOLVER_STEP_NO_ROOT, walk->question->name);
	walk_deny(walk);
}

void walk_begin(walk_t *walk)
{
	slice_t name = walk->question->name;
	const resolver_pin_t *pin = resolver_pin(walk->resolver, name);
	walk->followed_count = 0;
	if (pin) {
		use_pin(walk, pin);
		return;
	}
	walk->is_at_root = handle_name_is_global(name);
	walk->is_bound = !walk->is_at_root;
	if (walk->is_at_root)
		begin_at_root(walk);
	else
		begin_at_prefix(walk);
}

static void free_asks(walk_t *walk)
{
	while (walk->asks) {
		ask_t *ask = walk->asks;
		walk->asks = ask->next;
		free(ask->question);
		free(ask);
	}
}

static void walk_free(walk_t *walk)
{
	unlist(walk);
	while (walk->waiters)
		(void)take_waiter(walk);
	free_asks(walk);
	free(walk->question);
	free(walk);
}

/* Each walk leaves the table, so every look begins anew. */
void walk_free_all(resolver_t *resolver)
{
	slice_t key;
	void *value;
	for (size_t at = 0; table_next(resolver->walks, &at, &key, &value); at = 0)
		walk_free(*(walk_t **)value);
}
