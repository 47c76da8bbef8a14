/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves a datagram socket. All that a turn has to say leaves in one system call,
 * and datagrams of one size to one peer, as the replies to a resolver's many questions
 * often are, as one send that the kernel cuts apart again (UDP_SEGMENT, udp(7)): its
 * way through the kernel is most of what a small datagram costs. Their order among
 * others is then another, as the network may make it anyway. */
#include "env/posix/udp_out.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>

/* Larger ones could need fragments, which a cut send may not have. */
enum { JOINED_MAX = 1200 };

static bool can_join(const posix_udp_out_t *out, const posix_datagram_t *a,
                     const posix_datagram_t *b)
{
	return !out->is_apart && a->len == b->len && a->len > 0 && a->len <= JOINED_MAX &&
	       addr_eq(a->peer, b->peer);
}

static void set_segment(struct mmsghdr *head, posix_segment_t *room, size_t len)
{
	uint16_t size = (uint16_t)len;
	head->msg_hdr.msg_control = room->bytes;
	head->msg_hdr.msg_controllen = sizeof(room->bytes);
	struct cmsghdr *segment = CMSG_FIRSTHDR(&head->msg_hdr);
	segment->cmsg_level = IPPROTO_UDP;
	segment->cmsg_type = UDP_SEGMENT;
	segment->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(segment), &size, sizeof(size));
}

/* The send that the i-th datagram begins, with all that can join it. */
static void make_send(posix_udp_out_t *out, size_t i, struct iovec *parts, size_t *ret_joined)
{
	const posix_datagram_t *first = &out->datagrams[i];
	struct mmsghdr *head = &out->heads[out->head_count];
	size_t joined = 0;
	for (size_t j = i; j < out->count; j++) {
		posix_datagram_t *next = &out->datagrams[j];
		if (next->is_taken || (j > i && !can_join(out, first, next)))
			continue;
		next->is_taken = true;
		parts[joined++] = (struct iovec){ next->bytes, next->len };
	}
	*head = (struct mmsghdr){ .msg_hdr = { .msg_name = &out->names[out->head_count],
		                               .msg_iov = parts,
		                               .msg_iovlen = joined } };
	head->msg_hdr.msg_namelen = posix_addr_to(first->peer, &out->names[out->head_count]);
	if (joined > 1)
		set_segment(head, &out->segments[out->head_count], first->len);
	out->head_count++;
	*ret_joined = joined;
}

static void make_sends(posix_udp_out_t *out)
{
	size_t parts = 0;
	out->head_count = 0;
	for (size_t i = 0; i < out->count; i++) {
		size_t joined = 0;
		if (!out->datagrams[i].is_taken)
			make_send(out, i, &out->parts[parts], &joined);
		parts += joined;
	}
}

/* A system, or a device under the socket, that cannot cut sends: never again. */
static void send_apart(posix_udp_out_t *out, int fd, const struct msghdr *joined)
{
	out->is_apart = true;
	for (size_t i = 0; i < joined->msg_iovlen; i++) {
		struct msghdr one = { .msg_name = joined->msg_name,
			              .msg_namelen = joined->msg_namelen,
			              .msg_iov = &joined->msg_iov[i],
			              .msg_iovlen = 1 };
		if (sendmsg(fd, &one, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			out->dropped++;
	}
}

static size_t parts_of(const posix_udp_out_t *out, size_t from)
{
	size_t parts = 0;
	for (size_t i = from; i < out->head_count; i++)
		parts += out->heads[i].msg_hdr.msg_iovlen;
	return parts;
}

/* A datagram the system refuses is dropped, the ones behind it are tried; a full
 * socket drops them all. */
static void send_all(posix_udp_out_t *out, int fd)
{
	size_t sent = 0;
	while (sent < out->head_count) {
		int rc = sendmmsg(fd, out->heads + sent, (unsigned)(out->head_count - sent),
		                  MSG_DONTWAIT | MSG_NOSIGNAL);
		const struct msghdr *refused = &out->heads[sent].msg_hdr;
		if (rc > 0) {
			sent += (size_t)rc;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			out->dropped += parts_of(out, sent);
			break;
		} else if (errno != EINTR) {
			if (refused->msg_iovlen > 1)
				send_apart(out, fd, refused);
			else
				out->dropped++;
			sent++;
		}
	}
}

void posix_udp_out_flush(posix_udp_out_t *out, int fd)
{
	make_sends(out);
	send_all(out, fd);
	out->count = 0;
}

void posix_udp_out_add(posix_udp_out_t *out, addr_t peer, slice_t bytes)
{
	posix_datagram_t *datagram = &out->datagrams[out->count++];
	datagram->peer = peer;
	datagram->len = bytes.len;
	datagram->is_taken = false;
	if (bytes.len)
		memcpy(datagram->bytes, bytes.ptr, bytes.len);
}
