/* SPDX-License-Identifier: Apache-2.0 */
/* Questions over the tables of the room against the same over plain tables with the same
 * rows, which SQLite answers by itself; and what must be refused. */
#include "query/sql/plant_test.h"

#define T(seconds) "(1700000000000000000 + " #seconds " * 1000000000)"

/* The text is the same for both, but for what only one of them has. */
typedef struct {
	const char *ours, *plain; /* plain NULL: the same */
} pair_t;

#define BUCKETS(agg, column) \
	{ \
		"SELECT t, value, count, bad FROM buckets('FRM1.V_SET', " T(0) ", " T( \
			9000) ", '1h', '" #agg "') ORDER BY t", \
			"SELECT (t - " T(0) ") / 3600000000000 * 3600000000000 + " T( \
				0) " AS b, " column ", count(value), 0 FROM samples WHERE point " \
				   "= 'FRM1.V_SET' GROUP BY b ORDER BY b" \
	}

static const pair_t pairs[] = {
	{ "SELECT 1", NULL },
	{ "SELECT count(*), min(t), max(t), sum(value) FROM samples WHERE point = 'FRM1.V_SET'",
	  NULL },
	{ "SELECT * FROM samples WHERE point = 'FRM1.V_SET' AND t >= " T(10) " AND t < " T(
		  20) " ORDER BY t",
	  NULL },
	{ "SELECT * FROM samples WHERE point = 'FRM1.V_SET' AND t > " T(10) " AND t <= " T(
		  20) " ORDER BY t",
	  NULL },
	{ "SELECT * FROM samples WHERE point = 'FRM1.V_SET' AND t = " T(10), NULL },
	{ "SELECT * FROM samples WHERE point = 'FRM1.V_SET' AND t BETWEEN " T(10) " AND " T(
		  12) " ORDER BY t DESC",
	  NULL },
	{ "SELECT t FROM samples WHERE point = 'FRM1.V_SET' AND t > 1.7000000005e18 ORDER BY t "
	  "LIMIT 3",
	  NULL },
	{ "SELECT count(*) FROM samples WHERE point = 'FRM1.V_SET' AND t >= " T(20) " AND t < " T(
		  10),
	  NULL },
	{ "SELECT count(*) FROM samples WHERE point = 'FRM1.V_SET' AND t > NULL", NULL },
	{ "SELECT count(*) FROM samples WHERE point = 'FRM9.NONE'", NULL },
	{ "SELECT count(*) FROM samples WHERE point = 7", NULL },
	{ "SELECT count(*) FROM samples WHERE point IS NULL", NULL },
	{ "SELECT count(*), sum(value) FROM samples", NULL },
	{ "SELECT point, count(*), count(value), sum(value) FROM samples GROUP BY point ORDER BY "
	  "point",
	  NULL },
	{ "SELECT point, count(*) FROM samples WHERE point IN ('FRM1.T', 'up', 'FRM1.T') GROUP BY "
	  "point ORDER BY point",
	  NULL },
	{ "SELECT count(*) FROM samples WHERE point = 'FRM1.T'", NULL },
	{ "SELECT t, value, count(*) FROM samples WHERE point = 'FRM1.T' GROUP BY t, value ORDER "
	  "BY t, value",
	  NULL },
	{ "SELECT quality, count(*) FROM samples GROUP BY quality ORDER BY quality", NULL },
	{ "SELECT state, typeof(value), count(*) FROM samples WHERE point = 'FRM1.T' GROUP BY 1, 2 "
	  "ORDER BY 1, 2",
	  NULL },
	{ "SELECT t, value, typeof(value) FROM samples WHERE point = 'up' AND value > 120 ORDER BY "
	  "t",
	  NULL },
	{ "SELECT count(*) FROM samples WHERE quality = 'timeout' AND value IS NULL", NULL },
	{ "SELECT t, value FROM samples WHERE point = 'FRM1.I_SET' AND value > 1400 ORDER BY t, "
	  "value",
	  NULL },
	{ "SELECT count(*) FROM samples WHERE value > 99.5", NULL },
	{ "SELECT * FROM samples WHERE point = 'm_f0{dev=\"d\\\"1\"}' AND t < " T(50) " ORDER BY t",
	  NULL },
	{ "SELECT count(*), max(value) FROM samples WHERE point = 'm_f0{dev=\"d2\",line=\"a\"}'",
	  NULL },
	{ "SELECT count(*) FROM samples WHERE point = 'm_f0 {line=\"a\", dev=\"d2\"}'",
	  "SELECT 2000" },
	{ "SELECT count(*) FROM samples WHERE point = 'm_f0{dev=\"d2\"}'", NULL },
	{ "SELECT count(*) FROM samples WHERE point = 'm_f0{dev='", NULL },
	{ "SELECT count(*) FROM samples WHERE point LIKE 'm_f0%'", NULL },
	{ "SELECT p.point, count(*) FROM points p JOIN samples s ON s.point = p.point GROUP BY "
	  "p.point ORDER BY 1",
	  NULL },
	{ "SELECT p.point, count(s.t) FROM points p LEFT JOIN samples s ON s.point = p.point AND "
	  "s.t < " T(5) " GROUP BY p.point ORDER BY 1",
	  NULL },
	{ "SELECT a.t, a.value, b.value FROM samples a JOIN samples b ON a.t = b.t WHERE a.point = "
	  "'FRM1.V_SET' AND b.point = 'up' AND a.t < " T(100) " ORDER BY a.t",
	  NULL },
	{ "SELECT t, avg(value) OVER (ORDER BY t ROWS 4 PRECEDING) FROM samples WHERE point = "
	  "'FRM1.V_SET' AND t < " T(50) " ORDER BY t",
	  NULL },
	{ "SELECT t / 60000000000 AS m, avg(value), max(value) FROM samples WHERE point = "
	  "'FRM1.V_SET' GROUP BY m ORDER BY m",
	  NULL },
	{ "WITH s AS (SELECT * FROM samples WHERE point = 'up') SELECT count(*), (SELECT "
	  "max(value) FROM s) FROM s",
	  NULL },
	{ "SELECT * FROM last ORDER BY point", NULL },
	{ "SELECT value FROM last WHERE point = 'FRM1.V_SET'", NULL },
	{ "SELECT value FROM last('FRM1.V_SET')",
	  "SELECT value FROM last WHERE point = 'FRM1.V_SET'" },
	{ "SELECT count(*) FROM last(NULL)", "SELECT count(*) FROM last" },
	{ "SELECT l.value FROM points p JOIN last(p.point) l WHERE p.id = 7",
	  "SELECT value FROM last WHERE point = 'up'" },
	{ "SELECT point, id FROM points ORDER BY point", NULL },
	{ "SELECT point FROM points ORDER BY point DESC LIMIT 2", NULL },
	{ "SELECT id FROM points WHERE point = 'FRM1.I_SET'", NULL },
	{ "SELECT count(*) FROM points WHERE point IN (SELECT point FROM samples WHERE value < 0)",
	  NULL },
	{ "SELECT unit, ident, device, label FROM points WHERE id = 1",
	  "SELECT 'V', '99.100.1/A', 'FRM1', 'Voltage'" },
	BUCKETS(max, "max(value)"),
	BUCKETS(min, "min(value)"),
	BUCKETS(mean, "avg(value)"),
	BUCKETS(count, "count(value)"),
	BUCKETS(bad, "0"),
	{ "SELECT t, first, last, first_t, last_t FROM buckets('up', " T(0) ", " T(
		  20000) ", '30m') ORDER BY t",
	  "SELECT DISTINCT (t - " T(0) ") / 1800000000000 * 1800000000000 + " T(
		  0) " AS b, first_value(value) OVER w, last_value(value) OVER w, first_value(t) "
	             "OVER w, last_value(t) OVER w FROM samples WHERE point = 'up' WINDOW w AS "
	             "(PARTITION BY (t - " T(0) ") / 1800000000000 ORDER BY t ROWS BETWEEN "
	                                        "UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) "
	                                        "ORDER BY b" },
	{ "SELECT count(*), sum(count), sum(bad) FROM buckets('FRM1.I_SET', " T(0) ", " T(
		  3000) ", 1000000000)",
	  "SELECT 3000, count(value), count(*) - count(value) FROM samples WHERE point = "
	  "'FRM1.I_SET'" },
	{ "SELECT b.point, max(b.value) FROM points p JOIN buckets(p.point, " T(0) ", " T(
		  20000) ", '1h', 'max') b WHERE p.point LIKE 'm_f0%' GROUP BY 1 ORDER BY 1",
	  "SELECT point, max(value) FROM samples WHERE point LIKE 'm_f0%' GROUP BY 1 ORDER BY 1" },
	{ "SELECT point, sum(count) FROM buckets(NULL, " T(0) ", " T(
		  20000) ", '1h') GROUP BY 1 HAVING sum(count) > 0 ORDER BY 1",
	  "SELECT point, count(value) FROM samples WHERE typeof(value) <> 'text' AND value IS NOT "
	  "NULL GROUP BY 1 ORDER BY 1" },
	{ "SELECT sum(count) FROM buckets('FRM1.V_SET', '2023-11-14T22:13:20Z', "
	  "'2023-11-14T23:13:20Z', '1m')",
	  "SELECT 3600" },
	{ "SELECT ns('2023-11-14T22:13:20Z'), iso(" T(0) "), ns(NULL), iso(NULL)",
	  "SELECT " T(0) ", '2023-11-14T22:13:20.000Z', NULL, NULL" },
	{ "SELECT count(*) FROM samples WHERE point = 'FRM1.V_SET' AND t >= "
	  "ns('2023-11-14T22:13:30Z')",
	  "SELECT 8990" },
	{ "SELECT count(*), count(DISTINCT name), sum(state = 'retired') FROM identifiers",
	  "SELECT 2500, 2500, 834" },
	{ "SELECT name, state FROM identifiers WHERE changed_t = 4",
	  "SELECT '99.100.1/P00004', 'active'" },
	{ "SELECT count(*), sum(approved), sum(packets), max(vendor) FROM assets",
	  "SELECT 40, 20, 780, 'Maker'" },
	{ "SELECT seq, class, severity, message, device, json_extract(arguments, '$.device') FROM "
	  "events WHERE seq > 38 ORDER BY seq DESC",
	  "SELECT 40, 'alarm', 'warning', 'DEVICE_DOWN', 'FRM1', 'FRM1' UNION ALL SELECT 39, "
	  "'life', 'info', 'DEVICE_UP', 'FRM1', 'FRM1'" },
	{ "SELECT min(seq), max(seq), count(*) FROM events WHERE seq BETWEEN 5 AND 9",
	  "SELECT 5, 9, 5" },
	{ "SELECT count(*) FROM samples WHERE point = 'up' AND known_at = " T(100),
	  "SELECT count(*) FROM samples WHERE point = 'up' AND node_t <= " T(100) },
	{ "SELECT 'a' || char(10) || x'' || 'b;--c' -- and a comment\n ;",
	  "SELECT 'a' || char(10) || 'b;--c'" },
};

static void answers_are_those_of_plain_tables(void **state)
{
	plant_t *p = *state;
	err_detail_t detail;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		char text[512];
		if (plant_ask(p, &(sql_question_t){ .text = slice_str(pairs[i].ours) }, &detail))
			fail_msg("%s: %s", pairs[i].ours,
			         err_render(&detail, LANG_EN, text, sizeof(text)));
		plant_ask_plain(p, pairs[i].plain ? pairs[i].plain : pairs[i].ours);
		if (strcmp(p->text, p->want) != 0)
			fail_msg("%s\nfound %.600s\nwant %.600s", pairs[i].ours, p->text, p->want);
		assert_true(p->want[0] != 0);
	}
}

/* What was read besides what was wanted would be read in vain. */
static void time_and_point_narrow_what_is_read(void **state)
{
	plant_t *p = *state;
	static const struct {
		const char *text;
		size_t rows;
	} rows[] = {
		{ "SELECT max(value) FROM samples WHERE point = 'FRM1.V_SET' AND t >= " T(
			  10) " AND t < " T(20),
		  10 },
		{ "SELECT max(value) FROM samples WHERE point IN ('up', 'FRM1.V_SET') AND t < " T(
			  10),
		  11 },
		/* The last row of a page comes again with the next one. */
		{ "SELECT max(value) FROM samples WHERE t > " T(8998), 1 + 3 * (1100 + 1) },
		{ "SELECT max(value) FROM buckets('FRM1.V_SET', " T(0) ", " T(
			  9000) ", '1h', 'max')",
		  0 },
		{ "SELECT value FROM last('up')", 0 },
		{ "SELECT value FROM samples WHERE point = 'FRM1.V_SET' ORDER BY t LIMIT 1", 1024 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(
			plant_ask(p, &(sql_question_t){ .text = slice_str(rows[i].text) }, NULL),
			ERR_OK);
		if (p->rows_asked != rows[i].rows)
			fail_msg("%s read %zu", rows[i].text, p->rows_asked);
	}
}

static void refused(plant_t *p, const sql_question_t *question, err_t want, const char *words)
{
	err_detail_t detail;
	char text[1024];
	err_t err = plant_ask(p, question, &detail);
	if (err != want)
		fail_msg("%.*s: %s", (int)question->text.len, (const char *)question->text.ptr,
		         err_info(err)->name);
	(void)err_render(&detail, LANG_EN, text, sizeof(text));
	if (!strstr(text, words))
		fail_msg("%s has no %s", text, words);
	assert_true(err_render(&detail, LANG_ZH, text, sizeof(text))[0] != 0);
}

static void statements_that_are_wrong_say_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "SELEC 1", "syntax error" },
		{ "", "tables are" },
		{ "-- nothing", "tables are" },
		{ "SELECT nought FROM samples", "no such column: nought" },
		{ "SELECT * FROM elsewhere", "no such table: elsewhere" },
		{ "SELECT 1; SELECT 2", "tables are" },
		{ "SELECT * FROM samples WHERE point = \"up\"", "no such column: up" },
		{ "SELECT * FROM samples WHERE t > '2023-11-14T22:13:20Z'", "ns(" },
		{ "SELECT * FROM buckets('up')", "wants a time t0" },
		{ "SELECT * FROM buckets('up', 1)", "wants a time t1" },
		{ "SELECT * FROM buckets('up', 1, 2)", "wants a step" },
		{ "SELECT * FROM buckets('up', 1, 2, 0)", "wants a step" },
		{ "SELECT * FROM buckets('up', 1, 2, '1 parsec')", "wants a step" },
		{ "SELECT * FROM buckets('up', 'soon', 2, 1)", "wants a time t0" },
		{ "SELECT * FROM buckets('up', 1, 2, 1, 'mode')", "aggregate" },
		{ "SELECT * FROM buckets('up', 0, 1700000000000000000, 1)", "100000" },
		{ "SELECT * FROM buckets('up', -9223372036854775807, 9223372036854775807, 1)",
		  "100000" },
		{ "SELECT ns('soon')", "a function cannot answer this" },
		{ "SELECT json_extract('{', '$')", "malformed JSON" },
		{ "SELECT sum(9223372036854775807) FROM samples", "integer overflow" },
		{ "SELECT ?", "1 places" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		refused(*state, &(sql_question_t){ .text = slice_str(rows[i].text) }, ERR_INVALID,
		        rows[i].words);
}

static void nothing_but_a_question_is_let_through(void **state)
{
	static const char *const rows[] = {
		"CREATE TABLE t(a)",
		"DROP TABLE samples",
		"INSERT INTO samples VALUES (1, 2, 3, 4, 5)",
		"DELETE FROM samples",
		"UPDATE samples SET value = 1",
		"ATTACH ':memory:' AS other",
		"PRAGMA user_version = 1",
		"PRAGMA table_info(samples)",
		"BEGIN",
		"VACUUM",
		"ANALYZE",
		"VACUUM INTO 'copy.db'",
		"SELECT load_extension('x')",
		"SAVEPOINT a",
		"REINDEX",
		"CREATE VIRTUAL TABLE v USING samples",
		"DETACH main",
	};
	plant_t *p = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		err_t err = plant_ask(p, &(sql_question_t){ .text = slice_str(rows[i]) }, NULL);
		/* Tables of ours cannot be written in the first place. */
		if (err != ERR_DENIED && err != ERR_INVALID)
			fail_msg("%s: %s", rows[i], err_info(err)->name);
	}
	refused(p, &(sql_question_t){ .text = SLICE("BEGIN") }, ERR_DENIED, "only questions");
	assert_int_equal(
		plant_ask(p, &(sql_question_t){ .text = SLICE("SELECT count(*) FROM samples") },
	                  NULL),
		ERR_OK);
}

static void a_scan_past_its_bound_is_refused_with_the_way_out(void **state)
{
	plant_t *p = *state;
	sql_question_t q = { .text = SLICE("SELECT max(value) FROM samples"), .samples_max = 5000 };
	refused(p, &q, ERR_LIMIT, "buckets(point, t0, t1, step, agg)");
	assert_true(p->rows_asked < 7000);
	q.text = SLICE("SELECT value FROM samples LIMIT 10");
	assert_int_equal(plant_ask(p, &q, NULL), ERR_OK);
	q.text = SLICE("SELECT count(*) FROM samples WHERE point = 'FRM1.I_SET'");
	assert_int_equal(plant_ask(p, &q, NULL), ERR_OK);
	assert_string_equal(p->text, "3000 \n");
}

static void time_and_memory_end_a_question(void **state)
{
	sql_question_t q = {
		.text = SLICE("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
		              "SELECT max(i) FROM n"),
		.deadline_ns = 1,
	};
	plant_t *p = *state;
	twin_run_for(p->twin, NS_PER_S);
	refused(p, &q, ERR_TIMEOUT, "too long");
	q = (sql_question_t){ .text = SLICE("WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 "
		                            "FROM n) SELECT max(i) FROM n"),
		              .memory_max = 8 << 20 };
	refused(p, &q, ERR_LIMIT, "memory");
	assert_int_equal(plant_ask(p, &(sql_question_t){ .text = SLICE("SELECT 1") }, NULL),
	                 ERR_OK);
}

static void arguments_fill_the_places(void **state)
{
	plant_t *p = *state;
	value_t args[] = { value_text(SLICE("FRM1.V_SET")),
		           value_i64(PLANT_T0 + 5 * NS_PER_S),
		           value_f64(0.5),
		           { .type = VALUE_NONE } };
	sql_question_t q = {
		.text = SLICE("SELECT count(*), ?3, ?4 FROM samples WHERE point = ?1 AND t < ?2"),
		.args = args,
		.arg_count = 4
	};
	assert_int_equal(plant_ask(p, &q, NULL), ERR_OK);
	assert_string_equal(p->text, "5 5.0000000000000e-01 NULL \n");
	q.arg_count = 3;
	refused(p, &q, ERR_INVALID, "4 places");
}

static void an_error_of_the_store_is_told_as_it_is(void **state)
{
	plant_t *p = *state;
	p->broken = ERR_CORRUPT;
	assert_int_equal(
		plant_ask(p, &(sql_question_t){ .text = SLICE("SELECT * FROM samples") }, NULL),
		ERR_CORRUPT);
	p->broken = ERR_OK;
	assert_int_equal(plant_ask(p, &(sql_question_t){ .text = SLICE("SELECT 1") }, NULL),
	                 ERR_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_those_of_plain_tables),
		cmocka_unit_test(time_and_point_narrow_what_is_read),
		cmocka_unit_test(statements_that_are_wrong_say_what_is_wrong),
		cmocka_unit_test(nothing_but_a_question_is_let_through),
		cmocka_unit_test(a_scan_past_its_bound_is_refused_with_the_way_out),
		cmocka_unit_test(time_and_memory_end_a_question),
		cmocka_unit_test(arguments_fill_the_places),
		cmocka_unit_test(an_error_of_the_store_is_told_as_it_is),
	};
	return cmocka_run_group_tests(tests, plant_open, plant_close);
}
