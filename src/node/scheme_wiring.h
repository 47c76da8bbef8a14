/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_SCHEME_WIRING_H
#define NODE_SCHEME_WIRING_H
/* The section schemes of the configuration as the API wants it. */
#include "codec/scheme/scheme.h"
#include "config/config.h"

/* The prefix of each scheme, which borrows the configuration. */
void scheme_wire(const config_t *config, const char *ret_prefixes[SCHEME_COUNT]);
#endif
