/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_DOOR_H
#define REGISTRY_HANDLE_DOOR_H
/* The Handle protocol over UDP and TCP in front of a registry: decode, answer,
 * encode. handle_door_answer is the pure middle that tests and other doors call.
 *
 * A door answers by itself what anybody may know: the values with public read, and its
 * site information. "Not found" covers a record none of whose wanted values is public;
 * only a question for values nobody may read that does not say PUBL is denied. What needs
 * to know who asks, changes something or goes on to another server it hands to the desk
 * (desk.h); without a desk such a message is answered 5 (operation not supported), but for
 * those that fail earlier by the recorded order of checks.
 *
 * Story: one reader, one reply buffer. A turn of UDP, or what a TCP stream brought
 * at once, is decoded into up to 32 asks, looked up in one batch and answered in
 * order. Connections stay open for more questions.
 *
 * Limits: 512-byte UDP packets with slicing; requests over UDP of 16 KiB,
 * reassembled within 5 s, 64 at once (the oldest goes); replies over UDP of 64
 * packets (beyond: an error that says to use TCP); TCP 60 s without a whole message,
 * 1,024 connections (beyond: closed at once), 1 MiB of replies the peer does not
 * take (beyond: reset), 256 KiB a message; 1,024 indexes and types a question. Each
 * has a metric.
 *
 * Caveats: datagrams that are not even a packet get no answer, nor does a message
 * that is itself an answer: two servers never talk to each other for ever. */
#include "env/tcp.h"
#include "model/live_value.h"
#include "registry/registry.h"

typedef struct handle_door handle_door_t;
typedef struct handle_desk handle_desk_t;
typedef struct handle_origin handle_origin_t;

typedef struct {
	registry_t *registry;
	handle_desk_t *desk; /* desk.h; NULL: questions only */
	env_loop_t *loop;    /* resolver loop */
	const addr_t *addrs;
	size_t addr_count;
	addr_t public_addr; /* what HS_SITE tells others; parts of the first when 0 */
	/* More for HS_SITE; each may be left out. */
	const char *description;
	slice_t public_key; /* codec/handle/key.h */
	uint16_t http_port;
	const live_value_source_t *live; /* for values bound to points (live.h); NULL: none */
} handle_door_spec_t;

/* Set-up time. What the spec names but its texts lives longer than the door. ERR_BUSY: an
 * address is taken. ERR_TOO_BIG: key and description make the site too long. ERR_LIMIT:
 * too many readers of the registry. ERR_NO_MEMORY, or what the network says. */
MUST_CHECK err_t handle_door_open(const handle_door_spec_t *spec, handle_door_t **ret_door);
/* After its loop was stopped, before the desk is closed. NULL is fine. */
void handle_door_close(handle_door_t *door);
/* What the i-th address has really bound (useful with port 0). */
addr_t handle_door_addr(const handle_door_t *door, size_t i);

/* One whole message (envelope and body) in, one whole reply out: what UDP slicing
 * and TCP framing stand around. On the door's loop, or before it runs. False: no
 * reply is due, or `w` has no room for it (HANDLE_ENVELOPE_SIZE +
 * HANDLE_MESSAGE_MAX always suffice). */
bool handle_door_answer(handle_door_t *door, slice_t message, writer_t *w);
/* The same for a door that brings its messages by other means: what the desk must answer
 * goes to the desk as from there (handle_origin_t, desk.h), and its reply comes
 * to the mailbox in it, on the loop of that mailbox. */
typedef enum { HANDLE_PASS_NONE, HANDLE_PASS_ANSWERED, HANDLE_PASS_LATER } handle_pass_t;
handle_pass_t handle_door_pass(handle_door_t *door, slice_t message, const handle_origin_t *from,
                               writer_t *w);
const metrics_t *handle_door_metrics(const handle_door_t *door);
#endif
