/* SPDX-License-Identifier: Apache-2.0 */
/* The walk of a name to its record by this node's resolver, with what each step did.
 * HTTP loop; the resolver answers by mailbox. */
#include "api/handle_json.h"
#include "api/handlers.h"
#include "api/state.h"

enum { HEAD_ROOM = 32 * 1024, STEP_ROOM = 1024 };

static const err_text_t text_none = {
	{ "this node has no resolver", "本节点未启用解析器" },
	{ "resolution goes with the Handle interface (listen.handle)",
	  "解析器随 Handle 接口（listen.handle）启用" },
};

static const err_text_t text_name = {
	{ "%1 is no identifier", "%1 不是标识" },
	{ "ask with name=PREFIX/NAME", "请使用 name=前缀/名称" },
};

/* From its beginning to the last reply. */
static int64_t walk_ns(const resolver_answer_t *answer)
{
	int64_t end_ns = 0;
	for (size_t i = 0; i < answer->step_count; i++) {
		const resolver_step_t *step = &answer->steps[i];
		if (step->at_ns + step->took_ns > end_ns)
			end_ns = step->at_ns + step->took_ns;
	}
	return end_ns;
}

static void put_values(exchange_t *x, const resolver_answer_t *answer)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter((handle_list_t){ answer->count, answer->values });
	json_key(&x->reply.json, "values");
	json_array(&x->reply.json);
	while (handle_value_next(&iter, &value))
		handle_json_put(&value, reply_json(&x->reply, handle_json_room(&value)));
	json_close(reply_json(&x->reply, HEAD_ROOM));
}

static void put_answer(exchange_t *x, const resolver_reply_t *reply)
{
	static const char *const sources[] = {
		[RESOLVER_FROM_SERVER] = "server",
		[RESOLVER_FROM_CACHE] = "cache",
		[RESOLVER_FROM_STALE] = "stale",
	};
	const resolver_answer_t *answer = reply->answer;
	char addr[ADDR_TEXT_MAX];
	slice_t asked = { 0 };
	(void)request_query(&x->request, "name", 0, &asked);
	json_t *j = reply_json(&x->reply, HEAD_ROOM);
	json_object(j);
	json_put_str(j, "handle", answer->name.len ? answer->name : asked);
	json_put_u64(j, "responseCode", reply->response);
	if (reply->err)
		json_put_cstr(j, "error", err_info(reply->err)->name);
	json_put_cstr(j, "source", sources[reply->source]);
	json_put_u64(j, "age_s", reply->age_s);
	json_put_f64(j, "took_ms", (double)walk_ns(answer) / (double)NS_PER_MS);
	if (answer->server.ip.family)
		json_put_cstr(j, "server", addr_format(answer->server, addr));
	put_values(x, answer);
	j = reply_json(&x->reply, HEAD_ROOM + STEP_ROOM * answer->step_count);
	json_key(j, "steps");
	resolver_trace_put(answer, j);
	json_put_u64(j, "steps_left_out", answer->steps_left_out);
	json_close(j);
}

void resolution_answer(const resolver_reply_t *reply)
{
	exchange_t *x = reply->ctx;
	metric_add(&x->api->metrics, METRIC_RESOLUTIONS, -1);
	if (reply->answer)
		put_answer(x, reply);
	else
		exchange_refuse(x, reply->err, NULL, (slice_t){ 0 });
	resolver_answer_release(reply->answer);
	exchange_finish(x);
}

verdict_t resolution_get(exchange_t *x)
{
	api_t *api = x->api;
	resolver_question_t question = { 0 };
	slice_t word = { 0 };
	if (!api->spec.resolver)
		return exchange_refuse(x, ERR_NOT_FOUND, &text_none, (slice_t){ 0 });
	(void)request_query(&x->request, "name", 0, &question.name);
	if (slice_find(question.name, '/') == question.name.len)
		return exchange_refuse(x, ERR_INVALID, &text_name, question.name);
	if (request_query(&x->request, "fresh", 0, &word) && slice_eq(word, SLICE("true")))
		question.flags = RESOLVER_AUTHORITATIVE;
	if (metric_get(&api->metrics, METRIC_RESOLUTIONS) >= API_RESOLUTIONS_MAX) {
		metric_add(&api->metrics, METRIC_RESOLUTIONS_FULL, 1);
		return exchange_refuse(x, ERR_BUSY, NULL, (slice_t){ 0 });
	}
	err_t err = resolver_ask(api->spec.resolver, &question, api->resolutions, x);
	if (err)
		return exchange_refuse(x, err, err == ERR_INVALID ? &text_name : NULL,
		                       question.name);
	metric_add(&api->metrics, METRIC_RESOLUTIONS, 1);
	return EXCHANGE_LATER;
}
