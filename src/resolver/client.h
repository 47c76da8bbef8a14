/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_CLIENT_H
#define RESOLVER_CLIENT_H
/* One exchange with one server: a request over UDP, up to three times (waiting 500,
 * 1,000 and 1,500 ms), then over TCP (5 s), or the other way round; until a reply
 * passes the checks of reply.h or every door has failed.
 *
 * UDP: one socket a family; requests over 492 bytes go in slices; replies are
 * believed from the address that was asked and with the request id, and put together
 * by their length whatever their truncated bit says. TCP: connections stay open 20 s
 * and carry many requests at once; a server that closes after an answer is remembered
 * and gets a connection a request. A connection that breaks after it has answered
 * takes its other requests to a new one.
 *
 * Story: handle_client_ask starts; `done` comes once, never from within handle_client_ask, and the
 * exchange is gone after it; exchange_cancel ends one without `done`.
 *
 * Limits: replies over UDP 64 KiB, 16 of them in parts at once; 128 connections; 64
 * requests waiting on one. Threads: the resolver's loop. */
#include "resolver/peers.h"
#include "resolver/question.h"
#include "resolver/reply.h"
#include "resolver/service.h"
#include "resolver/tally.h"

typedef struct handle_client handle_client_t;
typedef struct exchange exchange_t;

/* `legacy`: DSA counts as a signature. */
MUST_CHECK err_t handle_client_open(env_loop_t *loop, peers_t *peers, metrics_t *metrics,
                                    bool legacy, handle_client_t **ret_client);
/* Cancels what is under way. */
void handle_client_close(handle_client_t *client);

typedef struct {
	err_t err;            /* ERR_OK: there is a reply */
	const reply_t *reply; /* lives as long as the call */
	addr_t server;
	bool by_tcp;
	unsigned tries, ignored;
	int64_t took_ns;
} exchange_result_t;

typedef struct {
	candidate_t server;
	bool tcp_first;
	uint32_t operation; /* RESOLVE, GET_SITE or VERIFY_ANSWER */
	const question_t *question;
	uint32_t flags; /* HANDLE_FLAG_* */
	uint8_t recursion;
	void (*done)(void *ctx, exchange_t *exchange, const exchange_result_t *result);
	void *ctx;
} exchange_spec_t;

/* Copies what it needs of the question. ERR_NO_MEMORY, ERR_LIMIT. */
MUST_CHECK err_t handle_client_ask(handle_client_t *client, const exchange_spec_t *spec,
                                   exchange_t **ret_exchange);
/* How it stands. */
exchange_result_t exchange_state(const exchange_t *exchange);
void exchange_cancel(exchange_t *exchange);
#endif
