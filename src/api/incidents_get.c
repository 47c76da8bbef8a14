/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents with their sentence, and for one of them the packet that shows it. */

#include "api/handlers.h"
#include "api/packet_json.h"
#include "api/state.h"
#include "base/num.h"
#include "codec/modbus/modbus.h"
#include "model/text.h"

enum { INCIDENT_ROOM = 16 * 1024, BATCH = 16, INCIDENTS_MAX = 1000, SENTENCE_MAX = 2048 };

static const err_text_t text_incident = {
	{ "there is no incident %1", "没有事件 %1" },
	{ "GET /api/v1/incidents lists them", "GET /api/v1/incidents 可列出全部" },
};

static const message_t messages[INCIDENT_KIND_COUNT] = {
	[INCIDENT_SWEEP] = MSG_INCIDENT_SWEEP,         [INCIDENT_WALK] = MSG_INCIDENT_WALK,
	[INCIDENT_WRITE] = MSG_INCIDENT_WRITE,         [INCIDENT_TALKER] = MSG_INCIDENT_TALKER,
	[INCIDENT_MALFORMED] = MSG_INCIDENT_MALFORMED,
};

/* What the arguments of the sentence borrow. */
typedef struct {
	char client[IP_TEXT_MAX], server[IP_TEXT_MAX], usual[IP_TEXT_MAX], place[32];
} words_t;

static value_t ip_words(ip_t ip, char buf[IP_TEXT_MAX])
{
	return value_text(slice_str(ip_format(ip, buf)));
}

static value_t point_words(const incident_t *incident, const point_t *point, words_t *words)
{
	if (point)
		return value_text(slice_str(point->name));
	writer_t w = writer_of(words->place, sizeof(words->place));
	wr_format(&w, "%u/%u", (unsigned)incident->unit, (unsigned)incident->from);
	return value_text(writer_done(&w));
}

static void add_wire(const incident_t *incident, words_t *words, event_t *event)
{
	event_arg(event, ARG_CLIENT, ip_words(incident->client, words->client));
	event_arg(event, ARG_SERVER, ip_words(incident->server, words->server));
}

static void add_registers(const incident_t *incident, event_t *event)
{
	event_arg(event, ARG_FUNCTION, value_u64(incident->function));
	event_arg(event, ARG_FROM, value_u64(incident->from));
	event_arg(event, ARG_TO, value_u64(incident->to));
	event_arg(event, ARG_COUNT, value_u64(incident->count));
}

static void add_values(const incident_t *incident, event_t *event)
{
	if (incident->old_value.type != VALUE_NONE)
		event_arg(event, ARG_OLD, incident->old_value);
	if (incident->new_value.type != VALUE_NONE)
		event_arg(event, ARG_NEW, incident->new_value);
}

static void add_limits(const incident_t *incident, event_t *event)
{
	if (!(incident->reasons >> REASON_OUT_OF_LIMITS & 1))
		return;
	event_arg(event, ARG_LIMIT_LOW, value_f64(incident->limit_low));
	event_arg(event, ARG_LIMIT_HIGH, value_f64(incident->limit_high));
}

static void add_usual(const incident_t *incident, words_t *words, event_t *event)
{
	if (!incident->usual_client.family)
		return;
	event_arg(event, ARG_USUAL, ip_words(incident->usual_client, words->usual));
	event_arg(event, ARG_USUAL_COUNT, value_u64(incident->usual_count));
}

static event_t as_event(const incident_t *incident, const point_t *point, words_t *words)
{
	event_t event = event_make(messages[incident->kind], (node_time_t){ incident->last_ns });
	add_wire(incident, words, &event);
	event_arg(&event, ARG_POINT, point_words(incident, point, words));
	add_registers(incident, &event);
	add_values(incident, &event);
	if (point && point->unit[0])
		event_arg(&event, ARG_UNIT, value_text(slice_str(point->unit)));
	add_limits(incident, &event);
	add_usual(incident, words, &event);
	return event;
}

static void put_text(const incident_t *incident, const point_t *point, lang_t lang, json_t *j)
{
	char sentence[SENTENCE_MAX];
	words_t words;
	writer_t w = writer_of(sentence, sizeof(sentence));
	event_t event = as_event(incident, point, &words);
	event_text(&event, lang, &w);
	json_put_str(j, "text", slice_trim(writer_done(&w)));
}

static void put_reasons(const incident_t *incident, json_t *j)
{
	json_put_cstr(j, "techniques", incident_techniques(incident->kind));
	json_put_array(j, "reasons");
	for (unsigned i = 0; i < REASON_COUNT; i++)
		if (incident->reasons >> i & 1)
			json_str(j, slice_str(incident_reason_name((incident_reason_t)i)));
	json_close(j);
}

static void put_wire(const incident_t *incident, json_t *j)
{
	json_put_ip(j, "client", incident->client);
	json_put_ip(j, "server", incident->server);
	json_put_u64(j, "unit", incident->unit);
	json_put_u64(j, "function", incident->function);
	json_put_cstr(j, "function_name", modbus_function_info(incident->function)->name);
	json_put_u64(j, "from", incident->from);
	json_put_u64(j, "to", incident->to);
}

static void put_names(const device_t *device, const point_t *point, json_t *j)
{
	if (device)
		json_put_cstr(j, "device", device->name);
	if (point) {
		json_put_cstr(j, "point", point->name);
		json_put_cstr(j, "point_ident", point->ident);
	}
}

static void put_value(json_t *j, const char *key, const value_t *value)
{
	json_key(j, key);
	value_json(value, j);
}

static void put_usual(const incident_t *incident, json_t *j)
{
	if (incident->usual_client.family)
		json_put_ip(j, "usual_client", incident->usual_client);
	json_put_u64(j, "usual_count", incident->usual_count);
}

static void put_target(const catalogue_t *c, const incident_t *incident, json_t *j)
{
	const point_t *point = catalogue_point(c, incident->point);
	put_names(catalogue_device(c, incident->device), point, j);
	put_value(j, "old", &incident->old_value);
	put_value(j, "new", &incident->new_value);
	json_put_cstr(j, "unit_text", point ? point->unit : "");
	json_put_limits(j, incident->limit_low, incident->limit_high);
	put_usual(incident, j);
}

static void put_incident(exchange_t *x, const incident_t *incident, bool whole)
{
	const catalogue_t *c = api_catalogue(x->api);
	json_t *j = reply_json(&x->reply, INCIDENT_ROOM);
	json_object(j);
	json_put_u64(j, "id", incident->id);
	json_put_cstr(j, "kind", incident_kind_name(incident->kind));
	put_reasons(incident, j);
	json_put_bool(j, "open", incident->open);
	put_wire(incident, j);
	put_target(c, incident, j);
	json_put_ms(j, "first_ms", incident->first_ns);
	json_put_ms(j, "last_ms", incident->last_ns);
	json_put_u64(j, "count", incident->count);
	json_put_u64(j, "servers", incident->servers);
	put_text(incident, catalogue_point(c, incident->point), x->request.lang, j);
	if (whole && incident->packet_len) {
		json_key(j, "packet");
		packet_json(slice_of(incident->packet, incident->packet_len), incident->client, j);
	}
	json_close(j);
}

static void put_batches(exchange_t *x, int64_t left)
{
	incident_t batch[BATCH];
	size_t from = 0, n = 0;
	do {
		size_t want = left < BATCH ? (size_t)left : BATCH;
		n = sentry_incidents(x->api->spec.sentry, from, batch, want);
		for (size_t i = 0; i < n; i++)
			put_incident(x, &batch[i], false);
		from += n;
		left -= (int64_t)n;
	} while (n && left > 0);
}

verdict_t incidents_get(exchange_t *x)
{
	static const query_number_t limit = { "limit", 1, INCIDENTS_MAX, 100 };
	int64_t left = 0;
	if (!exchange_number(x, &limit, &left))
		return EXCHANGE_ANSWERED;
	reply_items(&x->reply, INCIDENT_ROOM);
	put_batches(x, left);
	reply_items_end(&x->reply);
	return EXCHANGE_ANSWERED;
}

verdict_t incident_get(exchange_t *x)
{
	slice_t name = x->request.param[0];
	incident_t batch[BATCH];
	uint64_t id = 0;
	size_t from = 0, n = num_parse_u64(name, INT64_MAX, &id) ? 0 : 1;
	while (n) {
		n = sentry_incidents(x->api->spec.sentry, from, batch, BATCH);
		for (size_t i = 0; i < n; i++)
			if (batch[i].id == id) {
				put_incident(x, &batch[i], true);
				return EXCHANGE_ANSWERED;
			}
		from += n;
	}
	return exchange_refuse(x, ERR_NOT_FOUND, &text_incident, name);
}
