/* SPDX-License-Identifier: Apache-2.0 */
/* A machine whose power fails at a random disk operation while an application goes its
 * way: what was told stays, what was decided ends with its record, and no prefix is
 * given twice. JIZHU_SEEDS says how many seeds (200). */
#include "env/twin/seeds.h"
#include "office/fixture_test.h"

enum { LIVES = 5, TRIES = 6 };

typedef struct {
	desk_t d;
	rng_t rng;
	uint64_t told;                               /* applications whose making was told */
	application_state_t state[OFFICE_STEPS_MAX]; /* told of each, by number */
	bool is_open[OFFICE_STEPS_MAX];              /* a later step was asked and not told */
	uint64_t names_told, names_asked;
} oracle_t;

static const meter_limits_t none = { 0, 0, 0 };

/* One application as far as the power lasts. */
static void go(oracle_t *o)
{
	static const struct {
		office_step_t step;
		application_state_t to;
	} way[] = { { OFFICE_REVIEW, APPLICATION_REVIEW },
		    { OFFICE_APPROVE, APPLICATION_APPROVED },
		    { OFFICE_SUSPEND, APPLICATION_SUSPENDED } };
	application_form_t form = desk_form((slice_t){ 0 });
	if (desk_apply(&o->d, &form))
		return;
	uint64_t number = o->d.number;
	size_t steps = 1 + rng_below(&o->rng, 3);
	o->told = number;
	o->state[number] = APPLICATION_APPLIED;
	for (size_t i = 0; i < steps; i++) {
		o->is_open[number] = true;
		if (desk_step(&o->d, number, way[i].step, "a test", none))
			return;
		o->state[number] = way[i].to;
		o->is_open[number] = false;
	}
}

/* A name under the first prefix that takes any. */
static void put_name(oracle_t *o)
{
	char name[64];
	if (!office_holder(o->d.office, SLICE("99.100.1.1")))
		return;
	(void)snprintf(name, sizeof(name), "99.100.1.1/n-%llu", (unsigned long long)o->names_asked);
	uint8_t buf[256];
	writer_t w = writer_of(buf, sizeof(buf));
	value_add(&w, 1, "URL", SLICE("u"));
	registry_change_t change = change_of(REGISTRY_CREATE, slice_str(name), 1, &w);
	registry_result_t result;
	if (registry_change(o->d.f.registry, &change, o->d.f.replies, NULL))
		return;
	o->names_asked++;
	if (fixture_result(&o->d.f, &result) && result.err == ERR_OK)
		o->names_told++;
}

static void live(oracle_t *o)
{
	for (int i = 0; i < TRIES && !twin_crashed(o->d.f.env); i++) {
		if (o->told + 1 < OFFICE_STEPS_MAX)
			go(o);
		if (!twin_crashed(o->d.f.env))
			put_name(o);
	}
	if (!twin_crashed(o->d.f.env))
		twin_power_off(o->d.f.env);
}

static bool is_known(const oracle_t *o, const application_t *a)
{
	if (a->number > o->told)
		return true; /* asked for, and not told before the power went */
	if (a->state == o->state[a->number])
		return true;
	return o->is_open[a->number] && a->state > o->state[a->number];
}

static bool is_once(const oracle_t *o, const application_t *a)
{
	for (size_t i = 0;; i++) {
		const application_t *other = office_application_at(o->d.office, i);
		if (!other)
			return true;
		if (other != a && a->prefix[0] && strcmp(a->prefix, other->prefix) == 0)
			return false;
	}
}

/* Each prefix that was decided has its record in the end. */
static bool has_record(oracle_t *o, const application_t *a)
{
	char name[METER_PREFIX_BYTES + 8];
	(void)snprintf(name, sizeof(name), "0.NA/%s", a->prefix);
	return !a->prefix[0] || (a->is_made && fixture_find(&o->d.f, name) == ERR_OK);
}

static bool count_is_right(const oracle_t *o)
{
	const usage_t *usage = desk_usage(&o->d, "99.100.1.1");
	return !usage || (usage->names >= o->names_told && usage->names <= o->names_asked &&
	                  usage->made == usage->names);
}

static bool settle(oracle_t *o)
{
	uint64_t count = 0;
	int64_t until_ns = env_now(o->d.f.env) + 5 * NS_PER_S;
	while (env_now(o->d.f.env) < until_ns && twin_step(o->d.f.twin))
		;
	for (const application_t *a; (a = office_application_at(o->d.office, count)) != NULL;
	     count++) {
		if (!is_known(o, a) || !is_once(o, a) || !has_record(o, a))
			return false;
		if (a->number < OFFICE_STEPS_MAX) {
			o->state[a->number] = a->state;
			o->is_open[a->number] = false;
		}
	}
	bool is_right = count >= o->told && count_is_right(o);
	o->told = count;
	return is_right;
}

static bool reboot(oracle_t *o)
{
	desk_halt(&o->d);
	twin_disk_reboot(o->d.f.twin, "node");
	return desk_open(&o->d) == ERR_OK && settle(o);
}

/* What openings have kept of the names is what reading all of them gives. */
static bool is_kept_right(oracle_t *o)
{
	const usage_t *usage = desk_usage(&o->d, "99.100.1.1");
	uint64_t names = usage ? usage->names : 0, made = usage ? usage->made : 0;
	err_t err = env_path_remove(o->d.f.env, "data/views/office");
	desk_halt(&o->d);
	if ((err && err != ERR_NOT_FOUND) || desk_open(&o->d) != ERR_OK)
		return false;
	usage = desk_usage(&o->d, "99.100.1.1");
	return names == (usage ? usage->names : 0) && made == (usage ? usage->made : 0);
}

static bool run_seed(uint64_t seed, bool lying)
{
	oracle_t o = { .d = desk_make(seed), .rng = rng_of(seed) };
	bool good = true;
	assert_int_equal(desk_open(&o.d), ERR_OK);
	for (int i = 0; i < LIVES && good; i++) {
		twin_disk_lie(o.d.f.env, lying);
		twin_crash_at(o.d.f.env, 1 + rng_below(&o.rng, 60));
		live(&o);
		good = reboot(&o);
	}
	good = good && is_kept_right(&o);
	desk_free(&o.d);
	return good;
}

static void crashes_lose_no_step_and_leave_no_prefix_without_its_record(void **state)
{
	(void)state;
	uint64_t seeds = seeds_wanted(200);
	for (uint64_t seed = 1; seed <= seeds; seed++)
		if (!run_seed(seed, false))
			fail_msg("seed %llu", (unsigned long long)seed);
}

/* A disk that says "synced" too early is a step told before it was kept. */
static void the_oracle_notices_a_step_told_before_the_sync(void **state)
{
	(void)state;
	size_t caught = 0;
	for (uint64_t seed = 1; seed <= 20; seed++)
		caught += !run_seed(seed, true);
	assert_true(caught > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crashes_lose_no_step_and_leave_no_prefix_without_its_record),
		cmocka_unit_test(the_oracle_notices_a_step_told_before_the_sync),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
