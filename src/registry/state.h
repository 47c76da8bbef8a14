/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_STATE_H
#define REGISTRY_STATE_H
/* The inside of a registry, shared by the files of this folder. All but what is
 * atomic belongs to the registry's loop. */
#include "base/table.h"
#include "codec/handle/handle.h"
#include "registry/compose.h"
#include "registry/counts.h"
#include "registry/groups.h"
#include "registry/guesses.h"
#include "registry/history.h"
#include "registry/homed.h"
#include "registry/permit.h"
#include "registry/entry/part.h"
#include "registry/store/store.h"

#define REGISTRY_METRIC_ROWS(X) \
	X(FINDS, COUNTER, "finds_total", "Names looked up") \
	X(FOUND, COUNTER, "found_total", "Names found") \
	X(CHANGES, COUNTER, "changes_total", "Changes made durable") \
	X(REFUSED, COUNTER, "changes_refused_total", "Changes refused") \
	X(BUSY, COUNTER, "changes_busy_total", "Changes sent away: too many in flight") \
	X(IN_FLIGHT, GAUGE, "changes_in_flight", "Changes taken and not yet answered") \
	X(RECORDS, GAUGE, "records", "Records in the view") \
	X(APPLIED, GAUGE, "applied_sequence", "Journal sequence the view has reached") \
	X(EVENTS_LOST, COUNTER, "events_lost_total", "Changes whose event had no room") \
	X(REPLIES_LOST, COUNTER, "replies_lost_total", "Results whose mailbox was full") \
	X(PARKED, GAUGE, "changes_parked", "Changes that wait for groups of elsewhere") \
	X(PARKED_FULL, COUNTER, "changes_parked_full_total", \
	  "Changes judged without groups of elsewhere: too many wait") \
	X(GROUPS_ASKED, COUNTER, "groups_awaited_total", "Changes that had to wait for groups") \
	X(GROUPS_SILENT, COUNTER, "groups_silent_total", \
	  "Changes refused because the home of a group has no answer") \
	X(GUESSES_UNTOLD, COUNTER, "guesses_untold_total", \
	  "Identities that were guessed at, and too many events to say so") \
	X(HOMED_FAILED, GAUGE, "homed_failed", \
	  "1 when a homed prefix is served only after the next start") \
	X(VIEW_FAILED, GAUGE, "view_failed", "1 when the view can take no more changes") \
	X(REBUILDS, COUNTER, "view_rebuilds_total", "Times damage in the view had it built anew") \
	X(MADE, COUNTER, "made_total", "Records made up by a template") \
	X(MADE_LIMITED, COUNTER, "made_limited_total", \
	  "Records not made: their template or its expression would take too much") \
	X(TEMPLATES_BAD, COUNTER, "templates_bad_total", \
	  "HS_NAMESPACE values read that hold a template with a fault")

#define X(id, kind, name, help) REGISTRY_METRIC_##id,
enum { REGISTRY_METRIC_ROWS(X) REGISTRY_METRIC_COUNT };
#undef X

enum {
	REGISTRY_IN_FLIGHT = 1024,
	REGISTRY_IN_FLIGHT_BYTES = 32 << 20,
	REGISTRY_PATH_MAX = 512,
};

/* A bulk on its way (bulk.c). */
typedef struct bulk_run bulk_run_t;

/* A change on its way; one allocation holds it and what it was asked. */
typedef struct pending pending_t;
struct pending {
	pending_t *next;
	registry_change_t asked;
	env_mailbox_t *reply;
	void *ctx;
	uint64_t seq;
	size_t bytes; /* held of REGISTRY_IN_FLIGHT_BYTES */
	bool created, overwrote;
	record_state_t was;   /* the state it met */
	uint32_t code, index; /* of a refusal */
	bool only_looks;      /* no change: groups that a reader awaits (permit.h) */
	bool awaits;          /* it cannot be judged yet: a group of elsewhere is not known */
	int64_t judged_by_ns; /* when it is judged by what is known; 0: it was never parked */
	bool is_taken;        /* a registration of the prefix's quota is held */
	record_change_t before;
	record_t after; /* what the name will be; of a removal, the tombstone */
	uint8_t *after_bytes;
	uint8_t memory[];
};

enum { REGISTRY_ROOM = 256 << 10 };

struct registry {
	env_t *env;
	journal_t *journal;
	env_loop_t *loop;
	char path[REGISTRY_PATH_MAX];
	uint8_t prefix_bytes[RECORD_NAME_MAX];
	slice_t prefix; /* folded */
	homed_t homed;
	handle_reference_t admins[REGISTRY_ADMINS_MAX];
	size_t admin_count;
	bool admins_do_all;
	uint8_t *admin_memory;
	uint64_t view_bytes_max;

	registry_store_t *store;
	journal_cursor_t *cursor;
	registry_mark_t mark; /* last record read; on disk it may be behind */
	bool rebuilt;
	err_t failed; /* why the view takes no more */
	_Atomic uint64_t count;
	/* Names by prefix: of the view as committed; of the turn; of the record at hand. */
	counts_t counts, turn, now;
	counts_t *into; /* where turns are folded: those, or those of a view that is built */
	/* Guards `counts` against being folded into, or replaced by a rebuild, while somebody
	 * else asks: both are short, and a snapshot of a table would be copied each turn. */
	env_mutex_t *counts_mutex;
	uint8_t *notes;
	hub_t hub;                  /* what readers see of the store */
	_Atomic uint32_t readers;   /* a bit each */
	_Atomic bool is_damaged;    /* somebody met a checksum that does not hold */
	_Atomic uint64_t described; /* grows when a record that describes a prefix changes */

	env_mailbox_t *inbox, *durable, *bulks;
	bulk_run_t *bulk;         /* the one at hand; no other change is taken meanwhile */
	pending_t *first, **last; /* appended, in order of sequence */
	pending_t *stalled;       /* taken, and waiting for room in the journal */
	table_t *overlay;         /* folded name -> the latest pending_t * in flight */
	_Atomic uint32_t in_flight;
	_Atomic uint64_t in_flight_bytes;
	uint8_t room[REGISTRY_ROOM]; /* what one change looks up */
	compose_t compose;
	prefix_meter_t meter; /* functions may be NULL */
	guesses_t guesses;
	groups_t groups;
	pending_t *parked; /* they wait for groups of elsewhere */
	size_t parked_count;
	env_timer_t *parked_timer;
	uint8_t record[RECORD_BYTES_MAX + RECORD_NAME_MAX + 4096 + 64];
	metrics_t metrics;
};

/* What a reader knows of templates (made.c). */
typedef struct registry_maker registry_maker_t;
void registry_maker_free(registry_maker_t *maker);

struct registry_reader {
	registry_t *registry;
	registry_look_t *look;
	registry_maker_t *maker; /* NULL until something is missed */
	unsigned number;
	uint8_t after[RECORD_NAME_MAX];
};

/* apply.c: brings the view to the durable end. */
MUST_CHECK err_t registry_apply(registry_t *registry);
/* Opens or rebuilds the view and applies the journal. */
MUST_CHECK err_t registry_view_open(registry_t *registry, err_detail_t *ret_detail);
void registry_view_close(registry_t *registry);

/* history.c: the state that a change of the name left. */
MUST_CHECK err_t registry_state_left(journal_t *journal, slice_t name, record_change_t change,
                                     record_state_t *ret_state);

/* find.c, any thread: an error of the store that means damage has the view built anew. */
void registry_note_damage(registry_t *registry, err_t err);

/* bulk.c: the mailbox's callback; goes on with the bulk at hand; forgets all unanswered. */
void registry_take_bulks(void *ctx);
void registry_bulk_turn(registry_t *registry);
void registry_drop_bulks(registry_t *registry);
/* bulk.c: puts the record that remembers the key of a bulk. */
MUST_CHECK err_t registry_bulk_key_put(registry_t *registry, const registry_bulk_end_t *end,
                                       record_change_t at);

/* change.c: whether who has a role of the node may change this name here, or is an identity
 * (whose rights are in records). ERR_DENIED, ERR_INVALID, ERR_UNAVAILABLE, and why the view
 * takes no more. */
MUST_CHECK err_t registry_check_caller(registry_t *registry, const caller_t *caller, slice_t name);
/* change.c: whether the records give an identity the right to the deed; who is none has it
 * by role. ERR_DENIED, with the response code. */
MUST_CHECK err_t registry_check_identity(registry_t *registry, const caller_t *caller,
                                         const registry_deed_t *deed, writer_t *room,
                                         uint32_t *ret_code);
/* change.c: mailboxes' callbacks. */
void registry_take_changes(void *ctx);
void registry_take_durable(void *ctx);
void registry_take_groups(void *ctx);
/* change.c: the timer of those that wait for groups of elsewhere. */
void registry_on_parked(void *ctx);
/* Lets go of all that is in flight, unanswered. */
void registry_drop_changes(registry_t *registry);

/* history.c: what registry_known_at answers of what was registered; *ret_absent: nothing
 * was at that time. Memory that is freed when the walk is closed. */
MUST_CHECK err_t registry_stored_at(registry_reader_t *reader, const registry_moment_t *moment,
                                    registry_walk_t **ret_walk, registry_version_t *ret_version,
                                    bool *ret_absent);
void registry_walk_keep(registry_walk_t *walk, uint8_t *memory);
/* made_at.c: the record a template made up at that time; it and the version borrow the
 * walk. ERR_NOT_FOUND, and all of registry_known_at. */
MUST_CHECK err_t registry_made_at(registry_reader_t *reader, const registry_moment_t *moment,
                                  registry_walk_t **ret_walk, registry_version_t *ret_version);

/* meter.c: whether names of this prefix live here though it is not the own one. */
bool registry_hosts(const registry_t *registry, slice_t prefix);
#endif
