/* SPDX-License-Identifier: Apache-2.0 */
/* Which class a point is of, from the configuration to the history. */
#include "node/history_wiring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "env/file.h"
#include "env/twin/twin.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static const char CONFIG[] = "node: {name: n1, prefix: 99.100.1}\n"
			     "retention:\n"
			     "  raw: 30d\n"
			     "  classes:\n"
			     "    - {number: 2, points: [FRM1.V, 'flow{line=\"1\"}'], keep: 365d}\n"
			     "    - {number: 1, points: [FRM1.*, 'flow*'], keep: 2d}\n";

static uint8_t class_of(const config_t *config, const char *name)
{
	return history_wiring_class(config, slice_str(name));
}

static void the_first_class_that_names_a_point_has_it(void **state)
{
	(void)state;
	config_t *config = NULL;
	OK(config_parse(slice_str(CONFIG), "t.yaml", &config, NULL));
	assert_int_equal(class_of(config, "FRM1.V"), 2);
	assert_int_equal(class_of(config, "FRM1.V_SET"), 1);
	assert_int_equal(class_of(config, "FRM1."), 1);
	assert_int_equal(class_of(config, "FRM1"), 0);
	assert_int_equal(class_of(config, "FRM2.V"), 0);
	assert_int_equal(class_of(config, "flow{line=\"1\"}"), 2);
	assert_int_equal(class_of(config, "flow{line=\"2\"}"), 1);
	assert_int_equal(class_of(config, "*"), 0);
	config_free(config);
}

static void points_and_series_have_the_traits_of_their_names(void **state)
{
	(void)state;
	static const point_t points[] = {
		{ .id = 3,
		  .device = 7,
		  .name = "FRM1.V",
		  .scale = 0.1,
		  .offset = -5,
		  .compress = { true, 0.02, 600 * NS_PER_S } },
		{ .id = 4, .device = 7, .name = "FRM2.V", .scale = 1 },
	};
	catalogue_t catalogue = { .points = points, .point_count = 2 };
	config_t *config = NULL;
	OK(config_parse(slice_str(CONFIG), "t.yaml", &config, NULL));
	history_wiring_t wiring = { &catalogue, config, NULL };
	point_traits_t traits = history_wiring_traits(&wiring, 3);
	assert_int_equal(traits.class, 2);
	assert_int_equal(traits.group, 7);
	assert_true(traits.scale == 0.1 && traits.offset == -5);
	assert_true(traits.deviation == 0.02 && traits.max_gap_ns == 600 * NS_PER_S);
	assert_true(history_wiring_traits(&wiring, 4).deviation == 0);
	assert_int_equal(history_wiring_traits(&wiring, 4).class, 0);
	assert_int_equal(history_wiring_traits(&wiring, 99).class, 0);
	config_free(config);
}

static void a_series_of_a_door_has_the_class_of_its_labels(void **state)
{
	(void)state;
	catalogue_t catalogue = { 0 };
	config_t *config = NULL;
	twin_t *twin = NULL;
	env_t *env = NULL;
	env_loop_t *loop = NULL;
	journal_t *journal = NULL;
	journal_recovery_t recovery;
	err_detail_t detail;
	point_id_t id = 0;
	series_t *series = NULL;
	label_t label[] = { { SLICE("__name__"), SLICE("flow") }, { SLICE("line"), SLICE("1") } };
	OK(config_parse(slice_str(CONFIG), "t.yaml", &config, NULL));
	OK(twin_new(&(twin_spec_t){ .seed = 1 }, &twin));
	OK(twin_host_open(twin, "node", &env));
	OK(env_loop_new(env, "files", ENV_LOOP_FILES, &loop));
	OK(env_dir_make(env, "views"));
	journal_spec_t spec = { .dir = "journal", .name = "main", .commit_loop = loop };
	OK(journal_open(env, &spec, &journal, &recovery, &detail));
	OK(series_open(env,
	               &(series_spec_t){ .views_dir = "views", .journal = journal, .loop = loop },
	               &series));
	OK(series_get(series, &(labels_t){ label, 2 }, &id));
	history_wiring_t wiring = { &catalogue, config, series };
	assert_int_equal(history_wiring_traits(&wiring, id).class, 2);
	assert_int_equal(history_wiring_traits(&wiring, id + 1).class, 0);
	series_close(series);
	journal_close(journal);
	env_loop_free(loop);
	twin_host_close(env);
	twin_free(twin);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_class_that_names_a_point_has_it),
		cmocka_unit_test(points_and_series_have_the_traits_of_their_names),
		cmocka_unit_test(a_series_of_a_door_has_the_class_of_its_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
