/* SPDX-License-Identifier: Apache-2.0 */
/* Digital Link URIs. The primary key is looked for from the end of the path, because a
 * stem may hold anything; what stands behind it are its qualifiers. */
#include "base/num.h"
#include "codec/gs1/message.h"
#include "codec/gs1/table.h"

enum { PAIRS_MAX = 8 };

/* A run of the input, with its place. */
typedef struct {
	slice_t text;
	size_t at;
} piece_t;

slice_t gs1_segment_cut(slice_t *path)
{
	size_t from = path->len;
	while (from > 0 && path->ptr[from - 1] != '/')
		from--;
	slice_t last = slice_from(*path, from);
	*path = slice_sub(*path, 0, from ? from - 1 : 0);
	return last;
}

bool gs1_key_cut(slice_t *path, slice_t *ret_code, slice_t *ret_value)
{
	slice_t rest = *path;
	slice_t value = gs1_segment_cut(&rest);
	slice_t code = gs1_segment_cut(&rest);
	const gs1_ai_t *ai = gs1_ai_find(code);
	if (!ai || !(ai->flags & GS1_KEY))
		return false;
	*path = rest;
	*ret_code = code;
	*ret_value = value;
	return true;
}

static piece_t cut_last(piece_t *path)
{
	size_t end = path->at + path->text.len;
	slice_t last = gs1_segment_cut(&path->text);
	return (piece_t){ last, end - last.len };
}

bool gs1_unescape(writer_t *room, slice_t text, slice_t *ret_plain)
{
	size_t from = room->len;
	*ret_plain = text;
	if (slice_find(text, '%') == text.len)
		return true;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t byte = text.ptr[i];
		size_t len = 0;
		if (byte == '%') {
			if (num_from_hex(slice_sub(text, i + 1, 2), &byte, 1, &len) || len != 1)
				return false;
			i += 2;
		}
		wr_u8(room, byte);
	}
	if (room->bad)
		return false;
	*ret_plain = slice_from(writer_done(room), from);
	return true;
}

static void add(gs1_scan_t *s, slice_t ai, piece_t value, gs1_problem_t problem)
{
	gs1_element_t element = {
		.ai = gs1_ai_find(ai), .code = ai, .at = value.at, .problem = problem
	};
	if (!gs1_unescape(s->room, value.text, &element.value))
		element.problem = problem ? problem : GS1_ESCAPE;
	gs1_add(s->m, &element);
}

/* Of a qualifier that does not fit; the levels end before it. */
static gs1_problem_t problem_of(const gs1_message_t *m, slice_t ai)
{
	const gs1_ai_t *key = m->elements[0].ai;
	gs1_element_t asked[PAIRS_MAX];
	if (!gs1_ai_find(ai))
		return GS1_UNKNOWN_AI;
	if (!gs1_is_qualifier(key, ai))
		return GS1_NOT_QUALIFIER;
	size_t count = m->count - 1;
	for (size_t i = 0; i < count; i++)
		asked[i] = m->elements[1 + i];
	asked[count] = (gs1_element_t){ .code = ai };
	return gs1_is_sequence(key, asked, count + 1) ? GS1_GOOD : GS1_ORDER;
}

/* Cuts pairs of an AI and a value from the end until one is a primary key. */
static bool read_path(gs1_scan_t *s, piece_t path)
{
	piece_t ais[PAIRS_MAX], values[PAIRS_MAX];
	size_t count = 0;
	bool found = false;
	while (!found && count < PAIRS_MAX && path.text.len) {
		values[count] = cut_last(&path);
		ais[count] = cut_last(&path);
		const gs1_ai_t *row = gs1_ai_find(ais[count].text);
		found = row && row->flags & GS1_KEY;
		count++;
	}
	if (!found)
		return false;
	s->m->stem = slice_sub(s->text, 0, path.at + path.text.len);
	for (size_t i = count; i-- > 0;) {
		bool is_key = i == count - 1;
		add(s, ais[i].text, values[i], is_key ? GS1_GOOD : problem_of(s->m, ais[i].text));
	}
	s->m->levels = s->m->problem ? 1 : count;
	return true;
}

/* Keys that are not digits alone are not GS1's. */
static void read_pair(gs1_scan_t *s, piece_t pair)
{
	slice_t value = pair.text;
	slice_t key = slice_cut(&value, '=');
	if (key.len == 0 || !ascii_is_digits(key))
		return;
	const gs1_ai_t *row = gs1_ai_find(key);
	bool may = !row || row->flags & GS1_QUERY;
	add(s, key, (piece_t){ value, pair.at + pair.text.len - value.len },
	    may ? GS1_GOOD : GS1_NOT_ATTRIBUTE);
}

static void read_query(gs1_scan_t *s, piece_t query)
{
	while (query.text.len) {
		size_t end = slice_find(query.text, '&'), other = slice_find(query.text, ';');
		size_t len = end < other ? end : other;
		read_pair(s, (piece_t){ slice_sub(query.text, 0, len), query.at });
		query.text = slice_from(query.text, len + 1);
		query.at += len + 1;
	}
}

size_t gs1_path_begins(slice_t text)
{
	slice_t rest = text;
	if (text.len && text.ptr[0] == '/')
		return 0;
	(void)slice_cut(&rest, '/');
	(void)slice_cut(&rest, '/');
	size_t host = slice_find(rest, '/');
	return host > 0 && host < rest.len ? text.len - rest.len + host : text.len;
}

void gs1_uri_read(gs1_scan_t *s)
{
	slice_t whole = slice_sub(s->text, 0, slice_find(s->text, '#'));
	size_t mark = slice_find(whole, '?');
	size_t from = gs1_path_begins(slice_sub(whole, 0, mark));
	piece_t path = { slice_sub(whole, from, mark - from), from };
	if (path.text.len && path.text.ptr[path.text.len - 1] == '/')
		path.text.len--;
	s->m->query = slice_from(whole, mark + 1);
	if (path.text.len == 0 || !read_path(s, path)) {
		gs1_note(s->m, GS1_NO_KEY, (slice_t){ 0 }, from);
		return;
	}
	read_query(s, (piece_t){ s->m->query, mark + 1 });
}
