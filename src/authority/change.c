/* SPDX-License-Identifier: Apache-2.0 */
/* What changes who is a member. All go the same way: append, apply, tell, and answer when the
 * record is durable. */
#include <assert.h>

#include "authority/state.h"
#include "base/ascii.h"
#include "journal/event_log.h"

static const err_text_t text_node = {
	{ "\"%1\" is no identifier of a node that could join", "“%1” 不是可加入的节点标识" },
	{ "give the node.prefix of the child: letters, digits, '.', '_' and '-', at most 64",
	  "请给出下级节点的 node.prefix：字母、数字、“.”、“_”、“-”，至多 64 个" },
};
static const err_text_t text_full = {
	{ "there are 16384 members already", "成员数已达 16384" },
	{ "let another parent take the rest", "请由其他上级节点接纳其余成员" },
};
static const err_text_t text_time = {
	{ "a code lasts from a minute to a year", "入网码有效期须为一分钟至一年" },
	{ "give another time", "请另设时间" },
};
static const err_text_t text_busy = {
	{ "too many changes wait for the disk", "等待写盘的修改过多" },
	{ "try again in a moment", "请稍后重试" },
};
static const err_text_t text_member = {
	{ "there is no member called %1", "没有名为 %1 的成员" },
	{ "list the members to see their names: jizhu member list",
	  "可列出成员以查看名称：jizhu member list" },
};
static const err_text_t text_wait = {
	{ "too many wrong codes from this address", "该地址的错误入网码过多" },
	{ "try again in a minute", "请一分钟后重试" },
};
static const err_text_t text_code = {
	{ "the code is not good for %1", "该入网码不适用于 %1" },
	{ "check the code and node.prefix, or ask the parent for another code",
	  "请核对入网码与 node.prefix，或向上级索取新的入网码" },
};
static const err_text_t text_expired = {
	{ "the code for %1 has expired", "%1 的入网码已过期" },
	{ "ask the parent for another code", "请向上级索取新的入网码" },
};
static const err_text_t text_used = {
	{ "the code for %1 was used by another key", "%1 的入网码已被另一密钥使用" },
	{ "if that was not you, revoke the member; then ask for another code",
	  "若非本人操作，请吊销该成员，再索取新的入网码" },
};
static const err_text_t text_request = {
	{ "this is no certificate request of an Ed25519 key", "不是 Ed25519 密钥的证书请求" },
	{ NULL, NULL },
};

#define CODE_LEAST_NS (60 * NS_PER_S)
#define CODE_MOST_NS  (366 * 24 * INT64_C(3600) * NS_PER_S)

static err_t refuse(err_detail_t *ret_detail, err_t err, const err_text_t *text, slice_t node)
{
	char buf[ERR_ARG_MAX];
	(void)slice_to_cstr(node, buf, sizeof(buf));
	return err_raise(ret_detail, err, text, "", buf, (char *)NULL);
}

/* The common way. */

static void tell(authority_t *authority, const member_entry_t *entry)
{
	static const message_t messages[] = {
		[MEMBER_INVITED] = MSG_MEMBER_INVITED,
		[MEMBER_ENROLLED] = MSG_MEMBER_ENROLLED,
		[MEMBER_RENEWED] = MSG_MEMBER_RENEWED,
		[MEMBER_REVOKED] = MSG_MEMBER_REVOKED,
	};
	event_t event = event_make(messages[entry->kind], (node_time_t){ entry->utc_ns });
	event_arg(&event, ARG_SUBJECT, value_text(entry->who));
	event_arg(&event, ARG_NAME, value_text(entry->node));
	if (entry->reason.len > 0)
		event_arg(&event, ARG_REASON, value_text(entry->reason));
	/* A journal that takes no more already shows on /readyz. */
	if (authority->spec.events)
		(void)!event_append(authority->spec.events, &event);
}

static err_t append(authority_t *authority, const member_entry_t *entry, uint64_t *ret_seq)
{
	uint8_t buf[MEMBER_BYTES_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	member_entry_write(entry, &w);
	assert(!w.bad);
	slice_t payload = writer_done(&w);
	err_t err = journal_append(authority->spec.journal, JOURNAL_MEMBER, &payload, 1, ret_seq);
	env_wipe(buf, sizeof(buf));
	return err == ERR_LIMIT ? ERR_BUSY : err; /* its buffer is full until the next sync */
}

static void wait_for(authority_t *authority, uint64_t seq, authority_done_t done)
{
	if (!authority->spec.loop || !done.fn)
		return;
	authority->waiters[authority->waiting++] = (authority_waiter_t){ seq, done };
	if (seq <= journal_durable(authority->spec.journal))
		env_timer_set(authority->timer, 0);
}

static err_t carry_out(authority_t *authority, const member_entry_t *entry, authority_done_t done,
                       err_detail_t *ret_detail)
{
	uint64_t seq = 0;
	if (authority->waiting == AUTHORITY_ENROLLING_MAX)
		return refuse(ret_detail, ERR_BUSY, &text_busy, entry->node);
	err_t err = append(authority, entry, &seq);
	if (!err)
		err = members_apply(&authority->members, entry, seq);
	if (err)
		return refuse(ret_detail, err, err == ERR_BUSY ? &text_busy : NULL, entry->node);
	tell(authority, entry);
	wait_for(authority, seq, done);
	return ERR_OK;
}

void authority_changes_durable(void *ctx)
{
	authority_t *authority = ctx;
	uint64_t seq = 0;
	while (authority->durable && env_mailbox_take(authority->durable, &seq))
		;
	seq = journal_durable(authority->spec.journal);
	err_t broken = journal_state(authority->spec.journal);
	/* Whoever is answered may ask or leave at once, so each begins anew. */
	for (size_t i = 0; i < authority->waiting;) {
		authority_waiter_t one = authority->waiters[i];
		if (!broken && one.seq > seq) {
			i++;
			continue;
		}
		authority->waiters[i] = authority->waiters[--authority->waiting];
		one.done.fn(one.done.ctx, one.seq <= seq ? ERR_OK : broken);
		i = 0;
	}
}

void authority_forget(authority_t *authority, void *ctx)
{
	size_t kept = 0;
	for (size_t i = 0; i < authority->waiting; i++)
		if (authority->waiters[i].done.ctx != ctx)
			authority->waiters[kept++] = authority->waiters[i];
	authority->waiting = kept;
}

/* Inviting and revoking. */

static bool may_join(const authority_t *authority, slice_t node)
{
	return node.len > 0 && node.len <= ENV_CERTIFY_NAME_MAX &&
	       ascii_is_word(node, SLICE("._-")) && !slice_eq(node, slice_str(authority->node));
}

err_t authority_invite(authority_t *authority, const authority_invite_t *invite,
                       char ret_code[CODE_TEXT], err_detail_t *ret_detail)
{
	int64_t lasts_ns = invite->lasts_ns ? invite->lasts_ns : AUTHORITY_CODE_NS;
	int64_t now_ns = env_utc(authority->env).ns;
	if (!may_join(authority, invite->node))
		return refuse(ret_detail, ERR_INVALID, &text_node, invite->node);
	if (lasts_ns < CODE_LEAST_NS || lasts_ns > CODE_MOST_NS)
		return refuse(ret_detail, ERR_INVALID, &text_time, invite->node);
	if (authority->members.count == AUTHORITY_MEMBERS_MAX &&
	    !members_find(&authority->members, invite->node))
		return refuse(ret_detail, ERR_LIMIT, &text_full, invite->node);
	code_t code;
	env_random(authority->env, code.secret, sizeof(code.secret));
	memcpy(code.mark, authority->mark, sizeof(code.mark));
	member_entry_t entry = { .kind = MEMBER_INVITED,
		                 .utc_ns = now_ns,
		                 .who = slice_sub(invite->who, 0, AUTHORITY_WHO_MAX),
		                 .node = invite->node,
		                 .until_ns = now_ns + lasts_ns };
	code_key(&code, entry.code_key);
	err_t err = carry_out(authority, &entry, invite->done, ret_detail);
	if (!err)
		code_write(&code, ret_code);
	env_wipe(&code, sizeof(code));
	env_wipe(&entry, sizeof(entry));
	return err;
}

err_t authority_revoke(authority_t *authority, const authority_revoke_t *revoke,
                       err_detail_t *ret_detail)
{
	const authority_member_t *member = members_find(&authority->members, revoke->node);
	if (!member)
		return refuse(ret_detail, ERR_NOT_FOUND, &text_member, revoke->node);
	if (authority->waiting == AUTHORITY_ENROLLING_MAX)
		return refuse(ret_detail, ERR_BUSY, &text_busy, revoke->node);
	if (member->state == AUTHORITY_REVOKED) {
		wait_for(authority, member->seq, revoke->done);
		return ERR_OK;
	}
	member_entry_t entry = { .kind = MEMBER_REVOKED,
		                 .utc_ns = env_utc(authority->env).ns,
		                 .who = slice_sub(revoke->who, 0, AUTHORITY_WHO_MAX),
		                 .node = slice_str(member->node),
		                 .reason = slice_sub(revoke->reason, 0, AUTHORITY_REASON_MAX) };
	err_t err = carry_out(authority, &entry, revoke->done, ret_detail);
	if (!err && authority->ended)
		authority->ended(authority->ended_ctx, slice_str(member->node));
	return err;
}

/* Certifying. */

static err_t check_key(slice_t der)
{
	env_pkey_t *key = NULL;
	err_t err = env_pkey_from_der(der, &key);
	if (!err && env_pkey_kind(key) != ENV_PKEY_ED25519)
		err = ERR_UNSUPPORTED;
	env_pkey_free(key);
	return err;
}

static err_t read_request(const authority_request_t *request, env_certify_party_t *ret_read,
                          err_detail_t *ret_detail)
{
	err_t err = env_certify_request_read(request->request, ret_read);
	if (!err)
		err = check_key(slice_of(ret_read->key, ret_read->key_len));
	return err ? refuse(ret_detail, err, &text_request, (slice_t){ 0 }) : ERR_OK;
}

/* Whether what is shown was made by the code of an open invitation. A member that is not
 * there takes as long as one that is. */
static bool is_proven(const authority_t *authority, const authority_member_t *member,
                      const authority_request_t *request)
{
	static const uint8_t nobody[SHA256_BYTES];
	uint8_t proof[SHA256_BYTES];
	bool is_open = member && member->code_ns && member->guesses < AUTHORITY_GUESSES_OF_ONE;
	code_proof(is_open ? member->code_key : nobody, authority->mark, request->request, proof);
	return env_secret_eq(slice_of(proof, sizeof(proof)), request->proof) && is_open;
}

static void guessed(authority_t *authority, authority_member_t *member,
                    const authority_request_t *request, slice_t node)
{
	char address[IP_TEXT_MAX];
	int64_t now_ns = env_now(authority->env);
	failures_add(&authority->failures, failure_key_source(request->source), now_ns);
	authority->stats.guesses++;
	if (!member || !member->code_ns || member->guesses++ != AUTHORITY_GUESSES_OF_ONE - 1 ||
	    !authority->spec.events)
		return;
	event_t event = event_make(MSG_CODE_GUESSED, (node_time_t){ env_utc(authority->env).ns });
	event_arg(&event, ARG_NAME, value_text(node));
	event_arg(&event, ARG_COUNT, value_i64(AUTHORITY_GUESSES_OF_ONE));
	event_arg(&event, ARG_CLIENT, value_text(slice_str(ip_format(request->source, address))));
	(void)!event_append(authority->spec.events, &event);
}

/* A key of the member that is asked for once more: the answer was lost. */
static bool is_again(const authority_member_t *member, const env_certify_party_t *read)
{
	const authority_key_t *newest = member_newest(member);
	return newest && newest->is_live && read->key_len == sizeof(newest->der) &&
	       memcmp(newest->der, read->key, sizeof(newest->der)) == 0;
}

static err_t answer_again(authority_t *authority, const authority_member_t *member,
                          const authority_request_t *request, slice_t *ret_certificate)
{
	if (authority->waiting == AUTHORITY_ENROLLING_MAX)
		return ERR_BUSY;
	wait_for(authority, member->seq, request->done);
	*ret_certificate = slice_of(member->certificate, member->certificate_len);
	return ERR_OK;
}

typedef struct {
	member_kind_t kind;
	slice_t who;
	authority_member_t *member;
	const env_certify_party_t *read;
} certifying_t;

static err_t certify(authority_t *authority, const certifying_t *what, authority_done_t done,
                     slice_t *ret_certificate, err_detail_t *ret_detail)
{
	uint8_t der[ENV_CERTIFY_DER_MAX];
	writer_t w = writer_of(der, sizeof(der));
	slice_t node = slice_str(what->member->node);
	err_t err = authority_issue(
		authority,
		&(authority_issue_t){ .purpose = ENV_CERTIFY_CLIENT,
	                              .name = node,
	                              .key = slice_of(what->read->key, what->read->key_len),
	                              .lasts_ns = authority->spec.member_ns },
		&w);
	if (err)
		return refuse(ret_detail, err, NULL, node);
	member_entry_t entry = { .kind = what->kind,
		                 .utc_ns = env_utc(authority->env).ns,
		                 .who = slice_sub(what->who, 0, AUTHORITY_WHO_MAX),
		                 .node = node,
		                 .certificate = writer_done(&w) };
	err = carry_out(authority, &entry, done, ret_detail);
	if (!err)
		*ret_certificate = slice_of(what->member->certificate,
		                            what->member->certificate_len);
	return err;
}

err_t authority_enrol(authority_t *authority, const authority_request_t *request,
                      slice_t *ret_certificate, err_detail_t *ret_detail)
{
	char address[IP_TEXT_MAX];
	env_certify_party_t read;
	int64_t now_ns = env_now(authority->env);
	if (failures_block(&authority->failures, failure_key_source(request->source), now_ns)) {
		authority->stats.waits++;
		return refuse(ret_detail, ERR_BUSY, &text_wait, (slice_t){ 0 });
	}
	err_t err = read_request(request, &read, ret_detail);
	if (err)
		return err;
	slice_t node = slice_str(read.name);
	authority_member_t *member = members_find(&authority->members, node);
	if (!is_proven(authority, member, request)) {
		guessed(authority, member, request, node);
		return refuse(ret_detail, ERR_DENIED, &text_code, node);
	}
	if (member->is_used && is_again(member, &read))
		return answer_again(authority, member, request, ret_certificate);
	if (member->is_used)
		return refuse(ret_detail, ERR_CONFLICT, &text_used, node);
	if (member->code_ns <= env_utc(authority->env).ns)
		return refuse(ret_detail, ERR_EXPIRED, &text_expired, node);
	certifying_t what = { MEMBER_ENROLLED, slice_str(ip_format(request->source, address)),
		              member, &read };
	err = certify(authority, &what, request->done, ret_certificate, ret_detail);
	if (!err)
		authority->stats.enrolled++;
	return err;
}

err_t authority_renew(authority_t *authority, const authority_request_t *request,
                      slice_t *ret_certificate, err_detail_t *ret_detail)
{
	env_certify_party_t read;
	err_t err = read_request(request, &read, ret_detail);
	if (err)
		return err;
	authority_member_t *member = members_find(&authority->members, request->node);
	if (!member || member->state != AUTHORITY_MEMBER ||
	    !slice_eq(slice_str(read.name), request->node))
		return refuse(ret_detail, ERR_DENIED, &text_member, slice_str(read.name));
	if (is_again(member, &read))
		return answer_again(authority, member, request, ret_certificate);
	certifying_t what = { MEMBER_RENEWED, slice_str(member->node), member, &read };
	err = certify(authority, &what, request->done, ret_certificate, ret_detail);
	if (!err)
		authority->stats.renewed++;
	return err;
}
