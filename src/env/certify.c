/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the OpenSSL adapter that issues and judges certificates. */
#include "env/certify.h"

#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/ascii.h"
#include "env/crypto_impl.h"
#include "env/pkey_impl.h"
#include "env/x509.h"
#include "model/time.h"

static const char NODE_URN[] = "urn:jizhu:node:";

static const struct {
	const char *word;
	err_text_t text;
} trusts[] = {
#define X(name, word, en, zh, fix_en, fix_zh) \
	[ENV_TRUST_##name] = { (word), { { (en), (zh) }, { (fix_en), (fix_zh) } } },
	ENV_TRUST_ROWS(X)
#undef X
};

const char *env_trust_word(env_trust_t trust)
{
	return trusts[trust].word;
}

const err_text_t *env_trust_text(env_trust_t trust)
{
	return &trusts[trust].text;
}

static bool is_name(slice_t name)
{
	return name.len > 0 && name.len <= ENV_CERTIFY_NAME_MAX &&
	       ascii_is_word(name, SLICE("._-"));
}

static const EVP_MD *hash_of(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
}

/* Bytes behind it would be in no signature. */
static X509 *certificate_of(slice_t der)
{
	const uint8_t *at = der.ptr;
	if (der.len == 0 || der.len > ENV_CERTIFY_DER_MAX)
		return NULL;
	X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
	if (certificate && at == der.ptr + der.len)
		return certificate;
	X509_free(certificate);
	return NULL;
}

static err_t put_der(uint8_t *bytes, int len, writer_t *w)
{
	if (len <= 0)
		return crypto_refused(ERR_NO_MEMORY);
	wr_bytes(w, slice_of(bytes, (size_t)len));
	OPENSSL_free(bytes);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

static bool name_put(X509_NAME *to, slice_t name)
{
	return X509_NAME_add_entry_by_NID(to, NID_commonName, MBSTRING_ASC,
	                                  (uint8_t *)(uintptr_t)name.ptr, (int)name.len, -1,
	                                  0) == 1;
}

/* Requests. */

err_t env_certify_request(const env_pkey_t *key, slice_t name, writer_t *w)
{
	uint8_t *bytes = NULL;
	if (!is_name(name))
		return ERR_INVALID;
	if (!env_pkey_is_private(key))
		return ERR_DENIED;
	EVP_PKEY *pkey = env_pkey_openssl(key);
	X509_REQ *request = X509_REQ_new();
	int len = 0;
	if (request && name_put(X509_REQ_get_subject_name(request), name) &&
	    X509_REQ_set_pubkey(request, pkey) == 1 &&
	    X509_REQ_sign(request, pkey, hash_of(pkey)) > 0)
		len = i2d_X509_REQ(request, &bytes);
	X509_REQ_free(request);
	return put_der(bytes, len, w);
}

/* One common name and nothing else, so that nothing is asked for that is not given. */
static bool name_take(const X509_NAME *from, char ret_name[ENV_CERTIFY_NAME_MAX + 1])
{
	uint8_t *text = NULL;
	const X509_NAME_ENTRY *entry = X509_NAME_entry_count(from) == 1
	                                       ? X509_NAME_get_entry(from, 0)
	                                       : NULL;
	if (!entry || OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName)
		return false;
	int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
	slice_t name = slice_of(text, len > 0 ? (size_t)len : 0);
	bool good = is_name(name) && slice_to_cstr(name, ret_name, ENV_CERTIFY_NAME_MAX + 1);
	OPENSSL_free(text);
	return good;
}

static err_t key_take(const X509_PUBKEY *key, env_certify_party_t *party)
{
	uint8_t *bytes = NULL;
	int len = i2d_X509_PUBKEY(key, &bytes);
	writer_t w = writer_of(party->key, sizeof(party->key));
	err_t err = put_der(bytes, len, &w);
	party->key_len = w.len;
	return err;
}

static err_t request_take(X509_REQ *request, env_certify_party_t *ret_request)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(request);
	if (!key || !name_take(X509_REQ_get_subject_name(request), ret_request->name))
		return ERR_MALFORMED;
	if (X509_REQ_verify(request, key) != 1)
		return ERR_DENIED;
	return key_take(X509_REQ_get_X509_PUBKEY(request), ret_request);
}

err_t env_certify_request_read(slice_t der, env_certify_party_t *ret_request)
{
	env_certify_party_t found = { 0 };
	const uint8_t *at = der.ptr;
	if (der.len == 0 || der.len > ENV_CERTIFY_DER_MAX)
		return ERR_MALFORMED;
	X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)der.len);
	err_t err = request && at == der.ptr + der.len ? request_take(request, &found)
	                                               : ERR_MALFORMED;
	X509_REQ_free(request);
	if (!err)
		*ret_request = found;
	return crypto_refused(err);
}

/* Issuing. */

typedef struct {
	const env_certify_spec_t *spec;
	X509 *certificate, *issuer; /* the same of a root */
	EVP_PKEY *key, *signer;
} work_t;

static bool extension_put(const work_t *work, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, work->issuer, work->certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool good = extension && X509_add_ext(work->certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return good;
}

/* RFC 5280 4.2.1: what it may be used for, and whose it is. */
static bool uses_put(const work_t *work)
{
	static const struct {
		const char *constraints, *usage, *extended;
	} rows[] = {
		[ENV_CERTIFY_CLIENT] = { "critical,CA:FALSE", "critical,digitalSignature",
		                         "clientAuth" },
		[ENV_CERTIFY_SERVER] = { "critical,CA:FALSE", "critical,digitalSignature",
		                         "serverAuth" },
		[ENV_CERTIFY_ROOT] = { "critical,CA:TRUE,pathlen:0", "critical,keyCertSign", NULL },
	};
	char uri[sizeof("URI:") + sizeof(NODE_URN) + ENV_CERTIFY_NAME_MAX];
	writer_t w = writer_of(uri, sizeof(uri));
	wr_bytes(&w, SLICE("URI:"));
	wr_bytes(&w, slice_str(NODE_URN));
	wr_bytes(&w, work->spec->name);
	wr_u8(&w, 0);
	env_certify_purpose_t purpose = work->spec->purpose;
	return extension_put(work, NID_basic_constraints, rows[purpose].constraints) &&
	       extension_put(work, NID_key_usage, rows[purpose].usage) &&
	       extension_put(work, NID_subject_key_identifier, "hash") &&
	       extension_put(work, NID_authority_key_identifier, "keyid") &&
	       extension_put(work, NID_subject_alt_name, uri) &&
	       (!rows[purpose].extended ||
	        extension_put(work, NID_ext_key_usage, rows[purpose].extended));
}

static bool serial_put(X509 *certificate, const uint8_t serial[ENV_CERTIFY_SERIAL])
{
	BIGNUM *number = BN_bin2bn(serial, ENV_CERTIFY_SERIAL, NULL);
	bool good = number && (BN_mask_bits(number, ENV_CERTIFY_SERIAL * 8 - 1) == 1 ||
	                       BN_num_bits(number) < ENV_CERTIFY_SERIAL * 8);
	good = good && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return good;
}

static bool certificate_fill(const work_t *work)
{
	X509 *certificate = work->certificate;
	const env_certify_spec_t *spec = work->spec;
	return X509_set_version(certificate, X509_VERSION_3) == 1 &&
	       serial_put(certificate, spec->serial) &&
	       name_put(X509_get_subject_name(certificate), spec->name) &&
	       X509_set_issuer_name(certificate, X509_get_subject_name(work->issuer)) == 1 &&
	       ASN1_TIME_set(X509_getm_notBefore(certificate), spec->not_before_ns / NS_PER_S) &&
	       ASN1_TIME_set(X509_getm_notAfter(certificate), spec->not_after_ns / NS_PER_S) &&
	       X509_set_pubkey(certificate, work->key) == 1 && uses_put(work) &&
	       X509_sign(certificate, work->signer, hash_of(work->signer)) > 0;
}

static err_t issue(const work_t *work, writer_t *w)
{
	uint8_t *bytes = NULL;
	const EVP_PKEY *issuing = work->issuer == work->certificate
	                                  ? work->key
	                                  : X509_get0_pubkey(work->issuer);
	if (!issuing || EVP_PKEY_eq(issuing, work->signer) != 1)
		return ERR_CONFLICT;
	int len = certificate_fill(work) ? i2d_X509(work->certificate, &bytes) : 0;
	return put_der(bytes, len, w);
}

err_t env_certify_issue(const env_certify_signer_t *signer, const env_certify_spec_t *spec,
                        writer_t *w)
{
	const uint8_t *at = spec->key.ptr;
	if (!is_name(spec->name))
		return ERR_INVALID;
	if (spec->key.len == 0 || spec->key.len > ENV_CERTIFY_KEY_MAX)
		return ERR_MALFORMED;
	bool is_root = signer->certificate.len == 0;
	work_t work = { .spec = spec,
		        .certificate = X509_new(),
		        .key = d2i_PUBKEY(NULL, &at, (long)spec->key.len),
		        .signer = env_pkey_openssl(signer->key) };
	work.issuer = is_root ? work.certificate : certificate_of(signer->certificate);
	err_t err = work.certificate && work.issuer && work.key ? ERR_OK : ERR_MALFORMED;
	if (!err)
		err = issue(&work, w);
	if (!is_root)
		X509_free(work.issuer);
	X509_free(work.certificate);
	EVP_PKEY_free(work.key);
	return crypto_refused(err);
}

/* Judging. */

static env_trust_t trust_of(int fault)
{
	static const struct {
		int fault;
		env_trust_t trust;
	} rows[] = {
		{ X509_V_OK, ENV_TRUST_GOOD },
		{ X509_V_ERR_CERT_HAS_EXPIRED, ENV_TRUST_EXPIRED },
		{ X509_V_ERR_CERT_NOT_YET_VALID, ENV_TRUST_EARLY },
		{ X509_V_ERR_CERT_REVOKED, ENV_TRUST_REVOKED },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, ENV_TRUST_UNKNOWN },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, ENV_TRUST_UNKNOWN },
		{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, ENV_TRUST_UNKNOWN },
		{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, ENV_TRUST_UNKNOWN },
		{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, ENV_TRUST_UNKNOWN },
		{ X509_V_ERR_INVALID_CA, ENV_TRUST_PURPOSE },
		{ X509_V_ERR_INVALID_PURPOSE, ENV_TRUST_PURPOSE },
		{ X509_V_ERR_PATH_LENGTH_EXCEEDED, ENV_TRUST_PURPOSE },
		{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, ENV_TRUST_PURPOSE },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].fault == fault)
			return rows[i].trust;
	return ENV_TRUST_BROKEN;
}

/* How many alternative names are of a node; the last of them in *ret_uri. */
static int uris_of(const GENERAL_NAMES *names, slice_t *ret_uri)
{
	int count = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		int type = 0;
		const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i),
		                                                   &type);
		if (type != GEN_URI)
			continue;
		slice_t uri = slice_of(ASN1_STRING_get0_data(value),
		                       (size_t)ASN1_STRING_length(value));
		if (!slice_starts(uri, slice_str(NODE_URN)))
			continue;
		*ret_uri = slice_from(uri, strlen(NODE_URN));
		count++;
	}
	return count;
}

static bool node_of(X509 *certificate, char ret_name[ENV_CERTIFY_NAME_MAX + 1])
{
	char name[ENV_CERTIFY_NAME_MAX + 1];
	slice_t uri = { 0 };
	if (!name_take(X509_get_subject_name(certificate), name))
		return false;
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	bool good = names && uris_of(names, &uri) == 1 && slice_eq(uri, slice_str(name));
	GENERAL_NAMES_free(names);
	if (good)
		memcpy(ret_name, name, sizeof(name));
	return good;
}

err_t env_certify_node(slice_t der, char ret_name[ENV_CERTIFY_NAME_MAX + 1])
{
	X509 *certificate = certificate_of(der);
	err_t err = !certificate                     ? ERR_MALFORMED
	            : node_of(certificate, ret_name) ? ERR_OK
	                                             : ERR_NOT_FOUND;
	X509_free(certificate);
	return crypto_refused(err);
}

err_t env_certify_read(slice_t der, env_certify_party_t *ret_party)
{
	env_certify_party_t found = { 0 };
	X509 *certificate = certificate_of(der);
	err_t err = certificate ? ERR_OK : ERR_MALFORMED;
	if (!err && !node_of(certificate, found.name))
		err = ERR_NOT_FOUND;
	if (!err)
		err = key_take(X509_get_X509_PUBKEY(certificate), &found);
	X509_free(certificate);
	if (!err)
		*ret_party = found;
	return crypto_refused(err);
}

typedef struct {
	X509_STORE *roots;
	X509_STORE_CTX *ctx;
	STACK_OF(X509) * others;
	X509 *own;
} judging_t;

static bool root_add(judging_t *judging, slice_t der)
{
	X509 *root = certificate_of(der);
	bool good = root && X509_STORE_add_cert(judging->roots, root) == 1;
	X509_free(root);
	return good;
}

static bool roots_add(judging_t *judging, const env_certify_check_t *check)
{
	bool good = judging->roots != NULL;
	for (size_t i = 0; good && i < check->root_count; i++)
		good = root_add(judging, check->roots[i]);
	return good;
}

/* The stack keeps what it takes. */
static bool other_add(judging_t *judging, slice_t der)
{
	X509 *other = certificate_of(der);
	if (other && sk_X509_push(judging->others, other) > 0)
		return true;
	X509_free(other);
	return false;
}

static bool others_add(judging_t *judging, const env_certify_check_t *check)
{
	bool good = judging->others != NULL;
	for (size_t i = 1; good && i < check->chain_count; i++)
		good = other_add(judging, check->chain[i]);
	return good;
}

static env_trust_t judge(judging_t *judging, const env_certify_check_t *check)
{
	char name[ENV_CERTIFY_NAME_MAX + 1];
	X509_STORE_CTX *ctx = judging->ctx;
	if (!judging->own || !ctx || !roots_add(judging, check) || !others_add(judging, check) ||
	    X509_STORE_CTX_init(ctx, judging->roots, judging->own, judging->others) != 1)
		return ENV_TRUST_BROKEN;
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)(check->now_ns / NS_PER_S));
	X509_VERIFY_PARAM_set_depth(param, ENV_CERTIFY_CHAIN_MAX);
	/* A root is believed, not its issuer: that of the user's may itself be issued. */
	if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) != 1 ||
	    X509_STORE_CTX_set_purpose(ctx, check->purpose == ENV_CERTIFY_SERVER
	                                            ? X509_PURPOSE_SSL_SERVER
	                                            : X509_PURPOSE_SSL_CLIENT) != 1)
		return ENV_TRUST_BROKEN;
	if (X509_verify_cert(ctx) != 1)
		return trust_of(X509_STORE_CTX_get_error(ctx));
	return node_of(judging->own, name) ? ENV_TRUST_GOOD : ENV_TRUST_PURPOSE;
}

env_trust_t env_certify_check(const env_certify_check_t *check)
{
	if (check->chain_count == 0)
		return ENV_TRUST_MISSING;
	if (check->chain_count > ENV_CERTIFY_CHAIN_MAX)
		return ENV_TRUST_BROKEN;
	judging_t judging = { .roots = X509_STORE_new(),
		              .ctx = X509_STORE_CTX_new(),
		              .others = sk_X509_new_null(),
		              .own = certificate_of(check->chain[0]) };
	env_trust_t trust = judge(&judging, check);
	X509_STORE_CTX_free(judging.ctx);
	X509_STORE_free(judging.roots);
	sk_X509_pop_free(judging.others, X509_free);
	X509_free(judging.own);
	ERR_clear_error();
	return trust;
}

err_t env_certify_pem(slice_t der, writer_t *w)
{
	char *bytes = NULL;
	X509 *certificate = certificate_of(der);
	if (!certificate)
		return crypto_refused(ERR_MALFORMED);
	BIO *out = BIO_new(BIO_s_mem());
	long len = out && PEM_write_bio_X509(out, certificate) == 1 ? BIO_get_mem_data(out, &bytes)
	                                                            : 0;
	wr_bytes(w, slice_of(bytes, len > 0 ? (size_t)len : 0));
	BIO_free(out);
	X509_free(certificate);
	return len <= 0 ? crypto_refused(ERR_NO_MEMORY) : w->bad ? ERR_TOO_BIG : ERR_OK;
}
