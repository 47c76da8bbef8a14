/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_LOCATION_LOCATION_H
#define REGISTRY_LOCATION_LOCATION_H
/* One of several places: a value of type 10320/loc lists locations in XML, and who
 * resolves the name is led to one of them (Handle.Net technical manual, chapter 12; the
 * DOI handbook, "10320/LOC element"). Pure: values and a client give a place.
 *
 *   <locations chooseby="locatt,country,weighted">
 *     <location id="0" href="https://cn.example.com/" country="cn" weight="0"/>
 *     <location id="1" href="https://www.example.com/" weight="1"/>
 *   </locations>
 *
 * Story: locations_new; locations_add for each 10320/loc of a record in its order, then
 * locations_add_url for each URL, which is a location too; locations_choose for a client;
 * location_put_url for the place.
 *
 * The ways of choosing, in the order that `chooseby` (or `choose_by`) says, or as they
 * stand here. Each keeps the locations that suit; one that none suits is as if it were
 * not there, and so is one that nobody knows:
 *
 *   locatt    has the attribute that the client names, with the value that it names
 *   address   one of its `addresses` (10.0.0.0/8, comma between) holds the client's
 *   country   its `country` is the client's; when there is none, those without a country
 *   score     has the highest `score` (none: 0)
 *   weighted  one by chance, by `weight` (none or no number: 1; below 0: 0); when all
 *             are 0, each alike. What is left at the end is chosen from in this way.
 *
 * Before that, locations with an `http_role` of "conneg" are kept for clients that ask
 * for data, and for nobody else, unless there are no others.
 *
 * A URL weighs 0 unless `urlWeight`, or for a type below URL `urlSubtypeWeight`, says
 * otherwise, and `no_legacy="true"` leaves them out: so it is chosen when nothing that
 * weighs more is left.
 *
 * Limits: LOCATIONS_MAX locations, LOCATION_ATTRIBUTES_MAX attributes of all of them,
 * LOCATIONS_BYTES of text, and those of env/xml.h (ERR_LIMIT).
 *
 * Threads: any, one at a time.
 *
 * Caveats: locations in other records (`include`, `includeNamespace`, the namespace's
 * own) are not looked for, and 10320/links and 10320/headers not read. */
#include "base/net.h"
#include "codec/handle/value.h"

enum {
	LOCATIONS_MAX = 64,
	LOCATION_ATTRIBUTES_MAX = 512,
	LOCATIONS_BYTES = 64 * 1024,
};

typedef struct locations locations_t;

/* NULL when memory is gone. */
locations_t *locations_new(void);
void locations_free(locations_t *all);

typedef struct {
	unsigned line;
	const char *reason; /* a sentence's end in English; lives for ever */
} locations_fault_t;

/* The data of a 10320/loc. What is not good is left out as a whole: ERR_MALFORMED,
 * ERR_INVALID (no <locations>), ERR_UNSUPPORTED (a document type), ERR_LIMIT, each with
 * the fault; ERR_NO_MEMORY. */
MUST_CHECK err_t locations_add(locations_t *all, slice_t xml, locations_fault_t *ret_fault);
/* The data of a value whose type is URL or below it. ERR_LIMIT. */
MUST_CHECK err_t locations_add_url(locations_t *all, slice_t type, slice_t url);

typedef struct {
	const slice_t *wishes; /* locatt: "key:value", or "key" */
	size_t wish_count;
	slice_t country; /* two letters; empty: unknown */
	ip_t address;    /* family 0: unknown */
	bool wants_data; /* asks for something else than a page */
	uint64_t chance; /* any number, each as likely */
} location_client_t;

/* The number of the place, from 0; false: there is no location. */
bool locations_choose(const locations_t *all, const location_client_t *client, size_t *ret_at);

size_t locations_count(const locations_t *all);
/* Whether what is chosen depends on what the client asks for. */
bool locations_vary(const locations_t *all);
/* An attribute, or an empty slice. Borrows `all`. */
slice_t location_attribute(const locations_t *all, size_t at, const char *name);
/* Its href, or its href_template with {hdl} and {hdl:path} in it replaced by the name.
 * The writer is bad when it does not fit. */
void location_put_url(const locations_t *all, size_t at, slice_t name, writer_t *w);
/* What its `http_sc` says: 301, 302, 303, 307 or 308; else 302. */
int location_status(const locations_t *all, size_t at);
#endif
