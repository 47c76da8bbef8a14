/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/modbus/modbus_gather.h"

#include "model/time.h"

/* Common USB adapters hand on what they have every 16 ms. */
#define SILENCE_SEEN_NS (25 * NS_PER_MS)

modbus_gather_t modbus_gather_of(bool is_response, uint32_t baud)
{
	int64_t t35_ns = modbus_rtu_silence(baud).t35_ns;
	int64_t silence_ns = t35_ns > SILENCE_SEEN_NS ? t35_ns : SILENCE_SEEN_NS;
	return (modbus_gather_t){ .is_response = is_response, .silence_ns = silence_ns };
}

/* Drops what the last take lent. */
static void settle(modbus_gather_t *g)
{
	g->len -= g->taken;
	memmove(g->bytes, &g->bytes[g->taken], g->len);
	g->taken = 0;
}

void modbus_gather_add(modbus_gather_t *g, int64_t now_ns, slice_t bytes)
{
	settle(g);
	size_t room = sizeof(g->bytes) - g->len;
	slice_t fitting = slice_sub(bytes, 0, bytes.len < room ? bytes.len : room);
	g->is_overlong |= fitting.len < bytes.len;
	if (fitting.len)
		memcpy(&g->bytes[g->len], fitting.ptr, fitting.len);
	g->len += fitting.len;
	g->heard_ns = now_ns;
}

bool modbus_gather_take(modbus_gather_t *g, int64_t now_ns, slice_t *ret_frame)
{
	modbus_rtu_t rtu;
	settle(g);
	slice_t all = slice_of(g->bytes, g->len);
	if (!g->len)
		return false;
	if (!g->is_overlong && modbus_rtu_stream_decode(all, g->is_response, &rtu) == CODEC_OK)
		g->taken = rtu.used;
	else if (now_ns >= modbus_gather_due_ns(g))
		g->taken = g->len;
	if (g->taken == g->len)
		g->is_overlong = false;
	*ret_frame = slice_sub(all, 0, g->taken);
	return g->taken > 0;
}

int64_t modbus_gather_due_ns(const modbus_gather_t *g)
{
	return g->len > g->taken ? g->heard_ns + g->silence_ns : INT64_MAX;
}

size_t modbus_gather_clear(modbus_gather_t *g)
{
	settle(g);
	size_t len = g->len;
	g->len = 0;
	g->is_overlong = false;
	return len;
}
