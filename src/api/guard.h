/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_GUARD_H
#define API_GUARD_H
/* Makes the caller of a request from its token or session, and holds it against
 * the role of its route. HTTP loop. */
#include "api/exchange.h"

#define SESSION_COOKIE "jizhu_session"

/* False: refused, and the problem is in the reply. */
bool guard_pass(exchange_t *x);
#endif
