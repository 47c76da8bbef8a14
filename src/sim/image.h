/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_IMAGE_H
#define SIM_IMAGE_H
/* The registers and bits of one machine, as it would show them on the wire. The
 * server copies ranges in and out; physics and scripts read and write points in
 * engineering units.
 *
 * Every table has IMAGE_ITEMS addresses from 0 on; there is nothing beyond. One
 * thread. */
#include "codec/modbus/modbus.h"
#include "sim/plant.h"

enum { IMAGE_ITEMS = 64 };

typedef struct {
	uint8_t table[POINT_TABLE_COUNT][2 * IMAGE_ITEMS]; /* bits are packed */
} image_t;

/* All points of the model at their start values. */
void image_init(image_t *image, const plant_model_t *model);
/* In engineering units. */
double image_get(const image_t *image, const config_point_t *point);
/* A value the wire type cannot hold is left out: the old one stays. */
void image_put(image_t *image, const config_point_t *point, double value);

/* Modbus's name of a table. */
modbus_space_t image_space(point_table_t table);
/* True when the whole range exists. */
bool image_has(uint32_t address, uint32_t quantity);
/* As they lie on the wire: registers big-endian, bits packed from the lowest on.
 * The range exists. */
void image_read(const image_t *image, modbus_space_t space, uint16_t address, uint16_t quantity,
                writer_t *w);
void image_write(image_t *image, modbus_space_t space, uint16_t address, uint16_t quantity,
                 slice_t data);

/* The wire form of a point and back, shared with the clients. The writer gets
 * modbus_type_registers(wire) registers. */
MUST_CHECK err_t image_encode(const config_point_t *point, double value, writer_t *w);
MUST_CHECK err_t image_decode(const config_point_t *point, slice_t registers, double *ret_value);
#endif
