/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handle_auth.h"

#include <stdlib.h>

#include "api/guard.h"
#include "api/handle_claim.h"
#include "api/handle_login.h"
#include "api/handlers.h"
#include "api/edits.h"
#include "api/state.h"
#include "api/toll.h"
#include "base/base64.h"
#include "env/crypto.h"
#include "env/x509.h"
#include "registry/guesses.h"
#include "registry/identity/prover.h"
#include "registry/permit.h"

enum { SECRET_US = 20, BASIC_MAX = 4096, SCRATCH = 4096, CN_MAX = 512, SPKI_MAX = 2048 };

struct handle_auth {
	env_t *env;
	toll_t toll;
	prover_t *prover;
	handle_logins_t sessions;
};

/* What a request turned out to be. */
typedef struct {
	registry_identity_t who; /* index 0: nobody in particular */
	handle_login_t *session;
	bool waits; /* for the word of its home */
} found_t;

/* How somebody claims to be somebody. */
typedef enum { BY_BASIC, BY_CERTIFICATE, BY_SESSION } way_t;

/* What an exchange waits for the word of; the request keeps what it borrows. */
typedef struct handle_wait {
	way_t way;
	registry_proof_t proof;
	char session[HANDLE_LOGIN_ID];
} handle_wait_t;

static const registry_proof_rules_t rules = { .legacy = false };

static void on_word(void *ctx, void *asker, const registry_elsewhere_reply_t *word);

err_t handle_auth_new(api_t *api, handle_auth_t **ret_auth)
{
	_Static_assert(PROVER_WAITING + EDITS_WAITING + API_MEMBERS_WAITING <=
	                       (int)EXCHANGE_LATE_MAX,
	               "room for each answer");
	prover_spec_t spec = { .loop = api->spec.loops.query,
		               .elsewhere = api->spec.elsewhere,
		               .done = on_word };
	handle_auth_t *auth = calloc(1, sizeof(*auth));
	if (!auth)
		return ERR_NO_MEMORY;
	auth->env = api->env;
	auth->sessions.env = api->env;
	err_t err = prover_new(&spec, &auth->prover);
	if (err)
		handle_auth_free(auth);
	else
		*ret_auth = auth;
	return err;
}

void handle_auth_free(handle_auth_t *auth)
{
	if (!auth)
		return;
	prover_free(auth->prover);
	env_wipe(auth, sizeof(*auth));
	free(auth);
}

void handle_auth_drop(exchange_t *x)
{
	free(x->handle_wait);
	x->handle_wait = NULL;
}

/* What stands behind the scheme, when it is this one. */
static bool has_scheme(const exchange_t *x, slice_t scheme, slice_t *ret_rest)
{
	slice_t rest = x->request.header[HEADER_AUTHORIZATION];
	slice_t word = slice_cut(&rest, ' ');
	*ret_rest = slice_trim(rest);
	return slice_eq_nocase(word, scheme);
}

static bool is_handle_route(const exchange_t *x)
{
	return x->route && x->route->face == FACE_HANDLE;
}

static bool has_session_of_the_node(const exchange_t *x)
{
	return request_cookie(&x->request, SESSION_COOKIE).len ||
	       x->request.header[HEADER_CSRF].len;
}

bool handle_auth_claims(const exchange_t *x)
{
	slice_t rest, word;
	bool is_for_identities = is_handle_route(x) || x->route->handler == registrations_post;
	if (!is_for_identities || !x->request.is_secure)
		return false;
	/* A page of another site may have the browser run an answer with `callback`, so
	 * what the browser adds by itself must not count. */
	if (request_query(&x->request, "callback", 0, &word))
		return false;
	if (has_scheme(x, SLICE("Basic"), &rest) || has_scheme(x, SLICE("Handle"), &rest))
		return true;
	return x->request.certificate.len && !x->request.header[HEADER_AUTHORIZATION].len &&
	       !has_session_of_the_node(x);
}

/* Telling who one is. */

static slice_t begin_nonce(handle_auth_t *auth, exchange_t *x, handle_login_t **session)
{
	if (!*session)
		*session = handle_login_open(&auth->sessions, x->request.peer.ip);
	return slice_of((*session)->nonce, HANDLE_LOGIN_NONCE);
}

static void tell_how(exchange_t *x, handle_login_t *session, const char *error)
{
	char text[256];
	writer_t w = writer_of(text, sizeof(text));
	slice_t nonce = begin_nonce(x->api->handle_auth, x, &session);
	wr_format(&w, "Handle sessionId=\"%s\", nonce=\"", session->id);
	base64_encode(nonce, BASE64_PLAIN, &w);
	wr_u8(&w, '"');
	if (error)
		wr_format(&w, ", error=\"%s\"", error);
	wr_u8(&w, 0);
	reply_header(&x->reply, "WWW-Authenticate", "Basic realm=\"handle\"");
	reply_header(&x->reply, "WWW-Authenticate", text);
	metric_set(&x->api->metrics, METRIC_HANDLE_SESSIONS,
	           (int64_t)handle_login_count(&x->api->handle_auth->sessions));
}

verdict_t handle_auth_challenge(exchange_t *x, const char *error)
{
	reply_clear(&x->reply);
	x->reply.status = 401;
	reply_header(&x->reply, "Cache-Control", "no-store");
	tell_how(x, NULL, error);
	if (!error)
		handles_problem(x, ERR_UNAUTHENTICATED);
	return EXCHANGE_ANSWERED;
}

static verdict_t challenge(exchange_t *x)
{
	return handle_auth_challenge(x, NULL);
}

verdict_t handle_auth_refused(exchange_t *x)
{
	bool is_plain = !x->request.is_secure;
	if (!is_handle_route(x) || x->reply.status != 401 || request_bearer(&x->request).len)
		return EXCHANGE_ANSWERED;
	/* A browser would ask for a password over the console's own page. */
	if (has_session_of_the_node(x))
		return EXCHANGE_ANSWERED;
	if (!is_plain)
		return exchange_ask_query(x, challenge);
	reply_clear(&x->reply);
	x->reply.status = 403;
	reply_header(&x->reply, "Cache-Control", "no-store");
	handles_problem(x, ERR_UNAUTHENTICATED);
	return EXCHANGE_ANSWERED;
}

/* Checking it. */

static err_t pass_toll(exchange_t *x, uint32_t cost_us)
{
	handle_auth_t *auth = x->api->handle_auth;
	if (toll_pass(&auth->toll, x->request.peer.ip, cost_us, env_now(auth->env)))
		return ERR_OK;
	metric_add(&x->api->metrics, METRIC_IDENTITIES_WAIT, 1);
	return ERR_BUSY;
}

/* A key that is not here says nothing yet. */
static err_t count(exchange_t *x, const registry_identity_t *who, err_t err)
{
	handle_auth_t *auth = x->api->handle_auth;
	ip_t source = x->request.peer.ip;
	if (!err || err == ERR_BUSY || err == ERR_UNAVAILABLE)
		return err;
	toll_fail(&auth->toll, source, env_now(auth->env));
	metric_add(&x->api->metrics, METRIC_IDENTITIES_REFUSED, 1);
	if (who && who->index)
		registry_note_guess(x->api->spec.registry, who, source);
	return err;
}

err_t handle_auth_prove(exchange_t *x, registry_proof_t *proof)
{
	uint8_t key[REGISTRY_KEY_MAX];
	writer_t w = writer_of(key, sizeof(key));
	err_t err = pass_toll(x, registry_proof_cost_us(proof, &rules));
	if (err)
		return err;
	err = registry_identity_key(x->api->query_reader, &proof->who, proof->type, &w);
	if (!err)
		err = registry_proof_check(proof, writer_done(&w), &rules);
	env_wipe(key, sizeof(key));
	return count(x, &proof->who, err);
}

/* Asking the home of an identity. */

static err_t keep(exchange_t *x, slice_t *bytes)
{
	return request_keep(&x->request, *bytes, bytes);
}

static err_t keep_proof(exchange_t *x, registry_proof_t *proof)
{
	err_t err = keep(x, &proof->who.handle);
	if (!err)
		err = keep(x, &proof->nonce);
	if (!err)
		err = keep(x, &proof->digest);
	return err ? err : keep(x, &proof->answer);
}

static handle_wait_t *wait_new(exchange_t *x, way_t way, const registry_proof_t *proof)
{
	handle_wait_t *wait = calloc(1, sizeof(*wait));
	if (!wait)
		return NULL;
	wait->way = way;
	wait->proof = *proof;
	if (keep_proof(x, &wait->proof)) {
		free(wait);
		return NULL;
	}
	handle_auth_drop(x);
	x->handle_wait = wait;
	return wait;
}

/* The exchange waits, or there is nobody to ask: then the identity is not verified. */
static err_t ask_home(exchange_t *x, way_t way, const registry_proof_t *proof, found_t *found)
{
	handle_auth_t *auth = x->api->handle_auth;
	err_t err = pass_toll(x, PROVER_PRICE_US);
	if (err)
		return err;
	handle_wait_t *wait = wait_new(x, way, proof);
	if (!wait)
		return ERR_BUSY;
	if (found->session)
		memcpy(wait->session, found->session->id, sizeof(wait->session));
	err = prover_ask(auth->prover, &wait->proof, x->request.peer.ip, x);
	metric_add(&x->api->metrics, METRIC_IDENTITIES_AWAY, !err);
	found->waits = !err;
	if (err)
		handle_auth_drop(x);
	return err == ERR_UNAVAILABLE ? count(x, &proof->who, ERR_NOT_FOUND) : err;
}

static err_t ask_home_of_secret(exchange_t *x, slice_t secret, found_t *found)
{
	uint8_t room[REGISTRY_PROOF_ROOM];
	writer_t scratch = writer_of(room, sizeof(room));
	registry_proof_t proof;
	err_t err = pass_toll(x, REGISTRY_PROOF_MAKE_US);
	if (!err)
		err = registry_proof_make(x->api->env, &found->who, secret, &scratch, &proof);
	return err ? err : ask_home(x, BY_BASIC, &proof, found);
}

static err_t ask_home_of_key(exchange_t *x, found_t *found)
{
	registry_proof_t proof = { .who = found->who, .type = REGISTRY_KEY_PUBLIC };
	return ask_home(x, BY_CERTIFICATE, &proof, found);
}

/* Checking it here. */

static err_t check_secret(exchange_t *x, slice_t secret, found_t *found)
{
	uint8_t key[REGISTRY_KEY_MAX];
	writer_t w = writer_of(key, sizeof(key));
	err_t err = pass_toll(x, SECRET_US);
	if (err)
		return err;
	err = registry_identity_key(x->api->query_reader, &found->who, REGISTRY_KEY_SECRET, &w);
	if (!err && (secret.len == 0 || !registry_secret_is(writer_done(&w), secret)))
		err = ERR_DENIED;
	env_wipe(key, sizeof(key));
	return err == ERR_UNAVAILABLE ? ask_home_of_secret(x, secret, found)
	                              : count(x, &found->who, err);
}

/* "300%3A0.NA%2F99.100.1" or, where a client did not bother, "300:0.NA/99.100.1". */
static err_t read_identity(exchange_t *x, slice_t text, registry_identity_t *ret_who)
{
	slice_t plain, kept;
	err_t err = request_decode(&x->request, text, &plain);
	if (!err)
		err = registry_identity_parse(plain, ret_who);
	if (err)
		return err;
	err = request_keep(&x->request, ret_who->handle, &kept);
	ret_who->handle = kept;
	return err;
}

static err_t by_basic(exchange_t *x, slice_t word, found_t *found)
{
	uint8_t text[BASIC_MAX];
	writer_t w = writer_of(text, sizeof(text));
	err_t err = base64_decode(word, &w);
	slice_t secret = writer_done(&w);
	slice_t user = slice_cut(&secret, ':');
	if (!err)
		err = read_identity(x, user, &found->who);
	err = err ? count(x, NULL, err) : check_secret(x, secret, found);
	env_wipe(text, sizeof(text));
	return err;
}

/* The key of the certificate against HS_PUBKEY data. */
static err_t compare_key(exchange_t *x, slice_t key)
{
	uint8_t spki[SPKI_MAX];
	writer_t shown = writer_of(spki, sizeof(spki));
	env_pkey_t *pkey = NULL;
	err_t err = env_x509_public_key(x->request.certificate, &shown);
	if (!err)
		err = env_pkey_from_der(writer_done(&shown), &pkey);
	if (!err && !registry_key_is(key, pkey))
		err = ERR_DENIED;
	env_pkey_free(pkey);
	return err;
}

static err_t check_key(exchange_t *x, found_t *found)
{
	uint8_t key[REGISTRY_KEY_MAX];
	writer_t kept = writer_of(key, sizeof(key));
	err_t err = registry_identity_key(x->api->query_reader, &found->who, REGISTRY_KEY_PUBLIC,
	                                  &kept);
	if (err == ERR_UNAVAILABLE)
		return ask_home_of_key(x, found);
	return count(x, &found->who, err ? err : compare_key(x, writer_done(&kept)));
}

/* A certificate that names no identity is nobody's business here. */
static err_t by_certificate(exchange_t *x, found_t *found)
{
	enum { CHECK_US = 200 };
	uint8_t name[CN_MAX];
	writer_t w = writer_of(name, sizeof(name));
	if (env_x509_common_name(x->request.certificate, &w) ||
	    read_identity(x, writer_done(&w), &found->who)) {
		found->who = (registry_identity_t){ .index = 0 };
		return ERR_OK;
	}
	err_t err = pass_toll(x, CHECK_US);
	return err ? err : check_key(x, found);
}

/* What the proof of a session was worth; its nonce is used up either way. */
static err_t end_proof(exchange_t *x, const found_t *found, err_t err)
{
	handle_auth_t *auth = x->api->handle_auth;
	char text[HANDLE_LOGIN_WHO + 1];
	writer_t name = writer_of(text, sizeof(text));
	wr_format(&name, "%u:", found->who.index);
	wr_bytes(&name, found->who.handle);
	if (!err && !name.bad)
		return handle_login_prove(&auth->sessions, found->session, writer_done(&name));
	handle_login_renew(&auth->sessions, found->session);
	return err ? err : ERR_TOO_BIG;
}

static err_t prove_session(exchange_t *x, const handle_claim_t *claim, found_t *found)
{
	handle_auth_t *auth = x->api->handle_auth;
	uint8_t room[SCRATCH];
	writer_t scratch = writer_of(room, sizeof(room));
	registry_proof_t proof = { .who = found->who,
		                   .nonce = begin_nonce(auth, x, &found->session) };
	err_t err = handle_claim_proof(claim, &scratch, &proof);
	err = err ? count(x, &found->who, err) : handle_auth_prove(x, &proof);
	if (err == ERR_UNAVAILABLE) {
		err = ask_home(x, BY_SESSION, &proof, found);
		handle_login_renew(&auth->sessions, found->session);
		return err;
	}
	return err == ERR_BUSY ? err : end_proof(x, found, err);
}

static err_t by_session(exchange_t *x, slice_t text, found_t *found)
{
	handle_claim_t claim;
	slice_t who;
	err_t err = handle_claim_read(text, &claim);
	if (err)
		return count(x, NULL, err);
	/* Some say with a certificate that they have shown one. */
	if (claim.session.len == 0 && x->request.certificate.len)
		return by_certificate(x, found);
	found->session = handle_login_find(&x->api->handle_auth->sessions, claim.session);
	if (!found->session)
		return count(x, NULL, ERR_UNAUTHENTICATED);
	if (claim.signature.len && read_identity(x, claim.id, &found->who))
		return count(x, NULL, ERR_MALFORMED);
	slice_t known = slice_str(found->session->who);
	/* A client may send its whole proof again: the session is its already. */
	if (claim.signature.len && !(known.len && slice_eq_nocase(known, claim.id)))
		return prove_session(x, &claim, found);
	if (known.len == 0)
		return ERR_OK;
	err = request_keep(&x->request, known, &who);
	return err ? err : registry_identity_parse(who, &found->who);
}

static err_t identify(exchange_t *x, found_t *found)
{
	slice_t rest;
	*found = (found_t){ .session = NULL };
	if (has_scheme(x, SLICE("Basic"), &rest))
		return by_basic(x, rest, found);
	if (has_scheme(x, SLICE("Handle"), &rest))
		return by_session(x, rest, found);
	return x->request.certificate.len ? by_certificate(x, found) : ERR_OK;
}

static err_t become(exchange_t *x, const registry_identity_t *who)
{
	uint8_t text[REGISTRY_SUBJECT_MAX];
	writer_t w = writer_of(text, sizeof(text));
	registry_identity_subject(who, &w);
	x->request.caller = (caller_t){ .role = ROLE_PUBLIC, .request_id = x->request.id };
	return w.bad ? ERR_TOO_BIG
	             : request_keep(&x->request, writer_done(&w), &x->request.caller.subject);
}

/* Who somebody is has been found out, or not: on to the handler, or back. */
static verdict_t go_in(exchange_t *x, const found_t *found, err_t err)
{
	if (!err && found->who.index)
		err = become(x, &found->who);
	if (err == ERR_BUSY)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	if (err == ERR_UNAVAILABLE)
		return handles_refuse_code(x, HANDLE_RC_AUTH_UNABLE,
		                           "the home of the identity does not answer");
	if (err)
		return handle_auth_challenge(x, "Identity not verified");
	x->handle_login = found->session;
	if (found->who.index || x->route->role == ROLE_PUBLIC)
		return x->route->handler(x);
	return challenge(x);
}

verdict_t handle_auth_enter(exchange_t *x)
{
	found_t found;
	/* The header may be a secret. */
	x->request.body_is_secret = true;
	err_t err = identify(x, &found);
	return found.waits ? EXCHANGE_LATER : go_in(x, &found, err);
}

/* The word has come. A session that has ended meanwhile is proven by nothing. */

static err_t take_word(exchange_t *x, const registry_elsewhere_reply_t *word, found_t *found)
{
	const handle_wait_t *wait = x->handle_wait;
	slice_t key = slice_of(word->key, word->key_len);
	found->who = wait->proof.who;
	if (wait->way == BY_CERTIFICATE && !word->err)
		return count(x, &found->who, compare_key(x, key));
	err_t err = count(x, &found->who, registry_proof_word(&wait->proof, word, &rules));
	metric_add(&x->api->metrics, METRIC_IDENTITIES_SILENT, err == ERR_UNAVAILABLE);
	if (err || wait->way != BY_SESSION)
		return err;
	found->session = handle_login_find(&x->api->handle_auth->sessions,
	                                   slice_str(wait->session));
	return found->session ? end_proof(x, found, err) : ERR_UNAUTHENTICATED;
}

static void on_word(void *ctx, void *asker, const registry_elsewhere_reply_t *word)
{
	exchange_t *x = asker;
	found_t found = { .session = NULL };
	(void)ctx;
	err_t err = take_word(x, word, &found);
	if (go_in(x, &found, err) == EXCHANGE_ANSWERED)
		exchange_answer_late(x);
}

/* The sessions as things of their own. */

static verdict_t say_session(exchange_t *x, const handle_login_t *session)
{
	json_t *j = reply_json(&x->reply, SCRATCH);
	char nonce[2 * HANDLE_LOGIN_NONCE];
	writer_t w = writer_of(nonce, sizeof(nonce));
	json_object(j);
	if (session) {
		base64_encode(slice_of(session->nonce, HANDLE_LOGIN_NONCE), BASE64_PLAIN, &w);
		json_put_cstr(j, "sessionId", session->id);
		json_put_str(j, "nonce", writer_done(&w));
	}
	if (!session || x->request.method != HTTP_POST)
		json_put_bool(j, "authenticated", session && session->who[0]);
	if (session && session->who[0])
		json_put_cstr(j, "id", session->who);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

verdict_t handle_session_post(exchange_t *x)
{
	handle_login_t *session = x->handle_login;
	if (!x->request.is_secure)
		return handles_refuse(x, ERR_UNAUTHENTICATED);
	x->reply.status = 201;
	reply_header(&x->reply, "Location", "/api/sessions/this");
	(void)begin_nonce(x->api->handle_auth, x, &session);
	return say_session(x, session);
}

verdict_t handle_session_get(exchange_t *x)
{
	return say_session(x, x->handle_login);
}

/* The proof was in the header, and has been looked at. */
verdict_t handle_session_put(exchange_t *x)
{
	if (!x->request.is_secure)
		return handles_refuse(x, ERR_UNAUTHENTICATED);
	if (!x->handle_login || !x->handle_login->who[0])
		return handle_auth_challenge(x, "Identity not verified");
	return say_session(x, x->handle_login);
}

verdict_t handle_session_delete(exchange_t *x)
{
	if (x->handle_login)
		handle_login_close(x->handle_login);
	x->reply.status = 204;
	return EXCHANGE_ANSWERED;
}
