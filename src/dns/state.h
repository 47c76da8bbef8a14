/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DNS_STATE_H
#define DNS_STATE_H
/* The inside of a DNS door, shared by its transports. Everything is allocated when it is
 * opened. */
#include "dns/budget.h"
#include "dns/map.h"
#include "env/udp.h"
#include "gs1/gs1_link.h"

#define DNS_METRIC_ROWS(X) \
	X(UDP_REQUESTS, COUNTER, "udp_requests_total", "Questions that came over UDP") \
	X(UDP_REPLIES, COUNTER, "udp_replies_total", "Answers sent over UDP") \
	X(TCP_REQUESTS, COUNTER, "tcp_requests_total", "Questions that came over TCP") \
	X(GARBAGE, COUNTER, "garbage_total", "Messages too short to be answered") \
	X(UNDUE, COUNTER, "undue_total", "Messages that are answers themselves") \
	X(MALFORMED, COUNTER, "malformed_total", "Messages answered with a format error") \
	X(OUTSIDE, COUNTER, "refused_total", "Questions that are not this server's to answer") \
	X(QUOTA, COUNTER, "quota_refused_total", "Questions past the day's limit of a prefix") \
	X(FOUND, COUNTER, "answered_total", "Questions answered with records") \
	X(NO_DATA, COUNTER, "no_data_total", "Names that are there without such a record") \
	X(NO_NAME, COUNTER, "no_name_total", "Names that are not there") \
	X(FAILED, COUNTER, "failed_total", "Look-ups that failed") \
	X(TRUNCATED, COUNTER, "truncated_total", "Answers cut because they were too long") \
	X(BUDGET, COUNTER, "source_budget_total", \
	  "Answers cut: source network used up its budget") \
	X(SKIPPED, COUNTER, "values_skipped_total", "Values that fit into no DNS record") \
	X(CONNECTIONS, GAUGE, "connections", "Open TCP connections") \
	X(REFUSED, COUNTER, "connections_refused_total", "Connections past the limit") \
	X(IDLE, COUNTER, "connections_idle_total", "Connections closed for silence") \
	X(SLOW, COUNTER, "connections_slow_total", "Connections that took no answers")

#define X(id, kind, name, help) DNS_METRIC_##id,
enum { DNS_METRIC_ROWS(X) DNS_METRIC_COUNT };
#undef X

enum { DNS_CONNECTIONS = 256, DNS_UDP_REPLY_MAX = 1232, DNS_TCP_HEAD = 2 };

/* A message that came, and the record it asks for. */
typedef struct {
	dns_query_t query;
	const dns_zone_t *zone; /* NULL: not one of its own, or wrong in itself */
	addr_t peer;
	size_t size;      /* of the message */
	dns_rc_t refusal; /* DNS_RC_OK: to be answered */
	bool is_due;      /* false: no reply at all */
	bool is_server;   /* asks for the name server itself */
	dns_map_t map;
	size_t record_len; /* DNS_MAP_RECORD: of its name in the registry */
	uint8_t record[DNS_RECORD_NAME_MAX];
} dns_ask_t;

typedef struct dns_connection dns_connection_t;
struct dns_connection {
	dns_door_t *door;
	env_tcp_t *tcp; /* NULL: free */
	dns_connection_t *next_free;
	int64_t heard_ns; /* of the last whole question */
	bool is_failed;   /* an answer found no room */
};

typedef struct {
	env_listener_t *listener;
	env_udp_t *udp;
} dns_socket_t;

struct dns_door {
	registry_t *registry;
	registry_reader_t *reader;
	registry_reader_t *lister; /* looks below a name while a batch is open */
	const gs1_map_t *gs1;
	env_t *env;
	env_loop_t *loop;
	dns_zone_t zones[DNS_ZONES_MAX];
	size_t zone_count;
	dns_name_t server;
	dns_soa_t soa;
	ip_t server_ips[DNS_SERVER_IPS_MAX];
	size_t server_ip_count;
	dns_socket_t *sockets;
	size_t socket_count;
	dns_ask_t asks[REGISTRY_BATCH];
	gs1_links_t links;
	uint8_t reply[DNS_TCP_HEAD + DNS_MESSAGE_MAX];
	dns_budget_t budget;
	dns_connection_t connections[DNS_CONNECTIONS];
	dns_connection_t *free_connection;
	env_timer_t *sweep;
	metrics_t metrics;
};

/* ask.c: what a message asks. */
void dns_ask_read(const dns_door_t *door, slice_t message, addr_t peer, dns_ask_t *ret_ask);

/* answer.c: the answer to an ask whose record was looked up, with what the look-up gave. A
 * datagram is held to its limits. Nothing is written when none is due. */
typedef struct {
	const record_t *record; /* when err is ERR_OK */
	err_t err;
	bool is_udp;
} dns_found_t;
void dns_answer_write(dns_door_t *door, const dns_ask_t *ask, const dns_found_t *found,
                      writer_t *w);

/* records.c: the records of the asked type that the values make. */
void dns_records_put(dns_door_t *door, const dns_ask_t *ask, const record_t *record,
                     dns_reply_t *reply);

/* door.c: answers up to REGISTRY_BATCH asks in order; each reply with DNS_TCP_HEAD bytes of
 * room in front. */
typedef struct {
	void (*send)(void *ctx, const dns_ask_t *ask, uint8_t *reply, size_t len);
	void *ctx;
	bool is_udp;
} dns_way_t;
void dns_door_serve(dns_door_t *door, const dns_ask_t *asks, size_t count, const dns_way_t *way);

/* door_udp.c, door_tcp.c */
void dns_udp_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count);
bool dns_tcp_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec);
void dns_tcp_init(dns_door_t *door);
void dns_tcp_sweep(void *ctx);
#endif
