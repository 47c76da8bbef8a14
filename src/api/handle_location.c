/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handle_location.h"

#include "api/handlers.h"
#include "api/state.h"
#include "codec/handle/handle.h"
#include "registry/location/location.h"

enum { WISHES_MAX = 16 };

static bool is_wanted(const exchange_t *x, const handle_value_t *value, const char *type)
{
	return value->perms & HANDLE_PERM_PUBLIC_READ &&
	       handle_type_matches(value->type, slice_str(type)) &&
	       handles_is_wanted(&x->request, value);
}

static bool has_any(const exchange_t *x, const record_t *record)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	while (handle_value_next(&iter, &value))
		if (is_wanted(x, &value, "10320/loc."))
			return true;
	return false;
}

/* A value that cannot be read is as if it were not there; the page shows it. */
static void add(locations_t *all, const handle_value_t *value, bool is_url)
{
	locations_fault_t fault;
	if (is_url)
		(void)!locations_add_url(all, value->type, value->data);
	else
		(void)!locations_add(all, value->data, &fault);
}

static void gather(const exchange_t *x, const record_t *record, locations_t *all,
                   handle_location_t *location)
{
	static const char *const types[] = { "10320/loc.", "URL." };
	uint32_t now_s = (uint32_t)(env_utc(x->api->env).ns / NS_PER_S), least_s = UINT32_MAX;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		handle_iter_t iter = handle_list_iter(handle_values_of(record));
		handle_value_t value;
		/* URLs are places beside others, not in their stead. */
		if (i > 0 && locations_count(all) == 0)
			return;
		while (handle_value_next(&iter, &value)) {
			if (!is_wanted(x, &value, types[i]))
				continue;
			add(all, &value, i > 0);
			uint32_t ttl_s = handle_value_ttl(&value, now_s, now_s);
			if (ttl_s < least_s)
				location->until = value;
			least_s = ttl_s < least_s ? ttl_s : least_s;
		}
	}
}

static size_t read_wishes(const exchange_t *x, slice_t wishes[WISHES_MAX])
{
	size_t count = 0;
	while (count < WISHES_MAX && request_query(&x->request, "locatt", count, &wishes[count]))
		count++;
	return count;
}

static slice_t country_of(const exchange_t *x, const slice_t *wishes, size_t count)
{
	slice_t country = { 0 };
	if (request_query(&x->request, "country", 0, &country))
		return country;
	for (size_t i = 0; i < count; i++) {
		slice_t value = wishes[i];
		if (slice_eq(slice_cut(&value, ':'), SLICE("country")))
			return value;
	}
	return slice_str(x->api->spec.country);
}

/* A browser names pages, and most programs take anything. */
static bool wants_data(slice_t accept)
{
	static const char *const pages[] = { "text/html", "application/xhtml+xml", "text/*",
		                             "*/*" };
	if (slice_trim(accept).len == 0)
		return false;
	while (accept.len) {
		slice_t range = slice_cut(&accept, ','), type = slice_trim(slice_cut(&range, ';'));
		for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
			if (slice_eq_nocase(type, slice_str(pages[i])))
				return false;
	}
	return true;
}

static bool choose(const exchange_t *x, slice_t name, const locations_t *all,
                   handle_location_t *location)
{
	slice_t wishes[WISHES_MAX];
	size_t at = 0, count = read_wishes(x, wishes);
	location_client_t client = { .wishes = wishes,
		                     .wish_count = count,
		                     .country = country_of(x, wishes, count),
		                     .address = x->request.peer.ip,
		                     .wants_data = wants_data(x->request.header[HEADER_ACCEPT]) };
	writer_t w = writer_of(location->bytes, sizeof(location->bytes));
	env_random(x->api->env, &client.chance, sizeof(client.chance));
	if (!locations_choose(all, &client, &at))
		return false;
	location_put_url(all, at, name, &w);
	location->url = writer_done(&w);
	location->status = location_status(all, at);
	location->varies = locations_vary(all);
	return !w.bad;
}

bool handle_location_find(const exchange_t *x, slice_t name, const record_t *record,
                          handle_location_t *ret_location)
{
	if (!has_any(x, record))
		return false;
	locations_t *all = locations_new();
	if (!all)
		return false;
	gather(x, record, all, ret_location);
	bool is_found = choose(x, name, all, ret_location);
	locations_free(all);
	return is_found;
}
