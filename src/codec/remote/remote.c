/* SPDX-License-Identifier: Apache-2.0 */
/* Field numbers are those of prometheus/prompb: remote.proto and types.proto. The wire types
 * are of the protobuf encoding. A field that stands twice counts as it stood last. */
#include "codec/remote/remote.h"

#include "base/num.h"

enum { WIRE_VARINT, WIRE_FIXED64, WIRE_BYTES, WIRE_FIXED32 = 5 };
enum { REQUEST_SERIES = 1 };
enum { SERIES_LABEL = 1, SERIES_SAMPLE = 2, SERIES_HISTOGRAM = 4 };
enum { LABEL_KEY = 1, LABEL_TEXT = 2 };
enum { SAMPLE_VALUE = 1, SAMPLE_TIME = 2 };

typedef struct {
	uint64_t number;
	unsigned wire;
	uint64_t bits; /* of the wire types that are numbers */
	slice_t bytes; /* of WIRE_BYTES */
} field_t;

/* False at the end, or at damage, when the reader is bad. */
static bool field_next(reader_t *r, field_t *ret_field)
{
	if (r->bad || r->in.len == 0)
		return false;
	uint64_t key = rd_varint(r);
	field_t field = { .number = key >> 3, .wire = (unsigned)(key & 7) };
	switch (field.wire) {
	case WIRE_VARINT:
		field.bits = rd_varint(r);
		break;
	case WIRE_FIXED64:
		field.bits = rd_u64_le(r);
		break;
	case WIRE_BYTES:
		field.bytes = rd_string(r);
		break;
	case WIRE_FIXED32:
		field.bits = rd_u32_le(r);
		break;
	default:
		r->bad = true;
	}
	r->bad = r->bad || field.number == 0;
	*ret_field = field;
	return !r->bad;
}

/* The next field that is this message; others are passed over. */
static bool message_next(reader_t *r, uint64_t number, slice_t *ret_bytes)
{
	field_t field;
	while (field_next(r, &field))
		if (field.number == number && field.wire == WIRE_BYTES) {
			*ret_bytes = field.bytes;
			return true;
		}
	return false;
}

/* The parts of a series are walked once here, so that it is taken whole or not at all. */
static bool look_over(slice_t bytes, remote_series_t *series)
{
	reader_t r = reader_of(bytes);
	field_t field;
	size_t left = bytes.len;
	bool is_front = true;
	*series = (remote_series_t){ .bytes = bytes };
	for (; field_next(&r, &field); left = r.in.len) {
		bool is_label = field.number == SERIES_LABEL && field.wire == WIRE_BYTES;
		if (!is_label && is_front)
			series->head = slice_sub(bytes, 0, bytes.len - left);
		else if (is_label && !is_front)
			series->head = (slice_t){ 0 };
		is_front = is_front && is_label;
		series->labels += is_label;
		series->samples += field.number == SERIES_SAMPLE && field.wire == WIRE_BYTES;
		series->histograms += field.number == SERIES_HISTOGRAM;
	}
	if (is_front)
		series->head = bytes;
	return !r.bad;
}

bool remote_next(reader_t *request, remote_series_t *ret_series)
{
	slice_t bytes;
	if (!message_next(request, REQUEST_SERIES, &bytes))
		return false;
	request->bad = !look_over(bytes, ret_series);
	return !request->bad;
}

bool remote_label_next(reader_t *series, remote_label_t *ret_label)
{
	slice_t bytes;
	field_t field;
	if (!message_next(series, SERIES_LABEL, &bytes))
		return false;
	reader_t r = reader_of(bytes);
	*ret_label = (remote_label_t){ 0 };
	while (field_next(&r, &field)) {
		if (field.number == LABEL_KEY && field.wire == WIRE_BYTES)
			ret_label->name = field.bytes;
		else if (field.number == LABEL_TEXT && field.wire == WIRE_BYTES)
			ret_label->value = field.bytes;
	}
	series->bad = r.bad;
	return !r.bad;
}

bool remote_sample_next(reader_t *series, remote_sample_t *ret_sample)
{
	slice_t bytes;
	field_t field;
	if (!message_next(series, SERIES_SAMPLE, &bytes))
		return false;
	reader_t r = reader_of(bytes);
	*ret_sample = (remote_sample_t){ 0 };
	while (field_next(&r, &field)) {
		if (field.number == SAMPLE_VALUE && field.wire == WIRE_FIXED64)
			ret_sample->value = num_of_bits(field.bits);
		else if (field.number == SAMPLE_TIME && field.wire == WIRE_VARINT)
			ret_sample->time_ms = (int64_t)field.bits;
	}
	series->bad = r.bad;
	return !r.bad;
}
