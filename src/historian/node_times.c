/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that arrived together have one node time, so that it has few steps; rows that were
 * polled have one distance. Late rows among others make a step each, to one of few times:
 * those are said apart. */
#include "historian/node_times.h"

#include <stdlib.h>

#include "codec/column/rising.h"

enum {
	TIMES = 0,
	DISTANCES = 1,
	PARTED_LONG = 2, /* as earlier programs wrote it */
	PARTED = 3,
	FORMS = 4,
	STEPS_FEW = 32,
	LATE_MIN = 4,
	TENS_MAX = 9, /* times are not in units longer than a second */
};

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

/* The power of ten in which all times are whole since the first. */
static uint8_t tens_of(const int64_t *sorted, size_t count)
{
	uint8_t power = 0;
	for (uint64_t unit = 10; power < TENS_MAX; power++, unit *= 10)
		for (size_t i = 1; i < count; i++)
			if (((uint64_t)sorted[i] - (uint64_t)sorted[0]) % unit)
				return power;
	return power;
}

static uint64_t ten_to(uint8_t power)
{
	uint64_t unit = 1;
	while (power-- > 0)
		unit *= 10;
	return unit;
}

/* Different times in order, from `first_ns` on or back. */
static void put_times(const int64_t *sorted, size_t count, int64_t first_ns, writer_t *w)
{
	uint64_t units[COLUMN_ROWS];
	uint8_t power = tens_of(sorted, count);
	for (size_t i = 1; i < count; i++)
		units[i - 1] = ((uint64_t)sorted[i] - (uint64_t)sorted[0]) / ten_to(power) - 1;
	wr_zigzag(w, (int64_t)((uint64_t)sorted[0] - (uint64_t)first_ns));
	wr_u8(w, power);
	rising_put(units, count - 1, w);
}

static void encode_late(const column_kernel_t *kernel, const rows_t *rows, int64_t first_ns,
                        writer_t *w)
{
	int64_t times[COLUMN_ROWS], sorted[COLUMN_ROWS];
	uint64_t places[COLUMN_ROWS];
	size_t late = part(rows, MARK_LATE, times), n = distinct(times, late, sorted);
	for (size_t i = 0; i < late; i++)
		places[i] = place_of(sorted, n, times[i]);
	wr_varint(w, n);
	put_times(sorted, n, first_ns, w);
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
		encode_late(kernel, rows, times[0], w);
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

static err_t get_times(reader_t *r, size_t count, int64_t first_ns, int64_t *ret_sorted)
{
	uint64_t units[COLUMN_ROWS];
	uint64_t first = (uint64_t)first_ns + (uint64_t)rd_zigzag(r);
	uint8_t power = rd_u8(r);
	if (r->bad || power > TENS_MAX)
		return ERR_CORRUPT;
	rising_get(r, count - 1, units);
	ret_sorted[0] = (int64_t)first;
	for (size_t i = 1; !r->bad && i < count; i++)
		ret_sorted[i] = (int64_t)(first + (units[i - 1] + 1) * ten_to(power));
	return r->bad ? ERR_CORRUPT : ERR_OK;
}

/* The form, and how many rows were late. */
typedef struct {
	uint8_t form;
	size_t late;
} parted_t;

/* Of those that were late; places become times. */
static err_t decode_late(const column_kernel_t *kernel, reader_t *r, const parted_t *parted,
                         int64_t first_ns, int64_t *ret_times)
{
	int64_t sorted[COLUMN_ROWS];
	uint64_t places[COLUMN_ROWS];
	uint64_t n = rd_varint(r);
	if (r->bad || n == 0 || n > COLUMN_ROWS)
		return ERR_CORRUPT;
	err_t err = parted->form == PARTED ? get_times(r, n, first_ns, sorted)
	                                   : column_time_decode(kernel, r, n, sorted);
	if (!err)
		err = column_uint_decode(kernel, r, parted->late, places);
	for (size_t i = 0; !err && i < parted->late; i++) {
		if (places[i] >= n)
			err = ERR_CORRUPT;
		else
			ret_times[i] = sorted[places[i]];
	}
	return err;
}

static err_t decode_parted(const column_kernel_t *kernel, reader_t *r, uint8_t form, rowset_t *rows)
{
	int64_t times[COLUMN_ROWS] = { 0 }, late_times[COLUMN_ROWS] = { 0 };
	rows_t all = rowset_rows(rows);
	parted_t parted = { form, count_late(&all) };
	size_t t = 0, l = 0;
	if (parted.late == 0 || parted.late == all.count)
		return ERR_CORRUPT;
	err_t err = column_time_decode(kernel, r, all.count - parted.late, times);
	if (!err)
		err = decode_late(kernel, r, &parted, times[0], late_times);
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
	                         : decode_parted(kernel, r, form, rows);
}
