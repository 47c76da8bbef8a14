/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H
/* The record of an identifier: its registered spelling and its typed values.
 * Values are kept in the encoding of the Handle protocol (RFC 3651 section 3.1;
 * codec/handle/value.h reads and writes it), which is also how they are
 * stored and sent: resolving a whole record copies bytes and parses nothing. */
#include "base/slice.h"

enum { RECORD_NAME_MAX = 2048, RECORD_VALUES_MAX = 2048, RECORD_BYTES_MAX = 200 * 1024 };

/* What may be done with a name. States are stored: append rows, never reorder. A
 * draft is seen by those who may change it alone; a retired one answers and is no
 * longer changed but by its administrators; a deleted one is a tombstone: it answers
 * "not found", and its name is never given to anything else. */
#define RECORD_STATE_ROWS(X) \
	X(ACTIVE, "active") \
	X(DRAFT, "draft") \
	X(RETIRED, "retired") \
	X(DELETED, "deleted")

#define X(name, text) RECORD_##name,
typedef enum { RECORD_STATE_ROWS(X) RECORD_STATE_COUNT } record_state_t;
#undef X

const char *record_state_name(record_state_t state);
/* RECORD_STATE_COUNT when unknown. */
record_state_t record_state_parse(slice_t name);

/* A change in the main journal: its sequence, and where the journal keeps it
 * (journal_cursor_jump), 0 when only the sequence is known. seq 0: none. */
typedef struct {
	uint64_t seq, at;
} record_change_t;

/* The type of a value that names a point of this node, in any case. */
#define RECORD_TYPE_POINT "JIZHU.POINT"

typedef struct {
	slice_t name;   /* as registered */
	uint32_t count; /* values */
	slice_t values; /* the encoded values one after another, by index */
	bool is_public; /* anybody may read every value; false: each says (perms) */
	bool is_still;  /* no value is bound to a point; false: each says (RECORD_TYPE_POINT) */
	record_state_t state;
	record_change_t last; /* what made it so; the changes before hang behind it */
	int64_t changed_ns;   /* UTC of that change */
} record_t;

/* Disk form in the journal: name string, count varint, values string. */
#endif
