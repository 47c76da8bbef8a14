/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/door.h"

#include <stdio.h>

#include "base/utf8.h"
#include "cmd/cmd.h"
#include "codec/handle/handle.h"
#include "env/file.h"
#include "env/json_read.h"

static const err_text_t text_there = {
	{ "the node does not answer at %1: %2", "节点在 %1 没有应答：%2" },
	{ "start it (jizhu run), or name its address by --config or --http, and its certificate by "
	  "--ca",
	  "请启动节点（jizhu run），或用 --config 或 --http 指明地址，用 --ca 指明证书" },
};
static const err_text_t text_token = {
	{ "the token cannot be read: %1", "无法读取令牌：%1" },
	{ "run this as the user of the node, or name a file with a token by --token",
	  "请以节点的用户运行，或用 --token 指明令牌文件" },
};
/* What the node said itself: a sentence may be longer than one argument. */
static const err_text_t text_told = {
	{ "%1%2", "%1%2" },
	{ "%3", "%3" },
};
static const err_text_t text_told_alone = {
	{ "%1%2", "%1%2" },
	{ NULL, NULL },
};

void door_options(option_t *rows, door_asked_t *asked)
{
	const option_t all[DOOR_OPTIONS] = {
		{ "config", "FILE", "the configuration of the node (jizhu.yaml)", OPTION_TEXT,
		  &asked->config },
		{ "data", "FOLDER", "the data folder, instead of the configuration's", OPTION_TEXT,
		  &asked->data },
		{ "http", "ADDRESS", "where the node listens, instead of the configuration's",
		  OPTION_ADDRESS, &asked->http },
		{ "ca", "FILE", "by https, trusting this certificate", OPTION_TEXT, &asked->ca },
		{ "token", "FILE", "a file with an API token, instead of the folder's own",
		  OPTION_TEXT, &asked->token },
	};
	memcpy(rows, all, sizeof(all));
}

door_t door_of(env_t *env, const door_asked_t *asked)
{
	return (door_t){ .env = env,
		         .data_dir = asked->data,
		         .http = asked->http,
		         .ca_file = asked->ca,
		         .token_file = asked->token,
		         .lang = cmd_lang() };
}

err_t door_configure(door_t *door, const door_asked_t *asked, err_detail_t *ret_detail)
{
	err_t err = config_load(door->env, asked->config ? asked->config : "jizhu.yaml",
	                        &door->config, ret_detail);
	if (err)
		return err;
	const config_t *config = door->config;
	if (!asked->data)
		door->data_dir = config->data_dir;
	if (!asked->http.port)
		door->http = config->http;
	if (!asked->ca && config_is_secure(config))
		door->ca_file = config->tls.certificate;
	return ERR_OK;
}

err_t door_find(env_t *env, const door_asked_t *asked, door_t *ret_door, err_detail_t *ret_detail)
{
	*ret_door = door_of(env, asked);
	if (asked->http.port && (asked->data || asked->token) && !asked->config)
		return ERR_OK;
	return door_configure(ret_door, asked, ret_detail);
}

err_t door_path(const door_t *door, const char *name, char buf[DOOR_PATH_MAX])
{
	err_t err = env_path_join(door->data_dir ? door->data_dir : ".", name, buf, DOOR_PATH_MAX);
	return err ? ERR_USAGE : ERR_OK;
}

err_t door_enter(door_t *door, err_detail_t *ret_detail)
{
	char path[DOOR_PATH_MAX], text[DOOR_TOKEN_MAX / 2];
	size_t len = 0;
	err_t err = door_path(door, "keys/tls.crt", door->own);
	if (!err)
		err = door_path(door, "keys/admin.token", path);
	if (!err)
		err = env_file_load(door->env, door->token_file ? door->token_file : path, text,
		                    sizeof(text), &len);
	if (err)
		return err_raise(ret_detail, err, &text_token,
		                 door->token_file ? door->token_file : door->data_dir,
		                 err_info(err)->text[door->lang], (char *)NULL);
	slice_t token = slice_trim(slice_of(text, len));
	writer_t w = writer_of(door->bearer, sizeof(door->bearer));
	wr_format(&w, "Bearer %.*s", (int)token.len, (const char *)token.ptr);
	wr_u8(&w, 0);
	return ERR_OK;
}

void door_leave(door_t *door)
{
	config_free(door->config);
	door->config = NULL;
}

/* An address that stands for all is reached by loopback. */
static addr_t reachable(addr_t addr)
{
	if (!ip_is_any(addr.ip))
		return addr;
	ip_t loopback = addr.ip.family == 4 ? ip_v4(127, 0, 0, 1) : addr.ip;
	if (addr.ip.family == 6)
		loopback.bytes[15] = 1;
	return (addr_t){ loopback, addr.port };
}

void door_put_encoded(writer_t *w, slice_t text)
{
	for (size_t i = 0; i < text.len; i++)
		wr_format(w, "%%%02X", text.ptr[i]);
}

void door_put_parameter(writer_t *w, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	wr_format(w, "&%s=", name);
	door_put_encoded(w, slice_str(value));
}

static err_t err_named(slice_t name)
{
	for (unsigned err = 0; err < ERR_COUNT; err++)
		if (slice_eq(slice_str(err_info((err_t)err)->name), name))
			return (err_t)err;
	return ERR_PROTOCOL;
}

/* A refusal of the Handle interface is a number. */
static err_t err_coded(const json_tree_t *doc, slice_t *ret_what, lang_t lang)
{
	int64_t code = 0;
	if (!json_whole(json_member(doc, "responseCode"), 0, UINT32_MAX, &code))
		return ERR_PROTOCOL;
	const handle_code_t *info = handle_response_info((uint32_t)code);
	err_t err = info && info->err ? info->err : ERR_PROTOCOL;
	if (!json_text(json_member(doc, "message"), ret_what))
		*ret_what = slice_str(lang == LANG_EN && info ? info->text
		                                              : err_info(err)->text[lang]);
	return err;
}

void door_cut_told(slice_t what, slice_t fix, char ret_part[ERR_ARGS][ERR_ARG_MAX])
{
	size_t cut = utf8_cut(what, ERR_ARG_MAX - 1);
	(void)slice_to_cstr(slice_sub(what, 0, cut), ret_part[0], ERR_ARG_MAX);
	(void)slice_to_cstr(slice_from(what, cut), ret_part[1], ERR_ARG_MAX);
	(void)slice_to_cstr(fix, ret_part[2], ERR_ARG_MAX);
}

static err_t told(slice_t body, lang_t lang, err_detail_t *ret_detail)
{
	char part[ERR_ARGS][ERR_ARG_MAX];
	json_tree_t *doc = NULL;
	slice_t code = { 0 }, what = { 0 }, fix = { 0 };
	if (json_read(body, &doc, NULL))
		return err_raise(ret_detail, ERR_PROTOCOL, NULL, "", (char *)NULL);
	err_t err = json_text(json_member(doc, "code"), &code) ? err_named(code)
	                                                       : err_coded(doc, &what, lang);
	if (!json_text(json_member(doc, "detail"), &what))
		(void)json_text(json_member(doc, "title"), &what);
	(void)json_text(json_member(doc, "fix"), &fix);
	door_cut_told(what, fix, part);
	const err_text_t *text = fix.len ? &text_told : &text_told_alone;
	json_free(doc);
	return err_raise(ret_detail, err, text, "", part[0], part[1], part[2], (char *)NULL);
}

err_t door_told(const env_http_answer_t *answer, err_detail_t *ret_detail)
{
	return told(answer->body, cmd_lang(), ret_detail);
}

static err_t url_of(const door_t *door, const char *path, char buf[DOOR_URL_MAX])
{
	char addr[ADDR_TEXT_MAX];
	writer_t w = writer_of(buf, DOOR_URL_MAX);
	wr_format(&w, "%s://%s%s", door->ca_file ? "https" : "http",
	          addr_format(reachable(door->http), addr), path);
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

static err_t not_there(const door_t *door, err_t err, err_detail_t *ret_detail)
{
	char addr[ADDR_TEXT_MAX];
	return err_raise(ret_detail, err, &text_there, "", addr_format(door->http, addr),
	                 err_info(err)->text[door->lang], (char *)NULL);
}

/* The certificate to trust: without a name of its own, the one in the folder. */
static const char *trusted_by(const door_t *door)
{
	return door->ca_file && !door->ca_file[0] ? door->own : door->ca_file;
}

err_t door_ask(const door_t *door, const door_ask_t *ask, env_http_answer_t *ret_answer,
               err_detail_t *ret_detail)
{
	char url[DOOR_URL_MAX];
	const http_header_t headers[] = {
		{ "Authorization", door->bearer },
		{ "Accept-Language", door->lang == LANG_ZH ? "zh" : "en" },
		{ "Accept", ask->accept ? ask->accept : "*/*" },
		{ ask->key ? "Idempotency-Key" : NULL, ask->key },
		{ NULL, NULL },
	};
	if (url_of(door, ask->path, url))
		return err_raise(ret_detail, ERR_TOO_BIG, NULL, "", (char *)NULL);
	env_http_ask_t sent = {
		.method = ask->method,
		.url = url,
		.headers = headers,
		.content_type = ask->content_type,
		.body = ask->body,
		.ca_file = trusted_by(door),
		.timeout_ns = ask->timeout_ns,
		.answer_max = ask->answer_max,
		.told = "Jizhu-Seen",
	};
	err_t err = env_http_ask(door->env, &sent, ret_answer);
	if (err)
		return not_there(door, err, ret_detail);
	if (ret_answer->status < 400 || ask->takes_all)
		return ERR_OK;
	err = told(ret_answer->body, door->lang, ret_detail);
	env_http_answer_done(ret_answer);
	return err;
}

void door_warn_behind(const env_http_answer_t *answer)
{
	if (answer->told[0])
		fprintf(stderr, "jizhu: %s%s\n",
		        cmd_lang() == LANG_ZH
		                ? "节点处理滞后，结果可能缺少此序号之后已确认的样本："
		                : "the node is late: what was acknowledged behind this sequence "
		                  "may be missing: ",
		        answer->told);
}
