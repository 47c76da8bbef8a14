/* SPDX-License-Identifier: Apache-2.0 */
/* A serial line between three hosts: time, company, noise and plugs. */
#include "env/serial.h"

#include "env/twin/test.h"

#define PATH "/dev/ttyS7"

enum { ENDS = 3, GOT_MAX = 4096 };

typedef struct {
	env_t *env;
	env_serial_t *serial;
	uint8_t got[GOT_MAX];
	size_t got_len, runs, closed;
	int64_t last_ns;
	err_t why;
	bool leaves; /* closes the port from inside the next callback */
} side_t;

typedef struct {
	twin_t *twin;
	side_t sides[ENDS];
} bench_t;

static const port_t port_9600 = {
	.name = "L", .path = PATH, .baud = BAUD_9600, .parity = PARITY_EVEN, .stop_bits = 1
};

static void on_data(void *ctx, env_serial_t *serial, slice_t bytes)
{
	side_t *side = ctx;
	assert_ptr_equal(serial, side->serial);
	assert_true(bytes.len > 0 && bytes.len <= GOT_MAX - side->got_len);
	memcpy(&side->got[side->got_len], bytes.ptr, bytes.len);
	side->got_len += bytes.len;
	side->runs++;
	side->last_ns = env_now(side->env);
	if (side->leaves) {
		env_serial_close(side->serial);
		side->serial = NULL;
	}
}

static void on_closed(void *ctx, env_serial_t *serial, err_t why)
{
	side_t *side = ctx;
	(void)serial;
	side->serial = NULL;
	side->closed++;
	side->why = why;
}

static err_t open_side(side_t *side, const port_t *port)
{
	static const env_serial_events_t events = { .data = on_data, .closed = on_closed };
	env_serial_spec_t spec = { .events = &events, .ctx = side };
	return env_serial_open(env_control_loop(side->env), port, &spec, &side->serial);
}

static void bench_open(bench_t *b, uint64_t seed)
{
	static const char *const names[ENDS] = { "node", "one", "two" };
	*b = (bench_t){ 0 };
	OK(twin_new(&(twin_spec_t){ .seed = seed }, &b->twin));
	for (size_t i = 0; i < ENDS; i++) {
		OK(twin_host_open(b->twin, names[i], &b->sides[i].env));
		OK(open_side(&b->sides[i], &port_9600));
	}
}

static void bytes_reach_all_others_at_the_pace_of_the_rate(void **state)
{
	(void)state;
	bench_t b;
	uint8_t sent[96];
	bench_open(&b, 1);
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 7);
	OK(env_serial_write(b.sides[0].serial, slice_of(sent, sizeof(sent))));
	(void)twin_run_for(b.twin, 50 * NS_PER_MS);
	assert_in_range(b.sides[1].got_len, 1, sizeof(sent) - 1);
	(void)twin_run_for(b.twin, NS_PER_S);
	for (size_t i = 1; i < ENDS; i++) {
		assert_int_equal(b.sides[i].got_len, sizeof(sent));
		assert_memory_equal(b.sides[i].got, sent, sizeof(sent));
		assert_true(b.sides[i].runs > 1);
		/* 96 characters of 11 bits at 9600 Bd. */
		assert_in_range(b.sides[i].last_ns, 110 * NS_PER_MS, 111 * NS_PER_MS);
	}
	assert_int_equal(b.sides[0].got_len, 0);
	assert_int_equal(twin_line_collisions(b.twin, PATH), 0);
	twin_free(b.twin);
}

static void two_that_talk_at_once_spoil_each_other(void **state)
{
	(void)state;
	bench_t b;
	uint8_t sent[16] = { 0 };
	bench_open(&b, 2);
	OK(env_serial_write(b.sides[1].serial, slice_of(sent, sizeof(sent))));
	OK(env_serial_write(b.sides[2].serial, slice_of(sent, sizeof(sent))));
	(void)twin_run_for(b.twin, NS_PER_S);
	assert_int_equal(twin_line_collisions(b.twin, PATH), 1);
	assert_int_equal(b.sides[0].got_len, 2 * sizeof(sent));
	for (size_t i = 0; i < b.sides[0].got_len; i++)
		assert_int_not_equal(b.sides[0].got[i], 0);
	/* One after the other they do not; what one host writes is a queue. */
	b.sides[0].got_len = 0;
	OK(env_serial_write(b.sides[1].serial, slice_of(sent, sizeof(sent))));
	OK(env_serial_write(b.sides[1].serial, slice_of(sent, sizeof(sent))));
	(void)twin_run_for(b.twin, NS_PER_S);
	assert_int_equal(twin_line_collisions(b.twin, PATH), 1);
	for (size_t i = 0; i < b.sides[0].got_len; i++)
		assert_int_equal(b.sides[0].got[i], 0);
	twin_free(b.twin);
}

static void noise_hits_bytes_as_often_as_it_was_told(void **state)
{
	(void)state;
	bench_t b;
	uint8_t sent[1000] = { 0 };
	size_t hit = 0;
	bench_open(&b, 3);
	twin_line_noise(b.twin, PATH, 0.1);
	OK(env_serial_write(b.sides[0].serial, slice_of(sent, sizeof(sent))));
	(void)twin_run_for(b.twin, 10 * NS_PER_S);
	assert_int_equal(b.sides[1].got_len, sizeof(sent));
	for (size_t i = 0; i < sizeof(sent); i++)
		hit += b.sides[1].got[i] != 0;
	assert_in_range(hit, 60, 140);
	twin_free(b.twin);
}

static void a_station_set_another_way_hears_nonsense(void **state)
{
	(void)state;
	bench_t b;
	uint8_t sent[8] = { 0 };
	port_t other = port_9600;
	bench_open(&b, 4);
	env_serial_close(b.sides[2].serial);
	other.parity = PARITY_NONE;
	OK(open_side(&b.sides[2], &other));
	OK(env_serial_write(b.sides[0].serial, slice_of(sent, sizeof(sent))));
	(void)twin_run_for(b.twin, NS_PER_S);
	assert_memory_equal(b.sides[1].got, sent, sizeof(sent));
	assert_int_not_equal(b.sides[2].got[0], 0);
	twin_free(b.twin);
}

static void a_port_is_open_once_and_its_output_bounded(void **state)
{
	(void)state;
	bench_t b;
	uint8_t much[ENV_SERIAL_OUTPUT_MAX] = { 0 };
	side_t second = { 0 };
	bench_open(&b, 5);
	second.env = b.sides[0].env;
	assert_int_equal(open_side(&second, &port_9600), ERR_BUSY);
	OK(env_serial_write(b.sides[0].serial, slice_of(much, sizeof(much))));
	assert_int_equal(env_serial_write(b.sides[0].serial, slice_of(much, 1)), ERR_LIMIT);
	(void)twin_run_for(b.twin, 10 * NS_PER_S);
	OK(env_serial_write(b.sides[0].serial, slice_of(much, 1)));
	twin_free(b.twin);
}

static void a_port_pulled_out_ends_with_a_reason_and_may_come_back(void **state)
{
	(void)state;
	bench_t b;
	uint8_t sent[4] = { 1, 2, 3, 4 };
	bench_open(&b, 6);
	twin_port_unplug(b.sides[0].env, PATH, true);
	assert_int_equal(env_serial_write(b.sides[0].serial, slice_of(sent, 4)), ERR_UNAVAILABLE);
	(void)twin_run_for(b.twin, NS_PER_S);
	assert_int_equal(b.sides[0].closed, 1);
	assert_int_equal(b.sides[0].why, ERR_UNAVAILABLE);
	assert_int_equal(open_side(&b.sides[0], &port_9600), ERR_NOT_FOUND);
	/* The others talk on. */
	OK(env_serial_write(b.sides[1].serial, slice_of(sent, 4)));
	(void)twin_run_for(b.twin, NS_PER_S);
	assert_int_equal(b.sides[2].got_len, 4);
	twin_port_unplug(b.sides[0].env, PATH, false);
	OK(open_side(&b.sides[0], &port_9600));
	OK(env_serial_write(b.sides[1].serial, slice_of(sent, 4)));
	(void)twin_run_for(b.twin, NS_PER_S);
	assert_memory_equal(b.sides[0].got, sent, 4);
	twin_free(b.twin);
}

static void a_port_may_be_closed_from_inside_its_callback(void **state)
{
	(void)state;
	bench_t b;
	uint8_t sent[64] = { 0 };
	bench_open(&b, 7);
	b.sides[1].leaves = true;
	OK(env_serial_write(b.sides[0].serial, slice_of(sent, sizeof(sent))));
	(void)twin_run_for(b.twin, NS_PER_S);
	assert_int_equal(b.sides[1].runs, 1);
	assert_int_equal(b.sides[1].closed, 0);
	assert_int_equal(b.sides[2].got_len, sizeof(sent));
	twin_free(b.twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_reach_all_others_at_the_pace_of_the_rate),
		cmocka_unit_test(two_that_talk_at_once_spoil_each_other),
		cmocka_unit_test(noise_hits_bytes_as_often_as_it_was_told),
		cmocka_unit_test(a_station_set_another_way_hears_nonsense),
		cmocka_unit_test(a_port_is_open_once_and_its_output_bounded),
		cmocka_unit_test(a_port_pulled_out_ends_with_a_reason_and_may_come_back),
		cmocka_unit_test(a_port_may_be_closed_from_inside_its_callback),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
