/* SPDX-License-Identifier: Apache-2.0 */
#include "posture/board.h"

#include <assert.h>
#include <stdlib.h>

#include "codec/uplink/uplink.h"
#include "journal/follow.h"
#include "model/received.h"

enum { NODES_DEFAULT = 4096, REPORTS_DEFAULT = 65536, CAMPAIGNS_DEFAULT = 16384 };

#define BYTES_DEFAULT     ((size_t)64 << 20)
#define SILENT_DEFAULT_NS NS_PER_HOUR
#define KEEP_DEFAULT_NS   (30 * 24 * NS_PER_HOUR)
/* Clocks of a child and of this node may differ by so much. Inputs from further ahead would
 * push out what is known of the present. */
#define AHEAD_MAX_NS      (600 * NS_PER_S)

#define BOARD_METRICS(X) \
	X(NODES, "nodes", "inputs of nodes that are held", GAUGE) \
	X(BYTES, "bytes", "bytes of them", GAUGE) \
	X(TAKEN, "taken_total", "inputs taken from children", COUNTER) \
	X(AGAIN, "again_total", "inputs no newer than those held", COUNTER) \
	X(REFUSED, "refused_total", "inputs refused at a limit", COUNTER) \
	X(AHEAD, "ahead_total", "inputs refused as of more than 10 minutes ahead", COUNTER) \
	X(MALFORMED, "malformed_total", "items that could not be read", COUNTER) \
	X(SIGHTINGS, "sightings", "sightings of attacks", GAUGE) \
	X(CAMPAIGNS, "campaigns", "attackers seen", GAUGE) \
	X(UNSEEN, "sightings_refused_total", "reports refused at a limit", COUNTER)

#define X(id, name, help, kind) METRIC_##id,
enum { BOARD_METRICS(X) METRIC_COUNT };
#undef X

#define X(id, name, help, kind) { "posture_" name, help, METRIC_##kind },
static const metric_row_t METRICS[] = { BOARD_METRICS(X) };
#undef X

/* The inputs of a node as they came; the names lie in `bytes`, the body at its end. */
typedef struct {
	slice_t child, node, body;
	uint64_t nodes;
	int64_t newest_ns, received_ns;
	bool is_counted;
	uint8_t bytes[];
} row_t;

struct board {
	env_t *env;
	board_spec_t spec;
	slice_t node;
	journal_mark_t mark;
	metrics_t metrics;
	/* Guards all below: who asks is on any thread, and merges what has come since. */
	env_mutex_t *mutex;
	row_t **rows, **order; /* by child and node; as `choose` needs them */
	size_t row_count, row_bytes;
	bool has_own, is_dirty; /* dirty: `merged` is of older rows */
	posture_inputs_t own, merged, scratch;
	campaigns_t *campaigns;
};

const metrics_t *board_metrics(const board_t *board)
{
	return &board->metrics;
}

/* Rows. */

static int compare_names(slice_t child, slice_t node, const row_t *row)
{
	int order = slice_cmp(child, row->child);
	return order ? order : slice_cmp(node, row->node);
}

/* Where it stands or would stand. */
static size_t find_row(const board_t *board, slice_t child, slice_t node, bool *ret_is_there)
{
	size_t from = 0, to = board->row_count;
	*ret_is_there = false;
	while (from < to && !*ret_is_there) {
		size_t middle = from + (to - from) / 2;
		int order = compare_names(child, node, board->rows[middle]);
		*ret_is_there = order == 0;
		if (order == 0)
			from = middle;
		else if (order > 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static row_t *make_row(const received_t *received, slice_t body, slice_t node)
{
	row_t *row = malloc(sizeof(*row) + received->child.len + body.len);
	if (!row)
		return NULL;
	memcpy(row->bytes, received->child.ptr, received->child.len);
	memcpy(&row->bytes[received->child.len], body.ptr, body.len);
	row->child = slice_of(row->bytes, received->child.len);
	row->body = slice_of(&row->bytes[received->child.len], body.len);
	row->node = slice_sub(row->body, (size_t)(node.ptr - body.ptr), node.len);
	row->received_ns = received->at.ns;
	row->is_counted = false;
	return row;
}

static err_t keep_row(board_t *board, const received_t *received, slice_t body, slice_t node)
{
	bool is_there;
	size_t at = find_row(board, received->child, node, &is_there);
	size_t before = is_there ? board->rows[at]->body.len : 0;
	const risk_t *risk = &board->scratch.risk;
	if (is_there && board->rows[at]->newest_ns >= risk->newest_ns)
		return ERR_EXISTS;
	if ((!is_there && board->row_count == board->spec.nodes_max) ||
	    board->row_bytes - before + body.len > board->spec.bytes_max)
		return ERR_LIMIT;
	row_t *row = make_row(received, body, node);
	if (!row)
		return ERR_NO_MEMORY;
	row->nodes = risk->nodes;
	row->newest_ns = risk->newest_ns;
	if (is_there)
		free(board->rows[at]);
	else {
		memmove(&board->rows[at + 1], &board->rows[at],
		        (board->row_count - at) * sizeof(*board->rows));
		board->row_count++;
	}
	board->rows[at] = row;
	board->row_bytes += body.len - before;
	board->is_dirty = true;
	return ERR_OK;
}

/* Taking. What a child says cannot stop the board: it is counted and left. */

static err_t take_inputs(board_t *board, const received_t *received, slice_t body)
{
	slice_t node;
	size_t metric = METRIC_TAKEN;
	err_t err = posture_read(body, &board->scratch, &node);
	if (err || slice_eq(node, board->node))
		metric = METRIC_MALFORMED;
	else if (board->scratch.risk.newest_ns - AHEAD_MAX_NS > received->at.ns)
		metric = METRIC_AHEAD;
	else
		err = keep_row(board, received, body, node);
	if (metric == METRIC_TAKEN && err)
		metric = err == ERR_EXISTS ? METRIC_AGAIN : METRIC_REFUSED;
	metric_add(&board->metrics, metric, 1);
	return err == ERR_NO_MEMORY ? err : ERR_OK;
}

static err_t add_sighting(board_t *board, const event_t *event, slice_t node)
{
	sighting_t sighting;
	err_t err = ERR_OK;
	if (sighting_of_event(event, node, &sighting))
		err = campaigns_add(board->campaigns, &sighting);
	metric_add(&board->metrics, METRIC_UNSEEN, err != ERR_OK);
	return err;
}

static err_t take_event(board_t *board, slice_t body)
{
	slice_t node;
	event_t event;
	if (event_item_read(body, &node, &event)) {
		metric_add(&board->metrics, METRIC_MALFORMED, 1);
		return ERR_OK;
	}
	err_t err = add_sighting(board, &event, node);
	return err == ERR_NO_MEMORY ? err : ERR_OK;
}

static err_t take_items(board_t *board, const received_t *received, const uplink_batch_t *batch)
{
	uplink_items_t items = uplink_items_of(batch);
	uplink_item_t item;
	err_t err = ERR_OK;
	while (!err && uplink_item_next(&items, &item))
		err = batch->envelope.stream == UPLINK_COUNTERS
		              ? take_inputs(board, received, item.body)
		              : take_event(board, item.body);
	return err;
}

static err_t take_record(void *ctx, const journal_record_t *record)
{
	board_t *board = ctx;
	received_t received;
	uplink_batch_t batch;
	err_t err = received_read(record->payload, &received);
	if (!err)
		err = uplink_batch_read(received.batch, &batch);
	if (err) {
		metric_add(&board->metrics, METRIC_MALFORMED, 1);
		return ERR_OK;
	}
	if (batch.envelope.stream != UPLINK_COUNTERS && batch.envelope.stream != UPLINK_EVENTS)
		return ERR_OK;
	env_lock(board->mutex);
	err = take_items(board, &received, &batch);
	env_unlock(board->mutex);
	return err;
}

static void show_sizes(board_t *board)
{
	env_lock(board->mutex);
	campaigns_tally_t tally = campaigns_tally(board->campaigns);
	metric_set(&board->metrics, METRIC_NODES, (int64_t)board->row_count);
	metric_set(&board->metrics, METRIC_BYTES, (int64_t)board->row_bytes);
	metric_set(&board->metrics, METRIC_SIGHTINGS, (int64_t)tally.sightings);
	metric_set(&board->metrics, METRIC_CAMPAIGNS, (int64_t)tally.campaigns);
	env_unlock(board->mutex);
}

err_t board_follow(board_t *board)
{
	journal_follower_t follower = { .journal = board->spec.journal,
		                        .types = JOURNAL_TYPE_BIT(JOURNAL_RECEIVED),
		                        .take = take_record,
		                        .ctx = board };
	err_t err = journal_follow(&follower, &board->mark);
	show_sizes(board);
	return err;
}

void board_tell(board_t *board, const posture_inputs_t *own)
{
	env_lock(board->mutex);
	board->own = *own;
	board->has_own = board->is_dirty = true;
	env_unlock(board->mutex);
}

err_t board_see(board_t *board, const event_t *event)
{
	env_lock(board->mutex);
	err_t err = add_sighting(board, event, board->node);
	env_unlock(board->mutex);
	return err;
}

err_t board_prune(board_t *board)
{
	int64_t before_ns = env_utc(board->env).ns - board->spec.keep_ns;
	env_lock(board->mutex);
	err_t err = campaigns_prune(board->campaigns, before_ns);
	env_unlock(board->mutex);
	show_sizes(board);
	return err;
}

/* Merging. */

static bool is_direct(const row_t *row)
{
	return slice_eq(row->child, row->node);
}

static bool speaks_for_all(const board_t *board, slice_t child)
{
	bool is_there;
	size_t at = find_row(board, child, child, &is_there);
	return is_there && board->rows[at]->nodes > 1;
}

/* By node, and of one node the row that counts first. */
static int compare_worth(const void *a, const void *b)
{
	const row_t *x = *(row_t *const *)a, *y = *(row_t *const *)b;
	int order = slice_cmp(x->node, y->node);
	if (order)
		return order;
	if (is_direct(x) != is_direct(y))
		return is_direct(x) ? -1 : 1;
	if (x->newest_ns != y->newest_ns)
		return x->newest_ns > y->newest_ns ? -1 : 1;
	return slice_cmp(x->child, y->child);
}

/* Which rows count, so that no node counts twice. */
static void choose(board_t *board)
{
	size_t count = 0;
	for (size_t i = 0; i < board->row_count; i++) {
		row_t *row = board->rows[i];
		row->is_counted = false;
		if (is_direct(row) || !speaks_for_all(board, row->child))
			board->order[count++] = row;
	}
	qsort(board->order, count, sizeof(row_t *), compare_worth);
	for (size_t i = 0; i < count; i++)
		board->order[i]->is_counted = i == 0 || !slice_eq(board->order[i]->node,
		                                                  board->order[i - 1]->node);
}

/* It was read when it came. */
static void read_row(board_t *board, const row_t *row)
{
	slice_t node;
	err_t err = posture_read(row->body, &board->scratch, &node);
	assert(!err);
}

static void merge_all(board_t *board)
{
	if (!board->is_dirty)
		return;
	choose(board);
	posture_clear(&board->merged);
	if (board->has_own)
		posture_merge(&board->merged, &board->own);
	for (size_t i = 0; i < board->row_count; i++)
		if (board->rows[i]->is_counted) {
			read_row(board, board->rows[i]);
			posture_merge(&board->merged, &board->scratch);
		}
	board->is_dirty = false;
}

/* Asking. */

static bool is_silent(const board_t *board, const row_t *row, int64_t now_ns)
{
	return now_ns - row->received_ns > board->spec.silent_ns;
}

void board_ask(board_t *board, board_answer_t *ret_answer)
{
	int64_t now_ns = env_utc(board->env).ns;
	env_lock(board->mutex);
	merge_all(board);
	board_answer_t answer = { .posture = posture_of(&board->merged, now_ns),
		                  .rows = (uint32_t)board->row_count + board->has_own,
		                  .counted = board->has_own };
	for (size_t i = 0; i < board->row_count; i++) {
		const row_t *row = board->rows[i];
		answer.counted += row->is_counted;
		answer.silent += row->is_counted && is_silent(board, row, now_ns);
	}
	env_unlock(board->mutex);
	*ret_answer = answer;
}

err_t board_ask_node(board_t *board, slice_t child, slice_t node, posture_t *ret_posture)
{
	int64_t now_ns = env_utc(board->env).ns;
	bool is_there;
	env_lock(board->mutex);
	size_t at = find_row(board, child, node, &is_there);
	if (is_there) {
		read_row(board, board->rows[at]);
		*ret_posture = posture_of(&board->scratch, now_ns);
	}
	env_unlock(board->mutex);
	return is_there ? ERR_OK : ERR_NOT_FOUND;
}

static bool copy_row(const board_t *board, const row_t *row, arena_t *arena, board_row_t *ret_row)
{
	slice_t node = arena_copy(arena, row->node), child = arena_copy(arena, row->child);
	*ret_row = (board_row_t){ .node = node,
		                  .child = child,
		                  .nodes = row->nodes,
		                  .newest_ns = row->newest_ns,
		                  .received_ns = row->received_ns,
		                  .is_counted = row->is_counted,
		                  .is_silent = is_silent(board, row, env_utc(board->env).ns) };
	return node.ptr && child.ptr;
}

size_t board_list(board_t *board, const board_row_t *behind, arena_t *arena, board_row_t *ret_rows,
                  size_t max)
{
	bool is_there;
	size_t count = 0;
	env_lock(board->mutex);
	merge_all(board);
	size_t at = find_row(board, behind->child, behind->node, &is_there) + is_there;
	while (count < max && at < board->row_count &&
	       copy_row(board, board->rows[at], arena, &ret_rows[count])) {
		count++;
		at++;
	}
	env_unlock(board->mutex);
	return count;
}

size_t board_campaigns(board_t *board, arena_t *arena, campaign_t *ret_rows, size_t max)
{
	size_t kept = 0;
	env_lock(board->mutex);
	size_t count = campaigns_list(board->campaigns, ret_rows, max);
	for (bool fits = true; kept < count && fits; kept += fits) {
		ret_rows[kept].subject = arena_copy(arena, ret_rows[kept].subject);
		fits = ret_rows[kept].subject.ptr != NULL;
	}
	env_unlock(board->mutex);
	return kept;
}

campaigns_tally_t board_tally(board_t *board)
{
	env_lock(board->mutex);
	campaigns_tally_t tally = campaigns_tally(board->campaigns);
	env_unlock(board->mutex);
	return tally;
}

err_t board_put(board_t *board, writer_t *w)
{
	env_lock(board->mutex);
	merge_all(board);
	bool is_known = board->merged.risk.nodes > 0;
	if (is_known)
		posture_put(&board->merged, board->node, w);
	env_unlock(board->mutex);
	if (!is_known)
		return ERR_NOT_FOUND;
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

/* Opening. */

static void set_defaults(board_spec_t *spec)
{
	campaigns_limits_t *c = &spec->campaigns;
	if (spec->nodes_max == 0)
		spec->nodes_max = NODES_DEFAULT;
	if (spec->bytes_max == 0)
		spec->bytes_max = BYTES_DEFAULT;
	if (spec->silent_ns == 0)
		spec->silent_ns = SILENT_DEFAULT_NS;
	if (spec->keep_ns == 0)
		spec->keep_ns = KEEP_DEFAULT_NS;
	if (c->reports == 0 && c->sightings == 0 && c->campaigns == 0)
		*c = (campaigns_limits_t){ REPORTS_DEFAULT, REPORTS_DEFAULT, CAMPAIGNS_DEFAULT };
}

static err_t set_up(board_t *board)
{
	uint64_t seed = 0;
	set_defaults(&board->spec);
	board->node = slice_str(board->spec.node);
	if (board->node.len == 0 || board->node.len > RISK_NODE_MAX)
		return ERR_INVALID;
	env_random(board->env, &seed, sizeof(seed));
	board->campaigns = campaigns_new(&board->spec.campaigns, seed);
	board->rows = calloc(board->spec.nodes_max, sizeof(row_t *));
	board->order = calloc(board->spec.nodes_max, sizeof(row_t *));
	if (!board->campaigns || !board->rows || !board->order)
		return ERR_NO_MEMORY;
	board->is_dirty = true;
	err_t err = env_mutex_new(board->env, &board->mutex);
	return err ? err : board_follow(board);
}

err_t board_open(env_t *env, const board_spec_t *spec, board_t **ret_board)
{
	board_t *board = calloc(1, sizeof(*board));
	if (!board)
		return ERR_NO_MEMORY;
	board->env = env;
	board->spec = *spec;
	metrics_init(&board->metrics, METRICS, METRIC_COUNT);
	err_t err = set_up(board);
	if (err)
		board_close(board);
	else
		*ret_board = board;
	return err;
}

void board_close(board_t *board)
{
	if (!board)
		return;
	for (size_t i = 0; i < board->row_count; i++)
		free(board->rows[i]);
	free(board->rows);
	free(board->order);
	campaigns_free(board->campaigns);
	env_mutex_free(board->mutex);
	free(board);
}
