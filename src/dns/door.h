/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DNS_DOOR_H
#define DNS_DOOR_H
/* Names of the registry as names of the DNS, by UDP and TCP: object identifiers (ORS), GTINs
 * (ONS) and handles, each in zones of their own (doc/dns.md). It answers for its zones out of
 * the same look-up as every other door and for nothing else: all other names are refused,
 * nobody is asked on anybody's behalf, zones are not handed out whole.
 *
 * Story: one reader, one reply buffer. A turn of UDP, or what a TCP stream brought at once,
 * is read into up to 32 asks (ask.h), looked up in one batch and answered in order
 * (answer.h). Which record a name means is map.h. dns_door_answer is the middle without a
 * network.
 *
 * What a spoofed sender can have sent to somebody else is bounded: a source network (/24,
 * /56) has a budget of bytes by UDP for answers longer than their questions; past it they
 * are cut, so that who really asks comes again by TCP.
 *
 * Limits: UDP answers of 1,232 bytes, or what the asker takes when that is less; TCP 64 KiB
 * an answer, 256 connections (beyond: closed at once), 20 s without a whole question, 1 MiB
 * of answers not taken (beyond: reset). Each has a metric. What finds no room is cut and says so.
 *
 * Caveats: only values with public read are told. No DNSSEC. GS1 links are parsed as JSON
 * at each question, as the HTTP door does. Whether names stand below an arc that has no
 * record is asked of the list of names, which passes over drafts and tombstones one by one. */
#include "base/metrics.h"
#include "env/tcp.h"
#include "gs1/gs1_map.h"
#include "registry/registry.h"

typedef struct dns_door dns_door_t;

enum { DNS_ZONES_MAX = 32, DNS_SERVER_IPS_MAX = 8, DNS_PREFIX_MAX = 256 };

typedef enum { DNS_SCHEME_OID, DNS_SCHEME_GS1, DNS_SCHEME_HANDLE, DNS_SCHEME_COUNT } dns_scheme_t;

typedef struct {
	const char *name; /* "99.2.oid-res.org" */
	dns_scheme_t scheme;
	const char *prefix; /* of object identifiers: their records are PREFIX/2.99.1 */
} dns_zone_spec_t;

typedef struct {
	registry_t *registry;
	env_loop_t *loop;
	const addr_t *addrs;
	size_t addr_count;
	const dns_zone_spec_t *zones; /* at most DNS_ZONES_MAX */
	size_t zone_count;
	const gs1_map_t *gs1;
	const char *server, *contact; /* names of the DNS, of NS and SOA */
	const ip_t *server_ips;       /* told when `server` is in one of the zones */
	size_t server_ip_count;
	uint32_t negative_s;   /* how long "no such name" may be kept */
	uint64_t budget_bytes; /* a second and source network, of longer answers by UDP */
} dns_door_spec_t;

/* Set-up time. What the spec names but its texts lives longer than the door. ERR_BUSY: an
 * address is taken. ERR_INVALID: a text is no name. ERR_LIMIT: too many zones, or readers of
 * the registry. ERR_NO_MEMORY, or what the network says. */
MUST_CHECK err_t dns_door_open(const dns_door_spec_t *spec, dns_door_t **ret_door);
/* After its loop was stopped. NULL is fine. */
void dns_door_close(dns_door_t *door);
/* What the i-th address has really bound (useful with port 0). */
addr_t dns_door_addr(const dns_door_t *door, size_t i);

/* One message in, one reply out, as by TCP without its length. On the door's loop, or
 * before it runs. False: no reply is due, or `w` has no room (DNS_MESSAGE_MAX always
 * suffices). */
bool dns_door_answer(dns_door_t *door, slice_t message, writer_t *w);
const metrics_t *dns_door_metrics(const dns_door_t *door);
#endif
