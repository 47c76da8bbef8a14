/* SPDX-License-Identifier: Apache-2.0 */
/* What the signatures in a record are worth, by the records of this node and its roots. */
#include <stdlib.h>

#include "api/handlers.h"
#include "api/state.h"
#include "registry/permit.h"
#include "registry/trust/trust.h"

static const err_text_t text_missing = {
	{ "there is no identifier %1", "没有标识 %1" },
	{ "write PREFIX/SUFFIX as it was registered", "请写成登记时的 前缀/后缀" },
};

/* Issuers are looked up in the snapshot of the record itself. */
static err_t issuer(void *ctx, slice_t handle, record_t *ret_record)
{
	const registry_permit_t *permit = ctx;
	return permit->look_up(permit->ctx, handle, ret_record);
}

static void check(exchange_t *x, const record_t *record, trust_report_t *report)
{
	registry_permit_t permit = registry_permit_within(x->api->query_reader);
	trust_question_t question = { .name = x->request.param[0],
		                      .record = record,
		                      .source = { issuer, &permit },
		                      .roots = x->api->spec.trust,
		                      .utc_ns = env_utc(x->api->env).ns };
	trust_check(&question, report);
}

static void put_report(exchange_t *x, const trust_report_t *report)
{
	json_t *j = reply_json(&x->reply, 6 * RECORD_NAME_MAX + trust_report_room(report));
	json_object(j);
	json_put_str(j, "name", x->request.param[0]);
	trust_report_put(report, j);
	json_close(j);
}

verdict_t signatures_get(exchange_t *x)
{
	slice_t name = x->request.param[0];
	record_t record;
	err_t err;
	trust_report_t *report = malloc(sizeof(*report));
	if (!report)
		return exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	registry_find_batch(x->api->query_reader, &name, 1, &record, &err);
	if (!err)
		check(x, &record, report);
	registry_find_done(x->api->query_reader);
	if (err)
		exchange_refuse(x, err, err == ERR_NOT_FOUND ? &text_missing : NULL, name);
	else
		put_report(x, report);
	free(report);
	return EXCHANGE_ANSWERED;
}
