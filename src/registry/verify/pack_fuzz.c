/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a file somebody gives as a pack. Whatever is in it, the check ends, and one
 * that is good is written again as it was. */
#include <assert.h>

#include "registry/verify/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t scratch[1 << 17];
	writer_t w = writer_of(scratch, sizeof(scratch));
	registry_pack_seen_t seen;
	if (size > sizeof(scratch) / 2)
		return 0;
	if (registry_pack_check(slice_of(data, size), (slice_t){ 0 }, &w, &seen) == ERR_OK)
		assert(seen.index < seen.head.tree.size && seen.entry.record.name.len > 0);
	return 0;
}
