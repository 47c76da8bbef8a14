/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_TLS_H
#define API_TLS_H
/* The HTTP door's certificate while the node runs: shown at the start, replaced at a
 * reload, looked at once a day.
 *
 * Story: tls_open reads the files and fills what env_http_open takes; tls_opened drops
 * the key's text once the door stands. api_reload_tls sends a job to the query loop,
 * which may read files; a good pair goes on to the HTTP loop, which publishes it. Every
 * outcome is an event. Once a day the certificate is looked at: one of the operator
 * that has less than 30 days to go is an event, the node's own is made anew.
 *
 * Threads: HTTP loop and set-up, but for api_reload_tls (any). */
#include "api/api.h"
#include "api/certificate.h"

typedef struct tls tls_t;

/* Set-up. *ret_wire borrows until tls_opened. */
MUST_CHECK err_t tls_open(api_t *api, tls_t **ret_tls, env_http_tls_t *ret_wire,
                          err_detail_t *ret_detail);
void tls_opened(tls_t *tls);
void tls_free(tls_t *tls);
api_tls_t tls_state(const tls_t *tls);
#endif
