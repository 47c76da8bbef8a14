/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_HTTP_CLIENT_H
#define ENV_HTTP_CLIENT_H
/* The HTTP client as a noun: one request, one answer, within a size and a time. The
 * real body is libcurl; the twin's reaches the HTTP servers of the twin's machines.
 *
 * Story: fill an env_http_ask_t, call env_http_ask, look at the status, give the
 * answer back with env_http_answer_done.
 *
 * Trust over https: `ca_file` is the only authority (a self-made certificate is its
 * own), the machine's authorities without one. `pin` is the SHA-256 of the public key
 * ("sha256//" and base64); with a pin alone the key is the proof, and neither authority
 * nor name is asked for. TLS 1.2 or later.
 *
 * Caveats: blocks, like a file call: FILES loops, set-up and tear-down only. No
 * redirects, no proxies, no cookies, no compression. The twin serves http and https
 * alike, checks no certificate, needs an address in the place of the host, and runs its
 * world meanwhile: outside of callbacks only (ERR_UNSUPPORTED inside). */
#include "env/http.h"

typedef struct {
	http_method_t method;
	const char *url;              /* "http://" or "https://" */
	const http_header_t *headers; /* ends with {NULL, NULL}; may be NULL */
	const char *content_type;     /* of the body; may be NULL */
	slice_t body;
	const char *ca_file; /* PEM; may be NULL */
	const char *pin;     /* may be NULL */
	int64_t timeout_ns;  /* for all of it; 0: 10 s */
	size_t answer_max;   /* of the body; 0: 1 MiB */
	const char *told;    /* a header of the answer to tell; may be NULL */
} env_http_ask_t;

enum { ENV_HTTP_TOLD_MAX = 64 };

typedef struct {
	int status;
	char told[ENV_HTTP_TOLD_MAX]; /* cut to the room; "": it is not there */
	slice_t body;
	void *memory; /* holds the body */
} env_http_answer_t;

/* Any status is ERR_OK. ERR_INVALID: not such a URL. ERR_UNAVAILABLE: nobody listens
 * there, or no such name. ERR_DENIED: the certificate is not trusted. ERR_TIMEOUT.
 * ERR_TOO_BIG: the answer. ERR_NETWORK, ERR_PROTOCOL, ERR_NO_MEMORY. */
MUST_CHECK
err_t env_http_ask(env_t *env, const env_http_ask_t *ask, env_http_answer_t *ret_answer);
void env_http_answer_done(env_http_answer_t *answer);
#endif
