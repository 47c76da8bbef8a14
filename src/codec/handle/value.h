/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HANDLE_VALUE_H
#define CODEC_HANDLE_VALUE_H
/* Handle values (RFC 3651, 3.1) and the counted lists that bodies are made of.
 *
 * Story: a body decoder returns a handle_list_t. The reader makes an iterator
 * with handle_list_iter and takes elements with the _next function of their kind.
 * A writer either streams (handle_list_begin, elements, handle_list_end) or makes
 * a list out of an array in scratch memory (handle_list_of_...).
 *
 * Caveats: a list is only valid with the element kind it was decoded for. */
#include "base/codec.h"
#include "base/cursor.h"
#include "base/err.h"
#include "model/record.h"

/* int4 count and the encoded elements, already checked but for those of a record (see
 * handle_values_of); borrowed. */
typedef struct {
	uint32_t count;
	slice_t bytes; /* the elements, without the count */
} handle_list_t;

typedef struct {
	reader_t in;
	uint32_t left;
} handle_iter_t;

static inline handle_iter_t handle_list_iter(handle_list_t list)
{
	return (handle_iter_t){ .in = reader_of(list.bytes), .left = list.count };
}

/* A handle and an index: administrators, group members, references. */
typedef struct {
	slice_t handle;
	uint32_t index;
} handle_reference_t;

/* bits of handle_value_t.perms */
enum {
	HANDLE_PERM_PUBLIC_WRITE = 0x01,
	HANDLE_PERM_PUBLIC_READ = 0x02,
	HANDLE_PERM_ADMIN_WRITE = 0x04,
	HANDLE_PERM_ADMIN_READ = 0x08,
	HANDLE_PERMS_DEFAULT = 0x0E,
};

enum { HANDLE_TTL_RELATIVE = 0, HANDLE_TTL_ABSOLUTE = 1 };

typedef struct {
	uint32_t index;       /* above 0 in a record */
	uint32_t timestamp_s; /* seconds since 1970; the server sets it */
	uint8_t ttl_type;     /* HANDLE_TTL_*, or unknown */
	uint32_t ttl_s;       /* a duration, or seconds since 1970 */
	uint8_t perms;        /* HANDLE_PERM_* */
	slice_t type, data;
	handle_list_t references; /* of handle_reference_t */
	slice_t bytes;            /* all of it as it was read; not looked at when encoding */
} handle_value_t;

/* The values of a record, by index. They were checked when they were registered and not
 * when they were read from the disk: a walk ends where damage begins. */
static inline handle_list_t handle_values_of(const record_t *record)
{
	return (handle_list_t){ record->count, record->values };
}

/* Reads one value; sets `bad` of the reader when it is damaged. */
handle_value_t handle_value_read(reader_t *r);
/* Exactly one value, nothing after it. */
MUST_CHECK
codec_t handle_value_decode(slice_t in, handle_value_t *ret_value);
void handle_value_encode(const handle_value_t *value, writer_t *w);
/* Seconds left at `now_s`; 0 when expired. Unknown TTL types count as relative. */
uint32_t handle_value_ttl(const handle_value_t *value, uint32_t fetched_s, uint32_t now_s);

handle_reference_t handle_reference_read(reader_t *r);
/* Trailing bytes are ignored. */
MUST_CHECK
codec_t handle_reference_decode(slice_t in, handle_reference_t *ret_reference);
void handle_reference_encode(const handle_reference_t *reference, writer_t *w);

/* Each reads count and elements and checks them all; on damage `bad` is set and
 * the list is empty. The count is bounded by the bytes left before anything else.
 * The first is what the others are made of: the least size of an element, and
 * what reads one. */
handle_list_t handle_list_read(reader_t *r, size_t element_min, void (*read_one)(reader_t *));
handle_list_t handle_list_read_indexes(reader_t *r);
handle_list_t handle_list_read_strings(reader_t *r); /* types */
handle_list_t handle_list_read_names(reader_t *r);   /* handles */
handle_list_t handle_list_read_references(reader_t *r);
handle_list_t handle_list_read_values(reader_t *r); /* at most HANDLE_VALUES_MAX */

/* False at the end, with the output untouched. */
bool handle_index_next(handle_iter_t *iter, uint32_t *ret_index);
bool handle_string_next(handle_iter_t *iter, slice_t *ret_text); /* strings and names */
bool handle_reference_next(handle_iter_t *iter, handle_reference_t *ret_reference);
/* Nor is there one where no value stands; `iter->in.bad` tells that from the end. */
bool handle_value_next(handle_iter_t *iter, handle_value_t *ret_value);

/* The first value with this index; false: there is none before the end of the values or
 * before what is no value. */
bool handle_value_find(handle_list_t values, uint32_t index, handle_value_t *ret_value);

/* Count and elements as they stand. */
void handle_list_encode(handle_list_t list, writer_t *w);
/* Streams a list: begin keeps room for the count, end patches it. */
size_t handle_list_begin(writer_t *w);
void handle_list_end(size_t mark, uint32_t count, writer_t *w);

/* A list over `scratch`, which must outlive it; check scratch->bad. */
handle_list_t handle_list_of_indexes(const uint32_t *indexes, size_t count, writer_t *scratch);
handle_list_t handle_list_of_strings(const slice_t *texts, size_t count, writer_t *scratch);
handle_list_t handle_list_of_references(const handle_reference_t *references, size_t count,
                                        writer_t *scratch);
handle_list_t handle_list_of_values(const handle_value_t *values, size_t count, writer_t *scratch);

/* True if a value of `type` answers a question for `wanted`: equal but for ASCII
 * case, or `wanted` ends in "." and is a prefix of `type` or `type` plus ".". */
bool handle_type_matches(slice_t type, slice_t wanted);
#endif
