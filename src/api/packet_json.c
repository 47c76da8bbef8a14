/* SPDX-License-Identifier: Apache-2.0 */
#include "api/packet_json.h"

#include "base/num.h"
#include "codec/frame/frame.h"
#include "codec/modbus/modbus.h"

enum { PACKET_MAX = 2048, WORDS_SHOWN = 16 };

static void begin_layer(json_t *j, const char *name)
{
	json_object(j);
	json_put_cstr(j, "name", name);
	json_key(j, "fields");
	json_array(j);
}

static void end_layer(json_t *j)
{
	json_close(j);
	json_close(j);
}

static void field_text(json_t *j, const char *name, const char *text)
{
	json_array(j);
	json_str(j, slice_str(name));
	json_str(j, slice_str(text));
	json_close(j);
}

static void field_number(json_t *j, const char *name, uint64_t number)
{
	json_array(j);
	json_str(j, slice_str(name));
	json_u64(j, number);
	json_close(j);
}

static void field_hex(json_t *j, const char *name, slice_t bytes)
{
	char hex[2 * MODBUS_ADU_MAX + 1];
	num_to_hex(slice_sub(bytes, 0, MODBUS_ADU_MAX), hex);
	field_text(j, name, hex);
}

static void put_ethernet(const frame_t *frame, json_t *j)
{
	char mac[MAC_TEXT_MAX], type[8];
	writer_t w = writer_of(type, sizeof(type));
	wr_format(&w, "0x%04x", frame->ethertype);
	wr_u8(&w, 0);
	begin_layer(j, "Ethernet");
	field_text(j, "source", mac_format(frame->mac_src, mac));
	field_text(j, "destination", mac_format(frame->mac_dst, mac));
	for (size_t i = 0; i < frame->vlan_count; i++)
		field_number(j, "vlan", frame->vlan[i]);
	field_text(j, "type", type);
	end_layer(j);
}

static void put_ip(const frame_t *frame, json_t *j)
{
	char ip[IP_TEXT_MAX];
	begin_layer(j, frame->src.ip.family == 6 ? "IPv6" : "IPv4");
	field_text(j, "source", ip_format(frame->src.ip, ip));
	field_text(j, "destination", ip_format(frame->dst.ip, ip));
	field_number(j, "time to live", frame->ttl);
	field_number(j, "protocol", frame->proto);
	end_layer(j);
}

static void field_flags(json_t *j, uint8_t bits)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} flags[] = { { FRAME_SYN, "SYN " }, { FRAME_ACK, "ACK " }, { FRAME_PSH, "PSH " },
		      { FRAME_FIN, "FIN " }, { FRAME_RST, "RST " }, { FRAME_URG, "URG " } };
	char text[32];
	writer_t w = writer_of(text, sizeof(text));
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (bits & flags[i].bit)
			wr_bytes(&w, slice_str(flags[i].name));
	wr_u8(&w, 0);
	field_text(j, "flags", text);
}

static void put_tcp(const frame_t *frame, json_t *j)
{
	begin_layer(j, "TCP");
	field_number(j, "source port", frame->src.port);
	field_number(j, "destination port", frame->dst.port);
	field_number(j, "sequence", frame->seq);
	field_number(j, "acknowledgement", frame->ack);
	field_flags(j, frame->flags);
	field_number(j, "window", frame->window);
	end_layer(j);
}

static void put_registers(const modbus_pdu_t *pdu, json_t *j)
{
	const modbus_function_info_t *info = modbus_function_info(pdu->function);
	bool words = info->space == MODBUS_SPACE_HOLDING || info->space == MODBUS_SPACE_INPUT;
	size_t count = words ? pdu->data.len / 2 : 0;
	for (size_t i = 0; i < count && i < WORDS_SHOWN; i++) {
		char name[16];
		writer_t w = writer_of(name, sizeof(name));
		wr_format(&w, "register %u", (unsigned)(pdu->address + i));
		wr_u8(&w, 0);
		field_number(j, name, modbus_register_get(pdu->data, i));
	}
}

static bool is_single_write(const modbus_pdu_t *pdu)
{
	return pdu->function == MODBUS_WRITE_SINGLE_REGISTER ||
	       pdu->function == MODBUS_WRITE_SINGLE_COIL;
}

static void put_address(const modbus_pdu_t *pdu, json_t *j)
{
	field_number(j, "address", pdu->address);
	if (pdu->quantity)
		field_number(j, "quantity", pdu->quantity);
	if (is_single_write(pdu))
		field_number(j, "value", pdu->value);
}

static void put_body(const modbus_pdu_t *pdu, json_t *j)
{
	if (modbus_function_info(pdu->function)->space != MODBUS_SPACE_NONE)
		put_address(pdu, j);
	put_registers(pdu, j);
	if (pdu->data.len)
		field_hex(j, "data", pdu->data);
}

static void put_pdu(const modbus_pdu_t *pdu, json_t *j)
{
	field_number(j, "function", pdu->function);
	field_text(j, "function name", modbus_function_info(pdu->function)->name);
	if (pdu->is_exception)
		field_text(j, "exception", modbus_exception_name((uint8_t)pdu->exception));
	else
		put_body(pdu, j);
}

static void put_adu(const modbus_adu_t *adu, bool is_request, json_t *j)
{
	modbus_pdu_t pdu;
	field_number(j, "transaction", adu->transaction);
	field_number(j, "unit", adu->unit);
	field_text(j, "direction", is_request ? "request" : "response");
	codec_t codec = is_request ? modbus_request_decode(adu->pdu, &pdu)
	                           : modbus_response_decode(adu->pdu, NULL, &pdu);
	if (codec == CODEC_OK)
		put_pdu(&pdu, j);
	else
		field_hex(j, "not decoded", adu->pdu);
}

static void put_modbus(slice_t payload, bool is_request, json_t *j)
{
	modbus_adu_t adu;
	if (payload.len == 0)
		return;
	begin_layer(j, "Modbus/TCP");
	if (modbus_adu_decode(payload, &adu) == CODEC_OK)
		put_adu(&adu, is_request, j);
	else
		field_hex(j, "not decoded", payload);
	end_layer(j);
}

static void put_layers(slice_t packet, ip_t client, json_t *j)
{
	frame_t frame;
	if (frame_decode(FRAME_LINK_ETHERNET, packet, &frame) != CODEC_OK)
		return;
	put_ethernet(&frame, j);
	if (frame.kind != FRAME_TCP && frame.kind != FRAME_UDP && frame.kind != FRAME_IP)
		return;
	put_ip(&frame, j);
	if (frame.kind != FRAME_TCP)
		return;
	put_tcp(&frame, j);
	put_modbus(frame.payload, ip_eq(frame.src.ip, client), j);
}

void packet_json(slice_t packet, ip_t client, json_t *j)
{
	char hex[2 * PACKET_MAX + 1];
	num_to_hex(slice_sub(packet, 0, PACKET_MAX), hex);
	json_object(j);
	json_put_cstr(j, "hex", hex);
	json_put_u64(j, "bytes", packet.len);
	json_key(j, "layers");
	json_array(j);
	put_layers(packet, client, j);
	json_close(j);
	json_close(j);
}
