/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_VERDICT_H
#define CMD_VERDICT_H
/* What a demo ends with: the incidents saved beside the ground truth, both read
 * back from disk and judged, and a summary for people or programs. */
#include "cmd/judge.h"
#include "env/env.h"
#include "sentry/sentry.h"

#define VERDICT_TRUTH     "truth.jsonl"
#define VERDICT_INCIDENTS "incidents.jsonl"

typedef struct {
	judgement_t judgement;
	uint64_t samples, identifiers;
	size_t operator_writes; /* after learning */
} verdict_t;

/* One JSON line an incident. */
MUST_CHECK err_t verdict_save(env_t *env, const char *path, sentry_t *sentry,
                              const catalogue_t *catalogue);
/* Reads both files of `dir` and fills the judgement. */
MUST_CHECK err_t verdict_read(env_t *env, const char *dir, verdict_t *ret_verdict,
                              err_detail_t *ret_detail);
void verdict_print(const verdict_t *verdict, bool json);
#endif
