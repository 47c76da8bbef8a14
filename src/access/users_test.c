/* SPDX-License-Identifier: Apache-2.0 */
/* Users and API tokens: who may change what, what a change ends, what is refused. */
#include "access/entry.h"
#include "access/fixture_test.h"
#include "journal/event_log.h"

#define HERE ip_v4(127, 0, 0, 1)

static caller_t user_caller(const char *subject, role_t role)
{
	return (caller_t){ .subject = slice_str(subject), .role = role };
}

static err_t try_login(room_t *room, const char *name, const char *password)
{
	caller_t caller = { 0 };
	return room_login(room, name, password, HERE, &caller);
}

static err_t try_token(room_t *room, const char *secret)
{
	caller_t caller = { 0 };
	return access_token(room->access, slice_str(secret), HERE, &caller);
}

static access_session_t enter(room_t *room, const char *name)
{
	caller_t caller = { 0 };
	access_session_t session;
	assert_int_equal(room_login(room, name, PASSWORD, HERE, &caller), ERR_OK);
	assert_int_equal(access_session_open(room->access, &caller, &session), ERR_OK);
	return session;
}

static err_t visit(room_t *room, const access_session_t *session)
{
	caller_t caller = { 0 };
	return access_session(room->access, slice_str(session->cookie), (slice_t){ 0 }, false,
	                      &caller);
}

static access_change_t set_of(const char *name, unsigned fields)
{
	return (access_change_t){ .verb = ACCESS_USER_SET,
		                  .name = slice_str(name),
		                  .fields = fields,
		                  .role = ROLE_VIEWER,
		                  .enabled = false,
		                  .caller = room_admin() };
}

static access_change_t key_of(const char *owner, role_t role)
{
	return (access_change_t){ .verb = ACCESS_KEY_ADD,
		                  .name = slice_str(owner),
		                  .role = role,
		                  .label = SLICE("reports"),
		                  .caller = room_admin() };
}

static access_change_t removal_of(access_verb_t verb, const char *name)
{
	return (access_change_t){ .verb = verb, .name = slice_str(name), .caller = room_admin() };
}

static void add_key(room_t *room, const char *owner, role_t role)
{
	assert_int_equal(room_change(room, key_of(owner, role)), ERR_OK);
}

static void a_user_signs_in_with_the_password_and_gets_role_and_scope(void **state)
{
	room_t *room = *state;
	caller_t caller = { 0 };
	access_work_t work = room_password(room, PASSWORD);
	access_change_t change = room_user("li", ROLE_ENGINEER, &work);
	change.scope = SLICE("99.100.1");
	assert_int_equal(room_change(room, change), ERR_OK);
	assert_int_equal(room_login(room, "li", PASSWORD, HERE, &caller), ERR_OK);
	assert_true(slice_eq(caller.subject, SLICE("user:li")));
	assert_int_equal(caller.role, ROLE_ENGINEER);
	assert_true(slice_eq(caller.scope, SLICE("99.100.1")));
}

static void a_wrong_password_and_an_unknown_name_are_told_alike(void **state)
{
	room_t *room = *state;
	access_work_t known, unknown;
	room_add(room, "li", ROLE_VIEWER);
	assert_int_equal(try_login(room, "li", "correct horse batters"), ERR_UNAUTHENTICATED);
	assert_int_equal(try_login(room, "wang", PASSWORD), ERR_UNAUTHENTICATED);
	assert_int_equal(try_login(room, "", PASSWORD), ERR_UNAUTHENTICATED);
	assert_int_equal(try_login(room, "li", ""), ERR_UNAUTHENTICATED);
	assert_int_equal(access_stats(room->access).failures, 4);
	/* What costs the time is the same for both. */
	assert_int_equal(
		access_login_begin(room->access, SLICE("li"), SLICE(PASSWORD), HERE, &known),
		ERR_OK);
	assert_int_equal(
		access_login_begin(room->access, SLICE("wang"), SLICE(PASSWORD), HERE, &unknown),
		ERR_OK);
	assert_int_equal(known.rounds, unknown.rounds);
	assert_int_equal(known.password_len, unknown.password_len);
}

static void a_password_is_kept_as_a_hash_with_its_own_salt(void **state)
{
	room_t *room = *state;
	room_add(room, "li", ROLE_VIEWER);
	room_add(room, "wang", ROLE_VIEWER);
	const access_user_t *li = access_user_named(room->access, SLICE("li"));
	const access_user_t *wang = access_user_named(room->access, SLICE("wang"));
	assert_int_equal(li->rounds, FIXTURE_ROUNDS);
	assert_memory_not_equal(li->salt, wang->salt, ACCESS_SALT_BYTES);
	assert_memory_not_equal(li->hash, wang->hash, SHA256_BYTES);
	access_work_t work = room_password(room, PASSWORD);
	for (size_t i = 0; i < sizeof(work.password); i++)
		assert_int_equal(work.password[i], 0);
}

static void ten_wrong_passwords_make_a_name_wait_from_everywhere(void **state)
{
	room_t *room = *state;
	caller_t caller = { 0 };
	room_add(room, "li", ROLE_VIEWER);
	for (unsigned i = 0; i < ACCESS_FAILURES_MAX; i++)
		assert_int_equal(room_login(room, "li", "wrong wrong wrong",
		                            ip_v4(127, 0, 1, (uint8_t)i), &caller),
		                 ERR_UNAUTHENTICATED);
	assert_int_equal(room_login(room, "li", PASSWORD, ip_v4(127, 0, 1, 99), &caller), ERR_BUSY);
	assert_int_equal(room_login(room, "wang", PASSWORD, ip_v4(127, 0, 1, 99), &caller),
	                 ERR_UNAUTHENTICATED);
	pass(room, 60 * SECOND);
	assert_int_equal(try_login(room, "li", PASSWORD), ERR_OK);
}

static void ten_wrong_passwords_make_a_source_wait_but_never_the_admin_token(void **state)
{
	room_t *room = *state;
	char name[16];
	room_add(room, "li", ROLE_VIEWER);
	for (unsigned i = 0; i < ACCESS_FAILURES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "nobody%u", i);
		assert_int_equal(try_login(room, name, PASSWORD), ERR_UNAUTHENTICATED);
	}
	assert_int_equal(try_login(room, "li", PASSWORD), ERR_BUSY);
	assert_int_equal(try_token(room, room->token), ERR_OK);
}

static void right_passwords_are_no_failures(void **state)
{
	room_t *room = *state;
	room_add(room, "li", ROLE_VIEWER);
	for (unsigned i = 0; i < 3 * ACCESS_FAILURES_MAX; i++)
		assert_int_equal(try_login(room, "li", PASSWORD), ERR_OK);
}

static void attempts_under_way_count_already(void **state)
{
	room_t *room = *state;
	access_work_t work;
	room_add(room, "li", ROLE_VIEWER);
	for (unsigned i = 0; i < ACCESS_FAILURES_MAX; i++)
		assert_int_equal(access_login_begin(room->access, SLICE("li"), SLICE("guess guess"),
		                                    HERE, &work),
		                 ERR_OK);
	assert_int_equal(
		access_login_begin(room->access, SLICE("li"), SLICE(PASSWORD), HERE, &work),
		ERR_BUSY);
}

/* Each ends the sessions; those marked end the tokens too. */
static void a_change_to_a_user_ends_the_sessions_at_once(void **state)
{
	room_t *room = *state;
	access_work_t work = room_password(room, PASSWORD);
	access_change_t changes[] = { set_of("li", ACCESS_ROLE), set_of("li", ACCESS_SCOPE),
		                      set_of("li", ACCESS_PASSWORD), set_of("li", ACCESS_ENABLED),
		                      removal_of(ACCESS_USER_REMOVE, "li") };
	static const bool ends_tokens[] = { false, false, false, true, true };
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		room_add(room, "li", ROLE_ENGINEER);
		room_add(room, "wang", ROLE_ENGINEER);
		access_session_t li = enter(room, "li"), wang = enter(room, "wang");
		add_key(room, "li", ROLE_VIEWER);
		changes[i].password = &work;
		/* Not durable yet, and gone already. */
		assert_int_equal(room_ask(room, changes[i]), ERR_OK);
		assert_int_equal(visit(room, &li), ERR_UNAUTHENTICATED);
		assert_int_equal(visit(room, &wang), ERR_OK);
		assert_int_equal(try_token(room, room->secret.secret),
		                 ends_tokens[i] ? ERR_UNAUTHENTICATED : ERR_OK);
		pass(room, SECOND);
		assert_true(room->is_answered);
		if (access_user_named(room->access, SLICE("li")))
			assert_int_equal(room_change(room, removal_of(ACCESS_USER_REMOVE, "li")),
			                 ERR_OK);
		assert_int_equal(room_change(room, removal_of(ACCESS_USER_REMOVE, "wang")), ERR_OK);
	}
}

static void a_disabled_user_does_not_sign_in(void **state)
{
	room_t *room = *state;
	room_add(room, "li", ROLE_VIEWER);
	assert_int_equal(room_change(room, set_of("li", ACCESS_ENABLED)), ERR_OK);
	assert_int_equal(try_login(room, "li", PASSWORD), ERR_UNAUTHENTICATED);
	access_change_t back = set_of("li", ACCESS_ENABLED);
	back.enabled = true;
	assert_int_equal(room_change(room, back), ERR_OK);
	assert_int_equal(try_login(room, "li", PASSWORD), ERR_OK);
}

static void a_password_changed_during_a_sign_in_refuses_it(void **state)
{
	room_t *room = *state;
	access_work_t login, work = room_password(room, "another long password");
	caller_t caller = { 0 };
	room_add(room, "li", ROLE_VIEWER);
	assert_int_equal(
		access_login_begin(room->access, SLICE("li"), SLICE(PASSWORD), HERE, &login),
		ERR_OK);
	access_work(&login);
	access_change_t change = set_of("li", ACCESS_PASSWORD);
	change.password = &work;
	assert_int_equal(room_change(room, change), ERR_OK);
	assert_int_equal(access_login_end(room->access, &login, &caller), ERR_UNAUTHENTICATED);
}

static void a_token_has_the_lower_of_its_own_and_its_owner_s_role(void **state)
{
	room_t *room = *state;
	caller_t caller = { 0 };
	char want[ACCESS_SUBJECT_MAX];
	room_add(room, "li", ROLE_ENGINEER);
	assert_int_equal(room_change(room, key_of("li", ROLE_ADMIN)), ERR_INVALID);
	add_key(room, "li", ROLE_OPERATOR);
	slice_t secret = slice_str(room->secret.secret);
	assert_int_equal(access_token(room->access, secret, HERE, &caller), ERR_OK);
	assert_int_equal(caller.role, ROLE_OPERATOR);
	(void)snprintf(want, sizeof(want), "token:%s", room->secret.id);
	assert_true(slice_eq(caller.subject, slice_str(want)));
	assert_int_equal(room_ask(room, set_of("li", ACCESS_ROLE)), ERR_OK);
	assert_int_equal(access_token(room->access, secret, HERE, &caller), ERR_OK);
	assert_int_equal(caller.role, ROLE_VIEWER);
}

static void a_token_expires_and_with_it_a_session_opened_by_it(void **state)
{
	room_t *room = *state;
	caller_t caller = { 0 };
	access_session_t session;
	room_add(room, "li", ROLE_VIEWER);
	access_change_t change = key_of("li", ROLE_VIEWER);
	change.expires_ns = env_utc(room->env).ns + 60 * SECOND;
	assert_int_equal(room_change(room, change), ERR_OK);
	assert_int_equal(access_token(room->access, slice_str(room->secret.secret), HERE, &caller),
	                 ERR_OK);
	assert_int_equal(access_session_open(room->access, &caller, &session), ERR_OK);
	assert_int_equal(visit(room, &session), ERR_OK);
	pass(room, 61 * SECOND);
	assert_int_equal(try_token(room, room->secret.secret), ERR_UNAUTHENTICATED);
	assert_int_equal(visit(room, &session), ERR_UNAUTHENTICATED);
	change.expires_ns = env_utc(room->env).ns;
	assert_int_equal(room_change(room, change), ERR_INVALID);
}

static void a_revoked_token_is_gone_with_its_sessions(void **state)
{
	room_t *room = *state;
	caller_t caller = { 0 };
	access_session_t session;
	char secret[ACCESS_TOKEN_TEXT];
	room_add(room, "li", ROLE_VIEWER);
	add_key(room, "li", ROLE_VIEWER);
	memcpy(secret, room->secret.secret, sizeof(secret));
	assert_int_equal(access_token(room->access, slice_str(secret), HERE, &caller), ERR_OK);
	assert_int_equal(access_session_open(room->access, &caller, &session), ERR_OK);
	assert_int_equal(room_ask(room, removal_of(ACCESS_KEY_REMOVE, room->secret.id)), ERR_OK);
	assert_int_equal(try_token(room, secret), ERR_UNAUTHENTICATED);
	assert_int_equal(visit(room, &session), ERR_UNAUTHENTICATED);
}

static void a_token_tells_when_it_was_last_used(void **state)
{
	room_t *room = *state;
	room_add(room, "li", ROLE_VIEWER);
	add_key(room, "li", ROLE_VIEWER);
	assert_int_equal(access_key_at(room->access, 0)->used_ns, 0);
	assert_int_equal(try_token(room, room->secret.secret), ERR_OK);
	assert_int_equal(access_key_at(room->access, 0)->used_ns, env_utc(room->env).ns);
	assert_null(access_key_at(room->access, 1));
}

typedef struct {
	const char *subject;
	role_t role;
	const char *scope;
	access_change_t change;
	err_t err;
} right_t;

static void check_rights(room_t *room, const right_t *rows, size_t count)
{
	access_work_t work = room_password(room, PASSWORD);
	for (size_t i = 0; i < count; i++) {
		access_change_t change = rows[i].change;
		change.caller = user_caller(rows[i].subject, rows[i].role);
		change.caller.scope = slice_str(rows[i].scope);
		change.password = &work;
		err_t err = room_change(room, change);
		if (err != rows[i].err)
			print_message("row %zu\n", i);
		assert_int_equal(err, rows[i].err);
	}
}

static void users_are_for_administrators_without_a_scope_but_for_the_own_password(void **state)
{
	room_t *room = *state;
	room_add(room, "li", ROLE_ENGINEER);
	const access_change_t zhao = room_user("zhao", ROLE_ADMIN, NULL);
	const right_t rows[] = {
		{ "user:li", ROLE_ENGINEER, "", zhao, ERR_DENIED },
		{ "user:root", ROLE_ADMIN, "99.100.1", zhao, ERR_DENIED },
		{ "user:root", ROLE_ADMIN, "", zhao, ERR_OK },
		{ "user:li", ROLE_ENGINEER, "", set_of("li", ACCESS_ROLE), ERR_DENIED },
		{ "user:li", ROLE_ENGINEER, "", set_of("li", ACCESS_PASSWORD | ACCESS_ROLE),
		  ERR_DENIED },
		{ "user:wang", ROLE_ENGINEER, "", set_of("li", ACCESS_PASSWORD), ERR_DENIED },
		{ "token:li", ROLE_ENGINEER, "", set_of("li", ACCESS_PASSWORD), ERR_DENIED },
		{ "user:li", ROLE_ENGINEER, "", set_of("li", ACCESS_PASSWORD), ERR_OK },
		{ "user:li", ROLE_ENGINEER, "", removal_of(ACCESS_USER_REMOVE, "li"), ERR_DENIED },
		{ "admin", ROLE_ADMIN, "", removal_of(ACCESS_USER_REMOVE, "li"), ERR_OK },
		{ "admin", ROLE_ADMIN, "", removal_of(ACCESS_USER_REMOVE, "li"), ERR_NOT_FOUND },
	};
	check_rights(room, rows, sizeof(rows) / sizeof(*rows));
}

static void tokens_are_for_their_owner_and_for_administrators(void **state)
{
	room_t *room = *state;
	char id[ACCESS_ID_TEXT];
	room_add(room, "li", ROLE_ENGINEER);
	add_key(room, "li", ROLE_VIEWER);
	memcpy(id, room->secret.id, sizeof(id));
	const access_change_t removal = removal_of(ACCESS_KEY_REMOVE, id);
	const right_t rows[] = {
		{ "user:li", ROLE_ENGINEER, "", key_of("li", ROLE_ENGINEER), ERR_OK },
		{ "user:wang", ROLE_ENGINEER, "", key_of("li", ROLE_VIEWER), ERR_DENIED },
		{ "token:li", ROLE_ENGINEER, "", key_of("li", ROLE_VIEWER), ERR_DENIED },
		{ "user:root", ROLE_ADMIN, "99.100.1", key_of("li", ROLE_VIEWER), ERR_DENIED },
		{ "user:root", ROLE_ADMIN, "", key_of("li", ROLE_VIEWER), ERR_OK },
		{ "user:wang", ROLE_ENGINEER, "", removal, ERR_DENIED },
		{ "user:li", ROLE_ENGINEER, "", removal, ERR_OK },
		{ "user:li", ROLE_ENGINEER, "", removal, ERR_NOT_FOUND },
		{ "admin", ROLE_ADMIN, "", removal, ERR_NOT_FOUND },
	};
	check_rights(room, rows, sizeof(rows) / sizeof(*rows));
}

static void what_is_out_of_its_limits_is_refused_with_the_reason(void **state)
{
	static const char *const bad_names[] = { "", " ", "-x", "li wang", "l/i", "李" };
	room_t *room = *state;
	access_work_t work = room_password(room, PASSWORD);
	char said[512], longest[ACCESS_SCOPE_MAX + 2];
	memset(longest, 'a', sizeof(longest));
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(*bad_names); i++)
		assert_int_equal(room_change(room, room_user(bad_names[i], ROLE_VIEWER, &work)),
		                 ERR_INVALID);
	access_change_t change = room_user("li", ROLE_VIEWER, &work);
	change.name = slice_of(longest, ACCESS_NAME_MAX + 1);
	assert_int_equal(room_change(room, change), ERR_INVALID);
	err_render(&room->detail, LANG_EN, said, sizeof(said));
	assert_true(slice_starts(slice_str(said), SLICE("a user's name has 1 to 64")));
	change = room_user("li", ROLE_VIEWER, &work);
	change.scope = slice_of(longest, ACCESS_SCOPE_MAX + 1);
	assert_int_equal(room_change(room, change), ERR_INVALID);
	assert_int_equal(room_change(room, room_user("li", ROLE_PUBLIC, &work)), ERR_INVALID);
	assert_int_equal(room_change(room, room_user("li", ROLE_COUNT, &work)), ERR_INVALID);
	room_add(room, "li", ROLE_VIEWER);
	assert_int_equal(room_change(room, room_user("li", ROLE_VIEWER, &work)), ERR_EXISTS);
	assert_int_equal(room_change(room, set_of("li", 0)), ERR_INVALID);
	assert_int_equal(room_change(room, set_of("wang", ACCESS_ROLE)), ERR_NOT_FOUND);
	change = key_of("li", ROLE_VIEWER);
	change.label = SLICE("");
	assert_int_equal(room_change(room, change), ERR_INVALID);
	change.label = slice_of(longest, ACCESS_LABEL_MAX + 1);
	assert_int_equal(room_change(room, change), ERR_INVALID);
}

static void a_password_has_12_to_1024_bytes(void **state)
{
	room_t *room = *state;
	static const struct {
		size_t len;
		err_t err;
	} rows[] = { { 0, ERR_INVALID },
		     { 11, ERR_INVALID },
		     { 12, ERR_OK },
		     { 1024, ERR_OK },
		     { 1025, ERR_INVALID } };
	char text[1025];
	access_work_t work;
	memset(text, 'p', sizeof(text));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(access_password_begin(room->access, slice_of(text, rows[i].len),
		                                       &work, &room->detail),
		                 rows[i].err);
}

static void the_tables_have_limits(void **state)
{
	room_t *room = *state;
	access_work_t work = room_password(room, PASSWORD);
	char name[16];
	for (unsigned i = 0; i < ACCESS_USERS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "u%03u", i);
		assert_int_equal(room_change(room, room_user(name, ROLE_VIEWER, &work)), ERR_OK);
	}
	assert_int_equal(room_change(room, room_user("more", ROLE_VIEWER, &work)), ERR_LIMIT);
	for (unsigned i = 0; i < ACCESS_TOKENS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "u%03u", i / ACCESS_USER_TOKENS_MAX);
		add_key(room, name, ROLE_VIEWER);
	}
	assert_int_equal(room_change(room, key_of("u000", ROLE_VIEWER)), ERR_LIMIT);
	assert_int_equal(room_change(room, key_of("u255", ROLE_VIEWER)), ERR_LIMIT);
	assert_int_equal(room_change(room, removal_of(ACCESS_USER_REMOVE, "u000")), ERR_OK);
	assert_int_equal(access_stats(room->access).tokens,
	                 ACCESS_TOKENS_MAX - ACCESS_USER_TOKENS_MAX);
	assert_int_equal(room_change(room, key_of("u255", ROLE_VIEWER)), ERR_OK);
}

static void more_changes_than_may_wait_are_refused(void **state)
{
	room_t *room = *state;
	room_add(room, "li", ROLE_VIEWER);
	for (unsigned i = 0; i < ACCESS_CHANGES_MAX; i++)
		assert_int_equal(room_ask(room, set_of("li", ACCESS_ROLE)), ERR_OK);
	assert_int_equal(room_ask(room, set_of("li", ACCESS_ROLE)), ERR_BUSY);
	pass(room, SECOND);
	assert_int_equal(room_ask(room, set_of("li", ACCESS_ROLE)), ERR_OK);
}

static void users_stand_in_the_order_of_their_names(void **state)
{
	static const char *const names[] = { "li", "a", "zhao", "Bo", "m" };
	static const char *const ordered[] = { "Bo", "a", "li", "m", "zhao" };
	room_t *room = *state;
	for (size_t i = 0; i < 5; i++)
		room_add(room, names[i], ROLE_VIEWER);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(access_user_at(room->access, i)->name, ordered[i]);
	assert_null(access_user_at(room->access, 5));
}

static void a_restart_knows_users_and_tokens_and_no_session(void **state)
{
	room_t *room = *state;
	room_add(room, "li", ROLE_ENGINEER);
	room_add(room, "wang", ROLE_VIEWER);
	add_key(room, "li", ROLE_OPERATOR);
	access_session_t session = enter(room, "li");
	assert_int_equal(room_change(room, removal_of(ACCESS_USER_REMOVE, "wang")), ERR_OK);
	room_restart(room);
	assert_int_equal(try_login(room, "li", PASSWORD), ERR_OK);
	assert_int_equal(try_login(room, "wang", PASSWORD), ERR_UNAUTHENTICATED);
	assert_int_equal(try_token(room, room->secret.secret), ERR_OK);
	assert_int_equal(try_token(room, room->token), ERR_OK);
	assert_int_equal(visit(room, &session), ERR_UNAUTHENTICATED);
}

static void a_journal_that_breaks_is_told_to_who_waits(void **state)
{
	room_t *room = *state;
	room_add(room, "li", ROLE_VIEWER);
	twin_fail_at(room->env, 1, 0, TWIN_IO_ERROR);
	assert_int_equal(room_change(room, set_of("li", ACCESS_ROLE)), ERR_IO);
	assert_true(room->is_answered);
	assert_int_equal(room_change(room, set_of("li", ACCESS_ROLE)), ERR_IO);
	assert_int_equal(try_token(room, room->token), ERR_OK);
}

static bool has(slice_t text, slice_t part)
{
	for (size_t i = 0; i + part.len <= text.len; i++)
		if (slice_eq(slice_sub(text, i, part.len), part))
			return true;
	return false;
}

static void every_change_leaves_an_event_and_no_record_holds_a_secret(void **state)
{
	room_t *room = *state;
	static const message_t wanted[] = { MSG_USER_ADDED,       MSG_TOKEN_ADDED,
		                            MSG_PASSWORD_CHANGED, MSG_USER_CHANGED,
		                            MSG_TOKEN_REVOKED,    MSG_USER_REMOVED };
	access_work_t work = room_password(room, PASSWORD);
	access_change_t password = set_of("li", ACCESS_PASSWORD);
	password.password = &work;
	room_add(room, "li", ROLE_ENGINEER);
	add_key(room, "li", ROLE_VIEWER);
	assert_int_equal(room_change(room, password), ERR_OK);
	assert_int_equal(room_change(room, set_of("li", ACCESS_ROLE)), ERR_OK);
	assert_int_equal(room_change(room, removal_of(ACCESS_KEY_REMOVE, room->secret.id)), ERR_OK);
	assert_int_equal(room_change(room, removal_of(ACCESS_USER_REMOVE, "li")), ERR_OK);
	pass(room, SECOND);
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	size_t events = 0;
	assert_int_equal(journal_cursor_open(room->journal, 1, &cursor), ERR_OK);
	while (journal_cursor_next(cursor, &record) == ERR_OK) {
		assert_false(has(record.payload, SLICE(PASSWORD)));
		assert_false(has(record.payload, slice_str(room->secret.secret)));
		event_t event = { 0 };
		if (record.type != JOURNAL_EVENT)
			continue;
		assert_int_equal(event_decode(record.payload, &event), ERR_OK);
		assert_int_equal(event.message, wanted[events++]);
		assert_true(slice_eq(event_arg_get(&event, ARG_SUBJECT)->as.text, SLICE("admin")));
		assert_true(slice_eq(event_arg_get(&event, ARG_NAME)->as.text, SLICE("li")));
	}
	journal_cursor_close(cursor);
	assert_int_equal(events, sizeof(wanted) / sizeof(*wanted));
}

static void note_end(void *ctx, slice_t subject)
{
	size_t *count = ctx;
	assert_true(slice_eq(subject, SLICE("user:li")));
	++*count;
}

static void whoever_listens_hears_whose_rights_ended(void **state)
{
	room_t *room = *state;
	size_t count = 0;
	room_add(room, "li", ROLE_VIEWER);
	access_on_end(room->access, note_end, &count);
	assert_int_equal(room_ask(room, set_of("li", ACCESS_ROLE)), ERR_OK);
	assert_int_equal(count, 1);
	access_on_end(room->access, NULL, NULL);
}

static void a_caller_of_any_kind_gets_a_session(void **state)
{
	room_t *room = *state;
	caller_t caller = { .subject = SLICE("handle:300:0.NA/99.100.1"),
		            .role = ROLE_ENGINEER,
		            .scope = SLICE("99.100.1") };
	access_session_t session;
	assert_int_equal(access_session_open(room->access, &caller, &session), ERR_OK);
	caller_t back;
	assert_int_equal(access_session(room->access, slice_str(session.cookie), (slice_t){ 0 },
	                                false, &back),
	                 ERR_OK);
	assert_true(slice_eq(back.subject, caller.subject));
	assert_true(slice_eq(back.scope, caller.scope));
	assert_int_equal(back.role, ROLE_ENGINEER);
}

/* One of each kind, whole. */
static size_t sample_entry(entry_kind_t kind, uint8_t buf[ENTRY_BYTES_MAX])
{
	entry_t entry = { .kind = kind,
		          .utc_ns = 1700000000 * SECOND,
		          .subject = SLICE("admin"),
		          .user = { .name = "li",
		                    .scope = "99.100.1",
		                    .role = ROLE_ENGINEER,
		                    .enabled = true,
		                    .rounds = 600000 },
		          .key = { .id = "0123456789ab",
		                   .owner = "li",
		                   .label = "reports",
		                   .role = ROLE_VIEWER } };
	writer_t w = writer_of(buf, ENTRY_BYTES_MAX);
	entry_write(&entry, &w);
	assert_false(w.bad);
	return w.len;
}

static void an_entry_reads_back_whole_and_cut_at_every_length_is_corrupt(void **state)
{
	(void)state;
	uint8_t buf[ENTRY_BYTES_MAX], again[ENTRY_BYTES_MAX];
	for (unsigned kind = ENTRY_USER_PUT; kind < ENTRY_KIND_COUNT; kind++) {
		entry_t entry;
		size_t len = sample_entry((entry_kind_t)kind, buf);
		assert_int_equal(entry_read(slice_of(buf, len), &entry), ERR_OK);
		writer_t w = writer_of(again, sizeof(again));
		entry_write(&entry, &w);
		assert_true(slice_eq(writer_done(&w), slice_of(buf, len)));
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(entry_read(slice_of(buf, cut), &entry), ERR_CORRUPT);
		assert_int_equal(entry_read(slice_of(buf, len + 1), &entry), ERR_CORRUPT);
	}
}

static void an_entry_of_a_newer_version_is_refused_by_name(void **state)
{
	room_t *room = *state;
	uint8_t buf[ENTRY_BYTES_MAX];
	access_t *again = NULL;
	uint64_t seq;
	slice_t payload = slice_of(buf, sample_entry(ENTRY_USER_PUT, buf));
	buf[0] = 2;
	assert_int_equal(journal_append(room->journal, JOURNAL_ACCESS, &payload, 1, &seq), ERR_OK);
	pass(room, SECOND);
	assert_int_equal(room_open_again(room, &again, &room->detail), ERR_NEWER_FORMAT);
	assert_null(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROOM_TEST(a_user_signs_in_with_the_password_and_gets_role_and_scope),
		ROOM_TEST(a_wrong_password_and_an_unknown_name_are_told_alike),
		ROOM_TEST(a_password_is_kept_as_a_hash_with_its_own_salt),
		ROOM_TEST(ten_wrong_passwords_make_a_name_wait_from_everywhere),
		ROOM_TEST(ten_wrong_passwords_make_a_source_wait_but_never_the_admin_token),
		ROOM_TEST(right_passwords_are_no_failures),
		ROOM_TEST(attempts_under_way_count_already),
		ROOM_TEST(a_change_to_a_user_ends_the_sessions_at_once),
		ROOM_TEST(a_disabled_user_does_not_sign_in),
		ROOM_TEST(a_password_changed_during_a_sign_in_refuses_it),
		ROOM_TEST(a_token_has_the_lower_of_its_own_and_its_owner_s_role),
		ROOM_TEST(a_token_expires_and_with_it_a_session_opened_by_it),
		ROOM_TEST(a_revoked_token_is_gone_with_its_sessions),
		ROOM_TEST(a_token_tells_when_it_was_last_used),
		ROOM_TEST(users_are_for_administrators_without_a_scope_but_for_the_own_password),
		ROOM_TEST(tokens_are_for_their_owner_and_for_administrators),
		ROOM_TEST(what_is_out_of_its_limits_is_refused_with_the_reason),
		ROOM_TEST(a_password_has_12_to_1024_bytes),
		ROOM_TEST(the_tables_have_limits),
		ROOM_TEST(more_changes_than_may_wait_are_refused),
		ROOM_TEST(users_stand_in_the_order_of_their_names),
		ROOM_TEST(a_restart_knows_users_and_tokens_and_no_session),
		ROOM_TEST(a_journal_that_breaks_is_told_to_who_waits),
		ROOM_TEST(every_change_leaves_an_event_and_no_record_holds_a_secret),
		ROOM_TEST(whoever_listens_hears_whose_rights_ended),
		ROOM_TEST(a_caller_of_any_kind_gets_a_session),
		ROOM_TEST(an_entry_reads_back_whole_and_cut_at_every_length_is_corrupt),
		ROOM_TEST(an_entry_of_a_newer_version_is_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
