/* SPDX-License-Identifier: Apache-2.0 */
#include "env/posix/fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

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

/* Replies of three sizes to two peers, all from the same turns. */

enum { MIXED = 192, MIXED_STEP = 300 };

typedef struct {
	world_t *world;
	env_udp_t *server, *clients[2];
	size_t answered;
	bool seen[MIXED];
} mixed_t;

static size_t mixed_size(uint32_t which)
{
	return sizeof(which) + which % 3 * MIXED_STEP;
}

static void mixed_server_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	(void)ctx;
	for (size_t i = 0; i < count; i++) {
		uint8_t reply[ENV_UDP_MAX];
		uint32_t which = 0;
		memcpy(&which, in[i].bytes.ptr, sizeof(which));
		memset(reply, (int)which, sizeof(reply));
		memcpy(reply, &which, sizeof(which));
		assert_int_equal(env_udp_send(udp, in[i].peer, slice_of(reply, mixed_size(which))),
		                 ERR_OK);
	}
}

static void mixed_client_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	mixed_t *mixed = ctx;
	for (size_t i = 0; i < count; i++) {
		uint32_t which = MIXED;
		memcpy(&which, in[i].bytes.ptr, sizeof(which));
		assert_true(which < MIXED && !mixed->seen[which]);
		assert_ptr_equal(udp, mixed->clients[which % 2]);
		assert_int_equal(in[i].bytes.len, mixed_size(which));
		for (size_t b = sizeof(which); b < in[i].bytes.len; b++)
			assert_int_equal(in[i].bytes.ptr[b], (uint8_t)which);
		mixed->seen[which] = true;
	}
	mixed->answered += count;
	if (mixed->answered == MIXED)
		env_stop(mixed->world->env);
}

static void mixed_talk(mixed_t *mixed)
{
	for (uint32_t i = 0; i < MIXED; i++)
		assert_int_equal(env_udp_send(mixed->clients[i % 2], env_udp_addr(mixed->server),
		                              slice_of(&i, sizeof(i))),
		                 ERR_OK);
	world_run(mixed->world);
	assert_int_equal(env_udp_dropped(mixed->server), 0);
}

static void mixed_open(mixed_t *mixed)
{
	env_udp_spec_t server = { mixed_server_turn, mixed }, client = { mixed_client_turn, mixed };
	env_loop_t *loop = mixed->world->loop;
	assert_int_equal(env_udp_open(loop, loopback(0), &server, &mixed->server), ERR_OK);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(env_udp_open(loop, loopback(0), &client, &mixed->clients[i]),
		                 ERR_OK);
}

static void mixed_close(mixed_t *mixed)
{
	env_udp_close(mixed->server);
	for (size_t i = 0; i < 2; i++)
		env_udp_close(mixed->clients[i]);
}

static void replies_of_all_sizes_reach_their_peers_whole(void **state)
{
	mixed_t mixed = { .world = *state };
	mixed_open(&mixed);
	mixed_talk(&mixed);
	mixed_close(&mixed);
}

/* The descriptor of a socket by its port. */
static int descriptor_of(uint16_t port)
{
	for (int fd = 3; fd < 256; fd++) {
		struct sockaddr_in at;
		socklen_t len = sizeof(at);
		if (getsockname(fd, (struct sockaddr *)&at, &len) == 0 &&
		    at.sin_family == AF_INET && ntohs(at.sin_port) == port)
			return fd;
	}
	fail();
	return -1;
}

/* Without checksums the kernel cuts no sends apart. */
static void what_the_kernel_cannot_cut_is_sent_apart(void **state)
{
	mixed_t mixed = { .world = *state };
	int on = 1;
	mixed_open(&mixed);
	int fd = descriptor_of(env_udp_addr(mixed.server).port);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)), 0);
	mixed_talk(&mixed);
	mixed_close(&mixed);
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
		WORLD_TEST(replies_of_all_sizes_reach_their_peers_whole),
		WORLD_TEST(what_the_kernel_cannot_cut_is_sent_apart),
		WORLD_TEST(wrong_sends_are_answered),
		WORLD_TEST(socket_may_close_inside_its_turn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
