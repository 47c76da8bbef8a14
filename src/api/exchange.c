/* SPDX-License-Identifier: Apache-2.0 */
/* How failures become answers: one place, so that every endpoint tells them alike. */
#include "api/exchange.h"

#include "api/handlers.h"
#include "api/state.h"
#include "base/num.h"

enum { TEXT_MAX = 512, PROBLEM_ROOM = 4096, ID_TEXT_MAX = 24 };

static const err_text_t text_too_big = {
	{ "the answer would be larger than 8 MiB", "应答超过 8 MiB" },
	{ "ask for a shorter range or a smaller limit", "请缩短范围或减小 limit" },
};

static const err_text_t text_number = {
	{ "the query parameter %1 is not a number in its range", "查询参数 %1 不是范围内的数" },
	{ "see /api/v1/openapi.yaml for its range", "取值范围见 /api/v1/openapi.yaml" },
};

static const err_text_t text_point = {
	{ "there is no point called %1", "没有名为 %1 的测点" },
	{ "GET /api/v1/points lists the names", "GET /api/v1/points 可列出名称" },
};

static void put_sentence(json_t *j, const char *key, const err_detail_t *detail,
                         const char *const text[LANG_COUNT], lang_t lang)
{
	char buf[TEXT_MAX];
	err_text_t alone = { .what = { text[LANG_EN], text[LANG_ZH] } };
	err_detail_t shown = *detail;
	if (!text[LANG_EN])
		return;
	shown.text = &alone;
	json_put_cstr(j, key, err_render(&shown, lang, buf, sizeof(buf)));
}

static const char *id_text(const exchange_t *x, char text[ID_TEXT_MAX])
{
	writer_t w = writer_of(text, ID_TEXT_MAX);
	wr_format(&w, "%016llx", (unsigned long long)x->request.id);
	wr_u8(&w, 0);
	return text;
}

static void put_id(exchange_t *x, json_t *j)
{
	char text[ID_TEXT_MAX];
	json_put_cstr(j, "request_id", id_text(x, text));
}

void exchange_put_reason(exchange_t *x, const exchange_reason_t *reason, json_t *j)
{
	lang_t lang = x->request.lang;
	err_detail_t detail;
	err_raise(&detail, reason->err, reason->text, "", reason->arg, (char *)NULL);
	put_sentence(j, "reason", &detail,
	             reason->text ? reason->text->what : err_info(reason->err)->text, lang);
	if (reason->text)
		put_sentence(j, "fix", &detail, reason->text->fix, lang);
}

static void put_kind(exchange_t *x, err_t err, json_t *j)
{
	const err_info_t *info = err_info(err);
	json_put_cstr(j, "type", "about:blank");
	json_put_cstr(j, "title", info->text[x->request.lang]);
	json_put_i64(j, "status", x->reply.status);
	json_put_cstr(j, "code", info->name);
}

static void put_advice(const err_detail_t *detail, lang_t lang, json_t *j)
{
	if (!detail->text)
		return;
	put_sentence(j, "detail", detail, detail->text->what, lang);
	put_sentence(j, "fix", detail, detail->text->fix, lang);
}

static void put_more(exchange_t *x, const problem_t *problem)
{
	if (problem->state)
		json_put_cstr(&x->reply.json, "state", problem->state);
	if (problem->more)
		problem->more(x);
}

static void write_problem(exchange_t *x, const problem_t *problem, const err_detail_t *detail)
{
	json_t *j = reply_json(&x->reply, PROBLEM_ROOM);
	x->reply.content_type = "application/problem+json";
	json_object(j);
	put_kind(x, problem->err, j);
	put_advice(detail, x->request.lang, j);
	put_more(x, problem);
	put_id(x, reply_json(&x->reply, PROBLEM_ROOM));
	json_close(&x->reply.json);
}

/* One sentence for machines that write. */
static void write_short(exchange_t *x, const err_detail_t *detail)
{
	char text[TEXT_MAX];
	influx_problem(x, err_render(detail, x->request.lang, text, sizeof(text)));
}

static bool has_face(const exchange_t *x, route_face_t face)
{
	return x->route && x->route->face == face;
}

static int status_of(const exchange_t *x, const problem_t *problem)
{
	if (problem->status)
		return problem->status;
	if (has_face(x, FACE_PROMETHEUS))
		return prometheus_status(problem->err);
	return has_face(x, FACE_HANDLE) ? handles_status(problem->err)
	                                : err_info(problem->err)->http_status;
}

/* Each face tells failures in the words of its clients. */
static void write_body(exchange_t *x, const problem_t *problem, const err_detail_t *detail)
{
	if (has_face(x, FACE_HANDLE))
		handles_problem(x, problem->err);
	else if (has_face(x, FACE_SNMS))
		snms_problem(x, detail);
	else if (has_face(x, FACE_PROMETHEUS))
		prometheus_problem(x, detail);
	else if (has_face(x, FACE_WRITE))
		write_short(x, detail);
	else
		write_problem(x, problem, detail);
}

static void add_problem_headers(reply_t *reply)
{
	reply_header(reply, "Cache-Control", "no-store");
	if (reply->status == 401)
		reply_header(reply, "WWW-Authenticate", "Bearer realm=\"jizhu\"");
	if (reply->status == 503)
		reply_header(reply, "Retry-After", "1");
}

static err_detail_t detail_of(const problem_t *problem)
{
	char arg[ERR_ARG_MAX];
	err_detail_t detail;
	slice_to_cstr(problem->arg, arg, sizeof(arg));
	err_raise(&detail, problem->err, problem->text, "", arg, (char *)NULL);
	return detail;
}

verdict_t exchange_problem(exchange_t *x, const problem_t *problem)
{
	err_detail_t detail = problem->detail ? *problem->detail : detail_of(problem);
	reply_clear(&x->reply);
	x->reply.status = status_of(x, problem);
	write_body(x, problem, &detail);
	add_problem_headers(&x->reply);
	return EXCHANGE_ANSWERED;
}

verdict_t exchange_refuse(exchange_t *x, err_t err, const err_text_t *text, slice_t arg)
{
	return exchange_problem(x, &(problem_t){ .err = err, .text = text, .arg = arg });
}

verdict_t exchange_tell(exchange_t *x, err_t err, const err_detail_t *detail)
{
	return exchange_problem(x, &(problem_t){ .err = err, .detail = detail });
}

bool exchange_number(exchange_t *x, const query_number_t *query, int64_t *ret_number)
{
	slice_t text;
	int64_t number = query->absent;
	bool given = request_query(&x->request, query->name, 0, &text) && text.len;
	if (given && (num_parse_i64(text, &number) || number < query->min || number > query->max)) {
		exchange_refuse(x, ERR_INVALID, &text_number, slice_str(query->name));
		return false;
	}
	*ret_number = number;
	return true;
}

const point_t *exchange_point(exchange_t *x, slice_t name)
{
	const point_t *point = catalogue_point_named(api_catalogue(x->api), name);
	if (!point)
		exchange_refuse(x, ERR_NOT_FOUND, &text_point, name);
	return point;
}

bool exchange_series(exchange_t *x, slice_t name, point_id_t *ret_id)
{
	uint8_t plain[LABELS_BYTES_MAX];
	label_t room[LABELS_MAX];
	labels_t labels;
	writer_t w = writer_of(plain, sizeof(plain));
	const point_t *point = catalogue_point_named(api_catalogue(x->api), name);
	series_t *series = x->api->spec.series;
	if (point) {
		*ret_id = point->id;
		return true;
	}
	if (series && labels_parse(name, room, &w, &labels) == ERR_OK &&
	    series_find(series, &labels, ret_id))
		return true;
	exchange_refuse(x, ERR_NOT_FOUND, &text_point, name);
	return false;
}

/* The id stands in the journal beside a change and in what is said of a problem: what
 * was only read, and found, is known by nothing. */
static bool is_traced(const exchange_t *x)
{
	http_method_t method = x->request.method;
	return x->reply.status >= 400 || (method != HTTP_GET && method != HTTP_HEAD);
}

static void add_common_headers(exchange_t *x)
{
	char id[ID_TEXT_MAX];
	if (is_traced(x))
		reply_header(&x->reply, "X-Request-Id", id_text(x, id));
	reply_header(&x->reply, "X-Content-Type-Options", "nosniff");
	if (x->api->tls && !tls_state(x->api->tls).own)
		reply_header(&x->reply, "Strict-Transport-Security", "max-age=31536000");
}

static void refuse_too_big(exchange_t *x)
{
	metric_add(&x->api->metrics, METRIC_TOO_BIG, 1);
	exchange_refuse(x, ERR_TOO_BIG, &text_too_big, (slice_t){ 0 });
}

static void send_answer(exchange_t *x)
{
	handles_dress(x);
	add_common_headers(x);
	env_http_set_user(x->wire, NULL);
	reply_send(&x->reply, x->wire);
	x->wire = NULL;
}

static size_t metric_of(int status)
{
	if (status < 400)
		return METRIC_GOOD;
	return status < 500 ? METRIC_REFUSED : METRIC_FAILED;
}

void exchange_finish(exchange_t *x)
{
	if (!x->reply.fixed.ptr && !reply_whole(&x->reply))
		refuse_too_big(x);
	if (x->wire)
		send_answer(x);
	metric_add(&x->api->metrics, metric_of(x->reply.status), 1);
	exchange_free(x);
}
