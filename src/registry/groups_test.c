/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of elsewhere, and the changes that wait for them: a home that answers when the
 * test says so, with a group of one. */
#include "registry/groups.h"

#include "registry/fixture_test.h"

enum { PARKED = 64, TICKETS = 512 };

typedef struct {
	fixture_t f;
	env_mailbox_t *mail;
	uint64_t tickets[TICKETS];
	size_t asked;
	bool is_full;
} world_t;

static err_t fetch_list(void *ctx, const handle_reference_t *list, env_mailbox_t *reply,
                        uint64_t ticket)
{
	world_t *w = ctx;
	assert_true(slice_starts(list->handle, SLICE("99.300/")));
	if (w->is_full)
		return ERR_BUSY;
	w->mail = reply;
	w->tickets[w->asked++ % TICKETS] = ticket;
	return ERR_OK;
}

/* Of the last question. */
static void answer(world_t *w, err_t err, const char *member)
{
	static registry_elsewhere_reply_t reply;
	uint8_t room[256];
	handle_reference_t one = { slice_str(member), 300 };
	writer_t data = writer_of(reply.key, sizeof(reply.key));
	writer_t scratch = writer_of(room, sizeof(room));
	handle_list_encode(handle_list_of_references(&one, 1, &scratch), &data);
	reply.ticket = w->tickets[(w->asked - 1) % TICKETS];
	reply.err = err;
	reply.key_len = data.len;
	reply.ttl_s = 60;
	assert_true(env_mailbox_put(w->mail, &reply));
	(void)twin_run_for(w->f.twin, 100 * NS_PER_MS);
}

static void open_world(world_t *w)
{
	registry_elsewhere_t elsewhere = { .fetch_list = fetch_list, .ctx = w };
	uint8_t buf[256];
	writer_t values = writer_of(buf, sizeof(buf));
	*w = (world_t){ .f = fixture_make(71) };
	fixture_start(&w->f);
	registry_elsewhere_set(w->f.registry, &elsewhere);
	value_add(&values, 1, "URL", SLICE("u"));
	admin_add(&values, 100, HANDLE_ADMIN_ALL, SLICE("99.300/team"), 200);
	registry_change_t put = change_of(REGISTRY_CREATE, SLICE("99.100.1/x"), 2, &values);
	assert_int_equal(fixture_change(&w->f, &put).err, ERR_OK);
}

static void change_start(world_t *w, const char *subject)
{
	uint8_t buf[64];
	writer_t values = writer_of(buf, sizeof(buf));
	value_add(&values, 1, "URL", SLICE("new"));
	registry_change_t change = change_of(REGISTRY_MODIFY, SLICE("99.100.1/x"), 1, &values);
	change.caller = (caller_t){ .subject = slice_str(subject) };
	assert_int_equal(registry_change(w->f.registry, &change, w->f.replies, NULL), ERR_OK);
	(void)twin_run_for(w->f.twin, 10 * NS_PER_MS);
}

static size_t results(world_t *w, err_t err, uint32_t code)
{
	registry_result_t result;
	size_t count = 0;
	while (env_mailbox_take(w->f.replies, &result)) {
		assert_int_equal(result.err, err);
		assert_int_equal(result.code, code);
		count++;
	}
	return count;
}

static int64_t metric(const world_t *w, const char *name)
{
	const metrics_t *m = registry_metrics(w->f.registry);
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->rows[i].name, name) == 0)
			return metric_get(m, i);
	fail_msg("no metric %s", name);
	return 0;
}

#define LI "handle:300:99.100.1/li"

static void all_who_wait_for_a_group_wait_for_one_question(void **state)
{
	(void)state;
	static world_t w;
	open_world(&w);
	for (int i = 0; i < 5; i++)
		change_start(&w, LI);
	change_start(&w, "handle:300:99.100.1/zhao");
	assert_int_equal(w.asked, 1);
	assert_int_equal(metric(&w, "changes_parked"), 6);
	answer(&w, ERR_OK, "99.100.1/li");
	(void)twin_run_for(w.f.twin, NS_PER_S);
	registry_result_t result;
	size_t good = 0, bad = 0;
	while (env_mailbox_take(w.f.replies, &result)) {
		good += result.err == ERR_OK;
		bad += result.code == HANDLE_RC_INVALID_ADMIN;
	}
	assert_int_equal(good, 5);
	assert_int_equal(bad, 1);
	assert_int_equal(w.asked, 1);
	fixture_free(&w.f);
}

static void
a_home_that_keeps_silent_is_waited_for_five_seconds_and_not_asked_for_thirty(void **state)
{
	(void)state;
	static world_t w;
	open_world(&w);
	change_start(&w, LI);
	(void)twin_run_for(w.f.twin, 4 * NS_PER_S);
	assert_int_equal(results(&w, ERR_OK, 0), 0);
	(void)twin_run_for(w.f.twin, 3 * NS_PER_S);
	assert_int_equal(results(&w, ERR_DENIED, HANDLE_RC_AUTH_UNABLE), 1);
	answer(&w, ERR_OK, "99.100.1/li"); /* too late */
	change_start(&w, LI);
	assert_int_equal(results(&w, ERR_DENIED, HANDLE_RC_AUTH_UNABLE), 1);
	assert_int_equal(w.asked, 1);
	(void)twin_run_for(w.f.twin, 31 * NS_PER_S);
	change_start(&w, LI);
	assert_int_equal(w.asked, 2);
	answer(&w, ERR_OK, "99.100.1/li");
	(void)twin_run_for(w.f.twin, NS_PER_S);
	assert_int_equal(results(&w, ERR_OK, 0), 1);
	assert_int_equal(metric(&w, "groups_silent_total"), 2);
	fixture_free(&w.f);
}

static void one_more_than_may_wait_is_refused_at_once(void **state)
{
	(void)state;
	static world_t w;
	open_world(&w);
	for (int i = 0; i < PARKED; i++)
		change_start(&w, LI);
	assert_int_equal(results(&w, ERR_OK, 0), 0);
	change_start(&w, LI);
	assert_int_equal(results(&w, ERR_DENIED, HANDLE_RC_AUTH_UNABLE), 1);
	assert_int_equal(metric(&w, "changes_parked_full_total"), 1);
	/* Changes of others go on meanwhile. */
	assert_int_equal(fixture_put(&w.f, REGISTRY_CREATE, "99.100.1/y", "u").err, ERR_OK);
	fixture_free(&w.f); /* with all that wait */
}

static void a_question_that_cannot_be_asked_is_an_answer_nobody_gives(void **state)
{
	(void)state;
	static world_t w;
	open_world(&w);
	w.is_full = true;
	change_start(&w, LI);
	(void)twin_run_for(w.f.twin, 2 * NS_PER_S);
	assert_int_equal(results(&w, ERR_DENIED, HANDLE_RC_AUTH_UNABLE), 1);
	fixture_free(&w.f);
}

/* Many groups in one record: as many as a judgement follows, and the rest of them not. */
static void a_record_of_many_groups_asks_no_more_homes_at_once_than_it_may(void **state)
{
	(void)state;
	static world_t w;
	static uint8_t buf[16384];
	char name[32];
	writer_t values = writer_of(buf, sizeof(buf));
	open_world(&w);
	value_add(&values, 1, "URL", SLICE("u"));
	for (uint32_t i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "99.300/team%u", i);
		admin_add(&values, 100 + i, HANDLE_ADMIN_ALL, slice_str(name), 200);
	}
	registry_change_t put = change_of(REGISTRY_REPLACE, SLICE("99.100.1/x"), 201, &values);
	assert_int_equal(fixture_change(&w.f, &put).err, ERR_OK);
	change_start(&w, LI);
	assert_int_equal(w.asked, GROUPS_ASKED);
	(void)twin_run_for(w.f.twin, 14 * NS_PER_S);
	assert_int_equal(results(&w, ERR_DENIED, HANDLE_RC_AUTH_UNABLE), 1);
	assert_int_equal(w.asked, GROUPS_LOOKED);
	fixture_free(&w.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_who_wait_for_a_group_wait_for_one_question),
		cmocka_unit_test(
			a_home_that_keeps_silent_is_waited_for_five_seconds_and_not_asked_for_thirty),
		cmocka_unit_test(one_more_than_may_wait_is_refused_at_once),
		cmocka_unit_test(a_question_that_cannot_be_asked_is_an_answer_nobody_gives),
		cmocka_unit_test(a_record_of_many_groups_asks_no_more_homes_at_once_than_it_may),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
