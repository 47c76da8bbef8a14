/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTHORITY_ENTRY_H
#define AUTHORITY_ENTRY_H
/* What happened to a member, as it stands in the journal. Private to this folder.
 *
 * Disk form (payload of a JOURNAL_MEMBER record): version u8 = 1, kind u8, time zig-zag, who
 * string, node string, then
 *   1 invited    until zig-zag, key of the code 32 bytes
 *   2 enrolled   certificate string (DER): the code was used, keys of before are dead
 *   3 renewed    certificate string (DER): the key before is good until this one is used
 *   4 revoked    reason string */
#include "authority/authority.h"

typedef enum {
	MEMBER_NONE,
	MEMBER_INVITED,
	MEMBER_ENROLLED,
	MEMBER_RENEWED,
	MEMBER_REVOKED,
	MEMBER_KIND_COUNT
} member_kind_t;

enum { MEMBER_BYTES_MAX = ENV_CERTIFY_DER_MAX + 512 };

typedef struct {
	member_kind_t kind;
	int64_t utc_ns;
	slice_t who, node;
	int64_t until_ns;
	uint8_t code_key[SHA256_BYTES];
	slice_t certificate, reason;
} member_entry_t;

void member_entry_write(const member_entry_t *entry, writer_t *w);
/* ERR_CORRUPT, ERR_NEWER_FORMAT. Slices borrow the payload. */
MUST_CHECK err_t member_entry_read(slice_t payload, member_entry_t *ret_entry);
#endif
