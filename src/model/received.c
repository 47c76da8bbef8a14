/* SPDX-License-Identifier: Apache-2.0 */
#include "model/received.h"

enum { RECEIVED_VERSION = 1 };

void received_put(const received_t *received, writer_t *w)
{
	wr_u8(w, RECEIVED_VERSION);
	wr_string(w, received->child);
	wr_zigzag(w, received->at.ns);
	wr_bytes(w, received->batch);
}

err_t received_read(slice_t payload, received_t *ret_received)
{
	reader_t r = reader_of(payload);
	received_t received;
	uint8_t version = rd_u8(&r);
	if (!r.bad && version > RECEIVED_VERSION)
		return ERR_NEWER_FORMAT;
	received.child = rd_string(&r);
	received.at.ns = rd_zigzag(&r);
	received.batch = r.in;
	if (r.bad || version != RECEIVED_VERSION || received.child.len == 0)
		return ERR_MALFORMED;
	*ret_received = received;
	return ERR_OK;
}
