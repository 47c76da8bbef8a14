/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of a child over the line, again in a parcel, and anew, into its parent's book. */
#include "traps_list_test.h"

#include "insight/book.h"
#include "uplink/pair_test.h"
#include "uplink/parcel.h"

enum { FIGURES = 2, FILE_MAX = 1 << 16 };

/* 30 and 12 kWh of two days. */
static void put(pair_t *p)
{
	static const double kwh[FIGURES] = { 30, 12 };
	uint8_t bodies[2048];
	uplink_item_t items[FIGURES];
	writer_t w = writer_of(bodies, sizeof(bodies));
	uint64_t seq = 0;
	for (size_t i = 0; i < FIGURES; i++) {
		size_t from = w.len;
		int64_t day_ns = (int64_t)i * NS_PER_DAY;
		figure_t figure = { .key = { SLICE("t.energy"), 1, SLICE("all"), day_ns,
			                     day_ns + NS_PER_DAY },
			            .entity = PAIR_CHILD,
			            .parts = { { PART_SUM, true, kwh[i], { 0 } } },
			            .part_count = 1,
			            .has_value = true,
			            .value = kwh[i],
			            .expected = 1,
			            .reporting = 1,
			            .coverage = 1,
			            .revision = 1,
			            .issued_ns = 2 * NS_PER_DAY };
		wr_string(&w, PAIR_CHILD);
		OK(figure_encode(&figure, &w));
		items[i] = (uplink_item_t){ figure.issued_ns,
			                    slice_of(bodies + from, w.len - from) };
	}
	outbox_put_t batch = { .parent = PAIR_PARENT,
		               .stream = UPLINK_INDICATORS,
		               .items = items,
		               .count = FIGURES,
		               .source = SLICE("1") };
	OK(outbox_put(p->down.outbox, &batch, &seq));
	pair_run(p, 5);
}

/* All that was ever released, in a file that is brought. */
static parcel_tally_t bring(pair_t *p)
{
	static uint8_t bytes[FILE_MAX];
	size_t len = 0;
	parcel_tally_t tally;
	parcel_export_t out = { .env = p->down.env,
		                .outbox = p->down.outbox,
		                .key = p->down.key,
		                .parent = PAIR_PARENT,
		                .path = "out" };
	parcel_import_t in = { .env = p->up.env,
		               .inbox = p->up.inbox,
		               .node = PAIR_PARENT,
		               .key = p->up.key,
		               .child = PAIR_CHILD,
		               .signer = &p->signers[PAIR_DOWN],
		               .path = "in" };
	OK(parcel_export(&out, &tally));
	OK(env_file_load(p->down.env, "out", bytes, sizeof(bytes), &len));
	OK(env_file_save(p->up.env, "in", slice_of(bytes, len)));
	OK(parcel_import(&in, &tally));
	pair_run(p, 1);
	return tally;
}

typedef struct {
	size_t figures;
	double kwh;
} sum_t;

static bool sum_add(void *ctx, const book_row_t *row)
{
	sum_t *sum = ctx;
	sum->figures++;
	sum->kwh += row->figure.value;
	return true;
}

static void assert_book(book_t *book, int64_t repeated)
{
	sum_t sum = { 0 };
	book_query_t all = { .limit = BOOK_PAGE_MAX };
	OK(book_follow(book));
	OK(book_list(book, &all, sum_add, &sum));
	assert_int_equal(sum.figures, FIGURES);
	assert_true(sum.kwh == 42);
	assert_int_equal(metric_get(book_metrics(book), BOOK_METRIC_REPEATED), repeated);
}

static uint64_t duplicates(const pair_t *p)
{
	inbox_child_t *child = NULL;
	OK(inbox_child(p->up.inbox, PAIR_CHILD, &child));
	return inbox_stream(child, UPLINK_INDICATORS)->duplicates;
}

void trap_8_what_is_sent_again_by_line_or_parcel_or_anew_counts_once(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	book_t *book = NULL;
	book_spec_t spec = { .views_dir = "data/views", .journal = p->up.journal };
	OK(book_open(p->up.env, &spec, &book));
	put(p);
	assert_int_equal(pair_held(p, UPLINK_INDICATORS), FIGURES);
	assert_book(book, 0);
	uint64_t records = journal_last(p->up.journal);
	for (size_t i = 0; i < 2; i++) {
		parcel_tally_t tally = bring(p);
		assert_true(tally.batches == 1 && tally.duplicates == 1 && tally.taken == 0);
		assert_int_equal(journal_last(p->up.journal), records);
		assert_book(book, 0);
	}
	/* The same figures in a batch that is new, as from a node put back from a copy. */
	put(p);
	assert_int_equal(pair_held(p, UPLINK_INDICATORS), 2 * FIGURES);
	assert_book(book, FIGURES);
	/* The first batch over the line once more. */
	p->down.is_old = true;
	put(p);
	assert_int_equal(duplicates(p), 3);
	assert_int_equal(pair_held(p, UPLINK_INDICATORS), 3 * FIGURES);
	assert_book(book, 2 * FIGURES);
	book_close(book);
	pair_free(p);
}
