/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_TREE_H
#define NODE_TREE_H
/* The rooms that join this node with others: whom it lets in (authority), what it has let go
 * to each parent (outbox) and the sessions that bring it there (child), what came from below
 * (inbox, parent), and the views of it. All live on one loop, which reads and writes the
 * journal "tree".
 *
 * Story: tree_open at set-up, with the loop not yet running; tree_close when it has stopped.
 * A parent that this node has not joined yet (`jizhu enrol`) is looked for again each
 * TREE_LOOK_NS, so that joining needs no restart. A node that listens for no children has no
 * authority, inbox and sessions with them; one without parents releases nothing.
 *
 * Threads: the loop's, but for what a room's own header allows to others. */
#include "api/api.h"
#include "config/config.h"
#include "node/indicators.h"
#include "sentry/sentry.h"

typedef struct tree tree_t;

#define TREE_LOOK_NS (5 * NS_PER_S)

typedef struct {
	const config_t *config;
	const char *config_path; /* packs stand beside it; may be NULL */
	const char *keys_dir, *views_dir;
	journal_t *journal;           /* tree */
	journal_t *events;            /* main */
	env_loop_t *loop;             /* FILES */
	const catalogue_t *catalogue; /* until a reload gives another one */
	series_reader_t reader;
	const fleet_t *fleet;
	sentry_t *sentry;
} tree_spec_t;

MUST_CHECK err_t tree_open(env_t *env, const tree_spec_t *spec, tree_t **ret_tree,
                           err_detail_t *ret_detail);
void tree_close(tree_t *tree);
/* Whether a configuration that is to come fits, and the indicators of it. Any thread. ERR_CONFIG,
 * ERR_INVALID: with what does not. */
MUST_CHECK err_t tree_bind(const tree_t *tree, const config_t *config, const catalogue_t *catalogue,
                           indicators_plan_t *ret_plan, err_detail_t *ret_detail);
typedef struct {
	const config_t *config;
	const catalogue_t *catalogue;
} tree_news_t;
/* Goes on with the next configuration and this plan; leaves the one before in its place. On the
 * loop. */
void tree_reload(tree_t *tree, const tree_news_t *news, indicators_plan_t *plan);
/* For the API, as long as the tree. */
const api_tree_t *tree_rooms(const tree_t *tree);
enum { TREE_METRICS = 9 };
/* A row for each part that is there; the rest of `rows` is left alone. How many there are. */
size_t tree_metrics(const tree_t *tree, api_metrics_t rows[TREE_METRICS]);
/* Whether a view had to be made again. */
bool tree_rebuilt(const tree_t *tree);
#endif
