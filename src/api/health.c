/* SPDX-License-Identifier: Apache-2.0 */
/* For supervisors: alive, and ready to take work. */
#include "api/handlers.h"
#include "api/state.h"

enum { HEALTH_ROOM = 256 };

static const err_text_t text_not_ready = {
	{ "not ready: %1", "尚未就绪：%1" },
	{ "see the node's events and its disk", "请查看节点事件与磁盘" },
};

static verdict_t say(exchange_t *x, const char *key)
{
	json_t *j = reply_json(&x->reply, HEALTH_ROOM);
	json_object(j);
	json_put_bool(j, key, true);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

verdict_t health_get(exchange_t *x)
{
	return say(x, "alive");
}

verdict_t ready_get(exchange_t *x)
{
	const api_host_t *host = &x->api->spec.host;
	const char *reason = NULL;
	if (host->ready && !host->ready(host->ctx, &reason))
		return exchange_refuse(x, ERR_UNAVAILABLE, &text_not_ready, slice_str(reason));
	return say(x, "ready");
}
