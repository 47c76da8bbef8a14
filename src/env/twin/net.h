/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TWIN_NET_H
#define ENV_TWIN_NET_H
/* Inside the simulated network. A connection is two wires, one each way, between
 * at most two ends; what an end writes waits on its wire under a mark that says
 * when it arrives. Each end has one event that does, in order, all that is due
 * to it: opened, bytes, drained, the end.
 *
 * Story: tcp.c holds the ends and the callbacks, listener.c the way from dial to
 * accept, wire.c the connections, tap.c what a capture sees of it, udp.c the
 * datagrams.
 *
 * Caveats: a connection is freed with the second of its ends. */
#include "codec/frame/frame_tcp.h"
#include "env/twin/fifo.h"
#include "env/twin/world.h"

typedef struct end end_t;
typedef struct conn conn_t;
typedef struct listener listener_t;
typedef struct socket socket_t;
typedef struct datagram datagram_t;
typedef struct tap tap_t;

typedef enum { WIRE_OPEN, WIRE_FINISHED, WIRE_BROKEN } wire_state_t;

typedef struct {
	int64_t due;
	size_t len;
	bool is_resent; /* the tap sees it again when it arrives */
} mark_t;

/* From one end to the other. */
typedef struct {
	fifo_t bytes, marks; /* the marks' lengths may not cover all bytes yet */
	int64_t last_due;
	wire_state_t state;
	int64_t end_due;
	err_t why; /* of WIRE_BROKEN */
	bool is_fin_seen;
} wire_t;

struct conn {
	network_t *network;
	end_t *end[2];  /* by frame_side_t */
	wire_t wire[2]; /* by the side that writes */
	addr_t addr[2];
	frame_tcp_t frames;
	bool is_accepted, is_silent; /* silent: no frames any more */
	bool is_given_up;
	int64_t open_due;  /* when the client knows */
	int64_t cut_since; /* the plug was found pulled; -1: it is not */
	event_t syn;
	unsigned attempts;
	listener_t *listener; /* in whose backlog it waits */
	conn_t *next_waiting;
};

struct end {
	env_tcp_t base;
	thing_t thing;
	conn_t *conn;
	frame_side_t side;
	env_tcp_spec_t spec;
	fifo_t input;
	event_t turn;
	listener_t *listener; /* that counts it */
	bool is_open, is_busy, is_dead, is_drained;
};

struct listener {
	env_listener_t base;
	thing_t thing;
	network_t *network;
	loop_t *loop;
	addr_t addr;
	env_listen_spec_t spec;
	event_t accept;
	conn_t *waiting, **last;
	size_t live;
	listener_t *next;
};

struct network {
	twin_t *twin;
	listener_t *listeners;
	socket_t *sockets;
	datagram_t *flying;
	tap_t *taps;
	ip_t *unplugged;
	size_t unplugged_count;
	uint16_t next_port;
};

/* net.c */
uint16_t network_port(network_t *network);
bool network_is_cut(const network_t *network, ip_t a, ip_t b);
int64_t network_arrival(network_t *network);
/* Whether something bound to `bound` gets what is sent to `to`. */
bool addr_serves(addr_t bound, addr_t to);
listener_t *network_listener(const network_t *network, addr_t to);

/* wire.c */
conn_t *conn_new(network_t *network, addr_t client, addr_t server);
/* `why` will reach the end of `side`, everything on the way to it is lost. */
void conn_break(conn_t *conn, frame_side_t side, err_t why);
/* Whether the plug of an end is pulled, so that nothing arrives now. Gives the
 * connection up when that lasts. */
bool conn_is_cut(conn_t *conn);
/* Puts the last `len` bytes that `side` wrote on their way. */
void wire_send(conn_t *conn, frame_side_t side, size_t len);
/* Moves what has arrived for `side` into its input; false when nothing had. */
bool wire_receive(conn_t *conn, frame_side_t side);
/* The end of `side` is gone; frees the connection with the second. */
void conn_detach(conn_t *conn, frame_side_t side);
/* The tap sees the FIN of `side`, once. */
void conn_show_fin(conn_t *conn, frame_side_t side);
/* When the end of `side` next has something to do; INT64_MAX: nothing. */
int64_t conn_due(const conn_t *conn, frame_side_t side);

/* listener.c */
void listener_forget(conn_t *conn);
/* The SYN of a dialled connection has arrived. */
void listener_syn(void *ctx);

/* tcp.c */
/* What a host does with its ends when it is closed. */
void end_drop(void *self);
end_t *end_new(conn_t *conn, frame_side_t side, loop_t *loop);
/* Queues the end's turn for when something is due; NULL is fine. */
void end_schedule(end_t *end);
/* Marks the end busy so that closing it in a callback does not free it yet. */
void end_settle(end_t *end);
/* Closes with FIN, or breaks; the end is dead for its owner. */
void end_leave(end_t *end, bool is_reset);
static inline frame_side_t other(frame_side_t side)
{
	return side == FRAME_CLIENT ? FRAME_SERVER : FRAME_CLIENT;
}

/* tap.c */
bool tap_is_open(const network_t *network);
/* The frame_emit_fn of connections; ctx is the network. */
void tap_emit(void *ctx, int64_t time_ns, slice_t frame);
void tap_datagram(network_t *network, addr_t from, addr_t to, slice_t bytes);

/* udp.c */
void datagrams_free(network_t *network);
#endif
