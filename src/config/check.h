/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H
/* Rules that no single field can hold: unique names, addresses that fit, limits
 * in order. Named in the rows of the schema; each is called with the section's
 * tree and its filled struct, and may complete the struct. */
#include "config/schema.h"

enum {
	CONFIG_LINES_MAX = 64,
	CONFIG_DEVICES_MAX = 1000,
	CONFIG_POINTS_MAX = 100000,
	CONFIG_POLICIES_MAX = 10000,
	CONFIG_PINS_MAX = 256,
	CONFIG_COMPANIES_MAX = 1000,
	CONFIG_DNS_ZONES_MAX = 32,
	CONFIG_CALENDARS_MAX = 32,
	CONFIG_INDICATORS_MAX = 1000,
	CONFIG_PAIRS_MAX = 256
};

MUST_CHECK err_t check_root(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_node(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_tls(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_authority(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_listen(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_handle(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_pin(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_company(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_retention(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_gs1(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_dns_zone(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_dns(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_uplink(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_policy(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_device(build_t *b, const tree_node_t *node, void *item);
MUST_CHECK err_t check_point(build_t *b, const tree_node_t *node, void *item);
#endif
