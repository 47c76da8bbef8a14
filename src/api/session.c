/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in and out of the console. The token is seen once; from then on the
 * browser holds a cookie that scripts cannot read, and a CSRF word that only they
 * can send. */
#include "api/body.h"
#include "api/guard.h"
#include "api/handlers.h"
#include "api/state.h"
#include "journal/event_log.h"

enum { SESSION_ROOM = 1024, COOKIE_TEXT = 192, COOKIE_MAX_AGE_S = 12 * 3600 };

static const err_text_t text_token = {
	{ "this token is not known here", "令牌无效" },
	{ "copy the token from DATA/keys/admin.token", "请复制 DATA/keys/admin.token 中的令牌" },
};

static const err_text_t text_wait = {
	{ "too many wrong tokens from this address", "该地址的错误令牌次数过多" },
	{ "wait one minute", "请等待一分钟" },
};

static const err_text_t text_none = {
	{ "nobody is signed in", "尚未登录" },
	{ "sign in with POST /api/v1/session", "请通过 POST /api/v1/session 登录" },
};

static void note(exchange_t *x, message_t message, const caller_t *caller)
{
	char client[IP_TEXT_MAX];
	event_t event = event_make(message, (node_time_t){ env_utc(x->api->env).ns });
	if (caller) {
		event_arg(&event, ARG_SUBJECT, value_text(caller->subject));
		event_arg(&event, ARG_ROLE, value_text(slice_str(role_name(caller->role))));
	}
	ip_format(x->request.peer.ip, client);
	event_arg(&event, ARG_CLIENT, value_text(slice_str(client)));
	/* A journal that takes no more already shows on /readyz. */
	(void)!event_append(x->api->spec.journal, &event);
}

static void set_cookie(exchange_t *x, const char *value, int age_s)
{
	char text[COOKIE_TEXT];
	writer_t w = writer_of(text, sizeof(text) - 1);
	wr_format(&w, SESSION_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s", value,
	          age_s, x->api->tls ? "; Secure" : "");
	text[w.len] = 0;
	reply_header(&x->reply, "Set-Cookie", text);
}

static verdict_t say(exchange_t *x, const caller_t *caller, const char *csrf)
{
	json_t *j = reply_json(&x->reply, SESSION_ROOM);
	json_object(j);
	json_put_str(j, "subject", caller->subject);
	json_put_cstr(j, "role", role_name(caller->role));
	json_put_cstr(j, "csrf", csrf);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

verdict_t session_get(exchange_t *x)
{
	slice_t cookie = request_cookie(&x->request, SESSION_COOKIE);
	if (x->request.caller.role == ROLE_PUBLIC)
		return exchange_refuse(x, ERR_UNAUTHENTICATED, &text_none, (slice_t){ 0 });
	return say(x, &x->request.caller, access_session_csrf(x->api->spec.access, cookie));
}

static verdict_t refuse(exchange_t *x, err_t err)
{
	if (err == ERR_BUSY)
		return exchange_problem(
			x, &(problem_t){ .err = err, .status = 429, .text = &text_wait });
	note(x, MSG_LOGIN_REFUSED, NULL);
	return exchange_refuse(x, err, &text_token, (slice_t){ 0 });
}

static verdict_t sign_in(exchange_t *x, slice_t token)
{
	access_t *access = x->api->spec.access;
	access_session_t session;
	caller_t caller;
	err_t err = access_token(access, token, x->request.peer.ip, &caller);
	if (err)
		return refuse(x, err);
	err = access_session_open(access, &caller, &session);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	note(x, MSG_LOGIN, &caller);
	set_cookie(x, session.cookie, COOKIE_MAX_AGE_S);
	return say(x, &caller, session.csrf);
}

verdict_t session_post(exchange_t *x)
{
	slice_t token;
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	bool good = json_text(json_member(doc, "token"), &token);
	verdict_t verdict = good ? sign_in(x, token) : body_refuse(x, "token");
	json_free(doc);
	return verdict;
}

verdict_t session_delete(exchange_t *x)
{
	access_session_close(x->api->spec.access, request_cookie(&x->request, SESSION_COOKIE));
	set_cookie(x, "", 0);
	x->reply.status = 204;
	return EXCHANGE_ANSWERED;
}
