/* SPDX-License-Identifier: Apache-2.0 */
/* The schemes of codec/scheme as rows of the one table. */
#include "scan/scan_schemes.h"

_Static_assert((int)SCAN_ROOM >= (int)SCHEME_ROOM, "what a scheme says has room");
_Static_assert((int)SCAN_FIELDS_MAX >= (int)SCHEME_FIELDS_MAX, "every field is a field");

static bool claims(slice_t text)
{
	return scheme_recognise(text) < SCHEME_COUNT;
}

static void fill_field(const scheme_field_t *from, scan_field_t *ret_field)
{
	*ret_field = (scan_field_t){
		.code = slice_str(from->code),
		.name = { from->name[LANG_EN], from->name[LANG_ZH] },
		.value = from->value,
		.meaning = { from->meaning[LANG_EN], from->meaning[LANG_ZH] },
		.at = from->at,
		.problem = from->problem ? scheme_problem_text(from->problem) : NULL,
	};
}

void scan_scheme_fill(scheme_id_t id, slice_t text, writer_t *room, scan_t *ret_scan)
{
	scheme_message_t m;
	bool good = scheme_decode(id, text, room, &m) == CODEC_OK;
	ret_scan->scheme = m.scheme->id;
	for (int lang = 0; lang < LANG_COUNT; lang++)
		ret_scan->title[lang] = m.scheme->name[lang];
	ret_scan->form = m.form;
	ret_scan->count = m.count;
	for (size_t i = 0; i < m.count; i++)
		fill_field(&m.fields[i], &ret_scan->fields[i]);
	ret_scan->canonical = m.canonical;
	ret_scan->suffix = m.suffix;
	if (good)
		return;
	ret_scan->problem = scheme_problem_text(m.problem);
	ret_scan->problem_code = slice_str(m.problem_code);
	ret_scan->problem_at = m.problem_at;
}

static void fill(slice_t text, writer_t *room, scan_t *ret_scan)
{
	scan_scheme_fill(scheme_recognise(text), text, room, ret_scan);
}

const scan_scheme_t SCAN_SCHEMES = { "scheme", claims, fill };
