/* SPDX-License-Identifier: Apache-2.0 */
/* Questions of the doors become questions of the resolver, and its replies theirs. Who
 * asked is kept beside each question until its reply has come. */
#include "node/elsewhere.h"

#include <stdlib.h>

enum { ASKED_MAX = 512 };

/* One question under way. */
typedef struct asked asked_t;
struct asked {
	asked_t *next, **before;
	env_mailbox_t *reply; /* of who asked; what it takes follows from `answer` */
	uint64_t ticket;
	void (*answer)(const asked_t *asked, const resolver_reply_t *reply);
	uint32_t index; /* of the value that was asked for; as it came, so maybe 0 */
};

/* Where the questions of one loop are taken and its replies come in. */
typedef struct {
	resolver_t *resolver;
	env_mailbox_t *mail;
	asked_t *first;
} counter_t;

struct elsewhere {
	resolver_t *resolver;
	resolver_pin_t *pins;
	counter_t counters[ELSEWHERE_COUNTERS];
};

static void asked_free(asked_t *a)
{
	*a->before = a->next;
	if (a->next)
		a->next->before = a->before;
	free(a);
}

static err_t ask(counter_t *c, const resolver_question_t *question, const asked_t *as)
{
	asked_t *a = malloc(sizeof(*a));
	if (!a)
		return ERR_NO_MEMORY;
	*a = *as;
	a->next = c->first;
	a->before = &c->first;
	if (a->next)
		a->next->before = &a->next;
	c->first = a;
	err_t err = resolver_ask(c->resolver, question, c->mail, a);
	if (err)
		asked_free(a);
	return err;
}

/* Replies. */

static void give_back(void *owner)
{
	resolver_answer_release(owner);
}

static void answer_recursion(const asked_t *a, const resolver_reply_t *r)
{
	handle_recursion_reply_t reply = { .ticket = a->ticket, .response = r->response };
	if (r->answer) {
		union {
			const resolver_answer_t *shared;
			void *owner;
		} answer = { .shared = r->answer };
		reply.text = r->answer->text;
		reply.count = r->answer->count;
		reply.values = r->answer->values;
		reply.done = give_back;
		reply.owner = answer.owner;
	}
	/* An answer from the cache has no server's code of its own. */
	if (!r->err)
		reply.response = HANDLE_RC_OK;
	if (!env_mailbox_put(a->reply, &reply))
		resolver_answer_release(r->answer);
}

/* The data of the value with this index, if it is of the type and fits. */
static err_t take_value(const resolver_reply_t *r, uint32_t index, slice_t type,
                        registry_elsewhere_reply_t *reply)
{
	handle_value_t value;
	handle_list_t values = { r->answer->count, r->answer->values };
	if (!handle_value_find(values, index, &value) || !slice_eq_nocase(value.type, type) ||
	    value.data.len > sizeof(reply->key))
		return ERR_NOT_FOUND;
	memcpy(reply->key, value.data.ptr, value.data.len);
	reply->key_len = value.data.len;
	reply->ttl_s = value.ttl_type == HANDLE_TTL_RELATIVE && value.ttl_s > r->age_s
	                       ? value.ttl_s - r->age_s
	                       : 0;
	return ERR_OK;
}

/* What has expired and could not be fetched anew proves nothing. */
static void answer_value(const asked_t *a, const resolver_reply_t *r, slice_t type)
{
	registry_elsewhere_reply_t reply = { .ticket = a->ticket, .err = r->err };
	if (!r->err && r->source == RESOLVER_FROM_STALE)
		reply.err = ERR_UNAVAILABLE;
	else if (!r->err && r->answer)
		reply.err = take_value(r, a->index, type, &reply);
	resolver_answer_release(r->answer);
	(void)!env_mailbox_put(a->reply, &reply); /* else the asker has given up by now */
}

static void answer_key(const asked_t *a, const resolver_reply_t *r)
{
	answer_value(a, r, SLICE("HS_PUBKEY"));
}

static void answer_list(const asked_t *a, const resolver_reply_t *r)
{
	answer_value(a, r, SLICE("HS_VLIST"));
}

static void answer_word(const asked_t *a, const resolver_reply_t *r)
{
	registry_elsewhere_reply_t reply = { .ticket = a->ticket, .err = r->err };
	resolver_answer_release(r->answer);
	(void)!env_mailbox_put(a->reply, &reply); /* likewise */
}

static void on_mail(void *ctx)
{
	counter_t *c = ctx;
	resolver_reply_t reply;
	while (env_mailbox_take(c->mail, &reply)) {
		asked_t *a = reply.ctx;
		a->answer(a, &reply);
		asked_free(a);
	}
}

/* Questions. */

static size_t take_types(handle_list_t list, slice_t types[RESOLVER_FILTERS_MAX])
{
	handle_iter_t iter = handle_list_iter(list);
	size_t count = 0;
	while (count < RESOLVER_FILTERS_MAX && handle_string_next(&iter, &types[count]))
		count++;
	return count;
}

static size_t take_indexes(handle_list_t list, uint32_t indexes[RESOLVER_FILTERS_MAX])
{
	handle_iter_t iter = handle_list_iter(list);
	size_t count = 0;
	while (count < RESOLVER_FILTERS_MAX && handle_index_next(&iter, &indexes[count]))
		count++;
	return count;
}

static err_t ask_recursion(void *ctx, const handle_recursion_question_t *q, env_mailbox_t *reply,
                           uint64_t ticket)
{
	slice_t types[RESOLVER_FILTERS_MAX];
	uint32_t indexes[RESOLVER_FILTERS_MAX];
	if (q->question.types.count > RESOLVER_FILTERS_MAX ||
	    q->question.indexes.count > RESOLVER_FILTERS_MAX)
		return ERR_LIMIT;
	resolver_question_t question = {
		.name = q->question.handle,
		.types = types,
		.type_count = take_types(q->question.types, types),
		.indexes = indexes,
		.index_count = take_indexes(q->question.indexes, indexes),
		.flags = q->is_authoritative ? RESOLVER_AUTHORITATIVE : 0,
		.recursion = q->recursion,
	};
	asked_t as = { .reply = reply, .ticket = ticket, .answer = answer_recursion };
	return ask(ctx, &question, &as);
}

/* By its TTL from the cache: as long as its owner said it may be believed. */
static err_t fetch(counter_t *c, const handle_reference_t *value, const asked_t *as)
{
	resolver_question_t question = {
		.name = value->handle,
		.indexes = &value->index,
		.index_count = 1,
		.flags = RESOLVER_CERTIFIED,
	};
	return ask(c, &question, as);
}

static err_t fetch_key(void *ctx, const registry_identity_t *identity, env_mailbox_t *reply,
                       uint64_t ticket)
{
	asked_t as = {
		.reply = reply, .ticket = ticket, .answer = answer_key, .index = identity->index
	};
	return fetch(ctx, identity, &as);
}

static err_t fetch_list(void *ctx, const handle_reference_t *list, env_mailbox_t *reply,
                        uint64_t ticket)
{
	asked_t as = {
		.reply = reply, .ticket = ticket, .answer = answer_list, .index = list->index
	};
	return fetch(ctx, list, &as);
}

static err_t verify(void *ctx, const registry_proof_t *proof, env_mailbox_t *reply, uint64_t ticket)
{
	handle_verify_t shown = { .user = proof->who,
		                  .nonce = proof->nonce,
		                  .digest = proof->digest,
		                  .answer = proof->answer };
	resolver_question_t question = {
		.name = proof->who.handle,
		.indexes = &proof->who.index,
		.index_count = 1,
		.flags = RESOLVER_AUTHORITATIVE | RESOLVER_CERTIFIED,
		.proof = &shown,
	};
	asked_t as = { .reply = reply, .ticket = ticket, .answer = answer_word };
	return ask(ctx, &question, &as);
}

static counter_t *counter_of(elsewhere_t *elsewhere, elsewhere_counter_t counter)
{
	return elsewhere ? &elsewhere->counters[counter] : NULL;
}

handle_recursion_t elsewhere_recursion(elsewhere_t *elsewhere)
{
	return (handle_recursion_t){ .ask = ask_recursion,
		                     .ctx = counter_of(elsewhere, ELSEWHERE_DESK) };
}

registry_elsewhere_t elsewhere_identities(elsewhere_t *elsewhere, elsewhere_counter_t counter)
{
	return (registry_elsewhere_t){ .fetch_key = fetch_key,
		                       .verify = verify,
		                       .fetch_list = fetch_list,
		                       .ctx = counter_of(elsewhere, counter) };
}

const metrics_t *elsewhere_metrics(const elsewhere_t *elsewhere)
{
	return resolver_metrics(elsewhere->resolver);
}

static err_t open_counter(elsewhere_t *e, env_loop_t *loop, counter_t *c)
{
	env_mailbox_spec_t mail = { .name = "resolver replies",
		                    .reader = loop,
		                    .item_size = sizeof(resolver_reply_t),
		                    .capacity = ASKED_MAX,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = on_mail,
		                    .ctx = c };
	c->resolver = e->resolver;
	return env_mailbox_new(&mail, &c->mail);
}

static err_t open_resolver(elsewhere_t *e, const elsewhere_spec_t *spec, err_detail_t *ret_detail)
{
	resolver_spec_t resolver;
	const config_resolver_t *config = &spec->config->resolver;
	e->pins = calloc(config->pin_count + 1, sizeof(*e->pins));
	if (!e->pins)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	resolver_spec_from(config, spec->walk_loop, e->pins, &resolver);
	resolver.legacy = spec->config->handle_legacy;
	return resolver_open(spec->env, &resolver, &e->resolver, ret_detail);
}

static err_t open_parts(elsewhere_t *e, const elsewhere_spec_t *spec, err_detail_t *ret_detail)
{
	err_t err = open_resolver(e, spec, ret_detail);
	if (err)
		return err;
	for (size_t i = 0; i < ELSEWHERE_COUNTERS && !err; i++)
		err = open_counter(e, spec->loops[i], &e->counters[i]);
	return err ? err_raise(ret_detail, err, NULL, "", (char *)NULL) : ERR_OK;
}

err_t elsewhere_open(const elsewhere_spec_t *spec, elsewhere_t **ret_elsewhere,
                     err_detail_t *ret_detail)
{
	const config_resolver_t *config = &spec->config->resolver;
	if (config->root_count == 0 && config->pin_count == 0)
		return ERR_OK;
	elsewhere_t *e = calloc(1, sizeof(*e));
	if (!e)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	err_t err = open_parts(e, spec, ret_detail);
	if (err)
		elsewhere_close(e);
	else
		*ret_elsewhere = e;
	return err;
}

static void drain(counter_t *c)
{
	resolver_reply_t reply;
	while (c->mail && env_mailbox_take(c->mail, &reply))
		resolver_answer_release(reply.answer);
}

static void close_counter(counter_t *c)
{
	while (c->first)
		asked_free(c->first);
	env_mailbox_free(c->mail);
}

void elsewhere_close(elsewhere_t *elsewhere)
{
	if (!elsewhere)
		return;
	for (size_t i = 0; i < ELSEWHERE_COUNTERS; i++)
		drain(&elsewhere->counters[i]);
	resolver_close(elsewhere->resolver);
	for (size_t i = 0; i < ELSEWHERE_COUNTERS; i++)
		close_counter(&elsewhere->counters[i]);
	free(elsewhere->pins);
	free(elsewhere);
}
