/* SPDX-License-Identifier: Apache-2.0 */
#include "env/posix/fixture.h"

enum { ASKS = 500 };

typedef struct {
	world_t *world;
	env_udp_t *server, *client;
	size_t turns, asked, answered, biggest;
	uint32_t seen[ASKS];
} talk_t;

static void server_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	talk_t *talk = ctx;
	talk->turns++;
	talk->biggest = count > talk->biggest ? count : talk->biggest;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(env_udp_send(udp, in[i].peer, in[i].bytes), ERR_OK);
}

static void client_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	talk_t *talk = ctx;
	(void)udp;
	for (size_t i = 0; i < count; i++) {
		uint32_t which = 0;
		assert_int_equal(in[i].bytes.len, sizeof(which));
		memcpy(&which, in[i].bytes.ptr, sizeof(which));
		assert_true(addr_eq(in[i].peer, env_udp_addr(talk->server)));
		talk->seen[which]++;
	}
	talk->answered += count;
	if (talk->answered == ASKS)
		env_stop(talk->world->env);
}

static void talk_open(talk_t *talk)
{
	env_udp_spec_t server = { server_turn, talk }, client = { client_turn, talk };
	env_loop_t *loop = talk->world->loop;
	assert_int_equal(env_udp_open(loop, loopback(0), &server, &talk->server), ERR_OK);
	assert_int_equal(env_udp_open(loop, loopback(0), &client, &talk->client), ERR_OK);
}

static void datagrams_are_answered_in_batches(void **state)
{
	talk_t talk = { .world = *state };
	talk_open(&talk);
	for (uint32_t i = 0; i < ASKS; i++)
		assert_int_equal(env_udp_send(talk.client, env_udp_addr(talk.server),
		                              slice_of(&i, sizeof(i))),
		                 ERR_OK);
	world_run(talk.world);
	for (size_t i = 0; i < ASKS; i++)
		assert_int_equal(talk.seen[i], 1);
	assert_int_equal(talk.biggest, ENV_UDP_BATCH);
	assert_true(talk.turns <= ASKS / ENV_UDP_BATCH + 2);
	assert_int_equal(env_udp_dropped(talk.server), 0);
	env_udp_close(talk.server);
	env_udp_close(talk.client);
}

static void wrong_sends_are_answered(void **state)
{
	talk_t talk = { .world = *state };
	static uint8_t bytes[ENV_UDP_MAX + 1];
	talk_open(&talk);
	addr_t six = { .ip = { .bytes = { [15] = 1 }, .family = 6 }, .port = 9 };
	assert_int_equal(env_udp_send(talk.client, loopback(9), slice_of(bytes, sizeof(bytes))),
	                 ERR_TOO_BIG);
	assert_int_equal(env_udp_send(talk.client, six, SLICE("x")), ERR_INVALID);
	env_udp_t *second = NULL;
	env_udp_spec_t spec = { server_turn, &talk };
	assert_int_equal(env_udp_open(talk.world->loop, env_udp_addr(talk.server), &spec, &second),
	                 ERR_BUSY);
	env_udp_close(talk.server);
	env_udp_close(talk.client);
}

static void closing_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	talk_t *talk = ctx;
	(void)in;
	assert_int_equal(count, 1);
	env_udp_close(udp);
	env_stop(talk->world->env);
}

static void socket_may_close_inside_its_turn(void **state)
{
	talk_t talk = { .world = *state };
	env_udp_spec_t spec = { closing_turn, &talk };
	assert_int_equal(env_udp_open(talk.world->loop, loopback(0), &spec, &talk.server), ERR_OK);
	assert_int_equal(env_udp_send(talk.server, env_udp_addr(talk.server), SLICE("x")), ERR_OK);
	world_run(talk.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(datagrams_are_answered_in_batches),
		WORLD_TEST(wrong_sends_are_answered),
		WORLD_TEST(socket_may_close_inside_its_turn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
