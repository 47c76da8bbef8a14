/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DNS_MAP_H
#define DNS_MAP_H
/* Which record of the registry a name of a zone means.
 *
 *   oid     arcs from right to left (ITU-T X.672, 7.3): 1.99.2.oid-res.org is PREFIX/2.99.1.
 *           In a zone at or under oid-res.org the arcs begin there, else at the zone.
 *   gs1     a GTIN as ONS 2.0.1 writes it: without its check digit, the first of 14 digits
 *           in front, the others from right to left behind it; the record is that of the key
 *           (gs1/gs1_map.h).
 *   handle  the suffix as one label, the prefix from right to left behind it:
 *           press1.1.100.99.ZONE is 99.100.1/press1.
 *
 * What arcs there may be is codec/scheme's to say.
 *
 * Caveats: a handle whose suffix has more than 63 bytes has no name. */
#include "codec/dns/dns.h"
#include "dns/door.h"

typedef struct {
	dns_name_t name;
	dns_scheme_t scheme;
	size_t root_bytes; /* of a name's end, what belongs to no code */
	char prefix[DNS_PREFIX_MAX];
} dns_zone_t;

typedef enum {
	DNS_MAP_RECORD, /* the name of its record was written */
	DNS_MAP_ABOVE,  /* too short for a code: there, but nothing of its own */
	DNS_MAP_NOTHING,
} dns_map_t;

/* ERR_INVALID: the zone's name is none, or its prefix is too long. */
MUST_CHECK err_t dns_zone_init(const dns_zone_spec_t *spec, dns_zone_t *ret_zone);
/* `name` is within the zone. `w` needs DNS_RECORD_NAME_MAX bytes. */
enum { DNS_RECORD_NAME_MAX = DNS_PREFIX_MAX + DNS_NAME_MAX + 16 };
dns_map_t dns_map_record(const dns_zone_t *zone, const gs1_map_t *gs1, const dns_name_t *name,
                         writer_t *w);
/* Whether records have names below a name that has none itself: to say "no such name" of it
 * would deny them too (RFC 8020). `record` is what dns_map_record wrote. The reader must
 * have no batch open. */
bool dns_map_leads_on(const dns_zone_t *zone, const dns_name_t *name, slice_t record,
                      const registry_t *registry, registry_reader_t *reader);
#endif
