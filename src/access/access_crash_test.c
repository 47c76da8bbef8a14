/* SPDX-License-Identifier: Apache-2.0 */
/* Random changes to users in a machine whose power fails at a random disk operation.
 * After every reboot each user is what the last acknowledged change left, or what a
 * later unacknowledged one would have left, and the admin token still works.
 * JIZHU_SEEDS says how many seeds (200). */
#include "access/fixture_test.h"
#include "env/twin/seeds.h"

enum { NAMES = 6, STATES = 80, LIVES = 4, AHEAD = 6, ABSENT = 0 };

/* A user as one number: absent, or its role and whether it is enabled. Histories hold
 * what may be on disk: the acknowledged state first, then what each change in flight
 * leaves. */
typedef struct {
	unsigned states[STATES];
	size_t count;
} history_t;

typedef struct {
	room_t room;
	rng_t rng;
	access_work_t work;
	history_t names[NAMES];
	unsigned asked[ACCESS_CHANGES_MAX]; /* names, in the order of asking */
	size_t in_flight;
} oracle_t;

static unsigned state_of(role_t role, bool enabled)
{
	return (unsigned)role * 2 + enabled;
}

static const char *name_of(unsigned i, char buf[16])
{
	(void)snprintf(buf, 16, "user%u", i);
	return buf;
}

/* Answers come in the order of asking; a success drops what was before it. */
static void answered(void *ctx, err_t err)
{
	oracle_t *o = ctx;
	history_t *h = &o->names[o->asked[0]];
	assert_true(o->in_flight > 0);
	o->in_flight--;
	memmove(&o->asked[0], &o->asked[1], o->in_flight * sizeof(o->asked[0]));
	if (err)
		return;
	h->count--;
	memmove(&h->states[0], &h->states[1], h->count * sizeof(h->states[0]));
}

static void ask(oracle_t *o)
{
	char name[16];
	unsigned i = (unsigned)rng_below(&o->rng, NAMES);
	history_t *h = &o->names[i];
	unsigned now = h->states[h->count - 1];
	role_t role = (role_t)(ROLE_VIEWER + rng_below(&o->rng, 4));
	bool enabled = rng_below(&o->rng, 2);
	access_change_t change = room_user(name_of(i, name), role, &o->work);
	change.enabled = enabled;
	change.done = answered;
	change.ctx = o;
	if (now != ABSENT) {
		change.verb = rng_below(&o->rng, 3) ? ACCESS_USER_SET : ACCESS_USER_REMOVE;
		change.fields = ACCESS_ROLE | ACCESS_ENABLED;
	}
	if (h->count == STATES ||
	    access_change(o->room.access, &change, NULL, &o->room.detail) != ERR_OK)
		return;
	h->states[h->count++] = change.verb == ACCESS_USER_REMOVE ? ABSENT
	                                                          : state_of(role, enabled);
	o->asked[o->in_flight++] = i;
}

static void run(oracle_t *o, unsigned steps)
{
	for (unsigned i = 0; i < steps && !twin_crashed(o->room.env); i++) {
		if (o->in_flight < AHEAD)
			ask(o);
		(void)twin_step(o->room.twin);
	}
}

/* False when something was lost or invented; goes on from what is there. */
static bool settle(oracle_t *o)
{
	bool is_right = true;
	for (unsigned i = 0; i < NAMES; i++) {
		char name[16];
		history_t *h = &o->names[i];
		const access_user_t *user = access_user_named(o->room.access,
		                                              slice_str(name_of(i, name)));
		unsigned now = user ? state_of(user->role, user->enabled) : ABSENT;
		bool is_known = false;
		for (size_t s = 0; s < h->count; s++)
			is_known = is_known || h->states[s] == now;
		is_right = is_right && is_known;
		h->states[0] = now;
		h->count = 1;
	}
	return is_right;
}

static bool admin_works(oracle_t *o)
{
	caller_t caller;
	return access_token(o->room.access, slice_str(o->room.token), ip_v4(127, 0, 0, 1),
	                    &caller) == ERR_OK;
}

static void oracle_make(oracle_t *o, uint64_t seed)
{
	char line[ACCESS_TOKEN_TEXT + 1];
	size_t len = 0;
	*o = (oracle_t){ .rng = rng_of(seed) };
	for (unsigned i = 0; i < NAMES; i++)
		o->names[i].count = 1;
	room_make(&o->room, seed);
	assert_int_equal(room_start(&o->room), ERR_OK);
	assert_int_equal(env_file_load(o->room.env, TOKEN_PATH, line, sizeof(line), &len), ERR_OK);
	assert_true(slice_to_cstr(slice_trim(slice_of(line, len)), o->room.token,
	                          sizeof(o->room.token)));
	o->work = room_password(&o->room, PASSWORD);
}

static void oracle_free(oracle_t *o)
{
	room_halt(&o->room);
	twin_free(o->room.twin);
}

/* One life up to a crash and the start after it; false when that shows a loss. */
static bool live(oracle_t *o, bool lying)
{
	room_t *room = &o->room;
	twin_disk_lie(room->env, lying);
	twin_crash_at(room->env, 1 + rng_below(&o->rng, 60));
	run(o, 2000);
	if (!twin_crashed(room->env))
		twin_power_off(room->env);
	o->in_flight = 0;
	room_halt(room);
	twin_disk_reboot(room->twin, "node");
	room_make_loops(room);
	return room_start(room) == ERR_OK && settle(o) && admin_works(o);
}

static void power_cuts_lose_no_acknowledged_change_and_invent_none(void **state)
{
	(void)state;
	uint64_t seeds = seeds_wanted(200);
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		oracle_t o;
		oracle_make(&o, seed);
		for (unsigned i = 0; i < LIVES; i++)
			if (!live(&o, false))
				fail_msg("seed %llu", (unsigned long long)seed);
		oracle_free(&o);
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
		caught += !live(&o, true);
		oracle_free(&o);
	}
	assert_true(caught > 0);
}

static void without_a_cut_every_change_is_there_after_a_restart(void **state)
{
	(void)state;
	oracle_t o;
	oracle_make(&o, 1);
	for (unsigned i = 0; i < 5; i++) {
		run(&o, 500);
		(void)twin_run_for(o.room.twin, SECOND);
		assert_int_equal(o.in_flight, 0);
		for (unsigned n = 0; n < NAMES; n++)
			assert_int_equal(o.names[n].count, 1);
		room_restart(&o.room);
		assert_true(settle(&o));
	}
	oracle_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_cuts_lose_no_acknowledged_change_and_invent_none),
		cmocka_unit_test(the_oracle_notices_an_acknowledgement_before_the_sync),
		cmocka_unit_test(without_a_cut_every_change_is_there_after_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
