/* SPDX-License-Identifier: Apache-2.0 */
/* The token's text exists in memory only while the file is made or read; what
 * stays is its hash, and callers are compared by hash. */
#include "access/access.h"

#include <stdio.h>
#include <stdlib.h>

#include "access/failures.h"
#include "access/sessions.h"
#include "base/num.h"
#include "env/file.h"

enum {
	TOKEN_RANDOM_BYTES = 20,
	TOKEN_LEN = ACCESS_TOKEN_TEXT - 1,
	COOKIE_RANDOM_BYTES = 32,
	CSRF_RANDOM_BYTES = 16,
	PATH_MAX_BYTES = 1024,
};

#define TOKEN_HEAD "jz_"
#define TOKEN_FILE "admin.token"

struct access {
	env_t *env;
	uint8_t token_hash[SHA256_BYTES];
	sessions_t sessions;
	failures_t failures;
	uint64_t failed, refused;
};

static const err_text_t DAMAGED = {
	{ "the file holds no token", "文件中没有令牌" },
	{ "Delete it; the next start makes a new one", "请删除该文件；下次启动时会生成新的令牌" },
};
static const err_text_t UNUSABLE = {
	{ "the token file cannot be read or written", "无法读写令牌文件" },
	{ "Check the owner, the permissions and the space of its folder",
	  "请检查所在目录的属主、权限和剩余空间" },
};

static err_t token_make(env_t *env, const char *path, char text[ACCESS_TOKEN_TEXT])
{
	uint8_t random[TOKEN_RANDOM_BYTES];
	char line[ACCESS_TOKEN_TEXT + 1];
	env_random(env, random, sizeof(random));
	memcpy(text, TOKEN_HEAD, sizeof(TOKEN_HEAD));
	num_to_hex(slice_of(random, sizeof(random)), &text[sizeof(TOKEN_HEAD) - 1]);
	int len = snprintf(line, sizeof(line), "%s\n", text);
	err_t err = env_file_save(env, path, slice_of(line, (size_t)len));
	env_wipe(random, sizeof(random));
	env_wipe(line, sizeof(line));
	return err;
}

/* "jz_" and 40 hexadecimal digits. */
static bool is_token(slice_t text)
{
	uint8_t bytes[TOKEN_RANDOM_BYTES];
	size_t len = 0;
	bool good = text.len == TOKEN_LEN && slice_starts(text, SLICE(TOKEN_HEAD)) &&
	            !num_from_hex(slice_from(text, sizeof(TOKEN_HEAD) - 1), bytes, sizeof(bytes),
	                          &len) &&
	            len == sizeof(bytes);
	env_wipe(bytes, sizeof(bytes));
	return good;
}

/* The token of the file, made when there is none. */
static err_t token_load(env_t *env, const char *path, char text[ACCESS_TOKEN_TEXT])
{
	char file[2 * ACCESS_TOKEN_TEXT];
	size_t len = 0;
	err_t err = env_file_load(env, path, file, sizeof(file), &len);
	if (err == ERR_NOT_FOUND)
		return token_make(env, path, text);
	slice_t found = slice_trim(slice_of(file, len));
	if (err == ERR_TOO_BIG || (!err && !is_token(found)))
		err = ERR_CORRUPT;
	if (!err && !slice_to_cstr(found, text, ACCESS_TOKEN_TEXT))
		err = ERR_CORRUPT;
	env_wipe(file, sizeof(file));
	return err;
}

static err_t token_hash(env_t *env, const char *keys_dir, uint8_t ret_hash[SHA256_BYTES],
                        err_detail_t *ret_detail)
{
	char path[PATH_MAX_BYTES], text[ACCESS_TOKEN_TEXT] = "";
	int len = snprintf(path, sizeof(path), "%s/" TOKEN_FILE, keys_dir);
	if (len < 0 || (size_t)len >= sizeof(path))
		return err_raise(ret_detail, ERR_INVALID, &UNUSABLE, keys_dir, NULL);
	err_t err = env_dir_make(env, keys_dir);
	if (!err)
		err = token_load(env, path, text);
	if (err)
		return err_raise(ret_detail, err, err == ERR_CORRUPT ? &DAMAGED : &UNUSABLE, path,
		                 NULL);
	slice_t token = slice_of(text, TOKEN_LEN);
	env_sha256(&token, 1, ret_hash);
	env_wipe(text, sizeof(text));
	return ERR_OK;
}

err_t access_open(env_t *env, const char *keys_dir, access_t **ret_access, err_detail_t *ret_detail)
{
	access_t *access = calloc(1, sizeof(*access));
	if (!access)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, keys_dir, NULL);
	access->env = env;
	err_t err = token_hash(env, keys_dir, access->token_hash, ret_detail);
	if (err)
		access_close(access);
	else
		*ret_access = access;
	return err;
}

void access_close(access_t *access)
{
	if (access)
		env_wipe(access, sizeof(*access));
	free(access);
}

err_t access_token(access_t *access, slice_t token, ip_t source, caller_t *ret_caller)
{
	int64_t now_ns = env_now(access->env);
	if (failures_block(&access->failures, source, now_ns)) {
		access->refused++;
		return ERR_BUSY;
	}
	uint8_t hash[SHA256_BYTES];
	env_sha256(&token, 1, hash);
	if (!env_secret_eq(slice_of(hash, sizeof(hash)),
	                   slice_of(access->token_hash, SHA256_BYTES))) {
		access->failed++;
		failures_add(&access->failures, source, now_ns);
		return ERR_UNAUTHENTICATED;
	}
	*ret_caller = (caller_t){ .subject = SLICE("admin"), .role = ROLE_ADMIN };
	return ERR_OK;
}

err_t access_session_open(access_t *access, const caller_t *caller, access_session_t *ret_session)
{
	int64_t now_ns = env_now(access->env);
	uint8_t random[COOKIE_RANDOM_BYTES + CSRF_RANDOM_BYTES];
	env_random(access->env, random, sizeof(random));
	slice_t bytes = slice_of(random, sizeof(random));
	num_to_hex(slice_sub(bytes, 0, COOKIE_RANDOM_BYTES), ret_session->cookie);
	num_to_hex(slice_from(bytes, COOKIE_RANDOM_BYTES), ret_session->csrf);
	session_t *session = sessions_take(&access->sessions, now_ns);
	slice_t cookie = slice_str(ret_session->cookie);
	env_sha256(&cookie, 1, session->cookie_hash);
	memcpy(session->csrf, ret_session->csrf, sizeof(session->csrf));
	session->caller = *caller;
	session->used_ns = now_ns;
	session->open = true;
	env_wipe(random, sizeof(random));
	return ERR_OK;
}

err_t access_session(access_t *access, slice_t cookie, slice_t csrf, bool writes,
                     caller_t *ret_caller)
{
	int64_t now_ns = env_now(access->env);
	session_t *session = sessions_find(&access->sessions, cookie, now_ns);
	if (!session)
		return ERR_UNAUTHENTICATED;
	if (writes && !env_secret_eq(csrf, slice_str(session->csrf)))
		return ERR_DENIED;
	session->used_ns = now_ns;
	*ret_caller = session->caller;
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

access_stats_t access_stats(const access_t *access)
{
	return (access_stats_t){ .sessions = sessions_count(&access->sessions),
		                 .displaced = access->sessions.displaced,
		                 .failures = access->failed,
		                 .refused = access->refused };
}
