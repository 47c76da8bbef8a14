/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_TLS_LINK_H
#define UPLINK_TLS_LINK_H
/* A channel that is a stream of env/tls.h: what the door and the dialer have in common.
 * Private to this folder. */
#include "env/tls.h"
#include "uplink/channel.h"

typedef struct tls_link tls_link_t;

/* Who made it and must know of its end; `link` is freed behind this. */
typedef struct {
	void (*opened)(tls_link_t *link);
	void (*ended)(tls_link_t *link, err_t why);
} tls_link_owner_t;

struct tls_link {
	channel_t channel;
	env_tls_t *tls;
	const tls_link_owner_t *owner;
	void *ctx;
	bool is_told; /* the owner of the channel has it */
	env_certify_party_t peer;
	tls_link_t *before, *after; /* the owner's */
};

/* Without a stream yet: its spec is tls_link_spec. */
MUST_CHECK err_t tls_link_new(const tls_link_owner_t *owner, void *ctx, tls_link_t **ret_link);
env_tls_spec_t tls_link_spec(tls_link_t *link);
/* In `opened`: who is there, by the certificate that the judge found good. */
MUST_CHECK err_t tls_link_identify(tls_link_t *link);
/* Resets the stream; nobody is told. */
void tls_link_drop(tls_link_t *link);
/* Ends it as if the stream had: who has the channel is told. */
void tls_link_end(tls_link_t *link, err_t why);
#endif
