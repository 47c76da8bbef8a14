/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_LIVE_VALUE_H
#define MODEL_LIVE_VALUE_H
/* The sample of a point as the registry sees it: the newest one, or that of a time. */
#include "model/sample.h"

enum { LIVE_UNIT_MAX = 32 };

typedef struct {
	sample_t sample;
	int64_t period_ns;        /* how often there is a new one */
	char unit[LIVE_UNIT_MAX]; /* "" if none; cut when longer */
} live_value_t;

typedef struct {
	void *ctx;
	/* False when there is no such point, or no sample of it. */
	bool (*get)(void *ctx, slice_t point, live_value_t *ret_value);
	/* The same as of a time: reads the disk, FILES loops only. NULL: no past is kept. */
	bool (*get_at)(void *ctx, slice_t point, int64_t utc_ns, live_value_t *ret_value);
} live_value_source_t;
#endif
