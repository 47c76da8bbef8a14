/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num.h"
#include "env/crypto.h"
#include "env/key_file.h"
#include "release/address.h"
#include "release/release.h"

#include <stdio.h>

enum { PSEUDONYM_BYTES = 10 };

static const err_text_t UNUSABLE = {
	{ "cannot use the key of pseudonyms %1: %2", "无法使用化名密钥 %1：%2" },
	{ "put it back from a backup; without it a new one is made, and who was known by one "
	  "pseudonym gets another",
	  "请从备份恢复；删除后会生成新的密钥，同一对象的化名将改变" },
};

err_t release_key_open(env_t *env, const char *keys_dir, release_key_t *ret_key,
                       err_detail_t *ret_detail)
{
	key_file_t file = { keys_dir, "pseudonym.key", "jizhu-pseudonym-key" };
	_Static_assert(sizeof(ret_key->bytes) == KEY_FILE_BYTES, "one size of keys");
	err_t err = key_file_open(env, &file, ret_key->bytes);
	if (err)
		return err_raise(ret_detail, err, &UNUSABLE, "", keys_dir,
		                 err_info(err)->text[LANG_EN], NULL);
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
