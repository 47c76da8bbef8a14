/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_GS1_VALUES_H
#define API_GS1_VALUES_H
/* What a client may write as links of GS1: each GS1.LINK is well formed (gs1/gs1_link.h),
 * and a name that looks like one of a GS1 key is that key in its canonical spelling. */
#include "api/handle_values.h"

/* ERR_INVALID with the detail; ERR_OK for values that have nothing of GS1. */
MUST_CHECK err_t gs1_values_check(slice_t name, const handle_values_t *values,
                                  err_detail_t *ret_detail);
#endif
