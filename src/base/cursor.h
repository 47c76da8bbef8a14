/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H
/* Cursors with sticky error: the only way bytes from outside are read, and the
 * only way wire and disk bytes are written. Do all reads, then look at `bad`
 * once; after an error every further read returns zero and moves nothing.
 *
 * Story: a codec makes a reader over its input, reads fields in the order of
 * the standard, checks `bad`, fills its struct. An encoder makes a writer over
 * a caller's buffer, puts fields, checks `bad`, and takes writer_done().
 *
 * Caveats: never place two reads in one expression or one initialiser list;
 * their order is unspecified in C. Multi-byte reads are big-endian unless the
 * name ends in _le. */
#include "base/slice.h"

typedef struct {
	slice_t in; /* what is left to read */
	bool bad;
} reader_t;

static inline reader_t reader_of(slice_t in)
{
	return (reader_t){ .in = in };
}

/* The next n bytes as a borrowed slice; empty and bad if fewer are left. */
static inline slice_t rd_take(reader_t *r, size_t n)
{
	if (r->bad || n > r->in.len) {
		r->bad = true;
		return (slice_t){ 0 };
	}
	slice_t head = slice_sub(r->in, 0, n);
	r->in = slice_from(r->in, n);
	return head;
}

static inline uint8_t rd_u8(reader_t *r)
{
	slice_t s = rd_take(r, 1);
	return r->bad ? 0 : s.ptr[0];
}

static inline uint16_t rd_u16(reader_t *r)
{
	slice_t s = rd_take(r, 2);
	return r->bad ? 0 : (uint16_t)(s.ptr[0] << 8 | s.ptr[1]);
}

static inline uint32_t rd_u32(reader_t *r)
{
	slice_t s = rd_take(r, 4);
	if (r->bad)
		return 0;
	return (uint32_t)s.ptr[0] << 24 | (uint32_t)s.ptr[1] << 16 | (uint32_t)s.ptr[2] << 8 |
	       s.ptr[3];
}

uint64_t rd_u64(reader_t *r);
uint16_t rd_u16_le(reader_t *r);
uint32_t rd_u32_le(reader_t *r);
uint64_t rd_u64_le(reader_t *r);
uint64_t rd_varint_long(reader_t *r);
/* LEB128, at most 10 bytes; over-long or overflowing encodings are bad. */
static inline uint64_t rd_varint(reader_t *r)
{
	const uint8_t *in = r->in.ptr;
	if (r->bad || r->in.len < 2 || (in[0] >= 0x80 && (in[1] >= 0x80 || in[1] == 0)))
		return rd_varint_long(r); /* of many bytes, the last of the input, or bad */
	size_t len = in[0] >= 0x80 ? 2 : 1;
	r->in.ptr += len;
	r->in.len -= len;
	return len == 1 ? in[0] : (uint64_t)(in[0] & 0x7F) | (uint64_t)in[1] << 7;
}
/* Zig-zag signed varint. */
static inline int64_t rd_zigzag(reader_t *r)
{
	uint64_t v = rd_varint(r);
	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}
/* int4 length + bytes; lengths above `max` are bad. */
static inline slice_t rd_bytes32(reader_t *r, size_t max)
{
	uint32_t len = rd_u32(r);
	if (len > max)
		r->bad = true;
	return rd_take(r, len);
}
/* varint length + bytes; the disk formats' string. */
static inline slice_t rd_string(reader_t *r)
{
	uint64_t len = rd_varint(r);
	if (len > r->in.len)
		r->bad = true;
	return rd_take(r, (size_t)len);
}

/* Writer into a caller's buffer; sticky `bad` when it is full. */
typedef struct {
	uint8_t *buf;
	size_t cap, len;
	bool bad;
} writer_t;

static inline writer_t writer_of(void *buf, size_t cap)
{
	return (writer_t){ .buf = (uint8_t *)buf, .cap = cap };
}

/* What was written so far (borrows the buffer). */
static inline slice_t writer_done(const writer_t *w)
{
	return slice_of(w->buf, w->len);
}

/* Room for n bytes to fill by the caller, or NULL and bad. */
static inline uint8_t *wr_reserve(writer_t *w, size_t n)
{
	if (w->bad || n > w->cap - w->len) {
		w->bad = true;
		return NULL;
	}
	uint8_t *room = &w->buf[w->len];
	w->len += n;
	return room;
}

static inline void wr_bytes(writer_t *w, slice_t s)
{
	uint8_t *room = wr_reserve(w, s.len);
	if (room && s.len)
		memcpy(room, s.ptr, s.len);
}

static inline void wr_u8(writer_t *w, uint8_t v)
{
	uint8_t *room = wr_reserve(w, 1);
	if (room)
		*room = v;
}

static inline void wr_u32(writer_t *w, uint32_t v)
{
	uint8_t *room = wr_reserve(w, 4);
	if (!room)
		return;
	room[0] = (uint8_t)(v >> 24);
	room[1] = (uint8_t)(v >> 16);
	room[2] = (uint8_t)(v >> 8);
	room[3] = (uint8_t)v;
}

void wr_u16(writer_t *w, uint16_t v);
void wr_u64(writer_t *w, uint64_t v);
void wr_u16_le(writer_t *w, uint16_t v);
void wr_u32_le(writer_t *w, uint32_t v);
void wr_u64_le(writer_t *w, uint64_t v);
void wr_varint(writer_t *w, uint64_t v);
void wr_zigzag(writer_t *w, int64_t v);
void wr_bytes32(writer_t *w, slice_t s);
void wr_string(writer_t *w, slice_t s);
/* Overwrites an earlier big-endian u32/u16 at `at` (a length known later). */
void wr_patch_u32(writer_t *w, size_t at, uint32_t v);
void wr_patch_u16(writer_t *w, size_t at, uint16_t v);
/* printf into the buffer; bad when it does not fit. The closing NUL is not part
 * of what was written, but needs one spare byte behind it. */
__attribute__((format(printf, 2, 3))) void wr_format(writer_t *w, const char *format, ...);
#endif
