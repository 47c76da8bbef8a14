/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a figure, or an item when the first byte is odd. What is read is written back to the
 * same bytes, says the same as itself, and becomes JSON. */
#include "model/indicator.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(slice_t in)
{
	static _Thread_local uint8_t room[FIGURE_BYTES_MAX], text[8 * FIGURE_BYTES_MAX];
	figure_t figure;
	if (figure_decode(in, &figure))
		return;
	writer_t w = writer_of(room, sizeof(room));
	assert(figure_encode(&figure, &w) == ERR_OK && slice_eq(writer_done(&w), in));
	assert(figure_says_same(&figure, &figure));
	json_t j = json_of(text, sizeof(text));
	figure_json(&figure, NULL, &j);
	assert(json_ok(&j));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_of(data, size), node;
	figure_t figure;
	if (size == 0)
		return 0;
	slice_t rest = slice_from(in, 1);
	if (data[0] % 2 && figure_item_decode(rest, &node, &figure) == ERR_OK)
		check(slice_from(rest, (node.len > 127 ? 2U : 1U) + node.len));
	else
		check(rest);
	return 0;
}
