/* SPDX-License-Identifier: Apache-2.0 */
/* The capture child: the only process that may listen to raw frames, and nothing
 * else. It opens one packet socket with a shared ring, gives up every right, and
 * copies blocks of frames from the ring to standard output as a pcap stream.
 *
 * When the reader is slow, writing waits, the ring fills and the kernel drops:
 * the count is told on standard error at the end. The VLAN tag that the kernel
 * takes off is put back. A frame on the loopback device is seen leaving and
 * arriving; the leaving copy is not taken. */
#include "codec/frame/pcap.h"
#include "env/posix/capture_impl.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <arpa/inet.h>
#include <unistd.h>

enum {
	BLOCK_BYTES = 1 << 18, /* above any frame, so that offloaded 64 KiB ones fit */
	BLOCKS = 32,
	FRAME_BYTES = 2048,
	BLOCK_WAIT_MS = 20, /* a block is handed over at the latest after */
	POLL_MS = 500,
	LINK_ETHERNET = 1,
	MACS_BYTES = 12,
	VLAN_BYTES = 4,
	NOBODY = 65534,
};

typedef struct {
	int fd;
	uint8_t *ring; /* BLOCKS of BLOCK_BYTES */
	uint8_t *out;
	uint8_t *tagged; /* one frame with its VLAN tag back */
	uint64_t frames;
} sniffer_t;

/* Opening. */

static err_t sniffer_filter(int fd, const uint16_t *ports)
{
	struct sock_filter code[FILTER_MAX];
	struct sock_fprog program = { .filter = code };
	if (!ports || !ports[0])
		return ERR_OK;
	err_t err = posix_filter_build(ports, code, &program.len);
	if (err)
		return err;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0
	               ? ERR_OK
	               : posix_err(errno);
}

static err_t sniffer_ring(sniffer_t *s)
{
	int version = TPACKET_V3;
	struct tpacket_req3 request = { .tp_block_size = BLOCK_BYTES,
		                        .tp_block_nr = BLOCKS,
		                        .tp_frame_size = FRAME_BYTES,
		                        .tp_frame_nr = BLOCKS * (BLOCK_BYTES / FRAME_BYTES),
		                        .tp_retire_blk_tov = BLOCK_WAIT_MS };
	if (setsockopt(s->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0 ||
	    setsockopt(s->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) != 0)
		return posix_err(errno);
	void *ring = mmap(NULL, (size_t)BLOCKS * BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
	                  s->fd, 0);
	if (ring == MAP_FAILED)
		return posix_err(errno);
	s->ring = ring;
	return ERR_OK;
}

static err_t sniffer_link(int fd, const char *iface, bool *ret_loopback)
{
	struct ifreq request = { 0 };
	if (!slice_to_cstr(slice_str(iface), request.ifr_name, sizeof(request.ifr_name)))
		return ERR_INVALID;
	if (ioctl(fd, SIOCGIFHWADDR, &request) != 0)
		return posix_err(errno);
	bool loopback = request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
	if (!loopback && request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return ERR_UNSUPPORTED;
	*ret_loopback = loopback;
	return ERR_OK;
}

static err_t sniffer_join(int fd, const char *iface, bool loopback)
{
	int on = 1;
	int index = (int)if_nametoindex(iface);
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		                  .sll_protocol = htons(ETH_P_ALL),
		                  .sll_ifindex = index };
	struct packet_mreq all = { .mr_ifindex = index, .mr_type = PACKET_MR_PROMISC };
	if (loopback && setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0)
		return posix_err(errno);
	/* A mirror port shows frames that are not addressed to us. */
	if (bind(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) != 0)
		return posix_err(errno);
	return ERR_OK;
}

static err_t sniffer_open(sniffer_t *s, const char *iface, const uint16_t *ports)
{
	bool loopback = false;
	/* Protocol 0 until the filter and the ring stand: no frame slips by. */
	s->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return posix_err(errno);
	s->out = malloc(BLOCK_BYTES * 2);
	s->tagged = malloc(BLOCK_BYTES + VLAN_BYTES);
	if (!s->out || !s->tagged)
		return ERR_NO_MEMORY;
	err_t err = sniffer_link(s->fd, iface, &loopback);
	if (!err)
		err = sniffer_filter(s->fd, ports);
	if (!err)
		err = sniffer_ring(s);
	return err ? err : sniffer_join(s->fd, iface, loopback);
}

static void sniffer_close(sniffer_t *s)
{
	if (s->ring)
		(void)munmap(s->ring, (size_t)BLOCKS * BLOCK_BYTES);
	posix_close(&s->fd);
	free(s->out);
	free(s->tagged);
}

static err_t rights_drop(void)
{
	err_t err = geteuid() == 0 ? posix_identity_set(NOBODY, NOBODY) : ERR_OK;
	if (!err)
		err = posix_capabilities_drop();
	if (err)
		return err;
	/* Last, because a change of identity clears it. */
	return prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == 0 ? ERR_OK : posix_err(errno);
}

/* Writing. */

static err_t out_write(slice_t bytes)
{
	while (bytes.len > 0) {
		ssize_t put = write(STDOUT_FILENO, bytes.ptr, bytes.len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return posix_err(errno);
		bytes = slice_from(bytes, (size_t)put);
	}
	return ERR_OK;
}

/* The frame with its VLAN tag between the MACs and the type again, in `room`. */
static slice_t frame_retag(const struct tpacket3_hdr *head, slice_t frame, uint8_t *room)
{
	uint16_t type = head->tp_status & TP_STATUS_VLAN_TPID_VALID ? head->hv1.tp_vlan_tpid
	                                                            : ETH_P_8021Q;
	writer_t w = writer_of(room, BLOCK_BYTES + VLAN_BYTES);
	wr_bytes(&w, slice_sub(frame, 0, MACS_BYTES));
	wr_u16(&w, type);
	wr_u16(&w, (uint16_t)head->hv1.tp_vlan_tci);
	wr_bytes(&w, slice_from(frame, MACS_BYTES));
	return writer_done(&w);
}

static void frame_write(const sniffer_t *s, writer_t *w, const struct tpacket3_hdr *head,
                        slice_t frame)
{
	bool tag = (head->tp_status & TP_STATUS_VLAN_VALID) && frame.len >= MACS_BYTES;
	pcap_packet_t packet = {
		.time_ns = (int64_t)head->tp_sec * NS_PER_S + head->tp_nsec,
		.bytes = tag ? frame_retag(head, frame, s->tagged) : frame,
		.wire_len = head->tp_len + (tag ? (uint32_t)VLAN_BYTES : 0),
	};
	pcap_write_packet(w, &packet);
}

/* The kernel's structures lie in the ring at the offsets the kernel says. */
static err_t block_write(sniffer_t *s, const uint8_t *block)
{
	struct tpacket_block_desc desc;
	memcpy(&desc, block, sizeof(desc));
	/* Twice the block: a record's own header may be longer than the kernel's. */
	writer_t w = writer_of(s->out, BLOCK_BYTES * 2);
	slice_t bytes = slice_of(block, BLOCK_BYTES);
	size_t at = desc.hdr.bh1.offset_to_first_pkt;
	for (uint32_t i = 0; i < desc.hdr.bh1.num_pkts; i++) {
		struct tpacket3_hdr head;
		reader_t r = reader_of(slice_from(bytes, at));
		slice_t raw = rd_take(&r, sizeof(head));
		if (r.bad)
			return ERR_INTERNAL;
		memcpy(&head, raw.ptr, sizeof(head));
		frame_write(s, &w, &head, slice_sub(bytes, at + head.tp_mac, head.tp_snaplen));
		at += head.tp_next_offset;
		s->frames++;
	}
	return w.bad ? ERR_INTERNAL : out_write(writer_done(&w));
}

static uint32_t *block_status(uint8_t *block)
{
	return &((struct tpacket_block_desc *)(void *)block)->hdr.bh1.block_status;
}

/* Waits for frames; ERR_NETWORK when the reader has gone. */
static err_t sniffer_wait(const sniffer_t *s)
{
	struct pollfd fds[] = { { .fd = s->fd, .events = POLLIN | POLLERR },
		                { .fd = STDOUT_FILENO } };
	int rc = poll(fds, 2, POLL_MS);
	if (rc < 0 && errno != EINTR)
		return posix_err(errno);
	if (fds[1].revents & (POLLERR | POLLHUP))
		return ERR_NETWORK;
	/* The interface went down or away. */
	if (rc > 0 && (fds[0].revents & POLLERR))
		return ERR_UNAVAILABLE;
	return ERR_OK;
}

static err_t sniffer_run(sniffer_t *s)
{
	err_t err = ERR_OK;
	for (size_t at = 0; !err;) {
		uint8_t *block = s->ring + at * BLOCK_BYTES;
		uint32_t *status = block_status(block);
		if (!(__atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
			err = sniffer_wait(s);
			continue;
		}
		err = block_write(s, block);
		__atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		at = (at + 1) % BLOCKS;
	}
	return err;
}

static void sniffer_report(const sniffer_t *s)
{
	struct tpacket_stats_v3 stats = { 0 };
	socklen_t len = sizeof(stats);
	(void)getsockopt(s->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len);
	(void)fprintf(stderr, "capture: %llu frames, %u dropped by the kernel\n",
	              (unsigned long long)s->frames, stats.tp_drops);
}

err_t posix_capture_child(const char *iface, const uint16_t *ports)
{
	uint8_t head[PCAP_HEADER_BYTES];
	writer_t w = writer_of(head, sizeof(head));
	sniffer_t s = { .fd = -1 };
	(void)signal(SIGPIPE, SIG_IGN);
	err_t err = sniffer_open(&s, iface, ports);
	if (!err)
		err = rights_drop();
	if (!err) {
		pcap_write_header(&w, LINK_ETHERNET);
		err = out_write(writer_done(&w));
	}
	if (!err) {
		err = sniffer_run(&s);
		sniffer_report(&s);
	}
	sniffer_close(&s);
	/* The reader closed its end: that is how a capture is stopped. */
	return err == ERR_NETWORK ? ERR_OK : err;
}
