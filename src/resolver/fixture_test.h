/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_FIXTURE_TEST_H
#define RESOLVER_FIXTURE_TEST_H
/* A simulated world for tests of the resolver: one resolver, an asker on a loop of
 * its own, and up to 32 scripted servers (server_test.h). */
#include <stdlib.h>

#include "env/file.h"
#include "resolver/resolver.h"
#include "resolver/server_test.h"

enum { SERVERS = 32, REPLIES = 2048 };

typedef struct {
	twin_t *twin;
	env_t *env, *far;
	env_loop_t *loop, *asker, *servers;
	resolver_t *resolver;
	env_mailbox_t *replies;
	server_t *server; /* [SERVERS] */
	size_t server_count;
	uint8_t *room, *data;
} world_t;

/* A server at 10.0.0.N, or fd00::N. */
static inline server_t *server_new(world_t *world, uint8_t family)
{
	assert_true(world->server_count < SERVERS);
	server_t *s = &world->server[world->server_count++];
	uint8_t number = (uint8_t)world->server_count;
	s->addr = (addr_t){ ip_v4(10, 0, 0, number), HANDLE_PORT };
	if (family == 6)
		s->addr.ip = (ip_t){ .bytes = { 0xfd, [15] = number }, .family = 6 };
	s->loop = world->servers;
	s->room = world->room;
	s->data = world->data;
	server_open(s);
	return s;
}

/* The world. */

static inline void ignore_ready(void *ctx)
{
	(void)ctx; /* the tests take from the mailbox themselves */
}

static inline void world_make(world_t *world, const twin_spec_t *spec)
{
	*world = (world_t){ 0 };
	OK(twin_new(spec, &world->twin));
	OK(twin_host_open(world->twin, "node", &world->env));
	OK(twin_host_open(world->twin, "far", &world->far));
	OK(env_loop_new(world->env, "resolver", ENV_LOOP_EVENTS, &world->loop));
	OK(env_loop_new(world->env, "asker", ENV_LOOP_EVENTS, &world->asker));
	OK(env_loop_new(world->far, "servers", ENV_LOOP_EVENTS, &world->servers));
	OK(env_loop_start(world->loop));
	OK(env_loop_start(world->asker));
	OK(env_loop_start(world->servers));
	world->server = calloc(SERVERS, sizeof(server_t));
	world->room = malloc(REPLY_BYTES);
	world->data = malloc(REPLY_BYTES);
	assert_true(world->server && world->room && world->data);
	env_mailbox_spec_t mail = { .name = "replies",
		                    .reader = world->asker,
		                    .item_size = sizeof(resolver_reply_t),
		                    .capacity = REPLIES,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = ignore_ready };
	OK(env_mailbox_new(&mail, &world->replies));
}

/* A roots file whose root is this server. */
static inline void roots_write(world_t *world, const server_t *root, const char *path)
{
	uint8_t data[DATA_BYTES], bytes[2 * DATA_BYTES];
	site_spec_t site = { .at = root->addr, .flags = HANDLE_SITE_PRIMARY, .key = root->signer };
	handle_value_t value = { .index = 1,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .type = SLICE("HS_SITE"),
		                 .data = slice_of(data, site_data(&site, data, sizeof(data))) };
	writer_t w = writer_of(bytes, sizeof(bytes));
	env_file_t *file;
	wr_u32(&w, 0);
	wr_u32(&w, 1);
	handle_value_encode(&value, &w);
	wr_patch_u32(&w, 0, (uint32_t)w.len - 4);
	OK(env_file_open(world->env, path, ENV_OPEN_CREATE, &file));
	OK(env_file_write(file, 0, writer_done(&w)));
	env_file_close(file);
}

/* With the root at the first server, unless the spec says otherwise. */
static inline void resolver_start(world_t *world, resolver_spec_t spec)
{
	const char *roots[] = { "root_info" };
	err_detail_t detail;
	spec.loop = world->loop;
	if (!spec.root_count && !spec.pin_count) {
		roots_write(world, &world->server[0], roots[0]);
		spec.roots = roots;
		spec.root_count = 1;
	}
	OK(resolver_open(world->env, &spec, &world->resolver, &detail));
}

/* With all limits as they are when nothing is said. */
static inline void resolver_begin(world_t *world)
{
	resolver_start(world, (resolver_spec_t){ .cache_bytes = 0 });
}

static inline void world_free(world_t *world)
{
	env_loop_stop(world->loop);
	env_loop_stop(world->asker);
	env_loop_stop(world->servers);
	resolver_close(world->resolver);
	env_mailbox_free(world->replies);
	free(world->server);
	free(world->room);
	free(world->data);
	twin_free(world->twin);
}

static inline void ask_start(world_t *world, const char *name, const char *type, unsigned flags)
{
	slice_t types[] = { slice_str(type) };
	resolver_question_t question = {
		.name = slice_str(name), .types = types, .type_count = type ? 1 : 0, .flags = flags
	};
	OK(resolver_ask(world->resolver, &question, world->replies, NULL));
}

static inline resolver_reply_t ask_end(world_t *world)
{
	resolver_reply_t reply;
	while (!env_mailbox_take(world->replies, &reply))
		assert_true(twin_step(world->twin));
	assert_non_null(reply.answer);
	return reply;
}

static inline resolver_reply_t ask(world_t *world, const char *name)
{
	ask_start(world, name, NULL, 0);
	return ask_end(world);
}

/* Asks, checks how it ended, and forgets the answer. */
static inline void ask_expect(world_t *world, const char *name, err_t err, resolver_source_t source)
{
	resolver_reply_t reply = ask(world, name);
	if (reply.err != err || reply.source != source)
		fail_msg("%s: %s (%u) from %d", name, err_info(reply.err)->name, reply.response,
		         reply.source);
	resolver_answer_release(reply.answer);
}

/* The data of the value with this index, as text. */
static inline const char *answer_text(const resolver_answer_t *answer, uint32_t index,
                                      char buf[DATA_BYTES])
{
	reader_t r = reader_of(answer->values);
	buf[0] = 0;
	for (uint32_t i = 0; i < answer->count; i++) {
		handle_value_t value = handle_value_read(&r);
		assert_false(r.bad);
		if (value.index == index)
			assert_true(slice_to_cstr(value.data, buf, DATA_BYTES));
	}
	return buf;
}

static inline void ask_text(world_t *world, const char *name, const char *text)
{
	char buf[DATA_BYTES];
	resolver_reply_t reply = ask(world, name);
	if (reply.err)
		fail_msg("%s: %s (%u)", name, err_info(reply.err)->name, reply.response);
	assert_string_equal(answer_text(reply.answer, 1, buf), text);
	resolver_answer_release(reply.answer);
}

static inline int64_t metric(const world_t *world, const char *name)
{
	const metrics_t *m = resolver_metrics(world->resolver);
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->rows[i].name, name) == 0)
			return metric_get(m, i);
	fail_msg("no metric %s", name);
	return 0;
}

static inline size_t steps_of(const resolver_answer_t *answer, resolver_step_kind_t kind)
{
	size_t count = 0;
	for (size_t i = 0; i < answer->step_count; i++)
		count += answer->steps[i].kind == kind;
	return count;
}

/* A root (first server) that knows the prefix 99.200, served by the second. */
static inline server_t *world_usual(world_t *world, const twin_spec_t *spec)
{
	world_make(world, spec);
	server_t *root = server_new(world, 4), *site = server_new(world, 4);
	site_at(root, "0.NA/99.200", site);
	url_at(site, "99.200/press", "http://127.0.0.1/press");
	return site;
}
#endif
