/* SPDX-License-Identifier: Apache-2.0 */
/* Packets: out of the capture stream, to their flow, into its streams. */
#include "sentry/counters.h"
#include "sentry/sentry_impl.h"

#define HOUSE_NS      (200 * NS_PER_MS)
#define SAVE_NS       (600 * NS_PER_S)
#define HOLE_NS       (1 * NS_PER_S)
#define HOLE_ACKED_NS (50 * NS_PER_MS)
#define TICK_SLACK_NS (2 * NS_PER_S)

enum { PACKETS_PER_LOCK = 256 };

static void use_flow(sentry_t *s, flow_t *flow, frame_side_t side)
{
	s->flow = flow;
	s->side = side;
}

static void end_flow(sentry_t *s, flow_t *flow)
{
	watch_give_up(s, flow);
	stream_drop(&s->streams, &flow->stream[FRAME_CLIENT]);
	stream_drop(&s->streams, &flow->stream[FRAME_SERVER]);
}

static void remove_flow(sentry_t *s, flow_t *flow)
{
	end_flow(s, flow);
	flow_remove(&s->flows, flow);
	metric_set(&s->metrics, COUNT_FLOWS, (int64_t)flow_count(&s->flows));
}

static void begin_learning(sentry_t *s)
{
	if (s->status.first_ns)
		return;
	watch_learn_from(s, s->now_ns);
}

static device_id_t device_at(const sentry_t *s, ip_t ip)
{
	for (size_t i = 0; s->catalogue && i < s->catalogue->device_count; i++)
		if (ip_eq(s->catalogue->devices[i].addr.ip, ip))
			return s->catalogue->devices[i].id;
	return 0;
}

static uint32_t meet_asset(sentry_t *s, ip_t ip, mac_t mac)
{
	uint32_t place = inventory_add(&s->inventory, ip);
	if (place == KEYMAP_NONE) {
		metric_add(&s->metrics, COUNT_ASSETS_FULL, 1);
		return place;
	}
	asset_t *asset = &s->inventory.assets[place];
	bool is_new = asset->first_ns == 0;
	if (is_new) {
		asset->first_ns = asset->last_ns = s->now_ns;
		asset->device = device_at(s, ip);
		s->inventory.is_owed[place] = true;
	}
	(void)inventory_mac(&s->inventory, place, mac);
	if (is_new)
		say_asset(s, asset);
	return place;
}

static void mark_role(sentry_t *s, uint32_t place, bool is_server)
{
	if (place == KEYMAP_NONE)
		return;
	asset_t *asset = &s->inventory.assets[place];
	bool *role = is_server ? &asset->is_server : &asset->is_client;
	if (!*role)
		s->inventory.is_owed[place] = true;
	*role = true;
	if (s->inventory.is_owed[place])
		save_asset(s, place);
}

static void meet_ends(sentry_t *s, flow_t *flow, const frame_t *f, frame_side_t side)
{
	mac_t client = side == FRAME_CLIENT ? f->mac_src : f->mac_dst;
	mac_t server = side == FRAME_CLIENT ? f->mac_dst : f->mac_src;
	flow->client_asset = meet_asset(s, flow->client.ip, client);
	flow->server_asset = meet_asset(s, flow->server.ip, server);
	mark_role(s, flow->client_asset, false);
	mark_role(s, flow->server_asset, true);
	flow->talk = inventory_talk(&s->inventory, flow->client.ip, flow->server.ip,
	                            flow->server.port);
	if (flow->talk == KEYMAP_NONE) {
		metric_add(&s->metrics, COUNT_TALKS_FULL, 1);
		return;
	}
	conversation_t *talk = &s->inventory.talks[flow->talk];
	if (talk->first_ns == 0)
		talk->first_ns = s->now_ns;
}

static flow_t *make_flow(sentry_t *s, const frame_t *f, frame_side_t side)
{
	addr_t client = side == FRAME_CLIENT ? f->src : f->dst;
	addr_t server = side == FRAME_CLIENT ? f->dst : f->src;
	flow_t *flow = flow_add(&s->flows, client, server, s->now_ns);
	if (!flow) {
		metric_add(&s->metrics, COUNT_FLOWS_EVICTED, 1);
		remove_flow(s, flow_oldest(&s->flows));
		flow = flow_add(&s->flows, client, server, s->now_ns);
	}
	metric_set(&s->metrics, COUNT_FLOWS, (int64_t)flow_count(&s->flows));
	begin_learning(s);
	meet_ends(s, flow, f, side);
	watch_contact(s, flow);
	return flow;
}

/* Which side sent the frame; false when neither port is watched. When both are,
 * the lower port is the server's. */
static bool side_of(const sentry_t *s, const frame_t *f, frame_side_t *ret_side)
{
	bool to = watch_is_port(s, f->dst.port), from = watch_is_port(s, f->src.port);
	if (to && from)
		to = f->dst.port <= f->src.port;
	*ret_side = to ? FRAME_CLIENT : FRAME_SERVER;
	return to || from;
}

static void count_packet(sentry_t *s, flow_t *flow, frame_side_t side)
{
	size_t bytes = s->packet.len;
	inventory_count(&s->inventory,
	                side == FRAME_CLIENT ? flow->client_asset : flow->server_asset, s->now_ns,
	                bytes);
	if (flow->talk == KEYMAP_NONE)
		return;
	conversation_t *talk = &s->inventory.talks[flow->talk];
	talk->bytes += bytes;
	talk->last_ns = s->now_ns;
}

static void on_syn(sentry_t *s, flow_t *flow, frame_side_t side, const frame_t *f)
{
	if (side == FRAME_CLIENT && stream_is_other(&flow->stream[side], f->seq)) {
		end_flow(s, flow);
		flow->finished = 0;
	}
	(void)stream_syn(&s->streams, &flow->stream[side], f->seq);
}

static void give_up_hole(sentry_t *s, flow_t *flow, frame_side_t side)
{
	use_flow(s, flow, side);
	stream_give_up(&s->streams, &flow->stream[side]);
}

/* The other side has confirmed bytes this capture never saw, or time is up. */
static void check_hole(sentry_t *s, flow_t *flow, frame_side_t side, const frame_t *f)
{
	stream_t *stream = &flow->stream[side];
	int64_t since = stream_hole_ns(&s->streams, stream);
	if (since == 0)
		return;
	bool is_acked = f && f->flags & FRAME_ACK && stream_hole_acked(&s->streams, stream, f->ack);
	if (s->now_ns - since >= (is_acked ? HOLE_ACKED_NS : HOLE_NS))
		give_up_hole(s, flow, side);
}

static void on_payload(sentry_t *s, flow_t *flow, frame_side_t side, const frame_t *f)
{
	stream_segment_t segment = { .utc_ns = s->now_ns,
		                     .seq = f->seq + (f->flags & FRAME_SYN ? 1u : 0u),
		                     .bytes = f->payload,
		                     .wire_len = f->payload_wire };
	use_flow(s, flow, side);
	stream_push(&s->streams, &flow->stream[side], &segment);
}

static bool is_over(const flow_t *flow, const frame_t *f)
{
	bool is_waiting = flow->stream[FRAME_CLIENT].buffer != STREAM_NONE ||
	                  flow->stream[FRAME_SERVER].buffer != STREAM_NONE;
	return f->flags & FRAME_RST || (flow->finished == 3 && !is_waiting);
}

static void on_segment(sentry_t *s, flow_t *flow, frame_side_t side, const frame_t *f)
{
	frame_side_t other = side == FRAME_CLIENT ? FRAME_SERVER : FRAME_CLIENT;
	count_packet(s, flow, side);
	if (f->flags & FRAME_SYN)
		on_syn(s, flow, side, f);
	if (f->payload_wire > 0)
		on_payload(s, flow, side, f);
	check_hole(s, flow, other, f);
	check_hole(s, flow, side, NULL);
	if (f->flags & FRAME_FIN)
		flow->finished |= (uint8_t)(1u << side);
	if (is_over(flow, f))
		remove_flow(s, flow);
}

static void on_tcp(sentry_t *s, const frame_t *f)
{
	frame_side_t side;
	if (!side_of(s, f, &side)) {
		metric_add(&s->metrics, COUNT_FRAMES_OTHER, 1);
		return;
	}
	keymap_key_t key = side == FRAME_CLIENT ? flow_key(f->src, f->dst)
	                                        : flow_key(f->dst, f->src);
	flow_t *flow = flow_find(&s->flows, &key, s->now_ns);
	/* What only confirms or ends a connection unknown here does not make it known. */
	if (!flow && (f->flags & FRAME_SYN || f->payload_wire > 0))
		flow = make_flow(s, f, side);
	if (flow)
		on_segment(s, flow, side, f);
}

static void on_arp(sentry_t *s, const frame_t *f)
{
	if (f->src.ip.family == 0 || memcmp(f->src.ip.bytes, (uint8_t[4]){ 0 }, 4) == 0)
		return; /* a probe for a free address */
	uint32_t place = meet_asset(s, f->src.ip, f->arp_sender);
	inventory_count(&s->inventory, place, s->now_ns, s->packet.len);
	if (place != KEYMAP_NONE && s->inventory.is_owed[place])
		save_asset(s, place);
}

static void on_frame(sentry_t *s)
{
	frame_t f;
	if (frame_decode(s->stream.link, s->packet, &f) != CODEC_OK) {
		metric_add(&s->metrics, COUNT_FRAMES_BAD, 1);
		return;
	}
	if (f.kind == FRAME_TCP && !f.is_fragment)
		on_tcp(s, &f);
	else if (f.kind == FRAME_ARP)
		on_arp(s, &f);
	else
		metric_add(&s->metrics, COUNT_FRAMES_OTHER, 1);
}

static void on_packet(sentry_t *s, const pcap_packet_t *packet)
{
	s->now_ns = packet->time_ns;
	s->packet = packet->bytes;
	s->status.last_ns = packet->time_ns;
	s->status.packets++;
	s->status.bytes += packet->bytes.len;
	metric_add(&s->metrics, COUNT_PACKETS, 1);
	metric_add(&s->metrics, COUNT_BYTES, (int64_t)packet->bytes.len);
	if (s->now_ns - s->house_ns >= HOUSE_NS || s->now_ns < s->house_ns)
		feed_house(s, s->now_ns);
	on_frame(s);
	s->packet = (slice_t){ 0 };
}

static void expire_flows(sentry_t *s, int64_t utc_ns)
{
	flow_t *flow = flow_oldest(&s->flows);
	while (flow && utc_ns - flow->last_ns >= FLOW_IDLE_NS) {
		remove_flow(s, flow);
		flow = flow_oldest(&s->flows);
	}
}

static void expire_holes(sentry_t *s, int64_t utc_ns)
{
	if (s->streams.free_count == s->streams.count)
		return;
	for (flow_t *f = flow_oldest(&s->flows); f; f = flow_newer(&s->flows, f)) {
		for (frame_side_t side = FRAME_CLIENT; side <= FRAME_SERVER; side++) {
			int64_t since = stream_hole_ns(&s->streams, &f->stream[side]);
			if (since && utc_ns - since >= HOLE_NS)
				give_up_hole(s, f, side);
		}
	}
}

void feed_house(sentry_t *s, int64_t utc_ns)
{
	s->house_ns = utc_ns;
	expire_holes(s, utc_ns);
	expire_flows(s, utc_ns);
	watch_tick(s, utc_ns);
	detect_tick(&s->detect, utc_ns);
	incident_log_tick(&s->log, utc_ns);
	bool is_time = utc_ns - s->saved_ns >= SAVE_NS || utc_ns < s->saved_ns;
	if (s->owes_rows || is_time)
		save_all(s, is_time);
	if (is_time)
		s->saved_ns = utc_ns;
}

/* Nothing behind a damaged place of a capture can be trusted. */
static void give_up_stream(sentry_t *s)
{
	s->is_broken = true;
	metric_add(&s->metrics, COUNT_STREAMS_BROKEN, 1);
}

static void start_stream(sentry_t *s, slice_t *in)
{
	codec_t code = pcap_stream_start(in, &s->stream);
	if (code == CODEC_OK)
		s->is_started = true;
	else if (code != CODEC_MORE)
		give_up_stream(s);
}

/* Some packets under one lock; false when more bytes are needed. */
static bool feed_some(sentry_t *s, slice_t *in)
{
	bool more = true;
	env_lock(s->mutex);
	for (size_t i = 0; more && i < PACKETS_PER_LOCK; i++) {
		pcap_packet_t packet;
		codec_t code = pcap_stream_next(&s->stream, in, &packet);
		if (code == CODEC_OK)
			on_packet(s, &packet);
		else if (code != CODEC_MORE)
			give_up_stream(s);
		more = code == CODEC_OK;
	}
	env_unlock(s->mutex);
	return more;
}

size_t sentry_feed(sentry_t *s, slice_t bytes)
{
	slice_t rest = bytes;
	if (!s->is_started && !s->is_broken)
		start_stream(s, &rest);
	if (s->is_started && !s->is_broken)
		while (feed_some(s, &rest))
			continue;
	return s->is_broken ? bytes.len : bytes.len - rest.len;
}

void sentry_feed_end(sentry_t *s)
{
	s->is_started = s->is_broken = false;
}

void sentry_tick(sentry_t *s, int64_t utc_ns)
{
	env_lock(s->mutex);
	/* Packets of the last moments may still be on their way here. */
	if (utc_ns - TICK_SLACK_NS > s->now_ns)
		feed_house(s, utc_ns - TICK_SLACK_NS);
	env_unlock(s->mutex);
}
