/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a recording, and answering challenges as its clients would. */
#include "handle_replay.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "env/crypto.h"
#include "registry/identity/identity.h"

static size_t file_load(const char *folder, const char *name, uint8_t *buf, size_t cap)
{
	char path[2 * REPLAY_PATH];
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t len = fread(buf, 1, cap, file);
	(void)fclose(file);
	assert_true(len < cap);
	return len;
}

static void vector_load(const char *folder, const char *name, replay_vector_t *v)
{
	uint8_t hex[3 * REPLAY_BYTES];
	size_t len = file_load(folder, name, hex, sizeof(hex));
	assert_int_equal(num_from_hex(slice_of(hex, len), v->bytes, sizeof(v->bytes), &v->len),
	                 ERR_OK);
	const char *transport = strstr(name, "-udp-");
	v->is_udp = transport != NULL;
	transport = transport ? transport : strstr(name, "-tcp-");
	assert_non_null(transport);
	v->is_request = strncmp(&transport[5], "req", 3) == 0;
	v->number = (unsigned)strtoul(name, NULL, 10);
	(void)snprintf(v->label, sizeof(v->label), "%.*s", (int)(transport - &name[3]), &name[3]);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool is_vector(const char *name)
{
	return strstr(name, ".hex") && !strstr(name, "-http-");
}

static void keys_load(replay_t *r, const char *folder)
{
	static const char *const names[REPLAY_KEYS][2] = { { "pubkey.bin", "privkey.bin" },
		                                           { "admpub.bin", "admpriv.bin" } };
	enum { ENCRYPTION = 4 };
	char keys[REPLAY_PATH + 8], text[512] = "";
	(void)snprintf(keys, sizeof(keys), "%s/keys", folder);
	for (size_t i = 0; i < REPLAY_KEYS; i++) {
		uint8_t file[4096];
		size_t len = file_load(keys, names[i][1], file, sizeof(file));
		r->keys[i].len = file_load(keys, names[i][0], r->keys[i].bytes,
		                           sizeof(r->keys[i].bytes));
		assert_int_equal(registry_key_read(slice_of(&file[ENCRYPTION], len - ENCRYPTION),
		                                   &r->keys[i].key),
		                 ERR_OK);
	}
	(void)file_load(keys, "session-dh.txt", (uint8_t *)text, sizeof(text) - 1);
	const char *key = strstr(text, "key="), *number = strstr(text, "dhpriv=");
	size_t len = 0;
	assert_true(key && number);
	assert_int_equal(num_from_hex(slice_of(&key[4], 64), r->session_key, 32, &len), ERR_OK);
	slice_t digits = slice_str(&number[7]);
	assert_int_equal(num_from_hex(slice_cut(&digits, '\n'), r->dh_number, sizeof(r->dh_number),
	                              &r->dh_number_len),
	                 ERR_OK);
}

const char *replay_shared(char buf[REPLAY_PATH])
{
	const char *shared = getenv("JIZHU_SHARED"), *source = getenv("JIZHU_SOURCE");
	(void)snprintf(buf, REPLAY_PATH, "%s%s/vectors/handle",
	               shared   ? shared
	               : source ? source
	                        : ".",
	               shared ? "" : "/../shared");
	return buf;
}

const char *replay_own(char buf[REPLAY_PATH])
{
	const char *source = getenv("JIZHU_SOURCE");
	(void)snprintf(buf, REPLAY_PATH, "%s/test/golden/handle", source ? source : ".");
	return buf;
}

static bool has_keys(const char *folder)
{
	char path[REPLAY_PATH + 32];
	(void)snprintf(path, sizeof(path), "%s/keys/session-dh.txt", folder);
	FILE *file = fopen(path, "rb");
	if (file)
		(void)fclose(file);
	return file != NULL;
}

bool replay_load(replay_t *r, const char *folder, const char *secret)
{
	struct dirent **entries = NULL;
	r->secret = slice_str(secret);
	int count = scandir(folder, &entries, NULL, by_name);
	for (int i = 0; i < count; i++) {
		if (is_vector(entries[i]->d_name)) {
			assert_true(r->count < REPLAY_VECTORS_MAX);
			vector_load(folder, entries[i]->d_name, &r->vectors[r->count++]);
		}
		free(entries[i]);
	}
	free(entries);
	if (r->count > 0 && has_keys(folder))
		keys_load(r, folder);
	return r->count > 0;
}

void replay_free(replay_t *r)
{
	for (size_t i = 0; i < REPLAY_KEYS; i++)
		env_pkey_free(r->keys[i].key);
}

size_t replay_message(const replay_t *r, size_t from, writer_t *w)
{
	const replay_vector_t *first = &r->vectors[from];
	size_t n = 0;
	for (; from + n < r->count; n++) {
		const replay_vector_t *v = &r->vectors[from + n];
		/* Over TCP a vector is a message. */
		if (n > 0 && (!v->is_udp || v->is_request != first->is_request ||
		              strcmp(v->label, first->label) != 0))
			break;
		wr_bytes(w, slice_from(slice_of(v->bytes, v->len), n ? HANDLE_ENVELOPE_SIZE : 0));
	}
	assert_false(w->bad);
	return n;
}

/* Answers. */

static registry_proof_t proof_of(const handle_answer_t *answer, const handle_challenge_t *challenge)
{
	registry_proof_t proof = { .who = answer->user,
		                   .nonce = challenge->nonce,
		                   .digest = challenge->digest.bytes,
		                   .answer = answer->answer };
	assert_true(registry_key_type_parse(answer->auth_type, &proof.type));
	return proof;
}

int replay_signer(const replay_t *r, const handle_answer_t *answer,
                  const handle_challenge_t *challenge)
{
	registry_proof_t proof = proof_of(answer, challenge);
	registry_proof_rules_t rules = { .legacy = true };
	if (proof.type == REGISTRY_KEY_SECRET)
		return registry_proof_check(&proof, r->secret, &rules) ? -1 : REPLAY_KEYS;
	for (int i = 0; i < REPLAY_KEYS && r->keys[i].key; i++) {
		slice_t key = slice_of(r->keys[i].bytes, r->keys[i].len);
		if (!registry_proof_check(&proof, key, &rules))
			return i;
	}
	return -1;
}

static void sign(const env_pkey_t *key, const registry_proof_t *proof, writer_t *w)
{
	uint8_t made[ENV_PKEY_SIGNATURE_MAX];
	writer_t made_w = writer_of(made, sizeof(made));
	handle_signature_t signature;
	slice_t parts[] = { proof->nonce, proof->digest };
	assert_int_equal(handle_signature_decode(proof->answer, &signature), CODEC_OK);
	bool is_new = slice_eq(signature.algorithm, SLICE("SHA-256"));
	env_signed_t what = { .hash = is_new ? ENV_HASH_SHA256 : ENV_HASH_SHA1,
		              .parts = parts,
		              .count = 2 };
	assert_int_equal(env_pkey_sign(key, &what, &made_w), ERR_OK);
	signature.bytes = writer_done(&made_w);
	handle_signature_encode(&signature, w);
}

static void mac(slice_t secret, const registry_proof_t *proof, writer_t *w)
{
	uint8_t key[64], text[64], made[20];
	writer_t text_w = writer_of(text, sizeof(text));
	handle_mac_t m;
	assert_int_equal(handle_mac_decode(proof->answer, &m), CODEC_OK);
	assert_int_equal(m.code, HANDLE_MAC_PBKDF2);
	size_t len = m.key_bits / 8;
	assert_int_equal(env_pbkdf2_sha1(secret, m.salt, m.iterations, key, len), ERR_OK);
	wr_bytes(&text_w, proof->nonce);
	wr_bytes(&text_w, proof->digest);
	env_hmac_sha1(slice_of(key, len), writer_done(&text_w), made);
	m.mac = slice_of(made, sizeof(made));
	handle_mac_encode(&m, w);
}

void replay_answer(const replay_t *r, int signer, const handle_answer_t *answer,
                   const handle_challenge_t *challenge, writer_t *w)
{
	registry_proof_t proof = proof_of(answer, challenge);
	if (signer == -1)
		wr_bytes(w, answer->answer); /* to another nonce, so wrong here too */
	else if (signer == REPLAY_KEYS)
		mac(r->secret, &proof, w);
	else
		sign(r->keys[signer].key, &proof, w);
	assert_false(w->bad);
}

/* Sessions. */

void replay_mac(const uint8_t key[32], const handle_envelope_t *envelope, uint32_t counter,
                slice_t covered, uint8_t ret_mac[32])
{
	uint8_t text[REPLAY_MESSAGE];
	writer_t w = writer_of(text, sizeof(text));
	assert_int_equal(handle_signed_prefix_encode(envelope, counter, &w), CODEC_OK);
	wr_bytes(&w, covered);
	assert_false(w.bad);
	env_hmac_sha256(slice_of(key, 32), writer_done(&w), ret_mac);
}

slice_t replay_open(const uint8_t key[32], slice_t bytes, writer_t *out)
{
	handle_envelope_t envelope;
	reader_t r = reader_of(slice_from(bytes, HANDLE_ENVELOPE_SIZE));
	assert_int_equal(handle_envelope_decode(bytes, &envelope), CODEC_OK);
	if (!(envelope.flags & HANDLE_ENVELOPE_ENCRYPTED))
		return bytes;
	slice_t iv = rd_take(&r, ENV_AES_BLOCK);
	wr_bytes(out, slice_sub(bytes, 0, HANDLE_ENVELOPE_SIZE));
	assert_int_equal(env_aes_decrypt(key, iv.ptr, r.in, out), ERR_OK);
	return writer_done(out);
}

void replay_seal(const uint8_t key[32], const handle_envelope_t *envelope, slice_t plain,
                 writer_t *out)
{
	static const uint8_t iv[ENV_AES_BLOCK] = { 7 };
	uint8_t room[REPLAY_MESSAGE];
	writer_t cipher = writer_of(room, sizeof(room));
	handle_envelope_t e = *envelope;
	wr_bytes(&cipher, slice_of(iv, sizeof(iv)));
	assert_int_equal(env_aes_encrypt(key, iv, plain, &cipher), ERR_OK);
	e.flags |= HANDLE_ENVELOPE_ENCRYPTED;
	e.length = (uint32_t)cipher.len;
	handle_envelope_encode(&e, out);
	wr_bytes(out, writer_done(&cipher));
}

/* What is chance. */

/* Clears the n bytes of `part`, which lies in `bytes`. */
void replay_clear(uint8_t *bytes, slice_t part)
{
	memset(&bytes[part.ptr - bytes], 0, part.len);
}

void replay_mask_values(uint8_t *bytes, slice_t body)
{
	handle_record_t record;
	enum { TIME_AT = 4, TIME = 4 };
	assert_int_equal(handle_record_decode(body, &record), CODEC_OK);
	reader_t r = reader_of(record.values.bytes);
	for (uint32_t i = 0; i < record.values.count; i++) {
		slice_t time = slice_sub(r.in, TIME_AT, TIME);
		(void)handle_value_read(&r);
		replay_clear(bytes, time);
	}
	assert_false(r.bad);
}

void replay_mask_site_key(uint8_t *bytes, slice_t data)
{
	handle_site_t site;
	handle_server_t server;
	assert_int_equal(handle_site_decode(data, &site), CODEC_OK);
	handle_iter_t servers = handle_list_iter(site.servers);
	while (handle_server_next(&servers, &server))
		replay_clear(bytes, server.public_key);
}

/* The server's number may have a zero in front or not; what is chance in it is put
 * to nothing, and the rest kept in place. */
void replay_mask_setup(uint8_t *bytes, slice_t setup, slice_t *body)
{
	handle_session_reply_t reply;
	handle_key_t key;
	assert_int_equal(handle_session_reply_decode(setup, &reply), CODEC_OK);
	if (reply.mode == HANDLE_SESSION_SERVER_KEY) {
		replay_clear(bytes, reply.data);
		return;
	}
	assert_int_equal(handle_key_decode(slice_from(reply.data, 4), &key), CODEC_OK);
	assert_true(key.part[0].len >= 126 && key.part[0].len <= 129);
	size_t at = (size_t)(key.part[0].ptr - bytes);
	*body = slice_from(*body, (size_t)(&bytes[at + key.part[0].len] - body->ptr));
}
