/* SPDX-License-Identifier: Apache-2.0 */
/* Values, and the binary data of the special types: administrators, groups, sites
 * and keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/handle/handle.h"

enum { ROOM = 1024 };

static const uint8_t admin_bytes[] = { 0x0F, 0xFF, 0, 0, 0, 4, '9', '9', '/',
	                               'a',  0,    0, 0, 7, 0, 0,   0 };
enum { ADMIN_LEN = 14 };

static handle_value_t sample_value(void)
{
	return (handle_value_t){
		.index = 3,
		.timestamp_s = 1764000000,
		.ttl_s = HANDLE_TTL_DEFAULT_S,
		.perms = HANDLE_PERMS_DEFAULT,
		.type = SLICE("URL"),
		.data = SLICE("https://plant.example/7"),
	};
}

static void value_is_written_and_read_back(void **state)
{
	(void)state;
	uint8_t room[ROOM], more[ROOM];
	writer_t w = writer_of(room, sizeof room), scratch = writer_of(more, sizeof more);
	const handle_reference_t refs[] = { { SLICE("99.1/a"), 1 }, { SLICE("99.1/b"), 2 } };
	handle_value_t v = sample_value(), back;
	v.references = handle_list_of_references(refs, 2, &scratch);
	handle_value_encode(&v, &w);
	assert_int_equal(handle_value_decode(writer_done(&w), &back), CODEC_OK);
	assert_int_equal(back.index, 3);
	assert_int_equal(back.perms, HANDLE_PERMS_DEFAULT);
	assert_true(slice_eq(back.type, v.type));
	assert_true(slice_eq(back.data, v.data));
	handle_iter_t iter = handle_list_iter(back.references);
	handle_reference_t ref;
	for (size_t i = 0; i < 2; i++) {
		assert_true(handle_reference_next(&iter, &ref));
		assert_true(slice_eq(ref.handle, refs[i].handle));
		assert_int_equal(ref.index, refs[i].index);
	}
	assert_false(handle_reference_next(&iter, &ref));
}

static void value_cut_or_followed_by_bytes_is_malformed(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof room);
	handle_value_t v = sample_value();
	handle_value_encode(&v, &w);
	size_t full = w.len;
	for (size_t len = 0; len < full; len++)
		assert_int_equal(handle_value_decode(slice_of(room, len), &v), CODEC_MALFORMED);
	wr_u8(&w, 0);
	assert_int_equal(handle_value_decode(writer_done(&w), &v), CODEC_MALFORMED);
}

static void encoding_into_too_small_a_buffer_is_bad_at_every_size(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof room);
	handle_value_t v = sample_value();
	handle_value_encode(&v, &w);
	for (size_t cap = 0; cap < w.len; cap++) {
		writer_t small = writer_of(room, cap);
		handle_value_encode(&v, &small);
		assert_true(small.bad);
	}
}

static handle_list_t list_from(slice_t in, handle_list_t (*read)(reader_t *), bool *ret_bad)
{
	reader_t r = reader_of(in);
	handle_list_t list = read(&r);
	*ret_bad = r.bad;
	return list;
}

static void count_beyond_the_bytes_left_is_refused(void **state)
{
	(void)state;
	handle_list_t (*const kinds[])(reader_t *) = {
		handle_list_read_indexes,    handle_list_read_strings, handle_list_read_names,
		handle_list_read_references, handle_list_read_values,
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		bool bad;
		handle_list_t list = list_from(SLICE("\xFF\xFF\xFF\xFF\0\0\0\0"), kinds[i], &bad);
		assert_true(bad);
		assert_int_equal(list.count, 0);
		(void)list_from(SLICE("\0\0\0\x03\0\0\0\0\0\0\0\0"), kinds[i], &bad);
		assert_true(bad);
		(void)list_from(SLICE("\0\0\0\0"), kinds[i], &bad);
		assert_false(bad);
	}
}

static void more_than_2048_values_are_refused(void **state)
{
	(void)state;
	enum { VALUE_SIZE = 26 };
	uint8_t bytes[4 + (HANDLE_VALUES_MAX + 1) * VALUE_SIZE] = { 0 };
	writer_t w = writer_of(bytes, sizeof bytes);
	bool bad;
	wr_u32(&w, HANDLE_VALUES_MAX);
	handle_list_t list = list_from(slice_of(bytes, sizeof bytes), handle_list_read_values,
	                               &bad);
	assert_false(bad);
	assert_int_equal(list.count, HANDLE_VALUES_MAX);
	wr_patch_u32(&w, 0, HANDLE_VALUES_MAX + 1);
	(void)list_from(slice_of(bytes, sizeof bytes), handle_list_read_values, &bad);
	assert_true(bad);
}

static void value_data_over_1048576_bytes_is_refused(void **state)
{
	(void)state;
	enum { HEAD = 14 + 4 + 4, TAIL = 4 };
	static const uint32_t over[] = { HANDLE_BYTES_MAX + 1, 0x7FFFFFFF, UINT32_MAX };
	size_t size = HEAD + HANDLE_BYTES_MAX + 1 + TAIL;
	uint8_t *bytes = calloc(1, size);
	assert_non_null(bytes);
	writer_t w = writer_of(&bytes[HEAD - 4], 4);
	handle_value_t v;
	wr_u32(&w, HANDLE_BYTES_MAX);
	assert_int_equal(handle_value_decode(slice_of(bytes, size - 1), &v), CODEC_OK);
	assert_int_equal(v.data.len, HANDLE_BYTES_MAX);
	for (size_t i = 0; i < sizeof over / sizeof *over; i++) {
		wr_patch_u32(&w, 0, over[i]);
		assert_int_equal(handle_value_decode(slice_of(bytes, size), &v), CODEC_MALFORMED);
	}
	free(bytes);
}

static void handle_over_2048_bytes_in_a_reference_is_refused(void **state)
{
	(void)state;
	uint8_t bytes[4 + HANDLE_NAME_MAX + 1 + 4] = { 0 };
	writer_t w = writer_of(bytes, sizeof bytes);
	handle_reference_t ref;
	wr_u32(&w, HANDLE_NAME_MAX);
	assert_int_equal(handle_reference_decode(slice_of(bytes, sizeof bytes), &ref), CODEC_OK);
	wr_patch_u32(&w, 0, HANDLE_NAME_MAX + 1);
	assert_int_equal(handle_reference_decode(slice_of(bytes, sizeof bytes), &ref),
	                 CODEC_MALFORMED);
}

static void absolute_ttl_runs_out_at_its_second_and_not_before(void **state)
{
	(void)state;
	handle_value_t v = { .ttl_type = HANDLE_TTL_ABSOLUTE, .ttl_s = 1000 };
	assert_int_equal(handle_value_ttl(&v, 0, 990), 10);
	assert_int_equal(handle_value_ttl(&v, 0, 1000), 0);
	assert_int_equal(handle_value_ttl(&v, 0, 2000), 0);
}

static void relative_ttl_counts_from_the_fetch_and_is_capped_at_two_days(void **state)
{
	(void)state;
	handle_value_t v = { .ttl_s = 60 };
	assert_int_equal(handle_value_ttl(&v, 100, 130), 30);
	assert_int_equal(handle_value_ttl(&v, 100, 160), 0);
	v.ttl_s = UINT32_MAX;
	assert_int_equal(handle_value_ttl(&v, 100, 100), 2 * 86400);
}

static void type_matches_exactly_or_as_a_family(void **state)
{
	(void)state;
	static const struct {
		const char *type, *wanted;
		bool match;
	} rows[] = {
		{ "URL", "URL", true },         { "URL", "url", true },
		{ "URL.MIRROR", "URL", false }, { "URL", "URL.", true },
		{ "url.mirror", "URL.", true }, { "URLX", "URL.", false },
		{ "UR", "URL.", false },        { "EMAIL", "", false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(
			handle_type_matches(slice_str(rows[i].type), slice_str(rows[i].wanted)),
			rows[i].match);
}

static void admin_takes_two_legacy_bytes_and_no_other_tail(void **state)
{
	(void)state;
	handle_admin_t admin;
	for (size_t len = 0; len <= sizeof admin_bytes; len++) {
		bool fine = len == ADMIN_LEN || len == ADMIN_LEN + 2;
		assert_int_equal(handle_admin_decode(slice_of(admin_bytes, len), &admin),
		                 fine ? CODEC_OK : CODEC_MALFORMED);
		if (fine)
			assert_int_equal(admin.legacy, len != ADMIN_LEN);
	}
	assert_int_equal(admin.rights, HANDLE_ADMIN_ALL);
	assert_int_equal(admin.admin.index, 7);
	assert_true(slice_eq(admin.admin.handle, SLICE("99/a")));
}

static void group_with_trailing_bytes_is_malformed(void **state)
{
	(void)state;
	handle_list_t members;
	assert_int_equal(handle_vlist_decode(SLICE("\0\0\0\0"), &members), CODEC_OK);
	assert_int_equal(handle_vlist_decode(SLICE("\0\0\0\0\0\0"), &members), CODEC_MALFORMED);
}

static void site_bytes(writer_t *w)
{
	uint8_t room[ROOM];
	writer_t s = writer_of(room, sizeof room);
	const handle_attribute_t desc = { SLICE("desc"), SLICE("plant") };
	const handle_interface_t door = { HANDLE_SERVES_QUERY, HANDLE_TRANSPORT_TCP, 2641 };
	handle_server_t server = { .server_id = 1, .public_key = SLICE("key") };
	handle_attribute_encode(&desc, &s);
	size_t at = s.len;
	handle_interface_encode(&door, &s);
	server.interfaces = (handle_list_t){ 1, slice_from(writer_done(&s), at) };
	handle_server_set_ip(&server, ip_v4(127, 0, 0, 9));
	size_t servers = s.len;
	handle_server_encode(&server, &s);
	const handle_site_t site = {
		.format = 1,
		.major = 2,
		.minor = 11,
		.serial = 4,
		.flags = HANDLE_SITE_PRIMARY,
		.hash_option = HANDLE_HASH_WHOLE,
		.attributes = { 1, slice_sub(writer_done(&s), 0, at) },
		.servers = { 1, slice_from(writer_done(&s), servers) },
	};
	assert_false(s.bad);
	handle_site_encode(&site, w);
}

static void site_is_written_and_read_back(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof room);
	site_bytes(&w);
	handle_site_t site;
	handle_server_t server;
	handle_interface_t door;
	handle_attribute_t attribute;
	assert_int_equal(handle_site_decode(writer_done(&w), &site), CODEC_OK);
	assert_int_equal(site.serial, 4);
	handle_iter_t attributes = handle_list_iter(site.attributes);
	assert_true(handle_attribute_next(&attributes, &attribute));
	assert_true(slice_eq(attribute.value, SLICE("plant")));
	handle_iter_t servers = handle_list_iter(site.servers);
	assert_true(handle_server_next(&servers, &server));
	assert_true(ip_eq(handle_server_ip(&server), ip_v4(127, 0, 0, 9)));
	handle_iter_t doors = handle_list_iter(server.interfaces);
	assert_true(handle_interface_next(&doors, &door));
	assert_int_equal(door.port, 2641);
	assert_false(handle_interface_next(&doors, &door));
	assert_false(handle_server_next(&servers, &server));
	assert_false(handle_attribute_next(&attributes, &attribute));
}

static void site_cut_or_with_trailing_bytes_is_malformed(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof room);
	site_bytes(&w);
	handle_site_t site;
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(handle_site_decode(slice_of(room, len), &site), CODEC_MALFORMED);
	wr_u8(&w, 0);
	assert_int_equal(handle_site_decode(writer_done(&w), &site), CODEC_MALFORMED);
}

static void server_address_is_ipv4_when_its_head_is_zero_or_mapped(void **state)
{
	(void)state;
	handle_server_t s = { 0 };
	assert_int_equal(handle_server_ip(&s).family, 0);
	s.address[15] = 1;
	assert_int_equal(handle_server_ip(&s).family, 6);
	s.address[12] = 127;
	assert_true(ip_eq(handle_server_ip(&s), ip_v4(127, 0, 0, 1)));
	s.address[10] = s.address[11] = 0xFF;
	assert_true(ip_eq(handle_server_ip(&s), ip_v4(127, 0, 0, 1)));
	s.address[0] = 0x20;
	ip_t six = handle_server_ip(&s);
	assert_int_equal(six.family, 6);
	handle_server_t again = { 0 };
	handle_server_set_ip(&again, six);
	assert_memory_equal(again.address, s.address, sizeof s.address);
}

static void rsa_public_key_ends_with_four_zero_bytes(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof room);
	handle_key_t key = { .kind = HANDLE_KEY_RSA_PUBLIC,
		             .part = { SLICE("\x01\0\x01"), SLICE("\0\xC1") } };
	handle_key_t back;
	handle_key_encode(&key, &w);
	assert_int_equal(w.len, 4 + 11 + 2 + 4 + 3 + 4 + 2 + 4);
	slice_t all = writer_done(&w);
	for (size_t len = 0; len <= all.len; len++) {
		codec_t want = len == all.len || len + 4 == all.len ? CODEC_OK : CODEC_MALFORMED;
		assert_int_equal(handle_key_decode(slice_sub(all, 0, len), &back), want);
	}
	assert_true(slice_eq(handle_key_unsigned(back.part[1]), SLICE("\xC1")));
	wr_patch_u32(&w, all.len - 4, 1);
	assert_int_equal(handle_key_decode(writer_done(&w), &back), CODEC_MALFORMED);
}

static void private_key_has_no_flags_field(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof room);
	wr_bytes32(&w, SLICE("RSA_PRIV_KEY"));
	wr_bytes32(&w, SLICE("n"));
	wr_bytes32(&w, SLICE("d"));
	handle_key_t key;
	assert_int_equal(handle_key_decode(writer_done(&w), &key), CODEC_OK);
	assert_int_equal(key.kind, HANDLE_KEY_RSA_PRIVATE);
	assert_true(slice_eq(key.part[1], SLICE("d")));
}

static void every_key_kind_is_written_and_read_back(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < HANDLE_KEY_COUNT; kind++) {
		uint8_t room[ROOM];
		writer_t w = writer_of(room, sizeof room);
		handle_key_t key = { .kind = (handle_key_kind_t)kind }, back;
		for (size_t i = 0; i < handle_key_parts(key.kind); i++)
			key.part[i] = slice_sub(SLICE("abcdefgh"), i, 1);
		handle_key_encode(&key, &w);
		assert_int_equal(handle_key_decode(writer_done(&w), &back), CODEC_OK);
		assert_int_equal(back.kind, kind);
		for (size_t i = 0; i < handle_key_parts(key.kind); i++)
			assert_true(slice_eq(back.part[i], key.part[i]));
	}
	handle_key_t key;
	assert_int_equal(handle_key_decode(SLICE("\0\0\0\x03NEW"), &key), CODEC_UNSUPPORTED);
}

static void shared_secret_loses_its_leading_zero_bytes(void **state)
{
	(void)state;
	assert_true(slice_eq(handle_key_unsigned(SLICE("\0\0\x07\0")), SLICE("\x07\0")));
	assert_int_equal(handle_key_unsigned(SLICE("\0\0")).len, 0);
}

static void key_file_is_plain_or_pbkdf2_and_nothing_else(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof room);
	handle_key_file_t file;
	assert_int_equal(handle_key_file_decode(SLICE("\0\0\0\x01payload"), &file), CODEC_OK);
	assert_true(slice_eq(file.payload, SLICE("payload")));
	assert_int_equal(handle_key_file_decode(SLICE("\0\0\0\x02payload"), &file),
	                 CODEC_UNSUPPORTED);
	wr_u32(&w, HANDLE_KEY_FILE_PBKDF2_AES);
	wr_bytes32(&w, SLICE("salt"));
	wr_u32(&w, 10000);
	wr_u32(&w, 128);
	wr_bytes32(&w, SLICE("iv"));
	wr_bytes32(&w, SLICE("cipher"));
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(handle_key_file_decode(slice_of(room, len), &file),
		                 CODEC_MALFORMED);
	assert_int_equal(handle_key_file_decode(writer_done(&w), &file), CODEC_OK);
	assert_int_equal(file.iterations, 10000);
	assert_true(slice_eq(file.payload, SLICE("cipher")));
}

static void a_value_is_found_by_its_index_and_none_behind_damage(void **state)
{
	(void)state;
	uint8_t buf[256];
	writer_t w = writer_of(buf, sizeof(buf));
	handle_value_t one = { .index = 1, .type = SLICE("URL"), .data = SLICE("a") };
	handle_value_t seven = { .index = 7, .type = SLICE("DESC"), .data = SLICE("b") };
	handle_value_t found = { .index = 99 };
	handle_value_encode(&one, &w);
	handle_value_encode(&seven, &w);
	slice_t both = writer_done(&w);
	assert_true(handle_value_find((handle_list_t){ 2, both }, 7, &found));
	assert_true(slice_eq(found.data, SLICE("b")));
	found.index = 99;
	assert_false(handle_value_find((handle_list_t){ 2, both }, 8, &found));
	assert_false(handle_value_find((handle_list_t){ 1, both }, 7, &found));
	assert_false(handle_value_find((handle_list_t){ 2, slice_sub(both, 0, both.len - 1) }, 7,
	                               &found));
	assert_int_equal(found.index, 99);
}

static void values_are_walked_up_to_damage(void **state)
{
	(void)state;
	uint8_t buf[256];
	writer_t w = writer_of(buf, sizeof(buf));
	handle_value_t one = { .index = 1, .type = SLICE("URL"), .data = SLICE("a") };
	handle_value_t two = { .index = 2, .type = SLICE("URL"), .data = SLICE("b") };
	handle_value_t value;
	handle_value_encode(&one, &w);
	slice_t first = writer_done(&w);
	handle_value_encode(&two, &w);
	record_t record = { .count = 2, .values = writer_done(&w) };
	handle_iter_t iter = handle_list_iter(handle_values_of(&record));
	assert_true(handle_value_next(&iter, &value));
	assert_true(slice_eq(value.bytes, first));
	assert_true(handle_value_next(&iter, &value));
	assert_true(slice_eq(value.bytes, slice_from(record.values, first.len)));
	assert_false(handle_value_next(&iter, &value));
	assert_false(iter.in.bad);
	for (size_t len = first.len; len < record.values.len; len++) {
		handle_list_t cut = { 2, slice_sub(record.values, 0, len) };
		iter = handle_list_iter(cut);
		assert_true(handle_value_next(&iter, &value));
		assert_false(handle_value_next(&iter, &value));
		assert_true(iter.in.bad);
		assert_false(handle_value_next(&iter, &value));
		assert_int_equal(value.index, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_is_written_and_read_back),
		cmocka_unit_test(value_cut_or_followed_by_bytes_is_malformed),
		cmocka_unit_test(encoding_into_too_small_a_buffer_is_bad_at_every_size),
		cmocka_unit_test(count_beyond_the_bytes_left_is_refused),
		cmocka_unit_test(more_than_2048_values_are_refused),
		cmocka_unit_test(value_data_over_1048576_bytes_is_refused),
		cmocka_unit_test(handle_over_2048_bytes_in_a_reference_is_refused),
		cmocka_unit_test(absolute_ttl_runs_out_at_its_second_and_not_before),
		cmocka_unit_test(relative_ttl_counts_from_the_fetch_and_is_capped_at_two_days),
		cmocka_unit_test(type_matches_exactly_or_as_a_family),
		cmocka_unit_test(admin_takes_two_legacy_bytes_and_no_other_tail),
		cmocka_unit_test(group_with_trailing_bytes_is_malformed),
		cmocka_unit_test(site_is_written_and_read_back),
		cmocka_unit_test(site_cut_or_with_trailing_bytes_is_malformed),
		cmocka_unit_test(server_address_is_ipv4_when_its_head_is_zero_or_mapped),
		cmocka_unit_test(rsa_public_key_ends_with_four_zero_bytes),
		cmocka_unit_test(private_key_has_no_flags_field),
		cmocka_unit_test(every_key_kind_is_written_and_read_back),
		cmocka_unit_test(shared_secret_loses_its_leading_zero_bytes),
		cmocka_unit_test(key_file_is_plain_or_pbkdf2_and_nothing_else),
		cmocka_unit_test(a_value_is_found_by_its_index_and_none_behind_damage),
		cmocka_unit_test(values_are_walked_up_to_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
