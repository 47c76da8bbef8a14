/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "env/file.h"
#include "env/posix/posix.h"
#include "registry/verify/pack.h"

/* Checks a pack (registry/verify/pack.h) without network and without a data folder. */

static const err_text_t text_bad = {
	{ "the file does not prove itself: %1", "该文件不能自证：%1" },
	{ "get it anew, and compare the key with the one the node gives",
	  "请重新获取，并核对节点公布的密钥" },
};

typedef struct {
	uint8_t *file, *scratch;
	size_t len;
	char key[PROOF_KEY_TEXT_MAX];
} loaded_t;

static err_t load(env_t *env, const char *path, const char *key_path, loaded_t *l)
{
	size_t key_len = 0;
	l->file = malloc(REGISTRY_PACK_MAX);
	l->scratch = malloc(2 * (size_t)REGISTRY_PACK_MAX);
	if (!l->file || !l->scratch)
		return ERR_NO_MEMORY;
	err_t err = env_file_load(env, path, l->file, REGISTRY_PACK_MAX, &l->len);
	if (!err && key_path)
		err = env_file_load(env, key_path, l->key, sizeof(l->key) - 1, &key_len);
	return err;
}

static void print_text(slice_t text)
{
	printf("%.*s", (int)text.len, (const char *)text.ptr);
}

static void print_seen(const registry_pack_seen_t *seen, bool is_trusted)
{
	char time[TIME_TEXT_MAX];
	print_text(seen->entry.record.name);
	printf(" is %s: change %llu of %s by ", record_state_name(seen->entry.record.state),
	       (unsigned long long)seen->seq, time_format(seen->entry.utc_ns, time));
	print_text(seen->entry.subject);
	printf("\nin the register of ");
	print_text(seen->head.origin);
	printf(", %llu changes, signed %s\n", (unsigned long long)seen->head.tree.size,
	       time_format(seen->head.utc_ns, time));
	if (!is_trusted) {
		printf("key (the file's own; compare it): ");
		print_text(seen->key);
		printf("\n");
	}
}

static int judge(const loaded_t *l, const char *path, bool is_trusted)
{
	registry_pack_seen_t seen;
	err_detail_t detail;
	writer_t scratch = writer_of(l->scratch, 2 * (size_t)REGISTRY_PACK_MAX);
	slice_t key = is_trusted ? slice_trim(slice_str(l->key)) : (slice_t){ 0 };
	err_t err = is_trusted && key.len == 0 ? ERR_MALFORMED : ERR_OK;
	if (!err)
		err = registry_pack_check(slice_of(l->file, l->len), key, &scratch, &seen);
	if (err) {
		(void)!err_raise(&detail, err, &text_bad, path, err_info(err)->text[cmd_lang()],
		                 (char *)NULL);
		return cmd_fail(&detail);
	}
	print_seen(&seen, is_trusted);
	return 0;
}

int cmd_verify_answer(int argc, char **argv)
{
	const char *key_path = NULL;
	int rest;
	const option_t options[] = {
		{ "key", "FILE", "the key to trust, as /api/v1/proof/key gives it", OPTION_TEXT,
		  &key_path },
		{ 0 },
	};
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 1)
		return cmd_fail_plain(ERR_USAGE, "jizhu verify-answer FILE [--key FILE]");
	env_t *env = NULL;
	loaded_t l = { 0 };
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = load(env, argv[0], key_path, &l);
	posix_env_close(env);
	int code = err ? cmd_fail_plain(err, argv[0]) : judge(&l, argv[0], key_path != NULL);
	free(l.file);
	free(l.scratch);
	return code;
}
