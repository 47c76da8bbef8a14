/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTHORITY_MEMBERS_H
#define AUTHORITY_MEMBERS_H
/* The view of the members, in the order of their identifiers. Private to this folder. */
#include "authority/entry.h"

typedef struct {
	authority_member_t **at;
	size_t count, cap;
} members_t;

authority_member_t *members_find(const members_t *members, slice_t node);
/* ERR_CORRUPT: it cannot have happened, or holds no certificate; ERR_LIMIT; ERR_NO_MEMORY:
 * nothing was changed. */
MUST_CHECK err_t members_apply(members_t *members, const member_entry_t *entry, uint64_t seq);
void members_free(members_t *members);
/* The newest key, or NULL. */
authority_key_t *member_newest(const authority_member_t *member);
#endif
