/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong configurations and the exact sentence each is answered with. A case that
 * begins with a line break continues a good node, so that its own lines count
 * from 2. */
#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RENDER_MAX = 1024, YAML_MAX = 4096 };

#define DEVICE "\ndevices:\n  - name: d\n    address: 127.0.0.1:502\n"
#define LINE   "\nlines: [{name: shed, device: /dev/ttyS0}]\ndevices:\n  - "
#define UPLINK "\nuplink: {contracts: [{name: full, streams: [events]}],\n  parents: ["
#define POINT  DEVICE "    points:\n      - "

typedef struct {
	const char *yaml, *said;
} wrong_t;

static const wrong_t WRONGS[] = {
	/* the shape of the file */
	{ "node: {name: a", "t.yaml:2:1: not YAML: did not find expected ',' or '}'. Check quotes, "
	                    "brackets and indentation before this place" },
	{ "a: b: c", "t.yaml:1:5: not YAML: mapping values are not allowed in this context. Check "
	             "quotes, brackets and indentation before this place" },
	{ "a: \xff",
	  "t.yaml:1:1: not YAML: invalid leading UTF-8 octet. Check quotes, brackets and "
	  "indentation before this place" },
	{ "[a]", "t.yaml:1:1: 't.yaml' must be a mapping. Write 'key: value' lines below it" },
	{ "\n---\na: b", "t.yaml:2:1: a second YAML document begins. Remove the '---' line" },
	{ "{[a]: b}", "t.yaml:1:2: a key must be one word. Write 'key: value'" },
	{ "\ndata: *x", "t.yaml:2:7: no anchor 'x' ends before this place. Define it as '&x' on an "
	                "earlier value" },
	{ "\ndevices: &x [*x]", "t.yaml:2:14: no anchor 'x' ends before this place. Define it as "
	                        "'&x' on an earlier value" },
	{ "a: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
	  "t.yaml:1:19: nested deeper than 16 levels. Check the indentation" },
	/* keys */
	{ "", "t.yaml:1:1: the key 'node' is missing. Add 'node: ...' here" },
	{ "node: {name: a}", "t.yaml:1:7: the key 'prefix' is missing. Add 'prefix: ...' here" },
	{ DEVICE "    perod: 1s", "t.yaml:5:5: unknown key 'perod'. Did you mean 'period'?" },
	{ "\ncolour: red",
	  "t.yaml:2:1: unknown key 'colour'. Known here: node, data, user, memory, "
	  "disk_reserve, listen, resolver, handle, history, retention, sentry..." },
	{ "\ndata: a\nuser: b\ndata: c",
	  "t.yaml:4:1: 'data' is given twice. Keep one; the other is at t.yaml:2:1" },
	/* shapes */
	{ "\ndevices: {name: a}",
	  "t.yaml:2:10: 'devices' must be a list. Write [a, b], or one '- ' "
	  "line for each item" },
	{ "\ndevices: [a]",
	  "t.yaml:2:11: 'devices' must be a mapping. Write 'key: value' lines below it" },
	{ "\nlisten: 8080",
	  "t.yaml:2:9: 'listen' must be a mapping. Write 'key: value' lines below it" },
	{ "\ndata: [a]",
	  "t.yaml:2:7: 'data' must be a single value. Write one word or a quoted text" },
	{ "\nsentry: {ports: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}",
	  "t.yaml:2:17: 'ports' has more than 16 items. Remove some" },
	/* values */
	{ "\nmemory: 64X", "t.yaml:2:9: '64X' is no size for 'memory'. Write a number of bytes, or "
	                   "with K, M or G, such as 64M" },
	{ "\nmemory: 1M", "t.yaml:2:9: 'memory' is 1M, outside 16M - 1024G. Choose a value in this "
	                  "range" },
	{ "\ndata: ''",
	  "t.yaml:2:7: 'data' is empty, holds control characters or is longer than 256 "
	  "bytes. Shorten or correct it" },
	{ "\ndata: \"a\\0b\"", "t.yaml:2:7: 'data' is empty, holds control characters or is longer "
	                       "than 256 bytes. Shorten or correct it" },
	{ "\nlisten: {http: 8080}", "t.yaml:2:16: '8080' is no address for 'http'. Write IP:PORT, "
	                            "such as 127.0.0.1:502 or \"[::1]:502\"" },
	{ "\nlisten: {http: 0.0.0.0:80, tls: {mode: never}}",
	  "t.yaml:2:40: '0.0.0.0:80' is not a loopback address, and 'never' leaves it "
	  "unencrypted. Write mode: auto, or listen on 127.0.0.1 or [::1]" },
	{ "\nlisten: {tls: {mode: sometimes}}",
	  "t.yaml:2:22: 'sometimes' is no value of 'mode'. Choose one of auto, always, never" },
	{ "\nlisten: {tls: {certificate: a.pem}}",
	  "t.yaml:2:29: 'certificate' is given without 'key'. Name both files, or neither: the "
	  "node then makes its own" },
	{ "\nauthority: {certificate: a.pem}",
	  "t.yaml:2:26: 'certificate' is given without 'key'. Name both files, or neither: the "
	  "node then makes its own" },
	{ "\nlisten: {tls: {key: a.pem}}",
	  "t.yaml:2:21: 'key' is given without 'certificate'. Name both files, or neither: the "
	  "node then makes its own" },
	{ "\nsentry: {ports: [0]}",
	  "t.yaml:2:18: 'ports' is 0, outside 1 - 65535. Choose a value in this range" },
	{ "\nsentry: {ports: [x]}",
	  "t.yaml:2:18: 'x' is no whole number for 'ports'. Write digits only, such as 502" },
	{ "\nsentry: {capture: eth0}",
	  "t.yaml:2:19: 'eth0' is no packet source for 'capture'. Write "
	  "iface:NAME, pipe:PATH, tap or none" },
	{ "\ncalendars: [{name: a, zone: Mars/Base}]",
	  "t.yaml:2:29: 'Mars/Base' is no time zone. Write a name such as Asia/Shanghai, an offset "
	  "such as +08:00, or UTC" },
	{ "\ncalendars: [{name: a, shifts: [{name: b, start: '24:00'}]}]",
	  "t.yaml:2:49: '24:00' is no time of day. Write hours and minutes in quotes, such as "
	  "\"08:30\"" },
	{ "\ncalendars: [{name: a, shifts: [{name: b, start: '8:00'}, {name: c, start: '08:00'}]}]",
	  "t.yaml:2:75: the shift at '08:00' does not begin after the one before it. Put them in "
	  "order of their starts; the last one goes over midnight" },
	{ "\ncalendars: [{name: a}, {name: a}]",
	  "t.yaml:2:31: the name 'a' is used twice. Choose another; the first is at t.yaml:2:20" },
	{ "\nindicators: [{definition: a.b, scope: c, periods: [day], calendar: d}]",
	  "t.yaml:2:68: there is no calendar 'd'. Add it to 'calendars'" },
	{ "\nindicators: [{definition: a.b, scope: c, periods: [day], inputs: [d]}]",
	  "t.yaml:2:66: 'inputs' must be a mapping. Write 'key: value' lines below it" },
	{ "\nindicators: [{definition: a.b, scope: c, periods: [day], inputs: {d: [{e: f}]}}]",
	  "t.yaml:2:71: 'd' must be a single value. Write one word or a quoted text" },
	{ "\nindicators: [{definition: a.b, scope: c, periods: [day], inputs: {d: e, d: f}}]",
	  "t.yaml:2:73: 'd' is given twice. Keep one; the other is at t.yaml:2:70" },
	{ "\nindicators: [{definition: a.b, scope: c, periods: [day], inputs: {a b: e}}]",
	  "t.yaml:2:67: 'a b' is no name for 'inputs'. Use 1 to 64 of A-Z a-z 0-9 _ . -" },
	{ "\nretention: {raw: 30}",
	  "t.yaml:2:18: '30' is no duration for 'raw'. Write a number with "
	  "ms, s, m, h or d, such as 500ms" },
	{ "\nuplink: {contracts: [{name: a, streams: [events], points: [core]}]}",
	  "t.yaml:2:60: 'core' is no value of 'points'. Choose one of general, important" },
	{ "\nuplink: {contracts: [{name: a}]}",
	  "t.yaml:2:22: the key 'streams' is missing. Add 'streams: ...' here" },
	{ UPLINK "{name: p, node: 99.1, address: 127.0.0.1:1, contract: fulll}]}",
	  "t.yaml:3:67: 'fulll' is no value of 'contract'. Did you mean 'full'?" },
	{ UPLINK "{name: p, node: 99.1, address: 127.0.0.1:1, contract: zz}]}",
	  "t.yaml:3:67: 'zz' is no value of 'contract'. Choose one of full" },
	{ UPLINK "{name: p, node: 99.1, address: 127.0.0.1:1}, {name: q, node: 99.1, address: "
	         "127.0.0.1:2}]}",
	  "t.yaml:3:74: the name '99.1' is used twice. Choose another; the first is at "
	  "t.yaml:3:29" },
	{ "\nuplink: {parents: [{name: p, node: 99.1, address: 127.0.0.1:1, contract: x}]}",
	  "t.yaml:2:9: the key 'contracts' is missing. Add 'contracts: ...' here" },
	{ "\nsentry: {policy: [{client: a, server: 127.0.0.1}]}",
	  "t.yaml:2:28: 'a' is no IP address for 'client'. Write an address without a port, such "
	  "as "
	  "127.0.0.1" },
	{ "\nsentry: {policy: [{client: 127.0.0.1, server: 127.0.0.1, function: 128}]}",
	  "t.yaml:2:68: '128' is no Modbus function for 'function'. Write 'write' for all that "
	  "write, "
	  "or a code from 1 to 127" },
	{ "\nsentry: {policy: [{client: 127.0.0.1, server: 127.0.0.1, from: 9, to: 8}]}",
	  "t.yaml:2:64: 'from' 9 is after 'to' 8. Swap them" },
	{ "node: {name: a b, prefix: 99.1}",
	  "t.yaml:1:14: 'a b' is no name for 'name'. Use 1 to 64 of A-Z a-z 0-9 _ . -" },
	{ "node: {name: a, prefix: 99..1}", "t.yaml:1:25: '99..1' is no identifier prefix for "
	                                    "'prefix'. Join letters and digits by dots, such as "
	                                    "99.100.1" },
	{ "node: {name: a, prefix: 99.1, label: {fr: a}}",
	  "t.yaml:1:39: unknown key 'fr'. Known here: en, zh" },
	{ "\ngs1: {companies: [{company: 95a, prefix: 99.2}]}",
	  "t.yaml:2:29: '95a' is no GS1 company prefix. Write 4 to 12 digits" },
	{ "\ngs1: {companies: [{company: \"952123\"}]}",
	  "t.yaml:2:29: company 952123 needs a prefix or a resolver, and not both. Keep one of "
	  "them" },
	{ "\ngs1: {companies: [{company: \"952123\", prefix: 99.2, resolver: "
	  "\"https://a.example\"}]}",
	  "t.yaml:2:29: company 952123 needs a prefix or a resolver, and not both. Keep one of "
	  "them" },
	{ "\ngs1: {root: \"https://id.example.com/\"}",
	  "t.yaml:2:13: 'https://id.example.com/' is no root URI for 'root'. Write http:// or "
	  "https:// and a host, without a slash at the end" },
	/* dns */
	{ "\ndns: {zones: [{zone: a..b, scheme: oid}]}",
	  "t.yaml:2:22: 'a..b' is no domain name for 'zone'. Join labels by dots, such as "
	  "ns1.example.com, without one at the end" },
	{ "\ndns: {listen: [\"127.0.0.1:53\"]}",
	  "t.yaml:2:6: the key 'zones' is missing. Add 'zones: ...' here" },
	{ "\ndns: {listen: [\"127.0.0.1:53\"], zones: [{zone: a.example, scheme: oid}], ns: "
	  "ns.example}",
	  "t.yaml:2:6: '' is no domain name for 'contact'. Join labels by dots, such as "
	  "ns1.example.com, without one at the end" },
	{ "\ndns: {zones: [{zone: a.example, scheme: oid}, {zone: a.example, scheme: gs1}]}",
	  "t.yaml:2:54: the name 'a.example' is used twice. Choose another; the first is at "
	  "t.yaml:2:22" },
	{ "\ndns: {zones: [{zone: a.example, scheme: dns}]}",
	  "t.yaml:2:41: 'dns' is no value of 'scheme'. Choose one of oid, gs1, handle" },
	/* devices */
	{ DEVICE "    period: 10ms",
	  "t.yaml:5:13: 'period' is 10ms, outside 50ms - 1d. Choose a value in this range" },
	{ DEVICE "    unit: 248\n    protocol: modbus-rtu-tcp",
	  "t.yaml:5:11: 'unit' is 248, outside 1 - 247. Choose a value in this range" },
	{ DEVICE "    protocol: modbus-rtu-tcp\n    unit: 0",
	  "t.yaml:6:11: 'unit' is 0, outside 1 - 247. Choose a value in this range" },
	{ DEVICE "    unit: 256",
	  "t.yaml:5:11: 'unit' is 256, outside 0 - 255. Choose a value in this range" },
	{ DEVICE "    unit: 99999999999999999999999", "t.yaml:5:11: 'unit' is "
	                                              "99999999999999999999999, outside 0 - 255. "
	                                              "Choose a value in this range" },
	{ DEVICE "    protocol: modbus", "t.yaml:5:15: 'modbus' is no value of 'protocol'. Choose "
	                                 "one of modbus-tcp, modbus-rtu-tcp, modbus-rtu" },
	/* lines */
	{ "\nlines: [{name: a, device: /dev/ttyS0, baud: 9601}]",
	  "t.yaml:2:45: '9601' is no value of 'baud'. Did you mean '9600'?" },
	{ "\nlines: [{name: a, device: /dev/ttyS0, baud: 300}]",
	  "t.yaml:2:45: '300' is no value of 'baud'. Choose one of 1200, 2400, 4800, 9600, 19200, "
	  "38400, 57600, 115200" },
	{ "\nlines: [{name: a, device: /dev/ttyS0, stop_bits: 3}]",
	  "t.yaml:2:50: 'stop_bits' is 3, outside 1 - 2. Choose a value in this range" },
	{ "\nlines: [{name: a, device: /dev/ttyS0}, {name: a, device: /dev/ttyS1}]",
	  "t.yaml:2:47: the name 'a' is used twice. Choose another; the first is at t.yaml:2:16" },
	{ "\nlines: [{name: a, device: /dev/ttyS0}, {name: b, device: /dev/ttyS0}]",
	  "t.yaml:2:58: the name '/dev/ttyS0' is used twice. Choose another; the first is at "
	  "t.yaml:2:27" },
	{ DEVICE "    protocol: modbus-rtu",
	  "t.yaml:4:14: 'address' does not go with protocol 'modbus-rtu'. Remove it" },
	{ DEVICE "    line: shed",
	  "t.yaml:5:11: 'line' does not go with protocol 'modbus-tcp'. Remove it" },
	{ "\ndevices: [{name: d}]", "t.yaml:2:11: the key 'address' is missing. Add 'address: ...' "
	                            "here" },
	{ LINE "{name: d, protocol: modbus-rtu}",
	  "t.yaml:4:5: the key 'line' is missing. Add 'line: ...' here" },
	{ LINE "{name: d, protocol: modbus-rtu, line: shet}",
	  "t.yaml:4:43: 'shet' is no value of 'line'. Did you mean 'shed'?" },
	{ LINE "{name: d, protocol: modbus-rtu, line: yard}",
	  "t.yaml:4:43: 'yard' is no value of 'line'. Choose one of shed" },
	{ "\ndevices: [{name: d, protocol: modbus-rtu, line: yard}]",
	  "t.yaml:2:49: there is no line 'yard'. Add it to 'lines'" },
	{ LINE "{name: d, protocol: modbus-rtu, line: shed, unit: 0}",
	  "t.yaml:4:55: 'unit' is 0, outside 1 - 247. Choose a value in this range" },
	{ LINE "{name: d, protocol: modbus-rtu, line: shed, unit: 7}\n"
	       "  - {name: e, protocol: modbus-rtu, line: shed, unit: 7}",
	  "t.yaml:5:55: unit 7 is on line 'shed' twice. Choose another; the first is at "
	  "t.yaml:4:55" },
	{ DEVICE "  - {name: d, address: 127.0.0.2:502}",
	  "t.yaml:5:12: the name 'd' is used twice. Choose another; the first is at t.yaml:3:11" },
	{ "\ndevices: [{name: d, address: 127.0.0.1:0}]",
	  "t.yaml:2:30: 'address' must have a port other than 0. Write the port of the device, "
	  "such "
	  "as 127.0.0.1:502" },
	/* points */
	{ POINT "{name: a, address: 1, type: u16}\n      - {name: a, address: 2, type: u16}",
	  "t.yaml:7:16: the name 'a' is used twice. Choose another; the first is at t.yaml:6:16" },
	{ POINT "{name: a, address: 1, type: flat}",
	  "t.yaml:6:37: 'flat' is no value of 'type'. Choose one of bool, i16, u16, i32, u32, i64, "
	  "u64, f32, f64" },
	{ POINT "{name: a, address: 1, type: u16, table: holdng}",
	  "t.yaml:6:49: 'holdng' is no value of 'table'. Did you mean 'holding'?" },
	{ POINT "{name: a, address: 1, type: u16, table: coil}",
	  "t.yaml:6:37: a point in table 'coil' cannot be of type 'u16'. Write type: bool" },
	{ POINT "{name: a, address: 65535, type: f32}",
	  "t.yaml:6:28: 2 registers from address 65535 end past 65535. Choose a lower address" },
	{ POINT "{name: a, address: 1, type: u16, scale: 0}",
	  "t.yaml:6:49: 'scale' must not be 0. Remove it, or write another value" },
	{ POINT "{name: a, address: 1, type: u16, compress: {deviation: 0}}",
	  "t.yaml:6:64: 'deviation' must not be 0. Remove it, or write another value" },
	{ POINT "{name: a, address: 1, type: u16, compress: {max_gap: 5s}}",
	  "t.yaml:6:52: the key 'deviation' is missing. Add 'deviation: ...' here" },
	{ POINT "{name: a, address: 1, type: u16, scale: 1,5}",
	  "t.yaml:6:51: unknown key '5'. Known here: name, label, table, address, type, order, "
	  "scale, "
	  "offset, unit, states, limits, write, compre..." },
	{ POINT "{name: a, address: 1, type: u16, offset: x}",
	  "t.yaml:6:50: 'x' is no number for 'offset'. Write a decimal number, such as 0.1" },
	{ POINT "{name: a, address: 1, type: u16, limits: 5}",
	  "t.yaml:6:50: 'limits' must be two numbers. Write [low, high], such as [2.5, 4.2]" },
	{ POINT "{name: a, address: 1, type: u16, limits: [5, 4]}",
	  "t.yaml:6:50: the low limit 5 is not below the high limit 4. Write [low, high]" },
	{ POINT "{name: a, address: 1, type: u16, states: 5}",
	  "t.yaml:6:50: 'states' is no mapping of whole numbers to names. Write {0: stop, 1: "
	  "run}" },
	{ POINT "{name: a, address: 1, type: u16, states: {}}",
	  "t.yaml:6:50: 'states' is no mapping of whole numbers to names. Write {0: stop, 1: "
	  "run}" },
	{ POINT "{name: a, address: 1, type: u16, states: {stop: 0}}",
	  "t.yaml:6:51: 'states' is no mapping of whole numbers to names. Write {0: stop, 1: "
	  "run}" },
	{ POINT "{name: a, address: 1, type: u16, states: {4294967296: far}}",
	  "t.yaml:6:51: 'states' is no mapping of whole numbers to names. Write {0: stop, 1: "
	  "run}" },
	{ POINT "{name: a, address: 1, type: u16, states: {1: a, 0: b, 01: c}}",
	  "t.yaml:6:63: state 01 is named twice. Remove one of them" },
	{ POINT "{name: a, address: 1, type: f32, states: {1: a}}",
	  "t.yaml:6:37: a point with states cannot have 'type: f32'. Use a type of whole numbers "
	  "or bool, without scale and offset" },
	{ POINT "{name: a, address: 1, type: u16, scale: 2, states: {1: a}}",
	  "t.yaml:6:49: a point with states cannot have 'scale: 2'. Use a type of whole numbers "
	  "or bool, without scale and offset" },
	{ POINT "{name: a, address: 1, type: u16, write: {role: operator}}",
	  "t.yaml:6:49: the key 'limits' is missing. Add 'limits: ...' here" },
	{ POINT "{name: a, address: 1, type: u16, write: {limits: [0, 1], role: viewer}}",
	  "t.yaml:6:72: 'viewer' is no value of 'role'. Choose one of operator, engineer, admin" },
	{ POINT "{name: a, address: 1, type: u16, table: input, write: {limits: [0, 1]}}",
	  "t.yaml:6:63: points in table 'input' cannot be written. Remove 'write', or use holding "
	  "or "
	  "coil" },
	{ POINT "{name: a, address: 1, type: u16, limits: [0, 5], write: {limits: [1, 6]}}",
	  "t.yaml:6:74: the write limits reach outside the limits 0 to 5. Narrow them" },
};

/* A case of its own, or one that continues a good node. */
static slice_t yaml_of(const wrong_t *wrong, char buf[YAML_MAX])
{
	const char *head = wrong->yaml[0] == '\n' ? "node: {name: n1, prefix: 99.1}" : "";
	snprintf(buf, YAML_MAX, "%s%s", head, wrong->yaml);
	return slice_str(buf);
}

static void each_fault_names_its_place_and_its_fix(void **state)
{
	(void)state;
	size_t count = sizeof(WRONGS) / sizeof(WRONGS[0]), differ = 0;
	for (size_t i = 0; i < count; i++) {
		char yaml[YAML_MAX], said[RENDER_MAX] = "(accepted)";
		err_detail_t detail;
		config_t *config = NULL;
		err_t err = config_parse(yaml_of(&WRONGS[i], yaml), "t.yaml", &config, &detail);
		if (err)
			err_render(&detail, LANG_EN, said, sizeof(said));
		if (err != ERR_CONFIG || config || strcmp(said, WRONGS[i].said) != 0) {
			print_error("%s\n  said     %s\n  expected %s\n", WRONGS[i].yaml, said,
			            WRONGS[i].said);
			differ++;
		}
		config_free(config);
	}
	assert_int_equal(differ, 0);
}

static void a_fault_is_said_in_chinese_too(void **state)
{
	(void)state;
	char said[RENDER_MAX];
	err_detail_t detail;
	config_t *config = NULL;
	slice_t yaml = SLICE("node: {name: n1, prefx: 99.1}");
	assert_int_equal(config_parse(yaml, "t.yaml", &config, &detail), ERR_CONFIG);
	assert_string_equal(err_render(&detail, LANG_ZH, said, sizeof(said)),
	                    "t.yaml:1:18: 未知的键“prefx”。是否想写“prefix”？");
}

static void columns_count_characters_not_bytes(void **state)
{
	(void)state;
	err_detail_t detail;
	config_t *config = NULL;
	slice_t yaml = SLICE("node: {name: n1, prefix: 99.1, label: 工厂, x: 1}");
	assert_int_equal(config_parse(yaml, "t.yaml", &config, &detail), ERR_CONFIG);
	assert_string_equal(detail.where, "t.yaml:1:43");
}

static void of_a_long_file_name_the_end_is_kept(void **state)
{
	(void)state;
	char name[400];
	memset(name, 'p', sizeof(name));
	memcpy(&name[sizeof(name) - 8], "/z.yaml", 8);
	err_detail_t detail;
	config_t *config = NULL;
	assert_int_equal(config_parse(SLICE("[]"), name, &config, &detail), ERR_CONFIG);
	assert_true(slice_starts(slice_str(detail.where), SLICE("...ppp")));
	assert_non_null(strstr(detail.where, "/z.yaml:1:1"));
}

static void a_file_over_4_mib_is_refused(void **state)
{
	(void)state;
	size_t len = (4 << 20) + 1;
	char *bytes = malloc(len), said[RENDER_MAX];
	assert_non_null(bytes);
	memset(bytes, '#', len);
	err_detail_t detail;
	config_t *config = NULL;
	assert_int_equal(config_parse(slice_of(bytes, len), "t.yaml", &config, &detail),
	                 ERR_CONFIG);
	assert_string_equal(err_render(&detail, LANG_EN, said, sizeof(said)),
	                    "t.yaml: the file is larger than 4 MiB. Split it into files of conf.d");
	free(bytes);
}

static void too_many_points_over_shared_lists_are_refused(void **state)
{
	(void)state;
	enum { POINTS = 1001, DEVICES = 100, CAP = 256 << 10 };
	char *yaml = malloc(CAP), said[RENDER_MAX];
	assert_non_null(yaml);
	writer_t w = writer_of(yaml, CAP);
	wr_format(&w, "node: {name: n1, prefix: 99.1}\ndevices:\n");
	for (unsigned i = 0; i < DEVICES; i++) {
		wr_format(&w, "- {name: d%u, address: 127.0.0.1:502, points: %s", i,
		          i ? "*p" : "&p [");
		for (unsigned k = 0; i == 0 && k < POINTS; k++)
			wr_format(&w, "{name: p%u, address: 0, type: u16},\n ", k);
		wr_format(&w, "%s}\n", i ? "" : "]");
	}
	assert_false(w.bad);
	err_detail_t detail;
	config_t *config = NULL;
	assert_int_equal(config_parse(writer_done(&w), "t.yaml", &config, &detail), ERR_CONFIG);
	err_render(&detail, LANG_EN, said, sizeof(said));
	assert_non_null(strstr(said, "more than 100000 points in all devices"));
	free(yaml);
}

static void more_than_1000_devices_are_refused(void **state)
{
	(void)state;
	enum { DEVICES = 1001, CAP = 256 << 10 };
	char *yaml = malloc(CAP), said[RENDER_MAX];
	assert_non_null(yaml);
	writer_t w = writer_of(yaml, CAP);
	wr_format(&w, "node: {name: n1, prefix: 99.1}\ndevices:\n");
	for (unsigned i = 0; i < DEVICES; i++)
		wr_format(&w, "- {name: d%u, address: 127.0.0.1:502}\n", i);
	err_detail_t detail;
	config_t *config = NULL;
	assert_int_equal(config_parse(writer_done(&w), "t.yaml", &config, &detail), ERR_CONFIG);
	assert_string_equal(err_render(&detail, LANG_EN, said, sizeof(said)),
	                    "t.yaml:3:1: 'devices' has more than 1000 items. Remove some");
	free(yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_names_its_place_and_its_fix),
		cmocka_unit_test(a_fault_is_said_in_chinese_too),
		cmocka_unit_test(columns_count_characters_not_bytes),
		cmocka_unit_test(of_a_long_file_name_the_end_is_kept),
		cmocka_unit_test(a_file_over_4_mib_is_refused),
		cmocka_unit_test(too_many_points_over_shared_lists_are_refused),
		cmocka_unit_test(more_than_1000_devices_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
