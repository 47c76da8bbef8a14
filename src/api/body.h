/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_BODY_H
#define API_BODY_H
/* The JSON body of a request, with its failures told. */
#include "api/exchange.h"
#include "env/json_read.h"

/* The body as an object or list, which the caller frees; NULL with the problem in
 * the reply. */
json_tree_t *body_read(exchange_t *x);
/* A field is missing or of another kind: the problem names it. */
verdict_t body_refuse(exchange_t *x, const char *field);
#endif
