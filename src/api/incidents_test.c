/* SPDX-License-Identifier: Apache-2.0 */
/* What the sentry saw, as clients get it. */
#include "api/room_test.h"

#include "codec/frame/frame_tcp.h"
#include "codec/frame/pcap.h"

#define ROGUE_IP ip_v4(127, 0, 9, 66)

static void keep_frame(void *ctx, int64_t time_ns, slice_t frame)
{
	pcap_write_packet(ctx, &(pcap_packet_t){ time_ns, frame, (uint32_t)frame.len });
}

static void say(frame_tcp_t *tcp, frame_side_t side, int64_t time_ns, const modbus_pdu_t *pdu)
{
	uint8_t bytes[MODBUS_ADU_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	OK(modbus_adu_encode(7, 1, pdu, &w));
	frame_tcp_data(tcp, side, time_ns, writer_done(&w));
}

/* A foreign client writes 9.999 V past every limit. */
static void write_as_a_stranger(room_t *room)
{
	uint8_t bytes[8192], words[2];
	int64_t now_ns = env_utc(room->env).ns;
	writer_t w = writer_of(bytes, sizeof(bytes));
	pcap_write_header(&w, FRAME_LINK_ETHERNET);
	frame_tcp_t tcp = frame_tcp_of((addr_t){ ROGUE_IP, 40000 }, (addr_t){ MACHINE_IP, 1502 }, 1,
	                               keep_frame, &w);
	modbus_register_put(words, 0, 9999);
	modbus_pdu_t request = { .function = MODBUS_WRITE_MULTIPLE_REGISTERS,
		                 .address = SET_RAW_AT,
		                 .quantity = 1,
		                 .data = slice_of(words, sizeof(words)) };
	modbus_pdu_t response = { .function = request.function,
		                  .is_response = true,
		                  .address = SET_RAW_AT,
		                  .quantity = 1 };
	frame_tcp_open(&tcp, now_ns);
	say(&tcp, FRAME_CLIENT, now_ns + 1000, &request);
	say(&tcp, FRAME_SERVER, now_ns + 2000, &response);
	assert_int_equal(sentry_feed(room->sentry, writer_done(&w)), w.len);
	pass(room, NS_PER_S);
}

static void a_rogue_write_is_told_with_its_meaning(void **state)
{
	room_t *room = *state;
	write_as_a_stranger(room);
	assert_int_equal(get(room, "/api/v1/incidents"), 200);
	assert_true(has(room, "\"kind\":\"write\",\"techniques\":\"T0836 T0855\",\"reasons\":["));
	assert_true(has(room, "\"client\":\"127.0.9.66\",\"server\":\"127.0.2.1\",\"unit\":1,"
	                      "\"function\":16,\"function_name\":\"WRITE_MULTIPLE_REGISTERS\","
	                      "\"from\":10,\"to\":10,\"device\":\"FRM1\",\"point\":\"FRM1.V_SET\","
	                      "\"point_ident\":\"99.100.1/FRM1.V_SET\",\"old\":3.65"));
	assert_true(has(room, "\"limits\":[3,4.2]"));
	assert_true(has(room, "\"text\":\"127.0.9.66 wrote to 127.0.2.1, FRM1.V_SET: 3.65"));
	assert_false(slice_has(room->answer.body, "\"packet\""));
	assert_int_equal(get(room, "/api/v1/incidents?lang=zh"), 200);
	assert_true(has(room, "127.0.9.66 写入"));
}

static void one_incident_comes_with_its_packet_layer_by_layer(void **state)
{
	room_t *room = *state;
	write_as_a_stranger(room);
	assert_int_equal(get(room, "/api/v1/incidents?limit=1"), 200);
	int id = 0;
	assert_int_equal(sscanf((const char *)room->answer.body.ptr, "{\"items\":[{\"id\":%d", &id),
	                 1);
	char path[64];
	snprintf(path, sizeof(path), "/api/v1/incidents/%d", id);
	assert_int_equal(get(room, path), 200);
	assert_true(has(room, "\"layers\":[{\"name\":\"Ethernet\",\"fields\":[[\"source\","
	                      "\"02:00:7f:00:09:42\"]"));
	assert_true(has(room, "{\"name\":\"IPv4\",\"fields\":[[\"source\",\"127.0.9.66\"]"));
	assert_true(has(room, "[\"destination port\",1502]"));
	assert_true(has(room, "{\"name\":\"Modbus/TCP\",\"fields\":[[\"transaction\",7],"
	                      "[\"unit\",1],[\"direction\",\"request\"],[\"function\",16]"));
	assert_true(has(room, "[\"register 10\",9999]"));
}

static void assets_and_conversations_are_listed(void **state)
{
	room_t *room = *state;
	write_as_a_stranger(room);
	assert_int_equal(get(room, "/api/v1/assets"), 200);
	assert_true(has(room, "{\"ip\":\"127.0.9.66\",\"mac\":\"02:00:7f:00:09:42\","
	                      "\"is_client\":true,\"is_server\":false,\"approved\":false"));
	assert_true(has(room, "\"device\":\"FRM1\""));
	assert_int_equal(get(room, "/api/v1/conversations"), 200);
	assert_true(has(room, "{\"items\":[{\"client\":\"127.0.9.66\",\"server\":\"127.0.2.1\","
	                      "\"port\":1502,\"requests\":1,\"replies\":1"));
}

static void a_person_approves_an_asset_and_a_row(void **state)
{
	room_t *room = *state;
	write_as_a_stranger(room);
	assert_int_equal(
		ask(room, HTTP_POST, "/api/v1/assets/127.0.9.66/approval", "{\"approved\":true}"),
		200);
	assert_true(body_is(room, "{\"ip\":\"127.0.9.66\",\"approved\":true}"));
	assert_int_equal(get(room, "/api/v1/assets"), 200);
	assert_true(has(room, "\"approved\":true"));
	assert_int_equal(
		ask(room, HTTP_POST, "/api/v1/assets/127.0.9.66/approval", "{\"approved\":1}"),
		422);
	static const char row[] = "{\"client\":\"127.0.9.66\",\"server\":\"127.0.2.1\",\"unit\":1,"
				  "\"function\":99,\"from\":10,\"to\":10,\"approved\":true}";
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/baseline/approval", row), 404);
	assert_int_equal(get(room, "/api/v1/baseline"), 200);
}

static void fields_of_a_row_have_their_range(void **state)
{
	room_t *room = *state;
	static const char *const bad[] = {
		"{\"client\":\"x\",\"server\":\"127.0.2.1\",\"unit\":1,\"function\":3,\"from\":1,"
		"\"to\":1,\"approved\":true}",
		"{\"client\":\"127.0.9.66\",\"server\":\"127.0.2.1\",\"unit\":256,\"function\":3,"
		"\"from\":1,\"to\":1,\"approved\":true}",
		"{\"client\":\"127.0.9.66\",\"server\":\"127.0.2.1\",\"unit\":1,\"function\":3,"
		"\"from\":1,\"to\":65536,\"approved\":true}",
		"{\"client\":\"127.0.9.66\",\"server\":\"127.0.2.1\",\"unit\":1,\"function\":3,"
		"\"from\":1,\"to\":1}",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(ask(room, HTTP_POST, "/api/v1/baseline/approval", bad[i]), 422);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_rogue_write_is_told_with_its_meaning),
		TEST(one_incident_comes_with_its_packet_layer_by_layer),
		TEST(assets_and_conversations_are_listed),
		TEST(a_person_approves_an_asset_and_a_row),
		TEST(fields_of_a_row_have_their_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
