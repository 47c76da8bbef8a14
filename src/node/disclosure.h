/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_DISCLOSURE_H
#define NODE_DISCLOSURE_H
/* What this node lets go, by the contract with each parent: judges over the configuration and
 * the catalogue, and the feeder that walks what happened here and what came from below into the
 * outbox.
 *
 * Story: disclosure_open when the outbox and the indicators are there; disclosure_reload with
 * the next catalogue. Contracts need a restart. Threads: the loop of the tree, or set-up. */
#include "node/indicators.h"
#include "posture/board.h"
#include "release/relay.h"

typedef struct {
	const config_t *config;
	const catalogue_t *catalogue;
	const char *keys_dir;
	env_loop_t *loop;
	outbox_t *outbox;
	journal_t *events;  /* main */
	journal_t *journal; /* tree */
	indicators_t *indicators;
	board_t *board;
} disclosure_spec_t;

typedef struct {
	release_key_t key;
	size_t count; /* parents */
	release_judge_t judges[CONFIG_PARENTS_MAX];
	release_figures_t figures[CONFIG_PARENTS_MAX];
	release_feeder_t *feeder; /* NULL: no parents */
} disclosure_t;

/* Fills *ret_disclosure, which stays where it is; on failure what was opened is in it too. */
MUST_CHECK err_t disclosure_open(env_t *env, const disclosure_spec_t *spec,
                                 disclosure_t *ret_disclosure, err_detail_t *ret_detail);
void disclosure_reload(disclosure_t *disclosure, const catalogue_t *catalogue);
void disclosure_close(disclosure_t *disclosure);
#endif
