/* SPDX-License-Identifier: Apache-2.0 */
/* Roots: certificates that stand for themselves because somebody put them into a file. */
#include "registry/trust/trust_state.h"

#include <stdlib.h>

#include "env/file.h"

static const err_text_t text_root = {
	{ "this is no certificate that its subject has issued to itself: %1",
	  "这不是由其主体自行签发的证书：%1" },
	{ "make one with jizhu identity certify SUBJECT --as SUBJECT --key FILE --out ROOT",
	  "可用 jizhu identity certify 主体 --as 主体 --key 文件 --out 根证书 生成" },
};

static err_t keep(const jws_t *jws, trust_root_t *root)
{
	err_t err = claims_read(jws->payload, &root->claims);
	if (!err && !claims_same(root->claims.iss, root->claims.sub))
		err = ERR_INVALID;
	if (!err)
		err = claims_key(&root->claims, &root->key);
	return err ? err : jws_check(jws, root->key);
}

static err_t load(env_t *env, const char *path, trust_root_t *root, err_detail_t *ret_detail)
{
	uint8_t *memory = malloc(JWS_BYTES_MAX + JWS_SCRATCH);
	size_t len = 0;
	jws_t jws;
	if (!memory)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, path, (char *)NULL);
	writer_t scratch = writer_of(memory + JWS_BYTES_MAX, JWS_SCRATCH);
	err_t err = env_file_load(env, path, memory, JWS_BYTES_MAX, &len);
	if (err)
		(void)!err_raise(ret_detail, err, NULL, path, (char *)NULL);
	err_t bad = err ? ERR_OK : jws_read(slice_of(memory, len), &scratch, &jws);
	if (!err && !bad)
		bad = keep(&jws, root);
	if (bad)
		err = err_raise(ret_detail, ERR_INVALID, &text_root, path,
		                err_info(bad)->text[LANG_EN], (char *)NULL);
	free(memory);
	return err;
}

err_t trust_roots_load(env_t *env, const char *const *paths, size_t count,
                       trust_roots_t **ret_roots, err_detail_t *ret_detail)
{
	trust_roots_t *roots = calloc(1, sizeof(*roots));
	if (!roots)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	if (count > TRUST_ROOTS_MAX) {
		free(roots);
		return err_raise(ret_detail, ERR_LIMIT, NULL, paths[TRUST_ROOTS_MAX], (char *)NULL);
	}
	for (size_t i = 0; i < count; i++) {
		err_t err = load(env, paths[i], &roots->root[roots->count++], ret_detail);
		if (!err)
			continue;
		trust_roots_free(roots);
		return err;
	}
	*ret_roots = roots;
	return ERR_OK;
}

void trust_roots_free(trust_roots_t *roots)
{
	if (!roots)
		return;
	for (size_t i = 0; i < roots->count; i++) {
		claims_done(&roots->root[i].claims);
		env_pkey_free(roots->root[i].key);
	}
	free(roots);
}
