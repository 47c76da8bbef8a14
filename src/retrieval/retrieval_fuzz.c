/* SPDX-License-Identifier: Apache-2.0 */
/* Any samples, also at the ends of time and of what doubles can say, under any options:
 * every aggregate has the same status and time with summaries as without. The bytes are
 * options, a range, and samples as time (from the one before), form, quality and bits. */
#include <assert.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "retrieval/fake_test.h"
#include "retrieval/retrieval.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS_MAX = 200, BUCKETS_MAX = 20 };

static void read_rows(reader_t *r, fake_t *fake)
{
	int64_t ns = rd_zigzag(r);
	while (r->in.len && !r->bad && fake->count < ROWS_MAX) {
		uint64_t ahead = rd_varint(r);
		uint8_t type = rd_u8(r) % (VALUE_TYPE_COUNT - 1),
			quality = rd_u8(r) % QUALITY_COUNT;
		uint64_t bits = rd_u64_le(r);
		type = (uint8_t)(type + (type >= VALUE_TEXT)); /* of all types but that */
		if (type == VALUE_BOOL)
			bits &= 1;
		if (ahead > INT64_MAX || __builtin_add_overflow(ns, (int64_t)ahead, &ns) ||
		    ns == INT64_MAX)
			break;
		fake->rows[fake->count++] = (sample_t){ .point = 1,
			                                .source = { ns },
			                                .value = value_from_bits((value_type_t)type,
			                                                         bits),
			                                .quality = (quality_t)quality };
	}
}

static retrieval_options_t read_options(reader_t *r)
{
	uint8_t flags = rd_u8(r);
	return (retrieval_options_t){ .uncertain_is_bad = flags & 1,
		                      .is_sloped_beyond = flags & 2,
		                      .is_stepped = flags & 4,
		                      .rollover = flags & 8 ? 1000 : 0,
		                      .percent_bad = flags & 16 ? 50 : 100,
		                      .percent_good = flags & 32 ? 60 : 100 };
}

static bool ask(const retrieval_t *question, const edges_t *edges, size_t i,
                retrieval_table_t *ret_table)
{
	column_t column = { .aggregate = i < aggregate_count() ? aggregate_get(i) : NULL,
		            .percentile = 90 };
	table_spec_t spec = {
		.edges = edges, .columns = &column, .column_count = 1, .fill = (fill_t)(i % 4)
	};
	return !retrieval_table(question, &spec, ret_table);
}

static void compare(const retrieval_t *question, const edges_t *edges, size_t i)
{
	retrieval_table_t with, without;
	retrieval_options_t options = *question->options;
	retrieval_t bare = *question;
	bare.options = &options;
	options.no_summaries = true;
	bool has_with = ask(question, edges, i, &with),
	     has_without = ask(&bare, edges, i, &without);
	assert(has_with == has_without);
	if (!has_with)
		return;
	for (size_t k = 0; k < with.rows; k++) {
		assert(with.results[k].status == without.results[k].status);
		assert(with.results[k].ns == without.results[k].ns);
		assert(with.buckets[k].count == without.buckets[k].count);
		assert(with.buckets[k].coverage >= 0 && with.buckets[k].coverage <= 1);
	}
	retrieval_table_free(&with);
	retrieval_table_free(&without);
}

static bool pass(void *ctx, const retrieval_row_t *row)
{
	int64_t *last = ctx;
	assert(row->ns >= *last);
	*last = row->ns;
	return true;
}

static void modes(const retrieval_t *question, const edges_t *edges)
{
	int64_t last = INT64_MIN;
	retrieval_sink_t sink = { &last, pass };
	retrieval_range_t range = { edges->from_ns, edges->to_ns, BOUNDS_INTERPOLATED, 1 };
	(void)!retrieval_raw(question, &range, &sink);
	last = INT64_MIN;
	(void)!retrieval_delta(question, &range, &sink);
	last = INT64_MIN;
	(void)!retrieval_each(question, edges, &sink);
	last = INT64_MIN;
	(void)!retrieval_plot(question, edges, &sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	reader_t r = reader_of(slice_of(data, size));
	retrieval_options_t options = read_options(&r);
	int64_t from_ns = rd_zigzag(&r), span_ns = rd_zigzag(&r), to_ns;
	walk_stats_t stats = { 0 };
	edges_t edges;
	fake_t *fake = calloc(1, sizeof(*fake));
	if (!fake)
		return 0;
	fake->fan = 3;
	read_rows(&r, fake);
	series_reader_t reader = fake_reader(fake);
	retrieval_t question = {
		.reader = &reader, .query = { .point = 1 }, .options = &options, .stats = &stats
	};
	if (!__builtin_add_overflow(from_ns, span_ns, &to_ns) &&
	    !edges_equal(from_ns, to_ns, span_ns / BUCKETS_MAX + 1, &edges)) {
		for (size_t i = 0; i <= aggregate_count(); i++)
			compare(&question, &edges, i);
		modes(&question, &edges);
	}
	free(fake);
	return 0;
}
