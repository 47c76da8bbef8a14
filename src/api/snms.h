/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_SNMS_H
#define API_SNMS_H
/* What the files of the SNMS endpoints share: the envelope {"message", "status", "data"}
 * of its public documentation (id-guide, SNMS version 5), with status 1 for success, -2
 * for a refusal and -1 for trouble of the server; and the reading of one registration.
 *
 * Refusals of what was sent come with HTTP status 200, as clients of SNMS expect; those
 * of the caller, of the server and of the body's form with their own. */
#include "api/exchange.h"
#include "env/json_read.h"
#include "registry/registry.h"

enum {
	SNMS_NAME_MAX = 255,
	SNMS_BATCH_MAX = 1500,
	SNMS_BATCHES = 4, /* at once */
	SNMS_AHEAD = 128, /* changes of one batch under way */
	SNMS_MESSAGE_MAX = 512,
	SNMS_GOOD = 1,
	SNMS_BUSY = -1,
	SNMS_REFUSED = -2,
};

/* {"message":"success","status":1,"data": and the caller goes on, then closes. */
json_t *snms_begin(exchange_t *x);
/* data: true. */
void snms_true(exchange_t *x);
/* A refusal with HTTP status 200. */
verdict_t snms_refuse(exchange_t *x, const char *message);

/* One change of one name, out of the JSON of one item: composes the values and asks the
 * registry. `message` holds SNMS_MESSAGE_MAX and says why not, in the caller's language;
 * with ERR_BUSY it may be asked again. */
typedef struct {
	registry_verb_t verb;
	env_mailbox_t *reply;
	void *ctx;
	slice_t name; /* out: as sent, also on failure where there is one */
} snms_change_t;
MUST_CHECK err_t snms_send(exchange_t *x, const json_tree_t *item, snms_change_t *change,
                           char *message);
/* Why a change came to nothing. */
void snms_result_text(const exchange_t *x, const registry_result_t *result, char *message);

/* snms_batch.c */
void snms_batch_answer(const registry_result_t *result);
void snms_batches_free(api_t *api);
#endif
