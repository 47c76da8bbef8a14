/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_NET_H
#define BASE_NET_H
/* Addresses as plain values, with parse and format; no sockets here. */
#include "base/err.h"

typedef struct {
	uint8_t bytes[16]; /* network order; IPv4 in the first four */
	uint8_t family;    /* 4, 6, or 0 for "none" */
} ip_t;

typedef struct {
	ip_t ip;
	uint16_t port;
} addr_t;

typedef struct {
	uint8_t bytes[6];
} mac_t;

enum { IP_TEXT_MAX = 46, ADDR_TEXT_MAX = 54, MAC_TEXT_MAX = 18 };

/* Dotted form, or any form of RFC 4291 section 2.2; no names, no zone, no
 * leading zeros in decimals. ERR_INVALID otherwise. */
MUST_CHECK err_t ip_parse(slice_t text, ip_t *ret_ip);
/* "127.0.0.1:502", "[::1]:502". A bare port or name is ERR_INVALID. */
MUST_CHECK err_t addr_parse(slice_t text, addr_t *ret_addr);
/* Each returns buf, which must have the MAX of its kind. IPv6 in the form of
 * RFC 5952; family 0 gives the empty text. */
const char *ip_format(ip_t ip, char buf[IP_TEXT_MAX]);
const char *addr_format(addr_t addr, char buf[ADDR_TEXT_MAX]);
const char *mac_format(mac_t mac, char buf[MAC_TEXT_MAX]);
bool ip_eq(ip_t a, ip_t b);
bool addr_eq(addr_t a, addr_t b);
/* 127.0.0.0/8 or ::1 (also ::ffff:127.x). */
bool ip_is_loopback(ip_t ip);
/* 0.0.0.0 or ::, which stands for every address of the machine. */
bool ip_is_any(ip_t ip);
/* Whose limits an address counts for: itself, or of IPv6 its /64, since who owns one
 * address of it owns them all. */
static inline ip_t ip_owner(ip_t ip)
{
	for (size_t i = 8; ip.family == 6 && i < sizeof(ip.bytes); i++)
		ip.bytes[i] = 0;
	return ip;
}
static inline ip_t ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (ip_t){ .bytes = { a, b, c, d }, .family = 4 };
}
#endif
