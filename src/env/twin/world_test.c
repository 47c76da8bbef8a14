/* SPDX-License-Identifier: Apache-2.0 */
#include "env/twin/test.h"

#include "env/loop.h"

enum { MAIL_COUNT = 50 };

typedef struct {
	env_t *env;
	env_timer_t *timer;
	env_mailbox_t *mailbox;
	int64_t times[8];
	size_t fired;
	uint64_t hash;
	int mail[MAIL_COUNT];
	size_t mail_count;
	int64_t period_ns;
} probe_t;

static void note_time(void *ctx)
{
	probe_t *probe = ctx;
	probe->times[probe->fired++ % 8] = env_now(probe->env);
}

static void tick(void *ctx)
{
	probe_t *probe = ctx;
	probe->fired++;
	env_timer_set(probe->timer, probe->period_ns);
}

static void take_mail(void *ctx)
{
	probe_t *probe = ctx;
	int item;
	while (env_mailbox_take(probe->mailbox, &item))
		probe->mail[probe->mail_count++ % MAIL_COUNT] = item;
}

static void timer_fires_at_its_time_and_the_clock_jumps_there(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	probe_t probe = { .env = world.env };
	env_timer_t *timer;
	OK(env_timer_new(env_control_loop(world.env), note_time, &probe, &timer));
	env_timer_set(timer, 5 * NS_PER_S);
	assert_int_equal(twin_run(world.twin, 4 * NS_PER_S), 4 * NS_PER_S);
	assert_int_equal(probe.fired, 0);
	assert_int_equal(twin_run(world.twin, INT64_MAX), 5 * NS_PER_S);
	assert_int_equal(probe.fired, 1);
	assert_int_equal(probe.times[0], 5 * NS_PER_S);
	assert_int_equal(env_utc(world.env).ns, INT64_C(1767225605) * NS_PER_S);
	env_timer_free(timer);
	world_done(&world);
}

static void timer_set_again_moves_and_cleared_never_fires(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	probe_t probe = { .env = world.env };
	env_timer_t *moved, *cleared;
	OK(env_timer_new(env_control_loop(world.env), note_time, &probe, &moved));
	OK(env_timer_new(env_control_loop(world.env), note_time, &probe, &cleared));
	env_timer_set(moved, NS_PER_S);
	env_timer_set(cleared, NS_PER_S);
	env_timer_set(moved, 3 * NS_PER_S);
	env_timer_clear(cleared);
	(void)twin_run(world.twin, 10 * NS_PER_S);
	assert_int_equal(probe.fired, 1);
	assert_int_equal(probe.times[0], 3 * NS_PER_S);
	world_done(&world);
}

static void loop_takes_events_only_between_start_and_stop(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	probe_t probe = { .env = world.env };
	env_loop_t *loop;
	OK(env_loop_new(world.env, "x", ENV_LOOP_EVENTS, &loop));
	OK(env_timer_new(loop, tick, &probe, &probe.timer));
	probe.period_ns = NS_PER_S;
	env_timer_set(probe.timer, 0);
	(void)twin_run_for(world.twin, NS_PER_S);
	assert_int_equal(probe.fired, 0);
	OK(env_loop_start(loop));
	(void)twin_run_for(world.twin, 3 * NS_PER_S);
	assert_int_equal(probe.fired, 4);
	env_loop_stop(loop);
	(void)twin_run_for(world.twin, 3 * NS_PER_S);
	assert_int_equal(probe.fired, 4);
	env_timer_free(probe.timer);
	env_loop_free(loop);
	world_done(&world);
}

static void mailbox_keeps_order_and_grows_when_it_would_block(void **state)
{
	(void)state;
	world_t world = world_seeded(3);
	probe_t probe = { .env = world.env };
	env_mailbox_spec_t spec = { .reader = env_control_loop(world.env),
		                    .item_size = sizeof(int),
		                    .capacity = 4,
		                    .policy = ENV_FULL_BLOCK,
		                    .ready = take_mail,
		                    .ctx = &probe };
	OK(env_mailbox_new(&spec, &probe.mailbox));
	for (int i = 0; i < MAIL_COUNT; i++)
		assert_true(env_mailbox_put(probe.mailbox, &i));
	(void)twin_run_for(world.twin, NS_PER_MS);
	assert_int_equal(probe.mail_count, MAIL_COUNT);
	for (int i = 0; i < MAIL_COUNT; i++)
		assert_int_equal(probe.mail[i], i);
	assert_true(twin_stats(world.twin).mailbox_overflows > 0);
	world_done(&world);
}

static void mailbox_full_refuses_or_drops_as_its_policy_says(void **state)
{
	(void)state;
	world_t world = world_seeded(3);
	probe_t probe = { .env = world.env };
	env_mailbox_spec_t spec = { .reader = env_control_loop(world.env),
		                    .item_size = sizeof(int),
		                    .capacity = 2,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = take_mail,
		                    .ctx = &probe };
	int item = 1;
	OK(env_mailbox_new(&spec, &probe.mailbox));
	assert_true(env_mailbox_put(probe.mailbox, &item));
	assert_true(env_mailbox_put(probe.mailbox, &item));
	assert_false(env_mailbox_put(probe.mailbox, &item));
	env_mailbox_free(probe.mailbox);
	spec.policy = ENV_FULL_DROP;
	OK(env_mailbox_new(&spec, &probe.mailbox));
	for (int i = 0; i < 5; i++)
		assert_true(env_mailbox_put(probe.mailbox, &item));
	assert_int_equal(env_mailbox_dropped(probe.mailbox), 3);
	world_done(&world);
}

static void stop(void *ctx)
{
	env_stop(ctx);
}

static void count_and_stop(void *ctx)
{
	probe_t *probe = ctx;
	probe->fired++;
	env_stop(probe->env);
}

static void run_returns_on_stop_and_signals_reach_the_control_loop(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	probe_t probe = { .env = world.env };
	twin_signal(world.env, ENV_SIGNAL_STOP);
	OK(env_run(world.env));
	env_signal_on(world.env, ENV_SIGNAL_RELOAD, count_and_stop, &probe);
	twin_signal(world.env, ENV_SIGNAL_RELOAD);
	OK(env_run(world.env));
	assert_int_equal(probe.fired, 1);
	assert_int_equal(env_run(world.env), ERR_UNAVAILABLE);
	env_notify(world.env, ENV_STOPPING);
	assert_int_equal(twin_notified(world.env), ENV_STOPPING);
	world_done(&world);
}

static void clock_may_be_set_while_the_monotonic_one_goes_on(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	(void)twin_run(world.twin, NS_PER_S);
	twin_clock_set(world.env, (utc_t){ .ns = 42, .error_ns = -1, .state = CLOCK_STATE_FREE });
	(void)twin_run(world.twin, 3 * NS_PER_S);
	assert_int_equal(env_utc(world.env).ns, 42 + 2 * NS_PER_S);
	assert_int_equal(env_utc(world.env).state, CLOCK_STATE_FREE);
	assert_int_equal(env_now(world.env), 3 * NS_PER_S);
	world_done(&world);
}

/* Ten loops that answer one another's mail at random, and note who was when. */
typedef struct ball ball_t;
typedef struct {
	ball_t *game;
	env_mailbox_t *mailbox;
	uint64_t id;
} player_t;
struct ball {
	env_t *env;
	player_t players[10];
	uint64_t hash;
};

static void play(void *ctx)
{
	player_t *player = ctx;
	int item;
	while (env_mailbox_take(player->mailbox, &item)) {
		uint8_t next;
		player->game->hash = player->game->hash * 31 + player->id;
		env_random(player->game->env, &next, 1);
		if (item > 0) {
			item--;
			(void)env_mailbox_put(player->game->players[next % 10].mailbox, &item);
		}
	}
}

static uint64_t game_of(uint64_t seed, uint64_t *ret_trace)
{
	world_t world = world_seeded(seed);
	ball_t game = { .env = world.env };
	for (size_t i = 0; i < 10; i++) {
		env_loop_t *loop;
		OK(env_loop_new(world.env, "player", ENV_LOOP_EVENTS, &loop));
		OK(env_loop_start(loop));
		game.players[i] = (player_t){ .game = &game, .id = i + 1 };
		env_mailbox_spec_t spec = { .reader = loop,
			                    .item_size = sizeof(int),
			                    .capacity = 8,
			                    .ready = play,
			                    .ctx = &game.players[i] };
		OK(env_mailbox_new(&spec, &game.players[i].mailbox));
		int item = 20;
		assert_true(env_mailbox_put(game.players[i].mailbox, &item));
	}
	(void)twin_run(world.twin, INT64_MAX);
	*ret_trace = twin_trace(world.twin);
	world_done(&world);
	return game.hash;
}

static void same_seed_replays_and_other_seeds_differ(void **state)
{
	(void)state;
	uint64_t first, again, other;
	uint64_t first_hash = game_of(7, &first);
	assert_true(game_of(7, &again) == first_hash);
	assert_true(first == again);
	assert_true(game_of(8, &other) != first_hash);
	assert_true(first != other);
}

static void equal_times_happen_in_an_order_the_seed_decides(void **state)
{
	(void)state;
	size_t first_wins = 0;
	for (uint64_t seed = 0; seed < 32; seed++) {
		world_t world = world_seeded(seed);
		probe_t a = { .env = world.env };
		env_timer_t *timer, *stopper;
		OK(env_timer_new(env_control_loop(world.env), note_time, &a, &timer));
		OK(env_timer_new(env_control_loop(world.env), stop, world.env, &stopper));
		env_timer_set(timer, NS_PER_S);
		env_timer_set(stopper, NS_PER_S);
		(void)twin_run(world.twin, 2 * NS_PER_S);
		first_wins += a.fired;
		world_done(&world);
	}
	assert_in_range(first_wins, 4, 28);
}

static void two_years_of_seconds_pass_quickly(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	probe_t probe = { .env = world.env, .period_ns = NS_PER_S };
	OK(env_timer_new(env_control_loop(world.env), tick, &probe, &probe.timer));
	env_timer_set(probe.timer, 0);
	const int64_t two_years_s = INT64_C(2) * 365 * 86400;
	(void)twin_run(world.twin, two_years_s * NS_PER_S);
	assert_int_equal(probe.fired, two_years_s + 1);
	world_done(&world);
}

static void a_twin_runs_the_kernels_of_its_machine(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	assert_in_range(env_isa(world.env), ISA_PLAIN, ISA_AVX512);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timer_fires_at_its_time_and_the_clock_jumps_there),
		cmocka_unit_test(a_twin_runs_the_kernels_of_its_machine),
		cmocka_unit_test(timer_set_again_moves_and_cleared_never_fires),
		cmocka_unit_test(loop_takes_events_only_between_start_and_stop),
		cmocka_unit_test(mailbox_keeps_order_and_grows_when_it_would_block),
		cmocka_unit_test(mailbox_full_refuses_or_drops_as_its_policy_says),
		cmocka_unit_test(run_returns_on_stop_and_signals_reach_the_control_loop),
		cmocka_unit_test(clock_may_be_set_while_the_monotonic_one_goes_on),
		cmocka_unit_test(same_seed_replays_and_other_seeds_differ),
		cmocka_unit_test(equal_times_happen_in_an_order_the_seed_decides),
		cmocka_unit_test(two_years_of_seconds_pass_quickly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
