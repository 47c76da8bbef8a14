/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_RELOAD_H
#define NODE_RELOAD_H
/* Another configuration for a node that runs: checked whole, then published, or the
 * present one is kept and the reason told.
 *
 * Story: reload_begin (SIGHUP, control loop) sends a baton from loop to loop, one stop
 * of the table in reload.c after the other. Only the loop that holds the baton touches
 * the reload's state, so there is no lock:
 *   query    reads and checks the files, refuses what needs a restart, gives ids to new
 *            names, builds the catalogue and what is made of it for live values, binds indicators
 *   control  waits until the new ids are durable
 *   sentry   allows the new policies beside the old ones
 *   device   the fleet takes the catalogue, as the last that may refuse
 *   sentry, history, tree, http   take it too; the sentry withdraws the old policies
 *   query    ends a turn: nobody can hold the old one any more
 *   control  registers names, shows their live values, says CONFIG_LOADED, frees the old catalogue
 *   control  waits until that is durable and tells the service manager
 * A refusal takes back what the sentry had allowed, is told at http and ends as
 * CONFIG_REFUSED.
 *
 * What needs a restart is marked in the rows of the schema (src/config/schema.h).
 *
 * Limits: one reload at a time, a signal that comes meanwhile is one more afterwards;
 * RELOAD_POINTS_MAX names of points beyond those known at the start (ERR_LIMIT). New
 * names read what of the main journal since the last start may hold ids; queries wait
 * for that.
 *
 * Threads: control loop, but for what the table says. */
#include "api/api.h"
#include "config/config.h"
#include "node/history_wiring.h"
#include "node/live.h"
#include "node/registration.h"
#include "node/tree.h"
#include "series/series.h"

typedef struct reload reload_t;

enum { RELOAD_POINTS_MAX = 4096, RELOAD_LOOPS_MAX = 7 };

/* The loops of the stops. */
typedef enum {
	RELOAD_CONTROL,
	RELOAD_QUERY,
	RELOAD_DEVICE,
	RELOAD_SENTRY,
	RELOAD_HISTORY,
	RELOAD_TREE,
	RELOAD_HTTP,
} reload_loop_t;

typedef struct {
	env_t *env;
	const char *path;       /* of the configuration */
	const config_t *config; /* the first, not owned */
	catalogue_t *catalogue; /* its catalogue, taken over */
	const char *views_dir;
	journal_t *journal; /* main */
	env_loop_t *loops[RELOAD_LOOPS_MAX];
	size_t points_max; /* greatest point id that the tables hold */
	fleet_t *fleet;
	sentry_t *sentry;
	historian_t *historian;
	history_wiring_t *history; /* takes both on the history loop */
	series_t *series;
	tree_t *tree;
	api_t *api; /* NULL: no HTTP door */
	registration_t *registration;
	live_points_t *live;
	void (*reloaded)(void *ctx, const api_config_t *config); /* may be NULL */
	void *reloaded_ctx;
} reload_spec_t;

MUST_CHECK err_t reload_new(const reload_spec_t *spec, reload_t **ret_reload);
/* After the loops have stopped and every room that had the catalogue is closed. */
void reload_free(reload_t *reload);
void reload_begin(void *reload);
const config_t *reload_config(const reload_t *reload);
const catalogue_t *reload_catalogue(const reload_t *reload);
#endif
