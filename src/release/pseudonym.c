/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num.h"
#include "env/crypto.h"
#include "env/file.h"
#include "release/address.h"
#include "release/release.h"

#include <stdio.h>

enum { KEY_FILE_MAX = 256, PSEUDONYM_BYTES = 10 };

#define KEY_HEAD "jizhu-pseudonym-key "

static const err_text_t UNUSABLE = {
	{ "cannot use the key of pseudonyms %1: %2", "无法使用化名密钥 %1：%2" },
	{ "put it back from a backup; without it a new one is made, and who was known by one "
	  "pseudonym gets another",
	  "请从备份恢复；删除后会生成新的密钥，同一对象的化名将改变" },
};

static err_t key_make(env_t *env, const char *path, release_key_t *key)
{
	char hex[2 * RELEASE_KEY_BYTES + 1], text[KEY_FILE_MAX];
	env_random(env, key->bytes, sizeof(key->bytes));
	num_to_hex(slice_of(key->bytes, sizeof(key->bytes)), hex);
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, KEY_HEAD "1\n%s\n", hex);
	err_t err = env_file_save(env, path, writer_done(&w));
	env_wipe(hex, sizeof(hex));
	env_wipe(text, sizeof(text));
	return err;
}

static err_t key_parse(slice_t text, release_key_t *ret_key)
{
	uint64_t version = 0;
	size_t len = 0;
	slice_t head = slice_cut(&text, '\n');
	if (!slice_starts(head, SLICE(KEY_HEAD)) ||
	    num_parse_u64(slice_from(head, sizeof(KEY_HEAD) - 1), UINT32_MAX, &version))
		return ERR_CORRUPT;
	if (version > 1)
		return ERR_NEWER_FORMAT;
	if (num_from_hex(slice_trim(text), ret_key->bytes, sizeof(ret_key->bytes), &len) ||
	    len != sizeof(ret_key->bytes))
		return ERR_CORRUPT;
	return ERR_OK;
}

static err_t key_load(env_t *env, const char *path, release_key_t *ret_key)
{
	char text[KEY_FILE_MAX];
	size_t len = 0;
	err_t err = env_file_load(env, path, text, sizeof(text), &len);
	if (err == ERR_NOT_FOUND)
		return key_make(env, path, ret_key);
	if (!err)
		err = key_parse(slice_of(text, len), ret_key);
	env_wipe(text, sizeof(text));
	return err == ERR_TOO_BIG ? ERR_CORRUPT : err;
}

err_t release_key_open(env_t *env, const char *keys_dir, release_key_t *ret_key,
                       err_detail_t *ret_detail)
{
	char path[ERR_WHERE_MAX + 864];
	release_key_t key = { { 0 } };
	err_t err = env_dir_make(env, keys_dir);
	if (!err)
		err = env_path_join(keys_dir, "pseudonym.key", path, sizeof(path));
	if (!err)
		err = key_load(env, path, &key);
	if (err)
		return err_raise(ret_detail, err, &UNUSABLE, "", keys_dir,
		                 err_info(err)->text[LANG_EN], NULL);
	*ret_key = key;
	return ERR_OK;
}

const char *release_pseudonym(const release_key_t *key, slice_t text,
                              char buf[RELEASE_PSEUDONYM_MAX])
{
	uint8_t mac[SHA256_BYTES];
	char hex[2 * PSEUDONYM_BYTES + 1];
	addr_t addr = { 0 };
	bool is_ip = ip_parse(text, &addr.ip) == ERR_OK;
	bool is_addr = is_ip || addr_parse(text, &addr) == ERR_OK;
	addr.ip = address_unmapped(addr.ip);
	/* One address has many spellings, and one host many ports. */
	const slice_t parts[] = { is_addr ? SLICE("ip") : SLICE("text"),
		                  slice_of(&addr.ip.family, 1),
		                  is_addr ? slice_of(addr.ip.bytes, sizeof(addr.ip.bytes)) : text };
	env_hmac_sha256_parts(slice_of(key->bytes, sizeof(key->bytes)), parts,
	                      sizeof(parts) / sizeof(parts[0]), mac);
	num_to_hex(slice_of(mac, PSEUDONYM_BYTES), hex);
	snprintf(buf, RELEASE_PSEUDONYM_MAX, is_addr && !is_ip ? "inner-%s:%u" : "inner-%s", hex,
	         (unsigned)addr.port);
	return buf;
}
