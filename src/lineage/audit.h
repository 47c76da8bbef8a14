/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LINEAGE_AUDIT_H
#define LINEAGE_AUDIT_H
/* One audit from its question to its report: asks by the desk, keeps the parts of the answer,
 * checks them and writes what was found as JSON. What the API answers and `jizhu audit` shows.
 *
 *     {"depth": N, "figures": [{"level", "entity", "above"?, "revision", "latest"?, "verdict",
 *      "reason"?, "by"?, "part"?, "wanted"?, "found"?, "place"?, "signed", "origin"?, "value"?,
 *      "attested_by"?, "inputs"?: [{"name", "point"}]}],
 *      "verdict": "equal" | "red" | "partly", "unread": N, "cut": bool}
 *
 * "equal": all was opened and is what it was made of, or rests on a person's word; "red": some
 * figure differs, is not proved or rests on what is damaged; else "partly", and each figure that
 * was not opened says why. Figures stand as they are found, each before those it was made of.
 *
 * Threads: the desk's loop. Limits: AUDIT_BYTES_MAX of parts; what comes beyond is left out and
 * "cut" says so. Memory: some 70 times a row's bytes while it is checked. */
#include "lineage/check.h"
#include "lineage/desk.h"

enum { AUDIT_BYTES_MAX = 16 << 20 };

typedef struct audit audit_t;

typedef struct {
	env_t *env;
	desk_t *desk;
	slice_t node;                     /* own identifier */
	const definitions_t *definitions; /* outlive the audit */
	figure_key_t key;
	slice_t entity;
	uint32_t revision;
	uint8_t depth;
	void *ctx;
	/* Called once, on the loop and not within audit_start; the report lives during the call.
	 * ERR_LIMIT, ERR_NO_MEMORY: it could not be checked. The audit is over then. */
	void (*done)(void *ctx, err_t err, slice_t report);
} audit_spec_t;

/* Errors of desk_ask. */
MUST_CHECK err_t audit_start(const audit_spec_t *spec, audit_t **ret_audit);
/* Before `done`: who asked is gone. */
void audit_cancel(audit_t *audit);
#endif
