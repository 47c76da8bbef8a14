/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a proof is right, for somebody who has not the key: /api/verifications. */
#include "api/handle_auth.h"
#include "api/handle_claim.h"
#include "api/handlers.h"
#include "api/state.h"
#include "base/base64.h"

enum { SCRATCH = 4096 };

static bool query_part(void *ctx, const char *name, slice_t *ret_value)
{
	return request_query(ctx, name, 0, ret_value);
}

static verdict_t say_valid(exchange_t *x, const registry_identity_t *who, bool is_valid)
{
	json_t *j = reply_json(&x->reply, 8 * RECORD_NAME_MAX);
	json_object(j);
	json_put_u64(j, "responseCode", HANDLE_RC_OK);
	json_put_bool(j, "isValid", is_valid);
	json_put_str(j, "handle", who->handle);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

verdict_t verification_get(exchange_t *x)
{
	uint8_t room[SCRATCH], nonce[SCRATCH];
	writer_t scratch = writer_of(room, sizeof(room)), w = writer_of(nonce, sizeof(nonce));
	registry_proof_t proof = { .type = REGISTRY_KEY_SECRET };
	handle_claim_t claim;
	slice_t text = { 0 };
	if (registry_identity_parse(x->request.param[0], &proof.who))
		return handles_refuse(x, ERR_MALFORMED);
	if (!registry_serves(x->api->spec.registry, proof.who.handle))
		return handles_refuse(x, ERR_UNAVAILABLE);
	handle_claim_fill(query_part, &x->request, &claim);
	request_query(&x->request, "nonce", 0, &text);
	if (text.len == 0 || claim.alg.len == 0 || claim.signature.len == 0)
		return handles_refuse(x, ERR_MALFORMED);
	err_t err = base64_decode(text, &w);
	proof.nonce = writer_done(&w);
	if (!err)
		err = handle_claim_proof(&claim, &scratch, &proof);
	if (err)
		return handles_refuse(x, err == ERR_UNSUPPORTED ? err : ERR_MALFORMED);
	err = handle_auth_prove(x, &proof);
	if (err == ERR_BUSY)
		return handles_refuse(x, err);
	return say_valid(x, &proof.who, !err);
}
