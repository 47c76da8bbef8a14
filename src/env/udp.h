/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_UDP_H
#define ENV_UDP_H
/* Datagrams, in batches both ways (recvmmsg and sendmmsg where the system has
 * them), so that one turn of the loop answers up to ENV_UDP_BATCH requests.
 *
 * Story: env_udp_open gives a socket; `turn` receives a batch; it fills replies
 * in place through env_udp_send, which queues into the socket's own batch buffer
 * (copies the bytes) and flushes at the end of the turn, in any order. */
#include "base/net.h"
#include "env/loop.h"

enum { ENV_UDP_BATCH = 32, ENV_UDP_MAX = 2048 };

typedef struct env_udp env_udp_t;

typedef struct {
	addr_t peer;
	slice_t bytes; /* valid during the turn */
} env_datagram_t;

typedef struct {
	void (*turn)(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count);
	void *ctx;
} env_udp_spec_t;

MUST_CHECK
err_t env_udp_open(env_loop_t *loop, addr_t addr, const env_udp_spec_t *spec, env_udp_t **ret_udp);
addr_t env_udp_addr(const env_udp_t *udp);
/* Datagrams over ENV_UDP_MAX are ERR_TOO_BIG; a full socket buffer drops and
 * counts (UDP may lose). Outside a turn the datagram leaves at once. */
MUST_CHECK
err_t env_udp_send(env_udp_t *udp, addr_t peer, slice_t bytes);
uint64_t env_udp_dropped(const env_udp_t *udp);
void env_udp_close(env_udp_t *udp);
#endif
