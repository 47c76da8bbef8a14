/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_API_H
#define API_API_H
/* The HTTP door: routes, one file per endpoint, server-sent events, metrics, the
 * console's files. Nothing is decided here; handlers translate between HTTP and
 * the engines.
 *
 * Story: env/http hands a request -> routes.c finds the row (method, path pattern,
 * least role, where it runs) -> access makes the caller -> the handler answers at
 * once on the HTTP loop, or the row says WORKER and the request's copy travels to
 * the query loop (FILES) and its answer back. Errors are RFC 9457 problem+json.
 * openapi.yaml is checked against the routes table by a test.
 *
 * The door speaks TLS when asked to (tls.h); beyond loopback it does not open without.
 * Under TLS the session's cookie is marked Secure, and browsers are told to come by
 * TLS only (HSTS) unless the certificate is the node's own, which would lock out
 * whoever has once clicked a warning away.
 *
 * Limits: body 8 MiB, 1,024 connections, 64 event streams, query answers 8 MiB,
 * 8 requests with passwords, 64 resolutions under way. */
#include "access/access.h"
#include "authority/authority.h"
#include "census/census.h"
#include "env/crypto.h"
#include "codec/scheme/scheme.h"
#include "config/config.h"
#include "env/http.h"
#include "events/events.h"
#include "fleet/fleet.h"
#include "gs1/gs1_map.h"
#include "handling/handling.h"
#include "historian/historian.h"
#include "insight/book.h"
#include "insight/packs.h"
#include "model/live_value.h"
#include "posture/board.h"
#include "proof/log.h"
#include "query/sql/sql.h"
#include "office/office.h"
#include "registry/handle/door.h"
#include "registry/identity/identity.h"
#include "registry/registry.h"
#include "registry/search/search.h"
#include "registry/trust/trust.h"
#include "resolver/resolver.h"
#include "sentry/sentry.h"
#include "series/series.h"
#include "uplink/child.h"
#include "uplink/outbox.h"
#include "uplink/parent.h"

typedef struct api api_t;

/* Things only node knows, asked on the HTTP loop or the query loop. */
typedef struct {
	void *ctx;
	bool (*ready)(void *ctx, const char **ret_reason); /* for /readyz */
	err_t (*attack)(void *ctx);                        /* the demo's button; NULL: no demo */
	const char *capture; /* "live on lo", "simulator's pipe", "off" */
	const char *version;
} api_host_t;

/* How the door is encrypted. Texts are copied, but for the folder. */
typedef struct {
	bool on;
	const char *certificate, *key; /* PEM files; both "": made in keys_dir and kept */
	http_clients_t clients;
	const char *keys_dir; /* lives as long as the API */
} api_tls_spec_t;

/* A room's table and what its names begin with, "jizhu_fleet_". */
typedef struct {
	const char *prefix;
	const metrics_t *metrics;
} api_metrics_t;

/* What samples that clients send go to. */
typedef struct {
	sample_sink_t sink;
	journal_t *history; /* rings when more samples are durable */
	env_loop_t *loop;   /* EVENTS; of large bodies */
	bool takes_text;    /* whether the sink keeps texts */
} ingest_host_t;

typedef struct {
	env_loop_t *http;     /* EVENTS */
	env_loop_t *query;    /* FILES */
	env_loop_t *tree;     /* FILES; that of the rooms that join nodes */
	env_loop_t *password; /* FILES; PBKDF2 and nothing else */
} api_loops_t;

/* What binds this node to one parent. */
typedef struct {
	const config_parent_t *config;
	const child_t *child;        /* its session; NULL: not joined yet */
	const err_detail_t *trouble; /* err OK: none */
} api_bond_t;

/* The rooms that join nodes, asked on the tree loop. */
typedef struct {
	journal_t *journal;     /* tree */
	const config_t *config; /* of the start: who its parents are, and what may go there */
	/* The i-th parent of the configuration; false behind the last. NULL: none. */
	bool (*bond_at)(void *ctx, size_t i, api_bond_t *ret_bond);
	void *bonds; /* ctx of it */
	const packs_t *packs;
	authority_t *authority; /* NULL: nobody may come from below */
	parent_t *parent;       /* NULL likewise */
	outbox_t *outbox;
	census_t *census;
	book_t *book;
	board_t *board;
	handling_t *handling;
} api_tree_t;

typedef struct {
	addr_t addr;
	api_tls_spec_t tls;
	api_loops_t loops;
	const catalogue_t *catalogue; /* until a reload gives another one */
	size_t points_max;            /* of any later catalogue; 0: of this one */
	access_t *access;
	journal_t *journal;
	events_t *events;
	registry_t *registry;
	/* What the wire's door says of its site; the HTTP door answers the wire's messages
	 * by it. Borrowed during the call. NULL: there is no such service. */
	const handle_door_spec_t *handle;
	search_t *search;
	proof_t *proof;
	office_t *office;       /* on the HTTP loop */
	const api_tree_t *tree; /* outlives the API; NULL: no such rooms */
	resolver_t *resolver;   /* NULL: none */
	/* Asked about identities of elsewhere on the query loop; borrowed during the call.
	 * NULL: only those whose keys are here. */
	const registry_elsewhere_t *elsewhere;
	const trust_roots_t *trust;                /* whose signatures count; NULL: nobody's */
	gs1_map_t gs1;                             /* what it borrows lives as long as the API */
	const char *scheme_prefixes[SCHEME_COUNT]; /* of the records of codes; as long */
	historian_t *historian;
	series_t *series;      /* label sets and their ids */
	int64_t slow_query_ns; /* a question of history is noted from so long on; 0: never */
	ingest_host_t ingest;  /* without history: no samples are taken */
	fleet_t *fleet;
	sentry_t *sentry;
	sql_t *sql; /* of the query loop; NULL: none */
	last_value_t *last_values;
	const live_value_source_t *live; /* for values bound to points; NULL: none */
	const char *country; /* of those who ask, for links with several places; NULL: unknown */
	api_host_t host;
	const api_metrics_t *metrics; /* every room's table; ends with a NULL prefix */
} api_spec_t;

/* What became of the configuration, for /api/v1/node. */
enum { API_REASON_MAX = 512 };
typedef struct {
	uint64_t generation;
	int64_t loaded_ns;
	int64_t refused_ns; /* of the last refusal since then; 0: none */
	char reason[API_REASON_MAX];
} api_config_t;

/* ERR_DENIED when the address is not loopback and TLS is off. */
MUST_CHECK err_t api_open(env_t *env, const api_spec_t *spec, api_t **ret_api,
                          err_detail_t *ret_detail);
void api_close(api_t *api);
/* From now on `catalogue` is answered from (NULL: as before) and `config` is told.
 * The old one may go when the query loop has ended the turn it is in. HTTP loop. */
void api_reload(api_t *api, const catalogue_t *catalogue, const api_config_t *config);
addr_t api_addr(const api_t *api);

typedef struct {
	bool on;
	bool own; /* made by the node itself: no browser knows it until it is told */
	int64_t not_after_ns;
	char fingerprint[3 * SHA256_BYTES]; /* "AB:CD:..." of its SHA-256 */
} api_tls_t;
/* HTTP loop, or before it runs. */
api_tls_t api_tls(const api_t *api);
/* Reads certificate and key again, from the files of `spec`, checks them and shows them
 * to new connections; when they are no good, the present ones stay. Returns at once;
 * either way an event says what came of it. Any thread. TLS is not turned on or off
 * by it: that is refused with an event too. Of `spec` keys_dir is not read. */
void api_reload_tls(api_t *api, const api_tls_spec_t *spec);
#endif
