/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of all links gather in one batch that goes to the sink twenty times a
 * second; while the sink is full the batch waits, and past its end new samples are
 * counted as dropped and reported once per episode. */
#include "fleet/fleet.h"

#include <stdlib.h>

#include "fleet/state.h"
#include "journal/event_log.h"

static const metric_row_t metric_rows[] = {
#define X(id, name, help, kind) { name, help, METRIC_##kind },
	FLEET_METRICS(X)
#undef X
};

enum { FLUSH_MS = 50 };

typedef struct {
	command_order_t order;
	env_mailbox_t *reply;
	void *ctx;
} order_mail_t;

/* A journal that takes no more stops the node by other ways. */
void fleet_note(fleet_t *fleet, event_t *event)
{
	(void)!event_append(fleet->spec.journal, event);
}

void fleet_note_state(fleet_t *fleet, const link_t *link, message_t message)
{
	event_t event = event_make(message, (node_time_t){ env_utc(fleet->env).ns });
	const device_t *device = link_device(link);
	char addr[ADDR_TEXT_MAX];
	err_t why = link_why(link);
	event.device = device->id;
	event_arg(&event, ARG_DEVICE, value_text(slice_str(device->name)));
	event_arg(&event, ARG_SERVER, value_text(slice_str(device_place(device, addr))));
	if (why)
		event_arg(&event, ARG_REASON, value_text(slice_str(err_info(why)->text[LANG_EN])));
	fleet_note(fleet, &event);
}

static void publish_status(fleet_t *fleet, const link_t *link)
{
	env_lock(fleet->mutex);
	fleet->statuses[link_index(link)] = link_status(link);
	env_unlock(fleet->mutex);
}

static void on_state(void *ctx, link_t *link, link_state_t state)
{
	fleet_t *fleet = ctx;
	device_status_t before = fleet->statuses[link_index(link)];
	publish_status(fleet, link);
	if (state == LINK_UP) {
		metric_add(&fleet->metrics, METRIC_DEVICES_UP, 1);
		fleet_note_state(fleet, link, MSG_DEVICE_UP);
	} else if (before.state == LINK_UP) {
		metric_add(&fleet->metrics, METRIC_DEVICES_UP, -1);
		fleet_note_state(fleet, link, MSG_DEVICE_DOWN);
	} else if (state == LINK_DOWN && before.reconnects == 0) {
		fleet_note_state(fleet, link, MSG_DEVICE_DOWN);
	}
}

static void note_limits(fleet_t *fleet, const point_t *point, value_t value, bool outside)
{
	event_t event = event_make(outside ? MSG_POINT_OUT_OF_LIMITS : MSG_POINT_BACK_IN_LIMITS,
	                           (node_time_t){ env_utc(fleet->env).ns });
	event.device = point->device;
	event.point = point->id;
	event_arg(&event, ARG_POINT, value_text(slice_str(point->name)));
	event_arg(&event, ARG_NEW, value);
	event_arg(&event, ARG_UNIT, value_text(slice_str(point->unit)));
	event_arg(&event, ARG_LIMIT_LOW, value_f64(point->limits.low));
	event_arg(&event, ARG_LIMIT_HIGH, value_f64(point->limits.high));
	fleet_note(fleet, &event);
}

/* GOOD outside the engineering limits is only UNCERTAIN; the change is an event. */
static quality_t check_limits(fleet_t *fleet, const point_t *point, value_t value,
                              quality_t quality)
{
	double number;
	if (!point->limits.set || quality != QUALITY_OK || !value_number(&value, &number))
		return quality;
	/* Written so that what is not a number is outside. */
	bool outside = !(number >= point->limits.low && number <= point->limits.high);
	uint8_t *was = &fleet->outside[point - fleet->spec.catalogue->points];
	if (outside != *was)
		note_limits(fleet, point, value, outside);
	*was = outside;
	return outside ? QUALITY_OUT_OF_RANGE : QUALITY_OK;
}

static void note_drop(fleet_t *fleet, size_t count)
{
	metric_add(&fleet->metrics, METRIC_SAMPLES_DROPPED, (int64_t)count);
	if (fleet->dropping)
		return;
	fleet->dropping = true;
	event_t event = event_make(MSG_SAMPLES_REDUCED, (node_time_t){ env_utc(fleet->env).ns });
	fleet_note(fleet, &event);
}

static void on_sample(void *ctx, link_t *link, const point_t *point, value_t value,
                      quality_t quality)
{
	fleet_t *fleet = ctx;
	int64_t utc_ns = env_utc(fleet->env).ns;
	sample_t sample = {
		.point = point->id,
		.source = { utc_ns },
		.node = { utc_ns },
		.value = value,
		.quality = check_limits(fleet, point, value, quality),
	};
	(void)link;
	last_value_put(fleet->spec.last_values, &sample);
	metric_add(&fleet->metrics, METRIC_SAMPLES, 1);
	if (!sample_rows_add(&fleet->rows, &sample))
		note_drop(fleet, 1);
}

static void on_order_done(void *ctx, uint64_t token, err_t err, value_t read_back)
{
	fleet_t *fleet = ctx;
	orders_answer(fleet->orders, token, err, read_back);
}

static void hand_over(fleet_t *fleet)
{
	sample_batch_t batch = sample_rows_batch(&fleet->rows);
	uint64_t seq;
	if (fleet->rows.count == 0)
		return;
	err_t err = fleet->spec.sink.append(fleet->spec.sink.ctx, &batch, DURABLE_LOCAL, &seq);
	/* Kept for the next turn; when the batch is full, new samples are dropped. */
	if (err == ERR_LIMIT || err == ERR_DISK_FULL)
		return;
	if (err) {
		note_drop(fleet, fleet->rows.count);
	} else {
		metric_add(&fleet->metrics, METRIC_BATCHES, 1);
		fleet->dropping = false;
	}
	fleet->rows.count = 0;
}

static void flush(void *ctx)
{
	fleet_t *fleet = ctx;
	hand_over(fleet);
	for (size_t i = 0; i < fleet->spec.catalogue->device_count; i++)
		publish_status(fleet, fleet->links[i]);
	fleet_measure_lines(fleet);
	env_timer_set(fleet->flush, FLUSH_MS * NS_PER_MS);
}

static err_t send_order(void *ctx, const driver_order_t *order)
{
	fleet_t *fleet = ctx;
	const catalogue_t *c = fleet->spec.catalogue;
	const device_t *device = catalogue_device(c, order->point->device);
	return device ? link_order(fleet->links[device - c->devices], order) : ERR_NOT_FOUND;
}

static void take_orders(void *ctx)
{
	fleet_t *fleet = ctx;
	order_mail_t mail;
	while (env_mailbox_take(fleet->orders_mail, &mail)) {
		metric_add(&fleet->metrics, METRIC_ORDERS, 1);
		orders_submit(fleet->orders, &mail.order, mail.reply, mail.ctx);
	}
}

static void take_durable(void *ctx)
{
	fleet_t *fleet = ctx;
	uint64_t seq;
	while (env_mailbox_take(fleet->durable_mail, &seq))
		;
	orders_durable(fleet->orders, journal_durable(fleet->spec.journal));
}

static err_t open_mail(fleet_t *fleet)
{
	env_mailbox_spec_t orders = {
		.name = "orders",
		.reader = fleet->spec.device_loop,
		.item_size = sizeof(order_mail_t),
		.capacity = ORDERS_ACTIVE,
		.policy = ENV_FULL_REFUSE,
		.ready = take_orders,
		.ctx = fleet,
	};
	env_mailbox_spec_t durable = {
		.name = "orders durable",
		.reader = fleet->spec.device_loop,
		.item_size = sizeof(uint64_t),
		.capacity = 4,
		.policy = ENV_FULL_DROP,
		.ready = take_durable,
		.ctx = fleet,
	};
	err_t err = env_mailbox_new(&orders, &fleet->orders_mail);
	if (!err)
		err = env_mailbox_new(&durable, &fleet->durable_mail);
	if (!err)
		err = journal_subscribe(fleet->spec.journal, fleet->durable_mail);
	return err;
}

static err_t open_orders(fleet_t *fleet)
{
	orders_spec_t spec = {
		.env = fleet->env,
		.catalogue = fleet->spec.catalogue,
		.journal = fleet->spec.journal,
		.last_values = fleet->spec.last_values,
		.ledger = &fleet->ledger,
		.ctx = fleet,
		.send = send_order,
	};
	err_t err = ledger_init(&fleet->ledger, fleet->env);
	if (!err)
		err = orders_new(&spec, &fleet->orders);
	return err ? err : orders_replay(fleet->orders);
}

err_t fleet_open_link(fleet_t *fleet, const fleet_plant_t *plant, size_t i, link_t **ret_link)
{
	plan_t *plan = NULL;
	const catalogue_t *c = plant->catalogue;
	const device_t *device = &c->devices[i];
	uint64_t seed;
	env_random(fleet->env, &seed, sizeof(seed));
	err_t err = plan_new(c, device, &plan);
	if (err)
		return err;
	link_spec_t spec = {
		.loop = fleet->spec.device_loop,
		.device = device,
		.line = device->port ? plant->lines[device->port - c->ports].line : NULL,
		.plan = plan,
		.index = i,
		.events = { .ctx = fleet,
		            .sample = on_sample,
		            .state = on_state,
		            .order_done = on_order_done },
		.seed = seed,
	};
	return link_new(&spec, ret_link);
}

static err_t open_links(fleet_t *fleet)
{
	const catalogue_t *c = fleet->spec.catalogue;
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < c->port_count; i++)
		err = line_new(fleet->spec.device_loop, &c->ports[i], &fleet->lines[i].line);
	for (size_t i = 0; !err && i < c->device_count; i++) {
		fleet->statuses[i].device = c->devices[i].id;
		err = fleet_open_link(fleet, &(fleet_plant_t){ c, fleet->lines }, i,
		                      &fleet->links[i]);
	}
	fleet->measured_ns = env_now(fleet->env);
	return err;
}

static err_t open_all(fleet_t *fleet)
{
	const catalogue_t *c = fleet->spec.catalogue;
	fleet->lines = calloc(c->port_count + 1, sizeof(*fleet->lines));
	fleet->links = calloc(c->device_count + 1, sizeof(*fleet->links));
	fleet->statuses = calloc(c->device_count + 1, sizeof(*fleet->statuses));
	fleet->outside = calloc(c->point_count + 1, 1);
	if (!fleet->lines || !fleet->links || !fleet->statuses || !fleet->outside)
		return ERR_NO_MEMORY;
	fleet->status_count = c->device_count;
	err_t err = env_mutex_new(fleet->env, &fleet->mutex);
	if (!err)
		err = open_orders(fleet);
	if (!err)
		err = open_mail(fleet);
	if (!err)
		err = open_links(fleet);
	if (!err)
		err = env_timer_new(fleet->spec.device_loop, flush, fleet, &fleet->flush);
	if (!err)
		env_timer_set(fleet->flush, FLUSH_MS * NS_PER_MS);
	return err;
}

err_t fleet_open(env_t *env, const fleet_spec_t *spec, fleet_t **ret_fleet)
{
	fleet_t *fleet = calloc(1, sizeof(*fleet));
	if (!fleet)
		return ERR_NO_MEMORY;
	fleet->env = env;
	fleet->spec = *spec;
	metrics_init(&fleet->metrics, metric_rows, METRIC_COUNT);
	err_t err = open_all(fleet);
	if (err) {
		fleet_close(fleet);
		return err;
	}
	*ret_fleet = fleet;
	return ERR_OK;
}

void fleet_close(fleet_t *fleet)
{
	if (!fleet)
		return;
	/* What was polled last still belongs to the history. */
	if (fleet->flush)
		hand_over(fleet);
	for (size_t i = 0; fleet->links && i < fleet->spec.catalogue->device_count; i++)
		link_free(fleet->links[i]);
	for (size_t i = 0; fleet->lines && i < fleet->spec.catalogue->port_count; i++)
		line_free(fleet->lines[i].line);
	env_timer_free(fleet->flush);
	env_mailbox_free(fleet->orders_mail);
	if (fleet->durable_mail)
		journal_unsubscribe(fleet->spec.journal, fleet->durable_mail);
	env_mailbox_free(fleet->durable_mail);
	orders_free(fleet->orders);
	ledger_done(&fleet->ledger);
	env_mutex_free(fleet->mutex);
	free(fleet->links);
	free(fleet->lines);
	free(fleet->statuses);
	free(fleet->outside);
	free(fleet);
}

static const device_status_t *find_status(const fleet_t *fleet, device_id_t id)
{
	size_t low = 0, high = fleet->status_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (fleet->statuses[mid].device < id)
			low = mid + 1;
		else
			high = mid;
	}
	bool found = low < fleet->status_count && fleet->statuses[low].device == id;
	return found ? &fleet->statuses[low] : NULL;
}

device_status_t fleet_device_status(const fleet_t *fleet, device_id_t id)
{
	device_status_t status = { .device = id };
	env_lock(fleet->mutex);
	const device_status_t *found = find_status(fleet, id);
	if (found)
		status = *found;
	env_unlock(fleet->mutex);
	return status;
}

const metrics_t *fleet_metrics(const fleet_t *fleet)
{
	return &fleet->metrics;
}

err_t fleet_command(fleet_t *fleet, const command_order_t *order, env_mailbox_t *reply, void *ctx)
{
	order_mail_t mail = { .order = *order, .reply = reply, .ctx = ctx };
	if (env_mailbox_put(fleet->orders_mail, &mail))
		return ERR_OK;
	metric_add(&fleet->metrics, METRIC_ORDERS_REFUSED, 1);
	return ERR_BUSY;
}

bool fleet_ordered(fleet_t *fleet, point_id_t point, double value, int64_t utc_ns)
{
	return ledger_has(&fleet->ledger, point, value, utc_ns);
}
