/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERIES_CACHE_H
#define SERIES_CACHE_H
/* What a door has learnt of its clients' spellings: the bytes with which they begin a line
 * or a series (a head), and the id of each field behind them. A line with ten fields so
 * costs one look-up, and a known series no look at its labels.
 *
 * Story: series_cache_head for the bytes, then series_cache_get for each field in order; a
 * field that is not there is asked of the series and kept by series_cache_put.
 *
 * Ids are never reused or withdrawn, so nothing here grows old. When it is full it forgets
 * all and begins anew.
 *
 * Threads: one. */
#include "base/err.h"
#include "model/sample.h"

typedef struct series_cache series_cache_t;
typedef struct series_head series_head_t;

/* `bytes_max` of heads and fields. NULL when memory is gone. */
series_cache_t *series_cache_new(size_t bytes_max, uint64_t seed);
void series_cache_free(series_cache_t *cache);
/* The head of these bytes, made when it is not there; NULL when memory is gone. It lives
 * until the next head is made. */
series_head_t *series_cache_head(series_cache_t *cache, slice_t bytes);
/* Clients name their fields in one order: looks at the nth first. 0: not known. */
point_id_t series_cache_get(const series_head_t *head, size_t nth, slice_t field);
/* Keeps it; without memory it is asked for again. */
void series_cache_put(series_cache_t *cache, series_head_t *head, slice_t field, point_id_t id);
#endif
