/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes of chance, a wish, a line end, and XML: a place that is chosen is one of
 * those that are there, it has the wished attribute when any has, and its URL is whole. */
#include <stdlib.h>

#include "registry/location/location.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_so)
{
	if (!is_so)
		abort();
}

static void choose(const locations_t *all, location_client_t *client)
{
	static uint8_t bytes[3 * LOCATIONS_BYTES];
	writer_t w = writer_of(bytes, sizeof(bytes));
	size_t at = SIZE_MAX;
	demand(locations_choose(all, client, &at) == (locations_count(all) > 0));
	if (at == SIZE_MAX)
		return;
	demand(at < locations_count(all));
	(void)location_status(all, at);
	location_put_url(all, at, SLICE("99.100.1/P"), &w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	reader_t r = reader_of(slice_of(data, size));
	slice_t chance = rd_take(&r, 8);
	if (r.bad)
		return 0;
	slice_t xml = r.in, wish = slice_cut(&xml, '\n');
	location_client_t client = { .wishes = &wish,
		                     .wish_count = 1,
		                     .country = SLICE("cn"),
		                     .address = ip_v4(10, 0, 0, 1),
		                     .chance = load_u64_le(chance.ptr) };
	locations_fault_t fault = { 0, NULL };
	locations_t *all = locations_new();
	if (!all)
		return 0;
	if (locations_add(all, xml, &fault))
		demand(fault.reason && locations_count(all) == 0);
	choose(all, &client);
	if (!locations_add_url(all, SLICE("URL"), xml)) {
		client.wants_data = true;
		choose(all, &client);
	}
	locations_free(all);
	return 0;
}
