/* SPDX-License-Identifier: Apache-2.0 */
/* Input: any text, taken for a compressed URI and for a plain one. What is good goes the
 * whole way round, with the key inside and in front, and must say the same. */
#include "codec/gs1/compress.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 3 * GS1_TEXT_MAX + 4096 };

static void same(slice_t canonical, slice_t packed)
{
	uint8_t plain[ROOM], bytes[ROOM], again[ROOM];
	writer_t w = writer_of(plain, sizeof(plain)), room = writer_of(bytes, sizeof(bytes));
	writer_t out = writer_of(again, sizeof(again));
	gs1_message_t m;
	codec_t code = gs1_decompress(packed, &w);
	if (packed.len > GS1_TEXT_MAX || w.len > GS1_TEXT_MAX)
		return;
	assert(code == CODEC_OK);
	code = gs1_decode(writer_done(&w), &room, &m);
	assert(code == CODEC_OK);
	gs1_uri_put(&m, m.stem, &out);
	assert(!out.bad && slice_eq(writer_done(&out), canonical));
}

static bool has_second_key(const gs1_message_t *m)
{
	for (size_t i = m->levels; i < m->count; i++)
		if (m->elements[i].ai->flags & GS1_KEY)
			return true;
	return false;
}

static void round_trip(slice_t plain)
{
	uint8_t bytes[ROOM], canonical[ROOM], packed[ROOM];
	writer_t room = writer_of(bytes, sizeof(bytes));
	writer_t uri = writer_of(canonical, sizeof(canonical));
	const slice_t stem = SLICE("https://example.com/a");
	gs1_message_t m;
	if (gs1_decode(plain, &room, &m) != CODEC_OK || m.levels == 0 || m.form != GS1_URI)
		return;
	gs1_uri_put(&m, stem, &uri);
	for (int keeps_key = 0; keeps_key <= 1; keeps_key++) {
		writer_t w = writer_of(packed, sizeof(packed));
		codec_t code = gs1_compress(&m, stem, keeps_key, &w);
		assert(code == CODEC_OK || (keeps_key ? m.count == 1 : has_second_key(&m)));
		if (code == CODEC_OK)
			same(writer_done(&uri), writer_done(&w));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t plain[ROOM];
	writer_t w = writer_of(plain, sizeof(plain));
	slice_t text = slice_of(data, size);
	codec_t code = gs1_decompress(text, &w);
	assert(code == CODEC_OK || code == CODEC_MALFORMED);
	assert(code || (size <= GS1_TEXT_MAX && w.len <= GS1_TEXT_MAX));
	if (code == CODEC_OK)
		round_trip(writer_done(&w));
	round_trip(text);
	return 0;
}
