/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_POSIX_FIXTURE_H
#define ENV_POSIX_FIXTURE_H
/* What the tests of the real world share: a world with a watchdog instead of
 * sleeps, a scratch folder, and a plain TCP client that collects an answer. */
#include "base/text.h"
#include "env/ops.h"
#include "env/posix/posix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define WATCHDOG_NS (60 * NS_PER_S)

typedef struct {
	env_t *env;
	env_loop_t *loop;
	env_timer_t *watchdog;
	char folder[64];
	bool late;
	bool is_secure; /* what the test opens should speak TLS */
} world_t;

static inline void world_bark(void *ctx)
{
	world_t *world = ctx;
	world->late = true;
	env_stop(world->env);
}

static inline int world_set_up(void **state)
{
	world_t *world = test_calloc(1, sizeof(*world));
	posix_spec_t spec = { .program = "/proc/self/exe" };
	assert_int_equal(posix_env_open(&spec, &world->env), ERR_OK);
	world->loop = env_control_loop(world->env);
	assert_int_equal(env_timer_new(world->loop, world_bark, world, &world->watchdog), ERR_OK);
	(void)snprintf(world->folder, sizeof(world->folder), "/tmp/jizhu-test-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	*state = world;
	return 0;
}

typedef struct {
	env_t *env;
	const char *folder;
} sweep_t;

static inline void world_sweep_name(void *ctx, const char *name)
{
	const sweep_t *at = ctx;
	char path[512];
	(void)snprintf(path, sizeof(path), "%s/%s", at->folder, name);
	sweep_t below = { at->env, path };
	if (env_path_remove(at->env, path) == ERR_CONFLICT) {
		assert_int_equal(env_dir_list(at->env, path, world_sweep_name, &below), ERR_OK);
		assert_int_equal(env_path_remove(at->env, path), ERR_OK);
	}
}

static inline int world_tear_down(void **state)
{
	world_t *world = *state;
	sweep_t all = { world->env, world->folder };
	assert_int_equal(env_dir_list(world->env, world->folder, world_sweep_name, &all), ERR_OK);
	assert_int_equal(env_path_remove(world->env, world->folder), ERR_OK);
	env_timer_free(world->watchdog);
	posix_env_close(world->env);
	test_free(world);
	return 0;
}

/* Runs until somebody calls env_stop; a minute without is a failure. */
static inline void world_run(world_t *world)
{
	env_timer_set(world->watchdog, WATCHDOG_NS);
	assert_int_equal(env_run(world->env), ERR_OK);
	env_timer_clear(world->watchdog);
	assert_false(world->late);
}

static inline void world_stop_now(void *ctx)
{
	env_stop(((world_t *)ctx)->env);
}

static inline const char *world_path(const world_t *world, const char *name, char buf[256])
{
	(void)snprintf(buf, 256, "%s/%s", world->folder, name);
	return buf;
}

static inline addr_t loopback(uint16_t port)
{
	return (addr_t){ ip_v4(127, 0, 0, 1), port };
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

/* A client: sends a text, collects what comes, stops the world when the peer
 * ends the stream or when `until` was seen. */
typedef struct {
	world_t *world;
	slice_t ask, until;
	text_t got;
	env_tcp_t *tcp; /* NULL after the end */
	err_t why;
	bool deaf; /* never reads: bytes are left unconsumed */
} client_t;

static inline void client_opened(void *ctx, env_tcp_t *tcp)
{
	client_t *client = ctx;
	assert_int_equal(env_tcp_write(tcp, client->ask), ERR_OK);
}

static inline bool slice_holds(slice_t all, slice_t part)
{
	for (size_t i = 0; i + part.len <= all.len; i++)
		if (slice_eq(slice_sub(all, i, part.len), part))
			return true;
	return false;
}

static inline size_t client_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	client_t *client = ctx;
	(void)tcp;
	size_t seen = client->got.len;
	text_add(&client->got, bytes);
	/* It may have begun in what came before. */
	slice_t fresh = slice_from(text_slice(&client->got),
	                           seen > client->until.len ? seen - client->until.len : 0);
	if (client->until.len && slice_holds(fresh, client->until))
		env_stop(client->world->env);
	return bytes.len;
}

static inline void client_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	client_t *client = ctx;
	(void)tcp;
	client->tcp = NULL;
	client->why = why;
	env_stop(client->world->env);
}

static inline void client_dial(client_t *client, world_t *world, addr_t to)
{
	static const env_tcp_events_t events = { .opened = client_opened,
		                                 .data = client_data,
		                                 .closed = client_closed };
	client->world = world;
	client->got = text_of(16 << 20);
	env_tcp_spec_t spec = { .events = &events, .ctx = client, .output_max = 16 << 20 };
	assert_int_equal(env_tcp_dial(world->loop, NULL, to, &spec, &client->tcp), ERR_OK);
}

static inline void client_done(client_t *client)
{
	env_tcp_close(client->tcp);
	text_free(&client->got);
}
#endif
