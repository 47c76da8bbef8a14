/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/scene.h"
#include "env/file.h"
#include "env/twin/twin.h"

/* The whole demo, headless, in the simulated world: node, plant, operator, attacker
 * and wire. Seeds are drawn when the test runs (or given in JIZHU_DEMO_SEED), so
 * that every run is another world; a failing seed is printed and replays. */

enum { ATTACKS = 20, QUIET_RUNS = 20 };

typedef struct {
	uint64_t seed;
	int64_t run_ns;
	bool attack, alter_truth;
} play_t;

typedef struct {
	verdict_t verdict;
	size_t incidents;
} outcome_t;

static uint64_t first_seed(void)
{
	const char *given = getenv("JIZHU_DEMO_SEED");
	uint64_t seed = 0;
	if (given)
		return strtoull(given, NULL, 10);
	FILE *chance = fopen("/dev/urandom", "rb");
	assert_non_null(chance);
	assert_int_equal(fread(&seed, 1, 6, chance), 6);
	fclose(chance);
	return seed;
}

static size_t count(const char *variable, size_t otherwise)
{
	const char *given = getenv(variable);
	return given ? strtoull(given, NULL, 10) : otherwise;
}

/* Moves the second act of the file to another client. */
static void alter(env_t *env)
{
	char text[4096];
	size_t len;
	assert_int_equal(env_file_load(env, "demo/truth.jsonl", text, sizeof(text) - 1, &len),
	                 ERR_OK);
	text[len] = 0;
	char *client = strstr(text, "127.0.9.66");
	assert_non_null(client);
	client[9] = '7';
	assert_int_equal(env_file_save(env, "demo/truth.jsonl", slice_of(text, len)), ERR_OK);
}

static outcome_t run_play(const play_t *play)
{
	twin_t *twin = NULL;
	env_t *env = NULL;
	scene_t *scene = NULL;
	err_detail_t detail = { 0 };
	outcome_t outcome = { 0 };
	twin_spec_t world = { .seed = play->seed };
	scene_spec_t spec = {
		.run_ns = play->run_ns,
		.attack = play->attack,
		.http = true,
		.seed = play->seed,
		.data_dir = "demo",
		.capture = "tap",
		.http_addr = { .ip = ip_v4(127, 0, 0, 1), .port = 8080 },
		.handle_addr = { .ip = ip_v4(127, 0, 0, 1), .port = 2641 },
	};
	assert_int_equal(twin_new(&world, &twin), ERR_OK);
	assert_int_equal(twin_host_open(twin, "plant", &env), ERR_OK);
	err_t err = scene_prepare(env, &spec, &scene, &detail);
	if (!err)
		err = scene_open(scene, true, &detail);
	if (err)
		print_message("seed %llu: %s %s\n", (unsigned long long)play->seed,
		              err_info(err)->name, detail.where);
	assert_int_equal(err, ERR_OK);
	assert_int_equal(env_run(env), ERR_OK);
	scene_stop(scene);
	if (play->attack) {
		err = scene_verdict(scene, &outcome.verdict, &detail);
		assert_int_equal(err, ERR_OK);
	}
	outcome.incidents = sentry_status(node_sentry(scene_node(scene))).incidents;
	if (play->alter_truth) {
		alter(env);
		assert_int_equal(verdict_read(env, "demo", &outcome.verdict, &detail), ERR_OK);
	}
	scene_close(scene);
	twin_host_close(env);
	twin_free(twin);
	return outcome;
}

static void an_attack_is_told_rightly_under_every_seed(void **state)
{
	uint64_t seed = first_seed();
	(void)state;
	for (size_t i = 0; i < count("JIZHU_DEMO_ATTACKS", ATTACKS); i++) {
		play_t play = { .seed = seed + i, .run_ns = 60 * NS_PER_S, .attack = true };
		outcome_t outcome = run_play(&play);
		if (!outcome.verdict.judgement.agrees)
			print_message("seed %llu: %s\n", (unsigned long long)play.seed,
			              outcome.verdict.judgement.why);
		assert_true(outcome.verdict.judgement.agrees);
		assert_int_equal(outcome.verdict.judgement.acts, 3);
		assert_int_equal(outcome.verdict.judgement.incidents, 3);
		assert_true(outcome.verdict.operator_writes >= 5);
		assert_true(outcome.verdict.samples > 1000);
	}
}

static void ten_ordinary_minutes_raise_nothing(void **state)
{
	uint64_t seed = first_seed() + 1000;
	(void)state;
	for (size_t i = 0; i < count("JIZHU_DEMO_QUIET", QUIET_RUNS); i++) {
		play_t play = { .seed = seed + i, .run_ns = 600 * NS_PER_S };
		outcome_t outcome = run_play(&play);
		if (outcome.incidents)
			print_message("seed %llu: %zu incidents\n", (unsigned long long)play.seed,
			              outcome.incidents);
		assert_int_equal(outcome.incidents, 0);
	}
}

static void an_altered_truth_is_noticed(void **state)
{
	(void)state;
	play_t play = {
		.seed = first_seed(), .run_ns = 60 * NS_PER_S, .attack = true, .alter_truth = true
	};
	outcome_t outcome = run_play(&play);
	assert_false(outcome.verdict.judgement.agrees);
	assert_true(outcome.verdict.judgement.why[0] != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_attack_is_told_rightly_under_every_seed),
		cmocka_unit_test(ten_ordinary_minutes_raise_nothing),
		cmocka_unit_test(an_altered_truth_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
