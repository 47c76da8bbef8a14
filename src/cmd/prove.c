/* SPDX-License-Identifier: Apache-2.0 */
/* jizhu prove: evidence of a sample or an aggregate is fetched from a node and checked, or
 * checked from a file without network. */
#include "cmd/prove.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/door.h"
#include "cmd/offline.h"
#include "cmd/when.h"
#include "env/file.h"
#include "env/posix/posix.h"

enum { PATH_ROOM = 8 << 10 };

static const int64_t TIMEOUT_NS = 60 * NS_PER_S;

typedef struct {
	door_asked_t door;
	const char *point, *time, *out, *check, *key;
	bool is_aggregate, is_withheld, json;
} asked_t;

static const err_text_t text_usage = {
	{ "say POINT and TIME, or --check FILE", "请写测点和时间，或 --check 文件" },
	{ "for example: jizhu prove FRM1.V 2026-03-01T00:00:00Z --out evidence.json",
	  "例如：jizhu prove FRM1.V 2026-03-01T00:00:00Z --out evidence.json" },
};

static const err_text_t text_bad = {
	{ "the evidence does not hold: %1", "证据不成立：%1" },
	{ "get it anew, and compare the key with the one the node gives",
	  "请重新获取，并核对节点公布的密钥" },
};

/* What is fetched or loaded, and what it needs to be looked at. */
typedef struct {
	uint8_t *scratch, *file;
	size_t len;
	char key[PROOF_KEY_TEXT_MAX];
	evidence_seen_t seen;
} work_t;

static err_t load_key(env_t *env, const asked_t *asked, work_t *work, err_detail_t *ret_detail)
{
	size_t len = 0;
	if (!asked->key)
		return ERR_OK;
	err_t err = env_file_load(env, asked->key, (uint8_t *)work->key, sizeof(work->key) - 1,
	                          &len);
	if (!err && slice_trim(slice_str(work->key)).len == 0)
		err = ERR_MALFORMED;
	return err ? err_raise(ret_detail, err, NULL, asked->key, (char *)NULL) : ERR_OK;
}

static err_t look(const asked_t *asked, work_t *work, slice_t file, const char *where,
                  err_detail_t *ret_detail)
{
	size_t cap = 2 * file.len + 1;
	work->scratch = malloc(cap);
	if (!work->scratch)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, where, (char *)NULL);
	writer_t scratch = writer_of(work->scratch, cap);
	err_t err = evidence_check(file, slice_trim(slice_str(work->key)), &scratch, &work->seen);
	if (err)
		return err_raise(ret_detail, err, &text_bad, where, err_info(err)->text[cmd_lang()],
		                 (char *)NULL);
	if (asked->out || asked->check)
		prove_print(&work->seen, asked->key != NULL, asked->json);
	return ERR_OK;
}

static err_t check_file(env_t *env, const asked_t *asked, work_t *work, err_detail_t *ret_detail)
{
	work->file = malloc(EVIDENCE_MAX);
	err_t err = work->file
	                    ? env_file_load(env, asked->check, work->file, EVIDENCE_MAX, &work->len)
	                    : ERR_NO_MEMORY;
	if (err)
		return err_raise(ret_detail, err, NULL, asked->check, (char *)NULL);
	return look(asked, work, slice_of(work->file, work->len), asked->check, ret_detail);
}

static err_t write_path(env_t *env, const asked_t *asked, char path[PATH_ROOM],
                        err_detail_t *ret_detail)
{
	writer_t w = writer_of(path, PATH_ROOM);
	int64_t ns = 0;
	err_t err = when_read(env, asked->time, &ns, ret_detail);
	if (err)
		return err;
	wr_format(&w, "/api/v1/points/");
	door_put_encoded(&w, slice_str(asked->point));
	wr_format(&w, "/evidence?at_ns=%lld%s%s", (long long)ns,
	          asked->is_aggregate ? "&aggregate=true" : "",
	          asked->is_withheld ? "&withheld=true" : "");
	wr_u8(&w, 0);
	return w.bad ? err_raise(ret_detail, ERR_TOO_BIG, NULL, asked->point, (char *)NULL)
	             : ERR_OK;
}

static err_t put_out(env_t *env, const asked_t *asked, slice_t evidence, err_detail_t *ret_detail)
{
	if (!asked->out) {
		printf("%.*s\n", (int)evidence.len, (const char *)evidence.ptr);
		return ERR_OK;
	}
	err_t err = env_file_save(env, asked->out, evidence);
	return err ? err_raise(ret_detail, err, NULL, asked->out, (char *)NULL) : ERR_OK;
}

static err_t fetch(env_t *env, const asked_t *asked, work_t *work, err_detail_t *ret_detail)
{
	door_t door = { 0 };
	offline_t *offline = NULL;
	env_http_answer_t answer;
	char path[PATH_ROOM];
	door_ask_t ask = { .method = HTTP_GET,
		           .path = path,
		           .timeout_ns = TIMEOUT_NS,
		           .answer_max = EVIDENCE_MAX };
	err_t err = write_path(env, asked, path, ret_detail);
	if (!err)
		err = asked->door.offline
		              ? offline_open(env, &asked->door, &door, &offline, ret_detail)
		              : door_find(env, &asked->door, &door, ret_detail);
	if (!err)
		err = door_enter(&door, ret_detail);
	if (!err)
		err = door_ask(&door, &ask, &answer, ret_detail);
	if (!err) {
		err = look(asked, work, answer.body, asked->point, ret_detail);
		if (!err)
			err = put_out(env, asked, answer.body, ret_detail);
		env_http_answer_done(&answer);
	}
	door_leave(&door);
	offline_close(offline);
	return err;
}

static int carry_out(const asked_t *asked)
{
	err_detail_t detail = { 0 };
	env_t *env = NULL;
	work_t work = { 0 };
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = load_key(env, asked, &work, &detail);
	if (!err)
		err = asked->check ? check_file(env, asked, &work, &detail)
		                   : fetch(env, asked, &work, &detail);
	posix_env_close(env);
	free(work.file);
	free(work.scratch);
	return err ? cmd_fail(&detail) : 0;
}

int cmd_prove(int argc, char **argv)
{
	asked_t asked = { 0 };
	err_detail_t detail;
	int rest;
	option_t options[8 + DOOR_OPTIONS] = {
		{ "aggregate", NULL, "of the block the sample is in", OPTION_FLAG,
		  &asked.is_aggregate },
		{ "withhold", NULL, "prove an aggregate without its samples", OPTION_FLAG,
		  &asked.is_withheld },
		{ "out", "FILE", "write it there instead of to standard output", OPTION_TEXT,
		  &asked.out },
		{ "offline", "DATA", "of the node of this folder, which does not run", OPTION_TEXT,
		  &asked.door.offline },
		{ "check", "FILE", "check evidence, without network", OPTION_TEXT, &asked.check },
		{ "key", "FILE", "the key to trust, as /api/v1/proof/key gives it", OPTION_TEXT,
		  &asked.key },
		{ "json", NULL, "print what it says as JSON", OPTION_FLAG, &asked.json },
	};
	door_options(&options[7], &asked.door);
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (asked.check ? rest != 0 : rest != 2) {
		err_raise(&detail, ERR_USAGE, &text_usage, "", (char *)NULL);
		return cmd_fail(&detail);
	}
	asked.point = argv[0];
	asked.time = argv[1];
	return carry_out(&asked);
}
