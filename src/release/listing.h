/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELEASE_LISTING_H
#define RELEASE_LISTING_H
/* The catalogue of data, for its owners: every configured point with its class, who answers
 * for it, how long it is kept, and how far each contract reaches into it. What a page and
 * `jizhu release show` say; what is said is computed by the rules of the judge, not told twice.
 *
 * Threads: pure. Borrows the configuration. */
#include "base/json.h"
#include "release/release.h"

enum { RELEASE_NAME_MAX = 192 };

typedef struct {
	char name[RELEASE_NAME_MAX]; /* "FRM1.V_SET" */
	const config_point_t *point;
	int64_t keep_ns; /* 0: for ever */
} release_datum_t;

/* Where one is in the list. Begins with config alone. */
typedef struct {
	const config_t *config;
	size_t device, point;
} release_listing_t;

/* False at the end. */
bool release_listing_next(release_listing_t *listing, release_datum_t *ret_datum);

/* What may go of points of a class under a contract. */
typedef struct {
	bool events, values, figures;
} release_reach_t;
release_reach_t release_reach(const config_contract_t *contract, data_class_t class);

/* An object: point, label, class, owner, keep_s and, by contract, what is released. */
void release_datum_json(const release_datum_t *datum, const config_t *config, json_t *j);
/* An object: contract, parents, streams, indicators, events, severity, every_s, cell, values. */
void release_contract_json(const config_t *config, const config_contract_t *contract, json_t *j);
#endif
