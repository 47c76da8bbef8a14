/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"
#include "cmd/verify_crash.h"

#include <stdio.h>

#include "backup/backup.h"
#include "env/posix/posix.h"
#include "base/num.h"
#include "historian/chain.h"
#include "historian/historian.h"
#include "journal/journal.h"
#include "proof/log.h"
#include "registry/verify/blame.h"

/* Checks everything in a data folder or a backup that carries a checksum, offline. */

enum { PATH_BYTES = 512 };

typedef struct {
	uint64_t main_records, history_records, tree_records, blocks, heads;
	chain_verdict_t chain;
} counts_t;

static err_t path_of(const char *data, const char *name, char buf[PATH_BYTES])
{
	return env_path_join(data, name, buf, PATH_BYTES) ? ERR_USAGE : ERR_OK;
}

static const err_text_t text_record = {
	{ "record %1, a change of %2, is damaged", "记录 %1（标识 %2 的变更）已损坏" },
	{ "Put a copy of the journal folder aside and restore it from a backup.",
	  "请先备份日志目录，再从备份恢复。" },
};

/* Says of which identifier the damaged record was, where that can be told. */
static err_t name_damage(env_t *env, const char *journal, err_detail_t *detail)
{
	char name[RECORD_NAME_MAX + 1], seq_text[ERR_ARG_MAX], where[ERR_WHERE_MAX];
	writer_t w = writer_of(name, sizeof(name));
	uint64_t seq = 0;
	if (detail->err != ERR_CORRUPT ||
	    num_parse_u64(slice_str(detail->arg[0]), UINT64_MAX, &seq) ||
	    registry_blame(env, journal, seq, &w))
		return detail->err;
	wr_u8(&w, 0);
	memcpy(seq_text, detail->arg[0], sizeof(seq_text));
	memcpy(where, detail->where, sizeof(where));
	return err_raise(detail, ERR_CORRUPT, &text_record, where, seq_text, name, (char *)NULL);
}

/* A backup's manifest covers what has no checksum of its own. */
static err_t verify_manifest(env_t *env, const char *folder, err_detail_t *ret_detail)
{
	char path[PATH_BYTES];
	env_file_t *file = NULL;
	manifest_t manifest = { 0 };
	backup_spec_t spec = { .copy = folder };
	if (path_of(folder, MANIFEST_NAME, path))
		return err_raise(ret_detail, ERR_USAGE, NULL, folder, (char *)NULL);
	if (env_file_open(env, path, ENV_OPEN_READ, &file) == ERR_NOT_FOUND)
		return ERR_OK;
	env_file_close(file);
	err_t err = backup_check(env, &spec, &manifest, ret_detail);
	if (!err)
		manifest_done(&manifest);
	return err;
}

static const err_text_t text_broken = {
	{ "the register was rewritten: the signed head in record %1 is not borne out",
	  "登记库被篡改：记录 %1 中的签名树头与日志不符" },
	{ "compare it with a copy; the journal is whole but is not what the node signed",
	  "请与副本比较；日志完整，但与节点所签内容不符" },
};

/* Without the key, as in a copy of the journal alone, there is nothing to hold. */
static err_t verify_heads(env_t *env, const char *data, const char *journal, uint64_t *ret_heads,
                          err_detail_t *ret_detail)
{
	char path[PATH_BYTES], seq[24];
	env_pkey_t *key = NULL;
	proof_verdict_t verdict = { 0 };
	writer_t w = writer_of(seq, sizeof(seq));
	err_t err = path_of(data, "keys/proof.key", path);
	if (!err)
		err = env_pkey_load(env, path, &key);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err)
		return err_raise(ret_detail, err, NULL, path, (char *)NULL);
	err = proof_verify(env, journal, key, &verdict);
	env_pkey_free(key);
	*ret_heads = verdict.heads;
	wr_format(&w, "%llu", (unsigned long long)verdict.broken_seq);
	wr_u8(&w, 0);
	if (!err)
		return ERR_OK;
	return err_raise(ret_detail, err, verdict.broken_seq ? &text_broken : NULL, journal, seq,
	                 (char *)NULL);
}

/* A copy is taken while the node works, and what was put back has not said so yet. */
static err_t verify_chain(env_t *env, const char *data, const chain_verify_t *what,
                          chain_verdict_t *ret_verdict, err_detail_t *ret_detail)
{
	static const char *const marks[] = { MANIFEST_NAME, BACKUP_RESTORED_NAME };
	chain_verify_t asked = *what;
	char path[PATH_BYTES];
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		env_file_t *file = NULL;
		if (path_of(data, marks[i], path))
			return err_raise(ret_detail, ERR_USAGE, NULL, data, (char *)NULL);
		asked.may_be_behind |= env_file_open(env, path, ENV_OPEN_READ, &file) == ERR_OK;
		env_file_close(file);
	}
	return chain_verify(env, &asked, ret_verdict, ret_detail);
}

/* A folder from before there was such a journal has none. */
static err_t verify_tree(env_t *env, const char *journal, uint64_t *ret_records,
                         err_detail_t *ret_detail)
{
	err_t err = journal_verify(env, journal, "tree", ret_records, ret_detail);
	if (err != ERR_NOT_FOUND)
		return err;
	*ret_detail = (err_detail_t){ 0 };
	return ERR_OK;
}

static err_t verify_all(env_t *env, const char *data, counts_t *counts, err_detail_t *ret_detail)
{
	char journal[PATH_BYTES], history[PATH_BYTES];
	if (path_of(data, "journal", journal) || path_of(data, "history", history))
		return err_raise(ret_detail, ERR_USAGE, NULL, data, (char *)NULL);
	err_t err = journal_verify(env, journal, "main", &counts->main_records, ret_detail);
	if (err)
		return name_damage(env, journal, ret_detail);
	err = verify_heads(env, data, journal, &counts->heads, ret_detail);
	if (!err)
		err = journal_verify(env, journal, "history", &counts->history_records, ret_detail);
	if (!err)
		err = verify_tree(env, journal, &counts->tree_records, ret_detail);
	if (!err)
		err = historian_verify(env, history, &counts->blocks, ret_detail);
	if (!err)
		err = verify_chain(env, data, &(chain_verify_t){ history, journal, false },
		                   &counts->chain, ret_detail);
	if (!err)
		err = verify_manifest(env, data, ret_detail);
	return err;
}

static void print_counts(const counts_t *counts, bool json)
{
	if (json)
		printf("{\"main_records\":%llu,\"history_records\":%llu,\"tree_records\":%llu,"
		       "\"blocks\":%llu,"
		       "\"signed_heads\":%llu,\"history_changes\":%llu,"
		       "\"history_branches\":%llu,\"ok\":true}\n",
		       (unsigned long long)counts->main_records,
		       (unsigned long long)counts->history_records,
		       (unsigned long long)counts->tree_records, (unsigned long long)counts->blocks,
		       (unsigned long long)counts->heads, (unsigned long long)counts->chain.entries,
		       (unsigned long long)counts->chain.branches);
	else
		printf("good: %llu main records (chained, %llu signed heads), %llu history "
		       "records, %llu tree records (chained), %llu blocks in %llu chained "
		       "changes%s\n",
		       (unsigned long long)counts->main_records, (unsigned long long)counts->heads,
		       (unsigned long long)counts->history_records,
		       (unsigned long long)counts->tree_records, (unsigned long long)counts->blocks,
		       (unsigned long long)counts->chain.entries,
		       counts->chain.branches ? " (the history was put back in between)" : "");
}

int cmd_verify(int argc, char **argv)
{
	bool json = false;
	uint64_t cuts = 0, seed = 1;
	int rest;
	const option_t options[] = {
		{ "crash", "N", "simulate so many power cuts instead, on no data of yours",
		  OPTION_NUMBER, &cuts },
		{ "seed", "N", "the seed of the first simulated machine", OPTION_NUMBER, &seed },
		{ "json", NULL, "print the counts as JSON", OPTION_FLAG, &json },
		{ 0 },
	};
	err_detail_t detail = { 0 };
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (cuts && rest == 0 && cuts <= VERIFY_CUTS_MAX)
		return verify_crash(&(verify_crash_t){ cuts, seed, json });
	if (rest != 1 || cuts)
		return cmd_fail_plain(ERR_USAGE, "jizhu verify FOLDER | --crash N");
	env_t *env = NULL;
	counts_t counts = { 0 };
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = verify_all(env, argv[0], &counts, &detail);
	posix_env_close(env);
	if (err)
		return cmd_fail(&detail);
	print_counts(&counts, json);
	return 0;
}
