/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HANDLE_VALUES_H
#define API_HANDLE_VALUES_H
/* The values of a record out of the JSON that clients send, in the encoding the
 * registry keeps. Takes {"values": [...]}, a list, or one value. Data may be a bare
 * string or {"format", "value"} with string, base64, hex, admin, vlist, key or site
 * (handle_key_read.h); other forms are ERR_UNSUPPORTED.
 *
 * Permissions are exactly four digits, all of which count; the order is
 * administrators read, write, then everybody read, write. */
#include "env/json_read.h"
#include "codec/handle/handle.h"

typedef struct {
	uint32_t count;
	slice_t bytes;     /* values one after another, by index */
	uint32_t *indexes; /* of the values, ascending */
	void *memory;
	bool keeps_times; /* set before: "timestamp" is read; else it is passed over */
} handle_values_t;

/* What `ret_values` holds from before is used again; zero it at first.
 * ERR_INVALID for a value that is not one (index 0 or twice, no type, bad TTL...),
 * ERR_TOO_BIG past the size of a record, ERR_UNSUPPORTED, ERR_NO_MEMORY. */
MUST_CHECK err_t handle_values_read(const json_tree_t *root, handle_values_t *ret_values);
void handle_values_done(handle_values_t *values);
#endif
