/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOURNAL_FIXTURE_TEST_H
#define JOURNAL_FIXTURE_TEST_H
/* A journal in a simulated machine, for the tests of this folder: open, append
 * records whose bytes follow from one number, run until they are durable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"
#include "env/file.h"
#include "env/twin/twin.h"
#include "journal/journal.h"

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	journal_spec_t spec;
	journal_recovery_t recovery;
	err_detail_t detail;
} fixture_t;

static inline fixture_t fixture_make(uint64_t seed)
{
	fixture_t f = { .spec = { .dir = "data/journal",
		                  .name = "main",
		                  .chained = true,
		                  .segment_bytes = 1024,
		                  .buffer_bytes = 4096 } };
	assert_int_equal(twin_new(&(twin_spec_t){ .seed = seed }, &f.twin), ERR_OK);
	return f;
}

static inline void fixture_boot(fixture_t *f)
{
	assert_int_equal(twin_host_open(f->twin, "node", &f->env), ERR_OK);
	assert_int_equal(env_loop_new(f->env, "commit", ENV_LOOP_FILES, &f->loop), ERR_OK);
	f->spec.commit_loop = f->loop;
}

MUST_CHECK static inline err_t fixture_open(fixture_t *f)
{
	f->journal = NULL;
	err_t err = journal_open(f->env, &f->spec, &f->journal, &f->recovery, &f->detail);
	return err ? err : env_loop_start(f->loop);
}

static inline void fixture_halt(fixture_t *f)
{
	env_loop_stop(f->loop);
	journal_close(f->journal);
	env_loop_free(f->loop);
	twin_host_close(f->env);
	f->journal = NULL;
	f->env = NULL;
}

static inline void fixture_start(fixture_t *f)
{
	fixture_boot(f);
	assert_int_equal(fixture_open(f), ERR_OK);
}

static inline void fixture_free(fixture_t *f)
{
	if (f->env)
		fixture_halt(f);
	twin_free(f->twin);
}

/* Bytes that follow from `tag`; its length too. */
static inline slice_t payload_of(uint64_t tag, uint8_t buf[512])
{
	rng_t rng = rng_of(tag);
	size_t len = (size_t)rng_below(&rng, 150);
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)rng_next(&rng);
	return slice_of(buf, len);
}

MUST_CHECK static inline err_t append_typed(journal_t *journal, journal_type_t type, uint64_t tag,
                                            uint64_t *ret_seq)
{
	uint8_t buf[512];
	slice_t whole = payload_of(tag, buf);
	slice_t parts[] = { slice_sub(whole, 0, 10), slice_from(whole, 10) };
	return journal_append(journal, type, parts, 2, ret_seq);
}

MUST_CHECK static inline err_t append_tag(journal_t *journal, uint64_t tag, uint64_t *ret_seq)
{
	return append_typed(journal, JOURNAL_EVENT, tag, ret_seq);
}

/* Until all that was appended is durable or the journal has stopped. */
static inline void settle(fixture_t *f)
{
	while (journal_durable(f->journal) < journal_last(f->journal) &&
	       !journal_state(f->journal) && twin_step(f->twin))
		;
}

/* Appends and commits one by one, so that each later record proves the earlier. */
static inline void append_each(fixture_t *f, uint64_t from, uint64_t to)
{
	for (uint64_t tag = from; tag <= to; tag++) {
		uint64_t seq = 0;
		assert_int_equal(append_tag(f->journal, tag, &seq), ERR_OK);
		assert_int_equal(seq, tag);
		settle(f);
		assert_int_equal(journal_durable(f->journal), tag);
	}
}

/* Records [from, to], with the payloads of their own numbers. */
static inline void assert_records(fixture_t *f, uint64_t from, uint64_t to)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	uint8_t buf[512];
	assert_int_equal(journal_cursor_open(f->journal, from, &cursor), ERR_OK);
	for (uint64_t seq = from; seq <= to; seq++) {
		assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
		assert_int_equal(record.seq, seq);
		assert_int_equal(record.type, JOURNAL_EVENT);
		assert_true(slice_eq(record.payload, payload_of(seq, buf)));
	}
	assert_int_equal(journal_cursor_next(cursor, &record), ERR_NOT_FOUND);
	journal_cursor_close(cursor);
}
#endif
