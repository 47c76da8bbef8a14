/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TWIN_FIFO_H
#define ENV_TWIN_FIFO_H
/* Bytes in at the end, out at the front, contiguous in between: what waits on a
 * wire, in a socket, at a tap. Its user sets the limit. Taking and adding cost
 * the bytes moved and no more, however long the queue is. */
#include "base/slice.h"

typedef struct {
	uint8_t *ptr;
	size_t head, len, cap;
} fifo_t;

void fifo_add(fifo_t *fifo, slice_t bytes);
/* Room for `len` bytes at the end, for the caller to fill. */
uint8_t *fifo_reserve(fifo_t *fifo, size_t len);
/* Valid until the next call that adds. */
slice_t fifo_bytes(const fifo_t *fifo);
void fifo_drop(fifo_t *fifo, size_t len);
void fifo_free(fifo_t *fifo);
#endif
