/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope of Modbus on TCP, the tables of names, and packed bits and
 * registers. The bodies are in modbus_pdu.c. */
#include "codec/modbus/modbus.h"

enum { MBAP_LENGTH_MIN = 2, MBAP_LENGTH_MAX = MODBUS_PDU_MAX + 1, MBAP_LENGTH_AT = 4 };

#define X(name, code, action, space, max) \
	[code] = { #name, ACTION_##action, MODBUS_SPACE_##space, max },
static const modbus_function_info_t functions[MODBUS_FUNCTION_LIMIT] = { MODBUS_FUNCTION_ROWS(X) };
#undef X

#define X(name, code) [code] = #name,
static const char *const exceptions[] = { MODBUS_EXCEPTION_ROWS(X) };
#undef X

static const char *const object_names[] = { "VendorName",         "ProductCode",
	                                    "MajorMinorRevision", "VendorUrl",
	                                    "ProductName",        "ModelName",
	                                    "UserApplicationName" };

const modbus_function_info_t *modbus_function_info(uint8_t function)
{
	static const modbus_function_info_t unknown = { .name = "UNKNOWN",
		                                        .action = ACTION_UNKNOWN };
	const modbus_function_info_t *row = &functions[function % MODBUS_FUNCTION_LIMIT];
	return row->name ? row : &unknown;
}

const char *modbus_exception_name(uint8_t exception)
{
	bool known = exception < sizeof exceptions / sizeof exceptions[0] && exceptions[exception];
	return known ? exceptions[exception] : "UNKNOWN";
}

const char *modbus_object_name(uint8_t id)
{
	return id < sizeof object_names / sizeof object_names[0] ? object_names[id] : "";
}

codec_t modbus_adu_decode(slice_t in, modbus_adu_t *ret_adu)
{
	reader_t r = reader_of(in);
	uint16_t transaction = rd_u16(&r);
	uint16_t protocol = rd_u16(&r);
	uint16_t length = rd_u16(&r);
	if (r.bad)
		return CODEC_MORE;
	if (protocol != 0 || length < MBAP_LENGTH_MIN || length > MBAP_LENGTH_MAX)
		return CODEC_MALFORMED;
	uint8_t unit = rd_u8(&r);
	slice_t pdu = rd_take(&r, length - 1U);
	if (r.bad)
		return CODEC_MORE;
	*ret_adu = (modbus_adu_t){
		.transaction = transaction, .unit = unit, .pdu = pdu, .used = in.len - r.in.len
	};
	return CODEC_OK;
}

err_t modbus_adu_encode(uint16_t transaction, uint8_t unit, const modbus_pdu_t *pdu, writer_t *w)
{
	size_t at = w->len;
	wr_u16(w, transaction);
	wr_u16(w, 0); /* protocol */
	wr_u16(w, 0); /* length */
	wr_u8(w, unit);
	size_t body = w->len;
	err_t err = modbus_pdu_encode(pdu, w);
	if (err != ERR_OK) {
		w->len = at;
		return err;
	}
	wr_patch_u16(w, at + MBAP_LENGTH_AT, (uint16_t)(w->len - body + 1));
	return ERR_OK;
}

uint16_t modbus_register_get(slice_t data, size_t i)
{
	if (i >= data.len / 2)
		return 0;
	return (uint16_t)(data.ptr[2 * i] << 8 | data.ptr[2 * i + 1]);
}

bool modbus_bit_get(slice_t data, size_t i)
{
	return i / 8 < data.len && (data.ptr[i / 8] >> i % 8 & 1) != 0;
}

void modbus_register_put(uint8_t *data, size_t i, uint16_t value)
{
	data[2 * i] = (uint8_t)(value >> 8);
	data[2 * i + 1] = (uint8_t)value;
}

void modbus_bit_put(uint8_t *data, size_t i, bool on)
{
	uint8_t mask = (uint8_t)(1U << i % 8);
	data[i / 8] = (uint8_t)(on ? data[i / 8] | mask : data[i / 8] & ~mask);
}
