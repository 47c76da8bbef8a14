/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_TAP_H
#define SIM_TAP_H
/* The machines' conversations as a pcap stream, for nodes that may not capture:
 * each machine tells its own side, and the tap renders what a listener on the
 * wire would have seen.
 *
 * Story: tap_open() emits the head of the stream; a machine makes a talk for each
 * connection by tap_talk() and tells it by the frame_tcp_ calls; every frame leaves
 * as one whole record.
 *
 * Caveats: attempts that no machine accepts are not seen. Times are the world's
 * UTC, so frames of one moment share it. One thread. */
#include "codec/frame/frame_tcp.h"
#include "env/env.h"

typedef struct {
	env_t *env;
	void (*out)(void *ctx, slice_t pcap_bytes);
	void *ctx;
	uint32_t talks;
} tap_t;

/* `out` NULL: a tap that nobody listens to; then nothing else is called. */
tap_t tap_open(env_t *env, void (*out)(void *ctx, slice_t pcap_bytes), void *ctx);
static inline bool tap_is_open(const tap_t *tap)
{
	return tap->out != NULL;
}
/* A conversation that begins now. The tap must outlive it. */
frame_tcp_t tap_talk(tap_t *tap, addr_t client, addr_t server);
int64_t tap_now(const tap_t *tap);
#endif
