/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal keeps of changes, read from any bytes: an entry, a part of a bulk, its
 * end. An entry that can be read comes back the same when it is written. */
#include <stddef.h>
#include <stdlib.h>

#include "registry/entry/entry.h"
#include "registry/entry/part.h"

enum { ENTRY_CAP = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_so)
{
	if (!is_so)
		abort();
}

static void fuzz_entry(slice_t in)
{
	static uint8_t bytes[ENTRY_CAP];
	writer_t w = writer_of(bytes, sizeof(bytes));
	registry_entry_t entry, back;
	if (in.len > ENTRY_CAP / 2 || registry_entry_read(in, &entry))
		return;
	registry_entry_write(&entry, &w);
	demand(!w.bad && registry_entry_read(writer_done(&w), &back) == ERR_OK);
	demand(slice_eq(back.record.name, entry.record.name) && back.verb == entry.verb &&
	       slice_eq(back.record.values, entry.record.values) &&
	       slice_eq(back.subject, entry.subject) && back.utc_ns == entry.utc_ns &&
	       back.record.state == entry.record.state && back.before.seq == entry.before.seq);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_of(data, size);
	registry_entry_t entry;
	registry_bulk_end_t end;
	fuzz_entry(in);
	(void)!registry_part_find(in, SLICE("99.100.1/x"), &entry);
	(void)!registry_bulk_end_read(in, &end);
	return 0;
}
