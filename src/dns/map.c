/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/map.h"

#include "base/ascii.h"
#include "codec/scheme/scheme.h"

enum { GTIN_DIGITS = 14, ONS_DIGITS = GTIN_DIGITS - 1 };

err_t dns_zone_init(const dns_zone_spec_t *spec, dns_zone_t *ret_zone)
{
	dns_name_t ors;
	*ret_zone = (dns_zone_t){ .scheme = spec->scheme };
	if (!dns_name_parse(SLICE("oid-res.org"), &ors) ||
	    !dns_name_parse(slice_str(spec->name), &ret_zone->name) ||
	    !slice_to_cstr(slice_str(spec->prefix), ret_zone->prefix, DNS_PREFIX_MAX))
		return ERR_INVALID;
	bool is_ors = spec->scheme == DNS_SCHEME_OID && dns_name_within(&ret_zone->name, &ors);
	ret_zone->root_bytes = is_ors ? ors.len : ret_zone->name.len;
	return ERR_OK;
}

/* The labels from right to left, joined by dots. */
static void put_reversed(const slice_t *labels, size_t count, writer_t *w)
{
	for (size_t i = count; i-- > 0;) {
		wr_bytes(w, labels[i]);
		if (i > 0)
			wr_u8(w, '.');
	}
}

static dns_map_t map_oid(const dns_zone_t *zone, const slice_t *labels, size_t count, writer_t *w)
{
	uint8_t text[DNS_NAME_MAX], room[SCHEME_ROOM];
	writer_t dotted = writer_of(text, sizeof(text)), work = writer_of(room, sizeof(room));
	scheme_message_t oid;
	for (size_t i = 0; i < count; i++)
		if (!ascii_is_digits(labels[i])) /* a label may hold a dot of its own */
			return DNS_MAP_NOTHING;
	if (count == 0 || (count == 1 && labels[0].len == 1 && labels[0].ptr[0] <= '2'))
		return DNS_MAP_ABOVE;
	put_reversed(labels, count, &dotted);
	if (scheme_decode(SCHEME_OID, writer_done(&dotted), &work, &oid) != CODEC_OK)
		return DNS_MAP_NOTHING;
	wr_bytes(w, slice_str(zone->prefix));
	wr_u8(w, '/');
	wr_bytes(w, oid.suffix);
	return DNS_MAP_RECORD;
}

/* GS1 General Specifications, 7.9: weights 3 and 1 from the right. */
static uint8_t check_digit(const uint8_t digits[ONS_DIGITS])
{
	unsigned sum = 0;
	for (size_t i = 0; i < ONS_DIGITS; i++)
		sum += (unsigned)(digits[i] - '0') * (i % 2 ? 1 : 3);
	return (uint8_t)('0' + (10 - sum % 10) % 10);
}

static dns_map_t map_gs1(const gs1_map_t *gs1, const slice_t *labels, size_t count, writer_t *w)
{
	uint8_t path[] = "/01/00000000000000", room[sizeof(path)];
	uint8_t *digits = &path[4];
	writer_t unescaped = writer_of(room, sizeof(room));
	gs1_message_t message;
	for (size_t i = 0; i < count; i++)
		if (labels[i].len != 1 || !ascii_is_digit(labels[i].ptr[0]))
			return DNS_MAP_NOTHING;
	if (count != ONS_DIGITS)
		return count < ONS_DIGITS ? DNS_MAP_ABOVE : DNS_MAP_NOTHING;
	digits[0] = labels[0].ptr[0];
	for (size_t i = 1; i < ONS_DIGITS; i++)
		digits[i] = labels[ONS_DIGITS - i].ptr[0];
	digits[ONS_DIGITS] = check_digit(digits);
	if (gs1_decode(slice_of(path, sizeof(path) - 1), &unescaped, &message) != CODEC_OK)
		return DNS_MAP_NOTHING;
	gs1_map_name(gs1, &message, 1, w);
	return DNS_MAP_RECORD;
}

static dns_map_t map_handle(const slice_t *labels, size_t count, writer_t *w)
{
	for (size_t i = 1; i < count; i++)
		if (slice_find(labels[i], '/') < labels[i].len ||
		    slice_find(labels[i], '.') < labels[i].len)
			return DNS_MAP_NOTHING;
	if (count == 0)
		return DNS_MAP_ABOVE;
	put_reversed(&labels[1], count - 1, w);
	wr_u8(w, '/');
	wr_bytes(w, labels[0]);
	return DNS_MAP_RECORD;
}

dns_map_t dns_map_record(const dns_zone_t *zone, const gs1_map_t *gs1, const dns_name_t *name,
                         writer_t *w)
{
	slice_t labels[DNS_LABELS_MAX];
	size_t count = dns_name_labels(name, zone->root_bytes, labels);
	if (zone->scheme == DNS_SCHEME_OID)
		return map_oid(zone, labels, count, w);
	if (zone->scheme == DNS_SCHEME_GS1)
		return map_gs1(gs1, labels, count, w);
	return map_handle(labels, count, w);
}

/* Whether the first name of a list begins with these bytes. */
typedef struct {
	slice_t head;
	bool is_there;
} first_t;

static bool take_first(void *ctx, slice_t name)
{
	first_t *first = ctx;
	first->is_there = slice_eq_nocase(slice_sub(name, 0, first->head.len), first->head);
	return false;
}

/* "PREFIX/2.99.1." is behind the arc itself and before all below it. */
static bool oid_leads_on(const dns_zone_t *zone, slice_t record, registry_reader_t *reader)
{
	uint8_t room[DNS_RECORD_NAME_MAX + 1];
	writer_t w = writer_of(room, sizeof(room));
	wr_bytes(&w, record);
	wr_u8(&w, '.');
	first_t first = { .head = writer_done(&w) };
	err_t err = registry_list(reader, slice_str(zone->prefix), first.head, take_first, &first);
	return !err && first.is_there;
}

/* The whole name as a prefix: one that is served is it, or hangs below it. */
static bool prefix_leads_on(const dns_zone_t *zone, const dns_name_t *name,
                            const registry_t *registry)
{
	uint8_t room[DNS_NAME_MAX];
	writer_t w = writer_of(room, sizeof(room));
	slice_t labels[DNS_LABELS_MAX], served;
	size_t count = dns_name_labels(name, zone->root_bytes, labels);
	put_reversed(labels, count, &w);
	slice_t prefix = writer_done(&w);
	for (size_t i = 0; registry_served_prefix(registry, i, &served); i++)
		if (slice_eq_nocase(slice_sub(served, 0, prefix.len), prefix) &&
		    (served.len == prefix.len || served.ptr[prefix.len] == '.'))
			return true;
	return false;
}

bool dns_map_leads_on(const dns_zone_t *zone, const dns_name_t *name, slice_t record,
                      const registry_t *registry, registry_reader_t *reader)
{
	if (zone->scheme == DNS_SCHEME_OID)
		return oid_leads_on(zone, record, reader);
	return zone->scheme == DNS_SCHEME_HANDLE && prefix_leads_on(zone, name, registry);
}
