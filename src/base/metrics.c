/* SPDX-License-Identifier: Apache-2.0 */
/* Printing of metric tables. Rows are ours, so their names and help texts are
 * printed as they are. */
#include "base/metrics.h"

#include <assert.h>
#include <inttypes.h>

static const char *const KIND_NAMES[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
};

void metrics_init(metrics_t *m, const metric_row_t *rows, size_t count)
{
	assert(count <= METRICS_MAX);
	m->rows = rows;
	m->count = count;
	for (size_t i = 0; i < METRICS_MAX; i++)
		atomic_init(&m->values[i], 0);
}

void metrics_print(const metrics_t *m, const char *prefix, writer_t *w)
{
	for (size_t i = 0; i < m->count; i++) {
		const metric_row_t *row = &m->rows[i];
		wr_format(w, "# HELP %s%s %s\n", prefix, row->name, row->help);
		wr_format(w, "# TYPE %s%s %s\n", prefix, row->name, KIND_NAMES[row->kind]);
		wr_format(w, "%s%s %" PRId64 "\n", prefix, row->name, metric_get(m, i));
	}
}
