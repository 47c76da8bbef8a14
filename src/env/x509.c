/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter to OpenSSL's certificates. Whatever a call leaves in the thread's queue
 * of errors is taken out again, because a TLS connection of the same thread would
 * take it for its own. */
#include "env/x509.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/ascii.h"
#include "model/time.h"

enum { HOST_MAX = 64 }; /* of a common name (RFC 5280 appendix A.1) */

/* What a function holds on to; freed in one place. */
typedef struct {
	BIO *in, *out;
	X509 *certificate;
	EVP_PKEY *key;
	GENERAL_NAMES *names;
} work_t;

static err_t work_end(work_t *work, err_t err)
{
	BIO_free(work->in);
	BIO_free(work->out);
	X509_free(work->certificate);
	EVP_PKEY_free(work->key);
	GENERAL_NAMES_free(work->names);
	ERR_clear_error();
	return err;
}

static BIO *source_of(slice_t bytes)
{
	static const char nothing[1] = "";
	if (bytes.len > INT_MAX)
		return NULL;
	return BIO_new_mem_buf(bytes.len ? (const void *)bytes.ptr : nothing, (int)bytes.len);
}

/* With a password given, if an empty one, OpenSSL does not ask the terminal. */
static err_t read_certificate_pem(work_t *work, slice_t pem)
{
	char no_password[] = "";
	work->in = source_of(pem);
	if (!work->in)
		return ERR_NO_MEMORY;
	work->certificate = PEM_read_bio_X509(work->in, NULL, NULL, no_password);
	BIO_free(work->in);
	work->in = NULL;
	return work->certificate ? ERR_OK : ERR_MALFORMED;
}

static err_t read_key_pem(work_t *work, slice_t pem)
{
	char no_password[] = "";
	work->in = source_of(pem);
	if (!work->in)
		return ERR_NO_MEMORY;
	work->key = PEM_read_bio_PrivateKey(work->in, NULL, NULL, no_password);
	return work->key ? ERR_OK : ERR_MALFORMED;
}

/* Bytes behind the certificate are refused: they would be in no fingerprint. */
static err_t read_certificate_der(work_t *work, slice_t der)
{
	const uint8_t *at = der.ptr;
	if (der.len == 0 || der.len > LONG_MAX)
		return ERR_MALFORMED;
	work->certificate = d2i_X509(NULL, &at, (long)der.len);
	return work->certificate && at == der.ptr + der.len ? ERR_OK : ERR_MALFORMED;
}

static err_t put_allocated(uint8_t *bytes, int len, writer_t *w)
{
	if (len <= 0)
		return ERR_NO_MEMORY;
	wr_bytes(w, slice_of(bytes, (size_t)len));
	OPENSSL_free(bytes);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

static err_t put_out(const work_t *work, writer_t *w)
{
	char *bytes = NULL;
	long len = BIO_get_mem_data(work->out, &bytes);
	if (len <= 0)
		return ERR_NO_MEMORY;
	wr_bytes(w, slice_of(bytes, (size_t)len));
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

err_t env_x509_der(slice_t pem, writer_t *w)
{
	work_t work = { 0 };
	uint8_t *bytes = NULL;
	err_t err = read_certificate_pem(&work, pem);
	int len = err ? 0 : i2d_X509(work.certificate, &bytes);
	if (!err)
		err = put_allocated(bytes, len, w);
	return work_end(&work, err);
}

static bool time_read(const ASN1_TIME *time, int64_t *ret_ns)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	int64_t ns = 0;
	bool good = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 &&
	            !__builtin_mul_overflow((int64_t)days * 86400 + seconds, (int64_t)NS_PER_S,
	                                    &ns);
	ASN1_TIME_free(epoch);
	*ret_ns = ns;
	return good;
}

err_t env_x509_read(slice_t der, env_x509_t *ret_certificate)
{
	work_t work = { 0 };
	env_x509_t found = { 0 };
	err_t err = read_certificate_der(&work, der);
	if (!err && (!time_read(X509_get0_notBefore(work.certificate), &found.not_before_ns) ||
	             !time_read(X509_get0_notAfter(work.certificate), &found.not_after_ns)))
		err = ERR_MALFORMED;
	env_sha256(&der, 1, found.fingerprint);
	if (!err)
		*ret_certificate = found;
	return work_end(&work, err);
}

err_t env_x509_public_key(slice_t der, writer_t *w)
{
	work_t work = { 0 };
	uint8_t *bytes = NULL;
	err_t err = read_certificate_der(&work, der);
	int len = err ? 0 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(work.certificate), &bytes);
	if (!err)
		err = put_allocated(bytes, len, w);
	return work_end(&work, err);
}

static size_t ip_len(ip_t ip)
{
	return ip.family == 4 ? 4 : 16;
}

/* Two names would let its maker choose which one is believed. */
static err_t put_common_name(const X509_NAME *subject, writer_t *w)
{
	uint8_t *text = NULL;
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (at < 0)
		return ERR_NOT_FOUND;
	if (X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return ERR_MALFORMED;
	const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, at);
	int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
	bool good = len > 0 && !memchr(text, 0, (size_t)len);
	if (good)
		return put_allocated(text, len, w);
	OPENSSL_free(text);
	return ERR_MALFORMED;
}

err_t env_x509_common_name(slice_t der, writer_t *w)
{
	work_t work = { 0 };
	err_t err = read_certificate_der(&work, der);
	if (!err)
		err = put_common_name(X509_get_subject_name(work.certificate), w);
	return work_end(&work, err);
}

bool env_x509_covers(slice_t der, ip_t ip)
{
	work_t work = { 0 };
	err_t err = read_certificate_der(&work, der);
	if (!err && X509_check_ip(work.certificate, ip.bytes, ip_len(ip), 0) != 1)
		err = ERR_NOT_FOUND;
	return work_end(&work, err) == ERR_OK;
}

err_t env_x509_check_pair(slice_t certificate_pem, slice_t key_pem)
{
	work_t work = { 0 };
	err_t err = read_certificate_pem(&work, certificate_pem);
	if (!err)
		err = read_key_pem(&work, key_pem);
	if (!err && X509_check_private_key(work.certificate, work.key) != 1)
		err = ERR_CONFLICT;
	return work_end(&work, err);
}

/* Making. */

err_t env_x509_make_key(writer_t *w)
{
	work_t work = { .out = BIO_new(BIO_s_secmem()), .key = EVP_EC_gen("P-256") };
	err_t err = ERR_NO_MEMORY;
	if (work.out && work.key &&
	    PEM_write_bio_PrivateKey(work.out, work.key, NULL, NULL, 0, NULL, NULL) == 1)
		err = put_out(&work, w);
	return work_end(&work, err);
}

static bool name_add(GENERAL_NAMES *names, int type, const void *bytes, size_t len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value = ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING
	                                                          : V_ASN1_OCTET_STRING);
	if (name && value && ASN1_STRING_set(value, bytes, (int)len) == 1) {
		GENERAL_NAME_set0_value(name, type, value);
		if (sk_GENERAL_NAME_push(names, name) > 0)
			return true;
		value = NULL; /* the name's by now */
	}
	ASN1_STRING_free(value);
	GENERAL_NAME_free(name);
	return false;
}

/* RFC 5280 4.2.1.6. */
static bool names_fill(work_t *work, const env_x509_spec_t *spec)
{
	static const uint8_t v4[4] = { 127, 0, 0, 1 }, v6[16] = { [15] = 1 };
	work->names = sk_GENERAL_NAME_new_null();
	GENERAL_NAMES *names = work->names;
	return names && name_add(names, GEN_DNS, spec->host, strlen(spec->host)) &&
	       name_add(names, GEN_DNS, "localhost", 9) && name_add(names, GEN_IPADD, v4, 4) &&
	       name_add(names, GEN_IPADD, v6, 16) &&
	       (ip_is_any(spec->ip) ||
	        name_add(names, GEN_IPADD, spec->ip.bytes, ip_len(spec->ip))) &&
	       X509_add1_ext_i2d(work->certificate, NID_subject_alt_name, names, 0, 0) == 1;
}

static bool uses_fill(X509 *certificate)
{
	static const struct {
		int nid;
		const char *value;
	} rows[] = { { NID_basic_constraints, "critical,CA:FALSE" },
		     { NID_key_usage, "critical,digitalSignature" },
		     { NID_ext_key_usage, "serverAuth" } };
	bool good = true;
	for (size_t i = 0; good && i < sizeof(rows) / sizeof(*rows); i++) {
		X509_EXTENSION *use = X509V3_EXT_conf_nid(NULL, NULL, rows[i].nid, rows[i].value);
		good = use && X509_add_ext(certificate, use, -1) == 1;
		X509_EXTENSION_free(use);
	}
	return good;
}

static bool subject_fill(X509 *certificate, const env_x509_spec_t *spec)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	const uint8_t *host = slice_str(spec->host).ptr;
	BIGNUM *serial = BN_bin2bn(spec->serial, sizeof(spec->serial), NULL);
	bool good = serial && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) &&
	            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0) == 1 &&
	            X509_set_issuer_name(certificate, name) == 1;
	BN_free(serial);
	return good;
}

static bool certificate_fill(work_t *work, const env_x509_spec_t *spec)
{
	X509 *certificate = work->certificate = X509_new();
	return certificate && X509_set_version(certificate, X509_VERSION_3) == 1 &&
	       subject_fill(certificate, spec) &&
	       ASN1_TIME_set(X509_getm_notBefore(certificate), spec->not_before_ns / NS_PER_S) &&
	       ASN1_TIME_set(X509_getm_notAfter(certificate), spec->not_after_ns / NS_PER_S) &&
	       X509_set_pubkey(certificate, work->key) == 1 && names_fill(work, spec) &&
	       uses_fill(certificate) && X509_sign(certificate, work->key, EVP_sha256()) > 0;
}

static bool is_host(slice_t host)
{
	return host.len > 0 && host.len <= HOST_MAX && ascii_is_word(host, SLICE("-."));
}

err_t env_x509_make(const env_x509_spec_t *spec, slice_t key_pem, writer_t *w)
{
	work_t work = { 0 };
	err_t err = is_host(slice_str(spec->host)) ? read_key_pem(&work, key_pem) : ERR_INVALID;
	if (err)
		return work_end(&work, err);
	work.out = BIO_new(BIO_s_mem());
	err = ERR_NO_MEMORY;
	if (work.out && certificate_fill(&work, spec) &&
	    PEM_write_bio_X509(work.out, work.certificate) == 1)
		err = put_out(&work, w);
	return work_end(&work, err);
}
