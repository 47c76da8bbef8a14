/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/net.h"

/* What is read and how it is written again. */
static const struct {
	const char *text, *canonical;
} GOOD_IPS[] = {
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "127.0.0.1", "127.0.0.1" },
	{ "::", "::" },
	{ "::1", "::1" },
	{ "1::", "1::" },
	{ "2001:DB8::1", "2001:db8::1" },
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
	{ "::ffff:127.0.0.1", "::ffff:127.0.0.1" },
	{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
	{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
};

static const char *const BAD_IPS[] = {
	"",
	"1",
	"1.2.3",
	"1.2.3.4.5",
	"01.2.3.4",
	"256.1.1.1",
	"1.2.3.4 ",
	"1..3.4",
	"1.2.3.",
	"a.b.c.d",
	"localhost",
	":",
	":::",
	"1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:8:9",
	":1::",
	"1::2::3",
	"1:2:3:4:5:6:7:8::",
	"1:2:3:4::5:6:7:8",
	"12345::",
	"g::",
	"fe80::1%eth0",
	"::1.2.3",
	"1.2.3.4::",
	"::1:",
	"1:2:3:4:5:6:7:1.2.3.4",
	"[::1]",
	"1 2::",
	"+1.2.3.4",
};

static void ip_reads_and_writes_the_canonical_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(GOOD_IPS) / sizeof(GOOD_IPS[0]); i++) {
		ip_t ip, again;
		char buf[IP_TEXT_MAX];
		assert_int_equal(ip_parse(slice_str(GOOD_IPS[i].text), &ip), ERR_OK);
		assert_string_equal(ip_format(ip, buf), GOOD_IPS[i].canonical);
		assert_int_equal(ip_parse(slice_str(buf), &again), ERR_OK);
		assert_true(ip_eq(ip, again));
	}
}

static void ip_rejects_other_spellings_and_leaves_the_output(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(BAD_IPS) / sizeof(BAD_IPS[0]); i++) {
		ip_t ip = ip_v4(9, 9, 9, 9);
		assert_int_equal(ip_parse(slice_str(BAD_IPS[i]), &ip), ERR_INVALID);
		assert_true(ip_eq(ip, ip_v4(9, 9, 9, 9)));
	}
}

static void addr_needs_address_and_port(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"502",
		"localhost:502",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:65536",
		"127.0.0.1:0502",
		"::1:502",
		"[::1]",
		"[::1]502",
		"[127.0.0.1]:502",
		"[::1:502",
		":502",
		"",
		"127.0.0.1:502 ",
		"[::1]:-1",
	};
	addr_t addr;
	char buf[ADDR_TEXT_MAX];
	assert_int_equal(addr_parse(SLICE("127.0.0.1:502"), &addr), ERR_OK);
	assert_true(addr_eq(addr, (addr_t){ ip_v4(127, 0, 0, 1), 502 }));
	assert_string_equal(addr_format(addr, buf), "127.0.0.1:502");
	assert_int_equal(addr_parse(SLICE("[::1]:65535"), &addr), ERR_OK);
	assert_string_equal(addr_format(addr, buf), "[::1]:65535");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(addr_parse(slice_str(bad[i]), &addr), ERR_INVALID);
}

static void the_longest_texts_fit(void **state)
{
	(void)state;
	addr_t addr = { .ip = { .family = 6 }, .port = 65535 };
	char buf[ADDR_TEXT_MAX];
	memset(addr.ip.bytes, 0xFF, sizeof(addr.ip.bytes));
	assert_string_equal(addr_format(addr, buf),
	                    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
	assert_string_equal(addr_format((addr_t){ 0 }, buf), "");
}

static void mac_is_colon_hex(void **state)
{
	(void)state;
	char buf[MAC_TEXT_MAX];
	mac_t mac = { { 0x02, 0x00, 0x0a, 0xff, 0x10, 0x01 } };
	assert_string_equal(mac_format(mac, buf), "02:00:0a:ff:10:01");
}

static void eq_ignores_bytes_beyond_the_family(void **state)
{
	(void)state;
	ip_t a = ip_v4(10, 0, 0, 1), b = a;
	b.bytes[9] = 7;
	assert_true(ip_eq(a, b));
	b.family = 6;
	assert_false(ip_eq(a, b));
	assert_false(ip_eq(a, ip_v4(10, 0, 0, 2)));
}

static void any_address_is_all_zeros_of_either_family(void **state)
{
	(void)state;
	static const char *const any[] = { "0.0.0.0", "::" };
	static const char *const one[] = { "0.0.0.1", "::1", "::ffff:0.0.0.0" };
	ip_t ip;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ip_parse(slice_str(any[i]), &ip), ERR_OK);
		assert_true(ip_is_any(ip));
	}
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ip_parse(slice_str(one[i]), &ip), ERR_OK);
		assert_false(ip_is_any(ip));
	}
	assert_false(ip_is_any((ip_t){ 0 }));
}

static void loopback_covers_both_families_and_mapped(void **state)
{
	(void)state;
	static const char *const yes[] = { "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1" };
	static const char *const no[] = { "128.0.0.1", "::2", "::", "::ffff:10.0.0.1", "::7f00:1" };
	ip_t ip;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		assert_int_equal(ip_parse(slice_str(yes[i]), &ip), ERR_OK);
		assert_true(ip_is_loopback(ip));
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		assert_int_equal(ip_parse(slice_str(no[i]), &ip), ERR_OK);
		assert_false(ip_is_loopback(ip));
	}
	assert_false(ip_is_loopback((ip_t){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip_reads_and_writes_the_canonical_form),
		cmocka_unit_test(ip_rejects_other_spellings_and_leaves_the_output),
		cmocka_unit_test(addr_needs_address_and_port),
		cmocka_unit_test(the_longest_texts_fit),
		cmocka_unit_test(mac_is_colon_hex),
		cmocka_unit_test(eq_ignores_bytes_beyond_the_family),
		cmocka_unit_test(any_address_is_all_zeros_of_either_family),
		cmocka_unit_test(loopback_covers_both_families_and_mapped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
