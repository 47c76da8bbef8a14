/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that say anything about anything: each seed makes its own records, circles,
 * referrals, refusals and manners. Whatever they say, every question is answered once,
 * by its deadline, and nothing is left under way. */
#include "resolver/fixture_test.h"

#include "base/num.h"

enum { SEEDS = 400, HOSTS = 6, ASKED = 30 };

static const int64_t DEADLINE_NS = 6 * NS_PER_S;

static const char *const names[] = {
	"0.NA/0.NA", "0.NA/99", "0.NA/99.1", "0.NA/99.1.2", "0.NA/99.2", "0.SERV/a",     "0.SERV/b",
	"99.1/serv", "99.1/a",  "99.1.2/a",  "99.2/serv",   "99.2/a",    "99.1.2.3.4/a", "nowhere",
};

static const uint32_t responses[] = {
	HANDLE_RC_OK,
	HANDLE_RC_OK,
	HANDLE_RC_OK,
	HANDLE_RC_OK,
	HANDLE_RC_REFERRAL,
	HANDLE_RC_REFERRAL,
	HANDLE_RC_PREFIX_REFERRAL,
	HANDLE_RC_PREFIX_REFERRAL,
	HANDLE_RC_HANDLE_NOT_FOUND,
	HANDLE_RC_VALUES_NOT_FOUND,
	HANDLE_RC_SITE_OUT_OF_DATE,
	HANDLE_RC_NOT_RESPONSIBLE,
	HANDLE_RC_ERROR,
	HANDLE_RC_BUSY,
	HANDLE_RC_AUTH_NEEDED,
	HANDLE_RC_RECURSION,
	999,
};

static const char *const types[] = { "HS_SITE",        "HS_SITE", "HS_SITE.6",
	                             "HS_SITE.PREFIX", "HS_SERV", "HS_SERV.PREFIX",
	                             "HS_NA_DELEGATE", "URL" };

#define PICK(rng, list) (list)[rng_below(rng, sizeof(list) / sizeof((list)[0]))]

static void random_value(world_t *world, rng_t *rng, rule_t *rule)
{
	const char *type = PICK(rng, types);
	const server_t *to = &world->server[rng_below(rng, HOSTS)];
	uint32_t index = (uint32_t)rule->count + 1;
	rule_value_t *value;
	if (strncmp(type, "HS_SERV", 7) == 0 || rng_below(rng, 12) == 0) {
		value = text_of(rule, index, type, PICK(rng, names));
	} else {
		site_spec_t site = { .at = to->addr,
			             .flags = rng_below(rng, 3) ? HANDLE_SITE_PRIMARY : 0,
			             .serial = (uint16_t)(1 + rng_below(rng, 3)),
			             .udp_only = rng_below(rng, 4) == 0 };
		value = site_of(rule, index, type, &site);
	}
	value->ttl_s = (uint32_t)rng_below(rng, 20);
}

static void random_server(world_t *world, rng_t *rng, server_t *s)
{
	site_spec_t site = { .at = world->server[rng_below(rng, HOSTS)].addr };
	s->site.len = site_data(&site, s->site.data, sizeof(s->site.data));
	s->serial = (uint16_t)rng_below(rng, 4);
	s->is_silent = rng_below(rng, 8) == 0;
	s->closes = rng_below(rng, 3) == 0;
	s->garbage = rng_below(rng, 12) == 0;
	s->wrong_id = rng_below(rng, 12) == 0;
	s->lose = (unsigned)rng_below(rng, 4);
	while (s->rule_count < RULES) {
		rule_t *rule = rule_add(s, PICK(rng, names), PICK(rng, responses));
		rule->referral = rng_below(rng, 2) ? PICK(rng, names) : NULL;
		rule->authoritative = rng_below(rng, 6) == 0;
		for (uint64_t left = rng_below(rng, RULE_VALUES); left > 0; left--)
			random_value(world, rng, rule);
	}
}

static void run_seed(uint64_t seed)
{
	world_t world;
	rng_t rng = rng_of(seed);
	twin_spec_t spec = { .seed = seed, .datagram_loss = 0.05 };
	world_make(&world, &spec);
	for (size_t i = 0; i < HOSTS; i++)
		(void)server_new(&world, i % 3 == 2 ? 6 : 4);
	for (size_t i = 0; i < HOSTS; i++)
		random_server(&world, &rng, &world.server[i]);
	resolver_start(&world, (resolver_spec_t){ .deadline_ns = DEADLINE_NS,
	                                          .negative_ns = NS_PER_S,
	                                          .stale_ns = 10 * NS_PER_S,
	                                          .prefer_tcp = seed & 1,
	                                          .walks_max = 1 + seed % 20,
	                                          .cache_bytes = 64 << 10 });
	int64_t last_ns = 0;
	for (size_t i = 0; i < ASKED; i++) {
		ask_start(&world, PICK(&rng, names), rng_below(&rng, 3) ? NULL : "URL",
		          (unsigned)rng_below(&rng, 4));
		twin_run_for(world.twin, (int64_t)rng_below(&rng, 300) * NS_PER_MS);
		last_ns = env_now(world.env);
	}
	for (size_t i = 0; i < ASKED; i++)
		resolver_answer_release(ask_end(&world).answer);
	if (env_now(world.env) > last_ns + DEADLINE_NS + 10 * NS_PER_MS)
		fail_msg("seed %llu is late", (unsigned long long)seed);
	resolver_reply_t more;
	twin_run_for(world.twin, 10 * DEADLINE_NS);
	assert_false(env_mailbox_take(world.replies, &more));
	assert_int_equal(metric(&world, "walks_under_way"), 0);
	assert_int_equal(metric(&world, "connections"), 0);
	world_free(&world);
}

static void whatever_servers_say_every_question_ends(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_seed(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_servers_say_every_question_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
