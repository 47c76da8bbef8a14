/* SPDX-License-Identifier: Apache-2.0 */
/* Users, for administrators. A body with a password is read twice: once to send the
 * password through PBKDF2, and once more when its hash is there. */
#include "api/body.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/passwords.h"
#include "api/state.h"

enum { USER_ROOM = 1024 };

verdict_t users_get(exchange_t *x)
{
	const access_t *access = x->api->spec.access;
	const access_user_t *user;
	json_t *j = reply_json(&x->reply, USER_ROOM);
	json_object(j);
	json_put_array(j, "users");
	for (size_t i = 0; (user = access_user_at(access, i)); i++)
		access_user_json(access, user, reply_json(&x->reply, USER_ROOM));
	j = reply_json(&x->reply, USER_ROOM);
	json_close(j);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

/* What a body says of a user; texts live as long as the document. False with the
 * problem in the reply. */
static bool read_user(exchange_t *x, const json_tree_t *doc, access_change_t *change)
{
	static const char *const fields[] = { "role", "scope", "enabled", "password" };
	const json_tree_t *value[4];
	slice_t role = { 0 }, password;
	for (size_t i = 0; i < 4; i++) {
		value[i] = json_member(doc, fields[i]);
		change->fields |= value[i] ? 1u << i : 0;
	}
	bool good[] = { json_text(value[0], &role), json_text(value[1], &change->scope),
		        json_flag(value[2], &change->enabled), json_text(value[3], &password) };
	for (size_t i = 0; i < 4; i++)
		if (value[i] && !good[i]) {
			body_refuse(x, fields[i]);
			return false;
		}
	change->role = role_parse(role);
	change->password = x->works;
	return true;
}

/* Sends the change of a body whose password, if any, is hashed. */
static verdict_t carry_out(exchange_t *x)
{
	access_change_t change = { .verb = ACCESS_USER_SET, .enabled = true };
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	if (x->request.method == HTTP_POST)
		change.verb = ACCESS_USER_ADD;
	change.name = x->request.param[0];
	verdict_t verdict = EXCHANGE_ANSWERED;
	if (change.verb == ACCESS_USER_ADD && !json_text(json_member(doc, "name"), &change.name)) {
		verdict = body_refuse(x, "name");
	} else if (read_user(x, doc, &change)) {
		x->reply.status = change.verb == ACCESS_USER_ADD ? 201 : 204;
		verdict = change_send(x, &change, NULL);
	}
	json_free(doc);
	return verdict;
}

static verdict_t hash_first(exchange_t *x, slice_t password)
{
	err_detail_t detail = { 0 };
	access_work_t *work = passwords_take(x, 1);
	if (!work)
		return EXCHANGE_ANSWERED;
	err_t err = access_password_begin(x->api->spec.access, password, work, &detail);
	if (err)
		return exchange_refuse(x, err, detail.text, (slice_t){ 0 });
	return passwords_send(x, carry_out);
}

static verdict_t change_user(exchange_t *x, bool needs_password)
{
	slice_t password;
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	const json_tree_t *value = json_member(doc, "password");
	verdict_t verdict;
	if (json_text(value, &password))
		verdict = hash_first(x, password);
	else if (value || needs_password)
		verdict = body_refuse(x, "password");
	else
		verdict = carry_out(x);
	json_free(doc);
	return verdict;
}

verdict_t users_post(exchange_t *x)
{
	return change_user(x, true);
}

verdict_t user_patch(exchange_t *x)
{
	return change_user(x, false);
}

verdict_t user_delete(exchange_t *x)
{
	access_change_t change = { .verb = ACCESS_USER_REMOVE, .name = x->request.param[0] };
	x->reply.status = 204;
	return change_send(x, &change, NULL);
}
