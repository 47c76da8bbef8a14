/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HANDLE_MESSAGE_H
#define CODEC_HANDLE_MESSAGE_H
/* A message (RFC 3652, 2.2): a header of 24 bytes, a body whose shape the
 * operation decides, and a credential that is usually empty.
 *
 * Story: decode gives slices of the three parts. To write one, begin it, append
 * the body with an encoder of body.h, and end it with the credential; both
 * lengths are patched in. The credential of a signed reply covers header and
 * body, which handle_message_covered gives once the body is complete. */
#include "codec/handle/envelope.h"

enum { HANDLE_HEADER_SIZE = 24, HANDLE_SITE_SERIAL_UNKNOWN = 0xFFFF };

typedef struct {
	uint32_t operation; /* handle_operation_t, or unknown */
	uint32_t response;  /* handle_response_t; 0 in requests */
	uint32_t flags;     /* HANDLE_FLAG_* */
	uint16_t site_serial;
	uint8_t recursion;
	uint8_t reserved;
	uint32_t expires_s; /* seconds since 1970 */
} handle_header_t;

typedef struct {
	handle_header_t header;
	slice_t body;
	slice_t credential; /* empty: none */
	slice_t covered;    /* header and body as sent: what digests and signatures cover */
} handle_message_t;

/* The whole message, plain (not encrypted), must be consumed exactly. */
MUST_CHECK
codec_t handle_message_decode(slice_t in, handle_message_t *ret_message);
void handle_header_encode(const handle_header_t *header, uint32_t body_length, writer_t *w);
/* Whole message from its parts; `covered` is not used. */
void handle_message_encode(const handle_message_t *message, writer_t *w);

/* Where a message begins in a writer. */
typedef struct {
	size_t envelope, header, body;
} handle_mark_t;

/* Writes envelope (none when NULL, as for messages that will be sliced) and header
 * with lengths to be patched; append the body next. */
handle_mark_t handle_message_begin(const handle_envelope_t *envelope, const handle_header_t *header,
                                   writer_t *w);
/* The header and body written so far, with the body length in place; call it to
 * sign a reply before it is ended. */
slice_t handle_message_covered(handle_mark_t mark, writer_t *w);
/* What is known only once the body is written. */
void handle_message_set_response(handle_mark_t mark, uint32_t response, writer_t *w);
void handle_message_set_flags(handle_mark_t mark, uint32_t flags, writer_t *w);
/* Appends the credential and patches the lengths. */
void handle_message_end(handle_mark_t mark, slice_t credential, writer_t *w);

/* Header of the reply to `request`: same operation and flags without OVRW, the
 * response code given, recursion and expiry copied. */
handle_header_t handle_header_reply(const handle_header_t *request, uint32_t response,
                                    uint16_t site_serial);

/* The credential (RFC 3652, 2.2.4; section layout of deployed 2.x peers). */
typedef struct {
	uint8_t version, reserved;
	uint16_t flags;
	slice_t signer;   /* handle of the signer; deployed peers leave it empty */
	uint32_t counter; /* of the session's messages; 0 outside a session */
	slice_t type;     /* HS_SIGNED, HS_MAC, HS_DSAPUBKEY */
	slice_t section;  /* of HS_SIGNED and HS_MAC: a handle_signature_t */
} handle_credential_t;

MUST_CHECK
codec_t handle_credential_decode(slice_t in, handle_credential_t *ret_credential);
void handle_credential_encode(const handle_credential_t *credential, writer_t *w);

/* Algorithm name ("SHA-256", "HMAC-SHA256", "SM3") and the bytes it made. Used in
 * credentials and in the public-key answer to a challenge. */
typedef struct {
	slice_t algorithm, bytes;
} handle_signature_t;

MUST_CHECK
codec_t handle_signature_decode(slice_t in, handle_signature_t *ret_signature);
void handle_signature_encode(const handle_signature_t *signature, writer_t *w);

/* What stands in front of header and body when a credential is computed: both
 * versions, session, request id and counter from 2.8 on, without the suggested
 * version in 2.7, nothing up to 2.4. 2.5 and 2.6 define no usable form:
 * UNSUPPORTED. */
MUST_CHECK
codec_t handle_signed_prefix_encode(const handle_envelope_t *envelope, uint32_t counter,
                                    writer_t *w);
#endif
