/* SPDX-License-Identifier: Apache-2.0 */
/* Signed heads and keys as text: one form each, and not a byte may differ. */
#include "proof/head.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "merkle/naive_test.h"

/* The private key of RFC 8032 section 7.1, test 1: signatures are the same each time. */
static env_pkey_t *known_key(void)
{
	static const uint8_t x[] = { 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7,
		                     0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
		                     0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25,
		                     0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a };
	static const uint8_t d[] = { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
		                     0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
		                     0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19,
		                     0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60 };
	env_pkey_numbers_t numbers = { .kind = ENV_PKEY_ED25519,
		                       .is_private = true,
		                       .part = { slice_of(x, 32), slice_of(d, 32) } };
	env_pkey_t *key = NULL;
	assert_int_equal(env_pkey_from_numbers(&numbers, &key), ERR_OK);
	return key;
}

static slice_t signed_note(const env_pkey_t *key, writer_t *w)
{
	proof_head_t head = { .origin = SLICE("jizhu/99.100.1"),
		              .tree = { 1234, naive_leaf(5) },
		              .utc_ns = 1700000000 * NS_PER_S + 250 * NS_PER_MS };
	assert_int_equal(proof_head_sign(&head, key, w), ERR_OK);
	return writer_done(w);
}

static void a_head_is_the_note_that_its_header_shows(void **state)
{
	(void)state;
	char note[PROOF_NOTE_MAX];
	writer_t w = writer_of(note, sizeof(note));
	env_pkey_t *key = known_key();
	proof_head_t head;
	slice_t text = signed_note(key, &w);
	assert_true(slice_starts(text, SLICE("jizhu/99.100.1\n1234\n")));
	assert_int_equal(proof_head_check(text, key, &head), ERR_OK);
	assert_true(slice_eq(head.origin, SLICE("jizhu/99.100.1")));
	assert_int_equal(head.tree.size, 1234);
	assert_int_equal(head.utc_ns, 1700000000 * NS_PER_S + 250 * NS_PER_MS);
	slice_t rest = text;
	for (unsigned i = 0; i < 3; i++)
		slice_cut(&rest, '\n');
	assert_true(slice_starts(rest, SLICE("time 2023-11-14T22:13:20.250Z\n\n\xe2\x80\x94 ")));
	env_pkey_free(key);
}

static void any_altered_byte_of_a_note_is_refused(void **state)
{
	(void)state;
	char note[PROOF_NOTE_MAX];
	writer_t w = writer_of(note, sizeof(note));
	env_pkey_t *key = known_key();
	proof_head_t head;
	slice_t text = signed_note(key, &w);
	for (size_t i = 0; i < text.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			note[i] = (char)(note[i] ^ (1 << bit));
			assert_int_not_equal(proof_head_check(text, key, &head), ERR_OK);
			note[i] = (char)(note[i] ^ (1 << bit));
		}
	for (size_t len = 0; len < text.len; len++)
		assert_int_equal(proof_head_check(slice_sub(text, 0, len), key, &head),
		                 ERR_MALFORMED);
	note[text.len] = '\n';
	assert_int_equal(proof_head_check(slice_of(note, text.len + 1), key, &head), ERR_MALFORMED);
	env_pkey_free(key);
}

static void a_note_of_another_key_is_denied(void **state)
{
	(void)state;
	char note[PROOF_NOTE_MAX];
	writer_t w = writer_of(note, sizeof(note));
	env_pkey_t *key = known_key(), *other = NULL;
	proof_head_t head;
	slice_t text = signed_note(key, &w);
	assert_int_equal(env_pkey_generate(ENV_PKEY_ED25519, &other), ERR_OK);
	assert_int_equal(proof_head_check(text, other, &head), ERR_DENIED);
	assert_int_equal(proof_head_read(text, &head), ERR_OK);
	env_pkey_free(other);
	env_pkey_free(key);
}

static void a_key_as_text_comes_back_and_not_a_byte_may_differ(void **state)
{
	(void)state;
	char text[PROOF_KEY_TEXT_MAX];
	writer_t w = writer_of(text, sizeof(text));
	env_pkey_t *key = known_key(), *back = NULL;
	slice_t origin;
	proof_key_write(SLICE("jizhu/99.100.1"), key, &w);
	slice_t whole = writer_done(&w);
	assert_int_equal(proof_key_read(whole, &origin, &back), ERR_OK);
	assert_true(slice_eq(origin, SLICE("jizhu/99.100.1")));
	assert_true(env_pkey_same(key, back));
	env_pkey_free(back);
	for (size_t i = 0; i < whole.len; i++) {
		text[i] ^= 1;
		assert_int_equal(proof_key_read(whole, &origin, &back), ERR_MALFORMED);
		text[i] ^= 1;
	}
	env_pkey_free(key);
}

static void an_origin_with_blanks_or_plus_is_not_signed(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "a b", "a+b", "a\nb", "\x7f" };
	char note[PROOF_NOTE_MAX];
	env_pkey_t *key = known_key();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		writer_t w = writer_of(note, sizeof(note));
		proof_head_t head = { .origin = slice_str(bad[i]) };
		assert_int_equal(proof_head_sign(&head, key, &w), ERR_INVALID);
	}
	env_pkey_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_the_note_that_its_header_shows),
		cmocka_unit_test(any_altered_byte_of_a_note_is_refused),
		cmocka_unit_test(a_note_of_another_key_is_denied),
		cmocka_unit_test(a_key_as_text_comes_back_and_not_a_byte_may_differ),
		cmocka_unit_test(an_origin_with_blanks_or_plus_is_not_signed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
