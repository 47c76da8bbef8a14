/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFICE_STATE_H
#define OFFICE_STATE_H
/* The inside of an office, shared by the files of this folder; all of it belongs to the
 * office's loop, but for the meter. */
#include "base/table.h"
#include "model/event.h"
#include "office/entry.h"
#include "registry/entry/entry.h"

#define OFFICE_METRIC_ROWS(X) \
	X(WAITING, GAUGE, "applications_waiting", "Applications that wait for the office") \
	X(OVERDUE, GAUGE, "applications_overdue", "Applications that wait too long") \
	X(APPLICATIONS, GAUGE, "applications", "Applications ever made") \
	X(PREFIXES, GAUGE, "prefixes", "Prefixes that are counted") \
	X(TEMPLATES, GAUGE, "templates", "Templates") \
	X(UNMADE, GAUGE, "prefix_records_pending", "Prefixes whose record is not made yet") \
	X(BUSY, COUNTER, "operations_busy_total", "Operations sent away: too many not durable") \
	X(FAULTY, COUNTER, "registrations_faulty_total", "Registrations against their template") \
	X(SAVED, COUNTER, "usage_saved_total", "Rows of usage written to the journal") \
	X(UNSAVED, COUNTER, "usage_unsaved_total", "Rows of usage the journal did not take") \
	X(PAST_UNSAVED, COUNTER, "past_unsaved_total", "Openings whose counts were not kept") \
	X(EVENTS_LOST, COUNTER, "events_lost_total", "Operations whose event had no room")

#define X(id, kind, name, help) OFFICE_METRIC_##id,
enum { OFFICE_METRIC_ROWS(X) OFFICE_METRIC_COUNT };
#undef X

enum {
	OFFICE_TEMPLATES_MAX = 4096,
	OFFICE_CLAIMS_MAX = 200000,
	OFFICE_ENTRY_BYTES = TEMPLATE_BYTES_MAX + 4096,
	OFFICE_REPLIES = 64,
};

/* An operation in the journal that is not durable yet. */
typedef struct {
	uint64_t seq, number;
	application_t *allot; /* once durable its prefix record is to be made, or NULL */
	office_ask_t ask;
} waiter_t;

/* What the registry has been asked for. */
typedef struct {
	bool is_used;
	application_t *application; /* whose record is made; NULL: a secret is set */
	office_ask_t ask;
	uint64_t number;
} sent_t;

/* Whoever has a value that must be unique. */
typedef struct {
	char *name; /* of the identifier */
	int64_t since_ns;
} claim_t;

struct office {
	env_t *env;
	office_spec_t spec;
	slice_t own;
	meter_t *meter;
	application_t **applications;
	size_t application_count, by_state[APPLICATION_STATE_COUNT];
	table_t *holders; /* folded prefix -> application_t * */
	template_t **templates;
	size_t template_count;
	table_t *claims;                      /* prefix, index and value, hashed -> claim_t */
	waiter_t waiters[OFFICE_WAITING_MAX]; /* in the order of their sequences */
	size_t waiting;
	sent_t sent[OFFICE_REPLIES];
	env_mailbox_t *durable, *replies;
	registry_reader_t *reader;
	env_timer_t *timer;
	int64_t saved_hour;
	metrics_t metrics;
	uint8_t buf[OFFICE_ENTRY_BYTES];
};

/* office.c */
/* ERR_BUSY when no more may wait. */
MUST_CHECK err_t office_may(office_t *office);
/* Logs, applies and has the asker told; `allot` as in waiter_t. */
MUST_CHECK err_t office_do(office_t *office, const entry_t *entry, const office_ask_t *ask,
                           application_t *allot);
/* An entry without anybody to tell. */
MUST_CHECK err_t office_log(office_t *office, const entry_t *entry, uint64_t *ret_seq);
void office_tell(office_t *office, event_t *event);
entry_t office_entry(office_t *office, entry_kind_t kind, const caller_t *caller);
/* May decide: an engineer whose scope is everything or the node's own prefix. */
bool office_may_decide(const office_t *office, const caller_t *caller);

/* application.c: an entry into the view. */
MUST_CHECK err_t application_apply(office_t *office, const entry_t *entry);
MUST_CHECK err_t application_step_apply(office_t *office, const entry_t *entry);
MUST_CHECK err_t application_made_apply(office_t *office, const entry_t *entry);
MUST_CHECK err_t application_limits_apply(office_t *office, const entry_t *entry);
void application_free(application_t *application);
application_t *application_of(const office_t *office, uint64_t number);

/* allot.c */
/* Asks for the record; a failure is tried again by the timer, and `ask` (or NULL) told. */
void allot_send(office_t *office, application_t *application, const office_ask_t *ask);
/* Those decided whose record is not made. */
void allot_resume(office_t *office);
void allot_replies(void *ctx);

/* templates.c */
MUST_CHECK err_t templates_put_apply(office_t *office, const entry_t *entry);
MUST_CHECK err_t templates_use_apply(office_t *office, const entry_t *entry);
MUST_CHECK err_t templates_end_apply(office_t *office, const entry_t *entry);
/* Values of a record that must be unique are its own from now on. */
void templates_replay(office_t *office, const registry_entry_t *entry);
void templates_free(office_t *office);
/* The values that must be unique, each as past.h says. */
size_t templates_claims_bytes(const office_t *office);
void templates_claims_put(const office_t *office, writer_t *w);
MUST_CHECK err_t templates_claim_take(office_t *office, reader_t *r);

/* usage.c */
MUST_CHECK err_t usage_apply(office_t *office, const entry_t *entry);
/* Writes what was counted; appended, not yet durable. */
void usage_save(office_t *office);
void usage_tick(void *ctx);
#endif
