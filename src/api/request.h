/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_REQUEST_H
#define API_REQUEST_H
/* A request copied out of the server, so that it may travel to another loop and
 * outlive its client. Names of the path, the query and the texts in it are decoded
 * once, here.
 *
 * Story: request_read copies; routes_find has cut the path into raw parameters,
 * which request_params decodes; handlers ask request_query and the fields. */
#include "access/access.h"
#include "base/cursor.h"
#include "env/http.h"
#include "model/caller.h"

/* The headers that any handler looks at. */
#define REQUEST_HEADER_ROWS(X) \
	X(AUTHORIZATION, "Authorization") \
	X(COOKIE, "Cookie") \
	X(CONTENT_TYPE, "Content-Type") \
	X(CSRF, "X-CSRF-Token") \
	X(ACCEPT, "Accept") \
	X(IDEMPOTENCY, "Idempotency-Key") \
	X(IF_NONE_MATCH, "If-None-Match") \
	X(LANGUAGE, "Accept-Language") \
	X(HOST, "Host") \
	X(ENCODING, "Content-Encoding")

#define X(name, text) HEADER_##name,
typedef enum { REQUEST_HEADER_ROWS(X) HEADER_COUNT } request_header_t;
#undef X

/* REQUEST_SPARE: bytes that handlers may keep beside what the client sent. */
enum { REQUEST_PARAMS_MAX = 2, REQUEST_QUERY_MAX = 32, REQUEST_SPARE = 4608 };

typedef struct {
	slice_t name, value;
} request_pair_t;

typedef struct {
	http_method_t method;
	lang_t lang;
	addr_t peer;
	bool is_secure;      /* came by TLS */
	slice_t certificate; /* of the client, DER; empty: none shown */
	caller_t caller;     /* public until the guard has looked; borrows the two texts below */
	char subject[ACCESS_SUBJECT_MAX + 1], scope[ACCESS_SCOPE_MAX + 1];
	uint64_t id;
	slice_t path; /* still percent-encoded */
	slice_t param[REQUEST_PARAMS_MAX];
	request_pair_t query[REQUEST_QUERY_MAX];
	size_t query_count;
	slice_t header[HEADER_COUNT];
	slice_t body;
	bool body_is_secret; /* wiped when the request is done */
	writer_t storage;    /* owns what the slices borrow */
} request_t;

/* ERR_MALFORMED for a query that is not percent-encoded well, ERR_TOO_BIG for more
 * than REQUEST_QUERY_MAX pairs, ERR_NO_MEMORY. Filled as far as it goes also on
 * failure, so that the answer can be in the reader's language. */
MUST_CHECK err_t request_read(const env_http_request_t *wire, request_t *ret_request);
void request_done(request_t *request);
/* Copies the caller, so that it lives as long as the request. */
void request_set_caller(request_t *request, const caller_t *caller);
/* Decodes the raw parameters of the path. ERR_MALFORMED. */
MUST_CHECK err_t request_params(request_t *request, const slice_t *raw, size_t count);
/* Copies a text to live as long as the request. ERR_TOO_BIG past REQUEST_SPARE. */
MUST_CHECK err_t request_keep(request_t *request, slice_t text, slice_t *ret_kept);
/* The path percent-decoded, without the slash in front. ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK err_t request_path_text(request_t *request, slice_t *ret_text);
/* Undoes percent-encoding. ERR_MALFORMED, ERR_TOO_BIG past REQUEST_SPARE. */
MUST_CHECK err_t request_decode(request_t *request, slice_t text, slice_t *ret_text);
/* Adds the pairs of a body that is a form to those of the query, behind them. As
 * request_read fails. */
MUST_CHECK err_t request_read_form(request_t *request);
/* The nth value of a name, from 0; false when there is none. */
bool request_query(const request_t *request, const char *name, size_t nth, slice_t *ret_value);
/* Whether it says name=true. */
bool request_says(const request_t *request, const char *name);
/* A cookie's value, or nothing. */
slice_t request_cookie(const request_t *request, const char *name);
/* The word after "Bearer", or nothing. */
slice_t request_bearer(const request_t *request);
/* The password after "Basic", in `room`, which the caller wipes; or nothing. */
enum { REQUEST_BASIC_MAX = 512 };
slice_t request_basic_password(const request_t *request, char room[REQUEST_BASIC_MAX]);
/* A token as the clients of time series stores send it: as above, behind "Token", or as the
 * parameter p when there is no Authorization. Empty when there is none. */
slice_t request_writer_token(const request_t *request);
#endif
