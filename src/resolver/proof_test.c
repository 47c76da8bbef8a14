/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of secrets, judged where the secret lives and shown to nobody else. */
#include "resolver/signers_test.h"

static const twin_spec_t CALM = { .seed = 37 };

/* A root, and the two servers of 99.200, where 99.200/li has a secret at 300: to be
 * seen by nobody, so that its values are not found. */
static server_t *world_guarded(world_t *world, const keys_t *keys)
{
	world_make(world, &CALM);
	server_t *root = server_new(world, 4), *site = server_new(world, 4);
	server_t *other = server_new(world, 4);
	root->signer = keys->root;
	site->signer = other->signer = keys->site;
	rule_t *prefix = rule_add(root, "0.NA/99.200", HANDLE_RC_OK);
	for (size_t i = 1; i <= 2; i++)
		site_of(prefix, (uint32_t)i, "HS_SITE",
		        &(site_spec_t){ .at = world->server[i].addr,
		                        .key = keys->site,
		                        .flags = HANDLE_SITE_PRIMARY });
	rule_add(site, "99.200/li", HANDLE_RC_VALUES_NOT_FOUND);
	rule_add(other, "99.200/li", HANDLE_RC_VALUES_NOT_FOUND);
	resolver_start(world, (resolver_spec_t){ .negative_ns = 60 * NS_PER_S });
	return site;
}

static err_t show_start(world_t *world, const char *name, const char *answer)
{
	static const uint32_t index = 300;
	handle_verify_t proof = { .user = { slice_str(name), index },
		                  .nonce = SLICE("a nonce of some"),
		                  .digest = SLICE("a digest"),
		                  .answer = slice_str(answer) };
	resolver_question_t question = { .name = proof.user.handle,
		                         .indexes = &index,
		                         .index_count = 1,
		                         .flags = RESOLVER_AUTHORITATIVE | RESOLVER_CERTIFIED,
		                         .proof = &proof };
	return resolver_ask(world->resolver, &question, world->replies, NULL);
}

static void show_expect(world_t *world, const char *name, err_t err)
{
	OK(show_start(world, name, "an answer"));
	resolver_reply_t reply = ask_end(world);
	if (reply.err != err)
		fail_msg("%s: %s", name, err_info(reply.err)->name);
	resolver_answer_release(reply.answer);
}

static unsigned proofs_seen(const world_t *world)
{
	unsigned seen = 0;
	for (size_t i = 0; i < world->server_count; i++)
		seen += world->server[i].proofs;
	return seen;
}

static void the_home_of_a_secret_says_whether_a_proof_is_right(void **state)
{
	world_t world;
	server_t *site = world_guarded(&world, *state);
	site->says_right = true;
	show_expect(&world, "99.200/li", ERR_OK);
	assert_int_equal(site->proofs, 1);
	assert_int_equal(site->header.operation, HANDLE_OP_VERIFY_ANSWER);
	assert_true(site->header.flags & HANDLE_FLAG_CERT);
	/* What was said of one proof is not remembered for the next. */
	site->says_right = false;
	show_expect(&world, "99.200/li", ERR_DENIED);
	assert_int_equal(site->proofs, 2);
	world_free(&world);
}

static void who_has_not_the_name_never_sees_the_proof(void **state)
{
	world_t world;
	(void)world_guarded(&world, *state);
	show_expect(&world, "99.200/nobody", ERR_NOT_FOUND);
	show_expect(&world, "99.300/nobody", ERR_NOT_FOUND);
	assert_int_equal(proofs_seen(&world), 0);
	show_expect(&world, "99.200/li", ERR_DENIED);
	assert_int_equal(world.server[0].proofs, 0);
	world_free(&world);
}

static void a_word_without_the_signature_of_the_home_is_none(void **state)
{
	const keys_t *keys = *state;
	const struct {
		const env_pkey_t *signer;
		bool alters, no_digest;
	} rows[] = { { NULL, false, false },
		     { keys->root, false, false },
		     { keys->site, true, false },
		     { keys->site, false, true } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		world_t world;
		(void)world_guarded(&world, keys);
		for (size_t k = 1; k <= 2; k++) {
			world.server[k].says_right = true;
			world.server[k].signer = rows[i].signer;
			world.server[k].alters = rows[i].alters;
			world.server[k].no_digest = rows[i].no_digest;
		}
		show_expect(&world, "99.200/li", ERR_PROTOCOL);
		world_free(&world);
	}
}

static void a_home_that_has_no_word_leaves_it_to_its_other_site(void **state)
{
	world_t world;
	server_t *site = world_guarded(&world, *state);
	site->proof_response = HANDLE_RC_BUSY;
	world.server[2].says_right = true;
	show_expect(&world, "99.200/li", ERR_OK);
	world.server[2].proof_response = HANDLE_RC_NOT_SUPPORTED;
	OK(show_start(&world, "99.200/li", "x"));
	resolver_reply_t reply = ask_end(&world);
	assert_true(reply.err == ERR_BUSY || reply.err == ERR_UNSUPPORTED);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void a_home_that_keeps_silent_is_waited_for_in_vain(void **state)
{
	world_t world;
	(void)world_guarded(&world, *state);
	world.server[1].is_silent_on_proofs = world.server[2].is_silent_on_proofs = true;
	int64_t begun = env_now(world.env);
	show_expect(&world, "99.200/li", ERR_TIMEOUT);
	assert_true(env_now(world.env) - begun <= 16 * NS_PER_S);
	world_free(&world);
}

static void equal_proofs_are_shown_once(void **state)
{
	world_t world;
	(void)world_guarded(&world, *state);
	world.server[1].says_right = world.server[2].says_right = true;
	for (size_t i = 0; i < 8; i++)
		OK(show_start(&world, "99.200/li", "the same"));
	OK(show_start(&world, "99.200/li", "another"));
	for (size_t i = 0; i < 9; i++) {
		resolver_reply_t reply = ask_end(&world);
		assert_int_equal(reply.err, ERR_OK);
		resolver_answer_release(reply.answer);
	}
	assert_int_equal(proofs_seen(&world), 2);
	assert_int_equal(metric(&world, "coalesced_total"), 7);
	world_free(&world);
}

static void a_proof_of_somebody_else_or_of_any_length_is_refused(void **state)
{
	static char answer[RESOLVER_PROOF_MAX + 1];
	world_t world;
	(void)world_guarded(&world, *state);
	memset(answer, 'x', RESOLVER_PROOF_MAX);
	assert_int_equal(show_start(&world, "99.200/li", answer), ERR_INVALID);
	handle_verify_t proof = { .user = { SLICE("99.200/wu"), 300 } };
	resolver_question_t question = { .name = SLICE("99.200/li"), .proof = &proof };
	assert_int_equal(resolver_ask(world.resolver, &question, world.replies, NULL), ERR_INVALID);
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_home_of_a_secret_says_whether_a_proof_is_right),
		cmocka_unit_test(who_has_not_the_name_never_sees_the_proof),
		cmocka_unit_test(a_word_without_the_signature_of_the_home_is_none),
		cmocka_unit_test(a_home_that_has_no_word_leaves_it_to_its_other_site),
		cmocka_unit_test(a_home_that_keeps_silent_is_waited_for_in_vain),
		cmocka_unit_test(equal_proofs_are_shown_once),
		cmocka_unit_test(a_proof_of_somebody_else_or_of_any_length_is_refused),
	};
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
