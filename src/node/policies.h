/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_POLICIES_H
#define NODE_POLICIES_H
/* The approved writes of a configuration as rows of the sentry's white-list. */
#include "config/config.h"
#include "model/asset.h"

/* The caller frees *ret_rows. ERR_NO_MEMORY. */
MUST_CHECK err_t policies_of(const config_t *config, baseline_row_t **ret_rows, size_t *ret_count);
#endif
