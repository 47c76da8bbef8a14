/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_BOOK_FIXTURE_TEST_H
#define INSIGHT_BOOK_FIXTURE_TEST_H
/* A book on a journal in a simulated machine, and batches as children send them. */
#include "codec/uplink/uplink.h"
#include "insight/book.h"
#include "journal/fixture_test.h"
#include "model/received.h"

typedef struct {
	fixture_t f;
	book_t *book;
	book_spec_t spec;
	uint64_t batches; /* sequence of the next item, one stream for all */
} world_t;

static inline world_t world_make(uint64_t seed)
{
	world_t w = { .f = fixture_make(seed), .spec = { .views_dir = "data/views" } };
	w.f.spec.name = "tree";
	w.f.spec.segment_bytes = 16 * 1024;
	w.f.spec.buffer_bytes = 64 * 1024;
	return w;
}

MUST_CHECK static inline err_t world_open(world_t *w)
{
	fixture_boot(&w->f);
	err_t err = fixture_open(&w->f);
	w->spec.journal = w->f.journal;
	return err ? err : book_open(w->f.env, &w->spec, &w->book);
}

static inline void world_start(world_t *w)
{
	assert_int_equal(world_open(w), ERR_OK);
}

static inline void world_halt(world_t *w)
{
	book_close(w->book);
	w->book = NULL;
	fixture_halt(&w->f);
}

static inline void world_free(world_t *w)
{
	if (w->f.env)
		world_halt(w);
	twin_free(w->f.twin);
}

/* All that was appended is durable and followed. */
static inline void world_settle(world_t *w)
{
	settle(&w->f);
	assert_int_equal(book_follow(w->book), ERR_OK);
}

static inline figure_t figure_of(const char *entity, int day, double value)
{
	return (figure_t){ .key = { SLICE("test.share"), 1, SLICE("all"), day * NS_PER_DAY,
		                    (day + 1) * NS_PER_DAY },
		           .entity = slice_str(entity),
		           .parts = { { PART_SUM, true, value, { 0 } } },
		           .part_count = 1,
		           .has_value = true,
		           .value = value,
		           .expected = 1,
		           .reporting = 1,
		           .coverage = 1 };
}

static inline book_key_t key_of(const char *entity, int day, const char *source)
{
	figure_t figure = figure_of(entity, day, 0);
	return (book_key_t){ figure.key, figure.entity, slice_str(source) };
}

/* A record of what `child` sent: figures that `node` issued. */
MUST_CHECK static inline err_t receive(world_t *w, const char *child, const char *node,
                                       const figure_t *figures, size_t count)
{
	uint8_t bodies[4096], batch[8192], head[RECEIVED_HEAD_MAX];
	uint8_t signature[UPLINK_SIGNATURE_BYTES] = { 0 };
	uplink_item_t items[8];
	writer_t b = writer_of(bodies, sizeof(bodies)), w2 = writer_of(batch, sizeof(batch));
	for (size_t i = 0; i < count; i++) {
		size_t from = b.len;
		wr_string(&b, slice_str(node));
		assert_int_equal(figure_encode(&figures[i], &b), ERR_OK);
		items[i] = (uplink_item_t){ figures[i].issued_ns,
			                    slice_of(bodies + from, b.len - from) };
	}
	uplink_envelope_t envelope = { .stream = UPLINK_INDICATORS,
		                       .node = slice_str(child),
		                       .epoch = 1,
		                       .first = w->batches + 2,
		                       .count = (uint32_t)count,
		                       .before = { 1 } };
	w->batches += count;
	uplink_batch_put(&envelope, items, &w2);
	wr_bytes(&w2, slice_of(signature, sizeof(signature)));
	assert_false(w2.bad);
	writer_t h = writer_of(head, sizeof(head));
	received_put(&(received_t){ .child = slice_str(child), .at = { 5 } }, &h);
	slice_t parts[] = { writer_done(&h), writer_done(&w2) };
	uint64_t seq = 0;
	return journal_append(w->f.journal, JOURNAL_RECEIVED, parts, 2, &seq);
}
#endif
