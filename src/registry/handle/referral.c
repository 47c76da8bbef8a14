/* SPDX-License-Identifier: Apache-2.0 */
/* Which record may refer, and which of its values do. */
#include "registry/handle/referral.h"

typedef struct {
	handle_response_t response;
	const char *types[3];
} kind_t;

static const kind_t service = { HANDLE_RC_REFERRAL, { "HS_SITE", "HS_SITE.6", "HS_SERV" } };
static const kind_t prefixes = { HANDLE_RC_PREFIX_REFERRAL,
	                         { "HS_SITE.PREFIX", "HS_SITE.6.PREFIX", "HS_SERV.PREFIX" } };

static bool refers(const kind_t *kind, const handle_value_t *value, slice_t own_site)
{
	if (!(value->perms & HANDLE_PERM_PUBLIC_READ) || slice_eq(value->data, own_site))
		return false;
	for (size_t i = 0; i < sizeof(kind->types) / sizeof(*kind->types); i++)
		if (slice_eq_nocase(value->type, slice_str(kind->types[i])))
			return true;
	return false;
}

/* An empty handle, then the values. */
static bool write_values(const kind_t *kind, const record_t *record, slice_t own_site,
                         writer_t *body)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	size_t start = body->len;
	uint32_t count = 0;
	wr_bytes32(body, (slice_t){ 0 });
	size_t mark = handle_list_begin(body);
	while (handle_value_next(&iter, &value)) {
		if (!refers(kind, &value, own_site))
			continue;
		wr_bytes(body, value.bytes);
		count++;
	}
	handle_list_end(mark, count, body);
	if (count == 0)
		body->len = start;
	return count > 0;
}

static bool try_record(registry_reader_t *reader, const kind_t *kind, slice_t prefix,
                       slice_t own_site, writer_t *body)
{
	uint8_t room[RECORD_NAME_MAX];
	writer_t w = writer_of(room, sizeof(room));
	record_t record;
	err_t err;
	handle_prefix_record(prefix, &w);
	slice_t name = writer_done(&w);
	if (w.bad)
		return false;
	registry_find_batch(reader, &name, 1, &record, &err);
	bool is_written = !err && write_values(kind, &record, own_site, body);
	registry_find_done(reader);
	return is_written;
}

handle_response_t referral_write(registry_reader_t *reader, slice_t name, slice_t own_site,
                                 writer_t *body)
{
	slice_t described = handle_name_described_prefix(name);
	if (described.len == 0) {
		slice_t prefix = slice_sub(name, 0, slice_find(name, '/'));
		return try_record(reader, &service, prefix, own_site, body) ? service.response
		                                                            : HANDLE_RC_OK;
	}
	for (slice_t at = handle_prefix_above(described); at.len > 0; at = handle_prefix_above(at))
		if (try_record(reader, &prefixes, at, own_site, body))
			return prefixes.response;
	return HANDLE_RC_OK;
}
