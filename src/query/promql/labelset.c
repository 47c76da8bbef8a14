/* SPDX-License-Identifier: Apache-2.0 */
#include "query/promql/labelset.h"

static bool is_named(const names_t *names, slice_t name)
{
	for (size_t i = 0; names && i < names->count; i++)
		if (slice_eq(names->names[i], name))
			return true;
	return false;
}

static bool stays(const label_choice_t *choice, slice_t name)
{
	if (!choice)
		return true;
	if (choice->are_kept)
		return is_named(choice->names, name);
	return !is_named(choice->names, name) &&
	       !(choice->drops_name && slice_eq(name, SLICE(LABEL_NAME)));
}

err_t labelset_choose(pool_t *pool, const labels_t *from, const label_choice_t *choice,
                      labels_t *ret_labels)
{
	size_t count = 0;
	label_t *items = pool_alloc(pool, from->count + 1, sizeof(*items));
	if (!items)
		return ERR_LIMIT;
	for (size_t i = 0; i < from->count; i++)
		if (stays(choice, from->items[i].name))
			items[count++] = from->items[i];
	*ret_labels = (labels_t){ items, count };
	return ERR_OK;
}

err_t labelset_set(pool_t *pool, const labels_t *from, slice_t name, slice_t value,
                   labels_t *ret_labels)
{
	size_t count = 0, i = 0;
	label_t *items = pool_alloc(pool, from->count + 1, sizeof(*items));
	if (!items)
		return ERR_LIMIT;
	for (; i < from->count && slice_cmp(from->items[i].name, name) < 0; i++)
		items[count++] = from->items[i];
	if (value.len)
		items[count++] = (label_t){ name, value };
	if (i < from->count && slice_eq(from->items[i].name, name))
		i++;
	for (; i < from->count; i++)
		items[count++] = from->items[i];
	*ret_labels = (labels_t){ items, count };
	return ERR_OK;
}

static bool copy_text(pool_t *pool, slice_t from, slice_t *ret)
{
	char *copy = pool_cstr(pool, from);
	*ret = slice_of(copy, copy ? from.len : 0);
	return copy != NULL;
}

err_t labelset_copy(pool_t *pool, const labels_t *from, labels_t *ret_labels)
{
	label_t *items = pool_alloc(pool, from->count + 1, sizeof(*items));
	if (!items)
		return ERR_LIMIT;
	for (size_t i = 0; i < from->count; i++)
		if (!copy_text(pool, from->items[i].name, &items[i].name) ||
		    !copy_text(pool, from->items[i].value, &items[i].value))
			return ERR_LIMIT;
	*ret_labels = (labels_t){ items, from->count };
	return ERR_OK;
}

static void put_text(slice_t text, text_t *key)
{
	uint8_t head[10];
	writer_t w = writer_of(head, sizeof(head));
	wr_varint(&w, text.len);
	text_add(key, writer_done(&w));
	text_add(key, text);
}

void labelset_key(const labels_t *labels, const label_choice_t *choice, text_t *key)
{
	for (size_t i = 0; i < labels->count; i++)
		if (stays(choice, labels->items[i].name)) {
			put_text(labels->items[i].name, key);
			put_text(labels->items[i].value, key);
		}
}

int labelset_compare(const labels_t *a, const labels_t *b)
{
	int order = 0;
	for (size_t i = 0; i < a->count && i < b->count && !order; i++) {
		order = slice_cmp(a->items[i].name, b->items[i].name);
		if (!order)
			order = slice_cmp(a->items[i].value, b->items[i].value);
	}
	return order ? order : (a->count > b->count) - (a->count < b->count);
}
