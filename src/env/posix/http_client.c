/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter to libcurl: one easy handle a request. */
#include "env/http_client.h"

#include <curl/curl.h>
#include <limits.h>

#include "base/text.h"
#include "env/posix/impl.h"

enum { ANSWER_MAX = 1 << 20, LINE_MAX_BYTES = 4096, TIMEOUT_MS = 10000 };

typedef struct {
	CURL *curl;
	struct curl_slist *headers;
	text_t body;
	char told[ENV_HTTP_TOLD_MAX];
} call_t;

static const char *const methods[HTTP_METHOD_COUNT] = {
	[HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
	[HTTP_OPTIONS] = "OPTIONS",
};

/* What is no row here went wrong on the network. */
static const struct {
	CURLcode code;
	err_t err;
} results[] = {
	{ CURLE_OK, ERR_OK },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERR_INVALID },
	{ CURLE_URL_MALFORMAT, ERR_INVALID },
	{ CURLE_COULDNT_RESOLVE_HOST, ERR_UNAVAILABLE },
	{ CURLE_COULDNT_CONNECT, ERR_UNAVAILABLE },
	{ CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_DENIED },
	{ CURLE_SSL_PINNEDPUBKEYNOTMATCH, ERR_DENIED },
	{ CURLE_SSL_CACERT_BADFILE, ERR_DENIED },
	{ CURLE_SSL_CONNECT_ERROR, ERR_PROTOCOL },
	{ CURLE_WEIRD_SERVER_REPLY, ERR_PROTOCOL },
	{ CURLE_OUT_OF_MEMORY, ERR_NO_MEMORY },
};

static err_t result_of(CURLcode code, const call_t *call)
{
	if (call->body.bad)
		return ERR_TOO_BIG;
	for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
		if (results[i].code == code)
			return results[i].err;
	return ERR_NETWORK;
}

/* Taking less than was offered ends the transfer. */
static size_t take(char *bytes, size_t size, size_t count, void *ctx)
{
	call_t *call = ctx;
	text_add(&call->body, slice_of(bytes, size * count));
	return call->body.bad ? 0 : size * count;
}

static err_t add_header(call_t *call, const char *name, const char *value)
{
	char line[LINE_MAX_BYTES];
	writer_t w = writer_of(line, sizeof(line) - 1);
	wr_format(&w, "%s: %s", name, value);
	if (w.bad)
		return ERR_TOO_BIG;
	line[w.len] = 0;
	struct curl_slist *longer = curl_slist_append(call->headers, line);
	if (!longer)
		return ERR_NO_MEMORY;
	call->headers = longer;
	return ERR_OK;
}

static err_t add_headers(call_t *call, const env_http_ask_t *ask)
{
	/* Waiting for "100 Continue" is of no use for bodies this small. */
	err_t err = add_header(call, "Expect", "");
	if (!err && ask->content_type)
		err = add_header(call, "Content-Type", ask->content_type);
	for (const http_header_t *h = ask->headers; !err && h && h->name; h++)
		err = add_header(call, h->name, h->value);
	return err;
}

/* How far the peer is believed. */
static CURLcode set_trust(CURL *curl, const env_http_ask_t *ask)
{
	bool by_name = ask->ca_file || !ask->pin;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, (long)by_name);
	code |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, by_name ? 2L : 0L);
	code |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (ask->ca_file) {
		code |= curl_easy_setopt(curl, CURLOPT_CAINFO, ask->ca_file);
		code |= curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (ask->pin)
		code |= curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, ask->pin);
	return code;
}

static CURLcode set_request(call_t *call, const env_http_ask_t *ask)
{
	CURL *curl = call->curl;
	int64_t timeout_ms = ask->timeout_ns ? ask->timeout_ns / NS_PER_MS : TIMEOUT_MS;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, ask->url);
	code |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	code |= curl_easy_setopt(curl, CURLOPT_PROXY, "");
	code |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	code |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(timeout_ms > 0 ? timeout_ms : 1));
	code |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, call->headers);
	code |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	code |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
	if (ask->method == HTTP_HEAD)
		code |= curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	else if (ask->body.len || ask->method != HTTP_GET) {
		code |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
		                         (curl_off_t)ask->body.len);
		code |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
		                         ask->body.len ? (const char *)ask->body.ptr : "");
	}
	return code | curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, methods[ask->method]);
}

static void tell(call_t *call, const char *name)
{
	struct curl_header *found;
	if (curl_easy_header(call->curl, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK)
		(void)slice_to_cstr(slice_str(found->value), call->told, sizeof(call->told));
}

static err_t perform(call_t *call, const env_http_ask_t *ask, int *ret_status)
{
	long status = 0;
	err_t err = add_headers(call, ask);
	if (err)
		return err;
	if (set_request(call, ask) || set_trust(call->curl, ask))
		return ERR_UNSUPPORTED;
	err = result_of(curl_easy_perform(call->curl), call);
	if (!err && curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK)
		*ret_status = (int)status;
	if (!err && ask->told)
		tell(call, ask->told);
	return err;
}

static err_t http_ask(env_t *env, const env_http_ask_t *ask, env_http_answer_t *ret_answer)
{
	(void)env;
	call_t call = { .body = text_of(ask->answer_max ? ask->answer_max : ANSWER_MAX) };
	int status = 0;
	call.curl = curl_easy_init();
	err_t err = call.curl ? perform(&call, ask, &status) : ERR_NO_MEMORY;
	curl_slist_free_all(call.headers);
	curl_easy_cleanup(call.curl);
	if (err) {
		text_free(&call.body);
		return err;
	}
	*ret_answer = (env_http_answer_t){ .status = status,
		                           .body = text_slice(&call.body),
		                           .memory = call.body.ptr };
	memcpy(ret_answer->told, call.told, sizeof(call.told));
	return ERR_OK;
}

void posix_http_client_ops(env_ops_t *ops)
{
	ops->http_ask = http_ask;
}
