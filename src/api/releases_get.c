/* SPDX-License-Identifier: Apache-2.0 */
/* What may leave this node, and what has left it: the catalogue of data and the disclosure
 * log. */
#include "api/handlers.h"
#include "api/state.h"
#include "api/tree_ask.h"
#include "release/listing.h"
#include "release/log.h"

enum {
	PAGE = 100,
	RECORDS_MAX = 20000, /* of the journal, looked at for one page */
	WHAT_MAX = 2 * EVENT_BYTES_MAX,
};

/* The catalogue. */

static void put_reach(const release_reach_t *reach, json_t *j)
{
	json_put_array(j, "what");
	if (reach->events)
		json_str(j, SLICE("events"));
	if (reach->values)
		json_str(j, SLICE("values"));
	if (reach->figures)
		json_str(j, SLICE("figures"));
	json_close(j);
}

static void put_releases(const config_uplink_t *uplink, data_class_t class, json_t *j)
{
	json_put_array(j, "releases");
	for (size_t i = 0; i < uplink->parent_count; i++) {
		const config_parent_t *parent = &uplink->parents[i];
		const config_contract_t *contract = config_contract(uplink, parent->contract);
		release_reach_t reach = { .events = false };
		if (contract)
			reach = release_reach(contract, class);
		if (!reach.events && !reach.values && !reach.figures)
			continue;
		json_object(j);
		json_put_cstr(j, "parent", parent->name);
		put_reach(&reach, j);
		json_put_i64(j, "every", contract->every_ns / NS_PER_S);
		json_close(j);
	}
	json_close(j);
}

static void put_datum(const config_t *config, const release_datum_t *datum, json_t *j)
{
	const config_point_t *point = datum->point;
	json_object(j);
	json_put_cstr(j, "point", datum->name);
	json_put_label(j, point->label);
	json_put_cstr(j, "class", DATA_CLASS_NAMES[point->data_class]);
	json_put_cstr(j, "owner", point->owner);
	json_put_cstr(j, "unit", point->unit);
	json_put_i64(j, "retention", datum->keep_ns / NS_PER_S);
	put_releases(&config->uplink, point->data_class, j);
	json_close(j);
}

verdict_t catalogue_get(exchange_t *x)
{
	const api_tree_t *tree = tree_ask(x);
	size_t limit = 0, count = 0;
	uint32_t from = 0, at = 0;
	release_datum_t datum;
	if (!tree || !tree_ask_from(x, &from) || !tree_ask_count(x, "limit", TREE_PAGE_MAX, &limit))
		return EXCHANGE_ANSWERED;
	release_listing_t listing = { .config = tree->config };
	bool is_more = false;
	reply_items(&x->reply, TREE_ROOM);
	while ((is_more = release_listing_next(&listing, &datum)) && count < limit)
		if (at++ >= from) {
			put_datum(tree->config, &datum, reply_json(&x->reply, 2 * TREE_ROOM));
			count++;
		}
	json_close(reply_json(&x->reply, TREE_ROOM));
	tree_put_next_from(x, is_more ? at : 0);
	json_close(reply_json(&x->reply, TREE_ROOM));
	return EXCHANGE_ANSWERED;
}

/* The log. */

typedef struct {
	exchange_t *x;
	const api_tree_t *tree;
	slice_t parent;         /* identifier; empty: any */
	uplink_stream_t stream; /* UPLINK_STREAM_COUNT: any */
	int64_t from_ns, to_ns;
	size_t limit, rows, looks;
	uint64_t seq; /* record that the page goes on in, and how many items of it are done */
	uint32_t item;
	bool is_over;
} log_t;

/* The name that the configuration gives it, or its identifier. */
static slice_t parent_name(const config_uplink_t *uplink, slice_t node)
{
	for (size_t i = 0; i < uplink->parent_count; i++)
		if (slice_eq(slice_str(uplink->parents[i].node), node))
			return slice_str(uplink->parents[i].name);
	return node;
}

/* By its name or identifier; what is neither is looked for as it is: parents may have gone. */
static slice_t parent_node(const config_uplink_t *uplink, slice_t word)
{
	for (size_t i = 0; i < uplink->parent_count; i++)
		if (slice_eq(slice_str(uplink->parents[i].name), word))
			return slice_str(uplink->parents[i].node);
	return word;
}

static void put_row(log_t *log, const release_row_t *row)
{
	char text[WHAT_MAX];
	writer_t w = writer_of(text, sizeof(text));
	json_t *j = reply_json(&log->x->reply, TREE_ROOM + 6 * sizeof(text));
	release_row_text(row, log->x->request.lang, &w);
	json_object(j);
	json_put_str(j, "parent", parent_name(&log->tree->config->uplink, row->parent));
	json_put_cstr(j, "stream", uplink_stream_name(row->stream));
	json_put_u64(j, "epoch", row->epoch);
	json_put_u64(j, "sequence", row->sequence);
	json_put_time(j, "time", row->ns);
	json_put_str(j, "what", writer_done(&w));
	json_put_u64(j, "bytes", row->body.len);
	json_close(j);
	log->rows++;
}

static bool is_asked(const log_t *log, const release_row_t *row)
{
	return (log->parent.len == 0 || slice_eq(log->parent, row->parent)) &&
	       (log->stream == UPLINK_STREAM_COUNT || log->stream == row->stream) &&
	       row->ns >= log->from_ns && row->ns < log->to_ns;
}

/* The items of a record, from the one that the page goes on with. */
static err_t tell_record(log_t *log, const journal_record_t *record)
{
	release_log_t items;
	release_row_t row;
	uint32_t at = 0;
	err_t err = release_log_open(record->payload, &items);
	if (err)
		return err;
	while (log->rows < log->limit && release_log_next(&items, &row))
		if (at++ >= log->item) {
			if (is_asked(log, &row))
				put_row(log, &row);
			log->item = at;
		}
	if (log->item == items.batch.envelope.count) {
		log->item = 0;
		log->seq = record->seq + 1;
	}
	return ERR_OK;
}

static err_t walk(log_t *log)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	uint64_t first = journal_first(log->tree->journal);
	if (log->seq < first) {
		log->seq = first;
		log->item = 0;
	}
	err_t err = journal_cursor_open(log->tree->journal, log->seq, &cursor);
	if (err)
		return err;
	journal_cursor_want(cursor, JOURNAL_TYPE_BIT(JOURNAL_RELEASE));
	while (!err && log->rows < log->limit && log->looks++ < RECORDS_MAX) {
		err = journal_cursor_next(cursor, &record);
		if (err)
			break;
		log->item = record.seq == log->seq ? log->item : 0;
		log->seq = record.seq;
		if (record.type == JOURNAL_RELEASE)
			err = tell_record(log, &record);
		else
			log->seq = record.seq + 1;
	}
	journal_cursor_close(cursor);
	log->is_over = err == ERR_NOT_FOUND;
	return log->is_over ? ERR_OK : err;
}

static void put_withheld(log_t *log)
{
	const config_uplink_t *uplink = &log->tree->config->uplink;
	json_put_array(reply_json(&log->x->reply, TREE_ROOM), "withheld");
	for (size_t i = 0; i < uplink->parent_count; i++)
		for (unsigned s = 0; s < UPLINK_STREAM_COUNT; s++) {
			const outbox_stream_t *stream = outbox_stream(
				log->tree->outbox, slice_str(uplink->parents[i].node),
				(uplink_stream_t)s);
			for (size_t k = 0; stream && k < stream->withheld_count; k++) {
				const uplink_withheld_t *row = &stream->withheld[k];
				json_t *j = reply_json(&log->x->reply, TREE_ROOM);
				json_object(j);
				json_put_cstr(j, "parent", uplink->parents[i].name);
				json_put_cstr(j, "stream", uplink_stream_name((uplink_stream_t)s));
				json_put_cstr(j, "class", uplink_class_name(row->class));
				json_put_cstr(j, "text",
				              uplink_class_text(row->class, log->x->request.lang));
				json_put_u64(j, "count", row->count);
				json_close(j);
			}
		}
	json_close(reply_json(&log->x->reply, TREE_ROOM));
}

static bool read_log(log_t *log)
{
	exchange_t *x = log->x;
	tree_cursor_t cursor;
	slice_t stream = tree_ask_word(x, "stream");
	log->parent = parent_node(&log->tree->config->uplink, tree_ask_word(x, "parent"));
	log->stream = UPLINK_STREAM_COUNT;
	log->to_ns = INT64_MAX;
	if (stream.len && uplink_stream_find(stream, &log->stream)) {
		tree_refuse_word(x, stream);
		return false;
	}
	if (!tree_ask_time(x, "from", &log->from_ns) || !tree_ask_time(x, "to", &log->to_ns) ||
	    !tree_ask_count(x, "limit", PAGE, &log->limit) || !tree_ask_cursor(x, &cursor))
		return false;
	reader_t r = reader_of(tree_cursor_slice(&cursor));
	log->seq = cursor.len ? rd_u64(&r) : 0;
	log->item = cursor.len ? rd_u32(&r) : 0;
	bool is_good = !r.bad && r.in.len == 0 &&
	               log->seq <= journal_durable(log->tree->journal) + 1;
	if (!is_good)
		tree_refuse_cursor(x);
	return is_good;
}

verdict_t releases_get(exchange_t *x)
{
	log_t log = { .x = x, .tree = tree_ask(x) };
	uint8_t bytes[16];
	writer_t next = writer_of(bytes, sizeof(bytes));
	if (!log.tree || !read_log(&log))
		return EXCHANGE_ANSWERED;
	reply_items(&x->reply, TREE_ROOM);
	err_t err = walk(&log);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	json_close(reply_json(&x->reply, TREE_ROOM));
	wr_u64(&next, log.seq);
	wr_u32(&next, log.item);
	tree_put_next(x, log.is_over ? (slice_t){ 0 } : writer_done(&next));
	put_withheld(&log);
	json_close(reply_json(&x->reply, TREE_ROOM));
	return EXCHANGE_ANSWERED;
}
