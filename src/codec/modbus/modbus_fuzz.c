/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a TCP stream of one direction of Modbus. Every unit is decoded as a
 * request and as a response; what decodes must encode to the same bytes. */
#include "codec/modbus/modbus.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void bytes_compare(const modbus_pdu_t *pdu, const modbus_adu_t *adu, slice_t whole)
{
	uint8_t out[MODBUS_ADU_MAX];
	writer_t w = writer_of(out, sizeof out);
	err_t err = modbus_adu_encode(adu->transaction, adu->unit, pdu, &w);
	assert(err == ERR_OK);
	assert(slice_eq(writer_done(&w), whole));
	assert(modbus_pdu_action(pdu) < ACTION_COUNT);
}

static void unit_check(const modbus_adu_t *adu, slice_t whole)
{
	modbus_pdu_t request, response;
	codec_t asked = modbus_request_decode(adu->pdu, &request);
	if (asked == CODEC_OK) {
		bytes_compare(&request, adu, whole);
		(void)modbus_request_check(&request);
	}
	if (modbus_response_decode(adu->pdu, NULL, &response) == CODEC_OK)
		bytes_compare(&response, adu, whole);
	if (asked == CODEC_OK && modbus_response_decode(adu->pdu, &request, &response) == CODEC_OK)
		bytes_compare(&response, adu, whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_of(data, size);
	modbus_adu_t adu;
	while (modbus_adu_decode(in, &adu) == CODEC_OK) {
		unit_check(&adu, slice_sub(in, 0, adu.used));
		in = slice_from(in, adu.used);
	}
	return 0;
}
