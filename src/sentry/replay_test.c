/* SPDX-License-Identifier: Apache-2.0 */
/* What the sentry knows after a restart, from the journal alone. */
#include "sentry/plant_test.h"

#include <math.h>

#include "env/loop.h"
#include "journal/event_log.h"
#include "model/event.h"
#include "sentry/record.h"

typedef struct {
	plant_t *plant;
	env_loop_t *loop;
	journal_t *journal;
} site_t;

static void site_start(site_t *site)
{
	journal_spec_t spec = { .dir = "data/journal", .name = "main", .chained = true };
	journal_recovery_t recovery;
	err_detail_t detail;
	plant_t *p = site->plant;
	assert_int_equal(env_loop_new(p->env, "commit", ENV_LOOP_FILES, &site->loop), ERR_OK);
	spec.commit_loop = site->loop;
	assert_int_equal(journal_open(p->env, &spec, &site->journal, &recovery, &detail), ERR_OK);
	p->spec.journal = site->journal;
	plant_open(p);
	assert_int_equal(env_loop_start(site->loop), ERR_OK);
}

/* A clean stop, or a process that is gone with everything it had not synced. */
static void site_stop(site_t *site, bool is_clean)
{
	plant_t *p = site->plant;
	if (!is_clean)
		twin_run_for(p->twin, NS_PER_S);
	if (!is_clean)
		twin_power_off(p->env);
	env_loop_stop(site->loop);
	sentry_close(p->sentry);
	p->sentry = NULL;
	journal_close(site->journal);
	env_loop_free(site->loop);
	twin_host_close(p->env);
	if (!is_clean)
		twin_disk_reboot(p->twin, "node");
	assert_int_equal(twin_host_open(p->twin, "node", &p->env), ERR_OK);
}

static site_t site_make(void)
{
	site_t site = { .plant = plant_make() };
	site_start(&site);
	return site;
}

static void site_free(site_t *site)
{
	site_stop(site, true);
	plant_free(site->plant);
}

static void attack(plant_t *p)
{
	for (size_t m = 0; m < MACHINES; m++) {
		link_t link = plant_connect(p, attacker_ip(), m);
		plant_identify(&link);
		plant_leave(&link);
	}
	link_t link = plant_connect(p, attacker_ip(), 1);
	plant_write_set_point(&link, 4.6);
	plant_leave(&link);
}

static void same_incident(const incident_t *a, const incident_t *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->reasons, b->reasons);
	assert_int_equal(a->open, b->open);
	assert_true(ip_eq(a->client, b->client) && ip_eq(a->server, b->server));
	assert_true(ip_eq(a->usual_client, b->usual_client));
	assert_int_equal(a->usual_count, b->usual_count);
	assert_int_equal(a->unit, b->unit);
	assert_int_equal(a->function, b->function);
	assert_int_equal(a->from, b->from);
	assert_int_equal(a->to, b->to);
	assert_int_equal(a->device, b->device);
	assert_int_equal(a->point, b->point);
	assert_true(value_eq(&a->old_value, &b->old_value));
	assert_true(value_eq(&a->new_value, &b->new_value));
	assert_int_equal(isnan(a->limit_low), isnan(b->limit_low));
	assert_int_equal(a->first_ns, b->first_ns);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->servers, b->servers);
	assert_int_equal(a->packet_len, b->packet_len);
	assert_memory_equal(a->packet, b->packet, a->packet_len);
}

static void restart_keeps_everything(bool is_clean)
{
	site_t site = site_make();
	plant_t *p = site.plant;
	incident_t before[LIST_MAX], after[LIST_MAX];
	baseline_row_t rows[LIST_MAX], rows_after[LIST_MAX];
	caller_t engineer = { .subject = SLICE("user:e"), .role = ROLE_ENGINEER };
	plant_poll(p, 10);
	link_t link = plant_connect(p, operator_ip(), 1);
	plant_write_set_point(&link, 3.7);
	plant_poll(p, 16);
	attack(p);
	plant_rest(p, 60 * NS_PER_S);
	assert_int_equal(plant_incidents(p, before), 2);
	size_t count = sentry_baseline(p->sentry, 0, rows, LIST_MAX);
	assert_int_equal(sentry_approve_row(p->sentry, &engineer, &rows[1], true), ERR_OK);
	assert_int_equal(sentry_approve_asset(p->sentry, &engineer, operator_ip(), true), ERR_OK);
	count = sentry_baseline(p->sentry, 0, rows, LIST_MAX);
	sentry_status_t status = sentry_status(p->sentry);
	site_stop(&site, is_clean);
	site_start(&site);

	sentry_status_t again = sentry_status(p->sentry);
	assert_int_equal(again.assets, status.assets);
	assert_int_equal(again.rows, status.rows);
	/* Learning goes on from the first learned row, moments after the first packet. */
	assert_true(llabs(again.first_ns - status.first_ns) < 10 * NS_PER_MS);
	assert_int_equal(again.learn_until_ns - again.first_ns, p->spec.learn_ns);
	assert_int_equal(plant_incidents(p, after), 2);
	same_incident(&before[0], &after[0]);
	same_incident(&before[1], &after[1]);
	assert_int_equal(sentry_baseline(p->sentry, 0, rows_after, LIST_MAX), count);
	size_t approved = 0;
	for (size_t i = 0; i < count; i++)
		approved += rows_after[i].approved;
	assert_int_equal(approved, 1);
	/* What was learned is still known, and numbers go on. */
	plant_poll(p, 3);
	plant_rest(p, 30 * NS_PER_S);
	assert_int_equal(plant_incident_count(p), 2);
	attack(p);
	assert_int_equal(plant_incidents(p, after), 4);
	assert_int_equal(after[0].id, 4);
	site_free(&site);
}

static void a_clean_restart_keeps_everything(void **state)
{
	(void)state;
	restart_keeps_everything(true);
}

static void a_crash_keeps_what_was_durable(void **state)
{
	(void)state;
	restart_keeps_everything(false);
}

static void a_policy_that_is_gone_does_not_come_back(void **state)
{
	(void)state;
	static const baseline_row_t policy = { .client = { { 127, 0, 9, 10 }, 4 },
		                               .server = { { 127, 0, 1, 2 }, 4 },
		                               .unit = 1,
		                               .function = MODBUS_WRITE_MULTIPLE_REGISTERS,
		                               .from = 100,
		                               .to = 101 };
	site_t site = { .plant = plant_make() };
	plant_t *p = site.plant;
	p->spec.policies = &policy;
	p->spec.policy_count = 1;
	site_start(&site);
	plant_poll(p, 2);
	size_t rows = sentry_status(p->sentry).rows;
	site_stop(&site, true);
	p->spec.policy_count = 0;
	site_start(&site);
	assert_int_equal(sentry_status(p->sentry).rows, rows - 1);
	site_free(&site);
}

static void an_incident_opens_and_closes_in_the_journal(void **state)
{
	(void)state;
	site_t site = site_make();
	plant_t *p = site.plant;
	plant_poll(p, 26);
	attack(p);
	plant_rest(p, 60 * NS_PER_S);
	twin_run_for(p->twin, NS_PER_S);
	journal_cursor_t *cursor;
	journal_record_t record;
	size_t by_message[MESSAGE_COUNT] = { 0 };
	assert_int_equal(journal_cursor_open(site.journal, 1, &cursor), ERR_OK);
	while (journal_cursor_next(cursor, &record) == ERR_OK) {
		event_t event;
		if (record.type != JOURNAL_EVENT)
			continue;
		assert_int_equal(event_decode(record.payload, &event), ERR_OK);
		by_message[event.message]++;
		if (event.message == MSG_INCIDENT_WRITE) {
			assert_true(slice_eq(event_arg_get(&event, ARG_POINT)->as.text,
			                     SLICE("FRM2.V_SET")));
			assert_true(event_arg_get(&event, ARG_NEW)->as.f > 4.5);
			assert_int_equal(event.point, SET_POINT);
		}
	}
	journal_cursor_close(cursor);
	assert_int_equal(by_message[MSG_INCIDENT_SWEEP], 1);
	assert_int_equal(by_message[MSG_INCIDENT_WRITE], 1);
	assert_int_equal(by_message[MSG_INCIDENT_CLOSED], 2);
	assert_int_equal(by_message[MSG_ASSET_SEEN], MACHINES + 2);
	assert_int_equal(by_message[MSG_BASELINE_LEARNED], MACHINES);
	site_free(&site);
}

static void records_survive_truncation_at_every_length(void **state)
{
	(void)state;
	uint8_t buf[RECORD_BYTES_MAX];
	baseline_row_t row = { .client = attacker_ip(),
		               .server = operator_ip(),
		               .from = 3,
		               .to = 9,
		               .unit = 2,
		               .function = 6,
		               .count = 1000,
		               .first_ns = -5,
		               .last_ns = 7 };
	baseline_row_t row_back;
	row_origin_t origin;
	asset_t asset = { .ip = poller_ip(), .is_client = true, .vendor = "Loom", .packets = 300 };
	asset_t asset_back;
	writer_t w = writer_of(buf, sizeof(buf));
	record_row_encode(&row, ROW_PERSON, &w);
	assert_int_equal(record_row_decode(writer_done(&w), &row_back, &origin), ERR_OK);
	assert_int_equal(origin, ROW_PERSON);
	assert_true(row_back.approved && row_back.count == 1000 && row_back.to == 9);
	for (size_t len = 0; len < w.len; len++)
		assert_int_not_equal(record_row_decode(slice_of(buf, len), &row_back, &origin),
		                     ERR_OK);
	w = writer_of(buf, sizeof(buf));
	record_asset_encode(&asset, &w);
	assert_int_equal(record_asset_decode(writer_done(&w), &asset_back), ERR_OK);
	assert_string_equal(asset_back.vendor, "Loom");
	for (size_t len = 0; len < w.len; len++)
		assert_int_not_equal(record_asset_decode(slice_of(buf, len), &asset_back), ERR_OK);
	buf[0] = 2;
	assert_int_equal(record_asset_decode(writer_done(&w), &asset_back), ERR_NEWER_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_restart_keeps_everything),
		cmocka_unit_test(a_crash_keeps_what_was_durable),
		cmocka_unit_test(a_policy_that_is_gone_does_not_come_back),
		cmocka_unit_test(an_incident_opens_and_closes_in_the_journal),
		cmocka_unit_test(records_survive_truncation_at_every_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
