/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOF_FIXTURE_TEST_H
#define PROOF_FIXTURE_TEST_H
/* A log of proofs over a journal in a simulated machine. Changes are made up: what
 * they say does not matter to the tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "env/file.h"
#include "env/twin/twin.h"
#include "proof/log.h"

#define FIXTURE_VIEW "data/views/proof/"

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *commit, *view;
	journal_t *journal;
	proof_t *proof;
	err_detail_t detail;
} fixture_t;

static inline fixture_t fixture_make(uint64_t seed)
{
	fixture_t f = { 0 };
	twin_spec_t spec = { .seed = seed, .start = { .ns = 1700000000 * NS_PER_S } };
	assert_int_equal(twin_new(&spec, &f.twin), ERR_OK);
	return f;
}

static inline void fixture_boot(fixture_t *f)
{
	assert_int_equal(twin_host_open(f->twin, "node", &f->env), ERR_OK);
	assert_int_equal(env_loop_new(f->env, "commit", ENV_LOOP_FILES, &f->commit), ERR_OK);
	assert_int_equal(env_loop_new(f->env, "view", ENV_LOOP_FILES, &f->view), ERR_OK);
	f->journal = NULL;
	f->proof = NULL;
}

MUST_CHECK static inline err_t fixture_open(fixture_t *f)
{
	journal_recovery_t recovery;
	journal_spec_t journal = { .dir = "data/journal",
		                   .name = "main",
		                   .chained = true,
		                   .segment_bytes = 1 << 16,
		                   .commit_loop = f->commit };
	proof_spec_t spec = { .views_dir = "data/views",
		              .keys_dir = "data/keys",
		              .prefix = "99.100.1",
		              .loop = f->view };
	err_t err = env_dir_make(f->env, "data/keys");
	if (!err)
		err = journal_open(f->env, &journal, &f->journal, &recovery, &f->detail);
	spec.journal = f->journal;
	if (!err)
		err = proof_open(f->env, &spec, &f->proof, &f->detail);
	if (!err)
		err = env_loop_start(f->commit);
	return err ? err : env_loop_start(f->view);
}

static inline void fixture_start(fixture_t *f)
{
	fixture_boot(f);
	assert_int_equal(fixture_open(f), ERR_OK);
}

static inline void fixture_halt(fixture_t *f)
{
	env_loop_stop(f->view);
	env_loop_stop(f->commit);
	proof_close(f->proof);
	journal_close(f->journal);
	env_loop_free(f->view);
	env_loop_free(f->commit);
	twin_host_close(f->env);
	f->env = NULL;
}

static inline void fixture_free(fixture_t *f)
{
	if (f->env)
		fixture_halt(f);
	twin_free(f->twin);
}

MUST_CHECK static inline err_t append(fixture_t *f, journal_type_t type, slice_t payload)
{
	uint64_t seq;
	return journal_append(f->journal, type, &payload, 1, &seq);
}

/* Changes among records of other kinds, until the log has them. */
static inline void fixture_grow(fixture_t *f, unsigned changes)
{
	static const journal_type_t types[] = { JOURNAL_REGISTRY_PUT, JOURNAL_REGISTRY_REMOVE,
		                                JOURNAL_REGISTRY_PART, JOURNAL_REGISTRY_BULK,
		                                JOURNAL_HISTORY };
	uint64_t size = proof_size(f->proof) + changes;
	for (unsigned i = 0; i < changes; i++) {
		char text[32];
		int len = snprintf(text, sizeof(text), "change %u", i);
		slice_t payload = slice_of(text, (size_t)len);
		assert_int_equal(append(f, JOURNAL_EVENT, payload), ERR_OK);
		assert_int_equal(append(f, types[i % 5], payload), ERR_OK);
	}
	while (proof_size(f->proof) < size)
		assert_true(twin_step(f->twin));
}

/* The tree by definition, from the journal. */
static inline merkle_peaks_t fixture_naive(fixture_t *f, uint64_t size)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	merkle_peaks_t peaks = { 0 };
	assert_int_equal(journal_cursor_open(f->journal, 1, &cursor), ERR_OK);
	while (peaks.size < size) {
		assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
		if (!proof_takes(record.type))
			continue;
		merkle_hash_t leaf = proof_entry_hash(record.seq, record.type, record.payload);
		assert_int_equal(merkle_peaks_add(&peaks, &leaf, NULL, NULL), ERR_OK);
	}
	journal_cursor_close(cursor);
	return peaks;
}

static inline bool fixture_root_is_right(fixture_t *f)
{
	merkle_hash_t root;
	uint64_t size = proof_size(f->proof);
	merkle_peaks_t peaks = fixture_naive(f, size);
	merkle_hash_t wanted = merkle_peaks_root(&peaks);
	assert_int_equal(proof_root_at(f->proof, size, &root), ERR_OK);
	return merkle_hash_eq(&root, &wanted);
}
#endif
