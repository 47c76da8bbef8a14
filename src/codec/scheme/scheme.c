/* SPDX-License-Identifier: Apache-2.0 */
/* The table of schemes, and what reading shares. */
#include "codec/scheme/scheme.h"

#include "base/ascii.h"
#include "codec/scheme/table.h"

static const scheme_t schemes[SCHEME_COUNT] = {
	[SCHEME_GBT34014] = { "gbt34014",
	                      { "battery code, GB/T 34014", "动力蓄电池编码（GB/T 34014）" },
	                      gbt34014_claims,
	                      gbt34014_read },
	[SCHEME_VAA] = { "vaa",
	                 { "VAA, ISO/IEC 15459", "VAA（ISO/IEC 15459）" },
	                 vaa_claims,
	                 vaa_read },
	[SCHEME_OID] = { "oid",
	                 { "object identifier", "对象标识符（OID）" },
	                 oid_claims,
	                 oid_read },
	[SCHEME_ECODE] = { "ecode",
	                   { "Ecode, GB/T 31866", "物品编码 Ecode（GB/T 31866）" },
	                   ecode_claims,
	                   ecode_read },
	[SCHEME_DID] = { "did",
	                 { "decentralized identifier", "分布式标识符（DID）" },
	                 did_claims,
	                 did_read },
};

const scheme_t *scheme_at(scheme_id_t id)
{
	return &schemes[id];
}

scheme_id_t scheme_find(slice_t id)
{
	scheme_id_t i = 0;
	while (i < SCHEME_COUNT && !slice_eq(slice_str(schemes[i].id), id))
		i++;
	return i;
}

scheme_id_t scheme_recognise(slice_t text)
{
	scheme_id_t i = 0;
	while (i < SCHEME_COUNT && !schemes[i].claims(text))
		i++;
	return i;
}

/* The first in the order of the text. */
static void judge(scheme_message_t *m)
{
	for (size_t i = 0; !m->problem && i < m->count; i++) {
		m->problem = m->fields[i].problem;
		if (m->problem) {
			m->problem_code = m->fields[i].code;
			m->problem_at = m->fields[i].at;
		}
	}
}

codec_t scheme_decode(scheme_id_t id, slice_t text, writer_t *room, scheme_message_t *ret_message)
{
	scheme_read_t r = { text, room, ret_message };
	*ret_message = (scheme_message_t){ .scheme = &schemes[id], .form = "" };
	ret_message->problem_code = schemes[id].id;
	if (text.len > SCHEME_TEXT_MAX)
		scheme_note(&r, SCHEME_LONG, SCHEME_TEXT_MAX);
	else
		schemes[id].read(&r);
	judge(ret_message);
	if (ret_message->problem) {
		ret_message->canonical = (slice_t){ 0 };
		ret_message->suffix = (slice_t){ 0 };
	}
	return ret_message->problem || room->bad ? CODEC_MALFORMED : CODEC_OK;
}

const scheme_word_t *scheme_word(scheme_kind_t kind, slice_t code)
{
	for (const scheme_word_t *word = SCHEME_WORDS; word->code; word++)
		if (word->kind == kind && slice_eq(slice_str(word->code), code))
			return word;
	return NULL;
}

uint32_t scheme_order(scheme_kind_t kind, uint8_t letter)
{
	uint32_t order = 0;
	for (const scheme_word_t *word = SCHEME_WORDS; word->code; word++) {
		order += word->kind == kind;
		if (word->kind == kind && (uint8_t)word->code[0] == letter)
			return order;
	}
	return 0;
}

bool scheme_mean(scheme_kind_t kind, scheme_field_t *field)
{
	const scheme_word_t *word = scheme_word(kind, field->value);
	for (int lang = 0; word && lang < LANG_COUNT; lang++)
		field->meaning[lang] = slice_str(word->meaning[lang]);
	return word != NULL;
}

scheme_field_t *scheme_add(scheme_read_t *r, const scheme_field_t *like)
{
	scheme_message_t *m = r->m;
	m->count += m->count < SCHEME_FIELDS_MAX;
	m->fields[m->count - 1] = *like;
	return &m->fields[m->count - 1];
}

void scheme_note(scheme_read_t *r, scheme_problem_t problem, size_t at)
{
	if (r->m->problem)
		return;
	r->m->problem = problem;
	r->m->problem_at = at;
}

slice_t scheme_since(const scheme_read_t *r, size_t from)
{
	return slice_from(writer_done(r->room), from);
}

static bool is_upper(uint8_t c)
{
	return ascii_is_digit(c) || ascii_is_upper(c);
}

bool scheme_is_upper(slice_t text)
{
	return ascii_all(text, is_upper);
}
