/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_NAMESPACE_VALUES_H
#define API_NAMESPACE_VALUES_H
/* What a client may write as HS_NAMESPACE: XML that is well formed and whose template, if
 * it has one, is good (registry/template/template.h). */
#include "api/handle_values.h"

/* ERR_INVALID with the detail, which says line and reason; ERR_OK for values that are no
 * namespaces. `ret_detail` may be NULL. */
MUST_CHECK err_t namespace_values_check(const handle_values_t *values, err_detail_t *ret_detail);
#endif
