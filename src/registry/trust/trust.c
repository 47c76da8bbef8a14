/* SPDX-License-Identifier: Apache-2.0 */
/* From a signature up to a root. Who is above whom is asked for one by one, so the check
 * is a loop with a bound, and each step keeps its texts in a link of its own. */
#include "registry/trust/trust_state.h"

#include <stdlib.h>

#include "registry/identity/identity.h"

enum { VERDICT_TEXT = 96 };

static const struct {
	const char *word, *text[LANG_COUNT];
} verdicts[TRUST_VERDICT_COUNT] = {
#define X(name, word, en, zh) [TRUST_##name] = { word, { en, zh } },
	TRUST_VERDICTS(X)
#undef X
};

const char *trust_word(trust_verdict_t verdict)
{
	return verdicts[verdict].word;
}

const char *trust_text(trust_verdict_t verdict, lang_t lang)
{
	return verdicts[verdict].text[lang];
}

/* A signature or certificate as it was read. */
typedef struct {
	claims_t claims;
	jws_t jws;
	bool is_certificate;
	uint8_t scratch[JWS_SCRATCH];
} link_t;

typedef struct {
	const trust_question_t *question;
	int64_t now_s;
	unsigned asked;
	link_t *link, *above; /* the one to be vouched for, and who is above it */
	slice_t chain[TRUST_CHAIN_MAX];
	size_t chain_count, chain_at;
	uint8_t chain_bytes[TRUST_CHAIN_MAX * (RECORD_NAME_MAX + 16)];
} climb_t;

static err_t read_link(slice_t data, link_t *link)
{
	writer_t scratch = writer_of(link->scratch, sizeof(link->scratch));
	claims_done(&link->claims);
	link->claims = (claims_t){ .tree = NULL };
	err_t err = jws_read(data, &scratch, &link->jws);
	return err ? err : claims_read(link->jws.payload, &link->claims);
}

/* Finding who is above. */

static err_t record_of(climb_t *c, slice_t handle, record_t *ret_record)
{
	const trust_source_t *source = &c->question->source;
	if (slice_eq_nocase(handle, c->question->name)) {
		*ret_record = *c->question->record;
		return ERR_OK;
	}
	if (++c->asked > TRUST_ASKED_MAX)
		return ERR_LIMIT;
	return source->record(source->ctx, handle, ret_record);
}

/* A chain that has been used up is taken from the link at hand. Copied, since the link
 * goes on and the chain is used further. */
static void take_chain(climb_t *c)
{
	writer_t w = writer_of(c->chain_bytes, sizeof(c->chain_bytes));
	slice_t text;
	if (c->chain_at < c->chain_count)
		return;
	c->chain_count = c->chain_at = 0;
	while (c->chain_count < TRUST_CHAIN_MAX &&
	       claims_link(&c->link->claims, c->chain_count, &text)) {
		size_t from = w.len;
		wr_bytes(&w, text);
		if (w.bad)
			return;
		c->chain[c->chain_count++] = slice_from(writer_done(&w), from);
	}
}

/* The certificate in this value, when it is about the issuer of the link at hand. */
static bool is_above(climb_t *c, slice_t data, link_t *into)
{
	return !read_link(data, into) && claims_same(into->claims.sub, c->link->claims.iss);
}

/* The last one issued among those of the record. */
static err_t latest(climb_t *c, const record_t *record)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value, best = { .index = 0 };
	int64_t best_s = -1;
	while (handle_value_next(&iter, &value)) {
		if (!slice_eq_nocase(value.type, SLICE("HS_CERT")) ||
		    !is_above(c, value.data, c->above) || c->above->claims.iat_s <= best_s)
			continue;
		best = value;
		best_s = c->above->claims.iat_s;
	}
	if (best_s < 0)
		return ERR_NOT_FOUND;
	return is_above(c, best.data, c->above) ? ERR_OK : ERR_NOT_FOUND;
}

static err_t find_above(climb_t *c)
{
	handle_reference_t at = claims_reference(c->link->claims.iss);
	record_t record;
	handle_value_t value;
	take_chain(c);
	if (c->chain_at < c->chain_count)
		at = claims_reference(c->chain[c->chain_at++]);
	else
		at.index = 0;
	err_t err = record_of(c, at.handle, &record);
	if (err)
		return err;
	if (at.index == 0)
		return latest(c, &record);
	return handle_value_find(handle_values_of(&record), at.index, &value) &&
	                       is_above(c, value.data, c->above)
	               ? ERR_OK
	               : ERR_NOT_FOUND;
}

/* Checking. */

static trust_verdict_t by_key(const link_t *link, const env_pkey_t *key)
{
	err_t err = jws_check(&link->jws, key);
	if (err == ERR_UNSUPPORTED)
		return TRUST_UNSUPPORTED;
	return err ? TRUST_WRONG_KEY : TRUST_VALID;
}

static trust_verdict_t by_time(const climb_t *c)
{
	const claims_t *claims = &c->link->claims;
	if (c->now_s < claims->nbf_s)
		return TRUST_NOT_YET;
	return c->now_s > claims->exp_s ? TRUST_EXPIRED : TRUST_VALID;
}

static trust_verdict_t by_claims(const climb_t *c, const claims_t *above, const env_pkey_t *key)
{
	trust_verdict_t verdict = by_key(c->link, key);
	if (verdict == TRUST_VALID)
		verdict = by_time(c);
	if (verdict == TRUST_VALID &&
	    !claims_permit(above, c->question->name, c->link->is_certificate))
		verdict = TRUST_NOT_PERMITTED;
	return verdict;
}

/* False: no root goes by the name of the issuer. */
static bool by_root(const climb_t *c, trust_verdict_t *ret_verdict)
{
	const trust_roots_t *roots = c->question->roots;
	bool any = false;
	for (size_t i = 0; roots && i < roots->count; i++) {
		const trust_root_t *root = &roots->root[i];
		if (!claims_same(root->claims.sub, c->link->claims.iss))
			continue;
		any = true;
		*ret_verdict = by_claims(c, &root->claims, root->key);
		if (*ret_verdict == TRUST_VALID)
			return true;
	}
	return any;
}

/* Nobody vouches for the issuer: its own record may still tell a forged signature. */
static trust_verdict_t by_published_key(climb_t *c)
{
	uint8_t room[REGISTRY_KEY_MAX];
	writer_t w = writer_of(room, sizeof(room));
	handle_reference_t who = claims_reference(c->link->claims.iss);
	record_t record;
	env_pkey_t *key = NULL;
	err_t err = record_of(c, who.handle, &record);
	if (!err)
		err = registry_identity_key_of(&record, &who, REGISTRY_KEY_PUBLIC, &w);
	if (!err)
		err = registry_key_read(writer_done(&w), &key);
	if (err)
		return TRUST_UNKNOWN_ISSUER;
	trust_verdict_t verdict = by_key(c->link, key);
	env_pkey_free(key);
	return verdict == TRUST_VALID ? TRUST_UNTRUSTED : verdict;
}

static trust_verdict_t by_above(const climb_t *c)
{
	env_pkey_t *key = NULL;
	err_t err = claims_key(&c->above->claims, &key);
	if (err)
		return err == ERR_UNSUPPORTED ? TRUST_UNSUPPORTED : TRUST_MALFORMED;
	trust_verdict_t verdict = by_claims(c, &c->above->claims, key);
	env_pkey_free(key);
	return verdict;
}

/* One step: VALID with *ret_done when a root vouches, without to go on. */
static trust_verdict_t step(climb_t *c, bool *ret_done)
{
	trust_verdict_t verdict;
	*ret_done = by_root(c, &verdict);
	if (*ret_done)
		return verdict;
	if (claims_same(c->link->claims.iss, c->link->claims.sub))
		return TRUST_UNTRUSTED;
	if (find_above(c))
		return by_published_key(c);
	verdict = by_above(c);
	link_t *free_one = c->link;
	c->link = c->above;
	c->link->is_certificate = true;
	c->above = free_one;
	return verdict;
}

static trust_verdict_t climb(climb_t *c)
{
	trust_verdict_t verdict = TRUST_VALID;
	bool is_done = false;
	for (unsigned i = 0; verdict == TRUST_VALID && !is_done; i++) {
		if (i == TRUST_CHAIN_MAX)
			return TRUST_UNTRUSTED;
		verdict = step(c, &is_done);
	}
	return verdict;
}

static bool is_known(slice_t algorithm)
{
	return slice_eq(algorithm, SLICE("RS256")) || slice_eq(algorithm, SLICE("SM2256"));
}

/* What the signature is worth by itself, whatever it covers. */
static trust_verdict_t judge(const trust_question_t *q, slice_t data, link_t *link)
{
	err_t err = read_link(data, link);
	if (err)
		return err == ERR_UNSUPPORTED ? TRUST_UNSUPPORTED : TRUST_MALFORMED;
	if (!is_known(link->jws.algorithm))
		return TRUST_UNSUPPORTED;
	if (!slice_eq_nocase(claims_reference(link->claims.sub).handle, q->name))
		return TRUST_OTHER_SUBJECT;
	return TRUST_VALID;
}

/* The climb changes its links, so it reads the signature once more for itself. */
static trust_verdict_t judge_chain(const trust_question_t *q, slice_t data)
{
	climb_t *c = calloc(1, sizeof(*c));
	link_t *links = calloc(2, sizeof(*links));
	trust_verdict_t verdict = TRUST_UNTRUSTED;
	if (c && links) {
		*c = (climb_t){ .question = q, .link = &links[0], .above = &links[1] };
		c->now_s = q->utc_ns / NS_PER_S;
		verdict = read_link(data, c->link) ? TRUST_MALFORMED : climb(c);
		claims_done(&links[0].claims);
		claims_done(&links[1].claims);
	}
	free(links);
	free(c);
	return verdict;
}

/* Values. */

static bool is_signature(const handle_value_t *value)
{
	return slice_eq_nocase(value->type, SLICE("HS_SIGNATURE"));
}

static void list_values(const record_t *record, trust_report_t *report)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	while (report->value_count < RECORD_VALUES_MAX && handle_value_next(&iter, &value)) {
		if (is_signature(&value))
			continue;
		report->values[report->value_count].index = value.index;
		report->values[report->value_count++].verdict = TRUST_NOT_COVERED;
	}
}

static trust_verdict_t of_value(const claims_t *claims, const handle_value_t *value,
                                trust_verdict_t signature)
{
	switch (claims_digest(claims, value)) {
	case CLAIMS_SAME:
		return signature;
	case CLAIMS_CHANGED:
		return signature == TRUST_VALID ? TRUST_CHANGED : signature;
	case CLAIMS_UNKNOWN:
		return TRUST_UNSUPPORTED;
	case CLAIMS_NOT_COVERED:
		break;
	}
	return TRUST_NOT_COVERED;
}

/* Of several signatures the best counts. */
static void apply(const record_t *record, const claims_t *claims, trust_verdict_t signature,
                  trust_report_t *report)
{
	handle_value_t value;
	for (size_t i = 0; i < report->value_count; i++) {
		if (!handle_value_find(handle_values_of(record), report->values[i].index, &value))
			continue;
		trust_verdict_t verdict = of_value(claims, &value, signature);
		if (verdict < report->values[i].verdict)
			report->values[i].verdict = verdict;
	}
}

static void check_signature(const trust_question_t *q, const handle_value_t *value, link_t *link,
                            trust_report_t *report)
{
	size_t at = report->signature_count++;
	trust_verdict_t verdict = judge(q, value->data, link);
	if (verdict == TRUST_VALID)
		verdict = judge_chain(q, value->data);
	report->signatures[at].index = value->index;
	report->signatures[at].verdict = verdict;
	if (!link->claims.tree)
		return;
	(void)slice_to_cstr(link->claims.iss, report->signatures[at].issuer, TRUST_ISSUER_MAX);
	report->signatures[at].exp_s = link->claims.exp_s == INT64_MAX ? 0 : link->claims.exp_s;
	apply(q->record, &link->claims, verdict, report);
}

void trust_check(const trust_question_t *question, trust_report_t *ret_report)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(question->record));
	handle_value_t value;
	link_t *link = calloc(1, sizeof(*link));
	memset(ret_report, 0, sizeof(*ret_report));
	list_values(question->record, ret_report);
	while (link && ret_report->signature_count < TRUST_SIGNATURES &&
	       handle_value_next(&iter, &value))
		if (is_signature(&value))
			check_signature(question, &value, link, ret_report);
	if (link)
		claims_done(&link->claims);
	free(link);
}

trust_verdict_t trust_worst(const trust_report_t *report)
{
	trust_verdict_t worst = report->value_count ? TRUST_VALID : TRUST_NOT_COVERED;
	for (size_t i = 0; i < report->value_count; i++)
		if (report->values[i].verdict > worst)
			worst = report->values[i].verdict;
	return worst;
}

size_t trust_report_room(const trust_report_t *report)
{
	return VERDICT_TEXT * (2 + report->value_count) +
	       report->signature_count * (VERDICT_TEXT + 6 * TRUST_ISSUER_MAX);
}

void trust_report_put(const trust_report_t *report, json_t *j)
{
	json_put_cstr(j, "verdict", trust_word(trust_worst(report)));
	json_key(j, "signatures");
	json_array(j);
	for (size_t i = 0; i < report->signature_count; i++) {
		json_object(j);
		json_put_u64(j, "index", report->signatures[i].index);
		json_put_cstr(j, "verdict", trust_word(report->signatures[i].verdict));
		json_put_cstr(j, "issuer", report->signatures[i].issuer);
		if (report->signatures[i].exp_s)
			json_put_i64(j, "expires", report->signatures[i].exp_s);
		json_close(j);
	}
	json_close(j);
	json_key(j, "values");
	json_array(j);
	for (size_t i = 0; i < report->value_count; i++) {
		json_object(j);
		json_put_u64(j, "index", report->values[i].index);
		json_put_cstr(j, "verdict", trust_word(report->values[i].verdict));
		json_close(j);
	}
	json_close(j);
}
