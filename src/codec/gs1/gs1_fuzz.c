/* SPDX-License-Identifier: Apache-2.0 */
/* Input: any text. What decodes is written in all three forms, and each of them must
 * decode to the same elements. */
#include "codec/gs1/gs1.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 3 * GS1_TEXT_MAX + 4096 };

static void same(const gs1_message_t *a, slice_t written)
{
	uint8_t bytes[ROOM];
	writer_t room = writer_of(bytes, sizeof bytes);
	gs1_message_t b;
	codec_t code = gs1_decode(written, &room, &b);
	if (written.len > GS1_TEXT_MAX)
		return;
	assert(code == CODEC_OK && a->count == b.count && a->levels == b.levels);
	for (size_t i = 0; i < a->count; i++) {
		size_t k = 0;
		while (k < b.count && !slice_eq(a->elements[i].code, b.elements[k].code))
			k++;
		assert(k < b.count && slice_eq(a->elements[i].value, b.elements[k].value));
		assert(i >= a->levels || i == k);
	}
}

static bool may_be_uri(const gs1_message_t *m)
{
	bool may = m->levels > 0;
	for (size_t i = m->levels; i < m->count; i++)
		may = may && m->elements[i].ai->flags & GS1_QUERY;
	return may;
}

static void rewrite(const gs1_message_t *m)
{
	uint8_t bytes[ROOM];
	writer_t w = writer_of(bytes, sizeof bytes);
	if (may_be_uri(m)) {
		gs1_uri_put(m, SLICE("https://example.com/a"), &w);
		assert(!w.bad);
		same(m, writer_done(&w));
	}
	w = writer_of(bytes, sizeof bytes);
	gs1_brackets_put(m, &w);
	assert(!w.bad);
	same(m, writer_done(&w));
	w = writer_of(bytes, sizeof bytes);
	wr_bytes(&w, SLICE("]C1")); /* digits alone could be read as a GTIN */
	gs1_plain_put(m, &w);
	assert(!w.bad);
	same(m, writer_done(&w));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[ROOM];
	writer_t room = writer_of(bytes, sizeof bytes);
	gs1_message_t m;
	codec_t code = gs1_decode(slice_of(data, size), &room, &m);
	assert(code != CODEC_MORE && !room.bad);
	assert((code == CODEC_OK) == (m.problem == GS1_GOOD));
	assert(m.count <= GS1_ELEMENTS_MAX && m.levels <= GS1_LEVELS_MAX);
	for (size_t i = 0; i < m.count; i++)
		(void)gs1_company(&m.elements[i]);
	assert(gs1_problem_text(m.problem)->what[LANG_ZH]);
	if (code == CODEC_OK)
		rewrite(&m);
	return 0;
}
