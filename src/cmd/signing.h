/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_SIGNING_H
#define CMD_SIGNING_H
/* Signatures for commands: `identity sign` and `identity certify` make them, `resolve
 * --verify` checks them. */
#include "codec/handle/value.h"
#include "registry/trust/trust.h"
#include "resolver/resolver.h"

/* What follows "identity sign" and "identity certify". */
int identity_sign(int argc, char **argv);
int identity_certify(int argc, char **argv);

enum { SIGNING_WORDS = 16 };
/* The words between commas; ERR_USAGE: one is empty, or there are too many. */
MUST_CHECK err_t signing_words(const char *text, slice_t words[SIGNING_WORDS], size_t *ret_count);

/* What is to be verified, and how it is shown. */
typedef struct {
	const char *name;
	const resolver_answer_t *answer;
	const char *root_files; /* with commas; NULL: nobody is trusted */
	bool as_json;
} signing_question_t;

/* How a command asks for one more record while it waits. */
typedef struct {
	/* The answer is released by who asked for it. */
	err_t (*ask)(void *ctx, slice_t name, const resolver_answer_t **ret_answer);
	void *ctx;
} signing_asker_t;

/* Checks what the answer says of the name by the roots in the files, and prints it, as text
 * or as one JSON object. Its exit code: 0 when all that is signed is valid and something
 * is, else that of ERR_INVALID; or that of a root that cannot be read. */
int signing_verify(env_t *env, const signing_question_t *question, const signing_asker_t *asker);
#endif
