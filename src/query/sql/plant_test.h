/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_SQL_PLANT_TEST_H
#define QUERY_SQL_PLANT_TEST_H
/* A small plant in memory behind the ports, and the same rows in plain tables of a
 * database, so that SQLite itself says what an answer must be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>

#include "base/num.h"
#include "env/sql_ask.h"
#include "env/twin/twin.h"
#include "query/sql/sql.h"

enum {
	PLANT_POINTS = 4, /* of the catalogue; ids from 1 */
	PLANT_SERIES = 3, /* behind them */
	PLANT_ROWS = 24000,
	PLANT_EVENTS = 40,
	PLANT_IDENTIFIERS = 2500,
	ANSWER_MAX = 4 << 20,
};
#define PLANT_T0 INT64_C(1700000000000000000)

typedef struct {
	twin_t *twin;
	env_t *env;
	sql_t *sql;
	env_sql_t *plain;
	catalogue_t catalogue;
	device_t device;
	point_t points[PLANT_POINTS];
	/* Sorted by point and time; several rows may have one time. */
	sample_t rows[PLANT_ROWS];
	size_t row_count;
	size_t rows_asked; /* that the port handed out */
	err_t broken;      /* what the port answers instead */
	series_index_t index;
	char text[ANSWER_MAX], want[ANSWER_MAX];
} plant_t;

static const char *const plant_names[PLANT_POINTS + PLANT_SERIES] = {
	"FRM1.V_SET", "FRM1.I_SET",           "FRM1.T",
	"FRM1.EMPTY", "m_f0{dev=\"d\\\"1\"}", "m_f0{dev=\"d2\",line=\"a\"}",
	"up",
};

#define LABEL(name, value) \
	{ \
		{ (const uint8_t *)(name), sizeof(name) - 1 }, \
		{ \
			(const uint8_t *)(value), sizeof(value) - 1 \
		} \
	}
static const label_t plant_labels[PLANT_SERIES][3] = {
	{ LABEL("__name__", "m_f0"), LABEL("dev", "d\"1") },
	{ LABEL("__name__", "m_f0"), LABEL("dev", "d2"), LABEL("line", "a") },
	{ LABEL("__name__", "up") },
};
#undef LABEL

/* The ports. */

static inline bool plant_holds(const plant_t *p, const sample_t *s, const series_query_t *q)
{
	(void)p;
	return s->point == q->point && s->source.ns >= q->from_ns && s->source.ns < q->to_ns &&
	       (!q->known_at_ns || s->node.ns <= q->known_at_ns);
}

MUST_CHECK static inline err_t plant_raw(void *ctx, const series_query_t *q,
                                         bool (*row)(void *, const sample_t *), void *row_ctx)
{
	plant_t *p = ctx;
	size_t left = q->limit ? q->limit : SIZE_MAX;
	for (size_t i = 0; i < p->row_count && left; i++)
		if (plant_holds(p, &p->rows[i], q)) {
			sample_t lent = p->rows[i];
			char text[8] = "";
			left--;
			p->rows_asked++;
			if (lent.value.type == VALUE_TEXT) {
				(void)slice_to_cstr(lent.value.as.text, text, sizeof(text));
				lent.value.as.text.ptr = (const uint8_t *)text;
			}
			bool goes_on = row(row_ctx, &lent);
			memset(text, '?', sizeof(text));
			if (!goes_on)
				break;
		}
	return p->broken;
}

static inline summary_t plant_summary(const plant_t *p, const series_query_t *q)
{
	summary_t sum = { 0 };
	for (size_t i = 0; i < p->row_count; i++) {
		const sample_t *s = &p->rows[i];
		bool is_text = s->value.type == VALUE_TEXT;
		summary_end_t end = { s->source.ns, is_text ? 0 : value_bits(&s->value),
			              (uint8_t)s->value.type, (uint8_t)s->quality };
		if (plant_holds(p, s, q))
			summary_add(&sum, &end, false);
	}
	return sum;
}

/* Whether the taker has the sample as a number. */
static inline bool plant_offer(const series_taker_t *taker, const sample_t *s)
{
	bool is_plain = s->quality == QUALITY_OK && s->value.type == VALUE_F64 &&
	                isfinite(s->value.as.f);
	series_run_t run = { 1, &s->source.ns, &s->value.as.f, VALUE_F64 };
	return taker->run && is_plain && taker->run(taker->ctx, &run) == 1;
}

/* The range as one summary; opened, every other bucket as one; opened, its samples. */
MUST_CHECK static inline err_t plant_take(void *ctx, const series_query_t *q,
                                          const series_taker_t *taker)
{
	plant_t *p = ctx;
	summary_t all = plant_summary(p, q);
	if (all.count == 0 || taker->summary(taker->ctx, &all) == SERIES_TAKEN)
		return ERR_OK;
	for (int64_t at = q->from_ns, n = 0; at < q->to_ns; at += q->step_ns, n++) {
		int64_t end = q->to_ns - at < q->step_ns ? q->to_ns : at + q->step_ns;
		series_query_t one = { .point = q->point, .from_ns = at, .to_ns = end };
		summary_t sum = n % 2 ? plant_summary(p, &one) : (summary_t){ 0 };
		if (sum.count && taker->summary(taker->ctx, &sum) == SERIES_TAKEN)
			continue;
		for (size_t i = 0; i < p->row_count; i++)
			if (plant_holds(p, &p->rows[i], &one) && !plant_offer(taker, &p->rows[i]) &&
			    !taker->row(taker->ctx, &p->rows[i]))
				return ERR_OK;
	}
	return ERR_OK;
}

MUST_CHECK static inline err_t plant_last(void *ctx, const point_id_t *points, size_t count,
                                          bool (*row)(void *, const sample_t *), void *row_ctx)
{
	plant_t *p = ctx;
	for (size_t i = 0; i < count; i++) {
		const sample_t *last = NULL;
		for (size_t r = 0; r < p->row_count; r++)
			if (p->rows[r].point == points[i])
				last = &p->rows[r];
		if (last && !row(row_ctx, last))
			break;
	}
	return ERR_OK;
}

MUST_CHECK static inline err_t plant_select(void *ctx, const label_matcher_t *matchers,
                                            size_t count,
                                            bool (*row)(void *, point_id_t, const labels_t *),
                                            void *row_ctx)
{
	(void)ctx;
	for (size_t i = 0; i < PLANT_SERIES; i++) {
		labels_t labels = { plant_labels[i], i == 0 ? 2 : i == 1 ? 3 : 1 };
		bool is_held = true;
		for (size_t m = 0; m < count; m++)
			is_held = is_held && slice_eq(labels_get(&labels, matchers[m].name),
			                              matchers[m].value);
		if (is_held && !row(row_ctx, (point_id_t)(PLANT_POINTS + 1 + i), &labels))
			break;
	}
	return ERR_OK;
}

MUST_CHECK static inline err_t plant_identifiers(void *ctx, slice_t after, size_t limit,
                                                 bool (*row)(void *, const sql_identifier_t *),
                                                 void *row_ctx)
{
	(void)ctx;
	for (int i = 0; i < PLANT_IDENTIFIERS && limit; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "99.100.1/P%05d", i);
		sql_identifier_t one = { slice_str(name), i % 3 ? RECORD_ACTIVE : RECORD_RETIRED,
			                 i };
		if (slice_cmp(one.name, after) <= 0)
			continue;
		limit--;
		if (!row(row_ctx, &one))
			break;
	}
	return ERR_OK;
}

static inline size_t plant_assets(void *ctx, size_t from, asset_t *ret, size_t cap)
{
	(void)ctx;
	size_t n = 0;
	for (; from + n < 40 && n < cap; n++)
		ret[n] = (asset_t){ .ip.family = 4,
			            .approved = (from + n) % 2,
			            .packets = from + n,
			            .vendor = "Maker" };
	return n;
}

MUST_CHECK static inline err_t plant_events(void *ctx, const sql_events_t *q,
                                            bool (*row)(void *, const event_t *), void *row_ctx)
{
	(void)ctx;
	for (uint64_t seq = PLANT_EVENTS; seq > q->after_seq; seq--) {
		event_t event = event_make(seq % 2 ? MSG_DEVICE_UP : MSG_DEVICE_DOWN,
		                           (node_time_t){ (int64_t)seq });
		if (q->before_seq && seq >= q->before_seq)
			continue;
		event.seq = seq;
		event.device = 1;
		event_arg(&event, ARG_DEVICE, value_text(SLICE("FRM1")));
		if (!row(row_ctx, &event))
			break;
	}
	return ERR_OK;
}

/* The rows. */

static inline void plant_add(plant_t *p, point_id_t point, int64_t ns, value_t value,
                             quality_t quality)
{
	assert_true(p->row_count < PLANT_ROWS);
	p->rows[p->row_count++] = (sample_t){ .point = point,
		                              .source = { PLANT_T0 + ns },
		                              .node = { PLANT_T0 + ns + 7 },
		                              .value = value,
		                              .quality = quality };
}

static inline void plant_fill(plant_t *p)
{
	rng_t chance = rng_of(4);
	for (int i = 0; i < 9000; i++)
		plant_add(p, 1, i * NS_PER_S, value_f64((double)rng_below(&chance, 1000) / 10),
		          rng_below(&chance, 50) ? QUALITY_OK : QUALITY_STALE);
	/* Some of bad quality without a value, whole numbers, times that come twice. */
	for (int i = 0; i < 3000; i++) {
		bool is_bad = rng_below(&chance, 20) == 0;
		plant_add(p, 2, i / 2 * 2 * NS_PER_S,
		          is_bad ? (value_t){ .type = VALUE_NONE } : value_i64(i - 1500),
		          is_bad ? QUALITY_TIMEOUT : QUALITY_OK);
	}
	/* Texts, which the port lends for a call alone; and more than a page at one moment. */
	for (int i = 0; i < 3000; i++)
		plant_add(p, 3, i < 10 ? i : 10,
		          i % 10 == 3  ? value_text(SLICE("off"))
		          : i % 10 > 6 ? value_enum((uint32_t)i % 3)
		                       : value_bool(i % 2),
		          QUALITY_OK);
	for (point_id_t id = PLANT_POINTS + 1; id <= PLANT_POINTS + PLANT_SERIES; id++)
		for (int i = 0; i < 2000; i++)
			plant_add(p, id, i * 10 * NS_PER_S,
			          id % 2 ? value_f32((float)(i * 0.1 * id))
			                 : value_f64(i * 0.1 * id),
			          QUALITY_OK);
}

static inline void plant_run(env_sql_t *plain, const char *text)
{
	assert_int_equal(env_sql_run(plain, text), ERR_OK);
}

static inline void plant_put(env_sql_statement_t *put, const value_t *values, size_t count)
{
	bool row;
	for (size_t i = 0; i < count; i++)
		env_sql_bind(put, i + 1, &values[i]);
	assert_int_equal(env_sql_step(put, &row), ERR_OK);
	env_sql_reset(put);
}

static inline const char *plant_quality(quality_t quality)
{
	return quality == QUALITY_OK ? "good" : quality == QUALITY_STALE ? "stale" : "timeout";
}

static inline value_t plant_value(const value_t *value)
{
	return value->type == VALUE_BOOL   ? value_i64(value->as.b)
	       : value->type == VALUE_ENUM ? value_i64(value->as.ordinal)
	                                   : *value;
}

/* Of the third point alone; 2 has no name. */
static inline value_t plant_state(point_id_t point, const value_t *value)
{
	bool is_named = point == 3 && value->type == VALUE_I64 && value->as.i < 2;
	return is_named ? value_text(value->as.i ? SLICE("run") : SLICE("stop"))
	                : (value_t){ .type = VALUE_NONE };
}

static inline void plant_copy(plant_t *p)
{
	env_sql_statement_t *put = NULL;
	plant_run(p->plain,
	          "CREATE TABLE samples(point TEXT, t INTEGER, value, quality TEXT, node_t "
	          "INTEGER, state TEXT, bound REAL); CREATE TABLE points(point TEXT, id INTEGER); "
	          "BEGIN");
	assert_int_equal(
		env_sql_prepare(p->plain, "INSERT INTO samples VALUES (?,?,?,?,?,?,?)", &put),
		ERR_OK);
	for (size_t i = 0; i < p->row_count; i++) {
		const sample_t *s = &p->rows[i];
		value_t value = plant_value(&s->value);
		value_t cells[] = { value_text(slice_str(plant_names[s->point - 1])),
			            value_i64(s->source.ns),
			            value,
			            value_text(slice_str(plant_quality(s->quality))),
			            value_i64(s->node.ns),
			            plant_state(s->point, &value),
			            value_f64(s->bound) };
		plant_put(put, cells, 7);
	}
	env_sql_finalize(put);
	assert_int_equal(env_sql_prepare(p->plain, "INSERT INTO points VALUES (?,?)", &put),
	                 ERR_OK);
	for (size_t i = 0; i < PLANT_POINTS + PLANT_SERIES; i++)
		plant_put(put,
		          (value_t[]){ value_text(slice_str(plant_names[i])),
		                       value_i64((int64_t)i + 1) },
		          2);
	env_sql_finalize(put);
	plant_run(p->plain, "COMMIT; CREATE VIEW last AS SELECT * FROM samples WHERE rowid IN "
	                    "(SELECT max(rowid) FROM samples GROUP BY point)");
}

static inline int plant_close(void **state)
{
	plant_t *p = *state;
	sql_close(p->sql);
	env_sql_close(p->plain);
	twin_host_close(p->env);
	twin_free(p->twin);
	test_free(p);
	return 0;
}

static inline int plant_open(void **state)
{
	plant_t *p = test_calloc(1, sizeof(*p));
	static const char *const idents[PLANT_POINTS] = { "99.100.1/A", "99.100.1/B", "", "" };
	p->device = (device_t){ .id = 1, .name = "FRM1", .label = { "", "" }, .ident = "" };
	for (size_t i = 0; i < PLANT_POINTS; i++)
		p->points[i] = (point_t){ .id = (point_id_t)i + 1,
			                  .device = 1,
			                  .name = plant_names[i],
			                  .label = { "Voltage", "电压" },
			                  .unit = "V",
			                  .ident = idents[i] };
	static const point_state_t states[] = { { 0, { "stop", "停" } }, { 1, { "run", "开" } } };
	p->points[2].states = (point_states_t){ states, 2, true };
	p->catalogue = (catalogue_t){ .devices = &p->device,
		                      .device_count = 1,
		                      .points = p->points,
		                      .point_count = PLANT_POINTS };
	assert_int_equal(twin_new(&(twin_spec_t){ .seed = 1 }, &p->twin), ERR_OK);
	assert_int_equal(twin_host_open(p->twin, "node", &p->env), ERR_OK);
	assert_int_equal(env_sql_open(p->env, "plain.db", &p->plain), ERR_OK);
	plant_fill(p);
	plant_copy(p);
	p->index = (series_index_t){ .ctx = p, .select = plant_select };
	sql_spec_t spec = {
		.reader = { .ctx = p, .raw = plant_raw, .take = plant_take, .last = plant_last },
		.index = &p->index,
		.source = { p, plant_identifiers, plant_assets, plant_events, NULL },
	};
	assert_int_equal(sql_open(p->env, &spec, &p->sql), ERR_OK);
	*state = p;
	return 0;
}

/* Answers as text: cells with their types, a line for each row. */

typedef struct {
	writer_t w;
	size_t rows, rows_max;
} plant_answer_t;

static inline bool plant_head(void *ctx, const slice_t *names, size_t count)
{
	plant_answer_t *a = ctx;
	for (size_t i = 0; i < count; i++)
		assert_true(names[i].len > 0);
	return a->rows_max > 0;
}

static inline bool plant_row(void *ctx, const value_t *values, size_t count)
{
	plant_answer_t *a = ctx;
	for (size_t i = 0; i < count; i++) {
		const value_t *v = &values[i];
		if (v->type == VALUE_TEXT)
			wr_format(&a->w, "'%.*s' ", (int)v->as.text.len,
			          (const char *)v->as.text.ptr);
		else if (v->type == VALUE_I64)
			wr_format(&a->w, "%lld ", (long long)v->as.i);
		else if (v->type == VALUE_F64)
			wr_format(&a->w, "%.13e ", v->as.f);
		else
			wr_format(&a->w, "NULL ");
	}
	wr_format(&a->w, "\n");
	return ++a->rows < a->rows_max;
}

MUST_CHECK static inline err_t plant_ask(plant_t *p, const sql_question_t *question,
                                         err_detail_t *ret_detail)
{
	plant_answer_t a = { writer_of(p->text, ANSWER_MAX - 1), 0, SIZE_MAX };
	sql_question_t asked = *question;
	asked.catalogue = &p->catalogue;
	p->rows_asked = 0;
	err_t err = sql_ask(p->sql, &asked, &(sql_answer_t){ &a, plant_head, plant_row },
	                    ret_detail);
	assert_false(a.w.bad);
	p->text[a.w.len] = 0;
	return err;
}

static inline void plant_ask_plain(plant_t *p, const char *text)
{
	plant_answer_t a = { writer_of(p->want, ANSWER_MAX - 1), 0, SIZE_MAX };
	env_sql_statement_t *ask = NULL;
	value_t values[16];
	bool row = true;
	assert_int_equal(env_sql_ask(p->plain, slice_str(text), &ask), ERR_OK);
	while (row) {
		assert_int_equal(env_sql_step(ask, &row), ERR_OK);
		for (size_t i = 0; row && i < env_sql_columns(ask); i++)
			values[i] = env_sql_value(ask, i);
		if (row)
			(void)plant_row(&a, values, env_sql_columns(ask));
	}
	env_sql_finalize(ask);
	assert_false(a.w.bad);
	p->want[a.w.len] = 0;
}
#endif
