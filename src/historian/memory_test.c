/* SPDX-License-Identifier: Apache-2.0 */
/* The memory table against a list of all that was put into it, whether rows come one by one
 * or as runs of one point. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/num.h"
#include "historian/memory.h"

enum { POINTS = 5, BATCHES = 120, LISTED_MAX = 1 << 16, TABLE_BYTES = 4 << 20 };

typedef struct {
	memory_t *memory;
	sample_rows_t rows;
	sample_t *listed;
	size_t count;
	int64_t newest_ns[POINTS + 1];
} fixture_t;

static void set_up(fixture_t *f)
{
	*f = (fixture_t){ .memory = memory_new(TABLE_BYTES),
		          .listed = calloc(LISTED_MAX, sizeof(sample_t)) };
	assert_non_null(f->memory);
	assert_non_null(f->listed);
}

static void tear_down(fixture_t *f)
{
	memory_free(f->memory);
	free(f->listed);
}

/* The list knows what is late. */
static void put(fixture_t *f)
{
	sample_batch_t batch = sample_rows_batch(&f->rows);
	assert_int_equal(memory_reserve(f->memory, &batch), ERR_OK);
	memory_add(f->memory, &batch);
	for (size_t i = 0; i < batch.count; i++) {
		sample_t s = sample_batch_get(&batch, i);
		int64_t *newest_ns = &f->newest_ns[s.point];
		s.is_late = s.source.ns < *newest_ns;
		*newest_ns = s.is_late ? *newest_ns : s.source.ns;
		assert_true(f->count < LISTED_MAX);
		f->listed[f->count++] = s;
	}
	f->rows.count = f->rows.text_len = 0;
}

/* Rows of one point that begin at a time; the odder, the less they are a run. */
typedef struct {
	point_id_t point;
	size_t count;
	int64_t from_ns;
	unsigned odd;
} piece_t;

static void add_piece(fixture_t *f, rng_t *rng, const piece_t *piece)
{
	int64_t ns = piece->from_ns;
	for (size_t i = 0; i < piece->count; i++) {
		bool is_odd = piece->odd > rng_below(rng, 100);
		sample_t s = { .point = piece->point,
			       .source = { ns },
			       .node = { 7000 + (int64_t)(is_odd ? rng_below(rng, 3) : 0) },
			       .value = value_f64((double)i) };
		ns += is_odd ? (int64_t)rng_below(rng, 40) - 10 : 10;
		if (is_odd && rng_below(rng, 4) == 0)
			s.value = value_text(SLICE("closed"));
		else if (is_odd && rng_below(rng, 4) == 0)
			s.quality = QUALITY_OVERRIDDEN;
		assert_true(sample_rows_add(&f->rows, &s));
	}
}

static int by_row(const void *a, const void *b)
{
	const sample_t *x = a, *y = b;
	if (x->source.ns != y->source.ns)
		return x->source.ns < y->source.ns ? -1 : 1;
	return x->node.ns < y->node.ns ? -1 : x->node.ns > y->node.ns;
}

/* Rows that agree in both times may come in another order: their values and whether they
 * were late are added up. */
static uint64_t sum_of(const sample_t *s)
{
	uint64_t value = s->value.type == VALUE_TEXT ? s->value.as.text.len : value_bits(&s->value);
	return value * 31 + (uint64_t)s->quality * 5 + s->is_late;
}

static void assert_range(fixture_t *f, const memory_range_t *range)
{
	rowset_t set = { 0 };
	sample_t *wanted = calloc(f->count + 1, sizeof(*wanted));
	size_t n = 0;
	uint64_t sum = 0;
	assert_non_null(wanted);
	for (size_t i = 0; i < f->count; i++) {
		const sample_t *s = &f->listed[i];
		if (s->point == range->point && s->source.ns >= range->from_ns &&
		    s->source.ns < range->to_ns)
			wanted[n++] = *s;
	}
	qsort(wanted, n, sizeof(*wanted), by_row);
	assert_int_equal(memory_copy(f->memory, range, &set), ERR_OK);
	assert_int_equal(set.count, n);
	rows_t rows = rowset_rows(&set);
	for (size_t i = 0; i < n; i++) {
		sample_t s = rows_sample(&rows, i, range->point);
		assert_int_equal(s.source.ns, wanted[i].source.ns);
		assert_int_equal(s.node.ns, wanted[i].node.ns);
		sum += sum_of(&s) - sum_of(&wanted[i]);
	}
	assert_int_equal(sum, 0);
	free(wanted);
	rowset_free(&set);
}

static void assert_all(fixture_t *f, rng_t *rng, int64_t end_ns)
{
	for (point_id_t point = 1; point <= POINTS; point++) {
		int64_t from_ns = (int64_t)rng_below(rng, (uint64_t)end_ns);
		assert_range(f, &(memory_range_t){ point, INT64_MIN, INT64_MAX });
		assert_range(f, &(memory_range_t){ point, from_ns, from_ns + 777 });
		assert_range(f, &(memory_range_t){ point, from_ns, from_ns });
	}
	assert_int_equal(memory_rows(f->memory), f->count);
}

static void runs_and_single_rows_come_back_in_order(void **state)
{
	(void)state;
	static const unsigned odds[] = { 0, 0, 3, 60 };
	fixture_t *f = calloc(1, sizeof(*f));
	rng_t rng = rng_of(11);
	int64_t now_ns = 1000;
	assert_non_null(f);
	set_up(f);
	for (size_t i = 0; i < BATCHES; i++) {
		for (size_t k = 0; k <= rng_below(&rng, 4); k++) {
			int64_t back_ns = rng_below(&rng, 5) ? 0 : 500;
			piece_t piece = { .point = 1 + (point_id_t)rng_below(&rng, POINTS),
				          .count = 1 + rng_below(&rng, 60),
				          .from_ns = now_ns - back_ns,
				          .odd = odds[rng_below(&rng, 4)] };
			add_piece(f, &rng, &piece);
		}
		put(f);
		now_ns += (int64_t)rng_below(&rng, 400);
	}
	assert_all(f, &rng, now_ns);
	tear_down(f);
	free(f);
}

static void newest_row_is_known_behind_a_run(void **state)
{
	(void)state;
	fixture_t *f = calloc(1, sizeof(*f));
	rng_t rng = rng_of(5);
	assert_non_null(f);
	set_up(f);
	add_piece(f, &rng, &(piece_t){ .point = 2, .count = 100, .from_ns = 50 });
	put(f);
	memory_last_t last = memory_last(f->memory, 2);
	value_t value = value_f64(99);
	assert_int_equal(last.source_ns, 50 + 99 * 10);
	assert_true(last.is_whole && last.bits == value_bits(&value));
	add_piece(f, &rng, &(piece_t){ .point = 2, .count = 30, .from_ns = 51 });
	put(f);
	assert_int_equal(memory_last(f->memory, 2).source_ns, 50 + 99 * 10);
	assert_range(f, &(memory_range_t){ 2, 0, 5000 });
	tear_down(f);
	free(f);
}

/* Times, values, and little else. */
static void rows_of_runs_take_their_values(void **state)
{
	(void)state;
	fixture_t *f = calloc(1, sizeof(*f));
	rng_t rng = rng_of(5);
	size_t rows = 0;
	assert_non_null(f);
	set_up(f);
	for (int64_t ns = 0; memory_has_room(f->memory); ns += SAMPLE_ROWS_MAX * 10) {
		piece_t piece = { .point = 1, .count = SAMPLE_ROWS_MAX, .from_ns = ns };
		add_piece(f, &rng, &piece);
		sample_batch_t batch = sample_rows_batch(&f->rows);
		assert_int_equal(memory_reserve(f->memory, &batch), ERR_OK);
		memory_add(f->memory, &batch);
		rows += batch.count;
		f->rows.count = 0;
	}
	assert_in_range(rows, TABLE_BYTES / 9, TABLE_BYTES / 8 + SAMPLE_ROWS_MAX);
	tear_down(f);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_and_single_rows_come_back_in_order),
		cmocka_unit_test(newest_row_is_known_behind_a_run),
		cmocka_unit_test(rows_of_runs_take_their_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
