/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_STREAM_TCP_H
#define FLEET_STREAM_TCP_H
/* A TCP connection as a stream: of one link alone, so that it is always its turn. */
#include "env/tcp.h"
#include "fleet/stream.h"

MUST_CHECK err_t stream_tcp_new(env_loop_t *loop, addr_t remote, const stream_events_t *events,
                                void *ctx, stream_t **ret_stream);
#endif
