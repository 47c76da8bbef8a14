/* SPDX-License-Identifier: Apache-2.0 */
/* resolve --verify: what the signatures in an answer are worth, by asking for the records
 * of their issuers. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/signing.h"

enum { PATHS_MAX = 2048 };

typedef struct {
	const signing_asker_t *asker;
	const resolver_answer_t *kept[TRUST_ASKED_MAX];
	size_t kept_count;
} source_t;

static err_t record_of(void *ctx, slice_t handle, record_t *ret_record)
{
	source_t *source = ctx;
	const resolver_answer_t *answer = NULL;
	if (source->kept_count == TRUST_ASKED_MAX)
		return ERR_LIMIT;
	err_t err = source->asker->ask(source->asker->ctx, handle, &answer);
	if (err)
		return err;
	source->kept[source->kept_count++] = answer;
	*ret_record = (record_t){ .count = answer->count, .values = answer->values };
	return ERR_OK;
}

static void print_row(uint32_t index, trust_verdict_t verdict, const char *issuer)
{
	printf("%6u  %s: %s%s%s\n", index, trust_word(verdict), trust_text(verdict, cmd_lang()),
	       issuer[0] ? "  " : "", issuer);
}

static void print_text(const trust_report_t *report)
{
	for (size_t i = 0; i < report->signature_count; i++)
		print_row(report->signatures[i].index, report->signatures[i].verdict,
		          report->signatures[i].issuer);
	for (size_t i = 0; i < report->value_count; i++)
		print_row(report->values[i].index, report->values[i].verdict, "");
}

static err_t print_json(const trust_report_t *report, const char *name)
{
	size_t room = 6 * slice_str(name).len + 64 + trust_report_room(report);
	char *buf = malloc(room);
	if (!buf)
		return ERR_NO_MEMORY;
	json_t j = json_of(buf, room);
	json_object(&j);
	json_put_cstr(&j, "name", name);
	trust_report_put(report, &j);
	json_close(&j);
	bool is_good = json_ok(&j);
	if (is_good)
		printf("%.*s\n", (int)json_done(&j).len, buf);
	free(buf);
	return is_good ? ERR_OK : ERR_TOO_BIG;
}

/* Values that nobody signed are no reason to fail, if others are. */
static bool is_good(const trust_report_t *report)
{
	size_t valid = 0, bad = 0;
	for (size_t i = 0; i < report->value_count; i++) {
		valid += report->values[i].verdict == TRUST_VALID;
		bad += report->values[i].verdict != TRUST_VALID &&
		       report->values[i].verdict != TRUST_NOT_COVERED;
	}
	return valid > 0 && bad == 0;
}

static err_t load_roots(env_t *env, const char *files, char paths[PATHS_MAX],
                        trust_roots_t **ret_roots, err_detail_t *ret_detail)
{
	slice_t words[SIGNING_WORDS];
	const char *path[SIGNING_WORDS];
	size_t count = 0;
	writer_t w = writer_of(paths, PATHS_MAX);
	err_t err = signing_words(files, words, &count);
	for (size_t i = 0; !err && i < count; i++) {
		path[i] = paths + w.len;
		wr_bytes(&w, words[i]);
		wr_u8(&w, 0);
	}
	if (err || w.bad)
		return err_raise(ret_detail, ERR_USAGE, NULL, "--trust", (char *)NULL);
	return trust_roots_load(env, path, count, ret_roots, ret_detail);
}

int signing_verify(env_t *env, const signing_question_t *q, const signing_asker_t *asker)
{
	char paths[PATHS_MAX];
	err_detail_t detail;
	trust_roots_t *roots = NULL;
	source_t source = { .asker = asker };
	record_t record = { .count = q->answer->count, .values = q->answer->values };
	trust_report_t *report = malloc(sizeof(*report));
	if (!report)
		return cmd_fail_plain(ERR_NO_MEMORY, q->name);
	if (q->root_files && load_roots(env, q->root_files, paths, &roots, &detail)) {
		free(report);
		return cmd_fail(&detail);
	}
	trust_question_t question = { .name = slice_str(q->name),
		                      .record = &record,
		                      .source = { record_of, &source },
		                      .roots = roots,
		                      .utc_ns = env_utc(env).ns };
	trust_check(&question, report);
	err_t err = q->as_json ? print_json(report, q->name) : ERR_OK;
	if (!q->as_json)
		print_text(report);
	int code = is_good(report) ? 0 : err_info(ERR_INVALID)->exit_code;
	for (size_t i = 0; i < source.kept_count; i++)
		resolver_answer_release(source.kept[i]);
	trust_roots_free(roots);
	free(report);
	return err ? cmd_fail_plain(err, q->name) : code;
}
