/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/remote/remote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Put together after prometheus/prompb: up{job="a"}
 * with 1.5 at 1700000000000 and the mark of staleness at 1700000015000; a series of one
 * label whose sample is all zeros; one with an exemplar and a histogram; a metadata. */
static const uint8_t REQUEST[] = {
	0x0a, 0x3e, 0x0a, 0x0e, 0x0a, 0x08, 0x5f, 0x5f, 0x6e, 0x61, 0x6d, 0x65, 0x5f, 0x5f, 0x12,
	0x02, 0x75, 0x70, 0x0a, 0x08, 0x0a, 0x03, 0x6a, 0x6f, 0x62, 0x12, 0x01, 0x61, 0x12, 0x10,
	0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x3f, 0x10, 0x80, 0xd0, 0x95, 0xff, 0xbc,
	0x31, 0x12, 0x10, 0x09, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf0, 0x7f, 0x10, 0x98, 0xc5,
	0x96, 0xff, 0xbc, 0x31, 0x0a, 0x11, 0x0a, 0x0d, 0x0a, 0x08, 0x5f, 0x5f, 0x6e, 0x61, 0x6d,
	0x65, 0x5f, 0x5f, 0x12, 0x01, 0x7a, 0x12, 0x00, 0x0a, 0x2a, 0x0a, 0x0d, 0x0a, 0x08, 0x5f,
	0x5f, 0x6e, 0x61, 0x6d, 0x65, 0x5f, 0x5f, 0x12, 0x01, 0x68, 0x1a, 0x15, 0x0a, 0x0a, 0x0a,
	0x05, 0x74, 0x72, 0x61, 0x63, 0x65, 0x12, 0x01, 0x31, 0x11, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x40, 0x22, 0x02, 0x08, 0x03, 0x1a, 0x06, 0x08, 0x01, 0x12, 0x02, 0x75, 0x70,
};

static const uint8_t STALE[8] = { 0x02, 0, 0, 0, 0, 0, 0xf0, 0x7f };

static void series_labels_and_samples_are_read(void **state)
{
	remote_series_t series;
	remote_label_t label;
	remote_sample_t sample;
	(void)state;
	reader_t r = reader_of(slice_of(REQUEST, sizeof(REQUEST)));
	assert_true(remote_next(&r, &series));
	assert_int_equal(series.labels, 2);
	assert_int_equal(series.samples, 2);
	assert_true(series.head.len > 0 && series.head.len < series.bytes.len);
	reader_t labels = reader_of(series.bytes), samples = reader_of(series.bytes);
	assert_true(remote_label_next(&labels, &label));
	assert_true(slice_eq(label.name, SLICE("__name__")));
	assert_true(slice_eq(label.value, SLICE("up")));
	assert_true(remote_label_next(&labels, &label));
	assert_true(slice_eq(label.value, SLICE("a")));
	assert_false(remote_label_next(&labels, &label));
	assert_false(labels.bad);
	assert_true(remote_sample_next(&samples, &sample));
	assert_true(sample.value == 1.5 && sample.time_ms == 1700000000000);
	assert_true(remote_sample_next(&samples, &sample));
	assert_memory_equal(&sample.value, STALE, sizeof(STALE));
	assert_false(remote_sample_next(&samples, &sample));
}

static void fields_that_are_left_out_are_zero(void **state)
{
	remote_series_t series;
	remote_sample_t sample = { 7, 7 };
	(void)state;
	reader_t r = reader_of(slice_of(REQUEST, sizeof(REQUEST)));
	assert_true(remote_next(&r, &series) && remote_next(&r, &series));
	reader_t samples = reader_of(series.bytes);
	assert_true(remote_sample_next(&samples, &sample));
	assert_true(sample.value == 0 && sample.time_ms == 0);
}

static void what_is_not_known_is_passed_over_and_histograms_are_counted(void **state)
{
	remote_series_t series;
	(void)state;
	reader_t r = reader_of(slice_of(REQUEST, sizeof(REQUEST)));
	assert_true(remote_next(&r, &series) && remote_next(&r, &series) &&
	            remote_next(&r, &series));
	assert_int_equal(series.samples, 0);
	assert_int_equal(series.histograms, 1);
	assert_false(remote_next(&r, &series));
	assert_false(r.bad);
}

static void labels_that_do_not_stand_together_make_no_head(void **state)
{
	/* label, sample, label */
	static const uint8_t bytes[] = { 10, 14, 10, 4, 10, 0, 18, 0, 18, 0, 10, 4, 10, 0, 18, 0 };
	remote_series_t series;
	(void)state;
	reader_t r = reader_of(slice_of(bytes, sizeof(bytes)));
	assert_true(remote_next(&r, &series));
	assert_int_equal(series.labels, 2);
	assert_int_equal(series.head.len, 0);
}

static void a_request_cut_anywhere_is_bad_or_ends_between_series(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(REQUEST); len++) {
		uint8_t *copy = malloc(len + 1);
		remote_series_t series;
		memcpy(copy, REQUEST, len);
		reader_t r = reader_of(slice_of(copy, len));
		size_t count = 0;
		while (remote_next(&r, &series))
			count++;
		assert_true(count <= 3 && (r.bad || r.in.len == 0));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(series_labels_and_samples_are_read),
		cmocka_unit_test(fields_that_are_left_out_are_zero),
		cmocka_unit_test(what_is_not_known_is_passed_over_and_histograms_are_counted),
		cmocka_unit_test(labels_that_do_not_stand_together_make_no_head),
		cmocka_unit_test(a_request_cut_anywhere_is_bad_or_ends_between_series),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
