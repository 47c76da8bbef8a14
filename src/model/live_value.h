/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_LIVE_VALUE_H
#define MODEL_LIVE_VALUE_H
/* The sample of a point as the registry sees it: node hands out a source of newest
 * ones, whoever answers as of a time makes one of his own. */
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
} live_value_source_t;
#endif
