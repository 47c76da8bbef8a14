/* SPDX-License-Identifier: Apache-2.0 */
/* The last touch of an answer of the Handle REST API: whoever asks may read it from a
 * page of any site (its cookies do not travel with such a question), as a script
 * (callback), or indented (pretty). */
#include "api/handlers.h"
#include "api/routes.h"
#include "base/ascii.h"
#include "base/text.h"

enum { CALLBACK_MAX = 128, HEAD_ROOM = 32 * 1024 };

bool handles_owns(slice_t path)
{
	bool is_api = slice_starts(path, SLICE("/api/")) || slice_eq(path, SLICE("/api"));
	return is_api && !slice_starts(path, SLICE("/api/v1/")) &&
	       !slice_starts(path, SLICE("/api/v2/"));
}

verdict_t handles_unknown(exchange_t *x)
{
	enum { PATH_SHOWN = 1024 };
	char text[PATH_SHOWN + 64];
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "Unknown HTTP API endpoint %s ", http_method_name(x->request.method));
	wr_bytes(&w, slice_sub(x->request.path, 0, PATH_SHOWN));
	json_t *j = reply_json(&x->reply, HEAD_ROOM);
	x->reply.status = 404;
	reply_header(&x->reply, "Cache-Control", "no-store");
	json_object(j);
	json_put_u64(j, "responseCode", HANDLE_RC_PROTOCOL_ERROR);
	json_put_str(j, "message", writer_done(&w));
	json_close(j);
	return EXCHANGE_ANSWERED;
}

/* The name of a function and nothing else: what else stands there becomes "_". */
static void put_as_script(exchange_t *x, slice_t callback)
{
	uint8_t head[CALLBACK_MAX + 1];
	writer_t w = writer_of(head, sizeof(head));
	callback = slice_sub(callback, 0, CALLBACK_MAX);
	for (size_t i = 0; i < callback.len; i++) {
		uint8_t c = callback.ptr[i];
		bool is_later = ascii_is_digit(c) && i > 0;
		wr_u8(&w, ascii_is_letter(c) || is_later || c == '$' ? c : '_');
	}
	wr_u8(&w, '(');
	x->reply.content_type = "application/javascript;charset=utf-8";
	reply_wrap(&x->reply, writer_done(&w), SLICE(");"));
}

static void put_line(text_t *out, unsigned depth)
{
	text_add(out, SLICE("\n"));
	for (unsigned i = 0; i < depth; i++)
		text_add(out, SLICE("  "));
}

/* Length of the text in quotes in front. */
static size_t quoted(slice_t in)
{
	size_t len = 1;
	while (len < in.len && in.ptr[len] != '"')
		len += in.ptr[len] == '\\' ? 2 : 1;
	return len + 1;
}

static bool is_one_of(const char *set, uint8_t c)
{
	return slice_find(slice_str(set), c) < strlen(set);
}

/* Of JSON without blanks, as all is that was written here. */
static void indent(slice_t in, text_t *out)
{
	unsigned depth = 0;
	uint8_t before = 0;
	while (in.len) {
		uint8_t c = in.ptr[0];
		size_t len = c == '"' ? quoted(in) : 1;
		bool closes = is_one_of("]}", c), was_open = is_one_of("[{", before);
		depth -= closes;
		if (closes != was_open && (closes || was_open))
			put_line(out, depth);
		text_add(out, slice_sub(in, 0, len));
		depth += is_one_of("[{", c);
		if (c == ',')
			put_line(out, depth);
		if (c == ':')
			text_add(out, SLICE(" "));
		before = c;
		in = slice_from(in, len);
	}
	put_line(out, 0);
}

static void put_indented(exchange_t *x)
{
	text_t text = text_of(REPLY_MAX);
	indent(json_done(&x->reply.json), &text);
	if (!text.bad) {
		x->reply.json.w.len = 0;
		wr_bytes(&reply_json(&x->reply, text.len)->w, text_slice(&text));
	}
	text_free(&text);
}

static void allow_sites(exchange_t *x)
{
	reply_header(&x->reply, "Access-Control-Allow-Origin", "*");
	if (x->request.method != HTTP_OPTIONS)
		return;
	reply_header(&x->reply, "Access-Control-Allow-Methods",
	             "GET, HEAD, POST, PUT, DELETE, OPTIONS");
	reply_header(&x->reply, "Access-Control-Allow-Headers", "Authorization, Content-Type");
	reply_header(&x->reply, "Access-Control-Max-Age", "86400");
}

static bool is_pretty(const request_t *request)
{
	slice_t word;
	return request_query(request, "pretty", 0, &word) && !slice_eq_nocase(word, SLICE("false"));
}

void handles_dress(exchange_t *x)
{
	slice_t callback;
	bool is_get = x->request.method == HTTP_GET || x->request.method == HTTP_HEAD;
	if (!handles_owns(x->request.path))
		return;
	allow_sites(x);
	if (!is_get || json_done(&x->reply.json).len == 0)
		return;
	if (is_pretty(&x->request))
		put_indented(x);
	if (request_query(&x->request, "callback", 0, &callback) && callback.len)
		put_as_script(x, callback);
}
