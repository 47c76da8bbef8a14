/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_CRYPTO_IMPL_H
#define ENV_CRYPTO_IMPL_H
/* What the parts of the adapter to OpenSSL share. Private to them. */
#include <openssl/err.h>

#include "base/err.h"

/* OpenSSL keeps its reasons in a queue of the thread; left there, they would be taken
 * for those of a later call. */
MUST_CHECK static inline err_t crypto_refused(err_t err)
{
	ERR_clear_error();
	return err;
}
#endif
