/* SPDX-License-Identifier: Apache-2.0 */
/* This node among others: itself, its parents and what is on its way to them, its children. */
#include "api/handlers.h"
#include "api/state.h"
#include "api/tree_ask.h"
#include "api/tree_children.h"
#include "model/text.h"

enum {
	SENTENCE_MAX = 512,
	REFUSALS_MAX = 100,
	ALERTS_MAX = 10000, /* looked at for them */
	ALERTS_PAGE = 1000,
};

static const err_text_t text_not_joined = {
	{ "this node has not joined that parent yet", "本节点尚未加入该上级" },
	{ "ask there for a code and run: jizhu enrol", "请向其索取入网码并执行：jizhu enrol" },
};

static slice_t entity_of(const api_tree_t *tree, slice_t region)
{
	bool is_one = tree->packs &&
	              places_find(tree->packs->places, PLACE_ENTITY, (slice_t){ 0 }, region);
	return is_one ? region : (slice_t){ 0 };
}

static void put_node(const api_tree_t *tree, json_t *j)
{
	const node_info_t *node = &tree->config->node;
	json_put_object(j, "node");
	json_put_cstr(j, "ident", node->prefix);
	json_put_cstr(j, "name", node->name);
	json_put_label(j, node->label);
	json_put_cstr(j, "level", node->level);
	json_put_cstr(j, "region", node->region);
	json_put_str(j, "entity", entity_of(tree, slice_str(node->region)));
	json_put_cstr(j, "industry", node->industry);
	json_close(j);
	json_put_bool(j, "listens", tree->parent != NULL);
}

/* Parents. */

static const char *state_of(const child_t *child, const child_status_t *status)
{
	static const char *const words[] = {
		[CHILD_WAITS] = "down",
		[CHILD_DIALS] = "connecting",
		[CHILD_GREETS] = "connecting",
		[CHILD_UP] = "up",
	};
	if (!child)
		return "down";
	if (status->state == CHILD_WAITS && status->refusal != UPLINK_REASON_COUNT)
		return "refused";
	return words[status->state];
}

static void put_sentence(const err_detail_t *detail, lang_t lang, json_t *j)
{
	char text[SENTENCE_MAX];
	json_put_cstr(j, "reason", err_render(detail, lang, text, sizeof(text)));
}

/* Why there is no session. */
static void put_reason(const api_bond_t *bond, const child_status_t *status, lang_t lang, json_t *j)
{
	err_detail_t detail = { 0 };
	if (bond->trouble->err) {
		put_sentence(bond->trouble, lang, j);
	} else if (!bond->child) {
		err_raise(&detail, ERR_NOT_FOUND, &text_not_joined, "", (char *)NULL);
		put_sentence(&detail, lang, j);
	} else if (status->state == CHILD_UP) {
		return;
	} else if (status->refusal != UPLINK_REASON_COUNT) {
		json_put_cstr(j, "reason", uplink_reason_text(status->refusal, lang));
	} else if (status->why) {
		json_put_cstr(j, "reason", err_info(status->why)->text[lang]);
	}
}

static void put_withheld(const uplink_withheld_t *withheld, size_t count, json_t *j)
{
	json_put_object(j, "withheld");
	for (size_t i = 0; i < count; i++)
		json_put_u64(j, uplink_class_name(withheld[i].class), withheld[i].count);
	json_close(j);
}

/* When the oldest item happened that the parent does not hold; 0: none waits. */
static int64_t oldest_unsent(const api_tree_t *tree, slice_t parent, const uplink_held_t *held)
{
	outbox_batch_t batch;
	uplink_stream_t stream = (uplink_stream_t)held->stream;
	bool is_there = outbox_next(tree->outbox, parent, stream, held, &batch) == ERR_OK;
	return is_there ? batch.from_ns : 0;
}

static void put_stream(const api_tree_t *tree, const api_bond_t *bond, const child_stream_t *sent,
                       json_t *j)
{
	slice_t parent = slice_str(bond->config->node);
	uplink_stream_t stream = (uplink_stream_t)sent->receipted.stream;
	const outbox_stream_t *put = outbox_stream(tree->outbox, parent, stream);
	if (!put)
		return;
	json_object(j);
	json_put_cstr(j, "stream", uplink_stream_name(stream));
	json_put_u64(j, "last", put->durable.sequence);
	json_put_u64(j, "held", sent->receipted.sequence);
	json_put_u64(j, "unsent_items", bond->child ? sent->waiting : put->items);
	tree_put_time(j, "oldest_unsent", oldest_unsent(tree, parent, &sent->receipted));
	put_withheld(put->withheld, put->withheld_count, j);
	if (bond->child && sent->stopped != UPLINK_REASON_COUNT)
		json_put_cstr(j, "stopped", uplink_reason_name(sent->stopped));
	json_close(j);
}

static void put_parent(exchange_t *x, const api_bond_t *bond, json_t *j)
{
	char addr[ADDR_TEXT_MAX];
	const api_tree_t *tree = x->api->spec.tree;
	child_status_t status = { .refusal = UPLINK_REASON_COUNT };
	if (bond->child)
		status = child_status(bond->child);
	json_object(j);
	json_put_cstr(j, "name", bond->config->name);
	json_put_cstr(j, "ident", bond->config->node);
	json_put_cstr(j, "address", addr_format(bond->config->addr, addr));
	json_put_cstr(j, "state", state_of(bond->child, &status));
	tree_put_time(j, "since", status.since_ns);
	tree_put_time(j, "last_beat", status.heard_ns);
	put_reason(bond, &status, x->request.lang, j);
	json_put_array(j, "streams");
	for (unsigned i = 0; tree->outbox && i < UPLINK_STREAM_COUNT; i++) {
		child_stream_t *sent = &status.streams[i];
		sent->receipted.stream = (uint8_t)i;
		put_stream(tree, bond, sent, j);
	}
	json_close(j);
	json_close(j);
}

static void put_parents(exchange_t *x)
{
	const api_tree_t *tree = x->api->spec.tree;
	api_bond_t bond;
	json_put_array(reply_json(&x->reply, TREE_ROOM), "parents");
	for (size_t i = 0; tree->bond_at && tree->bond_at(tree->bonds, i, &bond); i++)
		put_parent(x, &bond, reply_json(&x->reply, 2 * TREE_ROOM));
	json_close(reply_json(&x->reply, TREE_ROOM));
}

verdict_t tree_get(exchange_t *x)
{
	const api_tree_t *tree = tree_ask(x);
	if (!tree)
		return EXCHANGE_ANSWERED;
	json_t *j = reply_json(&x->reply, TREE_ROOM);
	json_object(j);
	put_node(tree, j);
	put_parents(x);
	verdict_t verdict = tree_put_children(x);
	if (x->reply.status < 400)
		json_close(reply_json(&x->reply, TREE_ROOM));
	return verdict;
}

/* What children sent and this node did not take: the events of it. */

typedef struct {
	exchange_t *x;
	size_t rows, looks;
	uint64_t oldest; /* event looked at */
} refusals_t;

static void put_arg(const event_t *event, event_arg_key_t arg, const char *key, json_t *j)
{
	const value_t *value = event_arg_get(event, arg);
	json_key(j, key);
	if (value)
		value_json(value, j);
	else
		json_null(j);
}

static bool put_refusal(void *ctx, const event_t *event)
{
	refusals_t *list = ctx;
	list->looks++;
	list->oldest = event->seq;
	if (event->message != MSG_UPLINK_REFUSED)
		return true;
	char text[2 * EVENT_BYTES_MAX];
	writer_t w = writer_of(text, sizeof(text));
	json_t *j = reply_json(&list->x->reply, TREE_ROOM + 6 * sizeof(text));
	event_text(event, list->x->request.lang, &w);
	json_object(j);
	json_put_time(j, "time", event->node.ns);
	put_arg(event, ARG_NAME, "child", j);
	put_arg(event, ARG_STATE, "stream", j);
	put_arg(event, ARG_SEQUENCE, "sequence", j);
	put_arg(event, ARG_REASON, "reason", j);
	json_put_str(j, "detail", writer_done(&w));
	json_close(j);
	return ++list->rows < REFUSALS_MAX;
}

verdict_t tree_refusals_get(exchange_t *x)
{
	refusals_t list = { .x = x };
	size_t looks = 0;
	events_query_t query = { .class_mask = UINT32_C(1) << EVENT_ALERT, .limit = ALERTS_PAGE };
	if (!tree_ask(x))
		return EXCHANGE_ANSWERED;
	reply_items(&x->reply, TREE_ROOM);
	do {
		looks = list.looks;
		query.before_seq = list.oldest;
		err_t err = events_find(x->api->spec.events, &query, put_refusal, &list);
		if (err)
			return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	} while (list.looks == looks + ALERTS_PAGE && list.looks < ALERTS_MAX);
	reply_items_end(&x->reply);
	return EXCHANGE_ANSWERED;
}
