/* SPDX-License-Identifier: Apache-2.0 */
/* A small plant as the system tests drive it: twenty devices polled each second
 * for ten minutes, with a tap that sees it all. */
#include "env/twin/test.h"

#include "codec/frame/pcap.h"
#include "env/capture.h"
#include "env/tcp.h"

enum { DEVICES = 20, MINUTES = 10, REQUEST = 12, RESPONSE = 29 };

typedef struct plant plant_t;
typedef struct {
	plant_t *plant;
	env_tcp_t *tcp;
	env_timer_t *timer;
	addr_t addr;
} link_t;

struct plant {
	world_t world;
	env_t *devices;
	link_t links[DEVICES];
	size_t polls, answers, closed, packets;
	pcap_stream_t stream;
	bool has_header;
};

static void poll_device(void *ctx)
{
	static const uint8_t request[REQUEST] = { 1 };
	link_t *link = ctx;
	if (link->tcp) {
		OK(env_tcp_write(link->tcp, slice_of(request, REQUEST)));
		link->plant->polls++;
	}
	env_timer_set(link->timer, NS_PER_S);
}

static size_t answer_came(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	(void)tcp;
	if (bytes.len < RESPONSE)
		return 0;
	((link_t *)ctx)->plant->answers++;
	return RESPONSE;
}

static void link_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	link_t *link = ctx;
	(void)tcp;
	(void)why;
	link->tcp = NULL;
	link->plant->closed++;
}

static size_t request_came(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	static const uint8_t response[RESPONSE] = { 2 };
	(void)ctx;
	if (bytes.len < REQUEST)
		return 0;
	OK(env_tcp_write(tcp, slice_of(response, RESPONSE)));
	return REQUEST;
}

static void device_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	(void)ctx;
	(void)tcp;
	(void)why;
}

static bool device_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec)
{
	static const env_tcp_events_t events = { .data = request_came, .closed = device_closed };
	(void)tcp;
	(void)peer;
	*ret_spec = (env_tcp_spec_t){ .events = &events, .ctx = ctx };
	return true;
}

static size_t packets_came(void *ctx, slice_t bytes)
{
	plant_t *plant = ctx;
	slice_t in = bytes;
	pcap_packet_t packet;
	if (!plant->has_header)
		plant->has_header = pcap_stream_start(&in, &plant->stream) == CODEC_OK;
	while (pcap_stream_next(&plant->stream, &in, &packet) == CODEC_OK)
		plant->packets++;
	return bytes.len - in.len;
}

static void tap_closed(void *ctx, err_t why)
{
	(void)ctx;
	(void)why;
}

static void link_start(plant_t *plant, size_t i)
{
	static const env_tcp_events_t events = { .data = answer_came, .closed = link_closed };
	env_listen_spec_t listen = { .accept = device_accept, .ctx = plant };
	env_loop_t *loop = env_control_loop(plant->world.env);
	env_listener_t *listener;
	link_t *link = &plant->links[i];
	*link = (link_t){ .plant = plant, .addr = { ip_v4(127, 0, 9, (uint8_t)i), 502 } };
	OK(env_tcp_listen(env_control_loop(plant->devices), link->addr, &listen, &listener));
	OK(env_tcp_dial(loop, NULL, link->addr, &(env_tcp_spec_t){ &events, link, 0, 0 },
	                &link->tcp));
	OK(env_timer_new(loop, poll_device, link, &link->timer));
	env_timer_set(link->timer, NS_PER_S);
}

static plant_t plant_run(const twin_spec_t *spec, uint64_t *ret_trace)
{
	plant_t plant = { .world = world_of(spec) };
	OK(twin_host_open(plant.world.twin, "devices", &plant.devices));
	env_capture_spec_t tap = { .data = packets_came, .closed = tap_closed, .ctx = &plant };
	env_capture_t *capture;
	OK(env_capture_open(env_control_loop(plant.world.env), "tap", &tap, &capture));
	for (size_t i = 0; i < DEVICES; i++)
		link_start(&plant, i);
	(void)twin_run(plant.world.twin, MINUTES * 60 * NS_PER_S + NS_PER_S / 2);
	assert_int_equal(env_capture_dropped(capture), 0);
	assert_int_equal(twin_stats(plant.world.twin).frames, plant.packets);
	*ret_trace = twin_trace(plant.world.twin);
	world_done(&plant.world);
	return plant;
}

static void every_poll_is_answered_and_seen_by_the_tap(void **state)
{
	(void)state;
	uint64_t trace;
	plant_t plant = plant_run(&(twin_spec_t){ .seed = 1 }, &trace);
	assert_int_equal(plant.polls, DEVICES * MINUTES * 60);
	assert_int_equal(plant.answers, plant.polls);
	assert_int_equal(plant.packets, 3 * DEVICES + 4 * plant.polls);
	assert_int_equal(plant.closed, 0);
}

static void lossy_plant_replays_by_its_seed(void **state)
{
	(void)state;
	uint64_t first, again, other;
	const twin_spec_t lossy = { .seed = 2, .loss = 0.05 };
	plant_t plant = plant_run(&lossy, &first);
	(void)plant_run(&lossy, &again);
	(void)plant_run(&(twin_spec_t){ .seed = 3, .loss = 0.05 }, &other);
	assert_true(first == again);
	assert_true(first != other);
	assert_true(plant.answers + DEVICES >= plant.polls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_poll_is_answered_and_seen_by_the_tap),
		cmocka_unit_test(lossy_plant_replays_by_its_seed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
