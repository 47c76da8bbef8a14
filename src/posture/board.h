/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTURE_BOARD_H
#define POSTURE_BOARD_H
/* What a node knows of the safety of itself and of all below it, out of the journal `tree`:
 * the latest risk inputs of each node, the index of all of them, and the campaigns.
 *
 * Story: node opens the board on its journal and calls board_follow when more of it is durable;
 * the board takes risk inputs from batches of the stream COUNTERS and attacks from those of
 * EVENTS. What the node finds itself comes by board_tell (its own inputs, each period anew)
 * and board_see (its own events). Questions are answered from what was taken; board_put makes
 * the body that goes up to a parent: one node that speaks for all.
 *
 * Which inputs are counted, so that nothing is counted twice:
 *   - a child whose own inputs are of more than one node speaks for all that came through it;
 *     inputs of nodes below it are kept to be looked at, and are not added again;
 *   - of a node that came by several children, those it sent itself are counted, else the
 *     newest, else those of the child with the least identifier.
 * A silent node's inputs stay counted: a plant that burns and is cut off still burns. How old
 * the oldest inputs are, and how many nodes are silent, stands beside the index.
 *
 * The board is in memory alone and takes the journal from its beginning when it is opened.
 *
 * Threads: any, but for follow and close: one FILES loop, or set-up time. A question takes the
 * lock for as long as merging takes: some 10 us a node when something new came since the last.
 *
 * Limits, each with a metric: `nodes_max` rows of `bytes_max` together; what would go beyond
 * is refused and counted, the known are replaced further on. Those of campaign.h.
 *
 * Caveats: a child that lies about a node lies in its own row, and is believed when nothing of
 * that node came otherwise. Of events that a parent hears, only those count towards campaigns
 * that the contract let out. */
#include "base/arena.h"
#include "base/metrics.h"
#include "journal/journal.h"
#include "posture/campaign.h"
#include "posture/posture.h"

typedef struct board board_t;

typedef struct {
	journal_t *journal;           /* tree */
	const char *node;             /* own identifier */
	size_t nodes_max;             /* 0: 4096 */
	size_t bytes_max;             /* 0: 64 MiB */
	campaigns_limits_t campaigns; /* of zeros: 65536 reports, as many sightings, 16384 */
	int64_t silent_ns;            /* 0: 1 h */
	int64_t keep_ns;              /* of sightings; 0: 30 days */
} board_spec_t;

typedef struct {
	slice_t node, child; /* whose inputs, and by whom they came */
	uint64_t nodes;
	int64_t newest_ns, received_ns;
	bool is_counted, is_silent;
} board_row_t;

typedef struct {
	posture_t posture;
	uint32_t rows, counted, silent; /* inputs that are held; of the counted, how many silent */
} board_answer_t;

/* ERR_INVALID: no identifier; what the journal's cursor fails with; ERR_NO_MEMORY. */
MUST_CHECK err_t board_open(env_t *env, const board_spec_t *spec, board_t **ret_board);
void board_close(board_t *board);
/* Takes what is durable. What the journal's cursor fails with, ERR_NO_MEMORY. */
MUST_CHECK err_t board_follow(board_t *board);
void board_tell(board_t *board, const posture_inputs_t *own);
/* An event of this node. ERR_LIMIT, ERR_NO_MEMORY; of no attack: nothing. */
MUST_CHECK err_t board_see(board_t *board, const event_t *event);
/* Drops sightings that are too old. ERR_NO_MEMORY. */
MUST_CHECK err_t board_prune(board_t *board);

/* The index of this node and all below, as of now. */
void board_ask(board_t *board, board_answer_t *ret_answer);
/* The index of one node alone by its inputs that came by `child`. ERR_NOT_FOUND. */
MUST_CHECK err_t board_ask_node(board_t *board, slice_t child, slice_t node,
                                posture_t *ret_posture);
/* Rows by child, then node, from the first behind those two (empty: all). Names are copied into
 * the arena; fewer come when it is full. */
size_t board_list(board_t *board, const board_row_t *behind, arena_t *arena, board_row_t *ret_rows,
                  size_t max);
/* As campaigns_list; subjects are copied into the arena. */
size_t board_campaigns(board_t *board, arena_t *arena, campaign_t *ret_rows, size_t max);
campaigns_tally_t board_tally(board_t *board);
/* The body for a parent (model/risk.h). ERR_NOT_FOUND: nothing is known; ERR_TOO_BIG. */
MUST_CHECK err_t board_put(board_t *board, writer_t *w);
const metrics_t *board_metrics(const board_t *board);
#endif
