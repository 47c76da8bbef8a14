/* SPDX-License-Identifier: Apache-2.0 */
/* The library tells in which interval a time lies, but not where that ends: the end is
 * found by halving. */
#include "env/zone.h"

#include <stdlib.h>

#include <glib.h>

enum { DAY_S = 86400, LOOK_DAYS = 730 };

struct env_zone {
	GTimeZone *zone;
};

static bool is_name(slice_t name)
{
	if (name.len > ENV_ZONE_NAME_MAX || (name.len && name.ptr[0] == '/'))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = (char)name.ptr[i];
		if (!g_ascii_isalnum(c) && c != '_' && c != '+' && c != '-' && c != '/' && c != ':')
			return false;
	}
	return true; /* without a dot, no way up */
}

err_t env_zone_open(slice_t name, env_zone_t **ret_zone)
{
	char text[ENV_ZONE_NAME_MAX + 1];
	if (!is_name(name) || (name.len && name.ptr[0] == ':') ||
	    !slice_to_cstr(name, text, sizeof(text)))
		return ERR_NOT_FOUND;
	env_zone_t *zone = calloc(1, sizeof(*zone));
	if (!zone)
		return ERR_NO_MEMORY;
	zone->zone = g_time_zone_new_identifier(text[0] ? text : "UTC");
	if (!zone->zone) {
		free(zone);
		return ERR_NOT_FOUND;
	}
	*ret_zone = zone;
	return ERR_OK;
}

void env_zone_close(env_zone_t *zone)
{
	if (!zone)
		return;
	g_time_zone_unref(zone->zone);
	free(zone);
}

int32_t env_zone_offset(const env_zone_t *zone, int64_t utc_s)
{
	gint interval = g_time_zone_find_interval(zone->zone, G_TIME_TYPE_UNIVERSAL, utc_s);
	return g_time_zone_get_offset(zone->zone, interval < 0 ? 0 : interval);
}

bool env_zone_next(const env_zone_t *zone, int64_t utc_s, int64_t *ret_utc_s)
{
	int32_t offset = env_zone_offset(zone, utc_s);
	int64_t before = utc_s, behind = utc_s;
	for (int day = 0; day < LOOK_DAYS && behind == before; day++) {
		if (env_zone_offset(zone, before + DAY_S) != offset)
			behind = before + DAY_S;
		else
			before = behind = before + DAY_S;
	}
	if (behind == before)
		return false;
	while (behind - before > 1) {
		int64_t middle = before + (behind - before) / 2;
		if (env_zone_offset(zone, middle) == offset)
			before = middle;
		else
			behind = middle;
	}
	*ret_utc_s = behind;
	return true;
}
