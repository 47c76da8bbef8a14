/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of the issuing agency VAA of ISO/IEC 15459, bare or behind a data identifier. */
#include "codec/scheme/table.h"

/* What ISO/IEC 15459-3 allows an identity, with the agency's code. */
enum { AGENCY_LEN = 3, IDENTITY_MIN = 4, IDENTITY_MAX = 50, IDENTIFIER_MAX = 4 };

/* The data identifiers of ASC MH10 under which an identity of ISO/IEC 15459 stands. */
static const char *const identifiers[] = { "25S", "25P", "25T", "25B", "18V", "J",
	                                   "1J",  "2J",  "3J",  "4J",  "5J",  "6J" };

/* The bytes of the data identifier; text.len: this is none of VAA. */
static size_t identifier_len(slice_t text)
{
	if (slice_starts(text, SLICE("VAA")))
		return 0;
	for (size_t i = 0; i < sizeof(identifiers) / sizeof(*identifiers); i++) {
		slice_t identifier = slice_str(identifiers[i]);
		if (slice_starts(text, identifier) &&
		    slice_starts(slice_from(text, identifier.len), SLICE("VAA")))
			return identifier.len;
	}
	return text.len;
}

bool vaa_claims(slice_t text)
{
	slice_t identity = slice_from(text, identifier_len(text));
	return identity.len >= IDENTITY_MIN && scheme_is_upper(identity) &&
	       ascii_is_digits(slice_sub(identity, AGENCY_LEN, 1));
}

/* A prefix of digits comes first. */
static scheme_problem_t check(slice_t rest)
{
	if (rest.len < IDENTITY_MIN - AGENCY_LEN)
		return SCHEME_SHORT;
	if (rest.len > IDENTITY_MAX - AGENCY_LEN)
		return SCHEME_LONG;
	if (!scheme_is_upper(rest))
		return SCHEME_CHARACTER;
	return ascii_is_digits(slice_sub(rest, 0, 1)) ? SCHEME_GOOD : SCHEME_DIGITS;
}

static void add(scheme_read_t *r, const scheme_field_t *field, size_t *at)
{
	scheme_field_t *added = scheme_add(r, field);
	added->at = *at;
	*at += field->value.len;
}

void vaa_read(scheme_read_t *r)
{
	size_t at = 0, head = identifier_len(r->text);
	slice_t identity = slice_from(r->text, head);
	if (head == r->text.len) {
		scheme_note(r, SCHEME_NOT_IT, 0);
		return;
	}
	r->m->form = head ? "data-identifier" : "plain";
	if (head)
		add(r,
		    &(scheme_field_t){ .code = "DI",
		                       .name = { "data identifier", "数据标识符" },
		                       .value = slice_sub(r->text, 0, head) },
		    &at);
	add(r,
	    &(scheme_field_t){ .code = "IAC",
	                       .name = { "issuing agency", "发码机构" },
	                       .value = slice_sub(identity, 0, AGENCY_LEN),
	                       .meaning = { SLICE("CAICT, China"), SLICE("中国信息通信研究院") } },
	    &at);
	slice_t rest = slice_from(identity, AGENCY_LEN);
	add(r,
	    &(scheme_field_t){ .code = "ID",
	                       .name = { "company and serial number", "企业代码与序列号" },
	                       .value = rest,
	                       .problem = check(rest) },
	    &at);
	r->m->canonical = r->m->suffix = identity;
}
