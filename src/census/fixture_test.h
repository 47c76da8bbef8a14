/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CENSUS_FIXTURE_TEST_H
#define CENSUS_FIXTURE_TEST_H
/* A register on a journal in a simulated machine, and sayings in the batches of a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "census/census.h"
#include "codec/uplink/uplink.h"
#include "env/file.h"
#include "env/twin/twin.h"
#include "model/received.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum {
	REPORTERS = 5,
	WORDS = 3,
	START_S = 1767225600, /* of the twin */
};

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	census_t *census;
	census_spec_t spec;
} world_t;

static inline void world_open(world_t *w)
{
	journal_recovery_t recovery;
	err_detail_t detail;
	OK(twin_host_open(w->twin, "node", &w->env));
	OK(env_loop_new(w->env, "files", ENV_LOOP_FILES, &w->loop));
	journal_spec_t spec = { .dir = "data/journal",
		                .name = "tree",
		                .chained = true,
		                .segment_bytes = 1 << 16,
		                .buffer_bytes = 1 << 17,
		                .commit_loop = w->loop };
	OK(journal_open(w->env, &spec, &w->journal, &recovery, &detail));
	w->spec.views_dir = "data/views";
	w->spec.journal = w->journal;
	w->spec.node = w->spec.node ? w->spec.node : "99.100.1";
	OK(census_open(w->env, &w->spec, &w->census));
}

static inline world_t world_make(uint64_t seed)
{
	world_t w = { 0 };
	OK(twin_new(&(twin_spec_t){ .seed = seed }, &w.twin));
	world_open(&w);
	return w;
}

static inline void world_halt(world_t *w)
{
	census_close(w->census);
	journal_close(w->journal);
	env_loop_free(w->loop);
	twin_host_close(w->env);
}

static inline void world_free(world_t *w)
{
	world_halt(w);
	twin_free(w->twin);
}

static inline void restart(world_t *w)
{
	world_halt(w);
	world_open(w);
}

static inline void follow(world_t *w)
{
	OK(journal_flush(w->journal));
	OK(census_follow(w->census));
}

static inline int64_t metric(const world_t *w, const char *name)
{
	const metrics_t *m = census_metrics(w->census);
	for (size_t i = 0; i < m->count; i++)
		if (slice_eq(slice_str(m->rows[i].name), slice_str(name)))
			return metric_get(m, i);
	fail_msg("no metric %s", name);
	return 0;
}

/* Sayings. */

static const char *const NODES[REPORTERS] = { "99.100.2", "99.100.3", "99.100.4", "99.100.5",
	                                      "99.100.6" };
static const char *const KINDS[WORDS] = { "plc", "robot", "meter" };
static const char *const INDUSTRIES[WORDS] = { "C38", "C31", "" };
static const char *const REGIONS[WORDS] = { "952-A", "952-B", "952-C" };

typedef struct {
	uint32_t device, reporter, told_s, since_s, seen_s;
	uint8_t kind, industry, region, state, hops;
} said_t;

static inline census_key_t key_of(uint32_t device)
{
	census_key_t key = { { 0 } };
	key.bytes[0] = (uint8_t)device;
	key.bytes[15] = (uint8_t)(device >> 8);
	return key;
}

static inline census_row_t row_of(const said_t *said)
{
	return (census_row_t){ .key = key_of(said->device),
		               .kind = slice_str(KINDS[said->kind]),
		               .industry = slice_str(INDUSTRIES[said->industry]),
		               .region = slice_str(REGIONS[said->region]),
		               .state = (census_state_t)said->state,
		               .since_s = said->since_s,
		               .seen_s = said->seen_s };
}

/* As the child signs it; who has checked the signature writes the record. */
static inline void append_batch(world_t *w, uplink_stream_t stream, slice_t body)
{
	uint8_t batch[1024], payload[1024 + RECEIVED_HEAD_MAX];
	writer_t b = writer_of(batch, sizeof(batch)), p = writer_of(payload, sizeof(payload));
	uplink_envelope_t envelope = {
		.stream = stream, .node = SLICE("99.100.9"), .epoch = 1, .first = 1, .count = 1
	};
	uplink_item_t item = { .ns = START_S * NS_PER_S, .body = body };
	uplink_batch_put(&envelope, &item, &b);
	assert_non_null(memset(wr_reserve(&b, UPLINK_SIGNATURE_BYTES), 0, UPLINK_SIGNATURE_BYTES));
	received_t received = { SLICE("99.100.9"), { env_utc(w->env).ns }, writer_done(&b) };
	received_put(&received, &p);
	assert_false(b.bad || p.bad);
	slice_t part = writer_done(&p);
	uint64_t seq = 0;
	OK(journal_append(w->journal, JOURNAL_RECEIVED, &part, 1, &seq));
}

static inline void receive(world_t *w, const said_t *said)
{
	uint8_t room[512];
	writer_t item = writer_of(room, sizeof(room));
	census_row_t row = row_of(said);
	census_saying_t saying = { slice_str(NODES[said->reporter]), said->hops,
		                   said->told_s * NS_PER_S };
	assert_int_equal(census_item_put(&saying, &row, 1, &item), 1);
	append_batch(w, UPLINK_DEVICES, writer_done(&item));
}
#endif
