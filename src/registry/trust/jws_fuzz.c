/* SPDX-License-Identifier: Apache-2.0 */
/* A signature's text, whatever it is: what is read of it lies within the scratch, and all
 * questions to its claims have an answer. */
#include <stdlib.h>

#include "registry/trust/claims.h"
#include "registry/trust/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const claims_t *claims)
{
	static const uint8_t bytes[] = { 0, 0, 0, 1, 0,   0, 0, 0, 0, 0, 0, 0, 0, 14,
		                         0, 0, 0, 1, 'A', 0, 0, 0, 0, 0, 0, 0, 0 };
	handle_value_t value;
	env_pkey_t *key = NULL;
	slice_t link;
	if (handle_value_decode(slice_of(bytes, sizeof(bytes)), &value) != CODEC_OK)
		abort();
	(void)claims_digest(claims, &value);
	(void)claims_permit(claims, SLICE("99.100.1/x"), true);
	(void)claims_same(claims->iss, claims->sub);
	for (size_t i = 0; claims_link(claims, i, &link); i++)
		(void)claims_reference(link);
	if (!claims_key(claims, &key))
		env_pkey_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[JWS_SCRATCH];
	writer_t scratch = writer_of(room, sizeof(room));
	jws_t jws;
	claims_t claims;
	if (!jws_read(slice_of(data, size), &scratch, &jws) && !claims_read(jws.payload, &claims)) {
		ask(&claims);
		claims_done(&claims);
	}
	/* The claims alone, so that they need no base 64 to be reached. */
	if (!claims_read(slice_of(data, size), &claims)) {
		ask(&claims);
		claims_done(&claims);
	}
	return 0;
}
