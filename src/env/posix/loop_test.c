/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num.h"
#include "env/posix/fixture.h"

#include <pthread.h>
#include <signal.h>

/* Timers. */

typedef struct {
	world_t *world;
	env_timer_t *timers[4];
	int64_t due_ns;
	char order[8];
	size_t count;
} timers_t;

static void timer_note(timers_t *t, char which)
{
	t->order[t->count++] = which;
}

static void timer_a(void *ctx)
{
	timers_t *t = ctx;
	assert_true(env_now(t->world->env) >= t->due_ns);
	timer_note(t, 'a');
}

static void timer_b(void *ctx)
{
	timer_note(ctx, 'b');
}

static void timer_last(void *ctx)
{
	timers_t *t = ctx;
	timer_note(t, 'z');
	env_timer_free(t->timers[3]);
	env_stop(t->world->env);
}

static void timers_fire_in_order_and_never_early(void **state)
{
	world_t *world = *state;
	timers_t t = { .world = world };
	assert_int_equal(env_timer_new(world->loop, timer_a, &t, &t.timers[0]), ERR_OK);
	assert_int_equal(env_timer_new(world->loop, timer_b, &t, &t.timers[1]), ERR_OK);
	assert_int_equal(env_timer_new(world->loop, timer_b, &t, &t.timers[2]), ERR_OK);
	assert_int_equal(env_timer_new(world->loop, timer_last, &t, &t.timers[3]), ERR_OK);
	env_timer_set(t.timers[3], 9 * NS_PER_MS);
	t.due_ns = env_now(world->env) + 3 * NS_PER_MS;
	env_timer_set(t.timers[0], 3 * NS_PER_MS);
	env_timer_set(t.timers[1], 60 * NS_PER_S);
	env_timer_set(t.timers[1], 6 * NS_PER_MS); /* moves it */
	env_timer_set(t.timers[2], NS_PER_MS);
	env_timer_clear(t.timers[2]);
	world_run(world);
	assert_string_equal(t.order, "abz");
	for (size_t i = 0; i < 3; i++)
		env_timer_free(t.timers[i]);
}

enum { CROWD = 300 };

typedef struct crowd crowd_t;

typedef struct {
	crowd_t *crowd;
	env_timer_t *timer;
	bool is_set;
	int64_t from_ns, to_ns; /* between these it is due */
} member_t;

struct crowd {
	world_t *world;
	member_t members[CROWD];
	size_t left;
	int64_t last_ns; /* what has fired was not due before */
};

static void member_set(member_t *member, int64_t delay_ns)
{
	env_t *env = member->crowd->world->env;
	member->crowd->left += !member->is_set;
	member->is_set = true;
	member->from_ns = env_now(env) + delay_ns;
	env_timer_set(member->timer, delay_ns);
	member->to_ns = env_now(env) + delay_ns;
}

static void member_fired(void *ctx)
{
	member_t *member = ctx;
	crowd_t *crowd = member->crowd;
	assert_true(member->is_set);
	assert_true(env_now(crowd->world->env) >= member->from_ns);
	assert_true(member->to_ns >= crowd->last_ns);
	crowd->last_ns = member->from_ns;
	member->is_set = false;
	if (--crowd->left == 0)
		env_stop(crowd->world->env);
}

/* Set, set again and cleared in no order, so that the heap is opened everywhere. */
static void a_crowd_of_timers_fires_in_order(void **state)
{
	crowd_t crowd = { .world = *state };
	rng_t rng = rng_of(7);
	for (size_t i = 0; i < CROWD; i++) {
		member_t *member = &crowd.members[i];
		member->crowd = &crowd;
		assert_int_equal(
			env_timer_new(crowd.world->loop, member_fired, member, &member->timer),
			ERR_OK);
	}
	for (size_t i = 0; i < 4 * CROWD; i++) {
		member_t *member = &crowd.members[rng_below(&rng, CROWD)];
		if (member->is_set && rng_below(&rng, 3) == 0) {
			env_timer_clear(member->timer);
			member->is_set = false;
			crowd.left--;
		} else {
			member_set(member, (int64_t)rng_below(&rng, 40) * NS_PER_MS);
		}
	}
	world_run(crowd.world);
	assert_int_equal(crowd.left, 0);
	for (size_t i = 0; i < CROWD; i++)
		env_timer_free(crowd.members[i].timer);
}

/* Mailboxes. */

typedef struct {
	world_t *world;
	env_mailbox_t *box;
	uint64_t sum, count, wanted, calls;
	env_timer_t *later;
} reader_side_t;

static void reader_ready(void *ctx)
{
	reader_side_t *side = ctx;
	uint32_t item = 0;
	side->calls++;
	while (env_mailbox_take(side->box, &item)) {
		side->sum += item;
		side->count++;
	}
	if (side->count >= side->wanted)
		env_stop(side->world->env);
}

static void mailbox_make(reader_side_t *side, env_full_t policy, size_t capacity)
{
	env_mailbox_spec_t spec = { .name = "test",
		                    .reader = side->world->loop,
		                    .item_size = sizeof(uint32_t),
		                    .capacity = capacity,
		                    .policy = policy,
		                    .ready = reader_ready,
		                    .ctx = side };
	assert_int_equal(env_mailbox_new(&spec, &side->box), ERR_OK);
}

enum { SENDERS = 3, SENDS = 20000 };

static void *sender_main(void *ctx)
{
	env_mailbox_t *box = ctx;
	for (uint32_t i = 1; i <= SENDS; i++)
		if (!env_mailbox_put(box, &i))
			return NULL;
	return box;
}

static void blocking_mailbox_loses_nothing_between_threads(void **state)
{
	reader_side_t side = { .world = *state, .wanted = (uint64_t)SENDERS * SENDS };
	mailbox_make(&side, ENV_FULL_BLOCK, 8);
	pthread_t threads[SENDERS];
	for (size_t i = 0; i < SENDERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sender_main, side.box), 0);
	world_run(side.world);
	for (size_t i = 0; i < SENDERS; i++) {
		void *ok = NULL;
		assert_int_equal(pthread_join(threads[i], &ok), 0);
		assert_non_null(ok);
	}
	assert_int_equal(side.sum, (uint64_t)SENDERS * SENDS * (SENDS + 1) / 2);
	env_mailbox_free(side.box);
}

static void blocked_sender_is_freed_when_the_reader_stops(void **state)
{
	reader_side_t side = { .world = *state, .wanted = 1 };
	mailbox_make(&side, ENV_FULL_BLOCK, 1);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, sender_main, side.box), 0);
	world_run(side.world);
	void *ok = &side;
	assert_int_equal(pthread_join(thread, &ok), 0);
	assert_null(ok);
	uint32_t item = 1;
	assert_false(env_mailbox_put(side.box, &item));
	env_mailbox_free(side.box);
}

static void refusing_mailbox_says_no_when_full(void **state)
{
	reader_side_t side = { .world = *state, .wanted = 2 };
	mailbox_make(&side, ENV_FULL_REFUSE, 2);
	uint32_t item = 5;
	assert_true(env_mailbox_put(side.box, &item));
	assert_true(env_mailbox_put(side.box, &item));
	assert_false(env_mailbox_put(side.box, &item));
	assert_int_equal(env_mailbox_dropped(side.box), 0);
	world_run(side.world);
	assert_int_equal(side.sum, 10);
	assert_int_equal(side.calls, 1); /* one wake for the burst */
	env_mailbox_free(side.box);
}

static void dropping_mailbox_counts_what_it_drops(void **state)
{
	reader_side_t side = { .world = *state, .wanted = 2 };
	mailbox_make(&side, ENV_FULL_DROP, 2);
	for (uint32_t i = 1; i <= 5; i++)
		assert_true(env_mailbox_put(side.box, &i));
	assert_int_equal(env_mailbox_dropped(side.box), 3);
	world_run(side.world);
	assert_int_equal(side.sum, 3); /* the oldest two stay */
	env_mailbox_free(side.box);
}

/* Loops on threads. */

typedef struct {
	world_t *world;
	env_loop_t *loop;
	env_mailbox_t *to_worker, *to_control;
	uint32_t last;
} ping_t;

static void ping_worker(void *ctx)
{
	ping_t *ping = ctx;
	uint32_t n;
	while (env_mailbox_take(ping->to_worker, &n)) {
		n++;
		assert_true(env_mailbox_put(ping->to_control, &n));
	}
}

static void ping_control(void *ctx)
{
	ping_t *ping = ctx;
	while (env_mailbox_take(ping->to_control, &ping->last)) {
		if (ping->last >= 1000)
			env_stop(ping->world->env);
		else
			assert_true(env_mailbox_put(ping->to_worker, &ping->last));
	}
}

static void two_loops_talk_by_mail(void **state)
{
	ping_t ping = { .world = *state };
	env_t *env = ping.world->env;
	assert_int_equal(env_loop_new(env, "worker", ENV_LOOP_FILES, &ping.loop), ERR_OK);
	assert_ptr_equal(env_loop_env(ping.loop), env);
	env_mailbox_spec_t spec = { .name = "to worker",
		                    .reader = ping.loop,
		                    .item_size = sizeof(uint32_t),
		                    .capacity = 4,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = ping_worker,
		                    .ctx = &ping };
	assert_int_equal(env_mailbox_new(&spec, &ping.to_worker), ERR_OK);
	spec.reader = ping.world->loop;
	spec.ready = ping_control;
	assert_int_equal(env_mailbox_new(&spec, &ping.to_control), ERR_OK);
	assert_true(env_mailbox_put(ping.to_worker, &ping.last));
	assert_int_equal(env_loop_start(ping.loop), ERR_OK);
	world_run(ping.world);
	assert_int_equal(ping.last, 1000);
	env_loop_stop(ping.loop);
	env_loop_stop(ping.loop);
	env_mailbox_free(ping.to_worker);
	env_mailbox_free(ping.to_control);
	env_loop_free(ping.loop);
}

static void stop_before_run_is_not_lost(void **state)
{
	world_t *world = *state;
	env_stop(world->env);
	world_run(world);
}

/* The world. */

static void count_call(void *ctx)
{
	++*(int *)ctx;
}

static void signals_arrive_on_the_control_loop(void **state)
{
	world_t *world = *state;
	int reloads = 0;
	env_signal_on(world->env, ENV_SIGNAL_RELOAD, count_call, &reloads);
	assert_int_equal(kill(getpid(), SIGHUP), 0);
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	world_run(world);
	assert_int_equal(reloads, 1);
}

static void clocks_and_chance_move(void **state)
{
	world_t *world = *state;
	int64_t then = env_now(world->env);
	utc_t utc = env_utc(world->env);
	assert_true(utc.ns > INT64_C(1577836800) * NS_PER_S); /* 2020 */
	assert_true(utc.state == CLOCK_STATE_SYNCED ? utc.error_ns >= 0 : utc.error_ns == -1);
	assert_true(env_now(world->env) >= then);
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	env_random(world->env, a, sizeof(a));
	env_random(world->env, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

static void usage_is_told(void **state)
{
	world_t *world = *state;
	env_usage_t usage = env_usage(world->env);
	assert_true(usage.cores >= 1);
	assert_true(usage.anon_bytes > 4096);
	assert_true(usage.cpu_ns > 0);
}

static void the_machine_has_a_kind_of_processor_that_does_not_change(void **state)
{
	world_t *world = *state;
	isa_t isa = env_isa(world->env);
	assert_in_range(isa, ISA_PLAIN, ISA_AVX512);
	assert_int_equal(env_isa(world->env), isa);
	assert_string_not_equal(isa_name(isa), "unknown");
	assert_string_equal(isa_name(ISA_COUNT), "unknown");
}

static void table_of_the_world_has_no_hole(void **state)
{
	const world_t *world = *state;
	void (*rows[sizeof(env_ops_t) / sizeof(void (*)(void))])(void);
	memcpy(rows, world->env->ops, sizeof(rows));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!rows[i])
			fail_msg("row %zu is empty", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(timers_fire_in_order_and_never_early),
		WORLD_TEST(a_crowd_of_timers_fires_in_order),
		WORLD_TEST(blocking_mailbox_loses_nothing_between_threads),
		WORLD_TEST(blocked_sender_is_freed_when_the_reader_stops),
		WORLD_TEST(refusing_mailbox_says_no_when_full),
		WORLD_TEST(dropping_mailbox_counts_what_it_drops),
		WORLD_TEST(two_loops_talk_by_mail),
		WORLD_TEST(stop_before_run_is_not_lost),
		WORLD_TEST(signals_arrive_on_the_control_loop),
		WORLD_TEST(clocks_and_chance_move),
		WORLD_TEST(usage_is_told),
		WORLD_TEST(the_machine_has_a_kind_of_processor_that_does_not_change),
		WORLD_TEST(table_of_the_world_has_no_hole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
