/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of every column: kind and format, the length of what follows; and the promise
 * that what was written comes back, kept by looking. */
#include "codec/column/rows.h"
#include "codec/column/real.h"
#include "codec/column/stream.h"
#include "codec/column/time.h"

#include <assert.h>

enum {
	FORMAT = 1,       /* in the high half of the first byte */
	KIND_MASK = 0x0F, /* the kind in the low half */
	AS_IT_IS = 0x08,  /* a bit of the kind: rows as words of 64 bits */
	SHORT_MAX = 0x7F, /* lengths of one byte */
};

static void put_body(const column_t *c, writer_t *w)
{
	const block_t block = { c->kernel, c->rows, c->n };
	if (c->kind == COLUMN_TIME)
		time_put(c->kernel, c->rows, c->n, w);
	else if (c->kind == COLUMN_REAL || c->kind == COLUMN_F32)
		real_put(&block, c->hint, w);
	else
		whole_put(c->kernel, c->rows, c->n, w);
}

static void raw_get(reader_t *r, size_t n, word_t *ret)
{
	uint64_t words[COLUMN_ROWS];
	stream_get(r, n, WORD_BITS, words);
	if (!r->bad)
		memcpy(ret, words, n * sizeof(*words));
}

static void get_body(const column_kernel_t *kernel, unsigned kind, size_t n, reader_t *r,
                     word_t *ret)
{
	static const recipe_t as_they_are = { .form = FORM_WHOLE };
	if (kind & AS_IT_IS)
		raw_get(r, n, ret);
	else if (kind == COLUMN_TIME)
		time_get(kernel, r, n, ret);
	else if (kind == COLUMN_REAL || kind == COLUMN_F32)
		real_get(kernel, r, n, ret);
	else
		whole_get(kernel, r, n, &(sink_t){ &as_they_are, ret });
	if (r->in.len)
		r->bad = true;
}

static bool comes_back(const column_t *c, slice_t body)
{
	uint64_t back[COLUMN_ROWS];
	reader_t r = reader_of(body);
	get_body(c->kernel, c->kind, c->n, &r, back);
	return !r.bad && memcmp(back, c->rows, c->n * sizeof(*back)) == 0;
}

/* The length before a body that stands where a length of two bytes would leave it. */
static void put_length(writer_t *w, size_t at)
{
	size_t len = w->len - at - 2;
	writer_t head = writer_of(&w->buf[at], 2);
	if (len <= SHORT_MAX) {
		memmove(&w->buf[at + 1], &w->buf[at + 2], len);
		w->len--;
	}
	wr_varint(&head, len);
}

void column_put(const column_t *c, writer_t *w)
{
	assert(c->n >= 1 && c->n <= COLUMN_ROWS);
	size_t at = w->len;
	wr_u8(w, (uint8_t)(FORMAT << 4 | c->kind));
	wr_u16(w, 0);
	put_body(c, w);
	if (w->bad)
		return;
	if (!comes_back(c, slice_from(writer_done(w), at + 3))) {
		w->buf[at] |= AS_IT_IS;
		w->len = at + 3;
		stream_put(w, c->rows, c->n, WORD_BITS);
	}
	if (!w->bad)
		put_length(w, at + 1);
}

static err_t take(reader_t *r, unsigned *ret_kind, reader_t *ret_body)
{
	uint8_t first = rd_u8(r);
	if (r->bad || first >> 4 < FORMAT)
		return ERR_CORRUPT;
	if (first >> 4 > FORMAT)
		return ERR_NEWER_FORMAT;
	if ((first & KIND_MASK & ~AS_IT_IS) >= COLUMN_KINDS)
		return ERR_CORRUPT;
	*ret_kind = first & KIND_MASK;
	*ret_body = reader_of(rd_string(r));
	return r->bad ? ERR_CORRUPT : ERR_OK;
}

err_t column_kind(const reader_t *r, column_kind_t *ret_kind)
{
	reader_t peek = *r, body;
	unsigned kind;
	err_t err = take(&peek, &kind, &body);
	if (!err)
		*ret_kind = (column_kind_t)(kind & (unsigned)~AS_IT_IS);
	return err;
}

err_t column_skip(reader_t *r)
{
	unsigned kind;
	reader_t body;
	return take(r, &kind, &body);
}

/* The loops want whole blocks, so a shorter one is read aside. */
err_t column_get(const column_kernel_t *kernel, reader_t *r, size_t n, unsigned kinds, word_t *ret)
{
	uint64_t aside[COLUMN_ROWS];
	unsigned kind = 0;
	reader_t body;
	if (n == 0 || n > COLUMN_ROWS)
		return ERR_CORRUPT;
	err_t err = take(r, &kind, &body);
	if (err)
		return err;
	if (!(kinds >> (kind & (unsigned)~AS_IT_IS) & 1))
		return ERR_CORRUPT;
	get_body(kernel, kind, n, &body, n < COLUMN_ROWS ? aside : ret);
	if (body.bad)
		return ERR_CORRUPT;
	if (n < COLUMN_ROWS)
		memcpy(ret, aside, n * sizeof(*ret));
	return ERR_OK;
}
