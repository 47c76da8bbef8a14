/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_HANDLE_WIRING_H
#define NODE_HANDLE_WIRING_H
/* The Handle side of a node: the desk on its own loop, the door in front of it on
 * another, and the resolver behind it on a third, by what the configuration says.
 *
 * People who ask by HTTP have a resolver of their own there: it asks the door for the
 * node's own names like anybody else, which the desk's own must not. */
#include "api/api.h"
#include "config/config.h"
#include "node/elsewhere.h"
#include "registry/handle/desk.h"
#include "registry/handle/door.h"
#include "resolver/resolver.h"

typedef struct {
	const config_t *config;
	const char *keys_dir; /* the site's key is kept here */
	registry_t *registry;
	env_t *env;
	env_loop_t *desk_loop, *door_loop, *walk_loop, *registry_loop;
	env_loop_t *query_loop; /* FILES: reads history, proves identities of HTTP */
	const live_value_source_t *live;
} handle_wiring_t;

typedef struct {
	elsewhere_t *elsewhere; /* NULL: nowhere else to look */
	handle_past_t *past;
	handle_desk_t *desk;
	handle_door_t *door;
	handle_door_spec_t spec; /* of the door, for those that stand beside it */
	resolver_t *resolver;    /* of the API; NULL: no door */
} handle_wired_t;

/* On failure what was opened is in *ret_wired too, to be closed. */
MUST_CHECK err_t handle_wiring_open(const handle_wiring_t *spec, handle_wired_t *ret_wired,
                                    err_detail_t *ret_detail);
enum { HANDLE_WIRING_METRICS = 4 };
/* A row for each part that is there; the rest of `rows` is left alone. */
void handle_wiring_metrics(const handle_wired_t *wired, api_metrics_t rows[HANDLE_WIRING_METRICS]);
void handle_wiring_close(handle_wired_t *wired);
#endif
