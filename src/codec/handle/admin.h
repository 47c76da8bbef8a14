/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HANDLE_ADMIN_H
#define CODEC_HANDLE_ADMIN_H
/* The data of HS_ADMIN and HS_VLIST values (RFC 3651, 3.2.1 and 3.2.6): who may
 * change a record, and groups of such identities. */
#include "codec/handle/value.h"

/* name, bit, text */
#define HANDLE_ADMIN_RIGHTS(X) \
	X(ADD_HANDLE, 0x0001, "add handle") \
	X(DELETE_HANDLE, 0x0002, "delete handle") \
	X(ADD_PREFIX, 0x0004, "add derived prefix") \
	X(DELETE_PREFIX, 0x0008, "delete derived prefix") \
	X(MODIFY_VALUE, 0x0010, "modify value") \
	X(REMOVE_VALUE, 0x0020, "remove value") \
	X(ADD_VALUE, 0x0040, "add value") \
	X(MODIFY_ADMIN, 0x0080, "modify administrator") \
	X(REMOVE_ADMIN, 0x0100, "remove administrator") \
	X(ADD_ADMIN, 0x0200, "add administrator") \
	X(READ, 0x0400, "authorised read") \
	X(LIST, 0x0800, "list handles") \
	X(LIST_PREFIXES, 0x1000, "list derived prefixes")

#define X(name, bit, text) HANDLE_ADMIN_##name = bit,
typedef enum { HANDLE_ADMIN_RIGHTS(X) HANDLE_ADMIN_ALL = 0x0FFF } handle_admin_right_t;
#undef X

typedef struct {
	uint16_t rights;          /* HANDLE_ADMIN_* */
	handle_reference_t admin; /* index 0: any key of that handle */
	bool legacy;              /* two extra bytes stood at the end */
	uint16_t legacy_bytes;
} handle_admin_t;

/* Trailing bytes are MALFORMED, but for exactly two that old software wrote. */
MUST_CHECK
codec_t handle_admin_decode(slice_t data, handle_admin_t *ret_admin);
void handle_admin_encode(const handle_admin_t *admin, writer_t *w);

/* List of handle_reference_t; trailing bytes are MALFORMED. Groups may nest:
 * bound the depth. Written with handle_list_encode. */
MUST_CHECK
codec_t handle_vlist_decode(slice_t data, handle_list_t *ret_members);

/* Text of one right, NULL when the bit has no name. */
const char *handle_admin_right_text(uint16_t right);
#endif
