/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as text. Parsing is strict (no leading zeros, no short forms, no
 * zones), because two spellings of one address in a configuration or an access
 * list are a hole. */
#include "base/net.h"

#include <assert.h>

#include "base/cursor.h"
#include "base/num.h"

enum { V4_BYTES = 4, V6_BYTES = 16, V6_GROUPS = 8 };

static bool is_mapped_v4(const uint8_t bytes[V6_BYTES])
{
	static const uint8_t HEAD[12] = { [10] = 0xFF, [11] = 0xFF };
	return memcmp(bytes, HEAD, sizeof(HEAD)) == 0;
}

/* One decimal without leading zeros, at most `max`. */
static bool decimal_parse(slice_t text, uint64_t max, uint64_t *ret_value)
{
	if (text.len > 1 && text.ptr[0] == '0')
		return false;
	return num_parse_u64(text, max, ret_value) == ERR_OK;
}

static bool v4_parse(slice_t text, uint8_t ret_bytes[V4_BYTES])
{
	uint8_t bytes[V4_BYTES];
	for (size_t i = 0; i < V4_BYTES; i++) {
		bool last = i == V4_BYTES - 1;
		uint64_t value;
		if (!last && slice_find(text, '.') == text.len)
			return false;
		slice_t part = last ? text : slice_cut(&text, '.');
		if (!decimal_parse(part, UINT8_MAX, &value))
			return false;
		bytes[i] = (uint8_t)value;
	}
	memcpy(ret_bytes, bytes, sizeof(bytes));
	return true;
}

static bool group_parse(slice_t text, uint16_t *ret_group)
{
	static const char ZEROS[] = "0000";
	uint8_t digits[4], bytes[2];
	size_t len;
	if (text.len == 0 || text.len > sizeof(digits))
		return false;
	memcpy(digits, ZEROS, sizeof(digits));
	memcpy(&digits[sizeof(digits) - text.len], text.ptr, text.len);
	if (num_from_hex(slice_of(digits, sizeof(digits)), bytes, sizeof(bytes), &len) ||
	    len != sizeof(bytes))
		return false;
	*ret_group = (uint16_t)(bytes[0] << 8 | bytes[1]);
	return true;
}

/* Groups divided by ':' into `w`; the last part may be a dotted IPv4 address
 * when `tail_v4` says so. An empty text is no groups. */
static bool groups_parse(slice_t text, bool tail_v4, writer_t *w)
{
	while (text.len) {
		bool last = slice_find(text, ':') == text.len;
		if (!last && slice_find(text, ':') == text.len - 1)
			return false;
		slice_t part = slice_cut(&text, ':');
		uint8_t v4[V4_BYTES];
		uint16_t group;
		if (last && tail_v4 && v4_parse(part, v4))
			wr_bytes(w, slice_of(v4, sizeof(v4)));
		else if (group_parse(part, &group))
			wr_u16(w, group);
		else
			return false;
	}
	return !w->bad;
}

/* Position of the first "::", or text.len. */
static size_t gap_find(slice_t text)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.ptr[i] == ':' && text.ptr[i + 1] == ':')
			return i;
	}
	return text.len;
}

static bool v6_parse(slice_t text, uint8_t ret_bytes[V6_BYTES])
{
	uint8_t head[V6_BYTES], tail[V6_BYTES];
	writer_t before = writer_of(head, sizeof(head));
	writer_t after = writer_of(tail, sizeof(tail));
	size_t gap = gap_find(text);
	bool has_gap = gap < text.len;
	if (!groups_parse(slice_sub(text, 0, gap), !has_gap, &before) ||
	    !groups_parse(slice_from(text, gap + 2), true, &after))
		return false;
	size_t len = before.len + after.len;
	if (has_gap ? len > V6_BYTES - 2 : len != V6_BYTES)
		return false;
	memset(ret_bytes, 0, V6_BYTES);
	memcpy(ret_bytes, head, before.len);
	memcpy(&ret_bytes[V6_BYTES - after.len], tail, after.len);
	return true;
}

err_t ip_parse(slice_t text, ip_t *ret_ip)
{
	ip_t ip = { 0 };
	if (v4_parse(text, ip.bytes))
		ip.family = 4;
	else if (v6_parse(text, ip.bytes))
		ip.family = 6;
	else
		return ERR_INVALID;
	*ret_ip = ip;
	return ERR_OK;
}

/* Cuts "[v6]:port" or "v4:port" in two. */
static bool addr_split(slice_t text, uint8_t *ret_family, slice_t *ret_ip, slice_t *ret_port)
{
	bool bracket = slice_starts(text, SLICE("["));
	slice_t rest = bracket ? slice_from(text, 1) : text;
	slice_t ip = slice_cut(&rest, bracket ? ']' : ':');
	if (bracket) {
		if (!slice_starts(rest, SLICE(":")))
			return false;
		rest = slice_from(rest, 1);
	}
	*ret_family = bracket ? 6 : 4;
	*ret_ip = ip;
	*ret_port = rest;
	return true;
}

err_t addr_parse(slice_t text, addr_t *ret_addr)
{
	uint8_t family;
	slice_t ip_text, port_text;
	uint64_t port;
	addr_t addr;
	if (!addr_split(text, &family, &ip_text, &port_text) || ip_parse(ip_text, &addr.ip) ||
	    addr.ip.family != family || !decimal_parse(port_text, UINT16_MAX, &port))
		return ERR_INVALID;
	addr.port = (uint16_t)port;
	*ret_addr = addr;
	return ERR_OK;
}

static void v4_put(writer_t *w, const uint8_t bytes[V4_BYTES])
{
	wr_format(w, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

static unsigned group_at(const uint8_t bytes[V6_BYTES], size_t i)
{
	return (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
}

/* The first of the longest runs of two or more zero groups; *ret_len 0 if none. */
static size_t zero_run(const uint8_t bytes[V6_BYTES], size_t *ret_len)
{
	size_t best = V6_GROUPS, best_len = 1;
	for (size_t i = 0; i < V6_GROUPS; i++) {
		size_t len = 0;
		while (i + len < V6_GROUPS && group_at(bytes, i + len) == 0)
			len++;
		if (len > best_len) {
			best = i;
			best_len = len;
		}
	}
	*ret_len = best_len > 1 ? best_len : 0;
	return best;
}

static void v6_put(writer_t *w, const uint8_t bytes[V6_BYTES])
{
	size_t gap_len;
	size_t gap = zero_run(bytes, &gap_len);
	for (size_t i = 0; i < V6_GROUPS; i++) {
		if (i == gap) {
			wr_bytes(w, SLICE("::"));
			i += gap_len - 1;
			continue;
		}
		bool colon = i > 0 && i != gap + gap_len;
		wr_format(w, "%s%x", colon ? ":" : "", group_at(bytes, i));
	}
}

static void ip_put(writer_t *w, const ip_t *ip)
{
	if (ip->family == 4) {
		v4_put(w, ip->bytes);
	} else if (ip->family == 6 && is_mapped_v4(ip->bytes)) {
		wr_bytes(w, SLICE("::ffff:"));
		v4_put(w, &ip->bytes[12]);
	} else if (ip->family == 6) {
		v6_put(w, ip->bytes);
	}
}

/* Ends the text in the writer with NUL. */
static const char *finish(writer_t *w)
{
	wr_u8(w, 0);
	assert(!w->bad);
	return (const char *)w->buf;
}

const char *ip_format(ip_t ip, char buf[IP_TEXT_MAX])
{
	writer_t w = writer_of(buf, IP_TEXT_MAX);
	ip_put(&w, &ip);
	return finish(&w);
}

const char *addr_format(addr_t addr, char buf[ADDR_TEXT_MAX])
{
	writer_t w = writer_of(buf, ADDR_TEXT_MAX);
	bool bracket = addr.ip.family == 6;
	if (bracket)
		wr_u8(&w, '[');
	ip_put(&w, &addr.ip);
	if (bracket)
		wr_u8(&w, ']');
	if (addr.ip.family)
		wr_format(&w, ":%u", addr.port);
	return finish(&w);
}

const char *mac_format(mac_t mac, char buf[MAC_TEXT_MAX])
{
	writer_t w = writer_of(buf, MAC_TEXT_MAX);
	for (size_t i = 0; i < sizeof(mac.bytes); i++)
		wr_format(&w, "%s%02x", i ? ":" : "", mac.bytes[i]);
	return finish(&w);
}

bool ip_eq(ip_t a, ip_t b)
{
	size_t len = a.family == 4 ? V4_BYTES : V6_BYTES;
	return a.family == b.family && (a.family == 0 || memcmp(a.bytes, b.bytes, len) == 0);
}

bool addr_eq(addr_t a, addr_t b)
{
	return a.port == b.port && ip_eq(a.ip, b.ip);
}

bool ip_is_loopback(ip_t ip)
{
	static const uint8_t V6_LOOPBACK[V6_BYTES] = { [15] = 1 };
	if (ip.family == 4)
		return ip.bytes[0] == 127;
	if (ip.family != 6)
		return false;
	return memcmp(ip.bytes, V6_LOOPBACK, V6_BYTES) == 0 ||
	       (is_mapped_v4(ip.bytes) && ip.bytes[12] == 127);
}

bool ip_is_any(ip_t ip)
{
	static const uint8_t zeros[V6_BYTES];
	return ip.family && memcmp(ip.bytes, zeros, ip.family == 4 ? 4 : V6_BYTES) == 0;
}
