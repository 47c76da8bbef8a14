/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes in any form are refused with file and line, or give items whose JSON is one
 * line of UTF-8. The first byte chooses the form. */
#include "batch/batch.h"

#include <assert.h>

#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_item(const batch_item_t *item)
{
	assert(utf8_valid(item->json));
	assert(slice_find(item->json, '\n') == item->json.len);
	assert(item->index_count <= BATCH_VALUES_MAX);
}

static void check_error(batch_t *batch, const err_detail_t *detail)
{
	assert(slice_starts(slice_str(detail->where), SLICE("f:")));
	batch_skip(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t rest = slice_of(data, size);
	batch_spec_t spec = { .format = size ? (batch_format_t)(data[0] % 4) : BATCH_TABLE,
		              .file = "f" };
	batch_t *batch = NULL;
	batch_item_t item;
	err_detail_t detail;
	if (batch_new(&spec, &batch))
		return 0;
	rest = slice_from(rest, 1);
	while (rest.len) {
		bool ready = false;
		slice_t line = slice_cut(&rest, '\n');
		if (batch_line(batch, line, &ready, &item, &detail))
			check_error(batch, &detail);
		else if (ready)
			check_item(&item);
	}
	bool ready = false;
	if (batch_end(batch, &ready, &item, &detail))
		check_error(batch, &detail);
	else if (ready)
		check_item(&item);
	batch_free(batch);
	return 0;
}
