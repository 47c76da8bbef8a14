/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_BONDS_H
#define NODE_BONDS_H
/* What binds this node to the parents of its configuration: for each the membership that
 * `jizhu enrol` made, and a session that dials by it.
 *
 * Story: bonds_open at set-up; bonds_look now and then, since a parent may be joined, or a
 * membership renewed, while the node runs: the session begins, or the next one is by the new
 * key. Memberships are renewed in time (uplink/renewal.h). A parent that was not joined yet
 * has no session and nothing can be signed for it.
 * A membership that cannot be read leaves its bond as it was, with what is wrong in it.
 *
 * Threads: the loop of the tree, or set-up. */
#include "config/config.h"
#include "uplink/child.h"
#include "uplink/renewal.h"

typedef struct bonds bonds_t;

/* One parent. */
typedef struct {
	bonds_t *bonds;
	const config_parent_t *config;
	membership_t membership; /* key NULL: not joined yet */
	tls_dialer_t *dialer;
	child_t *child;       /* NULL: not joined yet */
	renewal_t *renewal;   /* NULL likewise */
	err_detail_t trouble; /* of the last look; err OK: none */
} bond_t;

typedef struct {
	const config_uplink_t *config;
	const char *keys_dir;
	env_loop_t *loop;
	journal_t *events; /* main */
	child_desk_t desk;
} bonds_spec_t;

struct bonds {
	env_t *env;
	bonds_spec_t spec;
	outbox_t *outbox;
	bond_t rows[CONFIG_PARENTS_MAX]; /* as many as the configuration has parents */
};

/* Reads what was joined; `bonds` stays where it is. Before the outbox, which signs by it. */
void bonds_open(env_t *env, const bonds_spec_t *spec, bonds_t *bonds);
/* The outbox's `key_of`; ctx: bonds_t. */
const env_pkey_t *bonds_key(void *ctx, slice_t parent);
/* Has sessions begin, now that there is something to send from. */
void bonds_begin(bonds_t *bonds, outbox_t *outbox);
void bonds_look(bonds_t *bonds);
/* Ends the sessions. */
void bonds_close(bonds_t *bonds);
#endif
