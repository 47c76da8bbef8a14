/* SPDX-License-Identifier: Apache-2.0 */
#include "api/certificate.h"

#include <stdlib.h>

#include "env/file.h"
#include "model/time.h"

#define DAY_NS (86400 * NS_PER_S)
#define OWN_NS (825 * DAY_NS) /* the longest that browsers take */

static const err_text_t text_file = {
	{ "cannot use the file %1: %2", "无法使用文件 %1：%2" },
	{ "name a PEM file that the node's user can read", "请给出节点用户可读的 PEM 文件" },
};

static const err_text_t text_pem = {
	{ "%1 holds no %2 in PEM form", "%1 中没有 PEM 格式的%2" },
	{ "write it as PEM, a key without password", "请使用 PEM 格式，密钥不设密码" },
};

static const err_text_t text_own_key = {
	{ "the node's own key %1 is damaged", "节点自己的密钥 %1 已损坏" },
	{ "delete it and tls.crt beside it: the node makes new ones",
	  "请删除它和旁边的 tls.crt：节点会重新生成" },
};

static const err_text_t text_pair = {
	{ "%1 is not the key of the certificate %2", "%1 不是证书 %2 的密钥" },
	{ "name the key that the certificate was made for", "请给出该证书对应的密钥" },
};

static slice_t chain_of(const certificate_t *c)
{
	return slice_of(c->certificate, c->certificate_len);
}

static slice_t key_of(const certificate_t *c)
{
	return slice_of(c->key, c->key_len);
}

/* Reading and judging. */

static err_t raise_file(err_t err, const char *path, err_detail_t *ret_detail)
{
	return err_raise(ret_detail, err, &text_file, "", path, err_info(err)->text[LANG_EN],
	                 (char *)NULL);
}

static err_t info_read(certificate_t *c)
{
	uint8_t der[ENV_X509_PEM_MAX];
	writer_t w = writer_of(der, sizeof(der));
	err_t err = env_x509_der(chain_of(c), &w);
	return err ? err : env_x509_read(writer_done(&w), &c->info);
}

/* What the files hold belongs together. */
static err_t judge(certificate_t *c, err_detail_t *ret_detail)
{
	err_t err = info_read(c);
	if (err)
		return err_raise(ret_detail, err, &text_pem, "", c->certificate_path, "certificate",
		                 (char *)NULL);
	err = env_x509_check_pair(chain_of(c), key_of(c));
	if (err == ERR_CONFLICT)
		return err_raise(ret_detail, err, &text_pair, "", c->key_path, c->certificate_path,
		                 (char *)NULL);
	if (err)
		return err_raise(ret_detail, err, c->is_own ? &text_own_key : &text_pem, "",
		                 c->key_path, "private key", (char *)NULL);
	return ERR_OK;
}

static err_t load_given(env_t *env, certificate_t *c, err_detail_t *ret_detail)
{
	err_t err = env_file_load(env, c->certificate_path, c->certificate, sizeof(c->certificate),
	                          &c->certificate_len);
	if (err)
		return raise_file(err, c->certificate_path, ret_detail);
	err = env_file_load(env, c->key_path, c->key, sizeof(c->key), &c->key_len);
	return err ? raise_file(err, c->key_path, ret_detail) : ERR_OK;
}

/* The node's own. */

static err_t own_key(env_t *env, certificate_t *c)
{
	err_t err = env_file_load(env, c->key_path, c->key, sizeof(c->key), &c->key_len);
	if (err != ERR_NOT_FOUND)
		return err;
	writer_t w = writer_of(c->key, sizeof(c->key));
	err = env_x509_make_key(&w);
	c->key_len = w.len;
	return err ? err : env_file_save(env, c->key_path, key_of(c));
}

static bool own_is_good(env_t *env, certificate_t *c, ip_t ip)
{
	uint8_t der[ENV_X509_PEM_MAX];
	writer_t w = writer_of(der, sizeof(der));
	return env_file_load(env, c->certificate_path, c->certificate, sizeof(c->certificate),
	                     &c->certificate_len) == ERR_OK &&
	       env_x509_check_pair(chain_of(c), key_of(c)) == ERR_OK &&
	       env_x509_der(chain_of(c), &w) == ERR_OK && info_read(c) == ERR_OK &&
	       (ip_is_any(ip) || env_x509_covers(writer_done(&w), ip)) &&
	       certificate_age(&c->info, env_utc(env).ns) == CERTIFICATE_VALID;
}

/* Valid since yesterday, because clocks differ. */
static err_t own_make(env_t *env, certificate_t *c, ip_t ip)
{
	char host[ENV_HOST_MAX];
	int64_t now_ns = env_utc(env).ns;
	env_x509_spec_t spec = { .host = host,
		                 .ip = ip,
		                 .not_before_ns = now_ns - DAY_NS,
		                 .not_after_ns = now_ns - DAY_NS + OWN_NS };
	writer_t w = writer_of(c->certificate, sizeof(c->certificate));
	env_host_name(env, host);
	env_random(env, spec.serial, sizeof(spec.serial));
	spec.serial[0] &= 0x7F; /* positive, RFC 5280 4.1.2.2 */
	err_t err = env_x509_make(&spec, key_of(c), &w);
	/* A machine may be called what no certificate can name. */
	if (err == ERR_INVALID) {
		spec.host = "localhost";
		err = env_x509_make(&spec, key_of(c), &w);
	}
	c->certificate_len = w.len;
	return err ? err : env_file_save(env, c->certificate_path, chain_of(c));
}

static err_t load_own(env_t *env, certificate_t *c, ip_t ip, err_detail_t *ret_detail)
{
	err_t err = own_key(env, c);
	if (!err && !own_is_good(env, c, ip))
		err = own_make(env, c, ip);
	if (err == ERR_MALFORMED)
		return err_raise(ret_detail, err, &text_own_key, "", c->key_path, (char *)NULL);
	return err ? raise_file(err, c->key_path, ret_detail) : ERR_OK;
}

static bool name_files(certificate_t *c, const certificate_files_t *files)
{
	c->is_own = files->certificate[0] == '\0';
	if (!c->is_own)
		return slice_to_cstr(slice_str(files->certificate), c->certificate_path,
		                     sizeof(c->certificate_path)) &&
		       slice_to_cstr(slice_str(files->key), c->key_path, sizeof(c->key_path));
	writer_t certificate = writer_of(c->certificate_path, sizeof(c->certificate_path));
	writer_t key = writer_of(c->key_path, sizeof(c->key_path));
	wr_format(&certificate, "%s/tls.crt", files->keys_dir);
	wr_format(&key, "%s/tls.key", files->keys_dir);
	wr_u8(&certificate, 0);
	wr_u8(&key, 0);
	return !certificate.bad && !key.bad;
}

err_t certificate_load(env_t *env, const certificate_files_t *files,
                       certificate_t **ret_certificate, err_detail_t *ret_detail)
{
	certificate_t *c = calloc(1, sizeof(*c));
	if (!c)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	err_t err = name_files(c, files) ? ERR_OK
	                                 : raise_file(ERR_TOO_BIG, files->certificate, ret_detail);
	if (!err)
		err = c->is_own ? load_own(env, c, files->ip, ret_detail)
		                : load_given(env, c, ret_detail);
	if (!err)
		err = judge(c, ret_detail);
	if (err)
		certificate_free(c);
	else
		*ret_certificate = c;
	return err;
}

void certificate_free(certificate_t *certificate)
{
	if (!certificate)
		return;
	env_wipe(certificate->key, sizeof(certificate->key));
	free(certificate);
}

certificate_age_t certificate_age(const env_x509_t *info, int64_t utc_ns)
{
	if (utc_ns < info->not_before_ns)
		return CERTIFICATE_EARLY;
	if (utc_ns >= info->not_after_ns)
		return CERTIFICATE_ENDED;
	return info->not_after_ns - utc_ns < CERTIFICATE_WARN_NS ? CERTIFICATE_ENDING
	                                                         : CERTIFICATE_VALID;
}
