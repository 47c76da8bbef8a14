/* SPDX-License-Identifier: Apache-2.0 */
/* Orders to machines. The fleet judges, journals, writes and reads back; here the
 * request waits for the outcome, which may outlast its client: then the outcome is
 * in the journal and under its idempotency key. */

#include "api/body.h"
#include "api/handlers.h"
#include "api/state.h"

enum { RESULT_ROOM = 2048, EXPIRES_DEFAULT_S = 30, EXPIRES_MAX_S = 600 };

static const err_text_t text_key = {
	{ "the header Idempotency-Key is missing or not 1 to 63 plain characters",
	  "缺少 Idempotency-Key 头，或其不是 1 至 63 个可见字符" },
	{ "send a fresh one with every order, and the same one to ask again",
	  "每个指令使用新值；重复查询使用原值" },
};

static const err_text_t text_busy = {
	{ "too many orders are under way", "执行中的指令过多" },
	{ "try again in a moment", "请稍后重试" },
};

static const err_text_t text_outcome = {
	{ "the order for %1 was not carried out", "对 %1 的指令未执行成功" },
	{ "GET /api/v1/commands tells its steps; look at the point before ordering again",
	  "GET /api/v1/commands 可查看各步骤；再次下达前请先检查测点" },
};

static const err_text_t text_scope = {
	{ "the point is outside your scope %1", "该测点不在您的范围 %1 内" },
	{ "ask somebody whose scope holds it", "请由范围包含该测点的人员操作" },
};

static bool is_plain(slice_t key)
{
	for (size_t i = 0; i < key.len; i++)
		if (key.ptr[i] <= ' ' || key.ptr[i] > '~')
			return false;
	return key.len > 0 && key.len < COMMAND_ID_MAX;
}

/* False with the problem in the reply. */
/* NULL, or the name of what is missing or out of range. */
static const char *read_fields(const json_tree_t *root, command_order_t *order, slice_t *name,
                               int64_t *expires_s)
{
	const json_tree_t *expires = json_member(root, "expires_s");
	if (!json_text(json_member(root, "point"), name))
		return "point";
	if (!json_number(json_member(root, "value"), &order->value))
		return "value";
	return !expires || json_whole(expires, 1, EXPIRES_MAX_S, expires_s) ? NULL : "expires_s";
}

/* NULL with the problem in the reply. */
static const point_t *point_in_scope(exchange_t *x, slice_t name)
{
	const point_t *point = exchange_point(x, name);
	if (!point || caller_holds(&x->request.caller, slice_str(point->ident)))
		return point;
	exchange_refuse(x, ERR_DENIED, &text_scope, x->request.caller.scope);
	return NULL;
}

/* False with the problem in the reply. */
static bool read_order(exchange_t *x, const json_tree_t *root, command_order_t *order)
{
	int64_t expires_s = EXPIRES_DEFAULT_S;
	slice_t name = { 0 };
	const char *wrong = read_fields(root, order, &name, &expires_s);
	if (wrong)
		body_refuse(x, wrong);
	const point_t *point = wrong ? NULL : point_in_scope(x, name);
	if (!point)
		return false;
	order->point = point->id;
	order->expires_ns = env_utc(x->api->env).ns + expires_s * NS_PER_S;
	return true;
}

static verdict_t give_order(exchange_t *x, command_order_t *order)
{
	api_t *api = x->api;
	const caller_t *caller = &x->request.caller;
	order->role = caller->role;
	slice_to_cstr(caller->subject, order->subject, sizeof(order->subject));
	if (!api_change_begin(api))
		return exchange_refuse(x, ERR_BUSY, &text_busy, (slice_t){ 0 });
	if (fleet_command(api->spec.fleet, order, api->orders, x) == ERR_OK)
		return EXCHANGE_LATER;
	api_change_end(api);
	return exchange_refuse(x, ERR_BUSY, &text_busy, (slice_t){ 0 });
}

verdict_t commands_post(exchange_t *x)
{
	slice_t key = slice_trim(x->request.header[HEADER_IDEMPOTENCY]);
	command_order_t order = { 0 };
	if (!is_plain(key))
		return exchange_refuse(x, ERR_INVALID, &text_key, (slice_t){ 0 });
	slice_to_cstr(key, order.id, sizeof(order.id));
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	bool good = read_order(x, doc, &order);
	json_free(doc);
	return good ? give_order(x, &order) : EXCHANGE_ANSWERED;
}

static const char *point_name(const api_t *api, point_id_t id)
{
	const point_t *point = catalogue_point(api_catalogue(api), id);
	return point ? point->name : "";
}

static void put_result(const api_t *api, const command_result_t *result, json_t *j)
{
	json_object(j);
	json_put_cstr(j, "id", result->id);
	json_put_cstr(j, "state", command_state_name(result->state));
	json_put_cstr(j, "point", point_name(api, result->point));
	json_put_f64(j, "requested", result->requested);
	json_put_f64(j, "old", result->old_value);
	json_put_f64(j, "read_back", result->read_back);
	json_put_u64(j, "requested_seq", result->requested_seq);
	json_put_u64(j, "final_seq", result->final_seq);
	json_put_bool(j, "repeated", result->repeated);
	json_close(j);
}

static bool has_failed(command_state_t state)
{
	return state == COMMAND_REFUSED || state == COMMAND_EXPIRED || state == COMMAND_FAILED;
}

static void refuse_result(exchange_t *x, const command_result_t *result)
{
	problem_t problem = { .err = result->err ? result->err : ERR_CONFLICT,
		              .text = &text_outcome,
		              .arg = slice_str(point_name(x->api, result->point)),
		              .state = command_state_name(result->state) };
	exchange_problem(x, &problem);
}

/* An order asked for again while it is under way has no outcome yet. */
static void answer_result(exchange_t *x, const command_result_t *result)
{
	x->reply.status = result->state == COMMAND_VERIFIED ? 200 : 202;
	put_result(x->api, result, reply_json(&x->reply, RESULT_ROOM));
}

void commands_answer(const command_result_t *result)
{
	exchange_t *x = result->ctx;
	if (has_failed(result->state))
		refuse_result(x, result);
	else
		answer_result(x, result);
	exchange_finish(x);
}
