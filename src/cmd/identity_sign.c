/* SPDX-License-Identifier: Apache-2.0 */
/* Signing what a record says, and vouching for the keys of others: HS_SIGNATURE and HS_CERT
 * values, made here with a key that no node sees, and put by the running node. */
#include <stdio.h>
#include <stdlib.h>

#include "api/handle_values.h"
#include "base/num.h"
#include "cmd/cmd.h"
#include "cmd/door.h"
#include "cmd/signing.h"
#include "env/file.h"
#include "env/pkey.h"
#include "env/posix/posix.h"
#include "registry/trust/claims.h"
#include "registry/trust/jws.h"

enum { INDEX = 400, PATH_ROOM = 8 << 10, BODY_ROOM = 3 * JWS_BYTES_MAX, OWN_OPTIONS = 8 };

static const int64_t YEAR_NS = 365 * 24 * 3600 * NS_PER_S;

static const err_text_t text_usage = {
	{ "%1 needs a name, --key FILE and --as INDEX:HANDLE",
	  "%1 需要名称、--key 文件和 --as 索引:标识" },
	{ "see jizhu identity %1 --help", "请参阅 jizhu identity %1 --help" },
};
static const err_text_t text_list = {
	{ "'%1' is no list of up to 16 words", "“%1”不是至多 16 项的列表" },
	{ "separate them by commas", "请用逗号分隔" },
};
static const err_text_t text_key = {
	{ "%1: no RSA or SM2 key that can sign here", "%1：不是可用于签名的 RSA 或 SM2 密钥" },
	{ "make one with jizhu identity new FILE", "可用 jizhu identity new 文件 生成" },
};
static const err_text_t text_values = {
	{ "there is no value %1 to sign", "没有可签名的值 %1" },
	{ "see jizhu handle show NAME", "请参阅 jizhu handle show 名称" },
};
static const err_text_t text_perm = {
	{ "'%1' is no list of permissions", "“%1”不是权限列表" },
	{ "everything, or thisHandle=, derivedPrefixes=, handlesUnderThisPrefix= with a HANDLE",
	  "everything，或 thisHandle=、derivedPrefixes=、handlesUnderThisPrefix= 加标识" },
};

typedef struct {
	const char *verb, *name, *key, *as, *indexes, *chain, *perms, *public_key, *out;
	uint64_t at;
	int64_t life_ns;
	door_asked_t door;
} asked_t;

typedef struct {
	env_t *env;
	const asked_t *asked;
	door_t door;
	bool is_open; /* the door */
	env_pkey_t *key, *public_key;
	handle_values_t values;
	handle_value_t *chosen;
	size_t chosen_count;
	slice_t chain[SIGNING_WORDS], perms[SIGNING_WORDS];
	claims_spec_t claims;
	writer_t jws;
	uint8_t jws_bytes[JWS_BYTES_MAX];
	char body[BODY_ROOM];
} work_t;

err_t signing_words(const char *text, slice_t words[SIGNING_WORDS], size_t *ret_count)
{
	slice_t rest = slice_str(text);
	size_t count = 0;
	while (rest.len) {
		if (count == SIGNING_WORDS)
			return ERR_USAGE;
		words[count] = slice_cut(&rest, ',');
		if (words[count++].len == 0)
			return ERR_USAGE;
	}
	*ret_count = count;
	return ERR_OK;
}

static err_t read_list(const char *text, slice_t words[SIGNING_WORDS], size_t *ret_count,
                       err_detail_t *ret_detail)
{
	err_t err = signing_words(text, words, ret_count);
	return err ? err_raise(ret_detail, err, &text_list, "", text, (char *)NULL) : ERR_OK;
}

static const char *handle_path(const work_t *work, const char *query, char buf[PATH_ROOM])
{
	writer_t w = writer_of(buf, PATH_ROOM);
	handle_reference_t subject = claims_reference(slice_str(work->asked->name));
	wr_format(&w, "/api/handles/");
	door_put_encoded(&w, subject.handle);
	wr_format(&w, "%s", query);
	wr_u8(&w, 0);
	if (w.bad)
		buf[0] = 0;
	return buf;
}

/* The door is opened when it is needed: with --out there may be no node. */
static err_t enter(work_t *work, err_detail_t *ret_detail)
{
	if (work->is_open)
		return ERR_OK;
	err_t err = door_find(work->env, &work->asked->door, &work->door, ret_detail);
	work->is_open = !err;
	return err ? err : door_enter(&work->door, ret_detail);
}

/* What is signed. */

static err_t fetch(work_t *work, err_detail_t *ret_detail)
{
	char path[PATH_ROOM];
	env_http_answer_t answer;
	json_tree_t *doc = NULL;
	door_ask_t ask = { .method = HTTP_GET, .path = handle_path(work, "", path) };
	err_t err = enter(work, ret_detail);
	if (!err)
		err = door_ask(&work->door, &ask, &answer, ret_detail);
	if (err)
		return err;
	err = json_read(answer.body, &doc, NULL);
	if (!err)
		err = handle_values_read(json_member(doc, "values"), &work->values);
	json_free(doc);
	env_http_answer_done(&answer);
	return err ? err_raise(ret_detail, err, NULL, path, (char *)NULL) : ERR_OK;
}

/* Signatures do not cover one another, and live values are not what was registered. */
static bool is_signable(const handle_value_t *value)
{
	return !slice_eq_nocase(value->type, SLICE("HS_SIGNATURE")) &&
	       !slice_eq_nocase(value->type, SLICE("JIZHU.VALUE"));
}

static void choose_all(work_t *work)
{
	handle_iter_t iter = handle_list_iter(
		(handle_list_t){ work->values.count, work->values.bytes });
	handle_value_t value;
	while (handle_value_next(&iter, &value))
		if (is_signable(&value))
			work->chosen[work->chosen_count++] = value;
}

static err_t choose(work_t *work, err_detail_t *ret_detail)
{
	slice_t words[SIGNING_WORDS];
	size_t count = 0;
	err_t err = read_list(work->asked->indexes, words, &count, ret_detail);
	handle_list_t all = { work->values.count, work->values.bytes };
	for (size_t i = 0; !err && i < count; i++) {
		uint64_t index = 0;
		char word[ERR_ARG_MAX];
		(void)slice_to_cstr(words[i], word, sizeof(word));
		if (num_parse_u64(words[i], UINT32_MAX, &index) ||
		    !handle_value_find(all, (uint32_t)index, &work->chosen[work->chosen_count++]))
			err = err_raise(ret_detail, ERR_NOT_FOUND, &text_values, "", word,
			                (char *)NULL);
	}
	return err;
}

static err_t take_values(work_t *work, err_detail_t *ret_detail)
{
	err_t err = fetch(work, ret_detail);
	if (err)
		return err;
	work->chosen = calloc(RECORD_VALUES_MAX, sizeof(*work->chosen));
	if (!work->chosen)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	if (work->asked->indexes)
		err = choose(work, ret_detail);
	else
		choose_all(work);
	if (!err && work->chosen_count == 0)
		err = err_raise(ret_detail, ERR_NOT_FOUND, &text_values, "", "", (char *)NULL);
	work->claims.values = work->chosen;
	work->claims.value_count = work->chosen_count;
	return err;
}

/* PEM of either half, or what `identity show` prints. */
static err_t read_public(work_t *work, const char *path, env_pkey_t **ret_key)
{
	uint8_t bytes[ENV_PKEY_PEM_MAX];
	size_t len = 0;
	json_tree_t *doc = NULL;
	err_t err = env_file_load(work->env, path, bytes, sizeof(bytes), &len);
	slice_t pem = slice_of(bytes, len);
	if (!err && slice_starts(pem, SLICE("{"))) {
		err = json_read(pem, &doc, NULL);
		if (!err && !json_text(json_member(doc, "pem"), &pem))
			err = ERR_MALFORMED;
	}
	if (!err)
		err = env_pkey_from_pem(pem, ret_key);
	json_free(doc);
	return err;
}

static err_t take_subject(work_t *work, err_detail_t *ret_detail)
{
	const asked_t *asked = work->asked;
	const char *path = asked->public_key ? asked->public_key : asked->key;
	if (read_public(work, path, &work->public_key))
		return err_raise(ret_detail, ERR_INVALID, &text_key, "", path, (char *)NULL);
	work->claims.key = work->public_key;
	work->claims.perms = work->perms;
	return read_list(asked->perms ? asked->perms : "everything", work->perms,
	                 &work->claims.perm_count, ret_detail);
}

/* Signing. */

static err_t write_jws(work_t *work, bool is_certificate, err_detail_t *ret_detail)
{
	const asked_t *asked = work->asked;
	json_t j = json_of(work->body, sizeof(work->body));
	err_t err = claims_put(&work->claims, &j);
	if (err == ERR_INVALID && is_certificate)
		return err_raise(ret_detail, err, &text_perm, "", asked->perms, (char *)NULL);
	work->jws = writer_of(work->jws_bytes, sizeof(work->jws_bytes));
	if (!err)
		err = jws_write(work->key, json_done(&j), &work->jws);
	return err ? err_raise(ret_detail, err, &text_key, "", asked->key, (char *)NULL) : ERR_OK;
}

static err_t save(work_t *work, err_detail_t *ret_detail)
{
	env_file_t *file = NULL;
	const char *path = work->asked->out;
	err_t err = env_file_open(work->env, path, ENV_OPEN_CREATE, &file);
	if (!err)
		err = env_file_write(file, 0, writer_done(&work->jws));
	if (!err)
		err = env_file_sync(file);
	env_file_close(file);
	return err ? err_raise(ret_detail, err, NULL, path, (char *)NULL) : ERR_OK;
}

static err_t put(work_t *work, bool is_certificate, err_detail_t *ret_detail)
{
	char path[PATH_ROOM], query[32];
	env_http_answer_t answer;
	json_t j = json_of(work->body, sizeof(work->body));
	json_array(&j);
	json_object(&j);
	json_put_u64(&j, "index", work->asked->at);
	json_put_cstr(&j, "type", is_certificate ? "HS_CERT" : "HS_SIGNATURE");
	json_put_str(&j, "data", writer_done(&work->jws));
	json_close(&j);
	json_close(&j);
	(void)snprintf(query, sizeof(query), "?index=%llu", (unsigned long long)work->asked->at);
	door_ask_t ask = { .method = HTTP_PUT,
		           .path = handle_path(work, query, path),
		           .content_type = "application/json",
		           .body = json_done(&j) };
	err_t err = enter(work, ret_detail);
	if (!err)
		err = door_ask(&work->door, &ask, &answer, ret_detail);
	if (!err)
		env_http_answer_done(&answer);
	return err;
}

static err_t begin(work_t *work, err_detail_t *ret_detail)
{
	const asked_t *asked = work->asked;
	int64_t now_s = env_utc(work->env).ns / NS_PER_S;
	work->claims = (claims_spec_t){ .iss = slice_str(asked->as),
		                        .sub = slice_str(asked->name),
		                        .iat_s = now_s,
		                        .exp_s = now_s + asked->life_ns / NS_PER_S,
		                        .chain = work->chain };
	if (env_pkey_load(work->env, asked->key, &work->key))
		return err_raise(ret_detail, ERR_INVALID, &text_key, "", asked->key, (char *)NULL);
	return asked->chain
	               ? read_list(asked->chain, work->chain, &work->claims.chain_count, ret_detail)
	               : ERR_OK;
}

static err_t carry_out(work_t *work, bool is_certificate, err_detail_t *ret_detail)
{
	err_t err = begin(work, ret_detail);
	if (!err)
		err = is_certificate ? take_subject(work, ret_detail)
		                     : take_values(work, ret_detail);
	if (!err)
		err = write_jws(work, is_certificate, ret_detail);
	if (err)
		return err;
	return work->asked->out ? save(work, ret_detail) : put(work, is_certificate, ret_detail);
}

static void work_free(work_t *work)
{
	if (work->is_open)
		door_leave(&work->door);
	handle_values_done(&work->values);
	free(work->chosen);
	env_pkey_free(work->key);
	env_pkey_free(work->public_key);
	free(work);
}

static int run(const asked_t *asked, bool is_certificate)
{
	err_detail_t detail = { 0 };
	work_t *work = calloc(1, sizeof(*work));
	if (!work)
		return cmd_fail_plain(ERR_NO_MEMORY, "");
	work->asked = asked;
	err_t err = cmd_world(&work->env);
	env_t *env = work->env;
	if (err)
		(void)!err_raise(&detail, err, NULL, "", (char *)NULL);
	else
		err = carry_out(work, is_certificate, &detail);
	work_free(work);
	posix_env_close(env);
	return err ? cmd_fail(&detail) : 0;
}

static void common_options(option_t *rows, asked_t *asked)
{
	const option_t own[] = {
		{ "key", "FILE", "the private key that signs", OPTION_TEXT, &asked->key },
		{ "as", "INDEX:HANDLE", "whose key that is", OPTION_TEXT, &asked->as },
		{ "for", "365d", "how long it is valid", OPTION_DURATION, &asked->life_ns },
		{ "at", "N", "index of the value to put (400)", OPTION_NUMBER, &asked->at },
		{ "chain", "INDEX:HANDLE,...", "where the certificates of the issuer are",
		  OPTION_TEXT, &asked->chain },
		{ "out", "FILE", "write it to a file, not to the record", OPTION_TEXT,
		  &asked->out },
	};
	size_t count = sizeof(own) / sizeof(*own);
	for (size_t i = 0; i < count; i++)
		rows[i] = own[i];
	door_options(&rows[count], &asked->door);
}

static int start(option_t *rows, asked_t *asked, int argc, char **argv)
{
	err_detail_t detail;
	handle_reference_t as;
	int rest;
	int stop = cmd_options(rows, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	as = claims_reference(slice_str(asked->as));
	if (rest != 1 || !asked->key || as.index == 0 || asked->at == 0 || asked->at > INT32_MAX) {
		(void)!err_raise(&detail, ERR_USAGE, &text_usage, "", asked->verb, (char *)NULL);
		return cmd_fail(&detail);
	}
	asked->name = argv[0];
	return -1;
}

int identity_sign(int argc, char **argv)
{
	asked_t asked = { .verb = "sign", .at = INDEX, .life_ns = YEAR_NS };
	option_t rows[OWN_OPTIONS + DOOR_OPTIONS + 1] = {
		{ "index", "N,...", "the values to cover (all)", OPTION_TEXT, &asked.indexes },
	};
	common_options(&rows[1], &asked);
	int stop = start(rows, &asked, argc, argv);
	return stop >= 0 ? stop : run(&asked, false);
}

int identity_certify(int argc, char **argv)
{
	asked_t asked = { .verb = "certify", .at = INDEX, .life_ns = YEAR_NS };
	option_t rows[OWN_OPTIONS + DOOR_OPTIONS + 1] = {
		{ "public", "FILE", "the subject's key (that of --key)", OPTION_TEXT,
		  &asked.public_key },
		{ "perm", "P,...", "what the subject may sign (everything)", OPTION_TEXT,
		  &asked.perms },
	};
	common_options(&rows[2], &asked);
	int stop = start(rows, &asked, argc, argv);
	return stop >= 0 ? stop : run(&asked, true);
}
