/* SPDX-License-Identifier: Apache-2.0 */
#include "api/passwords.h"

#include <stdlib.h>

#include "api/state.h"

static const err_text_t text_busy = {
	{ "too many passwords are being checked", "正在校验的密码过多" },
	{ "try again in a moment", "请稍后重试" },
};

access_work_t *passwords_take(exchange_t *x, size_t count)
{
	api_t *api = x->api;
	x->request.body_is_secret = true;
	if (metric_get(&api->metrics, METRIC_PASSWORDS) >= API_PASSWORDS_MAX) {
		metric_add(&api->metrics, METRIC_PASSWORDS_FULL, 1);
		exchange_refuse(x, ERR_BUSY, &text_busy, (slice_t){ 0 });
		return NULL;
	}
	x->works = calloc(count, sizeof(*x->works));
	if (!x->works) {
		exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
		return NULL;
	}
	x->work_count = count;
	metric_add(&api->metrics, METRIC_PASSWORDS, 1);
	return x->works;
}

verdict_t passwords_send(exchange_t *x, handler_t then)
{
	x->then = then;
	if (env_mailbox_put(x->api->passwords, &x))
		return EXCHANGE_LATER;
	return exchange_refuse(x, ERR_BUSY, &text_busy, (slice_t){ 0 });
}

void passwords_drop(exchange_t *x)
{
	if (!x->works)
		return;
	for (size_t i = 0; i < x->work_count; i++)
		access_work_wipe(&x->works[i]);
	free(x->works);
	x->works = NULL;
	metric_add(&x->api->metrics, METRIC_PASSWORDS, -1);
}

void passwords_work(void *ctx)
{
	api_t *api = ctx;
	exchange_t *x = NULL;
	while (env_mailbox_take(api->passwords, &x)) {
		for (size_t i = 0; i < x->work_count; i++)
			access_work(&x->works[i]);
		/* What the HTTP loop takes no more is freed with the API. */
		(void)env_mailbox_put(api->hashes, &x);
	}
}

void passwords_done(void *ctx)
{
	api_t *api = ctx;
	exchange_t *x = NULL;
	while (env_mailbox_take(api->hashes, &x))
		if (x->then(x) == EXCHANGE_ANSWERED)
			exchange_finish(x);
}
