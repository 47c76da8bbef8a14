/* SPDX-License-Identifier: Apache-2.0 */
/* Frames from the field into means. */
#include "traps_list_test.h"

#include <math.h>

#include "base/crc.h"
#include "base/num.h"
#include "codec/gb32960/gb32960.h"
#include "codec/hj212/hj212.h"

#define EXAMPLE \
	"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;" \
	"CP=&&RtdInterval=30&&"

void trap_1_the_crc_of_hj212_is_not_that_of_modbus(void **state)
{
	(void)state;
	hj212_t frame;
	assert_int_equal(crc16_modbus(SLICE(EXAMPLE)), 0x0759);
	assert_int_equal(hj212_decode(SLICE("##0101" EXAMPLE "1C80\r\n"), &frame), CODEC_OK);
	assert_int_equal(hj212_decode(SLICE("##0101" EXAMPLE "0759\r\n"), &frame), CODEC_MALFORMED);
}

typedef struct {
	double sum;
	size_t good, all;
} mean_t;

static void mean_add(mean_t *mean, double number, quality_t quality)
{
	bool is_good = quality_info(quality)->class == QUALITY_GOOD;
	mean->sum += is_good ? number : 0;
	mean->good += is_good;
	mean->all++;
}

void trap_2_a_flag_of_hj212_keeps_a_value_out_of_the_mean(void **state)
{
	static const char data[] = "ST=32;CN=2011;CP=&&DataTime=20261127080000;"
				   "w1-Rtd=10,w1-Flag=N;w2-Rtd=20,w2-Flag=N;"
				   "w3-Rtd=9999,w3-Flag=T;w4-Rtd=0,w4-Flag=B;"
				   "w5-Rtd=-9,w5-Flag=D;w6-Rtd=77,w6-Flag=C;w7-Rtd=5,w7-Flag=M&&";
	uint8_t bytes[HJ212_FRAME_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	hj212_t frame;
	hj212_item_t item;
	mean_t mean = { 0 };
	(void)state;
	assert_int_equal(hj212_seal(slice_str(data), &w), ERR_OK);
	assert_int_equal(hj212_decode(writer_done(&w), &frame), CODEC_OK);
	for (hj212_items_t items = hj212_items_of(frame.items); hj212_item_next(&items, &item);) {
		double number = 0;
		if (!slice_ends(item.name, SLICE("-Rtd")))
			continue;
		assert_int_equal(num_parse_f64(item.value, &number), ERR_OK);
		mean_add(&mean, number, item.quality);
	}
	assert_true(mean.all == 7 && mean.good == 2);
	assert_true(mean.sum == 30);
}

void trap_2_abnormal_and_invalid_of_gb32960_are_not_in_the_mean(void **state)
{
	/* Four cells, one abnormal and one invalid; then four probes likewise. */
	static const char hex[] = "1a0b1b080000"
				  "0801010ed9278d0004000104 0fa0fffe0f3cffff"
				  "0901010004 40fe42ff";
	uint8_t data[64], bytes[128];
	size_t len = 0;
	writer_t w = writer_of(bytes, sizeof(bytes));
	gb32960_walk_t walk;
	gb32960_value_t value;
	int64_t utc_ns;
	mean_t volts = { 0 }, degrees = { 0 };
	(void)state;
	assert_int_equal(num_from_hex(slice_str(hex), data, sizeof(data), &len), ERR_OK);
	gb32960_t frame = { .command = GB32960_REALTIME,
		            .answer = GB32960_ANSWER_NONE,
		            .vin = SLICE("TEST0000000000001"),
		            .encryption = GB32960_PLAIN,
		            .data = slice_of(data, len) };
	assert_int_equal(gb32960_encode(&frame, &w), ERR_OK);
	assert_int_equal(gb32960_decode(writer_done(&w), &frame), CODEC_OK);
	assert_int_equal(gb32960_walk_of(&frame, &walk, &utc_ns), CODEC_OK);
	while (gb32960_value_next(&walk, &value)) {
		slice_t name = slice_str(value.field->name);
		if (slice_eq(name, SLICE("cell_voltage")))
			mean_add(&volts, value.number, value.quality);
		else if (slice_eq(name, SLICE("temperature")))
			mean_add(&degrees, value.number, value.quality);
	}
	assert_int_equal(walk.code, CODEC_OK);
	assert_true(volts.all == 4 && volts.good == 2 && degrees.all == 4 && degrees.good == 2);
	assert_true(fabs(volts.sum / 2 - 3.95) < 1e-9);
	assert_true(fabs(degrees.sum / 2 - 25) < 1e-9);
}
