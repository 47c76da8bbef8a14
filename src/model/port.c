/* SPDX-License-Identifier: Apache-2.0 */
#include "model/port.h"

#include "base/slice.h"
#include "model/time.h"

static const uint32_t rates[BAUD_COUNT] = {
#define X(rate) [BAUD_##rate] = (rate),
	BAUD_ROWS(X)
#undef X
};

uint32_t baud_rate(baud_t baud)
{
	return rates[baud];
}

int64_t port_character_ns(const port_t *port)
{
	int64_t bits = 1 + 8 + (port->parity != PARITY_NONE) + port->stop_bits;
	return (bits * NS_PER_S + rates[port->baud] - 1) / rates[port->baud];
}

bool port_eq(const port_t *a, const port_t *b)
{
	return slice_eq(slice_str(a->name), slice_str(b->name)) &&
	       slice_eq(slice_str(a->path), slice_str(b->path)) && a->baud == b->baud &&
	       a->parity == b->parity && a->stop_bits == b->stop_bits && a->rs485 == b->rs485;
}
