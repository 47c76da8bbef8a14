/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_SERVICE_H
#define RESOLVER_SERVICE_H
/* The values of a service record to servers that can be asked: of each site the one
 * server the name hashes to (MD5 of the part of the name the site says), with the
 * doors it offers for questions.
 *
 * Passed over: sites that do not decode, servers without an address (they give a DNS
 * name), multicast and unspecified addresses, doors other than UDP and TCP, and
 * loopback addresses told by somebody who is not on loopback himself, who could
 * otherwise point this node at its own other services. */
#include "codec/handle/handle.h"
#include "base/net.h"

/* The key has room for RSA with 4,096 bits and DSA with 2,048. */
enum { SERVICE_SITES = 16, SERVICE_KEY_MAX = 848 };

typedef struct {
	addr_t udp, tcp;          /* port 0: not offered */
	handle_version_t version; /* to write requests in */
	uint16_t serial;          /* of the site; HANDLE_SITE_SERIAL_UNKNOWN */
	bool is_primary;
	uint8_t key[SERVICE_KEY_MAX]; /* the server's, codec/handle/key.h */
	size_t key_len;               /* 0: not known, or longer */
} candidate_t;

typedef struct {
	candidate_t sites[SERVICE_SITES];
	size_t count;
	uint8_t serv[HANDLE_NAME_MAX]; /* the first HS_SERV, when there is no site */
	size_t serv_len;
} service_t;

typedef struct {
	handle_list_t values;
	slice_t name; /* that will be asked for */
	/* The values are those of a parent prefix: .PREFIX types count, and the plain ones
	 * only when there is none. */
	bool is_parent;
	bool is_local; /* told by a file or from loopback */
} service_ask_t;

void service_read(const service_ask_t *ask, service_t *ret_service);
/* One site. False when it cannot be asked. */
bool service_site(slice_t site, slice_t name, bool is_local, candidate_t *ret_candidate);
#endif
