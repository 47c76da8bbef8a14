/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_CHANNEL_H
#define UPLINK_CHANNEL_H
/* What a session speaks through: a stream of bytes to a peer whose identity is known. The
 * real one is TLS with certificates of the tree's authority (tls_channel.h), the only one
 * that a node opens; tests of the sessions alone put a plain stream of the twin under it.
 *
 * Story: a child asks its dialer; a parent is handed a channel by whoever accepts. A session
 * is made when the peer is known, gets bytes by channel_events_t and writes by the table.
 * After `closed`, or its own close, the channel is dead. One loop.
 *
 * Limits: what a session leaves unused is kept up to CHANNEL_INPUT bytes at least, so that
 * the greatest frame fits behind all that a child may have on its way (CHILD_WINDOW); what is
 * written and unsent up to CHANNEL_OUTPUT. */
#include "base/err.h"
#include "base/net.h"
#include "base/slice.h"

typedef struct channel channel_t;

enum { CHANNEL_INPUT = (1 << 20) + (512 << 10), CHANNEL_OUTPUT = (1 << 20) + (64 << 10) };

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

/* How a dial ends: with exactly one of the two, never inside `dial`, and with none after
 * `cancel`. */
typedef struct {
	/* Who is there is proved, and is `peer`; the events are to be set before this returns. */
	void (*opened)(void *ctx, channel_t *channel);
	/* ERR_DENIED: who is there may not be a parent of ours. */
	void (*failed)(void *ctx, err_t why);
} channel_dial_events_t;

typedef struct channel_dial channel_dial_t;

typedef struct {
	void *ctx;
	MUST_CHECK err_t (*dial)(void *ctx, addr_t remote, const channel_dial_events_t *events,
	                         void *events_ctx, channel_dial_t **ret_dial);
	void (*cancel)(void *ctx, channel_dial_t *dial);
} channel_dialer_t;
#endif
