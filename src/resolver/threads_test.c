/* SPDX-License-Identifier: Apache-2.0 */
/* The real world: askers on threads of their own, one resolver, one server, each on
 * its loop. What is shared between them is the inbox, the answers and the metrics. */
#include "resolver/fixture_test.h"

#include <stdatomic.h>
#include <stdio.h>

#include "env/posix/posix.h"

enum { ASKERS = 4, QUESTIONS = 4000, NAMES = 50, UNDER_WAY = 16 };

typedef struct stage stage_t;

typedef struct {
	stage_t *stage;
	env_loop_t *loop;
	env_mailbox_t *replies;
	env_timer_t *begin;
	unsigned asked, answered, refused;
	uint64_t bytes; /* of the answers, read by this thread */
} asker_t;

struct stage {
	env_t *env;
	env_loop_t *loop, *servers;
	resolver_t *resolver;
	server_t *server;
	asker_t askers[ASKERS];
	_Atomic unsigned left;
};

static void ask_next(asker_t *asker)
{
	char name[32];
	snprintf(name, sizeof(name), "99.200/%u", asker->asked++ % NAMES);
	resolver_question_t question = { .name = slice_str(name) };
	if (resolver_ask(asker->stage->resolver, &question, asker->replies, asker))
		asker->refused++;
}

static void on_replies(void *ctx)
{
	asker_t *asker = ctx;
	resolver_reply_t reply;
	while (env_mailbox_take(asker->replies, &reply)) {
		for (size_t i = 0; i < reply.answer->values.len; i++)
			asker->bytes += reply.answer->values.ptr[i];
		asker->answered += reply.err == ERR_OK && reply.ctx == asker;
		resolver_answer_release(reply.answer);
		if (asker->asked < QUESTIONS)
			ask_next(asker);
		else if (asker->answered == QUESTIONS &&
		         atomic_fetch_sub(&asker->stage->left, 1) == 1)
			env_stop(asker->stage->env);
	}
}

static void on_begin(void *ctx)
{
	for (unsigned i = 0; i < UNDER_WAY; i++)
		ask_next(ctx);
}

static void asker_open(stage_t *stage, asker_t *asker)
{
	asker->stage = stage;
	OK(env_loop_new(stage->env, "asker", ENV_LOOP_EVENTS, &asker->loop));
	env_mailbox_spec_t mail = { .name = "replies",
		                    .reader = asker->loop,
		                    .item_size = sizeof(resolver_reply_t),
		                    .capacity = UNDER_WAY,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = on_replies,
		                    .ctx = asker };
	OK(env_mailbox_new(&mail, &asker->replies));
	OK(env_timer_new(asker->loop, on_begin, asker, &asker->begin));
	env_timer_set(asker->begin, 0);
}

static void stage_open(stage_t *stage)
{
	*stage = (stage_t){ .left = ASKERS };
	posix_spec_t posix = { .program = "/proc/self/exe" };
	OK(posix_env_open(&posix, &stage->env));
	OK(env_loop_new(stage->env, "resolver", ENV_LOOP_EVENTS, &stage->loop));
	OK(env_loop_new(stage->env, "servers", ENV_LOOP_EVENTS, &stage->servers));
	stage->server = calloc(1, sizeof(*stage->server));
	assert_non_null(stage->server);
	stage->server->loop = stage->servers;
	stage->server->addr = (addr_t){ .ip = ip_v4(127, 0, 0, 1) };
	stage->server->room = malloc(REPLY_BYTES);
	stage->server->data = malloc(REPLY_BYTES);
	server_open(stage->server);
	url_at(stage->server, NULL, "a")->padding = 900;
	const resolver_pin_t pin = { .addr = stage->server->addr };
	resolver_spec_t spec = {
		.loop = stage->loop, .pins = &pin, .pin_count = 1, .cache_bytes = 128 << 10
	}; /* less than all names need */
	err_detail_t detail;
	OK(resolver_open(stage->env, &spec, &stage->resolver, &detail));
	for (size_t i = 0; i < ASKERS; i++)
		asker_open(stage, &stage->askers[i]);
}

static void stage_run(stage_t *stage)
{
	OK(env_loop_start(stage->servers));
	OK(env_loop_start(stage->loop));
	for (size_t i = 0; i < ASKERS; i++)
		OK(env_loop_start(stage->askers[i].loop));
	OK(env_run(stage->env));
	for (size_t i = 0; i < ASKERS; i++)
		env_loop_stop(stage->askers[i].loop);
	env_loop_stop(stage->loop);
	env_loop_stop(stage->servers);
}

static void stage_close(stage_t *stage)
{
	server_t *server = stage->server;
	resolver_close(stage->resolver);
	for (size_t i = 0; i < ASKERS; i++) {
		env_timer_free(stage->askers[i].begin);
		env_mailbox_free(stage->askers[i].replies);
		env_loop_free(stage->askers[i].loop);
	}
	env_timer_free(server->timer);
	env_listener_close(server->listener);
	env_udp_close(server->udp);
	env_udp_close(server->stranger);
	env_loop_free(stage->servers);
	env_loop_free(stage->loop);
	posix_env_close(stage->env);
	free(server->room);
	free(server->data);
	free(server);
}

static void askers_on_many_threads_are_all_answered(void **state)
{
	(void)state;
	stage_t stage;
	uint64_t bytes = 0;
	stage_open(&stage);
	stage_run(&stage);
	for (size_t i = 0; i < ASKERS; i++) {
		assert_int_equal(stage.askers[i].answered, QUESTIONS);
		assert_int_equal(stage.askers[i].refused, 0);
		assert_true(i == 0 || bytes == stage.askers[i].bytes);
		bytes = stage.askers[i].bytes;
	}
	const metrics_t *m = resolver_metrics(stage.resolver);
	assert_int_equal(metric_get(m, 0), ASKERS * QUESTIONS);
	stage_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(askers_on_many_threads_are_all_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
