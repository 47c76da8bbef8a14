/* SPDX-License-Identifier: Apache-2.0 */
/* Random changes against a simple oracle, in a machine whose power fails at a random
 * disk operation and whose view may be damaged besides. After every reboot each name
 * is what its last acknowledged change left, or what a later unacknowledged change
 * to it would have left: nothing lost, nothing invented. JIZHU_SEEDS says how many
 * seeds (200). */
#include "env/twin/seeds.h"
#include "registry/fixture_test.h"

enum { NAMES = 12, AHEAD = 6, STATES = 64, LIVES = 4 };

/* In the state of a deleted name, beside the value it had. */
static const uint64_t TOMB = UINT64_C(1) << 63;

/* A name's state: its value as a number, 0 when it was never there. Histories hold what may be on
 * disk: the acknowledged state first, then what each change in flight would leave. */
typedef struct {
	uint64_t states[STATES];
	size_t count;
} history_t;

typedef struct {
	bool is_used;
	unsigned name;
	registry_verb_t verb;
	uint64_t value; /* after success */
} asked_t;

typedef struct {
	fixture_t f;
	rng_t rng;
	history_t names[NAMES];
	uint64_t next_value;
	size_t in_flight;
	asked_t asked[AHEAD];
} oracle_t;

static void name_of(unsigned i, char buf[64])
{
	(void)snprintf(buf, 64, "99.100.1/thing-%u", i);
}

static uint64_t read_name(oracle_t *o, unsigned i)
{
	char name[64];
	uint64_t value = 0;
	record_t record;
	err_t err;
	name_of(i, name);
	slice_t asked = slice_str(name);
	registry_find_batch(o->f.reader, &asked, 1, &record, &err);
	if (record.name.len) {
		reader_t r = reader_of(record.values);
		slice_t data = handle_value_read(&r).data;
		assert_int_equal(num_parse_u64(data, UINT64_MAX, &value), ERR_OK);
		assert_int_equal(record.state == RECORD_DELETED ? ERR_NOT_FOUND : ERR_OK, err);
		value |= record.state == RECORD_DELETED ? TOMB : 0;
	}
	registry_find_done(o->f.reader);
	return value;
}

static err_t expected(registry_verb_t verb, uint64_t now)
{
	bool is_live = now && !(now & TOMB);
	if (verb == REGISTRY_CREATE)
		return now ? ERR_EXISTS : ERR_OK;
	if (verb == REGISTRY_REPLACE)
		return now & TOMB ? ERR_EXISTS : ERR_OK;
	if (verb == REGISTRY_RESTORE)
		return is_live ? ERR_EXISTS : now ? ERR_OK : ERR_NOT_FOUND;
	return is_live ? ERR_OK : ERR_NOT_FOUND;
}

/* What the change leaves of a name, if it succeeds. */
static uint64_t state_after(registry_verb_t verb, uint64_t now, uint64_t next)
{
	if (verb == REGISTRY_REMOVE)
		return now | TOMB;
	return verb == REGISTRY_RESTORE ? now & ~TOMB : next;
}

static void ask(oracle_t *o)
{
	static const registry_verb_t verbs[] = { REGISTRY_CREATE, REGISTRY_REPLACE, REGISTRY_MERGE,
		                                 REGISTRY_REMOVE, REGISTRY_RESTORE };
	asked_t *a = o->asked;
	uint8_t buf[256];
	char name[64], data[32];
	writer_t w = writer_of(buf, sizeof(buf));
	while (a->is_used)
		a++;
	a->name = (unsigned)rng_below(&o->rng, NAMES);
	a->verb = verbs[rng_below(&o->rng, 5)];
	history_t *h = &o->names[a->name];
	if (h->count == STATES)
		return;
	a->value = state_after(a->verb, h->states[h->count - 1], ++o->next_value);
	name_of(a->name, name);
	(void)snprintf(data, sizeof(data), "%llu", (unsigned long long)o->next_value);
	value_add(&w, 1, "URL", slice_str(data));
	registry_change_t change = change_of(a->verb, slice_str(name), 1, &w);
	if (registry_change(o->f.registry, &change, o->f.replies, a))
		return;
	a->is_used = true;
	if (expected(a->verb, h->states[h->count - 1]) == ERR_OK)
		h->states[h->count++] = a->value;
	o->in_flight++;
}

/* Answers to one name come in the order in which they were asked, except refusals,
 * which may overtake; a success drops what was before it. */
static void take(oracle_t *o, const registry_result_t *result)
{
	asked_t *a = result->ctx;
	history_t *h = &o->names[a->name];
	o->in_flight--;
	if (result->err == ERR_OK) {
		assert_true(h->count >= 2);
		assert_int_equal(h->states[1], a->value);
		h->count--;
		memmove(&h->states[0], &h->states[1], h->count * sizeof(h->states[0]));
	} else if (result->err != ERR_IO) {
		assert_true(result->err == ERR_EXISTS || result->err == ERR_NOT_FOUND);
	}
	a->is_used = false;
}

static void run(oracle_t *o, uint64_t steps)
{
	registry_result_t result;
	for (uint64_t i = 0; i < steps && !twin_crashed(o->f.env); i++) {
		if (o->in_flight < AHEAD)
			ask(o);
		(void)twin_step(o->f.twin);
		while (env_mailbox_take(o->f.replies, &result))
			take(o, &result);
	}
}

/* False when something was lost or invented; goes on from what is there. */
static bool settle(oracle_t *o)
{
	uint64_t present = 0;
	bool is_right = true;
	for (unsigned i = 0; i < NAMES; i++) {
		history_t *h = &o->names[i];
		uint64_t value = read_name(o, i);
		bool is_known = false;
		for (size_t s = 0; s < h->count; s++)
			is_known = is_known || h->states[s] == value;
		is_right = is_right && is_known;
		present += value != 0 && !(value & TOMB);
		h->states[0] = value;
		h->count = 1;
	}
	return is_right && registry_count(o->f.registry) == present &&
	       registry_names(o->f.registry, SLICE("99.100.1")) == present;
}

static void drain(oracle_t *o)
{
	registry_result_t result;
	while (o->in_flight > 0 && fixture_result(&o->f, &result))
		take(o, &result);
}

/* One file of the view loses a bit, its end or itself, or nothing happens. */
static void maybe_damage(oracle_t *o)
{
	uint64_t draw = rng_below(&o->rng, 6), pick = rng_below(&o->rng, 16), size;
	char path[256];
	if (draw >= 3 || !fixture_view_file(&o->f, pick, path, &size) || size == 0)
		return;
	uint64_t at = rng_below(&o->rng, size);
	if (draw == 0)
		assert_int_equal(twin_disk_flip(o->f.twin, "node", path, at), ERR_OK);
	else if (draw == 1)
		assert_int_equal(twin_disk_cut(o->f.twin, "node", path, at), ERR_OK);
	else
		fixture_remove_file(&o->f, path);
}

static void oracle_make(oracle_t *o, uint64_t seed)
{
	*o = (oracle_t){ .f = fixture_make(seed), .rng = rng_of(seed) };
	for (unsigned i = 0; i < NAMES; i++)
		o->names[i].count = 1;
}

/* One life up to a crash and the start after it; false when that shows a loss. */
static bool live(oracle_t *o, bool lying)
{
	twin_disk_lie(o->f.env, lying);
	twin_crash_at(o->f.env, 1 + rng_below(&o->rng, 120));
	run(o, 4000);
	if (!twin_crashed(o->f.env))
		twin_power_off(o->f.env);
	o->in_flight = 0;
	memset(o->asked, 0, sizeof(o->asked));
	fixture_halt(&o->f);
	twin_disk_reboot(o->f.twin, "node");
	maybe_damage(o);
	fixture_make_loops(&o->f);
	return fixture_open(&o->f) == ERR_OK && settle(o);
}

static void crashes_lose_nothing_acknowledged_and_invent_nothing(void **state)
{
	(void)state;
	uint64_t seeds = seeds_wanted(200);
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		oracle_t o;
		oracle_make(&o, seed);
		fixture_start(&o.f);
		for (unsigned i = 0; i < LIVES; i++)
			if (!live(&o, false))
				fail_msg("seed %llu", (unsigned long long)seed);
		fixture_free(&o.f);
	}
}

/* A disk that says "synced" too early is an acknowledgement before the sync. */
static void the_oracle_notices_an_acknowledgement_before_the_sync(void **state)
{
	(void)state;
	size_t caught = 0;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		oracle_t o;
		oracle_make(&o, seed);
		fixture_start(&o.f);
		caught += !live(&o, true);
		fixture_free(&o.f);
	}
	assert_true(caught > 0);
}

static void without_crashes_every_answer_is_the_oracle_s(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		oracle_t o;
		oracle_make(&o, seed);
		fixture_start(&o.f);
		for (unsigned i = 0; i < 5; i++) {
			run(&o, 2000);
			drain(&o);
			for (unsigned n = 0; n < NAMES; n++)
				assert_int_equal(o.names[n].count, 1);
			assert_true(settle(&o));
			fixture_restart(&o.f);
			assert_true(settle(&o));
		}
		fixture_free(&o.f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crashes_lose_nothing_acknowledged_and_invent_nothing),
		cmocka_unit_test(the_oracle_notices_an_acknowledgement_before_the_sync),
		cmocka_unit_test(without_crashes_every_answer_is_the_oracle_s),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
