/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/gs1/compress.h"

#include "codec/gs1/bits.h"
#include "codec/gs1/component.h"
#include "codec/gs1/message.h"
#include "codec/gs1/table.h"

typedef struct {
	const gs1_message_t *m;
	bits_writer_t bits;
	bool is_done[GS1_ELEMENTS_MAX];
} packing_t;

static void put_code(packing_t *p, slice_t code)
{
	for (size_t i = 0; i < code.len; i++) {
		uint8_t c = code.ptr[i];
		bits_put(&p->bits, c >= 'A' ? (uint32_t)(c - 'A' + 10) : (uint32_t)(c - '0'), 4);
	}
}

static void put_value(packing_t *p, size_t index)
{
	const gs1_element_t *e = &p->m->elements[index];
	slice_t rest = e->value;
	gs1_component_t c;
	for (size_t at = 0; gs1_component_next(e->ai, &at, &c);) {
		slice_t text = slice_sub(rest, 0, c.max);
		bits_encoding_t encoding = c.is_numeric ? BITS_NUMERIC : bits_encoding_of(text);
		if (!c.is_numeric)
			bits_put(&p->bits, encoding, BITS_ENCODING);
		if (!c.is_fixed)
			bits_put(&p->bits, (uint32_t)text.len, bits_of_length(c.max));
		bits_put_text(&p->bits, encoding, text);
		rest = slice_from(rest, text.len);
	}
	p->is_done[index] = true;
}

/* Runs. */

/* The element that waits to be put, or the count. */
static size_t find(const packing_t *p, const char *ai)
{
	size_t i = 0;
	while (i < p->m->count &&
	       (p->is_done[i] || !slice_eq(p->m->elements[i].code, slice_str(ai))))
		i++;
	return i;
}

/* How many digits of AIs the run saves; 0 when one of them is not there. */
static size_t saved_by(const packing_t *p, const gs1_run_t *run)
{
	size_t saved = 0;
	for (size_t i = 0; i < GS1_RUN_MAX && run->ais[i]; i++) {
		if (find(p, run->ais[i]) == p->m->count)
			return 0;
		saved += strlen(run->ais[i]);
	}
	return saved;
}

static const gs1_run_t *best_run(const packing_t *p)
{
	const gs1_run_t *best = NULL;
	size_t most = 0;
	for (size_t i = 0; i < GS1_RUN_COUNT; i++) {
		size_t saved = saved_by(p, &GS1_RUNS[i]);
		if (saved > most) {
			most = saved;
			best = &GS1_RUNS[i];
		}
	}
	return best;
}

static void put_runs(packing_t *p)
{
	for (const gs1_run_t *run; (run = best_run(p)) != NULL;) {
		put_code(p, slice_str(run->code));
		for (size_t i = 0; i < GS1_RUN_MAX && run->ais[i]; i++)
			put_value(p, find(p, run->ais[i]));
	}
}

/* What is in no run, in the order of AIs. */
static void put_singles(packing_t *p)
{
	for (;;) {
		size_t next = p->m->count;
		for (size_t i = 0; i < p->m->count; i++)
			if (!p->is_done[i] &&
			    (next == p->m->count ||
			     slice_cmp(p->m->elements[i].code, p->m->elements[next].code) < 0))
				next = i;
		if (next == p->m->count)
			return;
		put_code(p, p->m->elements[next].code);
		put_value(p, next);
	}
}

/* Pairs of the query that are not GS1's. */
static void put_foreign(slice_t query, writer_t *w)
{
	uint8_t before = '?';
	while (query.len) {
		size_t end = slice_find(query, '&'), other = slice_find(query, ';');
		slice_t pair = slice_sub(query, 0, end < other ? end : other);
		query = slice_from(query, pair.len + 1);
		if (ascii_is_digits(slice_sub(pair, 0, slice_find(pair, '='))))
			continue;
		wr_u8(w, before);
		wr_bytes(w, pair);
		before = '&';
	}
}

codec_t gs1_compress(const gs1_message_t *message, slice_t stem, bool keeps_key, writer_t *w)
{
	packing_t p = { .m = message, .bits = { .w = w } };
	slice_t path = stem, code, value;
	/* Behind a stem like that the bits would be taken for what its key goes on with. */
	bool is_misleading = !keeps_key && gs1_key_cut(&path, &code, &value);
	bool is_empty = keeps_key && message->count == 1;
	if (message->problem || is_misleading || is_empty ||
	    !gs1_fits_compressed(message, keeps_key))
		return CODEC_MALFORMED;
	wr_bytes(w, stem);
	if (keeps_key)
		gs1_path_put(message, 1, w);
	p.is_done[0] = keeps_key;
	wr_u8(w, '/');
	put_runs(&p);
	put_singles(&p);
	bits_finish(&p.bits);
	put_foreign(message->query, w);
	return w->bad || p.bits.bad ? CODEC_MALFORMED : CODEC_OK;
}
