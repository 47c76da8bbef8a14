/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the four forms a text has, and what is common to them. */
#include "codec/gs1/message.h"
#include "codec/gs1/table.h"

enum { GTIN_DIGITS = 14 };

static bool is_uri(slice_t text)
{
	static const char *const schemes[] = { "https://", "http://" };
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		slice_t scheme = slice_str(schemes[i]);
		if (slice_eq_nocase(slice_sub(text, 0, scheme.len), scheme))
			return true;
	}
	return text.len && text.ptr[0] == '/';
}

static bool is_bracketed(slice_t text)
{
	return text.len && text.ptr[0] == '(';
}

static bool is_gtin(slice_t text)
{
	bool fits = text.len == 8 || text.len == 12 || text.len == 13 || text.len == GTIN_DIGITS;
	return fits && ascii_is_digits(text) && gs1_check_digit_good(text);
}

static void read_gtin(gs1_scan_t *s)
{
	size_t from = s->room->len;
	for (size_t i = s->text.len; i < GTIN_DIGITS; i++)
		wr_u8(s->room, '0');
	wr_bytes(s->room, s->text);
	gs1_element_t element = { .ai = gs1_ai_find(SLICE("01")),
		                  .code = SLICE("01"),
		                  .value = slice_from(writer_done(s->room), from) };
	gs1_add(s->m, &element);
}

static bool is_plain(slice_t text)
{
	static const slice_t begins = { (const uint8_t *)"]^\x1D", 3 };
	return text.len && (slice_find(begins, text.ptr[0]) < begins.len ||
	                    ascii_is_digits(slice_sub(text, 0, 1)));
}

static const struct {
	gs1_form_t form;
	bool (*is)(slice_t text);
	void (*read)(gs1_scan_t *s);
} forms[] = {
	{ GS1_URI, is_uri, gs1_uri_read },
	{ GS1_BRACKETS, is_bracketed, gs1_brackets_read },
	{ GS1_GTIN, is_gtin, read_gtin },
	{ GS1_PLAIN, is_plain, gs1_plain_read },
};

static void read_form(gs1_scan_t *s)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (forms[i].is(s->text)) {
			s->m->form = forms[i].form;
			forms[i].read(s);
			return;
		}
}

codec_t gs1_decode(slice_t text, writer_t *room, gs1_message_t *ret_message)
{
	gs1_scan_t s = { text, room, ret_message };
	*ret_message = (gs1_message_t){ .form = GS1_PLAIN };
	if (text.len > GS1_TEXT_MAX)
		gs1_note(ret_message, GS1_INPUT_LONG, (slice_t){ 0 }, GS1_TEXT_MAX);
	else
		read_form(&s);
	if (ret_message->form != GS1_URI)
		gs1_arrange(ret_message);
	gs1_judge(ret_message);
	if (ret_message->count == 0)
		gs1_note(ret_message, GS1_NOT_GS1, (slice_t){ 0 }, 0);
	return ret_message->problem || room->bad ? CODEC_MALFORMED : CODEC_OK;
}
