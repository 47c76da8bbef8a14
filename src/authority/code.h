/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTHORITY_CODE_H
#define AUTHORITY_CODE_H
/* The one-time code by which a node joins: a secret of 80 bits, and a mark of the authority
 * (104 bits of the SHA-256 of its root's DER), in one text that can be typed and read out:
 * eight groups of five characters, Crockford's base 32, with a checksum. By the mark the child
 * knows its parent before it says a word; by the secret the parent knows its child. The secret
 * itself is never sent, but
 *
 *     key   = SHA-256("jizhu code 1" || secret)           what the parent keeps
 *     proof = HMAC-SHA-256(key, mark || request)          what the child shows
 *
 * Pure. Case, dashes and blanks do not count, O is 0, I and L are 1. */
#include "base/err.h"
#include "env/crypto.h"

enum {
	CODE_SECRET = 10,
	CODE_MARK = 13,
	CODE_TEXT = 8 * 5 + 7 + 1, /* with its dashes and NUL */
	CODE_TYPED_MAX = 128,
};

typedef struct {
	uint8_t secret[CODE_SECRET];
	uint8_t mark[CODE_MARK];
} code_t;

void code_write(const code_t *code, char ret_text[CODE_TEXT]);
/* ERR_MALFORMED: no code, or a slip of the finger. */
MUST_CHECK err_t code_read(slice_t text, code_t *ret_code);
void code_mark(slice_t root_der, uint8_t ret_mark[CODE_MARK]);
void code_key(const code_t *code, uint8_t ret_key[SHA256_BYTES]);
void code_proof(const uint8_t key[SHA256_BYTES], const uint8_t mark[CODE_MARK], slice_t request,
                uint8_t ret_proof[SHA256_BYTES]);
#endif
