/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing, and the one way of every operation: into the journal, into the
 * view, and told when durable. */
#include "office/office.h"

#include <stdlib.h>

#include "journal/event_log.h"
#include "journal/follow.h"
#include "office/past.h"
#include "office/state.h"
#include "registry/entry/part.h"

enum { DURABLE_MAIL = 4, KEEP_AFTER = 10000 };
static const uint64_t TABLE_SEED = UINT64_C(0x9E3779B97F4A7C15);
static const uint64_t OWN_TYPE = JOURNAL_TYPE_BIT(JOURNAL_OFFICE);
static const int64_t REVIEW_NS = 5 * NS_PER_DAY;

static const metric_row_t metric_rows[] = {
#define X(id, kind, name, help) [OFFICE_METRIC_##id] = { name, help, METRIC_##kind },
	OFFICE_METRIC_ROWS(X)
#undef X
};

static const err_text_t text_open = {
	{ "cannot read the office's records in the journal: %1", "无法读取日志中的业务记录：%1" },
	{ "jizhu verify tells where the journal is damaged", "可用 jizhu verify 查找损坏位置" },
};

typedef err_t (*apply_t)(office_t *office, const entry_t *entry);

static const apply_t APPLIES[ENTRY_KIND_COUNT] = {
	[ENTRY_APPLICATION] = application_apply,    [ENTRY_STEP] = application_step_apply,
	[ENTRY_MADE] = application_made_apply,      [ENTRY_LIMITS] = application_limits_apply,
	[ENTRY_TEMPLATE] = templates_put_apply,     [ENTRY_TEMPLATE_USE] = templates_use_apply,
	[ENTRY_TEMPLATE_END] = templates_end_apply, [ENTRY_USAGE] = usage_apply,
};

prefix_meter_t office_meter(office_t *office)
{
	return meter_of(office->meter);
}

const meter_t *office_usage(const office_t *office)
{
	return office->meter;
}

const metrics_t *office_metrics(const office_t *office)
{
	return &office->metrics;
}

/* Operations. */

entry_t office_entry(office_t *office, entry_kind_t kind, const caller_t *caller)
{
	return (entry_t){ .kind = kind, .utc_ns = env_utc(office->env).ns, .who = caller->subject };
}

err_t office_may(office_t *office)
{
	bool is_full = office->waiting == OFFICE_WAITING_MAX;
	metric_add(&office->metrics, OFFICE_METRIC_BUSY, is_full);
	return is_full ? ERR_BUSY : ERR_OK;
}

err_t office_log(office_t *office, const entry_t *entry, uint64_t *ret_seq)
{
	entry_t again;
	writer_t w = writer_of(office->buf, sizeof(office->buf));
	office_entry_write(entry, &w);
	slice_t payload = writer_done(&w);
	if (w.bad)
		return ERR_TOO_BIG;
	/* What is applied is what will be read: one path for the present and the past. */
	err_t err = office_entry_read(payload, &again);
	if (!err)
		err = journal_append(office->spec.journal, JOURNAL_OFFICE, &payload, 1, ret_seq);
	if (err)
		return err == ERR_LIMIT ? ERR_BUSY : err;
	return APPLIES[entry->kind](office, &again);
}

err_t office_do(office_t *office, const entry_t *entry, const office_ask_t *ask,
                application_t *allot)
{
	uint64_t seq = 0;
	err_t err = office_log(office, entry, &seq);
	if (err)
		return err;
	office->waiters[office->waiting++] = (waiter_t){
		.seq = seq, .number = entry->number, .allot = allot, .ask = *ask
	};
	return ERR_OK;
}

void office_tell(office_t *office, event_t *event)
{
	metric_add(&office->metrics, OFFICE_METRIC_EVENTS_LOST,
	           event_append(office->spec.journal, event) != ERR_OK);
}

static void serve(office_t *office, const waiter_t *waiter, err_t err)
{
	if (!err && waiter->allot)
		allot_send(office, waiter->allot, &waiter->ask);
	else if (waiter->ask.done)
		waiter->ask.done(waiter->ask.ctx, err, waiter->number);
}

static void take_durable(void *ctx)
{
	office_t *office = ctx;
	uint64_t durable;
	while (env_mailbox_take(office->durable, &durable))
		;
	durable = journal_durable(office->spec.journal);
	err_t err = journal_state(office->spec.journal);
	while (office->waiting && (err || office->waiters[0].seq <= durable)) {
		waiter_t first = office->waiters[0];
		office->waiting--;
		memmove(&office->waiters[0], &office->waiters[1],
		        office->waiting * sizeof(office->waiters[0]));
		serve(office, &first, first.seq <= durable ? ERR_OK : err);
	}
}

/* The past. */

static err_t replay_name(void *ctx, const registry_entry_t *entry)
{
	office_t *office = ctx;
	meter_replay(office->meter, entry->record.name, registry_entry_made(entry), entry->utc_ns);
	templates_replay(office, entry);
	return ERR_OK;
}

static err_t replay_record(void *ctx, const journal_record_t *record)
{
	office_t *office = ctx;
	entry_t entry;
	if (record->type != JOURNAL_OFFICE)
		return registry_changes_walk(office->spec.journal, record, replay_name, office);
	err_t err = office_entry_read(record->payload, &entry);
	return err ? err : APPLIES[entry.kind](office, &entry);
}

typedef struct {
	office_t *office;
	uint64_t until;
} own_t;

static err_t replay_own(void *ctx, const journal_record_t *record)
{
	const own_t *own = ctx;
	return record->seq > own->until ? ERR_OK : replay_record(own->office, record);
}

static err_t follow(office_t *office, journal_mark_t *mark)
{
	return journal_follow(&(journal_follower_t){ .journal = office->spec.journal,
	                                             .types = REGISTRY_CHANGE_TYPES | OWN_TYPE,
	                                             .take = replay_record,
	                                             .ctx = office },
	                      mark);
}

/* Up to the mark of what is kept of the registry's changes, only our own. */
static err_t resume(office_t *office, journal_mark_t *ret_mark)
{
	past_t past = { 0 };
	err_t err = past_load(office, &past);
	if (err)
		return err;
	own_t own = { office, past.mark.seq };
	err = journal_replay(&(journal_follower_t){ .journal = office->spec.journal,
	                                            .types = OWN_TYPE,
	                                            .take = replay_own,
	                                            .ctx = &own });
	if (!err)
		err = past_take(office, &past);
	if (!err)
		*ret_mark = past.mark;
	past_drop(&past);
	return err;
}

/* Opening. */

static err_t open_tables(office_t *office)
{
	usage_t *own = NULL;
	office->applications = calloc(OFFICE_APPLICATIONS_MAX, sizeof(application_t *));
	office->templates = calloc(OFFICE_TEMPLATES_MAX, sizeof(template_t *));
	office->holders = table_new(sizeof(application_t *), METER_PREFIXES_MAX, TABLE_SEED);
	office->claims = table_new(sizeof(claim_t), OFFICE_CLAIMS_MAX, TABLE_SEED);
	office->meter = meter_new(office->spec.offset_ns, env_utc(office->env).ns);
	if (!office->applications || !office->templates || !office->holders || !office->claims ||
	    !office->meter)
		return ERR_NO_MEMORY;
	return meter_put(office->meter, office->own, &own);
}

static void close_tables(office_t *office)
{
	for (size_t i = 0; i < office->application_count; i++)
		application_free(office->applications[i]);
	free(office->applications);
	table_free(office->holders);
	templates_free(office);
	meter_free(office->meter);
	memset(office->by_state, 0, sizeof(office->by_state));
	office->application_count = 0;
	office->applications = NULL;
	office->holders = NULL;
	office->meter = NULL;
}

static err_t start_over(office_t *office, journal_mark_t *ret_mark)
{
	close_tables(office);
	*ret_mark = (journal_mark_t){ 0 };
	return open_tables(office);
}

/* Whatever is wrong with what was kept, the journal has it all. */
static err_t replay(office_t *office)
{
	journal_mark_t mark = { 0 };
	err_t err = resume(office, &mark);
	if (err)
		err = start_over(office, &mark);
	uint64_t known = mark.seq;
	if (!err)
		err = follow(office, &mark);
	if (!err && mark.seq - known >= office->spec.keep_after)
		metric_add(&office->metrics, OFFICE_METRIC_PAST_UNSAVED,
		           past_save(office, &mark) != ERR_OK);
	return err;
}

static err_t open_mail(office_t *office)
{
	env_mailbox_spec_t durable = { .name = "office durable",
		                       .reader = office->spec.loop,
		                       .item_size = sizeof(uint64_t),
		                       .capacity = DURABLE_MAIL,
		                       .policy = ENV_FULL_DROP,
		                       .ready = take_durable,
		                       .ctx = office };
	env_mailbox_spec_t replies = { .name = "office replies",
		                       .reader = office->spec.loop,
		                       .item_size = sizeof(registry_result_t),
		                       .capacity = OFFICE_REPLIES,
		                       .policy = ENV_FULL_REFUSE,
		                       .ready = allot_replies,
		                       .ctx = office };
	err_t err = env_mailbox_new(&durable, &office->durable);
	if (!err)
		err = env_mailbox_new(&replies, &office->replies);
	if (!err)
		err = env_timer_new(office->spec.loop, usage_tick, office, &office->timer);
	if (!err)
		err = journal_subscribe(office->spec.journal, office->durable);
	return err;
}

err_t office_open(env_t *env, const office_spec_t *spec, office_t **ret_office,
                  err_detail_t *ret_detail)
{
	office_t *office = calloc(1, sizeof(*office));
	if (!office)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	office->env = env;
	office->spec = *spec;
	office->spec.review_ns = spec->review_ns ? spec->review_ns : REVIEW_NS;
	office->spec.keep_after = spec->keep_after ? spec->keep_after : KEEP_AFTER;
	office->own = slice_str(spec->prefix);
	office->saved_hour = env_utc(env).ns / (3600 * NS_PER_S);
	metrics_init(&office->metrics, metric_rows, OFFICE_METRIC_COUNT);
	err_t err = open_tables(office);
	if (!err)
		err = registry_reader_new(spec->registry, &office->reader);
	if (!err)
		err = replay(office);
	if (!err)
		err = open_mail(office);
	if (err) {
		office_close(office);
		return err_raise(ret_detail, err, &text_open, "", err_info(err)->text[LANG_EN],
		                 (char *)NULL);
	}
	env_timer_set(office->timer, 0);
	*ret_office = office;
	return ERR_OK;
}

void office_close(office_t *office)
{
	if (!office)
		return;
	if (office->timer)
		usage_save(office);
	if (office->durable)
		journal_unsubscribe(office->spec.journal, office->durable);
	env_timer_free(office->timer);
	env_mailbox_free(office->durable);
	env_mailbox_free(office->replies);
	registry_reader_free(office->reader);
	close_tables(office);
	free(office);
}
