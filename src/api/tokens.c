/* SPDX-License-Identifier: Apache-2.0 */
/* API tokens: each user's own, and all of them for administrators. */
#include "api/body.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/state.h"

enum { TOKEN_ROOM = 1024 };

/* The user a caller stands for; nothing for the admin token. */
static slice_t owner_of(const exchange_t *x)
{
	slice_t rest = x->request.caller.subject;
	slice_t kind = slice_cut(&rest, ':');
	if (slice_eq(kind, SLICE("user")))
		return rest;
	const access_key_t *key = slice_eq(kind, SLICE("token"))
	                                  ? access_key_named(x->api->spec.access, rest)
	                                  : NULL;
	return key ? slice_str(key->owner) : (slice_t){ 0 };
}

/* The own ones; of all users, or of one, for an administrator without a scope. */
verdict_t tokens_get(exchange_t *x)
{
	const caller_t *caller = &x->request.caller;
	const access_key_t *key;
	slice_t owner = owner_of(x), asked;
	bool sees_all = caller->role == ROLE_ADMIN && caller->scope.len == 0;
	if (sees_all && !request_query(&x->request, "user", 0, &owner))
		owner = (slice_t){ 0 };
	if (!sees_all && request_query(&x->request, "user", 0, &asked) && !slice_eq(asked, owner))
		return exchange_refuse(x, ERR_DENIED, NULL, (slice_t){ 0 });
	json_t *j = reply_json(&x->reply, TOKEN_ROOM);
	json_object(j);
	json_put_array(j, "tokens");
	for (size_t i = 0; (key = access_key_at(x->api->spec.access, i)); i++)
		if ((sees_all && !owner.len) || slice_eq(slice_str(key->owner), owner))
			access_key_json(key, reply_json(&x->reply, TOKEN_ROOM));
	j = reply_json(&x->reply, TOKEN_ROOM);
	json_close(j);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

static verdict_t make(exchange_t *x, access_change_t *change)
{
	access_secret_t secret = { 0 };
	verdict_t verdict = change_send(x, change, &secret);
	if (verdict == EXCHANGE_ANSWERED)
		return verdict;
	json_t *j = reply_json(&x->reply, TOKEN_ROOM);
	x->reply.status = 201;
	json_object(j);
	json_put_cstr(j, "id", secret.id);
	json_put_cstr(j, "secret", secret.secret);
	json_close(j);
	return verdict;
}

/* False with the problem in the reply. */
static bool read_token(exchange_t *x, const json_tree_t *doc, access_change_t *change)
{
	const json_tree_t *user = json_member(doc, "user"), *role = json_member(doc, "role");
	const json_tree_t *expires = json_member(doc, "expires_ms");
	slice_t word = slice_str(role_name(ROLE_VIEWER));
	int64_t expires_ms = 0;
	const char *wrong = NULL;
	change->name = owner_of(x);
	if (!json_text(json_member(doc, "label"), &change->label))
		wrong = "label";
	if (role && !json_text(role, &word))
		wrong = "role";
	if (user && !json_text(user, &change->name))
		wrong = "user";
	if (json_kind(expires) > JSON_NULL_VALUE &&
	    !json_whole(expires, 1, INT64_MAX / NS_PER_MS, &expires_ms))
		wrong = "expires_ms";
	if (change->name.len == 0)
		wrong = "user";
	if (wrong)
		body_refuse(x, wrong);
	change->role = role_parse(word);
	change->expires_ns = expires_ms * NS_PER_MS;
	return !wrong;
}

verdict_t tokens_post(exchange_t *x)
{
	access_change_t change = { .verb = ACCESS_KEY_ADD };
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	verdict_t verdict = EXCHANGE_ANSWERED;
	if (read_token(x, doc, &change))
		verdict = make(x, &change);
	json_free(doc);
	return verdict;
}

verdict_t token_delete(exchange_t *x)
{
	access_change_t change = { .verb = ACCESS_KEY_REMOVE, .name = x->request.param[0] };
	x->reply.status = 204;
	return change_send(x, &change, NULL);
}
