/* SPDX-License-Identifier: Apache-2.0 */
/* The doors, the roles and the shapes of answers. */
#include "api/room_test.h"

#include "api/assets.h"
#include "api/routes.h"

#define BAD_TOKEN "jz_0000000000000000000000000000000000000000"

/* Every route, with a path that fits it and what an administrator gets. */
static const struct {
	http_method_t method;
	const char *path, *body;
	int status;
} rows[] = {
	{ HTTP_GET, "/healthz", NULL, 200 },
	{ HTTP_GET, "/readyz", NULL, 200 },
	{ HTTP_GET, "/ping", NULL, 204 },
	{ HTTP_GET, "/health", NULL, 200 },
	{ HTTP_POST, "/write?precision=x", NULL, 400 },
	{ HTTP_POST, "/api/v2/write?precision=x", NULL, 400 },
	{ HTTP_POST, "/prometheus/api/v1/write", NULL, 400 },
	{ HTTP_GET, "/metrics", NULL, 200 },
	{ HTTP_GET, "/api/v1/openapi.yaml", NULL, 200 },
	{ HTTP_GET, "/api/v1/session", NULL, 200 },
	{ HTTP_POST, "/api/v1/session", "{\"token\":\"jz_\"}", 401 },
	{ HTTP_DELETE, "/api/v1/session", NULL, 204 },
	{ HTTP_PUT, "/api/v1/session/password", "{}", 409 },
	{ HTTP_GET, "/api/v1/users", NULL, 200 },
	{ HTTP_POST, "/api/v1/users", "{}", 422 },
	{ HTTP_PATCH, "/api/v1/users/nobody", "{}", 404 },
	{ HTTP_DELETE, "/api/v1/users/nobody", NULL, 404 },
	{ HTTP_GET, "/api/v1/tokens", NULL, 200 },
	{ HTTP_POST, "/api/v1/tokens", "{}", 422 },
	{ HTTP_DELETE, "/api/v1/tokens/none", NULL, 404 },
	{ HTTP_GET, "/api/v1/members", NULL, 404 },
	{ HTTP_POST, "/api/v1/members", "{}", 404 },
	{ HTTP_POST, "/api/v1/members/99.100.7/revoke", "{}", 404 },
	{ HTTP_GET, "/api/v1/tree", NULL, 404 },
	{ HTTP_GET, "/api/v1/tree/refusals", NULL, 404 },
	{ HTTP_GET, "/api/v1/definitions", NULL, 404 },
	{ HTTP_GET, "/api/v1/definitions/iso22400.oee", NULL, 404 },
	{ HTTP_GET, "/api/v1/published", NULL, 404 },
	{ HTTP_GET, "/api/v1/figures", NULL, 404 },
	{ HTTP_GET, "/api/v1/figures/AQ", NULL, 404 },
	{ HTTP_POST, "/api/v1/figures/declared", "{}", 404 },
	{ HTTP_GET, "/api/v1/figures/declared.csv", NULL, 404 },
	{ HTTP_POST, "/api/v1/figures/declared.csv", "x", 404 },
	{ HTTP_GET, "/api/v1/census", NULL, 404 },
	{ HTTP_GET, "/api/v1/census/devices", NULL, 404 },
	{ HTTP_GET, "/api/v1/cases", NULL, 404 },
	{ HTTP_GET, "/api/v1/cases/99.100.1:1", NULL, 404 },
	{ HTTP_POST, "/api/v1/cases/99.100.1:1/steps", "{}", 404 },
	{ HTTP_GET, "/api/v1/cases/99.100.1:1/form", NULL, 404 },
	{ HTTP_GET, "/api/v1/posture", NULL, 404 },
	{ HTTP_GET, "/api/v1/catalogue", NULL, 404 },
	{ HTTP_GET, "/api/v1/releases", NULL, 404 },
	{ HTTP_GET, "/api/v1/node", NULL, 200 },
	{ HTTP_GET, "/api/v1/devices", NULL, 200 },
	{ HTTP_GET, "/api/v1/points", NULL, 200 },
	{ HTTP_GET, "/api/v1/points/FRM1.V", NULL, 200 },
	{ HTTP_GET, "/api/v1/points/FRM1.V/samples", NULL, 200 },
	{ HTTP_GET, "/api/v1/points/FRM1.V/buckets", NULL, 200 },
	{ HTTP_GET, "/api/v1/points/FRM1.V/evidence?at_ns=1", NULL, 404 },
	{ HTTP_GET, "/api/v1/points/FRM1.V/edits", NULL, 200 },
	{ HTTP_POST, "/api/v1/points/FRM1.V/edits", "{}", 422 },
	{ HTTP_POST, "/api/v1/points/FRM1.V/edits/1/undo", "{}", 422 },
	{ HTTP_GET, "/api/v1/series?q=x", NULL, 200 },
	{ HTTP_POST, "/api/v1/sql", "{}", 501 },
	{ HTTP_POST, "/api/v1/query", "{}", 422 },
	{ HTTP_GET, "/api/v1/query/slow", NULL, 200 },
	{ HTTP_GET, "/api/v1/aggregates", NULL, 200 },
	{ HTTP_POST, "/api/v1/samples", NULL, 415 },
	{ HTTP_GET, "/api/v1/live", NULL, 200 },
	{ HTTP_GET, "/api/v1/events", NULL, 200 },
	{ HTTP_GET, "/api/v1/events/99999", NULL, 404 },
	{ HTTP_GET, "/api/v1/incidents", NULL, 200 },
	{ HTTP_GET, "/api/v1/incidents/99", NULL, 404 },
	{ HTTP_GET, "/api/v1/assets", NULL, 200 },
	{ HTTP_POST, "/api/v1/assets/127.0.9.9/approval", "{\"approved\":true}", 404 },
	{ HTTP_GET, "/api/v1/conversations", NULL, 200 },
	{ HTTP_GET, "/api/v1/baseline", NULL, 200 },
	{ HTTP_POST, "/api/v1/baseline/approval", "{}", 422 },
	{ HTTP_GET, "/api/v1/commands", NULL, 200 },
	{ HTTP_POST, "/api/v1/commands", "{}", 422 },
	{ HTTP_GET, "/api/v1/audit/verify", NULL, 200 },
	{ HTTP_POST, "/api/v1/demo/attack", NULL, 202 },
	{ HTTP_GET, "/api/v1/identifiers?q=x", NULL, 200 },
	{ HTTP_GET, "/api/v1/office", NULL, 200 },
	{ HTTP_GET, "/api/v1/office/applications", NULL, 200 },
	{ HTTP_POST, "/api/v1/office/applications", "{}", 422 },
	{ HTTP_GET, "/api/v1/office/applications/1", NULL, 404 },
	{ HTTP_POST, "/api/v1/office/applications/1/review", NULL, 404 },
	{ HTTP_GET, "/api/v1/office/prefixes", NULL, 200 },
	{ HTTP_GET, "/api/v1/office/prefixes/99.100.1", NULL, 200 },
	{ HTTP_PUT, "/api/v1/office/prefixes/99.100.1.7/limits", "{}", 404 },
	{ HTTP_POST, "/api/v1/office/prefixes/99.100.1.7/secret", NULL, 404 },
	{ HTTP_GET, "/api/v1/office/templates", NULL, 200 },
	{ HTTP_POST, "/api/v1/office/templates", "{}", 422 },
	{ HTTP_GET, "/api/v1/office/templates/99.100.1/1.0", NULL, 404 },
	{ HTTP_DELETE, "/api/v1/office/templates/99.100.1/1.0", NULL, 404 },
	{ HTTP_POST, "/identity/token", "{\"password\":\"jz_\"}", 401 },
	{ HTTP_GET, "/identityv2/data/detail?handle=99.100.1/NONE", NULL, 200 },
	{ HTTP_POST, "/identityv2/data", "{}", 200 },
	{ HTTP_PUT, "/identityv2/data", "{}", 200 },
	{ HTTP_DELETE, "/identityv2/data", "{\"handle\":\"99.100.1/NONE\"}", 200 },
	{ HTTP_POST, "/identityv2/data/batchCreate", "[]", 200 },
	{ HTTP_PUT, "/identityv2/data/batchUpdate", "[]", 200 },
	{ HTTP_DELETE, "/identityv2/data/batchDelete", "[\"99.100.1/NONE\"]", 200 },
	{ HTTP_GET, "/snms/api/v5/template?prefix=99.100.1&version=1", NULL, 200 },
	{ HTTP_POST, "/snms/api/v5/template", "{}", 200 },
	{ HTTP_PUT, "/snms/api/v5/template", "{}", 200 },
	{ HTTP_DELETE, "/snms/api/v5/template", "{}", 200 },
	{ HTTP_POST, "/api/v1/registrations", NULL, 422 },
	{ HTTP_GET, "/api/v1/registrations?prefix=99.100.1", NULL, 200 },
	{ HTTP_GET, "/prometheus/api/v1/query?query=1", NULL, 200 },
	{ HTTP_POST, "/prometheus/api/v1/query?query=1", NULL, 200 },
	{ HTTP_GET, "/prometheus/api/v1/query_range?query=1&start=0&end=1&step=1", NULL, 200 },
	{ HTTP_POST, "/prometheus/api/v1/query_range?query=1&start=0&end=1&step=1", NULL, 200 },
	{ HTTP_GET, "/prometheus/api/v1/series?match[]=up", NULL, 200 },
	{ HTTP_POST, "/prometheus/api/v1/series?match[]=up", NULL, 200 },
	{ HTTP_GET, "/prometheus/api/v1/labels", NULL, 200 },
	{ HTTP_POST, "/prometheus/api/v1/labels", NULL, 200 },
	{ HTTP_GET, "/prometheus/api/v1/label/job/values", NULL, 200 },
	{ HTTP_GET, "/prometheus/api/v1/metadata", NULL, 200 },
	{ HTTP_GET, "/prometheus/api/v1/status/buildinfo", NULL, 200 },
	{ HTTP_GET, "/prometheus/api/v1/query_exemplars?query=up", NULL, 200 },
	{ HTTP_POST, "/prometheus/api/v1/query_exemplars?query=up", NULL, 200 },
	{ HTTP_GET, "/prometheus/api/v1/rules", NULL, 200 },
	{ HTTP_GET, "/prometheus/api/v1/alerts", NULL, 200 },
	{ HTTP_GET, "/api/handles?prefix=99.100.1", NULL, 200 },
	{ HTTP_GET, "/api/handles/99.100.1/NONE", NULL, 404 },
	{ HTTP_PUT, "/api/handles/99.100.1/X", "[]", 400 },
	{ HTTP_DELETE, "/api/handles/99.100.1/NONE", NULL, 404 },
	{ HTTP_GET, "/api/site", NULL, 200 },
	{ HTTP_GET, "/api/prefixes", NULL, 200 },
	{ HTTP_POST, "/api/prefixes/99.100.9", NULL, 201 },
	{ HTTP_DELETE, "/api/prefixes/99.100.9", NULL, 200 },
	{ HTTP_POST, "/api/sessions", NULL, 403 },
	{ HTTP_GET, "/api/sessions/this", NULL, 200 },
	{ HTTP_PUT, "/api/sessions/this", NULL, 403 },
	{ HTTP_DELETE, "/api/sessions/this", NULL, 204 },
	{ HTTP_GET, "/api/verifications/301:0.NA/99.100.1", NULL, 400 },
	{ HTTP_GET, "/api/v1/decode?text=09521234543213", NULL, 200 },
	{ HTTP_GET, "/api/v1/codes/2.999.1", NULL, 200 },
	{ HTTP_GET, "/.well-known/gs1resolver", NULL, 200 },
	{ HTTP_GET, "/00/095212345000000018", NULL, 404 },
	{ HTTP_GET, "/01/09521234543213", NULL, 404 },
	{ HTTP_GET, "/253/9521234567899", NULL, 404 },
	{ HTTP_GET, "/255/9521234567899", NULL, 404 },
	{ HTTP_GET, "/401/9521A", NULL, 404 },
	{ HTTP_GET, "/402/95212345000000018", NULL, 404 },
	{ HTTP_GET, "/414/9521234567899", NULL, 404 },
	{ HTTP_GET, "/415/9521234567899/8020/A", NULL, 404 },
	{ HTTP_GET, "/417/9521234567899", NULL, 404 },
	{ HTTP_GET, "/8003/09521234567899", NULL, 404 },
	{ HTTP_GET, "/8004/9521A", NULL, 404 },
	{ HTTP_GET, "/8006/095212345432130102", NULL, 404 },
	{ HTTP_GET, "/8010/9521A", NULL, 404 },
	{ HTTP_GET, "/8013/1987654Ad4X4bL5ttr2310c2K", NULL, 404 },
	{ HTTP_GET, "/8017/952123450000000012", NULL, 404 },
	{ HTTP_GET, "/8018/952123450000000012", NULL, 404 },
	{ HTTP_GET, "/api/v1/resolution?name=99.100.1/NONE", NULL, 404 },
	{ HTTP_GET, "/api/v1/proof/key", NULL, 200 },
	{ HTTP_GET, "/api/v1/proof/head", NULL, 200 },
	{ HTTP_GET, "/api/v1/proof/inclusion?seq=1", NULL, 404 },
	{ HTTP_GET, "/api/v1/proof/consistency", NULL, 200 },
	{ HTTP_GET, "/api/v1/proof/answer/99.100.1/NONE", NULL, 404 },
	{ HTTP_GET, "/api/v1/identifiers/99.100.1/NONE/history", NULL, 404 },
	{ HTTP_GET, "/api/v1/identifiers/99.100.1/NONE/verification", NULL, 404 },
	{ HTTP_POST, "/api/v1/identifiers/99.100.1/NONE/state", "{\"state\":\"retired\"}", 404 },
	{ HTTP_POST, "/api/v1/identifiers/99.100.1/NONE/restoration", NULL, 404 },
};

static void every_route_answers_an_administrator(void **state)
{
	room_t *room = *state;
	assert_int_equal(sizeof(rows) / sizeof(*rows), routes_count());
	for (size_t i = 0; i < routes_count(); i++) {
		slice_t path = slice_str(rows[i].path);
		slice_t bare = slice_cut(&path, '?');
		assert_ptr_equal(routes_find(rows[i].method, bare).route, routes_get(i));
		int status = ask(room, rows[i].method, rows[i].path, rows[i].body);
		if (status != rows[i].status)
			print_message("%s\n", rows[i].path);
		assert_int_equal(status, rows[i].status);
		if (status >= 400 && routes_get(i)->face == FACE_PROBLEM)
			assert_true(slice_eq(room->answer.content_type,
			                     SLICE("application/problem+json")));
	}
}

static void every_route_but_the_public_ones_needs_a_caller(void **state)
{
	room_t *room = *state;
	for (size_t i = 0; i < routes_count(); i++) {
		if (routes_get(i)->role == ROLE_PUBLIC)
			continue;
		twin_http_ask_t bare = { .method = rows[i].method, .path = rows[i].path };
		/* Handle servers ask nobody who they are but by TLS. */
		bool is_handle = routes_get(i)->face == FACE_HANDLE;
		assert_int_equal(ask_as(room, &bare), is_handle ? 403 : 401);
		slice_t how = twin_http_header(&room->answer, "WWW-Authenticate");
		assert_int_equal(how.len > 0, !is_handle);
	}
}

/* Each role asks every route with an API token: 403 where the route wants more, what
 * the route says to those it serves elsewhere. */
static void every_route_is_for_its_role_and_above_alone(void **state)
{
	room_t *room = *state;
	for (role_t role = ROLE_VIEWER; role < ROLE_COUNT; role++) {
		char secret[ACCESS_TOKEN_TEXT];
		make_user(room, role_name(role), role_name(role));
		make_token(room, role_name(role), role_name(role), secret);
		for (size_t i = 0; i < routes_count(); i++) {
			twin_http_ask_t one = { .method = rows[i].method,
				                .path = rows[i].path,
				                .token = secret,
				                .body = slice_str(rows[i].body) };
			int status = ask_as(room, &one);
			bool is_refused = role < routes_get(i)->role;
			if (status != (is_refused ? 403 : rows[i].status))
				print_message("%s %s: %d\n", role_name(role), rows[i].path, status);
			assert_int_equal(status, is_refused ? 403 : rows[i].status);
		}
	}
}

static void a_wrong_token_is_refused_also_at_public_doors(void **state)
{
	room_t *room = *state;
	twin_http_ask_t wrong = { .path = "/healthz", .token = BAD_TOKEN };
	assert_int_equal(ask_as(room, &wrong), 401);
	assert_true(has(room, "\"code\":\"UNAUTHENTICATED\""));
}

static void many_wrong_tokens_make_a_source_wait(void **state)
{
	room_t *room = *state;
	twin_http_ask_t wrong = { .path = "/metrics", .token = BAD_TOKEN };
	for (size_t i = 0; i < ACCESS_FAILURES_MAX; i++)
		assert_int_equal(ask_as(room, &wrong), 401);
	assert_int_equal(ask_as(room, &wrong), 429);
	assert_int_equal(get(room, "/api/v1/node"), 429);
	pass(room, 61 * NS_PER_S);
	assert_int_equal(get(room, "/api/v1/node"), 200);
}

typedef struct {
	char cookie[128], csrf[40];
} signed_in_t;

static signed_in_t sign_in(room_t *room)
{
	signed_in_t in = { 0 };
	char body[80];
	snprintf(body, sizeof(body), "{\"token\":\"%s\"}", room->token);
	twin_http_ask_t post = { .method = HTTP_POST,
		                 .path = "/api/v1/session",
		                 .body = slice_str(body) };
	assert_int_equal(ask_as(room, &post), 200);
	slice_t cookie = twin_http_header(&room->answer, "Set-Cookie");
	assert_true(slice_has(cookie, "HttpOnly"));
	assert_true(slice_has(cookie, "SameSite=Strict"));
	assert_true(slice_to_cstr(slice_cut(&cookie, ';'), in.cookie, sizeof(in.cookie)));
	slice_t rest = room->answer.body;
	while (rest.len && !slice_starts(rest, SLICE("\"csrf\":\"")))
		rest = slice_from(rest, 1);
	assert_true(slice_to_cstr(slice_sub(rest, 8, 32), in.csrf, sizeof(in.csrf)));
	return in;
}

static int visit(room_t *room, http_method_t method, const char *path, const char *cookie,
                 const char *csrf)
{
	http_header_t headers[] = { { "Cookie", cookie },
		                    { csrf ? "X-CSRF-Token" : NULL, csrf },
		                    { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .method = method,
	                                        .path = path,
	                                        .headers = headers,
	                                        .body = SLICE("{\"approved\":true}") });
}

static void a_session_reads_with_its_cookie_and_writes_with_its_word(void **state)
{
	room_t *room = *state;
	signed_in_t in = sign_in(room);
	assert_int_equal(visit(room, HTTP_GET, "/api/v1/session", in.cookie, NULL), 200);
	assert_true(has(room, in.csrf));
	assert_int_equal(visit(room, HTTP_POST, "/api/v1/demo/attack", in.cookie, NULL), 403);
	assert_int_equal(visit(room, HTTP_POST, "/api/v1/demo/attack", in.cookie, "wrong"), 403);
	assert_int_equal(room->attacks, 0);
	assert_int_equal(visit(room, HTTP_POST, "/api/v1/demo/attack", in.cookie, in.csrf), 202);
	assert_int_equal(room->attacks, 1);
	assert_int_equal(visit(room, HTTP_DELETE, "/api/v1/session", in.cookie, in.csrf), 204);
	assert_int_equal(visit(room, HTTP_GET, "/api/v1/session", in.cookie, NULL), 401);
	assert_int_equal(get(room, "/api/v1/events?class=access"), 200);
	assert_true(has(room, "\"message\":\"LOGIN\""));
}

static void problems_say_what_is_wrong_and_what_to_do_in_both_languages(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, "/api/v1/points/NOBODY"), 404);
	assert_true(has(room, "\"status\":404"));
	assert_true(has(room, "\"detail\":\"there is no point called NOBODY\""));
	assert_true(has(room, "\"fix\":"));
	slice_t id = twin_http_header(&room->answer, "X-Request-Id");
	char text[64];
	snprintf(text, sizeof(text), "\"request_id\":\"%.*s\"", (int)id.len, (const char *)id.ptr);
	assert_true(has(room, text));
	assert_int_equal(get(room, "/healthz"), 200);
	assert_int_equal(twin_http_header(&room->answer, "X-Request-Id").len, 0);
	assert_int_equal(get(room, "/api/v1/points/NOBODY?lang=zh"), 404);
	assert_true(has(room, "没有名为 NOBODY 的测点"));
}

static void unknown_paths_and_methods_are_told_apart(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, "/api/v1/nothing"), 404);
	assert_int_equal(get(room, "/api/v1/points/FRM1.V/nothing"), 404);
	assert_int_equal(get(room, "/api/v1/points/"), 404);
	assert_int_equal(ask(room, HTTP_PUT, "/api/v1/node", NULL), 405);
	assert_true(slice_eq(twin_http_header(&room->answer, "Allow"), SLICE("GET, HEAD")));
	assert_int_equal(ask(room, HTTP_DELETE, "/api/v1/commands", NULL), 405);
	assert_true(slice_eq(twin_http_header(&room->answer, "Allow"), SLICE("GET, HEAD, POST")));
	assert_int_equal(ask(room, HTTP_OPTIONS, "/api/v1/node", NULL), 204);
	assert_int_equal(ask(room, HTTP_POST, "/", NULL), 404);
}

static void badly_encoded_requests_are_refused(void **state)
{
	room_t *room = *state;
	static const char *const bad[] = {
		"/api/v1/points/%zz",      "/api/v1/points/%0",        "/api/v1/points/a%00b",
		"/api/v1/points?device=%", "/api/v1/points?device=%2", "/api/v1/points/%+1",
	};
	char many[400];
	size_t len = (size_t)snprintf(many, sizeof(many), "/api/v1/points?a=1");
	for (size_t i = 0; i < REQUEST_QUERY_MAX; i++)
		len += (size_t)snprintf(many + len, sizeof(many) - len, "&a=1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(get(room, bad[i]), 400);
	assert_int_equal(get(room, many), 400);
	assert_int_equal(get(room, "/api/v1/points/FRM1%2EV"), 200);
}

static void bodies_that_are_no_json_are_refused(void **state)
{
	room_t *room = *state;
	static const char *const bad[] = {
		"",   "{",   "[1,]",    "{\"a\":1}x", "{\"a\":1,\"a\":2}", "\"\\ud800\"",
		"01", "nul", "\"\x01\""
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(ask(room, HTTP_POST, "/api/v1/session", bad[i]), 400);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/session", "{\"token\":7}"), 422);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/session", "[]"), 422);
}

static void numbers_of_the_query_have_a_range(void **state)
{
	room_t *room = *state;
	static const char *const bad[] = {
		"/api/v1/events?limit=0",
		"/api/v1/events?limit=1001",
		"/api/v1/events?limit=ten",
		"/api/v1/events?class=nonsense",
		"/api/v1/events?severity=loud",
		"/api/v1/points/FRM1.V/samples?from_ms=5&to_ms=5",
		"/api/v1/points/FRM1.V/samples?from_ms=-1",
		"/api/v1/points/FRM1.V/buckets?from_ms=0&to_ms=1700000000000&step_ms=1000",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(get(room, bad[i]), 422);
}

static void the_node_tells_its_counts(void **state)
{
	room_t *room = *state;
	pass(room, 10 * NS_PER_S);
	assert_int_equal(get(room, "/api/v1/node"), 200);
	assert_true(has(room, "\"name\":\"works\""));
	assert_true(has(room, "\"label\":{\"en\":\"Works\",\"zh\":\"工厂\"}"));
	assert_true(has(room, "\"devices\":1,\"devices_up\":1,\"points\":2,\"points_good\":2"));
	assert_true(has(room, "\"samples_per_s\":2"));
	assert_true(has(room, "\"capture_live\":true,\"demo\":true"));
	assert_true(has(room, "\"mode\":\"waiting\""));
}

static void devices_and_points_have_the_agreed_shape(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, "/api/v1/devices"), 200);
	assert_true(has(room, "\"name\":\"FRM1\""));
	assert_true(has(room, "\"address\":\"127.0.2.1:1502\",\"unit\":1,\"state\":\"up\""));
	assert_int_equal(get(room, "/api/v1/points/FRM1.V_SET"), 200);
	assert_true(has(room, "\"type\":\"uint16\",\"table\":\"holding\",\"address\":10,"
	                      "\"period_ms\":1000,\"limits\":null,\"write\":{\"limits\":[3,4.2],"
	                      "\"tolerance\":0.002,\"role\":\"operator\"},\"states\":null,"
	                      "\"value\":3.65"));
	assert_true(has(room, "\"quality\":\"good\",\"quality_class\":\"good\""));
	assert_int_equal(get(room, "/api/v1/points?device=FRM1"), 200);
	assert_true(has(room, "FRM1.V_SET"));
	assert_int_equal(get(room, "/api/v1/points?device=NOBODY"), 404);
}

static void history_comes_as_samples_and_as_buckets(void **state)
{
	room_t *room = *state;
	pass(room, 5 * NS_PER_S);
	assert_int_equal(get(room, "/api/v1/points/FRM1.V/samples?limit=2"), 200);
	assert_true(has(room, "{\"point\":\"FRM1.V\",\"items\":[[17000000"));
	assert_true(has(room, ",3.6,\"good\"]"));
	assert_true(has(room, "\"truncated\":true"));
	assert_int_equal(get(room, "/api/v1/points/FRM1.V/buckets?from_ms=1699999990000&"
	                           "to_ms=1700000010000&step_ms=10000"),
	                 200);
	assert_true(has(room, "\"step_ms\":10000,\"items\":[{\"t_ms\":1699999990000,\"count\":0,"
	                      "\"bad\":0,\"min\":null,\"max\":null,\"mean\":null,\"first\":null,"
	                      "\"last\":null},{\"t_ms\":1700000000000,"));
	assert_true(has(room, "\"min\":3.6,\"max\":3.6"));
}

static void events_are_paged_filtered_and_said_in_the_readers_language(void **state)
{
	room_t *room = *state;
	for (int i = 0; i < 5; i++) {
		event_t event = event_make(MSG_DISK_LOW, (node_time_t){ START_NS });
		event.point = 1;
		OK(event_append(room->journal, &event));
	}
	pass(room, NS_PER_S);
	assert_int_equal(get(room, "/api/v1/events?severity=alarm&limit=4"), 200);
	assert_true(has(room, "\"text\":\"Disk space is low.\""));
	assert_true(has(room, "\"point\":\"FRM1.V\""));
	assert_false(slice_has(room->answer.body, "\"next_before\":null"));
	assert_int_equal(get(room, "/api/v1/events?severity=alarm&limit=6&lang=zh"), 200);
	assert_true(has(room, "磁盘空间不足"));
	assert_true(has(room, "\"next_before\":null"));
	assert_int_equal(get(room, "/api/v1/events?class=command"), 200);
	assert_true(body_is(room, "{\"items\":[],\"next_before\":null}"));
	assert_int_equal(get(room, "/api/v1/events/1"), 200);
	assert_true(has(room, "{\"seq\":1,\"time\":\"2023-11-14T22:13:2"));
}

static void the_journal_is_walked_for_the_auditor(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, "/api/v1/audit/verify"), 200);
	assert_true(has(room, ",\"ok\":true}"));
	OK(twin_disk_flip(room->twin, "node", "data/journal/main-0000000000000001.log", 180));
	assert_int_equal(get(room, "/api/v1/audit/verify"), 200);
	assert_true(has(room, "\"ok\":false,\"detail\":\"damaged data\""));
}

static void readiness_is_the_hosts_word(void **state)
{
	room_t *room = *state;
	room->is_unready = true;
	assert_int_equal(get(room, "/readyz"), 503);
	assert_true(has(room, "not ready: a test says so"));
	assert_int_equal(get(room, "/healthz"), 200);
}

static void an_attack_under_way_is_a_conflict(void **state)
{
	room_t *room = *state;
	room->attack_err = ERR_BUSY;
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/demo/attack", NULL), 409);
}

static void metrics_hold_the_tables_of_all_rooms(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, "/metrics"), 200);
	assert_true(has(room, "\njizhu_http_requests_total 1\n"));
	assert_true(has(room, "\njizhu_fleet_devices_up 1\n"));
	assert_true(has(room, "\njizhu_process_cpu_nanoseconds_total "));
}

static void the_console_is_served_compressed_and_cached_by_its_hash(void **state)
{
	room_t *room = *state;
	twin_http_ask_t page = { .path = "/incidents/7" };
	assert_int_equal(ask_as(room, &page), 200);
	assert_true(slice_starts(room->answer.content_type, SLICE("text/html")));
	assert_true(slice_eq(twin_http_header(&room->answer, "Content-Encoding"), SLICE("gzip")));
	assert_true(slice_eq(twin_http_header(&room->answer, "Cache-Control"), SLICE("no-cache")));
	assert_true(slice_starts(twin_http_header(&room->answer, "Content-Security-Policy"),
	                         SLICE("default-src 'self'")));
	char etag[40];
	assert_true(slice_to_cstr(twin_http_header(&room->answer, "ETag"), etag, sizeof(etag)));
	http_header_t headers[] = { { "If-None-Match", etag }, { NULL, NULL } };
	page.headers = headers;
	assert_int_equal(ask_as(room, &page), 304);
	assert_int_equal(room->answer.body.len, 0);
	assert_int_equal(get(room, "/assets/none-123.js"), 404);
	for (size_t i = 0; i < console_asset_count; i++)
		assert_int_equal(get(room, console_assets[i].path), 200);
}

static void a_door_that_is_not_loopback_stays_shut(void **state)
{
	room_t *room = *state;
	api_t *api = NULL;
	err_detail_t detail;
	char text[300];
	api_spec_t spec = room_spec(room);
	spec.addr.ip = ip_v4(192, 0, 2, 1);
	assert_int_equal(api_open(room->env, &spec, &api, &detail), ERR_DENIED);
	assert_non_null(strstr(err_render(&detail, LANG_EN, text, sizeof(text)), "192.0.2.1:8080"));
	assert_null(api);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_route_answers_an_administrator),
		TEST(every_route_but_the_public_ones_needs_a_caller),
		TEST(every_route_is_for_its_role_and_above_alone),
		TEST(a_wrong_token_is_refused_also_at_public_doors),
		TEST(many_wrong_tokens_make_a_source_wait),
		TEST(a_session_reads_with_its_cookie_and_writes_with_its_word),
		TEST(problems_say_what_is_wrong_and_what_to_do_in_both_languages),
		TEST(unknown_paths_and_methods_are_told_apart),
		TEST(badly_encoded_requests_are_refused),
		TEST(bodies_that_are_no_json_are_refused),
		TEST(numbers_of_the_query_have_a_range),
		TEST(the_node_tells_its_counts),
		TEST(devices_and_points_have_the_agreed_shape),
		TEST(history_comes_as_samples_and_as_buckets),
		TEST(events_are_paged_filtered_and_said_in_the_readers_language),
		TEST(the_journal_is_walked_for_the_auditor),
		TEST(readiness_is_the_hosts_word),
		TEST(an_attack_under_way_is_a_conflict),
		TEST(metrics_hold_the_tables_of_all_rooms),
		TEST(the_console_is_served_compressed_and_cached_by_its_hash),
		TEST(a_door_that_is_not_loopback_stays_shut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
