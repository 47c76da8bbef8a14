/* SPDX-License-Identifier: Apache-2.0 */
/* The form of the API of Prometheus, and what of it a node without scrapes and rules has
 * only in form. */
#include "api/prometheus.h"

#include <math.h>

#include "api/handlers.h"
#include "api/state.h"
#include "base/num.h"
#include "base/text.h"

/* About as far as times of the language go. */
#define TIME_MAX_S 9.2e9

enum { ROOM = 1024, ERROR_MAX = 1024 };

static const err_text_t text_form = {
	{ "the form is not encoded well or has more than 32 fields",
	  "表单编码有误或字段超过 32 个" },
	{ "send it as application/x-www-form-urlencoded",
	  "请以 application/x-www-form-urlencoded 发送" },
};
static const err_text_t text_needed = {
	{ "the parameter %1 is missing", "缺少参数 %1" },
	{ NULL, NULL },
};
static const err_text_t text_time = {
	{ "invalid parameter \"%1\": it is no time", "参数 \"%1\" 不是时间" },
	{ "send seconds since 1970 or RFC 3339", "请发送自 1970 年起的秒数或 RFC 3339 时间" },
};
static const err_text_t text_span = {
	{ "invalid parameter \"%1\": it is no duration above 0", "参数 \"%1\" 不是大于 0 的时长" },
	{ "send seconds or a duration as 5m", "请发送秒数或 5m 形式的时长" },
};

/* err, the word of the API for it, status */
static const struct {
	err_t err;
	const char *type;
	int status;
} kinds[] = {
	{ ERR_MALFORMED, "bad_data", 400 },      { ERR_USAGE, "bad_data", 400 },
	{ ERR_INVALID, "execution", 422 },       { ERR_LIMIT, "execution", 422 },
	{ ERR_UNSUPPORTED, "execution", 422 },   { ERR_TOO_BIG, "execution", 422 },
	{ ERR_TIMEOUT, "timeout", 503 },         { ERR_BUSY, "unavailable", 503 },
	{ ERR_UNAVAILABLE, "unavailable", 503 }, { ERR_CANCELLED, "canceled", 503 },
	{ ERR_NOT_FOUND, "not_found", 404 },     { ERR_UNAUTHENTICATED, "unauthenticated", 401 },
	{ ERR_DENIED, "forbidden", 403 },        { ERR_OK, "internal", 500 },
};

static size_t kind_of(err_t err)
{
	size_t i = 0;
	while (kinds[i].err && kinds[i].err != err)
		i++;
	return i;
}

int prometheus_status(err_t err)
{
	return kinds[kind_of(err)].status;
}

void prometheus_problem(exchange_t *x, const err_detail_t *detail)
{
	char text[ERROR_MAX];
	json_t *j = reply_json(&x->reply, 4 * ERROR_MAX);
	json_object(j);
	json_put_cstr(j, "status", "error");
	json_put_cstr(j, "errorType", kinds[kind_of(detail->err)].type);
	json_put_cstr(j, "error", err_render(detail, x->request.lang, text, sizeof(text)));
	json_close(j);
}

json_t *prometheus_begin(exchange_t *x)
{
	json_t *j = reply_json(&x->reply, ROOM);
	json_object(j);
	json_put_cstr(j, "status", "success");
	json_key(j, "data");
	return j;
}

void prometheus_end(exchange_t *x)
{
	json_close(reply_json(&x->reply, ROOM));
}

void prometheus_put_labels(exchange_t *x, const labels_t *labels)
{
	json_object(reply_json(&x->reply, ROOM));
	for (size_t i = 0; i < labels->count; i++) {
		const label_t *label = &labels->items[i];
		/* A byte takes six at most, as \u001f. */
		json_t *j = reply_json(&x->reply, ROOM + 6 * (label->name.len + label->value.len));
		json_key_slice(j, label->name);
		json_str(j, label->value);
	}
	json_close(reply_json(&x->reply, ROOM));
}

bool prometheus_read(exchange_t *x)
{
	if (request_read_form(&x->request) == ERR_OK)
		return true;
	exchange_refuse(x, ERR_MALFORMED, &text_form, (slice_t){ 0 });
	return false;
}

static bool refuse(exchange_t *x, const err_text_t *text, const char *name)
{
	exchange_refuse(x, ERR_MALFORMED, text, slice_str(name));
	return false;
}

/* The text of a parameter; when there is none it is answered for already. */
static bool find(exchange_t *x, const prometheus_time_t *ask, slice_t *ret_text, int64_t *ret_ms)
{
	if (request_query(&x->request, ask->name, 0, ret_text) && ret_text->len)
		return true;
	*ret_ms = ask->absent_ms;
	*ret_text = (slice_t){ 0 };
	return !ask->is_needed || refuse(x, &text_needed, ask->name);
}

bool prometheus_time(exchange_t *x, const prometheus_time_t *ask, int64_t *ret_ms)
{
	slice_t text;
	double seconds;
	int64_t ns;
	if (!find(x, ask, &text, ret_ms))
		return false;
	if (text.len == 0)
		return true;
	if (num_parse_f64(text, &seconds) == ERR_OK) {
		*ret_ms = llround(fmin(fmax(seconds, -TIME_MAX_S), TIME_MAX_S) * 1000);
		return true;
	}
	if (time_parse(text, &ns))
		return refuse(x, &text_time, ask->name);
	*ret_ms = ns / NS_PER_MS;
	return true;
}

bool prometheus_span(exchange_t *x, const prometheus_time_t *ask, int64_t *ret_ms)
{
	slice_t text;
	double seconds;
	if (!find(x, ask, &text, ret_ms))
		return false;
	if (text.len == 0)
		return true;
	if (num_parse_f64(text, &seconds) == ERR_OK)
		*ret_ms = seconds > 0 && seconds < TIME_MAX_S ? (int64_t)(seconds * 1000 + 1e-6)
		                                              : 0;
	else if (promql_read_duration(text, ret_ms))
		*ret_ms = 0;
	return *ret_ms > 0 || refuse(x, &text_span, ask->name);
}

verdict_t prometheus_metadata_get(exchange_t *x)
{
	json_t *j = prometheus_begin(x);
	json_object(j);
	json_close(j);
	prometheus_end(x);
	return EXCHANGE_ANSWERED;
}

/* Clients choose by the version what they ask. */
verdict_t prometheus_buildinfo_get(exchange_t *x)
{
	json_t *j = prometheus_begin(x);
	json_object(j);
	json_put_cstr(j, "version", "2.42.0");
	json_put_cstr(j, "revision", x->api->spec.host.version);
	json_put_cstr(j, "branch", "jizhu");
	json_put_cstr(j, "buildUser", "");
	json_put_cstr(j, "buildDate", "");
	json_put_cstr(j, "goVersion", "");
	json_close(j);
	prometheus_end(x);
	return EXCHANGE_ANSWERED;
}

verdict_t prometheus_exemplars(exchange_t *x)
{
	json_t *j = prometheus_begin(x);
	json_array(j);
	json_close(j);
	prometheus_end(x);
	return EXCHANGE_ANSWERED;
}

static verdict_t put_empty(exchange_t *x, const char *name)
{
	json_t *j = prometheus_begin(x);
	json_object(j);
	json_put_array(j, name);
	json_close(j);
	json_close(j);
	prometheus_end(x);
	return EXCHANGE_ANSWERED;
}

verdict_t prometheus_rules_get(exchange_t *x)
{
	return put_empty(x, "groups");
}

verdict_t prometheus_alerts_get(exchange_t *x)
{
	return put_empty(x, "alerts");
}
