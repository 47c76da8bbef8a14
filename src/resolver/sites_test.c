/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the servers that a record names is asked, when another one too, and which
 * never. */
#include <stdio.h>

#include "resolver/fixture_test.h"

static const twin_spec_t CALM = { .seed = 7 };

typedef struct {
	server_t *first, *second;
} pair_t;

/* A root whose record of 99.200 names two primary sites, the first of this family; each
 * answers every name with its own text (NULL: with nothing). */
static pair_t world_pair(world_t *world, uint8_t family, const char *first, const char *second)
{
	world_make(world, &CALM);
	server_t *root = server_new(world, 4);
	pair_t pair = { server_new(world, family), server_new(world, 4) };
	rule_t *rule = rule_add(root, "0.NA/99.200", HANDLE_RC_OK);
	primary_of(rule, 1, family == 6 ? "HS_SITE.6" : "HS_SITE", pair.first);
	primary_of(rule, 2, "HS_SITE", pair.second);
	if (first)
		url_at(pair.first, NULL, first);
	if (second)
		url_at(pair.second, NULL, second);
	return pair;
}

static void authoritative_questions_go_to_primaries_past_the_cache(void **state)
{
	(void)state;
	world_t world;
	world_make(&world, &CALM);
	server_t *root = server_new(&world, 4), *mirror = server_new(&world, 4);
	server_t *primary = server_new(&world, 4);
	rule_t *rule = rule_add(root, "0.NA/99.200", HANDLE_RC_OK);
	site_of(rule, 1, "HS_SITE", &(site_spec_t){ .at = mirror->addr });
	primary_of(rule, 2, "HS_SITE", primary);
	url_at(mirror, "99.200/a", "mirror");
	url_at(primary, "99.200/a", "primary");
	resolver_begin(&world);
	ask_text(&world, "99.200/a", "mirror");
	char buf[DATA_BYTES];
	ask_start(&world, "99.200/a", NULL, RESOLVER_AUTHORITATIVE);
	resolver_reply_t reply = ask_end(&world);
	assert_string_equal(answer_text(reply.answer, 1, buf), "primary");
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void the_server_of_a_site_is_chosen_by_hash(void **state)
{
	(void)state;
	world_t world;
	world_make(&world, &CALM);
	server_t *root = server_new(&world, 4), *one = server_new(&world, 4);
	server_t *two = server_new(&world, 4);
	site_of(rule_add(root, "0.NA/99.200", HANDLE_RC_OK), 1, "HS_SITE",
	        &(site_spec_t){ .at = one->addr, .second = two->addr });
	resolver_begin(&world);
	for (unsigned i = 0; i < 20; i++) {
		char name[32], folded[32];
		uint8_t md5[16];
		snprintf(name, sizeof(name), "99.200/name-%u", i);
		slice_fold_upper(slice_str(name), (uint8_t *)folded);
		env_md5(slice_of(folded, strlen(name)), md5);
		unsigned before = two->by_udp;
		ask_expect(&world, name, ERR_NOT_FOUND, RESOLVER_FROM_SERVER);
		assert_int_equal(two->by_udp - before, handle_server_pick(md5, 2));
	}
	assert_int_equal(one->by_udp + two->by_udp, 20);
	world_free(&world);
}

static void a_dead_site_is_passed_over_and_then_avoided(void **state)
{
	(void)state;
	world_t world;
	pair_t pair = world_pair(&world, 4, NULL, "live");
	pair.first->is_silent = true;
	resolver_begin(&world);
	int64_t from = env_now(world.env);
	ask_text(&world, "99.200/a", "live");
	/* The second is asked when the first has been silent for 1.5 s. */
	assert_in_range(env_now(world.env) - from, 1500 * NS_PER_MS, 1600 * NS_PER_MS);
	from = env_now(world.env);
	ask_text(&world, "99.200/b", "live");
	ask_text(&world, "99.200/c", "live");
	assert_in_range(env_now(world.env) - from, 0, 3100 * NS_PER_MS);
	world_free(&world);
}

static void a_site_that_falls_silent_is_not_asked_first_for_a_minute(void **state)
{
	(void)state;
	world_t world;
	pair_t pair = world_pair(&world, 4, "quick", "slow");
	server_t *quick = pair.first, *slow = pair.second;
	slow->delay_ns = 200 * NS_PER_MS;
	resolver_begin(&world);
	ask_text(&world, "99.200/a", "quick");
	quick->is_silent = true;
	ask_text(&world, "99.200/b", "slow");
	int64_t from = env_now(world.env);
	ask_text(&world, "99.200/c", "slow");
	ask_text(&world, "99.200/d", "slow");
	assert_in_range(env_now(world.env) - from, 0, 500 * NS_PER_MS);
	quick->is_silent = false;
	twin_run_for(world.twin, 61 * NS_PER_S);
	ask_text(&world, "99.200/e", "quick");
	world_free(&world);
}

static void the_other_family_is_asked_after_300_ms(void **state)
{
	(void)state;
	world_t world;
	pair_t pair = world_pair(&world, 6, "six", "four");
	server_t *six = pair.first, *four = pair.second;
	resolver_begin(&world);
	ask_text(&world, "99.200/a", "six");
	assert_int_equal(four->by_udp, 0);
	six->is_silent = true;
	int64_t from = env_now(world.env);
	resolver_reply_t reply = ask(&world, "99.200/b");
	OK(reply.err);
	assert_in_range(env_now(world.env) - from, 300 * NS_PER_MS, 320 * NS_PER_MS);
	assert_int_equal(steps_of(reply.answer, RESOLVER_STEP_OVERTAKEN), 1);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void a_quicker_mirror_is_preferred(void **state)
{
	(void)state;
	world_t world;
	world_make(&world, &CALM);
	server_t *root = server_new(&world, 4), *slow = server_new(&world, 4);
	server_t *quick = server_new(&world, 4);
	rule_t *rule = rule_add(root, "0.NA/99.200", HANDLE_RC_OK);
	primary_of(rule, 1, "HS_SITE", slow);
	site_of(rule, 2, "HS_SITE", &(site_spec_t){ .at = quick->addr });
	url_at(slow, NULL, "slow");
	url_at(quick, NULL, "quick");
	slow->delay_ns = 100 * NS_PER_MS;
	resolver_begin(&world);
	ask_text(&world, "99.200/a", "slow");
	ask_text(&world, "99.200/b", "quick");
	ask_text(&world, "99.200/c", "quick");
	world_free(&world);
}

static void a_busy_server_leaves_the_question_to_the_next(void **state)
{
	(void)state;
	world_t world;
	pair_t pair = world_pair(&world, 4, NULL, "other");
	server_t *busy = pair.first, *other = pair.second;
	rule_add(busy, NULL, HANDLE_RC_BUSY);
	resolver_begin(&world);
	ask_text(&world, "99.200/a", "other");
	other->rule_count = 0;
	rule_add(other, NULL, HANDLE_RC_BUSY);
	ask_expect(&world, "99.200/b", ERR_BUSY, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void sites_on_loopback_are_not_believed_from_afar(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	addr_t here = { ip_v4(127, 0, 0, 1), 502 };
	site_of(rule_add(site, "99.200/trap", HANDLE_RC_REFERRAL), 1, "HS_SITE",
	        &(site_spec_t){ .at = here });
	resolver_begin(&world);
	ask_expect(&world, "99.200/trap", ERR_UNAVAILABLE, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void addresses_of_nobody_or_of_many_are_not_asked(void **state)
{
	static const char *const rows[] = { "0.0.0.0",         "224.0.0.1", "240.0.0.1",
		                            "255.255.255.255", "::",        "ff02::1",
		                            "::ffff:127.0.0.1" };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		world_t world;
		addr_t at = { .port = HANDLE_PORT };
		server_t *site = world_usual(&world, &CALM);
		OK(ip_parse(slice_str(rows[i]), &at.ip));
		site_of(rule_add(site, "99.200/trap", HANDLE_RC_REFERRAL), 1, "HS_SITE.6",
		        &(site_spec_t){ .at = at });
		resolver_begin(&world);
		ask_expect(&world, "99.200/trap", ERR_UNAVAILABLE, RESOLVER_FROM_SERVER);
		assert_int_equal(metric(&world, "exchanges_total"), 2);
		world_free(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authoritative_questions_go_to_primaries_past_the_cache),
		cmocka_unit_test(the_server_of_a_site_is_chosen_by_hash),
		cmocka_unit_test(a_dead_site_is_passed_over_and_then_avoided),
		cmocka_unit_test(a_site_that_falls_silent_is_not_asked_first_for_a_minute),
		cmocka_unit_test(the_other_family_is_asked_after_300_ms),
		cmocka_unit_test(a_quicker_mirror_is_preferred),
		cmocka_unit_test(a_busy_server_leaves_the_question_to_the_next),
		cmocka_unit_test(sites_on_loopback_are_not_believed_from_afar),
		cmocka_unit_test(addresses_of_nobody_or_of_many_are_not_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
