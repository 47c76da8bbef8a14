/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/gs1/bits.h"
#include "codec/gs1/component.h"
#include "codec/gs1/compress.h"
#include "codec/gs1/message.h"
#include "codec/gs1/table.h"

enum {
	ELEMENTS_ROOM = GS1_ELEMENTS_MAX * (GS1_AI_MAX + GS1_VALUE_MAX),
	LETTER = 10,       /* the first digit of hexadecimal that is one */
	FOREIGN = 0xF,     /* announces a pair that is not GS1's */
	FOREIGN_BITS = 7,  /* of the length of its key and of its value */
	CODE_BITS = 8,     /* what is shorter fills the last character */
	KEY_CHARACTER = 6, /* bits */
};

typedef struct {
	bits_reader_t bits;
	gs1_message_t m;
	writer_t room;    /* codes and values of elements */
	writer_t foreign; /* "key=value&" of the others */
	bool keeps_key;   /* it was readable in the path */
} unpacking_t;

static void take_value(unpacking_t *u, const gs1_ai_t *ai)
{
	gs1_component_t c;
	for (size_t at = 0; !u->bits.bad && gs1_component_next(ai, &at, &c);) {
		uint32_t encoding = c.is_numeric ? BITS_NUMERIC
		                                 : bits_take(&u->bits, BITS_ENCODING);
		size_t len = c.is_fixed ? c.max : bits_take(&u->bits, bits_of_length(c.max));
		if (len > c.max)
			u->bits.bad = true;
		else
			bits_take_text(&u->bits, encoding, len, &u->room);
	}
}

static bool is_there(const gs1_message_t *m, slice_t code)
{
	for (size_t i = 0; i < m->count; i++)
		if (slice_eq(m->elements[i].code, code))
			return true;
	return false;
}

static void take_element(unpacking_t *u, slice_t code)
{
	gs1_element_t element = { .ai = gs1_ai_find(code), .code = code };
	size_t from = u->room.len;
	if (!element.ai || is_there(&u->m, code) || u->m.count == GS1_ELEMENTS_MAX) {
		u->bits.bad = true;
		return;
	}
	take_value(u, element.ai);
	element.value = slice_from(writer_done(&u->room), from);
	gs1_add(&u->m, &element);
}

/* An AI has two to four digits, and none begins as another. */
static void take_single(unpacking_t *u, uint32_t first, uint32_t second)
{
	size_t from = u->room.len;
	wr_u8(&u->room, (uint8_t)('0' + first));
	wr_u8(&u->room, (uint8_t)('0' + second));
	for (size_t len = 2; len < GS1_AI_MAX; len++) {
		if (gs1_ai_find(slice_from(writer_done(&u->room), from)))
			break;
		uint32_t digit = bits_take(&u->bits, 4);
		if (digit >= LETTER)
			u->bits.bad = true;
		wr_u8(&u->room, (uint8_t)('0' + digit));
	}
	take_element(u, slice_from(writer_done(&u->room), from));
}

static void take_run(unpacking_t *u, uint32_t first, uint32_t second)
{
	static const char hex[] = "0123456789ABCDEF";
	const uint8_t code[] = { (uint8_t)hex[first], (uint8_t)hex[second] };
	const gs1_run_t *run = gs1_run_find(slice_of(code, sizeof(code)));
	if (!run)
		u->bits.bad = true;
	for (size_t i = 0; run && i < GS1_RUN_MAX && run->ais[i]; i++)
		take_element(u, slice_str(run->ais[i]));
}

/* The four bits behind FOREIGN begin the length of the key. */
static void take_foreign(unpacking_t *u, uint32_t high)
{
	uint8_t bytes[BITS_DIGITS_MAX];
	writer_t value = writer_of(bytes, sizeof(bytes));
	size_t key_len = high << 3 | bits_take(&u->bits, FOREIGN_BITS - 4);
	if (key_len == 0)
		u->bits.bad = true;
	bits_take_text(&u->bits, BITS_BASE64URL, key_len, &u->foreign);
	uint32_t encoding = bits_take(&u->bits, BITS_ENCODING);
	size_t len = bits_take(&u->bits, FOREIGN_BITS);
	bits_take_text(&u->bits, encoding, len, &value);
	wr_u8(&u->foreign, '=');
	gs1_escaped_put(&u->foreign, writer_done(&value));
	wr_u8(&u->foreign, '&');
}

/* Fewer bits than a code has are what filled the last character. */
static bool unpack(unpacking_t *u)
{
	while (!u->bits.bad && bits_left(&u->bits) >= CODE_BITS) {
		uint32_t first = bits_take(&u->bits, 4), second = bits_take(&u->bits, 4);
		if (first == FOREIGN)
			take_foreign(u, second);
		else if (first < LETTER && second < LETTER)
			take_single(u, first, second);
		else
			take_run(u, first, second);
	}
	uint32_t rest = u->bits.bad ? 0 : bits_take(&u->bits, (unsigned)bits_left(&u->bits));
	return !u->bits.bad && rest == 0 && !u->room.bad && !u->foreign.bad;
}

/* "/01/09521234543213" at the end of the path becomes the first element. */
static bool take_plain_key(unpacking_t *u, slice_t *path)
{
	gs1_element_t key = { 0 };
	slice_t value;
	if (!gs1_key_cut(path, &key.code, &value))
		return true;
	if (!gs1_unescape(&u->room, value, &key.value))
		return false;
	key.ai = gs1_ai_find(key.code);
	u->keeps_key = true;
	gs1_add(&u->m, &key);
	return true;
}

static void put_queries(slice_t foreign, slice_t query, bool has_query, writer_t *w)
{
	const slice_t parts[] = { slice_sub(foreign, 0, foreign.len ? foreign.len - 1 : 0), query };
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (parts[i].len == 0)
			continue;
		wr_u8(w, has_query ? '&' : '?');
		wr_bytes(w, parts[i]);
		has_query = true;
	}
}

static codec_t write_plain(unpacking_t *u, slice_t stem, slice_t query, writer_t *w)
{
	size_t from = w->len;
	gs1_arrange(&u->m);
	if (!gs1_fits_compressed(&u->m, u->keeps_key))
		return CODEC_MALFORMED;
	gs1_uri_put(&u->m, stem, w);
	put_queries(writer_done(&u->foreign), query, u->m.count > u->m.levels, w);
	return w->bad || w->len - from > GS1_TEXT_MAX ? CODEC_MALFORMED : CODEC_OK;
}

codec_t gs1_decompress(slice_t text, writer_t *w)
{
	uint8_t elements[ELEMENTS_ROOM], foreign[GS1_TEXT_MAX];
	unpacking_t u = { .room = writer_of(elements, sizeof(elements)),
		          .foreign = writer_of(foreign, sizeof(foreign)) };
	slice_t whole = slice_sub(text, 0, slice_find(text, '#'));
	slice_t path = slice_sub(whole, 0, slice_find(whole, '?'));
	slice_t query = slice_from(whole, path.len + 1);
	size_t begins = gs1_path_begins(path);
	if (text.len > GS1_TEXT_MAX || begins == path.len)
		return CODEC_MALFORMED;
	if (path.ptr[path.len - 1] == '/')
		path.len--;
	slice_t rest = slice_from(path, begins);
	u.bits.text = gs1_segment_cut(&rest);
	slice_t stem = slice_sub(path, 0, begins + rest.len);
	bool good = u.bits.text.len && take_plain_key(&u, &rest) && unpack(&u);
	stem.len = begins + rest.len;
	return good ? write_plain(&u, stem, query, w) : CODEC_MALFORMED;
}

codec_t gs1_decode_any(slice_t text, writer_t *room, gs1_message_t *ret_message)
{
	uint8_t bytes[GS1_TEXT_MAX];
	writer_t plain = writer_of(bytes, sizeof(bytes));
	size_t from = room->len;
	codec_t code = gs1_decode(text, room, ret_message);
	if (code == CODEC_OK || ret_message->problem != GS1_NO_KEY ||
	    gs1_decompress(text, &plain) != CODEC_OK)
		return code;
	room->len = from;
	wr_bytes(room, writer_done(&plain));
	if (room->bad)
		return CODEC_MALFORMED;
	code = gs1_decode(slice_from(writer_done(room), from), room, ret_message);
	ret_message->form = GS1_COMPRESSED;
	return code;
}
