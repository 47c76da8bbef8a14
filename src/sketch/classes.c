/* SPDX-License-Identifier: Apache-2.0 */
#include "sketch/classes.h"

#include <assert.h>
#include <math.h>

void classes_clear(classes_t *classes, size_t bound_count)
{
	assert(bound_count < CLASSES_MAX);
	*classes = (classes_t){ .count = bound_count + 1 };
}

err_t classes_add(classes_t *classes, const double *bounds, double number, uint64_t times)
{
	size_t i = 0;
	if (isnan(number))
		return ERR_OK;
	while (i + 1 < classes->count && number >= bounds[i])
		i++;
	uint64_t sum;
	if (__builtin_add_overflow(classes->counts[i], times, &sum))
		return ERR_LIMIT;
	classes->counts[i] = sum;
	return ERR_OK;
}

err_t classes_merge(classes_t *classes, const classes_t *with)
{
	classes_t sum = { .count = classes->count };
	if (classes->count != with->count)
		return ERR_CONFLICT;
	for (size_t i = 0; i < sum.count; i++)
		if (__builtin_add_overflow(classes->counts[i], with->counts[i], &sum.counts[i]))
			return ERR_LIMIT;
	*classes = sum;
	return ERR_OK;
}

void classes_put(const classes_t *classes, writer_t *w)
{
	wr_u8(w, CLASSES_VERSION);
	wr_u8(w, (uint8_t)classes->count);
	for (size_t i = 0; i < classes->count; i++)
		wr_varint(w, classes->counts[i]);
}

err_t classes_read(slice_t bytes, classes_t *ret_classes)
{
	reader_t r = reader_of(bytes);
	uint8_t version = rd_u8(&r);
	if (!r.bad && version > CLASSES_VERSION)
		return ERR_NEWER_FORMAT;
	classes_t classes = { .count = rd_u8(&r) };
	if (version != CLASSES_VERSION || classes.count == 0 || classes.count > CLASSES_MAX)
		return ERR_MALFORMED;
	for (size_t i = 0; i < classes.count; i++)
		classes.counts[i] = rd_varint(&r);
	if (r.bad || r.in.len)
		return ERR_MALFORMED;
	*ret_classes = classes;
	return ERR_OK;
}
