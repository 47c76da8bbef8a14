/* SPDX-License-Identifier: Apache-2.0 */
/* A home that answers when the test says so, and what a door may ask of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "env/twin/twin.h"
#include "registry/identity/prover.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { TICKETS = 256 };

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *loop;
	prover_t *prover;
	env_mailbox_t *mail;
	uint64_t tickets[TICKETS];
	size_t asked, told;
	err_t refusal, last_err;
	const void *last_asker;
	registry_key_type_t wanted;
} world_t;

static err_t asked(world_t *w, registry_key_type_t type, env_mailbox_t *reply, uint64_t ticket)
{
	if (w->refusal)
		return w->refusal;
	w->mail = reply;
	w->wanted = type;
	w->tickets[w->asked++ % TICKETS] = ticket;
	return ERR_OK;
}

static err_t fetch_key(void *ctx, const registry_identity_t *who, env_mailbox_t *reply,
                       uint64_t ticket)
{
	assert_int_equal(who->index, 300);
	return asked(ctx, REGISTRY_KEY_PUBLIC, reply, ticket);
}

static err_t verify(void *ctx, const registry_proof_t *proof, env_mailbox_t *reply, uint64_t ticket)
{
	assert_int_equal(proof->who.index, 300);
	return asked(ctx, REGISTRY_KEY_SECRET, reply, ticket);
}

static void done(void *ctx, void *asker, const registry_elsewhere_reply_t *word)
{
	world_t *w = ctx;
	w->told++;
	w->last_asker = asker;
	w->last_err = word->err;
}

static void open_world(world_t *w, bool is_alone)
{
	static const twin_spec_t calm = { .seed = 41 };
	registry_elsewhere_t elsewhere = { .fetch_key = fetch_key, .verify = verify, .ctx = w };
	*w = (world_t){ .asked = 0 };
	OK(twin_new(&calm, &w->twin));
	OK(twin_host_open(w->twin, "node", &w->env));
	OK(env_loop_new(w->env, "door", ENV_LOOP_EVENTS, &w->loop));
	OK(env_loop_start(w->loop));
	prover_spec_t spec = { .loop = w->loop, .done = done, .ctx = w };
	spec.elsewhere = is_alone ? NULL : &elsewhere;
	OK(prover_new(&spec, &w->prover));
}

static void close_world(world_t *w)
{
	env_loop_stop(w->loop);
	prover_free(w->prover);
	twin_free(w->twin);
}

static err_t ask_of(world_t *w, registry_key_type_t type, ip_t source, void *asker)
{
	registry_proof_t proof = { .who = { SLICE("99.300/guest"), 300 }, .type = type };
	return prover_ask(w->prover, &proof, source, asker);
}

static void answer(world_t *w, size_t i, err_t err)
{
	static registry_elsewhere_reply_t word;
	word = (registry_elsewhere_reply_t){ .ticket = w->tickets[i], .err = err };
	assert_true(env_mailbox_put(w->mail, &word));
	(void)twin_run_for(w->twin, NS_PER_MS);
}

static void each_asker_gets_the_word_once(void **state)
{
	(void)state;
	static world_t w;
	int one, two;
	open_world(&w, false);
	OK(ask_of(&w, REGISTRY_KEY_SECRET, ip_v4(10, 0, 0, 1), &one));
	assert_int_equal(w.wanted, REGISTRY_KEY_SECRET);
	OK(ask_of(&w, REGISTRY_KEY_PUBLIC, ip_v4(10, 0, 0, 1), &two));
	assert_int_equal(w.wanted, REGISTRY_KEY_PUBLIC);
	assert_int_equal(prover_waiting(w.prover), 2);
	answer(&w, 1, ERR_NOT_FOUND);
	assert_ptr_equal(w.last_asker, &two);
	assert_int_equal(w.last_err, ERR_NOT_FOUND);
	answer(&w, 1, ERR_OK);
	assert_int_equal(w.told, 1);
	answer(&w, 0, ERR_OK);
	assert_ptr_equal(w.last_asker, &one);
	assert_int_equal(w.last_err, ERR_OK);
	assert_int_equal(prover_waiting(w.prover), 0);
	close_world(&w);
}

static void a_home_that_is_silent_is_given_up_on(void **state)
{
	(void)state;
	static world_t w;
	int one;
	open_world(&w, false);
	OK(ask_of(&w, REGISTRY_KEY_SECRET, ip_v4(10, 0, 0, 1), &one));
	(void)twin_run_for(w.twin, PROVER_LIFE_NS - 2 * NS_PER_S);
	assert_int_equal(w.told, 0);
	(void)twin_run_for(w.twin, 4 * NS_PER_S);
	assert_int_equal(w.told, 1);
	assert_int_equal(w.last_err, ERR_TIMEOUT);
	answer(&w, 0, ERR_OK);
	assert_int_equal(w.told, 1);
	close_world(&w);
}

static void no_source_has_more_than_half_of_the_places(void **state)
{
	(void)state;
	static world_t w;
	int one;
	ip_t from = { .bytes = { 0xfd, [15] = 1 }, .family = 6 };
	open_world(&w, false);
	for (size_t i = 0; i < PROVER_WAITING / 2; i++) {
		from.bytes[15] = (uint8_t)i; /* of one network */
		OK(ask_of(&w, REGISTRY_KEY_SECRET, from, &one));
	}
	assert_int_equal(ask_of(&w, REGISTRY_KEY_SECRET, from, &one), ERR_BUSY);
	for (size_t i = 0; i < PROVER_WAITING / 2; i++)
		OK(ask_of(&w, REGISTRY_KEY_SECRET, ip_v4(10, 0, 0, (uint8_t)i), &one));
	assert_int_equal(ask_of(&w, REGISTRY_KEY_SECRET, ip_v4(10, 0, 1, 1), &one), ERR_BUSY);
	assert_int_equal(w.asked, PROVER_WAITING);
	answer(&w, 0, ERR_OK);
	OK(ask_of(&w, REGISTRY_KEY_SECRET, ip_v4(10, 0, 1, 1), &one));
	close_world(&w);
}

static void a_question_that_could_not_be_asked_holds_no_place(void **state)
{
	(void)state;
	static world_t w;
	int one;
	open_world(&w, false);
	w.refusal = ERR_LIMIT;
	for (size_t i = 0; i < 2 * PROVER_WAITING; i++)
		assert_int_equal(ask_of(&w, REGISTRY_KEY_SECRET, ip_v4(10, 0, 0, 1), &one),
		                 ERR_LIMIT);
	assert_int_equal(prover_waiting(w.prover), 0);
	close_world(&w);
	open_world(&w, true);
	assert_int_equal(ask_of(&w, REGISTRY_KEY_SECRET, ip_v4(10, 0, 0, 1), &one),
	                 ERR_UNAVAILABLE);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_asker_gets_the_word_once),
		cmocka_unit_test(a_home_that_is_silent_is_given_up_on),
		cmocka_unit_test(no_source_has_more_than_half_of_the_places),
		cmocka_unit_test(a_question_that_could_not_be_asked_holds_no_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
