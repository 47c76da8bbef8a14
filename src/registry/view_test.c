/* SPDX-License-Identifier: Apache-2.0 */
/* The view after misfortune: lost, altered, of another journal, damaged while it is read,
 * full. */
#include "registry/fixture_test.h"

#include "base/text.h"
#include "registry/store/store.h"

typedef struct {
	const char *text;
	void (*spoil)(fixture_t *f);
	bool rebuilt;
} mishap_t;

static void spoil_nothing(fixture_t *f)
{
	(void)f;
}

static const char *view_file(fixture_t *f, const char *word, char path[256])
{
	uint64_t size;
	for (uint64_t pick = 0; pick < 16; pick++)
		if (fixture_view_file(f, pick, path, &size) && strstr(path, word))
			return path;
	fail_msg("no file of %s", word);
	return path;
}

static void spoil_lose(fixture_t *f)
{
	char path[256];
	fixture_remove_file(f, view_file(f, "rows", path));
}

static void spoil_corrupt(fixture_t *f)
{
	char path[256];
	assert_int_equal(twin_disk_flip(f->twin, "node", view_file(f, "checkpoint", path), 20),
	                 ERR_OK);
}

static void spoil_cut(fixture_t *f)
{
	char path[256];
	assert_int_equal(twin_disk_cut(f->twin, "node", view_file(f, "index", path), 100), ERR_OK);
}

static void with_mark(fixture_t *f, void (*fn)(registry_mark_t *mark))
{
	env_t *env = NULL;
	hub_t hub;
	registry_store_t *store = NULL;
	registry_store_spec_t spec = { .path = FIXTURE_VIEW, .max_bytes = 1 << 30, .hub = &hub };
	spec.seed = f->epoch;
	registry_hub_init(&hub);
	assert_int_equal(twin_host_open(f->twin, "node", &env), ERR_OK);
	assert_int_equal(registry_store_open(env, &spec, &store), ERR_OK);
	registry_mark_t mark = registry_store_mark(store);
	fn(&mark);
	assert_int_equal(registry_store_commit(store, &mark), ERR_OK);
	assert_int_equal(registry_store_save(store), ERR_OK);
	registry_store_close(store);
	hub_done(&hub);
	twin_host_close(env);
}

static void set_ahead(registry_mark_t *mark)
{
	mark->at.seq += 1000;
}

static void set_foreign(registry_mark_t *mark)
{
	mark->at.epoch++;
}

static void set_other_past(registry_mark_t *mark)
{
	mark->at.hash[0] ^= 1;
}

static void spoil_ahead(fixture_t *f)
{
	with_mark(f, set_ahead);
}

static void spoil_foreign(fixture_t *f)
{
	with_mark(f, set_foreign);
}

static void spoil_other_past(fixture_t *f)
{
	with_mark(f, set_other_past);
}

/* Every answer as one text. */
static void answers(fixture_t *f, text_t *out)
{
	for (unsigned i = 0; i < 120; i++) {
		char name[64];
		static char text[FIXTURE_VALUES];
		(void)snprintf(name, sizeof(name), "99.100.1/item-%u", i);
		text_addf(out, "%d %s;", (int)fixture_find(f, name),
		          fixture_text(f, name, 1, text));
	}
	text_addf(out, " %llu", (unsigned long long)registry_count(f->registry));
}

static void a_view_spoilt_in_any_way_gives_equal_answers_again(void **state)
{
	(void)state;
	static const mishap_t mishaps[] = {
		{ "nothing", spoil_nothing, false },
		{ "lost", spoil_lose, true },
		{ "corrupt", spoil_corrupt, true },
		{ "cut", spoil_cut, true },
		{ "ahead", spoil_ahead, true },
		{ "of another journal", spoil_foreign, true },
		{ "of another past", spoil_other_past, true },
	};
	fixture_t f = fixture_make(12);
	fixture_start(&f);
	for (unsigned i = 0; i < 100; i++) {
		char name[64];
		(void)snprintf(name, sizeof(name), "99.100.1/item-%u", i);
		assert_int_equal(fixture_put(&f, REGISTRY_CREATE, name, name).err, ERR_OK);
		if (i % 3 == 0)
			assert_int_equal(fixture_remove(&f, name).err, ERR_OK);
	}
	text_t before = text_of(1 << 20), after = text_of(1 << 20);
	answers(&f, &before);
	for (size_t i = 0; i < sizeof(mishaps) / sizeof(*mishaps); i++) {
		fixture_halt(&f);
		mishaps[i].spoil(&f);
		fixture_start(&f);
		after.len = 0;
		answers(&f, &after);
		if (registry_rebuilt(f.registry) != mishaps[i].rebuilt)
			fail_msg("view %s", mishaps[i].text);
		assert_true(slice_eq(text_slice(&after), text_slice(&before)));
	}
	text_free(&before);
	text_free(&after);
	fixture_free(&f);
}

/* Rows and index of a running node change under it; what is asked is answered rightly or
 * with an error, and rightly again once the view has been built anew. */
static void damage_met_while_running_is_an_error_and_then_mended(void **state)
{
	(void)state;
	static const char *const words[] = { "rows", "index" };
	for (size_t i = 0; i < 2; i++) {
		fixture_t f = fixture_make(19 + i);
		static char text[FIXTURE_VALUES];
		char path[256];
		fixture_start(&f);
		for (unsigned n = 0; n < 100; n++) {
			char name[64];
			(void)snprintf(name, sizeof(name), "99.100.1/item-%u", n);
			assert_int_equal(fixture_put(&f, REGISTRY_CREATE, name, name).err, ERR_OK);
		}
		text_t before = text_of(1 << 20), after = text_of(1 << 20);
		answers(&f, &before);
		fixture_halt(&f);
		view_file(&f, words[i], path);
		fixture_start(&f);
		for (uint64_t at = 64; at < 4096; at += 64)
			assert_int_equal(twin_disk_flip(f.twin, "node", path, at), ERR_OK);
		size_t noticed = 0;
		for (unsigned n = 0; n < 100; n++) {
			char name[64];
			(void)snprintf(name, sizeof(name), "99.100.1/item-%u", n);
			err_t err = fixture_find(&f, name);
			assert_true(err == ERR_OK || err == ERR_CORRUPT);
			noticed += err == ERR_CORRUPT;
		}
		assert_true(noticed > 0);
		(void)twin_run_for(f.twin, NS_PER_S);
		answers(&f, &after);
		assert_true(slice_eq(text_slice(&after), text_slice(&before)));
		assert_int_equal(fixture_put(&f, REGISTRY_REPLACE, "99.100.1/item-7", "u").err,
		                 ERR_OK);
		assert_string_equal(fixture_text(&f, "99.100.1/item-7", 1, text), "u");
		fixture_restart(&f);
		assert_false(registry_rebuilt(f.registry));
		assert_string_equal(fixture_text(&f, "99.100.1/item-7", 1, text), "u");
		text_free(&before);
		text_free(&after);
		fixture_free(&f);
	}
}

static void a_full_view_refuses_changes_and_loses_none(void **state)
{
	(void)state;
	fixture_t f = fixture_make(13);
	f.view_bytes_max = 1 << 20;
	static uint8_t buf[RECORD_BYTES_MAX], data[100 << 10];
	registry_result_t result = { .err = ERR_OK };
	char name[64];
	unsigned count = 0;
	fixture_start(&f);
	for (; !result.err && count < 100; count++) {
		writer_t w = writer_of(buf, sizeof(buf));
		value_add(&w, 1, "BLOB", slice_of(data, sizeof(data)));
		(void)snprintf(name, sizeof(name), "99.100.1/%u", count);
		registry_change_t change = change_of(REGISTRY_CREATE, slice_str(name), 1, &w);
		result = fixture_change(&f, &change);
	}
	assert_int_equal(result.err, ERR_LIMIT);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/y", "u").err, ERR_LIMIT);
	assert_int_equal(fixture_find(&f, "99.100.1/0"), ERR_OK);
	f.view_bytes_max = 64 << 20;
	fixture_restart(&f);
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "99.100.1/%u", i);
		assert_int_equal(fixture_find(&f, name), ERR_OK);
	}
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_view_spoilt_in_any_way_gives_equal_answers_again),
		cmocka_unit_test(damage_met_while_running_is_an_error_and_then_mended),
		cmocka_unit_test(a_full_view_refuses_changes_and_loses_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
