/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTHORITY_FIXTURE_TEST_H
#define AUTHORITY_FIXTURE_TEST_H
/* A parent's authority with its journal in a simulated machine: open, ask and wait, pull the
 * plug, open again; and what a child does by hand. */
#include "env/certify_fixture_test.h"

#include <stdio.h>

#include "authority/authority.h"
#include "env/file.h"
#include "env/twin/twin.h"

#define HOUR_NS (INT64_C(3600) * NS_PER_S)
#define DAY_NS  (24 * HOUR_NS)
#define CHILD   "99.1000.7"

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *commit, *loop;
	journal_t *journal;
	authority_t *authority;
	const char *certificate, *key; /* of the user's own root */
	int64_t member_ns;
	err_detail_t detail;
	bool is_answered;
	err_t answer;
	uint8_t issued[ENV_CERTIFY_DER_MAX];
	size_t issued_len;
	char ended[ENV_CERTIFY_NAME_MAX + 1];
} issuer_t;

static inline void parent_ended(void *ctx, slice_t node)
{
	issuer_t *parent = ctx;
	assert_true(slice_to_cstr(node, parent->ended, sizeof(parent->ended)));
}

MUST_CHECK static inline err_t parent_start(issuer_t *parent)
{
	journal_recovery_t recovery;
	OK(twin_host_open(parent->twin, "parent", &parent->env));
	OK(env_loop_new(parent->env, "commit", ENV_LOOP_FILES, &parent->commit));
	parent->loop = env_control_loop(parent->env);
	parent->journal = NULL;
	parent->authority = NULL;
	journal_spec_t journal = { .dir = "data/journal",
		                   .name = "tree",
		                   .chained = true,
		                   .segment_bytes = 1 << 20,
		                   .commit_loop = parent->commit };
	err_t err = env_dir_make(parent->env, "data/keys");
	if (!err)
		err = env_dir_sync_up(parent->env, "data/keys");
	if (!err)
		err = journal_open(parent->env, &journal, &parent->journal, &recovery,
		                   &parent->detail);
	if (!err)
		err = env_dir_sync(parent->env, "data");
	authority_spec_t spec = { .keys_dir = "data/keys",
		                  .certificate = parent->certificate,
		                  .key = parent->key,
		                  .node = SLICE("99.1000"),
		                  .member_ns = parent->member_ns,
		                  .journal = parent->journal,
		                  .events = parent->journal,
		                  .loop = parent->loop };
	if (!err)
		err = authority_open(parent->env, &spec, &parent->authority, &parent->detail);
	if (err)
		return err;
	authority_on_end(parent->authority, parent_ended, parent);
	return env_loop_start(parent->commit);
}

static inline void parent_halt(issuer_t *parent)
{
	env_loop_stop(parent->commit);
	authority_close(parent->authority);
	journal_close(parent->journal);
	env_loop_free(parent->commit);
	twin_host_close(parent->env);
}

static inline void parent_restart(issuer_t *parent)
{
	parent_halt(parent);
	OK(parent_start(parent));
}

static inline int parent_set_up(void **state)
{
	issuer_t *parent = test_calloc(1, sizeof(*parent));
	OK(twin_new(&(twin_spec_t){ .seed = 11 }, &parent->twin));
	OK(parent_start(parent));
	*state = parent;
	return 0;
}

static inline int parent_tear_down(void **state)
{
	issuer_t *parent = *state;
	parent_halt(parent);
	twin_free(parent->twin);
	test_free(parent);
	return 0;
}

static inline void parent_answered(void *ctx, err_t err)
{
	issuer_t *parent = ctx;
	parent->is_answered = true;
	parent->answer = err;
}

static inline authority_done_t parent_done(issuer_t *parent)
{
	parent->is_answered = false;
	return (authority_done_t){ parent_answered, parent };
}

/* What came of it, when it is durable. */
MUST_CHECK static inline err_t parent_wait(issuer_t *parent, err_t err)
{
	assert_false(!err && parent->is_answered);
	while (!err && !parent->is_answered && !twin_crashed(parent->env) &&
	       twin_step(parent->twin))
		;
	return err ? err : parent->is_answered ? parent->answer : ERR_IO;
}

MUST_CHECK static inline err_t parent_invite(issuer_t *parent, const char *node, int64_t lasts_ns,
                                             code_t *ret_code)
{
	char text[CODE_TEXT];
	authority_invite_t invite = { .node = slice_str(node),
		                      .lasts_ns = lasts_ns,
		                      .who = SLICE("user:li"),
		                      .done = parent_done(parent) };
	err_t err = parent_wait(
		parent, authority_invite(parent->authority, &invite, text, &parent->detail));
	return err ? err : code_read(slice_str(text), ret_code);
}

MUST_CHECK static inline err_t parent_revoke(issuer_t *parent, const char *node)
{
	authority_revoke_t revoke = { .node = slice_str(node),
		                      .who = SLICE("user:li"),
		                      .reason = SLICE("sold"),
		                      .done = parent_done(parent) };
	return parent_wait(parent, authority_revoke(parent->authority, &revoke, &parent->detail));
}

static inline void parent_keep(issuer_t *parent, slice_t certificate)
{
	assert_in_range(certificate.len, 1, sizeof(parent->issued));
	memcpy(parent->issued, certificate.ptr, certificate.len);
	parent->issued_len = certificate.len;
}

/* A child asks with its key and a code, from an address. */
typedef struct {
	const env_pkey_t *key;
	const char *node; /* NULL: CHILD */
	const code_t *code;
	uint8_t from; /* last byte of its address */
} asking_t;

MUST_CHECK static inline err_t parent_enrol(issuer_t *parent, asking_t asking)
{
	uint8_t bytes[ENV_CERTIFY_DER_MAX], key[SHA256_BYTES], proof[SHA256_BYTES];
	writer_t w = writer_of(bytes, sizeof(bytes));
	slice_t certificate = { 0 };
	OK(env_certify_request(asking.key, slice_str(asking.node ? asking.node : CHILD), &w));
	code_key(asking.code, key);
	code_proof(key, asking.code->mark, writer_done(&w), proof);
	authority_request_t request = { .request = writer_done(&w),
		                        .proof = slice_of(proof, sizeof(proof)),
		                        .source = ip_v4(192, 0, 2, asking.from),
		                        .done = parent_done(parent) };
	err_t err = authority_enrol(parent->authority, &request, &certificate, &parent->detail);
	if (!err)
		parent_keep(parent, certificate);
	return parent_wait(parent, err);
}

MUST_CHECK static inline err_t parent_renew(issuer_t *parent, const env_pkey_t *key,
                                            const char *node, const char *asked)
{
	uint8_t bytes[ENV_CERTIFY_DER_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	slice_t certificate = { 0 };
	OK(env_certify_request(key, slice_str(asked), &w));
	authority_request_t request = { .request = writer_done(&w),
		                        .node = slice_str(node),
		                        .done = parent_done(parent) };
	err_t err = authority_renew(parent->authority, &request, &certificate, &parent->detail);
	if (!err)
		parent_keep(parent, certificate);
	return parent_wait(parent, err);
}

/* The word for what was issued last, or for another certificate. */
static inline const char *parent_judge(issuer_t *parent, slice_t der)
{
	slice_t node = { 0 };
	env_trust_t trust = authority_judge(parent->authority, &der, der.len > 0, &node);
	assert_true(trust != ENV_TRUST_GOOD || node.len > 0);
	return env_trust_word(trust);
}

static inline slice_t parent_issued(const issuer_t *parent)
{
	return slice_of(parent->issued, parent->issued_len);
}

static inline env_pkey_t *key_new(void)
{
	env_pkey_t *key = NULL;
	OK(env_pkey_generate(ENV_PKEY_ED25519, &key));
	return key;
}

#define PARENT_TEST(name) cmocka_unit_test_setup_teardown(name, parent_set_up, parent_tear_down)
#endif
