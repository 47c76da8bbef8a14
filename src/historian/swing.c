/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/swing.h"

#include <assert.h>
#include <math.h>

/* Whole numbers up to it are doubles. */
#define WHOLE_MAX 9007199254740992.0

typedef struct {
	const swing_t *swing;
	const int64_t *ns;
	double number[SWING_ROWS_MAX];
} door_t;

/* A row that the line may stand for. */
static bool number_of(const rows_t *rows, size_t i, double *ret_number)
{
	value_type_t type = (value_type_t)rows->type[i];
	bool is_whole = type == VALUE_I64 || type == VALUE_U64;
	bool is_real = type == VALUE_F64 || type == VALUE_F32;
	if ((!is_whole && !is_real) || rows->mark[i] != mark_make(QUALITY_OK, false))
		return false;
	value_t value = value_from_bits(type, rows->bits[i]);
	return value_number(&value, ret_number) && isfinite(*ret_number) &&
	       (!is_whole || fabs(*ret_number) < WHOLE_MAX);
}

/* Where the rows end that one line may lead through; numbers of them are set. */
static size_t run_end(door_t *door, const rows_t *rows, size_t from)
{
	size_t i = from + 1;
	if (!number_of(rows, from, &door->number[from]))
		return i;
	while (i < rows->count && rows->type[i] == rows->type[from] &&
	       rows->source_ns[i] > rows->source_ns[i - 1] && number_of(rows, i, &door->number[i]))
		i++;
	return i;
}

static uint64_t span(const door_t *door, size_t from, size_t to)
{
	return (uint64_t)door->ns[to] - (uint64_t)door->ns[from];
}

static double line_at(const door_t *door, size_t from, size_t to, size_t i)
{
	return (double)span(door, from, i) * (door->number[to] - door->number[from]) /
	               (double)span(door, from, to) +
	       door->number[from];
}

/* The first row between that the line misses; `to` when there is none. */
static size_t first_missed(const door_t *door, size_t from, size_t to)
{
	size_t i = from + 1;
	while (i < to &&
	       fabs(line_at(door, from, to, i) - door->number[i]) <= door->swing->deviation)
		i++;
	return i;
}

static bool is_near(const door_t *door, size_t from, size_t to)
{
	int64_t most = door->swing->max_gap_ns;
	return most == 0 || span(door, from, to) <= (uint64_t)most;
}

/* The row that is kept behind `from`, before `end`. */
static size_t next_kept(const door_t *door, size_t from, size_t end)
{
	double low = -(double)INFINITY, high = (double)INFINITY, origin = door->number[from];
	size_t best = from + 1;
	for (size_t i = from + 1; i < end && low <= high && is_near(door, from, i); i++) {
		double ns = (double)span(door, from, i), rise = door->number[i] - origin;
		if (rise / ns >= low && rise / ns <= high)
			best = i;
		low = fmax(low, (rise - door->swing->deviation) / ns);
		high = fmin(high, (rise + door->swing->deviation) / ns);
	}
	for (size_t missed; (missed = first_missed(door, from, best)) < best;)
		best = missed;
	return best;
}

size_t swing_keep(const swing_t *swing, const rows_t *rows, bool *ret_keep)
{
	door_t door = { .swing = swing, .ns = rows->source_ns };
	size_t kept = 0;
	assert(rows->count <= SWING_ROWS_MAX);
	for (size_t from = 0, end; from < rows->count; from = end) {
		end = run_end(&door, rows, from);
		for (size_t i = from; i < end; i++)
			ret_keep[i] = swing->deviation <= 0;
		for (size_t at = from;; at = next_kept(&door, at, end)) {
			ret_keep[at] = true;
			if (at + 1 == end)
				break;
		}
	}
	for (size_t i = 0; i < rows->count; i++)
		kept += ret_keep[i];
	return kept;
}
