/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "api/handlers.h"
#include "api/state.h"

enum { DEVICE_ROOM = 4096 };

static void put_ms_or_null(json_t *j, const char *key, int64_t ns)
{
	json_key(j, key);
	if (ns)
		json_f64(j, round((double)ns / 1e3) / 1e3);
	else
		json_null(j);
}

static void put_status(const device_status_t *status, json_t *j)
{
	static const char *const states[] = {
		[LINK_DOWN] = "down",
		[LINK_CONNECTING] = "connecting",
		[LINK_UP] = "up",
	};
	json_put_cstr(j, "state", states[status->state]);
	put_ms_or_null(j, "round_trip_ms", status->round_trip_ns);
	put_ms_or_null(j, "last_reply_ms", status->last_reply_ns / NS_PER_MS * NS_PER_MS);
	json_put_u64(j, "requests", status->requests);
	json_put_u64(j, "replies", status->replies);
	json_put_u64(j, "timeouts", status->timeouts);
	json_put_u64(j, "exceptions", status->exceptions);
	json_put_u64(j, "malformed", status->malformed);
	json_put_u64(j, "reconnects", status->reconnects);
}

static void put_device(const device_t *device, json_t *j)
{
	char addr[ADDR_TEXT_MAX];
	json_put_u64(j, "id", device->id);
	json_put_cstr(j, "name", device->name);
	json_put_label(j, device->label);
	json_put_cstr(j, "ident", device->ident);
	json_put_cstr(j, "address", device_place(device, addr));
	json_put_u64(j, "unit", device->unit);
}

static void put_row(const api_t *api, const device_t *device, json_t *j)
{
	device_status_t status = fleet_device_status(api->spec.fleet, device->id);
	json_object(j);
	put_device(device, j);
	put_status(&status, j);
	json_close(j);
}

verdict_t devices_get(exchange_t *x)
{
	const catalogue_t *c = api_catalogue(x->api);
	reply_items(&x->reply, DEVICE_ROOM);
	for (size_t i = 0; i < c->device_count; i++)
		put_row(x->api, &c->devices[i], reply_json(&x->reply, DEVICE_ROOM));
	reply_items_end(&x->reply);
	return EXCHANGE_ANSWERED;
}
