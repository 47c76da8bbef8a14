/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_WALK_IMPL_H
#define RESOLVER_WALK_IMPL_H
/* The inside of a walk, shared by its three files. A function marked "may end it" may
 * have freed the walk when it returns: callers return at once. */
#include "resolver/walk.h"

enum {
	WALK_REQUESTS = 24,
	WALK_DEPTH = 8,
	WALK_ATTEMPTS = 2,
	WALK_FOLLOWED = 16,
};

/* The record a walk waits for, and so what to do with it. */
typedef enum {
	NEED_SERVICE,         /* of the name's own prefix */
	NEED_SERV,            /* an HS_SERV led there */
	NEED_PARENT,          /* of the parent prefix, for its delegations */
	NEED_REFERRAL,        /* a server referred there */
	NEED_PREFIX_REFERRAL, /* likewise, with the record of a parent prefix */
} need_t;

/* What a server is asked for. */
typedef enum { ASK_NAME, ASK_SITE, ASK_PROOF } ask_for_t;

typedef struct {
	walk_t *walk;
	exchange_t *exchange; /* NULL: free */
	candidate_t site;
	ask_for_t what;
} attempt_t;

struct walk {
	resolver_t *resolver;
	question_t *question;
	ask_t *asks;
	walk_t *waiters, *next_waiter; /* who waits for this one; the next who waits with it */
	walk_t *awaited;               /* whom this one waits for */
	need_t need;
	env_timer_t *deadline, *head_start;
	int64_t begun_ns;
	unsigned depth, hops, requests;
	bool is_again, is_refreshed;
	bool is_at_root; /* the root is asked, so that a denial is no last word */
	bool is_bound;   /* the service came from a record that can be fetched anew */
	bool is_cached;  /* and that record from the cache */

	uint64_t followed[WALK_FOLLOWED]; /* hashes of the records needed so far */
	size_t followed_count;
	addr_t referrers[WALK_REQUESTS];
	size_t referrer_count;

	addr_t failed[WALK_REQUESTS]; /* servers that did not answer this walk */
	size_t failed_count;
	service_t service;
	bool tried[SERVICE_SITES];
	attempt_t attempts[WALK_ATTEMPTS];

	/* What the walk ends with when nobody says anything better. */
	err_t last_err;
	uint32_t last_response;
	uint8_t last_text[200];
	size_t last_text_len;
	addr_t last_server;

	trace_t trace;
};

/* walk.c */
int64_t walk_now(const walk_t *walk);
/* A step of the trace, happening now. */
resolver_step_t *walk_note(walk_t *walk, resolver_step_kind_t kind, slice_t name);
/* Waits for a record, or has it already; may end it. */
void walk_need(walk_t *walk, slice_t handle, need_t need);
/* Ends it. What a server settled: */
void walk_settle(walk_t *walk, uint32_t response, const answer_parts_t *parts);
/* Ends it. Nobody settled anything; a refusal noted before is what remains. */
void walk_give_up(walk_t *walk, err_t err);
/* Begins again at the record of the name's prefix; may end it. */
void walk_begin(walk_t *walk);
/* The same, past the cache and asking primaries alone; once a walk. */
void walk_begin_again(walk_t *walk);
/* Drops the cached record of the name's prefix. */
void walk_forget_service(walk_t *walk);

/* walk_sites.c */
/* Asks the sites of walk->service; may end it. */
void walk_sites(walk_t *walk);
/* One more of them, if there is one and room; may end it. */
void walk_launch(walk_t *walk);
/* Asks this site alone, for itself or about the proof; may end it. */
void walk_ask_alone(walk_t *walk, const candidate_t *site, ask_for_t what);
void walk_on_head_start(void *ctx);
/* Leaves the servers still asked, each with a step of this kind. */
void walk_leave(walk_t *walk, resolver_step_kind_t kind, err_t err);

/* walk_reply.c */
/* Acts on a reply; may end it. */
void walk_judge(walk_t *walk, const attempt_t *attempt, const reply_t *reply);
/* Takes the sites out of a record's values and asks them; may end it. */
void walk_use(walk_t *walk, handle_list_t values, need_t need, bool is_local);
/* The root knows nothing of the name: on to the parent prefix, or the end. */
void walk_deny(walk_t *walk);
/* Ends it with what a server said last, or by giving up. */
void walk_settle_last(walk_t *walk);
#endif
