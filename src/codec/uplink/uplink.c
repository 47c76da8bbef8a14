/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/uplink/uplink.h"

#include "base/utf8.h"

#include <assert.h>

static const struct {
	const char *name;
	bool is_urgent;
} STREAMS[UPLINK_STREAM_COUNT] = {
#define X(name, word, urgent) { word, urgent },
	UPLINK_STREAM_ROWS(X)
#undef X
};

static const struct {
	const char *name, *text[LANG_COUNT];
} CLASSES[UPLINK_CLASS_COUNT] = {
#define X(name, word, en, zh) { word, { en, zh } },
	UPLINK_CLASS_ROWS(X)
#undef X
};

const char *uplink_stream_name(uplink_stream_t stream)
{
	assert(stream < UPLINK_STREAM_COUNT);
	return STREAMS[stream].name;
}

bool uplink_stream_is_urgent(uplink_stream_t stream)
{
	assert(stream < UPLINK_STREAM_COUNT);
	return STREAMS[stream].is_urgent;
}

err_t uplink_stream_find(slice_t name, uplink_stream_t *ret_stream)
{
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		if (slice_eq(name, slice_str(STREAMS[i].name))) {
			*ret_stream = (uplink_stream_t)i;
			return ERR_OK;
		}
	return ERR_NOT_FOUND;
}

const char *uplink_class_name(uint8_t class)
{
	return class < UPLINK_CLASS_COUNT ? CLASSES[class].name : "other";
}

const char *uplink_class_text(uint8_t class, lang_t lang)
{
	static const char *const OTHER[LANG_COUNT] = { "for a reason of a newer version",
		                                       "新版本定义的原因" };
	return class < UPLINK_CLASS_COUNT ? CLASSES[class].text[lang] : OTHER[lang];
}

bool uplink_text_ok(slice_t text)
{
	bool ok = utf8_valid(text);
	for (size_t i = 0; i < text.len; i++)
		ok = ok && text.ptr[i] >= ' ' && text.ptr[i] != 0x7F;
	return ok;
}

static bool node_ok(slice_t node)
{
	return node.len > 0 && node.len <= UPLINK_NODE_MAX && uplink_text_ok(node);
}

static bool is_zero(const uint8_t hash[UPLINK_HASH_BYTES])
{
	static const uint8_t ZERO[UPLINK_HASH_BYTES];
	return memcmp(hash, ZERO, UPLINK_HASH_BYTES) == 0;
}

static bool withheld_ok(const uplink_envelope_t *e)
{
	bool ok = e->withheld_count <= UPLINK_CLASSES_MAX;
	for (size_t i = 0; ok && i < e->withheld_count; i++)
		ok = e->withheld[i].count &&
		     (i == 0 || e->withheld[i].class > e->withheld[i - 1].class);
	return ok;
}

/* The rules that stand in the header, of what is written and of what was read. */
static bool envelope_ok(const uplink_envelope_t *e)
{
	return node_ok(e->node) && e->first && e->count && e->count <= UPLINK_ITEMS_MAX &&
	       e->first <= UINT64_MAX - e->count && e->from_ns <= e->to_ns &&
	       (e->first == 1) == is_zero(e->before) && withheld_ok(e);
}

/* Differences of times wrap, so that any two times have one. */
static int64_t ns_between(int64_t from, int64_t to)
{
	return (int64_t)((uint64_t)to - (uint64_t)from);
}

static int64_t ns_after(int64_t from, int64_t difference)
{
	return (int64_t)((uint64_t)from + (uint64_t)difference);
}

static void put_envelope(const uplink_envelope_t *e, writer_t *w)
{
	wr_u8(w, UPLINK_VERSION);
	wr_u8(w, (uint8_t)e->stream);
	wr_string(w, e->node);
	wr_u64_le(w, e->epoch);
	wr_varint(w, e->first);
	wr_varint(w, e->count);
	wr_zigzag(w, e->from_ns);
	wr_zigzag(w, e->to_ns);
	wr_bytes(w, slice_of(e->before, sizeof(e->before)));
	wr_u8(w, (uint8_t)e->withheld_count);
	for (size_t i = 0; i < e->withheld_count; i++) {
		wr_u8(w, e->withheld[i].class);
		wr_varint(w, e->withheld[i].count);
	}
}

void uplink_batch_put(const uplink_envelope_t *envelope, const uplink_item_t *items, writer_t *w)
{
	uplink_envelope_t e = *envelope;
	assert(e.count);
	e.from_ns = e.to_ns = items[0].ns;
	for (uint32_t i = 1; i < e.count; i++) {
		e.from_ns = items[i].ns < e.from_ns ? items[i].ns : e.from_ns;
		e.to_ns = items[i].ns > e.to_ns ? items[i].ns : e.to_ns;
	}
	assert(e.stream < UPLINK_STREAM_COUNT && envelope_ok(&e));
	put_envelope(&e, w);
	int64_t before = e.from_ns;
	for (uint32_t i = 0; i < e.count; before = items[i++].ns) {
		wr_zigzag(w, ns_between(before, items[i].ns));
		wr_string(w, items[i].body);
	}
}

static void get_withheld(reader_t *r, uplink_envelope_t *e)
{
	e->withheld_count = rd_u8(r);
	if (e->withheld_count > UPLINK_CLASSES_MAX)
		r->bad = true;
	for (size_t i = 0; !r->bad && i < e->withheld_count; i++) {
		e->withheld[i].class = rd_u8(r);
		e->withheld[i].count = rd_varint(r);
	}
}

/* Behind version and stream. */
static void get_envelope(reader_t *r, uplink_envelope_t *e)
{
	e->node = rd_string(r);
	e->epoch = rd_u64_le(r);
	e->first = rd_varint(r);
	uint64_t count = rd_varint(r);
	if (count > UPLINK_ITEMS_MAX)
		r->bad = true;
	e->count = (uint32_t)count;
	e->from_ns = rd_zigzag(r);
	e->to_ns = rd_zigzag(r);
	slice_t before = rd_take(r, UPLINK_HASH_BYTES);
	if (!r->bad)
		memcpy(e->before, before.ptr, sizeof(e->before));
	get_withheld(r, e);
	r->bad = r->bad || !envelope_ok(e);
}

uplink_items_t uplink_items_of(const uplink_batch_t *batch)
{
	return (uplink_items_t){ reader_of(batch->items), batch->envelope.from_ns };
}

bool uplink_item_next(uplink_items_t *items, uplink_item_t *ret_item)
{
	if (items->in.bad || items->in.in.len == 0)
		return false;
	items->ns = ns_after(items->ns, rd_zigzag(&items->in));
	ret_item->ns = items->ns;
	ret_item->body = rd_string(&items->in);
	return !items->in.bad;
}

/* As many as the envelope says and no more, and it says their times. */
static bool items_ok(const uplink_batch_t *batch)
{
	const uplink_envelope_t *e = &batch->envelope;
	int64_t from = INT64_MAX, to = INT64_MIN;
	uplink_items_t items = uplink_items_of(batch);
	uplink_item_t item;
	uint32_t count = 0;
	while (uplink_item_next(&items, &item)) {
		from = item.ns < from ? item.ns : from;
		to = item.ns > to ? item.ns : to;
		count++;
	}
	return !items.in.bad && count == e->count && from == e->from_ns && to == e->to_ns;
}

err_t uplink_batch_read(slice_t bytes, uplink_batch_t *ret_batch)
{
	if (bytes.len > UPLINK_BATCH_MAX)
		return ERR_TOO_BIG;
	if (bytes.len < UPLINK_SIGNATURE_BYTES)
		return ERR_MALFORMED;
	size_t length = bytes.len - UPLINK_SIGNATURE_BYTES;
	uplink_batch_t batch = { .hashed = slice_sub(bytes, 0, length),
		                 .signature = slice_from(bytes, length) };
	reader_t r = reader_of(batch.hashed);
	uint8_t version = rd_u8(&r), stream = rd_u8(&r);
	if (!r.bad && version > UPLINK_VERSION)
		return ERR_NEWER_FORMAT;
	if (!r.bad && version == UPLINK_VERSION && stream >= UPLINK_STREAM_COUNT)
		return ERR_UNSUPPORTED;
	batch.envelope.stream = (uplink_stream_t)stream;
	get_envelope(&r, &batch.envelope);
	batch.items = r.in;
	if (r.bad || version != UPLINK_VERSION || !items_ok(&batch))
		return ERR_MALFORMED;
	*ret_batch = batch;
	return ERR_OK;
}
