/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_POSIX_UDP_OUT_H
#define ENV_POSIX_UDP_OUT_H
/* The datagrams that wait for the end of a turn, at most ENV_UDP_BATCH.
 *
 * Story: posix_udp_out_add while there is room, posix_udp_out_flush when it is full or
 * the turn ends; afterwards it is empty, whatever could not be sent counted. */
#include "env/posix/impl.h"
#include "env/udp.h"

typedef struct {
	addr_t peer;
	size_t len;
	bool is_taken; /* it has its send */
	uint8_t bytes[ENV_UDP_MAX];
} posix_datagram_t;

typedef struct {
	_Alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
} posix_segment_t;

typedef struct {
	uint64_t dropped;
	bool is_apart; /* every datagram is a send of its own */
	size_t count, head_count;
	posix_datagram_t datagrams[ENV_UDP_BATCH];
	/* The sends that are made of them; their parts stand one behind the other. */
	struct mmsghdr heads[ENV_UDP_BATCH];
	struct iovec parts[ENV_UDP_BATCH];
	struct sockaddr_storage names[ENV_UDP_BATCH];
	posix_segment_t segments[ENV_UDP_BATCH];
} posix_udp_out_t;

/* There must be room. Copies the bytes, which fit a datagram. */
void posix_udp_out_add(posix_udp_out_t *out, addr_t peer, slice_t bytes);
void posix_udp_out_flush(posix_udp_out_t *out, int fd);
#endif
