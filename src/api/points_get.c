/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/state.h"

/* JSON_GROWTH: what a byte of text may become. */
enum { POINT_ROOM = 4096, STATE_ROOM = 64, JSON_GROWTH = 6 };

static const err_text_t text_device = {
	{ "there is no device called %1", "没有名为 %1 的设备" },
	{ "GET /api/v1/devices lists the names", "GET /api/v1/devices 可列出名称" },
};

static void put_wire(const point_t *point, json_t *j)
{
	static const char *const types[WIRE_COUNT] = {
		[WIRE_BOOL] = "bool",  [WIRE_I16] = "int16",   [WIRE_U16] = "uint16",
		[WIRE_I32] = "int32",  [WIRE_U32] = "uint32",  [WIRE_I64] = "int64",
		[WIRE_U64] = "uint64", [WIRE_F32] = "float32", [WIRE_F64] = "float64",
	};
	static const char *const tables[POINT_TABLE_COUNT] = {
		[POINT_COIL] = "coil",
		[POINT_DISCRETE_INPUT] = "discrete",
		[POINT_INPUT_REGISTER] = "input",
		[POINT_HOLDING_REGISTER] = "holding",
	};
	json_put_cstr(j, "type", types[point->address.wire]);
	json_put_cstr(j, "table", tables[point->address.table]);
	json_put_u64(j, "address", point->address.address);
	json_put_ms(j, "period_ms", point->period_ns);
}

static void put_contract(const point_t *point, json_t *j)
{
	const point_write_t *write = &point->write;
	if (point->limits.set) {
		json_put_limits(j, point->limits.low, point->limits.high);
	} else {
		json_key(j, "limits");
		json_null(j);
	}
	json_key(j, "write");
	if (!write->enabled) {
		json_null(j);
		return;
	}
	json_object(j);
	json_put_limits(j, write->limits.low, write->limits.high);
	json_put_f64(j, "tolerance", write->tolerance);
	json_put_cstr(j, "role", role_name(write->role));
	json_close(j);
}

static void put_states(const point_t *point, json_t *j)
{
	json_key(j, "states");
	if (!point->states.count) {
		json_null(j);
		return;
	}
	json_array(j);
	for (size_t i = 0; i < point->states.count; i++) {
		json_object(j);
		json_put_u64(j, "value", point->states.rows[i].ordinal);
		json_put_label(j, point->states.rows[i].name);
		json_close(j);
	}
	json_close(j);
}

/* What the states of a point may take beside all else. */
static size_t room_of(const point_t *point)
{
	size_t room = POINT_ROOM;
	for (size_t i = 0; i < point->states.count; i++)
		room += STATE_ROOM + JSON_GROWTH * (strlen(point->states.rows[i].name[LANG_EN]) +
		                                    strlen(point->states.rows[i].name[LANG_ZH]));
	return room;
}

static void put_value(const api_t *api, const point_t *point, json_t *j)
{
	static const char *const classes[] = { "good", "uncertain", "bad" };
	sample_t sample = { .quality = QUALITY_NO_DATA };
	bool known = last_value_get(api->spec.last_values, point->id, &sample);
	json_key(j, "value");
	value_json(&sample.value, j);
	json_key(j, "quality");
	quality_json(sample.quality, j);
	json_put_cstr(j, "quality_class", classes[quality_info(sample.quality)->class]);
	json_key(j, "time_ms");
	if (known)
		json_i64(j, sample.source.ns / NS_PER_MS);
	else
		json_null(j);
}

static void put_point(const api_t *api, const point_t *point, json_t *j)
{
	const device_t *device = catalogue_device(api_catalogue(api), point->device);
	json_object(j);
	json_put_u64(j, "id", point->id);
	json_put_cstr(j, "name", point->name);
	json_put_label(j, point->label);
	json_put_cstr(j, "unit", point->unit);
	json_put_cstr(j, "ident", point->ident);
	json_put_cstr(j, "device", device ? device->name : "");
	put_wire(point, j);
	put_contract(point, j);
	put_states(point, j);
	put_value(api, point, j);
	json_close(j);
}

static void put_points(exchange_t *x, const device_t *device)
{
	const catalogue_t *c = api_catalogue(x->api);
	reply_items(&x->reply, POINT_ROOM);
	for (size_t i = 0; i < c->point_count; i++)
		if (!device || c->points[i].device == device->id)
			put_point(x->api, &c->points[i],
			          reply_json(&x->reply, room_of(&c->points[i])));
	reply_items_end(&x->reply);
}

verdict_t points_get(exchange_t *x)
{
	const device_t *device = NULL;
	slice_t name;
	if (request_query(&x->request, "device", 0, &name) && name.len) {
		device = catalogue_device_named(api_catalogue(x->api), name);
		if (!device)
			return exchange_refuse(x, ERR_NOT_FOUND, &text_device, name);
	}
	put_points(x, device);
	return EXCHANGE_ANSWERED;
}

verdict_t point_get(exchange_t *x)
{
	const point_t *point = exchange_point(x, x->request.param[0]);
	if (point)
		put_point(x->api, point, reply_json(&x->reply, room_of(point)));
	return EXCHANGE_ANSWERED;
}
