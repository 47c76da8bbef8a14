/* SPDX-License-Identifier: Apache-2.0 */
/* The orders of the past, put together from their events: each order is up to three
 * of them, which share its id. Query loop. */
#include <math.h>
#include <stdlib.h>

#include "api/handlers.h"
#include "api/state.h"

enum { ROW_ROOM = 2048, ROWS_MAX = 1000, PAGE = 1000, PAGES_MAX = 8, REASON_MAX = 96 };

typedef struct {
	char id[COMMAND_ID_MAX], subject[COMMAND_SUBJECT_MAX], role[16], state[16];
	char reason[REASON_MAX];
	point_id_t point;
	double requested, old, read_back;
	int64_t time_ns;
	uint64_t requested_seq, final_seq;
} order_t;

typedef struct {
	order_t *orders;
	size_t count, max, seen;
	uint64_t oldest;
} fold_t;

static void take_text(const event_t *event, event_arg_key_t key, char *buf, size_t cap)
{
	const value_t *value = event_arg_get(event, key);
	if (buf[0] == 0 && value && value->type == VALUE_TEXT)
		slice_to_cstr(value->as.text, buf, cap);
}

static void take_number(const event_t *event, event_arg_key_t key, double *number)
{
	const value_t *value = event_arg_get(event, key);
	if (isnan(*number) && value)
		value_number(value, number);
}

/* The order of the event, a fresh one at its newest event, or NULL when the list
 * is full. */
static order_t *find(fold_t *fold, const event_t *event)
{
	char id[COMMAND_ID_MAX] = "";
	take_text(event, ARG_COMMAND, id, sizeof(id));
	for (size_t i = 0; id[0] && i < fold->count; i++)
		if (strcmp(fold->orders[i].id, id) == 0)
			return &fold->orders[i];
	if (fold->count == fold->max)
		return NULL;
	order_t *order = &fold->orders[fold->count++];
	*order = (order_t){ .requested = NAN, .old = NAN, .read_back = NAN };
	memcpy(order->id, id, sizeof(id));
	order->point = event->point;
	order->time_ns = event->node.ns;
	return order;
}

/* Newest first, so what is set already is the later word. */
static bool fold_event(void *ctx, const event_t *event)
{
	fold_t *fold = ctx;
	fold->oldest = event->seq;
	fold->seen++;
	order_t *order = find(fold, event);
	if (!order)
		return true;
	take_text(event, ARG_SUBJECT, order->subject, sizeof(order->subject));
	take_text(event, ARG_ROLE, order->role, sizeof(order->role));
	take_text(event, ARG_STATE, order->state, sizeof(order->state));
	take_text(event, ARG_REASON, order->reason, sizeof(order->reason));
	take_number(event, ARG_NEW, &order->requested);
	take_number(event, ARG_OLD, &order->old);
	take_number(event, ARG_READ_BACK, &order->read_back);
	if (event->message == MSG_COMMAND_REQUESTED)
		order->requested_seq = event->seq;
	else if (event->message != MSG_COMMAND_OPERATED && !order->final_seq)
		order->final_seq = event->seq;
	return true;
}

static err_t fold_all(exchange_t *x, fold_t *fold)
{
	events_query_t query = { .class_mask = 1u << EVENT_COMMAND, .limit = PAGE };
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < PAGES_MAX; i++) {
		fold->seen = 0;
		query.before_seq = fold->oldest;
		err = events_find(x->api->spec.events, &query, fold_event, fold);
		if (fold->seen < PAGE || fold->count == fold->max)
			break;
	}
	return err;
}

static void put_seq(json_t *j, const char *key, uint64_t seq)
{
	json_key(j, key);
	if (seq)
		json_u64(j, seq);
	else
		json_null(j);
}

static void put_order(const catalogue_t *c, const order_t *order, json_t *j)
{
	const point_t *point = catalogue_point(c, order->point);
	json_object(j);
	json_put_cstr(j, "id", order->id);
	json_put_cstr(j, "point", point ? point->name : "");
	json_put_cstr(j, "subject", order->subject);
	json_put_cstr(j, "role", order->role);
	json_put_f64(j, "requested", order->requested);
	json_put_f64(j, "old", order->old);
	json_put_f64(j, "read_back", order->read_back);
	json_put_cstr(j, "state", order->state);
	json_put_ms(j, "time_ms", order->time_ns);
	put_seq(j, "requested_seq", order->requested_seq);
	put_seq(j, "final_seq", order->final_seq);
	if (order->reason[0])
		json_put_cstr(j, "reason", order->reason);
	json_close(j);
}

verdict_t commands_get(exchange_t *x)
{
	static const query_number_t limit = { "limit", 1, ROWS_MAX, 100 };
	int64_t rows = 0;
	if (!exchange_number(x, &limit, &rows))
		return EXCHANGE_ANSWERED;
	fold_t fold = { .max = (size_t)rows };
	fold.orders = calloc(fold.max, sizeof(*fold.orders));
	err_t err = fold.orders ? fold_all(x, &fold) : ERR_NO_MEMORY;
	json_t *j = reply_items(&x->reply, ROW_ROOM);
	for (size_t i = 0; !err && i < fold.count; i++)
		put_order(api_catalogue(x->api), &fold.orders[i], reply_json(&x->reply, ROW_ROOM));
	json_close(j);
	json_close(j);
	free(fold.orders);
	return err ? exchange_refuse(x, err, NULL, (slice_t){ 0 }) : EXCHANGE_ANSWERED;
}
