/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H
/* Identifier to record. One answerer, many doors: the Handle wire over UDP and TCP
 * (handle/door.h) and REST ask the same store and change it by the same verbs
 * (entry/entry.h).
 *
 * Story: registry_open builds or catches up the view (store/store.h, under
 * DATA/views/registry) from the main journal. Doors on resolver and HTTP loops
 * call registry_find_batch on their own reader. A change goes to registry_change
 * (any loop): checked on the registry's own loop against the view and what is in
 * flight, appended to the journal, applied to the view when durable, and only then
 * answered. Names compare by the whole name with ASCII a-z folded to upper case;
 * the registered spelling is kept.
 *
 * Rooms below: entry (what the journal keeps of a change), store (the view), identity
 * (who somebody of the Handle system is). Above: search, verify (what stands without the
 * node), handle (the wire). Files here: compose (the record a change leaves), lifecycle
 * (the states of a name), permit (who may), groups (of elsewhere), guesses (at
 * identities), change (checks, in flight, answers), bulk, apply (journal into view), find,
 * history, homed and meter (which prefixes, and how much), made (names by template),
 * registry.
 *
 * Limits: names 2,048 bytes, 2,048 values, record 200 KiB, 1,024 changes or 32 MiB
 * of them in flight (ERR_BUSY beyond).
 *
 * Caveats: a view that cannot grow (`view_bytes_max`, no memory) takes no more
 * changes until the node is started again; what was durable is not lost by it. On a
 * full disk changes are refused until there is room. A change whose result was an error
 * of the journal (ERR_IO) may still be there after a restart: it was never
 * acknowledged. */
#include "env/loop.h"
#include "journal/journal.h"
#include "model/caller.h"
#include "model/prefix.h"
#include "model/record.h"
#include "registry/entry/entry.h"
#include "registry/identity/identity.h"

typedef struct registry registry_t;

enum { REGISTRY_ADMINS_MAX = 16, REGISTRY_HOMED_MAX = 1024 };

typedef struct {
	const char *views_dir;
	const char *prefix; /* the node's own, "99.100.1"; its records live here */
	journal_t *journal;
	env_loop_t *registry_loop; /* FILES: checks, applies, answers changes */
	uint64_t view_bytes_max;   /* of the view on disk; 0: 4 TiB */
	/* Identities that may home prefixes and, unless `admins_home_only`, do all else:
	 * "300:0.NA/99.100.1"; a group may stand among them. */
	bool admins_home_only;
	const char *const *admins;
	size_t admin_count; /* at most REGISTRY_ADMINS_MAX */
} registry_spec_t;

/* Catches up before it returns. Journal and loop live longer than it; texts are copied.
 * Set-up time.
 * ERR_CONFIG: the prefix, an administrator or the path is none. ERR_LIMIT: the view is
 * past `view_bytes_max`. ERR_NO_MEMORY, ERR_DISK_FULL, and what the journal cannot read;
 * a view that cannot be read is made again. */
MUST_CHECK err_t registry_open(env_t *env, const registry_spec_t *spec, registry_t **ret_registry,
                               err_detail_t *ret_detail);
/* After its loop was stopped and its readers freed. Changes in flight are not answered. */
void registry_close(registry_t *registry);

/* True when the view had to be rebuilt at open. Like the two below: any thread. */
bool registry_rebuilt(const registry_t *registry);
uint64_t registry_count(const registry_t *registry);
/* How many names of the prefix resolve, drafts and tombstones left out; in a moment of the
 * last commits. Any thread; does not walk. */
uint64_t registry_names(const registry_t *registry, slice_t prefix);
const metrics_t *registry_metrics(const registry_t *registry);

/* A reader of one thread; at most 32 (ERR_LIMIT). ERR_NO_MEMORY. */
typedef struct registry_reader registry_reader_t;
MUST_CHECK err_t registry_reader_new(registry_t *registry, registry_reader_t **ret_reader);
void registry_reader_free(registry_reader_t *reader);

enum { REGISTRY_BATCH = 32 };

/* Looks up to 32 names up in one snapshot. ret_err[i] is ERR_OK, ERR_NOT_FOUND,
 * ERR_UNAVAILABLE (prefix not served here), ERR_INVALID (not a name) or what broke
 * the view; ret_records[i] borrows the view until registry_find_done, which must
 * come before the next batch. A draft and a tombstone are ERR_NOT_FOUND too, with
 * the record filled for who may see them; else its name is empty. */
void registry_find_batch(registry_reader_t *reader, const slice_t *names, size_t count,
                         record_t *ret_records, err_t *ret_err);
void registry_find_done(registry_reader_t *reader);

/* The same for who answers a question: a name that was never registered may be one that a
 * template makes up (template/template.h). The template stands in an HS_NAMESPACE value of
 * the record of the prefix, or of the base, whose template goes before; the base must be
 * there. A made record is for everybody, was made by no change (last.seq 0) and borrows
 * `names`. ERR_LIMIT: it would take too much to make. Prefixes of over 120 bytes have no
 * templates. */
void registry_resolve_batch(registry_reader_t *reader, const slice_t *names, size_t count,
                            record_t *ret_records, err_t *ret_err);

/* Names of one prefix in their registered spelling, in byte order of their folded
 * form, those behind the name `after` (empty: all), until `row` returns false, which
 * must not ask the same reader. ERR_UNAVAILABLE, or what broke the view. */
MUST_CHECK err_t registry_list(registry_reader_t *reader, slice_t prefix, slice_t after,
                               bool (*row)(void *ctx, slice_t name), void *ctx);
/* True when this name lives here: it is under the own prefix, a homed one or one the
 * meter hosts, or describes such a prefix or one below it (0.NA/99.100.1,
 * 0.NA/99.100.1.7). Any thread. */
bool registry_serves(const registry_t *registry, slice_t name);
/* The own prefix, then the homed ones in the order they were first homed; folded.
 * False behind the last. Any thread. */
bool registry_served_prefix(const registry_t *registry, size_t i, slice_t *ret_prefix);

/* Where groups of identities that live elsewhere are asked for (groups.h): on the loop of
 * the registry. Any thread; without it they have no members. */
void registry_elsewhere_set(registry_t *registry, const registry_elsewhere_t *elsewhere);

/* Who keeps the prefixes (model/prefix.h). Set-up time; without one all is free. */
void registry_meter_set(registry_t *registry, const prefix_meter_t *meter);
/* What a door asks once for each resolution it is about to answer, with what the look-up
 * gave: counts it, or says why it may not be answered. Any thread. */
quota_t registry_resolved(const registry_t *registry, slice_t name, err_t err);
/* The code of the Handle wire: 603, 604, 605; 1 for QUOTA_OK. */
uint32_t registry_quota_code(quota_t quota);

typedef struct {
	registry_verb_t verb;
	slice_t name;
	uint32_t count;       /* values, or indexes (u32 big-endian each) for UNMERGE */
	slice_t values;       /* Handle encoding; timestamps are set by the registry */
	record_state_t state; /* of a new record, or what STATE sets; never DELETED */
	caller_t caller;
} registry_change_t;

typedef struct {
	err_t err;
	bool created;         /* REPLACE made a new record */
	bool overwrote;       /* a record or value that was there was replaced */
	record_state_t state; /* of the record it met: DELETED tells why ERR_EXISTS */
	uint64_t seq;         /* journal sequence of the change */
	/* With an error that the Handle wire words more finely: handle_response_t, and the
	 * index of the value in question. 0: none. */
	uint32_t code, index;
	void *ctx; /* of the asker */
} registry_result_t;

/* Copies the change; the result arrives in `reply` (item registry_result_t) when
 * the change is durable and visible. Any loop. ERR_BUSY, ERR_TOO_BIG at once;
 * everything else in the result:
 * ERR_DENIED: needs ROLE_ENGINEER (HOME, UNHOME, RESTORE and any change of a retired
 * record: ROLE_ADMIN) or the node itself, and a scope that holds the name. A caller
 * that is a Handle identity (permit.h) needs the rights its identity has in the
 * record, or in that of the prefix for a new name, for RESTORE and for a retired
 * record; its role counts for nothing. ERR_EXISTS: by the verb. ERR_INVALID: not a
 * name, index 0, an index twice, an empty type, or no value would be left.
 * ERR_UNAVAILABLE: not served here. ERR_MALFORMED: `values` is not `count` values.
 * ERR_NOT_FOUND: no such name (all but CREATE and REPLACE) or index (UNMERGE). A name
 * keeps the spelling it was created with. ERR_LIMIT with the code 604 or 605: the
 * prefix may not.
 *
 * Give the mailbox room for all you ask at once: a result that finds it full
 * (ENV_FULL_REFUSE, ENV_FULL_DROP) is lost and counted. */
MUST_CHECK err_t registry_change(registry_t *registry, const registry_change_t *change,
                                 env_mailbox_t *reply, void *ctx);
#endif
