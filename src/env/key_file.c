/* SPDX-License-Identifier: Apache-2.0 */
#include "env/key_file.h"

#include "base/num.h"
#include "env/crypto.h"
#include "env/file.h"

enum { TEXT_MAX = 256, PATH_MAX_BYTES = 1024 };

static err_t make(env_t *env, const char *path, const char *head, uint8_t ret_key[KEY_FILE_BYTES])
{
	uint8_t key[KEY_FILE_BYTES];
	char hex[2 * KEY_FILE_BYTES + 1], text[TEXT_MAX];
	env_random(env, key, sizeof(key));
	num_to_hex(slice_of(key, KEY_FILE_BYTES), hex);
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "%s 1\n%s\n", head, hex);
	err_t err = env_file_save(env, path, writer_done(&w));
	if (!err)
		memcpy(ret_key, key, sizeof(key));
	env_wipe(key, sizeof(key));
	env_wipe(hex, sizeof(hex));
	env_wipe(text, sizeof(text));
	return err;
}

static err_t parse(slice_t text, const char *head, uint8_t ret_key[KEY_FILE_BYTES])
{
	uint64_t version = 0;
	size_t len = 0;
	slice_t line = slice_cut(&text, '\n');
	if (!slice_eq(slice_cut(&line, ' '), slice_str(head)) ||
	    num_parse_u64(line, UINT32_MAX, &version))
		return ERR_CORRUPT;
	if (version > 1)
		return ERR_NEWER_FORMAT;
	err_t err = num_from_hex(slice_trim(text), ret_key, KEY_FILE_BYTES, &len);
	return err || len != KEY_FILE_BYTES ? ERR_CORRUPT : ERR_OK;
}

err_t key_file_load(env_t *env, const char *path, const char *head, uint8_t ret_key[KEY_FILE_BYTES])
{
	char text[TEXT_MAX];
	uint8_t key[KEY_FILE_BYTES];
	size_t len = 0;
	err_t err = env_file_load(env, path, text, sizeof(text), &len);
	if (!err)
		err = parse(slice_of(text, len), head, key);
	if (!err)
		memcpy(ret_key, key, sizeof(key));
	env_wipe(key, sizeof(key));
	env_wipe(text, sizeof(text));
	return err == ERR_TOO_BIG ? ERR_CORRUPT : err;
}

err_t key_file_open(env_t *env, const key_file_t *file, uint8_t ret_key[KEY_FILE_BYTES])
{
	char path[PATH_MAX_BYTES];
	err_t err = env_dir_make(env, file->dir);
	if (!err)
		err = env_path_join(file->dir, file->name, path, sizeof(path));
	if (!err)
		err = key_file_load(env, path, file->head, ret_key);
	return err == ERR_NOT_FOUND ? make(env, path, file->head, ret_key) : err;
}
