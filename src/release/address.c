/* SPDX-License-Identifier: Apache-2.0 */
/* What is inner by number: RFC 1918, RFC 6598 (shared), RFC 3927 and RFC 4291 (link), RFC 4193
 * (unique local), and this machine. */
#include "release/address.h"

#include "base/ascii.h"
#include "release/release.h"

enum { QUAD_MAX = 15, MAC_MARKS = 5 };

static const struct {
	uint8_t family, bits, bytes[4];
} INNER[] = {
	{ 4, 8, { 0 } },         { 4, 8, { 10 } },        { 4, 10, { 100, 64 } },
	{ 4, 8, { 127 } },       { 4, 16, { 169, 254 } }, { 4, 12, { 172, 16 } },
	{ 4, 16, { 192, 168 } }, { 6, 7, { 0xFC } },      { 6, 10, { 0xFE, 0x80 } },
};

static bool is_within(ip_t ip, size_t row)
{
	unsigned bits = INNER[row].bits;
	if (ip.family != INNER[row].family)
		return false;
	for (size_t i = 0; bits; i++) {
		unsigned step = bits < 8 ? bits : 8;
		if ((ip.bytes[i] ^ INNER[row].bytes[i]) >> (8 - step))
			return false;
		bits -= step;
	}
	return true;
}

ip_t address_unmapped(ip_t ip)
{
	static const uint8_t HEAD[12] = { [10] = 0xFF, [11] = 0xFF };
	if (ip.family == 6 && memcmp(ip.bytes, HEAD, sizeof(HEAD)) == 0)
		return ip_v4(ip.bytes[12], ip.bytes[13], ip.bytes[14], ip.bytes[15]);
	return ip;
}

static bool is_private(ip_t ip)
{
	for (size_t i = 0; i < sizeof(INNER) / sizeof(INNER[0]); i++)
		if (is_within(ip, i))
			return true;
	return false;
}

static bool is_device(const catalogue_t *catalogue, ip_t ip)
{
	for (size_t i = 0; i < catalogue->device_count; i++)
		if (ip_eq(address_unmapped(catalogue->devices[i].addr.ip), ip))
			return true;
	return false;
}

bool release_is_inner(const catalogue_t *catalogue, ip_t ip)
{
	ip = address_unmapped(ip);
	if (ip.family == 0 || ip_is_loopback(ip) || ip_is_any(ip))
		return true;
	return is_private(ip) || is_device(catalogue, ip);
}

/* The longest dotted quad at the beginning of the text. */
static bool quad_at(slice_t text, ip_t *ret_ip)
{
	for (size_t len = text.len < QUAD_MAX ? text.len : QUAD_MAX; len > 6; len--)
		if (ip_parse(slice_sub(text, 0, len), ret_ip) == ERR_OK && ret_ip->family == 4)
			return true;
	return false;
}

static bool is_mark(uint8_t byte)
{
	return byte == ':' || byte == '-';
}

/* "::", or five colons or hyphens with nothing between that is not hexadecimal. */
static bool has_colons(slice_t text)
{
	size_t marks = 0;
	for (size_t i = 0; i < text.len; i++) {
		bool is_colon = text.ptr[i] == ':';
		if (is_colon && i > 0 && text.ptr[i - 1] == ':')
			return true;
		if (is_mark(text.ptr[i]))
			marks++;
		else if (!ascii_is_hex(text.ptr[i]))
			marks = 0;
		if (marks >= MAC_MARKS)
			return true;
	}
	return false;
}

bool address_in_text(const catalogue_t *catalogue, slice_t text)
{
	ip_t ip;
	for (size_t i = 0; i < text.len; i++)
		if (ascii_is_digit(text.ptr[i]) && quad_at(slice_from(text, i), &ip) &&
		    release_is_inner(catalogue, ip))
			return true;
	return has_colons(text);
}
