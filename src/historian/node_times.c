/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that arrived together have one node time, so that it has few steps; rows that were
 * polled have one distance. Late rows among others make a step each, to one of few times:
 * those are said apart. */
#include "historian/node_times.h"

#include <stdlib.h>

enum { TIMES = 0, DISTANCES = 1, PARTED = 2, FORMS = 3, STEPS_FEW = 32, LATE_MIN = 4 };

static size_t count_late(const rows_t *rows)
{
	size_t late = 0;
	for (size_t i = 0; i < rows->count; i++)
		late += rows->mark[i] & MARK_LATE;
	return late;
}

/* Node times of the rows that were late, or were not. */
static size_t part(const rows_t *rows, uint8_t late, int64_t *ret_times)
{
	size_t n = 0;
	for (size_t i = 0; i < rows->count; i++)
		if ((rows->mark[i] & MARK_LATE) == late)
			ret_times[n++] = rows->node_ns[i];
	return n;
}

static bool has_few_steps(const int64_t *times, size_t count)
{
	size_t steps = 0;
	for (size_t i = 1; i < count; i++)
		steps += times[i] != times[i - 1];
	return steps * STEPS_FEW < count;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* The different ones, in order. */
static size_t distinct(const int64_t *times, size_t count, int64_t *ret_sorted)
{
	size_t n = 0;
	memcpy(ret_sorted, times, count * sizeof(*times));
	qsort(ret_sorted, count, sizeof(*ret_sorted), by_time);
	for (size_t i = 0; i < count; i++)
		if (n == 0 || ret_sorted[i] != ret_sorted[n - 1])
			ret_sorted[n++] = ret_sorted[i];
	return n;
}

static size_t place_of(const int64_t *sorted, size_t count, int64_t time)
{
	size_t low = 0, high = count;
	while (low + 1 < high) {
		size_t middle = (low + high) / 2;
		if (sorted[middle] <= time)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void encode_late(const column_kernel_t *kernel, const rows_t *rows, writer_t *w)
{
	int64_t times[COLUMN_ROWS], sorted[COLUMN_ROWS];
	uint64_t places[COLUMN_ROWS];
	size_t late = part(rows, MARK_LATE, times), n = distinct(times, late, sorted);
	for (size_t i = 0; i < late; i++)
		places[i] = place_of(sorted, n, times[i]);
	wr_varint(w, n);
	column_time_encode(kernel, sorted, n, w);
	column_uint_encode(kernel, places, late, w);
}

static void encode_distances(const column_kernel_t *kernel, const rows_t *rows, writer_t *w)
{
	int64_t distance[COLUMN_ROWS];
	for (size_t i = 0; i < rows->count; i++)
		distance[i] = (int64_t)((uint64_t)rows->node_ns[i] - (uint64_t)rows->source_ns[i]);
	column_int_encode(kernel, distance, rows->count, w);
}

err_t node_encode(const column_kernel_t *kernel, const rows_t *rows, writer_t *w)
{
	int64_t times[COLUMN_ROWS];
	size_t late = count_late(rows), others = part(rows, 0, times);
	uint8_t form = DISTANCES;
	if (has_few_steps(rows->node_ns, rows->count))
		form = TIMES;
	else if (late >= LATE_MIN && others && has_few_steps(times, others))
		form = PARTED;
	wr_u8(w, form);
	if (form == DISTANCES) {
		encode_distances(kernel, rows, w);
	} else if (form == TIMES) {
		column_time_encode(kernel, rows->node_ns, rows->count, w);
	} else {
		column_time_encode(kernel, times, others, w);
		encode_late(kernel, rows, w);
	}
	return w->bad ? ERR_INTERNAL : ERR_OK;
}

static err_t decode_distances(const column_kernel_t *kernel, reader_t *r, rowset_t *rows)
{
	err_t err = column_int_decode(kernel, r, rows->count, rows->node_ns);
	for (size_t i = 0; !err && i < rows->count; i++)
		rows->node_ns[i] = (int64_t)((uint64_t)rows->node_ns[i] +
		                             (uint64_t)rows->source_ns[i]);
	return err;
}

/* Times of the late rows; places become times. */
static err_t decode_late(const column_kernel_t *kernel, reader_t *r, size_t late,
                         int64_t *ret_times)
{
	int64_t sorted[COLUMN_ROWS];
	uint64_t places[COLUMN_ROWS];
	uint64_t n = rd_varint(r);
	if (r->bad || n == 0 || n > COLUMN_ROWS)
		return ERR_CORRUPT;
	err_t err = column_time_decode(kernel, r, n, sorted);
	if (!err)
		err = column_uint_decode(kernel, r, late, places);
	for (size_t i = 0; !err && i < late; i++) {
		if (places[i] >= n)
			err = ERR_CORRUPT;
		else
			ret_times[i] = sorted[places[i]];
	}
	return err;
}

static err_t decode_parted(const column_kernel_t *kernel, reader_t *r, rowset_t *rows)
{
	int64_t times[COLUMN_ROWS] = { 0 }, late_times[COLUMN_ROWS] = { 0 };
	rows_t all = rowset_rows(rows);
	size_t late = count_late(&all), t = 0, l = 0;
	if (late == 0 || late == all.count)
		return ERR_CORRUPT;
	err_t err = column_time_decode(kernel, r, all.count - late, times);
	if (!err)
		err = decode_late(kernel, r, late, late_times);
	for (size_t i = 0; !err && i < all.count; i++)
		rows->node_ns[i] = all.mark[i] & MARK_LATE ? late_times[l++] : times[t++];
	return err;
}

err_t node_decode(const column_kernel_t *kernel, reader_t *r, rowset_t *rows)
{
	uint8_t form = rd_u8(r);
	if (r->bad || form >= FORMS)
		return ERR_CORRUPT;
	if (form == TIMES)
		return column_time_decode(kernel, r, rows->count, rows->node_ns);
	return form == DISTANCES ? decode_distances(kernel, r, rows)
	                         : decode_parted(kernel, r, rows);
}
