/* SPDX-License-Identifier: Apache-2.0 */
/* Opens, closes and lists. The lists are copied under the lock, so that a reader
 * never waits longer than a few hundred packets. */
#include "sentry/sentry.h"

#include <stdlib.h>

#include "journal/event_log.h"
#include "sentry/counters.h"
#include "sentry/sentry_impl.h"

enum { FLOWS_DEFAULT = 4096, ASSETS_DEFAULT = 1024, STREAM_BUFFERS = 64 };

#define X(name, metric, help, kind) { metric, help, METRIC_##kind },
static const metric_row_t METRICS[SENTRY_METRIC_COUNT] = { SENTRY_METRIC_ROWS(X) };
#undef X

static void set_ports(sentry_t *s, const uint16_t *ports)
{
	static const uint16_t standard[] = { MODBUS_PORT, 0 };
	if (ports[0] == 0)
		ports = standard;
	for (size_t i = 0; i < SENTRY_PORTS_MAX && ports[i]; i++)
		s->port_bits[ports[i] / 8] |= (uint8_t)(1u << (ports[i] % 8));
}

static err_t open_tables(sentry_t *s, const sentry_spec_t *spec)
{
	uint64_t seed;
	env_random(s->env, &seed, sizeof(seed));
	err_t err = flow_table_open(&s->flows, spec->flows_max ? spec->flows_max : FLOWS_DEFAULT,
	                            seed);
	if (!err)
		err = stream_pool_open(&s->streams, STREAM_BUFFERS);
	if (!err)
		err = inventory_open(&s->inventory,
		                     spec->assets_max ? spec->assets_max : ASSETS_DEFAULT, seed);
	if (!err)
		err = baseline_open(&s->baseline, seed);
	if (!err)
		err = image_open(&s->image, &s->metrics, seed);
	if (!err)
		err = incident_log_open(&s->log);
	return err ? err : detect_open(&s->detect);
}

/* After the tables, some of which begin by clearing themselves. */
static void wire(sentry_t *s)
{
	s->streams.metrics = &s->metrics;
	s->streams.consume = watch_consume;
	s->streams.ctx = s;
	s->log.journal = s->journal;
	s->log.catalogue = s->catalogue;
	s->log.metrics = &s->metrics;
	s->detect.baseline = &s->baseline;
	s->detect.log = &s->log;
	s->detect.metrics = &s->metrics;
}

err_t sentry_open(env_t *env, const sentry_spec_t *spec, sentry_t **ret_sentry)
{
	sentry_t *s = calloc(1, sizeof(*s));
	if (!s)
		return ERR_NO_MEMORY;
	s->env = env;
	s->catalogue = spec->catalogue;
	s->journal = spec->journal;
	s->last_values = spec->last_values;
	s->ledger = spec->ledger;
	s->learn_ns = spec->learn_ns;
	metrics_init(&s->metrics, METRICS, SENTRY_METRIC_COUNT);
	set_ports(s, spec->ports);
	err_t err = env_mutex_new(env, &s->mutex);
	if (!err)
		err = open_tables(s, spec);
	if (!err) {
		wire(s);
		err = sentry_allow(s, spec->policies, spec->policy_count);
	}
	if (!err)
		err = replay(s);
	if (err) {
		s->journal = NULL; /* nothing was seen, so there is nothing to save */
		sentry_close(s);
		return err;
	}
	*ret_sentry = s;
	return ERR_OK;
}

void sentry_close(sentry_t *s)
{
	if (!s)
		return;
	if (s->journal)
		save_all(s, true);
	detect_close(&s->detect);
	incident_log_close(&s->log);
	image_close(&s->image);
	baseline_close(&s->baseline);
	inventory_close(&s->inventory);
	stream_pool_close(&s->streams);
	flow_table_close(&s->flows);
	env_mutex_free(s->mutex);
	free(s);
}

err_t sentry_allow(sentry_t *s, const baseline_row_t *policies, size_t count)
{
	env_lock(s->mutex);
	bool fits = baseline_allow(&s->baseline, policies, count);
	env_unlock(s->mutex);
	return fits ? ERR_OK : ERR_LIMIT;
}

void sentry_withdraw(sentry_t *s, const baseline_row_t *policies, size_t count)
{
	env_lock(s->mutex);
	baseline_withdraw_others(&s->baseline, policies, count);
	env_unlock(s->mutex);
}

void sentry_reload(sentry_t *s, const catalogue_t *catalogue)
{
	env_lock(s->mutex);
	s->catalogue = catalogue;
	s->log.catalogue = catalogue;
	env_unlock(s->mutex);
}

void sentry_on_message(sentry_t *s, void (*fn)(void *ctx, const sentry_message_t *message),
                       void *ctx)
{
	s->on_message = fn;
	s->on_message_ctx = ctx;
}

const metrics_t *sentry_metrics(const sentry_t *s)
{
	return &s->metrics;
}

sentry_status_t sentry_status(sentry_t *s)
{
	env_lock(s->mutex);
	sentry_status_t status = s->status;
	status.mode = status.first_ns == 0 ? SENTRY_WAITING
	              : watch_is_on(s)     ? SENTRY_WATCHING
	                                   : SENTRY_LEARNING;
	status.gaps = (uint64_t)metric_get(&s->metrics, COUNT_GAPS);
	status.assets = s->inventory.count;
	status.rows = baseline_size(&s->baseline);
	status.incidents = incident_log_count(&s->log);
	env_unlock(s->mutex);
	return status;
}

size_t sentry_assets(sentry_t *s, size_t from, asset_t *ret, size_t cap)
{
	size_t n = 0;
	env_lock(s->mutex);
	for (size_t i = from; i < s->inventory.count && n < cap; i++)
		ret[n++] = s->inventory.assets[i];
	env_unlock(s->mutex);
	return n;
}

size_t sentry_conversations(sentry_t *s, size_t from, conversation_t *ret, size_t cap)
{
	size_t n = 0;
	env_lock(s->mutex);
	for (size_t i = from; i < s->inventory.talk_count && n < cap; i++)
		ret[n++] = s->inventory.talks[i];
	env_unlock(s->mutex);
	return n;
}

size_t sentry_baseline(sentry_t *s, size_t from, baseline_row_t *ret, size_t cap)
{
	size_t n = 0, at = 0;
	const baseline_entry_t *entry;
	env_lock(s->mutex);
	while (n < cap && (entry = baseline_next(&s->baseline, &at))) {
		if (from > 0)
			from--;
		else
			ret[n++] = entry->row;
	}
	env_unlock(s->mutex);
	return n;
}

size_t sentry_incidents(sentry_t *s, size_t from, incident_t *ret, size_t cap)
{
	env_lock(s->mutex);
	size_t n = incident_log_list(&s->log, from, ret, cap);
	env_unlock(s->mutex);
	return n;
}

/* Who approved what, for people; the record beside it is the memory. */
static void say_approved(sentry_t *s, const caller_t *caller, message_t message, ip_t client,
                         bool approved)
{
	char text[IP_TEXT_MAX];
	int64_t utc_ns = env_utc(s->env).ns;
	if (!s->journal)
		return;
	event_t event = event_make(message, (node_time_t){ utc_ns });
	event.source.ns = utc_ns;
	event_arg(&event, ARG_CLIENT, value_text(slice_str(ip_format(client, text))));
	event_arg(&event, ARG_SUBJECT, value_text(caller->subject));
	event_arg(&event, ARG_STATE, value_bool(approved));
	if (event_append(s->journal, &event) != ERR_OK)
		metric_add(&s->metrics, COUNT_JOURNAL_LATE, 1);
}

static err_t approve_row(sentry_t *s, const baseline_row_t *row, bool approved)
{
	baseline_entry_t *entry = baseline_find(&s->baseline, row);
	if (!entry)
		return ERR_NOT_FOUND;
	if (entry->origin == ROW_POLICY)
		return approved ? ERR_OK : ERR_CONFLICT;
	entry->origin = approved ? ROW_PERSON : ROW_LEARNED;
	entry->row.approved = approved;
	save_row(s, entry);
	return ERR_OK;
}

err_t sentry_approve_row(sentry_t *s, const caller_t *caller, const baseline_row_t *row,
                         bool approved)
{
	if (caller->role < ROLE_ENGINEER)
		return ERR_DENIED;
	env_lock(s->mutex);
	err_t err = approve_row(s, row, approved);
	if (!err)
		say_approved(s, caller, MSG_BASELINE_APPROVED, row->client, approved);
	env_unlock(s->mutex);
	return err;
}

static err_t approve_asset(sentry_t *s, const caller_t *caller, ip_t ip, bool approved)
{
	uint32_t place = inventory_find(&s->inventory, ip);
	if (place == KEYMAP_NONE)
		return ERR_NOT_FOUND;
	s->inventory.assets[place].approved = approved;
	save_asset(s, place);
	say_approved(s, caller, MSG_ASSET_APPROVED, ip, approved);
	return ERR_OK;
}

err_t sentry_approve_asset(sentry_t *s, const caller_t *caller, ip_t ip, bool approved)
{
	if (caller->role < ROLE_ENGINEER)
		return ERR_DENIED;
	env_lock(s->mutex);
	err_t err = approve_asset(s, caller, ip, approved);
	env_unlock(s->mutex);
	return err;
}
