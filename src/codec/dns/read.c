/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/dns/dns.h"

dns_head_t dns_head_read(reader_t *r)
{
	dns_head_t head = { .id = rd_u16(r) };
	head.flags = rd_u16(r);
	head.questions = rd_u16(r);
	head.answers = rd_u16(r);
	head.authorities = rd_u16(r);
	head.additionals = rd_u16(r);
	return head;
}

dns_question_t dns_question_read(slice_t message, reader_t *r)
{
	dns_question_t question = { .name = dns_name_read(message, r) };
	question.type = rd_u16(r);
	question.class = rd_u16(r);
	return question;
}

dns_record_t dns_record_read(slice_t message, reader_t *r)
{
	dns_record_t record = { .owner = dns_name_read(message, r) };
	record.type = rd_u16(r);
	record.class = rd_u16(r);
	record.ttl_s = rd_u32(r);
	uint16_t len = rd_u16(r);
	record.data = rd_take(r, len);
	return record;
}

/* The OPT record among what follows the question; two of them are one too many. */
static void read_others(slice_t message, const dns_head_t *head, reader_t *r, dns_edns_t *ret_edns)
{
	size_t count = (size_t)head->answers + head->authorities + head->additionals;
	for (size_t i = 0; i < count && !r->bad; i++) {
		dns_record_t record = dns_record_read(message, r);
		if (r->bad || record.type != DNS_TYPE_OPT)
			continue;
		if (ret_edns->is_there || record.owner.len != 1)
			r->bad = true;
		*ret_edns = (dns_edns_t){ .is_there = true,
			                  .version = (uint8_t)(record.ttl_s >> 16),
			                  .udp_size = record.class };
	}
}

codec_t dns_query_decode(slice_t message, dns_query_t *ret_query)
{
	reader_t r = reader_of(message);
	dns_query_t query = { .head = dns_head_read(&r) };
	if (r.bad)
		return CODEC_MORE;
	*ret_query = query;
	if (dns_opcode(&query.head) != DNS_OPCODE_QUERY)
		return CODEC_UNSUPPORTED;
	if (query.head.questions != 1)
		return CODEC_MALFORMED;
	query.question = dns_question_read(message, &r);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_query = query;
	read_others(message, &query.head, &r, &query.edns);
	if (r.bad || r.in.len)
		return CODEC_MALFORMED;
	*ret_query = query;
	return CODEC_OK;
}
