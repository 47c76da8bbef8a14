/* SPDX-License-Identifier: Apache-2.0 */
/* Events with their sentence in the reader's language. The lists run on the query
 * loop, the JSON also serves the streams. */
#include "api/handlers.h"
#include "api/state.h"
#include "base/num.h"
#include "model/text.h"

enum { EVENT_ROOM = 128 * 1024, SENTENCE_MAX = 2 * EVENT_BYTES_MAX, EVENTS_MAX = 1000 };

static const err_text_t text_word = {
	{ "%1 is no word of this filter", "筛选条件中没有 %1" },
	{ "see /api/v1/openapi.yaml for the words of class and severity",
	  "class 与 severity 的取值见 /api/v1/openapi.yaml" },
};

static const err_text_t text_event = {
	{ "there is no event %1", "没有事件 %1" },
	{ "GET /api/v1/events lists those that are kept", "GET /api/v1/events 可列出现有事件" },
};

static void put_args(const event_t *event, json_t *j)
{
	json_put_object(j, "args");
	for (size_t i = 0; i < event->count; i++) {
		json_key(j, event_arg_name(event->args[i].key));
		value_json(&event->args[i].value, j);
	}
	json_close(j);
}

void events_json(const catalogue_t *catalogue, const event_t *event, lang_t lang, json_t *j)
{
	char sentence[SENTENCE_MAX];
	writer_t w = writer_of(sentence, sizeof(sentence));
	const message_info_t *info = message_info(event->message);
	const device_t *device = catalogue_device(catalogue, event->device);
	const point_t *point = catalogue_point(catalogue, event->point);
	event_text(event, lang, &w);
	json_object(j);
	json_put_u64(j, "seq", event->seq);
	json_put_time(j, "time", event->node.ns);
	json_put_ms(j, "time_ms", event->node.ns);
	json_put_cstr(j, "message", info->name);
	json_put_cstr(j, "class", event_class_name(info->class));
	json_put_cstr(j, "severity", severity_name(event->severity));
	if (device)
		json_put_cstr(j, "device", device->name);
	if (point)
		json_put_cstr(j, "point", point->name);
	if (event->incident)
		json_put_u64(j, "incident", event->incident);
	put_args(event, j);
	json_put_str(j, "text", writer_done(&w));
	json_close(j);
}

typedef struct {
	exchange_t *x;
	size_t rows;
	uint64_t oldest;
} page_t;

static bool put_event(void *ctx, const event_t *event)
{
	page_t *page = ctx;
	json_t *j = reply_json(&page->x->reply, EVENT_ROOM);
	events_json(api_catalogue(page->x->api), event, page->x->request.lang, j);
	page->oldest = event->seq;
	page->rows++;
	return !j->w.bad;
}

static bool refuse_word(exchange_t *x, slice_t word)
{
	exchange_refuse(x, ERR_INVALID, &text_word, word);
	return false;
}

static bool read_classes(exchange_t *x, events_query_t *query)
{
	slice_t words;
	if (!request_query(&x->request, "class", 0, &words))
		return true;
	while (words.len) {
		slice_t word = slice_cut(&words, ',');
		uint32_t bit = 0;
		for (unsigned i = 0; i < EVENT_CLASS_COUNT; i++)
			if (slice_eq(word, slice_str(event_class_name((event_class_t)i))))
				bit = UINT32_C(1) << i;
		if (!bit)
			return refuse_word(x, word);
		query->class_mask |= bit;
	}
	return true;
}

static bool read_severity(exchange_t *x, events_query_t *query)
{
	slice_t word;
	if (!request_query(&x->request, "severity", 0, &word) || word.len == 0)
		return true;
	for (unsigned i = 0; i < SEVERITY_COUNT; i++)
		if (slice_eq(word, slice_str(severity_name((severity_t)i)))) {
			query->severity = (severity_t)i;
			return true;
		}
	return refuse_word(x, word);
}

static bool read_numbers(exchange_t *x, events_query_t *query)
{
	static const query_number_t before = { "before", 0, INT64_MAX, 0 };
	static const query_number_t after = { "after", 0, INT64_MAX, 0 };
	static const query_number_t incident = { "incident", 0, INT64_MAX, 0 };
	static const query_number_t limit = { "limit", 1, EVENTS_MAX, 100 };
	int64_t numbers[4] = { 0 };
	if (!exchange_number(x, &before, &numbers[0]) || !exchange_number(x, &after, &numbers[1]) ||
	    !exchange_number(x, &incident, &numbers[2]) || !exchange_number(x, &limit, &numbers[3]))
		return false;
	query->before_seq = (uint64_t)numbers[0];
	query->after_seq = (uint64_t)numbers[1];
	query->incident = (uint64_t)numbers[2];
	query->limit = (size_t)numbers[3];
	return true;
}

static bool read_query(exchange_t *x, events_query_t *query)
{
	slice_t name;
	if (request_query(&x->request, "point", 0, &name) && name.len) {
		const point_t *point = exchange_point(x, name);
		if (!point)
			return false;
		query->point = point->id;
	}
	return read_classes(x, query) && read_severity(x, query) && read_numbers(x, query);
}

verdict_t events_get(exchange_t *x)
{
	events_query_t query = { 0 };
	page_t page = { .x = x };
	if (!read_query(x, &query))
		return EXCHANGE_ANSWERED;
	json_t *j = reply_items(&x->reply, EVENT_ROOM);
	err_t err = events_find(x->api->spec.events, &query, put_event, &page);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	json_close(reply_json(&x->reply, 64));
	json_key(j, "next_before");
	if (page.rows == query.limit)
		json_u64(j, page.oldest);
	else
		json_null(j);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

verdict_t event_get(exchange_t *x)
{
	uint64_t seq = 0;
	slice_t name = x->request.param[0];
	page_t page = { .x = x };
	if (num_parse_u64(name, INT64_MAX, &seq) || seq == 0)
		return exchange_refuse(x, ERR_NOT_FOUND, &text_event, name);
	events_query_t query = { .before_seq = seq + 1, .after_seq = seq - 1, .limit = 1 };
	err_t err = events_find(x->api->spec.events, &query, put_event, &page);
	if (!err && page.rows == 0)
		err = ERR_NOT_FOUND;
	return err ? exchange_refuse(x, err, &text_event, name) : EXCHANGE_ANSWERED;
}
