/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_REMOTE_REMOTE_H
#define CODEC_REMOTE_REMOTE_H
/* The body of a Prometheus remote write, version 1.0, behind its compression: a protobuf
 * message WriteRequest of time series, each with labels and samples.
 *
 * Story: a reader_t over the body, remote_next for each series until it gives false; then
 * `bad` of the reader tells an end from damage. The labels and the samples of a series are
 * read from its bytes likewise, as often as they are asked for.
 *
 * Fields that this version does not know are passed over, as protobuf wants it; metadata and
 * exemplars are, too. Histograms are told of.
 *
 * Limits: none of its own; what is read lies within the body. Pure functions. */
#include "base/cursor.h"

typedef struct {
	slice_t bytes; /* the message TimeSeries */
	/* The labels as the client wrote them, when they stand together in front, as writers
	 * have them: equal bytes are equal labels. Else empty. */
	slice_t head;
	size_t labels, samples, histograms;
} remote_series_t;

bool remote_next(reader_t *request, remote_series_t *ret_series);

typedef struct {
	slice_t name, value;
} remote_label_t;

typedef struct {
	double value; /* any bits, the mark of staleness too */
	int64_t time_ms;
} remote_sample_t;

/* With a reader over the bytes of a series; of one that remote_next gave they are never
 * bad but for what is inside of a label or a sample. */
bool remote_label_next(reader_t *series, remote_label_t *ret_label);
bool remote_sample_next(reader_t *series, remote_sample_t *ret_sample);
#endif
