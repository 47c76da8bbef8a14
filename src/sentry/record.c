/* SPDX-License-Identifier: Apache-2.0 */
#include "sentry/record.h"

#include <math.h>

#include "base/num.h"
#include "codec/modbus/modbus.h"

enum { RECORD_VERSION = 1 };
enum { ROW_APPROVED = 1, ROW_OF_POLICY = 2 };
enum { ASSET_CLIENT = 1, ASSET_SERVER = 2, ASSET_APPROVED = 4 };

static void put_ip(writer_t *w, ip_t ip)
{
	wr_u8(w, ip.family);
	if (ip.family)
		wr_bytes(w, slice_of(ip.bytes, ip.family == 4 ? 4 : 16));
}

static ip_t get_ip(reader_t *r)
{
	ip_t ip = { .family = rd_u8(r) };
	if (ip.family != 0 && ip.family != 4 && ip.family != 6)
		r->bad = true;
	slice_t bytes = rd_take(r, ip.family == 0 ? 0 : ip.family == 4 ? 4 : 16);
	if (r->bad)
		return (ip_t){ 0 };
	if (bytes.len)
		memcpy(ip.bytes, bytes.ptr, bytes.len);
	return ip;
}

void record_row_encode(const baseline_row_t *row, row_origin_t origin, writer_t *w)
{
	wr_u8(w, RECORD_VERSION);
	wr_u8(w, (uint8_t)((origin != ROW_LEARNED ? ROW_APPROVED : 0) |
	                   (origin == ROW_POLICY ? ROW_OF_POLICY : 0)));
	put_ip(w, row->client);
	put_ip(w, row->server);
	wr_u8(w, row->unit);
	wr_u8(w, row->function);
	wr_u16_le(w, row->from);
	wr_u16_le(w, row->to);
	wr_varint(w, row->count);
	wr_zigzag(w, row->first_ns);
	wr_zigzag(w, row->last_ns);
}

err_t record_row_decode(slice_t in, baseline_row_t *ret_row, row_origin_t *ret_origin)
{
	reader_t r = reader_of(in);
	if (rd_u8(&r) > RECORD_VERSION)
		return ERR_NEWER_FORMAT;
	uint8_t flags = rd_u8(&r);
	baseline_row_t row = { .approved = flags & ROW_APPROVED };
	row.client = get_ip(&r);
	row.server = get_ip(&r);
	row.unit = rd_u8(&r);
	row.function = rd_u8(&r);
	row.from = rd_u16_le(&r);
	row.to = rd_u16_le(&r);
	row.count = rd_varint(&r);
	row.first_ns = rd_zigzag(&r);
	row.last_ns = rd_zigzag(&r);
	if (r.bad || row.from > row.to)
		return ERR_MALFORMED;
	*ret_row = row;
	*ret_origin = flags & ROW_OF_POLICY ? ROW_POLICY : row.approved ? ROW_PERSON : ROW_LEARNED;
	return ERR_OK;
}

void record_asset_encode(const asset_t *asset, writer_t *w)
{
	wr_u8(w, RECORD_VERSION);
	wr_u8(w, (uint8_t)((asset->is_client ? ASSET_CLIENT : 0) |
	                   (asset->is_server ? ASSET_SERVER : 0) |
	                   (asset->approved ? ASSET_APPROVED : 0)));
	put_ip(w, asset->ip);
	wr_bytes(w, slice_of(asset->mac.bytes, sizeof(asset->mac.bytes)));
	wr_zigzag(w, asset->first_ns);
	wr_zigzag(w, asset->last_ns);
	wr_varint(w, asset->packets);
	wr_varint(w, asset->bytes);
	wr_string(w, slice_str(asset->vendor));
	wr_string(w, slice_str(asset->product));
	wr_string(w, slice_str(asset->revision));
}

static void get_text(reader_t *r, char field[ASSET_TEXT_MAX])
{
	if (!slice_to_cstr(rd_string(r), field, ASSET_TEXT_MAX))
		r->bad = true;
}

err_t record_asset_decode(slice_t in, asset_t *ret_asset)
{
	reader_t r = reader_of(in);
	if (rd_u8(&r) > RECORD_VERSION)
		return ERR_NEWER_FORMAT;
	uint8_t flags = rd_u8(&r);
	asset_t asset = { .is_client = flags & ASSET_CLIENT,
		          .is_server = flags & ASSET_SERVER,
		          .approved = flags & ASSET_APPROVED };
	asset.ip = get_ip(&r);
	slice_t mac = rd_take(&r, sizeof(asset.mac.bytes));
	if (mac.len)
		memcpy(asset.mac.bytes, mac.ptr, mac.len);
	asset.first_ns = rd_zigzag(&r);
	asset.last_ns = rd_zigzag(&r);
	asset.packets = rd_varint(&r);
	asset.bytes = rd_varint(&r);
	get_text(&r, asset.vendor);
	get_text(&r, asset.product);
	get_text(&r, asset.revision);
	if (r.bad)
		return ERR_MALFORMED;
	*ret_asset = asset;
	return ERR_OK;
}

static const message_t OPENING[INCIDENT_KIND_COUNT] = {
	[INCIDENT_SWEEP] = MSG_INCIDENT_SWEEP,         [INCIDENT_WALK] = MSG_INCIDENT_WALK,
	[INCIDENT_WRITE] = MSG_INCIDENT_WRITE,         [INCIDENT_TALKER] = MSG_INCIDENT_TALKER,
	[INCIDENT_MALFORMED] = MSG_INCIDENT_MALFORMED,
};

message_t record_incident_message(incident_kind_t kind)
{
	return OPENING[kind];
}

void record_limits(const point_t *point, double *ret_low, double *ret_high)
{
	const point_limits_t *limits = point->write.enabled && point->write.limits.set
	                                       ? &point->write.limits
	                                       : &point->limits;
	*ret_low = limits->set ? limits->low : NAN;
	*ret_high = limits->set ? limits->high : NAN;
}

static const char *reasons_text(uint32_t reasons, char buf[RECORD_REASONS_MAX])
{
	writer_t w = writer_of(buf, RECORD_REASONS_MAX);
	for (incident_reason_t i = 0; i < REASON_COUNT; i++)
		if (reasons >> i & 1)
			wr_format(&w, "%s%s", w.len ? ", " : "", incident_reason_name(i));
	buf[w.len] = 0;
	return buf;
}

static uint32_t reasons_parse(slice_t text)
{
	uint32_t reasons = 0;
	while (text.len > 0) {
		slice_t name = slice_trim(slice_cut(&text, ','));
		for (incident_reason_t i = 0; i < REASON_COUNT; i++)
			if (slice_eq(name, slice_str(incident_reason_name(i))))
				reasons |= UINT32_C(1) << i;
	}
	return reasons;
}

static void add_text(event_t *event, event_arg_key_t key, const char *text)
{
	if (text[0])
		event_arg(event, key, value_text(slice_str(text)));
}

static void add_value(event_t *event, event_arg_key_t key, value_t value)
{
	if (value.type != VALUE_NONE)
		event_arg(event, key, value);
}

/* The point's name, or where it lies when no point is there. */
static void add_place(event_t *event, const incident_t *incident, const catalogue_t *catalogue,
                      record_texts_t *texts)
{
	static const char *const spaces[MODBUS_SPACE_COUNT] = { "address", "coil", "discrete input",
		                                                "input register",
		                                                "holding register" };
	const point_t *point = catalogue ? catalogue_point(catalogue, incident->point) : NULL;
	const device_t *device = catalogue ? catalogue_device(catalogue, incident->device) : NULL;
	if (device)
		add_text(event, ARG_DEVICE, device->name);
	if (point) {
		add_text(event, ARG_POINT, point->name);
		add_text(event, ARG_IDENT, point->ident ? point->ident : "");
		add_text(event, ARG_UNIT, point->unit ? point->unit : "");
	} else if (incident->kind == INCIDENT_WRITE) {
		writer_t w = writer_of(texts->place, sizeof(texts->place) - 1);
		wr_format(&w, "%s %u", spaces[modbus_function_info(incident->function)->space],
		          incident->from);
		texts->place[w.len] = 0;
		add_text(event, ARG_POINT, texts->place);
	}
}

static void add_write(event_t *event, const incident_t *incident, const record_texts_t *texts)
{
	add_value(event, ARG_OLD, incident->old_value);
	add_value(event, ARG_NEW, incident->new_value);
	/* The sentence says "outside its limits" when it has them. */
	if (incident->reasons >> REASON_OUT_OF_LIMITS & 1) {
		event_arg(event, ARG_LIMIT_LOW, value_f64(incident->limit_low));
		event_arg(event, ARG_LIMIT_HIGH, value_f64(incident->limit_high));
	}
	if (incident->usual_client.family) {
		add_text(event, ARG_USUAL, texts->usual);
		event_arg(event, ARG_USUAL_COUNT, value_u64(incident->usual_count));
	}
}

static void add_numbers(event_t *event, const incident_t *incident, record_texts_t *texts)
{
	if (incident->function) {
		event_arg(event, ARG_FUNCTION, value_u64(incident->function));
		event_arg(event, ARG_UNIT_ID, value_u64(incident->unit));
	}
	event_arg(event, ARG_FROM, value_u64(incident->from));
	event_arg(event, ARG_TO, value_u64(incident->to));
	event_arg(event, ARG_COUNT, value_u64(incident->count));
	event_arg(event, ARG_SERVERS, value_u64(incident->servers));
	add_text(event, ARG_REASONS, reasons_text(incident->reasons, texts->reasons));
}

static void add_opening(event_t *event, const incident_t *incident, const catalogue_t *catalogue,
                        record_texts_t *texts)
{
	add_place(event, incident, catalogue, texts);
	if (incident->kind == INCIDENT_WRITE)
		add_write(event, incident, texts);
	num_to_hex(slice_of(incident->packet, incident->packet_len), texts->packet);
	add_text(event, ARG_PACKET, texts->packet);
}

event_t record_incident(const incident_t *incident, message_t message, const catalogue_t *catalogue,
                        record_texts_t *texts)
{
	event_t event = event_make(message, (node_time_t){ incident->last_ns });
	bool opens = message == OPENING[incident->kind];
	event.source.ns = opens ? incident->first_ns : incident->last_ns;
	event.device = incident->device;
	event.point = incident->point;
	event.incident = incident->id;
	add_text(&event, ARG_CLIENT, ip_format(incident->client, texts->client));
	ip_format(incident->server, texts->server);
	ip_format(incident->usual_client, texts->usual);
	if (opens) {
		add_text(&event, ARG_SERVER, texts->server);
		add_opening(&event, incident, catalogue, texts);
	}
	add_numbers(&event, incident, texts);
	return event;
}

static uint64_t arg_u64(const event_t *event, event_arg_key_t key)
{
	const value_t *value = event_arg_get(event, key);
	return value && value->type == VALUE_U64 ? value->as.u : 0;
}

static double arg_f64(const event_t *event, event_arg_key_t key, double absent)
{
	const value_t *value = event_arg_get(event, key);
	return value && value->type == VALUE_F64 ? value->as.f : absent;
}

static slice_t arg_text(const event_t *event, event_arg_key_t key)
{
	const value_t *value = event_arg_get(event, key);
	return value && value->type == VALUE_TEXT ? value->as.text : (slice_t){ 0 };
}

static value_t arg_value(const event_t *event, event_arg_key_t key)
{
	const value_t *value = event_arg_get(event, key);
	return value && value->type != VALUE_TEXT ? *value : (value_t){ 0 };
}

static ip_t arg_ip(const event_t *event, event_arg_key_t key)
{
	ip_t ip = { 0 };
	return ip_parse(arg_text(event, key), &ip) ? (ip_t){ 0 } : ip;
}

void record_incident_update(const event_t *event, incident_t *incident)
{
	incident->function = (uint8_t)arg_u64(event, ARG_FUNCTION);
	incident->unit = (uint8_t)arg_u64(event, ARG_UNIT_ID);
	incident->from = (uint16_t)arg_u64(event, ARG_FROM);
	incident->to = (uint16_t)arg_u64(event, ARG_TO);
	incident->count = arg_u64(event, ARG_COUNT);
	incident->servers = (uint32_t)arg_u64(event, ARG_SERVERS);
	incident->reasons = reasons_parse(arg_text(event, ARG_REASONS));
	incident->last_ns = event->node.ns;
}

static void read_limits(const event_t *event, const catalogue_t *catalogue, incident_t *incident)
{
	const point_t *point = catalogue ? catalogue_point(catalogue, incident->point) : NULL;
	incident->limit_low = incident->limit_high = NAN;
	if (point)
		record_limits(point, &incident->limit_low, &incident->limit_high);
	incident->limit_low = arg_f64(event, ARG_LIMIT_LOW, incident->limit_low);
	incident->limit_high = arg_f64(event, ARG_LIMIT_HIGH, incident->limit_high);
}

bool record_incident_of(const event_t *event, const catalogue_t *catalogue, incident_t *ret)
{
	incident_kind_t kind = 0;
	while (kind < INCIDENT_KIND_COUNT && OPENING[kind] != event->message)
		kind++;
	if (kind == INCIDENT_KIND_COUNT)
		return false;
	*ret = (incident_t){ .id = event->incident,
		             .kind = kind,
		             .open = true,
		             .device = event->device,
		             .point = event->point,
		             .first_ns = event->source.ns };
	record_incident_update(event, ret);
	ret->client = arg_ip(event, ARG_CLIENT);
	ret->server = arg_ip(event, ARG_SERVER);
	ret->usual_client = arg_ip(event, ARG_USUAL);
	ret->usual_count = arg_u64(event, ARG_USUAL_COUNT);
	ret->old_value = arg_value(event, ARG_OLD);
	ret->new_value = arg_value(event, ARG_NEW);
	read_limits(event, catalogue, ret);
	if (num_from_hex(arg_text(event, ARG_PACKET), ret->packet, sizeof(ret->packet),
	                 &ret->packet_len))
		ret->packet_len = 0;
	return true;
}
