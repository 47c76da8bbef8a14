/* SPDX-License-Identifier: Apache-2.0 */
#include "model/risk.h"

#include "model/time.h"

/* Of a cell: hours, severity, technique and count are at least a byte each. */
enum { CELL_BYTES_MIN = 4 };

int risk_cell_order(const risk_cell_t *a, const risk_cell_t *b)
{
	if (a->hour != b->hour)
		return a->hour > b->hour ? -1 : 1;
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	return (a->technique > b->technique) - (a->technique < b->technique);
}

void risk_put(const risk_t *risk, const risk_cell_t *cells, writer_t *w)
{
	wr_string(w, risk->node);
	wr_u8(w, RISK_VERSION);
	wr_varint(w, risk->nodes);
	wr_zigzag(w, risk->newest_ns);
	wr_varint(w, (uint64_t)(risk->newest_ns - risk->oldest_ns));
	wr_varint(w, risk->known);
	wr_varint(w, risk->monitored);
	wr_varint(w, risk->valid);
	wr_varint(w, risk->records);
	for (size_t i = 0; i < RISK_CLASSES; i++)
		wr_varint(w, risk->classes[i]);
	wr_string(w, risk->sources);
	wr_string(w, risk->victims);
	wr_varint(w, risk->events);
	wr_varint(w, risk->cell_count);
	uint32_t hour = 0;
	for (size_t i = 0; i < risk->cell_count; i++) {
		wr_varint(w, i ? hour - cells[i].hour : cells[i].hour);
		wr_u8(w, cells[i].severity);
		wr_varint(w, cells[i].technique);
		wr_varint(w, cells[i].count);
		hour = cells[i].hour;
	}
}

static uint64_t read_count(reader_t *r, uint64_t max)
{
	uint64_t count = rd_varint(r);
	if (count > max)
		r->bad = true;
	return r->bad ? 0 : count;
}

static slice_t read_set(reader_t *r)
{
	slice_t set = rd_string(r);
	if (set.len > RISK_SET_MAX)
		r->bad = true;
	return set;
}

/* The first cell, before which there is one of zeros, counts its hour from 1970. */
static void read_cell(reader_t *r, risk_cell_t *cell)
{
	risk_cell_t next = { 0 };
	bool is_first = cell->count == 0;
	uint64_t hours = read_count(r, is_first ? UINT32_MAX : cell->hour);
	next.hour = (uint32_t)(is_first ? hours : cell->hour - hours);
	next.severity = rd_u8(r);
	next.technique = (uint16_t)read_count(r, RISK_TECHNIQUES - 1);
	next.count = read_count(r, RISK_COUNT_MAX);
	if (next.severity >= SEVERITY_COUNT || next.count == 0 ||
	    (!is_first && risk_cell_order(cell, &next) >= 0))
		r->bad = true;
	*cell = next;
}

bool risk_cell_next(reader_t *cells, risk_cell_t *cell)
{
	if (cells->in.len == 0)
		return false;
	read_cell(cells, cell);
	return !cells->bad;
}

static void read_cells(reader_t *r, risk_t *risk)
{
	risk->cell_count = read_count(r, RISK_CELLS_MAX);
	risk->cells = r->in;
	if (risk->cell_count > r->in.len / CELL_BYTES_MIN)
		r->bad = true;
	risk_cell_t cell = { 0 };
	uint64_t newest = (uint64_t)risk->newest_ns / (uint64_t)NS_PER_HOUR, left = risk->events;
	for (size_t i = 0; i < risk->cell_count && !r->bad; i++) {
		read_cell(r, &cell);
		if (cell.hour > newest || cell.count > left)
			r->bad = true;
		left -= r->bad ? 0 : cell.count;
	}
}

static void read_times(reader_t *r, risk_t *risk)
{
	risk->newest_ns = rd_zigzag(r);
	uint64_t age = rd_varint(r);
	if (risk->newest_ns < 0 || age > (uint64_t)risk->newest_ns)
		r->bad = true;
	else
		risk->oldest_ns = risk->newest_ns - (int64_t)age;
}

static void read_assets(reader_t *r, risk_t *risk)
{
	risk->known = read_count(r, RISK_COUNT_MAX);
	risk->monitored = read_count(r, risk->known);
	risk->valid = read_count(r, RISK_COUNT_MAX);
	risk->records = read_count(r, RISK_COUNT_MAX);
	uint64_t left = risk->monitored;
	for (size_t i = 0; i < RISK_CLASSES; i++) {
		risk->classes[i] = read_count(r, left);
		left -= risk->classes[i];
	}
	if (risk->valid > risk->records)
		r->bad = true;
}

err_t risk_read(slice_t body, risk_t *ret_risk)
{
	if (body.len > RISK_BYTES_MAX)
		return ERR_TOO_BIG;
	reader_t r = reader_of(body);
	risk_t risk = { .node = rd_string(&r) };
	uint8_t version = rd_u8(&r);
	if (r.bad || risk.node.len == 0 || risk.node.len > RISK_NODE_MAX || version == 0)
		return ERR_MALFORMED;
	if (version > RISK_VERSION)
		return ERR_NEWER_FORMAT;
	risk.nodes = read_count(&r, RISK_COUNT_MAX);
	read_times(&r, &risk);
	read_assets(&r, &risk);
	risk.sources = read_set(&r);
	risk.victims = read_set(&r);
	risk.events = read_count(&r, RISK_COUNT_MAX);
	if (!r.bad)
		read_cells(&r, &risk);
	if (r.bad || r.in.len || risk.nodes == 0)
		return ERR_MALFORMED;
	*ret_risk = risk;
	return ERR_OK;
}
