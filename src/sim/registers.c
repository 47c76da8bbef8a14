/* SPDX-License-Identifier: Apache-2.0 */
/* All four tables are arrays of the same size: bits waste some of it, and nothing
 * needs a second way of finding its place. */
#include "sim/registers.h"

#include <assert.h>

#include "codec/modbus/modbus_value.h"

_Static_assert((int)WIRE_F64 == (int)MODBUS_F64, "wire types follow the codec's");
_Static_assert((int)ORDER_DCBA == (int)MODBUS_DCBA, "byte orders follow the codec's");

static const modbus_space_t SPACES[POINT_TABLE_COUNT] = {
	[POINT_COIL] = MODBUS_SPACE_COIL,
	[POINT_DISCRETE_INPUT] = MODBUS_SPACE_DISCRETE,
	[POINT_INPUT_REGISTER] = MODBUS_SPACE_INPUT,
	[POINT_HOLDING_REGISTER] = MODBUS_SPACE_HOLDING,
};

static point_table_t table_of(modbus_space_t space)
{
	point_table_t table = 0;
	while (table < POINT_TABLE_COUNT && SPACES[table] != space)
		table++;
	assert(table < POINT_TABLE_COUNT);
	return table;
}

static slice_t table_slice(const registers_t *r, point_table_t table)
{
	return slice_of(r->table[table], sizeof(r->table[table]));
}

bool registers_has(uint32_t address, uint32_t quantity)
{
	return quantity <= REGISTERS_ITEMS && address <= REGISTERS_ITEMS - quantity;
}

err_t registers_encode(const config_point_t *point, double value, writer_t *w)
{
	modbus_value_t wire;
	double number = (value - point->offset) / point->scale;
	err_t err = modbus_value_of((modbus_type_t)point->address.wire, number, &wire);
	if (!err)
		err = modbus_value_put(&wire, (modbus_order_t)point->address.order, w);
	return err;
}

err_t registers_decode(const config_point_t *point, slice_t registers, double *ret_value)
{
	modbus_value_t wire;
	err_t err = modbus_value_get((modbus_type_t)point->address.wire,
	                             (modbus_order_t)point->address.order, registers, &wire);
	if (!err)
		*ret_value = modbus_value_f64(&wire) * point->scale + point->offset;
	return err;
}

double registers_get(const registers_t *r, const config_point_t *point)
{
	slice_t table = table_slice(r, point->address.table);
	if (point_table_is_bits(point->address.table))
		return modbus_bit_get(table, point->address.address);
	double value = 0;
	err_t err = registers_decode(point, slice_from(table, 2 * (size_t)point->address.address),
	                             &value);
	assert(err == ERR_OK);
	return value;
}

void registers_put(registers_t *r, const config_point_t *point, double value)
{
	uint8_t *table = r->table[point->address.table];
	if (point_table_is_bits(point->address.table)) {
		modbus_bit_put(table, point->address.address, value != 0);
		return;
	}
	uint8_t buf[8];
	writer_t w = writer_of(buf, sizeof(buf));
	if (registers_encode(point, value, &w))
		return;
	size_t at = 2 * (size_t)point->address.address;
	assert(at + w.len <= sizeof(r->table[0]));
	memcpy(&table[at], buf, w.len);
}

void registers_init(registers_t *r, const plant_model_t *model)
{
	*r = (registers_t){ 0 };
	for (size_t i = 0; i < model->point_count; i++)
		registers_put(r, &model->points[i].config, model->points[i].start);
}

void registers_read(const registers_t *r, modbus_space_t space, uint16_t address, uint16_t quantity,
                    writer_t *w)
{
	assert(registers_has(address, quantity));
	point_table_t table = table_of(space);
	slice_t from = table_slice(r, table);
	if (!point_table_is_bits(table)) {
		wr_bytes(w, slice_sub(from, 2 * (size_t)address, 2 * (size_t)quantity));
		return;
	}
	size_t bytes = modbus_bit_bytes(quantity);
	uint8_t *to = wr_reserve(w, bytes);
	if (!to)
		return;
	memset(to, 0, bytes);
	for (size_t i = 0; i < quantity; i++)
		modbus_bit_put(to, i, modbus_bit_get(from, address + i));
}

void registers_write(registers_t *r, modbus_space_t space, uint16_t address, uint16_t quantity,
                     slice_t data)
{
	assert(registers_has(address, quantity));
	point_table_t table = table_of(space);
	for (size_t i = 0; i < quantity; i++) {
		if (point_table_is_bits(table))
			modbus_bit_put(r->table[table], address + i, modbus_bit_get(data, i));
		else
			modbus_register_put(r->table[table], address + i,
			                    modbus_register_get(data, i));
	}
}
