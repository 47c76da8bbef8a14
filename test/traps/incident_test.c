/* SPDX-License-Identifier: Apache-2.0 */
/* An attack on the simulated plant, into incidents with their proof. */
#include "traps_list_test.h"

#include "cmd/scene.h"
#include "codec/frame/frame.h"
#include "codec/modbus/modbus.h"
#include "env/twin/twin.h"
#include "sentry/sentry.h"

enum { INCIDENTS = 16, ASSETS = 64 };

/* The server is a known asset, one with the device of the catalogue that the incident names. */
static void assert_asset(scene_t *scene, const incident_t *incident)
{
	asset_t assets[ASSETS];
	const catalogue_t *catalogue = node_catalogue(scene_node(scene));
	size_t count = sentry_assets(node_sentry(scene_node(scene)), 0, assets, ASSETS), i = 0;
	while (i < count && !ip_eq(assets[i].ip, incident->server))
		i++;
	assert_true(i < count && assets[i].is_server);
	assert_int_not_equal(incident->device, 0);
	assert_int_equal(assets[i].device, incident->device);
	assert_non_null(catalogue_device(catalogue, incident->device));
}

/* The packet is one of the client to the server; that of a sweep may be its first knock. */
static frame_t packet_of(const incident_t *incident)
{
	frame_t frame;
	slice_t packet = slice_of(incident->packet, incident->packet_len);
	assert_int_equal(frame_decode(FRAME_LINK_ETHERNET, packet, &frame), CODEC_OK);
	assert_true(ip_eq(frame.src.ip, incident->client) && ip_eq(frame.dst.ip, incident->server));
	return frame;
}

/* The tag that was written is one of that device, and the packet has its address. */
static void assert_tag(scene_t *scene, const incident_t *incident)
{
	const catalogue_t *catalogue = node_catalogue(scene_node(scene));
	const point_t *point = catalogue_point(catalogue, incident->point);
	frame_t frame = packet_of(incident);
	modbus_adu_t adu;
	modbus_pdu_t pdu;
	assert_int_equal(modbus_adu_decode(frame.payload, &adu), CODEC_OK);
	assert_int_equal(modbus_request_decode(adu.pdu, &pdu), CODEC_OK);
	assert_int_equal(adu.unit, incident->unit);
	assert_non_null(point);
	assert_int_equal(point->device, incident->device);
	assert_true(point->ident && *point->ident);
	assert_int_equal(pdu.function, incident->function);
	assert_true(pdu.address <= point->address.address &&
	            point->address.address < pdu.address + pdu.quantity);
}

void trap_10_an_incident_leads_to_the_asset_the_tag_and_the_packet(void **state)
{
	static const twin_spec_t world = { .seed = 10 };
	scene_spec_t spec = {
		.run_ns = 60 * NS_PER_S,
		.attack = true,
		.seed = 10,
		.data_dir = "demo",
		.capture = "tap",
		.http_addr = { ip_v4(127, 0, 0, 1), 8080 },
		.handle_addr = { ip_v4(127, 0, 0, 1), 2641 },
	};
	static incident_t incidents[INCIDENTS];
	twin_t *twin = NULL;
	env_t *env = NULL;
	scene_t *scene = NULL;
	err_detail_t detail = { 0 };
	size_t written = 0;
	(void)state;
	assert_int_equal(twin_new(&world, &twin), ERR_OK);
	assert_int_equal(twin_host_open(twin, "plant", &env), ERR_OK);
	assert_int_equal(scene_prepare(env, &spec, &scene, &detail), ERR_OK);
	assert_int_equal(scene_open(scene, true, &detail), ERR_OK);
	assert_int_equal(env_run(env), ERR_OK);
	scene_stop(scene);
	size_t count = sentry_incidents(node_sentry(scene_node(scene)), 0, incidents, INCIDENTS);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++) {
		assert_asset(scene, &incidents[i]);
		(void)packet_of(&incidents[i]);
		if (incidents[i].kind != INCIDENT_WRITE)
			continue;
		assert_tag(scene, &incidents[i]);
		written++;
	}
	assert_int_equal(written, 1);
	scene_close(scene);
	twin_host_close(env);
	twin_free(twin);
}
