/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_DNS_WIRING_H
#define NODE_DNS_WIRING_H
/* The section dns of the configuration as a door. */
#include "config/config.h"
#include "dns/door.h"

typedef struct {
	const config_t *config;
	registry_t *registry;
	env_loop_t *loop; /* not running yet */
} dns_wiring_t;

typedef struct {
	gs1_company_t *companies;
	gs1_map_t gs1;
	dns_door_t *door; /* NULL: nowhere to listen */
} dns_wired_t;

/* Fills *ret_wired, which stays where it is. On failure what was opened is in it too, to be
 * closed. */
MUST_CHECK err_t dns_wiring_open(const dns_wiring_t *spec, dns_wired_t *ret_wired,
                                 err_detail_t *ret_detail);
void dns_wiring_close(dns_wired_t *wired);
#endif
