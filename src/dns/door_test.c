/* SPDX-License-Identifier: Apache-2.0 */
/* The DNS door: what each question is answered with, then the same through the simulated
 * network, with hostile peers. */
#include "dns/fixture_test.h"

#define OID    "7.1.99.2.oid-res.org"
#define GTIN   "0.1.2.3.4.5.4.3.2.1.2.5.9.gtin.gs1.id.example"
#define HANDLE "press1.1.100.99.hdl.example"
#define SOA    "6/"

typedef struct {
	question_t question;
	dns_rc_t rc;
	const char *text;
} row_t;

static void answers_are(world_t *w, const row_t *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		said_t said = world_ask(w, &rows[i].question);
		bool is_same = said.rc == rows[i].rc &&
		               strncmp(said.text, rows[i].text, strlen(rows[i].text)) == 0 &&
		               (said.text[0] != 0) == (rows[i].text[0] != 0);
		if (!is_same)
			fail_msg("%s/%u: %u\n%s", rows[i].question.name, rows[i].question.type,
			         said.rc, said.text);
	}
}
#define ANSWERS_ARE(w, rows) answers_are(w, rows, sizeof(rows) / sizeof(*(rows)))

static void an_object_identifier_gives_its_services(void **state)
{
	(void)state;
	world_t w;
	world_make(&w, NULL, 0);
	said_t said = world_ask(&w, &(question_t){ .name = OID, .type = DNS_TYPE_NAPTR });
	assert_string_equal(said.text, "NAPTR u ORS+COID !^.*$!urn:oid:2.99.1.7!\n"
	                               "NAPTR u ORS+RINF |^.*$|https://example.com/r!a|\n"
	                               "NAPTR u ORS+UINF !^.*$!https://example.com/7!\n");
	assert_int_equal(said.ttl_s, FIXTURE_TTL);
	assert_true(said.head.flags & DNS_FLAG_AUTHORITATIVE);
	static const row_t rows[] = {
		{ { .name = "7.1.99.2.OID-RES.ORG", .type = DNS_TYPE_NAPTR },
		  DNS_RC_OK,
		  "NAPTR u ORS+COID" },
		{ { .name = OID, .type = DNS_TYPE_TXT }, DNS_RC_OK, SOA }, /* no data */
		{ { .name = "1.99.2.oid-res.org", .type = DNS_TYPE_NAPTR },
		  DNS_RC_OK,
		  SOA }, /* only above */
		{ { .name = "2.oid-res.org", .type = DNS_TYPE_NAPTR }, DNS_RC_OK, SOA },
		{ { .name = "9.1.99.2.oid-res.org", .type = DNS_TYPE_NAPTR }, DNS_RC_NO_NAME, SOA },
		{ { .name = "07.1.99.2.oid-res.org", .type = DNS_TYPE_NAPTR },
		  DNS_RC_NO_NAME,
		  SOA },
		{ { .name = "7.40.1.oid-res.org", .type = DNS_TYPE_NAPTR }, DNS_RC_NO_NAME, SOA },
		{ { .name = "iso.oid-res.org", .type = DNS_TYPE_NAPTR }, DNS_RC_NO_NAME, SOA },
	};
	ANSWERS_ARE(&w, rows);
	world_free(&w);
}

static void a_gtin_gives_its_links_the_default_first(void **state)
{
	(void)state;
	world_t w;
	world_make(&w, NULL, 0);
	said_t said = world_ask(&w, &(question_t){ .name = GTIN, .type = DNS_TYPE_NAPTR });
	assert_string_equal(said.text,
	                    "NAPTR u https://ref.gs1.org/voc/epcis !^.*$!https://example.com/e!\n"
	                    "NAPTR u https://ref.gs1.org/voc/pip !^.*$!https://example.com/p!\n");
	static const row_t rows[] = {
		{ { .name = GTIN, .type = DNS_TYPE_URI }, DNS_RC_OK, SOA },
		{ { .name = "5.9.gtin.gs1.id.example", .type = DNS_TYPE_NAPTR }, DNS_RC_OK, SOA },
		{ { .name = "1.1.2.3.4.5.4.3.2.1.2.5.9.gtin.gs1.id.example",
		    .type = DNS_TYPE_NAPTR },
		  DNS_RC_NO_NAME,
		  SOA },
		{ { .name = "0." GTIN, .type = DNS_TYPE_NAPTR }, DNS_RC_NO_NAME, SOA },
		{ { .name = "12.gtin.gs1.id.example", .type = DNS_TYPE_NAPTR },
		  DNS_RC_NO_NAME,
		  SOA },
	};
	ANSWERS_ARE(&w, rows);
	world_free(&w);
}

static void a_handle_gives_texts_rules_and_uris(void **state)
{
	(void)state;
	world_t w;
	world_make(&w, NULL, 0);
	static const row_t rows[] = {
		{ { .name = HANDLE, .type = DNS_TYPE_TXT },
		  DNS_RC_OK,
		  "TXT URL=https://example.com/press1\nTXT DESC=t" },
		{ { .name = HANDLE, .type = DNS_TYPE_NAPTR },
		  DNS_RC_OK,
		  "NAPTR u URL !^.*$!https://example.com/press1!" },
		{ { .name = HANDLE, .type = DNS_TYPE_URI },
		  DNS_RC_OK,
		  "URI https://example.com/press1\n" },
		{ { .name = HANDLE, .type = DNS_TYPE_ANY }, DNS_RC_OK, "NAPTR" },
		{ { .name = HANDLE, .type = DNS_TYPE_A }, DNS_RC_OK, SOA },
		{ { .name = "1.100.99.hdl.example", .type = DNS_TYPE_TXT }, DNS_RC_OK, SOA },
		{ { .name = "99.hdl.example", .type = DNS_TYPE_TXT }, DNS_RC_OK, SOA },
		{ { .name = "98.hdl.example", .type = DNS_TYPE_TXT }, DNS_RC_NO_NAME, SOA },
		{ { .name = "10.99.hdl.example", .type = DNS_TYPE_TXT }, DNS_RC_NO_NAME, SOA },
		{ { .name = "none.1.100.99.hdl.example", .type = DNS_TYPE_TXT },
		  DNS_RC_NO_NAME,
		  SOA },
		{ { .name = "a.1.200.99.hdl.example", .type = DNS_TYPE_TXT }, DNS_RC_NO_NAME, SOA },
	};
	ANSWERS_ARE(&w, rows);
	world_free(&w);
}

static void a_name_that_a_template_makes_up_is_answered_too(void **state)
{
	(void)state;
	static const question_t made = { .name = "press1@p2.1.100.99.hdl.example",
		                         .type = DNS_TYPE_URI };
	uint8_t buf[512];
	writer_t values = writer_of(buf, sizeof(buf));
	world_t w;
	world_make(&w, NULL, 0);
	assert_int_equal(world_ask(&w, &made).rc, DNS_RC_NO_NAME);
	value_add(&values, 7, "HS_NAMESPACE",
	          SLICE("<namespace><template delimiter=\"@\"><foreach>"
	                "<value data=\"${data}#${extension}\"/>"
	                "</foreach></template></namespace>"));
	registry_change_t change = change_of(REGISTRY_REPLACE, SLICE("0.NA/99.100.1"), 1, &values);
	assert_int_equal(fixture_change(&w.f, &change).err, ERR_OK);
	assert_string_equal(world_ask(&w, &made).text, "URI https://example.com/press1#p2\n");
	world_free(&w);
}

static void the_head_of_a_zone_and_its_server_are_told(void **state)
{
	(void)state;
	world_t w;
	world_make(&w, NULL, 0);
	static const row_t rows[] = {
		{ { .name = "hdl.example", .type = DNS_TYPE_SOA }, DNS_RC_OK, SOA },
		{ { .name = "hdl.example", .type = DNS_TYPE_NS }, DNS_RC_OK, "2/6\n" },
		{ { .name = "oid-res.org", .type = DNS_TYPE_NS }, DNS_RC_OK, "2/17\n" },
		{ { .name = "hdl.example", .type = DNS_TYPE_A }, DNS_RC_OK, SOA },
		{ { .name = "ns1.hdl.example", .type = DNS_TYPE_A }, DNS_RC_OK, "1/4\n" },
		{ { .name = "ns1.hdl.example", .type = DNS_TYPE_AAAA }, DNS_RC_OK, "28/16\n" },
		{ { .name = "ns1.hdl.example", .type = DNS_TYPE_TXT }, DNS_RC_OK, SOA },
	};
	ANSWERS_ARE(&w, rows);
	said_t said = world_ask(&w, &(question_t){ .name = "hdl.example", .type = DNS_TYPE_SOA });
	assert_int_equal(said.head.answers, 1);
	said = world_ask(&w, &(question_t){ .name = "x.1.100.99.hdl.example", .type = 1 });
	assert_int_equal(said.head.answers, 0);
	assert_int_equal(said.head.authorities, 1);
	assert_int_equal(said.ttl_s, FIXTURE_NEGATIVE);
	world_free(&w);
}

static void what_is_not_its_own_to_answer_is_refused(void **state)
{
	(void)state;
	world_t w;
	world_make(&w, NULL, 0);
	static const row_t rows[] = {
		{ { .name = "example.com",
		    .type = DNS_TYPE_A,
		    .flags = DNS_FLAG_RECURSION_DESIRED },
		  DNS_RC_REFUSED,
		  "" },
		{ { .name = "org", .type = DNS_TYPE_NS }, DNS_RC_REFUSED, "" },
		{ { .name = "xoid-res.org", .type = DNS_TYPE_NS }, DNS_RC_REFUSED, "" },
		{ { .name = "hdl.example", .type = DNS_TYPE_AXFR }, DNS_RC_REFUSED, "" },
		{ { .name = "hdl.example", .type = DNS_TYPE_IXFR }, DNS_RC_REFUSED, "" },
		{ { .name = "hdl.example", .type = DNS_TYPE_TXT, .class = 3 }, DNS_RC_REFUSED, "" },
		{ { .name = "hdl.example", .type = DNS_TYPE_OPT }, DNS_RC_FORMAT, "" },
		{ { .name = "hdl.example", .type = DNS_TYPE_SOA, .flags = 5 << 11 },
		  DNS_RC_NOT_IMPLEMENTED,
		  "" },
		{ { .name = "hdl.example",
		    .type = DNS_TYPE_SOA,
		    .udp_size = 512,
		    .edns_version = 1 },
		  DNS_RC_BAD_VERSION,
		  "" },
	};
	ANSWERS_ARE(&w, rows);
	assert_int_equal(world_metric(&w, "refused_total"), 6);
	world_free(&w);
}

static void damaged_questions_are_answered_or_dropped_and_answers_never_answered(void **state)
{
	(void)state;
	uint8_t in[512], out[DNS_MESSAGE_MAX];
	world_t w;
	world_make(&w, NULL, 0);
	writer_t asked = writer_of(in, sizeof(in));
	question_write(&(question_t){ .name = OID, .type = DNS_TYPE_NAPTR, .udp_size = 900 },
	               &asked);
	for (size_t len = 0; len < asked.len; len++) {
		writer_t reply = writer_of(out, sizeof(out));
		bool is_due = dns_door_answer(w.door, slice_of(in, len), &reply);
		assert_int_equal(is_due, len >= DNS_HEAD_SIZE);
		if (is_due)
			assert_int_equal(out[3] & 0x0F, DNS_RC_FORMAT);
	}
	for (size_t bit = 0; bit < asked.len * 8; bit++) {
		writer_t reply = writer_of(out, sizeof(out));
		in[bit / 8] ^= (uint8_t)(1U << bit % 8);
		bool is_due = dns_door_answer(w.door, writer_done(&asked), &reply);
		assert_int_equal(is_due, bit != 2 * 8 + 7);
		in[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_int_equal(world_metric(&w, "garbage_total"), DNS_HEAD_SIZE);
	assert_int_equal(world_metric(&w, "undue_total"), 1);
	world_free(&w);
}

/* A keeper of prefixes that refuses. */
static quota_t refuse(void *ctx, slice_t name, bool is_found)
{
	(void)name;
	*(int *)ctx += is_found;
	return QUOTA_REQUESTS;
}

static void each_question_is_counted_and_a_spent_budget_is_refused(void **state)
{
	(void)state;
	world_t w;
	int found = 0;
	world_make(&w, NULL, 0);
	registry_meter_set(w.f.registry, &(prefix_meter_t){ .ctx = &found, .resolve = refuse });
	said_t said = world_ask(&w, &(question_t){ .name = HANDLE, .type = DNS_TYPE_TXT });
	assert_int_equal(said.rc, DNS_RC_REFUSED);
	assert_int_equal(found, 1);
	assert_int_equal(world_metric(&w, "quota_refused_total"), 1);
	world_free(&w);
}

/* Datagrams. */

typedef struct {
	size_t packets;
	said_t said; /* the last */
} catcher_t;

static void on_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	catcher_t *c = ctx;
	(void)udp;
	for (size_t i = 0; i < count; i++) {
		c->packets++;
		said_read(in[i].bytes, &c->said);
	}
}

static env_udp_t *catcher_open(world_t *w, addr_t addr, catcher_t *c)
{
	env_udp_t *udp = NULL;
	env_udp_spec_t spec = { .turn = on_turn, .ctx = c };
	memset(c, 0, sizeof(*c));
	assert_int_equal(env_udp_open(w->client, addr, &spec, &udp), ERR_OK);
	return udp;
}

static void pass(world_t *w, int64_t ns)
{
	(void)twin_run_for(w->f.twin, ns);
}

static void send_question(world_t *w, env_udp_t *udp, const question_t *q)
{
	uint8_t out[512];
	writer_t asked = writer_of(out, sizeof(out));
	question_write(q, &asked);
	assert_int_equal(env_udp_send(udp, w->addr, writer_done(&asked)), ERR_OK);
}

static const addr_t PEER = { .ip = { .bytes = { 127, 0, 0, 8 }, .family = 4 } };

static void datagrams_hold_what_the_asker_takes_and_say_when_that_is_too_little(void **state)
{
	(void)state;
	static catcher_t c;
	world_t w;
	world_make(&w, &DOOR4, 1);
	env_udp_t *udp = catcher_open(&w, PEER, &c);
	send_question(&w, udp, &(question_t){ .name = OID, .type = DNS_TYPE_NAPTR });
	pass(&w, NS_PER_S);
	assert_int_equal(c.packets, 1);
	assert_int_equal(c.said.head.answers, 3);
	send_question(&w, udp, &(question_t){ .name = HANDLE, .type = DNS_TYPE_TXT });
	pass(&w, NS_PER_S);
	assert_true(c.said.head.flags & DNS_FLAG_TRUNCATED);
	assert_int_equal(c.said.head.answers, 0);
	question_t wide = { .name = HANDLE, .type = DNS_TYPE_TXT, .udp_size = 4096 };
	send_question(&w, udp, &wide);
	pass(&w, NS_PER_S);
	assert_int_equal(c.packets, 3);
	assert_false(c.said.head.flags & DNS_FLAG_TRUNCATED);
	assert_int_equal(c.said.head.answers, 2);
	assert_true(c.said.len > 900 && c.said.len <= 1232);
	assert_int_equal(world_metric(&w, "truncated_total"), 1);
	world_free(&w);
}

static void a_network_past_its_budget_gets_no_more_than_it_sends(void **state)
{
	(void)state;
	enum { FLOOD = 100 };
	static catcher_t c, other;
	world_t w;
	question_t wide = { .name = HANDLE, .type = DNS_TYPE_TXT, .udp_size = 1232 };
	uint8_t room[512];
	writer_t asked = writer_of(room, sizeof(room));
	world_make(&w, &DOOR4, 1);
	env_udp_t *udp = catcher_open(&w, PEER, &c);
	question_write(&wide, &asked);
	for (size_t i = 0; i < FLOOD; i++)
		send_question(&w, udp, &wide);
	pass(&w, NS_PER_S / 10);
	assert_int_equal(c.packets, FLOOD);
	assert_true(c.said.head.flags & DNS_FLAG_TRUNCATED);
	assert_true(c.said.len <= asked.len);
	/* The budget holds two seconds, of which the answers went out whole. */
	int64_t cut = world_metric(&w, "source_budget_total");
	assert_in_range(FLOOD - cut, 1, 2 * FIXTURE_BUDGET / 900 + 1);
	addr_t far = { .ip = { .bytes = { 127, 0, 9, 8 }, .family = 4 } };
	send_question(&w, catcher_open(&w, far, &other), &wide);
	pass(&w, NS_PER_S / 10);
	assert_int_equal(other.said.head.answers, 2);
	/* Time fills it again. */
	pass(&w, 2 * NS_PER_S);
	send_question(&w, udp, &wide);
	pass(&w, NS_PER_S / 10);
	assert_int_equal(c.said.head.answers, 2);
	world_free(&w);
}

/* Streams. */

typedef struct {
	size_t answers, cut; /* bytes of a reply that is not whole */
	bool is_closed;
	said_t said;
} stream_t;

static size_t on_stream(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	stream_t *s = ctx;
	reader_t r = reader_of(bytes);
	size_t used = 0;
	(void)tcp;
	for (;;) {
		uint16_t len = rd_u16(&r);
		slice_t message = rd_take(&r, len);
		if (r.bad)
			return used;
		said_read(message, &s->said);
		s->answers++;
		used += 2 + message.len;
	}
}

static void on_stream_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	stream_t *s = ctx;
	(void)tcp;
	(void)why;
	s->is_closed = true;
}

static env_tcp_t *stream_open(world_t *w, stream_t *s)
{
	static const env_tcp_events_t events = { .data = on_stream, .closed = on_stream_closed };
	env_tcp_spec_t spec = { .events = &events, .ctx = s };
	env_tcp_t *tcp = NULL;
	*s = (stream_t){ 0 };
	assert_int_equal(env_tcp_dial(w->client, NULL, w->addr, &spec, &tcp), ERR_OK);
	pass(w, NS_PER_S / 100);
	return tcp;
}

static void streams_answer_in_full_whatever_the_cut_and_end_when_silent(void **state)
{
	(void)state;
	enum { QUESTIONS = 70 };
	static uint8_t out[QUESTIONS * 64];
	static stream_t s;
	world_t w;
	writer_t asked = writer_of(out, sizeof(out));
	world_make(&w, &DOOR4, 1);
	for (size_t i = 0; i < QUESTIONS; i++) {
		size_t at = asked.len;
		wr_u16(&asked, 0);
		question_write(&(question_t){ .name = HANDLE, .type = DNS_TYPE_TXT }, &asked);
		wr_patch_u16(&asked, at, (uint16_t)(asked.len - at - 2));
	}
	for (size_t cut = 1; cut < asked.len; cut = cut * 7 + 3) {
		env_tcp_t *tcp = stream_open(&w, &s);
		for (size_t at = 0; at < asked.len; at += cut) {
			slice_t part = slice_sub(writer_done(&asked), at, cut);
			assert_int_equal(env_tcp_write(tcp, part), ERR_OK);
		}
		pass(&w, NS_PER_S);
		assert_int_equal(s.answers, QUESTIONS);
		assert_int_equal(s.said.head.answers, 2);
		assert_false(s.is_closed);
		env_tcp_close(tcp);
		pass(&w, NS_PER_S);
	}
	(void)stream_open(&w, &s);
	pass(&w, 25 * NS_PER_S);
	assert_true(s.is_closed);
	assert_int_equal(world_metric(&w, "connections_idle_total"), 1);
	assert_int_equal(world_metric(&w, "connections"), 0);
	world_free(&w);
}

static void past_the_limit_of_connections_new_ones_are_closed(void **state)
{
	(void)state;
	enum { LIMIT = 256 };
	static stream_t streams[LIMIT + 1];
	world_t w;
	world_make(&w, &DOOR4, 1);
	for (size_t i = 0; i < LIMIT + 1; i++)
		(void)stream_open(&w, &streams[i]);
	assert_int_equal(world_metric(&w, "connections"), LIMIT);
	assert_true(streams[LIMIT].is_closed);
	assert_false(streams[0].is_closed);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_identifier_gives_its_services),
		cmocka_unit_test(a_gtin_gives_its_links_the_default_first),
		cmocka_unit_test(a_handle_gives_texts_rules_and_uris),
		cmocka_unit_test(a_name_that_a_template_makes_up_is_answered_too),
		cmocka_unit_test(the_head_of_a_zone_and_its_server_are_told),
		cmocka_unit_test(what_is_not_its_own_to_answer_is_refused),
		cmocka_unit_test(
			damaged_questions_are_answered_or_dropped_and_answers_never_answered),
		cmocka_unit_test(each_question_is_counted_and_a_spent_budget_is_refused),
		cmocka_unit_test(
			datagrams_hold_what_the_asker_takes_and_say_when_that_is_too_little),
		cmocka_unit_test(a_network_past_its_budget_gets_no_more_than_it_sends),
		cmocka_unit_test(streams_answer_in_full_whatever_the_cut_and_end_when_silent),
		cmocka_unit_test(past_the_limit_of_connections_new_ones_are_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
