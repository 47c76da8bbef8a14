/* SPDX-License-Identifier: Apache-2.0 */
#include "access/secret.h"

#include "base/num.h"
#include "env/crypto.h"

void secret_make(env_t *env, char ret_text[ACCESS_TOKEN_TEXT])
{
	uint8_t random[SECRET_RANDOM_BYTES];
	env_random(env, random, sizeof(random));
	memcpy(ret_text, SECRET_HEAD, sizeof(SECRET_HEAD));
	num_to_hex(slice_of(random, sizeof(random)), &ret_text[sizeof(SECRET_HEAD) - 1]);
	env_wipe(random, sizeof(random));
}
