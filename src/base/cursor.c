/* SPDX-License-Identifier: Apache-2.0 */
/* The longer reads and every write of the cursors. All of them stand on
 * rd_take() and wr_reserve(), the only places that judge a length but for varints, which
 * are read too often for a judgement a byte. */
#include "base/cursor.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { VARINT_MAX = 10 };

uint64_t rd_u64(reader_t *r)
{
	slice_t s = rd_take(r, 8);
	uint64_t v = 0;
	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.ptr[i];
	return v;
}

uint16_t rd_u16_le(reader_t *r)
{
	slice_t s = rd_take(r, 2);
	return r->bad ? 0 : (uint16_t)(s.ptr[1] << 8 | s.ptr[0]);
}

uint32_t rd_u32_le(reader_t *r)
{
	slice_t s = rd_take(r, 4);
	if (r->bad)
		return 0;
	return (uint32_t)s.ptr[3] << 24 | (uint32_t)s.ptr[2] << 16 | (uint32_t)s.ptr[1] << 8 |
	       s.ptr[0];
}

uint64_t rd_u64_le(reader_t *r)
{
	slice_t s = rd_take(r, 8);
	return r->bad ? 0 : load_u64_le(s.ptr);
}

/* The tenth byte holds only bit 63, and a last byte of zero (but for the number
 * zero itself) says the same number in more bytes than it needs. */
static bool varint_end_ok(unsigned at, uint8_t last)
{
	return (at < VARINT_MAX - 1 || last == 1) && (at == 0 || last != 0);
}

uint64_t rd_varint_long(reader_t *r)
{
	uint64_t v = 0;
	size_t most = r->bad ? 0 : r->in.len < VARINT_MAX ? r->in.len : VARINT_MAX;
	for (unsigned at = 0; at < most; at++) {
		uint8_t byte = r->in.ptr[at];
		v |= (uint64_t)(byte & 0x7F) << (7 * at);
		if (byte & 0x80)
			continue;
		if (!varint_end_ok(at, byte))
			break;
		r->in = slice_from(r->in, at + 1);
		return v;
	}
	r->bad = true;
	return 0;
}

/* The low `n` bytes of `v`, most significant first. */
static void store_be(uint8_t *out, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static void put_be(writer_t *w, uint64_t v, size_t n)
{
	uint8_t *room = wr_reserve(w, n);
	if (room)
		store_be(room, v, n);
}

static void put_le(writer_t *w, uint64_t v, size_t n)
{
	uint8_t *room = wr_reserve(w, n);
	if (!room)
		return;
	for (size_t i = 0; i < n; i++)
		room[i] = (uint8_t)(v >> (8 * i));
}

void wr_u16(writer_t *w, uint16_t v)
{
	put_be(w, v, 2);
}

void wr_u64(writer_t *w, uint64_t v)
{
	put_be(w, v, 8);
}

void wr_u16_le(writer_t *w, uint16_t v)
{
	put_le(w, v, 2);
}

void wr_u32_le(writer_t *w, uint32_t v)
{
	put_le(w, v, 4);
}

void wr_u64_le(writer_t *w, uint64_t v)
{
	put_le(w, v, 8);
}

/* Gathered first and put at once, so that a full buffer never keeps half a
 * number. */
void wr_varint(writer_t *w, uint64_t v)
{
	uint8_t bytes[VARINT_MAX];
	size_t len = 0;
	for (; v >= 0x80; v >>= 7)
		bytes[len++] = (uint8_t)(v | 0x80);
	bytes[len++] = (uint8_t)v;
	wr_bytes(w, slice_of(bytes, len));
}

void wr_zigzag(writer_t *w, int64_t v)
{
	uint64_t sign = v < 0 ? UINT64_MAX : 0;
	wr_varint(w, (uint64_t)v << 1 ^ sign);
}

void wr_bytes32(writer_t *w, slice_t s)
{
	if (s.len > INT32_MAX)
		w->bad = true;
	wr_u32(w, (uint32_t)s.len);
	wr_bytes(w, s);
}

void wr_string(writer_t *w, slice_t s)
{
	wr_varint(w, s.len);
	wr_bytes(w, s);
}

static void patch_be(writer_t *w, size_t at, uint64_t v, size_t n)
{
	if (w->bad)
		return;
	assert(n <= w->len && at <= w->len - n);
	store_be(&w->buf[at], v, n);
}

void wr_patch_u32(writer_t *w, size_t at, uint32_t v)
{
	patch_be(w, at, v, 4);
}

void wr_patch_u16(writer_t *w, size_t at, uint16_t v)
{
	patch_be(w, at, v, 2);
}

void wr_format(writer_t *w, const char *format, ...)
{
	if (w->bad || w->len == w->cap) {
		w->bad = true;
		return;
	}
	va_list args;
	va_start(args, format);
	size_t room = w->cap - w->len;
	int wrote = vsnprintf((char *)&w->buf[w->len], room, format, args);
	va_end(args);
	if (wrote < 0 || (size_t)wrote >= room)
		w->bad = true;
	else
		w->len += (size_t)wrote;
}
