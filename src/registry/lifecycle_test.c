/* SPDX-License-Identifier: Apache-2.0 */
/* Drafts, retired records and tombstones: who sees them, and what may be done. */
#include "registry/fixture_test.h"

#include "registry/lifecycle.h"

static registry_change_t asking(registry_verb_t verb, record_state_t state, role_t role)
{
	registry_change_t change = change_of(verb, SLICE("99.100.1/x"), 0, NULL);
	change.state = state;
	change.caller.role = role;
	return change;
}

static registry_result_t set_state(fixture_t *f, record_state_t state, role_t role)
{
	registry_change_t change = asking(REGISTRY_STATE, state, role);
	return fixture_change(f, &change);
}

static record_state_t state_of(fixture_t *f, const char *name, err_t *ret_err)
{
	slice_t asked = slice_str(name);
	record_t record;
	registry_find_batch(f->reader, &asked, 1, &record, ret_err);
	registry_find_done(f->reader);
	return record.name.len ? record.state : RECORD_STATE_COUNT;
}

/* Every verb on a name that is absent, active, a draft, retired, deleted; asked by
 * an engineer and by an administrator. */
static void each_verb_meets_each_state_as_its_row_says(void **state)
{
	(void)state;
	enum { OK = ERR_OK, EX = ERR_EXISTS, NF = ERR_NOT_FOUND, NO = ERR_DENIED, STATES = 5 };
	static const int engineer[REGISTRY_VERB_COUNT][STATES] = {
		[REGISTRY_CREATE] = { OK, EX, EX, EX, EX },
		[REGISTRY_REPLACE] = { OK, OK, OK, NO, EX },
		[REGISTRY_MERGE] = { NF, OK, OK, NO, NF },
		[REGISTRY_UNMERGE] = { NF, OK, OK, NO, NF },
		[REGISTRY_REMOVE] = { NF, OK, OK, NO, NF },
		[REGISTRY_ADD] = { NF, OK, OK, NO, NF },
		[REGISTRY_MODIFY] = { NF, OK, OK, NO, NF },
		[REGISTRY_HOME] = { OK, OK, OK, NO, OK },
		[REGISTRY_UNHOME] = { OK, OK, OK, NO, OK },
		[REGISTRY_STATE] = { NF, OK, OK, NO, NF },
		[REGISTRY_RESTORE] = { NF, EX, EX, EX, NO },
	};
	static const record_state_t met[STATES] = { 0, RECORD_ACTIVE, RECORD_DRAFT, RECORD_RETIRED,
		                                    RECORD_DELETED };
	for (unsigned v = 0; v < REGISTRY_VERB_COUNT; v++)
		for (unsigned s = 0; s < STATES; s++) {
			record_state_t after;
			record_t base = { .state = met[s] };
			registry_change_t change = asking((registry_verb_t)v, RECORD_DRAFT,
			                                  ROLE_ENGINEER);
			assert_int_equal(registry_state_after(&change, s ? &base : NULL, &after),
			                 engineer[v][s]);
			change.caller.role = ROLE_ADMIN;
			int wanted = engineer[v][s] == NO ? OK : engineer[v][s];
			assert_int_equal(registry_state_after(&change, s ? &base : NULL, &after),
			                 wanted);
		}
}

static void a_deleted_name_is_never_given_to_something_else(void **state)
{
	(void)state;
	fixture_t f = fixture_make(1);
	static char text[FIXTURE_VALUES];
	err_t err;
	fixture_start(&f);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/x", "first").err, ERR_OK);
	assert_int_equal(fixture_remove(&f, "99.100.1/x").err, ERR_OK);
	for (unsigned life = 0; life < 2; life++) {
		registry_result_t again = fixture_put(&f, REGISTRY_CREATE, "99.100.1/X", "second");
		assert_int_equal(again.err, ERR_EXISTS);
		assert_int_equal(again.state, RECORD_DELETED);
		assert_int_equal(fixture_put(&f, REGISTRY_REPLACE, "99.100.1/x", "third").err,
		                 ERR_EXISTS);
		assert_int_equal(state_of(&f, "99.100.1/x", &err), RECORD_DELETED);
		assert_int_equal(err, ERR_NOT_FOUND);
		assert_int_equal(registry_count(f.registry), 0);
		fixture_restart(&f);
	}
	assert_string_equal(fixture_text(&f, "99.100.1/x", 1, text), "");
	fixture_free(&f);
}

static void an_administrator_brings_the_same_record_back(void **state)
{
	(void)state;
	fixture_t f = fixture_make(2);
	static char text[FIXTURE_VALUES];
	registry_change_t restore = asking(REGISTRY_RESTORE, RECORD_ACTIVE, ROLE_ENGINEER);
	fixture_start(&f);
	assert_int_equal(fixture_change(&f, &restore).err, ERR_DENIED);
	restore.caller.role = ROLE_ADMIN;
	assert_int_equal(fixture_change(&f, &restore).err, ERR_NOT_FOUND);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/x", "first").err, ERR_OK);
	assert_int_equal(fixture_change(&f, &restore).err, ERR_EXISTS);
	assert_int_equal(fixture_remove(&f, "99.100.1/x").err, ERR_OK);
	restore.caller.role = ROLE_ENGINEER;
	assert_int_equal(fixture_change(&f, &restore).err, ERR_DENIED);
	restore.caller.role = ROLE_ADMIN;
	assert_int_equal(fixture_change(&f, &restore).err, ERR_OK);
	assert_string_equal(fixture_text(&f, "99.100.1/x", 1, text), "first");
	assert_int_equal(registry_count(f.registry), 1);
	fixture_restart(&f);
	assert_string_equal(fixture_text(&f, "99.100.1/x", 1, text), "first");
	fixture_free(&f);
}

static bool count_row(void *ctx, slice_t name)
{
	(void)name;
	++*(unsigned *)ctx;
	return true;
}

static unsigned listed(fixture_t *f)
{
	unsigned count = 0;
	assert_int_equal(
		registry_list(f->reader, SLICE("99.100.1"), (slice_t){ 0 }, count_row, &count),
		ERR_OK);
	return count;
}

static void a_draft_is_there_but_not_found_and_a_retired_record_answers(void **state)
{
	(void)state;
	fixture_t f = fixture_make(3);
	uint8_t buf[256];
	err_t err;
	fixture_start(&f);
	writer_t w = writer_of(buf, sizeof(buf));
	value_add(&w, 1, "URL", SLICE("u"));
	registry_change_t change = change_of(REGISTRY_CREATE, SLICE("99.100.1/x"), 1, &w);
	change.state = RECORD_DELETED;
	assert_int_equal(fixture_change(&f, &change).err, ERR_INVALID);
	change.state = RECORD_DRAFT;
	assert_int_equal(fixture_change(&f, &change).err, ERR_OK);
	assert_int_equal(state_of(&f, "99.100.1/x", &err), RECORD_DRAFT);
	assert_int_equal(err, ERR_NOT_FOUND);
	assert_int_equal(listed(&f), 0);
	assert_int_equal(fixture_put(&f, REGISTRY_REPLACE, "99.100.1/x", "v").err, ERR_OK);
	assert_int_equal(state_of(&f, "99.100.1/x", &err), RECORD_DRAFT);
	assert_int_equal(set_state(&f, RECORD_ACTIVE, ROLE_ENGINEER).err, ERR_OK);
	assert_int_equal(fixture_find(&f, "99.100.1/x"), ERR_OK);
	assert_int_equal(listed(&f), 1);
	assert_int_equal(set_state(&f, RECORD_RETIRED, ROLE_ENGINEER).err, ERR_OK);
	assert_int_equal(state_of(&f, "99.100.1/x", &err), RECORD_RETIRED);
	assert_int_equal(err, ERR_OK);
	assert_int_equal(set_state(&f, RECORD_ACTIVE, ROLE_ENGINEER).err, ERR_DENIED);
	assert_int_equal(set_state(&f, RECORD_DELETED, ROLE_ADMIN).err, ERR_INVALID);
	assert_int_equal(set_state(&f, RECORD_ACTIVE, ROLE_ADMIN).err, ERR_OK);
	fixture_free(&f);
}

static void a_name_that_was_never_there_has_an_empty_record(void **state)
{
	(void)state;
	fixture_t f = fixture_make(4);
	err_t err;
	fixture_start(&f);
	assert_int_equal(state_of(&f, "99.100.1/none", &err), RECORD_STATE_COUNT);
	assert_int_equal(err, ERR_NOT_FOUND);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verb_meets_each_state_as_its_row_says),
		cmocka_unit_test(a_deleted_name_is_never_given_to_something_else),
		cmocka_unit_test(an_administrator_brings_the_same_record_back),
		cmocka_unit_test(a_draft_is_there_but_not_found_and_a_retired_record_answers),
		cmocka_unit_test(a_name_that_was_never_there_has_an_empty_record),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
