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
 * First form listens only on loopback addresses: anything else is refused at start
 * with the reason (no TLS yet).
 *
 * Limits: body 8 MiB, 1,024 connections, 64 event streams, query answers 8 MiB,
 * 8 requests with passwords. */
#include "access/access.h"
#include "env/http.h"
#include "events/events.h"
#include "fleet/fleet.h"
#include "historian/historian.h"
#include "registry/registry.h"
#include "registry/search.h"
#include "sentry/sentry.h"

typedef struct api api_t;

/* Things only node knows, asked on the HTTP loop or the query loop. */
typedef struct {
	void *ctx;
	bool (*ready)(void *ctx, const char **ret_reason); /* for /readyz */
	err_t (*attack)(void *ctx);                        /* the demo's button; NULL: no demo */
	const char *capture; /* "live on lo", "simulator's pipe", "off" */
	const char *version;
} api_host_t;

/* A room's table and what its names begin with, "jizhu_fleet_". */
typedef struct {
	const char *prefix;
	const metrics_t *metrics;
} api_metrics_t;

typedef struct {
	addr_t addr;
	env_loop_t *http_loop;     /* EVENTS */
	env_loop_t *query_loop;    /* FILES */
	env_loop_t *password_loop; /* FILES; PBKDF2 and nothing else */
	const catalogue_t *catalogue;
	access_t *access;
	journal_t *journal;
	events_t *events;
	registry_t *registry;
	search_t *search;
	historian_t *historian;
	fleet_t *fleet;
	sentry_t *sentry;
	last_value_t *last_values;
	api_host_t host;
	const api_metrics_t *metrics; /* every room's table; ends with a NULL prefix */
} api_spec_t;

/* ERR_DENIED when the address is not loopback. */
MUST_CHECK err_t api_open(env_t *env, const api_spec_t *spec, api_t **ret_api,
                          err_detail_t *ret_detail);
void api_close(api_t *api);
addr_t api_addr(const api_t *api);
#endif
