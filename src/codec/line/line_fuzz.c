/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a body. Every line lies within it, heads come apart again, and what a good line
 * says is said again by the same line alone. */
#include "codec/line/line.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(slice_t body, slice_t part)
{
	assert(part.ptr >= body.ptr && part.len <= body.len);
	assert(part.ptr + part.len <= body.ptr + body.len);
}

static void check_head(slice_t head)
{
	static _Thread_local uint8_t room[1 << 16];
	line_head_t parts;
	writer_t w = writer_of(room, sizeof(room));
	if (line_head_read(head, &parts))
		return;
	line_unescape(parts.measurement, &w);
	for (size_t i = 0; i < parts.tag_count; i++) {
		check_within(head, parts.tags[i].value);
		assert(parts.tags[i].key.len && parts.tags[i].value.len);
		line_unescape(parts.tags[i].key, &w);
	}
	assert(w.bad || w.len <= head.len);
}

static void check_again(slice_t text, const line_t *line)
{
	static _Thread_local line_t again;
	line_fault_t fault;
	line_reader_t reader = line_reader_of(text, 1000, 7);
	assert(line_next(&reader, &again, &fault) == LINE_GOOD);
	assert(again.field_count == line->field_count && again.time_ns == line->time_ns);
	assert(slice_eq(again.head, line->head));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Thread_local line_t line;
	line_fault_t fault;
	line_result_t result;
	slice_t body = slice_of(data, size);
	line_reader_t reader = line_reader_of(body, 1000, 7);
	uint64_t number = 0;
	slice_t before = reader.rest;
	while ((result = line_next(&reader, &line, &fault)) != LINE_END) {
		assert(reader.rest.len < before.len && line.number > number);
		number = line.number;
		if (result == LINE_GOOD) {
			check_within(body, line.head);
			check_head(line.head);
			slice_t text = slice_sub(before, 0, before.len - reader.rest.len);
			check_again(slice_from(text, (size_t)(line.head.ptr - text.ptr)), &line);
		} else {
			assert(fault > LINE_FAULT_NONE && fault < LINE_FAULT_COUNT);
		}
		before = reader.rest;
	}
	return 0;
}
