/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_CERTIFICATE_H
#define API_CERTIFICATE_H
/* The certificate and the key of the HTTP door as files: the operator's, or a pair the
 * node makes for itself when none is named.
 *
 * Story: certificate_load at start, at every reload and in `jizhu check`; what it
 * gives goes to env_http_open or env_http_set_tls and is freed again, so that the key
 * stays in memory no longer than it must.
 *
 * The node's own: KEYS/tls.key (P-256, mode 0600) is made once and kept, so the public
 * key stays; KEYS/tls.crt is signed by it and valid for 825 days. It is made anew when
 * it is missing, damaged, does not name the address, or has less than 30 days to go.
 *
 * Threads: reads and writes files: set-up, or a FILES loop.
 *
 * Caveats: a certificate that is out of date is loaded all the same, because clients
 * may still prefer it to none; see certificate_age. */
#include "env/env.h"
#include "env/x509.h"

enum { CERTIFICATE_PATH_MAX = 512 };
#define CERTIFICATE_WARN_NS (30 * 86400 * NS_PER_S) /* told of this long before its end */

typedef struct {
	const char *certificate, *key; /* PEM files; both "": the node's own */
	const char *keys_dir;          /* where its own are */
	ip_t ip;                       /* what its own must name */
} certificate_files_t;

typedef struct {
	char certificate_path[CERTIFICATE_PATH_MAX], key_path[CERTIFICATE_PATH_MAX];
	uint8_t certificate[ENV_X509_PEM_MAX], key[ENV_X509_PEM_MAX];
	size_t certificate_len, key_len;
	env_x509_t info;
	bool is_own;
} certificate_t;

/* The key is that of the certificate. ERR_MALFORMED, ERR_CONFLICT, or what a file gave;
 * the detail names the file, never its content. */
MUST_CHECK err_t certificate_load(env_t *env, const certificate_files_t *files,
                                  certificate_t **ret_certificate, err_detail_t *ret_detail);
/* Wipes the key. NULL is fine. */
void certificate_free(certificate_t *certificate);

typedef enum {
	CERTIFICATE_EARLY, /* not valid yet */
	CERTIFICATE_VALID,
	CERTIFICATE_ENDING, /* within CERTIFICATE_WARN_NS */
	CERTIFICATE_ENDED,
} certificate_age_t;
certificate_age_t certificate_age(const env_x509_t *info, int64_t utc_ns);
#endif
