/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/dns/dns.h"

/* 7.1.99.2.oid-res.org, NAPTR, with EDNS of 1232 bytes. */
#define QUESTION \
	"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01" \
	"\x01" \
	"7\x01" \
	"1\x02" \
	"99\x01" \
	"2\x07oid-res\x03org\x00\x00\x23\x00\x01" \
	"\x00\x00\x29\x04\xD0\x00\x00\x00\x00\x00\x00"

static dns_name_t name_of(const char *text)
{
	dns_name_t name = { .len = 0 };
	assert_true(dns_name_parse(slice_str(text), &name));
	return name;
}

static dns_query_t query_of(slice_t message)
{
	dns_query_t query;
	assert_int_equal(dns_query_decode(message, &query), CODEC_OK);
	return query;
}

static void a_question_is_read_with_what_its_asker_takes(void **state)
{
	(void)state;
	dns_query_t query = query_of(SLICE(QUESTION));
	dns_name_t name = name_of("7.1.99.2.OID-RES.org.");
	slice_t labels[DNS_LABELS_MAX];
	assert_int_equal(query.head.id, 0x1234);
	assert_true(query.head.flags & DNS_FLAG_RECURSION_DESIRED);
	assert_int_equal(query.question.type, DNS_TYPE_NAPTR);
	assert_true(dns_name_eq(&query.question.name, &name));
	assert_true(query.edns.is_there);
	assert_int_equal(query.edns.udp_size, 1232);
	name = name_of("oid-res.org");
	assert_true(dns_name_within(&query.question.name, &name));
	assert_int_equal(dns_name_labels(&query.question.name, name.len, labels), 4);
	assert_true(slice_eq(labels[2], SLICE("99")));
	name = name_of("id-res.org");
	assert_false(dns_name_within(&query.question.name, &name));
}

static void a_question_cut_anywhere_is_no_question(void **state)
{
	(void)state;
	slice_t whole = SLICE(QUESTION);
	for (size_t len = 0; len < whole.len; len++) {
		dns_query_t query;
		codec_t got = dns_query_decode(slice_sub(whole, 0, len), &query);
		assert_int_equal(got, len < DNS_HEAD_SIZE ? CODEC_MORE : CODEC_MALFORMED);
	}
}

/* A head that announces one question, and the bytes of its name. */
static codec_t decode_name(slice_t name, dns_query_t *ret_query)
{
	uint8_t room[1024];
	writer_t w = writer_of(room, sizeof(room));
	wr_bytes(&w, slice_of("\0\1\0\0\0\1\0\0\0\0\0\0", DNS_HEAD_SIZE));
	wr_bytes(&w, name);
	wr_u16(&w, DNS_TYPE_TXT);
	wr_u16(&w, DNS_CLASS_IN);
	return dns_query_decode(writer_done(&w), ret_query);
}

static void names_that_turn_in_circles_or_grow_too_long_are_malformed(void **state)
{
	(void)state;
	static const slice_t rows[] = {
		{ (const uint8_t *)"\xC0\x0C", 2 },      /* itself */
		{ (const uint8_t *)"\x01z\xC0\x0C", 4 }, /* its own head */
		{ (const uint8_t *)"\xC0\xFF", 2 },      /* behind the end */
		{ (const uint8_t *)"\xC0\x00", 2 },      /* the root by a pointer */
		{ (const uint8_t *)"\xC0\x02", 2 },      /* into the head */
		{ (const uint8_t *)"\x40zz", 3 },        /* a label of no kind */
		{ (const uint8_t *)"\x80zz", 3 },
	};
	dns_query_t query;
	uint8_t room[512];
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(decode_name(rows[i], &query), CODEC_MALFORMED);
	for (size_t labels = 126; labels <= 128; labels++) {
		writer_t w = writer_of(room, sizeof(room));
		for (size_t i = 0; i < labels; i++)
			wr_bytes(&w, slice_of("\x01z", 2));
		wr_u8(&w, 0);
		codec_t wanted = labels <= DNS_LABELS_MAX ? CODEC_OK : CODEC_MALFORMED;
		assert_int_equal(decode_name(writer_done(&w), &query), wanted);
	}
	assert_false(dns_name_parse(SLICE("a..b"), &query.question.name));
	assert_false(dns_name_parse(SLICE(".a"), &query.question.name));
}

static void other_operations_and_two_questions_are_told_from_one(void **state)
{
	(void)state;
	uint8_t room[128];
	writer_t w = writer_of(room, sizeof(room));
	dns_query_t query;
	wr_bytes(&w, SLICE(QUESTION));
	wr_patch_u16(&w, 2, 5 << 11);
	assert_int_equal(dns_query_decode(writer_done(&w), &query), CODEC_UNSUPPORTED);
	assert_int_equal(query.head.id, 0x1234);
	wr_patch_u16(&w, 2, 0);
	wr_patch_u16(&w, 4, 2);
	assert_int_equal(dns_query_decode(writer_done(&w), &query), CODEC_MALFORMED);
	wr_patch_u16(&w, 4, 1);
	wr_u8(&w, 0);
	assert_int_equal(dns_query_decode(writer_done(&w), &query), CODEC_MALFORMED);
	assert_int_equal(query.question.type, DNS_TYPE_NAPTR);
}

static void put_soa(dns_reply_t *reply, const dns_name_t *zone)
{
	dns_soa_t soa = { .server = name_of("ns.oid-res.org"),
		          .contact = name_of("who.example.com"),
		          .serial = 9,
		          .negative_s = 60 };
	size_t mark = dns_record_begin(reply, zone, DNS_TYPE_SOA, 60);
	dns_put_soa(reply, &soa);
	assert_true(dns_record_end(reply, DNS_AUTHORITY, mark));
}

static bool put_naptr(dns_reply_t *reply)
{
	dns_naptr_t naptr = { .order = 100,
		              .preference = 10,
		              .flags = SLICE("u"),
		              .services = SLICE("ORS+RINF"),
		              .regexp = SLICE("!^.*$!https://example.com/r!") };
	size_t mark = dns_record_begin(reply, &reply->question, DNS_TYPE_NAPTR, 300);
	dns_put_naptr(reply, &naptr);
	return dns_record_end(reply, DNS_ANSWER, mark);
}

static void an_answer_reads_back_and_its_names_share_the_questions(void **state)
{
	(void)state;
	uint8_t room[512];
	writer_t w = writer_of(room, sizeof(room));
	dns_query_t query = query_of(SLICE(QUESTION));
	dns_name_t zone = name_of("oid-res.org"), server = name_of("ns.oid-res.org");
	dns_reply_t reply;
	dns_reply_begin(&query, sizeof(room), &w, &reply);
	reply.edns = (dns_edns_t){ .is_there = true, .udp_size = 1232 };
	reply.flags |= DNS_FLAG_AUTHORITATIVE;
	assert_true(put_naptr(&reply));
	put_soa(&reply, &zone);
	dns_reply_end(&reply);
	slice_t message = writer_done(&w);
	reader_t r = reader_of(message);
	dns_head_t head = dns_head_read(&r);
	assert_int_equal(head.flags, 0x8500);
	assert_int_equal(head.answers, 1);
	assert_int_equal(head.authorities, 1);
	assert_int_equal(head.additionals, 1);
	(void)dns_question_read(message, &r);
	dns_record_t naptr = dns_record_read(message, &r);
	assert_true(dns_name_eq(&naptr.owner, &query.question.name));
	assert_int_equal(naptr.ttl_s, 300);
	assert_true(slice_starts(naptr.data, slice_of("\0d\0\n\1u\10ORS+RINF\34!^", 18)));
	dns_record_t soa = dns_record_read(message, &r);
	reader_t data = reader_of(slice_from(message, message.len - r.in.len - soa.data.len));
	assert_true(dns_name_eq(&soa.owner, &zone));
	assert_int_equal(soa.data.len, 5 + 17 + 20);
	dns_name_t named = dns_name_read(message, &data);
	assert_true(dns_name_eq(&named, &server));
	assert_int_equal(dns_record_read(message, &r).type, DNS_TYPE_OPT);
	assert_false(r.bad);
	assert_int_equal(r.in.len, 0);
}

static void what_is_past_the_limit_is_left_out_and_said(void **state)
{
	(void)state;
	uint8_t room[DNS_UDP_MIN];
	dns_query_t query = query_of(SLICE(QUESTION));
	for (size_t cap = DNS_HEAD_SIZE + 40; cap < sizeof(room); cap++) {
		writer_t w = writer_of(room, cap);
		dns_reply_t reply;
		dns_reply_begin(&query, sizeof(room), &w, &reply);
		reply.edns.is_there = true;
		size_t put = 0;
		while (put_naptr(&reply))
			put++;
		assert_true(reply.is_full);
		assert_int_equal(reply.counts[DNS_ANSWER], put);
		dns_reply_cut(&reply);
		dns_reply_end(&reply);
		assert_false(w.bad);
		reader_t r = reader_of(writer_done(&w));
		dns_head_t head = dns_head_read(&r);
		assert_true(head.flags & DNS_FLAG_TRUNCATED);
		assert_int_equal(head.answers, 0);
		assert_int_equal(w.len, SLICE(QUESTION).len);
	}
}

static void long_texts_are_several_strings(void **state)
{
	(void)state;
	static uint8_t text[600];
	uint8_t room[1024];
	writer_t w = writer_of(room, sizeof(room));
	dns_query_t query = query_of(SLICE(QUESTION));
	dns_reply_t reply;
	dns_reply_begin(&query, sizeof(room), &w, &reply);
	size_t at = w.len;
	dns_put_text(&reply, slice_of(text, sizeof(text)));
	assert_int_equal(w.len - at, sizeof(text) + 3);
	assert_int_equal(room[at], 255);
	assert_int_equal(room[at + 512], 90);
	at = w.len;
	dns_put_text(&reply, (slice_t){ 0 });
	assert_int_equal(w.len - at, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_read_with_what_its_asker_takes),
		cmocka_unit_test(a_question_cut_anywhere_is_no_question),
		cmocka_unit_test(names_that_turn_in_circles_or_grow_too_long_are_malformed),
		cmocka_unit_test(other_operations_and_two_questions_are_told_from_one),
		cmocka_unit_test(an_answer_reads_back_and_its_names_share_the_questions),
		cmocka_unit_test(what_is_past_the_limit_is_left_out_and_said),
		cmocka_unit_test(long_texts_are_several_strings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
