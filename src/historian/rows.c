/* SPDX-License-Identifier: Apache-2.0 */
/* Rows come nearly in order: those that do not are taken out, sorted by themselves and
 * merged back, so that a few late ones do not cost the sorting of all. */
#include "historian/rows.h"

#include <math.h>
#include <stdlib.h>

enum { TEXT_MAX = 1 << 30, CAP_MIN = 64 };

/* -1, 0, 1 */
#define THREE_WAY(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_values(const rows_t *a, size_t i, const rows_t *b, size_t k)
{
	if (a->type[i] == VALUE_TEXT && b->type[k] == VALUE_TEXT)
		return slice_cmp(sample_text(a->text, a->bits[i]),
		                 sample_text(b->text, b->bits[k]));
	return THREE_WAY(a->bits[i], b->bits[k]);
}

int rows_compare(const rows_t *a, size_t i, const rows_t *b, size_t k)
{
	int order = THREE_WAY(a->source_ns[i], b->source_ns[k]);
	if (!order)
		order = THREE_WAY(a->node_ns[i], b->node_ns[k]);
	if (!order)
		order = compare_values(a, i, b, k);
	if (!order)
		order = THREE_WAY(a->type[i], b->type[k]);
	return order ? order : THREE_WAY(a->mark[i], b->mark[k]);
}

static value_t value_of(const rows_t *rows, size_t i)
{
	value_t value = { .type = (value_type_t)rows->type[i] };
	if (value.type == VALUE_F64)
		memcpy(&value.as.f, &rows->bits[i], sizeof(value.as.f));
	else if (value.type == VALUE_TEXT)
		value.as.text = sample_text(rows->text, rows->bits[i]);
	else
		value = value_from_bits(value.type, rows->bits[i]);
	return value;
}

sample_t rows_sample(const rows_t *rows, size_t i, point_id_t point)
{
	return (sample_t){
		.point = point,
		.source = { rows->source_ns[i] },
		.node = { rows->node_ns[i] },
		.value = value_of(rows, i),
		.quality = (quality_t)mark_quality(rows->mark[i]),
		.is_late = rows->mark[i] & MARK_LATE,
		.bound = rows->bound,
	};
}

size_t rows_before(const rows_t *rows, size_t low, int64_t ns)
{
	size_t high = rows->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rows->source_ns[middle] < ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void rows_reals(const rows_t *rows, size_t from, size_t to, double *ret_numbers)
{
	float single;
	if (from < to && rows->type[from] == VALUE_F64) {
		memcpy(ret_numbers, &rows->bits[from], (to - from) * sizeof(*ret_numbers));
		return;
	}
	for (size_t i = from; i < to; i++) {
		uint32_t half = (uint32_t)rows->bits[i];
		memcpy(&single, &half, sizeof(single));
		ret_numbers[i - from] = (double)single;
	}
}

bool rows_plain(const rows_t *rows, double *ret_numbers)
{
	unsigned odd = 0;
	int64_t span;
	uint8_t type = rows->type[0] == VALUE_F32 ? VALUE_F32 : VALUE_F64;
	for (size_t i = 0; i < rows->count; i++)
		odd |= (unsigned)(rows->type[i] ^ type) |
		       (unsigned)(rows->mark[i] >= mark_make(QUALITY_OVERRIDDEN, false));
	if (!odd)
		rows_reals(rows, 0, rows->count, ret_numbers);
	for (size_t i = 0; !odd && i < rows->count; i++)
		odd |= isfinite(ret_numbers[i]) == 0;
	return !odd &&
	       !__builtin_sub_overflow(rows->source_ns[rows->count - 1], rows->source_ns[0], &span);
}

rows_t rows_part(const rows_t *rows, size_t from, size_t to)
{
	return (rows_t){
		.count = to - from,
		.source_ns = rows->source_ns + from,
		.node_ns = rows->node_ns + from,
		.bits = rows->bits + from,
		.type = rows->type + from,
		.mark = rows->mark + from,
		.text = rows->text,
		.bound = rows->bound,
	};
}

static bool grow(void *column, size_t cap, size_t size)
{
	void **at = column;
	void *grown = realloc(*at, cap * size);
	if (grown)
		*at = grown;
	return grown != NULL;
}

err_t rowset_reserve(rowset_t *set, size_t more)
{
	size_t cap = set->cap ? set->cap : CAP_MIN;
	if (set->count + more <= set->cap)
		return ERR_OK;
	while (cap < set->count + more)
		cap *= 2;
	if (!grow(&set->source_ns, cap, sizeof(int64_t)) ||
	    !grow(&set->node_ns, cap, sizeof(int64_t)) ||
	    !grow(&set->bits, cap, sizeof(uint64_t)) || !grow(&set->type, cap, 1) ||
	    !grow(&set->mark, cap, 1))
		return ERR_NO_MEMORY;
	set->cap = cap;
	return ERR_OK;
}

void rowset_keep_text(rowset_t *set, size_t i, slice_t heap)
{
	slice_t text = sample_text(heap, set->bits[i]);
	set->bits[i] = sample_text_bits((uint32_t)set->text.len, (uint32_t)text.len);
	set->text.max = TEXT_MAX;
	text_add(&set->text, text);
}

err_t rowset_add(rowset_t *set, const rows_t *rows)
{
	size_t n = rows->count, at = set->count;
	if (n == 0)
		return ERR_OK;
	err_t err = rowset_reserve(set, n);
	if (err)
		return err;
	memcpy(&set->source_ns[at], rows->source_ns, n * sizeof(int64_t));
	memcpy(&set->node_ns[at], rows->node_ns, n * sizeof(int64_t));
	memcpy(&set->bits[at], rows->bits, n * sizeof(uint64_t));
	memcpy(&set->type[at], rows->type, n);
	memcpy(&set->mark[at], rows->mark, n);
	set->count += n;
	for (size_t i = 0; rows->text.len && i < n; i++)
		if (rows->type[i] == VALUE_TEXT)
			rowset_keep_text(set, at + i, rows->text);
	return set->text.bad ? ERR_NO_MEMORY : ERR_OK;
}

rows_t rowset_rows(const rowset_t *set)
{
	return (rows_t){
		.count = set->count,
		.source_ns = set->source_ns,
		.node_ns = set->node_ns,
		.bits = set->bits,
		.type = set->type,
		.mark = set->mark,
		.text = text_slice(&set->text),
	};
}

void rowset_keep(rowset_t *set, const bool *keep)
{
	size_t n = 0;
	for (size_t i = 0; i < set->count; i++) {
		set->source_ns[n] = set->source_ns[i];
		set->node_ns[n] = set->node_ns[i];
		set->bits[n] = set->bits[i];
		set->type[n] = set->type[i];
		set->mark[n] = set->mark[i];
		n += keep[i];
	}
	set->count = n;
}

void rowset_clear(rowset_t *set)
{
	set->count = 0;
	set->text.len = 0;
}

void rowset_free(rowset_t *set)
{
	free(set->source_ns);
	free(set->node_ns);
	free(set->bits);
	free(set->type);
	free(set->mark);
	text_free(&set->text);
	*set = (rowset_t){ 0 };
}

/* Merges the sorted runs [from, middle) and [middle, to) of `order` into `to_order`. */
static void merge_runs(const rows_t *rows, const uint32_t *order, const size_t ends[3],
                       uint32_t *to_order)
{
	size_t a = ends[0], b = ends[1];
	for (size_t i = ends[0]; i < ends[2]; i++) {
		bool is_first = b == ends[2] ||
		                (a < ends[1] && rows_compare(rows, order[a], rows, order[b]) <= 0);
		to_order[i] = is_first ? order[a++] : order[b++];
	}
}

/* Bottom up; the result is in `order`. */
static void sort_run(const rows_t *rows, uint32_t *order, size_t from, size_t to, uint32_t *space)
{
	for (size_t width = 1; width < to - from; width *= 2) {
		for (size_t at = from; at < to; at += 2 * width) {
			size_t middle = at + width < to ? at + width : to;
			size_t ends[3] = { at, middle, middle + width < to ? middle + width : to };
			merge_runs(rows, order, ends, space);
		}
		memcpy(order + from, space + from, (to - from) * sizeof(*order));
	}
}

/* Those in order to the front, the others behind them; returns how many are in front. */
static size_t part(const rows_t *rows, uint32_t *order)
{
	size_t front = 0, back = rows->count;
	for (size_t i = 0; i < rows->count; i++) {
		if (front == 0 || rows_compare(rows, i, rows, order[front - 1]) >= 0)
			order[front++] = (uint32_t)i;
		else
			order[--back] = (uint32_t)i;
	}
	return front;
}

static err_t reorder(rowset_t *set, const uint32_t *order)
{
	rowset_t sorted = { 0 };
	err_t err = rowset_reserve(&sorted, set->count);
	if (err) {
		rowset_free(&sorted);
		return err;
	}
	for (size_t i = 0; i < set->count; i++) {
		sorted.source_ns[i] = set->source_ns[order[i]];
		sorted.node_ns[i] = set->node_ns[order[i]];
		sorted.bits[i] = set->bits[order[i]];
		sorted.type[i] = set->type[order[i]];
		sorted.mark[i] = set->mark[order[i]];
	}
	sorted.count = set->count;
	sorted.text = set->text;
	set->text = (text_t){ 0 };
	rowset_free(set);
	*set = sorted;
	return ERR_OK;
}

static bool is_rising(const rows_t *rows)
{
	bool rises = true;
	for (size_t i = 1; i < rows->count; i++)
		rises &= rows->source_ns[i - 1] < rows->source_ns[i];
	return rises;
}

static bool is_sorted(const rows_t *rows)
{
	if (is_rising(rows))
		return true;
	for (size_t i = 1; i < rows->count; i++)
		if (rows_compare(rows, i - 1, rows, i) > 0)
			return false;
	return true;
}

err_t rowset_sort(rowset_t *set)
{
	rows_t rows = rowset_rows(set);
	if (is_sorted(&rows))
		return ERR_OK;
	uint32_t *order = calloc(2 * set->count, sizeof(*order));
	if (!order)
		return ERR_NO_MEMORY;
	uint32_t *space = order + set->count;
	size_t ends[3] = { 0, part(&rows, order), set->count };
	sort_run(&rows, order, ends[1], ends[2], space);
	merge_runs(&rows, order, ends, space);
	err_t err = reorder(set, space);
	free(order);
	return err;
}
