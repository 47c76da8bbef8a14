/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a client who it is, and looking at what it answers. A challenge keeps the
 * message it was made for; a nonce is answered once, right or wrong; then the message
 * runs from its start, so that what was checked before the challenge is checked
 * again. */

#include "env/crypto.h"
#include "registry/handle/desk_state.h"
#include "registry/guesses.h"
#include "registry/permit.h"

/* Of the failure with code 403; for people. */
static const char text_unsupported[] =
	"this kind of key or algorithm is not taken as proof here (handle.legacy)";

void desk_challenge_end(handle_desk_t *desk, desk_challenge_t *challenge)
{
	if (!challenge || challenge->id == 0)
		return;
	desk_session_t *session = desk_session(desk, challenge->session);
	if (session && session->challenge == challenge->id)
		session->challenge = 0;
	challenge->id = 0;
	desk->challenge_bytes -= challenge->errand ? challenge->errand->cost : 0;
	desk_count(desk, DESK_METRIC_CHALLENGES_OPEN, -1);
	desk_errand_free(desk, challenge->errand);
	challenge->errand = NULL;
}

void desk_sweep_challenges(handle_desk_t *desk, int64_t now)
{
	for (size_t i = 0; i < DESK_CHALLENGES; i++) {
		desk_challenge_t *c = &desk->challenges[i];
		if (c->id == 0 || now < c->ends_ns)
			continue;
		desk_count(desk, DESK_METRIC_CHALLENGES_LATE, 1);
		desk_challenge_end(desk, c);
	}
}

desk_challenge_t *desk_challenge(handle_desk_t *desk, uint32_t id)
{
	desk_challenge_t *c = &desk->challenges[id % DESK_CHALLENGES];
	return id != 0 && c->id == id ? c : NULL;
}

/* A free slot, or NULL when all, or this source, or UDP has too many. */
static desk_challenge_t *slot_for(handle_desk_t *desk, const handle_errand_t *e)
{
	desk_challenge_t *found = NULL;
	size_t of_source = 0, of_udp = 0;
	for (size_t i = 0; i < DESK_CHALLENGES; i++) {
		desk_challenge_t *c = &desk->challenges[i];
		if (c->id == 0) {
			found = c;
			continue;
		}
		of_source += desk_source_eq(&c->source, &e->source);
		of_udp += c->is_udp;
	}
	bool is_full = of_source >= DESK_CHALLENGES_SOURCE ||
	               (e->from.is_udp && of_udp >= DESK_CHALLENGES_UDP) ||
	               desk->challenge_bytes + e->cost > DESK_CHALLENGE_BYTES;
	return is_full ? NULL : found;
}

static void write_challenge(const handle_errand_t *e, const desk_challenge_t *c, writer_t *w)
{
	handle_digest_t digest = { .kind = handle_digest_kind(handle_version_reply(&e->envelope)),
		                   .bytes = slice_of(c->digest, c->digest_len) };
	slice_t nonce = slice_of(c->nonce, sizeof(c->nonce));
	if (digest.kind == HANDLE_DIGEST_MD5_OLD) {
		wr_bytes32(w, nonce);
		wr_bytes32(w, digest.bytes);
		return;
	}
	handle_challenge_encode(&(handle_challenge_t){ digest, nonce }, w);
}

static void challenge_make(handle_desk_t *desk, handle_errand_t *e, desk_challenge_t *c)
{
	*c = (desk_challenge_t){ .id = desk_fresh_id(desk, (size_t)(c - desk->challenges), false),
		                 .source = e->source,
		                 .is_udp = e->from.is_udp,
		                 .session = e->session,
		                 .ends_ns = env_now(desk->env) + DESK_CHALLENGE_NS,
		                 .errand = e };
	env_random(desk->env, c->nonce, sizeof(c->nonce));
	handle_digest_kind_t kind = handle_digest_kind(handle_version_reply(&e->envelope));
	c->digest_len = answer_digest(e->covered, kind, c->digest);
}

/* A session has one challenge open: the newest. */
static void tie_to_session(handle_desk_t *desk, handle_errand_t *e, const desk_challenge_t *c)
{
	desk_session_t *session = desk_session(desk, e->session);
	e->reply_session = session ? session->id : c->id;
	if (!session)
		return;
	desk_challenge_end(desk, desk_challenge(desk, session->challenge));
	session->challenge = c->id;
}

/* The errand counts among the challenges from here on. */
static void count_challenge(handle_desk_t *desk, handle_errand_t *e)
{
	desk_uncount(desk, e);
	desk->challenge_bytes += e->cost;
	desk_count(desk, DESK_METRIC_CHALLENGES, 1);
	desk_count(desk, DESK_METRIC_CHALLENGES_OPEN, 1);
}

static bool send_challenge(handle_desk_t *desk, handle_errand_t *e, const desk_challenge_t *c)
{
	uint8_t room[128];
	writer_t body = writer_of(room, sizeof(room));
	write_challenge(e, c, &body);
	desk_saying_t saying = { .response = HANDLE_RC_AUTH_NEEDED,
		                 .body = writer_done(&body),
		                 .has_digest = true };
	writer_t w = writer_of(desk->reply, sizeof(desk->reply));
	desk_say(desk, e, &saying, &w);
	return desk_post(e, writer_done(&w), NULL);
}

static void challenge(handle_desk_t *desk, handle_errand_t *e)
{
	desk_challenge_t *c = slot_for(desk, e);
	if (!c) {
		desk_count(desk, DESK_METRIC_CHALLENGES_FULL, 1);
		desk_refuse(desk, e, HANDLE_RC_BUSY, NULL);
		return;
	}
	challenge_make(desk, e, c);
	tie_to_session(desk, e, c);
	count_challenge(desk, e);
	if (!send_challenge(desk, e, c))
		desk_challenge_end(desk, c);
}

static err_t set_identity(handle_errand_t *e, const registry_identity_t *who)
{
	err_t err = desk_keep_identity(who, &e->who_memory, &e->who);
	e->is_proven = e->is_proven || !err;
	return err;
}

/* Who the session, or else the connection's login, has proven to be; NULL: nobody. */
static const registry_identity_t *proven_before(handle_desk_t *desk, const handle_errand_t *e)
{
	const desk_session_t *session = desk_session(desk, e->session);
	const desk_session_t *login = desk_session(desk, e->from.login);
	if (session)
		return session->is_proven ? &session->who : NULL;
	return login && login->is_login ? &login->who : NULL;
}

bool desk_require(handle_desk_t *desk, handle_errand_t *e)
{
	if (e->is_proven)
		return true;
	if (desk_session(desk, e->session) && !e->has_mac) {
		desk_refuse(desk, e, HANDLE_RC_INVALID_CREDENTIAL, "the session's MAC is missing");
		return false;
	}
	const registry_identity_t *who = proven_before(desk, e);
	if (!who) {
		challenge(desk, e);
		return false;
	}
	if (set_identity(e, who))
		desk_refuse(desk, e, HANDLE_RC_ERROR, NULL);
	return e->is_proven;
}

static void count_waiting(handle_desk_t *desk)
{
	metric_set(&desk->metrics, DESK_METRIC_ELSEWHERE_WAITING,
	           (int64_t)prover_waiting(desk->prover));
}

/* What the proof was worth. */
static void judge(handle_desk_t *desk, handle_errand_t *e, err_t err)
{
	desk_session_t *session = desk_session(desk, e->session);
	if (!err)
		err = set_identity(e, &e->claim.who);
	if (!err && session)
		err = desk_session_bind(session, &e->who);
	if (err && err != ERR_NO_MEMORY)
		registry_note_guess(desk->registry, &e->claim.who, e->from.peer.ip);
	desk_errand_free(desk, e->proof);
	e->proof = NULL;
	desk_count(desk, err ? DESK_METRIC_PROOFS_BAD : DESK_METRIC_PROOFS, 1);
	if (err == ERR_NO_MEMORY)
		desk_refuse(desk, e, HANDLE_RC_ERROR, NULL);
	else if (err)
		desk_refuse(desk, e, HANDLE_RC_AUTH_FAILED,
		            err == ERR_UNSUPPORTED ? text_unsupported : NULL);
	else
		desk_run(desk, e);
}

static void ask_home(handle_desk_t *desk, handle_errand_t *e)
{
	err_t err = prover_ask(desk->prover, &e->claim, e->from.peer.ip, e);
	desk_count(desk, DESK_METRIC_ELSEWHERE, !err);
	desk_count(desk, DESK_METRIC_ELSEWHERE_FULL, err == ERR_BUSY);
	count_waiting(desk);
	if (err)
		desk_refuse(desk, e, HANDLE_RC_AUTH_UNABLE, NULL);
}

/* Another server is asked at a price, or who pays little here would make this node send
 * much. */
static void ask_elsewhere(handle_desk_t *desk, handle_errand_t *e)
{
	if (desk_pay(desk, &e->source, PROVER_PRICE_US))
		ask_home(desk, e);
	else
		desk_refuse(desk, e, HANDLE_RC_BUSY, NULL);
}

/* Whether the answer is right by the key in the record of who gave it. */
static err_t check_answer(handle_desk_t *desk, const registry_proof_t *proof)
{
	uint8_t key[REGISTRY_KEY_MAX];
	writer_t w = writer_of(key, sizeof(key));
	err_t err = registry_identity_key(desk->reader, &proof->who, proof->type, &w);
	if (!err)
		err = registry_proof_check(proof, writer_done(&w), &desk->rules);
	env_wipe(key, sizeof(key));
	return err;
}

static void prove(handle_desk_t *desk, handle_errand_t *e)
{
	err_t err = check_answer(desk, &e->claim);
	if (err == ERR_UNAVAILABLE)
		ask_elsewhere(desk, e);
	else
		judge(desk, e, err);
}

static desk_challenge_t *answered(handle_desk_t *desk, const handle_errand_t *answer)
{
	const desk_session_t *session = desk_session(desk, answer->session);
	uint32_t id = session ? session->challenge : answer->envelope.session_id;
	desk_challenge_t *c = desk_challenge(desk, id);
	bool is_live = c && env_now(desk->env) < c->ends_ns && c->session == answer->session;
	return is_live ? c : NULL;
}

/* What the answer is checked against outlives the challenge. */
static void keep_claim(handle_errand_t *e, const desk_challenge_t *c)
{
	memcpy(e->nonce, c->nonce, sizeof(e->nonce));
	memcpy(e->digest, c->digest, sizeof(e->digest));
	e->claim.nonce = slice_of(e->nonce, sizeof(e->nonce));
	e->claim.digest = slice_of(e->digest, c->digest_len);
}

/* The reply goes where the answer came from. */
static void reply_there(handle_errand_t *e, const handle_errand_t *answer)
{
	e->from = answer->from;
	e->source = answer->source;
	e->envelope = answer->envelope;
	e->header.expires_s = answer->header.expires_s;
	e->reply_session = e->session;
	e->is_encrypted = answer->is_encrypted;
}

/* The count goes over, and with the answer's bytes. */
static void take_count(handle_errand_t *e, handle_errand_t *answer)
{
	e->is_counted = answer->is_counted;
	e->cost = answer->cost;
	answer->is_counted = false;
}

/* The first message takes the answer's place. */
static handle_errand_t *revive(handle_desk_t *desk, desk_challenge_t *c, handle_errand_t *answer)
{
	handle_errand_t *e = c->errand;
	desk->challenge_bytes -= e->cost;
	c->errand = NULL;
	keep_claim(e, c);
	desk_challenge_end(desk, c);
	reply_there(e, answer);
	take_count(e, answer);
	e->proof = answer;
	desk_unlink(answer);
	return e;
}

void desk_take_proof(handle_desk_t *desk, handle_errand_t *answer)
{
	handle_answer_t a;
	desk_challenge_t *c = answered(desk, answer);
	if (!desk_could_read(desk, answer, handle_answer_decode(answer->body, &a)))
		return;
	if (!c) {
		desk_refuse(desk, answer, HANDLE_RC_AUTH_TIMEOUT, NULL);
		return;
	}
	handle_errand_t *e = revive(desk, c, answer);
	e->claim.who = a.user;
	e->claim.answer = a.answer;
	if (!registry_key_type_parse(a.auth_type, &e->claim.type)) {
		desk_refuse(desk, e, HANDLE_RC_INVALID_CREDENTIAL, NULL);
		return;
	}
	if (desk_pay(desk, &e->source, registry_proof_cost_us(&e->claim, &desk->rules)))
		prove(desk, e);
	else
		desk_refuse(desk, e, HANDLE_RC_BUSY, NULL);
}

void desk_take_word(void *ctx, void *asker, const registry_elsewhere_reply_t *word)
{
	handle_desk_t *desk = ctx;
	handle_errand_t *e = asker;
	err_t err = registry_proof_word(&e->claim, word, &desk->rules);
	count_waiting(desk);
	desk_count(desk, DESK_METRIC_ELSEWHERE_SILENT, err == ERR_UNAVAILABLE);
	if (err == ERR_UNAVAILABLE)
		desk_refuse(desk, e, HANDLE_RC_AUTH_UNABLE, NULL);
	else
		judge(desk, e, err);
}

static void answer_verify(handle_desk_t *desk, handle_errand_t *e, const registry_proof_t *proof)
{
	uint8_t room[1];
	writer_t body = writer_of(room, sizeof(room));
	err_t err = check_answer(desk, proof);
	desk_count(desk, err ? DESK_METRIC_PROOFS_BAD : DESK_METRIC_PROOFS, 1);
	if (err)
		registry_note_guess(desk->registry, &proof->who, e->from.peer.ip);
	handle_verify_reply_encode(!err, &body);
	desk_answer(desk, e, HANDLE_RC_OK, writer_done(&body));
}

void desk_verify(handle_desk_t *desk, handle_errand_t *e)
{
	handle_verify_t v;
	if (!desk_could_read(desk, e, handle_verify_decode(e->body, &v)) ||
	    !desk_serves(desk, e, v.user.handle))
		return;
	registry_proof_t proof = { .who = v.user,
		                   .type = REGISTRY_KEY_SECRET,
		                   .nonce = v.nonce,
		                   .digest = v.digest,
		                   .answer = v.answer };
	if (desk_pay(desk, &e->source, registry_proof_cost_us(&proof, &desk->rules)))
		answer_verify(desk, e, &proof);
	else
		desk_refuse(desk, e, HANDLE_RC_BUSY, NULL);
}
