/* SPDX-License-Identifier: Apache-2.0 */
/* The door under TLS, in the simulated world: who may open it, what it says of
 * itself, and how its certificate is changed. */
#include "api/room_test.h"
#include "env/x509.h"

#define DAY_NS (86400 * NS_PER_S)

static const api_tls_spec_t own = {
	.on = true, .certificate = "", .key = "", .keys_dir = "data/keys"
};
static const api_tls_spec_t given = {
	.on = true, .certificate = "chain.pem", .key = "key.pem", .keys_dir = "data/keys"
};

static void beyond_loopback(room_t *room, api_spec_t *spec)
{
	(void)room;
	spec->addr = (addr_t){ ip_v4(192, 0, 2, 1), 8443 };
	spec->tls = own;
}

static int secure_open(void **state)
{
	return room_open_with(state, beyond_loopback);
}

/* The operator's pair, valid for so many days. */
static void give_days(room_t *room, int64_t days)
{
	uint8_t key[4096], certificate[4096];
	writer_t k = writer_of(key, sizeof(key));
	writer_t c = writer_of(certificate, sizeof(certificate));
	env_x509_spec_t spec = { .host = "plant.example",
		                 .not_before_ns = START_NS,
		                 .not_after_ns = START_NS + days * DAY_NS,
		                 .serial = { 7 } };
	OK(env_x509_make_key(&k));
	OK(env_x509_make(&spec, writer_done(&k), &c));
	OK(env_file_save(room->env, given.key, writer_done(&k)));
	OK(env_file_save(room->env, given.certificate, writer_done(&c)));
}

static void with_given(room_t *room, api_spec_t *spec)
{
	give_days(room, 29);
	spec->tls = given;
}

static int given_ends_open(void **state)
{
	return room_open_with(state, with_given);
}

static bool told(room_t *room, const char *message, const char *word)
{
	pass(room, 3 * NS_PER_S);
	assert_int_equal(get(room, "/api/v1/events?class=life&limit=6"), 200);
	return has(room, message) && has(room, word);
}

static void door_opens_beyond_loopback_and_says_how(void **state)
{
	room_t *room = *state;
	api_tls_t tls = api_tls(room->api);
	assert_true(tls.on && tls.own);
	assert_int_equal(strlen(tls.fingerprint), 3 * SHA256_BYTES - 1);
	assert_int_equal(get(room, "/api/v1/node"), 200);
	assert_true(has(room, "\"tls\":{\"on\":true,\"own\":true,\"expires\":\"2026-02-"));
	assert_true(has(room, tls.fingerprint));
	assert_true(told(room, "CERTIFICATE_LOADED", tls.fingerprint));
}

static void door_without_tls_says_so(void **state)
{
	room_t *room = *state;
	assert_false(api_tls(room->api).on);
	assert_int_equal(get(room, "/api/v1/node"), 200);
	assert_true(has(room, "\"tls\":{\"on\":false}"));
}

static void sign_in(room_t *room)
{
	char body[80];
	snprintf(body, sizeof(body), "{\"token\":\"%s\"}", room->token);
	twin_http_ask_t post = { .method = HTTP_POST,
		                 .path = "/api/v1/session",
		                 .body = slice_str(body) };
	assert_int_equal(ask_as(room, &post), 200);
}

static void cookie_is_secure_under_tls(void **state)
{
	room_t *room = *state;
	sign_in(room);
	assert_true(slice_has(twin_http_header(&room->answer, "Set-Cookie"), "; Secure"));
}

static void cookie_is_not_secure_without_tls(void **state)
{
	room_t *room = *state;
	sign_in(room);
	assert_false(slice_has(twin_http_header(&room->answer, "Set-Cookie"), "Secure"));
}

static bool has_hsts(room_t *room)
{
	assert_int_equal(get(room, "/"), 200);
	return twin_http_header(&room->answer, "Strict-Transport-Security").len > 0;
}

static void reload_shows_the_files_of_the_operator(void **state)
{
	room_t *room = *state;
	api_tls_t before = api_tls(room->api);
	assert_false(has_hsts(room));
	give_days(room, 100);
	api_reload_tls(room->api, &given);
	pass(room, NS_PER_S);
	api_tls_t after = api_tls(room->api);
	assert_false(after.own);
	assert_int_equal(after.not_after_ns, START_NS + 100 * DAY_NS);
	assert_string_not_equal(before.fingerprint, after.fingerprint);
	assert_true(has_hsts(room));
	assert_true(told(room, "CERTIFICATE_LOADED", "chain.pem"));
}

static void reload_of_a_bad_pair_keeps_the_old_one(void **state)
{
	room_t *room = *state;
	api_tls_t before = api_tls(room->api);
	api_reload_tls(room->api, &given);
	pass(room, NS_PER_S);
	assert_true(told(room, "CERTIFICATE_REFUSED", "chain.pem"));
	give_days(room, 100);
	OK(env_file_save(room->env, given.key, SLICE("no key")));
	api_reload_tls(room->api, &given);
	pass(room, NS_PER_S);
	assert_true(told(room, "CERTIFICATE_REFUSED", "key.pem"));
	assert_string_equal(before.fingerprint, api_tls(room->api).fingerprint);
}

static void turn(room_t *room)
{
	api_tls_spec_t other = own;
	other.on = !api_tls(room->api).on;
	api_reload_tls(room->api, &other);
	assert_true(told(room, "CERTIFICATE_REFUSED", "restart"));
	assert_int_equal(api_tls(room->api).on, !other.on);
}

static void tls_is_not_turned_off_while_the_node_runs(void **state)
{
	turn(*state);
}

static void tls_is_not_turned_on_while_the_node_runs(void **state)
{
	turn(*state);
}

static void reloads_past_the_limit_are_refused(void **state)
{
	room_t *room = *state;
	for (size_t i = 0; i < 5; i++)
		api_reload_tls(room->api, &own);
	assert_true(told(room, "CERTIFICATE_REFUSED", "too many"));
}

static void reloads_under_way_end_with_the_door(void **state)
{
	room_t *room = *state;
	api_reload_tls(room->api, &own);
	assert_true(api_tls(room->api).on);
}

static void own_certificate_is_renewed_by_itself(void **state)
{
	room_t *room = *state;
	api_tls_t before = api_tls(room->api);
	twin_clock_set(room->env, (utc_t){ .ns = START_NS + 800 * DAY_NS });
	pass(room, DAY_NS + NS_PER_S);
	api_tls_t after = api_tls(room->api);
	assert_true(after.own);
	assert_string_not_equal(before.fingerprint, after.fingerprint);
	assert_true(after.not_after_ns > before.not_after_ns + 790 * DAY_NS);
}

static void certificate_that_ends_is_told(void **state)
{
	room_t *room = *state;
	assert_true(told(room, "CERTIFICATE_ENDING", "2023-12-13"));
	assert_false(api_tls(room->api).own);
	assert_string_not_equal(api_tls(room->api).fingerprint, "");
}

static void handshakes_are_among_the_metrics(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, "/metrics"), 200);
	assert_true(has(room, "jizhu_http_tls_handshakes_slow_total 0"));
	assert_true(has(room, "jizhu_http_tls_handshakes_failed_total 0"));
}

#define SECURE(name) cmocka_unit_test_setup_teardown(name, secure_open, room_close)
#define PLAIN(name)  cmocka_unit_test_setup_teardown(name, room_open, room_close)
#define ENDING(name) cmocka_unit_test_setup_teardown(name, given_ends_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SECURE(door_opens_beyond_loopback_and_says_how),
		PLAIN(door_without_tls_says_so),
		SECURE(cookie_is_secure_under_tls),
		PLAIN(cookie_is_not_secure_without_tls),
		SECURE(reload_shows_the_files_of_the_operator),
		SECURE(reload_of_a_bad_pair_keeps_the_old_one),
		SECURE(tls_is_not_turned_off_while_the_node_runs),
		PLAIN(tls_is_not_turned_on_while_the_node_runs),
		SECURE(reloads_past_the_limit_are_refused),
		SECURE(reloads_under_way_end_with_the_door),
		SECURE(own_certificate_is_renewed_by_itself),
		ENDING(certificate_that_ends_is_told),
		SECURE(handshakes_are_among_the_metrics),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
