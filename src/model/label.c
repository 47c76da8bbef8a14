/* SPDX-License-Identifier: Apache-2.0 */
#include "model/label.h"

#include "base/utf8.h"

slice_t labels_get(const labels_t *labels, slice_t name)
{
	for (size_t i = 0; i < labels->count; i++)
		if (slice_eq(labels->items[i].name, name))
			return labels->items[i].value;
	return (slice_t){ 0 };
}

/* Clients send few labels and mostly in order. */
static size_t sort_filled(label_t *items, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		label_t item = items[i];
		size_t at = kept;
		if (item.value.len == 0)
			continue;
		for (; at > 0 && slice_cmp(items[at - 1].name, item.name) > 0; at--)
			items[at] = items[at - 1];
		items[at] = item;
		kept++;
	}
	return kept;
}

static err_t check(const label_t *items, size_t count)
{
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++) {
		slice_t name = items[i].name, value = items[i].value;
		if (name.len == 0 || (i > 0 && slice_eq(name, items[i - 1].name)) ||
		    !utf8_valid(name) || !utf8_valid(value))
			return ERR_INVALID;
		if (name.len > LABEL_NAME_MAX || value.len > LABEL_VALUE_MAX)
			return ERR_TOO_BIG;
		bytes += name.len + value.len;
	}
	if (bytes > LABELS_BYTES_MAX)
		return ERR_TOO_BIG;
	return count ? ERR_OK : ERR_INVALID;
}

err_t labels_make(label_t *items, size_t count, labels_t *ret_labels)
{
	if (count > LABELS_MAX)
		return ERR_TOO_BIG;
	count = sort_filled(items, count);
	err_t err = check(items, count);
	if (!err)
		*ret_labels = (labels_t){ items, count };
	return err;
}
