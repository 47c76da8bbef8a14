/* SPDX-License-Identifier: Apache-2.0 */
/* GS1: Digital Links, element strings, bare GTINs. */
#include "base/ascii.h"
#include "codec/gs1/compress.h"
#include "scan/scan.h"

_Static_assert((int)SCAN_TEXT_MAX <= (int)GS1_TEXT_MAX, "what is scanned can be read");
_Static_assert((int)SCAN_FIELDS_MAX >= (int)GS1_ELEMENTS_MAX, "every element is a field");

/* What begins like one of the forms; a number or a link of the web may be wrong, and is
 * told so. */
static bool claims(slice_t text)
{
	static const slice_t begins = { (const uint8_t *)"]^(/\x1D", 5 };
	bool is_digit = text.len && ascii_is_digit(text.ptr[0]);
	return text.len && (is_digit || slice_find(begins, text.ptr[0]) < begins.len ||
	                    slice_eq_nocase(slice_sub(text, 0, 7), SLICE("http://")) ||
	                    slice_eq_nocase(slice_sub(text, 0, 8), SLICE("https://")));
}

static void fill_field(const gs1_element_t *element, scan_field_t *ret_field)
{
	static const char *const unknown[LANG_COUNT] = { "not known", "未知" };
	const char *const *title = element->ai ? element->ai->title : unknown;
	*ret_field = (scan_field_t){
		.code = element->code,
		.name = { title[LANG_EN], title[LANG_ZH] },
		.value = element->value,
		.at = element->at,
		.problem = element->problem ? gs1_problem_text(element->problem) : NULL,
	};
}

static slice_t written(writer_t *room, size_t from)
{
	return slice_from(writer_done(room), from);
}

static void fill(slice_t text, writer_t *room, scan_t *ret_scan)
{
	gs1_message_t m;
	bool good = gs1_decode_any(text, room, &m) == CODEC_OK;
	ret_scan->form = gs1_form_name(m.form);
	ret_scan->count = m.count;
	for (size_t i = 0; i < m.count; i++)
		fill_field(&m.elements[i], &ret_scan->fields[i]);
	if (!good) {
		ret_scan->problem = gs1_problem_text(m.problem);
		ret_scan->problem_code = m.problem_ai;
		ret_scan->problem_at = m.problem_at;
		return;
	}
	size_t from = room->len;
	gs1_path_put(&m, m.levels, room);
	ret_scan->path = written(room, from);
	from = room->len;
	if (m.levels)
		gs1_uri_put(&m, SLICE("https://id.gs1.org"), room);
	else
		gs1_brackets_put(&m, room);
	ret_scan->canonical = written(room, from);
}

const scan_scheme_t SCAN_GS1 = { "gs1", claims, fill };
