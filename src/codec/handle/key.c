/* SPDX-License-Identifier: Apache-2.0 */
/* Key encodings, driven by one table of kinds. */
#include "codec/handle/key.h"

#include <assert.h>

#include "codec/handle/handle.h"

typedef struct {
	const char *type;
	bool secret; /* private keys have no flags field */
	uint8_t parts, zeros;
} key_row_t;

#define X(name, type, secret, parts, zeros) [HANDLE_KEY_##name] = { type, secret, parts, zeros },
static const key_row_t rows[HANDLE_KEY_COUNT] = { HANDLE_KEYS(X) };
#undef X

static const key_row_t *row_of(handle_key_kind_t kind)
{
	assert((unsigned)kind < HANDLE_KEY_COUNT);
	return &rows[kind];
}

static bool kind_find(slice_t type, handle_key_kind_t *ret_kind)
{
	for (size_t i = 0; i < HANDLE_KEY_COUNT; i++) {
		if (!slice_eq(type, slice_str(rows[i].type)))
			continue;
		*ret_kind = (handle_key_kind_t)i;
		return true;
	}
	return false;
}

/* True if what is left is nothing, or exactly the zero bytes of this kind. */
static bool tail_ok(slice_t tail, const key_row_t *row)
{
	for (size_t i = 0; i < tail.len; i++)
		if (tail.ptr[i] != 0)
			return false;
	return tail.len == 0 || tail.len == row->zeros;
}

codec_t handle_key_decode(slice_t in, handle_key_t *ret_key)
{
	reader_t r = reader_of(in);
	handle_key_t key = { 0 };
	slice_t type = rd_bytes32(&r, HANDLE_NAME_MAX);
	if (r.bad)
		return CODEC_MALFORMED;
	if (!kind_find(type, &key.kind))
		return CODEC_UNSUPPORTED;
	const key_row_t *row = row_of(key.kind);
	if (!row->secret)
		key.flags = rd_u16(&r);
	for (size_t i = 0; i < row->parts; i++)
		key.part[i] = rd_bytes32(&r, HANDLE_BYTES_MAX);
	if (r.bad || !tail_ok(r.in, row))
		return CODEC_MALFORMED;
	*ret_key = key;
	return CODEC_OK;
}

void handle_key_encode(const handle_key_t *key, writer_t *w)
{
	const key_row_t *row = row_of(key->kind);
	wr_bytes32(w, slice_str(row->type));
	if (!row->secret)
		wr_u16(w, key->flags);
	for (size_t i = 0; i < row->parts; i++)
		wr_bytes32(w, key->part[i]);
	for (size_t i = 0; i < row->zeros; i++)
		wr_u8(w, 0);
}

size_t handle_key_parts(handle_key_kind_t kind)
{
	return row_of(kind)->parts;
}

const char *handle_key_type(handle_key_kind_t kind)
{
	return row_of(kind)->type;
}

slice_t handle_key_unsigned(slice_t part)
{
	while (part.len > 0 && part.ptr[0] == 0)
		part = slice_from(part, 1);
	return part;
}

codec_t handle_key_file_decode(slice_t in, handle_key_file_t *ret_file)
{
	reader_t r = reader_of(in);
	handle_key_file_t f = { .encryption = rd_u32(&r) };
	if (!r.bad && f.encryption == HANDLE_KEY_FILE_PBKDF2_AES) {
		f.salt = rd_bytes32(&r, HANDLE_NAME_MAX);
		f.iterations = rd_u32(&r);
		f.key_bits = rd_u32(&r);
		f.iv = rd_bytes32(&r, HANDLE_NAME_MAX);
		f.payload = rd_bytes32(&r, HANDLE_BYTES_MAX);
	} else if (!r.bad && f.encryption != HANDLE_KEY_FILE_PLAIN) {
		return CODEC_UNSUPPORTED;
	} else {
		f.payload = rd_take(&r, r.in.len);
	}
	if (r.bad || r.in.len > 0)
		return CODEC_MALFORMED;
	*ret_file = f;
	return CODEC_OK;
}
