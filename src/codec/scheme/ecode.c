/* SPDX-License-Identifier: Apache-2.0 */
/* Ecode behind its mark, "Ecode:" or "Ecode=": bare, its digits could be anybody's. */
#include "codec/scheme/table.h"

static const slice_t mark = { (const uint8_t *)"Ecode", 5 };

bool ecode_claims(slice_t text)
{
	return slice_eq_nocase(slice_sub(text, 0, mark.len), mark) && text.len > mark.len &&
	       (text.ptr[mark.len] == ':' || text.ptr[mark.len] == '=');
}

static const ecode_version_t *version_of(uint8_t digit)
{
	for (const ecode_version_t *row = ECODE_VERSIONS; row->version; row++)
		if ((uint8_t)row->version == digit)
			return row;
	return NULL;
}

static bool takes(char kind, slice_t text)
{
	bool good = kind == 'N' ? ascii_is_digits(text)
	                        : kind == 'U' || ascii_all(text, ascii_is_alnum);
	for (size_t i = 0; i < text.len; i++)
		good = good && text.ptr[i] > ' ' && text.ptr[i] != 0x7F;
	return good;
}

static void read_rest(scheme_read_t *r, const ecode_version_t *version, size_t at)
{
	slice_t nsi = slice_sub(r->text, at, version->nsi_digits);
	slice_t md = slice_from(r->text, at + nsi.len);
	scheme_add(r, &(scheme_field_t){ .code = "NSI",
	                                 .name = { "numbering system", "编码体系标识" },
	                                 .value = nsi,
	                                 .at = at,
	                                 .problem = nsi.len < version->nsi_digits ? SCHEME_SHORT
	                                            : !ascii_is_digits(nsi)       ? SCHEME_DIGITS
	                                                                          : SCHEME_GOOD });
	scheme_add(r,
	           &(scheme_field_t){ .code = "MD",
	                              .name = { "master data code", "主码" },
	                              .value = md,
	                              .at = at + nsi.len,
	                              .problem = md.len == 0                     ? SCHEME_SHORT
	                                         : md.len > version->md_max      ? SCHEME_LONG
	                                         : !takes(version->md_takes, md) ? SCHEME_CHARACTER
	                                                                         : SCHEME_GOOD });
}

void ecode_read(scheme_read_t *r)
{
	size_t at = ecode_claims(r->text) ? mark.len + 1 : 0, from = r->room->len;
	slice_t digits = slice_from(r->text, at);
	const ecode_version_t *version = digits.len ? version_of(digits.ptr[0]) : NULL;
	r->m->form = at ? "marked" : "bare";
	scheme_add(r, &(scheme_field_t){ .code = "V",
	                                 .name = { "version", "版本" },
	                                 .value = slice_sub(digits, 0, 1),
	                                 .at = at,
	                                 .problem = version ? SCHEME_GOOD : SCHEME_VERSION });
	if (version)
		read_rest(r, version, at + 1);
	wr_bytes(r->room, mark);
	wr_u8(r->room, ':');
	wr_bytes(r->room, digits);
	r->m->canonical = scheme_since(r, from);
	r->m->suffix = digits;
}
