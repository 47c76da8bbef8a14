/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, asking, and showing. */
#include "authority/authority.h"

#include <stdlib.h>

#include "authority/state.h"
#include "journal/follow.h"

static const err_text_t text_record = {
	{ "a record of members in the journal cannot be used: %1", "无法使用日志中的成员记录：%1" },
	{ "run jizhu verify on the data folder", "请对数据目录运行 jizhu verify" },
};

static const char *const states[] = {
#define X(name, word) [AUTHORITY_##name] = (word),
	AUTHORITY_STATE_ROWS(X)
#undef X
};

const char *authority_state_word(authority_state_t state)
{
	return states[state];
}

static err_t replay_record(void *ctx, const journal_record_t *record)
{
	authority_t *authority = ctx;
	member_entry_t entry;
	err_t err = member_entry_read(record->payload, &entry);
	return err ? err : members_apply(&authority->members, &entry, record->seq);
}

static err_t follow(authority_t *authority)
{
	const authority_spec_t *spec = &authority->spec;
	env_mailbox_spec_t mail = {
		.name = "authority durable",
		.reader = spec->loop,
		.item_size = sizeof(uint64_t),
		.capacity = 1,
		.policy = ENV_FULL_DROP,
		.ready = authority_changes_durable,
		.ctx = authority,
	};
	if (!spec->loop)
		return ERR_OK;
	err_t err = env_timer_new(spec->loop, authority_changes_durable, authority,
	                          &authority->timer);
	if (!err)
		err = env_mailbox_new(&mail, &authority->durable);
	return err ? err : journal_subscribe(spec->journal, authority->durable);
}

static err_t open_parts(authority_t *authority, err_detail_t *ret_detail)
{
	err_t err = authority_root_open(authority, ret_detail);
	if (err)
		return err;
	err = journal_replay(&(journal_follower_t){ .journal = authority->spec.journal,
	                                            .types = JOURNAL_TYPE_BIT(JOURNAL_MEMBER),
	                                            .take = replay_record,
	                                            .ctx = authority });
	if (err)
		return err_raise(ret_detail, err, &text_record, "", err_info(err)->text[LANG_EN],
		                 (char *)NULL);
	err = follow(authority);
	return err ? err_raise(ret_detail, err, NULL, "", (char *)NULL) : ERR_OK;
}

err_t authority_open(env_t *env, const authority_spec_t *spec, authority_t **ret_authority,
                     err_detail_t *ret_detail)
{
	authority_t *authority = calloc(1, sizeof(*authority));
	if (!authority)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, spec->keys_dir, (char *)NULL);
	authority->env = env;
	authority->spec = *spec;
	if (!spec->member_ns)
		authority->spec.member_ns = AUTHORITY_MEMBER_NS;
	/* One that is too long is found out when it is to be certified. */
	(void)slice_to_cstr(spec->node, authority->node, sizeof(authority->node));
	err_t err = open_parts(authority, ret_detail);
	if (err)
		authority_close(authority);
	else
		*ret_authority = authority;
	return err;
}

void authority_close(authority_t *authority)
{
	if (!authority)
		return;
	if (authority->durable)
		journal_unsubscribe(authority->spec.journal, authority->durable);
	env_mailbox_free(authority->durable);
	env_timer_free(authority->timer);
	members_free(&authority->members);
	env_pkey_free(authority->door.key);
	env_pkey_free(authority->key);
	env_wipe(authority, sizeof(*authority));
	free(authority);
}

void authority_on_end(authority_t *authority, void (*fn)(void *ctx, slice_t node), void *ctx)
{
	authority->ended = fn;
	authority->ended_ctx = ctx;
}

/* Asking. */

const authority_member_t *authority_member_at(const authority_t *authority, size_t i)
{
	return i < authority->members.count ? authority->members.at[i] : NULL;
}

const authority_member_t *authority_member_named(const authority_t *authority, slice_t node)
{
	return members_find(&authority->members, node);
}

const authority_key_t *authority_key_of(const authority_t *authority, slice_t node, size_t i)
{
	const authority_member_t *member = members_find(&authority->members, node);
	return member && i < member->key_count ? &member->keys[member->key_count - 1 - i] : NULL;
}

bool authority_expects(const authority_t *authority)
{
	int64_t now_ns = env_utc(authority->env).ns;
	for (size_t i = 0; i < authority->members.count; i++)
		if (authority->members.at[i]->code_ns > now_ns)
			return true;
	return false;
}

static authority_key_t *key_shown(const authority_member_t *member,
                                  const env_certify_party_t *party)
{
	slice_t der = slice_of(party->key, party->key_len);
	for (size_t i = member->key_count; i > 0; i--)
		if (slice_eq(der, slice_of(member->keys[i - 1].der, AUTHORITY_KEY_DER)))
			return &member->keys[i - 1];
	return NULL;
}

/* The newest key was used: those before are replaced. */
static void retire_before(authority_member_t *member, const authority_key_t *used)
{
	if (used != member_newest(member))
		return;
	for (size_t i = 0; i + 1 < member->key_count; i++)
		member->keys[i].is_live = false;
}

env_trust_t authority_judge(authority_t *authority, const slice_t *chain, size_t count,
                            slice_t *ret_node)
{
	env_certify_party_t party;
	slice_t root = authority_root(authority);
	env_trust_t trust = env_certify_check(&(env_certify_check_t){
		.chain = chain,
		.chain_count = count,
		.roots = &root,
		.root_count = 1,
		.purpose = ENV_CERTIFY_CLIENT,
		.now_ns = env_utc(authority->env).ns,
	});
	if (trust != ENV_TRUST_GOOD)
		return trust;
	if (env_certify_read(chain[0], &party) != ERR_OK)
		return ENV_TRUST_PURPOSE;
	authority_member_t *member = members_find(&authority->members, slice_str(party.name));
	const authority_key_t *key = member ? key_shown(member, &party) : NULL;
	if (!key)
		return ENV_TRUST_STRANGER;
	if (!key->is_live)
		return ENV_TRUST_REVOKED;
	retire_before(member, key);
	*ret_node = slice_str(member->node);
	return ENV_TRUST_GOOD;
}

/* Showing. */

static void put_ms(json_t *j, const char *key, int64_t utc_ns)
{
	json_key(j, key);
	if (utc_ns)
		json_i64(j, utc_ns / NS_PER_MS);
	else
		json_null(j);
}

void authority_member_json(const authority_member_t *member, json_t *j)
{
	const authority_key_t *key = member_newest(member);
	bool is_open = member->code_ns && !member->is_used;
	json_object(j);
	json_put_cstr(j, "node", member->node);
	json_put_cstr(j, "state", states[member->state]);
	put_ms(j, "code_until_ms", is_open ? member->code_ns : 0);
	put_ms(j, "certificate_until_ms", key && key->is_live ? key->until_ns : 0);
	put_ms(j, "changed_ms", member->changed_ns);
	json_put_cstr(j, "by", member->who);
	json_put_cstr(j, "reason", member->reason);
	json_put_u64(j, "keys", member->key_count);
	json_put_u64(j, "guesses", member->guesses);
	json_close(j);
}

authority_stats_t authority_stats(const authority_t *authority)
{
	authority_stats_t stats = authority->stats;
	uint64_t *counts[] = { [AUTHORITY_INVITED] = &stats.invited,
		               [AUTHORITY_MEMBER] = &stats.members,
		               [AUTHORITY_REVOKED] = &stats.revoked };
	for (size_t i = 0; i < authority->members.count; i++)
		++*counts[authority->members.at[i]->state];
	return stats;
}
