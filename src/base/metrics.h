/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H
/* One table of metrics per room, rows from an X-macro, one relaxed atomic per
 * row. Rooms count with metric_add; the API prints every table it is handed as
 * Prometheus text. Names are NAME without the program's prefix, with base units
 * and _total for counters.
 *
 * Story: a room declares METRIC_ROWS(X), an enum, and a static const rows array;
 * its state embeds a metrics_t; node collects pointers to them for the API. */
#include <stdatomic.h>

#include "base/cursor.h"

typedef enum { METRIC_COUNTER, METRIC_GAUGE } metric_kind_t;

typedef struct {
	const char *name, *help;
	metric_kind_t kind;
} metric_row_t;

enum { METRICS_MAX = 48 };

typedef struct {
	const metric_row_t *rows;
	size_t count;
	_Atomic int64_t values[METRICS_MAX];
} metrics_t;

void metrics_init(metrics_t *m, const metric_row_t *rows, size_t count);
static inline void metric_add(metrics_t *m, size_t row, int64_t n)
{
	atomic_fetch_add_explicit(&m->values[row], n, memory_order_relaxed);
}
static inline void metric_set(metrics_t *m, size_t row, int64_t v)
{
	atomic_store_explicit(&m->values[row], v, memory_order_relaxed);
}
static inline int64_t metric_get(const metrics_t *m, size_t row)
{
	return atomic_load_explicit(&m->values[row], memory_order_relaxed);
}
/* Prometheus text exposition 0.0.4 of the table, every name led by `prefix` as
 * it is given ("jizhu_"). */
void metrics_print(const metrics_t *m, const char *prefix, writer_t *w);
#endif
