/* SPDX-License-Identifier: Apache-2.0 */
/* With a node: its HTTP API, with the admin token of its folder. */
#include "cmd/user_door.h"

enum { BODY_MAX = 16 << 10, PATH_MAX_BYTES = 1024 };

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

static err_t write_path(const user_order_t *order, char buf[PATH_MAX_BYTES])
{
	const char *path = requests[order->verb].path;
	writer_t w = writer_of(buf, PATH_MAX_BYTES);
	/* Without a name the list is of all users. */
	if (order->verb == USER_TOKENS && !order->name[0])
		path = "tokens";
	wr_format(&w, "/api/v1/%s", path);
	if (requests[order->verb].has_name)
		door_put_encoded(&w, slice_str(order->name));
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

static void put_token_fields(const door_t *door, const user_order_t *order, json_t *j)
{
	json_put_cstr(j, "user", order->name);
	json_put_cstr(j, "role", order->role);
	json_put_cstr(j, "label", order->label);
	if (order->lasts_ns)
		json_put_i64(j, "expires_ms",
		             (env_utc(door->env).ns + order->lasts_ns) / NS_PER_MS);
}

static void write_body(const door_t *door, const user_order_t *order, json_t *j)
{
	json_object(j);
	if (order->verb == USER_ADD)
		json_put_cstr(j, "name", order->name);
	if (order->verb == USER_ADD || order->verb == USER_SET)
		put_user_fields(order, j);
	if (order->verb == USER_TOKEN_ADD)
		put_token_fields(door, order, j);
	json_close(j);
}

static door_ask_t ask_of(const user_order_t *order, const char *path, slice_t body)
{
	http_method_t method = requests[order->verb].method;
	bool has_body = method == HTTP_POST || method == HTTP_PATCH;
	return (door_ask_t){ .method = method,
		             .path = path,
		             .content_type = has_body ? "application/json" : NULL,
		             .body = has_body ? body : (slice_t){ 0 } };
}

err_t user_there(const door_t *door, const user_order_t *order, text_t *ret_json,
                 err_detail_t *ret_detail)
{
	char path[PATH_MAX_BYTES], body[BODY_MAX];
	door_t there = *door;
	json_t j = json_of(body, sizeof(body));
	env_http_answer_t answer;
	write_body(door, order, &j);
	err_t err = json_ok(&j) ? write_path(order, path) : ERR_TOO_BIG;
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	err = door_enter(&there, ret_detail);
	if (err)
		return err;
	door_ask_t ask = ask_of(order, path, json_done(&j));
	err = door_ask(&there, &ask, &answer, ret_detail);
	if (err)
		return err;
	text_add(ret_json, answer.body);
	env_http_answer_done(&answer);
	return ERR_OK;
}
