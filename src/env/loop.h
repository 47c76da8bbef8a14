/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_LOOP_H
#define ENV_LOOP_H
/* Loops, timers and mailboxes: who runs, when, and how they talk.
 *
 * Caveats: a mailbox with policy ENV_FULL_BLOCK must never be put to by the loop
 * that reads it. A callback may free its own timer, not its own mailbox. */
#include "env/env.h"

typedef struct env_loop env_loop_t;
typedef struct env_timer env_timer_t;
typedef struct env_mailbox env_mailbox_t;

typedef enum {
	ENV_LOOP_EVENTS, /* sockets and timers; file calls are a bug here */
	ENV_LOOP_FILES,  /* may block on files */
} env_loop_kind_t;

/* The loop env_run() turns; it is of kind EVENTS. */
env_loop_t *env_control_loop(env_t *env);
MUST_CHECK
err_t env_loop_new(env_t *env, const char *name, env_loop_kind_t kind, env_loop_t **ret_loop);
MUST_CHECK
err_t env_loop_start(env_loop_t *loop);
/* Returns when the loop's thread has ended; its callbacks run no more. Mail not
 * yet delivered stays undelivered. Idempotent; NULL and never-started are fine. */
void env_loop_stop(env_loop_t *loop);
void env_loop_free(env_loop_t *loop);
env_t *env_loop_env(env_loop_t *loop);

MUST_CHECK
err_t env_timer_new(env_loop_t *loop, void (*fn)(void *ctx), void *ctx, env_timer_t **ret_timer);
/* One shot, `delay_ns` from now; setting again moves it. */
void env_timer_set(env_timer_t *timer, int64_t delay_ns);
void env_timer_clear(env_timer_t *timer);
void env_timer_free(env_timer_t *timer);

/* What a put does when the ring is full. */
typedef enum {
	ENV_FULL_BLOCK,  /* the sender waits (twin: the ring grows and counts it) */
	ENV_FULL_REFUSE, /* put returns false, the sender decides */
	ENV_FULL_DROP,   /* the item is dropped and counted */
} env_full_t;

typedef struct {
	const char *name;
	env_loop_t *reader;
	size_t item_size, capacity;
	env_full_t policy;
	/* Called on the reader's loop when mail may be waiting: take until empty. */
	void (*ready)(void *ctx);
	void *ctx;
} env_mailbox_spec_t;

MUST_CHECK
err_t env_mailbox_new(const env_mailbox_spec_t *spec, env_mailbox_t **ret_mailbox);
void env_mailbox_free(env_mailbox_t *mailbox);
/* Copies the item in; false only under ENV_FULL_REFUSE when full, or after the
 * reader's loop stopped (then the sender still owns what the item points to). */
bool env_mailbox_put(env_mailbox_t *mailbox, const void *item);
/* The reader takes the oldest item; false when empty. */
bool env_mailbox_take(env_mailbox_t *mailbox, void *ret_item);
uint64_t env_mailbox_dropped(const env_mailbox_t *mailbox);
#endif
