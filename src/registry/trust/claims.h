/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_TRUST_CLAIMS_H
#define REGISTRY_TRUST_CLAIMS_H
/* What a signature or certificate of the Handle system says (JSON Web Token, RFC 7519):
 *
 *   iss, sub    who signed, and about what: "300:0.NA/99.100.1", or a handle alone
 *   iat, nbf, exp   seconds since 1970: issued, not before, expires
 *   digests     of HS_SIGNATURE: {"alg":"SHA-256","digests":[{"index":1,"digest":"..."}]};
 *               a digest is that of the value's encoding without index and time stamp
 *   publicKey   of HS_CERT: the subject's key (RFC 7517)
 *   perms       of HS_CERT: [{"handle":"0.NA/99.100.1","perm":"handlesUnderThisPrefix"}]
 *   chain       where the issuer's own certificates are: ["400:0.NA/99.100.1", ...]
 *
 * Story: claims_read, the questions, claims_done; or claims_put for who signs. Texts
 * borrow the claims. */
#include "base/json.h"
#include "codec/handle/value.h"
#include "env/json_read.h"
#include "env/pkey.h"

typedef struct {
	json_tree_t *tree;
	slice_t iss, sub;
	int64_t iat_s;        /* 0: not said */
	int64_t nbf_s, exp_s; /* the ends of time when not said */
} claims_t;

/* ERR_MALFORMED: not JSON, no issuer or subject, or a time that is no whole number.
 * ERR_NO_MEMORY. */
MUST_CHECK err_t claims_read(slice_t payload, claims_t *ret_claims);
void claims_done(claims_t *claims);

/* The handle of "300:HANDLE", and the index; of a text without one, all of it and 0. */
handle_reference_t claims_reference(slice_t text);
/* Whether both name the same, but for the case of ASCII letters. */
bool claims_same(slice_t a, slice_t b);

typedef enum { CLAIMS_NOT_COVERED, CLAIMS_SAME, CLAIMS_CHANGED, CLAIMS_UNKNOWN } claims_digest_t;
/* Whether the digest of this value is among the claims and right. UNKNOWN: an algorithm
 * other than SHA-256. */
claims_digest_t claims_digest(const claims_t *claims, const handle_value_t *value);
/* The subject's key. ERR_MALFORMED, ERR_UNSUPPORTED, ERR_LIMIT as env_pkey_from_numbers. */
MUST_CHECK err_t claims_key(const claims_t *claims, env_pkey_t **ret_key);
/* Whether the subject may sign for this handle, and certificates with that right when
 * `to_certify` ("ca": false in a permission denies it). */
bool claims_permit(const claims_t *claims, slice_t handle, bool to_certify);
/* The i-th link of the chain. */
bool claims_link(const claims_t *claims, size_t i, slice_t *ret_link);

/* name, what stands in a certificate */
#define CLAIMS_PERMS(X) \
	X(EVERYTHING, "everything") \
	X(THIS_HANDLE, "thisHandle") \
	X(DERIVED_PREFIXES, "derivedPrefixes") \
	X(HANDLES_UNDER, "handlesUnderThisPrefix")

/* What is to be signed. */
typedef struct {
	slice_t iss, sub;
	int64_t iat_s, exp_s;
	const env_pkey_t *key;        /* of a certificate; NULL: a signature */
	const handle_value_t *values; /* of a signature: what it covers */
	size_t value_count;
	const slice_t *perms; /* of a certificate: "everything", "thisHandle=HANDLE" ... */
	size_t perm_count;
	const slice_t *chain;
	size_t chain_count;
} claims_spec_t;

/* Appends the claims. ERR_INVALID: a permission that is none. ERR_UNSUPPORTED: a key other
 * than RSA and SM2. ERR_TOO_BIG. */
MUST_CHECK err_t claims_put(const claims_spec_t *spec, json_t *j);
#endif
