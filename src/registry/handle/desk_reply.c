/* SPDX-License-Identifier: Apache-2.0 */
/* Writing replies: digest, body, signature or MAC, encryption, in the version of the
 * client. A reply that was to be signed and cannot be (no key, no form for it at this
 * version, no CPU left for its source) goes out unsigned, and does not claim to be. */
#include <stdlib.h>

#include "env/crypto.h"
#include "registry/handle/desk_state.h"

/* Peers before 2.5 do not know these codes. */
static uint32_t code_for(handle_version_t version, handle_response_t response)
{
	if (handle_version_has(version, 5))
		return response;
	if (response == HANDLE_RC_READ_ONLY)
		return HANDLE_RC_PREFIX_REFERRAL;
	return response == HANDLE_RC_INVALID_VALUE ? HANDLE_RC_VALUE_EXISTS : response;
}

/* Signatures. */

typedef struct {
	handle_desk_t *desk;
	handle_errand_t *e;
	desk_session_t *session; /* keyed; NULL: none */
	handle_envelope_t envelope;
} letter_t;

static err_t sign(const letter_t *l, slice_t covered, writer_t *credential)
{
	uint8_t prefix[64], made[ENV_PKEY_SIGNATURE_MAX], section[ENV_PKEY_SIGNATURE_MAX + 32];
	writer_t prefix_w = writer_of(prefix, sizeof(prefix)), w = writer_of(made, sizeof(made));
	writer_t section_w = writer_of(section, sizeof(section));
	bool is_new = handle_version_has(l->envelope.version, 7);
	if (!l->desk->key || handle_signed_prefix_encode(&l->envelope, 0, &prefix_w) != CODEC_OK ||
	    !desk_pay(l->desk, &l->e->source, DESK_SIGN_US))
		return ERR_UNAVAILABLE;
	slice_t parts[] = { writer_done(&prefix_w), covered };
	env_signed_t what = { .hash = is_new ? ENV_HASH_SHA256 : ENV_HASH_SHA1,
		              .parts = parts,
		              .count = 2 };
	err_t err = env_pkey_sign(l->desk->key, &what, &w);
	if (err)
		return err;
	handle_signature_t signature = { is_new ? SLICE("SHA-256") : SLICE("SHA1"),
		                         writer_done(&w) };
	handle_signature_encode(&signature, &section_w);
	handle_credential_t c = { .type = SLICE("HS_SIGNED"), .section = writer_done(&section_w) };
	handle_credential_encode(&c, credential);
	desk_count(l->desk, DESK_METRIC_SIGNED, 1);
	return credential->bad ? ERR_TOO_BIG : ERR_OK;
}

/* Session set-up is signed by the site: that is what no man in the middle can do. */
static bool is_setup(const handle_errand_t *e)
{
	return e->header.operation == HANDLE_OP_SESSION_SETUP ||
	       e->header.operation == HANDLE_OP_SESSION_KEY;
}

static err_t certify(const letter_t *l, slice_t covered, writer_t *credential)
{
	if (!l->session || is_setup(l->e))
		return sign(l, covered, credential);
	return desk_session_mac(l->session, &l->envelope, ++l->session->sent, covered, credential);
}

/* Replaces the message behind the envelope at `from` by its ciphertext. */
static void encrypt(const letter_t *l, size_t from, writer_t *w)
{
	handle_desk_t *desk = l->desk;
	uint8_t iv[ENV_AES_BLOCK];
	writer_t sealed = writer_of(desk->body, sizeof(desk->body));
	slice_t plain = slice_from(writer_done(w), from + HANDLE_ENVELOPE_SIZE);
	env_random(desk->env, iv, sizeof(iv));
	wr_bytes(&sealed, slice_of(iv, sizeof(iv)));
	if (w->bad || env_aes_encrypt(l->session->key, iv, plain, &sealed)) {
		w->bad = true;
		return;
	}
	handle_envelope_t envelope = l->envelope;
	envelope.flags |= HANDLE_ENVELOPE_ENCRYPTED;
	envelope.length = (uint32_t)sealed.len;
	w->len = from;
	handle_envelope_encode(&envelope, w);
	wr_bytes(w, writer_done(&sealed));
}

static uint32_t flags_for(const letter_t *l, const desk_saying_t *saying)
{
	uint32_t flags = l->e->header.flags;
	flags &= ~(HANDLE_FLAG_OVRW | HANDLE_FLAG_MINT | HANDLE_FLAG_CONT);
	flags &= ~HANDLE_FLAG_AUTH;
	flags |= saying->flags | (l->e->is_hearsay ? 0 : HANDLE_FLAG_AUTH);
	if (saying->response == HANDLE_RC_AUTH_NEEDED)
		flags |= HANDLE_FLAG_RRDG;
	if (!l->session)
		flags &= ~HANDLE_FLAG_ENCR;
	return flags;
}

static letter_t letter_of(handle_desk_t *desk, handle_errand_t *e)
{
	bool is_within = e->is_encrypted || e->has_mac;
	letter_t l = { .desk = desk, .e = e, .envelope = handle_envelope_reply(&e->envelope) };
	l.session = is_within ? desk_session(desk, e->session) : NULL;
	l.envelope.session_id = e->reply_session;
	return l;
}

static handle_header_t header_of(const letter_t *l, const desk_saying_t *saying)
{
	uint32_t code = code_for(l->envelope.version, saying->response);
	handle_header_t header = handle_header_reply(&l->e->header, code, SITE_SERIAL);
	header.flags = flags_for(l, saying);
	return header;
}

/* Ends the message with its credential; without one it does not claim to have it. */
static void end_message(const letter_t *l, handle_mark_t mark, uint32_t flags, writer_t *w)
{
	uint8_t room[ENV_PKEY_SIGNATURE_MAX + 256];
	writer_t credential = writer_of(room, sizeof(room));
	if (flags & HANDLE_FLAG_CERT && !w->bad &&
	    certify(l, handle_message_covered(mark, w), &credential)) {
		credential.len = 0;
		handle_message_set_flags(mark, flags & ~HANDLE_FLAG_CERT, w);
	}
	handle_message_end(mark, writer_done(&credential), w);
}

void desk_say(handle_desk_t *desk, handle_errand_t *e, const desk_saying_t *saying, writer_t *w)
{
	letter_t l = letter_of(desk, e);
	handle_header_t header = header_of(&l, saying);
	size_t from = w->len;
	handle_mark_t mark = handle_message_begin(&l.envelope, &header, w);
	if (header.flags & HANDLE_FLAG_RRDG && !saying->has_digest)
		answer_digest_write(e->covered, l.envelope.version, w);
	wr_bytes(w, saying->body);
	end_message(&l, mark, header.flags, w);
	if (l.session && (e->is_encrypted || header.flags & HANDLE_FLAG_ENCR))
		encrypt(&l, from, w);
}

/* Sending. */

bool desk_post(handle_errand_t *e, slice_t bytes, handle_errand_t *rest)
{
	handle_reply_t reply = { .to = e->from, .len = bytes.len, .rest = rest };
	reply.bytes = malloc(bytes.len + 1);
	if (!reply.bytes)
		return false;
	writer_t w = writer_of(reply.bytes, bytes.len);
	wr_bytes(&w, bytes);
	if (env_mailbox_put(e->from.mailbox, &reply))
		return true;
	free(reply.bytes);
	return false;
}

void desk_send(handle_desk_t *desk, handle_errand_t *e, slice_t bytes, bool is_all)
{
	desk_unlink(e); /* until it comes back it is the door's */
	bool is_sent = desk_post(e, bytes, is_all ? NULL : e);
	if (!is_sent || is_all)
		desk_errand_free(desk, e);
}

static void finish(handle_desk_t *desk, handle_errand_t *e, const desk_saying_t *saying)
{
	writer_t w = writer_of(desk->reply, sizeof(desk->reply));
	desk_say(desk, e, saying, &w);
	if (w.bad) {
		w = writer_of(desk->reply, sizeof(desk->reply));
		desk_say(desk, e, &(desk_saying_t){ .response = HANDLE_RC_ERROR }, &w);
	}
	desk_send(desk, e, writer_done(&w), true);
}

void desk_answer(handle_desk_t *desk, handle_errand_t *e, handle_response_t response, slice_t body)
{
	finish(desk, e, &(desk_saying_t){ .response = response, .body = body });
}

void desk_answer_with(handle_desk_t *desk, handle_errand_t *e, slice_t body, uint32_t flags)
{
	finish(desk, e, &(desk_saying_t){ .response = HANDLE_RC_OK, .body = body, .flags = flags });
}

void desk_refuse(handle_desk_t *desk, handle_errand_t *e, handle_response_t response,
                 const char *text)
{
	uint8_t room[512];
	writer_t w = writer_of(room, sizeof(room));
	handle_failure_encode(&(handle_failure_t){ .text = slice_str(text) }, &w);
	desk_count(desk, DESK_METRIC_DENIED,
	           response == HANDLE_RC_INVALID_ADMIN || response == HANDLE_RC_DENIED);
	desk_answer(desk, e, response, writer_done(&w));
}

void desk_answer_written(handle_desk_t *desk, handle_errand_t *e, handle_response_t response,
                         const writer_t *body)
{
	if (body->bad)
		desk_refuse(desk, e, HANDLE_RC_ERROR, "the answer is too long");
	else
		desk_answer(desk, e, response, writer_done(body));
}

bool desk_could_read(handle_desk_t *desk, handle_errand_t *e, codec_t got)
{
	if (got != CODEC_OK)
		desk_refuse(desk, e, HANDLE_RC_PROTOCOL_ERROR, "malformed body");
	return got == CODEC_OK;
}
