/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void base64_follows_the_vectors_of_its_standard(void **state)
{
	(void)state;
	/* RFC 4648, section 10 */
	static const struct {
		const char *bytes, *text;
	} rows[] = { { "", "" },
		     { "f", "Zg==" },
		     { "fo", "Zm8=" },
		     { "foo", "Zm9v" },
		     { "foob", "Zm9vYg==" },
		     { "fooba", "Zm9vYmE=" },
		     { "foobar", "Zm9vYmFy" } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[16], bytes[16];
		writer_t w = writer_of(text, sizeof(text)), back = writer_of(bytes, sizeof(bytes));
		base64_encode(slice_str(rows[i].bytes), BASE64_PLAIN, &w);
		assert_true(slice_eq(writer_done(&w), slice_str(rows[i].text)));
		assert_int_equal(base64_decode(writer_done(&w), &back), ERR_OK);
		assert_true(slice_eq(writer_done(&back), slice_str(rows[i].bytes)));
	}
}

static void the_form_for_urls_has_no_padding(void **state)
{
	(void)state;
	char text[16];
	writer_t w = writer_of(text, sizeof(text));
	base64_encode(SLICE("\xFB\xFF\xFE\x01"), BASE64_URL, &w);
	assert_true(slice_eq(writer_done(&w), SLICE("-__-AQ")));
	char bytes[16];
	writer_t back = writer_of(bytes, sizeof(bytes));
	assert_int_equal(base64_decode_url(writer_done(&w), &back), ERR_OK);
	assert_true(slice_eq(writer_done(&back), SLICE("\xFB\xFF\xFE\x01")));
	static const char *const bad[] = { "+//+AQ", "-__-AQ==", "-__-AR", "-__-A", "-__- AQ" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		back = writer_of(bytes, sizeof(bytes));
		assert_int_equal(base64_decode_url(slice_str(bad[i]), &back), ERR_MALFORMED);
	}
}

static void base64_refuses_what_it_would_not_write(void **state)
{
	(void)state;
	static const char *const bad[] = { "Z", "Zg==Zg==", "Zh==", "Z g=", "Zg_-", "Zm9vY" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char bytes[16];
		writer_t w = writer_of(bytes, sizeof(bytes));
		assert_int_equal(base64_decode(slice_str(bad[i]), &w), ERR_MALFORMED);
	}
	char byte;
	writer_t small = writer_of(&byte, 1);
	assert_int_equal(base64_decode(SLICE("Zm8="), &small), ERR_TOO_BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_follows_the_vectors_of_its_standard),
		cmocka_unit_test(the_form_for_urls_has_no_padding),
		cmocka_unit_test(base64_refuses_what_it_would_not_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
