/* SPDX-License-Identifier: Apache-2.0 */
/* The desk's inbox: messages are taken, opened, and run. Replies, challenges and waits
 * are other files'. */
#include "registry/handle/desk_state.h"

#include <stdlib.h>

static const int64_t SWEEP_NS = NS_PER_S;

/* What is waited for, how many may, how long, and what is said when it does not come. */
static const struct {
	size_t most;
	int64_t ns;
	handle_response_t late;
} waits[] = {
	[DESK_WAIT_RECURSION] = { DESK_WAITING_RECURSIVE, 20 * NS_PER_S, HANDLE_RC_ERROR },
	[DESK_WAIT_PAST] = { DESK_WAITING_PAST, 20 * NS_PER_S, HANDLE_RC_BUSY },
};

static const metric_row_t metric_rows[] = {
#define X(id, kind, name, help) [DESK_METRIC_##id] = { name, help, METRIC_##kind },
	DESK_METRIC_ROWS(X)
#undef X
};

/* Errands. */

static void forget(handle_desk_t *desk, size_t cost)
{
	atomic_fetch_sub(&desk->errand_bytes, cost);
	uint32_t left = atomic_fetch_sub(&desk->errand_count, 1) - 1;
	metric_set(&desk->metrics, DESK_METRIC_ERRANDS, left);
}

static void link_errand(handle_desk_t *desk, handle_errand_t *e)
{
	e->next = desk->all;
	e->before = &desk->all;
	if (e->next)
		e->next->before = &e->next;
	desk->all = e;
}

void desk_unlink(handle_errand_t *e)
{
	if (!e->before)
		return;
	*e->before = e->next;
	if (e->next)
		e->next->before = e->before;
	e->before = NULL;
	e->next = NULL;
}

void desk_uncount(handle_desk_t *desk, handle_errand_t *e)
{
	if (e->is_counted)
		forget(desk, e->cost);
	e->is_counted = false;
}

void desk_errand_free(handle_desk_t *desk, handle_errand_t *e)
{
	if (!e)
		return;
	desk_unlink(e);
	desk_errand_free(desk, e->proof);
	desk_uncount(desk, e);
	free(e->who_memory);
	free(e->plain);
	free(e->name);
	free(e);
}

static bool reserve(handle_desk_t *desk, size_t cost)
{
	bool fits = atomic_fetch_add(&desk->errand_count, 1) < HANDLE_DESK_ERRANDS &&
	            atomic_load(&desk->errand_bytes) < DESK_BYTES_MAX;
	atomic_fetch_add(&desk->errand_bytes, cost);
	metric_set(&desk->metrics, DESK_METRIC_ERRANDS, atomic_load(&desk->errand_count));
	if (!fits)
		forget(desk, cost);
	desk_count(desk, DESK_METRIC_BUSY, !fits);
	return fits;
}

static handle_errand_t *errand_new(const handle_origin_t *from, const handle_envelope_t *envelope,
                                   slice_t message, size_t cost)
{
	handle_errand_t *e = calloc(1, cost);
	if (!e)
		return NULL;
	writer_t w = writer_of(e->memory, message.len);
	wr_bytes(&w, message);
	e->from = *from;
	e->source = desk_source(from->peer.ip);
	e->envelope = *envelope;
	e->message = writer_done(&w);
	e->cost = cost;
	e->is_counted = true;
	return e;
}

static err_t post_errand(handle_desk_t *desk, handle_errand_t *e)
{
	if (!e)
		return ERR_NO_MEMORY;
	desk_count(desk, DESK_METRIC_REQUESTS, 1);
	if (env_mailbox_put(desk->inbox, &e))
		return ERR_OK;
	free(e);
	return ERR_BUSY;
}

err_t handle_desk_ask(handle_desk_t *desk, const handle_origin_t *from,
                      const handle_envelope_t *envelope, slice_t message)
{
	size_t cost = sizeof(handle_errand_t) + message.len;
	if (!reserve(desk, cost))
		return ERR_BUSY;
	err_t err = post_errand(desk, errand_new(from, envelope, message, cost));
	if (err)
		forget(desk, cost);
	return err;
}

void handle_desk_go_on(handle_desk_t *desk, handle_errand_t *rest)
{
	/* The inbox has room for all errands there can be. */
	if (!env_mailbox_put(desk->inbox, &rest))
		handle_errand_drop(desk, rest);
}

/* An errand on its way back is in no list: the door alone knows it. */
void handle_errand_drop(handle_desk_t *desk, handle_errand_t *errand)
{
	desk_errand_free(desk, errand);
}

void handle_reply_free(handle_reply_t *reply)
{
	free(reply->bytes);
	reply->bytes = NULL;
}

err_t desk_keep_identity(const registry_identity_t *who, uint8_t **memory,
                         registry_identity_t *ret_who)
{
	uint8_t *room = malloc(who->handle.len + 1);
	if (!room)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(room, who->handle.len);
	wr_bytes(&w, who->handle);
	*ret_who = (registry_identity_t){ .handle = writer_done(&w), .index = who->index };
	free(*memory);
	*memory = room;
	return ERR_OK;
}

/* Waiting for others. */

/* Whether one more may wait: no source may hold more than half of the places. */
static bool may_wait(const handle_desk_t *desk, const handle_errand_t *e, desk_wait_kind_t kind)
{
	size_t most = waits[kind].most;
	size_t all = 0, of_source = 0;
	for (size_t i = 0; i < DESK_WAITING; i++) {
		const desk_wait_t *wait = &desk->waits[i];
		if (wait->ticket == 0 || wait->kind != kind)
			continue;
		all++;
		of_source += desk_source_eq(&wait->errand->source, &e->source);
	}
	return all < most && of_source < most / 2;
}

uint64_t desk_wait(handle_desk_t *desk, handle_errand_t *e, desk_wait_kind_t kind)
{
	_Static_assert(DESK_WAITING >= DESK_WAITING_RECURSIVE + DESK_WAITING_PAST,
	               "a slot for each");
	if (!may_wait(desk, e, kind))
		return 0;
	desk_wait_t *slot = desk->waits;
	while (slot->ticket != 0)
		slot++;
	*slot = (desk_wait_t){ .ticket = ++desk->tickets,
		               .errand = e,
		               .kind = kind,
		               .ends_ns = env_now(desk->env) + waits[kind].ns };
	desk_count(desk, DESK_METRIC_WAITING, 1);
	return slot->ticket;
}

handle_errand_t *desk_wait_over(handle_desk_t *desk, uint64_t ticket)
{
	for (size_t i = 0; i < DESK_WAITING; i++) {
		desk_wait_t *slot = &desk->waits[i];
		if (slot->ticket != ticket || ticket == 0)
			continue;
		slot->ticket = 0;
		desk_count(desk, DESK_METRIC_WAITING, -1);
		return slot->errand;
	}
	return NULL;
}

static void sweep_waits(handle_desk_t *desk, int64_t now)
{
	for (size_t i = 0; i < DESK_WAITING; i++) {
		desk_wait_t wait = desk->waits[i];
		if (wait.ticket == 0 || now < wait.ends_ns)
			continue;
		(void)desk_wait_over(desk, wait.ticket);
		desk_count(desk, DESK_METRIC_WAITING_LATE, 1);
		desk_refuse(desk, wait.errand, waits[wait.kind].late, NULL);
	}
}

static void on_sweep(void *ctx)
{
	handle_desk_t *desk = ctx;
	int64_t now = env_now(desk->env);
	sweep_waits(desk, now);
	desk_sweep_challenges(desk, now);
	desk_sweep_sessions(desk, now);
	env_timer_set(desk->sweep, SWEEP_NS);
}

/* Opening a message. */

static bool decode(handle_errand_t *e, slice_t plain)
{
	handle_message_t m;
	if (handle_message_decode(plain, &m) != CODEC_OK)
		return false;
	e->header = m.header;
	e->body = m.body;
	e->covered = m.covered;
	e->credential = m.credential;
	return true;
}

void desk_run(handle_desk_t *desk, handle_errand_t *e)
{
	if (e->header.operation == HANDLE_OP_CHALLENGE_ANSWER && !e->is_proven)
		desk_take_proof(desk, e);
	else
		desk_operate(desk, e);
}

static void take(handle_desk_t *desk, handle_errand_t *e)
{
	e->is_encrypted = e->envelope.flags & HANDLE_ENVELOPE_ENCRYPTED;
	e->header.site_serial = HANDLE_SITE_SERIAL_UNKNOWN;
	e->reply_session = e->envelope.session_id;
	slice_t plain = e->message;
	if (e->is_encrypted && !desk_session_open(desk, e, &plain)) {
		e->is_encrypted = false; /* nor will the refusal be */
		desk_refuse(desk, e, HANDLE_RC_SESSION_NO_KEY, "no such session");
		return;
	}
	if (!decode(e, plain)) {
		desk_refuse(desk, e, HANDLE_RC_ERROR, "malformed message");
		return;
	}
	if (e->header.response != HANDLE_RC_RESERVED) {
		desk_errand_free(desk, e); /* an answer is not answered */
		return;
	}
	if (desk_session_enter(desk, e))
		desk_run(desk, e);
}

static void on_inbox(void *ctx)
{
	handle_desk_t *desk = ctx;
	handle_errand_t *e;
	while (env_mailbox_take(desk->inbox, &e)) {
		link_errand(desk, e);
		if (e->goes_on)
			desk_run(desk, e);
		else
			take(desk, e);
	}
}

/* Opening and closing. */

static const env_mailbox_spec_t inbox_spec = {
	.name = "handle desk",
	.item_size = sizeof(handle_errand_t *),
	.capacity = HANDLE_DESK_MAIL,
	.ready = on_inbox,
};

static const env_mailbox_spec_t results_spec = {
	.name = "handle desk changes",
	.item_size = sizeof(registry_result_t),
	.capacity = HANDLE_DESK_MAIL,
	.ready = desk_take_results,
};

static const env_mailbox_spec_t recursion_spec = {
	.name = "handle desk recursion",
	.item_size = sizeof(handle_recursion_reply_t),
	.capacity = 2 * DESK_WAITING_RECURSIVE,
	.ready = desk_take_recursion,
};

static const env_mailbox_spec_t past_spec = {
	.name = "handle desk history",
	.item_size = sizeof(handle_past_reply_t),
	.capacity = 2 * DESK_WAITING_PAST,
	.ready = desk_take_past,
};

static err_t open_box(handle_desk_t *desk, env_mailbox_spec_t spec, env_mailbox_t **ret_box)
{
	spec.reader = desk->loop;
	spec.policy = ENV_FULL_REFUSE;
	spec.ctx = desk;
	return env_mailbox_new(&spec, ret_box);
}

/* Where what errands wait for comes in. */
static err_t open_wait_mail(handle_desk_t *desk)
{
	err_t err = open_box(desk, recursion_spec, &desk->recursion_mail);
	return err ? err : open_box(desk, past_spec, &desk->past_mail);
}

static err_t open_mail(handle_desk_t *desk)
{
	err_t err = open_box(desk, inbox_spec, &desk->inbox);
	if (!err)
		err = open_box(desk, results_spec, &desk->results);
	return err ? err : open_wait_mail(desk);
}

static err_t open_key(handle_desk_t *desk, const char *path)
{
	writer_t w = writer_of(desk->key_bytes, sizeof(desk->key_bytes));
	if (!path)
		return ERR_OK;
	err_t err = env_pkey_keep(desk->env, path, ENV_PKEY_RSA, &desk->key);
	if (!err)
		err = registry_key_write(desk->key, false, &w);
	desk->public_key = writer_done(&w);
	return err;
}

static void take_limits(handle_desk_t *desk, const handle_desk_spec_t *spec)
{
	enum { DH_BITS = 1024, CPU_PERCENT = 25, US_PER_PERCENT = 10000 };
	uint32_t percent = spec->source_cpu_percent ? spec->source_cpu_percent : CPU_PERCENT;
	desk->dh_bits_min = spec->dh_bits_min ? spec->dh_bits_min : DH_BITS;
	desk->source_us = (int64_t)percent * US_PER_PERCENT;
	desk->rules = spec->rules;
	desk->no_list = spec->no_list;
}

static void take_partners(handle_desk_t *desk, const handle_desk_spec_t *spec)
{
	desk->registry = spec->registry;
	desk->live = spec->live;
	desk->past = spec->past;
	if (spec->recursion)
		desk->recursion = *spec->recursion;
}

static err_t open_prover(handle_desk_t *desk, const registry_elsewhere_t *elsewhere)
{
	prover_spec_t spec = {
		.loop = desk->loop, .elsewhere = elsewhere, .done = desk_take_word, .ctx = desk
	};
	return prover_new(&spec, &desk->prover);
}

static err_t init(handle_desk_t *desk, const handle_desk_spec_t *spec)
{
	metrics_init(&desk->metrics, metric_rows, DESK_METRIC_COUNT);
	desk->loop = spec->loop;
	desk->env = env_loop_env(spec->loop);
	take_limits(desk, spec);
	take_partners(desk, spec);
	err_t err = open_key(desk, spec->key_path);
	if (!err)
		err = registry_reader_new(spec->registry, &desk->reader);
	if (!err)
		err = open_mail(desk);
	if (!err)
		err = open_prover(desk, spec->elsewhere);
	if (!err)
		err = env_timer_new(desk->loop, on_sweep, desk, &desk->sweep);
	return err;
}

err_t handle_desk_open(const handle_desk_spec_t *spec, handle_desk_t **ret_desk)
{
	handle_desk_t *desk = calloc(1, sizeof(*desk));
	if (!desk)
		return ERR_NO_MEMORY;
	err_t err = init(desk, spec);
	if (err) {
		handle_desk_close(desk);
		return err;
	}
	env_timer_set(desk->sweep, SWEEP_NS);
	*ret_desk = desk;
	return ERR_OK;
}

static void drain(handle_desk_t *desk)
{
	handle_errand_t *e;
	handle_recursion_reply_t reply;
	while (desk->inbox && env_mailbox_take(desk->inbox, &e))
		desk_errand_free(desk, e);
	while (desk->recursion_mail && env_mailbox_take(desk->recursion_mail, &reply))
		if (reply.done)
			reply.done(reply.owner);
	handle_past_reply_t past;
	while (desk->past_mail && env_mailbox_take(desk->past_mail, &past))
		free(past.memory);
}

static void end_all(handle_desk_t *desk)
{
	for (size_t i = 0; i < DESK_CHALLENGES; i++)
		desk_challenge_end(desk, &desk->challenges[i]);
	for (size_t i = 0; i < DESK_SESSIONS; i++)
		desk_session_end(desk, &desk->sessions[i]);
	while (desk->all)
		desk_errand_free(desk, desk->all);
}

static void close_mail(handle_desk_t *desk)
{
	env_mailbox_free(desk->inbox);
	env_mailbox_free(desk->results);
	env_mailbox_free(desk->recursion_mail);
	env_mailbox_free(desk->past_mail);
}

void handle_desk_close(handle_desk_t *desk)
{
	if (!desk)
		return;
	drain(desk);
	end_all(desk);
	env_timer_free(desk->sweep);
	prover_free(desk->prover);
	close_mail(desk);
	registry_reader_free(desk->reader);
	env_pkey_free(desk->key);
	free(desk);
}

slice_t handle_desk_public_key(const handle_desk_t *desk)
{
	return desk->public_key;
}

void handle_desk_set_site(handle_desk_t *desk, slice_t site)
{
	if (desk->site.len == 0)
		desk->site = site;
}

bool handle_desk_recurses(const handle_desk_t *desk)
{
	return desk->recursion.ask != NULL;
}

const metrics_t *handle_desk_metrics(const handle_desk_t *desk)
{
	return &desk->metrics;
}
