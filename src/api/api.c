/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and closes the door, and carries exchanges between the loops. */
#include <assert.h>
#include <stdlib.h>

#include "api/guard.h"
#include "api/gs1_door.h"
#include "api/handlers.h"
#include "api/edits.h"
#include "api/ingest.h"
#include "api/passwords.h"
#include "api/registrations.h"
#include "api/routes.h"
#include "api/snms.h"
#include "api/state.h"
#include "api/unseen.h"
#include "registry/handle/desk.h"

enum { BODY_MAX = 8 << 20, CONNECTIONS_MAX = 1024 };

#define X(id, name, help, kind) { name, help, METRIC_##kind },
static const metric_row_t metric_rows[] = { API_METRICS(X) };
#undef X

static const err_text_t text_not_loopback = {
	{ "the HTTP door listens without TLS only on loopback addresses, not on %1",
	  "HTTP 服务未启用 TLS 时只能监听环回地址，不能监听 %1" },
	{ "set listen.tls.mode to auto, or listen.http to 127.0.0.1",
	  "请将 listen.tls.mode 设为 auto，或将 listen.http 设为 127.0.0.1" },
};

static const err_text_t text_listen = {
	{ "cannot listen on %1", "无法监听 %1" },
	{ "see whether another program uses the port", "请检查端口是否被其他程序占用" },
};

static const err_text_t text_key = {
	{ "TLS cannot use the key of the certificate for %1", "TLS 无法使用 %1 的证书密钥" },
	{ "use an ECDSA key on P-256, or RSA of 2048 bits or more",
	  "请使用 P-256 的 ECDSA 密钥，或 2048 位及以上的 RSA 密钥" },
};

static const err_text_t text_path = {
	{ "there is no such path: %1", "路径不存在：%1" },
	{ "GET /api/v1/openapi.yaml lists them", "GET /api/v1/openapi.yaml 可列出全部路径" },
};

static const err_text_t text_method = {
	{ "the path does not know this method", "该路径不支持此方法" },
	{ "the Allow header names those it knows", "Allow 头列出了可用方法" },
};

static const err_text_t text_request = {
	{ "the path or the query is not encoded well", "路径或查询串编码有误" },
	{ "percent-encode it as UTF-8 without zero bytes, with at most 32 parameters",
	  "请使用 UTF-8 百分号编码，不含零字节，参数不超过 32 个" },
};

static const err_text_t text_queries = {
	{ "too many queries wait for their turn", "等待中的查询过多" },
	{ "try again in a moment", "请稍后重试" },
};

void exchange_free(exchange_t *x)
{
	if (x->before)
		x->before->next = x->next;
	else
		x->api->first = x->next;
	if (x->next)
		x->next->before = x->before;
	passwords_drop(x);
	registrations_drop(x);
	ingest_drop(x);
	edits_drop(x);
	handle_auth_drop(x);
	text_free(&x->other_names);
	request_done(&x->request);
	reply_done(&x->reply);
	free(x);
}

static exchange_t *exchange_new(api_t *api, env_http_request_t *wire)
{
	exchange_t *x = calloc(1, sizeof(*x));
	if (!x)
		return NULL;
	x->api = api;
	x->wire = wire;
	x->next = api->first;
	if (api->first)
		api->first->before = x;
	api->first = x;
	reply_init(&x->reply);
	return x;
}

bool api_change_begin(api_t *api)
{
	if (metric_get(&api->metrics, METRIC_CHANGES) >= API_CHANGES_MAX) {
		metric_add(&api->metrics, METRIC_CHANGES_FULL, 1);
		return false;
	}
	metric_add(&api->metrics, METRIC_CHANGES, 1);
	return true;
}

void api_change_end(api_t *api)
{
	metric_add(&api->metrics, METRIC_CHANGES, -1);
}

int64_t api_metric(const api_t *api, const char *prefix, const char *name)
{
	for (const api_metrics_t *m = api->spec.metrics; m && m->prefix; m++)
		for (size_t i = 0; strcmp(m->prefix, prefix) == 0 && i < m->metrics->count; i++)
			if (strcmp(m->metrics->rows[i].name, name) == 0)
				return metric_get(m->metrics, i);
	return 0;
}

static verdict_t ask_at(exchange_t *x, handler_t handler, env_mailbox_t *loop)
{
	api_t *api = x->api;
	x->at_query = handler;
	bool room = metric_get(&api->metrics, METRIC_QUERIES) < API_QUERIES_MAX;
	if (room)
		metric_add(&api->metrics, METRIC_QUERIES, 1);
	if (room && env_mailbox_put(loop, &x))
		return EXCHANGE_LATER;
	metric_add(&api->metrics, METRIC_QUERIES, room ? -1 : 0);
	metric_add(&api->metrics, METRIC_QUERIES_FULL, 1);
	return exchange_refuse(x, ERR_BUSY, &text_queries, (slice_t){ 0 });
}

verdict_t exchange_ask_query(exchange_t *x, handler_t handler)
{
	return ask_at(x, handler, x->api->queries);
}

void exchange_answer_late(exchange_t *x)
{
	metric_add(&x->api->metrics, METRIC_QUERIES, 1);
	/* As in exchange_run_query, one that finds no room is freed with the API. */
	(void)env_mailbox_put(x->api->answers, &x);
}

static verdict_t refuse_method(exchange_t *x, unsigned methods)
{
	char allow[128];
	writer_t w = writer_of(allow, sizeof(allow));
	routes_allow(methods, &w);
	wr_u8(&w, 0);
	if (x->request.method == HTTP_OPTIONS)
		x->reply.status = 204;
	else
		exchange_problem(x, &(problem_t){ .err = ERR_UNSUPPORTED,
		                                  .status = 405,
		                                  .text = &text_method });
	reply_header(&x->reply, "Allow", allow);
	if (gs1_door_claims(x->request.path))
		gs1_door_cors(x);
	return EXCHANGE_ANSWERED;
}

static bool is_of_the_console(const exchange_t *x)
{
	slice_t path = x->request.path;
	return (x->request.method == HTTP_GET || x->request.method == HTTP_HEAD) &&
	       !slice_starts(path, SLICE("/api/")) && !slice_eq(path, SLICE("/api")) &&
	       !slice_starts(path, SLICE("/prometheus/"));
}

static verdict_t without_route(exchange_t *x, unsigned methods)
{
	if (handle_tunnel_claims(x))
		return exchange_ask_query(x, handle_tunnel);
	if (methods)
		return refuse_method(x, methods);
	if (handles_owns(x->request.path))
		return handles_unknown(x);
	if (x->request.method == HTTP_OPTIONS && gs1_door_claims(x->request.path))
		return refuse_method(x, 1u << HTTP_GET);
	if (!is_of_the_console(x))
		return exchange_refuse(x, ERR_NOT_FOUND, &text_path, x->request.path);
	/* Codes of other schemes are told by their form, compressed Digital Links by decoding
	 * alone. */
	if (codes_door_claims(x->request.path))
		return codes_door_get(x);
	if (gs1_door_claims(x->request.path))
		return gs1_get(x);
	return handle_proxy_claims(x) ? handle_proxy_get(x) : console_get(x);
}

static verdict_t dispatch(exchange_t *x)
{
	err_t err = request_read(x->wire, &x->request);
	x->request.id = x->api->next_id++;
	route_match_t match = routes_find(x->request.method, x->request.path);
	x->route = match.route;
	if (!err)
		err = request_params(&x->request, match.param, match.param_count);
	if (err)
		return exchange_problem(
			x, &(problem_t){ .err = err, .status = 400, .text = &text_request });
	if (!match.route)
		return without_route(x, match.methods);
	reply_header(&x->reply, "Cache-Control", "no-store");
	if (handle_auth_claims(x))
		return exchange_ask_query(x, handle_auth_enter);
	if (!guard_pass(x))
		return handle_auth_refused(x);
	handler_t handler = match.route->handler;
	x->reads_history = match.route->where == ROUTE_HISTORY;
	if (match.route->where == ROUTE_TREE)
		return ask_at(x, handler, x->api->trees);
	return match.route->where == ROUTE_LOOP ? handler(x) : exchange_ask_query(x, handler);
}

static void on_request(void *ctx, env_http_request_t *wire)
{
	api_t *api = ctx;
	exchange_t *x = exchange_new(api, wire);
	metric_add(&api->metrics, METRIC_REQUESTS, 1);
	if (!x) {
		env_http_reply(wire, &(env_http_reply_t){ .status = 503 });
		return;
	}
	env_http_set_user(wire, x);
	if (dispatch(x) == EXCHANGE_ANSWERED)
		exchange_finish(x);
}

/* A stream has no exchange any more. */
static void on_gone(void *ctx, env_http_request_t *wire)
{
	api_t *api = ctx;
	exchange_t *x = env_http_user(wire);
	if (x)
		x->wire = NULL;
	else
		live_gone(api->live, wire);
}

void exchange_run_query(exchange_t *x)
{
	api_t *api = x->api;
	/* An answer that the HTTP loop takes no more is freed with the API. */
	if (x->at_query(x) == EXCHANGE_ANSWERED)
		(void)env_mailbox_put(api->answers, &x);
	else
		metric_add(&api->metrics, METRIC_QUERIES, -1);
}

static void on_queries(void *ctx)
{
	api_t *api = ctx;
	exchange_t *x = NULL;
	while (env_mailbox_take(api->queries, &x))
		if (!x->reads_history || !unseen_wait(api->unseen_desk, x))
			exchange_run_query(x);
}

static void on_trees(void *ctx)
{
	api_t *api = ctx;
	exchange_t *x = NULL;
	while (env_mailbox_take(api->trees, &x))
		exchange_run_query(x);
}

static void on_answers(void *ctx)
{
	api_t *api = ctx;
	exchange_t *x = NULL;
	while (env_mailbox_take(api->answers, &x)) {
		metric_add(&api->metrics, METRIC_QUERIES, -1);
		exchange_finish(x);
	}
}

static void on_orders(void *ctx)
{
	api_t *api = ctx;
	command_result_t result;
	while (env_mailbox_take(api->orders, &result)) {
		api_change_end(api);
		commands_answer(&result);
	}
}

static void on_changes(void *ctx)
{
	api_t *api = ctx;
	registry_result_t result;
	while (env_mailbox_take(api->changes, &result)) {
		const exchange_t *x = result.ctx;
		api_change_end(api);
		if (x->route->face == FACE_SNMS)
			snms_answer(&result);
		else
			handles_answer(&result);
	}
}

static void on_batches(void *ctx)
{
	api_t *api = ctx;
	registry_result_t result;
	while (env_mailbox_take(api->batches, &result))
		snms_batch_answer(&result);
}

static void on_resolutions(void *ctx)
{
	api_t *api = ctx;
	resolver_reply_t reply;
	while (env_mailbox_take(api->resolutions, &reply))
		resolution_answer(&reply);
}

static err_t open_resolutions(api_t *api)
{
	env_mailbox_spec_t spec = { "api resolutions",
		                    api->spec.loops.http,
		                    sizeof(resolver_reply_t),
		                    API_RESOLUTIONS_MAX,
		                    ENV_FULL_REFUSE,
		                    on_resolutions,
		                    api };
	return env_mailbox_new(&spec, &api->resolutions);
}

typedef struct {
	env_mailbox_spec_t spec;
	env_mailbox_t **ret;
} box_t;

static err_t open_boxes(const box_t *boxes, size_t count)
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < count; i++)
		err = env_mailbox_new(&boxes[i].spec, boxes[i].ret);
	return err;
}

/* To other loops. As those below, with more room than may be under way, so that none is ever
 * full. */
static err_t open_questions(api_t *api)
{
	const api_loops_t *loops = &api->spec.loops;
	const box_t boxes[] = {
		{ { "api queries", loops->query, sizeof(exchange_t *), API_QUERIES_MAX,
		    ENV_FULL_REFUSE, on_queries, api },
		  &api->queries },
		{ { "api trees", loops->tree, sizeof(exchange_t *), API_QUERIES_MAX,
		    ENV_FULL_REFUSE, on_trees, api },
		  &api->trees },
		{ { "api passwords", loops->password, sizeof(exchange_t *), API_PASSWORDS_MAX,
		    ENV_FULL_REFUSE, passwords_work, api },
		  &api->passwords },
		{ { "api bulks", loops->query, sizeof(registry_bulk_result_t), 2 * API_CHANGES_MAX,
		    ENV_FULL_REFUSE, registrations_results, api },
		  &api->bulks },
	};
	return open_boxes(boxes, sizeof(boxes) / sizeof(*boxes));
}

/* To the HTTP loop. */
static err_t open_answers(api_t *api)
{
	env_loop_t *loop = api->spec.loops.http;
	const box_t boxes[] = {
		{ { "api answers", loop, sizeof(exchange_t *), API_QUERIES_MAX + EXCHANGE_LATE_MAX,
		    ENV_FULL_REFUSE, on_answers, api },
		  &api->answers },
		{ { "api hashes", loop, sizeof(exchange_t *), API_PASSWORDS_MAX, ENV_FULL_REFUSE,
		    passwords_done, api },
		  &api->hashes },
		{ { "api orders", loop, sizeof(command_result_t), 2 * API_CHANGES_MAX,
		    ENV_FULL_REFUSE, on_orders, api },
		  &api->orders },
		{ { "api tunnel", loop, sizeof(handle_reply_t), 2 * API_CHANGES_MAX,
		    ENV_FULL_REFUSE, handle_tunnel_mail, api },
		  &api->tunnel },
		{ { "api changes", loop, sizeof(registry_result_t), 2 * API_CHANGES_MAX,
		    ENV_FULL_REFUSE, on_changes, api },
		  &api->changes },
		{ { "api batches", loop, sizeof(registry_result_t), SNMS_BATCHES * SNMS_AHEAD,
		    ENV_FULL_REFUSE, on_batches, api },
		  &api->batches },
		{ { "api bulk answers", loop, sizeof(exchange_t *), 2 * API_CHANGES_MAX,
		    ENV_FULL_REFUSE, registrations_answered, api },
		  &api->bulk_answers },
	};
	return open_boxes(boxes, sizeof(boxes) / sizeof(*boxes));
}

static err_t open_server(api_t *api, err_detail_t *ret_detail)
{
	char text[ADDR_TEXT_MAX];
	env_http_spec_t spec = {
		.request = on_request,
		.gone = on_gone,
		.ctx = api,
		.body_max = BODY_MAX,
		.connections_max = CONNECTIONS_MAX,
	};
	env_http_tls_t tls;
	err_t err = api->spec.tls.on ? tls_open(api, &api->tls, &tls, ret_detail) : ERR_OK;
	if (err)
		return err;
	spec.tls = api->tls ? &tls : NULL;
	err = env_http_open(api->spec.loops.http, api->spec.addr, &spec, &api->http);
	if (err)
		return err_raise(ret_detail, err, err == ERR_UNSUPPORTED ? &text_key : &text_listen,
		                 "", addr_format(api->spec.addr, text), (char *)NULL);
	if (api->tls)
		tls_opened(api->tls);
	return ERR_OK;
}

/* A door without sockets, on the query loop: it answers what comes over HTTP. */
static err_t open_door(api_t *api)
{
	handle_door_spec_t spec = *api->spec.handle;
	api->desk = spec.desk;
	spec.loop = api->spec.loops.query;
	if (!spec.public_addr.port && spec.addr_count > 0)
		spec.public_addr = spec.addrs[0];
	spec.addr_count = 0;
	return handle_door_open(&spec, &api->door);
}

static void begin(api_t *api)
{
	const catalogue_t *catalogue = api->spec.catalogue;
	env_random(api->env, &api->next_id, sizeof(api->next_id));
	api->started_ns = env_utc(api->env).ns;
	if (api->spec.points_max == 0)
		api->spec.points_max = catalogue->point_count;
	api->config = (api_config_t){ .generation = catalogue->generation,
		                      .loaded_ns = api->started_ns };
	atomic_store(&api->catalogue, catalogue);
	metrics_init(&api->metrics, metric_rows, METRIC_COUNT);
}

static err_t open_readers(api_t *api)
{
	err_t err = registry_reader_new(api->spec.registry, &api->reader);
	if (!err)
		err = registry_reader_new(api->spec.registry, &api->query_reader);
	if (!err)
		err = searcher_new(api->spec.search, &api->searcher);
	api->gs1_ask = err ? NULL : malloc(sizeof(*api->gs1_ask));
	return err || api->gs1_ask ? err : ERR_NO_MEMORY;
}

static err_t open_handle_parts(api_t *api)
{
	err_t err = handle_auth_new(api, &api->handle_auth);
	return err || !api->spec.handle ? err : open_door(api);
}

/* What tells what happens. Last the live streams, because the event view cannot be told
 * to forget a listener. */
static err_t open_tellers(api_t *api)
{
	err_t err = tally_open(api->spec.events, &api->tally);
	if (!err)
		err = live_new(api, &api->live);
	if (!err)
		access_on_end(api->spec.access, live_end, api->live);
	return err;
}

/* Where exchanges wait at other loops. */
static err_t open_desks(api_t *api)
{
	err_t err = edits_desk_new(api, &api->edits_desk);
	if (!err)
		err = unseen_desk_new(api, &api->unseen_desk);
	return err ? err : tree_desk_new(api, &api->tree_desk);
}

static err_t open_parts(api_t *api, err_detail_t *ret_detail)
{
	begin(api);
	err_t err = open_questions(api);
	if (!err)
		err = open_answers(api);
	if (!err)
		err = open_resolutions(api);
	if (!err)
		err = ingest_open(api, &api->intakes);
	if (!err)
		err = open_desks(api);
	if (!err)
		err = open_readers(api);
	if (!err)
		err = open_handle_parts(api);
	if (!err)
		err = open_server(api, ret_detail);
	return err ? err : open_tellers(api);
}

static err_t open_all(api_t *api, err_detail_t *ret_detail)
{
	if (ret_detail)
		*ret_detail = (err_detail_t){ 0 };
	err_t err = open_parts(api, ret_detail);
	if (err && ret_detail && !ret_detail->err)
		err_raise(ret_detail, err, NULL, "", (char *)NULL);
	return err;
}

err_t api_open(env_t *env, const api_spec_t *spec, api_t **ret_api, err_detail_t *ret_detail)
{
	char text[ADDR_TEXT_MAX];
	if (!spec->tls.on && !ip_is_loopback(spec->addr.ip))
		return err_raise(ret_detail, ERR_DENIED, &text_not_loopback, "",
		                 addr_format(spec->addr, text), (char *)NULL);
	api_t *api = calloc(1, sizeof(*api));
	if (!api)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	api->env = env;
	api->spec = *spec;
	err_t err = open_all(api, ret_detail);
	if (err)
		api_close(api);
	else
		*ret_api = api;
	return err;
}

/* What has come and was not told to anybody is given back. */
static void free_resolutions(api_t *api)
{
	resolver_reply_t reply;
	while (api->resolutions && env_mailbox_take(api->resolutions, &reply))
		resolver_answer_release(reply.answer);
	env_mailbox_free(api->resolutions);
}

static void close_mailboxes(api_t *api)
{
	env_mailbox_t *const boxes[] = {
		api->queries, api->trees,   api->answers, api->passwords, api->hashes,
		api->orders,  api->changes, api->batches, api->bulks,     api->bulk_answers,
	};
	for (size_t i = 0; i < sizeof(boxes) / sizeof(*boxes); i++)
		env_mailbox_free(boxes[i]);
}

static void close_registry_parts(api_t *api)
{
	registry_reader_free(api->reader);
	registry_reader_free(api->query_reader);
	searcher_free(api->searcher);
	free(api->gs1_ask);
	handle_door_close(api->door);
	handle_auth_free(api->handle_auth);
}

/* No request comes any more, and none is under way. */
static void close_server(api_t *api)
{
	access_on_end(api->spec.access, NULL, NULL);
	if (api->http)
		env_http_close(api->http);
	tls_free(api->tls);
	live_free(api->live);
	while (api->first)
		exchange_free(api->first);
}

void api_close(api_t *api)
{
	if (!api)
		return;
	close_server(api);
	close_registry_parts(api);
	close_mailboxes(api);
	ingest_close(api->intakes);
	edits_desk_free(api->edits_desk);
	unseen_desk_free(api->unseen_desk);
	tree_desk_free(api->tree_desk);
	snms_batches_free(api);
	handle_tunnel_close(api);
	free_resolutions(api);
	free(api);
}

void api_reload(api_t *api, const catalogue_t *catalogue, const api_config_t *config)
{
	api->config = *config;
	if (!catalogue)
		return;
	assert(catalogue->point_count <= api->spec.points_max);
	atomic_store(&api->catalogue, catalogue);
	live_reload(api->live);
}

addr_t api_addr(const api_t *api)
{
	return env_http_addr(api->http);
}

api_tls_t api_tls(const api_t *api)
{
	return tls_state(api->tls);
}
