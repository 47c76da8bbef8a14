/* SPDX-License-Identifier: Apache-2.0 */
/* How busy the serial lines are, measured: over windows of ten seconds, the share of the
 * time in which a line was asked, answered or waited. A line that is nearly always busy
 * while polls of its devices are left out cannot keep the periods it was given: that is
 * one event, and another only after a window in which it could. */
#include "fleet/state.h"

#define WINDOW_NS (10 * NS_PER_S)

enum { FULL_PERCENT = 90 };

static uint64_t skipped_on(const fleet_t *fleet, const line_t *line)
{
	const catalogue_t *c = fleet->spec.catalogue;
	uint64_t skipped = 0;
	for (size_t i = 0; i < c->device_count; i++)
		if (c->devices[i].port == line_port(line))
			skipped += link_status(fleet->links[i]).skipped;
	return skipped;
}

static void note_overload(fleet_t *fleet, const line_t *line, int64_t percent, uint64_t skipped)
{
	event_t event = event_make(MSG_LINE_OVERLOADED, (node_time_t){ env_utc(fleet->env).ns });
	event_arg(&event, ARG_NAME, value_text(slice_str(line_port(line)->name)));
	event_arg(&event, ARG_NEW, value_i64(percent));
	event_arg(&event, ARG_COUNT, value_u64(skipped));
	fleet_note(fleet, &event);
}

/* Returns the load in percent. */
static int64_t measure(fleet_t *fleet, fleet_line_t *place, int64_t span_ns)
{
	line_stats_t stats = line_stats(place->line);
	uint64_t skipped = skipped_on(fleet, place->line);
	/* Counts of devices begin anew with a reload. */
	uint64_t lost = skipped > place->skipped ? skipped - place->skipped : 0;
	int64_t percent = (stats.busy_ns - place->busy_ns) * 100 / span_ns;
	bool is_over = lost && percent >= FULL_PERCENT;
	if (percent > 100)
		percent = 100;
	if (is_over && !place->is_over)
		note_overload(fleet, place->line, percent, lost);
	metric_add(&fleet->metrics, METRIC_POLLS_SKIPPED, (int64_t)lost);
	metric_add(&fleet->metrics, METRIC_LINE_STRAYS, (int64_t)(stats.strays - place->strays));
	*place = (fleet_line_t){ .line = place->line,
		                 .busy_ns = stats.busy_ns,
		                 .skipped = skipped,
		                 .strays = stats.strays,
		                 .is_over = is_over };
	return percent;
}

void fleet_measure_lines(fleet_t *fleet)
{
	int64_t now_ns = env_now(fleet->env), highest = 0;
	if (now_ns - fleet->measured_ns < WINDOW_NS)
		return;
	for (size_t i = 0; i < fleet->spec.catalogue->port_count; i++) {
		int64_t percent = measure(fleet, &fleet->lines[i], now_ns - fleet->measured_ns);
		highest = percent > highest ? percent : highest;
	}
	metric_set(&fleet->metrics, METRIC_LINE_LOAD, highest);
	fleet->measured_ns = now_ns;
}
