/* SPDX-License-Identifier: Apache-2.0 */
/* With a node: its HTTP API, with the admin token of its folder. */
#include "cmd/user_door.h"

#include "base/utf8.h"
#include "env/file.h"
#include "env/http_client.h"
#include "env/json_read.h"

enum { BODY_MAX = 16 << 10, URL_MAX = 1024, LINE_MAX_BYTES = 128 };

static const err_text_t text_there = {
	{ "the node of this folder does not answer at %1: %2", "该目录的节点在 %1 没有应答：%2" },
	{ "name its address by --config or --http, and its certificate by --ca",
	  "请用 --config 或 --http 指明地址，用 --ca 指明证书" },
};
static const err_text_t text_token = {
	{ "the admin token of the folder cannot be read: %1", "无法读取该目录的管理员令牌：%1" },
	{ "run this as the user of the node", "请以节点的用户运行" },
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

static const struct {
	http_method_t method;
	const char *path;
	bool has_name; /* behind the path */
} requests[USER_VERB_COUNT] = {
	[USER_LIST] = { HTTP_GET, "users", false },
	[USER_ADD] = { HTTP_POST, "users", false },
	[USER_SET] = { HTTP_PATCH, "users/", true },
	[USER_REMOVE] = { HTTP_DELETE, "users/", true },
	[USER_TOKENS] = { HTTP_GET, "tokens?user=", true },
	[USER_TOKEN_ADD] = { HTTP_POST, "tokens", false },
	[USER_TOKEN_REVOKE] = { HTTP_DELETE, "tokens/", true },
};

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

static void put_encoded(writer_t *w, slice_t text)
{
	for (size_t i = 0; i < text.len; i++)
		wr_format(w, "%%%02X", text.ptr[i]);
}

static err_t write_path(const user_order_t *order, char buf[URL_MAX])
{
	const char *path = requests[order->verb].path;
	writer_t w = writer_of(buf, URL_MAX);
	/* Without a name the list is of all users. */
	if (order->verb == USER_TOKENS && !order->name[0])
		path = "tokens";
	wr_format(&w, "%s", path);
	if (requests[order->verb].has_name)
		put_encoded(&w, slice_str(order->name));
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

static err_t write_url(const user_door_t *door, const char *path, char buf[URL_MAX])
{
	char addr[ADDR_TEXT_MAX];
	writer_t w = writer_of(buf, URL_MAX);
	wr_format(&w, "%s://%s/api/v1/%s", door->ca_file ? "https" : "http",
	          addr_format(reachable(door->http), addr), path);
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

static void put_user_fields(const user_order_t *order, json_t *j)
{
	if (order->fields & ACCESS_ROLE)
		json_put_cstr(j, "role", order->role);
	if (order->fields & ACCESS_SCOPE)
		json_put_cstr(j, "scope", order->scope);
	if (order->fields & ACCESS_ENABLED)
		json_put_bool(j, "enabled", order->enabled);
	if (order->fields & ACCESS_PASSWORD)
		json_put_str(j, "password", order->password);
}

static void write_body(const user_door_t *door, const user_order_t *order, json_t *j)
{
	json_object(j);
	if (order->verb == USER_ADD)
		json_put_cstr(j, "name", order->name);
	if (order->verb == USER_ADD || order->verb == USER_SET)
		put_user_fields(order, j);
	if (order->verb == USER_TOKEN_ADD) {
		json_put_cstr(j, "user", order->name);
		json_put_cstr(j, "role", order->role);
		json_put_cstr(j, "label", order->label);
		if (order->lasts_ns)
			json_put_i64(j, "expires_ms",
			             (env_utc(door->env).ns + order->lasts_ns) / NS_PER_MS);
	}
	json_close(j);
}

static err_t read_token(const user_door_t *door, char line[LINE_MAX_BYTES])
{
	char path[USER_PATH_MAX], text[ACCESS_TOKEN_TEXT + 1];
	size_t len = 0;
	err_t err = user_path(door, "keys/admin.token", path);
	if (!err)
		err = env_file_load(door->env, path, text, sizeof(text), &len);
	slice_t token = slice_trim(slice_of(text, len));
	writer_t w = writer_of(line, LINE_MAX_BYTES);
	wr_format(&w, "Bearer %.*s", (int)token.len, (const char *)token.ptr);
	wr_u8(&w, 0);
	return err;
}

static err_t err_named(slice_t name)
{
	for (unsigned err = 0; err < ERR_COUNT; err++)
		if (slice_eq(slice_str(err_info((err_t)err)->name), name))
			return (err_t)err;
	return ERR_PROTOCOL;
}

/* The node's problem as an error of our own. */
static err_t told(slice_t body, err_detail_t *ret_detail)
{
	char part[ERR_ARGS][ERR_ARG_MAX];
	json_tree_t *doc = NULL;
	slice_t code = { 0 }, what = { 0 }, fix = { 0 };
	if (json_read(body, &doc, NULL))
		return err_raise(ret_detail, ERR_PROTOCOL, NULL, "", (char *)NULL);
	(void)json_text(json_member(doc, "code"), &code);
	if (!json_text(json_member(doc, "detail"), &what))
		(void)json_text(json_member(doc, "title"), &what);
	(void)json_text(json_member(doc, "fix"), &fix);
	size_t cut = utf8_cut(what, ERR_ARG_MAX - 1);
	(void)slice_to_cstr(slice_sub(what, 0, cut), part[0], sizeof(part[0]));
	(void)slice_to_cstr(slice_from(what, cut), part[1], sizeof(part[1]));
	(void)slice_to_cstr(fix, part[2], sizeof(part[2]));
	err_t err = err_named(code);
	const err_text_t *text = fix.len ? &text_told : &text_told_alone;
	json_free(doc);
	return err_raise(ret_detail, err, text, "", part[0], part[1], part[2], (char *)NULL);
}

static err_t send(const user_door_t *door, const env_http_ask_t *ask, text_t *ret_json,
                  err_detail_t *ret_detail)
{
	char addr[ADDR_TEXT_MAX];
	env_http_answer_t answer;
	err_t err = env_http_ask(door->env, ask, &answer);
	if (err)
		return err_raise(ret_detail, err, &text_there, "", addr_format(door->http, addr),
		                 err_info(err)->text[door->lang], (char *)NULL);
	if (answer.status >= 400)
		err = told(answer.body, ret_detail);
	else
		text_add(ret_json, answer.body);
	env_http_answer_done(&answer);
	return err;
}

err_t user_call(const user_door_t *door, const user_call_t *call, text_t *ret_json,
                err_detail_t *ret_detail)
{
	char url[URL_MAX], bearer[LINE_MAX_BYTES], own[USER_PATH_MAX];
	const http_header_t headers[] = { { "Authorization", bearer },
		                          { "Accept-Language",
		                            door->lang == LANG_ZH ? "zh" : "en" },
		                          { NULL, NULL } };
	err_t err = read_token(door, bearer);
	if (err)
		return err_raise(ret_detail, err, &text_token, door->data_dir,
		                 err_info(err)->text[door->lang], (char *)NULL);
	err = write_url(door, call->path, url);
	if (!err)
		err = user_path(door, "keys/tls.crt", own);
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	env_http_ask_t ask = { .method = call->method,
		               .url = url,
		               .headers = headers,
		               .content_type = call->body.len ? "application/json" : NULL,
		               .body = call->body,
		               .ca_file = door->ca_file && !door->ca_file[0] ? own
		                                                             : door->ca_file };
	return send(door, &ask, ret_json, ret_detail);
}

err_t user_there(const user_door_t *door, const user_order_t *order, text_t *ret_json,
                 err_detail_t *ret_detail)
{
	char path[URL_MAX], body[BODY_MAX];
	json_t j = json_of(body, sizeof(body));
	write_body(door, order, &j);
	err_t err = json_ok(&j) ? write_path(order, path) : ERR_TOO_BIG;
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	http_method_t method = requests[order->verb].method;
	bool has_body = method == HTTP_POST || method == HTTP_PATCH;
	user_call_t call = { method, path, has_body ? json_done(&j) : (slice_t){ 0 } };
	return user_call(door, &call, ret_json, ret_detail);
}
