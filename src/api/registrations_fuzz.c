/* SPDX-License-Identifier: Apache-2.0 */
/* Any body gives records that the registry can walk, each with its line, and faults that
 * name theirs. The first byte chooses the form. */
#include "api/registrations.h"

#include <assert.h>

#include "codec/handle/handle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const registrations_t *all)
{
	reader_t r = reader_of(text_slice(&all->records));
	for (uint32_t i = 0; i < all->count; i++) {
		assert(all->rows[i].at == all->records.len - r.in.len);
		slice_t name = rd_bytes32(&r, HANDLE_NAME_MAX);
		assert(slice_eq(name, registrations_name(all, i)));
		handle_list_t values = handle_list_read_values(&r);
		assert(!r.bad && values.count > 0 && slice_find(name, '/') < name.len);
	}
	assert(r.in.len == 0);
	for (uint32_t i = 0; i < all->refused && i < all->faults_max; i++)
		assert(all->faults[i].line > 0 && all->faults[i].err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	registrations_t *all = registrations_new(FAULTS_DEFAULT);
	if (!all)
		return 0;
	bool is_binary = size > 0 && data[0] % 2;
	all->prefix = SLICE("99.100.1");
	if (!registrations_read(all, slice_from(slice_of(data, size), 1), is_binary))
		check(all);
	registrations_free(all);
	return 0;
}
