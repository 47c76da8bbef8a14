/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_ZONE_H
#define ENV_ZONE_H
/* Time zones, behind the one adapter of the library that reads them (GLib, from the
 * system's tz database). The same in both worlds: a zone is data, not the machine's
 * clock.
 *
 * Story: env_zone_open by name, ask offsets, env_zone_close.
 *
 * Threads: any; a zone does not change.
 *
 * Caveats: leap seconds are not counted. What a later tz database says of the past or
 * the future is seen by the next start. */
#include "base/err.h"

typedef struct env_zone env_zone_t;

enum { ENV_ZONE_NAME_MAX = 64 };

/* "Europe/Berlin", "UTC", "" (UTC), "+08:00". ERR_NOT_FOUND: no such zone; names that
 * could leave the database are none. ERR_NO_MEMORY. */
MUST_CHECK err_t env_zone_open(slice_t name, env_zone_t **ret_zone);
void env_zone_close(env_zone_t *zone);
/* Seconds that local time is ahead of UTC at a time, seconds since 1970. */
int32_t env_zone_offset(const env_zone_t *zone, int64_t utc_s);
/* When the offset changes next after a time; false when it does not within two years. */
bool env_zone_next(const env_zone_t *zone, int64_t utc_s, int64_t *ret_utc_s);
#endif
