/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_FIXTURE_TEST_H
#define ACCESS_FIXTURE_TEST_H
/* An access with its journal in a simulated machine, for tests: open, change and wait,
 * sign in, pull the plug, open again. Passwords take two rounds, so that tests are
 * quick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "access/access.h"
#include "base/num.h"
#include "env/file.h"
#include "env/twin/twin.h"

#define SECOND     INT64_C(1000000000)
#define KEYS       "data/keys"
#define TOKEN_PATH KEYS "/admin.token"
#define PASSWORD   "correct horse battery"

enum { FIXTURE_ROUNDS = 2 };

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *commit, *loop;
	journal_t *journal;
	journal_recovery_t recovery;
	access_t *access;
	err_detail_t detail;
	char token[ACCESS_TOKEN_TEXT];
	/* of the last change */
	access_secret_t secret;
	bool is_answered;
	err_t answer;
} room_t;

static inline access_spec_t room_spec(const room_t *room, env_loop_t *loop)
{
	return (access_spec_t){
		.keys_dir = KEYS, .journal = room->journal, .loop = loop, .rounds = FIXTURE_ROUNDS
	};
}

/* A second one beside the first, which cannot follow the journal. */
MUST_CHECK static inline err_t room_open_again(room_t *room, access_t **ret_access,
                                               err_detail_t *ret_detail)
{
	access_spec_t spec = room_spec(room, NULL);
	return access_open(room->env, &spec, ret_access, ret_detail);
}

static inline void room_make_loops(room_t *room)
{
	room->journal = NULL;
	room->access = NULL;
	assert_int_equal(twin_host_open(room->twin, "node", &room->env), ERR_OK);
	assert_int_equal(env_loop_new(room->env, "commit", ENV_LOOP_FILES, &room->commit), ERR_OK);
	assert_int_equal(env_loop_new(room->env, "http", ENV_LOOP_EVENTS, &room->loop), ERR_OK);
}

MUST_CHECK static inline err_t room_start(room_t *room)
{
	journal_spec_t journal = { .dir = "data/journal",
		                   .name = "main",
		                   .chained = true,
		                   .segment_bytes = 1 << 20,
		                   .commit_loop = room->commit };
	err_t err = env_dir_make(room->env, "data");
	if (!err)
		err = env_dir_make(room->env, KEYS);
	if (!err)
		err = env_dir_sync(room->env, "/");
	if (!err)
		err = journal_open(room->env, &journal, &room->journal, &room->recovery,
		                   &room->detail);
	if (!err)
		err = env_dir_sync(room->env, "data");
	access_spec_t spec = room_spec(room, room->loop);
	if (!err)
		err = access_open(room->env, &spec, &room->access, &room->detail);
	if (!err)
		err = env_loop_start(room->commit);
	return err ? err : env_loop_start(room->loop);
}

static inline void room_halt(room_t *room)
{
	env_loop_stop(room->loop);
	env_loop_stop(room->commit);
	access_close(room->access);
	journal_close(room->journal);
	env_loop_free(room->loop);
	env_loop_free(room->commit);
	twin_host_close(room->env);
	room->env = NULL;
}

static inline void room_restart(room_t *room)
{
	room_halt(room);
	room_make_loops(room);
	assert_int_equal(room_start(room), ERR_OK);
}

static inline void room_make(room_t *room, uint64_t seed)
{
	twin_spec_t spec = { .seed = seed, .start = { .ns = 1700000000 * SECOND } };
	assert_int_equal(twin_new(&spec, &room->twin), ERR_OK);
	room_make_loops(room);
}

static inline int room_open(void **state)
{
	char line[ACCESS_TOKEN_TEXT + 1];
	size_t len = 0;
	room_t *room = calloc(1, sizeof(*room));
	*state = room;
	room_make(room, 7);
	assert_int_equal(room_start(room), ERR_OK);
	assert_int_equal(env_file_load(room->env, TOKEN_PATH, line, sizeof(line), &len), ERR_OK);
	return slice_to_cstr(slice_trim(slice_of(line, len)), room->token, sizeof(room->token))
	               ? 0
	               : -1;
}

static inline int room_close(void **state)
{
	room_t *room = *state;
	room_halt(room);
	twin_free(room->twin);
	free(room);
	return 0;
}

static inline void pass(room_t *room, int64_t ns)
{
	twin_run(room->twin, env_now(room->env) + ns);
}

static inline caller_t room_admin(void)
{
	return (caller_t){ .subject = SLICE("admin"), .role = ROLE_ADMIN };
}

static inline void room_answered(void *ctx, err_t err)
{
	room_t *room = ctx;
	room->is_answered = true;
	room->answer = err;
}

/* Asks and does not wait. */
MUST_CHECK static inline err_t room_ask(room_t *room, access_change_t change)
{
	change.done = room_answered;
	change.ctx = room;
	room->is_answered = false;
	return access_change(room->access, &change, &room->secret, &room->detail);
}

/* Asks and waits until it is durable. */
MUST_CHECK static inline err_t room_change(room_t *room, access_change_t change)
{
	err_t err = room_ask(room, change);
	while (!err && !room->is_answered && !twin_crashed(room->env) && twin_step(room->twin))
		;
	return err ? err : room->is_answered ? room->answer : ERR_IO;
}

static inline access_work_t room_password(room_t *room, const char *password)
{
	access_work_t work;
	assert_int_equal(
		access_password_begin(room->access, slice_str(password), &work, &room->detail),
		ERR_OK);
	access_work(&work);
	return work;
}

static inline access_change_t room_user(const char *name, role_t role, const access_work_t *work)
{
	return (access_change_t){ .verb = ACCESS_USER_ADD,
		                  .name = slice_str(name),
		                  .role = role,
		                  .enabled = true,
		                  .password = work,
		                  .caller = room_admin() };
}

static inline void room_add(room_t *room, const char *name, role_t role)
{
	access_work_t work = room_password(room, PASSWORD);
	assert_int_equal(room_change(room, room_user(name, role, &work)), ERR_OK);
}

MUST_CHECK static inline err_t room_login(room_t *room, const char *name, const char *password,
                                          ip_t source, caller_t *ret_caller)
{
	access_work_t work;
	err_t err = access_login_begin(room->access, slice_str(name), slice_str(password), source,
	                               &work);
	if (err)
		return err;
	access_work(&work);
	return access_login_end(room->access, &work, ret_caller);
}

#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)
#endif
