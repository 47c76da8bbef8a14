/* SPDX-License-Identifier: Apache-2.0 */
/* What captures see: every frame of the world as a pcap stream, and bytes that
 * somebody feeds. A stream has one header: ours at the opening, so that a fed
 * one is left out. */
#include <stdlib.h>

#include "codec/frame/pcap.h"
#include "env/twin/disk.h"
#include "env/twin/net.h"
#include "env/twin/verbs.h"

enum { TAP_MAX = 4 << 20, TAP_TURN_MEAN_NS = 500000 };

struct tap {
	env_capture_t base;
	thing_t thing;
	network_t *network;
	env_capture_spec_t spec;
	fifo_t bytes;
	event_t turn;
	uint64_t dropped;
	bool is_file; /* not on the network: ends with its bytes */
	bool is_busy, is_dead;
	tap_t *next;
};

static tap_t *tap_of(env_capture_t *capture)
{
	return (tap_t *)(void *)capture;
}

static slice_t stream_header(uint8_t buf[PCAP_HEADER_BYTES])
{
	writer_t w = writer_of(buf, PCAP_HEADER_BYTES);
	pcap_write_header(&w, FRAME_LINK_ETHERNET);
	return writer_done(&w);
}

static void tap_drop(void *self)
{
	tap_t *tap = self;
	tap_t **at = &tap->network->taps;
	while (*at && *at != tap)
		at = &(*at)->next;
	if (*at)
		*at = tap->next;
	agenda_remove(&tap->turn);
	thing_unlink(&tap->thing);
	fifo_free(&tap->bytes);
	free(tap);
}

static void tap_turn(void *ctx)
{
	tap_t *tap = ctx;
	tap->is_busy = true;
	size_t used = 1;
	while (!tap->is_dead && used && tap->bytes.len) {
		used = tap->spec.data(tap->spec.ctx, fifo_bytes(&tap->bytes));
		fifo_drop(&tap->bytes, used);
	}
	if (!tap->is_dead && tap->is_file)
		tap->spec.closed(tap->spec.ctx, ERR_OK);
	tap->is_busy = false;
	if (tap->is_dead)
		tap_drop(tap);
}

static void tap_wake(tap_t *tap)
{
	twin_t *twin = tap->network->twin;
	if (!tap->turn.home)
		world_queue(twin, &tap->turn,
		            world_now(twin) + world_jitter(twin, TAP_TURN_MEAN_NS));
}

bool tap_is_open(const network_t *network)
{
	return network->taps != NULL;
}

static void tap_record(tap_t *tap, const pcap_packet_t *packet)
{
	size_t size = PCAP_RECORD_BYTES + packet->bytes.len;
	if (tap->bytes.len + size > TAP_MAX) {
		tap->dropped += size;
		return;
	}
	writer_t w = writer_of(fifo_reserve(&tap->bytes, size), size);
	pcap_write_packet(&w, packet);
	tap_wake(tap);
}

void tap_emit(void *ctx, int64_t time_ns, slice_t frame)
{
	network_t *network = ctx;
	pcap_packet_t packet = { time_ns, frame, (uint32_t)frame.len };
	network->twin->stats.frames++;
	for (tap_t *tap = network->taps; tap; tap = tap->next)
		tap_record(tap, &packet);
}

void tap_datagram(network_t *network, addr_t from, addr_t to, slice_t bytes)
{
	if (!tap_is_open(network) || from.ip.family != to.ip.family)
		return;
	uint8_t buf[FRAME_HEADER_MAX + ENV_UDP_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	frame_t frame = frame_between(FRAME_UDP, from, to);
	frame.payload = bytes;
	if (frame_encode(&frame, &w) == ERR_OK)
		tap_emit(network, world_utc(network->twin), writer_done(&w));
}

/* A whole file of the host's disk, whatever loop asks: the real world reads it
 * through a pipe. */
static err_t file_open(tap_t *tap, host_t *host, const char *path)
{
	place_t place;
	err_t err = disk_walk(host->disk, path, &place);
	if (err)
		return err;
	if (!place.inode || place.inode->is_folder)
		return ERR_NOT_FOUND;
	tap->is_file = true;
	size_t size = (size_t)place.inode->now.size;
	image_read(&place.inode->now, 0, fifo_reserve(&tap->bytes, size), size);
	tap_wake(tap);
	return ERR_OK;
}

static void network_open(tap_t *tap)
{
	uint8_t header[PCAP_HEADER_BYTES];
	fifo_add(&tap->bytes, stream_header(header));
	tap->next = tap->network->taps;
	tap->network->taps = tap;
	tap_wake(tap);
}

err_t verb_capture_open(env_loop_t *base, const char *source, const env_capture_spec_t *spec,
                        env_capture_t **ret_capture)
{
	slice_t what = slice_str(source), kind = slice_cut(&what, ':');
	bool is_pipe = slice_eq(kind, SLICE("pipe"));
	if (!is_pipe && !slice_eq(kind, SLICE("tap")))
		return slice_eq(kind, SLICE("iface")) ? ERR_DENIED : ERR_INVALID;
	loop_t *loop = loop_of(base);
	tap_t *tap = twin_alloc(1, sizeof(*tap));
	tap->base.ops = &twin_ops;
	tap->network = loop->host->twin->network;
	tap->spec = *spec;
	tap->turn = event_of(tap->network->twin, loop, tap_turn, tap);
	thing_link(&tap->thing, loop->host, tap, tap_drop);
	err_t err = ERR_OK;
	if (is_pipe)
		err = file_open(tap, loop->host, source + sizeof("pipe:") - 1);
	else
		network_open(tap);
	if (err)
		tap_drop(tap);
	else
		*ret_capture = &tap->base;
	return err;
}

void verb_capture_feed(env_capture_t *capture, slice_t bytes)
{
	tap_t *tap = tap_of(capture);
	uint8_t buf[PCAP_HEADER_BYTES];
	slice_t header = stream_header(buf);
	if (slice_starts(bytes, header))
		bytes = slice_from(bytes, header.len);
	if (bytes.len > TAP_MAX || tap->bytes.len > TAP_MAX - bytes.len) {
		tap->dropped += bytes.len;
		return;
	}
	fifo_add(&tap->bytes, bytes);
	tap_wake(tap);
}

uint64_t verb_capture_dropped(const env_capture_t *capture)
{
	return ((const tap_t *)(const void *)capture)->dropped;
}

void verb_capture_close(env_capture_t *capture)
{
	if (!capture)
		return;
	tap_of(capture)->is_dead = true;
	if (!tap_of(capture)->is_busy)
		tap_drop(tap_of(capture));
}
