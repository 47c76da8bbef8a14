/* SPDX-License-Identifier: Apache-2.0 */
/* The token's text exists in memory only while the file is made or read; what
 * stays is its hash, and callers are compared by hash. */
#include "access/admin_token.h"

#include <stdio.h>

#include "access/secret.h"
#include "base/num.h"
#include "env/file.h"

enum { TOKEN_LEN = ACCESS_TOKEN_TEXT - 1, PATH_MAX_BYTES = 1024 };

#define TOKEN_FILE "admin.token"

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
	char line[ACCESS_TOKEN_TEXT + 1];
	secret_make(env, text);
	int len = snprintf(line, sizeof(line), "%s\n", text);
	err_t err = env_file_save(env, path, slice_of(line, (size_t)len));
	env_wipe(line, sizeof(line));
	return err;
}

/* "jz_" and 40 hexadecimal digits. */
static bool is_token(slice_t text)
{
	uint8_t bytes[SECRET_RANDOM_BYTES];
	size_t len = 0;
	bool good = text.len == TOKEN_LEN && slice_starts(text, SLICE(SECRET_HEAD)) &&
	            !num_from_hex(slice_from(text, sizeof(SECRET_HEAD) - 1), bytes, sizeof(bytes),
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

err_t admin_token_hash(env_t *env, const char *keys_dir, uint8_t ret_hash[SHA256_BYTES],
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
