/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "env/file.h"
#include "env/http_client.h"
#include "env/posix/posix.h"
#include "registry/verify/pack.h"

/* Fetches an answer that proves itself from a node, checks it, and writes it. */

enum { URL_MAX = 8 * 1024 };

typedef struct {
	const char *node, *ca_file, *out;
	bool is_compact;
} wish_t;

static const err_text_t text_refused = {
	{ "the node has no such answer for %1 (HTTP %2)", "节点没有 %1 的证明包（HTTP %2）" },
	{ "it may be gone, a draft, or have values that are not for everybody",
	  "该标识可能不存在、为草稿，或含有非公开的值" },
};
static const err_text_t text_bad = {
	{ "what the node gave for %1 does not prove itself", "节点给出的 %1 不能自证" },
	{ "do not trust it; ask another way", "请勿采信；请换一种方式获取" },
};
static const err_text_t text_away = {
	{ "no node answers at %1: %2", "%1 没有节点应答：%2" },
	{ "name its address by --node, and its certificate by --ca",
	  "请用 --node 指明地址，用 --ca 指明证书" },
};

static err_t write_url(const wish_t *wish, const char *name, char url[URL_MAX])
{
	writer_t w = writer_of(url, URL_MAX);
	wr_format(&w, "%s/api/v1/proof/answer/", wish->node);
	for (size_t i = 0; name[i]; i++)
		wr_format(&w, name[i] == '/' ? "/" : "%%%02X", (unsigned)(uint8_t)name[i]);
	if (wish->is_compact)
		wr_bytes(&w, SLICE("?compact=true"));
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

static err_t fetch(env_t *env, const wish_t *wish, const char *name, env_http_answer_t *ret_answer,
                   err_detail_t *ret_detail)
{
	char url[URL_MAX], status[16];
	err_t err = write_url(wish, name, url);
	if (err)
		return err_raise(ret_detail, err, NULL, name, (char *)NULL);
	env_http_ask_t ask = { .method = HTTP_GET,
		               .url = url,
		               .ca_file = wish->ca_file,
		               .answer_max = REGISTRY_PACK_MAX };
	err = env_http_ask(env, &ask, ret_answer);
	if (err)
		return err_raise(ret_detail, err, &text_away, "", wish->node,
		                 err_info(err)->text[cmd_lang()], (char *)NULL);
	if (ret_answer->status == 200)
		return ERR_OK;
	(void)snprintf(status, sizeof(status), "%d", ret_answer->status);
	err = ret_answer->status == 503 ? ERR_BUSY : ERR_NOT_FOUND;
	return err_raise(ret_detail, err, &text_refused, "", name, status, (char *)NULL);
}

/* Whole, and of the name that was asked for. */
static err_t check(slice_t pack, const char *name, err_detail_t *ret_detail)
{
	registry_pack_seen_t seen;
	size_t cap = 2 * pack.len + 1;
	uint8_t *room = malloc(cap);
	writer_t scratch = writer_of(room, room ? cap : 0);
	err_t err = room ? registry_pack_check(pack, (slice_t){ 0 }, &scratch, &seen)
	                 : ERR_NO_MEMORY;
	if (!err && !slice_eq_nocase(seen.entry.record.name, slice_str(name)))
		err = ERR_DENIED;
	free(room);
	return err ? err_raise(ret_detail, err, &text_bad, "", name, (char *)NULL) : ERR_OK;
}

static err_t put_out(env_t *env, const wish_t *wish, slice_t pack, err_detail_t *ret_detail)
{
	if (!wish->out) {
		printf("%.*s\n", (int)pack.len, (const char *)pack.ptr);
		return ERR_OK;
	}
	err_t err = env_file_save(env, wish->out, pack);
	return err ? err_raise(ret_detail, err, NULL, wish->out, (char *)NULL) : ERR_OK;
}

static int answer(env_t *env, const wish_t *wish, const char *name)
{
	env_http_answer_t got = { 0 };
	err_detail_t detail = { 0 };
	err_t err = fetch(env, wish, name, &got, &detail);
	if (!err)
		err = check(got.body, name, &detail);
	if (!err)
		err = put_out(env, wish, got.body, &detail);
	env_http_answer_done(&got);
	return err ? cmd_fail(&detail) : 0;
}

int cmd_answer(int argc, char **argv)
{
	wish_t wish = { .node = "http://127.0.0.1:8080" };
	int rest;
	const option_t options[] = {
		{ "node", "URL", "the node to ask (http://127.0.0.1:8080)", OPTION_TEXT,
		  &wish.node },
		{ "ca", "FILE", "what to trust over https", OPTION_TEXT, &wish.ca_file },
		{ "out", "FILE", "write it there instead of to standard output", OPTION_TEXT,
		  &wish.out },
		{ "compact", NULL, "the short form, for a QR code", OPTION_FLAG, &wish.is_compact },
		{ 0 },
	};
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 1)
		return cmd_fail_plain(ERR_USAGE, "jizhu answer NAME");
	env_t *env = NULL;
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	int code = answer(env, &wish, argv[0]);
	posix_env_close(env);
	return code;
}
