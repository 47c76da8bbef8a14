/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HANDLE_BODY_H
#define CODEC_HANDLE_BODY_H
/* One struct, one decoder and one encoder per shape of body (RFC 3652, 3). Which
 * shape an operation has:
 *
 *   operation                  request              successful reply
 *   resolve                    handle_resolution_t  handle_record_t
 *   get site info              a name               HS_SITE data (site.h)
 *   create                     handle_record_t      a name, or nothing
 *   add, modify value          handle_record_t      nothing
 *   remove value               handle_removal_t     nothing
 *   delete, home, unhome       a name               nothing
 *   session end, backup        a name               nothing
 *   list handles, prefixes     a name               list of names, perhaps CONT
 *   challenge answer           handle_answer_t      the reply of the first request
 *   verify answer              handle_verify_t      one byte, 1 or 0
 *   session setup              handle_session_t     handle_session_reply_t
 *   login                      handle_reference_t   nothing
 *
 * Replies by response code: AUTH_NEEDED handle_challenge_t, the two referrals
 * handle_referral_t, all else above OK handle_failure_t. A reply whose flags have
 * RRDG begins with a digest: cut it with handle_digest_cut, then decode the rest.
 *
 * Caveats: decoders ignore bytes after the body they know (deployed peers send two
 * zeros after a session setup); where such bytes mean something they are kept in
 * `rest`. handle_challenge_t takes the digest as a part of itself. */
#include "codec/handle/envelope.h"
#include "codec/handle/value.h"

/* A body that is one handle ("/" where none is meant). */
MUST_CHECK
codec_t handle_name_body_decode(slice_t in, slice_t *ret_handle);
void handle_name_body_encode(slice_t handle, writer_t *w);
/* int4 count and handles. */
MUST_CHECK
codec_t handle_names_body_decode(slice_t in, handle_list_t *ret_names);

typedef struct {
	slice_t handle;
	handle_list_t indexes; /* handle_index_next */
	handle_list_t types;   /* handle_string_next */
	slice_t rest;          /* with RECU_AUTH: int4 length and authentication bytes */
} handle_resolution_t;

MUST_CHECK
codec_t handle_resolution_decode(slice_t in, handle_resolution_t *ret_resolution);
void handle_resolution_encode(const handle_resolution_t *resolution, writer_t *w);
/* True if the value is asked for: both lists empty, or its index or type listed. */
bool handle_resolution_wants(const handle_resolution_t *resolution, uint32_t index, slice_t type);

typedef struct {
	slice_t handle;
	handle_list_t values; /* handle_value_next */
} handle_record_t;

MUST_CHECK
codec_t handle_record_decode(slice_t in, handle_record_t *ret_record);
void handle_record_encode(const handle_record_t *record, writer_t *w);

typedef struct {
	slice_t handle;
	handle_list_t indexes; /* handle_index_next */
} handle_removal_t;

MUST_CHECK
codec_t handle_removal_decode(slice_t in, handle_removal_t *ret_removal);
void handle_removal_encode(const handle_removal_t *removal, writer_t *w);

/* Digest of a request's header and body. */
typedef enum {
	HANDLE_DIGEST_MD5_OLD = 0, /* before 2.1: int4 length in place of the code */
	HANDLE_DIGEST_MD5 = 1,
	HANDLE_DIGEST_SHA1 = 2,
	HANDLE_DIGEST_SHA256 = 3,
} handle_digest_kind_t;

typedef struct {
	handle_digest_kind_t kind;
	slice_t bytes; /* 16, 20 or 32 */
} handle_digest_t;

/* The kind a server uses for a peer of this version. */
handle_digest_kind_t handle_digest_kind(handle_version_t version);
/* Length in bytes of a digest of this kind. */
size_t handle_digest_size(handle_digest_kind_t kind);
/* Splits a body with RRDG set; an unknown code is UNSUPPORTED. */
MUST_CHECK
codec_t handle_digest_cut(slice_t body, handle_digest_t *ret_digest, slice_t *ret_rest);
/* The digest's length must be that of its kind. */
void handle_digest_encode(const handle_digest_t *digest, writer_t *w);

/* Reply AUTH_NEEDED; the envelope's session id names the challenge. From 2.1 on:
 * digest, then nonce. */
typedef struct {
	handle_digest_t digest;
	slice_t nonce; /* 16 random bytes */
} handle_challenge_t;

MUST_CHECK
codec_t handle_challenge_decode(slice_t in, handle_challenge_t *ret_challenge);
void handle_challenge_encode(const handle_challenge_t *challenge, writer_t *w);

typedef struct {
	slice_t auth_type;       /* HS_SECKEY or HS_PUBKEY */
	handle_reference_t user; /* whose key answers */
	slice_t answer;          /* handle_signature_t or handle_mac_t */
} handle_answer_t;

MUST_CHECK
codec_t handle_answer_decode(slice_t in, handle_answer_t *ret_answer);
void handle_answer_encode(const handle_answer_t *answer, writer_t *w);

/* The secret-key answer: code, then the MAC; code 0x22 carries its own PBKDF2
 * settings. */
enum {
	HANDLE_MAC_MD5 = 0x01,
	HANDLE_MAC_SHA1 = 0x02,
	HANDLE_MAC_HMAC_SHA1 = 0x12,
	HANDLE_MAC_HMAC_SHA256 = 0x13,
	HANDLE_MAC_PBKDF2 = 0x22,
};

typedef struct {
	uint8_t code;                  /* HANDLE_MAC_* */
	slice_t salt;                  /* the next three with PBKDF2 only */
	uint32_t iterations, key_bits; /* bound them before use: they cost the server */
	slice_t mac;
} handle_mac_t;

MUST_CHECK
codec_t handle_mac_decode(slice_t in, handle_mac_t *ret_mac);
void handle_mac_encode(const handle_mac_t *mac, writer_t *w);

/* Asks the home server of a secret whether an answer made with it is right. */
typedef struct {
	handle_reference_t user;
	slice_t nonce;
	slice_t digest; /* bytes alone, no code */
	slice_t answer;
} handle_verify_t;

MUST_CHECK
codec_t handle_verify_decode(slice_t in, handle_verify_t *ret_verify);
void handle_verify_encode(const handle_verify_t *verify, writer_t *w);
MUST_CHECK
codec_t handle_verify_reply_decode(slice_t in, bool *ret_valid);
void handle_verify_reply_encode(bool valid, writer_t *w);

typedef enum {
	HANDLE_SESSION_CLIENT_KEY = 1,
	HANDLE_SESSION_SERVER_KEY = 2,
	HANDLE_SESSION_HANDLE_KEY = 3,
	HANDLE_SESSION_DH = 4,
} handle_session_mode_t;

typedef struct {
	uint16_t mode; /* handle_session_mode_t; others are UNSUPPORTED */
	uint32_t timeout_s;
	handle_reference_t identity;
	slice_t key;                 /* modes 1 and 4: a public key (key.h) */
	handle_reference_t exchange; /* mode 3: where the key is */
} handle_session_t;

MUST_CHECK
codec_t handle_session_decode(slice_t in, handle_session_t *ret_session);
/* Ends with the two zero bytes that deployed peers send and expect. */
void handle_session_encode(const handle_session_t *session, writer_t *w);

typedef struct {
	uint16_t mode;
	slice_t data; /* mode 4: int4 cipher, then the server's DH public key */
} handle_session_reply_t;

MUST_CHECK
codec_t handle_session_reply_decode(slice_t in, handle_session_reply_t *ret_reply);
void handle_session_reply_encode(const handle_session_reply_t *reply, writer_t *w);

/* An error's text (may be empty) and, from DO-IRP 3.0 peers, the indexes it is
 * about. An empty body decodes as an empty text. */
typedef struct {
	slice_t text;
	bool has_indexes;
	handle_list_t indexes;
} handle_failure_t;

MUST_CHECK
codec_t handle_failure_decode(slice_t in, handle_failure_t *ret_failure);
void handle_failure_encode(const handle_failure_t *failure, writer_t *w);

/* Where to ask instead: a handle to look up, or HS_SITE and HS_SERV values. */
typedef struct {
	slice_t handle; /* may be empty */
	bool has_values;
	handle_list_t values;
} handle_referral_t;

MUST_CHECK
codec_t handle_referral_decode(slice_t in, handle_referral_t *ret_referral);
void handle_referral_encode(const handle_referral_t *referral, writer_t *w);
#endif
