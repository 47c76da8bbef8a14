/* SPDX-License-Identifier: Apache-2.0 */
/* Nearly every segment of an industrial protocol is one message, in order: that
 * path touches no buffer. Everything else goes through one representation: a
 * window that begins at the first byte not yet consumed, and the ranges of it
 * that are filled. An unfinished message is simply a range that begins at 0. */
#include "sentry/reassemble.h"

#include <assert.h>
#include <stdlib.h>

#include "sentry/counters.h"

err_t stream_pool_open(stream_pool_t *pool, size_t buffers)
{
	assert(buffers < STREAM_NONE);
	pool->buffers = malloc(buffers * sizeof(*pool->buffers));
	pool->free = malloc(buffers * sizeof(*pool->free));
	if (!pool->buffers || !pool->free)
		return ERR_NO_MEMORY;
	pool->count = pool->free_count = buffers;
	for (size_t i = 0; i < buffers; i++)
		pool->free[i] = (uint16_t)(buffers - 1 - i);
	return ERR_OK;
}

void stream_pool_close(stream_pool_t *pool)
{
	free(pool->buffers);
	free(pool->free);
	pool->buffers = NULL;
	pool->free = NULL;
}

stream_t stream_make(void)
{
	return (stream_t){ .buffer = STREAM_NONE };
}

static stream_buffer_t *buffer_of(const stream_pool_t *pool, const stream_t *stream)
{
	return stream->buffer == STREAM_NONE ? NULL : &pool->buffers[stream->buffer];
}

static stream_buffer_t *buffer_take(stream_pool_t *pool, stream_t *stream)
{
	if (stream->buffer == STREAM_NONE && pool->free_count > 0) {
		stream->buffer = pool->free[--pool->free_count];
		pool->buffers[stream->buffer].count = 0;
		pool->buffers[stream->buffer].hole_ns = 0;
	}
	return buffer_of(pool, stream);
}

static void buffer_release(stream_pool_t *pool, stream_t *stream)
{
	if (stream->buffer != STREAM_NONE)
		pool->free[pool->free_count++] = stream->buffer;
	stream->buffer = STREAM_NONE;
}

void stream_drop(stream_pool_t *pool, stream_t *stream)
{
	buffer_release(pool, stream);
	*stream = stream_make();
}

bool stream_is_other(const stream_t *stream, uint32_t seq)
{
	return stream->has_first ? stream->first != seq : stream->known;
}

bool stream_syn(stream_pool_t *pool, stream_t *stream, uint32_t seq)
{
	if (stream->has_first && stream->first == seq)
		return false;
	stream_drop(pool, stream);
	stream->has_first = stream->known = stream->synced = true;
	stream->first = seq;
	stream->next = seq + 1;
	return true;
}

/* Goes on at `seq`, forgetting whatever was unfinished. */
static void gap_to(stream_pool_t *pool, stream_t *stream, uint32_t seq)
{
	buffer_release(pool, stream);
	stream->next = seq;
	stream->synced = false;
	metric_add(pool->metrics, COUNT_GAPS, 1);
}

static void remove_range(stream_buffer_t *b, size_t at)
{
	b->count--;
	memmove(&b->ranges[at], &b->ranges[at + 1], (b->count - at) * sizeof(b->ranges[0]));
}

static void insert_range(stream_buffer_t *b, size_t at, stream_range_t range)
{
	memmove(&b->ranges[at + 1], &b->ranges[at], (b->count - at) * sizeof(b->ranges[0]));
	b->ranges[at] = range;
	b->count++;
}

/* Joins neighbours that touch. */
static void join_ranges(stream_buffer_t *b)
{
	for (size_t i = 0; i + 1 < b->count;) {
		if (b->ranges[i].to == b->ranges[i + 1].from) {
			b->ranges[i].to = b->ranges[i + 1].to;
			remove_range(b, i + 1);
		} else {
			i++;
		}
	}
}

/* Fills the part of [from, to) that is not yet filled, up to the next filled
 * range; *from moves behind it. False when there are too many ranges. */
static bool fill_once(stream_buffer_t *b, uint32_t *from, uint32_t to, const uint8_t *bytes)
{
	size_t i = 0;
	while (i < b->count && b->ranges[i].to <= *from)
		i++;
	if (i < b->count && b->ranges[i].from <= *from) {
		*from = b->ranges[i].to < to ? b->ranges[i].to : to;
		return true;
	}
	if (b->count == STREAM_RANGES)
		return false;
	uint32_t end = i < b->count && b->ranges[i].from < to ? b->ranges[i].from : to;
	memcpy(&b->bytes[*from], bytes, end - *from);
	insert_range(b, i, (stream_range_t){ *from, end });
	join_ranges(b);
	*from = end;
	return true;
}

static bool fill(stream_buffer_t *b, uint32_t at, slice_t bytes)
{
	uint32_t from = at, to = at + (uint32_t)bytes.len;
	while (from < to)
		if (!fill_once(b, &from, to, bytes.ptr + (from - at)))
			return false;
	return true;
}

static bool has_hole(const stream_buffer_t *b)
{
	return b->count > 0 && (b->count > 1 || b->ranges[0].from > 0);
}

/* Moves the window by `by` consumed bytes, all of them in the first range. */
static void advance(stream_pool_t *pool, stream_t *stream, uint32_t by)
{
	stream_buffer_t *b = buffer_of(pool, stream);
	uint32_t end = b->ranges[b->count - 1].to;
	stream->next += by;
	if (by == end) {
		buffer_release(pool, stream);
		return;
	}
	memmove(b->bytes, &b->bytes[by], end - by);
	if (b->ranges[0].to == by) {
		remove_range(b, 0);
	} else {
		b->ranges[0].from += by;
	}
	for (size_t i = 0; i < b->count; i++) {
		b->ranges[i].from -= by;
		b->ranges[i].to -= by;
	}
}

static void drain(stream_pool_t *pool, stream_t *stream)
{
	stream_buffer_t *b = buffer_of(pool, stream);
	if (!b || b->count == 0 || b->ranges[0].from != 0)
		return;
	slice_t have = slice_of(b->bytes, b->ranges[0].to);
	size_t used = pool->consume(pool->ctx, have, &stream->synced);
	if (used > 0)
		advance(pool, stream, (uint32_t)used);
}

static void note_hole(stream_pool_t *pool, stream_t *stream, int64_t utc_ns)
{
	stream_buffer_t *b = buffer_of(pool, stream);
	if (!b)
		return;
	if (!has_hole(b))
		b->hole_ns = 0;
	else if (b->hole_ns == 0)
		b->hole_ns = utc_ns;
}

/* In order, and nothing waits: consumed where it lies. */
static slice_t consume_in_place(stream_pool_t *pool, stream_t *stream, slice_t bytes)
{
	size_t used = pool->consume(pool->ctx, bytes, &stream->synced);
	stream->next += (uint32_t)used;
	return slice_from(bytes, used);
}

static void keep(stream_pool_t *pool, stream_t *stream, uint32_t ahead, slice_t bytes)
{
	bool fits = ahead < STREAM_WINDOW && bytes.len <= STREAM_WINDOW - ahead;
	stream_buffer_t *b = fits ? buffer_take(pool, stream) : NULL;
	if (fits && !b)
		metric_add(pool->metrics, COUNT_BUFFERS_FULL, (int64_t)bytes.len);
	if (b && fill(b, ahead, bytes)) {
		metric_add(pool->metrics, COUNT_BUFFERED, 1);
		drain(pool, stream);
		return;
	}
	gap_to(pool, stream, stream->next + ahead);
	bytes = consume_in_place(pool, stream, bytes);
	if (bytes.len > 0)
		gap_to(pool, stream, stream->next + (uint32_t)bytes.len);
}

static void take(stream_pool_t *pool, stream_t *stream, uint32_t ahead, slice_t bytes)
{
	if (ahead == 0 && stream->buffer == STREAM_NONE)
		bytes = consume_in_place(pool, stream, bytes);
	if (bytes.len > 0)
		keep(pool, stream, ahead, bytes);
}

void stream_push(stream_pool_t *pool, stream_t *stream, const stream_segment_t *segment)
{
	slice_t bytes = segment->bytes;
	if (!stream->known) {
		stream->known = true;
		stream->next = segment->seq;
	}
	uint32_t ahead = segment->seq - stream->next;
	if (ahead > UINT32_MAX / 2) { /* begins before what we have */
		bytes = slice_from(bytes, (uint32_t)-ahead);
		ahead = 0;
		if (bytes.len == 0)
			metric_add(pool->metrics, COUNT_DUPLICATES, 1);
	}
	if (bytes.len > 0)
		take(pool, stream, ahead, bytes);
	note_hole(pool, stream, segment->utc_ns);
	uint32_t end = segment->seq + (uint32_t)segment->wire_len;
	if (segment->wire_len > segment->bytes.len && end - stream->next <= UINT32_MAX / 2)
		gap_to(pool, stream, end);
}

int64_t stream_hole_ns(const stream_pool_t *pool, const stream_t *stream)
{
	const stream_buffer_t *b = buffer_of(pool, stream);
	return b ? b->hole_ns : 0;
}

bool stream_hole_acked(const stream_pool_t *pool, const stream_t *stream, uint32_t ack)
{
	const stream_buffer_t *b = buffer_of(pool, stream);
	if (!b || !has_hole(b))
		return false;
	uint32_t behind = b->ranges[0].from > 0 ? b->ranges[0].from : b->ranges[1].from;
	return ack - (stream->next + behind) <= UINT32_MAX / 2;
}

void stream_give_up(stream_pool_t *pool, stream_t *stream)
{
	stream_buffer_t *b = buffer_of(pool, stream);
	if (!b || !has_hole(b))
		return;
	if (b->ranges[0].from == 0)
		remove_range(b, 0);
	uint32_t by = b->ranges[0].from;
	uint32_t end = b->ranges[b->count - 1].to;
	memmove(b->bytes, &b->bytes[by], end - by);
	for (size_t i = 0; i < b->count; i++) {
		b->ranges[i].from -= by;
		b->ranges[i].to -= by;
	}
	stream->next += by;
	stream->synced = false;
	metric_add(pool->metrics, COUNT_GAPS, 1);
	drain(pool, stream);
	b = buffer_of(pool, stream);
	if (b && !has_hole(b))
		b->hole_ns = 0;
}
