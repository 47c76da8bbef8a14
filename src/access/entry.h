/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_ENTRY_H
#define ACCESS_ENTRY_H
/* A change to users or tokens as it stands in the journal: the whole new state of one
 * user or token, or its removal. Private to this folder.
 *
 * Disk form (payload of a JOURNAL_ACCESS record): version u8 = 1, kind u8, time
 * zig-zag, who string, then
 *   1 user put      name string, role u8, enabled u8, scope string, rounds varint,
 *                   salt 16 bytes, hash 32 bytes
 *   2 user remove   name string
 *   3 key put       id string, owner string, label string, role u8, created zig-zag,
 *                   expires zig-zag, hash 32 bytes
 *   4 key remove    id string
 * Putting a user that is not enabled, and removing one, removes the user's keys. */
#include "access/access.h"
#include "base/cursor.h"

typedef enum {
	ENTRY_NONE,
	ENTRY_USER_PUT,
	ENTRY_USER_REMOVE,
	ENTRY_KEY_PUT,
	ENTRY_KEY_REMOVE,
	ENTRY_KIND_COUNT
} entry_kind_t;

enum { ENTRY_BYTES_MAX = 1024 };

typedef struct {
	entry_kind_t kind;
	int64_t utc_ns;
	slice_t subject;    /* who did it */
	access_user_t user; /* a removal fills the name alone */
	access_key_t key;   /* a removal fills the id alone */
} entry_t;

void entry_write(const entry_t *entry, writer_t *w);
/* ERR_CORRUPT, ERR_NEWER_FORMAT. `subject` borrows the payload. */
MUST_CHECK err_t entry_read(slice_t payload, entry_t *ret_entry);
#endif
