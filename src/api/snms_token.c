/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in as SNMS does: a session of the access room, as one word that the client
 * sends back after "Bearer". The password is that of a user, or an API token. */
#include <stdio.h>

#include "api/body.h"
#include "api/handlers.h"
#include "api/passwords.h"
#include "api/snms.h"
#include "api/state.h"

static const err_text_t text_wrong = {
	{ "the user name or the password is wrong", "用户名或密码错误" },
	{ "an API token serves as password too", "也可用 API 令牌作为密码" },
};

static const err_text_t text_many = {
	{ "too many wrong passwords from this address or for this name",
	  "该地址或该用户名的错误密码次数过多" },
	{ "wait one minute", "请等待一分钟" },
};

static verdict_t enter(exchange_t *x, const caller_t *caller)
{
	access_session_t session;
	char token[sizeof(session.cookie) + sizeof(session.csrf) + 1];
	err_t err = access_session_open(x->api->spec.access, caller, &session);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	session_note(x, MSG_LOGIN, caller->subject, role_name(caller->role));
	(void)snprintf(token, sizeof(token), "%s.%s", session.cookie, session.csrf);
	json_t *j = snms_begin(x);
	json_object(j);
	json_put_cstr(j, "token", token);
	json_put_cstr(j, "prefix", x->api->spec.catalogue->node.prefix);
	json_close(j);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

static verdict_t refuse(exchange_t *x, err_t err)
{
	if (err == ERR_BUSY)
		return exchange_problem(
			x, &(problem_t){ .err = err, .status = 429, .text = &text_many });
	session_note(x, MSG_LOGIN_REFUSED, (slice_t){ 0 }, NULL);
	return exchange_refuse(x, err, &text_wrong, (slice_t){ 0 });
}

static verdict_t password_checked(exchange_t *x)
{
	caller_t caller;
	err_t err = access_login_end(x->api->spec.access, &x->works[0], &caller);
	return err ? refuse(x, err) : enter(x, &caller);
}

static verdict_t by_password(exchange_t *x, slice_t user, slice_t password)
{
	access_work_t *work = passwords_take(x, 1);
	if (!work)
		return EXCHANGE_ANSWERED;
	err_t err = access_login_begin(x->api->spec.access, user, password, x->request.peer.ip,
	                               work);
	return err ? refuse(x, err) : passwords_send(x, password_checked);
}

static verdict_t by_token(exchange_t *x, slice_t token)
{
	caller_t caller;
	err_t err = access_token(x->api->spec.access, token, x->request.peer.ip, &caller);
	return err ? refuse(x, err) : enter(x, &caller);
}

verdict_t snms_token_post(exchange_t *x)
{
	slice_t user, password;
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	verdict_t verdict;
	x->request.body_is_secret = true;
	if (!json_text(json_member(doc, "password"), &password))
		verdict = body_refuse(x, "password");
	else if (slice_starts(password, SLICE("jz_")))
		verdict = by_token(x, password);
	else if (!json_text(json_member(doc, "username"), &user))
		verdict = body_refuse(x, "username");
	else
		verdict = by_password(x, user, password);
	json_free(doc);
	return verdict;
}
