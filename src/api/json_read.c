/* SPDX-License-Identifier: Apache-2.0 */
/* Items stand in the order of the text, each knowing how many belong to it, so the
 * whole document is one array and a walk is a sum. Decoded strings are never longer
 * than they were written, so one block as large as the text holds them all. */
#include "api/json_read.h"

#include <stdlib.h>

#include "base/cursor.h"
#include "base/num.h"
#include "base/utf8.h"

struct json_doc {
	json_item_t *items;
	size_t count, cap;
	writer_t texts;
};

typedef struct {
	reader_t in;
	json_doc_t *doc;
	err_t err;
	unsigned depth;
} parser_t;

static bool read_value(parser_t *p, slice_t name);

static bool fail(parser_t *p, err_t err)
{
	if (!p->err)
		p->err = err;
	return false;
}

static uint8_t peek(const parser_t *p)
{
	return p->in.in.len ? p->in.in.ptr[0] : 0;
}

static void skip_blanks(parser_t *p)
{
	while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r')
		(void)rd_u8(&p->in);
}

static bool take(parser_t *p, uint8_t byte)
{
	skip_blanks(p);
	if (p->in.in.len == 0 || peek(p) != byte)
		return false;
	(void)rd_u8(&p->in);
	return true;
}

/* The index of a fresh item, or SIZE_MAX. */
static size_t add_item(parser_t *p, json_kind_t kind, slice_t name)
{
	json_doc_t *doc = p->doc;
	if (doc->count == JSON_READ_ITEMS) {
		fail(p, ERR_TOO_BIG);
		return SIZE_MAX;
	}
	if (doc->count == doc->cap) {
		size_t cap = doc->cap ? doc->cap * 2 : 64;
		json_item_t *moved = realloc(doc->items, cap * sizeof(*moved));
		if (!moved) {
			fail(p, ERR_NO_MEMORY);
			return SIZE_MAX;
		}
		doc->items = moved;
		doc->cap = cap;
	}
	doc->items[doc->count] = (json_item_t){ .kind = kind, .name = name, .size = 1 };
	return doc->count++;
}

static uint32_t read_hex4(parser_t *p)
{
	uint8_t bytes[2] = { 0 };
	size_t len = 0;
	slice_t digits = rd_take(&p->in, 4);
	if (digits.len != 4 || slice_trim(digits).len != 4 || slice_find(digits, ' ') != 4 ||
	    num_from_hex(digits, bytes, sizeof(bytes), &len) || len != 2)
		fail(p, ERR_MALFORMED);
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void put_utf8(writer_t *w, uint32_t c)
{
	if (c < 0x80) {
		wr_u8(w, (uint8_t)c);
	} else if (c < 0x800) {
		wr_u8(w, (uint8_t)(0xC0 | c >> 6));
		wr_u8(w, (uint8_t)(0x80 | (c & 0x3F)));
	} else if (c < 0x10000) {
		wr_u8(w, (uint8_t)(0xE0 | c >> 12));
		wr_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
		wr_u8(w, (uint8_t)(0x80 | (c & 0x3F)));
	} else {
		wr_u8(w, (uint8_t)(0xF0 | c >> 18));
		wr_u8(w, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
		wr_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
		wr_u8(w, (uint8_t)(0x80 | (c & 0x3F)));
	}
}

/* \uXXXX, two of them for what lies above U+FFFF. */
static void read_unicode(parser_t *p)
{
	uint32_t c = read_hex4(p);
	if (c >= 0xD800 && c < 0xDC00) {
		bool escaped = rd_u8(&p->in) == '\\' && rd_u8(&p->in) == 'u';
		uint32_t low = escaped ? read_hex4(p) : 0;
		if (low < 0xDC00 || low > 0xDFFF)
			fail(p, ERR_MALFORMED);
		c = 0x10000 + ((c - 0xD800) << 10) + (low & 0x3FF);
	} else if (c == 0 || (c >= 0xDC00 && c < 0xE000)) {
		fail(p, ERR_MALFORMED);
	}
	put_utf8(&p->doc->texts, c);
}

static void read_escape(parser_t *p)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint8_t byte = rd_u8(&p->in);
	if (byte == 'u') {
		read_unicode(p);
		return;
	}
	for (size_t i = 0; i < sizeof(from) - 1; i++)
		if (byte == (uint8_t)from[i]) {
			wr_u8(&p->doc->texts, (uint8_t)to[i]);
			return;
		}
	fail(p, ERR_MALFORMED);
}

/* After the opening quote. */
static slice_t read_string(parser_t *p)
{
	size_t from = p->doc->texts.len;
	while (!p->err) {
		uint8_t byte = rd_u8(&p->in);
		if (p->in.bad || byte < 0x20)
			fail(p, ERR_MALFORMED);
		else if (byte == '"')
			break;
		else if (byte == '\\')
			read_escape(p);
		else
			wr_u8(&p->doc->texts, byte);
	}
	return slice_from(writer_done(&p->doc->texts), from);
}

static size_t digits(slice_t *rest)
{
	size_t n = 0;
	while (n < rest->len && rest->ptr[n] >= '0' && rest->ptr[n] <= '9')
		n++;
	*rest = slice_from(*rest, n);
	return n;
}

static bool one_of(slice_t *rest, uint8_t a, uint8_t b)
{
	if (rest->len == 0 || (rest->ptr[0] != a && rest->ptr[0] != b))
		return false;
	*rest = slice_from(*rest, 1);
	return true;
}

static bool read_number(parser_t *p, slice_t name)
{
	slice_t all = p->in.in, rest = all;
	one_of(&rest, '-', '-');
	bool zero = rest.len && rest.ptr[0] == '0';
	size_t whole = digits(&rest);
	bool good = whole == 1 || (whole > 1 && !zero);
	if (one_of(&rest, '.', '.'))
		good &= digits(&rest) > 0;
	if (one_of(&rest, 'e', 'E')) {
		one_of(&rest, '+', '-');
		good &= digits(&rest) > 0;
	}
	if (!good)
		return fail(p, ERR_MALFORMED);
	size_t at = add_item(p, JSON_NUMBER, name);
	slice_t text = rd_take(&p->in, all.len - rest.len);
	if (at == SIZE_MAX)
		return false;
	size_t from = p->doc->texts.len;
	wr_bytes(&p->doc->texts, text);
	p->doc->items[at].text = slice_from(writer_done(&p->doc->texts), from);
	return true;
}

static bool read_word(parser_t *p, slice_t name)
{
	static const struct {
		const char *text;
		json_kind_t kind;
	} words[] = { { "null", JSON_NULL }, { "false", JSON_FALSE }, { "true", JSON_TRUE } };
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		slice_t word = slice_str(words[i].text);
		if (slice_starts(p->in.in, word)) {
			(void)rd_take(&p->in, word.len);
			return add_item(p, words[i].kind, name) != SIZE_MAX;
		}
	}
	return fail(p, ERR_MALFORMED);
}

/* Whether the name may be added: not there yet, and not one too many to compare
 * with. */
static bool is_fresh(parser_t *p, size_t parent, slice_t name)
{
	const json_item_t *items = p->doc->items;
	size_t members = 0;
	for (size_t i = parent + 1; i < p->doc->count; i += items[i].size, members++)
		if (slice_eq(items[i].name, name))
			return fail(p, ERR_MALFORMED);
	return members < JSON_READ_MEMBERS || fail(p, ERR_TOO_BIG);
}

static bool read_name(parser_t *p, size_t parent, slice_t *ret_name)
{
	if (!take(p, '"'))
		return fail(p, ERR_MALFORMED);
	slice_t name = read_string(p);
	if (p->err || !take(p, ':'))
		return fail(p, ERR_MALFORMED);
	*ret_name = name;
	return is_fresh(p, parent, name);
}

/* After the opening bracket. The size of an item is set when its last member is in. */
static bool read_members(parser_t *p, json_kind_t kind, slice_t name)
{
	uint8_t end = kind == JSON_ARRAY ? ']' : '}';
	size_t at = add_item(p, kind, name), last = SIZE_MAX;
	if (at == SIZE_MAX)
		return false;
	bool more = !take(p, end);
	while (more) {
		slice_t member = { 0 };
		if (kind == JSON_OBJECT && !read_name(p, at, &member))
			return false;
		last = p->doc->count;
		if (!read_value(p, member))
			return false;
		more = take(p, ',');
		if (!more && !take(p, end))
			return fail(p, ERR_MALFORMED);
	}
	p->doc->items[at].size = (uint32_t)(p->doc->count - at);
	if (last != SIZE_MAX)
		p->doc->items[last].is_last = true;
	return true;
}

static bool read_text(parser_t *p, slice_t name)
{
	slice_t text = read_string(p);
	size_t at = p->err ? SIZE_MAX : add_item(p, JSON_STRING, name);
	if (at == SIZE_MAX)
		return false;
	p->doc->items[at].text = text;
	return true;
}

static bool read_value(parser_t *p, slice_t name)
{
	bool good = false;
	if (p->depth == JSON_READ_DEPTH)
		return fail(p, ERR_TOO_BIG);
	p->depth++;
	skip_blanks(p);
	if (take(p, '{'))
		good = read_members(p, JSON_OBJECT, name);
	else if (take(p, '['))
		good = read_members(p, JSON_ARRAY, name);
	else if (take(p, '"'))
		good = read_text(p, name);
	else if (peek(p) == '-' || (peek(p) >= '0' && peek(p) <= '9'))
		good = read_number(p, name);
	else
		good = read_word(p, name);
	p->depth--;
	return good;
}

err_t json_read(slice_t text, json_doc_t **ret_doc)
{
	json_doc_t *doc = calloc(1, sizeof(*doc));
	void *texts = doc ? malloc(text.len + 1) : NULL;
	if (!texts) {
		free(doc);
		return ERR_NO_MEMORY;
	}
	doc->texts = writer_of(texts, text.len + 1);
	parser_t p = { .in = reader_of(text), .doc = doc };
	if (!utf8_valid(text))
		fail(&p, ERR_MALFORMED);
	bool good = !p.err && read_value(&p, (slice_t){ 0 });
	skip_blanks(&p);
	if (good && p.in.in.len)
		good = fail(&p, ERR_MALFORMED);
	if (!good) {
		json_doc_free(doc);
		return p.err;
	}
	doc->items[0].is_last = true;
	*ret_doc = doc;
	return ERR_OK;
}

void json_doc_free(json_doc_t *doc)
{
	if (!doc)
		return;
	free(doc->texts.buf);
	free(doc->items);
	free(doc);
}

const json_item_t *json_doc_root(const json_doc_t *doc)
{
	return doc->items;
}

const json_item_t *json_first(const json_item_t *item)
{
	bool holds = item && (item->kind == JSON_ARRAY || item->kind == JSON_OBJECT);
	return holds && item->size > 1 ? item + 1 : NULL;
}

const json_item_t *json_next(const json_item_t *item)
{
	return item && !item->is_last ? item + item->size : NULL;
}

const json_item_t *json_member(const json_item_t *item, const char *name)
{
	if (!item || item->kind != JSON_OBJECT)
		return NULL;
	const json_item_t *member = json_first(item);
	while (member && !slice_eq(member->name, slice_str(name)))
		member = json_next(member);
	return member;
}

bool json_as_text(const json_item_t *item, slice_t *ret_text)
{
	if (!item || item->kind != JSON_STRING)
		return false;
	*ret_text = item->text;
	return true;
}

bool json_as_f64(const json_item_t *item, double *ret_number)
{
	return item && item->kind == JSON_NUMBER && num_parse_f64(item->text, ret_number) == ERR_OK;
}

bool json_as_i64(const json_item_t *item, int64_t min, int64_t max, int64_t *ret_number)
{
	int64_t number = 0;
	if (!item || item->kind != JSON_NUMBER || num_parse_i64(item->text, &number) ||
	    number < min || number > max)
		return false;
	*ret_number = number;
	return true;
}

bool json_as_bool(const json_item_t *item, bool *ret_value)
{
	if (!item || (item->kind != JSON_TRUE && item->kind != JSON_FALSE))
		return false;
	*ret_value = item->kind == JSON_TRUE;
	return true;
}
