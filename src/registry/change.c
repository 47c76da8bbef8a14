/* SPDX-License-Identifier: Apache-2.0 */
/* Changing. A change is checked against the view and what is already in flight for
 * its name, so that two changes to one name that share a sync build on one another.
 * One journal record is the truth of each; the event beside it is for people. The
 * answer goes out when the view shows the change, which is after it is durable. */
#include "registry/entry/entry.h"
#include "registry/permit.h"
#include "registry/lifecycle.h"
#include "registry/state.h"

#include <stdlib.h>

#include "codec/handle/name.h"
#include "journal/event_log.h"

enum { PARKED_MAX = 64 };
static const int64_t PARKED_NS = 12 * NS_PER_S;
static const int64_t PARKED_TURN_NS = NS_PER_S;

typedef struct {
	bool is_homing;
	role_t role; /* of who need not be an identity */
	compose_kind_t compose;
	message_t message;
} verb_t;

static const verb_t verbs[REGISTRY_VERB_COUNT] = {
	[REGISTRY_CREATE] = { .role = ROLE_ENGINEER,
	                      .compose = COMPOSE_ALL,
	                      .message = MSG_RECORD_CREATED },
	[REGISTRY_REPLACE] = { .role = ROLE_ENGINEER,
	                       .compose = COMPOSE_ALL,
	                       .message = MSG_RECORD_CHANGED },
	[REGISTRY_MERGE] = { .role = ROLE_ENGINEER,
	                     .compose = COMPOSE_MERGE,
	                     .message = MSG_RECORD_CHANGED },
	[REGISTRY_UNMERGE] = { .role = ROLE_ENGINEER,
	                       .compose = COMPOSE_SUBTRACT,
	                       .message = MSG_RECORD_CHANGED },
	[REGISTRY_REMOVE] = { .role = ROLE_ENGINEER, .message = MSG_RECORD_DELETED },
	[REGISTRY_ADD] = { .role = ROLE_ENGINEER,
	                   .compose = COMPOSE_ADD,
	                   .message = MSG_RECORD_CHANGED },
	[REGISTRY_MODIFY] = { .role = ROLE_ENGINEER,
	                      .compose = COMPOSE_MODIFY,
	                      .message = MSG_RECORD_CHANGED },
	[REGISTRY_HOME] = { .is_homing = true, .role = ROLE_ADMIN, .message = MSG_PREFIX_HOMED },
	[REGISTRY_UNHOME] = { .is_homing = true,
	                      .role = ROLE_ADMIN,
	                      .message = MSG_PREFIX_UNHOMED },
	[REGISTRY_STATE] = { .role = ROLE_ENGINEER, .message = MSG_RECORD_STATE },
	[REGISTRY_RESTORE] = { .role = ROLE_ADMIN, .message = MSG_RECORD_RESTORED },
};

/* Memory and limits. */

static bool reserve(registry_t *r, size_t bytes)
{
	bool fits = atomic_fetch_add(&r->in_flight, 1) < REGISTRY_IN_FLIGHT &&
	            atomic_load(&r->in_flight_bytes) < REGISTRY_IN_FLIGHT_BYTES;
	if (!fits)
		atomic_fetch_sub(&r->in_flight, 1);
	else
		atomic_fetch_add(&r->in_flight_bytes, bytes);
	metric_set(&r->metrics, REGISTRY_METRIC_IN_FLIGHT, atomic_load(&r->in_flight));
	metric_add(&r->metrics, REGISTRY_METRIC_BUSY, !fits);
	return fits;
}

static void release(registry_t *r, size_t bytes)
{
	atomic_fetch_sub(&r->in_flight_bytes, bytes);
	atomic_fetch_sub(&r->in_flight, 1);
	metric_set(&r->metrics, REGISTRY_METRIC_IN_FLIGHT, atomic_load(&r->in_flight));
}

static void pending_free(registry_t *r, pending_t *p)
{
	if (!p)
		return;
	release(r, p->bytes);
	free(p->after_bytes);
	free(p);
}

static size_t change_bytes(const registry_change_t *change)
{
	return change->name.len + change->values.len + change->caller.subject.len +
	       change->caller.scope.len;
}

static slice_t keep(slice_t s, writer_t *w)
{
	size_t at = w->len;
	wr_bytes(w, s);
	return slice_from(writer_done(w), at);
}

static pending_t *pending_new(const registry_change_t *change, env_mailbox_t *reply, void *ctx)
{
	size_t bytes = change_bytes(change);
	pending_t *p = calloc(1, sizeof(*p) + bytes);
	if (!p)
		return NULL;
	writer_t w = writer_of(p->memory, bytes);
	p->asked = *change;
	p->asked.name = keep(change->name, &w);
	p->asked.values = keep(change->values, &w);
	p->asked.caller.subject = keep(change->caller.subject, &w);
	p->asked.caller.scope = keep(change->caller.scope, &w);
	p->reply = reply;
	p->ctx = ctx;
	p->bytes = bytes;
	return p;
}

static err_t send(registry_t *registry, const registry_change_t *change, bool only_looks,
                  env_mailbox_t *reply, void *ctx)
{
	enum { CALLER_MAX = 4096 };
	if (change->name.len > RECORD_NAME_MAX || change->values.len > RECORD_BYTES_MAX ||
	    change->caller.subject.len + change->caller.scope.len > CALLER_MAX)
		return ERR_TOO_BIG;
	size_t bytes = change_bytes(change);
	if (!reserve(registry, bytes))
		return ERR_BUSY;
	pending_t *p = pending_new(change, reply, ctx);
	if (!p) {
		release(registry, bytes);
		return ERR_NO_MEMORY;
	}
	p->only_looks = only_looks;
	if (env_mailbox_put(registry->inbox, &p))
		return ERR_OK;
	pending_free(registry, p);
	return ERR_BUSY;
}

err_t registry_change(registry_t *registry, const registry_change_t *change, env_mailbox_t *reply,
                      void *ctx)
{
	return send(registry, change, false, reply, ctx);
}

err_t registry_await_groups(registry_t *registry, const caller_t *caller, slice_t name,
                            env_mailbox_t *reply, void *ctx)
{
	registry_change_t look = { .verb = REGISTRY_MODIFY, .name = name, .caller = *caller };
	return send(registry, &look, true, reply, ctx);
}

/* Checks. */

/* A description of a prefix (0.NA/99.100.1) is in the scope that holds the prefix. */
static bool scope_holds(const caller_t *caller, slice_t name)
{
	slice_t described = handle_name_described_prefix(name);
	return caller_holds(caller, described.len ? described : name);
}

/* What can be said without the record: an identity's rights are in records. */
err_t registry_check_caller(registry_t *r, const caller_t *caller, slice_t name)
{
	handle_name_t parts;
	registry_identity_t identity;
	if (r->failed)
		return r->failed;
	if (!registry_identity_of(caller, &identity) &&
	    (caller->role < ROLE_ENGINEER || !scope_holds(caller, name)))
		return ERR_DENIED;
	if (handle_name_split(name, &parts) != CODEC_OK || parts.suffix.len == 0)
		return ERR_INVALID;
	return registry_serves(r, name) ? ERR_OK : ERR_UNAVAILABLE;
}

static err_t check(registry_t *r, const registry_change_t *asked)
{
	handle_name_t parts;
	registry_identity_t identity;
	/* A full disk may have room by now, and damage be mended. */
	if ((r->failed || atomic_load(&r->is_damaged)) && registry_apply(r))
		return r->failed;
	if (asked->verb >= REGISTRY_VERB_COUNT)
		return ERR_INVALID;
	const verb_t *verb = &verbs[asked->verb];
	if (!registry_identity_of(&asked->caller, &identity) &&
	    (asked->caller.role < verb->role || !scope_holds(&asked->caller, asked->name)))
		return ERR_DENIED;
	if (handle_name_split(asked->name, &parts) != CODEC_OK || parts.suffix.len == 0)
		return ERR_INVALID;
	if (verb->is_homing)
		return handle_name_described_prefix(asked->name).len > 0 ? ERR_OK : ERR_INVALID;
	return registry_serves(r, asked->name) ? ERR_OK : ERR_UNAVAILABLE;
}

/* The name of the record that the change is one of. */
static slice_t target_of(const registry_change_t *asked)
{
	return verbs[asked->verb].is_homing ? homed_record_name() : asked->name;
}

/* The record as it will be once all that is in flight is applied. */
static err_t latest(registry_t *r, slice_t folded, writer_t *room, record_t *ret_record)
{
	pending_t *const *over = table_get(r->overlay, folded);
	if (!over) {
		err_t err = registry_store_get(r->store, folded, room, ret_record);
		registry_note_damage(r, err);
		return err;
	}
	*ret_record = (*over)->after;
	ret_record->last = (record_change_t){ .seq = (*over)->seq };
	return ERR_OK;
}

/* Asks the keeper of the prefix. */
static err_t take_quota(const registry_t *r, pending_t *p)
{
	const prefix_meter_t *meter = &r->meter;
	bool is_new = p->created || p->asked.verb == REGISTRY_RESTORE;
	/* Removing is free: it makes room. */
	if (!meter->take || p->asked.verb == REGISTRY_REMOVE)
		return ERR_OK;
	quota_t quota = meter->take(meter->ctx, p->asked.name, is_new);
	p->is_taken = is_new && !quota;
	p->code = quota ? registry_quota_code(quota) : 0;
	return quota ? ERR_LIMIT : ERR_OK;
}

static void give_back(const registry_t *r, pending_t *p)
{
	if (p->is_taken)
		r->meter.give_back(r->meter.ctx, p->asked.name);
	p->is_taken = false;
}

/* Keeps what the name will be, for changes that come before it is applied. */
static err_t keep_after(registry_t *r, pending_t *p, const record_t *after)
{
	size_t bytes = after->name.len + after->values.len;
	p->after_bytes = malloc(bytes);
	if (!p->after_bytes)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(p->after_bytes, bytes);
	p->after = *after;
	p->after.name = keep(after->name, &w);
	p->after.values = keep(after->values, &w);
	p->bytes += bytes;
	atomic_fetch_add(&r->in_flight_bytes, bytes);
	return ERR_OK;
}

/* Permission: asked of the same state that the change is made to, so that nothing
 * can come between. */

typedef struct {
	registry_t *registry;
	writer_t *room;
} sight_t;

static err_t look_up(void *ctx, slice_t name, record_t *ret_record)
{
	uint8_t folded_bytes[RECORD_NAME_MAX];
	const sight_t *sight = ctx;
	slice_t folded;
	if (handle_name_fold(name, folded_bytes, &folded) != CODEC_OK)
		return ERR_INVALID;
	err_t err = latest(sight->registry, folded, sight->room, ret_record);
	return !err && !registry_state_answers(ret_record->state) ? ERR_NOT_FOUND : err;
}

static err_t judge(const caller_t *caller, const registry_deed_t *deed,
                   const registry_permit_t *permit, uint32_t *ret_code)
{
	registry_identity_t identity;
	if (!registry_identity_of(caller, &identity))
		return ERR_OK;
	handle_response_t code = registry_permit_deed(permit, &identity, deed);
	if (code == HANDLE_RC_OK)
		return ERR_OK;
	*ret_code = code;
	return ERR_DENIED;
}

err_t registry_check_identity(registry_t *r, const caller_t *caller, const registry_deed_t *deed,
                              writer_t *room, uint32_t *ret_code)
{
	sight_t sight = { r, room };
	groups_look_t look = { .asks = false };
	registry_permit_t permit = { look_up, &sight, r, &look };
	return judge(caller, deed, &permit, ret_code);
}

static bool is_overdue(const registry_t *r, const pending_t *p)
{
	return p->judged_by_ns != 0 && env_now(r->env) >= p->judged_by_ns;
}

static err_t permit(registry_t *r, pending_t *p, writer_t *room, const record_t *base)
{
	sight_t sight = { r, room };
	groups_look_t look = { .asks = !is_overdue(r, p) };
	registry_permit_t permit = { look_up, &sight, r, &look };
	registry_deed_t deed = { .verb = p->asked.verb,
		                 .name = p->asked.name,
		                 .base = p->created ? NULL : base,
		                 .needed = r->compose.needed,
		                 .read_only = r->compose.read_only };
	err_t err = judge(&p->asked.caller, &deed, &permit, &p->code);
	p->awaits = err && look.awaits && look.asks;
	metric_add(&r->metrics, REGISTRY_METRIC_GROUPS_SILENT,
	           err && !p->awaits && p->code == HANDLE_RC_AUTH_UNABLE);
	return err;
}

static err_t compose(registry_t *r, pending_t *p, const record_t *base, record_t *ret_after)
{
	const verb_t *verb = &verbs[p->asked.verb];
	compose_t *room = &r->compose;
	room->now_s = (uint32_t)(env_utc(r->env).ns / NS_PER_S);
	room->keeps_times = false;
	room->needed = 0;
	room->read_only = 0;
	if (verb->is_homing)
		return homed_compose(room, base, handle_name_described_prefix(p->asked.name),
		                     p->asked.verb == REGISTRY_HOME, ret_after);
	err_t err = registry_compose(room, verb->compose, base, &p->asked, ret_after);
	p->overwrote = !p->created && (verb->compose == COMPOSE_ALL || room->overwrote);
	p->index = err ? room->index : 0;
	return err;
}

static err_t prepare(registry_t *r, pending_t *p, slice_t folded)
{
	writer_t room = writer_of(r->room, sizeof(r->room));
	record_t base = { .name = target_of(&p->asked) }, after = { 0 };
	record_state_t state = RECORD_ACTIVE;
	err_t err = latest(r, folded, &room, &base);
	if (err && err != ERR_NOT_FOUND)
		return err;
	p->created = err == ERR_NOT_FOUND;
	p->was = base.state;
	err = registry_state_after(&p->asked, p->created ? NULL : &base, &state);
	if (err)
		return err;
	err = compose(r, p, &base, &after);
	after.name = base.name;
	after.state = state;
	p->before = base.last;
	if (!err)
		err = permit(r, p, &room, &base);
	if (!err)
		err = take_quota(r, p);
	return err ? err : keep_after(r, p, &after);
}

/* Journal. */

static void tell(registry_t *r, const pending_t *p)
{
	const verb_t *verb = &verbs[p->asked.verb];
	bool is_new = p->created && !verb->is_homing;
	message_t message = is_new ? MSG_RECORD_CREATED : verb->message;
	event_t event = event_make(message, (node_time_t){ env_utc(r->env).ns });
	event_arg(&event, ARG_IDENT, value_text(verb->is_homing ? p->asked.name : p->after.name));
	event_arg(&event, ARG_SUBJECT, value_text(p->asked.caller.subject));
	event_arg(&event, ARG_ROLE, value_text(slice_str(role_name(p->asked.caller.role))));
	if (message == MSG_RECORD_STATE)
		event_arg(&event, ARG_STATE,
		          value_text(slice_str(record_state_name(p->after.state))));
	metric_add(&r->metrics, REGISTRY_METRIC_EVENTS_LOST,
	           event_append(r->journal, &event) != ERR_OK);
}

static slice_t write_entry(registry_t *r, const pending_t *p, writer_t *w)
{
	registry_entry_t entry = {
		.verb = (uint8_t)p->asked.verb,
		.role = p->asked.caller.role,
		.subject = p->asked.caller.subject,
		.request_id = p->asked.caller.request_id,
		.utc_ns = env_utc(r->env).ns,
		.before = p->before,
		.record = p->after,
	};
	registry_entry_write(&entry, w);
	return writer_done(w);
}

static err_t append(registry_t *r, pending_t *p)
{
	writer_t w = writer_of(r->record, sizeof(r->record));
	slice_t payload = write_entry(r, p, &w);
	journal_type_t type = p->after.state == RECORD_DELETED ? JOURNAL_REGISTRY_REMOVE
	                                                       : JOURNAL_REGISTRY_PUT;
	if (w.bad)
		return ERR_TOO_BIG;
	err_t err = journal_append(r->journal, type, &payload, 1, &p->seq);
	return err == ERR_LIMIT ? ERR_BUSY : err; /* its buffer is full until the next sync */
}

static void answer(registry_t *r, pending_t *p, err_t err)
{
	registry_result_t result = {
		.err = err,
		.created = !err && p->created,
		.overwrote = !err && p->overwrote,
		.state = p->was,
		.seq = err ? 0 : p->seq,
		.code = err ? p->code : 0,
		.index = err ? p->index : 0,
		.ctx = p->ctx,
	};
	if (err)
		give_back(r, p);
	else if (p->asked.verb == REGISTRY_REMOVE && r->meter.removed)
		r->meter.removed(r->meter.ctx, p->asked.name);
	metric_add(&r->metrics, err ? REGISTRY_METRIC_REFUSED : REGISTRY_METRIC_CHANGES,
	           !p->only_looks);
	metric_add(&r->metrics, REGISTRY_METRIC_REPLIES_LOST, !env_mailbox_put(p->reply, &result));
	pending_free(r, p);
}

/* Drops what was prepared, so that it can be prepared again later. */
static void unprepare(registry_t *r, pending_t *p)
{
	size_t bytes = p->after.name.len + p->after.values.len;
	p->bytes -= bytes;
	atomic_fetch_sub(&r->in_flight_bytes, bytes);
	free(p->after_bytes);
	p->after_bytes = NULL;
	p->after = (record_t){ 0 };
	give_back(r, p);
}

static bool is_full(registry_t *r)
{
	return r->first && atomic_load(&r->in_flight_bytes) > REGISTRY_IN_FLIGHT_BYTES;
}

static void queue(registry_t *r, pending_t *p)
{
	*r->last = p;
	r->last = &p->next;
}

/* The change takes its name's place in the overlay once the journal has it. */
static err_t commit(registry_t *r, pending_t *p, slice_t folded)
{
	pending_t **over = NULL;
	err_t err = table_put(r->overlay, folded, (void **)&over, NULL);
	if (err)
		return err;
	err = append(r, p);
	if (!err) {
		*over = p;
		return ERR_OK;
	}
	unprepare(r, p);
	if (!*over)
		(void)table_remove(r->overlay, folded);
	return err;
}

/* ERR_BUSY: no room until something in flight is durable. */
static err_t admit(registry_t *r, pending_t *p)
{
	uint8_t folded_bytes[RECORD_NAME_MAX];
	slice_t folded;
	err_t err = check(r, &p->asked);
	p->awaits = false;
	p->code = 0;
	if (!err && handle_name_fold(target_of(&p->asked), folded_bytes, &folded) != CODEC_OK)
		err = ERR_INVALID;
	if (!err && is_full(r))
		return ERR_BUSY;
	if (!err)
		err = prepare(r, p, folded);
	if (!err)
		err = commit(r, p, folded);
	if (err)
		return err;
	queue(r, p);
	tell(r, p);
	return ERR_OK;
}

/* Has the groups that the record of a pending look names found out. */
static err_t look_for_groups(registry_t *r, pending_t *p)
{
	uint8_t folded_bytes[RECORD_NAME_MAX];
	slice_t folded;
	registry_identity_t who;
	record_t record = { .count = 0 };
	writer_t room = writer_of(r->room, sizeof(r->room));
	sight_t sight = { r, &room };
	groups_look_t look = { .asks = !is_overdue(r, p) };
	registry_permit_t permit = { look_up, &sight, r, &look };
	p->awaits = false;
	if (!registry_identity_of(&p->asked.caller, &who) ||
	    handle_name_fold(p->asked.name, folded_bytes, &folded) != CODEC_OK)
		return ERR_OK;
	(void)!latest(r, folded, &room, &record);
	if (!registry_is_admin(&permit, &who))
		(void)registry_rights(&permit, &who, &record);
	p->awaits = look.awaits && look.asks;
	return p->awaits ? ERR_DENIED : ERR_OK;
}

/* Waiting for groups of elsewhere. Each look finds what it needs one step further, so a
 * change is parked a few times at most, and in all for PARKED_NS. */

static void hold(registry_t *r, pending_t *p)
{
	p->next = r->parked;
	r->parked = p;
	r->parked_count++;
	metric_set(&r->metrics, REGISTRY_METRIC_PARKED, (int64_t)r->parked_count);
	env_timer_set(r->parked_timer, PARKED_TURN_NS);
}

static void park(registry_t *r, pending_t *p)
{
	if (r->parked_count == PARKED_MAX) {
		metric_add(&r->metrics, REGISTRY_METRIC_PARKED_FULL, 1);
		p->code = HANDLE_RC_AUTH_UNABLE;
		answer(r, p, p->only_looks ? ERR_OK : ERR_DENIED);
		return;
	}
	if (p->judged_by_ns == 0) {
		p->judged_by_ns = env_now(r->env) + PARKED_NS;
		metric_add(&r->metrics, REGISTRY_METRIC_GROUPS_ASKED, 1);
	}
	hold(r, p);
	groups_ask(&r->groups);
}

/* False: there is no room until something in flight is durable. */
static bool settle(registry_t *r, pending_t *p)
{
	err_t err = p->only_looks ? look_for_groups(r, p) : admit(r, p);
	if (err == ERR_BUSY)
		return false;
	if (err && p->awaits)
		park(r, p);
	else if (err || p->only_looks)
		answer(r, p, err);
	return true;
}

void registry_take_changes(void *ctx)
{
	registry_t *r = ctx;
	while (!r->bulk && (r->stalled || env_mailbox_take(r->inbox, &r->stalled))) {
		pending_t *p = r->stalled;
		if (!settle(r, p))
			return;
		r->stalled = NULL;
	}
}

/* All of them again; who cannot be settled yet is parked anew. */
static void retry_parked(registry_t *r)
{
	pending_t *p = r->bulk ? NULL : r->parked;
	if (!p)
		return;
	r->parked = NULL;
	r->parked_count = 0;
	metric_set(&r->metrics, REGISTRY_METRIC_PARKED, 0);
	while (p) {
		pending_t *next = p->next;
		p->next = NULL;
		if (!settle(r, p))
			hold(r, p);
		p = next;
	}
}

void registry_take_groups(void *ctx)
{
	registry_t *r = ctx;
	(void)groups_take(&r->groups);
	groups_ask(&r->groups);
	retry_parked(r);
}

void registry_on_parked(void *ctx)
{
	registry_t *r = ctx;
	groups_ask(&r->groups);
	retry_parked(r);
	if (r->parked)
		env_timer_set(r->parked_timer, PARKED_TURN_NS);
}

void registry_elsewhere_set(registry_t *registry, const registry_elsewhere_t *elsewhere)
{
	groups_lock(&registry->groups);
	registry->groups.elsewhere = *elsewhere;
	groups_unlock(&registry->groups);
}

static pending_t *unlink_first(registry_t *r)
{
	uint8_t folded_bytes[RECORD_NAME_MAX];
	pending_t *p = r->first;
	slice_t folded;
	r->first = p->next;
	if (!r->first)
		r->last = &r->first;
	if (handle_name_fold(target_of(&p->asked), folded_bytes, &folded) != CODEC_OK)
		return p;
	pending_t *const *over = table_get(r->overlay, folded);
	if (over && *over == p)
		(void)table_remove(r->overlay, folded);
	return p;
}

void registry_take_durable(void *ctx)
{
	registry_t *r = ctx;
	uint64_t durable;
	while (env_mailbox_take(r->durable, &durable))
		;
	err_t err = registry_apply(r);
	if (!err)
		err = journal_state(r->journal);
	while (r->first && r->first->seq <= r->mark.at.seq) {
		pending_t *p = unlink_first(r);
		if (verbs[p->asked.verb].is_homing)
			metric_set(&r->metrics, REGISTRY_METRIC_HOMED_FAILED,
			           homed_load(&r->homed, &p->after) != ERR_OK);
		answer(r, p, ERR_OK);
	}
	while (r->first && err)
		answer(r, unlink_first(r), err);
	registry_bulk_turn(r);
	registry_take_changes(r);
}

void registry_drop_changes(registry_t *registry)
{
	pending_t *p = NULL;
	while (registry->first)
		pending_free(registry, unlink_first(registry));
	while (registry->parked) {
		p = registry->parked;
		registry->parked = p->next;
		pending_free(registry, p);
	}
	pending_free(registry, registry->stalled);
	registry->stalled = NULL;
	while (registry->inbox && env_mailbox_take(registry->inbox, &p))
		pending_free(registry, p);
}
