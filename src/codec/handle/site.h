/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HANDLE_SITE_H
#define CODEC_HANDLE_SITE_H
/* The data of an HS_SITE value (RFC 3651, 3.2.2) and the whole body of the reply
 * to "get site info": the servers of a site, their keys and their doors.
 *
 * Story: decode, then walk attributes, servers, and each server's interfaces. To
 * write one, stream the lists (handle_list_begin, the element encoders,
 * handle_list_end) into scratch and pass them to handle_site_encode. */
#include "base/net.h"
#include "codec/handle/value.h"

enum {
	HANDLE_SITE_PRIMARY = 0x80,
	HANDLE_SITE_MULTI_PRIMARY = 0x40,
	HANDLE_ADDRESS_SIZE = 16,
};

/* What of a name chooses the server within a site. */
enum { HANDLE_HASH_PREFIX = 0, HANDLE_HASH_SUFFIX = 1, HANDLE_HASH_WHOLE = 2 };

/* bits of handle_interface_t.type: what is served there */
enum { HANDLE_SERVES_ADMIN = 1, HANDLE_SERVES_QUERY = 2 };

enum {
	HANDLE_TRANSPORT_UDP = 0,
	HANDLE_TRANSPORT_TCP = 1,
	HANDLE_TRANSPORT_HTTP = 2,
	HANDLE_TRANSPORT_HTTPS = 3,
};

typedef struct {
	uint16_t format; /* 1 */
	uint8_t major, minor;
	uint16_t serial;
	uint8_t flags; /* HANDLE_SITE_* */
	uint8_t hash_option;
	slice_t hash_filter;      /* empty */
	handle_list_t attributes; /* handle_attribute_next */
	handle_list_t servers;    /* handle_server_next */
} handle_site_t;

typedef struct {
	slice_t name, value;
} handle_attribute_t;

typedef struct {
	uint32_t server_id;
	uint8_t address[HANDLE_ADDRESS_SIZE];
	slice_t public_key;       /* key.h */
	handle_list_t interfaces; /* handle_interface_next */
} handle_server_t;

typedef struct {
	uint8_t type; /* HANDLE_SERVES_* */
	uint8_t transport;
	uint32_t port;
} handle_interface_t;

/* Trailing bytes are MALFORMED. */
MUST_CHECK
codec_t handle_site_decode(slice_t data, handle_site_t *ret_site);
void handle_site_encode(const handle_site_t *site, writer_t *w);

bool handle_attribute_next(handle_iter_t *iter, handle_attribute_t *ret_attribute);
void handle_attribute_encode(const handle_attribute_t *attribute, writer_t *w);
bool handle_server_next(handle_iter_t *iter, handle_server_t *ret_server);
void handle_server_encode(const handle_server_t *server, writer_t *w);
bool handle_interface_next(handle_iter_t *iter, handle_interface_t *ret_interface);
void handle_interface_encode(const handle_interface_t *interface, writer_t *w);

/* The 16 bytes of a server as an address: twelve zeros or ::ffff: in front mean
 * IPv4; all zeros mean none (family 0; look at the attribute "domain"). */
ip_t handle_server_ip(const handle_server_t *server);
/* The other way; IPv4 goes into the last four bytes. */
void handle_server_set_ip(handle_server_t *server, ip_t ip);
#endif
