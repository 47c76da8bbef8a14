/* SPDX-License-Identifier: Apache-2.0 */
/* Many names in one request. Each is a change of its own and succeeds or fails alone; as
 * many as SNMS_AHEAD are under way at once, so that they share the syncs of the journal.
 * The answer goes out when the last is durable. */
#include <stdlib.h>

#include "api/body.h"
#include "api/handlers.h"
#include "api/snms.h"
#include "api/state.h"

enum { ROW_ROOM = 6 * (SNMS_NAME_MAX + SNMS_MESSAGE_MAX) + 256 };

static const err_text_t text_count = {
	{ "the body is not a list of 1 to 1500 items", "请求体不是 1 至 1500 项的数组" },
	{ "split it into smaller batches", "请分批提交" },
};
static const err_text_t text_busy = {
	{ "too many batches are under way", "执行中的批次过多" },
	{ "try again in a moment", "请稍后重试" },
};

typedef struct snms_batch batch_t;

typedef struct {
	batch_t *batch;
	slice_t name;
	int code; /* 0: under way */
	char message[SNMS_MESSAGE_MAX];
} row_t;

struct snms_batch {
	batch_t *next;
	exchange_t *x;
	json_tree_t *doc; /* what the names borrow */
	const json_tree_t *list;
	registry_verb_t verb;
	size_t count, sent, under_way;
	row_t rows[];
};

static void batch_free(batch_t *batch)
{
	json_free(batch->doc);
	free(batch);
}

void snms_batches_free(api_t *api)
{
	while (api->batch) {
		batch_t *batch = api->batch;
		api->batch = batch->next;
		batch_free(batch);
	}
}

static void answer(batch_t *batch)
{
	exchange_t *x = batch->x;
	batch_t **at = &x->api->batch;
	json_t *j = snms_begin(x);
	json_array(j);
	for (size_t i = 0; i < batch->count; i++) {
		const row_t *row = &batch->rows[i];
		j = reply_json(&x->reply, ROW_ROOM);
		json_object(j);
		json_put_str(j, "handle", row->name);
		json_put_i64(j, "code", row->code);
		json_put_cstr(j, "msg", row->message);
		json_close(j);
	}
	json_close(j);
	json_close(j);
	while (*at != batch)
		at = &(*at)->next;
	*at = batch->next;
	metric_add(&x->api->metrics, METRIC_BATCHES, -1);
	batch_free(batch);
	exchange_finish(x);
}

static void settle(row_t *row, int code)
{
	row->code = code;
	if (code == SNMS_GOOD)
		memcpy(row->message, "success", sizeof("success"));
}

/* Sends until enough is under way. ERR_BUSY of the registry with something of ours under
 * way: the next result goes on. */
static void advance(batch_t *batch)
{
	while (batch->sent < batch->count && batch->under_way < SNMS_AHEAD) {
		row_t *row = &batch->rows[batch->sent];
		snms_change_t change = { .verb = batch->verb,
			                 .reply = batch->x->api->batches,
			                 .ctx = row };
		row->batch = batch;
		err_t err = snms_send(batch->x, json_item(batch->list, batch->sent), &change,
		                      row->message);
		row->name = change.name;
		if (err == ERR_BUSY && batch->under_way > 0)
			return;
		batch->sent++;
		if (err)
			settle(row, SNMS_REFUSED);
		else
			batch->under_way++;
	}
}

static bool is_done(const batch_t *batch)
{
	return batch->sent == batch->count && batch->under_way == 0;
}

void snms_batch_answer(const registry_result_t *result)
{
	row_t *row = result->ctx;
	batch_t *batch = row->batch;
	batch->under_way--;
	if (result->err)
		snms_result_text(batch->x, result, row->message);
	settle(row, result->err ? SNMS_REFUSED : SNMS_GOOD);
	advance(batch);
	if (is_done(batch))
		answer(batch);
}

/* Counts who is refused. */
static bool has_room(api_t *api)
{
	bool has = metric_get(&api->metrics, METRIC_BATCHES) < SNMS_BATCHES;
	metric_add(&api->metrics, METRIC_BATCHES_FULL, !has);
	return has;
}

static batch_t *batch_new(exchange_t *x, json_tree_t *doc, const json_tree_t *list,
                          registry_verb_t verb)
{
	size_t count = json_count(list);
	batch_t *batch = calloc(1, sizeof(*batch) + count * sizeof(row_t));
	if (!batch)
		return NULL;
	batch->x = x;
	batch->doc = doc;
	batch->list = list;
	batch->verb = verb;
	batch->count = count;
	batch->next = x->api->batch;
	x->api->batch = batch;
	metric_add(&x->api->metrics, METRIC_BATCHES, 1);
	return batch;
}

static verdict_t begin(exchange_t *x, registry_verb_t verb)
{
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	const json_tree_t *list = json_kind(doc) == JSON_LIST_VALUE ? doc
	                                                            : json_member(doc, "handles");
	bool is_good = json_kind(list) == JSON_LIST_VALUE && json_count(list) > 0 &&
	               json_count(list) <= SNMS_BATCH_MAX;
	batch_t *batch = is_good && has_room(x->api) ? batch_new(x, doc, list, verb) : NULL;
	if (!batch) {
		json_free(doc);
		return is_good ? exchange_refuse(x, ERR_BUSY, &text_busy, (slice_t){ 0 })
		               : exchange_refuse(x, ERR_INVALID, &text_count, (slice_t){ 0 });
	}
	advance(batch);
	if (is_done(batch))
		answer(batch);
	return EXCHANGE_LATER;
}

verdict_t snms_batch_post(exchange_t *x)
{
	return begin(x, REGISTRY_CREATE);
}

verdict_t snms_batch_put(exchange_t *x)
{
	return begin(x, REGISTRY_MERGE);
}

verdict_t snms_batch_delete(exchange_t *x)
{
	return begin(x, REGISTRY_REMOVE);
}
