/* SPDX-License-Identifier: Apache-2.0 */
/* Every room's table as Prometheus text, and what only this room can see. */
#include "api/handlers.h"
#include "api/state.h"

enum { TABLE_ROOM = METRICS_MAX * 512 };

/* What the server, the sessions and the process count by themselves. */
static void refresh(api_t *api)
{
	access_stats_t access = access_stats(api->spec.access);
	env_http_stats_t http = env_http_stats(api->http);
	metric_set(&api->metrics, METRIC_CONNECTIONS_REFUSED, http.refused);
	metric_set(&api->metrics, METRIC_HANDSHAKES, http.handshakes);
	metric_set(&api->metrics, METRIC_HANDSHAKES_FAILED, http.handshakes_failed);
	metric_set(&api->metrics, METRIC_HANDSHAKES_SLOW, http.handshakes_slow);
	metric_set(&api->metrics, METRIC_SESSIONS, (int64_t)access.sessions);
	metric_set(&api->metrics, METRIC_SIGN_IN_FAILURES, (int64_t)access.failures);
	metric_set(&api->metrics, METRIC_SIGN_INS_REFUSED, (int64_t)access.refused);
	metric_set(&api->metrics, METRIC_USERS, (int64_t)access.users);
	metric_set(&api->metrics, METRIC_TOKENS, (int64_t)access.tokens);
}

static void print_process(api_t *api, writer_t *w)
{
	enum { MEMORY, CPU };
	static const metric_row_t rows[] = {
		{ "memory_anonymous_bytes", "memory that is not of files", METRIC_GAUGE },
		{ "cpu_nanoseconds_total", "processor time used", METRIC_COUNTER },
	};
	env_usage_t usage = env_usage(api->env);
	metrics_t process;
	metrics_init(&process, rows, sizeof(rows) / sizeof(*rows));
	metric_set(&process, MEMORY, (int64_t)usage.anon_bytes);
	metric_set(&process, CPU, usage.cpu_ns);
	metrics_print(&process, "jizhu_process_", w);
}

verdict_t metrics_get(exchange_t *x)
{
	static const char type[] = "text/plain; version=0.0.4; charset=utf-8";
	api_t *api = x->api;
	refresh(api);
	for (const api_metrics_t *m = api->spec.metrics; m && m->prefix; m++)
		metrics_print(m->metrics, m->prefix, reply_text(&x->reply, type, TABLE_ROOM));
	metrics_print(&api->metrics, "jizhu_http_", reply_text(&x->reply, type, TABLE_ROOM));
	print_process(api, reply_text(&x->reply, type, TABLE_ROOM));
	return EXCHANGE_ANSWERED;
}
