/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_STATE_H
#define RESOLVER_STATE_H
/* The inside of a resolver: what walks and asks share. */
#include "base/table.h"
#include "resolver/answer.h"
#include "resolver/cache.h"
#include "resolver/client.h"
#include "resolver/roots.h"

typedef struct walk walk_t;

struct resolver {
	env_t *env;
	resolver_spec_t spec; /* limits filled in, the rest as given */
	resolver_pin_t *pins;
	roots_t *roots;
	peers_t *peers;
	handle_client_t *client;
	cache_t *cache;
	table_t *walks; /* joining key to walk_t * */
	env_mailbox_t *inbox;
	_Atomic size_t asks; /* unanswered */
	metrics_t metrics;
};

/* An outcome on its way to those who asked. */
typedef struct {
	err_t err;
	uint32_t response;
	resolver_source_t source;
	int64_t age_ns;
	bool is_settled;                 /* a server said it, now or when it was cached */
	const resolver_answer_t *answer; /* borrowed; NULL when memory is gone */
} outcome_t;

/* Somebody who asked; one a call of resolver_ask. */
typedef struct ask ask_t;
struct ask {
	ask_t *next;
	question_t *question;
	env_mailbox_t *reply;
	void *ctx;
};

/* Sends the outcome and frees the ask. */
void resolver_deliver(resolver_t *resolver, ask_t *ask, const outcome_t *outcome);
/* What can be said of a question without a walk: fresh, or stale while no server can
 * be reached. */
bool resolver_look(resolver_t *resolver, const question_t *question, outcome_t *ret_outcome);
/* The pin that covers a name, or NULL. */
const resolver_pin_t *resolver_pin(const resolver_t *resolver, slice_t name);
#endif
