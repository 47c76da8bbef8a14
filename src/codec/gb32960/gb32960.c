/* SPDX-License-Identifier: Apache-2.0 */
/* A body is a row of fields, some of which say how often those one level deeper come; so one
 * walk reads them all, and an edition is a table. */
#include "codec/gb32960/gb32960.h"

#include <math.h>

#include "base/text.h"

/* The check covers all from the command on. */
enum { START_BYTES = 2, CHECK_BYTES = 1, TIME_BYTES = 6 };
enum { POSITION_INVALID = 1, SOUTH = 2, WEST = 4 };

static const uint8_t STARTS[GB32960_EDITIONS] = { [GB32960_2016] = '#', [GB32960_2025] = '$' };

const char *gb32960_command_name(uint8_t command)
{
	static const struct {
		uint8_t code;
		const char *word;
	} rows[] = {
#define X(name, code, word) { code, word },
		GB32960_COMMAND_ROWS(X)
#undef X
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].code == command)
			return rows[i].word;
	return "other";
}

static uint8_t check_of(slice_t bytes)
{
	uint8_t check = 0;
	for (size_t i = 0; i < bytes.len; i++)
		check ^= bytes.ptr[i];
	return check;
}

/* By as many of the two bytes as have come. */
static bool edition_of(slice_t in, gb32960_edition_t *ret_edition)
{
	for (gb32960_edition_t e = 0; e < GB32960_EDITIONS; e++) {
		const uint8_t start[START_BYTES] = { STARTS[e], STARTS[e] };
		slice_t begun = slice_sub(in, 0, START_BYTES);
		if (begun.len && !slice_starts(slice_of(start, START_BYTES), begun))
			continue;
		*ret_edition = e;
		return true;
	}
	return false;
}

codec_t gb32960_decode(slice_t in, gb32960_t *ret_frame)
{
	gb32960_t f = { 0 };
	reader_t r = reader_of(in);
	if (!edition_of(in, &f.edition))
		return CODEC_MALFORMED;
	(void)rd_take(&r, START_BYTES);
	f.command = rd_u8(&r);
	f.answer = rd_u8(&r);
	f.vin = rd_take(&r, GB32960_VIN_BYTES);
	f.encryption = rd_u8(&r);
	size_t len = rd_u16(&r);
	if (len > GB32960_DATA_MAX)
		return CODEC_MALFORMED;
	f.data = rd_take(&r, len);
	uint8_t check = rd_u8(&r);
	if (r.bad)
		return CODEC_MORE;
	f.used = in.len - r.in.len;
	if (check != check_of(slice_sub(in, START_BYTES, f.used - START_BYTES - CHECK_BYTES)))
		return CODEC_MALFORMED;
	*ret_frame = f;
	return CODEC_OK;
}

err_t gb32960_encode(const gb32960_t *frame, writer_t *w)
{
	size_t at = w->len;
	if (frame->vin.len != GB32960_VIN_BYTES)
		return ERR_INVALID;
	if (frame->data.len > GB32960_DATA_MAX)
		return ERR_TOO_BIG;
	wr_u8(w, STARTS[frame->edition]);
	wr_u8(w, STARTS[frame->edition]);
	wr_u8(w, frame->command);
	wr_u8(w, frame->answer);
	wr_bytes(w, frame->vin);
	wr_u8(w, frame->encryption);
	wr_u16(w, (uint16_t)frame->data.len);
	wr_bytes(w, frame->data);
	wr_u8(w, check_of(slice_from(writer_done(w), at + START_BYTES)));
	if (!w->bad)
		return ERR_OK;
	w->len = at;
	return ERR_TOO_BIG;
}

/* Years count from 2000. */
static bool time_read(reader_t *r, int64_t *ret_utc_ns)
{
	char text[TIME_TEXT_MAX];
	uint8_t part[TIME_BYTES];
	writer_t w = writer_of(text, sizeof(text));
	for (size_t i = 0; i < TIME_BYTES; i++)
		part[i] = rd_u8(r);
	wr_format(&w, "20%02u-%02u-%02uT%02u:%02u:%02u+08:00", part[0], part[1], part[2], part[3],
	          part[4], part[5]);
	return !r->bad && !w.bad && time_parse(writer_done(&w), ret_utc_ns) == ERR_OK;
}

static bool is_plain_command(const gb32960_t *frame)
{
	return frame->answer == GB32960_ANSWER_NONE && frame->encryption == GB32960_PLAIN;
}

/* How many codes, and their length. In 2025 each battery management system says how many
 * packs it has, and a code is always of one length. */
static void login_counts(const gb32960_t *frame, reader_t *r, gb32960_login_t *login)
{
	size_t systems = rd_u8(r);
	if (frame->edition == GB32960_2016) {
		login->count = systems;
		login->code_bytes = rd_u8(r);
		return;
	}
	login->code_bytes = GB32960_PACK_CODE_BYTES;
	for (size_t i = 0; i < systems; i++)
		login->count += rd_u8(r);
}

codec_t gb32960_login_decode(const gb32960_t *frame, gb32960_login_t *ret_login)
{
	gb32960_login_t login = { 0 };
	reader_t r = reader_of(frame->data);
	if (frame->command != GB32960_LOGIN || !is_plain_command(frame))
		return CODEC_UNSUPPORTED;
	if (!time_read(&r, &login.utc_ns))
		return CODEC_MALFORMED;
	login.serial = rd_u16(&r);
	login.iccid = rd_take(&r, GB32960_ICCID_BYTES);
	login_counts(frame, &r, &login);
	login.codes = rd_take(&r, login.count * login.code_bytes);
	if (r.bad || r.in.len || login.code_bytes > GB32960_CODE_MAX)
		return CODEC_MALFORMED;
	*ret_login = login;
	return CODEC_OK;
}

slice_t gb32960_login_code(const gb32960_login_t *login, size_t i)
{
	if (i >= login->count)
		return (slice_t){ 0 };
	return slice_sub(login->codes, i * login->code_bytes, login->code_bytes);
}

/* Name, unit, bytes, level, kind, scale, offset. */

static const gb32960_field_t VEHICLE[] = {
	{ "status", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "charging", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "mode", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "speed", "km/h", 2, 0, GB32960_NUMBER, 0.1, 0, 0 },
	{ "odometer", "km", 4, 0, GB32960_NUMBER, 0.1, 0, 0 },
	{ "voltage", "V", 2, 0, GB32960_NUMBER, 0.1, 0, 0 },
	{ "current", "A", 2, 0, GB32960_NUMBER, 0.1, -1000, 0 },
	{ "charge", "%", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "converter", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "gear", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "insulation", "kOhm", 2, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "accelerator", "%", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "brake", "%", 1, 0, GB32960_NUMBER, 1, 0, 0 },
};
static const gb32960_field_t MOTORS[] = {
	{ "motors", "", 1, 0, GB32960_COUNT, 1, 0, 0 },
	{ "motor", "", 1, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "status", "", 1, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "controller_temperature", "Cel", 1, 1, GB32960_NUMBER, 1, -40, 0 },
	{ "speed", "/min", 2, 1, GB32960_NUMBER, 1, -20000, 0 },
	{ "torque", "N.m", 2, 1, GB32960_NUMBER, 0.1, -2000, 0 },
	{ "temperature", "Cel", 1, 1, GB32960_NUMBER, 1, -40, 0 },
	{ "voltage", "V", 2, 1, GB32960_NUMBER, 0.1, 0, 0 },
	{ "current", "A", 2, 1, GB32960_NUMBER, 0.1, -1000, 0 },
};
static const gb32960_field_t POSITION[] = {
	{ "state", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "longitude", "deg", 4, 0, GB32960_NUMBER, 1e-6, 0, WEST },
	{ "latitude", "deg", 4, 0, GB32960_NUMBER, 1e-6, 0, SOUTH },
};
static const gb32960_field_t EXTREMES[] = {
	{ "max_voltage_pack", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "max_voltage_cell", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "max_voltage", "V", 2, 0, GB32960_NUMBER, 0.001, 0, 0 },
	{ "min_voltage_pack", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "min_voltage_cell", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "min_voltage", "V", 2, 0, GB32960_NUMBER, 0.001, 0, 0 },
	{ "max_temperature_pack", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "max_temperature_probe", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "max_temperature", "Cel", 1, 0, GB32960_NUMBER, 1, -40, 0 },
	{ "min_temperature_pack", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "min_temperature_probe", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "min_temperature", "Cel", 1, 0, GB32960_NUMBER, 1, -40, 0 },
};
/* The list at the end is of 2025 alone. */
static const gb32960_field_t ALARMS[] = {
	{ "level", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "alarms", "", 4, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "battery_faults", "", 1, 0, GB32960_COUNT, 1, 0, 0 },
	{ "battery_fault", "", 4, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "motor_faults", "", 1, 0, GB32960_COUNT, 1, 0, 0 },
	{ "motor_fault", "", 4, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "engine_faults", "", 1, 0, GB32960_COUNT, 1, 0, 0 },
	{ "engine_fault", "", 4, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "other_faults", "", 1, 0, GB32960_COUNT, 1, 0, 0 },
	{ "other_fault", "", 4, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "alarm_levels", "", 1, 0, GB32960_COUNT, 1, 0, 0 },
	{ "alarm", "", 1, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "alarm_level", "", 1, 1, GB32960_NUMBER, 1, 0, 0 },
};
static const gb32960_field_t CELLS[] = {
	{ "packs", "", 1, 0, GB32960_COUNT, 1, 0, 0 },
	{ "pack", "", 1, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "voltage", "V", 2, 1, GB32960_NUMBER, 0.1, 0, 0 },
	{ "current", "", 2, 1, GB32960_RAW, 1, 0, 0 },
	{ "cells", "", 2, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "first_cell", "", 2, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "cells_here", "", 1, 1, GB32960_COUNT, 1, 0, 0 },
	{ "cell_voltage", "V", 2, 2, GB32960_NUMBER, 0.001, 0, 0 },
};
static const gb32960_field_t PROBES[] = {
	{ "packs", "", 1, 0, GB32960_COUNT, 1, 0, 0 },
	{ "pack", "", 1, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "probes", "", 2, 1, GB32960_COUNT, 1, 0, 0 },
	{ "temperature", "Cel", 1, 2, GB32960_NUMBER, 1, -40, 0 },
};
static const gb32960_field_t VEHICLE_2025[] = {
	{ "status", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "charging", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "mode", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "speed", "km/h", 2, 0, GB32960_NUMBER, 0.1, 0, 0 },
	{ "odometer", "km", 4, 0, GB32960_NUMBER, 0.1, 0, 0 },
	{ "voltage", "V", 2, 0, GB32960_NUMBER, 0.1, 0, 0 },
	{ "current", "", 2, 0, GB32960_RAW, 1, 0, 0 },
	{ "charge", "%", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "converter", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "gear", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "insulation", "kOhm", 2, 0, GB32960_NUMBER, 1, 0, 0 },
};
static const gb32960_field_t MOTORS_2025[] = {
	{ "motors", "", 1, 0, GB32960_COUNT, 1, 0, 0 },
	{ "motor", "", 1, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "status", "", 1, 1, GB32960_NUMBER, 1, 0, 0 },
	{ "controller_temperature", "Cel", 1, 1, GB32960_NUMBER, 1, -40, 0 },
	{ "speed", "/min", 2, 1, GB32960_NUMBER, 1, -32000, 0 },
	{ "torque", "", 4, 1, GB32960_RAW, 1, 0, 0 },
	{ "temperature", "Cel", 1, 1, GB32960_NUMBER, 1, -40, 0 },
};
static const gb32960_field_t POSITION_2025[] = {
	{ "state", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "coordinates", "", 1, 0, GB32960_NUMBER, 1, 0, 0 },
	{ "longitude", "deg", 4, 0, GB32960_NUMBER, 1e-6, 0, WEST },
	{ "latitude", "deg", 4, 0, GB32960_NUMBER, 1e-6, 0, SOUTH },
};

/* Edition, type, fields, and how many at their end that edition has not. */
#define BODY_ROWS(X) \
	X(2016, 1, VEHICLE, 0) \
	X(2016, 2, MOTORS, 0) \
	X(2016, 5, POSITION, 0) \
	X(2016, 6, EXTREMES, 0) \
	X(2016, 7, ALARMS, 3) \
	X(2016, 8, CELLS, 0) \
	X(2016, 9, PROBES, 0) \
	X(2025, 1, VEHICLE_2025, 0) \
	X(2025, 2, MOTORS_2025, 0) \
	X(2025, 5, POSITION_2025, 0) \
	X(2025, 6, ALARMS, 0) \
	X(2025, 8, PROBES, 0)

static const struct {
	gb32960_edition_t edition;
	uint8_t type;
	const gb32960_field_t *fields;
	size_t count;
} BODIES[] = {
#define X(edition, type, fields, without) \
	{ GB32960_##edition, type, fields, sizeof(fields) / sizeof(*(fields)) - (without) },
	BODY_ROWS(X)
#undef X
};

codec_t gb32960_walk_of(const gb32960_t *frame, gb32960_walk_t *ret_walk, int64_t *ret_utc_ns)
{
	reader_t r = reader_of(frame->data);
	if ((frame->command != GB32960_REALTIME && frame->command != GB32960_REISSUE) ||
	    !is_plain_command(frame))
		return CODEC_UNSUPPORTED;
	if (!time_read(&r, ret_utc_ns))
		return CODEC_MALFORMED;
	*ret_walk = (gb32960_walk_t){ .r = r, .edition = frame->edition };
	return CODEC_OK;
}

static bool body_open(gb32960_walk_t *walk)
{
	if (!walk->r.in.len)
		return false;
	walk->type = rd_u8(&walk->r);
	for (size_t i = 0; i < sizeof(BODIES) / sizeof(*BODIES); i++) {
		if (BODIES[i].edition != walk->edition || BODIES[i].type != walk->type)
			continue;
		walk->fields = BODIES[i].fields;
		walk->count = BODIES[i].count;
		walk->at = 0;
		return true;
	}
	walk->code = CODEC_UNSUPPORTED;
	return false;
}

/* The number of all ones is invalid, the one before it abnormal, in any width. */
static quality_t quality_of(uint32_t raw, uint8_t bytes)
{
	uint32_t invalid = (uint32_t)((UINT64_C(1) << 8 * bytes) - 1);
	return raw == invalid       ? QUALITY_NO_DATA
	       : raw == invalid - 1 ? QUALITY_DEVICE_ERROR
	                            : QUALITY_OK;
}

static void value_judge(gb32960_walk_t *walk, gb32960_value_t *value)
{
	const gb32960_field_t *field = value->field;
	value->quality = quality_of(value->raw, field->bytes);
	if (field->negative && walk->position & POSITION_INVALID)
		value->quality = QUALITY_NO_DATA;
	if (field == POSITION || field == POSITION_2025)
		walk->position = value->quality == QUALITY_OK ? value->raw : POSITION_INVALID;
	double number = value->raw * field->scale + field->offset;
	if (field->negative & walk->position)
		number = -number;
	value->number = value->quality == QUALITY_OK ? number : NAN;
}

/* On to the next field, back to the first of a level while there is more of it, and out of
 * the levels that are over. */
static void walk_step(gb32960_walk_t *walk, const gb32960_value_t *value)
{
	size_t level = value->field->level;
	walk->at++;
	if (value->field->kind == GB32960_COUNT && value->quality == QUALITY_OK && value->raw) {
		walk->start[level + 1] = walk->at;
		walk->left[level + 1] = (uint16_t)value->raw;
		walk->index[level + 1] = 1;
		return;
	}
	while (value->field->kind == GB32960_COUNT && walk->at < walk->count &&
	       walk->fields[walk->at].level > level)
		walk->at++;
	size_t next = walk->at < walk->count ? walk->fields[walk->at].level : 0;
	for (; level > next; level--) {
		if (--walk->left[level]) {
			walk->index[level]++;
			walk->at = walk->start[level];
			return;
		}
	}
}

bool gb32960_value_next(gb32960_walk_t *walk, gb32960_value_t *ret_value)
{
	if (walk->code != CODEC_OK || (walk->at == walk->count && !body_open(walk)))
		return false;
	gb32960_value_t value = { .type = walk->type, .field = &walk->fields[walk->at] };
	slice_t bytes = rd_take(&walk->r, value.field->bytes);
	if (walk->r.bad) {
		walk->code = CODEC_MALFORMED;
		return false;
	}
	for (size_t i = 0; i < bytes.len; i++)
		value.raw = value.raw << 8 | bytes.ptr[i];
	for (size_t level = 1; level <= value.field->level; level++)
		value.index[level - 1] = walk->index[level];
	value_judge(walk, &value);
	walk_step(walk, &value);
	*ret_value = value;
	return true;
}
