/* SPDX-License-Identifier: Apache-2.0 */
/* The length comes first and the CRC last, so that all between is looked at only when it is
 * known to be whole. */
#include "codec/hj212/hj212.h"

#include "base/num.h"

#define HEAD     SLICE("##")
#define TAIL     SLICE("\r\n")
#define CP_FIRST SLICE("CP=&&")
#define CP_LAST  SLICE("&&")

enum { LENGTH_DIGITS = 4, CRC_DIGITS = 4, POLYNOMIAL = 0xA001 };
enum { FLAG_ANSWER = 1, FLAG_DIVIDED = 2, FLAG_VERSION_SHIFT = 2 };

uint16_t hj212_crc(slice_t data)
{
	uint16_t crc = 0xFFFF;
	for (size_t i = 0; i < data.len; i++) {
		crc = (uint16_t)(crc >> 8 ^ data.ptr[i]);
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1);
	}
	return crc;
}

err_t hj212_seal(slice_t data, writer_t *w)
{
	size_t at = w->len;
	if (data.len > HJ212_DATA_MAX)
		return ERR_TOO_BIG;
	char head[8], tail[8];
	writer_t h = writer_of(head, sizeof(head)), t = writer_of(tail, sizeof(tail));
	wr_format(&h, "##%04zu", data.len);
	wr_format(&t, "%04X\r\n", hj212_crc(data));
	wr_bytes(w, writer_done(&h));
	wr_bytes(w, data);
	wr_bytes(w, writer_done(&t));
	if (!w->bad)
		return ERR_OK;
	w->len = at;
	return ERR_TOO_BIG;
}

/* What each field of the data is; the numbers have a greatest value. */
typedef enum {
	FIELD_QN,
	FIELD_ST,
	FIELD_CN,
	FIELD_PW,
	FIELD_MN,
	FIELD_FLAG,
	FIELD_PNUM,
	FIELD_PNO,
	FIELD_COUNT
} field_t;

static const struct {
	const char *name;
	uint32_t max; /* of a number; 0: text */
} FIELDS[FIELD_COUNT] = {
	[FIELD_QN] = { "QN", 0 },        [FIELD_ST] = { "ST", 99 },
	[FIELD_CN] = { "CN", 9999 },     [FIELD_PW] = { "PW", 0 },
	[FIELD_MN] = { "MN", 0 },        [FIELD_FLAG] = { "Flag", 255 },
	[FIELD_PNUM] = { "PNUM", 9999 }, [FIELD_PNO] = { "PNO", 9999 },
};

typedef struct {
	slice_t text[FIELD_COUNT];
	uint64_t number[FIELD_COUNT];
	bool is_there[FIELD_COUNT];
} fields_t;

/* A field comes once; one that is not known says nothing here. */
static bool field_take(fields_t *fields, slice_t field)
{
	size_t at = slice_find(field, '=');
	if (at == field.len)
		return false;
	slice_t name = slice_sub(field, 0, at), value = slice_from(field, at + 1);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!slice_eq(name, slice_str(FIELDS[i].name)))
			continue;
		if (fields->is_there[i])
			return false;
		fields->is_there[i] = true;
		fields->text[i] = value;
		return !FIELDS[i].max ||
		       num_parse_u64(value, FIELDS[i].max, &fields->number[i]) == ERR_OK;
	}
	return true;
}

/* A frame that says it is divided says how; its packets count from 1. */
static bool fields_agree(const fields_t *fields)
{
	bool is_divided = fields->number[FIELD_FLAG] & FLAG_DIVIDED;
	uint64_t packets = fields->number[FIELD_PNUM], packet = fields->number[FIELD_PNO];
	if (!fields->is_there[FIELD_ST] || !fields->is_there[FIELD_CN])
		return false;
	return is_divided ? packet >= 1 && packet <= packets : packets == 0 && packet == 0;
}

static codec_t data_decode(slice_t data, hj212_t *ret_frame)
{
	fields_t fields = { 0 };
	slice_t rest = data;
	while (!slice_starts(rest, CP_FIRST))
		if (!rest.len || !field_take(&fields, slice_cut(&rest, ';')))
			return CODEC_MALFORMED;
	slice_t items = slice_from(rest, CP_FIRST.len);
	if (!slice_ends(items, CP_LAST) || !fields_agree(&fields))
		return CODEC_MALFORMED;
	*ret_frame = (hj212_t){
		.data = data,
		.request = fields.text[FIELD_QN],
		.password = fields.text[FIELD_PW],
		.station = fields.text[FIELD_MN],
		.system = (uint16_t)fields.number[FIELD_ST],
		.command = (uint16_t)fields.number[FIELD_CN],
		.version = (uint8_t)(fields.number[FIELD_FLAG] >> FLAG_VERSION_SHIFT),
		.wants_answer = fields.number[FIELD_FLAG] & FLAG_ANSWER,
		.packets = (uint32_t)fields.number[FIELD_PNUM],
		.packet = (uint32_t)fields.number[FIELD_PNO],
		.items = slice_sub(items, 0, items.len - CP_LAST.len),
	};
	return CODEC_OK;
}

/* As much of a text as has come is its beginning. */
static bool begins(slice_t in, slice_t text)
{
	size_t len = in.len < text.len ? in.len : text.len;
	return slice_eq(slice_sub(in, 0, len), slice_sub(text, 0, len));
}

static bool is_digits(slice_t text)
{
	uint64_t number;
	return !text.len || num_parse_u64(text, UINT64_MAX, &number) == ERR_OK;
}

codec_t hj212_decode(slice_t in, hj212_t *ret_frame)
{
	uint8_t crc[2];
	uint64_t len = 0;
	size_t crc_len = 0;
	reader_t r = reader_of(in);
	slice_t digits = slice_sub(in, HEAD.len, LENGTH_DIGITS);
	if (!begins(in, HEAD) || !is_digits(digits))
		return CODEC_MALFORMED;
	if (digits.len < LENGTH_DIGITS)
		return CODEC_MORE;
	if (num_parse_u64(digits, HJ212_DATA_MAX, &len))
		return CODEC_MALFORMED;
	(void)rd_take(&r, HEAD.len + LENGTH_DIGITS);
	slice_t data = rd_take(&r, (size_t)len), check = rd_take(&r, CRC_DIGITS);
	slice_t tail = rd_take(&r, TAIL.len);
	if (r.bad)
		return CODEC_MORE;
	if (!slice_eq(tail, TAIL) || num_from_hex(check, crc, sizeof(crc), &crc_len) ||
	    crc_len != sizeof(crc) || (crc[0] << 8 | crc[1]) != hj212_crc(data))
		return CODEC_MALFORMED;
	codec_t code = data_decode(data, ret_frame);
	if (code == CODEC_OK)
		ret_frame->used = in.len - r.in.len;
	return code;
}

hj212_items_t hj212_items_of(slice_t items)
{
	return (hj212_items_t){ .rest = items };
}

/* Of annex B; what is not here is bad. */
static const struct {
	char flag;
	quality_t quality;
} QUALITIES[] = {
	{ 'N', QUALITY_OK },           /* works */
	{ 'F', QUALITY_NO_DATA },      /* stopped */
	{ 'M', QUALITY_BAD_DATA },     /* being maintained */
	{ 'S', QUALITY_BAD_DATA },     /* typed in */
	{ 'D', QUALITY_DEVICE_ERROR }, /* has a fault */
	{ 'C', QUALITY_BAD_DATA },     /* being calibrated */
	{ 'T', QUALITY_OUT_OF_RANGE }, /* beyond its range */
	{ 'B', QUALITY_NO_CONNECTION },
};

static quality_t quality_of(uint8_t flag)
{
	for (size_t i = 0; i < sizeof(QUALITIES) / sizeof(*QUALITIES); i++)
		if ((uint8_t)QUALITIES[i].flag == flag)
			return QUALITIES[i].quality;
	return QUALITY_BAD_DATA;
}

#define FLAG_END SLICE("-Flag")

/* The flag of the values that begin as `name` does, up to its dash. One that is not a
 * single character is a flag that nobody knows. */
static uint8_t flag_of(slice_t group, slice_t name)
{
	size_t dash = slice_find(name, '-');
	slice_t factor = slice_sub(name, 0, dash);
	while (dash < name.len && group.len) {
		slice_t value = slice_cut(&group, ','), key = slice_cut(&value, '=');
		if (key.len == factor.len + FLAG_END.len && slice_starts(key, factor) &&
		    slice_ends(key, FLAG_END))
			return value.len == 1 ? value.ptr[0] : '?';
	}
	return 0;
}

bool hj212_item_next(hj212_items_t *items, hj212_item_t *ret_item)
{
	while (!items->bad && (items->left.len || items->rest.len)) {
		if (!items->left.len)
			items->left = items->group = slice_cut(&items->rest, ';');
		slice_t field = slice_cut(&items->left, ',');
		size_t at = slice_find(field, '=');
		items->bad = at == 0 || at == field.len;
		slice_t name = slice_sub(field, 0, at);
		if (items->bad || slice_ends(name, FLAG_END))
			continue;
		uint8_t flag = flag_of(items->group, name);
		*ret_item = (hj212_item_t){ name, slice_from(field, at + 1), flag,
			                    flag ? quality_of(flag) : QUALITY_OK };
		return true;
	}
	return false;
}
