/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver/reply.h"

#include "base/utf8.h"
#include "env/crypto.h"
#include "resolver/signature.h"

enum { TEXT_MAX = 200 };

static bool digest_fits(const expect_t *expect, const handle_digest_t *digest)
{
	uint8_t own[SHA256_BYTES];
	if (digest->kind == HANDLE_DIGEST_SHA256)
		env_sha256(&expect->covered, 1, own);
	else if (digest->kind == HANDLE_DIGEST_SHA1)
		env_sha1(expect->covered, own);
	else
		env_md5(expect->covered, own);
	return slice_eq(digest->bytes, slice_of(own, handle_digest_size(digest->kind)));
}

/* Cuts the digest off the body. Servers leave it out of replies to what they could
 * not read, so its absence is believed of refusals alone, unless these are to be
 * signed: a signature without it might be that of another request. */
static bool cut_digest(const expect_t *expect, const handle_message_t *m, slice_t *ret_body)
{
	handle_digest_t digest;
	*ret_body = m->body;
	if (!(m->header.flags & HANDLE_FLAG_RRDG))
		return !expect->needs_digest ||
		       (!expect->needs_signature && m->header.response != HANDLE_RC_OK);
	return handle_digest_cut(m->body, &digest, ret_body) == CODEC_OK &&
	       digest_fits(expect, &digest);
}

static bool read_record(const expect_t *expect, slice_t body, reply_t *reply)
{
	handle_record_t record;
	if (handle_record_decode(body, &record) != CODEC_OK ||
	    !slice_eq_nocase(record.handle, expect->name))
		return false;
	reply->name = record.handle;
	reply->values = record.values;
	return true;
}

static bool read_success(const expect_t *expect, slice_t body, reply_t *reply)
{
	handle_site_t site;
	if (expect->operation == HANDLE_OP_RESOLVE)
		return read_record(expect, body, reply);
	if (expect->operation == HANDLE_OP_VERIFY_ANSWER)
		return handle_verify_reply_decode(body, &reply->is_right) == CODEC_OK;
	reply->site = body;
	return handle_site_decode(body, &site) == CODEC_OK;
}

static bool read_referral(slice_t body, reply_t *reply)
{
	handle_referral_t referral;
	if (handle_referral_decode(body, &referral) != CODEC_OK ||
	    referral.handle.len > HANDLE_NAME_MAX || !utf8_valid(referral.handle))
		return false;
	reply->handle = referral.handle;
	if (referral.has_values)
		reply->values = referral.values;
	return true;
}

static void read_refusal(slice_t body, reply_t *reply)
{
	handle_failure_t failure;
	if (handle_failure_decode(body, &failure) == CODEC_OK && utf8_valid(failure.text))
		reply->text = slice_sub(failure.text, 0, utf8_cut(failure.text, TEXT_MAX));
}

/* Servers before 2.5 say 303 when they are being backed up. */
static uint32_t response_of(const handle_envelope_t *envelope, uint32_t response)
{
	bool is_old = !handle_version_has(envelope->version, 5);
	return is_old && response == HANDLE_RC_PREFIX_REFERRAL ? HANDLE_RC_READ_ONLY : response;
}

static bool is_referral(uint32_t response)
{
	return response == HANDLE_RC_REFERRAL || response == HANDLE_RC_PREFIX_REFERRAL;
}

static bool read_body(const expect_t *expect, slice_t body, reply_t *reply)
{
	if (reply->response == HANDLE_RC_OK)
		return read_success(expect, body, reply);
	if (is_referral(reply->response))
		return read_referral(body, reply);
	if (reply->response != HANDLE_RC_AUTH_NEEDED)
		read_refusal(body, reply);
	return true;
}

err_t reply_read(const expect_t *expect, const handle_envelope_t *envelope, slice_t message,
                 reply_t *ret_reply)
{
	handle_message_t m;
	slice_t body;
	if ((envelope->flags & HANDLE_ENVELOPE_ENCRYPTED) ||
	    handle_message_decode(message, &m) != CODEC_OK ||
	    m.header.operation != expect->operation || m.header.response == HANDLE_RC_RESERVED ||
	    !cut_digest(expect, &m, &body) ||
	    (expect->needs_signature && signature_check(expect->key, expect->legacy, envelope, &m)))
		return ERR_PROTOCOL;
	reply_t reply = { .response = response_of(envelope, m.header.response),
		          .flags = m.header.flags,
		          .site_serial = m.header.site_serial };
	if (!read_body(expect, body, &reply))
		return ERR_PROTOCOL;
	*ret_reply = reply;
	return ERR_OK;
}
