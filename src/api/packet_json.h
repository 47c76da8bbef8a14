/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_PACKET_JSON_H
#define API_PACKET_JSON_H
/* A captured packet for the eye: its bytes and the fields of its layers. */
#include "base/json.h"
#include "base/net.h"

/* {"hex", "bytes", "layers": [{"name", "fields": [[name, value], ...]}]}. What
 * cannot be decoded ends the layers. `client` tells a request from a response.
 * Room: 16 KiB is enough for a packet of an incident. */
void packet_json(slice_t packet, ip_t client, json_t *j);
#endif
