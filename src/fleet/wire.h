/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_WIRE_H
#define FLEET_WIRE_H
/* A point's value between the registers of its device and engineering units:
 * engineering = wire * scale + offset. Used by the driver both ways. */
#include "codec/modbus/modbus.h"
#include "model/point.h"

/* The value of `point` from the data of a response that began at `start`. Without
 * scaling (1 and 0) integers stay integers, those of a point with states become enums, and
 * a float32 stays one. ERR_MALFORMED when it is not there. */
MUST_CHECK err_t wire_value(const point_t *point, uint16_t start, slice_t data, value_t *ret_value);
/* The function that reads the point's table. */
uint8_t wire_read_function(point_table_t table);
/* The request that writes `number`; its data borrows `buf` (at least 8 bytes).
 * ERR_INVALID when the table cannot be written or the wire type cannot hold it; a
 * bool holds 0 and 1 alone. */
MUST_CHECK err_t wire_write_request(const point_t *point, double number, uint8_t buf[8],
                                    modbus_pdu_t *ret_pdu);
/* What a device that did as told reads back: `number` as near as the wire type
 * comes to it. ERR_INVALID as above. */
MUST_CHECK err_t wire_nearest(const point_t *point, double number, double *ret_number);
#endif
