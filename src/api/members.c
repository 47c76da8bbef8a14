/* SPDX-License-Identifier: Apache-2.0 */
/* Members of this node as a parent. Loop of the rooms that join nodes; a change is answered
 * when it is durable. */
#include "api/body.h"
#include "api/handlers.h"
#include "api/state.h"

enum { MEMBER_ROOM = 2048, SECONDS_MAX = 366 * 24 * 3600 };

static const err_text_t text_no_parent = {
	{ "this node is no parent: it listens for no children",
	  "本节点不是上级：未监听下级节点的连接" },
	{ "set uplink.listen and start it again", "请设置 uplink.listen 并重新启动" },
};
static const err_text_t text_scope = {
	{ "members are for administrators without a scope", "只有范围不受限的管理员可以管理成员" },
	{ "ask an administrator", "请联系管理员" },
};
static const err_text_t text_busy = {
	{ "too many changes wait for the disk", "等待写盘的修改过多" },
	{ "try again in a moment", "请稍后重试" },
};

/* The authority, or NULL with the problem in the reply. */
static authority_t *authority_of(exchange_t *x)
{
	const api_tree_t *tree = x->api->spec.tree;
	authority_t *authority = tree ? tree->authority : NULL;
	if (!authority)
		exchange_refuse(x, ERR_NOT_FOUND, &text_no_parent, (slice_t){ 0 });
	return authority;
}

/* The same, for who wants to change something. */
static authority_t *authority_to_change(exchange_t *x)
{
	authority_t *authority = authority_of(x);
	if (!authority)
		return NULL;
	err_t err = x->request.caller.scope.len > 0                  ? ERR_DENIED
	            : x->api->members_waiting >= API_MEMBERS_WAITING ? ERR_BUSY
	                                                             : ERR_OK;
	if (!err)
		return authority;
	exchange_refuse(x, err, err == ERR_DENIED ? &text_scope : &text_busy, (slice_t){ 0 });
	return NULL;
}

static void answer(void *ctx, err_t err)
{
	exchange_t *x = ctx;
	x->api->members_waiting--;
	if (err)
		exchange_refuse(x, err, NULL, (slice_t){ 0 });
	exchange_answer_late(x);
}

static verdict_t await(exchange_t *x, err_t err, const err_detail_t *detail)
{
	if (err)
		return exchange_tell(x, err, detail);
	x->api->members_waiting++;
	return EXCHANGE_LATER;
}

verdict_t members_get(exchange_t *x)
{
	const authority_t *authority = authority_of(x);
	const authority_member_t *member;
	if (!authority)
		return EXCHANGE_ANSWERED;
	json_t *j = reply_json(&x->reply, MEMBER_ROOM);
	json_object(j);
	json_put_array(j, "members");
	for (size_t i = 0; (member = authority_member_at(authority, i)); i++)
		authority_member_json(member, reply_json(&x->reply, MEMBER_ROOM));
	j = reply_json(&x->reply, MEMBER_ROOM);
	json_close(j);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

static verdict_t invite(exchange_t *x, authority_t *authority, const json_tree_t *doc)
{
	char code[CODE_TEXT];
	err_detail_t detail = { 0 };
	const json_tree_t *lasts = json_member(doc, "lasts_s");
	int64_t seconds = 0;
	authority_invite_t invitation = { .who = x->request.caller.subject, .done = { answer, x } };
	if (!json_text(json_member(doc, "node"), &invitation.node))
		return body_refuse(x, "node");
	if (lasts && !json_whole(lasts, 1, SECONDS_MAX, &seconds))
		return body_refuse(x, "lasts_s");
	invitation.lasts_ns = seconds * NS_PER_S;
	err_t err = authority_invite(authority, &invitation, code, &detail);
	if (err)
		return await(x, err, &detail);
	json_t *j = reply_json(&x->reply, MEMBER_ROOM);
	x->reply.status = 201;
	json_object(j);
	json_put_str(j, "node", invitation.node);
	json_put_cstr(j, "code", code);
	json_put_ms(j, "code_until_ms",
	            authority_member_named(authority, invitation.node)->code_ns);
	json_close(j);
	env_wipe(code, sizeof(code));
	return await(x, ERR_OK, NULL);
}

verdict_t members_post(exchange_t *x)
{
	authority_t *authority = authority_to_change(x);
	json_tree_t *doc = authority ? body_read(x) : NULL;
	if (!doc)
		return EXCHANGE_ANSWERED;
	verdict_t verdict = invite(x, authority, doc);
	json_free(doc);
	return verdict;
}

verdict_t member_revoke_post(exchange_t *x)
{
	err_detail_t detail = { 0 };
	authority_t *authority = authority_to_change(x);
	json_tree_t *doc = authority ? body_read(x) : NULL;
	if (!doc)
		return EXCHANGE_ANSWERED;
	authority_revoke_t revoke = { .node = x->request.param[0],
		                      .who = x->request.caller.subject,
		                      .done = { answer, x } };
	const json_tree_t *reason = json_member(doc, "reason");
	verdict_t verdict;
	if (reason && !json_text(reason, &revoke.reason)) {
		verdict = body_refuse(x, "reason");
	} else {
		x->reply.status = 204;
		verdict = await(x, authority_revoke(authority, &revoke, &detail), &detail);
	}
	json_free(doc);
	return verdict;
}
