/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_CERTIFY_H
#define ENV_CERTIFY_H
/* Certificates of an authority of one's own (RFC 5280): requests for one (PKCS #10, RFC
 * 2986), issuing, and whether a chain may be believed. The part of the adapter to OpenSSL
 * that decides trust; what merely reads certificates is env/x509.h.
 *
 * Story: an authority makes its root once: env_certify_issue without a signer. Who wants to
 * be certified makes a key and a request, which proves that the key is his; the authority
 * reads it, decides, and issues. Whoever meets a chain later asks env_certify_check, with
 * the roots he believes, the purpose and the time.
 *
 * A certificate names a node twice: its identifier as common name, and as URI among the
 * alternative names, "urn:jizhu:node:" and the identifier. Both must agree, so that no
 * certificate for anything else is taken for a node's.
 *
 * Certificates and requests are DER; env_certify_pem makes text. Threads: any. Errors:
 * ERR_MALFORMED, ERR_TOO_BIG (the writer), ERR_INVALID (no such name), ERR_NO_MEMORY.
 *
 * Caveats: lists of revoked certificates are not read: whoever asks knows what he revoked.
 * A chain is at most ENV_CERTIFY_CHAIN_MAX long, its own certificate included. */
#include "env/pkey.h"

enum {
	ENV_CERTIFY_NAME_MAX = 64, /* of a common name (RFC 5280 appendix A.1) */
	ENV_CERTIFY_DER_MAX = 4096,
	ENV_CERTIFY_KEY_MAX = 600, /* DER of a public key: RSA-4096 */
	ENV_CERTIFY_SERIAL = 16,
	ENV_CERTIFY_CHAIN_MAX = 4,
};

/* What is to be said of a chain. name, word, English, Chinese and what to do. Words are told
 * by the API. */
#define ENV_TRUST_ROWS(X) \
	X(GOOD, "good", "the certificate is good", "证书有效", NULL, NULL) \
	X(MISSING, "missing", "no certificate was shown", "未出示证书", \
	  "enrol first: jizhu enrol", "请先入网：jizhu enrol") \
	X(UNKNOWN, "unknown", "the certificate is of an authority that is not known here", \
	  "证书的签发机构未知", "enrol at this parent, or check whether it was set up anew", \
	  "请在该上级入网，或确认其是否已重新建立") \
	X(EXPIRED, "expired", "the certificate has expired", "证书已过期", \
	  "ask the parent for a new code and enrol again", "请向上级索取新的入网码并重新入网") \
	X(EARLY, "early", "the certificate is not valid yet", "证书尚未生效", \
	  "set the clocks of both machines", "请校准两端的时钟") \
	X(REVOKED, "revoked", "the certificate was revoked", "证书已吊销", \
	  "ask the parent why, and for a new code", "请向上级查明原因并索取新的入网码") \
	X(PURPOSE, "purpose", "the certificate is for another purpose", "证书用途不符", \
	  "use the one that enrolling made", "请使用入网时签发的证书") \
	X(BROKEN, "broken", "the certificate cannot be used", "证书无法使用", "enrol again", \
	  "请重新入网") \
	X(STRANGER, "stranger", "the certificate is of nobody who is a member", \
	  "证书持有者不是成员", "let the parent invite this node", "请由上级邀请本节点")

#define X(name, word, en, zh, fix_en, fix_zh) ENV_TRUST_##name,
typedef enum { ENV_TRUST_ROWS(X) ENV_TRUST_COUNT } env_trust_t;
#undef X

const char *env_trust_word(env_trust_t trust);
/* What is wrong and what to do, for err_raise. */
const err_text_t *env_trust_text(env_trust_t trust);

/* A request of the key for the name. ERR_DENIED: the key is public. */
MUST_CHECK err_t env_certify_request(const env_pkey_t *key, slice_t name, writer_t *w);

typedef struct {
	char name[ENV_CERTIFY_NAME_MAX + 1]; /* identifier of a node */
	uint8_t key[ENV_CERTIFY_KEY_MAX];    /* DER of its SubjectPublicKeyInfo */
	size_t key_len;
} env_certify_party_t;

/* ERR_DENIED: not signed by the key in it. */
MUST_CHECK err_t env_certify_request_read(slice_t der, env_certify_party_t *ret_request);

typedef enum { ENV_CERTIFY_CLIENT, ENV_CERTIFY_SERVER, ENV_CERTIFY_ROOT } env_certify_purpose_t;

typedef struct {
	env_certify_purpose_t purpose; /* ROOT: may issue, but no further authority */
	slice_t name;                  /* letters, digits and "._-", at most ENV_CERTIFY_NAME_MAX */
	slice_t key;                   /* DER of the public key */
	int64_t not_before_ns, not_after_ns;
	uint8_t serial[ENV_CERTIFY_SERIAL]; /* unpredictable; its highest bit is not used */
} env_certify_spec_t;

typedef struct {
	slice_t certificate;   /* DER; empty: what is issued is signed by its own key */
	const env_pkey_t *key; /* private */
} env_certify_signer_t;

/* ERR_CONFLICT: the signer's key is not its certificate's (or, without one, not that of the
 * spec). */
MUST_CHECK err_t env_certify_issue(const env_certify_signer_t *signer,
                                   const env_certify_spec_t *spec, writer_t *w);

typedef struct {
	const slice_t *chain; /* its own certificate first */
	size_t chain_count;
	const slice_t *roots; /* what is believed */
	size_t root_count;
	env_certify_purpose_t purpose; /* CLIENT or SERVER */
	int64_t now_ns;
} env_certify_check_t;

/* Builds the chain up to a root and checks signatures, times and purposes, and that the
 * first certificate names one node, twice the same. */
env_trust_t env_certify_check(const env_certify_check_t *check);
/* The node a certificate is of, NUL-ended; ERR_NOT_FOUND when it names none. */
MUST_CHECK err_t env_certify_node(slice_t der, char ret_name[ENV_CERTIFY_NAME_MAX + 1]);
/* The same with its key, by one reading, which takes a good part of a handshake's time. */
MUST_CHECK err_t env_certify_read(slice_t der, env_certify_party_t *ret_party);
/* One certificate as PEM text. */
MUST_CHECK err_t env_certify_pem(slice_t der, writer_t *w);
#endif
