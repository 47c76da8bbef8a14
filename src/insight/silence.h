/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_SILENCE_H
#define INSIGHT_SILENCE_H
/* A reader in which silence is a quality: where the next sample of a point comes later than
 * a value holds, a bad one (no data) stands at the time when it ceased to hold. What walks
 * over it then counts no machine as running through a night of which nobody knows.
 *
 * Story: silence_reader around the historian's, for one point at a time.
 *
 * Caveats: behind the last sample of a point nothing is put in; a curve ends there anyhow.
 * Between samples of which the store has left some out nothing is either. Samples as known at
 * a time in the past are looked at with what was known then.
 *
 * Threads: those of the reader, one question at a time. */
#include "model/series.h"

typedef struct {
	const series_reader_t *inner;
	int64_t hold_ns; /* 0: for ever */
} silence_t;

/* Borrows both. Has what evaluation asks: take, nearest and last. */
series_reader_t silence_reader(silence_t *silence);
#endif
