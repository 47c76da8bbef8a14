/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in and out of the console, and the own password. Token and password are seen
 * once; from then on the browser holds a cookie that scripts cannot read, and a CSRF
 * word that only they can send. */
#include "api/body.h"
#include "api/change.h"
#include "api/guard.h"
#include "api/handlers.h"
#include "api/passwords.h"
#include "api/state.h"
#include "journal/event_log.h"

enum { SESSION_ROOM = 1024, COOKIE_TEXT = 192, COOKIE_MAX_AGE_S = 12 * 3600 };

static const err_text_t text_token = {
	{ "this token is not known here", "令牌无效" },
	{ "copy the token from DATA/keys/admin.token, or use one of your own",
	  "请复制 DATA/keys/admin.token 中的令牌，或使用自己的令牌" },
};

static const err_text_t text_password = {
	{ "the name or the password is wrong", "用户名或密码错误" },
	{ "ask an administrator for a new password", "可请管理员重设密码" },
};

static const err_text_t text_many = {
	{ "too many wrong passwords from this address or for this name",
	  "该地址或该用户名的错误密码次数过多" },
	{ "wait one minute", "请等待一分钟" },
};

static const err_text_t text_no_password = {
	{ "only a user who signed in has a password to change",
	  "只有已登录的用户可以修改自己的密码" },
	{ "sign in with user and password", "请用用户名和密码登录" },
};

static const err_text_t text_wait = {
	{ "too many wrong tokens from this address", "该地址的错误令牌次数过多" },
	{ "wait one minute", "请等待一分钟" },
};

static const err_text_t text_none = {
	{ "nobody is signed in", "尚未登录" },
	{ "sign in with POST /api/v1/session", "请通过 POST /api/v1/session 登录" },
};

/* A name that is not known may be a password typed into the wrong field, so it is not
 * kept. */
void session_note(exchange_t *x, message_t message, slice_t subject, const char *role)
{
	char client[IP_TEXT_MAX];
	event_t event = event_make(message, (node_time_t){ env_utc(x->api->env).ns });
	if (subject.len)
		event_arg(&event, ARG_SUBJECT, value_text(subject));
	if (role)
		event_arg(&event, ARG_ROLE, value_text(slice_str(role)));
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
	json_put_str(j, "scope", caller->scope);
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

static verdict_t wait(exchange_t *x, const err_text_t *text)
{
	return exchange_problem(x, &(problem_t){ .err = ERR_BUSY, .status = 429, .text = text });
}

static verdict_t enter(exchange_t *x, const caller_t *caller)
{
	access_session_t session;
	err_t err = access_session_open(x->api->spec.access, caller, &session);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	session_note(x, MSG_LOGIN, caller->subject, role_name(caller->role));
	set_cookie(x, session.cookie, COOKIE_MAX_AGE_S);
	return say(x, caller, session.csrf);
}

static verdict_t by_token(exchange_t *x, slice_t token)
{
	caller_t caller;
	err_t err = access_token(x->api->spec.access, token, x->request.peer.ip, &caller);
	if (err == ERR_BUSY)
		return wait(x, &text_wait);
	if (!err)
		return enter(x, &caller);
	session_note(x, MSG_LOGIN_REFUSED, (slice_t){ 0 }, NULL);
	return exchange_refuse(x, err, &text_token, (slice_t){ 0 });
}

static verdict_t refuse_password(exchange_t *x, err_t err)
{
	char subject[ACCESS_SUBJECT_MAX];
	writer_t w = writer_of(subject, sizeof(subject));
	if (err != ERR_UNAUTHENTICATED)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	if (x->works[0].user[0])
		wr_format(&w, "user:%s", x->works[0].user);
	session_note(x, MSG_LOGIN_REFUSED, writer_done(&w), NULL);
	return exchange_refuse(x, err, &text_password, (slice_t){ 0 });
}

static verdict_t password_checked(exchange_t *x)
{
	caller_t caller;
	err_t err = access_login_end(x->api->spec.access, &x->works[0], &caller);
	return err ? refuse_password(x, err) : enter(x, &caller);
}

static verdict_t by_password(exchange_t *x, slice_t user, slice_t password)
{
	access_work_t *work = passwords_take(x, 1);
	if (!work)
		return EXCHANGE_ANSWERED;
	if (access_login_begin(x->api->spec.access, user, password, x->request.peer.ip, work))
		return wait(x, &text_many);
	return passwords_send(x, password_checked);
}

verdict_t session_post(exchange_t *x)
{
	slice_t token, user, password;
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	verdict_t verdict;
	if (json_text(json_member(doc, "token"), &token))
		verdict = by_token(x, token);
	else if (!json_text(json_member(doc, "user"), &user))
		verdict = body_refuse(x, "token");
	else if (!json_text(json_member(doc, "password"), &password))
		verdict = body_refuse(x, "password");
	else
		verdict = by_password(x, user, password);
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

/* The name of a caller that is a user, or nothing. */
static slice_t user_of(const caller_t *caller)
{
	slice_t rest = caller->subject;
	slice_t kind = slice_cut(&rest, ':');
	return slice_eq(kind, SLICE("user")) ? rest : (slice_t){ 0 };
}

static verdict_t old_password_checked(exchange_t *x)
{
	caller_t caller;
	err_t err = access_login_end(x->api->spec.access, &x->works[0], &caller);
	if (err)
		return refuse_password(x, err);
	access_change_t change = { .verb = ACCESS_USER_SET,
		                   .name = user_of(&x->request.caller),
		                   .fields = ACCESS_PASSWORD,
		                   .password = &x->works[1] };
	set_cookie(x, "", 0);
	x->reply.status = 204;
	return change_send(x, &change, NULL);
}

static verdict_t begin_both(exchange_t *x, slice_t user, const slice_t passwords[2])
{
	access_t *access = x->api->spec.access;
	access_work_t *works = passwords_take(x, 2);
	err_detail_t detail = { 0 };
	if (!works)
		return EXCHANGE_ANSWERED;
	err_t err = access_password_begin(access, passwords[1], &works[1], &detail);
	if (err)
		return exchange_refuse(x, err, detail.text, (slice_t){ 0 });
	if (access_login_begin(access, user, passwords[0], x->request.peer.ip, &works[0]))
		return wait(x, &text_many);
	return passwords_send(x, old_password_checked);
}

verdict_t session_password_put(exchange_t *x)
{
	slice_t passwords[2], user = user_of(&x->request.caller);
	if (user.len == 0)
		return exchange_refuse(x, ERR_CONFLICT, &text_no_password, (slice_t){ 0 });
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	verdict_t verdict;
	if (!json_text(json_member(doc, "old"), &passwords[0]))
		verdict = body_refuse(x, "old");
	else if (!json_text(json_member(doc, "new"), &passwords[1]))
		verdict = body_refuse(x, "new");
	else
		verdict = begin_both(x, user, passwords);
	json_free(doc);
	return verdict;
}
