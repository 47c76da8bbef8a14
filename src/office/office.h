/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFICE_OFFICE_H
#define OFFICE_OFFICE_H
/* The office of a secondary node (二级节点): gives prefixes to organisations, holds them to
 * their limits, counts what they register and resolve, and keeps the templates their
 * registrations follow.
 *
 * Story: node opens it after the registry, hands office_meter to registry_meter_set, and
 * the API asks it. An organisation applies (office_apply); a reviewer takes the
 * application up, approves, refuses; later suspends, resumes, closes (office_step).
 * Approving allots the prefix and then makes its record 0.NA/PREFIX with the applicant's
 * key and, for one that runs a node of its own, the address its names are delegated to.
 *
 * Everything is in the main journal, one JOURNAL_OFFICE record an operation (entry.h);
 * what is here is a view in memory, rebuilt at open (past.h spares it the names). A step is in
 * force at once and told when durable. The steps of an approval have one order: the decision is
 * durable, then the record of the prefix is, then that it was made; after a crash anywhere between,
 * the next start goes on from there, and a record already there is taken as made.
 *
 * Usage (meter.h) is exact for registrations, which the journal has one by one; answers
 * are only counted, and saved at every full hour, at midnight and at a clean stop: a
 * crash loses the answers counted since then, at most an hour's, and gives that much of
 * the day's budget back.
 *
 * Files: application (forms, states, steps), decide (the steps), allot (the record of a
 * prefix), template, check (a registration against its template), meter, usage (saving
 * and the days), past (what is kept of names), entry (journal), office; credit_code, industry.
 *
 * Limits: 16,384 applications, 64 steps each, 8,192 prefixes, 4,096 templates of 128
 * items, 200,000 values that must be unique, 256 operations not yet durable.
 *
 * Threads: the loop of the spec, or before it runs and after; the meter anywhere.
 *
 * Caveats: opening reads what names came since an opening last kept its counts. A suspended or
 * closed prefix takes no registrations and no changes, but its names go on resolving: the goods
 * that carry them outlive the paper. A value that must be unique is held for a minute by
 * a registration that failed. */
#include "base/net.h"
#include "env/loop.h"
#include "journal/journal.h"
#include "model/caller.h"
#include "office/meter.h"
#include "office/template.h"
#include "registry/registry.h"

typedef struct office office_t;

enum {
	OFFICE_APPLICATIONS_MAX = 16384,
	OFFICE_STEPS_MAX = 64,
	OFFICE_TEXT_MAX = 512,
	OFFICE_KEY_MAX = 4096,
	OFFICE_WAITING_MAX = 256,
	OFFICE_SECRET_TEXT = 65,
};

typedef struct {
	const char *prefix; /* the node's own */
	const char *views_dir;
	journal_t *journal;
	registry_t *registry;
	env_loop_t *loop;
	int64_t offset_ns;   /* local time ahead of UTC: when a day begins */
	int64_t review_ns;   /* an application that waits longer is overdue; 0: 5 days */
	uint64_t keep_after; /* records read behind what was kept, to keep it anew; 0: 10,000 */
} office_spec_t;

MUST_CHECK err_t office_open(env_t *env, const office_spec_t *spec, office_t **ret_office,
                             err_detail_t *ret_detail);
/* Saves the usage. After the loops have stopped. */
void office_close(office_t *office);
const metrics_t *office_metrics(const office_t *office);
/* For registry_meter_set. */
prefix_meter_t office_meter(office_t *office);

/* Applications. */

/* States are stored: append rows, never reorder. */
#define APPLICATION_STATE_ROWS(X) \
	X(APPLIED, "applied") \
	X(REVIEW, "under_review") \
	X(APPROVED, "approved") \
	X(REFUSED, "refused") \
	X(SUSPENDED, "suspended") \
	X(CLOSED, "closed")

#define X(name, text) APPLICATION_##name,
typedef enum { APPLICATION_STATE_ROWS(X) APPLICATION_STATE_COUNT } application_state_t;
#undef X

/* Steps are stored: append rows, never reorder. id, word, from which states, to which,
 * whether a reason must be given. */
#define APPLICATION_BIT(state) (1u << APPLICATION_##state)
#define OFFICE_STEP_ROWS(X) \
	X(APPLY, "apply", 0, APPLIED, false) \
	X(REVIEW, "review", APPLICATION_BIT(APPLIED), REVIEW, false) \
	X(APPROVE, "approve", APPLICATION_BIT(REVIEW), APPROVED, false) \
	X(REFUSE, "refuse", APPLICATION_BIT(APPLIED) | APPLICATION_BIT(REVIEW), REFUSED, true) \
	X(SUSPEND, "suspend", APPLICATION_BIT(APPROVED), SUSPENDED, true) \
	X(RESUME, "resume", APPLICATION_BIT(SUSPENDED), APPROVED, false) \
	X(CLOSE, "close", APPLICATION_BIT(APPROVED) | APPLICATION_BIT(SUSPENDED), CLOSED, true)

#define X(name, word, from, to, reason) OFFICE_##name,
typedef enum { OFFICE_STEP_ROWS(X) OFFICE_STEP_COUNT } office_step_t;
#undef X

typedef struct {
	slice_t organisation, credit_code, contact, purpose;
	slice_t industry;   /* industry.h: "C3841" */
	slice_t parent;     /* the prefix it lies under; empty: the node's own */
	slice_t wanted;     /* empty: the next free number */
	slice_t public_key; /* HS_PUBKEY data (codec/handle/key.h), or empty */
	slice_t service;    /* a handle with HS_SITE values that serves it, or empty */
	addr_t site;        /* the enterprise's own node; port 0: this node keeps its names */
} application_form_t;

typedef struct application_step application_step_t;
struct application_step {
	application_step_t *next;
	office_step_t step;
	int64_t utc_ns;
	slice_t who, reason;
	uint8_t memory[];
};

typedef struct {
	uint64_t number; /* from 1 */
	application_form_t form;
	application_state_t state;
	char prefix[METER_PREFIX_BYTES + 1]; /* allotted, or "" */
	bool is_made;                        /* its record is there */
	bool is_sending;
	application_step_t *first, *last;
	size_t step_count;
	uint8_t *memory; /* what the form borrows */
} application_t;

const char *application_state_name(application_state_t state);
/* OFFICE_STEP_COUNT when unknown. */
office_step_t office_step_parse(slice_t word);
const char *office_step_name(office_step_t step);

/* Who asks, and who is told on the office's loop when it is durable, or what broke it;
 * never from within the call. `number` is the application's, or 0. */
typedef struct {
	caller_t caller;
	void (*done)(void *ctx, err_t err, uint64_t number);
	void *ctx;
} office_ask_t;

/* The i-th from 0 in the order of their numbers, or NULL; the one of this number. They
 * live until the office is closed. */
const application_t *office_application_at(const office_t *office, size_t i);
const application_t *office_application(const office_t *office, uint64_t number);
/* The application a prefix was allotted to, or NULL. */
const application_t *office_holder(const office_t *office, slice_t prefix);
size_t office_count(const office_t *office, application_state_t state);
/* It waits for somebody of the office, and longer than it should. */
bool office_waits(const application_t *application);
bool office_overdue(const office_t *office, const application_t *application);

/* Any caller of ROLE_OPERATOR. ERR_INVALID with the field in the detail, ERR_EXISTS (the
 * wanted prefix is given), ERR_CONFLICT (not under a prefix of the same organisation),
 * ERR_DENIED, ERR_LIMIT, ERR_BUSY, or why the journal takes no more. */
MUST_CHECK err_t office_apply(office_t *office, const application_form_t *form,
                              const office_ask_t *ask, err_detail_t *ret_detail);

typedef struct {
	uint64_t number;
	office_step_t step;
	slice_t reason;
	meter_limits_t limits; /* of APPROVE */
} office_decision_t;

/* ROLE_ENGINEER with a scope that holds the node's own prefix. ERR_NOT_FOUND,
 * ERR_CONFLICT (not from its present state), else as office_apply. The end of an
 * approval is that the record of the prefix is there. */
MUST_CHECK err_t office_decide(office_t *office, const office_decision_t *decision,
                               const office_ask_t *ask, err_detail_t *ret_detail);

/* Prefixes. */

/* Rows of all that are counted, the node's own first: meter_at of this. */
const meter_t *office_usage(const office_t *office);
/* ROLE_ENGINEER as above; ERR_NOT_FOUND when not allotted here. */
MUST_CHECK err_t office_limit(office_t *office, slice_t prefix, const meter_limits_t *limits,
                              const office_ask_t *ask, err_detail_t *ret_detail);
/* Makes a secret (HS_SECKEY, index 301) for a prefix whose record has neither key nor
 * secret, once. `ret_secret` is to be told when the ask is done and never again.
 * ERR_EXISTS, ERR_NOT_FOUND, ERR_CONFLICT (its record is not made yet). */
MUST_CHECK err_t office_secret(office_t *office, slice_t prefix, const office_ask_t *ask,
                               char ret_secret[OFFICE_SECRET_TEXT], err_detail_t *ret_detail);

/* Templates (template.h). */

const template_t *office_template_at(const office_t *office, size_t i);
const template_t *office_template(const office_t *office, slice_t prefix, slice_t version);
/* ROLE_ENGINEER and a scope that holds the prefix, which is counted here. Replaces one of
 * this version that no registration has used: ERR_CONFLICT else. */
MUST_CHECK err_t office_template_put(office_t *office, const template_t *form,
                                     const office_ask_t *ask, err_detail_t *ret_detail);
/* ERR_NOT_FOUND, ERR_CONFLICT when used. */
MUST_CHECK err_t office_template_remove(office_t *office, slice_t prefix, slice_t version,
                                        const office_ask_t *ask, err_detail_t *ret_detail);

/* Holds a registration against its template and writes its values in Handle encoding:
 * the items, TEMPLATE at 1001, HS_ADMIN at 100. Marks the template as used and holds the
 * values that must be unique. ERR_INVALID with the faults. */
MUST_CHECK err_t office_compose(office_t *office, const registration_form_t *form, writer_t *w,
                                uint32_t *ret_count, template_faults_t *ret_faults);
#endif
