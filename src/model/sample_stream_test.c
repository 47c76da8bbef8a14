/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "model/sample_stream.h"

enum { BUF = 512 };

static const uint64_t SIGNALLING_NAN = 0x7ff0000000000002;

static writer_t written(uint8_t buf[BUF])
{
	writer_t w = writer_of(buf, BUF);
	sample_t rows[] = {
		{ .source = { -1 }, .node = { INT64_MAX }, .quality = QUALITY_STALE },
		{ .source = { 5 }, .value = value_from_bits(VALUE_F64, SIGNALLING_NAN) },
		{ .source = { 6 }, .value = value_text(SLICE("停机")) },
	};
	sample_stream_head_put(&w);
	sample_stream_point_put(SLICE("炉温"), &w);
	for (size_t i = 0; i < 3; i++)
		sample_stream_row_put(&rows[i], &w);
	sample_stream_mark_put(SAMPLE_STREAM_MORE, &w);
	sample_stream_mark_put(SAMPLE_STREAM_LAST, &w);
	assert_false(w.bad);
	return w;
}

static void what_is_read_is_what_was_written(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	writer_t w = written(buf);
	reader_t r = reader_of(writer_done(&w));
	sample_stream_record_t record;
	sample_stream_head_read(&r);
	assert_true(sample_stream_next(&r, &record));
	assert_true(slice_eq(record.name, SLICE("炉温")));
	assert_true(sample_stream_next(&r, &record));
	assert_int_equal(record.sample.source.ns, -1);
	assert_int_equal(record.sample.node.ns, INT64_MAX);
	assert_int_equal(record.sample.quality, QUALITY_STALE);
	assert_int_equal(record.sample.value.type, VALUE_NONE);
	assert_true(sample_stream_next(&r, &record));
	assert_int_equal(value_bits(&record.sample.value), SIGNALLING_NAN);
	assert_true(sample_stream_next(&r, &record));
	assert_true(slice_eq(record.sample.value.as.text, SLICE("停机")));
	assert_true(sample_stream_next(&r, &record));
	assert_int_equal(record.kind, SAMPLE_STREAM_MORE);
	assert_true(sample_stream_next(&r, &record));
	assert_int_equal(record.kind, SAMPLE_STREAM_LAST);
	assert_int_equal(r.in.len, 0);
}

static void a_stream_that_is_cut_anywhere_does_not_reach_its_last_record(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	writer_t w = written(buf);
	for (size_t len = 0; len < w.len; len++) {
		reader_t r = reader_of(slice_of(buf, len));
		sample_stream_record_t record = { .kind = SAMPLE_STREAM_POINT };
		sample_stream_head_read(&r);
		while (sample_stream_next(&r, &record))
			assert_int_not_equal(record.kind, SAMPLE_STREAM_LAST);
		assert_true(r.bad);
	}
}

static void other_versions_and_unknown_records_are_refused(void **state)
{
	(void)state;
	static const char *const streams[] = { "JZHR\x02\x05", "JZHS\x01\x05", "JZHR\x01\x06" };
	for (size_t i = 0; i < 3; i++) {
		reader_t r = reader_of(slice_str(streams[i]));
		sample_stream_record_t record;
		sample_stream_head_read(&r);
		assert_false(sample_stream_next(&r, &record));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_what_was_written),
		cmocka_unit_test(a_stream_that_is_cut_anywhere_does_not_reach_its_last_record),
		cmocka_unit_test(other_versions_and_unknown_records_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
