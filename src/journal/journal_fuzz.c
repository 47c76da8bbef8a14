/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a byte that chooses a decoder of the disk forms, then what it reads. What
 * decodes must encode to something that decodes to the same. */
#include <assert.h>

#include "journal/archive_frame.h"
#include "model/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_event(slice_t in)
{
	uint8_t out[EVENT_BYTES_MAX], again[EVENT_BYTES_MAX];
	event_t event, back;
	if (in.len > EVENT_BYTES_MAX || event_decode(in, &event))
		return;
	writer_t w = writer_of(out, sizeof(out));
	event_encode(&event, &w);
	assert(!w.bad && event_decode(writer_done(&w), &back) == ERR_OK);
	writer_t v = writer_of(again, sizeof(again));
	event_encode(&back, &v);
	assert(slice_eq(writer_done(&w), writer_done(&v)));
}

static void try_samples(slice_t in)
{
	sample_rows_t rows = { 0 };
	uint8_t out[SAMPLE_ROW_BYTES_MAX * 64 + 3];
	if (sample_batch_decode(in, &rows) || rows.count > 64)
		return;
	size_t count = rows.count;
	sample_batch_t batch = sample_rows_batch(&rows);
	writer_t w = writer_of(out, sizeof(out));
	sample_batch_encode(&batch, &w);
	assert(!w.bad && sample_batch_decode(writer_done(&w), &rows) == ERR_OK);
	assert(rows.count == 2 * count);
	assert(memcmp(rows.bits, &rows.bits[count], count * sizeof(rows.bits[0])) == 0);
	assert(memcmp(rows.point, &rows.point[count], count * sizeof(rows.point[0])) == 0);
}

static void try_head(slice_t in)
{
	uint8_t head[SEGMENT_HEAD_BYTES];
	chain_t chain;
	if (log_segment_head_decode(in, &chain))
		return;
	log_segment_head_encode(&chain, head);
	assert(slice_eq(slice_of(head, 8), slice_sub(in, 0, 8)));
}

/* The checksum is mended, so that the bytes behind it are reached. */
static void try_record(slice_t in, bool chained)
{
	chain_t chain = { .chained = chained, .epoch = 1, .next_seq = 1 };
	record_t record;
	uint8_t bytes[1024] = { 0 };
	if (record_parse(in, &chain, &record) == ERR_OK)
		assert(record.bytes <= in.len && record.payload.len <= record.bytes);
	slice_t part = slice_sub(in, 0, sizeof(bytes) / 2);
	record = (record_t){
		.seq = 1, .type = 1, .payload = part, .bytes = record_bytes(chained, part.len)
	};
	writer_t w = writer_of(bytes, sizeof(bytes));
	record_begin(&w, chain.chained, &record, &part, 1);
	chain_t after = chain;
	size_t len = record_finish(bytes, w.len, &after, 0);
	assert(len == w.len && record_parse(writer_done(&w), &chain, &record) == ERR_OK);
	assert(slice_eq(record.payload, part) && chain_accept(&chain, &record));
}

/* What rebuilds must strip to what rebuilds to the same. */
static void try_archive(slice_t in)
{
	static uint8_t plain[1 << 16], stripped[1 << 16];
	chain_t chain = { .chained = true, .epoch = 1, .next_seq = 9 }, walk = chain;
	archive_head_t head;
	writer_t w = writer_of(plain, sizeof(plain)), s = writer_of(stripped, sizeof(stripped));
	(void)!archive_head_decode(in, &head);
	if (archive_rebuild(in, &chain, 0, &w) == ERR_OK)
		assert(in.len == 0);
	slice_t rest = writer_done(&w);
	record_t record;
	while (rest.len > 0 && record_parse(rest, &walk, &record) == ERR_OK &&
	       chain_accept(&walk, &record)) {
		archive_strip(&record, &s);
		rest = slice_from(rest, record.bytes);
	}
	assert(walk.next_seq == chain.next_seq && slice_starts(in, writer_done(&s)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_of(data, size);
	uint8_t choice = size ? data[0] % 6 : 0;
	in = slice_from(in, 1);
	switch (choice) {
	case 0:
		try_event(in);
		break;
	case 1:
		try_samples(in);
		break;
	case 2:
		try_head(in);
		break;
	case 5:
		try_archive(in);
		break;
	default:
		try_record(in, choice == 3);
		break;
	}
	return 0;
}
