/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a question through scripted servers: root, prefix, referral, delegation,
 * circles and ends. */
#include "resolver/fixture_test.h"

static const twin_spec_t CALM = { .seed = 7 };

static void a_name_is_found_by_root_and_prefix_record(void **state)
{
	(void)state;
	world_t world;
	char buf[DATA_BYTES];
	const server_t *site = world_usual(&world, &CALM);
	resolver_begin(&world);
	resolver_reply_t reply = ask(&world, "99.200/Press");
	OK(reply.err);
	assert_int_equal(reply.response, HANDLE_RC_OK);
	assert_int_equal(reply.source, RESOLVER_FROM_SERVER);
	assert_string_equal(answer_text(reply.answer, 1, buf), "http://127.0.0.1/press");
	assert_true(slice_eq(reply.answer->name, SLICE("99.200/Press")));
	assert_true(addr_eq(reply.answer->server, site->addr));
	assert_int_equal(steps_of(reply.answer, RESOLVER_STEP_ROOTS), 1);
	assert_int_equal(steps_of(reply.answer, RESOLVER_STEP_ASKED), 2);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void requests_say_version_serial_flags_and_hops(void **state)
{
	(void)state;
	world_t world;
	world_make(&world, &CALM);
	server_t *root = server_new(&world, 4), *site = server_new(&world, 4);
	site_of(rule_add(root, "0.NA/99.200", HANDLE_RC_OK), 1, "HS_SITE",
	        &(site_spec_t){ .at = site->addr, .minor = 6, .serial = 3 });
	url_at(site, "99.200/a", "a");
	resolver_begin(&world);
	ask_text(&world, "99.200/a", "a");
	assert_int_equal(site->envelope.version.minor, 6);
	assert_int_equal(site->envelope.suggested.minor, 11);
	assert_int_equal(site->header.site_serial, 3);
	assert_int_equal(site->header.flags, HANDLE_FLAGS_DEFAULT);
	assert_int_equal(site->header.recursion, 0);
	assert_int_equal(site->header.expires_s, 1767225600 + 12 * 3600);
	assert_int_equal(site->by_udp, 1);
	world_free(&world);
}

static void a_service_handle_leads_to_the_site(void **state)
{
	(void)state;
	world_t world;
	world_make(&world, &CALM);
	server_t *root = server_new(&world, 4), *site = server_new(&world, 4);
	service_at(root, "0.NA/99.200", "0.SERV/one");
	service_at(root, "0.SERV/one", "0.SERV/two");
	site_at(root, "0.SERV/two", site);
	url_at(site, "99.200/a", "a");
	resolver_begin(&world);
	ask_text(&world, "99.200/a", "a");
	world_free(&world);
}

static void service_handles_in_a_circle_end_the_walk(void **state)
{
	(void)state;
	world_t world;
	world_make(&world, &CALM);
	server_t *root = server_new(&world, 4);
	service_at(root, "0.NA/99.200", "0.SERV/one");
	service_at(root, "0.SERV/one", "0.SERV/two");
	service_at(root, "0.SERV/two", "0.SERV/one");
	resolver_begin(&world);
	ask_expect(&world, "99.200/a", ERR_LIMIT, RESOLVER_FROM_SERVER);
	assert_int_equal(metric(&world, "loops_total"), 1);
	world_free(&world);
}

static void a_service_under_the_prefix_it_serves_ends_the_walk(void **state)
{
	(void)state;
	world_t world;
	world_make(&world, &CALM);
	server_t *root = server_new(&world, 4);
	service_at(root, "0.NA/99.200", "99.200/service");
	resolver_begin(&world);
	ask_expect(&world, "99.200/a", ERR_LIMIT, RESOLVER_FROM_SERVER);
	ask_expect(&world, "99.200/service", ERR_LIMIT, RESOLVER_FROM_SERVER);
	assert_int_equal(metric(&world, "walks_under_way"), 0);
	world_free(&world);
}

static void services_that_live_under_one_another_end_both_walks(void **state)
{
	(void)state;
	world_t world;
	world_make(&world, &CALM);
	server_t *root = server_new(&world, 4);
	service_at(root, "0.NA/99.200", "99.300/service");
	service_at(root, "0.NA/99.300", "99.200/service");
	resolver_begin(&world);
	ask_start(&world, "99.200/a", NULL, 0);
	ask_start(&world, "99.300/a", NULL, 0);
	for (int i = 0; i < 2; i++) {
		resolver_reply_t reply = ask_end(&world);
		assert_int_equal(reply.err, ERR_LIMIT);
		resolver_answer_release(reply.answer);
	}
	/* Not by their deadlines: nobody waited for himself. */
	assert_true(env_now(world.env) < NS_PER_S);
	world_free(&world);
}

static void a_referral_with_sites_is_followed(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM), *other = server_new(&world, 4);
	rule_t *rule = rule_add(site, "99.200/far", HANDLE_RC_REFERRAL);
	primary_of(rule, 1, "HS_SITE", other);
	url_at(other, "99.200/far", "far");
	resolver_begin(&world);
	ask_text(&world, "99.200/far", "far");
	assert_int_equal(other->header.recursion, 1);
	assert_int_equal(metric(&world, "referrals_total"), 1);
	world_free(&world);
}

static void a_referral_by_handle_is_looked_up(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM), *other = server_new(&world, 4);
	rule_add(site, "99.200/far", HANDLE_RC_REFERRAL)->referral = "0.SERV/far";
	site_at(&world.server[0], "0.SERV/far", other);
	url_at(other, "99.200/far", "far");
	resolver_begin(&world);
	ask_text(&world, "99.200/far", "far");
	world_free(&world);
}

static void referrals_in_a_circle_end_the_walk(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM), *other = server_new(&world, 4);
	primary_of(rule_add(site, "99.200/far", HANDLE_RC_REFERRAL), 1, "HS_SITE", other);
	primary_of(rule_add(other, "99.200/far", HANDLE_RC_REFERRAL), 1, "HS_SITE", site);
	resolver_begin(&world);
	ask_expect(&world, "99.200/far", ERR_LIMIT, RESOLVER_FROM_SERVER);
	assert_int_equal(metric(&world, "loops_total"), 1);
	world_free(&world);
}

static void an_empty_referral_is_an_error_of_the_server(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	rule_add(site, "99.200/far", HANDLE_RC_REFERRAL);
	resolver_begin(&world);
	resolver_reply_t reply = ask(&world, "99.200/far");
	assert_int_equal(reply.err, ERR_UNAVAILABLE);
	assert_int_equal(reply.response, HANDLE_RC_REFERRAL);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void a_prefix_unknown_to_the_root_is_asked_of_its_parent(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM), *child = server_new(&world, 4);
	site_at(site, "0.NA/99.200.7", child);
	url_at(child, "99.200.7/a", "child");
	resolver_begin(&world);
	ask_text(&world, "99.200.7/a", "child");
	world_free(&world);
}

static void a_parent_delegates_by_prefix_values(void **state)
{
	(void)state;
	world_t world;
	world_make(&world, &CALM);
	server_t *root = server_new(&world, 4), *site = server_new(&world, 4);
	server_t *office = server_new(&world, 4), *child = server_new(&world, 4);
	rule_t *parent = rule_add(root, "0.NA/99.200", HANDLE_RC_OK);
	primary_of(parent, 1, "HS_SITE", site);
	primary_of(parent, 2, "HS_SITE.PREFIX", office);
	site_at(office, "0.NA/99.200.7", child);
	url_at(child, "99.200.7/a", "child");
	resolver_begin(&world);
	ask_text(&world, "99.200.7/a", "child");
	assert_int_equal(site->by_udp, 0);
	world_free(&world);
}

static void a_prefix_referral_of_the_root_is_followed(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM), *child = server_new(&world, 4);
	server_t *root = &world.server[0];
	rule_t *rule = rule_add(root, "0.NA/99.200.7", HANDLE_RC_PREFIX_REFERRAL);
	primary_of(rule, 1, "HS_SITE.PREFIX", site);
	rule_add(root, "0.NA/99.200.8", HANDLE_RC_PREFIX_REFERRAL)->referral = "0.NA/99.200";
	site_at(site, "0.NA/99.200.7", child);
	site_at(site, "0.NA/99.200.8", child);
	url_at(child, "99.200.7/a", "seven");
	url_at(child, "99.200.8/a", "eight");
	resolver_begin(&world);
	ask_text(&world, "99.200.7/a", "seven");
	ask_text(&world, "99.200.8/a", "eight");
	world_free(&world);
}

static void a_denial_of_who_was_referred_to_is_the_last_word(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	rule_t *rule = rule_add(&world.server[0], "0.NA/99.200.7", HANDLE_RC_PREFIX_REFERRAL);
	primary_of(rule, 1, "HS_SITE.PREFIX", site);
	resolver_begin(&world);
	resolver_reply_t reply = ask(&world, "99.200.7/a");
	assert_int_equal(reply.err, ERR_NOT_FOUND);
	assert_int_equal(steps_of(reply.answer, RESOLVER_STEP_PARENT), 0);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void hops_count_on_from_where_the_question_came(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM), *other = server_new(&world, 4);
	rule_add(site, "99.200/far", HANDLE_RC_REFERRAL)->referral = "0.SERV/far";
	site_at(&world.server[0], "0.SERV/far", other);
	url_at(other, "99.200/far", "far");
	resolver_begin(&world);
	resolver_question_t question = { .name = SLICE("99.200/far"), .recursion = 5 };
	OK(resolver_ask(world.resolver, &question, world.replies, NULL));
	resolver_answer_release(ask_end(&world).answer);
	assert_int_equal(site->header.recursion, 5);
	assert_int_equal(world.server[0].header.recursion, 6); /* looked up behind the site */
	assert_int_equal(other->header.recursion, 6);
	world_free(&world);
}

static void an_unknown_prefix_is_a_name_not_found(void **state)
{
	(void)state;
	world_t world;
	world_usual(&world, &CALM);
	resolver_begin(&world);
	resolver_reply_t reply = ask(&world, "99.300/a");
	assert_int_equal(reply.err, ERR_NOT_FOUND);
	assert_int_equal(reply.response, HANDLE_RC_HANDLE_NOT_FOUND);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void an_unreachable_parent_is_no_denial(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	site->is_silent = true;
	resolver_start(&world, (resolver_spec_t){ .negative_ns = NS_PER_S });
	ask_expect(&world, "99.200.7/a", ERR_TIMEOUT, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void not_responsible_leads_to_a_fresh_authoritative_look(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM), *moved = server_new(&world, 4);
	server_t *root = &world.server[0];
	resolver_begin(&world);
	ask_text(&world, "99.200/press", "http://127.0.0.1/press");
	root->rule_count = site->rule_count = 0;
	site_at(root, "0.NA/99.200", moved);
	rule_add(site, NULL, HANDLE_RC_NOT_RESPONSIBLE);
	url_at(moved, "99.200/b", "moved");
	ask_text(&world, "99.200/b", "moved");
	assert_true(root->header.flags & HANDLE_FLAG_AUTH);
	assert_true(moved->header.flags & HANDLE_FLAG_AUTH);
	assert_false(moved->header.flags & HANDLE_FLAG_CACR);
	world_free(&world);
}

static void servers_that_moved_while_their_record_was_cached_are_found(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM), *moved = server_new(&world, 4);
	server_t *root = &world.server[0];
	resolver_start(&world, (resolver_spec_t){ .stale_ns = NS_PER_S });
	ask_text(&world, "99.200/press", "http://127.0.0.1/press");
	root->rule_count = 0;
	site_at(root, "0.NA/99.200", moved);
	url_at(moved, NULL, "moved");
	twin_net_unplug(world.twin, site->addr.ip, true);
	ask_text(&world, "99.200/b", "moved");
	int64_t from = env_now(world.env);
	ask_text(&world, "99.200/c", "moved");
	assert_true(env_now(world.env) - from < NS_PER_S);
	world_free(&world);
}

static void servers_that_are_gone_are_not_asked_twice(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	resolver_start(&world, (resolver_spec_t){ .deadline_ns = 60 * NS_PER_S });
	ask_text(&world, "99.200/press", "http://127.0.0.1/press");
	site->is_silent = true;
	unsigned before = site->datagrams;
	resolver_reply_t reply = ask(&world, "99.200/b");
	assert_int_equal(reply.err, ERR_TIMEOUT);
	assert_int_equal(site->datagrams, before + 3);
	assert_int_equal(steps_of(reply.answer, RESOLVER_STEP_AGAIN), 1);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void not_responsible_twice_ends_the_walk(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	site->rule_count = 0;
	rule_add(site, NULL, HANDLE_RC_NOT_RESPONSIBLE);
	resolver_begin(&world);
	resolver_reply_t reply = ask(&world, "99.200/b");
	assert_int_equal(reply.err, ERR_UNAVAILABLE);
	assert_int_equal(reply.response, HANDLE_RC_NOT_RESPONSIBLE);
	assert_int_equal(site->by_udp, 2);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void an_outdated_site_is_asked_for_and_used(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM), *moved = server_new(&world, 4);
	site_spec_t now = { .at = moved->addr, .serial = 9 };
	site->rule_count = 0;
	rule_add(site, NULL, HANDLE_RC_SITE_OUT_OF_DATE);
	site->site.len = site_data(&now, site->site.data, sizeof(site->site.data));
	url_at(moved, "99.200/b", "moved");
	resolver_begin(&world);
	resolver_reply_t reply = ask(&world, "99.200/b");
	OK(reply.err);
	assert_int_equal(moved->header.site_serial, 9);
	assert_int_equal(steps_of(reply.answer, RESOLVER_STEP_SITE), 1);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void a_site_that_stays_outdated_is_given_up(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	site_spec_t same = { .at = site->addr, .serial = 2 };
	site->rule_count = 0;
	rule_add(site, NULL, HANDLE_RC_SITE_OUT_OF_DATE);
	site->site.len = site_data(&same, site->site.data, sizeof(site->site.data));
	resolver_begin(&world);
	resolver_reply_t reply = ask(&world, "99.200/b");
	assert_int_equal(reply.err, ERR_EXPIRED);
	assert_int_equal(reply.response, HANDLE_RC_SITE_OUT_OF_DATE);
	assert_int_equal(site->by_udp, 3); /* the question, the site, the question */
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void a_newer_serial_in_a_reply_drops_the_prefix_record(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	resolver_begin(&world);
	ask_text(&world, "99.200/press", "http://127.0.0.1/press");
	ask_expect(&world, "99.200/b", ERR_NOT_FOUND, RESOLVER_FROM_SERVER);
	assert_int_equal(world.server[0].by_udp, 1);
	site->serial = 2;
	ask_expect(&world, "99.200/c", ERR_NOT_FOUND, RESOLVER_FROM_SERVER);
	ask_expect(&world, "99.200/d", ERR_NOT_FOUND, RESOLVER_FROM_SERVER);
	assert_int_equal(world.server[0].by_udp, 2);
	world_free(&world);
}

static void a_challenge_ends_the_walk(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	rule_add(site, "99.200/closed", HANDLE_RC_AUTH_NEEDED);
	resolver_begin(&world);
	ask_expect(&world, "99.200/closed", ERR_UNAUTHENTICATED, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void endless_referrals_end_at_24_requests(void **state)
{
	(void)state;
	world_t world;
	server_t *last = world_usual(&world, &CALM);
	unsigned asked = 0;
	while (world.server_count < SERVERS) {
		server_t *next = server_new(&world, 4);
		primary_of(rule_add(last, "99.200/far", HANDLE_RC_REFERRAL), 1, "HS_SITE", next);
		last = next;
	}
	resolver_begin(&world);
	ask_expect(&world, "99.200/far", ERR_LIMIT, RESOLVER_FROM_SERVER);
	for (size_t i = 1; i < SERVERS; i++)
		asked += world.server[i].by_udp;
	assert_int_equal(asked, 24);
	world_free(&world);
}

static void a_prefix_of_many_unknown_levels_ends_at_the_eighth(void **state)
{
	(void)state;
	world_t world;
	world_usual(&world, &CALM);
	resolver_begin(&world);
	ask_expect(&world, "99.1.2.3.4.5/a", ERR_NOT_FOUND, RESOLVER_FROM_SERVER);
	ask_expect(&world, "99.1.2.3.4.5.6.7.8.9.10.11/a", ERR_LIMIT, RESOLVER_FROM_SERVER);
	assert_int_equal(metric(&world, "walks_under_way"), 0);
	world_free(&world);
}

static void a_walk_ends_at_its_deadline(void **state)
{
	(void)state;
	world_t world;
	server_t *site = world_usual(&world, &CALM);
	site->is_silent = true;
	resolver_start(&world, (resolver_spec_t){ .deadline_ns = 2 * NS_PER_S });
	int64_t from = env_now(world.env);
	resolver_reply_t reply = ask(&world, "99.200/a");
	assert_int_equal(reply.err, ERR_TIMEOUT);
	assert_in_range(env_now(world.env) - from, 2 * NS_PER_S, 2 * NS_PER_S + 10 * NS_PER_MS);
	assert_int_equal(steps_of(reply.answer, RESOLVER_STEP_DEADLINE), 1);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void pins_come_first_and_the_longest_wins(void **state)
{
	(void)state;
	world_t world;
	world_make(&world, &CALM);
	server_t *all = server_new(&world, 4), *one = server_new(&world, 4);
	url_at(all, NULL, "all");
	url_at(one, NULL, "one");
	const resolver_pin_t pins[] = { { .addr = all->addr },
		                        { .prefix = SLICE("99.200"), .addr = one->addr } };
	resolver_start(&world, (resolver_spec_t){ .pins = pins, .pin_count = 2 });
	ask_text(&world, "99.200/a", "one");
	ask_text(&world, "99.200.7/a", "one");
	ask_text(&world, "0.NA/99.200", "one");
	ask_text(&world, "99.20/a", "all");
	ask_text(&world, "99.2001/a", "all");
	assert_int_equal(one->header.site_serial, HANDLE_SITE_SERIAL_UNKNOWN);
	world_free(&world);
}

static void without_root_and_pin_nothing_is_reached(void **state)
{
	(void)state;
	world_t world;
	world_make(&world, &CALM);
	server_t *one = server_new(&world, 4);
	const resolver_pin_t pin = { .prefix = SLICE("99.200"), .addr = one->addr };
	resolver_start(&world, (resolver_spec_t){ .pins = &pin, .pin_count = 1 });
	ask_expect(&world, "99.300/a", ERR_UNAVAILABLE, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void a_prefix_without_a_parent_is_not_asked_of_one(void **state)
{
	static const char *const names[] = { "99/a", ".7/a", "0.NA/.7" };
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		world_t world;
		(void)world_usual(&world, &CALM);
		resolver_begin(&world);
		ask_expect(&world, names[i], ERR_NOT_FOUND, RESOLVER_FROM_SERVER);
		assert_int_equal(world.server[0].by_udp, 1);
		world_free(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_found_by_root_and_prefix_record),
		cmocka_unit_test(requests_say_version_serial_flags_and_hops),
		cmocka_unit_test(a_service_handle_leads_to_the_site),
		cmocka_unit_test(service_handles_in_a_circle_end_the_walk),
		cmocka_unit_test(a_service_under_the_prefix_it_serves_ends_the_walk),
		cmocka_unit_test(services_that_live_under_one_another_end_both_walks),
		cmocka_unit_test(a_referral_with_sites_is_followed),
		cmocka_unit_test(a_referral_by_handle_is_looked_up),
		cmocka_unit_test(referrals_in_a_circle_end_the_walk),
		cmocka_unit_test(an_empty_referral_is_an_error_of_the_server),
		cmocka_unit_test(a_prefix_unknown_to_the_root_is_asked_of_its_parent),
		cmocka_unit_test(a_parent_delegates_by_prefix_values),
		cmocka_unit_test(a_prefix_referral_of_the_root_is_followed),
		cmocka_unit_test(a_denial_of_who_was_referred_to_is_the_last_word),
		cmocka_unit_test(hops_count_on_from_where_the_question_came),
		cmocka_unit_test(an_unknown_prefix_is_a_name_not_found),
		cmocka_unit_test(an_unreachable_parent_is_no_denial),
		cmocka_unit_test(not_responsible_leads_to_a_fresh_authoritative_look),
		cmocka_unit_test(servers_that_moved_while_their_record_was_cached_are_found),
		cmocka_unit_test(servers_that_are_gone_are_not_asked_twice),
		cmocka_unit_test(not_responsible_twice_ends_the_walk),
		cmocka_unit_test(an_outdated_site_is_asked_for_and_used),
		cmocka_unit_test(a_site_that_stays_outdated_is_given_up),
		cmocka_unit_test(a_newer_serial_in_a_reply_drops_the_prefix_record),
		cmocka_unit_test(a_challenge_ends_the_walk),
		cmocka_unit_test(endless_referrals_end_at_24_requests),
		cmocka_unit_test(a_prefix_of_many_unknown_levels_ends_at_the_eighth),
		cmocka_unit_test(a_walk_ends_at_its_deadline),
		cmocka_unit_test(pins_come_first_and_the_longest_wins),
		cmocka_unit_test(without_root_and_pin_nothing_is_reached),
		cmocka_unit_test(a_prefix_without_a_parent_is_not_asked_of_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
