/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_GS1_WIRING_H
#define NODE_GS1_WIRING_H
/* The section gs1 of the configuration as the resolver's door wants it. */
#include "config/config.h"
#include "gs1/gs1_map.h"

/* The map borrows the configuration and *ret_companies, which the caller frees behind it;
 * NULL when there are none. */
MUST_CHECK err_t gs1_wire(const config_t *config, gs1_company_t **ret_companies,
                          gs1_map_t *ret_map);
#endif
