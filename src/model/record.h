/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H
/* The record of an identifier: its registered spelling and its typed values.
 * Values are kept in the encoding of the Handle protocol (RFC 3651 section 3.1;
 * codec/handle/handle_value.h reads and writes it), which is also how they are
 * stored and sent: resolving a whole record copies bytes and parses nothing. */
#include "base/slice.h"

enum { RECORD_NAME_MAX = 2048, RECORD_VALUES_MAX = 2048, RECORD_BYTES_MAX = 200 * 1024 };

typedef struct {
	slice_t name;   /* as registered */
	uint32_t count; /* values */
	slice_t values; /* the encoded values one after another, by index */
} record_t;

/* Disk form: name string, count varint, values string. */
#endif
