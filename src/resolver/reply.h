/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_REPLY_H
#define RESOLVER_REPLY_H
/* What a server said, checked against what it was asked: a pure function over bytes
 * from outside. A message that fails any check is no reply at all, and the exchange
 * goes on waiting for one, since anybody can send a datagram.
 *
 * Checks: whole message, not encrypted, the operation that was asked, a response code,
 * the digest of the request when it is there (and there when it was asked for), the
 * server's signature when that was asked for, and a body of the shape the code calls for. A record
 * must be of the name asked, but for ASCII case. */
#include "codec/handle/handle.h"

/* What was asked. */
typedef struct {
	uint32_t operation; /* RESOLVE, GET_SITE or VERIFY_ANSWER */
	slice_t name;
	slice_t covered; /* header and body of the request, as sent */
	bool needs_digest;
	bool needs_signature; /* by `key`, which is the server's as in HS_SITE */
	bool legacy;          /* DSA counts as a signature */
	slice_t key;
} expect_t;

typedef struct {
	uint32_t response;
	uint32_t flags;
	uint16_t site_serial;
	slice_t name;         /* of a record, as the server spelled it */
	handle_list_t values; /* of a record; of a referral, perhaps none */
	slice_t handle;       /* of a referral: where to look, or empty */
	slice_t site;         /* the body of GET_SITE */
	bool is_right;        /* of VERIFY_ANSWER: the proof */
	slice_t text;         /* of a refusal; UTF-8, at most 200 bytes */
} reply_t;

/* ERR_PROTOCOL: not a reply to this. The result borrows `message`. */
MUST_CHECK err_t reply_read(const expect_t *expect, const handle_envelope_t *envelope,
                            slice_t message, reply_t *ret_reply);
#endif
