/* SPDX-License-Identifier: Apache-2.0 */
/* The demonstration's button. */
#include "api/handlers.h"
#include "api/state.h"

static const err_text_t text_no_demo = {
	{ "this node is not a demonstration", "本节点不是演示节点" },
	{ "start one with jizhu demo", "请用 jizhu demo 启动演示" },
};

static const err_text_t text_running = {
	{ "an attack is under way already", "攻击演示正在进行" },
	{ "wait until it ends", "请等待其结束" },
};

verdict_t demo_attack_post(exchange_t *x)
{
	const api_host_t *host = &x->api->spec.host;
	if (!host->attack)
		return exchange_refuse(x, ERR_NOT_FOUND, &text_no_demo, (slice_t){ 0 });
	err_t err = host->attack(host->ctx);
	if (err == ERR_BUSY || err == ERR_EXISTS)
		return exchange_refuse(x, ERR_CONFLICT, &text_running, (slice_t){ 0 });
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	json_t *j = reply_json(&x->reply, 64);
	json_object(j);
	json_put_bool(j, "started", true);
	json_close(j);
	x->reply.status = 202;
	return EXCHANGE_ANSWERED;
}
