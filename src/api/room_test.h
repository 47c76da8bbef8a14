/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_ROOM_TEST_H
#define API_ROOM_TEST_H
/* The API with its real engines on a simulated machine, and one Modbus machine on
 * another, for the tests of this folder.
 *
 * Story: room_open and room_close are set-up and tear-down of each test; ask sends
 * a request with the admin token; has looks into the answer's body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/api.h"
#include "codec/modbus/modbus.h"
#include "env/file.h"
#include "env/tcp.h"
#include "env/twin/twin.h"
#include "journal/event_log.h"
#include "registry/handle/door.h"

enum { ROOM_LOOPS = 7, ROOM_REGISTERS = 64, SET_RAW_AT = 10 };
enum { LOOP_HTTP, LOOP_DEVICE, LOOP_QUERY, LOOP_VIEW, LOOP_COMMIT, LOOP_HISTORY, LOOP_PASSWORD };

#define MACHINE_IP ip_v4(127, 0, 2, 1)
#define START_NS   (INT64_C(1700000000) * NS_PER_S)

typedef struct room {
	twin_t *twin;
	env_t *env, *plant;
	env_loop_t *loops[ROOM_LOOPS];
	journal_t *journal, *history;
	events_t *events;
	registry_t *registry;
	search_t *search;
	proof_t *proof;
	office_t *office;
	authority_t *authority; /* of a test that wants one */
	api_tree_t tree;        /* likewise */
	historian_t *historian;
	series_t *series;
	fleet_t *fleet;
	sentry_t *sentry;
	access_t *access;
	last_value_t *last_values;
	live_value_source_t live;
	handle_door_t *door; /* NULL: a test of resolution opens them */
	resolver_t *resolver;
	sql_t *sql; /* NULL: a test of SQL opens it */
	api_t *api;
	api_metrics_t metrics[8];
	handle_door_spec_t handle;
	registry_elsewhere_t elsewhere;
	env_listener_t *listener;
	uint16_t registers[ROOM_REGISTERS];
	bool is_stubborn; /* the machine acknowledges writes and ignores them */
	bool is_unready;
	err_t attack_err;
	unsigned attacks;
	char token[ACCESS_TOKEN_TEXT];
	twin_http_answer_t answer;
	void *own;                            /* of the test */
	void (*close_own)(struct room *room); /* once the API is closed; NULL: nothing */
} room_t;

#define OK(call) assert_int_equal((call), ERR_OK)

static const device_t room_devices[] = {
	{ .id = 1,
	  .name = "FRM1",
	  .label = { "Formation 1", "化成 1" },
	  .ident = "99.100.1/FRM1",
	  .protocol = PROTOCOL_MODBUS_TCP,
	  .addr = { .ip = { .bytes = { 127, 0, 2, 1 }, .family = 4 }, .port = 1502 },
	  .unit = 1,
	  .timeout_ns = NS_PER_S,
	  .registers_max = 100,
	  .gap_max = 8 },
};

static const point_t room_points[] = {
	{ .id = 1,
	  .device = 1,
	  .name = "FRM1.V",
	  .label = { "Voltage", "电压" },
	  .unit = "V",
	  .ident = "99.100.1/FRM1.V",
	  .address = { POINT_HOLDING_REGISTER, 0, 1, WIRE_U16, ORDER_ABCD },
	  .scale = 0.001,
	  .limits = { 2.5, 4.3, true },
	  .period_ns = NS_PER_S },
	{ .id = 2,
	  .device = 1,
	  .name = "FRM1.V_SET",
	  .label = { "Set voltage", "设定电压" },
	  .unit = "V",
	  .ident = "99.100.1/FRM1.V_SET",
	  .address = { POINT_HOLDING_REGISTER, SET_RAW_AT, 1, WIRE_U16, ORDER_ABCD },
	  .scale = 0.001,
	  .write = { true, ROLE_OPERATOR, { 3.0, 4.2, true }, 0.002 },
	  .period_ns = NS_PER_S },
};

static const catalogue_t room_catalogue = {
	.generation = 1,
	.node = { .name = "works",
	          .label = { "Works", "工厂" },
	          .prefix = "99.100.1",
	          .level = "enterprise",
	          .region = "",
	          .industry = "C3841",
	          .parent = "" },
	.devices = room_devices,
	.device_count = 1,
	.points = room_points,
	.point_count = 2,
};

/* The machine: reads and writes of holding registers. */
static inline size_t machine_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	room_t *room = ctx;
	modbus_adu_t adu;
	modbus_pdu_t request;
	uint8_t data[2 * ROOM_REGISTERS], out[MODBUS_ADU_MAX];
	if (modbus_adu_decode(bytes, &adu) != CODEC_OK ||
	    modbus_request_decode(adu.pdu, &request) != CODEC_OK)
		return 0;
	modbus_pdu_t response = request;
	response.is_response = true;
	if (request.function == MODBUS_READ_HOLDING_REGISTERS) {
		for (size_t i = 0; i < request.quantity; i++)
			modbus_register_put(data, i, room->registers[request.address + i]);
		response.data = slice_of(data, 2u * request.quantity);
	} else if (request.function == MODBUS_WRITE_SINGLE_REGISTER && !room->is_stubborn) {
		room->registers[request.address] = request.value;
	} else if (request.function == MODBUS_WRITE_MULTIPLE_REGISTERS) {
		for (size_t i = 0; i < request.quantity && !room->is_stubborn; i++)
			room->registers[request.address + i] = modbus_register_get(request.data, i);
		response.data = (slice_t){ 0 };
	}
	writer_t w = writer_of(out, sizeof(out));
	OK(modbus_adu_encode(adu.transaction, adu.unit, &response, &w));
	OK(env_tcp_write(tcp, writer_done(&w)));
	return adu.used;
}

static inline void machine_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	(void)ctx;
	(void)tcp;
	(void)why;
}

static inline bool machine_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec)
{
	static const env_tcp_events_t events = { .data = machine_data, .closed = machine_closed };
	(void)tcp;
	(void)peer;
	*ret_spec = (env_tcp_spec_t){ .events = &events, .ctx = ctx };
	return true;
}

static inline void machine_open(room_t *room)
{
	env_listen_spec_t spec = { .accept = machine_accept, .ctx = room, .connections_max = 4 };
	OK(twin_host_open(room->twin, "machine", &room->plant));
	room->registers[0] = 3600;
	room->registers[SET_RAW_AT] = 3650;
	OK(env_tcp_listen(env_control_loop(room->plant), (addr_t){ MACHINE_IP, 1502 }, &spec,
	                  &room->listener));
}

static inline bool room_ready(void *ctx, const char **ret_reason)
{
	const room_t *room = ctx;
	*ret_reason = "a test says so";
	return !room->is_unready;
}

MUST_CHECK static inline err_t room_attack(void *ctx)
{
	room_t *room = ctx;
	room->attacks++;
	return room->attack_err;
}

static inline void room_open_loops(room_t *room)
{
	static const char *const names[] = { "http",   "device",  "query",   "view",
		                             "commit", "history", "password" };
	for (size_t i = 0; i < ROOM_LOOPS; i++)
		OK(env_loop_new(room->env, names[i],
		                i <= LOOP_DEVICE ? ENV_LOOP_EVENTS : ENV_LOOP_FILES,
		                &room->loops[i]));
}

static inline void room_open_journals(room_t *room)
{
	err_detail_t detail;
	journal_recovery_t recovery;
	journal_spec_t spec = { .dir = "data/journal",
		                .name = "main",
		                .chained = true,
		                .commit_loop = room->loops[LOOP_COMMIT] };
	OK(env_dir_make(room->env, "data"));
	OK(env_dir_make(room->env, "data/views"));
	OK(env_dir_make(room->env, "data/history"));
	OK(env_dir_make(room->env, "data/keys"));
	OK(journal_open(room->env, &spec, &room->journal, &recovery, &detail));
	spec.name = "history";
	spec.chained = false;
	OK(journal_open(room->env, &spec, &room->history, &recovery, &detail));
}

static inline void room_open_access(room_t *room)
{
	err_detail_t detail;
	access_spec_t spec = { .keys_dir = "data/keys",
		               .journal = room->journal,
		               .loop = room->loops[LOOP_HTTP],
		               .rounds = 2 };
	OK(access_open(room->env, &spec, &room->access, &detail));
}

static inline void room_open_office(room_t *room)
{
	err_detail_t detail;
	office_spec_t spec = { .prefix = "99.100.1",
		               .views_dir = "data/views",
		               .journal = room->journal,
		               .registry = room->registry,
		               .loop = room->loops[LOOP_HTTP],
		               .offset_ns = 8 * 3600 * NS_PER_S };
	OK(office_open(room->env, &spec, &room->office, &detail));
	prefix_meter_t meter = office_meter(room->office);
	registry_meter_set(room->registry, &meter);
}

static inline void room_open_views(room_t *room)
{
	err_detail_t detail;
	env_t *env = room->env;
	OK(events_open(env,
	               &(events_spec_t){ .views_dir = "data/views",
	                                 .journal = room->journal,
	                                 .view_loop = room->loops[LOOP_VIEW] },
	               &room->events));
	OK(registry_open(env,
	                 &(registry_spec_t){ .views_dir = "data/views",
	                                     .prefix = "99.100.1",
	                                     .journal = room->journal,
	                                     .registry_loop = room->loops[LOOP_VIEW] },
	                 &room->registry, &detail));
	OK(search_open(env,
	               &(search_spec_t){ .views_dir = "data/views",
	                                 .journal = room->journal,
	                                 .loop = room->loops[LOOP_VIEW] },
	               &room->search));
	OK(proof_open(env,
	              &(proof_spec_t){ .views_dir = "data/views",
	                               .keys_dir = "data/keys",
	                               .prefix = "99.100.1",
	                               .journal = room->journal,
	                               .loop = room->loops[LOOP_VIEW] },
	              &room->proof, &detail));
	room_open_office(room);
}

static inline void room_open_series(room_t *room)
{
	series_points_t *points = NULL;
	OK(series_open(room->env,
	               &(series_spec_t){ .views_dir = "data/views",
	                                 .journal = room->journal,
	                                 .loop = room->loops[LOOP_VIEW] },
	               &room->series));
	OK(series_points_new(room->env, &room_catalogue, &points));
	series_configure(room->series, points);
}

/* What no configuration knows may be thinned, once the history is told that some may be. */
static inline point_traits_t room_traits(void *ctx, point_id_t point)
{
	(void)ctx;
	return (point_traits_t){ .deviation = point > 2 ? 0.5 : 0 };
}

static inline void room_open_engines(room_t *room)
{
	err_detail_t detail;
	env_t *env = room->env;
	OK(historian_open(env,
	                  &(historian_spec_t){ .dir = "data/history",
	                                       .journal = room->history,
	                                       .main_journal = room->journal,
	                                       .history_loop = room->loops[LOOP_HISTORY],
	                                       .traits = room_traits },
	                  &room->historian, &detail));
	room_open_series(room);
	room->last_values = last_value_new(room_catalogue.point_count);
	OK(fleet_open(env,
	              &(fleet_spec_t){ .catalogue = &room_catalogue,
	                               .device_loop = room->loops[LOOP_DEVICE],
	                               .journal = room->journal,
	                               .sink = historian_sink(room->historian),
	                               .last_values = room->last_values },
	              &room->fleet));
	OK(sentry_open(env,
	               &(sentry_spec_t){ .catalogue = &room_catalogue,
	                                 .journal = room->journal,
	                                 .last_values = room->last_values,
	                                 .ports = { 1502 } },
	               &room->sentry));
	room_open_access(room);
}

static inline bool room_live(void *ctx, slice_t name, live_value_t *ret_value)
{
	const room_t *room = ctx;
	const point_t *point = catalogue_point_named(&room_catalogue, name);
	if (!point || !last_value_get(room->last_values, point->id, &ret_value->sample))
		return false;
	ret_value->period_ns = point->period_ns;
	(void)slice_to_cstr(slice_str(point->unit), ret_value->unit, sizeof(ret_value->unit));
	return true;
}

static inline bool room_keep(void *ctx, const sample_t *sample)
{
	*(sample_t *)ctx = *sample;
	return true;
}

static inline bool room_live_at(void *ctx, slice_t name, int64_t utc_ns, live_value_t *ret_value)
{
	const room_t *room = ctx;
	const point_t *point = catalogue_point_named(&room_catalogue, name);
	series_reader_t reader = historian_reader(room->historian);
	sample_t newest = { .source = { 0 } };
	if (!point)
		return false;
	series_query_t query = { .point = point->id, .to_ns = utc_ns + 1 };
	if (reader.raw(reader.ctx, &query, room_keep, &newest) || !newest.source.ns)
		return false;
	*ret_value = (live_value_t){ .sample = newest, .period_ns = point->period_ns };
	return true;
}

static inline void room_list_metrics(room_t *room)
{
	room->metrics[0] = (api_metrics_t){ "jizhu_journal_main_", journal_metrics(room->journal) };
	room->metrics[1] = (api_metrics_t){ "jizhu_fleet_", fleet_metrics(room->fleet) };
	room->metrics[2] = (api_metrics_t){ "jizhu_historian_",
		                            historian_metrics(room->historian) };
	room->metrics[3] = (api_metrics_t){ "jizhu_sentry_", sentry_metrics(room->sentry) };
	room->metrics[4] = (api_metrics_t){ "jizhu_registry_", registry_metrics(room->registry) };
}

static inline api_spec_t room_spec(room_t *room)
{
	room->live = (live_value_source_t){ room, room_live, room_live_at };
	room_list_metrics(room);
	room->handle = (handle_door_spec_t){ .registry = room->registry,
		                             .public_addr = { ip_v4(192, 0, 2, 1), 2641 },
		                             .description = "works" };
	return (api_spec_t){
		.addr = { ip_v4(127, 0, 0, 1), 8080 },
		.loops = { .http = room->loops[LOOP_HTTP],
		           .query = room->loops[LOOP_QUERY],
		           .tree = room->loops[LOOP_QUERY],
		           .password = room->loops[LOOP_PASSWORD] },
		.catalogue = &room_catalogue,
		.access = room->access,
		.journal = room->journal,
		.events = room->events,
		.registry = room->registry,
		.handle = &room->handle,
		.search = room->search,
		.proof = room->proof,
		.office = room->office,
		.historian = room->historian,
		.series = room->series,
		.ingest = { .sink = historian_sink(room->historian),
		            .history = room->history,
		            .loop = room->loops[LOOP_DEVICE] },
		.fleet = room->fleet,
		.sentry = room->sentry,
		.last_values = room->last_values,
		.live = &room->live,
		.gs1 = { .prefix = "99.100.1", .root = "https://id.example.com" },
		.scheme_prefixes = { "99.100.1", "99.100.1", "99.100.1", "99.100.1", "99.100.1" },
		.host = { .ctx = room,
		          .ready = room_ready,
		          .attack = room_attack,
		          .capture = "iface:lo",
		          .version = "0.0.0" },
		.metrics = room->metrics,
	};
}

static inline void room_read_token(room_t *room)
{
	char line[ACCESS_TOKEN_TEXT + 1];
	size_t len = 0;
	OK(env_file_load(room->env, "data/keys/admin.token", line, sizeof(line), &len));
	assert_true(
		slice_to_cstr(slice_trim(slice_of(line, len)), room->token, sizeof(room->token)));
}

/* `idle` is a loop that is never started, or ROOM_LOOPS; `adjust` changes the spec of
 * the API before it opens; NULL: nothing. */
static inline int room_open_seeded(void **state, size_t idle,
                                   void (*adjust)(room_t *room, api_spec_t *spec), uint64_t seed)
{
	room_t *room = calloc(1, sizeof(*room));
	err_detail_t detail;
	*state = room;
	OK(twin_new(&(twin_spec_t){ .seed = seed, .start = { .ns = START_NS } }, &room->twin));
	OK(twin_host_open(room->twin, "node", &room->env));
	machine_open(room);
	room_open_loops(room);
	room_open_journals(room);
	room_open_views(room);
	room_open_engines(room);
	api_spec_t spec = room_spec(room);
	if (adjust)
		adjust(room, &spec);
	OK(api_open(room->env, &spec, &room->api, &detail));
	for (size_t i = 0; i < ROOM_LOOPS; i++)
		if (i != idle)
			OK(env_loop_start(room->loops[i]));
	room_read_token(room);
	twin_run_for(room->twin, 3 * NS_PER_S);
	return 0;
}

static inline int room_open_as(void **state, size_t idle,
                               void (*adjust)(room_t *room, api_spec_t *spec))
{
	return room_open_seeded(state, idle, adjust, 11);
}

static inline int room_open(void **state)
{
	return room_open_as(state, ROOM_LOOPS, NULL);
}

static inline int room_open_but(void **state, size_t idle)
{
	return room_open_as(state, idle, NULL);
}

static inline int room_open_with(void **state, void (*adjust)(room_t *room, api_spec_t *spec))
{
	return room_open_as(state, ROOM_LOOPS, adjust);
}

/* Everything but the world around it, whose disks stay. */
static inline void room_shut(room_t *room)
{
	for (size_t i = 0; i < ROOM_LOOPS; i++)
		env_loop_stop(room->loops[i]);
	api_close(room->api);
	if (room->close_own)
		room->close_own(room);
	sql_close(room->sql);
	resolver_close(room->resolver);
	handle_door_close(room->door);
	access_close(room->access);
	fleet_close(room->fleet);
	sentry_close(room->sentry);
	historian_close(room->historian);
	series_close(room->series);
	search_close(room->search);
	proof_close(room->proof);
	office_close(room->office);
	authority_close(room->authority);
	registry_close(room->registry);
	events_close(room->events);
	last_value_free(room->last_values);
	journal_close(room->history);
	journal_close(room->journal);
	for (size_t i = 0; i < ROOM_LOOPS; i++)
		env_loop_free(room->loops[i]);
	twin_host_close(room->env);
	twin_host_close(room->plant);
}

static inline int room_close(void **state)
{
	room_t *room = *state;
	room_shut(room);
	twin_free(room->twin);
	free(room);
	return 0;
}

/* Sends it as it stands; the answer is in room->answer. */
static inline int ask_as(room_t *room, const twin_http_ask_t *ask)
{
	OK(twin_http(room->env, ask, 10 * NS_PER_S, &room->answer));
	return room->answer.status;
}

/* With the admin token; the status. */
static inline int ask(room_t *room, http_method_t method, const char *path, const char *body)
{
	return ask_as(room, &(twin_http_ask_t){ .method = method,
	                                        .path = path,
	                                        .token = room->token,
	                                        .body = slice_str(body) });
}

static inline int get(room_t *room, const char *path)
{
	return ask(room, HTTP_GET, path, NULL);
}

static inline bool slice_has(slice_t text, const char *part)
{
	slice_t want = slice_str(part);
	for (size_t i = 0; i + want.len <= text.len; i++)
		if (slice_eq(slice_sub(text, i, want.len), want))
			return true;
	return false;
}

/* Shows the body when a test fails. */
static inline bool has(const room_t *room, const char *part)
{
	bool found = slice_has(room->answer.body, part);
	if (!found)
		print_message("not in the answer: %s\n%.*s\n", part, (int)room->answer.body.len,
		              (const char *)room->answer.body.ptr);
	return found;
}

static inline bool body_is(const room_t *room, const char *text)
{
	return slice_eq(room->answer.body, slice_str(text)) || has(room, text);
}

#define ROOM_PASSWORD "correct horse battery"

/* A user with ROOM_PASSWORD. */
static inline void make_user(room_t *room, const char *name, const char *role)
{
	char body[256];
	(void)snprintf(body, sizeof(body),
	               "{\"name\":\"%s\",\"role\":\"%s\",\"password\":\"" ROOM_PASSWORD "\"}", name,
	               role);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/users", body), 201);
}

/* The text of a member of the answer, which must be there. */
static inline void answer_text(const room_t *room, const char *key, char *buf, size_t cap)
{
	char want[64];
	slice_t rest = room->answer.body;
	int len = snprintf(want, sizeof(want), "\"%s\":\"", key);
	while (rest.len && !slice_starts(rest, slice_str(want)))
		rest = slice_from(rest, 1);
	rest = slice_from(rest, (size_t)len);
	assert_true(slice_to_cstr(slice_cut(&rest, '"'), buf, cap));
	assert_true(buf[0]);
}

/* An API token of a user, made by the administrator. */
static inline void make_token(room_t *room, const char *user, const char *role,
                              char ret_secret[ACCESS_TOKEN_TEXT])
{
	char body[256];
	(void)snprintf(body, sizeof(body), "{\"user\":\"%s\",\"role\":\"%s\",\"label\":\"t\"}",
	               user, role);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/tokens", body), 201);
	answer_text(room, "secret", ret_secret, ACCESS_TOKEN_TEXT);
}

static inline void pass(room_t *room, int64_t ns)
{
	twin_run_for(room->twin, ns);
}
#endif
