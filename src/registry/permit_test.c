/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what: directly, by any key, through groups, and by each difference of a
 * change. */
#include "registry/permit.h"

#include "registry/fixture_test.h"

static const slice_t LI = { (const uint8_t *)"99.100.1/li", 11 };
static const slice_t PRESS = { (const uint8_t *)"99.100.1/press", 14 };

typedef struct {
	const char *name;
	record_t record;
	uint8_t bytes[4096];
} kept_t;

typedef struct {
	kept_t kept[80];
	size_t count, looked_up;
} store_t;

static err_t look_up(void *ctx, slice_t name, record_t *ret_record)
{
	store_t *s = ctx;
	s->looked_up++;
	for (size_t i = 0; i < s->count; i++) {
		if (!slice_eq_nocase(name, slice_str(s->kept[i].name)))
			continue;
		*ret_record = s->kept[i].record;
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}

static kept_t *keep(store_t *s, const char *name)
{
	kept_t *k = &s->kept[s->count++];
	k->name = name;
	return k;
}

static void keep_group(store_t *s, const char *name, const handle_reference_t *members,
                       size_t count)
{
	kept_t *k = keep(s, name);
	writer_t w = writer_of(k->bytes, sizeof(k->bytes));
	group_add(&w, 200, members, count);
	k->record = (record_t){ .count = 1, .values = writer_done(&w) };
}

static uint16_t rights_of(store_t *s, const char *group, uint32_t index, const char *who)
{
	uint8_t buf[512];
	writer_t w = writer_of(buf, sizeof(buf));
	registry_permit_t permit = { look_up, s, NULL, NULL };
	registry_identity_t identity = { slice_str(who), 300 };
	admin_add(&w, 100, HANDLE_ADMIN_DELETE_HANDLE, slice_str(group), index);
	record_t record = { .count = 1, .values = writer_done(&w) };
	return registry_rights(&permit, &identity, &record);
}

static void rights_come_directly_by_any_key_and_through_groups(void **state)
{
	(void)state;
	static store_t s;
	const handle_reference_t li = { LI, 300 }, wang = { SLICE("99.100.1/wang"), 0 };
	const handle_reference_t inner = { SLICE("99.100.1/inner"), 200 };
	s = (store_t){ .count = 0 };
	keep_group(&s, "99.100.1/inner", (handle_reference_t[]){ li, wang }, 2);
	keep_group(&s, "99.100.1/outer", &inner, 1);
	uint16_t right = HANDLE_ADMIN_DELETE_HANDLE;
	assert_int_equal(rights_of(&s, "99.100.1/li", 300, "99.100.1/LI"), right);
	assert_int_equal(rights_of(&s, "99.100.1/li", 301, "99.100.1/li"), 0);
	assert_int_equal(rights_of(&s, "99.100.1/li", 0, "99.100.1/li"), right);
	assert_int_equal(rights_of(&s, "99.100.1/outer", 200, "99.100.1/li"), right);
	assert_int_equal(rights_of(&s, "99.100.1/outer", 200, "99.100.1/wang"), right);
	assert_int_equal(rights_of(&s, "99.100.1/outer", 200, "99.100.1/zhao"), 0);
	assert_int_equal(rights_of(&s, "99.100.1/outer", 201, "99.100.1/li"), 0);
	assert_int_equal(rights_of(&s, "99.100.1/none", 200, "99.100.1/li"), 0);
}

static void groups_that_loop_or_go_too_deep_end(void **state)
{
	(void)state;
	static store_t s;
	static char names[80][32];
	s = (store_t){ .count = 0 };
	for (size_t i = 0; i < 80; i++)
		(void)snprintf(names[i], sizeof(names[i]), "99.100.1/g%zu", i);
	for (size_t i = 0; i < 20; i++) {
		handle_reference_t members[] = { { slice_str(names[(i + 1) % 20]), 200 },
			                         { slice_str(names[0]), 200 } };
		keep_group(&s, names[i], members, 2);
	}
	assert_int_equal(rights_of(&s, names[0], 200, "99.100.1/li"), 0);
	assert_true(s.looked_up <= 9);
	/* Wide rather than deep: no more than 64 are looked at. */
	handle_reference_t many[78];
	for (size_t i = 0; i < 78; i++)
		many[i] = (handle_reference_t){ slice_str(names[i + 1]), 200 };
	s = (store_t){ .count = 0 };
	keep_group(&s, names[0], many, 78);
	assert_int_equal(rights_of(&s, names[0], 200, "99.100.1/li"), 0);
	assert_int_equal(s.looked_up, 64);
}

/* Deeds: who may make which difference. */
static void a_change_needs_the_right_of_each_difference(void **state)
{
	(void)state;
	static const struct {
		registry_verb_t verb;
		uint16_t needed, rights;
		uint32_t read_only;
		handle_response_t code;
	} rows[] = {
		{ REGISTRY_MODIFY, 0x0010, 0x0010, 0, HANDLE_RC_OK },
		{ REGISTRY_MODIFY, 0x0010, 0x0020, 0, HANDLE_RC_INVALID_ADMIN },
		{ REGISTRY_MODIFY, 0x0010, 0x0FFF, 5, HANDLE_RC_DENIED },
		{ REGISTRY_MODIFY, 0x0000, 0x0000, 0, HANDLE_RC_OK },
		{ REGISTRY_MODIFY, 0x0220, 0x0200, 0, HANDLE_RC_INVALID_ADMIN },
		{ REGISTRY_MODIFY, 0x0220, 0x0220, 0, HANDLE_RC_OK },
		{ REGISTRY_ADD, 0x0040, 0x0040, 0, HANDLE_RC_OK },
		{ REGISTRY_ADD, 0x0240, 0x0040, 0, HANDLE_RC_INVALID_ADMIN },
		{ REGISTRY_UNMERGE, 0x0020, 0x0020, 7, HANDLE_RC_OK },
		{ REGISTRY_REMOVE, 0, 0x0002, 0, HANDLE_RC_OK },
		{ REGISTRY_REMOVE, 0, 0x0FFD, 0, HANDLE_RC_INVALID_ADMIN },
		{ REGISTRY_REPLACE, 0x0070, 0x0070, 0, HANDLE_RC_OK },
		{ REGISTRY_REPLACE, 0x0070, 0x0002, 0, HANDLE_RC_INVALID_ADMIN },
		{ REGISTRY_REPLACE, 0x0000, 0x0000, 0, HANDLE_RC_INVALID_ADMIN },
		{ REGISTRY_HOME, 0, 0x1FFF, 0, HANDLE_RC_INVALID_ADMIN },
	};
	static store_t s;
	s = (store_t){ .count = 0 };
	registry_permit_t permit = { look_up, &s, NULL, NULL };
	registry_identity_t li = { LI, 300 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t buf[256];
		writer_t w = writer_of(buf, sizeof(buf));
		admin_add(&w, 100, rows[i].rights, LI, 300);
		record_t base = { .name = PRESS, .count = 1, .values = writer_done(&w) };
		registry_deed_t deed = { .verb = rows[i].verb,
			                 .name = PRESS,
			                 .base = &base,
			                 .needed = rows[i].needed,
			                 .read_only = rows[i].read_only };
		if (registry_permit_deed(&permit, &li, &deed) != rows[i].code)
			fail_msg("row %zu", i);
	}
}

static void names_and_prefixes_are_created_by_who_the_prefix_says(void **state)
{
	(void)state;
	static const struct {
		const char *name, *governing;
		uint16_t right;
	} rows[] = {
		{ "99.100.1/x", "0.NA/99.100.1", HANDLE_ADMIN_ADD_HANDLE },
		{ "0.NA/99.100.1.5", "0.NA/99.100.1", HANDLE_ADMIN_ADD_PREFIX },
	};
	registry_identity_t li = { LI, 300 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (uint16_t right = 1; right <= HANDLE_ADMIN_ADD_PREFIX; right <<= 1) {
			static store_t s;
			s = (store_t){ .count = 0 };
			registry_permit_t permit = { look_up, &s, NULL, NULL };
			kept_t *k = keep(&s, rows[i].governing);
			writer_t w = writer_of(k->bytes, sizeof(k->bytes));
			admin_add(&w, 100, right, LI, 300);
			k->record = (record_t){ .count = 1, .values = writer_done(&w) };
			registry_deed_t deed = { .verb = REGISTRY_CREATE,
				                 .name = slice_str(rows[i].name) };
			assert_int_equal(registry_permit_deed(&permit, &li, &deed) == HANDLE_RC_OK,
			                 right == rows[i].right);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rights_come_directly_by_any_key_and_through_groups),
		cmocka_unit_test(groups_that_loop_or_go_too_deep_end),
		cmocka_unit_test(a_change_needs_the_right_of_each_difference),
		cmocka_unit_test(names_and_prefixes_are_created_by_who_the_prefix_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
