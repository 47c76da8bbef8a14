/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_TIME_H
#define MODEL_TIME_H
/* Times as types: nanoseconds UTC since 1970, signed 64 bit (to the year 2262).
 * A source time is what the device or its driver says; a node time is when this
 * node took the value in. They are different types so that they cannot be mixed
 * by accident. Durations are plain int64_t with _ns in the name. */
#include <stdint.h>

typedef struct {
	int64_t ns;
} source_time_t;

typedef struct {
	int64_t ns;
} node_time_t;

typedef enum { CLOCK_STATE_SYNCED, CLOCK_STATE_FREE, CLOCK_STATE_UNKNOWN } clock_state_t;

typedef struct {
	int64_t ns;
	int64_t error_ns; /* bound of the error when synced, else -1 */
	clock_state_t state;
} utc_t;

#define NS_PER_US   INT64_C(1000)
#define NS_PER_MS   INT64_C(1000000)
#define NS_PER_S    INT64_C(1000000000)
#define NS_PER_HOUR (3600 * NS_PER_S)
#define NS_PER_DAY  (24 * NS_PER_HOUR)
#endif
