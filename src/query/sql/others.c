/* SPDX-License-Identifier: Apache-2.0 */
/* What stands beside the history: points, identifiers, assets, events. */
#include "model/text.h"
#include "query/sql/state.h"

enum { ARGUMENTS_MAX = 48 << 10, SENTENCE_MAX = 4096 };

/* Points. */

static const env_sql_column_t point_columns[] = {
	{ "point", "TEXT", ENV_SQL_KEY },    { "id", "INTEGER", ENV_SQL_PLAIN },
	{ "device", "TEXT", ENV_SQL_PLAIN }, { "unit", "TEXT", ENV_SQL_PLAIN },
	{ "ident", "TEXT", ENV_SQL_PLAIN },  { "label", "TEXT", ENV_SQL_PLAIN },
};

typedef struct {
	sql_page_t page;
	sql_walk_t walk;
} points_t;

static err_t fill_points(sql_page_t *page)
{
	points_t *p = (points_t *)(void *)page;
	while (page->rows < SQL_PAGE_ROWS) {
		const sql_point_t *point = sql_walk_next(&p->walk);
		page->is_last = !point;
		if (!point)
			break;
		value_t *cells = sql_page_add(page);
		cells[0] = value_text(point->name);
		cells[1] = value_i64(point->id);
		cells[2] = value_text(point->device);
		cells[3] = value_text(point->unit);
		cells[4] = value_text(point->ident);
		cells[5] = value_text(point->label);
	}
	return ERR_OK;
}

static err_t begin_points(void *ctx, void *cursor, const env_sql_bound_t *bounds, size_t count)
{
	points_t *p = cursor;
	err_t err = sql_walk_begin(ctx, &p->walk, sql_bound_equal(bounds, count, 0));
	return err ? err : sql_page_begin(&p->page, ctx, 6, fill_points);
}

static void done_points(void *cursor)
{
	points_t *p = cursor;
	sql_walk_done(&p->walk);
	sql_page_done(&p->page);
}

void sql_points_table(env_sql_table_t *table)
{
	*table = (env_sql_table_t){
		.name = "points",
		.columns = point_columns,
		.column_count = sizeof(point_columns) / sizeof(*point_columns),
		.order_column = 0,
		.order_key = -1,
		.rows = 1e3,
		.cursor_bytes = sizeof(points_t),
		.begin = begin_points,
		.is_end = sql_page_is_end,
		.next = sql_page_next,
		.column = sql_page_column,
		.done = done_points,
	};
}

/* Identifiers. */

static const env_sql_column_t identifier_columns[] = {
	{ "name", "TEXT", ENV_SQL_PLAIN },
	{ "state", "TEXT", ENV_SQL_PLAIN },
	{ "changed_t", "INTEGER", ENV_SQL_PLAIN },
};

typedef struct {
	sql_page_t page;
	size_t after_len; /* 0: from the beginning */
	uint8_t after[RECORD_NAME_MAX];
} identifiers_t;

static bool add_identifier(void *ctx, const sql_identifier_t *row)
{
	identifiers_t *i = ctx;
	value_t *cells = sql_page_add(&i->page);
	if (!cells)
		return false;
	if (row->name.len > sizeof(i->after) || !sql_page_text(&i->page, row->name, &cells[0])) {
		sql_page_drop(&i->page);
		return false;
	}
	cells[1] = value_text(slice_str(record_state_name(row->state)));
	cells[2] = value_i64(row->changed_ns);
	memcpy(i->after, row->name.ptr, row->name.len);
	i->after_len = row->name.len;
	return true;
}

static err_t fill_identifiers(sql_page_t *page)
{
	identifiers_t *i = (identifiers_t *)(void *)page;
	const sql_source_t *source = &page->sql->spec.source;
	uint8_t after[RECORD_NAME_MAX];
	memcpy(after, i->after, i->after_len);
	err_t err = source->identifiers
	                    ? source->identifiers(source->ctx, slice_of(after, i->after_len),
	                                          SQL_PAGE_ROWS, add_identifier, i)
	                    : ERR_OK;
	page->is_last = page->rows == 0;
	return err;
}

static err_t begin_identifiers(void *ctx, void *cursor, const env_sql_bound_t *bounds, size_t count)
{
	(void)bounds;
	(void)count;
	identifiers_t *i = cursor;
	i->after_len = 0;
	return sql_page_begin(&i->page, ctx, 3, fill_identifiers);
}

static void done_page(void *cursor)
{
	sql_page_done(cursor);
}

void sql_identifiers_table(env_sql_table_t *table)
{
	*table = (env_sql_table_t){
		.name = "identifiers",
		.columns = identifier_columns,
		.column_count = sizeof(identifier_columns) / sizeof(*identifier_columns),
		.order_column = -1,
		.rows = 1e6,
		.cursor_bytes = sizeof(identifiers_t),
		.begin = begin_identifiers,
		.is_end = sql_page_is_end,
		.next = sql_page_next,
		.column = sql_page_column,
		.done = done_page,
	};
}

/* Assets. */

enum { ASSET_BATCH = 16, ASSET_COLUMNS = 13 };

static const env_sql_column_t asset_columns[ASSET_COLUMNS] = {
	{ "ip", "TEXT", ENV_SQL_PLAIN },          { "mac", "TEXT", ENV_SQL_PLAIN },
	{ "vendor", "TEXT", ENV_SQL_PLAIN },      { "product", "TEXT", ENV_SQL_PLAIN },
	{ "revision", "TEXT", ENV_SQL_PLAIN },    { "device", "TEXT", ENV_SQL_PLAIN },
	{ "approved", "INTEGER", ENV_SQL_PLAIN }, { "client", "INTEGER", ENV_SQL_PLAIN },
	{ "server", "INTEGER", ENV_SQL_PLAIN },   { "packets", "INTEGER", ENV_SQL_PLAIN },
	{ "bytes", "INTEGER", ENV_SQL_PLAIN },    { "first_t", "INTEGER", ENV_SQL_PLAIN },
	{ "last_t", "INTEGER", ENV_SQL_PLAIN },
};

typedef struct {
	sql_page_t page;
	size_t from;
} assets_t;

static bool add_asset(sql_page_t *page, const asset_t *asset)
{
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	const catalogue_t *c = page->sql->question->catalogue;
	const device_t *device = catalogue_device(c, asset->device);
	value_t *cells = sql_page_add(page);
	if (!cells)
		return false;
	const slice_t texts[] = { slice_str(ip_format(asset->ip, ip)),
		                  slice_str(mac_format(asset->mac, mac)), slice_str(asset->vendor),
		                  slice_str(asset->product), slice_str(asset->revision) };
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!sql_page_text(page, texts[i], &cells[i])) {
			sql_page_drop(page);
			return false;
		}
	if (device)
		cells[5] = value_text(slice_str(device->name));
	cells[6] = value_bool(asset->approved);
	cells[7] = value_bool(asset->is_client);
	cells[8] = value_bool(asset->is_server);
	cells[9] = value_u64(asset->packets);
	cells[10] = value_u64(asset->bytes);
	cells[11] = value_i64(asset->first_ns);
	cells[12] = value_i64(asset->last_ns);
	return true;
}

static err_t fill_assets(sql_page_t *page)
{
	assets_t *a = (assets_t *)(void *)page;
	const sql_source_t *source = &page->sql->spec.source;
	asset_t batch[ASSET_BATCH];
	size_t came = source->assets ? source->assets(source->ctx, a->from, batch, ASSET_BATCH) : 0;
	for (size_t i = 0; i < came && add_asset(page, &batch[i]); i++)
		a->from++;
	page->is_last = came == 0;
	return ERR_OK;
}

static err_t begin_assets(void *ctx, void *cursor, const env_sql_bound_t *bounds, size_t count)
{
	(void)bounds;
	(void)count;
	assets_t *a = cursor;
	a->from = 0;
	return sql_page_begin(&a->page, ctx, ASSET_COLUMNS, fill_assets);
}

void sql_assets_table(env_sql_table_t *table)
{
	*table = (env_sql_table_t){
		.name = "assets",
		.columns = asset_columns,
		.column_count = ASSET_COLUMNS,
		.order_column = -1,
		.rows = 1e3,
		.cursor_bytes = sizeof(assets_t),
		.begin = begin_assets,
		.is_end = sql_page_is_end,
		.next = sql_page_next,
		.column = sql_page_column,
		.done = done_page,
	};
}

/* Events. */

enum {
	EVENT_SEQ,
	EVENT_T,
	EVENT_NODE_T,
	EVENT_CLASS,
	EVENT_SEVERITY,
	EVENT_MESSAGE,
	EVENT_DEVICE,
	EVENT_POINT,
	EVENT_INCIDENT,
	EVENT_TEXT,
	EVENT_ARGUMENTS,
	EVENT_COLUMNS,
};

static const env_sql_column_t event_columns[EVENT_COLUMNS] = {
	[EVENT_SEQ] = { "seq", "INTEGER", ENV_SQL_RANGE },
	[EVENT_T] = { "t", "INTEGER", ENV_SQL_PLAIN },
	[EVENT_NODE_T] = { "node_t", "INTEGER", ENV_SQL_PLAIN },
	[EVENT_CLASS] = { "class", "TEXT", ENV_SQL_PLAIN },
	[EVENT_SEVERITY] = { "severity", "TEXT", ENV_SQL_PLAIN },
	[EVENT_MESSAGE] = { "message", "TEXT", ENV_SQL_PLAIN },
	[EVENT_DEVICE] = { "device", "TEXT", ENV_SQL_PLAIN },
	[EVENT_POINT] = { "point", "TEXT", ENV_SQL_PLAIN },
	[EVENT_INCIDENT] = { "incident", "INTEGER", ENV_SQL_PLAIN },
	[EVENT_TEXT] = { "text", "TEXT", ENV_SQL_PLAIN },
	[EVENT_ARGUMENTS] = { "arguments", "TEXT", ENV_SQL_PLAIN },
};

typedef struct {
	sql_page_t page;
	sql_events_t query;
} events_t;

/* The sentence in English, and what it says as JSON. */
static bool put_texts(sql_page_t *page, const event_t *event, value_t *cells)
{
	char sentence[SENTENCE_MAX], arguments[ARGUMENTS_MAX];
	writer_t w = writer_of(sentence, sizeof(sentence));
	json_t j = json_of(arguments, sizeof(arguments));
	event_text(event, LANG_EN, &w);
	json_object(&j);
	for (size_t i = 0; i < event->count; i++) {
		json_key(&j, event_arg_name(event->args[i].key));
		value_json(&event->args[i].value, &j);
	}
	json_close(&j);
	return sql_page_text(page, writer_done(&w), &cells[EVENT_TEXT]) &&
	       (!json_ok(&j) || sql_page_text(page, json_done(&j), &cells[EVENT_ARGUMENTS]));
}

static bool add_event(void *ctx, const event_t *event)
{
	events_t *e = ctx;
	const catalogue_t *c = e->page.sql->question->catalogue;
	const message_info_t *info = message_info(event->message);
	const device_t *device = catalogue_device(c, event->device);
	const point_t *point = catalogue_point(c, event->point);
	value_t *cells = sql_page_add(&e->page);
	if (!cells)
		return false;
	if (!put_texts(&e->page, event, cells)) {
		sql_page_drop(&e->page);
		return false;
	}
	cells[EVENT_SEQ] = value_u64(event->seq);
	cells[EVENT_T] = value_i64(event->source.ns);
	cells[EVENT_NODE_T] = value_i64(event->node.ns);
	cells[EVENT_CLASS] = value_text(slice_str(event_class_name(info->class)));
	cells[EVENT_SEVERITY] = value_text(slice_str(severity_name(event->severity)));
	cells[EVENT_MESSAGE] = value_text(slice_str(info->name));
	if (device)
		cells[EVENT_DEVICE] = value_text(slice_str(device->name));
	if (point)
		cells[EVENT_POINT] = value_text(slice_str(point->name));
	if (event->incident)
		cells[EVENT_INCIDENT] = value_u64(event->incident);
	e->query.before_seq = event->seq;
	return true;
}

static err_t fill_events(sql_page_t *page)
{
	events_t *e = (events_t *)(void *)page;
	const sql_source_t *source = &page->sql->spec.source;
	err_t err = source->events ? source->events(source->ctx, &e->query, add_event, e) : ERR_OK;
	/* The last one has nothing before it. */
	page->is_last = page->rows == 0 || e->query.before_seq <= 1;
	return err;
}

static err_t begin_events(void *ctx, void *cursor, const env_sql_bound_t *bounds, size_t count)
{
	events_t *e = cursor;
	int64_t range[2] = { 0, INT64_MAX };
	err_t err = sql_bound_range(ctx, bounds, count, EVENT_SEQ, range);
	if (err)
		return err;
	e->query = (sql_events_t){ .limit = SQL_PAGE_ROWS };
	if (range[0] > 0)
		e->query.after_seq = (uint64_t)range[0] - 1;
	if (range[1] < INT64_MAX)
		e->query.before_seq = range[1] > 0 ? (uint64_t)range[1] : 1;
	return sql_page_begin(&e->page, ctx, EVENT_COLUMNS, fill_events);
}

void sql_events_table(env_sql_table_t *table)
{
	*table = (env_sql_table_t){
		.name = "events",
		.columns = event_columns,
		.column_count = EVENT_COLUMNS,
		.order_column = EVENT_SEQ,
		.order_key = -1,
		.is_descending = true,
		.rows = 1e6,
		.cursor_bytes = sizeof(events_t),
		.begin = begin_events,
		.is_end = sql_page_is_end,
		.next = sql_page_next,
		.column = sql_page_column,
		.done = done_page,
	};
}
