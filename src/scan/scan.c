/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/scan.h"

#include "codec/scheme/scheme.h"
#include "scan/scan_schemes.h"

static const struct {
	const scan_scheme_t *scheme;
} schemes[] = {
	{ &SCAN_SCHEMES }, /* before GS1, which takes what begins with a digit for its own */
	{ &SCAN_GS1 },
};

static const err_text_t text_unknown = {
	{ "no scheme known here is written like this", "不是此处已知的编码" },
	{ "known: GS1, battery codes (GB/T 34014), VAA, OID, Ecode:..., did:...",
	  "可识别：GS1、动力蓄电池编码（GB/T 34014）、VAA、OID、Ecode:…、did:…" },
};

static err_t judged(const scan_t *scan, const writer_t *room)
{
	return scan->problem || room->bad ? ERR_INVALID : ERR_OK;
}

err_t scan_decode(slice_t text, writer_t *room, scan_t *ret_scan)
{
	text = slice_trim(text);
	*ret_scan = (scan_t){ .problem = &text_unknown };
	if (text.len > SCAN_TEXT_MAX)
		return ERR_TOO_BIG;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		const scan_scheme_t *scheme = schemes[i].scheme;
		if (!scheme->claims(text))
			continue;
		*ret_scan = (scan_t){ .scheme = scheme->name };
		scheme->fill(text, room, ret_scan);
		return judged(ret_scan, room);
	}
	return ERR_UNSUPPORTED;
}

err_t scan_decode_as(slice_t scheme, slice_t text, writer_t *room, scan_t *ret_scan)
{
	scheme_id_t id = scheme_find(scheme);
	text = slice_trim(text);
	*ret_scan = (scan_t){ .problem = &text_unknown };
	if (text.len > SCAN_TEXT_MAX)
		return ERR_TOO_BIG;
	*ret_scan = (scan_t){ .scheme = SCAN_GS1.name };
	if (id < SCHEME_COUNT)
		scan_scheme_fill(id, text, room, ret_scan);
	else if (slice_eq(scheme, slice_str(SCAN_GS1.name)))
		SCAN_GS1.fill(text, room, ret_scan);
	else
		return ERR_NOT_FOUND;
	return judged(ret_scan, room);
}

static void put_sentence(json_t *j, const char *key, const char *const text[LANG_COUNT],
                         slice_t code)
{
	static const char *const langs[LANG_COUNT] = { [LANG_EN] = "en", [LANG_ZH] = "zh" };
	if (!text[LANG_EN])
		return;
	json_key(j, key);
	json_object(j);
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		char arg[ERR_ARG_MAX], said[512];
		err_text_t alone = { .what = { text[LANG_EN], text[LANG_ZH] } };
		err_detail_t detail;
		(void)slice_to_cstr(code, arg, sizeof(arg));
		(void)err_raise(&detail, ERR_INVALID, &alone, "", arg, (char *)NULL);
		json_put_cstr(j, langs[lang],
		              err_render(&detail, (lang_t)lang, said, sizeof(said)));
	}
	json_close(j);
}

static void put_problem(json_t *j, const err_text_t *problem, slice_t code)
{
	put_sentence(j, "problem", problem->what, code);
	put_sentence(j, "fix", problem->fix, code);
}

static void put_meaning(json_t *j, const scan_field_t *field)
{
	if (!field->meaning[LANG_EN].len)
		return;
	json_key(j, "meaning");
	json_object(j);
	json_put_str(j, "en", field->meaning[LANG_EN]);
	json_put_str(j, "zh", field->meaning[LANG_ZH]);
	json_close(j);
}

static void put_field(json_t *j, const scan_field_t *field)
{
	json_object(j);
	json_put_str(j, "code", field->code);
	put_sentence(j, "name", field->name, (slice_t){ 0 });
	json_put_str(j, "value", field->value);
	put_meaning(j, field);
	json_put_u64(j, "at", field->at);
	json_put_bool(j, "good", !field->problem);
	if (field->problem)
		put_problem(j, field->problem, field->code);
	json_close(j);
}

void scan_json(const scan_t *scan, json_t *j)
{
	json_put_cstr(j, "scheme", scan->scheme ? scan->scheme : "");
	put_sentence(j, "title", scan->title, (slice_t){ 0 });
	json_put_cstr(j, "form", scan->form ? scan->form : "");
	json_put_bool(j, "good", !scan->problem);
	if (scan->problem) {
		put_problem(j, scan->problem, scan->problem_code);
		json_put_u64(j, "at", scan->problem_at);
	}
	if (scan->canonical.len)
		json_put_str(j, "canonical", scan->canonical);
	if (scan->suffix.len)
		json_put_str(j, "suffix", scan->suffix);
	if (scan->path.len)
		json_put_str(j, "path", scan->path);
	json_key(j, "fields");
	json_array(j);
	for (size_t i = 0; i < scan->count; i++)
		put_field(j, &scan->fields[i]);
	json_close(j);
}
