/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_NODE_H
#define NODE_NODE_H
/* The only place that knows all: builds the catalogue, opens the journals and the
 * engines in order, wires them by the interfaces of model/, starts the loops,
 * stops everything in reverse.
 *
 * Threads table (threads.h): which loop runs what.
 *
 * Story: node_open (set-up, may block on files) -> env_run on the caller's thread
 * -> node_close. In the twin the same calls run under twin_run. ENV_SIGNAL_RELOAD reads
 * the configuration again (reload.h). */
#include "api/api.h"
#include "config/config.h"
#include "env/env.h"

typedef struct node node_t;

typedef struct {
	const config_t *config;  /* must outlive the node */
	const char *config_path; /* read again at a reload; NULL: no reload */
	/* What came of each reload; control loop; NULL: nobody asks. */
	void (*reloaded)(void *ctx, const api_config_t *config);
	void *reloaded_ctx;
	bool http;                  /* open the HTTP door */
	bool handle;                /* open the Handle door */
	bool is_still;              /* ask no machine; its points are known all the same */
	err_t (*attack)(void *ctx); /* demo button; NULL: none */
	void *attack_ctx;
} node_spec_t;

/* Opens and starts. On failure nothing stays open and the detail says why. */
MUST_CHECK err_t node_open(env_t *env, const node_spec_t *spec, node_t **ret_node,
                           err_detail_t *ret_detail);
void node_close(node_t *node);

addr_t node_http_addr(const node_t *node);
/* How the pages are encrypted, as of the start. Before env_run. */
api_tls_t node_tls(const node_t *node);
/* Feeds the tap when the capture is one (the simulator's frames). Any thread. */
void node_tap(node_t *node, slice_t pcap_bytes);
/* What is watched (watch.h): "iface:lo", "tap", "off". */
const char *node_capture(const node_t *node);
/* Every device and point has its record. Control loop. */
bool node_registered(const node_t *node);
/* Engines, for tests and the demo's summary. */
sentry_t *node_sentry(node_t *node);
historian_t *node_historian(node_t *node);
series_t *node_series(node_t *node);
registry_t *node_registry(node_t *node);
/* Until the next reload. Control loop. */
const catalogue_t *node_catalogue(const node_t *node);
#endif
