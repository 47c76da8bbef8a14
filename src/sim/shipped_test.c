/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped configuration, read by the reader of configurations. */
#include "sim/plant.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HEAD "node: {name: N1, prefix: 99.100.1}\n"

static config_t *parse_shipped(bool has_furnace, const char *capture, int64_t learn_ns)
{
	static char text[65536];
	writer_t w = writer_of(text, sizeof(text));
	config_t *config = NULL;
	err_detail_t detail = { 0 };
	char why[512];
	wr_bytes(&w, SLICE(HEAD));
	sim_config_yaml(&(sim_spec_t){ .furnace = has_furnace }, capture, learn_ns, &w);
	assert_false(w.bad);
	if (config_parse(writer_done(&w), "shipped.yaml", &config, &detail))
		fail_msg("%s", err_render(&detail, LANG_EN, why, sizeof(why)));
	return config;
}

static size_t points_of(const config_t *config)
{
	size_t points = 0;
	for (size_t i = 0; i < config->device_count; i++)
		points += config->devices[i].point_count;
	return points;
}

static void battery_line_is_a_valid_configuration(void **state)
{
	(void)state;
	config_t *config = parse_shipped(false, "iface:lo", 25 * NS_PER_S);
	assert_string_equal(config->capture, "iface:lo");
	assert_int_equal(config->capture_ports[0], SIM_PORT);
	assert_true(config->learn_ns == 25 * NS_PER_S);
	assert_int_equal(config->device_count, 6);
	assert_in_range(points_of(config), 40, 70);
	config_free(config);
}

static void furnace_and_meters_are_added(void **state)
{
	(void)state;
	config_t *config = parse_shipped(true, "tap", 1500 * NS_PER_MS);
	assert_true(config->learn_ns == 1500 * NS_PER_MS);
	assert_int_equal(config->device_count, 19);
	assert_in_range(points_of(config), 90, 120);
	config_free(config);
}

static void points_arrive_as_the_plant_has_them(void **state)
{
	(void)state;
	config_t *config = parse_shipped(true, "none", 0);
	size_t count;
	const plant_machine_t *machines = plant_machines(true, &count);
	for (size_t m = 0; m < count; m++) {
		const config_device_t *device = &config->devices[m];
		const plant_model_t *model = plant_model(&machines[m]);
		assert_true(ip_eq(device->addr.ip, plant_ip(&machines[m])));
		assert_int_equal(device->point_count, model->point_count);
		for (size_t i = 0; i < model->point_count; i++) {
			const config_point_t *want = &model->points[i].config;
			const config_point_t *got = &device->points[i];
			assert_string_equal(got->name, want->name);
			assert_string_equal(got->label[LANG_ZH], want->label[LANG_ZH]);
			assert_int_equal(got->address.table, want->address.table);
			assert_int_equal(got->address.address, want->address.address);
			assert_int_equal(got->address.words, want->address.words);
			assert_int_equal(got->address.order, want->address.order);
			assert_true(got->scale == want->scale);
			assert_int_equal(got->write.enabled, want->write.enabled);
			assert_int_equal(got->limits.set, want->limits.set);
			assert_int_equal(got->states.count, want->states.count);
			for (size_t k = 0; k < want->states.count; k++)
				assert_string_equal(got->states.rows[k].name[LANG_ZH],
				                    want->states.rows[k].name[LANG_ZH]);
		}
	}
	config_free(config);
}

static bool is_covered(const config_t *config, ip_t server, const point_address_t *at)
{
	for (size_t i = 0; i < config->policy_count; i++) {
		const config_policy_t *p = &config->policies[i];
		bool is_for_table = at->table == POINT_COIL ? p->function == 5 : p->function == 0;
		if (ip_eq(p->client, plant_operator_ip()) && ip_eq(p->server, server) &&
		    is_for_table && p->from <= at->address && at->address + at->words - 1 <= p->to)
			return true;
	}
	return false;
}

static void policy_covers_what_an_operator_writes_and_no_more(void **state)
{
	(void)state;
	config_t *config = parse_shipped(true, "none", 0);
	size_t count;
	const plant_machine_t *machines = plant_machines(true, &count);
	for (size_t m = 0; m < count; m++) {
		const plant_model_t *model = plant_model(&machines[m]);
		for (size_t i = 0; i < model->point_count; i++) {
			const plant_point_t *point = &model->points[i];
			if (!point->config.write.enabled)
				continue;
			assert_int_equal(
				is_covered(config, plant_ip(&machines[m]), &point->config.address),
				plant_is_operated(point));
		}
	}
	config_free(config);
}

static void a_buffer_too_small_is_told(void **state)
{
	(void)state;
	char text[1000];
	writer_t w = writer_of(text, sizeof(text));
	sim_config_yaml(&(sim_spec_t){ 0 }, "none", 0, &w);
	assert_true(w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(battery_line_is_a_valid_configuration),
		cmocka_unit_test(furnace_and_meters_are_added),
		cmocka_unit_test(points_arrive_as_the_plant_has_them),
		cmocka_unit_test(policy_covers_what_an_operator_writes_and_no_more),
		cmocka_unit_test(a_buffer_too_small_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
