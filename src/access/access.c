/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, and the three ways to become a caller. */
#include "access/state.h"

#include <stdio.h>
#include <stdlib.h>

#include "access/admin_token.h"
#include "base/num.h"
#include "journal/follow.h"

enum { COOKIE_RANDOM_BYTES = 32, CSRF_RANDOM_BYTES = 16 };

static const err_text_t text_record = {
	{ "a record of users in the main journal cannot be used: %1",
	  "无法使用主日志中的用户记录：%1" },
	{ "run jizhu verify on the data folder", "请对数据目录运行 jizhu verify" },
};

static err_t replay_record(void *ctx, const journal_record_t *record)
{
	access_t *access = ctx;
	entry_t entry;
	err_t err = entry_read(record->payload, &entry);
	return err ? err : people_apply(&access->people, &entry);
}

/* Users and tokens as the journal has them. */
static err_t replay(access_t *access)
{
	return journal_replay(&(journal_follower_t){ .journal = access->spec.journal,
	                                             .types = JOURNAL_TYPE_BIT(JOURNAL_ACCESS),
	                                             .take = replay_record,
	                                             .ctx = access });
}

static err_t follow(access_t *access)
{
	env_mailbox_spec_t mail = {
		.name = "access durable",
		.reader = access->spec.loop,
		.item_size = sizeof(uint64_t),
		.capacity = 1,
		.policy = ENV_FULL_DROP,
		.ready = access_changes_durable,
		.ctx = access,
	};
	if (!access->spec.loop)
		return ERR_OK;
	err_t err = env_mailbox_new(&mail, &access->durable);
	return err ? err : journal_subscribe(access->spec.journal, access->durable);
}

static err_t open_parts(access_t *access, err_detail_t *ret_detail)
{
	err_t err = admin_token_hash(access->env, access->spec.keys_dir, access->admin_hash,
	                             ret_detail);
	if (err)
		return err;
	err = replay(access);
	if (err)
		return err_raise(ret_detail, err, &text_record, "", err_info(err)->text[LANG_EN],
		                 (char *)NULL);
	err = follow(access);
	return err ? err_raise(ret_detail, err, NULL, "", (char *)NULL) : ERR_OK;
}

err_t access_open(env_t *env, const access_spec_t *spec, access_t **ret_access,
                  err_detail_t *ret_detail)
{
	access_t *access = calloc(1, sizeof(*access));
	if (!access)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, spec->keys_dir, (char *)NULL);
	access->env = env;
	access->spec = *spec;
	if (!spec->rounds)
		access->spec.rounds = ACCESS_ROUNDS;
	err_t err = open_parts(access, ret_detail);
	if (err)
		access_close(access);
	else
		*ret_access = access;
	return err;
}

void access_close(access_t *access)
{
	if (!access)
		return;
	if (access->durable)
		journal_unsubscribe(access->spec.journal, access->durable);
	env_mailbox_free(access->durable);
	env_wipe(access, sizeof(*access));
	free(access);
}

void access_on_end(access_t *access, void (*fn)(void *ctx, slice_t subject), void *ctx)
{
	access->ended = fn;
	access->ended_ctx = ctx;
}

/* Callers. */

static caller_t caller_make(access_t *access, const char *kind, const char *name,
                            const access_user_t *user)
{
	snprintf(access->subject, sizeof(access->subject), "%s:%s", kind, name);
	return (caller_t){ .subject = slice_str(access->subject),
		           .role = user->role,
		           .scope = slice_str(user->scope) };
}

static bool key_is_live(const access_t *access, const access_key_t *key)
{
	return key && (key->expires_ns == 0 || env_utc(access->env).ns < key->expires_ns);
}

/* The caller of an API token, or false. */
static bool key_caller(access_t *access, access_key_t *key, caller_t *ret_caller)
{
	const access_user_t *owner = key ? people_user(&access->people, slice_str(key->owner))
	                                 : NULL;
	if (!owner || !owner->enabled || !key_is_live(access, key))
		return false;
	key->used_ns = env_utc(access->env).ns;
	*ret_caller = caller_make(access, "token", key->id, owner);
	if (key->role < owner->role)
		ret_caller->role = key->role;
	return true;
}

err_t access_token(access_t *access, slice_t token, ip_t source, caller_t *ret_caller)
{
	int64_t now_ns = env_now(access->env);
	failure_key_t from = failure_key_source(source);
	if (failures_block(&access->token_failures, from, now_ns)) {
		access->refused++;
		return ERR_BUSY;
	}
	uint8_t hash[SHA256_BYTES];
	env_sha256(&token, 1, hash);
	access_key_t *key = people_key_hashed(&access->people, hash);
	if (env_secret_eq(slice_of(hash, sizeof(hash)),
	                  slice_of(access->admin_hash, SHA256_BYTES))) {
		*ret_caller = (caller_t){ .subject = SLICE("admin"), .role = ROLE_ADMIN };
		return ERR_OK;
	}
	if (key_caller(access, key, ret_caller))
		return ERR_OK;
	access->failed++;
	failures_add(&access->token_failures, from, now_ns);
	return ERR_UNAUTHENTICATED;
}

/* Passwords. */

static void work_fill(access_t *access, const access_user_t *user, slice_t password,
                      access_work_t *work)
{
	env_random(access->env, work->salt, sizeof(work->salt));
	work->rounds = access->spec.rounds;
	if (user) {
		memcpy(work->salt, user->salt, sizeof(work->salt));
		work->rounds = user->rounds;
		memcpy(work->user, user->name, sizeof(work->user));
	}
	work->password_len = password.len;
	memcpy(work->password, password.ptr, password.len);
}

/* Counted before the slow part, so that many at once are no more than one by one. */
err_t access_login_begin(access_t *access, slice_t user, slice_t password, ip_t source,
                         access_work_t *ret_work)
{
	int64_t now_ns = env_now(access->env);
	failure_key_t from = failure_key_source(source), name = failure_key_name(user);
	failures_t *failures = &access->password_failures;
	if (failures_block(failures, from, now_ns) || failures_block(failures, name, now_ns)) {
		access->refused++;
		return ERR_BUSY;
	}
	failures_add(failures, from, now_ns);
	failures_add(failures, name, now_ns);
	const access_user_t *found = people_user(&access->people, user);
	if (password.len == 0 || password.len > ACCESS_PASSWORD_MAX) {
		password = SLICE("no password is so short or so long");
		found = NULL;
	}
	*ret_work = (access_work_t){ .source = source };
	work_fill(access, found, password, ret_work);
	return ERR_OK;
}

void access_work(access_work_t *work)
{
	slice_t password = slice_of(work->password, work->password_len);
	slice_t salt = slice_of(work->salt, sizeof(work->salt));
	work->is_done = env_password_hash(password, salt, work->rounds, work->hash) == ERR_OK;
	env_wipe(work->password, sizeof(work->password));
}

void access_work_wipe(access_work_t *work)
{
	env_wipe(work, sizeof(*work));
}

static bool work_is_right(const access_work_t *work, const access_user_t *user)
{
	return user && user->enabled && user->rounds == work->rounds &&
	       memcmp(user->salt, work->salt, sizeof(user->salt)) == 0 &&
	       env_secret_eq(slice_of(user->hash, SHA256_BYTES),
	                     slice_of(work->hash, SHA256_BYTES));
}

err_t access_login_end(access_t *access, const access_work_t *work, caller_t *ret_caller)
{
	int64_t now_ns = env_now(access->env);
	const access_user_t *user = people_user(&access->people, slice_str(work->user));
	if (!work->is_done)
		return ERR_NO_MEMORY;
	if (!work_is_right(work, user)) {
		access->failed++;
		return ERR_UNAUTHENTICATED;
	}
	failures_forgive(&access->password_failures, failure_key_source(work->source), now_ns);
	failures_forgive(&access->password_failures, failure_key_name(slice_str(work->user)),
	                 now_ns);
	*ret_caller = caller_make(access, "user", user->name, user);
	return ERR_OK;
}

/* Sessions. */

err_t access_session_open(access_t *access, const caller_t *caller, access_session_t *ret_session)
{
	int64_t now_ns = env_now(access->env);
	uint8_t random[COOKIE_RANDOM_BYTES + CSRF_RANDOM_BYTES];
	if (caller->subject.len > ACCESS_SUBJECT_MAX || caller->scope.len > ACCESS_SCOPE_MAX)
		return ERR_TOO_BIG;
	env_random(access->env, random, sizeof(random));
	slice_t bytes = slice_of(random, sizeof(random));
	num_to_hex(slice_sub(bytes, 0, COOKIE_RANDOM_BYTES), ret_session->cookie);
	num_to_hex(slice_from(bytes, COOKIE_RANDOM_BYTES), ret_session->csrf);
	session_t *session = sessions_take(&access->sessions, now_ns);
	slice_t cookie = slice_str(ret_session->cookie);
	env_sha256(&cookie, 1, session->cookie_hash);
	memcpy(session->csrf, ret_session->csrf, sizeof(session->csrf));
	(void)slice_to_cstr(caller->subject, session->subject, sizeof(session->subject));
	(void)slice_to_cstr(caller->scope, session->scope, sizeof(session->scope));
	session->role = caller->role;
	session->used_ns = now_ns;
	session->open = true;
	env_wipe(random, sizeof(random));
	return ERR_OK;
}

/* A session opened with an API token lasts no longer than the token. */
static bool is_current(access_t *access, slice_t subject)
{
	if (!slice_starts(subject, SLICE("token:")))
		return true;
	return key_is_live(access,
	                   people_key(&access->people, slice_from(subject, strlen("token:"))));
}

err_t access_session(access_t *access, slice_t cookie, slice_t csrf, bool writes,
                     caller_t *ret_caller)
{
	int64_t now_ns = env_now(access->env);
	session_t *session = sessions_find(&access->sessions, cookie, now_ns);
	if (!session)
		return ERR_UNAUTHENTICATED;
	slice_t subject = slice_str(session->subject);
	if (!is_current(access, subject)) {
		session_close(session);
		return ERR_UNAUTHENTICATED;
	}
	if (writes && !env_secret_eq(csrf, slice_str(session->csrf)))
		return ERR_DENIED;
	session->used_ns = now_ns;
	*ret_caller = (caller_t){ .subject = subject,
		                  .role = session->role,
		                  .scope = slice_str(session->scope) };
	return ERR_OK;
}

const char *access_session_csrf(access_t *access, slice_t cookie)
{
	session_t *session = sessions_find(&access->sessions, cookie, env_now(access->env));
	return session ? session->csrf : "";
}

void access_session_close(access_t *access, slice_t cookie)
{
	session_t *session = sessions_find(&access->sessions, cookie, env_now(access->env));
	if (session)
		session_close(session);
}

/* Looking. */

const access_user_t *access_user_at(const access_t *access, size_t i)
{
	return i < access->people.user_count ? &access->people.users[i] : NULL;
}

const access_user_t *access_user_named(access_t *access, slice_t name)
{
	return people_user(&access->people, name);
}

const access_key_t *access_key_at(const access_t *access, size_t i)
{
	return i < access->people.key_count ? &access->people.keys[i] : NULL;
}

const access_key_t *access_key_named(access_t *access, slice_t id)
{
	return people_key(&access->people, id);
}

access_stats_t access_stats(const access_t *access)
{
	return (access_stats_t){ .sessions = sessions_count(&access->sessions),
		                 .displaced = access->sessions.displaced,
		                 .failures = access->failed,
		                 .refused = access->refused,
		                 .users = access->people.user_count,
		                 .tokens = access->people.key_count };
}
