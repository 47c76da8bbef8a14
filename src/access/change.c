/* SPDX-License-Identifier: Apache-2.0 */
/* Changing. A verb prepares the entry that will stand in the journal; then all go the
 * same way: append, apply, end what the change takes away, tell, and answer when the
 * record is durable. */
#include <assert.h>
#include <stdio.h>

#include "access/secret.h"
#include "access/state.h"
#include "base/ascii.h"
#include "base/num.h"
#include "base/utf8.h"
#include "journal/event_log.h"

enum { ID_RANDOM_BYTES = (ACCESS_ID_TEXT - 1) / 2 };

static const err_text_t text_denied = {
	{ "users and tokens of others are for administrators",
	  "只有管理员可以管理他人的用户和令牌" },
	{ "ask an administrator, or sign in as the user", "请联系管理员，或以该用户登录" },
};
static const err_text_t text_name = {
	{ "a user's name has 1 to 64 letters, digits and . _ @ - and begins with a letter or digit",
	  "用户名须为 1 至 64 个字母、数字或 . _ @ - ，并以字母或数字开头" },
	{ "choose another name", "请换一个名称" },
};
static const err_text_t text_exists = {
	{ "there is a user called %1 already", "用户 %1 已存在" },
	{ "choose another name, or change that user", "请换一个名称，或修改该用户" },
};
static const err_text_t text_no_user = {
	{ "there is no user called %1", "没有名为 %1 的用户" },
	{ "list the users to see their names", "可列出用户以查看名称" },
};
static const err_text_t text_no_key = {
	{ "there is no token %1", "没有令牌 %1" },
	{ "list the tokens to see their ids", "可列出令牌以查看编号" },
};
static const err_text_t text_role = {
	{ "the role must be viewer, operator, engineer or admin",
	  "角色须为 viewer、operator、engineer 或 admin" },
	{ NULL, NULL },
};
static const err_text_t text_key_role = {
	{ "a token's role is viewer or above and at most its owner's, which is %1",
	  "令牌的角色至少为 viewer，且不得高于其所有者的角色 %1" },
	{ "choose a lower role", "请选择较低的角色" },
};
static const err_text_t text_scope = {
	{ "a scope is an identifier prefix of at most 255 bytes without blanks",
	  "范围须为不含空白、至多 255 字节的标识前缀" },
	{ "leave it empty for everything", "留空表示全部" },
};
static const err_text_t text_label = {
	{ "a label is text of 1 to 96 bytes", "名称须为 1 至 96 字节的文本" },
	{ "say in a few words what the token is for", "请简要说明令牌的用途" },
};
static const err_text_t text_password = {
	{ "a password has 12 to 1024 bytes", "密码长度须为 12 至 1024 字节" },
	{ "choose a longer one, several words for example", "请使用更长的密码，例如由几个词组成" },
};
static const err_text_t text_nothing = {
	{ "the change names nothing to change", "未指明要修改的内容" },
	{ "give a role, a scope, enabled or a password", "请给出角色、范围、启用状态或密码" },
};
static const err_text_t text_expired = {
	{ "the token would have expired already", "令牌的有效期已过" },
	{ "give a time to come, or none", "请给出将来的时间，或不设有效期" },
};
static const err_text_t text_disabled = {
	{ "the user %1 is disabled", "用户 %1 已停用" },
	{ "enable the user first", "请先启用该用户" },
};
static const err_text_t text_users_full = {
	{ "there are 256 users already", "用户数已达 256" },
	{ "remove one that is not needed", "请删除不再需要的用户" },
};
static const err_text_t text_keys_full = {
	{ "there are 32 tokens of this user, or 1024 in all",
	  "该用户已有 32 个令牌，或总数已达 1024" },
	{ "revoke one that is not needed", "请撤销不再需要的令牌" },
};
static const err_text_t text_busy = {
	{ "too many changes wait for the disk", "等待写盘的修改过多" },
	{ "try again in a moment", "请稍后重试" },
};

static err_t refuse(err_detail_t *ret_detail, err_t err, const err_text_t *text, slice_t arg)
{
	char buf[ERR_ARG_MAX];
	(void)slice_to_cstr(arg, buf, sizeof(buf));
	return err_raise(ret_detail, err, text, "", buf, (char *)NULL);
}

/* Forms. */

static bool is_name(slice_t name)
{
	return name.len > 0 && name.len <= ACCESS_NAME_MAX && ascii_is_alnum(name.ptr[0]) &&
	       ascii_is_word(name, SLICE("._@-"));
}

/* UTF-8 without control characters, and none below `least`. */
static bool is_text(slice_t text, size_t max, uint8_t least)
{
	if (text.len > max || !utf8_valid(text))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < least || text.ptr[i] == 0x7F)
			return false;
	return true;
}

static bool is_role(role_t role)
{
	return role > ROLE_PUBLIC && role < ROLE_COUNT;
}

/* Rights. */

static bool is_administrator(const caller_t *caller)
{
	return caller->role == ROLE_ADMIN && caller->scope.len == 0;
}

static bool is_user(const caller_t *caller, slice_t name)
{
	slice_t subject = caller->subject;
	return slice_starts(subject, SLICE("user:")) &&
	       slice_eq(slice_from(subject, strlen("user:")), name);
}

static bool may(access_t *access, const access_change_t *change)
{
	const caller_t *caller = &change->caller;
	if (is_administrator(caller))
		return true;
	if (change->verb == ACCESS_USER_SET)
		return change->fields == ACCESS_PASSWORD && is_user(caller, change->name);
	if (change->verb == ACCESS_KEY_ADD)
		return is_user(caller, change->name);
	const access_key_t *key = change->verb == ACCESS_KEY_REMOVE
	                                  ? people_key(&access->people, change->name)
	                                  : NULL;
	/* Ids tell nothing: what is not there is not found, for everybody. */
	return change->verb == ACCESS_KEY_REMOVE &&
	       (!key || is_user(caller, slice_str(key->owner)));
}

/* What each verb leaves in the journal. */

static void take_password(const access_work_t *work, access_user_t *user)
{
	assert(work && work->is_done);
	user->rounds = work->rounds;
	memcpy(user->salt, work->salt, sizeof(user->salt));
	memcpy(user->hash, work->hash, sizeof(user->hash));
}

static err_t take_fields(const access_change_t *change, unsigned fields, access_user_t *user,
                         err_detail_t *ret_detail)
{
	if (fields & ACCESS_ROLE && !is_role(change->role))
		return refuse(ret_detail, ERR_INVALID, &text_role, change->name);
	if (fields & ACCESS_SCOPE && !is_text(change->scope, ACCESS_SCOPE_MAX, '!'))
		return refuse(ret_detail, ERR_INVALID, &text_scope, change->name);
	if (fields & ACCESS_ROLE)
		user->role = change->role;
	if (fields & ACCESS_SCOPE)
		(void)slice_to_cstr(change->scope, user->scope, sizeof(user->scope));
	if (fields & ACCESS_ENABLED)
		user->enabled = change->enabled;
	if (fields & ACCESS_PASSWORD)
		take_password(change->password, user);
	return ERR_OK;
}

static err_t prepare_user_add(access_t *access, const access_change_t *change, entry_t *entry,
                              err_detail_t *ret_detail)
{
	entry->kind = ENTRY_USER_PUT;
	if (!is_name(change->name))
		return refuse(ret_detail, ERR_INVALID, &text_name, change->name);
	if (people_user(&access->people, change->name))
		return refuse(ret_detail, ERR_EXISTS, &text_exists, change->name);
	if (access->people.user_count == ACCESS_USERS_MAX)
		return refuse(ret_detail, ERR_LIMIT, &text_users_full, change->name);
	(void)slice_to_cstr(change->name, entry->user.name, sizeof(entry->user.name));
	return take_fields(change, ACCESS_ROLE | ACCESS_SCOPE | ACCESS_ENABLED | ACCESS_PASSWORD,
	                   &entry->user, ret_detail);
}

static err_t prepare_user_set(access_t *access, const access_change_t *change, entry_t *entry,
                              err_detail_t *ret_detail)
{
	const access_user_t *user = people_user(&access->people, change->name);
	entry->kind = ENTRY_USER_PUT;
	if (!user)
		return refuse(ret_detail, ERR_NOT_FOUND, &text_no_user, change->name);
	if (change->fields == 0)
		return refuse(ret_detail, ERR_INVALID, &text_nothing, change->name);
	entry->user = *user;
	return take_fields(change, change->fields, &entry->user, ret_detail);
}

static err_t prepare_user_remove(access_t *access, const access_change_t *change, entry_t *entry,
                                 err_detail_t *ret_detail)
{
	const access_user_t *user = people_user(&access->people, change->name);
	entry->kind = ENTRY_USER_REMOVE;
	if (!user)
		return refuse(ret_detail, ERR_NOT_FOUND, &text_no_user, change->name);
	entry->user = *user;
	return ERR_OK;
}

static err_t check_key(access_t *access, const access_change_t *change, const access_user_t *owner,
                       err_detail_t *ret_detail)
{
	if (!owner)
		return refuse(ret_detail, ERR_NOT_FOUND, &text_no_user, change->name);
	if (!owner->enabled)
		return refuse(ret_detail, ERR_INVALID, &text_disabled, change->name);
	if (!is_role(change->role) || change->role > owner->role)
		return refuse(ret_detail, ERR_INVALID, &text_key_role,
		              slice_str(role_name(owner->role)));
	if (change->label.len == 0 || !is_text(change->label, ACCESS_LABEL_MAX, ' '))
		return refuse(ret_detail, ERR_INVALID, &text_label, change->name);
	if (change->expires_ns && change->expires_ns <= env_utc(access->env).ns)
		return refuse(ret_detail, ERR_INVALID, &text_expired, change->name);
	if (access->people.key_count == ACCESS_TOKENS_MAX ||
	    people_keys_of(&access->people, owner->name) >= ACCESS_USER_TOKENS_MAX)
		return refuse(ret_detail, ERR_LIMIT, &text_keys_full, change->name);
	return ERR_OK;
}

static void id_make(access_t *access, char ret_id[ACCESS_ID_TEXT])
{
	uint8_t random[ID_RANDOM_BYTES];
	do {
		env_random(access->env, random, sizeof(random));
		num_to_hex(slice_of(random, sizeof(random)), ret_id);
	} while (people_key(&access->people, slice_str(ret_id)));
}

static err_t prepare_key_add(access_t *access, const access_change_t *change, entry_t *entry,
                             err_detail_t *ret_detail)
{
	access_key_t *key = &entry->key;
	const access_user_t *owner = people_user(&access->people, change->name);
	entry->kind = ENTRY_KEY_PUT;
	err_t err = check_key(access, change, owner, ret_detail);
	if (err)
		return err;
	id_make(access, key->id);
	(void)slice_to_cstr(change->name, key->owner, sizeof(key->owner));
	(void)slice_to_cstr(change->label, key->label, sizeof(key->label));
	key->role = change->role;
	key->created_ns = entry->utc_ns;
	key->expires_ns = change->expires_ns;
	return ERR_OK;
}

static err_t prepare_key_remove(access_t *access, const access_change_t *change, entry_t *entry,
                                err_detail_t *ret_detail)
{
	const access_key_t *key = people_key(&access->people, change->name);
	entry->kind = ENTRY_KEY_REMOVE;
	if (!key)
		return refuse(ret_detail, ERR_NOT_FOUND, &text_no_key, change->name);
	entry->key = *key;
	return ERR_OK;
}

typedef struct {
	err_t (*prepare)(access_t *access, const access_change_t *change, entry_t *entry,
	                 err_detail_t *ret_detail);
	message_t message;
} verb_t;

static const verb_t verbs[ACCESS_VERB_COUNT] = {
	[ACCESS_USER_ADD] = { prepare_user_add, MSG_USER_ADDED },
	[ACCESS_USER_SET] = { prepare_user_set, MSG_USER_CHANGED },
	[ACCESS_USER_REMOVE] = { prepare_user_remove, MSG_USER_REMOVED },
	[ACCESS_KEY_ADD] = { prepare_key_add, MSG_TOKEN_ADDED },
	[ACCESS_KEY_REMOVE] = { prepare_key_remove, MSG_TOKEN_REVOKED },
};

/* What the change takes away and tells. */

static void end_subject(access_t *access, const char *kind, const char *name)
{
	char text[ACCESS_SUBJECT_MAX + 1];
	int len = snprintf(text, sizeof(text), "%s:%s", kind, name);
	slice_t subject = slice_of(text, (size_t)len);
	sessions_end(&access->sessions, subject);
	if (access->ended)
		access->ended(access->ended_ctx, subject);
}

static void end_holders(access_t *access, const entry_t *entry)
{
	if (entry->kind == ENTRY_KEY_REMOVE)
		end_subject(access, "token", entry->key.id);
	if (entry->kind != ENTRY_USER_PUT && entry->kind != ENTRY_USER_REMOVE)
		return;
	end_subject(access, "user", entry->user.name);
	for (size_t i = 0; i < access->people.key_count; i++)
		if (slice_eq(slice_str(access->people.keys[i].owner), slice_str(entry->user.name)))
			end_subject(access, "token", access->people.keys[i].id);
}

static void tell(access_t *access, const access_change_t *change, const entry_t *entry)
{
	bool is_key = change->verb == ACCESS_KEY_ADD || change->verb == ACCESS_KEY_REMOVE;
	bool is_password = change->verb == ACCESS_USER_SET && change->fields == ACCESS_PASSWORD;
	event_t event = event_make(is_password ? MSG_PASSWORD_CHANGED : verbs[change->verb].message,
	                           (node_time_t){ entry->utc_ns });
	event_arg(&event, ARG_SUBJECT, value_text(entry->subject));
	event_arg(&event, ARG_NAME,
	          value_text(slice_str(is_key ? entry->key.owner : entry->user.name)));
	if (is_key)
		event_arg(&event, ARG_TOKEN, value_text(slice_str(entry->key.id)));
	if (!is_password)
		event_arg(&event, ARG_ROLE,
		          value_text(slice_str(
				  role_name(is_key ? entry->key.role : entry->user.role))));
	if (change->verb == ACCESS_USER_SET && change->fields & ACCESS_ENABLED)
		event_arg(&event, ARG_STATE,
		          value_text(entry->user.enabled ? SLICE("enabled") : SLICE("disabled")));
	/* A journal that takes no more already shows on /readyz. */
	(void)!event_append(access->spec.journal, &event);
}

/* The common way. */

static err_t append(access_t *access, const entry_t *entry, uint64_t *ret_seq)
{
	uint8_t buf[ENTRY_BYTES_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	entry_write(entry, &w);
	assert(!w.bad);
	slice_t payload = writer_done(&w);
	err_t err = journal_append(access->spec.journal, JOURNAL_ACCESS, &payload, 1, ret_seq);
	return err == ERR_LIMIT ? ERR_BUSY : err; /* its buffer is full until the next sync */
}

static void wait_for(access_t *access, uint64_t seq, const access_change_t *change)
{
	access->waiters[access->waiting++] = (waiter_t){ .seq = seq,
		                                         .done = change->done,
		                                         .ctx = change->ctx };
}

static err_t carry_out(access_t *access, const access_change_t *change, const entry_t *entry,
                       err_detail_t *ret_detail)
{
	uint64_t seq = 0;
	err_t err = append(access, entry, &seq);
	if (err)
		return refuse(ret_detail, err, err == ERR_BUSY ? &text_busy : NULL, change->name);
	end_holders(access, entry);
	err = people_apply(&access->people, entry);
	assert(!err);
	tell(access, change, entry);
	if (access->spec.loop && change->done)
		wait_for(access, seq, change);
	return ERR_OK;
}

err_t access_change(access_t *access, const access_change_t *change, access_secret_t *ret_secret,
                    err_detail_t *ret_detail)
{
	char secret[ACCESS_TOKEN_TEXT];
	entry_t entry = { .utc_ns = env_utc(access->env).ns,
		          .subject = slice_sub(change->caller.subject, 0, ACCESS_SUBJECT_MAX) };
	assert((size_t)change->verb < ACCESS_VERB_COUNT);
	if (!may(access, change))
		return refuse(ret_detail, ERR_DENIED, &text_denied, change->name);
	if (access->waiting == ACCESS_CHANGES_MAX)
		return refuse(ret_detail, ERR_BUSY, &text_busy, change->name);
	err_t err = verbs[change->verb].prepare(access, change, &entry, ret_detail);
	if (err)
		return err;
	if (change->verb == ACCESS_KEY_ADD) {
		secret_make(access->env, secret);
		slice_t text = slice_str(secret);
		env_sha256(&text, 1, entry.key.hash);
	}
	err = carry_out(access, change, &entry, ret_detail);
	if (!err && change->verb == ACCESS_KEY_ADD) {
		memcpy(ret_secret->id, entry.key.id, sizeof(ret_secret->id));
		memcpy(ret_secret->secret, secret, sizeof(ret_secret->secret));
	}
	env_wipe(secret, sizeof(secret));
	env_wipe(&entry, sizeof(entry));
	return err;
}

err_t access_password_begin(access_t *access, slice_t password, access_work_t *ret_work,
                            err_detail_t *ret_detail)
{
	if (password.len < ACCESS_PASSWORD_MIN || password.len > ACCESS_PASSWORD_MAX)
		return refuse(ret_detail, ERR_INVALID, &text_password, (slice_t){ 0 });
	*ret_work = (access_work_t){ .rounds = access->spec.rounds, .password_len = password.len };
	env_random(access->env, ret_work->salt, sizeof(ret_work->salt));
	memcpy(ret_work->password, password.ptr, password.len);
	return ERR_OK;
}

/* Whoever is answered may ask for the next change at once, which joins the end. */
void access_changes_durable(void *ctx)
{
	access_t *access = ctx;
	uint64_t seq = 0;
	while (env_mailbox_take(access->durable, &seq))
		;
	seq = journal_durable(access->spec.journal);
	err_t broken = journal_state(access->spec.journal);
	while (access->waiting && (broken || access->waiters[0].seq <= seq)) {
		waiter_t first = access->waiters[0];
		access->waiting--;
		memmove(&access->waiters[0], &access->waiters[1],
		        access->waiting * sizeof(access->waiters[0]));
		first.done(first.ctx, first.seq <= seq ? ERR_OK : broken);
	}
}
