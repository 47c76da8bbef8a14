/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/fixture_test.h"

#include "access/failures.h"
#include "authority/entry.h"
#include "env/x509.h"

/* Codes. */

static void code_is_read_as_it_was_written_however_it_is_typed(void **state)
{
	(void)state;
	code_t code, read;
	char text[CODE_TEXT], typed[CODE_TEXT];
	for (int round = 0; round < 50; round++) {
		for (size_t i = 0; i < CODE_SECRET; i++)
			code.secret[i] = (uint8_t)(round * 37 + (int)i * 11);
		for (size_t i = 0; i < CODE_MARK; i++)
			code.mark[i] = (uint8_t)(round * 91 + (int)i * 17);
		code_write(&code, text);
		assert_int_equal(strlen(text), CODE_TEXT - 1);
		for (size_t i = 0; i < CODE_TEXT; i++) {
			char c = text[i] == '0' ? 'O' : text[i] == '1' ? 'l' : text[i];
			typed[i] = (char)(c == '-' ? ' ' : c >= 'A' && c <= 'Z' ? c + 32 : c);
		}
		OK(code_read(slice_str(typed), &read));
		assert_memory_equal(read.secret, code.secret, CODE_SECRET);
		assert_memory_equal(read.mark, code.mark, CODE_MARK);
	}
}

static void code_with_one_wrong_character_is_noticed(void **state)
{
	(void)state;
	code_t code = { .secret = { 1, 2, 3 }, .mark = { 4, 5, 6 } }, read;
	char text[CODE_TEXT];
	code_write(&code, text);
	size_t noticed = 0;
	for (size_t i = 0; i < CODE_TEXT - 1; i++) {
		char was = text[i];
		text[i] = was == '-' ? 'U' : was == '7' ? '8' : '7';
		noticed += code_read(slice_str(text), &read) == ERR_MALFORMED;
		text[i] = was;
	}
	assert_int_equal(noticed, CODE_TEXT - 1);
	assert_int_equal(code_read(slice_of(text, CODE_TEXT - 2), &read), ERR_MALFORMED);
	assert_int_equal(code_read(SLICE(""), &read), ERR_MALFORMED);
}

/* Records. */

static void record_of_a_member_is_read_whole_or_not_at_all(void **state)
{
	(void)state;
	uint8_t bytes[MEMBER_BYTES_MAX];
	const member_entry_t rows[] = {
		{ .kind = MEMBER_INVITED, .until_ns = 77, .code_key = { 1, 2 } },
		{ .kind = MEMBER_ENROLLED, .certificate = SLICE("certificate") },
		{ .kind = MEMBER_RENEWED, .certificate = SLICE("another") },
		{ .kind = MEMBER_REVOKED, .reason = SLICE("sold") },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		member_entry_t entry = rows[i], read;
		writer_t w = writer_of(bytes, sizeof(bytes));
		entry.utc_ns = -5;
		entry.who = SLICE("user:li");
		entry.node = SLICE(CHILD);
		member_entry_write(&entry, &w);
		OK(member_entry_read(writer_done(&w), &read));
		assert_int_equal(read.kind, entry.kind);
		assert_int_equal(read.utc_ns, entry.utc_ns);
		assert_int_equal(read.until_ns, entry.until_ns);
		assert_memory_equal(read.code_key, entry.code_key, SHA256_BYTES);
		assert_true(slice_eq(read.who, entry.who) && slice_eq(read.node, entry.node));
		assert_true(slice_eq(read.certificate, entry.certificate));
		assert_true(slice_eq(read.reason, entry.reason));
		for (size_t len = 0; len < w.len; len++)
			assert_int_equal(member_entry_read(slice_of(bytes, len), &read),
			                 ERR_CORRUPT);
		bytes[0]++;
		assert_int_equal(member_entry_read(writer_done(&w), &read), ERR_NEWER_FORMAT);
	}
}

/* The life of a member. */

static void invited_node_enrols_once_and_is_good_from_then_on(void **state)
{
	issuer_t *parent = *state;
	code_t code;
	env_pkey_t *key = key_new(), *thief = key_new();
	assert_false(authority_expects(parent->authority));
	OK(parent_invite(parent, CHILD, 0, &code));
	assert_true(authority_expects(parent->authority));
	OK(parent_enrol(parent, (asking_t){ .key = key, .code = &code }));
	assert_string_equal(parent_judge(parent, parent_issued(parent)), "good");
	uint8_t first[ENV_CERTIFY_DER_MAX];
	memcpy(first, parent->issued, parent->issued_len);
	/* The answer was lost: the same again. Another key: no. */
	OK(parent_enrol(parent, (asking_t){ .key = key, .code = &code }));
	assert_memory_equal(first, parent->issued, parent->issued_len);
	assert_int_equal(parent_enrol(parent, (asking_t){ .key = thief, .code = &code }),
	                 ERR_CONFLICT);
	assert_int_equal(authority_stats(parent->authority).enrolled, 1);
	env_pkey_free(key);
	env_pkey_free(thief);
}

static void code_is_good_for_its_node_and_time_alone(void **state)
{
	issuer_t *parent = *state;
	code_t code, other;
	env_pkey_t *key = key_new();
	OK(parent_invite(parent, CHILD, HOUR_NS, &code));
	OK(parent_invite(parent, "99.1000.8", HOUR_NS, &other));
	const asking_t rows[] = {
		{ .key = key, .code = &code, .node = "99.1000.8" },
		{ .key = key, .code = &other },
		{ .key = key, .code = &code, .node = "99.1000.9" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(parent_enrol(parent, rows[i]), ERR_DENIED);
	assert_int_equal(authority_stats(parent->authority).guesses, 3);
	twin_run_for(parent->twin, HOUR_NS);
	assert_int_equal(parent_enrol(parent, (asking_t){ .key = key, .code = &code }),
	                 ERR_EXPIRED);
	assert_false(authority_expects(parent->authority));
	env_pkey_free(key);
}

static void guesses_are_slowed_by_source_and_void_the_code_in_the_end(void **state)
{
	issuer_t *parent = *state;
	code_t code, wrong;
	env_pkey_t *key = key_new();
	OK(parent_invite(parent, CHILD, 0, &code));
	wrong = code;
	wrong.secret[0] ^= 1;
	for (int i = 0; i < ACCESS_FAILURES_MAX; i++)
		assert_int_equal(parent_enrol(parent, (asking_t){ .key = key, .code = &wrong }),
		                 ERR_DENIED);
	assert_int_equal(parent_enrol(parent, (asking_t){ .key = key, .code = &code }), ERR_BUSY);
	assert_int_equal(authority_stats(parent->authority).waits, 1);
	for (uint32_t i = ACCESS_FAILURES_MAX; i < AUTHORITY_GUESSES_OF_ONE; i++) {
		asking_t asking = { .key = key,
			            .code = &wrong,
			            .from = (uint8_t)(1 + i / ACCESS_FAILURES_MAX) };
		assert_int_equal(parent_enrol(parent, asking), ERR_DENIED);
	}
	assert_int_equal(parent_enrol(parent, (asking_t){ .key = key, .code = &code, .from = 200 }),
	                 ERR_DENIED);
	env_pkey_free(key);
}

static void renewed_key_replaces_the_one_before_when_it_is_first_used(void **state)
{
	issuer_t *parent = *state;
	code_t code;
	env_pkey_t *first = key_new(), *second = key_new(), *third = key_new();
	uint8_t old[ENV_CERTIFY_DER_MAX];
	OK(parent_invite(parent, CHILD, 0, &code));
	OK(parent_enrol(parent, (asking_t){ .key = first, .code = &code }));
	slice_t before = slice_of(old, parent->issued_len);
	memcpy(old, parent->issued, parent->issued_len);
	OK(parent_renew(parent, second, CHILD, CHILD));
	assert_string_equal(parent_judge(parent, before), "good");
	assert_string_equal(parent_judge(parent, parent_issued(parent)), "good");
	assert_string_equal(parent_judge(parent, before), "revoked");
	assert_int_equal(parent_renew(parent, third, CHILD, "99.1000.8"), ERR_DENIED);
	assert_int_equal(parent_renew(parent, third, "99.1000.8", "99.1000.8"), ERR_DENIED);
	/* What the first once signed can still be verified. */
	const authority_key_t *key = authority_key_of(parent->authority, SLICE(CHILD), 1);
	uint8_t der[ENV_CERTIFY_KEY_MAX];
	writer_t w = writer_of(der, sizeof(der));
	OK(env_pkey_to_der(first, &w));
	assert_memory_equal(key->der, der, sizeof(key->der));
	assert_false(key->is_live);
	assert_null(authority_key_of(parent->authority, SLICE(CHILD), 2));
	env_pkey_free(first);
	env_pkey_free(second);
	env_pkey_free(third);
}

static void revoked_member_is_out_until_it_is_invited_anew(void **state)
{
	issuer_t *parent = *state;
	code_t code;
	env_pkey_t *key = key_new(), *next = key_new();
	uint8_t old[ENV_CERTIFY_DER_MAX];
	assert_int_equal(parent_revoke(parent, CHILD), ERR_NOT_FOUND);
	OK(parent_invite(parent, CHILD, 0, &code));
	OK(parent_enrol(parent, (asking_t){ .key = key, .code = &code }));
	slice_t before = slice_of(old, parent->issued_len);
	memcpy(old, parent->issued, parent->issued_len);
	OK(parent_revoke(parent, CHILD));
	assert_string_equal(parent->ended, CHILD);
	assert_string_equal(parent_judge(parent, before), "revoked");
	assert_int_equal(parent_enrol(parent, (asking_t){ .key = key, .code = &code }), ERR_DENIED);
	assert_int_equal(parent_renew(parent, next, CHILD, CHILD), ERR_DENIED);
	OK(parent_revoke(parent, CHILD));
	OK(parent_invite(parent, CHILD, 0, &code));
	OK(parent_enrol(parent, (asking_t){ .key = next, .code = &code }));
	assert_string_equal(parent_judge(parent, parent_issued(parent)), "good");
	assert_string_equal(parent_judge(parent, before), "revoked");
	env_pkey_free(key);
	env_pkey_free(next);
}

/* A lost machine's key goes with the code for the new one. */
static void member_invited_again_keeps_its_key_until_the_code_is_used(void **state)
{
	issuer_t *parent = *state;
	code_t code;
	env_pkey_t *key = key_new(), *next = key_new();
	uint8_t old[ENV_CERTIFY_DER_MAX];
	OK(parent_invite(parent, CHILD, 0, &code));
	OK(parent_enrol(parent, (asking_t){ .key = key, .code = &code }));
	slice_t before = slice_of(old, parent->issued_len);
	memcpy(old, parent->issued, parent->issued_len);
	OK(parent_invite(parent, CHILD, 0, &code));
	assert_string_equal(parent_judge(parent, before), "good");
	OK(parent_enrol(parent, (asking_t){ .key = next, .code = &code }));
	assert_string_equal(parent_judge(parent, before), "revoked");
	env_pkey_free(key);
	env_pkey_free(next);
}

static void certificate_ends_with_its_time(void **state)
{
	issuer_t *parent = *state;
	code_t code;
	env_pkey_t *key = key_new();
	parent->member_ns = DAY_NS;
	parent_restart(parent);
	OK(parent_invite(parent, CHILD, 0, &code));
	OK(parent_enrol(parent, (asking_t){ .key = key, .code = &code }));
	twin_run_for(parent->twin, DAY_NS - HOUR_NS);
	assert_string_equal(parent_judge(parent, parent_issued(parent)), "good");
	twin_run_for(parent->twin, 2 * HOUR_NS);
	assert_string_equal(parent_judge(parent, parent_issued(parent)), "expired");
	env_pkey_free(key);
}

static void certificate_of_the_root_for_who_is_no_member_is_a_strangers(void **state)
{
	issuer_t *parent = *state;
	uint8_t key[ENV_CERTIFY_KEY_MAX], der[ENV_CERTIFY_DER_MAX];
	writer_t key_w = writer_of(key, sizeof(key)), w = writer_of(der, sizeof(der));
	env_pkey_t *root = NULL, *own = key_new();
	OK(env_pkey_load(parent->env, "data/keys/authority.key", &root));
	OK(env_pkey_to_der(own, &key_w));
	OK(env_certify_issue(&(env_certify_signer_t){ authority_root(parent->authority), root },
	                     &(env_certify_spec_t){ .purpose = ENV_CERTIFY_CLIENT,
	                                            .name = SLICE(CHILD),
	                                            .key = writer_done(&key_w),
	                                            .not_before_ns = FROM_NS - DAY_NS,
	                                            .not_after_ns = TO_NS },
	                     &w));
	assert_string_equal(parent_judge(parent, writer_done(&w)), "stranger");
	assert_string_equal(parent_judge(parent, (slice_t){ 0 }), "missing");
	env_pkey_free(root);
	env_pkey_free(own);
}

static void identifiers_that_cannot_join_are_refused(void **state)
{
	static const char *const nodes[] = { "", "99.1000", "99 1", "99/1", "机" };
	issuer_t *parent = *state;
	code_t code;
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		assert_int_equal(parent_invite(parent, nodes[i], 0, &code), ERR_INVALID);
	assert_int_equal(parent_invite(parent, CHILD, NS_PER_S, &code), ERR_INVALID);
}

/* A request for an RSA key, say: what signs batches is Ed25519. */
static void keys_of_other_kinds_are_refused(void **state)
{
	issuer_t *parent = *state;
	code_t code;
	env_pkey_t *key = NULL;
	OK(env_pkey_generate(ENV_PKEY_P256, &key));
	OK(parent_invite(parent, CHILD, 0, &code));
	assert_int_equal(parent_enrol(parent, (asking_t){ .key = key, .code = &code }),
	                 ERR_UNSUPPORTED);
	env_pkey_free(key);
}

/* Restarts and crashes. */

static void members_and_root_are_the_same_after_a_restart(void **state)
{
	issuer_t *parent = *state;
	code_t code, gone, open;
	env_pkey_t *key = key_new(), *other = key_new();
	uint8_t mark[CODE_MARK];
	memcpy(mark, authority_mark(parent->authority), sizeof(mark));
	OK(parent_invite(parent, "99.1000.8", 0, &gone));
	OK(parent_enrol(parent, (asking_t){ .key = other, .node = "99.1000.8", .code = &gone }));
	slice_t revoked = parent_issued(parent);
	uint8_t old[ENV_CERTIFY_DER_MAX];
	memcpy(old, revoked.ptr, revoked.len);
	revoked.ptr = old;
	OK(parent_revoke(parent, "99.1000.8"));
	OK(parent_invite(parent, CHILD, 0, &code));
	OK(parent_enrol(parent, (asking_t){ .key = key, .code = &code }));
	OK(parent_invite(parent, "99.1000.9", 0, &open));
	parent_restart(parent);
	assert_memory_equal(mark, authority_mark(parent->authority), sizeof(mark));
	assert_string_equal(parent_judge(parent, parent_issued(parent)), "good");
	assert_string_equal(parent_judge(parent, revoked), "revoked");
	OK(parent_enrol(parent, (asking_t){ .key = other, .node = "99.1000.9", .code = &open }));
	authority_stats_t stats = authority_stats(parent->authority);
	assert_int_equal(stats.members, 2);
	assert_int_equal(stats.revoked, 1);
	char buf[1024];
	json_t j = json_of(buf, sizeof(buf));
	authority_member_json(authority_member_at(parent->authority, 1), &j);
	assert_non_null(strstr((const char *)json_done(&j).ptr,
	                       "\"node\":\"99.1000.8\",\"state\":\"revoked\""));
	assert_null(authority_member_at(parent->authority, 3));
	env_pkey_free(key);
	env_pkey_free(other);
}

/* How far a life came before the crash. */
typedef enum { LIFE_INVITED, LIFE_ENROLLED, LIFE_RENEWED, LIFE_REVOKED } life_t;

static life_t live(issuer_t *parent, const env_pkey_t *first, const env_pkey_t *second,
                   const code_t *code)
{
	if (parent_enrol(parent, (asking_t){ .key = first, .code = code }) != ERR_OK)
		return LIFE_INVITED;
	if (parent_renew(parent, second, CHILD, CHILD) != ERR_OK)
		return LIFE_ENROLLED;
	return parent_revoke(parent, CHILD) == ERR_OK ? LIFE_REVOKED : LIFE_RENEWED;
}

/* What was asked for last may have come to be or not. */
static void check_life(const issuer_t *parent, life_t answered)
{
	const authority_member_t *member = authority_member_named(parent->authority, SLICE(CHILD));
	assert_non_null(member);
	size_t keys = answered < LIFE_RENEWED ? (size_t)answered : 2;
	assert_in_range(member->key_count, keys, keys + 1 > 2 ? 2 : keys + 1);
	if (answered != LIFE_RENEWED)
		assert_int_equal(member->state == AUTHORITY_REVOKED, answered == LIFE_REVOKED);
}

/* Whatever was answered is there after a crash at any operation of the disk; what was not can
 * be asked for again. */
static void crash_at_any_write_loses_nothing_that_was_answered(void **state)
{
	(void)state;
	env_pkey_t *first = key_new(), *second = key_new();
	size_t ends[LIFE_REVOKED + 1] = { 0 };
	for (uint64_t nth = 1; ends[LIFE_REVOKED] == 0; nth++) {
		issuer_t parent = { 0 };
		code_t code;
		OK(twin_new(&(twin_spec_t){ .seed = nth }, &parent.twin));
		OK(parent_start(&parent));
		OK(parent_invite(&parent, CHILD, 0, &code));
		twin_crash_at(parent.env, nth);
		life_t answered = live(&parent, first, second, &code);
		ends[answered]++;
		assert_int_equal(twin_crashed(parent.env), answered != LIFE_REVOKED);
		parent_halt(&parent);
		twin_disk_reboot(parent.twin, "parent");
		OK(parent_start(&parent));
		check_life(&parent, answered);
		if (answered == LIFE_INVITED)
			OK(parent_enrol(&parent, (asking_t){ .key = first, .code = &code }));
		OK(parent_revoke(&parent, CHILD));
		parent_halt(&parent);
		twin_free(parent.twin);
	}
	for (size_t i = 0; i < LIFE_REVOKED; i++)
		assert_true(ends[i] > 0);
	env_pkey_free(first);
	env_pkey_free(second);
}

static void crash_while_the_root_is_made_leaves_one_that_works(void **state)
{
	(void)state;
	bool is_over = false;
	for (uint64_t nth = 1; !is_over; nth++) {
		issuer_t parent = { 0 };
		assert_in_range(nth, 1, 100);
		OK(twin_new(&(twin_spec_t){ .seed = nth }, &parent.twin));
		OK(twin_host_open(parent.twin, "parent", &parent.env));
		twin_crash_at(parent.env, nth);
		authority_spec_t spec = { .keys_dir = "keys", .node = SLICE("99.1000") };
		err_t err = env_dir_make(parent.env, "keys");
		if (!err)
			err = env_dir_sync(parent.env, "/");
		journal_recovery_t recovery;
		OK(env_loop_new(parent.env, "commit", ENV_LOOP_FILES, &parent.commit));
		journal_spec_t journal = {
			.dir = "j", .name = "tree", .chained = true, .commit_loop = parent.commit
		};
		if (!err)
			err = journal_open(parent.env, &journal, &spec.journal, &recovery,
			                   &parent.detail);
		if (!err)
			err = authority_open(parent.env, &spec, &parent.authority, &parent.detail);
		is_over = !twin_crashed(parent.env);
		assert_int_equal(err == ERR_OK, is_over);
		authority_close(parent.authority);
		journal_close(spec.journal);
		env_loop_free(parent.commit);
		twin_host_close(parent.env);
		if (!is_over)
			twin_disk_reboot(parent.twin, "parent");
		OK(parent_start(&parent));
		parent_halt(&parent);
		twin_free(parent.twin);
	}
}

/* The user's own root. */

static void save(issuer_t *parent, const char *path, slice_t bytes)
{
	OK(env_file_save(parent->env, path, bytes));
}

static void root_of_the_user_is_taken_when_it_can_certify(void **state)
{
	issuer_t *parent = *state;
	party_t root = { 0 }, node = { 0 }, past = { 0 };
	code_t code;
	party_make(&root, NULL,
	           (env_certify_spec_t){ .purpose = ENV_CERTIFY_ROOT, .name = SLICE("99.9") });
	party_make(&past, NULL,
	           (env_certify_spec_t){ .purpose = ENV_CERTIFY_ROOT,
	                                 .name = SLICE("99.9"),
	                                 .not_before_ns = FROM_NS - DAY_NS,
	                                 .not_after_ns = FROM_NS });
	party_make(&node, &root,
	           (env_certify_spec_t){ .purpose = ENV_CERTIFY_SERVER, .name = SLICE("99.9") });
	const struct {
		const party_t *certificate, *key;
		err_t want;
	} rows[] = { { &node, &node, ERR_CONFIG },
		     { &root, &node, ERR_CONFIG },
		     { &past, &past, ERR_EXPIRED },
		     { &root, &root, ERR_OK } };
	parent->certificate = "own.pem";
	parent->key = "own.key";
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		save(parent, "own.pem", writer_done(&rows[i].certificate->pem_w));
		OK(env_pkey_save(parent->env, "own.key", rows[i].key->key));
		parent_halt(parent);
		assert_int_equal(parent_start(parent), rows[i].want);
	}
	env_pkey_t *key = key_new();
	OK(parent_invite(parent, CHILD, 0, &code));
	OK(parent_enrol(parent, (asking_t){ .key = key, .code = &code }));
	assert_string_equal(parent_judge(parent, parent_issued(parent)), "good");
	env_pkey_free(key);
	party_done(&root);
	party_done(&node);
	party_done(&past);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_is_read_as_it_was_written_however_it_is_typed),
		cmocka_unit_test(code_with_one_wrong_character_is_noticed),
		cmocka_unit_test(record_of_a_member_is_read_whole_or_not_at_all),
		PARENT_TEST(invited_node_enrols_once_and_is_good_from_then_on),
		PARENT_TEST(code_is_good_for_its_node_and_time_alone),
		PARENT_TEST(guesses_are_slowed_by_source_and_void_the_code_in_the_end),
		PARENT_TEST(renewed_key_replaces_the_one_before_when_it_is_first_used),
		PARENT_TEST(revoked_member_is_out_until_it_is_invited_anew),
		PARENT_TEST(member_invited_again_keeps_its_key_until_the_code_is_used),
		PARENT_TEST(certificate_ends_with_its_time),
		PARENT_TEST(certificate_of_the_root_for_who_is_no_member_is_a_strangers),
		PARENT_TEST(identifiers_that_cannot_join_are_refused),
		PARENT_TEST(keys_of_other_kinds_are_refused),
		PARENT_TEST(members_and_root_are_the_same_after_a_restart),
		cmocka_unit_test(crash_at_any_write_loses_nothing_that_was_answered),
		cmocka_unit_test(crash_while_the_root_is_made_leaves_one_that_works),
		PARENT_TEST(root_of_the_user_is_taken_when_it_can_certify),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
