/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: an agreed key, a counter each way, and from the first proof on an
 * identity. A login has no key: it is an identity that its connection speaks for. */
#include "registry/handle/desk_state.h"

#include <stdlib.h>

#include "env/crypto.h"
#include "env/dh.h"

enum { ID_SLOT_BITS = 10, ID_BITS = 31, CIPHER_AES = 3, WEAK_BITS = 2048, WORD = 64 };

_Static_assert(DESK_SESSIONS == 1 << ID_SLOT_BITS && DESK_CHALLENGES == DESK_SESSIONS,
               "an id holds its slot");

/* Sessions and challenges share one space of numbers on the wire: which it is, its
 * slot, and chance in front. */
uint32_t desk_fresh_id(handle_desk_t *desk, size_t slot, bool is_session)
{
	uint32_t id = 0;
	env_random(desk->env, &id, sizeof(id));
	id >>= 32 - ID_BITS;
	id &= ~(((uint32_t)2 << ID_SLOT_BITS) - 1);
	id |= (uint32_t)is_session << ID_SLOT_BITS | (uint32_t)slot;
	return id | (uint32_t)1 << (ID_BITS - 1);
}

desk_session_t *desk_session(handle_desk_t *desk, uint32_t id)
{
	desk_session_t *s = &desk->sessions[id % DESK_SESSIONS];
	return id != 0 && s->id == id ? s : NULL;
}

void desk_session_end(handle_desk_t *desk, desk_session_t *session)
{
	if (session->id == 0)
		return;
	uint32_t open = session->challenge;
	session->challenge = 0;
	free(session->who_memory);
	env_wipe(session, sizeof(*session));
	desk_count(desk, DESK_METRIC_SESSIONS, -1);
	desk_challenge_end(desk, desk_challenge(desk, open));
}

void desk_sweep_sessions(handle_desk_t *desk, int64_t now)
{
	for (size_t i = 0; i < DESK_SESSIONS; i++) {
		desk_session_t *s = &desk->sessions[i];
		if (s->id == 0 || now < s->ends_ns)
			continue;
		desk_count(desk, DESK_METRIC_SESSIONS_ENDED, 1);
		desk_session_end(desk, s);
	}
}

/* A slot that is free, or NULL. */
static desk_session_t *free_slot(handle_desk_t *desk)
{
	for (size_t i = DESK_SESSIONS; i-- > 0;)
		if (desk->sessions[i].id == 0)
			return &desk->sessions[i];
	return NULL;
}

/* The longest idle of a source that has all it may have; else NULL. */
static desk_session_t *one_too_many(handle_desk_t *desk, const desk_source_t *source)
{
	desk_session_t *oldest = NULL;
	size_t of_source = 0;
	for (size_t i = 0; i < DESK_SESSIONS; i++) {
		desk_session_t *s = &desk->sessions[i];
		if (s->id == 0 || !desk_source_eq(&s->source, source))
			continue;
		of_source++;
		if (!oldest || s->used_ns < oldest->used_ns)
			oldest = s;
	}
	return of_source >= DESK_SESSIONS_SOURCE ? oldest : NULL;
}

/* Room for one more of the source, if need be by ending its longest idle. */
static desk_session_t *slot_for(handle_desk_t *desk, const desk_source_t *source)
{
	desk_session_t *oldest = one_too_many(desk, source);
	if (!oldest)
		return free_slot(desk);
	desk_session_end(desk, oldest);
	desk_count(desk, DESK_METRIC_SESSIONS_ENDED, 1);
	return oldest;
}

static desk_session_t *session_new(handle_desk_t *desk, const handle_errand_t *e)
{
	desk_session_t *s = slot_for(desk, &e->source);
	desk_count(desk, s ? DESK_METRIC_SESSIONS_MADE : DESK_METRIC_SESSIONS_FULL, 1);
	if (!s)
		return NULL;
	int64_t now = env_now(desk->env);
	*s = (desk_session_t){ .id = desk_fresh_id(desk, (size_t)(s - desk->sessions), true),
		               .source = e->source,
		               .used_ns = now,
		               .ends_ns = now + DESK_SESSION_NS };
	desk_count(desk, DESK_METRIC_SESSIONS, 1);
	return s;
}

err_t desk_session_bind(desk_session_t *session, const registry_identity_t *who)
{
	const registry_identity_t *named = &session->who;
	bool is_same = named->index == who->index && slice_eq_nocase(named->handle, who->handle);
	if (named->handle.len > 0 && !is_same)
		return ERR_DENIED;
	err_t err = desk_keep_identity(who, &session->who_memory, &session->who);
	session->is_proven = !err;
	return err;
}

/* Setting up. */

typedef struct {
	handle_session_t asked;
	handle_key_t theirs; /* y p g */
	uint8_t ours[ENV_DH_BYTES_MAX + 1], shared[ENV_DH_BYTES_MAX];
	slice_t public_number;
	uint32_t bits;
} agreement_t;

/* A number behind a zero byte as it goes on the wire: with the zero when its top bit is
 * set, else without. */
static slice_t signed_number(slice_t number)
{
	return number.len > 1 && number.ptr[1] & 0x80 ? number : slice_from(number, 1);
}

/* The shared number's first bytes are the key of deployed peers. */
static err_t exchange(env_dh_t *dh, agreement_t *a)
{
	writer_t ours = writer_of(a->ours, sizeof(a->ours));
	writer_t shared = writer_of(a->shared, sizeof(a->shared));
	wr_u8(&ours, 0);
	err_t err = env_dh_public(dh, &ours);
	if (!err)
		err = env_dh_shared(dh, handle_key_unsigned(a->theirs.part[0]), &shared);
	a->public_number = signed_number(writer_done(&ours));
	return !err && shared.len < DESK_KEY ? ERR_MALFORMED : err;
}

static err_t agree(agreement_t *a)
{
	env_dh_t *dh = NULL;
	err_t err = env_dh_new(handle_key_unsigned(a->theirs.part[1]),
	                       handle_key_unsigned(a->theirs.part[2]), &dh);
	if (err)
		return err;
	err = exchange(dh, a);
	a->bits = env_dh_bits(dh);
	env_dh_free(dh);
	return err;
}

static void answer_setup(handle_desk_t *desk, handle_errand_t *e, const agreement_t *a)
{
	uint8_t data[4 * ENV_DH_BYTES_MAX], room[4 * ENV_DH_BYTES_MAX + 64];
	writer_t data_w = writer_of(data, sizeof(data)), body = writer_of(room, sizeof(room));
	handle_key_t key = { .kind = HANDLE_KEY_DH_PUBLIC,
		             .part = { a->public_number, a->theirs.part[1], a->theirs.part[2] } };
	wr_u32(&data_w, CIPHER_AES);
	handle_key_encode(&key, &data_w);
	handle_session_reply_encode(
		&(handle_session_reply_t){ a->asked.mode, writer_done(&data_w) }, &body);
	if (body.bad || data_w.bad)
		desk_refuse(desk, e, HANDLE_RC_SESSION_FAILED, "the group's numbers are too long");
	else
		desk_answer(desk, e, HANDLE_RC_OK, writer_done(&body));
}

static void set_up(handle_desk_t *desk, handle_errand_t *e, agreement_t *a)
{
	desk_session_t *s = session_new(desk, e);
	if (!s) {
		desk_refuse(desk, e, HANDLE_RC_BUSY, NULL);
		return;
	}
	int64_t asked_ns = (int64_t)a->asked.timeout_s * NS_PER_S;
	if (asked_ns > 0 && asked_ns < DESK_SESSION_NS)
		s->ends_ns = s->used_ns + asked_ns;
	/* Who it says it is for; not proven by that. */
	if (desk_keep_identity(&a->asked.identity, &s->who_memory, &s->who)) {
		desk_session_end(desk, s);
		desk_refuse(desk, e, HANDLE_RC_ERROR, NULL);
		return;
	}
	memcpy(s->key, a->shared, DESK_KEY);
	s->is_weak = a->bits < WEAK_BITS;
	desk_count(desk, DESK_METRIC_SESSIONS_WEAK, s->is_weak);
	e->reply_session = s->id;
	answer_setup(desk, e, a);
}

/* Two powers modulo a number: with the cube of its length. */
static uint32_t cost_us(slice_t prime)
{
	enum { KILOBIT_BYTES = 128, KILOBIT_US = 500 };
	uint64_t length = handle_key_unsigned(prime).len;
	if (length < KILOBIT_BYTES || length > ENV_DH_BYTES_MAX)
		return KILOBIT_US; /* refused, or cheap */
	return (uint32_t)(KILOBIT_US * length * length * length /
	                  ((uint64_t)KILOBIT_BYTES * KILOBIT_BYTES * KILOBIT_BYTES));
}

static void agree_on_key(handle_desk_t *desk, handle_errand_t *e, agreement_t *a)
{
	if (handle_key_decode(a->asked.key, &a->theirs) != CODEC_OK ||
	    a->theirs.kind != HANDLE_KEY_DH_PUBLIC ||
	    !handle_version_has(handle_version_reply(&e->envelope), 7)) {
		desk_refuse(desk, e, HANDLE_RC_SESSION_FAILED,
		            "a Diffie-Hellman key and protocol 2.7 are needed");
		return;
	}
	if (!desk_pay(desk, &e->source, cost_us(a->theirs.part[1]))) {
		desk_refuse(desk, e, HANDLE_RC_BUSY, NULL);
		return;
	}
	err_t err = agree(a);
	if (err || a->bits < desk->dh_bits_min)
		desk_refuse(desk, e, HANDLE_RC_SESSION_FAILED,
		            err ? "no key can be agreed on in this group"
		                : "the group is too small");
	else
		set_up(desk, e, a);
	env_wipe(a, sizeof(*a));
}

/* The first step that a deployed server takes too; the second is refused. */
static void answer_server_key(handle_desk_t *desk, handle_errand_t *e)
{
	uint8_t room[REGISTRY_KEY_MAX + 16];
	writer_t body = writer_of(room, sizeof(room));
	handle_session_reply_t reply = { HANDLE_SESSION_SERVER_KEY, desk->public_key };
	handle_session_reply_encode(&reply, &body);
	e->reply_session = desk_fresh_id(desk, 0, true);
	desk_answer(desk, e, HANDLE_RC_OK, writer_done(&body));
}

void desk_session_setup(handle_desk_t *desk, handle_errand_t *e)
{
	agreement_t a;
	codec_t got = handle_session_decode(e->body, &a.asked);
	e->session = 0;
	e->reply_session = 0;
	if (got == CODEC_MALFORMED || got == CODEC_MORE)
		desk_refuse(desk, e, HANDLE_RC_SESSION_INVALID, NULL);
	else if (got == CODEC_OK && a.asked.mode == HANDLE_SESSION_DH)
		agree_on_key(desk, e, &a);
	else if (got == CODEC_OK && a.asked.mode == HANDLE_SESSION_SERVER_KEY &&
	         desk->public_key.len > 0)
		answer_server_key(desk, e);
	else if (got == CODEC_OK && a.asked.mode == HANDLE_SESSION_CLIENT_KEY)
		desk_refuse(desk, e, HANDLE_RC_SESSION_FAILED,
		            "Error performing client cipher key exchange.");
	else
		desk_refuse(desk, e, HANDLE_RC_SESSION_FAILED,
		            "keys are agreed on by mode 4 alone");
}

void desk_session_key(handle_desk_t *desk, handle_errand_t *e)
{
	desk_refuse(desk, e, HANDLE_RC_SESSION_FAILED, "keys are agreed on by mode 4 alone");
}

/* Within a session. */

static desk_session_t *keyed(handle_desk_t *desk, uint32_t id)
{
	desk_session_t *s = desk_session(desk, id);
	return s && !s->is_login && env_now(desk->env) < s->ends_ns ? s : NULL;
}

bool desk_session_open(handle_desk_t *desk, handle_errand_t *e, slice_t *ret_plain)
{
	const desk_session_t *s = keyed(desk, e->envelope.session_id);
	reader_t r = reader_of(e->message);
	slice_t iv = rd_take(&r, ENV_AES_BLOCK);
	if (!s || r.bad)
		return false;
	e->plain = malloc(r.in.len + ENV_AES_BLOCK);
	if (!e->plain)
		return false;
	writer_t w = writer_of(e->plain, r.in.len + ENV_AES_BLOCK);
	if (env_aes_decrypt(s->key, iv.ptr, r.in, &w))
		return false;
	*ret_plain = writer_done(&w);
	return true;
}

static err_t mac_of(const desk_session_t *session, const handle_envelope_t *envelope,
                    uint32_t counter, slice_t covered, uint8_t ret_mac[SHA256_BYTES])
{
	uint8_t room[64];
	writer_t prefix = writer_of(room, sizeof(room));
	if (!handle_version_has(envelope->version, 7) ||
	    handle_signed_prefix_encode(envelope, counter, &prefix) != CODEC_OK)
		return ERR_UNSUPPORTED;
	slice_t parts[] = { writer_done(&prefix), covered };
	env_hmac_sha256_parts(slice_of(session->key, DESK_KEY), parts, 2, ret_mac);
	return ERR_OK;
}

err_t desk_session_mac(const desk_session_t *session, const handle_envelope_t *envelope,
                       uint32_t counter, slice_t covered, writer_t *w)
{
	uint8_t mac[SHA256_BYTES], room[64];
	writer_t section = writer_of(room, sizeof(room));
	err_t err = mac_of(session, envelope, counter, covered, mac);
	if (err)
		return err;
	handle_signature_t signature = { SLICE("HMAC-SHA256"), slice_of(mac, sizeof(mac)) };
	handle_signature_encode(&signature, &section);
	handle_credential_t c = { .counter = counter,
		                  .type = SLICE("HS_MAC"),
		                  .section = writer_done(&section) };
	handle_credential_encode(&c, w);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

/* Counters not yet seen come into the window. */
static void move_window(desk_session_t *s, uint32_t newest)
{
	uint32_t gone = newest - s->newest;
	for (uint32_t i = 0; i < gone && i < DESK_WINDOW; i++) {
		uint32_t at = (newest - i) % DESK_WINDOW;
		s->seen[at / WORD] &= ~(UINT64_C(1) << at % WORD);
	}
	s->newest = newest;
}

/* Each counter once; those that came before the last 256 count as seen. */
static bool counter_is_new(desk_session_t *s, uint32_t counter)
{
	if (counter > s->newest)
		move_window(s, counter);
	else if (s->newest - counter >= DESK_WINDOW)
		return false;
	uint32_t at = counter % DESK_WINDOW;
	uint64_t bit = UINT64_C(1) << at % WORD;
	bool is_new = counter != 0 && !(s->seen[at / WORD] & bit);
	s->seen[at / WORD] |= bit;
	return is_new;
}

static handle_response_t check_mac(handle_desk_t *desk, desk_session_t *s, handle_errand_t *e)
{
	uint8_t mac[SHA256_BYTES];
	handle_credential_t c;
	handle_signature_t signature;
	bool is_good = handle_credential_decode(e->credential, &c) == CODEC_OK &&
	               slice_eq(c.type, SLICE("HS_MAC")) &&
	               handle_signature_decode(c.section, &signature) == CODEC_OK &&
	               slice_eq(signature.algorithm, SLICE("HMAC-SHA256")) &&
	               !mac_of(s, &e->envelope, c.counter, e->covered, mac) &&
	               env_secret_eq(slice_of(mac, sizeof(mac)), signature.bytes);
	if (!is_good) {
		desk_count(desk, DESK_METRIC_MACS_BAD, 1);
		return HANDLE_RC_SESSION_NO_KEY;
	}
	if (!counter_is_new(s, c.counter)) {
		desk_count(desk, DESK_METRIC_REPLAYS, 1);
		return HANDLE_RC_SESSION_DUPLICATE;
	}
	e->has_mac = true;
	return HANDLE_RC_OK;
}

bool desk_session_enter(handle_desk_t *desk, handle_errand_t *e)
{
	uint32_t operation = e->header.operation;
	desk_session_t *s = keyed(desk, e->envelope.session_id);
	if (e->envelope.session_id == 0 || operation == HANDLE_OP_SESSION_SETUP)
		return true;
	if (!s) {
		/* The number may be a challenge's, or that of a refused mode. */
		if (operation == HANDLE_OP_CHALLENGE_ANSWER || operation == HANDLE_OP_SESSION_KEY)
			return true;
		desk_refuse(desk, e, HANDLE_RC_SESSION_TIMEOUT, "no such session");
		return false;
	}
	e->session = s->id;
	s->used_ns = env_now(desk->env);
	handle_response_t response = e->credential.len > 0 ? check_mac(desk, s, e) : HANDLE_RC_OK;
	if (response == HANDLE_RC_OK)
		return true;
	desk_refuse(desk, e, response, NULL);
	return false;
}

void desk_session_terminate(handle_desk_t *desk, handle_errand_t *e)
{
	desk_session_t *s = desk_session(desk, e->session);
	if (!s) {
		desk_refuse(desk, e, HANDLE_RC_SESSION_TIMEOUT, "no such session");
		return;
	}
	if (!e->has_mac) {
		desk_refuse(desk, e, HANDLE_RC_SESSION_NO_KEY, "the session's MAC is missing");
		return;
	}
	/* The reply is still within the session. */
	uint32_t id = s->id;
	desk_answer(desk, e, HANDLE_RC_OK, (slice_t){ 0 });
	desk_session_end(desk, desk_session(desk, id));
}

/* A session of who has proven themselves; NULL: no room. */
static desk_session_t *bound_session(handle_desk_t *desk, const handle_errand_t *e)
{
	desk_session_t *s = session_new(desk, e);
	if (!s || !desk_session_bind(s, &e->who))
		return s;
	desk_session_end(desk, s);
	return NULL;
}

static void log_in(handle_desk_t *desk, handle_errand_t *e)
{
	desk_session_t *s = bound_session(desk, e);
	if (!s) {
		desk_refuse(desk, e, HANDLE_RC_BUSY, NULL);
		return;
	}
	s->is_login = true;
	e->from.login = s->id;
	desk_answer(desk, e, HANDLE_RC_OK, (slice_t){ 0 });
}

void desk_login(handle_desk_t *desk, handle_errand_t *e)
{
	handle_reference_t who;
	if (!desk_could_read(desk, e, handle_reference_decode(e->body, &who)))
		return;
	if (e->from.is_udp) {
		desk_refuse(desk, e, HANDLE_RC_NOT_SUPPORTED, NULL);
		return;
	}
	if (!desk_require(desk, e))
		return;
	if (who.index == e->who.index && slice_eq_nocase(who.handle, e->who.handle))
		log_in(desk, e);
	else
		desk_refuse(desk, e, HANDLE_RC_AUTH_FAILED, NULL);
}
