/* SPDX-License-Identifier: Apache-2.0 */
/* Whole nodes in the simulated world, joined to a tree: what the wiring promises. What sessions,
 * journals and contracts promise are tests of their rooms. */
#include "node/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "env/file.h"
#include "env/json_read.h"
#include "env/twin/twin.h"
#include "uplink/enrol.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static const char PROVINCE[] = "node: {name: province, prefix: 99.1.32, level: province}\n"
			       "data: data\n"
			       "listen: {http: \"10.0.1.1:8080\"}\n"
			       "uplink: {listen: [\"10.0.1.1:7443\"]}\n";
static const char PLANT[] =
	"node: {name: plant, prefix: 99.1.32.100, region: \"32\", industry: \"3841\"}\n"
	"data: data\n"
	"listen: {http: \"10.0.2.1:8080\"}\n"
	"uplink:\n"
	"  parents:\n"
	"    - {name: province, node: 99.1.32, address: \"10.0.1.1:7443\", contract: up}\n"
	"  contracts:\n"
	"    - {name: up, streams: [events, indicators], indicators: [\"digital.*\"],\n"
	"       events: [life, alarm], severity: info}\n"
	"indicators:\n"
	"  - {definition: digital.devices_known, scope: node, periods: [hour]}\n"
	"  - {definition: digital.divisions, scope: node, periods: [month]}\n"
	"devices:\n"
	"  - name: PRESS\n"
	"    address: 10.0.2.9:1502\n"
	"    maker: Works\n"
	"    serial: A-1\n"
	"    kind: plc\n"
	"    points: [{name: FORCE, address: 0, type: u16, unit: kN, class: core}]\n";

/* Three quarters of an hour before February in Beijing. */
#define MONTH_END_NS (INT64_C(1769872500) * NS_PER_S)

typedef struct {
	env_t *env;
	config_t *config;
	node_t *node;
	const char *name, *yaml;
	char token[64];
	err_detail_t detail;
} host_t;

typedef struct {
	twin_t *twin;
	host_t province, plant;
	bool is_answered;
	err_t answer;
} world_t;

static void start(world_t *w, host_t *p)
{
	size_t len = 0;
	node_spec_t spec = { .http = true };
	OK(env_file_save(p->env, "jizhu.yaml", slice_str(p->yaml)));
	OK(config_load(p->env, "jizhu.yaml", &p->config, &p->detail));
	spec.config = p->config;
	OK(node_open(p->env, &spec, &p->node, &p->detail));
	(void)twin_run_for(w->twin, NS_PER_S);
	OK(env_file_load(p->env, "data/keys/admin.token", p->token, sizeof(p->token) - 1, &len));
	p->token[len && p->token[len - 1] == '\n' ? len - 1 : len] = 0;
}

static void stop(host_t *p)
{
	node_close(p->node);
	config_free(p->config);
	p->node = NULL;
}

static int open_world(void **state)
{
	world_t *w = calloc(1, sizeof(*w));
	assert_non_null(w);
	w->province = (host_t){ .name = "province", .yaml = PROVINCE };
	w->plant = (host_t){ .name = "plant", .yaml = PLANT };
	OK(twin_new(&(twin_spec_t){ .seed = 5, .start = { .ns = MONTH_END_NS } }, &w->twin));
	OK(twin_host_open(w->twin, w->province.name, &w->province.env));
	OK(twin_host_open(w->twin, w->plant.name, &w->plant.env));
	start(w, &w->province);
	start(w, &w->plant);
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	world_t *w = *state;
	stop(&w->plant);
	stop(&w->province);
	twin_host_close(w->plant.env);
	twin_host_close(w->province.env);
	twin_free(w->twin);
	free(w);
	return 0;
}

static twin_http_answer_t ask(host_t *p, http_method_t method, const char *path, const char *body)
{
	twin_http_answer_t answer;
	OK(twin_http(p->env,
	             &(twin_http_ask_t){ .method = method,
	                                 .path = path,
	                                 .token = p->token,
	                                 .content_type = body ? "application/json" : NULL,
	                                 .body = slice_str(body ? body : "") },
	             5 * NS_PER_S, &answer));
	return answer;
}

/* The number of a metric; -1: there is none. */
static int64_t metric(host_t *p, const char *name)
{
	char wanted[96];
	uint64_t value = 0;
	slice_t text = ask(p, HTTP_GET, "/metrics", NULL).body;
	int len = snprintf(wanted, sizeof(wanted), "%s ", name);
	assert_in_range(len, 1, sizeof(wanted) - 1);
	while (text.len) {
		slice_t line = slice_cut(&text, '\n');
		if (slice_starts(line, slice_str(wanted)) &&
		    !num_parse_u64(slice_from(line, (size_t)len), INT64_MAX, &value))
			return (int64_t)value;
	}
	return -1;
}

static void on_done(void *ctx, err_t err, const err_detail_t *detail)
{
	world_t *w = ctx;
	(void)detail;
	w->is_answered = true;
	w->answer = err;
}

static code_t invite(world_t *w, const char *node)
{
	char body[96];
	slice_t text = { 0 };
	code_t code;
	json_tree_t *root = NULL;
	snprintf(body, sizeof(body), "{\"node\":\"%s\"}", node);
	twin_http_answer_t answer = ask(&w->province, HTTP_POST, "/api/v1/members", body);
	assert_int_equal(answer.status, 201);
	OK(json_read(answer.body, &root, NULL));
	assert_true(json_text(json_member(root, "code"), &text));
	OK(code_read(text, &code));
	json_free(root);
	return code;
}

/* What `jizhu enrol` does, while the node runs. */
static void join(world_t *w, const code_t *code)
{
	membership_place_t place = { "data/keys", "province" };
	membership_t next = { 0 };
	enrol_t *enrol = NULL;
	err_detail_t detail;
	OK(membership_next(w->plant.env, &place, SLICE("99.1.32.100"), &next, &detail));
	enrol_spec_t spec = { .remote = { ip_v4(10, 0, 1, 1), 7443 },
		              .code = code,
		              .next = &next,
		              .done = on_done,
		              .ctx = w };
	OK(enrol_start(env_control_loop(w->plant.env), &spec, &enrol));
	for (int i = 0; i < 100 && !w->is_answered; i++)
		(void)twin_run_for(w->twin, 100 * NS_PER_MS);
	assert_true(w->is_answered);
	OK(w->answer);
	enrol_free(enrol);
	OK(membership_take(w->plant.env, &place, &next, &detail));
	membership_done(&next);
}

static void a_node_that_joins_while_it_runs_sends_what_its_contract_lets_go(void **state)
{
	world_t *w = *state;
	code_t code = invite(w, "99.1.32.100");
	assert_int_equal(metric(&w->province, "jizhu_children_sessions"), 0);
	join(w, &code);
	(void)twin_run_for(w->twin, 20 * NS_PER_S);
	assert_int_equal(metric(&w->province, "jizhu_children_sessions"), 1);
	assert_true(metric(&w->province, "jizhu_children_items_total") > 0);
	assert_int_equal(metric(&w->province, "jizhu_children_refused_total"), 0);
	/* Its machine is registered, and was not in the contract. */
	assert_int_equal(metric(&w->plant, "jizhu_census_devices"), 1);
	assert_int_equal(metric(&w->province, "jizhu_census_devices"), 0);
}

/* One hour is over, and the grace. */
static void a_figure_of_a_plant_is_found_in_the_book_of_the_province(void **state)
{
	world_t *w = *state;
	code_t code = invite(w, "99.1.32.100");
	join(w, &code);
	assert_int_equal(metric(&w->province, "jizhu_book_figures"), 0);
	(void)twin_run_for(w->twin, 3900 * NS_PER_S);
	assert_int_equal(metric(&w->plant, "jizhu_book_issued_total"), 2);
	assert_int_equal(metric(&w->province, "jizhu_book_taken_total"), 2);
	/* A device may be told of by two plants, so theirs are not added; divisions are. */
	assert_int_equal(metric(&w->province, "jizhu_book_issued_total"), 1);
	assert_int_equal(metric(&w->province, "jizhu_rollup_kept_total"), 1);
	assert_int_equal(metric(&w->province, "jizhu_book_figures"), 3);
}

static void a_tree_goes_on_behind_a_restart_of_either_side(void **state)
{
	world_t *w = *state;
	code_t code = invite(w, "99.1.32.100");
	join(w, &code);
	(void)twin_run_for(w->twin, 20 * NS_PER_S);
	stop(&w->province);
	(void)twin_run_for(w->twin, 20 * NS_PER_S);
	start(w, &w->province);
	stop(&w->plant);
	start(w, &w->plant);
	(void)twin_run_for(w->twin, 90 * NS_PER_S);
	assert_int_equal(metric(&w->province, "jizhu_children_sessions"), 1);
	/* The plant's start is an event that goes up; nothing came twice. */
	assert_true(metric(&w->province, "jizhu_children_items_total") > 0);
	assert_int_equal(metric(&w->province, "jizhu_children_refused_total"), 0);
}

static void a_revoked_child_is_cut_off_and_stays_so(void **state)
{
	world_t *w = *state;
	code_t code = invite(w, "99.1.32.100");
	join(w, &code);
	(void)twin_run_for(w->twin, 20 * NS_PER_S);
	assert_int_equal(metric(&w->province, "jizhu_children_sessions"), 1);
	assert_int_equal(ask(&w->province, HTTP_POST, "/api/v1/members/99.1.32.100/revoke",
	                     "{\"reason\":\"sold\"}")
	                         .status,
	                 204);
	(void)twin_run_for(w->twin, 90 * NS_PER_S);
	assert_int_equal(metric(&w->province, "jizhu_children_sessions"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_node_that_joins_while_it_runs_sends_what_its_contract_lets_go, open_world,
			close_world),
		cmocka_unit_test_setup_teardown(
			a_figure_of_a_plant_is_found_in_the_book_of_the_province, open_world,
			close_world),
		cmocka_unit_test_setup_teardown(a_tree_goes_on_behind_a_restart_of_either_side,
		                                open_world, close_world),
		cmocka_unit_test_setup_teardown(a_revoked_child_is_cut_off_and_stays_so, open_world,
		                                close_world),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
