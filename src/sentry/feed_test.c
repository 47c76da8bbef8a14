/* SPDX-License-Identifier: Apache-2.0 */
/* What is fed to the sentry: which ports it watches, how much it keeps, and captures that
 * are damaged or come in pieces. */
#include "sentry/plant_test.h"

static void the_last_of_all_the_ports_is_watched_too(void **state)
{
	(void)state;
	plant_t *p = plant_make();
	conversation_t talk;
	for (size_t i = 0; i < SENTRY_PORTS_MAX - 1; i++)
		p->spec.ports[i] = (uint16_t)(10000 + i);
	p->spec.ports[SENTRY_PORTS_MAX - 1] = PLANT_PORT;
	plant_open(p);
	link_t link = plant_connect(p, poller_ip(), 0);
	plant_identify(&link);
	assert_int_equal(sentry_conversations(p->sentry, 0, &talk, 1), 1);
	assert_int_equal(talk.port, PLANT_PORT);
	plant_free(p);
}

static void full_lists_refuse_and_the_rest_goes_on(void **state)
{
	(void)state;
	plant_t *p = plant_make();
	asset_t assets[LIST_MAX];
	p->spec.flows_max = 2;
	p->spec.assets_max = 3;
	plant_open(p);
	link_t links[MACHINES];
	for (size_t m = 0; m < MACHINES; m++)
		links[m] = plant_connect(p, poller_ip(), m);
	for (size_t m = 0; m < MACHINES; m++)
		plant_read(&links[m], 0, 10);
	assert_int_equal(sentry_assets(p->sentry, 0, assets, LIST_MAX), 3);
	sentry_status_t status = sentry_status(p->sentry);
	assert_int_equal(status.messages, MACHINES * 2);
	assert_int_equal(status.rows, MACHINES);
	plant_free(p);
}

static void a_damaged_capture_is_dropped_until_the_next_begins(void **state)
{
	(void)state;
	plant_t *p = plant_make();
	plant_open(p);
	assert_int_equal(sentry_feed(p->sentry, SLICE("not a capture file, is it?")), 26);
	assert_int_equal(sentry_feed(p->sentry, SLICE("more")), 4);
	sentry_feed_end(p->sentry);
	plant_poll(p, 1);
	assert_int_equal(sentry_status(p->sentry).messages, MACHINES * 4);
	plant_free(p);
}

static void a_capture_in_small_pieces_is_the_same_capture(void **state)
{
	(void)state;
	plant_t *p = plant_make();
	plant_open(p);
	uint8_t frame_buf[128], buf[512];
	frame_t f = frame_between(FRAME_TCP, (addr_t){ poller_ip(), 40000 }, plant_devices[0].addr);
	f.payload = SLICE("\0\1\0\0\0\6\1\3\0\0\0\2");
	writer_t w = writer_of(frame_buf, sizeof(frame_buf));
	assert_int_equal(frame_encode(&f, &w), ERR_OK);
	pcap_packet_t packet = { p->now_ns, writer_done(&w), (uint32_t)w.len };
	w = writer_of(buf, sizeof(buf));
	pcap_write_header(&w, FRAME_LINK_ETHERNET);
	pcap_write_packet(&w, &packet);
	slice_t rest = writer_done(&w);
	for (size_t len = 1; rest.len > 0; len++) {
		size_t used = sentry_feed(p->sentry, slice_sub(rest, 0, len));
		if (used > 0)
			len = 0;
		rest = slice_from(rest, used);
	}
	sentry_status_t status = sentry_status(p->sentry);
	assert_int_equal(status.packets, 1);
	assert_int_equal(status.messages, 1);
	plant_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_of_all_the_ports_is_watched_too),
		cmocka_unit_test(full_lists_refuse_and_the_rest_goes_on),
		cmocka_unit_test(a_damaged_capture_is_dropped_until_the_next_begins),
		cmocka_unit_test(a_capture_in_small_pieces_is_the_same_capture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
