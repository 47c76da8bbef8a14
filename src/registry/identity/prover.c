/* SPDX-License-Identifier: Apache-2.0 */
/* A table of those who wait. A ticket is given once, so that a word that comes too late
 * finds nobody. */
#include "registry/identity/prover.h"

#include <stdlib.h>

static const int64_t SWEEP_NS = NS_PER_S;

typedef struct {
	uint64_t ticket; /* 0: free */
	void *asker;
	ip_t source;
	int64_t ends_ns;
} wait_t;

struct prover {
	prover_spec_t spec;
	registry_elsewhere_t elsewhere;
	env_mailbox_t *mail;
	env_timer_t *sweep;
	uint64_t tickets;
	size_t count;
	wait_t waits[PROVER_WAITING];
};

static int64_t now(const prover_t *prover)
{
	return env_now(env_loop_env(prover->spec.loop));
}

/* A free place, unless the source has half of all. */
static wait_t *place_for(prover_t *prover, ip_t source)
{
	wait_t *found = NULL;
	size_t of_source = 0;
	for (size_t i = 0; i < PROVER_WAITING; i++) {
		wait_t *wait = &prover->waits[i];
		if (wait->ticket == 0)
			found = wait;
		else
			of_source += ip_eq(wait->source, source);
	}
	return of_source < PROVER_WAITING / 2 ? found : NULL;
}

static wait_t *wait_of(prover_t *prover, uint64_t ticket)
{
	for (size_t i = 0; ticket != 0 && i < PROVER_WAITING; i++)
		if (prover->waits[i].ticket == ticket)
			return &prover->waits[i];
	return NULL;
}

static void end(prover_t *prover, wait_t *wait)
{
	wait->ticket = 0;
	prover->count--;
}

static err_t send(prover_t *prover, const registry_proof_t *proof, uint64_t ticket)
{
	const registry_elsewhere_t *e = &prover->elsewhere;
	if (proof->type == REGISTRY_KEY_PUBLIC && e->fetch_key)
		return e->fetch_key(e->ctx, &proof->who, prover->mail, ticket);
	if (proof->type == REGISTRY_KEY_SECRET && e->verify)
		return e->verify(e->ctx, proof, prover->mail, ticket);
	return ERR_UNAVAILABLE;
}

err_t prover_ask(prover_t *prover, const registry_proof_t *proof, ip_t source, void *asker)
{
	wait_t *wait = place_for(prover, ip_owner(source));
	if (!wait)
		return ERR_BUSY;
	*wait = (wait_t){ .ticket = ++prover->tickets,
		          .asker = asker,
		          .source = ip_owner(source),
		          .ends_ns = now(prover) + PROVER_LIFE_NS };
	if (prover->count++ == 0)
		env_timer_set(prover->sweep, SWEEP_NS);
	err_t err = send(prover, proof, wait->ticket);
	if (err)
		end(prover, wait);
	return err;
}

size_t prover_waiting(const prover_t *prover)
{
	return prover->count;
}

static void tell(prover_t *prover, wait_t *wait, const registry_elsewhere_reply_t *word)
{
	void *asker = wait->asker;
	end(prover, wait);
	prover->spec.done(prover->spec.ctx, asker, word);
}

static void on_mail(void *ctx)
{
	prover_t *prover = ctx;
	registry_elsewhere_reply_t word;
	while (env_mailbox_take(prover->mail, &word)) {
		wait_t *wait = wait_of(prover, word.ticket);
		if (wait) /* else it came too late */
			tell(prover, wait, &word);
	}
}

static void on_sweep(void *ctx)
{
	prover_t *prover = ctx;
	registry_elsewhere_reply_t word = { .err = ERR_TIMEOUT };
	for (size_t i = 0; i < PROVER_WAITING; i++) {
		wait_t *wait = &prover->waits[i];
		if (wait->ticket != 0 && now(prover) >= wait->ends_ns)
			tell(prover, wait, &word);
	}
	if (prover->count > 0)
		env_timer_set(prover->sweep, SWEEP_NS);
}

err_t prover_new(const prover_spec_t *spec, prover_t **ret_prover)
{
	prover_t *prover = calloc(1, sizeof(*prover));
	if (!prover)
		return ERR_NO_MEMORY;
	prover->spec = *spec;
	if (spec->elsewhere)
		prover->elsewhere = *spec->elsewhere;
	/* Words that come too late have room beside those that do not. */
	env_mailbox_spec_t mail = { .name = "identities elsewhere",
		                    .reader = spec->loop,
		                    .item_size = sizeof(registry_elsewhere_reply_t),
		                    .capacity = 2 * PROVER_WAITING,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = on_mail,
		                    .ctx = prover };
	err_t err = env_mailbox_new(&mail, &prover->mail);
	if (!err)
		err = env_timer_new(spec->loop, on_sweep, prover, &prover->sweep);
	if (err)
		prover_free(prover);
	else
		*ret_prover = prover;
	return err;
}

void prover_free(prover_t *prover)
{
	if (!prover)
		return;
	env_timer_free(prover->sweep);
	env_mailbox_free(prover->mail);
	free(prover);
}
