/* SPDX-License-Identifier: Apache-2.0 */
/* Every stream is told the same, so each message is written once a turn and sent to
 * all; only the sentences of events differ, by language. */
#include "api/live.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "api/handlers.h"
#include "api/state.h"

enum {
	POINT_ROOM = 96,           /* one value as JSON */
	MESSAGE_ROOM = 128 * 1024, /* the largest event, escaped, with its sentence */
	NODE_EVERY = 2,            /* turns of the timer */
};

typedef struct {
	env_http_request_t *wire; /* NULL: free */
	lang_t lang;
	bool slow; /* being closed */
	char subject[ACCESS_SUBJECT_MAX + 1];
} stream_t;

/* What all streams were told of a point. */
typedef struct {
	bool known;
	int64_t source_ns;
	uint64_t bits;
	quality_t quality;
} told_t;

/* An event on its way from the view loop. */
typedef struct {
	uint64_t seq;
	size_t len;
	uint8_t bytes[];
} parcel_t;

struct live {
	api_t *api;
	stream_t streams[LIVE_STREAMS_MAX];
	_Atomic size_t count; /* of streams; the view loop skips its copy when 0 */
	env_timer_t *timer;
	env_mailbox_t *events; /* parcel_t * */
	size_t points_max;
	told_t *told; /* points_max, by index of the point in the catalogue */
	uint8_t *buf;
	size_t buf_size;
	unsigned turn;
};

static const err_text_t text_streams = {
	{ "64 event streams are open already", "已有 64 个事件流" },
	{ "close a tab of the console", "请关闭一个控制台页面" },
};

static void send_one(live_t *live, stream_t *stream, const char *event, uint64_t id, slice_t data)
{
	if (!stream->wire || stream->slow)
		return;
	/* Set first: the server may tell at once that a slow client is gone. */
	stream->slow = true;
	if (env_http_stream_send(stream->wire, event, id, data) == ERR_OK)
		stream->slow = false;
	else
		metric_add(&live->api->metrics, METRIC_STREAMS_SLOW, 1);
}

static void send_all(live_t *live, const char *event, slice_t data)
{
	for (size_t i = 0; i < LIVE_STREAMS_MAX; i++)
		send_one(live, &live->streams[i], event, 0, data);
}

static void value_row(json_t *j, point_id_t point, const sample_t *sample)
{
	static const char *const letters[] = { "g", "u", "b" };
	json_array(j);
	json_u64(j, point);
	value_json(&sample->value, j);
	json_str(j, slice_str(letters[quality_info(sample->quality)->class]));
	json_i64(j, sample->source.ns / NS_PER_MS);
	json_close(j);
}

/* Whether the sample is news, noting that it is told. */
static bool note_told(told_t *told, const sample_t *sample)
{
	told_t now = { true, sample->source.ns, value_bits(&sample->value), sample->quality };
	bool same = told->known && told->source_ns == now.source_ns && told->bits == now.bits &&
	            told->quality == now.quality;
	*told = now;
	return !same;
}

static json_t begin_message(live_t *live)
{
	return json_of(live->buf, live->buf_size);
}

/* The rows of all points, or of those that changed since the last turn. */
static size_t write_values(live_t *live, bool all, json_t *j)
{
	const catalogue_t *c = api_catalogue(live->api);
	size_t rows = 0;
	json_object(j);
	json_put_ms(j, "t_ms", env_utc(live->api->env).ns);
	json_put_array(j, "items");
	for (size_t i = 0; i < c->point_count; i++) {
		sample_t sample;
		if (!last_value_get(live->api->spec.last_values, c->points[i].id, &sample))
			continue;
		if (all || note_told(&live->told[i], &sample)) {
			value_row(j, c->points[i].id, &sample);
			rows++;
		}
	}
	json_close(j);
	json_close(j);
	return rows;
}

static void send_values(live_t *live)
{
	json_t j = begin_message(live);
	if (write_values(live, false, &j) && json_ok(&j))
		send_all(live, "values", json_done(&j));
}

static void send_node(live_t *live, stream_t *only)
{
	json_t j = begin_message(live);
	node_json(live->api, &j);
	if (!json_ok(&j))
		return;
	if (only)
		send_one(live, only, "node", 0, json_done(&j));
	else
		send_all(live, "node", json_done(&j));
}

static void on_timer(void *ctx)
{
	live_t *live = ctx;
	api_t *api = live->api;
	rate_read(&api->rate, api_metric(api, "jizhu_fleet_", "samples_total"));
	if (atomic_load(&live->count)) {
		send_values(live);
		if (++live->turn % NODE_EVERY == 0)
			send_node(live, NULL);
	}
	env_timer_set(live->timer, NS_PER_S);
}

/* NULL: memory is gone, or the event is larger than any. */
static parcel_t *parcel_of(const event_t *event)
{
	parcel_t *parcel = malloc(sizeof(*parcel) + EVENT_BYTES_MAX);
	if (!parcel)
		return NULL;
	writer_t w = writer_of(parcel->bytes, EVENT_BYTES_MAX);
	event_encode(event, &w);
	parcel->seq = event->seq;
	parcel->len = w.len;
	if (!w.bad)
		return parcel;
	free(parcel);
	return NULL;
}

/* View loop. */
static void on_event(void *ctx, const event_t *event)
{
	live_t *live = ctx;
	tally_event(&live->api->tally, event);
	if (atomic_load_explicit(&live->count, memory_order_relaxed) == 0)
		return;
	parcel_t *parcel = parcel_of(event);
	if (parcel && env_mailbox_put(live->events, &parcel))
		return;
	metric_add(&live->api->metrics, METRIC_EVENTS_LOST, 1);
	free(parcel);
}

static void send_event(live_t *live, const event_t *event, lang_t lang)
{
	json_t j = begin_message(live);
	events_json(api_catalogue(live->api), event, lang, &j);
	if (!json_ok(&j))
		return;
	for (size_t i = 0; i < LIVE_STREAMS_MAX; i++)
		if (live->streams[i].lang == lang)
			send_one(live, &live->streams[i], "event", event->seq, json_done(&j));
}

/* The counts of incidents follow at once: a list that is asked for because of the event
 * must not be ahead of them for two seconds. */
static void on_mail(void *ctx)
{
	live_t *live = ctx;
	parcel_t *parcel = NULL;
	bool is_of_incident = false;
	while (env_mailbox_take(live->events, &parcel)) {
		event_t event;
		if (event_decode(slice_of(parcel->bytes, parcel->len), &event) == ERR_OK) {
			event.seq = parcel->seq;
			is_of_incident = is_of_incident || event.incident;
			send_event(live, &event, LANG_EN);
			send_event(live, &event, LANG_ZH);
		}
		free(parcel);
	}
	if (is_of_incident)
		send_node(live, NULL);
}

static err_t open_parts(live_t *live)
{
	const api_spec_t *spec = &live->api->spec;
	env_mailbox_spec_t mail = {
		.name = "api events",
		.reader = spec->loops.http,
		.item_size = sizeof(parcel_t *),
		.capacity = LIVE_EVENTS_MAX,
		.policy = ENV_FULL_REFUSE,
		.ready = on_mail,
		.ctx = live,
	};
	live->points_max = spec->points_max;
	live->buf_size = MESSAGE_ROOM + live->points_max * POINT_ROOM;
	live->buf = malloc(live->buf_size);
	live->told = calloc(live->points_max + 1, sizeof(*live->told));
	if (!live->buf || !live->told)
		return ERR_NO_MEMORY;
	err_t err = env_timer_new(spec->loops.http, on_timer, live, &live->timer);
	if (!err)
		err = env_mailbox_new(&mail, &live->events);
	return err ? err : events_listen(spec->events, on_event, live);
}

err_t live_new(api_t *api, live_t **ret_live)
{
	live_t *live = calloc(1, sizeof(*live));
	if (!live)
		return ERR_NO_MEMORY;
	live->api = api;
	err_t err = open_parts(live);
	if (err) {
		live_free(live);
		return err;
	}
	env_timer_set(live->timer, NS_PER_S);
	*ret_live = live;
	return ERR_OK;
}

/* What was told is by index: everything is told once more. */
void live_reload(live_t *live)
{
	memset(live->told, 0, live->points_max * sizeof(*live->told));
}

void live_free(live_t *live)
{
	if (!live)
		return;
	parcel_t *parcel = NULL;
	while (live->events && env_mailbox_take(live->events, &parcel))
		free(parcel);
	env_mailbox_free(live->events);
	env_timer_free(live->timer);
	free(live->told);
	free(live->buf);
	free(live);
}

err_t live_join(live_t *live, env_http_request_t *wire, const request_t *request)
{
	size_t i = 0;
	while (i < LIVE_STREAMS_MAX && live->streams[i].wire)
		i++;
	if (i == LIVE_STREAMS_MAX)
		return ERR_LIMIT;
	live->streams[i] = (stream_t){ .wire = wire, .lang = request->lang };
	(void)slice_to_cstr(request->caller.subject, live->streams[i].subject,
	                    sizeof(live->streams[i].subject));
	env_http_set_user(wire, NULL);
	env_http_stream(wire);
	json_t j = begin_message(live);
	/* Nobody was told anything while nobody listened. */
	if (atomic_load(&live->count) == 0)
		write_values(live, false, &j);
	j = begin_message(live);
	write_values(live, true, &j);
	if (json_ok(&j))
		send_one(live, &live->streams[i], "values", 0, json_done(&j));
	send_node(live, &live->streams[i]);
	metric_set(&live->api->metrics, METRIC_STREAMS,
	           (int64_t)atomic_fetch_add(&live->count, 1) + 1);
	return ERR_OK;
}

void live_gone(live_t *live, const env_http_request_t *wire)
{
	for (size_t i = 0; live && i < LIVE_STREAMS_MAX; i++) {
		if (live->streams[i].wire != wire)
			continue;
		live->streams[i].wire = NULL;
		metric_set(&live->api->metrics, METRIC_STREAMS,
		           (int64_t)atomic_fetch_sub(&live->count, 1) - 1);
	}
}

void live_end(void *ctx, slice_t subject)
{
	live_t *live = ctx;
	for (size_t i = 0; i < LIVE_STREAMS_MAX; i++) {
		env_http_request_t *wire = live->streams[i].wire;
		if (!wire || live->streams[i].slow ||
		    !slice_eq(slice_str(live->streams[i].subject), subject))
			continue;
		live_gone(live, wire);
		env_http_stream_end(wire);
	}
}

verdict_t live_get(exchange_t *x)
{
	if (x->request.method == HTTP_HEAD)
		return EXCHANGE_ANSWERED;
	if (live_join(x->api->live, x->wire, &x->request)) {
		metric_add(&x->api->metrics, METRIC_STREAMS_FULL, 1);
		return exchange_refuse(x, ERR_LIMIT, &text_streams, (slice_t){ 0 });
	}
	x->wire = NULL;
	return EXCHANGE_ANSWERED;
}
