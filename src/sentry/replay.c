/* SPDX-License-Identifier: Apache-2.0 */
/* The sentry's memory: what it appends to the main journal, and how it comes back
 * from there at the next start. */
#include "journal/event_log.h"
#include "journal/follow.h"
#include "sentry/counters.h"
#include "sentry/record.h"
#include "sentry/sentry_impl.h"

static bool append(sentry_t *s, journal_type_t type, const writer_t *w)
{
	slice_t payload = writer_done(w);
	uint64_t seq;
	bool taken = !w->bad && journal_append(s->journal, type, &payload, 1, &seq) == ERR_OK;
	if (!taken) {
		metric_add(&s->metrics, COUNT_JOURNAL_LATE, 1);
		s->owes_rows = true;
	}
	return taken;
}

void save_row(sentry_t *s, baseline_entry_t *entry)
{
	uint8_t buf[RECORD_BYTES_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	record_row_encode(&entry->row, entry->origin, &w);
	entry->owed = s->journal && !append(s, JOURNAL_BASELINE_ROW, &w);
	if (!entry->owed)
		entry->saved = entry->row.count;
}

void save_asset(sentry_t *s, uint32_t place)
{
	uint8_t buf[RECORD_BYTES_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	record_asset_encode(&s->inventory.assets[place], &w);
	s->inventory.is_owed[place] = s->journal && !append(s, JOURNAL_ASSET, &w);
}

void save_all(sentry_t *s, bool with_counts)
{
	size_t at = 0;
	baseline_entry_t *entry;
	s->owes_rows = false;
	while (!s->owes_rows && (entry = baseline_next(&s->baseline, &at)))
		if (entry->owed || (with_counts && entry->saved != entry->row.count))
			save_row(s, entry);
	for (uint32_t i = 0; !s->owes_rows && i < s->inventory.count; i++)
		if (s->inventory.is_owed[i])
			save_asset(s, i);
}

static void say(sentry_t *s, event_t *event)
{
	/* The record beside it is the memory; the event only tells people. */
	if (s->journal && event_append(s->journal, event) != ERR_OK)
		metric_add(&s->metrics, COUNT_JOURNAL_LATE, 1);
}

void say_asset(sentry_t *s, const asset_t *asset)
{
	static const mac_t none = { { 0 } };
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	event_t event = event_make(MSG_ASSET_SEEN, (node_time_t){ s->now_ns });
	event.source.ns = s->now_ns;
	event.device = asset->device;
	event_arg(&event, ARG_CLIENT, value_text(slice_str(ip_format(asset->ip, ip))));
	if (memcmp(&asset->mac, &none, sizeof(none)) != 0)
		event_arg(&event, ARG_MAC, value_text(slice_str(mac_format(asset->mac, mac))));
	say(s, &event);
}

void say_learned(sentry_t *s, const baseline_row_t *row)
{
	char client[IP_TEXT_MAX], server[IP_TEXT_MAX];
	event_t event = event_make(MSG_BASELINE_LEARNED, (node_time_t){ s->now_ns });
	event.source.ns = s->now_ns;
	event_arg(&event, ARG_CLIENT, value_text(slice_str(ip_format(row->client, client))));
	event_arg(&event, ARG_SERVER, value_text(slice_str(ip_format(row->server, server))));
	event_arg(&event, ARG_FUNCTION, value_u64(row->function));
	event_arg(&event, ARG_FROM, value_u64(row->from));
	event_arg(&event, ARG_TO, value_u64(row->to));
	say(s, &event);
}

static void restore_row(sentry_t *s, slice_t payload)
{
	baseline_row_t row;
	row_origin_t origin;
	if (record_row_decode(payload, &row, &origin) != ERR_OK)
		return;
	baseline_restore(&s->baseline, &row, origin);
	/* Learning goes on where it stood. */
	int64_t first_ns = origin == ROW_LEARNED ? row.first_ns : 0;
	if (first_ns && (s->status.first_ns == 0 || first_ns < s->status.first_ns))
		watch_learn_from(s, first_ns);
}

static void restore_asset(sentry_t *s, slice_t payload)
{
	asset_t asset;
	if (record_asset_decode(payload, &asset) != ERR_OK)
		return;
	uint32_t place = inventory_add(&s->inventory, asset.ip);
	if (place == KEYMAP_NONE)
		return;
	for (size_t i = 0; s->catalogue && i < s->catalogue->device_count; i++)
		if (ip_eq(s->catalogue->devices[i].addr.ip, asset.ip))
			asset.device = s->catalogue->devices[i].id;
	s->inventory.assets[place] = asset;
}

static void restore_event(sentry_t *s, slice_t payload)
{
	event_t event;
	if (event_decode(payload, &event) == ERR_OK)
		incident_log_restore(&s->log, &event);
}

static err_t restore(void *ctx, const journal_record_t *record)
{
	sentry_t *s = ctx;
	if (record->type == JOURNAL_BASELINE_ROW)
		restore_row(s, record->payload);
	else if (record->type == JOURNAL_ASSET)
		restore_asset(s, record->payload);
	else if (record->type == JOURNAL_EVENT)
		restore_event(s, record->payload);
	return ERR_OK;
}

err_t replay(sentry_t *s)
{
	journal_follower_t follower = {
		.journal = s->journal,
		.types = JOURNAL_TYPE_BIT(JOURNAL_BASELINE_ROW) | JOURNAL_TYPE_BIT(JOURNAL_ASSET) |
		         JOURNAL_TYPE_BIT(JOURNAL_EVENT),
		.take = restore,
		.ctx = s,
	};
	return s->journal ? journal_replay(&follower) : ERR_OK;
}
