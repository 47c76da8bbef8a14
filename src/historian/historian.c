/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/historian.h"

#include <stdlib.h>

#include "historian/aggregate.h"
#include "historian/scan.h"
#include "historian/shelf.h"

/* The journal is followed by a cursor on the historian's own loop: what it reads
 * is durable by definition, so a reader never sees a value that a crash could take
 * back. The loop is the only writer of the memory table and the shelf; the mutex
 * is for readers. A full table that cannot be sealed leaves the cursor where it
 * is, and the samples in the journal. */

#define HISTORIAN_METRICS(X) \
	X(SAMPLES, "samples_total", "samples taken into the memory table", COUNTER) \
	X(TABLE_ROWS, "table_rows", "samples in the memory table", GAUGE) \
	X(SEGMENTS, "segments", "sealed segments", GAUGE) \
	X(SEGMENT_BYTES, "segment_bytes", "bytes of sealed segments", GAUGE) \
	X(SEALS, "seals_total", "segments written", COUNTER) \
	X(SEAL_FAILURES, "seal_failures_total", "segments that could not be written", COUNTER) \
	X(RETIRED, "retired_segments_total", "segments dropped by retention", COUNTER) \
	X(REFUSED, "refused_batches_total", "batches refused because buffers or disk were full", \
	  COUNTER)

#define X(id, name, help, kind) METRIC_##id,
enum { HISTORIAN_METRICS(X) METRIC_COUNT };
#undef X

static const metric_row_t metric_rows[] = {
#define X(id, name, help, kind) { name, help, METRIC_##kind },
	HISTORIAN_METRICS(X)
#undef X
};

enum { TABLE_BYTES = 4 << 20, TICK_S = 10, PATH_BYTES = 512, ENCODED_MAX = 192 * 1024 };

struct historian {
	env_t *env;
	historian_spec_t spec;
	/* Guards table and shelf between the loop (writes) and readers. */
	env_mutex_t *mutex;
	memory_t *table;
	shelf_t shelf;
	/* Guards the encode buffer between the sinks' threads. */
	env_mutex_t *sink_mutex;
	uint8_t encoded[ENCODED_MAX];
	env_mailbox_t *durable_mail;
	env_timer_t *timer;
	journal_cursor_t *cursor;
	uint64_t sealed_seq, table_seq; /* last sequence sealed, and in the table */
	int64_t table_since_ns;         /* monotonic, of the first row */
	metrics_t metrics;
	sample_rows_t rows; /* decode space of the loop */
};

static const err_text_t text_behind = {
	{ "the history journal ends at %1 but segments hold up to %2",
	  "历史日志止于 %1，而数据段已到 %2" },
	{ "the journal folder was changed by hand; restore journal and history together",
	  "日志目录被手工改动；请将日志与历史数据一起恢复" },
};

static err_t sink_append(void *ctx, const sample_batch_t *batch, durability_t level,
                         uint64_t *ret_seq)
{
	historian_t *h = ctx;
	if (level == DURABLE_PARENT)
		return ERR_UNSUPPORTED;
	env_lock(h->sink_mutex);
	writer_t w = writer_of(h->encoded, sizeof(h->encoded));
	sample_batch_encode(batch, &w);
	slice_t payload = writer_done(&w);
	err_t err = w.bad ? ERR_TOO_BIG
	                  : journal_append(h->spec.journal, JOURNAL_SAMPLES, &payload, 1, ret_seq);
	env_unlock(h->sink_mutex);
	if (err)
		metric_add(&h->metrics, METRIC_REFUSED, 1);
	return err;
}

static uint64_t sink_durable(void *ctx)
{
	historian_t *h = ctx;
	return journal_durable(h->spec.journal);
}

sample_sink_t historian_sink(historian_t *historian)
{
	return (sample_sink_t){ .ctx = historian, .append = sink_append, .durable = sink_durable };
}

static void count_shelf(historian_t *h)
{
	int64_t bytes = 0;
	for (size_t i = 0; i < h->shelf.count; i++)
		bytes += (int64_t)segment_bytes(h->shelf.items[i]->segment);
	metric_set(&h->metrics, METRIC_SEGMENTS, (int64_t)h->shelf.count);
	metric_set(&h->metrics, METRIC_SEGMENT_BYTES, bytes);
}

static err_t open_sealed(historian_t *h, uint64_t first_seq, uint64_t last_seq,
                         segment_t **ret_segment)
{
	char path[PATH_BYTES];
	writer_t w = writer_of(path, sizeof(path));
	err_detail_t detail;
	wr_format(&w, "%s/%016llx-%016llx.seg", h->spec.dir, (unsigned long long)first_seq,
	          (unsigned long long)last_seq);
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : segment_open(h->env, path, ret_segment, &detail);
}

static err_t seal(historian_t *h)
{
	segment_t *segment = NULL;
	if (memory_rows(h->table) == 0)
		return ERR_OK;
	err_t err = segment_write(h->env, h->spec.dir, h->table, h->sealed_seq + 1, h->table_seq);
	if (!err)
		err = open_sealed(h, h->sealed_seq + 1, h->table_seq, &segment);
	if (err)
		return err;
	/* One step for readers: rows leave the table as the segment appears. */
	env_lock(h->mutex);
	err = shelf_add(&h->shelf, segment);
	if (!err)
		memory_clear(h->table);
	env_unlock(h->mutex);
	if (err)
		return err;
	h->sealed_seq = h->table_seq;
	metric_add(&h->metrics, METRIC_SEALS, 1);
	metric_set(&h->metrics, METRIC_TABLE_ROWS, 0);
	count_shelf(h);
	return journal_recycle(h->spec.journal, h->sealed_seq + 1);
}

err_t historian_seal(historian_t *historian)
{
	err_t err = seal(historian);
	if (err)
		metric_add(&historian->metrics, METRIC_SEAL_FAILURES, 1);
	return err;
}

static err_t add_rows(historian_t *h)
{
	err_t err = ERR_OK;
	sample_batch_t batch = sample_rows_batch(&h->rows);
	if (memory_rows(h->table) == 0)
		h->table_since_ns = env_now(h->env);
	env_lock(h->mutex);
	for (size_t i = 0; !err && i < batch.count; i++) {
		sample_t sample = sample_batch_get(&batch, i);
		err = memory_add(h->table, &sample);
	}
	env_unlock(h->mutex);
	metric_add(&h->metrics, METRIC_SAMPLES, (int64_t)batch.count);
	metric_set(&h->metrics, METRIC_TABLE_ROWS, (int64_t)memory_rows(h->table));
	return err;
}

static err_t take_record(historian_t *h, const journal_record_t *record)
{
	err_t err = ERR_OK;
	h->rows.count = 0;
	if (record->type == JOURNAL_SAMPLES)
		err = sample_batch_decode(record->payload, &h->rows);
	if (!err)
		err = add_rows(h);
	if (!err)
		h->table_seq = record->seq;
	return err;
}

/* Reads on until the durable end, or until the table is full and cannot be sealed. */
static err_t follow(historian_t *h)
{
	journal_record_t record;
	for (;;) {
		if (!memory_has_room(h->table, SAMPLE_ROWS_MAX)) {
			err_t err = historian_seal(h);
			if (err)
				return err;
		}
		err_t err = journal_cursor_next(h->cursor, &record);
		if (err == ERR_NOT_FOUND)
			return ERR_OK;
		if (!err)
			err = take_record(h, &record);
		if (err)
			return err;
	}
}

static void on_durable(void *ctx)
{
	historian_t *h = ctx;
	uint64_t seq;
	while (env_mailbox_take(h->durable_mail, &seq))
		;
	/* A failure shows in the metrics and is tried again by the timer. */
	(void)!follow(h);
}

static void on_timer(void *ctx)
{
	historian_t *h = ctx;
	bool due = memory_rows(h->table) &&
	           env_now(h->env) - h->table_since_ns >= h->spec.seal_age_ns;
	/* As above. */
	(void)!follow(h);
	if (due)
		(void)!historian_seal(h);
	if (h->spec.retain_ns)
		(void)!historian_retain(h, env_utc(h->env).ns - h->spec.retain_ns);
	env_timer_set(h->timer, TICK_S * NS_PER_S);
}

err_t historian_retain(historian_t *historian, int64_t before_ns)
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < historian->shelf.count;) {
		const segment_t *segment = historian->shelf.items[i]->segment;
		if (segment_last_ns(segment) >= before_ns) {
			i++;
			continue;
		}
		err = env_path_remove(historian->env, segment_path(segment));
		if (err)
			break;
		env_lock(historian->mutex);
		shelf_drop(&historian->shelf, i);
		env_unlock(historian->mutex);
		metric_add(&historian->metrics, METRIC_RETIRED, 1);
	}
	count_shelf(historian);
	return err;
}

typedef struct {
	historian_t *h;
	err_t err;
	err_detail_t *detail;
} listing_t;

static bool ends_with(slice_t s, slice_t tail)
{
	return s.len >= tail.len && slice_eq(slice_from(s, s.len - tail.len), tail);
}

static void list_file(void *ctx, const char *name)
{
	listing_t *listing = ctx;
	historian_t *h = listing->h;
	char path[PATH_BYTES];
	segment_t *segment = NULL;
	writer_t w = writer_of(path, sizeof(path));
	wr_format(&w, "%s/%s", h->spec.dir, name);
	wr_u8(&w, 0);
	if (listing->err || w.bad)
		return;
	if (ends_with(slice_str(name), SLICE(".tmp")))
		listing->err = env_path_remove(h->env, path);
	if (!ends_with(slice_str(name), SLICE(".seg")))
		return;
	listing->err = segment_open(h->env, path, &segment, listing->detail);
	if (!listing->err)
		listing->err = shelf_add(&h->shelf, segment);
}

static err_t open_shelf(historian_t *h, err_detail_t *ret_detail)
{
	listing_t listing = { .h = h, .detail = ret_detail };
	err_t err = env_dir_make(h->env, h->spec.dir);
	if (!err)
		err = env_dir_list(h->env, h->spec.dir, list_file, &listing);
	if (!err)
		err = listing.err;
	for (size_t i = 0; i < h->shelf.count; i++)
		if (segment_last_seq(h->shelf.items[i]->segment) > h->sealed_seq)
			h->sealed_seq = segment_last_seq(h->shelf.items[i]->segment);
	h->table_seq = h->sealed_seq;
	count_shelf(h);
	return err;
}

static err_t check_journal(const historian_t *h, err_detail_t *ret_detail)
{
	char last[24], sealed[24];
	if (journal_last(h->spec.journal) >= h->sealed_seq)
		return ERR_OK;
	writer_t a = writer_of(last, sizeof(last)), b = writer_of(sealed, sizeof(sealed));
	wr_format(&a, "%llu", (unsigned long long)journal_last(h->spec.journal));
	wr_u8(&a, 0);
	wr_format(&b, "%llu", (unsigned long long)h->sealed_seq);
	wr_u8(&b, 0);
	return err_raise(ret_detail, ERR_CORRUPT, &text_behind, h->spec.dir, last, sealed,
	                 (char *)NULL);
}

static err_t open_mail(historian_t *h)
{
	env_mailbox_spec_t mail = {
		.name = "history durable",
		.reader = h->spec.history_loop,
		.item_size = sizeof(uint64_t),
		.capacity = 4,
		.policy = ENV_FULL_DROP,
		.ready = on_durable,
		.ctx = h,
	};
	err_t err = env_mailbox_new(&mail, &h->durable_mail);
	if (!err)
		err = journal_subscribe(h->spec.journal, h->durable_mail);
	if (!err)
		err = env_timer_new(h->spec.history_loop, on_timer, h, &h->timer);
	if (!err)
		env_timer_set(h->timer, TICK_S * NS_PER_S);
	return err;
}

static err_t open_all(historian_t *h, err_detail_t *ret_detail)
{
	h->table = memory_new(h->spec.table_bytes);
	if (!h->table)
		return ERR_NO_MEMORY;
	err_t err = env_mutex_new(h->env, &h->mutex);
	if (!err)
		err = env_mutex_new(h->env, &h->sink_mutex);
	if (!err)
		err = open_shelf(h, ret_detail);
	if (!err)
		err = check_journal(h, ret_detail);
	if (!err)
		err = journal_cursor_open(h->spec.journal, h->sealed_seq + 1, &h->cursor);
	if (!err)
		err = follow(h);
	return err ? err : open_mail(h);
}

err_t historian_open(env_t *env, const historian_spec_t *spec, historian_t **ret_historian,
                     err_detail_t *ret_detail)
{
	historian_t *h = calloc(1, sizeof(*h));
	*ret_detail = (err_detail_t){ 0 };
	if (!h)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, spec->dir, (char *)NULL);
	h->env = env;
	h->spec = *spec;
	if (!h->spec.table_bytes)
		h->spec.table_bytes = TABLE_BYTES;
	if (!h->spec.seal_age_ns)
		h->spec.seal_age_ns = 600 * NS_PER_S;
	metrics_init(&h->metrics, metric_rows, METRIC_COUNT);
	err_t err = open_all(h, ret_detail);
	if (err) {
		historian_close(h);
		return ret_detail->err ? err
		                       : err_raise(ret_detail, err, NULL, spec->dir, (char *)NULL);
	}
	*ret_historian = h;
	return ERR_OK;
}

void historian_close(historian_t *historian)
{
	if (!historian)
		return;
	env_timer_free(historian->timer);
	env_mailbox_free(historian->durable_mail);
	journal_cursor_close(historian->cursor);
	shelf_clear(&historian->shelf);
	memory_free(historian->table);
	env_mutex_free(historian->sink_mutex);
	env_mutex_free(historian->mutex);
	free(historian);
}

const metrics_t *historian_metrics(const historian_t *historian)
{
	return &historian->metrics;
}

/* What one question reads: taken under the mutex, read without it. */
typedef struct {
	shelf_item_t **segments;
	size_t segment_count;
	block_row_t *rows;
	size_t row_count;
} view_t;

static err_t view_take(historian_t *h, const series_query_t *query, view_t *ret_view)
{
	view_t view = { .segments = calloc(SHELF_MAX, sizeof(shelf_item_t *)) };
	if (!view.segments)
		return ERR_NO_MEMORY;
	env_lock(h->mutex);
	err_t err = memory_copy(h->table, query->point, query->from_ns, query->to_ns, &view.rows,
	                        &view.row_count);
	if (!err)
		view.segment_count = shelf_borrow(&h->shelf, query->from_ns, query->to_ns,
		                                  view.segments);
	env_unlock(h->mutex);
	if (err)
		free(view.segments);
	else
		*ret_view = view;
	return err;
}

static void view_return(historian_t *h, view_t *view)
{
	env_lock(h->mutex);
	for (size_t i = 0; i < view->segment_count; i++)
		shelf_return(view->segments[i]);
	env_unlock(h->mutex);
	free(view->segments);
	free(view->rows);
}

static err_t ask(historian_t *h, const series_query_t *query,
                 bool (*row)(void *, const block_row_t *), void *ctx)
{
	view_t view;
	err_t err = view_take(h, query, &view);
	if (err)
		return err;
	scan_spec_t spec = {
		.env = h->env,
		.query = query,
		.segments = view.segments,
		.segment_count = view.segment_count,
		.memory = view.rows,
		.memory_count = view.row_count,
	};
	err = scan_run(&spec, row, ctx);
	view_return(h, &view);
	return err;
}

typedef struct {
	point_id_t point;
	bool (*row)(void *ctx, const sample_t *sample);
	void *ctx;
} raw_taker_t;

static bool raw_row(void *ctx, const block_row_t *row)
{
	raw_taker_t *taker = ctx;
	sample_t sample = {
		.point = taker->point,
		.source = { row->source_ns },
		.node = { row->node_ns },
		.value = value_from_bits((value_type_t)row->type, row->bits),
		.quality = (quality_t)row->quality,
	};
	return taker->row(taker->ctx, &sample);
}

static err_t reader_raw(void *ctx, const series_query_t *query,
                        bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx)
{
	raw_taker_t taker = { .point = query->point, .row = row, .ctx = row_ctx };
	return query->to_ns <= query->from_ns ? ERR_INVALID : ask(ctx, query, raw_row, &taker);
}

static bool bucket_row(void *ctx, const block_row_t *row)
{
	return aggregate_add(ctx, row);
}

static err_t reader_buckets(void *ctx, const series_query_t *query,
                            bool (*row)(void *row_ctx, const series_bucket_t *bucket),
                            void *row_ctx)
{
	aggregate_t aggregate;
	series_query_t all = *query;
	err_t err = aggregate_begin(&aggregate, query, row, row_ctx);
	if (err)
		return err;
	all.limit = SIZE_MAX;
	err = ask(ctx, &all, bucket_row, &aggregate);
	if (!err)
		aggregate_end(&aggregate);
	return err;
}

series_reader_t historian_reader(historian_t *historian)
{
	return (series_reader_t){ .ctx = historian, .raw = reader_raw, .buckets = reader_buckets };
}
