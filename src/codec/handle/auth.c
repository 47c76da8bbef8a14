/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies that prove who is asking: digests, challenges, their answers, and
 * session setup. Only shapes; what the bytes prove is for the registry to check. */
#include "codec/handle/body.h"

#include <assert.h>

#include "codec/handle/handle.h"

static const uint8_t digest_sizes[] = {
	[HANDLE_DIGEST_MD5_OLD] = 16,
	[HANDLE_DIGEST_MD5] = 16,
	[HANDLE_DIGEST_SHA1] = 20,
	[HANDLE_DIGEST_SHA256] = 32,
};

enum { DIGEST_KINDS = sizeof digest_sizes };

handle_digest_kind_t handle_digest_kind(handle_version_t version)
{
	if (handle_version_has(version, 7))
		return HANDLE_DIGEST_SHA256;
	return handle_version_has(version, 1) ? HANDLE_DIGEST_SHA1 : HANDLE_DIGEST_MD5_OLD;
}

size_t handle_digest_size(handle_digest_kind_t kind)
{
	assert((unsigned)kind < DIGEST_KINDS);
	return digest_sizes[kind];
}

codec_t handle_digest_cut(slice_t body, handle_digest_t *ret_digest, slice_t *ret_rest)
{
	reader_t r = reader_of(body);
	uint8_t code = rd_u8(&r);
	if (code >= DIGEST_KINDS)
		return CODEC_UNSUPPORTED;
	size_t size = digest_sizes[code];
	/* The old form's length is four bytes, of which the first was the code. */
	if (code == HANDLE_DIGEST_MD5_OLD) {
		uint8_t high = rd_u8(&r);
		uint16_t low = rd_u16(&r);
		if (high != 0 || low != size)
			return CODEC_MALFORMED;
	}
	slice_t bytes = rd_take(&r, size);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_digest = (handle_digest_t){ (handle_digest_kind_t)code, bytes };
	*ret_rest = r.in;
	return CODEC_OK;
}

void handle_digest_encode(const handle_digest_t *digest, writer_t *w)
{
	assert(digest->bytes.len == handle_digest_size(digest->kind));
	if (digest->kind == HANDLE_DIGEST_MD5_OLD) {
		wr_bytes32(w, digest->bytes);
		return;
	}
	wr_u8(w, (uint8_t)digest->kind);
	wr_bytes(w, digest->bytes);
}

codec_t handle_challenge_decode(slice_t in, handle_challenge_t *ret_challenge)
{
	handle_challenge_t c = { 0 };
	slice_t rest;
	codec_t got = handle_digest_cut(in, &c.digest, &rest);
	if (got != CODEC_OK)
		return got;
	reader_t r = reader_of(rest);
	c.nonce = rd_bytes32(&r, HANDLE_NAME_MAX);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_challenge = c;
	return CODEC_OK;
}

void handle_challenge_encode(const handle_challenge_t *challenge, writer_t *w)
{
	handle_digest_encode(&challenge->digest, w);
	wr_bytes32(w, challenge->nonce);
}

codec_t handle_answer_decode(slice_t in, handle_answer_t *ret_answer)
{
	reader_t r = reader_of(in);
	handle_answer_t answer = { 0 };
	answer.auth_type = rd_bytes32(&r, HANDLE_NAME_MAX);
	answer.user = handle_reference_read(&r);
	answer.answer = rd_bytes32(&r, HANDLE_BYTES_MAX);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_answer = answer;
	return CODEC_OK;
}

void handle_answer_encode(const handle_answer_t *answer, writer_t *w)
{
	wr_bytes32(w, answer->auth_type);
	handle_reference_encode(&answer->user, w);
	wr_bytes32(w, answer->answer);
}

static bool mac_code_known(uint8_t code)
{
	static const uint8_t known[] = { HANDLE_MAC_MD5, HANDLE_MAC_SHA1, HANDLE_MAC_HMAC_SHA1,
		                         HANDLE_MAC_HMAC_SHA256, HANDLE_MAC_PBKDF2 };
	return memchr(known, code, sizeof known) != NULL;
}

codec_t handle_mac_decode(slice_t in, handle_mac_t *ret_mac)
{
	reader_t r = reader_of(in);
	handle_mac_t m = { .code = rd_u8(&r) };
	if (r.bad)
		return CODEC_MALFORMED;
	if (!mac_code_known(m.code))
		return CODEC_UNSUPPORTED;
	if (m.code == HANDLE_MAC_PBKDF2) {
		m.salt = rd_bytes32(&r, HANDLE_NAME_MAX);
		m.iterations = rd_u32(&r);
		m.key_bits = rd_u32(&r);
		m.mac = rd_bytes32(&r, HANDLE_NAME_MAX);
	} else {
		m.mac = rd_take(&r, r.in.len);
	}
	if (r.bad || r.in.len > 0)
		return CODEC_MALFORMED;
	*ret_mac = m;
	return CODEC_OK;
}

void handle_mac_encode(const handle_mac_t *mac, writer_t *w)
{
	wr_u8(w, mac->code);
	if (mac->code != HANDLE_MAC_PBKDF2) {
		wr_bytes(w, mac->mac);
		return;
	}
	wr_bytes32(w, mac->salt);
	wr_u32(w, mac->iterations);
	wr_u32(w, mac->key_bits);
	wr_bytes32(w, mac->mac);
}

codec_t handle_verify_decode(slice_t in, handle_verify_t *ret_verify)
{
	reader_t r = reader_of(in);
	handle_verify_t v = { 0 };
	v.user = handle_reference_read(&r);
	v.nonce = rd_bytes32(&r, HANDLE_NAME_MAX);
	v.digest = rd_bytes32(&r, HANDLE_NAME_MAX);
	v.answer = rd_bytes32(&r, HANDLE_BYTES_MAX);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_verify = v;
	return CODEC_OK;
}

void handle_verify_encode(const handle_verify_t *verify, writer_t *w)
{
	handle_reference_encode(&verify->user, w);
	wr_bytes32(w, verify->nonce);
	wr_bytes32(w, verify->digest);
	wr_bytes32(w, verify->answer);
}

codec_t handle_verify_reply_decode(slice_t in, bool *ret_valid)
{
	reader_t r = reader_of(in);
	uint8_t valid = rd_u8(&r);
	if (r.bad || valid > 1)
		return CODEC_MALFORMED;
	*ret_valid = valid == 1;
	return CODEC_OK;
}

void handle_verify_reply_encode(bool valid, writer_t *w)
{
	wr_u8(w, valid ? 1 : 0);
}

static bool session_has_key(uint16_t mode)
{
	return mode == HANDLE_SESSION_CLIENT_KEY || mode == HANDLE_SESSION_DH;
}

codec_t handle_session_decode(slice_t in, handle_session_t *ret_session)
{
	reader_t r = reader_of(in);
	handle_session_t s = { 0 };
	s.mode = rd_u16(&r);
	s.timeout_s = rd_u32(&r);
	s.identity = handle_reference_read(&r);
	if (session_has_key(s.mode))
		s.key = rd_bytes32(&r, HANDLE_BYTES_MAX);
	else if (s.mode == HANDLE_SESSION_HANDLE_KEY)
		s.exchange = handle_reference_read(&r);
	if (r.bad)
		return CODEC_MALFORMED;
	if (s.mode < HANDLE_SESSION_CLIENT_KEY || s.mode > HANDLE_SESSION_DH)
		return CODEC_UNSUPPORTED;
	*ret_session = s;
	return CODEC_OK;
}

void handle_session_encode(const handle_session_t *session, writer_t *w)
{
	wr_u16(w, session->mode);
	wr_u32(w, session->timeout_s);
	handle_reference_encode(&session->identity, w);
	if (session_has_key(session->mode))
		wr_bytes32(w, session->key);
	else if (session->mode == HANDLE_SESSION_HANDLE_KEY)
		handle_reference_encode(&session->exchange, w);
	wr_u16(w, 0);
}

codec_t handle_session_reply_decode(slice_t in, handle_session_reply_t *ret_reply)
{
	reader_t r = reader_of(in);
	handle_session_reply_t reply = { 0 };
	reply.mode = rd_u16(&r);
	reply.data = rd_bytes32(&r, HANDLE_BYTES_MAX);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_reply = reply;
	return CODEC_OK;
}

void handle_session_reply_encode(const handle_session_reply_t *reply, writer_t *w)
{
	wr_u16(w, reply->mode);
	wr_bytes32(w, reply->data);
	wr_u16(w, 0);
}
