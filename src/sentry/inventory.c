/* SPDX-License-Identifier: Apache-2.0 */
/* Two pools that only grow, each with a map in front. */
#include "sentry/inventory.h"

#include <stdlib.h>

enum { TALKS_PER_ASSET = 4 };

err_t inventory_open(inventory_t *inv, size_t assets_max, uint64_t seed)
{
	*inv = (inventory_t){ .max = assets_max, .talk_max = assets_max * TALKS_PER_ASSET };
	inv->assets = calloc(inv->max, sizeof(*inv->assets));
	inv->is_owed = calloc(inv->max, sizeof(*inv->is_owed));
	inv->talks = calloc(inv->talk_max, sizeof(*inv->talks));
	if (!inv->assets || !inv->is_owed || !inv->talks)
		return ERR_NO_MEMORY;
	err_t err = keymap_open(&inv->map, inv->max, seed);
	return err ? err : keymap_open(&inv->talk_map, inv->talk_max, seed);
}

void inventory_close(inventory_t *inv)
{
	free(inv->assets);
	free(inv->is_owed);
	free(inv->talks);
	keymap_close(&inv->map);
	keymap_close(&inv->talk_map);
}

uint32_t inventory_find(const inventory_t *inv, ip_t ip)
{
	keymap_key_t key = keymap_key(ip, (ip_t){ 0 }, 0);
	return keymap_get(&inv->map, &key);
}

uint32_t inventory_add(inventory_t *inv, ip_t ip)
{
	keymap_key_t key = keymap_key(ip, (ip_t){ 0 }, 0);
	uint32_t place = keymap_get(&inv->map, &key);
	if (place != KEYMAP_NONE || inv->count == inv->max)
		return place;
	place = (uint32_t)inv->count;
	if (!keymap_put(&inv->map, &key, place))
		return KEYMAP_NONE;
	inv->assets[place] = (asset_t){ .ip = ip };
	inv->count++;
	return place;
}

uint32_t inventory_talk(inventory_t *inv, ip_t client, ip_t server, uint16_t port)
{
	keymap_key_t key = keymap_key(client, server, port);
	uint32_t place = keymap_get(&inv->talk_map, &key);
	if (place != KEYMAP_NONE || inv->talk_count == inv->talk_max)
		return place;
	place = (uint32_t)inv->talk_count;
	if (!keymap_put(&inv->talk_map, &key, place))
		return KEYMAP_NONE;
	inv->talks[place] = (conversation_t){ .client = client, .server = server, .port = port };
	inv->talk_count++;
	return place;
}

void inventory_count(inventory_t *inv, uint32_t place, int64_t utc_ns, size_t bytes)
{
	if (place == KEYMAP_NONE)
		return;
	asset_t *asset = &inv->assets[place];
	asset->packets++;
	asset->bytes += bytes;
	asset->last_ns = utc_ns;
}

bool inventory_mac(inventory_t *inv, uint32_t place, mac_t mac)
{
	static const mac_t none = { { 0 } };
	if (place == KEYMAP_NONE || memcmp(&mac, &none, sizeof(mac)) == 0)
		return false;
	asset_t *asset = &inv->assets[place];
	if (memcmp(&mac, &asset->mac, sizeof(mac)) == 0)
		return false;
	asset->mac = mac;
	inv->is_owed[place] = true;
	return true;
}

/* Printable ASCII of a device's own words; true when that differs from `field`. */
static bool learn_text(slice_t text, char field[ASSET_TEXT_MAX])
{
	char clean[ASSET_TEXT_MAX] = "";
	size_t n = 0;
	for (size_t i = 0; i < text.len && n + 1 < sizeof(clean); i++)
		clean[n++] = text.ptr[i] >= 0x20 && text.ptr[i] < 0x7F ? (char)text.ptr[i] : '?';
	if (n == 0 || strcmp(clean, field) == 0)
		return false;
	memcpy(field, clean, sizeof(clean));
	return true;
}

static char *field_of(asset_t *asset, uint8_t object)
{
	switch (object) {
	case 0:
		return asset->vendor;
	case 1:
		return asset->product;
	case 2:
		return asset->revision;
	default:
		return NULL;
	}
}

bool inventory_identify(inventory_t *inv, uint32_t place, const modbus_pdu_t *response)
{
	bool learned = false;
	slice_t rest = response->data;
	modbus_object_t object;
	if (place == KEYMAP_NONE || response->function != MODBUS_ENCAP_INTERFACE_TRANSPORT ||
	    response->mei != MODBUS_MEI_DEVICE_ID)
		return false;
	while (modbus_object_next(&rest, &object)) {
		char *field = field_of(&inv->assets[place], object.id);
		if (field && learn_text(object.text, field))
			learned = true;
	}
	if (learned)
		inv->is_owed[place] = true;
	return learned;
}
