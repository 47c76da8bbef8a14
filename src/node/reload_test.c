/* SPDX-License-Identifier: Apache-2.0 */
/* A whole node in the simulated world whose configuration changes under it. Its
 * machines do not answer: what a reload means to open links is fleet's own test. */
#include "node/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "env/file.h"
#include "env/json_read.h"
#include "env/pkey.h"
#include "env/twin/twin.h"
#include "node/reload.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { TEXT_MAX = 4096 };

static const char HEAD[] = "node: {name: plant-1, prefix: 99.100.1}\n"
			   "data: data\n"
			   "listen: {http: \"127.0.0.1:8080\", handle: [\"127.0.0.1:2641\"]}\n"
			   "devices:\n";
static const char PRESS[] = "  - name: PRESS\n"
			    "    address: 127.0.1.1:1502\n"
			    "    points:\n"
			    "      - {name: FORCE, address: 0, type: u16, unit: kN,\n"
			    "         limits: [0, 100], write: {limits: [0, 50]}}\n";
static const char OVEN[] = "  - name: OVEN\n"
			   "    address: 127.0.1.2:1502\n"
			   "    points:\n"
			   "      - {name: TEMP, address: 0, type: i16, unit: Cel}\n"
			   "      - {name: DOOR, table: coil, address: 0, type: bool}\n";

/* There is no memory for arrays of just so many, unless they are of bytes. */
enum { TOO_MANY = 63 };
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	return count == TOO_MANY && size > 1 ? NULL : __real_calloc(count, size);
}

typedef struct {
	twin_t *twin;
	env_t *env;
	config_t *config;
	node_t *node;
	char token[64];
	err_detail_t detail;
} world_t;

static void save(world_t *w, const char *a, const char *b, const char *c)
{
	char text[TEXT_MAX];
	int len = snprintf(text, sizeof(text), "%s%s%s", a, b, c);
	assert_in_range(len, 1, sizeof(text) - 1);
	OK(env_file_save(w->env, "jizhu.yaml", slice_of(text, (size_t)len)));
}

static void start(world_t *w)
{
	size_t len = 0;
	node_spec_t spec = { .config_path = "jizhu.yaml", .http = true, .handle = true };
	OK(config_load(w->env, "jizhu.yaml", &w->config, &w->detail));
	spec.config = w->config;
	OK(node_open(w->env, &spec, &w->node, &w->detail));
	(void)twin_run_for(w->twin, 2 * NS_PER_S);
	OK(env_file_load(w->env, "data/keys/admin.token", w->token, sizeof(w->token) - 1, &len));
	w->token[len && w->token[len - 1] == '\n' ? len - 1 : len] = 0;
}

static void stop(world_t *w)
{
	node_close(w->node);
	config_free(w->config);
	w->node = NULL;
}

/* The key of the Handle door, which takes a tenth of a second to find: made once for all. */
static int make_key(void **state)
{
	text_t *pem = calloc(1, sizeof(*pem));
	uint8_t room[ENV_PKEY_PEM_MAX];
	writer_t w = writer_of(room, sizeof(room));
	env_pkey_t *key = NULL;
	assert_non_null(pem);
	*pem = text_of(ENV_PKEY_PEM_MAX);
	OK(env_pkey_generate(ENV_PKEY_RSA, &key));
	OK(env_pkey_to_pem(key, true, &w));
	text_add(pem, writer_done(&w));
	env_pkey_free(key);
	*state = pem;
	return 0;
}

static int free_key(void **state)
{
	text_free(*state);
	free(*state);
	return 0;
}

static world_t world_make(void **state, uint64_t seed)
{
	world_t w = { 0 };
	OK(twin_new(&(twin_spec_t){ .seed = seed }, &w.twin));
	OK(twin_host_open(w.twin, "node", &w.env));
	OK(env_dir_make(w.env, "data/keys"));
	OK(env_file_save(w.env, "data/keys/handle.key", text_slice(*state)));
	save(&w, HEAD, PRESS, OVEN);
	start(&w);
	return w;
}

static void world_free(world_t *w)
{
	if (w->node)
		stop(w);
	twin_host_close(w->env);
	twin_free(w->twin);
}

static void reload(world_t *w)
{
	twin_signal(w->env, ENV_SIGNAL_RELOAD);
	(void)twin_run_for(w->twin, 2 * NS_PER_S);
	assert_int_equal(twin_notified(w->env), ENV_READY);
}

/* The answer as a tree, to be freed; NULL unless it is 200. */
static json_tree_t *get(world_t *w, const char *path)
{
	twin_http_answer_t answer;
	json_tree_t *root = NULL;
	OK(twin_http(w->env, &(twin_http_ask_t){ .path = path, .token = w->token }, 5 * NS_PER_S,
	             &answer));
	if (answer.status == 200)
		OK(json_read(answer.body, &root, NULL));
	return root;
}

static int64_t point_id(world_t *w, const char *name)
{
	char path[128];
	int64_t id = 0;
	snprintf(path, sizeof(path), "/api/v1/points/%s", name);
	json_tree_t *root = get(w, path);
	if (root)
		assert_true(json_whole(json_member(root, "id"), 1, UINT32_MAX, &id));
	json_free(root);
	return id;
}

static int64_t generation(world_t *w, char reason[TEXT_MAX])
{
	int64_t number = 0;
	slice_t text = { 0 };
	json_tree_t *root = get(w, "/api/v1/node");
	const json_tree_t *config = json_member(root, "config");
	assert_true(json_whole(json_member(config, "generation"), 1, 1000, &number));
	(void)json_text(json_member(json_member(config, "refused"), "reason"), &text);
	assert_true(slice_to_cstr(text, reason, TEXT_MAX));
	json_free(root);
	return number;
}

static size_t count_events(world_t *w, const char *message)
{
	size_t n = 0;
	json_tree_t *root = get(w, "/api/v1/events?class=life&limit=500");
	const json_tree_t *items = json_member(root, "items");
	for (size_t i = 0; i < json_count(items); i++) {
		slice_t text = { 0 };
		(void)json_text(json_member(json_item(items, i), "message"), &text);
		n += slice_eq(text, slice_str(message));
	}
	json_free(root);
	return n;
}

static double force_limit(world_t *w)
{
	double high = 0;
	json_tree_t *root = get(w, "/api/v1/points/PRESS.FORCE");
	assert_true(json_number(json_item(json_member(root, "limits"), 1), &high));
	json_free(root);
	return high;
}

static void devices_and_points_come_and_go_and_keep_their_ids(void **state)
{
	char reason[TEXT_MAX];
	world_t w = world_make(state, 1);
	int64_t force = point_id(&w, "PRESS.FORCE"), temp = point_id(&w, "OVEN.TEMP");
	assert_int_equal(generation(&w, reason), 1);
	save(&w, HEAD, PRESS, "");
	reload(&w);
	assert_int_equal(generation(&w, reason), 2);
	assert_int_equal(point_id(&w, "PRESS.FORCE"), force);
	assert_int_equal(point_id(&w, "OVEN.TEMP"), 0);
	assert_false(series_named(node_series(w.node), SLICE("OVEN.TEMP"), &(point_id_t){ 0 }));
	save(&w, HEAD, PRESS,
	     "  - name: SAW\n    address: 127.0.1.3:1502\n    points:\n"
	     "      - {name: SPEED, address: 0, type: u16}\n");
	reload(&w);
	int64_t speed = point_id(&w, "SAW.SPEED");
	assert_true(speed > force && speed > temp);
	save(&w, HEAD, OVEN, PRESS);
	reload(&w);
	assert_int_equal(generation(&w, reason), 4);
	assert_int_equal(point_id(&w, "OVEN.TEMP"), temp);
	point_id_t by_name = 0;
	assert_true(series_named(node_series(w.node), SLICE("OVEN.TEMP"), &by_name));
	assert_int_equal(by_name, temp);
	assert_int_equal(point_id(&w, "PRESS.FORCE"), force);
	assert_int_equal(count_events(&w, "CONFIG_LOADED"), 3);
	assert_string_equal(reason, "");
	/* The ids that a reload gave are the same after a restart. */
	stop(&w);
	save(&w, HEAD, "",
	     "  - name: SAW\n    address: 127.0.1.3:1502\n    points:\n"
	     "      - {name: SPEED, address: 0, type: u16}\n");
	start(&w);
	assert_int_equal(point_id(&w, "SAW.SPEED"), speed);
	world_free(&w);
}

static void new_names_are_registered_and_old_records_stay(void **state)
{
	world_t w = world_make(state, 2);
	save(&w, HEAD, PRESS,
	     "  - name: SAW\n    address: 127.0.1.3:1502\n    points:\n"
	     "      - {name: SPEED, address: 0, type: u16}\n");
	reload(&w);
	assert_true(node_registered(w.node));
	json_tree_t *fresh = get(&w, "/api/handles/99.100.1/SAW.SPEED");
	json_tree_t *gone = get(&w, "/api/handles/99.100.1/OVEN.TEMP");
	assert_non_null(fresh);
	assert_non_null(gone);
	json_free(fresh);
	json_free(gone);
	world_free(&w);
}

static void limits_and_labels_change_without_a_restart(void **state)
{
	world_t w = world_make(state, 3);
	assert_true(force_limit(&w) == 100);
	save(&w, HEAD,
	     "  - name: PRESS\n    address: 127.0.1.1:1502\n    points:\n"
	     "      - {name: FORCE, address: 0, type: u16, limits: [0, 80]}\n",
	     OVEN);
	reload(&w);
	assert_true(force_limit(&w) == 80);
	json_tree_t *root = get(&w, "/api/v1/points/PRESS.FORCE");
	assert_int_equal(json_kind(json_member(root, "write")), JSON_NULL_VALUE);
	json_free(root);
	world_free(&w);
}

static size_t policy_rows(world_t *w)
{
	baseline_row_t rows[32];
	return sentry_baseline(node_sentry(w->node), 0, rows, 32);
}

static void policies_of_the_sentry_change_without_a_restart(void **state)
{
	static const char one[] = "sentry: {policy: [{client: 127.0.2.1, server: 127.0.1.1}]}\n";
	static const char other[] =
		"sentry: {policy: [{client: 127.0.2.1, server: 127.0.1.1, function: 6},\n"
		"  {client: 127.0.2.2, server: 127.0.1.1, function: 16}]}\n";
	world_t w = world_make(state, 6);
	assert_int_equal(policy_rows(&w), 0);
	save(&w, HEAD, PRESS, one);
	reload(&w);
	assert_int_equal(policy_rows(&w), 6);
	save(&w, HEAD, PRESS, other);
	reload(&w);
	assert_int_equal(policy_rows(&w), 2);
	save(&w, HEAD, PRESS, "");
	reload(&w);
	assert_int_equal(policy_rows(&w), 0);
	world_free(&w);
}

static void
a_configuration_with_a_fault_is_refused_with_its_place_and_the_old_one_kept(void **state)
{
	char reason[TEXT_MAX];
	world_t w = world_make(state, 4);
	save(&w, HEAD, PRESS, "  - nome: SAW\n");
	reload(&w);
	assert_int_equal(generation(&w, reason), 1);
	assert_non_null(strstr(reason, "jizhu.yaml:10:"));
	assert_true(point_id(&w, "OVEN.TEMP") > 0);
	assert_int_equal(count_events(&w, "CONFIG_REFUSED"), 1);
	OK(env_path_remove(w.env, "jizhu.yaml"));
	reload(&w);
	assert_int_equal(count_events(&w, "CONFIG_REFUSED"), 2);
	save(&w, HEAD, PRESS, "");
	reload(&w);
	assert_int_equal(generation(&w, reason), 2);
	assert_string_equal(reason, "");
	world_free(&w);
}

/* A press and an oven with so many points more. */
static void save_points(world_t *w, unsigned more)
{
	char points[TEXT_MAX];
	size_t len = (size_t)snprintf(points, sizeof(points), "%s", OVEN);
	for (unsigned i = 0; i < more; i++)
		len += (size_t)snprintf(&points[len], sizeof(points) - len,
		                        "      - {name: V%u, address: %u, type: u16}\n", i, i + 8);
	save(w, HEAD, PRESS, points);
}

/* The room for the live values' rows, one more than points, is taken while the reload can
 * still be refused. */
static void without_memory_for_live_values_the_old_configuration_stays_whole(void **state)
{
	enum { POINTS = 3, MORE = TOO_MANY - 1 - POINTS };
	char reason[TEXT_MAX];
	world_t w = world_make(state, 7);
	save_points(&w, MORE);
	reload(&w);
	assert_int_equal(generation(&w, reason), 1);
	assert_non_null(strstr(reason, "memory"));
	assert_int_equal(point_id(&w, "OVEN.V0"), 0);
	save_points(&w, MORE - 1);
	reload(&w);
	assert_int_equal(generation(&w, reason), 2);
	assert_true(point_id(&w, "OVEN.V0") > 0);
	world_free(&w);
}

/* What of a configuration is another, and how the node calls it. */
static const struct {
	const char *head, *option;
} restarts[] = {
	{ "node: {name: a, prefix: 99.100.2}\ndata: data\ndevices:\n", "node.prefix" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: other\ndevices:\n", "data" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\nuser: root\ndevices:\n", "user" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\nmemory: 128M\ndevices:\n", "memory" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\nlisten: {http: "
	  "\"127.0.0.1:8081\"}\n"
	  "devices:\n",
	  "listen.http" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\n"
	  "listen: {http: \"127.0.0.1:8080\", handle: [\"127.0.0.1:2642\"]}\ndevices:\n",
	  "listen.handle" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\n"
	  "listen: {http: \"127.0.0.1:8080\", handle: [\"127.0.0.1:2641\"],\n"
	  "  tls: {mode: always}}\ndevices:\n",
	  "listen.tls.mode" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\n"
	  "listen: {http: \"127.0.0.1:8080\", handle: [\"127.0.0.1:2641\"]}\n"
	  "handle: {admins: [\"300:0.NA/99.100.1\"]}\ndevices:\n",
	  "handle.admins" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\n"
	  "listen: {http: \"127.0.0.1:8080\", handle: [\"127.0.0.1:2641\"]}\n"
	  "handle: {dh_bits: 2048}\ndevices:\n",
	  "handle.dh_bits" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\n"
	  "listen: {http: \"127.0.0.1:8080\", handle: [\"127.0.0.1:2641\"]}\n"
	  "resolver: {sites: [{prefix: 99.7, address: \"127.0.7.7:2641\"}]}\ndevices:\n",
	  "resolver.sites" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\n"
	  "listen: {http: \"127.0.0.1:8080\", handle: [\"127.0.0.1:2641\"]}\n"
	  "resolver: {walks: 7}\ndevices:\n",
	  "resolver.walks" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\n"
	  "listen: {http: \"127.0.0.1:8080\", handle: [\"127.0.0.1:2641\"]}\n"
	  "gs1: {companies: [{company: \"952123\", prefix: 99.100.1}]}\ndevices:\n",
	  "gs1.companies" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\n"
	  "listen: {http: \"127.0.0.1:8080\", handle: [\"127.0.0.1:2641\"]}\n"
	  "gs1: {root: \"https://id.example.com\"}\ndevices:\n",
	  "gs1.root" },
	{ "node: {name: a, prefix: 99.100.1}\ndata: data\n"
	  "listen: {http: \"127.0.0.1:8080\", handle: [\"127.0.0.1:2641\"]}\n"
	  "schemes: {oid: 99.100.9}\ndevices:\n",
	  "schemes.oid" },
};

static void what_needs_a_restart_is_refused_by_name_and_nothing_else_is_taken(void **state)
{
	world_t w = world_make(state, 5);
	for (size_t i = 0; i < sizeof(restarts) / sizeof(*restarts); i++) {
		char reason[TEXT_MAX], words[64];
		save(&w, restarts[i].head, PRESS, "");
		reload(&w);
		assert_int_equal(generation(&w, reason), 1);
		snprintf(words, sizeof(words), "%s cannot change", restarts[i].option);
		assert_non_null(strstr(reason, words));
		assert_non_null(strstr(reason, "restart"));
		assert_true(point_id(&w, "OVEN.TEMP") > 0);
	}
	world_free(&w);
}

static void signals_that_come_together_end_with_the_last_file(void **state)
{
	for (uint64_t seed = 10; seed < 30; seed++) {
		char reason[TEXT_MAX];
		world_t w = world_make(state, seed);
		save(&w, HEAD, PRESS, "");
		twin_signal(w.env, ENV_SIGNAL_RELOAD);
		for (uint64_t i = 0; i < seed; i++)
			assert_true(twin_step(w.twin));
		save(&w, HEAD, OVEN, "");
		reload(&w);
		assert_int_equal(point_id(&w, "PRESS.FORCE"), 0);
		assert_true(point_id(&w, "OVEN.TEMP") > 0);
		assert_in_range(generation(&w, reason), 2, 3);
		world_free(&w);
	}
}

static void a_node_that_is_stopped_in_a_reload_loses_nothing(void **state)
{
	for (uint64_t steps = 0; steps < 60; steps++) {
		world_t w = world_make(state, steps + 40);
		int64_t force = point_id(&w, "PRESS.FORCE");
		save(&w, HEAD, PRESS,
		     "  - name: SAW\n    address: 127.0.1.3:1502\n    points:\n"
		     "      - {name: SPEED, address: 0, type: u16}\n");
		twin_signal(w.env, ENV_SIGNAL_RELOAD);
		for (uint64_t i = 0; i < steps; i++)
			assert_true(twin_step(w.twin));
		stop(&w);
		start(&w);
		assert_int_equal(point_id(&w, "PRESS.FORCE"), force);
		assert_true(point_id(&w, "SAW.SPEED") > 0);
		world_free(&w);
	}
}

static void a_serial_that_cannot_be_registered_is_refused_by_its_device(void **state)
{
	static const char odd[] = "    maker: Works\n"
				  "    serial: \"  \"\n";
	char device[512], reason[TEXT_MAX];
	world_t w = world_make(state, 8);
	int64_t before = generation(&w, reason);
	slice_t press = slice_str(PRESS);
	size_t head = slice_find(press, '\n') + 1;
	snprintf(device, sizeof(device), "%.*s%s%s", (int)head, PRESS, odd, &PRESS[head]);
	save(&w, HEAD, device, OVEN);
	reload(&w);
	assert_int_equal(generation(&w, reason), before);
	assert_non_null(strstr(reason, "PRESS"));
	assert_non_null(strstr(reason, "serial"));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_and_points_come_and_go_and_keep_their_ids),
		cmocka_unit_test(new_names_are_registered_and_old_records_stay),
		cmocka_unit_test(limits_and_labels_change_without_a_restart),
		cmocka_unit_test(policies_of_the_sentry_change_without_a_restart),
		cmocka_unit_test(
			a_configuration_with_a_fault_is_refused_with_its_place_and_the_old_one_kept),
		cmocka_unit_test(what_needs_a_restart_is_refused_by_name_and_nothing_else_is_taken),
		cmocka_unit_test(without_memory_for_live_values_the_old_configuration_stays_whole),
		cmocka_unit_test(signals_that_come_together_end_with_the_last_file),
		cmocka_unit_test(a_node_that_is_stopped_in_a_reload_loses_nothing),
		cmocka_unit_test(a_serial_that_cannot_be_registered_is_refused_by_its_device),
	};
	return cmocka_run_group_tests(tests, make_key, free_key);
}
