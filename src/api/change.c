/* SPDX-License-Identifier: Apache-2.0 */
#include "api/change.h"

#include "api/state.h"

static void answer(void *ctx, err_t err)
{
	exchange_t *x = ctx;
	if (err)
		exchange_refuse(x, err, NULL, (slice_t){ 0 });
	exchange_finish(x);
}

verdict_t change_send(exchange_t *x, access_change_t *change, access_secret_t *ret_secret)
{
	err_detail_t detail = { 0 };
	change->caller = x->request.caller;
	change->done = answer;
	change->ctx = x;
	err_t err = access_change(x->api->spec.access, change, ret_secret, &detail);
	if (!err)
		return EXCHANGE_LATER;
	/* A full table is the asker's to clear, not the server's. */
	return exchange_problem(x, &(problem_t){ .err = err,
	                                         .status = err == ERR_LIMIT ? 409 : 0,
	                                         .text = detail.text,
	                                         .arg = slice_str(detail.arg[0]) });
}
