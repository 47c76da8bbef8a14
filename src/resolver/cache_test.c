/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept, for how long, and who is answered with it. */
#include <stdio.h>

#include "resolver/fixture_test.h"

static const twin_spec_t CALM = { .seed = 23 };
static const int64_t START_S = 1767225600; /* of the twin: 2026-01-01 */

static void wait_s(world_t *world, int64_t seconds)
{
	twin_run_for(world->twin, seconds * NS_PER_S);
}

/* A site with one name whose URL has this TTL. */
static server_t *world_with_ttl(world_t *world, uint8_t ttl_type, uint32_t ttl_s)
{
	server_t *site = world_usual(world, &CALM);
	rule_value_t *value = url_at(site, "99.200/a", "a");
	value->ttl_type = ttl_type;
	value->ttl_s = ttl_s;
	return site;
}

static void an_answer_is_kept_for_its_ttl(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_with_ttl(&world, HANDLE_TTL_RELATIVE, 60);
	resolver_begin(&world);
	ask_text(&world, "99.200/a", "a");
	wait_s(&world, 59);
	resolver_reply_t reply = ask(&world, "99.200/A");
	OK(reply.err);
	assert_int_equal(reply.source, RESOLVER_FROM_CACHE);
	assert_int_equal(reply.age_s, 59);
	assert_int_equal(reply.answer->step_count, 3);
	resolver_answer_release(reply.answer);
	assert_int_equal(site->by_udp, 1);
	wait_s(&world, 2);
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_SERVER);
	assert_int_equal(site->by_udp, 2);
	assert_int_equal(metric(&world, "hits_total"), 1);
	assert_int_equal(metric(&world, "misses_total"), 2);
	world_free(&world);
}

static void the_least_ttl_of_the_values_counts(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_with_ttl(&world, HANDLE_TTL_RELATIVE, 60);
	text_of(&site->rules[site->rule_count - 1], 2, "EMAIL", "b")->ttl_s = 10;
	resolver_begin(&world);
	ask_text(&world, "99.200/a", "a");
	wait_s(&world, 9);
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_CACHE);
	wait_s(&world, 2);
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void an_absolute_ttl_is_a_moment(void **state)
{
	(void)state;
	world_t world;
	(void)world_with_ttl(&world, HANDLE_TTL_ABSOLUTE, (uint32_t)START_S + 100);
	resolver_begin(&world);
	wait_s(&world, 50);
	ask_text(&world, "99.200/a", "a");
	wait_s(&world, 49);
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_CACHE);
	wait_s(&world, 2);
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_SERVER);
	/* It is past for ever now: nothing more to keep. */
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void no_answer_is_kept_longer_than_two_days(void **state)
{
	(void)state;
	static const struct {
		uint8_t type;
		uint32_t ttl_s;
	} rows[] = { { HANDLE_TTL_RELATIVE, UINT32_MAX }, { HANDLE_TTL_ABSOLUTE, UINT32_MAX } };
	for (size_t i = 0; i < 2; i++) {
		world_t world;
		(void)world_with_ttl(&world, rows[i].type, rows[i].ttl_s);
		resolver_begin(&world);
		ask_text(&world, "99.200/a", "a");
		wait_s(&world, 2 * 86400 - 2);
		ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_CACHE);
		wait_s(&world, 3);
		ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_SERVER);
		world_free(&world);
	}
}

static void a_ttl_of_nothing_is_not_kept(void **state)
{
	(void)state;
	world_t world;
	(void)world_with_ttl(&world, HANDLE_TTL_RELATIVE, 0);
	resolver_start(&world, (resolver_spec_t){ .stale_ns = 3600 * NS_PER_S });
	ask_text(&world, "99.200/a", "a");
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void what_is_not_public_is_not_kept(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_with_ttl(&world, HANDLE_TTL_RELATIVE, 60);
	text_of(&site->rules[site->rule_count - 1], 3, "HS_SECKEY", "x")
		->perms = HANDLE_PERM_ADMIN_READ;
	resolver_begin(&world);
	ask_text(&world, "99.200/a", "a");
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_SERVER);
	assert_int_equal(site->by_udp, 2);
	world_free(&world);
}

static void not_found_is_kept_for_its_own_time(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	resolver_start(&world, (resolver_spec_t){ .negative_ns = 10 * NS_PER_S });
	ask_expect(&world, "99.200/none", ERR_NOT_FOUND, RESOLVER_FROM_SERVER);
	wait_s(&world, 9);
	ask_expect(&world, "99.200/none", ERR_NOT_FOUND, RESOLVER_FROM_CACHE);
	wait_s(&world, 2);
	url_at(site, "99.200/none", "now");
	ask_text(&world, "99.200/none", "now");
	world_free(&world);
}

static void errors_of_servers_are_not_kept(void **state)
{
	static const uint32_t rows[] = { HANDLE_RC_ERROR, HANDLE_RC_BUSY, HANDLE_RC_DENIED,
		                         HANDLE_RC_AUTH_NEEDED, HANDLE_RC_NOT_RESPONSIBLE };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		world_t world;
		server_t *site = world_usual(&world, &CALM);
		rule_add(site, "99.200/b", rows[i]);
		resolver_start(&world, (resolver_spec_t){ .negative_ns = 10 * NS_PER_S });
		resolver_reply_t reply = ask(&world, "99.200/b");
		assert_int_equal(reply.response, rows[i]);
		resolver_answer_release(reply.answer);
		unsigned before = site->by_udp;
		reply = ask(&world, "99.200/b");
		assert_int_equal(reply.source, RESOLVER_FROM_SERVER);
		assert_true(site->by_udp > before);
		resolver_answer_release(reply.answer);
		world_free(&world);
	}
}

static void each_filter_has_an_entry_of_its_own(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_with_ttl(&world, HANDLE_TTL_RELATIVE, 60);
	resolver_begin(&world);
	const char *const types[] = { NULL, "URL", "url", "EMAIL" };
	const unsigned asked[] = { 1, 2, 2, 3 };
	for (size_t i = 0; i < 4; i++) {
		ask_start(&world, "99.200/a", types[i], 0);
		resolver_reply_t reply = ask_end(&world);
		assert_int_equal(site->by_udp, asked[i]);
		resolver_answer_release(reply.answer);
	}
	world_free(&world);
}

static void the_record_of_a_prefix_is_kept_too(void **state)
{
	(void)state;
	world_t world;
	(void)world_usual(&world, &CALM);
	resolver_begin(&world);
	for (unsigned i = 0; i < 5; i++) {
		char name[32];
		snprintf(name, sizeof(name), "99.200/%u", i);
		ask_expect(&world, name, ERR_NOT_FOUND, RESOLVER_FROM_SERVER);
	}
	assert_int_equal(world.server[0].by_udp, 1);
	world_free(&world);
}

static void what_was_used_least_makes_room(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	site->rule_count = 0;
	url_at(site, NULL, "a");
	resolver_start(&world, (resolver_spec_t){ .cache_bytes = 64 << 10 });
	ask_text(&world, "99.200/kept", "a");
	for (unsigned i = 0; i < 200; i++) {
		char name[32];
		snprintf(name, sizeof(name), "99.200/%u", i);
		ask_text(&world, name, "a");
		ask_expect(&world, "99.200/kept", ERR_OK, RESOLVER_FROM_CACHE);
	}
	assert_true(metric(&world, "cache_evictions_total") > 50);
	assert_true(metric(&world, "cache_bytes") <= 64 << 10);
	ask_expect(&world, "99.200/199", ERR_OK, RESOLVER_FROM_CACHE);
	ask_expect(&world, "99.200/kept", ERR_OK, RESOLVER_FROM_CACHE);
	ask_expect(&world, "99.200/0", ERR_OK, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void an_answer_of_an_eighth_of_the_cache_is_not_kept(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_with_ttl(&world, HANDLE_TTL_RELATIVE, 60);
	site->rules[site->rule_count - 1].values[0].padding = 9 << 10;
	resolver_start(&world, (resolver_spec_t){ .cache_bytes = 64 << 10 });
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_SERVER);
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void a_thousand_askers_cause_one_walk(void **state)
{
	(void)state;
	world_t world;
	const server_t *site = world_usual(&world, &CALM);
	resolver_begin(&world);
	for (unsigned i = 0; i < 1000; i++)
		ask_start(&world, i & 1 ? "99.200/press" : "99.200/PRESS", NULL, 0);
	const resolver_answer_t *first = NULL;
	for (unsigned i = 0; i < 1000; i++) {
		resolver_reply_t reply = ask_end(&world);
		OK(reply.err);
		assert_true(!first || first == reply.answer);
		if (first)
			resolver_answer_release(reply.answer);
		else
			first = reply.answer;
	}
	resolver_answer_release(first);
	assert_int_equal(site->by_udp, 1);
	assert_int_equal(world.server[0].by_udp, 1);
	assert_int_equal(metric(&world, "coalesced_total") + metric(&world, "hits_total"), 999);
	assert_int_equal(metric(&world, "walks_total"), 2);
	world_free(&world);
}

static void many_names_of_a_prefix_wait_for_one_walk_of_its_record(void **state)
{
	(void)state;
	world_t world;
	(void)world_usual(&world, &CALM);
	resolver_begin(&world);
	for (unsigned i = 0; i < 100; i++) {
		char name[32];
		snprintf(name, sizeof(name), "99.200/%u", i);
		ask_start(&world, name, NULL, 0);
	}
	for (unsigned i = 0; i < 100; i++)
		resolver_answer_release(ask_end(&world).answer);
	assert_int_equal(world.server[0].by_udp, 1);
	assert_int_equal(metric(&world, "walks_total"), 101);
	world_free(&world);
}

static void walks_past_the_limit_are_refused(void **state)
{
	(void)state;
	world_t world;
	unsigned busy = 0;
	server_t *site = world_usual(&world, &CALM);
	site->is_silent = true;
	resolver_start(&world, (resolver_spec_t){ .walks_max = 10, .asks_max = 50 });
	for (unsigned i = 0; i < 30; i++) {
		char name[32];
		snprintf(name, sizeof(name), "99.200/%u", i);
		ask_start(&world, name, NULL, 0);
	}
	for (unsigned i = 0; i < 30; i++) {
		resolver_reply_t reply = ask_end(&world);
		busy += reply.err == ERR_BUSY;
		resolver_answer_release(reply.answer);
	}
	/* Nine names and the record of their prefix. */
	assert_in_range(busy, 20, 21);
	assert_int_equal(metric(&world, "busy_total"), busy);
	world_free(&world);
}

static void records_on_the_way_have_room_past_the_limit_of_walks(void **state)
{
	(void)state;
	world_t world;
	(void)world_usual(&world, &CALM);
	resolver_start(&world, (resolver_spec_t){ .walks_max = 1 });
	ask_text(&world, "99.200/press", "http://127.0.0.1/press");
	world_free(&world);
}

static void asks_past_the_limit_are_refused_at_once(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	site->is_silent = true;
	resolver_start(&world, (resolver_spec_t){ .asks_max = 5 });
	for (unsigned i = 0; i < 5; i++)
		ask_start(&world, "99.200/a", NULL, 0);
	twin_run_for(world.twin, NS_PER_MS); /* they are out of the inbox */
	resolver_question_t question = { .name = SLICE("99.200/a") };
	assert_int_equal(resolver_ask(world.resolver, &question, world.replies, NULL), ERR_BUSY);
	for (unsigned i = 0; i < 5; i++)
		resolver_answer_release(ask_end(&world).answer);
	OK(resolver_ask(world.resolver, &question, world.replies, NULL));
	resolver_answer_release(ask_end(&world).answer);
	world_free(&world);
}

/* Stale. */

static void an_expired_answer_is_given_when_nobody_can_be_reached(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_with_ttl(&world, HANDLE_TTL_RELATIVE, 60);
	resolver_start(&world, (resolver_spec_t){ .stale_ns = 3600 * NS_PER_S });
	ask_text(&world, "99.200/a", "a");
	site->is_silent = true;
	wait_s(&world, 100);
	resolver_reply_t reply = ask(&world, "99.200/a");
	OK(reply.err);
	assert_int_equal(reply.source, RESOLVER_FROM_STALE);
	assert_in_range(reply.age_s, 100, 110);
	resolver_answer_release(reply.answer);
	/* For 30 s no server is tried, and the asker does not wait. */
	unsigned before = site->datagrams;
	int64_t from = env_now(world.env);
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_STALE);
	assert_true(env_now(world.env) - from < NS_PER_S);
	assert_int_equal(site->datagrams, before);
	wait_s(&world, 31);
	site->is_silent = false;
	ask_expect(&world, "99.200/a", ERR_OK, RESOLVER_FROM_SERVER);
	assert_int_equal(metric(&world, "stale_total"), 2);
	world_free(&world);
}

static void a_stale_record_of_a_prefix_carries_its_names(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	world.server[0].rules[0].values[0].ttl_s = 60;
	resolver_start(&world, (resolver_spec_t){ .stale_ns = 3600 * NS_PER_S });
	ask_text(&world, "99.200/press", "http://127.0.0.1/press");
	url_at(site, "99.200/new", "new");
	world.server[0].is_silent = true;
	wait_s(&world, 100);
	ask_text(&world, "99.200/new", "new");
	world_free(&world);
}

static void a_denial_ends_what_is_stale(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_with_ttl(&world, HANDLE_TTL_RELATIVE, 60);
	resolver_start(&world, (resolver_spec_t){ .stale_ns = 3600 * NS_PER_S });
	ask_text(&world, "99.200/a", "a");
	wait_s(&world, 100);
	site->rule_count = 0;
	ask_expect(&world, "99.200/a", ERR_NOT_FOUND, RESOLVER_FROM_SERVER);
	site->is_silent = true;
	ask_expect(&world, "99.200/a", ERR_TIMEOUT, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void stale_answers_have_a_limit(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_with_ttl(&world, HANDLE_TTL_RELATIVE, 60);
	resolver_start(&world, (resolver_spec_t){ .stale_ns = 300 * NS_PER_S });
	ask_text(&world, "99.200/a", "a");
	site->is_silent = true;
	wait_s(&world, 60 + 301);
	ask_expect(&world, "99.200/a", ERR_TIMEOUT, RESOLVER_FROM_SERVER);
	world_free(&world);
}

/* Poison. */

static void values_of_a_referral_are_no_answer_to_anything(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM), *evil = server_new(&world, 4);
	rule_t *rule = rule_add(site, "99.200/far", HANDLE_RC_REFERRAL);
	rule->referral = "0.NA/99.300";
	primary_of(rule, 1, "HS_SITE", evil);
	url_at(evil, NULL, "evil");
	resolver_begin(&world);
	ask_text(&world, "99.200/far", "evil");
	/* What the referral said of another prefix counts for its own question alone. */
	ask_expect(&world, "99.300/a", ERR_NOT_FOUND, RESOLVER_FROM_SERVER);
	ask_text(&world, "99.200/press", "http://127.0.0.1/press");
	world_free(&world);
}

static void an_answer_for_another_name_is_not_kept_for_either(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	rule_t *rule = rule_add(site, "99.200/a", HANDLE_RC_OK);
	rule->said_name = "99.200/press2";
	text_of(rule, 1, "URL", "poison");
	resolver_start(&world, (resolver_spec_t){ .negative_ns = 60 * NS_PER_S });
	ask_expect(&world, "99.200/a", ERR_PROTOCOL, RESOLVER_FROM_SERVER);
	ask_expect(&world, "99.200/press2", ERR_NOT_FOUND, RESOLVER_FROM_SERVER);
	world_free(&world);
}

/* Chance. */

static void every_seed_ends_well_in_a_bad_network(void **state)
{
	(void)state;
	enum { SEEDS = 200, NAMES = 12 };
	unsigned found = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		world_t world;
		twin_spec_t spec = { .seed = seed, .datagram_loss = 0.2, .loss = 0.05 };
		server_t *site = world_usual(&world, &spec), *child = server_new(&world, 4);
		site->rule_count = 0;
		site_at(site, "0.NA/99.200.7", child);
		url_at(site, NULL, "long")->padding = 1500;
		url_at(child, NULL, "child");
		site->closes = seed & 1;
		resolver_start(&world, (resolver_spec_t){ .stale_ns = NS_PER_S });
		for (unsigned i = 0; i < NAMES; i++) {
			char name[32];
			snprintf(name, sizeof(name), i & 1 ? "99.200/%u" : "99.200.7/%u", i / 3);
			ask_start(&world, name, NULL, 0);
		}
		for (unsigned i = 0; i < NAMES; i++) {
			resolver_reply_t reply = ask_end(&world);
			found += reply.err == ERR_OK;
			assert_true(reply.err == ERR_OK || reply.err == ERR_TIMEOUT);
			resolver_answer_release(reply.answer);
		}
		assert_int_equal(metric(&world, "walks_under_way"), 0);
		world_free(&world);
	}
	/* Three tries over UDP and then TCP: nearly all come through. */
	assert_in_range(found, SEEDS * NAMES * 99 / 100, SEEDS * NAMES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_kept_for_its_ttl),
		cmocka_unit_test(the_least_ttl_of_the_values_counts),
		cmocka_unit_test(an_absolute_ttl_is_a_moment),
		cmocka_unit_test(no_answer_is_kept_longer_than_two_days),
		cmocka_unit_test(a_ttl_of_nothing_is_not_kept),
		cmocka_unit_test(what_is_not_public_is_not_kept),
		cmocka_unit_test(not_found_is_kept_for_its_own_time),
		cmocka_unit_test(errors_of_servers_are_not_kept),
		cmocka_unit_test(each_filter_has_an_entry_of_its_own),
		cmocka_unit_test(the_record_of_a_prefix_is_kept_too),
		cmocka_unit_test(what_was_used_least_makes_room),
		cmocka_unit_test(an_answer_of_an_eighth_of_the_cache_is_not_kept),
		cmocka_unit_test(a_thousand_askers_cause_one_walk),
		cmocka_unit_test(many_names_of_a_prefix_wait_for_one_walk_of_its_record),
		cmocka_unit_test(walks_past_the_limit_are_refused),
		cmocka_unit_test(records_on_the_way_have_room_past_the_limit_of_walks),
		cmocka_unit_test(asks_past_the_limit_are_refused_at_once),
		cmocka_unit_test(an_expired_answer_is_given_when_nobody_can_be_reached),
		cmocka_unit_test(a_stale_record_of_a_prefix_carries_its_names),
		cmocka_unit_test(a_denial_ends_what_is_stale),
		cmocka_unit_test(stale_answers_have_a_limit),
		cmocka_unit_test(values_of_a_referral_are_no_answer_to_anything),
		cmocka_unit_test(an_answer_for_another_name_is_not_kept_for_either),
		cmocka_unit_test(every_seed_ends_well_in_a_bad_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
