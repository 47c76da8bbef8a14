/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HANDLE_HANDLE_H
#define CODEC_HANDLE_HANDLE_H
/* The Handle System wire protocol (RFC 3651, RFC 3652, versions 2.0 to 2.11):
 * bytes to structs and back, nothing else. No memory is taken, no clock is read
 * and no key is used here; the registry adds those.
 *
 * Story, as a server: bytes arrive from TCP (handle_frame_next) or UDP
 * (handle_reassembly_push); both give an envelope and one whole message.
 * handle_message_decode splits it into header, body and credential. The header's
 * operation says which body decoder to call (body.h). The answer is written
 * straight into the socket's buffer: handle_message_begin, one body encoder,
 * handle_message_end. A reply too long for a datagram is cut by
 * handle_packet_encode.
 *
 * Story, as a client: the same calls with the roles of request and reply changed.
 *
 * Files: envelope (20 bytes, UDP slices, TCP frames), message (header, body and
 * credential), body (one struct per operation), value (records and lists), site,
 * admin, key, name. This header includes them all and holds the code tables.
 *
 * Conventions: decoders return codec_t, borrow the input, and leave their output
 * untouched on failure. Encoders append to a writer_t, whose `bad` is the only
 * error. A list (handle_list_t) is checked whole when it is decoded, so walking
 * it cannot fail.
 *
 * Caveats: integers are big-endian. A decoded struct lives as long as the bytes
 * it was decoded from. */
#include "base/codec.h"
#include "base/cursor.h"
#include "base/err.h"

enum {
	HANDLE_PORT = 2641,
	HANDLE_MESSAGE_MAX = 262144, /* bytes of a message without its envelope */
	HANDLE_NAME_MAX = 2048,      /* bytes of a handle */
	HANDLE_VALUES_MAX = 2048,    /* values in one body */
	HANDLE_BYTES_MAX = 1048576,  /* any length-prefixed field */
	HANDLE_RECURSION_MAX = 10,   /* hops a server accepts */
	HANDLE_TTL_DEFAULT_S = 86400,
};

/* name, code, text */
#define HANDLE_OPERATIONS(X) \
	X(NONE, 0, "none") \
	X(RESOLVE, 1, "resolve") \
	X(GET_SITE, 2, "get site info") \
	X(CREATE, 100, "create handle") \
	X(DELETE, 101, "delete handle") \
	X(ADD_VALUE, 102, "add value") \
	X(REMOVE_VALUE, 103, "remove value") \
	X(MODIFY_VALUE, 104, "modify value") \
	X(LIST_HANDLES, 105, "list handles") \
	X(LIST_PREFIXES, 106, "list derived prefixes") \
	X(CHALLENGE_ANSWER, 200, "challenge answer") \
	X(VERIFY_ANSWER, 201, "verify answer") \
	X(HOME_PREFIX, 300, "home prefix") \
	X(UNHOME_PREFIX, 301, "unhome prefix") \
	X(LIST_HOMED, 302, "list homed prefixes") \
	X(SESSION_SETUP, 400, "session setup") \
	X(SESSION_END, 401, "session end") \
	X(SESSION_KEY, 402, "session key exchange") \
	X(NEXT_TRANSACTION, 1000, "next transaction id") \
	X(TRANSACTIONS, 1001, "retrieve transactions") \
	X(DUMP, 1002, "dump handles") \
	X(BACKUP, 1003, "backup server") \
	X(LOGIN, 2001, "login")

#define X(name, code, text) HANDLE_OP_##name = code,
typedef enum { HANDLE_OPERATIONS(X) } handle_operation_t;
#undef X

/* name, code, class of error, HTTP status, text. Two rows read differently over
 * HTTP: a successful creation is 201, and "values not found" answered to a GET is
 * 200 with an empty list; the caller knows which it is serving. */
#define HANDLE_RESPONSES(X) \
	X(RESERVED, 0, ERR_PROTOCOL, 500, "reserved") \
	X(OK, 1, ERR_OK, 200, "success") \
	X(ERROR, 2, ERR_INTERNAL, 500, "error") \
	X(BUSY, 3, ERR_BUSY, 503, "server too busy") \
	X(PROTOCOL_ERROR, 4, ERR_MALFORMED, 400, "protocol error") \
	X(NOT_SUPPORTED, 5, ERR_UNSUPPORTED, 501, "operation not supported") \
	X(RECURSION, 6, ERR_LIMIT, 500, "recursion too deep") \
	X(READ_ONLY, 7, ERR_UNAVAILABLE, 503, "server is being backed up") \
	X(HANDLE_NOT_FOUND, 100, ERR_NOT_FOUND, 404, "handle not found") \
	X(HANDLE_EXISTS, 101, ERR_EXISTS, 409, "handle already exists") \
	X(INVALID_HANDLE, 102, ERR_INVALID, 400, "invalid handle") \
	X(VALUES_NOT_FOUND, 200, ERR_NOT_FOUND, 400, "values not found") \
	X(VALUE_EXISTS, 201, ERR_EXISTS, 409, "value already exists") \
	X(INVALID_VALUE, 202, ERR_INVALID, 400, "invalid value") \
	X(SITE_OUT_OF_DATE, 300, ERR_EXPIRED, 500, "site information out of date") \
	X(NOT_RESPONSIBLE, 301, ERR_USAGE, 400, "server not responsible") \
	X(REFERRAL, 302, ERR_UNAVAILABLE, 300, "service referral") \
	X(PREFIX_REFERRAL, 303, ERR_UNAVAILABLE, 300, "prefix referral") \
	X(INVALID_ADMIN, 400, ERR_DENIED, 403, "invalid administrator") \
	X(DENIED, 401, ERR_DENIED, 403, "insufficient permission") \
	X(AUTH_NEEDED, 402, ERR_UNAUTHENTICATED, 401, "authentication needed") \
	X(AUTH_FAILED, 403, ERR_DENIED, 403, "authentication failed") \
	X(INVALID_CREDENTIAL, 404, ERR_DENIED, 403, "invalid credential") \
	X(AUTH_TIMEOUT, 405, ERR_TIMEOUT, 500, "authentication timed out") \
	X(AUTH_UNABLE, 406, ERR_UNAVAILABLE, 500, "unable to authenticate") \
	X(SESSION_TIMEOUT, 500, ERR_EXPIRED, 500, "session timed out") \
	X(SESSION_FAILED, 501, ERR_UNAVAILABLE, 500, "unable to establish session") \
	X(SESSION_NO_KEY, 502, ERR_DENIED, 500, "no or invalid session key") \
	X(SESSION_NEED_RSA, 503, ERR_UNSUPPORTED, 500, "RSA key needed") \
	X(SESSION_INVALID, 504, ERR_MALFORMED, 500, "invalid session setup") \
	X(SESSION_DUPLICATE, 505, ERR_CONFLICT, 500, "duplicate session message") \
	X(CHANNEL_ERROR, 601, ERR_NETWORK, 500, "channel error") \
	X(CLIENT_TIMEOUT, 602, ERR_TIMEOUT, 500, "client timed out") \
	X(LIMIT_REQUESTS, 603, ERR_LIMIT, 429, "daily request limit") \
	X(LIMIT_NAMES, 604, ERR_LIMIT, 403, "registration limit") \
	X(LIMIT_PREFIXES, 605, ERR_LIMIT, 403, "prefix limit")

#define X(name, code, err, http, text) HANDLE_RC_##name = code,
typedef enum { HANDLE_RESPONSES(X) } handle_response_t;
#undef X

/* name, bit of the header's flags, text */
#define HANDLE_FLAGS(X) \
	X(AUTH, 0x80000000, "authoritative") \
	X(CERT, 0x40000000, "sign the reply") \
	X(ENCR, 0x20000000, "encrypt the reply") \
	X(RECU, 0x10000000, "recursion allowed") \
	X(CACR, 0x08000000, "a cache may answer") \
	X(CONT, 0x04000000, "more messages follow") \
	X(KPAL, 0x02000000, "keep the connection") \
	X(PUBL, 0x01000000, "public values only") \
	X(RRDG, 0x00800000, "return the request's digest") \
	X(OVRW, 0x00400000, "overwrite on create") \
	X(MINT, 0x00200000, "make up the suffix") \
	X(DNRF, 0x00100000, "do not refer") \
	X(RECU_AUTH, 0x00000004, "authentication bytes follow the question")

#define X(name, bit, text) static const uint32_t HANDLE_FLAG_##name = UINT32_C(bit);
HANDLE_FLAGS(X)
#undef X
/* What a client sets for an ordinary question: RECU, CACR and PUBL. */
static const uint32_t HANDLE_FLAGS_DEFAULT = UINT32_C(0x19000000);

typedef struct {
	uint32_t code;
	err_t err;       /* ERR_OK for operations and flags */
	int http_status; /* 0 for operations and flags */
	const char *text;
} handle_code_t;

/* The row of a code, or NULL when the protocol does not name it. */
const handle_code_t *handle_operation_info(uint32_t operation);
const handle_code_t *handle_response_info(uint32_t response);
/* The row of a single flag bit. */
const handle_code_t *handle_flag_info(uint32_t bit);

#include "codec/handle/envelope.h"
#include "codec/handle/message.h"
#include "codec/handle/value.h"
#include "codec/handle/body.h"
#include "codec/handle/admin.h"
#include "codec/handle/site.h"
#include "codec/handle/key.h"
#include "codec/handle/name.h"
#endif
