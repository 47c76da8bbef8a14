/* SPDX-License-Identifier: Apache-2.0 */
/* The write side of InfluxDB 1 and 2, and what their clients look at first. A node is one
 * database: db, rp, org and bucket are taken and mean nothing. */
#include "api/handlers.h"
#include "api/ingest_forms.h"
#include "api/state.h"
#include "codec/line/line.h"

enum { HEALTH_ROOM = 512 };

static const ingest_form_t form = {
	.unit = { "line", "行" },
	.fill = ingest_line_fill,
	.answer = ingest_answer,
};

static const err_text_t text_precision = {
	{ "%1 is no precision", "%1 不是有效的时间精度" },
	{ "use ns, us, ms or s", "可用 ns、us、ms 或 s" },
};

verdict_t line_write_post(exchange_t *x)
{
	slice_t word = { 0 };
	(void)request_query(&x->request, "precision", 0, &word);
	int64_t unit_ns = line_unit_ns(word);
	if (!unit_ns)
		return exchange_problem(x, &(problem_t){ .err = ERR_INVALID,
		                                         .status = 400,
		                                         .text = &text_precision,
		                                         .arg = word });
	return ingest_begin(x, &form, unit_ns);
}

static void tell_version(exchange_t *x)
{
	char text[64];
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "jizhu-%s", x->api->spec.host.version);
	wr_u8(&w, 0);
	reply_header(&x->reply, "X-Influxdb-Build", "jizhu");
	reply_header(&x->reply, "X-Influxdb-Version", text);
}

verdict_t ping_get(exchange_t *x)
{
	tell_version(x);
	if (!request_says(&x->request, "verbose")) {
		x->reply.status = 204;
		return EXCHANGE_ANSWERED;
	}
	json_t *j = reply_json(&x->reply, HEALTH_ROOM);
	json_object(j);
	json_put_cstr(j, "version", x->api->spec.host.version);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

verdict_t influx_health_get(exchange_t *x)
{
	const api_host_t *host = &x->api->spec.host;
	const char *reason = "ready for writes";
	bool is_ready = !host->ready || host->ready(host->ctx, &reason);
	tell_version(x);
	x->reply.status = is_ready ? 200 : 503;
	json_t *j = reply_json(&x->reply, HEALTH_ROOM);
	json_object(j);
	json_put_cstr(j, "name", "jizhu");
	json_put_cstr(j, "message", is_ready ? "ready for writes" : reason);
	json_put_cstr(j, "status", is_ready ? "pass" : "fail");
	json_put_array(j, "checks");
	json_close(j);
	json_put_cstr(j, "version", host->version);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

/* What clients of both versions look for in a failure: `error` of the first, `code` and
 * `message` of the second. */
void influx_problem(exchange_t *x, const char *message)
{
	static const struct {
		int status;
		const char *code;
	} codes[] = { { 400, "invalid" },    { 401, "unauthorized" },
		      { 403, "forbidden" },  { 413, "request too large" },
		      { 422, "invalid" },    { 429, "too many requests" },
		      { 503, "unavailable" } };
	const char *code = "internal error";
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].status == x->reply.status)
			code = codes[i].code;
	json_t *j = reply_json(&x->reply, 2 * HEALTH_ROOM);
	json_object(j);
	json_put_cstr(j, "code", code);
	json_put_cstr(j, "message", message);
	json_put_cstr(j, "error", message);
	json_close(j);
}
