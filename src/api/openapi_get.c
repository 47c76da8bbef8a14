/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/openapi.h"

verdict_t openapi_get(exchange_t *x)
{
	x->reply.content_type = "application/yaml";
	x->reply.fixed = slice_of(openapi_yaml, openapi_yaml_len);
	return EXCHANGE_ANSWERED;
}
