/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/base64.h"
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/signing.h"
#include "codec/handle/handle.h"
#include "env/file.h"
#include "env/pkey.h"
#include "env/posix/posix.h"
#include "registry/identity/identity.h"

/* The key pair of an identity on the Handle wire. The private half stays in its file. */

enum { INDEX = 300, VALUE_MAX = 4096, OUT_MAX = 32 * 1024 };

static const err_text_t text_there = {
	{ "the file is there already", "文件已存在" },
	{ "choose another name: a private key is never overwritten",
	  "请改用其他文件名：私钥不会被覆盖" },
};
static const err_text_t text_kind = {
	{ "%1 is no kind of key the Handle wire knows", "%1 不是标识协议支持的密钥类型" },
	{ "rsa or sm2", "请使用 rsa 或 sm2" },
};
static const err_text_t text_file = {
	{ "the key cannot be read or written: %1", "无法读写密钥：%1" },
	{ "check the path, its owner and permissions", "请检查路径、属主和权限" },
};

static void put_data(json_t *j, slice_t base64)
{
	json_key(j, "data");
	json_object(j);
	json_put_cstr(j, "format", "base64");
	json_put_str(j, "value", base64);
	json_close(j);
}

static void put_public(json_t *j, const env_pkey_t *key, slice_t base64, slice_t pem)
{
	json_object(j);
	json_put_cstr(j, "kind", env_pkey_word(env_pkey_kind(key)));
	json_put_u64(j, "bits", env_pkey_bits(key));
	json_put_u64(j, "index", INDEX);
	json_put_cstr(j, "type", "HS_PUBKEY");
	put_data(j, base64);
	json_put_str(j, "pem", pem);
	json_close(j);
}

static err_t print_public(const env_pkey_t *key)
{
	uint8_t value[VALUE_MAX], text[2 * VALUE_MAX], pem[VALUE_MAX];
	char out[OUT_MAX];
	writer_t v = writer_of(value, sizeof(value)), p = writer_of(pem, sizeof(pem));
	writer_t t = writer_of(text, sizeof(text));
	err_t err = registry_key_write(key, false, &v);
	if (!err)
		err = env_pkey_to_pem(key, false, &p);
	if (err)
		return err;
	base64_encode(writer_done(&v), BASE64_PLAIN, &t);
	json_t j = json_of(out, sizeof(out));
	put_public(&j, key, writer_done(&t), writer_done(&p));
	if (t.bad || !json_ok(&j))
		return ERR_TOO_BIG;
	slice_t done = json_done(&j);
	printf("%.*s\n", (int)done.len, (const char *)done.ptr);
	return ERR_OK;
}

/* ERR_EXISTS rather than the loss of a key. */
static err_t check_absent(env_t *env, const char *path)
{
	env_file_t *file = NULL;
	err_t err = env_file_open(env, path, ENV_OPEN_READ, &file);
	env_file_close(file);
	return err == ERR_NOT_FOUND ? ERR_OK : err ? err : ERR_EXISTS;
}

static err_t make(env_t *env, const char *path, env_pkey_kind_t kind, env_pkey_t **ret_key)
{
	err_t err = check_absent(env, path);
	if (!err)
		err = env_pkey_generate(kind, ret_key);
	return err ? err : env_pkey_save(env, path, *ret_key);
}

static int run(env_t *env, bool is_new, const char *path, env_pkey_kind_t kind)
{
	env_pkey_t *key = NULL;
	err_detail_t detail;
	err_t err = is_new ? make(env, path, kind, &key) : env_pkey_load(env, path, &key);
	if (!err)
		err = print_public(key);
	env_pkey_free(key);
	if (!err)
		return 0;
	(void)!err_raise(&detail, err, err == ERR_EXISTS ? &text_there : &text_file, path,
	                 err_info(err)->text[cmd_lang()], (char *)NULL);
	return cmd_fail(&detail);
}

static bool kind_named(const char *word, env_pkey_kind_t *ret_kind)
{
	bool is_sm2 = slice_eq(slice_str(word), SLICE("sm2"));
	*ret_kind = is_sm2 ? ENV_PKEY_SM2 : ENV_PKEY_RSA;
	return is_sm2 || slice_eq(slice_str(word), SLICE("rsa"));
}

static int keys(int argc, char **argv)
{
	const char *word = "rsa";
	int rest;
	const option_t options[] = {
		{ "kind", "rsa|sm2", "kind of a new key (rsa)", OPTION_TEXT, &word },
		{ 0 },
	};
	env_t *env = NULL;
	err_detail_t detail;
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	slice_t verb = slice_str(rest > 0 ? argv[0] : "");
	bool is_new = slice_eq(verb, SLICE("new"));
	env_pkey_kind_t kind;
	if (rest != 2 || (!is_new && !slice_eq(verb, SLICE("show"))))
		return cmd_fail_plain(
			ERR_USAGE, "jizhu identity new|show FILE, sign NAME, certify INDEX:HANDLE");
	if (!kind_named(word, &kind)) {
		(void)!err_raise(&detail, ERR_USAGE, &text_kind, "", word, (char *)NULL);
		return cmd_fail(&detail);
	}
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	int code = run(env, is_new, argv[1], kind);
	posix_env_close(env);
	return code;
}

int cmd_identity(int argc, char **argv)
{
	slice_t verb = slice_str(argc > 0 ? argv[0] : "");
	if (slice_eq(verb, SLICE("sign")))
		return identity_sign(argc - 1, argv + 1);
	if (slice_eq(verb, SLICE("certify")))
		return identity_certify(argc - 1, argv + 1);
	return keys(argc, argv);
}
