/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a WriteRequest. Walks all of it; the counts of a series hold, and its head has all
 * of its labels. */
#include "codec/remote/remote.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t labels_in(slice_t bytes)
{
	size_t count = 0;
	remote_label_t label;
	reader_t r = reader_of(bytes);
	while (remote_label_next(&r, &label))
		count++;
	return r.bad ? SIZE_MAX : count;
}

static void check(const remote_series_t *series)
{
	size_t samples = 0, labels = labels_in(series->bytes);
	remote_sample_t sample;
	reader_t r = reader_of(series->bytes);
	while (remote_sample_next(&r, &sample))
		samples++;
	assert(r.bad || samples == series->samples);
	assert(labels == SIZE_MAX || labels == series->labels);
	assert(series->head.len == 0 || labels_in(series->head) == labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	remote_series_t series;
	reader_t r = reader_of(slice_of(data, size));
	size_t left = size;
	while (remote_next(&r, &series)) {
		assert(r.in.len < left);
		left = r.in.len;
		check(&series);
	}
	return 0;
}
