/* SPDX-License-Identifier: Apache-2.0 */
/* Segments of rows: appended to one after another, each twice as long as the one
 * before up to 64 MiB, so that a small view is small. A segment is a sparse file of
 * its full length from the start, so that one map shows all that will be written. */
#include <stdlib.h>

#include "base/crc.h"
#include "registry/store/state.h"

static const char magic[] = "JIZHUROW";

enum { MAGIC_BYTES = 8, HEAD_SUM_AT = SEGMENT_HEAD - 4 };

static void head_write(const registry_store_t *s, uint32_t number, uint8_t buf[SEGMENT_HEAD])
{
	writer_t w = writer_of(buf, SEGMENT_HEAD);
	memset(buf, 0, SEGMENT_HEAD);
	wr_bytes(&w, slice_of(magic, MAGIC_BYTES));
	wr_u32_le(&w, FORMAT_VERSION);
	wr_u32_le(&w, s->instance);
	wr_u32_le(&w, number);
	w.len = HEAD_SUM_AT;
	wr_u32_le(&w, crc32c(0, slice_of(buf, HEAD_SUM_AT)));
}

static uint64_t size_of_next(const registry_store_t *s)
{
	uint64_t size = SEGMENT_BYTES_MIN;
	for (size_t i = 0; i < s->segment_count && size < SEGMENT_BYTES_MAX; i++)
		size *= 2;
	return size;
}

/* The least free number. */
static err_t number_take(registry_store_t *s, uint32_t *ret_number)
{
	uint32_t number = 0;
	while (number < s->segment_count &&
	       (s->segments[number].area || s->segments[number].is_condemned))
		number++;
	if (number == SEGMENTS_MAX)
		return ERR_LIMIT;
	if (number == s->segment_count) {
		size_t bytes = (s->segment_count + 1) * sizeof(*s->segments);
		segment_t *more = realloc(s->segments, bytes);
		if (!more)
			return ERR_NO_MEMORY;
		s->segments = more;
		s->segments[s->segment_count++] = (segment_t){ 0 };
	}
	*ret_number = number;
	return ERR_OK;
}

static err_t segment_begin(registry_store_t *s)
{
	uint8_t head[SEGMENT_HEAD];
	uint32_t number;
	area_t *area;
	uint64_t size = size_of_next(s);
	err_t err = number_take(s, &number);
	if (!err)
		err = area_make(s, AREA_ROWS, size, &area);
	if (err)
		return err;
	head_write(s, area->number, head);
	err = area_write(area, 0, slice_of(head, SEGMENT_HEAD));
	if (err) {
		area_remove(s, AREA_ROWS, area);
		return err;
	}
	s->segments[number] = (segment_t){ .area = area, .used = SEGMENT_HEAD };
	s->active = number;
	return store_publish(s);
}

static bool has_room(const registry_store_t *s, size_t size)
{
	if (s->active >= s->segment_count || !s->segments[s->active].area)
		return false;
	const segment_t *active = &s->segments[s->active];
	return active->used + size <= active->area->bytes.len;
}

err_t segment_append(registry_store_t *s, slice_t row, location_t *ret_location)
{
	err_t err = has_room(s, row.len) ? ERR_OK : segment_begin(s);
	if (err)
		return err;
	segment_t *active = &s->segments[s->active];
	err = area_write(active->area, active->used, row);
	if (err)
		return err;
	*ret_location = (location_t)s->active << SEGMENT_BITS | active->used / ROW_ALIGN;
	active->used += row.len;
	return ERR_OK;
}

void segment_dead(registry_store_t *s, location_t location, size_t size)
{
	uint64_t number = location >> SEGMENT_BITS;
	if (number < s->segment_count)
		s->segments[number].dead += size;
}

err_t segment_load(registry_store_t *s, uint32_t number, const segment_t *said)
{
	segment_t segment = *said;
	uint8_t head[SEGMENT_HEAD];
	err_t err = area_open(s, AREA_ROWS, number, said->used, &segment.area);
	if (err)
		return err;
	head_write(s, number, head);
	if (said->used < SEGMENT_HEAD || memcmp(head, segment.area->bytes.ptr, SEGMENT_HEAD) != 0) {
		area_drop(&segment.area->scrap);
		return ERR_CORRUPT;
	}
	s->segments[s->segment_count++] = segment;
	return ERR_OK;
}
