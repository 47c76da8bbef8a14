/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_CHANNEL_H
#define UPLINK_CHANNEL_H
/* What a session speaks through: a stream of bytes to a peer whose identity is known. The
 * real one is TLS with certificates of the tree's authority (tls_channel.h), the only one
 * that a node opens; tests of the sessions alone put a plain stream of the twin under it.
 *
 * Story: a session is made when the peer is known, gets bytes by channel_events_t and writes
 * by the table. After `closed`, or its own close, the channel is dead. One loop. */
#include "base/err.h"
#include "base/net.h"
#include "base/slice.h"

typedef struct channel channel_t;

typedef struct {
	/* Returns how many bytes it used; the rest comes again with more behind. */
	size_t (*data)(void *ctx, slice_t bytes);
	void (*drained)(void *ctx); /* nothing unsent is left */
	void (*closed)(void *ctx, err_t why);
} channel_events_t;

struct channel {
	void *ctx;
	/* ERR_LIMIT: too much is unsent, nothing was taken. */
	err_t (*write)(void *ctx, slice_t bytes);
	size_t (*unsent)(void *ctx);
	/* Sends what is unsent, then ends; `closed` does not come. */
	void (*close)(void *ctx);
	/* Whom its events go to; set by the session. */
	const channel_events_t *events;
	void *events_ctx;
	slice_t peer; /* identifier of the node at the other end; lives as long as the channel */
	slice_t peer_key; /* DER of the public key its batches are signed with */
	addr_t addr;
};
#endif
