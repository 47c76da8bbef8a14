/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of OPC DA: the two upper bits of the lower byte are the class, the four below say
 * why (OPC Data Access 3.00, 6.8). */
#include "batch/samples_words.h"

#include "base/num.h"

enum { DA_MAX = 0xFFFF, DA_MASK = 0xFC, DA_CLASS = 0xC0, DA_GOOD = 0xC0, DA_UNCERTAIN = 0x40 };
enum { UA_CLASS_SHIFT = 30, UA_GOOD = 0, UA_UNCERTAIN = 1 };
#define UA_CODE UINT64_C(0xFFFF0000)

static const struct {
	slice_t word;
	samples_role_t role;
	bool is_status;
} heads[] = {
#define HEAD(text, role) \
	{ \
		{ (const uint8_t *)(text), sizeof(text) - 1 }, role, false \
	}
	HEAD("time", ROLE_TIME),
	HEAD("timestamp", ROLE_TIME),
	HEAD("datetime", ROLE_TIME),
	HEAD("date_time", ROLE_TIME),
	HEAD("t", ROLE_TIME),
	HEAD("ts", ROLE_TIME),
	HEAD("t_s", ROLE_TIME),
	HEAD("t_ms", ROLE_TIME),
	HEAD("t_us", ROLE_TIME),
	HEAD("t_ns", ROLE_TIME),
	HEAD("时间", ROLE_TIME),
	HEAD("时间戳", ROLE_TIME),
	HEAD("point", ROLE_NAME),
	HEAD("series", ROLE_NAME),
	HEAD("tag", ROLE_NAME),
	HEAD("tagname", ROLE_NAME),
	HEAD("name", ROLE_NAME),
	HEAD("测点", ROLE_NAME),
	HEAD("位号", ROLE_NAME),
	HEAD("value", ROLE_VALUE),
	HEAD("值", ROLE_VALUE),
	HEAD("数值", ROLE_VALUE),
	HEAD("quality", ROLE_QUALITY),
	HEAD("opcquality", ROLE_QUALITY),
	HEAD("qualitydetail", ROLE_QUALITY),
	HEAD("质量", ROLE_QUALITY),
#undef HEAD
	{ { (const uint8_t *)"status", 6 }, ROLE_QUALITY, true },
	{ { (const uint8_t *)"状态", 6 }, ROLE_QUALITY, true },
};

samples_role_t samples_role(slice_t head, bool *ret_is_status)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		if (slice_eq_nocase(head, heads[i].word)) {
			*ret_is_status |= heads[i].is_status;
			return heads[i].role;
		}
	return ROLE_OF_POINT;
}

/* Uncertain for no reason that is told is stale: the last value that was usable. */
static const struct {
	const char *word;
	quality_t quality;
} words[] = {
	{ "good", QUALITY_OK },
	{ "g", QUALITY_OK },
	{ "annotated", QUALITY_OK },
	{ "良好", QUALITY_OK },
	{ "好", QUALITY_OK },
	{ "substituted", QUALITY_OVERRIDDEN },
	{ "questionable", QUALITY_STALE },
	{ "uncertain", QUALITY_STALE },
	{ "可疑", QUALITY_STALE },
	{ "bad", QUALITY_BAD_DATA },
	{ "坏", QUALITY_BAD_DATA },
};

static const struct {
	const char *word;
	quality_t quality;
} no_values[] = {
	{ "bad", QUALITY_BAD_DATA },
	{ "bad input", QUALITY_BAD_DATA },
	{ "bad data", QUALITY_BAD_DATA },
	{ "bad output", QUALITY_BAD_DATA },
	{ "calc failed", QUALITY_BAD_DATA },
	{ "over range", QUALITY_BAD_DATA },
	{ "under range", QUALITY_BAD_DATA },
	{ "i/o timeout", QUALITY_TIMEOUT },
	{ "scan timeout", QUALITY_TIMEOUT },
	{ "comm fail", QUALITY_NO_CONNECTION },
	{ "not connect", QUALITY_NO_CONNECTION },
	{ "equip fail", QUALITY_DEVICE_ERROR },
	{ "configure", QUALITY_CONFIG_ERROR },
	{ "intf shut", QUALITY_NO_DATA },
	{ "no data", QUALITY_NO_DATA },
	{ "no sample", QUALITY_NO_DATA },
	{ "no result", QUALITY_NO_DATA },
	{ "pt created", QUALITY_NO_DATA },
	{ "scan off", QUALITY_NO_DATA },
	{ "out of serv", QUALITY_NO_DATA },
	{ "shutdown", QUALITY_NO_DATA },
	{ "null", QUALITY_NO_DATA },
	{ "#n/a", QUALITY_NO_DATA },
};

bool samples_no_value(slice_t cell, quality_t *ret_quality)
{
	for (size_t i = 0; i < sizeof(no_values) / sizeof(*no_values); i++)
		if (slice_eq_nocase(cell, slice_str(no_values[i].word))) {
			*ret_quality = no_values[i].quality;
			return true;
		}
	return false;
}

/* Numbers. */

static quality_t of_da(uint64_t number)
{
	static const struct {
		uint8_t number;
		quality_t quality;
	} rows[] = {
		{ 0x04, QUALITY_CONFIG_ERROR }, { 0x08, QUALITY_NO_CONNECTION },
		{ 0x0C, QUALITY_DEVICE_ERROR }, { 0x18, QUALITY_NO_CONNECTION },
		{ 0x20, QUALITY_NO_DATA },      { 0x54, QUALITY_OUT_OF_RANGE },
		{ 0xD8, QUALITY_OVERRIDDEN },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if ((number & DA_MASK) == rows[i].number)
			return rows[i].quality;
	uint64_t class = number & DA_CLASS;
	return class == DA_GOOD        ? QUALITY_OK
	       : class == DA_UNCERTAIN ? QUALITY_STALE
	                               : QUALITY_BAD_DATA;
}

static quality_t of_ua(uint64_t number)
{
	for (int i = 0; i < QUALITY_COUNT; i++)
		if ((number & UA_CODE) == quality_info((quality_t)i)->opcua)
			return (quality_t)i;
	uint64_t class = number >> UA_CLASS_SHIFT;
	return class == UA_GOOD        ? QUALITY_OK
	       : class == UA_UNCERTAIN ? QUALITY_STALE
	                               : QUALITY_BAD_DATA;
}

/* The numbers of digital states in a status are negative. */
static bool read_number(slice_t cell, bool is_status, quality_t *ret_quality)
{
	int64_t number;
	if (num_parse_i64(cell, &number) || number > UINT32_MAX || (number < 0 && !is_status))
		return false;
	bool is_da = !is_status && number <= DA_MAX;
	*ret_quality = number < 0 ? QUALITY_BAD_DATA
	               : is_da    ? of_da((uint64_t)number)
	                          : of_ua((uint64_t)number);
	return true;
}

bool samples_quality(slice_t cell, bool is_status, quality_t *ret_quality)
{
	*ret_quality = QUALITY_OK;
	if (cell.len == 0)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (slice_eq_nocase(cell, slice_str(words[i].word))) {
			*ret_quality = words[i].quality;
			return true;
		}
	for (int i = 0; i < QUALITY_COUNT; i++)
		if (slice_eq_nocase(cell, slice_str(quality_info((quality_t)i)->name))) {
			*ret_quality = (quality_t)i;
			return true;
		}
	return read_number(cell, is_status, ret_quality);
}
