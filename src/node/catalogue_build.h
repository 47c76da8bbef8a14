/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_CATALOGUE_BUILD_H
#define NODE_CATALOGUE_BUILD_H
/* Configuration and ids in, immutable catalogue out. Device and point names become
 * "DEVICE" and "DEVICE.POINT", identifiers "PREFIX/" plus that. */
#include "config/config.h"
#include "model/catalogue.h"
#include "node/ids.h"

/* Owner frees with catalogue_destroy. Strings of the configuration are borrowed:
 * the configuration must outlive the catalogue. */
MUST_CHECK err_t catalogue_build(const config_t *config, ids_t *ids, uint64_t generation,
                                 catalogue_t **ret_catalogue);
void catalogue_destroy(catalogue_t *catalogue);
#endif
