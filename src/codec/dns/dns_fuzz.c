/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a message. Walks all of it, and answers what is a question. */
#include "codec/dns/dns.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(slice_t message)
{
	reader_t r = reader_of(message);
	dns_head_t head = dns_head_read(&r);
	for (size_t i = 0; i < head.questions && !r.bad; i++)
		assert(dns_question_read(message, &r).name.len || r.bad);
	size_t count = (size_t)head.answers + head.authorities + head.additionals;
	for (size_t i = 0; i < count && !r.bad; i++) {
		dns_record_t record = dns_record_read(message, &r);
		reader_t data = reader_of(
			slice_from(message, message.len - r.in.len - record.data.len));
		assert(r.bad || record.owner.len);
		(void)dns_name_read(message, &data);
	}
}

static void check_labels(const dns_name_t *name)
{
	slice_t labels[DNS_LABELS_MAX];
	size_t count = dns_name_labels(name, 1, labels), len = 1;
	for (size_t i = 0; i < count; i++)
		len += 1 + labels[i].len;
	assert(len == name->len);
	assert(dns_name_within(name, name) && dns_name_eq(name, name));
}

/* An answer of one text reads back as it was meant. */
static void answer(const dns_query_t *query)
{
	uint8_t room[DNS_UDP_MIN];
	writer_t w = writer_of(room, sizeof(room));
	dns_reply_t reply;
	const dns_name_t *name = &query->question.name;
	dns_reply_begin(query, sizeof(room), &w, &reply);
	reply.edns = query->edns;
	size_t mark = dns_record_begin(&reply, name, DNS_TYPE_NS, 1);
	dns_put_name(&reply, name);
	assert(dns_record_end(&reply, DNS_ANSWER, mark));
	dns_reply_end(&reply);
	assert(!w.bad);
	slice_t message = writer_done(&w);
	reader_t r = reader_of(message);
	dns_head_t head = dns_head_read(&r);
	dns_question_t question = dns_question_read(message, &r);
	dns_record_t record = dns_record_read(message, &r);
	assert(!r.bad && head.answers == 1 && head.id == query->head.id);
	assert(dns_name_eq(&question.name, name) && dns_name_eq(&record.owner, name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t message = slice_of(data, size);
	dns_query_t query;
	walk(message);
	if (dns_query_decode(message, &query) != CODEC_OK)
		return 0;
	check_labels(&query.question.name);
	answer(&query);
	return 0;
}
