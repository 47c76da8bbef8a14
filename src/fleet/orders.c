/* SPDX-License-Identifier: Apache-2.0 */
/* Orders live in a ring of slots; the token of a slot is what the links carry.
 * Only finished orders give their slot up. */
#include "fleet/orders.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/table.h"
#include "journal/event_log.h"
#include "journal/follow.h"

#define EXPIRES_MAX_NS (600 * NS_PER_S)

typedef enum {
	STEP_DONE,
	STEP_REQUESTED, /* waits for the journal, then is sent */
	STEP_WRITE,     /* waits for the device */
	STEP_READ,      /* waits for the read-back */
	STEP_FINAL,     /* waits for the journal, then is told */
} step_t;

typedef struct {
	command_order_t order;
	command_result_t result;
	step_t step;
	uint64_t wait_seq;
	env_mailbox_t *reply;
} slot_t;

struct orders {
	orders_spec_t spec;
	slot_t slots[COMMANDS_KEPT];
	table_t *by_id; /* id -> u32 slot */
	uint32_t next;
	uint32_t active[ORDERS_ACTIVE]; /* slots, in the order they came */
	size_t active_count;
};

static const char *const state_names[COMMAND_STATE_COUNT] = {
	[COMMAND_REQUESTED] = "requested", [COMMAND_OPERATED] = "operated",
	[COMMAND_VERIFIED] = "verified",   [COMMAND_REFUSED] = "refused",
	[COMMAND_EXPIRED] = "expired",     [COMMAND_FAILED] = "failed",
};

static const message_t final_messages[COMMAND_STATE_COUNT] = {
	[COMMAND_VERIFIED] = MSG_COMMAND_VERIFIED,
	[COMMAND_REFUSED] = MSG_COMMAND_REFUSED,
	[COMMAND_EXPIRED] = MSG_COMMAND_FAILED,
	[COMMAND_FAILED] = MSG_COMMAND_FAILED,
};

const char *command_state_name(command_state_t state)
{
	return state < COMMAND_STATE_COUNT ? state_names[state] : "unknown";
}

static int64_t utc(const orders_t *orders)
{
	return env_utc(orders->spec.env).ns;
}

static bool is_final(command_state_t state)
{
	return state != COMMAND_REQUESTED && state != COMMAND_OPERATED;
}

/* An asker that is gone or full reads the result by its id. */
static void answer(env_mailbox_t *reply, const command_result_t *result)
{
	(void)env_mailbox_put(reply, result);
}

/* Once: whoever was told does not wait any more. */
static void tell(slot_t *slot)
{
	if (slot->reply)
		answer(slot->reply, &slot->result);
	slot->reply = NULL;
}

static void leave(orders_t *orders, slot_t *slot)
{
	uint32_t index = (uint32_t)(slot - orders->slots);
	slot->step = STEP_DONE;
	size_t kept = 0;
	for (size_t i = 0; i < orders->active_count; i++)
		if (orders->active[i] != index)
			orders->active[kept++] = orders->active[i];
	orders->active_count = kept;
	tell(slot);
}

static void add_number(event_t *event, event_arg_key_t key, double number)
{
	if (!isnan(number))
		event_arg(event, key, value_f64(number));
}

static void add_text(event_t *event, event_arg_key_t key, const char *text)
{
	if (text[0])
		event_arg(event, key, value_text(slice_str(text)));
}

static event_t describe(const orders_t *orders, const slot_t *slot, message_t message)
{
	const point_t *point = catalogue_point(orders->spec.catalogue, slot->order.point);
	event_t event = event_make(message, (node_time_t){ utc(orders) });
	event.source.ns = event.node.ns;
	event.point = slot->order.point;
	event.device = point ? point->device : 0;
	add_text(&event, ARG_COMMAND, slot->order.id);
	add_text(&event, ARG_SUBJECT, slot->order.subject);
	add_text(&event, ARG_ROLE, role_name(slot->order.role));
	add_text(&event, ARG_POINT, point ? point->name : "");
	add_text(&event, ARG_IDENT, point ? point->ident : "");
	add_text(&event, ARG_UNIT, point ? point->unit : "");
	add_text(&event, ARG_STATE, command_state_name(slot->result.state));
	add_number(&event, ARG_NEW, slot->order.value);
	add_number(&event, ARG_OLD, slot->result.old_value);
	add_number(&event, ARG_READ_BACK, slot->result.read_back);
	add_number(&event, ARG_TOLERANCE, point ? point->write.tolerance : NAN);
	event_arg(&event, ARG_EXPIRES, value_i64(slot->order.expires_ns));
	if (slot->result.err)
		add_text(&event, ARG_REASON, err_info(slot->result.err)->text[LANG_EN]);
	return event;
}

/* Journals the step; *ret_seq is 0 when the journal takes no more. */
static err_t note(orders_t *orders, const slot_t *slot, message_t message, uint64_t *ret_seq)
{
	event_t event = describe(orders, slot, message);
	err_t err = event_append(orders->spec.journal, &event);
	*ret_seq = err ? 0 : event.seq;
	return err;
}

/* What the journal did not take did not happen, as far as anybody is told. */
static void fail(orders_t *orders, slot_t *slot, err_t why)
{
	slot->result.state = COMMAND_FAILED;
	slot->result.err = why;
	leave(orders, slot);
}

static void finish(orders_t *orders, slot_t *slot, command_state_t state, err_t why)
{
	slot->result.state = state;
	slot->result.err = why;
	err_t err = note(orders, slot, final_messages[state], &slot->result.final_seq);
	if (err) {
		fail(orders, slot, err);
		return;
	}
	slot->step = STEP_FINAL;
	slot->wait_seq = slot->result.final_seq;
}

static err_t judge_body(const orders_t *orders, const command_order_t *order)
{
	const point_t *point = catalogue_point(orders->spec.catalogue, order->point);
	if (!point)
		return ERR_NOT_FOUND;
	if (!point->write.enabled || order->role < point->write.role)
		return ERR_DENIED;
	/* Written so that NaN is refused too. */
	if (!(order->value >= point->write.limits.low && order->value <= point->write.limits.high))
		return ERR_INVALID;
	double nearest;
	return wire_nearest(point, order->value, &nearest);
}

static err_t judge(const orders_t *orders, const command_order_t *order)
{
	int64_t now = utc(orders);
	err_t err = judge_body(orders, order);
	if (err)
		return err;
	if (order->expires_ns <= now)
		return ERR_EXPIRED;
	return order->expires_ns > now + EXPIRES_MAX_NS ? ERR_INVALID : ERR_OK;
}

static slot_t *find(orders_t *orders, const char *id)
{
	const uint32_t *index = table_get(orders->by_id, slice_str(id));
	return index ? &orders->slots[*index] : NULL;
}

static double last_number(const orders_t *orders, point_id_t point)
{
	sample_t sample;
	double number;
	if (!last_value_get(orders->spec.last_values, point, &sample) ||
	    !value_number(&sample.value, &number))
		return NAN;
	return number;
}

/* The next slot whose order is over, its old id forgotten. */
static slot_t *take_slot(orders_t *orders, const command_order_t *order)
{
	void *index;
	for (size_t tries = 0; tries < COMMANDS_KEPT; tries++) {
		slot_t *slot = &orders->slots[orders->next];
		orders->next = (orders->next + 1) % COMMANDS_KEPT;
		if (slot->step != STEP_DONE)
			continue;
		if (slot->order.id[0])
			table_remove(orders->by_id, slice_str(slot->order.id));
		*slot = (slot_t){ 0 };
		if (table_put(orders->by_id, slice_str(order->id), &index, NULL))
			return NULL;
		*(uint32_t *)index = (uint32_t)(slot - orders->slots);
		*slot = (slot_t){ .order = *order };
		memcpy(slot->result.id, order->id, sizeof(slot->result.id));
		slot->result.point = order->point;
		slot->result.requested = order->value;
		slot->result.old_value = last_number(orders, order->point);
		slot->result.read_back = NAN;
		return slot;
	}
	return NULL;
}

static void answer_at_once(const command_order_t *order, env_mailbox_t *reply, void *ctx,
                           command_state_t state, err_t err)
{
	command_result_t result = { .state = state,
		                    .err = err,
		                    .point = order->point,
		                    .requested = order->value,
		                    .old_value = NAN,
		                    .read_back = NAN,
		                    .ctx = ctx };
	memcpy(result.id, order->id, sizeof(result.id) - 1);
	answer(reply, &result);
}

static bool same_body(const command_order_t *a, const command_order_t *b)
{
	return a->point == b->point && slice_eq(slice_str(a->subject), slice_str(b->subject)) &&
	       value_eq(&(value_t){ .type = VALUE_F64, .as.f = a->value },
	                &(value_t){ .type = VALUE_F64, .as.f = b->value });
}

static void repeat(slot_t *slot, const command_order_t *order, env_mailbox_t *reply, void *ctx)
{
	if (!same_body(&slot->order, order)) {
		answer_at_once(order, reply, ctx, COMMAND_REFUSED, ERR_CONFLICT);
		return;
	}
	if (slot->step != STEP_DONE) {
		answer_at_once(order, reply, ctx, slot->result.state, ERR_BUSY);
		return;
	}
	command_result_t result = slot->result;
	result.repeated = true;
	result.ctx = ctx;
	answer(reply, &result);
}

static bool is_text(const char *text, size_t cap)
{
	return memchr(text, 0, cap) != NULL;
}

void orders_submit(orders_t *orders, const command_order_t *order, env_mailbox_t *reply, void *ctx)
{
	if (!is_text(order->id, COMMAND_ID_MAX) || !order->id[0] ||
	    !is_text(order->subject, COMMAND_SUBJECT_MAX)) {
		answer_at_once(order, reply, ctx, COMMAND_REFUSED, ERR_INVALID);
		return;
	}
	slot_t *slot = find(orders, order->id);
	if (slot) {
		repeat(slot, order, reply, ctx);
		return;
	}
	slot = orders->active_count < ORDERS_ACTIVE ? take_slot(orders, order) : NULL;
	if (!slot) {
		answer_at_once(order, reply, ctx, COMMAND_REFUSED, ERR_BUSY);
		return;
	}
	orders->active[orders->active_count++] = (uint32_t)(slot - orders->slots);
	slot->reply = reply;
	slot->result.ctx = ctx;
	err_t err = judge(orders, order);
	if (err) {
		finish(orders, slot, err == ERR_EXPIRED ? COMMAND_EXPIRED : COMMAND_REFUSED, err);
		return;
	}
	slot->result.state = COMMAND_REQUESTED;
	err = note(orders, slot, MSG_COMMAND_REQUESTED, &slot->result.requested_seq);
	slot->wait_seq = slot->result.requested_seq;
	slot->step = STEP_REQUESTED;
	if (err)
		fail(orders, slot, err);
}

static void send(orders_t *orders, slot_t *slot, bool read)
{
	driver_order_t order = {
		.read = read,
		.point = catalogue_point(orders->spec.catalogue, slot->order.point),
		.value = slot->order.value,
		.token = (uint64_t)(slot - orders->slots),
	};
	if (!read)
		order.not_after_ns = env_now(orders->spec.env) + slot->order.expires_ns -
		                     utc(orders);
	slot->step = read ? STEP_READ : STEP_WRITE;
	err_t err = orders->spec.send(orders->spec.ctx, &order);
	if (err)
		finish(orders, slot, COMMAND_FAILED, err);
}

/* The wire shows the nearest value, so that is what the sentry will ask for. */
static err_t enter_ledger(const orders_t *orders, const slot_t *slot)
{
	const point_t *point = catalogue_point(orders->spec.catalogue, slot->order.point);
	double nearest;
	err_t err = wire_nearest(point, slot->order.value, &nearest);
	return err ? err : ledger_add(orders->spec.ledger, point->id, nearest, utc(orders));
}

static void operate(orders_t *orders, slot_t *slot)
{
	if (slot->order.no_wait)
		tell(slot);
	if (slot->order.expires_ns <= utc(orders)) {
		finish(orders, slot, COMMAND_EXPIRED, ERR_EXPIRED);
		return;
	}
	slot->result.old_value = last_number(orders, slot->order.point);
	err_t err = enter_ledger(orders, slot);
	if (err)
		finish(orders, slot, COMMAND_FAILED, err);
	else
		send(orders, slot, false);
}

static void wake(orders_t *orders, slot_t *slot, uint64_t seq)
{
	bool waits = slot->step == STEP_REQUESTED || slot->step == STEP_FINAL;
	if (!waits)
		return;
	if (slot->wait_seq > seq) {
		if (journal_state(orders->spec.journal))
			fail(orders, slot, ERR_IO);
		return;
	}
	if (slot->step == STEP_REQUESTED)
		operate(orders, slot);
	else
		leave(orders, slot);
}

void orders_durable(orders_t *orders, uint64_t seq)
{
	uint32_t active[ORDERS_ACTIVE];
	size_t count = orders->active_count;
	/* Orders leave the list as they end. */
	memcpy(active, orders->active, count * sizeof(active[0]));
	for (size_t i = 0; i < count; i++)
		wake(orders, &orders->slots[active[i]], seq);
}

void orders_reload(orders_t *orders, const catalogue_t *catalogue)
{
	uint32_t active[ORDERS_ACTIVE];
	size_t count = orders->active_count;
	memcpy(active, orders->active, count * sizeof(active[0]));
	orders->spec.catalogue = catalogue;
	for (size_t i = 0; i < count; i++) {
		slot_t *slot = &orders->slots[active[i]];
		err_t err = slot->step == STEP_REQUESTED ? judge_body(orders, &slot->order)
		                                         : ERR_OK;
		if (err)
			finish(orders, slot, COMMAND_REFUSED, err);
	}
}

static void check_read_back(orders_t *orders, slot_t *slot, value_t read_back)
{
	const point_t *point = catalogue_point(orders->spec.catalogue, slot->order.point);
	double number = NAN, nearest = NAN;
	if (value_number(&read_back, &number))
		slot->result.read_back = number;
	bool good = wire_nearest(point, slot->order.value, &nearest) == ERR_OK &&
	            fabs(number - nearest) <= point->write.tolerance + 1e-9 * fabs(nearest);
	finish(orders, slot, good ? COMMAND_VERIFIED : COMMAND_FAILED,
	       good ? ERR_OK : ERR_CONFLICT);
}

void orders_answer(orders_t *orders, uint64_t token, err_t err, value_t read_back)
{
	assert(token < COMMANDS_KEPT);
	slot_t *slot = &orders->slots[token];
	uint64_t seq;
	assert(slot->step == STEP_WRITE || slot->step == STEP_READ);
	if (err) {
		bool never_sent = err == ERR_EXPIRED && slot->step == STEP_WRITE;
		finish(orders, slot, never_sent ? COMMAND_EXPIRED : COMMAND_FAILED, err);
		return;
	}
	if (slot->step == STEP_READ) {
		check_read_back(orders, slot, read_back);
		return;
	}
	slot->result.state = COMMAND_OPERATED;
	err = note(orders, slot, MSG_COMMAND_OPERATED, &seq);
	if (err)
		finish(orders, slot, COMMAND_FAILED, err);
	else
		send(orders, slot, true);
}

static double arg_number(const event_t *event, event_arg_key_t key)
{
	const value_t *value = event_arg_get(event, key);
	double number;
	return value && value_number(value, &number) ? number : NAN;
}

static command_state_t state_of(const event_t *event)
{
	const value_t *state = event_arg_get(event, ARG_STATE);
	for (size_t i = 0; state && state->type == VALUE_TEXT && i < COMMAND_STATE_COUNT; i++)
		if (slice_eq(state->as.text, slice_str(state_names[i])))
			return (command_state_t)i;
	return COMMAND_FAILED;
}

/* The error whose text stands in the event. */
static err_t reason_of(const event_t *event)
{
	const value_t *reason = event_arg_get(event, ARG_REASON);
	if (!reason || reason->type != VALUE_TEXT)
		return ERR_OK;
	for (int err = ERR_OK; err < ERR_COUNT; err++)
		if (slice_eq(reason->as.text, slice_str(err_info((err_t)err)->text[LANG_EN])))
			return (err_t)err;
	return ERR_INTERNAL;
}

static void replay_event(orders_t *orders, const event_t *event)
{
	const value_t *id = event_arg_get(event, ARG_COMMAND);
	command_order_t order = { .point = event->point, .value = arg_number(event, ARG_NEW) };
	if (!id || id->type != VALUE_TEXT || !slice_to_cstr(id->as.text, order.id, COMMAND_ID_MAX))
		return;
	slot_t *slot = find(orders, order.id);
	if (!slot)
		slot = take_slot(orders, &order);
	if (!slot)
		return;
	command_state_t state = state_of(event);
	const value_t *subject = event_arg_get(event, ARG_SUBJECT);
	if (subject && subject->type == VALUE_TEXT)
		(void)slice_to_cstr(subject->as.text, slot->order.subject, COMMAND_SUBJECT_MAX);
	slot->result.state = state;
	slot->result.err = reason_of(event);
	slot->result.old_value = arg_number(event, ARG_OLD);
	slot->result.read_back = arg_number(event, ARG_READ_BACK);
	if (state == COMMAND_REQUESTED)
		slot->result.requested_seq = event->seq;
	if (is_final(state))
		slot->result.final_seq = event->seq;
}

static bool is_command(message_t message)
{
	return message_info(message)->class == EVENT_COMMAND;
}

/* An order that a stop left open may or may not have reached the machine. */
static err_t close_open_orders(orders_t *orders)
{
	for (size_t i = 0; i < COMMANDS_KEPT; i++) {
		slot_t *slot = &orders->slots[i];
		if (!slot->order.id[0] || is_final(slot->result.state))
			continue;
		slot->result.state = COMMAND_FAILED;
		slot->result.err = ERR_CANCELLED;
		err_t err = note(orders, slot, MSG_COMMAND_FAILED, &slot->result.final_seq);
		if (err)
			return err;
	}
	return ERR_OK;
}

/* An event of a newer version than ours is none that we gave. */
static err_t replay_record(void *ctx, const journal_record_t *record)
{
	event_t event;
	if (event_decode(record->payload, &event))
		return ERR_OK;
	event.seq = record->seq;
	if (is_command(event.message))
		replay_event(ctx, &event);
	return ERR_OK;
}

err_t orders_replay(orders_t *orders)
{
	err_t err = journal_replay(&(journal_follower_t){ .journal = orders->spec.journal,
	                                                  .types = JOURNAL_TYPE_BIT(JOURNAL_EVENT),
	                                                  .take = replay_record,
	                                                  .ctx = orders });
	return err ? err : close_open_orders(orders);
}

err_t orders_new(const orders_spec_t *spec, orders_t **ret_orders)
{
	orders_t *orders = calloc(1, sizeof(*orders));
	if (!orders)
		return ERR_NO_MEMORY;
	orders->spec = *spec;
	orders->by_id = table_new(sizeof(uint32_t), COMMANDS_KEPT + 1, 0);
	if (!orders->by_id) {
		free(orders);
		return ERR_NO_MEMORY;
	}
	*ret_orders = orders;
	return ERR_OK;
}

void orders_free(orders_t *orders)
{
	if (!orders)
		return;
	table_free(orders->by_id);
	free(orders);
}
