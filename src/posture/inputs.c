/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs of the index: counted here, merged, written and read. */
#include <assert.h>
#include <math.h>

#include "posture/posture.h"

void posture_clear(posture_inputs_t *inputs)
{
	inputs->risk = (risk_t){ 0 };
	inputs->cell_count = 0;
	hyperloglog_clear(&inputs->sources);
	hyperloglog_clear(&inputs->victims);
}

void posture_begin(posture_inputs_t *inputs, int64_t as_of_ns)
{
	assert(as_of_ns >= 0);
	posture_clear(inputs);
	inputs->risk.nodes = 1;
	inputs->risk.newest_ns = inputs->risk.oldest_ns = as_of_ns;
}

/* Stays at the greatest, so that sums do not depend on the order even there. */
static uint64_t sum_of(uint64_t a, uint64_t b)
{
	assert(a <= RISK_COUNT_MAX && b <= RISK_COUNT_MAX);
	return a + b < RISK_COUNT_MAX ? a + b : RISK_COUNT_MAX;
}

void posture_add_asset(posture_inputs_t *inputs, double asset_risk)
{
	double class = round(asset_risk * (RISK_CLASSES - 1));
	assert(class >= 0 && class < RISK_CLASSES);
	uint64_t *count = &inputs->risk.classes[(size_t) class];
	*count = sum_of(*count, 1);
}

/* Where a cell stands or would stand. */
static size_t find_cell(const posture_inputs_t *inputs, const risk_cell_t *cell)
{
	size_t from = 0, to = inputs->cell_count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (risk_cell_order(&inputs->cells[middle], cell) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* The oldest goes when there is no room, or the new one if it is that. */
static void add_cell(posture_inputs_t *inputs, const risk_cell_t *cell)
{
	size_t at = find_cell(inputs, cell);
	risk_cell_t *there = &inputs->cells[at];
	if (at < inputs->cell_count && risk_cell_order(there, cell) == 0) {
		there->count = sum_of(there->count, cell->count);
		return;
	}
	if (at == RISK_CELLS_MAX)
		return;
	if (inputs->cell_count < RISK_CELLS_MAX)
		inputs->cell_count++;
	memmove(there + 1, there, (inputs->cell_count - at - 1) * sizeof(*there));
	*there = *cell;
}

void posture_add_event(posture_inputs_t *inputs, const posture_event_t *event)
{
	assert(event->technique < RISK_TECHNIQUES && event->severity < SEVERITY_COUNT);
	int64_t ns = event->ns < inputs->risk.newest_ns ? event->ns : inputs->risk.newest_ns;
	risk_cell_t cell = { .hour = ns > 0 ? (uint32_t)(ns / NS_PER_HOUR) : 0,
		             .severity = (uint8_t)event->severity,
		             .technique = (uint16_t)event->technique,
		             .count = 1 };
	inputs->risk.events = sum_of(inputs->risk.events, 1);
	add_cell(inputs, &cell);
	if (event->source)
		hyperloglog_add(&inputs->sources, event->source);
	if (event->victim)
		hyperloglog_add(&inputs->victims, event->victim);
}

static size_t count_union(const posture_inputs_t *a, const posture_inputs_t *b)
{
	size_t count = 0, i = 0, k = 0;
	for (; i < a->cell_count && k < b->cell_count; count++) {
		int order = risk_cell_order(&a->cells[i], &b->cells[k]);
		i += order <= 0;
		k += order >= 0;
	}
	return count + (a->cell_count - i) + (b->cell_count - k);
}

/* From the oldest, in place: what is written lies at or behind what is still to be read. The
 * oldest of the union are passed over when there is no room for all. Those that are kept were
 * kept on each side that had them, so that it does not matter in what order many merge. */
static void merge_cells(posture_inputs_t *into, const posture_inputs_t *from)
{
	size_t i = into->cell_count, k = from->cell_count, at = count_union(into, from);
	into->cell_count = at < RISK_CELLS_MAX ? at : RISK_CELLS_MAX;
	while (k > 0) {
		const risk_cell_t *ours = i ? &into->cells[i - 1] : NULL,
				  *theirs = &from->cells[k - 1];
		int order = ours ? risk_cell_order(ours, theirs) : -1;
		risk_cell_t cell = order > 0 ? *ours : *theirs;
		if (order == 0)
			cell.count = sum_of(ours->count, theirs->count);
		i -= order >= 0;
		k -= order <= 0;
		if (--at < RISK_CELLS_MAX)
			into->cells[at] = cell;
	}
}

static void merge_times(risk_t *into, const risk_t *from)
{
	if (from->nodes == 0)
		return;
	if (into->nodes == 0 || from->newest_ns > into->newest_ns)
		into->newest_ns = from->newest_ns;
	if (into->nodes == 0 || from->oldest_ns < into->oldest_ns)
		into->oldest_ns = from->oldest_ns;
}

void posture_merge(posture_inputs_t *into, const posture_inputs_t *from)
{
	risk_t *a = &into->risk;
	const risk_t *b = &from->risk;
	assert(into != from);
	merge_times(a, b);
	a->nodes = sum_of(a->nodes, b->nodes);
	a->known = sum_of(a->known, b->known);
	a->monitored = sum_of(a->monitored, b->monitored);
	a->valid = sum_of(a->valid, b->valid);
	a->records = sum_of(a->records, b->records);
	a->events = sum_of(a->events, b->events);
	for (size_t i = 0; i < RISK_CLASSES; i++)
		a->classes[i] = sum_of(a->classes[i], b->classes[i]);
	hyperloglog_merge(&into->sources, &from->sources);
	hyperloglog_merge(&into->victims, &from->victims);
	merge_cells(into, from);
}

void posture_put(const posture_inputs_t *inputs, slice_t node, writer_t *w)
{
	uint8_t sets[2][HYPERLOGLOG_BYTES_MAX];
	writer_t sources = writer_of(sets[0], sizeof(sets[0]));
	writer_t victims = writer_of(sets[1], sizeof(sets[1]));
	hyperloglog_put(&inputs->sources, &sources);
	hyperloglog_put(&inputs->victims, &victims);
	assert(!sources.bad && !victims.bad);
	risk_t risk = inputs->risk;
	risk.node = node;
	risk.sources = writer_done(&sources);
	risk.victims = writer_done(&victims);
	risk.cell_count = inputs->cell_count;
	risk_put(&risk, inputs->cells, w);
}

err_t posture_read(slice_t body, posture_inputs_t *inputs, slice_t *ret_node)
{
	risk_t *risk = &inputs->risk;
	err_t err = risk_read(body, risk);
	if (!err)
		err = hyperloglog_read(risk->sources, &inputs->sources);
	if (!err)
		err = hyperloglog_read(risk->victims, &inputs->victims);
	if (err)
		return err;
	reader_t cells = reader_of(risk->cells);
	risk_cell_t cell = { 0 };
	inputs->cell_count = 0;
	while (risk_cell_next(&cells, &cell))
		inputs->cells[inputs->cell_count++] = cell;
	assert(inputs->cell_count == risk->cell_count);
	*ret_node = risk->node;
	risk->node = risk->sources = risk->victims = risk->cells = (slice_t){ 0 };
	risk->cell_count = 0;
	return ERR_OK;
}
