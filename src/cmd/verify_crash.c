/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/verify_crash.h"

#include <stdio.h>

#include "base/cursor.h"
#include "cmd/cmd.h"
#include "env/posix/posix.h"
#include "powercut/powercut.h"

enum { CUTS_A_MACHINE = 4, LYING_CUTS_MAX = 200, SAY_EVERY_S = 2 };

static const err_text_t text_blind = {
	{ "the double that does not sync lost nothing: the check cannot see a loss",
	  "不同步磁盘的替身没有丢失任何数据：本检查无法发现丢失" },
	{ "ask for more cuts", "请增大断电次数" },
};

static const err_text_t text_lost = {
	{ "acknowledged samples were not kept as they must be: seed %1",
	  "已确认的样本未按承诺保存：种子 %1" },
	{ "report this with the seed; it replays the same cut",
	  "请附上该种子报告此问题；它会重现同一次断电" },
};

typedef struct {
	env_t *env;
	const verify_crash_t *wish;
	int64_t said_ns;
	powercut_tally_t honest, lying;
	uint64_t fault_seed; /* 0: none */
} trial_t;

static void tell_progress(trial_t *t)
{
	int64_t now = env_now(t->env);
	if (now - t->said_ns < SAY_EVERY_S * NS_PER_S)
		return;
	t->said_ns = now;
	fprintf(stderr, "jizhu: %llu of %llu power cuts\n", (unsigned long long)t->honest.cuts,
	        (unsigned long long)t->wish->cuts);
}

static unsigned cuts_next(uint64_t wanted, uint64_t done)
{
	uint64_t left = wanted - done;
	return left < CUTS_A_MACHINE ? (unsigned)left : CUTS_A_MACHINE;
}

static err_t run_honest(trial_t *t)
{
	err_t err = ERR_OK;
	for (uint64_t seed = t->wish->seed; !err && t->honest.cuts < t->wish->cuts; seed++) {
		powercut_spec_t spec = { .seed = seed,
			                 .cuts = cuts_next(t->wish->cuts, t->honest.cuts) };
		err = powercut_run(&spec, &t->honest);
		if (!t->fault_seed && !powercut_is_clean(&t->honest))
			t->fault_seed = seed;
		tell_progress(t);
	}
	return err;
}

static err_t run_lying(trial_t *t)
{
	err_t err = ERR_OK;
	uint64_t cuts = t->wish->cuts < LYING_CUTS_MAX ? t->wish->cuts : LYING_CUTS_MAX;
	for (uint64_t seed = t->wish->seed; !err && t->lying.cuts < cuts; seed++) {
		powercut_spec_t spec = { .seed = seed,
			                 .cuts = cuts_next(cuts, t->lying.cuts),
			                 .is_lying = true };
		err = powercut_run(&spec, &t->lying);
	}
	return err;
}

static void print_json(const char *key, const powercut_tally_t *t)
{
	printf("\"%s\":{\"cuts\":%llu,\"acknowledged\":%llu,\"lost\":%llu,\"doubled\":%llu,"
	       "\"invented\":%llu,\"torn\":%llu,\"unreadable\":%llu,"
	       "\"unchained\":%llu}",
	       key, (unsigned long long)t->cuts, (unsigned long long)t->acknowledged,
	       (unsigned long long)t->lost, (unsigned long long)t->doubled,
	       (unsigned long long)t->invented, (unsigned long long)t->torn,
	       (unsigned long long)t->unreadable, (unsigned long long)t->unchained);
}

static void print_line(const char *what, const powercut_tally_t *t)
{
	printf("%s: %llu power cuts, %llu samples acknowledged, %llu lost, %llu doubled, "
	       "%llu invented, %llu batches torn, %llu times unreadable, "
	       "%llu times unchained\n",
	       what, (unsigned long long)t->cuts, (unsigned long long)t->acknowledged,
	       (unsigned long long)t->lost, (unsigned long long)t->doubled,
	       (unsigned long long)t->invented, (unsigned long long)t->torn,
	       (unsigned long long)t->unreadable, (unsigned long long)t->unchained);
}

static void print_both(const trial_t *t)
{
	printf("{");
	print_json("historian", &t->honest);
	printf(",");
	print_json("double", &t->lying);
	printf("}\n");
}

static void print_tallies(const trial_t *t)
{
	if (t->wish->json) {
		print_both(t);
		return;
	}
	print_line("historian", &t->honest);
	print_line("the double without sync", &t->lying);
}

static int judge_trial(const trial_t *t)
{
	char seed[24];
	err_detail_t detail = { 0 };
	writer_t w = writer_of(seed, sizeof(seed));
	wr_format(&w, "%llu", (unsigned long long)t->fault_seed);
	wr_u8(&w, 0);
	if (t->fault_seed)
		(void)!err_raise(&detail, ERR_CORRUPT, &text_lost, "verify --crash", seed,
		                 (char *)NULL);
	else if (powercut_is_clean(&t->lying))
		(void)!err_raise(&detail, ERR_INVALID, &text_blind, "verify --crash", (char *)NULL);
	return detail.err ? cmd_fail(&detail) : 0;
}

int verify_crash(const verify_crash_t *wish)
{
	trial_t trial = { .wish = wish };
	err_t err = cmd_world(&trial.env);
	if (err)
		return cmd_fail_plain(err, "");
	trial.said_ns = env_now(trial.env);
	err = run_honest(&trial);
	if (!err)
		err = run_lying(&trial);
	posix_env_close(trial.env);
	if (err)
		return cmd_fail_plain(err, "verify --crash");
	print_tallies(&trial);
	return judge_trial(&trial);
}
