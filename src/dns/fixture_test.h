/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DNS_FIXTURE_TEST_H
#define DNS_FIXTURE_TEST_H
/* A door on a registry in a simulated machine, with one zone of each scheme and records
 * behind them, and another machine that asks. */
#include "registry/fixture_test.h"

#include "codec/dns/dns.h"
#include "dns/door.h"
#include "env/tcp.h"
#include "env/udp.h"

enum { FIXTURE_TTL = 300, FIXTURE_NEGATIVE = 60, FIXTURE_BUDGET = 4096 };

typedef struct {
	fixture_t f;
	env_loop_t *resolver;
	dns_door_t *door;
	env_t *peer;
	env_loop_t *client;
	addr_t addr;
} world_t;

static const addr_t DOOR4 = { .ip = { .bytes = { 127, 0, 0, 7 }, .family = 4 }, .port = 53 };
static const dns_zone_spec_t ZONES[] = {
	{ "oid-res.org", DNS_SCHEME_OID, "99.100.1" },
	{ "gtin.gs1.id.example", DNS_SCHEME_GS1, NULL },
	{ "hdl.example", DNS_SCHEME_HANDLE, NULL },
};
static const gs1_map_t GS1 = { .prefix = "99.100.1", .root = "" };
#define LINK(type, href, rest) \
	"{\"linkType\":\"" type "\",\"href\":\"" href "\",\"title\":\"t\"" rest "}"

static inline void ttl_add(writer_t *w, uint32_t index, const char *type, slice_t data)
{
	handle_value_t value = { .index = index,
		                 .ttl_s = FIXTURE_TTL,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .type = slice_str(type),
		                 .data = data };
	handle_value_encode(&value, w);
}

static inline void world_put(world_t *w, const char *name, uint32_t count, const writer_t *values)
{
	registry_change_t change = change_of(REGISTRY_CREATE, slice_str(name), count, values);
	assert_int_equal(fixture_change(&w->f, &change).err, ERR_OK);
}

static inline void world_records(world_t *w)
{
	uint8_t buf[4096], text[900];
	writer_t v = writer_of(buf, sizeof(buf));
	handle_value_t secret = { .index = 4, .perms = HANDLE_PERM_ADMIN_READ };
	secret.type = SLICE("OID.MINF");
	secret.data = SLICE("https://example.com/hidden");
	ttl_add(&v, 1, "OID.COID", SLICE("urn:oid:2.99.1.7"));
	ttl_add(&v, 2, "oid.rinf", SLICE("https://example.com/r!a"));
	ttl_add(&v, 3, "URL", SLICE("https://example.com/7"));
	handle_value_encode(&secret, &v);
	world_put(w, "99.100.1/2.99.1.7", 4, &v);
	v = writer_of(buf, sizeof(buf));
	ttl_add(&v, 1, "GS1.LINK", SLICE(LINK("gs1:pip", "https://example.com/p", "")));
	ttl_add(&v, 2, "GS1.LINK",
	        SLICE(LINK("gs1:epcis", "https://example.com/e", ",\"default\":true")));
	world_put(w, "99.100.1/01/09521234543213", 2, &v);
	v = writer_of(buf, sizeof(buf));
	memset(text, 't', sizeof(text));
	ttl_add(&v, 1, "URL", SLICE("https://example.com/press1"));
	ttl_add(&v, 2, "DESC", slice_of(text, sizeof(text)));
	world_put(w, "99.100.1/press1", 2, &v);
}

static inline void world_make(world_t *w, const addr_t *addrs, size_t count)
{
	static const ip_t ips[] = { { .bytes = { 127, 0, 0, 7 }, .family = 4 },
		                    { .bytes = { 0xfd, [15] = 7 }, .family = 6 } };
	*w = (world_t){ .f = fixture_make(5) };
	fixture_start(&w->f);
	world_records(w);
	assert_int_equal(env_loop_new(w->f.env, "resolver", ENV_LOOP_EVENTS, &w->resolver), ERR_OK);
	dns_door_spec_t spec = {
		.registry = w->f.registry,
		.loop = w->resolver,
		.addrs = addrs,
		.addr_count = count,
		.zones = ZONES,
		.zone_count = sizeof(ZONES) / sizeof(*ZONES),
		.gs1 = &GS1,
		.server = "ns1.hdl.example",
		.contact = "who.hdl.example",
		.server_ips = ips,
		.server_ip_count = 2,
		.negative_s = FIXTURE_NEGATIVE,
		.budget_bytes = FIXTURE_BUDGET,
	};
	assert_int_equal(dns_door_open(&spec, &w->door), ERR_OK);
	assert_int_equal(env_loop_start(w->resolver), ERR_OK);
	assert_int_equal(twin_host_open(w->f.twin, "peer", &w->peer), ERR_OK);
	assert_int_equal(env_loop_new(w->peer, "client", ENV_LOOP_EVENTS, &w->client), ERR_OK);
	assert_int_equal(env_loop_start(w->client), ERR_OK);
	if (count)
		w->addr = dns_door_addr(w->door, 0);
}

static inline void world_free(world_t *w)
{
	env_loop_stop(w->resolver);
	dns_door_close(w->door);
	env_loop_free(w->resolver);
	twin_host_close(w->peer);
	fixture_free(&w->f);
}

static inline int64_t world_metric(const world_t *w, const char *name)
{
	const metrics_t *m = dns_door_metrics(w->door);
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->rows[i].name, name) == 0)
			return metric_get(m, i);
	fail_msg("no metric %s", name);
	return 0;
}

typedef struct {
	const char *name;
	uint16_t type;
	uint16_t flags, udp_size; /* 0: no EDNS */
	uint16_t class;           /* 0: IN */
	uint8_t edns_version;
} question_t;

static inline void question_write(const question_t *q, writer_t *w)
{
	dns_name_t name;
	assert_true(dns_name_parse(slice_str(q->name), &name));
	wr_u16(w, 7);
	wr_u16(w, q->flags);
	wr_u16(w, 1);
	wr_u32(w, 0);
	wr_u16(w, q->udp_size ? 1 : 0);
	wr_bytes(w, slice_of(name.bytes, name.len));
	wr_u16(w, q->type);
	wr_u16(w, q->class ? q->class : DNS_CLASS_IN);
	if (q->udp_size) {
		wr_u8(w, 0);
		wr_u16(w, DNS_TYPE_OPT);
		wr_u16(w, q->udp_size);
		wr_u32(w, (uint32_t)q->edns_version << 16);
		wr_u16(w, 0);
	}
	assert_false(w->bad);
}

/* What an answer says: its head, and its records one per line. */
typedef struct {
	dns_head_t head;
	unsigned rc;
	uint32_t ttl_s; /* of the first record */
	size_t len;
	char text[8192];
} said_t;

static inline void say_strings(slice_t data, writer_t *w)
{
	reader_t r = reader_of(data);
	while (r.in.len) {
		uint8_t len = rd_u8(&r);
		wr_u8(w, ' ');
		wr_bytes(w, rd_take(&r, len));
	}
	assert_false(r.bad);
}

static inline void say_record(const dns_record_t *record, writer_t *w)
{
	slice_t data = record->data;
	switch (record->type) {
	case DNS_TYPE_NAPTR:
		wr_format(w, "NAPTR");
		data.len--; /* the root */
		say_strings(slice_from(data, 4), w);
		break;
	case DNS_TYPE_TXT:
		wr_format(w, "TXT");
		say_strings(data, w);
		break;
	case DNS_TYPE_URI:
		wr_format(w, "URI ");
		wr_bytes(w, slice_from(data, 4));
		break;
	default:
		wr_format(w, "%u/%zu", record->type, data.len);
	}
	wr_u8(w, '\n');
}

static inline void said_read(slice_t message, said_t *ret_said)
{
	reader_t r = reader_of(message);
	writer_t w = writer_of(ret_said->text, sizeof(ret_said->text) - 1);
	*ret_said = (said_t){ .head = dns_head_read(&r), .len = message.len };
	ret_said->rc = ret_said->head.flags & DNS_FLAG_RC;
	if (ret_said->head.questions)
		(void)dns_question_read(message, &r);
	const dns_head_t *head = &ret_said->head;
	for (int i = 0; i < head->answers + head->authorities + head->additionals; i++) {
		dns_record_t record = dns_record_read(message, &r);
		if (i == 0)
			ret_said->ttl_s = record.ttl_s;
		if (record.type == DNS_TYPE_OPT)
			ret_said->rc |= record.ttl_s >> 24 << 4;
		else
			say_record(&record, &w);
	}
	assert_false(r.bad || w.bad);
	assert_int_equal(r.in.len, 0);
	ret_said->text[w.len] = 0;
}

/* Asks without a network. */
static inline said_t world_ask(world_t *w, const question_t *q)
{
	uint8_t in[512], out[DNS_MESSAGE_MAX];
	said_t said;
	writer_t asked = writer_of(in, sizeof(in)), reply = writer_of(out, sizeof(out));
	question_write(q, &asked);
	assert_true(dns_door_answer(w->door, writer_done(&asked), &reply));
	said_read(writer_done(&reply), &said);
	assert_int_equal(said.head.id, 7);
	assert_true(said.head.flags & DNS_FLAG_REPLY);
	assert_false(said.head.flags & DNS_FLAG_RECURSION_AVAILABLE);
	return said;
}
#endif
