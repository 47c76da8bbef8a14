/* SPDX-License-Identifier: Apache-2.0 */
/* How failures become answers: one place, so that every endpoint tells them alike. */
#include "api/exchange.h"

#include "api/handlers.h"
#include "api/state.h"
#include "base/num.h"

enum { TEXT_MAX = 512, PROBLEM_ROOM = 4096 };

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

static void put_id(json_t *j, uint64_t id)
{
	char text[24];
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "%016llx", (unsigned long long)id);
	json_put_str(j, "request_id", writer_done(&w));
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

static void write_problem(exchange_t *x, const problem_t *problem, const err_detail_t *detail)
{
	lang_t lang = x->request.lang;
	json_t *j = reply_json(&x->reply, PROBLEM_ROOM);
	x->reply.content_type = "application/problem+json";
	json_object(j);
	json_put_cstr(j, "type", "about:blank");
	json_put_cstr(j, "title", err_info(problem->err)->text[lang]);
	json_put_i64(j, "status", x->reply.status);
	json_put_cstr(j, "code", err_info(problem->err)->name);
	if (detail->text) {
		put_sentence(j, "detail", detail, detail->text->what, lang);
		put_sentence(j, "fix", detail, detail->text->fix, lang);
	}
	if (problem->state)
		json_put_cstr(j, "state", problem->state);
	if (problem->more)
		problem->more(x);
	j = reply_json(&x->reply, PROBLEM_ROOM);
	put_id(j, x->request.id);
	json_close(j);
}

verdict_t exchange_problem(exchange_t *x, const problem_t *problem)
{
	char arg[ERR_ARG_MAX];
	err_detail_t detail;
	slice_to_cstr(problem->arg, arg, sizeof(arg));
	err_raise(&detail, problem->err, problem->text, "", arg, (char *)NULL);
	if (problem->detail)
		detail = *problem->detail;
	reply_clear(&x->reply);
	bool is_handle = x->route && x->route->face == FACE_HANDLE;
	bool is_snms = x->route && x->route->face == FACE_SNMS;
	x->reply.status = problem->status ? problem->status
	                  : is_handle     ? handles_status(problem->err)
	                                  : err_info(problem->err)->http_status;
	if (is_handle)
		handles_problem(x, problem->err);
	else if (is_snms)
		snms_problem(x, &detail);
	else
		write_problem(x, problem, &detail);
	reply_header(&x->reply, "Cache-Control", "no-store");
	if (x->reply.status == 401)
		reply_header(&x->reply, "WWW-Authenticate", "Bearer realm=\"jizhu\"");
	if (x->reply.status == 503)
		reply_header(&x->reply, "Retry-After", "1");
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

static void add_common_headers(exchange_t *x)
{
	char id[24];
	writer_t w = writer_of(id, sizeof(id));
	wr_format(&w, "%016llx", (unsigned long long)x->request.id);
	wr_u8(&w, 0);
	reply_header(&x->reply, "X-Request-Id", id);
	reply_header(&x->reply, "X-Content-Type-Options", "nosniff");
	if (x->api->tls && !tls_state(x->api->tls).own)
		reply_header(&x->reply, "Strict-Transport-Security", "max-age=31536000");
}

void exchange_finish(exchange_t *x)
{
	api_t *api = x->api;
	if (!x->reply.fixed.ptr && !reply_whole(&x->reply)) {
		metric_add(&api->metrics, METRIC_TOO_BIG, 1);
		exchange_refuse(x, ERR_TOO_BIG, &text_too_big, (slice_t){ 0 });
	}
	if (x->wire) {
		handles_dress(x);
		add_common_headers(x);
		env_http_set_user(x->wire, NULL);
		reply_send(&x->reply, x->wire);
		x->wire = NULL;
	}
	metric_add(&api->metrics,
	           x->reply.status < 400   ? METRIC_GOOD
	           : x->reply.status < 500 ? METRIC_REFUSED
	                                   : METRIC_FAILED,
	           1);
	exchange_free(x);
}
