/* SPDX-License-Identifier: Apache-2.0 */
/* The root, and what it signs. A certificate that was made wrong would be found out by the
 * first child; so what is made for the door is checked as a child would, at the start. */
#include <stdio.h>

#include "authority/state.h"
#include "env/file.h"
#include "env/x509.h"

enum { PATH_ROOM = 1024 };
#define ROOT_NS (20 * 365 * 24 * INT64_C(3600) * NS_PER_S)
#define DOOR_NS (365 * 24 * INT64_C(3600) * NS_PER_S)
/* A child's clock may be behind by this much. */
#define BACK_NS (10 * INT64_C(60) * NS_PER_S)

static const err_text_t text_key = {
	{ "%1 is not the private key of the authority's certificate", "%1 不是签发证书的私钥" },
	{ "name the key that belongs to the certificate, without a password",
	  "请给出与证书对应、且无口令的私钥" },
};
static const err_text_t text_root = {
	{ "this certificate cannot certify nodes: %1", "该证书不能签发节点证书：%1" },
	{ "use one with CA:TRUE and keyCertSign that is valid now",
	  "请使用当前有效、含 CA:TRUE 与 keyCertSign 的证书" },
};
static const err_text_t text_node = {
	{ "\"%1\" cannot be certified as an identifier", "“%1” 不能作为证书中的标识" },
	{ "set node.prefix to letters, digits, '.', '_' and '-', at most 64",
	  "请将 node.prefix 设为字母、数字、“.”、“_”、“-”，至多 64 个" },
};

err_t authority_issue(authority_t *authority, const authority_issue_t *issue, writer_t *w)
{
	int64_t now_ns = env_utc(authority->env).ns;
	bool is_root = issue->purpose == ENV_CERTIFY_ROOT;
	env_certify_signer_t signer = { .certificate = is_root ? (slice_t){ 0 }
		                                               : authority_root(authority),
		                        .key = authority->key };
	env_certify_spec_t spec = { .purpose = issue->purpose,
		                    .name = issue->name,
		                    .key = issue->key,
		                    .not_before_ns = now_ns - BACK_NS,
		                    .not_after_ns = now_ns + issue->lasts_ns };
	env_random(authority->env, spec.serial, sizeof(spec.serial));
	env_x509_t root;
	if (!is_root && env_x509_read(authority_root(authority), &root) == ERR_OK &&
	    spec.not_after_ns > root.not_after_ns)
		spec.not_after_ns = root.not_after_ns;
	return env_certify_issue(&signer, &spec, w);
}

static err_t load_root(authority_t *authority, const char *path)
{
	uint8_t pem[ENV_X509_PEM_MAX];
	size_t len = 0;
	writer_t w = writer_of(authority->root, sizeof(authority->root));
	err_t err = env_file_load(authority->env, path, pem, sizeof(pem), &len);
	if (!err)
		err = env_x509_der(slice_of(pem, len), &w);
	authority->root_len = w.len;
	return err;
}

static err_t make_root(authority_t *authority, const char *path)
{
	uint8_t key[ENV_CERTIFY_KEY_MAX], pem[2 * ENV_CERTIFY_DER_MAX];
	writer_t key_w = writer_of(key, sizeof(key)), pem_w = writer_of(pem, sizeof(pem));
	writer_t w = writer_of(authority->root, sizeof(authority->root));
	err_t err = env_pkey_to_der(authority->key, &key_w);
	if (!err)
		err = authority_issue(authority,
		                      &(authority_issue_t){ .purpose = ENV_CERTIFY_ROOT,
		                                            .name = slice_str(authority->node),
		                                            .key = writer_done(&key_w),
		                                            .lasts_ns = ROOT_NS },
		                      &w);
	authority->root_len = w.len;
	if (!err)
		err = env_certify_pem(authority_root(authority), &pem_w);
	return err ? err : env_file_save(authority->env, path, writer_done(&pem_w));
}

/* The key first: without a certificate it is nobody's yet, and the next start goes on. */
static err_t keep_root(authority_t *authority, err_detail_t *ret_detail)
{
	char key[PATH_ROOM], certificate[PATH_ROOM];
	const char *dir = authority->spec.keys_dir;
	err_t err = env_path_join(dir, "authority.key", key, sizeof(key));
	if (!err)
		err = env_path_join(dir, "authority.pem", certificate, sizeof(certificate));
	if (!err)
		err = env_pkey_keep(authority->env, key, ENV_PKEY_ED25519, &authority->key);
	if (err)
		return err_raise(ret_detail, err, NULL, key, (char *)NULL);
	err = load_root(authority, certificate);
	if (err == ERR_NOT_FOUND)
		err = make_root(authority, certificate);
	return err ? err_raise(ret_detail, err, NULL, certificate, (char *)NULL) : ERR_OK;
}

static err_t users_root(authority_t *authority, err_detail_t *ret_detail)
{
	const authority_spec_t *spec = &authority->spec;
	err_t err = load_root(authority, spec->certificate);
	if (err)
		return err_raise(ret_detail, err, NULL, spec->certificate, (char *)NULL);
	err = env_pkey_load(authority->env, spec->key, &authority->key);
	return err ? err_raise(ret_detail, err, &text_key, spec->key, spec->key, (char *)NULL)
	           : ERR_OK;
}

/* As a child would. */
static env_trust_t check_door(const authority_t *authority)
{
	uint8_t der[ENV_CERTIFY_DER_MAX];
	writer_t w = writer_of(der, sizeof(der));
	slice_t root = authority_root(authority);
	if (env_x509_der(slice_of(authority->door.pem, authority->door.pem_len), &w) != ERR_OK)
		return ENV_TRUST_BROKEN;
	slice_t chain[] = { writer_done(&w), root };
	return env_certify_check(&(env_certify_check_t){ .chain = chain,
	                                                 .chain_count = 2,
	                                                 .roots = &root,
	                                                 .root_count = 1,
	                                                 .purpose = ENV_CERTIFY_SERVER,
	                                                 .now_ns = env_utc(authority->env).ns });
}

err_t authority_root_open(authority_t *authority, err_detail_t *ret_detail)
{
	slice_t chain;
	const env_pkey_t *key = NULL;
	const char *path = authority->spec.certificate ? authority->spec.certificate
	                                               : authority->spec.keys_dir;
	err_t err = authority->spec.certificate ? users_root(authority, ret_detail)
	                                        : keep_root(authority, ret_detail);
	if (err)
		return err;
	code_mark(authority_root(authority), authority->mark);
	err = authority_door(authority, &chain, &key);
	if (err == ERR_INVALID)
		return err_raise(ret_detail, err, &text_node, "", authority->node, (char *)NULL);
	if (err == ERR_CONFLICT)
		return err_raise(ret_detail, ERR_CONFIG, &text_key, path,
		                 authority->spec.key ? authority->spec.key : "authority.key",
		                 (char *)NULL);
	if (err)
		return err_raise(ret_detail, err, NULL, path, (char *)NULL);
	env_trust_t trust = check_door(authority);
	if (trust == ENV_TRUST_GOOD)
		return ERR_OK;
	return err_raise(ret_detail, trust == ENV_TRUST_EXPIRED ? ERR_EXPIRED : ERR_CONFIG,
	                 &text_root, path, env_trust_text(trust)->what[LANG_EN], (char *)NULL);
}

slice_t authority_root(const authority_t *authority)
{
	return slice_of(authority->root, authority->root_len);
}

const uint8_t *authority_mark(const authority_t *authority)
{
	return authority->mark;
}

static err_t make_door(authority_t *authority, authority_door_t *door, writer_t *der)
{
	uint8_t key[ENV_CERTIFY_KEY_MAX];
	writer_t key_w = writer_of(key, sizeof(key)), w = writer_of(door->pem, sizeof(door->pem));
	err_t err = env_pkey_generate(ENV_PKEY_ED25519, &door->key);
	if (!err)
		err = env_pkey_to_der(door->key, &key_w);
	if (!err)
		err = authority_issue(authority,
		                      &(authority_issue_t){ .purpose = ENV_CERTIFY_SERVER,
		                                            .name = slice_str(authority->node),
		                                            .key = writer_done(&key_w),
		                                            .lasts_ns = DOOR_NS },
		                      der);
	if (!err)
		err = env_certify_pem(writer_done(der), &w);
	if (!err)
		err = env_certify_pem(authority_root(authority), &w);
	door->pem_len = w.len;
	return err;
}

err_t authority_door(authority_t *authority, slice_t *ret_chain_pem, const env_pkey_t **ret_key)
{
	authority_door_t *door = &authority->door;
	int64_t now_ns = env_utc(authority->env).ns;
	if (!door->key || now_ns > door->from_ns + (door->until_ns - door->from_ns) / 2) {
		uint8_t bytes[ENV_CERTIFY_DER_MAX];
		writer_t der = writer_of(bytes, sizeof(bytes));
		authority_door_t made = { 0 };
		env_x509_t found;
		err_t err = make_door(authority, &made, &der);
		if (!err)
			err = env_x509_read(writer_done(&der), &found);
		if (err) {
			env_pkey_free(made.key);
			return err;
		}
		env_pkey_free(door->key);
		*door = made;
		door->from_ns = found.not_before_ns;
		door->until_ns = found.not_after_ns;
	}
	*ret_chain_pem = slice_of(door->pem, door->pem_len);
	*ret_key = door->key;
	return ERR_OK;
}
