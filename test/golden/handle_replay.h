/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_HANDLE_REPLAY_H
#define GOLDEN_HANDLE_REPLAY_H
/* A recorded conversation with a Handle server, for replaying it: the messages in
 * order, the keys of those who spoke, and what of a message is chance and must be
 * made anew or left out of a comparison.
 *
 * Files: NUMBER-label-{udp,tcp}-{req,rsp}.hex; the packets of one message follow one
 * another under one label. keys/ has the key pairs in the wire's encoding and the
 * client's private Diffie-Hellman number with the key that came of it. */
#include "codec/handle/handle.h"
#include "env/pkey.h"

enum {
	REPLAY_VECTORS_MAX = 160,
	REPLAY_BYTES = 1024,
	REPLAY_PATH = 1024,
	REPLAY_KEYS = 2,
	REPLAY_MESSAGE = 8192
};

typedef struct {
	unsigned number;
	char label[128]; /* without number and what follows the transport */
	bool is_udp, is_request;
	uint8_t bytes[REPLAY_BYTES];
	size_t len;
} replay_vector_t;

typedef struct {
	replay_vector_t vectors[REPLAY_VECTORS_MAX];
	size_t count;
	struct {
		uint8_t bytes[2048];
		size_t len;
		env_pkey_t *key; /* private */
	} keys[REPLAY_KEYS];
	slice_t secret;
	uint8_t session_key[32], dh_number[64];
	size_t dh_number_len;
} replay_t;

/* The folder of the shared recording, and that of the project's own. */
const char *replay_shared(char buf[REPLAY_PATH]);
const char *replay_own(char buf[REPLAY_PATH]);
/* False when there is no recording. Any other trouble fails the test. A recording may
 * be without keys: its clients proved themselves by `secret` alone. */
bool replay_load(replay_t *r, const char *folder, const char *secret);
void replay_free(replay_t *r);

/* The message that vectors [from, ...) of one label and direction make up, envelope
 * of the first in front; returns how many they are. */
size_t replay_message(const replay_t *r, size_t from, writer_t *w);

/* Which of the keys made the answer to the recorded challenge: 0.. of `keys`,
 * REPLAY_KEYS for the secret, -1 for none of them. */
int replay_signer(const replay_t *r, const handle_answer_t *answer,
                  const handle_challenge_t *challenge);
/* The same answer to another nonce, by the same key; with -1 a wrong one. */
void replay_answer(const replay_t *r, int signer, const handle_answer_t *answer,
                   const handle_challenge_t *challenge, writer_t *w);

/* The MAC of header and body in a session (2.8 and later). */
void replay_mac(const uint8_t key[32], const handle_envelope_t *envelope, uint32_t counter,
                slice_t covered, uint8_t ret_mac[32]);
/* Envelope and message, decrypted into `out` if need be. */
slice_t replay_open(const uint8_t key[32], slice_t bytes, writer_t *out);
void replay_seal(const uint8_t key[32], const handle_envelope_t *envelope, slice_t plain,
                 writer_t *out);

/* What is chance in a message, cleared: part of `bytes`; times of a record's values; the
 * keys of a site; the server's number of a session's set-up, which `body` then skips,
 * since it may have a zero in front or not. */
void replay_clear(uint8_t *bytes, slice_t part);
void replay_mask_values(uint8_t *bytes, slice_t body);
void replay_mask_site_key(uint8_t *bytes, slice_t data);
void replay_mask_setup(uint8_t *bytes, slice_t setup, slice_t *body);

/* handle_record_test.c: makes the project's own recording. */
void handle_record(const char *folder);
#endif
