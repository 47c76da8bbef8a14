/* SPDX-License-Identifier: Apache-2.0 */
/* Every function body is a row of fields, and one loop reads and one loop writes
 * them all. A body the table does not name is carried as bytes. Lists inside a
 * body (objects, file groups) are walked to see that they fit. */
#include "codec/modbus/modbus.h"

#include <stddef.h>

typedef enum {
	F_END,
	F_ADDRESS,
	F_QUANTITY,
	F_VALUE,
	F_AND_MASK,
	F_OR_MASK,
	F_WRITE_ADDRESS,
	F_WRITE_QUANTITY,
	F_SUBFUNCTION,
	F_STATUS,
	F_STATUS8,
	F_EVENT_COUNT,
	F_MESSAGE_COUNT,
	F_MEI,
	F_CODE,
	F_CONFORMITY,
	F_MORE,
	F_OBJECT,
	F_OBJECT_COUNT,
	F_EXCEPTION,
	F_COUNT8,  /* bytes that follow, in one byte */
	F_COUNT16, /* in two */
	F_REST,    /* all that is left: data */
} field_t;

typedef struct {
	uint8_t width;
	uint8_t offset;
} field_row_t;

#define FIELD(width, member) \
	{ \
		width, offsetof(modbus_pdu_t, member) \
	}
static const field_row_t field_rows[] = {
	[F_ADDRESS] = FIELD(2, address),
	[F_QUANTITY] = FIELD(2, quantity),
	[F_VALUE] = FIELD(2, value),
	[F_AND_MASK] = FIELD(2, and_mask),
	[F_OR_MASK] = FIELD(2, or_mask),
	[F_WRITE_ADDRESS] = FIELD(2, write_address),
	[F_WRITE_QUANTITY] = FIELD(2, write_quantity),
	[F_SUBFUNCTION] = FIELD(2, subfunction),
	[F_STATUS] = FIELD(2, status),
	[F_STATUS8] = FIELD(1, status),
	[F_EVENT_COUNT] = FIELD(2, event_count),
	[F_MESSAGE_COUNT] = FIELD(2, message_count),
	[F_MEI] = FIELD(1, mei),
	[F_CODE] = FIELD(1, code),
	[F_CONFORMITY] = FIELD(1, conformity),
	[F_MORE] = FIELD(1, more),
	[F_OBJECT] = FIELD(1, object),
	[F_OBJECT_COUNT] = FIELD(1, object_count),
	[F_EXCEPTION] = FIELD(1, exception),
	[F_COUNT8] = { 1, 0 },
	[F_COUNT16] = { 2, 0 },
	[F_REST] = { 0, 0 },
};
#undef FIELD

/* What the data must look like inside. */
typedef enum {
	SHAPE_ANY,
	SHAPE_REGISTERS, /* whole registers */
	SHAPE_FIFO,      /* as many registers as quantity says */
	SHAPE_OBJECTS,   /* as many objects as object_count says */
	SHAPE_FILES,
} shape_t;

typedef struct {
	shape_t shape;
	field_t fields[8];
} body_t;

typedef struct {
	uint8_t function;
	body_t request, response;
} layout_t;

#define BODY(shape, ...) \
	{ \
		SHAPE_##shape, \
		{ \
			__VA_ARGS__ \
		} \
	}
#define NOTHING BODY(ANY, F_END)
static const layout_t layouts[] = {
	{ MODBUS_READ_COILS, BODY(ANY, F_ADDRESS, F_QUANTITY), BODY(ANY, F_COUNT8, F_REST) },
	{ MODBUS_READ_DISCRETE_INPUTS, BODY(ANY, F_ADDRESS, F_QUANTITY),
	  BODY(ANY, F_COUNT8, F_REST) },
	{ MODBUS_READ_HOLDING_REGISTERS, BODY(ANY, F_ADDRESS, F_QUANTITY),
	  BODY(REGISTERS, F_COUNT8, F_REST) },
	{ MODBUS_READ_INPUT_REGISTERS, BODY(ANY, F_ADDRESS, F_QUANTITY),
	  BODY(REGISTERS, F_COUNT8, F_REST) },
	{ MODBUS_WRITE_SINGLE_COIL, BODY(ANY, F_ADDRESS, F_VALUE), BODY(ANY, F_ADDRESS, F_VALUE) },
	{ MODBUS_WRITE_SINGLE_REGISTER, BODY(ANY, F_ADDRESS, F_VALUE),
	  BODY(ANY, F_ADDRESS, F_VALUE) },
	{ MODBUS_READ_EXCEPTION_STATUS, NOTHING, BODY(ANY, F_STATUS8) },
	{ MODBUS_DIAGNOSTICS, BODY(ANY, F_SUBFUNCTION, F_REST), BODY(ANY, F_SUBFUNCTION, F_REST) },
	{ MODBUS_GET_COMM_EVENT_COUNTER, NOTHING, BODY(ANY, F_STATUS, F_EVENT_COUNT) },
	{ MODBUS_GET_COMM_EVENT_LOG, NOTHING,
	  BODY(ANY, F_COUNT8, F_STATUS, F_EVENT_COUNT, F_MESSAGE_COUNT, F_REST) },
	{ MODBUS_WRITE_MULTIPLE_COILS, BODY(ANY, F_ADDRESS, F_QUANTITY, F_COUNT8, F_REST),
	  BODY(ANY, F_ADDRESS, F_QUANTITY) },
	{ MODBUS_WRITE_MULTIPLE_REGISTERS, BODY(REGISTERS, F_ADDRESS, F_QUANTITY, F_COUNT8, F_REST),
	  BODY(ANY, F_ADDRESS, F_QUANTITY) },
	{ MODBUS_REPORT_SERVER_ID, NOTHING, BODY(ANY, F_COUNT8, F_REST) },
	{ MODBUS_READ_FILE_RECORD, BODY(FILES, F_COUNT8, F_REST), BODY(FILES, F_COUNT8, F_REST) },
	{ MODBUS_WRITE_FILE_RECORD, BODY(FILES, F_COUNT8, F_REST), BODY(FILES, F_COUNT8, F_REST) },
	{ MODBUS_MASK_WRITE_REGISTER, BODY(ANY, F_ADDRESS, F_AND_MASK, F_OR_MASK),
	  BODY(ANY, F_ADDRESS, F_AND_MASK, F_OR_MASK) },
	{ MODBUS_READ_WRITE_MULTIPLE_REGISTERS,
	  BODY(REGISTERS, F_ADDRESS, F_QUANTITY, F_WRITE_ADDRESS, F_WRITE_QUANTITY, F_COUNT8,
	       F_REST),
	  BODY(REGISTERS, F_COUNT8, F_REST) },
	{ MODBUS_READ_FIFO_QUEUE, BODY(ANY, F_ADDRESS), BODY(FIFO, F_COUNT16, F_QUANTITY, F_REST) },
	{ MODBUS_ENCAP_INTERFACE_TRANSPORT, BODY(ANY, F_MEI, F_REST), BODY(ANY, F_MEI, F_REST) },
};

static const layout_t layout_device_id = {
	MODBUS_ENCAP_INTERFACE_TRANSPORT, BODY(ANY, F_MEI, F_CODE, F_OBJECT),
	BODY(OBJECTS, F_MEI, F_CODE, F_CONFORMITY, F_MORE, F_OBJECT, F_OBJECT_COUNT, F_REST)
};
static const layout_t layout_raw = { 0, BODY(ANY, F_REST), BODY(ANY, F_REST) };
static const body_t body_exception = BODY(ANY, F_EXCEPTION);
#undef NOTHING
#undef BODY

static const layout_t *layout_find(uint8_t function, uint16_t mei)
{
	if (function == MODBUS_ENCAP_INTERFACE_TRANSPORT && mei == MODBUS_MEI_DEVICE_ID)
		return &layout_device_id;
	for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
		if (layouts[i].function == function)
			return &layouts[i];
	return &layout_raw;
}

static const body_t *body_of(const modbus_pdu_t *pdu)
{
	if (pdu->is_exception)
		return &body_exception;
	const layout_t *layout = layout_find(pdu->function, pdu->mei);
	return pdu->is_response ? &layout->response : &layout->request;
}

static uint16_t field_get(const modbus_pdu_t *pdu, field_t field)
{
	uint16_t value;
	memcpy(&value, (const uint8_t *)pdu + field_rows[field].offset, sizeof value);
	return value;
}

static void field_put(modbus_pdu_t *pdu, field_t field, uint16_t value)
{
	memcpy((uint8_t *)pdu + field_rows[field].offset, &value, sizeof value);
}

static uint16_t object_count(slice_t data)
{
	modbus_object_t object;
	uint16_t count = 0;
	while (modbus_object_next(&data, &object))
		count++;
	return count;
}

static bool objects_fit(slice_t data)
{
	modbus_object_t object;
	while (modbus_object_next(&data, &object))
		continue;
	return data.len == 0;
}

static bool files_fit(const modbus_pdu_t *pdu)
{
	modbus_file_t group;
	slice_t rest = pdu->data;
	while (modbus_file_next(pdu, &rest, &group))
		continue;
	return rest.len == 0;
}

static bool shape_fits(const modbus_pdu_t *pdu, shape_t shape)
{
	switch (shape) {
	case SHAPE_REGISTERS:
		return pdu->data.len % 2 == 0;
	case SHAPE_FIFO:
		return pdu->data.len == 2U * pdu->quantity;
	case SHAPE_OBJECTS:
		return objects_fit(pdu->data);
	case SHAPE_FILES:
		return files_fit(pdu);
	case SHAPE_ANY:
		break;
	}
	return true;
}

/* Decoding */

static void field_decode(field_t field, reader_t *r, modbus_pdu_t *pdu)
{
	if (field == F_REST) {
		pdu->data = rd_take(r, r->in.len);
		return;
	}
	uint16_t value = field_rows[field].width == 1 ? rd_u8(r) : rd_u16(r);
	if (field != F_COUNT8 && field != F_COUNT16)
		field_put(pdu, field, value);
	else if (value != r->in.len)
		r->bad = true;
}

static codec_t body_decode(reader_t *r, modbus_pdu_t *pdu)
{
	const body_t *body = body_of(pdu);
	for (const field_t *field = body->fields; *field != F_END; field++)
		field_decode(*field, r, pdu);
	if (r->bad || r->in.len != 0 || !shape_fits(pdu, body->shape))
		return CODEC_MALFORMED;
	if (body->shape == SHAPE_OBJECTS && pdu->object_count != object_count(pdu->data))
		return CODEC_MALFORMED;
	return CODEC_OK;
}

/* The interface type decides the layout, so it is looked at first. */
static uint16_t mei_peek(uint8_t function, reader_t r)
{
	return function == MODBUS_ENCAP_INTERFACE_TRANSPORT ? rd_u8(&r) : 0;
}

/* A PDU of which only the first bytes need be there. */
static modbus_pdu_t pdu_begun(reader_t *r, bool is_response)
{
	uint8_t function = rd_u8(r);
	bool is_exception = is_response && function >= MODBUS_FUNCTION_LIMIT;
	return (modbus_pdu_t){
		.function = (uint8_t)(is_exception ? function % MODBUS_FUNCTION_LIMIT : function),
		.is_response = is_response,
		.is_exception = is_exception,
		.mei = mei_peek(function, *r),
	};
}

codec_t modbus_request_decode(slice_t pdu, modbus_pdu_t *ret_pdu)
{
	reader_t r = reader_of(pdu);
	modbus_pdu_t p = pdu_begun(&r, false);
	codec_t code = body_decode(&r, &p);
	if (code == CODEC_OK)
		*ret_pdu = p;
	return code;
}

static bool is_read(const modbus_pdu_t *p)
{
	return (p->function >= MODBUS_READ_COILS && p->function <= MODBUS_READ_INPUT_REGISTERS) ||
	       p->function == MODBUS_READ_WRITE_MULTIPLE_REGISTERS;
}

static bool is_bits(const modbus_pdu_t *p)
{
	return p->function == MODBUS_READ_COILS || p->function == MODBUS_READ_DISCRETE_INPUTS;
}

/* What the wire does not say; false when it does not answer `request`. */
static bool response_relate(modbus_pdu_t *p, const modbus_pdu_t *request)
{
	if (request && request->function != p->function)
		return false;
	if (p->is_exception)
		return true;
	if (is_read(p) && !request)
		p->quantity = (uint16_t)(is_bits(p) ? p->data.len * 8 : p->data.len / 2);
	if (!request)
		return true;
	if (is_read(p)) {
		size_t n = request->quantity;
		if (p->data.len != (is_bits(p) ? modbus_bit_bytes(n) : 2 * n))
			return false;
		p->quantity = request->quantity;
		p->write_address = request->write_address;
		p->write_quantity = request->write_quantity;
	}
	if (is_read(p) || p->function == MODBUS_READ_FIFO_QUEUE)
		p->address = request->address;
	return p->mei == request->mei;
}

codec_t modbus_response_decode(slice_t pdu, const modbus_pdu_t *request, modbus_pdu_t *ret_pdu)
{
	reader_t r = reader_of(pdu);
	modbus_pdu_t p = pdu_begun(&r, true);
	codec_t code = body_decode(&r, &p);
	if (code != CODEC_OK)
		return code;
	if (!response_relate(&p, request))
		return CODEC_MALFORMED;
	*ret_pdu = p;
	return CODEC_OK;
}

/* Lengths */

/* The number that ends `at` bytes into a PDU. */
static codec_t count_peek(slice_t in, size_t at, uint8_t width, size_t *ret_count)
{
	reader_t r = reader_of(slice_sub(in, at - width, width));
	size_t count = width == 1 ? rd_u8(&r) : rd_u16(&r);
	if (r.bad)
		return CODEC_MORE;
	*ret_count = count;
	return CODEC_OK;
}

/* Objects say their lengths one by one behind their number, which ends at `*at`. */
static codec_t objects_measure(slice_t in, size_t *at)
{
	size_t count, text;
	codec_t code = count_peek(in, *at, 1, &count);
	for (; code == CODEC_OK && count > 0 && *at <= MODBUS_PDU_MAX; count--) {
		*at += 2; /* id, length */
		code = count_peek(in, *at, 1, &text);
		if (code == CODEC_OK)
			*at += text;
	}
	return code;
}

static codec_t rest_measure(const modbus_pdu_t *p, shape_t shape, slice_t in, size_t *at)
{
	if (shape == SHAPE_OBJECTS)
		return objects_measure(in, at);
	*at += 2;
	return p->function == MODBUS_DIAGNOSTICS ? CODEC_OK : CODEC_UNSUPPORTED;
}

/* A count covers all that follows it; only lists without one go on to the rest. */
static codec_t body_measure(const modbus_pdu_t *p, slice_t in, size_t *at)
{
	const body_t *body = body_of(p);
	for (const field_t *field = body->fields; *field != F_END; field++) {
		uint8_t width = field_rows[*field].width;
		size_t count;
		if (*field == F_REST)
			return rest_measure(p, body->shape, in, at);
		*at += width;
		if (*field != F_COUNT8 && *field != F_COUNT16)
			continue;
		codec_t code = count_peek(in, *at, width, &count);
		if (code == CODEC_OK)
			*at += count;
		return code;
	}
	return CODEC_OK;
}

codec_t modbus_pdu_length(slice_t in, bool is_response, size_t *ret_length)
{
	reader_t r = reader_of(in);
	modbus_pdu_t p = pdu_begun(&r, is_response);
	bool needs_mei = p.function == MODBUS_ENCAP_INTERFACE_TRANSPORT && !p.is_exception;
	if (r.bad || (needs_mei && r.in.len == 0))
		return CODEC_MORE;
	size_t length = 1;
	codec_t code = body_measure(&p, in, &length);
	if (code == CODEC_OK && length > MODBUS_PDU_MAX)
		return CODEC_MALFORMED;
	if (code == CODEC_OK)
		*ret_length = length;
	return code;
}

/* Encoding */

/* A count is known once its body is whole; `*count_at` remembers where. */
static bool field_encode(field_t field, const modbus_pdu_t *pdu, writer_t *w, size_t *count_at)
{
	uint16_t value = 0;
	if (field == F_REST) {
		wr_bytes(w, pdu->data);
		return true;
	}
	if (field == F_COUNT8 || field == F_COUNT16)
		*count_at = w->len;
	else
		value = field == F_OBJECT_COUNT ? object_count(pdu->data) : field_get(pdu, field);
	if (field_rows[field].width == 2) {
		wr_u16(w, value);
		return true;
	}
	wr_u8(w, (uint8_t)value);
	return value <= UINT8_MAX;
}

static void count_patch(const body_t *body, writer_t *w, size_t at)
{
	size_t count = w->len - at;
	for (const field_t *field = body->fields; *field != F_END; field++) {
		if (*field == F_COUNT8)
			w->buf[at] = (uint8_t)(count - 1);
		else if (*field == F_COUNT16)
			wr_patch_u16(w, at, (uint16_t)(count - 2));
	}
}

static err_t body_encode(const modbus_pdu_t *pdu, writer_t *w)
{
	const body_t *body = body_of(pdu);
	size_t start = w->len, count_at = 0;
	if (!shape_fits(pdu, body->shape))
		return ERR_INVALID;
	wr_u8(w, (uint8_t)(pdu->function | (pdu->is_exception ? MODBUS_FUNCTION_LIMIT : 0)));
	for (const field_t *field = body->fields; *field != F_END; field++)
		if (!field_encode(*field, pdu, w, &count_at))
			return ERR_INVALID;
	if (w->bad || w->len - start > MODBUS_PDU_MAX)
		return ERR_TOO_BIG;
	count_patch(body, w, count_at);
	return ERR_OK;
}

err_t modbus_pdu_encode(const modbus_pdu_t *pdu, writer_t *w)
{
	size_t at = w->len;
	err_t err = body_encode(pdu, w);
	if (err != ERR_OK)
		w->len = at;
	return err;
}
