/* SPDX-License-Identifier: Apache-2.0 */
/* Decentralized identifiers and what may stand behind one in a DID URL; of the method
 * "bid", whose grammar is published, also the parts of the identifier. */
#include "codec/scheme/table.h"

enum { BID_CHAIN_LEN = 4, BID_MIN = 22, BID_MAX = 42 };

bool did_claims(slice_t text)
{
	return slice_eq_nocase(slice_sub(text, 0, 4), SLICE("did:"));
}

static bool is_escape(slice_t text, size_t at)
{
	slice_t digits = slice_sub(text, at + 1, 2);
	return digits.len == 2 && ascii_all(digits, ascii_is_hex);
}

/* `more`: what may stand there beside letters, digits, ".-_" and escapes. */
static scheme_problem_t check(slice_t text, const char *more)
{
	slice_t others = slice_str(more);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		bool plain = ascii_is_alnum(c) || c == '.' || c == '-' || c == '_' ||
		             slice_find(others, c) < others.len;
		if (c == '%' && !is_escape(text, i))
			return SCHEME_ESCAPE;
		if (c != '%' && !plain)
			return SCHEME_CHARACTER;
	}
	return SCHEME_GOOD;
}

static bool is_method(uint8_t c)
{
	return ascii_is_digit(c) || ascii_is_lower(c);
}

static scheme_problem_t check_method(slice_t method)
{
	if (!ascii_all(method, is_method))
		return SCHEME_METHOD;
	return method.len ? SCHEME_GOOD : SCHEME_SHORT;
}

/* A colon may end no part of it but the inner ones. */
static scheme_problem_t check_id(slice_t id)
{
	if (id.len == 0 || id.ptr[id.len - 1] == ':')
		return SCHEME_SHORT;
	return check(id, ":");
}

static scheme_problem_t check_suffix(slice_t suffix)
{
	if (suffix.len < BID_MIN)
		return SCHEME_SHORT;
	if (suffix.len > BID_MAX)
		return SCHEME_LONG;
	return ascii_all(suffix, ascii_is_alnum) ? SCHEME_GOOD : SCHEME_CHARACTER;
}

static void add_bid_letters(scheme_read_t *r, slice_t suffix, size_t at)
{
	scheme_field_t key = { .code = "key",
		               .name = { "kind of key", "密钥类型" },
		               .value = slice_sub(suffix, 0, 1),
		               .at = at };
	scheme_field_t encoding = { .code = "encoding",
		                    .name = { "encoding", "编码方式" },
		                    .value = slice_sub(suffix, 1, 1),
		                    .at = at + 1 };
	key.problem = scheme_mean(SCHEME_KEY, &key) ? SCHEME_GOOD : SCHEME_LETTER;
	encoding.problem = scheme_mean(SCHEME_ENCODING, &encoding) ? SCHEME_GOOD : SCHEME_LETTER;
	scheme_add(r, &key);
	scheme_add(r, &encoding);
}

/* [chain ":"] suffix, or the chain alone. */
static void add_bid(scheme_read_t *r, slice_t id, size_t at)
{
	slice_t suffix = id;
	size_t colon = slice_find(id, ':');
	bool has_chain = colon < id.len || id.len <= BID_CHAIN_LEN;
	if (has_chain) {
		slice_t chain = slice_cut(&suffix, ':');
		scheme_add(r,
		           &(scheme_field_t){ .code = "chain",
		                              .name = { "sub-chain", "子链编号" },
		                              .value = chain,
		                              .at = at,
		                              .problem = chain.len < BID_CHAIN_LEN   ? SCHEME_SHORT
		                                         : chain.len > BID_CHAIN_LEN ? SCHEME_LONG
		                                         : !ascii_all(chain, ascii_is_alnum)
		                                                 ? SCHEME_CHARACTER
		                                                 : SCHEME_GOOD });
		at += chain.len + 1;
	}
	if (has_chain && colon == id.len)
		return;
	if (suffix.len > 1)
		add_bid_letters(r, suffix, at);
	scheme_add(r, &(scheme_field_t){ .code = "suffix",
	                                 .name = { "suffix", "后缀" },
	                                 .value = suffix,
	                                 .at = at,
	                                 .problem = check_suffix(suffix) });
}

static size_t end_of(slice_t text, const char *ends)
{
	size_t end = text.len;
	for (const char *c = ends; *c; c++) {
		size_t at = slice_find(text, (uint8_t)*c);
		end = at < end ? at : end;
	}
	return end;
}

/* Path, query and fragment of a DID URL. */
static void add_url(scheme_read_t *r, size_t at)
{
	static const struct {
		char begins;
		const char *ends, *code, *name[LANG_COUNT];
	} parts[] = {
		{ '/', "?#", "path", { "path", "路径" } },
		{ '?', "#", "query", { "query", "查询" } },
		{ '#', "", "fragment", { "fragment", "片段" } },
	};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		slice_t rest = slice_from(r->text, at);
		if (rest.len == 0 || rest.ptr[0] != (uint8_t)parts[i].begins)
			continue;
		slice_t part = slice_sub(rest, 0, end_of(rest, parts[i].ends));
		scheme_add(r, &(scheme_field_t){
				      .code = parts[i].code,
				      .name = { parts[i].name[LANG_EN], parts[i].name[LANG_ZH] },
				      .value = part,
				      .at = at,
				      .problem = check(part, ":/?#!$&'()*+,;=~@") });
		at += part.len;
	}
}

void did_read(scheme_read_t *r)
{
	enum { HEAD = 4 };
	if (!did_claims(r->text)) {
		scheme_note(r, SCHEME_NOT_IT, 0);
		return;
	}
	size_t end = end_of(r->text, "/?#"), from = r->room->len;
	slice_t id = slice_sub(r->text, HEAD, end > HEAD ? end - HEAD : 0);
	slice_t method = slice_cut(&id, ':');
	size_t id_at = HEAD + method.len + (id.len > 0);
	r->m->form = end < r->text.len ? "did-url" : "did";
	scheme_add(r, &(scheme_field_t){ .code = "method",
	                                 .name = { "method", "方法" },
	                                 .value = method,
	                                 .at = HEAD,
	                                 .problem = check_method(method) });
	scheme_add(r, &(scheme_field_t){ .code = "id",
	                                 .name = { "identifier in the method", "方法内标识" },
	                                 .value = id,
	                                 .at = id_at,
	                                 .problem = check_id(id) });
	if (slice_eq(method, SLICE("bid")) && id.len)
		add_bid(r, id, id_at);
	add_url(r, end);
	wr_bytes(r->room, SLICE("did:"));
	wr_bytes(r->room, slice_from(r->text, HEAD));
	r->m->canonical = scheme_since(r, from);
	r->m->suffix = slice_sub(r->m->canonical, 0, end);
}
