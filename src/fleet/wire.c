/* SPDX-License-Identifier: Apache-2.0 */
/* Scaling happens here and nowhere else, so that reads and writes agree. */
#include "fleet/wire.h"

#include <assert.h>

#include "codec/modbus/modbus_value.h"

/* model/point.h repeats these two enums so that model needs no codec. */
static_assert((int)WIRE_COUNT == (int)MODBUS_TYPE_COUNT && (int)WIRE_F64 == (int)MODBUS_F64,
              "wire_type_t follows modbus_type_t");
static_assert((int)ORDER_COUNT == (int)MODBUS_ORDER_COUNT && (int)ORDER_DCBA == (int)MODBUS_DCBA,
              "byte_order_t follows modbus_order_t");

static value_t unscaled(const modbus_value_t *value)
{
	switch (value->type) {
	case MODBUS_BOOL:
		return value_bool(value->b);
	case MODBUS_I16:
	case MODBUS_I32:
	case MODBUS_I64:
		return value_i64(value->i64);
	case MODBUS_U16:
	case MODBUS_U32:
	case MODBUS_U64:
		return value_u64(value->u64);
	case MODBUS_F32:
		return value_f32((float)value->f64);
	case MODBUS_F64:
	case MODBUS_TYPE_COUNT:
		break;
	}
	return value_f64(value->f64);
}

static bool is_plain(const point_t *point)
{
	return point->scale >= 1 && point->scale <= 1 && point->offset >= 0 && point->offset <= 0;
}

err_t wire_value(const point_t *point, uint16_t start, slice_t data, value_t *ret_value)
{
	if (point->address.address < start)
		return ERR_MALFORMED;
	size_t at = (size_t)point->address.address - start;
	if (point_table_is_bits(point->address.table)) {
		if (at / 8 >= data.len)
			return ERR_MALFORMED;
		*ret_value = point_stated(&point->states, value_bool(modbus_bit_get(data, at)));
		return ERR_OK;
	}
	modbus_value_t value;
	err_t err = modbus_value_get((modbus_type_t)point->address.wire,
	                             (modbus_order_t)point->address.order, slice_from(data, at * 2),
	                             &value);
	if (err)
		return err;
	*ret_value = value.type == MODBUS_BOOL || is_plain(point)
	                     ? point_stated(&point->states, unscaled(&value))
	                     : value_f64(modbus_value_f64(&value) * point->scale + point->offset);
	return ERR_OK;
}

uint8_t wire_read_function(point_table_t table)
{
	static const uint8_t functions[POINT_TABLE_COUNT] = {
		[POINT_COIL] = MODBUS_READ_COILS,
		[POINT_DISCRETE_INPUT] = MODBUS_READ_DISCRETE_INPUTS,
		[POINT_INPUT_REGISTER] = MODBUS_READ_INPUT_REGISTERS,
		[POINT_HOLDING_REGISTER] = MODBUS_READ_HOLDING_REGISTERS,
	};
	return functions[table];
}

static bool is_zero_or_one(double number)
{
	return (number >= 0 && number <= 0) || (number >= 1 && number <= 1);
}

/* The registers that hold `number`, in `buf`. */
static err_t encode(const point_t *point, double number, uint8_t buf[8], slice_t *ret_data)
{
	modbus_value_t value;
	writer_t w = writer_of(buf, 8);
	if (point->address.wire == WIRE_BOOL && !is_zero_or_one(number))
		return ERR_INVALID;
	double raw = point->address.wire == WIRE_BOOL ? number
	                                              : (number - point->offset) / point->scale;
	err_t err = modbus_value_of((modbus_type_t)point->address.wire, raw, &value);
	if (!err)
		err = modbus_value_put(&value, (modbus_order_t)point->address.order, &w);
	if (!err)
		*ret_data = writer_done(&w);
	return err;
}

static err_t write_registers(const point_t *point, double number, uint8_t buf[8],
                             modbus_pdu_t *ret_pdu)
{
	slice_t data;
	err_t err = encode(point, number, buf, &data);
	if (err)
		return err;
	if (data.len == 2)
		*ret_pdu = (modbus_pdu_t){ .function = MODBUS_WRITE_SINGLE_REGISTER,
			                   .address = point->address.address,
			                   .value = modbus_register_get(data, 0) };
	else
		*ret_pdu = (modbus_pdu_t){ .function = MODBUS_WRITE_MULTIPLE_REGISTERS,
			                   .address = point->address.address,
			                   .quantity = (uint16_t)(data.len / 2),
			                   .data = data };
	return ERR_OK;
}

err_t wire_write_request(const point_t *point, double number, uint8_t buf[8], modbus_pdu_t *ret_pdu)
{
	if (point->address.table == POINT_HOLDING_REGISTER)
		return write_registers(point, number, buf, ret_pdu);
	if (point->address.table != POINT_COIL || !is_zero_or_one(number))
		return ERR_INVALID;
	*ret_pdu = (modbus_pdu_t){ .function = MODBUS_WRITE_SINGLE_COIL,
		                   .address = point->address.address,
		                   .value = number > 0 ? MODBUS_COIL_ON : 0 };
	return ERR_OK;
}

err_t wire_nearest(const point_t *point, double number, double *ret_number)
{
	uint8_t buf[8];
	modbus_pdu_t pdu;
	slice_t data;
	value_t value;
	err_t err = wire_write_request(point, number, buf, &pdu);
	if (err)
		return err;
	if (point->address.table == POINT_COIL) {
		*ret_number = number;
		return ERR_OK;
	}
	err = encode(point, number, buf, &data);
	if (!err)
		err = wire_value(point, point->address.address, data, &value);
	if (err || !value_number(&value, ret_number))
		return ERR_INVALID;
	return ERR_OK;
}
