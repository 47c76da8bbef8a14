/* SPDX-License-Identifier: Apache-2.0 */
/* Power loss at a random disk operation while orders are under way. Afterwards every
 * order whose end was told is in the journal with that end, and so is the request of
 * every write the machine ever saw. Over a disk that acknowledges syncs it does not
 * do the same check must fail. JIZHU_SEEDS sets how many histories are run. */
#include "env/twin/seeds.h"
#include "fleet/fixture_test.h"

enum { LIVES = 3, ORDERS_MAX = 100, SEEDS_DEFAULT = 60, LYING_SEEDS = 20 };

typedef struct {
	fixture_t *f;
	rng_t rng;
	size_t given; /* orders so far; order i writes the value i */
	size_t told;  /* results looked at */
	bool verified[ORDERS_MAX];
	const char *fault;
} run_t;

static void name_order(size_t i, char id[8])
{
	writer_t w = writer_of(id, 8);
	wr_format(&w, "n%zu", i);
	wr_u8(&w, 0);
}

static void give(run_t *run)
{
	char id[8];
	if (run->given == ORDERS_MAX)
		return;
	name_order(run->given, id);
	command_order_t order = order_of(run->f, id, 1, (double)run->given++);
	/* Too many at once is no fault here. */
	(void)!fleet_command(run->f->fleet, &order, run->f->reply, NULL);
}

static void note_results(run_t *run)
{
	for (; run->told < run->f->result_count; run->told++) {
		const command_result_t *result = &run->f->results[run->told];
		uint64_t i = 0;
		OK(num_parse_u64(slice_from(slice_str(result->id), 1), ORDERS_MAX, &i));
		if (result->state == COMMAND_VERIFIED)
			run->verified[i] = true;
	}
}

static void check(run_t *run)
{
	char id[8];
	for (size_t i = 0; i < run->given; i++) {
		name_order(i, id);
		if (run->verified[i] && count_events(run->f, MSG_COMMAND_VERIFIED, id) != 1)
			run->fault = "an order that was told as verified is not in the journal";
	}
	for (size_t i = 0; i < run->f->server.writes && i < RESULTS_MAX; i++) {
		name_order(run->f->server.write_log[i], id);
		if (count_events(run->f, MSG_COMMAND_REQUESTED, id) != 1)
			run->fault = "a write went out whose request is not in the journal";
	}
}

static void live(run_t *run, bool lying)
{
	fixture_t *f = run->f;
	fixture_boot(f);
	twin_disk_lie(f->env, lying);
	twin_crash_at(f->env, 1 + rng_below(&run->rng, 80));
	err_t err = fixture_open(f);
	if (!err)
		check(run);
	else if (err != ERR_IO)
		run->fault = "recovery gave up";
	for (int i = 0; !err && i < 300 && !twin_crashed(f->env); i++) {
		if (rng_below(&run->rng, 4) == 0)
			give(run);
		run_ms(f, (int64_t)rng_below(&run->rng, 40));
		note_results(run);
	}
	fixture_halt(f);
	twin_disk_reboot(f->twin, "node");
}

/* NULL, or what is wrong. */
static const char *run_seed(uint64_t seed, bool lying)
{
	run_t *run = calloc(1, sizeof(*run));
	assert_non_null(run);
	run->f = fixture_make(seed);
	run->rng = rng_of(seed);
	for (int i = 0; i < LIVES && !run->fault; i++)
		live(run, lying);
	fixture_boot(run->f);
	if (!run->fault && fixture_open(run->f))
		run->fault = "recovery gave up";
	if (!run->fault)
		check(run);
	const char *fault = run->fault;
	fixture_free(run->f);
	free(run);
	return fault;
}

static void what_was_told_or_written_is_in_the_journal(void **state)
{
	(void)state;
	seeds_hold(run_seed, SEEDS_DEFAULT);
}

static void a_disk_that_lies_about_syncs_is_caught(void **state)
{
	(void)state;
	seeds_catch_lies(run_seed, LYING_SEEDS, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_or_written_is_in_the_journal),
		cmocka_unit_test(a_disk_that_lies_about_syncs_is_caught),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
