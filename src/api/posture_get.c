/* SPDX-License-Identifier: Apache-2.0 */
/* How safe this node and all below it are, and why. */
#include <stdlib.h>

#include "api/handlers.h"
#include "api/state.h"
#include "api/tree_ask.h"

enum {
	ROWS_MAX = 4096, /* as many as a board has */
	CAMPAIGNS_MAX = 100,
	NAMES_BYTES = ROWS_MAX * 2 * CAMPAIGN_NAME_MAX,
	SENTENCE_MAX = 512,
	TECHNIQUE_TEXT = 8,
};

static slice_t technique_text(unsigned technique, char text[TECHNIQUE_TEXT])
{
	writer_t w = writer_of(text, TECHNIQUE_TEXT);
	if (technique)
		wr_format(&w, "T%04u", technique);
	return writer_done(&w);
}

/* The word of a reason, and its sentence by the same function as for all of them. */
static void put_reason(const posture_reason_t *reason, lang_t lang, json_t *j)
{
	static const char *const bands[] = {
#define X(name, from, to, en, zh) en,
		POSTURE_BAND_ROWS(X)
#undef X
	};
	char technique[TECHNIQUE_TEXT], text[SENTENCE_MAX];
	writer_t w = writer_of(text, sizeof(text));
	posture_t alone = { .is_there = true, .reasons = { *reason }, .reason_count = 1 };
	posture_put_because(&alone, lang, &w);
	json_object(j);
	json_put_cstr(j, "reason", reason->is_events ? "events" : "assets");
	json_put_object(j, "arguments");
	json_put_u64(j, "count", reason->count);
	if (reason->is_events)
		json_put_str(j, "technique", technique_text(reason->which, technique));
	else
		json_put_cstr(j, "band", bands[reason->which]);
	json_close(j);
	json_put_f64(j, "effect", reason->effect);
	json_put_str(j, "text", writer_done(&w));
	json_close(j);
}

static void put_index(const board_answer_t *answer, lang_t lang, json_t *j)
{
	const posture_t *posture = &answer->posture;
	tree_put_number(j, "index", posture->is_there, posture->index);
	json_put_f64(j, "coverage", posture->coverage);
	json_put_f64(j, "validity", posture->validity);
	json_put_u64(j, "rated", posture->rated);
	json_put_u64(j, "events", posture->events);
	json_put_u64(j, "nodes_counted", answer->counted);
	json_put_u64(j, "nodes_silent", answer->silent);
	tree_put_number(j, "age_s", posture->is_there, (double)posture->age_ns / (double)NS_PER_S);
	json_put_array(j, "because");
	for (size_t i = 0; i < posture->reason_count; i++)
		put_reason(&posture->reasons[i], lang, j);
	json_close(j);
}

static void put_child(board_t *board, const board_row_t *row, json_t *j)
{
	posture_t posture = { 0 };
	/* Inputs that were replaced meanwhile by others of other names are told as none. */
	bool is_there = board_ask_node(board, row->child, row->node, &posture) == ERR_OK &&
	                posture.is_there;
	json_object(j);
	json_put_str(j, "ident", row->node);
	json_put_u64(j, "nodes", row->nodes);
	tree_put_number(j, "index", is_there, posture.index);
	tree_put_number(j, "coverage", is_there, posture.coverage);
	tree_put_number(j, "age_s", is_there, (double)posture.age_ns / (double)NS_PER_S);
	json_put_bool(j, "silent", row->is_silent);
	json_close(j);
}

/* What each child says of itself. */
static err_t put_children(exchange_t *x, board_t *board)
{
	board_row_t *rows = calloc(ROWS_MAX, sizeof(*rows));
	void *names = malloc(NAMES_BYTES);
	err_t err = rows && names ? ERR_OK : ERR_NO_MEMORY;
	size_t count = 0;
	if (!err) {
		arena_t arena = arena_of(names, NAMES_BYTES);
		count = board_list(board, &(board_row_t){ 0 }, &arena, rows, ROWS_MAX);
	}
	json_put_array(reply_json(&x->reply, TREE_ROOM), "children");
	for (size_t i = 0; i < count; i++)
		if (slice_eq(rows[i].node, rows[i].child))
			put_child(board, &rows[i], reply_json(&x->reply, TREE_ROOM));
	json_close(reply_json(&x->reply, TREE_ROOM));
	free(rows);
	free(names);
	return err;
}

static void put_campaign(const campaign_t *campaign, json_t *j)
{
	char text[TECHNIQUE_TEXT];
	json_object(j);
	json_put_str(j, "subject", campaign->subject);
	unsigned first = 0;
	while (first < CAMPAIGN_TECHNIQUES && !campaign_has(campaign, first))
		first++;
	json_put_str(j, "technique", technique_text(first % CAMPAIGN_TECHNIQUES, text));
	json_put_array(j, "techniques");
	for (unsigned i = 1; i < CAMPAIGN_TECHNIQUES; i++)
		if (campaign_has(campaign, i))
			json_str(j, technique_text(i, text));
	json_close(j);
	json_put_u64(j, "sightings", campaign->sightings);
	json_put_u64(j, "entities", campaign->nodes);
	json_put_cstr(j, "severity", severity_name(campaign->severity));
	json_put_time(j, "first", campaign->first_ns);
	json_put_time(j, "last", campaign->last_ns);
	json_close(j);
}

static err_t put_campaigns(exchange_t *x, board_t *board)
{
	campaign_t *rows = calloc(CAMPAIGNS_MAX, sizeof(*rows));
	void *names = malloc(NAMES_BYTES);
	err_t err = rows && names ? ERR_OK : ERR_NO_MEMORY;
	size_t count = 0;
	if (!err) {
		arena_t arena = arena_of(names, NAMES_BYTES);
		count = board_campaigns(board, &arena, rows, CAMPAIGNS_MAX);
	}
	json_put_array(reply_json(&x->reply, TREE_ROOM), "campaigns");
	for (size_t i = 0; i < count; i++)
		put_campaign(&rows[i], reply_json(&x->reply, 2 * TREE_ROOM));
	json_close(reply_json(&x->reply, TREE_ROOM));
	free(rows);
	free(names);
	return err;
}

verdict_t posture_get(exchange_t *x)
{
	board_answer_t answer;
	const api_tree_t *tree = tree_ask(x);
	if (!tree)
		return EXCHANGE_ANSWERED;
	board_ask(tree->board, &answer);
	json_t *j = reply_json(&x->reply, TREE_ROOM);
	json_object(j);
	put_index(&answer, x->request.lang, j);
	err_t err = put_children(x, tree->board);
	if (!err)
		err = put_campaigns(x, tree->board);
	json_close(reply_json(&x->reply, TREE_ROOM));
	return err ? exchange_refuse(x, err, NULL, (slice_t){ 0 }) : EXCHANGE_ANSWERED;
}
