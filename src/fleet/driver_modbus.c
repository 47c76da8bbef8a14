/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/driver_modbus.h"

/* Polls keep their phase: a block's next due time is its last due time plus the
 * period, unless that lies in the past already. */

void driver_init(driver_t *driver, const device_t *device, plan_t *plan,
                 const driver_events_t *events)
{
	*driver = (driver_t){ .device = device, .plan = plan, .events = *events };
}

void driver_start(driver_t *driver, int64_t now_ns, double jitter)
{
	plan_t *plan = driver->plan;
	driver->state = DRIVER_IDLE;
	driver->timeouts_in_row = 0;
	driver->has_answered = false;
	for (size_t i = 0; i < plan->block_count; i++) {
		double share = jitter * (double)plan->blocks[i].period_ns / 8;
		plan->blocks[i].due_ns = now_ns + (int64_t)share;
	}
}

/* Nothing is in flight when the asker hears of it: he may order again. */
static void order_end(driver_t *driver, err_t err, value_t read_back)
{
	uint64_t token = driver->orders[0].token;
	driver->state = DRIVER_IDLE;
	driver->order_count--;
	for (size_t i = 0; i < driver->order_count; i++)
		driver->orders[i] = driver->orders[i + 1];
	driver->events.order_done(driver->events.ctx, token, err, read_back);
}

void driver_stop(driver_t *driver)
{
	driver->state = DRIVER_IDLE;
	while (driver->order_count)
		order_end(driver, ERR_UNAVAILABLE, (value_t){ 0 });
}

void driver_rebind(driver_t *driver, const catalogue_t *catalogue, const device_t *device)
{
	driver->device = device;
	for (size_t i = 0; i < driver->order_count; i++)
		driver->orders[i].point = catalogue_point(catalogue, driver->orders[i].point->id);
}

err_t driver_order(driver_t *driver, const driver_order_t *order)
{
	if (driver->order_count == DRIVER_ORDERS)
		return ERR_BUSY;
	size_t first = driver->state == DRIVER_ORDERING, at = driver->order_count++;
	for (; order->read && at > first && !driver->orders[at - 1].read; at--)
		driver->orders[at] = driver->orders[at - 1];
	driver->orders[at] = *order;
	return ERR_OK;
}

static const plan_block_t *due_block(const driver_t *driver)
{
	const plan_block_t *best = NULL;
	for (size_t i = 0; i < driver->plan->block_count; i++)
		if (!best || driver->plan->blocks[i].due_ns < best->due_ns)
			best = &driver->plan->blocks[i];
	return best;
}

static err_t send_request(driver_t *driver, int64_t now_ns, writer_t *w)
{
	const device_t *device = driver->device;
	driver->transaction++;
	err_t err = envelope_encode(device, driver->transaction, &driver->request, w);
	if (err)
		return err;
	driver->stats.requests++;
	driver->sent_ns = now_ns;
	driver->deadline_ns = now_ns + device->timeout_ns +
	                      envelope_wire_ns(device, &driver->request, w->len);
	return ERR_OK;
}

static err_t send_order(driver_t *driver, int64_t now_ns, writer_t *w)
{
	const driver_order_t *order = &driver->orders[0];
	const point_t *point = order->point;
	err_t err = order->not_after_ns && now_ns >= order->not_after_ns ? ERR_EXPIRED : ERR_OK;
	if (order->read)
		driver->request = (modbus_pdu_t){
			.function = wire_read_function(point->address.table),
			.address = point->address.address,
			.quantity = point->address.words,
		};
	else if (!err)
		err = wire_write_request(point, order->value, driver->request_data,
		                         &driver->request);
	if (err) {
		order_end(driver, err, (value_t){ 0 });
		return ERR_OK;
	}
	driver->state = DRIVER_ORDERING;
	return send_request(driver, now_ns, w);
}

static err_t send_poll(driver_t *driver, const plan_block_t *block, int64_t now_ns, writer_t *w)
{
	driver->block = (size_t)(block - driver->plan->blocks);
	driver->request = (modbus_pdu_t){
		.function = wire_read_function(block->table),
		.address = block->address,
		.quantity = block->quantity,
	};
	driver->state = DRIVER_POLLING;
	return send_request(driver, now_ns, w);
}

/* When there is next something to ask, if nothing is in flight. */
static int64_t due_ns(const driver_t *driver, int64_t now_ns)
{
	const plan_block_t *block = due_block(driver);
	int64_t at = driver->order_count ? now_ns : block ? block->due_ns : now_ns + NS_PER_S;
	return at > driver->rests_until_ns ? at : driver->rests_until_ns;
}

bool driver_is_due(const driver_t *driver, int64_t now_ns)
{
	return driver->state == DRIVER_IDLE && due_ns(driver, now_ns) <= now_ns;
}

bool driver_has_order(const driver_t *driver)
{
	return driver->order_count > 0;
}

bool driver_is_waiting(const driver_t *driver)
{
	return driver->state != DRIVER_IDLE;
}

err_t driver_next(driver_t *driver, int64_t now_ns, writer_t *w)
{
	if (!driver_is_due(driver, now_ns))
		return ERR_OK;
	if (driver->order_count)
		return send_order(driver, now_ns, w);
	return send_poll(driver, due_block(driver), now_ns, w);
}

static void block_done(driver_t *driver, int64_t now_ns)
{
	plan_block_t *block = &driver->plan->blocks[driver->block];
	block->due_ns += block->period_ns;
	if (block->due_ns >= now_ns)
		return;
	int64_t late_ns = now_ns - block->due_ns;
	driver->stats.skipped += 1 + (uint64_t)(late_ns / block->period_ns);
	block->due_ns = now_ns + block->period_ns - late_ns % block->period_ns;
}

static void block_bad(driver_t *driver, quality_t quality)
{
	const plan_block_t *block = &driver->plan->blocks[driver->block];
	for (uint32_t i = 0; i < block->count; i++)
		driver->events.sample(driver->events.ctx, driver->plan->points[block->first + i],
		                      (value_t){ 0 }, quality);
}

static void block_values(driver_t *driver, slice_t data)
{
	const plan_block_t *block = &driver->plan->blocks[driver->block];
	for (uint32_t i = 0; i < block->count; i++) {
		const point_t *point = driver->plan->points[block->first + i];
		value_t value = { 0 };
		err_t err = wire_value(point, block->address, data, &value);
		driver->events.sample(driver->events.ctx, point, value,
		                      err ? QUALITY_BAD_DATA : QUALITY_OK);
	}
}

static bool is_refused_address(const modbus_pdu_t *reply)
{
	return reply->exception == MODBUS_ILLEGAL_DATA_ADDRESS ||
	       reply->exception == MODBUS_ILLEGAL_DATA_VALUE;
}

/* The halves of a block that was split are due at once. */
static void poll_reply(driver_t *driver, const modbus_pdu_t *reply, int64_t now_ns)
{
	if (!reply->is_exception) {
		block_values(driver, reply->data);
	} else {
		driver->stats.exceptions++;
		if (is_refused_address(reply) && plan_split(driver->plan, driver->block))
			return;
		block_bad(driver, QUALITY_DEVICE_ERROR);
	}
	block_done(driver, now_ns);
}

/* A device confirms a write by repeating what it was told. */
static bool is_echo(const modbus_pdu_t *request, const modbus_pdu_t *reply)
{
	return reply->address == request->address && reply->value == request->value &&
	       reply->quantity == request->quantity;
}

static void order_reply(driver_t *driver, const modbus_pdu_t *reply)
{
	const driver_order_t *order = &driver->orders[0];
	value_t value = { 0 };
	if (reply->is_exception) {
		driver->stats.exceptions++;
		order_end(driver, ERR_PROTOCOL, value);
		return;
	}
	err_t err = ERR_OK;
	if (order->read)
		err = wire_value(order->point, order->point->address.address, reply->data, &value);
	else if (!is_echo(&driver->request, reply))
		err = ERR_PROTOCOL;
	order_end(driver, err ? ERR_PROTOCOL : ERR_OK, value);
}

/* Ends the request in flight that got no good answer. */
static void give_up(driver_t *driver, int64_t now_ns, quality_t quality, err_t err)
{
	if (driver->state == DRIVER_POLLING) {
		block_bad(driver, quality);
		block_done(driver, now_ns);
		driver->state = DRIVER_IDLE;
	} else {
		order_end(driver, err, (value_t){ 0 });
	}
}

/* Whether the answer is to another request than the one in flight. */
static bool is_other(const driver_t *driver, const envelope_t *adu)
{
	if (driver->state == DRIVER_IDLE || adu->unit != driver->device->unit)
		return true;
	if (adu->is_matched)
		return adu->transaction != driver->transaction;
	return envelope_rules(driver->device->protocol)->survives_noise && adu->pdu.len &&
	       (adu->pdu.ptr[0] % MODBUS_FUNCTION_LIMIT) != driver->request.function;
}

static void take_reply(driver_t *driver, const envelope_t *adu, int64_t now_ns)
{
	modbus_pdu_t reply;
	if (is_other(driver, adu)) {
		driver->stats.late++;
		return;
	}
	codec_t code = modbus_response_decode(adu->pdu, &driver->request, &reply);
	driver->stats.replies++;
	driver->stats.round_trip_ns = now_ns - driver->sent_ns;
	driver->timeouts_in_row = 0;
	driver->has_answered = true;
	if (code != CODEC_OK) {
		driver->stats.malformed++;
		give_up(driver, now_ns, QUALITY_BAD_DATA, ERR_PROTOCOL);
	} else if (driver->state == DRIVER_POLLING) {
		driver->state = DRIVER_IDLE;
		poll_reply(driver, &reply, now_ns);
	} else {
		order_reply(driver, &reply);
	}
}

/* Bytes that are no frame. Where they end the stream all is said by the error. */
static err_t take_noise(driver_t *driver, int64_t now_ns)
{
	driver->stats.malformed++;
	if (!envelope_rules(driver->device->protocol)->survives_noise)
		return ERR_PROTOCOL;
	if (driver->state != DRIVER_IDLE)
		give_up(driver, now_ns, QUALITY_BAD_DATA, ERR_PROTOCOL);
	return ERR_OK;
}

err_t driver_input(driver_t *driver, int64_t now_ns, slice_t in, size_t *ret_used)
{
	size_t used = 0;
	for (;;) {
		envelope_t adu;
		codec_t code = envelope_decode(driver->device->protocol, slice_from(in, used),
		                               &adu);
		if (code == CODEC_MORE)
			break;
		if (code != CODEC_OK) {
			err_t err = take_noise(driver, now_ns);
			if (!err)
				*ret_used = in.len;
			return err;
		}
		used += adu.used;
		take_reply(driver, &adu, now_ns);
	}
	*ret_used = used;
	return ERR_OK;
}

err_t driver_tick(driver_t *driver, int64_t now_ns)
{
	if (driver->state == DRIVER_IDLE || now_ns < driver->deadline_ns)
		return ERR_OK;
	const envelope_rules_t *rules = envelope_rules(driver->device->protocol);
	driver->stats.timeouts++;
	driver->timeouts_in_row++;
	if (rules->rests)
		driver->rests_until_ns = now_ns + driver->device->timeout_ns;
	give_up(driver, now_ns, QUALITY_TIMEOUT, ERR_TIMEOUT);
	unsigned max = driver->has_answered ? rules->timeouts_max : rules->timeouts_first;
	return driver->timeouts_in_row >= max ? ERR_TIMEOUT : ERR_OK;
}

int64_t driver_wait_ns(const driver_t *driver, int64_t now_ns)
{
	int64_t at = driver->state != DRIVER_IDLE ? driver->deadline_ns : due_ns(driver, now_ns);
	return at > now_ns ? at - now_ns : 0;
}
