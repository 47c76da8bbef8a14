/* SPDX-License-Identifier: Apache-2.0 */
/* Public captures through the whole sentry: what an independent analyser logged of
 * them must be what the sentry saw, and no mutation of them may hurt it. The
 * captures lie beside the project; without them these cases are skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "codec/modbus/modbus.h"
#include "env/twin/twin.h"
#include "sentry/sentry.h"

enum { FILE_MAX = 1 << 20, PATH_CAP = 1024, ROWS_MAX = 128, COLUMNS = 21, MUTATIONS = 400 };

typedef struct {
	twin_t *twin;
	env_t *env;
	sentry_t *sentry;
	size_t count;
	sentry_message_t messages[ROWS_MAX];
} rig_t;

static slice_t shared_read(const char *name, uint8_t *buf)
{
	char path[PATH_CAP];
	const char *shared = getenv("JIZHU_SHARED"), *source = getenv("JIZHU_SOURCE");
	snprintf(path, sizeof(path), "%s%s/captures/%s",
	         shared   ? shared
	         : source ? source
	                  : ".",
	         shared ? "" : "/../shared", name);
	FILE *file = fopen(path, "rb");
	if (!file)
		skip();
	size_t len = fread(buf, 1, FILE_MAX, file);
	fclose(file);
	return slice_of(buf, len);
}

static void keep(void *ctx, const sentry_message_t *message)
{
	rig_t *rig = ctx;
	if (rig->count < ROWS_MAX)
		rig->messages[rig->count++] = *message;
}

static rig_t *rig_make(void)
{
	static rig_t rig;
	static const twin_spec_t twin_spec = { .seed = 1 };
	sentry_spec_t spec = { .flows_max = 64, .assets_max = 64 };
	rig = (rig_t){ 0 };
	assert_int_equal(twin_new(&twin_spec, &rig.twin), ERR_OK);
	assert_int_equal(twin_host_open(rig.twin, "node", &rig.env), ERR_OK);
	assert_int_equal(sentry_open(rig.env, &spec, &rig.sentry), ERR_OK);
	sentry_on_message(rig.sentry, keep, &rig);
	return &rig;
}

static void rig_free(rig_t *rig)
{
	sentry_close(rig->sentry);
	twin_host_close(rig->env);
	twin_free(rig->twin);
}

/* Splits one tab-separated line; returns how many cells. */
static size_t cells_of(slice_t line, slice_t ret[COLUMNS])
{
	size_t n = 0;
	while (line.len > 0 && n < COLUMNS)
		ret[n++] = slice_cut(&line, '\t');
	return n;
}

static uint64_t number_of(slice_t cell)
{
	uint64_t value = 0;
	assert_int_equal(num_parse_u64(cell, UINT32_MAX, &value), ERR_OK);
	return value;
}

/* The log's own name for function 17. */
static bool same_function(slice_t name, uint8_t function)
{
	if (slice_eq(name, SLICE("REPORT_SLAVE_ID")))
		return function == MODBUS_REPORT_SERVER_ID;
	return slice_eq(name, slice_str(modbus_function_info(function)->name));
}

/* Addresses and quantities where the log has them. It gives single writes a
 * quantity of 1, and files and queues none that means anything. */
static void assert_range(const slice_t *cells, const sentry_message_t *m)
{
	bool is_bare = m->function == MODBUS_READ_FILE_RECORD ||
	               m->function == MODBUS_WRITE_FILE_RECORD;
	bool is_single = m->function == MODBUS_WRITE_SINGLE_COIL ||
	                 m->function == MODBUS_WRITE_SINGLE_REGISTER ||
	                 m->function == MODBUS_READ_FIFO_QUEUE;
	if (is_bare || slice_eq(cells[9], SLICE("-")))
		return;
	assert_int_equal(number_of(cells[9]), m->address);
	if (!is_single && !slice_eq(cells[10], SLICE("-")))
		assert_int_equal(number_of(cells[10]), m->quantity);
}

static void assert_row(const slice_t *cells, const sentry_message_t *m)
{
	char ip[IP_TEXT_MAX];
	assert_true(slice_eq(cells[2], slice_str(ip_format(m->client.ip, ip))));
	assert_int_equal(number_of(cells[3]), m->client.port);
	assert_true(slice_eq(cells[4], slice_str(ip_format(m->server.ip, ip))));
	assert_int_equal(number_of(cells[5]), m->server.port);
	assert_int_equal(number_of(cells[6]), m->transaction);
	assert_int_equal(number_of(cells[7]), m->unit);
	assert_true(same_function(cells[8], m->function));
	assert_range(cells, m);
	if (slice_eq(cells[19], SLICE("-")))
		assert_false(m->is_exception);
	else
		assert_true(slice_eq(cells[19], slice_str(modbus_exception_name(m->exception))));
}

/* The next answer from `at` on. The log has one row for a request and its answer,
 * but two rows for functions 7 and 17. */
static size_t next_for(const rig_t *rig, size_t at, slice_t function)
{
	bool is_each = slice_eq(function, SLICE("READ_EXCEPTION_STATUS")) ||
	               slice_eq(function, SLICE("REPORT_SLAVE_ID"));
	while (!is_each && at < rig->count && !rig->messages[at].is_response)
		at++;
	assert_true(at < rig->count);
	return at;
}

static void every_row_of_the_expected_log_was_seen(void **state)
{
	(void)state;
	static uint8_t capture[FILE_MAX], log[FILE_MAX];
	slice_t in = shared_read("icsnpp/modbus/analyzer.basic/modbus_example.pcap", capture);
	slice_t text = shared_read("icsnpp/modbus/analyzer.basic/expected/modbus_detailed.log",
	                           log);
	rig_t *rig = rig_make();
	size_t at = 0, rows = 0;
	assert_int_equal(sentry_feed(rig->sentry, in), in.len);
	while (text.len > 0) {
		slice_t cells[COLUMNS], line = slice_cut(&text, '\n');
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		assert_int_equal(cells_of(line, cells), COLUMNS);
		at = next_for(rig, at, cells[8]);
		assert_row(cells, &rig->messages[at++]);
		rows++;
	}
	assert_int_equal(rows, 26);
	assert_int_equal(at, rig->count);
	for (size_t i = 0; i < rig->count; i++)
		assert_int_equal(rig->messages[i].matched, rig->messages[i].is_response);
	rig_free(rig);
}

static const char *const captures[] = {
	"zeek/modbus/modbusSmall.pcap",
	"zeek/modbus/modbus-and-non-modbus-p502.pcap",
	"zeek/modbus/fuzz-1011.pcap",
	"suricata-verify/modbus/modbus.pcap",
	"ipal/modbus.pcap",
	"icsnpp/modbus/analyzer.basic/modbus_example.pcap",
};
enum { CAPTURES = sizeof(captures) / sizeof(captures[0]) };

static void requests_and_answers_of_the_small_capture_match(void **state)
{
	(void)state;
	static uint8_t capture[FILE_MAX];
	slice_t in = shared_read(captures[0], capture);
	rig_t *rig = rig_make();
	size_t answers = 0;
	assert_int_equal(sentry_feed(rig->sentry, in), in.len);
	assert_int_equal(rig->count, 32);
	for (size_t i = 0; i < rig->count; i++)
		answers += rig->messages[i].matched;
	assert_int_equal(answers, 16);
	assert_int_equal(sentry_status(rig->sentry).malformed, 0);
	rig_free(rig);
}

static void foreign_bytes_on_the_port_are_malformed_and_the_rest_is_read(void **state)
{
	(void)state;
	static uint8_t capture[FILE_MAX];
	slice_t in = shared_read(captures[1], capture);
	rig_t *rig = rig_make();
	assert_int_equal(sentry_feed(rig->sentry, in), in.len);
	assert_int_equal(rig->count, 12);
	assert_true(sentry_status(rig->sentry).malformed > 0);
	rig_free(rig);
}

static void the_same_file_gives_the_same_incidents(void **state)
{
	(void)state;
	static uint8_t capture[FILE_MAX];
	static incident_t first[ROWS_MAX], second[ROWS_MAX];
	for (size_t i = 0; i < CAPTURES; i++) {
		slice_t in = shared_read(captures[i], capture);
		rig_t *rig = rig_make();
		(void)!sentry_feed(rig->sentry, in);
		sentry_tick(rig->sentry, sentry_status(rig->sentry).last_ns + 60 * NS_PER_S);
		size_t count = sentry_incidents(rig->sentry, 0, first, ROWS_MAX);
		rig_free(rig);
		rig = rig_make();
		for (slice_t rest = in; rest.len > 0;) {
			size_t used = 0, len = 1;
			while (used == 0 && len < rest.len)
				used = sentry_feed(rig->sentry, slice_sub(rest, 0, len += 37));
			rest = slice_from(rest, used ? used : rest.len);
		}
		sentry_tick(rig->sentry, sentry_status(rig->sentry).last_ns + 60 * NS_PER_S);
		assert_int_equal(sentry_incidents(rig->sentry, 0, second, ROWS_MAX), count);
		for (size_t k = 0; k < count; k++) {
			assert_int_equal(first[k].kind, second[k].kind);
			assert_int_equal(first[k].first_ns, second[k].first_ns);
			assert_int_equal(first[k].count, second[k].count);
		}
		rig_free(rig);
	}
}

/* Bytes changed, and pieces repeated, left out or moved. */
static void mutate(rng_t *rng, uint8_t *bytes, size_t len)
{
	size_t flips = 1 + rng_below(rng, 40);
	for (size_t i = 0; i < flips; i++)
		bytes[24 + rng_below(rng, len - 24)] = (uint8_t)rng_next(rng);
	size_t span = 1 + rng_below(rng, 400);
	if (rng_below(rng, 2) && span * 2 + 24 < len) {
		size_t from = 24 + rng_below(rng, len - span - 24);
		size_t to = 24 + rng_below(rng, len - span - 24);
		memmove(bytes + to, bytes + from, span);
	}
}

static void no_mutation_hurts(void **state)
{
	(void)state;
	static uint8_t capture[FILE_MAX], mutant[FILE_MAX];
	rng_t rng = rng_of(11);
	uint64_t packets = 0;
	for (size_t i = 0; i < CAPTURES; i++) {
		slice_t in = slice_sub(shared_read(captures[i], capture), 0, 60000);
		rig_t *rig = rig_make();
		for (size_t round = 0; round < MUTATIONS; round++) {
			memcpy(mutant, in.ptr, in.len);
			mutate(&rng, mutant, in.len);
			assert_true(sentry_feed(rig->sentry, slice_of(mutant, in.len)) <= in.len);
			sentry_feed_end(rig->sentry);
		}
		sentry_status_t status = sentry_status(rig->sentry);
		packets += status.packets;
		assert_true(status.assets <= 64);
		rig_free(rig);
	}
	assert_true(packets > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_expected_log_was_seen),
		cmocka_unit_test(requests_and_answers_of_the_small_capture_match),
		cmocka_unit_test(foreign_bytes_on_the_port_are_malformed_and_the_rest_is_read),
		cmocka_unit_test(the_same_file_gives_the_same_incidents),
		cmocka_unit_test(no_mutation_hurts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
