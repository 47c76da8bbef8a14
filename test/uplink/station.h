/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UPLINK_STATION_H
#define TEST_UPLINK_STATION_H
/* One node of a tree as a process of its own, with nothing but the tree: its journal on disk,
 * below it a door with the authority and the inbox, above it the membership, the outbox and the
 * session. What it puts and what it makes of what it got is the program's.
 *
 * Story: station_certify makes nodes another's children, while none of them runs. station_open
 * puts the rooms together; the program adds its timers and followers; station_run turns until
 * SIGTERM or env_stop. Nothing is torn down in order: a test ends it by a signal at any moment,
 * and all that counts is on the disk.
 *
 * Whatever fails ends the process with its reason on standard error.
 *
 * Events of the sessions go into the journal `tree` too, where a reader finds them. */
#include "authority/authority.h"
#include "env/posix/posix.h"
#include "uplink/child.h"
#include "uplink/parent.h"
#include "uplink/tls_channel.h"

enum { STATION_ADDRS = 2 };

typedef struct {
	const char *dir; /* DIR/keys, DIR/journal, DIR/inbox.view */
	const char *node;
	addr_t door[STATION_ADDRS]; /* where children come; none: it takes none */
	size_t door_count;
	const char *parent; /* NULL: it has none */
	addr_t addrs[STATION_ADDRS];
	size_t addr_count;
	uint64_t save_every;    /* of the inbox's view; 0: its own */
	size_t connections_max; /* of the door; 0: 64 */
} station_spec_t;

typedef struct {
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	/* Below. */
	authority_t *authority;
	tls_door_t *door;
	inbox_t *inbox;
	parent_t *parent;
	/* Above. */
	membership_t membership;
	tls_dialer_t *dialer;
	outbox_t *outbox;
	child_t *child;
	env_loop_t *commit;
	void (*accepted)(void *ctx, const channel_t *channel); /* may be NULL */
	void *accepted_ctx;
} station_t;

void demand(bool is_so, const char *what);
uint64_t station_number(const char *text);
addr_t station_addr(const char *text);

/* What a child's own station looks for is in its DIR/keys, by the name STATION_ABOVE. */
#define STATION_ABOVE "up"

typedef struct {
	const char *node;
	membership_place_t place;
} station_member_t;

/* The members' certificates and keys are at their places from then on. */
void station_certify(env_t *env, const station_spec_t *parent, const station_member_t *members,
                     size_t count);

void station_open(env_t *env, const station_spec_t *spec, station_t *ret_station);
/* Does not return. */
void station_run(station_t *station);
/* One word and a number as a line of its own, which the other process gets at once. */
void station_say(const char *word, uint64_t number);
#endif
