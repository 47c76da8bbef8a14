/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/dns/dns.h"

enum {
	POINTER = 0xC000,
	OPT_SIZE = 11,
	/* Of a question's flags, what its answer repeats: the operation and the wish. */
	REPEATED = 0x7800 | DNS_FLAG_RECURSION_DESIRED,
};

/* Bytes of the message so far. */
static size_t size_of(const dns_reply_t *reply)
{
	return reply->w->len - reply->start;
}

void dns_reply_begin(const dns_query_t *query, size_t limit, writer_t *w, dns_reply_t *ret_reply)
{
	size_t room = w->cap - w->len;
	const dns_question_t *question = &query->question;
	*ret_reply = (dns_reply_t){
		.w = w,
		.start = w->len,
		.limit = limit < room ? limit : room,
		.question = question->name,
		.flags = (uint16_t)(DNS_FLAG_REPLY | (query->head.flags & REPEATED)),
	};
	wr_u16(w, query->head.id);
	(void)wr_reserve(w, DNS_HEAD_SIZE - sizeof(uint16_t));
	if (question->name.len) {
		wr_bytes(w, slice_of(question->name.bytes, question->name.len));
		wr_u16(w, question->type);
		wr_u16(w, question->class);
	}
	ret_reply->records = w->len;
}

/* Where in the question's name the rest of `name` from `at` stands too; the length of the
 * question's name when it does not. The lengths decide where it could be. */
static size_t shared_at(const dns_name_t *question, const dns_name_t *name, size_t at)
{
	size_t tail = (size_t)name->len - at, from = 0;
	if (tail <= 1 || tail > question->len)
		return question->len;
	while (from + tail < question->len)
		from += 1U + question->bytes[from];
	bool is_same = from + tail == question->len &&
	               slice_eq(slice_of(&question->bytes[from], tail),
	                        slice_of(&name->bytes[at], tail));
	return is_same ? from : question->len;
}

void dns_put_name(dns_reply_t *reply, const dns_name_t *name)
{
	for (size_t at = 0; at < name->len; at += 1U + name->bytes[at]) {
		size_t from = shared_at(&reply->question, name, at);
		if (from < reply->question.len) {
			wr_u16(reply->w, (uint16_t)(POINTER | (DNS_HEAD_SIZE + from)));
			return;
		}
		wr_bytes(reply->w, slice_of(&name->bytes[at], 1U + name->bytes[at]));
	}
}

size_t dns_record_begin(dns_reply_t *reply, const dns_name_t *owner, uint16_t type, uint32_t ttl_s)
{
	size_t mark = reply->w->len;
	dns_put_name(reply, owner);
	wr_u16(reply->w, type);
	wr_u16(reply->w, DNS_CLASS_IN);
	wr_u32(reply->w, ttl_s);
	wr_u16(reply->w, 0);
	return mark;
}

/* Behind the owner of the record that begins at `mark`, which was written here. */
static size_t behind_owner(const writer_t *w, size_t mark)
{
	size_t at = mark;
	while (w->buf[at] && w->buf[at] < POINTER >> 8)
		at += 1U + w->buf[at];
	return at + (w->buf[at] ? 2 : 1);
}

bool dns_record_end(dns_reply_t *reply, dns_section_t section, size_t mark)
{
	writer_t *w = reply->w;
	size_t kept = reply->edns.is_there ? OPT_SIZE : 0;
	if (w->bad || size_of(reply) + kept > reply->limit) {
		w->bad = false;
		w->len = mark;
		reply->is_full = true;
		return false;
	}
	size_t at = behind_owner(w, mark) + 8;
	wr_patch_u16(w, at, (uint16_t)(w->len - at - sizeof(uint16_t)));
	reply->counts[section]++;
	return true;
}

void dns_reply_cut(dns_reply_t *reply)
{
	reply->w->len = reply->records;
	memset(reply->counts, 0, sizeof(reply->counts));
	reply->flags |= DNS_FLAG_TRUNCATED;
}

void dns_reply_end(dns_reply_t *reply)
{
	writer_t *w = reply->w;
	if (reply->edns.is_there) {
		wr_u8(w, 0);
		wr_u16(w, DNS_TYPE_OPT);
		wr_u16(w, reply->edns.udp_size);
		wr_u32(w, (uint32_t)(reply->rc >> 4) << 24);
		wr_u16(w, 0);
		reply->counts[DNS_ADDITIONAL]++;
	}
	if (w->bad)
		return;
	uint16_t flags = (uint16_t)(reply->flags | (reply->rc & DNS_FLAG_RC));
	wr_patch_u16(w, reply->start + 2, flags);
	wr_patch_u16(w, reply->start + 4, reply->question.len ? 1 : 0);
	for (size_t i = 0; i < DNS_SECTION_COUNT; i++)
		wr_patch_u16(w, reply->start + 6 + 2 * i, reply->counts[i]);
}

static void put_string(dns_reply_t *reply, slice_t text)
{
	slice_t head = slice_sub(text, 0, DNS_TEXT_MAX);
	wr_u8(reply->w, (uint8_t)head.len);
	wr_bytes(reply->w, head);
}

void dns_put_text(dns_reply_t *reply, slice_t text)
{
	do {
		put_string(reply, text);
		text = slice_from(text, DNS_TEXT_MAX);
	} while (text.len);
}

void dns_put_naptr(dns_reply_t *reply, const dns_naptr_t *naptr)
{
	wr_u16(reply->w, naptr->order);
	wr_u16(reply->w, naptr->preference);
	put_string(reply, naptr->flags);
	put_string(reply, naptr->services);
	put_string(reply, naptr->regexp);
	wr_u8(reply->w, 0);
}

void dns_put_soa(dns_reply_t *reply, const dns_soa_t *soa)
{
	dns_put_name(reply, &soa->server);
	dns_put_name(reply, &soa->contact);
	wr_u32(reply->w, soa->serial);
	wr_u32(reply->w, soa->refresh_s);
	wr_u32(reply->w, soa->retry_s);
	wr_u32(reply->w, soa->expire_s);
	wr_u32(reply->w, soa->negative_s);
}
