/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_PORT_H
#define MODEL_PORT_H
/* A serial port of this machine and how its line is set: part of the configuration and
 * of the immutable catalogue, and what env opens. */
#include <stdbool.h>
#include <stdint.h>

/* Rates, as bits a second. */
#define BAUD_ROWS(X) X(1200) X(2400) X(4800) X(9600) X(19200) X(38400) X(57600) X(115200)

#define X(rate) BAUD_##rate,
typedef enum { BAUD_ROWS(X) BAUD_COUNT } baud_t;
#undef X

typedef enum { PARITY_NONE, PARITY_EVEN, PARITY_ODD, PARITY_COUNT } parity_t;

typedef struct {
	const char *name; /* of the line */
	const char *path; /* "/dev/ttyUSB0" */
	baud_t baud;
	parity_t parity;
	uint8_t stop_bits; /* 1 or 2 */
	unsigned rs485;    /* 1: the port itself switches the direction of a pair of wires */
} port_t;

/* Bits a second. */
uint32_t baud_rate(baud_t baud);
/* Of eight data bits with all that stands around them. */
int64_t port_character_ns(const port_t *port);
/* Equal in all that matters to whoever has it open. */
bool port_eq(const port_t *a, const port_t *b);
#endif
