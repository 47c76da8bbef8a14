/* SPDX-License-Identifier: Apache-2.0 */
/* A wrong token is always refused, so that a script notices; a session that has
 * ended only matters where one is needed, because a browser sends its cookie with
 * everything. */
#include "api/guard.h"

#include "api/state.h"
#include "env/crypto.h"

static const err_text_t text_token = {
	{ "the token is not known here", "令牌无效" },
	{ "use an API token of a user, or the one in DATA/keys/admin.token",
	  "请使用用户的 API 令牌，或 DATA/keys/admin.token 中的令牌" },
};

static const err_text_t text_needed = {
	{ "this needs a token or a session", "此操作需要令牌或会话" },
	{ "send Authorization: Bearer, or sign in with POST /api/v1/session",
	  "请发送 Authorization: Bearer，或通过 POST /api/v1/session 登录" },
};

static const err_text_t text_csrf = {
	{ "the session's X-CSRF-Token is missing or wrong", "缺少会话的 X-CSRF-Token 或其值错误" },
	{ "GET /api/v1/session tells the word", "可由 GET /api/v1/session 取得" },
};

static const err_text_t text_role = {
	{ "the role %1 may not do this", "角色 %1 无权执行此操作" },
	{ "ask somebody with a higher role", "请由更高权限的角色执行" },
};

static const err_text_t text_wait = {
	{ "too many wrong tokens from this address", "该地址的错误令牌次数过多" },
	{ "wait one minute", "请等待一分钟" },
};

static bool writes(const request_t *request)
{
	return request->method != HTTP_GET && request->method != HTTP_HEAD;
}

static bool refuse(exchange_t *x, err_t err, const err_text_t *text, slice_t arg)
{
	exchange_problem(x, &(problem_t){
				    .err = err,
				    .status = err == ERR_BUSY ? 429 : 0,
				    .text = text,
				    .arg = arg,
			    });
	return false;
}

static bool by_token(exchange_t *x, slice_t token)
{
	caller_t caller;
	err_t err = access_token(x->api->spec.access, token, x->request.peer.ip, &caller);
	if (err)
		return refuse(x, err, err == ERR_BUSY ? &text_wait : &text_token, (slice_t){ 0 });
	request_set_caller(&x->request, &caller);
	return true;
}

/* A session as one word (POST /identity/token): its cookie, a dot, its CSRF word. */
static bool by_session_word(exchange_t *x, slice_t word)
{
	request_t *request = &x->request;
	slice_t cookie = slice_cut(&word, '.');
	err_t err = access_session(x->api->spec.access, cookie, word, true, &request->caller);
	request->caller.request_id = request->id;
	return !err || refuse(x, ERR_UNAUTHENTICATED, &text_token, (slice_t){ 0 });
}

static bool by_session(exchange_t *x, slice_t cookie)
{
	request_t *request = &x->request;
	caller_t caller;
	err_t err = access_session(x->api->spec.access, cookie, request->header[HEADER_CSRF],
	                           writes(request), &caller);
	if (err == ERR_DENIED && x->route->role != ROLE_PUBLIC)
		return refuse(x, err, &text_csrf, (slice_t){ 0 });
	if (!err)
		request_set_caller(request, &caller);
	return true;
}

/* Clients of other programs that know only user and password send a token for it. */
static bool by_basic(exchange_t *x)
{
	char room[REQUEST_BASIC_MAX];
	if (x->route->face != FACE_PROMETHEUS && x->route->face != FACE_WRITE)
		return true;
	slice_t token = request_basic_password(&x->request, room);
	bool is_good = !token.len || by_token(x, token);
	env_wipe(room, sizeof(room));
	return is_good;
}

bool guard_pass(exchange_t *x)
{
	request_t *request = &x->request;
	slice_t token = x->route->face == FACE_WRITE ? request_writer_token(request)
	                                             : request_bearer(request);
	slice_t cookie = request_cookie(request, SESSION_COOKIE);
	bool is_word = slice_find(token, '.') < token.len;
	if (token.len && !(is_word ? by_session_word(x, token) : by_token(x, token)))
		return false;
	if (!token.len && cookie.len && !by_session(x, cookie))
		return false;
	if (!token.len && !by_basic(x))
		return false;
	role_t role = request->caller.role;
	if (role >= x->route->role)
		return true;
	if (role == ROLE_PUBLIC)
		return refuse(x, ERR_UNAUTHENTICATED, &text_needed, (slice_t){ 0 });
	return refuse(x, ERR_DENIED, &text_role, slice_str(role_name(role)));
}
