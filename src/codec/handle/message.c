/* SPDX-License-Identifier: Apache-2.0 */
/* Header, body and credential. A message ends exactly where its credential ends:
 * bytes after it would be covered by no length and no signature. */
#include "codec/handle/message.h"

#include "codec/handle/handle.h"

enum { RESPONSE_AT = 4, FLAGS_AT = 8, BODY_LENGTH_AT = 20, ENVELOPE_LENGTH_AT = 16 };

static handle_header_t header_read(reader_t *r)
{
	handle_header_t h = { 0 };
	h.operation = rd_u32(r);
	h.response = rd_u32(r);
	h.flags = rd_u32(r);
	h.site_serial = rd_u16(r);
	h.recursion = rd_u8(r);
	h.reserved = rd_u8(r);
	h.expires_s = rd_u32(r);
	return h;
}

codec_t handle_message_decode(slice_t in, handle_message_t *ret_message)
{
	reader_t r = reader_of(in);
	handle_message_t m = { .header = header_read(&r) };
	m.body = rd_bytes32(&r, HANDLE_MESSAGE_MAX);
	m.covered = slice_sub(in, 0, HANDLE_HEADER_SIZE + m.body.len);
	m.credential = rd_bytes32(&r, HANDLE_MESSAGE_MAX);
	if (r.bad || r.in.len > 0)
		return CODEC_MALFORMED;
	*ret_message = m;
	return CODEC_OK;
}

void handle_header_encode(const handle_header_t *header, uint32_t body_length, writer_t *w)
{
	wr_u32(w, header->operation);
	wr_u32(w, header->response);
	wr_u32(w, header->flags);
	wr_u16(w, header->site_serial);
	wr_u8(w, header->recursion);
	wr_u8(w, header->reserved);
	wr_u32(w, header->expires_s);
	wr_u32(w, body_length);
}

void handle_message_encode(const handle_message_t *message, writer_t *w)
{
	handle_header_encode(&message->header, (uint32_t)message->body.len, w);
	wr_bytes(w, message->body);
	wr_bytes32(w, message->credential);
}

handle_mark_t handle_message_begin(const handle_envelope_t *envelope, const handle_header_t *header,
                                   writer_t *w)
{
	handle_mark_t mark = { .envelope = w->len };
	if (envelope)
		handle_envelope_encode(envelope, w);
	mark.header = w->len;
	handle_header_encode(header, 0, w);
	mark.body = w->len;
	return mark;
}

slice_t handle_message_covered(handle_mark_t mark, writer_t *w)
{
	if (w->bad)
		return (slice_t){ 0 };
	wr_patch_u32(w, mark.header + BODY_LENGTH_AT, (uint32_t)(w->len - mark.body));
	return slice_from(writer_done(w), mark.header);
}

void handle_message_set_response(handle_mark_t mark, uint32_t response, writer_t *w)
{
	if (!w->bad)
		wr_patch_u32(w, mark.header + RESPONSE_AT, response);
}

void handle_message_set_flags(handle_mark_t mark, uint32_t flags, writer_t *w)
{
	if (!w->bad)
		wr_patch_u32(w, mark.header + FLAGS_AT, flags);
}

void handle_message_end(handle_mark_t mark, slice_t credential, writer_t *w)
{
	if (w->bad)
		return;
	wr_patch_u32(w, mark.header + BODY_LENGTH_AT, (uint32_t)(w->len - mark.body));
	wr_bytes32(w, credential);
	if (w->len - mark.header > HANDLE_MESSAGE_MAX)
		w->bad = true;
	if (mark.envelope != mark.header)
		wr_patch_u32(w, mark.envelope + ENVELOPE_LENGTH_AT,
		             (uint32_t)(w->len - mark.header));
}

handle_header_t handle_header_reply(const handle_header_t *request, uint32_t response,
                                    uint16_t site_serial)
{
	return (handle_header_t){
		.operation = request->operation,
		.response = response,
		.flags = request->flags & ~HANDLE_FLAG_OVRW,
		.site_serial = site_serial,
		.recursion = request->recursion,
		.expires_s = request->expires_s,
	};
}

codec_t handle_credential_decode(slice_t in, handle_credential_t *ret_credential)
{
	reader_t r = reader_of(in);
	handle_credential_t c = { 0 };
	c.version = rd_u8(&r);
	c.reserved = rd_u8(&r);
	c.flags = rd_u16(&r);
	c.signer = rd_bytes32(&r, HANDLE_NAME_MAX);
	c.counter = rd_u32(&r);
	c.type = rd_bytes32(&r, HANDLE_NAME_MAX);
	c.section = rd_bytes32(&r, HANDLE_MESSAGE_MAX);
	if (r.bad || r.in.len > 0)
		return CODEC_MALFORMED;
	*ret_credential = c;
	return CODEC_OK;
}

void handle_credential_encode(const handle_credential_t *credential, writer_t *w)
{
	wr_u8(w, credential->version);
	wr_u8(w, credential->reserved);
	wr_u16(w, credential->flags);
	wr_bytes32(w, credential->signer);
	wr_u32(w, credential->counter);
	wr_bytes32(w, credential->type);
	wr_bytes32(w, credential->section);
}

codec_t handle_signature_decode(slice_t in, handle_signature_t *ret_signature)
{
	reader_t r = reader_of(in);
	handle_signature_t s = { 0 };
	s.algorithm = rd_bytes32(&r, HANDLE_NAME_MAX);
	s.bytes = rd_bytes32(&r, HANDLE_MESSAGE_MAX);
	if (r.bad || r.in.len > 0)
		return CODEC_MALFORMED;
	*ret_signature = s;
	return CODEC_OK;
}

void handle_signature_encode(const handle_signature_t *signature, writer_t *w)
{
	wr_bytes32(w, signature->algorithm);
	wr_bytes32(w, signature->bytes);
}

codec_t handle_signed_prefix_encode(const handle_envelope_t *envelope, uint32_t counter,
                                    writer_t *w)
{
	handle_version_t version = envelope->version;
	if (!handle_version_has(version, 5))
		return CODEC_OK;
	if (!handle_version_has(version, 7))
		return CODEC_UNSUPPORTED;
	wr_u8(w, version.major);
	wr_u8(w, version.minor);
	if (handle_version_has(version, 8)) {
		wr_u8(w, envelope->suggested.major);
		wr_u8(w, envelope->suggested.minor);
	}
	wr_u32(w, envelope->session_id);
	wr_u32(w, envelope->request_id);
	wr_u32(w, counter);
	return CODEC_OK;
}
