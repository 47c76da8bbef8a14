/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots from memory: what is read, what stands in for what was left out, and
 * that a dump says the same again. */
#include "config/config.h"
#include "model/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DUMP_MAX = 64 << 10, RENDER_MAX = 1024 };

static const char NODE[] = "node: {name: n1, prefix: 99.100.1}\n";

static const char PLANT[] =
	"node: {name: plant, label: {en: Plant, zh: 工厂}, prefix: 99.100.1, level: site,\n"
	"  region: R-01, industry: '3841', parent: 99.100/group}\n"
	"data: /var/lib/x\n"
	"user: nobody\n"
	"memory: 128M\n"
	"disk_reserve: 1G\n"
	"listen: {http: '[::1]:8081', handle: ['127.0.0.1:2641'], tls: {mode: always,\n"
	"  certificate: /etc/x/chain.pem, key: /etc/x/key.pem, clients: optional}}\n"
	"resolver:\n"
	"  roots: [/etc/jizhu/roots.json]\n"
	"  prefer: tcp\n"
	"  deadline: 3s\n"
	"  negative: 0s\n"
	"  sites:\n"
	"    - {prefix: 99.200, address: 127.0.0.2:2641, transport: udp}\n"
	"    - {address: '[::1]:2642'}\n"
	"retention:\n"
	"  raw: 30d\n"
	"  classes:\n"
	"    - {number: 2, points: [FRM1.*, 'flow{line=\"1\"}'], keep: 365d}\n"
	"    - {number: 1, points: [FRM2.RUN], keep: 2d}\n"
	"office: {utc_offset: -3.5, review: 2d}\n"
	"history: {series: 5000, pack_after: 0s}\n"
	"calendars:\n"
	"  - {name: works, zone: Europe/Berlin, shifts: [{name: early, start: '06:00'},\n"
	"     {name: late, start: '14:30'}]}\n"
	"  - {name: grid}\n"
	"indicators:\n"
	"  - {definition: iso22400.oee, version: 2, entity: 99.100.1/LINE1, scope: work-unit,\n"
	"     periods: [shift, day], calendar: works, inputs: {state: FRM1.RUN, good: [FRM1.V_SET, "
	"FRM2.RUN]},\n"
	"     rollover: {FRM1.V_SET: 65536}, parameters: {pace: 90 s/piece}}\n"
	"  - {definition: x.y, scope: all, periods: [month]}\n"
	"sentry:\n"
	"  capture: iface:lo\n"
	"  ports: [502, 1502]\n"
	"  learn: 25s\n"
	"  policy:\n"
	"    - {client: 127.0.2.1, server: 127.0.1.11, unit: 3, function: 16, from: 20, to: 22}\n"
	"    - {client: 127.0.2.1, server: 127.0.1.12}\n"
	"uplink:\n"
	"  listen: ['127.0.0.1:2643']\n"
	"  parents:\n"
	"    - {name: province, node: 99.100, address: 127.0.0.9:2643, authority: /etc/x/ca.pem,\n"
	"       contract: full}\n"
	"    - {name: park, node: 99.200, address: '[::1]:2643'}\n"
	"  contracts:\n"
	"    - {name: full, streams: [events, indicators], indicators: [iso22400.*, a.b],\n"
	"       points: [general, important], events: [alert, alarm], severity: alarm,\n"
	"       every: 1h, cell: 5, values: true, open: points}\n"
	"    - {name: least, streams: [health]}\n"
	"authority: {certificate: /etc/x/root.pem, key: /etc/x/root.key, lasts: 30d}\n"
	"devices:\n"
	"  - name: FRM1\n"
	"    label: Charger \"1\"\n"
	"    protocol: modbus-tcp\n"
	"    address: 127.0.1.11:1502\n"
	"    unit: 7\n"
	"    period: 250ms\n"
	"    timeout: 2s\n"
	"    registers_max: 64\n"
	"    gap_max: 0\n"
	"    points: &points\n"
	"      - {name: V_SET, address: 20, type: f32, order: CDAB, scale: 0.1, offset: -5,\n"
	"         unit: V, limits: [2.5, 4.25], compress: {deviation: 0.02, max_gap: 10m},\n"
	"         class: core, owner: Works,\n"
	"         write: {limits: [2.5, 4.2], tolerance: 0.01, role: engineer}}\n"
	"      - {name: RUN, label: {zh: 运行}, table: coil, address: 65535, type: bool,\n"
	"         states: {1: {zh: 运行, en: run}, 0: off, 4294967295: odd}}\n"
	"  - {name: FRM2, address: 127.0.1.12:502, points: *points}\n";

static config_t *parse(const char *yaml)
{
	err_detail_t detail;
	config_t *config = NULL;
	char text[RENDER_MAX];
	if (config_parse(slice_str(yaml), "t.yaml", &config, &detail))
		fail_msg("%s", err_render(&detail, LANG_EN, text, sizeof(text)));
	return config;
}

static void defaults_stand_where_nothing_was_said(void **state)
{
	(void)state;
	config_t *c = parse(NODE);
	assert_string_equal(c->node.label[LANG_ZH], "n1");
	assert_string_equal(c->node.level, "enterprise");
	assert_string_equal(c->node.parent, "");
	assert_string_equal(c->data_dir, "./data");
	assert_string_equal(c->user, "jizhu");
	assert_int_equal(c->memory_bytes, 64 << 20);
	assert_int_equal(c->http.port, 8080);
	assert_string_equal(c->tls.certificate, "");
	assert_string_equal(c->tls.key, "");
	assert_int_equal(c->tls.clients, TLS_CLIENTS_NONE);
	assert_int_equal(c->handle_count, 2);
	assert_int_equal(c->handle[1].ip.family, 6);
	assert_int_equal(c->retain_raw_ns, 0);
	assert_int_equal(c->series_max, 1000000);
	assert_int_equal(c->pack_after_ns, INT64_C(7) * 86400 * 1000000000);
	assert_string_equal(c->capture, "none");
	assert_int_equal(c->capture_port_count, 1);
	assert_int_equal(c->capture_ports[0], 502);
	assert_int_equal(c->learn_ns, INT64_C(86400000000000));
	assert_true(c->office_utc_offset_h == 8);
	assert_int_equal(c->office_review_ns, 5 * INT64_C(86400000000000));
	assert_int_equal(c->device_count, 0);
	config_free(c);
}

static void an_empty_value_means_its_default(void **state)
{
	(void)state;
	config_t *c = parse("node: {name: n1, prefix: 99.1}\ndata:\nmemory: ~\ndevices: null\n");
	assert_string_equal(c->data_dir, "./data");
	assert_int_equal(c->memory_bytes, 64 << 20);
	config_free(c);
}

static void every_setting_of_the_node_is_read(void **state)
{
	(void)state;
	config_t *c = parse(PLANT);
	assert_string_equal(c->node.label[LANG_EN], "Plant");
	assert_string_equal(c->node.label[LANG_ZH], "工厂");
	assert_string_equal(c->node.prefix, "99.100.1");
	assert_string_equal(c->node.industry, "3841");
	assert_string_equal(c->data_dir, "/var/lib/x");
	assert_int_equal(c->disk_reserve_bytes, 1 << 30);
	assert_int_equal(c->http.port, 8081);
	assert_int_equal(c->tls.mode, TLS_ALWAYS);
	assert_string_equal(c->tls.certificate, "/etc/x/chain.pem");
	assert_string_equal(c->tls.key, "/etc/x/key.pem");
	assert_int_equal(c->tls.clients, TLS_CLIENTS_OPTIONAL);
	assert_int_equal(c->handle_count, 1);
	assert_int_equal(c->retain_raw_ns, INT64_C(30) * 86400 * 1000000000);
	assert_int_equal(c->series_max, 5000);
	assert_int_equal(c->pack_after_ns, 0);
	assert_int_equal(c->class_count, 2);
	assert_int_equal(c->classes[0].number, 2);
	assert_int_equal(c->classes[0].point_count, 2);
	assert_string_equal(c->classes[0].points[1], "flow{line=\"1\"}");
	assert_int_equal(c->classes[1].keep_ns, INT64_C(2) * 86400 * 1000000000);
	assert_string_equal(c->capture, "iface:lo");
	assert_int_equal(c->capture_ports[1], 1502);
	assert_int_equal(c->learn_ns, INT64_C(25000000000));
	assert_true(c->office_utc_offset_h == -3.5);
	assert_int_equal(c->office_review_ns, 2 * INT64_C(86400000000000));
	assert_int_equal(c->policy_count, 2);
	assert_int_equal(c->policies[0].unit, 3);
	assert_int_equal(c->policies[0].function, 16);
	assert_int_equal(c->policies[0].to, 22);
	assert_int_equal(c->policies[1].function, 0);
	assert_int_equal(c->policies[1].to, 65535);
	config_free(c);
}

static void pages_are_encrypted_beyond_loopback_or_when_asked(void **state)
{
	(void)state;
	static const struct {
		const char *listen;
		bool is_secure;
	} rows[] = {
		{ "", false },
		{ "listen: {http: '192.0.2.1:443'}", true },
		{ "listen: {http: '0.0.0.0:443', tls: {mode: auto}}", true },
		{ "listen: {http: '[::1]:443'}", false },
		{ "listen: {tls: {mode: always}}", true },
		{ "listen: {tls: {mode: never}}", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char yaml[256];
		snprintf(yaml, sizeof(yaml), "%s\n%s\n", NODE, rows[i].listen);
		config_t *c = parse(yaml);
		assert_int_equal(config_is_secure(c), rows[i].is_secure);
		config_free(c);
	}
}

static void every_setting_of_the_resolver_is_read(void **state)
{
	(void)state;
	config_t *c = parse(PLANT);
	const config_resolver_t *r = &c->resolver;
	assert_int_equal(r->root_count, 1);
	assert_string_equal(r->roots[0], "/etc/jizhu/roots.json");
	assert_int_equal(r->prefer, CONFIG_BY_TCP);
	assert_int_equal(r->deadline_ns, INT64_C(3000000000));
	assert_int_equal(r->negative_ns, 0);
	assert_int_equal(r->stale_ns, INT64_C(86400) * 1000000000);
	assert_int_equal(r->cache_bytes, 16 << 20);
	assert_int_equal(r->walks_max, 128);
	assert_int_equal(r->pin_count, 2);
	assert_string_equal(r->pins[0].prefix, "99.200");
	assert_int_equal(r->pins[0].transport, CONFIG_BY_UDP);
	assert_false(r->pins[1].has_prefix);
	assert_int_equal(r->pins[1].addr.ip.family, 6);
	config_free(c);
}

static void every_setting_of_dns_is_read_and_without_any_it_is_off(void **state)
{
	(void)state;
	config_t *c = parse("node: {name: a, prefix: 99.1}\n"
	                    "dns:\n"
	                    "  listen: [\"127.0.0.1:5353\", \"[::1]:5353\"]\n"
	                    "  ns: ns1.example.com\n"
	                    "  ns_addresses: [127.0.0.1, \"::1\"]\n"
	                    "  contact: who.example.com\n"
	                    "  negative: 5m\n"
	                    "  budget: 1M\n"
	                    "  zones:\n"
	                    "    - {zone: 99.2.oid-res.org, scheme: oid, prefix: 99.100.2}\n"
	                    "    - {zone: hdl.example, scheme: handle}\n");
	assert_int_equal(c->dns.listen_count, 2);
	assert_string_equal(c->dns.ns, "ns1.example.com");
	assert_string_equal(c->dns.contact, "who.example.com");
	assert_int_equal(c->dns.address_count, 2);
	assert_int_equal(c->dns.addresses[1].family, 6);
	assert_int_equal(c->dns.negative_ns, 300 * NS_PER_S);
	assert_int_equal(c->dns.budget_bytes, 1 << 20);
	assert_int_equal(c->dns.zone_count, 2);
	assert_string_equal(c->dns.zones[0].name, "99.2.oid-res.org");
	assert_int_equal(c->dns.zones[0].scheme, CONFIG_DNS_OID);
	assert_string_equal(c->dns.zones[0].prefix, "99.100.2");
	assert_int_equal(c->dns.zones[1].scheme, CONFIG_DNS_HANDLE);
	assert_false(c->dns.zones[1].has_prefix);
	config_free(c);
	c = parse(NODE);
	assert_int_equal(c->dns.listen_count, 0);
	assert_int_equal(c->dns.zone_count, 0);
	config_free(c);
}

static void every_setting_of_gs1_is_read(void **state)
{
	(void)state;
	config_t *c = parse("node: {name: a, prefix: 99.1}\n"
	                    "gs1:\n"
	                    "  prefix: 99.100.7\n"
	                    "  root: \"https://id.example.com\"\n"
	                    "  companies:\n"
	                    "    - {company: \"952123\", prefix: 99.100.2}\n"
	                    "    - {company: \"9529\", resolver: \"https://o.example\"}\n");
	assert_true(c->gs1.has_prefix);
	assert_string_equal(c->gs1.prefix, "99.100.7");
	assert_string_equal(c->gs1.root, "https://id.example.com");
	assert_int_equal(c->gs1.company_count, 2);
	assert_string_equal(c->gs1.companies[0].company, "952123");
	assert_string_equal(c->gs1.companies[0].prefix, "99.100.2");
	assert_false(c->gs1.companies[1].has_prefix);
	assert_string_equal(c->gs1.companies[1].resolver, "https://o.example");
	config_free(c);
	c = parse(NODE);
	assert_false(c->gs1.has_prefix);
	assert_string_equal(c->gs1.root, "");
	config_free(c);
}

static void every_scheme_has_a_prefix_or_the_node_s(void **state)
{
	(void)state;
	config_t *c = parse("node: {name: a, prefix: 99.1}\n"
	                    "schemes: {gbt34014: 99.100.7, vaa: 99.100.8, oid: 99.100.9,\n"
	                    "          ecode: 99.100.10, did: 99.100.11}\n");
	const config_scheme_t *schemes[] = { &c->schemes.gbt34014, &c->schemes.vaa, &c->schemes.oid,
		                             &c->schemes.ecode, &c->schemes.did };
	static const char *const want[] = { "99.100.7", "99.100.8", "99.100.9", "99.100.10",
		                            "99.100.11" };
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		assert_true(schemes[i]->has_prefix);
		assert_string_equal(schemes[i]->prefix, want[i]);
	}
	config_free(c);
	c = parse(NODE);
	assert_false(c->schemes.gbt34014.has_prefix || c->schemes.did.has_prefix);
	config_free(c);
}

static void an_indicator_is_bound_with_the_places_of_its_words(void **state)
{
	(void)state;
	config_t *c = parse(PLANT);
	const config_indicator_t *oee = &c->indicators[0], *bare = &c->indicators[1];
	assert_int_equal(c->indicator_count, 2);
	assert_string_equal(oee->definition, "iso22400.oee");
	assert_int_equal(oee->version, 2);
	assert_string_equal(oee->periods[1], "day");
	assert_int_equal(oee->inputs.count, 3);
	assert_string_equal(oee->inputs.rows[1].name, "good");
	assert_string_equal(oee->inputs.rows[1].text, "FRM1.V_SET");
	assert_string_equal(oee->inputs.rows[2].name, "good");
	assert_string_equal(oee->inputs.rows[2].text, "FRM2.RUN");
	assert_string_equal(oee->inputs.rows[0].where, "t.yaml:30:62");
	assert_string_equal(oee->rollover.rows[0].text, "65536");
	assert_string_equal(oee->parameters.rows[0].text, "90 s/piece");
	assert_string_equal(oee->where[INDICATOR_AT_SCOPE], "t.yaml:29:75");
	assert_string_equal(bare->where[INDICATOR_AT_SELF], "t.yaml:32:5");
	assert_int_equal(bare->version, 0);
	assert_string_equal(bare->entity, "");
	assert_int_equal(bare->inputs.count, 0);
	const config_calendar_t *works = config_calendar(c, "works");
	assert_ptr_equal(config_calendar(c, ""), works);
	assert_int_equal(works->shifts[1].start_s, 14 * 3600 + 30 * 60);
	assert_string_equal(config_calendar(c, "grid")->zone, "+08:00");
	assert_null(config_calendar(c, "none"));
	config_free(c);
}

static void a_class_has_a_number_of_its_own(void **state)
{
	(void)state;
	static const char *const lists[] = {
		"[{number: 1, points: [A], keep: 1d}, {number: 1, points: [B], keep: 2d}]",
		"[{number: 0, points: [A], keep: 1d}]",
		"[{number: 8, points: [A], keep: 1d}]",
		"[{number: 1, keep: 1d}]",
	};
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		char yaml[256];
		config_t *c = NULL;
		snprintf(yaml, sizeof(yaml), "%sretention: {classes: %s}\n", NODE, lists[i]);
		assert_int_equal(config_parse(slice_str(yaml), "t.yaml", &c, NULL), ERR_CONFIG);
	}
}

static void a_country_is_two_letters(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} rows[] = { { "cn", true },   { "DE", true },  { "c", false },
		     { "chn", false }, { "1n", false }, { "c\xC3\xA9", false } };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		config_t *c = NULL;
		err_detail_t detail;
		char yaml[256];
		snprintf(yaml, sizeof(yaml), "%shandle: {country: \"%s\"}\n", NODE, rows[i].text);
		assert_int_equal(config_parse(slice_str(yaml), "t.yaml", &c, &detail),
		                 rows[i].is_good ? ERR_OK : ERR_CONFIG);
		if (rows[i].is_good)
			assert_string_equal(c->handle_country, rows[i].text);
		config_free(c);
	}
}

static void a_site_of_the_resolver_needs_a_port(void **state)
{
	(void)state;
	config_t *c = NULL;
	err_detail_t detail;
	char yaml[256];
	snprintf(yaml, sizeof(yaml), "%sresolver: {sites: [{address: '127.0.0.1:0'}]}\n", NODE);
	assert_int_equal(config_parse(slice_str(yaml), "t.yaml", &c, &detail), ERR_CONFIG);
}

static void every_setting_of_a_device_is_read(void **state)
{
	(void)state;
	config_t *c = parse(PLANT);
	assert_int_equal(c->device_count, 2);
	const config_device_t *d = &c->devices[0];
	assert_string_equal(d->label[LANG_ZH], "Charger \"1\"");
	assert_int_equal(d->unit, 7);
	assert_int_equal(d->period_ns, 250000000);
	assert_int_equal(d->timeout_ns, 2000000000);
	assert_int_equal(d->registers_max, 64);
	assert_int_equal(d->gap_max, 0);
	assert_int_equal(d->point_count, 2);
	assert_int_equal(c->devices[1].gap_max, 8);
	config_free(c);
}

static void parents_and_contracts_are_read(void **state)
{
	(void)state;
	config_t *c = parse(PLANT);
	const config_uplink_t *u = &c->uplink;
	assert_int_equal(u->listen_count, 1);
	assert_int_equal(u->parent_count, 2);
	assert_string_equal(u->parents[0].node, "99.100");
	assert_int_equal(u->parents[0].addr.port, 2643);
	assert_string_equal(u->parents[0].authority, "/etc/x/ca.pem");
	assert_string_equal(u->parents[1].contract, "");
	const config_contract_t *full = config_contract(u, u->parents[0].contract);
	assert_ptr_equal(full, &u->contracts[0]);
	assert_null(config_contract(u, ""));
	assert_int_equal(full->streams[1], UPLINK_INDICATORS);
	assert_string_equal(full->indicators[0], "iso22400.*");
	assert_true(full->point_count == 2 && full->points[1] == DATA_IMPORTANT);
	assert_true(full->event_count == 2 && full->events[1] == EVENT_ALARM);
	assert_int_equal(full->severity, SEVERITY_ALARM);
	assert_int_equal(full->every_ns, 3600 * NS_PER_S);
	assert_true(full->cell == 5 && full->values == 1);
	assert_int_equal(full->open, CONTRACT_OPENS_POINTS);
	assert_string_equal(c->authority.certificate, "/etc/x/root.pem");
	assert_string_equal(c->authority.key, "/etc/x/root.key");
	assert_int_equal(c->authority.lasts_ns, 30 * 24 * 3600 * NS_PER_S);
	/* What was not said is what lets least go. */
	const config_contract_t *least = &u->contracts[1];
	assert_true(least->stream_count == 1 && least->streams[0] == UPLINK_HEALTH);
	assert_true(least->indicator_count == 0 && least->event_count == 0);
	assert_true(least->point_count == 1 && least->points[0] == DATA_GENERAL);
	assert_int_equal(least->severity, SEVERITY_WARNING);
	assert_true(least->every_ns == 0 && least->cell == 3 && least->values == 0);
	assert_string_equal(contract_open_name(least->open), "figures");
	config_free(c);
}

static void every_setting_of_a_point_is_read(void **state)
{
	(void)state;
	config_t *c = parse(PLANT);
	const config_point_t *p = &c->devices[0].points[0];
	assert_int_equal(p->address.table, POINT_HOLDING_REGISTER);
	assert_int_equal(p->address.wire, WIRE_F32);
	assert_int_equal(p->address.order, ORDER_CDAB);
	assert_int_equal(p->address.words, 2);
	assert_true(p->scale == 0.1 && p->offset == -5);
	assert_true(p->limits.set && p->limits.low == 2.5 && p->limits.high == 4.25);
	assert_true(p->write.enabled && p->write.limits.set && p->write.limits.high == 4.2);
	assert_true(p->write.tolerance == 0.01);
	assert_true(p->compress.enabled && p->compress.deviation == 0.02);
	assert_int_equal(p->compress.max_gap_ns, 600 * NS_PER_S);
	assert_false(c->devices[0].points[1].compress.enabled);
	assert_int_equal(p->data_class, DATA_CORE);
	assert_string_equal(p->owner, "Works");
	assert_int_equal(c->devices[0].points[1].data_class, DATA_GENERAL);
	assert_string_equal(c->devices[0].points[1].owner, "");
	assert_int_equal(p->write.role, ROLE_ENGINEER);
	const config_point_t *run = &c->devices[1].points[1];
	assert_string_equal(run->label[LANG_EN], "运行");
	assert_int_equal(run->address.words, 1);
	assert_false(run->limits.set || run->write.enabled);
	static const uint32_t ordinals[] = { 0, 1, UINT32_MAX };
	static const char *const names[] = { "off", "run", "odd" };
	assert_false(p->states.set);
	assert_int_equal(run->states.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(run->states.rows[i].ordinal, ordinals[i]);
		assert_string_equal(run->states.rows[i].name[LANG_EN], names[i]);
	}
	assert_string_equal(run->states.rows[1].name[LANG_ZH], "运行");
	config_free(c);
}

static void lines_and_the_devices_on_them_are_read_and_dumped(void **state)
{
	(void)state;
	char *text = malloc(DUMP_MAX);
	writer_t w = writer_of(text, DUMP_MAX - 1);
	config_t *c = parse("node: {name: n1, prefix: 99.100.1}\n"
	                    "lines:\n"
	                    "  - {name: shed, device: /dev/ttyS0}\n"
	                    "  - {name: yard, device: /dev/ttyUSB0, baud: 115200, parity: none,\n"
	                    "     stop_bits: 2, rs485: true}\n"
	                    "devices:\n"
	                    "  - {name: a, protocol: modbus-rtu, line: yard, unit: 9}\n"
	                    "  - {name: b, protocol: modbus-rtu, line: shed, unit: 9}\n"
	                    "  - {name: c, address: '127.0.0.1:502'}\n");
	config_dump(c, &w);
	assert_false(w.bad);
	text[w.len] = '\0';
	config_free(c);
	c = parse(text);
	assert_int_equal(c->line_count, 2);
	port_t plain = { "shed", "/dev/ttyS0", BAUD_9600, PARITY_EVEN, 1, 0 };
	port_t other = { "yard", "/dev/ttyUSB0", BAUD_115200, PARITY_NONE, 2, 1 };
	assert_true(port_eq(&c->lines[0], &plain));
	assert_true(port_eq(&c->lines[1], &other));
	assert_int_equal(c->devices[0].protocol, PROTOCOL_MODBUS_RTU);
	assert_int_equal(c->devices[0].unit, 9);
	assert_ptr_equal(config_line(c, c->devices[0].line), &c->lines[1]);
	assert_ptr_equal(config_line(c, c->devices[1].line), &c->lines[0]);
	assert_null(config_line(c, c->devices[2].line));
	assert_true(c->devices[2].has_addr && !c->devices[0].has_addr);
	config_free(c);
	free(text);
}

static void a_dump_is_a_configuration_that_says_the_same(void **state)
{
	(void)state;
	char *first = malloc(DUMP_MAX), *second = malloc(DUMP_MAX);
	writer_t a = writer_of(first, DUMP_MAX - 1), b = writer_of(second, DUMP_MAX - 1);
	config_t *c = parse(PLANT);
	config_dump(c, &a);
	assert_false(a.bad);
	first[a.len] = '\0';
	config_t *again = parse(first);
	config_dump(again, &b);
	second[b.len] = '\0';
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "        write:\n          limits: [2.5, 4.2]\n"));
	assert_non_null(strstr(first, "    period: 250ms\n"));
	assert_non_null(strstr(first, "states: {0: {en: \"off\", zh: \"off\"}, 1: {en: \"run\", "
	                              "zh: \"运行\"}, 4294967295: "));
	assert_non_null(strstr(first, "disk_reserve: 1G\n"));
	config_free(again);
	config_free(c);
	free(first);
	free(second);
}

static void freeing_nothing_is_fine(void **state)
{
	(void)state;
	config_free(NULL);
	assert_true(true);
}

/* The same file but for one line. */
static void assert_fits(const char *line, const char *other, const char *wanted)
{
	static const char head[] = "node: {name: a, prefix: 99.100.1}\n";
	char text[512], option[CONFIG_OPTION_MAX] = "";
	config_t *configs[2] = { NULL };
	for (size_t i = 0; i < 2; i++) {
		err_detail_t detail;
		(void)snprintf(text, sizeof(text), "%s%s\n", head, i ? other : line);
		assert_int_equal(config_parse(slice_str(text), "x", &configs[i], &detail), ERR_OK);
	}
	assert_int_equal(config_fits(configs[0], configs[1], option), !wanted);
	if (wanted)
		assert_string_equal(option, wanted);
	config_free(configs[0]);
	config_free(configs[1]);
}

static void what_needs_a_restart_is_named_and_nothing_else(void **state)
{
	(void)state;
	assert_fits("memory: 64M", "memory: 65536K", NULL);
	assert_fits("memory: 64M", "memory: 65M", "memory");
	assert_fits("", "retention: {raw: 3d}", NULL);
	assert_fits("sentry: {policy: [{client: 1.1.1.1, server: 1.1.1.2}]}", "", NULL);
	assert_fits("sentry: {ports: [502]}", "sentry: {ports: [502, 503]}", "sentry.ports");
	assert_fits("listen: {tls: {mode: always}}", "", "listen.tls.mode");
	assert_fits("resolver: {sites: [{prefix: 99.7, address: \"127.0.7.7:2641\"}]}",
	            "resolver: {sites: [{address: \"127.0.7.7:2641\"}]}", "resolver.sites");
	assert_fits("office: {utc_offset: 8}", "office: {utc_offset: 8.5}", "office.utc_offset");
}

static void files_of_trusted_roots_are_read(void **state)
{
	(void)state;
	char text[256];
	(void)snprintf(text, sizeof(text), "%s%s", NODE,
	               "handle: {trust_roots: [/etc/jizhu/a.cert, b.cert]}\n");
	config_t *c = parse(text);
	assert_int_equal(c->trust_root_count, 2);
	assert_string_equal(c->trust_roots[0], "/etc/jizhu/a.cert");
	assert_string_equal(c->trust_roots[1], "b.cert");
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_stand_where_nothing_was_said),
		cmocka_unit_test(an_empty_value_means_its_default),
		cmocka_unit_test(every_setting_of_the_node_is_read),
		cmocka_unit_test(pages_are_encrypted_beyond_loopback_or_when_asked),
		cmocka_unit_test(every_setting_of_the_resolver_is_read),
		cmocka_unit_test(files_of_trusted_roots_are_read),
		cmocka_unit_test(every_setting_of_gs1_is_read),
		cmocka_unit_test(every_setting_of_dns_is_read_and_without_any_it_is_off),
		cmocka_unit_test(every_scheme_has_a_prefix_or_the_node_s),
		cmocka_unit_test(an_indicator_is_bound_with_the_places_of_its_words),
		cmocka_unit_test(a_class_has_a_number_of_its_own),
		cmocka_unit_test(a_country_is_two_letters),
		cmocka_unit_test(a_site_of_the_resolver_needs_a_port),
		cmocka_unit_test(every_setting_of_a_device_is_read),
		cmocka_unit_test(parents_and_contracts_are_read),
		cmocka_unit_test(every_setting_of_a_point_is_read),
		cmocka_unit_test(lines_and_the_devices_on_them_are_read_and_dumped),
		cmocka_unit_test(a_dump_is_a_configuration_that_says_the_same),
		cmocka_unit_test(freeing_nothing_is_fine),
		cmocka_unit_test(what_needs_a_restart_is_named_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
