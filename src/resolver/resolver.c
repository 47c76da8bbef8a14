/* SPDX-License-Identifier: Apache-2.0 */
/* Asks come in, outcomes go out. */
#include "resolver/resolver.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "resolver/walk.h"

enum { WALKS_MAX = 128, ASKS_MAX = 4096 };

static const int64_t DEADLINE_NS = 15 * NS_PER_S;
static const uint64_t CACHE_BYTES = 16 << 20;

static const metric_row_t metric_rows[] = {
#define X(id, kind, name, help) [RESOLVER_METRIC_##id] = { name, help, METRIC_##kind },
	RESOLVER_METRIC_ROWS(X)
#undef X
};

static void count(resolver_t *resolver, size_t row)
{
	metric_add(&resolver->metrics, row, 1);
}

void resolver_deliver(resolver_t *resolver, ask_t *ask, const outcome_t *outcome)
{
	resolver_reply_t reply = { .ctx = ask->ctx,
		                   .err = outcome->err,
		                   .response = outcome->response,
		                   .source = outcome->source,
		                   .age_s = (uint32_t)(outcome->age_ns / NS_PER_S),
		                   .answer = answer_hold(outcome->answer) };
	if (outcome->source == RESOLVER_FROM_STALE)
		count(resolver, RESOLVER_METRIC_STALE);
	atomic_fetch_sub_explicit(&resolver->asks, 1, memory_order_relaxed);
	if (!env_mailbox_put(ask->reply, &reply)) {
		resolver_answer_release(reply.answer);
		count(resolver, RESOLVER_METRIC_LOST);
	}
	free(ask->question);
	free(ask);
}

bool resolver_look(resolver_t *resolver, const question_t *question, outcome_t *ret_outcome)
{
	cached_t cached;
	if ((question->flags & RESOLVER_AUTHORITATIVE) || question->proof.len ||
	    !cache_find(resolver->cache, question->key, env_now(resolver->env), &cached) ||
	    (cached.is_expired && !cached.is_deferred))
		return false;
	*ret_outcome = (outcome_t){ .err = cached.err,
		                    .response = cached.response,
		                    .source = cached.is_expired ? RESOLVER_FROM_STALE
		                                                : RESOLVER_FROM_CACHE,
		                    .age_ns = cached.age_ns,
		                    .is_settled = true,
		                    .answer = cached.answer };
	return true;
}

/* A dot or the end must follow, so that 99.2 does not cover 99.20. */
static bool covers(slice_t pinned, slice_t prefix)
{
	if (pinned.len == 0)
		return true;
	slice_t head = slice_sub(prefix, 0, pinned.len);
	return slice_eq_nocase(head, pinned) &&
	       (prefix.len == pinned.len || prefix.ptr[pinned.len] == '.');
}

const resolver_pin_t *resolver_pin(const resolver_t *resolver, slice_t name)
{
	const resolver_pin_t *best = NULL;
	slice_t prefix = handle_name_described_prefix(name);
	if (prefix.len == 0)
		prefix = slice_sub(name, 0, slice_find(name, '/'));
	for (size_t i = 0; i < resolver->spec.pin_count; i++) {
		const resolver_pin_t *pin = &resolver->pins[i];
		if (covers(pin->prefix, prefix) && (!best || pin->prefix.len > best->prefix.len))
			best = pin;
	}
	return best;
}

static void take_ask(resolver_t *resolver, ask_t *ask)
{
	outcome_t outcome;
	count(resolver, RESOLVER_METRIC_ASKS);
	if (resolver_look(resolver, ask->question, &outcome)) {
		if (outcome.source == RESOLVER_FROM_CACHE)
			count(resolver, RESOLVER_METRIC_HITS);
		resolver_deliver(resolver, ask, &outcome);
		return;
	}
	err_t err = walk_ask(resolver, ask);
	if (!err)
		return;
	outcome = (outcome_t){ .err = err, .answer = answer_new(&(answer_parts_t){ .count = 0 }) };
	const resolver_answer_t *answer = outcome.answer;
	resolver_deliver(resolver, ask, &outcome);
	resolver_answer_release(answer);
}

static void on_inbox(void *ctx)
{
	resolver_t *resolver = ctx;
	ask_t *ask;
	while (env_mailbox_take(resolver->inbox, &ask))
		take_ask(resolver, ask);
}

static bool reserve(resolver_t *resolver)
{
	size_t before = atomic_fetch_add_explicit(&resolver->asks, 1, memory_order_relaxed);
	if (before < resolver->spec.asks_max)
		return true;
	atomic_fetch_sub_explicit(&resolver->asks, 1, memory_order_relaxed);
	count(resolver, RESOLVER_METRIC_BUSY);
	return false;
}

err_t resolver_ask(resolver_t *resolver, const resolver_question_t *question, env_mailbox_t *reply,
                   void *ctx)
{
	ask_t *ask = calloc(1, sizeof(*ask));
	if (!ask)
		return ERR_NO_MEMORY;
	ask->reply = reply;
	ask->ctx = ctx;
	err_t err = question_new(question, &ask->question);
	if (!err && !reserve(resolver))
		err = ERR_BUSY;
	if (!err && !env_mailbox_put(resolver->inbox, &ask)) {
		atomic_fetch_sub_explicit(&resolver->asks, 1, memory_order_relaxed);
		err = ERR_BUSY;
	}
	if (err) {
		free(ask->question);
		free(ask);
	}
	return err;
}

const metrics_t *resolver_metrics(const resolver_t *resolver)
{
	return &resolver->metrics;
}

/* Opening. */

void resolver_spec_from(const config_resolver_t *config, env_loop_t *loop, resolver_pin_t *pins,
                        resolver_spec_t *ret_spec)
{
	static const resolver_transport_t transports[CONFIG_TRANSPORT_COUNT] = {
		[CONFIG_BY_ANY] = RESOLVER_BY_ANY,
		[CONFIG_BY_UDP] = RESOLVER_BY_UDP,
		[CONFIG_BY_TCP] = RESOLVER_BY_TCP,
	};
	for (size_t i = 0; i < config->pin_count; i++) {
		const config_pin_t *from = &config->pins[i];
		pins[i] = (resolver_pin_t){ .addr = from->addr,
			                    .transport = transports[from->transport] };
		if (from->has_prefix)
			pins[i].prefix = slice_str(from->prefix);
	}
	*ret_spec = (resolver_spec_t){ .loop = loop,
		                       .roots = config->roots,
		                       .root_count = config->root_count,
		                       .pins = pins,
		                       .pin_count = config->pin_count,
		                       .prefer_tcp = config->prefer == CONFIG_BY_TCP,
		                       .negative_ns = config->negative_ns,
		                       .stale_ns = config->stale_ns,
		                       .deadline_ns = config->deadline_ns,
		                       .cache_bytes = config->cache_bytes,
		                       .walks_max = config->walks_max };
}

static err_t copy_pins(resolver_t *resolver, const resolver_spec_t *spec)
{
	size_t bytes = 0;
	for (size_t i = 0; i < spec->pin_count; i++)
		bytes += spec->pins[i].prefix.len;
	resolver->pins = calloc(1, spec->pin_count * sizeof(resolver_pin_t) + bytes + 1);
	if (!resolver->pins)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(&resolver->pins[spec->pin_count], bytes);
	for (size_t i = 0; i < spec->pin_count; i++) {
		size_t at = w.len;
		resolver->pins[i] = spec->pins[i];
		wr_bytes(&w, spec->pins[i].prefix);
		resolver->pins[i].prefix = slice_from(writer_done(&w), at);
	}
	return ERR_OK;
}

static void fill_limits(resolver_spec_t *spec)
{
	if (spec->walks_max == 0)
		spec->walks_max = WALKS_MAX;
	if (spec->asks_max == 0)
		spec->asks_max = ASKS_MAX;
	if (spec->deadline_ns == 0)
		spec->deadline_ns = DEADLINE_NS;
	if (spec->cache_bytes == 0)
		spec->cache_bytes = CACHE_BYTES;
}

static err_t open_stores(resolver_t *resolver)
{
	cache_spec_t cache = { .bytes_max = resolver->spec.cache_bytes,
		               .negative_ns = resolver->spec.negative_ns,
		               .stale_ns = resolver->spec.stale_ns,
		               .metrics = &resolver->metrics };
	env_random(resolver->env, &cache.hash_seed, sizeof(cache.hash_seed));
	resolver->walks = table_new(sizeof(walk_t *), resolver->spec.walks_max * 2,
	                            cache.hash_seed);
	if (!resolver->walks)
		return ERR_NO_MEMORY;
	err_t err = cache_new(&cache, &resolver->cache);
	if (!err)
		err = peers_new(&resolver->peers);
	if (!err)
		err = roots_new(&resolver->roots);
	return err;
}

static err_t open_wire(resolver_t *resolver)
{
	env_mailbox_spec_t mail = { .name = "resolver asks",
		                    .reader = resolver->spec.loop,
		                    .item_size = sizeof(ask_t *),
		                    .capacity = resolver->spec.asks_max,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = on_inbox,
		                    .ctx = resolver };
	err_t err = handle_client_open(resolver->spec.loop, resolver->peers, &resolver->metrics,
	                               resolver->spec.legacy, &resolver->client);
	if (!err)
		err = env_mailbox_new(&mail, &resolver->inbox);
	return err;
}

err_t resolver_open(env_t *env, const resolver_spec_t *spec, resolver_t **ret_resolver,
                    err_detail_t *ret_detail)
{
	resolver_t *resolver = calloc(1, sizeof(*resolver));
	if (!resolver)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "resolver", (char *)NULL);
	resolver->env = env;
	resolver->spec = *spec;
	fill_limits(&resolver->spec);
	metrics_init(&resolver->metrics, metric_rows, RESOLVER_METRIC_COUNT);
	err_t err = copy_pins(resolver, spec);
	if (!err)
		err = open_stores(resolver);
	if (!err)
		err = open_wire(resolver);
	if (err)
		(void)!err_raise(ret_detail, err, NULL, "resolver", (char *)NULL);
	for (size_t i = 0; i < spec->root_count && !err; i++)
		err = roots_load(env, spec->roots[i], resolver->roots, ret_detail);
	if (err)
		resolver_close(resolver);
	else
		*ret_resolver = resolver;
	return err;
}

static void drop_asks(resolver_t *resolver)
{
	ask_t *ask;
	while (env_mailbox_take(resolver->inbox, &ask)) {
		free(ask->question);
		free(ask);
	}
	env_mailbox_free(resolver->inbox);
}

void resolver_close(resolver_t *resolver)
{
	if (!resolver)
		return;
	if (resolver->walks)
		walk_free_all(resolver);
	if (resolver->inbox)
		drop_asks(resolver);
	handle_client_close(resolver->client);
	table_free(resolver->walks);
	cache_free(resolver->cache);
	roots_free(resolver->roots);
	peers_free(resolver->peers);
	free(resolver->pins);
	free(resolver);
}
