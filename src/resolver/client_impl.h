/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_CLIENT_IMPL_H
#define RESOLVER_CLIENT_IMPL_H
/* The inside of the client, shared by its two transports. */
#include "base/table.h"
#include "env/tcp.h"
#include "env/udp.h"
#include "resolver/client.h"

enum {
	CLIENT_CONNECTIONS = 128,
	CLIENT_PIPELINE = 64,
	CLIENT_EXCHANGES = 4096,
	CLIENT_PARTIALS = 16,
	CLIENT_PARTIAL_BYTES = 64 << 10,
	EXCHANGE_DOORS = 2,
};

typedef struct connection connection_t;

struct exchange {
	handle_client_t *client;
	candidate_t server;
	void (*done)(void *ctx, exchange_t *exchange, const exchange_result_t *result);
	void *ctx;
	env_timer_t *timer;
	handle_envelope_t envelope;
	expect_t expect;
	slice_t message; /* in `frame`, behind the room for an envelope */
	bool door_is_tcp[EXCHANGE_DOORS];
	size_t door, door_count;
	unsigned tries, door_tries, ignored, redials;
	int64_t started_ns;
	err_t failed; /* at once, to be told from the loop */
	connection_t *connection;
	exchange_t *next, *prev; /* those waiting on the connection */
	size_t frame_len;
	uint8_t frame[];
};

struct connection {
	handle_client_t *client;
	connection_t *next, *prev;
	addr_t addr;
	env_tcp_t *tcp;
	exchange_t *waiting;
	size_t waiting_count;
	uint64_t answers;
	int64_t used_ns;
	bool is_open, is_reading;
};

struct handle_client {
	env_loop_t *loop;
	env_t *env;
	bool legacy;
	peers_t *peers;
	metrics_t *metrics;
	env_udp_t *udp[2];  /* IPv4, IPv6; NULL where there is none */
	table_t *exchanges; /* request id to exchange_t * */
	connection_t *connections;
	size_t connection_count;
	env_timer_t *sweep;
	bool is_sweeping;
	handle_partial_t partials[CLIENT_PARTIALS];
	uint8_t *partial_memory;
	handle_reassembly_t reassembly;
};

/* client.c */
exchange_t *handle_client_find(handle_client_t *client, uint32_t request_id);
/* A message for this exchange: its end, or ignored. True when it was a reply. */
bool exchange_offer(exchange_t *exchange, const handle_envelope_t *envelope, slice_t message);
/* This door has failed; the next one, or the end with `why`. */
void exchange_fail(exchange_t *exchange, err_t why);

/* client_udp.c */
MUST_CHECK err_t handle_client_udp_open(handle_client_t *client);
void handle_client_udp_send(exchange_t *exchange);
/* ns after try number `tries` (from 1); 0: the tries are used up. */
int64_t handle_client_udp_wait_ns(unsigned tries);

/* client_tcp.c */
MUST_CHECK err_t handle_client_tcp_send(exchange_t *exchange);
void handle_client_tcp_detach(exchange_t *exchange);
void handle_client_tcp_close(handle_client_t *client);
void handle_client_tcp_sweep(void *ctx);
#endif
