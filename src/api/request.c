/* SPDX-License-Identifier: Apache-2.0 */
/* Everything a request brought goes into one block of memory. Decoding never makes
 * text longer, so the block's size is known before the first byte is copied. */
#include "api/request.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/num.h"
#include "env/crypto.h"

static const char *const header_names[HEADER_COUNT] = {
#define X(name, text) text,
	REQUEST_HEADER_ROWS(X)
#undef X
};

static slice_t keep(request_t *request, slice_t text)
{
	size_t from = request->storage.len;
	wr_bytes(&request->storage, text);
	return slice_from(writer_done(&request->storage), from);
}

/* A zero byte would end the text early somewhere below, so it is refused here. */
static bool decode(request_t *request, slice_t in, bool plus_is_blank, slice_t *ret_text)
{
	size_t from = request->storage.len;
	reader_t r = reader_of(in);
	while (r.in.len && !r.bad) {
		uint8_t byte = rd_u8(&r);
		size_t len = 1;
		if (byte == '%') {
			slice_t digits = rd_take(&r, 2);
			if (r.bad || slice_find(digits, ' ') < 2 ||
			    num_from_hex(digits, &byte, 1, &len) || len != 1 || byte == 0)
				return false;
		} else if (byte == '+' && plus_is_blank) {
			byte = ' ';
		}
		wr_u8(&request->storage, byte);
	}
	*ret_text = slice_from(writer_done(&request->storage), from);
	return !r.bad;
}

static err_t read_query(request_t *request, slice_t query)
{
	while (query.len) {
		slice_t pair = slice_cut(&query, '&');
		slice_t name = slice_cut(&pair, '=');
		if (name.len == 0)
			continue;
		if (request->query_count == REQUEST_QUERY_MAX)
			return ERR_TOO_BIG;
		request_pair_t *to = &request->query[request->query_count];
		if (!decode(request, name, true, &to->name) ||
		    !decode(request, pair, true, &to->value))
			return ERR_MALFORMED;
		request->query_count++;
	}
	return ERR_OK;
}

static lang_t choose_lang(const request_t *request)
{
	slice_t word;
	if (!request_query(request, "lang", 0, &word))
		word = slice_trim(request->header[HEADER_LANGUAGE]);
	return slice_eq_nocase(slice_sub(word, 0, 2), SLICE("zh")) ? LANG_ZH : LANG_EN;
}

/* As it is on the wire; what it points to is not the request's yet. */
static request_t begin(const env_http_request_t *wire)
{
	request_t request = {
		.method = env_http_method(wire),
		.peer = env_http_peer(wire),
		.is_secure = env_http_is_secure(wire),
		.caller = { .subject = SLICE("public"), .role = ROLE_PUBLIC },
		.path = env_http_path(wire),
		.certificate = env_http_peer_certificate(wire),
	};
	for (size_t i = 0; i < HEADER_COUNT; i++)
		request.header[i] = env_http_header(wire, header_names[i]);
	return request;
}

static bool has_form(const request_t *request)
{
	slice_t type = request->header[HEADER_CONTENT_TYPE];
	return slice_eq_nocase(slice_trim(slice_cut(&type, ';')),
	                       SLICE("application/x-www-form-urlencoded"));
}

static size_t room_for(const request_t *request, size_t query, size_t body)
{
	size_t size = 2 * request->path.len + query + body + request->certificate.len;
	for (size_t i = 0; i < HEADER_COUNT; i++)
		size += request->header[i].len;
	if (has_form(request))
		size += body; /* once more, decoded */
	return size + REQUEST_SPARE;
}

static slice_t keep_body(request_t *request, const env_http_request_t *wire)
{
	size_t len = env_http_body_len(wire);
	uint8_t *room = wr_reserve(&request->storage, len);
	if (room && len)
		env_http_body_copy(wire, room);
	return slice_of(room, room ? len : 0);
}

static void keep_all(request_t *request, const env_http_request_t *wire)
{
	for (size_t i = 0; i < HEADER_COUNT; i++)
		request->header[i] = keep(request, request->header[i]);
	request->path = keep(request, request->path);
	request->body = keep_body(request, wire);
	request->certificate = keep(request, request->certificate);
}

err_t request_read(const env_http_request_t *wire, request_t *ret_request)
{
	*ret_request = begin(wire);
	size_t size = room_for(ret_request, env_http_query(wire).len, env_http_body_len(wire));
	void *memory = malloc(size);
	if (!memory)
		return ERR_NO_MEMORY;
	ret_request->storage = writer_of(memory, size);
	keep_all(ret_request, wire);
	err_t err = read_query(ret_request, env_http_query(wire));
	ret_request->lang = choose_lang(ret_request);
	return err;
}

void request_done(request_t *request)
{
	/* A body may have brought a password. */
	if (request->body_is_secret)
		env_wipe(request->storage.buf, request->storage.len);
	free(request->storage.buf);
	request->storage = (writer_t){ 0 };
}

void request_set_caller(request_t *request, const caller_t *caller)
{
	(void)slice_to_cstr(caller->subject, request->subject, sizeof(request->subject));
	(void)slice_to_cstr(caller->scope, request->scope, sizeof(request->scope));
	request->caller = (caller_t){ .subject = slice_str(request->subject),
		                      .role = caller->role,
		                      .scope = slice_str(request->scope),
		                      .request_id = request->id };
}

err_t request_params(request_t *request, const slice_t *raw, size_t count)
{
	for (size_t i = 0; i < count && i < REQUEST_PARAMS_MAX; i++)
		if (!decode(request, raw[i], false, &request->param[i]))
			return ERR_MALFORMED;
	return ERR_OK;
}

err_t request_keep(request_t *request, slice_t text, slice_t *ret_kept)
{
	if (text.len > request->storage.cap - request->storage.len)
		return ERR_TOO_BIG;
	*ret_kept = keep(request, text);
	return ERR_OK;
}

err_t request_decode(request_t *request, slice_t text, slice_t *ret_text)
{
	if (text.len > request->storage.cap - request->storage.len)
		return ERR_TOO_BIG;
	return decode(request, text, false, ret_text) ? ERR_OK : ERR_MALFORMED;
}

err_t request_path_text(request_t *request, slice_t *ret_text)
{
	return request_decode(request, slice_from(request->path, 1), ret_text);
}

err_t request_read_form(request_t *request)
{
	return has_form(request) ? read_query(request, request->body) : ERR_OK;
}

bool request_query(const request_t *request, const char *name, size_t nth, slice_t *ret_value)
{
	for (size_t i = 0; i < request->query_count; i++)
		if (slice_eq(request->query[i].name, slice_str(name)) && nth-- == 0) {
			*ret_value = request->query[i].value;
			return true;
		}
	return false;
}

bool request_says(const request_t *request, const char *name)
{
	slice_t word;
	return request_query(request, name, 0, &word) && slice_eq_nocase(word, SLICE("true"));
}

slice_t request_cookie(const request_t *request, const char *name)
{
	slice_t rest = request->header[HEADER_COOKIE];
	while (rest.len) {
		slice_t pair = slice_cut(&rest, ';');
		slice_t key = slice_trim(slice_cut(&pair, '='));
		if (slice_eq(key, slice_str(name)))
			return slice_trim(pair);
	}
	return (slice_t){ 0 };
}

slice_t request_writer_token(const request_t *request)
{
	slice_t rest = request->header[HEADER_AUTHORIZATION], parameter = { 0 };
	slice_t scheme = slice_cut(&rest, ' ');
	if (slice_eq_nocase(scheme, SLICE("Token")))
		return slice_trim(rest);
	if (!scheme.len)
		(void)request_query(request, "p", 0, &parameter);
	return scheme.len ? request_bearer(request) : parameter;
}

slice_t request_bearer(const request_t *request)
{
	slice_t rest = request->header[HEADER_AUTHORIZATION];
	slice_t scheme = slice_cut(&rest, ' ');
	return slice_eq_nocase(scheme, SLICE("Bearer")) ? slice_trim(rest) : (slice_t){ 0 };
}

slice_t request_basic_password(const request_t *request, char room[REQUEST_BASIC_MAX])
{
	slice_t rest = request->header[HEADER_AUTHORIZATION];
	slice_t scheme = slice_cut(&rest, ' ');
	writer_t w = writer_of(room, REQUEST_BASIC_MAX);
	if (!slice_eq_nocase(scheme, SLICE("Basic")) || base64_decode(slice_trim(rest), &w))
		return (slice_t){ 0 };
	slice_t password = writer_done(&w);
	(void)slice_cut(&password, ':');
	return password;
}
