/* SPDX-License-Identifier: Apache-2.0 */
#include "release/log.h"

#include "base/num.h"
#include "base/text.h"
#include "model/indicator.h"
#include "model/text.h"

err_t release_log_open(slice_t payload, release_log_t *ret_log)
{
	release_log_t log;
	err_t err = outbox_release_read(payload, &log.release);
	if (!err)
		err = uplink_batch_read(log.release.batch, &log.batch);
	if (err)
		return err;
	log.items = uplink_items_of(&log.batch);
	log.next = log.batch.envelope.first;
	*ret_log = log;
	return ERR_OK;
}

bool release_log_next(release_log_t *log, release_row_t *ret_row)
{
	uplink_item_t item;
	if (!uplink_item_next(&log->items, &item))
		return false;
	*ret_row = (release_row_t){ .parent = log->release.parent,
		                    .stream = log->batch.envelope.stream,
		                    .epoch = log->batch.envelope.epoch,
		                    .sequence = log->next++,
		                    .ns = item.ns,
		                    .body = item.body };
	return true;
}

/* ---- in words */

static void put_size(slice_t body, lang_t lang, writer_t *w)
{
	wr_format(w, lang == LANG_ZH ? "%zu 字节" : "%zu bytes", body.len);
}

static bool event_words(slice_t body, lang_t lang, writer_t *w)
{
	slice_t node;
	event_t event;
	if (event_item_read(body, &node, &event))
		return false;
	wr_bytes(w, node);
	wr_format(w, "/%llu ", (unsigned long long)event.seq);
	event_text(&event, lang, w);
	return true;
}

static bool figure_words(slice_t body, lang_t lang, writer_t *w)
{
	slice_t node;
	figure_t figure;
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX], number[32];
	(void)lang;
	if (figure_item_decode(body, &node, &figure))
		return false;
	wr_bytes(w, figure.key.definition);
	wr_format(w, " v%u (", (unsigned)figure.key.version);
	wr_bytes(w, figure.key.scope);
	wr_bytes(w, SLICE(") "));
	wr_bytes(w, figure.entity);
	wr_format(w, " %s/%s ", time_format(figure.key.from_ns, from),
	          time_format(figure.key.to_ns, to));
	wr_bytes(w,
	         figure.has_value ? slice_str(num_format_f64(figure.value, number)) : figure.lack);
	return true;
}

/* ---- in JSON */

static bool event_told(slice_t body, json_t *j)
{
	slice_t node;
	event_t event;
	if (event_item_read(body, &node, &event))
		return false;
	json_put_str(j, "node", node);
	json_key(j, "event");
	event_json(&event, j);
	return true;
}

static bool figure_told(slice_t body, json_t *j)
{
	slice_t node;
	figure_t figure;
	if (figure_item_decode(body, &node, &figure))
		return false;
	json_put_str(j, "node", node);
	json_key(j, "figure");
	figure_json(&figure, NULL, j);
	return true;
}

static const struct {
	bool (*words)(slice_t body, lang_t lang, writer_t *w);
	bool (*told)(slice_t body, json_t *j);
} TELLERS[UPLINK_STREAM_COUNT] = {
	[UPLINK_EVENTS] = { event_words, event_told },
	[UPLINK_INDICATORS] = { figure_words, figure_told },
};

void release_row_text(const release_row_t *row, lang_t lang, writer_t *w)
{
	if (!TELLERS[row->stream].words || !TELLERS[row->stream].words(row->body, lang, w))
		put_size(row->body, lang, w);
}

void release_row_json(const release_row_t *row, json_t *j)
{
	json_object(j);
	json_put_str(j, "parent", row->parent);
	json_put_cstr(j, "stream", uplink_stream_name(row->stream));
	json_put_u64(j, "epoch", row->epoch);
	json_put_u64(j, "sequence", row->sequence);
	json_put_time(j, "time", row->ns);
	json_put_u64(j, "bytes", row->body.len);
	if (TELLERS[row->stream].told)
		(void)TELLERS[row->stream].told(row->body, j);
	json_close(j);
}
