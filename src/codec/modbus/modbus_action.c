/* SPDX-License-Identifier: Apache-2.0 */
/* Three functions carry a second code that changes what they do; their rows are
 * here, all others act as their function says. */
#include "codec/modbus/modbus.h"

enum {
	DIAGNOSTICS_RESTART = 0x01,
	DIAGNOSTICS_LISTEN_ONLY = 0x04,
	UMAS_CODE_AT = 1, /* behind the session key */
	CODE_NONE = -1,
};

static const struct {
	uint8_t function, first, last;
	action_t action;
} refinements[] = {
	{ MODBUS_DIAGNOSTICS, DIAGNOSTICS_RESTART, DIAGNOSTICS_RESTART, ACTION_STOP },
	{ MODBUS_DIAGNOSTICS, DIAGNOSTICS_LISTEN_ONLY, DIAGNOSTICS_LISTEN_ONLY, ACTION_STOP },
	{ MODBUS_ENCAP_INTERFACE_TRANSPORT, 0, MODBUS_MEI_DEVICE_ID - 1, ACTION_UNKNOWN },
	{ MODBUS_ENCAP_INTERFACE_TRANSPORT, MODBUS_MEI_DEVICE_ID + 1, UINT8_MAX, ACTION_UNKNOWN },
	{ MODBUS_SCHNEIDER_UMAS, 0x02, 0x03, ACTION_IDENTIFY }, /* device, project */
	{ MODBUS_SCHNEIDER_UMAS, 0x04, 0x04, ACTION_DIAGNOSE }, /* status */
	{ MODBUS_SCHNEIDER_UMAS, 0x20, 0x20, ACTION_READ },     /* memory */
	{ MODBUS_SCHNEIDER_UMAS, 0x21, 0x21, ACTION_WRITE },
	{ MODBUS_SCHNEIDER_UMAS, 0x22, 0x22, ACTION_READ }, /* variables */
	{ MODBUS_SCHNEIDER_UMAS, 0x23, 0x23, ACTION_WRITE },
	{ MODBUS_SCHNEIDER_UMAS, 0x40, 0x40, ACTION_START },
	{ MODBUS_SCHNEIDER_UMAS, 0x41, 0x41, ACTION_STOP },
};

/* The second code of `pdu`, or CODE_NONE. A UMAS response does not repeat it. */
static int second_code(const modbus_pdu_t *pdu)
{
	reader_t r = reader_of(slice_from(pdu->data, UMAS_CODE_AT));
	switch (pdu->function) {
	case MODBUS_DIAGNOSTICS:
		return pdu->subfunction;
	case MODBUS_ENCAP_INTERFACE_TRANSPORT:
		return pdu->mei;
	case MODBUS_SCHNEIDER_UMAS:
		return pdu->is_response || r.in.len == 0 ? CODE_NONE : rd_u8(&r);
	default:
		return CODE_NONE;
	}
}

action_t modbus_pdu_action(const modbus_pdu_t *pdu)
{
	int code = pdu->is_exception ? CODE_NONE : second_code(pdu);
	for (size_t i = 0; i < sizeof refinements / sizeof refinements[0]; i++)
		if (refinements[i].function == pdu->function && code >= refinements[i].first &&
		    code <= refinements[i].last)
			return refinements[i].action;
	if (pdu->function >= MODBUS_FUNCTION_LIMIT) /* bit 7 set in a request */
		return ACTION_UNKNOWN;
	return modbus_function_info(pdu->function)->action;
}
