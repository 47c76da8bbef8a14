/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_INVENTORY_H
#define SENTRY_INVENTORY_H
/* Who was seen: assets by address, conversations by (client, server, port), and
 * what devices said of themselves.
 *
 * Story: the sensor finds or adds the two assets and the conversation of a flow
 * once, keeps their places, and counts into them packet by packet. Full lists
 * refuse (KEYMAP_NONE) and count it; what is listed stays. */
#include "codec/modbus/modbus.h"
#include "model/asset.h"
#include "sentry/keymap.h"

typedef struct {
	asset_t *assets;
	bool *is_owed; /* differs from what the journal has, by asset */
	size_t count, max;
	keymap_t map;
	conversation_t *talks;
	size_t talk_count, talk_max;
	keymap_t talk_map;
} inventory_t;

MUST_CHECK err_t inventory_open(inventory_t *inv, size_t assets_max, uint64_t seed);
void inventory_close(inventory_t *inv);
/* KEYMAP_NONE when absent. */
uint32_t inventory_find(const inventory_t *inv, ip_t ip);
/* Finds or adds; KEYMAP_NONE when full. A fresh asset has first_ns 0. */
uint32_t inventory_add(inventory_t *inv, ip_t ip);
uint32_t inventory_talk(inventory_t *inv, ip_t client, ip_t server, uint16_t port);
/* One packet of `bytes` sent by it. */
void inventory_count(inventory_t *inv, uint32_t place, int64_t utc_ns, size_t bytes);
/* A MAC that is not all zeros is kept; true when it was not known. */
bool inventory_mac(inventory_t *inv, uint32_t place, mac_t mac);
/* Vendor, product and revision of a device identification or server id response;
 * true when something was not known. */
bool inventory_identify(inventory_t *inv, uint32_t place, const modbus_pdu_t *response);
#endif
