/* SPDX-License-Identifier: Apache-2.0 */
/* Doors and keys in the twin's world, whose clock the tests turn by hand. */
#include "access/fixture_test.h"

#define HOUR                   (3600 * SECOND)
#define DIGITS                 "0123456789012345678901234567890123456789"
#define LONGER_THAN_THE_BUFFER ("jz_" DIGITS DIGITS DIGITS)

static const slice_t NO_CSRF = { 0 };

static err_t knock(room_t *room, const char *token, ip_t source)
{
	caller_t caller;
	return access_token(room->access, slice_str(token), source, &caller);
}

static access_session_t enter(room_t *room)
{
	caller_t caller = { 0 };
	access_session_t session = { 0 };
	ip_t source = ip_v4(127, 0, 0, 1);
	assert_int_equal(access_token(room->access, slice_str(room->token), source, &caller),
	                 ERR_OK);
	assert_int_equal(access_session_open(room->access, &caller, &session), ERR_OK);
	return session;
}

static err_t visit(room_t *room, const access_session_t *session)
{
	caller_t caller;
	return access_session(room->access, slice_str(session->cookie), NO_CSRF, false, &caller);
}

static void the_token_file_is_made_once_and_holds_the_whole_token(void **state)
{
	room_t *room = *state;
	assert_int_equal(strlen(room->token), 43);
	assert_true(slice_starts(slice_str(room->token), SLICE("jz_")));
	access_t *again = NULL;
	err_detail_t detail;
	caller_t caller;
	assert_int_equal(room_open_again(room, &again, &detail), ERR_OK);
	assert_int_equal(access_token(again, slice_str(room->token), ip_v4(127, 0, 0, 1), &caller),
	                 ERR_OK);
	access_close(again);
}

static void the_admin_token_gives_an_admin(void **state)
{
	room_t *room = *state;
	caller_t caller = { 0 };
	assert_int_equal(
		access_token(room->access, slice_str(room->token), ip_v4(127, 0, 0, 1), &caller),
		ERR_OK);
	assert_true(slice_eq(caller.subject, SLICE("admin")));
	assert_int_equal(caller.role, ROLE_ADMIN);
	assert_int_equal(caller.scope.len, 0);
}

static void a_damaged_token_file_is_named_and_its_content_is_not(void **state)
{
	static const char *const BAD[] = {
		"",
		"jz_0123\n",
		"jz_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\n",
		"xx_" DIGITS "\n",
		"jz_01234567890123456789 1234567890123456789\n",
		"jz_" DIGITS "0123456789\n",
		LONGER_THAN_THE_BUFFER,
	};
	room_t *room = *state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		err_detail_t detail;
		access_t *access = NULL;
		char said[512];
		assert_int_equal(env_file_save(room->env, TOKEN_PATH, slice_str(BAD[i])), ERR_OK);
		assert_int_equal(room_open_again(room, &access, &detail), ERR_CORRUPT);
		assert_null(access);
		err_render(&detail, LANG_EN, said, sizeof(said));
		assert_string_equal(said, TOKEN_PATH ": the file holds no token. Delete it; the "
		                                     "next start makes a new one");
	}
}

static void a_disk_that_fails_is_said_with_the_path(void **state)
{
	room_t *room = *state;
	err_detail_t detail;
	access_t *access = NULL;
	assert_int_equal(env_path_remove(room->env, TOKEN_PATH), ERR_OK);
	twin_fail_at(room->env, 1, 0, TWIN_IO_ERROR);
	assert_int_equal(room_open_again(room, &access, &detail), ERR_IO);
	assert_null(access);
	assert_string_equal(detail.where, TOKEN_PATH);
}

static void any_other_token_is_refused(void **state)
{
	room_t *room = *state;
	ip_t source = ip_v4(127, 0, 0, 9);
	assert_int_equal(knock(room, "", source), ERR_UNAUTHENTICATED);
	assert_int_equal(knock(room, "jz_", source), ERR_UNAUTHENTICATED);
	room->token[42] = room->token[42] == '0' ? '1' : '0';
	assert_int_equal(knock(room, room->token, source), ERR_UNAUTHENTICATED);
	assert_int_equal(access_stats(room->access).failures, 3);
}

static void fail_often(room_t *room, ip_t source)
{
	for (unsigned i = 0; i < ACCESS_FAILURES_MAX; i++)
		assert_int_equal(knock(room, "wrong", source), ERR_UNAUTHENTICATED);
}

static void after_ten_failures_a_source_waits_out_its_minute(void **state)
{
	room_t *room = *state;
	ip_t source = ip_v4(127, 0, 0, 9);
	fail_often(room, source);
	assert_int_equal(knock(room, "wrong", source), ERR_BUSY);
	assert_int_equal(knock(room, room->token, source), ERR_BUSY);
	assert_int_equal(knock(room, room->token, ip_v4(127, 0, 0, 8)), ERR_OK);
	pass(room, 60 * SECOND - 1);
	assert_int_equal(knock(room, room->token, source), ERR_BUSY);
	pass(room, 1);
	assert_int_equal(knock(room, room->token, source), ERR_OK);
	assert_int_equal(access_stats(room->access).refused, 3);
}

static void failures_of_another_minute_do_not_count(void **state)
{
	room_t *room = *state;
	ip_t source = ip_v4(127, 0, 0, 9);
	for (unsigned i = 0; i < ACCESS_FAILURES_MAX - 1; i++)
		assert_int_equal(knock(room, "wrong", source), ERR_UNAUTHENTICATED);
	pass(room, 60 * SECOND);
	assert_int_equal(knock(room, "wrong", source), ERR_UNAUTHENTICATED);
	assert_int_equal(knock(room, room->token, source), ERR_OK);
}

static void addresses_of_one_ipv6_network_wait_together(void **state)
{
	room_t *room = *state;
	ip_t source = { .bytes = { 0xfd, 0, 0, 0, 0, 0, 0, 1 }, .family = 6 };
	fail_often(room, source);
	source.bytes[15] = 0x77;
	assert_int_equal(knock(room, room->token, source), ERR_BUSY);
	source.bytes[7] = 2;
	assert_int_equal(knock(room, room->token, source), ERR_OK);
}

static ip_t source_numbered(unsigned i)
{
	return ip_v4(127, 1, (uint8_t)(i >> 8), (uint8_t)i);
}

static void of_too_many_sources_the_first_is_forgotten(void **state)
{
	room_t *room = *state;
	for (unsigned i = 0; i < ACCESS_SOURCES_MAX; i++) {
		fail_often(room, source_numbered(i));
		pass(room, 1);
	}
	assert_int_equal(knock(room, room->token, source_numbered(0)), ERR_BUSY);
	assert_int_equal(knock(room, "wrong", source_numbered(ACCESS_SOURCES_MAX)),
	                 ERR_UNAUTHENTICATED);
	assert_int_equal(knock(room, room->token, source_numbered(0)), ERR_OK);
	assert_int_equal(knock(room, room->token, source_numbered(1)), ERR_BUSY);
}

static void a_session_gives_back_the_caller_it_was_opened_for(void **state)
{
	room_t *room = *state;
	caller_t asked = { .subject = SLICE("user:li"), .role = ROLE_OPERATOR }, got = { 0 };
	access_session_t session;
	assert_int_equal(access_session_open(room->access, &asked, &session), ERR_OK);
	assert_int_equal(strlen(session.cookie), 64);
	assert_int_equal(strlen(session.csrf), 32);
	assert_int_equal(
		access_session(room->access, slice_str(session.cookie), NO_CSRF, false, &got),
		ERR_OK);
	assert_true(slice_eq(got.subject, asked.subject));
	assert_int_equal(got.role, ROLE_OPERATOR);
}

static void sessions_differ_in_cookie_and_word(void **state)
{
	room_t *room = *state;
	access_session_t a = enter(room), b = enter(room);
	assert_string_not_equal(a.cookie, b.cookie);
	assert_string_not_equal(a.csrf, b.csrf);
}

static void an_unknown_cookie_is_refused(void **state)
{
	room_t *room = *state;
	access_session_t session = enter(room), other = session;
	other.cookie[0] = other.cookie[0] == '0' ? '1' : '0';
	assert_int_equal(visit(room, &other), ERR_UNAUTHENTICATED);
	other.cookie[0] = '\0';
	assert_int_equal(visit(room, &other), ERR_UNAUTHENTICATED);
	assert_int_equal(visit(room, &session), ERR_OK);
}

static void a_write_needs_the_word_of_its_own_session(void **state)
{
	room_t *room = *state;
	access_session_t a = enter(room), b = enter(room);
	slice_t cookie = slice_str(a.cookie);
	caller_t caller = { 0 };
	assert_int_equal(access_session(room->access, cookie, NO_CSRF, true, &caller), ERR_DENIED);
	assert_int_equal(access_session(room->access, cookie, slice_str(b.csrf), true, &caller),
	                 ERR_DENIED);
	assert_int_equal(caller.subject.len, 0);
	assert_int_equal(access_session(room->access, cookie, slice_str(a.csrf), true, &caller),
	                 ERR_OK);
	assert_string_equal(access_session_csrf(room->access, cookie), a.csrf);
	assert_string_equal(access_session_csrf(room->access, SLICE("none")), "");
}

static void a_session_ends_after_12_idle_hours(void **state)
{
	room_t *room = *state;
	access_session_t session = enter(room);
	pass(room, 12 * HOUR - 1);
	assert_int_equal(visit(room, &session), ERR_OK);
	pass(room, 12 * HOUR - 1);
	assert_int_equal(visit(room, &session), ERR_OK);
	pass(room, 12 * HOUR);
	assert_int_equal(visit(room, &session), ERR_UNAUTHENTICATED);
	assert_int_equal(access_stats(room->access).sessions, 0);
}

static void a_refused_write_does_not_prolong_a_session(void **state)
{
	room_t *room = *state;
	access_session_t session = enter(room);
	caller_t caller;
	pass(room, 6 * HOUR);
	assert_int_equal(
		access_session(room->access, slice_str(session.cookie), NO_CSRF, true, &caller),
		ERR_DENIED);
	pass(room, 6 * HOUR);
	assert_int_equal(visit(room, &session), ERR_UNAUTHENTICATED);
}

static void of_too_many_sessions_the_one_idle_longest_gives_way(void **state)
{
	room_t *room = *state;
	access_session_t first = enter(room);
	pass(room, 1);
	access_session_t second = enter(room);
	for (unsigned i = 2; i < ACCESS_SESSIONS_MAX; i++) {
		pass(room, 1);
		enter(room);
	}
	pass(room, 1);
	assert_int_equal(visit(room, &first), ERR_OK);
	assert_int_equal(access_stats(room->access).sessions, ACCESS_SESSIONS_MAX);
	enter(room);
	assert_int_equal(visit(room, &first), ERR_OK);
	assert_int_equal(visit(room, &second), ERR_UNAUTHENTICATED);
	assert_int_equal(access_stats(room->access).sessions, ACCESS_SESSIONS_MAX);
	assert_int_equal(access_stats(room->access).displaced, 1);
}

static void a_closed_session_is_gone(void **state)
{
	room_t *room = *state;
	access_session_t a = enter(room), b = enter(room);
	access_session_close(room->access, slice_str(a.cookie));
	access_session_close(room->access, slice_str(a.cookie));
	assert_int_equal(visit(room, &a), ERR_UNAUTHENTICATED);
	assert_int_equal(visit(room, &b), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROOM_TEST(the_token_file_is_made_once_and_holds_the_whole_token),
		ROOM_TEST(the_admin_token_gives_an_admin),
		ROOM_TEST(a_damaged_token_file_is_named_and_its_content_is_not),
		ROOM_TEST(a_disk_that_fails_is_said_with_the_path),
		ROOM_TEST(any_other_token_is_refused),
		ROOM_TEST(after_ten_failures_a_source_waits_out_its_minute),
		ROOM_TEST(failures_of_another_minute_do_not_count),
		ROOM_TEST(addresses_of_one_ipv6_network_wait_together),
		ROOM_TEST(of_too_many_sources_the_first_is_forgotten),
		ROOM_TEST(a_session_gives_back_the_caller_it_was_opened_for),
		ROOM_TEST(sessions_differ_in_cookie_and_word),
		ROOM_TEST(an_unknown_cookie_is_refused),
		ROOM_TEST(a_write_needs_the_word_of_its_own_session),
		ROOM_TEST(a_session_ends_after_12_idle_hours),
		ROOM_TEST(a_refused_write_does_not_prolong_a_session),
		ROOM_TEST(of_too_many_sessions_the_one_idle_longest_gives_way),
		ROOM_TEST(a_closed_session_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
