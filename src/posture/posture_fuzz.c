/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a body of risk inputs. What is read is written again to the same bytes, and merged
 * with itself it has an index from 0 to 100 whose reasons explain no more than it. */
#include "posture/posture.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	posture_inputs_t *inputs = malloc(sizeof(*inputs)), *sum = malloc(sizeof(*sum));
	uint8_t *again = malloc(RISK_BYTES_MAX);
	slice_t node;
	assert(inputs && sum && again);
	err_t err = posture_read(slice_of(data, size), inputs, &node);
	assert(err == ERR_OK || err == ERR_MALFORMED || err == ERR_NEWER_FORMAT ||
	       err == ERR_TOO_BIG);
	if (!err) {
		writer_t w = writer_of(again, RISK_BYTES_MAX);
		posture_put(inputs, node, &w);
		assert(!w.bad && slice_eq(writer_done(&w), slice_of(data, size)));
		posture_clear(sum);
		posture_merge(sum, inputs);
		posture_merge(sum, inputs);
		assert(sum->cell_count == inputs->cell_count);
		posture_t p = posture_of(sum, inputs->risk.newest_ns);
		assert(p.is_there && p.index >= 0 && p.index <= 100);
		for (size_t i = 0; i < p.reason_count; i++)
			assert(p.reasons[i].effect > 0 && p.reasons[i].effect <= p.index);
	}
	free(inputs);
	free(sum);
	free(again);
	return 0;
}
