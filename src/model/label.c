/* SPDX-License-Identifier: Apache-2.0 */
#include "model/label.h"

slice_t labels_get(const labels_t *labels, slice_t name)
{
	for (size_t i = 0; i < labels->count; i++)
		if (slice_eq(labels->items[i].name, name))
			return labels->items[i].value;
	return (slice_t){ 0 };
}
