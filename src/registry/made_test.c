/* SPDX-License-Identifier: Apache-2.0 */
/* Names that templates make up, as the doors find them. */
#include "registry/fixture_test.h"
#include "registry/history.h"

#define NS(body) "<namespace><template delimiter=\"@\">" body "</template></namespace>"
#define PAGE     NS("<foreach><value data=\"${data}#${extension}\"/></foreach>")

static void put(fixture_t *f, slice_t name, const char *type, const char *data)
{
	uint8_t buf[2048];
	writer_t values = writer_of(buf, sizeof(buf));
	value_add(&values, 7, type, slice_str(data));
	registry_change_t change = change_of(REGISTRY_REPLACE, name, 1, &values);
	assert_int_equal(fixture_change(f, &change).err, ERR_OK);
}

/* The data of the first value that the name answers; "" when it answers none. */
static const char *answered(fixture_t *f, slice_t name)
{
	static char text[256];
	record_t record;
	handle_value_t value;
	err_t err;
	registry_resolve_batch(f->reader, &name, 1, &record, &err);
	text[0] = 0;
	if (!err) {
		handle_iter_t iter = handle_list_iter(handle_values_of(&record));
		assert_true(handle_value_next(&iter, &value));
		assert_true(slice_to_cstr(value.data, text, sizeof(text)));
	}
	registry_find_done(f->reader);
	return text;
}

static err_t outcome(fixture_t *f, slice_t name)
{
	record_t record;
	err_t err;
	registry_resolve_batch(f->reader, &name, 1, &record, &err);
	registry_find_done(f->reader);
	return err;
}

static void open_world(fixture_t *f)
{
	*f = fixture_make(7);
	fixture_start(f);
	put(f, SLICE("99.100.1/book"), "URL", "//h/book");
}

static void a_name_under_a_template_is_made_of_its_base(void **state)
{
	(void)state;
	fixture_t f;
	open_world(&f);
	assert_int_equal(outcome(&f, SLICE("99.100.1/book@p2")), ERR_NOT_FOUND);
	put(&f, SLICE("0.NA/99.100.1"), "HS_NAMESPACE", PAGE);
	assert_string_equal(answered(&f, SLICE("99.100.1/book@p2")), "//h/book#p2");
	assert_string_equal(answered(&f, SLICE("99.100.1/BOOK@p3")), "//h/book#p3");
	assert_int_equal(outcome(&f, SLICE("99.100.1/none@p2")), ERR_NOT_FOUND);
	assert_int_equal(outcome(&f, SLICE("99.100.1/none")), ERR_NOT_FOUND);
	assert_string_equal(answered(&f, SLICE("99.100.1/book")), "//h/book");
	fixture_free(&f);
}

static void a_changed_template_counts_from_its_acknowledgement_on(void **state)
{
	(void)state;
	fixture_t f;
	open_world(&f);
	put(&f, SLICE("0.NA/99.100.1"), "HS_NAMESPACE", PAGE);
	assert_string_equal(answered(&f, SLICE("99.100.1/book@p2")), "//h/book#p2");
	put(&f, SLICE("0.NA/99.100.1"), "HS_NAMESPACE",
	    NS("<foreach><value data=\"${data}?${extension}\"/></foreach>"));
	assert_string_equal(answered(&f, SLICE("99.100.1/book@p2")), "//h/book?p2");
	put(&f, SLICE("99.100.1/book"), "URL", "//h/new");
	assert_string_equal(answered(&f, SLICE("99.100.1/book@p2")), "//h/new?p2");
	put(&f, SLICE("0.NA/99.100.1"), "DESC", "no template");
	assert_int_equal(outcome(&f, SLICE("99.100.1/book@p2")), ERR_NOT_FOUND);
	fixture_restart(&f);
	put(&f, SLICE("0.NA/99.100.1"), "HS_NAMESPACE", PAGE);
	fixture_restart(&f);
	assert_string_equal(answered(&f, SLICE("99.100.1/book@p2")), "//h/new#p2");
	fixture_free(&f);
}

static void a_base_may_bring_its_own_template_and_either_may_refer(void **state)
{
	(void)state;
	fixture_t f;
	open_world(&f);
	put(&f, SLICE("99.100.1/t"), "XML",
	    "<template><foreach><value data=\"ref ${data}\"/></foreach></template>");
	put(&f, SLICE("0.NA/99.100.1"), "HS_NAMESPACE",
	    "<namespace><template delimiter=\"@\" ref=\"7:99.100.1/t\"/></namespace>");
	assert_string_equal(answered(&f, SLICE("99.100.1/book@x")), "ref //h/book");
	put(&f, SLICE("99.100.1/t"), "XML", "<template ref=\"7:99.100.1/t\"/>");
	assert_int_equal(outcome(&f, SLICE("99.100.1/book@x")), ERR_LIMIT);
	put(&f, SLICE("99.100.1/own"), "HS_NAMESPACE",
	    NS("<value type=\"URL\" data=\"own ${extension}\"/>"));
	assert_string_equal(answered(&f, SLICE("99.100.1/own@x")), "own x");
	fixture_free(&f);
}

static void what_was_registered_is_never_made_up(void **state)
{
	(void)state;
	fixture_t f;
	open_world(&f);
	put(&f, SLICE("0.NA/99.100.1"), "HS_NAMESPACE", PAGE);
	put(&f, SLICE("99.100.1/book@real"), "URL", "//h/real");
	assert_string_equal(answered(&f, SLICE("99.100.1/book@real")), "//h/real");
	registry_change_t gone = change_of(REGISTRY_REMOVE, SLICE("99.100.1/book@real"), 0,
	                                   &(writer_t){ 0 });
	assert_int_equal(fixture_change(&f, &gone).err, ERR_OK);
	assert_int_equal(outcome(&f, SLICE("99.100.1/book@real")), ERR_NOT_FOUND);
	gone.name = SLICE("99.100.1/book");
	assert_int_equal(fixture_change(&f, &gone).err, ERR_OK);
	assert_int_equal(outcome(&f, SLICE("99.100.1/book@p2")), ERR_NOT_FOUND);
	fixture_free(&f);
}

static void a_whole_batch_of_made_names_fits(void **state)
{
	(void)state;
	fixture_t f;
	slice_t names[REGISTRY_BATCH];
	record_t records[REGISTRY_BATCH];
	err_t errs[REGISTRY_BATCH];
	char texts[REGISTRY_BATCH][32];
	open_world(&f);
	put(&f, SLICE("0.NA/99.100.1"), "HS_NAMESPACE", PAGE);
	for (int i = 0; i < REGISTRY_BATCH; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "99.100.1/book@%d", i);
		names[i] = slice_str(texts[i]);
	}
	registry_resolve_batch(f.reader, names, REGISTRY_BATCH, records, errs);
	for (int i = 0; i < REGISTRY_BATCH; i++) {
		handle_value_t value;
		char want[32];
		(void)snprintf(want, sizeof(want), "//h/book#%d", i);
		assert_int_equal(errs[i], ERR_OK);
		assert_true(handle_value_find(handle_values_of(&records[i]), 7, &value));
		assert_true(slice_eq(value.data, slice_str(want)));
	}
	registry_find_done(f.reader);
	fixture_free(&f);
}

static const char *answered_at(fixture_t *f, slice_t name, int64_t utc_ns)
{
	static char text[256];
	registry_moment_t moment = { .name = name, .utc_ns = utc_ns };
	registry_walk_t *walk;
	registry_version_t version;
	handle_value_t value;
	text[0] = 0;
	err_t err = registry_known_at(f->reader, &moment, &walk, &version);
	if (!err && handle_value_find(handle_values_of(&version.entry.record), 7, &value))
		assert_true(slice_to_cstr(value.data, text, sizeof(text)));
	registry_walk_close(walk);
	return text;
}

static void of_a_time_the_template_and_the_base_of_that_time_count(void **state)
{
	(void)state;
	fixture_t f;
	int64_t times[4];
	open_world(&f);
	for (int i = 0; i < 4; i++) {
		(void)twin_run_for(f.twin, NS_PER_S);
		times[i] = env_utc(f.env).ns;
		(void)twin_run_for(f.twin, NS_PER_S);
		if (i == 0)
			put(&f, SLICE("0.NA/99.100.1"), "HS_NAMESPACE", PAGE);
		else if (i == 1)
			put(&f, SLICE("99.100.1/book"), "URL", "//h/new");
		else if (i == 2)
			put(&f, SLICE("99.100.1/book@p2"), "URL", "//h/real");
	}
	assert_string_equal(answered_at(&f, SLICE("99.100.1/book@p2"), times[0]), "");
	assert_string_equal(answered_at(&f, SLICE("99.100.1/book@p2"), times[1]), "//h/book#p2");
	assert_string_equal(answered_at(&f, SLICE("99.100.1/book@p2"), times[2]), "//h/new#p2");
	assert_string_equal(answered_at(&f, SLICE("99.100.1/book@p2"), times[3]), "//h/real");
	assert_string_equal(answered_at(&f, SLICE("99.100.1/none@p2"), times[3]), "");
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_under_a_template_is_made_of_its_base),
		cmocka_unit_test(a_changed_template_counts_from_its_acknowledgement_on),
		cmocka_unit_test(a_base_may_bring_its_own_template_and_either_may_refer),
		cmocka_unit_test(what_was_registered_is_never_made_up),
		cmocka_unit_test(a_whole_batch_of_made_names_fits),
		cmocka_unit_test(of_a_time_the_template_and_the_base_of_that_time_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
