/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_ROUTES_H
#define API_ROUTES_H
/* The table of all endpoints: dispatch, the Allow header and the check of
 * openapi.yaml follow from it. */
#include "api/exchange.h"

typedef struct {
	const route_t *route;              /* NULL: not found, or not by this method */
	unsigned methods;                  /* bit by http_method_t: what the path knows */
	slice_t param[REQUEST_PARAMS_MAX]; /* raw */
	size_t param_count;
} route_match_t;

/* HEAD finds what GET finds. */
route_match_t routes_find(http_method_t method, slice_t path);
size_t routes_count(void);
const route_t *routes_get(size_t i);
const char *http_method_name(http_method_t method);
/* "GET, HEAD, PUT" of the bits. */
void routes_allow(unsigned methods, writer_t *w);
#endif
