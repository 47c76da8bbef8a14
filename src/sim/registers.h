/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_REGISTERS_H
#define SIM_REGISTERS_H
/* The registers and bits of one machine, as it would show them on the wire. The
 * server copies ranges in and out; physics and scripts read and write points in
 * engineering units.
 *
 * Every table has REGISTERS_ITEMS addresses from 0 on; there is nothing beyond. One
 * thread. */
#include "codec/modbus/modbus.h"
#include "sim/plant.h"

enum { REGISTERS_ITEMS = 64 };

typedef struct {
	uint8_t table[POINT_TABLE_COUNT][2 * REGISTERS_ITEMS]; /* bits are packed */
} registers_t;

/* All points of the model at their start values. */
void registers_init(registers_t *r, const plant_model_t *model);
/* In engineering units. */
double registers_get(const registers_t *r, const config_point_t *point);
/* A value the wire type cannot hold is left out: the old one stays. */
void registers_put(registers_t *r, const config_point_t *point, double value);

/* True when the whole range exists. */
bool registers_has(uint32_t address, uint32_t quantity);
/* As they lie on the wire: registers big-endian, bits packed from the lowest on.
 * The range exists. */
void registers_read(const registers_t *r, modbus_space_t space, uint16_t address, uint16_t quantity,
                    writer_t *w);
void registers_write(registers_t *r, modbus_space_t space, uint16_t address, uint16_t quantity,
                     slice_t data);

/* The wire form of a point and back, shared with the clients. The writer gets
 * modbus_type_registers(wire) registers. */
MUST_CHECK err_t registers_encode(const config_point_t *point, double value, writer_t *w);
MUST_CHECK err_t registers_decode(const config_point_t *point, slice_t registers,
                                  double *ret_value);
#endif
