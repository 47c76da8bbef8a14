/* SPDX-License-Identifier: Apache-2.0 */
/* Handle identities at the HTTP door: the three ways to be one, what it may do then, and
 * what guessing gets. */
#include "api/handle_certificates_test.h"
#include "base/html.h"
#include "api/room_test.h"
#include "base/base64.h"
#include "base/num.h"
#include "env/crypto.h"
#include "env/pkey.h"
#include "env/x509.h"

#define P      "/api/handles/0.NA/99.100.1"
#define H      "/api/handles/99.100.1/PUMP-7"
#define SECRET "s3cr3t-Key"
#define ADMIN \
	"{\"index\":100,\"type\":\"HS_ADMIN\",\"data\":{\"format\":\"admin\",\"value\":" \
	"{\"handle\":\"0.NA/99.100.1\",\"index\":200,\"permissions\":\"011111110011\"}}}"
#define VALUE_OF_GUEST \
	"[{\"index\":1,\"type\":\"URL\",\"data\":\"u\"},{\"index\":100,\"type\":\"HS_ADMIN\"," \
	"\"data\":{\"format\":\"admin\",\"value\":{\"handle\":\"99.300/guest\",\"index\":0," \
	"\"permissions\":\"011111110011\"}}}]"
#define VALUE "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://example.com/p/1\"}," ADMIN "]"

/* A home of identities that is not here. */
typedef struct {
	const env_pkey_t *key; /* of 302:99.300/guest */
	err_t err;
	size_t asked;
} away_t;

typedef struct {
	away_t away;
	uint8_t certificate[2048];
	slice_t der;
	char text[2048]; /* a header under construction */
	env_pkey_t *key; /* of 302:0.NA/99.100.1 */
} fixture_t;

static void with_tls(room_t *room, api_spec_t *spec)
{
	(void)room;
	spec->tls = (api_tls_spec_t){ .on = true,
		                      .certificate = "",
		                      .key = "",
		                      .clients = HTTP_CLIENTS_OPTIONAL,
		                      .keys_dir = "data/keys" };
}

static fixture_t *of(const room_t *room)
{
	return room->own;
}

static err_t say(const away_t *away, registry_elsewhere_reply_t *word, env_mailbox_t *reply)
{
	if (away->err)
		word->err = away->err;
	assert_true(env_mailbox_put(reply, word));
	return ERR_OK;
}

static err_t away_fetch(void *ctx, const registry_identity_t *who, env_mailbox_t *reply,
                        uint64_t ticket)
{
	static registry_elsewhere_reply_t word;
	away_t *away = &of(ctx)->away;
	writer_t w = writer_of(word.key, sizeof(word.key));
	assert_true(slice_eq(who->handle, SLICE("99.300/guest")));
	away->asked++;
	OK(registry_key_write(away->key, false, &w));
	word.ticket = ticket;
	word.err = ERR_OK;
	word.key_len = w.len;
	return say(away, &word, reply);
}

/* The secret is known there and nowhere else. */
static err_t away_verify(void *ctx, const registry_proof_t *proof, env_mailbox_t *reply,
                         uint64_t ticket)
{
	static const registry_proof_rules_t rules = { .legacy = false };
	static registry_elsewhere_reply_t word;
	away_t *away = &of(ctx)->away;
	assert_true(slice_eq(proof->who.handle, SLICE("99.300/guest")));
	away->asked++;
	word.ticket = ticket;
	word.err = registry_proof_check(proof, SLICE("far"), &rules);
	return say(away, &word, reply);
}

static void with_tls_and_homes(room_t *room, api_spec_t *spec)
{
	with_tls(room, spec);
	room->elsewhere = (registry_elsewhere_t){ .fetch_key = away_fetch,
		                                  .verify = away_verify,
		                                  .ctx = room };
	spec->elsewhere = &room->elsewhere;
}

static void put_number(writer_t *w, const char *name, slice_t number)
{
	wr_format(w, "\"%s\":\"", name);
	base64_encode(number, BASE64_URL, w);
	wr_format(w, "\"");
}

/* {"format":"key","value":JWK} of an RSA key. */
static void put_key(writer_t *w, const env_pkey_t *key)
{
	uint8_t room[ENV_PKEY_NUMBERS_MAX];
	writer_t scratch = writer_of(room, sizeof(room));
	env_pkey_numbers_t numbers;
	OK(env_pkey_numbers(key, false, &scratch, &numbers));
	wr_format(w, "{\"format\":\"key\",\"value\":{\"kty\":\"RSA\",");
	put_number(w, "n", numbers.part[0]);
	wr_format(w, ",");
	put_number(w, "e", numbers.part[1]);
	wr_format(w, "}}");
}

static env_pkey_t *key_of_certificate(fixture_t *f)
{
	uint8_t spki[1024];
	writer_t w = writer_of(spki, sizeof(spki));
	env_pkey_t *key = NULL;
	OK(env_x509_public_key(f->der, &w));
	OK(env_pkey_from_der(writer_done(&w), &key));
	return key;
}

/* The record of the prefix: a list of three keys that may do all. */
static void make_prefix(room_t *room, fixture_t *f)
{
	char body[8192];
	writer_t w = writer_of(body, sizeof(body) - 1);
	env_pkey_t *shown = key_of_certificate(f);
	wr_format(&w, "[{\"index\":100,\"type\":\"HS_ADMIN\",\"data\":{\"format\":\"admin\","
	              "\"value\":{\"handle\":\"0.NA/99.100.1\",\"index\":200,"
	              "\"permissions\":\"111111111111\"}}},");
	wr_format(&w, "{\"index\":200,\"type\":\"HS_VLIST\",\"data\":{\"format\":\"vlist\","
	              "\"value\":[{\"handle\":\"0.NA/99.100.1\",\"index\":300},"
	              "{\"handle\":\"0.NA/99.100.1\",\"index\":301},"
	              "{\"handle\":\"0.NA/99.100.1\",\"index\":302}]}},");
	wr_format(&w, "{\"index\":301,\"type\":\"HS_SECKEY\",\"permissions\":\"1100\","
	              "\"data\":\"" SECRET "\"},");
	wr_format(&w, "{\"index\":303,\"type\":\"HS_SECKEY\",\"permissions\":\"1100\","
	              "\"data\":\"another\"},");
	wr_format(&w, "{\"index\":300,\"type\":\"HS_PUBKEY\",\"data\":");
	put_key(&w, shown);
	wr_format(&w, "},{\"index\":302,\"type\":\"HS_PUBKEY\",\"data\":");
	put_key(&w, f->key);
	wr_format(&w, "}]");
	body[w.len] = 0;
	assert_int_equal(ask(room, HTTP_PUT, P, body), 201);
	env_pkey_free(shown);
}

static int open_room_as(void **state, void (*adjust)(room_t *room, api_spec_t *spec))
{
	fixture_t *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	writer_t w = writer_of(f->certificate, sizeof(f->certificate));
	OK(base64_decode(slice_str(certificate_text), &w));
	f->der = writer_done(&w);
	OK(env_pkey_generate(ENV_PKEY_RSA, &f->key));
	room_open_with(state, adjust);
	room_t *room = *state;
	room->own = f;
	make_prefix(room, f);
	return 0;
}

static int open_room(void **state)
{
	return open_room_as(state, with_tls);
}

/* Where somebody of elsewhere may change a record too. */
static int open_room_with_homes(void **state)
{
	int rc = open_room_as(state, with_tls_and_homes);
	room_t *room = *state;
	of(room)->away.key = of(room)->key;
	assert_int_equal(ask(room, HTTP_PUT, H, VALUE_OF_GUEST), 201);
	return rc;
}

static int close_room(void **state)
{
	fixture_t *f = of(*state);
	env_pkey_free(f->key);
	free(f);
	return room_close(state);
}

/* With a header Authorization. */
static int ask_with(room_t *room, http_method_t method, const char *path, const char *body)
{
	http_header_t headers[] = { { "Authorization", of(room)->text }, { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .method = method,
	                                        .path = path,
	                                        .headers = headers,
	                                        .body = slice_str(body) });
}

static int ask_basic(room_t *room, http_method_t method, const char *path, const char *body,
                     const char *credentials)
{
	writer_t w = writer_of(of(room)->text, sizeof(of(room)->text));
	wr_format(&w, "Basic ");
	base64_encode(slice_str(credentials), BASE64_PLAIN, &w);
	wr_u8(&w, 0);
	return ask_with(room, method, path, body);
}

#define BY_SECRET "301%3A0.NA%2F99.100.1:" SECRET

static bool has_header(const room_t *room, const char *line)
{
	return slice_has(room->answer.headers, line);
}

static void who_is_nobody_is_told_both_ways_to_be_somebody(void **state)
{
	room_t *room = *state;
	twin_http_ask_t bare = { .method = HTTP_PUT, .path = H, .body = SLICE(VALUE) };
	assert_int_equal(ask_as(room, &bare), 401);
	assert_true(body_is(room, "{\"responseCode\":402,\"handle\":\"99.100.1/PUMP-7\"}"));
	assert_true(has_header(room, "WWW-Authenticate: Basic realm=\"handle\""));
	assert_true(has_header(room, "WWW-Authenticate: Handle sessionId=\""));
	assert_true(has_header(room, ", nonce=\""));
}

static void a_secret_over_tls_is_an_identity(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask_basic(room, HTTP_PUT, H, VALUE, BY_SECRET), 201);
	assert_int_equal(ask_basic(room, HTTP_DELETE, H "?index=1", NULL, BY_SECRET), 200);
	assert_int_equal(get(room, "/api/v1/identifiers/99.100.1/PUMP-7/history"), 200);
	assert_true(has(room, "\"subject\":\"handle:301:0.NA/99.100.1\""));
}

static void a_wrong_secret_is_refused_with_the_words_of_deployed_servers(void **state)
{
	room_t *room = *state;
	static const char *const wrong[] = {
		"301%3A0.NA%2F99.100.1:nope", "301%3A0.NA%2F99.100.1:", "300%3A0.NA%2F99.100.1:x",
		"301%3A0.NA%2F99.200.9:x",    "no identity:x",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(ask_basic(room, HTTP_GET, P, NULL, wrong[i]), 401);
		assert_int_equal(room->answer.body.len, 0);
		assert_true(has_header(room, "error=\"Identity not verified\""));
	}
}

static void guessing_makes_a_source_wait(void **state)
{
	room_t *room = *state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask_basic(room, HTTP_GET, P, NULL, "301%3A0.NA%2F99.100.1:no"),
		                 401);
	assert_int_equal(ask_basic(room, HTTP_GET, P, NULL, BY_SECRET), 503);
	assert_int_equal(get(room, P), 200);
	pass(room, 61 * NS_PER_S);
	assert_int_equal(ask_basic(room, HTTP_GET, P, NULL, BY_SECRET), 200);
}

static void an_identity_reads_what_its_right_lets_it(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask_basic(room, HTTP_GET, P, NULL, BY_SECRET), 200);
	assert_true(has(room, "\"value\":\"" SECRET "\""));
	assert_int_equal(ask_basic(room, HTTP_GET, P "?publicOnly", NULL, BY_SECRET), 200);
	assert_false(slice_has(room->answer.body, SECRET));
	assert_int_equal(ask_basic(room, HTTP_GET, P, NULL, "303%3A0.NA%2F99.100.1:another"), 200);
	assert_false(slice_has(room->answer.body, SECRET));
}

static void a_script_of_another_page_reads_as_the_public_does(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask_basic(room, HTTP_GET, P "?callback=f", NULL, BY_SECRET), 200);
	assert_false(slice_has(room->answer.body, SECRET));
	assert_int_equal(get(room, P "?callback=f"), 200);
	assert_false(slice_has(room->answer.body, SECRET));
}

static void an_identity_without_the_right_may_not(void **state)
{
	room_t *room = *state;
	const char *other = "303%3A0.NA%2F99.100.1:another";
	assert_int_equal(ask_basic(room, HTTP_PUT, H, VALUE, other), 403);
	assert_true(body_is(room, "{\"responseCode\":400,\"handle\":\"99.100.1/PUMP-7\"}"));
	assert_int_equal(ask_basic(room, HTTP_GET, "/api/prefixes", NULL, BY_SECRET), 403);
	assert_true(body_is(room, "{\"responseCode\":400}"));
	assert_int_equal(ask_basic(room, HTTP_GET, "/api/handles?prefix=99.100.1", NULL, other),
	                 403);
	assert_int_equal(ask_basic(room, HTTP_GET, "/api/handles?prefix=99.100.1", NULL, BY_SECRET),
	                 200);
}

static int bulk_basic(room_t *room, const char *query, const char *body, const char *credentials)
{
	char path[96];
	writer_t w = writer_of(of(room)->text, sizeof(of(room)->text));
	wr_format(&w, "Basic ");
	base64_encode(slice_str(credentials), BASE64_PLAIN, &w);
	wr_u8(&w, 0);
	(void)snprintf(path, sizeof(path), "/api/v1/registrations%s", query);
	http_header_t headers[] = { { "Authorization", of(room)->text },
		                    { "Idempotency-Key", query },
		                    { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = path,
	                                        .headers = headers,
	                                        .body = slice_str(body) });
}

static void an_identity_registers_in_bulk_what_its_rights_reach(void **state)
{
	room_t *room = *state;
	static const char lines[] =
		"{\"name\":\"99.100.1/PUMP-7\",\"values\":[{\"index\":1,\"type\":\"URL\","
		"\"data\":\"http://new\"}]}\n"
		"{\"name\":\"99.100.1/PUMP-8\",\"values\":[{\"index\":1,\"type\":\"URL\","
		"\"data\":\"http://new\"}]}\n";
	const char *other = "303%3A0.NA%2F99.100.1:another";
	assert_int_equal(bulk_basic(room, "?partial=false", lines, other), 403);
	assert_true(has(room, "99.100.1/PUMP-7"));
	/* Nobody is named in that record as who may modify it. */
	assert_int_equal(
		ask(room, HTTP_PUT, H, "[{\"index\":1,\"type\":\"URL\",\"data\":\"http://old\"}]"),
		201);
	assert_int_equal(bulk_basic(room, "?mode=merge", lines, BY_SECRET), 403);
	assert_int_equal(get(room, "/api/handles/99.100.1/PUMP-8"), 404);
	assert_int_equal(
		bulk_basic(room, "?mode=merge&partial=true", strchr(lines, '\n') + 1, BY_SECRET),
		200);
	assert_int_equal(bulk_basic(room, "?mode=replace", lines, "301%3A0.NA%2F99.100.1:no"), 401);
}

static void a_certificate_whose_key_is_in_the_record_is_an_identity(void **state)
{
	room_t *room = *state;
	twin_http_ask_t put = {
		.method = HTTP_PUT, .path = H, .body = SLICE(VALUE), .certificate = of(room)->der
	};
	http_header_t says[] = { { "Authorization", "Handle clientCert=\"true\"" },
		                 { NULL, NULL } };
	assert_int_equal(ask_as(room, &put), 201);
	put.headers = says;
	assert_int_equal(ask_as(room, &put), 200);
	assert_int_equal(get(room, "/api/v1/identifiers/99.100.1/PUMP-7/history"), 200);
	assert_true(has(room, "handle:300:0.NA/99.100.1"));
	/* Another key in the record: the certificate is nobody's. */
	assert_int_equal(ask(room, HTTP_DELETE, P "?index=300", NULL), 200);
	assert_int_equal(ask_as(room, &put), 401);
	put.headers = NULL;
	assert_int_equal(ask_as(room, &put), 401);
}

/* Sessions. */

static void text_after(slice_t from, const char *word, char *ret, size_t cap)
{
	slice_t want = slice_str(word);
	while (from.len && !slice_starts(from, want))
		from = slice_from(from, 1);
	from = slice_from(from, want.len);
	assert_true(slice_to_cstr(slice_cut(&from, '"'), ret, cap));
}

typedef struct {
	char id[64], nonce[64];
	uint8_t bytes[64]; /* the nonce */
	size_t len;
} offer_t;

static void begin(room_t *room, offer_t *o)
{
	assert_int_equal(
		ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST, .path = "/api/sessions" }),
		201);
	text_after(room->answer.body, "\"sessionId\":\"", o->id, sizeof(o->id));
	text_after(room->answer.body, "\"nonce\":\"", o->nonce, sizeof(o->nonce));
	writer_t w = writer_of(o->bytes, sizeof(o->bytes));
	OK(base64_decode(slice_str(o->nonce), &w));
	o->len = w.len;
}

static void put_part(writer_t *w, const char *name, slice_t bytes)
{
	wr_format(w, ", %s=\"", name);
	base64_encode(bytes, BASE64_PLAIN, w);
	wr_format(w, "\"");
}

/* The header of a proof; `nonce` and cnonce "mine" were signed. */
static void write_proof(room_t *room, const offer_t *o, const char *id, const char *alg,
                        slice_t made)
{
	writer_t w = writer_of(of(room)->text, sizeof(of(room)->text));
	bool is_keyed = strstr(alg, "PBKDF2") != NULL;
	wr_format(&w, "Handle version=\"0\", sessionId=\"%s\", id=\"%s\", type=\"%s\", alg=\"%s\"",
	          o->id, id, is_keyed ? "HS_SECKEY" : "HS_PUBKEY", alg);
	put_part(&w, "cnonce", SLICE("mine"));
	put_part(&w, "signature", made);
	if (is_keyed) {
		put_part(&w, "salt", SLICE("salt"));
		wr_format(&w, ", iterations=\"1000\", length=\"160\"");
	}
	wr_u8(&w, 0);
	assert_false(w.bad);
}

static void write_rsa_proof(room_t *room, const offer_t *o, const char *id)
{
	uint8_t signature[ENV_PKEY_SIGNATURE_MAX];
	writer_t w = writer_of(signature, sizeof(signature));
	slice_t parts[] = { slice_of(o->bytes, o->len), SLICE("mine") };
	env_signed_t what = { .hash = ENV_HASH_SHA256, .parts = parts, .count = 2 };
	OK(env_pkey_sign(of(room)->key, &what, &w));
	write_proof(room, o, id, "SHA256", writer_done(&w));
}

static void write_mac_proof_of(room_t *room, const offer_t *o, const char *id, const char *secret)
{
	uint8_t key[20], mac[20], text[128];
	writer_t w = writer_of(text, sizeof(text));
	wr_bytes(&w, slice_of(o->bytes, o->len));
	wr_bytes(&w, SLICE("mine"));
	OK(env_pbkdf2_sha1(slice_str(secret), SLICE("salt"), 1000, key, sizeof(key)));
	env_hmac_sha1(slice_of(key, sizeof(key)), writer_done(&w), mac);
	write_proof(room, o, id, "PBKDF2WithHmacSHA1", slice_of(mac, sizeof(mac)));
}

static void write_mac_proof(room_t *room, const offer_t *o, const char *secret)
{
	write_mac_proof_of(room, o, "301:0.NA/99.100.1", secret);
}

static void name_session(room_t *room, const offer_t *o)
{
	writer_t w = writer_of(of(room)->text, sizeof(of(room)->text));
	wr_format(&w, "Handle sessionId=\"%s\"", o->id);
	wr_u8(&w, 0);
}

#define THIS "/api/sessions/this"

static void a_signature_over_the_nonce_makes_a_session_an_identity(void **state)
{
	room_t *room = *state;
	offer_t o;
	begin(room, &o);
	name_session(room, &o);
	assert_int_equal(ask_with(room, HTTP_GET, THIS, NULL), 200);
	assert_true(has(room, "\"authenticated\":false"));
	assert_int_equal(ask_with(room, HTTP_PUT, H, VALUE), 401);
	write_rsa_proof(room, &o, "302:0.NA/99.100.1");
	assert_int_equal(ask_with(room, HTTP_PUT, THIS, NULL), 200);
	assert_true(has(room, "\"authenticated\":true,\"id\":\"302:0.NA/99.100.1\""));
	/* The whole proof once more, as some clients send it with everything. */
	assert_int_equal(ask_with(room, HTTP_PUT, H, VALUE), 201);
	name_session(room, &o);
	assert_int_equal(ask_with(room, HTTP_PUT, H, VALUE), 200);
	assert_int_equal(ask_with(room, HTTP_DELETE, THIS, NULL), 204);
	assert_int_equal(ask_with(room, HTTP_PUT, H, VALUE), 401);
}

static void a_keyed_answer_makes_a_session_an_identity(void **state)
{
	room_t *room = *state;
	offer_t o;
	begin(room, &o);
	write_mac_proof(room, &o, SECRET);
	assert_int_equal(ask_with(room, HTTP_PUT, H, VALUE), 201);
}

static void a_nonce_is_signed_once(void **state)
{
	room_t *room = *state;
	offer_t o;
	begin(room, &o);
	write_mac_proof(room, &o, "wrong");
	assert_int_equal(ask_with(room, HTTP_PUT, THIS, NULL), 401);
	/* Right, and of the nonce that a wrong answer has used up. */
	write_mac_proof(room, &o, SECRET);
	assert_int_equal(ask_with(room, HTTP_PUT, THIS, NULL), 401);
}

static void a_proof_of_another_identity_is_refused(void **state)
{
	room_t *room = *state;
	offer_t o;
	begin(room, &o);
	write_rsa_proof(room, &o, "300:0.NA/99.100.1");
	assert_int_equal(ask_with(room, HTTP_PUT, THIS, NULL), 401);
}

static void a_session_that_proves_nothing_ends_by_itself(void **state)
{
	room_t *room = *state;
	offer_t o;
	begin(room, &o);
	pass(room, 62 * NS_PER_S);
	write_mac_proof(room, &o, SECRET);
	assert_int_equal(ask_with(room, HTTP_PUT, THIS, NULL), 401);
}

static void headers_that_are_no_proof_are_refused(void **state)
{
	room_t *room = *state;
	static const char *const bad[] = {
		"Handle",
		"Handle sessionId",
		"Handle sessionId=\"",
		"Handle sessionId=\"x\" id=\"y\"",
		"Handle sessionId=\"00112233445566778899aabbccddeeff\"",
		"Basic ====",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_true(
			slice_to_cstr(slice_str(bad[i]), of(room)->text, sizeof(of(room)->text)));
		assert_int_equal(ask_with(room, HTTP_PUT, H, VALUE), 401);
	}
}

static void many_sessions_of_one_source_displace_its_own(void **state)
{
	room_t *room = *state;
	offer_t first, o;
	begin(room, &first);
	for (int i = 0; i < 70; i++)
		begin(room, &o);
	name_session(room, &o);
	assert_int_equal(ask_with(room, HTTP_GET, THIS, NULL), 200);
	name_session(room, &first);
	assert_int_equal(ask_with(room, HTTP_GET, THIS, NULL), 401);
}

/* Verifications. */

static void a_verification_tells_right_from_wrong(void **state)
{
	room_t *room = *state;
	char path[512], text[32];
	uint8_t mac[20];
	for (int right = 0; right < 2; right++) {
		writer_t w = writer_of(path, sizeof(path)), t = writer_of(text, sizeof(text));
		env_hmac_sha1(right ? SLICE(SECRET) : SLICE("nope"), SLICE("theirsmine"), mac);
		wr_format(&w, "/api/verifications/301:0.NA/99.100.1?nonce=dGhlaXJz&cnonce=bWluZQ"
		              "&alg=HMAC-SHA1&signature=");
		base64_encode(slice_of(mac, sizeof(mac)), BASE64_PLAIN, &t);
		html_url(&w, writer_done(&t));
		wr_u8(&w, 0);
		assert_int_equal(ask_as(room, &(twin_http_ask_t){ .path = path }), 200);
		assert_true(has(room, right ? "\"isValid\":true" : "\"isValid\":false"));
	}
}

/* Identities of elsewhere. */

#define H1    H "?index=1"
#define NEW   "[{\"index\":1,\"type\":\"URL\",\"data\":\"new\"}]"
#define GUEST "301%3A99.300%2Fguest:"

static void a_secret_of_elsewhere_is_proven_by_its_home_and_told_to_nobody(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask_basic(room, HTTP_PUT, H1, NEW, GUEST "far"), 200);
	assert_int_equal(get(room, "/api/v1/identifiers/99.100.1/PUMP-7/history"), 200);
	assert_true(has(room, "\"subject\":\"handle:301:99.300/guest\""));
	assert_int_equal(ask_basic(room, HTTP_PUT, H1, NEW, GUEST "near"), 401);
	assert_true(has_header(room, "error=\"Identity not verified\""));
	assert_int_equal(of(room)->away.asked, 2);
}

static void a_home_without_a_word_is_no_wrong_secret(void **state)
{
	room_t *room = *state;
	of(room)->away.err = ERR_TIMEOUT;
	for (int i = 0; i < 12; i++) {
		assert_int_equal(ask_basic(room, HTTP_PUT, H1, NEW, GUEST "far"), 500);
		assert_true(has(room, "\"responseCode\":406"));
		pass(room, NS_PER_S);
	}
	of(room)->away.err = ERR_OK;
	assert_int_equal(ask_basic(room, HTTP_PUT, H1, NEW, GUEST "far"), 200);
}

static void guessing_at_a_secret_of_elsewhere_makes_a_source_wait(void **state)
{
	room_t *room = *state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(ask_basic(room, HTTP_PUT, H1, NEW, GUEST "no"), 401);
		pass(room, NS_PER_S);
	}
	assert_int_equal(ask_basic(room, HTTP_PUT, H1, NEW, GUEST "far"), 503);
	assert_int_equal(of(room)->away.asked, 10);
	assert_int_equal(get(room, "/api/v1/events?limit=100"), 200);
	assert_true(has(room, "IDENTITY_GUESSED"));
}

static void a_certificate_of_an_identity_of_elsewhere_is_held_against_its_key(void **state)
{
	room_t *room = *state;
	fixture_t *f = of(room);
	writer_t w = writer_of(f->certificate, sizeof(f->certificate));
	OK(base64_decode(slice_str(guest_text), &w));
	f->der = writer_done(&w);
	twin_http_ask_t put = {
		.method = HTTP_PUT, .path = H1, .body = SLICE(NEW), .certificate = f->der
	};
	assert_int_equal(ask_as(room, &put), 401); /* the key is another's */
	env_pkey_t *key = key_of_certificate(f);
	f->away.key = key;
	assert_int_equal(ask_as(room, &put), 200);
	assert_int_equal(f->away.asked, 2);
	env_pkey_free(key);
}

static void asking_homes_has_a_price_over_http_too(void **state)
{
	room_t *room = *state;
	int refused = 0;
	for (int i = 0; i < 40; i++)
		refused += ask_basic(room, HTTP_PUT, H1, NEW, GUEST "far") == 503;
	assert_true(refused > 0);
	assert_int_equal(of(room)->away.asked, 40 - refused);
}

static void a_session_of_an_identity_of_elsewhere_is_proven_by_its_home(void **state)
{
	room_t *room = *state;
	offer_t o;
	begin(room, &o);
	write_rsa_proof(room, &o, "302:99.300/guest");
	assert_int_equal(ask_with(room, HTTP_PUT, THIS, NULL), 200);
	assert_true(has(room, "\"authenticated\":true,\"id\":\"302:99.300/guest\""));
	name_session(room, &o);
	assert_int_equal(ask_with(room, HTTP_PUT, H1, NEW), 200);
	assert_int_equal(of(room)->away.asked, 1);
	begin(room, &o);
	write_mac_proof_of(room, &o, "301:99.300/guest", "far");
	assert_int_equal(ask_with(room, HTTP_PUT, H1, NEW), 200);
	/* The nonce was used up when the home was asked. */
	begin(room, &o);
	of(room)->away.err = ERR_TIMEOUT;
	write_mac_proof_of(room, &o, "301:99.300/guest", "far");
	assert_int_equal(ask_with(room, HTTP_PUT, H1, NEW), 500);
	of(room)->away.err = ERR_OK;
	assert_int_equal(ask_with(room, HTTP_PUT, H1, NEW), 401);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_room, close_room)

#define AWAY(name) cmocka_unit_test_setup_teardown(name, open_room_with_homes, close_room)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_is_nobody_is_told_both_ways_to_be_somebody),
		TEST(a_secret_over_tls_is_an_identity),
		TEST(a_wrong_secret_is_refused_with_the_words_of_deployed_servers),
		TEST(guessing_makes_a_source_wait),
		TEST(an_identity_reads_what_its_right_lets_it),
		TEST(a_script_of_another_page_reads_as_the_public_does),
		TEST(an_identity_without_the_right_may_not),
		TEST(an_identity_registers_in_bulk_what_its_rights_reach),
		TEST(a_certificate_whose_key_is_in_the_record_is_an_identity),
		TEST(a_signature_over_the_nonce_makes_a_session_an_identity),
		TEST(a_keyed_answer_makes_a_session_an_identity),
		TEST(a_nonce_is_signed_once),
		TEST(a_proof_of_another_identity_is_refused),
		TEST(a_session_that_proves_nothing_ends_by_itself),
		TEST(headers_that_are_no_proof_are_refused),
		TEST(many_sessions_of_one_source_displace_its_own),
		TEST(a_verification_tells_right_from_wrong),
		AWAY(a_secret_of_elsewhere_is_proven_by_its_home_and_told_to_nobody),
		AWAY(a_home_without_a_word_is_no_wrong_secret),
		AWAY(guessing_at_a_secret_of_elsewhere_makes_a_source_wait),
		AWAY(a_certificate_of_an_identity_of_elsewhere_is_held_against_its_key),
		AWAY(asking_homes_has_a_price_over_http_too),
		AWAY(a_session_of_an_identity_of_elsewhere_is_proven_by_its_home),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
