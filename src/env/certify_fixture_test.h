/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_CERTIFY_FIXTURE_TEST_H
#define ENV_CERTIFY_FIXTURE_TEST_H
/* What tests of certificates and of those who use them share: roots and nodes, made anew
 * each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "env/certify.h"
#include "model/time.h"

#define OK(call) assert_int_equal((call), ERR_OK)

/* 2026-01-01, when a twin begins, and ten years later. */
static const int64_t FROM_NS = 1767225600 * NS_PER_S, TO_NS = 2082758400 * NS_PER_S;

typedef struct {
	env_pkey_t *key;
	uint8_t der[ENV_CERTIFY_DER_MAX], pem[2 * ENV_CERTIFY_DER_MAX];
	writer_t der_w, pem_w; /* pem: what it shows, its issuer behind */
} party_t;

static inline slice_t party_der(const party_t *party)
{
	return writer_done(&party->der_w);
}

/* Issued by `by`, or a root. */
static inline void party_make(party_t *party, const party_t *by, env_certify_spec_t spec)
{
	uint8_t key[ENV_CERTIFY_KEY_MAX];
	writer_t w = writer_of(key, sizeof(key));
	party->der_w = writer_of(party->der, sizeof(party->der));
	party->pem_w = writer_of(party->pem, sizeof(party->pem));
	OK(env_pkey_generate(ENV_PKEY_ED25519, &party->key));
	OK(env_pkey_to_der(party->key, &w));
	spec.key = writer_done(&w);
	if (spec.not_after_ns == 0)
		spec.not_after_ns = TO_NS;
	if (spec.not_before_ns == 0)
		spec.not_before_ns = FROM_NS;
	env_certify_signer_t signer = { .certificate = by ? party_der(by) : (slice_t){ 0 },
		                        .key = by ? by->key : party->key };
	OK(env_certify_issue(&signer, &spec, &party->der_w));
	OK(env_certify_pem(party_der(party), &party->pem_w));
	if (by)
		OK(env_certify_pem(party_der(by), &party->pem_w));
}

static inline void party_done(party_t *party)
{
	env_pkey_free(party->key);
}
#endif
