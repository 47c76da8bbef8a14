/* SPDX-License-Identifier: Apache-2.0 */
/* Values and counted lists. A list is walked once when it is decoded, so that
 * every later walk over the same bytes is known to succeed; the walk is bounded by
 * the bytes that are there, never by the count that was claimed. */
#include "codec/handle/value.h"

#include <assert.h>

#include "codec/handle/handle.h"

enum {
	INDEX_MIN = 4,
	STRING_MIN = 4,
	REFERENCE_MIN = 8,
	VALUE_MIN = 26, /* a value with empty type, data and references */
	TTL_CAP_S = 2 * 86400,
};

handle_list_t handle_list_read(reader_t *r, size_t element_min, void (*read_one)(reader_t *))
{
	uint32_t count = rd_u32(r);
	if (count > r->in.len / element_min)
		r->bad = true;
	slice_t from = r->in;
	for (uint32_t i = 0; i < count && !r->bad; i++)
		read_one(r);
	if (r->bad)
		return (handle_list_t){ 0 };
	return (handle_list_t){ count, slice_sub(from, 0, from.len - r->in.len) };
}

static void index_skip(reader_t *r)
{
	(void)rd_u32(r);
}

static void string_skip(reader_t *r)
{
	(void)rd_bytes32(r, HANDLE_BYTES_MAX);
}

static void name_skip(reader_t *r)
{
	(void)rd_bytes32(r, HANDLE_NAME_MAX);
}

static void reference_skip(reader_t *r)
{
	(void)handle_reference_read(r);
}

static void value_skip(reader_t *r)
{
	(void)handle_value_read(r);
}

handle_list_t handle_list_read_indexes(reader_t *r)
{
	return handle_list_read(r, INDEX_MIN, index_skip);
}

handle_list_t handle_list_read_strings(reader_t *r)
{
	return handle_list_read(r, STRING_MIN, string_skip);
}

handle_list_t handle_list_read_names(reader_t *r)
{
	return handle_list_read(r, STRING_MIN, name_skip);
}

handle_list_t handle_list_read_references(reader_t *r)
{
	return handle_list_read(r, REFERENCE_MIN, reference_skip);
}

handle_list_t handle_list_read_values(reader_t *r)
{
	reader_t peek = *r;
	if (rd_u32(&peek) > HANDLE_VALUES_MAX)
		r->bad = true;
	return handle_list_read(r, VALUE_MIN, value_skip);
}

handle_reference_t handle_reference_read(reader_t *r)
{
	handle_reference_t ref = { 0 };
	ref.handle = rd_bytes32(r, HANDLE_NAME_MAX);
	ref.index = rd_u32(r);
	return ref;
}

codec_t handle_reference_decode(slice_t in, handle_reference_t *ret_reference)
{
	reader_t r = reader_of(in);
	handle_reference_t ref = handle_reference_read(&r);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_reference = ref;
	return CODEC_OK;
}

void handle_reference_encode(const handle_reference_t *reference, writer_t *w)
{
	wr_bytes32(w, reference->handle);
	wr_u32(w, reference->index);
}

handle_value_t handle_value_read(reader_t *r)
{
	handle_value_t v = { 0 };
	slice_t from = r->in;
	v.index = rd_u32(r);
	v.timestamp_s = rd_u32(r);
	v.ttl_type = rd_u8(r);
	v.ttl_s = rd_u32(r);
	v.perms = rd_u8(r);
	v.type = rd_bytes32(r, HANDLE_BYTES_MAX);
	v.data = rd_bytes32(r, HANDLE_BYTES_MAX);
	v.references = handle_list_read_references(r);
	v.bytes = slice_sub(from, 0, from.len - r->in.len);
	return v;
}

codec_t handle_value_decode(slice_t in, handle_value_t *ret_value)
{
	reader_t r = reader_of(in);
	handle_value_t v = handle_value_read(&r);
	if (r.bad || r.in.len > 0)
		return CODEC_MALFORMED;
	*ret_value = v;
	return CODEC_OK;
}

void handle_value_encode(const handle_value_t *value, writer_t *w)
{
	wr_u32(w, value->index);
	wr_u32(w, value->timestamp_s);
	wr_u8(w, value->ttl_type);
	wr_u32(w, value->ttl_s);
	wr_u8(w, value->perms);
	wr_bytes32(w, value->type);
	wr_bytes32(w, value->data);
	handle_list_encode(value->references, w);
}

uint32_t handle_value_ttl(const handle_value_t *value, uint32_t fetched_s, uint32_t now_s)
{
	uint64_t until = value->ttl_s;
	if (value->ttl_type != HANDLE_TTL_ABSOLUTE) {
		uint32_t ttl = value->ttl_s < TTL_CAP_S ? value->ttl_s : TTL_CAP_S;
		until = (uint64_t)fetched_s + ttl;
	}
	return until > now_s ? (uint32_t)(until - now_s) : 0;
}

/* Lists that bodies are made of are checked when they are read, so damage here is a list of
 * another kind. */
static bool iter_step(handle_iter_t *iter)
{
	if (iter->left == 0)
		return false;
	iter->left--;
	return true;
}

bool handle_index_next(handle_iter_t *iter, uint32_t *ret_index)
{
	if (!iter_step(iter))
		return false;
	*ret_index = rd_u32(&iter->in);
	assert(!iter->in.bad);
	return true;
}

bool handle_string_next(handle_iter_t *iter, slice_t *ret_text)
{
	if (!iter_step(iter))
		return false;
	*ret_text = rd_bytes32(&iter->in, HANDLE_BYTES_MAX);
	assert(!iter->in.bad);
	return true;
}

bool handle_reference_next(handle_iter_t *iter, handle_reference_t *ret_reference)
{
	if (!iter_step(iter))
		return false;
	*ret_reference = handle_reference_read(&iter->in);
	assert(!iter->in.bad);
	return true;
}

bool handle_value_next(handle_iter_t *iter, handle_value_t *ret_value)
{
	if (iter->in.bad || !iter_step(iter))
		return false;
	handle_value_t value = handle_value_read(&iter->in);
	if (iter->in.bad)
		return false;
	*ret_value = value;
	return true;
}

bool handle_value_find(handle_list_t values, uint32_t index, handle_value_t *ret_value)
{
	handle_iter_t iter = handle_list_iter(values);
	for (handle_value_t value; handle_value_next(&iter, &value);) {
		if (value.index != index)
			continue;
		*ret_value = value;
		return true;
	}
	return false;
}

void handle_list_encode(handle_list_t list, writer_t *w)
{
	wr_u32(w, list.count);
	wr_bytes(w, list.bytes);
}

size_t handle_list_begin(writer_t *w)
{
	size_t mark = w->len;
	wr_u32(w, 0);
	return mark;
}

void handle_list_end(size_t mark, uint32_t count, writer_t *w)
{
	wr_patch_u32(w, mark, count);
}

/* What was appended to `scratch` since `mark`, as a list; empty when it was full. */
static handle_list_t list_since(const writer_t *scratch, size_t mark, size_t count)
{
	if (scratch->bad)
		return (handle_list_t){ 0 };
	return (handle_list_t){ (uint32_t)count, slice_from(writer_done(scratch), mark) };
}

handle_list_t handle_list_of_indexes(const uint32_t *indexes, size_t count, writer_t *scratch)
{
	size_t mark = scratch->len;
	for (size_t i = 0; i < count; i++)
		wr_u32(scratch, indexes[i]);
	return list_since(scratch, mark, count);
}

handle_list_t handle_list_of_strings(const slice_t *texts, size_t count, writer_t *scratch)
{
	size_t mark = scratch->len;
	for (size_t i = 0; i < count; i++)
		wr_bytes32(scratch, texts[i]);
	return list_since(scratch, mark, count);
}

handle_list_t handle_list_of_references(const handle_reference_t *references, size_t count,
                                        writer_t *scratch)
{
	size_t mark = scratch->len;
	for (size_t i = 0; i < count; i++)
		handle_reference_encode(&references[i], scratch);
	return list_since(scratch, mark, count);
}

handle_list_t handle_list_of_values(const handle_value_t *values, size_t count, writer_t *scratch)
{
	size_t mark = scratch->len;
	for (size_t i = 0; i < count; i++)
		handle_value_encode(&values[i], scratch);
	return list_since(scratch, mark, count);
}

bool handle_type_matches(slice_t type, slice_t wanted)
{
	if (wanted.len == 0 || wanted.ptr[wanted.len - 1] != '.')
		return slice_eq_nocase(type, wanted);
	slice_t base = slice_sub(wanted, 0, wanted.len - 1);
	return slice_eq_nocase(type, base) ||
	       slice_eq_nocase(slice_sub(type, 0, wanted.len), wanted);
}
