/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry asks of who keeps the prefixes, and what it tells, held against a
 * keeper that only counts. */
#include "registry/fixture_test.h"

#include "registry/bulk.h"
#include "registry/entry/part.h"

typedef struct {
	fixture_t f;
	quota_t take, resolve; /* what it says */
	const char *hosted;
	int room; /* names it gives in all; 0: any number */
	int taken, asked, given_back, removed, found, missed;
} keeper_t;

static bool hosts(void *ctx, slice_t prefix)
{
	const keeper_t *k = ctx;
	return k->hosted && slice_eq(prefix, slice_str(k->hosted));
}

static quota_t take(void *ctx, slice_t name, bool is_new)
{
	keeper_t *k = ctx;
	(void)name;
	k->asked++;
	if (k->room && k->taken - k->given_back >= k->room)
		return QUOTA_NAMES;
	k->taken += is_new && !k->take;
	return k->take;
}

static void give_back(void *ctx, slice_t name)
{
	(void)name;
	((keeper_t *)ctx)->given_back++;
}

static void removed(void *ctx, slice_t name)
{
	(void)name;
	((keeper_t *)ctx)->removed++;
}

static quota_t resolve(void *ctx, slice_t name, bool is_found)
{
	keeper_t *k = ctx;
	(void)name;
	k->found += is_found;
	k->missed += !is_found;
	return k->resolve;
}

static int set_up(void **state)
{
	keeper_t *k = calloc(1, sizeof(*k));
	prefix_meter_t meter = { k, hosts, resolve, take, give_back, removed };
	*state = k;
	k->f = fixture_make(9);
	fixture_start(&k->f);
	registry_meter_set(k->f.registry, &meter);
	return 0;
}

static int tear_down(void **state)
{
	keeper_t *k = *state;
	fixture_free(&k->f);
	free(k);
	return 0;
}

static void a_registration_is_taken_once_and_a_change_is_asked_for(void **state)
{
	keeper_t *k = *state;
	assert_int_equal(fixture_put(&k->f, REGISTRY_CREATE, "99.100.1/a", "u").err, ERR_OK);
	assert_int_equal(k->taken, 1);
	assert_int_equal(fixture_put(&k->f, REGISTRY_MERGE, "99.100.1/a", "v").err, ERR_OK);
	assert_int_equal(fixture_put(&k->f, REGISTRY_REPLACE, "99.100.1/a", "w").err, ERR_OK);
	assert_int_equal(k->asked, 3);
	assert_int_equal(k->taken, 1);
	assert_int_equal(k->given_back, 0);
}

static void what_is_refused_before_is_not_asked_for(void **state)
{
	keeper_t *k = *state;
	assert_int_equal(fixture_put(&k->f, REGISTRY_CREATE, "99.100.1/a", "u").err, ERR_OK);
	assert_int_equal(fixture_put(&k->f, REGISTRY_CREATE, "99.100.1/a", "u").err, ERR_EXISTS);
	assert_int_equal(fixture_put(&k->f, REGISTRY_MERGE, "99.100.1/b", "u").err, ERR_NOT_FOUND);
	assert_int_equal(k->asked, 1);
}

static void removing_is_told_and_never_refused(void **state)
{
	keeper_t *k = *state;
	assert_int_equal(fixture_put(&k->f, REGISTRY_CREATE, "99.100.1/a", "u").err, ERR_OK);
	k->take = QUOTA_PREFIX;
	assert_int_equal(fixture_remove(&k->f, "99.100.1/a").err, ERR_OK);
	assert_int_equal(k->removed, 1);
	assert_int_equal(fixture_remove(&k->f, "99.100.1/a").err, ERR_NOT_FOUND);
	assert_int_equal(k->removed, 1);
}

static void a_refusal_has_the_code_of_its_limit_and_leaves_nothing(void **state)
{
	keeper_t *k = *state;
	k->take = QUOTA_NAMES;
	registry_result_t result = fixture_put(&k->f, REGISTRY_CREATE, "99.100.1/a", "u");
	assert_int_equal(result.err, ERR_LIMIT);
	assert_int_equal(result.code, HANDLE_RC_LIMIT_NAMES);
	assert_int_equal(fixture_find(&k->f, "99.100.1/a"), ERR_NOT_FOUND);
	assert_int_equal(k->given_back, 0);
	k->take = QUOTA_PREFIX;
	result = fixture_put(&k->f, REGISTRY_CREATE, "99.100.1/a", "u");
	assert_int_equal(result.code, HANDLE_RC_LIMIT_PREFIXES);
	k->take = QUOTA_OK;
	assert_int_equal(fixture_put(&k->f, REGISTRY_CREATE, "99.100.1/a", "u").err, ERR_OK);
}

/* The journal fails for good under the change. */
static void a_registration_the_journal_did_not_take_is_given_back(void **state)
{
	keeper_t *k = *state;
	assert_int_equal(fixture_put(&k->f, REGISTRY_CREATE, "99.100.1/a", "u").err, ERR_OK);
	twin_fail_at(k->f.env, 1, 0, TWIN_IO_ERROR);
	assert_true(fixture_put(&k->f, REGISTRY_CREATE, "99.100.1/b", "u").err != ERR_OK);
	assert_int_equal(k->taken, 2);
	assert_int_equal(k->given_back, 1);
	twin_fail_at(k->f.env, 0, 0, TWIN_IO_ERROR);
}

static void names_of_a_hosted_prefix_live_here(void **state)
{
	keeper_t *k = *state;
	assert_int_equal(fixture_put(&k->f, REGISTRY_CREATE, "99.200.2/a", "u").err,
	                 ERR_UNAVAILABLE);
	k->hosted = "99.200.2";
	assert_int_equal(fixture_put(&k->f, REGISTRY_CREATE, "99.200.2/a", "u").err, ERR_OK);
	assert_int_equal(fixture_find(&k->f, "99.200.2/a"), ERR_OK);
	assert_int_equal(fixture_find(&k->f, "99.200.20/a"), ERR_UNAVAILABLE);
}

static void
an_answer_is_counted_by_what_was_found_and_refused_when_the_budget_is_spent(void **state)
{
	keeper_t *k = *state;
	slice_t name = SLICE("99.100.1/a");
	assert_int_equal(registry_resolved(k->f.registry, name, ERR_OK), QUOTA_OK);
	assert_int_equal(registry_resolved(k->f.registry, name, ERR_NOT_FOUND), QUOTA_OK);
	assert_int_equal(k->found, 1);
	assert_int_equal(k->missed, 1);
	k->resolve = QUOTA_REQUESTS;
	assert_int_equal(registry_resolved(k->f.registry, name, ERR_OK), QUOTA_REQUESTS);
	assert_int_equal(registry_quota_code(QUOTA_REQUESTS), HANDLE_RC_LIMIT_REQUESTS);
}

typedef struct {
	int made, gone, changed;
} tally_t;

static err_t tally(void *ctx, const registry_entry_t *entry)
{
	tally_t *t = ctx;
	int made = registry_entry_made(entry);
	t->made += made > 0;
	t->gone += made < 0;
	t->changed += made == 0;
	return ERR_OK;
}

static void the_journal_tells_again_what_each_change_did(void **state)
{
	keeper_t *k = *state;
	tally_t t = { 0 };
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	assert_int_equal(fixture_put(&k->f, REGISTRY_CREATE, "99.100.1/a", "u").err, ERR_OK);
	assert_int_equal(fixture_put(&k->f, REGISTRY_MERGE, "99.100.1/a", "v").err, ERR_OK);
	assert_int_equal(fixture_remove(&k->f, "99.100.1/a").err, ERR_OK);
	registry_change_t restore = change_of(REGISTRY_RESTORE, SLICE("99.100.1/a"), 0, NULL);
	assert_int_equal(fixture_change(&k->f, &restore).err, ERR_OK);
	assert_int_equal(k->taken, 2);
	assert_int_equal(journal_cursor_open(k->f.journal, 1, &cursor), ERR_OK);
	while (journal_cursor_next(cursor, &record) == ERR_OK)
		assert_int_equal(registry_changes_walk(k->f.journal, &record, tally, &t), ERR_OK);
	journal_cursor_close(cursor);
	assert_int_equal(t.made, 2);
	assert_int_equal(t.gone, 1);
	assert_int_equal(t.changed, 1);
}

static registry_bulk_result_t bulk(keeper_t *k, const char *key, uint32_t count)
{
	uint8_t buf[4096], value[64];
	writer_t w = writer_of(buf, sizeof(buf)), v = writer_of(value, sizeof(value));
	registry_bulk_result_t result = { .err = ERR_INTERNAL };
	env_mailbox_t *results = NULL;
	env_mailbox_spec_t mail = { .name = "bulk results",
		                    .reader = k->f.asker,
		                    .item_size = sizeof(result),
		                    .capacity = 4,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = fixture_replied };
	value_add(&v, 1, "URL", SLICE("u"));
	for (uint32_t i = 0; i < count; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "99.100.1/%s-%u", key, i);
		handle_record_t record = { slice_str(name), { 1, writer_done(&v) } };
		handle_record_encode(&record, &w);
	}
	registry_bulk_t asked = { .key = slice_str(key),
		                  .records = writer_done(&w),
		                  .count = count,
		                  .caller = caller_node() };
	assert_int_equal(env_mailbox_new(&mail, &results), ERR_OK);
	assert_int_equal(registry_bulk(k->f.registry, &asked, results, NULL), ERR_OK);
	while (!env_mailbox_take(results, &result))
		assert_true(twin_step(k->f.twin));
	env_mailbox_free(results);
	return result;
}

static void a_bulk_takes_for_all_its_names_or_for_none(void **state)
{
	keeper_t *k = *state;
	tally_t t = { 0 };
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	assert_int_equal(bulk(k, "a", 3).err, ERR_OK);
	assert_int_equal(k->taken, 3);
	assert_int_equal(k->given_back, 0);
	k->room = 5;
	registry_bulk_result_t refused = bulk(k, "b", 5);
	assert_int_equal(refused.err, ERR_LIMIT);
	assert_int_equal(refused.code, HANDLE_RC_LIMIT_NAMES);
	assert_int_equal(refused.at, 2);
	assert_int_equal(k->given_back, 2);
	assert_int_equal(fixture_find(&k->f, "99.100.1/b-0"), ERR_NOT_FOUND);
	assert_int_equal(bulk(k, "a", 3).err, ERR_OK);
	assert_int_equal(k->taken - k->given_back, 3);
	assert_int_equal(journal_cursor_open(k->f.journal, 1, &cursor), ERR_OK);
	while (journal_cursor_next(cursor, &record) == ERR_OK)
		assert_int_equal(registry_changes_walk(k->f.journal, &record, tally, &t), ERR_OK);
	journal_cursor_close(cursor);
	assert_int_equal(t.made, 3);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_registration_is_taken_once_and_a_change_is_asked_for),
		CASE(what_is_refused_before_is_not_asked_for),
		CASE(removing_is_told_and_never_refused),
		CASE(a_refusal_has_the_code_of_its_limit_and_leaves_nothing),
		CASE(a_registration_the_journal_did_not_take_is_given_back),
		CASE(names_of_a_hosted_prefix_live_here),
		CASE(an_answer_is_counted_by_what_was_found_and_refused_when_the_budget_is_spent),
		CASE(the_journal_tells_again_what_each_change_did),
		CASE(a_bulk_takes_for_all_its_names_or_for_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
