/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of both editions, value by value, cut short and damaged. The recorded frames lie
 * beside the project; without them that case is skipped. */
#include "codec/gb32960/gb32960.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "base/text.h"

enum { PATH_CAP = 1024, FRAME_CAP = 1024 };

#define VIN  SLICE("TEST0000000000001")
#define TIME "1a0b1b080000" /* 2026-11-27 08:00:00 in Beijing */

/* The bodies 1, 2, 5 to 9 of a vehicle at 60.5 km/h. */
static const char REALTIME_2016[] = TIME
	"01010101025d0001e2400ed9278d39010e13881400020101015059d850144b0ed827880500"
	"06f01448026113ef06010c0f6e01280f32010344010740070100000002000000000801010ed9"
	"278d00040001040f6e0f640f500f3209010100024440";
static const char REALTIME_2025[] = TIME "01010101025d0001e2400ed975ad39010e1388020101015088b8"
					 "00030d904b05060106f01448026113ef0604008000000100000007"
					 "000000011704080201000240fe020001ff";

typedef struct {
	uint8_t data[FRAME_CAP], bytes[FRAME_CAP];
	gb32960_t frame;
} sealed_t;

static slice_t seal(const char *hex, gb32960_t frame, sealed_t *ret)
{
	size_t len = 0;
	writer_t w = writer_of(ret->bytes, sizeof(ret->bytes));
	assert_int_equal(num_from_hex(slice_str(hex), ret->data, FRAME_CAP, &len), ERR_OK);
	frame.vin = VIN;
	frame.answer = frame.answer ? frame.answer : GB32960_ANSWER_NONE;
	frame.encryption = frame.encryption ? frame.encryption : GB32960_PLAIN;
	frame.data = slice_of(ret->data, len);
	assert_int_equal(gb32960_encode(&frame, &w), ERR_OK);
	assert_int_equal(gb32960_decode(writer_done(&w), &ret->frame), CODEC_OK);
	return writer_done(&w);
}

static gb32960_walk_t walk_of(const char *hex, gb32960_edition_t edition, sealed_t *sealed)
{
	gb32960_walk_t walk;
	int64_t utc_ns;
	char said[TIME_TEXT_MAX];
	(void)seal(hex, (gb32960_t){ .edition = edition, .command = GB32960_REALTIME }, sealed);
	assert_int_equal(gb32960_walk_of(&sealed->frame, &walk, &utc_ns), CODEC_OK);
	assert_string_equal(time_format(utc_ns, said), "2026-11-27T00:00:00.000Z");
	return walk;
}

typedef struct {
	uint8_t type;
	const char *name;
	uint16_t index[2];
	double number;
} wanted_t;

static void assert_values(gb32960_walk_t *walk, const wanted_t *wanted, size_t count)
{
	gb32960_value_t value;
	for (size_t i = 0; i < count; i++) {
		assert_true(gb32960_value_next(walk, &value));
		assert_string_equal(value.field->name, wanted[i].name);
		assert_int_equal(value.type, wanted[i].type);
		assert_memory_equal(value.index, wanted[i].index, sizeof(value.index));
		if (!(isnan(wanted[i].number) ? isnan(value.number)
		                              : fabs(value.number - wanted[i].number) < 1e-9))
			fail_msg("%s %g", wanted[i].name, value.number);
		assert_int_equal(value.quality != QUALITY_OK, isnan(wanted[i].number));
	}
	assert_false(gb32960_value_next(walk, &value));
}

static const wanted_t VALUES_2016[] = {
	{ 1, "status", { 0 }, 1 },
	{ 1, "charging", { 0 }, 1 },
	{ 1, "mode", { 0 }, 1 },
	{ 1, "speed", { 0 }, 60.5 },
	{ 1, "odometer", { 0 }, 12345.6 },
	{ 1, "voltage", { 0 }, 380.1 },
	{ 1, "current", { 0 }, 12.5 },
	{ 1, "charge", { 0 }, 57 },
	{ 1, "converter", { 0 }, 1 },
	{ 1, "gear", { 0 }, 14 },
	{ 1, "insulation", { 0 }, 5000 },
	{ 1, "accelerator", { 0 }, 20 },
	{ 1, "brake", { 0 }, 0 },
	{ 2, "motors", { 0 }, 1 },
	{ 2, "motor", { 1 }, 1 },
	{ 2, "status", { 1 }, 1 },
	{ 2, "controller_temperature", { 1 }, 40 },
	{ 2, "speed", { 1 }, 3000 },
	{ 2, "torque", { 1 }, 50 },
	{ 2, "temperature", { 1 }, 35 },
	{ 2, "voltage", { 1 }, 380 },
	{ 2, "current", { 1 }, 12 },
	{ 5, "state", { 0 }, 0 },
	{ 5, "longitude", { 0 }, 116.397128 },
	{ 5, "latitude", { 0 }, 39.916527 },
	{ 6, "max_voltage_pack", { 0 }, 1 },
	{ 6, "max_voltage_cell", { 0 }, 12 },
	{ 6, "max_voltage", { 0 }, 3.95 },
	{ 6, "min_voltage_pack", { 0 }, 1 },
	{ 6, "min_voltage_cell", { 0 }, 40 },
	{ 6, "min_voltage", { 0 }, 3.89 },
	{ 6, "max_temperature_pack", { 0 }, 1 },
	{ 6, "max_temperature_probe", { 0 }, 3 },
	{ 6, "max_temperature", { 0 }, 28 },
	{ 6, "min_temperature_pack", { 0 }, 1 },
	{ 6, "min_temperature_probe", { 0 }, 7 },
	{ 6, "min_temperature", { 0 }, 24 },
	{ 7, "level", { 0 }, 1 },
	{ 7, "alarms", { 0 }, 2 },
	{ 7, "battery_faults", { 0 }, 0 },
	{ 7, "motor_faults", { 0 }, 0 },
	{ 7, "engine_faults", { 0 }, 0 },
	{ 7, "other_faults", { 0 }, 0 },
	{ 8, "packs", { 0 }, 1 },
	{ 8, "pack", { 1 }, 1 },
	{ 8, "voltage", { 1 }, 380.1 },
	{ 8, "current", { 1 }, 10125 }, /* raw: its offset is not agreed on */
	{ 8, "cells", { 1 }, 4 },
	{ 8, "first_cell", { 1 }, 1 },
	{ 8, "cells_here", { 1 }, 4 },
	{ 8, "cell_voltage", { 1, 1 }, 3.95 },
	{ 8, "cell_voltage", { 1, 2 }, 3.94 },
	{ 8, "cell_voltage", { 1, 3 }, 3.92 },
	{ 8, "cell_voltage", { 1, 4 }, 3.89 },
	{ 9, "packs", { 0 }, 1 },
	{ 9, "pack", { 1 }, 1 },
	{ 9, "probes", { 1 }, 2 },
	{ 9, "temperature", { 1, 1 }, 28 },
	{ 9, "temperature", { 1, 2 }, 24 },
};

static void every_value_of_a_frame_of_2016_is_read_by_its_scale(void **state)
{
	(void)state;
	sealed_t sealed;
	gb32960_walk_t walk = walk_of(REALTIME_2016, GB32960_2016, &sealed);
	assert_values(&walk, VALUES_2016, sizeof(VALUES_2016) / sizeof(*VALUES_2016));
	assert_int_equal(walk.code, CODEC_OK);
}

static const wanted_t VALUES_2025[] = {
	{ 1, "status", { 0 }, 1 },
	{ 1, "charging", { 0 }, 1 },
	{ 1, "mode", { 0 }, 1 },
	{ 1, "speed", { 0 }, 60.5 },
	{ 1, "odometer", { 0 }, 12345.6 },
	{ 1, "voltage", { 0 }, 380.1 },
	{ 1, "current", { 0 }, 30125 },
	{ 1, "charge", { 0 }, 57 },
	{ 1, "converter", { 0 }, 1 },
	{ 1, "gear", { 0 }, 14 },
	{ 1, "insulation", { 0 }, 5000 },
	{ 2, "motors", { 0 }, 1 },
	{ 2, "motor", { 1 }, 1 },
	{ 2, "status", { 1 }, 1 },
	{ 2, "controller_temperature", { 1 }, 40 },
	{ 2, "speed", { 1 }, 3000 },
	{ 2, "torque", { 1 }, 200080 },
	{ 2, "temperature", { 1 }, 35 },
	{ 5, "state", { 0 }, 6 }, /* south and west */
	{ 5, "coordinates", { 0 }, 1 },
	{ 5, "longitude", { 0 }, -116.397128 },
	{ 5, "latitude", { 0 }, -39.916527 },
	{ 6, "level", { 0 }, 4 },
	{ 6, "alarms", { 0 }, 1 << 23 },
	{ 6, "battery_faults", { 0 }, 1 },
	{ 6, "battery_fault", { 1 }, 7 },
	{ 6, "motor_faults", { 0 }, 0 },
	{ 6, "engine_faults", { 0 }, 0 },
	{ 6, "other_faults", { 0 }, 0 },
	{ 6, "alarm_levels", { 0 }, 1 },
	{ 6, "alarm", { 1 }, 23 },
	{ 6, "alarm_level", { 1 }, 4 },
	{ 8, "packs", { 0 }, 2 },
	{ 8, "pack", { 1 }, 1 },
	{ 8, "probes", { 1 }, 2 },
	{ 8, "temperature", { 1, 1 }, 24 },
	{ 8, "temperature", { 1, 2 }, NAN },
	{ 8, "pack", { 2 }, 2 },
	{ 8, "probes", { 2 }, 1 },
	{ 8, "temperature", { 2, 1 }, NAN },
};

static void a_frame_of_2025_has_its_own_bodies_and_what_is_disputed_is_raw(void **state)
{
	(void)state;
	sealed_t sealed;
	gb32960_value_t value;
	gb32960_walk_t walk = walk_of(REALTIME_2025, GB32960_2025, &sealed);
	assert_values(&walk, VALUES_2025, sizeof(VALUES_2025) / sizeof(*VALUES_2025));
	assert_int_equal(walk.code, CODEC_OK);
	walk = walk_of(REALTIME_2025, GB32960_2025, &sealed);
	for (size_t i = 0; i < sizeof(VALUES_2025) / sizeof(*VALUES_2025); i++) {
		assert_true(gb32960_value_next(&walk, &value));
		assert_int_equal(value.field->kind == GB32960_RAW, i == 6 || i == 16);
	}
	/* The voltages of cells of this edition are not read. */
	walk = walk_of(TIME "07010203", GB32960_2025, &sealed);
	assert_false(gb32960_value_next(&walk, &value));
	assert_int_equal(walk.code, CODEC_UNSUPPORTED);
	assert_int_equal(walk.type, 7);
	assert_int_equal(walk.r.in.len, 3);
}

static void abnormal_and_invalid_are_qualities_and_never_numbers(void **state)
{
	static const char hex[] = TIME "01fefefe fffe ffffffff ffff fffe fe ff fe ffff fe ff"
				       "050106f01448026113ef" /* a position that says it is none */
				       "05fe06f01448026113ef" /* of a state that is abnormal */
				       "080101fffffffe000300010 30f6efffeffff"
				       "0901010001fe"
				       "0902 01ffff 02fffe"; /* so many probes that nobody knows */
	static const struct {
		uint8_t type;
		size_t good, bad;
	} wanted[] = {
		{ 1, 0, 13 }, { 5, 1, 2 }, { 5, 0, 3 }, { 8, 6, 4 }, { 9, 3, 1 }, { 9, 3, 2 }
	};
	(void)state;
	sealed_t sealed;
	gb32960_value_t value;
	gb32960_walk_t walk = walk_of(hex, GB32960_2016, &sealed);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		size_t good = 0, bad = 0;
		while (good + bad < wanted[i].good + wanted[i].bad) {
			assert_true(gb32960_value_next(&walk, &value));
			assert_int_equal(value.type, wanted[i].type);
			bool is_good = quality_info(value.quality)->class == QUALITY_GOOD;
			assert_int_equal(isnan(value.number), !is_good);
			good += is_good;
			bad += !is_good;
		}
		assert_int_equal(good, wanted[i].good);
	}
	assert_false(gb32960_value_next(&walk, &value));
	assert_int_equal(walk.code, CODEC_OK);
}

static void a_login_of_2025_says_which_packs_are_in_the_vehicle(void **state)
{
	static const char iccid[] = "3839383630303030303030303030303030303030";
	static const char pack[] = "303150424131303030303030314239443030303030";
	(void)state;
	char hex[512], said[TIME_TEXT_MAX];
	sealed_t sealed;
	gb32960_login_t login;
	gb32960_t frame = { .edition = GB32960_2025, .command = GB32960_LOGIN };
	(void)snprintf(hex, sizeof(hex), TIME "0007%s020102%s303031%s303032%s303033", iccid, pack,
	               pack, pack);
	(void)seal(hex, frame, &sealed);
	assert_int_equal(gb32960_login_decode(&sealed.frame, &login), CODEC_OK);
	assert_string_equal(time_format(login.utc_ns, said), "2026-11-27T00:00:00.000Z");
	assert_true(login.serial == 7 && login.count == 3);
	assert_true(slice_eq(login.iccid, SLICE("89860000000000000000")));
	assert_true(slice_eq(gb32960_login_code(&login, 2), SLICE("01PBA10000001B9D00000003")));
	assert_int_equal(gb32960_login_code(&login, 3).len, 0);
	frame.edition = GB32960_2016;
	(void)snprintf(hex, sizeof(hex), TIME "0007%s0203414243444546", iccid);
	(void)seal(hex, frame, &sealed);
	assert_int_equal(gb32960_login_decode(&sealed.frame, &login), CODEC_OK);
	assert_true(slice_eq(gb32960_login_code(&login, 1), SLICE("DEF")));
	for (size_t len = 0; len < sealed.frame.data.len; len++) {
		gb32960_t cut = sealed.frame;
		cut.data = slice_sub(cut.data, 0, len);
		assert_int_equal(gb32960_login_decode(&cut, &login), CODEC_MALFORMED);
	}
	sealed.frame.answer = 1;
	assert_int_equal(gb32960_login_decode(&sealed.frame, &login), CODEC_UNSUPPORTED);
}

static void a_frame_cut_at_any_byte_wants_more_and_a_body_is_malformed(void **state)
{
	(void)state;
	sealed_t sealed;
	gb32960_t cut = { .used = 77 };
	gb32960_value_t value;
	slice_t whole = seal(REALTIME_2016, (gb32960_t){ .command = GB32960_REISSUE }, &sealed);
	for (size_t len = 0; len < whole.len; len++) {
		uint8_t *exact = malloc(len ? len : 1);
		memcpy(exact, whole.ptr, len);
		assert_int_equal(gb32960_decode(slice_of(exact, len), &cut), CODEC_MORE);
		free(exact);
	}
	assert_int_equal(cut.used, 77);
	size_t whole_ends = 0;
	for (size_t len = 0; len <= sealed.frame.data.len; len++) {
		gb32960_walk_t walk;
		int64_t utc_ns;
		cut = sealed.frame;
		cut.data = slice_sub(cut.data, 0, len);
		codec_t code = gb32960_walk_of(&cut, &walk, &utc_ns);
		assert_int_equal(code, len < 6 ? CODEC_MALFORMED : CODEC_OK);
		while (code == CODEC_OK && gb32960_value_next(&walk, &value))
			;
		whole_ends += code == CODEC_OK && walk.code == CODEC_OK;
		assert_true(code != CODEC_OK || walk.code != CODEC_UNSUPPORTED);
	}
	assert_int_equal(whole_ends, 8); /* behind the time and each of seven bodies */
}

static void a_frame_with_any_bit_altered_is_not_taken(void **state)
{
	(void)state;
	sealed_t sealed;
	gb32960_t frame;
	slice_t whole = seal(REALTIME_2016, (gb32960_t){ .command = GB32960_REALTIME }, &sealed);
	for (size_t bit = 0; bit < 8 * whole.len; bit++) {
		sealed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(gb32960_decode(whole, &frame), CODEC_OK);
		sealed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(gb32960_decode(SLICE("#$"), &frame), CODEC_MALFORMED);
	assert_int_equal(gb32960_decode(SLICE("%"), &frame), CODEC_MALFORMED);
}

static void what_is_encrypted_or_an_answer_is_cut_and_not_read(void **state)
{
	(void)state;
	sealed_t sealed;
	gb32960_walk_t walk;
	int64_t utc_ns = 77;
	gb32960_t kinds[] = { { .command = GB32960_REALTIME, .encryption = 3 },
		              { .command = GB32960_REALTIME, .answer = 1 },
		              { .command = GB32960_HEARTBEAT } };
	for (size_t i = 0; i < 3; i++) {
		(void)seal(REALTIME_2016, kinds[i], &sealed);
		assert_int_equal(gb32960_walk_of(&sealed.frame, &walk, &utc_ns), CODEC_UNSUPPORTED);
	}
	(void)seal("1a0d1b080000", (gb32960_t){ .command = GB32960_REALTIME }, &sealed);
	assert_int_equal(gb32960_walk_of(&sealed.frame, &walk, &utc_ns), CODEC_MALFORMED);
	assert_int_equal(utc_ns, 77);
	assert_string_equal(gb32960_command_name(GB32960_REISSUE), "reissue");
	assert_string_equal(gb32960_command_name(0x42), "other");
}

static void encoding_needs_a_vin_and_room(void **state)
{
	static const uint8_t data[GB32960_DATA_MAX + 1];
	(void)state;
	uint8_t room[30];
	writer_t w = writer_of(room, sizeof(room));
	gb32960_t frame = { .vin = SLICE("TEST"), .data = slice_of(data, 6) };
	assert_int_equal(gb32960_encode(&frame, &w), ERR_INVALID);
	frame.vin = VIN;
	assert_int_equal(gb32960_encode(&frame, &w), ERR_TOO_BIG);
	assert_int_equal(w.len, 0);
	frame.data.len = sizeof(data);
	assert_int_equal(gb32960_encode(&frame, &w), ERR_TOO_BIG);
	assert_false(w.bad && w.len);
}

static void recorded_frames_are_read_and_written_to_the_same_bytes(void **state)
{
	(void)state;
	char path[PATH_CAP], line[4 * FRAME_CAP];
	const char *shared = getenv("JIZHU_SHARED"), *source = getenv("JIZHU_SOURCE");
	(void)snprintf(path, sizeof(path), "%s%s/vectors/domain/gbt32960.txt",
	               shared ? shared : source, shared ? "" : "/../shared");
	FILE *file = fopen(path, "rb");
	if (!file)
		skip();
	size_t frames = 0, logins = 0, packs = 0;
	while (fgets(line, sizeof(line), file)) {
		uint8_t bytes[FRAME_CAP], again[FRAME_CAP];
		size_t len = 0;
		slice_t hex = slice_trim(slice_str(line));
		if (slice_starts(hex, SLICE("#")))
			continue;
		(void)slice_cut(&hex, ' ');
		assert_int_equal(num_from_hex(hex, bytes, sizeof(bytes), &len), ERR_OK);
		gb32960_t frame;
		gb32960_login_t login;
		writer_t w = writer_of(again, sizeof(again));
		assert_int_equal(gb32960_decode(slice_of(bytes, len), &frame), CODEC_OK);
		assert_int_equal(frame.used, len);
		assert_int_equal(gb32960_encode(&frame, &w), ERR_OK);
		assert_true(slice_eq(writer_done(&w), slice_of(bytes, len)));
		frames++;
		if (gb32960_login_decode(&frame, &login) != CODEC_OK)
			continue;
		logins++;
		packs += slice_eq(gb32960_login_code(&login, 0), SLICE("001PBA10000001B9D0000001"));
	}
	(void)fclose(file);
	assert_true(frames == 4 && logins == 2 && packs == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_of_a_frame_of_2016_is_read_by_its_scale),
		cmocka_unit_test(a_frame_of_2025_has_its_own_bodies_and_what_is_disputed_is_raw),
		cmocka_unit_test(abnormal_and_invalid_are_qualities_and_never_numbers),
		cmocka_unit_test(a_login_of_2025_says_which_packs_are_in_the_vehicle),
		cmocka_unit_test(a_frame_cut_at_any_byte_wants_more_and_a_body_is_malformed),
		cmocka_unit_test(a_frame_with_any_bit_altered_is_not_taken),
		cmocka_unit_test(what_is_encrypted_or_an_answer_is_cut_and_not_read),
		cmocka_unit_test(encoding_needs_a_vin_and_room),
		cmocka_unit_test(recorded_frames_are_read_and_written_to_the_same_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
