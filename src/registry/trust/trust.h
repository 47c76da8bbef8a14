/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_TRUST_TRUST_H
#define REGISTRY_TRUST_TRUST_H
/* What signatures in a record are worth: each HS_SIGNATURE is checked by its issuer's key,
 * the issuer's key by a certificate (HS_CERT), that one by the next, up to a root that
 * somebody has named. Then each value of the record is told what holds for it.
 *
 * Story: trust_roots_load once; trust_check for a record, with a source that finds the
 * records of issuers; trust_report_put, or the arrays of the report.
 *
 * A certificate is looked for at the next link of `chain`, or, where that is used up, among
 * the HS_CERT values of the issuer's record, the last one issued about this issuer. Each
 * certificate must permit its subject to sign for the record's name.
 *
 * Limits: TRUST_SIGNATURES signatures of a record, TRUST_CHAIN_MAX certificates above one,
 * TRUST_ROOTS_MAX roots, TRUST_ASKED_MAX records asked for in one check; beyond, a
 * signature counts as untrusted.
 *
 * Caveats: a certificate is not revoked but by its end or by taking it out of its record. A
 * root is taken as it is: its file's dates are not looked at, its permissions are.
 *
 * Threads: that of the caller; checks cost CPU (RSA-2048 some 30 us each). */
#include "base/json.h"
#include "env/env.h"
#include "model/record.h"

/* name, word, English, Chinese. In this order: of several, the first holds for a value. */
#define TRUST_VERDICTS(X) \
	X(VALID, "valid", "signed and trusted", "签名有效且可信") \
	X(CHANGED, "changed", "not as it was signed", "与签名时不同") \
	X(EXPIRED, "expired", "the signature or a certificate has expired", "签名或证书已过期") \
	X(NOT_YET, "not_yet", "the signature or a certificate is not valid yet", \
	  "签名或证书尚未生效") \
	X(NOT_PERMITTED, "not_permitted", "a certificate does not permit it", "证书未授予此权限") \
	X(UNTRUSTED, "untrusted", "signed, but no trusted root vouches for it", \
	  "已签名，但没有可信根为其担保") \
	X(UNKNOWN_ISSUER, "unknown_issuer", "the issuer's key was not found", \
	  "找不到签发者的密钥") \
	X(WRONG_KEY, "wrong_key", "not signed by its issuer's key", "并非由签发者的密钥签署") \
	X(OTHER_SUBJECT, "other_subject", "the signature is about another name", \
	  "签名针对其他标识") \
	X(UNSUPPORTED, "unsupported", "an algorithm that is not supported", "不支持的算法") \
	X(MALFORMED, "malformed", "no signature that can be read", "无法读取的签名") \
	X(NOT_COVERED, "not_covered", "no signature covers it", "没有签名涵盖此值")

#define X(name, word, en, zh) TRUST_##name,
typedef enum { TRUST_VERDICTS(X) TRUST_VERDICT_COUNT } trust_verdict_t;
#undef X

const char *trust_word(trust_verdict_t verdict);
const char *trust_text(trust_verdict_t verdict, lang_t lang);

enum {
	TRUST_SIGNATURES = 16,
	TRUST_CHAIN_MAX = 8,
	TRUST_ROOTS_MAX = 16,
	TRUST_ASKED_MAX = 48,
	TRUST_ISSUER_MAX = 256,
};

typedef struct trust_roots trust_roots_t;

/* Each file holds a certificate that its subject has issued to itself, as
 * `jizhu identity certify` writes one. ERR_INVALID with the detail: it is none. */
MUST_CHECK err_t trust_roots_load(env_t *env, const char *const *paths, size_t count,
                                  trust_roots_t **ret_roots, err_detail_t *ret_detail);
void trust_roots_free(trust_roots_t *roots);

/* Where the records of issuers are. What it gives is borrowed until the check is over.
 * Any error means that the record is not to be had. */
typedef struct {
	err_t (*record)(void *ctx, slice_t handle, record_t *ret_record);
	void *ctx;
} trust_source_t;

typedef struct {
	slice_t name;
	const record_t *record;
	trust_source_t source;
	const trust_roots_t *roots; /* NULL: nobody is trusted */
	int64_t utc_ns;
} trust_question_t;

typedef struct {
	size_t signature_count;
	struct {
		uint32_t index;
		trust_verdict_t verdict;
		char issuer[TRUST_ISSUER_MAX]; /* "300:0.NA/99.100.1", perhaps cut; "": unread */
		int64_t exp_s;                 /* 0: not said */
	} signatures[TRUST_SIGNATURES];
	size_t value_count;
	struct {
		uint32_t index;
		trust_verdict_t verdict;
	} values[RECORD_VALUES_MAX]; /* all but the signatures themselves */
} trust_report_t;

/* Values that the caller may not see are left out of `record` by the caller. */
void trust_check(const trust_question_t *question, trust_report_t *ret_report);
/* Members of an object: "verdict" (the worst of the values'), "signatures", "values". */
void trust_report_put(const trust_report_t *report, json_t *j);
/* Bytes that it takes at most. */
size_t trust_report_room(const trust_report_t *report);
trust_verdict_t trust_worst(const trust_report_t *report);
#endif
