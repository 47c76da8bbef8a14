/* SPDX-License-Identifier: Apache-2.0 */
/* The state diagrams of the standard's section 6 begin alike: is the function
 * known, is the quantity in its limits and equal to the data, does the range
 * end inside the table. The rest of each diagram belongs to the server. */
#include "codec/modbus/modbus.h"

enum { SPACE_SIZE = 65536, DEVICE_ID_CODE_MAX = 4 };

typedef modbus_exception_t (*check_fn)(const modbus_pdu_t *p);

static modbus_exception_t refuse_unless(bool ok)
{
	return ok ? MODBUS_NO_EXCEPTION : MODBUS_ILLEGAL_DATA_VALUE;
}

static modbus_exception_t range_check(size_t address, size_t quantity)
{
	bool fits = address + quantity <= SPACE_SIZE;
	return fits ? MODBUS_NO_EXCEPTION : MODBUS_ILLEGAL_DATA_ADDRESS;
}

static modbus_exception_t block_check(const modbus_pdu_t *p, bool data_fits)
{
	uint16_t max = modbus_function_info(p->function)->quantity_max;
	if (p->quantity == 0 || p->quantity > max || !data_fits)
		return MODBUS_ILLEGAL_DATA_VALUE;
	return range_check(p->address, p->quantity);
}

static modbus_exception_t read_check(const modbus_pdu_t *p)
{
	return block_check(p, true);
}

static modbus_exception_t write_bits_check(const modbus_pdu_t *p)
{
	return block_check(p, p->data.len == modbus_bit_bytes(p->quantity));
}

static modbus_exception_t write_registers_check(const modbus_pdu_t *p)
{
	return block_check(p, p->data.len == 2U * p->quantity);
}

static modbus_exception_t read_write_check(const modbus_pdu_t *p)
{
	size_t n = p->write_quantity;
	modbus_exception_t read = block_check(p, n > 0 && n <= MODBUS_READ_WRITE_MAX &&
	                                                 p->data.len == 2 * n);
	return read != MODBUS_NO_EXCEPTION ? read : range_check(p->write_address, n);
}

static modbus_exception_t coil_check(const modbus_pdu_t *p)
{
	return refuse_unless(p->value == 0 || p->value == MODBUS_COIL_ON);
}

static modbus_exception_t diagnostics_check(const modbus_pdu_t *p)
{
	return refuse_unless(p->data.len >= 2 && p->data.len % 2 == 0);
}

static modbus_exception_t file_check(const modbus_pdu_t *p)
{
	return refuse_unless(p->data.len > 0);
}

static modbus_exception_t encapsulated_check(const modbus_pdu_t *p)
{
	if (p->mei != MODBUS_MEI_DEVICE_ID)
		return MODBUS_ILLEGAL_FUNCTION;
	return refuse_unless(p->code >= 1 && p->code <= DEVICE_ID_CODE_MAX);
}

static modbus_exception_t nothing_check(const modbus_pdu_t *p)
{
	(void)p;
	return MODBUS_NO_EXCEPTION;
}

static const struct {
	uint8_t function;
	check_fn check;
} checks[] = {
	{ MODBUS_READ_COILS, read_check },
	{ MODBUS_READ_DISCRETE_INPUTS, read_check },
	{ MODBUS_READ_HOLDING_REGISTERS, read_check },
	{ MODBUS_READ_INPUT_REGISTERS, read_check },
	{ MODBUS_WRITE_SINGLE_COIL, coil_check },
	{ MODBUS_WRITE_SINGLE_REGISTER, nothing_check },
	{ MODBUS_READ_EXCEPTION_STATUS, nothing_check },
	{ MODBUS_DIAGNOSTICS, diagnostics_check },
	{ MODBUS_GET_COMM_EVENT_COUNTER, nothing_check },
	{ MODBUS_GET_COMM_EVENT_LOG, nothing_check },
	{ MODBUS_WRITE_MULTIPLE_COILS, write_bits_check },
	{ MODBUS_WRITE_MULTIPLE_REGISTERS, write_registers_check },
	{ MODBUS_REPORT_SERVER_ID, nothing_check },
	{ MODBUS_READ_FILE_RECORD, file_check },
	{ MODBUS_WRITE_FILE_RECORD, file_check },
	{ MODBUS_MASK_WRITE_REGISTER, nothing_check },
	{ MODBUS_READ_WRITE_MULTIPLE_REGISTERS, read_write_check },
	{ MODBUS_READ_FIFO_QUEUE, nothing_check },
	{ MODBUS_ENCAP_INTERFACE_TRANSPORT, encapsulated_check },
};

modbus_exception_t modbus_request_check(const modbus_pdu_t *request)
{
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
		if (checks[i].function == request->function)
			return checks[i].check(request);
	return MODBUS_ILLEGAL_FUNCTION;
}

modbus_pdu_t modbus_exception_to(const modbus_pdu_t *request, modbus_exception_t exception)
{
	return (modbus_pdu_t){
		.function = request->function % MODBUS_FUNCTION_LIMIT,
		.is_response = true,
		.is_exception = true,
		.exception = (uint16_t)exception,
	};
}
