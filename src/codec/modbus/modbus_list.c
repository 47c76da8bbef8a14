/* SPDX-License-Identifier: Apache-2.0 */
/* The two lists that live inside a PDU: identification objects and groups of a
 * file record. */
#include "codec/modbus/modbus.h"

enum { FILE_REFERENCE = 6, OBJECT_TEXT_MAX = 245 };

bool modbus_object_next(slice_t *rest, modbus_object_t *ret_object)
{
	reader_t r = reader_of(*rest);
	uint8_t id = rd_u8(&r);
	uint8_t length = rd_u8(&r);
	slice_t text = rd_take(&r, length);
	if (r.bad)
		return false;
	*rest = r.in;
	*ret_object = (modbus_object_t){ .id = id, .text = text };
	return true;
}

void modbus_object_put(writer_t *w, modbus_object_t object)
{
	if (object.text.len > OBJECT_TEXT_MAX) {
		w->bad = true;
		return;
	}
	wr_u8(w, object.id);
	wr_u8(w, (uint8_t)object.text.len);
	wr_bytes(w, object.text);
}

static bool is_read_response(const modbus_pdu_t *pdu)
{
	return pdu->function == MODBUS_READ_FILE_RECORD && pdu->is_response;
}

static bool is_read_request(const modbus_pdu_t *pdu)
{
	return pdu->function == MODBUS_READ_FILE_RECORD && !pdu->is_response;
}

/* Length, reference, data: the length counts the reference too. */
static void group_answer_get(reader_t *r, modbus_file_t *group)
{
	uint8_t length = rd_u8(r);
	uint8_t reference = rd_u8(r);
	if (reference != FILE_REFERENCE || length % 2 == 0)
		r->bad = true;
	group->length = length / 2;
	group->data = rd_take(r, 2U * group->length);
}

static void group_get(reader_t *r, bool has_data, modbus_file_t *group)
{
	if (rd_u8(r) != FILE_REFERENCE)
		r->bad = true;
	group->file = rd_u16(r);
	group->record = rd_u16(r);
	group->length = rd_u16(r);
	if (has_data)
		group->data = rd_take(r, 2U * group->length);
}

bool modbus_file_next(const modbus_pdu_t *pdu, slice_t *rest, modbus_file_t *ret_group)
{
	reader_t r = reader_of(*rest);
	modbus_file_t group = { 0 };
	if (is_read_response(pdu))
		group_answer_get(&r, &group);
	else
		group_get(&r, !is_read_request(pdu), &group);
	if (r.bad)
		return false;
	*rest = r.in;
	*ret_group = group;
	return true;
}

void modbus_file_put(const modbus_pdu_t *pdu, writer_t *w, const modbus_file_t *group)
{
	bool has_data = !is_read_request(pdu);
	if (has_data &&
	    (group->data.len != 2U * group->length || group->data.len > UINT8_MAX - 1)) {
		w->bad = true;
		return;
	}
	if (is_read_response(pdu))
		wr_u8(w, (uint8_t)(group->data.len + 1));
	wr_u8(w, FILE_REFERENCE);
	if (!is_read_response(pdu)) {
		wr_u16(w, group->file);
		wr_u16(w, group->record);
		wr_u16(w, group->length);
	}
	if (has_data)
		wr_bytes(w, group->data);
}
