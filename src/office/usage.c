/* SPDX-License-Identifier: Apache-2.0 */
/* Saves what was counted, ends the days, and reminds of what waits. */
#include "office/state.h"

static const int64_t TICK_NS = 60 * NS_PER_S, RETRY_NS = 1 * NS_PER_S;

err_t usage_apply(office_t *office, const entry_t *entry)
{
	reader_t r = reader_of(entry->rest);
	err_t err = meter_unmark(office->meter, &r);
	return err ? err : r.in.len ? ERR_CORRUPT : ERR_OK;
}

static void save_row(office_t *office, usage_t *usage)
{
	uint8_t buf[3 * METER_REGISTERS + 256];
	caller_t caller = caller_node();
	uint64_t seq;
	writer_t w = writer_of(buf, sizeof(buf));
	if (!usage_mark(office->meter, usage, &w))
		return;
	entry_t entry = office_entry(office, ENTRY_USAGE, &caller);
	entry.rest = writer_done(&w);
	slice_t payload;
	writer_t out = writer_of(office->buf, sizeof(office->buf));
	office_entry_write(&entry, &out);
	payload = writer_done(&out);
	if (w.bad || out.bad ||
	    journal_append(office->spec.journal, JOURNAL_OFFICE, &payload, 1, &seq) != ERR_OK) {
		usage_mark_undo(usage);
		metric_add(&office->metrics, OFFICE_METRIC_UNSAVED, 1);
		return;
	}
	metric_add(&office->metrics, OFFICE_METRIC_SAVED, 1);
}

void usage_save(office_t *office)
{
	usage_t *usage;
	for (size_t i = 0; (usage = meter_at(office->meter, i)) != NULL; i++)
		save_row(office, usage);
}

static void count_waiting(office_t *office, uint64_t *ret_overdue)
{
	uint64_t waiting = 0, overdue = 0;
	for (size_t i = 0; i < office->application_count; i++) {
		waiting += office_waits(office->applications[i]);
		overdue += office_overdue(office, office->applications[i]);
	}
	metric_set(&office->metrics, OFFICE_METRIC_WAITING, (int64_t)waiting);
	metric_set(&office->metrics, OFFICE_METRIC_OVERDUE, (int64_t)overdue);
	metric_set(&office->metrics, OFFICE_METRIC_APPLICATIONS,
	           (int64_t)office->application_count);
	metric_set(&office->metrics, OFFICE_METRIC_PREFIXES,
	           (int64_t)table_count(office->holders) + 1);
	metric_set(&office->metrics, OFFICE_METRIC_TEMPLATES, (int64_t)office->template_count);
	*ret_overdue = overdue;
}

/* Once a day. */
static void remind(office_t *office, uint64_t overdue)
{
	event_t event = event_make(MSG_APPLICATIONS_WAIT, (node_time_t){ env_utc(office->env).ns });
	if (overdue == 0)
		return;
	event_arg(&event, ARG_COUNT, value_u64(overdue));
	office_tell(office, &event);
}

void usage_tick(void *ctx)
{
	office_t *office = ctx;
	int64_t now_ns = env_utc(office->env).ns, hour = now_ns / NS_PER_HOUR;
	int64_t left_ns = meter_midnight_ns(office->meter) - now_ns;
	uint64_t overdue = 0;
	bool is_due = left_ns <= 0 || hour != office->saved_hour;
	if (is_due)
		usage_save(office);
	office->saved_hour = hour;
	count_waiting(office, &overdue);
	if (meter_roll(office->meter, now_ns)) {
		remind(office, overdue);
		left_ns = meter_midnight_ns(office->meter) - now_ns;
	}
	allot_resume(office);
	int64_t next_ns = metric_get(&office->metrics, OFFICE_METRIC_UNMADE) ? RETRY_NS : TICK_NS;
	env_timer_set(office->timer, left_ns > 0 && left_ns < next_ns ? left_ns : next_ns);
}
