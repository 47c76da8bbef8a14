/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_DOOR_STATE_H
#define REGISTRY_HANDLE_DOOR_STATE_H
/* The inside of a Handle door, shared by its two transports. Everything is
 * allocated when it is opened. */
#include "env/udp.h"
#include "registry/handle/answer.h"
#include "registry/handle/desk.h"
#include "registry/handle/door.h"

#define DOOR_METRIC_ROWS(X) \
	X(UDP_REQUESTS, COUNTER, "udp_requests_total", "Messages that came over UDP") \
	X(UDP_REPLIES, COUNTER, "udp_packets_sent_total", "Packets sent over UDP") \
	X(UDP_GARBAGE, COUNTER, "udp_garbage_total", "Datagrams that are no packet") \
	X(UDP_TOO_LONG, COUNTER, "udp_too_long_total", "Replies too long for UDP") \
	X(PARTIAL_EXPIRED, GAUGE, "partial_expired", "Sliced requests that stayed incomplete") \
	X(PARTIAL_EVICTED, GAUGE, "partial_evicted", "Sliced requests that made room") \
	X(PARTIAL_REFUSED, GAUGE, "partial_refused", "Sliced requests too long or at odds") \
	X(TCP_REQUESTS, COUNTER, "tcp_requests_total", "Messages that came over TCP") \
	X(TCP_GARBAGE, COUNTER, "tcp_garbage_total", "Streams that lost their framing") \
	X(CONNECTIONS, GAUGE, "connections", "Open TCP connections") \
	X(REFUSED, COUNTER, "connections_refused_total", "Connections past the limit") \
	X(IDLE, COUNTER, "connections_idle_total", "Connections closed for silence") \
	X(SLOW, COUNTER, "connections_slow_total", "Connections that took no replies") \
	X(DESK, COUNTER, "desk_total", "Messages handed to the desk") \
	X(DESK_BUSY, COUNTER, "desk_busy_total", "Messages the desk had no room for") \
	X(LATE, COUNTER, "replies_late_total", "Replies of the desk to who was gone") \
	X(UNDUE, COUNTER, "undue_total", "Messages that are answers themselves")

#define X(id, kind, name, help) DOOR_METRIC_##id,
enum { DOOR_METRIC_ROWS(X) DOOR_METRIC_COUNT };
#undef X

enum {
	DOOR_LIVE_BYTES = 64 * 1024,
	DOOR_CONNECTIONS = 1024,
	DOOR_PARTIALS = 64,
	DOOR_PARTIAL_BYTES = 16 << 10,
	DOOR_UDP_SLICES = 64,
	DOOR_REPLY_BYTES = HANDLE_ENVELOPE_SIZE + HANDLE_MESSAGE_MAX,
};

typedef struct door_connection door_connection_t;
struct door_connection {
	handle_door_t *door;
	env_tcp_t *tcp; /* NULL: free */
	door_connection_t *next_free;
	int64_t heard_ns; /* of the last whole message */
	bool is_failed;   /* a reply found no room */
	addr_t peer;
	uint64_t visit;        /* which connection in this slot */
	uint32_t login;        /* of the desk */
	handle_errand_t *rest; /* goes on when the peer has taken what was sent */
};

typedef struct {
	env_listener_t *listener;
	env_udp_t *udp;
} door_socket_t;

struct handle_door {
	registry_t *registry;
	handle_desk_t *desk; /* NULL: questions only */
	bool recurses;
	env_mailbox_t *desk_mail;
	uint64_t visits;
	registry_reader_t *reader;
	env_t *env;
	env_loop_t *loop;
	door_socket_t *sockets;
	size_t socket_count;
	uint8_t site_bytes[SITE_BYTES_MAX];
	slice_t site;
	const live_value_source_t *live;
	uint8_t live_room[DOOR_LIVE_BYTES]; /* a record with its live values */

	ask_t asks[REGISTRY_BATCH];
	uint8_t reply[DOOR_REPLY_BYTES];

	handle_partial_t partials[DOOR_PARTIALS];
	uint8_t *partial_memory;
	handle_reassembly_t reassembly;

	door_connection_t connections[DOOR_CONNECTIONS];
	door_connection_t *free_connection;
	env_timer_t *sweep;
	metrics_t metrics;
};

/* The way back: `send` gets each reply that is due, `origin` fills in where an ask came
 * from, for the desk; NULL: an answer that comes later would be of no use. */
typedef struct {
	void (*send)(void *ctx, const ask_t *ask, slice_t reply);
	void (*origin)(void *ctx, const ask_t *ask, handle_origin_t *ret_origin);
	void *ctx;
} door_way_t;
/* Answers up to REGISTRY_BATCH asks in order, or hands them to the desk. */
void door_answer(handle_door_t *door, const ask_t *asks, size_t count, const door_way_t *way);

/* door_udp.c, door_tcp.c */
void door_udp_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count);
bool door_tcp_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec);
void door_tcp_init(handle_door_t *door);
void door_tcp_sweep(void *ctx);
/* A reply of the desk. */
void door_udp_reply(handle_door_t *door, env_udp_t *udp, const handle_reply_t *reply);
void door_tcp_reply(handle_door_t *door, handle_reply_t *reply);
#endif
