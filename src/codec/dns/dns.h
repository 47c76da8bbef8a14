/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_DNS_DNS_H
#define CODEC_DNS_DNS_H
/* Messages of the domain name system as far as a server needs them that answers for its own
 * zones: questions in, answers out, and records back in again for tests and tools.
 *
 * Story: dns_query_decode() reads a question. dns_reply_begin() repeats its head and
 * question; each record is dns_record_begin(), its data, dns_record_end(); dns_reply_end()
 * writes the counts. dns_reply_cut() takes all records back and sets the bit that says so.
 * dns_head_read(), dns_question_read() and dns_record_read() walk any message.
 *
 * Standards: RFC 1035, section 4 (messages, compression); RFC 6891 (EDNS); RFC 3596 (AAAA);
 * RFC 3403, section 4 (NAPTR); RFC 7553 (URI); RFC 2181, section 8 (TTL).
 *
 * Names are kept as they stand on the wire without compression: labels behind their
 * length, the root at the end. Written names share their tail with the question, which is
 * all that an answer out of one zone needs.
 *
 * Pure; any thread. Slices borrow the message.
 *
 * Caveats: a pointer must lead to before the name it stands in, so that no chain of them
 * has an end to look for. Names in the data of records read are left as they are, for
 * dns_name_read(). Signatures (TSIG, SIG(0)) and DNSSEC are not read. */
#include "base/codec.h"
#include "base/cursor.h"

enum {
	DNS_HEAD_SIZE = 12,
	DNS_NAME_MAX = 255,
	DNS_LABEL_MAX = 63,
	DNS_LABELS_MAX = 127,
	DNS_TEXT_MAX = 255, /* of one character-string */
	DNS_UDP_MIN = 512,  /* what everybody takes by UDP */
	DNS_MESSAGE_MAX = UINT16_MAX,
	DNS_CLASS_IN = 1,
	DNS_CLASS_ANY = 255,
	DNS_OPCODE_QUERY = 0,
};

#define DNS_TYPE_ROWS(X) \
	X(A, 1) \
	X(NS, 2) \
	X(SOA, 6) \
	X(TXT, 16) \
	X(AAAA, 28) \
	X(NAPTR, 35) \
	X(OPT, 41) \
	X(IXFR, 251) \
	X(AXFR, 252) \
	X(ANY, 255) \
	X(URI, 256)
#define X(name, number) DNS_TYPE_##name = (number),
enum { DNS_TYPE_ROWS(X) };
#undef X

typedef enum {
	DNS_RC_OK = 0,
	DNS_RC_FORMAT = 1,
	DNS_RC_FAILED = 2,
	DNS_RC_NO_NAME = 3,
	DNS_RC_NOT_IMPLEMENTED = 4,
	DNS_RC_REFUSED = 5,
	DNS_RC_BAD_VERSION = 16, /* of EDNS */
} dns_rc_t;

/* bits of dns_head_t.flags */
enum {
	DNS_FLAG_REPLY = 0x8000,
	DNS_FLAG_AUTHORITATIVE = 0x0400,
	DNS_FLAG_TRUNCATED = 0x0200,
	DNS_FLAG_RECURSION_DESIRED = 0x0100,
	DNS_FLAG_RECURSION_AVAILABLE = 0x0080,
	DNS_FLAG_RC = 0x000F,
};

typedef struct {
	uint8_t bytes[DNS_NAME_MAX];
	uint8_t len; /* 1 for the root; 0 for no name */
} dns_name_t;

typedef struct {
	uint16_t id, flags;
	uint16_t questions, answers, authorities, additionals;
} dns_head_t;

static inline unsigned dns_opcode(const dns_head_t *head)
{
	return head->flags >> 11 & 0x0F;
}

typedef struct {
	dns_name_t name;
	uint16_t type, class;
} dns_question_t;

typedef struct {
	bool is_there;
	uint8_t version;
	uint16_t udp_size; /* what the asker takes by UDP */
} dns_edns_t;

typedef struct {
	dns_head_t head;
	dns_question_t question; /* name.len 0: none was read */
	dns_edns_t edns;
} dns_query_t;

/* CODEC_MORE: not even a head, which cannot be answered. CODEC_MALFORMED: the head is
 * filled, and the question when it was whole. CODEC_UNSUPPORTED: another operation than
 * the plain question; only the head is filled. A message that is an answer is read as
 * any other; the caller looks at DNS_FLAG_REPLY. */
MUST_CHECK codec_t dns_query_decode(slice_t message, dns_query_t *ret_query);

/* Each sets `bad` of the reader when it is damaged. The reader stands in `message`. */
dns_head_t dns_head_read(reader_t *r);
dns_name_t dns_name_read(slice_t message, reader_t *r);
dns_question_t dns_question_read(slice_t message, reader_t *r);

typedef struct {
	dns_name_t owner;
	uint16_t type, class;
	uint32_t ttl_s;
	slice_t data;
} dns_record_t;

dns_record_t dns_record_read(slice_t message, reader_t *r);

/* "7.99.2.oid-res.org", with or without a dot at the end; no escapes. False: no name. */
bool dns_name_parse(slice_t text, dns_name_t *ret_name);
/* Equal but for the case of ASCII letters. */
bool dns_name_eq(const dns_name_t *a, const dns_name_t *b);
/* Whether `name` is `zone` or below it. */
bool dns_name_within(const dns_name_t *name, const dns_name_t *zone);
/* The labels in front of the last `tail` bytes, which is the length of a zone the name is
 * within; at most DNS_LABELS_MAX. They borrow the name. */
size_t dns_name_labels(const dns_name_t *name, size_t tail, slice_t ret_labels[DNS_LABELS_MAX]);

typedef enum { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_SECTION_COUNT } dns_section_t;

typedef struct {
	writer_t *w;
	size_t start;   /* of the message in the writer */
	size_t limit;   /* bytes the message may have */
	size_t records; /* where they begin */
	dns_name_t question;
	uint16_t flags;
	uint16_t rc;
	dns_edns_t edns; /* of this side; not there: no OPT record is written */
	uint16_t counts[DNS_SECTION_COUNT];
	bool is_full; /* a record found no room within the limit and was left out */
} dns_reply_t;

/* Head and question. `limit` is lowered to what is free in the writer. */
void dns_reply_begin(const dns_query_t *query, size_t limit, writer_t *w, dns_reply_t *ret_reply);
/* Sections are written in their order. */
size_t dns_record_begin(dns_reply_t *reply, const dns_name_t *owner, uint16_t type, uint32_t ttl_s);
/* False: it found no room; it and its section's count are as before. */
bool dns_record_end(dns_reply_t *reply, dns_section_t section, size_t mark);
/* Takes all records back and says that something was cut off. */
void dns_reply_cut(dns_reply_t *reply);
/* Puts OPT, when there is one, flags and counts. `bad` of the writer: no room for it. */
void dns_reply_end(dns_reply_t *reply);

/* Data of records, between begin and end. */
typedef struct {
	uint16_t order, preference;
	slice_t flags, services, regexp; /* at most DNS_TEXT_MAX bytes each */
} dns_naptr_t;                           /* the replacement is the root: none */

typedef struct {
	dns_name_t server, contact;
	uint32_t serial, refresh_s, retry_s, expire_s, negative_s;
} dns_soa_t;

void dns_put_name(dns_reply_t *reply, const dns_name_t *name);
/* Cut to DNS_TEXT_MAX bytes a string; one empty string for an empty text. */
void dns_put_text(dns_reply_t *reply, slice_t text);
void dns_put_naptr(dns_reply_t *reply, const dns_naptr_t *naptr);
void dns_put_soa(dns_reply_t *reply, const dns_soa_t *soa);
#endif
