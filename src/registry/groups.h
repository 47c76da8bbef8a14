/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_GROUPS_H
#define REGISTRY_GROUPS_H
/* Groups of identities (HS_VLIST) that live elsewhere, as their homes last said: what a
 * permit (permit.h) sees of them.
 *
 * Story: a permit looks a group up between groups_lock and groups_unlock. One that is not
 * known is wanted: the registry's loop asks its home for it (groups_ask), the change that
 * wanted it is put aside (change.c), and when the home has answered or GROUPS_WAIT_NS
 * have passed the change is judged anew. So a home is asked only about groups that
 * records here name, for somebody who has proven who they are and has no right by
 * anything nearer; and once for all who wait.
 *
 * A group is believed from a certified walk alone, and until its TTL is over, a day at
 * most. What is no group, or is not to be read by everybody, has no members for
 * GROUPS_NONE_NS. A home without an answer is not asked again for GROUPS_SILENT_NS;
 * meanwhile nobody is a member, and who is refused for that is told so (code 406).
 *
 * Limits: GROUPS_MAX groups are known (the longest unused gives way), GROUPS_ASKED homes
 * are asked at once, GROUPS_LOOKED for one judgement (the others have no answer); a group
 * has REGISTRY_KEY_MAX bytes.
 *
 * Threads: any, between lock and unlock; groups_ask and the mail are the registry's. */
#include "base/metrics.h"
#include "registry/identity/identity.h"

enum { GROUPS_MAX = 128, GROUPS_ASKED = 32, GROUPS_LOOKED = 64 };
static const int64_t GROUPS_WAIT_NS = INT64_C(5) * 1000000000;
static const int64_t GROUPS_NONE_NS = INT64_C(60) * 1000000000;
static const int64_t GROUPS_SILENT_NS = INT64_C(30) * 1000000000;

/* What came of looking groups up for one judgement. */
typedef struct {
	bool asks;        /* what is not known is wanted; on the registry's loop alone */
	bool awaits;      /* a group is not known yet */
	bool silent;      /* the home of a group has no answer */
	unsigned unknown; /* groups of this judgement that are not known */
} groups_look_t;

typedef enum { GROUP_FREE, GROUP_WANTED, GROUP_AWAITED, GROUP_KNOWN, GROUP_SILENT } group_state_t;

typedef struct {
	group_state_t state;
	uint8_t *memory; /* of the name, then of the members */
	handle_reference_t list;
	uint8_t *bytes;
	handle_list_t members;
	int64_t until_ns;
	uint64_t ticket, used;
} group_t;

typedef struct {
	env_mutex_t *mutex; /* guards all below: permits are asked on several loops */
	env_t *env;
	registry_elsewhere_t elsewhere;
	env_mailbox_t *mail; /* of the registry's loop */
	uint64_t tickets, looks, from;
	group_t rows[GROUPS_MAX];
} groups_t;

MUST_CHECK err_t groups_open(groups_t *groups, env_t *env, const env_mailbox_spec_t *mail);
void groups_close(groups_t *groups);

void groups_lock(groups_t *groups);
void groups_unlock(groups_t *groups);
/* The members of the group, borrowed until groups_unlock; none when it is not known. */
handle_list_t groups_members(groups_t *groups, const handle_reference_t *list, groups_look_t *look);
/* Asks homes for what is wanted, and gives up on those that were asked for too long. */
void groups_ask(groups_t *groups);
/* Takes what homes have answered; returns how many of them had nothing to say. */
unsigned groups_take(groups_t *groups);
#endif
